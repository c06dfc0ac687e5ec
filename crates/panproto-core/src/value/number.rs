//! Exact decimals over the text of JSON numbers. No machine float is ever involved.
//!
//! A [`Decimal`] borrows the digits of its text, so parsing allocates nothing and takes one pass, whatever the
//! exponent: `1e99999999999999999999` is a number like any other, and is never written out.

use super::scan;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write as _;

/// Exponents of up to this many digits are computed with; longer ones are compared digit by digit.
const EXACT_EXPONENT: usize = 17;

/// The most digits that [`Decimal::to_integer_text`] writes.
pub const INTEGER_DIGITS: usize = 1_000;

/// The exact value of a JSON number: ±0.d₁d₂d₃… × 10^point, where neither the first nor the last digit is zero.
/// Zero has no digits, no sign and the point 0.
#[derive(Clone, Copy, Debug)]
pub struct Decimal<'a> {
    negative: bool,
    /// The digits are `head` followed by `tail`: before and after the decimal point of the text.
    head: &'a [u8],
    tail: &'a [u8],
    /// Where the point stands, the written exponent aside.
    shift: i64,
    exponent_negative: bool,
    /// Digits of the written exponent without leading zeros.
    exponent: &'a [u8],
}

impl<'a> Decimal<'a> {
    /// The value of a JSON number; `None` where `text` is not exactly one.
    pub fn parse(text: &'a [u8]) -> Option<Decimal<'a>> {
        if scan::number(text, 0).ok()? != text.len() {
            return None;
        }
        let (negative, rest) = match text.split_first() {
            Some((b'-', rest)) => (true, rest),
            _ => (false, text),
        };
        let (mantissa, exponent) = match rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            Some(at) => (rest.get(..at)?, rest.get(at + 1..)?),
            None => (rest, &[][..]),
        };
        let (head, tail) = match mantissa.iter().position(|byte| *byte == b'.') {
            Some(at) => (mantissa.get(..at)?, mantissa.get(at + 1..)?),
            None => (mantissa, &[][..]),
        };
        let (exponent_negative, exponent) = match exponent.split_first() {
            Some((b'-', digits)) => (true, digits),
            Some((b'+', digits)) => (false, digits),
            _ => (false, exponent),
        };
        let head = trim_start(head);
        let mut shift = head.len() as i64;
        let trimmed_tail = if head.is_empty() { trim_start(tail) } else { tail };
        shift -= (tail.len() - trimmed_tail.len()) as i64;
        let tail = trim_end(trimmed_tail);
        let head = if tail.is_empty() { trim_end(head) } else { head };
        if head.is_empty() && tail.is_empty() {
            let none = &[][..];
            return Some(Decimal {
                negative: false,
                head: none,
                tail: none,
                shift: 0,
                exponent_negative: false,
                exponent: none,
            });
        }
        Some(Decimal { negative, head, tail, shift, exponent_negative, exponent: trim_start(exponent) })
    }

    /// Whether it is below zero; `-0` is not.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Whether it is zero, however it is written.
    pub fn is_zero(&self) -> bool {
        self.head.is_empty() && self.tail.is_empty()
    }

    /// Its significant digits as ASCII, in two pieces.
    pub fn digits(&self) -> (&'a [u8], &'a [u8]) {
        (self.head, self.tail)
    }

