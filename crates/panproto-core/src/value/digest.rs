//! 64-bit digests of values and bytes: fast, seedless, the same on every target, and stored in complements.
//!
//! [`digest64`] is canonical by value: values that are [`equal`](super::equal) have equal digests, whatever their
//! spelling and the order of their members. The formulas and test vectors are in `docs/formats.md`, "Digests of
//! values". They tell values apart and detect damage; they do not withstand an opponent who searches collisions, so
//! nothing may be trusted because a digest fits.

use super::key::Key;
use super::number::Decimal;
use super::scan::{DIGITS, digits_stop, marks, word_at};
use super::string;

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const STEP: u64 = 0xbf58_476d_1ce4_e5b9;
const CLOSE: u64 = 0x94d0_49bb_1331_11eb;

const BYTES: u64 = 0;
const NULL: u64 = 1;
const FALSE: u64 = 2;
const TRUE: u64 = 3;
const NUMBER: u64 = 4;
const NEGATIVE: u64 = 5;
const STRING: u64 = 6;
const ARRAY: u64 = 7;
const OBJECT: u64 = 8;

/// Spreads every bit over the others, and loses none: each line can be undone. One multiplication of 64 bits, since
/// WebAssembly has no wider one.
#[inline]
fn mix(word: u64, factor: u64) -> u64 {
    let spread = (word ^ word >> 32).wrapping_mul(factor);
    spread ^ spread >> 29
}

#[inline]
fn start(tag: u64) -> u64 {
    SEED.wrapping_add(tag)
}

#[inline]
fn step(state: u64, word: u64) -> u64 {
    mix(state ^ word, STEP)
}

#[inline]
fn close(state: u64, count: u64) -> u64 {
    mix(state ^ count, CLOSE)
}

/// Digest of plain bytes: a checksum against damage.
#[inline]
pub fn hash64(bytes: &[u8]) -> u64 {
    let mut state = Absorber::new(start(BYTES));
    state.write(bytes);
    state.finish()
}

/// Digest of the JSON string with this content (WTF-8): what [`digest64`] gives for any spelling of it.
#[inline]
pub fn string64(content: &[u8]) -> u64 {
    let mut state = Absorber::new(start(STRING));
    state.write(content);
    state.finish()
}

/// Digest of one JSON value. [`Digester`] does the same without allocating.
#[inline]
pub fn digest64(text: &[u8]) -> u64 {
    Digester::default().digest(text)
}

/// Takes bytes in pieces; how they are cut makes no difference.
struct Absorber {
    state: u64,
    /// Bytes that do not fill a word yet, the first one lowest.
    rest: u64,
    count: u64,
}

impl Absorber {
    #[inline]
    fn new(state: u64) -> Absorber {
        Absorber { state, rest: 0, count: 0 }
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        let filled = (self.count % 8) as u32 * 8;
        for word in words {
            let word = u64::from_le_bytes(*word);
            if filled == 0 {
                self.state = step(self.state, word);
            } else {
                self.state = step(self.state, self.rest | word << filled);
                self.rest = word >> (64 - filled);
            }
        }
        self.count += words.len() as u64 * 8;
        for byte in rest {
            self.rest |= u64::from(*byte) << (self.count % 8 * 8);
            self.count += 1;
            if self.count.is_multiple_of(8) {
                self.state = step(self.state, self.rest);
                self.rest = 0;
            }
        }
    }

    #[inline]
    fn finish(self) -> u64 {
        let state = if self.count.is_multiple_of(8) { self.state } else { step(self.state, self.rest) };
        close(state, self.count)
    }
}

/// A container whose parts are being digested.
#[derive(Clone, Copy, Debug)]
struct Frame {
    is_object: bool,
    state: u64,
    count: u64,
    /// Digest of the member name whose value comes next.
    name: Option<u64>,
}

impl Frame {
    /// Of no container.
    const CLOSED: Frame = Frame { is_object: false, state: 0, count: 0, name: None };

    #[inline]
    fn add(&mut self, part: u64) {
        if !self.is_object {
            self.state = step(self.state, part);
            self.count += 1;
        } else if let Some(name) = self.name.take() {
            // A sum does not care for the order of members; each is mixed on its own first.
            self.state = self.state.wrapping_add(close(step(name.rotate_left(32), part), OBJECT));
            self.count += 1;
        } else {
            self.name = Some(part);
        }
    }

    #[inline]
    fn finish(self) -> u64 {
        if self.is_object {
            close(step(start(OBJECT), self.state), self.count)
        } else {
            close(self.state, self.count)
        }
    }
}

/// Digests values in one pass over their bytes. Keeps its stack between calls, so that digesting allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Digester {
    open: Vec<Frame>,
    names: Names,
}

