//! The bounded table of built objects: digest to object, least recently used goes first.
//!
//! A slot is a serial number that is never given twice, and a generation is a part of the object's digest. So a handle
//! that outlived its object names nothing, and one of another instance names nothing either, unless it names the very
//! same object.

use crate::ordered::BTreeMap;
use std::collections::HashMap;

/// BLAKE3 of an object's kind and bytes.
pub type Digest = [u8; 32];

/// Names a built object of one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    /// Serial number.
    pub slot: u32,
    /// First bytes of the digest.
    pub generation: u32,
}

/// How much a table holds before the least recently used objects leave it.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Objects.
    pub objects: usize,
    /// Bytes of their encodings, as a measure of what they take when built.
    pub bytes: usize,
}

/// Built objects of one instance.
#[derive(Debug)]
pub(super) struct Table<T> {
    capacity: Capacity,
    entries: HashMap<u32, Entry<T>>,
    /// Slots by digest. Never iterated: what leaves the core has an order.
    slots: HashMap<Digest, u32>,
    /// Slots by the time of their last use.
    used: BTreeMap<u64, u32>,
    clock: u64,
    next: u32,
    bytes: usize,
}

#[derive(Debug)]
struct Entry<T> {
    object: T,
    digest: Digest,
    bytes: usize,
    used: u64,
}

impl<T> Table<T> {
    /// An empty table.
    pub(super) fn new(capacity: Capacity) -> Table<T> {
        Table {
            capacity,
            entries: HashMap::new(),
            slots: HashMap::new(),
            used: BTreeMap::new(),
            clock: 0,
            next: 1,
            bytes: 0,
        }
    }

    /// Keeps an object whose encoding has `bytes` bytes. One that is there already keeps its slot.
    /// None if the serial numbers are used up.
    pub(super) fn insert(&mut self, digest: Digest, bytes: usize, object: T) -> Option<Handle> {
        if let Some(&slot) = self.slots.get(&digest) {
            self.touch(slot);
            return Some(Handle { slot, generation: generation(&digest) });
        }
        let slot = self.next;
        self.next = slot.checked_add(1)?;
        self.clock += 1;
        self.entries.insert(slot, Entry { object, digest, bytes, used: self.clock });
        self.slots.insert(digest, slot);
        self.used.insert(self.clock, slot);
        self.bytes = self.bytes.saturating_add(bytes);
        self.shrink(slot);
        Some(Handle { slot, generation: generation(&digest) })
    }

    /// The object with a digest.
    pub(super) fn find(&mut self, digest: &Digest) -> Option<&T> {
        let slot = *self.slots.get(digest)?;
        self.touch(slot);
        self.entries.get(&slot).map(|entry| &entry.object)
    }

    /// The handle of the object with a digest.
    pub(super) fn handle(&mut self, digest: &Digest) -> Option<Handle> {
        let slot = *self.slots.get(digest)?;
        self.touch(slot);
        Some(Handle { slot, generation: generation(digest) })
    }

    /// The object behind a handle; none if the handle is stale or foreign.
    pub(super) fn get(&mut self, handle: Handle) -> Option<&mut T> {
        if generation(&self.entries.get(&handle.slot)?.digest) != handle.generation {
            return None;
        }
        self.touch(handle.slot);
        self.entries.get_mut(&handle.slot).map(|entry| &mut entry.object)
    }

    /// The digest of the object behind a handle; none if the handle is stale or foreign.
    pub(super) fn digest(&mut self, handle: Handle) -> Option<Digest> {
        self.get(handle)?;
        self.entries.get(&handle.slot).map(|entry| entry.digest)
    }

    /// Forgets the object behind a handle; false if there was none.
    pub(super) fn remove(&mut self, handle: Handle) -> bool {
        let live = self
            .entries
            .get(&handle.slot)
            .is_some_and(|entry| generation(&entry.digest) == handle.generation);
        if live {
            self.drop_slot(handle.slot);
        }
        live
    }

    fn touch(&mut self, slot: u32) {
        if let Some(entry) = self.entries.get_mut(&slot)
            && entry.used != self.clock
        {
            self.used.remove(&entry.used);
            self.clock += 1;
            entry.used = self.clock;
            self.used.insert(self.clock, slot);
        }
    }

    /// Drops the least recently used, but never `newest`: an object too large for the table still serves its call.
    fn shrink(&mut self, newest: u32) {
        while self.entries.len() > self.capacity.objects || self.bytes > self.capacity.bytes {
            let Some((_, &slot)) = self.used.first_key_value() else { return };
            if slot == newest {
                return;
            }
            self.drop_slot(slot);
        }
    }

    fn drop_slot(&mut self, slot: u32) {
        if let Some(entry) = self.entries.remove(&slot) {
            self.slots.remove(&entry.digest);
            self.used.remove(&entry.used);
            self.bytes = self.bytes.saturating_sub(entry.bytes);
        }
    }
}

fn generation(digest: &Digest) -> u32 {
    digest.first_chunk::<4>().copied().map_or(0, u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(of: u32) -> Digest {
        *blake3::hash(&of.to_be_bytes()).as_bytes()
    }

    fn table(objects: usize, bytes: usize) -> Table<u32> {
        Table::new(Capacity { objects, bytes })
    }

    #[test]
    fn the_least_recently_used_leaves() {
        let mut table = table(2, 1000);
        for of in [1, 2] {
            table.insert(digest(of), 1, of);
        }
        assert_eq!(table.find(&digest(1)), Some(&1));
        table.insert(digest(3), 1, 3);
        assert_eq!(table.find(&digest(2)), None);
        assert_eq!(table.find(&digest(1)), Some(&1));
        assert_eq!(table.find(&digest(3)), Some(&3));
    }

    #[test]
    fn bytes_count_and_the_newest_stays() {
        let mut table = table(100, 10);
        table.insert(digest(1), 6, 1);
        table.insert(digest(2), 6, 2);
        assert_eq!(table.find(&digest(1)), None);
        assert_eq!(table.find(&digest(2)), Some(&2));
        table.insert(digest(3), 1000, 3);
        assert_eq!(table.find(&digest(2)), None);
        assert_eq!(table.find(&digest(3)), Some(&3));
    }

    #[test]
    fn stale_and_foreign_handles_name_nothing() {
        let mut here = table(1, 1000);
        let mut there = table(1, 1000);
        let stale = here.insert(digest(1), 1, 1).unwrap();
        let foreign = there.insert(digest(2), 1, 2).unwrap();
        assert_eq!(foreign.slot, stale.slot);
        assert_eq!(here.get(foreign), None);
        here.insert(digest(3), 1, 3);
        assert_eq!(here.get(stale), None);
        assert!(!here.remove(stale));
        let again = here.insert(digest(1), 1, 1).unwrap();
        assert_ne!(again, stale);
        assert_eq!(here.get(again), Some(&mut 1));
        assert!(here.remove(again));
        assert_eq!(here.get(again), None);
    }

    #[test]
    fn the_same_bytes_have_the_same_slot() {
        let mut table = table(4, 1000);
        assert_eq!(table.insert(digest(1), 1, 1), table.insert(digest(1), 1, 1));
    }
}
