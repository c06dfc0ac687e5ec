//! Reading the frames of a complement while a record is put back: `docs/formats.md`, "Replaying a frame".
//!
//! The body was checked as a whole before ([`crate::lens::complement::read_body`]), so that what is read here has
//! the right shape. What it *says* is not trusted: anything out of the ordinary is left to the clear engine.

use super::exec::{Mem, Step, Stop};
use super::memory;
use super::table::{OutputRole, OutputSlot};
use crate::value::{scan, string};

/// No frame is replayed.
pub(super) const NOT_REPLAYED: u32 = u32::MAX;

const NEVER: u32 = u32::MAX;

/// How many undeclared members are compared with each other.
const FEW: u32 = 32;

/// A remembered member that is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remembered {
    pub(super) tag: u8,
    pub(super) at: u32,
    pub(super) slot: u32,
    /// Its value (`DROP`, `SHADOW`), or its memory (`SHELL`).
    pub(super) raw: Range,
    /// Its name (`SHADOW`).
    pub(super) name: Range,
}

/// A range of the complement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Range {
    #[inline]
    pub(super) fn bytes(self, body: &[u8]) -> &[u8] {
        body.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// What is remembered of a linked member.
#[derive(Clone, Copy, Debug, Default)]
struct OfSlot {
    mem: Mem,
    key: Range,
    bits: u8,
}

#[derive(Clone, Copy, Debug)]
struct Replay {
    /// Members of the container that were written so far.
    count: u32,
    /// Number of members before the next remembered one.
    due: u32,
    next: u32,
    entries: (u32, u32),
    slots: (u32, u32),
    /// Remembered undeclared members, and undeclared ones that were written: few, or it is not done here.
    shadows: u32,
    brought: u32,
}

/// The frames that are being replayed, innermost last.
#[derive(Debug, Default)]
pub(super) struct Replays {
    open: Vec<Replay>,
    entries: Vec<Remembered>,
    slots: Vec<OfSlot>,
}

impl Replays {
    #[inline]
    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.entries.clear();
        self.slots.clear();
    }

    /// Opens the frame in `mem` of a container with these declared members.
    #[inline]
    pub(super) fn open(&mut self, body: &[u8], mem: Mem, slots: &[OutputSlot]) -> Step<u32> {
        let mut reader = Reader { body, at: mem.start as usize };
        if reader.byte()? != memory::FRAME {
            return Err(Stop::Beyond);
        }
        let end = reader.u32()? as usize + reader.at;
        if end != mem.end as usize {
            return Err(Stop::Beyond);
        }
        let first = self.entries.len() as u32;
        let base = self.slots.len() as u32;
        let mut has_slots = false;
        let mut shadows = 0;
        while reader.at < end {
            let tag = reader.byte()?;
            let at = reader.varint()?;
            if tag == memory::SHADOW {
                let (name, raw) = (reader.range()?, reader.range()?);
                self.entries.push(Remembered { tag, at, slot: 0, raw, name });
                shadows += 1;
                continue;
            }
            let slot = reader.varint()?;
            let declared = slots.get(slot as usize).ok_or(Stop::Beyond)?;
            let fits = match tag {
                memory::DROP => matches!(declared.role, OutputRole::Alone | OutputRole::Conditional(_)),
                memory::SHELL => matches!(declared.role, OutputRole::Container(_)),
                memory::LINK | memory::STATE => {
                    matches!(declared.role, OutputRole::Link(_) | OutputRole::Conditional(_))
                }
                _ => true,
            };
            if !fits {
                return Err(Stop::Beyond);
            }
            match tag {
                memory::DROP => {
                    let raw = reader.range()?;
                    self.entries.push(Remembered { tag, at, slot, raw, name: Range::default() });
                }
                memory::SHELL => {
                    let raw = reader.mem()?;
                    let raw = Range { start: raw.start, end: raw.end };
                    self.entries.push(Remembered { tag, at, slot, raw, name: Range::default() });
                }
                memory::LINK | memory::STATE | memory::KEY => {
                    if !has_slots {
                        has_slots = true;
                        self.slots.resize(base as usize + slots.len(), OfSlot::default());
                    }
                    let of_slot = self.slots.get_mut((base + slot) as usize).ok_or(Stop::Beyond)?;
                    match tag {
                        memory::LINK if of_slot.mem.is_empty() => of_slot.mem = reader.mem()?,
                        memory::KEY if of_slot.key == Range::default() => {
                            of_slot.key = reader.range()?;
                            if !is_spelling(of_slot.key.bytes(body), &declared.token) {
                                return Err(Stop::Beyond);
                            }
                        }
                        memory::STATE if of_slot.bits == 0 => of_slot.bits = reader.byte()?,
                        _ => return Err(Stop::Beyond),
                    }
                    if of_slot.bits & !memory::WAS_EXPLICIT != 0 {
                        return Err(Stop::Beyond);
                    }
                }
                _ => return Err(Stop::Beyond),
            }
        }
        let due = self.entries.get(first as usize).map_or(NEVER, |entry| entry.at);
        self.open.push(Replay {
            count: 0,
            due,
            next: first,
            entries: (first, self.entries.len() as u32),
            slots: (base, self.slots.len() as u32),
            shadows,
            brought: 0,
        });
        Ok(self.open.len() as u32 - 1)
    }

    /// Indices of the remembered members of a frame.
    #[inline]
    pub(super) fn entries(&self, replay: u32) -> std::ops::Range<u32> {
        self.open.get(replay as usize).map_or(0..0, |replay| replay.entries.0..replay.entries.1)
    }

    /// A remembered member.
    #[inline]
    pub(super) fn entry(&self, index: u32) -> Option<Remembered> {
        self.entries.get(index as usize).copied()
    }

    #[inline]
    pub(super) fn close(&mut self, replay: u32) {
        if let Some(closed) = self.open.get(replay as usize) {
            self.entries.truncate(closed.entries.0 as usize);
            self.slots.truncate(closed.slots.0 as usize);
            self.open.truncate(replay as usize);
        }
    }

    #[inline]
    pub(super) fn is_due(&self, replay: u32) -> bool {
        self.open.get(replay as usize).is_some_and(|replay| replay.due <= replay.count)
    }

    /// How many members come before the next remembered one.
    #[inline]
    pub(super) fn before_due(&self, replay: u32) -> u32 {
        self.open.get(replay as usize).map_or(u32::MAX, |replay| replay.due.saturating_sub(replay.count))
    }

    #[inline]
    pub(super) fn has_more(&self, replay: u32) -> bool {
        self.open.get(replay as usize).is_some_and(|replay| replay.due != NEVER)
    }

    #[inline]
    pub(super) fn count(&mut self, replay: u32, members: u32) {
        if let Some(replay) = self.open.get_mut(replay as usize) {
            replay.count += members;
        }
    }

    /// The next remembered member.
    #[inline]
    pub(super) fn take(&mut self, replay: u32) -> Step<Remembered> {
        let replay = self.open.get_mut(replay as usize).ok_or(Stop::Beyond)?;
        let taken = self.entries.get(replay.next as usize).copied().ok_or(Stop::Beyond)?;
        replay.next += 1;
        let more = replay.next < replay.entries.1;
        replay.due =
            if more { self.entries.get(replay.next as usize).map_or(NEVER, |entry| entry.at) } else { NEVER };
        Ok(taken)
    }

    #[inline]
    fn of(&self, replay: u32, slot: u32) -> Option<&OfSlot> {
        let replay = self.open.get(replay as usize)?;
        if replay.slots.0 == replay.slots.1 {
            return None;
        }
        self.slots.get((replay.slots.0 + slot) as usize)
    }

    /// Sees to it that no two undeclared members of one name come together: which one counts is not decided here.
    #[inline]
    pub(super) fn bring(&mut self, replay: u32, body: &[u8], name: &[u8]) -> Step {
        let Some(replay) = self.open.get_mut(replay as usize) else { return Ok(()) };
        if replay.shadows == 0 {
            return Ok(());
        }
        replay.brought += 1;
        if replay.brought > FEW || replay.shadows > FEW {
            return Err(Stop::Beyond);
        }
        let entries =
            self.entries.get(replay.entries.0 as usize..replay.entries.1 as usize).unwrap_or_default();
        let same = entries
            .iter()
            .filter(|entry| entry.tag == memory::SHADOW)
            .filter(|entry| string::equals(entry.name.bytes(body), &string::decode(name)))
            .count();
        // A remembered one is among them itself.
        let is_remembered = entries.iter().any(|entry| entry.name.bytes(body).as_ptr() == name.as_ptr());
        if same > usize::from(is_remembered) { Err(Stop::Beyond) } else { Ok(()) }
    }

    /// The memory of a linked member's value, and the spelling of its name where that is remembered.
    #[inline]
    pub(super) fn of_slot(&self, replay: u32, slot: u32) -> (Mem, Option<Range>) {
        match self.of(replay, slot) {
            None => (Mem::default(), None),
            Some(of_slot) => (of_slot.mem, Some(of_slot.key).filter(|key| *key != Range::default())),
        }
    }

    /// Whether a linked member was there with the value that the lens fills.
    #[inline]
    pub(super) fn was_explicit(&self, replay: u32, slot: u32) -> bool {
        self.of(replay, slot).is_some_and(|of_slot| of_slot.bits & memory::WAS_EXPLICIT != 0)
    }

    /// Whether something is remembered of a linked member.
    #[inline]
    pub(super) fn remembers(&self, replay: u32, slot: u32) -> bool {
        self.of(replay, slot).is_some_and(|of_slot| !of_slot.mem.is_empty() || of_slot.bits != 0)
    }

    /// Whether something is remembered of a linked member that the view lacks: its value's memory, or how its name is
    /// spelled, which a value that is filled gets too.
    #[inline]
    pub(super) fn left_over(&self, replay: u32, was_given: impl Fn(u32) -> bool) -> bool {
        let Some(replay) = self.open.get(replay as usize) else { return false };
        let slots = self.slots.get(replay.slots.0 as usize..replay.slots.1 as usize).unwrap_or_default();
        slots.iter().zip(0..).any(|(of_slot, slot)| {
            (!of_slot.mem.is_empty() || of_slot.bits != 0 || of_slot.key != Range::default())
                && !was_given(slot)
        })
    }
}

