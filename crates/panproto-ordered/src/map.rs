//! Ordered maps.

use super::entry::{Entry, OccupiedEntry, VacantEntry};
use super::iter::{IntoIter, IntoKeys, Iter, IterMut, Keys, Values};
use super::keys::Sorted;
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Index, RangeFrom};

/// A map in the order of its keys, with the interface of [`std::collections::BTreeMap`].
///
/// ```
/// use panproto_ordered::BTreeMap;
///
/// let mut ages = BTreeMap::from([("Ada", 36), ("Alan", 41)]);
/// *ages.entry("Ada").or_default() += 1;
/// ages.insert("Grace", 85);
/// assert_eq!(ages.remove("Alan"), Some(41));
/// assert_eq!(ages.iter().collect::<Vec<_>>(), [(&"Ada", &37), (&"Grace", &85)]);
/// ```
#[derive(Clone)]
pub struct BTreeMap<K, V> {
    pub(super) keys: Sorted<K>,
    /// Each in the slot of its key.
    pub(super) values: Vec<V>,
}

impl<K, V> BTreeMap<K, V> {
    /// A map of nothing.
    pub const fn new() -> BTreeMap<K, V> {
        BTreeMap { keys: Sorted::new(), values: Vec::new() }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes all entries away.
    pub fn clear(&mut self) {
        *self = BTreeMap::new();
    }

    /// The entries in the order of their keys.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter { slots: self.keys.slots(), keys: &self.keys.keys, values: &self.values }
    }

    /// The keys in order.
    pub fn keys(&self) -> Keys<'_, K> {
        Keys { slots: self.keys.slots(), keys: &self.keys.keys }
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> Values<'_, V> {
        Values { slots: self.keys.slots(), values: &self.values }
    }

    /// The entries in the order of their keys, with values that can be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        self.straighten();
        self.keys.keys.iter().zip(self.values.iter_mut())
    }

    /// The values in the order of their keys, to be changed.
    pub fn values_mut(&mut self) -> std::slice::IterMut<'_, V> {
        self.straighten();
        self.values.iter_mut()
    }

    /// The keys in order, without the map.
    pub fn into_keys(mut self) -> IntoKeys<K> {
        self.straighten();
        self.keys.keys.into_iter()
    }

    /// The values in the order of their keys, without the map.
    pub fn into_values(mut self) -> std::vec::IntoIter<V> {
        self.straighten();
        self.values.into_iter()
    }

    /// The entry of the least key.
    pub fn first_key_value(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// The entry of the greatest key.
    pub fn last_key_value(&self) -> Option<(&K, &V)> {
        self.iter().next_back()
    }

    fn straighten(&mut self) {
        let values = &mut self.values;
        self.keys.straighten(&mut |a, b| values.swap(a, b));
    }
}

impl<K: Ord, V> BTreeMap<K, V> {
    /// The value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.values.get(self.keys.find(key).ok()?.0)
    }

    /// The value of a key, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.values.get_mut(self.keys.find(key).ok()?.0)
    }

    /// The key as the map holds it, and its value.
    pub fn get_key_value<Q: Ord + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        let (slot, _) = self.keys.find(key).ok()?;
        Some((self.keys.get(slot)?, self.values.get(slot)?))
    }

    /// Whether there is such a key.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.keys.find(key).is_ok()
    }

    /// Gives a key a value, and what it had before. A key that is there stays as it is.
    #[inline(never)]
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.keys.find_new(&key) {
            Ok((slot, _)) => self.values.get_mut(slot).map(|known| std::mem::replace(known, value)),
            Err(place) => {
                self.keys.insert(place, key);
                self.values.push(value);
                None
            }
        }
    }

    /// Takes a key away, and gives its value.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        Some(self.remove_entry(key)?.1)
    }

    /// Takes a key away, and gives it with its value.
    pub fn remove_entry<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<(K, V)>
    where
        K: Borrow<Q>,
    {
        let (slot, place) = self.keys.find(key).ok()?;
        Some((self.keys.remove(slot, place), self.values.swap_remove(slot)))
    }

    /// Takes the entry of the least key.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        let slot = self.keys.slots().next()?;
        let (slot, place) = self.keys.find(self.keys.get(slot)?).ok()?;
        Some((self.keys.remove(slot, place), self.values.swap_remove(slot)))
    }

    /// The place of a key, with a value or free.
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        match self.keys.find_new(&key) {
            Ok((slot, _)) => Entry::Occupied(OccupiedEntry { map: self, slot }),
            Err(place) => Entry::Vacant(VacantEntry { map: self, place, key }),
        }
    }

    /// The entries from a key on.
    pub fn range(&self, from: RangeFrom<K>) -> Iter<'_, K, V> {
        let place = self.keys.find(&from.start).map_or_else(|place| place, |(_, place)| place);
        Iter { slots: self.keys.order.slots_from(place), ..self.iter() }
    }

    /// Keeps the entries that are wanted. They are asked in the order of their keys.
    pub fn retain(&mut self, mut wanted: impl FnMut(&K, &mut V) -> bool) {
        self.straighten();
        let keys = std::mem::take(&mut self.keys);
        for (key, mut value) in keys.keys.into_iter().zip(std::mem::take(&mut self.values)) {
            if wanted(&key, &mut value) {
                self.insert(key, value);
            }
        }
    }

    /// Moves all entries of another map here.
    pub fn append(&mut self, other: &mut BTreeMap<K, V>) {
        self.extend(std::mem::take(other));
    }
}

impl<K, V> Default for BTreeMap<K, V> {
    fn default() -> Self {
        BTreeMap::new()
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for BTreeMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = BTreeMap::new();
        map.extend(entries);
        map
    }
}

impl<K: Ord, V, const N: usize> From<[(K, V); N]> for BTreeMap<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K: Ord, V> Extend<(K, V)> for BTreeMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<'a, K: Ord + Copy, V: Copy> Extend<(&'a K, &'a V)> for BTreeMap<K, V> {
    fn extend<I: IntoIterator<Item = (&'a K, &'a V)>>(&mut self, entries: I) {
        self.extend(entries.into_iter().map(|(key, value)| (*key, *value)));
    }
}

impl<K, V> IntoIterator for BTreeMap<K, V> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(mut self) -> IntoIter<K, V> {
        self.straighten();
        self.keys.keys.into_iter().zip(self.values)
    }
}

impl<'a, K, V> IntoIterator for &'a BTreeMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<'a, K, V> IntoIterator for &'a mut BTreeMap<K, V> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;

    fn into_iter(self) -> IterMut<'a, K, V> {
        self.iter_mut()
    }
}

impl<K: Borrow<Q> + Ord, V, Q: Ord + ?Sized> Index<&Q> for BTreeMap<K, V> {
    type Output = V;

    /// The value of a key that is there, as in the standard library.
    fn index(&self, key: &Q) -> &V {
        #[expect(clippy::expect_used, reason = "what indexing is: whoever may lack the key asks `get`")]
        self.get(key).expect("the map has no such key")
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for BTreeMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other)
    }
}

impl<K: Eq, V: Eq> Eq for BTreeMap<K, V> {}

impl<K: PartialOrd, V: PartialOrd> PartialOrd for BTreeMap<K, V> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.iter().partial_cmp(other)
    }
}

impl<K: Ord, V: Ord> Ord for BTreeMap<K, V> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other)
    }
}

impl<K: Hash, V: Hash> Hash for BTreeMap<K, V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.len().hash(state);
        for entry in self {
            entry.hash(state);
        }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for BTreeMap<K, V> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_map().entries(self).finish()
    }
}
