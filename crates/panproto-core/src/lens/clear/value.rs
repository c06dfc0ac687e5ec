//! One value under the rule of one state.

use super::{NESTING, Run};
use crate::diagnostic::{Kind, Result};
use crate::instance::Validity;
use crate::lens::coerce::{Failure, convert, has_memory};
use crate::lens::engine::Direction;
use crate::lens::frame::{Mem, corrupt, write_text};
use crate::lens::machine::{Check, Coercion, Rule, StateId};
use crate::limits::depth_error;
use crate::schema::VertexId;
use crate::value::{JsonKind, Tree, ValueRef, equal_text};

/// What became of a value.
#[derive(Default)]
pub(super) struct Converted {
    /// What is written; nothing for the head of an empty list.
    pub(super) text: Option<Vec<u8>>,
    /// What is remembered; empty for nothing.
    pub(super) mem: Vec<u8>,
}

impl Converted {
    pub(super) fn plain(text: Vec<u8>) -> Converted {
        Converted { text: Some(text), mem: Vec::new() }
    }
}

impl Run<'_> {
    /// Runs a state on a value. `mem` is of interest only backwards.
    pub(super) fn value(
        &mut self,
        id: StateId,
        direction: Direction,
        value: ValueRef<'_>,
        mem: Mem<'_>,
    ) -> Result<Converted> {
        self.budget.spend(1)?;
        if self.nesting >= NESTING {
            return Err(depth_error(NESTING));
        }
        self.nesting += 1;
        let converted = self.rule(id, direction, value, mem);
        self.nesting -= 1;
        converted
    }

    fn rule(
        &mut self,
        id: StateId,
        direction: Direction,
        value: ValueRef<'_>,
        mem: Mem<'_>,
    ) -> Result<Converted> {
        let state = self.machine.state(id);
        if value.kind() == JsonKind::Null {
            let (read, written) = match direction {
                Direction::Forward => (state.source_null, state.target_null),
                Direction::Backward => (state.target_null, state.source_null),
            };
            if read && written {
                if direction == Direction::Backward
                    && let Some(text) = self.made_null(id, value, mem)?
                {
                    return Ok(Converted::plain(text));
                }
                return Ok(Converted::plain(value.raw().to_vec()));
            }
            // The item of a list may be `null` where the list may not.
            let is_item = match state.rule {
                Rule::Wrap(_) => direction == Direction::Forward,
                Rule::Head(_) => direction == Direction::Backward,
                _ => false,
            };
            if read && !is_item {
                let message = "`null` has no counterpart here";
                return Err(self.refuse(direction, "null-not-allowed", message, value.span()));
            }
        }
        let converted = self.ruled(id, direction, value, mem)?;
        let is_null = direction == Direction::Backward && converted.text.as_deref() == Some(b"null");
        if is_null && state.source_null && state.target_null && value.kind() != JsonKind::Null {
            let message = "a `null` of the source is `null` in the view, and nothing else";
            return Err(self.unrepresentable(message, value.span()));
        }
        Ok(converted)
    }

    /// What the rule of a state says of a value.
    fn ruled(
        &mut self,
        id: StateId,
        direction: Direction,
        value: ValueRef<'_>,
        mem: Mem<'_>,
    ) -> Result<Converted> {
        match &self.machine.state(id).rule {
            Rule::Copy { forward, backward } => {
                let check = if direction == Direction::Forward { forward } else { backward };
                self.check(id, direction, check, value.raw(), value)?;
                Ok(Converted::plain(value.raw().to_vec()))
            }
            Rule::Coerce { coercion, forward, backward } => match direction {
                Direction::Forward => self.coerce_forward(id, *coercion, forward, value),
                Direction::Backward => self.coerce_backward(id, *coercion, backward, value, mem),
            },
            Rule::Object(rule) => self.object(id, rule, direction, value, mem),
            Rule::Array(rule) => self.array(id, rule, direction, value, mem),
            Rule::Union(rule) => self.union(rule, direction, value, mem),
            Rule::Wrap(inner) => match direction {
                Direction::Forward => self.wrap(*inner, direction, value, mem),
                Direction::Backward => self.unwrap_one(*inner, value, mem),
            },
            Rule::Head(inner) => match direction {
                Direction::Forward => self.head(*inner, value),
                Direction::Backward => self.behead(id, *inner, value, mem),
            },
            Rule::Apply(rule) => match direction {
                Direction::Forward => self.apply_forward(rule, value),
                Direction::Backward => self.apply_backward(rule, value, mem),
            },
            Rule::Branch(rule) => match direction {
                Direction::Forward => self.branch_forward(rule, value),
                Direction::Backward => self.branch_backward(rule, value, mem),
            },
        }
    }

    /// Checks what is written in place of `value`.
    #[inline(never)]
    pub(super) fn check(
        &mut self,
        id: StateId,
        direction: Direction,
        check: &Check,
        written: &[u8],
        value: ValueRef<'_>,
    ) -> Result<()> {
        match self.checker.check(id, direction, check, written, &mut self.budget)? {
            None => Ok(()),
            Some(finding) => Err(self.refuse_finding(direction, finding, value.span())),
        }
    }

    #[inline(never)]
    fn coerce_forward(
        &mut self,
        id: StateId,
        coercion: Coercion,
        check: &Check,
        value: ValueRef<'_>,
    ) -> Result<Converted> {
        let text = self.converted(coercion, Direction::Forward, value)?;
        self.check(id, Direction::Forward, check, &text, value)?;
        let mut mem = Vec::new();
        if self.remember && has_memory(coercion, value.raw(), &text) {
            write_text(&mut mem, value.raw());
        }
        Ok(Converted { text: Some(text), mem })
    }

    #[inline(never)]
    fn coerce_backward(
        &mut self,
        id: StateId,
        coercion: Coercion,
        check: &Check,
        value: ValueRef<'_>,
        mem: Mem<'_>,
    ) -> Result<Converted> {
        match mem {
            Mem::Nothing => {}
            Mem::Text(raw) => {
                let source = self.machine.state(id).source;
                let tree = self.remembered(source, raw, value)?;
                let mut forward = Vec::new();
                let again = convert(
                    coercion,
                    Direction::Forward,
                    tree.root().kind(),
                    tree.root().raw(),
                    &mut forward,
                );
                if again.is_ok() && equal_text(&forward, value.raw()) {
                    return Ok(Converted::plain(raw.to_vec()));
                }
            }
            _ => return Err(corrupt("a scalar has another kind of memory")),
        }
        let text = self.converted(coercion, Direction::Backward, value)?;
        self.check(id, Direction::Backward, check, &text, value)?;
        Ok(Converted::plain(text))
    }

    #[inline(never)]
    fn converted(&self, coercion: Coercion, direction: Direction, value: ValueRef<'_>) -> Result<Vec<u8>> {
        let mut text = Vec::new();
        match convert(coercion, direction, value.kind(), value.raw(), &mut text) {
            Ok(()) => Ok(text),
            Err(Failure::Type(wanted)) => Err(self.mismatch(wanted, value)),
            Err(Failure::Value) => {
                let message = format!("the value has no counterpart ({})", coercion.as_str());
                Err(self.refuse(direction, "coercion-failed", message, value.span()))
            }
        }
    }

    #[inline(never)]
    fn wrap(
        &mut self,
        inner: StateId,
        direction: Direction,
        value: ValueRef<'_>,
        mem: Mem<'_>,
    ) -> Result<Converted> {
        let converted = self.value(inner, direction, value, mem)?;
        let text = self.present(direction, converted.text, value.span())?;
        Ok(Converted { text: Some([b"[", &text[..], b"]"].concat()), mem: converted.mem })
    }

    /// The way back from a list that was wrapped around one value.
    #[inline(never)]
    fn unwrap_one(&mut self, inner: StateId, value: ValueRef<'_>, mem: Mem<'_>) -> Result<Converted> {
        if !value.is_array() {
            return Err(self.mismatch("array", value));
        }
        let mut items = value.items();
        let (Some(item), None) = (items.next(), items.next()) else {
            let message = format!("the source has one value here, the view a list of {}", value.len());
            return Err(self.unrepresentable(message, value.span()));
        };
        self.enter_item(0);
        let converted = self.value(inner, Direction::Backward, item, mem)?;
        self.leave();
        Ok(converted)
    }

    #[inline(never)]
    fn head(&mut self, inner: StateId, value: ValueRef<'_>) -> Result<Converted> {
        if !value.is_array() {
            return Err(self.mismatch("array", value));
        }
        let mut converted = Converted::default();
        if let Some(item) = value.items().next() {
            self.enter_item(0);
            converted = self.value(inner, Direction::Forward, item, Mem::Nothing)?;
            self.leave();
        }
        // Of a list of `null` the view may have the same as of `null` itself.
        let is_null = converted.text.as_deref() == Some(b"null");
        let memorable = value.len() != 1 || !converted.mem.is_empty() || is_null;
        converted.mem.clear();
        if self.remember && memorable {
            write_text(&mut converted.mem, value.raw());
        }
        Ok(converted)
    }

    /// The way back from the head of a list: in place of the first item, the rest kept.
    #[inline(never)]
    fn behead(
        &mut self,
        id: StateId,
        inner: StateId,
        value: ValueRef<'_>,
        mem: Mem<'_>,
    ) -> Result<Converted> {
        let source = self.machine.state(id).source;
        let mut text = vec![b'['];
        match mem {
            Mem::Nothing => {
                let item = self.value(inner, Direction::Backward, value, Mem::Nothing)?;
                text.extend(self.present(Direction::Backward, item.text, value.span())?);
            }
            Mem::Text(raw) => {
                let tree = self.remembered(source, raw, value)?;
                let mut items = tree.root().items();
                let mut head = Converted::default();
                if let Some(first) = items.next() {
                    // Memories of the item itself are made anew: the complement holds the list as it was.
                    head = self.again(inner, first, value)?;
                    if head.text.as_ref().is_some_and(|head| equal_text(head, value.raw())) {
                        return Ok(Converted::plain(raw.to_vec()));
                    }
                }
                let item = self.value(inner, Direction::Backward, value, Mem::whole(&head.mem)?)?;
                text.extend(self.present(Direction::Backward, item.text, value.span())?);
                for item in items {
                    text.push(b',');
                    text.extend_from_slice(item.raw());
                }
            }
            _ => return Err(corrupt("the head of a list has another kind of memory")),
        }
        text.push(b']');
        self.admitted(source, &text, value)?;
        Ok(Converted::plain(text))
    }

    /// The remembered value behind a `null` of the view that was something else in the source: a list with such a head.
    #[inline(never)]
    fn made_null(&mut self, id: StateId, value: ValueRef<'_>, mut mem: Mem<'_>) -> Result<Option<Vec<u8>>> {
        while let Mem::Arm(arm) = mem {
            mem = arm.mem()?;
        }
        let Mem::Text(raw) = mem else { return Ok(None) };
        let tree = self.remembered(self.machine.state(id).source, raw, value)?;
        let again = self.again(id, tree.root(), value)?;
        Ok((again.text.as_deref() == Some(b"null")).then(|| raw.to_vec()))
    }

    /// Runs a state forwards on a remembered value, to know what it would remember.
    #[inline(never)]
    pub(super) fn again(
        &mut self,
        id: StateId,
        remembered: ValueRef<'_>,
        value: ValueRef<'_>,
    ) -> Result<Converted> {
        let remember = std::mem::replace(&mut self.remember, true);
        let depth = self.path.len();
        let converted = self.value(id, Direction::Forward, remembered, Mem::Nothing);
        self.remember = remember;
        self.path.truncate(depth);
        converted.map_err(|error| match error.kind {
            Kind::Limit | Kind::Cancelled => error,
            _ => {
                self.invalid_memory(format!("a remembered value cannot be converted: {error}"), value.span())
            }
        })
    }

    /// A remembered value, which must be valid in the source.
    #[inline(never)]
    pub(super) fn remembered(&mut self, vertex: VertexId, raw: &[u8], value: ValueRef<'_>) -> Result<Tree> {
        self.budget.spend(1 + raw.len() as u64)?;
        let tree = Tree::parse(raw, self.budget.limits()).map_err(|error| match error.kind {
            Kind::Limit => error,
            _ => self.invalid_memory("a remembered value is no JSON", value.span()),
        })?;
        let finding = self.checker.valid(Direction::Backward, vertex, raw, &mut self.budget)?;
        match finding.filter(|finding| finding.validity == Validity::Invalid) {
            None => Ok(tree),
            Some(finding) => Err(self.invalid_memory(
                format!("a remembered value is not valid in the source: {}", finding.message),
                value.span(),
            )),
        }
    }

    /// Refuses a list that the source is known not to admit.
    #[inline(never)]
    pub(super) fn admitted(&mut self, vertex: VertexId, text: &[u8], value: ValueRef<'_>) -> Result<()> {
        let finding = self.checker.valid(Direction::Backward, vertex, text, &mut self.budget)?;
        match finding.filter(|finding| finding.validity == Validity::Invalid) {
            None => Ok(()),
            Some(finding) => Err(self.refuse_finding(Direction::Backward, finding, value.span())),
        }
    }
}
