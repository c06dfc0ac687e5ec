//! The migration that leads back, and why there is none.
//!
//! A migration has an inverse where nothing is lost either way: every record of one side is told by the record of the
//! other, up to ≈ and to members that no schema declares. Checks are no loss: what they refuse goes nowhere.

use super::compile::compile;
use super::engine::Direction;
use super::machine::{
    Coercion, ComputeRule, Container, Machine, ObjectRule, Rest, Rule, Selector, SlotRole, StateId,
};
use super::stages::{Lens, undecided};
use super::trace::{self, Step};
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::limits::Budget;
use crate::migration::{Apply, CoercionClass, Compute, FieldMatch, Input, Migration, ObjectMatch, Output};
use crate::ordered::{Arrange, BTreeMap, BTreeSet};
use crate::schema::{EdgeKind, Kind as VertexKind, Openness, Schema, VertexId};
use std::collections::VecDeque;

/// Why a migration is no bijection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Loss {
    /// Types of the source that the target has nothing of.
    DroppedVertices,
    /// Members or arms of the source that the target has nothing of.
    DroppedEdges,
    /// Several values of one side are one value of the other, or none.
    NotBijective,
    /// Members or arms that only the target has, or absence that becomes a value.
    EdgeNotBijective,
}

impl Loss {
    /// The name in published releases.
    pub fn as_str(self) -> &'static str {
        match self {
            Loss::DroppedVertices => "DroppedVertices",
            Loss::DroppedEdges => "DroppedEdges",
            Loss::NotBijective => "NotBijective",
            Loss::EdgeNotBijective => "EdgeNotBijective",
        }
    }

    /// The code of the error.
    pub fn code(self) -> &'static str {
        match self {
            Loss::DroppedVertices => "dropped-vertices",
            Loss::DroppedEdges => "dropped-edges",
            Loss::NotBijective => "not-bijective",
            Loss::EdgeNotBijective => "edge-not-bijective",
        }
    }
}

/// A place at which something is lost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Obstruction {
    /// What kind of loss.
    pub loss: Loss,
    /// Path in the source, or in the target where it speaks of what only that has.
    pub path: String,
    /// The path is one of the target.
    pub in_target: bool,
    /// In words.
    pub why: &'static str,
}

impl Machine {
    /// Every place at which records and views do not tell each other, sorted.
    pub fn obstructions(&self) -> Vec<Obstruction> {
        let mut walk = Walk {
            machine: self,
            found: Vec::new(),
            seen: BTreeSet::new(),
            work: VecDeque::new(),
            kept: BTreeSet::new(),
            copied: Vec::new(),
            dropped: Vec::new(),
        };
        walk.reach(self.start, Vec::new(), Vec::new());
        while let Some((state, source, target)) = walk.work.pop_front() {
            walk.state(state, &source, &target);
        }
        walk.dropped_vertices();
        walk.found.arrange();
        walk.found.dedup();
        walk.found
    }
}

struct Walk<'m> {
    machine: &'m Machine,
    found: Vec<Obstruction>,
    seen: BTreeSet<StateId>,
    work: VecDeque<(StateId, Vec<Step>, Vec<Step>)>,
    /// Source vertices that the target has something of.
    kept: BTreeSet<VertexId>,
    /// Source vertices that are kept with all that is below them.
    copied: Vec<VertexId>,
    dropped: Vec<(VertexId, Vec<Step>)>,
}

