//! Objects: opened containers, links, fills, undeclared members.

use super::super::evaluate;
use super::super::laws::views;
use super::super::machine::{
    Check, Container, Link, ObjectRule, Place, Rest, Rule, Slot, SlotRole, State, StateId, untold,
};
use super::computed::{Roles, covered, nest};
use super::scalar::restricts;
use super::{At, COPY, Compiler, Form, admits_null, form, join};
use crate::instance::Validator;
use crate::limits::Budget;
use crate::migration::{FieldMatch, ObjectMatch, Reason};
use crate::name::Name;
use crate::ordered::{Arrange, BTreeMap, BTreeSet};
use crate::schema::{Constraint, EdgeId, EdgeKind, Openness, Schema, Sort, TypeSet, VertexId};
use crate::value::Json;

type Way = Vec<EdgeId>;

/// One side of the rule in the making.
pub(super) struct Side<'m> {
    schema: &'m Schema,
    /// Ways of the containers, parents before children; the first is empty.
    ways: Vec<Way>,
    vertices: Vec<VertexId>,
    counterparts: Vec<Option<u32>>,
}

impl<'m> Side<'m> {
    fn new(schema: &'m Schema, root: VertexId) -> Side<'m> {
        Side { schema, ways: vec![Vec::new()], vertices: vec![root], counterparts: vec![Some(0)] }
    }

    pub(super) fn find(&self, way: &[EdgeId]) -> Option<u32> {
        self.ways.iter().position(|known| known == way).map(|at| at as u32)
    }

    /// Opens the container at a way, and those above it.
    fn open(&mut self, way: &[EdgeId]) -> u32 {
        if let Some(at) = self.find(way) {
            return at;
        }
        if let [above @ .., last] = way {
            self.open(above);
            let vertex = self.schema.resolve(self.schema.edge(*last).tgt).vertex;
            self.ways.push(way.to_vec());
            self.vertices.push(vertex);
            self.counterparts.push(None);
        }
        self.ways.len() as u32 - 1
    }

    pub(super) fn place(&self, way: &[EdgeId]) -> Option<Place> {
        let (last, above) = way.split_last()?;
        let container = self.find(above)?;
        let slot = self.schema.slot_of(*last)? as u32;
        Some(Place { container, slot })
    }

    /// Every member on the way has to be there.
    pub(super) fn required(&self, way: &[EdgeId]) -> bool {
        way.iter().enumerate().all(|(at, edge)| {
            let edge = self.schema.edge(*edge);
            edge.required && (at + 1 == way.len() || !self.schema.resolve(edge.tgt).nullable)
        })
    }

    pub(super) fn text(&self, base: &str, way: &[EdgeId]) -> String {
        way.iter().fold(base.to_owned(), |path, edge| {
            join(&path, self.schema.edge(*edge).name.as_deref().unwrap_or(""))
        })
    }
}

impl Compiler<'_> {
    pub(super) fn object(&mut self, source: VertexId, target: VertexId, at: &At) -> Rule {
        let migration = self.migration;
        match migration.branches.get(&(source, target)) {
            Some(branches) if !branches.is_empty() => self.branch((source, target), branches, at),
            _ => self.members(source, target, migration.object(source, target), at),
        }
    }