    fn digit_count(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// Where the decimal point stands: the value is 0.d₁d₂… × 10^point. `None` where the written exponent is
    /// too long to compute with (its value is then beyond ±10^16).
    pub fn point(&self) -> Option<i64> {
        if self.exponent.len() > EXACT_EXPONENT {
            return None;
        }
        let written = self.exponent.iter().fold(0i64, |sum, digit| sum * 10 + i64::from(digit & 15));
        Some(self.shift + if self.exponent_negative { -written } else { written })
    }

    /// [`Decimal::point`], cut to ±10^16: equal values have equal clamped points.
    pub fn clamped_point(&self) -> i64 {
        const BOUND: i64 = 10_000_000_000_000_000;
        match self.point() {
            Some(point) => point.clamp(-BOUND, BOUND),
            None if self.exponent_negative => -BOUND,
            None => BOUND,
        }
    }

    /// Whether the value has no fractional part: `1.0` and `1e2` are integers.
    pub fn is_integer(&self) -> bool {
        self.is_zero()
            || match self.point() {
                Some(point) => point >= self.digit_count() as i64,
                None => !self.exponent_negative,
            }
    }

    /// The value as an `i128`, where it is an integer of at most 38 digits.
    pub fn to_i128(&self) -> Option<i128> {
        let point = usize::try_from(self.point()?).ok().filter(|point| *point <= 38)?;
        if self.digit_count() > point {
            return None;
        }
        let zeros = std::iter::repeat_n(&b'0', point - self.digit_count());
        let digits = self.head.iter().chain(self.tail).chain(zeros);
        let value = digits.fold(0i128, |sum, digit| sum * 10 + i128::from(digit & 15));
        Some(if self.negative { -value } else { value })
    }

    /// The greatest integer that is not above the value, where it has at most 38 digits.
    ///
    /// ```
    /// use panproto_core::value::Decimal;
    /// let floor = |text: &str| Decimal::parse(text.as_bytes()).unwrap().floor();
    /// assert_eq!([floor("2.5"), floor("-0.5"), floor("7"), floor("1e400")], [Some(2), Some(-1), Some(7), None]);
    /// ```
    pub fn floor(&self) -> Option<i128> {
        if self.is_integer() {
            return self.to_i128();
        }
        let point = self.clamped_point().clamp(0, 39) as usize;
        if point > 38 {
            return None;
        }
        let digits = self.head.iter().chain(self.tail).take(point);
        let value = digits.fold(0i128, |sum, digit| sum * 10 + i128::from(digit & 15));
        Some(if self.negative { -value - 1 } else { value })
    }

    /// The value as an `i64`, where it is exactly one.
    pub fn to_i64(&self) -> Option<i64> {
        self.to_i128()?.try_into().ok()
    }

    /// The value as a `u64`, where it is exactly one.
    pub fn to_u64(&self) -> Option<u64> {
        self.to_i128()?.try_into().ok()
    }

    /// The value as a plain integer (`1.0` → `1`, `1e2` → `100`), where it is one of at most
    /// [`INTEGER_DIGITS`] digits.
    pub fn to_integer_text(&self) -> Option<String> {
        if self.is_zero() {
            return Some("0".to_owned());
        }
        let point = usize::try_from(self.point()?).ok().filter(|point| *point <= INTEGER_DIGITS)?;
        if self.digit_count() > point {
            return None;
        }
        let mut text = String::with_capacity(point + 1);
        if self.negative {
            text.push('-');
        }
        self.push_digits(0, usize::MAX, &mut text);
        text.extend(std::iter::repeat_n('0', point - self.digit_count()));
        Some(text)
    }

    /// The one text that all spellings of this value share, itself a JSON number: plain where the point is near
    /// the digits (`100`, `0.001`), else with an exponent (`1.5e300`).
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        if self.is_zero() {
            text.push('0');
            return text;
        }
        if self.negative {
            text.push('-');
        }
        let count = self.digit_count();
        match self.point() {
            Some(point @ -5..=0) => {
                text.push_str("0.");
                text.extend(std::iter::repeat_n('0', point.unsigned_abs() as usize));
                self.push_digits(0, usize::MAX, &mut text);
            }
            Some(point @ 1..=21) => {
                let point = point as usize;
                self.push_digits(0, point, &mut text);
                text.extend(std::iter::repeat_n('0', point.saturating_sub(count)));
                if count > point {
                    text.push('.');
                    self.push_digits(point, usize::MAX, &mut text);
                }
            }
            point => {
                self.push_digits(0, 1, &mut text);
                if count > 1 {
                    text.push('.');
                    self.push_digits(1, usize::MAX, &mut text);
                }
                text.push('e');
                match point {
                    Some(point) => {
                        let _ = write!(text, "{}", point - 1);
                    }
                    None => self.push_long_exponent(&mut text),
                }
            }
        }
        text
    }

    fn push_digits(&self, from: usize, to: usize, text: &mut String) {
        let digits = self.head.iter().chain(self.tail).skip(from).take(to.saturating_sub(from));
        text.extend(digits.map(|digit| char::from(*digit)));
    }

