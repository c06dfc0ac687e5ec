//! Editing a schema: a changed copy, and where every vertex and edge of the original went.
//!
//! ```
//! use panproto_core::schema::{Editor, EdgeKind, Kind, SchemaBuilder};
//! let mut builder = SchemaBuilder::new("json-schema");
//! let root = builder.vertex("user", Kind::Object);
//! let mail = builder.vertex("user.mail", Kind::String);
//! builder.edge(root, mail, EdgeKind::Prop, Some("mail"));
//! let schema = builder.finish().unwrap();
//! let mut editor = Editor::new(&schema);
//! let edge = schema.prop_named(root, "mail").unwrap();
//! editor.edge_mut(edge).unwrap().name = Some("email".into());
//! let edited = editor.finish().unwrap();
//! assert_eq!(edited.edge(edge), edited.schema.prop_named(root, "email"));
//! ```

use super::{Edge, EdgeId, Role, Root, Schema, SchemaBuilder, Vertex, VertexId};
use crate::diagnostic::Result;
use crate::name::Name;
use crate::ordered::{Arrange, BTreeSet};

/// A schema while it is changed. Ids of the original stay valid in it; what is added gets ids beyond them.
#[derive(Clone, Debug)]
pub struct Editor<'s> {
    base: &'s Schema,
    vertices: Vec<Option<Vertex>>,
    edges: Vec<Option<Edge>>,
    /// All edges in declaration order; an edge counts where its source vertex is.
    order: Vec<EdgeId>,
    roots: Vec<Root>,
    /// Where removed edges led.
    released: Vec<VertexId>,
    /// Vertex ids that are taken; made when the first vertex is added.
    ids: BTreeSet<Name>,
}

/// What editing gave.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The changed schema.
    pub schema: Schema,
    vertices: Vec<Option<VertexId>>,
    edges: Vec<Option<EdgeId>>,
}

impl Edited {
    /// Where a vertex of the editor is in the changed schema; none if it is gone.
    pub fn vertex(&self, id: VertexId) -> Option<VertexId> {
        self.vertices.get(id.0 as usize).copied().flatten()
    }

    /// Where an edge of the editor is in the changed schema; none if it is gone.
    pub fn edge(&self, id: EdgeId) -> Option<EdgeId> {
        self.edges.get(id.0 as usize).copied().flatten()
    }

    /// The schema and the map of vertices.
    pub fn into_parts(self) -> (Schema, Vec<Option<VertexId>>) {
        (self.schema, self.vertices)
    }
}

impl<'s> Editor<'s> {
    /// Begins with a copy of a schema.
    pub fn new(base: &'s Schema) -> Editor<'s> {
        Editor {
            base,
            vertices: base.vertices().map(|(_, vertex)| Some(vertex.clone())).collect(),
            edges: base.edges().map(|(_, edge)| Some(edge.clone())).collect(),
            order: base.edges().map(|(id, _)| id).collect(),
            roots: base.roots().to_vec(),
            released: Vec::new(),
            ids: BTreeSet::new(),
        }
    }

    /// The schema as it was.
    pub fn base(&self) -> &'s Schema {
        self.base
    }

    /// A vertex that was not removed.
    pub fn vertex(&self, id: VertexId) -> Option<&Vertex> {
        self.vertices.get(id.0 as usize)?.as_ref()
    }

    /// A vertex that was not removed, to be changed.
    pub fn vertex_mut(&mut self, id: VertexId) -> Option<&mut Vertex> {
        self.vertices.get_mut(id.0 as usize)?.as_mut()
    }

    /// All vertices that were not removed, to be changed.
    pub fn vertices_mut(&mut self) -> impl Iterator<Item = &mut Vertex> {
        self.vertices.iter_mut().flatten()
    }

    /// An edge that was not removed.
    pub fn edge(&self, id: EdgeId) -> Option<&Edge> {
        self.edges.get(id.0 as usize)?.as_ref()
    }

    /// An edge that was not removed, to be changed: another name, another end, another source.
    pub fn edge_mut(&mut self, id: EdgeId) -> Option<&mut Edge> {
        self.edges.get_mut(id.0 as usize)?.as_mut()
    }

    /// All edges that were not removed, with their ids.
    pub fn edges(&self) -> impl Iterator<Item = (EdgeId, &Edge)> {
        (0u32..).map(EdgeId).zip(&self.edges).filter_map(|(id, edge)| Some((id, edge.as_ref()?)))
    }

    /// Edges that start at a vertex now, in declaration order.
    pub fn outgoing(&self, vertex: VertexId) -> impl Iterator<Item = (EdgeId, &Edge)> {
        let edges = self.order.iter().filter_map(|id| Some((*id, self.edge(*id)?)));
        edges.filter(move |(_, edge)| edge.src == vertex)
    }

