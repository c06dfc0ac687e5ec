//! Values of an instance: the JSON text of a record, and the published form that it takes on the wire.
//!
//! A value is exact: number text, string spelling, member order and duplicates are those of the record. The wire
//! names each form: `{"Int": 5}`, `{"Str": "x"}`, `{"List": […]}`.

use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::schema::Kind;
use crate::value::json::{Items, Members};
use crate::value::{Json, JsonKind, Tree, ValueRef, Writer};
use std::fmt;

/// A value that is one piece in an instance.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value {
    text: Json,
    form: Form,
}

/// What a value is beside its JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Form {
    /// The JSON text says.
    #[default]
    Plain,
    /// `{"$bytes": "…"}`; `Bytes` on the wire.
    Bytes,
    /// `{"$link": "…"}`; `CidLink` on the wire.
    Link,
    /// `{"$type": "blob", …}`; `Blob` on the wire.
    Blob,
    /// A string that names something; `Token` on the wire.
    Token,
    /// A null that equals only itself; `LabeledNull` on the wire.
    LabeledNull(u64),
}

impl Value {
    /// A value whose JSON text says what it is.
    pub fn plain(text: Json) -> Value {
        Value { text, form: Form::Plain }
    }

    /// A null with a label.
    pub fn labeled_null(label: u64) -> Value {
        Value { text: Json::null(), form: Form::LabeledNull(label) }
    }

    /// The value of a record that stands at a vertex of a kind.
    pub fn at(value: ValueRef<'_>, kind: &Kind) -> Value {
        let text = value.to_json();
        let form = match kind {
            Kind::Bytes => Form::Bytes,
            Kind::CidLink => Form::Link,
            Kind::Blob => Form::Blob,
            Kind::Token if value.kind() == JsonKind::String => Form::Token,
            _ => Form::Plain,
        };
        let found = Value { text, form };
        // A form is taken only where the wire brings the same text back.
        let is_plain = matches!(form, Form::Plain | Form::Token);
        if is_plain || special(&found.text.tree(), form).is_some() { found } else { Value::plain(found.text) }
    }

    /// Its JSON in a record.
    pub fn json(&self) -> &Json {
        &self.text
    }

    /// Its form.
    pub fn form(&self) -> Form {
        self.form
    }

    /// Whether it is `null`, labeled or not.
    pub fn is_null(&self) -> bool {
        self.text.as_str() == "null"
    }

    /// Writes the published form.
    pub fn write(&self, out: &mut Writer) {
        match self.form {
            Form::LabeledNull(label) => {
                out.object();
                out.key("LabeledNull");
                out.number(label);
                out.end_object();
            }
            Form::Token => {
                out.object();
                out.key("Token");
                out.raw(self.text.as_str());
                out.end_object();
            }
            form => {
                let tree = self.text.tree();
                match special(&tree, form) {
                    Some(text) => out.raw(&text),
                    None => write_plain(tree.root(), out),
                }
            }
        }
    }

    /// Reads the published form.
    ///
    /// # Errors
    /// `instance-value` where it is none.
    pub fn read(value: ValueRef<'_>) -> Result<Value> {
        let form = match only(value) {
            Some((name, payload)) => match &*name {
                "Bytes" => Form::Bytes,
                "CidLink" => Form::Link,
                "Blob" => Form::Blob,
                "Token" => Form::Token,
                "LabeledNull" => {
                    let label = payload.as_u64().ok_or_else(|| bad(payload, "a label is a whole number"))?;
                    return Ok(Value::labeled_null(label));
                }
                _ => Form::Plain,
            },
            None => Form::Plain,
        };
        let mut out = Writer::default();
        read_plain(value, &mut out)?;
        // INVARIANT: `read_plain` writes JSON.
        let text = Json::parse(&out.finish())?;
        Ok(Value { text, form })
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.text, out)
    }
}

#[cold]
fn bad(value: ValueRef<'_>, what: &'static str) -> Error {
    Diagnostic::new(ErrorKind::Data, "instance-value", what)
        .spanning(value.span())
        .help("a value is `\"Null\"`, or an object with one member: `{\"Int\": 5}`, `{\"Str\": \"x\"}`, `{\"List\": […]}`")
        .boxed()
}

