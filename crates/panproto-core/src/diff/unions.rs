//! Arms of unions, matched by tag, by the definition that they refer to, by shape, and at last by place.

use super::references::label;
use super::types::type_text;
use super::walk::{Task, Walk};
use crate::ordered::BTreeMap;
use crate::schema::{Edge, EdgeKind, Kind, Schema, VertexId};

fn arms(schema: &Schema, id: VertexId) -> Vec<&Edge> {
    schema.outgoing_of(id, EdgeKind::Variant).map(|(_, edge)| edge).collect()
}

/// What an arm is called, where anything calls it.
fn name_of(schema: &Schema, arm: &Edge) -> Option<String> {
    match (&arm.name, &schema.vertex(arm.tgt).kind) {
        (Some(tag), _) => Some(tag.to_string()),
        (None, Kind::Ref | Kind::External) => Some(label(schema, arm.tgt)),
        _ => None,
    }
}

impl Walk<'_> {
    /// Compares the arms of two unions.
    pub(super) fn union(&mut self, old: VertexId, new: VertexId, path: &str) {
        let of_old = arms(self.old, old);
        let of_new = arms(self.new, new);
        let mut partner: Vec<Option<usize>> = vec![None; of_old.len()];
        let mut taken = vec![false; of_new.len()];
        let mut names: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, arm) in of_new.iter().enumerate().rev() {
            if let Some(name) = name_of(self.new, arm) {
                names.entry(name).or_default().push(at);
            }
        }
        let mut pair = |at: usize, other: usize, taken: &mut Vec<bool>| {
            if let (Some(slot), Some(flag)) = (partner.get_mut(at), taken.get_mut(other)) {
                *slot = Some(other);
                *flag = true;
            }
        };
        let mut left = Vec::new();
        for (at, arm) in of_old.iter().enumerate() {
            match name_of(self.old, arm).and_then(|name| names.get_mut(&name)?.pop()) {
                Some(other) => pair(at, other, &mut taken),
                None => left.push(at),
            }
        }
        // Nameless arms: equal ones belong together, then those of one kind, in order. A tag or a definition's name
        // that the other side lacks is no arm that changed but one that went.
        for equal in [true, false] {
            left.retain(|at| {
                let Some(arm) = of_old.get(*at) else { return false };
                let kind = &self.old.vertex(arm.tgt).kind;
                let found = of_new.iter().enumerate().position(|(index, other)| {
                    let free = taken.get(index) == Some(&false);
                    let nameless = name_of(self.old, arm).is_none() && name_of(self.new, other).is_none();
                    free && if equal {
                        arm.name == other.name && self.shapes.same(arm.tgt, other.tgt)
                    } else {
                        nameless && *kind == self.new.vertex(other.tgt).kind
                    }
                });
                if let Some(other) = found {
                    pair(*at, other, &mut taken);
                }
                found.is_none()
            });
        }
        for (at, arm) in of_old.iter().enumerate() {
            match partner.get(at).copied().flatten().and_then(|other| of_new.get(other)) {
                Some(other) => {
                    self.tasks.push(Task { old: arm.tgt, new: other.tgt, path: path.to_owned() });
                }
                None => {
                    let text = name_of(self.old, arm).unwrap_or_else(|| type_text(self.old, arm.tgt));
                    self.change("arm-removed", path, (Some(arm.tgt), None), (Some(text), None));
                    self.of_edge(arm);
                }
            }
        }
        for (arm, taken) in of_new.iter().zip(taken) {
            if !taken {
                let text = name_of(self.new, arm).unwrap_or_else(|| type_text(self.new, arm.tgt));
                self.change("arm-added", path, (None, Some(arm.tgt)), (None, Some(text)));
                self.of_edge(arm);
            }
        }
    }
}
