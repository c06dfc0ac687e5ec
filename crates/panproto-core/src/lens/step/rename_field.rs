//! `rename_field`: a member gets another name, and stays in its place.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::json::{Reader, Writer};
use super::{Action, Step, read_field, write_field};
use crate::diagnostic::Result;

/// Renames a member.
#[derive(Clone, Debug, PartialEq)]
pub struct RenameField {
    /// The member.
    pub field: Field,
    /// Its new name.
    pub to: Box<str>,
}

impl RenameField {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "parent", "focus", "name", "field", "old", "target", "new", "to"])?;
        let to = reader.text(&["target", "new", "to"])?;
        Ok(Step::RenameField(RenameField { field: read_field(reader, &["name", "old"])?, to }))
    }
}

impl Action for RenameField {
    fn step_type(&self) -> &'static str {
        "rename_field"
    }

    fn write(&self, out: &mut Writer) {
        write_field(out, &self.field);
        out.text("target", &self.to);
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let member = scope.member(&self.field)?;
        let mut change = Change::new(scope);
        if scope.schema.edge(member.edge).name.as_deref() != Some(&*self.to) {
            scope.is_free(member.object, &self.to, &self.field.text())?;
        }
        change.matched(member.object);
        if let Some(edge) = change.editor.edge_mut(member.edge) {
            edge.name = Some((&*self.to).into());
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let name = scope.schema.edge(scope.member(&self.field)?.edge).name.as_deref().unwrap_or("");
        let (field, to) = (self.field.renamed(&self.to), name.into());
        Ok(Step::RenameField(RenameField { field, to }))
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn optic(&self) -> Optic {
        Optic::Iso
    }

    fn text(&self) -> String {
        format!("rename `{}` to `{}`", self.field.text(), self.to)
    }
}
