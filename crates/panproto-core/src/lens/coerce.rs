//! Changes of scalar type, on tokens as they are written.

use super::engine::Direction;
use super::machine::Coercion;
use crate::value::number::{integer_of_number, integer_of_text, number_of_text, text_of_number};
use crate::value::{JsonKind, string};

/// Why a token has no counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is not of the type that the coercion takes; the name of that type.
    Type(&'static str),
    /// It is of that type, but this value has no counterpart.
    Value,
}

/// Appends the counterpart of a scalar token.
pub fn convert(
    coercion: Coercion,
    direction: Direction,
    kind: JsonKind,
    raw: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    use Direction::{Backward, Forward};
    match (coercion, direction) {
        (Coercion::Widen, Forward) | (Coercion::Narrow, Backward) => {
            expect(kind, JsonKind::Number)?;
            integer(raw)?;
            out.extend_from_slice(raw);
        }
        (Coercion::Widen, Backward) | (Coercion::Narrow, Forward) => {
            expect(kind, JsonKind::Number)?;
            out.extend_from_slice(&integer(raw)?);
        }
        (Coercion::IntegerToString, Forward) | (Coercion::StringToInteger, Backward) => {
            expect(kind, JsonKind::Number)?;
            text_of_number(&integer(raw)?, out);
        }
        (Coercion::StringToInteger, Forward) => {
            expect(kind, JsonKind::String)?;
            out.extend_from_slice(&integer_of_text(&string::decode(raw)).ok_or(Failure::Value)?);
        }
        (Coercion::IntegerToString, Backward) => {
            expect(kind, JsonKind::String)?;
            let content = string::decode(raw);
            // `"007"` would come back as `"7"`: only what `get` writes can be put.
            let integer = integer_of_text(&content).filter(|integer| **integer == *content);
            out.extend_from_slice(&integer.ok_or(Failure::Value)?);
        }
        (Coercion::NumberToString, Forward) | (Coercion::StringToNumber, Backward) => {
            expect(kind, JsonKind::Number)?;
            text_of_number(raw, out);
        }
        (Coercion::NumberToString, Backward) | (Coercion::StringToNumber, Forward) => {
            expect(kind, JsonKind::String)?;
            out.extend_from_slice(number_of_text(&string::decode(raw)).ok_or(Failure::Value)?);
        }
    }
    Ok(())
}

/// Whether the way back from `converted` would not spell `raw`, so that it has to be remembered.
pub fn has_memory(coercion: Coercion, raw: &[u8], converted: &[u8]) -> bool {
    let mut back = Vec::with_capacity(raw.len());
    convert(coercion, Direction::Backward, kind_of(converted), converted, &mut back).is_err() || back != raw
}

/// The kind of a scalar token.
pub fn kind_of(raw: &[u8]) -> JsonKind {
    match raw.first() {
        Some(b'"') => JsonKind::String,
        Some(b'n') => JsonKind::Null,
        Some(b't' | b'f') => JsonKind::Bool,
        Some(b'[') => JsonKind::Array,
        Some(b'{') => JsonKind::Object,
        _ => JsonKind::Number,
    }
}

fn expect(kind: JsonKind, wanted: JsonKind) -> Result<(), Failure> {
    if kind == wanted { Ok(()) } else { Err(Failure::Type(wanted.as_str())) }
}

fn integer(raw: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, Failure> {
    integer_of_number(raw).ok_or(Failure::Value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::equal_text;
    use proptest::prelude::*;

    const ALL: [Coercion; 6] = [
        Coercion::Widen,
        Coercion::Narrow,
        Coercion::IntegerToString,
        Coercion::StringToInteger,
        Coercion::NumberToString,
        Coercion::StringToNumber,
    ];

    fn run(coercion: Coercion, direction: Direction, raw: &str) -> Result<String, Failure> {
        let mut out = Vec::new();
        convert(coercion, direction, kind_of(raw.as_bytes()), raw.as_bytes(), &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn forwards_and_backwards() {
        let check = |coercion, raw: &str, forward: &str, remembered: bool| {
            assert_eq!(run(coercion, Direction::Forward, raw).as_deref(), Ok(forward), "{coercion:?} {raw}");
            assert_eq!(has_memory(coercion, raw.as_bytes(), forward.as_bytes()), remembered, "{raw}");
        };
        check(Coercion::Widen, "7", "7", false);
        check(Coercion::Widen, "1.0", "1.0", true);
        check(Coercion::Narrow, "1.0", "1", true);
        check(Coercion::Narrow, "1e2", "100", true);
        check(Coercion::Narrow, "100", "100", false);
        check(Coercion::IntegerToString, "18446744073709551616", "\"18446744073709551616\"", false);
        check(Coercion::IntegerToString, "1.0", "\"1\"", true);
        check(Coercion::IntegerToString, "-0", "\"-0\"", true);
        check(Coercion::StringToInteger, "\"007\"", "7", true);
        check(Coercion::StringToInteger, "\"\\u0037\"", "7", true);
        check(Coercion::StringToInteger, "\"-7\"", "-7", false);
        check(Coercion::NumberToString, "1.50", "\"1.50\"", false);
        check(Coercion::StringToNumber, "\"1e400\"", "1e400", false);
    }

    #[test]
    fn what_has_no_counterpart() {
        let check = |coercion, direction, raw: &str, failure| {
            assert_eq!(run(coercion, direction, raw), Err(failure), "{coercion:?} {direction:?} {raw}");
        };
        use Direction::{Backward, Forward};
        check(Coercion::Narrow, Forward, "1.5", Failure::Value);
        check(Coercion::Narrow, Forward, "\"1\"", Failure::Type("number"));
        check(Coercion::StringToInteger, Forward, "\"abc\"", Failure::Value);
        check(Coercion::StringToInteger, Forward, "\"\"", Failure::Value);
        check(Coercion::StringToInteger, Forward, "[]", Failure::Type("string"));
        check(Coercion::StringToNumber, Forward, "\"01\"", Failure::Value);
        check(Coercion::IntegerToString, Backward, "\"007\"", Failure::Value);
        check(Coercion::Widen, Backward, "1.5", Failure::Value);
        check(Coercion::NumberToString, Backward, "null", Failure::Type("string"));
    }

    proptest! {
        #[test]
        fn what_goes_back_comes_forth(
            which in 0usize..6,
            raw in "-?(0|[1-9][0-9]{0,3})([.][0-9]{1,3})?(e[+-]?[0-9]{1,2})?|\"-?[0-9]{1,5}\"|\"[a-z]\"",
        ) {
            let coercion = ALL[which];
            if let Ok(back) = run(coercion, Direction::Backward, &raw) {
                let forth = run(coercion, Direction::Forward, &back).unwrap();
                prop_assert!(equal_text(forth.as_bytes(), raw.as_bytes()), "{coercion:?} {raw} {back} {forth}");
            }
        }
    }
}
