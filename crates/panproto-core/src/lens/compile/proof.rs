//! What is proved of a pair of vertices, remembered.

use crate::compat;
use crate::schema::{Constraint, Schema, ShapeMemo, Vertex, VertexId};

/// Answers about vertices of two schemas. "No" means *not proved*.
pub(super) struct Proof<'m> {
    source: &'m Schema,
    target: &'m Schema,
    shapes: ShapeMemo<'m>,
}

impl<'m> Proof<'m> {
    pub(super) fn new(source: &'m Schema, target: &'m Schema) -> Proof<'m> {
        Proof { source, target, shapes: ShapeMemo::new(source, target) }
    }

    /// The comparison of shapes itself.
    pub(super) fn shapes(&mut self) -> &mut ShapeMemo<'m> {
        &mut self.shapes
    }

    /// The same values are admitted, and mean the same.
    pub(super) fn same(&mut self, source: VertexId, target: VertexId) -> bool {
        self.shapes.same(source, target)
    }

    /// Every value of the source is one of the target.
    pub(super) fn forward(&mut self, source: VertexId, target: VertexId) -> bool {
        self.same(source, target) || compat::included(self.source, source, self.target, target)
    }

    /// Every value of the target is one of the source.
    pub(super) fn backward(&mut self, source: VertexId, target: VertexId) -> bool {
        self.same(source, target) || compat::included(self.target, target, self.source, source)
    }

    /// The constraints of `to` that the values of `from` need not satisfy.
    pub(super) fn unproved(
        &self,
        from: &Vertex,
        to: &Vertex,
        wanted: impl Fn(&Constraint) -> bool,
    ) -> Vec<Constraint> {
        to.constraints
            .iter()
            .filter(|constraint| wanted(constraint) && !compat::scalar::implied(from, constraint))
            .cloned()
            .collect()
    }
}
