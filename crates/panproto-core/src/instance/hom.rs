//! The schema of maps between two schemas, and mappings as instances of it.
//!
//! For every vertex `v` of the source there is a *choice* `choice_v`, which says where `v` goes (`maps_to`), and for
//! every edge of `v` a *backward* `backward_v_edge`, which says which edge of the target it comes from
//! (`backward_for`). Currying and evaluating are inverse to each other.

use super::graph::GraphInstance;
use super::mapping::Mapping;
use super::node::{Arrow, Content, Node, Part};
use super::value::Value;
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{EdgeKind, Kind, Role, Schema, SchemaBuilder, VertexId};
use crate::value::{Json, Writer};
use std::sync::Arc;

const CHOICE: &str = "choice_";

fn backward(arrow: &Arrow, taken: &BTreeMap<String, Arrow>) -> String {
    let plain = format!("backward_{}_{}", arrow.src, arrow.label());
    match taken.get(&plain) {
        // Two edges of one name, of different kinds.
        Some(other) if other != arrow => format!("{plain}_{}", arrow.kind),
        _ => plain,
    }
}

/// Ids of backward vertices by edge, in the order of the schema.
fn backwards(schema: &Schema) -> Vec<(String, Arrow)> {
    let mut taken: BTreeMap<String, Arrow> = BTreeMap::new();
    let mut out = Vec::new();
    for (id, _) in schema.edges() {
        let arrow = (*Arrow::of(schema, id)).clone();
        let mut name = backward(&arrow, &taken);
        while taken.contains_key(&name) {
            name.push('_');
        }
        taken.insert(name.clone(), arrow.clone());
        out.push((name, arrow));
    }
    out
}

/// The schema of maps from one schema to another: `choice_…` of kind `hom_choice`, `backward_…` of kind
/// `hom_backward`, and the vertices of the target.
///
/// # Errors
/// `duplicate-vertex` where the target has a vertex with such a name.
pub fn hom_schema(source: &Schema, target: &Schema, budget: &mut Budget) -> Result<Schema> {
    budget.spend((source.len() as u64).saturating_mul(target.len() as u64))?;
    let mut builder = SchemaBuilder::new("hom");
    let choices: Vec<VertexId> = source
        .vertices()
        .map(|(_, vertex)| {
            builder.vertex(&format!("{CHOICE}{}", vertex.id), Kind::Other("hom_choice".into()))
        })
        .collect();
    let names = backwards(source);
    let back: Vec<VertexId> = names
        .iter()
        .map(|(name, _)| {
            let made = builder.vertex(name, Kind::Other("hom_backward".into()));
            builder.vertex_mut(made).types = crate::schema::TypeSet::OBJECT;
            made
        })
        .collect();
    let targets: Vec<VertexId> = target
        .vertices()
        .map(|(_, vertex)| {
            let made = builder.vertex(&vertex.id, vertex.kind.clone());
            let at = builder.vertex_mut(made);
            at.types = vertex.types;
            at.nullable = vertex.nullable;
            made
        })
        .collect();
    for choice in &choices {
        for made in &targets {
            builder.edge(*choice, *made, EdgeKind::Other("maps_to".into()), None);
        }
    }
    for ((_, edge), made) in source.edges().zip(&back) {
        if let Some(choice) = choices.get(edge.src.0 as usize) {
            builder.edge(*choice, *made, EdgeKind::Other("backward_for".into()), None);
        }
    }
    for (_, edge) in target.edges() {
        if let (Some(src), Some(tgt)) = (targets.get(edge.src.0 as usize), targets.get(edge.tgt.0 as usize)) {
            // References among the target's vertices would be resolved; here they are plain edges.
            let kind = match edge.kind {
                EdgeKind::Ref | EdgeKind::RecordSchema => EdgeKind::Other(edge.kind.as_str().into()),
                ref kind => kind.clone(),
            };
            builder.edge(*src, *tgt, kind, edge.name.as_deref());
        }
    }
    if let Some(choice) = choices.get(source.main().0 as usize) {
        builder.root("main", *choice, Role::Value);
    }
    builder.finish()
}

