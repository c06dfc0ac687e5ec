//! Objects whose members are written in another order than they are read, or into several containers.
//!
//! One pass over the input steps over the members and notes where they stand; containers that are passed leave links,
//! so that entering one later reads nothing twice. Then each container of the output is written from its list. What
//! is noted stays in the order of the input, so that the complement is written from the same notes at the end.
#![expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: table indices are given out by `lower`, indices of notes and lists by this module; offsets \
              into the input come from scanning it"
)]

use super::exec::{Done, Exec, Frame, GET, Mem, NESTED, PUT, Step, Stop};
use super::memory;
use super::object::{Key, is_value};
use super::replay::NOT_REPLAYED;
use super::table::{Action, Link, NONE, Object, OutputRole, Rest};
use crate::value::scan;

/// A member of the input, or of the complement, that was met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    pub(super) what: What,
    /// Link, slot or output container.
    pub(super) index: u32,
    pub(super) key: (u32, u32),
    pub(super) plain: bool,
    pub(super) value: (u32, u32),
    /// Containers of the input that are open around the value.
    pub(super) depth: u32,
    /// The next one of the same list.
    pub(super) next: u32,
    /// The input container that it is a member of.
    pub(super) input: u32,
    /// Forwards: its memory, once it was written: where it begins behind a bit that says that it is the value that
    /// the lens fills, and its length.
    pub(super) memory: (u32, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A linked member.
    Member,
    /// A member that passes as it is.
    Pass,
    /// The member `$type`.
    Tag,
    /// A container of the output, and the key under which the input has it.
    Container,
    /// From the complement: a declared member of the output.
    Remembered,
    /// Forwards, for the complement only: a member that is dropped, one that is shadowed, a linked `null`.
    Dropped,
    Shadowed,
    Null,
    /// Forwards, for the complement only: a container of the input begins, and ends.
    Open,
    Close,
}

/// An output container of an object that is being written.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    pub(super) head: u32,
    pub(super) tail: u32,
    /// Members that are written at its close, whatever their order.
    pub(super) moved: u32,
    pub(super) is_placed: bool,
    /// The complement says where it stands.
    pub(super) has_shell: bool,
    pub(super) replay: u32,
    /// While it is written: where its output begins, and how far its closing program got.
    pub(super) start: usize,
    pub(super) closed: usize,
}

const EMPTY: List = List {
    head: NONE,
    tail: NONE,
    moved: NONE,
    is_placed: false,
    has_shell: false,
    replay: NOT_REPLAYED,
    start: 0,
    closed: 0,
};

/// How far the members of an input container were written, forwards: whether the view has them in their order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Order {
    /// The note of its beginning.
    pub(super) open: u32,
    /// The last note of its members that was written.
    pub(super) last: u32,
}

/// A container of the input that is open while the complement is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shell {
    /// Members so far.
    pub(super) index: u32,
    /// Where its entry begins, and where its frame does.
    pub(super) entry: usize,
    pub(super) start: usize,
    pub(super) slot: u32,
    pub(super) key: (u32, u32),
    pub(super) plain: bool,
}

/// An object that is being written.
#[derive(Clone, Copy, Debug)]
pub(super) struct IndexedFrame {
    pub(super) object: u32,
    pub(super) bits: usize,
    pub(super) notes: usize,
    pub(super) lists: usize,
    pub(super) orders: usize,
    /// The view has members in another order.
    pub(super) disordered: bool,
    /// Where the input goes on after the object.
    pub(super) end: usize,
    pub(super) depth: u32,
    /// The output container that is being written.
    pub(super) container: u32,
    pub(super) out: usize,
    /// Forwards: where its memory begins.
    pub(super) memory: usize,
    /// A note whose value is being written, and where its memory and its output begin.
    pub(super) pending: u32,
    pub(super) pending_memory: usize,
    pub(super) pending_value: usize,
}

/// A container of the input that is walked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    input: u32,
    index: u32,
    previous: u32,
    key: Key,
    /// Something of it goes to the output.
    gave: bool,
}

