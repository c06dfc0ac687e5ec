//! A migration as a map between vertices and edges, along which instances are moved.

use super::Migration;
use super::arms::arms;
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::instance::{Arrow, Mapping, Options, Validator, Value};
use crate::limits::Budget;
use crate::ordered::BTreeSet;
use crate::schema::{EdgeId, EdgeKind, Kind, Schema, ShapeMemo, Sort, VertexId};
use crate::value::Json;

impl Migration {
    /// Where the vertices and edges of the source go: what instances are restricted along. Members that are hoisted
    /// get an entry in the resolver, values that fill gaps stand in `fills`.
    ///
    /// # Errors
    /// `migration-undecided`; `mapping-not-expressible` where a member goes into an object that the source does not
    /// have, or where one vertex would have to go to two.
    pub fn instance_mapping(&self) -> Result<Mapping> {
        if let Some(question) = self.questions.first() {
            let message = format!("the migration has an open question: {}", question.code);
            return Err(Diagnostic::new(ErrorKind::Migration, "migration-undecided", message)
                .at(&question.path)
                .boxed());
        }
        let mut walk = Walk {
            migration: self,
            mapping: Mapping { through: Some(BTreeSet::new()), ..Mapping::default() },
            seen: BTreeSet::new(),
            open: Vec::new(),
        };
        walk.vertex(self.roots.0, self.roots.1)?;
        walk.open.push(self.roots);
        let mut shapes = ShapeMemo::new(&self.source, &self.target);
        while let Some((from, to)) = walk.open.pop() {
            let pair = (self.source.resolve(from).vertex, self.target.resolve(to).vertex);
            walk.vertex(pair.0, pair.1)?;
            if walk.seen.insert(pair) {
                walk.parts(pair, &mut shapes)?;
            }
        }
        Ok(walk.mapping)
    }
}

struct Walk<'m> {
    migration: &'m Migration,
    mapping: Mapping,
    seen: BTreeSet<(VertexId, VertexId)>,
    open: Vec<(VertexId, VertexId)>,
}