/// Whether a token spells the name of a key.
#[inline]
fn is_spelling(raw: &[u8], key: &[u8]) -> bool {
    let Some(plain) = key.strip_suffix(b":") else { return false };
    raw.first() == Some(&b'"')
        && scan::string(raw, 0).is_ok_and(|end| end == raw.len())
        && string::equals(raw, &string::decode(plain))
}

/// Where the items of an array's memory begin.
#[inline]
pub(super) fn items(body: &[u8], mem: Mem) -> Step<usize> {
    let mut reader = Reader { body, at: mem.start as usize };
    if reader.byte()? != memory::ITEMS {
        return Err(Stop::Beyond);
    }
    let length = reader.u32()? as usize;
    if reader.at + length != mem.end as usize { Err(Stop::Beyond) } else { Ok(reader.at) }
}

/// The memory that begins at an offset.
#[inline]
pub(super) fn mem_at(body: &[u8], at: usize) -> Step<Mem> {
    Reader { body, at }.mem()
}

/// The arm and its memory, of an `ARM`.
#[inline]
pub(super) fn arm(body: &[u8], mem: Mem) -> Step<(u32, Mem)> {
    let mut reader = Reader { body, at: mem.start as usize };
    if reader.byte()? != memory::ARM {
        return Err(Stop::Beyond);
    }
    reader.u32()?;
    let arm = reader.varint()?;
    let inside = reader.mem()?;
    if reader.at != mem.end as usize { Err(Stop::Beyond) } else { Ok((arm, inside)) }
}

