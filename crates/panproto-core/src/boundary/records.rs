//! Record operations: an open lens over a batch of records, bytes to bytes.

use super::answer::error_message;
use super::wire::Message;
use super::{Handle, Session, Status};
use crate::diagnostic::{Diagnostic, Error, Kind};
use crate::lens::complement::bodies;
use crate::lens::{Engine, Note};
use crate::plan::{
    At, Batch, Failure, KEPT, Lines, OnError, Operation, Piece, Pipeline, run_lines, run_msgpack, run_values,
};
use crate::value::framing;

/// One record operation, as the integers of the call.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Which operation.
    pub op: u32,
    /// The open lens.
    pub lens: Handle,
    /// Framing and what a failing record does.
    pub flags: u32,
}

/// Where a record operation writes. Kept between calls, so that its memory is.
#[derive(Debug, Default)]
pub struct Output {
    /// The records.
    pub first: Vec<u8>,
    /// Complements or notes.
    pub second: Vec<u8>,
    /// Failures that were collected.
    pub third: Vec<u8>,
    /// Records that were converted.
    pub records: u32,
    /// Records that failed.
    pub failures: u32,
    /// Bytes of the records that were taken: what follows them belongs before the next piece.
    pub taken: u32,
}

impl Output {
    /// Empties it and keeps its memory.
    #[inline]
    pub fn clear(&mut self) {
        self.first.clear();
        self.second.clear();
        self.third.clear();
        self.records = 0;
        self.failures = 0;
        self.taken = 0;
    }
}

impl Session {
    /// Runs a record operation over `input`; the status says what `out` holds.
    #[inline]
    pub fn run(&mut self, run: Run, input: &[u8], out: &mut Output) -> Status {
        out.clear();
        if run.op == 0 {
            return Status::Ok;
        }
        match self.convert(run, input, out) {
            Ok(()) => Status::Ok,
            Err(stop) => {
                out.clear();
                stop.message().write(&mut out.first);
                Status::Error
            }
        }
    }

    #[inline]
    fn convert(&mut self, run: Run, input: &[u8], out: &mut Output) -> Result<(), Stop> {
        let operation = operation(run.op)?;
        let Flags { framing, on_error, more, continued } = flags(run.flags)?;
        let (budget, limits) = (self.budget(), *self.limits());
        let record_bytes = limits.record_bytes;
        let opened = self.lenses.get(run.lens).ok_or_else(stale_handle)?;
        opened.executor.renew(budget);
        let (complement, records) = match operation {
            Operation::Put => split(input)?,
            _ => (&opened.header[..], input),
        };
        // Without a complement, what follows an empty one: no bodies.
        let mut bodies = bodies(complement, &opened.fingerprint)?;
        if operation == Operation::Get {
            out.second.extend_from_slice(&opened.header);
        }
        match framing {
            Framing::One => {
                if records.len() as u64 > record_bytes {
                    return Err(too_long(record_bytes).into());
                }
                let body = if operation == Operation::Put { Some(bodies.next_body()?) } else { None };
                one(&mut opened.executor, operation, records, body, out)?;
                out.taken = count(records.len() as u64);
            }
            _ => {
                let mut batch = Batch::new(operation, on_error);
                let mut lines = Lines {
                    records: std::mem::take(&mut out.first),
                    complements: std::mem::take(&mut out.second),
                };
                let engine = &mut opened.executor;
                let piece = Piece { input: records, continued, last: !more };
                let taken = match framing {
                    Framing::Values(framing) => {
                        run_values(engine, &mut batch, framing, piece, record_bytes, &mut bodies, &mut lines)
                    }
                    Framing::MessagePack => {
                        run_msgpack(engine, &mut batch, piece, &limits, &mut bodies, &mut lines)
                    }
                    Framing::One | Framing::Lines => {
                        batch.continued = continued;
                        run_lines(engine, &mut batch, records, !more, &mut bodies, &mut lines)
                    }
                };
                (out.first, out.second) = (lines.records, lines.complements);
                settle(batch, out)?;
                out.taken = count(taken as u64);
            }
        }
        if !bodies.is_empty() && !more {
            let message = "there are more complements than views";
            return Err(Diagnostic::error(Kind::Lens, "complement-left-over", message).into());
        }
        Ok(())
    }
}

/// Converts one value that is the whole input.
#[inline]
fn one(
    engine: &mut Pipeline,
    operation: Operation,
    record: &[u8],
    body: Option<&[u8]>,
    out: &mut Output,
) -> Result<(), Stop> {
    let mut notes = Vec::new();
    let done = match operation {
        Operation::Lift => engine.get(record, &mut out.first, None),
        Operation::Get => engine.get(record, &mut out.first, Some(&mut out.second)),
        Operation::Put | Operation::Create => engine.put(record, body, &mut out.first, &mut notes),
    };
    done.map_err(|error| Stop { error, at: Some(At { record: 0, line: 0, offset: 0 }) })?;
    out.records = 1;
    write_notes(notes.iter().map(|note| (0, note)), out);
    Ok(())
}

