//! A piece of a schema as data: what stands at a position that a step adds.
//!
//! `{"kind":"object","edges":[{"kind":"prop","name":"a","required":true,"to":{"kind":"string"}}]}`; `to` may be a
//! string: the id of a vertex, or the definition, that is there already. For people, `fields`, `items` and `ref` are
//! read too.

use super::focus::Scope;
use super::json::{Reader, Writer, wrong};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::limits::depth_error;
use crate::name::Name;
use crate::ordered::Arrange;
use crate::protocol::Protocol;
use crate::schema::{
    Constraint, Edge, EdgeKind, Editor, Kind, Openness, Schema, Sort, TypeSet, Vertex, VertexId,
};
use crate::value::{Json, ValueRef};

/// Greatest nesting of a shape.
const DEPTH: usize = 64;

/// What stands at a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The vertex; its id is chosen where it is added.
    pub vertex: Vertex,
    /// What it contains and refers to.
    pub edges: Vec<ShapeEdge>,
}

/// An edge of a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeEdge {
    /// What it means.
    pub kind: EdgeKind,
    /// Name, pattern or tag.
    pub name: Option<Name>,
    /// The member has to be there.
    pub required: bool,
    /// Where it leads.
    pub to: ShapeEnd,
}

/// Where an edge of a shape leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShapeEnd {
    /// To a position of its own.
    Shape(Box<Shape>),
    /// To a vertex of the schema, by a focus.
    Known(Box<str>),
}

impl Shape {
    /// A position of a kind, with nothing said beside.
    pub fn of(kind: Kind) -> Shape {
        Shape { vertex: Vertex::new(Name::default(), kind), edges: Vec::new() }
    }

    /// The shape at a position of a schema. Vertices for which `known` gives a name are referred to by it.
    /// `None` where it nests too deep, as a position that contains itself does.
    pub fn cut(schema: &Schema, at: VertexId, known: &dyn Fn(VertexId) -> Option<Box<str>>) -> Option<Shape> {
        cut(schema, at, known, 0)
    }

    /// What a position says itself, without what it contains.
    pub fn local(schema: &Schema, at: VertexId) -> Shape {
        let mut vertex = schema.vertex(at).clone();
        vertex.id = Name::default();
        vertex.span = None;
        vertex.document = 0;
        Shape { vertex, edges: Vec::new() }
    }

    /// Adds the shape's vertices and edges. Ids follow that of the position, the document is one of the schema's.
    pub(super) fn add(
        &self,
        editor: &mut Editor<'_>,
        scope: &Scope,
        id: &str,
        document: u32,
    ) -> Result<VertexId> {
        allowed(&scope.schema, &self.vertex.kind)?;
        let mut vertex = self.vertex.clone();
        vertex.document = document;
        vertex.id = Name::new(id);
        let id = editor.add_vertex(vertex);
        let own = editor.vertex(id).map(|vertex| vertex.id.clone()).unwrap_or_default();
        for edge in &self.edges {
            let tgt = match &edge.to {
                ShapeEnd::Known(focus) => scope.find(focus)?,
                ShapeEnd::Shape(shape) => {
                    let below = match (&edge.kind, &edge.name) {
                        (EdgeKind::Prop, Some(name)) => format!("{own}.{name}"),
                        (kind, _) => format!("{own}:{kind}"),
                    };
                    shape.add(editor, scope, &below, document)?
                }
            };
            let (kind, name) = (edge.kind.clone(), edge.name.clone());
            editor.add_edge(Edge { src: id, tgt, kind, name, required: edge.required }, None);
        }
        Ok(id)
    }

    /// Reads a shape: an object, or the name of a kind.
    ///
    /// # Errors
    /// Coded, with a path and a span.
    pub(crate) fn read(value: ValueRef<'_>, path: String) -> Result<Shape> {
        read(value, path, 0)
    }

    /// The canonical text: what it holds beyond its kind.
    pub(crate) fn write(&self) -> String {
        let vertex = &self.vertex;
        let mut out = Writer::new();
        out.text("kind", vertex.kind.as_str());
        if vertex.types != vertex.kind.types() {
            out.list("types", vertex.types.names().map(|name| format!("\"{name}\"")));
        }
        out.flag("nullable", vertex.nullable);
        out.flag("closed", vertex.openness == Openness::Closed);
        out.flag("exclusive", vertex.exclusive);
        if !vertex.constraints.is_empty() {
            let pair = |it: &Constraint| format!("[\"{}\",{}]", it.sort, it.value);
            out.list("constraints", vertex.constraints.iter().map(pair));
        }
        if let Some(default) = &vertex.default {
            out.raw("default", default.as_str());
        }
        out.optional("nsid", vertex.nsid.as_deref());
        out.optional("doc", vertex.doc.as_deref());
        if !vertex.extra.is_empty() {
            let pair = |(name, value): &(Name, Json)| format!("[{},{value}]", Json::string(name));
            out.list("extra", vertex.extra.iter().map(pair));
        }
        out.flag("tainted", vertex.tainted);
        if !self.edges.is_empty() {
            out.list("edges", self.edges.iter().map(ShapeEdge::write));
        }
        out.finish()
    }
}

