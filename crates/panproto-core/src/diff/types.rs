//! What a position is: kind, JSON types, null, openness, exclusiveness, its name as a definition.

use super::walk::Walk;
use crate::schema::{Kind, Openness, Schema, TypeSet, VertexId};

impl Walk<'_> {
    pub(super) fn nullable(&mut self, old: VertexId, new: VertexId, path: &str) {
        let admits = |schema: &Schema, id| {
            let vertex = schema.vertex(id);
            vertex.nullable
                || vertex.kind != Kind::Null && !is_any(vertex.types) && vertex.types.meets(TypeSet::NULL)
        };
        match (admits(self.old, old), admits(self.new, new)) {
            (false, true) => self.change("nullable-added", path, (Some(old), Some(new)), (None, None)),
            (true, false) => self.change("nullable-removed", path, (Some(old), Some(new)), (None, None)),
            _ => {}
        }
    }

    pub(super) fn types(&mut self, old: VertexId, new: VertexId, path: &str) {
        let (a, b) = (self.old.vertex(old), self.new.vertex(new));
        let at = (Some(old), Some(new));
        let types = |types: TypeSet| if is_any(types) { types } else { types.without(TypeSet::NULL) };
        if a.kind != b.kind || types(a.types) != types(b.types) {
            self.change(
                "type-changed",
                path,
                at,
                (Some(type_text(self.old, old)), Some(type_text(self.new, new))),
            );
        }
        if a.openness != b.openness {
            let text = |openness| Some(if openness == Openness::Open { "open" } else { "closed" }.to_owned());
            self.change("openness-changed", path, at, (text(a.openness), text(b.openness)));
        }
        if a.exclusive != b.exclusive {
            let text = |exclusive| Some(if exclusive { "exactly one" } else { "at least one" }.to_owned());
            self.change("exclusive-changed", path, at, (text(a.exclusive), text(b.exclusive)));
        }
        if a.nsid != b.nsid {
            let text = |vertex: &crate::schema::Vertex| vertex.nsid.as_ref().map(ToString::to_string);
            self.change("nsid-changed", path, at, (text(a), text(b)));
        }
        if a.tainted != b.tainted {
            let text = |tainted| Some(if tainted { "not wholly modelled" } else { "modelled" }.to_owned());
            self.change("keyword-changed", path, at, (text(a.tainted), text(b.tainted)));
        }
    }
}

fn is_any(types: TypeSet) -> bool {
    types == TypeSet::ALL
}

/// What a position is, for people: `string`, `string | integer`, `#replyRef`, `array of string`.
pub(crate) fn type_text(schema: &Schema, id: VertexId) -> String {
    let vertex = schema.vertex(id);
    match &vertex.kind {
        Kind::Ref | Kind::External => super::references::label(schema, id),
        Kind::Array => match schema.target_of(id, crate::schema::EdgeKind::Items) {
            Some(item) if !matches!(schema.vertex(item).kind, Kind::Array) => {
                format!("array of {}", type_text(schema, item))
            }
            _ => "array".to_owned(),
        },
        Kind::Any if !is_any(vertex.types) => {
            let names: Vec<_> = vertex.types.without(TypeSet::NULL).names().collect();
            if names.is_empty() { "null".to_owned() } else { names.join(" | ") }
        }
        kind => kind.to_string(),
    }
}