impl Walk<'_> {
    fn reach(&mut self, state: StateId, source: Vec<Step>, target: Vec<Step>) {
        if self.seen.insert(state) {
            self.work.push_back((state, source, target));
        }
    }

    fn say(&mut self, loss: Loss, path: &[Step], in_target: bool, why: &'static str) {
        self.found.push(Obstruction { loss, path: trace::print(path), in_target, why });
    }

    fn state(&mut self, id: StateId, source: &[Step], target: &[Step]) {
        let machine = self.machine;
        let state = machine.state(id);
        self.kept.insert(state.source);
        match &state.rule {
            Rule::Copy { .. } => self.copied.push(state.source),
            // The same number, as a value.
            Rule::Coerce { coercion: Coercion::Widen | Coercion::Narrow, .. } => {}
            Rule::Coerce { .. } => {
                self.say(
                    Loss::NotBijective,
                    source,
                    false,
                    "the value changes its type, and several spell one",
                );
            }
            Rule::Object(rule) => self.object(rule, source, target),
            Rule::Array(rule) => {
                let items = |path: &[Step]| [path, &[Step::Item(None)]].concat();
                for item in rule.prefix.iter().copied().chain(rule.items) {
                    self.reach(item, items(source), items(target));
                }
            }
            Rule::Union(rule) => {
                let arms = |schema: &Schema, vertex: VertexId| match schema.vertex(vertex).kind {
                    VertexKind::Union => schema.outgoing_of(vertex, EdgeKind::Variant).count(),
                    _ => 1,
                };
                if arms(&machine.source, state.source) > rule.arms.len() {
                    self.say(Loss::DroppedEdges, source, false, "the target lacks an arm");
                }
                if arms(&machine.target, state.target) > rule.arms.len() {
                    self.say(Loss::EdgeNotBijective, target, true, "the source lacks an arm");
                }
                for arm in &rule.arms {
                    self.reach(*arm, source.to_vec(), target.to_vec());
                }
            }
            Rule::Apply(rule) if rule.class == CoercionClass::Iso && rule.backward.is_some() => {}
            Rule::Apply(_) => {
                self.say(Loss::NotBijective, source, false, "an expression without an exact way back");
            }
            Rule::Branch(_) => {
                self.say(Loss::NotBijective, source, false, "the record says which of several ways it takes");
            }
            Rule::Wrap(_) => {
                self.say(
                    Loss::NotBijective,
                    target,
                    true,
                    "a list of other than one item comes from nothing",
                );
            }
            Rule::Head(_) => {
                self.say(Loss::NotBijective, source, false, "of a list only the first item stays");
            }
        }
    }

    /// Of what is dropped, the types that stay nowhere else.
    fn dropped_vertices(&mut self) {
        let schema = &self.machine.source;
        let mut below: BTreeSet<VertexId> = self.copied.iter().copied().collect();
        let mut work = std::mem::take(&mut self.copied);
        while let Some(vertex) = work.pop() {
            for (_, edge) in schema.outgoing(vertex) {
                let vertex = schema.resolve(edge.tgt).vertex;
                if below.insert(vertex) {
                    work.push(vertex);
                }
            }
        }
        for (vertex, path) in std::mem::take(&mut self.dropped) {
            if !self.kept.contains(&vertex) && !below.contains(&vertex) {
                self.say(Loss::DroppedVertices, &path, false, "the target has nothing of its type");
            }
        }
    }

    fn object(&mut self, rule: &ObjectRule, source: &[Step], target: &[Step]) {
        let (from, to) = (paths(&rule.source, source), paths(&rule.target, target));
        let member = |containers: &[Container], paths: &[Vec<Step>], place: super::machine::Place| {
            let path = paths.get(place.container as usize)?;
            let slot = containers.get(place.container as usize)?.slots.get(place.slot as usize)?;
            Some([path.as_slice(), &[Step::Member((&*slot.name).into())]].concat())
        };
        for (is_target, containers, paths) in [(false, &rule.source, &from), (true, &rule.target, &to)] {
            for (container, path) in containers.iter().zip(paths) {
                if container.parent.is_some()
                    && container.counterpart.is_none()
                    && may_lack(containers, container)
                {
                    let loss = if is_target { Loss::EdgeNotBijective } else { Loss::NotBijective };
                    self.say(loss, path, is_target, "whether the object is there cannot be told");
                }
                // Members that no schema declares have to pass where the source lets them be.
                let passes = match container.rest {
                    Rest::Pass | Rest::Map(_) => true,
                    _ if is_target => true,
                    Rest::Shadow => {
                        let vertex = self.machine.source.vertex(container.vertex);
                        let mut edges = self.machine.source.outgoing(container.vertex);
                        vertex.openness == Openness::Closed
                            && !edges.any(|(_, edge)| {
                                matches!(edge.kind, EdgeKind::Pattern | EdgeKind::Additional)
                            })
                    }
                    Rest::PassIfValid(_) => false,
                };
                if container.counterpart.is_some() && !passes {
                    self.say(Loss::DroppedEdges, path, false, "undeclared members that the target refuses");
                }
                for slot in &container.slots {
                    let here = [path.as_slice(), &[Step::Member((&*slot.name).into())]].concat();
                    match &slot.role {
                        SlotRole::Alone { .. } if is_target => {
                            self.say(Loss::EdgeNotBijective, &here, true, "the source has nothing like it");
                        }
                        SlotRole::Alone { .. } => {
                            self.say(Loss::DroppedEdges, &here, false, "the target has nothing like it");
                            let vertex = self.machine.source.edge(slot.edge).tgt;
                            self.dropped.push((self.machine.source.resolve(vertex).vertex, here));
                        }
                        SlotRole::Input { .. } | SlotRole::Output { .. }
                            if rule.computes.iter().any(|compute| !is_exact(compute)) =>
                        {
                            let why = "computed without an exact way back";
                            self.say(Loss::NotBijective, &here, is_target, why);
                        }
                        SlotRole::Output { fill: Some(_), .. } => {
                            self.say(Loss::EdgeNotBijective, &here, true, "absence becomes a value");
                        }
                        _ => {}
                    }
                }
                if let (Rest::Map(entries), false) = (&container.rest, is_target) {
                    for (_, state) in entries {
                        let inside = [path.as_slice(), &[Step::Values]].concat();
                        self.reach(*state, inside.clone(), inside);
                    }
                }
            }
        }
        for link in &rule.links {
            let ends = (member(&rule.source, &from, link.source), member(&rule.target, &to, link.target));
            let (Some(from), Some(to)) = ends else { continue };
            if link.fill.is_some() || link.unfill.is_some() || link.null_absent {
                self.say(
                    Loss::EdgeNotBijective,
                    &from,
                    false,
                    "absence, `null` or a default become one another",
                );
            }
            if link.survives.is_some() {
                self.say(Loss::DroppedEdges, &from, false, "a condition drops it");
            }
            self.reach(link.state, from, to);
        }
    }
}

