//! Shape: what of a schema can change data or a verdict, and whether two positions have the same one.
//!
//! Not part of a shape: ids, descriptions, annotations, known values, order of declaration and of sets.

use super::canonical::value_key;
use super::codec::{edge_kind_byte, kind_byte, put_bytes, put_number, sort_byte};
use super::{Edge, EdgeKind, Kind, Openness, Schema, Sort, Vertex, VertexId};
use crate::ordered::{Arrange, BTreeMap, BTreeSet, arrange_numbers};
use crate::value::JsonKind;

/// Appends what a vertex itself says of its values. `nullable` and `tag` come from the way to it.
pub(super) fn put_local(vertex: &Vertex, out: &mut Vec<u8>) {
    let (kind, name) = kind_byte(&vertex.kind);
    out.push(kind);
    put_bytes(name.map_or("", |name| name.as_str()).as_bytes(), out);
    out.push(vertex.types.0);
    out.push(
        u8::from(vertex.nullable)
            | u8::from(vertex.openness == Openness::Closed) << 1
            | u8::from(vertex.exclusive) << 2
            | u8::from(vertex.tainted) << 3,
    );
    put_constraints(vertex, out);
    let default = vertex.default.as_ref().map(|value| value_key(value.tree().root()));
    put_bytes(&default.unwrap_or_default(), out);
    // What an external reference means is its name and nothing else.
    let name = match (&vertex.kind, &vertex.nsid) {
        (Kind::External, None) => Some(&vertex.id),
        (_, nsid) => nsid.as_ref(),
    };
    put_bytes(name.map_or("", |name| name.as_str()).as_bytes(), out);
    // Of a service the extras say what its bodies are; of a tainted vertex they restrict.
    if vertex.tainted || is_service(&vertex.kind) {
        let mut extra: Vec<_> = vertex
            .extra
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "description" | "title" | "$comment" | "examples"))
            .map(|(name, value)| (name, value_key(value.tree().root())))
            .collect();
        extra.arrange();
        put_number(extra.len() as u64, out);
        for (name, value) in extra {
            put_bytes(name.as_bytes(), out);
            put_bytes(&value, out);
        }
    }
}

fn is_service(kind: &Kind) -> bool {
    matches!(kind, Kind::Query | Kind::Procedure | Kind::Subscription | Kind::Definition)
}

fn put_constraints(vertex: &Vertex, out: &mut Vec<u8>) {
    let mut constraints = BTreeSet::new();
    for constraint in &vertex.constraints {
        let tree = constraint.value.tree();
        let root = tree.root();
        let mut bytes = vec![sort_byte(constraint.sort)];
        match constraint.sort {
            Sort::KnownValues => continue,
            Sort::Enum | Sort::Required | Sort::Accept if root.kind() == JsonKind::Array => {
                let items: BTreeSet<_> = root.items().map(value_key).collect();
                put_number(items.len() as u64, &mut bytes);
                for item in items {
                    put_bytes(&item, &mut bytes);
                }
            }
            _ => bytes.extend_from_slice(&value_key(root)),
        }
        constraints.insert(bytes);
    }
    put_number(constraints.len() as u64, out);
    for constraint in constraints {
        put_bytes(&constraint, out);
    }
}

/// Appends what an edge itself says.
pub(super) fn put_edge(edge: &Edge, out: &mut Vec<u8>) {
    let (kind, name) = edge_kind_byte(&edge.kind);
    out.push(kind);
    put_bytes(name.map_or("", |name| name.as_str()).as_bytes(), out);
    out.push(u8::from(edge.required) | u8::from(edge.name.is_some()) << 1);
    put_bytes(edge.name.as_deref().unwrap_or("").as_bytes(), out);
}

/// Whether the order among edges of this kind means something.
pub(super) fn is_ordered(kind: &EdgeKind) -> bool {
    matches!(kind, EdgeKind::Prefix)
}

/// How many levels deep a colour looks.
const ROUNDS: usize = 24;

