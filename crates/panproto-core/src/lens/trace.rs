//! Where a place of one side of a machine stands on the other side.
//!
//! A lens of several stages fails somewhere in the middle; people know the records that go in and the views that come
//! out. A place that has no counterpart there has no answer.

use super::engine::Direction;
use super::machine::{
    BranchRule, Container, Machine, ObjectRule, Place, Rest, Rule, SlotRole, StateId, UnionRule,
};
use crate::diagnostic::{Path, Segment, is_plain};
use crate::value::{Json, ValueRef};

/// One step of a path, in data or in a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A member.
    Member(Box<str>),
    /// An item; every item where there is no index.
    Item(Option<u32>),
    /// Every undeclared member, `[*]`.
    Values,
}

/// How many unions may stand in each other where one is looked through.
const UNIONS: u32 = 32;

/// Reads a path as diagnostics and specifications print it; none where it is not one.
pub fn read(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[]") {
            steps.push(Step::Item(None));
            rest = after;
        } else if let Some(after) = rest.strip_prefix("[*]") {
            steps.push(Step::Values);
            rest = after;
        } else if let Some(quoted) = rest.strip_prefix('[').filter(|quoted| quoted.starts_with('"')) {
            let mut escaped = false;
            let end = quoted.bytes().enumerate().skip(1).find_map(|(at, byte)| {
                let closes = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                closes.then_some(at + 1)
            })?;
            let name = Json::parse(quoted.get(..end)?).ok()?;
            steps.push(Step::Member(name.tree().root().as_str()?.into()));
            rest = quoted.get(end..)?.strip_prefix(']')?;
        } else if let Some(index) = rest.strip_prefix('[') {
            let (index, after) = index.split_once(']')?;
            steps.push(Step::Item(Some(index.parse().ok()?)));
            rest = after;
        } else {
            let plain = if steps.is_empty() { rest } else { rest.strip_prefix('.')? };
            let (name, after) = plain.split_at(plain.find(['.', '[']).unwrap_or(plain.len()));
            steps.push(Step::Member(name.into()));
            rest = after;
        }
    }
    Some(steps)
}

/// Prints a path.
pub fn print(steps: &[Step]) -> String {
    let mut out = String::new();
    for step in steps {
        match step {
            Step::Item(None) => out.push_str("[]"),
            Step::Item(Some(index)) => {
                out.push('[');
                out.push_str(&index.to_string());
                out.push(']');
            }
            Step::Values => out.push_str("[*]"),
            Step::Member(name) if is_plain(name) => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Step::Member(name) => {
                out.push('[');
                out.push_str(Json::string(name).as_str());
                out.push(']');
            }
        }
    }
    out
}

/// A path of data; none where it speaks of every item.
pub fn data(steps: &[Step]) -> Option<Path> {
    let segment = |step: &Step| match step {
        Step::Member(name) => Some(Segment::Member(name.clone())),
        Step::Item(index) => Some(Segment::Item((*index)?)),
        Step::Values => None,
    };
    steps.iter().map(segment).collect::<Option<Vec<_>>>().map(Path)
}

/// The value at a path below a value.
pub fn find<'a>(mut value: ValueRef<'a>, steps: &[Step]) -> Option<ValueRef<'a>> {
    for step in steps {
        value = match step {
            Step::Member(name) => value.get(name)?,
            Step::Item(Some(index)) => value.items().nth(*index as usize)?,
            _ => return None,
        };
    }
    Some(value)
}

impl Machine {
    /// The place of the other side that a place corresponds to: forwards from the source to the view.
    pub fn trace(&self, direction: Direction, path: &[Step]) -> Option<Vec<Step>> {
        let mut found = Vec::with_capacity(path.len());
        self.trace_from(self.start, direction, path, &mut found, UNIONS).then_some(found)
    }

