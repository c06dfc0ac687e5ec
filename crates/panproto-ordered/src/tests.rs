use super::{Arrange, BTreeMap, BTreeSet, Entry};
use proptest::prelude::*;
use std::collections;

/// What is done to both maps.
#[derive(Clone, Debug)]
enum Act {
    Insert(u16, u32),
    Count(u16),
    Remove(u16),
    First,
    Retain(u16),
    From(u16),
    Change,
}

fn act() -> impl Strategy<Value = Act> {
    let key = prop_oneof![0..40_u16, 0..2000_u16];
    prop_oneof![
        8 => (key.clone(), any::<u32>()).prop_map(|(key, value)| Act::Insert(key, value)),
        4 => key.clone().prop_map(Act::Count),
        3 => key.clone().prop_map(Act::Remove),
        1 => Just(Act::First),
        1 => (2..9_u16).prop_map(Act::Retain),
        1 => key.prop_map(Act::From),
        1 => Just(Act::Change),
    ]
}

fn same(ours: &BTreeMap<u16, u32>, theirs: &collections::BTreeMap<u16, u32>) {
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.iter().eq(theirs), "{ours:?} {theirs:?}");
    assert!(ours.iter().rev().eq(theirs.iter().rev()));
    assert!(ours.keys().eq(theirs.keys()) && ours.values().eq(theirs.values()));
    assert_eq!(ours.first_key_value(), theirs.first_key_value());
    assert_eq!(ours.last_key_value(), theirs.last_key_value());
}

fn both(start: u16, acts: Vec<Act>) {
    let mut ours: BTreeMap<u16, u32> = (0..start).rev().map(|key| (key * 3, 0)).collect();
    let mut theirs: collections::BTreeMap<u16, u32> = (0..start).map(|key| (key * 3, 0)).collect();
    for act in acts {
        match act {
            Act::Insert(key, value) => assert_eq!(ours.insert(key, value), theirs.insert(key, value)),
            Act::Count(key) => {
                *ours.entry(key).or_default() ^= 1;
                *theirs.entry(key).or_default() ^= 1;
                assert_eq!(ours.get(&key), theirs.get(&key));
                assert!(
                    matches!(ours.entry(key), Entry::Occupied(entry) if Some(entry.get()) == theirs.get(&key))
                );
            }
            Act::Remove(key) => {
                assert_eq!(ours.contains_key(&key), theirs.contains_key(&key));
                assert_eq!(ours.remove(&key), theirs.remove(&key));
            }
            Act::First => assert_eq!(ours.pop_first(), theirs.pop_first()),
            Act::Retain(of) => {
                ours.retain(|key, _| key % of != 0);
                theirs.retain(|key, _| key % of != 0);
            }
            Act::From(key) => {
                assert!(ours.range(key..).eq(theirs.range(key..)));
                assert!(ours.range(key..).rev().eq(theirs.range(key..).rev()));
            }
            Act::Change => {
                for (at, (key, value)) in ours.iter_mut().enumerate() {
                    *value = u32::from(*key) + at as u32;
                }
                for (at, (key, value)) in theirs.iter_mut().enumerate() {
                    *value = u32::from(*key) + at as u32;
                }
            }
        }
        same(&ours, &theirs);
    }
    assert!(ours.clone().into_keys().eq(theirs.clone().into_keys()));
    assert!(ours.into_iter().eq(theirs));
}

proptest! {
    #[test]
    fn maps_do_as_those_of_the_standard_library(
        start in prop_oneof![Just(0_u16), 0..600_u16],
        acts in prop::collection::vec(act(), 0..120),
    ) {
        both(start, acts);
    }

    #[test]
    fn sets_do_as_those_of_the_standard_library(
        left in prop::collection::vec(0..300_u16, 0..200),
        right in prop::collection::vec(0..300_u16, 0..200),
    ) {
        let ours: [BTreeSet<u16>; 2] = [left.iter().copied().collect(), right.iter().copied().collect()];
        let theirs: [collections::BTreeSet<u16>; 2] = [left.into_iter().collect(), right.into_iter().collect()];
        let [one, other] = &ours;
        let [a, b] = &theirs;
        prop_assert!(one.iter().eq(a) && other.iter().rev().eq(b.iter().rev()));
        prop_assert!(one.union(other).eq(a.union(b)));
        prop_assert!(one.intersection(other).eq(a.intersection(b)));
        prop_assert!(one.difference(other).eq(a.difference(b)));
        prop_assert_eq!(one.is_subset(other), a.is_subset(b));
        prop_assert_eq!(one.is_disjoint(other), a.is_disjoint(b));
        prop_assert_eq!(one.cmp(other), a.cmp(b));
        prop_assert_eq!(one == other, a == b);
        prop_assert_eq!((one.first(), one.last()), (a.first(), a.last()));
        prop_assert!(one.clone().into_iter().eq(a.clone()));
    }

    #[test]
    fn slices_are_sorted_as_by_the_standard_library(
        mut pairs in prop::collection::vec((0..20_u8, any::<u16>()), 0..300),
    ) {
        let mut expected = pairs.clone();
        expected.sort_by_key(|pair| pair.0);
        pairs.arrange_by_key(|pair| pair.0);
        prop_assert_eq!(&pairs, &expected, "equal keys stay as they stood");
        expected.sort_by(|a, b| b.cmp(a));
        pairs.arrange_by(|a, b| b.cmp(a));
        prop_assert_eq!(&pairs, &expected);
        expected.sort();
        pairs.arrange();
        prop_assert_eq!(&pairs, &expected);
    }
}

#[test]
fn large_maps_are_filled_from_both_ends_and_the_middle() {
    const LEN: u32 = 20_000;
    let rising: BTreeMap<u32, u32> = (0..LEN).map(|key| (key, key)).collect();
    let falling: BTreeMap<u32, u32> = (0..LEN).rev().map(|key| (key, key)).collect();
    let mixed: BTreeMap<u32, u32> = (0..LEN).map(|key| (key * 7919 % LEN, key * 7919 % LEN)).collect();
    assert!(rising == falling && falling == mixed);
    let mut emptied = mixed;
    for key in 0..LEN {
        assert_eq!(emptied.pop_first(), Some((key, key)));
    }
    assert!(emptied.is_empty() && emptied.iter().next_back().is_none());
}

#[test]
fn sorting_compares_little() {
    let compared = |mut numbers: Vec<u32>| {
        let mut count = 0_u32;
        numbers.arrange_by(|a, b| {
            count += 1;
            a.cmp(b)
        });
        assert!(numbers.is_sorted());
        count
    };
    assert_eq!(compared((0..1000).collect()), 999);
    assert!(compared((0..1000).rev().collect()) < 10_000);
    assert!(compared((0..1000).map(|at| at * 7919 % 1009).collect()) < 12_000);
}
