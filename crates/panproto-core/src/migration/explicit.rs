//! A migration stated vertex by vertex and edge by edge, as published releases state one.

use super::{FieldMatch, Migration, ObjectMatch, Reason};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::schema::{EdgeId, EdgeKind, Kind, Schema, VertexId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An edge by the ids of its ends, its kind and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeName<'a> {
    /// Where it starts.
    pub src: &'a str,
    /// Where it leads.
    pub tgt: &'a str,
    /// Its kind.
    pub kind: &'a str,
    /// Its name.
    pub name: Option<&'a str>,
}

impl Migration {
    /// The migration that maps these vertices and edges, and nothing else: in a mapped object, a property that is
    /// neither mapped itself nor has a mapped vertex is dropped. Objects that are not mapped match by equal names.
    ///
    /// # Errors
    /// `unknown-vertex`, `unknown-edge`; `edge-not-mappable` where the ends of two edges do not belong together.
    pub fn explicit(
        source: Arc<Schema>,
        target: Arc<Schema>,
        vertices: &[(&str, &str)],
        edges: &[(EdgeName<'_>, EdgeName<'_>)],
    ) -> Result<Migration> {
        let sources = ids(&source);
        let targets = ids(&target);
        let mut images = BTreeMap::new();
        for (from, to) in vertices {
            images.insert(find(&sources, from, "source")?, find(&targets, to, "target")?);
        }
        let mut migration = Migration::new(source.clone(), target.clone());
        if let Some(image) = images.get(&source.main()) {
            migration.roots.1 = *image;
        }
        for (from, to) in &images {
            let pair = (source.resolve(*from).vertex, target.resolve(*to).vertex);
            if source.vertex(pair.0).kind == Kind::Object && target.vertex(pair.1).kind == Kind::Object {
                let links = by_vertices(&source, &target, pair, &images);
                migration.objects.entry(pair).or_default().links.extend(links);
            }
        }
        for (from, to) in edges {
            let from_edge = edge(&source, &sources, from, "source")?;
            let to_edge = edge(&target, &targets, to, "target")?;
            if source.edge(from_edge).kind != EdgeKind::Prop || target.edge(to_edge).kind != EdgeKind::Prop {
                // Items, arms and references follow from the vertices at their ends.
                continue;
            }
            let pair = (source.edge(from_edge).src, target.edge(to_edge).src);
            let stated = images.get(&pair.0).map(|image| target.resolve(*image).vertex);
            if stated.is_some_and(|image| image != pair.1) {
                return Err(unrelated(from, to));
            }
            let object: &mut ObjectMatch = migration.objects.entry(pair).or_default();
            object.links.retain(|link| link.from != [from_edge] && link.to != [to_edge]);
            object.links.push(FieldMatch { from: vec![from_edge], to: vec![to_edge], reason: Reason::Hint });
        }
        for object in migration.objects.values_mut() {
            object.links.sort_by(|a, b| a.from.cmp(&b.from));
            object.links.dedup_by(|a, b| a.from == b.from);
        }
        Ok(migration)
    }
}

/// Properties whose vertices are mapped to each other.
fn by_vertices(
    source: &Schema,
    target: &Schema,
    pair: (VertexId, VertexId),
    images: &BTreeMap<VertexId, VertexId>,
) -> Vec<FieldMatch> {
    let mut links: Vec<FieldMatch> = Vec::new();
    for (from, edge) in source.props(pair.0) {
        let Some(image) = images.get(&edge.tgt) else { continue };
        let to = target
            .props(pair.1)
            .find(|(id, edge)| edge.tgt == *image && links.iter().all(|link| link.to != [*id]));
        if let Some((to, _)) = to {
            links.push(FieldMatch { from: vec![from], to: vec![to], reason: Reason::Hint });
        }
    }
    links
}

fn ids(schema: &Schema) -> BTreeMap<&str, VertexId> {
    schema.vertices().map(|(id, vertex)| (vertex.id.as_str(), id)).collect()
}

