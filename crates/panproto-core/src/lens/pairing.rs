//! Which remembered item a list item of an edited view is.
//!
//! By position, one insertion would give every later item the memory of its neighbour. Items are paired by what they
//! are (`whole`), then by their key (`weak`), then by where they stand; in linear time.

use std::collections::HashMap;

/// What tells an item from others: digests of the item of the view, and of its key (0 where it has none).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Of the whole item.
    pub whole: u64,
    /// Of its key.
    pub weak: u64,
}

/// Who is who.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Pairing {
    /// For each item of the view the remembered one.
    pub pairs: Vec<Option<u32>>,
    /// The remembered items that no item of the view is, ascending.
    pub unpaired: Vec<u32>,
    /// Some items of the view and some remembered ones are left at one place, and not equally many.
    pub unclear: bool,
}

/// Pairs the items of a view with the remembered ones. With a `hinted` key, the key decides before anything else.
pub fn pair(remembered: &[Identity], view: &[Identity], hinted: bool) -> Pairing {
    let same = |pair: &(&Identity, &Identity)| pair.0.whole == pair.1.whole;
    let prefix = remembered.iter().zip(view).take_while(same).count();
    let mut pairing = Pairing {
        pairs: (0..prefix as u32).map(Some).chain((prefix..view.len()).map(|_| None)).collect(),
        ..Pairing::default()
    };
    if prefix == view.len() && prefix == remembered.len() {
        return pairing;
    }
    let mut rest = Rest { remembered, view, pairs: &mut pairing.pairs, taken: vec![false; remembered.len()] };
    rest.taken.iter_mut().take(prefix).for_each(|taken| *taken = true);
    if hinted {
        rest.by_unique_weak();
    }
    rest.by_suffix(prefix);
    rest.by_whole();
    rest.by_unique_weak();
    let unclear = rest.by_runs();
    let taken = rest.taken;
    pairing.unclear = unclear;
    pairing.unpaired = (0u32..).zip(&taken).filter(|(_, taken)| !**taken).map(|(index, _)| index).collect();
    pairing
}

struct Rest<'a> {
    remembered: &'a [Identity],
    view: &'a [Identity],
    pairs: &'a mut Vec<Option<u32>>,
    /// For each remembered item, whether it has its pair.
    taken: Vec<bool>,
}

impl<'a> Rest<'a> {
    fn set(&mut self, item: usize, remembered: usize) {
        if let (Some(pair), Some(taken)) = (self.pairs.get_mut(item), self.taken.get_mut(remembered)) {
            *pair = Some(remembered as u32);
            *taken = true;
        }
    }

