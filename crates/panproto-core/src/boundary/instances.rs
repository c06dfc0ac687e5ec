//! Operations over instances and queries. An instance crosses as JSON text in the published shape, or as a plain JSON
//! record with its schema; so do mappings, complements and queries.

#[cfg(test)]
mod tests;

use super::answer::diagnostic_message;
use super::request::{as_text, wrong};
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::expr::{self, Expr};
use crate::instance::query::{Query, holds};
use crate::instance::{
    Dropped, Instance, Issue, Mapping, Outline, Shape, TableInstance, TreeInstance, fiber, hom, table,
};
use crate::limits::Budget;
use crate::migration::Migration;
use crate::schema::{Schema, VertexId};
use crate::value::{Json, Tree};
use std::sync::Arc;

/// Schema languages, each of which has its records as JSON.
const FORMATS: [&str; 2] = ["atproto", "json-schema"];

type Answer = Result<Message<'static>, Refusal>;

/// JSON of a request: text, bytes of text, or a map.
pub(super) fn json(session: &Session, request: &Request<'_>, key: &str) -> Result<Json> {
    let mut text = Vec::new();
    match request.require(key)? {
        Message::Str(json) => text.extend_from_slice(json.as_bytes()),
        Message::Bin(json) => text.extend_from_slice(json),
        value @ (Message::Map(_) | Message::Array(_)) => value.write_json(&mut text)?,
        other => return Err(wrong(key, "JSON text, or a map", other)),
    }
    Ok(Tree::parse(&text, session.limits())?.root().to_json())
}

/// The vertex that a record begins at: the root that is named, a vertex, or the main root.
fn root_of(schema: &Schema, request: &Request<'_>) -> Result<VertexId> {
    let Some(name) = request.optional_text("root")? else { return Ok(schema.main()) };
    let root = schema.root_named(name).map(|root| root.vertex).or_else(|| schema.find(name));
    root.ok_or_else(|| {
        Diagnostic::new(Kind::Usage, "unknown-root", format!("the schema has no root and no vertex `{name}`"))
            .at("root")
            .boxed()
    })
}

/// The instance of a request: `instance` in the published shape, or the tree of `record`. What its structure breaks is
/// told beside it.
fn instance_of(
    session: &Session,
    request: &Request<'_>,
    outline: Option<&Outline<'_>>,
    budget: &mut Budget,
) -> Result<(Instance, Vec<Issue>)> {
    if request.get("record").is_some() {
        let Some(outline) = outline else {
            let message = "a plain record needs its schema";
            return Err(Diagnostic::new(Kind::Usage, "missing-argument", message).at("schema").boxed());
        };
        let record = json(session, request, "record")?;
        let root = root_of(outline.schema(), request)?;
        return Ok((Instance::Tree(TreeInstance::from_json(outline, root, &record, budget)?), Vec::new()));
    }
    let text = json(session, request, "instance")?;
    Instance::read(text.as_str().as_bytes(), outline, budget)
}

/// The same, where the structure has to hold.
pub(super) fn sound_instance(
    session: &Session,
    request: &Request<'_>,
    outline: Option<&Outline<'_>>,
    budget: &mut Budget,
) -> Result<Instance> {
    let (instance, issues) = instance_of(session, request, outline, budget)?;
    match issues.first() {
        None => Ok(instance),
        Some(issue) => Err(issue.diagnostic().boxed()),
    }
}

pub(super) fn sound_tree(
    session: &Session,
    request: &Request<'_>,
    outline: Option<&Outline<'_>>,
    budget: &mut Budget,
) -> Result<TreeInstance> {
    match sound_instance(session, request, outline, budget)? {
        Instance::Tree(tree) => Ok(tree),
        other => {
            let message =
                format!("this is an instance of the shape `{}`, not a tree", other.shape().as_str());
            Err(Diagnostic::new(Kind::Usage, "wrong-shape", message).help("convert it first").boxed())
        }
    }
}

pub(super) fn optional_schema(
    session: &mut Session,
    request: &Request<'_>,
) -> Result<Option<Arc<Schema>>, Refusal> {
    if request.get("schema").is_none() { Ok(None) } else { Ok(Some(session.schema(request)?)) }
}

pub(super) fn instance_message(instance: &Instance) -> Message<'static> {
    Message::map()
        .with("instance", instance.to_wire().to_string())
        .with("shape", instance.shape().as_str())
        .with("elements", instance.len())
}

