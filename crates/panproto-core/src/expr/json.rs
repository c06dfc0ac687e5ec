//! Values as plain JSON.

use super::compare::{float_text, number_of_text};
use super::limits::{VALUE_DEPTH, deep_value};
use super::value::Value;
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::name::Name;
use crate::value::{JsonKind, ValueRef, string};

impl Value {
    /// The value of JSON. A number is an integer if it is written as one of 64 bits, a float if the float's shortest
    /// text has the same value, and else stays the exact [`Value::Number`] that it is.
    ///
    /// # Errors
    /// `limit-depth`, `limit-memory`; `not-representable` of a string that is no Unicode text.
    pub fn from_json(value: ValueRef<'_>) -> Result<Value> {
        read(value, 0)
    }

    /// Appends the value as JSON.
    ///
    /// # Errors
    /// `not-representable` of functions, bytes and floats that are not finite.
    pub fn write_json(&self, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Value::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Value::Float(value) if value.is_finite() => out.extend_from_slice(float_text(*value).as_bytes()),
            Value::Number(text) => out.extend_from_slice(text.as_bytes()),
            Value::Str(text) => string::encode(text, out),
            Value::List(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    item.write_json(out)?;
                }
                out.push(b']');
            }
            Value::Record(members) => {
                out.push(b'{');
                for (at, (name, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    string::encode(name, out);
                    out.push(b':');
                    value.write_json(out)?;
                }
                out.push(b'}');
            }
            Value::Float(_) => return Err(unrepresentable("a float that is not finite")),
            Value::Bytes(_) => return Err(unrepresentable("a byte string")),
            Value::Closure(_) => return Err(unrepresentable("a function")),
        }
        Ok(())
    }

    /// The value as JSON text.
    ///
    /// # Errors
    /// As [`Value::write_json`].
    pub fn to_json(&self) -> Result<String> {
        let mut out = Vec::new();
        self.write_json(&mut out)?;
        Ok(String::from_utf8(out).unwrap_or_default())
    }
}

fn read(value: ValueRef<'_>, level: u32) -> Result<Value> {
    if level > VALUE_DEPTH {
        return Err(deep_value());
    }
    match value.kind() {
        JsonKind::Null => Ok(Value::Null),
        JsonKind::Bool => Ok(Value::Bool(value.as_bool() == Some(true))),
        JsonKind::Number => number_of_text(value.raw_str()),
        JsonKind::String => Ok(Value::Str(text(value)?)),
        JsonKind::Array => {
            Value::list(value.items().map(|item| read(item, level + 1)).collect::<Result<_>>()?)
        }
        JsonKind::Object => {
            let members = value.members().map(|(name, value)| Ok((text(name)?, read(value, level + 1)?)));
            Value::record(members.collect::<Result<_>>()?)
        }
    }
}

/// The text of a JSON string.
pub(super) fn text(value: ValueRef<'_>) -> Result<Name> {
    match value.as_str() {
        Some(text) => Ok(Name::new(text)),
        None => {
            let message = "a string with a lone surrogate is no text that an expression can work with";
            Err(Diagnostic::new(Kind::Data, "not-representable", message).spanning(value.span()).boxed())
        }
    }
}

#[cold]
pub(super) fn unrepresentable(what: &str) -> Error {
    Diagnostic::new(Kind::Data, "not-representable", format!("{what} has no JSON"))
        .help("turn it into text or numbers within the expression")
        .boxed()
}