    /// Objects whose members match in one way.
    pub(super) fn members(
        &mut self,
        source: VertexId,
        target: VertexId,
        matches: ObjectMatch,
        at: &At,
    ) -> Rule {
        let mut from = Side::new(self.source, source);
        let mut to = Side::new(self.target, target);
        let matches = self.gather(&mut from, &mut to, matches, at);
        let computes = self.computes(&from, &to, &matches, at);
        let roles = self.computed_roles(&from, &to, &computes, &matches, at);
        let mut links = Vec::with_capacity(matches.links.len());
        for link in &matches.links {
            if let Some(link) = self.link(&from, &to, link, &matches, at) {
                links.push(link);
            }
        }
        let changing = !computes.is_empty()
            || links.iter().any(|link| {
                link.survives.is_some() || matches!(self.rule_of(link.state), Some(Rule::Apply(_)))
            });
        let source_containers = self.containers(&from, &links, &roles.0, true, &matches.source_fills, at);
        let target_containers = self.containers(&to, &links, &roles.1, false, &matches.fills, at);
        let mut rule = ObjectRule {
            source: source_containers,
            target: target_containers,
            links,
            tagged: &**self.source.protocol() == "atproto",
            retag: None,
            computes,
            forward: self.object_check(source, target, true, changing),
            backward: self.object_check(source, target, false, changing),
        };
        if let (Some(old), Some(new)) = (&self.source.vertex(source).nsid, &self.target.vertex(target).nsid)
            && old != new
        {
            rule.retag = Some((old.clone(), new.clone()));
            self.note("retag", at, format!("`$type` changes from `{old}` to `{new}`"), true);
        }
        for container in untold(&rule.source) {
            let Some(way) = from.ways.get(container) else { continue };
            let here = At { source: from.text(&at.source, way), target: at.target.clone() };
            let why = "without its members nothing in the view tells whether it was there";
            self.note("dissolve", &here, why.to_owned(), false);
        }
        for (side, index) in pairs(&from) {
            let (left, right) = (from.vertices.get(side as usize), to.vertices.get(index as usize));
            if let (Some(left), Some(right)) = (left.copied(), right.copied()) {
                let here = At {
                    source: from.text(&at.source, from.ways.get(side as usize).map_or(&[], Vec::as_slice)),
                    target: to.text(&at.target, to.ways.get(index as usize).map_or(&[], Vec::as_slice)),
                };
                let (forward, backward) = self.rests(left, right, &here);
                let stated = self.migration.objects.get(&(left, right));
                let reserved: Vec<Name> =
                    stated.map_or_else(Vec::new, |object| object.reserved.iter().cloned().collect());
                if let Some(container) = rule.source.get_mut(side as usize) {
                    container.rest = forward;
                    container.reserved = reserved.clone();
                }
                if let Some(container) = rule.target.get_mut(index as usize) {
                    container.rest = backward;
                    container.reserved = reserved;
                }
            }
        }
        Rule::Object(Box::new(rule))
    }

    /// All links of the object and of the pairs of containers inside it that have to be opened because something
    /// moves into or out of them.
    fn gather(
        &mut self,
        from: &mut Side<'_>,
        to: &mut Side<'_>,
        mut all: ObjectMatch,
        at: &At,
    ) -> ObjectMatch {
        for link in &all.links {
            open_above(from, &link.from);
            open_above(to, &link.to);
        }
        loop {
            for compute in &all.computes {
                for input in &compute.inputs {
                    if !input.kept || !covered(&all.links, &input.way) {
                        open_above(from, &input.way);
                    }
                }
                for output in &compute.outputs {
                    open_above(to, &output.way);
                }
            }
            // A matched pair of members of which one side is opened: open both, and take its inner matches.
            let found = all.links.iter().position(|link| {
                from.find(&link.from).is_some_and(|at| at > 0) || to.find(&link.to).is_some_and(|at| at > 0)
            });
            let Some(index) = found else { break };
            let pair = all.links.swap_remove(index);
            let both = self.resolved(&pair);
            let nullable = self.nullable(&pair.from, self.source) || self.nullable(&pair.to, self.target);
            let plain = from.place(&pair.from).zip(to.place(&pair.to)).is_some_and(|(left, right)| {
                from.counterparts.get(left.container as usize) == Some(&Some(right.container))
            });
            let objects =
                form(self.source, both.0) == Form::Object && form(self.target, both.1) == Form::Object;
            let whole = pair.from.last().zip(pair.to.last()).is_some_and(|(a, b)| {
                self.migration.applies.contains_key(&(*a, *b)) || self.migration.survival.contains_key(a)
            }) || self.migration.branches.contains_key(&both);
            if nullable || !objects || !plain || whole {
                let here =
                    At { source: from.text(&at.source, &pair.from), target: to.text(&at.target, &pair.to) };
                let why =
                    "members move into or out of an object that is itself moved, computed or may be null"
                        .to_owned();
                self.ask(
                    "move-undecidable",
                    &here,
                    false,
                    why,
                    "move the whole object, or leave its members in it".into(),
                );
                continue;
            }
            let (left, right) = (from.open(&pair.from), to.open(&pair.to));
            set(&mut from.counterparts, left, right);
            set(&mut to.counterparts, right, left);
            let inputs = all.computes.iter().flat_map(|compute| &compute.inputs);
            let consumed = inputs.filter(|input| !input.kept).map(|input| &input.way);
            let outputs = all.computes.iter().flat_map(|compute| &compute.outputs).map(|output| &output.way);
            let taken_from: BTreeSet<&Way> =
                all.links.iter().map(|link| &link.from).chain(consumed).collect();
            let taken_to: BTreeSet<&Way> = all.links.iter().map(|link| &link.to).chain(outputs).collect();
            let inner = self.migration.object(both.0, both.1);
            let extend = |way: &Way, rest: &Way| [way.as_slice(), rest].concat();
            let mut more = Vec::new();
            for link in &inner.links {
                let (a, b) = (extend(&pair.from, &link.from), extend(&pair.to, &link.to));
                if !taken_from.contains(&a) && !taken_to.contains(&b) {
                    more.push(FieldMatch { from: a, to: b, reason: link.reason });
                }
            }
            for link in more {
                open_above(from, &link.from);
                open_above(to, &link.to);
                all.links.push(link);
            }
            all.computes.extend(inner.computes.iter().map(|compute| nest(compute, &pair.from, &pair.to)));
            all.fills.extend(inner.fills.iter().map(|(way, value)| (extend(&pair.to, way), value.clone())));
            all.source_fills.extend(
                inner.source_fills.iter().map(|(way, value)| (extend(&pair.from, way), value.clone())),
            );
        }
        // One order, whatever the order of discovery.
        all.links.arrange_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
        all
    }

