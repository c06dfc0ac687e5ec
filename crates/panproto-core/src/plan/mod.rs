//! A lens compiled to flat tables, and the executor that runs them over bytes.
//!
//! A record is read once, from left to right: members are found in the table of their object, values that nothing
//! is done to are validated and copied as ranges, and nothing is allocated for one record after the first ones. What
//! is rare or wrong is not the executor's matter: it gives the record up, and the clear engine ([`crate::lens`])
//! runs it instead, says what is wrong, or does it.
//!
//! In the module the engine is compiled for size, but what runs over records for speed: functions that are generic or
//! marked `#[inline]` are compiled in the crate that calls them, so whatever a record passes through is one of these.
//! `#[cold]` beside it says that the function stays out of line, as `#[inline(never)]` would, which would compile it here.

mod append;
mod array;
mod assemble;
mod check;
mod computed;
mod exec;
mod indexed;
mod lines;
mod lower;
mod lower_computed;
mod memory;
mod names;
mod object;
mod pipeline;
mod replay;
mod synchronise;
mod table;
mod values;

use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::lens::{Clear, Engine, Machine, Note, complement};
use crate::limits::{Budget, Limits};
use exec::{Exec, GET, LIFT, Mem, PUT, Scratch, Stop};
use std::sync::Arc;
use table::Code;

pub use lines::{At, Batch, Failure, KEPT, Lines, OnError, Operation, run_lines};
pub use pipeline::Pipeline;
pub use synchronise::{Sides, Towards};
pub use values::{Piece, run_msgpack, run_values};

/// A machine lowered to tables, one per direction. Immutable; shared by the executors that run it.
#[derive(Debug)]
pub struct Program {
    machine: Arc<Machine>,
    forward: Code,
    backward: Code,
}

impl Program {
    /// Lowers a machine.
    pub fn lower(machine: &Arc<Machine>) -> Program {
        let (source, target) = (check::Checks::new(&machine.source), check::Checks::new(&machine.target));
        Program {
            machine: Arc::clone(machine),
            forward: lower::lower(machine, (&source, &target), true),
            backward: lower::lower(machine, (&source, &target), false),
        }
    }

    /// The machine that it does the same as.
    #[inline]
    pub fn machine(&self) -> &Arc<Machine> {
        &self.machine
    }
}

/// Runs a [`Program`] over records. Keeps its memory from one record to the next; one per thread.
pub struct Executor {
    program: Arc<Program>,
    /// Does what the tables do not, and says what is wrong.
    clear: Box<dyn Engine + Send>,
    budget: Budget,
    forward: Scratch,
    backward: Scratch,
    payload: Vec<u8>,
    /// Records that were left to the clear engine, for the tests and tools that want to know.
    given_up: u64,
}

impl Executor {
    /// An executor of a program, beside the clear engine of its machine.
    pub fn new(program: &Arc<Program>, budget: Budget) -> Executor {
        let clear = Clear::new(Arc::clone(&program.machine), *budget.limits());
        Executor::beside(program, Box::new(clear), budget)
    }

    /// An executor that leaves what it does not do to `clear`, an engine of the same machine.
    pub fn beside(program: &Arc<Program>, clear: Box<dyn Engine + Send>, budget: Budget) -> Executor {
        let scratch = |code: &Code| Scratch { guesses: vec![u32::MAX; code.guesses], ..Scratch::default() };
        Executor {
            program: Arc::clone(program),
            clear,
            budget,
            forward: scratch(&program.forward),
            backward: scratch(&program.backward),
            payload: Vec::new(),
            given_up: 0,
        }
    }

    /// Begins another operation: limits are of one, and an executor serves many.
    #[inline]
    pub fn renew(&mut self, budget: Budget) {
        self.clear.limit(budget.limits());
        self.budget = budget;
    }

    /// How many records were left to the clear engine so far.
    #[inline]
    pub fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Appends the view of a record to `view`, and the memory of its root to the payload.
    fn forward<const MODE: u8>(&mut self, record: &[u8], view: &mut Vec<u8>) -> Result<(), Stop> {
        self.payload.clear();
        let start = self.program.machine.start.0;
        let code = &self.program.forward;
        run::<MODE>(code, start, &self.budget, record, view, &mut self.payload, &[], &mut self.forward)
    }

