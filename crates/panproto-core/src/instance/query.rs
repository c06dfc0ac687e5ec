//! Queries: which nodes of an instance, in which order, and what of them.
//!
//! Nodes are found by their vertex, in document order; a path leads on from them; a predicate keeps some; a member
//! orders them, numbers as numbers; then a limit cuts; then members are chosen. A predicate that fails at a node is
//! reported with it, and the node is no match.

use super::access::{Nodes, to_expr};
use super::graph::GraphInstance;
use super::node::{Content, Node, Part};
use super::outline::Outline;
use super::table::TableInstance;
use super::tree::TreeInstance;
use super::tree::write::json_of;
use super::value::Value;
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::expr::{self, Builtin, Env, Expr};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{Arrange, BTreeMap, BTreeSet};
use crate::value::{Decimal, Json, JsonKind, ValueRef, Writer};
use std::cmp::Ordering;

/// What is asked.
///
/// ```
/// use panproto_core::instance::query::Query;
/// use panproto_core::value::Json;
/// let text = Json::parse(r#"{"anchor": "user", "predicate": "age >= 18", "project": ["age"], "limit": 5}"#).unwrap();
/// assert_eq!(Query::from_json(&text).unwrap().limit, Some(5));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The vertex of the nodes to begin with.
    pub anchor: Name,
    /// What has to hold. It sees the members of a node by name and in `attrs`, and `self`, `_id`, `_anchor`, `_value`,
    /// `_children_count`.
    pub predicate: Option<Expr>,
    /// The member that orders the matches.
    pub group_by: Option<Name>,
    /// The members that matches show; all scalar ones where this is not given.
    pub project: Option<Vec<Name>>,
    /// How many matches, after ordering.
    pub limit: Option<u64>,
    /// Edges to follow from the nodes, each by its kind or its name.
    pub path: Vec<Name>,
}

/// A node that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Its number; in tables the number of the row.
    pub node: u32,
    /// Its vertex.
    pub anchor: Name,
    /// The value of a leaf.
    pub value: Option<Value>,
    /// Members.
    pub fields: Vec<(Name, Value)>,
}

/// What a query found.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Matches in order.
    pub matches: Vec<Match>,
    /// Nodes at which the predicate failed, with the error.
    pub errors: Vec<(u32, Error)>,
}

const MEMBERS: [&str; 8] =
    ["anchor", "predicate", "group_by", "groupBy", "project", "projection", "limit", "path"];

