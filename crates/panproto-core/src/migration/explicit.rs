//! A migration stated vertex by vertex and edge by edge, as published releases state one.

use super::enrich::{Meeting, expression};
use super::mapping::{EdgeKey, Mapping};
use super::places::places;
use super::{FieldMatch, Migration, Reason};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::limits::Budget;
use crate::ordered::{Arrange, BTreeMap, BTreeSet};
use crate::schema::{EdgeId, EdgeKind, Kind, Schema, VertexId};
use std::sync::Arc;

type Way = Vec<EdgeId>;
type Pair = (VertexId, VertexId);

impl Migration {
    /// The migration that maps these vertices and edges, and nothing else: in a mapped object, a property that is
    /// neither mapped itself nor has a mapped vertex is dropped. Objects that are not mapped and have a mapped one
    /// above and mapped members below are dissolved, and so are those of the target that stand between two images.
    /// Everything else matches by equal names.
    ///
    /// # Errors
    /// `unknown-vertex`, `unknown-edge`; `edge-not-mappable` where the ends of two edges do not belong together;
    /// `edge-not-found`, `edge-ambiguous` where no edge of the target, or more than one, leads to the image of a
    /// vertex; `fields-meet` where two members would become one, and no merger or policy of the target decides;
    /// `hyper-edge-incoherent`; `resolver-invalid`, `resolver-unsupported`; those of expressions.
    pub fn explicit(
        source: Arc<Schema>,
        target: Arc<Schema>,
        mapping: &Mapping,
        budget: &mut Budget,
    ) -> Result<Migration> {
        let mut draft = Draft::new(&source, &target, mapping)?;
        draft.resolver()?;
        draft.walk();
        draft.edges()?;
        draft.vertices()?;
        draft.arms()?;
        super::hyper::check(&source, &target, mapping)?;
        let Draft { links, meetings, roots, arms, .. } = draft;
        let mut migration = Migration::new(source, target);
        migration.roots = roots;
        migration.arms = arms;
        for (pair, mut list) in links {
            list.arrange_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
            migration.objects.entry(pair).or_default().links = list;
        }
        for ((pair, to), from) in meetings {
            let matches = migration.object_mut(pair.0, pair.1);
            matches.links.retain(|link| link.to != to);
            migration.decide(&Meeting { pair, from, to })?;
        }
        let sources = ids(&migration.source);
        let mut survival = BTreeMap::new();
        for (id, condition) in &mapping.conditional_survival {
            let vertex = find(&sources, id, "source")?;
            let when = expression(condition.tree().root(), &format!("conditional_survival.{id}"))?;
            let members = migration
                .source
                .edges()
                .filter(|(_, edge)| edge.tgt == vertex && edge.kind == EdgeKind::Prop);
            survival.extend(members.map(|(edge, _)| (edge, when.clone())));
        }
        migration.survival = survival;
        migration.enrich(&mapping.coercions, budget)?;
        Ok(migration)
    }
}

struct Draft<'m> {
    source: &'m Schema,
    target: &'m Schema,
    mapping: &'m Mapping,
    sources: BTreeMap<&'m str, VertexId>,
    targets: BTreeMap<&'m str, VertexId>,
    images: BTreeMap<VertexId, VertexId>,
    roots: Pair,
    /// Edges of the target that join two of its vertices.
    resolved: BTreeMap<(VertexId, VertexId), EdgeId>,
    /// Mapped pairs of objects with the ways out of them that pass through nothing mapped.
    ways: BTreeMap<Pair, (Vec<Way>, Vec<Way>)>,
    links: BTreeMap<Pair, Vec<FieldMatch>>,
    /// Ways of the source that meet at one of the target.
    meetings: BTreeMap<(Pair, Way), Vec<Way>>,
    arms: BTreeMap<Pair, Vec<(u32, u32)>>,
}

