//! Whether a fused machine does exactly what two machines do one after the other.

use super::exact::{is_identity, same_rule};
use super::{Answer, obstacle};
use crate::lens::compile::collapse::children;
use crate::lens::machine::{ArrayRule, Check, Machine, Rule, Selector, StateId, UnionRule};
use crate::lens::stages::fills;
use crate::limits::Budget;
use crate::ordered::BTreeSet;

/// What is to be shown of some states.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// The third does what the first and then the second do.
    Both(StateId, StateId, StateId),
    /// The second is a state of the fused machine and does the same as the first, one of the first machine.
    First(StateId, StateId),
    /// The same of the second machine.
    Second(StateId, StateId),
}

pub(super) struct Verifier<'m> {
    pub(super) first: &'m Machine,
    pub(super) second: &'m Machine,
    pub(super) fused: &'m Machine,
    seen: BTreeSet<Claim>,
    work: Vec<(Claim, String)>,
}

/// Proves that `fused` does what the two machines do in a row, or says where that cannot be shown.
///
/// The claims of states that contain one another are shown together: what holds of all members, items and arms holds
/// of the whole.
pub(super) fn verify(first: &Machine, second: &Machine, fused: &Machine, budget: &mut Budget) -> Answer<()> {
    let mut verifier = Verifier { first, second, fused, seen: BTreeSet::new(), work: Vec::new() };
    verifier.both(first.start, second.start, fused.start, String::new());
    while let Some((claim, path)) = verifier.work.pop() {
        budget.spend(8)?;
        verifier.show(claim, &path)?;
    }
    Ok(())
}

impl Verifier<'_> {
    pub(super) fn claim(&mut self, claim: Claim, path: String) {
        if self.seen.insert(claim) {
            self.work.push((claim, path));
        }
    }

    /// Claims that a state does what two do in a row; where one of them changes nothing, that it is the other.
    pub(super) fn both(&mut self, first: StateId, second: StateId, fused: StateId, path: String) {
        let claim = if is_identity(self.first, first) {
            Claim::Second(second, fused)
        } else if is_identity(self.second, second) {
            Claim::First(first, fused)
        } else {
            Claim::Both(first, second, fused)
        };
        self.claim(claim, path);
    }

    fn show(&mut self, claim: Claim, path: &str) -> Answer<()> {
        match claim {
            Claim::First(left, right) => self.same(self.first, left, right, path, Claim::First),
            Claim::Second(left, right) => self.same(self.second, left, right, path, Claim::Second),
            Claim::Both(first, second, fused) => self.composed(first, second, fused, path),
        }
    }

    fn same(
        &mut self,
        machine: &Machine,
        left: StateId,
        right: StateId,
        path: &str,
        claim: fn(StateId, StateId) -> Claim,
    ) -> Answer<()> {
        let (left, right) = (machine.state(left), self.fused.state(right));
        let mut pairs = Vec::new();
        if left.source_null != right.source_null
            || left.target_null != right.target_null
            || !same_rule(&left.rule, &right.rule, &mut pairs)
        {
            return obstacle(path, "the schemas in between and outside are described differently here");
        }
        for (left, right) in pairs {
            self.claim(claim(left, right), path.to_owned());
        }
        Ok(())
    }

    fn composed(&mut self, first: StateId, second: StateId, fused: StateId, path: &str) -> Answer<()> {
        let (one, two, whole) = (self.first.state(first), self.second.state(second), self.fused.state(fused));
        if one.source_null != whole.source_null
            || two.target_null != whole.target_null
            || (whole.source_null && whole.target_null && !one.target_null)
        {
            return obstacle(path, "`null` is not allowed in between");
        }
        match (&one.rule, &two.rule, &whole.rule) {
            (
                Rule::Copy { forward, .. },
                Rule::Copy { backward, .. } | Rule::Coerce { backward, .. },
                Rule::Copy { .. } | Rule::Coerce { .. },
            ) => {
                let same = match (&two.rule, &whole.rule) {
                    (Rule::Coerce { coercion, .. }, Rule::Coerce { coercion: other, .. }) => {
                        coercion == other
                    }
                    (Rule::Copy { .. }, Rule::Copy { .. }) => true,
                    _ => false,
                };
                self.implied(same, forward, backward, path)
            }
            (
                Rule::Coerce { coercion, forward, .. },
                Rule::Copy { backward, .. },
                Rule::Coerce { coercion: other, .. },
            ) => self.implied(coercion == other, forward, backward, path),
            (Rule::Object(one), Rule::Object(two), Rule::Object(whole)) => self.object(one, two, whole, path),
            (Rule::Array(one), Rule::Array(two), Rule::Array(whole)) => self.array(one, two, whole, path),
            (Rule::Union(one), Rule::Union(two), Rule::Union(whole)) => self.union(one, two, whole, path),
            _ => obstacle(path, "the value changes its form twice"),
        }
    }

    /// The schema in between refuses nothing that neither side refuses: one of the two lies within it.
    fn implied(&self, same: bool, forward: &Check, backward: &Check, path: &str) -> Answer<()> {
        if !same {
            return obstacle(path, "the value changes its type twice");
        }
        if *forward != Check::None && *backward != Check::None {
            return obstacle(path, "the schema in between refuses values that both sides may admit");
        }
        Ok(())
    }

    fn array(&mut self, one: &ArrayRule, two: &ArrayRule, whole: &ArrayRule, path: &str) -> Answer<()> {
        self.implied(true, &one.forward, &two.backward, path)?;
        if one.prefix.len() != two.prefix.len() || two.prefix.len() != whole.prefix.len() {
            return obstacle(path, "the lists have different numbers of fixed items");
        }
        if one.hinted_key != two.hinted_key || two.hinted_key != whole.hinted_key || two.key != whole.key {
            return obstacle(path, "which item is which is told by different members");
        }
        let here = format!("{path}[]");
        for ((a, b), c) in one.prefix.iter().zip(&two.prefix).zip(&whole.prefix) {
            self.both(*a, *b, *c, here.clone());
        }
        match (one.items, two.items, whole.items) {
            (None, None, None) => Ok(()),
            (Some(a), Some(b), Some(c)) => {
                let same_key = match (&one.key, &two.key) {
                    (None, None) => true,
                    (Some(inner), Some(outer)) => self.shows(b, inner, outer),
                    _ => false,
                };
                if !same_key {
                    return obstacle(path, "which item is which is told by different members");
                }
                // Items that only what is filled in tells apart are alike in between.
                let below = reachable(self.second, b);
                if two.key.is_none() && fills(below.into_iter().map(|id| self.second.state(id))) {
                    return obstacle(path, "which item is which is told by what the later stage adds");
                }
                self.both(a, b, c, here);
                Ok(())
            }
            _ => obstacle(path, "the lists are described differently"),
        }
    }

    /// Whether the second machine shows a member of the values of a state under a name.
    fn shows(&self, state: StateId, inner: &str, outer: &str) -> bool {
        let Rule::Object(rule) = &self.second.state(state).rule else { return inner == outer };
        rule.links.iter().any(|link| {
            let slots = (rule.source.first(), rule.target.first());
            let (Some(from), Some(to)) = slots else { return false };
            link.source.container == 0
                && link.target.container == 0
                && from.slots.get(link.source.slot as usize).is_some_and(|slot| &*slot.name == inner)
                && to.slots.get(link.target.slot as usize).is_some_and(|slot| &*slot.name == outer)
        })
    }

    fn union(&mut self, one: &UnionRule, two: &UnionRule, whole: &UnionRule, path: &str) -> Answer<()> {
        let passes = [one, two, whole].map(|rule| (rule.pass_forward, rule.pass_backward));
        let counts = (one.arms.len(), two.arms.len(), whole.arms.len());
        // What no arm knows passes through all, or through none; an arm that is not in all may do either.
        let open = passes == [(true, true); 3] && counts.0 == counts.1 && counts.1 == counts.2;
        if !open && passes != [(false, false); 3] {
            return obstacle(path, "values of unknown arms do not pass through all stages alike");
        }
        let mut claims = Vec::new();
        for (a, first) in one.arms.iter().enumerate() {
            let found = two.arms.iter().enumerate().find(|(b, _)| meets(&one.selector, a, &two.selector, *b));
            let Some((b, second)) = found else {
                if open {
                    return obstacle(path, "an arm is not in all stages");
                }
                continue;
            };
            let third = whole.arms.iter().enumerate().find(|(c, _)| {
                starts_alike(&one.selector, a, &whole.selector, *c)
                    && ends_alike(&two.selector, b, &whole.selector, *c)
            });
            let Some((_, third)) = third else { return obstacle(path, "an arm goes another way") };
            claims.push((*first, *second, *third));
        }
        if claims.len() != counts.2 {
            return obstacle(path, "an arm goes another way");
        }
        for (first, second, third) in claims {
            self.both(first, second, third, path.to_owned());
        }
        Ok(())
    }
}

