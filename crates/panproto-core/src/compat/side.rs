//! One of the two schemas of an inclusion, with what is asked of it again and again.

use super::scalar::type_of;
use crate::ordered::Arrange;
use crate::schema::{Edge, EdgeKind, Kind, Openness, Schema, Sort, TypeSet, VertexId};
use crate::value::Decimal;

/// A schema and what is known of each of its vertices.
pub(super) struct Side<'a> {
    pub(super) schema: &'a Schema,
    /// JSON types of the values at each vertex: never too few.
    admits: Vec<TypeSet>,
    /// Whether an external reference can be reached.
    external: Vec<bool>,
}

impl<'a> Side<'a> {
    pub(super) fn new(schema: &'a Schema) -> Side<'a> {
        let sources = sources(schema);
        let mut side =
            Side { schema, admits: vec![TypeSet::NONE; schema.len()], external: vec![false; schema.len()] };
        // Types grow until nothing changes: at most seven times a vertex.
        let mut queue: Vec<VertexId> = schema.vertex_ids().collect();
        while let Some(vertex) = queue.pop() {
            let types = side.types_now(vertex);
            if let Some(slot) = side.admits.get_mut(vertex.0 as usize).filter(|slot| **slot != types) {
                *slot = types;
                queue.extend(sources.get(vertex.0 as usize).into_iter().flatten());
            }
        }
        let mut queue: Vec<VertexId> =
            schema.vertices().filter(|(_, vertex)| vertex.kind == Kind::External).map(|(id, _)| id).collect();
        while let Some(vertex) = queue.pop() {
            if let Some(flag @ false) = side.external.get_mut(vertex.0 as usize) {
                *flag = true;
                queue.extend(sources.get(vertex.0 as usize).into_iter().flatten());
            }
        }
        side
    }

    /// The same, as a source: without objects that cannot be, since a member that they require cannot.
    pub(super) fn of_source(schema: &'a Schema) -> Side<'a> {
        let mut side = Side::new(schema);
        let sources = sources(schema);
        let mut queue: Vec<VertexId> = schema.vertex_ids().filter(|id| side.is_impossible(*id)).collect();
        while let Some(vertex) = queue.pop() {
            let known = side.admits(vertex);
            let mut types = known & side.types_now(vertex);
            if side.is_impossible(vertex) {
                types = types.without(TypeSet::OBJECT);
            }
            if types != known
                && let Some(slot) = side.admits.get_mut(vertex.0 as usize)
            {
                *slot = types;
                queue.extend(sources.get(vertex.0 as usize).into_iter().flatten());
            }
        }
        side
    }

    /// Whether a required member can have no value, or no place.
    fn is_impossible(&self, id: VertexId) -> bool {
        let vertex = self.schema.vertex(id);
        if !self.admits(id).meets(TypeSet::OBJECT) {
            return false;
        }
        let mut required = self.schema.props(id).filter(|(_, edge)| edge.required);
        if required.any(|(_, edge)| self.admits(edge.tgt).is_empty()) {
            return true;
        }
        let takes = |(_, edge): (_, &Edge)| matches!(edge.kind, EdgeKind::Pattern | EdgeKind::Additional);
        vertex.kind == Kind::Object
            && vertex.openness == Openness::Closed
            && !self.schema.outgoing(id).any(takes)
            && vertex.constraint(Sort::Required).is_some_and(|names| {
                let names = names.value.tree();
                let mut names = names.root().items().filter_map(|name| name.as_str());
                names.any(|name| self.schema.prop_named(id, &name).is_none())
            })
    }

    fn types_now(&self, id: VertexId) -> TypeSet {
        let vertex = self.schema.vertex(id);
        let targets = |kind| self.schema.outgoing_of(id, kind).map(|(_, edge)| self.admits(edge.tgt));
        let mut types = match vertex.kind {
            Kind::Ref => targets(EdgeKind::Ref).next().unwrap_or(TypeSet::NONE),
            Kind::Record => targets(EdgeKind::RecordSchema).next().unwrap_or(TypeSet::NONE),
            Kind::Union => {
                let open = if self.is_open_union(id) { TypeSet::OBJECT } else { TypeSet::NONE };
                targets(EdgeKind::Variant).fold(open, |all, types| all | types)
            }
            Kind::Intersection => targets(EdgeKind::Branch).fold(TypeSet::ALL, |all, types| all & types),
            _ => vertex.types,
        };
        if vertex.kind == Kind::Intersection && !vertex.types.is_empty() {
            types = types & vertex.types;
        }
        for constraint in &vertex.constraints {
            let tree = constraint.value.tree();
            types = types
                & match constraint.sort {
                    Sort::Const => type_of(tree.root()),
                    Sort::Enum => tree.root().items().fold(TypeSet::NONE, |all, item| all | type_of(item)),
                    Sort::MultipleOf => match Decimal::parse(constraint.value.as_str().as_bytes()) {
                        Some(unit) if unit.is_integer() => TypeSet::ALL.without(TypeSet::FRACTION),
                        _ => TypeSet::ALL,
                    },
                    _ => TypeSet::ALL,
                };
        }
        if vertex.nullable { types | TypeSet::NULL } else { types }
    }

    /// The JSON types of the values at a vertex.
    pub(super) fn admits(&self, id: VertexId) -> TypeSet {
        self.admits.get(id.0 as usize).copied().unwrap_or(TypeSet::ALL)
    }

    /// Whether values at a vertex can depend on a document that was not given.
    pub(super) fn reaches_external(&self, id: VertexId) -> bool {
        self.external.get(id.0 as usize) != Some(&false)
    }

    /// Whether the arms of a union are told apart by `$type`.
    pub(super) fn is_tagged(&self, id: VertexId) -> bool {
        self.schema.protocol() == "atproto"
            || self.schema.outgoing_of(id, EdgeKind::Variant).any(|(_, edge)| edge.name.is_some())
    }

    /// Whether arms that the union does not list pass.
    pub(super) fn is_open_union(&self, id: VertexId) -> bool {
        self.schema.vertex(id).openness == Openness::Open && self.is_tagged(id)
    }

    /// The vertices without references, records and intersections that say together what all of `from` say together.
    pub(super) fn leaves(&self, from: &[VertexId]) -> Vec<VertexId> {
        let mut leaves = Vec::new();
        let mut stack = from.to_vec();
        let mut seen = crate::ordered::BTreeSet::new();
        while let Some(id) = stack.pop() {
            if !seen.insert(id) {
                continue;
            }
            let vertex = self.schema.vertex(id);
            let next = match vertex.kind {
                Kind::Ref => EdgeKind::Ref,
                Kind::Record => EdgeKind::RecordSchema,
                Kind::Intersection => EdgeKind::Branch,
                _ => {
                    leaves.push(id);
                    continue;
                }
            };
            stack.extend(self.schema.outgoing_of(id, next).map(|(_, edge)| edge.tgt));
        }
        leaves.arrange();
        leaves
    }
}

/// For each vertex those that have an edge to it.
fn sources(schema: &Schema) -> Vec<Vec<VertexId>> {
    let mut sources: Vec<Vec<VertexId>> = vec![Vec::new(); schema.len()];
    for (_, edge) in schema.edges() {
        if let Some(list) = sources.get_mut(edge.tgt.0 as usize) {
            list.push(edge.src);
        }
    }
    sources
}