    fn resolved(&self, link: &FieldMatch) -> (VertexId, VertexId) {
        let end = |schema: &Schema, way: &[EdgeId]| {
            way.last().map(|edge| schema.resolve(schema.edge(*edge).tgt).vertex)
        };
        (
            end(self.source, &link.from).unwrap_or(VertexId(0)),
            end(self.target, &link.to).unwrap_or(VertexId(0)),
        )
    }

    fn nullable(&self, way: &[EdgeId], schema: &Schema) -> bool {
        way.last().is_some_and(|edge| schema.resolve(schema.edge(*edge).tgt).nullable)
    }

    fn link(
        &mut self,
        from: &Side<'_>,
        to: &Side<'_>,
        link: &FieldMatch,
        matches: &ObjectMatch,
        at: &At,
    ) -> Option<Link> {
        let (source, target) = (from.place(&link.from)?, to.place(&link.to)?);
        let (left, right) = (self.source.edge(*link.from.last()?), self.target.edge(*link.to.last()?));
        let here = At { source: from.text(&at.source, &link.from), target: to.text(&at.target, &link.to) };
        self.describe_link(link, left.name.as_ref(), right.name.as_ref(), &here);
        let state = self.position((*link.from.last()?, *link.to.last()?), &here);
        let applied = matches!(self.rule_of(state), Some(Rule::Apply(_)));
        let survives = self.survives(&link.from, &here);
        let (left_null, right_null) =
            (admits_null(self.source, left.tgt), admits_null(self.target, right.tgt));
        let left_sure = from.required(&link.from) && survives.is_none();
        let right_sure = to.required(&link.to) && survives.is_none();
        let mut fill = None;
        if right.required && !left_sure {
            let value = matches.fills.get(&link.to).cloned().or_else(|| given(self.target, right.tgt, true));
            fill = value.filter(|value| self.is_admitted(false, right.tgt, value));
            if fill.is_none() {
                self.ask_value(&here, matches.fills.get(&link.to));
            } else {
                self.note("fill", &here, "where the source has none, a default is written".into(), true);
            }
        }
        let unfill = (left.required && !right_sure)
            .then(|| {
                matches.source_fills.get(&link.from).cloned().or_else(|| given(self.source, left.tgt, true))
            })
            .flatten()
            .filter(|value| self.is_admitted(true, left.tgt, value))
            // What `get` could not show again is no way back.
            .filter(|value| {
                let admitted = |view: Json| self.is_admitted(false, right.tgt, &view);
                match self.rule_of(state) {
                    Some(Rule::Apply(rule)) => evaluate::view_of(rule, value).is_some_and(admitted),
                    _ => left_null && value.as_str() == "null" || views(value).any(admitted),
                }
            });
        self.refuse_source_default(matches.source_fills.get(&link.from), left.tgt, &here);
        if unfill.is_none()
            && left.required
            && !right_sure
            && let Some(value) = matches.source_fills.get(&link.from)
            && self.is_admitted(true, left.tgt, value)
        {
            let path = &here.source;
            let why = format!("a view would not show the source default `{value}` for `{path}`");
            let help = format!("give a value for `{path}` whose view is valid for `{}`", here.target);
            self.ask("default-refused", &here, false, why, help);
        }
        let null_absent = left_null && !right_null && !right.required && !applied;
        if null_absent {
            self.note("null-absent", &here, "`null` becomes an absent member".into(), true);
        }
        Some(Link { source, target, state, fill, unfill, null_absent, survives })
    }