/// Short member names that were met, with their digests. Records have the same names again and again, mostly in the same
/// order: the one that came next last time is tried first.
#[derive(Clone, Debug, Default)]
struct Names {
    known: Vec<Known>,
    /// One more than the index of the name that came last, 0 at the start of an object.
    last: usize,
    /// What came first.
    first: u32,
    /// Names that were met and not found; where there are many of them, no more are kept.
    missed: u32,
}

#[derive(Clone, Debug)]
struct Known {
    key: Key,
    digest: u64,
    /// What came next.
    next: u32,
}

const KNOWN: usize = 32;
const MISSED: u32 = 1 << 10;

impl Names {
    /// The digest of the name that stands at `at`, plainly and with its colon, and where it ends, if it is the one that
    /// came here last time.
    #[inline(always)]
    fn find(&mut self, text: &[u8], at: usize) -> Option<(u64, usize)> {
        let guess = match self.last.checked_sub(1) {
            None => self.first,
            Some(last) => self.known.get(last)?.next,
        };
        let known = self.known.get(guess as usize)?;
        if !known.key.begins(text, at) {
            return None;
        }
        self.last = guess as usize + 1;
        Some((known.digest, at + known.key.length))
    }

    /// Another name stood between `at` and `end`.
    #[inline]
    fn keep(&mut self, text: &[u8], at: usize, end: usize, digest: u64) {
        self.missed += 1;
        let key = text.get(at..end + 1).filter(|key| key.len() <= Key::WHOLE && key.ends_with(b":"));
        let Some(key) = key.filter(|key| self.missed < MISSED && !key.contains(&b'\\')) else {
            self.last = 0;
            return;
        };
        let found = self.known.iter().position(|known| known.key.begins(text, at));
        let index = found.unwrap_or(self.known.len());
        if found.is_none() {
            if index == KNOWN {
                self.last = 0;
                return;
            }
            self.known.push(Known { key: Key::new(key), digest, next: u32::MAX });
        }
        match self.last.checked_sub(1).and_then(|last| self.known.get_mut(last)) {
            Some(before) => before.next = index as u32,
            None => self.first = index as u32,
        }
        self.last = index + 1;
    }
}

impl Digester {
    /// Digest of the value that starts at the first byte of `text` that is no white space; what follows it is not
    /// looked at. The text must have been validated: of anything else the digest is some number.
    #[inline]
    pub fn digest(&mut self, text: &[u8]) -> u64 {
        self.run::<false>(text, 0).0
    }

    /// As [`Digester::digest`]; and, if the value is an object, the digest of its first member whose name has the
    /// digest `name` ([`string64`]).
    #[inline]
    pub fn digest_with_member(&mut self, text: &[u8], name: u64) -> (u64, Option<u64>) {
        self.run::<true>(text, name)
    }

    #[inline]
    fn run<const MEMBER: bool>(&mut self, text: &[u8], name: u64) -> (u64, Option<u64>) {
        let mut member = None;
        self.open.clear();
        // The innermost container is at hand; those around it are on the stack.
        let (mut frame, mut depth) = (Frame::CLOSED, 0usize);
        let mut at = 0;
        self.names.last = 0;
        loop {
            let part = match text.get(at) {
                Some(b'"') if frame.is_object && frame.name.is_none() => {
                    if let Some((digest, end)) = self.names.find(text, at) {
                        frame.name = Some(digest);
                        at = end;
                        continue;
                    }
                    let (digest, end) = string_digest(text, at);
                    self.names.keep(text, at, end, digest);
                    frame.name = Some(digest);
                    at = end + usize::from(text.get(end) == Some(&b':'));
                    continue;
                }
                Some(b'"') => {
                    let (digest, end) = string_digest(text, at);
                    at = end;
                    digest
                }
                Some(bracket @ (b'{' | b'[')) => {
                    let is_object = *bracket == b'{';
                    let state = if is_object { 0 } else { start(ARRAY) };
                    if depth > 0 {
                        self.open.push(frame);
                    }
                    depth += 1;
                    frame = Frame { is_object, state, count: 0, name: None };
                    at += 1;
                    continue;
                }
                Some(b'}' | b']') => {
                    at += 1;
                    let Some(around) = depth.checked_sub(1) else { return (0, None) };
                    depth = around;
                    let part = frame.finish();
                    frame = self.open.pop().unwrap_or(Frame::CLOSED);
                    part
                }
                Some(b'-' | b'0'..=b'9') => {
                    let (digest, end) = number_digest(text, at);
                    at = end;
                    digest
                }
                Some(b't') => {
                    at += 4;
                    close(start(TRUE), 0)
                }
                Some(b'f') => {
                    at += 5;
                    close(start(FALSE), 0)
                }
                Some(b'n') => {
                    at += 4;
                    close(start(NULL), 0)
                }
                Some(b',' | b':' | b' ' | b'\t' | b'\n' | b'\r') => {
                    at += 1;
                    continue;
                }
                _ => return (0, None),
            };
            if depth == 0 {
                return (part, member);
            }
            if MEMBER && depth == 1 && frame.is_object && frame.name == Some(name) {
                member = member.or(Some(part));
            }
            frame.add(part);
            at += usize::from(text.get(at) == Some(&b','));
        }
    }
}