impl Query {
    /// Reads `{anchor, predicate?, group_by?, project?, limit?, path?}`; `groupBy` and `projection` are read too. A
    /// predicate is an expression's text, or its tree.
    ///
    /// # Errors
    /// `query-shape`; those of expressions.
    pub fn from_json(text: &Json) -> Result<Query> {
        let tree = text.tree();
        let value = tree.root();
        if !value.is_object() {
            return Err(bad(value, "a query is an object"));
        }
        if let Some((key, _)) =
            value.members().find(|(key, _)| !MEMBERS.iter().any(|known| key.name_is(known)))
        {
            return Err(bad(key, "a query has no such member"));
        }
        let given = |names: [&str; 2]| {
            names.iter().find_map(|name| value.get(name)).filter(|found| found.kind() != JsonKind::Null)
        };
        let names = |list: ValueRef<'_>| -> Result<Vec<Name>> {
            if !list.is_array() {
                return Err(bad(list, "this is a list of names"));
            }
            list.items().map(name).collect()
        };
        let anchor = value.get("anchor").ok_or_else(|| bad(value, "a query has an `anchor`"))?;
        Ok(Query {
            anchor: name(anchor)?,
            predicate: match given(["predicate"; 2]) {
                None => None,
                Some(text) if text.kind() == JsonKind::String => {
                    Some(expr::parse(&text.as_str().unwrap_or_default())?)
                }
                Some(tree) => Some(Expr::from_json_value(tree)?),
            },
            group_by: given(["group_by", "groupBy"]).map(name).transpose()?,
            project: given(["project", "projection"]).map(names).transpose()?,
            limit: match given(["limit"; 2]) {
                None => None,
                Some(limit) => Some(limit.as_u64().ok_or_else(|| bad(limit, "a limit is a whole number"))?),
            },
            path: given(["path"; 2]).map(names).transpose()?.unwrap_or_default(),
        })
    }

    /// Runs over a tree, in document order.
    ///
    /// # Errors
    /// `limit-steps`, `cancelled`; `unknown-variable` for a name that no node has.
    pub fn tree(&self, tree: &TreeInstance, budget: &mut Budget) -> Result<Answer> {
        self.run(&tree.nodes, tree.preorder().map(|(number, _)| number), budget)
    }

    /// Runs over a graph, by the numbers of nodes.
    ///
    /// # Errors
    /// As [`Query::tree`].
    pub fn graph(&self, graph: &GraphInstance, budget: &mut Budget) -> Result<Answer> {
        self.run(&graph.nodes, graph.nodes.keys().copied(), budget)
    }

    /// Runs over tables, by row.
    ///
    /// # Errors
    /// As [`Query::tree`] and [`TableInstance::to_graph`].
    pub fn tables(
        &self,
        tables: &TableInstance,
        outline: &Outline<'_>,
        budget: &mut Budget,
    ) -> Result<Answer> {
        let graph = tables.to_graph(outline, budget)?;
        let mut answer = self.graph(&graph, budget)?;
        let rows = tables.row_numbers(&graph);
        let row = |node: u32| rows.get(&node).map_or(node, |(_, row)| *row);
        answer.matches.iter_mut().for_each(|found| found.node = row(found.node));
        answer.errors.iter_mut().for_each(|(node, _)| *node = row(*node));
        Ok(answer)
    }

    fn run(
        &self,
        nodes: &BTreeMap<u32, Node>,
        order: impl Iterator<Item = u32>,
        budget: &mut Budget,
    ) -> Result<Answer> {
        let mut found: Vec<u32> = Vec::new();
        for number in order {
            budget.spend(1)?;
            if nodes.get(&number).is_some_and(|node| node.anchor == self.anchor) {
                found.push(number);
            }
        }
        for step in &self.path {
            let mut seen = BTreeSet::new();
            let mut next = Vec::new();
            for node in found.iter().filter_map(|number| nodes.get(number)) {
                for (child, arrow) in node.children() {
                    budget.spend(1)?;
                    let follows = arrow.kind == *step
                        || arrow.name.as_ref() == Some(step)
                        || (&**step == "item" && &*arrow.kind == "items");
                    if follows && seen.insert(child) {
                        next.push(child);
                    }
                }
            }
            found = next;
        }
        let mut answer = Answer::default();
        if let Some(predicate) = &self.predicate {
            found = self.keep(predicate, nodes, found, &mut answer.errors, budget)?;
        }
        if let Some(member) = &self.group_by {
            let mut keyed = Vec::with_capacity(found.len());
            for number in found {
                let key = member_of(nodes, number, member, budget)?;
                keyed.push((key, number));
            }
            budget.spend(keyed.len() as u64)?;
            keyed.arrange_by(|(a, _), (b, _)| order_of(a.as_ref(), b.as_ref()));
            found = keyed.into_iter().map(|(_, number)| number).collect();
        }
        if let Some(limit) = self.limit {
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        }
        for number in found {
            let Some(node) = nodes.get(&number) else { continue };
            budget.spend(1 + node.parts.len() as u64)?;
            let fields = match &self.project {
                None => scalars(nodes, node),
                Some(names) => {
                    let mut fields = Vec::with_capacity(names.len());
                    for name in names {
                        if let Some(value) = member_of(nodes, number, name, budget)? {
                            fields.push((name.clone(), value));
                        }
                    }
                    fields
                }
            };
            let value = node.value().cloned();
            answer.matches.push(Match { node: number, anchor: node.anchor.clone(), value, fields });
        }
        Ok(answer)
    }

    fn keep(
        &self,
        predicate: &Expr,
        nodes: &BTreeMap<u32, Node>,
        found: Vec<u32>,
        errors: &mut Vec<(u32, Error)>,
        budget: &mut Budget,
    ) -> Result<Vec<u32>> {
        let wanted = predicate.free_variables();
        // A name that no node has is a mistake; one that some have is null at the others.
        let mut known: BTreeSet<&str> =
            ["self", "attrs", "_id", "_anchor", "_value", "_children_count"].into_iter().collect();
        for name in &wanted {
            let has = |number: &u32| {
                nodes.get(number).is_some_and(|node| node.parts.iter().any(|part| part.name() == **name))
            };
            budget.spend(found.len() as u64)?;
            if found.iter().any(has) {
                known.insert(name);
            }
        }
        let graph = Nodes(nodes);
        let mut kept = Vec::new();
        for number in found {
            budget.spend(1)?;
            let mut env = Vec::with_capacity(wanted.len());
            for name in wanted.iter().filter(|name| known.contains(&***name)) {
                env.push((name.clone(), variable(nodes, number, name, budget)?));
            }
            match expr::evaluate(predicate, &Env::of(env), Some(&graph), budget) {
                Ok(expr::Value::Bool(true)) => kept.push(number),
                Ok(expr::Value::Bool(false)) => {}
                Ok(other) => {
                    let message = format!("the predicate is {}, not a truth value", other.type_name());
                    errors.push((
                        number,
                        Diagnostic::error(ErrorKind::TypeCheck, "predicate-not-boolean", message),
                    ));
                }
                Err(error)
                    if matches!(error.code, "limit-steps" | "cancelled") && budget.spend(0).is_err() =>
                {
                    return Err(error);
                }
                Err(error) if error.code == "unknown-variable" => return Err(error),
                Err(error) => errors.push((number, error)),
            }
        }
        Ok(kept)
    }
}

