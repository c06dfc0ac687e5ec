//! Verdicts: what a change breaks, for whom.

mod reading;
pub mod scalar;

pub use reading::{Format, Reading, Undeclared, UnknownMembers};

use crate::schema::{Kind, Schema, ShapeMemo, VertexId};

/// Whether every value at `va` of `a` is proved to be a value at `vb` of `b`. False where it is not proved.
pub fn included(a: &Schema, va: VertexId, b: &Schema, vb: VertexId) -> bool {
    // A document that was not given may hold anything.
    let whole = !a.vertices().any(|(_, vertex)| vertex.kind == Kind::External);
    whole && ShapeMemo::new(a, b).same(va, vb)
}
