//! Which findings of a verdict a migration repairs: what breaks as data lies, and converts without loss of a record.

use super::engine::Engine;
use super::spec::Statement;
use super::stages::Lens;
use crate::compat::{Finding, Verdict};
use crate::diagnostic::{Kind, Result};
use crate::instance::{Options, Validator};
use crate::limits::Budget;
use crate::schema::{Schema, VertexId};
use crate::value::Tree;

/// For each finding of the backward verdict, whether every old record that it speaks of has a valid view.
///
/// It is repaired where the lens refuses no record at all; or where its witness converts to a valid view and the lens
/// refuses none at its place.
///
/// # Errors
/// `cancelled`, `limit-steps`.
pub fn backward(
    lens: &Lens,
    engine: &mut impl Engine,
    verdict: &Verdict,
    budget: &mut Budget,
) -> Result<Vec<bool>> {
    let partial = lens.spec().partial;
    let last = lens.last();
    let end = (lens.target().as_ref(), last.migration.roots.1);
    let mut convert = |witness: &[u8], out: &mut Vec<u8>| engine.get(witness, out, None);
    verdict.findings.iter().map(|finding| repaired(finding, &partial, end, &mut convert, budget)).collect()
}

/// For each finding of the forward verdict, whether every new record that it speaks of becomes a valid old one, with
/// nothing but itself.
///
/// # Errors
/// As [`backward`].
pub fn forward(
    lens: &Lens,
    engine: &mut impl Engine,
    verdict: &Verdict,
    budget: &mut Budget,
) -> Result<Vec<bool>> {
    let spec = lens.spec();
    let refused: Vec<Statement> = spec.view_domain.into_iter().chain(spec.needs_default).collect();
    let start = lens.stages().next().map(|stage| stage.migration.roots.0);
    let end = (lens.source().as_ref(), start.unwrap_or_else(|| lens.source().main()));
    let mut convert = |witness: &[u8], out: &mut Vec<u8>| engine.put(witness, None, out, &mut Vec::new());
    verdict.findings.iter().map(|finding| repaired(finding, &refused, end, &mut convert, budget)).collect()
}

/// Makes a view of a record, or a record of a view.
type Convert<'e> = &'e mut dyn FnMut(&[u8], &mut Vec<u8>) -> Result<()>;

fn repaired(
    finding: &Finding,
    refused: &[Statement],
    (schema, root): (&Schema, VertexId),
    convert: Convert<'_>,
    budget: &mut Budget,
) -> Result<bool> {
    // A finding at another root than the main one speaks of values that this lens does not read.
    if finding.path.starts_with('#') {
        return Ok(false);
    }
    if refused.is_empty() {
        return Ok(true);
    }
    let at_its_place = refused.iter().any(|statement| statement.path == finding.path);
    let Some(witness) = finding.witness.as_ref().filter(|_| !at_its_place) else { return Ok(false) };
    let mut out = Vec::new();
    match convert(witness.as_str().as_bytes(), &mut out) {
        Err(error) if matches!(error.kind, Kind::Cancelled | Kind::Internal) => return Err(error),
        Err(_) => return Ok(false),
        Ok(()) => {}
    }
    let tree = Tree::parse(&out, budget.limits())?;
    let validator = Validator::new(schema, Options::DEFAULT);
    Ok(validator.is_valid(root, tree.root(), budget)?.is_valid())
}