    fn trace_from(
        &self,
        mut state: StateId,
        direction: Direction,
        mut path: &[Step],
        out: &mut Vec<Step>,
        unions: u32,
    ) -> bool {
        loop {
            let Some((first, rest)) = path.split_first() else { return true };
            match &self.state(state).rule {
                Rule::Object(rule) => match object(rule, direction, path, out) {
                    Next::State(next, rest) => (state, path) = (next, rest),
                    Next::Whole(rest) => {
                        out.extend_from_slice(rest);
                        return true;
                    }
                    Next::Nowhere => return false,
                },
                Rule::Array(rule) => {
                    let Step::Item(index) = first else { return false };
                    let fixed = index.and_then(|index| rule.prefix.get(index as usize));
                    out.push(first.clone());
                    match fixed.copied().or(rule.items) {
                        Some(next) => (state, path) = (next, rest),
                        None => {
                            out.extend_from_slice(rest);
                            return true;
                        }
                    }
                }
                // Which arm it is the path does not say; what all that know the place say is true.
                Rule::Union(UnionRule { arms, .. }) | Rule::Branch(BranchRule { arms, .. }) => {
                    let Some(unions) = unions.checked_sub(1) else { return false };
                    let mut answer: Option<Vec<Step>> = None;
                    for arm in arms {
                        let mut found = Vec::new();
                        if self.trace_from(*arm, direction, path, &mut found, unions) {
                            match &answer {
                                Some(other) if *other != found => return false,
                                _ => answer = Some(found),
                            }
                        }
                    }
                    let Some(mut found) = answer else { return false };
                    out.append(&mut found);
                    return true;
                }
                Rule::Wrap(item) | Rule::Head(item) => {
                    let listed = matches!(self.state(state).rule, Rule::Wrap(_));
                    if listed == (direction == Direction::Forward) {
                        out.push(Step::Item(Some(0)));
                    } else {
                        let Step::Item(None | Some(0)) = first else { return false };
                        path = rest;
                    }
                    state = *item;
                }
                // What is inside has no counterpart: the whole value is computed.
                Rule::Apply(_) => return true,
                _ => {
                    out.extend_from_slice(path);
                    return true;
                }
            }
        }
    }
}

enum Next<'p> {
    State(StateId, &'p [Step]),
    /// The rest of the path says the same on both sides.
    Whole(&'p [Step]),
    Nowhere,
}

fn object<'p>(rule: &ObjectRule, direction: Direction, path: &'p [Step], out: &mut Vec<Step>) -> Next<'p> {
    let (read, written) = match direction {
        Direction::Forward => (&rule.source, &rule.target),
        Direction::Backward => (&rule.target, &rule.source),
    };
    let mut at = 0u32;
    let mut left = path;
    while let Some((step, rest)) = left.split_first() {
        let Some(container) = read.get(at as usize) else { return Next::Nowhere };
        let name = match step {
            Step::Member(name) => Some(&**name),
            Step::Values => None,
            Step::Item(_) => return Next::Nowhere,
        };
        let slot = name
            .and_then(|name| container.slot_named(name.as_bytes()))
            .and_then(|slot| container.slots.get(slot as usize));
        match slot.map(|slot| &slot.role) {
            Some(SlotRole::Container(inner)) => {
                at = *inner;
                left = rest;
            }
            Some(SlotRole::Link(link)) => {
                let Some(link) = rule.links.get(*link as usize) else { return Next::Nowhere };
                let place = if direction == Direction::Forward { link.target } else { link.source };
                return if member(written, place, out) {
                    Next::State(link.state, rest)
                } else {
                    Next::Nowhere
                };
            }
            // What is computed stands for what it is computed from, where that is one member.
            Some(SlotRole::Output { compute, .. }) if direction == Direction::Backward => {
                let inputs = rule.computes.get(*compute as usize).map(|compute| compute.inputs.as_slice());
                let Some([input]) = inputs else { return Next::Nowhere };
                out.extend(input.way.iter().map(|name| Step::Member((&**name).into())));
                return Next::Whole(&[]);
            }
            Some(_) => return Next::Nowhere,
            None => {
                let Some(other) = container.counterpart else { return Next::Nowhere };
                if !within(written, other, out) {
                    return Next::Nowhere;
                }
                out.push(step.clone());
                return match &container.rest {
                    Rest::Map(entries) => match entries.as_slice() {
                        [(_, state)] => Next::State(*state, rest),
                        _ => Next::Nowhere,
                    },
                    _ => Next::Whole(rest),
                };
            }
        }
    }
    match read.get(at as usize).and_then(|container| container.counterpart) {
        Some(other) if within(written, other, out) => Next::Whole(left),
        _ => Next::Nowhere,
    }
}

/// Appends the path of a container, from the object that it is in.
pub(super) fn within(containers: &[Container], at: u32, out: &mut Vec<Step>) -> bool {
    match containers.get(at as usize).map(|container| container.parent) {
        Some(Some(place)) => member(containers, place, out),
        Some(None) => true,
        None => false,
    }
}

pub(super) fn member(containers: &[Container], mut place: Place, out: &mut Vec<Step>) -> bool {
    let begin = out.len();
    loop {
        let Some(container) = containers.get(place.container as usize) else { return false };
        let Some(slot) = container.slots.get(place.slot as usize) else { return false };
        out.push(Step::Member((&*slot.name).into()));
        match container.parent {
            Some(above) => place = above,
            None => break,
        }
    }
    if let Some(added) = out.get_mut(begin..) {
        added.reverse();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{print, read};

    #[test]
    fn paths_read_as_they_are_printed() {
        for text in ["", "a", "a.b[3].c", "items[].value", "[*].a", r#"["a.b"][0]["x\"]y"].c"#] {
            assert_eq!(print(&read(text).unwrap()), text);
        }
        for text in ["a[", "a[x]", "[0]b"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
