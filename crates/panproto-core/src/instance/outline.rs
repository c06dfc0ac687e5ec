//! What a schema says of the parts of a value, gathered over references, intersections and arms.

use super::compiled::bare_tag;
use super::node::Arrow;
use super::pattern::Pattern;
use super::subject::Subject;
use super::validate::Validator;
use super::validity::{Options, Validity};
use crate::diagnostic::Result;
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{Arrange, BTreeMap};
use crate::schema::{EdgeId, EdgeKind, Kind, Openness, Schema, Sort, TypeSet, VertexId};
use crate::value::{JsonKind, ValueRef};
use std::sync::{Arc, OnceLock};

/// Shapes of a schema's vertices, made when they are first asked for, and kept.
#[derive(Debug)]
pub struct Outline<'s> {
    schema: &'s Schema,
    shapes: Box<[OnceLock<Shape>]>,
    arrows: Box<[OnceLock<Arc<Arrow>>]>,
    by_id: OnceLock<BTreeMap<Name, VertexId>>,
    validator: Validator<'s>,
}

/// The parts of a value at a vertex.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// Vertices that say something of the same value, itself first.
    pub(super) facets: Vec<VertexId>,
    /// Declared members by name; of several declarations the first.
    members: BTreeMap<Box<[u8]>, EdgeId>,
    patterns: Vec<(Option<Pattern>, EdgeId)>,
    additional: Option<EdgeId>,
    prefix: Vec<EdgeId>,
    items: Option<EdgeId>,
    arms: Vec<(Option<Box<str>>, EdgeId, TypeSet)>,
    /// Objects are entered, not kept in one piece.
    pub(super) takes_objects: bool,
    /// So are lists.
    pub(super) takes_lists: bool,
    /// Members that have to be there.
    pub(super) required: Vec<Name>,
    /// Members that nothing declares are refused.
    pub(super) is_closed: bool,
}

impl<'s> Outline<'s> {
    /// Nothing is gathered yet.
    pub fn new(schema: &'s Schema) -> Outline<'s> {
        Outline {
            schema,
            shapes: schema.vertex_ids().map(|_| OnceLock::new()).collect(),
            arrows: schema.edges().map(|_| OnceLock::new()).collect(),
            by_id: OnceLock::new(),
            validator: Validator::new(schema, Options { findings: 1, ..Options::DEFAULT }),
        }
    }

    /// The schema.
    pub fn schema(&self) -> &'s Schema {
        self.schema
    }

    /// The vertex with an id, in logarithmic time.
    pub fn find(&self, id: &str) -> Option<VertexId> {
        let ids = self
            .by_id
            .get_or_init(|| self.schema.vertices().map(|(id, vertex)| (vertex.id.clone(), id)).collect());
        ids.get(id).copied()
    }

    /// The edge that an arrow names.
    pub fn edge(&self, arrow: &Arrow) -> Option<EdgeId> {
        let (src, tgt) = (self.find(&arrow.src)?, self.find(&arrow.tgt)?);
        let kind = EdgeKind::from_name(&arrow.kind);
        if kind == EdgeKind::Prop
            && let Some(name) = &arrow.name
        {
            return self.schema.prop_named(src, name).filter(|edge| self.schema.edge(*edge).tgt == tgt);
        }
        self.schema
            .outgoing(src)
            .find(|(_, edge)| edge.tgt == tgt && edge.kind == kind && edge.name == arrow.name)
            .map(|(id, _)| id)
    }

    /// The arrow of an edge, shared.
    pub fn arrow(&self, edge: EdgeId) -> Arc<Arrow> {
        match self.arrows.get(edge.0 as usize) {
            Some(cell) => cell.get_or_init(|| Arrow::of(self.schema, edge)).clone(),
            None => Arrow::of(self.schema, edge),
        }
    }

    pub(super) fn shape(&self, vertex: VertexId) -> &Shape {
        static NONE: OnceLock<Shape> = OnceLock::new();
        match self.shapes.get(vertex.0 as usize) {
            Some(cell) => cell.get_or_init(|| self.gather(vertex)),
            None => NONE.get_or_init(Shape::default),
        }
    }

