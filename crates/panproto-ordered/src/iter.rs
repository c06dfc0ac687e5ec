//! Iterators over maps and sets, in the order of the keys.

use super::order::Slots;
use std::iter::Zip;
use std::{slice, vec};

/// Entries without their map.
pub type IntoIter<K, V> = Zip<vec::IntoIter<K>, vec::IntoIter<V>>;
/// Keys without their map, or the elements of a set without it.
pub type IntoKeys<K> = vec::IntoIter<K>;
/// Entries whose values can be changed.
pub type IterMut<'a, K, V> = Zip<slice::Iter<'a, K>, slice::IterMut<'a, V>>;
/// Elements of a set.
pub type SetIter<'a, K> = Keys<'a, K>;

/// Entries of a map.
pub struct Iter<'a, K, V> {
    pub(super) slots: Slots<'a>,
    pub(super) keys: &'a [K],
    pub(super) values: &'a [V],
}

/// Keys of a map.
pub struct Keys<'a, K> {
    pub(super) slots: Slots<'a>,
    pub(super) keys: &'a [K],
}

/// Values of a map.
pub struct Values<'a, V> {
    pub(super) slots: Slots<'a>,
    pub(super) values: &'a [V],
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        let slot = self.slots.next()?;
        Some((self.keys.get(slot)?, self.values.get(slot)?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.slots.size_hint()
    }
}

impl<K, V> DoubleEndedIterator for Iter<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let slot = self.slots.next_back()?;
        Some((self.keys.get(slot)?, self.values.get(slot)?))
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Iter { slots: self.slots.clone(), ..*self }
    }
}

impl<'a, K> Iterator for Keys<'a, K> {
    type Item = &'a K;

    fn next(&mut self) -> Option<Self::Item> {
        self.keys.get(self.slots.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.slots.size_hint()
    }
}

impl<K> DoubleEndedIterator for Keys<'_, K> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.keys.get(self.slots.next_back()?)
    }
}

impl<K> ExactSizeIterator for Keys<'_, K> {}

impl<K> Clone for Keys<'_, K> {
    fn clone(&self) -> Self {
        Keys { slots: self.slots.clone(), ..*self }
    }
}

impl<'a, V> Iterator for Values<'a, V> {
    type Item = &'a V;

    fn next(&mut self) -> Option<Self::Item> {
        self.values.get(self.slots.next()?)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.slots.size_hint()
    }
}

impl<V> DoubleEndedIterator for Values<'_, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.values.get(self.slots.next_back()?)
    }
}

impl<V> ExactSizeIterator for Values<'_, V> {}

impl<V> Clone for Values<'_, V> {
    fn clone(&self) -> Self {
        Values { slots: self.slots.clone(), ..*self }
    }
}
