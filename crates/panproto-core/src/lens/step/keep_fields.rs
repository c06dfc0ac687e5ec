//! `keep_fields`: an object keeps these members and drops the others.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::json::{Reader, Writer, array};
use super::{Action, Step};
use crate::diagnostic::Result;
use crate::value::Json;

/// Drops all members but some.
#[derive(Clone, Debug, PartialEq)]
pub struct KeepFields {
    /// Focus of the object.
    pub parent: Option<Box<str>>,
    /// Names of the members that stay.
    pub fields: Vec<Box<str>>,
}

impl KeepFields {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "parent", "focus", "fields", "keys"])?;
        let parent = reader.optional_text(&["parent", "focus"])?;
        let fields = match reader.texts("fields")? {
            Some(fields) => fields,
            None => reader.texts("keys")?.ok_or_else(|| reader.missing("fields"))?,
        };
        Ok(Step::KeepFields(KeepFields { parent, fields }))
    }
}

impl Action for KeepFields {
    fn step_type(&self) -> &'static str {
        "keep_fields"
    }

    fn write(&self, out: &mut Writer) {
        out.optional("parent", self.parent.as_deref());
        out.raw("fields", &array(self.fields.iter().map(|name| Json::string(name).to_string())));
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let mut change = Change::new(scope);
        let mut kept = Vec::new();
        for name in &self.fields {
            kept.push(scope.member(&Field { parent: self.parent.clone(), name: name.clone() })?.edge);
        }
        let (object, _) = scope.place(&Field { parent: self.parent.clone(), name: "".into() })?;
        change.matched(object);
        for (id, _) in scope.schema.props(object).filter(|(id, _)| !kept.contains(id)) {
            change.editor.remove_edge(id);
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, _: &Scope) -> Result<Step> {
        Err(super::no_inverse(self, "several members are gone; remove them one by one instead"))
    }

    fn needs(&self) -> Vec<Need> {
        let place = self.parent.as_deref().unwrap_or("");
        vec![Need::Dropped { name: format!("{place}[*]"), what: "field" }]
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        let place = self.parent.as_deref().unwrap_or("");
        format!("keep only `{}` of `{place}`", self.fields.join("`, `"))
    }
}