/// A number for every vertex that is equal where the shapes are equal to some depth. Used to order what has no
/// order, and to see quickly that two shapes differ; never to see that they are the same.
pub(super) fn colours(schema: &Schema, through_references: bool) -> Vec<u64> {
    let at = |vertex: VertexId| if through_references { schema.resolve(vertex).vertex } else { vertex };
    let mut local = Vec::new();
    let mut edge_bytes = Vec::new();
    let own: Vec<u64> = schema
        .vertices()
        .map(|(_, vertex)| {
            local.clear();
            put_view(vertex, through_references, &mut local);
            fnv(&local)
        })
        .collect();
    let edges: Vec<(VertexId, VertexId, u64, bool)> = schema
        .edges()
        .map(|(_, edge)| {
            edge_bytes.clear();
            put_edge(edge, &mut edge_bytes);
            let null = through_references && schema.resolve(edge.tgt).nullable;
            (edge.src, at(edge.tgt), fnv(&edge_bytes) ^ u64::from(null), is_ordered(&edge.kind))
        })
        .collect();
    let mut now = own.clone();
    let mut kinds = distinct(&now);
    for _ in 0..ROUNDS {
        let mut next = own.clone();
        for (src, tgt, label, ordered) in &edges {
            let target = now.get(tgt.0 as usize).copied().unwrap_or_default();
            if let Some(sum) = next.get_mut(src.0 as usize) {
                let item = mix(*label ^ mix(target));
                // A sum does not see order.
                *sum = if *ordered { mix(*sum).wrapping_add(item) } else { sum.wrapping_add(item) };
            }
        }
        now = next.into_iter().map(mix).collect();
        let count = distinct(&now);
        if !through_references && count == kinds {
            break;
        }
        kinds = count;
    }
    now
}

