//! What is computed in one of two stages, where the other one only calls it by another name.
//!
//! A computation looks at what it reads and remembers what it consumes. Where the other stage copies all of that, and
//! says nothing of absence, the fused computation sees the same values, remembers the same tokens and refuses the
//! same views.

use super::build::{Matches, Way};
use super::exact::{is_identity, same_value};
use super::moved::Rules;
use super::object::{Sides, is_neutral};
use super::verify::Verifier;
use super::{Answer, below, obstacle};
use crate::expr::Expr;
use crate::lens::machine::{ApplyRule, ComputeRule, Container, Link, ObjectRule, Place, SlotRole};
use crate::migration::{Apply, Compute, Migration, ObjectMatch};
use crate::name::Name;
use crate::schema::EdgeId;

/// The computations of two matches that follow one another, with the ways of the outer schemas.
pub(super) fn computes(
    (first, second): (&Migration, &Migration),
    (one, two): (&ObjectMatch, &ObjectMatch),
    path: &str,
) -> Answer<Vec<Compute>> {
    let (back, forth) = (Matches::of(first, false), Matches::of(second, true));
    let mut computes = one.computes.clone();
    for output in computes.iter_mut().flat_map(|compute| &mut compute.outputs) {
        let Some((way, _)) = forth.follow(two, &output.way) else {
            return obstacle(path, "what is computed is dropped again, or computed with");
        };
        output.way = way;
    }
    let mut others = two.computes.clone();
    for input in others.iter_mut().flat_map(|compute| &mut compute.inputs) {
        let Some((way, _)) = back.follow(one, &input.way) else {
            return obstacle(path, "what is computed with was added or computed before");
        };
        input.way = way;
    }
    computes.append(&mut others);
    Ok(computes)
}

/// The expression that a value goes through on its way from an edge to an edge, of which one stage copies.
pub(super) fn apply(
    (first, second): (&Migration, &Migration),
    (from, via, to): (EdgeId, EdgeId, EdgeId),
    path: &str,
) -> Answer<Option<Apply>> {
    match (first.applies.get(&(from, via)), second.applies.get(&(via, to))) {
        (Some(_), Some(_)) => obstacle(path, "the value goes through two expressions"),
        (one, two) => Ok(one.or(two).cloned()),
    }
}

/// Whether two expressions in place of a state do the same: values at both positions are the same.
pub(super) fn same_apply(left: &ApplyRule, right: &ApplyRule) -> bool {
    let same_names = |expr: &Expr, left: &[Name], right: &[Name]| {
        expr.free_variables().iter().all(|name| left.contains(name) == right.contains(name))
    };
    left.forward == right.forward
        && left.backward == right.backward
        && left.class == right.class
        && same_names(&left.forward, &left.names.0, &right.names.0)
        && left.backward.as_ref().is_none_or(|expr| same_names(expr, &left.names.1, &right.names.1))
}

/// Whether the same is computed of the same members; containers are known to be the same.
pub(super) fn same_computes(left: &ObjectRule, right: &ObjectRule) -> bool {
    left.computes.len() == right.computes.len()
        && left.computes.iter().zip(&right.computes).all(|(left, right)| {
            let inputs = left.inputs.iter().zip(&right.inputs);
            same_formula(left, right)
                && left.outputs == right.outputs
                && inputs.into_iter().all(|(left, right)| {
                    left.name == right.name && left.way == right.way && left.consumed == right.consumed
                })
        })
}

fn same_formula(left: &ComputeRule, right: &ComputeRule) -> bool {
    left.forward == right.forward
        && left.backward == right.backward
        && left.attrs == right.attrs
        && left.class == right.class
        && left.inputs.len() == right.inputs.len()
        && left.outputs.len() == right.outputs.len()
}

/// The name of a member of the object itself.
fn own_name(containers: &[Container], place: Place) -> Option<&Name> {
    let container = containers.first().filter(|_| place.container == 0)?;
    container.slots.get(place.slot as usize).map(|slot| &slot.name)
}

const OTHERWISE: &str = "what is computed, or computed with, is more than renamed by the other stage";

