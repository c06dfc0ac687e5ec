//! Where a place of a record goes through a lens, and whether anything looks at the value there.
//!
//! What is only copied may be any value: the lens does the same to a name that stands for it. That is what lets edits
//! go through a lens without the values that its view shows.

use crate::diagnostic::Result;
use crate::lens::engine::Direction;
use crate::lens::machine::{
    ArrayRule, Check, Condition, Machine, ObjectRule, Place, Rest, Rule, Selector, SlotRole, StateId,
};
use crate::lens::stages::Lens;
use crate::lens::trace::{self, Step};
use crate::limits::Budget;
use crate::name::Name;
use crate::schema::Sort;

/// How many unions may stand in each other on one way.
const UNIONS: u32 = 6;

/// What becomes of a place.
#[derive(Debug)]
pub(super) struct Fate {
    /// Where it stands in the view; none where it has no place there, or not always the same.
    pub(super) to: Option<Vec<Step>>,
    /// Its value is copied, and nothing looks at it.
    pub(super) free: bool,
}

impl Fate {
    const GONE: Fate = Fate { to: None, free: false };
}

/// A way through one machine.
struct Way<'m, 'b> {
    machine: &'m Machine,
    budget: &'b mut Budget,
}

/// What is known on the way.
#[derive(Clone, Debug)]
struct Known {
    out: Vec<Step>,
    free: bool,
    /// The member of the view's items that tells them apart and may not be there twice.
    key: Option<Name>,
    unions: u32,
}

/// What becomes of a place of the records of a lens.
///
/// # Errors
/// `limit-steps`, `cancelled`.
pub(super) fn follow(lens: &Lens, path: &[Step], budget: &mut Budget) -> Result<Fate> {
    let mut fate = Fate { to: Some(path.to_vec()), free: true };
    for stage in lens.stages() {
        let Some(path) = fate.to.take() else { return Ok(Fate::GONE) };
        let known = Known { out: Vec::with_capacity(path.len()), free: fate.free, key: None, unions: UNIONS };
        fate = Way { machine: &stage.machine, budget }.from(stage.machine.start, &path, known)?;
    }
    Ok(fate)
}

/// The place of the record that a place of the view comes from, if there is one.
pub(super) fn origin(lens: &Lens, path: &[Step]) -> Option<Vec<Step>> {
    lens.stages().rev().try_fold(path.to_vec(), |path, stage| stage.machine.trace(Direction::Backward, &path))
}

/// A check that does not look at the values of members and items.
fn is_structural(check: &Check) -> bool {
    match check {
        Check::None => true,
        Check::Local(_, constraints) => constraints.iter().all(|constraint| {
            matches!(
                constraint.sort,
                Sort::MinItems | Sort::MaxItems | Sort::MinProperties | Sort::MaxProperties | Sort::Required
            )
        }),
        Check::Valid(_) => false,
    }
}

fn sees(condition: &Condition, path: &[Step]) -> bool {
    condition.attrs
        || matches!(path.first(), Some(Step::Member(name)) if condition.names.iter().any(|known| **known == **name))
}

impl Way<'_, '_> {
    fn from(&mut self, mut state: StateId, path: &[Step], mut known: Known) -> Result<Fate> {
        let mut path = path;
        loop {
            self.budget.spend(1)?;
            let whole = |mut known: Known, free: bool, path: &[Step]| {
                known.out.extend_from_slice(path);
                Fate { to: Some(known.out), free: known.free && free }
            };
            match &self.machine.state(state).rule {
                Rule::Copy { forward, backward } => {
                    let free = *forward == Check::None && *backward == Check::None;
                    return Ok(whole(known, free, path));
                }
                Rule::Coerce { .. } | Rule::Apply(_) => {
                    return Ok(Fate { to: path.is_empty().then_some(known.out), free: false });
                }
                Rule::Object(rule) => {
                    let key = known.key.take();
                    known.free &= is_structural(&rule.forward) && is_structural(&rule.backward);
                    known.free &= !is_seen(rule, path);
                    match object(rule, path, key.as_ref(), &mut known) {
                        Next::State(next, rest) => (state, path) = (next, rest),
                        Next::Whole(rest) => return Ok(whole(known, true, rest)),
                        Next::Gone => return Ok(Fate::GONE),
                    }
                }
                Rule::Array(rule) => match array(rule, path, &mut known) {
                    Next::State(next, rest) => (state, path) = (next, rest),
                    Next::Whole(rest) => return Ok(whole(known, true, rest)),
                    Next::Gone => return Ok(Fate::GONE),
                },
                Rule::Union(rule) => {
                    match &rule.selector {
                        Selector::Tag { member, .. } => {
                            let tag = path.first() == Some(&Step::Member((&**member).into()));
                            known.free &= !tag;
                        }
                        Selector::Valid { .. } => known.free = false,
                        Selector::Type { .. } | Selector::Present { .. } => {}
                    }
                    return self.arms(&rule.arms, path, known);
                }
                Rule::Branch(rule) => {
                    known.free &= !rule.when.iter().any(|condition| sees(condition, path));
                    return self.arms(&rule.arms, path, known);
                }
                Rule::Wrap(item) => {
                    known.out.push(Step::Item(Some(0)));
                    state = *item;
                }
                // A list of several is remembered as it is.
                Rule::Head(item) => {
                    let Some((Step::Item(Some(0)), rest)) = path.split_first() else { return Ok(Fate::GONE) };
                    known.free = false;
                    (state, path) = (*item, rest);
                }
            }
        }
    }

