//! MessagePack over bytes: reading, validating, skipping and writing. Nothing here recurses or trusts a length.

use crate::diagnostic::{Diagnostic, Error, Kind, Result, Span};
use crate::limits::Limits;

use super::scan::too_deep;

/// One value without its parts: containers say how many follow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Token<'a> {
    /// nil
    Nil,
    /// true or false
    Bool(bool),
    /// An integer that is not below zero.
    UInt(u64),
    /// An integer below zero.
    Int(i64),
    /// A float of 64 bits, or one of 32 bits in the double that it is.
    Float(f64),
    /// A string.
    Str(&'a str),
    /// Bytes.
    Bin(&'a [u8]),
    /// An extension: its type and its bytes.
    Ext(i8, &'a [u8]),
    /// An array of so many values, which follow.
    Array(u32),
    /// A map of so many pairs, which follow as key, value, key, value.
    Map(u32),
}

impl Token<'_> {
    /// How many values follow that are part of this one.
    pub fn parts(&self) -> u64 {
        match self {
            Token::Array(count) => u64::from(*count),
            Token::Map(count) => u64::from(*count) * 2,
            _ => 0,
        }
    }
}

/// Reads the token at `at`; returns it and the place after it.
///
/// # Errors
/// `msgpack-syntax`, with the token's place, where the bytes end early, use the reserved first byte, hold a string
/// that is not UTF-8, or promise more parts than there are bytes left.
#[inline]
pub fn read(bytes: &[u8], at: usize) -> Result<(Token<'_>, usize)> {
    let Some((&first, rest)) = bytes.get(at..).and_then(<[u8]>::split_first) else {
        return Err(syntax_error(bytes, at, EMPTY));
    };
    match token(first, rest) {
        Ok((token, left)) if token.parts() <= left.len() as u64 => Ok((token, bytes.len() - left.len())),
        Ok(_) => Err(syntax_error(bytes, at, PROMISED)),
        Err(message) => Err(syntax_error(bytes, at, message)),
    }
}

const EMPTY: &str = "the data ends where a value is expected";
const SHORT: &str = "the data ends inside a value";
const PROMISED: &str = "a container promises more values than there are bytes left";

/// Whether an error of [`read`] says that the bytes end before the value does: more of them may mend it.
#[must_use]
pub fn ends_early(error: &Error) -> bool {
    error.code == "msgpack-syntax" && [EMPTY, SHORT, PROMISED].contains(&&*error.message)
}

/// The token and the bytes after it.
type Rest<'a, T> = Result<(T, &'a [u8]), &'static str>;

#[inline]
fn token(first: u8, rest: &[u8]) -> Rest<'_, Token<'_>> {
    Ok(match first {
        0x00..=0x7f => (Token::UInt(u64::from(first)), rest),
        0x80..=0x8f => (Token::Map(u32::from(first & 15)), rest),
        0x90..=0x9f => (Token::Array(u32::from(first & 15)), rest),
        0xa0..=0xbf => text(usize::from(first & 31), rest)?,
        0xc0 => (Token::Nil, rest),
        0xc1 => return Err("byte 0xc1 begins no value"),
        0xc2 => (Token::Bool(false), rest),
        0xc3 => (Token::Bool(true), rest),
        0xc4..=0xc6 => {
            let (length, rest) = length(first - 0xc4, rest)?;
            let (body, rest) = split(length as usize, rest)?;
            (Token::Bin(body), rest)
        }
        0xc7..=0xc9 => {
            let (length, rest) = length(first - 0xc7, rest)?;
            extension(length as usize, rest)?
        }
        0xca => {
            let (bits, rest) = fixed(rest)?;
            (Token::Float(f64::from(f32::from_be_bytes(bits))), rest)
        }
        0xcb => {
            let (bits, rest) = fixed(rest)?;
            (Token::Float(f64::from_be_bytes(bits)), rest)
        }
        0xcc => fixed(rest).map(|([byte], rest)| (Token::UInt(u64::from(byte)), rest))?,
        0xcd => fixed(rest).map(|(bits, rest)| (Token::UInt(u64::from(u16::from_be_bytes(bits))), rest))?,
        0xce => fixed(rest).map(|(bits, rest)| (Token::UInt(u64::from(u32::from_be_bytes(bits))), rest))?,
        0xcf => fixed(rest).map(|(bits, rest)| (Token::UInt(u64::from_be_bytes(bits)), rest))?,
        0xd0 => fixed(rest).map(|(bits, rest)| (signed(i64::from(i8::from_be_bytes(bits))), rest))?,
        0xd1 => fixed(rest).map(|(bits, rest)| (signed(i64::from(i16::from_be_bytes(bits))), rest))?,
        0xd2 => fixed(rest).map(|(bits, rest)| (signed(i64::from(i32::from_be_bytes(bits))), rest))?,
        0xd3 => fixed(rest).map(|(bits, rest)| (signed(i64::from_be_bytes(bits)), rest))?,
        0xd4..=0xd8 => extension(1 << (first - 0xd4), rest)?,
        0xd9..=0xdb => {
            let (length, rest) = length(first - 0xd9, rest)?;
            text(length as usize, rest)?
        }
        0xdc | 0xdd => length(first - 0xdc + 1, rest).map(|(count, rest)| (Token::Array(count), rest))?,
        0xde | 0xdf => length(first - 0xde + 1, rest).map(|(count, rest)| (Token::Map(count), rest))?,
        0xe0..=0xff => (Token::Int(i64::from(first as i8)), rest),
    })
}

