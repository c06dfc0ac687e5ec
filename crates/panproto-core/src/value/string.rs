//! JSON strings: scanning, decoding, comparing and writing.
//!
//! A decoded string is WTF-8: a lone surrogate, which JSON can write as an escape, keeps its three bytes.

use std::borrow::Cow;

pub use super::scan::string as scan;

#[inline]
fn hex(text: &[u8], at: usize) -> Option<u32> {
    text.get(at..at + 4)?.iter().try_fold(0, |sum, byte| Some(sum * 16 + char::from(*byte).to_digit(16)?))
}

/// The content of a scanned string, quotes included in `raw`.
#[inline]
pub fn decode(raw: &[u8]) -> Cow<'_, [u8]> {
    let body = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    if !body.contains(&b'\\') {
        return Cow::Borrowed(body);
    }
    let mut out = Vec::with_capacity(body.len());
    for_each_piece(body, |piece| out.extend_from_slice(piece));
    Cow::Owned(out)
}

/// Whether the scanned string `raw` decodes to `content`, without allocating.
#[inline]
pub fn equals(raw: &[u8], content: &[u8]) -> bool {
    let body = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
    if !body.contains(&b'\\') {
        return body == content;
    }
    let mut left = Some(content);
    for_each_piece(body, |piece| left = left.and_then(|left| left.strip_prefix(piece)));
    left.is_some_and(<[u8]>::is_empty)
}

/// Hands over the content of a string's body (without its quotes) in pieces, without allocating.
#[inline]
pub(super) fn for_each_piece(body: &[u8], mut take: impl FnMut(&[u8])) {
    let mut rest = Decoder { body, at: 0 };
    while let Some(piece) = rest.next_piece() {
        match piece {
            Piece::Bytes(bytes) => take(bytes),
            Piece::Scalar(code) => {
                let mut buffer = [0; 4];
                take(wtf8(code, &mut buffer));
            }
        }
    }
}

enum Piece<'a> {
    Bytes(&'a [u8]),
    Scalar(u32),
}

struct Decoder<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Decoder<'a> {
    #[inline]
    fn next_piece(&mut self) -> Option<Piece<'a>> {
        let rest = self.body.get(self.at..).filter(|rest| !rest.is_empty())?;
        let plain = rest.iter().position(|byte| *byte == b'\\').unwrap_or(rest.len());
        if plain > 0 {
            self.at += plain;
            return rest.get(..plain).map(Piece::Bytes);
        }
        let code = match rest.get(1)? {
            b'u' => {
                let high = hex(rest, 2)?;
                self.at += 6;
                let low = (rest.get(6) == Some(&b'\\') && rest.get(7) == Some(&b'u'))
                    .then(|| hex(rest, 8))
                    .flatten();
                match (high, low) {
                    (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                        self.at += 6;
                        0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
                    }
                    _ => high,
                }
            }
            escape => {
                self.at += 2;
                u32::from(match escape {
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    other => *other,
                })
            }
        };
        Some(Piece::Scalar(code))
    }
}

#[inline]
fn wtf8(code: u32, buffer: &mut [u8; 4]) -> &[u8] {
    if let Some(c) = char::from_u32(code) {
        return c.encode_utf8(buffer).as_bytes();
    }
    *buffer = [0xe0 | (code >> 12) as u8, 0x80 | (code >> 6 & 0x3f) as u8, 0x80 | (code & 0x3f) as u8, 0];
    &buffer[..3]
}

/// Appends `content` as a JSON string: only what must be escaped is escaped.
#[inline]
pub fn encode(content: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in content.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_and_comparing_agree() {
        let check = |raw: &str, content: &[u8]| {
            assert_eq!(&*decode(raw.as_bytes()), content, "{raw}");
            assert!(equals(raw.as_bytes(), content), "{raw}");
            assert!(!equals(raw.as_bytes(), b"something else"), "{raw}");
        };
        check(r#""te\u0078t""#, b"text");
        check(r#""\ud83d\ude00!""#, "😀!".as_bytes());
        check(r#""\ud83d""#, &[0xed, 0xa0, 0xbd]);
        check(r#""\ude00\ud83d\u0041""#, &[0xed, 0xb8, 0x80, 0xed, 0xa0, 0xbd, b'A']);
        check(r#""\b\f\n\r\t\/\\\"""#, b"\x08\x0c\n\r\t/\\\"");
        check(r#""""#, b"");
    }

    #[test]
    fn what_is_written_reads_back() {
        let content = "a\"b\\c\n\r\t\u{8}\u{c}\u{0}\u{1f}é😀";
        let mut raw = Vec::new();
        encode(content, &mut raw);
        assert_eq!(scan(&raw, 0).unwrap(), raw.len());
        assert_eq!(&*decode(&raw), content.as_bytes());
    }
}
