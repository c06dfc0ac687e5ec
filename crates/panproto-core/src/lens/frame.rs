//! The memory of one value in a complement: writing it, and reading it back from bytes that nobody vouches for.
//!
//! The format is in `docs/formats.md`, "Complement". The writer appends to a vector and patches lengths, so that an
//! engine that streams needs no second copy. The reader checks every length against the bytes left, the order of
//! entries and the tags; what the numbers *mean* (is there such a slot?) is checked by the engine that knows the
//! state. Nothing here recurses: containers are framed by their length, and are read when they are entered.

use crate::diagnostic::{Diagnostic, Error, Kind, Result};

/// `at` of an ORDER entry: after every other entry.
pub const LAST: u32 = u32::MAX;

/// STATE: the source member was `null`, and the view has nothing of it.
pub const WAS_NULL: u8 = 1;
/// STATE: the source member was there, with the very value that the lens fills.
pub const WAS_EXPLICIT: u8 = 2;
/// STATE of a container: the source did not have it, but the view has something that comes from inside it.
pub const WAS_ABSENT: u8 = 4;

const NOTHING: u8 = 0x00;
const FRAME: u8 = 0x01;
const ITEMS: u8 = 0x02;
const TEXT: u8 = 0x03;
const ARM: u8 = 0x04;

const DROP: u8 = 0x10;
const SHADOW: u8 = 0x11;
const SHELL: u8 = 0x12;
const LINK: u8 = 0x13;
const STATE: u8 = 0x14;
const ADOPTED: u8 = 0x15;
const KEY: u8 = 0x16;
const PASSED: u8 = 0x17;
const ORDER: u8 = 0x18;

/// Appends an unsigned integer as LEB128.
#[inline]
pub fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends the memory of a value of which there is nothing to remember.
#[inline]
pub fn write_nothing(out: &mut Vec<u8>) {
    out.push(NOTHING);
}

/// Appends a TEXT.
#[inline]
pub fn write_text(out: &mut Vec<u8>, raw: &[u8]) {
    out.push(TEXT);
    write_bytes(out, raw);
}

/// Appends a memory that was written elsewhere; an empty one is nothing.
#[inline]
pub fn write_mem(out: &mut Vec<u8>, mem: &[u8]) {
    if mem.is_empty() { write_nothing(out) } else { out.extend_from_slice(mem) }
}

#[inline]
fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// A FRAME or ITEMS that is being written: its contents are appended, then it is closed.
#[derive(Debug)]
#[must_use]
pub struct Opened {
    start: usize,
}

const OPENING: usize = 5;

impl Opened {
    /// Begins a FRAME.
    #[inline]
    pub fn frame(out: &mut Vec<u8>) -> Opened {
        Opened::with(out, FRAME)
    }

    /// Begins ITEMS.
    #[inline]
    pub fn items(out: &mut Vec<u8>) -> Opened {
        Opened::with(out, ITEMS)
    }

    /// Begins the memory of a union; that of its arm's state has to follow.
    #[inline]
    pub fn arm(out: &mut Vec<u8>, arm: u32) -> Opened {
        let opened = Opened::with(out, ARM);
        write_varint(out, u64::from(arm));
        opened
    }

    #[inline]
    fn with(out: &mut Vec<u8>, tag: u8) -> Opened {
        let start = out.len();
        out.push(tag);
        out.extend_from_slice(&[0; OPENING - 1]);
        Opened { start }
    }

    /// Whether nothing was appended since.
    #[inline]
    pub fn is_empty(&self, out: &[u8]) -> bool {
        out.len() <= self.start + OPENING
    }

    /// Ends it. If it is empty, what stands there is the memory of nothing.
    ///
    /// # Errors
    /// `limit-size` beyond 4 GiB.
    #[inline]
    pub fn close(self, out: &mut Vec<u8>) -> Result<()> {
        if self.is_empty(out) {
            self.discard(out);
            return Ok(());
        }
        let Ok(length) = u32::try_from(out.len() - self.start - OPENING) else {
            return Err(Diagnostic::error(Kind::Limit, "limit-size", "a complement passes 4 GiB"));
        };
        if let Some(place) = out.get_mut(self.start + 1..self.start + OPENING) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        Ok(())
    }

    /// Ends the memory of a union. If the arm's is that of nothing, so is this.
    ///
    /// # Errors
    /// As [`Opened::close`].
    #[inline]
    pub fn close_arm(self, out: &mut Vec<u8>) -> Result<()> {
        let mut inner = Reader(out.get(self.start + OPENING..).unwrap_or_default());
        if inner.varint().is_ok() && inner.rest() == [NOTHING] {
            self.discard(out);
            return Ok(());
        }
        self.close(out)
    }