/// Arguments of `instance.read`.
pub(super) const READ: &[&str] = &["record", "root", "schema"];

/// `instance.read`: the tree of a plain record.
pub(super) fn read(session: &mut Session, request: &Request<'_>) -> Answer {
    request.require("record")?;
    let schema = session.schema(request)?;
    let outline = Outline::new(&schema);
    let (instance, _) = instance_of(session, request, Some(&outline), &mut session.budget())?;
    Ok(instance_message(&instance))
}

/// `instance.write`: the plain record of an instance.
pub(super) fn write(session: &mut Session, request: &Request<'_>) -> Answer {
    let schema = optional_schema(session, request)?;
    let outline = schema.as_deref().map(Outline::new);
    let budget = &mut session.budget();
    let mut instance = sound_instance(session, request, outline.as_ref(), budget)?;
    if let (Some(outline), false) = (&outline, instance.shape() == Shape::Tree) {
        instance = instance.convert(Shape::Tree, outline, budget)?;
    }
    match instance {
        Instance::Tree(tree) => Ok(Message::map().with("record", tree.to_json(budget)?.to_string())),
        other => {
            let message =
                format!("to write the shape `{}` as a record its schema is needed", other.shape().as_str());
            Err(Diagnostic::new(Kind::Usage, "missing-argument", message).at("schema").boxed().into())
        }
    }
}

/// Arguments of `instance.check`.
pub(super) const CHECK: &[&str] = &["instance", "record", "root", "schema"];

/// `instance.check`: everything that is wrong with an instance.
pub(super) fn check(session: &mut Session, request: &Request<'_>) -> Answer {
    let schema = session.schema(request)?;
    let outline = Outline::new(&schema);
    let budget = &mut session.budget();
    let (instance, mut issues) = instance_of(session, request, Some(&outline), budget)?;
    issues.extend(instance.issues(&outline, budget)?);
    let invalid = issues.iter().any(|issue| issue.validity.is_invalid());
    let errors = issues.iter().map(|issue| issue.diagnostic().to_string());
    let rows = issues.iter().map(|issue| {
        Message::map()
            .with("type", issue.code)
            .with("message", issue.message.to_string())
            .with("path", issue.path.clone())
            .with("node", issue.node)
            .with("vertex", issue.vertex.as_deref().map(str::to_owned))
            .with("validity", if issue.validity.is_invalid() { "invalid" } else { "unknown" })
    });
    Ok(Message::map()
        .with("valid", !invalid)
        .with("decided", invalid || issues.is_empty())
        .with("errors", Message::array(errors))
        .with("issues", Message::array(rows)))
}

/// `instance.count`: number of nodes, or of rows.
pub(super) fn count(session: &mut Session, request: &Request<'_>) -> Answer {
    let schema = optional_schema(session, request)?;
    let outline = schema.as_deref().map(Outline::new);
    let (instance, _) = instance_of(session, request, outline.as_ref(), &mut session.budget())?;
    Ok(Message::map().with("elements", instance.len()).with("shape", instance.shape().as_str()))
}

/// Arguments of `instance.convert`.
pub(super) const CONVERT: &[&str] = &["instance", "record", "root", "schema", "to"];

/// `instance.convert`: the same instance in another shape.
pub(super) fn convert(session: &mut Session, request: &Request<'_>) -> Answer {
    let schema = session.schema(request)?;
    let outline = Outline::new(&schema);
    let to = Shape::from_name(request.text("to")?)?;
    let budget = &mut session.budget();
    let instance = sound_instance(session, request, Some(&outline), budget)?;
    Ok(instance_message(&instance.convert(to, &outline, budget)?))
}

/// `instance.protocols`: whose records can be read and written.
pub(super) fn protocols(_: &mut Session, _: &Request<'_>) -> Answer {
    Ok(Message::array(FORMATS.iter().copied()))
}

fn check_protocol(request: &Request<'_>, schema: &Schema) -> Result<()> {
    let name = request.text("protocol")?;
    if !FORMATS.contains(&name) {
        return Err(Diagnostic::new(Kind::Usage, "unknown-format", format!("there is no format `{name}`"))
            .at("protocol")
            .help(format!("the formats are `{}`", FORMATS.join("`, `")))
            .boxed());
    }
    if schema.protocol() != name {
        let message = format!("the schema is of `{}`, not of `{name}`", schema.protocol());
        return Err(Diagnostic::new(Kind::Usage, "wrong-format", message).at("protocol").boxed());
    }
    Ok(())
}

