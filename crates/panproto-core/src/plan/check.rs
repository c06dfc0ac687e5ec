//! Obligations: what has to hold of a value that was written, compiled once.

use crate::instance::{self, Options, ScalarCheck, Validator};
use crate::lens::machine;
use crate::limits::{Budget, Limits};
use crate::schema::{Kind, Schema, Vertex, VertexId};
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
                Some(Check::Local(Box::new(self.local(&vertex))))
            }
            machine::Check::Valid(vertex) => Some(self.at(*vertex)),
        }
    }

    /// That a value is valid at a vertex.
    #[inline]
    pub(super) fn at(&self, id: VertexId) -> Check {
        let vertex = self.schema.vertex(id);
        match vertex.kind {
            Kind::String | Kind::Integer | Kind::Number | Kind::Boolean | Kind::Null => {
                Check::Local(Box::new(self.local(vertex)))
            }
            _ => Check::Valid(self.clone(), id),
        }
    }

    #[inline]
    fn local(&self, vertex: &Vertex) -> ScalarCheck {
        ScalarCheck::alone(vertex, self.schema.protocol() == "atproto", Options::default())
    }
}

/// What has to hold of a value.
#[derive(Debug)]
pub(super) enum Check {
    /// Nothing.
    Json,
    /// What can be said of it without its vertex.
    Local(Box<ScalarCheck>),
    /// That it is valid at a vertex.
    Valid(Checks, VertexId),
}

impl Check {
    /// Whether a JSON text that was scanned before is a valid value. What is not known to be, is not.
    #[inline]
    pub(super) fn run(&self, raw: &[u8]) -> bool {
        match self {
            Check::Json => true,
            Check::Local(check) => check.run(raw).is_ok_and(instance::Validity::is_valid),
            Check::Valid(checks, vertex) => {
                let limits = Limits { depth: u32::MAX, record_bytes: u64::MAX, ..Limits::DEFAULT };
                let mut budget = Budget::new(limits, Default::default());
                let mut validator = Validator::sharing(&checks.schema, Arc::clone(&checks.compiled));
                validator.first_raw(*vertex, raw, &mut budget).is_ok_and(|first| first.is_none())
            }
        }
    }
}
