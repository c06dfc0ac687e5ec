//! References: what they lead to, by name where the target is compared on its own.

use super::types::type_text;
use super::walk::{Task, Walk};
use crate::schema::{EdgeKind, Kind, Schema, VertexId};

impl Walk<'_> {
    /// Compares two positions of which one is a reference at least.
    pub(super) fn references(&mut self, old: VertexId, new: VertexId, path: String) {
        let target = |schema: &Schema, id| match schema.vertex(id).kind {
            Kind::Ref => schema.target_of(id, EdgeKind::Ref),
            _ => None,
        };
        let (a, b) = (target(self.old, old), target(self.new, new));
        // What is said beside a reference.
        self.constraints(old, new, &path);
        let own = |definitions: &crate::ordered::BTreeSet<VertexId>,
                   schema: &Schema,
                   id: Option<VertexId>| match id {
            Some(id) => definitions.contains(&id) || schema.vertex(id).nsid.is_some(),
            None => true,
        };
        let by_name = own(&self.old_definitions, self.old, a) && own(&self.new_definitions, self.new, b);
        let (is_a, is_b) = (is_reference(self.old, old), is_reference(self.new, new));
        let differ = label(self.old, old) != label(self.new, new);
        if is_a != is_b || by_name && differ {
            let texts = (Some(type_text(self.old, old)), Some(type_text(self.new, new)));
            self.change("reference-changed", &path, (Some(old), Some(new)), texts);
        }
        // The same definition is compared once, where it stands; others only if they have no place of their own.
        if is_a && is_b && by_name {
            return;
        }
        let (old, new) = (a.unwrap_or(old), b.unwrap_or(new));
        if self.old.vertex(old).kind != Kind::External && self.new.vertex(new).kind != Kind::External {
            self.tasks.push(Task { old, new, path });
        }
    }
}

fn is_reference(schema: &Schema, id: VertexId) -> bool {
    matches!(schema.vertex(id).kind, Kind::Ref | Kind::External)
}

/// What a reference says: the name of its definition, else the id of its target. Of any other vertex, its own.
pub(super) fn label(schema: &Schema, id: VertexId) -> String {
    let target = schema.target_of(id, EdgeKind::Ref).unwrap_or(id);
    let vertex = schema.vertex(target);
    if let Some(nsid) = &vertex.nsid {
        return nsid.to_string();
    }
    let root = schema.roots().iter().find(|root| root.vertex == target);
    root.map_or_else(|| vertex.id.to_string(), |root| root.name.to_string())
}
