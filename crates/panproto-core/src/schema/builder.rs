//! Building a schema.

use super::enrichment::check_hyper_edges;
use super::{Document, Edge, EdgeId, EdgeKind, Enrichment, HyperEdge, Kind, Root, Schema, Vertex, VertexId};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::name::{Interner, Name};
use crate::ordered::{Arrange, BTreeSet};

/// Collects vertices, edges and roots; [`SchemaBuilder::finish`] checks them and makes the schema.
#[derive(Clone, Debug)]
pub struct SchemaBuilder {
    protocol: Name,
    dialect: Name,
    names: Interner,
    vertices: Vec<Vertex>,
    edges: Vec<Edge>,
    roots: Vec<Root>,
    documents: Vec<Document>,
    hyper_edges: Vec<HyperEdge>,
    enrichment: Enrichment,
}

impl SchemaBuilder {
    /// An empty schema of a protocol.
    pub fn new(protocol: &str) -> SchemaBuilder {
        SchemaBuilder {
            protocol: Name::new(protocol),
            dialect: Name::new(""),
            names: Interner::default(),
            vertices: Vec::new(),
            edges: Vec::new(),
            roots: Vec::new(),
            documents: Vec::new(),
            hyper_edges: Vec::new(),
            enrichment: Enrichment::default(),
        }
    }

    /// Names the dialect.
    pub fn dialect(&mut self, dialect: &str) {
        self.dialect = Name::new(dialect);
    }

    /// The shared name of a text.
    pub fn name(&mut self, text: &str) -> Name {
        self.names.intern(text)
    }

    /// Adds a vertex; change it through [`SchemaBuilder::vertex_mut`].
    pub fn vertex(&mut self, id: &str, kind: Kind) -> VertexId {
        let id = self.names.intern(id);
        self.vertices.push(Vertex::new(id, kind));
        VertexId(self.vertices.len() as u32 - 1)
    }

    /// A vertex that was added.
    #[expect(clippy::indexing_slicing, reason = "INVARIANT: ids are given out by this builder")]
    pub fn vertex_mut(&mut self, id: VertexId) -> &mut Vertex {
        &mut self.vertices[id.0 as usize]
    }

    /// A vertex that was added.
    #[expect(clippy::indexing_slicing, reason = "INVARIANT: ids are given out by this builder")]
    pub fn vertex_ref(&self, id: VertexId) -> &Vertex {
        &self.vertices[id.0 as usize]
    }

    /// Number of vertices so far.
    pub fn len(&self) -> usize {
        self.vertices.len()
    }

    /// Whether no vertex was added yet.
    pub fn is_empty(&self) -> bool {
        self.vertices.is_empty()
    }

    /// The edges so far, in the order in which they were added.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Adds an edge, optional unless the caller sets `required` on what is returned.
    #[expect(clippy::indexing_slicing, reason = "INVARIANT: the edge was pushed the line before")]
    pub fn edge(&mut self, src: VertexId, tgt: VertexId, kind: EdgeKind, name: Option<&str>) -> &mut Edge {
        let name = name.map(|name| self.names.intern(name));
        self.edges.push(Edge { src, tgt, kind, name, required: false });
        let last = self.edges.len() - 1;
        &mut self.edges[last]
    }

    /// Declares a root; the first is the main one.
    pub fn root(&mut self, name: &str, vertex: VertexId, role: super::Role) {
        let name = self.names.intern(name);
        self.roots.push(Root { name, vertex, role });
    }

    /// Adds a relation of several positions.
    pub fn hyper_edge(&mut self, edge: HyperEdge) {
        self.hyper_edges.push(edge);
    }

    /// Sets the expressions.
    pub fn enrichment(&mut self, enrichment: Enrichment) {
        self.enrichment = enrichment;
    }

    /// Adds a document's own data; its index.
    pub fn document(&mut self, document: Document) -> u32 {
        self.documents.push(document);
        self.documents.len() as u32 - 1
    }

    /// A document that was added.
    #[expect(clippy::indexing_slicing, reason = "INVARIANT: indices are given out by this builder")]
    pub fn document_mut(&mut self, index: usize) -> &mut Document {
        &mut self.documents[index]
    }

    /// Checks the graph and makes the schema.
    ///
    /// # Errors
    /// `schema-empty`, `duplicate-vertex`, `duplicate-edge` (two properties of one name at one vertex),
    /// `reference-cycle` (references with no data in between), `duplicate-hyper-edge`, `hyper-edge-parent`.
    pub fn finish(mut self) -> Result<Schema> {
        let fail = |code, message: String| Err(Diagnostic::error(ErrorKind::Schema, code, message));
        if self.vertices.is_empty() {
            return fail("schema-empty", "the schema has no vertex".into());
        }
        let mut ids = BTreeSet::new();
        if let Some(twice) = self.vertices.iter().find(|vertex| !ids.insert(&vertex.id)) {
            return fail("duplicate-vertex", format!("vertex `{}` is declared twice", twice.id));
        }
        // Stable: declaration order stays within one source vertex.
        self.edges.arrange_by_key(|edge| edge.src);
        let mut ranges = Vec::with_capacity(self.vertices.len());
        let mut slots = Vec::with_capacity(self.vertices.len());
        let mut at = 0usize;
        for index in 0..self.vertices.len() as u32 {
            let start = at;
            at += self.edges.iter().skip(at).take_while(|edge| edge.src.0 == index).count();
            let mut props: Vec<(Name, EdgeId)> = (start..)
                .zip(self.edges.get(start..at).unwrap_or_default())
                .filter(|(_, edge)| edge.kind == EdgeKind::Prop)
                .map(|(id, edge)| (edge.name.clone().unwrap_or_default(), EdgeId(id as u32)))
                .collect();
            props.arrange();
            if let Some(pair) = props.windows(2).find(|pair| matches!(pair, [a, b] if a.0 == b.0)) {
                let name = pair.first().map(|(name, _)| name.to_string()).unwrap_or_default();
                return fail("duplicate-edge", format!("property `{name}` is declared twice"));
            }
            ranges.push(start as u32..at as u32);
            slots.push(props.into_iter().map(|(_, edge)| edge).collect());
        }
        if self.roots.is_empty() {
            let targets: BTreeSet<VertexId> = self.edges.iter().map(|edge| edge.tgt).collect();
            let first = (0..self.vertices.len() as u32)
                .map(VertexId)
                .find(|id| !targets.contains(id))
                .unwrap_or(VertexId(0));
            self.root("main", first, super::Role::Value);
        }
        self.hyper_edges.arrange_by(|a, b| a.id.cmp(&b.id));
        check_hyper_edges(&self.hyper_edges)?;
        let schema = Schema {
            protocol: self.protocol,
            dialect: self.dialect,
            vertices: self.vertices,
            edges: self.edges,
            ranges,
            slots,
            roots: self.roots,
            documents: self.documents,
            hyper_edges: self.hyper_edges,
            enrichment: self.enrichment,
        };
        schema.check_references()?;
        Ok(schema)
    }
}