fn only(value: ValueRef<'_>) -> Option<(std::borrow::Cow<'_, str>, ValueRef<'_>)> {
    let mut members = value.members();
    let (key, payload) = members.next()?;
    if members.next().is_some() { None } else { Some((key.as_str()?, payload)) }
}

/// The wire text of a value of a form of its own, if the text of the record is the one that it brings back.
fn special(tree: &Tree, form: Form) -> Option<String> {
    let value = tree.root();
    let mut out = Writer::default();
    out.object();
    match form {
        Form::Bytes => {
            let text = value.get("$bytes")?.as_str()?;
            out.key("Bytes");
            out.array();
            for byte in from_base64(&text)? {
                out.number(byte.into());
            }
            out.end_array();
        }
        Form::Link => {
            out.key("CidLink");
            out.raw(value.get("$link").filter(|link| link.kind() == JsonKind::String)?.raw_str());
        }
        Form::Blob => {
            out.key("Blob");
            out.object();
            out.key("ref_");
            let link = value.get("ref")?.get("$link")?;
            out.raw(Some(link).filter(|link| link.kind() == JsonKind::String)?.raw_str());
            for (wire, name) in [("mime", "mimeType"), ("size", "size")] {
                out.key(wire);
                out.raw(value.get(name)?.to_json().as_str());
            }
            out.end_object();
        }
        Form::Plain | Form::Token | Form::LabeledNull(_) => return None,
    }
    out.end_object();
    let text = out.finish();
    let wire = Json::parse(&text).ok()?.tree();
    let mut back = Writer::default();
    read_plain(wire.root(), &mut back).ok()?;
    (back.finish().as_bytes() == tree.text()).then_some(text)
}

/// A container that is being written, and what closes it.
struct Open<'a> {
    parts: Parts<'a>,
    /// Objects that close after it.
    around: u8,
}

enum Parts<'a> {
    Members(Members<'a>),
    Items(Items<'a>),
}

/// Plain JSON to published forms, without recursion.
fn write_plain(value: ValueRef<'_>, out: &mut Writer) {
    let mut stack = Vec::new();
    let mut next = Some(value);
    loop {
        if let Some(value) = next.take() {
            enter_plain(value, out, &mut stack);
        }
        let Some(open) = stack.last_mut() else { return };
        next = match &mut open.parts {
            Parts::Members(members) => members.next().map(|(key, value)| {
                out.raw_key(key.raw_str());
                value
            }),
            Parts::Items(items) => items.next(),
        };
        if next.is_none() {
            match open.parts {
                Parts::Members(_) => out.end_object(),
                Parts::Items(_) => out.end_array(),
            }
            for _ in 0..open.around {
                out.end_object();
            }
            stack.pop();
        }
    }
}

fn enter_plain<'a>(value: ValueRef<'a>, out: &mut Writer, stack: &mut Vec<Open<'a>>) {
    let name = match value.kind() {
        JsonKind::Null => return out.string("Null"),
        JsonKind::Bool => "Bool",
        JsonKind::Number if value.raw().iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) => "Float",
        JsonKind::Number => "Int",
        JsonKind::String => "Str",
        JsonKind::Array => "List",
        JsonKind::Object => {
            out.object();
            let mut members = value.members();
            let tag = members
                .clone()
                .next()
                .filter(|(key, tag)| key.raw() == b"\"$type\"" && tag.kind() == JsonKind::String);
            let around = match tag {
                Some((_, tag)) => {
                    members.next();
                    out.key("Opaque");
                    out.object();
                    out.key("type_");
                    out.raw(tag.raw_str());
                    out.key("fields");
                    2
                }
                None => {
                    out.key("Unknown");
                    1
                }
            };
            out.object();
            stack.push(Open { parts: Parts::Members(members), around });
            return;
        }
    };
    out.object();
    out.key(name);
    if value.is_array() {
        out.array();
        stack.push(Open { parts: Parts::Items(value.items()), around: 1 });
    } else {
        out.raw(value.raw_str());
        out.end_object();
    }
}

