//! Control messages: the part of MessagePack that requests and answers use.
//!
//! One type goes both ways. Maps have text keys, sorted when written; a key that comes twice is refused.
//! Extension types are refused: nothing here needs them. Records never pass through this module.

use crate::diagnostic::{Diagnostic, Error, Kind, Result, Span};
use crate::ordered::BTreeMap;
use std::borrow::Cow;

/// Nesting of a control message. Far below what any host's stack holds, far above what a request needs.
const DEPTH: usize = 64;

/// Values of one message, nested ones included: a message of one-byte values must not become gigabytes.
const VALUES: usize = 1 << 20;

/// A control message or a part of one. Text and bytes are borrowed where they can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Message<'a> {
    /// `nil`
    Nil,
    /// A truth value.
    Bool(bool),
    /// An integer of up to 64 bits, signed or not.
    Int(i128),
    /// A double.
    Float(f64),
    /// UTF-8 text.
    Str(Cow<'a, str>),
    /// Bytes.
    Bin(Cow<'a, [u8]>),
    /// Values in order.
    Array(Vec<Message<'a>>),
    /// Members; sorted by key.
    Map(BTreeMap<Cow<'a, str>, Message<'a>>),
}

impl<'a> Message<'a> {
    /// An empty map, to be filled with [`Message::with`].
    pub fn map() -> Message<'a> {
        Message::Map(BTreeMap::new())
    }

    /// A map with one more member; anything but a map stays what it is.
    #[must_use]
    pub fn with(mut self, key: &'a str, value: impl Into<Message<'a>>) -> Message<'a> {
        if let Message::Map(members) = &mut self {
            members.insert(Cow::Borrowed(key), value.into());
        }
        self
    }

    /// An array of anything that becomes a message.
    pub fn array<T: Into<Message<'a>>>(items: impl IntoIterator<Item = T>) -> Message<'a> {
        Message::Array(items.into_iter().map(Into::into).collect())
    }

    /// Bytes.
    pub fn bin(bytes: impl Into<Cow<'a, [u8]>>) -> Message<'a> {
        Message::Bin(bytes.into())
    }

    /// The same, borrowing nothing.
    pub fn into_owned(self) -> Message<'static> {
        match self {
            Message::Nil => Message::Nil,
            Message::Bool(value) => Message::Bool(value),
            Message::Int(value) => Message::Int(value),
            Message::Float(value) => Message::Float(value),
            Message::Str(text) => Message::Str(Cow::Owned(text.into_owned())),
            Message::Bin(bytes) => Message::Bin(Cow::Owned(bytes.into_owned())),
            Message::Array(items) => Message::Array(items.into_iter().map(Message::into_owned).collect()),
            Message::Map(members) => Message::Map(
                members
                    .into_iter()
                    .map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned()))
                    .collect(),
            ),
        }
    }

    /// What it is, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Message::Nil => "nil",
            Message::Bool(_) => "a boolean",
            Message::Int(_) => "an integer",
            Message::Float(_) => "a double",
            Message::Str(_) => "text",
            Message::Bin(_) => "bytes",
            Message::Array(_) => "an array",
            Message::Map(_) => "a map",
        }
    }

    /// Reads exactly one message.
    pub fn read(bytes: &'a [u8]) -> Result<Message<'a>> {
        let mut reader = Reader { bytes, at: 0, values: 0 };
        let message = reader.value(0)?;
        if reader.at < bytes.len() {
            return Err(reader.error("wire-trailing", "bytes follow the message"));
        }
        Ok(message)
    }

    /// Appends the message to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Message::Nil => out.push(0xc0),
            Message::Bool(value) => out.push(if *value { 0xc3 } else { 0xc2 }),
            Message::Int(value) => write_int(out, *value),
            Message::Float(value) => {
                out.push(0xcb);
                out.extend_from_slice(&value.to_be_bytes());
            }
            Message::Str(text) => {
                write_len(out, text.len(), Some((0xa0, 31)), Some(0xd9), 0xda);
                out.extend_from_slice(text.as_bytes());
            }
            Message::Bin(bytes) => {
                write_len(out, bytes.len(), None, Some(0xc4), 0xc5);
                out.extend_from_slice(bytes);
            }
            Message::Array(items) => {
                write_len(out, items.len(), Some((0x90, 15)), None, 0xdc);
                for item in items {
                    item.write(out);
                }
            }
            Message::Map(members) => {
                write_len(out, members.len(), Some((0x80, 15)), None, 0xde);
                for (key, value) in members {
                    write_len(out, key.len(), Some((0xa0, 31)), Some(0xd9), 0xda);
                    out.extend_from_slice(key.as_bytes());
                    value.write(out);
                }
            }
        }
    }
}

