//! A migration declared as data: which field goes where, what is computed from what, which values fill gaps.

mod read;
mod types;

pub(crate) use types::of as type_of;

use super::{Hints, between};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result, Span};
use crate::expr::{Expr, Type};
use crate::limits::{Budget, Limits};
use crate::migration::enrich::Meeting;
use crate::migration::{Apply, DataPath, KindCoercion, Migration, Step};
use crate::name::Name;
use crate::ordered::BTreeMap;
use crate::schema::{EdgeId, EdgeKind, Schema, VertexId};
use std::sync::Arc;

/// What is computed, as it was declared.
#[derive(Clone, Debug)]
struct Computed {
    /// Its member in the declaration.
    place: String,
    span: Span,
    from: Vec<String>,
    to: Vec<String>,
    expressions: Apply,
    /// The inputs go to members of their own as well.
    in_place: bool,
}

/// A condition on a member.
#[derive(Clone, Debug)]
struct Conditioned {
    place: String,
    span: Span,
    path: String,
    when: Expr,
}

/// A declaration, read and not yet held against its schemas.
#[derive(Clone, Debug, Default)]
pub struct Declaration {
    hints: Hints,
    /// Where each hint stands.
    spans: BTreeMap<String, (String, Span)>,
    computed: Vec<Computed>,
    /// Fields that are sent to one and the same.
    meetings: BTreeMap<String, Vec<String>>,
    conditions: Vec<Conditioned>,
    coercions: Vec<KindCoercion>,
}

impl Declaration {
    /// Reads a declaration: `{fields, defaults, source_defaults, keys, trust, match, accept, roots, computes,
    /// coercions, conditions, hint_spec}`; each may be absent.
    ///
    /// A field's value is the path where it goes, `null` where it is gone, or computed:
    /// `{"to": path, "expr": …}` for one value, `{"from": [path, …], "expr": …}` under the path of what is made,
    /// `{"to": [path, …], "expr": …}` under the path of what is split; each with `inverse` and `class` where there
    /// are any. Expressions are texts, or trees as JSON.
    ///
    /// # Errors
    /// Those of JSON; of the class *type check*, with a path into the declaration and a span:
    /// `unknown-member`, `invalid-declaration`, those of expressions.
    pub fn parse(text: &[u8], limits: &Limits) -> Result<Declaration> {
        read::declaration(text, limits)
    }

    /// The migration between two schemas that it declares. What it leaves open is in its questions.
    ///
    /// # Errors
    /// Of the class *type check*, with a path into the declaration: `unknown-path`, `unknown-root`, `fields-meet`,
    /// `expr-type-mismatch`, `unknown-variable`, `compute-not-reachable`; `limit-steps`.
    pub fn compile(
        &self,
        source: &Arc<Schema>,
        target: &Arc<Schema>,
        budget: &mut Budget,
    ) -> Result<Migration> {
        let mut migration =
            between(source, target, &self.hints, budget).map_err(|error| self.placed(error))?;
        for (to, from) in &self.meetings {
            let place = self.spans.get(to).cloned().unwrap_or_default();
            let found = self.ends(&migration, from, std::slice::from_ref(to), &place)?;
            if let (pair, from, [to]) = (found.0, found.1, found.2.as_slice()) {
                let meeting = Meeting { pair, from, to: to.clone() };
                migration.object_mut(pair.0, pair.1).links.retain(|link| link.to != *to);
                migration.decide(&meeting).map_err(|error| typed(error, &place))?;
            }
        }
        for computed in &self.computed {
            self.compute(&mut migration, computed)?;
        }
        for condition in &self.conditions {
            self.condition(&mut migration, condition)?;
        }
        migration.enrich(&self.coercions, budget).map_err(|error| typed(error, &Default::default()))?;
        Ok(migration)
    }