/// `instance.parse`: a document in the format of a protocol becomes an instance.
pub(super) fn parse(session: &mut Session, request: &Request<'_>) -> Answer {
    let schema = session.schema(request)?;
    check_protocol(request, &schema)?;
    let outline = Outline::new(&schema);
    let document = Tree::parse(request.bytes("document")?, session.limits())?;
    let root = root_of(&schema, request)?;
    let tree = TreeInstance::from_value(&outline, root, document.root(), &mut session.budget())?;
    Ok(instance_message(&Instance::Tree(tree)))
}

/// `instance.emit`: an instance becomes a document in the format of a protocol.
pub(super) fn emit(session: &mut Session, request: &Request<'_>) -> Answer {
    let schema = session.schema(request)?;
    check_protocol(request, &schema)?;
    let outline = Outline::new(&schema);
    let budget = &mut session.budget();
    let instance = sound_instance(session, request, Some(&outline), budget)?;
    match instance.convert(Shape::Tree, &outline, budget)? {
        Instance::Tree(tree) => {
            Ok(Message::map()
                .with("document", Message::bin(tree.to_json(budget)?.as_str().as_bytes().to_vec())))
        }
        _ => Ok(Message::Nil),
    }
}

/// A mapping, and the schemas that it leads from and to.
pub(super) struct Along {
    pub(super) mapping: Mapping,
    pub(super) source: Option<Arc<Schema>>,
    pub(super) target: Option<Arc<Schema>>,
}

/// The mapping of a request: that of a migration, or one that is stated.
pub(super) fn along(session: &mut Session, request: &Request<'_>) -> Result<Along, Refusal> {
    if request.get("migration").is_some() {
        let migration: Arc<Migration> = session.migration(request, "migration")?;
        let mapping = migration.instance_mapping()?;
        let (source, target) = (Some(migration.source.clone()), Some(migration.target.clone()));
        return Ok(Along { mapping, source, target });
    }
    let mapping = Mapping::from_json(&json(session, request, "mapping")?)?;
    let source = optional_schema(session, request)?;
    let target = match request.get("target") {
        None => None,
        Some(_) => {
            let [target] = session.schemas(request, ["target"])?;
            Some(target)
        }
    };
    Ok(Along { mapping, source, target })
}

pub(super) fn needed(schema: &Option<Arc<Schema>>, key: &'static str) -> Result<Arc<Schema>> {
    schema.clone().ok_or_else(|| {
        let message = format!("the argument `{key}` is missing");
        Diagnostic::new(Kind::Usage, "missing-argument", message).at(key).boxed()
    })
}

/// Arguments of `instance.restrict`, `instance.extend`.
pub(super) const ALONG: &[&str] = &["instance", "mapping", "migration", "record", "root", "schema", "target"];
/// Arguments of `instance.pi`.
pub(super) const PI: &[&str] =
    &["instance", "limit", "mapping", "migration", "record", "root", "schema", "target"];

enum Way {
    Restrict,
    Extend,
    Product(u64),
}

fn moved(session: &mut Session, request: &Request<'_>, way: Way) -> Answer {
    let along = along(session, request)?;
    let target = needed(&along.target, "target")?;
    let to = Outline::new(&target);
    let from = along.source.as_deref().map(Outline::new);
    let budget = &mut session.budget();
    let mut complement = None;
    let moved = match sound_instance(session, request, from.as_ref(), budget)? {
        Instance::Tree(tree) => Instance::Tree(match way {
            Way::Restrict => {
                let (view, dropped) = tree.restrict(&along.mapping, &to, budget)?;
                complement = Some(dropped.to_json(tree.root()).to_string());
                view
            }
            Way::Extend => tree.extend(&along.mapping, &to, budget)?,
            Way::Product(_) => tree.pi(&along.mapping, &to, budget)?,
        }),
        Instance::Tables(tables) => {
            let source = needed(&along.source, "schema")?;
            let from = Outline::new(&source);
            let mapping = &along.mapping;
            Instance::Tables(match way {
                Way::Restrict => tables.restrict(mapping, &from, &to, budget)?,
                Way::Extend => tables.extend(mapping, &from, &to, budget)?,
                Way::Product(limit) => tables.pi(mapping, &from, &to, limit, budget)?,
            })
        }
        Instance::Graph(_) => {
            let message = "a graph is moved as a tree or as tables";
            return Err(Diagnostic::new(Kind::Usage, "wrong-shape", message)
                .help("convert it first")
                .boxed()
                .into());
        }
    };
    let mut answer = instance_message(&moved).with("complement", complement);
    if let Instance::Tree(tree) = &moved {
        answer = answer.with("record", tree.to_json(budget)?.to_string());
    }
    Ok(answer)
}