    fn describe_link(&mut self, link: &FieldMatch, left: Option<&Name>, right: Option<&Name>, here: &At) {
        let kind = match (link.from.len(), link.to.len()) {
            (1, 1) if left == right => return,
            (a, b) if a == b && left == right && link.reason == Reason::SameName => return,
            (1, 1) => "rename",
            (a, 1) if a > 1 => "hoist",
            (1, b) if b > 1 => "nest",
            _ => "move",
        };
        let why = match link.reason {
            Reason::Hint => "a hint says so".to_owned(),
            Reason::SameName => "they have the same name".to_owned(),
            Reason::FoldedName => "their names differ in case, separators or plural only".to_owned(),
            Reason::Level => "the same name and type, nowhere else, one or two levels away".to_owned(),
            Reason::Likely(score) => format!("the best candidate, with score {score:.2}"),
        };
        self.note(kind, here, why, true);
        if let (Reason::Likely(score), Some(change)) = (link.reason, self.changes.last_mut()) {
            change.score = Some(score);
        }
    }

    /// Whether a value may stand at a position of one side. Schemas state defaults that they refuse themselves.
    pub(super) fn is_admitted(&self, is_source: bool, position: VertexId, value: &Json) -> bool {
        let (schema, checks) = match is_source {
            true => (self.source, &self.checks.0),
            false => (self.target, &self.checks.1),
        };
        let validator = Validator::sharing(schema, checks.clone());
        let validity = validator.is_valid(position, value.tree().root(), &mut Budget::default());
        validity.is_ok_and(|validity| !validity.is_invalid())
    }

    /// Asks for another value in place of one that was given for a member of the source, and is not valid there.
    pub(super) fn refuse_source_default(&mut self, given: Option<&Json>, position: VertexId, at: &At) {
        let Some(value) = given.filter(|value| !self.is_admitted(true, position, value)) else { return };
        let path = &at.source;
        let why = format!("the source does not admit the default `{value}` for `{path}`");
        let help = format!("give a default that is valid for `{path}`");
        self.ask("default-refused", at, false, why, help);
    }

    /// Asks for a value; `refused` is the one that a hint gave and the target does not admit.
    pub(super) fn ask_value(&mut self, at: &At, refused: Option<&Json>) {
        let path = &at.target;
        if let Some(value) = refused {
            let why = format!("the target does not admit the default `{value}` for `{path}`");
            let help = format!("give a default that is valid for `{path}`");
            self.ask("default-refused", at, true, why, help);
            return;
        }
        let why = format!("`{path}` is required in the target, and a record may have no value for it");
        let help = format!("give a default for `{path}`, or a hint where its value comes from");
        self.ask("required-without-value", at, true, why, help);
    }

    fn containers(
        &mut self,
        side: &Side<'_>,
        links: &[Link],
        roles: &Roles,
        is_source: bool,
        fills: &BTreeMap<Way, Json>,
        at: &At,
    ) -> Vec<Container> {
        let mut linked = BTreeMap::new();
        for (index, link) in (0u32..).zip(links) {
            linked.insert(if is_source { link.source } else { link.target }, index);
        }
        let schema = side.schema;
        let mut containers = Vec::with_capacity(side.ways.len());
        for (index, (way, vertex)) in (0u32..).zip(side.ways.iter().zip(&side.vertices)) {
            let mut slots = Vec::new();
            for (slot, id) in (0u32..).zip(schema.slots(*vertex)) {
                let edge = schema.edge(*id);
                let below = [way.as_slice(), &[*id]].concat();
                let role = if let Some(container) = side.find(&below) {
                    SlotRole::Container(container)
                } else if let Some(link) = linked.get(&Place { container: index, slot }) {
                    SlotRole::Link(*link)
                } else if let Some(role) = roles.get(&below) {
                    role.clone()
                } else {
                    SlotRole::Alone { fill: self.alone(side, &below, fills, is_source, at) }
                };
                let name = edge.name.clone().unwrap_or_default();
                slots.push(Slot { name, edge: *id, required: edge.required, role });
            }
            let declared = schema
                .props(*vertex)
                .filter_map(|(id, _)| schema.slot_of(id))
                .map(|slot| slot as u32)
                .collect();
            let nullable = way.last().is_some_and(|edge| schema.resolve(schema.edge(*edge).tgt).nullable);
            let counterpart = side.counterparts.get(index as usize).copied().flatten();
            let parent = side.place(way);
            containers.push(Container {
                vertex: *vertex,
                parent,
                counterpart,
                nullable,
                slots,
                declared,
                rest: Rest::Shadow,
                reserved: Vec::new(),
            });
        }
        containers
    }