impl<'m> Draft<'m> {
    fn new(source: &'m Schema, target: &'m Schema, mapping: &'m Mapping) -> Result<Draft<'m>> {
        let (sources, targets) = (ids(source), ids(target));
        let mut images = BTreeMap::new();
        for (from, to) in &mapping.vertices {
            images.insert(find(&sources, from, "source")?, find(&targets, to, "target")?);
        }
        let main = source.main();
        // Who maps the body of a record to the body of the other, and not the records, means these.
        let bodies = |image: &VertexId| {
            if *image == target.resolve(target.main()).vertex { target.main() } else { *image }
        };
        let image = images.get(&main).copied();
        let image = image.or_else(|| images.get(&source.resolve(main).vertex).map(bodies));
        Ok(Draft {
            source,
            target,
            mapping,
            sources,
            targets,
            roots: (main, image.unwrap_or_else(|| target.main())),
            images,
            resolved: BTreeMap::new(),
            ways: BTreeMap::new(),
            links: BTreeMap::new(),
            meetings: BTreeMap::new(),
            arms: BTreeMap::new(),
        })
    }

    fn resolver(&mut self) -> Result<()> {
        for ((from, to), key) in &self.mapping.resolver {
            let pair = (find(&self.targets, from, "target")?, find(&self.targets, to, "target")?);
            let edge = edge(self.target, &self.targets, key, "target")?;
            let ends = (self.target.edge(edge).src, self.target.edge(edge).tgt);
            if ends != pair && (self.target.resolve(pair.0).vertex, pair.1) != ends {
                return Err(fail(
                    "resolver-invalid",
                    format!("the edge `{}` does not lead from `{from}` to `{to}`", key.label()),
                    from,
                    "the edge of a resolver joins the two vertices that it stands for, both of the target",
                ));
            }
            self.resolved.insert((ends.0, ends.1), edge);
        }
        if let Some(((from, to), _)) = self.mapping.expr_resolvers.first() {
            return Err(fail(
                "resolver-unsupported",
                format!("an expression does not say which edge leads from `{from}` to `{to}`"),
                from,
                "name the edge in `resolver`, and state the expression in the declaration's `computes`",
            ));
        }
        Ok(())
    }

    /// Finds the ways out of every mapped object.
    fn walk(&mut self) {
        let images: BTreeSet<VertexId> =
            self.images.values().flat_map(|image| [*image, self.target.resolve(*image).vertex]).collect();
        let mut pairs: BTreeSet<Pair> = BTreeSet::new();
        for (from, to) in &self.images {
            pairs.insert((self.source.resolve(*from).vertex, self.target.resolve(*to).vertex));
        }
        let mapped = pairs.clone();
        pairs.insert((self.source.resolve(self.roots.0).vertex, self.target.resolve(self.roots.1).vertex));
        for pair in pairs {
            if self.source.vertex(pair.0).kind != Kind::Object
                || self.target.vertex(pair.1).kind != Kind::Object
            {
                continue;
            }
            let left = ways(self.source, pair.0, |at| self.image(at).is_some());
            let right = ways(self.target, pair.1, |at| {
                images.contains(&at) || images.contains(&self.target.resolve(at).vertex)
            });
            if mapped.contains(&pair) {
                self.links.entry(pair).or_default();
            }
            self.ways.insert(pair, (left, right));
        }
    }

    /// The image of a position, or of what it refers to.
    fn image(&self, at: VertexId) -> Option<VertexId> {
        self.images.get(&at).or_else(|| self.images.get(&self.source.resolve(at).vertex)).copied()
    }

    /// Links the edges that are mapped.
    fn edges(&mut self) -> Result<()> {
        for (from, to) in &self.mapping.edges {
            let left = edge(self.source, &self.sources, from, "source")?;
            let right = edge(self.target, &self.targets, to, "target")?;
            if self.source.edge(left).kind != self.target.edge(right).kind {
                return Err(unrelated(from, to, "are of different kinds"));
            }
            if self.source.edge(left).kind != EdgeKind::Prop {
                // Items, arms and references follow from the vertices at their ends.
                let ends = (self.source.edge(left), self.target.edge(right));
                let stated = (self.images.get(&ends.0.src), self.images.get(&ends.0.tgt));
                if stated.0.is_some_and(|image| *image != ends.1.src)
                    || stated.1.is_some_and(|image| *image != ends.1.tgt)
                {
                    return Err(unrelated(from, to, "have ends that are not mapped to each other"));
                }
                continue;
            }
            let ends = |way: &&Way, edge: EdgeId| way.last() == Some(&edge);
            let found = self.ways.iter().find_map(|(pair, (left_ways, right_ways))| {
                let a = left_ways.iter().find(|way| ends(way, left))?;
                let b = right_ways.iter().find(|way| ends(way, right))?;
                Some((*pair, a.clone(), b.clone()))
            });
            let pair = (self.source.edge(left).src, self.target.edge(right).src);
            match found {
                Some((pair, a, b)) => self.link(pair, a, b)?,
                // Neither object is mapped: they are now.
                None if self.image(pair.0).is_none() && !self.ways.keys().any(|known| known.1 == pair.1) => {
                    self.link(pair, vec![left], vec![right])?;
                }
                None => {
                    return Err(unrelated(from, to, "start at vertices that are not mapped to each other"));
                }
            }
        }
        Ok(())
    }

    /// Links the members whose vertices are mapped, by the one edge that leads to the image.
    fn vertices(&mut self) -> Result<()> {
        let mut linked: BTreeSet<VertexId> = BTreeSet::new();
        for (pair, (left, right)) in std::mem::take(&mut self.ways) {
            for way in left {
                let Some(last) = way.last().map(|edge| self.source.edge(*edge)) else { continue };
                let Some(image) = self.image(last.tgt) else { continue };
                linked.insert(last.tgt);
                let links = self.links.get(&pair).map_or(&[][..], Vec::as_slice);
                if links.iter().any(|link| link.from == way) {
                    continue;
                }
                let leads = |end: VertexId| {
                    end == image || self.target.resolve(end).vertex == self.target.resolve(image).vertex
                };
                let open = right.iter().filter(|other| links.iter().all(|link| link.to != **other));
                let all: Vec<&Way> = open
                    .filter(|other| other.last().is_some_and(|edge| leads(self.target.edge(*edge).tgt)))
                    .collect();
                let met = self.meetings.iter().any(|((at, _), ways)| *at == pair && ways.contains(&way));
                if met {
                    continue;
                }
                let to = self.choose(&all, image, last.name.as_deref());
                let to = match to {
                    Some(way) => way.clone(),
                    // Taken already, and the only one: the members meet there.
                    None if all.is_empty() => {
                        let mut ends = right.iter().filter(|other| {
                            other.last().is_some_and(|edge| self.target.edge(*edge).tgt == image)
                        });
                        match (ends.next(), ends.next()) {
                            (Some(way), None) => way.clone(),
                            _ => return Err(self.unresolved(last.tgt, image, &all)),
                        }
                    }
                    None => return Err(self.unresolved(last.tgt, image, &all)),
                };
                self.link(pair, way, to)?;
            }
        }
        // A member that is mapped and that no mapped object leads to would be lost.
        for (_, edge) in self.source.edges().filter(|(_, edge)| edge.kind == EdgeKind::Prop) {
            if let Some(image) = self.images.get(&edge.tgt)
                && !linked.contains(&edge.tgt)
                && !self.is_linked(edge.tgt)
            {
                return Err(self.unresolved(edge.tgt, *image, &[]));
            }
        }
        Ok(())
    }

    fn is_linked(&self, at: VertexId) -> bool {
        let meets = |way: &Way| way.last().is_some_and(|edge| self.source.edge(*edge).tgt == at);
        self.meetings.values().flatten().any(meets)
            || self
                .links
                .values()
                .flatten()
                .any(|link| link.from.iter().any(|edge| self.source.edge(*edge).tgt == at))
    }

    /// The way that is meant: the resolver's; the exact vertex; the nearest; the one of the same name.
    fn choose<'w>(&self, all: &[&'w Way], image: VertexId, name: Option<&str>) -> Option<&'w Way> {
        let stated = |way: &&&Way| {
            way.last().is_some_and(|last| {
                let edge = self.target.edge(*last);
                self.resolved.get(&(edge.src, edge.tgt)) == Some(last)
            })
        };
        if let Some(way) = all.iter().find(stated) {
            return Some(way);
        }
        let end = |way: &Way| way.last().map(|edge| self.target.edge(*edge));
        let exact: Vec<&&Way> =
            all.iter().filter(|way| end(way).is_some_and(|edge| edge.tgt == image)).collect();
        let best: Vec<&Way> =
            if exact.is_empty() { all.to_vec() } else { exact.into_iter().copied().collect() };
        let shortest = best.iter().map(|way| way.len()).min()?;
        let near: Vec<&Way> = best.into_iter().filter(|way| way.len() == shortest).collect();
        match near.as_slice() {
            [only] => Some(only),
            several => {
                let named = |way: &&&Way| end(way).is_some_and(|edge| edge.name.as_deref() == name);
                several.iter().find(named).copied()
            }
        }
    }

    /// Records that a member becomes another.
    fn link(&mut self, pair: Pair, from: Way, to: Way) -> Result<()> {
        let links = self.links.entry(pair).or_default();
        if links.iter().any(|link| link.from == from && link.to == to) {
            return Ok(());
        }
        if links.iter().any(|link| link.from == from) {
            let names = from.iter().map(|edge| self.source.edge(*edge).name.as_deref().unwrap_or(""));
            let left = names.collect::<Vec<_>>().join(".");
            let message = format!("`{left}` is mapped to two members");
            return Err(fail("fields-meet", message, &left, "map it to one of them"));
        }
        if let Some(other) = links.iter().find(|link| link.to == to) {
            let meeting = self.meetings.entry((pair, to)).or_insert_with(|| vec![other.from.clone()]);
            if !meeting.contains(&from) {
                meeting.push(from);
            }
            return Ok(());
        }
        links.push(FieldMatch { from, to, reason: Reason::Hint });
        Ok(())
    }

    #[cold]
    fn unresolved(&self, at: VertexId, image: VertexId, all: &[&Way]) -> Error {
        let (from, to) = (&self.source.vertex(at).id, &self.target.vertex(image).id);
        let paths = places(self.source, self.roots.0);
        let path = paths.get(&at).map_or("", String::as_str);
        if all.is_empty() {
            fail(
                "edge-not-found",
                format!("no edge of the target leads to `{to}` from where `{from}` would stand"),
                path,
                "map the object around it as well, or the edges themselves",
            )
        } else {
            fail(
                "edge-ambiguous",
                format!("{} edges of the target lead to `{to}`", all.len()),
                path,
                "name the edge in `edge_map`, or in `resolver` for this pair of vertices",
            )
        }
    }

    /// The arms of mapped unions, as far as their vertices are mapped; the images of items and arms have to be items
    /// and arms of the images.
    fn arms(&mut self) -> Result<()> {
        for (from, to) in &self.images {
            for (_, edge) in self.source.outgoing(*from) {
                let Some(image) = self.images.get(&edge.tgt).filter(|_| edge.kind != EdgeKind::Prop) else {
                    continue;
                };
                let fits = |(_, other): (EdgeId, &crate::schema::Edge)| {
                    other.kind == edge.kind && other.tgt == *image
                };
                if !self.target.outgoing(*to).any(fits) {
                    let (from, to) = (&self.source.vertex(edge.tgt).id, &self.target.vertex(*image).id);
                    return Err(fail(
                        "edge-not-mappable",
                        format!("`{to}` has no `{}` edge from where `{from}` has one", edge.kind),
                        from,
                        "map items to items and arms to arms of the same union",
                    ));
                }
            }
            let pair = (self.source.resolve(*from).vertex, self.target.resolve(*to).vertex);
            let arms = |schema: &Schema, at| -> Vec<VertexId> {
                schema.outgoing_of(at, EdgeKind::Variant).map(|(_, edge)| edge.tgt).collect()
            };
            let (left, right) = (arms(self.source, pair.0), arms(self.target, pair.1));
            let stated: Vec<(u32, u32)> = left
                .iter()
                .enumerate()
                .filter_map(|(at, arm)| {
                    let image = self.images.get(arm)?;
                    let to = right.iter().position(|other| other == image)?;
                    Some((at as u32, to as u32))
                })
                .collect();
            if !stated.is_empty() {
                self.arms.insert(pair, stated);
            }
        }
        Ok(())
    }
}

