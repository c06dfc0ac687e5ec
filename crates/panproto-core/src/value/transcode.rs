//! Between JSON and MessagePack, by value. What has no counterpart is refused with its path, never turned into
//! something else: NaN and infinities, extensions, bytes, names that are no strings; integers beyond 64 bits,
//! numbers that no double holds, lone surrogates.

use super::json::{JsonKind, Tree, ValueRef};
use super::msgpack::{self, Token};
use super::{scan, string};
use crate::diagnostic::{Diagnostic, Kind, Path, Result, Span};
use crate::limits::Limits;
use std::fmt::Write as _;

/// A container of MessagePack that is being written as JSON.
#[derive(Clone, Copy)]
enum Frame<'a> {
    Array { left: u32, index: u32 },
    Map { left: u32, name: &'a str },
}

/// Appends the JSON text of the MessagePack value at `at`, without white space; returns the value's end. What is in
/// `out` after an error is of no use.
///
/// # Errors
/// `msgpack-syntax`, `limit-depth`; `not-representable` with the path and the span of the value.
#[inline]
pub fn to_json(bytes: &[u8], at: usize, limits: &Limits, out: &mut Vec<u8>) -> Result<usize> {
    let mut open: Vec<Frame<'_>> = Vec::new();
    let mut at = at;
    loop {
        let (token, end) = msgpack::read(bytes, at)?;
        let refused = |what: &'static str| {
            not_representable(what, &to_path(&open)).spanning(Span::new(at, end)).boxed()
        };
        if let Token::Array(_) | Token::Map(_) = token
            && open.len() >= limits.depth as usize
        {
            return Err(scan::too_deep(limits, at));
        }
        match token {
            Token::Nil => out.extend_from_slice(b"null"),
            Token::Bool(true) => out.extend_from_slice(b"true"),
            Token::Bool(false) => out.extend_from_slice(b"false"),
            Token::UInt(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Token::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Token::Float(value) if value.is_finite() => out.extend_from_slice(float_text(value).as_bytes()),
            Token::Float(_) => return Err(refused("a float that is not finite has no counterpart in JSON")),
            Token::Str(value) => string::encode(value, out),
            Token::Bin(_) => {
                return Err(refused("bytes have no counterpart in JSON without a declared encoding"));
            }
            Token::Ext(..) => return Err(refused("an extension has no counterpart in JSON")),
            Token::Array(left) => {
                out.push(b'[');
                open.push(Frame::Array { left, index: 0 });
            }
            Token::Map(left) => {
                out.push(b'{');
                open.push(Frame::Map { left, name: "" });
            }
        }
        let mut fresh = matches!(token, Token::Array(_) | Token::Map(_));
        at = end;
        // To the next value: commas, names, and the closes of what is complete.
        loop {
            match open.last_mut() {
                None => return Ok(at),
                Some(Frame::Array { left: 0, .. }) => {
                    out.push(b']');
                    open.pop();
                    fresh = false;
                }
                Some(Frame::Map { left: 0, .. }) => {
                    out.push(b'}');
                    open.pop();
                    fresh = false;
                }
                Some(Frame::Array { left, index }) => {
                    *left -= 1;
                    if !fresh {
                        *index += 1;
                        out.push(b',');
                    }
                    break;
                }
                Some(Frame::Map { left, name }) => {
                    *left -= 1;
                    if !fresh {
                        out.push(b',');
                    }
                    let (Token::Str(text), end) = msgpack::read(bytes, at)? else {
                        open.pop();
                        let error = not_representable("a name in a JSON object is a string", &to_path(&open));
                        return Err(error.spanning(Span::new(at, at + 1)).boxed());
                    };
                    *name = text;
                    string::encode(text, out);
                    out.push(b':');
                    at = end;
                    break;
                }
            }
        }
    }
}

/// The JSON text of bytes that are one MessagePack value and nothing else.
///
/// # Errors
/// As [`to_json`].
#[inline]
pub fn document_to_json(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 2);
    let end = to_json(bytes, 0, limits, &mut out)?;
    if end < bytes.len() {
        return Err(msgpack::syntax_error(bytes, end, "something follows the value"));
    }
    Ok(out)
}

