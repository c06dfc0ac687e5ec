//! `set_required`, `set_optional`: whether a member has to be there.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::json::{Reader, Writer};
use super::{Action, Step, read_field, write_field};
use crate::diagnostic::Result;
use crate::value::Json;

/// Says whether a member has to be there.
#[derive(Clone, Debug, PartialEq)]
pub struct SetRequired {
    /// The member.
    pub field: Field,
    /// It has to be there.
    pub required: bool,
    /// Its value where it is absent on the side that does not require it.
    pub default: Option<Json>,
}

impl SetRequired {
    pub(super) fn read(reader: &Reader<'_>, required: bool) -> Result<Step> {
        reader.only(&["step_type", "parent", "focus", "name", "field", "default"])?;
        let field = read_field(reader, &["name"])?;
        Ok(Step::SetRequired(SetRequired { field, required, default: reader.json("default") }))
    }
}

impl Action for SetRequired {
    fn step_type(&self) -> &'static str {
        if self.required { "set_required" } else { "set_optional" }
    }

    fn write(&self, out: &mut Writer) {
        write_field(out, &self.field);
        out.json("default", self.default.as_ref());
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let member = scope.member(&self.field)?;
        let mut change = Change::new(scope);
        if let Some(edge) = change.editor.edge_mut(member.edge) {
            edge.required = self.required;
        }
        change.matched(member.object);
        if let Some(default) = &self.default {
            scope.admits(&member, default, &self.field)?;
        }
        match &self.default {
            Some(value) if self.required => change.fill(member.object, vec![member.edge], value.clone()),
            Some(value) => change.source_fill(member.object, vec![member.edge], value.clone()),
            None => {}
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let was = scope.schema.edge(scope.member(&self.field)?.edge).required;
        Ok(Step::SetRequired(SetRequired { required: was, ..self.clone() }))
    }

    fn needs(&self) -> Vec<Need> {
        if !self.required {
            return Vec::new();
        }
        let (name, default) = (self.field.text(), self.default.clone());
        vec![Need::Added { name, kind: "field".to_owned(), default, required: true }]
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        format!("make `{}` {}", self.field.text(), if self.required { "required" } else { "optional" })
    }
}
