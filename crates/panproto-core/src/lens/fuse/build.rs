//! Two migrations composed as data.

use super::{Answer, below, computed, obstacle};
use crate::lens::compile::given;
use crate::limits::Budget;
use crate::migration::arms::arms;
use crate::migration::{FieldMatch, Migration, ObjectMatch, Reason};
use crate::name::Name;
use crate::ordered::{Arrange, BTreeMap, BTreeSet};
use crate::schema::{EdgeId, EdgeKind, Openness, Schema, ShapeMemo, VertexId};
use crate::value::Json;

pub(super) type Way = Vec<EdgeId>;
/// Positions of the three schemas, references followed.
type Triple = (VertexId, VertexId, VertexId);

/// Composes two migrations. Whether the answer does the same is for the verifier to say.
pub(super) fn build(first: &Migration, second: &Migration, budget: &mut Budget) -> Answer<Migration> {
    if first.target.digest() != second.source.digest() {
        return obstacle("", "the two write and read versions of one schema that differ in what is no shape");
    }
    if !first.trusted.is_empty() || !second.trusted.is_empty() {
        return obstacle("", "keywords are trusted, and what they mean in between cannot be said");
    }
    let mut fused = Migration::new(first.source.clone(), second.target.clone());
    fused.roots = (first.roots.0, second.roots.1);
    fused.exactly_one = first.exactly_one.clone();
    fused.changes = first.changes.iter().chain(&second.changes).cloned().collect();
    let mut builder = Builder {
        first,
        second,
        shapes: (
            ShapeMemo::new(&first.source, &first.target),
            ShapeMemo::new(&second.source, &second.target),
        ),
        fused,
        seen: BTreeSet::new(),
        work: Vec::new(),
    };
    builder.reach((first.roots.0, first.roots.1, second.roots.1), String::new());
    while let Some((triple, path)) = builder.work.pop() {
        budget.spend(
            1 + first.source.slots(triple.0).len() as u64
                + first.target.slots(triple.1).len() as u64
                + second.target.slots(triple.2).len() as u64,
        )?;
        builder.visit(triple, &path)?;
    }
    Ok(builder.fused)
}

struct Builder<'m> {
    first: &'m Migration,
    second: &'m Migration,
    shapes: (ShapeMemo<'m>, ShapeMemo<'m>),
    fused: Migration,
    seen: BTreeSet<Triple>,
    work: Vec<(Triple, String)>,
}

impl<'m> Builder<'m> {
    fn schemas(&self) -> [&'m Schema; 3] {
        [&self.first.source, &self.first.target, &self.second.target]
    }

    fn reach(&mut self, (source, middle, target): Triple, path: String) {
        let [from, mid, to] = self.schemas();
        let triple = (from.resolve(source).vertex, mid.resolve(middle).vertex, to.resolve(target).vertex);
        if self.seen.insert(triple) {
            self.work.push((triple, path));
        }
    }

    fn visit(&mut self, triple: Triple, path: &str) -> Answer<()> {
        let (source, middle, target) = triple;
        let [from, mid, to] = self.schemas();
        let positions = [(from, source), (mid, middle), (to, target)];
        if positions.iter().any(|(schema, at)| schema.props(*at).next().is_some()) {
            self.object(triple, path)?;
        }
        let values = positions.map(|(schema, at)| schema.target_of(at, EdgeKind::Additional));
        if let [Some(source), Some(middle), Some(target)] = values {
            self.reach((source, middle, target), format!("{path}[*]"));
        }
        for (_, edge) in from.outgoing_of(source, EdgeKind::Pattern) {
            let same = |schema: &Schema, at| {
                let mut patterns = schema.outgoing_of(at, EdgeKind::Pattern);
                patterns.find(|(_, other)| other.name == edge.name).map(|(_, other)| other.tgt)
            };
            if let (Some(middle), Some(target)) = (same(mid, middle), same(to, target)) {
                self.reach((edge.tgt, middle, target), format!("{path}[*]"));
            }
        }
        for kind in [EdgeKind::Items, EdgeKind::Additional] {
            let edges = positions.map(|(schema, at)| schema.outgoing_of(at, kind.clone()).next());
            if let [Some((a, _)), Some((b, _)), Some((c, _))] = edges {
                self.apply((a, b, c), path)?;
            }
        }
        let items = positions.map(|(schema, at)| schema.target_of(at, EdgeKind::Items));
        // A side that is no list stands for its only item.
        if let [a, b, c] = items
            && (a.is_some() || b.is_some() || c.is_some())
        {
            let triple = (a.unwrap_or(source), b.unwrap_or(middle), c.unwrap_or(target));
            self.reach(triple, format!("{path}[]"));
        }
        let fixed = positions.map(|(schema, at)| -> Vec<VertexId> {
            schema.outgoing_of(at, EdgeKind::Prefix).map(|(_, edge)| edge.tgt).collect()
        });
        let [a, b, c] = fixed;
        for ((a, b), c) in a.into_iter().zip(b).zip(c) {
            self.reach((a, b, c), format!("{path}[]"));
        }
        self.keys(triple);
        let is_union =
            |(schema, at): (&Schema, VertexId)| schema.vertex(at).kind == crate::schema::Kind::Union;
        if positions.into_iter().any(is_union) {
            self.union(triple, path)?;
        }
        Ok(())
    }

