//! What the target asks for: bounds, required members, arms, order, recursion.

use super::{ExistenceError, Finding, Work};
use crate::compat::scalar::implied;
use crate::migration::Migration;
use crate::ordered::BTreeSet;
use crate::schema::{EdgeId, EdgeKind, Kind, Schema, Sort, VertexId};

impl Work<'_> {
    /// Every constraint of an image follows from those of the source.
    pub(super) fn constraints(&mut self) {
        for (from, to) in self.images.clone() {
            let (left, right) = (self.source.resolve(from).vertex, self.target.resolve(to).vertex);
            let (a, b) = (self.source.vertex(left), self.target.vertex(right));
            if a.kind != b.kind {
                // Bounds of another type say nothing of these values: what is converted is checked.
                continue;
            }
            for constraint in &b.constraints {
                if constraint.sort == Sort::KnownValues || implied(a, constraint) {
                    continue;
                }
                let was = a.constraint(constraint.sort).map(|known| text(&known.value)).unwrap_or_default();
                let error = ExistenceError::ConstraintTightened {
                    vertex: b.id.to_string(),
                    sort: constraint.sort.to_string(),
                    src_val: was,
                    tgt_val: text(&constraint.value),
                };
                let path = self.target_path(to);
                self.findings.push(Finding::new(
                    error,
                    "constraint-tightened",
                    &path,
                    "records with other values are refused one by one; `coverage` counts them",
                ));
            }
        }
    }

    /// Every required member of an image has something that becomes it, or a value that fills it.
    pub(super) fn required(&mut self, migration: &Migration) {
        for (pair, object) in &migration.objects {
            for (id, edge) in self.target.props(pair.1).filter(|(_, edge)| edge.required) {
                let linked = object.links.iter().any(|link| link.to.first() == Some(&id));
                let outputs = object.computes.iter().flat_map(|compute| &compute.outputs);
                let computed = object.fills.contains_key(&[id][..])
                    || outputs.into_iter().any(|output| output.way.first() == Some(&id));
                let vertex = self.target.vertex(edge.tgt);
                let meaning = self.target.vertex(self.target.resolve(edge.tgt).vertex);
                let expressions = &self.target.enrichment().defaults;
                let filled = vertex.default.is_some()
                    || meaning.default.is_some()
                    || expressions.contains_key(&edge.tgt);
                if linked || computed || filled {
                    continue;
                }
                let field = edge.name.as_ref().map(ToString::to_string).unwrap_or_default();
                let above = self.target_paths.get(&pair.1).cloned().unwrap_or_default();
                let path = if above.is_empty() { field.clone() } else { format!("{above}.{field}") };
                let vertex = self.target.vertex(pair.1).id.to_string();
                self.findings.push(Finding::new(
                    ExistenceError::RequiredFieldMissing { vertex, field },
                    "required-field-missing",
                    &path,
                    "map a member to it, or give it a default",
                ));
            }
        }
    }

    /// What may be absent does not become what has to be there, unless a value fills it.
    pub(super) fn usage(&mut self, migration: &Migration) {
        for (pair, object) in &migration.objects {
            for link in &object.links {
                let sure =
                    |schema: &Schema, way: &[EdgeId]| way.iter().all(|edge| schema.edge(*edge).required);
                let Some(end) = link.to.last().map(|edge| self.target.edge(*edge)) else { continue };
                let filled = object.fills.contains_key(&link.to)
                    || self.target.vertex(end.tgt).default.is_some()
                    || self.target.vertex(self.target.resolve(end.tgt).vertex).default.is_some();
                if !end.required || filled || sure(self.source, &link.from) {
                    continue;
                }
                let name = end.name.as_ref().map(ToString::to_string).unwrap_or_default();
                let above = self.target_paths.get(&pair.1).cloned().unwrap_or_default();
                let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
                let message = format!("`{name}` has to be there, and what becomes it may be absent");
                self.findings.push(Finding::new(
                    ExistenceError::WellFormedness { message },
                    "usage-tightened",
                    &path,
                    "give it a default, or map a member that is always there",
                ));
            }
        }
    }

    /// A mapped union keeps its arms, as long as it is closed.
    pub(super) fn variants(&mut self) {
        for (from, to) in self.images.clone() {
            let (left, right) = (self.source.resolve(from).vertex, self.target.resolve(to).vertex);
            if self.source.vertex(left).kind != Kind::Union || self.target.vertex(right).kind != Kind::Union {
                continue;
            }
            let arms: Vec<_> =
                self.target.outgoing_of(right, EdgeKind::Variant).map(|(_, edge)| edge).collect();
            for (_, arm) in self.source.outgoing_of(left, EdgeKind::Variant) {
                let image = self.images.get(&arm.tgt).or_else(|| {
                    // An arm that is a reference may be mapped by what it refers to.
                    self.images.get(&self.source.resolve(arm.tgt).vertex)
                });
                let kept = match image {
                    Some(image) => arms.iter().any(|other| {
                        other.tgt == *image
                            || self.target.resolve(other.tgt).vertex == self.target.resolve(*image).vertex
                    }),
                    None => arms.iter().any(|other| {
                        (arm.name.is_some() && other.name == arm.name)
                            || self.target.vertex(other.tgt).id == self.source.vertex(arm.tgt).id
                    }),
                };
                if !kept {
                    let tag = arm.name.as_ref().unwrap_or(&self.source.vertex(arm.tgt).id);
                    let message = format!("the arm `{tag}` of the union is gone");
                    let path = self.path(from);
                    self.findings.push(Finding::new(
                        ExistenceError::WellFormedness { message },
                        "variant-dropped",
                        &path,
                        "map the arm, or keep one of the same tag: records of this arm have no view",
                    ));
                }
            }
        }
    }

    /// Items that have places keep them.
    pub(super) fn order(&mut self) {
        let ordered = |schema: &Schema, at: VertexId| schema.outgoing_of(at, EdgeKind::Prefix).count();
        for (from, to) in self.images.clone() {
            let (left, right) = (self.source.resolve(from).vertex, self.target.resolve(to).vertex);
            let (a, b) = (ordered(self.source, left), ordered(self.target, right));
            if a > 0 && self.target.vertex(right).kind == Kind::Array && a != b {
                let message = format!("the list has {a} items with a place of their own, its image {b}");
                let path = self.path(from);
                self.findings.push(Finding::new(
                    ExistenceError::WellFormedness { message },
                    "order-lost",
                    &path,
                    "map the list to one that keeps the places of its items",
                ));
            }
        }
    }

    /// A vertex that leads back to itself stays one if everything on the way back is mapped.
    pub(super) fn recursion(&mut self) {
        let (here, there) = (cyclic(self.source), cyclic(self.target));
        for (from, to) in self.images.clone() {
            let (left, right) = (self.source.resolve(from).vertex, self.target.resolve(to).vertex);
            if here.contains(&left) && !there.contains(&right) && from == left {
                let message =
                    format!("`{}` leads back to itself, its image does not", self.source.vertex(from).id);
                let path = self.path(from);
                self.findings.push(Finding::new(
                    ExistenceError::WellFormedness { message },
                    "recursion-broken",
                    &path,
                    "map the definition to one that is recursive in the same way",
                ));
            }
        }
    }
}

