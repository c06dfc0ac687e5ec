//! One of several ways to take the members of an object, by conditions over the record.

use super::Run;
use super::computed::is_fatal;
use super::value::Converted;
use crate::diagnostic::{Error, Result};
use crate::lens::engine::Direction;
use crate::lens::evaluate;
use crate::lens::frame::{Mem, Opened, corrupt};
use crate::lens::machine::{BranchRule, StateId};
use crate::lens::note::Note;
use crate::ordered::BTreeMap;
use crate::value::ValueRef;

/// What was tried: a way, on the value that begins here, with or without memory.
pub(super) type Tried = (StateId, usize, bool);

/// What each gave: the record, and what there is to tell about it.
pub(super) type Attempts = BTreeMap<Tried, Result<(Vec<u8>, Vec<Note>)>>;

impl Run<'_> {
    #[inline(never)]
    pub(super) fn branch_forward(&mut self, rule: &BranchRule, value: ValueRef<'_>) -> Result<Converted> {
        let index = self.choose(rule, Direction::Forward, value, value)?;
        let Some(state) = rule.arms.get(index as usize) else { return Err(corrupt("there is no such way")) };
        let mut converted = self.value(*state, Direction::Forward, value, Mem::Nothing)?;
        // No memory stands for the first way without one.
        if self.remember && (index > 0 || !converted.mem.is_empty()) {
            let mut mem = Vec::with_capacity(converted.mem.len() + 8);
            let opened = Opened::arm(&mut mem, index);
            crate::lens::frame::write_mem(&mut mem, &converted.mem);
            opened.close(&mut mem)?;
            converted.mem = mem;
        }
        Ok(converted)
    }

    /// The way that an object of the source takes. `value` is what the run looks at.
    fn choose(
        &mut self,
        rule: &BranchRule,
        direction: Direction,
        object: ValueRef<'_>,
        value: ValueRef<'_>,
    ) -> Result<u32> {
        if !object.is_object() {
            return Err(self.mismatch("object", object));
        }
        for (index, condition) in (0u32..).zip(&rule.when) {
            if self.holds(direction, condition, object, value)? {
                return Ok(index);
            }
        }
        Ok(rule.when.len() as u32)
    }

    /// The remembered way if its record takes it again, else the first whose record takes it.
    #[inline(never)]
    pub(super) fn branch_backward(
        &mut self,
        rule: &BranchRule,
        value: ValueRef<'_>,
        mem: Mem<'_>,
    ) -> Result<Converted> {
        let (remembered, mem) = match mem {
            Mem::Nothing => (0, Mem::Nothing),
            Mem::Arm(arm) if arm.arm as usize >= rule.arms.len() => {
                return Err(corrupt("there is no such way"));
            }
            Mem::Arm(arm) => (arm.arm, arm.mem()?),
            _ => return Err(corrupt("a choice has another kind of memory")),
        };
        let others = (0..rule.arms.len() as u32).filter(|arm| *arm != remembered);
        let mut first = None;
        self.trying += 1;
        let mut answer = None;
        for arm in std::iter::once(remembered).chain(others) {
            let mem = if arm == remembered { mem } else { Mem::Nothing };
            match self.attempt(rule, arm, value, mem) {
                Ok(Some(text)) => {
                    answer = Some(Ok(Converted::plain(text)));
                    break;
                }
                Ok(None) => {}
                Err(error) if is_fatal(&error) || error.code.starts_with("complement-") => {
                    answer = Some(Err(error));
                    break;
                }
                Err(error) => first = first.or(Some(error)),
            }
        }
        self.trying -= 1;
        if self.trying == 0 {
            self.tried.clear();
        }
        answer.unwrap_or_else(|| Err(self.no_way(first, value)))
    }

    #[cold]
    fn no_way(&self, first: Option<Error>, value: ValueRef<'_>) -> Error {
        first.unwrap_or_else(|| {
            let mut error = self.unrepresentable("no record takes the way to this view", value.span());
            error.help = Some("the conditions on the record choose another way for each that could".into());
            error
        })
    }

    /// The record of one way, if the record takes it.
    fn attempt(
        &mut self,
        rule: &BranchRule,
        arm: u32,
        value: ValueRef<'_>,
        mem: Mem<'_>,
    ) -> Result<Option<Vec<u8>>> {
        let Some(state) = rule.arms.get(arm as usize).copied() else { return Ok(None) };
        let tried: Tried = (state, value.span().start as usize, !mem.is_nothing());
        let (depth, notes) = (self.path.len(), self.notes.len());
        let text = match self.tried.get(&tried).cloned() {
            Some(known) => {
                let (text, more) = known?;
                self.notes.extend(more);
                text
            }
            None => {
                let answer = self.value(state, Direction::Backward, value, mem);
                self.path.truncate(depth);
                let answer = answer.and_then(|it| self.present(Direction::Backward, it.text, value.span()));
                let answer = answer.map(|text| (text, self.notes.get(notes..).unwrap_or_default().to_vec()));
                if answer.is_err() {
                    self.notes.truncate(notes);
                }
                // Wanted again only where a choice around this one tries another way.
                if self.trying > 1 && !answer.as_ref().is_err_and(is_fatal) {
                    self.tried.insert(tried, answer.clone());
                }
                answer?.0
            }
        };
        let tree = evaluate::tree(&text, &mut self.budget)?;
        let chosen = self.choose(rule, Direction::Backward, tree.root(), value);
        self.path.truncate(depth);
        match chosen {
            Ok(chosen) if chosen == arm => Ok(Some(text)),
            other => {
                self.notes.truncate(notes);
                other.map(|_| None)
            }
        }
    }
}
