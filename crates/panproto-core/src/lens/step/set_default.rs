//! `set_default`: the value that the schema gives to an absent member, or none.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::json::{Reader, Writer};
use super::{Action, Step, read_field, write_field};
use crate::diagnostic::Result;
use crate::value::Json;

/// Changes the default of a member.
#[derive(Clone, Debug, PartialEq)]
pub struct SetDefault {
    /// The member.
    pub field: Field,
    /// Its default; none removes it.
    pub value: Option<Json>,
}

impl SetDefault {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "parent", "focus", "name", "field", "default"])?;
        let field = read_field(reader, &["name"])?;
        Ok(Step::SetDefault(SetDefault { field, value: reader.json("default") }))
    }
}

impl Action for SetDefault {
    fn step_type(&self) -> &'static str {
        "set_default"
    }

    fn write(&self, out: &mut Writer) {
        write_field(out, &self.field);
        out.json("default", self.value.as_ref());
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let member = scope.member(&self.field)?;
        let mut change = Change::new(scope);
        if let Some(vertex) = change.editor.vertex_mut(member.value) {
            vertex.default.clone_from(&self.value);
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let value = scope.schema.vertex(scope.member(&self.field)?.value).default.clone();
        Ok(Step::SetDefault(SetDefault { field: self.field.clone(), value }))
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        match &self.value {
            Some(value) => format!("let `{}` be `{value}` where it is absent", self.field.text()),
            None => format!("give `{}` no default", self.field.text()),
        }
    }
}
