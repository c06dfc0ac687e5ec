//! Applying a chain to a schema, step by step.

use super::Chain;
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::lens::compile::compile;
use crate::lens::stages::Lens;
use crate::lens::step::{Optic, Scope, Step};
use crate::limits::Budget;
use crate::migration::Migration;
use crate::schema::Schema;
use std::sync::Arc;

/// Why a chain does not apply to a schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Index of the step.
    pub step: usize,
    /// What is wrong.
    pub error: Diagnostic,
}

impl Chain {
    /// Whether it applies to a schema, step by step, each to the schema that the steps before gave: no reasons if it
    /// does. The reasons are those of the first step that does not apply.
    ///
    /// # Errors
    /// Only where the check itself fails: `limit-steps`, `limit-states`, `cancelled`.
    pub fn check(&self, schema: &Arc<Schema>, budget: &mut Budget) -> Result<Vec<Reason>> {
        let mut scope = Scope::new(schema.clone());
        for (at, step) in self.steps.iter().enumerate() {
            let reason = |error: Error| Reason { step: at, error: *error };
            let migrations = match run(step, &mut scope, budget) {
                Ok(migrations) => migrations,
                Err(error) if is_fatal(&error) => return Err(error),
                Err(error) => return Ok(vec![reason(error)]),
            };
            let mut reasons = Vec::new();
            for migration in migrations {
                let compiled = compile(&migration, budget)?;
                reasons.extend(compiled.questions.iter().map(|question| {
                    let diagnostic =
                        Diagnostic::new(ErrorKind::Migration, question.code, question.why.clone());
                    reason(diagnostic.at(question.path.clone()).help(question.help.clone()).boxed())
                }));
            }
            if !reasons.is_empty() {
                return Ok(reasons);
            }
        }
        Ok(Vec::new())
    }