    /// Throws away what was appended; what stands there is the memory of nothing.
    #[inline]
    pub fn discard(self, out: &mut Vec<u8>) {
        out.truncate(self.start);
        write_nothing(out);
    }
}

/// Appends the head of an item; its memory follows.
#[inline]
pub fn write_item_head(out: &mut Vec<u8>, whole: u64, weak: u64) {
    out.extend_from_slice(&whole.to_le_bytes());
    out.extend_from_slice(&weak.to_le_bytes());
}

#[inline]
fn write_entry(out: &mut Vec<u8>, tag: u8, at: u32) {
    out.push(tag);
    write_varint(out, u64::from(at));
}

/// Appends a DROP.
#[inline]
pub fn write_drop(out: &mut Vec<u8>, at: u32, slot: u32, raw: &[u8]) {
    write_entry(out, DROP, at);
    write_varint(out, u64::from(slot));
    write_bytes(out, raw);
}

/// Appends a SHADOW; `name` is the token with its quotes.
#[inline]
pub fn write_shadow(out: &mut Vec<u8>, at: u32, name: &[u8], raw: &[u8]) {
    write_entry(out, SHADOW, at);
    write_bytes(out, name);
    write_bytes(out, raw);
}

/// Appends the head of a SHELL; its memory follows.
#[inline]
pub fn write_shell_head(out: &mut Vec<u8>, at: u32, slot: u32) {
    write_entry(out, SHELL, at);
    write_varint(out, u64::from(slot));
}

/// Appends the head of a LINK; its memory follows.
#[inline]
pub fn write_link_head(out: &mut Vec<u8>, at: u32, slot: u32) {
    write_entry(out, LINK, at);
    write_varint(out, u64::from(slot));
}

/// Appends a STATE.
#[inline]
pub fn write_state(out: &mut Vec<u8>, at: u32, slot: u32, bits: u8) {
    write_entry(out, STATE, at);
    write_varint(out, u64::from(slot));
    out.push(bits);
}

/// Appends an ADOPTED.
#[inline]
pub fn write_adopted(out: &mut Vec<u8>, at: u32, name: &[u8]) {
    write_entry(out, ADOPTED, at);
    write_bytes(out, name);
}

/// Appends a KEY.
#[inline]
pub fn write_key(out: &mut Vec<u8>, at: u32, slot: u32, name: &[u8]) {
    write_entry(out, KEY, at);
    write_varint(out, u64::from(slot));
    write_bytes(out, name);
}

/// Whether an entry is a PASSED.
#[inline]
pub fn is_passed(entry: &[u8]) -> bool {
    entry.first() == Some(&PASSED)
}

/// Appends the head of a PASSED; its memory follows.
#[inline]
pub fn write_passed_head(out: &mut Vec<u8>, at: u32, name: &[u8]) {
    write_entry(out, PASSED, at);
    write_bytes(out, name);
}

/// Appends the head of an ORDER of `count` members, which follow.
#[inline]
pub fn write_order_head(out: &mut Vec<u8>, count: usize) {
    write_entry(out, ORDER, LAST);
    write_varint(out, count as u64);
}

/// Appends a declared member to an ORDER.
#[inline]
pub fn write_order_slot(out: &mut Vec<u8>, slot: u32) {
    write_varint(out, u64::from(slot) + 1);
}

/// Appends an undeclared member to an ORDER.
#[inline]
pub fn write_order_name(out: &mut Vec<u8>, name: &[u8]) {
    out.push(0);
    write_bytes(out, name);
}

/// The error of a complement that ends too early.
#[cold]
pub fn truncated() -> Error {
    Diagnostic::new(Kind::Lens, "complement-truncated", "the complement ends too early")
        .help("pass the complement that `get` gave, whole")
        .boxed()
}

/// The error of a complement that is not what the format or the lens says.
#[cold]
pub fn corrupt(what: &'static str) -> Error {
    Diagnostic::new(Kind::Lens, "complement-corrupt", format!("the complement is damaged: {what}"))
        .help("pass the complement that `get` gave, unchanged")
        .boxed()
}