/// Whether a computation undoes itself: nothing that it reads is told otherwise.
fn is_exact(compute: &ComputeRule) -> bool {
    compute.class == CoercionClass::Iso
        && compute.backward.is_some()
        && compute.inputs.iter().all(|input| input.consumed.is_some())
}

/// Whether an object inside may be absent or `null`.
fn may_lack(containers: &[Container], container: &Container) -> bool {
    let slot = container
        .parent
        .and_then(|place| containers.get(place.container as usize)?.slots.get(place.slot as usize));
    container.nullable || slot.is_none_or(|slot| !slot.required)
}

fn paths(containers: &[Container], base: &[Step]) -> Vec<Vec<Step>> {
    let mut paths: Vec<Vec<Step>> = Vec::with_capacity(containers.len());
    for container in containers {
        let path = container.parent.and_then(|place| {
            let slot = containers.get(place.container as usize)?.slots.get(place.slot as usize)?;
            Some(
                [paths.get(place.container as usize)?.as_slice(), &[Step::Member((&*slot.name).into())]]
                    .concat(),
            )
        });
        paths.push(path.unwrap_or_else(|| base.to_vec()));
    }
    paths
}

impl Lens {
    /// Why the lens is no isomorphism: every loss, by paths of the records and the views; none where it is one.
    pub fn obstructions(&self) -> Vec<Obstruction> {
        let mut all = Vec::new();
        for (at, stage) in self.stages().enumerate() {
            for mut obstruction in stage.machine.obstructions() {
                let direction = if obstruction.in_target { Direction::Backward } else { Direction::Forward };
                if let Some(path) = self.at_entrance(at, direction, &obstruction.path) {
                    obstruction.path = trace::print(&path);
                }
                all.push(obstruction);
            }
        }
        all.arrange();
        all.dedup();
        all
    }
}

impl Migration {
    /// The migration from the target to the source that undoes this one.
    ///
    /// # Errors
    /// `dropped-vertices`, `dropped-edges`, `not-bijective`, `edge-not-bijective` with the first path and, in `help`,
    /// all of them, where something is lost one way or the other; `migration-undecided`.
    pub fn invert(&self, budget: &mut Budget) -> Result<Migration> {
        let compiled = compile(self, budget)?;
        let machine = compiled.machine.ok_or_else(|| undecided(&compiled.questions))?;
        let obstructions = machine.obstructions();
        if !obstructions.is_empty() {
            return Err(not_invertible(&obstructions));
        }
        let inverse = self.turned(&machine);
        let back = compile(&inverse, budget)?;
        let lost = match &back.machine {
            Some(back) => back.obstructions(),
            None => return Err(undecided(&back.questions)),
        };
        if lost.is_empty() { Ok(inverse) } else { Err(not_invertible(&lost)) }
    }