impl ShapeEdge {
    fn write(&self) -> String {
        let mut out = Writer::new();
        out.text("kind", self.kind.as_str());
        out.optional("name", self.name.as_deref());
        out.flag("required", self.required);
        match &self.to {
            ShapeEnd::Known(focus) => out.text("to", focus),
            ShapeEnd::Shape(shape) => out.raw("to", &shape.write()),
        }
        out.finish()
    }
}

fn cut(
    schema: &Schema,
    at: VertexId,
    known: &dyn Fn(VertexId) -> Option<Box<str>>,
    depth: usize,
) -> Option<Shape> {
    if depth > DEPTH {
        return None;
    }
    let Shape { vertex, .. } = Shape::local(schema, at);
    let mut edges = Vec::new();
    for (_, edge) in schema.outgoing(at) {
        let to = match known(edge.tgt) {
            Some(focus) => ShapeEnd::Known(focus),
            None => ShapeEnd::Shape(Box::new(cut(schema, edge.tgt, known, depth + 1)?)),
        };
        edges.push(ShapeEdge {
            kind: edge.kind.clone(),
            name: edge.name.clone(),
            required: edge.required,
            to,
        });
    }
    Some(Shape { vertex, edges })
}

const MEMBERS: &[&str] = &[
    "kind",
    "types",
    "nullable",
    "closed",
    "exclusive",
    "constraints",
    "default",
    "nsid",
    "doc",
    "extra",
    "tainted",
    "edges",
    "fields",
    "required",
    "items",
    "ref",
];

fn read(value: ValueRef<'_>, path: String, depth: usize) -> Result<Shape> {
    if depth > DEPTH {
        return Err(depth_error(DEPTH as u32));
    }
    if let Some(kind) = value.as_str() {
        return Ok(Shape::of(kind_named(&kind)));
    }
    let reader = Reader::new(value, path)?;
    reader.only(MEMBERS)?;
    let implied = if reader.get("ref").is_some() {
        Kind::Ref
    } else if reader.get("items").is_some() {
        Kind::Array
    } else {
        Kind::Object
    };
    let kind = match reader.optional_text(&["kind"])? {
        Some(kind) => kind_named(&kind),
        None if reader.any(&["ref", "items", "fields"]).is_some() => implied,
        None => return Err(reader.missing("kind")),
    };
    let mut shape = Shape::of(kind);
    let vertex = &mut shape.vertex;
    if let Some(names) = reader.texts("types")? {
        vertex.types = TypeSet::NONE;
        for name in &names {
            vertex.types = vertex.types | type_named(name).ok_or_else(|| unknown(&reader, "types", name))?;
        }
    }
    vertex.nullable = reader.flag("nullable")?.unwrap_or(false);
    if reader.flag("closed")?.unwrap_or(false) {
        vertex.openness = Openness::Closed;
    }
    vertex.exclusive = reader.flag("exclusive")?.unwrap_or(false);
    vertex.tainted = reader.flag("tainted")?.unwrap_or(false);
    for (name, value) in pairs(&reader, "constraints")? {
        let sort = Sort::from_name(&name).ok_or_else(|| unknown(&reader, "constraints", &name))?;
        vertex.constraints.push(Constraint::new(sort, value));
    }
    vertex.extra =
        pairs(&reader, "extra")?.into_iter().map(|(name, value)| (Name::new(name), value)).collect();
    vertex.default = reader.json("default");
    vertex.nsid = reader.optional_text(&["nsid"])?.map(Name::new);
    vertex.doc = reader.optional_text(&["doc"])?;
    read_edges(&reader, &mut shape, depth)?;
    Ok(shape)
}