/// Reads numbers and byte strings from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader of these bytes.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader(bytes)
    }

    /// What was not read yet.
    #[inline]
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Whether nothing is left.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One byte.
    #[inline]
    pub fn byte(&mut self) -> Result<u8> {
        let (first, rest) = self.0.split_first().ok_or_else(truncated)?;
        self.0 = rest;
        Ok(*first)
    }

    /// That many bytes.
    #[inline]
    pub fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A LEB128 integer, minimal.
    #[inline]
    pub fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return if byte == 0 && shift > 0 {
                    Err(corrupt("a number is not minimal"))
                } else {
                    Ok(value)
                };
            }
        }
        Err(corrupt("a number is too long"))
    }

    #[inline]
    fn small(&mut self) -> Result<u32> {
        u32::try_from(self.varint()?).map_err(|_| corrupt("a number is too large"))
    }

    #[inline]
    fn u32(&mut self) -> Result<u32> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes(bytes.try_into().unwrap_or_default()))
    }

    #[inline]
    fn u64(&mut self) -> Result<u64> {
        let bytes = self.take(8)?;
        Ok(u64::from_le_bytes(bytes.try_into().unwrap_or_default()))
    }

    #[inline]
    fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = usize::try_from(self.varint()?).map_err(|_| truncated())?;
        self.take(length)
    }

    #[inline]
    fn framed(&mut self) -> Result<&'a [u8]> {
        let length = self.u32()? as usize;
        if length == 0 {
            return Err(corrupt("an empty frame"));
        }
        self.take(length)
    }
}

/// What is remembered of a value.
#[derive(Clone, Copy, Debug)]
pub enum Mem<'a> {
    /// Nothing.
    Nothing,
    /// Of an object.
    Frame(Entries<'a>),
    /// Of an array.
    Items(Items<'a>),
    /// The value as it was written.
    Text(&'a [u8]),
    /// Of a value of one arm of a union.
    Arm(Arm<'a>),
}

/// What is remembered of a value of an arm.
#[derive(Clone, Copy, Debug)]
pub struct Arm<'a> {
    /// Index of the arm.
    pub arm: u32,
    inner: &'a [u8],
}

impl<'a> Arm<'a> {
    /// What the arm's state remembers.
    #[inline]
    pub fn mem(&self) -> Result<Mem<'a>> {
        match Mem::whole(self.inner)? {
            // Of a choice of ways: which one is told, and nothing else. No memory at all tells the first.
            Mem::Nothing if self.arm == 0 => Err(corrupt("an arm without a memory")),
            mem => Ok(mem),
        }
    }
}

impl<'a> Mem<'a> {
    /// Reads one memory from the front of `reader`; containers are stepped over.
    #[inline]
    pub fn read(reader: &mut Reader<'a>) -> Result<Mem<'a>> {
        match reader.byte()? {
            NOTHING => Ok(Mem::Nothing),
            FRAME => Ok(Mem::Frame(Entries { rest: Reader(reader.framed()?), before: None })),
            ITEMS => Ok(Mem::Items(Items { rest: Reader(reader.framed()?) })),
            TEXT => Ok(Mem::Text(reader.bytes()?)),
            ARM => {
                let mut framed = Reader(reader.framed()?);
                let arm = framed.small()?;
                Ok(Mem::Arm(Arm { arm, inner: framed.rest() }))
            }
            _ => Err(corrupt("an unknown kind of memory")),
        }
    }

    /// Reads a memory that is the whole of `bytes`; no bytes at all are nothing.
    #[inline]
    pub fn whole(bytes: &'a [u8]) -> Result<Mem<'a>> {
        if bytes.is_empty() {
            return Ok(Mem::Nothing);
        }
        let mut reader = Reader(bytes);
        let mem = Mem::read(&mut reader)?;
        if reader.is_empty() { Ok(mem) } else { Err(corrupt("bytes follow its end")) }
    }

    /// Whether it is nothing.
    #[inline]
    pub fn is_nothing(&self) -> bool {
        matches!(self, Mem::Nothing)
    }
}

/// One remembered member of a container.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its index among the members of the source container.
    pub at: u32,
    /// What is remembered.
    pub what: What<'a>,
}

/// What is remembered of a member. Names are tokens with their quotes.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// A declared member that the view lacks.
    Drop {
        /// Its slot.
        slot: u32,
        /// Its value.
        raw: &'a [u8],
    },
    /// An undeclared member that could not pass.
    Shadow {
        /// Its name.
        name: &'a [u8],
        /// Its value.
        raw: &'a [u8],
    },
    /// An opened container with something left, or from which nothing went to the view.
    Shell {
        /// Its slot.
        slot: u32,
        /// Its frame.
        mem: Mem<'a>,
    },
    /// A linked member whose value has a memory.
    Link {
        /// Its slot.
        slot: u32,
        /// What its state remembers.
        mem: Mem<'a>,
    },
    /// How a linked member was there.
    State {
        /// Its slot.
        slot: u32,
        /// [`WAS_NULL`], [`WAS_EXPLICIT`], [`WAS_ABSENT`].
        bits: u8,
    },
    /// An undeclared member that was adopted with the value that the lens fills.
    Adopted {
        /// Its name.
        name: &'a [u8],
    },
    /// A spelling of a declared name that the view does not show.
    Key {
        /// Its slot.
        slot: u32,
        /// Its name.
        name: &'a [u8],
    },
    /// An undeclared member that went through a state.
    Passed {
        /// Its name.
        name: &'a [u8],
        /// What its state remembers.
        mem: Mem<'a>,
    },
    /// The members of the container in their order.
    Order(Order<'a>),
}

/// Entries of a FRAME.
#[derive(Clone, Copy, Debug)]
pub struct Entries<'a> {
    rest: Reader<'a>,
    before: Option<(u32, u8)>,
}

impl<'a> Entries<'a> {
    #[inline]
    fn entry(&mut self) -> Result<Entry<'a>> {
        let tag = self.rest.byte()?;
        let at = self.rest.small()?;
        if self.before.is_some_and(|before| before >= (at, tag)) {
            return Err(corrupt("its entries are out of order"));
        }
        self.before = Some((at, tag));
        let rest = &mut self.rest;
        let what = match tag {
            DROP => What::Drop { slot: rest.small()?, raw: rest.bytes()? },
            SHADOW => What::Shadow { name: rest.bytes()?, raw: rest.bytes()? },
            SHELL => What::Shell { slot: rest.small()?, mem: Mem::read(rest)? },
            LINK => What::Link { slot: rest.small()?, mem: Mem::read(rest)? },
            STATE => What::State { slot: rest.small()?, bits: rest.byte()? },
            ADOPTED => What::Adopted { name: rest.bytes()? },
            KEY => What::Key { slot: rest.small()?, name: rest.bytes()? },
            PASSED => What::Passed { name: rest.bytes()?, mem: Mem::read(rest)? },
            ORDER if at == LAST => {
                let left = rest.small()?;
                let order = Order { rest: *rest, left };
                // Stepped over here, so that what follows it is found and what is wrong in it is seen at once.
                let mut walk = order;
                for member in &mut walk {
                    member?;
                }
                *rest = walk.rest;
                What::Order(order)
            }
            _ => return Err(corrupt("an unknown kind of entry")),
        };
        Ok(Entry { at, what })
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let entry = self.entry();
        if entry.is_err() {
            self.rest = Reader(&[]);
        }
        Some(entry)
    }
}