    /// What all of several ways say.
    fn arms(&mut self, arms: &[StateId], path: &[Step], known: Known) -> Result<Fate> {
        let Some(unions) = known.unions.checked_sub(1) else { return Ok(Fate::GONE) };
        let mut answer: Option<Fate> = None;
        for arm in arms {
            let fate = self.from(*arm, path, Known { unions, ..known.clone() })?;
            answer = Some(match answer {
                None => fate,
                // An arm that does not have the place says nothing of it.
                Some(other) => Fate {
                    to: match (other.to, fate.to) {
                        (Some(one), Some(other)) if one != other => return Ok(Fate::GONE),
                        (one, other) => one.or(other),
                    },
                    free: other.free && fate.free,
                },
            });
        }
        Ok(answer.unwrap_or(Fate::GONE))
    }
}

enum Next<'p> {
    State(StateId, &'p [Step]),
    /// The rest of the way is the same on both sides.
    Whole(&'p [Step]),
    Gone,
}

/// Whether computations of an object read a place of it.
fn is_seen(rule: &ObjectRule, path: &[Step]) -> bool {
    rule.computes.iter().flat_map(|compute| &compute.inputs).any(|input| {
        let same = |(name, step): (&Name, &Step)| matches!(step, Step::Member(member) if **member == **name);
        input.way.iter().zip(path).all(same)
    })
}

fn object<'p>(rule: &ObjectRule, path: &'p [Step], key: Option<&Name>, known: &mut Known) -> Next<'p> {
    let mut at = 0u32;
    let mut left = path;
    while let Some((step, rest)) = left.split_first() {
        let (Step::Member(name), Some(container)) = (step, rule.source.get(at as usize)) else {
            return Next::Gone;
        };
        let survival = |link: &crate::lens::machine::Link| {
            link.source.container == at && link.survives.as_ref().is_some_and(|when| sees(when, left))
        };
        known.free &= !rule.links.iter().any(survival);
        let slot = container.slot_named(name.as_bytes()).and_then(|slot| container.slots.get(slot as usize));
        match slot.map(|slot| &slot.role) {
            Some(SlotRole::Container(inner)) => {
                at = *inner;
                left = rest;
            }
            Some(SlotRole::Link(link)) => {
                let Some(link) = rule.links.get(*link as usize) else { return Next::Gone };
                let is_plain = link.fill.is_none() && link.unfill.is_none() && link.survives.is_none();
                known.free &= is_plain && !names(rule, link.target, key);
                return if trace::member(&rule.target, link.target, &mut known.out) {
                    Next::State(link.state, rest)
                } else {
                    Next::Gone
                };
            }
            Some(_) => return Next::Gone,
            None => return undeclared(rule, at, step, rest, known),
        }
    }
    // The object itself, or one that is opened.
    match rule.source.get(at as usize).and_then(|container| container.counterpart) {
        Some(other) if trace::within(&rule.target, other, &mut known.out) => Next::Whole(&[]),
        _ => Next::Gone,
    }
}

fn undeclared<'p>(rule: &ObjectRule, at: u32, step: &Step, rest: &'p [Step], known: &mut Known) -> Next<'p> {
    let (Step::Member(name), Some(container)) = (step, rule.source.get(at as usize)) else {
        return Next::Gone;
    };
    let Some(other) = container.counterpart else { return Next::Gone };
    let is_tag = at == 0 && rule.tagged && **name == *"$type";
    let declared =
        rule.target.get(other as usize).is_some_and(|other| other.slot_named(name.as_bytes()).is_some());
    if !is_tag && (declared || container.reserves(name.as_bytes())) {
        return Next::Gone;
    }
    if !trace::within(&rule.target, other, &mut known.out) {
        return Next::Gone;
    }
    known.out.push(step.clone());
    match &container.rest {
        _ if is_tag => known.free = false,
        Rest::Pass => {}
        Rest::PassIfValid(_) => known.free = false,
        Rest::Map(entries) => {
            return match entries.as_slice() {
                [(None, state)] => Next::State(*state, rest),
                // Which of them it is, a pattern says.
                _ => {
                    known.free = false;
                    if rest.is_empty() { Next::Whole(rest) } else { Next::Gone }
                }
            };
        }
        Rest::Shadow => return Next::Gone,
    }
    Next::Whole(rest)
}

/// Whether a member of a view's item is what tells items apart.
fn names(rule: &ObjectRule, place: Place, key: Option<&Name>) -> bool {
    let slot = rule.target.get(place.container as usize).and_then(|it| it.slots.get(place.slot as usize));
    key.zip(slot).is_some_and(|(key, slot)| slot.name == *key)
}

fn array<'p>(rule: &ArrayRule, path: &'p [Step], known: &mut Known) -> Next<'p> {
    known.free &= is_structural(&rule.forward) && is_structural(&rule.backward);
    let Some((step, rest)) = path.split_first() else { return Next::Whole(path) };
    let Step::Item(index) = step else { return Next::Gone };
    known.key = rule.key.clone().filter(|_| rule.hinted_key);
    known.free &= !(rule.hinted_key && rule.key.is_none());
    let fixed = index.and_then(|index| rule.prefix.get(index as usize));
    known.out.push(step.clone());
    match fixed.copied().or(rule.items) {
        Some(next) => Next::State(next, rest),
        None => Next::Whole(rest),
    }
}