    fn compute(&self, migration: &mut Migration, computed: &Computed) -> Result<()> {
        let place = (computed.place.clone(), computed.span);
        let (source, target) = (migration.source.clone(), migration.target.clone());
        if computed.in_place
            && let ([from], [to]) = (computed.from.as_slice(), computed.to.as_slice())
        {
            let (a, b) = (
                edges(&source, migration.roots.0, from, "source", &place)?,
                edges(&target, migration.roots.1, to, "target", &place)?,
            );
            let (Some(a), Some(b)) = (a.last().copied(), b.last().copied()) else {
                return Err(invalid(&place, "the main value itself is no field"));
            };
            let (from, to) = (source.edge(a), target.edge(b));
            let name = |edge: &crate::schema::Edge| edge.name.clone().unwrap_or_default();
            let check = |expr: &Expr,
                         edge: &crate::schema::Edge,
                         here: &Schema,
                         end: &crate::schema::Edge,
                         there: &Schema,
                         key| {
                let value = types::of(here, edge.tgt, true);
                let names =
                    [("v".into(), value.clone()), ("__value__".into(), value.clone()), (name(edge), value)];
                types::check(
                    expr,
                    &names,
                    &[(end.name.clone().unwrap_or_default(), types::of(there, end.tgt, true))],
                    &place,
                    key,
                )
            };
            check(&computed.expressions.forward, from, &source, to, &target, "expr")?;
            if let Some(back) = &computed.expressions.backward {
                check(back, to, &target, from, &source, "inverse")?;
            }
            migration.applies.insert((a, b), computed.expressions.clone());
            return Ok(());
        }
        let (pair, from, to) = self.ends(migration, &computed.from, &computed.to, &place)?;
        let typed_names = |schema: &Schema, ways: &[Vec<EdgeId>]| -> Vec<(Name, Type)> {
            let last = |way: &Vec<EdgeId>| way.last().map(|edge| schema.edge(*edge));
            ways.iter()
                .filter_map(last)
                .map(|edge| (edge.name.clone().unwrap_or_default(), types::of(schema, edge.tgt, true)))
                .collect()
        };
        let (inputs, outputs) = (typed_names(&source, &from), typed_names(&target, &to));
        let mut names = inputs.clone();
        names.push(("attrs".into(), Type::Any));
        types::check(&computed.expressions.forward, &names, &outputs, &place, "expr")?;
        migration.compute(pair, &from, &to, computed.expressions.clone());
        if let Some(back) = &computed.expressions.backward {
            let kept = |name: &Name| {
                let matches = migration.object(pair.0, pair.1);
                let last = matches.computes.last();
                last.is_some_and(|compute| {
                    compute.inputs.iter().any(|input| input.kept && input.name == *name)
                })
            };
            let mut names: Vec<(Name, Type)> =
                outputs.iter().map(|(name, _)| (name.clone(), Type::Any)).collect();
            names.extend(
                inputs.iter().filter(|(name, _)| kept(name)).map(|(name, _)| (name.clone(), Type::Any)),
            );
            names.push(("attrs".into(), Type::Any));
            let consumed: Vec<(Name, Type)> =
                inputs.iter().filter(|(name, _)| !kept(name)).cloned().collect();
            types::check(back, &names, &consumed, &place, "inverse")?;
        }
        Ok(())
    }

    fn condition(&self, migration: &mut Migration, condition: &Conditioned) -> Result<()> {
        let place = (condition.place.clone(), condition.span);
        let source = migration.source.clone();
        let way = edges(&source, migration.roots.0, &condition.path, "source", &place)?;
        let Some(last) = way.last().copied().filter(|edge| source.edge(*edge).kind == EdgeKind::Prop) else {
            return Err(invalid(&place, "a condition is about a member of an object"));
        };
        let props = source.props(source.edge(last).src);
        let mut names: Vec<(Name, Type)> =
            props.map(|(_, edge)| (edge.name.clone().unwrap_or_default(), Type::Any)).collect();
        names.push(("attrs".into(), Type::Any));
        types::check(&condition.when, &names, &[("condition".into(), Type::Bool)], &place, "")?;
        migration.survival.insert(last, condition.when.clone());
        Ok(())
    }

