//! Validating and skipping JSON over bytes: the primitives that the tree and the plan's executor stand on.
//!
//! Everything is one pass from left to right without recursion, so the error of a text is always the one at the
//! smallest byte offset, whoever finds it: [`super::Tree::parse`] and [`Skipper`] agree on code and span.
//! The functions that are named after an end ([`string_end`], [`scalar_end`]) know success only, and answer in a register;
//! what is wrong is found by a second look ([`string`], [`scalar`]).
//! UTF-8 is checked per string, and only where a byte beyond ASCII was seen; outside of strings JSON is ASCII.

use super::json::JsonKind;
use super::lanes::{self, Lanes};
use crate::diagnostic::{Diagnostic, Error, Kind, Result, Span};
use crate::limits::{Limits, depth_error};
use std::num::NonZeroUsize;

/// The first byte at or after `at` that is no white space.
#[inline]
pub fn space(text: &[u8], mut at: usize) -> usize {
    // Most texts have none.
    if let Some(b'!'..) = text.get(at) {
        return at;
    }
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = text.get(at) {
        at += 1;
    }
    at
}

/// The end of the scalar that starts at `at`, and its kind; `None` where a container starts.
///
/// # Errors
/// `json-syntax` where no value starts or the scalar is malformed; `text-encoding` inside a string.
#[inline]
pub fn scalar(text: &[u8], at: usize) -> Result<Option<(usize, JsonKind)>> {
    let kind = match text.get(at) {
        Some(b'"') => JsonKind::String,
        Some(b'-' | b'0'..=b'9') => JsonKind::Number,
        Some(b'{' | b'[') => return Ok(None),
        Some(b't' | b'f') => JsonKind::Bool,
        _ => JsonKind::Null,
    };
    match scalar_end(text, at) {
        Some(end) => Ok(Some((end.get(), kind))),
        None => Err(scalar_error(text, at)),
    }
}

/// The end of the scalar that starts at `at`, if there is one and it is well-formed.
#[inline]
pub fn scalar_end(text: &[u8], at: usize) -> Option<NonZeroUsize> {
    scalar_end_here(text, at)
}

/// The same, compiled into the place that it is called from.
#[inline(always)]
pub fn scalar_end_here(text: &[u8], at: usize) -> Option<NonZeroUsize> {
    match text.get(at) {
        Some(b'"') => string_end(text, at),
        Some(b'-' | b'0'..=b'9') => number_end(text, at),
        Some(first @ (b't' | b'f' | b'n')) => {
            // The last four bytes; which word it is, is chosen without a branch.
            let word = match first {
                b't' => u32::from_le_bytes(*b"true"),
                b'f' => u32::from_le_bytes(*b"alse"),
                _ => u32::from_le_bytes(*b"null"),
            };
            let from = at + usize::from(*first == b'f');
            let here = u32::from_le_bytes(*text.get(from..)?.first_chunk()?);
            if here == word { NonZeroUsize::new(from + 4) } else { None }
        }
        _ => None,
    }
}

#[cold]
fn scalar_error(text: &[u8], at: usize) -> Error {
    match text.get(at) {
        Some(b'"') => string_error(text, at),
        Some(b'-' | b'0'..=b'9') => number_error(text, at),
        _ => syntax_error(text, at, "a value"),
    }
}

/// The end of the member name that starts at `at`, and the place after its colon.
///
/// # Errors
/// `json-syntax` where there is no string or no colon; `text-encoding` inside the name.
#[inline]
pub fn key(text: &[u8], at: usize) -> Result<(usize, usize)> {
    if text.get(at) != Some(&b'"') {
        return Err(syntax_error(text, at, "a member name in double quotes"));
    }
    let end = string(text, at)?;
    let colon = space(text, end);
    if text.get(colon) == Some(&b':') { Ok((end, colon + 1)) } else { Err(syntax_error(text, colon, "`:`")) }
}

/// The place after the colon of the member name that starts at `at`, if it is well-formed.
#[inline(always)]
fn key_end(text: &[u8], at: usize) -> Option<NonZeroUsize> {
    if text.get(at) != Some(&b'"') {
        return None;
    }
    let colon = space(text, string_end(text, at)?.get());
    if text.get(colon) == Some(&b':') { NonZeroUsize::new(colon + 1) } else { None }
}

