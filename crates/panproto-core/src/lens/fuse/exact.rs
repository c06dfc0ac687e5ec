//! What is the same, and what changes nothing.

use super::computed::{same_apply, same_computes};
use crate::lens::machine::{
    Check, Coercion, Container, Link, Machine, ObjectRule, Rest, Rule, Selector, SlotRole, StateId,
};
use crate::ordered::BTreeSet;
use crate::value::{Json, equal_text};

/// Whether a state writes every value as it reads it, both ways, and refuses none.
pub(super) fn is_identity(machine: &Machine, state: StateId) -> bool {
    let state = machine.state(state);
    state.source_null == state.target_null
        && matches!(state.rule, Rule::Copy { forward: Check::None, backward: Check::None })
}

/// Whether a state has a view for every valid value of the source.
pub(super) fn is_total(machine: &Machine, state: StateId) -> bool {
    let mut seen = BTreeSet::from([state]);
    let mut work = vec![state];
    while let Some(id) = work.pop() {
        let state = machine.state(id);
        if state.source_null && !state.target_null {
            return false;
        }
        let next: Vec<StateId> = match &state.rule {
            Rule::Copy { forward: Check::None, .. } => Vec::new(),
            Rule::Coerce {
                coercion: Coercion::Widen | Coercion::IntegerToString | Coercion::NumberToString,
                forward: Check::None,
                ..
            } => Vec::new(),
            Rule::Array(rule) if rule.forward == Check::None => {
                rule.prefix.iter().copied().chain(rule.items).collect()
            }
            Rule::Wrap(item) => vec![*item],
            Rule::Object(rule) if rule.forward == Check::None && rule.retag.is_none() => {
                let ([source], [_]) = (rule.source.as_slice(), rule.target.as_slice()) else { return false };
                let maps = match &source.rest {
                    Rest::Map(entries) => entries.iter().map(|(_, state)| *state).collect(),
                    _ => Vec::new(),
                };
                rule.links.iter().map(|link| link.state).chain(maps).collect()
            }
            _ => return false,
        };
        work.extend(next.into_iter().filter(|next| seen.insert(*next)));
    }
    true
}

pub(super) fn same_check(left: &Check, right: &Check) -> bool {
    match (left, right) {
        (Check::None, Check::None) | (Check::Valid(_), Check::Valid(_)) => true,
        (Check::Local(a, b), Check::Local(c, d)) => a == c && b == d,
        _ => false,
    }
}

pub(super) fn same_value(left: Option<&Json>, right: Option<&Json>) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => equal_text(left.as_str().as_bytes(), right.as_str().as_bytes()),
        _ => false,
    }
}

/// Whether two rules do the same, if the pairs of states that are added do.
pub(super) fn same_rule(left: &Rule, right: &Rule, pairs: &mut Vec<(StateId, StateId)>) -> bool {
    match (left, right) {
        (
            Rule::Copy { forward, backward },
            Rule::Copy { forward: other_forward, backward: other_backward },
        ) => same_check(forward, other_forward) && same_check(backward, other_backward),
        (
            Rule::Coerce { coercion, forward, backward },
            Rule::Coerce { coercion: other, forward: other_forward, backward: other_backward },
        ) => coercion == other && same_check(forward, other_forward) && same_check(backward, other_backward),
        (Rule::Wrap(left), Rule::Wrap(right)) | (Rule::Head(left), Rule::Head(right)) => {
            pairs.push((*left, *right));
            true
        }
        (Rule::Array(left), Rule::Array(right)) => {
            pairs.extend(left.prefix.iter().copied().zip(right.prefix.iter().copied()));
            pairs.extend(left.items.zip(right.items));
            left.prefix.len() == right.prefix.len()
                && left.items.is_some() == right.items.is_some()
                && left.key == right.key
                && left.hinted_key == right.hinted_key
                && same_check(&left.forward, &right.forward)
                && same_check(&left.backward, &right.backward)
        }
        (Rule::Union(left), Rule::Union(right)) => {
            pairs.extend(left.arms.iter().copied().zip(right.arms.iter().copied()));
            left.arms.len() == right.arms.len()
                && left.pass_forward == right.pass_forward
                && left.pass_backward == right.pass_backward
                && same_selector(&left.selector, &right.selector)
        }
        (Rule::Object(left), Rule::Object(right)) => same_object(left, right, pairs),
        (Rule::Apply(left), Rule::Apply(right)) => same_apply(left, right),
        _ => false,
    }
}

fn same_selector(left: &Selector, right: &Selector) -> bool {
    match (left, right) {
        (
            Selector::Tag { member, source, target },
            Selector::Tag { member: other, source: from, target: to },
        ) => member == other && source == from && target == to,
        (Selector::Type { source, target }, Selector::Type { source: from, target: to }) => {
            source == from && target == to
        }
        (Selector::Present { source, target }, Selector::Present { source: from, target: to }) => {
            source == from && target == to
        }
        (Selector::Valid { source, target }, Selector::Valid { source: from, target: to }) => {
            source.len() == from.len() && target.len() == to.len()
        }
        _ => false,
    }
}

fn same_object(left: &ObjectRule, right: &ObjectRule, pairs: &mut Vec<(StateId, StateId)>) -> bool {
    let sides = [(&left.source, &right.source), (&left.target, &right.target)];
    let containers = sides.into_iter().all(|(left, right)| {
        left.len() == right.len()
            && left.iter().zip(right).all(|(left, right)| same_container(left, right, pairs))
    });
    pairs.extend(left.links.iter().map(|link| link.state).zip(right.links.iter().map(|link| link.state)));
    containers
        && same_computes(left, right)
        && left.links.iter().chain(&right.links).all(|link| link.survives.is_none())
        && left.links.len() == right.links.len()
        && left.links.iter().zip(&right.links).all(|(left, right)| {
            left.source == right.source && left.target == right.target && same_gaps(left, right)
        })
        && left.tagged == right.tagged
        && left.retag == right.retag
        && same_check(&left.forward, &right.forward)
        && same_check(&left.backward, &right.backward)
}

/// Whether two links do the same where one side has nothing.
pub(super) fn same_gaps(left: &Link, right: &Link) -> bool {
    same_value(left.fill.as_ref(), right.fill.as_ref())
        && same_value(left.unfill.as_ref(), right.unfill.as_ref())
        && left.null_absent == right.null_absent
}

fn same_container(left: &Container, right: &Container, pairs: &mut Vec<(StateId, StateId)>) -> bool {
    left.parent == right.parent
        && left.counterpart == right.counterpart
        && left.nullable == right.nullable
        && left.reserved == right.reserved
        && left.slots.len() == right.slots.len()
        && left.slots.iter().zip(&right.slots).all(|(left, right)| {
            let role = match (&left.role, &right.role) {
                (SlotRole::Alone { fill }, SlotRole::Alone { fill: other }) => {
                    same_value(fill.as_ref(), other.as_ref())
                }
                (left, right) => left == right,
            };
            role && left.name == right.name && left.required == right.required
        })
        && same_rest(&left.rest, &right.rest, pairs)
}

pub(super) fn same_rest(left: &Rest, right: &Rest, pairs: &mut Vec<(StateId, StateId)>) -> bool {
    match (left, right) {
        (Rest::Pass, Rest::Pass)
        | (Rest::Shadow, Rest::Shadow)
        | (Rest::PassIfValid(_), Rest::PassIfValid(_)) => true,
        (Rest::Map(left), Rest::Map(right)) => {
            pairs.extend(left.iter().map(|(_, state)| *state).zip(right.iter().map(|(_, state)| *state)));
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.0 == right.0)
        }
        _ => false,
    }
}