/// Turns what a batch found into the answer.
#[inline]
fn settle(mut batch: Batch, out: &mut Output) -> Result<(), Stop> {
    if batch.ended
        && let Some(Failure { at, error }) = batch.failures.pop()
    {
        return Err(Stop { error, at: Some(at) });
    }
    out.records = count(batch.converted);
    out.failures = count(batch.failed);
    write_notes(batch.notes.iter().map(|(record, note)| (*record, note)), out);
    if !batch.failures.is_empty() {
        Message::array(
            batch.failures.iter().map(|failure| failure_message(&failure.error, Some(failure.at))),
        )
        .write(&mut out.third);
    }
    Ok(())
}

#[inline]
fn count(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn write_notes<'n>(notes: impl Iterator<Item = (u64, &'n Note)>, out: &mut Output) {
    let notes: Vec<Message<'_>> = notes
        .take(KEPT)
        .map(|(record, note)| {
            Message::map()
                .with("code", note.code.as_str())
                .with("path", note.path.to_string())
                .with("record", record)
        })
        .collect();
    if !notes.is_empty() {
        Message::Array(notes).write(&mut out.second);
    }
}

/// Why an operation has no answer, and at which record it ended.
struct Stop {
    error: Error,
    at: Option<At>,
}

impl From<Error> for Stop {
    #[inline]
    fn from(error: Error) -> Stop {
        Stop { error, at: None }
    }
}

impl Stop {
    fn message(&self) -> Message<'_> {
        failure_message(&self.error, self.at)
    }
}

fn failure_message(error: &Error, at: Option<At>) -> Message<'_> {
    let message = error_message(error);
    match at {
        None => message,
        Some(At { record, line, offset }) => message
            .with("record", record)
            .with("line", if line == 0 { None } else { Some(line) })
            .with("offset", offset),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    One,
    Lines,
    Values(framing::Framing),
    MessagePack,
}

/// What the flags of a call say.
struct Flags {
    framing: Framing,
    on_error: OnError,
    /// The input is a piece of a stream that goes on.
    more: bool,
    /// Pieces of it were taken before.
    continued: bool,
}

const MORE: u32 = 1 << 8;
const CONTINUED: u32 = 1 << 9;

#[inline]
fn operation(op: u32) -> Result<Operation, Error> {
    Ok(match op {
        1 => Operation::Lift,
        2 => Operation::Get,
        3 => Operation::Put,
        4 => Operation::Create,
        _ => {
            let message = format!("there is no record operation {op}");
            return Err(Diagnostic::error(Kind::Usage, "unknown-operation", message));
        }
    })
}

#[inline]
fn flags(flags: u32) -> Result<Flags, Error> {
    let framing = match flags & 0xf {
        0 => Framing::One,
        1 => Framing::Lines,
        2 => Framing::Values(framing::Framing::Array),
        3 => Framing::Values(framing::Framing::Concatenated),
        4 => Framing::MessagePack,
        _ => return Err(unknown_flags(flags)),
    };
    let (more, continued) = (flags & MORE != 0, flags & CONTINUED != 0);
    if (more || continued) && framing == Framing::One {
        return Err(unknown_flags(flags));
    }
    let on_error = match (flags & !(MORE | CONTINUED)) >> 4 {
        0 => OnError::Raise,
        1 => OnError::Skip,
        2 => OnError::Collect,
        _ => return Err(unknown_flags(flags)),
    };
    Ok(Flags { framing, on_error, more, continued })
}

fn unknown_flags(flags: u32) -> Error {
    Diagnostic::error(Kind::Usage, "unknown-flag", format!("there are no flags {flags:#x}"))
}

fn too_long(limit: u64) -> Error {
    Diagnostic::new(Kind::Limit, "limit-size", format!("a record passes the limit of {limit} bytes"))
        .help("raise the limit `record_bytes` if the input is trusted")
        .boxed()
}

/// The complements and the views of a `put`.
#[inline]
fn split(input: &[u8]) -> Result<(&[u8], &[u8]), Error> {
    let parts = input
        .split_first_chunk::<4>()
        .and_then(|(length, rest)| rest.split_at_checked(u32::from_le_bytes(*length) as usize));
    parts.ok_or_else(|| {
        let message = "the input of `put` is the length of the complements, the complements, and the views";
        Diagnostic::error(Kind::Usage, "put-framing", message)
    })
}

/// The error of a handle that names nothing.
pub fn stale_handle() -> Error {
    Diagnostic::new(Kind::Usage, "stale-handle", "the handle names nothing that this instance holds")
        .help("make or open it again: an instance forgets what it used least recently")
        .boxed()
}

#[cfg(test)]
mod tests;