#[cold]
fn key_error(text: &[u8], at: usize) -> Error {
    match key(text, at) {
        Err(error) => error,
        Ok((_, end)) => syntax_error(text, end, "a value"),
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Marks the bytes of a word that equal `byte` with their high bit. Exact for the lowest mark, which is the one
/// that is used: a borrow can only reach marks above a true one.
#[inline]
pub(super) fn marks(word: u64, byte: u8) -> u64 {
    let zeroed = word ^ (ONES * byte as u64);
    zeroed.wrapping_sub(ONES) & !zeroed & HIGHS
}

/// Eight digits.
pub(super) const DIGITS: u64 = ONES * b'0' as u64;

/// Marks the bytes of a word that are no digits with some of their high bits. Exact for the lowest mark.
#[inline]
pub(super) fn digits_stop(word: u64) -> u64 {
    // Of a digit, and of no other byte, the high half stays zero with six added. A carry reaches higher bytes only.
    let less = word ^ DIGITS;
    (less | less.wrapping_add(ONES * 6)) & (ONES * 0xf0)
}

/// Eight bytes of `text` from `at`, where there are as many.
#[inline]
pub(crate) fn word_at(text: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*text.get(at..)?.first_chunk()?))
}

/// Where the first such byte of `text` stands.
#[inline]
pub fn find(text: &[u8], byte: u8) -> Option<usize> {
    let mut at = 0;
    // Four blocks at once while there is nothing.
    while let (Some(one), Some(two), Some(three), Some(four)) = (
        Lanes::at(text, at),
        Lanes::at(text, at + lanes::WIDTH),
        Lanes::at(text, at + 2 * lanes::WIDTH),
        Lanes::at(text, at + 3 * lanes::WIDTH),
    ) {
        let any = one.equal(byte) | two.equal(byte) | three.equal(byte) | four.equal(byte);
        if any.bits() != 0 {
            break;
        }
        at += 4 * lanes::WIDTH;
    }
    while let Some(lanes) = Lanes::at(text, at) {
        let found = lanes.equal(byte).bits();
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize);
        }
        at += lanes::WIDTH;
    }
    let rest = text.get(at..)?;
    rest.iter().position(|here| *here == byte).map(|found| at + found)
}

/// One past the closing quote of the string whose opening quote stands at `start`.
///
/// # Errors
/// `json-syntax` for a control character, an unknown escape or a missing quote; `text-encoding` for what is not
/// UTF-8: whichever comes first.
#[inline]
pub fn string(text: &[u8], start: usize) -> Result<usize> {
    match string_end(text, start) {
        Some(end) => Ok(end.get()),
        None => Err(string_error(text, start)),
    }
}

/// The same, if the string is well-formed.
#[inline(always)]
pub fn string_end(text: &[u8], start: usize) -> Option<NonZeroUsize> {
    // Most are short and plain.
    if let Some(lanes) = Lanes::at(text, start + 1) {
        let stop = (lanes.equal(b'"') | lanes.equal(b'\\') | lanes.control() | lanes).bits();
        let end = start + 1 + stop.trailing_zeros() as usize;
        if stop != 0 && text.get(end) == Some(&b'"') {
            return NonZeroUsize::new(end + 1);
        }
        let plain = if stop == 0 { lanes::WIDTH } else { stop.trailing_zeros() as usize };
        return rest_of_string(text, start + 1 + plain);
    }
    rest_of_string(text, start + 1)
}

/// The end of the string of which the bytes before `at` were looked at.
#[inline]
fn rest_of_string(text: &[u8], mut at: usize) -> Option<NonZeroUsize> {
    loop {
        while let Some(lanes) = Lanes::at(text, at) {
            let stop = (lanes.equal(b'"') | lanes.equal(b'\\') | lanes.control() | lanes).bits();
            if stop != 0 {
                at += stop.trailing_zeros() as usize;
                break;
            }
            at += lanes::WIDTH;
        }
        match text.get(at) {
            Some(b'"') => return NonZeroUsize::new(at + 1),
            Some(b'\\') => at = escape_end(text, at)?.get(),
            Some(0x80..) => {
                // Where there is one, there are often more.
                while let Some(0x80..) = text.get(at) {
                    at = character_end(text, at)?.get();
                }
            }
            // Only the last bytes of a text come here one by one.
            Some(0x20..) => at += 1,
            _ => return None,
        }
    }
}