/// Digest and end of the string whose opening quote stands at `at`: scanned and absorbed in one go while there are
/// no escapes.
#[inline]
fn string_digest(text: &[u8], at: usize) -> (u64, usize) {
    let from = at + 1;
    let mut state = start(STRING);
    let mut at = from;
    while let Some(word) = word_at(text, at) {
        let stop = marks(word, b'"') | marks(word, b'\\');
        if stop == 0 {
            state = step(state, word);
            at += 8;
            continue;
        }
        let left = stop.trailing_zeros() / 8;
        let end = at + left as usize;
        let rest = word & !(u64::MAX << (left * 8));
        let count = (end - from) as u64;
        if text.get(end) == Some(&b'\\') {
            return escaped_digest(text, end, Absorber { state, rest, count });
        }
        if left > 0 {
            state = step(state, rest);
        }
        return (close(state, count), end + 1);
    }
    // The last bytes of the text.
    escaped_digest(text, at, Absorber { state, rest: 0, count: (at - from) as u64 })
}

/// Digest and end of the string of which the bytes before `from` were absorbed, piece by piece.
#[inline]
fn escaped_digest(text: &[u8], from: usize, mut state: Absorber) -> (u64, usize) {
    let mut end = from;
    loop {
        match text.get(end) {
            Some(b'"') | None => break,
            Some(b'\\') => end += 2,
            Some(_) => end += 1,
        }
    }
    string::for_each_piece(text.get(from..end).unwrap_or_default(), |piece| state.write(piece));
    (state.finish(), end + 1)
}

/// Digest and end of the number that starts at `at`.
#[inline]
fn number_digest(text: &[u8], at: usize) -> (u64, usize) {
    let negative = text.get(at) == Some(&b'-');
    let from = at + usize::from(negative);
    if let Some(word) = word_at(text, from) {
        let (less, other) = (word ^ DIGITS, digits_stop(word));
        let length = other.trailing_zeros() / 8;
        let after = (word >> (length % 8 * 8)) as u8;
        if (1..8).contains(&length) && !matches!(after, b'.' | b'e' | b'E') {
            // Trailing zeros are the highest bytes that are there.
            let significant = 8 - (less & !(u64::MAX << (length * 8))).leading_zeros() / 8;
            let end = from + length as usize;
            if significant == 0 {
                return (close(number_start(false, 0), 0), end);
            }
            let state =
                step(number_start(negative, i64::from(length)), word & u64::MAX >> (64 - 8 * significant));
            return (close(state, u64::from(significant)), end);
        }
    }
    let mut end = from;
    while let Some(b'0'..=b'9') = text.get(end) {
        end += 1;
    }
    if let Some(b'.' | b'e' | b'E') = text.get(end) {
        while let Some(b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-') = text.get(end) {
            end += 1;
        }
        let Some(value) = text.get(at..end).and_then(Decimal::parse) else { return (0, end) };
        let (head, tail) = value.digits();
        let mut state = Absorber::new(number_start(value.is_negative(), value.clamped_point()));
        state.write(head);
        state.write(tail);
        return (state.finish(), end);
    }
    // A plain integer has no leading zeros, so its point stands after its last digit.
    let digits = text.get(from..end).unwrap_or_default();
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    let significant = digits.get(..digits.len() - zeros).unwrap_or_default();
    let is_zero = significant.is_empty();
    let point = if is_zero { 0 } else { digits.len() as i64 };
    let length = significant.len();
    if let (1..=8, Some(word)) = (length, word_at(text, from)) {
        let word = word & u64::MAX >> (64 - 8 * length);
        let state = step(number_start(negative, point), word);
        return (close(state, length as u64), end);
    }
    let mut state = Absorber::new(number_start(negative && !is_zero, point));
    state.write(significant);
    (state.finish(), end)
}

#[inline]
fn number_start(negative: bool, point: i64) -> u64 {
    step(start(if negative { NEGATIVE } else { NUMBER }), point as u64)
}

#[cfg(test)]
#[path = "digest_tests.rs"]
mod tests;