    /// Adds a vertex. Its id is changed to one that is free: `a.b`, else `a.b~2`, `a.b~3`.
    pub fn add_vertex(&mut self, mut vertex: Vertex) -> VertexId {
        if self.ids.is_empty() {
            self.ids = self.vertices.iter().flatten().map(|vertex| vertex.id.clone()).collect();
        }
        let wanted = vertex.id.clone();
        let mut number = 1u32;
        while !self.ids.insert(vertex.id.clone()) {
            number += 1;
            vertex.id = Name::new(format!("{wanted}~{number}"));
        }
        self.vertices.push(Some(vertex));
        VertexId(self.vertices.len() as u32 - 1)
    }

    /// Adds an edge as the last one of its source vertex, or directly before another one.
    pub fn add_edge(&mut self, edge: Edge, before: Option<EdgeId>) -> EdgeId {
        self.edges.push(Some(edge));
        let id = EdgeId(self.edges.len() as u32 - 1);
        self.order.push(id);
        self.place(id, before);
        id
    }

    /// Gives an edge the place directly before another one, or the last place.
    pub fn place(&mut self, id: EdgeId, before: Option<EdgeId>) {
        self.order.retain(|other| *other != id);
        let at = before.and_then(|before| self.order.iter().position(|other| *other == before));
        self.order.insert(at.unwrap_or(self.order.len()), id);
    }

    /// Removes an edge; what only it led to goes with it.
    pub fn remove_edge(&mut self, id: EdgeId) {
        if let Some(edge) = self.edges.get_mut(id.0 as usize).and_then(Option::take) {
            self.released.push(edge.tgt);
        }
    }

    /// Leads an edge to another vertex; what only it led to goes.
    pub fn retarget(&mut self, id: EdgeId, tgt: VertexId) {
        if let Some(edge) = self.edge_mut(id) {
            let old = std::mem::replace(&mut edge.tgt, tgt);
            self.released.push(old);
        }
    }

    /// A vertex goes if nothing leads to it any more.
    pub fn release(&mut self, id: VertexId) {
        self.released.push(id);
    }

    /// Removes a vertex with all edges from and to it, and what only it led to.
    pub fn remove_vertex(&mut self, id: VertexId) {
        for index in 0..self.edges.len() {
            let edge = self.edges.get_mut(index);
            if let Some(slot) = edge.filter(|edge| edge.as_ref().is_some_and(|e| e.src == id || e.tgt == id))
                && let Some(edge) = slot.take()
            {
                self.released.push(edge.tgt);
            }
        }
        if let Some(slot) = self.vertices.get_mut(id.0 as usize) {
            *slot = None;
        }
        self.roots.retain(|root| root.vertex != id);
    }

    /// Declares a root beside those there are.
    pub fn add_root(&mut self, name: &str, vertex: VertexId, role: Role) {
        self.roots.push(Root { name: Name::new(name), vertex, role });
    }

    /// The roots, to be changed.
    pub fn roots_mut(&mut self) -> &mut Vec<Root> {
        &mut self.roots
    }

    /// The changed schema.
    ///
    /// # Errors
    /// As [`SchemaBuilder::finish`]: `schema-empty`, `duplicate-edge`, `reference-cycle`.
    pub fn finish(mut self) -> Result<Edited> {
        self.sweep();
        let mut builder = SchemaBuilder::new(self.base.protocol());
        builder.dialect(self.base.dialect());
        for document in self.base.documents() {
            builder.document(document.clone());
        }
        let mut vertices = Vec::with_capacity(self.vertices.len());
        for vertex in self.vertices {
            vertices.push(vertex.map(|vertex| {
                let id = builder.vertex("", vertex.kind.clone());
                *builder.vertex_mut(id) = vertex;
                id
            }));
        }
        let image = |id: VertexId| vertices.get(id.0 as usize).copied().flatten();
        // In the order in which the finished schema keeps them, so that positions are ids.
        let mut kept: Vec<(VertexId, VertexId, EdgeId)> = Vec::new();
        for id in &self.order {
            let Some(edge) = self.edges.get(id.0 as usize).and_then(Option::as_ref) else { continue };
            if let (Some(src), Some(tgt)) = (image(edge.src), image(edge.tgt)) {
                kept.push((src, tgt, *id));
            }
        }
        kept.arrange_by_key(|(src, _, _)| *src);
        let mut edges = vec![None; self.edges.len()];
        for (at, (src, tgt, id)) in (0u32..).zip(kept) {
            let Some(edge) = self.edges.get_mut(id.0 as usize).and_then(Option::take) else { continue };
            let added = builder.edge(src, tgt, edge.kind, edge.name.as_deref());
            added.required = edge.required;
            if let Some(slot) = edges.get_mut(id.0 as usize) {
                *slot = Some(EdgeId(at));
            }
        }
        for root in self.roots {
            if let Some(vertex) = image(root.vertex) {
                builder.root(&root.name, vertex, root.role);
            }
        }
        for edge in self.base.hyper_edges() {
            if let Some(edge) = edge.mapped(image) {
                builder.hyper_edge(edge);
            }
        }
        builder.enrichment(self.base.enrichment().mapped(image));
        Ok(Edited { schema: builder.finish()?, vertices, edges })
    }

