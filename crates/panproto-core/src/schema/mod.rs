//! The schema graph: a directed multigraph of positions where values stand.
//!
//! A *vertex* is one position of a schema document (a definition, a property's value, an array's item type, an arm
//! of a union, a reference). An *edge* leads from a position to one that it contains or refers to. Field identity is
//! (parent, edge), never the kind. Ids are dense integers inside; names are for people and for the wire.
//!
//! ```
//! use panproto_core::schema::{EdgeKind, Kind, SchemaBuilder};
//! let mut builder = SchemaBuilder::new("json-schema");
//! let root = builder.vertex("user", Kind::Object);
//! let mail = builder.vertex("user.mail", Kind::String);
//! builder.edge(root, mail, EdgeKind::Prop, Some("mail")).required = true;
//! let schema = builder.finish().unwrap();
//! assert_eq!(schema.edge_named(schema.main(), "mail").unwrap().tgt, mail);
//! ```

mod builder;
pub mod canonical;
mod codec;
mod codec_extras;
#[cfg(test)]
mod codec_tests;
mod constraint;
mod digest;
mod edit;
mod enrichment;
mod kind;
mod model;
mod paired;
mod resolve;
mod shape;

pub use builder::SchemaBuilder;
pub use constraint::{Constraint, Sort};
pub use digest::Digest;
pub use edit::{Edited, Editor};
pub use enrichment::{Conversion, Enrichment, HyperEdge};
pub use kind::{EdgeKind, Kind, Role, TypeSet};
pub use model::model_of;
pub use resolve::Resolved;
pub use shape::{ShapeMemo, same_shape};

use crate::diagnostic::Span;
use crate::name::Name;
use crate::value::Json;
use std::ops::Range;

/// Dense index of a vertex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VertexId(pub u32);

/// Dense index of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeId(pub u32);

/// What an object says of members that it does not declare (neither by a `prop` nor by a matching `pattern` edge).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Openness {
    /// They may be there, with any value. (With an `additional` edge: with values of its target.)
    #[default]
    Open,
    /// They may not be there.
    Closed,
}

/// A position where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vertex {
    /// Unique in the schema, for people and the wire: `app.bsky.feed.post:body.text`. Never parsed.
    pub id: Name,
    /// What stands here.
    pub kind: Kind,
    /// JSON types that are admitted here. Empty for vertices that delegate (`record`, `ref`, `union`).
    pub types: TypeSet,
    /// `null` is admitted beside what the kind says (of a delegating vertex too).
    pub nullable: bool,
    /// For objects, what holds for undeclared members; for unions, whether unknown arms pass.
    pub openness: Openness,
    /// For unions: exactly one arm fits (`oneOf`); otherwise at least one does.
    pub exclusive: bool,
    /// Restrictions of values, in source order.
    pub constraints: Vec<Constraint>,
    /// Value of an absent member.
    pub default: Option<Json>,
    /// Namespaced id of the definition: `app.bsky.feed.post#replyRef`. It is the `$type` of its objects.
    pub nsid: Option<Name>,
    /// Description.
    pub doc: Option<Box<str>>,
    /// Keywords kept verbatim for printing: annotations, and those without a place in the model.
    pub extra: Vec<(Name, Json)>,
    /// A keyword in `extra` restricts values in a way that the model does not know: what is said over this vertex
    /// is *unknown* unless both sides are equal.
    pub tainted: bool,
    /// Where it stands in its document.
    pub span: Option<Span>,
    /// Index of its document.
    pub document: u32,
}

impl Vertex {
    /// A vertex of a kind, admitting the JSON types of that kind.
    pub fn new(id: Name, kind: Kind) -> Vertex {
        Vertex {
            id,
            types: kind.types(),
            kind,
            nullable: false,
            openness: Openness::Open,
            exclusive: false,
            constraints: Vec::new(),
            default: None,
            nsid: None,
            doc: None,
            extra: Vec::new(),
            tainted: false,
            span: None,
            document: 0,
        }
    }

