//! What validation needs to know of each vertex, made when a value first comes there, and kept.

use super::code;
use super::pattern::Pattern;
use super::scalar::ScalarCheck;
use super::validity::Options;
use crate::ordered::Arrange;
use crate::schema::{EdgeKind, Kind, Openness, Schema, Sort, TypeSet, VertexId};
use std::sync::OnceLock;

/// The compiled checks of a schema. Shared between validators of one schema and one set of options.
#[derive(Debug)]
pub struct Checks {
    options: Options,
    lexicon: bool,
    cells: Box<[OnceLock<Compiled>]>,
}

/// The checks of one vertex.
#[derive(Debug)]
pub(super) struct Compiled {
    pub(super) scalar: ScalarCheck,
    pub(super) shape: Shape,
}

#[derive(Debug)]
pub(super) enum Shape {
    /// The scalar check says everything.
    Leaf,
    /// A reference that says nothing of its own.
    Delegate(VertexId),
    Node(Box<Node>),
}

/// What is said of the parts of a value, and by other vertices.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Name, target, whether it is required; sorted by name.
    pub(super) props: Vec<Prop>,
    pub(super) patterns: Vec<(Option<Pattern>, VertexId)>,
    pub(super) additional: Option<VertexId>,
    /// Members that nothing declares are refused.
    pub(super) closed: bool,
    pub(super) prefix: Vec<VertexId>,
    pub(super) items: Option<VertexId>,
    /// Vertices that admit the value too.
    pub(super) branches: Vec<VertexId>,
    pub(super) union: Option<Union>,
    /// The `$type` of a record.
    pub(super) tag: Option<Box<str>>,
}

#[derive(Debug)]
pub(super) struct Prop {
    pub(super) name: Box<[u8]>,
    /// `None` for a name that is required and nothing else.
    pub(super) target: Option<VertexId>,
    pub(super) required: bool,
}

#[derive(Debug)]
pub(super) struct Union {
    /// `$type` selects the arm; otherwise each arm is tried.
    pub(super) tagged: bool,
    /// Of a tagged union: unknown tags pass.
    pub(super) open: bool,
    pub(super) exclusive: bool,
    pub(super) arms: Vec<Arm>,
}

#[derive(Debug)]
pub(super) struct Arm {
    pub(super) tag: Option<Box<str>>,
    pub(super) target: VertexId,
    /// No value of another JSON type fits.
    pub(super) types: TypeSet,
}

impl Checks {
    /// Nothing is compiled yet.
    pub fn new(schema: &Schema, options: Options) -> Checks {
        Checks {
            options,
            lexicon: schema.protocol() == "atproto",
            cells: schema.vertex_ids().map(|_| OnceLock::new()).collect(),
        }
    }

    /// How they were asked for.
    pub fn options(&self) -> Options {
        self.options
    }

    /// The scalar check of a vertex of the schema that they were made for, references followed where they say
    /// nothing of their own; `None` for a vertex of which other vertices decide.
    pub fn scalar(&self, schema: &Schema, vertex: VertexId) -> Option<&ScalarCheck> {
        let mut vertex = vertex;
        loop {
            let compiled = self.get(schema, vertex)?;
            match &compiled.shape {
                Shape::Leaf => return Some(&compiled.scalar),
                Shape::Delegate(next) if !compiled.scalar.is_nullable() => vertex = *next,
                Shape::Delegate(_) | Shape::Node(_) => return None,
            }
        }
    }

    /// What a vertex says of a value as a whole, whatever it says of its parts.
    pub(super) fn scalar_alone(&self, schema: &Schema, vertex: VertexId) -> Option<&ScalarCheck> {
        self.get(schema, vertex).map(|compiled| &compiled.scalar)
    }

    /// `None` for a vertex of another schema.
    #[inline]
    pub(super) fn get(&self, schema: &Schema, vertex: VertexId) -> Option<&Compiled> {
        let cell = self.cells.get(vertex.0 as usize)?;
        Some(cell.get_or_init(|| self.compile(schema, vertex)))
    }