impl Walk<'_> {
    fn vertex(&mut self, from: VertexId, to: VertexId) -> Result<()> {
        let (source, target) = (&self.migration.source, &self.migration.target);
        let (from, to) = (&source.vertex(from).id, &target.vertex(to).id);
        match self.mapping.vertices.insert(from.clone(), to.clone()) {
            Some(other) if other != *to => {
                let message = format!("`{from}` becomes `{other}` in one place and `{to}` in another");
                Err(not_expressible(from, message))
            }
            _ => Ok(()),
        }
    }

    /// What is dissolved on the way to a member that is hoisted.
    fn dissolve(&mut self, way: &[EdgeId]) {
        if let (Some(through), Some((_, above))) = (&mut self.mapping.through, way.split_last()) {
            through.extend(above.iter().map(|edge| (*Arrow::of(&self.migration.source, *edge)).clone()));
        }
    }

    fn edge(&mut self, from: EdgeId, to: EdgeId) -> Result<()> {
        let (source, target) = (&self.migration.source, &self.migration.target);
        self.open.push((source.edge(from).tgt, target.edge(to).tgt));
        let (from, to) = ((*Arrow::of(source, from)).clone(), (*Arrow::of(target, to)).clone());
        match self.mapping.edges.insert(from.clone(), to.clone()) {
            Some(other) if other != to => {
                let message = format!("`{}` of `{}` becomes different members", from.label(), from.src);
                Err(not_expressible(&from.src, message))
            }
            _ => Ok(()),
        }
    }

    fn parts(&mut self, pair: (VertexId, VertexId), shapes: &mut ShapeMemo<'_>) -> Result<()> {
        let migration = self.migration;
        let (source, target) = (&migration.source, &migration.target);
        let kinds = (&source.vertex(pair.0).kind, &target.vertex(pair.1).kind);
        if matches!(kinds.0, Kind::Union) || matches!(kinds.1, Kind::Union) {
            let (left, right) = (arms(source, pair.0), arms(target, pair.1));
            for (a, b) in migration.arms(pair.0, pair.1, &left, &right, shapes) {
                if let (Some(a), Some(b)) = (left.get(a), right.get(b))
                    && (a.vertex, b.vertex) != pair
                {
                    self.open.push((a.vertex, b.vertex));
                }
            }
            return Ok(());
        }
        let object = migration.object(pair.0, pair.1);
        for link in &object.links {
            let (Some(from), [to]) = (link.from.last(), link.to.as_slice()) else {
                let path = link.to.iter().filter_map(|edge| target.edge(*edge).name.as_deref());
                let path = path.collect::<Vec<_>>().join(".");
                let message = format!("`{path}` goes into an object that records do not have");
                return Err(not_expressible(&path, message));
            };
            self.edge(*from, *to)?;
            if link.from.len() > 1 {
                self.dissolve(&link.from);
                let leaf = target.resolve(target.edge(*to).tgt).vertex;
                let ends = (target.vertex(pair.1).id.clone(), target.vertex(leaf).id.clone());
                self.mapping.resolver.insert(ends, (*Arrow::of(target, *to)).clone());
            }
        }
        for (edge, at) in target.props(pair.1) {
            let link = object.links.iter().find(|link| link.to == [edge]);
            // A member that both have is filled only where it may be absent on one side alone.
            let sure = link
                .is_some_and(|link| !at.required || link.from.iter().all(|from| source.edge(*from).required));
            let Some(name) = at.name.as_ref().filter(|_| !sure) else { continue };
            let stated = object.fills.get(&vec![edge]).cloned();
            let Some(value) = stated.or_else(|| given(target, at.tgt, at.required)) else { continue };
            let tree = value.tree();
            let validity = Validator::new(target, Options::DEFAULT).is_valid(
                at.tgt,
                tree.root(),
                &mut Budget::default(),
            )?;
            if validity.is_valid() {
                self.mapping
                    .fills
                    .insert((target.vertex(pair.1).id.clone(), name.clone()), Value::plain(value));
            }
        }
        // Members that one side describes by pattern or as others, and the other leaves open, change what they are.
        let described = |schema: &Schema, vertex| {
            let others = schema
                .outgoing(vertex)
                .filter(|(_, edge)| matches!(edge.kind, EdgeKind::Additional | EdgeKind::Pattern));
            others.map(|(_, edge)| edge.name.clone()).collect::<BTreeSet<_>>()
        };
        if described(source, pair.0) != described(target, pair.1) {
            let id = &source.vertex(pair.0).id;
            return Err(not_expressible(
                id,
                format!("undeclared members of `{id}` are described on one side alone"),
            ));
        }
        for kind in [EdgeKind::Items, EdgeKind::Prefix, EdgeKind::Additional, EdgeKind::Branch] {
            let right: Vec<EdgeId> = target.outgoing_of(pair.1, kind.clone()).map(|(id, _)| id).collect();
            let left: Vec<EdgeId> = source.outgoing_of(pair.0, kind).map(|(id, _)| id).collect();
            if left.len() != right.len() {
                let id = &source.vertex(pair.0).id;
                return Err(not_expressible(
                    id,
                    format!("what is inside `{id}` is described on one side alone"),
                ));
            }
            left.into_iter().zip(right).try_for_each(|(from, to)| self.edge(from, to))?;
        }
        let patterns: Vec<_> = target.outgoing_of(pair.1, EdgeKind::Pattern).collect();
        let same: Vec<(EdgeId, EdgeId)> = source
            .outgoing_of(pair.0, EdgeKind::Pattern)
            .filter_map(|(from, edge)| {
                patterns.iter().find(|(_, other)| other.name == edge.name).map(|(to, _)| (from, *to))
            })
            .collect();
        same.into_iter().try_for_each(|(from, to)| self.edge(from, to))?;
        Ok(())
    }
}

#[cold]
fn not_expressible(path: &str, message: String) -> crate::diagnostic::Error {
    Diagnostic::new(ErrorKind::Migration, "mapping-not-expressible", message)
        .at(path)
        .help("convert the records with the lens of the migration instead")
        .boxed()
}

/// What a schema itself gives to an absent member: its default, or the only value that it may have.
fn given(schema: &Schema, position: VertexId, required: bool) -> Option<Json> {
    let ends = [position, schema.resolve(position).vertex].map(|vertex| schema.vertex(vertex));
    let stated = ends.iter().find_map(|vertex| vertex.default.clone());
    if stated.is_some() || !required {
        return stated;
    }
    let [_, end] = ends;
    if let Some(only) = end.constraint(Sort::Const) {
        return Some(only.value.clone());
    }
    let list = end.constraint(Sort::Enum)?.value.tree();
    let mut values = list.root().items();
    match (values.next(), values.next()) {
        (Some(only), None) => Some(only.to_json()),
        _ => None,
    }
}
