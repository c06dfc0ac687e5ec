//! Equality of values (≈): strings decoded, numbers by exact decimal value, member order ignored.
//!
//! Members with the same name count: an object is a multiset of (name, value).

use super::json::{Json, JsonKind, Tree, ValueRef};
use super::number::Decimal;
use super::{number, string};
use crate::limits::Limits;
use crate::ordered::{Arrange, BTreeMap};
use std::borrow::Cow;

/// Whether two values are the same value. Near-linear in their text; no recursion.
pub fn equal(left: ValueRef<'_>, right: ValueRef<'_>) -> bool {
    if left.raw() == right.raw() || equal_in_order(left, right) {
        return true;
    }
    // Only the order of members can still make them equal.
    let reorderable = left.nodes().iter().any(|node| node.kind == JsonKind::Object && node.count > 1);
    if !reorderable || left.nodes().len() != right.nodes().len() {
        return false;
    }
    let mut classes = Classes::default();
    classes.of(left) == classes.of(right)
}

/// Whether two JSON texts hold the same value; false where one is not JSON. Depth is not limited.
pub fn equal_text(left: &[u8], right: &[u8]) -> bool {
    let limits = Limits { depth: u32::MAX, record_bytes: u64::MAX, ..Limits::DEFAULT };
    match (Tree::parse(left, &limits), Tree::parse(right, &limits)) {
        (Ok(left), Ok(right)) => equal(left.root(), right.root()),
        _ => false,
    }
}

impl Json {
    /// Whether it is the same value as another; `==` compares the texts.
    pub fn equals(&self, other: &Json) -> bool {
        self == other || equal(self.tree().root(), other.tree().root())
    }
}

/// Whether two values are equal with their members in the same order: kinds and counts in document order tell
/// the whole structure.
fn equal_in_order(left: ValueRef<'_>, right: ValueRef<'_>) -> bool {
    left.nodes().len() == right.nodes().len()
        && left.nodes().iter().zip(right.nodes()).all(|(one, other)| {
            one.kind == other.kind
                && one.count == other.count
                && match one.kind {
                    JsonKind::Null | JsonKind::Array | JsonKind::Object => true,
                    JsonKind::Bool => left.raw_of(one) == right.raw_of(other),
                    JsonKind::Number => number::equal(left.raw_of(one), right.raw_of(other)),
                    JsonKind::String => equal_strings(left.raw_of(one), right.raw_of(other)),
                }
        })
}

/// Whether two scanned strings, quotes included, have the same content.
pub fn equal_strings(left: &[u8], right: &[u8]) -> bool {
    left == right || string::equals(left, &string::decode(right))
}

