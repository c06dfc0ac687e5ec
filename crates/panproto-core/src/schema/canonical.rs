//! JSON values by value: exact decimals, and bytes that are the same for equal values.

use crate::value::{JsonKind, ValueRef};
use std::cmp::Ordering;

/// A number by its exact decimal value: `0.d₁d₂… · 10^exponent`, no zero at either end of the digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    digits: Box<[u8]>,
    exponent: i128,
}

impl Decimal {
    /// The value of a JSON number, from its text.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, power) = match text.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, saturating_power(power)?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
        let Some(first) = all.iter().position(|digit| *digit != 0) else {
            return Some(Decimal { negative: false, digits: Box::default(), exponent: 0 });
        };
        let last = all.iter().rposition(|digit| *digit != 0).unwrap_or(first);
        let exponent = power + whole.len() as i128 - first as i128;
        Some(Decimal { negative, digits: all.get(first..=last).unwrap_or_default().into(), exponent })
    }

    /// The value of a JSON number, `None` for any other value.
    pub fn of(value: ValueRef<'_>) -> Option<Decimal> {
        (value.kind() == JsonKind::Number).then(|| Decimal::parse(value.raw_str())).flatten()
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Whether it has no fractional part.
    pub fn is_integral(&self) -> bool {
        self.is_zero() || self.exponent >= self.digits.len() as i128
    }

    /// The value where it is an integer of this range.
    pub fn to_i128(&self) -> Option<i128> {
        if !self.is_integral() || self.exponent > 38 {
            return None;
        }
        let mut value = 0i128;
        for digit in self.digits.iter() {
            value = value.checked_mul(10)?.checked_add(i128::from(*digit))?;
        }
        for _ in self.digits.len() as i128..self.exponent {
            value = value.checked_mul(10)?;
        }
        Some(if self.negative { -value } else { value })
    }

    /// Whether it is a whole multiple of `unit`; `None` where the numbers are too large to say.
    pub fn is_multiple_of(&self, unit: &Decimal) -> Option<bool> {
        if unit.is_zero() {
            return None;
        }
        if self.is_zero() {
            return Some(true);
        }
        // Both over one power of ten.
        let low = |number: &Decimal| number.exponent - number.digits.len() as i128;
        let shift = low(self).min(low(unit));
        let scaled =
            |number: &Decimal| Decimal { exponent: number.exponent - shift, ..number.clone() }.to_i128();
        Some(scaled(self)? % scaled(unit)? == 0)
    }

    fn magnitude(&self, other: &Decimal) -> Ordering {
        match (self.is_zero(), other.is_zero()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self.exponent.cmp(&other.exponent).then_with(|| self.digits.cmp(&other.digits)),
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.push(if self.negative { b'-' } else { b'+' });
        out.extend_from_slice(&self.exponent.to_le_bytes());
        super::codec::put_bytes(&self.digits, out);
    }
}

/// An exponent of any length; beyond what a text could ever balance, it saturates.
fn saturating_power(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] | rest => (false, rest),
    };
    let mut power = 0i128;
    for byte in digits {
        power = (power * 10 + i128::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?)).min(1 << 100);
    }
    (!digits.is_empty()).then_some(if negative { -power } else { power })
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

