//! The expressions of schemas, put to work: conversions where kinds differ, values where there are none, what several
//! members become together.

use super::arms::arms;
use super::{
    Apply, CoercionClass, Compute, FieldMatch, Input, KindCoercion, Migration, Output, Question, Reason,
    places,
};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::expr::{self, Builtin, Env, Expr};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{Arrange, BTreeMap, BTreeSet};
use crate::schema::{EdgeId, EdgeKind, Kind, Schema, ShapeMemo, VertexId};
use crate::value::{Json, JsonKind, ValueRef};

type Pair = (VertexId, VertexId);

/// An expression that stands in JSON: its text, or its tree.
///
/// # Errors
/// Those of the expression, at `place`; spans count from the start of the text.
pub fn expression(value: ValueRef<'_>, place: &str) -> Result<Expr> {
    let read = match value.as_str() {
        Some(text) => expr::parse(&text),
        None => Expr::from_json_value(value),
    };
    read.map_err(|mut error| {
        error.path = Some(place.to_owned());
        error
    })
}

/// An expression as schemas keep it: the JSON of its tree.
///
/// # Errors
/// `not-representable` of a literal that JSON does not have.
pub fn stored(expr: &Expr) -> Result<Json> {
    Json::parse(&expr.to_json()?)
}

/// The class that a name gives.
pub(crate) fn class_of(name: Option<&str>, place: &str) -> Result<Option<CoercionClass>> {
    let Some(name) = name else { return Ok(None) };
    let known = CoercionClass::ALL.into_iter().find(|class| class.as_str().eq_ignore_ascii_case(name));
    known.map(Some).ok_or_else(|| {
        Diagnostic::new(ErrorKind::TypeCheck, "unknown-class", format!("there is no class `{name}`"))
            .at(place)
            .help("`Iso`, `Retraction`, `Projection` or `Opaque`")
            .boxed()
    })
}

/// What a conversion says: `{forward, inverse?, class?}`, or the forward expression alone.
///
/// # Errors
/// Those of expressions; `unknown-class`, `invalid-coercion`.
pub fn conversion(value: ValueRef<'_>, place: &str) -> Result<Apply> {
    let Some(forward) = value.get("forward") else {
        return Ok(Apply::one_way(expression(value, place)?));
    };
    let inverse = value.get("inverse").filter(|inverse| inverse.kind() != JsonKind::Null);
    let class = value.get("class").and_then(|class| class.as_str());
    let backward = inverse.map(|inverse| expression(inverse, &format!("{place}.inverse"))).transpose()?;
    let stated = class_of(class.as_deref(), &format!("{place}.class"))?;
    Ok(Apply {
        forward: expression(forward, &format!("{place}.forward"))?,
        class: stated.unwrap_or_else(|| default_class(backward.is_some())),
        backward,
    })
}

/// The class of what nobody stated one for: nothing is known, unless there is a way back.
pub(crate) fn default_class(inverse: bool) -> CoercionClass {
    if inverse { CoercionClass::Retraction } else { CoercionClass::Opaque }
}

/// Several members of the source that one member of the target is made of.
#[derive(Clone, Debug)]
pub struct Meeting {
    /// The objects that they belong to.
    pub pair: Pair,
    /// Ways to the members of the source, the first one left.
    pub from: Vec<Vec<EdgeId>>,
    /// The way to the member of the target.
    pub to: Vec<EdgeId>,
}