    /// The migrations of its steps on a schema, in order; the target of one is the source of the next. Steps with
    /// steps inside give one for each.
    ///
    /// # Errors
    /// Why a step does not apply, with its index in the path.
    pub fn instantiate(&self, schema: &Arc<Schema>, budget: &mut Budget) -> Result<Vec<Migration>> {
        let mut scope = Scope::new(schema.clone());
        let mut all = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            all.extend(run(step, &mut scope, budget).map_err(|error| locate(error, at))?);
        }
        Ok(all)
    }

    /// Its lens on a schema, in as few stages as do exactly the same.
    ///
    /// # Errors
    /// As [`Chain::instantiate`]; the reason that [`Chain::check`] gives where a step leaves something open.
    pub fn lens(&self, schema: &Arc<Schema>, budget: &mut Budget) -> Result<Lens> {
        self.stages(schema, budget)?.fuse(budget)
    }

    /// Its lens on a schema, with a stage for every step.
    ///
    /// # Errors
    /// As [`Chain::lens`].
    pub fn stages(&self, schema: &Arc<Schema>, budget: &mut Budget) -> Result<Lens> {
        let migrations = self.instantiate(schema, budget)?;
        match Lens::sequence(migrations.into_iter().map(Arc::new), budget) {
            Ok(Some(lens)) => Ok(lens),
            Ok(None) => Lens::of(Arc::new(identity(schema)), budget),
            Err(error) if error.code == "migration-undecided" => Err(self.open(schema, error, budget)),
            Err(error) => Err(error),
        }
    }

    /// What a step leaves open, as the check says it.
    #[cold]
    fn open(&self, schema: &Arc<Schema>, error: Error, budget: &mut Budget) -> Error {
        match self.check(schema, budget).map(|reasons| reasons.into_iter().next()) {
            Ok(Some(reason)) => locate(Box::new(reason.error), reason.step),
            Ok(None) => error,
            Err(fatal) => fatal,
        }
    }

    /// The one migration that does what the chain does on a schema.
    ///
    /// # Errors
    /// As [`Chain::lens`]; `migrations-not-fusable` where no single migration does exactly the same.
    pub fn migration(&self, schema: &Arc<Schema>, budget: &mut Budget) -> Result<Arc<Migration>> {
        let lens = self.lens(schema, budget)?;
        if lens.len() == 1 {
            return Ok(lens.last().migration.clone());
        }
        let obstacles = lens.obstacles(budget)?;
        let (path, why) = obstacles.first().map_or(("", ""), |obstacle| (&*obstacle.path, obstacle.why));
        let message = format!("no single migration does exactly what the chain does: {why}");
        Err(Diagnostic::new(ErrorKind::Migration, "migrations-not-fusable", message)
            .at(path)
            .help("use the lens of the chain: its stages run one after the other")
            .boxed())
    }

    /// The schema that it leads to.
    ///
    /// # Errors
    /// As [`Chain::instantiate`].
    pub fn target(&self, schema: &Arc<Schema>, budget: &mut Budget) -> Result<Arc<Schema>> {
        let migrations = self.instantiate(schema, budget)?;
        Ok(migrations.last().map_or_else(|| schema.clone(), |last| last.target.clone()))
    }

    /// The chain that leads back from its target on a schema, where every step has an inverse. That it applies, and
    /// that the schema comes out as it was, is checked.
    ///
    /// # Errors
    /// `no-inverse` with the reason; as [`Chain::instantiate`].
    pub fn inverse(&self, schema: &Arc<Schema>, budget: &mut Budget) -> Result<Chain> {
        let mut scope = Scope::new(schema.clone());
        let mut steps = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            steps.push(step.inverse(&scope).map_err(|error| locate(error, at))?);
            run(step, &mut scope, budget).map_err(|error| locate(error, at))?;
        }
        steps.reverse();
        let back = Chain::new(steps);
        if let Some(reason) = back.check(&scope.schema, budget)?.into_iter().next() {
            return Err(self.open_inverse(reason));
        }
        let reached = back.target(&scope.schema, budget)?;
        if reached.shape_digest() != schema.shape_digest() {
            let message = "the inverse steps do not lead back to the same schema";
            return Err(Diagnostic::new(ErrorKind::Migration, "no-inverse", message)
                .help("a step drops what its schema says beside the members")
                .boxed());
        }
        Ok(back)
    }

    /// The error of an inverse that leaves something open: of a required member that is gone and has no value.
    #[cold]
    fn open_inverse(&self, reason: Reason) -> Error {
        let at = self.steps.len().saturating_sub(reason.step + 1);
        let step = self.steps.get(at).map_or("", Step::step_type);
        let message = format!("the way back of `{step}` leaves something open: {}", reason.error.message);
        let help = "give the step the value that records made without a complement get: `default`";
        let error = Diagnostic::new(ErrorKind::Migration, "no-inverse", message).help(help);
        let path = reason.error.path.filter(|path| !path.is_empty());
        error.at(path.map_or_else(|| format!("steps[{at}]"), |path| format!("steps[{at}]: {path}"))).boxed()
    }

    /// What kind of optic it is on a schema.
    ///
    /// # Errors
    /// As [`Chain::instantiate`].
    pub fn optic_at(&self, schema: &Arc<Schema>, budget: &mut Budget) -> Result<Optic> {
        let mut scope = Scope::new(schema.clone());
        let mut optic = Optic::Iso;
        for (at, step) in self.steps.iter().enumerate() {
            optic = optic.then(step.optic_at(&scope).map_err(|error| locate(error, at))?);
            run(step, &mut scope, budget).map_err(|error| locate(error, at))?;
        }
        Ok(optic)
    }
}

/// Applies a step and moves the scope on.
fn run(step: &Step, scope: &mut Scope, budget: &mut Budget) -> Result<Vec<Migration>> {
    let mut migrations = Vec::new();
    budget.spend(1 + scope.schema.len() as u64)?;
    for applied in step.apply(scope)? {
        budget.spend(applied.migration.target.len() as u64)?;
        *scope = Scope::new(applied.migration.target.clone());
        migrations.push(applied.migration);
    }
    Ok(migrations)
}

/// The migration of a chain without steps.
fn identity(schema: &Arc<Schema>) -> Migration {
    Migration::new(schema.clone(), schema.clone())
}

fn is_fatal(error: &Diagnostic) -> bool {
    matches!(error.kind, ErrorKind::Limit | ErrorKind::Cancelled | ErrorKind::Internal)
}

#[cold]
fn locate(mut error: Error, step: usize) -> Error {
    error.path = Some(match error.path.take() {
        Some(path) if !path.is_empty() => format!("steps[{step}]: {path}"),
        _ => format!("steps[{step}]"),
    });
    error
}