/// A remembered item of an array.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Digest of the view's item.
    pub whole: u64,
    /// Digest of its key, or 0.
    pub weak: u64,
    /// What its state remembers.
    pub mem: Mem<'a>,
}

/// Items of an ITEMS.
#[derive(Clone, Copy, Debug)]
pub struct Items<'a> {
    rest: Reader<'a>,
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut read =
            || Ok(Item { whole: self.rest.u64()?, weak: self.rest.u64()?, mem: Mem::read(&mut self.rest)? });
        let item = read();
        if item.is_err() {
            self.rest = Reader(&[]);
        }
        Some(item)
    }
}

/// A member in an ORDER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered<'a> {
    /// A declared one.
    Slot(u32),
    /// An undeclared one, by its token.
    Name(&'a [u8]),
}

/// Members of an ORDER.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    rest: Reader<'a>,
    left: u32,
}

impl<'a> Iterator for Order<'a> {
    type Item = Result<Ordered<'a>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let mut read = || match self.rest.small()?.checked_sub(1) {
            Some(slot) => Ok(Ordered::Slot(slot)),
            None => Ok(Ordered::Name(self.rest.bytes()?)),
        };
        let member = read();
        if member.is_err() {
            self.left = 0;
        }
        Some(member)
    }
}

/// Checks that a payload is one well-formed memory, however deep.
///
/// # Errors
/// `complement-truncated`, `complement-corrupt`.
#[inline]
pub fn check(payload: &[u8]) -> Result<()> {
    let mut open = vec![Mem::whole(payload)?];
    while let Some(mem) = open.pop() {
        match mem {
            Mem::Nothing | Mem::Text(_) => {}
            Mem::Arm(arm) => open.push(arm.mem()?),
            Mem::Items(items) => {
                for item in items {
                    open.push(item?.mem);
                }
            }
            Mem::Frame(entries) => {
                for entry in entries {
                    match entry?.what {
                        What::Shell { mem, .. } | What::Link { mem, .. } | What::Passed { mem, .. } => {
                            open.push(mem);
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