    #[cold]
    fn compile(&self, schema: &Schema, id: VertexId) -> Compiled {
        let vertex = schema.vertex(id);
        let scalar = ScalarCheck::of(vertex, self.lexicon, self.options);
        let mut node = Node {
            closed: vertex.openness == Openness::Closed && vertex.kind != Kind::Union,
            ..Node::default()
        };
        let mut union = Union {
            tagged: self.lexicon,
            open: vertex.openness == Openness::Open,
            exclusive: vertex.exclusive,
            arms: Vec::new(),
        };
        for (_, edge) in schema.outgoing(id) {
            let name = edge.name.as_deref().unwrap_or_default();
            match edge.kind {
                EdgeKind::Prop => node.props.push(Prop {
                    name: name.as_bytes().into(),
                    target: Some(edge.tgt),
                    required: edge.required,
                }),
                EdgeKind::Pattern => node.patterns.push((Pattern::new(name).ok(), edge.tgt)),
                EdgeKind::Additional => node.additional = Some(edge.tgt),
                EdgeKind::Items => node.items = Some(edge.tgt),
                EdgeKind::Prefix => node.prefix.push(edge.tgt),
                EdgeKind::Branch | EdgeKind::Ref | EdgeKind::RecordSchema => node.branches.push(edge.tgt),
                EdgeKind::Variant => union.arms.push(Arm {
                    tag: edge.name.as_deref().map(|tag| bare_tag(tag).into()),
                    target: edge.tgt,
                    types: admitted_types(schema, edge.tgt),
                }),
                EdgeKind::Parameters
                | EdgeKind::Input
                | EdgeKind::Output
                | EdgeKind::Message
                | EdgeKind::Other(_) => {}
            }
        }
        for constraint in vertex.constraints.iter().filter(|constraint| constraint.sort == Sort::Required) {
            let names = constraint.value.tree();
            node.require(names.root().items().map(|name| name.decoded().into()));
        }
        node.props.arrange_by(|left, right| left.name.cmp(&right.name));
        if vertex.kind == Kind::Union || !union.arms.is_empty() {
            node.union = Some(union);
        }
        if vertex.kind == Kind::Record {
            let target = node.branches.first().and_then(|target| schema.vertex(*target).nsid.as_ref());
            node.tag = vertex.nsid.as_ref().or(target).map(|nsid| bare_tag(nsid).into());
        }
        Compiled { shape: node.into_shape(&scalar), scalar }
    }
}

impl Node {
    fn require(&mut self, names: impl Iterator<Item = Box<[u8]>>) {
        for name in names {
            match self.props.iter_mut().find(|prop| prop.name == name) {
                Some(prop) => prop.required = true,
                None => self.props.push(Prop { name, target: None, required: true }),
            }
        }
    }

    fn into_shape(self, scalar: &ScalarCheck) -> Shape {
        let looks_at_parts = !self.props.is_empty()
            || !self.patterns.is_empty()
            || self.additional.is_some()
            || self.closed
            || !self.prefix.is_empty()
            || self.items.is_some();
        if looks_at_parts || self.union.is_some() || self.tag.is_some() {
            return Shape::Node(Box::new(self));
        }
        match self.branches.as_slice() {
            [] => Shape::Leaf,
            [target] if scalar.is_empty() => Shape::Delegate(*target),
            _ => Shape::Node(Box::new(self)),
        }
    }
}

/// `a.b.c#main` is `a.b.c`.
pub(super) fn bare_tag(tag: &str) -> &str {
    tag.strip_suffix("#main").unwrap_or(tag)
}

/// The JSON types outside of which a vertex refuses every value.
fn admitted_types(schema: &Schema, vertex: VertexId) -> TypeSet {
    let resolved = schema.resolve(vertex);
    let vertex = schema.vertex(resolved.vertex);
    let types = match vertex.kind {
        Kind::Union | Kind::Intersection if vertex.types.is_empty() => TypeSet::ALL,
        _ => vertex.types,
    };
    if resolved.nullable { types | TypeSet::NULL } else { types }
}

/// Message of a code that speaks of parts.
pub(super) fn message_of(code: &str) -> &'static str {
    match code {
        code::NO_ARM_FITS => "no arm of the union admits the value",
        code::SEVERAL_ARMS_FIT => "more than one arm of the union admits the value",
        code::ARM_UNDECIDED => "whether the arms of the union admit the value is not known",
        code::TAG_MISSING => "the union needs a `$type` that is a string",
        code::ENDLESS => "the schema leads back to itself with no data in between",
        code::PATTERN_UNSUPPORTED => "a pattern of member names cannot be run",
        _ => "the value is refused",
    }
}
