//! Lenses of one or more stages: machines that run one after another.
//!
//! A migration compiles to one machine. Composing lenses puts their machines in a row: each keeps its own memory, and
//! `put` goes back through them in turn.

use super::compile::compile;
use super::engine::Direction;
use super::laws::Fills;
use super::machine::{Coercion, Machine, Rule, SlotRole, State};
use super::spec::{Spec, Statement};
use super::trace::{self, Step};
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::limits::{Budget, Limits};
use crate::migration::{Migration, Question};
use crate::ordered::Arrange;
use crate::schema::{Digest, Schema, VertexId};
use crate::value::Tree;
use std::sync::Arc;

/// A migration and the machine that it compiles to.
#[derive(Clone, Debug)]
pub struct Stage {
    /// What was decided.
    pub migration: Arc<Migration>,
    /// What does it.
    pub machine: Arc<Machine>,
}

/// A lens: one or more stages, each of which reads what the one before it writes.
#[derive(Clone, Debug)]
pub struct Lens {
    first: Stage,
    others: Vec<Stage>,
    fingerprint: [u8; 32],
    doubtful: bool,
}

impl Lens {
    /// The lens of one migration.
    ///
    /// # Errors
    /// `migration-undecided` while a question is open; those of [`compile`].
    pub fn of(migration: Arc<Migration>, budget: &mut Budget) -> Result<Lens> {
        let compiled = compile(&migration, budget)?;
        let machine = compiled.machine.ok_or_else(|| undecided(&compiled.questions))?;
        Ok(Lens::single(Stage { migration, machine: Arc::new(machine) }))
    }

    fn single(first: Stage) -> Lens {
        Lens { fingerprint: first.machine.fingerprint, first, others: Vec::new(), doubtful: false }
    }

    /// The lens of migrations that follow one another; they stay stages of their own.
    ///
    /// # Errors
    /// `lens-not-composable`; those of [`Lens::of`]. None for no migrations.
    pub fn sequence(
        migrations: impl IntoIterator<Item = Arc<Migration>>,
        budget: &mut Budget,
    ) -> Result<Option<Lens>> {
        let mut whole: Option<Lens> = None;
        for migration in migrations {
            let next = Lens::of(migration, budget)?;
            whole = Some(match whole {
                None => next,
                Some(before) => before.then(&next)?,
            });
        }
        Ok(whole)
    }

    /// This lens and then another one. The stages stay as they are.
    ///
    /// # Errors
    /// `lens-not-composable` unless the views of this lens are the records of the other one.
    pub fn then(&self, second: &Lens) -> Result<Lens> {
        let (left, right) = (self.last(), &second.first);
        let (mid, next) = (&left.migration.target, &right.migration.source);
        let roots = (left.migration.roots.1, right.migration.roots.0);
        let same_root = (roots.0 == mid.main() && roots.1 == next.main())
            || mid.vertex(roots.0).id == next.vertex(roots.1).id;
        if mid.shape_digest() != next.shape_digest() || !same_root {
            return Err(not_composable((mid, roots.0), (next, roots.1)));
        }
        Ok(self.with_stages(self.stages().chain(second.stages()).cloned().collect()))
    }

    /// A lens of the same ends with other stages; the same where there are none.
    pub(super) fn with_stages(&self, stages: Vec<Stage>) -> Lens {
        let mut stages = stages.into_iter();
        let Some(first) = stages.next() else { return self.clone() };
        let mut lens = Lens::single(first);
        lens.others.extend(stages);
        if lens.len() > 1 {
            lens.fingerprint = fingerprint(&lens);
            lens.doubtful = lens.fills_twice() || lens.respells() || lens.computes_filled();
        }
        lens
    }

    /// The stages, in the order in which records go through them.
    pub fn stages(&self) -> impl DoubleEndedIterator<Item = &Stage> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// How many stages there are.
    #[expect(clippy::len_without_is_empty, reason = "no lens is without stages")]
    pub fn len(&self) -> usize {
        1 + self.others.len()
    }