    /// The expression in place of a state behind edges that follow one another.
    fn apply(&mut self, edges: (EdgeId, EdgeId, EdgeId), path: &str) -> Answer<()> {
        if let Some(apply) = computed::apply((self.first, self.second), edges, path)? {
            self.fused.applies.insert((edges.0, edges.2), apply);
        }
        Ok(())
    }

    /// The member that tells which item of a list is which.
    fn keys(&mut self, (_, middle, target): Triple) {
        let [_, mid, to] = self.schemas();
        if let Some(key) = self.second.keys.get(&target) {
            self.fused.keys.insert(target, key.clone());
        } else if let Some(key) = self.first.keys.get(&middle)
            && let (Some(inner), Some(outer)) =
                (mid.target_of(middle, EdgeKind::Items), to.target_of(target, EdgeKind::Items))
        {
            let (inner, outer) = (mid.resolve(inner).vertex, to.resolve(outer).vertex);
            let links = self.second.object(inner, outer).links;
            let shown = links.iter().find_map(|link| match (link.from.as_slice(), link.to.as_slice()) {
                ([from], [shown]) if mid.edge(*from).name.as_deref() == Some(&**key) => {
                    to.edge(*shown).name.clone()
                }
                _ => None,
            });
            if let Some(shown) = shown {
                self.fused.keys.insert(target, (&*shown).into());
            }
        }
    }

    fn union(&mut self, (source, middle, target): Triple, path: &str) -> Answer<()> {
        let [from, mid, to] = self.schemas();
        if self.second.exactly_one.contains(&middle) {
            self.fused.exactly_one.insert(source);
        }
        let (left, between, right) = (arms(from, source), arms(mid, middle), arms(to, target));
        let one = self.first.arms(source, middle, &left, &between, &mut self.shapes.0);
        let two = self.second.arms(middle, target, &between, &right, &mut self.shapes.1);
        let mut composed = Vec::new();
        for (a, b) in &one {
            for (_, c) in two.iter().filter(|(other, _)| other == b) {
                composed.push((*a as u32, *c as u32));
                if let (Some(a), Some(b), Some(c)) = (left.get(*a), between.get(*b), right.get(*c)) {
                    self.reach((a.vertex, b.vertex, c.vertex), path.to_owned());
                }
            }
        }
        if self.fused.arms.get(&(source, target)).is_some_and(|known| *known != composed) {
            return obstacle(path, "one pair of unions is matched in two ways");
        }
        self.fused.arms.insert((source, target), composed);
        Ok(())
    }

