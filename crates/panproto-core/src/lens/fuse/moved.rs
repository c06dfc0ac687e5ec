//! Objects whose members move between containers: hoisted, nested, or moved.
//!
//! An object in between is opened by one stage at most, and the other one copies it as it is: then the fused rule has
//! the containers of both, and each does there what its own stage does.

use super::exact::{is_identity, same_gaps, same_rest, same_value};
use super::object::{Sides, is_neutral};
use super::verify::{Claim, Verifier};
use super::{Answer, below, obstacle};
use crate::lens::machine::{Container, Link, ObjectRule, Place, SlotRole, StateId};
use crate::name::Name;

/// The rules of the two stages, and of the fused one.
#[derive(Clone, Copy)]
pub(super) struct Rules<'m> {
    pub(super) one: &'m ObjectRule,
    pub(super) two: &'m ObjectRule,
    pub(super) whole: &'m ObjectRule,
}

/// Which stage has opened an object that stands between the two.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opener {
    First,
    Second,
}

impl<'m> Rules<'m> {
    pub(super) fn is_flat(self) -> bool {
        [self.one, self.two, self.whole].iter().all(|rule| rule.source.len() == 1 && rule.target.len() == 1)
    }

    /// The fused link of two.
    pub(super) fn link(self, first: &Link, second: &Link) -> Option<&'m Link> {
        let from = spot(&self.one.source, first.source)?;
        let to = spot(&self.two.target, second.target)?;
        self.whole.links.iter().find(|link| {
            spot(&self.whole.source, link.source).as_ref() == Some(&from)
                && spot(&self.whole.target, link.target).as_ref() == Some(&to)
        })
    }
}