    fn gather(&self, start: VertexId) -> Shape {
        let mut shape = Shape { facets: vec![start], ..Shape::default() };
        let mut at = 0;
        // The facets that hold whatever arm is chosen.
        let mut common = usize::MAX;
        while let Some(vertex) = shape.facets.get(at).copied() {
            at += 1;
            if at <= common {
                self.demand(vertex, &mut shape);
            }
            for (id, edge) in self.schema.outgoing(vertex) {
                match &edge.kind {
                    EdgeKind::Branch | EdgeKind::Ref | EdgeKind::RecordSchema => shape.join(edge.tgt),
                    EdgeKind::Variant => {
                        let tag = edge.name.as_deref().map(|tag| bare_tag(tag).into());
                        shape.arms.push((tag, id, self.types(edge.tgt)));
                    }
                    EdgeKind::Pattern => {
                        let pattern = edge.name.as_deref().and_then(|name| Pattern::new(name).ok());
                        shape.patterns.push((pattern, id));
                    }
                    EdgeKind::Additional => shape.additional = shape.additional.or(Some(id)),
                    EdgeKind::Items => shape.items = shape.items.or(Some(id)),
                    EdgeKind::Prefix => shape.prefix.push(id),
                    EdgeKind::Other(_)
                        if edge.name.is_none() && self.schema.vertex(vertex).kind == Kind::Array =>
                    {
                        shape.items = shape.items.or(Some(id));
                    }
                    EdgeKind::Prop | EdgeKind::Other(_) => {
                        let name = edge.name.as_deref().unwrap_or(&self.schema.vertex(edge.tgt).id);
                        shape.members.entry(name.as_bytes().into()).or_insert(id);
                    }
                    EdgeKind::Parameters | EdgeKind::Input | EdgeKind::Output | EdgeKind::Message => {}
                }
            }
            // Arms speak last, and only where the vertex is more than a choice between them.
            if at == shape.facets.len() && !shape.members.is_empty() {
                common = common.min(at);
                let arms: Vec<VertexId> =
                    shape.arms.iter().map(|(_, edge, _)| self.schema.edge(*edge).tgt).collect();
                arms.into_iter().for_each(|arm| shape.join(arm));
            }
        }
        let kind = &self.schema.vertex(start).kind;
        let has_members =
            !shape.members.is_empty() || !shape.patterns.is_empty() || shape.additional.is_some();
        shape.takes_objects =
            !kind.is_atom() && (has_members || !matches!(kind, Kind::Any | Kind::Never | Kind::Array));
        shape.takes_lists = !kind.is_atom() && (shape.items.is_some() || !shape.prefix.is_empty());
        shape
    }

    /// What a facet asks of the members of an object.
    fn demand(&self, vertex: VertexId, shape: &mut Shape) {
        let declared = self.schema.props(vertex).filter(|(_, edge)| edge.required);
        shape.required.extend(declared.filter_map(|(_, edge)| edge.name.clone()));
        let vertex = self.schema.vertex(vertex);
        for constraint in vertex.constraints.iter().filter(|constraint| constraint.sort == Sort::Required) {
            let names = constraint.value.tree();
            shape.required.extend(names.root().items().filter_map(|name| name.as_str().map(Name::new)));
        }
        shape.is_closed |= vertex.openness == Openness::Closed && vertex.kind != Kind::Union;
        shape.required.arrange();
        shape.required.dedup();
    }

    fn types(&self, vertex: VertexId) -> TypeSet {
        let resolved = self.schema.resolve(vertex);
        let vertex = self.schema.vertex(resolved.vertex);
        let types = if vertex.types.is_empty() { TypeSet::ALL } else { vertex.types };
        if resolved.nullable { types | TypeSet::NULL } else { types }
    }

    /// The vertex that a value at `vertex` is an instance of: references are followed, and the arm of a union is
    /// chosen by tag, by type, by validity, by members.
    pub(super) fn settle(
        &self,
        vertex: VertexId,
        value: ValueRef<'_>,
        budget: &mut Budget,
    ) -> Result<VertexId> {
        let mut vertex = self.schema.resolve(vertex).vertex;
        // INVARIANT: each turn goes through an arm; more turns than vertices means that they lead in a circle.
        for _ in 0..self.schema.len() {
            let shape = self.shape(vertex);
            if shape.arms.is_empty() || !shape.members.is_empty() {
                break;
            }
            let Some(arm) = self.choose(shape, value, budget)? else { break };
            vertex = self.schema.resolve(self.schema.edge(arm).tgt).vertex;
        }
        Ok(vertex)
    }