    fn object(&mut self, (source, middle, target): Triple, path: &str) -> Answer<()> {
        let [from, mid, to] = self.schemas();
        let (one, two) = (self.first.object(source, middle), self.second.object(middle, target));
        let mut whole = ObjectMatch::default();
        let composed = self.composed(&one, &two, path)?;
        for (link, via) in composed {
            let ends = (end(from, &link.from), end(mid, &via), end(to, &link.to));
            if let (Some(a), Some(b), Some(c)) = ends {
                let name = link.from.last().and_then(|edge| from.edge(*edge).name.clone());
                self.reach((a, b, c), below(path, name.as_deref().unwrap_or("")));
            }
            let sure = (sure(from, &link.from), sure(mid, &via), sure(to, &link.to));
            let value = match sure {
                (_, false, true) => value(&two.fills, to, &link.to),
                (false, true, true) => value(&one.fills, mid, &via),
                _ => None,
            };
            if let Some(value) = value {
                whole.fills.insert(link.to.clone(), value);
            }
            let value = match sure {
                (true, false, _) => value_of(&one.source_fills, from, &link.from),
                (true, true, false) => value_of(&two.source_fills, mid, &via),
                _ => None,
            };
            if let Some(value) = value {
                whole.source_fills.insert(link.from.clone(), value);
            }
            if let Some(edges) = computed::last(&link.from, &via, &link.to) {
                self.apply(edges, path)?;
            }
            whole.links.push(link);
        }
        whole.computes = computed::computes((self.first, self.second), (&one, &two), path)?;
        // What only one of them speaks of: dropped by the second, added by the first.
        let gone: BTreeSet<&Way> = whole.links.iter().map(|link| &link.from).collect();
        for link in one.links.iter().filter(|link| !gone.contains(&link.from)) {
            let value = match (sure(from, &link.from), sure(mid, &link.to)) {
                (true, false) => value_of(&one.source_fills, from, &link.from),
                _ => value_of(&two.source_fills, mid, &link.to),
            };
            if let Some(value) = value {
                whole.source_fills.insert(link.from.clone(), value);
            }
        }
        let come: BTreeSet<&Way> = whole.links.iter().map(|link| &link.to).collect();
        for link in two.links.iter().filter(|link| !come.contains(&link.to)) {
            if let Some(value) = value(&one.fills, mid, &link.from) {
                whole.fills.insert(link.to.clone(), value);
            }
        }
        let linked: BTreeSet<&Way> = two.links.iter().map(|link| &link.to).collect();
        whole.fills.extend(
            two.fills
                .iter()
                .filter(|(at, _)| !linked.contains(at))
                .map(|(at, value)| (at.clone(), value.clone())),
        );
        let read: BTreeSet<&Way> = one.links.iter().map(|link| &link.from).collect();
        whole.source_fills.extend(
            one.source_fills
                .iter()
                .filter(|(at, _)| !read.contains(at))
                .map(|(at, value)| (at.clone(), value.clone())),
        );
        whole.links.arrange_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
        whole.reserved = self.reserved((source, middle, target), &one, &two, &whole, path)?;
        let key = (source, target);
        if self.fused.objects.get(&key).is_some_and(|known| *known != whole) {
            return obstacle(path, "one pair of objects is matched in two ways");
        }
        self.fused.objects.insert(key, whole);
        Ok(())
    }

    /// The links of two matches that follow one another, with the ways in between. Where one of them moves members
    /// out of or into an object that the other one takes whole, that one's matches inside it count.
    fn composed(&self, one: &ObjectMatch, two: &ObjectMatch, path: &str) -> Answer<Vec<(FieldMatch, Way)>> {
        let (first, second) = (Matches::of(self.first, false), Matches::of(self.second, true));
        let mut composed: Vec<(FieldMatch, Way)> = Vec::new();
        let mut add = |from: &Way, via: &Way, to: &Way, reason: Reason| {
            let link = FieldMatch { from: from.clone(), to: to.clone(), reason };
            if !composed.iter().any(|(other, _)| other.from == link.from && other.to == link.to) {
                composed.push((link, via.clone()));
            }
        };
        for link in &one.links {
            if let Some((to, reason)) = second.follow(two, &link.to) {
                add(&link.from, &link.to, &to, weaker(link.reason, reason));
            }
        }
        for link in &two.links {
            if let Some((from, reason)) = first.follow(one, &link.from) {
                add(&from, &link.from, &link.to, weaker(reason, link.reason));
            }
        }
        let unique = |way: fn(&FieldMatch) -> &Way| {
            let ways: BTreeSet<&Way> = composed.iter().map(|(link, _)| way(link)).collect();
            ways.len() == composed.len()
        };
        if !unique(|link| &link.from) || !unique(|link| &link.to) {
            return obstacle(path, "a member would go two ways");
        }
        Ok(composed)
    }

