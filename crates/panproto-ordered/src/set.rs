//! Ordered sets.

use super::iter::{IntoKeys, SetIter};
use super::keys::Sorted;
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A set in the order of its elements, with the interface of [`std::collections::BTreeSet`].
///
/// ```
/// use panproto_ordered::BTreeSet;
///
/// let mut seen = BTreeSet::from(["b", "a"]);
/// assert!(seen.insert("c"));
/// assert!(!seen.insert("a"));
/// assert_eq!(seen.iter().collect::<Vec<_>>(), [&"a", &"b", &"c"]);
/// ```
#[derive(Clone)]
pub struct BTreeSet<K> {
    keys: Sorted<K>,
}

impl<K> BTreeSet<K> {
    /// A set of nothing.
    pub const fn new() -> BTreeSet<K> {
        BTreeSet { keys: Sorted::new() }
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes all elements away.
    pub fn clear(&mut self) {
        *self = BTreeSet::new();
    }

    /// The elements in order.
    pub fn iter(&self) -> SetIter<'_, K> {
        SetIter { slots: self.keys.slots(), keys: &self.keys.keys }
    }

    /// The least element.
    pub fn first(&self) -> Option<&K> {
        self.iter().next()
    }

    /// The greatest element.
    pub fn last(&self) -> Option<&K> {
        self.iter().next_back()
    }
}

impl<K: Ord> BTreeSet<K> {
    /// Whether it is in the set.
    pub fn contains<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.keys.find(key).is_ok()
    }

    /// The element that is equal to this one.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&K>
    where
        K: Borrow<Q>,
    {
        self.keys.get(self.keys.find(key).ok()?.0)
    }

    /// Adds an element; whether it is new. One that is there stays as it is.
    #[inline(never)]
    pub fn insert(&mut self, key: K) -> bool {
        match self.keys.find_new(&key) {
            Ok(_) => false,
            Err(place) => {
                self.keys.insert(place, key);
                true
            }
        }
    }

    /// Takes an element away; whether it was there.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.take(key).is_some()
    }

    /// Takes an element away and gives it.
    pub fn take<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<K>
    where
        K: Borrow<Q>,
    {
        let (slot, place) = self.keys.find(key).ok()?;
        Some(self.keys.remove(slot, place))
    }

    /// Takes the least element.
    pub fn pop_first(&mut self) -> Option<K> {
        let (slot, place) = self.keys.find(self.first()?).ok()?;
        Some(self.keys.remove(slot, place))
    }

    /// Keeps the elements that are wanted. They are asked in order.
    pub fn retain(&mut self, mut wanted: impl FnMut(&K) -> bool) {
        for key in std::mem::take(self) {
            if wanted(&key) {
                self.insert(key);
            }
        }
    }

    /// Moves all elements of another set here.
    pub fn append(&mut self, other: &mut BTreeSet<K>) {
        self.extend(std::mem::take(other));
    }

    /// Whether all elements are in the other set.
    pub fn is_subset(&self, other: &BTreeSet<K>) -> bool {
        self.len() <= other.len() && self.iter().all(|key| other.contains(key))
    }

    /// Whether all elements of the other set are here.
    pub fn is_superset(&self, other: &BTreeSet<K>) -> bool {
        other.is_subset(self)
    }

    /// Whether no element is in the other set.
    pub fn is_disjoint(&self, other: &BTreeSet<K>) -> bool {
        !self.iter().any(|key| other.contains(key))
    }

    /// What is in both, in order.
    pub fn intersection<'a>(&'a self, other: &'a BTreeSet<K>) -> impl Iterator<Item = &'a K> {
        self.iter().filter(|key| other.contains(*key))
    }

    /// What is not in the other, in order.
    pub fn difference<'a>(&'a self, other: &'a BTreeSet<K>) -> impl Iterator<Item = &'a K> {
        self.iter().filter(|key| !other.contains(*key))
    }

    /// What is in one of them, in order.
    pub fn union<'a>(&'a self, other: &'a BTreeSet<K>) -> impl Iterator<Item = &'a K> {
        let (mut left, mut right) = (self.iter().peekable(), other.iter().peekable());
        std::iter::from_fn(move || {
            let order = match (left.peek(), right.peek()) {
                (Some(left), Some(right)) => left.cmp(right),
                (None, _) => Ordering::Greater,
                (_, None) => Ordering::Less,
            };
            match order {
                Ordering::Less => left.next(),
                Ordering::Greater => right.next(),
                Ordering::Equal => {
                    right.next();
                    left.next()
                }
            }
        })
    }
}

impl<K> Default for BTreeSet<K> {
    fn default() -> Self {
        BTreeSet::new()
    }
}

impl<K: Ord> FromIterator<K> for BTreeSet<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut set = BTreeSet::new();
        set.extend(keys);
        set
    }
}

impl<K: Ord, const N: usize> From<[K; N]> for BTreeSet<K> {
    fn from(keys: [K; N]) -> Self {
        keys.into_iter().collect()
    }
}

impl<K: Ord> Extend<K> for BTreeSet<K> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, keys: I) {
        for key in keys {
            self.insert(key);
        }
    }
}

impl<'a, K: Ord + Copy + 'a> Extend<&'a K> for BTreeSet<K> {
    fn extend<I: IntoIterator<Item = &'a K>>(&mut self, keys: I) {
        self.extend(keys.into_iter().copied());
    }
}

impl<K> IntoIterator for BTreeSet<K> {
    type Item = K;
    type IntoIter = IntoKeys<K>;

    fn into_iter(mut self) -> IntoKeys<K> {
        self.keys.straighten(&mut |_, _| {});
        self.keys.keys.into_iter()
    }
}

impl<'a, K> IntoIterator for &'a BTreeSet<K> {
    type Item = &'a K;
    type IntoIter = SetIter<'a, K>;

    fn into_iter(self) -> SetIter<'a, K> {
        self.iter()
    }
}

impl<K: PartialEq> PartialEq for BTreeSet<K> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other)
    }
}

impl<K: Eq> Eq for BTreeSet<K> {}

impl<K: PartialOrd> PartialOrd for BTreeSet<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.iter().partial_cmp(other)
    }
}

impl<K: Ord> Ord for BTreeSet<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other)
    }
}

impl<K: Hash> Hash for BTreeSet<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        for key in self {
            key.hash(state);
        }
    }
}

impl<K: fmt::Debug> fmt::Debug for BTreeSet<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self).finish()
    }
}
