//! The clear engine: the reference interpreter of machines, over trees, written to be read.
//!
//! One file per concept: [`value`] runs the rule of a state; [`object`] walks the members of an object, [`forward`]
//! and [`backward`] say what becomes of one member, [`placement`] says where members go, [`closing`] what is filled
//! and what is missing, [`recall`] reads what was remembered and [`remember`] writes it; [`computed`] runs
//! expressions, [`branch`] chooses by conditions, [`array`] and [`union`] are what they say. It recurses on the nesting of data, which is bounded by [`NESTING`].

mod array;
mod backward;
mod branch;
mod closing;
mod computed;
mod forward;
mod idle;
mod object;
mod placement;
mod recall;
mod remember;
mod union;
mod value;

#[cfg(test)]
mod laws_tests;

use super::check::{CheckCache, Checker, Finding};
use super::complement::{read_body, write_body};
use super::engine::{Direction, Engine};
use super::frame::Mem;
use super::machine::Machine;
use super::note::{Note, NoteCode};
use crate::diagnostic::{Diagnostic, Error, Kind, Path, Result, Segment, Span};
use crate::limits::{Budget, Cancel, Limits};
use crate::ordered::{Arrange, BTreeMap};
use crate::value::Tree;
use std::borrow::Cow;
use std::sync::Arc;

/// The deepest nesting of data that this engine reads, whatever the limits say.
const DEPTH: u32 = 512;

/// The most states that may be entered inside each other: the engine recurses on them, some 4 KiB of stack for each
/// in a build without much optimisation, and a thread may have no more than 2 MiB. Values that are copied need none.
const NESTING: u32 = 384;

/// Runs one machine over trees.
#[derive(Clone, Debug)]
pub struct Clear {
    machine: Arc<Machine>,
    limits: Limits,
    cancel: Cancel,
    cache: CheckCache,
}

impl Clear {
    /// An engine for a machine.
    pub fn new(machine: Arc<Machine>, limits: Limits) -> Clear {
        let cache = CheckCache::new(&machine);
        Clear { machine, limits: readable(&limits), cancel: Cancel::default(), cache }
    }

    /// The same, ended by a flag that somebody else holds too.
    #[must_use]
    pub fn watching(mut self, cancel: Cancel) -> Clear {
        self.cancel = cancel;
        self
    }

    /// The flag that ends what it is doing.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// The machine that it runs.
    pub fn machine(&self) -> &Arc<Machine> {
        &self.machine
    }

    fn parse(&self, text: &[u8], budget: &mut Budget) -> Result<Tree> {
        if text.len() as u64 > self.limits.record_bytes {
            let message = format!("a record of {} bytes passes the limit", text.len());
            return Err(Diagnostic::new(Kind::Limit, "limit-size", message)
                .help("raise the limit `record_bytes`")
                .boxed());
        }
        budget.spend(1 + text.len() as u64)?;
        Tree::parse(text, &self.limits)
    }
}

/// The limits, with no more depth than this engine reads.
fn readable(limits: &Limits) -> Limits {
    Limits { depth: limits.depth.min(DEPTH), ..*limits }
}

impl Engine for Clear {
    fn limit(&mut self, limits: &Limits) {
        self.limits = readable(limits);
    }

    fn get(&mut self, record: &[u8], view: &mut Vec<u8>, memory: Option<&mut Vec<u8>>) -> Result<()> {
        let mut budget = Budget::new(self.limits, self.cancel.clone());
        let tree = self.parse(record, &mut budget)?;
        let machine = self.machine.clone();
        let mut run = Run::new(&machine, &mut self.cache, budget, memory.is_some());
        let converted = run.value(machine.start, Direction::Forward, tree.root(), Mem::Nothing)?;
        let text = run.present(Direction::Forward, converted.text, tree.root().span())?;
        view.extend_from_slice(&text);
        if let Some(memory) = memory {
            write_body(memory, &converted.mem);
        }
        Ok(())
    }

