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

use super::exec::{Done, Exec, Frame, GET, Mem, PUT, Step, Stop};
use super::memory;
use super::object::{Key, is_value};
use super::replay::{NOT_REPLAYED, Range};
use super::table::{Action, Closing, Link, NONE, Object, OutputRole, Rest};
use crate::value::scan;

/// A member of the input, or of the complement, that was met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    what: What,
    /// Link, slot or output container.
    index: u32,
    key: (u32, u32),
    plain: bool,
    value: (u32, u32),
    /// Containers of the input that are open around the value.
    depth: u32,
    /// The next one of the same list.
    next: u32,
    /// The input container that it is a member of.
    input: u32,
    /// Forwards: its memory, once it was written: where it begins behind a bit that says that it is the value that
    /// the lens fills, and its length.
    memory: (u32, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
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
    head: u32,
    tail: u32,
    /// Members that are written at its close, whatever their order.
    moved: u32,
    is_placed: bool,
    /// The complement says where it stands.
    has_shell: bool,
    replay: u32,
    /// While it is written: where its output begins, and how far its closing program got.
    start: usize,
    closed: usize,
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
    open: u32,
    /// The last note of its members that was written.
    last: u32,
}

/// A container of the input that is open while the complement is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shell {
    /// Members so far.
    index: u32,
    /// Where its entry begins, and where its frame does.
    entry: usize,
    start: usize,
    slot: u32,
    key: (u32, u32),
    plain: bool,
}