    #[inline]
    fn backward(&mut self, view: &[u8], body: Option<&[u8]>, record: &mut Vec<u8>) -> Result<(), Stop> {
        self.payload.clear();
        let start = self.program.machine.start.0;
        let code = &self.program.backward;
        let (budget, payload, scratch) = (&self.budget, &mut self.payload, &mut self.backward);
        match body {
            None => run::<LIFT>(code, start, budget, view, record, payload, &[], scratch),
            Some([0]) => run::<LIFT>(code, start, budget, view, record, payload, &[], scratch),
            Some(body) => run::<PUT>(code, start, budget, view, record, payload, body, scratch),
        }
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "takes an executor apart, so that its parts are borrowed apart"
)]
fn run<const MODE: u8>(
    code: &Code,
    start: u32,
    budget: &Budget,
    text: &[u8],
    out: &mut Vec<u8>,
    memory: &mut Vec<u8>,
    body: &[u8],
    scratch: &mut Scratch,
) -> Result<(), Stop> {
    let limits: &Limits = budget.limits();
    if text.len() as u64 > limits.record_bytes
        || text.len() >= u32::MAX as usize
        || body.len() >= u32::MAX as usize
    {
        return Err(Stop::Beyond);
    }
    let mut mem = Mem::default();
    if MODE == PUT {
        complement::read_body(body).map_err(|_| Stop::Beyond)?;
        mem = replay::payload(body)?;
    }
    let mut exec = Exec {
        code,
        limits,
        text,
        at: 0,
        depth: 0,
        nested: 0,
        out,
        memory,
        body,
        scratch,
        steps: 0,
        budget: code.computes.then(|| budget.clone()),
        tentative: false,
        #[cfg(test)]
        reads: 0,
    };
    let mut answer = exec.run::<MODE>(start, mem);
    if exec.tentative && answer == Err(Stop::Failed) {
        answer = Err(Stop::Beyond);
    }
    let computed = exec.budget.as_ref().map_or(0, |spent| spent.spent() - budget.spent());
    let steps = exec.steps + computed;
    #[cfg(test)]
    {
        scratch.reads = exec.reads;
    }
    scratch.steps = steps;
    answer
}

impl Engine for Executor {
    #[inline]
    fn get(&mut self, record: &[u8], view: &mut Vec<u8>, memory: Option<&mut Vec<u8>>) -> Result<()> {
        self.budget.spend(record.len() as u64 + 1)?;
        let start = view.len();
        let answer = match memory {
            Some(_) => self.forward::<GET>(record, view),
            None => self.forward::<LIFT>(record, view),
        };
        if let Err(error) = self.budget.spend(self.forward.steps) {
            view.truncate(start);
            return Err(error);
        }
        let Err(stop) = answer else {
            if let Some(memory) = memory {
                complement::write_body(memory, &self.payload);
            }
            return Ok(());
        };
        view.truncate(start);
        self.given_up += 1;
        let before = memory.as_ref().map_or(0, |memory| memory.len());
        match memory {
            None => {
                self.clear.get(record, view, None)?;
                agree(stop).inspect_err(|_| view.truncate(start))
            }
            Some(memory) => {
                self.clear.get(record, view, Some(memory))?;
                agree(stop).inspect_err(|_| {
                    view.truncate(start);
                    memory.truncate(before);
                })
            }
        }
    }

    #[inline]
    fn put(
        &mut self,
        view: &[u8],
        body: Option<&[u8]>,
        record: &mut Vec<u8>,
        notes: &mut Vec<Note>,
    ) -> Result<()> {
        self.budget.spend((view.len() + body.map_or(0, <[u8]>::len)) as u64 + 1)?;
        let start = record.len();
        let answer = self.backward(view, body, record);
        if let Err(error) = self.budget.spend(self.backward.steps) {
            record.truncate(start);
            return Err(error);
        }
        let Err(stop) = answer else { return Ok(()) };
        record.truncate(start);
        self.given_up += 1;
        self.clear.put(view, body, record, notes)?;
        agree(stop).inspect_err(|_| record.truncate(start))
    }
}

/// What the executor found wrong, the clear engine has to find wrong.
fn agree(stop: Stop) -> Result<()> {
    match stop {
        Stop::Beyond => Ok(()),
        Stop::Failed => Err(Diagnostic::new(
            Kind::Internal,
            "engines-disagree",
            "the two engines do not agree on whether this record can be converted",
        )
        .help("please report this record and its schemas")
        .boxed()),
    }
}

#[cfg(test)]
mod tests;
