//! Lower and upper bounds: of strings in their three units, of numbers, of items, members and blobs.

use super::{Facts, Outcome};
use crate::schema::{Constraint, Sort, TypeSet};
use crate::value::{Decimal, number};
use std::cmp::Ordering;

/// Whether values satisfy a bound.
pub(super) fn decide(facts: &Facts<'_>, constraint: &Constraint) -> Outcome {
    let Some(bound) = Decimal::parse(constraint.value.as_str().as_bytes()) else { return Outcome::Unknown };
    // What cannot be below zero.
    if is_lower(constraint.sort) && !is_numeric(constraint.sort) && (bound.is_zero() || bound.is_negative()) {
        return Outcome::Implied;
    }
    let implied = match constraint.sort {
        Sort::MinLength => {
            any(facts, &[Sort::MinLength, Sort::MinGraphemes], &bound, Ordering::is_ge)
                || quarter(facts, &bound)
        }
        Sort::MaxLength => any(facts, &[Sort::MaxLength, Sort::MaxBytes], &bound, Ordering::is_le),
        Sort::MinBytes => {
            let sorts = [Sort::MinBytes, Sort::MinLength, Sort::MinGraphemes];
            any(facts, &sorts, &bound, Ordering::is_ge)
        }
        Sort::MaxBytes => any(facts, &[Sort::MaxBytes], &bound, Ordering::is_le) || fourfold(facts, &bound),
        Sort::MinGraphemes => any(facts, &[Sort::MinGraphemes], &bound, Ordering::is_ge),
        Sort::MaxGraphemes => {
            let sorts = [Sort::MaxGraphemes, Sort::MaxLength, Sort::MaxBytes];
            any(facts, &sorts, &bound, Ordering::is_le)
        }
        Sort::Minimum => {
            any(facts, &[Sort::Minimum, Sort::ExclusiveMinimum], &bound, Ordering::is_ge)
                || integral(facts, constraint, &[Sort::Minimum, Sort::ExclusiveMinimum])
        }
        Sort::Maximum => {
            any(facts, &[Sort::Maximum, Sort::ExclusiveMaximum], &bound, Ordering::is_le)
                || integral(facts, constraint, &[Sort::Maximum, Sort::ExclusiveMaximum])
        }
        Sort::ExclusiveMinimum => {
            any(facts, &[Sort::ExclusiveMinimum], &bound, Ordering::is_ge)
                || any(facts, &[Sort::Minimum], &bound, Ordering::is_gt)
                || integral(facts, constraint, &[Sort::Minimum, Sort::ExclusiveMinimum])
        }
        Sort::ExclusiveMaximum => {
            any(facts, &[Sort::ExclusiveMaximum], &bound, Ordering::is_le)
                || any(facts, &[Sort::Maximum], &bound, Ordering::is_lt)
                || integral(facts, constraint, &[Sort::Maximum, Sort::ExclusiveMaximum])
        }
        sort => any(facts, &[sort], &bound, if is_lower(sort) { Ordering::is_ge } else { Ordering::is_le }),
    };
    if implied {
        return Outcome::Implied;
    }
    // Bounds in another unit or from the other side may still leave nothing to refuse.
    let crossing = |own: &&Constraint| {
        let other = own.sort != constraint.sort;
        other
            && super::restricts(own.sort, facts.is_bytes)
                .meets(super::restricts(constraint.sort, facts.is_bytes))
    };
    let mut others = facts.constraints.iter().copied().filter(crossing);
    let harmless = |own: &Constraint| {
        if is_lower(own.sort) != is_lower(constraint.sort) {
            // The other end of the same scale: what is refused lies beyond it only if the bounds cross.
            return scale(own.sort) == scale(constraint.sort) && own_range(facts, own, is_lower(own.sort));
        }
        // The same end in another unit: it lets pass what is refused if it is far enough away.
        if is_numeric(own.sort) { numeric_allows(own, &bound) } else { far(own, &bound, is_lower(own.sort)) }
    };
    if others.all(harmless) { Outcome::Refuted } else { Outcome::Unknown }
}

/// Whether an upper bound is at most `limit`.
pub(super) fn at_most(constraint: &Constraint, limit: u32) -> bool {
    number::cmp(constraint.value.as_str().as_bytes(), limit.to_string().as_bytes())
        .is_some_and(Ordering::is_le)
}

fn is_lower(sort: Sort) -> bool {
    matches!(
        sort,
        Sort::MinLength
            | Sort::MinBytes
            | Sort::MinGraphemes
            | Sort::Minimum
            | Sort::ExclusiveMinimum
            | Sort::MinItems
            | Sort::MinProperties
    )
}

fn is_numeric(sort: Sort) -> bool {
    matches!(sort, Sort::Minimum | Sort::Maximum | Sort::ExclusiveMinimum | Sort::ExclusiveMaximum)
}

