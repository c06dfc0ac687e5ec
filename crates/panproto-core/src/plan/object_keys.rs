//! Which member comes next: by what came last time, by the table, or as one of a run that is kept.
#![expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: table indices are given out by `lower`; offsets into the input come from scanning it"
)]

use super::{Key, ObjectFrame};
use crate::plan::exec::{Exec, PUT, Step, Stop};
use crate::plan::replay::NOT_REPLAYED;
use crate::plan::table::{Input, NONE};
use crate::value::scan;

impl Exec<'_> {
    /// Whether another kept scalar probably follows the member with this name, whose value ends at the cursor.
    #[inline(always)]
    pub(super) fn goes_on(&self, input: &Input, found: u32) -> bool {
        let next = self.scratch.guesses[input.guesses + found as usize + 1];
        input.kept.get(next as usize).is_some_and(|kept| {
            kept.key.length != 0
                && self
                    .text
                    .get(self.at + 1 + kept.key.length)
                    .is_some_and(|first| !matches!(first, b'[' | b'{'))
        })
    }

    /// Goes on behind a kept member while others come as last time, are scalars, and have no white space between them: they
    /// are copied with it. Small, and of its own, because many members of many records pass here, and what a function keeps
    /// at hand is little.
    #[cold]
    #[inline]
    pub(super) fn pass_kept<const MODE: u8>(&mut self, input: &Input, frame: &mut ObjectFrame) {
        let (text, start) = (self.text, self.at);
        let mut left = u32::MAX;
        if MODE == PUT && frame.replay != NOT_REPLAYED {
            left = self.scratch.replays.before_due(frame.replay);
        }
        let guesses = self.scratch.guesses.get(input.guesses..).unwrap_or_default();
        let bits = self.scratch.bits.get_mut(frame.bits..).unwrap_or_default();
        let (mut at, mut previous, mut passed) = (start, frame.previous, 0);
        while passed < left && text.get(at) == Some(&b',') {
            let Some(guess) = guesses.get(previous as usize) else { break };
            let Some(kept) = input.kept.get(*guess as usize) else { break };
            let Some(word) = bits.get_mut(kept.word) else { break };
            if !kept.key.begins(text, at + 1) || *word & kept.bit != 0 {
                break;
            }
            let Some(end) = scan::scalar_end_here(text, at + 1 + kept.key.length) else { break };
            *word |= kept.bit;
            at = end.get();
            previous = guess + 1;
            passed += 1;
        }
        if passed == 0 {
            return;
        }
        (self.at, frame.previous) = (at, previous);
        frame.index += passed;
        if MODE == PUT && frame.replay != NOT_REPLAYED {
            self.scratch.replays.count(frame.replay, passed);
        }
        #[cfg(test)]
        {
            self.reads += (at - start) as u64;
        }
    }

    /// Finds the name at `at`; the cursor moves to the value. The member that came last time is tried first.
    #[inline(always)]
    pub(in crate::plan) fn name(
        &mut self,
        input: &Input,
        previous: u32,
        at: usize,
    ) -> Step<(Option<u32>, Key)> {
        let guess = self.scratch.guesses[input.guesses + previous as usize];
        if let Some(token) = input.names.get(guess as usize)
            && token.begins(self.text, at)
        {
            let end = at + token.key.len();
            self.at = scan::space(self.text, end);
            return Ok((Some(guess), Key { start: at, end: end - 1, plain: true }));
        }
        // Another type than this one's: what the table answers in memory is not to be where a guess is answered.
        let (found, end, plain) = self.name_by_table(input, previous, at)?;
        Ok(((found != NONE).then_some(found), Key { start: at, end, plain }))
    }

    /// By the table: the index of the name or [`NONE`], the end of its text, and whether that is the plain spelling.
    #[cold]
    #[inline]
    fn name_by_table(&mut self, input: &Input, previous: u32, at: usize) -> Step<(u32, usize, bool)> {
        let (end, value) = scan::key(self.text, at).map_err(|_| Stop::Failed)?;
        self.at = scan::space(self.text, value);
        let raw = &self.text[at..end];
        let Some(found) = input.names.find_raw(raw) else { return Ok((NONE, end, true)) };
        self.scratch.guesses[input.guesses + previous as usize] = found;
        let token = input.names.get(found as usize);
        let plain = token.is_some_and(|token| token.key.strip_suffix(b":") == Some(raw));
        Ok((found, end, plain))
    }
}
