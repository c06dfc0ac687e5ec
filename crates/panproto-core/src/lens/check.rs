//! What has to hold of values that are written: obligations of a machine, remembered values, undeclared members.
//!
//! Both engines ask here, so that they refuse the same values with the same codes.

use super::engine::Direction;
use super::machine::{Check, Machine, StateId};
use crate::diagnostic::Result;
use crate::instance::pattern::Pattern;
use crate::instance::{Checks, Options, ScalarCheck, Validator, Validity, code};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::BTreeMap;
use crate::schema::{EdgeKind, Kind, Openness, Schema, Vertex, VertexId};
use std::borrow::Cow;
use std::sync::Arc;

/// Why a value is not known to be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Code of a violation, or of the reason why nothing is known.
    pub code: &'static str,
    /// What is wrong.
    pub message: Cow<'static, str>,
    /// [`Validity::Invalid`] or [`Validity::Unknown`].
    pub validity: Validity,
}

/// What is compiled for checks of one machine; kept from record to record.
#[derive(Clone, Debug)]
pub struct CheckCache {
    source: Arc<Checks>,
    target: Arc<Checks>,
    local: BTreeMap<(StateId, bool), ScalarCheck>,
    patterns: BTreeMap<Name, Option<Pattern>>,
}

impl CheckCache {
    /// Nothing is compiled yet.
    pub fn new(machine: &Machine) -> CheckCache {
        CheckCache {
            source: Arc::new(Checks::new(&machine.source, Options::DEFAULT)),
            target: Arc::new(Checks::new(&machine.target, Options::DEFAULT)),
            local: BTreeMap::new(),
            patterns: BTreeMap::new(),
        }
    }
}

/// Checks values that one machine reads or writes.
#[derive(Debug)]
pub struct Checker<'m> {
    machine: &'m Machine,
    source: Validator<'m>,
    target: Validator<'m>,
    cache: &'m mut CheckCache,
}

impl<'m> Checker<'m> {
    /// A checker over what was compiled so far.
    pub fn new(machine: &'m Machine, cache: &'m mut CheckCache) -> Checker<'m> {
        Checker {
            source: Validator::sharing(&machine.source, cache.source.clone()),
            target: Validator::sharing(&machine.target, cache.target.clone()),
            machine,
            cache,
        }
    }

    /// The schema that values are written for in a direction.
    pub fn written(&self, direction: Direction) -> &'m Schema {
        match direction {
            Direction::Forward => &self.machine.target,
            Direction::Backward => &self.machine.source,
        }
    }

    /// Runs the check that a state makes of a value written in a direction.
    ///
    /// # Errors
    /// `limit-steps`, `cancelled`.
    pub fn check(
        &mut self,
        state: StateId,
        direction: Direction,
        check: &Check,
        raw: &[u8],
        budget: &mut Budget,
    ) -> Result<Option<Finding>> {
        match check {
            Check::None => Ok(None),
            Check::Valid(vertex) => self.valid(direction, *vertex, raw, budget),
            Check::Local(types, constraints) => {
                let lexicon = &**self.written(direction).protocol() == "atproto";
                let key = (state, direction == Direction::Backward);
                let local = self.cache.local.entry(key).or_insert_with(|| {
                    let mut vertex = Vertex::new(Name::default(), Kind::Any);
                    vertex.types = *types;
                    vertex.constraints = constraints.clone();
                    ScalarCheck::alone(&vertex, lexicon, Options::DEFAULT)
                });
                budget.spend(local.cost(raw.len()))?;
                Ok(match local.run(raw) {
                    Ok(Validity::Valid) => None,
                    Ok(validity) => Some(Finding {
                        code: code::KEYWORD_UNMODELLED,
                        message: "whether the value is valid cannot be decided".into(),
                        validity,
                    }),
                    Err(failure) => Some(Finding {
                        code: failure.code,
                        message: local.message(&failure, "another value"),
                        validity: Validity::Invalid,
                    }),
                })
            }
        }
    }

    /// Whether a value is valid at a vertex of the schema that a direction writes for; `None` if it is.
    ///
    /// # Errors
    /// `limit-steps`, `cancelled`; those of parsing.
    pub fn valid(
        &mut self,
        direction: Direction,
        vertex: VertexId,
        raw: &[u8],
        budget: &mut Budget,
    ) -> Result<Option<Finding>> {
        let validator = match direction {
            Direction::Forward => &mut self.target,
            Direction::Backward => &mut self.source,
        };
        Ok(validator.first_raw(vertex, raw, budget)?.map(|violation| Finding {
            code: violation.code,
            message: violation.message,
            validity: violation.validity,
        }))
    }

    /// Whether an object at a vertex may have a member that no property of it declares. `name` is decoded.
    ///
    /// # Errors
    /// As [`Checker::valid`].
    pub fn accepts(
        &mut self,
        direction: Direction,
        vertex: VertexId,
        name: &[u8],
        raw: &[u8],
        budget: &mut Budget,
    ) -> Result<Validity> {
        let schema = self.written(direction);
        let name = String::from_utf8_lossy(name);
        let mut answer = Validity::Valid;
        let mut open = vec![vertex];
        // A branch may be met twice, but branches do not lead back: a cycle of them would admit no data in between.
        let mut visits = 0;
        while let Some(vertex) = open.pop() {
            let vertex = schema.resolve(vertex).vertex;
            visits += 1;
            let known = schema.vertex(vertex);
            if known.tainted || matches!(known.kind, Kind::External | Kind::Union) || visits > schema.len() {
                answer = answer.and(Validity::Unknown);
                continue;
            }
            open.extend(schema.outgoing_of(vertex, EdgeKind::Branch).map(|(_, edge)| edge.tgt));
            let mut declared = false;
            if let Some(edge) = schema.edge_named(vertex, &name) {
                declared = true;
                answer = answer.and(self.validity(direction, edge.tgt, raw, budget)?);
            }
            for (_, edge) in schema.outgoing_of(vertex, EdgeKind::Pattern) {
                match self.matches(edge.name.as_ref(), &name) {
                    Some(true) => {
                        declared = true;
                        answer = answer.and(self.validity(direction, edge.tgt, raw, budget)?);
                    }
                    Some(false) => {}
                    None => answer = answer.and(Validity::Unknown),
                }
            }
            if declared {
                continue;
            }
            match schema.target_of(vertex, EdgeKind::Additional) {
                Some(additional) => {
                    answer = answer.and(self.validity(direction, additional, raw, budget)?);
                }
                None if known.openness == Openness::Closed => return Ok(Validity::Invalid),
                None => {}
            }
        }
        Ok(answer)
    }

    /// Whether a name matches a pattern; no pattern matches all; `None` where the pattern cannot be run.
    pub fn matches(&mut self, pattern: Option<&Name>, name: &str) -> Option<bool> {
        let Some(pattern) = pattern else { return Some(true) };
        let compiled =
            self.cache.patterns.entry(pattern.clone()).or_insert_with(|| Pattern::new(pattern).ok());
        compiled.as_ref().map(|compiled| compiled.is_match(name))
    }

    fn validity(
        &mut self,
        direction: Direction,
        vertex: VertexId,
        raw: &[u8],
        budget: &mut Budget,
    ) -> Result<Validity> {
        let finding = self.valid(direction, vertex, raw, budget)?;
        Ok(finding.map_or(Validity::Valid, |finding| finding.validity))
    }
}