    fn free_view(&self) -> impl DoubleEndedIterator<Item = (usize, Identity)> + use<'a> {
        let free: Vec<(usize, Identity)> = (0..)
            .zip(self.pairs.iter().zip(self.view))
            .filter(|(_, (pair, _))| pair.is_none())
            .map(|(index, (_, identity))| (index, *identity))
            .collect();
        free.into_iter()
    }

    fn free_remembered(&self) -> impl DoubleEndedIterator<Item = (usize, Identity)> + use<'a> {
        let free: Vec<(usize, Identity)> = (0..)
            .zip(self.taken.iter().zip(self.remembered))
            .filter(|(_, (taken, _))| !**taken)
            .map(|(index, (_, identity))| (index, *identity))
            .collect();
        free.into_iter()
    }

    /// Equal items at the ends of both lists.
    fn by_suffix(&mut self, prefix: usize) {
        let most = self.view.len().min(self.remembered.len()) - prefix;
        for back in 1..=most {
            let (item, other) = (self.view.len() - back, self.remembered.len() - back);
            let equal = self.view.get(item).map(|identity| identity.whole)
                == self.remembered.get(other).map(|identity| identity.whole);
            let free =
                self.pairs.get(item).is_some_and(Option::is_none) && self.taken.get(other) == Some(&false);
            if !(equal && free) {
                break;
            }
            self.set(item, other);
        }
    }

    /// Equal items, the k-th with the k-th.
    fn by_whole(&mut self) {
        // For each digest the first free remembered item, and for each of those the next one.
        let mut first: HashMap<u64, usize> = HashMap::new();
        let mut next: Vec<Option<usize>> = vec![None; self.remembered.len()];
        for (index, identity) in self.free_remembered().rev() {
            if let Some(slot) = next.get_mut(index) {
                *slot = first.insert(identity.whole, index);
            }
        }
        for (item, identity) in self.free_view() {
            let Some(index) = first.remove(&identity.whole) else { continue };
            if let Some(after) = next.get(index).copied().flatten() {
                first.insert(identity.whole, after);
            }
            self.set(item, index);
        }
    }

    /// Items whose key stands once on both sides.
    fn by_unique_weak(&mut self) {
        #[derive(Default)]
        struct Seen {
            remembered: Option<usize>,
            item: Option<usize>,
            twice: bool,
        }
        let mut seen: HashMap<u64, Seen> = HashMap::new();
        for (index, identity) in self.free_remembered().filter(|(_, identity)| identity.weak != 0) {
            let entry = seen.entry(identity.weak).or_default();
            entry.twice |= entry.remembered.replace(index).is_some();
        }
        for (item, identity) in self.free_view() {
            if let Some(entry) = seen.get_mut(&identity.weak) {
                entry.twice |= entry.item.replace(item).is_some();
            }
        }
        for (item, identity) in self.free_view() {
            if let Some(Seen { remembered: Some(index), twice: false, .. }) = seen.get(&identity.weak) {
                self.set(item, *index);
            }
        }
    }

    /// As many unpaired items after a paired one on both sides: in order. Whether a run was left that is not so.
    fn by_runs(&mut self) -> bool {
        let mut unclear = false;
        let mut item = 0;
        let mut after = 0;
        while item < self.view.len() {
            if let Some(pair) = self.pairs.get(item).copied().flatten() {
                after = pair as usize + 1;
                item += 1;
                continue;
            }
            let run = self.pairs.iter().skip(item).take_while(|pair| pair.is_none()).count();
            let gap = self.taken.iter().skip(after).take_while(|taken| !**taken).count();
            if run == gap {
                for offset in 0..run {
                    self.set(item + offset, after + offset);
                }
            } else if gap > 0 {
                unclear = true;
            }
            item += run;
        }
        unclear
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `a1` is an item with key `a` and content `1`; `-` as key is none.
    fn identities(text: &str) -> Vec<Identity> {
        text.split_whitespace()
            .map(|item| {
                let key = item.as_bytes()[0];
                let whole = item.bytes().fold(0, |sum, byte| sum * 256 + u64::from(byte));
                Identity { whole, weak: if key == b'-' { 0 } else { u64::from(key) } }
            })
            .collect()
    }

    fn check(remembered: &str, view: &str, expected: &str) {
        check_hinted(remembered, view, false, expected);
    }

    fn check_hinted(remembered: &str, view: &str, hinted: bool, expected: &str) {
        let pairing = pair(&identities(remembered), &identities(view), hinted);
        let mut text: Vec<String> =
            pairing.pairs.iter().map(|pair| pair.map_or("+".into(), |index| index.to_string())).collect();
        if pairing.unclear {
            text.push("unclear".into());
        }
        assert_eq!(text.join(" "), expected, "{remembered} -> {view}");
        let paired = pairing.pairs.iter().flatten().count();
        assert_eq!(pairing.unpaired.len() + paired, remembered.split_whitespace().count());
    }

    #[test]
    fn edits_of_lists() {
        check("a1 b1 c1", "a1 b1 c1", "0 1 2");
        check("a1 b1 c1", "n1 a1 b1 c1", "+ 0 1 2");
        check("a1 b1 c1", "a1 n1 b1 c1", "0 + 1 2");
        check("a1 b1 c1", "a1 b1 c1 n1", "0 1 2 +");
        check("a1 b1 c1", "a1 c1", "0 2");
        check("a1 b1 c1", "c1 b1 a1", "2 1 0");
        check("a1 b1 c1", "a1 b2 c1", "0 1 2");
        check("a1 b1 c1", "", "");
        check("", "a1 b1", "+ +");
        // Without keys: a changed item is known by where it stands.
        check("-1 -2 -3", "-1 -9 -3", "0 1 2");
        check("-1 -2 -3", "-9 -2 -3", "0 1 2");
        check("-1 -2 -3", "-1 -8 -9 -3", "0 + + 2 unclear");
        check("-1 -1 -1", "-1 -1", "0 1");
        check("-1 -2 -1 -2", "-2 -1 -2", "1 2 3");
    }

    #[test]
    fn keys_pair_what_changed_and_moved() {
        check("a1 b1 c1", "c2 b1 a2", "2 1 0");
        // A key that stands twice decides nothing.
        check("a1 a2 c1", "a3 c1", "+ 2 unclear");
        // Hinted, the key comes before the content.
        check_hinted("a1 b1", "b1 a1", true, "1 0");
        check("-1 -1", "-1 -2 -1", "0 + 1");
    }

    proptest! {
        #[test]
        fn a_pairing_is_one_to_one(
            remembered in proptest::collection::vec((0u64..6, 0u64..4), 0..20),
            view in proptest::collection::vec((0u64..6, 0u64..4), 0..20),
            hinted in any::<bool>(),
        ) {
            let make = |list: &[(u64, u64)]| -> Vec<Identity> {
                list.iter().map(|(whole, weak)| Identity { whole: *whole, weak: *weak }).collect()
            };
            let (remembered, view) = (make(&remembered), make(&view));
            let pairing = pair(&remembered, &view, hinted);
            prop_assert_eq!(&pairing, &pair(&remembered, &view, hinted));
            let mut seen: Vec<u32> = pairing.pairs.iter().flatten().copied().collect();
            seen.extend(&pairing.unpaired);
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..remembered.len() as u32).collect::<Vec<_>>());
            let same = pair(&view, &view, hinted);
            prop_assert_eq!(same.pairs, (0..view.len() as u32).map(Some).collect::<Vec<_>>());
        }
    }
}