impl Verifier<'_> {
    /// What the stages compute in an object, and what the fused rule does.
    pub(super) fn computed(&self, rules: Rules<'_>, path: &str) -> Answer<()> {
        let Rules { one, two, whole } = rules;
        let survives = |rule: &ObjectRule| rule.links.iter().any(|link| link.survives.is_some());
        if survives(one) || survives(two) || survives(whole) {
            return obstacle(path, "a condition says whether a member is shown");
        }
        let count = one.computes.len() + two.computes.len();
        if count == 0 && whole.computes.is_empty() {
            return Ok(());
        }
        if !rules.is_flat() || whole.computes.len() != count {
            return obstacle(path, "values are computed where members move between objects");
        }
        let stages = one.computes.iter().map(|rule| (rule, true));
        let stages = stages.chain(two.computes.iter().map(|rule| (rule, false)));
        for ((stage, is_first), fused) in stages.zip(&whole.computes) {
            let same = same_formula(stage, fused)
                && if is_first {
                    self.first_computes(rules, stage, fused)
                } else {
                    self.second_computes(rules, stage, fused)
                };
            if !same {
                return obstacle(path, OTHERWISE);
            }
        }
        Ok(())
    }

    fn first_computes(&self, rules: Rules<'_>, stage: &ComputeRule, fused: &ComputeRule) -> bool {
        let Rules { one, two, whole } = rules;
        let inputs = stage.inputs.iter().zip(&fused.inputs).all(|(left, right)| {
            let names = |rule: &ObjectRule, place: Option<Place>| {
                place.map(|place| own_name(&rule.source, place).cloned())
            };
            left.name == right.name
                && left.way == right.way
                && names(one, left.consumed) == names(whole, right.consumed)
        });
        let outputs = stage.outputs.iter().zip(&fused.outputs).all(|(left, right)| {
            let Some(between) = own_name(&one.target, left.1) else { return false };
            let link = two.links.iter().find(|link| own_name(&two.source, link.source) == Some(between));
            left.0 == right.0
                && link.is_some_and(|link| {
                    self.second_copies(two, link)
                        && own_name(&two.target, link.target) == own_name(&whole.target, right.1)
                })
        });
        inputs && outputs
    }

    fn second_computes(&self, rules: Rules<'_>, stage: &ComputeRule, fused: &ComputeRule) -> bool {
        let Rules { one, two, whole } = rules;
        let inputs = stage.inputs.iter().zip(&fused.inputs).all(|(left, right)| {
            let (Some((between, below)), Some((outer, below_outer))) =
                (left.way.split_first(), right.way.split_first())
            else {
                return false;
            };
            let link = one.links.iter().find(|link| own_name(&one.target, link.target) == Some(between));
            let consumed = match (left.consumed, right.consumed) {
                (None, None) => true,
                (Some(left), Some(right)) => {
                    own_name(&two.source, left) == Some(between)
                        && own_name(&whole.source, right) == Some(outer)
                }
                _ => false,
            };
            left.name == right.name
                && below == below_outer
                && consumed
                && link.is_some_and(|link| {
                    self.first_copies(one, link) && own_name(&one.source, link.source) == Some(outer)
                })
        });
        let outputs = stage.outputs.iter().zip(&fused.outputs).all(|(left, right)| {
            left.0 == right.0 && own_name(&two.target, left.1) == own_name(&whole.target, right.1)
        });
        inputs && outputs
    }

    fn first_copies(&self, rule: &ObjectRule, link: &Link) -> bool {
        is_identity(self.first, link.state) && is_neutral(self.first, rule, link)
    }

    fn second_copies(&self, rule: &ObjectRule, link: &Link) -> bool {
        is_identity(self.second, link.state) && is_neutral(self.second, rule, link)
    }

    /// A member in between that one stage computes, or computes with, and the other one links.
    pub(super) fn computed_between(
        &self,
        rules: Rules<'_>,
        sides: &Sides<'_>,
        (written, read): (&SlotRole, &SlotRole),
        path: &str,
    ) -> Answer<()> {
        let Rules { one, two, .. } = rules;
        let same = match (written, read) {
            (SlotRole::Output { fill, .. }, SlotRole::Link(link)) => two.links.get(*link as usize).is_some_and(|link| {
                let to = own_name(&two.target, link.target);
                self.second_copies(two, link)
                    && matches!(sides.role_written(to), Some(SlotRole::Output { fill: own, .. }) if same_value(fill.as_ref(), own.as_ref()))
            }),
            (SlotRole::Link(link), SlotRole::Input { fill }) => one.links.get(*link as usize).is_some_and(|link| {
                let from = own_name(&one.source, link.source);
                self.first_copies(one, link)
                    && matches!(sides.role_read(from), Some(SlotRole::Input { fill: own }) if same_value(fill.as_ref(), own.as_ref()))
            }),
            _ => false,
        };
        if same { Ok(()) } else { obstacle(path, OTHERWISE) }
    }

    /// What only the first stage computes with, and what only the second one computes.
    pub(super) fn computed_outside(&self, rules: Rules<'_>, sides: &Sides<'_>, path: &str) -> Answer<()> {
        for slot in rules.one.source.first().into_iter().flat_map(|container| &container.slots) {
            let SlotRole::Input { fill } = &slot.role else { continue };
            match sides.role_read(Some(&slot.name)) {
                Some(SlotRole::Input { fill: own }) if same_value(fill.as_ref(), own.as_ref()) => {}
                _ => return obstacle(&below(path, &slot.name), OTHERWISE),
            }
        }
        for slot in rules.two.target.first().into_iter().flat_map(|container| &container.slots) {
            let SlotRole::Output { fill, .. } = &slot.role else { continue };
            match sides.role_written(Some(&slot.name)) {
                Some(SlotRole::Output { fill: own, .. }) if same_value(fill.as_ref(), own.as_ref()) => {}
                _ => return obstacle(&below(path, &slot.name), OTHERWISE),
            }
        }
        Ok(())
    }
}

/// The last edges of three ways.
pub(super) fn last(from: &Way, via: &Way, to: &Way) -> Option<(EdgeId, EdgeId, EdgeId)> {
    Some((*from.last()?, *via.last()?, *to.last()?))
}