fn text(value: &crate::value::Json) -> String {
    crate::diff::published::value_text(value)
}

/// The vertices that lead back to themselves: strongly connected parts, found without recursion in linear time.
fn cyclic(schema: &Schema) -> BTreeSet<VertexId> {
    // Two passes: an order of finishing, then parts against the direction of edges.
    let size = schema.len();
    let mut seen = vec![false; size];
    let mut order = Vec::with_capacity(size);
    for start in schema.vertex_ids() {
        if mark(&mut seen, start) {
            let mut stack = vec![(start, schema.outgoing(start))];
            while let Some((vertex, edges)) = stack.last_mut() {
                match edges.next() {
                    Some((_, edge)) => {
                        if mark(&mut seen, edge.tgt) {
                            stack.push((edge.tgt, schema.outgoing(edge.tgt)));
                        }
                    }
                    None => {
                        order.push(*vertex);
                        stack.pop();
                    }
                }
            }
        }
    }
    let mut incoming: Vec<Vec<VertexId>> = vec![Vec::new(); size];
    let mut found = BTreeSet::new();
    for (_, edge) in schema.edges() {
        if edge.src == edge.tgt {
            found.insert(edge.src);
        }
        if let Some(list) = incoming.get_mut(edge.tgt.0 as usize) {
            list.push(edge.src);
        }
    }
    let mut placed = vec![false; size];
    for start in order.into_iter().rev() {
        if !mark(&mut placed, start) {
            continue;
        }
        let (mut part, mut work) = (vec![start], vec![start]);
        while let Some(vertex) = work.pop() {
            for above in incoming.get(vertex.0 as usize).into_iter().flatten() {
                if mark(&mut placed, *above) {
                    part.push(*above);
                    work.push(*above);
                }
            }
        }
        if part.len() > 1 {
            found.extend(part);
        }
    }
    found
}

/// Marks a vertex; whether it was not marked before.
fn mark(marks: &mut [bool], at: VertexId) -> bool {
    marks.get_mut(at.0 as usize).is_some_and(|mark| !std::mem::replace(mark, true))
}