fn read_edges(reader: &Reader<'_>, shape: &mut Shape, depth: usize) -> Result<()> {
    for (at, edge) in reader.optional_list("edges")?.unwrap_or_default().into_iter().enumerate() {
        let edge = Reader::new(edge, format!("{}[{at}]", reader.place("edges")))?;
        edge.only(&["kind", "name", "required", "to"])?;
        let to = edge.get("to").ok_or_else(|| edge.missing("to"))?;
        let to = match to.as_str() {
            Some(focus) => ShapeEnd::Known((&*focus).into()),
            None => ShapeEnd::Shape(Box::new(read(to, edge.place("to"), depth + 1)?)),
        };
        shape.edges.push(ShapeEdge {
            kind: EdgeKind::from_name(&edge.text(&["kind"])?),
            name: edge.optional_text(&["name"])?.map(Name::new),
            required: edge.flag("required")?.unwrap_or(false),
            to,
        });
    }
    let required = reader.texts("required")?.unwrap_or_default();
    let mut declared: Vec<Name> = Vec::new();
    if let Some(fields) = reader.get("fields") {
        if !fields.is_object() {
            return Err(wrong(fields, &reader.place("fields"), "an object"));
        }
        for (key, value) in fields.members() {
            let name = Name::new(key.as_str().unwrap_or_default());
            let to = read(value, format!("{}.{name}", reader.place("fields")), depth + 1)?;
            let required = required.iter().any(|other| **other == *name);
            declared.push(name.clone());
            shape.edges.push(ShapeEdge {
                kind: EdgeKind::Prop,
                name: Some(name),
                required,
                to: ShapeEnd::Shape(Box::new(to)),
            });
        }
    }
    if let Some(name) = required.iter().find(|name| declared.iter().all(|other| **other != ***name)) {
        return Err(unknown(reader, "required", name));
    }
    if let Some(items) = reader.get("items") {
        let to = ShapeEnd::Shape(Box::new(read(items, reader.place("items"), depth + 1)?));
        shape.edges.push(ShapeEdge { kind: EdgeKind::Items, name: None, required: false, to });
    }
    if let Some(focus) = reader.optional_text(&["ref"])? {
        let to = ShapeEnd::Known(focus);
        shape.edges.push(ShapeEdge { kind: EdgeKind::Ref, name: None, required: false, to });
    }
    Ok(())
}

/// A list of pairs, or an object.
fn pairs(reader: &Reader<'_>, name: &str) -> Result<Vec<(Box<str>, Json)>> {
    let Some(value) = reader.get(name) else { return Ok(Vec::new()) };
    if value.is_object() {
        let member = |(key, value): (ValueRef<'_>, ValueRef<'_>)| {
            (Box::from(key.as_str().unwrap_or_default()), value.to_json())
        };
        return Ok(value.members().map(member).collect());
    }
    let mut all = Vec::new();
    for (at, pair) in reader.optional_list(name)?.unwrap_or_default().into_iter().enumerate() {
        let mut parts = pair.items();
        match (parts.next().and_then(|key| key.as_str()), parts.next(), parts.next()) {
            (Some(key), Some(value), None) => all.push((key.into(), value.to_json())),
            _ => {
                let place = format!("{}[{at}]", reader.place(name));
                return Err(wrong(pair, &place, "a pair of a name and a value"));
            }
        }
    }
    Ok(all)
}

/// A kind by its name on the wire, or as people call it.
pub(crate) fn kind_named(name: &str) -> Kind {
    match name {
        "str" | "text" => Kind::String,
        "int" => Kind::Integer,
        "bool" => Kind::Boolean,
        "float" => Kind::Number,
        "list" => Kind::Array,
        name => Kind::from_name(name),
    }
}

/// Refuses a kind that schemas of a protocol do not have: a mistyped name, `number` in a Lexicon. A schema that has such
/// a kind already, as one along a morphism of theories may, gets more of it.
pub(super) fn allowed(schema: &Schema, kind: &Kind) -> Result<()> {
    let Some(protocol) = Protocol::builtin(schema.protocol()) else { return Ok(()) };
    // Only Lexicons of the early form have numbers, and bodies that no schema describes are of any kind.
    let early = |kind: &Kind| protocol.name == "atproto" && matches!(kind, Kind::Number | Kind::Any);
    let there = || schema.vertices().any(|(_, vertex)| vertex.kind == *kind);
    if protocol.allows_kind(kind) && !early(kind) || there() {
        return Ok(());
    }
    let mut kinds: Vec<&str> =
        protocol.obj_kinds.iter().filter(|kind| !early(kind)).map(Kind::as_str).collect();
    kinds.arrange();
    let message = format!("schemas of `{}` have no kind `{kind}`", protocol.name);
    Err(Diagnostic::new(ErrorKind::Migration, "unknown-kind", message)
        .at("kind")
        .help(format!("kinds: `{}`", kinds.join("`, `")))
        .boxed())
}

fn type_named(name: &str) -> Option<TypeSet> {
    Some(match name {
        "null" => TypeSet::NULL,
        "boolean" => TypeSet::BOOLEAN,
        "integer" => TypeSet::INTEGER,
        "number" => TypeSet::NUMBER,
        "string" => TypeSet::STRING,
        "array" => TypeSet::ARRAY,
        "object" => TypeSet::OBJECT,
        _ => return None,
    })
}

#[cold]
fn unknown(reader: &Reader<'_>, member: &str, name: &str) -> crate::diagnostic::Error {
    let span = reader.get(member).map_or(reader.value.span(), ValueRef::span);
    Diagnostic::new(ErrorKind::Parse, "unknown-name", format!("`{name}` is not known here"))
        .at(reader.place(member))
        .spanning(span)
        .boxed()
}
