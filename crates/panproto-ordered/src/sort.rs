//! The stable sort: a merge sort over positions, then the swaps that bring the elements there.

use std::cmp::Ordering;

/// Runs of this length are sorted by insertion before they are merged.
const RUN: usize = 8;

/// Sorting that is compiled once. The sorts are stable and make `O(n log n)` comparisons; an ordered slice costs `n`.
pub trait Arrange<T> {
    /// Sorts by the order of the elements.
    ///
    /// ```
    /// use panproto_ordered::Arrange;
    /// let mut numbers = vec![3, 1, 2];
    /// numbers.arrange();
    /// assert_eq!(numbers, [1, 2, 3]);
    /// ```
    fn arrange(&mut self)
    where
        T: Ord;

    /// Sorts by a comparison.
    ///
    /// ```
    /// use panproto_ordered::Arrange;
    /// let mut numbers = vec![3, 1, 2];
    /// numbers.arrange_by(|a, b| b.cmp(a));
    /// assert_eq!(numbers, [3, 2, 1]);
    /// ```
    fn arrange_by(&mut self, compare: impl FnMut(&T, &T) -> Ordering);

    /// Sorts by a key of each element, which is asked for anew in each comparison.
    ///
    /// ```
    /// use panproto_ordered::Arrange;
    /// let mut words = vec!["mice", "of", "men"];
    /// words.arrange_by_key(|word| word.len());
    /// assert_eq!(words, ["of", "men", "mice"]);
    /// ```
    fn arrange_by_key<K: Ord>(&mut self, key: impl FnMut(&T) -> K);
}

impl<T> Arrange<T> for [T] {
    fn arrange(&mut self)
    where
        T: Ord,
    {
        self.arrange_by(T::cmp);
    }

    #[inline(never)]
    fn arrange_by(&mut self, mut compare: impl FnMut(&T, &T) -> Ordering) {
        let swaps = swaps_that_sort(self.len(), &mut |a, b| match (self.get(a), self.get(b)) {
            (Some(a), Some(b)) => compare(a, b),
            // INVARIANT: positions are below the length.
            _ => Ordering::Equal,
        });
        for (a, b) in swaps {
            self.swap(a, b);
        }
    }

    fn arrange_by_key<K: Ord>(&mut self, mut key: impl FnMut(&T) -> K) {
        self.arrange_by(|a, b| key(a).cmp(&key(b)));
    }
}

/// Sorts numbers by the sort of the standard library: where comparing costs less than a call, a copy of it pays.
///
/// ```
/// let mut numbers = [3, 1, 2];
/// panproto_ordered::arrange_numbers(&mut numbers);
/// assert_eq!(numbers, [1, 2, 3]);
/// ```
#[inline(never)]
pub fn arrange_numbers(numbers: &mut [u64]) {
    numbers.sort_unstable();
}

/// The swaps, one after another, that sort `len` elements, which are compared by their positions now.
#[inline(never)]
fn swaps_that_sort(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<(usize, usize)> {
    if (1..len).all(|at| compare(at - 1, at) != Ordering::Greater) {
        return Vec::new();
    }
    swaps(sorted(len, compare))
}

/// The positions in the order of their elements.
fn sorted(len: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut after = |a, b| compare(a, b) == Ordering::Greater;
    let mut at: Vec<usize> = (0..len).collect();
    for run in at.chunks_mut(RUN) {
        insert(run, &mut after);
    }
    let mut merged = Vec::with_capacity(at.len());
    let mut width = RUN;
    while width < at.len() {
        merged.clear();
        for pair in at.chunks(width.saturating_mul(2)) {
            let (left, right) = pair.split_at(width.min(pair.len()));
            merge(left, right, &mut merged, &mut after);
        }
        std::mem::swap(&mut at, &mut merged);
        width = width.saturating_mul(2);
    }
    at
}

fn insert(run: &mut [usize], after: &mut dyn FnMut(usize, usize) -> bool) {
    for end in 1..run.len() {
        let mut at = end;
        while let Some([left, right]) = at.checked_sub(1).and_then(|left| run.get(left..=at)) {
            if !after(*left, *right) {
                break;
            }
            run.swap(at - 1, at);
            at -= 1;
        }
    }
}

/// Puts two sorted runs together; of equal elements, those on the left first.
fn merge(
    mut left: &[usize],
    mut right: &[usize],
    merged: &mut Vec<usize>,
    after: &mut dyn FnMut(usize, usize) -> bool,
) {
    if let (Some(last), Some(first)) = (left.last(), right.first())
        && !after(*last, *first)
    {
        merged.extend_from_slice(left);
        merged.extend_from_slice(right);
        return;
    }
    while let ([l, left_rest @ ..], [r, right_rest @ ..]) = (left, right) {
        if after(*l, *r) {
            merged.push(*r);
            right = right_rest;
        } else {
            merged.push(*l);
            left = left_rest;
        }
    }
    merged.extend_from_slice(left);
    merged.extend_from_slice(right);
}

/// The swaps that bring each element to its place, where `from` says which position now has the one that belongs
/// there. Each position is swapped once.
pub(super) fn swaps(mut from: Vec<usize>) -> Vec<(usize, usize)> {
    let mut swaps = Vec::new();
    for start in 0..from.len() {
        let mut here = start;
        while let Some(place) = from.get_mut(here) {
            let next = std::mem::replace(place, here);
            if next == start || next == here {
                break;
            }
            swaps.push((here, next));
            here = next;
        }
    }
    swaps
}
