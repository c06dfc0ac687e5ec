//! `add_field`: a member that records do not have, with its value.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::json::{Reader, Writer};
use super::shape::kind_named;
use super::{Action, RemoveField, Shape, Step, read_field, write_field};
use crate::diagnostic::Result;
use crate::schema::{Edge, EdgeKind};
use crate::value::Json;

/// Adds a member.
#[derive(Clone, Debug, PartialEq)]
pub struct AddField {
    /// The member. Without a focus it is one of the scope's own object.
    pub field: Field,
    /// What stands there.
    pub shape: Shape,
    /// It has to be there.
    pub required: bool,
    /// The value that views get. An optional member without one is left absent.
    pub default: Option<Json>,
}

impl AddField {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&[
            "step_type",
            "parent",
            "focus",
            "name",
            "field",
            "kind",
            "type",
            "shape",
            "required",
            "default",
        ])?;
        let field = read_field(reader, &["name"])?;
        let shape = match reader.get("shape") {
            Some(shape) => Shape::read(shape, reader.place("shape"))?,
            None => Shape::of(kind_named(&reader.text(&["kind", "type"])?)),
        };
        let required = reader.flag("required")?.unwrap_or(false);
        // `null` is no value of a member that does not admit it: published callers mean "none" by it.
        let default =
            reader.json("default").filter(|value| shape.vertex.nullable || value.as_str() != "null");
        Ok(Step::AddField(AddField { field, shape, required, default }))
    }
}

impl Action for AddField {
    fn step_type(&self) -> &'static str {
        "add_field"
    }

    fn write(&self, out: &mut Writer) {
        write_field(out, &self.field);
        if self.shape == Shape::of(self.shape.vertex.kind.clone()) {
            out.text("kind", self.shape.vertex.kind.as_str());
        } else {
            out.raw("shape", &self.shape.write());
        }
        out.flag("required", self.required);
        out.json("default", self.default.as_ref());
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let (object, name) = scope.place(&self.field)?;
        scope.is_free(object, &name, &self.field.text())?;
        let mut change = Change::new(scope);
        change.matched(object);
        let id = format!("{}.{name}", scope.schema.vertex(object).id);
        let document = scope.schema.vertex(object).document;
        let tgt = self.shape.add(&mut change.editor, scope, &id, document)?;
        let edge = Edge {
            src: object,
            tgt,
            kind: EdgeKind::Prop,
            name: Some((&*name).into()),
            required: self.required,
        };
        let edge = change.editor.add_edge(edge, None);
        if let Some(default) = &self.default {
            change.fill(object, vec![edge], default.clone());
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, _: &Scope) -> Result<Step> {
        let (field, default) = (self.field.clone(), self.default.clone());
        Ok(Step::RemoveField(RemoveField { field, default }))
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Added {
            name: self.field.text(),
            kind: self.shape.vertex.kind.to_string(),
            default: self.default.clone().or_else(|| self.shape.vertex.default.clone()),
            required: self.required,
        }]
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        let kind = &self.shape.vertex.kind;
        match &self.default {
            Some(default) => format!("add `{}` ({kind}) with `{default}`", self.field.text()),
            None => format!("add `{}` ({kind})", self.field.text()),
        }
    }
}