/// Evaluates a predicate at one node of a tree.
///
/// # Errors
/// Those of the expression; `predicate-not-boolean`.
pub fn holds(tree: &TreeInstance, number: u32, predicate: &Expr, budget: &mut Budget) -> Result<bool> {
    let mut env = Vec::new();
    for name in predicate.free_variables() {
        let has = |node: &Node| node.parts.iter().any(|part| part.name() == *name);
        if Builtin::named(&name).is_some() && !tree.nodes.get(&number).is_some_and(has) {
            continue;
        }
        let value = variable(&tree.nodes, number, &name, budget)?;
        env.push((name, value));
    }
    match expr::evaluate(predicate, &Env::of(env), Some(&Nodes(&tree.nodes)), budget)? {
        expr::Value::Bool(holds) => Ok(holds),
        other => {
            let message = format!("the predicate is {}, not a truth value", other.type_name());
            Err(Diagnostic::error(ErrorKind::TypeCheck, "predicate-not-boolean", message))
        }
    }
}

fn variable(
    nodes: &BTreeMap<u32, Node>,
    number: u32,
    name: &str,
    budget: &mut Budget,
) -> Result<expr::Value> {
    let Some(node) = nodes.get(&number) else { return Ok(expr::Value::Null) };
    if let Some(value) = member_of(nodes, number, name, budget)? {
        return to_expr(&value);
    }
    Ok(match name {
        "self" | "_id" => expr::Value::Int(i64::from(number)),
        "_anchor" => expr::Value::Str(node.anchor.clone()),
        "_value" => node.value().map(to_expr).transpose()?.unwrap_or(expr::Value::Null),
        "_children_count" => expr::Value::Int(i64::try_from(node.children().count()).unwrap_or(i64::MAX)),
        "attrs" => {
            let mut members = Vec::with_capacity(node.parts.len());
            for part in &node.parts {
                let name = part.name().into_owned();
                if let Some(value) = member_of(nodes, number, &name, budget)? {
                    members.push((Name::from(name), to_expr(&value)?));
                }
            }
            expr::Value::record(members)?
        }
        _ => expr::Value::Null,
    })
}