fn signed(value: i64) -> Token<'static> {
    match u64::try_from(value) {
        Ok(value) => Token::UInt(value),
        Err(_) => Token::Int(value),
    }
}

fn fixed<const N: usize>(rest: &[u8]) -> Rest<'_, [u8; N]> {
    rest.split_first_chunk::<N>().map(|(bits, rest)| (*bits, rest)).ok_or(SHORT)
}

/// A length of 1, 2 or 4 bytes, for a width of 0, 1 or 2.
fn length(width: u8, rest: &[u8]) -> Rest<'_, u32> {
    match width {
        0 => fixed(rest).map(|([byte], rest)| (u32::from(byte), rest)),
        1 => fixed(rest).map(|(bits, rest)| (u32::from(u16::from_be_bytes(bits)), rest)),
        _ => fixed(rest).map(|(bits, rest)| (u32::from_be_bytes(bits), rest)),
    }
}

fn split(length: usize, rest: &[u8]) -> Rest<'_, &[u8]> {
    rest.split_at_checked(length).ok_or(SHORT)
}

fn text(length: usize, rest: &[u8]) -> Rest<'_, Token<'_>> {
    let (body, rest) = split(length, rest)?;
    let text = std::str::from_utf8(body).map_err(|_| "a string is not UTF-8")?;
    Ok((Token::Str(text), rest))
}

fn extension(length: usize, rest: &[u8]) -> Rest<'_, Token<'_>> {
    let ([kind], rest) = fixed(rest)?;
    let (body, rest) = split(length, rest)?;
    Ok((Token::Ext(kind as i8, body), rest))
}

/// The error of bytes that are no MessagePack at `at`.
#[cold]
pub fn syntax_error(bytes: &[u8], at: usize, message: &'static str) -> Error {
    Diagnostic::new(Kind::Parse, "msgpack-syntax", message)
        .spanning(Span::new(at, (at + 1).min(bytes.len().max(at))))
        .boxed()
}

/// Skips values, validating them. Keeps its stack between calls, so that skipping allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Skipper {
    /// For each open container, how many values are still to come after the present one.
    open: Vec<u64>,
}

impl Skipper {
    /// The end of the value at `at`. `depth` is the number of containers that are open around it.
    ///
    /// # Errors
    /// `msgpack-syntax` and `limit-depth`, each with a span.
    pub fn skip(&mut self, bytes: &[u8], at: usize, depth: u32, limits: &Limits) -> Result<usize> {
        self.open.clear();
        let allowed = limits.depth.saturating_sub(depth) as usize;
        let mut place = at;
        loop {
            let (token, end) = read(bytes, place)?;
            if let Token::Array(_) | Token::Map(_) = token {
                if self.open.len() >= allowed {
                    return Err(too_deep(limits, place));
                }
                self.open.push(token.parts());
            }
            place = end;
            loop {
                match self.open.last_mut() {
                    None => return Ok(place),
                    Some(0) => drop(self.open.pop()),
                    Some(left) => {
                        *left -= 1;
                        break;
                    }
                }
            }
        }
    }

    /// Validates bytes that must be one value and nothing else.
    ///
    /// # Errors
    /// As [`Skipper::skip`].
    pub fn document(&mut self, bytes: &[u8], limits: &Limits) -> Result<()> {
        let end = self.skip(bytes, 0, 0, limits)?;
        if end < bytes.len() {
            return Err(syntax_error(bytes, end, "something follows the value"));
        }
        Ok(())
    }
}

/// The end of the value at `at`, with `depth` containers open around it.
///
/// # Errors
/// As [`Skipper::skip`].
pub fn skip(bytes: &[u8], at: usize, depth: u32, limits: &Limits) -> Result<usize> {
    Skipper::default().skip(bytes, at, depth, limits)
}

/// Appends nil.
pub fn write_nil(out: &mut Vec<u8>) {
    out.push(0xc0);
}

/// Appends a boolean.
pub fn write_bool(value: bool, out: &mut Vec<u8>) {
    out.push(if value { 0xc3 } else { 0xc2 });
}