/// Every way through properties out of an object that passes through nothing `mapped` but at its end, shortest
/// first. An object is passed through once.
fn ways(schema: &Schema, from: VertexId, mapped: impl Fn(VertexId) -> bool) -> Vec<Way> {
    let mut found: Vec<Way> = Vec::new();
    let mut seen = BTreeSet::from([from]);
    let mut level = vec![(Way::new(), from)];
    while !level.is_empty() {
        let mut next = Vec::new();
        for (above, object) in level {
            for (id, edge) in schema.props(object) {
                let way = [above.as_slice(), &[id]].concat();
                let resolved = schema.resolve(edge.tgt);
                if !mapped(edge.tgt)
                    && schema.vertex(resolved.vertex).kind == Kind::Object
                    && seen.insert(resolved.vertex)
                {
                    next.push((way.clone(), resolved.vertex));
                }
                found.push(way);
            }
        }
        level = next;
    }
    found
}

fn ids(schema: &Schema) -> BTreeMap<&str, VertexId> {
    schema.vertices().map(|(id, vertex)| (vertex.id.as_str(), id)).collect()
}

fn find(ids: &BTreeMap<&str, VertexId>, id: &str, side: &str) -> Result<VertexId> {
    ids.get(id).copied().ok_or_else(|| {
        let message = format!("the {side} schema has no vertex `{id}`");
        Diagnostic::new(ErrorKind::Migration, "unknown-vertex", message).at(id).boxed()
    })
}

