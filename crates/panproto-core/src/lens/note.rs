//! What `put` tells beside the record.

use crate::diagnostic::Path;
use std::fmt;

/// Something that `put` decided and that a caller may want to know; never a failure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// What.
    pub code: NoteCode,
    /// Where in the view.
    pub path: Path,
}

/// The codes of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteCode {
    /// Items were inserted and deleted at one place of a list: which is which cannot be told.
    ItemIdentityUnclear,
    /// Memories of items pair with no item of the view: these items are gone.
    ItemsUnpaired,
    /// A remembered member gave way to one of the same name that the view brings.
    MemorySuperseded,
}

impl NoteCode {
    /// The name that crosses the boundary.
    pub fn as_str(self) -> &'static str {
        match self {
            NoteCode::ItemIdentityUnclear => "item-identity-unclear",
            NoteCode::ItemsUnpaired => "items-unpaired",
            NoteCode::MemorySuperseded => "memory-superseded",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} (at {})", self.code.as_str(), self.path)
    }
}
