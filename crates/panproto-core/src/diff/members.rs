//! Members of objects, items of arrays, branches, bodies: the edges of a position, matched by kind and name.

use super::types::type_text;
use super::walk::{Task, Walk, below};
use crate::name::Name;
use crate::ordered::BTreeMap;
use crate::schema::{Edge, EdgeKind, Schema, VertexId};

/// What an edge is matched by: among edges without a name, the place.
type Key = (EdgeKind, Option<Name>, usize);

fn keyed(schema: &Schema, id: VertexId) -> Vec<(Key, &Edge)> {
    let mut counts: BTreeMap<(EdgeKind, Option<Name>), usize> = BTreeMap::new();
    schema
        .outgoing(id)
        .map(|(_, edge)| {
            let label = (edge.kind.clone(), edge.name.clone());
            let count = counts.entry(label.clone()).or_default();
            *count += 1;
            ((label.0, label.1, *count - 1), edge)
        })
        .collect()
}

impl Walk<'_> {
    /// Compares the edges of two positions.
    pub(super) fn members(&mut self, old: VertexId, new: VertexId, path: &str) {
        let (of_old, of_new) = (keyed(self.old, old), keyed(self.new, new));
        let index: BTreeMap<&Key, &Edge> = of_new.iter().map(|(key, edge)| (key, *edge)).collect();
        let known: BTreeMap<&Key, &Edge> = of_old.iter().map(|(key, edge)| (key, *edge)).collect();
        for (key, edge) in &of_old {
            let below = below(path, edge, key.2);
            let Some(other) = index.get(key) else {
                if self.old_definitions.contains(&edge.tgt) {
                    continue;
                }
                let text = Some(type_text(self.old, edge.tgt));
                self.change(removed(&edge.kind), &below, (Some(edge.tgt), None), (text, None));
                self.of_edge(edge);
                continue;
            };
            if edge.required != other.required {
                let kind = if other.required { "required-added" } else { "required-removed" };
                self.change(kind, &below, (Some(edge.tgt), Some(other.tgt)), (None, None));
                self.of_edge(edge);
            }
            self.tasks.push(Task { old: edge.tgt, new: other.tgt, path: below });
        }
        for (key, edge) in &of_new {
            // Bodies that are roots are told as roots.
            if known.contains_key(key) || self.new_definitions.contains(&edge.tgt) {
                continue;
            }
            let required = if edge.required { "required " } else { "" };
            let text = Some(format!("{required}{}", type_text(self.new, edge.tgt)));
            self.change(added(&edge.kind), &below(path, edge, key.2), (None, Some(edge.tgt)), (None, text));
            self.of_edge(edge);
        }
    }
}

pub(super) fn added(kind: &EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Prop => "field-added",
        EdgeKind::Pattern => "pattern-added",
        EdgeKind::Additional => "additional-added",
        EdgeKind::Items | EdgeKind::Prefix => "items-added",
        EdgeKind::Variant => "arm-added",
        EdgeKind::Branch => "branch-added",
        EdgeKind::Parameters | EdgeKind::Input | EdgeKind::Output | EdgeKind::Message => "body-added",
        EdgeKind::Ref | EdgeKind::RecordSchema => "reference-changed",
        EdgeKind::Other(_) => "edge-added",
    }
}

pub(super) fn removed(kind: &EdgeKind) -> &'static str {
    match kind {
        EdgeKind::Prop => "field-removed",
        EdgeKind::Pattern => "pattern-removed",
        EdgeKind::Additional => "additional-removed",
        EdgeKind::Items | EdgeKind::Prefix => "items-removed",
        EdgeKind::Variant => "arm-removed",
        EdgeKind::Branch => "branch-removed",
        EdgeKind::Parameters | EdgeKind::Input | EdgeKind::Output | EdgeKind::Message => "body-removed",
        EdgeKind::Ref | EdgeKind::RecordSchema => "reference-changed",
        EdgeKind::Other(_) => "edge-removed",
    }
}