impl Migration {
    /// Puts the expressions of both schemas to work, and those that come with the migration: `coercions` become
    /// applies where the kinds of a matched pair of positions differ, defaults become fills, and mergers computes.
    ///
    /// # Errors
    /// Those of expressions (`unknown-variable` where a default needs an input), with the place of the expression;
    /// `limit-steps`.
    pub fn enrich(&mut self, coercions: &[KindCoercion], budget: &mut Budget) -> Result<()> {
        let (source, target) = (self.source.clone(), self.target.clone());
        if coercions.is_empty() && source.enrichment().is_empty() && target.enrichment().is_empty() {
            return Ok(());
        }
        let mut table: BTreeMap<(Name, Name), Apply> = BTreeMap::new();
        for schema in [&source, &target] {
            for (kinds, stated) in &schema.enrichment().coercions {
                let place = format!("coercions.{}.{}", kinds.0, kinds.1);
                let read = |json: &Json| expression(json.tree().root(), &place);
                let apply = Apply {
                    forward: read(&stated.forward)?,
                    backward: stated.inverse.as_ref().map(read).transpose()?,
                    class: class_of(Some(&stated.class), &place)?.unwrap_or(CoercionClass::Opaque),
                };
                table.insert(kinds.clone(), apply);
            }
        }
        for stated in coercions {
            let place = format!("coercions.{}.{}", stated.from, stated.to);
            let apply = conversion(stated.spec.tree().root(), &place)?;
            table.insert((stated.from.as_str().into(), stated.to.as_str().into()), apply);
        }
        let mut walk = Walk { source: &source, target: &target, seen: BTreeSet::new(), work: Vec::new() };
        let mut shapes = ShapeMemo::new(&source, &target);
        walk.reach(self.roots.0, self.roots.1);
        while let Some(pair) = walk.work.pop() {
            budget.spend(1 + source.slots(pair.0).len() as u64 + target.slots(pair.1).len() as u64)?;
            let (a, b) = (source.vertex(pair.0), target.vertex(pair.1));
            let mut edges: Vec<(EdgeId, EdgeId)> = Vec::new();
            if a.kind == Kind::Object && b.kind == Kind::Object {
                self.fill(pair, budget)?;
                self.merge(pair)?;
                let object = self.object(pair.0, pair.1);
                edges.extend(
                    object.links.iter().filter_map(|link| Some((*link.from.last()?, *link.to.last()?))),
                );
            }
            if a.kind == Kind::Union || b.kind == Kind::Union {
                let (left, right) = (arms(&source, pair.0), arms(&target, pair.1));
                for (a, b) in self.arms(pair.0, pair.1, &left, &right, &mut shapes) {
                    if let (Some(a), Some(b)) = (left.get(a), right.get(b)) {
                        walk.reach(a.vertex, b.vertex);
                    }
                }
            }
            for kind in [EdgeKind::Items, EdgeKind::Prefix, EdgeKind::Additional, EdgeKind::Pattern] {
                let of = |schema: &Schema, at| -> Vec<EdgeId> {
                    schema.outgoing_of(at, kind.clone()).map(|(id, _)| id).collect()
                };
                edges.extend(of(&source, pair.0).into_iter().zip(of(&target, pair.1)));
            }
            for (from, to) in edges {
                let ends = (source.edge(from).tgt, target.edge(to).tgt);
                let kind =
                    |schema: &Schema, at| schema.vertex(schema.resolve(at).vertex).kind.as_str().into();
                let kinds: (Name, Name) = (kind(&source, ends.0), kind(&target, ends.1));
                if kinds.0 != kinds.1
                    && let Some(apply) = table.get(&kinds)
                {
                    self.applies.entry((from, to)).or_insert_with(|| apply.clone());
                } else {
                    walk.reach(ends.0, ends.1);
                }
            }
        }
        Ok(())
    }

    /// Default expressions become fills of members that have none.
    fn fill(&mut self, pair: Pair, budget: &mut Budget) -> Result<()> {
        for of_source in [false, true] {
            let (schema, object) =
                if of_source { (self.source.clone(), pair.0) } else { (self.target.clone(), pair.1) };
            let defaults = &schema.enrichment().defaults;
            if defaults.is_empty() {
                continue;
            }
            for (id, edge) in schema.props(object) {
                let stated =
                    defaults.get(&edge.tgt).or_else(|| defaults.get(&schema.resolve(edge.tgt).vertex));
                let Some(stated) = stated else { continue };
                let value = constant(stated, &schema.vertex(edge.tgt).id, budget)?;
                let matches = self.object_mut(pair.0, pair.1);
                let fills = if of_source { &mut matches.source_fills } else { &mut matches.fills };
                fills.entry(vec![id]).or_insert(value);
            }
        }
        Ok(())
    }

