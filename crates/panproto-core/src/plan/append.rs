//! Appending short texts. A call that copies memory costs more in the module than the few bytes of a key or a number do,
//! so a whole block is written and cut to length.

/// Bytes of a block.
const BLOCK: usize = 16;

/// Appends the bytes of `text` between two offsets.
#[inline(always)]
pub(super) fn range(out: &mut Vec<u8>, text: &[u8], from: usize, to: usize) {
    if let Some(rest) = text.get(from..)
        && let Some(block) = rest.first_chunk::<BLOCK>()
        && let Some(length) = to.checked_sub(from).filter(|length| *length <= BLOCK)
    {
        let end = out.len() + length;
        out.extend_from_slice(block);
        out.truncate(end);
    } else {
        out.extend_from_slice(text.get(from..to).unwrap_or_default());
    }
}

/// A text that is appended often.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// The text and zeros.
    padded: Box<[u8]>,
    length: usize,
}

impl Text {
    pub(super) fn new(text: &[u8]) -> Text {
        let mut padded = text.to_vec();
        padded.resize(text.len().max(BLOCK), 0);
        Text { padded: padded.into(), length: text.len() }
    }

    #[inline(always)]
    pub(super) fn append(&self, out: &mut Vec<u8>) {
        range(out, &self.padded, 0, self.length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_what_lies_between_the_offsets_is_appended() {
        let text: Vec<u8> = (0..60).collect();
        for from in 0..=text.len() {
            for to in from..=text.len() {
                let mut out = b"before".to_vec();
                range(&mut out, &text, from, to);
                assert_eq!(out, [b"before", &text[from..to]].concat());
                let mut out = b"before".to_vec();
                Text::new(&text[from..to]).append(&mut out);
                assert_eq!(out, [b"before", &text[from..to]].concat());
            }
        }
    }
}