/// A mapping as an instance of the schema of maps from `source`.
///
/// # Errors
/// `unknown-vertex`, `unknown-edge` for what the source does not have.
pub fn curry(source: &Schema, mapping: &Mapping) -> Result<GraphInstance> {
    let mut graph = GraphInstance::default();
    let mut images: BTreeMap<Name, u32> = BTreeMap::new();
    let mut next = 0u32;
    let mut add = |graph: &mut GraphInstance, anchor: Name, content: Content| {
        let number = next;
        next = next.saturating_add(1);
        graph.nodes.insert(number, Node::new(anchor, content, None));
        number
    };
    let names = backwards(source);
    let ids: BTreeSet<&Name> = source.vertices().map(|(_, vertex)| &vertex.id).collect();
    let mut by_source: BTreeMap<&Name, Vec<(&String, &Arrow)>> = BTreeMap::new();
    names.iter().for_each(|(name, arrow)| by_source.entry(&arrow.src).or_default().push((name, arrow)));
    for vertex in mapping.vertices.keys().chain(&mapping.surviving) {
        if !ids.contains(vertex) {
            return Err(unknown("unknown-vertex", format!("the source has no vertex `{vertex}`")));
        }
    }
    let known: BTreeSet<&Arrow> = names.iter().map(|(_, arrow)| arrow).collect();
    if let Some(arrow) = mapping.edges.keys().find(|arrow| !known.contains(arrow)) {
        return Err(unknown("unknown-edge", format!("the source has no edge {arrow:?}")));
    }
    for (_, vertex) in source.vertices() {
        let image = mapping.image(&vertex.id);
        let mut edges = by_source.get(&vertex.id).into_iter().flatten();
        // A vertex that is dropped may have edges that are not: what is below is hoisted.
        if image.is_none() && !edges.any(|(_, arrow)| mapping.edges.contains_key(*arrow)) {
            continue;
        }
        let anchor = Name::from(format!("{CHOICE}{}", vertex.id));
        let choice = add(&mut graph, anchor.clone(), Content::Object);
        let mut parts = Vec::new();
        if let Some(image) = image {
            let target = match images.get(image) {
                Some(target) => *target,
                None => {
                    let made = add(&mut graph, image.clone(), Content::Object);
                    images.insert(image.clone(), made);
                    made
                }
            };
            parts.push(Part::Child { node: target, arrow: link(&anchor, image, "maps_to"), key: None });
        }
        for (name, arrow) in by_source.get(&vertex.id).into_iter().flatten() {
            let Some(to) = mapping.edges.get(*arrow) else { continue };
            let anchor_of = Name::new(name);
            let mut out = Writer::default();
            to.write(&mut out);
            let value = Value::plain(Json::trusted(out.finish()));
            let made = add(&mut graph, anchor_of.clone(), Content::Leaf(value));
            parts.push(Part::Child {
                node: made,
                arrow: link(&anchor, &anchor_of, "backward_for"),
                key: None,
            });
        }
        if let Some(node) = graph.nodes.get_mut(&choice) {
            node.parts = parts;
        }
    }
    Ok(graph)
}

/// The mapping that an instance of the schema of maps says.
///
/// # Errors
/// `unknown-anchor`, `unknown-edge` where it says nothing of the kind; `instance-value` for a backward that holds no
/// edge.
pub fn eval(source: &Schema, graph: &GraphInstance) -> Result<Mapping> {
    let names: BTreeMap<String, Arrow> = backwards(source).into_iter().collect();
    let ids: BTreeSet<&str> = source.vertices().map(|(_, vertex)| &*vertex.id).collect();
    let mut mapping = Mapping::default();
    for (_, node) in graph.nodes() {
        let Some(vertex) = node.anchor.strip_prefix(CHOICE) else { continue };
        if !ids.contains(vertex) {
            return Err(unknown("unknown-anchor", format!("the source has no vertex `{vertex}`")));
        }
        for (child, arrow) in node.children() {
            let Some(target) = graph.node(child) else { continue };
            match &*arrow.kind {
                "maps_to" if *target.anchor == *vertex => {
                    mapping.surviving.insert(target.anchor.clone());
                }
                "maps_to" => {
                    mapping.vertices.insert(Name::new(vertex), target.anchor.clone());
                }
                "backward_for" => {
                    let from = names.get(&*target.anchor);
                    let from = from
                        .ok_or_else(|| unknown("unknown-edge", format!("no edge is `{}`", target.anchor)))?;
                    let to = target.value().and_then(|value| Arrow::read(value.json().tree().root()));
                    let to = to.ok_or_else(|| {
                        unknown("instance-value", format!("`{}` holds no edge", target.anchor))
                    })?;
                    mapping.edges.insert(from.clone(), to);
                }
                _ => {}
            }
        }
    }
    Ok(mapping)
}

fn link(src: &Name, tgt: &Name, kind: &str) -> Arc<Arrow> {
    Arc::new(Arrow { src: src.clone(), tgt: tgt.clone(), kind: Name::new(kind), name: None })
}

#[cold]
fn unknown(code: &'static str, message: String) -> Error {
    Diagnostic::error(ErrorKind::Data, code, message)
}
