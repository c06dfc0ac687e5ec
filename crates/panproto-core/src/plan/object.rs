//! Objects whose members stream: read member, write member.
#![expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: table indices are given out by `lower`; offsets into the input come from scanning it"
)]

use super::exec::{Done, Exec, Frame, GET, Mem, NESTED, PUT, Step, Stop};
use super::replay::NOT_REPLAYED;
use super::table::{Action, Closing, Link, NONE, Object, OutputRole};
use super::{append, memory};
use crate::value::{equal_text, scan};

#[path = "object_keys.rs"]
mod keys;
#[path = "object_rare.rs"]
mod rare;

/// An input container that is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct ObjectFrame {
    object: u32,
    input: u32,
    /// First word of the object's set of names.
    pub(super) bits: usize,
    /// The first of the values that its computations read.
    pub(super) held: usize,
    /// Where the object's output begins. Each member is written behind a comma; the first comma becomes the bracket.
    pub(super) out: usize,
    /// Members read so far.
    index: u32,
    /// One more than the entry of the member before, 0 at the start.
    previous: u32,
    /// Forwards: where the frame of this container begins in the complement.
    memory: usize,
    /// Backwards: the frame that is replayed, or [`NOT_REPLAYED`].
    replay: u32,
    pending: Pending,
}

/// A member whose value is written by another frame.
#[derive(Clone, Copy, Debug, Default)]
struct Pending {
    kind: Kind,
    /// Link or slot.
    link: u32,
    /// Where its entry begins in the complement, and where the memory of its value does.
    entry: usize,
    memory: usize,
    /// Where its output begins, comma and key included, and where its value does.
    out: usize,
    value: usize,
    /// The name as it was written, where that is remembered; empty otherwise.
    key: (usize, usize),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    None,
    Link,
    Shell,
}

/// The name of the member at hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) start: usize,
    /// Behind the closing quote.
    pub(super) end: usize,
    /// It is spelled plainly.
    pub(super) plain: bool,
}

