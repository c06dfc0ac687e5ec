//! The output of an object that is not in order, container by container, and its complement.
#![expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: table indices are given out by `lower`, indices of notes and lists by `indexed`; offsets \
              into the input come from scanning it"
)]

use super::exec::{Done, Exec, Frame, GET, Mem, PUT, Step, Stop};
use super::indexed::{IndexedFrame, Note, Shell, What};
use super::object::is_value;
use super::replay::{NOT_REPLAYED, Range};
use super::table::{Closing, Link, NONE, Object};
use super::{append, memory};

impl Exec<'_> {
    /// Writes the output containers from their lists.
    pub(super) fn indexed<const MODE: u8>(&mut self, mut frame: IndexedFrame) -> Step<Done> {
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
                    return Ok(Done::Later);
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
                                return Ok(Done::Later);
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
                    Closing::Computed { .. } | Closing::Find => return Err(Stop::Beyond),
                    Closing::Container(child) => {
                        let inner = &object.outputs[*child as usize];
                        if inner.counterpart != NONE {
                            return Err(Stop::Beyond);
                        }
                        let spelled = self.spelled::<MODE>(&frame, container, inner.slot);
                        self.out.push(b',');
                        match spelled.filter(|_| !inner.same_name) {
                            Some(spelled) => {
                                self.out.extend_from_slice(spelled.bytes(self.body));
                                self.out.push(b':');
                            }
                            None => self.out.extend_from_slice(&inner.token),
                        }
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
        self.close_indexed::<MODE>(object, &frame)?;
        Ok(Done::Yes)
    }

    /// Writes one member; whether a frame was pushed for its value.
    fn write_note<const MODE: u8>(
        &mut self,
        object: &Object,
        frame: &mut IndexedFrame,
        index: u32,
        note: Note,
    ) -> Step<bool> {
        if note.what == What::Member {
            return self.write_link::<MODE>(object, frame, index, note);
        }
        let key = note.key.0 as usize..note.key.1 as usize;
        let value = note.value.0 as usize..note.value.1 as usize;
        if MODE == GET && matches!(note.what, What::Pass | What::Tag) {
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
        if MODE == GET {
            self.follow_order(object, frame, index, note.input);
        }
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
        if link.same_name {
            self.out.push(b',');
            append::range(self.out, self.text, note.key.0 as usize, note.key.1 as usize);
            self.out.push(b':');
        } else if let Some(spelled) = spelled {
            self.out.push(b',');
            self.out.extend_from_slice(spelled.bytes(self.body));
            self.out.push(b':');
        } else {
            link.next.append(self.out);
        }
        if link.plain && mem.is_empty() {
            append::range(self.out, self.text, note.value.0 as usize, note.value.1 as usize);
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
                // Whether and where its new container stands is told by what else goes into it.
                let inside = link.output != 0;
                if MODE != super::exec::LIFT || inside || link.required || link.fill.is_some() {
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

    #[inline]
    fn is_explicit(&self, link: &Link, value: usize) -> bool {
        link.explicit && link.fill.as_ref().is_some_and(|fill| is_value(&self.out[value..], fill))
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
    #[inline]
    fn write_frames(&mut self, object: &Object, frame: &IndexedFrame) -> Step {
        let mut spare = std::mem::take(&mut self.scratch.spare);
        spare.clear();
        let answer = self.write_frames_to(object, frame, &mut spare);
        self.memory.truncate(frame.memory);
        self.memory.extend_from_slice(&spare);
        self.scratch.spare = spare;
        answer
    }

    #[inline]
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
    #[inline]
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
