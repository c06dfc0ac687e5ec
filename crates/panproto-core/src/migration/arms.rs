//! Arms of unions: which are the same, and what tells them apart.

use super::Migration;
use crate::name::Name;
use crate::ordered::{Arrange, BTreeSet};
use crate::schema::{EdgeId, EdgeKind, Kind, Openness, Schema, ShapeMemo, Sort, TypeSet, VertexId};

/// An arm: its position, and its tag in a Lexicon.
#[derive(Clone, Debug)]
pub struct Arm {
    /// Where its values stand.
    pub vertex: VertexId,
    /// The edge of the union that leads there; none where the arm is no union's.
    pub edge: Option<EdgeId>,
    /// The `$type` that selects it.
    pub tag: Option<Name>,
}

/// The arms of a resolved union; any other vertex is its own only arm.
pub fn arms(schema: &Schema, vertex: VertexId) -> Vec<Arm> {
    if schema.vertex(vertex).kind != Kind::Union {
        return vec![Arm { vertex, edge: None, tag: schema.vertex(vertex).nsid.clone() }];
    }
    schema
        .outgoing_of(vertex, EdgeKind::Variant)
        .map(|(id, edge)| Arm { vertex: edge.tgt, edge: Some(id), tag: edge.name.clone() })
        .collect()
}

/// The JSON types that a position admits, through references and unions.
pub fn types(schema: &Schema, position: VertexId) -> TypeSet {
    let mut seen = BTreeSet::new();
    let mut work = vec![position];
    let mut set = TypeSet::NONE;
    while let Some(position) = work.pop() {
        let resolved = schema.resolve(position);
        if !seen.insert(resolved.vertex) {
            continue;
        }
        if resolved.nullable {
            set = set | TypeSet::NULL;
        }
        let vertex = schema.vertex(resolved.vertex);
        match vertex.kind {
            Kind::Union => {
                work.extend(schema.outgoing_of(resolved.vertex, EdgeKind::Variant).map(|(_, edge)| edge.tgt))
            }
            Kind::Intersection if vertex.types.is_empty() => set = TypeSet::ALL,
            _ => set = set | vertex.types,
        }
    }
    set
}

/// How deep unions within unions are looked into for constants.
const NESTING: usize = 4;

/// The string constants of the required members of an object: name, value. Of a union, those of all its arms.
pub fn constants(schema: &Schema, position: VertexId) -> Vec<(Name, Name)> {
    nested_constants(schema, position, NESTING)
}

fn nested_constants(schema: &Schema, position: VertexId, depth: usize) -> Vec<(Name, Name)> {
    let vertex = schema.resolve(position).vertex;
    if schema.vertex(vertex).kind == Kind::Union {
        let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
        let mut arms = schema.outgoing_of(vertex, EdgeKind::Variant).map(|(_, edge)| edge.tgt);
        let mut shared = arms.next().map(|arm| nested_constants(schema, arm, depth)).unwrap_or_default();
        for arm in arms {
            let other = nested_constants(schema, arm, depth);
            shared.retain(|constant| other.contains(constant));
        }
        return shared;
    }
    let constant = |position: VertexId| -> Option<Name> {
        let end = schema.vertex(schema.resolve(position).vertex);
        if let Some(constant) = end.constraint(Sort::Const) {
            return constant.value.tree().root().as_str().map(|text| Name::new(&*text));
        }
        let list = end.constraint(Sort::Enum)?.value.tree();
        let only = list.root().items().next().filter(|_| list.root().len() == 1)?;
        only.as_str().map(|text| Name::new(&*text))
    };
    schema
        .props(vertex)
        .filter(|(_, edge)| edge.required)
        .filter_map(|(_, edge)| Some((edge.name.clone()?, constant(edge.tgt)?)))
        .collect()
}

