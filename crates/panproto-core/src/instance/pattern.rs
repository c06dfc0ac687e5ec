//! ECMA-262 patterns over a linear-time matcher.
//!
//! A small reader of ECMA syntax writes each pattern anew in terms that the matcher and ECMA-262 agree on: classes
//! as explicit ranges, no captures, no laziness. What has no faithful translation (lookaround, back references,
//! Unicode properties, escapes that other engines read differently) is refused, and the caller says *unknown*.

use crate::ordered::Arrange;
use regex_lite::{Regex, RegexBuilder};

/// Nodes that a pattern may unfold to, repetitions multiplied out.
const SIZE: u64 = 20_000;
/// Bytes of a compiled pattern.
const PROGRAM_BYTES: usize = 1 << 20;
/// Groups inside groups.
const NESTING: usize = 40;

/// A pattern that can be run.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    weight: u64,
}

/// Why a pattern cannot be run faithfully.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsupported(pub &'static str);

/// Reasons that say that a text is no ECMA-262 pattern at all.
const MALFORMED: &[&str] = &[
    GROUP_OPEN,
    GROUP_FORM,
    GROUP_CLOSED,
    CLASS_OPEN,
    CLASS_ORDER,
    NOTHING_TO_REPEAT,
    BOUNDS_ORDER,
    BACKSLASH,
    NO_MEANING,
];
const GROUP_OPEN: &str = "a group that is not closed";
const GROUP_FORM: &str = "a group of a form that ECMA-262 does not have";
const GROUP_CLOSED: &str = "`)` without its `(`";
const CLASS_OPEN: &str = "a class that is not closed";
const CLASS_ORDER: &str = "a range that is out of order";
const NOTHING_TO_REPEAT: &str = "a quantifier with nothing to repeat";
const BOUNDS_ORDER: &str = "a quantifier whose bounds are out of order";
const BACKSLASH: &str = "a backslash at the end";
const NO_MEANING: &str = "an escaped letter that has no meaning";

impl Unsupported {
    /// Whether the text is no pattern at all, rather than one that we cannot run.
    pub fn is_malformed(self) -> bool {
        MALFORMED.contains(&self.0)
    }
}

impl Pattern {
    /// Translates an ECMA-262 pattern (no flags but `u`).
    ///
    /// # Errors
    /// Which construct stands in the way.
    pub fn new(source: &str) -> Result<Pattern, Unsupported> {
        let (translated, weight) = translate(source)?;
        let regex = RegexBuilder::new(&translated)
            .size_limit(PROGRAM_BYTES)
            .nest_limit(2 * NESTING as u32 + 10)
            .build()
            .map_err(|_| Unsupported("a construct or a size that the matcher refuses"))?;
        Ok(Pattern { regex, weight })
    }

    /// Whether the text contains a match. Linear in the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Steps of a match over a text of `bytes`.
    pub fn cost(&self, bytes: usize) -> u64 {
        1 + (bytes as u64).saturating_mul(1 + self.weight / 16) / 4
    }
}

/// Ranges of code points, ends included.
type Ranges = Vec<(u32, u32)>;

const LAST: u32 = 0x10_ffff;
const DIGIT: &[(u32, u32)] = &[(0x30, 0x39)];
const WORD: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)];
/// White space and line ends of ECMA-262.
const SPACE: &[(u32, u32)] = &[
    (0x09, 0x0d),
    (0x20, 0x20),
    (0xa0, 0xa0),
    (0x1680, 0x1680),
    (0x2000, 0x200a),
    (0x2028, 0x2029),
    (0x202f, 0x202f),
    (0x205f, 0x205f),
    (0x3000, 0x3000),
    (0xfeff, 0xfeff),
];
const LINE_END: &[(u32, u32)] = &[(0x0a, 0x0a), (0x0d, 0x0d), (0x2028, 0x2029)];

enum Escape {
    Scalar(u32),
    Set(Ranges),
    Boundary(bool),
}

/// What the last term was, for a quantifier that follows.
#[derive(Clone, Copy)]
enum Last {
    Nothing,
    /// It may be repeated; its weight.
    Atom(u64),
}

struct Reader<'a> {
    rest: &'a str,
    out: String,
    /// Weight of the enclosing groups so far.
    groups: Vec<u64>,
    weight: u64,
    last: Last,
}

