//! A schema as a model of a theory: positions, edges and what the language says of them as sets and tables.

use super::{Edge, EdgeId, EdgeKind, Schema, VertexId};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::limits::Budget;
use crate::ordered::BTreeSet;
use crate::theory::{Model, ModelBuilder, ModelValue, Theory};

/// The model of a theory that a schema is. The theory says which sorts and operations are asked for; those of the
/// built-in theories of schemas have a meaning here.
///
/// ```
/// use panproto_core::limits::Budget;
/// use panproto_core::schema::{EdgeKind, Kind, SchemaBuilder, model_of};
/// use panproto_core::theory::{MOST_ASSIGNMENTS, Signature, builtin};
/// let mut builder = SchemaBuilder::new("json-schema");
/// let root = builder.vertex("user", Kind::Object);
/// let mail = builder.vertex("user.mail", Kind::String);
/// builder.edge(root, mail, EdgeKind::Prop, Some("mail"));
/// let schema = builder.finish().unwrap();
/// let theory = builtin::schema_theory("json-schema").unwrap();
/// let budget = &mut Budget::default();
/// let model = model_of(&schema, &theory, budget).unwrap();
/// assert_eq!(model.sorts["Vertex"].values.len(), 2);
/// let signature = Signature::check(&theory, budget).unwrap();
/// assert_eq!(model.check(&signature, MOST_ASSIGNMENTS, budget).unwrap(), []);
/// ```
///
/// # Errors
/// `no-interpretation` where the theory has a sort or an operation that means nothing for schemas; `limit-steps`.
pub fn model_of(schema: &Schema, theory: &Theory, budget: &mut Budget) -> Result<Model> {
    let mut model = ModelBuilder::new(&theory.name);
    for sort in &theory.sorts {
        if !SORTS.contains(&sort.name.as_str()) {
            return Err(no_meaning("sort", &sort.name));
        }
        model.sort(&sort.name);
    }
    for op in &theory.ops {
        if !OPS.contains(&op.name.as_str()) {
            return Err(no_meaning("operation", &op.name));
        }
        model.op(&op.name);
    }
    let has = |name: &str| theory.has_sort(name) || theory.op(name).is_some();
    for (_, vertex) in schema.vertices() {
        budget.spend(4)?;
        let at = model.element("Vertex", ModelValue::Str(vertex.id.clone()));
        if has("vertex_kind") {
            let kind = model.element("VertexKind", ModelValue::text(vertex.kind.as_str()));
            model.entry("vertex_kind", [at], kind);
        }
        if has("Constraint") {
            for constraint in &vertex.constraints {
                let parts = [vertex.id.as_str(), constraint.sort.as_str(), constraint.value.as_str()];
                let value = list(parts.map(ModelValue::text));
                let found = model.member("Constraint", vec![at], value);
                if has("target") {
                    model.entry("target", [found], at);
                }
            }
        }
    }
    let recursive = if has("Mu") { recursion(schema, budget)? } else { BTreeSet::new() };
    let mut place = (VertexId(u32::MAX), 0);
    for (id, edge) in schema.edges() {
        budget.spend(8)?;
        place = if place.0 == edge.src { (edge.src, place.1 + 1) } else { (edge.src, 0) };
        add_edge(&mut model, schema, (id, edge), place.1, recursive.contains(&id), &has);
    }
    for hyper in schema.hyper_edges() {
        budget.spend(1)?;
        if !has("HyperEdge") {
            continue;
        }
        let at = model.element("HyperEdge", ModelValue::Str(hyper.id.clone()));
        for (label, vertex) in &hyper.signature {
            let value = list([ModelValue::Str(hyper.id.clone()), ModelValue::Str(label.clone())]);
            let label = model.member("Label", vec![at], value);
            model.entry("incident", [at, label], vertex.0);
        }
    }
    // What was gathered beside and not asked for is dropped.
    let mut model = model.finish();
    model.sorts.retain(|name, _| theory.has_sort(name));
    model.ops.retain(|name, _| theory.op(name).is_some());
    Ok(model)
}

/// Sorts that mean something for schemas.
const SORTS: [&str; 11] = [
    "Vertex",
    "Edge",
    "Constraint",
    "EdgeLabel",
    "VertexKind",
    "Variant",
    "Position",
    "Mu",
    "Usage",
    "HyperEdge",
    "Label",
];

/// Operations that mean something for schemas.
const OPS: [&str; 12] = [
    "src",
    "tgt",
    "target",
    "edge_label",
    "vertex_kind",
    "variant_edge",
    "variant_parent",
    "position",
    "mu_edge",
    "mu_vertex",
    "usage",
    "incident",
];

