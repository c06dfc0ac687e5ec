//! Two migrations that follow one another as one.
//!
//! [`build`] composes them as data: matches with matches, fills, drops, arms, keys. [`verify`] then walks the three
//! machines side by side and proves that the fused one gives the same views, the same restored records and the same
//! refusals; what it cannot prove is not fused, and the lens keeps two stages.
//!
//! Computed values are fused where the other stage copies what they are computed from and what they become (renames,
//! and whatever it does to other members). They stay a stage of their own where it converts, drops, adds or moves any of
//! that, where values are computed from computed ones or after something was filled in, and where conditions choose: then each stage's memory guards a
//! value that the fused one would not see.
//!
//! The subtle part is names that only the schema in between declares: run one after another, the stages keep an
//! undeclared member of such a name out of the view. A fused migration *reserves* these names.

mod build;
mod computed;
mod exact;
mod moved;
mod object;
mod verify;

use super::compile::compile;
use super::stages::{Lens, Stage, fills, undecided};
use crate::diagnostic::{Diagnostic, Error, Kind, Result, is_plain};
use crate::limits::Budget;
use crate::migration::Migration;
use crate::value::Json;
use std::sync::Arc;

/// Why two migrations cannot be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// Path in the source of the first.
    pub path: String,
    /// In words.
    pub why: &'static str,
}

impl Obstacle {
    fn new(path: &str, why: &'static str) -> Obstacle {
        Obstacle { path: path.to_owned(), why }
    }
}

/// What fusing gave: one migration, or why not.
type Answer<T> = std::result::Result<T, Stop>;

/// Why fusing ended.
enum Stop {
    Obstacle(Obstacle),
    /// A budget is spent, or somebody cancelled.
    Error(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

fn obstacle<T>(path: &str, why: &'static str) -> Answer<T> {
    Err(Stop::Obstacle(Obstacle::new(path, why)))
}

/// The stage that does what two stages do one after the other; none, and why, where there is none.
///
/// # Errors
/// `limit-steps`, `limit-states`, `cancelled`.
pub fn fuse(
    first: &Stage,
    second: &Stage,
    budget: &mut Budget,
) -> Result<std::result::Result<Stage, Obstacle>> {
    match try_fuse(first, second, budget) {
        Ok(stage) => Ok(Ok(stage)),
        Err(Stop::Obstacle(obstacle)) => Ok(Err(obstacle)),
        Err(Stop::Error(error)) => Err(error),
    }
}

fn try_fuse(first: &Stage, second: &Stage, budget: &mut Budget) -> Answer<Stage> {
    if !first.migration.branches.is_empty() || !second.migration.branches.is_empty() {
        return obstacle("", "one of them goes several ways, by conditions");
    }
    if second.machine.computes() && fills(&first.machine.states) {
        return obstacle("", "what one fills in, the other may compute with");
    }
    let migration = build::build(&first.migration, &second.migration, budget)?;
    let compiled = compile(&migration, budget)?;
    let Some(machine) = compiled.machine else {
        let question = compiled.questions.first();
        let path = question.map_or("", |question| question.path.as_str());
        let why = match question.map_or("", |question| question.code) {
            "required-without-value" => "a value that is filled in between has no place in the view",
            "move-undecidable" => "members move out of an object that moves itself",
            "unmatched-field" => "a member is matched in neither stage",
            _ => "the composed migration leaves a question open",
        };
        return obstacle(path, why);
    };
    verify::verify(&first.machine, &second.machine, &machine, budget)?;
    Ok(Stage { migration: Arc::new(migration), machine: Arc::new(machine) })
}

/// The path of a member.
fn below(path: &str, name: &str) -> String {
    match (path.is_empty(), is_plain(name)) {
        (true, true) => name.to_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{}]", Json::string(name)),
    }
}

impl Migration {
    /// The migration that does what two do one after the other: the same views, the same restored records, the same
    /// refusals. Every part of both survives.
    ///
    /// # Errors
    /// `lens-not-composable` unless the target of the first is the source of the second; `migration-undecided`;
    /// `migrations-not-fusable`, with the path and the reason, where no single migration does exactly the same: then
    /// [`Lens::then`] runs them as two stages.
    pub fn compose(
        first: &Arc<Migration>,
        second: &Arc<Migration>,
        budget: &mut Budget,
    ) -> Result<Migration> {
        let lens = Lens::of(first.clone(), budget)?.then(&Lens::of(second.clone(), budget)?)?;
        let mut stages = lens.stages();
        let (Some(first), Some(second)) = (stages.next(), stages.next()) else {
            return Err(undecided(&[]));
        };
        let fused = fuse(first, second, budget)?.map_err(not_fusable)?;
        Ok(Arc::try_unwrap(fused.migration).unwrap_or_else(|shared| (*shared).clone()))
    }
}

#[cold]
fn not_fusable(obstacle: Obstacle) -> Error {
    let message = format!("no single migration does exactly what the two do: {}", obstacle.why);
    Diagnostic::new(Kind::Migration, "migrations-not-fusable", message)
        .at(obstacle.path)
        .help("compose their lenses: then they run one after the other")
        .boxed()
}

impl Lens {
    /// This lens and then another one; where the last stage of this one and the first stage of the other one are
    /// exactly one migration, they become one stage.
    ///
    /// # Errors
    /// `lens-not-composable`; `limit-steps`, `limit-states`, `cancelled`.
    pub fn compose(&self, second: &Lens, budget: &mut Budget) -> Result<Lens> {
        let whole = self.then(second)?;
        let mut stages: Vec<Stage> = Vec::with_capacity(whole.len());
        for (at, stage) in whole.stages().enumerate() {
            push(&mut stages, stage, at == self.len(), budget)?;
        }
        Ok(whole.with_stages(stages))
    }

    /// The same lens in as few stages as are exactly the same.
    ///
    /// # Errors
    /// `limit-steps`, `limit-states`, `cancelled`.
    pub fn fuse(&self, budget: &mut Budget) -> Result<Lens> {
        let mut stages: Vec<Stage> = Vec::with_capacity(self.len());
        for stage in self.stages() {
            push(&mut stages, stage, true, budget)?;
        }
        Ok(self.with_stages(stages))
    }

    /// Why the neighbours among the stages are not one, in their order.
    ///
    /// # Errors
    /// `limit-steps`, `limit-states`, `cancelled`.
    pub fn obstacles(&self, budget: &mut Budget) -> Result<Vec<Obstacle>> {
        let mut found = Vec::new();
        for (first, second) in self.stages().zip(self.stages().skip(1)) {
            if let Err(obstacle) = fuse(first, second, budget)? {
                found.push(obstacle);
            }
        }
        Ok(found)
    }
}

/// Adds a stage, or lets the last one do what it does too.
fn push(stages: &mut Vec<Stage>, stage: &Stage, fusing: bool, budget: &mut Budget) -> Result<()> {
    if fusing
        && let Some(last) = stages.last_mut()
        && let Ok(fused) = fuse(last, stage, budget)?
    {
        *last = fused;
        return Ok(());
    }
    stages.push(stage.clone());
    Ok(())
}