/// What makes a value equal to another, given the classes of its parts.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Shape<'a> {
    Word(&'a [u8]),
    Number(Decimal<'a>),
    String(Cow<'a, [u8]>),
    Array(Vec<u32>),
    /// Classes of name and value, sorted.
    Object(Vec<(u32, u32)>),
}

/// Equal values get equal numbers, from the leaves upwards.
#[derive(Default)]
struct Classes<'a> {
    known: BTreeMap<Shape<'a>, u32>,
}

impl<'a> Classes<'a> {
    fn of(&mut self, value: ValueRef<'a>) -> Option<u32> {
        let nodes = value.nodes();
        // Document order puts a container before its parts, so walking backwards meets the parts first; they lie
        // on top of the stack, the first one uppermost.
        let mut parts: Vec<u32> = Vec::new();
        for node in nodes.iter().rev() {
            let raw = value.raw_of(node);
            let shape = match node.kind {
                JsonKind::Null | JsonKind::Bool => Shape::Word(raw),
                JsonKind::Number => Shape::Number(Decimal::parse(raw)?),
                JsonKind::String => Shape::String(string::decode(raw)),
                JsonKind::Array => {
                    let from = parts.len().checked_sub(node.count as usize)?;
                    Shape::Array(parts.split_off(from))
                }
                JsonKind::Object => {
                    let from = parts.len().checked_sub(2 * node.count as usize)?;
                    let (pairs, _) = parts.get(from..)?.as_chunks::<2>();
                    let mut members: Vec<_> = pairs.iter().map(|[value, name]| (*name, *value)).collect();
                    members.arrange();
                    parts.truncate(from);
                    Shape::Object(members)
                }
            };
            let next = self.known.len() as u32;
            parts.push(*self.known.entry(shape).or_insert(next));
        }
        parts.pop()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::value::scan::tests::json_text;
    use proptest::prelude::*;

    #[test]
    fn values_not_spellings() {
        let check = |left: &str, right: &str, expected: bool| {
            assert_eq!(equal_text(left.as_bytes(), right.as_bytes()), expected, "{left} {right}");
            assert_eq!(equal_text(right.as_bytes(), left.as_bytes()), expected, "{right} {left}");
        };
        check(r#"{"a":1,"b":[2]}"#, r#" { "b" : [ 2.0 ] , "\u0061" : 1e0 } "#, true);
        check(r#"{"a":1,"b":2}"#, r#"{"a":2,"b":1}"#, false);
        check("[1,2]", "[2,1]", false);
        check("[]", "{}", false);
        check("[[]]", "[{}]", false);
        check("null", "false", false);
        check("true", "false", false);
        check("\"1\"", "1", false);
        check("\"\\ud83d\\ude00\"", "\"😀\"", true);
        check("\"\\ud83d\"", "\"\\uD83D\"", true);
        check("18446744073709551616", "18446744073709551617", false);
        check("-0", "0.0", true);
        check(r#"{"a":null}"#, "{}", false);
        check(r#"{"a":1,"a":2}"#, r#"{"a":2,"a":1}"#, true);
        check(r#"{"a":1,"a":1}"#, r#"{"a":1}"#, false);
        check(r#"{"a":1,"a":1,"a":2}"#, r#"{"a":1,"a":2,"a":2}"#, false);
        check(r#"{"a":{"x":1,"y":2},"a":[1]}"#, r#"{"a":[1],"a":{"y":2,"x":1}}"#, true);
        check(r#"[{"x":1,"y":2},{"y":2,"x":1}]"#, r#"[{"y":2,"x":1},{"y":2,"x":1}]"#, true);
        check("[", "[", false);
    }

    #[test]
    fn equal_texts_that_are_deep_or_wide_take_no_stack_and_no_square_time() {
        let deep = |member: &str| format!("{}{member}{}", "{\"a\":[".repeat(50_000), "]}".repeat(50_000));
        assert!(equal_text(deep("{\"x\":1,\"y\":2}").as_bytes(), deep("{\"y\":2,\"x\":1}").as_bytes()));
        assert!(!equal_text(deep("{\"x\":1,\"y\":2}").as_bytes(), deep("{\"y\":1,\"x\":2}").as_bytes()));
        let wide = |numbers: &mut dyn Iterator<Item = u32>| {
            let members: Vec<_> = numbers.map(|number| format!("\"{}\":{number}", number % 1000)).collect();
            format!("{{{}}}", members.join(","))
        };
        let (up, down) = (wide(&mut (0..50_000)), wide(&mut (0..50_000).rev()));
        assert!(equal_text(up.as_bytes(), down.as_bytes()));
    }

    /// The same value with other spellings and another order of members.
    pub(crate) fn respell(value: ValueRef<'_>, salt: &mut u32, out: &mut String) {
        *salt = salt.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let odd = *salt >> 31 == 1;
        match value.kind() {
            JsonKind::Null | JsonKind::Bool => out.push_str(value.raw_str()),
            JsonKind::Number if odd => out.push_str(&Decimal::parse(value.raw()).unwrap().canonical()),
            JsonKind::Number => out.push_str(value.raw_str()),
            JsonKind::String => match value.as_str().filter(|_| odd) {
                Some(content) => {
                    out.push('"');
                    for unit in content.encode_utf16() {
                        out.push_str(&format!("\\u{unit:04X}"));
                    }
                    out.push('"');
                }
                None => out.push_str(value.raw_str()),
            },
            JsonKind::Array => {
                out.push_str("[ ");
                for (at, item) in value.items().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    respell(item, salt, out);
                }
                out.push(']');
            }
            JsonKind::Object => {
                let mut members: Vec<_> = value.members().collect();
                let turn = *salt as usize % members.len().max(1);
                members.rotate_left(turn);
                out.push('{');
                for (at, (name, value)) in members.into_iter().enumerate() {
                    out.push_str(if at > 0 { " ," } else { "" });
                    respell(name, salt, out);
                    out.push(':');
                    respell(value, salt, out);
                }
                out.push_str("} ");
            }
        }
    }

    proptest! {
        #[test]
        fn another_spelling_is_the_same_value(text in json_text(), salt in any::<u32>()) {
            let tree = Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
            let mut other = String::new();
            respell(tree.root(), &mut { salt }, &mut other);
            prop_assert!(equal_text(text.as_bytes(), other.as_bytes()), "{} {}", text, other);
        }

        /// Against the equality of an independent reader, on texts whose numbers and names hold no surprises.
        #[test]
        fn an_oracle_agrees(left in small_text(), right in small_text()) {
            let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            let expected = parse(&left) == parse(&right);
            prop_assert_eq!(equal_text(left.as_bytes(), right.as_bytes()), expected, "{} {}", left, right);
        }
    }

    /// Values from a small world, so that two random ones are often equal.
    fn small_text() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![Just("1".to_owned()), Just("null".to_owned()), Just("\"a\"".to_owned())];
        leaf.prop_recursive(2, 6, 2, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..2).prop_map(|items| format!("[{}]", items.join(","))),
                (inner.clone(), inner, any::<bool>()).prop_map(|(a, b, turned)| match turned {
                    true => format!("{{\"x\":{a},\"y\":{b}}}"),
                    false => format!("{{\"y\":{b},\"x\":{a}}}"),
                }),
            ]
        })
    }
}
