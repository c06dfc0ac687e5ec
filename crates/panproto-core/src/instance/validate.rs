//! The validator: a machine with an explicit stack over a value and a schema.
//!
//! Its stack grows with the depth of the data, never the native one. Where a value is visited for several reasons
//! (arms, branches, overlapping patterns) results are remembered per vertex and value, so that work is bounded by
//! vertices times values however unions nest.

use super::code;
use super::compiled::{Checks, Compiled, Node, Shape, Union, bare_tag};
use super::scalar::ScalarCheck;
use super::subject::Subject;
use super::validity::{Options, Validity, Violation};
use crate::diagnostic::{Result, Segment};
use crate::limits::Budget;
use crate::schema::{Schema, VertexId};
use crate::value::json::{Items, Members};
use crate::value::{Tree, ValueRef};
use std::collections::HashMap;
use std::sync::Arc;

/// Validates values over one schema. What it compiles is kept for the next value.
#[derive(Clone, Debug)]
pub struct Validator<'s> {
    schema: &'s Schema,
    checks: Arc<Checks>,
    /// Memory of the last raw value.
    tree: Option<Tree>,
}

impl<'s> Validator<'s> {
    /// A validator with nothing compiled yet.
    pub fn new(schema: &'s Schema, options: Options) -> Validator<'s> {
        Validator::sharing(schema, Arc::new(Checks::new(schema, options)))
    }

    /// A validator over checks that were made for this schema.
    pub fn sharing(schema: &'s Schema, checks: Arc<Checks>) -> Validator<'s> {
        Validator { schema, checks, tree: None }
    }

    /// The compiled checks, to be shared.
    pub fn checks(&self) -> &Arc<Checks> {
        &self.checks
    }

    /// Validates a value at a vertex and appends what is wrong, in document order, up to [`Options::findings`].
    /// Where the answer is [`Validity::Unknown`], the findings are the reasons.
    ///
    /// # Errors
    /// `limit-steps`, `cancelled`. An invalid value is no error.
    pub fn validate(
        &mut self,
        vertex: VertexId,
        value: ValueRef<'_>,
        budget: &mut Budget,
        report: &mut Vec<Violation>,
    ) -> Result<Validity> {
        let before = report.len();
        let findings = self.checks.options().findings.max(1);
        let mut run = Run::new(self.schema, &self.checks, budget, Some(report), findings);
        let validity = run.run(vertex, value)?;
        if validity.is_invalid() {
            // What is unknown beside a violation does not matter.
            let mut at = 0;
            report.retain(|finding| {
                at += 1;
                at <= before || finding.validity.is_invalid()
            });
        }
        Ok(validity)
    }

    /// The first violation of a value, or a reason why its validity is unknown; `None` for a valid value.
    ///
    /// # Errors
    /// As [`Validator::validate`].
    pub fn first(
        &mut self,
        vertex: VertexId,
        value: ValueRef<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Violation>> {
        let mut report = Vec::new();
        let validity =
            Run::new(self.schema, &self.checks, budget, Some(&mut report), 1).run(vertex, value)?;
        let wanted = report.into_iter().find(|finding| finding.validity == validity);
        Ok(wanted.filter(|_| !validity.is_valid()))
    }

    /// Whether a value is valid; ends at the first violation and reports nothing.
    ///
    /// # Errors
    /// As [`Validator::validate`].
    pub fn is_valid(&self, vertex: VertexId, value: ValueRef<'_>, budget: &mut Budget) -> Result<Validity> {
        Run::new(self.schema, &self.checks, budget, None, 0).run(vertex, value)
    }

    /// The first violation of a value given as its bytes, as [`Validator::first`]; spans count from its first byte.
    ///
    /// # Errors
    /// As [`Validator::validate`], and those of parsing.
    pub fn first_raw(
        &mut self,
        vertex: VertexId,
        raw: &[u8],
        budget: &mut Budget,
    ) -> Result<Option<Violation>> {
        let mut tree = match self.tree.take() {
            Some(tree) => tree,
            None => Tree::parse(b"null", budget.limits())?,
        };
        budget.spend(1 + raw.len() as u64 / 16)?;
        tree.reparse(raw, budget.limits())?;
        let first = self.first(vertex, tree.root(), budget);
        self.tree = Some(tree);
        first
    }
}

/// How a value is reached from the one around it.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Same,
    Member(ValueRef<'a>),
    Item(u32),
}

/// A value that is being visited for a vertex.
pub(super) struct Frame<'c, 'a> {
    pub(super) vertex: VertexId,
    node: &'c Node,
    pub(super) value: ValueRef<'a>,
    pub(super) step: Step<'a>,
    stage: Stage<'a>,
    pub(super) validity: Validity,
    pub(super) manner: Manner,
    /// Where its part of `Run::seen` begins.
    seen: usize,
    /// Where its part of `Run::pending` begins.
    pending: usize,
}

#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// Nothing is reported: an arm is tried.
    pub(super) silent: bool,
    /// The value may be visited again for the same vertex.
    shared: bool,
}

enum Stage<'a> {
    /// Members, and the one whose targets are pending.
    Members(Members<'a>, Option<(ValueRef<'a>, ValueRef<'a>)>, bool),
    Items(Items<'a>, u32),
    Branches(usize),
    /// Next arm, arms that fit, arms that are unknown.
    Arms(usize, u32, u32),
    /// The only arm that can fit.
    OnlyArm,
    Closed,
}

enum Entered<'c, 'a> {
    Done(Validity),
    Frame(Frame<'c, 'a>),
}

/// What is known of a vertex and the value that starts at a place.
struct Known {
    /// `None` while it is being found out.
    validity: Option<Validity>,
    silent: bool,
}

pub(super) struct Run<'r, 'c, 'a> {
    schema: &'c Schema,
    checks: &'c Checks,
    budget: &'r mut Budget,
    pub(super) report: Option<&'r mut Vec<Violation>>,
    pub(super) findings: usize,
    pub(super) violations: usize,
    pub(super) reasons: usize,
    pub(super) stack: Vec<Frame<'c, 'a>>,
    /// One bit per declared member of the objects on the stack.
    seen: Vec<u64>,
    /// Vertices that the current members still have to be visited for.
    pending: Vec<VertexId>,
    known: HashMap<(VertexId, u32), Known>,
}

impl<'r, 'c, 'a> Run<'r, 'c, 'a> {
    fn new(
        schema: &'c Schema,
        checks: &'c Checks,
        budget: &'r mut Budget,
        report: Option<&'r mut Vec<Violation>>,
        findings: usize,
    ) -> Run<'r, 'c, 'a> {
        Run {
            schema,
            checks,
            budget,
            report,
            findings,
            violations: 0,
            reasons: 0,
            stack: Vec::new(),
            seen: Vec::new(),
            pending: Vec::new(),
            known: HashMap::new(),
        }
    }

    fn run(&mut self, vertex: VertexId, value: ValueRef<'a>) -> Result<Validity> {
        let manner = Manner { silent: self.report.is_none(), shared: false };
        let mut returned = match self.enter(None, vertex, value, Step::Same, manner)? {
            Entered::Done(validity) => return Ok(validity),
            Entered::Frame(frame) => {
                self.stack.push(frame);
                None
            }
        };
        while let Some(mut frame) = self.stack.pop() {
            if let Some(validity) = returned.take() {
                frame.take(validity);
            }
            match self.advance(&mut frame)? {
                Entered::Frame(child) => {
                    self.stack.push(frame);
                    self.stack.push(child);
                }
                Entered::Done(validity) => {
                    self.leave(&frame, validity);
                    returned = Some(validity);
                }
            }
            if self.violations >= self.findings && self.violations > 0 {
                return Ok(Validity::Invalid);
            }
        }
        Ok(returned.unwrap_or(Validity::Valid))
    }

    fn leave(&mut self, frame: &Frame<'c, 'a>, validity: Validity) {
        self.seen.truncate(frame.seen);
        self.pending.truncate(frame.pending);
        if frame.manner.shared {
            let known = Known { validity: Some(validity), silent: frame.manner.silent };
            self.known.insert((frame.vertex, frame.value.span().start), known);
        }
    }

    /// Does what can be done for a value without entering its parts.
    fn enter(
        &mut self,
        parent: Option<&Frame<'c, 'a>>,
        vertex: VertexId,
        value: ValueRef<'a>,
        step: Step<'a>,
        manner: Manner,
    ) -> Result<Entered<'c, 'a>> {
        let (vertex, compiled) = {
            let mut vertex = vertex;
            loop {
                let Some(compiled) = self.checks.get(self.schema, vertex) else {
                    return Ok(Entered::Done(Validity::Unknown));
                };
                self.budget.spend(compiled.scalar.cost(value.raw().len()))?;
                match compiled.shape {
                    Shape::Delegate(_) if is_null_of(compiled, value) => {
                        return Ok(Entered::Done(Validity::Valid));
                    }
                    Shape::Delegate(next) => vertex = next,
                    _ => break (vertex, compiled),
                }
            }
        };
        let node = match &compiled.shape {
            Shape::Node(node) if !is_null_of(compiled, value) => {
                Some(node).filter(|node| node.concerns(value))
            }
            _ => None,
        };
        if let Some(node) = node
            && manner.shared
        {
            match self.known.get(&(vertex, value.span().start)) {
                Some(Known { validity: None, .. }) => {
                    self.tell(parent, vertex, value, step, manner, Validity::Unknown, code::ENDLESS, None);
                    return Ok(Entered::Done(Validity::Unknown));
                }
                // A violation that was found in silence is told now.
                Some(Known { validity: Some(validity), silent })
                    if manner.silent || !silent || validity.is_valid() =>
                {
                    return Ok(Entered::Done(*validity));
                }
                _ => {}
            }
            self.known.insert((vertex, value.span().start), Known { validity: None, silent: manner.silent });
            let validity = self.scalar(parent, vertex, &compiled.scalar, value, step, manner);
            return Ok(Entered::Frame(self.frame(vertex, node, value, step, manner, validity)));
        }
        let validity = self.scalar(parent, vertex, &compiled.scalar, value, step, manner);
        Ok(match node {
            Some(node) => Entered::Frame(self.frame(vertex, node, value, step, manner, validity)),
            None => Entered::Done(validity),
        })
    }

    fn frame(
        &mut self,
        vertex: VertexId,
        node: &'c Node,
        value: ValueRef<'a>,
        step: Step<'a>,
        manner: Manner,
        validity: Validity,
    ) -> Frame<'c, 'a> {
        let (seen, pending) = (self.seen.len(), self.pending.len());
        let stage = if value.is_object() && node.looks_at_members() {
            self.seen.resize(seen + node.props.len().div_ceil(64), 0);
            Stage::Members(value.members(), None, false)
        } else if value.is_array() && node.looks_at_items() {
            Stage::Items(value.items(), 0)
        } else {
            Stage::Branches(0)
        };
        Frame { vertex, node, value, step, stage, validity, manner, seen, pending }
    }

    #[inline]
    fn scalar(
        &mut self,
        parent: Option<&Frame<'c, 'a>>,
        vertex: VertexId,
        check: &'c ScalarCheck,
        value: ValueRef<'a>,
        step: Step<'a>,
        manner: Manner,
    ) -> Validity {
        match check.run_value(value) {
            Ok(validity) if validity.is_valid() || manner.silent => validity,
            Err(_) if manner.silent => Validity::Invalid,
            outcome => {
                for failure in check.failures(value) {
                    let validity = if failure.refused { Validity::Invalid } else { Validity::Unknown };
                    let message = check.message(&failure, value.kind().as_str());
                    self.tell(parent, vertex, value, step, manner, validity, failure.code, Some(message));
                }
                outcome.unwrap_or(Validity::Invalid)
            }
        }
    }

    /// Goes on with a value until one of its parts has to be entered, or it is done.
    fn advance(&mut self, frame: &mut Frame<'c, 'a>) -> Result<Entered<'c, 'a>> {
        loop {
            if frame.validity.is_invalid() && (frame.manner.silent || self.violations >= self.findings) {
                return Ok(Entered::Done(Validity::Invalid));
            }
            let entered = match &mut frame.stage {
                Stage::Members(..) => match self.next_member(frame)? {
                    Some((vertex, key, value, manner)) => {
                        self.enter(Some(frame), vertex, value, Step::Member(key), manner)?
                    }
                    None => continue,
                },
                Stage::Items(items, index) => {
                    let (at, item) = (*index, items.next());
                    *index += 1;
                    let target = frame.node.prefix.get(at as usize).copied().or(frame.node.items);
                    match (item, target) {
                        (Some(item), Some(target)) => {
                            self.enter(Some(frame), target, item, Step::Item(at), frame.manner)?
                        }
                        _ => {
                            frame.stage = Stage::Branches(0);
                            continue;
                        }
                    }
                }
                Stage::Branches(next) => {
                    let target = frame.node.branches.get(*next).copied();
                    *next += 1;
                    match (target, &frame.node.union) {
                        (Some(target), _) => {
                            let manner = Manner { shared: true, ..frame.manner };
                            self.enter(Some(frame), target, frame.value, Step::Same, manner)?
                        }
                        (None, Some(union)) => match self.select(frame, union)? {
                            Some(target) => {
                                frame.stage = Stage::OnlyArm;
                                let manner = Manner { shared: true, ..frame.manner };
                                self.enter(Some(frame), target, frame.value, Step::Same, manner)?
                            }
                            None => continue,
                        },
                        (None, None) => {
                            frame.stage = Stage::Closed;
                            continue;
                        }
                    }
                }
                Stage::Arms(next, fit, unknown) => {
                    let Some(union) = &frame.node.union else {
                        return Ok(Entered::Done(frame.validity));
                    };
                    let enough = if union.exclusive { 2 } else { 1 };
                    let subject = Subject::Value(frame.value);
                    let arms = union.arms.iter().enumerate().skip(*next);
                    let arm = arms.filter(|_| *fit < enough).find(|(_, arm)| subject.is_of(arm.types));
                    let Some((at, arm)) = arm else {
                        let (fit, unknown) = (*fit, *unknown);
                        self.conclude(frame, union.exclusive, fit, unknown);
                        frame.stage = Stage::Closed;
                        continue;
                    };
                    self.budget.spend((at - *next) as u64 / 8)?;
                    *next = at + 1;
                    let manner = Manner { silent: true, shared: true };
                    self.enter(Some(frame), arm.target, frame.value, Step::Same, manner)?
                }
                Stage::OnlyArm | Stage::Closed => return Ok(Entered::Done(frame.validity)),
            };
            match entered {
                Entered::Done(validity) => frame.take(validity),
                child @ Entered::Frame(_) => return Ok(child),
            }
        }
    }

    /// The next pair of a member and a vertex that it has to be visited for; `None` where the stage moved on.
    fn next_member(
        &mut self,
        frame: &mut Frame<'c, 'a>,
    ) -> Result<Option<(VertexId, ValueRef<'a>, ValueRef<'a>, Manner)>> {
        let node = frame.node;
        loop {
            let Stage::Members(members, current, several) = &mut frame.stage else { return Ok(None) };
            if self.pending.len() > frame.pending
                && let (Some(target), Some((key, value))) = (self.pending.pop(), *current)
            {
                let manner = Manner { shared: frame.manner.shared || *several, ..frame.manner };
                return Ok(Some((target, key, value, manner)));
            }
            let Some((key, value)) = members.next() else {
                self.close_members(frame);
                frame.stage = Stage::Branches(0);
                return Ok(None);
            };
            *current = Some((key, value));
            let name = key.decoded();
            let prop = node.props.binary_search_by(|prop| (*prop.name).cmp(&*name)).ok();
            let declared = prop.and_then(|at| node.props.get(at).map(|prop| (at, prop)));
            let mut again = false;
            if let Some((at, prop)) = declared {
                if let Some(word) = self.seen.get_mut(frame.seen + at / 64) {
                    again = *word >> (at % 64) & 1 == 1;
                    *word |= 1 << (at % 64);
                }
                self.pending.extend(prop.target);
            }
            let is_declared = declared.is_some_and(|(_, prop)| prop.target.is_some());
            let matched = self.match_patterns(frame, &name)?;
            let Stage::Members(_, _, several) = &mut frame.stage else { return Ok(None) };
            *several = self.pending.len() > frame.pending + 1;
            if again && is_declared {
                self.refuse(frame, value, Step::Member(key), code::DUPLICATE_MEMBER, Some(key));
            }
            if is_declared || matched {
                continue;
            }
            match node.additional {
                Some(target) => self.pending.push(target),
                None if node.closed => {
                    self.refuse(frame, value, Step::Member(key), code::UNDECLARED_MEMBER, Some(key));
                }
                None => {}
            }
            if frame.validity.is_invalid() && frame.manner.silent {
                return Ok(None);
            }
        }
    }

    /// Whether the name falls under a pattern; the targets are pending then. A pattern that cannot be run leaves
    /// unknown whether its target concerns the member, and whether `additional` does.
    fn match_patterns(&mut self, frame: &mut Frame<'c, 'a>, name: &[u8]) -> Result<bool> {
        let mut matched = false;
        for (pattern, target) in &frame.node.patterns {
            match (pattern, std::str::from_utf8(name)) {
                (Some(pattern), Ok(text)) => {
                    self.budget.spend(pattern.cost(text.len()))?;
                    if pattern.is_match(text) {
                        matched = true;
                        self.pending.push(*target);
                    }
                }
                _ => {
                    matched = true;
                    let (validity, code) = (Validity::Unknown, code::PATTERN_UNSUPPORTED);
                    frame.validity = frame.validity.and(validity);
                    let (vertex, value, manner) = (frame.vertex, frame.value, frame.manner);
                    self.tell(Some(frame), vertex, value, Step::Same, manner, validity, code, None);
                }
            }
        }
        Ok(matched)
    }

    /// What is required and absent; the `$type` of a record.
    fn close_members(&mut self, frame: &mut Frame<'c, 'a>) {
        for (at, prop) in frame.node.props.iter().enumerate() {
            let seen = self.seen.get(frame.seen + at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1);
            if seen || !prop.required {
                continue;
            }
            frame.validity = Validity::Invalid;
            if !frame.manner.silent {
                let name = String::from_utf8_lossy(&prop.name);
                let mut path = self.path(Some(frame), Step::Same);
                path.0.push(Segment::Member((*name).into()));
                let message = format!("member `{name}` is required").into();
                let (value, vertex) = (frame.value, frame.vertex);
                self.push(path, value, vertex, Validity::Invalid, code::REQUIRED_MISSING, message);
            }
        }
        if let Some(tag) = frame.node.tag.as_deref()
            && let Some(found) = frame.value.get("$type")
            && found.as_str().is_none_or(|found| bare_tag(&found) != tag)
        {
            frame.validity = Validity::Invalid;
            if !frame.manner.silent {
                let path = self.path(Some(frame), Step::Same).member("$type");
                let message = format!("`$type` is not `{tag}`").into();
                let vertex = frame.vertex;
                self.push(path, found, vertex, Validity::Invalid, code::WRONG_TYPE_TAG, message);
            }
        }
    }

    /// The only arm that can fit; otherwise the stage says how to go on.
    fn select(&mut self, frame: &mut Frame<'c, 'a>, union: &'c Union) -> Result<Option<VertexId>> {
        frame.stage = Stage::Closed;
        if !union.tagged {
            let subject = Subject::Value(frame.value);
            let mut candidates = union.arms.iter().filter(|arm| subject.is_of(arm.types));
            match (candidates.next(), candidates.next()) {
                (None, _) => self.refuse(frame, frame.value, Step::Same, code::NO_ARM_FITS, None),
                (Some(arm), None) => return Ok(Some(arm.target)),
                (Some(_), Some(_)) => frame.stage = Stage::Arms(0, 0, 0),
            }
            return Ok(None);
        }
        self.budget.spend(1 + frame.value.len() as u64 / 8)?;
        if !frame.value.is_object() {
            self.refuse(frame, frame.value, Step::Same, code::TYPE_MISMATCH, None);
            return Ok(None);
        }
        let Some(tag) = frame.value.get("$type").and_then(ValueRef::as_str).filter(|tag| !tag.is_empty())
        else {
            self.refuse(frame, frame.value, Step::Same, code::TAG_MISSING, None);
            return Ok(None);
        };
        let arm = union.arms.iter().find(|arm| arm.tag.as_deref() == Some(bare_tag(&tag)));
        if arm.is_none() && !union.open {
            self.refuse(frame, frame.value, Step::Same, code::UNKNOWN_VARIANT, None);
        }
        Ok(arm.map(|arm| arm.target))
    }

    /// Says what the tried arms mean for the union.
    fn conclude(&mut self, frame: &mut Frame<'c, 'a>, exclusive: bool, fit: u32, unknown: u32) {
        if fit > 1 && exclusive {
            self.refuse(frame, frame.value, Step::Same, code::SEVERAL_ARMS_FIT, None);
        } else if fit > 0 && (unknown == 0 || !exclusive) {
        } else if unknown > 0 {
            frame.validity = frame.validity.and(Validity::Unknown);
            let (vertex, value, manner) = (frame.vertex, frame.value, frame.manner);
            let code = code::ARM_UNDECIDED;
            self.tell(Some(frame), vertex, value, Step::Same, manner, Validity::Unknown, code, None);
        } else {
            self.refuse(frame, frame.value, Step::Same, code::NO_ARM_FITS, None);
        }
    }
}

impl Frame<'_, '_> {
    /// Takes in what a part, a branch or an arm came to.
    fn take(&mut self, validity: Validity) {
        match (&mut self.stage, validity) {
            (Stage::Arms(_, fit, _), Validity::Valid) => *fit += 1,
            (Stage::Arms(_, _, unknown), Validity::Unknown) => *unknown += 1,
            (Stage::Arms(..), Validity::Invalid) => {}
            _ => self.validity = self.validity.and(validity),
        }
    }
}

impl Node {
    fn looks_at_members(&self) -> bool {
        !self.props.is_empty()
            || !self.patterns.is_empty()
            || self.additional.is_some()
            || self.closed
            || self.tag.is_some()
    }

    fn looks_at_items(&self) -> bool {
        !self.prefix.is_empty() || self.items.is_some()
    }

    /// Whether it says anything of a value of this type.
    fn concerns(&self, value: ValueRef<'_>) -> bool {
        !self.branches.is_empty()
            || self.union.is_some()
            || (value.is_object() && self.looks_at_members())
            || (value.is_array() && self.looks_at_items())
    }
}

fn is_null_of(compiled: &Compiled, value: ValueRef<'_>) -> bool {
    compiled.scalar.is_nullable() && value.raw() == b"null"
}
