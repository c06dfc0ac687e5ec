//! The two digests of a schema.

use super::codec::{put_bytes, put_number, role_byte};
use super::codec_extras::{has_extras, put_extras};
use super::shape::{colours, is_ordered, put_edge, put_local};
use super::{Schema, VertexId};
use crate::ordered::Arrange;
use std::fmt;

/// 32 bytes that stand for something; printed in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of bytes of one kind; `context` keeps kinds apart.
    pub fn of(context: &str, bytes: &[u8]) -> Digest {
        Digest(blake3::derive_key(context, bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Schema {
    /// The digest of everything that printing gives back.
    pub fn digest(&self) -> Digest {
        Digest::of("panproto schema 1", &self.encode())
    }

    /// The digest of what can change data or a verdict: no descriptions and annotations, no order of declaration or
    /// of `required`, numbers by value, sets sorted, ids left out. Two schemas of one shape digest are equal in all
    /// that; two of different digests may still describe the same values in other words.
    ///
    /// ```
    /// use panproto_core::schema::{EdgeKind, Kind, SchemaBuilder};
    /// let schema = |names: [&str; 2]| {
    ///     let mut builder = SchemaBuilder::new("json-schema");
    ///     let root = builder.vertex("root", Kind::Object);
    ///     for name in names {
    ///         let field = builder.vertex(name, Kind::String);
    ///         builder.edge(root, field, EdgeKind::Prop, Some(name));
    ///     }
    ///     builder.finish().unwrap()
    /// };
    /// let (one, other) = (schema(["a", "b"]), schema(["b", "a"]));
    /// assert_eq!(one.shape_digest(), other.shape_digest());
    /// assert_ne!(one.digest(), other.digest());
    /// ```
    pub fn shape_digest(&self) -> Digest {
        let mut walk = Walk {
            schema: self,
            colours: colours(self, false),
            numbers: vec![0; self.len()],
            count: 0,
            out: Vec::with_capacity(self.len() * 32),
        };
        put_bytes(self.protocol().as_bytes(), &mut walk.out);
        put_bytes(self.dialect().as_bytes(), &mut walk.out);
        let mut roots: Vec<_> = self.roots().iter().collect();
        roots.arrange_by(|a, b| (&a.name, a.role).cmp(&(&b.name, b.role)));
        put_number(roots.len() as u64, &mut walk.out);
        for root in roots {
            put_bytes(root.name.as_bytes(), &mut walk.out);
            walk.out.push(role_byte(root.role));
            walk.from(root.vertex);
        }
        // What no root leads to can still be asked for, by its id alone.
        let mut others: Vec<_> = self.vertices().map(|(id, vertex)| (&vertex.id, id)).collect();
        others.arrange();
        for (name, id) in others {
            if walk.number(id).is_none() {
                put_bytes(name.as_bytes(), &mut walk.out);
                walk.from(id);
            }
        }
        if has_extras(self) {
            let mut extras = Vec::new();
            put_extras(self, |vertex| walk.number(vertex).unwrap_or_default(), &mut extras);
            walk.out.extend_from_slice(&extras);
        }
        Digest::of("panproto schema shape 1", &walk.out)
    }
}

/// Numbers vertices in the order in which a walk first meets them, and writes what each says.
struct Walk<'a> {
    schema: &'a Schema,
    colours: Vec<u64>,
    /// 0 where not met yet, else the number plus one.
    numbers: Vec<u64>,
    count: u64,
    out: Vec<u8>,
}

impl Walk<'_> {
    fn number(&self, vertex: VertexId) -> Option<u64> {
        self.numbers.get(vertex.0 as usize).and_then(|number| number.checked_sub(1))
    }

    /// Breadth first: a vertex' edges name their targets by number, new ones are written after it.
    fn from(&mut self, start: VertexId) {
        let mut queue = std::collections::VecDeque::new();
        let number = self.meet(start, &mut queue);
        put_number(number, &mut self.out);
        while let Some(vertex) = queue.pop_front() {
            put_local(self.schema.vertex(vertex), &mut self.out);
            let mut ordinal = 0u64;
            let mut edges: Vec<_> = self
                .schema
                .outgoing(vertex)
                .map(|(_, edge)| {
                    let mut label = Vec::new();
                    put_edge(edge, &mut label);
                    if is_ordered(&edge.kind) {
                        label.extend_from_slice(&ordinal.to_be_bytes());
                        ordinal += 1;
                    }
                    let colour = self.colours.get(edge.tgt.0 as usize).copied().unwrap_or_default();
                    (label, colour, edge.tgt)
                })
                .collect();
            edges.arrange_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
            put_number(edges.len() as u64, &mut self.out);
            for (label, _, target) in edges {
                put_bytes(&label, &mut self.out);
                let number = self.meet(target, &mut queue);
                put_number(number, &mut self.out);
            }
        }
    }

    fn meet(&mut self, vertex: VertexId, queue: &mut std::collections::VecDeque<VertexId>) -> u64 {
        match self.numbers.get_mut(vertex.0 as usize) {
            Some(number @ 0) => {
                self.count += 1;
                *number = self.count;
                queue.push_back(vertex);
                self.count - 1
            }
            Some(number) => *number - 1,
            None => 0,
        }
    }
}
