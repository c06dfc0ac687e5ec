//! Verdicts: what a change breaks, for whom.

mod finding;
mod inclusion;
pub mod published;
mod reading;
pub mod scalar;
mod side;
mod source;
#[cfg(test)]
mod tests;
mod verdict;
mod witness;

pub use finding::{Direction, Finding, Kind};
pub use reading::{Format, Reading, Undeclared, UnknownMembers};
pub use verdict::{RootVerdict, Verdict, Verdicts};

use crate::schema::{Schema, VertexId};
use inclusion::Inclusion;

/// Whether every value at `va` of `a` is proved to be a value at `vb` of `b`, whatever undeclared members are there
/// and with formats as restrictions. False where it is not proved.
pub fn included(a: &Schema, va: VertexId, b: &Schema, vb: VertexId) -> bool {
    let reading = Reading { undeclared: Undeclared::Arbitrary, ..Reading::ATPROTO };
    Inclusion::new(a, b, reading).reasons(va, vb, "").is_empty()
}
