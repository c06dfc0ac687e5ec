//! What is computed, over bytes: expressions in place of states, computed members, conditions.
//!
//! What the way back of a computation would have to find is left to the clear engine; here a record is put back as it
//! was remembered, and computed once more to see that it still gives the view.
#![expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: table indices are given out by `lower`; offsets into the input come from scanning it"
)]

use super::exec::{Done, Exec, Frame, GET, Mem, PUT, Step, Stop};
use super::memory;
use super::object::{ObjectFrame, is_value};
use super::table::{Conditions, Held, NONE, Object, Ways};
use crate::expr::{Expr, Value};
use crate::lens::evaluate;
use crate::lens::frame::write_varint;
use crate::limits::Budget;
use crate::migration::CoercionClass;
use crate::name::Name;
use crate::value::{Tree, ValueRef};

impl Exec<'_> {
    fn budget(&mut self) -> Step<&mut Budget> {
        self.budget.as_mut().ok_or(Stop::Beyond)
    }

    /// A text as expressions see it.
    fn value_of(&mut self, raw: &[u8]) -> Step<Value> {
        let mut tree = match self.scratch.tree.take() {
            Some(tree) => tree,
            None => Tree::parse(b"null", self.limits).map_err(|_| Stop::Beyond)?,
        };
        let read = tree.reparse(raw, self.limits);
        let budget = self.budget.as_mut().ok_or(Stop::Beyond)?;
        let value = read.and_then(|()| evaluate::read(tree.root(), budget));
        self.scratch.tree = Some(tree);
        value.map_err(|_| Stop::Beyond)
    }

    fn given(&mut self, expr: &Expr, names: &[Name], raw: &[u8]) -> Step<Vec<u8>> {
        let value = self.value_of(raw)?;
        evaluate::apply(expr, names, value, self.budget()?).map_err(|_| Stop::Beyond)
    }

    pub(super) fn apply<const MODE: u8>(&mut self, index: u32, mem: Mem) -> Step<Done> {
        let code = self.code;
        let table = &code.applies[index as usize];
        let rule = &table.rule;
        let (text, body) = (self.text, self.body);
        let from = self.at;
        self.skip()?;
        let raw = &text[from..self.at];
        let out = self.out.len();
        if MODE == PUT && !mem.is_empty() {
            let range = super::replay::text_of(body, mem)?;
            let again = self.given(&rule.forward, &rule.names.0, range.bytes(body))?;
            let check = &code.checks[table.remembered as usize];
            if is_value(&again, raw) {
                self.remembered(check, range)?;
                return Ok(Done::Yes);
            }
            if !check.run(range.bytes(body)) {
                return Err(Stop::Beyond);
            }
        }
        if table.forward {
            let given = self.given(&rule.forward, &rule.names.0, raw)?;
            self.out.extend_from_slice(&given);
            self.check(table.check, out)?;
            if MODE == GET {
                let back = rule.backward.as_ref().filter(|_| rule.class == CoercionClass::Iso);
                let spelled = match back {
                    Some(back) => {
                        self.given(back, &rule.names.1, &given).is_ok_and(|back| back.as_slice() == raw)
                    }
                    None => false,
                };
                if !spelled {
                    memory::write_text(self.memory, raw);
                }
            }
            return Ok(Done::Yes);
        }
        let Some(backward) = &rule.backward else { return Err(Stop::Beyond) };
        let given = self.given(backward, &rule.names.1, raw)?;
        self.out.extend_from_slice(&given);
        self.check(table.check, out)?;
        let again = self.given(&rule.forward, &rule.names.0, &given)?;
        if is_value(&again, raw) { Ok(Done::Yes) } else { Err(Stop::Beyond) }
    }

    /// An object that goes one of several ways.
    pub(super) fn ways<const MODE: u8>(&mut self, index: u32, mem: Mem) -> Step<Done> {
        let code = self.code;
        let table = &code.ways[index as usize];
        if self.text.get(self.at) != Some(&b'{') {
            return Err(Stop::Beyond);
        }
        let top = self.scratch.stack.len();
        if !table.forward {
            // Where this way does not go through, another one may.
            self.tentative = true;
            let (arm, mem) =
                if MODE == PUT && !mem.is_empty() { super::replay::arm(self.body, mem)? } else { (0, mem) };
            let state = table.arms.get(arm as usize).ok_or(Stop::Beyond)?;
            let out = self.out.len();
            match self.value::<MODE>(*state, mem)? {
                Done::Yes => self.end_of_way(index, arm, out)?,
                Done::Nothing => return Err(Stop::Beyond),
                Done::Later => {
                    self.scratch.stack.insert(top, Frame::Chosen { ways: index, arm, out });
                    return Ok(Done::Later);
                }
            }
            return Ok(Done::Yes);
        }
        let arm = self.choose(table)?;
        let state = table.arms.get(arm as usize).ok_or(Stop::Beyond)?;
        if MODE != GET {
            return self.value::<MODE>(*state, mem);
        }
        let start = self.memory.len();
        memory::open(memory::ARM, self.memory);
        write_varint(self.memory, u64::from(arm));
        let inside = self.memory.len();
        match self.value::<MODE>(*state, mem)? {
            Done::Yes => self.end_of_choice(arm, start, inside),
            Done::Nothing => return Err(Stop::Beyond),
            Done::Later => {
                self.scratch.stack.insert(top, Frame::Choice { arm, start, inside });
                return Ok(Done::Later);
            }
        }
        Ok(Done::Yes)
    }

    /// Forwards: the memory of a choice.
    pub(super) fn end_of_choice(&mut self, arm: u32, start: usize, inside: usize) {
        let is_empty = self.memory.len() == inside;
        if is_empty && arm == 0 {
            self.memory.truncate(start);
            return;
        }
        if is_empty {
            self.memory.push(memory::NOTHING);
        }
        memory::close(start, self.memory);
    }

    /// Backwards: the record has to choose the way that made it.
    pub(super) fn end_of_way(&mut self, ways: u32, arm: u32, out: usize) -> Step {
        let code = self.code;
        let budget = self.budget.as_mut().ok_or(Stop::Beyond)?;
        let tree = evaluate::tree(&self.out[out..], budget).map_err(|_| Stop::Beyond)?;
        for (index, condition) in (0u32..).zip(&code.ways[ways as usize].conditions.all) {
            if evaluate::holds_on(condition, tree.root(), budget).map_err(|_| Stop::Beyond)? {
                return if index == arm { Ok(()) } else { Err(Stop::Beyond) };
            }
        }
        let others = code.ways[ways as usize].conditions.all.len();
        if arm as usize == others { Ok(()) } else { Err(Stop::Beyond) }
    }

    fn choose(&mut self, ways: &Ways) -> Step<u32> {
        let found = self.members_of(&ways.conditions)?;
        for index in 0..ways.conditions.all.len() {
            if self.holds(&ways.conditions, index, &found)? {
                return Ok(index as u32);
            }
        }
        Ok(ways.conditions.all.len() as u32)
    }

    /// Where the members that conditions name stand in the object at the cursor, and the object itself, if one of them
    /// sees it. The cursor stays.
    fn members_of(&mut self, conditions: &Conditions) -> Step<Vec<(usize, usize)>> {
        let start = self.at;
        let mut found = vec![(0, 0); conditions.names.len() + 1];
        self.peek(|exec, key, _| {
            let Some(index) = conditions.names.find_raw(&exec.text[key.0..key.1]) else { return Ok(false) };
            let from = exec.at;
            exec.skip_linked()?;
            let before = std::mem::replace(&mut found[index as usize], (from, exec.at));
            if before == (0, 0) { Ok(false) } else { Err(Stop::Beyond) }
        })?;
        self.at = start;
        if conditions.all.iter().any(|condition| condition.attrs) {
            self.skip_linked()?;
            if let Some(whole) = found.last_mut() {
                *whole = (start, self.at);
            }
            self.at = start;
        }
        Ok(found)
    }

    fn holds(&mut self, conditions: &Conditions, index: usize, found: &[(usize, usize)]) -> Step<bool> {
        let (text, condition) = (self.text, &conditions.all[index]);
        let mut members = Vec::with_capacity(condition.names.len());
        for name in &condition.names {
            let at = conditions.names.find(name.as_bytes()).ok_or(Stop::Beyond)?;
            let (from, to) = found[at as usize];
            members.push(if from == to { Value::Null } else { self.value_of(&text[from..to])? });
        }
        let whole = match found.last() {
            Some((from, to)) if condition.attrs => Some(self.value_of(&text[*from..*to])?),
            _ => None,
        };
        evaluate::holds(condition, members, whole, self.budget()?).map_err(|_| Stop::Beyond)
    }

    /// Forwards, at the bracket of an input container: finds out which of its members a condition leaves out.
    pub(super) fn judge(&mut self, object: &Object, input: u32, bits: usize) -> Step {
        let input = &object.inputs[input as usize];
        if input.conditional.is_empty() {
            return Ok(());
        }
        let found = self.members_of(&input.conditions)?;
        for (index, link) in input.conditional.iter().enumerate() {
            if !self.holds(&input.conditions, index, &found)? {
                self.set(bits, object.links[*link as usize].out);
            }
        }
        Ok(())
    }

    /// Holds the value between `from` and the cursor.
    pub(super) fn hold(&mut self, frame: &ObjectFrame, held: u32, from: usize) {
        self.scratch.held[frame.held + held as usize] = (from as u32, self.at as u32);
    }

    fn held(&mut self, frame: &ObjectFrame, held: &Held) -> Step<Option<Value>> {
        let (from, to) = self.scratch.held[frame.held + held.at as usize];
        if from == to {
            return Ok(None);
        }
        let text = self.text;
        let raw = &text[from as usize..to as usize];
        if held.way.is_empty() {
            return self.value_of(raw).map(Some);
        }
        let budget = self.budget.as_mut().ok_or(Stop::Beyond)?;
        let tree = evaluate::tree(raw, budget).map_err(|_| Stop::Beyond)?;
        let inner = evaluate::at(tree.root(), &held.way).map(ValueRef::raw);
        inner.map(|raw| self.value_of(raw)).transpose()
    }

    /// Forwards: what the computations of an object give.
    pub(super) fn compute(
        &mut self,
        object: &Object,
        frame: &ObjectFrame,
    ) -> Step<Vec<Vec<Option<Vec<u8>>>>> {
        let mut made = Vec::with_capacity(object.computes.len());
        for (rule, inputs) in object.computes.iter().zip(&object.inputs_of) {
            let mut values = Vec::with_capacity(inputs.len());
            for held in inputs {
                match self.held(frame, held)? {
                    Some(value) => values.push(value),
                    None => break,
                }
            }
            made.push(if values.len() == inputs.len() {
                evaluate::forward(rule, values, self.budget()?).map_err(|_| Stop::Beyond)?
            } else {
                vec![None; rule.outputs.len()]
            });
        }
        Ok(made)
    }

    /// Backwards, when the record is written: whether it gives what the view has, and lacks what the view lacks.
    pub(super) fn verify(&mut self, object: &Object, frame: &ObjectFrame) -> Step {
        let text = self.text;
        let budget = self.budget.as_mut().ok_or(Stop::Beyond)?;
        let tree = evaluate::tree(&self.out[frame.out..], budget).map_err(|_| Stop::Beyond)?;
        for (rule, outputs) in object.computes.iter().zip(&object.inputs_of) {
            let made = evaluate::forward_on(rule, tree.root(), budget).map_err(|_| Stop::Beyond)?;
            for (output, made) in outputs.iter().zip(made) {
                let (from, to) = self.scratch.held[frame.held + output.at as usize];
                let shown = if from == to { None } else { Some(&text[from as usize..to as usize]) };
                let fill = output.fill.as_deref();
                let agree = match (shown.or(fill), made.as_deref().or(fill)) {
                    (None, None) => true,
                    (Some(shown), Some(made)) => is_value(made, shown),
                    _ => false,
                };
                if !agree {
                    return Err(Stop::Beyond);
                }
            }
        }
        for conditional in &object.conditional {
            let link = &object.links[conditional.link as usize];
            if tree.root().get(&conditional.name).is_none() {
                continue;
            }
            let holds = evaluate::holds_on(&conditional.condition, tree.root(), self.budget()?)
                .map_err(|_| Stop::Beyond)?;
            let remembered = link.out != NONE && self.is_set(frame.bits, link.out);
            let shown = self.is_set(frame.bits, link.given) && !remembered;
            if (holds && remembered) || (shown && !holds) {
                return Err(Stop::Beyond);
            }
        }
        Ok(())
    }
}