fn distinct(colours: &[u64]) -> usize {
    let mut sorted = colours.to_vec();
    arrange_numbers(&mut sorted);
    sorted.dedup();
    sorted.len()
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

fn mix(mut x: u64) -> u64 {
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

/// What a vertex says, for a comparison through references: nullability and defaults lie on the way to a vertex, and
/// the name of a definition matters only where data bear it.
fn put_view(vertex: &Vertex, through_references: bool, out: &mut Vec<u8>) {
    if !through_references {
        return put_local(vertex, out);
    }
    let mut bare = vertex.clone();
    bare.nullable = false;
    bare.default = None;
    if !matches!(bare.kind, Kind::External | Kind::Token | Kind::Record) {
        bare.nsid = None;
    }
    put_local(&bare, out);
}

/// What the way from one vertex to the one that it means adds: null, defaults, the `$type` of a record, what is said
/// beside a reference.
#[derive(PartialEq, Eq)]
struct Way {
    nullable: bool,
    default: Vec<u8>,
    tag: Vec<String>,
    beside: BTreeSet<Vec<u8>>,
    /// Something on the way says more than its edges do.
    refers: bool,
}

/// Whether a keyword that is kept verbatim names other parts of its document: what they say, no edge tells.
fn refers(vertex: &Vertex) -> bool {
    let names = ["$ref", "$dynamicRef", "$recursiveRef"];
    vertex.tainted
        && vertex.extra.iter().any(|(name, value)| {
            names.iter().any(|known| **name == **known || value.as_str().contains(&format!("\"{known}\"")))
        })
}

fn way(schema: &Schema, from: VertexId) -> (VertexId, Way) {
    let mut way =
        Way { nullable: false, default: Vec::new(), tag: Vec::new(), beside: BTreeSet::new(), refers: false };
    let mut at = from;
    loop {
        let vertex = schema.vertex(at);
        way.nullable |= vertex.nullable;
        way.refers |= refers(vertex);
        if let Some(default) = vertex.default.as_ref().filter(|_| way.default.is_empty()) {
            way.default = value_key(default.tree().root());
        }
        let next = match vertex.kind {
            Kind::Ref => schema.target_of(at, EdgeKind::Ref),
            Kind::Record => schema.target_of(at, EdgeKind::RecordSchema),
            _ => None,
        };
        let Some(next) = next else { return (at, way) };
        if vertex.kind == Kind::Record {
            way.tag.extend(vertex.nsid.as_ref().map(ToString::to_string));
        }
        if vertex.tainted || !vertex.constraints.is_empty() {
            let mut bare = vertex.clone();
            (bare.kind, bare.nullable, bare.default, bare.nsid) = (Kind::Any, false, None, None);
            let mut bytes = Vec::new();
            put_local(&bare, &mut bytes);
            way.beside.insert(bytes);
        }
        at = next;
    }
}

/// Whether the values at `va` of `a` and those at `vb` of `b` are told by the same shape: kinds, types, constraints,
/// members and defaults agree all the way down, references followed. False where it cannot be seen cheaply.
pub fn same_shape(a: &Schema, va: VertexId, b: &Schema, vb: VertexId) -> bool {
    ShapeMemo::new(a, b).same(va, vb)
}

/// Answers many questions of [`same_shape`] between the same two schemas in nearly linear time altogether.
pub struct ShapeMemo<'a> {
    a: &'a Schema,
    b: &'a Schema,
    colours_a: Vec<u64>,
    colours_b: Vec<u64>,
    /// The schemas are of one shape altogether.
    whole: bool,
    /// Union-find over the vertices of `a`, then those of `b`: one class is proved to be of one shape.
    parents: Vec<u32>,
    differ: BTreeSet<(VertexId, VertexId)>,
}

impl<'a> ShapeMemo<'a> {
    /// Prepares to compare positions of `a` with positions of `b`.
    pub fn new(a: &'a Schema, b: &'a Schema) -> ShapeMemo<'a> {
        ShapeMemo {
            a,
            b,
            colours_a: colours(a, true),
            colours_b: colours(b, true),
            whole: !a.vertices().any(|(_, vertex)| refers(vertex)) || a.shape_digest() == b.shape_digest(),
            parents: (0..(a.len() + b.len()) as u32).collect(),
            differ: BTreeSet::new(),
        }
    }

    /// Whether the two positions have the same shape.
    pub fn same(&mut self, va: VertexId, vb: VertexId) -> bool {
        if self.differ.contains(&(va, vb)) {
            return false;
        }
        // Merges are assumptions until the whole comparison succeeds.
        let mut undo = Vec::new();
        // For every pair that was entered the one from which it was.
        let mut entered: Vec<(VertexId, VertexId, usize)> = Vec::new();
        let mut left = vec![(va, vb, usize::MAX)];
        while let Some((x, y, from)) = left.pop() {
            let ((x, way_x), (y, way_y)) = (way(self.a, x), way(self.b, y));
            let agree = way_x == way_y
                && (self.whole || !way_x.refers)
                && self.colours_a.get(x.0 as usize) == self.colours_b.get(y.0 as usize)
                && !self.differ.contains(&(x, y));
            let here = entered.len();
            entered.push((x, y, from));
            let children = if !agree {
                None
            } else if self.unite(x, y, &mut undo) {
                self.children(x, y)
            } else {
                Some(Vec::new())
            };
            let Some(children) = children else {
                for (index, parent) in undo.into_iter().rev() {
                    if let Some(slot) = self.parents.get_mut(index as usize) {
                        *slot = parent;
                    }
                }
                // Only what lies on the way to the difference is known to differ.
                let mut at = entered.get(here).copied();
                while let Some((x, y, from)) = at {
                    self.differ.insert((x, y));
                    at = entered.get(from).copied();
                }
                self.differ.insert((va, vb));
                return false;
            };
            left.extend(children.into_iter().map(|(x, y)| (x, y, here)));
        }
        true
    }

    /// Puts two vertices into one class; false where they were in one already.
    fn unite(&mut self, x: VertexId, y: VertexId, undo: &mut Vec<(u32, u32)>) -> bool {
        let x = self.find(x.0);
        let y = self.find(self.a.len() as u32 + y.0);
        if x == y {
            return false;
        }
        // No compression, so that a merge can be taken back; classes are small (one position of each side, mostly).
        let (low, high) = (x.min(y), x.max(y));
        if let Some(slot) = self.parents.get_mut(high as usize) {
            undo.push((high, *slot));
            *slot = low;
        }
        true
    }

    fn find(&self, mut at: u32) -> u32 {
        while let Some(parent) = self.parents.get(at as usize).filter(|parent| **parent != at) {
            at = *parent;
        }
        at
    }

    /// What has to be of one shape for two vertices to be; `None` where they differ right here.
    fn children(&self, x: VertexId, y: VertexId) -> Option<Vec<(VertexId, VertexId)>> {
        let local = |vertex: &Vertex| {
            let mut bytes = Vec::new();
            put_view(vertex, true, &mut bytes);
            bytes
        };
        if local(self.a.vertex(x)) != local(self.b.vertex(y)) {
            return None;
        }
        let of_a = sorted_edges(self.a, x, &self.colours_a);
        let of_b = sorted_edges(self.b, y, &self.colours_b);
        let same = of_a.len() == of_b.len() && of_a.iter().zip(&of_b).all(|(a, b)| a.0 == b.0);
        same.then(|| of_a.into_iter().zip(of_b).map(|(a, b)| (a.2, b.2)).collect())
    }
}

/// The edges of a vertex as (what the edge says, colour of its target, target), in an order that does not depend on
/// that of declaration.
fn sorted_edges(schema: &Schema, vertex: VertexId, colours: &[u64]) -> Vec<(Vec<u8>, u64, VertexId)> {
    let mut ordinals: BTreeMap<EdgeKind, u64> = BTreeMap::new();
    let mut edges: Vec<_> = schema
        .outgoing(vertex)
        .map(|(_, edge)| {
            let mut label = Vec::new();
            put_edge(edge, &mut label);
            if is_ordered(&edge.kind) {
                let ordinal = ordinals.entry(edge.kind.clone()).or_default();
                label.extend_from_slice(&ordinal.to_be_bytes());
                *ordinal += 1;
            }
            let target = schema.resolve(edge.tgt).vertex;
            (label, colours.get(target.0 as usize).copied().unwrap_or_default(), edge.tgt)
        })
        .collect();
    // Stable: what cannot be told apart stays in the order of declaration.
    edges.arrange_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    edges
}