/// The end of the character beyond ASCII that starts at `at`, if it is encoded well (Unicode, table 3-7).
#[inline]
fn character_end(text: &[u8], at: usize) -> Option<NonZeroUsize> {
    let byte = |index: usize| text.get(at + index).copied().unwrap_or(0);
    let follows = |index: usize| byte(index) & 0xc0 == 0x80;
    let (length, is_well) = match (byte(0), byte(1)) {
        (0xc2..=0xdf, _) => (2, follows(1)),
        (0xe0, 0xa0..=0xbf) | (0xed, 0x80..=0x9f) | (0xe1..=0xec | 0xee | 0xef, 0x80..=0xbf) => {
            (3, follows(2))
        }
        (0xf0, 0x90..=0xbf) | (0xf4, 0x80..=0x8f) | (0xf1..=0xf3, 0x80..=0xbf) => {
            (4, follows(2) && follows(3))
        }
        _ => return None,
    };
    if is_well { NonZeroUsize::new(at + length) } else { None }
}

#[inline]
fn escape_end(text: &[u8], at: usize) -> Option<NonZeroUsize> {
    match text.get(at + 1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => NonZeroUsize::new(at + 2),
        b'u' if text.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => NonZeroUsize::new(at + 6),
        _ => None,
    }
}

/// What is wrong with a string, which ends nowhere.
#[cold]
fn string_error(text: &[u8], start: usize) -> Error {
    let mut at = start + 1;
    let wanted = loop {
        match text.get(at) {
            Some(b'\\') => match escape_end(text, at) {
                Some(end) => at = end.get(),
                None => break "an escape such as `\\n` or `\\u0041`",
            },
            Some(byte) if *byte >= 0x20 && *byte != b'"' => at += 1,
            _ => break "`\"`",
        }
    };
    match std::str::from_utf8(text.get(start + 1..at).unwrap_or_default()) {
        Err(error) => encoding_error(start + 1 + error.valid_up_to()),
        Ok(_) => syntax_error(text, at, wanted),
    }
}

/// The end of the number that starts at `start`.
///
/// # Errors
/// `json-syntax` where the text is no JSON number.
#[inline]
pub fn number(text: &[u8], start: usize) -> Result<usize> {
    match number_end(text, start) {
        Some(end) => Ok(end.get()),
        None => Err(number_error(text, start)),
    }
}

/// The same, if the number is well-formed.
#[inline(always)]
fn number_end(text: &[u8], start: usize) -> Option<NonZeroUsize> {
    let at = whole_digits(text, start + usize::from(text.get(start) == Some(&b'-')))?.get();
    match text.get(at) {
        Some(b'.' | b'e' | b'E') => fraction_end(text, at),
        _ => NonZeroUsize::new(at),
    }
}

/// The digits before the point: no other follows a leading zero.
#[inline(always)]
fn whole_digits(text: &[u8], at: usize) -> Option<NonZeroUsize> {
    if text.get(at) == Some(&b'0') { NonZeroUsize::new(at + 1) } else { digits_end(text, at) }
}

#[inline(always)]
fn digits_end(text: &[u8], from: usize) -> Option<NonZeroUsize> {
    let mut at = from;
    while let Some(word) = word_at(text, at) {
        let other = digits_stop(word);
        if other != 0 {
            at += (other.trailing_zeros() / 8) as usize;
            return if at > from { NonZeroUsize::new(at) } else { None };
        }
        at += 8;
    }
    while let Some(b'0'..=b'9') = text.get(at) {
        at += 1;
    }
    if at > from { NonZeroUsize::new(at) } else { None }
}

/// From the point or the exponent on.
#[cold]
#[inline]
fn fraction_end(text: &[u8], mut at: usize) -> Option<NonZeroUsize> {
    if text.get(at) == Some(&b'.') {
        at = digits_end(text, at + 1)?.get();
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let sign = matches!(text.get(at + 1), Some(b'+' | b'-'));
        at = digits_end(text, at + 1 + usize::from(sign))?.get();
    }
    NonZeroUsize::new(at)
}

