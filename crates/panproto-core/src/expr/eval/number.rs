//! Builtins over numbers, and between numbers and texts. Nothing wraps, and no result is infinite or no number.

use crate::diagnostic::Result;
use crate::expr::builtin::Builtin;
use crate::expr::compare::{float_text, number_of_text, numbers};
use crate::expr::error::{argument, not_finite, overflow, too_exact, undefined, zero};
use crate::expr::value::Value;
use crate::value::{Decimal, scan};
use std::cmp::Ordering;

pub(super) fn is_number(value: &Value) -> bool {
    matches!(value, Value::Int(_) | Value::Float(_) | Value::Number(_))
}

/// A builtin of one, two or three numbers.
pub(super) fn call(builtin: Builtin, values: &[Value]) -> Result<Value> {
    use Builtin as B;
    match (builtin, values) {
        (B::Add | B::Sub | B::Mul | B::Div | B::Mod, [Value::Int(a), Value::Int(b)]) => {
            integers(builtin, *a, *b)
        }
        (B::Add | B::Sub | B::Mul | B::Div | B::Mod, [a, b]) => {
            floats(builtin, float(builtin, a)?, float(builtin, b)?)
        }
        (B::Neg, [Value::Int(a)]) => a.checked_neg().map(Value::Int).ok_or_else(|| overflow(builtin)),
        (B::Abs, [Value::Int(a)]) => a.checked_abs().map(Value::Int).ok_or_else(|| overflow(builtin)),
        (B::Neg, [a]) => finite(builtin, -float(builtin, a)?),
        (B::Abs, [a]) => finite(builtin, float(builtin, a)?.abs()),
        (B::Floor | B::Ceil | B::Round | B::FloatToInt, [Value::Int(a)]) => Ok(Value::Int(*a)),
        (B::Floor, [a]) => whole(builtin, float(builtin, a)?.floor()),
        (B::Ceil, [a]) => whole(builtin, float(builtin, a)?.ceil()),
        (B::Round, [a]) => whole(builtin, float(builtin, a)?.round()),
        (B::FloatToInt, [a]) => whole(builtin, float(builtin, a)?.trunc()),
        (B::Clamp, [value, low, high]) => clamp(value, low, high),
        (B::IntToFloat, [a]) => finite(builtin, float(builtin, a)?),
        (B::IntToStr, [Value::Int(a)]) => Ok(Value::str(a.to_string())),
        (B::IntToStr, [Value::Number(text)]) => Decimal::parse(text.as_bytes())
            .and_then(|decimal| decimal.to_integer_text())
            .map(Value::str)
            .ok_or_else(|| too_exact(builtin, text)),
        (B::IntToStr, [a]) => Err(argument(builtin, "an integer", a)),
        (B::FloatToStr, [a]) => match float(builtin, a)? {
            value if value.is_finite() => Ok(Value::str(float_text(value))),
            _ => Err(not_finite(builtin)),
        },
        (B::StrToInt, [Value::Str(text)]) => match scan::number(text.as_bytes(), 0) {
            Ok(end) if end == text.len() && !text.contains(['.', 'e', 'E']) => {
                text.parse().map(Value::Int).map_err(|_| overflow(builtin))
            }
            _ => Err(no_number(text, "an integer")),
        },
        (B::StrToFloat, [Value::Str(text)]) => match scan::number(text.as_bytes(), 0) {
            Ok(end) if end == text.len() => match number_of_text(text)? {
                Value::Int(value) => Ok(Value::Float(value as f64)),
                _ => finite(builtin, text.parse().unwrap_or(f64::INFINITY)),
            },
            _ => Err(no_number(text, "a number")),
        },
        (_, values) => Err(argument(builtin, "a string", values.first().unwrap_or(&Value::Null))),
    }
}

fn no_number(text: &str, wanted: &str) -> crate::diagnostic::Error {
    let shown: String = text.chars().take(40).collect();
    undefined("not-a-number", format!("`{shown}` does not spell {wanted}"))
}

fn float(builtin: Builtin, value: &Value) -> Result<f64> {
    match value {
        Value::Int(value) => Ok(*value as f64),
        Value::Float(value) => Ok(*value),
        Value::Number(text) => Err(too_exact(builtin, text)),
        other => Err(argument(builtin, "numbers", other)),
    }
}

fn finite(builtin: Builtin, value: f64) -> Result<Value> {
    if value.is_finite() { Ok(Value::Float(value)) } else { Err(not_finite(builtin)) }
}

fn whole(builtin: Builtin, value: f64) -> Result<Value> {
    // Both bounds are floats; the upper one is the first that is too large.
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    if (-BOUND..BOUND).contains(&value) { Ok(Value::Int(value as i64)) } else { Err(overflow(builtin)) }
}

fn integers(builtin: Builtin, a: i64, b: i64) -> Result<Value> {
    if b == 0 && matches!(builtin, Builtin::Div | Builtin::Mod) {
        return Err(zero(builtin));
    }
    let result = match builtin {
        Builtin::Add => a.checked_add(b),
        Builtin::Sub => a.checked_sub(b),
        Builtin::Mul => a.checked_mul(b),
        Builtin::Div => a.checked_div(b),
        _ => a.checked_rem(b),
    };
    result.map(Value::Int).ok_or_else(|| overflow(builtin))
}

fn floats(builtin: Builtin, a: f64, b: f64) -> Result<Value> {
    if b == 0.0 && matches!(builtin, Builtin::Div | Builtin::Mod) {
        return Err(zero(builtin));
    }
    finite(
        builtin,
        match builtin {
            Builtin::Add => a + b,
            Builtin::Sub => a - b,
            Builtin::Mul => a * b,
            Builtin::Div => a / b,
            _ => a % b,
        },
    )
}

fn clamp(value: &Value, low: &Value, high: &Value) -> Result<Value> {
    for value in [value, low, high] {
        if !is_number(value) || matches!(value, Value::Float(value) if value.is_nan()) {
            return Err(argument(Builtin::Clamp, "numbers", value));
        }
    }
    if numbers(low, high) == Some(Ordering::Greater) {
        let message = format!("`clamp` between {low:?} and {high:?}, which is below");
        return Err(undefined("invalid-argument", message));
    }
    let kept = if numbers(value, low) == Some(Ordering::Less) {
        low
    } else if numbers(value, high) == Some(Ordering::Greater) {
        high
    } else {
        value
    };
    Ok(kept.clone())
}