/// `instance.restrict`: the part that a mapping keeps, and the complement of trees.
pub(super) fn restrict(session: &mut Session, request: &Request<'_>) -> Answer {
    moved(session, request, Way::Restrict)
}

/// `instance.extend`: the whole along a mapping.
pub(super) fn extend(session: &mut Session, request: &Request<'_>) -> Answer {
    moved(session, request, Way::Extend)
}

/// `instance.pi`: products along a mapping.
pub(super) fn pi(session: &mut Session, request: &Request<'_>) -> Answer {
    let limit = request.optional_u64("limit")?.unwrap_or(table::PRODUCT_ROWS);
    moved(session, request, Way::Product(limit))
}

/// `instance.section`: a restriction with its complement becomes the record again.
pub(super) fn section(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let tree = sound_tree(session, request, None, budget)?;
    let dropped = Dropped::from_json(&json(session, request, "complement")?, budget)?;
    let whole = tree.section(&dropped, budget)?;
    let record = whole.to_json(budget)?.to_string();
    Ok(instance_message(&Instance::Tree(whole)).with("record", record))
}

/// Arguments of `instance.fiber`.
pub(super) const FIBER: &[&str] =
    &["anchor", "instance", "mapping", "migration", "predicate", "record", "root", "schema"];
/// Arguments of `instance.fibers`.
pub(super) const FIBERS: &[&str] = &["instance", "mapping", "migration", "record", "root", "schema"];

/// An expression of a request: its text, or its tree as JSON.
fn expression(request: &Request<'_>, key: &str) -> Result<Option<Expr>> {
    match request.get(key) {
        None => Ok(None),
        Some(Message::Str(text)) if text.trim_start().starts_with("{\"") => {
            Ok(Some(Expr::from_json(text).or_else(|_| expr::parse(text))?))
        }
        Some(Message::Str(text)) => Ok(Some(expr::parse(text)?)),
        Some(map @ Message::Map(_)) => {
            let mut text = Vec::new();
            map.write_json(&mut text)?;
            Ok(Some(Expr::from_json(&String::from_utf8_lossy(&text))?))
        }
        Some(other) => Err(wrong(key, "an expression", other)),
    }
}

/// `instance.fiber`: the nodes that go to one vertex.
pub(super) fn fiber(session: &mut Session, request: &Request<'_>) -> Answer {
    let along = along(session, request)?;
    let from = along.source.as_deref().map(Outline::new);
    let budget = &mut session.budget();
    let tree = sound_tree(session, request, from.as_ref(), budget)?;
    let anchor = request.text("anchor")?;
    let nodes = match expression(request, "predicate")? {
        None => tree.fiber_at(&along.mapping, anchor),
        Some(predicate) => tree.fiber_with(&along.mapping, anchor, budget, |number, budget| {
            holds(&tree, number, &predicate, budget).map_err(|mut error| {
                error.path = Some(tree.path(number).to_string());
                error
            })
        })?,
    };
    Ok(Message::array(nodes))
}

/// `instance.fibers`: the nodes by the vertex that they go to.
pub(super) fn fibers(session: &mut Session, request: &Request<'_>) -> Answer {
    let along = along(session, request)?;
    let from = along.source.as_deref().map(Outline::new);
    let tree = sound_tree(session, request, from.as_ref(), &mut session.budget())?;
    let fibers = tree.fiber_decomposition(&along.mapping);
    Ok(Message::Map(
        fibers
            .into_iter()
            .map(|(vertex, nodes)| (vertex.to_string().into(), Message::array(nodes)))
            .collect(),
    ))
}

/// `instance.groups`: for each vertex the parts of the tree that go there, as plain records.
pub(super) fn groups(session: &mut Session, request: &Request<'_>) -> Answer {
    let along = along(session, request)?;
    let from = along.source.as_deref().map(Outline::new);
    let budget = &mut session.budget();
    let tree = sound_tree(session, request, from.as_ref(), budget)?;
    let mut answer = Vec::new();
    for (vertex, parts) in tree.group_by(&along.mapping, budget)? {
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            texts.push(part.to_json(budget)?.to_string());
        }
        answer.push((vertex.to_string().into(), Message::array(texts)));
    }
    Ok(Message::Map(answer.into_iter().collect()))
}