    /// The written exponent plus `shift - 1`, in decimal: an addition on paper.
    fn push_long_exponent(&self, text: &mut String) {
        if self.exponent_negative {
            text.push('-');
        }
        let mut carry = self.shift - 1;
        if self.exponent_negative {
            carry = -carry;
        }
        let mut digits: Vec<u8> = Vec::with_capacity(self.exponent.len() + 1);
        for digit in self.exponent.iter().rev() {
            let sum = i64::from(digit & 15) + carry;
            digits.push(b'0' + sum.rem_euclid(10) as u8);
            carry = sum.div_euclid(10);
        }
        // INVARIANT: the exponent has more digits than any text is long, so `carry` is 0 or 1 here.
        if carry > 0 {
            digits.push(b'0' + carry as u8);
        }
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        text.extend(digits.iter().rev().map(|digit| char::from(*digit)));
    }

    /// The order of the points, exact for exponents of any length.
    fn cmp_points(&self, other: &Decimal<'_>) -> Ordering {
        if let (Some(left), Some(right)) = (self.point(), other.point()) {
            return left.cmp(&right);
        }
        // At least one exponent is longer than any text can shift, so signs that differ decide.
        if self.exponent_negative != other.exponent_negative {
            return if self.exponent_negative { Ordering::Less } else { Ordering::Greater };
        }
        // Subtract digit by digit from the front. Once the difference is large, no later digit turns it.
        const LARGE: i64 = 1 << 50;
        let width = self.exponent.len().max(other.exponent.len());
        let digit = |digits: &[u8], at: usize| {
            let index = (at + digits.len()).checked_sub(width);
            index.and_then(|index| digits.get(index)).map_or(0, |digit| i64::from(digit & 15))
        };
        let mut difference = 0i64;
        for at in 0..width {
            difference = difference * 10 + digit(self.exponent, at) - digit(other.exponent, at);
            if difference.abs() > LARGE {
                break;
            }
        }
        if self.exponent_negative {
            difference = -difference;
        }
        (difference + self.shift).cmp(&other.shift)
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |it: &Self| match (it.is_zero(), it.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign != Ordering::Equal || self.is_zero() {
            return by_sign;
        }
        let size = self.cmp_points(other).then_with(|| {
            let left = self.head.iter().chain(self.tail);
            left.cmp(other.head.iter().chain(other.tail))
        });
        if self.negative { size.reverse() } else { size }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal<'_> {}

/// The order of two JSON numbers by value; `None` where one is not a number.
pub fn cmp(left: &[u8], right: &[u8]) -> Option<Ordering> {
    Some(Decimal::parse(left)?.cmp(&Decimal::parse(right)?))
}

/// Whether two JSON numbers have the same value.
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    left == right || cmp(left, right) == Some(Ordering::Equal)
}

/// Whether `value` is an integer times `divisor`. `None`, unknown, where an answer would take unbounded work: a
/// divisor of more than 18 significant digits or an exponent of more than 17; and for the divisor zero.
pub fn multiple_of(value: &Decimal<'_>, divisor: &Decimal<'_>) -> Option<bool> {
    if divisor.is_zero() {
        return None;
    }
    if value.is_zero() {
        return Some(true);
    }
    let scale = |it: &Decimal<'_>| Some(it.point()? - it.digit_count() as i64);
    let zeros = scale(value)? - scale(divisor)?;
    // The digits of `value` end in no zero, so no power of ten divides them.
    if zeros < 0 {
        return Some(false);
    }
    if divisor.digit_count() > 18 {
        return None;
    }
    let modulus =
        divisor.head.iter().chain(divisor.tail).fold(0, |sum, digit| sum * 10 + u128::from(digit & 15));
    let digits = value.head.iter().chain(value.tail);
    let rest = digits.fold(0, |sum, digit| (sum * 10 + u128::from(digit & 15)) % modulus);
    Some((rest * power_of_ten(zeros.unsigned_abs(), modulus)).is_multiple_of(modulus))
}

/// 10^exponent modulo `modulus`, which is below 10^18.
fn power_of_ten(mut exponent: u64, modulus: u128) -> u128 {
    let (mut result, mut square) = (1 % modulus, 10 % modulus);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * square % modulus;
        }
        square = square * square % modulus;
        exponent >>= 1;
    }
    result
}

