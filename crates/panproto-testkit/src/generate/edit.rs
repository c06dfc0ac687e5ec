//! Random edits of values, and damage of texts.

use super::Random;
use super::node::{Node, quoted};
use super::schema::{NAMES, ODD, WORDS};

const SCALARS: &[&str] = &[
    "0",
    "1",
    "-1",
    "7",
    "42",
    "1.0",
    "1.5",
    "1e2",
    "-0",
    "123456789012345678901234567890",
    "0.1",
    "true",
    "false",
    "null",
    "\"\"",
    "\"a\"",
    "\"7\"",
    "\"007\"",
    "\"fixed\"",
    "\"green\"",
    "\"te\\u0078t\"",
    "\"\\ud83d\\ude00\"",
];

/// Edits a value in up to four places. `names` are names that mean something where the value is used.
pub fn edit(random: &mut Random, node: &mut Node, names: &[String]) {
    let count = 1 + random.below(4);
    for _ in 0..count {
        let at = random.below(node.count());
        if let Some(part) = node.nth(at) {
            edit_one(random, part, names);
        }
    }
}

fn edit_one(random: &mut Random, node: &mut Node, names: &[String]) {
    match node {
        Node::Scalar(raw) => {
            let new = if random.chance(50) { near(random, raw) } else { (*random.pick(SCALARS)).to_owned() };
            *raw = new;
        }
        Node::Array(items) => {
            let at = random.below(items.len());
            match random.below(5) {
                0 if !items.is_empty() => {
                    items.remove(at);
                }
                1 if !items.is_empty() => {
                    let to = random.below(items.len());
                    items.swap(at, to);
                }
                2 if !items.is_empty() => {
                    let mut copy = items[at].clone();
                    if random.chance(50) {
                        edit_one(random, &mut copy, names);
                    }
                    items.insert(random.below(items.len() + 1), copy);
                }
                3 => random.shuffle(items),
                _ => items.push(Node::Scalar((*random.pick(SCALARS)).to_owned())),
            }
        }
        Node::Object(members) => {
            let at = random.below(members.len());
            match random.below(6) {
                0 if !members.is_empty() => {
                    members.remove(at);
                }
                1 => random.shuffle(members),
                2 if !members.is_empty() => edit_one(random, &mut members[at].1, names),
                3 if !members.is_empty() => members[at].0 = key(random, names),
                _ => {
                    let value = match random.below(8) {
                        0 => Node::Array(Vec::new()),
                        1 => Node::Object(Vec::new()),
                        2 if !members.is_empty() => members[at].1.clone(),
                        _ => Node::Scalar((*random.pick(SCALARS)).to_owned()),
                    };
                    let key = key(random, names);
                    // A repeated member is a matter of its own, tried less often.
                    let name = Node::name(&key);
                    if random.chance(10) || !members.iter().any(|(other, _)| Node::name(other) == name) {
                        members.insert(random.below(members.len() + 1), (key, value));
                    }
                }
            }
        }
    }
}

/// A name as it is written: most often one that means something, now and then an odd one or one with escapes.
pub(super) fn key(random: &mut Random, names: &[String]) -> String {
    let name = match random.below(10) {
        0 => (*random.pick(ODD)).to_owned(),
        1..=3 => (*random.pick(NAMES)).to_owned(),
        4 | 5 => (*random.pick(WORDS)).to_owned(),
        _ if !names.is_empty() => random.pick(names).clone(),
        _ => "other".to_owned(),
    };
    spelled(random, &name, 10)
}

/// A string as it is written, with an escape that it does not need in `percent` of a hundred cases.
pub fn spelled(random: &mut Random, content: &str, percent: usize) -> String {
    let first = content.chars().next().filter(char::is_ascii_alphanumeric);
    match first {
        Some(first) if random.chance(percent) => {
            let rest = quoted(&content[1..]);
            format!("\"\\u{:04x}{}", u32::from(first), &rest[1..])
        }
        _ => quoted(content),
    }
}

/// A scalar of the same type.
fn near(random: &mut Random, raw: &str) -> String {
    match raw.as_bytes().first() {
        Some(b't') => "false".to_owned(),
        Some(b'f') => "true".to_owned(),
        Some(b'"') => {
            let word = *random.pick(WORDS);
            spelled(random, word, 10)
        }
        Some(b'n') => "null".to_owned(),
        _ => (random.below(60) as i64 - 10).to_string(),
    }
}

/// Puts white space between the tokens of a JSON text.
pub fn respace(random: &mut Random, text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let (mut inside, mut escaped) = (false, false);
    let space = |random: &mut Random, out: &mut String| {
        if random.chance(30) {
            out.push_str(random.pick::<&str>(&[" ", "\n", "\t", "\r\n", "   "]));
        }
    };
    for c in text.chars() {
        let structural = !inside && matches!(c, '{' | '}' | '[' | ']' | ',' | ':');
        if structural {
            space(random, &mut out);
        }
        out.push(c);
        if structural {
            space(random, &mut out);
        }
        match c {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            _ => {}
        }
    }
    space(random, &mut out);
    out
}

/// Changes, removes or inserts a byte, or cuts the text.
pub fn mutate_bytes(random: &mut Random, text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    let at = random.below(text.len());
    match random.below(5) {
        _ if text.is_empty() => text.push(b'x'),
        0 => text.truncate(at),
        1 => {
            text.remove(at);
        }
        2 => text.insert(at, *random.pick(b"{}[],:\"\\0-9e.tn \n\x00\x1f\xff\xc3")),
        3 => text[at] ^= 1 << random.below(8),
        _ => text[at] = *random.pick(b"{}[],:\"\\0-9e.tn \n\x00\x1f\xff\xc3"),
    }
    text
}