/// What is wrong with a number: where digits should be, others stand.
#[cold]
fn number_error(text: &[u8], start: usize) -> Error {
    let from = start + usize::from(text.get(start) == Some(&b'-'));
    let mut at = from;
    if let Some(end) = whole_digits(text, from) {
        at = end.get();
        if text.get(at) == Some(&b'.') {
            at += 1;
            at = digits_end(text, at).map_or(at, NonZeroUsize::get);
        }
        if let Some(b'e' | b'E') = text.get(at)
            && text.get(at - 1) != Some(&b'.')
        {
            at += 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        }
    }
    syntax_error(text, at, "a digit")
}

/// A container that was skipped: the offset of its opening bracket, and one past its closing one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// Offset of the opening bracket.
    pub open: u32,
    /// One past the closing bracket.
    pub end: u32,
}

/// Skips values, validating them. Keeps its stack between calls, so that skipping allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Skipper {
    /// The open containers: offsets of their brackets, or indices of their links.
    open: Vec<u32>,
}

impl Skipper {
    /// The end of the value that starts at `at` (white space before it is skipped). `depth` is the number of
    /// containers that are open around it.
    ///
    /// # Errors
    /// `json-syntax`, `text-encoding` and `limit-depth`, each with a span.
    #[inline]
    pub fn skip(&mut self, text: &[u8], at: usize, depth: u32, limits: &Limits) -> Result<usize> {
        match value_end(text, at, limits.depth.saturating_sub(depth)) {
            Some(end) => Ok(end.get()),
            None => self.run::<false>(text, at, depth, limits, &mut Vec::new()),
        }
    }

    /// As [`Skipper::skip`], and appends a link for each container that was passed, ascending by its opening.
    ///
    /// # Errors
    /// As [`Skipper::skip`]; what `links` holds then is of no use.
    #[inline]
    pub fn skip_linked(
        &mut self,
        text: &[u8],
        at: usize,
        depth: u32,
        limits: &Limits,
        links: &mut Vec<Link>,
    ) -> Result<usize> {
        self.run::<true>(text, at, depth, limits, links)
    }

    /// Validates a text that must be one value and white space; nothing is kept.
    ///
    /// # Errors
    /// As [`Skipper::skip`].
    #[inline]
    pub fn document(&mut self, text: &[u8], limits: &Limits) -> Result<()> {
        let end = space(text, self.skip(text, 0, 0, limits)?);
        if end < text.len() { Err(syntax_error(text, end, "the end of the text")) } else { Ok(()) }
    }

    #[inline]
    fn run<const LINKS: bool>(
        &mut self,
        text: &[u8],
        mut at: usize,
        depth: u32,
        limits: &Limits,
        links: &mut Vec<Link>,
    ) -> Result<usize> {
        self.open.clear();
        let allowed = limits.depth.saturating_sub(depth) as usize;
        let mut in_object = false;
        loop {
            at = space(text, at);
            match scalar_end_here(text, at) {
                Some(end) => at = end.get(),
                None if !matches!(text.get(at), Some(b'{' | b'[')) => return Err(scalar_error(text, at)),
                None => {
                    if self.open.len() >= allowed {
                        return Err(too_deep(limits, at));
                    }
                    in_object = text.get(at) == Some(&b'{');
                    if LINKS {
                        self.open.push(links.len() as u32);
                        links.push(Link { open: at as u32, end: 0 });
                    } else {
                        self.open.push(at as u32);
                    }
                    at = space(text, at + 1);
                    match text.get(at) {
                        Some(b'}') if in_object => {}
                        Some(b']') if !in_object => {}
                        _ if in_object => {
                            at = key_end(text, at).ok_or_else(|| key_error(text, at))?.get();
                            continue;
                        }
                        _ => continue,
                    }
                }
            }
            // After a value, or at the close of an empty container.
            loop {
                if self.open.is_empty() {
                    return Ok(at);
                }
                at = space(text, at);
                match text.get(at) {
                    Some(b',') => {
                        at += 1;
                        if in_object {
                            at = space(text, at);
                            at = key_end(text, at).ok_or_else(|| key_error(text, at))?.get();
                        }
                        break;
                    }
                    Some(b'}') if in_object => at += 1,
                    Some(b']') if !in_object => at += 1,
                    _ => return Err(syntax_error(text, at, after_value(in_object))),
                }
                let closed = self.open.pop();
                if LINKS && let Some(link) = closed.and_then(|index| links.get_mut(index as usize)) {
                    link.end = at as u32;
                }
                let around = self.open.last().and_then(|&outer| {
                    let open = if LINKS { links.get(outer as usize)?.open } else { outer };
                    text.get(open as usize)
                });
                in_object = around == Some(&b'{');
            }
        }
    }
}

