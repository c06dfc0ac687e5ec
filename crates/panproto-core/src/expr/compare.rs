//! Equality and order by value.

use super::limits::over;
use super::value::Value;
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::name::Name;
use crate::ordered::Arrange;
use crate::value::Decimal;
use std::cmp::Ordering;

/// Whether two values are equal as JSON values are: numbers by value, members in any order. Bytes equal bytes only.
///
/// # Errors
/// `expr-type-mismatch` of functions, which cannot be compared.
pub fn equal(a: &Value, b: &Value) -> Result<bool> {
    Ok(match (a, b) {
        (Value::Closure(_), _) | (_, Value::Closure(_)) => {
            let message = "functions cannot be compared";
            return Err(Diagnostic::error(Kind::TypeCheck, "expr-type-mismatch", message));
        }
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(a), Value::List(b)) => a.len() == b.len() && equal_all(a.iter().zip(b.iter()))?,
        (Value::Record(a), Value::Record(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            if a.iter().zip(b.iter()).all(|(a, b)| a.0 == b.0) {
                return equal_all(a.iter().zip(b.iter()).map(|(a, b)| (&a.1, &b.1)));
            }
            let (a, b) = (sorted(a), sorted(b));
            a.iter().zip(&b).all(|(a, b)| a.0 == b.0)
                && equal_all(a.iter().zip(&b).map(|(a, b)| (&a.1, &b.1)))?
        }
        (a, b) => numbers(a, b) == Some(Ordering::Equal),
    })
}

fn equal_all<'v>(pairs: impl Iterator<Item = (&'v Value, &'v Value)>) -> Result<bool> {
    for (a, b) in pairs {
        if !equal(a, b)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn sorted(members: &[(Name, Value)]) -> Vec<&(Name, Value)> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.arrange_by(|a, b| a.0.cmp(&b.0));
    sorted
}

/// The order of two numbers, exact whatever they are: a float counts as its shortest text. `None` where one is no
/// number.
pub fn numbers(a: &Value, b: &Value) -> Option<Ordering> {
    // Integers of up to 53 bits are floats.
    const EXACT: u64 = 1 << 53;
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Float(b)) if a.unsigned_abs() < EXACT => (*a as f64).partial_cmp(b),
        (Value::Float(a), Value::Int(b)) if b.unsigned_abs() < EXACT => a.partial_cmp(&(*b as f64)),
        _ => {
            let (a, b) = (number_text(a)?, number_text(b)?);
            Some(Decimal::parse(a.as_bytes())?.cmp(&Decimal::parse(b.as_bytes())?))
        }
    }
}

/// The JSON text of a number; `None` for what JSON cannot write.
pub fn number_text(value: &Value) -> Option<Name> {
    match value {
        Value::Int(value) => Some(value.to_string().into()),
        Value::Float(value) if value.is_finite() => Some(float_text(*value).into()),
        Value::Number(text) => Some(text.clone()),
        _ => None,
    }
}

/// Shortest text of a finite float that reads back as it, never that of an integer: `1.0`, `0.1`, `1e300`.
pub fn float_text(value: f64) -> String {
    format!("{value:?}")
}

/// The order of two numbers or two strings.
pub(super) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
        _ => numbers(a, b),
    }
}

/// The value of a JSON number: an integer of 64 bits written as one, a float whose shortest text has the same
/// value, else the text itself.
///
/// # Errors
/// `limit-memory` of a text beyond 4 KiB that neither holds.
pub fn number_of_text(text: &str) -> Result<Value> {
    if let Ok(value) = text.parse() {
        return Ok(Value::Int(value));
    }
    let plain = !text.contains(['.', 'e', 'E']);
    if !plain && let Ok(value) = text.parse::<f64>() {
        let shortest = Value::Float(value);
        let exact = value.is_finite()
            && number_text(&shortest)
                .is_some_and(|shortest| crate::value::number::equal(shortest.as_bytes(), text.as_bytes()));
        if exact {
            return Ok(shortest);
        }
    }
    if text.len() > 4096 {
        return Err(over("limit-memory", "a number passes 4096 bytes of text".to_owned()));
    }
    Ok(Value::Number(Name::new(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_texts() {
        let check =
            |text: &str, expected: Value| assert_eq!(number_of_text(text).unwrap(), expected, "{text}");
        check("1", Value::Int(1));
        check("-0", Value::Int(0));
        check("-9223372036854775808", Value::Int(i64::MIN));
        check("1.0", Value::Float(1.0));
        check("0.10", Value::Float(0.1));
        check("1e2", Value::Float(100.0));
        check("18446744073709551615", Value::Number("18446744073709551615".into()));
        check("0.1000000000000000055", Value::Number("0.1000000000000000055".into()));
        check("1e400", Value::Number("1e400".into()));
        check("1e-400", Value::Number("1e-400".into()));
    }

    #[test]
    fn floats_print_as_floats() {
        for (value, text) in [(1.0, "1.0"), (-0.0, "-0.0"), (0.1, "0.1"), (1e16, "1e16"), (1.5e-7, "1.5e-7")]
        {
            assert_eq!(float_text(value), text);
            assert_eq!(number_of_text(text).unwrap(), Value::Float(value));
        }
    }

    #[test]
    fn equality_is_by_value() {
        let number = |text: &str| number_of_text(text).unwrap();
        let check = |a: &Value, b: &Value, expected| {
            assert_eq!(equal(a, b).unwrap(), expected, "{a:?} {b:?}");
            assert_eq!(equal(b, a).unwrap(), expected, "{b:?} {a:?}");
        };
        check(&number("1"), &number("1.0"), true);
        check(&number("9007199254740993"), &number("9007199254740992.0"), false);
        check(&number("18446744073709551615"), &number("18446744073709551615.0"), true);
        check(&number("1"), &"1".into(), false);
        check(&Value::Float(f64::NAN), &Value::Float(f64::NAN), false);
        let pairs = |names: [&str; 2]| {
            Value::record(names.map(|name| (name.into(), Value::str(name))).to_vec()).unwrap()
        };
        check(&pairs(["a", "b"]), &pairs(["b", "a"]), true);
        check(&pairs(["a", "b"]), &pairs(["b", "c"]), false);
    }
}
