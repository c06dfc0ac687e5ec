//! The executor: a cursor over the input, an explicit stack of frames, one loop.
//!
//! It knows only success. Whatever it meets that is wrong, or beyond it, ends in a [`Stop`], and the record is run
//! again by the clear engine, which says what was wrong. That keeps diagnostics out of the hot code and the errors
//! of both engines equal.
#![expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: table indices are given out by `lower`; offsets into the input come from scanning it"
)]

use super::replay::Range;
use super::table::{Code, NONE, Null, Op, Selector};
use super::{append, memory};
use crate::lens::frame::write_varint;
use crate::lens::{Direction, coerce};
use crate::limits::{Budget, Limits};
use crate::value::JsonKind;
use crate::value::digest::Digester;
use crate::value::scan::{self, Skipper};

/// Which sink. `create` is `LIFT` on the backward table.
pub(super) const LIFT: u8 = 0;
pub(super) const GET: u8 = 1;
pub(super) const PUT: u8 = 2;

/// How many objects and arrays run inside of each other on the machine's own stack; deeper ones run from the explicit one.
pub(super) const NESTED: u32 = 12;

/// Why the executor gave a record up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Something is wrong with the input.
    Failed,
    /// It is beyond the executor: the clear engine has to do it.
    Beyond,
}

pub(super) type Step<T = ()> = Result<T, Stop>;

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// It was written, and the cursor stands behind it.
    Yes,
    /// A frame was pushed that will write it.
    Later,
    /// It gives no value (an empty list whose head was asked for).
    Nothing,
}

/// A range of the complement's payload: the memory of one value. Empty where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mem {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Mem {
    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// What is kept between records, so that nothing is allocated for one.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) stack: Vec<Frame>,
    /// Sets of the names that were met in the objects that are open.
    pub(super) bits: Vec<u64>,
    pub(super) guesses: Vec<u32>,
    pub(super) skipper: Skipper,
    /// Containers that were skipped and will be entered or skipped again.
    pub(super) links: Vec<scan::Link>,
    /// Items of the arrays that are open.
    pub(super) items: Vec<Item>,
    pub(super) digester: Digester,
    pub(super) replays: super::replay::Replays,
    pub(super) spare: Vec<u8>,
    pub(super) notes: Vec<super::indexed::Note>,
    pub(super) lists: Vec<super::indexed::List>,
    pub(super) orders: Vec<super::indexed::Order>,
    pub(super) shells: Vec<super::indexed::Shell>,
    pub(super) walks: Vec<super::indexed::Walk>,
    /// Values that computations of the open objects read.
    pub(super) held: Vec<(u32, u32)>,
    /// The value that an expression reads.
    pub(super) tree: Option<crate::value::Tree>,
    /// Steps of the last run, beside its bytes.
    pub(super) steps: u64,
    #[cfg(test)]
    pub(super) reads: u64,
}

/// An item that was written, where memories are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) start: usize,
    /// Where its digests stand in the complement.
    pub(super) memory: usize,
}

/// What is open.
#[derive(Debug)]
pub(super) enum Frame {
    Object(super::object::ObjectFrame),
    Indexed(super::indexed::IndexedFrame),
    Array(super::array::ArrayFrame),
    /// A bracket closes a list that the input does not have.
    Bracket {
        from: usize,
        check: u32,
    },
    /// The input's list has to end after the item.
    Single,
    /// The input's list may go on after the item.
    Head {
        start: usize,
        memory: usize,
        out: usize,
    },
    /// A value of a union: where its memory begins, and where that of the arm does.
    Arm {
        start: usize,
        inside: usize,
    },
    /// Forwards: an object that goes one of several ways: where its memory begins, and where that of the way does.
    Choice {
        arm: u32,
        start: usize,
        inside: usize,
    },
    /// Backwards: the same, and where the record begins that has to choose the way.
    Chosen {
        ways: u32,
        arm: u32,
        out: usize,
    },
}

/// One run over one record.
pub(super) struct Exec<'a> {
    pub(super) code: &'a Code,
    pub(super) limits: &'a Limits,
    pub(super) text: &'a [u8],
    pub(super) at: usize,
    /// Containers of the input that are open.
    pub(super) depth: u32,
    /// Objects and arrays that run inside of each other now.
    pub(super) nested: u32,
    pub(super) out: &'a mut Vec<u8>,
    /// The complement that is written.
    pub(super) memory: &'a mut Vec<u8>,
    /// The complement that is read.
    pub(super) body: &'a [u8],
    pub(super) scratch: &'a mut Scratch,
    /// Steps to be spent.
    pub(super) steps: u64,
    /// What expressions may spend, where there are any.
    pub(super) budget: Option<Budget>,
    /// What fails may go another way.
    pub(super) tentative: bool,
    /// Bytes of input that were read, for the tests that count.
    #[cfg(test)]
    pub(super) reads: u64,
}