/// The JSON integer that a string's content spells: an optional `-` and digits; leading zeros go (`007` → `7`).
/// No plus, no spaces, no point, no exponent. `-0` is `0`.
pub fn integer_of_text(content: &[u8]) -> Option<Cow<'_, [u8]>> {
    let (negative, digits) = match content.split_first() {
        Some((b'-', digits)) => (true, digits),
        _ => (false, content),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let significant = trim_start(digits);
    if significant.is_empty() {
        return Some(Cow::Borrowed(b"0"));
    }
    if significant.len() == digits.len() {
        return Some(Cow::Borrowed(content));
    }
    if !negative {
        return Some(Cow::Borrowed(significant));
    }
    Some(Cow::Owned([b"-", significant].concat()))
}

/// The JSON number that a string's content spells: exactly the spelling of a JSON number, unchanged.
pub fn number_of_text(content: &[u8]) -> Option<&[u8]> {
    (scan::number(content, 0).ok()? == content.len()).then_some(content)
}

/// The plain integer that a JSON number is by value: a spelling without point and exponent is kept; `1.0` → `1`,
/// `1e2` → `100`, up to [`INTEGER_DIGITS`] digits. `None` where it is no integer, or a longer one.
pub fn integer_of_number(raw: &[u8]) -> Option<Cow<'_, [u8]>> {
    if raw.iter().all(|byte| !matches!(byte, b'.' | b'e' | b'E')) {
        return Some(Cow::Borrowed(number_of_text(raw)?));
    }
    Some(Cow::Owned(Decimal::parse(raw)?.to_integer_text()?.into_bytes()))
}

/// The JSON string whose content is the spelling of a number.
pub fn text_of_number(raw: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(raw);
    out.push(b'"');
}

fn trim_start(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}

