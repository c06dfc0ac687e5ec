//! `add_equation`, `drop_equation`, `directed_eq`, `drop_directed_eq`: what a theory says of its terms. Data does not
//! change; the step is recorded.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::Scope;
use super::json::{Reader, Writer};
use super::{Action, Step};
use crate::diagnostic::Result;
use crate::value::Json;

/// Changes the equations of a theory.
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    /// It is added; else dropped.
    pub add: bool,
    /// It is read from left to right only.
    pub directed: bool,
    /// Its name.
    pub name: Box<str>,
    /// Its sides, as terms in the theory's JSON or as text.
    pub sides: Option<(Json, Json)>,
}

impl Equation {
    pub(super) fn read(reader: &Reader<'_>, add: bool, directed: bool) -> Result<Step> {
        reader.only(&["step_type", "name", "lhs", "rhs"])?;
        let sides = match (reader.json("lhs"), reader.json("rhs")) {
            (Some(left), Some(right)) => Some((left, right)),
            (None, None) => None,
            (Some(_), None) => return Err(reader.missing("rhs")),
            (None, Some(_)) => return Err(reader.missing("lhs")),
        };
        Ok(Step::Equation(Equation { add, directed, name: reader.text(&["name"])?, sides }))
    }
}

impl Action for Equation {
    fn step_type(&self) -> &'static str {
        match (self.add, self.directed) {
            (true, false) => "add_equation",
            (false, false) => "drop_equation",
            (true, true) => "directed_eq",
            (false, true) => "drop_directed_eq",
        }
    }

    fn write(&self, out: &mut Writer) {
        out.text("name", &self.name);
        if let Some((left, right)) = &self.sides {
            out.raw("lhs", left.as_str());
            out.raw("rhs", right.as_str());
        }
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        Ok(vec![Change::new(scope).finish()?])
    }

    fn inverse(&self, _: &Scope) -> Result<Step> {
        if !self.add && self.sides.is_none() {
            return Err(super::no_inverse(self, "it does not say which equation is dropped"));
        }
        Ok(Step::Equation(Equation { add: !self.add, ..self.clone() }))
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn optic(&self) -> Optic {
        Optic::Iso
    }

    fn text(&self) -> String {
        let what = if self.directed { "directed equation" } else { "equation" };
        format!("{} the {what} `{}`", if self.add { "add" } else { "drop" }, self.name)
    }
}
