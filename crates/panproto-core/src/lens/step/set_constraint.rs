//! `set_constraint`, `drop_constraint`: which values a position admits.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::Scope;
use super::json::{Reader, Writer};
use super::{Action, Step};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::protocol::Protocol;
use crate::schema::{Constraint, Sort, VertexId};
use crate::value::Json;

/// Changes a restriction of values.
#[derive(Clone, Debug, PartialEq)]
pub struct SetConstraint {
    /// The position.
    pub focus: Box<str>,
    /// What is restricted, as the schema's language calls it: `maxLength`.
    pub sort: Box<str>,
    /// The bound; none removes the restriction.
    pub value: Option<Json>,
}

impl SetConstraint {
    pub(super) fn read(reader: &Reader<'_>, drop: bool) -> Result<Step> {
        reader.only(&["step_type", "focus", "vertex", "name", "sort", "value"])?;
        let focus = reader.optional_text(&["focus", "vertex", "name"])?.unwrap_or_default();
        let value = if drop { None } else { reader.json("value") };
        if value.is_none() && !drop {
            return Err(reader.missing("value"));
        }
        Ok(Step::SetConstraint(SetConstraint { focus, sort: reader.text(&["sort"])?, value }))
    }

    fn find(&self, scope: &Scope) -> Result<(VertexId, Sort)> {
        let vertex = scope.schema.resolve(scope.find(&self.focus)?).vertex;
        let kind = &scope.schema.vertex(vertex).kind;
        let sort = match Protocol::builtin(scope.schema.protocol()) {
            Some(protocol) => protocol.sort_named(kind, &self.sort),
            None => Sort::from_name(&self.sort),
        };
        // A sort by its own name, where the language calls it otherwise.
        sort.or_else(|| Sort::from_name(&self.sort)).map(|sort| (vertex, sort)).ok_or_else(|| {
            let message = format!("there is no constraint `{}`", self.sort);
            Diagnostic::new(ErrorKind::Migration, "unknown-constraint", message).at(&*self.focus).boxed()
        })
    }
}

impl Action for SetConstraint {
    fn step_type(&self) -> &'static str {
        if self.value.is_some() { "set_constraint" } else { "drop_constraint" }
    }

    fn write(&self, out: &mut Writer) {
        out.text("focus", &self.focus);
        out.text("sort", &self.sort);
        out.json("value", self.value.as_ref());
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let (vertex, sort) = self.find(scope)?;
        let mut change = Change::new(scope);
        if let Some(vertex) = change.editor.vertex_mut(vertex) {
            let at = vertex.constraints.iter().position(|constraint| constraint.sort == sort);
            match (&self.value, at) {
                (Some(value), Some(at)) => {
                    if let Some(constraint) = vertex.constraints.get_mut(at) {
                        constraint.value = value.clone();
                    }
                }
                (Some(value), None) => vertex.constraints.push(Constraint::new(sort, value.clone())),
                (None, Some(_)) => vertex.constraints.retain(|constraint| constraint.sort != sort),
                (None, None) => {
                    let message = format!("`{}` has no constraint `{}`", self.focus, self.sort);
                    return Err(Diagnostic::new(ErrorKind::Migration, "constraint-not-found", message)
                        .at(&*self.focus)
                        .boxed());
                }
            }
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let (vertex, sort) = self.find(scope)?;
        let value = scope.schema.vertex(vertex).constraint(sort).map(|constraint| constraint.value.clone());
        Ok(Step::SetConstraint(SetConstraint { value, ..self.clone() }))
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        match &self.value {
            Some(value) => format!("let `{}` of `{}` be `{value}`", self.sort, self.focus),
            None => format!("drop `{}` of `{}`", self.sort, self.focus),
        }
    }
}
