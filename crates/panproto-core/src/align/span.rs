//! The overlap of two schemas: what of the source has a counterpart, as names and hints decide it.

use super::ranked::measure;
use crate::diagnostic::Result;
use crate::migration::Migration;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{Edge, EdgeKind, Editor, Schema, VertexId};

/// What two schemas have in common: a part of the source with a map into the target.
#[derive(Clone, Debug)]
pub struct Overlap {
    /// Vertices of the source to vertices of the target.
    pub vertices: BTreeMap<VertexId, VertexId>,
    /// Edges of the source between them that the target has too, under whatever name.
    pub edges: Vec<Edge>,
    /// The part of the source, as a schema of its own.
    pub apex: Schema,
    /// Mean confidence of the matches.
    pub quality: f64,
    /// Vertices of the apex by the greater number of vertices on one side.
    pub coverage: f64,
    /// Every vertex that records of the source reach is in it.
    pub is_total: bool,
}

impl Overlap {
    /// The overlap that a migration matches.
    ///
    /// # Errors
    /// Those of editing a schema.
    pub fn of(migration: &Migration) -> Result<Overlap> {
        let (source, target) = (&migration.source, &migration.target);
        let mut pairs = Pairs { source, target, map: BTreeMap::new() };
        pairs.follow(migration.roots.0, migration.roots.1);
        for object in migration.objects.values() {
            for link in &object.links {
                for (from, to) in [(link.from.last(), link.to.last())] {
                    if let (Some(from), Some(to)) = (from, to) {
                        pairs.follow(source.edge(*from).tgt, target.edge(*to).tgt);
                    }
                }
            }
        }
        let vertices = pairs.map;
        let kept: Vec<_> = source
            .edges()
            .filter(|(_, edge)| {
                let ends = vertices.get(&edge.src).zip(vertices.get(&edge.tgt));
                ends.is_some_and(|(src, tgt)| {
                    target.outgoing(*src).any(|(_, other)| other.kind == edge.kind && other.tgt == *tgt)
                })
            })
            .collect();
        let names: BTreeSet<_> = kept.iter().map(|(id, _)| *id).collect();
        let mut editor = Editor::new(source);
        for (id, _) in source.edges().filter(|(id, _)| !names.contains(id)) {
            editor.remove_edge(id);
        }
        for vertex in source.vertex_ids().filter(|vertex| !vertices.contains_key(vertex)) {
            editor.remove_vertex(vertex);
        }
        let apex = editor.finish()?.schema;
        let reached = crate::migration::places(source, migration.roots.0);
        let is_total = reached.keys().all(|vertex| vertices.contains_key(vertex));
        let (quality, _) = measure(migration, &BTreeMap::new());
        let most = source.len().max(target.len());
        let coverage = if most == 0 { 1.0 } else { vertices.len() as f64 / most as f64 };
        let edges = kept.into_iter().map(|(_, edge)| edge.clone()).collect();
        Ok(Overlap { vertices, edges, apex, quality, coverage, is_total })
    }
}

struct Pairs<'m> {
    source: &'m Schema,
    target: &'m Schema,
    map: BTreeMap<VertexId, VertexId>,
}

impl Pairs<'_> {
    /// Maps a position and what it refers to; and its items where both are lists.
    fn follow(&mut self, from: VertexId, to: VertexId) {
        let mut work = vec![(from, to)];
        while let Some((from, to)) = work.pop() {
            if self.map.contains_key(&from) {
                continue;
            }
            self.map.insert(from, to);
            work.push((self.source.resolve(from).vertex, self.target.resolve(to).vertex));
            let items = |schema: &Schema, at| schema.target_of(at, EdgeKind::Items);
            if let (Some(a), Some(b)) = (items(self.source, from), items(self.target, to)) {
                work.push((a, b));
            }
        }
    }
}
