//! Steps as JSON: reading members with paths and spans, writing them in a fixed order.

use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::value::{Json, JsonKind, ValueRef};

/// An object that is read member by member.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    pub(crate) value: ValueRef<'a>,
    /// Where it stands, for people.
    pub(crate) path: String,
}

impl<'a> Reader<'a> {
    /// An object.
    pub(crate) fn new(value: ValueRef<'a>, path: String) -> Result<Reader<'a>> {
        if !value.is_object() {
            return Err(wrong(value, &path, "an object"));
        }
        Ok(Reader { value, path })
    }

    /// Refuses members of other names, and names that stand twice: a misspelt option must not be one not given.
    pub(crate) fn only(&self, known: &[&str]) -> Result<()> {
        let mut seen: Vec<std::borrow::Cow<'_, str>> = Vec::new();
        for (key, _) in self.value.members() {
            let name = key.as_str().unwrap_or_default();
            if !known.contains(&&*name) {
                let message = format!("there is no member `{name}` here");
                return Err(Diagnostic::new(ErrorKind::Parse, "unknown-member", message)
                    .at(self.place(&name))
                    .spanning(key.span())
                    .help(format!("members here: `{}`", known.join("`, `")))
                    .boxed());
            }
            if seen.contains(&name) {
                let message = format!("the member `{name}` stands twice");
                return Err(Diagnostic::new(ErrorKind::Parse, "duplicate-member", message)
                    .at(self.place(&name))
                    .spanning(key.span())
                    .boxed());
            }
            seen.push(name);
        }
        Ok(())
    }

    /// A member that is there and is not `null`.
    pub(crate) fn get(&self, name: &str) -> Option<ValueRef<'a>> {
        self.value.get(name).filter(|value| value.kind() != JsonKind::Null)
    }

    /// The first of several members, by which a thing may be called.
    pub(crate) fn any(&self, names: &[&str]) -> Option<ValueRef<'a>> {
        names.iter().find_map(|name| self.get(name))
    }

    /// A member's text.
    pub(crate) fn text(&self, names: &[&str]) -> Result<Box<str>> {
        self.optional_text(names)?.ok_or_else(|| self.missing(names.first().copied().unwrap_or_default()))
    }

    /// A member's text, if it is there.
    pub(crate) fn optional_text(&self, names: &[&str]) -> Result<Option<Box<str>>> {
        for name in names {
            if let Some(value) = self.get(name) {
                let text = value.as_str().ok_or_else(|| wrong(value, &self.place(name), "a string"))?;
                return Ok(Some(text.into()));
            }
        }
        Ok(None)
    }

    /// A truth value, if it is there.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        value.as_bool().map(Some).ok_or_else(|| wrong(value, &self.place(name), "a boolean"))
    }

    /// A value verbatim; `null` counts.
    pub(crate) fn json(&self, name: &str) -> Option<Json> {
        self.value.get(name).map(ValueRef::to_json)
    }

    /// The items of a list that has to be there.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<ValueRef<'a>>> {
        self.optional_list(name)?.ok_or_else(|| self.missing(name))
    }

    /// The items of a list, if it is there.
    pub(crate) fn optional_list(&self, name: &str) -> Result<Option<Vec<ValueRef<'a>>>> {
        let Some(value) = self.get(name) else { return Ok(None) };
        if !value.is_array() {
            return Err(wrong(value, &self.place(name), "a list"));
        }
        Ok(Some(value.items().collect()))
    }

    /// A list of strings, if it is there.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<Box<str>>>> {
        let Some(items) = self.optional_list(name)? else { return Ok(None) };
        let text = |(at, item): (usize, ValueRef<'a>)| {
            let text = item.as_str().map(Box::from);
            text.ok_or_else(|| wrong(item, &format!("{}[{at}]", self.place(name)), "a string"))
        };
        items.into_iter().enumerate().map(text).collect::<Result<_>>().map(Some)
    }

    /// The path of a member.
    pub(crate) fn place(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The error of a member that is not there.
    #[cold]
    pub(crate) fn missing(&self, name: &str) -> Error {
        Diagnostic::new(ErrorKind::Parse, "missing-member", format!("the member `{name}` is missing"))
            .at(self.place(name))
            .spanning(self.value.span())
            .boxed()
    }
}

/// The error of a value of the wrong type.
#[cold]
pub(crate) fn wrong(value: ValueRef<'_>, path: &str, expected: &str) -> Error {
    let message = format!("expected {expected}, this is of type {}", value.kind().as_str());
    Diagnostic::new(ErrorKind::Parse, "wrong-type", message).at(path).spanning(value.span()).boxed()
}

/// The members of an object as they are written.
pub(crate) struct Writer {
    out: String,
    first: bool,
}

impl Writer {
    /// An object without members.
    pub(crate) fn new() -> Writer {
        Writer { out: "{".to_owned(), first: true }
    }

    fn key(&mut self, name: &str) {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        self.out.push_str(Json::string(name).as_str());
        self.out.push(':');
    }

    /// A member whose value is JSON text.
    pub(crate) fn raw(&mut self, name: &str, json: &str) {
        self.key(name);
        self.out.push_str(json);
    }

    /// A member whose value is a string.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.raw(name, Json::string(text).as_str());
    }

    /// A member that is written where there is a text.
    pub(crate) fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// A member that is written where there is a value.
    pub(crate) fn json(&mut self, name: &str, value: Option<&Json>) {
        if let Some(value) = value {
            self.raw(name, value.as_str());
        }
    }

    /// A member that is written where it is true.
    pub(crate) fn flag(&mut self, name: &str, flag: bool) {
        if flag {
            self.raw(name, "true");
        }
    }

    /// A member that is a list of JSON texts.
    pub(crate) fn list(&mut self, name: &str, items: impl IntoIterator<Item = impl AsRef<str>>) {
        self.raw(name, &array(items));
    }

    /// The object's text.
    pub(crate) fn finish(mut self) -> String {
        self.out.push('}');
        self.out
    }
}

/// The text of an array of JSON texts.
pub(crate) fn array(items: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut out = "[".to_owned();
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(item.as_ref());
    }
    out.push(']');
    out
}