/// Appends the MessagePack of a JSON value: integers and lengths in their shortest forms, other numbers as floats of
/// 64 bits, members in their order. What is in `out` after an error is of no use.
///
/// # Errors
/// `not-representable` with the path and the span of the value.
#[inline]
pub fn from_json(value: ValueRef<'_>, out: &mut Vec<u8>) -> Result<()> {
    // Document order is the order of MessagePack too, names included.
    for node in value.nodes() {
        let raw = value.raw_of(node);
        let mut refused = None;
        match node.kind {
            JsonKind::Null => msgpack::write_nil(out),
            JsonKind::Bool => msgpack::write_bool(raw == b"true", out),
            JsonKind::Number => refused = write_number(raw, out).err(),
            JsonKind::String => match std::str::from_utf8(&string::decode(raw)) {
                Ok(text) => msgpack::write_str(text, out),
                Err(_) => refused = Some("a lone surrogate has no counterpart in MessagePack"),
            },
            JsonKind::Array => msgpack::write_array(node.count, out),
            JsonKind::Object => msgpack::write_map(node.count, out),
        }
        if let Some(what) = refused {
            let span = node.span();
            return Err(not_representable(what, &from_path(value, span)).spanning(span).boxed());
        }
    }
    Ok(())
}

/// The MessagePack of a JSON text.
///
/// # Errors
/// As [`Tree::parse`] and [`from_json`].
#[inline]
pub fn document_from_json(text: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    from_json(Tree::parse(text, limits)?.root(), &mut out)?;
    Ok(out)
}

#[inline]
fn write_number(raw: &[u8], out: &mut Vec<u8>) -> Result<(), &'static str> {
    let text = std::str::from_utf8(raw).unwrap_or_default();
    if !raw.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        match (text.parse(), text.parse()) {
            (Ok(value), _) => msgpack::write_int(value, out),
            (_, Ok(value)) => msgpack::write_uint(value, out),
            _ => return Err("an integer beyond 64 bits has no counterpart in MessagePack"),
        }
        return Ok(());
    }
    match text.parse() {
        Ok(value) if f64::is_finite(value) && is_spelled(value, raw) => msgpack::write_float(value, out),
        _ => return Err("no double prints as this number, so it has no counterpart in MessagePack"),
    }
    Ok(())
}

/// Whether the double's shortest text has the value of `raw`.
#[inline]
fn is_spelled(value: f64, raw: &[u8]) -> bool {
    super::number::equal(float_text(value).as_bytes(), raw)
}

/// The shortest text that reads back as this finite double, with a point or an exponent: `1.0`, `-0.0`, `1.5e-7`,
/// `1e300`.
#[inline]
pub fn float_text(value: f64) -> String {
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-5..16).contains(&exponent) {
        return scientific;
    }
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let mut text = String::with_capacity(24);
    text.push_str(sign);
    let Ok(whole) = usize::try_from(exponent + 1) else {
        let _ = write!(text, "0.{:0>zeros$}{digits}", "", zeros = (-1 - exponent).unsigned_abs() as usize);
        return text;
    };
    match digits.split_at_checked(whole) {
        Some(("", fraction)) => {
            let _ = write!(text, "0.{fraction}");
        }
        Some((whole, fraction)) if !fraction.is_empty() => {
            let _ = write!(text, "{whole}.{fraction}");
        }
        _ => {
            let _ = write!(text, "{digits:0<whole$}.0");
        }
    }
    text
}

#[cold]
fn not_representable(what: &'static str, path: &Path) -> Diagnostic {
    Diagnostic::new(Kind::Data, "not-representable", what).at(path)
}

#[cold]
fn to_path(open: &[Frame<'_>]) -> Path {
    open.iter().fold(Path::default(), |path, frame| match frame {
        Frame::Array { index, .. } => path.item(*index as usize),
        Frame::Map { name, .. } => path.member(name),
    })
}

/// The path to the value that stands at `span`; a member's name counts as the member.
#[cold]
fn from_path(root: ValueRef<'_>, span: Span) -> Path {
    let covers = |value: &ValueRef<'_>| value.span().start <= span.start && span.end <= value.span().end;
    let mut path = Path::default();
    let mut value = root;
    loop {
        let item = value.items().enumerate().find(|(_, item)| covers(item));
        let member = value.members().find(|(name, value)| covers(name) || covers(value));
        value = match (item, member) {
            (Some((index, item)), _) => {
                path = path.item(index);
                item
            }
            (_, Some((name, value))) => {
                // A name with a lone surrogate is shown as it is written.
                path = path.member(&name.as_str().unwrap_or_else(|| name.raw_str().into()));
                value
            }
            _ => return path,
        };
    }
}

#[cfg(test)]
#[path = "transcode_tests.rs"]
mod tests;
