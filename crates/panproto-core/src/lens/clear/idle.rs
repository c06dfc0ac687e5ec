//! Members of the view that have the value that the lens fills, and that the source requires in an object that may be
//! absent: they alone are no reason to make the object.

use super::closing::restorable;
use super::object::{Restored, Route, Walk};
use super::placement::{Step, place};
use super::recall::Recall;
use crate::lens::machine::Place;
use crate::ordered::BTreeSet;
use std::borrow::Cow;

/// Whether a link is of a member that its object requires, and the object is one of the source alone.
pub(super) fn may_idle(walk: &Walk<'_, '_>, link: u32) -> bool {
    let place = walk.sides.link(link).source;
    let container = walk.sides.rule.source.get(place.container as usize);
    container.is_some_and(|container| {
        container.counterpart.is_none()
            && container.slots.get(place.slot as usize).is_some_and(|slot| slot.required)
    })
}

/// The steps of the walk over a view without those of idle members whose object is not in the record.
pub(super) fn steps<'w>(walk: &'w Walk<'_, '_>, recall: &Recall<'_>, restored: &Restored) -> Cow<'w, [Step]> {
    if walk.idle.is_empty() {
        return Cow::Borrowed(&walk.steps);
    }
    let mut idle = walk.idle.clone();
    loop {
        let is_needed = |step: &&Step| !matches!(step, Step::Member { index, .. } if idle.contains(index));
        let steps: Vec<Step> = walk.steps.iter().filter(is_needed).copied().collect();
        let mut placement = place(walk.sides, &steps, &walk.travellers);
        for made in restored.inputs.keys() {
            placement.arrive(walk.sides, made.container);
        }
        let exists = restorable(walk, recall, &placement);
        // What makes its object, or is all that an object of the view has, is written.
        let written: BTreeSet<usize> = idle
            .iter()
            .copied()
            .filter(|index| match walk.travellers.get(*index).map(|traveller| traveller.route) {
                Some(Route::Link(link)) => {
                    exists.get(walk.sides.to(link).container as usize) == Some(&true)
                        || !is_shown(walk, &steps, walk.sides.from(link))
                }
                _ => true,
            })
            .collect();
        if written.is_empty() {
            return Cow::Owned(steps);
        }
        idle.retain(|index| !written.contains(index));
    }
}

/// Whether the view has the object of a place although nothing comes to the place from the source.
fn is_shown(walk: &Walk<'_, '_>, steps: &[Step], place: Place) -> bool {
    let sides = walk.sides;
    let mut container = place.container;
    loop {
        let read = sides.reads(container);
        let Some(parent) = read.parent else { return true };
        let arrives = |step: &Step| match *step {
            Step::Member { index, from } => {
                sides.is_inside(from, container)
                    && walk.travellers.get(index).is_some_and(|traveller| traveller.route != Route::Stay)
            }
            Step::Enter(inner) => {
                sides.reads(inner).counterpart.is_some() && sides.is_inside(inner, container)
            }
            Step::Leave(_) | Step::Output => false,
        };
        let computed = walk.outputs.keys().any(|(compute, output)| {
            let rule = sides.rule.computes.get(*compute as usize);
            let place = rule.and_then(|rule| rule.outputs.get(*output as usize));
            place.is_some_and(|(_, place)| sides.is_inside(place.container, container))
        });
        if read.counterpart.is_none()
            && !sides.turned().requires(container)
            && !computed
            && !steps.iter().any(arrives)
        {
            return false;
        }
        container = parent.container;
    }
}
