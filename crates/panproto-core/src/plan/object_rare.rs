//! Members of a streamed object that are rare: undeclared ones, adopted and carried ones, tags.
#![expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: table indices are given out by `lower`; offsets into the input come from scanning it"
)]

use super::{Key, ObjectFrame, is_value};
use crate::plan::check::Check;
use crate::plan::exec::{Exec, GET, PUT, Step, Stop};
use crate::plan::memory;
use crate::plan::replay::{NOT_REPLAYED, Remembered};
use crate::plan::table::{Action, Entry, Object, Rest, Shadows};
use crate::value::{scan, string};

impl Exec<'_> {
    /// A member with a name that no schema declares.
    #[inline(never)]
    pub(super) fn undeclared<const MODE: u8>(
        &mut self,
        frame: &mut ObjectFrame,
        rest: &Rest,
        key: Key,
        at: u32,
    ) -> Step {
        match rest {
            Rest::Pass => self.pass::<MODE>(frame, key),
            Rest::Shadow => self.shadow::<MODE>(key, at),
            Rest::Refuse => Err(Stop::Failed),
            Rest::Leave => Err(Stop::Beyond),
        }
    }

    /// An undeclared member passes as it is.
    pub(super) fn pass<const MODE: u8>(&mut self, frame: &ObjectFrame, key: Key) -> Step {
        if MODE == PUT {
            if frame.replay != NOT_REPLAYED {
                let name = &self.text[key.start..key.end];
                self.scratch.replays.bring(frame.replay, self.body, name)?;
            }
            let object = &self.code.objects[frame.object as usize];
            self.due(object, frame)?;
            self.count(frame);
        }
        self.write_key(key);
        self.copy()
    }

    pub(super) fn shadow<const MODE: u8>(&mut self, key: Key, at: u32) -> Step {
        let from = self.at;
        self.skip()?;
        if MODE == GET {
            let (name, raw) = (&self.text[key.start..key.end], &self.text[from..self.at]);
            memory::write_shadow(self.memory, at, name, raw);
        }
        Ok(())
    }

    #[inline(never)]
    pub(super) fn rare_member<const MODE: u8>(
        &mut self,
        object: &Object,
        frame: &mut ObjectFrame,
        action: &Action,
        key: Key,
        at: u32,
    ) -> Step {
        match action {
            Action::Shadow => self.shadow::<MODE>(key, at),
            Action::Adopt { check, fill, given } => {
                let from = self.at;
                self.skip_linked()?;
                let raw = &self.text[from..self.at];
                let is_valid = self.code.checks[*check as usize].run(raw);
                let is_fill = is_valid && fill.as_ref().is_some_and(|fill| is_value(raw, fill));
                self.at = from;
                if !is_valid {
                    return self.shadow::<MODE>(key, at);
                }
                self.set(frame.bits, *given);
                if MODE == GET && is_fill {
                    memory::write_adopted(self.memory, at, &self.text[key.start..key.end]);
                }
                self.write_key(key);
                self.copy()
            }
            Action::Refuse => Err(Stop::Failed),
            Action::Carry { fill, check } => {
                let from = self.at;
                self.skip_linked()?;
                let raw = &self.text[from..self.at];
                if fill.as_ref().is_some_and(|fill| is_value(raw, fill)) {
                    return Ok(());
                }
                let passes = matches!(object.inputs[frame.input as usize].rest, Rest::Pass);
                let is_valid = self.code.checks.get(*check as usize).is_some_and(|check| check.run(raw));
                if !passes || !is_valid {
                    return Err(Stop::Beyond);
                }
                self.at = from;
                self.pass::<MODE>(frame, key)
            }
            Action::Tag => {
                if MODE == PUT {
                    self.due(object, frame)?;
                    self.count(frame);
                }
                self.write_key(key);
                let Some((from, to)) = &object.retag else { return self.copy() };
                if self.text.get(self.at) != Some(&b'"') {
                    return Err(Stop::Failed);
                }
                let value = self.at;
                self.skip()?;
                if !crate::value::string::equals(&self.text[value..self.at], from.as_bytes()) {
                    return Err(Stop::Failed);
                }
                if MODE == GET && self.text[value..self.at].contains(&b'\\')
                    || MODE == PUT && frame.replay != NOT_REPLAYED
                {
                    // A spelling of the tag that is remembered.
                    let raw = &self.text[value..self.at];
                    if MODE == GET {
                        memory::write_passed_head(self.memory, at, &self.text[key.start..key.end]);
                        memory::write_text(self.memory, raw);
                    }
                }
                self.out.extend_from_slice(to);
                Ok(())
            }
            _ => Err(Stop::Beyond),
        }
    }

    /// Writes an undeclared member that the view could not have, if `get` would remember it again.
    #[inline]
    pub(super) fn replay_shadow(
        &mut self,
        object: &Object,
        container: u32,
        replay: u32,
        remembered: Remembered,
    ) -> Step {
        let output = &object.outputs[container as usize];
        let name = remembered.name.bytes(self.body);
        let is_string =
            name.first() == Some(&b'"') && scan::string(name, 0).is_ok_and(|end| end == name.len());
        let decoded = string::decode(name);
        if !is_string || output.slots.iter().any(|slot| *slot.name == *decoded) || *decoded == *b"$type" {
            return Err(Stop::Beyond);
        }
        match output.shadows {
            Shadows::All => {}
            // A name that the view has for something else. Where it has a place for it, the value decides.
            Shadows::Declared => {
                let input = object.inputs.get(output.counterpart as usize).ok_or(Stop::Beyond)?;
                let found = input.names.find(&decoded).and_then(|at| input.actions.get(at as usize));
                if !matches!(
                    found,
                    Some(Entry {
                        action: Action::Link(_) | Action::Keep | Action::Open(_) | Action::Refuse,
                        ..
                    })
                ) {
                    return Err(Stop::Beyond);
                }
            }
            Shadows::Leave => return Err(Stop::Beyond),
        }
        self.scratch.replays.bring(replay, self.body, name)?;
        self.out.push(b',');
        self.out.extend_from_slice(name);
        self.out.push(b':');
        self.remembered(&Check::Json, remembered.raw)
    }
}
