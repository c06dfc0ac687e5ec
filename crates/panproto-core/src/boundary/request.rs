//! A control request and its arguments, read by name and kind.

use super::table::Digest;
use super::wire::Message;
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::ordered::BTreeMap;
use std::borrow::Cow;

/// The map of one request. An argument that is `nil` counts as absent.
#[derive(Debug)]
pub struct Request<'a> {
    members: BTreeMap<Cow<'a, str>, Message<'a>>,
}

impl<'a> Request<'a> {
    /// Reads a request.
    pub fn read(bytes: &'a [u8]) -> Result<Request<'a>> {
        match Message::read(bytes)? {
            Message::Map(members) => Ok(Request { members }),
            other => {
                let message = format!("a request is a map, this is {}", other.kind());
                Err(Diagnostic::error(Kind::Usage, "wire-map", message))
            }
        }
    }

    /// Refuses arguments that the operation does not have: a misspelt option must not be an option not given.
    pub(super) fn check_arguments(&self, known: &[&str]) -> Result<()> {
        match self.members.keys().find(|key| *key != "op" && !known.contains(&key.as_ref())) {
            None => Ok(()),
            Some(key) => {
                let known =
                    if known.is_empty() { "none".to_owned() } else { format!("`{}`", known.join("`, `")) };
                Err(Diagnostic::new(Kind::Usage, "unknown-argument", format!("there is no argument `{key}`"))
                    .at(key)
                    .help(format!("the arguments of this operation: {known}"))
                    .boxed())
            }
        }
    }

    /// An argument, if it is there.
    pub fn get(&self, key: &str) -> Option<&Message<'a>> {
        self.members.get(key).filter(|value| **value != Message::Nil)
    }

    /// An argument that has to be there.
    pub fn require(&self, key: &str) -> Result<&Message<'a>> {
        self.get(key).ok_or_else(|| {
            Diagnostic::new(Kind::Usage, "missing-argument", format!("the argument `{key}` is missing"))
                .at(key)
                .boxed()
        })
    }

    /// Text.
    pub fn text(&self, key: &str) -> Result<&str> {
        as_text(key, self.require(key)?)
    }

    /// Text, if it is there.
    pub fn optional_text(&self, key: &str) -> Result<Option<&str>> {
        self.get(key).map(|value| as_text(key, value)).transpose()
    }

    /// Bytes; text counts as its UTF-8.
    pub fn bytes(&self, key: &str) -> Result<&[u8]> {
        as_bytes(key, self.require(key)?)
    }

    /// Bytes, if they are there.
    pub fn optional_bytes(&self, key: &str) -> Result<Option<&[u8]>> {
        self.get(key).map(|value| as_bytes(key, value)).transpose()
    }

    /// An unsigned integer, if it is there.
    pub fn optional_u64(&self, key: &str) -> Result<Option<u64>> {
        self.get(key).map(|value| as_u64(key, value)).transpose()
    }

    /// A truth value; false if it is absent.
    pub fn flag(&self, key: &str) -> Result<bool> {
        match self.get(key) {
            None => Ok(false),
            Some(Message::Bool(value)) => Ok(*value),
            Some(other) => Err(wrong(key, "a boolean", other)),
        }
    }

    /// The digest that names an object.
    pub fn digest(&self, key: &str) -> Result<Digest> {
        let value = self.require(key)?;
        let Message::Bin(bytes) = value else { return Err(wrong(key, "a digest of 32 bytes", value)) };
        bytes.as_ref().try_into().map_err(|_| {
            let message = format!("the argument `{key}` is a digest of 32 bytes, these are {}", bytes.len());
            Diagnostic::new(Kind::Usage, "wrong-argument", message).at(key).boxed()
        })
    }

    /// An array; empty if it is absent.
    pub fn array(&self, key: &str) -> Result<&[Message<'a>]> {
        match self.get(key) {
            None => Ok(&[]),
            Some(Message::Array(items)) => Ok(items),
            Some(other) => Err(wrong(key, "an array", other)),
        }
    }

    /// The members of a map, in order; none if it is absent.
    pub fn map(&self, key: &str) -> Result<impl Iterator<Item = (&str, &Message<'a>)>> {
        let members = match self.get(key) {
            None => None,
            Some(Message::Map(members)) => Some(members),
            Some(other) => return Err(wrong(key, "a map", other)),
        };
        Ok(members.into_iter().flatten().map(|(key, value)| (key.as_ref(), value)))
    }
}

/// Text of a message that stands at `place`.
pub(super) fn as_text<'m>(place: &str, value: &'m Message<'_>) -> Result<&'m str> {
    match value {
        Message::Str(text) => Ok(text),
        other => Err(wrong(place, "text", other)),
    }
}

/// Bytes of a message that stands at `place`; text counts as its UTF-8.
pub(super) fn as_bytes<'m>(place: &str, value: &'m Message<'_>) -> Result<&'m [u8]> {
    match value {
        Message::Bin(bytes) => Ok(bytes),
        Message::Str(text) => Ok(text.as_bytes()),
        other => Err(wrong(place, "bytes", other)),
    }
}

/// An unsigned integer of a message that stands at `place`.
pub(super) fn as_u64(place: &str, value: &Message<'_>) -> Result<u64> {
    match value {
        Message::Int(value) => u64::try_from(*value).map_err(|_| {
            let message = format!("`{place}` is not negative, this is {value}");
            Diagnostic::new(Kind::Usage, "wrong-argument", message).at(place).boxed()
        }),
        other => Err(wrong(place, "an integer", other)),
    }
}

/// The error of an argument of a wrong kind.
pub(super) fn wrong(place: &str, expected: &str, found: &Message<'_>) -> Error {
    let message = format!("the argument `{place}` is {expected}, this is {}", found.kind());
    Diagnostic::new(Kind::Usage, "wrong-argument", message).at(place).boxed()
}
