//! The stages of a lens, run one after another over buffers that are kept.

use super::{Executor, Program};
use crate::diagnostic::{Diagnostic, Error, Kind, Path, Result};
use crate::lens::laws::Fills;
use crate::lens::stages::Lens;
use crate::lens::{Clear, Direction, Engine, Note, complement, trace};
use crate::limits::Budget;
use crate::limits::Cancel;
use std::sync::Arc;

/// Runs a [`Lens`] over records. Keeps its memory from one record to the next; one per thread.
pub struct Pipeline {
    lens: Arc<Lens>,
    stages: Vec<Executor>,
    /// One budget for all stages of an operation: each has it while it runs.
    budget: Budget,
    /// What one stage reads, and what it writes for the next.
    read: Vec<u8>,
    written: Vec<u8>,
    /// Bodies of all stages, in their order.
    bodies: Vec<u8>,
    /// What views are compared by, where the record of a view has to be looked at.
    doubts: Option<Fills>,
    again: Vec<u8>,
}

impl Pipeline {
    /// An executor for each stage.
    pub fn new(lens: &Arc<Lens>, budget: Budget, cancel: &Cancel) -> Pipeline {
        let stages = lens.stages().map(|stage| {
            let clear = Clear::new(stage.machine.clone(), *budget.limits()).watching(cancel.clone());
            Executor::beside(&Arc::new(Program::lower(&stage.machine)), Box::new(clear), budget.clone())
        });
        Pipeline {
            stages: stages.collect(),
            lens: lens.clone(),
            budget,
            read: Vec::new(),
            written: Vec::new(),
            bodies: Vec::new(),
            doubts: lens.is_doubtful().then(|| lens.fills()),
            again: Vec::new(),
        }
    }

    /// The lens that it runs.
    #[inline]
    pub fn lens(&self) -> &Arc<Lens> {
        &self.lens
    }

    /// Begins another operation: limits are of one, and an executor serves many.
    #[inline]
    pub fn renew(&mut self, budget: Budget) {
        self.stages.iter_mut().for_each(|stage| stage.clear.limit(budget.limits()));
        self.budget = budget;
    }

    /// How many records were left to the clear engine so far, by any stage.
    #[inline]
    pub fn given_up(&self) -> u64 {
        self.stages.iter().map(Executor::given_up).sum()
    }

    #[inline]
    fn forward(&mut self, record: &[u8], view: &mut Vec<u8>, remember: bool) -> Result<(), (usize, Error)> {
        self.bodies.clear();
        let last = self.stages.len() - 1;
        for (at, stage) in self.stages.iter_mut().enumerate() {
            let input = if at == 0 { record } else { &self.read };
            let output = if at == last { &mut *view } else { &mut self.written };
            if at != last {
                output.clear();
            }
            std::mem::swap(&mut stage.budget, &mut self.budget);
            let done = stage.get(input, output, if remember { Some(&mut self.bodies) } else { None });
            std::mem::swap(&mut stage.budget, &mut self.budget);
            done.map_err(|error| (at, error))?;
            std::mem::swap(&mut self.read, &mut self.written);
        }
        Ok(())
    }

    #[inline]
    fn backward(
        &mut self,
        view: &[u8],
        bodies: Option<&[&[u8]]>,
        record: &mut Vec<u8>,
        notes: &mut Vec<Note>,
    ) -> Result<(), (usize, Error)> {
        let last = self.stages.len() - 1;
        let before = notes.len();
        for (at, stage) in self.stages.iter_mut().enumerate().rev() {
            let input = if at == last { view } else { &self.read };
            let output = if at == 0 { &mut *record } else { &mut self.written };
            if at != 0 {
                output.clear();
            }
            let body = bodies.and_then(|bodies| bodies.get(at).copied());
            let noted = notes.len();
            std::mem::swap(&mut stage.budget, &mut self.budget);
            let done = stage.put(input, body, output, notes);
            std::mem::swap(&mut stage.budget, &mut self.budget);
            if let Err(error) = done {
                notes.truncate(before);
                return Err((at, error));
            }
            // A note of a place that the view does not have speaks of what the lens does by itself.
            let told = notes.split_off(noted);
            notes.extend(told.into_iter().filter_map(|note| outside(&self.lens, at, note)));
            std::mem::swap(&mut self.read, &mut self.written);
        }
        Ok(())
    }
}

#[cold]
fn changed() -> Error {
    let message = "the record of this view has another view: an earlier stage fills or spells what a later one leaves to it";
    Diagnostic::new(Kind::Lens, "view-not-representable", message)
        .at(Path::default())
        .help(
            "give the member another value than one that a stage fills, and spell numbers in strings plainly",
        )
        .boxed()
}

/// A note of a stage, with its place in the view.
fn outside(lens: &Lens, stage: usize, note: Note) -> Option<Note> {
    if stage + 1 == lens.len() {
        return Some(note);
    }
    let path = lens.at_entrance(stage, Direction::Backward, &note.path.to_string())?;
    Some(Note { path: trace::data(&path)?, ..note })
}

impl Engine for Pipeline {
    #[inline]
    fn get(&mut self, record: &[u8], view: &mut Vec<u8>, memory: Option<&mut Vec<u8>>) -> Result<()> {
        let start = view.len();
        if let Err((stage, error)) = self.forward(record, view, memory.is_some()) {
            view.truncate(start);
            return Err(self.lens.locate(stage, Direction::Forward, record, error));
        }
        if let Some(memory) = memory {
            complement::write_stages(memory, &self.bodies, self.stages.len());
        }
        Ok(())
    }

    #[inline]
    fn put(
        &mut self,
        view: &[u8],
        body: Option<&[u8]>,
        record: &mut Vec<u8>,
        notes: &mut Vec<Note>,
    ) -> Result<()> {
        let bodies = body.map(|body| complement::read_stages(body, self.stages.len())).transpose()?;
        let start = record.len();
        if let Err((stage, error)) = self.backward(view, bodies.as_deref(), record, notes) {
            record.truncate(start);
            return Err(self.lens.locate(stage, Direction::Backward, view, error));
        }
        let Some(fills) = self.doubts.take() else { return Ok(()) };
        let mut again = std::mem::take(&mut self.again);
        again.clear();
        let seen = self.forward(record.get(start..).unwrap_or_default(), &mut again, false);
        let comes_back = seen.is_ok() && fills.same_view(view, &again);
        (self.doubts, self.again) = (Some(fills), again);
        if comes_back {
            return Ok(());
        }
        record.truncate(start);
        match seen {
            Err((_, error)) if matches!(error.kind, Kind::Limit | Kind::Cancelled) => Err(error),
            _ => Err(changed()),
        }
    }
}
