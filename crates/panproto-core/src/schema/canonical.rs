//! JSON values by value: bytes that are the same for equal values.

use crate::ordered::Arrange;
use crate::value::{Decimal, JsonKind, ValueRef};

/// Bytes that are equal for equal values and for no others: strings decoded, numbers normalised, members sorted
/// (those of one name all count). A container stands as the BLAKE3 of what it holds, so that the work is linear.
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
                let number = Decimal::parse(at.raw()).map(|number| number.canonical());
                bytes.extend_from_slice(number.as_deref().unwrap_or_default().as_bytes());
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
        children.arrange();
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
        check(r#"{"a":1,"a":2}"#, r#"{"a":2}"#, false);
        check("[]", "{}", false);
        check("[[],1]", "[[1]]", false);
        check("[1,2]", "[2,1]", false);
        check("null", r#""n""#, false);
        check(r#""1""#, "1", false);
    }
}