    /// A member with a merger and no counterpart is made of the members that the merger names.
    fn merge(&mut self, pair: Pair) -> Result<()> {
        let target = self.target.clone();
        let mergers = &target.enrichment().mergers;
        if mergers.is_empty() {
            return Ok(());
        }
        for (id, edge) in target.props(pair.1) {
            let Some(stated) = mergers.get(&edge.tgt) else { continue };
            let way = vec![id];
            let object = self.object(pair.0, pair.1);
            let linked = object.links.iter().any(|link| link.to == way);
            let computed =
                object.computes.iter().flat_map(|compute| &compute.outputs).any(|out| out.way == way);
            if linked || computed {
                continue;
            }
            let place = format!("mergers.{}", target.vertex(edge.tgt).id);
            let forward = expression(stated.tree().root(), &place)?;
            let mut names = forward.free_variables();
            // A builtin that is handed on, as in `fold add 0 xs`, is no input.
            names.retain(|name| {
                self.source.prop_named(pair.0, name).is_some() || Builtin::named(name).is_none()
            });
            let from: Option<Vec<Vec<EdgeId>>> =
                names.iter().map(|name| Some(vec![self.source.prop_named(pair.0, name)?])).collect();
            match from.filter(|from| !from.is_empty()) {
                Some(from) => {
                    let merged = Apply { forward, backward: None, class: CoercionClass::Projection };
                    self.compute(pair, &from, &[way], merged);
                }
                None => {
                    let path = edge.name.as_ref().map(ToString::to_string).unwrap_or_default();
                    let wanted: Vec<&str> = names.iter().map(Name::as_str).collect();
                    self.questions.push(Question {
                        code: "merger-inputs-missing",
                        in_target: true,
                        candidates: Vec::new(),
                        why: format!(
                            "the merger of `{path}` reads `{}`, and the source does not have all of them",
                            wanted.join("`, `")
                        ),
                        help: format!("hint a member to `{path}`, or give it a default"),
                        path,
                    });
                }
            }
        }
        Ok(())
    }

    /// Adds a computation of members of one pair of objects. Its outputs have no other source; inputs that are
    /// linked too are kept; questions about the others are answered.
    pub fn compute(&mut self, pair: Pair, from: &[Vec<EdgeId>], to: &[Vec<EdgeId>], expressions: Apply) {
        let (source, target) = (self.source.clone(), self.target.clone());
        let name = |schema: &Schema, way: &[EdgeId]| {
            way.last().and_then(|edge| schema.edge(*edge).name.clone()).unwrap_or_default()
        };
        let matches = self.object_mut(pair.0, pair.1);
        matches.links.retain(|link| !to.contains(&link.to));
        let input = |way: &Vec<EdgeId>| Input {
            name: name(&source, way),
            way: way.clone(),
            kept: matches.links.iter().any(|link| link.from == *way),
        };
        let inputs: Vec<Input> = from.iter().map(input).collect();
        let output = |way: &Vec<EdgeId>| Output { name: name(&target, way), way: way.clone() };
        let outputs = to.iter().map(output).collect();
        let Apply { forward, backward, class } = expressions;
        matches.computes.push(Compute { inputs, outputs, forward, backward, class });
        if self.questions.is_empty() {
            return;
        }
        let paths = places(&source, self.roots.0);
        let ends = from.iter().filter_map(|way| Some(source.edge(*way.last()?).tgt));
        let answered: BTreeSet<&String> = ends.filter_map(|vertex| paths.get(&vertex)).collect();
        self.questions.retain(|question| {
            question.code != "unmatched-field" || question.in_target || !answered.contains(&question.path)
        });
    }

    /// Decides a meeting: by the merger of the position of the target, else by the policy of it or of its kind.
    ///
    /// # Errors
    /// `fields-meet` where neither is stated; `invalid-policy`; those of expressions.
    pub fn decide(&mut self, meeting: &Meeting) -> Result<()> {
        let target = self.target.clone();
        let Some(edge) = meeting.to.last().map(|edge| target.edge(*edge)) else { return Ok(()) };
        let (id, kind) = (
            target.vertex(edge.tgt).id.clone(),
            target.vertex(target.resolve(edge.tgt).vertex).kind.as_str().to_owned(),
        );
        let enrichment = target.enrichment();
        let pair = meeting.pair;
        if let Some(stated) = enrichment.mergers.get(&edge.tgt) {
            let forward = expression(stated.tree().root(), &format!("mergers.{id}"))?;
            let merged = Apply { forward, backward: None, class: CoercionClass::Projection };
            self.compute(pair, &meeting.from, std::slice::from_ref(&meeting.to), merged);
            return Ok(());
        }
        let policy = enrichment.policies.get(&id).or_else(|| enrichment.policies.get(kind.as_str()));
        let (Some(policy), [left, right]) = (policy, meeting.from.as_slice()) else {
            return Err(self.undecided_meeting(meeting));
        };
        let tree = policy.tree();
        let place = format!("policies.{id}");
        match tree.root().as_str().as_deref() {
            // The other one is dropped, and the complement keeps it.
            Some("KeepLeft") => self.keep(meeting, left),
            Some("KeepRight") => self.keep(meeting, right),
            Some("Fail") => {
                let forward = expr::parse("case left == right of { True -> left }")?;
                let name = edge.name.as_deref().unwrap_or("v");
                let both = format!("{{left = {name}, right = {name}}}");
                // A name that the language does not take as one has no way back.
                let backward = expr::parse(&both).ok();
                let class = if backward.is_some() { CoercionClass::Iso } else { CoercionClass::Opaque };
                self.two(meeting, Apply { forward, backward, class });
            }
            _ => {
                let custom = tree.root().get("Custom").ok_or_else(|| invalid_policy(&place))?;
                let forward = expression(custom, &place)?;
                self.two(meeting, Apply { forward, backward: None, class: CoercionClass::Projection });
            }
        }
        Ok(())
    }

