//! From a machine to its two tables.

use super::append::Text;
use super::check::Checks;
use super::names::{Kept, Names, key_of};
use super::table::{
    Action, Array, Close, Closing, Code, Coerce, Conditions, Entry, Input, Link, NONE, Null, Object, Op,
    Output, OutputRole, OutputSlot, Rest, Row, Selector, Shadows, Union,
};
use crate::lens::machine::{self, Container, Machine, ObjectRule, Place, Rule, SlotRole, State};
use crate::name::Name;
use crate::schema::{EdgeKind, Kind, Openness, Schema, VertexId};
use crate::value::digest::string64;
use crate::value::{Json, string};

/// The table of one direction.
pub(super) fn lower(machine: &Machine, checks: (&Checks, &Checks), forward: bool) -> Code {
    let mut lowering = Lowering { machine, checks, forward, code: Code::default() };
    for state in &machine.states {
        let row = lowering.row(state);
        lowering.code.rows.push(row);
    }
    lowering.remembers();
    lowering.plain_links();
    lowering.code
}

pub(super) struct Lowering<'a> {
    machine: &'a Machine,
    /// Of the source, of the target.
    pub(super) checks: (&'a Checks, &'a Checks),
    pub(super) forward: bool,
    pub(super) code: Code,
}

impl Lowering<'_> {
    pub(super) fn pick<T>(&self, source: T, target: T) -> (T, T) {
        if self.forward { (source, target) } else { (target, source) }
    }

    fn output_checks(&self) -> &Checks {
        if self.forward { self.checks.1 } else { self.checks.0 }
    }

    pub(super) fn check(&mut self, forward: &machine::Check, backward: &machine::Check) -> u32 {
        let check = if self.forward { forward } else { backward };
        match self.output_checks().of(check) {
            None => NONE,
            Some(check) => push(&mut self.code.checks, check),
        }
    }

    fn row(&mut self, state: &State) -> Row {
        let (input_null, output_null) = self.pick(state.source_null, state.target_null);
        let is_item = match state.rule {
            Rule::Wrap(_) => self.forward,
            Rule::Head(_) => !self.forward,
            _ => false,
        };
        let null = match (input_null, output_null) {
            (true, true) => Null::Copy,
            (true, false) if is_item => Null::Rule,
            (true, false) => Null::Refuse,
            (false, _) => Null::Rule,
        };
        let op = match &state.rule {
            Rule::Copy { forward, backward } => Op::Copy { check: self.check(forward, backward) },
            Rule::Coerce { coercion, forward, backward } => {
                let check = self.check(forward, backward);
                let remembered = match self.forward {
                    true => NONE,
                    false => push(&mut self.code.checks, self.checks.0.at(state.source)),
                };
                let coerce = Coerce { coercion: *coercion, forward: self.forward, check, remembered };
                Op::Coerce(push(&mut self.code.coercions, coerce))
            }
            Rule::Apply(rule) => Op::Apply(self.apply(rule)),
            Rule::Branch(rule) => Op::Ways(self.ways(rule)),
            Rule::Object(rule) if rule.computes() && !self.streams(rule) => Op::Leave,
            Rule::Object(rule) => {
                let object = self.object(rule);
                Op::Object(push(&mut self.code.objects, object))
            }
            Rule::Array(rule) => {
                let check = self.check(&rule.forward, &rule.backward);
                let array = Array {
                    prefix: rule.prefix.iter().map(|state| state.0).collect(),
                    items: rule.items.map_or(NONE, |state| state.0),
                    key: rule.key.as_ref().map(|key| string64(key.as_bytes())),
                    hinted: rule.hinted_key,
                    check,
                    remembers: false,
                };
                Op::Array(push(&mut self.code.arrays, array))
            }
            Rule::Union(rule) => {
                let union = self.union(rule);
                Op::Union(push(&mut self.code.unions, union))
            }
            Rule::Wrap(item) if self.forward => Op::Wrap(item.0),
            Rule::Wrap(item) => Op::Unwrap(item.0),
            Rule::Head(item) if self.forward => Op::Head(item.0),
            Rule::Head(item) => {
                // The list may be refused although the item is not: by `minItems`, or a state that checks nothing.
                let check = push(&mut self.code.checks, self.checks.0.at(state.source));
                Op::Unhead { item: item.0, check }
            }
        };
        Row { null, op, remembers: false }
    }

    fn union(&self, rule: &machine::UnionRule) -> Union {
        let names = |names: &[Name]| Names::new(names.iter().map(Name::as_str));
        let selector = match &rule.selector {
            machine::Selector::Tag { member, source, target } => {
                Selector::Tag { member: member.clone(), tags: names(self.pick(source, target).0) }
            }
            machine::Selector::Type { source, target } => Selector::Type(self.pick(source, target).0.clone()),
            machine::Selector::Present { source, target } => {
                Selector::Present(names(self.pick(source, target).0))
            }
            machine::Selector::Valid { .. } => Selector::Leave,
        };
        Union {
            selector,
            arms: rule.arms.iter().map(|state| state.0).collect(),
            passes: self.pick(rule.pass_forward, rule.pass_backward).0,
        }
    }

    fn object(&mut self, rule: &ObjectRule) -> Object {
        let (from, to) = self.pick(&rule.source, &rule.target);
        let streams = to.len() == 1;
        let holding = self.holding(rule);
        let mut bits = 0;
        let mut fresh = || {
            bits += 1;
            bits - 1
        };
        let mut links: Vec<Link> = rule.links.iter().map(|link| self.link(link, from, to)).collect();
        let mut inputs = Vec::with_capacity(from.len());
        for (at, container) in from.iter().enumerate() {
            let counterpart = container.counterpart.and_then(|other| to.get(other as usize));
            let tagged = rule.tagged && at == 0;
            let mut names: Vec<&str> = container.slots.iter().map(|slot| slot.name.as_str()).collect();
            let mut entries: Vec<Entry> = Vec::new();
            let mut first = None;
            for (slot, declared) in container.slots.iter().enumerate() {
                let bit = fresh();
                first = first.or(Some(bit));
                let mut action = self.action(&declared.role, &mut links, bit);
                if let Some(held) = holding.places.get(&Place { container: at as u32, slot: slot as u32 }) {
                    action = match action {
                        Action::Link(link) => Action::HeldLink { link, held: *held },
                        _ => Action::Held(*held),
                    };
                }
                if let Action::Carry { check, .. } = &mut action
                    && counterpart.is_some_and(|other| other.slot_named(declared.name.as_bytes()).is_none())
                    && !container.reserves(declared.name.as_bytes())
                {
                    let valid = self.checks.1.at(self.machine.target.edge(declared.edge).tgt);
                    *check = push(&mut self.code.checks, valid);
                }
                entries.push(Entry { bit, slot: slot as u32, action });
            }
            for (slot, declared) in counterpart.map_or(&[][..], |other| &other.slots).iter().enumerate() {
                if container.slot_named(declared.name.as_bytes()).is_some() {
                    continue;
                }
                let action = match &declared.role {
                    SlotRole::Alone { fill }
                        if self.forward && !container.reserves(declared.name.as_bytes()) =>
                    {
                        let check = self.checks.1.at(self.machine.target.edge(declared.edge).tgt);
                        let check = push(&mut self.code.checks, check);
                        Action::Adopt { check, fill: fill.as_ref().map(bytes), given: fresh() }
                    }
                    _ if self.forward => Action::Shadow,
                    _ => Action::Refuse,
                };
                names.push(declared.name.as_str());
                entries.push(Entry { bit: fresh(), slot: slot as u32, action });
            }
            for reserved in &container.reserved {
                let declares = |other: &Container| other.slot_named(reserved.as_bytes()).is_some();
                if declares(container) || counterpart.is_some_and(declares) {
                    continue;
                }
                let action = if self.forward { Action::Shadow } else { Action::Refuse };
                names.push(reserved.as_str());
                entries.push(Entry { bit: fresh(), slot: NONE, action });
            }
            if tagged && !names.contains(&"$type") {
                names.push("$type");
                entries.push(Entry { bit: fresh(), slot: NONE, action: Action::Tag });
            }
            let guesses = self.code.guesses;
            self.code.guesses += names.len() + 1;
            inputs.push(Input {
                names: Names::new(names),
                actions: entries,
                kept: Vec::new(),
                rest: self.rest(container, counterpart),
                parent: container.parent.map_or(NONE, |place| place.container),
                counterpart: if at == 0 { 0 } else { container.counterpart.unwrap_or(NONE) },
                nullable: container.nullable,
                needs: needs(container, rule, self.forward, first.unwrap_or(0)),
                guesses,
                conditions: Conditions::default(),
                conditional: Vec::new(),
            });
        }
        // A list that gives nothing was met and yet gave nothing: it needs a bit of its own.
        for (link, declared) in links.iter_mut().zip(&rule.links) {
            let is_head = matches!(self.machine.state(declared.state).rule, Rule::Head(_));
            if self.forward && (is_head || declared.survives.is_some()) {
                link.given = fresh();
            }
            if declared.survives.is_some() {
                link.out = fresh();
            }
        }
        let conditional = self.conditional(rule, &mut inputs);
        let output_schema = if self.forward { &self.machine.target } else { &self.machine.source };
        let outputs = to
            .iter()
            .enumerate()
            .map(|(at, container)| {
                self.output(at, container, from, to, &links, &inputs, rule, output_schema, &mut fresh)
            })
            .collect();
        let retag = rule.retag.as_ref().map(|(old, new)| {
            let (from, to) = self.pick(old, new);
            (from.clone(), encoded(to))
        });
        let check = self.check(&rule.forward, &rule.backward);
        let mut outputs: Vec<Output> = outputs;
        for at in 0..outputs.len() {
            let bit = outputs
                .get(at)
                .and_then(|output| outputs.get(output.parent as usize)?.slots.get(output.slot as usize));
            let bit = bit.map_or(NONE, |slot| slot.bit);
            if let Some(output) = outputs.get_mut(at) {
                output.bit = bit;
            }
        }
        Object {
            forward: self.forward,
            inputs,
            outputs,
            links,
            words: bits.div_ceil(64) as usize,
            streams,
            computed: rule.computes(),
            computes: rule.computes.clone(),
            inputs_of: holding.of,
            held: holding.places.len(),
            conditional,
            retag,
            check,
        }
    }

    fn action(&self, role: &SlotRole, links: &mut [Link], bit: u32) -> Action {
        match role {
            SlotRole::Link(link) => {
                if let Some(link) = links.get_mut(*link as usize) {
                    link.given = bit;
                }
                Action::Link(*link)
            }
            SlotRole::Container(container) => Action::Open(*container),
            SlotRole::Input { .. } | SlotRole::Output { .. } => Action::Drop,
            SlotRole::Alone { .. } if self.forward => Action::Drop,
            SlotRole::Alone { fill } => Action::Carry { fill: fill.as_ref().map(bytes), check: NONE },
        }
    }

    /// Which undeclared members of a container that is written the other direction would remember again; and that
    /// the container takes any of them.
    fn shadows(&self, container: &Container) -> Shadows {
        let schema = &self.machine.source;
        let takes_all = !self.forward && is_open(schema, container.vertex);
        match (&container.rest, container.counterpart) {
            _ if !takes_all => Shadows::Leave,
            (_, None) | (machine::Rest::Shadow, _) => Shadows::All,
            (machine::Rest::Pass, _) => Shadows::Declared,
            _ => Shadows::Leave,
        }
    }

    fn rest(&self, container: &Container, counterpart: Option<&Container>) -> Rest {
        let gone = if self.forward { Rest::Shadow } else { Rest::Refuse };
        if container.counterpart.is_none() {
            return gone;
        }
        match &container.rest {
            // What `get` would not let pass again is for the clear engine to judge.
            machine::Rest::Pass
                if !self.forward
                    && counterpart.is_some_and(|other| !matches!(other.rest, machine::Rest::Pass)) =>
            {
                Rest::Leave
            }
            machine::Rest::Pass => Rest::Pass,
            machine::Rest::Shadow => gone,
            machine::Rest::PassIfValid(_) | machine::Rest::Map(_) => Rest::Leave,
        }
    }

    fn link(&self, link: &machine::Link, from: &[Container], to: &[Container]) -> Link {
        let (input, output) = self.pick(link.source, link.target);
        let name = |side: &[Container], place: Place| {
            slot(side, place).map_or_else(|| Name::new(""), |slot| slot.name.clone())
        };
        let (input_name, output_name) = (name(from, input), name(to, output));
        let required = slot(to, output).is_some_and(|slot| slot.required);
        let explicit = self.forward
            && (slot(from, input).is_some_and(|slot| !slot.required)
                || from
                    .get(input.container as usize)
                    .is_some_and(|container| container.counterpart.is_none()));
        // Such a member alone is no reason to make its object: the clear engine sees whether there is another one.
        let idle = !self.forward
            && required
            && to.get(output.container as usize).is_some_and(|container| container.counterpart.is_none());
        let (fill, implied) = if self.forward {
            (link.fill.as_ref(), None)
        } else {
            (link.unfill.as_ref().filter(|_| required), link.fill.as_ref().filter(|_| !required || idle))
        };
        Link {
            state: link.state.0,
            plain: false,
            same_name: input_name == output_name,
            next: Text::new(&[b",", &*key_of(&output_name)].concat()),
            copies: false,
            null_absent: self.forward && link.null_absent,
            null_refused: !self.forward && link.null_absent,
            fill: fill.map(bytes),
            explicit,
            implied: implied.map(bytes),
            idle,
            required,
            slot: link.source.slot,
            input: input.container,
            output: output.container,
            moved: is_moved(from, to, input.container, output.container),
            moves_back: is_moved(to, from, output.container, input.container),
            given: 0,
            out: NONE,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step of `object`, cut out for its length")]
    fn output(
        &mut self,
        at: usize,
        container: &Container,
        from: &[Container],
        to: &[Container],
        links: &[Link],
        inputs: &[Input],
        rule: &ObjectRule,
        schema: &Schema,
        fresh: &mut dyn FnMut() -> u32,
    ) -> Output {
        let mut slots: Vec<OutputSlot> = Vec::with_capacity(container.slots.len());
        for declared in &container.slots {
            let (bit, role) = match &declared.role {
                SlotRole::Link(link) => {
                    let known = links.get(*link as usize);
                    let bit = known.map_or(0, |link| link.given);
                    // A default that the source requires is the clear engine's matter.
                    let plain = self.forward
                        || known.is_none_or(|link| link.out == NONE)
                        || rule.links.get(*link as usize).is_some_and(|link| link.fill.is_some());
                    (bit, if plain { OutputRole::Link(*link) } else { OutputRole::Conditional(*link) })
                }
                SlotRole::Container(child) => (fresh(), OutputRole::Container(*child)),
                SlotRole::Alone { .. } if self.forward => {
                    // The bit of the name on the input side, by which it is adopted.
                    let adopted = container
                        .counterpart
                        .and_then(|other| inputs.get(other as usize))
                        .and_then(|input| {
                            let index = input.names.find(declared.name.as_bytes())?;
                            input.actions.get(index as usize)
                        });
                    let bit = match adopted {
                        Some(Entry { action: Action::Adopt { given, .. }, .. }) => *given,
                        _ => fresh(),
                    };
                    (bit, OutputRole::Alone)
                }
                SlotRole::Alone { .. } | SlotRole::Input { .. } | SlotRole::Output { .. } => {
                    (fresh(), OutputRole::Alone)
                }
            };
            let check = self.output_checks().at(schema.edge(declared.edge).tgt);
            slots.push(OutputSlot {
                name: declared.name.as_bytes().into(),
                token: key_of(&declared.name),
                bit,
                role,
                check,
            });
        }
        let mut close = Vec::new();
        for &slot in &container.declared {
            let (Some(declared), Some(output)) =
                (container.slots.get(slot as usize), slots.get(slot as usize))
            else {
                continue;
            };
            let fill = match &declared.role {
                SlotRole::Link(link) => {
                    let Some(link) = links.get(*link as usize) else { continue };
                    if link.moved {
                        let what = Closing::Moved(match declared.role {
                            SlotRole::Link(link) => link,
                            _ => NONE,
                        });
                        close.push(Close { bit: NONE, nested: false, what });
                    }
                    let is_head = rule
                        .links
                        .get(match declared.role {
                            SlotRole::Link(link) => link as usize,
                            _ => usize::MAX,
                        })
                        .is_some_and(|link| matches!(self.machine.state(link.state).rule, Rule::Head(_)));
                    match &link.fill {
                        None if is_head && !self.forward && declared.required => Some(b"[]"[..].into()),
                        // An absent head is an empty list, where that is admitted, and not what is filled.
                        Some(_) if is_head && !self.forward && declared.required => {
                            close.push(Close { bit: output.bit, nested: false, what: Closing::Find });
                            continue;
                        }
                        fill => fill.clone(),
                    }
                }
                SlotRole::Container(child) => {
                    if declared.required {
                        close.push(Close {
                            bit: output.bit,
                            nested: false,
                            what: Closing::Container(*child),
                        });
                    }
                    continue;
                }
                SlotRole::Output { compute, output: index, fill } => {
                    let check = self.output_checks().at(schema.edge(declared.edge).tgt);
                    let what = Closing::Computed {
                        compute: *compute,
                        output: *index,
                        token: output.token.clone(),
                        fill: fill.as_ref().map(bytes),
                        check: push(&mut self.code.checks, check),
                        required: declared.required,
                    };
                    close.push(Close { bit: NONE, nested: false, what });
                    continue;
                }
                SlotRole::Input { fill: None } if declared.required => {
                    close.push(Close { bit: output.bit, nested: false, what: Closing::Find });
                    continue;
                }
                SlotRole::Alone { fill } | SlotRole::Input { fill } => {
                    fill.as_ref().filter(|_| self.forward || declared.required).map(bytes)
                }
            };
            let what = match fill {
                Some(value) => Closing::Fill([&b","[..], &output.token, &value].concat().into()),
                None if declared.required => Closing::Require,
                None => continue,
            };
            let nested = matches!(&declared.role, SlotRole::Link(link) if links.get(*link as usize).is_some_and(|link| link.input != 0));
            close.push(Close { bit: output.bit, nested, what });
        }
        let parent = container.parent;
        let name = |side: &[Container], place: Option<Place>| {
            place.and_then(|place| slot(side, place)).map(|slot| slot.name.clone())
        };
        let other = container.counterpart.and_then(|other| from.get(other as usize));
        let same_name = other.is_some_and(|other| name(from, other.parent) == name(to, parent));
        Output {
            parent: parent.map_or(NONE, |place| place.container),
            token: parent
                .and_then(|place| slot(to, place))
                .map(|slot| key_of(&slot.name))
                .unwrap_or_default(),
            slot: parent.map_or(NONE, |place| place.slot),
            bit: NONE,
            same_name,
            shadows: self.shadows(container),
            counterpart: if at == 0 { 0 } else { container.counterpart.unwrap_or(NONE) },
            slots,
            close,
        }
    }

    /// Which states can leave something in the complement: the least solution over the cycles of states.
    fn remembers(&mut self) {
        if !self.forward {
            return;
        }
        loop {
            let mut changed = false;
            let answers: Vec<bool> = self.code.rows.iter().map(|row| self.may_remember(row)).collect();
            for (row, answer) in self.code.rows.iter_mut().zip(answers) {
                changed |= row.remembers != answer;
                row.remembers = answer;
            }
            if !changed {
                break;
            }
        }
        for index in 0..self.code.arrays.len() {
            let answer = self.code.arrays.get(index).is_some_and(|array| {
                array.prefix.iter().chain([&array.items]).any(|state| self.state_remembers(*state))
            });
            if let Some(array) = self.code.arrays.get_mut(index) {
                array.remembers = answer;
            }
        }
    }

    fn state_remembers(&self, state: u32) -> bool {
        self.code.rows.get(state as usize).is_some_and(|row| row.remembers)
    }

    fn may_remember(&self, row: &Row) -> bool {
        match row.op {
            Op::Copy { .. } | Op::Leave => false,
            Op::Apply(_) | Op::Ways(_) => true,
            Op::Coerce(_) | Op::Head(_) | Op::Unhead { .. } => true,
            Op::Wrap(item) | Op::Unwrap(item) => self.state_remembers(item),
            Op::Array(array) => self.code.arrays.get(array as usize).is_some_and(|array| {
                array.prefix.iter().chain([&array.items]).any(|state| self.state_remembers(*state))
            }),
            Op::Union(union) => self
                .code
                .unions
                .get(union as usize)
                .is_some_and(|union| union.arms.iter().any(|state| self.state_remembers(*state))),
            Op::Object(object) => self.code.objects.get(object as usize).is_some_and(|object| {
                object.inputs.len() > 1
                    || object.outputs.len() > 1
                    || object.links.iter().any(|link| {
                        !link.same_name
                            || link.null_absent
                            || link.fill.is_some()
                            || link.out != NONE
                            || self.state_remembers(link.state)
                    })
                    || object.inputs.iter().any(|input| {
                        !matches!(input.rest, Rest::Pass)
                            || input
                                .actions
                                .iter()
                                .any(|entry| !matches!(entry.action, Action::Link(_) | Action::Tag))
                    })
            }),
        }
    }

    /// Finds the links of which nothing has to be looked at.
    fn plain_links(&mut self) {
        let rows = &self.code.rows;
        for object in &mut self.code.objects {
            for link in &mut object.links {
                link.plain = rows.get(link.state as usize).is_some_and(Row::is_plain);
                let silent = link.null_absent || link.null_refused || link.implied.is_some();
                link.copies = link.plain && !silent && link.out == NONE;
            }
            if !object.streams {
                continue;
            }
            for entry in object.inputs.iter_mut().flat_map(|input| &mut input.actions) {
                if let Action::Link(link) = entry.action
                    && let Some(link) = object.links.get(link as usize)
                    && link.copies
                    && link.same_name
                    && (link.fill.is_none() || !self.forward)
                {
                    entry.action = Action::Keep;
                }
            }
            for input in &mut object.inputs {
                let kept = |(entry, at): (&Entry, usize)| match (&entry.action, input.names.get(at)) {
                    (Action::Keep, Some(token)) => Kept::new(token, entry.bit),
                    _ => Kept::NONE,
                };
                input.kept = input.actions.iter().zip(0..).map(kept).collect();
            }
        }
    }
}

/// Backwards: the names that the view has to have, because the lens would not make them again. Bits are counted as
/// `object` gives them out, from `first` on.
fn needs(container: &Container, rule: &ObjectRule, forward: bool, first: u32) -> Vec<u32> {
    if forward {
        return Vec::new();
    }
    let is_needed = |slot: &machine::Slot| {
        slot.required
            && match &slot.role {
                SlotRole::Alone { fill } | SlotRole::Input { fill } | SlotRole::Output { fill, .. } => {
                    fill.is_none()
                }
                SlotRole::Link(link) => rule.links.get(*link as usize).is_none_or(|link| link.fill.is_none()),
                SlotRole::Container(_) => true,
            }
    };
    (first..).zip(&container.slots).filter(|(_, slot)| is_needed(slot)).map(|(bit, _)| bit).collect()
}

/// Whether an object takes members of any name and value that it does not declare.
fn is_open(schema: &Schema, id: VertexId) -> bool {
    let vertex = schema.vertex(id);
    let is_plain =
        |kind: &EdgeKind| !matches!(kind, EdgeKind::Pattern | EdgeKind::Additional | EdgeKind::Branch);
    vertex.kind == Kind::Object
        && vertex.openness == Openness::Open
        && !vertex.tainted
        && vertex.constraints.is_empty()
        && schema.outgoing(id).all(|(_, edge)| is_plain(&edge.kind))
}

pub(super) fn push<T>(list: &mut Vec<T>, item: T) -> u32 {
    list.push(item);
    list.len() as u32 - 1
}

fn bytes(json: &Json) -> Box<[u8]> {
    json.as_str().as_bytes().into()
}

fn encoded(name: &str) -> Box<[u8]> {
    let mut text = Vec::with_capacity(name.len() + 2);
    string::encode(name, &mut text);
    text.into()
}

fn slot(side: &[Container], place: Place) -> Option<&machine::Slot> {
    side.get(place.container as usize)?.slots.get(place.slot as usize)
}

/// Whether a link is written at the close of its output container: neither the counterpart of the member's own
/// container nor of one around it is where the member goes.
fn is_moved(from: &[Container], to: &[Container], input: u32, output: u32) -> bool {
    let mut place = output;
    // A new container stands for the nearest one around it that is not new.
    let anchor = loop {
        let Some(container) = to.get(place as usize) else { return true };
        match (container.counterpart, container.parent) {
            (Some(counterpart), _) => break counterpart,
            (None, Some(parent)) => place = parent.container,
            (None, None) => break 0,
        }
    };
    let mut around = Some(input);
    while let Some(container) = around {
        if container == anchor {
            return false;
        }
        around =
            from.get(container as usize).and_then(|container| container.parent).map(|place| place.container);
    }
    true
}
