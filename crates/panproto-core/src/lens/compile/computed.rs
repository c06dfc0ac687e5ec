//! What is computed: expressions in place of states, computed members, conditions, choices.

use super::super::machine::{
    ApplyRule, BranchRule, ComputeInput, ComputeRule, Condition, Rule, SlotRole, State, StateId,
};
use super::object::Side;
use super::{At, Compiler};
use crate::expr::{Expr, Type, check, print};
use crate::migration::arms::types;
use crate::migration::{Apply, Branch, Change, Compute, FieldMatch, Input, ObjectMatch, Output};
use crate::name::Name;
use crate::ordered::BTreeMap;
use crate::schema::{EdgeId, Schema, TypeSet, VertexId};

/// The names under which every expression in place of a state sees its value.
const VALUE: [&str; 2] = ["v", "__value__"];

/// The name under which an expression over an object sees the object.
const OBJECT: &str = "attrs";

impl Compiler<'_> {
    /// The state of a pair of positions that edges lead to: an expression, where the migration states one.
    pub(super) fn position(&mut self, edges: (EdgeId, EdgeId), at: &At) -> StateId {
        let (left, right) = (self.source.edge(edges.0), self.target.edge(edges.1));
        let Some(apply) = self.migration.applies.get(&edges) else {
            return self.pair(left.tgt, right.tgt, at);
        };
        if let Some(state) = self.applied.get(&edges) {
            return *state;
        }
        let rule = self.apply(apply, edges, at);
        let (source, target) = (self.source.resolve(left.tgt).vertex, self.target.resolve(right.tgt).vertex);
        let state = self.push(State { source, target, source_null: false, target_null: false, rule });
        self.applied.insert(edges, state);
        state
    }

    fn apply(&mut self, apply: &Apply, edges: (EdgeId, EdgeId), at: &At) -> Rule {
        let (left, right) = (self.source.edge(edges.0), self.target.edge(edges.1));
        let names = |own: Option<&Name>| {
            let mut names: Vec<Name> = VALUE.iter().map(Name::new).collect();
            names.extend(own.filter(|own| !VALUE.contains(&own.as_str())).cloned());
            names
        };
        let names = (names(left.name.as_ref()), names(right.name.as_ref()));
        let (from, to) = (types(self.source, left.tgt), types(self.target, right.tgt));
        let typed = |names: &[Name], set| names.iter().map(|name| (name.clone(), type_of(set))).collect();
        self.expression(&apply.forward, typed(&names.0, from), to, at, false);
        if let Some(backward) = &apply.backward {
            self.expression(backward, typed(&names.1, to), from, at, true);
        }
        let lossless = apply.class == crate::migration::CoercionClass::Iso;
        let why = format!("each value goes through an expression ({})", apply.class.as_str());
        self.note("apply", at, why, lossless);
        Rule::Apply(Box::new(ApplyRule {
            forward: apply.forward.clone(),
            backward: apply.backward.clone(),
            class: apply.class,
            names,
            source: left.tgt,
            target: right.tgt,
        }))
    }

    /// Asks about an expression that fails whatever it sees, or gives what has no place.
    fn expression(
        &mut self,
        expr: &Expr,
        seen: Vec<(Name, Type)>,
        wanted: TypeSet,
        at: &At,
        in_target: bool,
    ) {
        let (code, why) = match check(expr, &seen) {
            Ok(found) if set_of(&found).meets(wanted) => return,
            Ok(found) => {
                let wanted = wanted.names().collect::<Vec<_>>().join(" or ");
                ("expression-ill-typed", format!("the expression gives {found}, and {wanted} has to be here"))
            }
            Err(error) if error.code == "unknown-variable" => {
                ("expression-unbound", format!("nothing binds a name of the expression: {}", error.message))
            }
            Err(error) => ("expression-ill-typed", format!("the expression always fails: {}", error.message)),
        };
        let known = seen.iter().map(|(name, ty)| format!("`{name}`: {ty}")).collect::<Vec<_>>().join(", ");
        self.ask(code, at, in_target, why, format!("the expression `{}` sees {known}", print(expr)));
    }

    /// A condition over the objects at a vertex of the source.
    pub(super) fn condition(&mut self, expr: &Expr, vertex: VertexId, at: &At) -> Condition {
        let mut condition = Condition { expr: expr.clone(), names: Vec::new(), attrs: false };
        let mut seen = Vec::new();
        for (_, edge) in self.source.props(vertex) {
            // Where it is absent, it is `null`.
            let set = if edge.required { types(self.source, edge.tgt) } else { TypeSet::ALL };
            seen.extend(edge.name.clone().map(|name| (name, type_of(set))));
        }
        for free in expr.free_variables() {
            match self.source.prop_named(vertex, &free) {
                Some(edge) => condition.names.extend(self.source.edge(edge).name.clone()),
                None => condition.attrs |= &*free == OBJECT,
            }
        }
        if condition.attrs {
            seen.push((Name::new(OBJECT), Type::record(Vec::new(), true)));
        }
        self.expression(expr, seen, TypeSet::BOOLEAN, at, false);
        condition
    }

    /// Objects that go one of several ways.
    pub(super) fn branch(
        &mut self,
        (source, target): (VertexId, VertexId),
        branches: &[Branch],
        at: &At,
    ) -> Rule {
        let mut rule = BranchRule { when: Vec::new(), arms: Vec::new() };
        let ways = branches.iter().map(|branch| branch.then.clone());
        let ways: Vec<ObjectMatch> = ways.chain([self.migration.object(source, target)]).collect();
        for branch in branches {
            rule.when.push(self.condition(&branch.when, source, at));
        }
        self.note("branch", at, format!("one of {} ways, by conditions", ways.len()), true);
        for way in ways {
            let arm = self.members(source, target, way, at);
            let state = State { source, target, source_null: false, target_null: false, rule: arm };
            rule.arms.push(self.push(state));
        }
        Rule::Branch(rule)
    }

    /// The computations of an object, as indices.
    pub(super) fn computes(
        &mut self,
        from: &Side<'_>,
        to: &Side<'_>,
        matches: &ObjectMatch,
        at: &At,
    ) -> Vec<ComputeRule> {
        let mut rules = Vec::with_capacity(matches.computes.len());
        for compute in &matches.computes {
            let first = compute.outputs.first().map_or(&[][..], |output| &output.way);
            let here = At { source: at.source.clone(), target: to.text(&at.target, first) };
            let mut rule = ComputeRule {
                inputs: Vec::with_capacity(compute.inputs.len()),
                outputs: Vec::with_capacity(compute.outputs.len()),
                forward: compute.forward.clone(),
                backward: compute.backward.clone(),
                attrs: (names_object(&compute.forward), compute.backward.as_ref().is_some_and(names_object)),
                class: compute.class,
            };
            for input in &compute.inputs {
                let names = |edge: &EdgeId| self.source.edge(*edge).name.clone().unwrap_or_default();
                let consumed = from
                    .place(&input.way)
                    .filter(|_| !covered(&matches.links, &input.way) && from.find(&input.way).is_none());
                rule.inputs.push(ComputeInput {
                    name: input.name.clone(),
                    way: input.way.iter().map(names).collect(),
                    consumed,
                });
            }
            for output in &compute.outputs {
                let linked = matches
                    .links
                    .iter()
                    .any(|link| link.to.starts_with(&output.way) || output.way.starts_with(&link.to));
                match to.place(&output.way).filter(|_| !linked && to.find(&output.way).is_none()) {
                    Some(place) => rule.outputs.push((output.name.clone(), place)),
                    None => {
                        let here = At { source: at.source.clone(), target: to.text(&at.target, &output.way) };
                        self.ask_computed_twice(&here);
                    }
                }
            }
            if compute.inputs.is_empty() || compute.outputs.is_empty() {
                let why = "a computation needs an input and an output".to_owned();
                self.ask("compute-empty", &here, true, why, "name what it reads and what it writes".into());
            }
            self.compute_types(compute, &rule, &here);
            self.describe_compute(compute, from, to, at);
            rules.push(rule);
        }
        rules
    }

    fn ask_computed_twice(&mut self, at: &At) {
        let why = format!("`{}` is computed, and comes from elsewhere too", at.target);
        self.ask("computed-twice", at, true, why, "let one thing give it".into());
    }

    fn compute_types(&mut self, compute: &Compute, rule: &ComputeRule, at: &At) {
        let end = |schema: &Schema, way: &[EdgeId]| way.last().map(|edge| schema.edge(*edge).tgt);
        let set = |schema: &Schema, way: &[EdgeId]| {
            end(schema, way).map_or(TypeSet::ALL, |position| types(schema, position))
        };
        let input = |input: &Input| set(self.source, &input.way);
        let output = |output: &Output| set(self.target, &output.way);
        let wanted = |sets: Vec<TypeSet>| match sets.as_slice() {
            [only] => *only,
            _ => TypeSet::OBJECT,
        };
        let object = || (Name::new(OBJECT), Type::record(Vec::new(), true));
        let mut forth: Vec<(Name, Type)> = vec![object()];
        forth.extend(compute.inputs.iter().map(|it| (it.name.clone(), type_of(input(it)))));
        let gives = wanted(compute.outputs.iter().map(output).collect());
        let mut back: Vec<(Name, Type)> = vec![object()];
        let kept = compute.inputs.iter().zip(&rule.inputs).filter(|(_, input)| input.consumed.is_none());
        back.extend(kept.map(|(it, _)| (it.name.clone(), type_of(input(it) | TypeSet::NULL))));
        let sure = |output: &Output| {
            let required = output.way.last().is_some_and(|edge| self.target.edge(*edge).required);
            if required { TypeSet::NONE } else { TypeSet::NULL }
        };
        back.extend(compute.outputs.iter().map(|it| (it.name.clone(), type_of(output(it) | sure(it)))));
        let consumed = compute.inputs.iter().zip(&rule.inputs).filter(|(_, input)| input.consumed.is_some());
        let takes = wanted(consumed.map(|(it, _)| input(it)).collect());
        self.expression(&compute.forward, forth, gives, at, true);
        if let Some(backward) = &compute.backward {
            self.expression(backward, back, takes, at, true);
        }
    }

    fn describe_compute(&mut self, compute: &Compute, from: &Side<'_>, to: &Side<'_>, at: &At) {
        let inputs: Vec<String> =
            compute.inputs.iter().map(|input| from.text(&at.source, &input.way)).collect();
        let outputs: Vec<String> =
            compute.outputs.iter().map(|output| to.text(&at.target, &output.way)).collect();
        self.changes.push(Change {
            kind: match (inputs.len(), outputs.len()) {
                (1, 2..) => "split",
                (2.., 1) => "merge",
                _ => "compute",
            },
            from: Some(inputs.join(", ")),
            to: Some(outputs.join(", ")),
            why: format!("an expression gives it ({})", compute.class.as_str()),
            score: None,
            lossless: compute.class == crate::migration::CoercionClass::Iso,
        });
    }

    /// The roles of members that are consumed, and of members that are computed.
    pub(super) fn computed_roles(
        &mut self,
        from: &Side<'_>,
        to: &Side<'_>,
        rules: &[ComputeRule],
        matches: &ObjectMatch,
        at: &At,
    ) -> (Roles, Roles) {
        let (mut sources, mut targets) = (Roles::new(), Roles::new());
        for (index, (rule, compute)) in (0u32..).zip(rules.iter().zip(&matches.computes)) {
            let mut sure = true;
            for (input, stated) in rule.inputs.iter().zip(&compute.inputs) {
                sure &= from.required(&stated.way);
                let Some(last) = stated.way.last().filter(|_| input.consumed.is_some()) else { continue };
                let edge = self.source.edge(*last);
                let here = At { source: from.text(&at.source, &stated.way), target: at.target.clone() };
                self.refuse_source_default(matches.source_fills.get(&stated.way), edge.tgt, &here);
                let fill = matches.source_fills.get(&stated.way).cloned();
                let fill = fill.or_else(|| super::object::given(self.source, edge.tgt, edge.required));
                let fill = fill.filter(|value| self.is_admitted(true, edge.tgt, value));
                sources.insert(stated.way.clone(), SlotRole::Input { fill });
            }
            for (output, stated) in (0u32..).zip(&compute.outputs) {
                let Some(edge) = stated.way.last().map(|last| self.target.edge(*last)) else { continue };
                let here = At { source: at.source.clone(), target: to.text(&at.target, &stated.way) };
                let mut fill = None;
                if edge.required && !sure {
                    let given = || super::object::given(self.target, edge.tgt, true);
                    let value = matches.fills.get(&stated.way).cloned().or_else(given);
                    fill = value.filter(|value| self.is_admitted(false, edge.tgt, value));
                    if fill.is_none() {
                        self.ask_value(&here, matches.fills.get(&stated.way));
                    }
                }
                let role = SlotRole::Output { compute: index, output, fill };
                if targets.insert(stated.way.clone(), role).is_some() {
                    self.ask_computed_twice(&here);
                }
            }
        }
        (sources, targets)
    }

    /// The condition under which the member of a link is in the view.
    pub(super) fn survives(&mut self, from: &[EdgeId], at: &At) -> Option<Condition> {
        let last = *from.last()?;
        let expr = self.migration.survival.get(&last)?;
        let vertex = self.source.edge(last).src;
        let condition = self.condition(expr, vertex, at);
        self.note("conditional", at, "where a condition does not hold, the view lacks it".into(), true);
        Some(condition)
    }

    /// Items of lists are never left out.
    pub(super) fn no_survival(&mut self, edge: EdgeId, at: &At) {
        if self.migration.survival.contains_key(&edge) {
            let why = "a condition would leave out items of a list, or arms of a union".to_owned();
            self.ask("survival-of-items", at, false, why, "put conditions on optional members".into());
        }
    }
}