impl Exec<'_> {
    pub(super) fn open_indexed<const MODE: u8>(&mut self, index: u32, mem: Mem) -> Step<Done> {
        let object = &self.code.objects[index as usize];
        let depth = self.depth;
        let scratch = &mut *self.scratch;
        let mut frame = IndexedFrame {
            object: index,
            bits: scratch.bits.len(),
            notes: scratch.notes.len(),
            lists: scratch.lists.len(),
            orders: scratch.orders.len(),
            disordered: false,
            end: 0,
            depth,
            container: 0,
            out: self.out.len(),
            memory: self.memory.len(),
            pending: NONE,
            pending_memory: 0,
            pending_value: 0,
        };
        scratch.bits.resize(frame.bits + object.words, 0);
        scratch.lists.resize(frame.lists + object.outputs.len(), EMPTY);
        scratch.lists[frame.lists].is_placed = true;
        if MODE == GET {
            scratch.orders.resize(frame.orders + object.inputs.len(), Order::default());
        }
        if MODE == PUT && !mem.is_empty() {
            self.open_frames(object, &frame, mem)?;
        }
        self.walk::<MODE>(object, &frame)?;
        frame.end = self.at;
        if MODE == PUT {
            for container in 0..object.outputs.len() as u32 {
                let replay = self.list(&frame, container).replay;
                if replay == NOT_REPLAYED {
                    continue;
                }
                while self.scratch.replays.has_more(replay) {
                    self.remember(object, &frame, container)?;
                }
                let output = &object.outputs[container as usize];
                let (replays, bits) = (&self.scratch.replays, &self.scratch.bits);
                let given = |slot: u32| {
                    let bit = output.slots[slot as usize].bit as usize;
                    bits[frame.bits + bit / 64] & 1 << (bit % 64) != 0
                };
                if replays.left_over(replay, given) {
                    return Err(Stop::Beyond);
                }
            }
        }
        // What stands in a container that is the same on both sides, but that the input lacks, has no place.
        let lists = &self.scratch.lists[frame.lists..];
        if lists.iter().any(|list| !list.is_placed && (list.head != NONE || list.moved != NONE)) {
            return Err(Stop::Beyond);
        }
        self.steps += 1 + (self.scratch.notes.len() - frame.notes) as u64;
        self.scratch.lists[frame.lists].start = self.out.len();
        if self.nested >= NESTED {
            self.scratch.stack.push(Frame::Indexed(frame));
            return Ok(Done::Later);
        }
        self.nested += 1;
        let done = self.indexed::<MODE>(frame);
        self.nested -= 1;
        done
    }

    #[inline]
    pub(super) fn list(&mut self, frame: &IndexedFrame, container: u32) -> &mut List {
        &mut self.scratch.lists[frame.lists + container as usize]
    }

    /// Opens the frames of all containers that the complement speaks of.
    #[inline]
    fn open_frames(&mut self, object: &Object, frame: &IndexedFrame, mem: Mem) -> Step {
        self.list(frame, 0).replay = self.scratch.replays.open(self.body, mem, &object.outputs[0].slots)?;
        for container in 0..object.outputs.len() as u32 {
            let replay = self.list(frame, container).replay;
            if replay == NOT_REPLAYED {
                continue;
            }
            for index in self.scratch.replays.entries(replay) {
                let Some(entry) = self.scratch.replays.entry(index) else { return Err(Stop::Beyond) };
                // Entries of undeclared members have no slot, and their object may have none at all.
                if entry.tag != memory::SHELL {
                    continue;
                }
                let slot = object.outputs[container as usize].slots.get(entry.slot as usize);
                let Some(OutputRole::Container(child)) = slot.map(|slot| slot.role) else { continue };
                if self.list(frame, child).has_shell {
                    return Err(Stop::Beyond);
                }
                self.list(frame, child).has_shell = true;
                if entry.raw.start < entry.raw.end {
                    let inner = Mem { start: entry.raw.start, end: entry.raw.end };
                    let slots = &object.outputs[child as usize].slots;
                    self.list(frame, child).replay = self.scratch.replays.open(self.body, inner, slots)?;
                }
            }
        }
        Ok(())
    }

    /// The pass over the input: notes every member that matters.
    fn walk<const MODE: u8>(&mut self, object: &Object, frame: &IndexedFrame) -> Step {
        self.enter(b'{')?;
        let base = self.scratch.walks.len();
        let none = Key { start: 0, end: 0, plain: true };
        let mut walk = Walk { input: 0, index: 0, previous: 0, key: none, gave: false };
        loop {
            let input = &object.inputs[walk.input as usize];
            let mut at = scan::space(self.text, self.at);
            match self.text.get(at) {
                Some(b'}') => {
                    self.at = at;
                    self.leave();
                    if self.scratch.walks.len() == base {
                        break;
                    }
                    walk = self.leave_container::<MODE>(object, frame, walk)?;
                    continue;
                }
                Some(b',') if walk.index > 0 => at = scan::space(self.text, at + 1),
                _ if walk.index == 0 => {}
                _ => return Err(Stop::Failed),
            }
            let (found, key) = self.name(input, walk.previous, at)?;
            walk.index += 1;
            let Some(found) = found else {
                self.note_undeclared::<MODE>(object, frame, walk.input, key)?;
                continue;
            };
            walk.previous = found + 1;
            let entry = &input.actions[found as usize];
            let (word, bit) = (frame.bits + entry.bit as usize / 64, 1u64 << (entry.bit % 64));
            if self.scratch.bits[word] & bit != 0 {
                return Err(if MODE == PUT { Stop::Beyond } else { Stop::Failed });
            }
            self.scratch.bits[word] |= bit;
            match &entry.action {
                Action::Link(link) => {
                    walk.gave |= self.note_link::<MODE>(object, frame, *link, key, walk.input)?;
                }
                Action::Open(child) => {
                    if self.text.get(self.at) == Some(&b'n') && object.inputs[*child as usize].nullable {
                        if !object.forward || MODE != GET || !key.plain {
                            return Err(Stop::Beyond);
                        }
                        let from = self.at;
                        self.skip()?;
                        self.note(What::Dropped, entry.slot, key, from, walk.input);
                        continue;
                    }
                    self.enter(b'{')?;
                    if MODE == GET {
                        let at = self.at;
                        let same = object
                            .outputs
                            .get(object.inputs[*child as usize].counterpart as usize)
                            .is_some_and(|output| output.same_name);
                        let key = Key { plain: key.plain || same, ..key };
                        let note = self.note(What::Open, entry.slot, key, at, walk.input);
                        self.scratch.orders[frame.orders + *child as usize].open = note;
                    }
                    self.scratch.walks.push(walk);
                    walk = Walk { input: *child, index: 0, previous: 0, key, gave: false };
                }
                Action::Drop => {
                    let from = self.at;
                    self.skip()?;
                    if MODE == GET {
                        self.note(What::Dropped, entry.slot, key, from, walk.input);
                    }
                }
                Action::Shadow => {
                    let from = self.at;
                    self.skip()?;
                    if MODE == GET {
                        self.note(What::Shadowed, entry.slot, key, from, walk.input);
                    }
                }
                Action::Carry { fill, check } => {
                    let from = self.at;
                    self.skip()?;
                    let raw = &self.text[from..self.at];
                    if fill.as_ref().is_some_and(|fill| is_value(raw, fill)) {
                        continue;
                    }
                    let is_valid = self.code.checks.get(*check as usize).is_some_and(|check| check.run(raw));
                    if !is_valid || !matches!(input.rest, Rest::Pass) {
                        return Err(Stop::Beyond);
                    }
                    let note = self.note(What::Pass, NONE, key, from, walk.input);
                    self.append::<MODE>(object, frame, input.counterpart, note)?;
                }
                Action::Tag => {
                    let from = self.at;
                    self.skip()?;
                    let note = self.note(What::Tag, NONE, key, from, walk.input);
                    self.append::<MODE>(object, frame, 0, note)?;
                }
                Action::Refuse => return Err(Stop::Failed),
                Action::Keep | Action::Adopt { .. } | Action::Held(_) | Action::HeldLink { .. } => {
                    return Err(Stop::Beyond);
                }
            }
        }
        if object.inputs.iter().flat_map(|input| &input.needs).any(|bit| !self.has(frame, *bit)) {
            return Err(Stop::Beyond);
        }
        Ok(())
    }

    /// At the end of an input container inside the object; answers the one around it.
    fn leave_container<const MODE: u8>(
        &mut self,
        object: &Object,
        frame: &IndexedFrame,
        walk: Walk,
    ) -> Step<Walk> {
        let input = &object.inputs[walk.input as usize];
        let mut outer = self.scratch.walks.pop().ok_or(Stop::Beyond)?;
        outer.gave |= walk.gave;
        let at = self.at;
        if input.counterpart != NONE {
            // One that both sides have stands behind what was hoisted out of it.
            let parent = object.outputs[input.counterpart as usize].parent;
            let note = self.note(What::Container, input.counterpart, walk.key, at, walk.input);
            self.list(frame, input.counterpart).is_placed = true;
            let bit = self.container_bit(object, input.counterpart);
            self.set(frame.bits, bit);
            self.append::<MODE>(object, frame, parent, note)?;
        } else if !object.forward && !walk.gave {
            // It would vanish.
            return Err(Stop::Beyond);
        }
        if MODE == GET {
            let is_silent = u32::from(input.counterpart == NONE && !walk.gave);
            self.note(What::Close, is_silent, walk.key, at, walk.input);
        }
        Ok(outer)
    }

    #[inline]
    fn container_bit(&self, object: &Object, container: u32) -> u32 {
        object.outputs[container as usize].bit
    }

    /// Notes a linked member whose value stands at the cursor; whether it gives something.
    fn note_link<const MODE: u8>(
        &mut self,
        object: &Object,
        frame: &IndexedFrame,
        index: u32,
        key: Key,
        input: u32,
    ) -> Step<bool> {
        let link = &object.links[index as usize];
        if MODE == GET && link.moves_back {
            // The clear engine knows what order to remember.
            return Err(Stop::Beyond);
        }
        let from = self.at;
        if link.null_refused && self.text.get(from) == Some(&b'n') {
            return Err(Stop::Beyond);
        }
        if link.null_absent && self.text.get(from) == Some(&b'n') {
            self.skip()?;
            if link.required || !key.plain {
                return Err(Stop::Beyond);
            }
            if MODE == GET {
                self.note(What::Null, index, key, from, input);
            }
            return Ok(false);
        }
        if link.plain {
            self.skip_here()?
        } else {
            self.skip_linked()?
        }
        if let Some(implied) = &link.implied
            && is_value(&self.text[from..self.at], implied)
            && !self.was_explicit(frame, link)
        {
            // What was there instead comes back.
            if link.idle || self.remembers(frame, link) {
                return Err(Stop::Beyond);
            }
            return Ok(false);
        }
        self.set(frame.bits, link.given);
        let note = self.note(What::Member, index, key, from, input);
        if link.moved {
            if MODE == GET {
                return Err(Stop::Beyond);
            }
            let list = self.list(frame, link.output);
            let before = std::mem::replace(&mut list.moved, note);
            self.scratch.notes[note as usize].next = before;
        } else {
            self.append::<MODE>(object, frame, link.output, note)?;
        }
        Ok(true)
    }

    #[inline]
    fn was_explicit(&mut self, frame: &IndexedFrame, link: &Link) -> bool {
        let replay = self.list(frame, link.output).replay;
        replay != NOT_REPLAYED && self.scratch.replays.was_explicit(replay, link.slot)
    }

    /// Whether something else than its fill is remembered of a linked member.
    #[inline]
    fn remembers(&mut self, frame: &IndexedFrame, link: &Link) -> bool {
        let replay = self.list(frame, link.output).replay;
        replay != NOT_REPLAYED && self.scratch.replays.remembers(replay, link.slot)
    }

    fn note_undeclared<const MODE: u8>(
        &mut self,
        object: &Object,
        frame: &IndexedFrame,
        index: u32,
        key: Key,
    ) -> Step {
        let from = self.at;
        let input = &object.inputs[index as usize];
        match input.rest {
            Rest::Pass => {
                self.skip()?;
                let note = self.note(What::Pass, NONE, key, from, index);
                self.append::<MODE>(object, frame, input.counterpart, note)
            }
            Rest::Shadow => {
                self.skip()?;
                if MODE == GET {
                    self.note(What::Shadowed, NONE, key, from, index);
                }
                Ok(())
            }
            Rest::Refuse => Err(Stop::Failed),
            Rest::Leave => Err(Stop::Beyond),
        }
    }

    /// Notes what stands between `from` and the cursor.
    #[inline]
    pub(super) fn note(&mut self, what: What, index: u32, key: Key, from: usize, input: u32) -> u32 {
        let notes = &mut self.scratch.notes;
        notes.push(Note {
            what,
            index,
            key: (key.start as u32, key.end as u32),
            plain: key.plain,
            value: (from as u32, self.at as u32),
            depth: self.depth,
            next: NONE,
            input,
            memory: (0, 0),
        });
        notes.len() as u32 - 1
    }

    /// Appends a note to an output container, behind the remembered members whose turn it is.
    fn append<const MODE: u8>(
        &mut self,
        object: &Object,
        frame: &IndexedFrame,
        container: u32,
        note: u32,
    ) -> Step {
        self.place::<MODE>(object, frame, container)?;
        let replay = self.list(frame, container).replay;
        if MODE == PUT && replay != NOT_REPLAYED {
            while self.scratch.replays.is_due(replay) {
                self.remember(object, frame, container)?;
            }
            self.scratch.replays.count(replay, 1);
        }
        self.link_up(frame, container, note);
        Ok(())
    }

    #[inline]
    fn link_up(&mut self, frame: &IndexedFrame, container: u32, note: u32) {
        let list = self.list(frame, container);
        let tail = std::mem::replace(&mut list.tail, note);
        if tail == NONE {
            list.head = note;
        } else {
            self.scratch.notes[tail as usize].next = note;
        }
    }

    /// A container that the input does not have stands where its first member comes.
    fn place<const MODE: u8>(&mut self, object: &Object, frame: &IndexedFrame, container: u32) -> Step {
        let output = &object.outputs[container as usize];
        let list = self.list(frame, container);
        // One that the complement speaks of is a remembered member, whatever streams into it.
        if list.is_placed || list.has_shell || output.counterpart != NONE {
            return Ok(());
        }
        self.list(frame, container).is_placed = true;
        let bit = self.container_bit(object, container);
        self.set(frame.bits, bit);
        let note = self.note(What::Container, container, Key { start: 0, end: 0, plain: true }, self.at, 0);
        // INVARIANT: containers nest as deep as the migration says, which is bounded by the schema.
        self.append::<MODE>(object, frame, output.parent, note)
    }

    /// Appends the next remembered member of a container.
    #[inline]
    fn remember(&mut self, object: &Object, frame: &IndexedFrame, container: u32) -> Step {
        let replay = self.list(frame, container).replay;
        let entry = self.scratch.replays.take(replay)?;
        // An object that declares nothing has no slots; what is remembered of it is undeclared.
        let slots = &object.outputs[container as usize].slots;
        let Some(slot) = slots.get(entry.slot as usize) else { return Err(Stop::Beyond) };
        match (entry.tag, slot.role) {
            (memory::DROP, OutputRole::Alone) if !self.has(frame, slot.bit) => {
                self.set(frame.bits, slot.bit);
                let key = Key { start: container as usize, end: 0, plain: true };
                let note = self.note(What::Remembered, entry.slot, key, 0, 0);
                self.scratch.notes[note as usize].value = (entry.raw.start, entry.raw.end);
                self.link_up(frame, container, note);
            }
            (memory::SHELL, OutputRole::Container(child)) => {
                let output = &object.outputs[child as usize];
                if output.counterpart != NONE {
                    // It stands where the view has it.
                    return Ok(());
                }
                self.list(frame, child).is_placed = true;
                self.set(frame.bits, output.bit);
                let at = self.at;
                let note = self.note(What::Container, child, Key { start: 0, end: 0, plain: true }, at, 0);
                self.link_up(frame, container, note);
            }
            _ => return Err(Stop::Beyond),
        }
        self.scratch.replays.count(replay, 1);
        Ok(())
    }

    #[inline]
    pub(super) fn has(&self, frame: &IndexedFrame, bit: u32) -> bool {
        self.is_set(frame.bits, bit)
    }
}