    /// The same matches, read the other way.
    fn turned(&self, machine: &Machine) -> Migration {
        let mut inverse = Migration::new(self.target.clone(), self.source.clone());
        inverse.roots = (self.roots.1, self.roots.0);
        for ((source, target), object) in &self.objects {
            let turn = |link: &FieldMatch| FieldMatch {
                from: link.to.clone(),
                to: link.from.clone(),
                reason: link.reason,
            };
            let mut links: Vec<FieldMatch> = object.links.iter().map(turn).collect();
            links.arrange_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
            let turned = ObjectMatch {
                links,
                fills: object.source_fills.clone(),
                source_fills: object.fills.clone(),
                computes: object.computes.iter().filter_map(turned).collect(),
                reserved: object.reserved.clone(),
            };
            inverse.objects.insert((*target, *source), turned);
        }
        for ((source, target), apply) in &self.applies {
            if let Some(backward) = &apply.backward {
                let turned = Apply {
                    forward: backward.clone(),
                    backward: Some(apply.forward.clone()),
                    class: apply.class,
                };
                inverse.applies.insert((*target, *source), turned);
            }
        }
        for ((source, target), arms) in &self.arms {
            let arms = arms.iter().map(|(from, to)| (*to, *from)).collect();
            inverse.arms.insert((*target, *source), arms);
        }
        for state in &machine.states {
            match &state.rule {
                Rule::Array(rule) if rule.hinted_key => {
                    let shown = rule.items.and_then(|item| match &machine.state(item).rule {
                        Rule::Object(object) => source_name(object, rule.key.as_deref()?),
                        _ => rule.key.as_deref().map(Into::into),
                    });
                    if let Some(name) = shown {
                        inverse.keys.insert(state.source, name);
                    }
                }
                Rule::Union(rule) if matches!(rule.selector, Selector::Valid { .. }) => {
                    inverse.exactly_one.insert(state.target);
                }
                _ => {}
            }
        }
        inverse.trusted = self.trusted.iter().map(|path| self.other_side(machine, path)).collect();
        inverse
    }

    fn other_side(&self, machine: &Machine, path: &str) -> String {
        let traced = trace::read(path).and_then(|path| machine.trace(Direction::Forward, &path));
        traced.map_or_else(|| path.to_owned(), |path| trace::print(&path))
    }
}

/// A computation read the other way, where it has a way back.
fn turned(compute: &Compute) -> Option<Compute> {
    Some(Compute {
        inputs: compute
            .outputs
            .iter()
            .map(|output| Input { name: output.name.clone(), way: output.way.clone(), kept: false })
            .collect(),
        outputs: compute
            .inputs
            .iter()
            .map(|input| Output { name: input.name.clone(), way: input.way.clone() })
            .collect(),
        forward: compute.backward.clone()?,
        backward: Some(compute.forward.clone()),
        class: compute.class,
    })
}

/// What the source calls the member that the view calls `name`.
fn source_name(rule: &ObjectRule, name: &str) -> Option<Box<str>> {
    let (from, to) = (rule.source.first()?, rule.target.first()?);
    let slot = to.slot_named(name.as_bytes())?;
    let link = rule.links.iter().find(|link| link.target.container == 0 && link.target.slot == slot)?;
    (link.source.container == 0)
        .then(|| from.slots.get(link.source.slot as usize))?
        .map(|slot| (&*slot.name).into())
}

#[cold]
fn not_invertible(obstructions: &[Obstruction]) -> Error {
    let Some(first) = obstructions.first() else {
        return Diagnostic::error(Kind::Internal, "not-bijective", "no reason was found");
    };
    let mut by_loss: BTreeMap<Loss, Vec<&str>> = BTreeMap::new();
    for obstruction in obstructions {
        by_loss.entry(obstruction.loss).or_default().push(&obstruction.path);
    }
    let all: Vec<String> = by_loss
        .iter()
        .map(|(loss, paths)| {
            let some: Vec<&str> = paths.iter().take(10).copied().collect();
            format!("{} (`{}`)", loss.as_str(), some.join("`, `"))
        })
        .collect();
    let message = format!("the migration has no inverse: {}", first.why);
    Diagnostic::new(Kind::Migration, first.loss.code(), message)
        .at(&first.path)
        .help(format!("what is lost: {}; a lens keeps it in its complement", all.join(", ")))
        .boxed()
}