fn translate(source: &str) -> Result<(String, u64), Unsupported> {
    let mut reader = Reader {
        rest: source,
        out: String::with_capacity(source.len() + 8),
        groups: Vec::new(),
        weight: 0,
        last: Last::Nothing,
    };
    while let Some(c) = reader.next() {
        reader.term(c)?;
        if reader.weight > SIZE {
            return Err(Unsupported("a pattern of that size"));
        }
    }
    if !reader.groups.is_empty() {
        return Err(Unsupported(GROUP_OPEN));
    }
    Ok((reader.out, reader.weight))
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn eat(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn term(&mut self, c: char) -> Result<(), Unsupported> {
        match c {
            '^' | '$' | '|' => {
                self.out.push(c);
                self.last = Last::Nothing;
            }
            '.' => self.class(LINE_END.to_vec(), true),
            '(' => self.open()?,
            ')' => {
                let Some(outer) = self.groups.pop() else {
                    return Err(Unsupported(GROUP_CLOSED));
                };
                self.out.push(')');
                self.last = Last::Atom(self.weight + 1);
                self.weight = outer.saturating_add(self.weight + 1);
            }
            '*' => self.repeat(0, None)?,
            '+' => self.repeat(1, None)?,
            '?' => self.repeat(0, Some(1))?,
            '{' => match self.bounds() {
                Some((least, most)) => self.repeat(least, most)?,
                None => self.literal('{'.into()),
            },
            '[' => self.set()?,
            '\\' => match self.escape(false)? {
                Escape::Scalar(code) => self.literal(code),
                Escape::Set(ranges) => self.class(ranges, false),
                Escape::Boundary(negated) => {
                    self.out.push_str(if negated { "\\B" } else { "\\b" });
                    self.last = Last::Nothing;
                }
            },
            c => self.literal(c.into()),
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), Unsupported> {
        if self.groups.len() >= NESTING {
            return Err(Unsupported("groups nested that deep"));
        }
        if self.eat("?") {
            if self.eat("<") {
                if matches!(self.peek(), Some('=' | '!')) {
                    return Err(Unsupported("lookbehind"));
                }
                let Some((name, rest)) = self.rest.split_once('>') else {
                    return Err(Unsupported("a group name that is not closed"));
                };
                if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) {
                    return Err(Unsupported("a group name of that form"));
                }
                self.rest = rest;
            } else if matches!(self.peek(), Some('=' | '!')) {
                return Err(Unsupported("lookahead"));
            } else if !self.eat(":") {
                // ES2025 has `(?i:…)`; `(?i)`, `(?P<…` and `(?#` are other languages'.
                let flags = self.rest.trim_start_matches(['i', 'm', 's', '-']);
                let is_modifier = flags.len() < self.rest.len() && flags.starts_with(':');
                return Err(Unsupported(if is_modifier { "flags inside the pattern" } else { GROUP_FORM }));
            }
        }
        self.out.push_str("(?:");
        self.groups.push(self.weight);
        self.weight = 0;
        self.last = Last::Nothing;
        Ok(())
    }

    fn repeat(&mut self, least: u32, most: Option<u32>) -> Result<(), Unsupported> {
        let Last::Atom(weight) = self.last else {
            return Err(Unsupported(NOTHING_TO_REPEAT));
        };
        if most.is_some_and(|most| most < least) {
            return Err(Unsupported(BOUNDS_ORDER));
        }
        let times = most.unwrap_or(least).max(least).max(1);
        self.weight =
            self.weight.saturating_add(weight.saturating_mul(u64::from(times) - 1)).saturating_add(1);
        match (least, most) {
            (0, None) => self.out.push('*'),
            (1, None) => self.out.push('+'),
            (0, Some(1)) => self.out.push('?'),
            (least, None) => self.out.push_str(&format!("{{{least},}}")),
            (least, Some(most)) => self.out.push_str(&format!("{{{least},{most}}}")),
        }
        // Laziness decides which match is found, never whether there is one.
        self.eat("?");
        self.last = Last::Nothing;
        Ok(())
    }

    /// Reads `n}`, `n,}` or `n,m}`; anything else leaves the brace a literal.
    fn bounds(&mut self) -> Option<(u32, Option<u32>)> {
        let (inside, rest) = self.rest.split_once('}')?;
        let number = |text: &str| {
            (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| text.parse().unwrap_or(u32::MAX))
        };
        let bounds = match inside.split_once(',') {
            None => {
                let exact = number(inside)?;
                (exact, Some(exact))
            }
            Some((least, "")) => (number(least)?, None),
            Some((least, most)) => (number(least)?, Some(number(most)?)),
        };
        self.rest = rest;
        Some(bounds)
    }

    fn literal(&mut self, code: u32) {
        match char::from_u32(code) {
            Some(c) if c.is_ascii_alphanumeric() || !c.is_ascii() => self.out.push(c),
            _ => self.out.push_str(&format!("\\x{{{code:X}}}")),
        }
        self.weight += 1;
        self.last = Last::Atom(1);
    }

    fn class(&mut self, ranges: Ranges, negated: bool) {
        let ranges = if negated { complement(ranges) } else { merged(ranges) };
        let before = self.out.len();
        self.out.push('[');
        for (first, last) in ranges {
            // Surrogates are no characters of a text: a range that crosses them is cut there.
            let first = if (0xd800..0xe000).contains(&first) { 0xe000 } else { first };
            let last = if (0xd800..0xe000).contains(&last) { 0xd7ff } else { last };
            if first <= last {
                self.out.push_str(&format!("\\x{{{first:X}}}-\\x{{{last:X}}}"));
            }
        }
        if self.out.len() == before + 1 {
            // A class of nothing.
            self.out.push_str("^\\x{0}-\\x{10FFFF}");
        }
        self.out.push(']');
        self.weight += 2;
        self.last = Last::Atom(2);
    }

    fn set(&mut self) -> Result<(), Unsupported> {
        let negated = self.eat("^");
        let mut ranges = Ranges::new();
        loop {
            let first = match self.next() {
                None => return Err(Unsupported(CLASS_OPEN)),
                Some(']') => break,
                Some(c) => self.set_member(c)?,
            };
            let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]") && self.rest.len() > 1;
            match first {
                Escape::Scalar(first) if is_range => {
                    self.eat("-");
                    let Some(c) = self.next() else {
                        return Err(Unsupported(CLASS_OPEN));
                    };
                    match self.set_member(c)? {
                        Escape::Scalar(last) if first <= last => ranges.push((first, last)),
                        Escape::Scalar(_) => return Err(Unsupported(CLASS_ORDER)),
                        Escape::Set(more) => {
                            ranges.extend([(first, first), (0x2d, 0x2d)]);
                            ranges.extend(more);
                        }
                        Escape::Boundary(_) => return Err(Unsupported("`\\B` in a class")),
                    }
                }
                Escape::Scalar(only) => ranges.push((only, only)),
                Escape::Set(more) => ranges.extend(more),
                Escape::Boundary(_) => return Err(Unsupported("`\\B` in a class")),
            }
        }
        self.class(ranges, negated);
        Ok(())
    }

    fn set_member(&mut self, c: char) -> Result<Escape, Unsupported> {
        if c == '\\' { self.escape(true) } else { Ok(Escape::Scalar(c.into())) }
    }

    fn escape(&mut self, in_class: bool) -> Result<Escape, Unsupported> {
        let Some(c) = self.next() else {
            return Err(Unsupported(BACKSLASH));
        };
        Ok(match c {
            'd' => Escape::Set(DIGIT.to_vec()),
            'D' => Escape::Set(complement(DIGIT.to_vec())),
            'w' => Escape::Set(WORD.to_vec()),
            'W' => Escape::Set(complement(WORD.to_vec())),
            's' => Escape::Set(SPACE.to_vec()),
            'S' => Escape::Set(complement(SPACE.to_vec())),
            'b' if in_class => Escape::Scalar(8),
            'b' => Escape::Boundary(false),
            'B' => Escape::Boundary(true),
            't' => Escape::Scalar(9),
            'n' => Escape::Scalar(10),
            'v' => Escape::Scalar(11),
            'f' => Escape::Scalar(12),
            'r' => Escape::Scalar(13),
            'c' => match self.next() {
                Some(letter) if letter.is_ascii_alphabetic() => Escape::Scalar(u32::from(letter) % 32),
                _ => return Err(Unsupported("`\\c` without a letter")),
            },
            '0' if !matches!(self.peek(), Some('0'..='9')) => Escape::Scalar(0),
            'x' => Escape::Scalar(self.hex(2)?),
            'u' => Escape::Scalar(self.unicode()?),
            '0'..='9' | 'k' => return Err(Unsupported("a back reference or octal escape")),
            'p' | 'P' => return Err(Unsupported("a Unicode property")),
            c if c.is_alphanumeric() => return Err(Unsupported(NO_MEANING)),
            c => Escape::Scalar(c.into()),
        })
    }

    fn hex(&mut self, digits: usize) -> Result<u32, Unsupported> {
        let text = self.rest.get(..digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(code) = text.and_then(|text| u32::from_str_radix(text, 16).ok()) else {
            return Err(Unsupported("an escape without its hexadecimal digits"));
        };
        self.rest = self.rest.get(digits..).unwrap_or_default();
        Ok(code)
    }

    fn unicode(&mut self) -> Result<u32, Unsupported> {
        let code = if self.eat("{") {
            let Some((digits, rest)) = self.rest.split_once('}') else {
                return Err(Unsupported("an escape that is not closed"));
            };
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(Unsupported("an escape without its hexadecimal digits"));
            }
            self.rest = rest;
            u32::from_str_radix(digits, 16).unwrap_or(u32::MAX)
        } else {
            let high = self.hex(4)?;
            if (0xd800..0xdc00).contains(&high) && self.eat("\\u") {
                let low = self.hex(4)?;
                if !(0xdc00..0xe000).contains(&low) {
                    return Err(Unsupported("a lone surrogate"));
                }
                0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
            } else {
                high
            }
        };
        if char::from_u32(code).is_none() {
            return Err(Unsupported("a lone surrogate or a code beyond Unicode"));
        }
        Ok(code)
    }
}