impl Exec<'_> {
    pub(super) fn open_object<const MODE: u8>(&mut self, object: u32, mem: Mem) -> Step<Done> {
        let table = &self.code.objects[object as usize];
        if !table.streams {
            return self.open_indexed::<MODE>(object, mem);
        }
        let bits = self.scratch.bits.len();
        self.scratch.bits.resize(bits + table.words, 0);
        let held = self.scratch.held.len();
        if table.is_computed() {
            if self.text.get(self.at) != Some(&b'{') {
                return Err(Stop::Failed);
            }
            self.scratch.held.resize(held + table.held, (0, 0));
            self.judge(table, 0, bits)?;
        }
        self.enter(b'{')?;
        let mut frame = ObjectFrame {
            object,
            input: 0,
            bits,
            held,
            out: self.out.len(),
            index: 0,
            previous: 0,
            memory: self.memory.len(),
            replay: NOT_REPLAYED,
            pending: Pending::default(),
        };
        if MODE == GET {
            memory::open(memory::FRAME, self.memory);
        }
        if MODE == PUT && !mem.is_empty() {
            frame.replay = self.scratch.replays.open(self.body, mem, &table.outputs[0].slots)?;
        }
        self.steps += 1;
        if self.nested >= NESTED {
            self.scratch.stack.push(Frame::Object(frame));
            return Ok(Done::Later);
        }
        self.nested += 1;
        let done = self.members::<MODE>(frame);
        self.nested -= 1;
        done
    }

    /// The members from the cursor on; to the end, unless a frame was pushed for the value of one of them.
    pub(super) fn members<const MODE: u8>(&mut self, mut frame: ObjectFrame) -> Step<Done> {
        let object = &self.code.objects[frame.object as usize];
        let input = &object.inputs[frame.input as usize];
        if frame.pending.kind != Kind::None {
            self.end_of_member::<MODE>(object, &mut frame)?;
        }
        // Members that are kept one after the other are copied at once.
        let (mut from, mut to) = (0, 0);
        loop {
            let mut at = scan::space(self.text, self.at);
            match self.text.get(at) {
                Some(b'}') => {
                    self.at = at;
                    break;
                }
                Some(b',') if frame.index > 0 => at = scan::space(self.text, at + 1),
                _ if frame.index == 0 => {}
                _ => return Err(Stop::Failed),
            }
            let (found, key) = self.name(input, frame.previous, at)?;
            let index = frame.index;
            frame.index += 1;
            let Some(found) = found else {
                self.flush(&mut from, &mut to);
                self.undeclared::<MODE>(&mut frame, &input.rest, key, index)?;
                continue;
            };
            frame.previous = found + 1;
            let entry = &input.actions[found as usize];
            let (word, bit) = (frame.bits + entry.bit as usize / 64, 1u64 << (entry.bit % 64));
            if self.scratch.bits[word] & bit != 0 {
                return Err(if MODE == PUT { Stop::Beyond } else { Stop::Failed });
            }
            self.scratch.bits[word] |= bit;
            match &entry.action {
                Action::Keep => {
                    if MODE == PUT && self.is_due(&frame) {
                        self.flush(&mut from, &mut to);
                        self.due(object, &frame)?;
                    }
                    let value = self.at;
                    self.skip_here()?;
                    if value != key.end + 1 {
                        self.flush(&mut from, &mut to);
                        self.write_key(key);
                        self.out.extend_from_slice(&self.text[value..self.at]);
                    } else {
                        if to == 0 || to + 1 != key.start {
                            self.flush(&mut from, &mut to);
                            self.out.push(b',');
                            from = key.start;
                        }
                        to = self.at;
                    }
                    if MODE == PUT {
                        self.count(&frame);
                    }
                    if to == self.at && self.goes_on(input, found) {
                        self.pass_kept::<MODE>(input, &mut frame);
                        to = self.at;
                    }
                }
                Action::Link(link) => {
                    self.flush(&mut from, &mut to);
                    if self.link::<MODE>(object, &mut frame, *link, key, index)? {
                        return Ok(Done::Later);
                    }
                }
                Action::Open(child) => {
                    self.flush(&mut from, &mut to);
                    if self.open_container::<MODE>(object, &mut frame, *child, entry.slot, key, index)? {
                        return Ok(Done::Later);
                    }
                }
                Action::Held(held) => {
                    let from = self.at;
                    self.skip_linked()?;
                    self.hold(&frame, *held, from);
                    if MODE == GET {
                        self.drop_member(entry.slot, key, index, from);
                    }
                }
                Action::HeldLink { link, held } => {
                    self.flush(&mut from, &mut to);
                    let value = self.at;
                    self.skip_linked()?;
                    self.hold(&frame, *held, value);
                    self.at = value;
                    if self.link::<MODE>(object, &mut frame, *link, key, index)? {
                        return Ok(Done::Later);
                    }
                }
                Action::Drop => {
                    let from = self.at;
                    self.skip()?;
                    if MODE == GET {
                        let raw = &self.text[from..self.at];
                        memory::write_drop(self.memory, index, entry.slot, raw);
                        if !key.plain {
                            memory::write_key(self.memory, index, entry.slot, &self.text[key.start..key.end]);
                        }
                    }
                }
                other => {
                    self.flush(&mut from, &mut to);
                    self.rare_member::<MODE>(object, &mut frame, other, key, index)?;
                }
            }
        }
        self.flush(&mut from, &mut to);
        self.close_container::<MODE>(object, frame)?;
        Ok(Done::Yes)
    }

    /// Forwards: remembers the member whose value stands between `from` and the cursor, and that the view lacks.
    #[inline]
    fn drop_member(&mut self, slot: u32, key: Key, index: u32, from: usize) {
        let raw = &self.text[from..self.at];
        memory::write_drop(self.memory, index, slot, raw);
        if !key.plain {
            memory::write_key(self.memory, index, slot, &self.text[key.start..key.end]);
        }
    }

    /// Copies the run of kept members.
    #[inline]
    fn flush(&mut self, from: &mut usize, to: &mut usize) {
        if *to != 0 {
            append::range(self.out, self.text, *from, *to);
            *to = 0;
        }
    }

    /// Writes a comma and a name as it is spelled in the input.
    #[inline]
    fn write_key(&mut self, key: Key) {
        self.out.push(b',');
        append::range(self.out, self.text, key.start, key.end);
        self.out.push(b':');
    }

    /// A linked member; whether a frame was pushed for its value.
    #[inline]
    fn link<const MODE: u8>(
        &mut self,
        object: &Object,
        frame: &mut ObjectFrame,
        index: u32,
        key: Key,
        at: u32,
    ) -> Step<bool> {
        let link = &object.links[index as usize];
        if MODE != PUT && link.copies && (MODE != GET || link.fill.is_none() && (key.plain || link.same_name))
        {
            if link.same_name {
                self.write_key(key);
            } else {
                link.next.append(self.out);
            }
            self.copy_here()?;
            return Ok(false);
        }
        if link.out != NONE {
            if object.forward && self.is_set(frame.bits, link.out) {
                let from = self.at;
                self.skip()?;
                if MODE == GET {
                    self.drop_member(link.slot, key, at, from);
                }
                return Ok(false);
            }
            let is_null = (link.null_absent || link.null_refused) && self.text.get(self.at) == Some(&b'n');
            if is_null || link.implied.is_some() {
                return Err(Stop::Beyond);
            }
            self.set(frame.bits, link.given);
        }
        if (link.null_absent || link.null_refused || link.implied.is_some())
            && self.is_silent::<MODE>(link, frame, key, at)?
        {
            return Ok(false);
        }
        let mut mem = Mem::default();
        let mut spelled = None;
        if MODE == PUT {
            self.due(object, frame)?;
            if frame.replay != NOT_REPLAYED {
                (mem, spelled) = self.scratch.replays.of_slot(frame.replay, link.slot);
            }
        }
        let out = self.out.len();
        match spelled {
            Some(spelled) if !link.same_name => {
                self.out.push(b',');
                self.out.extend_from_slice(spelled.bytes(self.body));
                self.out.push(b':');
            }
            _ if link.same_name => self.write_key(key),
            _ => link.next.append(self.out),
        }
        if MODE == PUT {
            self.count(frame);
        }
        let kept = link.plain && mem.is_empty();
        if kept && (MODE != GET || link.fill.is_none() && (key.plain || link.same_name)) {
            self.copy()?;
            return Ok(false);
        }
        let entry = self.memory.len();
        if MODE == GET {
            memory::write_link_head(self.memory, at, link.slot);
        }
        frame.pending = Pending {
            kind: Kind::Link,
            link: index,
            entry,
            memory: self.memory.len(),
            out,
            value: self.out.len(),
            key: if key.plain || link.same_name { (0, 0) } else { (key.start, key.end) },
        };
        let top = self.scratch.stack.len();
        match self.value::<MODE>(link.state, mem)? {
            Done::Yes => {
                self.set(frame.bits, link.given);
                self.end_of_member::<MODE>(object, frame)?;
                Ok(false)
            }
            Done::Nothing => {
                // The memory is the `TEXT` of the empty list.
                let pending = std::mem::take(&mut frame.pending);
                if MODE == PUT || link.required && link.fill.is_none() || pending.key != (0, 0) || !key.plain
                {
                    return Err(Stop::Beyond);
                }
                self.out.truncate(out);
                Ok(false)
            }
            Done::Later => {
                self.set(frame.bits, link.given);
                self.scratch.stack.insert(top, Frame::Object(*frame));
                Ok(true)
            }
        }
    }

    /// Whether a linked member gives nothing: a `null`, or backwards the value that the lens fills.
    #[cold]
    #[inline]
    fn is_silent<const MODE: u8>(
        &mut self,
        link: &Link,
        frame: &ObjectFrame,
        key: Key,
        at: u32,
    ) -> Step<bool> {
        let from = self.at;
        if link.null_refused && self.text.get(from) == Some(&b'n') {
            return Err(Stop::Beyond);
        }
        if link.null_absent && self.text.get(from) == Some(&b'n') {
            self.skip()?;
            if link.required {
                return Err(Stop::Beyond);
            }
            if MODE == GET {
                memory::write_state(self.memory, at, link.slot, memory::WAS_NULL);
                if !key.plain {
                    return Err(Stop::Beyond);
                }
            }
            return Ok(true);
        }
        let Some(implied) = &link.implied else { return Ok(false) };
        if MODE == PUT
            && frame.replay != NOT_REPLAYED
            && self.scratch.replays.was_explicit(frame.replay, link.slot)
        {
            return Ok(false);
        }
        self.skip_linked()?;
        if is_value(&self.text[from..self.at], implied) {
            // What was there instead comes back.
            if MODE == PUT
                && frame.replay != NOT_REPLAYED
                && self.scratch.replays.remembers(frame.replay, link.slot)
            {
                return Err(Stop::Beyond);
            }
            return Ok(true);
        }
        self.at = from;
        Ok(false)
    }

    /// A container of the input whose members go to the object around it; whether a frame was pushed for it.
    fn open_container<const MODE: u8>(
        &mut self,
        object: &Object,
        frame: &mut ObjectFrame,
        child: u32,
        slot: u32,
        key: Key,
        at: u32,
    ) -> Step<bool> {
        let nullable = object.inputs[child as usize].nullable;
        if nullable && self.text.get(self.at) == Some(&b'n') {
            if !object.forward || !key.plain {
                return Err(Stop::Beyond);
            }
            let from = self.at;
            self.skip()?;
            if MODE == GET {
                memory::write_drop(self.memory, at, slot, &self.text[from..self.at]);
            }
            return Ok(false);
        }
        if object.is_computed() {
            if self.text.get(self.at) != Some(&b'{') {
                return Err(Stop::Failed);
            }
            self.judge(object, child, frame.bits)?;
        }
        self.enter(b'{')?;
        let entry = self.memory.len();
        if MODE == GET {
            memory::write_shell_head(self.memory, at, slot);
        }
        let memory = self.memory.len();
        if MODE == GET {
            memory::open(memory::FRAME, self.memory);
        }
        let out = self.out.len();
        let inner = ObjectFrame {
            input: child,
            index: 0,
            previous: 0,
            memory,
            pending: Pending::default(),
            ..*frame
        };
        let key = if key.plain { (0, 0) } else { (key.start, key.end) };
        frame.pending = Pending { kind: Kind::Shell, link: slot, entry, memory, out, value: out, key };
        self.scratch.stack.push(Frame::Object(*frame));
        self.scratch.stack.push(Frame::Object(inner));
        Ok(true)
    }

    /// After the value of a member: what is to be remembered of it.
    fn end_of_member<const MODE: u8>(&mut self, object: &Object, frame: &mut ObjectFrame) -> Step {
        let pending = std::mem::take(&mut frame.pending);
        if MODE != GET {
            return Ok(());
        }
        let at = frame.index - 1;
        let mut left = self.memory.len() > pending.memory;
        let mut slot = pending.link;
        let mut fill = None;
        if pending.kind == Kind::Shell {
            // Nothing went to the view, and nothing is left: that there was a container is.
            if !left && self.out.len() == pending.out {
                self.memory.push(memory::NOTHING);
                left = true;
            }
        } else {
            let link = &object.links[pending.link as usize];
            slot = link.slot;
            fill = link.fill.as_deref().filter(|_| link.explicit);
        }
        if !left {
            self.memory.truncate(pending.entry);
        }
        if let Some(fill) = fill
            && is_value(&self.out[pending.value..], fill)
        {
            memory::write_state(self.memory, at, slot, memory::WAS_EXPLICIT);
        }
        if pending.key != (0, 0) {
            let raw = &self.text[pending.key.0..pending.key.1];
            memory::write_key(self.memory, at, slot, raw);
        }
        Ok(())
    }

    /// At the bracket that closes an input container.
    fn close_container<const MODE: u8>(&mut self, object: &Object, frame: ObjectFrame) -> Step {
        self.leave();
        if MODE == GET {
            memory::close(frame.memory, self.memory);
        }
        let input = &object.inputs[frame.input as usize];
        if input.needs.iter().any(|bit| !self.is_set(frame.bits, *bit)) {
            return Err(Stop::Beyond);
        }
        if frame.input != 0 {
            // A container of the view that gives nothing would vanish.
            let is_silent = match self.scratch.stack.last() {
                Some(Frame::Object(outer)) => outer.pending.out == self.out.len(),
                _ => true,
            };
            return if is_silent && !object.forward { Err(Stop::Beyond) } else { Ok(()) };
        }
        if MODE == PUT && frame.replay != NOT_REPLAYED {
            self.replay_rest(object, &frame)?;
        }
        let computed = object.is_computed();
        let is_whole = object.outputs[0].close.iter().all(|close| self.is_set(frame.bits, close.bit));
        if !is_whole || computed && object.forward {
            self.complete::<MODE>(object, &frame)?;
        }
        if MODE == PUT && frame.replay != NOT_REPLAYED {
            self.scratch.replays.close(frame.replay);
        }
        match self.out.get_mut(frame.out) {
            Some(comma) => *comma = b'{',
            None => self.out.push(b'{'),
        }
        self.out.push(b'}');
        if computed && !object.forward {
            self.verify(object, &frame)?;
        }
        self.scratch.held.truncate(frame.held);
        self.scratch.bits.truncate(frame.bits);
        if object.check == NONE { Ok(()) } else { self.check(object.check, frame.out) }
    }

    /// Writes the members of the output that nothing gave.
    #[cold]
    #[inline]
    fn complete<const MODE: u8>(&mut self, object: &Object, frame: &ObjectFrame) -> Step {
        let mut made =
            if object.is_computed() && object.forward { self.compute(object, frame)? } else { Vec::new() };
        for close in &object.outputs[0].close {
            if self.is_set(frame.bits, close.bit) {
                continue;
            }
            match &close.what {
                // What a container had that was not there is the clear engine's matter.
                Closing::Fill(_) if MODE == GET && close.nested => return Err(Stop::Beyond),
                Closing::Fill(text) => self.out.extend_from_slice(text),
                Closing::Require => return Err(Stop::Failed),
                Closing::Moved(_) | Closing::Container(_) | Closing::Find => return Err(Stop::Beyond),
                Closing::Computed { compute, output, token, fill, check, required } => {
                    let made =
                        made.get_mut(*compute as usize).and_then(|made| made.get_mut(*output as usize));
                    let made = made.and_then(Option::take);
                    let Some(value) = made.as_deref().or(fill.as_deref()) else {
                        if *required {
                            return Err(Stop::Beyond);
                        }
                        continue;
                    };
                    self.out.push(b',');
                    self.out.extend_from_slice(token);
                    let from = self.out.len();
                    self.out.extend_from_slice(value);
                    self.check(*check, from)?;
                }
            }
        }
        Ok(())
    }

    #[inline]
    pub(super) fn set(&mut self, base: usize, bit: u32) {
        self.scratch.bits[base + bit as usize / 64] |= 1 << (bit % 64);
    }

    #[inline]
    pub(super) fn is_set(&self, base: usize, bit: u32) -> bool {
        bit != NONE && self.scratch.bits[base + bit as usize / 64] & 1 << (bit % 64) != 0
    }

    /// Whether a remembered member comes before the next one.
    #[inline]
    fn is_due(&self, frame: &ObjectFrame) -> bool {
        frame.replay != NOT_REPLAYED && self.scratch.replays.is_due(frame.replay)
    }

    #[inline]
    fn count(&mut self, frame: &ObjectFrame) {
        if frame.replay != NOT_REPLAYED {
            self.scratch.replays.count(frame.replay, 1);
        }
    }

    /// Writes the remembered members whose turn it is.
    #[inline]
    fn due(&mut self, object: &Object, frame: &ObjectFrame) -> Step {
        while self.is_due(frame) {
            self.replay_one(object, frame)?;
        }
        Ok(())
    }

    #[inline]
    fn replay_rest(&mut self, object: &Object, frame: &ObjectFrame) -> Step {
        while self.scratch.replays.has_more(frame.replay) {
            self.replay_one(object, frame)?;
        }
        // A list that was empty has no place in the view.
        if self.scratch.replays.left_over(frame.replay, |slot| {
            let output = &object.outputs[0].slots[slot as usize];
            let bit = output.bit;
            self.scratch.bits[frame.bits + bit as usize / 64] & 1 << (bit % 64) != 0
        }) {
            return Err(Stop::Beyond);
        }
        Ok(())
    }

    #[cold]
    #[inline]
    fn replay_one(&mut self, object: &Object, frame: &ObjectFrame) -> Step {
        let remembered = self.scratch.replays.take(frame.replay)?;
        let output = &object.outputs[0];
        match remembered.tag {
            memory::DROP => {
                let slot = &output.slots[remembered.slot as usize];
                let conditional = match slot.role {
                    OutputRole::Alone => None,
                    OutputRole::Conditional(link) => Some(link),
                    _ => return Err(Stop::Beyond),
                };
                if self.is_set(frame.bits, slot.bit) {
                    return Err(Stop::Beyond);
                }
                if let Some(link) = conditional {
                    self.set(frame.bits, object.links[link as usize].out);
                }
                self.set(frame.bits, slot.bit);
                self.out.push(b',');
                match self.scratch.replays.of_slot(frame.replay, remembered.slot).1 {
                    Some(spelled) => {
                        self.out.extend_from_slice(spelled.bytes(self.body));
                        self.out.push(b':');
                    }
                    None => self.out.extend_from_slice(&slot.token),
                }
                self.remembered(&slot.check, remembered.raw)?;
            }
            memory::SHADOW => self.replay_shadow(object, 0, frame.replay, remembered)?,
            _ => return Err(Stop::Beyond),
        }
        self.count(frame);
        Ok(())
    }
}

/// Whether a value is the same as another (≈); most are by their text.
#[inline]
pub(super) fn is_value(text: &[u8], other: &[u8]) -> bool {
    text == other || {
        // Only values of the same type can be equal; most that differ differ at their first byte.
        let same_kind = match (text.first(), other.first()) {
            (Some(b'-' | b'0'..=b'9'), Some(b'-' | b'0'..=b'9')) => true,
            (Some(one), Some(other)) => one == other,
            _ => false,
        };
        same_kind && equal_text(text, other)
    }
}
