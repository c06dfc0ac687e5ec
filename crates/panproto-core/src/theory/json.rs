//! Writing and reading the JSON forms of this module: one writer that keeps the commas, one set of coded errors.

use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::name::Name;
use crate::value::{ValueRef, string};
use std::borrow::Cow;

/// Writes compact JSON.
#[derive(Default)]
pub(super) struct Writer {
    text: Vec<u8>,
    comma: bool,
}

impl Writer {
    fn next(&mut self) {
        if self.comma {
            self.text.push(b',');
        }
        self.comma = true;
    }

    pub(super) fn raw(&mut self, text: &str) {
        self.next();
        self.text.extend_from_slice(text.as_bytes());
    }

    pub(super) fn string(&mut self, text: &str) {
        self.next();
        string::encode(text, &mut self.text);
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    pub(super) fn key(&mut self, key: &str) {
        self.string(key);
        self.text.push(b':');
        self.comma = false;
    }

    fn nested(&mut self, open: u8, close: u8, inside: impl FnOnce(&mut Writer)) {
        self.next();
        self.text.push(open);
        self.comma = false;
        inside(self);
        self.text.push(close);
        self.comma = true;
    }

    pub(super) fn object(&mut self, inside: impl FnOnce(&mut Writer)) {
        self.nested(b'{', b'}', inside);
    }

    pub(super) fn array(&mut self, inside: impl FnOnce(&mut Writer)) {
        self.nested(b'[', b']', inside);
    }

    /// A member whose value is text.
    pub(super) fn text_member(&mut self, key: &str, text: &str) {
        self.key(key);
        self.string(text);
    }

    /// `{"tag": …}`
    pub(super) fn tagged(&mut self, tag: &str, inside: impl FnOnce(&mut Writer)) {
        self.object(|out| {
            out.key(tag);
            inside(out);
        });
    }

    /// An array of all items.
    pub(super) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut item: impl FnMut(&mut Writer, T),
    ) {
        self.array(|out| items.into_iter().for_each(|one| item(out, one)));
    }

    /// A member that is an array.
    pub(super) fn list_member<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        item: impl FnMut(&mut Writer, T),
    ) {
        self.key(key);
        self.list(items, item);
    }

    pub(super) fn finish(self) -> String {
        String::from_utf8(self.text).unwrap_or_default()
    }
}

/// The error of JSON that is not of the form that is asked for.
#[cold]
pub(super) fn invalid(value: ValueRef<'_>, message: impl Into<Cow<'static, str>>) -> Error {
    Diagnostic::new(Kind::Parse, "invalid-theory", message).spanning(value.span()).boxed()
}

#[cold]
fn missing(value: ValueRef<'_>, key: &str) -> Error {
    invalid(value, format!("the member `{key}` is missing"))
}

/// The text of a value.
pub(super) fn text<'a>(value: ValueRef<'a>, what: &str) -> Result<Cow<'a, str>> {
    value.as_str().ok_or_else(|| invalid(value, format!("`{what}` is text")))
}

/// The text of a value, as a name.
pub(super) fn name(value: ValueRef<'_>, what: &str) -> Result<Name> {
    text(value, what).map(Name::new)
}

/// A member that has to be there.
pub(super) fn member<'a>(value: ValueRef<'a>, key: &str) -> Result<ValueRef<'a>> {
    value.get(key).ok_or_else(|| missing(value, key))
}

/// A member that is text.
pub(super) fn name_at(value: ValueRef<'_>, key: &str) -> Result<Name> {
    name(member(value, key)?, key)
}

/// A member that may be absent or `null`.
pub(super) fn optional<'a>(value: ValueRef<'a>, key: &str) -> Option<ValueRef<'a>> {
    value.get(key).filter(|found| found.kind() != crate::value::JsonKind::Null)
}

/// The items of a member; none if it is absent.
pub(super) fn list<'a, T>(
    value: ValueRef<'a>,
    key: &str,
    item: impl FnMut(ValueRef<'a>) -> Result<T>,
) -> Result<Vec<T>> {
    match optional(value, key) {
        None => Ok(Vec::new()),
        Some(list) if list.is_array() => list.items().map(item).collect(),
        Some(other) => Err(invalid(other, format!("`{key}` is an array"))),
    }
}

/// Refuses members that are not known: what is misspelt must not be lost.
pub(super) fn only(value: ValueRef<'_>, what: &str, known: &[&str]) -> Result<()> {
    if !value.is_object() {
        return Err(invalid(value, format!("{what} is an object")));
    }
    match value.members().find(|(key, _)| !known.iter().any(|known| key.name_is(known))) {
        None => Ok(()),
        Some((key, _)) => Err(Diagnostic::new(
            Kind::Parse,
            "invalid-theory",
            format!("{what} has no member {}", key.raw_str()),
        )
        .spanning(key.span())
        .help(format!("its members: `{}`", known.join("`, `")))
        .boxed()),
    }
}

/// The tag and payload of an externally tagged variant: `"Tag"` or `{"Tag": payload}`.
pub(super) fn variant<'a>(value: ValueRef<'a>, what: &str) -> Result<(Cow<'a, str>, Option<ValueRef<'a>>)> {
    if let Some(tag) = value.as_str() {
        return Ok((tag, None));
    }
    let mut members = value.members();
    match (members.next(), members.next()) {
        (Some((key, payload)), None) => Ok((text(key, what)?, Some(payload))),
        _ => Err(invalid(value, format!("{what} is a name, or an object with one member"))),
    }
}

/// The payload of a variant that has one.
pub(super) fn payload<'a>(
    value: ValueRef<'a>,
    payload: Option<ValueRef<'a>>,
    tag: &str,
) -> Result<ValueRef<'a>> {
    payload.ok_or_else(|| invalid(value, format!("`{tag}` has a payload: {{\"{tag}\": …}}")))
}

/// The error of a tag that is not known.
#[cold]
pub(super) fn unknown_tag(value: ValueRef<'_>, what: &str, tag: &str) -> Error {
    invalid(value, format!("`{tag}` is no {what}"))
}