    /// The first stage.
    pub fn first(&self) -> &Stage {
        &self.first
    }

    /// The last stage.
    pub fn last(&self) -> &Stage {
        self.others.last().unwrap_or(&self.first)
    }

    /// Schema of the records.
    pub fn source(&self) -> &Arc<Schema> {
        &self.first.machine.source
    }

    /// Schema of the views.
    pub fn target(&self) -> &Arc<Schema> {
        &self.last().machine.target
    }

    /// What complements bind to: of a single stage that of its machine.
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// Whether `put` has to look at the view of its record: each stage keeps its laws up to what it fills itself, so
    /// that a later stage may leave out what it would fill, where an earlier one then fills something else, or what a
    /// later one computes with; and a later stage may tell spellings of one number apart, where an earlier one spells it
    /// anew.
    pub fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    fn fills_twice(&self) -> bool {
        let mut fills = Fills::default();
        for stage in self.stages() {
            if fills.meet(&stage.machine) {
                return true;
            }
            fills = fills.through(&stage.machine);
        }
        false
    }

    /// Whether a later stage computes with what an earlier one fills in, on either side: what is computed of that was not
    /// in the view.
    fn computes_filled(&self) -> bool {
        let mut filled = false;
        for machine in self.stages().map(|stage| &stage.machine) {
            if filled && machine.computes() {
                return true;
            }
            filled |= fills(&machine.states);
        }
        false
    }

    fn respells(&self) -> bool {
        let mut respelled = false;
        for machine in self.stages().map(|stage| &stage.machine) {
            let coerces = |is: fn(Coercion) -> bool| {
                machine.states.iter().any(|state| match state.rule {
                    Rule::Coerce { coercion, .. } => is(coercion),
                    _ => false,
                })
            };
            if respelled && (machine.computes() || coerces(|it| it == Coercion::NumberToString)) {
                return true;
            }
            respelled |= coerces(|it| matches!(it, Coercion::Widen | Coercion::Narrow));
        }
        false
    }

    /// States of all stages.
    pub fn states(&self) -> usize {
        self.stages().map(|stage| stage.machine.states.len()).sum()
    }

    /// What the stages say of themselves, by paths of the records and of the views. What speaks of a place that only
    /// the middle has says of which stage.
    pub fn spec(&self) -> Spec {
        let mut whole = Spec::default();
        for (at, stage) in self.stages().enumerate() {
            let spec = stage.machine.spec();
            let moved = |statements: Vec<Statement>, direction: Direction| {
                let moved = statements.into_iter().map(move |mut statement| {
                    match trace::read(&statement.path).and_then(|path| self.outside(at, direction, path)) {
                        Some(path) => statement.path = trace::print(&path),
                        None => statement.text.push_str(&format!(" (in stage {} of {})", at + 1, self.len())),
                    }
                    statement
                });
                moved.collect::<Vec<_>>()
            };
            whole.partial.extend(moved(spec.partial, Direction::Backward));
            whole.view_domain.extend(moved(spec.view_domain, Direction::Forward));
            whole.needs_default.extend(moved(spec.needs_default, Direction::Backward));
            whole.complement.extend(moved(spec.complement, Direction::Backward));
        }
        for list in
            [&mut whole.partial, &mut whole.view_domain, &mut whole.needs_default, &mut whole.complement]
        {
            list.arrange();
            list.dedup();
        }
        whole.lossless = self.stages().all(|stage| stage.machine.spec().lossless);
        whole
    }

    /// A path of the input of a stage (backwards: of its output) as one of the records (forwards: of the views).
    fn outside(&self, stage: usize, direction: Direction, path: Vec<Step>) -> Option<Vec<Step>> {
        let step = |path: Vec<Step>, stage: &Stage| stage.machine.trace(direction, &path);
        match direction {
            Direction::Backward => {
                let count = self.len() - stage;
                self.stages().rev().skip(count).try_fold(path, step)
            }
            Direction::Forward => self.stages().skip(stage + 1).try_fold(path, step),
        }
    }