    /// Whether the arm of a value at a vertex is chosen by more than its type and its `$type`.
    pub(crate) fn weighs(&self, vertex: VertexId) -> bool {
        let shape = self.shape(self.schema.resolve(vertex).vertex);
        let mut seen = TypeSet::NONE;
        let mut is_met = |types: TypeSet| {
            let is_met = seen.meets(types);
            seen = seen | types;
            is_met
        };
        let tagged =
            self.schema.protocol() == "atproto" && shape.arms.iter().all(|(tag, _, _)| tag.is_some());
        !tagged && shape.arms.iter().any(|(_, _, types)| is_met(*types))
    }

    fn choose(&self, shape: &Shape, value: ValueRef<'_>, budget: &mut Budget) -> Result<Option<EdgeId>> {
        budget.spend(1 + shape.arms.len() as u64)?;
        if let Some(tag) = value.get("$type").and_then(ValueRef::as_str) {
            let tagged = shape.arms.iter().find(|(known, _, _)| known.as_deref() == Some(bare_tag(&tag)));
            if tagged.is_some() || self.schema.protocol() == "atproto" {
                return Ok(tagged.map(|(_, edge, _)| *edge));
            }
        }
        let subject = Subject::Value(value);
        let fitting: Vec<EdgeId> = shape
            .arms
            .iter()
            .filter(|(_, _, types)| subject.is_of(*types))
            .map(|(_, edge, _)| *edge)
            .collect();
        if let [] | [_] = fitting.as_slice() {
            return Ok(fitting.first().copied());
        }
        let mut unknown = None;
        for edge in &fitting {
            match self.validator.is_valid(self.schema.edge(*edge).tgt, value, budget)? {
                Validity::Valid => return Ok(Some(*edge)),
                Validity::Unknown => unknown = unknown.or(Some(*edge)),
                Validity::Invalid => {}
            }
        }
        // Nothing is valid: the arm that declares the most of the members that are there.
        let mut best = (0, unknown);
        for edge in fitting.into_iter().filter(|_| unknown.is_none()) {
            let arm = self.shape(self.schema.resolve(self.schema.edge(edge).tgt).vertex);
            let known = value.members().filter(|(key, _)| arm.members.contains_key(&*key.decoded())).count();
            if known > best.0 {
                best = (known, Some(edge));
            }
        }
        Ok(best.1)
    }

    /// The edge of a member, and whether its name is that of the edge.
    pub(super) fn member(&self, shape: &Shape, key: ValueRef<'_>) -> Option<EdgeId> {
        self.member_named(shape, &key.decoded())
    }

    /// The edge of a member by its decoded name.
    pub(super) fn member_named(&self, shape: &Shape, name: &[u8]) -> Option<EdgeId> {
        if let Some(edge) = shape.members.get(name) {
            return Some(*edge);
        }
        if !shape.patterns.is_empty()
            && let Ok(text) = std::str::from_utf8(name)
        {
            let fits = |pattern: &Option<Pattern>| pattern.as_ref().is_some_and(|it| it.is_match(text));
            if let Some((_, edge)) = shape.patterns.iter().find(|(pattern, _)| fits(pattern)) {
                return Some(*edge);
            }
        }
        shape.additional
    }

    /// The edge of an item.
    pub(super) fn item(&self, shape: &Shape, index: usize) -> Option<EdgeId> {
        shape.prefix.get(index).copied().or(shape.items)
    }

    /// Whether a value at a vertex becomes a node with parts.
    pub(super) fn is_entered(&self, vertex: VertexId, kind: JsonKind) -> bool {
        match kind {
            JsonKind::Object => self.shape(vertex).takes_objects,
            JsonKind::Array => self.shape(vertex).takes_lists,
            _ => false,
        }
    }

    /// The vertices that say something of a value at one.
    pub(crate) fn facets(&self, vertex: VertexId) -> &[VertexId] {
        &self.shape(vertex).facets
    }

    /// Whether an instance of `anchor` may stand where `vertex` is declared.
    pub(crate) fn admits(&self, vertex: VertexId, anchor: VertexId) -> bool {
        let mut open = vec![vertex];
        let mut seen = vec![vertex];
        while let Some(at) = open.pop() {
            if at == anchor {
                return true;
            }
            for (_, edge) in self.schema.outgoing(at) {
                let same = matches!(
                    edge.kind,
                    EdgeKind::Ref | EdgeKind::RecordSchema | EdgeKind::Variant | EdgeKind::Branch
                );
                if same && !seen.contains(&edge.tgt) {
                    seen.push(edge.tgt);
                    open.push(edge.tgt);
                }
            }
        }
        false
    }
}

impl Shape {
    fn join(&mut self, vertex: VertexId) {
        if !self.facets.contains(&vertex) {
            self.facets.push(vertex);
        }
    }
}
