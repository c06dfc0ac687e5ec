//! What an engine of lenses does, whichever it is.

use super::note::Note;
use crate::diagnostic::Result;
use crate::limits::Limits;

/// Which way a machine is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From record to view: `lift`, `get`.
    Forward,
    /// From view to record: `put`, `create`.
    Backward,
}

impl Direction {
    /// The other way.
    #[must_use]
    pub fn turned(self) -> Direction {
        match self {
            Direction::Forward => Direction::Backward,
            Direction::Backward => Direction::Forward,
        }
    }
}

/// Something that runs one machine. Two engines of the same machine give the same bytes and the same errors.
pub trait Engine {
    /// Appends the view of a record, and, where asked, the body of its complement.
    ///
    /// # Errors
    /// Coded, with a path and a span in `record`. Nothing is appended then.
    fn get(&mut self, record: &[u8], view: &mut Vec<u8>, memory: Option<&mut Vec<u8>>) -> Result<()>;

    /// Appends the record of a view, and what there is to tell about it. `body` is what `get` gave; none is `create`.
    ///
    /// # Errors
    /// Coded, with a path and a span in `view`. Nothing is appended then.
    fn put(
        &mut self,
        view: &[u8],
        body: Option<&[u8]>,
        record: &mut Vec<u8>,
        notes: &mut Vec<Note>,
    ) -> Result<()>;

    /// Other limits from now on, where the engine keeps any of its own.
    fn limit(&mut self, _limits: &Limits) {}
}
