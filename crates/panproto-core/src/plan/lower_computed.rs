//! What is computed, as tables.

use super::lower::{Lowering, push};
use super::names::Names;
use super::table::{Apply, Conditional, Conditions, Held, Input, NONE, Ways};
use crate::lens::machine::{ApplyRule, BranchRule, Check, Condition, ObjectRule, Place, SlotRole};
use crate::name::Name;
use crate::ordered::{Arrange, BTreeMap};

/// The values that are held while an object is read.
#[derive(Default)]
pub(super) struct Holding {
    /// Where they stand on the side that is read.
    pub(super) places: BTreeMap<Place, u32>,
    /// For each computation what it reads: forwards its inputs, backwards its outputs.
    pub(super) of: Vec<Vec<Held>>,
}

impl Lowering<'_> {
    pub(super) fn apply(&mut self, rule: &ApplyRule) -> u32 {
        self.code.computes = true;
        let check = self.check(&Check::Valid(rule.target), &Check::Valid(rule.source));
        let remembered = match self.forward {
            true => NONE,
            false => push(&mut self.code.checks, self.checks.0.at(rule.source)),
        };
        let apply = Apply { rule: rule.clone(), forward: self.forward, check, remembered };
        push(&mut self.code.applies, apply)
    }

    pub(super) fn ways(&mut self, rule: &BranchRule) -> u32 {
        self.code.computes = true;
        let ways = Ways {
            forward: self.forward,
            conditions: conditions(rule.when.iter()),
            arms: rule.arms.iter().map(|state| state.0).collect(),
        };
        push(&mut self.code.ways, ways)
    }

    /// Whether the computations of an object are run while it streams.
    pub(super) fn streams(&self, rule: &ObjectRule) -> bool {
        let (_, to) = self.pick(&rule.source, &rule.target);
        to.len() == 1
            && rule.computes.iter().all(|compute| {
                compute.inputs.iter().all(|input| !self.forward || place(rule, &input.way).is_some())
            })
    }

    pub(super) fn holding(&mut self, rule: &ObjectRule) -> Holding {
        let mut holding = Holding::default();
        self.code.computes |= rule.computes();
        let mut hold = |place: Place, way: &[Name], fill| {
            let next = holding.places.len() as u32;
            let at = *holding.places.entry(place).or_insert(next);
            Held { at, way: way.to_vec(), fill }
        };
        for compute in &rule.computes {
            let held = if self.forward {
                let inputs = compute.inputs.iter().filter_map(|input| place(rule, &input.way));
                inputs.map(|(place, way)| hold(place, way, None)).collect()
            } else {
                let outputs = compute.outputs.iter().map(|(_, place)| {
                    let container = rule.target.get(place.container as usize);
                    let slot = container.and_then(|container| container.slots.get(place.slot as usize));
                    let fill = match slot.map(|slot| &slot.role) {
                        Some(SlotRole::Output { fill: Some(fill), .. }) => {
                            Some(fill.as_str().as_bytes().into())
                        }
                        _ => None,
                    };
                    hold(*place, &[], fill)
                });
                outputs.collect()
            };
            holding.of.push(held);
        }
        holding
    }

    /// Forwards, the conditions over the containers that are read. Backwards, the members that conditions leave out.
    pub(super) fn conditional(&self, rule: &ObjectRule, inputs: &mut [Input]) -> Vec<Conditional> {
        let all = (0u32..)
            .zip(&rule.links)
            .filter_map(|(index, link)| Some((index, link.source, link.survives.as_ref()?)));
        if self.forward {
            for (container, input) in (0u32..).zip(inputs) {
                let here: Vec<_> = all.clone().filter(|(_, place, _)| place.container == container).collect();
                input.conditions = conditions(here.iter().map(|(_, _, condition)| *condition));
                input.conditional = here.iter().map(|(link, ..)| *link).collect();
            }
            return Vec::new();
        }
        let name = |place: Place| {
            let container = rule.source.get(place.container as usize)?;
            container.slots.get(place.slot as usize).map(|slot| slot.name.clone())
        };
        all.map(|(link, place, condition)| Conditional {
            condition: condition.clone(),
            name: name(place).unwrap_or_default(),
            link,
        })
        .collect()
    }
}

fn conditions<'c>(list: impl Iterator<Item = &'c Condition> + Clone) -> Conditions {
    let mut names: Vec<&Name> = list.clone().flat_map(|condition| &condition.names).collect();
    names.arrange();
    names.dedup();
    Conditions { names: Names::new(names.iter().map(|name| name.as_str())), all: list.cloned().collect() }
}

/// The member at which a way leaves the opened containers of the source, and the rest of the way from there.
fn place<'w>(rule: &ObjectRule, way: &'w [Name]) -> Option<(Place, &'w [Name])> {
    let mut container = 0;
    for (at, name) in way.iter().enumerate() {
        let here = rule.source.get(container as usize)?;
        let slot = here.slot_named(name.as_bytes())?;
        match here.slots.get(slot as usize)?.role {
            SlotRole::Container(inner) => container = inner,
            _ => return Some((Place { container, slot }, way.get(at + 1..)?)),
        }
    }
    None
}
