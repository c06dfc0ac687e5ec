//! The migration that one change of a schema is.

use super::focus::Scope;
use crate::diagnostic::Result;
use crate::expr::Expr;
use crate::migration::{Apply, Compute, FieldMatch, Input, Migration, ObjectMatch, Output, Reason};
use crate::name::Name;
use crate::ordered::Arrange;
use crate::schema::{EdgeId, EdgeKind, Editor, Kind, Schema, VertexId};
use std::sync::Arc;

/// What applying a step gave: the changed schema's migration, and where positions went.
#[derive(Clone, Debug)]
pub struct Applied {
    /// From the schema before to the one after.
    pub migration: Migration,
    vertices: Vec<Option<VertexId>>,
}

impl Applied {
    /// The scope after the step, for the same position.
    pub fn scope(&self, before: &Scope) -> Scope {
        let schema = self.migration.target.clone();
        let base = self.vertex(before.base).unwrap_or_else(|| schema.main());
        Scope { schema, base, inner: before.inner }
    }

    /// A migration that goes where several steps one after another bring positions.
    pub(super) fn through(migration: Migration, steps: &[Applied]) -> Applied {
        let vertices = migration
            .source
            .vertex_ids()
            .map(|id| steps.iter().try_fold(id, |id, applied| applied.vertex(id)))
            .collect();
        Applied { migration, vertices }
    }

    /// Where a vertex of the schema before is now.
    pub fn vertex(&self, id: VertexId) -> Option<VertexId> {
        self.vertices.get(id.0 as usize).copied().flatten()
    }
}

/// A change of a schema under way, and what it does to the data of the objects that it touches.
pub(super) struct Change<'s> {
    pub(super) editor: Editor<'s>,
    source: Arc<Schema>,
    /// Touched objects: ids of the schema before, whose members are stated.
    touched: Vec<Touched>,
    /// Values that go through expressions, by the edge that leads to them.
    sent: Vec<(EdgeId, Apply)>,
    /// Conditions of members.
    conditions: Vec<(EdgeId, Expr)>,
}

/// A computation of an object's members. Edges of what is read are of the schema before, others of the editor.
struct Computed {
    inputs: Vec<(Name, EdgeId)>,
    outputs: Vec<(Name, EdgeId)>,
    kept: bool,
    formula: Apply,
}

/// An object whose members are stated one by one. Ways are in ids of the editor.
struct Touched {
    object: VertexId,
    links: Vec<(Vec<EdgeId>, Vec<EdgeId>)>,
    fills: Vec<(Vec<EdgeId>, crate::value::Json)>,
    source_fills: Vec<(Vec<EdgeId>, crate::value::Json)>,
    computes: Vec<Computed>,
}

