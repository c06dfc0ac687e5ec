//! `wrap`: a value becomes a member of an object of its own.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::json::{Reader, Writer};
use super::{Action, Step, Unwrap, read_field, write_field};
use crate::diagnostic::Result;
use crate::schema::{Edge, EdgeKind, Kind, Vertex};

/// Wraps a member's value in an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrap {
    /// The member.
    pub field: Field,
    /// Name of the value in the object.
    pub key: Box<str>,
}

impl Wrap {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "parent", "focus", "name", "field", "key", "target"])?;
        let key = reader.text(&["key", "target"])?;
        Ok(Step::Wrap(Wrap { field: read_field(reader, &["name"])?, key }))
    }
}

impl Action for Wrap {
    fn step_type(&self) -> &'static str {
        "wrap"
    }

    fn write(&self, out: &mut Writer) {
        write_field(out, &self.field);
        out.text("key", &self.key);
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let member = scope.member(&self.field)?;
        let schema = &scope.schema;
        let mut change = Change::new(scope);
        let id = schema.vertex(member.value).id.clone();
        let object = change.editor.add_vertex(Vertex::new(id, Kind::Object));
        let key = Edge {
            src: object,
            tgt: member.value,
            kind: EdgeKind::Prop,
            name: Some((&*self.key).into()),
            // Of an optional member there may be no object, and the engine makes none with nothing in it.
            required: schema.edge(member.edge).required,
        };
        let key = change.editor.add_edge(key, None);
        if let Some(edge) = change.editor.edge_mut(member.edge) {
            edge.tgt = object;
        }
        change.link(member.object, vec![member.edge], vec![member.edge, key]);
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, _: &Scope) -> Result<Step> {
        Ok(Step::Unwrap(Unwrap { field: self.field.clone(), key: Some(self.key.clone()) }))
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        format!("wrap `{}` in an object as `{}`", self.field.text(), self.key)
    }
}
