//! Validating and skipping JSON over bytes: the primitives that the tree and the plan's executor stand on.
//!
//! Everything is one pass from left to right without recursion, so the error of a text is always the one at the
//! smallest byte offset, whoever finds it: [`super::Tree::parse`] and [`Skipper`] agree on code and span.
//! UTF-8 is checked per string, and only where a byte beyond ASCII was seen; outside of strings JSON is ASCII.

use super::json::JsonKind;
use crate::diagnostic::{Diagnostic, Error, Kind, Result, Span};
use crate::limits::{Limits, depth_error};

/// The first byte at or after `at` that is no white space.
#[inline]
pub fn space(text: &[u8], mut at: usize) -> usize {
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
    Ok(Some(match text.get(at) {
        Some(b'"') => (string(text, at)?, JsonKind::String),
        Some(b'-' | b'0'..=b'9') => (number(text, at)?, JsonKind::Number),
        Some(b'{' | b'[') => return Ok(None),
        Some(b't') => (word(text, at, b"true")?, JsonKind::Bool),
        Some(b'f') => (word(text, at, b"false")?, JsonKind::Bool),
        Some(b'n') => (word(text, at, b"null")?, JsonKind::Null),
        _ => return Err(syntax_error(text, at, "a value")),
    }))
}

#[inline]
fn word(text: &[u8], at: usize, word: &[u8]) -> Result<usize> {
    let end = at + word.len();
    if text.get(at..end) == Some(word) { Ok(end) } else { Err(syntax_error(text, at, "a value")) }
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

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Marks the bytes of a word that equal `byte` with their high bit. Exact for the lowest mark, which is the one
/// that is used: a borrow can only reach marks above a true one.
#[inline]
pub(super) fn marks(word: u64, byte: u8) -> u64 {
    let zeroed = word ^ (ONES * byte as u64);
    zeroed.wrapping_sub(ONES) & !zeroed & HIGHS
}

/// Eight bytes of `text` from `at`, where there are as many.
#[inline]
pub(super) fn word_at(text: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*text.get(at..)?.first_chunk()?))
}

/// One past the closing quote of the string whose opening quote stands at `start`.
///
/// # Errors
/// `json-syntax` for a control character, an unknown escape or a missing quote; `text-encoding` for what is not
/// UTF-8: whichever comes first.
#[inline]
pub fn string(text: &[u8], start: usize) -> Result<usize> {
    let mut at = start + 1;
    let mut seen = 0u64;
    loop {
        while let Some(word) = word_at(text, at) {
            let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
            let stop = marks(word, b'"') | marks(word, b'\\') | control;
            // Bytes after the stop may be counted as seen: at worst the check below is done without need.
            seen |= word;
            if stop != 0 {
                at += (stop.trailing_zeros() / 8) as usize;
                break;
            }
            at += 8;
        }
        match text.get(at) {
            Some(b'"') => {
                if seen & HIGHS != 0 {
                    check_encoding(text, start + 1, at)?;
                }
                return Ok(at + 1);
            }
            Some(b'\\') => match text.get(at + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at += 2,
                Some(b'u') if is_hex(text, at + 2) => at += 6,
                _ => return Err(string_error(text, start, at, "an escape such as `\\n` or `\\u0041`")),
            },
            // Only the last bytes of a text come here one by one.
            Some(byte) if *byte >= 0x20 => {
                seen |= u64::from(*byte);
                at += 1;
            }
            _ => return Err(string_error(text, start, at, "`\"`")),
        }
    }
}

#[inline]
fn is_hex(text: &[u8], at: usize) -> bool {
    text.get(at..at + 4).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

#[inline]
fn check_encoding(text: &[u8], from: usize, to: usize) -> Result<()> {
    match std::str::from_utf8(text.get(from..to).unwrap_or_default()) {
        Ok(_) => Ok(()),
        Err(error) => Err(encoding_error(from + error.valid_up_to())),
    }
}

#[cold]
fn string_error(text: &[u8], start: usize, at: usize, wanted: &str) -> Error {
    match check_encoding(text, start + 1, at) {
        Err(earlier) => earlier,
        Ok(()) => syntax_error(text, at, wanted),
    }
}

/// The end of the number that starts at `start`.
///
/// # Errors
/// `json-syntax` where the text is no JSON number.
#[inline]
pub fn number(text: &[u8], start: usize) -> Result<usize> {
    let digits = |from: usize| {
        let mut at = from;
        while let Some(b'0'..=b'9') = text.get(at) {
            at += 1;
        }
        if at > from { Ok(at) } else { Err(syntax_error(text, at, "a digit")) }
    };
    let mut at = start;
    if text.get(at) == Some(&b'-') {
        at += 1;
    }
    at = if text.get(at) == Some(&b'0') { at + 1 } else { digits(at)? };
    if text.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = text.get(at) {
            at += 1;
        }
        at = digits(at)?;
    }
    Ok(at)
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
        self.run::<false>(text, at, depth, limits, &mut Vec::new())
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
            match scalar(text, at)? {
                Some((end, _)) => at = end,
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
                            at = key(text, at)?.1;
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
                            at = key(text, space(text, at))?.1;
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
