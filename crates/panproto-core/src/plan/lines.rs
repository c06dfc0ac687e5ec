//! Batches: records that are lines of text.
//!
//! How the input is cut into pieces makes no difference: a piece is run up to its last newline, and the caller keeps
//! what follows for the next one. A record that fails emits nothing.

use super::Executor;
use crate::diagnostic::{Error, Kind};
use crate::lens::complement::{self, Bodies};
use crate::lens::{Engine, Note};
use crate::value::scan;

/// What is done with each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Record to view.
    Lift,
    /// Record to view and complement.
    Get,
    /// View and complement to record.
    Put,
    /// View to record.
    Create,
}

/// What a failing record does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnError {
    /// It ends the batch, after the records before it.
    #[default]
    Raise,
    /// It is counted.
    Skip,
    /// It is counted, and the first [`KEPT`] errors are kept.
    Collect,
}

/// How many errors [`OnError::Collect`] keeps.
pub const KEPT: usize = 1_000;

/// Where a record stands in its batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// Index of the record; blank lines are not counted.
    pub record: u64,
    /// Line, from 1.
    pub line: u64,
    /// Offset of the line's first byte in the whole input.
    pub offset: u64,
}

/// A record that failed. The span of its error counts from its line's first byte.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Which record.
    pub at: At,
    /// Why.
    pub error: Error,
}

/// A batch under way: where it stands, and what was found so far. Kept from piece to piece.
#[derive(Debug)]
pub struct Batch {
    /// What is done.
    pub operation: Operation,
    /// What a failing record does.
    pub on_error: OnError,
    /// Where the next line stands.
    pub next: At,
    /// Records that were converted.
    pub converted: u64,
    /// Records that failed.
    pub failed: u64,
    /// Lines that hold nothing.
    pub blank: u64,
    /// The failures that are kept; where the batch was ended by one, that one.
    pub failures: Vec<Failure>,
    /// What `put` told, with the index of its record.
    pub notes: Vec<(u64, Note)>,
    /// Pieces were run before: no byte-order mark may stand here.
    pub continued: bool,
    /// A failure ended the batch.
    pub ended: bool,
}

impl Batch {
    /// A batch that has not begun.
    pub fn new(operation: Operation, on_error: OnError) -> Batch {
        Batch {
            operation,
            on_error,
            next: At { record: 0, line: 1, offset: 0 },
            converted: 0,
            failed: 0,
            blank: 0,
            failures: Vec::new(),
            notes: Vec::new(),
            continued: false,
            ended: false,
        }
    }

    /// Ends the batch, whatever a failing record does.
    #[inline]
    pub(super) fn end(&mut self, error: Error) {
        self.on_error = OnError::Raise;
        self.fail(error);
    }

    #[inline]
    pub(super) fn fail(&mut self, error: Error) {
        self.failed += 1;
        // These say that the operation has to end, not that the record is wrong.
        let ends = error.kind == Kind::Cancelled || error.code == "limit-steps";
        self.ended = ends || self.on_error == OnError::Raise;
        if self.ended || self.on_error == OnError::Collect && self.failures.len() < KEPT {
            self.failures.push(Failure { at: self.next, error });
        }
    }
}

/// Where a batch writes. All grow; none is emptied.
#[derive(Debug, Default)]
pub struct Lines {
    /// One record per line.
    pub records: Vec<u8>,
    /// Of [`Operation::Get`]: the bodies of the complements, in step; the header is the caller's.
    pub complements: Vec<u8>,
}

/// Runs the whole lines of a piece of input, and what follows the last newline if the input ends there (`last`).
/// Answers how many bytes were taken; the others belong before the next piece.
///
/// For [`Operation::Put`], `bodies` gives the complement of each view, in step; for the others it is empty.
/// A failure ends the batch as [`Batch::on_error`] says: then [`Batch::ended`] is set, and the failing line is
/// not taken.
#[inline]
pub fn run_lines(
    engine: &mut dyn Engine,
    batch: &mut Batch,
    input: &[u8],
    last: bool,
    bodies: &mut Bodies<'_>,
    out: &mut Lines,
) -> usize {
    let mut taken = 0;
    if batch.next.offset == 0 && !batch.continued && input.starts_with(b"\xef\xbb\xbf") {
        taken = 3;
        batch.next.offset = 3;
    }
    while !batch.ended {
        let rest = input.get(taken..).unwrap_or_default();
        let (line, length) = match scan::find(rest, b'\n') {
            Some(end) => (rest.get(..end).unwrap_or_default(), end + 1),
            None if last && !rest.is_empty() => (rest, rest.len()),
            None => break,
        };
        if line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
            batch.blank += 1;
        } else {
            match run_line(engine, batch, line, bodies, out) {
                Ok(()) => batch.converted += 1,
                Err(error) => batch.fail(error),
            }
            if batch.ended {
                break;
            }
            batch.next.record += 1;
        }
        taken += length;
        batch.next.line += 1;
        batch.next.offset += length as u64;
    }
    taken
}

#[inline]
fn run_line(
    engine: &mut dyn Engine,
    batch: &mut Batch,
    line: &[u8],
    bodies: &mut Bodies<'_>,
    out: &mut Lines,
) -> Result<(), Error> {
    convert(engine, batch, line, bodies, out)?;
    out.records.push(b'\n');
    Ok(())
}

/// Converts one record of a batch; what it becomes has no end of its own.
#[inline]
pub(super) fn convert(
    engine: &mut dyn Engine,
    batch: &mut Batch,
    record: &[u8],
    bodies: &mut Bodies<'_>,
    out: &mut Lines,
) -> Result<(), Error> {
    match batch.operation {
        Operation::Lift => engine.get(record, &mut out.records, None),
        Operation::Get => engine.get(record, &mut out.records, Some(&mut out.complements)),
        Operation::Create => engine.put(record, None, &mut out.records, &mut Vec::new()),
        Operation::Put => {
            let body = bodies.next_body()?;
            let mut notes = Vec::new();
            engine.put(record, Some(body), &mut out.records, &mut notes)?;
            batch.notes.extend(notes.into_iter().map(|note| (batch.next.record, note)));
            Ok(())
        }
    }
}

impl Executor {
    /// [`run_lines`] with this executor.
    #[inline]
    pub fn run_lines(
        &mut self,
        batch: &mut Batch,
        input: &[u8],
        last: bool,
        bodies: &mut Bodies<'_>,
        out: &mut Lines,
    ) -> usize {
        run_lines(self, batch, input, last, bodies, out)
    }

    /// Appends the header of the complements that this executor writes.
    #[inline]
    pub fn write_header(&self, out: &mut Vec<u8>) {
        complement::write_header(out, &self.program.machine.fingerprint);
    }
}
