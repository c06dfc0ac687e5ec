//! What a lens says of itself before anything runs.

use super::machine::{Check, Machine, ObjectRule, Place, Rest, Rule, Selector, SlotRole, StateId, untold};
use crate::diagnostic::is_plain;
use crate::migration::CoercionClass;
use crate::name::Name;
use crate::ordered::{Arrange, BTreeSet};
use crate::value::Json;
use std::collections::VecDeque;

/// A statement about a place in the data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    /// Stable and greppable: `checked`, `dropped`, `needs-default`, ….
    pub code: &'static str,
    /// Path in the source, or in the view where it speaks of the view.
    pub path: String,
    /// In words.
    pub text: String,
}

/// Where a lens is partial, what a view may not say, what has no default, what the complement keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spec {
    /// Where `get` may refuse a valid record.
    pub partial: Vec<Statement>,
    /// Where `put` may refuse a valid view.
    pub view_domain: Vec<Statement>,
    /// Required source members that inserted items and `create` need a value for, and have none.
    pub needs_default: Vec<Statement>,
    /// What the complement may hold.
    pub complement: Vec<Statement>,
    /// The complement is always empty for records without undeclared members, the order of members aside.
    pub lossless: bool,
}

impl Machine {
    /// Says what the machine may refuse and what it keeps, each place once, by the first path that leads to it.
    pub fn spec(&self) -> Spec {
        let mut walk =
            Walk { machine: self, spec: Spec::default(), seen: BTreeSet::new(), work: VecDeque::new() };
        walk.reach(self.start, String::new(), String::new());
        while let Some((state, source, target)) = walk.work.pop_front() {
            walk.state(state, &source, &target);
        }
        let mut spec = walk.spec;
        for list in [&mut spec.partial, &mut spec.view_domain, &mut spec.needs_default, &mut spec.complement]
        {
            list.arrange();
            list.dedup();
        }
        spec.lossless =
            spec.complement.iter().all(|statement| matches!(statement.code, "undeclared" | "reserved"));
        spec
    }
}

/// Of a value without a way back.
const ONE_WAY: &str = "there is no way back: an edited value is refused";

struct Walk<'m> {
    machine: &'m Machine,
    spec: Spec,
    seen: BTreeSet<StateId>,
    work: VecDeque<(StateId, String, String)>,
}

fn say(list: &mut Vec<Statement>, code: &'static str, path: &str, text: impl Into<String>) {
    list.push(Statement { code, path: path.to_owned(), text: text.into() });
}

fn member(path: &str, name: &str) -> String {
    match (path.is_empty(), is_plain(name)) {
        (true, true) => name.to_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{}]", Json::string(name)),
    }
}