    /// The pair of objects that some paths of both sides share, and the ways below it.
    #[expect(clippy::type_complexity, reason = "a pair and two lists of ways")]
    fn ends(
        &self,
        migration: &Migration,
        from: &[String],
        to: &[String],
        place: &(String, Span),
    ) -> Result<((VertexId, VertexId), Vec<Vec<EdgeId>>, Vec<Vec<EdgeId>>)> {
        let (source, target) = (&migration.source, &migration.target);
        let all = |schema: &Schema, root, paths: &[String], side| -> Result<Vec<Vec<EdgeId>>> {
            paths.iter().map(|path| edges(schema, root, path, side, place)).collect()
        };
        let left = all(source, migration.roots.0, from, "source")?;
        let right = all(target, migration.roots.1, to, "target")?;
        if left.iter().chain(&right).any(Vec::is_empty) {
            return Err(invalid(place, "the main value itself is no field"));
        }
        let (shared_left, shared_right) = (shared(&left), shared(&right));
        let end = |schema: &Schema, root: VertexId, way: &[EdgeId]| {
            schema.resolve(way.last().map_or(root, |edge| schema.edge(*edge).tgt)).vertex
        };
        // From the innermost pair of objects outwards, as far as no list is left behind.
        for a in (0..=shared_left).rev() {
            for b in (0..=shared_right).rev() {
                let (Some(above), Some(beyond)) =
                    (left.first().and_then(|way| way.get(..a)), right.first().and_then(|way| way.get(..b)))
                else {
                    continue;
                };
                let pair = (end(source, migration.roots.0, above), end(target, migration.roots.1, beyond));
                let plain = |schema: &Schema, ways: &[Vec<EdgeId>], skip: usize| {
                    ways.iter().all(|way| {
                        way.iter().skip(skip).all(|edge| schema.edge(*edge).kind == EdgeKind::Prop)
                    })
                };
                if migration.objects.contains_key(&pair)
                    && plain(source, &left, a)
                    && plain(target, &right, b)
                {
                    let cut = |ways: Vec<Vec<EdgeId>>, skip: usize| -> Vec<Vec<EdgeId>> {
                        ways.into_iter().map(|way| way.into_iter().skip(skip).collect()).collect()
                    };
                    return Ok((pair, cut(left, a), cut(right, b)));
                }
            }
        }
        Err(Diagnostic::new(
            ErrorKind::TypeCheck,
            "compute-not-reachable",
            "the fields do not stand in one pair of objects that are matched to each other",
        )
        .at(&place.0)
        .spanning(place.1)
        .help("compute within one item of a list; hint the lists to each other first")
        .boxed())
    }

    /// An error of the search, at the hint that it is about.
    fn placed(&self, error: Error) -> Error {
        let key = error.path.clone().unwrap_or_default();
        let place = self.spans.get(&key).cloned().unwrap_or((key, Span::default()));
        typed(error, &place)
    }
}

/// How many edges all ways have in common, the last of each left out.
fn shared(ways: &[Vec<EdgeId>]) -> usize {
    let Some(first) = ways.first() else { return 0 };
    let common = |at: &usize| ways.iter().all(|way| way.len() > *at + 1 && way.get(*at) == first.get(*at));
    (0..first.len()).take_while(common).count()
}

/// The edges that a path leads through, references left out.
fn edges(
    schema: &Schema,
    root: VertexId,
    path: &str,
    side: &str,
    place: &(String, Span),
) -> Result<Vec<EdgeId>> {
    let parsed = DataPath::parse(path).map_err(|error| typed(error, place))?;
    let mut at = match &parsed.root {
        Some(name) => super::hints::root(schema, name).map_err(|error| typed(error, place))?,
        None => root,
    };
    let mut way = Vec::with_capacity(parsed.steps.len());
    for step in &parsed.steps {
        let object = schema.resolve(at).vertex;
        let edge = match step {
            Step::Member(name) => schema.prop_named(object, name),
            Step::Items => schema.outgoing_of(object, EdgeKind::Items).next().map(|(id, _)| id),
            Step::Values => schema.outgoing_of(object, EdgeKind::Additional).next().map(|(id, _)| id),
        };
        let Some(edge) = edge else {
            return Err(Diagnostic::new(
                ErrorKind::TypeCheck,
                "unknown-path",
                format!("the {side} schema has no `{path}`"),
            )
            .at(&place.0)
            .spanning(place.1)
            .help("`fields()` of the schema lists its paths; write `items[].a` for members of list items")
            .boxed());
        };
        way.push(edge);
        at = schema.edge(edge).tgt;
    }
    Ok(way)
}

/// The same error as one of the class *type check*, at a place of the declaration.
fn typed(mut error: Error, place: &(String, Span)) -> Error {
    if matches!(error.kind, ErrorKind::Limit | ErrorKind::Cancelled | ErrorKind::Internal) {
        return error;
    }
    error.kind = ErrorKind::TypeCheck;
    if !place.0.is_empty() {
        error.path = Some(place.0.clone());
        error.span = Some(place.1);
    }
    error
}

#[cold]
fn invalid(place: &(String, Span), message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Diagnostic::new(ErrorKind::TypeCheck, "invalid-declaration", message)
        .at(&place.0)
        .spanning(place.1)
        .boxed()
}

#[cfg(test)]
mod tests;
