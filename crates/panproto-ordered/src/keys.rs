//! Keys in order: what maps and sets share.

use super::order::{Order, Place, Slots};
use std::borrow::Borrow;
use std::cmp::Ordering;

/// Each key in its slot, with the order of the slots.
#[derive(Clone)]
pub(super) struct Sorted<K> {
    pub(super) keys: Vec<K>,
    pub(super) order: Order,
}

impl<K> Sorted<K> {
    pub(super) const fn new() -> Sorted<K> {
        Sorted { keys: Vec::new(), order: Order::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    pub(super) fn get(&self, slot: usize) -> Option<&K> {
        self.keys.get(slot)
    }

    pub(super) fn slots(&self) -> Slots<'_> {
        self.order.slots()
    }

    /// Slots in the order of their keys from now on; `swap` moves along what belongs to them.
    pub(super) fn straighten(&mut self, swap: &mut dyn FnMut(usize, usize)) {
        for (a, b) in self.order.straighten() {
            self.keys.swap(a, b);
            swap(a, b);
        }
    }
}

impl<K: Ord> Sorted<K> {
    /// The slot of a key and its place.
    #[inline(never)]
    pub(super) fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<(usize, Place), Place>
    where
        K: Borrow<Q>,
    {
        self.order.search(&mut |slot| self.compare(slot, key))
    }

    /// The slot of a key that may be new and greater than all others.
    #[inline(never)]
    pub(super) fn find_new(&self, key: &K) -> Result<(usize, Place), Place> {
        self.order.search_from_end(&mut |slot| self.compare(slot, key))
    }

    #[inline(always)]
    fn compare<Q: Ord + ?Sized>(&self, slot: usize, key: &Q) -> Ordering
    where
        K: Borrow<Q>,
    {
        // INVARIANT: the slots of the order are those of the keys. A search spends its time here, so there is no call
        // that code compiled for size would leave as one.
        match self.keys.get(slot) {
            Some(known) => known.borrow().cmp(key),
            None => Ordering::Less,
        }
    }

    /// A new key in the next slot.
    pub(super) fn insert(&mut self, place: Place, key: K) {
        self.order.insert(place);
        self.keys.push(key);
    }

    /// Takes a key away; the last slot moves to where it was.
    #[inline(never)]
    pub(super) fn remove(&mut self, slot: usize, place: Place) -> K {
        let last = match self.keys.last().map(|last| self.order.search(&mut |slot| self.compare(slot, last)))
        {
            Some(Ok((_, place))) => place,
            _ => place,
        };
        self.order.remove(slot, place, last);
        self.keys.swap_remove(slot)
    }
}

impl<K> Default for Sorted<K> {
    fn default() -> Self {
        Sorted::new()
    }
}
