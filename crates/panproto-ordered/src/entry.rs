//! Places of a map: with a value, or free.

use super::map::BTreeMap;
use super::order::Place;

/// The place of a key in a map.
pub enum Entry<'a, K, V> {
    /// The key has a value.
    Occupied(OccupiedEntry<'a, K, V>),
    /// It has none.
    Vacant(VacantEntry<'a, K, V>),
}

/// The place of a key that has a value.
pub struct OccupiedEntry<'a, K, V> {
    pub(super) map: &'a mut BTreeMap<K, V>,
    pub(super) slot: usize,
}

/// The place of a key that has no value.
pub struct VacantEntry<'a, K, V> {
    pub(super) map: &'a mut BTreeMap<K, V>,
    pub(super) place: Place,
    pub(super) key: K,
}

impl<'a, K: Ord, V> Entry<'a, K, V> {
    /// The value that is there, or else this one.
    pub fn or_insert(self, value: V) -> &'a mut V {
        match self {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(value),
        }
    }

    /// The value that is there, or else one that is made now.
    pub fn or_insert_with(self, value: impl FnOnce() -> V) -> &'a mut V {
        match self {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(value()),
        }
    }

    /// The value that is there, or else the default of its type.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }
}

impl<'a, K, V> OccupiedEntry<'a, K, V> {
    /// The value.
    pub fn get(&self) -> &V {
        value(&self.map.values, self.slot)
    }

    /// The value, to be changed.
    pub fn get_mut(&mut self) -> &mut V {
        value_mut(&mut self.map.values, self.slot)
    }

    /// The value, to be changed for as long as the map is borrowed.
    pub fn into_mut(self) -> &'a mut V {
        value_mut(&mut self.map.values, self.slot)
    }

    /// Puts another value in the place of the one that is there.
    pub fn insert(&mut self, value: V) -> V {
        std::mem::replace(self.get_mut(), value)
    }
}

impl<'a, K: Ord, V> VacantEntry<'a, K, V> {
    /// Gives the key a value.
    pub fn insert(self, value: V) -> &'a mut V {
        let slot = self.map.values.len();
        self.map.keys.insert(self.place, self.key);
        self.map.values.push(value);
        value_mut(&mut self.map.values, slot)
    }
}

#[expect(clippy::indexing_slicing, reason = "an entry has the slot of a key, and each key has a value")]
fn value<V>(values: &[V], slot: usize) -> &V {
    &values[slot]
}

#[expect(clippy::indexing_slicing, reason = "an entry has the slot of a key, and each key has a value")]
fn value_mut<V>(values: &mut [V], slot: usize) -> &mut V {
    &mut values[slot]
}