impl Verifier<'_> {
    /// All members of the object in between, and the containers of both ends.
    pub(super) fn moved(&mut self, rules: Rules<'_>, sides: &Sides<'_>, path: &str) -> Answer<()> {
        let Rules { one, two, whole } = rules;
        if whole.source.len() + 1 != one.source.len() + two.source.len()
            || whole.target.len() + 1 != one.target.len() + two.target.len()
        {
            return obstacle(path, "members move between objects in other ways");
        }
        let mut links = 0;
        for slot in &sides.middle_read.slots {
            let here = below(path, &slot.name);
            let written = sides.middle_written.slots.iter().find(|other| other.name == slot.name);
            let Some(written) = written else { return obstacle(&here, "the schemas in between differ") };
            let first = |link: &u32| one.links.get(*link as usize);
            let second = |link: &u32| two.links.get(*link as usize);
            match (&written.role, &slot.role) {
                (SlotRole::Link(a), SlotRole::Container(b)) => {
                    // One that moves as a whole may be the reason for the object around it.
                    let plain = first(a).filter(|link| {
                        link.source.container == 0
                            && is_identity(self.first, link.state)
                            && is_neutral(self.first, one, link)
                    });
                    let from = plain.and_then(|link| spot(&one.source, link.source));
                    let Some(at) = from.and_then(|from| find(&whole.source, &from)) else {
                        return obstacle(&here, "members move out of an object that changes before");
                    };
                    links += self.opened(rules, Opener::Second, (*b, at), &here)?;
                }
                (SlotRole::Container(a), SlotRole::Link(b)) => {
                    let plain = second(b).filter(|link| {
                        link.target.container == 0
                            && is_identity(self.second, link.state)
                            && is_neutral(self.second, two, link)
                    });
                    let to = plain.and_then(|link| spot(&two.target, link.target));
                    let Some(at) = to.and_then(|to| find(&whole.target, &to)) else {
                        return obstacle(&here, "members move into an object that changes afterwards");
                    };
                    links += self.opened(rules, Opener::First, (*a, at), &here)?;
                }
                (SlotRole::Link(a), SlotRole::Link(b)) => {
                    let plain = match (first(a), second(b)) {
                        (Some(first), Some(second)) => {
                            (first.source.container == 0 || is_neutral(self.second, two, second))
                                && (second.target.container == 0 || is_neutral(self.first, one, first))
                        }
                        _ => false,
                    };
                    if !plain {
                        return obstacle(&here, "a member moves and has another rule for absence");
                    }
                    self.middle(rules, sides, slot, &here)?;
                    links += 1;
                }
                (SlotRole::Link(a), SlotRole::Alone { .. })
                    if first(a).is_some_and(|link| link.source.container == 0) =>
                {
                    self.middle(rules, sides, slot, &here)?;
                }
                (SlotRole::Alone { .. }, SlotRole::Link(b))
                    if second(b).is_some_and(|link| link.target.container == 0) =>
                {
                    self.middle(rules, sides, slot, &here)?;
                }
                (SlotRole::Alone { .. }, SlotRole::Alone { .. }) => {
                    self.middle(rules, sides, slot, &here)?;
                }
                _ => return obstacle(&here, "a member moves that one of the stages adds or drops"),
            }
        }
        if links != whole.links.len() {
            return obstacle(path, "members move between objects in other ways");
        }
        self.outer(&one.source, &whole.source, Claim::First, path)?;
        self.outer(&two.target, &whole.target, Claim::Second, path)
    }

    /// An object in between that one stage has opened, and the other one copies: the fused rule has it opened in the
    /// same way. Answers how many links it has.
    fn opened(&mut self, rules: Rules<'_>, opener: Opener, start: (u32, u32), path: &str) -> Answer<usize> {
        let differs = || obstacle(path, "the object is opened in another way");
        let whole = rules.whole;
        let (stage, claim): (_, fn(StateId, StateId) -> Claim) = match opener {
            Opener::First => (rules.one, Claim::First),
            Opener::Second => (rules.two, Claim::Second),
        };
        let sides = |rule| -> (&[Container], &[Container]) {
            let rule: &ObjectRule = rule;
            match opener {
                Opener::First => (&rule.target, &rule.source),
                Opener::Second => (&rule.source, &rule.target),
            }
        };
        let ((near, far), (whole_near, whole_far)) = (sides(stage), sides(whole));
        let far_end = |link: &Link| if opener == Opener::First { link.source } else { link.target };
        let mut links = 0;
        let mut work = vec![start];
        while let Some((at, other)) = work.pop() {
            let (Some(left), Some(right)) = (near.get(at as usize), whole_near.get(other as usize)) else {
                return differs();
            };
            let ends =
                (left.counterpart.map(|at| way(far, at)), right.counterpart.map(|at| way(whole_far, at)));
            let mut pairs = Vec::new();
            if left.nullable != right.nullable
                || left.slots.len() != right.slots.len()
                || ends.0 != ends.1
                || left.reserved != right.reserved
                || !same_rest(&left.rest, &right.rest, &mut pairs)
            {
                return differs();
            }
            for (left, right) in left.slots.iter().zip(&right.slots) {
                if left.name != right.name || left.required != right.required {
                    return differs();
                }
                match (&left.role, &right.role) {
                    (SlotRole::Link(a), SlotRole::Link(b)) => {
                        let both = (stage.links.get(*a as usize), whole.links.get(*b as usize));
                        let (Some(a), Some(b)) = both else { return differs() };
                        let ends = (spot(far, far_end(a)), spot(whole_far, far_end(b)));
                        if ends.0.is_none() || ends.0 != ends.1 || !same_gaps(a, b) {
                            return differs();
                        }
                        pairs.push((a.state, b.state));
                        links += 1;
                    }
                    (SlotRole::Alone { fill }, SlotRole::Alone { fill: other })
                        if same_value(fill.as_ref(), other.as_ref()) => {}
                    (SlotRole::Container(a), SlotRole::Container(b)) => work.push((*a, *b)),
                    _ => return differs(),
                }
            }
            for (left, right) in pairs {
                self.claim(claim(left, right), path.to_owned());
            }
        }
        Ok(links)
    }

    /// The containers of an end that a stage has opened there: the fused rule has them too.
    fn outer(
        &mut self,
        stage: &[Container],
        whole: &[Container],
        claim: fn(StateId, StateId) -> Claim,
        path: &str,
    ) -> Answer<()> {
        for (at, left) in (0u32..).zip(stage).skip(1) {
            let right = find(whole, &way(stage, at)).and_then(|other| whole.get(other as usize));
            let differs = || obstacle(path, "the object is opened in another way");
            let Some(right) = right else { return differs() };
            let mut pairs = Vec::new();
            let alike = left.nullable == right.nullable
                && left.counterpart.is_some() == right.counterpart.is_some()
                && left.reserved == right.reserved
                && left.slots.len() == right.slots.len()
                && left.slots.iter().zip(&right.slots).all(|(left, right)| {
                    left.required == right.required
                        && match (&left.role, &right.role) {
                            (SlotRole::Alone { fill }, SlotRole::Alone { fill: other }) => {
                                same_value(fill.as_ref(), other.as_ref())
                            }
                            (SlotRole::Link(_), SlotRole::Link(_) | SlotRole::Container(_))
                            | (SlotRole::Container(_), SlotRole::Container(_)) => true,
                            _ => false,
                        }
                })
                && same_rest(&left.rest, &right.rest, &mut pairs);
            if !alike {
                return differs();
            }
            for (left, right) in pairs {
                self.claim(claim(left, right), path.to_owned());
            }
        }
        Ok(())
    }
}

/// The names of the members down to a container.
fn way(containers: &[Container], mut at: u32) -> Vec<&Name> {
    let mut names = Vec::new();
    while let Some(place) = containers.get(at as usize).and_then(|container| container.parent) {
        let slots = containers.get(place.container as usize).map(|around| &around.slots);
        names.extend(slots.and_then(|slots| slots.get(place.slot as usize)).map(|slot| &slot.name));
        at = place.container;
    }
    names.reverse();
    names
}

/// The names of the members down to a place.
fn spot(containers: &[Container], place: Place) -> Option<Vec<&Name>> {
    let slot = containers.get(place.container as usize)?.slots.get(place.slot as usize)?;
    let mut names = way(containers, place.container);
    names.push(&slot.name);
    Some(names)
}

/// The container at the end of a way.
fn find(containers: &[Container], names: &[&Name]) -> Option<u32> {
    names.iter().try_fold(0, |at, name| {
        let slot = containers.get(at as usize)?.slots.iter().find(|slot| slot.name == **name)?;
        match slot.role {
            SlotRole::Container(inner) => Some(inner),
            _ => None,
        }
    })
}