    /// The fill of a member that the other side lacks.
    fn alone(
        &mut self,
        side: &Side<'_>,
        way: &[EdgeId],
        fills: &BTreeMap<Way, Json>,
        is_source: bool,
        at: &At,
    ) -> Option<Json> {
        let edge = side.schema.edge(*way.last()?);
        let fill = fills.get(way).cloned().or_else(|| given(side.schema, edge.tgt, edge.required));
        let fill = fill.filter(|value| self.is_admitted(is_source, edge.tgt, value));
        let text = side.text(if is_source { &at.source } else { &at.target }, way);
        if is_source {
            let here = At { source: text.clone(), target: at.target.clone() };
            self.refuse_source_default(fills.get(way), edge.tgt, &here);
        }
        let (kind, why) = match (is_source, &fill) {
            (true, _) => ("drop", "the target has nothing like it".to_owned()),
            (false, Some(fill)) => ("add", format!("added with `{fill}`")),
            (false, None) if edge.required || fills.contains_key(way) => {
                let here = At { source: at.source.clone(), target: text };
                self.ask_value(&here, fills.get(way));
                return None;
            }
            (false, None) => ("add-optional", "optional, left absent".to_owned()),
        };
        let (from, to) = if is_source { (Some(text), None) } else { (None, Some(text)) };
        self.changes.push(crate::migration::Change {
            kind,
            from,
            to,
            why,
            score: None,
            lossless: !is_source,
        });
        fill
    }

    /// What the finished object has to satisfy beside its members.
    fn object_check(&self, source: VertexId, target: VertexId, forward: bool, changing: bool) -> Check {
        let (left, right) = (self.source.vertex(source), self.target.vertex(target));
        let to = if forward { right } else { left };
        let wanted = |constraint: &Constraint| {
            restricts(constraint)
                && matches!(
                    constraint.sort,
                    Sort::MinProperties | Sort::MaxProperties | Sort::Required | Sort::Enum | Sort::Const
                )
        };
        // Members come and go: a bound of their number is not implied by the same bound of the other side.
        let constraints: Vec<Constraint> =
            if !changing && left.constraints == right.constraints && same_names(self, source, target) {
                Vec::new()
            } else {
                to.constraints.iter().filter(|constraint| wanted(constraint)).cloned().collect()
            };
        if constraints.is_empty() { Check::None } else { Check::Local(TypeSet::ALL, constraints) }
    }