impl<'s> Change<'s> {
    pub(super) fn new(scope: &'s Scope) -> Change<'s> {
        Change {
            editor: Editor::new(&scope.schema),
            source: scope.schema.clone(),
            touched: Vec::new(),
            sent: Vec::new(),
            conditions: Vec::new(),
        }
    }

    fn touch(&mut self, object: VertexId) -> Option<&mut Touched> {
        let at = self.touched.iter().position(|touched| touched.object == object);
        let at = at.unwrap_or_else(|| {
            self.touched.push(Touched {
                object,
                links: Vec::new(),
                fills: Vec::new(),
                source_fills: Vec::new(),
                computes: Vec::new(),
            });
            self.touched.len() - 1
        });
        self.touched.get_mut(at)
    }

    /// A member of an object goes from one way to another. Members that keep their property link by themselves.
    pub(super) fn link(&mut self, object: VertexId, from: Vec<EdgeId>, to: Vec<EdgeId>) {
        if let Some(touched) = self.touch(object) {
            touched.links.push((from, to));
        }
    }

    /// The members of an object are matched by what became of their properties, never by name.
    pub(super) fn matched(&mut self, object: VertexId) {
        self.touch(object);
    }

    /// The value of a member that records do not have.
    pub(super) fn fill(&mut self, object: VertexId, way: Vec<EdgeId>, value: crate::value::Json) {
        if let Some(touched) = self.touch(object) {
            touched.fills.push((way, value));
        }
    }

    /// The value of a member that views without memory do not have.
    pub(super) fn source_fill(&mut self, object: VertexId, way: Vec<EdgeId>, value: crate::value::Json) {
        if let Some(touched) = self.touch(object) {
            touched.source_fills.push((way, value));
        }
    }

    /// The values that an edge leads to go through an expression.
    pub(super) fn send(&mut self, edge: EdgeId, formula: Apply) {
        self.sent.push((edge, formula));
    }

    /// A member survives only where a condition over its object holds.
    pub(super) fn survives(&mut self, edge: EdgeId, when: Expr) {
        self.conditions.push((edge, when));
    }

    /// Members of an object are made of others, which are kept as well or consumed.
    pub(super) fn compute(
        &mut self,
        object: VertexId,
        inputs: Vec<(Name, EdgeId)>,
        outputs: Vec<(Name, EdgeId)>,
        kept: bool,
        formula: Apply,
    ) {
        if let Some(touched) = self.touch(object) {
            touched.computes.push(Computed { inputs, outputs, kept, formula });
        }
    }

    /// The changed schema and its migration.
    pub(super) fn finish(self) -> Result<Applied> {
        let Change { editor, source, touched, sent, conditions } = self;
        let edited = editor.finish()?;
        let way = |way: &[EdgeId]| way.iter().map(|edge| edited.edge(*edge)).collect::<Option<Vec<_>>>();
        let mut objects = Vec::new();
        for touched in &touched {
            let Some(image) = edited.vertex(touched.object) else { continue };
            let mut matches = ObjectMatch::default();
            let mut used_from: Vec<&EdgeId> = Vec::new();
            for (from, to) in &touched.links {
                if let [only] = from.as_slice() {
                    used_from.push(only);
                }
                if let Some(to) = way(to) {
                    matches.links.push(FieldMatch { from: from.clone(), to, reason: Reason::Hint });
                }
            }
            for (id, _) in source.props(touched.object) {
                let Some(to) = edited.edge(id).filter(|_| !used_from.contains(&&id)) else { continue };
                let stays = edited.schema.edge(to);
                if stays.src == image
                    && stays.kind == EdgeKind::Prop
                    && matches.links.iter().all(|link| link.to != [to])
                {
                    matches.links.push(FieldMatch { from: vec![id], to: vec![to], reason: Reason::SameName });
                }
            }
            matches.links.arrange_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
            for (to, value) in &touched.fills {
                if let Some(to) = way(to) {
                    matches.fills.insert(to, value.clone());
                }
            }
            matches.source_fills.extend(touched.source_fills.iter().cloned());
            for computed in &touched.computes {
                let output = |(name, edge): &(Name, EdgeId)| {
                    Some(Output { name: name.clone(), way: vec![edited.edge(*edge)?] })
                };
                let input = |(name, edge): &(Name, EdgeId)| Input {
                    name: name.clone(),
                    way: vec![*edge],
                    kept: computed.kept,
                };
                matches.computes.push(Compute {
                    inputs: computed.inputs.iter().map(input).collect(),
                    outputs: computed.outputs.iter().filter_map(output).collect(),
                    forward: computed.formula.forward.clone(),
                    backward: computed.formula.backward.clone(),
                    class: computed.formula.class,
                });
            }
            objects.push(((touched.object, image), matches));
        }
        let arms = arms(&source, &edited);
        let applies: Vec<_> = sent
            .into_iter()
            .filter_map(|(edge, formula)| Some(((edge, edited.edge(edge)?), formula)))
            .collect();
        let (schema, vertices) = edited.into_parts();
        let image = |id: VertexId| vertices.get(id.0 as usize).copied().flatten();
        let mut migration = Migration::new(source.clone(), Arc::new(schema));
        if let Some(main) = image(source.main()) {
            migration.roots.1 = main;
        }
        migration.objects = objects.into_iter().collect();
        migration.arms = arms;
        migration.applies.extend(applies);
        migration.survival.extend(conditions);
        Ok(Applied { migration, vertices })
    }
}

type Arms = crate::ordered::BTreeMap<(VertexId, VertexId), Vec<(u32, u32)>>;

/// The arms of every union that has as many as before, each with itself; of the others, those that are left.
fn arms(source: &Schema, edited: &crate::schema::Edited) -> Arms {
    let mut all = Arms::new();
    for (id, vertex) in source.vertices().filter(|(_, vertex)| vertex.kind == Kind::Union) {
        let Some(image) = edited.vertex(id) else { continue };
        if edited.schema.vertex(image).kind != vertex.kind {
            continue;
        }
        let after: Vec<EdgeId> =
            edited.schema.outgoing_of(image, EdgeKind::Variant).map(|(id, _)| id).collect();
        let pairs = (0u32..).zip(source.outgoing_of(id, EdgeKind::Variant)).filter_map(|(at, (edge, _))| {
            let there = edited.edge(edge)?;
            let index = after.iter().position(|other| *other == there)?;
            Some((at, index as u32))
        });
        all.insert((id, image), pairs.collect());
    }
    all
}

impl Change<'_> {
    /// The object that a property leads to, as one that nothing else uses: a shared definition is copied for this
    /// property. (What is copied keeps its members, and refers to what it referred to.)
    pub(super) fn private_object(&mut self, edge: EdgeId) -> VertexId {
        let base = self.editor.base();
        let at = base.edge(edge).tgt;
        let object = base.resolve(at).vertex;
        if !is_shared(base, edge) {
            return object;
        }
        let mut vertex = base.vertex(object).clone();
        vertex.id = base.vertex(at).id.clone();
        vertex.nullable = base.resolve(at).nullable;
        vertex.nsid = None;
        let copy = self.editor.add_vertex(vertex);
        for (_, inner) in base.outgoing(object) {
            let mut inner = inner.clone();
            inner.src = copy;
            self.editor.add_edge(inner, None);
        }
        self.editor.retarget(edge, copy);
        copy
    }

    /// The edge of a member of the object that a property leads to, in an object that nothing else uses.
    pub(super) fn private(&mut self, edge: EdgeId, member: EdgeId) -> EdgeId {
        let object = self.private_object(edge);
        let name = self.editor.base().edge(member).name.clone();
        if self.editor.base().edge(member).src == object {
            return member;
        }
        let mut edges = self.editor.outgoing(object);
        let found = edges.find(|(_, edge)| edge.kind == EdgeKind::Prop && edge.name == name);
        found.map_or(member, |(id, _)| id)
    }
}

/// Whether something else leads to what a property leads to, through references.
fn is_shared(schema: &Schema, edge: EdgeId) -> bool {
    let end = schema.resolve(schema.edge(edge).tgt).vertex;
    let mut at = schema.edge(edge).tgt;
    loop {
        let uses = schema.edges().filter(|(_, other)| other.tgt == at).count();
        if uses > 1 || schema.roots().iter().any(|root| root.vertex == at) {
            return true;
        }
        if at == end {
            return false;
        }
        let Some((_, next)) = schema.outgoing(at).next() else { return false };
        at = next.tgt;
    }
}