/// `instance.join`: pairs of nodes of two instances that go to one vertex. Each side is `{instance, mapping}`.
pub(super) fn join(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let mut sides = Vec::with_capacity(2);
    for key in ["left", "right"] {
        let Message::Map(members) = request.require(key)? else {
            return Err(wrong(key, "a map with `instance` and `mapping`", request.require(key)?).into());
        };
        let part = |name: &str| -> Result<Json> {
            let value = members.get(name).ok_or_else(|| {
                let message = format!("`{key}` has no `{name}`");
                Diagnostic::new(Kind::Usage, "missing-argument", message).at(key).boxed()
            })?;
            Json::parse(as_text(name, value)?)
        };
        let tree = TreeInstance::from_wire(&part("instance")?, None, budget)?;
        sides.push((tree, Mapping::from_json(&part("mapping")?)?));
    }
    let [left, right] = sides.as_slice() else { return Ok(Message::Nil) };
    let pairs = fiber::join((&left.0, &left.1), (&right.0, &right.1), budget)?;
    Ok(Message::array(pairs.into_iter().map(|(a, b)| Message::array([a, b]))))
}

/// `instance.mapping`: a migration as a map between vertices and edges.
pub(super) fn mapping(session: &mut Session, request: &Request<'_>) -> Answer {
    let migration = session.migration(request, "migration")?;
    Ok(Message::map().with("mapping", migration.instance_mapping()?.to_json().to_string()))
}

/// `instance.hom`: the schema of maps between two schemas.
pub(super) fn hom(session: &mut Session, request: &Request<'_>) -> Answer {
    let [old, new] = session.schemas(request, ["old", "new"])?;
    let maps = hom::hom_schema(&old, &new, &mut session.budget())?;
    Ok(session.keep_schema(maps))
}

/// `instance.curry`: a mapping as an instance of the schema of maps.
pub(super) fn curry(session: &mut Session, request: &Request<'_>) -> Answer {
    let along = along(session, request)?;
    let source = needed(&along.source, "schema")?;
    Ok(instance_message(&Instance::Graph(hom::curry(&source, &along.mapping)?)))
}

/// `instance.eval`: the mapping that an instance of the schema of maps says.
pub(super) fn eval(session: &mut Session, request: &Request<'_>) -> Answer {
    let schema = session.schema(request)?;
    match sound_instance(session, request, None, &mut session.budget())? {
        Instance::Graph(graph) => {
            Ok(Message::map().with("mapping", hom::eval(&schema, &graph)?.to_json().to_string()))
        }
        other => {
            let message = format!("a map between schemas is a graph, this is `{}`", other.shape().as_str());
            Err(Diagnostic::error(Kind::Usage, "wrong-shape", message).into())
        }
    }
}

/// `instance.tables`: the tables of several records at once.
pub(super) fn tables(session: &mut Session, request: &Request<'_>) -> Answer {
    let schema = session.schema(request)?;
    let outline = Outline::new(&schema);
    let root = root_of(&schema, request)?;
    let budget = &mut session.budget();
    let mut graph = crate::instance::GraphInstance::default();
    for record in request.array("records")? {
        let record = Tree::parse(super::request::as_bytes("records", record)?, session.limits())?;
        let tree = TreeInstance::from_value(&outline, root, record.root(), budget)?;
        graph.append(&tree.to_graph()?);
    }
    Ok(instance_message(&Instance::Tables(TableInstance::from_graph(&outline, &graph, budget)?)))
}

/// Arguments of `query.run`.
pub(super) const QUERY: &[&str] = &["instance", "query", "record", "root", "schema"];

/// `query.run`: the matches of a query, as JSON text, and where its predicate failed.
pub(super) fn query(session: &mut Session, request: &Request<'_>) -> Answer {
    let schema = optional_schema(session, request)?;
    let outline = schema.as_deref().map(Outline::new);
    let query = Query::from_json(&json(session, request, "query")?)?;
    let budget = &mut session.budget();
    let instance = sound_instance(session, request, outline.as_ref(), budget)?;
    let answer = instance.query(&query, outline.as_ref(), budget)?;
    let errors =
        answer.errors.iter().map(|(node, error)| diagnostic_message(error).with("node", *node).into_owned());
    Ok(Message::map().with("matches", answer.to_json().to_string()).with("errors", Message::array(errors)))
}