impl Walk<'_> {
    fn reach(&mut self, state: StateId, source: String, target: String) {
        if self.seen.insert(state) {
            self.work.push_back((state, source, target));
        }
    }

    fn checks(&mut self, forward: &Check, backward: &Check, source: &str, target: &str) {
        let words = |check: &Check| match check {
            Check::None => None,
            Check::Local(_, constraints) if constraints.is_empty() => Some("its type is checked".to_owned()),
            Check::Local(_, constraints) => Some(
                constraints.iter().map(|constraint| constraint.to_string()).collect::<Vec<_>>().join(", "),
            ),
            Check::Valid(_) => Some("the whole value is validated".to_owned()),
        };
        if let Some(text) = words(forward) {
            say(&mut self.spec.partial, "checked", source, text);
        }
        if let Some(text) = words(backward) {
            say(&mut self.spec.view_domain, "checked", target, text);
        }
    }

    fn state(&mut self, id: StateId, source: &str, target: &str) {
        let state = self.machine.state(id);
        if state.source_null && !state.target_null {
            say(&mut self.spec.partial, "null-not-allowed", source, "`null` is not allowed in the target");
        }
        if state.target_null && !state.source_null {
            say(
                &mut self.spec.view_domain,
                "null-not-allowed",
                target,
                "`null` is not allowed in the source",
            );
        }
        match &state.rule {
            Rule::Copy { forward, backward } => self.checks(forward, backward, source, target),
            Rule::Coerce { coercion, forward, backward } => {
                self.checks(forward, backward, source, target);
                let name = coercion.as_str();
                say(
                    &mut self.spec.partial,
                    "coerced",
                    source,
                    format!("{name}: a value that cannot is refused"),
                );
                say(
                    &mut self.spec.view_domain,
                    "coerced",
                    target,
                    format!("{name}: a value that cannot go back is refused"),
                );
                say(
                    &mut self.spec.complement,
                    "spelling",
                    source,
                    "the spelling, where going back would give another",
                );
            }
            Rule::Object(rule) => self.object(rule, source, target),
            Rule::Array(rule) => {
                self.checks(&rule.forward, &rule.backward, source, target);
                for item in rule.prefix.iter().copied().chain(rule.items) {
                    self.reach(item, format!("{source}[]"), format!("{target}[]"));
                }
            }
            Rule::Union(rule) => {
                if !rule.pass_forward {
                    say(
                        &mut self.spec.partial,
                        "arm-not-in-target",
                        source,
                        "an arm that the target lacks is refused",
                    );
                }
                if !rule.pass_backward {
                    say(
                        &mut self.spec.view_domain,
                        "arm-not-in-source",
                        target,
                        "an arm that the source lacks is refused",
                    );
                }
                if matches!(rule.selector, Selector::Valid { .. }) {
                    say(
                        &mut self.spec.partial,
                        "exactly-one",
                        source,
                        "a value that fits several arms is refused",
                    );
                }
                for arm in &rule.arms {
                    self.reach(*arm, source.to_owned(), target.to_owned());
                }
            }
            Rule::Wrap(item) => {
                say(
                    &mut self.spec.view_domain,
                    "one-item",
                    target,
                    "a list of any length but one is refused",
                );
                self.reach(*item, source.to_owned(), format!("{target}[]"));
            }
            Rule::Head(item) => {
                say(&mut self.spec.complement, "rest-of-list", source, "every item but the first");
                self.reach(*item, format!("{source}[]"), target.to_owned());
            }
            Rule::Apply(rule) => {
                self.expression(source, target);
                match &rule.backward {
                    Some(_) => say(
                        &mut self.spec.view_domain,
                        "computed",
                        target,
                        "a value whose way back does not give it again is refused",
                    ),
                    None => say(&mut self.spec.view_domain, "one-way", target, ONE_WAY),
                }
                match rule.class {
                    CoercionClass::Iso if rule.backward.is_some() => say(
                        &mut self.spec.complement,
                        "spelling",
                        source,
                        "the spelling, where going back would give another",
                    ),
                    _ => say(
                        &mut self.spec.complement,
                        "computed-from",
                        source,
                        "the value that another is computed from",
                    ),
                }
                if rule.backward.is_none() {
                    say(
                        &mut self.spec.needs_default,
                        "one-way",
                        source,
                        "its value cannot be found from a view alone",
                    );
                }
            }
            Rule::Branch(rule) => {
                say(
                    &mut self.spec.partial,
                    "branch",
                    source,
                    "a record on which a condition fails or gives no boolean is refused",
                );
                say(&mut self.spec.view_domain, "branch", target, "a view that no way gives back is refused");
                say(&mut self.spec.complement, "branch", source, "which way was taken");
                for arm in &rule.arms {
                    self.reach(*arm, source.to_owned(), target.to_owned());
                }
            }
        }
    }

    fn expression(&mut self, source: &str, target: &str) {
        say(&mut self.spec.partial, "expression", source, "a value on which the expression fails is refused");
        say(
            &mut self.spec.partial,
            "checked",
            source,
            format!("what comes of it is refused where it is not valid at `{target}`"),
        );
    }

    fn object(&mut self, rule: &ObjectRule, source: &str, target: &str) {
        self.checks(&rule.forward, &rule.backward, source, target);
        let paths = |containers: &[super::machine::Container], base: &str| {
            let mut paths: Vec<String> = Vec::with_capacity(containers.len());
            for container in containers {
                let path = container.parent.and_then(|place| {
                    let slot = containers.get(place.container as usize)?.slots.get(place.slot as usize)?;
                    Some(member(paths.get(place.container as usize)?, &slot.name))
                });
                paths.push(path.unwrap_or_else(|| base.to_owned()));
            }
            paths
        };
        let (sources, targets) = (paths(&rule.source, source), paths(&rule.target, target));
        let path_of = |containers: &[super::machine::Container], paths: &[String], place: Place| {
            let slot = containers.get(place.container as usize)?.slots.get(place.slot as usize)?;
            Some((member(paths.get(place.container as usize)?, &slot.name), slot.required))
        };
        for (container, path) in rule.source.iter().zip(&sources) {
            for slot in &container.slots {
                let SlotRole::Alone { fill } = &slot.role else { continue };
                let here = member(path, &slot.name);
                say(&mut self.spec.complement, "dropped", &here, "the target has nothing like it");
                if slot.required && fill.is_none() {
                    say(
                        &mut self.spec.needs_default,
                        "needs-default",
                        &here,
                        "required in the source, and a new record has no value for it",
                    );
                }
            }
            for name in &container.reserved {
                say(
                    &mut self.spec.complement,
                    "reserved",
                    &member(path, name),
                    "an undeclared member of this name: a schema in between declares it otherwise",
                );
            }
            if matches!(container.rest, Rest::Shadow | Rest::PassIfValid(_)) {
                say(
                    &mut self.spec.complement,
                    "undeclared",
                    path,
                    "undeclared members that the target does not accept",
                );
            }
        }
        for at in untold(&rule.source) {
            let Some(path) = sources.get(at) else { continue };
            say(
                &mut self.spec.complement,
                "dissolved",
                path,
                "that it was there, where it has none of the members that the target takes out of it",
            );
        }
        for (container, path) in rule.target.iter().zip(&targets) {
            for name in &container.reserved {
                say(
                    &mut self.spec.view_domain,
                    "reserved",
                    &member(path, name),
                    "an undeclared member of this name is refused: a schema in between declares it otherwise",
                );
            }
            if matches!(container.rest, Rest::Shadow | Rest::PassIfValid(_)) {
                say(
                    &mut self.spec.view_domain,
                    "undeclared",
                    path,
                    "undeclared members that the source does not accept are refused",
                );
            }
            for slot in &container.slots {
                let SlotRole::Alone { .. } = &slot.role else { continue };
                let carried =
                    container.counterpart.and_then(|at| rule.source.get(at as usize)).is_some_and(|other| {
                        other.slot_named(slot.name.as_bytes()).is_none()
                            && !other.reserves(slot.name.as_bytes())
                            && !matches!(container.rest, Rest::Shadow)
                    });
                if !carried {
                    let here = member(path, &slot.name);
                    say(
                        &mut self.spec.view_domain,
                        "not-carried",
                        &here,
                        "the source cannot hold a value of its own for it",
                    );
                }
            }
        }
        for compute in &rule.computes {
            let whole = |way: &[Name]| way.iter().fold(source.to_owned(), |path, name| member(&path, name));
            let mut inputs: Vec<String> = compute.inputs.iter().map(|input| whole(&input.way)).collect();
            if inputs.is_empty() {
                inputs.push(source.to_owned());
            }
            for (_, place) in &compute.outputs {
                let Some((to, _)) = path_of(&rule.target, &targets, *place) else { continue };
                inputs.iter().for_each(|from| self.expression(from, &to));
                let text = match &compute.backward {
                    Some(_) => "a value whose way back does not give it again is refused",
                    None => ONE_WAY,
                };
                let code = if compute.backward.is_some() { "computed" } else { "one-way" };
                say(&mut self.spec.view_domain, code, &to, text);
            }
            for (_, place) in compute.consumed() {
                let Some((from, required)) = path_of(&rule.source, &sources, place) else { continue };
                say(
                    &mut self.spec.complement,
                    "computed-from",
                    &from,
                    "the value that another is computed from",
                );
                if compute.backward.is_none() && required {
                    say(
                        &mut self.spec.needs_default,
                        "one-way",
                        &from,
                        "required in the source, and its value cannot be found from a view alone",
                    );
                }
            }
        }
        for link in &rule.links {
            let from = path_of(&rule.source, &sources, link.source);
            let to = path_of(&rule.target, &targets, link.target);
            let (Some((from, source_required)), Some((to, target_required))) = (from, to) else { continue };
            if source_required && !target_required && link.unfill.is_none() {
                say(
                    &mut self.spec.view_domain,
                    "needs-default",
                    &to,
                    "required in the source: it may not be absent",
                );
            }
            if link.null_absent {
                say(&mut self.spec.complement, "null", &from, "that it was `null`");
            }
            if link.fill.is_some() {
                say(
                    &mut self.spec.complement,
                    "explicit-default",
                    &from,
                    "that it was there with the default",
                );
            }
            if link.survives.is_some() {
                say(
                    &mut self.spec.partial,
                    "expression",
                    &from,
                    "a record on which the condition fails or gives no boolean is refused",
                );
                say(
                    &mut self.spec.complement,
                    "conditional",
                    &from,
                    "the member where its condition is false",
                );
                say(
                    &mut self.spec.view_domain,
                    "conditional",
                    &to,
                    "a member that the condition leaves out is refused",
                );
            }
            self.reach(link.state, from, to);
        }
        for (container, path) in rule.source.iter().zip(&sources) {
            if let Rest::Map(entries) = &container.rest {
                for (_, state) in entries {
                    self.reach(*state, format!("{path}[*]"), format!("{path}[*]"));
                }
            }
        }
    }
}
