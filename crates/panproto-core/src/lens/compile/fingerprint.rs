//! What a complement binds to: the shapes of both schemas and everything that the machine does.
//!
//! The encoding is explicit, because it is a stored format: a refactoring must not change it.

use super::super::machine::{Check, Condition, Container, Machine, Rest, Rule, Selector, SlotRole};
use crate::expr::{Expr, print};
use crate::name::Name;
use crate::schema::{Digest, TypeSet};

/// Version of the lens format: a change of what the engines do with one machine changes it.
const VERSION: u8 = 1;

pub(super) fn fingerprint(machine: &Machine) -> [u8; 32] {
    let mut out = Out(vec![VERSION]);
    out.0.extend_from_slice(&machine.source.shape_digest().0);
    out.0.extend_from_slice(&machine.target.shape_digest().0);
    out.number(machine.start.0);
    out.number(machine.states.len() as u32);
    for state in &machine.states {
        out.flag(state.source_null);
        out.flag(state.target_null);
        out.rule(&state.rule, machine);
    }
    Digest::of("panproto lens fingerprint", &out.0).0
}

struct Out(Vec<u8>);

impl Out {
    fn number(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u32);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn maybe(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        self.text(text.unwrap_or(""));
    }

    fn types(&mut self, types: TypeSet) {
        self.0.push(types.0);
    }

    fn check(&mut self, check: &Check) {
        match check {
            Check::None => self.0.push(0),
            Check::Local(types, constraints) => {
                self.0.push(1);
                self.types(*types);
                self.number(constraints.len() as u32);
                for constraint in constraints {
                    self.text(constraint.sort.as_str());
                    self.text(constraint.value.as_str());
                }
            }
            // Which vertex it is the shapes of the schemas tell, in their order of discovery.
            Check::Valid(_) => self.0.push(2),
        }
    }

    fn rule(&mut self, rule: &Rule, machine: &Machine) {
        match rule {
            Rule::Copy { forward, backward } => {
                self.0.push(b'C');
                self.check(forward);
                self.check(backward);
            }
            Rule::Coerce { coercion, forward, backward } => {
                self.0.push(b'K');
                self.text(coercion.as_str());
                self.check(forward);
                self.check(backward);
            }
            Rule::Object(rule) => {
                self.0.push(b'O');
                self.containers(&rule.source);
                self.containers(&rule.target);
                self.number(rule.links.len() as u32);
                for link in &rule.links {
                    for place in [link.source, link.target] {
                        self.number(place.container);
                        self.number(place.slot);
                    }
                    self.number(link.state.0);
                    self.maybe(link.fill.as_ref().map(|json| json.as_str()));
                    self.maybe(link.unfill.as_ref().map(|json| json.as_str()));
                    self.flag(link.null_absent);
                    // Once, that a `null` of the view was absence: fingerprints stay what they are.
                    self.flag(false);
                    // Machines from before there were expressions keep their fingerprints.
                    if let Some(condition) = &link.survives {
                        self.0.push(b's');
                        self.condition(condition);
                    }
                }
                self.flag(rule.tagged);
                self.maybe(rule.retag.as_ref().map(|(from, _)| &**from));
                self.maybe(rule.retag.as_ref().map(|(_, to)| &**to));
                self.check(&rule.forward);
                self.check(&rule.backward);
                for compute in &rule.computes {
                    self.0.push(b'm');
                    self.number(compute.inputs.len() as u32);
                    for input in &compute.inputs {
                        self.text(&input.name);
                        self.names(&input.way);
                        self.number(input.consumed.map_or(u32::MAX, |place| place.container));
                        self.number(input.consumed.map_or(u32::MAX, |place| place.slot));
                    }
                    self.number(compute.outputs.len() as u32);
                    for (name, place) in &compute.outputs {
                        self.text(name);
                        self.number(place.container);
                        self.number(place.slot);
                    }
                    self.expr(Some(&compute.forward));
                    self.expr(compute.backward.as_ref());
                    self.text(compute.class.as_str());
                }
            }
            Rule::Array(rule) => {
                self.0.push(b'A');
                self.number(rule.prefix.len() as u32);
                for state in &rule.prefix {
                    self.number(state.0);
                }
                self.number(rule.items.map_or(u32::MAX, |state| state.0));
                self.maybe(rule.key.as_deref());
                self.flag(rule.hinted_key);
                self.check(&rule.forward);
                self.check(&rule.backward);
            }
            Rule::Union(rule) => {
                self.0.push(b'U');
                self.selector(&rule.selector, machine);
                self.number(rule.arms.len() as u32);
                for state in &rule.arms {
                    self.number(state.0);
                }
                self.flag(rule.pass_forward);
                self.flag(rule.pass_backward);
            }
            Rule::Wrap(item) => {
                self.0.push(b'W');
                self.number(item.0);
            }
            Rule::Head(item) => {
                self.0.push(b'H');
                self.number(item.0);
            }
            Rule::Apply(rule) => {
                self.0.push(b'E');
                self.expr(Some(&rule.forward));
                self.expr(rule.backward.as_ref());
                self.text(rule.class.as_str());
                self.names(&rule.names.0);
                self.names(&rule.names.1);
            }
            Rule::Branch(rule) => {
                self.0.push(b'B');
                self.number(rule.when.len() as u32);
                for condition in &rule.when {
                    self.condition(condition);
                }
                for arm in &rule.arms {
                    self.number(arm.0);
                }
            }
        }
    }

