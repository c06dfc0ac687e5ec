//! `fused`: several steps as one.

use super::elementary::Applied;
use super::facts::{Need, Optic};
use super::focus::Scope;
use super::json::{Reader, Writer};
use super::{Action, Step, read_steps};
use crate::diagnostic::Result;

/// Steps that count as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Fused {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Fused {
    pub(super) fn read(reader: &Reader<'_>, depth: usize) -> Result<Step> {
        reader.only(&["step_type", "steps"])?;
        let steps = read_steps(&reader.list("steps")?, &reader.place("steps"), depth + 1)?;
        Ok(Step::Fused(Fused { steps }))
    }
}

impl Action for Fused {
    fn step_type(&self) -> &'static str {
        "fused"
    }

    fn write(&self, out: &mut Writer) {
        out.list("steps", self.steps.iter().map(Step::to_json));
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let mut at = scope.clone();
        let mut all = Vec::new();
        for step in &self.steps {
            for applied in step.apply(&at)? {
                at = applied.scope(&at);
                all.push(applied);
            }
        }
        Ok(all)
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let mut at = scope.clone();
        let mut steps = Vec::new();
        for step in &self.steps {
            steps.push(step.inverse(&at)?);
            for applied in step.apply(&at)? {
                at = applied.scope(&at);
            }
        }
        steps.reverse();
        Ok(Step::Fused(Fused { steps }))
    }

    fn needs(&self) -> Vec<Need> {
        self.steps.iter().flat_map(Step::needs).collect()
    }

    fn optic(&self) -> Optic {
        self.steps.iter().fold(Optic::Iso, |optic, step| optic.then(step.optic()))
    }

    fn text(&self) -> String {
        let steps: Vec<String> = self.steps.iter().map(Step::text).collect();
        steps.join("; ")
    }
}