    /// Whether `null` passes here whatever else is said: it is admitted beside the kind, and no keyword without a
    /// place in the model concerns it.
    ///
    /// ```
    /// use panproto_core::schema::{Kind, Vertex};
    /// use panproto_core::value::Json;
    /// let mut vertex = Vertex::new("a".into(), Kind::String);
    /// vertex.nullable = true;
    /// assert!(vertex.passes_null());
    /// vertex.tainted = true;
    /// vertex.extra.push(("not".into(), Json::parse(r#"{"type":"null"}"#).unwrap()));
    /// assert!(!vertex.passes_null());
    /// ```
    pub fn passes_null(&self) -> bool {
        let has = |keywords: &[&str]| self.extra.iter().any(|(name, _)| keywords.contains(&name.as_str()));
        self.nullable && (!self.tainted || (has(OF_CONTAINERS) && !has(OF_ALL)))
    }

    /// The first constraint of a sort.
    pub fn constraint(&self, sort: Sort) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.sort == sort)
    }
}

/// Keywords without a place in the model that restrict objects and arrays only.
const OF_CONTAINERS: &[&str] = &[
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "propertyNames",
    "required",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Those that restrict any value.
const OF_ALL: &[&str] =
    &["$dynamicRef", "$recursiveRef", "allOf", "anyOf", "else", "if", "not", "oneOf", "then"];

/// A named or indexed way from one position to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where it starts.
    pub src: VertexId,
    /// Where it leads.
    pub tgt: VertexId,
    /// What it means.
    pub kind: EdgeKind,
    /// Member name of a `prop`, pattern of a `pattern`, tag of a `variant` (the `$type` that selects it).
    pub name: Option<Name>,
    /// The member has to be there.
    pub required: bool,
}

/// A place where a value of the schema begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// What people call it: `main`, `#replyRef`, the definition's name.
    pub name: Name,
    /// Its vertex.
    pub vertex: VertexId,
    /// Who writes and who reads there.
    pub role: Role,
}

/// What belongs to a document as a whole, kept for printing.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Document {
    /// The document's id: NSID of a Lexicon, `$id` of a JSON Schema, or empty.
    pub id: Name,
    /// Keywords of the document that are no definition, in source order, values verbatim.
    pub header: Vec<(Name, Json)>,
    /// The early form of a Lexicon, without `defs`.
    pub early_form: bool,
}

impl Default for Name {
    fn default() -> Name {
        Name::new("")
    }
}

/// An immutable schema. Made by [`SchemaBuilder`] or by a parser of [`crate::language`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    protocol: Name,
    dialect: Name,
    vertices: Vec<Vertex>,
    /// Sorted by source vertex, in declaration order within one.
    edges: Vec<Edge>,
    /// For each vertex the range of its edges in `edges`.
    ranges: Vec<Range<u32>>,
    /// For each vertex the ids of its `prop` edges, sorted by name: the *slots* of stored formats.
    slots: Vec<Vec<EdgeId>>,
    roots: Vec<Root>,
    documents: Vec<Document>,
    /// Sorted by id.
    hyper_edges: Vec<HyperEdge>,
    enrichment: Enrichment,
}

impl Schema {
    /// Name of the protocol: `atproto`, `json-schema`, or one that a user defined.
    pub fn protocol(&self) -> &Name {
        &self.protocol
    }

    /// Dialect within the protocol: `lexicon-1`, `draft-07`, `2020-12`; empty where there is none.
    pub fn dialect(&self) -> &Name {
        &self.dialect
    }

    /// Number of vertices.
    pub fn len(&self) -> usize {
        self.vertices.len()
    }

    /// Whether there is no vertex. (A finished schema has one.)
    pub fn is_empty(&self) -> bool {
        self.vertices.is_empty()
    }

    /// All vertex ids, in order.
    pub fn vertex_ids(&self) -> impl Iterator<Item = VertexId> + use<> {
        (0..self.vertices.len() as u32).map(VertexId)
    }

    /// All vertices with their ids.
    pub fn vertices(&self) -> impl Iterator<Item = (VertexId, &Vertex)> {
        self.vertex_ids().zip(&self.vertices)
    }