    fn names(&mut self, names: &[Name]) {
        self.number(names.len() as u32);
        for name in names {
            self.text(name);
        }
    }

    fn expr(&mut self, expr: Option<&Expr>) {
        self.maybe(expr.map(print).as_deref());
    }

    fn condition(&mut self, condition: &Condition) {
        self.expr(Some(&condition.expr));
        self.names(&condition.names);
        self.flag(condition.attrs);
    }

    fn selector(&mut self, selector: &Selector, machine: &Machine) {
        let names = |out: &mut Out, list: &[crate::name::Name]| {
            out.number(list.len() as u32);
            for name in list {
                out.text(name);
            }
        };
        match selector {
            Selector::Tag { member, source, target } => {
                self.0.push(b't');
                self.text(member);
                names(self, source);
                names(self, target);
            }
            Selector::Type { source, target } => {
                self.0.push(b'j');
                for types in source.iter().chain(target) {
                    self.types(*types);
                }
            }
            Selector::Present { source, target } => {
                self.0.push(b'p');
                names(self, source);
                names(self, target);
            }
            Selector::Valid { source, target } => {
                self.0.push(b'v');
                for vertex in source {
                    self.text(&machine.source.vertex(*vertex).id);
                }
                for vertex in target {
                    self.text(&machine.target.vertex(*vertex).id);
                }
            }
        }
    }

    fn containers(&mut self, containers: &[Container]) {
        self.number(containers.len() as u32);
        for container in containers {
            self.number(container.parent.map_or(u32::MAX, |place| place.container));
            self.number(container.parent.map_or(u32::MAX, |place| place.slot));
            self.number(container.counterpart.unwrap_or(u32::MAX));
            self.flag(container.nullable);
            self.number(container.slots.len() as u32);
            for slot in &container.slots {
                self.text(&slot.name);
                self.flag(slot.required);
                match &slot.role {
                    SlotRole::Link(link) => {
                        self.0.push(b'l');
                        self.number(*link);
                    }
                    SlotRole::Container(container) => {
                        self.0.push(b'c');
                        self.number(*container);
                    }
                    SlotRole::Alone { fill } => {
                        self.0.push(b'a');
                        self.maybe(fill.as_ref().map(|json| json.as_str()));
                    }
                    SlotRole::Input { fill } => {
                        self.0.push(b'i');
                        self.maybe(fill.as_ref().map(|json| json.as_str()));
                    }
                    SlotRole::Output { compute, output, fill } => {
                        self.0.push(b'o');
                        self.number(*compute);
                        self.number(*output);
                        self.maybe(fill.as_ref().map(|json| json.as_str()));
                    }
                }
            }
            for slot in &container.declared {
                self.number(*slot);
            }
            match &container.rest {
                Rest::Pass => self.0.push(0),
                Rest::PassIfValid(_) => self.0.push(1),
                Rest::Map(entries) => {
                    self.0.push(2);
                    self.number(entries.len() as u32);
                    for (pattern, state) in entries {
                        self.maybe(pattern.as_deref());
                        self.number(state.0);
                    }
                }
                Rest::Shadow => self.0.push(3),
            }
            if !container.reserved.is_empty() {
                self.0.push(b'r');
                self.number(container.reserved.len() as u32);
                for name in &container.reserved {
                    self.text(name);
                }
            }
        }
    }
}
