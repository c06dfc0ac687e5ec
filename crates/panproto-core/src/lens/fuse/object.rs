//! Objects: what becomes of each member in a row of two stages, and in one.

use super::exact::{is_identity, is_total, same_rest, same_value};
use super::moved::Rules;
use super::verify::{Claim, Verifier};
use super::{Answer, below, obstacle};
use crate::lens::machine::{
    Check, Container, Link, Machine, ObjectRule, Rest, Rule, Slot, SlotRole, StateId,
};
use crate::name::Name;

impl Verifier<'_> {
    pub(super) fn object(
        &mut self,
        one: &ObjectRule,
        two: &ObjectRule,
        whole: &ObjectRule,
        path: &str,
    ) -> Answer<()> {
        let rules = Rules { one, two, whole };
        self.computed(rules, path)?;
        if one.forward != Check::None || two.backward != Check::None {
            return obstacle(path, "the schema in between restricts the object as a whole");
        }
        if one.tagged != two.tagged || two.tagged != whole.tagged || !same_tags(one, two, whole) {
            return obstacle(path, "`$type` changes twice");
        }
        let sides = Sides::of(one, two, whole);
        let Some(sides) = sides else { return Ok(()) };
        self.rests(&sides, path)?;
        if rules.is_flat() {
            for slot in &sides.middle_read.slots {
                self.middle(rules, &sides, slot, &below(path, &slot.name))?;
            }
            self.computed_outside(rules, &sides, path)?;
        } else {
            self.moved(rules, &sides, path)?;
        }
        // What only the first drops, and what only the second adds.
        for slot in &sides.source.slots {
            let Some(SlotRole::Alone { fill }) = role(sides.source_whole, slot) else {
                if matches!(slot.role, SlotRole::Alone { .. }) {
                    return obstacle(&below(path, &slot.name), "a dropped member comes back");
                }
                continue;
            };
            if let SlotRole::Alone { fill: own } = &slot.role
                && !same_value(own.as_ref(), fill.as_ref())
            {
                return obstacle(&below(path, &slot.name), "a new record gets another value");
            }
        }
        for slot in &sides.target.slots {
            let SlotRole::Alone { fill: own } = &slot.role else { continue };
            match role(sides.target_whole, slot) {
                Some(SlotRole::Alone { fill }) if same_value(own.as_ref(), fill.as_ref()) => {}
                _ => return obstacle(&below(path, &slot.name), "an added member gets another value"),
            }
        }
        Ok(())
    }

    /// What becomes of a member of the object in between.
    pub(super) fn middle(
        &mut self,
        rules: Rules<'_>,
        sides: &Sides<'_>,
        slot: &Slot,
        path: &str,
    ) -> Answer<()> {
        let Rules { one, two, .. } = rules;
        let written = sides.middle_written.slots.iter().find(|other| other.name == slot.name);
        let Some(written) = written else { return obstacle(path, "the schemas in between differ") };
        match (&written.role, &slot.role) {
            (SlotRole::Link(a), SlotRole::Link(b)) => {
                let (Some(first), Some(second)) = (one.links.get(*a as usize), two.links.get(*b as usize))
                else {
                    return obstacle(path, "a member goes nowhere");
                };
                let Some(third) = rules.link(first, second) else {
                    return obstacle(path, "a member goes another way");
                };
                self.gaps((one, first), (two, second), third, path)?;
                self.both(first.state, second.state, third.state, path.to_owned());
                Ok(())
            }
            (SlotRole::Link(a), SlotRole::Alone { fill }) => {
                let Some(first) = one.links.get(*a as usize) else {
                    return obstacle(path, "a member goes nowhere");
                };
                let from = sides.source_whole.slots.get(first.source.slot as usize);
                let Some(SlotRole::Alone { fill: own }) = from.map(|slot| &slot.role) else {
                    return obstacle(path, "a dropped member comes back");
                };
                let absence = if is_neutral(self.first, one, first) {
                    same_value(fill.as_ref(), own.as_ref())
                        && (fill.is_none() || is_identity(self.first, first.state))
                } else if first.null_absent {
                    false
                } else {
                    // A new record gets what makes the first stage write nothing, or what it writes for nothing.
                    let required = from.is_some_and(|slot| slot.required);
                    match (required, slot.required) {
                        (false, true) => {
                            first.fill.is_some() && same_value(fill.as_ref(), first.fill.as_ref())
                        }
                        (true, false) => same_value(own.as_ref(), first.unfill.as_ref()),
                        _ => false,
                    }
                };
                let plain = absence && is_total(self.first, first.state);
                if plain { Ok(()) } else { obstacle(path, "a member is converted before it is dropped") }
            }
            (SlotRole::Alone { fill }, SlotRole::Link(b)) => {
                let Some(second) = two.links.get(*b as usize) else {
                    return obstacle(path, "a member goes nowhere");
                };
                let to = sides.target_whole.slots.get(second.target.slot as usize);
                let Some(SlotRole::Alone { fill: own }) = to.map(|slot| &slot.role) else {
                    return obstacle(path, "an added member comes from elsewhere");
                };
                let plain = is_neutral(self.second, two, second)
                    && is_identity(self.second, second.state)
                    && same_value(fill.as_ref(), own.as_ref());
                if plain { Ok(()) } else { obstacle(path, "a member is converted after it is added") }
            }
            (SlotRole::Alone { fill }, SlotRole::Alone { fill: back }) => {
                let plain = match back {
                    None => !slot.required,
                    Some(_) => same_value(fill.as_ref(), back.as_ref()),
                };
                if plain {
                    Ok(())
                } else {
                    obstacle(path, "a member is added, and dropped again with a value")
                }
            }
            roles @ ((SlotRole::Output { .. }, _) | (_, SlotRole::Input { .. })) => {
                self.computed_between(rules, sides, roles, path)
            }
            _ => obstacle(path, "members move between objects"),
        }
    }

    /// Where one side has nothing: one of the two links changes nothing of that, and the fused one does what the
    /// other does.
    fn gaps(
        &self,
        (one, first): (&ObjectRule, &Link),
        (two, second): (&ObjectRule, &Link),
        third: &Link,
        path: &str,
    ) -> Answer<()> {
        let like = |link: &Link| {
            link.null_absent == third.null_absent
                && same_value(link.fill.as_ref(), third.fill.as_ref())
                && same_value(link.unfill.as_ref(), third.unfill.as_ref())
        };
        // An absent head may be an empty list: which one comes back depends on what stands between.
        let is_head =
            |machine: &Machine, link: &Link| matches!(machine.state(link.state).rule, Rule::Head(_));
        let both = is_neutral(self.first, one, first) && is_neutral(self.second, two, second);
        if !both && (is_head(self.first, first) || is_head(self.second, second)) {
            return obstacle(path, "a list becomes its first item, and absence another value");
        }
        let fits = if is_neutral(self.first, one, first) {
            like(second) && (second.unfill.is_none() || is_identity(self.first, first.state))
        } else {
            is_neutral(self.second, two, second)
                && like(first)
                && (first.fill.is_none() || is_identity(self.second, second.state))
        };
        if fits { Ok(()) } else { obstacle(path, "the schema in between has another rule for absence") }
    }

    /// Undeclared members: both stages let the same through as the fused one.
    fn rests(&mut self, sides: &Sides<'_>, path: &str) -> Answer<()> {
        let forward = (&sides.source.rest, &sides.middle_read.rest, &sides.source_whole.rest);
        let backward = (&sides.target.rest, &sides.middle_written.rest, &sides.target_whole.rest);
        // A view of an object that admits no undeclared members has none.
        let closed = matches!(sides.source_whole.rest, Rest::Shadow);
        let mut claims = Vec::new();
        let there = passes(forward, Claim::First, Claim::Second, &mut claims);
        let back = passes(backward, Claim::Second, Claim::First, &mut claims)
            || (closed && matches!(backward.0, Rest::Shadow));
        if !there || !back {
            return obstacle(path, "undeclared members do not pass through all stages alike");
        }
        for claim in claims {
            match claim {
                Passing::One(claim) => self.claim(claim, format!("{path}[*]")),
                Passing::Both(a, b, c) => self.both(a, b, c, format!("{path}[*]")),
            }
        }
        Ok(())
    }
}

