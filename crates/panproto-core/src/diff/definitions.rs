//! Documents, roots, and what no root leads to.

use super::types::type_text;
use super::walk::{Task, Walk};
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{Role, Root, Schema, VertexId};
use std::collections::VecDeque;

impl Walk<'_> {
    /// What belongs to documents as a whole. Documents are matched by id, those of one id (of none) in order.
    pub(super) fn documents(&mut self) {
        let (old, new) = (self.old, self.new);
        if old.dialect() != new.dialect() || old.protocol() != new.protocol() {
            let text = |schema: &Schema| {
                Some(format!("{} {}", schema.protocol(), schema.dialect()).trim().to_owned())
            };
            self.change("dialect-changed", "", (None, None), (text(old), text(new)));
        }
        let mut ids: BTreeMap<&Name, VecDeque<usize>> = BTreeMap::new();
        for (at, document) in new.documents().iter().enumerate() {
            ids.entry(&document.id).or_default().push_back(at);
        }
        let mut taken = BTreeSet::new();
        let single = old.documents().len() == 1 && new.documents().len() == 1;
        for document in old.documents() {
            let at = if single { Some(0) } else { ids.get_mut(&document.id).and_then(VecDeque::pop_front) };
            let Some((at, other)) = at.and_then(|at| Some((at, new.documents().get(at)?))) else {
                self.change("document-removed", "", (None, None), (Some(document.id.to_string()), None));
                continue;
            };
            taken.insert(at);
            if document.id != other.id {
                let texts = (Some(document.id.to_string()), Some(other.id.to_string()));
                self.change("document-id-changed", "", (None, None), texts);
            }
            if document.early_form != other.early_form {
                let text = |early| Some(if early { "without `defs`" } else { "with `defs`" }.to_owned());
                self.change(
                    "form-changed",
                    "",
                    (None, None),
                    (text(document.early_form), text(other.early_form)),
                );
            }
            self.keywords(&document.header, &other.header, "", (None, None));
        }
        for (at, document) in new.documents().iter().enumerate() {
            if !taken.contains(&at) {
                self.change("document-added", "", (None, None), (None, Some(document.id.to_string())));
            }
        }
    }

    /// Compares roots of one name.
    pub(super) fn roots(&mut self) {
        let (old, new) = (self.old, self.new);
        let names: BTreeMap<&Name, &Root> = new.roots().iter().map(|root| (&root.name, root)).collect();
        let known: BTreeSet<&Name> = old.roots().iter().map(|root| &root.name).collect();
        for root in old.roots() {
            let path = root_path(&root.name);
            let Some(other) = names.get(&root.name) else {
                let text = Some(type_text(old, root.vertex));
                self.change(kind_of(root, true), &path, (Some(root.vertex), None), (text, None));
                mark(old, root.vertex, &mut self.seen_old);
                continue;
            };
            if root.role != other.role {
                let texts = (Some(root.role.as_str().to_owned()), Some(other.role.as_str().to_owned()));
                self.change("role-changed", &path, (Some(root.vertex), Some(other.vertex)), texts);
            }
            self.tasks.push(Task { old: root.vertex, new: other.vertex, path });
            self.drain();
        }
        for root in new.roots() {
            if !known.contains(&root.name) {
                let text = Some(type_text(new, root.vertex));
                self.change(
                    kind_of(root, false),
                    &root_path(&root.name),
                    (None, Some(root.vertex)),
                    (None, text),
                );
                mark(new, root.vertex, &mut self.seen_new);
            }
        }
    }

    /// Compares what no root leads to, as services and permission sets, by id.
    pub(super) fn others(&mut self) {
        let (old, new) = (self.old, self.new);
        let sources = |schema: &Schema| {
            let targets: BTreeSet<VertexId> = schema.edges().map(|(_, edge)| edge.tgt).collect();
            let ids: BTreeMap<Name, VertexId> = schema
                .vertices()
                .filter(|(id, _)| !targets.contains(id))
                .map(|(id, vertex)| (vertex.id.clone(), id))
                .collect();
            ids
        };
        let (of_old, mut of_new) = (sources(old), sources(new));
        for (id, vertex) in of_old {
            let other = of_new.remove(&id);
            if self.seen_old.get(vertex.0 as usize) == Some(&true) {
                continue;
            }
            match other {
                Some(other) => {
                    self.tasks.push(Task { old: vertex, new: other, path: id.to_string() });
                    self.drain();
                }
                None => {
                    let text = Some(type_text(old, vertex));
                    self.change("definition-removed", &id, (Some(vertex), None), (text, None));
                }
            }
        }
        for (id, vertex) in of_new {
            if self.seen_new.get(vertex.0 as usize) == Some(&false) {
                let text = Some(type_text(new, vertex));
                self.change("definition-added", &id, (None, Some(vertex)), (None, text));
            }
        }
    }
}

/// Bodies of services come and go as bodies.
fn kind_of(root: &Root, removed: bool) -> &'static str {
    match (root.role, removed) {
        (Role::Record | Role::Value, true) => "definition-removed",
        (Role::Record | Role::Value, false) => "definition-added",
        (_, true) => "body-removed",
        (_, false) => "body-added",
    }
}

/// Marks the vertex as told of.
fn mark(schema: &Schema, vertex: VertexId, seen: &mut [bool]) {
    for id in [vertex, schema.resolve(vertex).vertex] {
        if let Some(seen) = seen.get_mut(id.0 as usize) {
            *seen = true;
        }
    }
}

/// What paths below a root start with: nothing for the main one.
pub(crate) fn root_path(name: &str) -> String {
    match name {
        "main" => String::new(),
        name => name.strip_prefix("main").filter(|rest| rest.starts_with(':')).unwrap_or(name).to_owned(),
    }
}