/// Bounds on one scale are compared with each other.
fn scale(sort: Sort) -> u8 {
    match sort {
        Sort::MinLength | Sort::MaxLength => 1,
        Sort::MinBytes | Sort::MaxBytes => 2,
        Sort::MinGraphemes | Sort::MaxGraphemes => 3,
        Sort::MinItems | Sort::MaxItems => 4,
        Sort::MinProperties | Sort::MaxProperties => 5,
        Sort::MaxSize => 6,
        sort if is_numeric(sort) => 7,
        _ => 0,
    }
}

/// Whether one of the constraints of these sorts compares to the bound as wanted.
fn any(facts: &Facts<'_>, sorts: &[Sort], bound: &Decimal<'_>, wanted: fn(Ordering) -> bool) -> bool {
    sorts
        .iter()
        .flat_map(|sort| facts.of(*sort))
        .any(|own| Decimal::parse(own.value.as_str().as_bytes()).is_some_and(|own| wanted(own.cmp(bound))))
}

/// A code point takes four bytes at most: `n` code points take at most `4 n` bytes.
fn fourfold(facts: &Facts<'_>, bound: &Decimal<'_>) -> bool {
    let Some(bound) = bound.to_i128() else { return false };
    !facts.is_bytes
        && facts.of(Sort::MaxLength).any(|own| {
            let own = Decimal::parse(own.value.as_str().as_bytes()).and_then(|own| own.to_i128());
            own.and_then(|own| own.checked_mul(4)).is_some_and(|own| own <= bound)
        })
}

/// At least `4 n - 3` bytes are at least `n` code points.
fn quarter(facts: &Facts<'_>, bound: &Decimal<'_>) -> bool {
    let Some(bound) = bound.to_i128().and_then(|bound| bound.checked_mul(4)) else { return false };
    facts.of(Sort::MinBytes).any(|own| {
        let own = Decimal::parse(own.value.as_str().as_bytes()).and_then(|own| own.to_i128());
        own.is_some_and(|own| own >= bound - 3)
    })
}

/// Among integers, above 3 means at least 4, and up to 3.5 means up to 3.
fn integral(facts: &Facts<'_>, constraint: &Constraint, sorts: &[Sort]) -> bool {
    let Some(bound) = last_integer(constraint) else { return false };
    let lower = is_lower(constraint.sort);
    !facts.types.meets(TypeSet::FRACTION)
        && sorts
            .iter()
            .flat_map(|sort| facts.of(*sort))
            .filter_map(last_integer)
            .any(|own| if lower { own >= bound } else { own <= bound })
}

/// The integer next to a numeric bound that it lets pass.
fn last_integer(constraint: &Constraint) -> Option<i128> {
    let bound = Decimal::parse(constraint.value.as_str().as_bytes())?;
    let (floor, whole) = match bound.to_i128() {
        Some(floor) => (floor, true),
        None => (bound.floor()?, false),
    };
    Some(match constraint.sort {
        Sort::Minimum if whole => floor,
        Sort::Maximum => floor,
        Sort::ExclusiveMaximum if whole => floor.checked_sub(1)?,
        Sort::ExclusiveMaximum => floor,
        _ => floor.checked_add(1)?,
    })
}

/// Whether the position's own range is not empty, seen from one of its ends.
fn own_range(facts: &Facts<'_>, end: &Constraint, lower: bool) -> bool {
    let Some(value) = Decimal::parse(end.value.as_str().as_bytes()) else { return false };
    facts.constraints.iter().filter(|own| scale(own.sort) == scale(end.sort)).all(|own| {
        let Some(other) = Decimal::parse(own.value.as_str().as_bytes()) else { return false };
        match (lower, is_lower(own.sort)) {
            (true, false) => {
                value < other || value == other && !is_exclusive(own.sort) && !is_exclusive(end.sort)
            }
            (false, true) => {
                other < value || value == other && !is_exclusive(own.sort) && !is_exclusive(end.sort)
            }
            _ => true,
        }
    })
}

fn is_exclusive(sort: Sort) -> bool {
    matches!(sort, Sort::ExclusiveMinimum | Sort::ExclusiveMaximum)
}

/// Whether a bound in another unit is so far away that it lets a value pass that `bound` refuses.
fn far(own: &Constraint, bound: &Decimal<'_>, lower: bool) -> bool {
    let own = Decimal::parse(own.value.as_str().as_bytes()).and_then(|own| own.to_i128());
    let Some((own, bound)) = own.zip(bound.to_i128()) else { return false };
    // One ASCII character is one byte, one code point, one grapheme cluster.
    if lower { own < bound } else { own > bound }
}

/// Whether a numeric bound at the same end lets something pass beyond `bound`.
fn numeric_allows(own: &Constraint, bound: &Decimal<'_>) -> bool {
    let Some(value) = Decimal::parse(own.value.as_str().as_bytes()) else { return false };
    // A whole step of room, so that it holds for integers as well.
    let (Some(value), Some(bound)) = (value.to_i128(), bound.to_i128()) else { return false };
    if is_lower(own.sort) { value + 1 < bound } else { value - 1 > bound }
}