enum Passing {
    One(Claim),
    Both(StateId, StateId, StateId),
}

/// Whether what one stage and then the next let through is what the whole lets through, in one direction; `near` and
/// `far` claim of the state of the stage that is met first, and of the other one.
fn passes(
    (first, second, whole): (&Rest, &Rest, &Rest),
    near: fn(StateId, StateId) -> Claim,
    far: fn(StateId, StateId) -> Claim,
    claims: &mut Vec<Passing>,
) -> bool {
    let mut pairs = Vec::new();
    match (first, second, whole) {
        (Rest::Shadow, _, Rest::Shadow) => true,
        (Rest::Pass, second, whole) if same_rest(second, whole, &mut pairs) => {
            claims.extend(pairs.into_iter().map(|(left, right)| Passing::One(far(left, right))));
            true
        }
        (Rest::Map(_), Rest::Pass, whole) if same_rest(first, whole, &mut pairs) => {
            claims.extend(pairs.into_iter().map(|(left, right)| Passing::One(near(left, right))));
            true
        }
        (Rest::Map(a), Rest::Map(b), Rest::Map(c)) if a.len() == b.len() && b.len() == c.len() => {
            a.iter().zip(b).zip(c).all(|((a, b), c)| {
                // Claims speak of the first machine before the second, whichever is met first.
                let (x, y) = match near(a.1, c.1) {
                    Claim::First(..) => (a.1, b.1),
                    _ => (b.1, a.1),
                };
                claims.push(Passing::Both(x, y, c.1));
                a.0 == b.0 && b.0 == c.0
            })
        }
        _ => false,
    }
}

