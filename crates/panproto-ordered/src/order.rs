//! The order of what a map holds: places in order, each with the slot where key and value are.

use std::cmp::Ordering;

/// A leaf that grows past this is split in two.
const MOST: usize = 128;

/// A tree of one level: leaves of slots, in order, none of them empty. Without leaves the slots stand in order
/// themselves, as they do in a map that was filled in order.
#[derive(Clone, Default)]
pub(super) struct Order {
    leaves: Vec<Vec<usize>>,
    len: usize,
}

/// Where an entry is or would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    leaf: usize,
    at: usize,
}

impl Order {
    pub(super) const fn new() -> Order {
        Order { leaves: Vec::new(), len: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The slot of what compares as equal; else the place where it would stand.
    #[inline(never)]
    pub(super) fn search(&self, compare: &mut dyn FnMut(usize) -> Ordering) -> Result<(usize, Place), Place> {
        if self.leaves.is_empty() {
            return halve(self.len, compare)
                .map(|at| (at, Place { leaf: 0, at }))
                .map_err(|at| Place { leaf: 0, at });
        }
        let first = |leaf: usize| self.leaves.get(leaf).and_then(|slots| slots.first());
        let leaf =
            halve(self.leaves.len(), &mut |leaf| first(leaf).map_or(Ordering::Less, |slot| compare(*slot)));
        let leaf = match leaf {
            Ok(leaf) => {
                return first(leaf).map(|slot| (*slot, Place { leaf, at: 0 })).ok_or(Place { leaf, at: 0 });
            }
            Err(after) => after.saturating_sub(1),
        };
        let slots = self.leaves.get(leaf).map_or(&[][..], Vec::as_slice);
        let at_slot = &mut |at: usize| match slots.get(at) {
            Some(slot) => compare(*slot),
            None => Ordering::Less,
        };
        match halve(slots.len(), at_slot) {
            Ok(at) => slots.get(at).map(|slot| (*slot, Place { leaf, at })).ok_or(Place { leaf, at }),
            Err(at) => Err(Place { leaf, at }),
        }
    }

    /// As [`search`](Order::search), quick where it comes after everything else.
    pub(super) fn search_from_end(
        &self,
        compare: &mut dyn FnMut(usize) -> Ordering,
    ) -> Result<(usize, Place), Place> {
        match self.slots().next_back() {
            None => Err(Place { leaf: 0, at: 0 }),
            Some(last) if compare(last) == Ordering::Less => Err(self.end()),
            Some(_) => self.search(compare),
        }
    }

    fn end(&self) -> Place {
        match self.leaves.last() {
            None => Place { leaf: 0, at: self.len },
            Some(last) => Place { leaf: self.leaves.len() - 1, at: last.len() },
        }
    }

    /// The next slot stands at a place that a search has named.
    #[inline(never)]
    pub(super) fn insert(&mut self, place: Place) {
        let slot = self.len;
        self.len += 1;
        if self.leaves.is_empty() && place.at == slot {
            return;
        }
        let [Place { leaf, at }] = self.bend(slot, [place]);
        let Some(slots) = self.leaves.get_mut(leaf) else {
            self.leaves.push(vec![slot]);
            return;
        };
        slots.insert(at.min(slots.len()), slot);
        if slots.len() > MOST {
            // What is filled in order keeps full leaves.
            let cut = if at + 1 == slots.len() { MOST } else { MOST / 2 };
            let rest = slots.split_off(cut);
            self.leaves.insert(leaf + 1, rest);
        }
    }

    /// Takes the entry at a place away. The last slot is free then: what was there moves to `slot`, which `last`,
    /// the place of the last slot, is told.
    #[inline(never)]
    pub(super) fn remove(&mut self, slot: usize, place: Place, last: Place) {
        self.len -= 1;
        if self.leaves.is_empty() && place.at == self.len {
            return;
        }
        let [last, Place { leaf, at }] = self.bend(self.len + 1, [last, place]);
        if let Some(moved) = self.leaves.get_mut(last.leaf).and_then(|slots| slots.get_mut(last.at)) {
            *moved = slot;
        }
        if let Some(slots) = self.leaves.get_mut(leaf) {
            slots.remove(at);
            if slots.is_empty() {
                self.leaves.remove(leaf);
            }
        }
    }

    /// Makes leaves of the first `len` slots where there are none, and says where the places are now.
    fn bend<const N: usize>(&mut self, len: usize, places: [Place; N]) -> [Place; N] {
        if !self.leaves.is_empty() {
            return places;
        }
        const HALF: usize = MOST / 2;
        let slots: Vec<usize> = (0..len).collect();
        self.leaves = slots.chunks(HALF).map(<[usize]>::to_vec).collect();
        places.map(|Place { at, .. }| Place { leaf: at / HALF, at: at % HALF })
    }

    /// The swaps that bring the slots in order, after which they stand in order themselves.
    #[inline(never)]
    pub(super) fn straighten(&mut self) -> Vec<(usize, usize)> {
        let leaves = std::mem::take(&mut self.leaves);
        super::sort::swaps(leaves.concat())
    }

    /// The slots, in order.
    pub(super) fn slots(&self) -> Slots<'_> {
        let back = self.end();
        Slots { leaves: &self.leaves, front: Place { leaf: 0, at: 0 }, back, left: self.len }
    }

    /// The slots from a place on, in order.
    pub(super) fn slots_from(&self, place: Place) -> Slots<'_> {
        let full = |leaves: &[Vec<usize>]| leaves.iter().map(Vec::len).sum::<usize>();
        let before = self.leaves.get(..place.leaf).map_or(0, full) + place.at;
        Slots { front: place, left: self.len.saturating_sub(before), ..self.slots() }
    }
}

/// Of `0..len`, the one that compares as equal, or the first that is greater.
fn halve(len: usize, compare: &mut dyn FnMut(usize) -> Ordering) -> Result<usize, usize> {
    let (mut from, mut to) = (0, len);
    while from < to {
        let middle = from + (to - from) / 2;
        match compare(middle) {
            Ordering::Equal => return Ok(middle),
            Ordering::Less => from = middle + 1,
            Ordering::Greater => to = middle,
        }
    }
    Err(from)
}

/// Slots in the order of their keys.
#[derive(Clone)]
pub(super) struct Slots<'a> {
    leaves: &'a [Vec<usize>],
    front: Place,
    /// Behind the last one.
    back: Place,
    left: usize,
}

impl Iterator for Slots<'_> {
    type Item = usize;

    #[inline(never)]
    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        if self.leaves.is_empty() {
            self.front.at += 1;
            return Some(self.front.at - 1);
        }
        loop {
            let slots = self.leaves.get(self.front.leaf)?;
            if let Some(slot) = slots.get(self.front.at) {
                self.front.at += 1;
                return Some(*slot);
            }
            self.front = Place { leaf: self.front.leaf + 1, at: 0 };
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl DoubleEndedIterator for Slots<'_> {
    #[inline(never)]
    fn next_back(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        loop {
            if let Some(at) = self.back.at.checked_sub(1) {
                self.back.at = at;
                return if self.leaves.is_empty() {
                    Some(at)
                } else {
                    self.leaves.get(self.back.leaf)?.get(at).copied()
                };
            }
            let leaf = self.back.leaf.checked_sub(1)?;
            self.back = Place { leaf, at: self.leaves.get(leaf)?.len() };
        }
    }
}

impl ExactSizeIterator for Slots<'_> {}
