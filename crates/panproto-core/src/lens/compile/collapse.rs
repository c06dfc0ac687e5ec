//! States that would write every value as it was read become copies, and unreachable states go.

use super::super::machine::{Check, Rest, Rule, Selector, SlotRole, State, StateId};
use std::collections::VecDeque;

/// Collapses and renumbers breadth first from `start`: one order, whatever the order of discovery.
pub(super) fn collapse(mut states: Vec<State>, start: StateId) -> (Vec<State>, StateId) {
    let identity = identities(&states);
    for (state, identity) in states.iter_mut().zip(&identity) {
        if *identity {
            state.rule = super::COPY;
        }
    }
    renumber(states, start)
}

/// The greatest set of states that change nothing: a state leaves it when a state that it runs has left.
fn identities(states: &[State]) -> Vec<bool> {
    let mut identity: Vec<bool> = states.iter().map(is_plain).collect();
    let mut users: Vec<Vec<u32>> = vec![Vec::new(); states.len()];
    for (at, state) in (0u32..).zip(states) {
        for child in children(&state.rule) {
            if let Some(list) = users.get_mut(child.0 as usize) {
                list.push(at);
            }
        }
    }
    let mut left: Vec<u32> =
        (0u32..).zip(&identity).filter(|(_, identity)| !**identity).map(|(at, _)| at).collect();
    while let Some(gone) = left.pop() {
        for user in users.get(gone as usize).into_iter().flatten() {
            if let Some(flag) = identity.get_mut(*user as usize).filter(|flag| **flag) {
                *flag = false;
                left.push(*user);
            }
        }
    }
    identity
}

/// Changes nothing, if the states that it runs change nothing.
fn is_plain(state: &State) -> bool {
    let none = |forward: &Check, backward: &Check| *forward == Check::None && *backward == Check::None;
    state.source_null == state.target_null
        && match &state.rule {
            Rule::Copy { forward, backward } => none(forward, backward),
            Rule::Array(rule) => {
                none(&rule.forward, &rule.backward) && rule.items.is_some() && !rule.hinted_key
            }
            Rule::Union(rule) => match &rule.selector {
                Selector::Tag { source, target, .. } => {
                    source == target && rule.pass_forward && rule.pass_backward
                }
                _ => false,
            },
            Rule::Object(rule) => {
                let ([source], [target]) = (rule.source.as_slice(), rule.target.as_slice()) else {
                    return false;
                };
                none(&rule.forward, &rule.backward)
                    && rule.computes.is_empty()
                    && rule.retag.is_none()
                    && source.reserved.is_empty()
                    && same_rest(&source.rest, &target.rest)
                    && source.slots.len() == target.slots.len()
                    && source.slots.iter().zip(&target.slots).all(|(a, b)| {
                        a.name == b.name
                            && a.required == b.required
                            && matches!((&a.role, &b.role), (SlotRole::Link(x), SlotRole::Link(y)) if x == y)
                    })
                    && rule.links.iter().all(|link| {
                        link.fill.is_none()
                            && link.unfill.is_none()
                            && link.survives.is_none()
                            && !link.null_absent
                    })
            }
            Rule::Coerce { .. } | Rule::Wrap(_) | Rule::Head(_) | Rule::Apply(_) | Rule::Branch(_) => false,
        }
}

fn same_rest(forward: &Rest, backward: &Rest) -> bool {
    match (forward, backward) {
        (Rest::Pass, Rest::Pass) | (Rest::Shadow, Rest::Shadow) => true,
        (Rest::Map(a), Rest::Map(b)) => a == b,
        _ => false,
    }
}

pub(in crate::lens) fn children(rule: &Rule) -> Vec<StateId> {
    match rule {
        Rule::Copy { .. } | Rule::Coerce { .. } | Rule::Apply(_) => Vec::new(),
        Rule::Wrap(item) | Rule::Head(item) => vec![*item],
        Rule::Branch(rule) => rule.arms.clone(),
        Rule::Array(rule) => rule.prefix.iter().copied().chain(rule.items).collect(),
        Rule::Union(rule) => rule.arms.clone(),
        Rule::Object(rule) => {
            let maps = rule.source.iter().chain(&rule.target).flat_map(|container| match &container.rest {
                Rest::Map(entries) => entries.iter().map(|(_, state)| *state).collect(),
                _ => Vec::new(),
            });
            rule.links.iter().map(|link| link.state).chain(maps).collect()
        }
    }
}

fn children_mut(rule: &mut Rule) -> Vec<&mut StateId> {
    match rule {
        Rule::Copy { .. } | Rule::Coerce { .. } | Rule::Apply(_) => Vec::new(),
        Rule::Wrap(item) | Rule::Head(item) => vec![item],
        Rule::Branch(rule) => rule.arms.iter_mut().collect(),
        Rule::Array(rule) => rule.prefix.iter_mut().chain(&mut rule.items).collect(),
        Rule::Union(rule) => rule.arms.iter_mut().collect(),
        Rule::Object(rule) => {
            let rule = &mut **rule;
            let maps = rule.source.iter_mut().chain(&mut rule.target).flat_map(|container| {
                match &mut container.rest {
                    Rest::Map(entries) => entries.iter_mut().map(|(_, state)| state).collect(),
                    _ => Vec::new(),
                }
            });
            rule.links.iter_mut().map(|link| &mut link.state).chain(maps).collect()
        }
    }
}

fn renumber(states: Vec<State>, start: StateId) -> (Vec<State>, StateId) {
    let mut numbers: Vec<Option<u32>> = vec![None; states.len()];
    let mut order = Vec::new();
    let mut queue = VecDeque::from([start]);
    while let Some(id) = queue.pop_front() {
        let Some(number @ None) = numbers.get_mut(id.0 as usize) else { continue };
        *number = Some(order.len() as u32);
        order.push(id);
        if let Some(state) = states.get(id.0 as usize) {
            queue.extend(children(&state.rule));
        }
    }
    let mut slots: Vec<Option<State>> = states.into_iter().map(Some).collect();
    let mut kept: Vec<State> =
        order.iter().filter_map(|id| slots.get_mut(id.0 as usize).and_then(Option::take)).collect();
    for state in &mut kept {
        for child in children_mut(&mut state.rule) {
            if let Some(Some(number)) = numbers.get(child.0 as usize) {
                *child = StateId(*number);
            }
        }
    }
    (kept, StateId(0))
}