/// Bytes that are equal for equal values and for no others: strings decoded, numbers normalised, members sorted (the
/// last of one name counts). A container stands as the BLAKE3 of what it holds, so that the work is linear.
pub fn value_key(value: ValueRef<'_>) -> Vec<u8> {
    struct Frame<'a> {
        is_object: bool,
        /// Name (empty in arrays) and bytes of each finished child.
        done: Vec<(Vec<u8>, Vec<u8>)>,
        left: Vec<(Vec<u8>, ValueRef<'a>)>,
    }
    let mut stack: Vec<Frame<'_>> = Vec::new();
    let mut at = value;
    loop {
        let mut bytes = Vec::new();
        match at.kind() {
            JsonKind::Object => {
                let mut left: Vec<_> =
                    at.members().map(|(key, value)| (key.decoded().into_owned(), value)).collect();
                left.reverse();
                stack.push(Frame { is_object: true, done: Vec::new(), left });
            }
            JsonKind::Array => {
                let mut left: Vec<_> = at.items().map(|item| (Vec::new(), item)).collect();
                left.reverse();
                stack.push(Frame { is_object: false, done: Vec::new(), left });
            }
            JsonKind::Null => bytes.push(b'n'),
            JsonKind::Bool => bytes.push(if at.as_bool() == Some(true) { b't' } else { b'f' }),
            JsonKind::Number => {
                bytes.push(b'd');
                match Decimal::of(at) {
                    Some(number) => number.put(&mut bytes),
                    None => bytes.extend_from_slice(at.raw()),
                }
            }
            JsonKind::String => {
                bytes.push(b's');
                bytes.extend_from_slice(&at.decoded());
            }
        }
        // Hand finished values to the frames above, until one has a child left.
        let mut finished = (!bytes.is_empty()).then_some(bytes);
        loop {
            let Some(frame) = stack.last_mut() else {
                return finished.unwrap_or_default();
            };
            if let (Some(bytes), Some((_, value))) = (finished.take(), frame.done.last_mut()) {
                *value = bytes;
            }
            if let Some((name, next)) = frame.left.pop() {
                frame.done.push((name, Vec::new()));
                at = next;
                break;
            }
            finished = stack.pop().map(|frame| container_key(frame.is_object, frame.done));
        }
    }
}

fn container_key(is_object: bool, mut children: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<u8> {
    if is_object {
        children.reverse();
        children.sort_by(|a, b| a.0.cmp(&b.0));
        children.dedup_by(|later, kept| later.0 == kept.0);
    }
    let mut inside = Vec::new();
    super::codec::put_number(children.len() as u64, &mut inside);
    for (name, value) in &children {
        if is_object {
            super::codec::put_bytes(name, &mut inside);
        }
        super::codec::put_bytes(value, &mut inside);
    }
    let mut key = vec![if is_object { b'o' } else { b'a' }];
    key.extend_from_slice(blake3::hash(&inside).as_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Json;

    fn key(text: &str) -> Vec<u8> {
        value_key(Json::parse(text).unwrap().tree().root())
    }

    #[test]
    fn equal_values_have_equal_keys_and_others_have_not() {
        let check = |a: &str, b: &str, equal: bool| assert_eq!(key(a) == key(b), equal, "{a} {b}");
        check("1", "1.0", true);
        check("10e-1", "1", true);
        check("-0", "0.000", true);
        check("1e400", "10e399", true);
        check("1e400", "1e401", false);
        check("12", "1.2", false);
        check(r#""\u0061""#, r#""a""#, true);
        check(r#"{"a":1,"b":[2,{}]}"#, r#"{"b":[2.0,{}],"a":1e0}"#, true);
        check(r#"{"a":1,"a":2}"#, r#"{"a":2}"#, true);
        check("[]", "{}", false);
        check("[[],1]", "[[1]]", false);
        check("[1,2]", "[2,1]", false);
        check("null", r#""n""#, false);
        check(r#""1""#, "1", false);
    }

    #[test]
    fn decimals_are_ordered_exactly() {
        let number = |text: &str| Decimal::parse(text).unwrap();
        let sorted =
            ["-1e400", "-2", "-1.5", "-0.1", "0", "1e-9", "0.1", "0.10000000000000000001", "2", "10", "1e30"];
        for pair in sorted.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        }
        assert_eq!(number("1e3"), number("1000"));
        assert_eq!(number("1e3").to_i128(), Some(1000));
        assert!(
            number("1e400").is_integral() && !number("1.5").is_integral() && number("1.50e1").is_integral()
        );
        assert_eq!(number("0.3").is_multiple_of(&number("0.1")), Some(true));
        assert_eq!(number("7.5").is_multiple_of(&number("2")), Some(false));
        assert_eq!(Decimal::parse("1e"), None);
    }
}