fn edge(schema: &Schema, ids: &BTreeMap<&str, VertexId>, key: &EdgeKey, side: &str) -> Result<EdgeId> {
    let (src, tgt) = (find(ids, &key.src, side)?, find(ids, &key.tgt, side)?);
    find_edge(schema, src, tgt, key).ok_or_else(|| {
        let message =
            format!("the {side} schema has no edge `{}` from `{}` to `{}`", key.label(), key.src, key.tgt);
        Diagnostic::new(ErrorKind::Migration, "unknown-edge", message).at(&key.src).boxed()
    })
}

/// The edge that a key names.
pub(super) fn find_edge(schema: &Schema, src: VertexId, tgt: VertexId, key: &EdgeKey) -> Option<EdgeId> {
    let mut outgoing = schema.outgoing_of(src, EdgeKind::from_name(&key.kind));
    let found = outgoing.find(|(_, edge)| edge.tgt == tgt && edge.name.as_deref() == key.name.as_deref());
    found.map(|(id, _)| id)
}

#[cold]
fn fail(code: &'static str, message: String, path: &str, help: &'static str) -> Error {
    Diagnostic::new(ErrorKind::Migration, code, message).at(path).help(help).boxed()
}

#[cold]
fn unrelated(from: &EdgeKey, to: &EdgeKey, why: &str) -> Error {
    fail(
        "edge-not-mappable",
        format!("the edges `{}` of `{}` and `{}` of `{}` {why}", from.label(), from.src, to.label(), to.src),
        &from.src,
        "map the vertices, or state the move as a hint: `\"a.b\": \"b\"`",
    )
}

#[cfg(test)]
mod tests;
