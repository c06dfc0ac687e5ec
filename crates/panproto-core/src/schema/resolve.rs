//! Following references to the vertex that says what a value is.

use super::{EdgeKind, Kind, Schema, VertexId};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};

/// Where a chain of references and records ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resolved {
    /// The vertex that is neither a reference nor a record.
    pub vertex: VertexId,
    /// A vertex on the way, or the last one, admits `null`.
    pub nullable: bool,
}

impl Schema {
    /// Follows `ref` and `record-schema` edges from a vertex to the one that says what a value is.
    pub fn resolve(&self, from: VertexId) -> Resolved {
        let mut vertex = from;
        let mut nullable = self.vertex(from).nullable;
        // INVARIANT: `check_references` ran when the schema was made, so the chain ends.
        while let Some(next) = self.delegate(vertex) {
            vertex = next;
            nullable |= self.vertex(vertex).nullable;
        }
        Resolved { vertex, nullable }
    }

    fn delegate(&self, vertex: VertexId) -> Option<VertexId> {
        match self.vertex(vertex).kind {
            Kind::Ref => self.target_of(vertex, EdgeKind::Ref),
            Kind::Record => self.target_of(vertex, EdgeKind::RecordSchema),
            _ => None,
        }
    }

    /// Refuses references that lead back to themselves with no data in between.
    pub(super) fn check_references(&self) -> Result<()> {
        // 0 unseen, 1 on the current chain, 2 known to end.
        let mut state = vec![0u8; self.len()];
        let mut chain = Vec::new();
        for start in self.vertex_ids() {
            let mut at = Some(start);
            while let Some(vertex) = at {
                match state.get_mut(vertex.0 as usize) {
                    Some(seen @ 0) => *seen = 1,
                    Some(1) => {
                        let id = &self.vertex(vertex).id;
                        let mut error = Diagnostic::new(
                            ErrorKind::Schema,
                            "reference-cycle",
                            format!("reference `{id}` leads back to itself with no data in between"),
                        )
                        .at(id)
                        .in_document(self.vertex(vertex).document as usize);
                        error.span = self.vertex(vertex).span;
                        return Err(error.boxed());
                    }
                    _ => break,
                }
                chain.push(vertex);
                at = self.delegate(vertex);
            }
            for vertex in chain.drain(..) {
                if let Some(seen) = state.get_mut(vertex.0 as usize) {
                    *seen = 2;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::SchemaBuilder;
    use super::*;

    #[test]
    fn references_resolve_and_cycles_are_refused() {
        let mut builder = SchemaBuilder::new("json-schema");
        let a = builder.vertex("a", Kind::Ref);
        let b = builder.vertex("b", Kind::Ref);
        let c = builder.vertex("c", Kind::String);
        builder.vertex_mut(b).nullable = true;
        builder.edge(a, b, EdgeKind::Ref, None);
        let mut cyclic = builder.clone();
        builder.edge(b, c, EdgeKind::Ref, None);
        assert_eq!(builder.finish().unwrap().resolve(a), Resolved { vertex: c, nullable: true });
        cyclic.edge(b, a, EdgeKind::Ref, None);
        assert_eq!(cyclic.finish().unwrap_err().code, "reference-cycle");
    }
}
