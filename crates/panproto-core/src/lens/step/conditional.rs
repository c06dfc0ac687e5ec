//! `conditional`: a member survives only where a condition over its object holds.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::formula::{check_condition, read_expr};
use super::json::{Reader, Writer};
use super::{Action, SetRequired, Step, read_field, write_field};
use crate::diagnostic::Result;
use crate::expr::{Expr, print};

/// Drops a member on a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditional {
    /// The member.
    pub field: Field,
    /// Where it is false the view lacks the member. It sees the members of the object.
    pub when: Expr,
}

impl Conditional {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "parent", "focus", "name", "field", "when", "predicate"])?;
        let when = match read_expr(reader, "when")? {
            Some(when) => when,
            None => read_expr(reader, "predicate")?.ok_or_else(|| reader.missing("when"))?,
        };
        Ok(Step::Conditional(Conditional { field: read_field(reader, &["name"])?, when }))
    }
}

impl Action for Conditional {
    fn step_type(&self) -> &'static str {
        "conditional"
    }

    fn write(&self, out: &mut Writer) {
        write_field(out, &self.field);
        out.text("when", &print(&self.when));
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let member = scope.member(&self.field)?;
        check_condition(&self.when, scope, member.object, &self.field.text())?;
        let mut change = Change::new(scope);
        if let Some(edge) = change.editor.edge_mut(member.edge) {
            edge.required = false;
        }
        change.matched(member.object);
        change.survives(member.edge, self.when.clone());
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let required = scope.schema.edge(scope.member(&self.field)?.edge).required;
        if required {
            let field = self.field.clone();
            return Ok(Step::SetRequired(SetRequired { field, required, default: None }));
        }
        Err(super::no_inverse(self, "what was dropped on a condition does not come back by a step"))
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Dropped { name: self.field.text(), what: "field" }]
    }

    fn optic(&self) -> Optic {
        Optic::Affine
    }

    fn text(&self) -> String {
        format!("keep `{}` where `{}`", self.field.text(), print(&self.when))
    }
}