impl From<bool> for Message<'_> {
    fn from(value: bool) -> Self {
        Message::Bool(value)
    }
}

impl From<u32> for Message<'_> {
    fn from(value: u32) -> Self {
        Message::Int(value.into())
    }
}

impl From<u64> for Message<'_> {
    fn from(value: u64) -> Self {
        Message::Int(value.into())
    }
}

impl From<i64> for Message<'_> {
    fn from(value: i64) -> Self {
        Message::Int(value.into())
    }
}

impl From<usize> for Message<'_> {
    fn from(value: usize) -> Self {
        Message::Int(value as i128)
    }
}

impl From<f64> for Message<'_> {
    fn from(value: f64) -> Self {
        Message::Float(value)
    }
}

impl<'a> From<&'a str> for Message<'a> {
    fn from(value: &'a str) -> Self {
        Message::Str(Cow::Borrowed(value))
    }
}

impl From<String> for Message<'_> {
    fn from(value: String) -> Self {
        Message::Str(Cow::Owned(value))
    }
}

impl<'a> From<Cow<'a, str>> for Message<'a> {
    fn from(value: Cow<'a, str>) -> Self {
        Message::Str(value)
    }
}

impl<'a, T: Into<Message<'a>>> From<Option<T>> for Message<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Message::Nil, Into::into)
    }
}

/// The shortest form of an integer. Beyond 64 bits there is none; [`Message::Int`] is only made from 64-bit integers.
fn write_int(out: &mut Vec<u8>, value: i128) {
    if let Ok(small) = u8::try_from(value) {
        if small >= 0x80 {
            out.push(0xcc);
        }
        out.push(small);
    } else if let Ok(small) = i8::try_from(value) {
        if small < -32 {
            out.push(0xd0);
        }
        out.extend_from_slice(&small.to_be_bytes());
    } else if let Ok(value) = u16::try_from(value) {
        out.push(0xcd);
        out.extend_from_slice(&value.to_be_bytes());
    } else if let Ok(value) = i16::try_from(value) {
        out.push(0xd1);
        out.extend_from_slice(&value.to_be_bytes());
    } else if let Ok(value) = u32::try_from(value) {
        out.push(0xce);
        out.extend_from_slice(&value.to_be_bytes());
    } else if let Ok(value) = i32::try_from(value) {
        out.push(0xd2);
        out.extend_from_slice(&value.to_be_bytes());
    } else if let Ok(value) = i64::try_from(value) {
        out.push(0xd3);
        out.extend_from_slice(&value.to_be_bytes());
    } else {
        out.push(0xcf);
        out.extend_from_slice(&u64::try_from(value).unwrap_or(u64::MAX).to_be_bytes());
    }
}

