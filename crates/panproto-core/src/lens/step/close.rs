//! `close`: members that the schema does not declare go to the complement.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::Scope;
use super::json::{Reader, Writer};
use super::{Action, Step};
use crate::diagnostic::Result;
use crate::schema::{Kind, Openness};

/// Closes an object, or all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Close {
    /// The object; all objects if nothing is said.
    pub focus: Option<Box<str>>,
}

impl Close {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "focus", "name"])?;
        Ok(Step::Close(Close { focus: reader.optional_text(&["focus", "name"])? }))
    }
}

impl Action for Close {
    fn step_type(&self) -> &'static str {
        "close"
    }

    fn write(&self, out: &mut Writer) {
        out.optional("focus", self.focus.as_deref());
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let only = self.focus.as_deref().map(|focus| scope.object(focus)).transpose()?;
        let mut change = Change::new(scope);
        match only {
            Some(object) => {
                if let Some(vertex) = change.editor.vertex_mut(object) {
                    vertex.openness = Openness::Closed;
                }
            }
            None => {
                for vertex in change.editor.vertices_mut().filter(|vertex| vertex.kind == Kind::Object) {
                    vertex.openness = Openness::Closed;
                }
            }
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, _: &Scope) -> Result<Step> {
        Err(super::no_inverse(self, "which objects were open is not told by the step"))
    }

    fn needs(&self) -> Vec<Need> {
        let name = self.focus.as_deref().unwrap_or("").to_owned();
        vec![Need::Dropped { name: format!("{name}[*]"), what: "undeclared" }]
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        match &self.focus {
            Some(focus) => format!("drop undeclared members of `{focus}`"),
            None => "drop undeclared members everywhere".to_owned(),
        }
    }
}
