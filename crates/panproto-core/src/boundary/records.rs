//! Record operations: an open lens over a batch of records, bytes to bytes.

use super::answer::Refusal;
use super::{Handle, Session, Status};
use crate::diagnostic::{Diagnostic, Error, Kind};

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
    /// Records that were converted.
    pub records: u32,
    /// Records that failed.
    pub failures: u32,
}

impl Output {
    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.first.clear();
        self.second.clear();
        self.records = 0;
        self.failures = 0;
    }
}

impl Session {
    /// Runs a record operation over `input`; the status says what `out` holds.
    pub fn run(&mut self, run: Run, input: &[u8], out: &mut Output) -> Status {
        out.clear();
        if run.op == 0 {
            return Status::Ok;
        }
        match self.convert(run, input, out) {
            Ok(()) => Status::Ok,
            Err(error) => {
                out.clear();
                Refusal::from(error).write(&mut out.first)
            }
        }
    }

    fn convert(&mut self, run: Run, _input: &[u8], _out: &mut Output) -> Result<(), Error> {
        if run.op > 4 {
            let message = format!("there is no record operation {}", run.op);
            return Err(Diagnostic::error(Kind::Usage, "unknown-operation", message));
        }
        Err(stale_handle())
    }
}

/// The error of a handle that names nothing.
pub(super) fn stale_handle() -> Error {
    Diagnostic::new(Kind::Usage, "stale-handle", "the handle names no open lens of this instance")
        .help("open the lens again: an instance forgets the lenses that it used least recently")
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boundary::Request;
    use crate::limits::Limits;

    fn run(op: u32) -> (Status, Output) {
        let mut out = Output { first: vec![1], second: vec![2], records: 3, failures: 4 };
        let lens = Handle { slot: 7, generation: 9 };
        let status = Session::new(Limits::DEFAULT).run(Run { op, lens, flags: 0 }, b"{}", &mut out);
        (status, out)
    }

    #[test]
    fn noop_answers_nothing() {
        let (status, out) = run(0);
        assert_eq!(status, Status::Ok);
        assert!(out.first.is_empty() && out.second.is_empty() && out.records == 0 && out.failures == 0);
    }

    #[test]
    fn foreign_handles_and_unknown_operations_are_errors() {
        for (op, code) in [(1, "stale-handle"), (5, "unknown-operation"), (u32::MAX, "unknown-operation")] {
            let (status, out) = run(op);
            assert_eq!(status, Status::Error);
            assert_eq!(Request::read(&out.first).unwrap().text("code").unwrap(), code);
        }
    }
}