    /// Removes what nothing leads to any more since edges were removed. What nothing led to before stays.
    fn sweep(&mut self) {
        if self.released.is_empty() {
            return;
        }
        let mut next: Vec<Vec<VertexId>> = vec![Vec::new(); self.vertices.len()];
        for edge in self.edges.iter().flatten() {
            if let Some(list) = next.get_mut(edge.src.0 as usize) {
                list.push(edge.tgt);
            }
        }
        let reach = |start: Vec<VertexId>, seen: &mut Vec<bool>| {
            let mut work = start;
            while let Some(vertex) = work.pop() {
                match seen.get_mut(vertex.0 as usize) {
                    Some(flag @ false) => *flag = true,
                    _ => continue,
                }
                work.extend(next.get(vertex.0 as usize).into_iter().flatten().copied());
            }
        };
        let mut doubtful = vec![false; self.vertices.len()];
        reach(std::mem::take(&mut self.released), &mut doubtful);
        let mut held = vec![false; self.vertices.len()];
        let certain = (0u32..).zip(&doubtful).filter(|(_, doubt)| !**doubt).map(|(at, _)| VertexId(at));
        reach(certain.chain(self.roots.iter().map(|root| root.vertex)).collect(), &mut held);
        for ((vertex, doubt), held) in self.vertices.iter_mut().zip(doubtful).zip(held) {
            if doubt && !held {
                *vertex = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EdgeKind, Kind};
    use super::*;

    /// `user { name, friend -> user, address { city } }`, and `pet`, which nothing leads to.
    fn schema() -> Schema {
        let mut builder = SchemaBuilder::new("json-schema");
        let user = builder.vertex("user", Kind::Object);
        let name = builder.vertex("user.name", Kind::String);
        let friend = builder.vertex("user.friend", Kind::Ref);
        let address = builder.vertex("user.address", Kind::Object);
        let city = builder.vertex("user.address.city", Kind::String);
        builder.vertex("pet", Kind::Object);
        builder.edge(user, name, EdgeKind::Prop, Some("name")).required = true;
        builder.edge(user, friend, EdgeKind::Prop, Some("friend"));
        builder.edge(friend, user, EdgeKind::Ref, None);
        builder.edge(user, address, EdgeKind::Prop, Some("address"));
        builder.edge(address, city, EdgeKind::Prop, Some("city"));
        builder.root("main", user, Role::Value);
        builder.finish().unwrap()
    }

    fn names(schema: &Schema) -> Vec<String> {
        schema.props(schema.main()).map(|(_, edge)| edge.name.as_ref().unwrap().to_string()).collect()
    }

    #[test]
    fn nothing_changed_is_the_same_schema() {
        let schema = schema();
        let edited = Editor::new(&schema).finish().unwrap();
        assert_eq!(edited.schema, schema);
        assert!(schema.edges().all(|(id, _)| edited.edge(id) == Some(id)));
    }

    #[test]
    fn what_only_a_removed_edge_led_to_goes() {
        let schema = schema();
        let user = schema.main();
        let mut editor = Editor::new(&schema);
        editor.remove_edge(schema.prop_named(user, "address").unwrap());
        editor.remove_edge(schema.prop_named(user, "friend").unwrap());
        let edited = editor.finish().unwrap();
        let ids: Vec<_> = edited.schema.vertices().map(|(_, vertex)| vertex.id.to_string()).collect();
        assert_eq!(ids, ["user", "user.name", "pet"]);
        assert_eq!(edited.vertex(VertexId(4)), None);
        assert_eq!(edited.vertex(VertexId(5)), Some(VertexId(2)));
    }

    #[test]
    fn edges_take_their_places_and_ids_stay_free() {
        let schema = schema();
        let user = schema.main();
        let mut editor = Editor::new(&schema);
        let before = schema.prop_named(user, "friend");
        let vertex = editor.add_vertex(Vertex::new("user.name".into(), Kind::Integer));
        let edge =
            Edge { src: user, tgt: vertex, kind: EdgeKind::Prop, name: Some("age".into()), required: true };
        let added = editor.add_edge(edge, before);
        let city = schema.prop_named(VertexId(3), "city").unwrap();
        editor.edge_mut(city).unwrap().src = user;
        editor.place(city, before);
        let edited = editor.finish().unwrap();
        assert_eq!(names(&edited.schema), ["name", "age", "city", "friend", "address"]);
        let age = edited.schema.edge(edited.edge(added).unwrap());
        assert_eq!(edited.schema.vertex(age.tgt).id, "user.name~2");
        assert!(age.required);
    }

    #[test]
    fn a_removed_vertex_takes_its_edges() {
        let schema = schema();
        let mut editor = Editor::new(&schema);
        editor.remove_vertex(VertexId(3));
        let edited = editor.finish().unwrap();
        assert_eq!(names(&edited.schema), ["name", "friend"]);
        let mut editor = Editor::new(&schema);
        let name = schema.prop_named(schema.main(), "name").unwrap();
        editor.edge_mut(name).unwrap().name = Some("friend".into());
        assert_eq!(editor.finish().unwrap_err().code, "duplicate-edge");
    }
}