/// A length: `fix` is the one-byte form and its maximum, `byte` the tag of an 8-bit length, `tag` that of a
/// 16-bit one, which the 32-bit one follows.
fn write_len(out: &mut Vec<u8>, len: usize, fix: Option<(u8, u8)>, byte: Option<u8>, tag: u8) {
    if let (Some((first, most)), Ok(small)) = (fix, u8::try_from(len))
        && small <= most
    {
        out.push(first | small);
    } else if let (Some(tag), Ok(small)) = (byte, u8::try_from(len)) {
        out.extend_from_slice(&[tag, small]);
    } else if let Ok(len) = u16::try_from(len) {
        out.push(tag);
        out.extend_from_slice(&len.to_be_bytes());
    } else {
        // INVARIANT: everything that is written fits a 32-bit memory, on every target (limits).
        out.push(tag + 1);
        out.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Message<'a>> {
        if depth > DEPTH {
            return Err(Diagnostic::new(
                Kind::Limit,
                "limit-depth",
                format!("a request nests deeper than {DEPTH} levels"),
            )
            .spanning(Span::new(self.at, self.at))
            .boxed());
        }
        self.values += 1;
        if self.values > VALUES {
            return Err(Diagnostic::error(
                Kind::Limit,
                "limit-values",
                format!("a request holds more than {VALUES} values"),
            ));
        }
        let [tag] = self.array::<1>()?;
        Ok(match tag {
            0x00..=0x7f => Message::Int(tag.into()),
            0x80..=0x8f => self.map(usize::from(tag & 0x0f), depth)?,
            0x90..=0x9f => self.items(usize::from(tag & 0x0f), depth)?,
            0xa0..=0xbf => self.text(usize::from(tag & 0x1f))?.into(),
            0xc0 => Message::Nil,
            0xc2 => Message::Bool(false),
            0xc3 => Message::Bool(true),
            0xc4 => {
                let len = self.len8()?;
                Message::bin(self.take(len)?)
            }
            0xc5 => {
                let len = self.len16()?;
                Message::bin(self.take(len)?)
            }
            0xc6 => {
                let len = self.len32()?;
                Message::bin(self.take(len)?)
            }
            0xca => Message::Float(f32::from_be_bytes(self.array()?).into()),
            0xcb => Message::Float(f64::from_be_bytes(self.array()?)),
            0xcc => Message::Int(u8::from_be_bytes(self.array()?).into()),
            0xcd => Message::Int(u16::from_be_bytes(self.array()?).into()),
            0xce => Message::Int(u32::from_be_bytes(self.array()?).into()),
            0xcf => Message::Int(u64::from_be_bytes(self.array()?).into()),
            0xd0 => Message::Int(i8::from_be_bytes(self.array()?).into()),
            0xd1 => Message::Int(i16::from_be_bytes(self.array()?).into()),
            0xd2 => Message::Int(i32::from_be_bytes(self.array()?).into()),
            0xd3 => Message::Int(i64::from_be_bytes(self.array()?).into()),
            0xd9 => {
                let len = self.len8()?;
                self.text(len)?.into()
            }
            0xda => {
                let len = self.len16()?;
                self.text(len)?.into()
            }
            0xdb => {
                let len = self.len32()?;
                self.text(len)?.into()
            }
            0xdc => {
                let len = self.len16()?;
                self.items(len, depth)?
            }
            0xdd => {
                let len = self.len32()?;
                self.items(len, depth)?
            }
            0xde => {
                let len = self.len16()?;
                self.map(len, depth)?
            }
            0xdf => {
                let len = self.len32()?;
                self.map(len, depth)?
            }
            0xe0..=0xff => Message::Int(i8::from_be_bytes([tag]).into()),
            0xc1 | 0xc7..=0xc9 | 0xd4..=0xd8 => {
                return Err(self.error("wire-tag", "a request holds a type that control messages do not use"));
            }
        })
    }

    fn items(&mut self, len: usize, depth: usize) -> Result<Message<'a>> {
        self.require(len)?;
        let mut items = Vec::with_capacity(len.min(1024));
        for _ in 0..len {
            items.push(self.value(depth + 1)?);
        }
        Ok(Message::Array(items))
    }

    fn map(&mut self, len: usize, depth: usize) -> Result<Message<'a>> {
        self.require(len.saturating_mul(2))?;
        let mut members = BTreeMap::new();
        for _ in 0..len {
            let at = self.at;
            let Message::Str(key) = self.value(depth + 1)? else {
                self.at = at;
                return Err(self.error("wire-key", "a key of a request's map is not text"));
            };
            let value = self.value(depth + 1)?;
            if members.insert(key, value).is_some() {
                self.at = at;
                return Err(self.error("wire-duplicate-key", "a key of a request's map comes twice"));
            }
        }
        Ok(Message::Map(members))
    }

    fn text(&mut self, len: usize) -> Result<&'a str> {
        let at = self.at;
        let bytes = self.take(len)?;
        std::str::from_utf8(bytes).map_err(|error| {
            self.at = at + error.valid_up_to();
            self.error("wire-utf8", "text of a request is not UTF-8")
        })
    }

    fn len8(&mut self) -> Result<usize> {
        Ok(u8::from_be_bytes(self.array()?).into())
    }

    fn len16(&mut self) -> Result<usize> {
        Ok(u16::from_be_bytes(self.array()?).into())
    }

    fn len32(&mut self) -> Result<usize> {
        // INVARIANT: targets have at least 32-bit addresses; a length beyond the bytes left is refused anyway.
        Ok(usize::try_from(u32::from_be_bytes(self.array()?)).unwrap_or(usize::MAX))
    }

    /// Fails before anything is reserved for `len` bytes or values that cannot be there.
    fn require(&self, len: usize) -> Result<()> {
        if len > self.bytes.len() - self.at.min(self.bytes.len()) {
            return Err(self.error("wire-truncated", "a request ends before its message does"));
        }
        Ok(())
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        self.require(len)?;
        let end = self.at + len;
        let bytes = self.bytes.get(self.at..end).unwrap_or_default();
        self.at = end;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.require(N)?;
        let bytes = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>()).copied();
        self.at += N;
        Ok(bytes.unwrap_or([0; N]))
    }

    #[cold]
    fn error(&self, code: &'static str, message: &'static str) -> Error {
        Diagnostic::new(Kind::Usage, code, message).spanning(Span::new(self.at, self.at)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(bytes: &[u8]) -> &'static str {
        Message::read(bytes).unwrap_err().code
    }

    #[test]
    fn refusals_have_codes() {
        assert_eq!(code(b""), "wire-truncated");
        assert_eq!(code(b"\xdd\xff\xff\xff\xff"), "wire-truncated");
        assert_eq!(code(b"\xc0\xc0"), "wire-trailing");
        assert_eq!(code(b"\xd4\x00\x00"), "wire-tag");
        assert_eq!(code(b"\x81\x01\x01"), "wire-key");
        assert_eq!(code(b"\x82\xa1a\x01\xa1a\x02"), "wire-duplicate-key");
        assert_eq!(code(b"\xa2a\xff"), "wire-utf8");
        assert_eq!(code(&[0x91; 100_000]), "limit-depth");
        let mut wide = b"\xdd\x00\x10\x00\x00".to_vec();
        wide.resize(5 + (1 << 20), 0xc0);
        assert_eq!(code(&wide), "limit-values");
    }

    #[test]
    fn integers_take_their_shortest_form() {
        let check = |value: i128, expected: &[u8]| {
            let mut out = Vec::new();
            Message::Int(value).write(&mut out);
            assert_eq!(out, expected, "{value}");
            assert_eq!(Message::read(&out).unwrap(), Message::Int(value));
        };
        check(0, b"\x00");
        check(127, b"\x7f");
        check(128, b"\xcc\x80");
        check(-32, b"\xe0");
        check(-33, b"\xd0\xdf");
        check(-129, b"\xd1\xff\x7f");
        check(256, b"\xcd\x01\x00");
        check(65_536, b"\xce\x00\x01\x00\x00");
        check(i64::MIN.into(), b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00");
        check(u64::MAX.into(), b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
    }

    fn message() -> impl Strategy<Value = Message<'static>> {
        let leaf = prop_oneof![
            Just(Message::Nil),
            any::<bool>().prop_map(Message::from),
            any::<u64>().prop_map(Message::from),
            any::<i64>().prop_map(Message::from),
            any::<i32>().prop_map(|value| Message::Int(value.into())),
            (-1e300..1e300f64).prop_map(Message::from),
            ".{0,40}".prop_map(Message::from),
            proptest::collection::vec(any::<u8>(), 0..300).prop_map(Message::bin),
        ];
        leaf.prop_recursive(4, 64, 20, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..20).prop_map(Message::Array),
                proptest::collection::btree_map(".{0,8}".prop_map(Cow::Owned), inner, 0..20)
                    .prop_map(|map| Message::Map(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(message in message()) {
            let mut out = Vec::new();
            message.write(&mut out);
            prop_assert_eq!(&Message::read(&out).unwrap(), &message);
            for end in 0..out.len() {
                prop_assert!(Message::read(&out[..end]).is_err());
            }
        }

        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(message) = Message::read(&bytes) {
                let mut out = Vec::new();
                message.write(&mut out);
                prop_assert!(Message::read(&out).is_ok());
            }
        }
    }
}