/// The value of a member, whole; of one that stands twice the last.
fn member_of(
    nodes: &BTreeMap<u32, Node>,
    number: u32,
    name: &str,
    budget: &mut Budget,
) -> Result<Option<Value>> {
    let Some(node) = nodes.get(&number).filter(|node| node.content != Content::List) else { return Ok(None) };
    budget.spend(1 + node.parts.len() as u64 / 8)?;
    Ok(match node.parts.iter().rev().find(|part| part.name() == name) {
        None => None,
        Some(Part::Extra { value, .. }) => Some(value.clone()),
        Some(Part::Child { node: child, .. }) => match nodes.get(child) {
            None => None,
            Some(Node { content: Content::Absent, .. }) => None,
            Some(Node { content: Content::Leaf(value), parts, .. }) if parts.is_empty() => {
                Some(value.clone())
            }
            Some(_) => Some(Value::plain(json_of(nodes, *child, budget)?)),
        },
    })
}

/// The members that are no objects or lists of nodes.
fn scalars(nodes: &BTreeMap<u32, Node>, node: &Node) -> Vec<(Name, Value)> {
    if node.content == Content::List {
        return Vec::new();
    }
    node.parts
        .iter()
        .filter_map(|part| {
            let value = match part {
                Part::Extra { value, .. } => value.clone(),
                Part::Child { node, .. } => nodes.get(node)?.value()?.clone(),
            };
            Some((Name::from(part.name().into_owned()), value))
        })
        .collect()
}

/// Absent, null, false, true, numbers by value, texts by code point, lists and objects by their JSON.
fn order_of(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    let tree = |value: Option<&Value>| value.map(|value| value.json().tree());
    let (a, b) = (tree(a), tree(b));
    let (a, b) = match (&a, &b) {
        (Some(a), Some(b)) => (a.root(), b.root()),
        (a, b) => return a.is_some().cmp(&b.is_some()),
    };
    match (a.kind(), b.kind()) {
        (JsonKind::Number, JsonKind::Number) => Decimal::parse(a.raw()).cmp(&Decimal::parse(b.raw())),
        (JsonKind::String, JsonKind::String) => a.decoded().cmp(&b.decoded()),
        (JsonKind::Bool, JsonKind::Bool) => a.as_bool().cmp(&b.as_bool()),
        (left, right) if left == right => a.raw().cmp(b.raw()),
        (left, right) => left.cmp(&right),
    }
}

impl Answer {
    /// The matches as JSON: `[{node_id, anchor, value, fields}]`, values in their published forms.
    pub fn to_json(&self) -> Json {
        let mut out = Writer::default();
        out.array();
        for found in &self.matches {
            out.object();
            out.key("node_id");
            out.number(found.node.into());
            out.key("anchor");
            out.string(&found.anchor);
            out.key("value");
            match &found.value {
                Some(value) => value.write(&mut out),
                None => out.raw("null"),
            }
            out.key("fields");
            out.object();
            for (name, value) in &found.fields {
                out.key(name);
                value.write(&mut out);
            }
            out.end_object();
            out.end_object();
        }
        out.end_array();
        Json::trusted(out.finish())
    }
}

fn name(value: ValueRef<'_>) -> Result<Name> {
    value.as_str().map(Name::new).ok_or_else(|| bad(value, "a name is text"))
}

#[cold]
fn bad(value: ValueRef<'_>, message: &'static str) -> Error {
    Diagnostic::new(ErrorKind::Usage, "query-shape", message)
        .spanning(value.span())
        .help("a query is `{anchor, predicate?, group_by?, project?, limit?, path?}`")
        .boxed()
}