fn find(ids: &BTreeMap<&str, VertexId>, id: &str, side: &str) -> Result<VertexId> {
    ids.get(id).copied().ok_or_else(|| {
        let message = format!("the {side} schema has no vertex `{id}`");
        Diagnostic::error(ErrorKind::Migration, "unknown-vertex", message)
    })
}

fn edge(schema: &Schema, ids: &BTreeMap<&str, VertexId>, named: &EdgeName<'_>, side: &str) -> Result<EdgeId> {
    let (src, tgt) = (find(ids, named.src, side)?, find(ids, named.tgt, side)?);
    let kind = EdgeKind::from_name(named.kind);
    let mut outgoing = schema.outgoing_of(src, kind);
    let found = outgoing.find(|(_, edge)| edge.tgt == tgt && edge.name.as_deref() == named.name);
    found.map(|(id, _)| id).ok_or_else(|| {
        let name = named.name.unwrap_or(named.kind);
        let message =
            format!("the {side} schema has no edge `{name}` from `{}` to `{}`", named.src, named.tgt);
        Diagnostic::error(ErrorKind::Migration, "unknown-edge", message)
    })
}

fn unrelated(from: &EdgeName<'_>, to: &EdgeName<'_>) -> Error {
    let message =
        format!("the edges start at `{}` and `{}`, which are not mapped to each other", from.src, to.src);
    Diagnostic::new(ErrorKind::Migration, "edge-not-mappable", message)
        .help("map the vertices, or state the move as a hint: `\"a.b\": \"b\"`")
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lens::compile::compile;
    use crate::limits::Budget;
    use crate::schema::SchemaBuilder;

    fn schema(names: &[&str]) -> Arc<Schema> {
        let mut builder = SchemaBuilder::new("json-schema");
        let root = builder.vertex("post", Kind::Object);
        for name in names {
            let field = builder.vertex(&format!("post.{name}"), Kind::String);
            builder.edge(root, field, EdgeKind::Prop, Some(name));
        }
        Arc::new(builder.finish().unwrap())
    }

    fn names(migration: &Migration) -> Vec<(String, String)> {
        let name = |schema: &Schema, edge: &[EdgeId]| schema.edge(edge[0]).name.as_ref().unwrap().to_string();
        let links = migration.objects.values().flat_map(|object| &object.links);
        links.map(|link| (name(&migration.source, &link.from), name(&migration.target, &link.to))).collect()
    }

    #[test]
    fn vertices_bring_their_edges() {
        let (old, new) = (schema(&["text", "gone"]), schema(&["body"]));
        let vertices = [("post", "post"), ("post.text", "post.body")];
        let migration = Migration::explicit(old, new, &vertices, &[]).unwrap();
        assert_eq!(names(&migration), [("text".to_owned(), "body".to_owned())]);
        assert!(compile(&migration, &mut Budget::default()).unwrap().machine.is_some());
    }

    #[test]
    fn edges_decide_where_both_are_stated() {
        let (old, new) = (schema(&["a", "b"]), schema(&["c"]));
        let edge = |name, tgt| EdgeName { src: "post", tgt, kind: "prop", name: Some(name) };
        let vertices = [("post", "post"), ("post.a", "post.c")];
        let edges = [(edge("b", "post.b"), edge("c", "post.c"))];
        let migration = Migration::explicit(old.clone(), new.clone(), &vertices, &edges).unwrap();
        assert_eq!(names(&migration), [("b".to_owned(), "c".to_owned())]);
        let wrong = [(edge("x", "post.b"), edge("c", "post.c"))];
        assert_eq!(
            Migration::explicit(old.clone(), new.clone(), &[], &wrong).unwrap_err().code,
            "unknown-edge"
        );
        let error = Migration::explicit(old, new, &[("post", "nobody")], &[]).unwrap_err();
        assert_eq!(error.code, "unknown-vertex");
    }
}