/// Published forms to plain JSON, without recursion.
fn read_plain(value: ValueRef<'_>, out: &mut Writer) -> Result<()> {
    let mut stack: Vec<Parts<'_>> = Vec::new();
    let mut next = Some(value);
    loop {
        if let Some(value) = next.take() {
            read_one(value, out, &mut stack)?;
        }
        let Some(open) = stack.last_mut() else { return Ok(()) };
        next = match open {
            Parts::Members(members) => members.next().map(|(key, value)| {
                out.raw_key(key.raw_str());
                value
            }),
            Parts::Items(items) => items.next(),
        };
        if next.is_none() {
            match open {
                Parts::Members(_) => out.end_object(),
                Parts::Items(_) => out.end_array(),
            }
            stack.pop();
        }
    }
}

fn read_one<'a>(value: ValueRef<'a>, out: &mut Writer, stack: &mut Vec<Parts<'a>>) -> Result<()> {
    if value.name_is("Null") {
        out.raw("null");
        return Ok(());
    }
    let Some((name, payload)) = only(value) else {
        return Err(bad(value, "this is no value of an instance"));
    };
    let scalar = |kind: JsonKind| {
        if payload.kind() == kind {
            Ok(payload.raw_str())
        } else {
            Err(bad(payload, "the value is not of its form"))
        }
    };
    match &*name {
        "Null" => out.raw("null"),
        "Bool" => out.raw(scalar(JsonKind::Bool)?),
        "Int" | "Float" => out.raw(scalar(JsonKind::Number)?),
        "Str" | "Token" => out.raw(scalar(JsonKind::String)?),
        "LabeledNull" => {
            scalar(JsonKind::Number)?;
            out.raw("null");
        }
        "CidLink" => {
            out.object();
            out.key("$link");
            out.raw(scalar(JsonKind::String)?);
            out.end_object();
        }
        "Bytes" => {
            let mut bytes = Vec::with_capacity(payload.len());
            for byte in payload.items() {
                let byte = byte.as_u64().and_then(|byte| u8::try_from(byte).ok());
                bytes.push(byte.ok_or_else(|| bad(payload, "bytes are numbers from 0 to 255"))?);
            }
            if !payload.is_array() {
                return Err(bad(payload, "bytes are numbers from 0 to 255"));
            }
            out.object();
            out.key("$bytes");
            out.string(&to_base64(&bytes));
            out.end_object();
        }
        "Blob" => {
            let part = |name: &str, at: usize| {
                let found = if payload.is_array() { payload.items().nth(at) } else { payload.get(name) };
                found.ok_or_else(|| bad(payload, "a blob has `ref_`, `mime` and `size`"))
            };
            let (link, mime, size) = (part("ref_", 0)?, part("mime", 1)?, part("size", 2)?);
            if link.kind() != JsonKind::String || mime.kind() != JsonKind::String {
                return Err(bad(payload, "a blob has `ref_`, `mime` and `size`"));
            }
            out.object();
            out.key("$type");
            out.string("blob");
            out.key("ref");
            out.object();
            out.key("$link");
            out.raw(link.raw_str());
            out.end_object();
            out.key("mimeType");
            out.raw(mime.raw_str());
            out.key("size");
            out.raw(size.to_json().as_str());
            out.end_object();
        }
        "List" if payload.is_array() => {
            out.array();
            stack.push(Parts::Items(payload.items()));
        }
        "Unknown" if payload.is_object() => {
            out.object();
            stack.push(Parts::Members(payload.members()));
        }
        "Opaque" => {
            let part = |name: &str, at: usize| {
                if payload.is_array() { payload.items().nth(at) } else { payload.get(name) }
            };
            let tag = part("type_", 0).filter(|tag| tag.kind() == JsonKind::String);
            let fields = part("fields", 1).filter(|fields| fields.is_object());
            let (Some(tag), Some(fields)) = (tag, fields) else {
                return Err(bad(payload, "an opaque value has `type_` and `fields`"));
            };
            out.object();
            out.key("$type");
            out.raw(tag.raw_str());
            stack.push(Parts::Members(fields.members()));
        }
        _ => return Err(bad(value, "this is no value of an instance")),
    }
    Ok(())
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 without padding, as Lexicons write bytes.
fn to_base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            let digit = (bits >> (18 - 6 * at)) & 63;
            out.push(DIGITS.get(digit as usize).map_or('A', |digit| char::from(*digit)));
        }
    }
    out
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut have) = (0u32, 0);
    for byte in text.bytes() {
        let digit = DIGITS.iter().position(|digit| *digit == byte)?;
        bits = (bits << 6 | digit as u32) & 0xffff;
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have) as u8);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(value: &Value) -> String {
        let mut out = Writer::default();
        value.write(&mut out);
        out.finish()
    }

    #[test]
    fn values_take_their_published_forms_and_come_back() {
        let check = |text: &str, kind: Kind, expected: &str| {
            let value = Value::at(Json::parse(text).unwrap().tree().root(), &kind);
            assert_eq!(wire(&value), expected, "{text}");
            let back = Value::read(Json::parse(expected).unwrap().tree().root()).unwrap();
            assert_eq!(back, value, "{text}");
        };
        check("null", Kind::Any, r#""Null""#);
        check("true", Kind::Any, r#"{"Bool":true}"#);
        check("18446744073709551615", Kind::Integer, r#"{"Int":18446744073709551615}"#);
        check("1.50", Kind::Number, r#"{"Float":1.50}"#);
        check("1e400", Kind::Number, r#"{"Float":1e400}"#);
        check(r#""a\u0062""#, Kind::String, r#"{"Str":"a\u0062"}"#);
        check("[]", Kind::Any, r#"{"List":[]}"#);
        check(r#"[1,[null,"x"]]"#, Kind::Any, r#"{"List":[{"Int":1},{"List":["Null",{"Str":"x"}]}]}"#);
        check(
            r#"{"b":1,"a":{},"b":2}"#,
            Kind::Any,
            r#"{"Unknown":{"b":{"Int":1},"a":{"Unknown":{}},"b":{"Int":2}}}"#,
        );
        check(r#"{"$type":"t","a":1}"#, Kind::Any, r#"{"Opaque":{"type_":"t","fields":{"a":{"Int":1}}}}"#);
        check(r#"{"$type":5}"#, Kind::Any, r#"{"Unknown":{"$type":{"Int":5}}}"#);
        check(r#"{"$bytes":"AAEC/w"}"#, Kind::Bytes, r#"{"Bytes":[0,1,2,255]}"#);
        check(r#"{"$bytes":"AAEC/w=="}"#, Kind::Bytes, r#"{"Unknown":{"$bytes":{"Str":"AAEC/w=="}}}"#);
        check(r#"{"$link":"bafy"}"#, Kind::CidLink, r#"{"CidLink":"bafy"}"#);
        check(
            r#"{"$link":"bafy","x":1}"#,
            Kind::CidLink,
            r#"{"Unknown":{"$link":{"Str":"bafy"},"x":{"Int":1}}}"#,
        );
        check(
            r#"{"$type":"blob","ref":{"$link":"c"},"mimeType":"m","size":7}"#,
            Kind::Blob,
            r#"{"Blob":{"ref_":"c","mime":"m","size":7}}"#,
        );
        check(r#""app.x#y""#, Kind::Token, r#"{"Token":"app.x#y"}"#);
        assert_eq!(wire(&Value::labeled_null(3)), r#"{"LabeledNull":3}"#);
    }

    #[test]
    fn what_is_no_value_is_refused() {
        for text in [
            "1",
            "null",
            r#"{"Int":"1"}"#,
            r#"{"Int":1,"Str":"x"}"#,
            r#"{"Bytes":[256]}"#,
            r#"{"List":{}}"#,
            r#"{"Blob":{}}"#,
            r#"{"No":1}"#,
            r#"{"LabeledNull":-1}"#,
            r#"{"List":[1]}"#,
        ] {
            let error = Value::read(Json::parse(text).unwrap().tree().root()).unwrap_err();
            assert_eq!(error.code, "instance-value", "{text}");
        }
    }

    #[test]
    fn depth_needs_no_stack() {
        let text = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let limits = crate::limits::Limits { depth: u32::MAX, ..crate::limits::Limits::DEFAULT };
        let tree = Tree::parse(text.as_bytes(), &limits).unwrap();
        let mut out = Writer::default();
        write_plain(tree.root(), &mut out);
        let wire = Tree::parse(out.finish().as_bytes(), &limits).unwrap();
        let mut back = Writer::default();
        read_plain(wire.root(), &mut back).unwrap();
        assert_eq!(back.finish(), text);
    }
}