/// The containers of the three rules.
pub(super) struct Sides<'m> {
    source: &'m Container,
    pub(super) middle_written: &'m Container,
    pub(super) middle_read: &'m Container,
    target: &'m Container,
    source_whole: &'m Container,
    target_whole: &'m Container,
}

impl<'m> Sides<'m> {
    fn of(one: &'m ObjectRule, two: &'m ObjectRule, whole: &'m ObjectRule) -> Option<Sides<'m>> {
        Some(Sides {
            source: one.source.first()?,
            middle_written: one.target.first()?,
            middle_read: two.source.first()?,
            target: two.target.first()?,
            source_whole: whole.source.first()?,
            target_whole: whole.target.first()?,
        })
    }
}

impl Sides<'_> {
    /// What a member of the source is in the fused rule.
    pub(super) fn role_read(&self, name: Option<&Name>) -> Option<&SlotRole> {
        self.source_whole.slots.iter().find(|slot| Some(&slot.name) == name).map(|slot| &slot.role)
    }

    /// What a member of the target is in the fused rule.
    pub(super) fn role_written(&self, name: Option<&Name>) -> Option<&SlotRole> {
        self.target_whole.slots.iter().find(|slot| Some(&slot.name) == name).map(|slot| &slot.role)
    }
}

fn role<'m>(container: &'m Container, slot: &Slot) -> Option<&'m SlotRole> {
    container.slots.iter().find(|other| other.name == slot.name).map(|other| &other.role)
}

/// Whether a link says nothing of absence and `null` but that they are the same on both sides.
pub(super) fn is_neutral(machine: &Machine, rule: &ObjectRule, link: &Link) -> bool {
    let required = |containers: &[Container], place: crate::lens::machine::Place| {
        let slots = containers.get(place.container as usize).map(|container| &container.slots);
        slots.and_then(|slots| slots.get(place.slot as usize)).map(|slot| slot.required)
    };
    let state = machine.state(link.state);
    link.fill.is_none()
        && link.unfill.is_none()
        && !link.null_absent
        && state.source_null == state.target_null
        && required(&rule.source, link.source) == required(&rule.target, link.target)
}

fn same_tags(one: &ObjectRule, two: &ObjectRule, whole: &ObjectRule) -> bool {
    match (&one.retag, &two.retag, &whole.retag) {
        (None, second, whole) => second == whole,
        (first, None, whole) => first == whole,
        (Some((from, mid)), Some((other, to)), Some((start, end))) => {
            mid == other && from == start && to == end
        }
        _ => false,
    }
}