    /// A path that a stage gave while a value went in a direction, as one of what went in; none where that has no
    /// such place.
    pub fn at_entrance(&self, stage: usize, direction: Direction, path: &str) -> Option<Vec<Step>> {
        self.outside(stage, direction.turned(), trace::read(path)?)
    }

    /// Says of an error of a stage where it is in `input`, which the first stage that ran has read.
    #[cold]
    pub fn locate(&self, stage: usize, direction: Direction, input: &[u8], mut error: Error) -> Error {
        let first = if direction == Direction::Forward { 0 } else { self.len() - 1 };
        if stage == first || matches!(error.kind, Kind::Cancelled | Kind::Internal) {
            return error;
        }
        error.span = None;
        let path = self.at_entrance(stage, direction, error.path.as_deref().unwrap_or_default());
        let place = format!("it fails in stage {} of {}", stage + 1, self.len());
        let mut help = match error.help.take() {
            Some(help) => format!("{help}; {place}"),
            None => place,
        };
        match path {
            Some(path) => {
                let limits = Limits { depth: u32::MAX, record_bytes: u64::MAX, ..Limits::DEFAULT };
                if let Ok(tree) = Tree::parse(input, &limits) {
                    error.span = trace::find(tree.root(), &path).map(|value| value.span());
                }
                if error.path.is_some() {
                    error.path = Some(trace::print(&path));
                }
            }
            None => help.push_str(", and the path is that of the value between the stages"),
        }
        error.help = Some(help.into());
        error
    }

    /// The values that the stages fill into views.
    pub fn fills(&self) -> Fills {
        let mut fills = Fills::default();
        for stage in self.stages() {
            fills = fills.through(&stage.machine);
        }
        fills
    }
}

/// Of several stages: over their fingerprints in order.
fn fingerprint(lens: &Lens) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(32 * lens.len());
    for stage in lens.stages() {
        bytes.extend_from_slice(&stage.machine.fingerprint);
    }
    Digest::of("panproto lens stages 1", &bytes).0
}

#[cold]
fn not_composable(left: (&Schema, VertexId), right: (&Schema, VertexId)) -> Error {
    let same_shape = left.0.shape_digest() == right.0.shape_digest();
    let name = |(schema, root): (&Schema, VertexId)| {
        let vertex = schema.vertex(root);
        if same_shape {
            return format!("values of `{}`", vertex.id);
        }
        let digest = schema.shape_digest();
        let short: String = digest.0.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("`{}` of shape {short}", vertex.nsid.as_deref().unwrap_or(&vertex.id))
    };
    let message = format!("the first lens gives {}, the second one takes {}", name(left), name(right));
    let help = if same_shape {
        "begin both migrations at the same definition: map it in both, or name it as their root"
    } else {
        "compose lenses where the target of the first and the source of the second have one shape"
    };
    Diagnostic::new(Kind::Lens, "lens-not-composable", message).help(help).boxed()
}

/// The error of a migration that has questions.
#[cold]
pub fn undecided(questions: &[Question]) -> Error {
    let first = questions.first();
    let paths: Vec<&str> = questions.iter().take(10).map(|question| question.path.as_str()).collect();
    let message = format!("the migration leaves open what becomes of `{}`", paths.join("`, `"));
    let mut error = Diagnostic::new(Kind::Migration, "migration-undecided", message);
    if let Some(first) = first {
        error = error.at(&first.path).help(first.help.clone());
    }
    error.boxed()
}

/// Whether any of these states fills in what the other side lacks.
pub(super) fn fills<'m>(states: impl IntoIterator<Item = &'m State>) -> bool {
    states.into_iter().any(|state| {
        let Rule::Object(rule) = &state.rule else { return false };
        let mut slots = rule.target.iter().flat_map(|container| &container.slots);
        rule.links.iter().any(|link| link.fill.is_some() || link.unfill.is_some())
            || slots.any(|slot| {
                matches!(
                    slot.role,
                    SlotRole::Alone { fill: Some(_) } | SlotRole::Output { fill: Some(_), .. }
                )
            })
    })
}