    fn put(
        &mut self,
        view: &[u8],
        body: Option<&[u8]>,
        record: &mut Vec<u8>,
        notes: &mut Vec<Note>,
    ) -> Result<()> {
        let mut budget = Budget::new(self.limits, self.cancel.clone());
        budget.spend(body.map_or(0, |body| body.len() as u64))?;
        let mem = body.map_or(Ok(Mem::Nothing), read_body)?;
        let tree = self.parse(view, &mut budget)?;
        let machine = self.machine.clone();
        let mut run = Run::new(&machine, &mut self.cache, budget, false);
        let converted = run.value(machine.start, Direction::Backward, tree.root(), mem)?;
        let text = run.present(Direction::Backward, converted.text, tree.root().span())?;
        record.extend_from_slice(&text);
        // Engines meet the same things in different orders.
        run.notes.arrange();
        run.notes.dedup();
        notes.append(&mut run.notes);
        Ok(())
    }
}

/// One operation on one record.
struct Run<'m> {
    machine: &'m Machine,
    checker: Checker<'m>,
    budget: Budget,
    /// Where in the input the run is.
    path: Vec<Segment>,
    notes: Vec<Note>,
    /// Whether memories are asked for.
    remember: bool,
    /// States that are entered.
    nesting: u32,
    /// Choices that are being tried inside each other, on the way back.
    trying: u32,
    /// What the choices inside them gave.
    tried: branch::Attempts,
}

impl<'m> Run<'m> {
    fn new(machine: &'m Machine, cache: &'m mut CheckCache, budget: Budget, remember: bool) -> Run<'m> {
        let checker = Checker::new(machine, cache);
        Run {
            machine,
            checker,
            budget,
            path: Vec::new(),
            notes: Vec::new(),
            remember,
            nesting: 0,
            trying: 0,
            tried: BTreeMap::new(),
        }
    }

    /// An error at the value where the run is.
    #[cold]
    #[inline(never)]
    fn fail(
        &self,
        kind: Kind,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
        span: Span,
    ) -> Error {
        Diagnostic::new(kind, code, message).at(Path(self.path.clone())).spanning(span).boxed()
    }

    /// A value of another type than the rule takes.
    #[cold]
    #[inline(never)]
    fn mismatch(&self, wanted: &str, found: crate::value::ValueRef<'_>) -> Error {
        let message = format!("expected {wanted}, found {}", found.kind().as_str());
        self.fail(Kind::Data, "type-mismatch", message, found.span())
    }

    /// Something that fails with a code of its own forwards, and as an edit that cannot be carried backwards.
    #[cold]
    #[inline(never)]
    fn refuse(
        &self,
        direction: Direction,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
        span: Span,
    ) -> Error {
        match direction {
            Direction::Forward => self.fail(Kind::Data, code, message, span),
            Direction::Backward => {
                let mut error = self.unrepresentable(message, span);
                error.help = Some(format!("the source cannot carry it: `{code}`").into());
                error
            }
        }
    }

    #[cold]
    fn refuse_finding(&self, direction: Direction, finding: Finding, span: Span) -> Error {
        self.refuse(direction, finding.code, finding.message, span)
    }

    /// An edit that the source cannot carry.
    #[cold]
    #[inline(never)]
    fn unrepresentable(&self, message: impl Into<Cow<'static, str>>, span: Span) -> Error {
        self.fail(Kind::Lens, "view-not-representable", message, span)
    }

    /// A remembered value that cannot be written.
    #[cold]
    fn invalid_memory(&self, message: impl Into<Cow<'static, str>>, span: Span) -> Error {
        self.fail(Kind::Lens, "complement-invalid", message, span)
    }

    /// A value that has to be there: only the head of an empty list is not.
    fn present(&self, direction: Direction, text: Option<Vec<u8>>, span: Span) -> Result<Vec<u8>> {
        text.ok_or_else(|| {
            self.refuse(
                direction,
                "head-of-empty-list",
                "the list has no first item, and a value has to be here",
                span,
            )
        })
    }

    fn enter_member(&mut self, name: &[u8]) {
        self.path.push(Segment::Member(String::from_utf8_lossy(name).into()));
    }

    fn enter_item(&mut self, index: usize) {
        self.path.push(Segment::Item(u32::try_from(index).unwrap_or(u32::MAX)));
    }

    fn leave(&mut self) {
        self.path.pop();
    }

    fn note(&mut self, code: NoteCode) {
        self.notes.push(Note { code, path: Path(self.path.clone()) });
    }
}