/// For each arm a required member that no other arm can have, because the others are closed and do not declare it.
pub fn marks(schema: &Schema, arms: &[Arm]) -> Option<Vec<Name>> {
    let vertices: Vec<VertexId> = arms.iter().map(|arm| schema.resolve(arm.vertex).vertex).collect();
    let lacks = |vertex: VertexId, name: &str| {
        let closed = schema.vertex(vertex).openness == Openness::Closed;
        let maps = schema
            .outgoing(vertex)
            .any(|(_, edge)| matches!(edge.kind, EdgeKind::Pattern | EdgeKind::Additional));
        closed && !maps && schema.prop_named(vertex, name).is_none()
    };
    vertices
        .iter()
        .map(|vertex| {
            if schema.vertex(*vertex).kind != Kind::Object {
                return None;
            }
            let own = schema.props(*vertex).filter(|(_, edge)| edge.required).find(|(_, edge)| {
                let name = edge.name.as_deref().unwrap_or("");
                vertices.iter().all(|other| other == vertex || lacks(*other, name))
            });
            own.and_then(|(_, edge)| edge.name.clone())
        })
        .collect()
}

impl Migration {
    /// The arms that are the same, as pairs of indices: stated ones; else by tag, by shape, by definition, by
    /// constant, and by JSON type where only one of that type is left on each side.
    pub fn arms(
        &self,
        source: VertexId,
        target: VertexId,
        left: &[Arm],
        right: &[Arm],
        shapes: &mut ShapeMemo<'_>,
    ) -> Vec<(usize, usize)> {
        if let Some(stated) = self.arms.get(&(source, target)) {
            return stated.iter().map(|(a, b)| (*a as usize, *b as usize)).collect();
        }
        let mut found = Found::default();
        found.match_by(left, right, |a, b| a.tag.is_some() && a.tag == b.tag);
        found.match_by(left, right, |a, b| {
            let (a, b) = (self.source.resolve(a.vertex), self.target.resolve(b.vertex));
            a.nullable == b.nullable && shapes.same(a.vertex, b.vertex)
        });
        found.match_by(left, right, |a, b| {
            let (a, b) = (self.source.resolve(a.vertex).vertex, self.target.resolve(b.vertex).vertex);
            self.source.vertex(a).id == self.target.vertex(b).id
        });
        found.match_by(left, right, |a, b| {
            let (a, b) = (constants(&self.source, a.vertex), constants(&self.target, b.vertex));
            a.iter().any(|constant| b.contains(constant))
        });
        let rest = |arms: &[Arm], used: &BTreeSet<usize>, schema: &Schema| -> Vec<(usize, TypeSet)> {
            let free = arms.iter().enumerate().filter(|(at, arm)| !used.contains(at) && arm.tag.is_none());
            free.map(|(at, arm)| (at, types(schema, arm.vertex))).collect()
        };
        let (from, to) = (rest(left, &found.left, &self.source), rest(right, &found.right, &self.target));
        for (a, here) in &from {
            let fits: Vec<_> = to.iter().filter(|(_, there)| here.meets(*there)).collect();
            let rivals = from.iter().filter(|(_, other)| other.meets(*here)).count();
            if let ([(b, _)], 1) = (fits.as_slice(), rivals) {
                found.pairs.push((*a, *b));
            }
        }
        found.pairs.arrange();
        found.pairs
    }
}

#[derive(Default)]
struct Found {
    left: BTreeSet<usize>,
    right: BTreeSet<usize>,
    pairs: Vec<(usize, usize)>,
}

impl Found {
    fn match_by(&mut self, left: &[Arm], right: &[Arm], mut test: impl FnMut(&Arm, &Arm) -> bool) {
        for (a, from) in left.iter().enumerate() {
            if self.left.contains(&a) {
                continue;
            }
            let fits = right.iter().enumerate().find(|(b, to)| !self.right.contains(b) && test(from, to));
            if let Some((b, _)) = fits {
                self.left.insert(a);
                self.right.insert(b);
                self.pairs.push((a, b));
            }
        }
    }
}