    /// What happens to undeclared members of a pair of containers, forwards and backwards.
    fn rests(&mut self, source: VertexId, target: VertexId, at: &At) -> (Rest, Rest) {
        let (from, to) = (Maps::of(self.source, source), Maps::of(self.target, target));
        let closed = |schema: &Schema, vertex| schema.vertex(vertex).openness == Openness::Closed;
        let simple = |maps: &Maps, is_closed: bool| {
            maps.is_empty().then_some(if is_closed { Rest::Shadow } else { Rest::Pass })
        };
        let (source_closed, target_closed) = (closed(self.source, source), closed(self.target, target));
        let mut forward = simple(&to, target_closed);
        let mut backward = simple(&from, source_closed);
        if forward.is_some() && backward.is_some() {
            return (forward.unwrap_or(Rest::Pass), backward.unwrap_or(Rest::Pass));
        }
        let aligned = from.patterns.len() == to.patterns.len()
            && from.patterns.iter().zip(&to.patterns).all(|(a, b)| a.0 == b.0)
            && from.additional.is_some() == to.additional.is_some()
            && (from.additional.is_some() || source_closed == target_closed);
        if aligned {
            let same = from
                .patterns
                .iter()
                .map(|(_, edge)| *edge)
                .chain(from.additional)
                .zip(to.patterns.iter().map(|(_, edge)| *edge).chain(to.additional));
            let same = same.collect::<Vec<_>>().into_iter().all(|(a, b)| {
                let applied = self.migration.applies.contains_key(&(a, b));
                let (a, b) = (self.source.edge(a).tgt, self.target.edge(b).tgt);
                let (a, b) = (self.source.resolve(a), self.target.resolve(b));
                !applied && a.nullable == b.nullable && self.proof.same(a.vertex, b.vertex)
            });
            // A member may match several patterns, all of which apply: only one state can run.
            let single = from.patterns.is_empty() || (from.patterns.len() == 1 && from.additional.is_none());
            if same && same_names(self, source, target) {
                return (Rest::Pass, Rest::Pass);
            }
            if single && !same {
                let mut states: Vec<(Option<Name>, StateId)> = Vec::new();
                for ((pattern, a), (_, b)) in from.patterns.iter().zip(&to.patterns) {
                    let state = self.loose(Some(*a), Some(*b), (source, target), &map_at(at));
                    states.push((Some(pattern.clone()), state));
                }
                if let (Some(a), Some(b)) = (from.additional, to.additional) {
                    let state = self.loose(Some(a), Some(b), (source, target), &map_at(at));
                    states.push((None, state));
                } else if !target_closed {
                    let state = State { source, target, source_null: true, target_null: true, rule: COPY };
                    states.push((None, self.push(state)));
                }
                return (Rest::Map(states.clone()), Rest::Map(states));
            }
        }
        let forward = forward.take().unwrap_or(Rest::PassIfValid(target));
        let backward = backward.take().unwrap_or(Rest::PassIfValid(source));
        (forward, backward)
    }
}

/// Patterns and the schema of the others, of an object used as a map, by their edges.
struct Maps {
    patterns: Vec<(Name, EdgeId)>,
    additional: Option<EdgeId>,
}

impl Maps {
    fn of(schema: &Schema, vertex: VertexId) -> Maps {
        Maps {
            patterns: schema
                .outgoing_of(vertex, EdgeKind::Pattern)
                .map(|(id, edge)| (edge.name.clone().unwrap_or_default(), id))
                .collect(),
            additional: schema.outgoing_of(vertex, EdgeKind::Additional).map(|(id, _)| id).next(),
        }
    }

    fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.additional.is_none()
    }
}

fn map_at(at: &At) -> At {
    At { source: format!("{}[*]", at.source), target: format!("{}[*]", at.target) }
}

fn open_above(side: &mut Side<'_>, way: &[EdgeId]) {
    if let [above @ .., _] = way {
        side.open(above);
    }
}

fn set(list: &mut [Option<u32>], at: u32, value: u32) {
    if let Some(entry) = list.get_mut(at as usize) {
        *entry = Some(value);
    }
}

/// Pairs of containers that are the same object.
fn pairs(side: &Side<'_>) -> Vec<(u32, u32)> {
    (0u32..).zip(&side.counterparts).filter_map(|(at, other)| Some((at, (*other)?))).collect()
}

fn same_names(compiler: &Compiler<'_>, source: VertexId, target: VertexId) -> bool {
    let names = |schema: &Schema, vertex| -> Vec<Option<Name>> {
        schema.slots(vertex).iter().map(|edge| schema.edge(*edge).name.clone()).collect()
    };
    names(compiler.source, source) == names(compiler.target, target)
}

/// The value that a schema itself gives to an absent member: its default, or the only value that it may have.
pub(in crate::lens) fn given(schema: &Schema, position: VertexId, required: bool) -> Option<Json> {
    let resolved = schema.resolve(position).vertex;
    let (at, end) = (schema.vertex(position), schema.vertex(resolved));
    let stated = at.default.clone().or_else(|| end.default.clone());
    if stated.is_some() || !required {
        return stated;
    }
    let only = |sort| end.constraint(sort).map(|constraint| constraint.value.clone());
    only(Sort::Const).or_else(|| {
        let list = only(Sort::Enum)?.tree();
        let root = list.root();
        (root.len() == 1).then(|| root.items().next().map(|value| value.to_json())).flatten()
    })
}
