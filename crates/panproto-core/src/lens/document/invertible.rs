//! Whether a document can be inverted, as its author says.

use super::Document;
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::lens::chain::Chain;
use crate::lens::step::{Computes, Step};
use crate::limits::Budget;
use crate::schema::Schema;
use std::sync::Arc;

/// Why a step has no inverse on any schema; nothing where it depends on the schema, or has one.
fn obstacle(step: &Step) -> Option<&'static str> {
    const ONE_WAY: &str = "it states no inverse that undoes it exactly";
    match step {
        Step::Close(_) => Some("which objects were open is not told by the step"),
        Step::Case(_) => Some("which branch a view came from is told by its complement only"),
        Step::ApplyExpr(step) => step.formula.turned().is_none().then_some(ONE_WAY),
        Step::ComputeField(step) if step.step != Computes::Compute => {
            step.formula.turned().is_none().then_some(ONE_WAY)
        }
        // Steps nest in each other no deeper than they are read.
        Step::Scoped(scoped) => scoped.inner.iter().find_map(obstacle),
        Step::Fused(fused) => fused.steps.iter().find_map(obstacle),
        _ => None,
    }
}

impl Document {
    /// Holds `invertible` against the chain of the document: whatever the schema, and on one where it is known.
    pub(super) fn check_invertible(
        &self,
        chain: &Chain,
        schema: Option<&Arc<Schema>>,
        budget: &mut Budget,
    ) -> Result<()> {
        if !self.invertible {
            return Ok(());
        }
        for (at, step) in chain.steps.iter().enumerate() {
            if let Some(why) = obstacle(step) {
                return Err(refused(&format!("`{}`: {why}", step.step_type()), format!("steps[{at}]")));
            }
        }
        let Some(schema) = schema else { return Ok(()) };
        match chain.inverse(schema, budget) {
            Ok(_) => Ok(()),
            Err(error) if error.code == "no-inverse" => {
                Err(refused(&error.message, error.path.unwrap_or_default()))
            }
            Err(error) => Err(error),
        }
    }
}

#[cold]
fn refused(why: &str, path: String) -> Error {
    let message = format!("the document says that it can be inverted, and it cannot: {why}");
    Diagnostic::new(ErrorKind::Migration, "document-not-invertible", message)
        .at(path)
        .help("leave out `invertible`, or give the step an inverse or a default")
        .boxed()
}
