//! The form of Lexicons before `defs.main` (2022): nodes without a type, JSON pointers, `oneOf`.

use super::bundle::{Bundle, is_plain_piece};
use super::{Position, Task};
use crate::diagnostic::{Kind as ErrorKind, Path, Result};
use crate::schema::{EdgeKind, Kind};
use crate::value::{JsonKind, ValueRef};

impl<'t> Bundle<'t, '_> {
    /// Declares the `$defs` of a node. They stay in `extra` as they are, and are printed from there.
    pub(super) fn local_definitions(&mut self, task: Task<'t>) -> Result<()> {
        let Task { vertex, value, document, scope, .. } = task;
        for (key, value) in value.get("$defs").into_iter().flat_map(ValueRef::members) {
            let Some(name) = self.text(document, key) else { continue };
            let parent = self.builder.vertex_ref(vertex).id.clone();
            let id = match is_plain_piece(&name) {
                true => format!("{parent}:$defs.{name}"),
                false => format!("{parent}:$defs{}", Path::default().member(&format!("#{name}"))),
            };
            let child = self.vertex(&id, document, value.span())?;
            let name = self.builder.name(&name);
            self.local.entry((scope, name)).or_insert(child);
            self.work.push(Task { vertex: child, value, position: Position::Field, document, scope });
        }
        Ok(())
    }

    /// Reads a node without a type: a `$ref`, a `oneOf`, or any value.
    pub(super) fn untyped(&mut self, task: Task<'t>) -> Result<()> {
        let Task { vertex, value, document, scope, .. } = task;
        self.keywords(task, &Kind::Any, true)?;
        if let Some(pointer) = value.get("$ref").filter(|pointer| pointer.kind() == JsonKind::String) {
            return self.point(task, pointer);
        }
        let Some(arms) = value.get("oneOf").filter(|arms| arms.is_array()) else { return Ok(()) };
        self.set_kind(vertex, Kind::Union);
        let union = self.builder.vertex_mut(vertex);
        union.exclusive = true;
        union.openness = crate::schema::Openness::Closed;
        for (index, value) in arms.items().enumerate() {
            let id = format!("{}:oneOf{index}", self.builder.vertex_ref(vertex).id);
            let arm = self.vertex(&id, document, value.span())?;
            self.builder.edge(vertex, arm, EdgeKind::Variant, None);
            self.work.push(Task { vertex: arm, value, position: Position::Field, document, scope });
        }
        Ok(())
    }

    /// Reads the items of an array with one node for each place.
    pub(super) fn tuple(&mut self, task: Task<'t>, items: ValueRef<'t>) -> Result<()> {
        let Task { vertex, document, scope, .. } = task;
        for (index, value) in items.items().enumerate() {
            let id = format!("{}:items{index}", self.builder.vertex_ref(vertex).id);
            let child = self.vertex(&id, document, value.span())?;
            self.builder.edge(vertex, child, EdgeKind::Prefix, None);
            self.work.push(Task { vertex: child, value, position: Position::Field, document, scope });
        }
        Ok(())
    }

    /// Follows `#/defs/name` (of the document) or `#/$defs/name` (of the body).
    fn point(&mut self, task: Task<'t>, pointer: ValueRef<'t>) -> Result<()> {
        let Some(text) = self.text(task.document, pointer) else { return Ok(()) };
        let from = self.documents.get(task.document).map(|document| document.id.clone()).unwrap_or_default();
        let target = if let Some(name) = text.strip_prefix("#/defs/") {
            self.definitions.get(format!("{from}#{name}").as_str()).copied()
        } else if let Some(name) = text.strip_prefix("#/$defs/") {
            let name = self.builder.name(name);
            self.local.get(&(task.scope, name)).copied()
        } else {
            None
        };
        self.set_kind(task.vertex, Kind::Ref);
        self.keep(task.vertex, "$ref", pointer.to_json());
        match target {
            Some(definition) => self.lead(task.vertex, definition, task.document, pointer, &text),
            None => {
                let message = format!("`{text}` leads to no definition");
                self.error(task.document, pointer.span(), ErrorKind::Schema, "missing-definition", message);
            }
        }
        Ok(())
    }
}
