//! Recognising a member by its key, `"name":`, with two comparisons of words.

use super::scan::word_at;

/// The first eight bytes of a key and which of them count, and its last eight where it is longer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    head: u64,
    mask: u64,
    tail: u64,
    /// Bytes of the whole key; 0 of none.
    pub(crate) length: usize,
}

impl Key {
    /// No byte of keys up to this length is left out.
    pub(crate) const WHOLE: usize = 16;

    /// No key: it stands nowhere.
    pub(crate) const NONE: Key = Key { head: 1, mask: 0, tail: 0, length: 0 };

    pub(crate) fn new(key: &[u8]) -> Key {
        let head = key.iter().take(8).rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        let mask = if key.len() >= 8 { u64::MAX } else { (1 << (key.len() * 8)) - 1 };
        let tail = key.last_chunk::<8>().map_or(0, |tail| u64::from_le_bytes(*tail));
        Key { head, mask, tail, length: key.len() }
    }

    /// Whether it stands at `at`, as far as its first and last bytes say; at the end of a text it may say no.
    #[inline(always)]
    pub(crate) fn begins(&self, text: &[u8], at: usize) -> bool {
        word_at(text, at).is_some_and(|head| head & self.mask == self.head)
            && (self.length <= 8 || word_at(text, at + self.length - 8) == Some(self.tail))
    }
}