    /// All edges with their ids, by source vertex, then in declaration order.
    pub fn edges(&self) -> impl Iterator<Item = (EdgeId, &Edge)> {
        (0u32..).map(EdgeId).zip(&self.edges)
    }

    /// A vertex of this schema.
    #[expect(clippy::indexing_slicing, reason = "INVARIANT: ids are given out by this schema")]
    pub fn vertex(&self, id: VertexId) -> &Vertex {
        &self.vertices[id.0 as usize]
    }

    /// An edge of this schema.
    #[expect(clippy::indexing_slicing, reason = "INVARIANT: ids are given out by this schema")]
    pub fn edge(&self, id: EdgeId) -> &Edge {
        &self.edges[id.0 as usize]
    }

    /// The edges that start at a vertex, in declaration order.
    pub fn outgoing(&self, id: VertexId) -> impl Iterator<Item = (EdgeId, &Edge)> + Clone {
        let range = self.ranges.get(id.0 as usize).cloned().unwrap_or_default();
        let edges = self.edges.get(range.start as usize..range.end as usize).unwrap_or_default();
        range.map(EdgeId).zip(edges)
    }

    /// The edges of one kind that start at a vertex, in declaration order.
    pub fn outgoing_of(&self, id: VertexId, kind: EdgeKind) -> impl Iterator<Item = (EdgeId, &Edge)> + Clone {
        self.outgoing(id).filter(move |(_, edge)| edge.kind == kind)
    }

    /// The properties of a vertex in declaration order.
    pub fn props(&self, id: VertexId) -> impl Iterator<Item = (EdgeId, &Edge)> + Clone {
        self.outgoing_of(id, EdgeKind::Prop)
    }

    /// The properties of a vertex sorted by name. Position here is the *slot* of stored formats.
    pub fn slots(&self, id: VertexId) -> &[EdgeId] {
        self.slots.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The slot of a property edge among those of its source vertex. Logarithmic.
    pub fn slot_of(&self, id: EdgeId) -> Option<usize> {
        let edge = self.edge(id);
        let name = |id: &EdgeId| self.edge(*id).name.as_deref().unwrap_or("");
        let slots = self.slots(edge.src);
        let at = slots.binary_search_by(|other| name(other).cmp(edge.name.as_deref().unwrap_or(""))).ok()?;
        (slots.get(at) == Some(&id)).then_some(at)
    }

    /// The property of a vertex with a name. Logarithmic.
    pub fn prop_named(&self, id: VertexId, name: &str) -> Option<EdgeId> {
        let slots = self.slots(id);
        let at =
            slots.binary_search_by(|edge| self.edge(*edge).name.as_deref().unwrap_or("").cmp(name)).ok()?;
        slots.get(at).copied()
    }

    /// The property of a vertex with a name, as an edge.
    pub fn edge_named(&self, id: VertexId, name: &str) -> Option<&Edge> {
        self.prop_named(id, name).map(|edge| self.edge(edge))
    }

    /// The only edge of a kind, as `items` or `ref`.
    pub fn target_of(&self, id: VertexId, kind: EdgeKind) -> Option<VertexId> {
        self.outgoing_of(id, kind).next().map(|(_, edge)| edge.tgt)
    }

    /// The vertex with an id. Linear: for calls from outside, not for loops.
    pub fn find(&self, id: &str) -> Option<VertexId> {
        self.vertices().find(|(_, vertex)| vertex.id == id).map(|(id, _)| id)
    }

    /// Where values begin. The first one is the main root.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// The root with a name.
    pub fn root_named(&self, name: &str) -> Option<&Root> {
        self.roots.iter().find(|root| root.name == name)
    }

    /// The vertex of the main root.
    pub fn main(&self) -> VertexId {
        self.roots.first().map_or(VertexId(0), |root| root.vertex)
    }

    /// The same schema with nothing said of where it stood in its texts: what a printed schema is compared by.
    #[must_use]
    pub fn without_spans(mut self) -> Schema {
        for vertex in &mut self.vertices {
            vertex.span = None;
        }
        self
    }

    /// The documents that it was read from.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }
}
