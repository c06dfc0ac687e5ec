//! Finding a member by its name, without decoding or comparing more than it takes.

use crate::value::{key::Key, string};

/// A set of names with dense indices. A name is found by its length and its first eight bytes, then compared.
#[derive(Debug, Default)]
pub(super) struct Names {
    tokens: Vec<Token>,
    /// Buckets of an open hash table: one more than the index of a name, 0 where empty.
    buckets: Vec<u32>,
    mask: usize,
}

/// One name.
#[derive(Debug)]
pub(super) struct Token {
    /// The decoded name.
    pub(super) name: Box<[u8]>,
    /// The plain spelling as a key: `"name":`.
    pub(super) key: Box<[u8]>,
    short: Key,
}

/// How a member that is copied under its own name is recognised behind a comma.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) key: Key,
    /// Its bit in the set of names that were met.
    pub(super) word: usize,
    pub(super) bit: u64,
}

impl Kept {
    /// Of no member.
    pub(super) const NONE: Kept = Kept { key: Key::NONE, word: 0, bit: 0 };

    /// Of the member with this token; of none where its key is long.
    pub(super) fn new(token: &Token, bit: u32) -> Kept {
        if token.key.len() > Key::WHOLE {
            return Kept::NONE;
        }
        Kept { key: token.short, word: bit as usize / 64, bit: 1 << (bit % 64) }
    }
}

impl Token {
    fn new(name: &str) -> Token {
        let key = key_of(name);
        Token { name: name.as_bytes().into(), short: Key::new(&key), key }
    }

    /// Whether the key stands at `at`; at the end of a text it may say no, and the table is asked.
    #[inline(always)]
    pub(super) fn begins(&self, text: &[u8], at: usize) -> bool {
        let length = self.short.length;
        self.short.begins(text, at) && (length <= Key::WHOLE || text.get(at..at + length) == Some(&self.key))
    }
}

impl Names {
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Names {
        let tokens: Vec<Token> = names.into_iter().map(Token::new).collect();
        let size = (tokens.len() * 2).next_power_of_two().max(4);
        let mut buckets = vec![0u32; size];
        let mask = size - 1;
        for (index, token) in tokens.iter().enumerate() {
            let mut at = hash(&token.name) & mask;
            while buckets.get(at).is_some_and(|bucket| *bucket != 0) {
                at = (at + 1) & mask;
            }
            if let Some(bucket) = buckets.get_mut(at) {
                *bucket = index as u32 + 1;
            }
        }
        Names { tokens, buckets, mask }
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index)
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The index of a decoded name.
    #[inline]
    pub(super) fn find(&self, name: &[u8]) -> Option<u32> {
        let mut at = hash(name) & self.mask;
        // INVARIANT: at most half of the buckets are taken, so that an empty one ends the search.
        while let Some(index) = self.buckets.get(at).and_then(|bucket| bucket.checked_sub(1)) {
            if self.tokens.get(index as usize).is_some_and(|token| *token.name == *name) {
                return Some(index);
            }
            at = (at + 1) & self.mask;
        }
        None
    }

    /// The index of a name in its source spelling, quotes included.
    #[inline]
    pub(super) fn find_raw(&self, raw: &[u8]) -> Option<u32> {
        let body = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        if body.contains(&b'\\') { self.find(&string::decode(raw)) } else { self.find(body) }
    }
}

/// `"name":`, plainly spelled.
#[inline]
pub(super) fn key_of(name: &str) -> Box<[u8]> {
    let mut key = Vec::with_capacity(name.len() + 3);
    string::encode(name, &mut key);
    key.push(b':');
    key.into()
}

#[inline]
fn hash(name: &[u8]) -> usize {
    let head = match name.first_chunk::<8>() {
        Some(head) => u64::from_le_bytes(*head),
        None => name.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    };
    let tail = name.last().copied().unwrap_or_default();
    let mixed = (head ^ (u64::from(tail) << 56) ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 40) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_every_spelling() {
        let names = Names::new(["text", "textual", "", "a\"b", "日本語日本語", "texture"]);
        let check =
            |raw: &str, expected: Option<u32>| assert_eq!(names.find_raw(raw.as_bytes()), expected, "{raw}");
        check(r#""text""#, Some(0));
        check(r#""te\u0078t""#, Some(0));
        check(r#""textual""#, Some(1));
        check(r#""""#, Some(2));
        check(r#""a\"b""#, Some(3));
        check(r#""日本語日本語""#, Some(4));
        check(r#""tex""#, None);
        check(r#""texture""#, Some(5));
        check(r#""textura""#, None);
    }

    #[test]
    fn keys_are_told_from_others_that_begin_or_end_alike() {
        for name in
            ["", "a", "abcde", "abcdef", "abcdefg", "abcdefghijklm", "abcdefghijklmn", "abcdefghijklmnopqrst"]
        {
            let token = Token::new(name);
            let text = |name: &str| format!("\"{name}\":\"and what follows\"");
            assert!(token.begins(text(name).as_bytes(), 0), "{name}");
            for at in 0..name.len() {
                let mut other = name.to_owned();
                other.replace_range(at..=at, "Z");
                assert!(!token.begins(text(&other).as_bytes(), 0), "{other}");
            }
            assert!(!token.begins(text(&format!("{name}b")).as_bytes(), 0));
            assert!(!token.begins(b"\"", 0));
        }
    }

    #[test]
    fn many_names_are_all_found() {
        let all: Vec<String> = (0..2000).map(|number| format!("member{number}")).collect();
        let names = Names::new(all.iter().map(String::as_str));
        for (index, name) in all.iter().enumerate() {
            assert_eq!(names.find(name.as_bytes()), Some(index as u32));
        }
        assert_eq!(names.find(b"member2000"), None);
    }
}