/// Whether an expression sees the object as a whole.
fn names_object(expr: &Expr) -> bool {
    expr.free_variables().iter().any(|name| name.as_str() == OBJECT)
}

/// The type of values of one of these types.
fn type_of(set: TypeSet) -> Type {
    match set {
        TypeSet::NULL => Type::Null,
        TypeSet::BOOLEAN => Type::Bool,
        TypeSet::STRING => Type::Str,
        TypeSet::INTEGER | TypeSet::FRACTION | TypeSet::NUMBER => Type::Number,
        TypeSet::ARRAY => Type::list(Type::Any),
        TypeSet::OBJECT => Type::record(Vec::new(), true),
        _ => Type::Any,
    }
}

/// The types that values of a type have in JSON.
fn set_of(ty: &Type) -> TypeSet {
    match ty {
        Type::Null => TypeSet::NULL,
        Type::Bool => TypeSet::BOOLEAN,
        Type::Int | Type::Float | Type::Number => TypeSet::NUMBER,
        Type::Str => TypeSet::STRING,
        Type::List(_) => TypeSet::ARRAY,
        Type::Record(_) => TypeSet::OBJECT,
        Type::Bytes | Type::Function(..) => TypeSet::NONE,
        Type::Any | Type::Unknown(_) => TypeSet::ALL,
    }
}

/// Roles of members by their ways.
pub(super) type Roles = BTreeMap<Vec<EdgeId>, SlotRole>;

/// Whether links bring back what is at a way: it, something around it, or something in it.
pub(super) fn covered(links: &[FieldMatch], way: &[EdgeId]) -> bool {
    links.iter().any(|link| way.starts_with(&link.from) || link.from.starts_with(way))
}

/// Where an inner match stands in the objects around it.
pub(super) fn nest(compute: &Compute, from: &[EdgeId], to: &[EdgeId]) -> Compute {
    let mut nested = compute.clone();
    for input in &mut nested.inputs {
        input.way.splice(0..0, from.iter().copied());
    }
    for output in &mut nested.outputs {
        output.way.splice(0..0, to.iter().copied());
    }
    nested
}
