//! Obligations: what has to hold of a value that was written, compiled once.

use crate::instance::{self, Options, ScalarCheck, Validator};
use crate::lens::machine;
use crate::limits::{Budget, Limits};
use crate::schema::{Kind, Schema, TypeSet, Vertex, VertexId};
use std::sync::Arc;

/// Checks of one schema, compiled on demand.
#[derive(Clone, Debug)]
pub(super) struct Checks {
    schema: Arc<Schema>,
    compiled: Arc<instance::Checks>,
}

impl Checks {
    pub(super) fn new(schema: &Arc<Schema>) -> Checks {
        let compiled = Arc::new(instance::Checks::new(schema, Options { findings: 1, ..Options::default() }));
        Checks { schema: Arc::clone(schema), compiled }
    }

    /// The check that a machine asks for.
    #[inline]
    pub(super) fn of(&self, check: &machine::Check) -> Option<Check> {
        match check {
            machine::Check::None => None,
            machine::Check::Local(types, constraints) => {
                let mut vertex = Vertex::new("".into(), Kind::Any);
                vertex.types = *types;
                vertex.constraints.clone_from(constraints);
                Some(self.local(&vertex))
            }
            machine::Check::Valid(vertex) => Some(self.at(*vertex)),
        }
    }

    /// That a value is valid at a vertex.
    #[inline]
    pub(super) fn at(&self, id: VertexId) -> Check {
        let vertex = self.schema.vertex(id);
        match vertex.kind {
            Kind::String | Kind::Integer | Kind::Number | Kind::Boolean | Kind::Null => self.local(vertex),
            _ => Check::Valid(self.clone(), id),
        }
    }

    #[inline]
    fn local(&self, vertex: &Vertex) -> Check {
        let check = ScalarCheck::alone(vertex, self.schema.protocol() == "atproto", Options::default());
        Check::Local(check.of_types_only().unwrap_or(TypeSet::NONE), Box::new(check))
    }
}

/// What has to hold of a value.
#[derive(Debug)]
pub(super) enum Check {
    /// Nothing.
    Json,
    /// What can be said of it without its vertex; values of some types need no look.
    Local(TypeSet, Box<ScalarCheck>),
    /// That it is valid at a vertex.
    Valid(Checks, VertexId),
}

impl Check {
    /// Whether a JSON text that was scanned before is a valid value. What is not known to be, is not.
    #[inline]
    pub(super) fn run(&self, raw: &[u8]) -> bool {
        match self {
            Check::Json => true,
            Check::Local(plain, check) if !is_one_of(raw, *plain) => {
                check.run(raw).is_ok_and(instance::Validity::is_valid)
            }
            Check::Local(..) => true,
            Check::Valid(checks, vertex) => {
                let limits = Limits { depth: u32::MAX, record_bytes: u64::MAX, ..Limits::DEFAULT };
                let mut budget = Budget::new(limits, Default::default());
                let mut validator = Validator::sharing(&checks.schema, Arc::clone(&checks.compiled));
                validator.first_raw(*vertex, raw, &mut budget).is_ok_and(|first| first.is_none())
            }
        }
    }
}

/// Whether a JSON text that was scanned before is surely of one of these types.
#[inline]
fn is_one_of(raw: &[u8], types: TypeSet) -> bool {
    types.contains(match raw.first() {
        Some(b'"') => TypeSet::STRING,
        Some(b't' | b'f') => TypeSet::BOOLEAN,
        Some(b'n') => TypeSet::NULL,
        Some(b'{') => TypeSet::OBJECT,
        Some(b'[') => TypeSet::ARRAY,
        // Whether another number is an integer takes a look.
        _ if raw.iter().skip(1).all(u8::is_ascii_digit) => TypeSet::INTEGER,
        _ => TypeSet::NUMBER,
    })
}
