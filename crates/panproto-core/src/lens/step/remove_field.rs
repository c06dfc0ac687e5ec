//! `remove_field`: a member is dropped; the complement keeps it.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::json::{Reader, Writer};
use super::{Action, AddField, Shape, Step, read_field, write_field};
use crate::diagnostic::Result;
use crate::value::Json;

/// Removes a member.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoveField {
    /// The member.
    pub field: Field,
    /// Its value for records that are made without a complement.
    pub default: Option<Json>,
}

impl RemoveField {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "parent", "focus", "name", "field", "default"])?;
        let field = read_field(reader, &["name"])?;
        Ok(Step::RemoveField(RemoveField { field, default: reader.json("default") }))
    }
}

impl Action for RemoveField {
    fn step_type(&self) -> &'static str {
        "remove_field"
    }

    fn write(&self, out: &mut Writer) {
        write_field(out, &self.field);
        out.json("default", self.default.as_ref());
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let member = scope.member(&self.field)?;
        let mut change = Change::new(scope);
        change.matched(member.object);
        change.editor.remove_edge(member.edge);
        if let Some(default) = &self.default {
            scope.admits(&member, default, &self.field)?;
            change.source_fill(member.object, vec![member.edge], default.clone());
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let member = scope.member(&self.field)?;
        let schema = &scope.schema;
        let edge = schema.edge(member.edge);
        // What something else leads to as well is still there afterwards.
        let after = self.apply(scope)?;
        let stays = |vertex| after.first().is_some_and(|applied| applied.vertex(vertex).is_some());
        let known = |vertex| stays(vertex).then(|| schema.vertex(vertex).id.as_str().into());
        let shape = match known(member.value) {
            None => Shape::cut(schema, member.value, &known),
            Some(_) => None,
        };
        let Some(shape) = shape else {
            return Err(super::no_inverse(self, "its position is shared with others or contains itself"));
        };
        Ok(Step::AddField(AddField {
            field: self.field.renamed(edge.name.as_deref().unwrap_or("")),
            shape,
            required: edge.required,
            default: self.default.clone(),
        }))
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Dropped { name: self.field.text(), what: "field" }]
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        format!("remove `{}`", self.field.text())
    }
}
