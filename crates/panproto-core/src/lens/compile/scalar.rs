//! Scalars: copies with checks, and changes of type.

use super::super::machine::{Check, Coercion, Rule};
use super::{At, Compiler};
use crate::schema::{Constraint, Sort, TypeSet, Vertex, VertexId};

impl Compiler<'_> {
    pub(super) fn scalar(&mut self, source: VertexId, target: VertexId, at: &At) -> Rule {
        let (from, to) = (self.source.vertex(source), self.target.vertex(target));
        let (left, right) = (scalars(from), scalars(to));
        if let Some(coercion) = coercion(left, right) {
            let why = format!("`{}` becomes `{}`", from.kind, to.kind);
            self.note("coerce", at, why, true);
            // The bounds of the other side speak of values of another type: nothing is implied.
            let all = |vertex: &Vertex| {
                let constraints: Vec<Constraint> =
                    vertex.constraints.iter().filter(|own| self.is_checked(own)).cloned().collect();
                if constraints.is_empty() { Check::None } else { Check::Local(TypeSet::ALL, constraints) }
            };
            let numeric = matches!(coercion, Coercion::Widen | Coercion::Narrow);
            let (forward, backward) = if numeric {
                (self.local(from, to, TypeSet::ALL), self.local(to, from, TypeSet::ALL))
            } else {
                (all(to), all(from))
            };
            return Rule::Coerce { coercion, forward, backward };
        }
        if !left.meets(right) {
            return self.not_convertible(source, target, at);
        }
        let forward = self.local(from, to, right);
        let backward = self.local(to, from, left);
        if forward != Check::None {
            self.note("check", at, "the target is narrower: each value is checked".into(), true);
        }
        Rule::Copy { forward, backward }
    }

    /// What the values of `from` do not prove of `to`: its types where they are fewer, and its constraints.
    pub(super) fn local(&self, from: &Vertex, to: &Vertex, types: TypeSet) -> Check {
        let constraints = self.proof.unproved(from, to, |own| self.is_checked(own));
        let types = if types.contains(scalars(from)) { TypeSet::ALL } else { types };
        if constraints.is_empty() && types == TypeSet::ALL {
            Check::None
        } else {
            Check::Local(types, constraints)
        }
    }

    /// Whether values are held to a constraint: a format of JSON Schema is a note unless it is asserted.
    fn is_checked(&self, constraint: &Constraint) -> bool {
        let lexicon = [self.source, self.target].iter().any(|schema| schema.protocol() == "atproto");
        restricts(constraint) && (constraint.sort != Sort::Format || lexicon)
    }
}

/// The types of a vertex that scalars have; `null` is the state's matter.
fn scalars(vertex: &Vertex) -> TypeSet {
    let types = if vertex.types.is_empty() { vertex.kind.types() } else { vertex.types };
    types.without(TypeSet::ARRAY | TypeSet::OBJECT | TypeSet::NULL)
}

/// Whether a constraint restricts values at all.
pub(super) fn restricts(constraint: &Constraint) -> bool {
    constraint.sort != Sort::KnownValues
}

fn coercion(from: TypeSet, to: TypeSet) -> Option<Coercion> {
    match (from, to) {
        (TypeSet::INTEGER, TypeSet::NUMBER) => Some(Coercion::Widen),
        (TypeSet::NUMBER, TypeSet::INTEGER) => Some(Coercion::Narrow),
        (TypeSet::INTEGER, TypeSet::STRING) => Some(Coercion::IntegerToString),
        (TypeSet::STRING, TypeSet::INTEGER) => Some(Coercion::StringToInteger),
        (TypeSet::NUMBER, TypeSet::STRING) => Some(Coercion::NumberToString),
        (TypeSet::STRING, TypeSet::NUMBER) => Some(Coercion::StringToNumber),
        _ => None,
    }
}
