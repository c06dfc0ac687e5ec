//! What a migration computes beside what was found: expressions in place of states, computed members, conditions,
//! choices; at random, the same for the same seed.

use panproto_core::expr::{Expr, parse};
use panproto_core::migration::{
    Apply, Branch, CoercionClass, Compute, FieldMatch, Input, Migration, ObjectMatch, Output,
};
use panproto_core::name::Name;
use panproto_core::schema::{EdgeId, Kind, Schema, VertexId};
use panproto_testkit::generate::Random;

fn expr(text: &str) -> Expr {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Adds to a migration what a seed says.
pub fn decorate(migration: &mut Migration, seed: u64) {
    let mut random = Random::new(seed);
    // All pairs of objects, whether or not their matches are stated.
    let pairs: Vec<(VertexId, VertexId)> = migration.objects.keys().copied().collect();
    for (source, target) in pairs {
        let mut matches = migration.object(source, target);
        for _ in 0..1 + random.below(3) {
            one(migration, &mut matches, (source, target), &mut random);
        }
        if random.chance(15) {
            branch(migration, &matches, (source, target), &mut random);
        }
        migration.objects.insert((source, target), matches);
    }
}

fn kind(schema: &Schema, way: &[EdgeId]) -> Kind {
    let end = way.last().map_or(schema.main(), |edge| schema.edge(*edge).tgt);
    let resolved = schema.resolve(end);
    if resolved.nullable { Kind::Any } else { schema.vertex(resolved.vertex).kind.clone() }
}

fn name(schema: &Schema, way: &[EdgeId]) -> Name {
    way.last().and_then(|edge| schema.edge(*edge).name.clone()).unwrap_or_default()
}

/// Links between two members of one kind, plain enough to compute with.
fn links(migration: &Migration, matches: &ObjectMatch, wanted: &Kind) -> Vec<usize> {
    let plain = |schema: &Schema, way: &[EdgeId]| {
        kind(schema, way) == *wanted
            && way.last().is_some_and(|edge| {
                schema.vertex(schema.resolve(schema.edge(*edge).tgt).vertex).constraints.is_empty()
            })
    };
    let both = |link: &FieldMatch| {
        plain(&migration.source, &link.from)
            && plain(&migration.target, &link.to)
            && &*name(&migration.source, &link.from) != "attrs"
    };
    (0..matches.links.len()).filter(|at| both(&matches.links[*at])).collect()
}

fn one(
    migration: &mut Migration,
    matches: &mut ObjectMatch,
    (source, target): (VertexId, VertexId),
    random: &mut Random,
) {
    let strings = links(migration, matches, &Kind::String);
    let integers = links(migration, matches, &Kind::Integer);
    match random.below(8) {
        0 | 1 if !strings.is_empty() => {
            let link = &matches.links[*random.pick(&strings)];
            let (forward, backward, class) = *random.pick(&[
                (r##""#" ++ v"##, Some("slice v 1 (len v)"), CoercionClass::Iso),
                ("upper v", None, CoercionClass::Projection),
                ("v", Some("v"), CoercionClass::Retraction),
                ("lower __value__", Some("v"), CoercionClass::Projection),
            ]);
            let apply = Apply { forward: expr(forward), backward: backward.map(expr), class };
            migration.applies.insert((link.from[link.from.len() - 1], link.to[link.to.len() - 1]), apply);
        }
        2 if !integers.is_empty() => {
            let link = &matches.links[*random.pick(&integers)];
            let apply = Apply::iso(expr("v + 1"), expr("v - 1"));
            migration.applies.insert((link.from[link.from.len() - 1], link.to[link.to.len() - 1]), apply);
        }
        3 if !strings.is_empty() => {
            let link = matches.links.remove(*random.pick(&strings));
            matches.computes.push(Compute {
                inputs: vec![Input { name: "x".into(), way: link.from, kept: false }],
                outputs: vec![Output { name: "y".into(), way: link.to }],
                forward: expr(r#"x ++ "!""#),
                backward: random.chance(70).then(|| expr("slice y 0 (len y - 1)")),
                class: CoercionClass::Opaque,
            });
        }
        4 if strings.len() > 1 => {
            let second = matches.links.remove(strings[1]);
            let first = matches.links.remove(strings[0]);
            let input = |name: &str, way| Input { name: name.into(), way, kept: false };
            let output = |name: &str, way| Output { name: name.into(), way };
            matches.computes.push(Compute {
                inputs: vec![input("a", first.from), input("b", second.from)],
                outputs: vec![output("c", first.to), output("d", second.to)],
                forward: expr(r#"{c = attrs.b ++ "-", d = a}"#),
                backward: random.chance(70).then(|| expr("{a = d, b = slice c 0 (len c - 1)}")),
                class: CoercionClass::Opaque,
            });
        }
        5 if !strings.is_empty() => {
            // A member that only the target has is computed of one that both have.
            let taken = |edge: EdgeId| {
                matches.links.iter().any(|link| link.to.first() == Some(&edge))
                    || matches
                        .computes
                        .iter()
                        .any(|compute| compute.outputs.iter().any(|output| output.way.first() == Some(&edge)))
            };
            let free = migration
                .target
                .props(target)
                .find(|(id, _)| !taken(*id) && kind(&migration.target, &[*id]) == Kind::String);
            let Some((id, _)) = free else { return };
            let link = &matches.links[*random.pick(&strings)];
            matches.fills.remove(&vec![id]);
            matches.computes.push(Compute {
                inputs: vec![Input { name: "k".into(), way: link.from.clone(), kept: true }],
                outputs: vec![Output { name: "made".into(), way: vec![id] }],
                forward: expr(r#"k ++ "?""#),
                backward: None,
                class: CoercionClass::Opaque,
            });
        }
        6 => {
            let optional: Vec<&FieldMatch> = matches
                .links
                .iter()
                .filter(|link| {
                    let way = [link.to[link.to.len() - 1]];
                    link.from.len() == 1 && !migration.target.edge(way[0]).required
                })
                .collect();
            if optional.is_empty() {
                return;
            }
            let link = optional[random.below(optional.len())];
            let Some(when) = condition(&migration.source, source, random) else { return };
            migration.survival.insert(link.from[0], when);
        }
        _ => {}
    }
}

/// A condition over the members of an object.
fn condition(schema: &Schema, vertex: VertexId, random: &mut Random) -> Option<Expr> {
    let strings: Vec<Name> = schema
        .props(vertex)
        .filter(|(id, _)| kind(schema, &[*id]) == Kind::String)
        .filter_map(|(_, edge)| edge.name.clone())
        .filter(|name| name.chars().all(|c| c.is_ascii_alphabetic()) && !name.is_empty())
        .filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
        .collect();
    if strings.is_empty() {
        return random.chance(30).then(|| expr(r#"has_field attrs "zz""#));
    }
    let name = random.pick(&strings);
    let text = match random.below(3) {
        0 => format!("attrs.{name} == \"red\""),
        1 => format!("len (default {name} \"\") < 4"),
        _ => format!("{name} /= \"text\""),
    };
    // A name may be a word of the language.
    parse(&text).ok().filter(|_| random.chance(100))
}

fn branch(
    migration: &mut Migration,
    matches: &ObjectMatch,
    (source, target): (VertexId, VertexId),
    random: &mut Random,
) {
    let Some(when) = condition(&migration.source, source, random) else { return };
    let mut then = matches.clone();
    let strings = links(migration, &then, &Kind::String);
    if strings.len() > 1 && random.chance(60) {
        let other = then.links[strings[1]].to.clone();
        let first = std::mem::replace(&mut then.links[strings[0]].to, other);
        then.links[strings[1]].to = first;
    } else if let Some(at) = strings.first().copied()
        && !migration.target.edge(then.links[at].to[0]).required
    {
        then.links.remove(at);
    }
    migration.branches.insert((source, target), vec![Branch { when, then }]);
}