impl Exec<'_> {
    /// Runs the whole input under a state.
    pub(super) fn run<const MODE: u8>(&mut self, start: u32, mem: Mem) -> Step {
        self.scratch.stack.clear();
        self.scratch.bits.clear();
        self.scratch.links.clear();
        self.scratch.items.clear();
        self.scratch.replays.clear();
        self.scratch.notes.clear();
        self.scratch.lists.clear();
        self.scratch.orders.clear();
        self.scratch.walks.clear();
        self.scratch.held.clear();
        self.at = scan::space(self.text, 0);
        match self.value::<MODE>(start, mem)? {
            Done::Yes => {}
            Done::Nothing => return Err(Stop::Failed),
            Done::Later => self.frames::<MODE>()?,
        }
        if scan::space(self.text, self.at) == self.text.len() { Ok(()) } else { Err(Stop::Failed) }
    }

    fn frames<const MODE: u8>(&mut self) -> Step {
        while let Some(frame) = self.scratch.stack.pop() {
            match frame {
                Frame::Object(frame) => {
                    self.members::<MODE>(frame)?;
                }
                Frame::Indexed(frame) => {
                    self.indexed::<MODE>(frame)?;
                }
                Frame::Array(frame) => {
                    self.items::<MODE>(frame)?;
                }
                Frame::Bracket { from, check } => {
                    self.out.push(b']');
                    self.check(check, from)?;
                }
                Frame::Arm { start, inside } => self.end_of_arm(start, inside),
                Frame::Choice { arm, start, inside } => self.end_of_choice(arm, start, inside),
                Frame::Chosen { ways, arm, out } => self.end_of_way(ways, arm, out)?,
                Frame::Single => self.end_of_single()?,
                Frame::Head { start, memory, out } => self.end_of_head::<MODE>(start, memory, out)?,
            }
        }
        Ok(())
    }

    /// Begins the value at the cursor, where no white space stands.
    #[inline]
    pub(super) fn value<const MODE: u8>(&mut self, state: u32, mem: Mem) -> Step<Done> {
        let row = self.code.rows[state as usize];
        if row.null != Null::Rule && self.text.get(self.at) == Some(&b'n') {
            if row.null == Null::Refuse {
                return Err(Stop::Failed);
            }
            if MODE == PUT && !mem.is_empty() {
                // Something else may have been `null` in the view.
                return Err(Stop::Beyond);
            }
            self.copy()?;
            return Ok(Done::Yes);
        }
        match row.op {
            Op::Copy { check: NONE } => {
                self.copy()?;
                Ok(Done::Yes)
            }
            Op::Copy { check } => {
                let from = self.out.len();
                self.copy()?;
                self.check(check, from)?;
                Ok(Done::Yes)
            }
            Op::Object(object) => self.open_object::<MODE>(object, mem),
            Op::Array(array) => self.open_array::<MODE>(array, mem),
            Op::Union(union) => self.union::<MODE>(union, mem),
            _ => self.rare::<MODE>(row.op, mem),
        }
    }

    #[inline(never)]
    fn rare<const MODE: u8>(&mut self, op: Op, mem: Mem) -> Step<Done> {
        match op {
            Op::Coerce(coerce) => self.coerce::<MODE>(coerce, mem),
            Op::Apply(apply) => self.apply::<MODE>(apply, mem),
            Op::Ways(ways) => self.ways::<MODE>(ways, mem),
            Op::Wrap(item) => {
                self.scratch.stack.push(Frame::Bracket { from: self.out.len(), check: NONE });
                self.out.push(b'[');
                self.inside::<MODE>(item, mem)
            }
            Op::Unhead { item, check } => {
                if !mem.is_empty() {
                    return Err(Stop::Beyond);
                }
                self.scratch.stack.push(Frame::Bracket { from: self.out.len(), check });
                self.out.push(b'[');
                self.inside::<MODE>(item, mem)
            }
            Op::Unwrap(item) => {
                self.enter(b'[')?;
                if self.text.get(self.at) == Some(&b'n') {
                    // Where the source may be `null`, it is `null` in the view too.
                    return Err(Stop::Beyond);
                }
                self.scratch.stack.push(Frame::Single);
                self.inside::<MODE>(item, mem)
            }
            Op::Head(item) => {
                let start = self.at;
                self.enter(b'[')?;
                if self.text.get(self.at) == Some(&b']') {
                    self.leave();
                    if MODE == GET {
                        memory::write_text(self.memory, &self.text[start..self.at]);
                    }
                    return Ok(Done::Nothing);
                }
                let (memory, out) = (self.memory.len(), self.out.len());
                self.scratch.stack.push(Frame::Head { start, memory, out });
                self.inside::<MODE>(item, mem)
            }
            _ => Err(Stop::Beyond),
        }
    }

    /// The value inside a list whose frame was pushed.
    fn inside<const MODE: u8>(&mut self, item: u32, mem: Mem) -> Step<Done> {
        match self.value::<MODE>(item, mem)? {
            Done::Yes | Done::Later => Ok(Done::Later),
            // A head of heads may be that of an empty list: the clear engine says what it gives.
            Done::Nothing => Err(Stop::Beyond),
        }
    }

    #[inline]
    fn end_of_single(&mut self) -> Step {
        self.at = scan::space(self.text, self.at);
        if self.text.get(self.at) != Some(&b']') {
            return Err(Stop::Failed);
        }
        self.leave();
        Ok(())
    }

    fn end_of_head<const MODE: u8>(&mut self, start: usize, memory: usize, out: usize) -> Step {
        let mut single = true;
        loop {
            self.at = scan::space(self.text, self.at);
            match self.text.get(self.at) {
                Some(b',') => {
                    single = false;
                    self.at = scan::space(self.text, self.at + 1);
                    self.skip()?;
                }
                Some(b']') => break,
                _ => return Err(Stop::Failed),
            }
        }
        self.leave();
        let is_null = self.out.get(out..) == Some(b"null");
        if MODE == GET && (!single || is_null || self.memory.len() > memory) {
            self.memory.truncate(memory);
            memory::write_text(self.memory, &self.text[start..self.at]);
        }
        Ok(())
    }

    /// Enters a container of the input: behind its bracket and white space.
    #[inline]
    pub(super) fn enter(&mut self, bracket: u8) -> Step {
        if self.text.get(self.at) != Some(&bracket) || self.depth >= self.limits.depth {
            return Err(Stop::Failed);
        }
        self.depth += 1;
        self.at = scan::space(self.text, self.at + 1);
        Ok(())
    }

    /// Leaves it: behind the bracket at the cursor.
    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
        self.at += 1;
    }

    /// Steps over the value at the cursor.
    #[inline]
    pub(super) fn skip(&mut self) -> Step {
        #[cfg(test)]
        let from = self.at;
        match scan::scalar_end(self.text, self.at) {
            Some(end) => self.at = end.get(),
            None => return self.skip_container::<false>(),
        }
        #[cfg(test)]
        {
            self.reads += (self.at - from) as u64;
        }
        Ok(())
    }

    /// The same, compiled into the place that it is called from.
    #[inline(always)]
    pub(super) fn skip_here(&mut self) -> Step {
        match scan::scalar_end_here(self.text, self.at) {
            Some(end) => {
                #[cfg(test)]
                {
                    self.reads += (end.get() - self.at) as u64;
                }
                self.at = end.get();
                Ok(())
            }
            None => self.skip_container::<false>(),
        }
    }

    /// Steps over the value at the cursor, and remembers the containers in it.
    #[inline]
    pub(super) fn skip_linked(&mut self) -> Step {
        match self.text.get(self.at) {
            Some(b'{' | b'[') => self.skip_container::<true>(),
            _ => self.skip(),
        }
    }

    #[cold]
    #[inline]
    fn skip_container<const LINKED: bool>(&mut self) -> Step {
        let from = self.at;
        if !matches!(self.text.get(from), Some(b'{' | b'[')) {
            return Err(Stop::Failed);
        }
        let links = &self.scratch.links;
        // A container that was passed before is not read again.
        let known = links.last().is_some_and(|last| last.open as usize >= from);
        if known && let Ok(index) = links.binary_search_by_key(&(from as u32), |link| link.open) {
            self.at = links[index].end as usize;
            return Ok(());
        }
        let skipper = &mut self.scratch.skipper;
        let end = if LINKED && !known {
            skipper.skip_linked(self.text, from, self.depth, self.limits, &mut self.scratch.links)
        } else {
            skipper.skip(self.text, from, self.depth, self.limits)
        };
        self.at = end.map_err(|_| Stop::Failed)?;
        #[cfg(test)]
        {
            self.reads += (self.at - from) as u64;
        }
        Ok(())
    }

    /// Copies the value at the cursor as it is written.
    #[inline]
    pub(super) fn copy(&mut self) -> Step {
        let from = self.at;
        self.skip()?;
        append::range(self.out, self.text, from, self.at);
        Ok(())
    }

    /// The same, compiled into the place that it is called from.
    #[inline(always)]
    pub(super) fn copy_here(&mut self) -> Step {
        let from = self.at;
        self.skip_here()?;
        append::range(self.out, self.text, from, self.at);
        Ok(())
    }

    fn union<const MODE: u8>(&mut self, union: u32, mem: Mem) -> Step<Done> {
        let union = &self.code.unions[union as usize];
        let arm = match &union.selector {
            Selector::Type(types) => {
                let here = self.types()?;
                types.iter().position(|types| types.meets(here))
            }
            Selector::Tag { member, tags } => match self.peek_tag(member)? {
                Some((from, to)) => tags.find_raw(&self.text[from..to]).map(|arm| arm as usize),
                None => return Err(Stop::Failed),
            },
            Selector::Present(names) => self.peek_name(names)?.map(|arm| arm as usize),
            Selector::Leave => return Err(Stop::Beyond),
        };
        let Some((index, arm)) = arm.and_then(|arm| Some((arm, *union.arms.get(arm)?))) else {
            if !union.passes {
                return Err(Stop::Failed);
            }
            self.copy()?;
            return Ok(Done::Yes);
        };
        if MODE == PUT && !mem.is_empty() {
            let (remembered, mem) = super::replay::arm(self.body, mem)?;
            let mem = if remembered as usize == index { mem } else { Mem::default() };
            return self.value::<MODE>(arm, mem);
        }
        if MODE != GET || !self.code.rows[arm as usize].remembers {
            return self.value::<MODE>(arm, mem);
        }
        let start = self.memory.len();
        memory::open(memory::ARM, self.memory);
        write_varint(self.memory, index as u64);
        let inside = self.memory.len();
        let top = self.scratch.stack.len();
        match self.value::<MODE>(arm, mem)? {
            Done::Yes => self.end_of_arm(start, inside),
            Done::Nothing => return Err(Stop::Beyond),
            Done::Later => {
                self.scratch.stack.insert(top, Frame::Arm { start, inside });
                return Ok(Done::Later);
            }
        }
        Ok(Done::Yes)
    }

    #[inline]
    fn end_of_arm(&mut self, start: usize, inside: usize) {
        if self.memory.len() == inside {
            self.memory.truncate(start);
        } else {
            memory::close(start, self.memory);
        }
    }

    #[inline]
    fn types(&mut self) -> Step<crate::schema::TypeSet> {
        use crate::schema::TypeSet;
        Ok(match self.text.get(self.at) {
            Some(b'{') => TypeSet::OBJECT,
            Some(b'[') => TypeSet::ARRAY,
            _ => match scan::scalar(self.text, self.at) {
                Ok(Some((_, JsonKind::Null))) => TypeSet::NULL,
                Ok(Some((_, JsonKind::Bool))) => TypeSet::BOOLEAN,
                Ok(Some((_, JsonKind::String))) => TypeSet::STRING,
                Ok(Some((end, JsonKind::Number))) => {
                    let raw = &self.text[self.at..end];
                    if raw.iter().all(|byte| !matches!(byte, b'.' | b'e' | b'E'))
                        || crate::value::Decimal::parse(raw).is_some_and(|number| number.is_integer())
                    {
                        TypeSet::INTEGER
                    } else {
                        TypeSet::FRACTION
                    }
                }
                _ => return Err(Stop::Failed),
            },
        })
    }

    /// The string value of a member of the object at the cursor, which stays where it is.
    #[inline]
    fn peek_tag(&mut self, member: &str) -> Step<Option<(usize, usize)>> {
        let start = self.at;
        let mut found = None;
        self.peek(|exec, key, _| {
            if !is_name(&exec.text[key.0..key.1], member) {
                return Ok(false);
            }
            let from = exec.at;
            if exec.text.get(from) != Some(&b'"') {
                return Err(Stop::Failed);
            }
            exec.skip()?;
            found = Some((from, exec.at));
            Ok(true)
        })?;
        self.at = start;
        Ok(found)
    }

    /// The first of the names that the object at the cursor has.
    #[inline]
    fn peek_name(&mut self, names: &super::names::Names) -> Step<Option<u32>> {
        let start = self.at;
        let mut least: Option<u32> = None;
        let mut several = false;
        self.peek(|exec, key, _| {
            if let Some(index) = names.find_raw(&exec.text[key.0..key.1]) {
                several |= least.is_some_and(|least| least != index);
                least = Some(least.map_or(index, |least| least.min(index)));
            }
            Ok(false)
        })?;
        self.at = start;
        if several { Err(Stop::Beyond) } else { Ok(least) }
    }

    /// Looks at the members of the object at the cursor until `seen` says that it has enough; what is stepped over
    /// leaves links, so that it is not read once more in vain.
    #[inline]
    pub(super) fn peek(
        &mut self,
        mut seen: impl FnMut(&mut Self, (usize, usize), usize) -> Step<bool>,
    ) -> Step {
        let depth = self.depth;
        self.enter(b'{')?;
        let mut index = 0;
        if self.text.get(self.at) != Some(&b'}') {
            loop {
                let key = self.at;
                let (end, value) = scan::key(self.text, key).map_err(|_| Stop::Failed)?;
                self.at = scan::space(self.text, value);
                #[cfg(test)]
                {
                    self.reads += (self.at - key) as u64;
                }
                let value = self.at;
                if seen(self, (key, end), index)? {
                    break;
                }
                if self.at == value {
                    self.skip_linked()?;
                }
                index += 1;
                self.at = scan::space(self.text, self.at);
                match self.text.get(self.at) {
                    Some(b',') => self.at = scan::space(self.text, self.at + 1),
                    Some(b'}') => break,
                    _ => return Err(Stop::Failed),
                }
            }
        }
        self.depth = depth;
        Ok(())
    }

    fn coerce<const MODE: u8>(&mut self, coerce: u32, mem: Mem) -> Step<Done> {
        let table = &self.code.coercions[coerce as usize];
        let from = self.at;
        let kind = match scan::scalar(self.text, from) {
            Ok(Some((end, kind))) => {
                self.at = end;
                kind
            }
            _ => return Err(Stop::Failed),
        };
        let raw = &self.text[from..self.at];
        let direction = if table.forward { Direction::Forward } else { Direction::Backward };
        let out = self.out.len();
        if MODE == PUT && !mem.is_empty() {
            // Guarded: the remembered spelling counts only while it still means what the view says.
            let text = super::replay::text_of(self.body, mem)?.bytes(self.body);
            let whole = matches!(scan::scalar(text, 0), Ok(Some((end, _))) if end == text.len());
            if !whole {
                return Err(Stop::Beyond);
            }
            self.scratch.spare.clear();
            let spare = &mut self.scratch.spare;
            let again =
                coerce::convert(table.coercion, Direction::Forward, coerce::kind_of(text), text, spare);
            if again.is_ok() && super::object::is_value(spare, raw) {
                let code = self.code;
                let range = super::replay::text_of(self.body, mem)?;
                self.remembered(&code.checks[table.remembered as usize], range)?;
                self.check(table.check, out)?;
                return Ok(Done::Yes);
            }
            // What could not stand in the source is for the clear engine to refuse.
            if !self.code.checks[table.remembered as usize].run(text) {
                return Err(Stop::Beyond);
            }
        }
        coerce::convert(table.coercion, direction, kind, raw, self.out).map_err(|_| Stop::Failed)?;
        if MODE == GET && coerce::has_memory(table.coercion, raw, &self.out[out..]) {
            memory::write_text(self.memory, raw);
        }
        self.check(table.check, out)?;
        Ok(Done::Yes)
    }

    /// Checks the output from an offset on.
    #[inline]
    pub(super) fn check(&mut self, check: u32, from: usize) -> Step {
        match self.code.checks.get(check as usize) {
            None => Ok(()),
            Some(check) => match check.run(&self.out[from..]) {
                true => Ok(()),
                false => Err(Stop::Beyond),
            },
        }
    }

    /// Appends a remembered value of a declared member, if it is valid there.
    #[inline]
    pub(super) fn remembered(&mut self, check: &super::check::Check, raw: Range) -> Step {
        let raw = raw.bytes(self.body);
        // It has been anywhere since it was written: it may not even be JSON.
        let end = match scan::scalar(raw, 0) {
            Ok(Some((end, _))) => end,
            Ok(None) => {
                self.scratch.skipper.skip(raw, 0, self.depth, self.limits).map_err(|_| Stop::Beyond)?
            }
            Err(_) => return Err(Stop::Beyond),
        };
        if end != raw.len() || !check.run(raw) {
            return Err(Stop::Beyond);
        }
        self.out.extend_from_slice(raw);
        Ok(())
    }
}

#[inline]
fn is_name(raw: &[u8], name: &str) -> bool {
    crate::value::string::equals(raw, name.as_bytes())
}
