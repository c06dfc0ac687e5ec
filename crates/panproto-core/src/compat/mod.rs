//! Verdicts: what a change breaks, for whom.

use crate::schema::{Schema, VertexId};

/// Whether every value of `a` at `va` is proved to be one of `b` at `vb`.
pub fn included(a: &Schema, va: VertexId, b: &Schema, vb: VertexId) -> bool {
    crate::schema::same_shape(a, va, b, vb)
}

pub mod scalar {
    //! Constraints of scalars.
    use crate::schema::{Constraint, Vertex};

    /// Whether every value at `source` is proved to satisfy a constraint.
    pub fn implied(source: &Vertex, constraint: &Constraint) -> bool {
        source.constraints.iter().any(|known| known == constraint)
    }
}