fn merged(mut ranges: Ranges) -> Ranges {
    ranges.arrange();
    let mut out = Ranges::with_capacity(ranges.len());
    for (first, last) in ranges {
        match out.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => out.push((first, last)),
        }
    }
    out
}

fn complement(ranges: Ranges) -> Ranges {
    let mut out = Ranges::new();
    let mut next = 0;
    for (first, last) in merged(ranges) {
        if next < first {
            out.push((next, first - 1));
        }
        next = last + 1;
    }
    if next <= LAST {
        out.push((next, LAST));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, hits: &[&str], misses: &[&str]) {
        let compiled = Pattern::new(pattern).unwrap_or_else(|why| panic!("{pattern}: {why:?}"));
        for text in hits {
            assert!(compiled.is_match(text), "{pattern} should match {text:?}");
        }
        for text in misses {
            assert!(!compiled.is_match(text), "{pattern} should not match {text:?}");
        }
    }

    #[test]
    fn ecma_meanings_hold() {
        check("^a.c$", &["abc", "a😀c"], &["a\nc", "a\u{2028}c", "abc\n", "xabc"]);
        check(r"^\s\S$", &["\u{a0}x", "\u{feff}x", "\u{b}x"], &["\u{85}x", "x "]);
        check(r"^\d+$", &["12"], &["١", ""]);
        check(r"^\w+$", &["a_1"], &["é"]);
        check(r"^[^\W\d]$", &["a", "_"], &["1", "-"]);
        check(r"^[\w-]+@[a\-z]$", &["a-b@-"], &["a@b"]);
        check(r"^\x41\u0042\u{43}\ud83d\ude00\cA\0$", &["ABC😀\u{1}\0"], &[]);
        check("^a{2,3}?b{,2}c{x}$", &["aab{,2}c{x}", "aaab{,2}c{x}"], &["ab{,2}c{x}"]);
        check("^(?<year>[0-9]{4})-(?:a|)$", &["2023-a", "2023-"], &["2023-b"]);
        check("^(?:|b)[]|x$", &["x"], &["b", "y"]);
        check("^[^]$", &["\n"], &[""]);
        check(r"\bfoo\b", &["a foo b", "éfoo"], &["afoo"]);
        check(r"^\/\.\-\@\_$", &["/.-@_"], &[]);
        check("es", &["yes", "esx"], &["e s"]);
        check(r"^[a&&b~~#]$", &["&", "~", "#"], &["c"]);
        check("^[[:alpha:]]$", &["a]", ":]"], &["b", "["]);
        check("^# x$", &["# x"], &[""]);
    }

    #[test]
    fn what_cannot_be_run_faithfully_is_refused() {
        for pattern in [
            "(?=a)",
            "(?!a)",
            "(?<=a)",
            "(?<!a)",
            r"(a)\1",
            r"\k<x>",
            r"\p{L}",
            r"\u{110000}",
            r"\ud83d",
            "(?i)a",
            "(?i:a)",
            r"\A",
            r"\z",
            r"\h",
            "*a",
            "a**",
            "^*",
            "(a",
            "a)",
            "[a",
            "[z-a]",
            r"\c1",
            r"\x4",
            r"\u12",
            "\\",
            r"\01",
            "a{3,2}",
            "((((a{100}){100}){100}){100}){100}",
        ] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
        let deep = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(Pattern::new(&deep).is_err());
        assert!(Pattern::new(&"(a|b)".repeat(10_000)).is_err());
    }

    #[test]
    fn matching_is_linear() {
        let pattern = Pattern::new("^(a+)+$").unwrap();
        assert!(!pattern.is_match(&format!("{}b", "a".repeat(20_000))));
    }
}