/// The end of the value that starts at `at` (white space before it is skipped), if it is well-formed and has at most
/// `allowed` containers inside each other, and no more than one word can hold. Which of them are objects is all that it keeps.
#[inline]
fn value_end(text: &[u8], mut at: usize, allowed: u32) -> Option<NonZeroUsize> {
    let allowed = allowed.min(u64::BITS);
    let (mut depth, mut objects) = (0, 0u64);
    loop {
        at = space(text, at);
        match text.get(at) {
            Some(bracket @ (b'{' | b'[')) => {
                if depth >= allowed {
                    return None;
                }
                depth += 1;
                objects = objects << 1 | u64::from(*bracket == b'{');
                at = space(text, at + 1);
                match (text.get(at), bracket) {
                    // The bracket is seen again below.
                    (Some(b'}'), b'{') | (Some(b']'), b'[') => {}
                    (_, b'{') => {
                        at = key_end(text, at)?.get();
                        continue;
                    }
                    _ => continue,
                }
            }
            _ => at = scalar_end_here(text, at)?.get(),
        }
        loop {
            if depth == 0 {
                return NonZeroUsize::new(at);
            }
            at = space(text, at);
            match (text.get(at), objects & 1) {
                (Some(b','), 0) => {
                    at += 1;
                    break;
                }
                (Some(b','), _) => {
                    at = key_end(text, space(text, at + 1))?.get();
                    break;
                }
                (Some(b']'), 0) | (Some(b'}'), 1) => {
                    at += 1;
                    depth -= 1;
                    objects >>= 1;
                }
                _ => return None,
            }
        }
    }
}

/// The end of the value that starts at `at`, with `depth` containers open around it. [`Skipper`] does the same
/// without allocating.
///
/// # Errors
/// As [`Skipper::skip`].
#[inline]
pub fn skip_value(text: &[u8], at: usize, depth: u32, limits: &Limits) -> Result<usize> {
    Skipper::default().skip(text, at, depth, limits)
}

/// What may follow a value inside a container.
pub(super) fn after_value(in_object: bool) -> &'static str {
    if in_object { "`,` or `}`" } else { "`,` or `]`" }
}

/// The error of a bracket at `at` that passes the limit of depth.
#[cold]
pub fn too_deep(limits: &Limits, at: usize) -> Error {
    let mut error = depth_error(limits.depth);
    error.span = Some(Span::new(at, at + 1));
    error
}

/// The error of a text that should hold something else at `at`; `text-encoding` where it is not even UTF-8.
#[cold]
pub fn syntax_error(text: &[u8], at: usize, wanted: &str) -> Error {
    let message = match text.get(at) {
        None => format!("expected {wanted}, found the end of the text"),
        Some(byte) if byte.is_ascii_graphic() => format!("expected {wanted}, found `{}`", char::from(*byte)),
        Some(byte) if byte.is_ascii() => format!("expected {wanted}, found byte 0x{byte:02x}"),
        Some(byte) => {
            let next = text.get(at..text.len().min(at + 4)).unwrap_or_default();
            if std::str::from_utf8(next).is_err_and(|error| error.valid_up_to() == 0) {
                return encoding_error(at);
            }
            if at == 0 && next.starts_with(&[0xef, 0xbb, 0xbf]) {
                return Diagnostic::new(Kind::Parse, "json-syntax", "the text begins with a byte-order mark")
                    .spanning(Span::new(0, 3))
                    .help("leave the mark out, which JSON text has not")
                    .boxed();
            }
            format!("expected {wanted}, found byte 0x{byte:02x}")
        }
    };
    Diagnostic::new(Kind::Parse, "json-syntax", message)
        .spanning(Span::new(at, (at + 1).min(text.len().max(at))))
        .boxed()
}

/// The error of a text that is not UTF-8 from `at` on.
#[cold]
pub fn encoding_error(at: usize) -> Error {
    Diagnostic::new(Kind::Parse, "text-encoding", "the text is not UTF-8")
        .spanning(Span::new(at, at + 1))
        .help("encode the text as UTF-8; a lone surrogate can only be written as an escape")
        .boxed()
}

#[cfg(test)]
#[path = "scan_tests.rs"]
pub(super) mod tests;