    fn keep(&mut self, meeting: &Meeting, way: &[EdgeId]) {
        let matches = self.object_mut(meeting.pair.0, meeting.pair.1);
        matches.links.retain(|link| !meeting.from.contains(&link.from) && link.to != meeting.to);
        matches.links.push(FieldMatch { from: way.to_vec(), to: meeting.to.clone(), reason: Reason::Hint });
        matches.links.arrange_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
    }

    /// A computation over `left` and `right`.
    fn two(&mut self, meeting: &Meeting, expressions: Apply) {
        self.compute(meeting.pair, &meeting.from, std::slice::from_ref(&meeting.to), expressions);
        let matches = self.object_mut(meeting.pair.0, meeting.pair.1);
        if let Some(compute) = matches.computes.last_mut() {
            for (input, name) in compute.inputs.iter_mut().zip(["left", "right"]) {
                input.name = name.into();
            }
        }
    }

    #[cold]
    fn undecided_meeting(&self, meeting: &Meeting) -> Error {
        let text = |schema: &Schema, way: &[EdgeId]| {
            let names = way.iter().map(|edge| schema.edge(*edge).name.as_deref().unwrap_or(""));
            names.collect::<Vec<_>>().join(".")
        };
        let from: Vec<String> = meeting.from.iter().map(|way| text(&self.source, way)).collect();
        let to = text(&self.target, &meeting.to);
        let message = format!("`{}` would all become `{to}`", from.join("`, `"));
        Diagnostic::new(ErrorKind::Migration, "fields-meet", message)
            .at(to)
            .help("map one of them, or add a merger, or for two a policy, to the vertex of the target")
            .boxed()
    }
}

#[cold]
fn invalid_policy(place: &str) -> Error {
    Diagnostic::new(ErrorKind::Schema, "invalid-policy", "this is no policy")
        .at(place)
        .help("`\"KeepLeft\"`, `\"KeepRight\"`, `\"Fail\"`, or `{\"Custom\": expression}` over `left` and `right`")
        .boxed()
}

/// Whether a JSON value is a policy: its expression, if it has one.
///
/// # Errors
/// `invalid-policy`; those of expressions.
pub fn policy(value: ValueRef<'_>, place: &str) -> Result<Json> {
    if let Some(word) = value.as_str() {
        return match word.as_ref() {
            "KeepLeft" | "KeepRight" | "Fail" => Ok(Json::string(&word)),
            _ => Err(invalid_policy(place)),
        };
    }
    let custom = value.get("Custom").ok_or_else(|| invalid_policy(place))?;
    Json::parse(&format!("{{\"Custom\":{}}}", stored(&expression(custom, place)?)?))
}

/// The value of an expression that needs no input.
fn constant(stated: &Json, id: &str, budget: &mut Budget) -> Result<Json> {
    let place = format!("defaults.{id}");
    let read = expression(stated.tree().root(), &place)?;
    let value = expr::evaluate(&read, &Env::new(), None, budget).map_err(|mut error| {
        error.path = Some(place.clone());
        error
    })?;
    Json::parse(&value.to_json().map_err(|mut error| {
        error.path = Some(place);
        error
    })?)
}

struct Walk<'m> {
    source: &'m Schema,
    target: &'m Schema,
    seen: BTreeSet<Pair>,
    work: Vec<Pair>,
}

impl Walk<'_> {
    fn reach(&mut self, from: VertexId, to: VertexId) {
        let pair = (self.source.resolve(from).vertex, self.target.resolve(to).vertex);
        if self.seen.insert(pair) {
            self.work.push(pair);
        }
    }
}
