//! Control messages as JSON, for arguments that hosts may give either way.

use super::wire::Message;
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::value::string;

impl Message<'_> {
    /// Appends the message as JSON text.
    ///
    /// # Errors
    /// `not-representable` for bytes and for doubles that are no numbers.
    pub(super) fn write_json(&self, out: &mut Vec<u8>) -> Result<()> {
        let refuse = |what| {
            let message = format!("JSON has no {what}");
            Err(Diagnostic::error(Kind::Usage, "not-representable", message))
        };
        match self {
            Message::Nil => out.extend_from_slice(b"null"),
            Message::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Message::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Message::Float(value) if value.is_finite() => {
                out.extend_from_slice(format!("{value:?}").as_bytes());
            }
            Message::Float(_) => return refuse("such number"),
            Message::Str(text) => string::encode(text, out),
            Message::Bin(_) => return refuse("bytes"),
            Message::Array(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    item.write_json(out)?;
                }
                out.push(b']');
            }
            Message::Map(members) => {
                out.push(b'{');
                for (at, (key, value)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(b',');
                    }
                    string::encode(key, out);
                    out.push(b':');
                    value.write_json(out)?;
                }
                out.push(b'}');
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_has_is_written() {
        let message =
            Message::map().with("b", Message::array([Message::from(1_u32), Message::Nil])).with("a", "x\n");
        let mut out = Vec::new();
        message.write_json(&mut out).unwrap();
        assert_eq!(out, br#"{"a":"x\n","b":[1,null]}"#);
        for wrong in [Message::bin(&b"x"[..]), Message::Float(f64::NAN)] {
            assert_eq!(wrong.write_json(&mut Vec::new()).unwrap_err().code, "not-representable");
        }
    }
}