/// Appends an integer in its shortest form.
pub fn write_uint(value: u64, out: &mut Vec<u8>) {
    match value {
        0..=0x7f => out.push(value as u8),
        0x80..=0xff => out.extend_from_slice(&[0xcc, value as u8]),
        0x100..=0xffff => {
            out.push(0xcd);
            out.extend_from_slice(&(value as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            out.push(0xce);
            out.extend_from_slice(&(value as u32).to_be_bytes());
        }
        _ => {
            out.push(0xcf);
            out.extend_from_slice(&value.to_be_bytes());
        }
    }
}

/// Appends an integer in its shortest form.
pub fn write_int(value: i64, out: &mut Vec<u8>) {
    match value {
        0.. => write_uint(value.unsigned_abs(), out),
        -32..0 => out.push(value as u8),
        -0x80..-32 => out.extend_from_slice(&[0xd0, value as u8]),
        -0x8000..-0x80 => {
            out.push(0xd1);
            out.extend_from_slice(&(value as i16).to_be_bytes());
        }
        -0x8000_0000..-0x8000 => {
            out.push(0xd2);
            out.extend_from_slice(&(value as i32).to_be_bytes());
        }
        _ => {
            out.push(0xd3);
            out.extend_from_slice(&value.to_be_bytes());
        }
    }
}

/// Appends a float of 64 bits.
pub fn write_float(value: f64, out: &mut Vec<u8>) {
    out.push(0xcb);
    out.extend_from_slice(&value.to_be_bytes());
}

/// Appends a string; one of 4 GiB or more is cut to nothing, which no limit lets happen.
pub fn write_str(value: &str, out: &mut Vec<u8>) {
    let body = bounded(value.as_bytes());
    match body.len() {
        length @ 0..=31 => out.push(0xa0 | length as u8),
        length => write_length(length, [Some(0xd9), Some(0xda), Some(0xdb)], out),
    }
    out.extend_from_slice(body);
}

/// Appends bytes; 4 GiB or more are cut to nothing, which no limit lets happen.
pub fn write_bin(value: &[u8], out: &mut Vec<u8>) {
    let body = bounded(value);
    write_length(body.len(), [Some(0xc4), Some(0xc5), Some(0xc6)], out);
    out.extend_from_slice(body);
}

/// Appends the head of an array of so many values.
pub fn write_array(count: u32, out: &mut Vec<u8>) {
    match count {
        0..=15 => out.push(0x90 | count as u8),
        _ => write_length(count as usize, [None, Some(0xdc), Some(0xdd)], out),
    }
}

/// Appends the head of a map of so many pairs.
pub fn write_map(count: u32, out: &mut Vec<u8>) {
    match count {
        0..=15 => out.push(0x80 | count as u8),
        _ => write_length(count as usize, [None, Some(0xde), Some(0xdf)], out),
    }
}

fn bounded(body: &[u8]) -> &[u8] {
    if u32::try_from(body.len()).is_ok() { body } else { &[] }
}

/// Appends a first byte and a length of 1, 2 or 4 bytes, whichever is the first that exists and holds it.
fn write_length(length: usize, [one, two, four]: [Option<u8>; 3], out: &mut Vec<u8>) {
    match (u8::try_from(length), u16::try_from(length), one, two) {
        (Ok(length), _, Some(first), _) => out.extend_from_slice(&[first, length]),
        (_, Ok(length), _, Some(first)) => {
            out.push(first);
            out.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            out.extend(four);
            out.extend_from_slice(&(length as u32).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tokens_of_every_form() {
        let check = |bytes: &[u8], expected: Token<'_>| {
            let (token, end) = read(bytes, 0).unwrap();
            assert_eq!((token, end), (expected, bytes.len()), "{bytes:02x?}");
            for cut in 0..bytes.len() {
                assert_eq!(read(&bytes[..cut], 0).unwrap_err().code, "msgpack-syntax", "{bytes:02x?} {cut}");
            }
        };
        check(&[0x7f], Token::UInt(127));
        check(&[0xe0], Token::Int(-32));
        check(&[0xcc, 0xff], Token::UInt(255));
        check(&[0xcd, 1, 0], Token::UInt(256));
        check(&[0xce, 0, 1, 0, 0], Token::UInt(65536));
        check(&[0xcf, 255, 255, 255, 255, 255, 255, 255, 255], Token::UInt(u64::MAX));
        check(&[0xd0, 0x80], Token::Int(-128));
        check(&[0xd0, 5], Token::UInt(5));
        check(&[0xd1, 0x80, 0], Token::Int(-32768));
        check(&[0xd2, 0x80, 0, 0, 0], Token::Int(-2147483648));
        check(&[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], Token::Int(i64::MIN));
        check(&[0xca, 0x3f, 0xc0, 0, 0], Token::Float(1.5));
        check(&[0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], Token::Float(1.5));
        check(&[0xc0], Token::Nil);
        check(&[0xc3], Token::Bool(true));
        check(b"\xa2ab", Token::Str("ab"));
        check(b"\xd9\x02ab", Token::Str("ab"));
        check(b"\xda\x00\x02ab", Token::Str("ab"));
        check(b"\xdb\x00\x00\x00\x02ab", Token::Str("ab"));
        check(b"\xc4\x01\xff", Token::Bin(b"\xff"));
        check(b"\xc5\x00\x01\xff", Token::Bin(b"\xff"));
        check(b"\xc6\x00\x00\x00\x01\xff", Token::Bin(b"\xff"));
        check(b"\xd4\x05x", Token::Ext(5, b"x"));
        check(b"\xd6\xffabcd", Token::Ext(-1, b"abcd"));
        check(b"\xc7\x02\x01ab", Token::Ext(1, b"ab"));
    }

    #[test]
    fn skipping_ends_where_the_value_ends() {
        let limits = Limits { depth: 3, ..Limits::DEFAULT };
        let check = |bytes: &[u8], expected: Result<usize, (&str, u32)>| {
            let end = skip(bytes, 0, 0, &limits).map_err(|error| (error.code, error.span.unwrap().start));
            assert_eq!(end, expected, "{bytes:02x?}");
        };
        check(b"\x01\x02", Ok(1));
        check(b"\x92\x01\x80\xff", Ok(3));
        check(b"\x82\xa1a\x91\x01\xa1b\xc0\x00", Ok(8));
        check(b"\xdd\x00\x00\x00\x00", Ok(5));
        check(b"\x91\x91\x91\x01", Ok(4));
        check(b"\x91\x91\x91\x90", Err(("limit-depth", 3)));
        check(b"", Err(("msgpack-syntax", 0)));
        check(b"\x92\x01", Err(("msgpack-syntax", 0)));
        check(b"\x92\xa1a", Err(("msgpack-syntax", 3)));
        check(b"\xdd\xff\xff\xff\xff\x01", Err(("msgpack-syntax", 0)));
        check(b"\xdf\xff\xff\xff\xff\x01", Err(("msgpack-syntax", 0)));
        check(b"\x91\xc1", Err(("msgpack-syntax", 1)));
        check(b"\x91\xa2\xc3\x28", Err(("msgpack-syntax", 1)));
        let deep = vec![0x91; 1_000_000];
        check(&deep, Err(("limit-depth", 3)));
        assert_eq!(Skipper::default().document(b"\x01\x02", &limits).unwrap_err().span.unwrap().start, 1);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            unsigned in any::<u64>(), bits in 0u32..64, text in ".{0,40}", count in any::<u32>(), length in 0usize..70_000
        ) {
            let mut out = Vec::new();
            let value = unsigned >> bits;
            write_uint(value, &mut out);
            prop_assert_eq!(read(&out, 0).unwrap(), (Token::UInt(value), out.len()));
            out.clear();
            let value = (unsigned >> bits) as i64;
            write_int(value.wrapping_neg(), &mut out);
            prop_assert_eq!(read(&out, 0).unwrap(), (signed(value.wrapping_neg()), out.len()));
            out.clear();
            write_float(f64::from(count), &mut out);
            prop_assert_eq!(read(&out, 0).unwrap(), (Token::Float(f64::from(count)), out.len()));
            out.clear();
            write_str(&text, &mut out);
            prop_assert_eq!(read(&out, 0).unwrap(), (Token::Str(&text), out.len()));
            out.clear();
            let body = "x".repeat(length);
            write_str(&body, &mut out);
            prop_assert_eq!(read(&out, 0).unwrap(), (Token::Str(&body), out.len()));
            out.clear();
            write_bin(body.as_bytes(), &mut out);
            prop_assert_eq!(read(&out, 0).unwrap(), (Token::Bin(body.as_bytes()), out.len()));
            for write in [write_array, write_map] {
                out.clear();
                let count = (count >> (bits % 32)) % 70_000;
                write(count, &mut out);
                let head = out.len();
                out.resize(head + 2 * count as usize, 0xc0);
                let (token, end) = read(&out, 0).unwrap();
                prop_assert!(matches!(token, Token::Array(read) | Token::Map(read) if read == count));
                prop_assert_eq!(end, head);
            }
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(end) = skip(&bytes, 0, 0, &Limits::DEFAULT) {
                prop_assert!(end <= bytes.len());
                // What was skipped is a value by itself, and no shorter piece of it is.
                prop_assert!(Skipper::default().document(&bytes[..end], &Limits::DEFAULT).is_ok());
                for cut in 0..end {
                    prop_assert!(skip(&bytes[..cut], 0, 0, &Limits::DEFAULT).is_err());
                }
            }
        }
    }
}
