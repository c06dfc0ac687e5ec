//! Builtins over texts and bytes.

use super::Machine;
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::expr::builtin::Builtin;
use crate::expr::error::argument;
use crate::expr::value::Value;

impl Machine<'_> {
    pub(super) fn texts(&mut self, builtin: Builtin, values: &[Value]) -> Result<Value> {
        use Builtin as B;
        use Value::{Bytes, Int, Str};
        for value in values {
            self.spend_value(value)?;
        }
        match (builtin, values) {
            (B::Concat, [Str(a), Str(b)]) => {
                self.make_text(a.len().saturating_add(b.len()))?;
                Ok(Value::str([a.as_str(), b.as_str()].concat()))
            }
            (B::Concat, [Bytes(a), Bytes(b)]) => {
                self.make_text(a.len().saturating_add(b.len()))?;
                Ok(Bytes([&a[..], &b[..]].concat().into()))
            }
            (B::Len, [Str(text)]) => Ok(Int(text.len() as i64)),
            (B::Len, [Bytes(bytes)]) => Ok(Int(bytes.len() as i64)),
            (B::Slice, [Str(text), Int(from), Int(to)]) => {
                let from = usize::try_from(*from).unwrap_or(0);
                let count = usize::try_from(*to).unwrap_or(0).saturating_sub(from);
                self.make_text(text.len())?;
                Ok(Value::str(text.chars().skip(from).take(count).collect::<String>()))
            }
            (B::Upper, [Str(text)]) => {
                // No character grows beyond three times its bytes.
                self.make_text(text.len().saturating_mul(3))?;
                Ok(Value::str(text.to_uppercase()))
            }
            (B::Lower, [Str(text)]) => {
                self.make_text(text.len().saturating_mul(3))?;
                Ok(Value::str(text.to_lowercase()))
            }
            (B::Trim, [Str(text)]) => {
                self.make_text(text.len())?;
                Ok(Value::str(text.trim()))
            }
            (B::Split, [Str(text), Str(separator)]) => {
                let separator = not_empty(builtin, separator)?;
                self.make_list(text.matches(separator).count() + 1)?;
                self.make_text(text.len())?;
                Value::list(text.split(separator).map(Value::str).collect())
            }
            (B::Join, [Value::List(items), Str(separator)]) => self.join(items, separator),
            (B::Replace, [Str(text), Str(from), Str(to)]) => {
                let from = not_empty(builtin, from)?;
                let count = text.matches(from).count();
                let grown = to.len().saturating_sub(from.len()).saturating_mul(count);
                self.make_text(text.len().saturating_add(grown))?;
                Ok(Value::str(text.replace(from, to)))
            }
            (B::Contains, [Str(text), Str(part)]) => Ok(Value::Bool(text.contains(part.as_str()))),
            (B::TruncateStr, [Str(text), Int(bytes)]) => {
                let bytes = usize::try_from(*bytes).unwrap_or(0);
                self.make_text(text.len().min(bytes))?;
                Ok(Value::str(text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()))
            }
            (builtin, values) => Err(wrong(builtin, values)),
        }
    }

    fn join(&mut self, items: &[Value], separator: &str) -> Result<Value> {
        let mut length = separator.len().saturating_mul(items.len().saturating_sub(1));
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            let Value::Str(text) = item else {
                return Err(argument(Builtin::Join, "a list of strings", item));
            };
            length = length.saturating_add(text.len());
            texts.push(text.as_str());
        }
        self.spend(items.len() as u64 / 8)?;
        self.make_text(length)?;
        Ok(Value::str(texts.join(separator)))
    }
}

fn not_empty(builtin: Builtin, text: &str) -> Result<&str> {
    if !text.is_empty() {
        return Ok(text);
    }
    let message = format!("`{}` looks for a text, this one is empty", builtin.name());
    Err(Diagnostic::error(Kind::Data, "invalid-argument", message))
}

/// Says which argument is of a wrong type.
#[cold]
fn wrong(builtin: Builtin, values: &[Value]) -> Error {
    use Builtin as B;
    let null = Value::Null;
    let is = |at: usize, fits: fn(&Value) -> bool| values.get(at).is_none_or(fits);
    let text: fn(&Value) -> bool = |value| matches!(value, Value::Str(_));
    let list: fn(&Value) -> bool = |value| matches!(value, Value::List(_));
    let integer: fn(&Value) -> bool = |value| matches!(value, Value::Int(_));
    let (first, expected): (fn(&Value) -> bool, &str) = match builtin {
        B::Join => (list, "a list of strings"),
        B::Concat => (|value| matches!(value, Value::Str(_) | Value::Bytes(_)), "strings, lists or bytes"),
        B::Len => (|value| matches!(value, Value::Str(_) | Value::Bytes(_)), "a string or bytes"),
        B::Slice | B::Contains => (text, "a string or a list"),
        _ => (text, "a string"),
    };
    let shown = |at: usize| values.get(at).unwrap_or(&null);
    if !is(0, first) {
        return argument(builtin, expected, shown(0));
    }
    match builtin {
        B::Slice | B::TruncateStr => {
            argument(builtin, "integers as places", shown(if is(1, integer) { 2 } else { 1 }))
        }
        B::Concat => argument(builtin, "two strings, two lists or two byte strings", shown(1)),
        _ => argument(builtin, "a string", shown(if is(1, text) { 2 } else { 1 })),
    }
}