/// The raw text of a `TEXT`.
#[inline]
pub(super) fn text_of(body: &[u8], mem: Mem) -> Step<Range> {
    let mut reader = Reader { body, at: mem.start as usize };
    if reader.byte()? != memory::TEXT {
        return Err(Stop::Beyond);
    }
    reader.range()
}

/// The memory in a body that was checked: the payload between its length and its checksum.
#[inline]
pub(super) fn payload(body: &[u8]) -> Step<Mem> {
    let mut reader = Reader { body, at: 0 };
    let length = reader.varint()?;
    let start = reader.at as u32;
    Ok(Mem { start, end: start.checked_add(length).ok_or(Stop::Beyond)? })
}

struct Reader<'a> {
    body: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    #[inline]
    fn byte(&mut self) -> Step<u8> {
        let byte = self.body.get(self.at).copied().ok_or(Stop::Beyond)?;
        self.at += 1;
        Ok(byte)
    }

    #[inline]
    fn varint(&mut self) -> Step<u32> {
        let mut value = 0u64;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return u32::try_from(value).map_err(|_| Stop::Beyond);
            }
        }
        Err(Stop::Beyond)
    }

    #[inline]
    fn u32(&mut self) -> Step<u32> {
        let bytes = self.body.get(self.at..).and_then(<[u8]>::first_chunk::<4>).ok_or(Stop::Beyond)?;
        self.at += 4;
        Ok(u32::from_le_bytes(*bytes))
    }

    #[inline]
    fn range(&mut self) -> Step<Range> {
        let length = self.varint()? as usize;
        let start = self.at;
        self.at += length;
        if self.at > self.body.len() {
            return Err(Stop::Beyond);
        }
        Ok(Range { start: start as u32, end: self.at as u32 })
    }

    /// A memory; of nothing, an empty range.
    #[inline]
    fn mem(&mut self) -> Step<Mem> {
        let start = self.at;
        match self.byte()? {
            memory::NOTHING => {
                return Ok(Mem { start: self.at as u32, end: self.at as u32 });
            }
            memory::FRAME | memory::ITEMS | memory::ARM => {
                let length = self.u32()? as usize;
                self.at += length;
            }
            memory::TEXT => {
                self.range()?;
            }
            _ => return Err(Stop::Beyond),
        }
        if self.at > self.body.len() {
            return Err(Stop::Beyond);
        }
        Ok(Mem { start: start as u32, end: self.at as u32 })
    }
}