fn add_edge(
    model: &mut ModelBuilder,
    schema: &Schema,
    (id, edge): (EdgeId, &Edge),
    position: i64,
    is_recursive: bool,
    has: &dyn Fn(&str) -> bool,
) {
    let name = || edge.name.clone().map_or(ModelValue::Null, ModelValue::Str);
    let label = list([ModelValue::text(edge.kind.as_str()), name()]);
    let ends = [edge.src, edge.tgt].map(|end| ModelValue::Str(schema.vertex(end).id.clone()));
    let [src, tgt] = ends.clone();
    let mut value = list([src, ModelValue::text(edge.kind.as_str()), name(), tgt]);
    if model.has("Edge", &value) {
        // Two edges that are alike are two edges.
        value = list([value, ModelValue::Int(id.0.into())]);
    }
    let at = model.element("Edge", value);
    model.entry("src", [at], edge.src.0);
    model.entry("tgt", [at], edge.tgt.0);
    if has("edge_label") {
        let label = model.element("EdgeLabel", label);
        model.entry("edge_label", [at], label);
    }
    if has("position") {
        let position = model.element("Position", ModelValue::Int(position));
        model.entry("position", [at], position);
    }
    if has("usage") {
        let usage =
            model.element("Usage", ModelValue::text(if edge.required { "required" } else { "optional" }));
        model.entry("usage", [at], usage);
    }
    if has("Variant") && edge.kind == EdgeKind::Variant {
        let variant = model.element("Variant", ModelValue::Int(id.0.into()));
        model.entry("variant_edge", [variant], at);
        model.entry("variant_parent", [variant], edge.src.0);
    }
    if is_recursive {
        let point = model.element("Mu", ModelValue::Int(id.0.into()));
        model.entry("mu_edge", [point], at);
        model.entry("mu_vertex", [point], edge.tgt.0);
    }
}

/// The edges that lead back to a position on the way to them, walking from the roots and then from what is left.
fn recursion(schema: &Schema, budget: &mut Budget) -> Result<BTreeSet<EdgeId>> {
    let mut found = BTreeSet::new();
    // 0 not seen, 1 on the way, 2 done.
    let mut states = vec![0u8; schema.len()];
    let starts = schema.roots().iter().map(|root| root.vertex).chain(schema.vertex_ids());
    let set = |states: &mut Vec<u8>, id: VertexId, state: u8| {
        if let Some(slot) = states.get_mut(id.0 as usize) {
            *slot = state;
        }
    };
    for start in starts {
        if states.get(start.0 as usize) != Some(&0) {
            continue;
        }
        set(&mut states, start, 1);
        let mut way = vec![(start, schema.outgoing(start))];
        while let Some((at, rest)) = way.last_mut() {
            budget.spend(1)?;
            match rest.next() {
                None => {
                    set(&mut states, *at, 2);
                    way.pop();
                }
                Some((id, edge)) => match states.get(edge.tgt.0 as usize) {
                    Some(0) => {
                        set(&mut states, edge.tgt, 1);
                        way.push((edge.tgt, schema.outgoing(edge.tgt)));
                    }
                    Some(1) => {
                        found.insert(id);
                    }
                    _ => {}
                },
            }
        }
    }
    Ok(found)
}

fn list(items: impl IntoIterator<Item = ModelValue>) -> ModelValue {
    ModelValue::List(items.into_iter().collect())
}

#[cold]
fn no_meaning(what: &str, name: &str) -> crate::diagnostic::Error {
    Diagnostic::new(
        ErrorKind::Schema,
        "no-interpretation",
        format!("the {what} `{name}` means nothing for schemas"),
    )
    .at(name)
    .help("use the theory of the schema's protocol, or one of the building blocks of schemas")
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, SchemaBuilder};
    use super::*;
    use crate::theory::{MOST_ASSIGNMENTS, Signature, builtin};

    #[test]
    fn unions_and_recursion_are_in_the_model() {
        let mut builder = SchemaBuilder::new("json-schema");
        let tree = builder.vertex("tree", Kind::Object);
        let union = builder.vertex("tree.left", Kind::Union);
        builder.edge(tree, union, EdgeKind::Prop, Some("left")).required = true;
        builder.edge(union, tree, EdgeKind::Variant, Some("tree"));
        let schema = builder.finish().unwrap();
        let budget = &mut Budget::default();
        let theory = builtin::schema_theory("json-schema").unwrap();
        let model = model_of(&schema, &theory, budget).unwrap();
        let count = |sort: &str| model.sorts[sort].values.len();
        assert_eq!(["Vertex", "Edge", "Variant", "Mu", "Usage", "Position"].map(count), [2, 2, 1, 1, 2, 1]);
        let signature = Signature::check(&theory, budget).unwrap();
        assert_eq!(model.check(&signature, MOST_ASSIGNMENTS, budget).unwrap(), []);
        let graph = model_of(&schema, &builtin::theory("ThGraph").unwrap(), budget).unwrap();
        assert_eq!(graph.sorts.len(), 2);
        let error = model_of(&schema, &builtin::theory("ThWType").unwrap(), budget).unwrap_err();
        assert_eq!(error.code, "no-interpretation");
    }
}