fn trim_end(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0').count();
    digits.get(..digits.len() - zeros).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal<'_> {
        Decimal::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn values_compare_exactly_whatever_their_spelling() {
        let check = |left: &str, right: &str, expected: Ordering| {
            assert_eq!(cmp(left.as_bytes(), right.as_bytes()), Some(expected), "{left} {right}");
            assert_eq!(cmp(right.as_bytes(), left.as_bytes()), Some(expected.reverse()), "{right} {left}");
            if expected == Ordering::Equal {
                assert_eq!(decimal(left).canonical(), decimal(right).canonical());
                assert_eq!(decimal(left).clamped_point(), decimal(right).clamped_point());
            }
        };
        check("0", "-0", Ordering::Equal);
        check("0e5", "-0.000e99999999999999999999", Ordering::Equal);
        check("1.0", "1", Ordering::Equal);
        check("1e2", "100", Ordering::Equal);
        check("0.001e3", "1", Ordering::Equal);
        check("1.50", "15e-1", Ordering::Equal);
        check("18446744073709551616", "18446744073709551617", Ordering::Less);
        check("0.1", "0.1000000000000000055511151231257827", Ordering::Less);
        check("-2", "-1", Ordering::Less);
        check("-1", "1e-400", Ordering::Less);
        check("1e400", "1e401", Ordering::Less);
        check("10e399", "1e400", Ordering::Equal);
        check("1e99999999999", "10e99999999998", Ordering::Equal);
        check("1e100000000000000000000", "10e99999999999999999999", Ordering::Equal);
        check("1e100000000000000000000", "1e99999999999999999999", Ordering::Greater);
        check("1e-100000000000000000000", "0.1e-99999999999999999999", Ordering::Equal);
        check("1e-100000000000000000000", "1e-99999999999999999999", Ordering::Less);
        check("1e100000000000000000", "10e99999999999999999", Ordering::Equal);
        check("1e-100000000000000000000", "1e100000000000000000000", Ordering::Less);
        check("1e1000000000000000000000000000000", "1", Ordering::Greater);
        check("1e0000000000000000000000000000001", "10", Ordering::Equal);
    }

    #[test]
    fn canonical_text_is_one_per_value() {
        let check = |text: &str, expected: &str| assert_eq!(decimal(text).canonical(), expected, "{text}");
        check("-0.0e7", "0");
        check("100", "100");
        check("1e2", "100");
        check("-1.50", "-1.5");
        check("0.00001", "0.00001");
        check("0.0000001", "1e-7");
        check("123456789012345678901", "123456789012345678901");
        check("1234567890123456789012", "1.234567890123456789012e21");
        check("1e400", "1e400");
        check("15e399", "1.5e400");
        check("0.15e100000000000000000000", "1.5e99999999999999999999");
        check("150e-100000000000000000000", "1.5e-99999999999999999998");
        check("10e99999999999999999999", "1e100000000000000000000");
    }

    #[test]
    fn integers_by_value() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(integer_of_number(text.as_bytes()).as_deref(), expected.map(str::as_bytes), "{text}");
        };
        check("1.0", Some("1"));
        check("1e2", Some("100"));
        check("-12.50e1", Some("-125"));
        check("1.5", None);
        check("1e-1", None);
        check("-0", Some("-0"));
        check("-0.0", Some("0"));
        check("1e999", Some(&format!("1{}", "0".repeat(999))));
        check("1e1000", None);
        check("1e99999999999999999999", None);
        check("0e99999999999999999999", Some("0"));
        assert!(decimal("1e99999999999999999999").is_integer());
        assert!(!decimal("1e-99999999999999999999").is_integer());
        assert_eq!(decimal("-9223372036854775808").to_i64(), Some(i64::MIN));
        assert_eq!(decimal("9223372036854775808").to_i64(), None);
        assert_eq!(decimal("1.8446744073709551615e19").to_u64(), Some(u64::MAX));
        assert_eq!(decimal("18446744073709551616").to_u64(), None);
        assert_eq!(decimal("0").to_u64(), Some(0));
    }

    #[test]
    fn strings_that_spell_numbers() {
        let check = |content: &str, integer: Option<&str>, number: bool| {
            assert_eq!(
                integer_of_text(content.as_bytes()).as_deref(),
                integer.map(str::as_bytes),
                "{content}"
            );
            assert_eq!(number_of_text(content.as_bytes()).is_some(), number, "{content}");
        };
        check("007", Some("7"), false);
        check("-007", Some("-7"), false);
        check("-0", Some("0"), true);
        check("000", Some("0"), false);
        check("42", Some("42"), true);
        check("-42", Some("-42"), true);
        check("+1", None, false);
        check(" 1", None, false);
        check("1 ", None, false);
        check("", None, false);
        check("-", None, false);
        check("1.0", None, true);
        check("1e2", None, true);
        check("٣", None, false);
    }

    #[test]
    fn multiples() {
        let check = |value: &str, divisor: &str, expected: Option<bool>| {
            assert_eq!(multiple_of(&decimal(value), &decimal(divisor)), expected, "{value} {divisor}");
        };
        check("4", "2", Some(true));
        check("5", "2", Some(false));
        check("4.5", "1.5", Some(true));
        check("0.0075", "0.0001", Some(true));
        check("0.00751", "0.0001", Some(false));
        check("1e308", "0.123456789", Some(false));
        check("1e308", "0.5", Some(true));
        check("0", "7", Some(true));
        check("-9", "3", Some(true));
        check("3", "0.3", Some(true));
        check("1", "0", None);
        check("1e99999999999999999999", "3", None);
        check("1234567890123456789012345678901234567890", "3", Some(true));
        check("3", "1.2345678901234567890", None);
        check("1", "2", Some(false));
        check("100", "1e3", Some(false));
    }

    proptest! {
        #[test]
        fn small_decimals_behave_like_integers(a in -9999i64..9999, ea in -6i64..6, b in -9999i64..9999, eb in -6i64..6) {
            let (left, right) = (format!("{a}e{ea}"), format!("{b}e{eb}"));
            let exact = |value: i64, exponent: i64| i128::from(value) * 10i128.pow((exponent + 6) as u32);
            let (x, y) = (exact(a, ea), exact(b, eb));
            prop_assert_eq!(decimal(&left).cmp(&decimal(&right)), x.cmp(&y));
            prop_assert_eq!(multiple_of(&decimal(&left), &decimal(&right)), (y != 0).then(|| x % y == 0));
            let canonical = decimal(&left).canonical();
            prop_assert_eq!(decimal(&canonical), decimal(&left));
            prop_assert_eq!(decimal(&left).is_integer(), x % 1_000_000 == 0);
        }

        #[test]
        fn any_spelling_survives_canonicalising(text in "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,25})?") {
            let value = decimal(&text);
            let canonical = value.canonical();
            prop_assert_eq!(decimal(&canonical), value);
            prop_assert_eq!(decimal(&canonical).canonical(), canonical.clone());
            prop_assert_eq!(decimal(&canonical).clamped_point(), value.clamped_point());
        }
    }
}