    /// Names of undeclared members that only the stages in a row would keep out of the view.
    fn reserved(
        &self,
        (source, middle, target): Triple,
        one: &ObjectMatch,
        two: &ObjectMatch,
        whole: &ObjectMatch,
        path: &str,
    ) -> Answer<BTreeSet<Name>> {
        let [from, mid, to] = self.schemas();
        let has = |schema: &Schema, at, name: &str| schema.prop_named(at, name).is_some();
        let is_open = |schema: &Schema, at: VertexId| schema.vertex(at).openness != Openness::Closed;
        let named = |schema: &Schema, way: &[EdgeId], name: &Name| {
            way.first().is_some_and(|edge| schema.edge(*edge).name.as_ref() == Some(name))
        };
        let mut names = one.reserved.clone();
        names.extend(two.reserved.iter().filter(|name| !has(mid, middle, name)).cloned());
        for (_, edge) in mid.props(middle) {
            let Some(name) = &edge.name else { continue };
            if has(from, source, name) {
                continue;
            }
            let comes = one.links.iter().any(|link| named(mid, &link.to, name))
                || one.computes.iter().flat_map(|it| &it.outputs).any(|it| named(mid, &it.way, name));
            let goes = two.links.iter().find(|link| named(mid, &link.from, name));
            match goes {
                // Added by the first and kept by the second: what has its name is adopted.
                Some(link) if !comes => {
                    let shown = link.to.first().and_then(|edge| to.edge(*edge).name.clone());
                    match shown {
                        Some(shown) if shown != *name => {
                            if one.reserved.contains(name) {
                                names.insert(shown);
                            } else if is_open(from, source) {
                                return obstacle(
                                    &below(path, name),
                                    "a member is added and then renamed: an undeclared one would be adopted under another name",
                                );
                            }
                        }
                        _ => {}
                    }
                }
                _ => {
                    names.insert(name.clone());
                }
            }
        }
        // What a closed object in between does not let through is not adopted behind it.
        if !is_open(mid, middle) && is_open(from, source) {
            for (_, edge) in to.props(target) {
                if let Some(name) = edge.name.as_ref().filter(|name| !has(mid, middle, name)) {
                    names.insert(name.clone());
                }
            }
        }
        // A name that the source declares, or that the view has for a member of the source, is kept out anyway.
        names.retain(|name| {
            !has(from, source, name) && !whole.links.iter().any(|link| named(to, &link.to, name))
        });
        Ok(names)
    }
}

/// The value that fills a target member, given or the schema's own.
fn value(fills: &BTreeMap<Way, Json>, schema: &Schema, way: &Way) -> Option<Json> {
    let edge = schema.edge(*way.last()?);
    fills.get(way).cloned().or_else(|| given(schema, edge.tgt, edge.required))
}

/// The value that fills a source member.
fn value_of(fills: &BTreeMap<Way, Json>, schema: &Schema, way: &Way) -> Option<Json> {
    value(fills, schema, way)
}

fn end(schema: &Schema, way: &[EdgeId]) -> Option<VertexId> {
    way.last().map(|edge| schema.edge(*edge).tgt)
}

fn sure(schema: &Schema, way: &[EdgeId]) -> bool {
    way.iter().all(|edge| schema.edge(*edge).required)
}

/// A decision is as sure as its less sure half.
fn weaker(first: Reason, second: Reason) -> Reason {
    match (first, second) {
        (Reason::Likely(a), Reason::Likely(b)) => Reason::Likely(a.min(b)),
        (likely @ Reason::Likely(_), _) | (_, likely @ Reason::Likely(_)) => likely,
        (Reason::Level, _) | (_, Reason::Level) => Reason::Level,
        (Reason::FoldedName, _) | (_, Reason::FoldedName) => Reason::FoldedName,
        (Reason::Hint, _) | (_, Reason::Hint) => Reason::Hint,
        (Reason::SameName, Reason::SameName) => Reason::SameName,
    }
}

/// The matches of a migration, followed from one end to the other.
pub(super) struct Matches<'m> {
    migration: &'m Migration,
    forward: bool,
}

impl<'m> Matches<'m> {
    pub(super) fn of(migration: &'m Migration, forward: bool) -> Matches<'m> {
        Matches { migration, forward }
    }

    /// Where a way goes: as a match says, or inside an object that is matched whole.
    pub(super) fn follow(&self, object: &ObjectMatch, way: &[EdgeId]) -> Option<(Way, Reason)> {
        let (source, target) = (&self.migration.source, &self.migration.target);
        let ends = |link: &FieldMatch| match self.forward {
            true => (link.from.clone(), link.to.clone()),
            false => (link.to.clone(), link.from.clone()),
        };
        let (mut object, mut rest) = (object.clone(), way);
        let (mut found, mut reason) = (Way::new(), Reason::SameName);
        // Each turn goes at least one member down the way.
        loop {
            let links = object.links.iter();
            // No match is of the empty way.
            let met = links.filter(|link| !ends(link).0.is_empty() && rest.starts_with(&ends(link).0));
            let link = met.max_by_key(|link| ends(link).0.len())?;
            let (near, far) = ends(link);
            found.extend_from_slice(&far);
            reason = weaker(reason, link.reason);
            rest = rest.get(near.len()..)?;
            if rest.is_empty() {
                return Some((found, reason));
            }
            let next = (end(source, &link.from)?, end(target, &link.to)?);
            let next = (source.resolve(next.0).vertex, target.resolve(next.1).vertex);
            object = self.migration.object(next.0, next.1);
        }
    }
}
