//! What `null` in a view means: a value that a state makes, or that the source has nothing.

use super::super::machine::{Rule, State, StateId};
use crate::ordered::BTreeSet;

/// Takes the `null` of a view for a value wherever the member's state makes one of something else: of a list with such
/// a head, or by an expression. Everywhere else it keeps meaning that the source lacks the member.
pub(super) fn keep_made(states: &mut [State]) {
    let mut made: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (at, state) in states.iter().enumerate() {
        let Rule::Object(rule) = &state.rule else { continue };
        let links = rule.links.iter().enumerate();
        made.extend(
            links
                .filter(|(_, link)| link.absent_null && makes(states, link.state))
                .map(|(link, _)| (at, link)),
        );
    }
    for (at, link) in made {
        if let Some(Rule::Object(rule)) = states.get_mut(at).map(|state| &mut state.rule)
            && let Some(link) = rule.links.get_mut(link)
        {
            link.absent_null = false;
        }
    }
}

/// Whether a state may make `null` of what is not `null`.
fn makes(states: &[State], id: StateId) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let Some(state) = states.get(id.0 as usize).filter(|_| seen.insert(id)) else { continue };
        match &state.rule {
            Rule::Apply(_) => return true,
            Rule::Head(inner) => {
                let item = states.get(inner.0 as usize);
                if item.is_some_and(|item| item.source_null && item.target_null) {
                    return true;
                }
                open.push(*inner);
            }
            Rule::Union(rule) => open.extend(&rule.arms),
            _ => {}
        }
    }
    false
}