/// An object that is being written.
#[derive(Clone, Copy, Debug)]
pub(super) struct IndexedFrame {
    object: u32,
    bits: usize,
    notes: usize,
    lists: usize,
    orders: usize,
    /// The view has members in another order.
    disordered: bool,
    /// Where the input goes on after the object.
    end: usize,
    depth: u32,
    /// The output container that is being written.
    container: u32,
    out: usize,
    /// Forwards: where its memory begins.
    memory: usize,
    /// A note whose value is being written, and where its memory and its output begin.
    pending: u32,
    pending_memory: usize,
    pending_value: usize,
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
        self.scratch.stack.push(Frame::Indexed(frame));
        Ok(Done::Later)
    }

    #[inline]
    fn list(&mut self, frame: &IndexedFrame, container: u32) -> &mut List {
        &mut self.scratch.lists[frame.lists + container as usize]
    }

    /// Opens the frames of all containers that the complement speaks of.
    fn open_frames(&mut self, object: &Object, frame: &IndexedFrame, mem: Mem) -> Step {
        self.list(frame, 0).replay = self.scratch.replays.open(self.body, mem, &object.outputs[0].slots)?;
        for container in 0..object.outputs.len() as u32 {
            let replay = self.list(frame, container).replay;
            if replay == NOT_REPLAYED {
                continue;
            }
            for index in self.scratch.replays.entries(replay) {
                let Some(entry) = self.scratch.replays.entry(index) else { return Err(Stop::Beyond) };
                let role = object.outputs[container as usize].slots[entry.slot as usize].role;
                let (memory::SHELL, OutputRole::Container(child)) = (entry.tag, role) else { continue };
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
                        if MODE != GET || !key.plain {
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
                Action::Keep | Action::Adopt { .. } => return Err(Stop::Beyond),
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
            self.skip()?
        } else {
            self.skip_linked()?
        }
        if let Some(implied) = &link.implied
            && is_value(&self.text[from..self.at], implied)
            && !self.was_explicit(frame, link)
        {
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

    fn was_explicit(&mut self, frame: &IndexedFrame, link: &Link) -> bool {
        let replay = self.list(frame, link.output).replay;
        replay != NOT_REPLAYED && self.scratch.replays.was_explicit(replay, link.slot)
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
    fn note(&mut self, what: What, index: u32, key: Key, from: usize, input: u32) -> u32 {
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
            self.scratch.replays.count(replay);
        }
        self.link_up(frame, container, note);
        Ok(())
    }

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
    fn remember(&mut self, object: &Object, frame: &IndexedFrame, container: u32) -> Step {
        let replay = self.list(frame, container).replay;
        let entry = self.scratch.replays.take(replay)?;
        let slot = &object.outputs[container as usize].slots[entry.slot as usize];
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
        self.scratch.replays.count(replay);
        Ok(())
    }

    #[inline]
    fn has(&self, frame: &IndexedFrame, bit: u32) -> bool {
        self.is_set(frame.bits, bit)
    }

    /// Writes the output containers from their lists.
    pub(super) fn indexed<const MODE: u8>(&mut self, mut frame: IndexedFrame) -> Step {
        let object = &self.code.objects[frame.object as usize];
        if frame.pending != NONE {
            self.end_of_note::<MODE>(object, &mut frame)?;
        }
        loop {
            let container = frame.container;
            let next = self.list(&frame, container).head;
            if next != NONE {
                let note = self.scratch.notes[next as usize];
                self.list(&frame, container).head = note.next;
                if self.write_note::<MODE>(object, &mut frame, next, note)? {
                    return Ok(());
                }
                continue;
            }
            // Its closing program.
            let closed = self.list(&frame, container).closed;
            let output = &object.outputs[container as usize];
            if let Some(close) = output.close.get(closed) {
                self.list(&frame, container).closed += 1;
                match &close.what {
                    Closing::Moved(link) => {
                        let mut moved = self.list(&frame, container).moved;
                        while moved != NONE && self.scratch.notes[moved as usize].index != *link {
                            moved = self.scratch.notes[moved as usize].next;
                        }
                        if moved != NONE {
                            let note = self.scratch.notes[moved as usize];
                            if self.write_note::<MODE>(object, &mut frame, moved, note)? {
                                return Ok(());
                            }
                        }
                    }
                    _ if self.has(&frame, close.bit) => {}
                    Closing::Fill(text) => {
                        if MODE == GET && close.nested {
                            return Err(Stop::Beyond);
                        }
                        self.out.extend_from_slice(text);
                    }
                    Closing::Require => return Err(Stop::Failed),
                    Closing::Container(child) => {
                        let inner = &object.outputs[*child as usize];
                        if inner.counterpart != NONE {
                            return Err(Stop::Beyond);
                        }
                        self.out.push(b',');
                        self.out.extend_from_slice(&inner.token);
                        self.list(&frame, *child).start = self.out.len();
                        frame.container = *child;
                    }
                }
                continue;
            }
            let start = self.list(&frame, container).start;
            match self.out.get_mut(start) {
                Some(comma) => *comma = b'{',
                None => self.out.push(b'{'),
            }
            self.out.push(b'}');
            if container == 0 {
                break;
            }
            frame.container = output.parent;
        }
        self.close_indexed::<MODE>(object, &frame)
    }

    /// Writes one member; whether a frame was pushed for its value.
    fn write_note<const MODE: u8>(
        &mut self,
        object: &Object,
        frame: &mut IndexedFrame,
        index: u32,
        note: Note,
    ) -> Step<bool> {
        let key = note.key.0 as usize..note.key.1 as usize;
        let value = note.value.0 as usize..note.value.1 as usize;
        if MODE == GET && matches!(note.what, What::Member | What::Pass | What::Tag) {
            self.follow_order(object, frame, index, note.input);
        }
        match note.what {
            What::Pass => {
                self.out.push(b',');
                self.out.extend_from_slice(&self.text[key]);
                self.out.push(b':');
                self.out.extend_from_slice(&self.text[value]);
            }
            What::Tag => {
                self.out.push(b',');
                self.out.extend_from_slice(&self.text[key]);
                self.out.push(b':');
                match &object.retag {
                    None => self.out.extend_from_slice(&self.text[value]),
                    Some((from, to)) => {
                        let raw = &self.text[value];
                        if raw.contains(&b'\\') {
                            return Err(Stop::Beyond);
                        }
                        if raw.first() != Some(&b'"') || !crate::value::string::equals(raw, from.as_bytes()) {
                            return Err(Stop::Failed);
                        }
                        self.out.extend_from_slice(to);
                    }
                }
            }
            What::Container => {
                let output = &object.outputs[note.index as usize];
                let spelled = self.spelled::<MODE>(frame, output.parent, output.slot);
                self.out.push(b',');
                if let Some(spelled) = spelled.filter(|_| !output.same_name) {
                    self.out.extend_from_slice(spelled.bytes(self.body));
                    self.out.push(b':');
                } else if output.same_name && !key.is_empty() {
                    self.out.extend_from_slice(&self.text[key]);
                    self.out.push(b':');
                } else {
                    self.out.extend_from_slice(&output.token);
                }
                let start = self.out.len();
                self.list(frame, note.index).start = start;
                frame.container = note.index;
            }
            What::Remembered => {
                let slot = &object.outputs[note.key.0 as usize].slots[note.index as usize];
                let spelled = self.spelled::<MODE>(frame, note.key.0, note.index);
                self.out.push(b',');
                match spelled {
                    Some(spelled) => {
                        self.out.extend_from_slice(spelled.bytes(self.body));
                        self.out.push(b':');
                    }
                    None => self.out.extend_from_slice(&slot.token),
                }
                self.remembered(&slot.check, Range { start: note.value.0, end: note.value.1 })?;
            }
            What::Member => return self.write_link::<MODE>(object, frame, index, note),
            _ => return Err(Stop::Beyond),
        }
        Ok(false)
    }

    fn spelled<const MODE: u8>(&mut self, frame: &IndexedFrame, container: u32, slot: u32) -> Option<Range> {
        if MODE != PUT || container == NONE {
            return None;
        }
        let replay = self.list(frame, container).replay;
        if replay == NOT_REPLAYED { None } else { self.scratch.replays.of_slot(replay, slot).1 }
    }

    fn write_link<const MODE: u8>(
        &mut self,
        object: &Object,
        frame: &mut IndexedFrame,
        index: u32,
        note: Note,
    ) -> Step<bool> {
        let link = &object.links[note.index as usize];
        let mut mem = Mem::default();
        let mut spelled = None;
        if MODE == PUT {
            let replay = self.list(frame, link.output).replay;
            if replay != NOT_REPLAYED {
                (mem, spelled) = self.scratch.replays.of_slot(replay, link.slot);
            }
        }
        let out = self.out.len();
        self.out.push(b',');
        if link.same_name {
            self.out.extend_from_slice(&self.text[note.key.0 as usize..note.key.1 as usize]);
            self.out.push(b':');
        } else if let Some(spelled) = spelled {
            self.out.extend_from_slice(spelled.bytes(self.body));
            self.out.push(b':');
        } else {
            self.out.extend_from_slice(&link.token);
        }
        if link.plain && mem.is_empty() {
            self.out.extend_from_slice(&self.text[note.value.0 as usize..note.value.1 as usize]);
            if MODE == GET && link.fill.is_some() {
                self.scratch.notes[index as usize].memory = (
                    u32::from(
                        self.is_explicit(link, self.out.len() - (note.value.1 - note.value.0) as usize),
                    ),
                    0,
                );
            }
            return Ok(false);
        }
        self.at = note.value.0 as usize;
        self.depth = note.depth;
        frame.pending = index;
        frame.pending_memory = self.memory.len();
        frame.pending_value = self.out.len();
        let top = self.scratch.stack.len();
        match self.value::<MODE>(link.state, mem)? {
            Done::Yes => {
                self.end_of_note::<MODE>(object, frame)?;
                Ok(false)
            }
            Done::Nothing => {
                frame.pending = NONE;
                if MODE != super::exec::LIFT || link.required || link.fill.is_some() {
                    return Err(Stop::Beyond);
                }
                self.out.truncate(out);
                Ok(false)
            }
            Done::Later => {
                self.scratch.stack.insert(top, Frame::Indexed(*frame));
                Ok(true)
            }
        }
    }

    fn is_explicit(&self, link: &Link, value: usize) -> bool {
        link.fill.as_ref().is_some_and(|fill| is_value(&self.out[value..], fill))
    }

    /// After the value of a linked member: notes where its memory is.
    fn end_of_note<const MODE: u8>(&mut self, object: &Object, frame: &mut IndexedFrame) -> Step {
        let index = std::mem::replace(&mut frame.pending, NONE);
        if MODE == GET {
            let link = &object.links[self.scratch.notes[index as usize].index as usize];
            let explicit = self.is_explicit(link, frame.pending_value);
            let length = self.memory.len() - frame.pending_memory;
            // The range of the memory, behind a bit for the explicit default.
            self.scratch.notes[index as usize].memory =
                (u32::from(explicit) | (frame.pending_memory as u32) << 1, length as u32);
            if frame.pending_memory >= 1 << 31 {
                return Err(Stop::Beyond);
            }
        }
        Ok(())
    }

    fn close_indexed<const MODE: u8>(&mut self, object: &Object, frame: &IndexedFrame) -> Step {
        if MODE == GET {
            self.write_frames(object, frame)?;
        }
        if MODE == PUT {
            let first = (0..object.outputs.len())
                .map(|at| self.scratch.lists[frame.lists + at].replay)
                .find(|replay| *replay != NOT_REPLAYED);
            if let Some(first) = first {
                self.scratch.replays.close(first);
            }
        }
        self.scratch.bits.truncate(frame.bits);
        self.scratch.notes.truncate(frame.notes);
        self.scratch.lists.truncate(frame.lists);
        self.scratch.orders.truncate(frame.orders);
        self.at = frame.end;
        self.depth = frame.depth;
        self.check(object.check, frame.out)
    }

    /// The complement of the object, from the notes in their order.
    fn write_frames(&mut self, object: &Object, frame: &IndexedFrame) -> Step {
        let mut spare = std::mem::take(&mut self.scratch.spare);
        spare.clear();
        let answer = self.write_frames_to(object, frame, &mut spare);
        self.memory.truncate(frame.memory);
        self.memory.extend_from_slice(&spare);
        self.scratch.spare = spare;
        answer
    }

    fn write_frames_to(&mut self, object: &Object, frame: &IndexedFrame, to: &mut Vec<u8>) -> Step {
        if frame.disordered {
            // What order there was is remembered, which is the clear engine's matter.
            return Err(Stop::Beyond);
        }
        self.scratch.shells.clear();
        let mut last = Shell { index: 0, entry: 0, start: 0, slot: 0, key: (0, 0), plain: true };
        memory::open(memory::FRAME, to);
        for at in frame.notes..self.scratch.notes.len() {
            let note = self.scratch.notes[at];
            let raw = &self.text[note.value.0 as usize..note.value.1 as usize];
            let name = &self.text[note.key.0 as usize..note.key.1 as usize];
            match note.what {
                // They stand where they are written, not among the input's members.
                What::Container | What::Remembered => continue,
                What::Close => {
                    let inner = last;
                    last = self.scratch.shells.pop().ok_or(Stop::Beyond)?;
                    memory::close(inner.start, to);
                    if to.len() == inner.start {
                        if note.index == 1 {
                            to.push(memory::NOTHING);
                        } else {
                            to.truncate(inner.entry);
                        }
                    }
                    if !inner.plain {
                        let name = &self.text[inner.key.0 as usize..inner.key.1 as usize];
                        memory::write_key(to, last.index, inner.slot, name);
                    }
                }
                What::Open => {
                    let entry = to.len();
                    memory::write_shell_head(to, last.index, note.index);
                    let start = to.len();
                    memory::open(memory::FRAME, to);
                    self.scratch.shells.push(last);
                    last =
                        Shell { index: 0, entry, start, slot: note.index, key: note.key, plain: note.plain };
                    continue;
                }
                What::Dropped => {
                    memory::write_drop(to, last.index, note.index, raw);
                    if !note.plain {
                        memory::write_key(to, last.index, note.index, name);
                    }
                }
                What::Shadowed => memory::write_shadow(to, last.index, name, raw),
                What::Null => {
                    let slot = object.links[note.index as usize].slot;
                    memory::write_state(to, last.index, slot, memory::WAS_NULL);
                }
                What::Pass | What::Tag => {}
                What::Member => {
                    let link = &object.links[note.index as usize];
                    let (packed, length) = note.memory;
                    let from = (packed >> 1) as usize;
                    if length > 0 {
                        memory::write_link_head(to, last.index, link.slot);
                        to.extend_from_slice(&self.memory[from..from + length as usize]);
                    }
                    if packed & 1 == 1 {
                        memory::write_state(to, last.index, link.slot, memory::WAS_EXPLICIT);
                    }
                    if !note.plain && !link.same_name {
                        memory::write_key(to, last.index, link.slot, name);
                    }
                }
            }
            last.index += 1;
        }
        memory::close(0, to);
        Ok(())
    }

    /// Sees whether the view has the members of each container of the input in their order, so that they come back
    /// in it. A container stands where its first member does.
    fn follow_order(&mut self, object: &Object, frame: &mut IndexedFrame, note: u32, input: u32) {
        let (mut input, mut note) = (input, note);
        loop {
            let order = &mut self.scratch.orders[frame.orders + input as usize];
            // Note 0 is only ever the first one.
            let is_first = order.last == 0;
            frame.disordered |= !is_first && note < order.last;
            order.last = note.max(1);
            if !is_first || object.inputs[input as usize].parent == NONE {
                return;
            }
            note = order.open;
            input = object.inputs[input as usize].parent;
        }
    }
}
