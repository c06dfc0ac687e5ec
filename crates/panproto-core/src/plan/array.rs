//! Arrays, item by item.
#![expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: table indices are given out by `lower`; offsets into the input come from scanning it"
)]

use super::exec::{Done, Exec, Frame, GET, Item, Mem, NESTED, PUT, Step, Stop};
use super::memory;
use super::table::NONE;
use crate::value::scan;

/// An array that is open.
#[derive(Debug)]
pub(super) struct ArrayFrame {
    array: u32,
    index: usize,
    /// Where the output begins: the place of the bracket.
    out: usize,
    /// Forwards: where its memory begins.
    memory: usize,
    /// Forwards: first of its items in the list of items.
    items: usize,
    /// Forwards: some item left something.
    any: bool,
    /// Backwards: where the next item's memory stands, and their end; 0 where there are none.
    cursor: usize,
    end: usize,
    /// An item is on its way.
    pending: bool,
}

impl Exec<'_> {
    pub(super) fn open_array<const MODE: u8>(&mut self, array: u32, mem: Mem) -> Step<Done> {
        if self.code.arrays[array as usize].hinted {
            // A key that somebody hinted has to be unique, which only the clear engine checks.
            return Err(Stop::Beyond);
        }
        let mut frame = ArrayFrame {
            array,
            index: 0,
            out: self.out.len(),
            memory: self.memory.len(),
            items: self.scratch.items.len(),
            any: false,
            cursor: 0,
            end: 0,
            pending: false,
        };
        if MODE == GET && self.code.arrays[array as usize].remembers {
            memory::open(memory::ITEMS, self.memory);
        }
        if MODE == PUT && !mem.is_empty() {
            frame.cursor = super::replay::items(self.body, mem)?;
            frame.end = mem.end as usize;
        }
        self.enter(b'[')?;
        self.out.push(b'[');
        if self.nested >= NESTED {
            self.scratch.stack.push(Frame::Array(frame));
            return Ok(Done::Later);
        }
        self.nested += 1;
        let done = self.items::<MODE>(frame);
        self.nested -= 1;
        done
    }

    /// The items from the cursor on; to the end, unless a frame was pushed for one of them.
    pub(super) fn items<const MODE: u8>(&mut self, mut frame: ArrayFrame) -> Step<Done> {
        let array = &self.code.arrays[frame.array as usize];
        let remembers = MODE == GET && array.remembers;
        loop {
            if frame.pending {
                frame.pending = false;
                if remembers {
                    self.end_of_item(&mut frame);
                }
            }
            let mut at = scan::space(self.text, self.at);
            match self.text.get(at) {
                Some(b']') => {
                    self.at = at;
                    break;
                }
                Some(b',') if frame.index > 0 => {
                    self.out.push(b',');
                    at = scan::space(self.text, at + 1);
                }
                _ if frame.index == 0 => {}
                _ => return Err(Stop::Failed),
            }
            self.at = at;
            // A comma and no item.
            if self.text.get(at) == Some(&b']') {
                return Err(Stop::Failed);
            }
            let state = array.prefix.get(frame.index).copied().unwrap_or(array.items);
            if state == NONE {
                return Err(Stop::Failed);
            }
            frame.index += 1;
            self.steps += 1;
            let mut mem = Mem::default();
            if remembers {
                self.scratch.items.push(Item { start: self.out.len(), memory: self.memory.len() });
                self.memory.extend_from_slice(&[0; 16]);
            }
            if MODE == PUT && frame.end > 0 {
                mem = self.next_memory(&mut frame)?;
            }
            frame.pending = true;
            let top = self.scratch.stack.len();
            match self.value::<MODE>(state, mem)? {
                Done::Yes => {}
                Done::Nothing => return Err(Stop::Failed),
                Done::Later => {
                    self.scratch.stack.insert(top, Frame::Array(frame));
                    return Ok(Done::Later);
                }
            }
        }
        if MODE == PUT && frame.cursor < frame.end {
            return Err(Stop::Beyond);
        }
        self.leave();
        self.out.push(b']');
        if remembers {
            self.end_of_items(&frame);
        }
        self.check(array.check, frame.out)?;
        Ok(Done::Yes)
    }

    /// The memory of the item at the cursor: the next one, if the item is what it was.
    #[inline]
    fn next_memory(&mut self, frame: &mut ArrayFrame) -> Step<Mem> {
        if frame.cursor >= frame.end {
            return Err(Stop::Beyond);
        }
        let head = self.body.get(frame.cursor..).and_then(<[u8]>::first_chunk::<8>).ok_or(Stop::Beyond)?;
        if self.scratch.digester.digest(&self.text[self.at..]) != u64::from_le_bytes(*head) {
            return Err(Stop::Beyond);
        }
        let start = frame.cursor + 16;
        let mem = super::replay::mem_at(self.body, start)?;
        frame.cursor = if mem.is_empty() { start + 1 } else { mem.end as usize };
        Ok(mem)
    }

    #[inline]
    fn end_of_item(&mut self, frame: &mut ArrayFrame) {
        let Some(item) = self.scratch.items.last() else { return };
        if self.memory.len() == item.memory + 16 {
            self.memory.push(memory::NOTHING);
        } else {
            frame.any = true;
        }
    }

    /// Digests the items, but only where some item left something.
    #[inline]
    fn end_of_items(&mut self, frame: &ArrayFrame) {
        if !frame.any {
            self.memory.truncate(frame.memory);
            self.scratch.items.truncate(frame.items);
            return;
        }
        let key = self.code.arrays[frame.array as usize].key;
        memory::close(frame.memory, self.memory);
        for item in &self.scratch.items[frame.items..] {
            // Where the item ends, the digest finds by itself, and faster than at the end of a slice.
            let text = &self.out[item.start..];
            let (whole, weak) = match key {
                Some(key) => self.scratch.digester.digest_with_member(text, key),
                None => (self.scratch.digester.digest(text), None),
            };
            let at = item.memory;
            self.memory[at..at + 8].copy_from_slice(&whole.to_le_bytes());
            self.memory[at + 8..at + 16].copy_from_slice(&weak.unwrap_or(0).to_le_bytes());
        }
        self.scratch.items.truncate(frame.items);
    }
}