/// A state and all that its values go through.
fn reachable(machine: &Machine, state: StateId) -> BTreeSet<StateId> {
    let mut seen = BTreeSet::from([state]);
    let mut work = vec![state];
    while let Some(id) = work.pop() {
        work.extend(children(&machine.state(id).rule).into_iter().filter(|next| seen.insert(*next)));
    }
    seen
}

/// Whether what one selector writes for an arm is what another reads for an arm.
fn meets(left: &Selector, a: usize, right: &Selector, b: usize) -> bool {
    match (left, right) {
        (Selector::Tag { member, target, .. }, Selector::Tag { member: other, source, .. }) => {
            member == other && target.get(a).is_some() && target.get(a) == source.get(b)
        }
        (Selector::Type { target, .. }, Selector::Type { source, .. }) => {
            target.get(a).is_some() && target.get(a) == source.get(b)
        }
        (Selector::Present { target, .. }, Selector::Present { source, .. }) => {
            target.get(a).is_some() && target.get(a) == source.get(b)
        }
        _ => false,
    }
}

fn starts_alike(left: &Selector, a: usize, right: &Selector, c: usize) -> bool {
    match (left, right) {
        (Selector::Tag { member, source, .. }, Selector::Tag { member: other, source: from, .. }) => {
            member == other && source.get(a) == from.get(c)
        }
        (Selector::Type { source, .. }, Selector::Type { source: from, .. }) => source.get(a) == from.get(c),
        (Selector::Present { source, .. }, Selector::Present { source: from, .. }) => {
            source.get(a) == from.get(c)
        }
        _ => false,
    }
}

fn ends_alike(left: &Selector, b: usize, right: &Selector, c: usize) -> bool {
    match (left, right) {
        (Selector::Tag { member, target, .. }, Selector::Tag { member: other, target: to, .. }) => {
            member == other && target.get(b) == to.get(c)
        }
        (Selector::Type { target, .. }, Selector::Type { target: to, .. }) => target.get(b) == to.get(c),
        (Selector::Present { target, .. }, Selector::Present { target: to, .. }) => {
            target.get(b) == to.get(c)
        }
        _ => false,
    }
}
