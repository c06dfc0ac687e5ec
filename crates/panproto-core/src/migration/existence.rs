//! Whether an explicit migration can exist: the conditions that a mapping has to meet, checked one by one, with
//! every fault told.

mod report;
mod targets;

pub use report::{ExistenceError, ExistenceReport, Field, Finding};

use super::explicit::find_edge;
use super::hyper::{self, HyperFault};
use super::mapping::{EdgeKey, Mapping};
use super::{Migration, places};
use crate::limits::Budget;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::protocol::Protocol;
use crate::schema::{Kind, Schema, TypeSet, Vertex, VertexId};
use crate::theory::builtin;
use std::sync::Arc;

/// Which conditions a protocol asks for: one for each sort that its theories have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditions {
    /// `Constraint`: bounds and required members.
    pub constraint: bool,
    /// `HyperEdge`: relations keep their labels and positions.
    pub hyper_edge: bool,
    /// `Node`: records reach every mapped vertex from a root.
    pub node: bool,
    /// `Variant`: arms of unions.
    pub variant: bool,
    /// `Position`: order of items.
    pub position: bool,
    /// `Mu`: recursion.
    pub mu: bool,
    /// `Usage`: what may be absent may stay absent.
    pub usage: bool,
}

impl Conditions {
    /// All of them: what holds for the built-in protocols and for those that nothing is known of.
    pub const ALL: Conditions = Conditions {
        constraint: true,
        hyper_edge: true,
        node: true,
        variant: true,
        position: true,
        mu: true,
        usage: true,
    };

    /// Those of a protocol: of a built-in one what its theories have, of another one what its flags and sorts say.
    pub fn of(protocol: &Protocol) -> Conditions {
        if let (Some(schemas), Some(instances)) =
            (builtin::schema_theory(&protocol.name), builtin::instance_theory(&protocol.name))
        {
            return Conditions {
                constraint: schemas.has_sort("Constraint"),
                // Schemas of any protocol may hold hyper-edges here.
                hyper_edge: true,
                node: instances.has_sort("Node"),
                variant: schemas.has_sort("Variant"),
                position: schemas.has_sort("Position"),
                mu: schemas.has_sort("Mu"),
                usage: schemas.has_sort("Usage"),
            };
        }
        if protocol.is_open() {
            return Conditions::ALL;
        }
        let theory = |part: &str| protocol.schema_theory.as_str().contains(part);
        Conditions {
            constraint: !protocol.constraint_sorts.is_empty() || theory("Constr"),
            hyper_edge: true,
            node: protocol.instance_theory != "ThFunctor" && protocol.instance_theory != "ThFlat",
            variant: protocol.features.has_coproducts || theory("Variant"),
            position: protocol.features.has_order || theory("Order"),
            mu: protocol.features.has_recursion || theory("Recursion"),
            usage: true,
        }
    }
}

/// Checks a mapping between two schemas. Every fault is told; none ends the check.
pub fn check(
    source: &Arc<Schema>,
    target: &Arc<Schema>,
    mapping: &Mapping,
    conditions: Conditions,
) -> ExistenceReport {
    let ids = |schema: &'_ Schema| -> BTreeMap<String, VertexId> {
        schema.vertices().map(|(id, vertex)| (vertex.id.to_string(), id)).collect()
    };
    let mut work = Work {
        source,
        target,
        mapping,
        sources: ids(source),
        targets: ids(target),
        paths: places(source, source.main()),
        target_paths: places(target, target.main()),
        images: BTreeMap::new(),
        findings: Vec::new(),
    };
    work.vertices();
    work.edges();
    work.labels();
    work.resolvers();
    work.kinds();
    if conditions.hyper_edge {
        work.hyper_edges();
    }
    if conditions.constraint {
        work.constraints();
    }
    if conditions.variant {
        work.variants();
    }
    if conditions.position {
        work.order();
    }
    if conditions.mu {
        work.recursion();
    }
    if conditions.node {
        work.reachability();
    }
    let whole = work.findings.iter().all(|finding| !finding.is_structural());
    let stated = if whole {
        Migration::explicit(source.clone(), target.clone(), mapping, &mut Budget::default())
    } else {
        return work.report();
    };
    match stated {
        Ok(migration) => {
            if conditions.constraint {
                work.required(&migration);
            }
            if conditions.usage {
                work.usage(&migration);
            }
        }
        Err(error) => work.findings.push(Finding::of_error(&error)),
    }
    work.report()
}

struct Work<'m> {
    source: &'m Schema,
    target: &'m Schema,
    mapping: &'m Mapping,
    sources: BTreeMap<String, VertexId>,
    targets: BTreeMap<String, VertexId>,
    paths: BTreeMap<VertexId, String>,
    target_paths: BTreeMap<VertexId, String>,
    images: BTreeMap<VertexId, VertexId>,
    findings: Vec<Finding>,
}

impl Work<'_> {
    fn report(self) -> ExistenceReport {
        ExistenceReport { findings: self.findings }
    }

    fn say(&mut self, error: ExistenceError, code: &'static str, path: &str, help: &str) {
        self.findings.push(Finding::new(error, code, path, help));
    }

    fn path(&self, at: VertexId) -> String {
        self.paths.get(&at).cloned().unwrap_or_else(|| self.source.vertex(at).id.to_string())
    }

    fn target_path(&self, at: VertexId) -> String {
        self.target_paths.get(&at).cloned().unwrap_or_else(|| self.target.vertex(at).id.to_string())
    }

    fn vertices(&mut self) {
        for (from, to) in &self.mapping.vertices {
            match (self.sources.get(from), self.targets.get(to)) {
                (Some(from), Some(to)) => {
                    self.images.insert(*from, *to);
                }
                (found, other) => {
                    for (id, side) in [(from, "source"), (to, "target")]
                        .into_iter()
                        .zip([found.is_none(), other.is_none()])
                        .filter_map(|(named, missing)| missing.then_some(named))
                    {
                        let message = format!("the {side} schema has no vertex `{id}`");
                        self.findings.push(Finding::new(
                            ExistenceError::WellFormedness { message },
                            "unknown-vertex",
                            id,
                            "vertices are named by their ids; `schema.graph` lists them",
                        ));
                    }
                }
            }
        }
    }

    /// The two ends of an edge that is there.
    fn edge(&self, key: &EdgeKey, of_source: bool) -> Option<(VertexId, VertexId)> {
        let (schema, ids) =
            if of_source { (self.source, &self.sources) } else { (self.target, &self.targets) };
        let ends = (*ids.get(&key.src)?, *ids.get(&key.tgt)?);
        find_edge(schema, ends.0, ends.1, key).map(|_| ends)
    }

    fn edges(&mut self) {
        for (from, to) in &self.mapping.edges {
            let (left, right) = (self.edge(from, true), self.edge(to, false));
            for (key, found, side) in [(from, left, "source"), (to, right, "target")] {
                if found.is_none() {
                    let error = ExistenceError::EdgeMissing {
                        src: key.src.clone(),
                        tgt: key.tgt.clone(),
                        kind: key.kind.clone(),
                    };
                    let help = format!("the {side} schema has no edge `{}` there", key.label());
                    self.say(error, "edge-missing", &key.src, &help);
                }
            }
            let (Some(left), Some(right)) = (left, right) else { continue };
            let astray = |end: VertexId, image: VertexId| {
                self.images.get(&end).is_some_and(|stated| {
                    self.target.resolve(*stated).vertex != self.target.resolve(image).vertex
                })
            };
            if astray(left.1, right.1) {
                let detail = format!(
                    "the edge `{}` leads to `{}`, whose image is not `{}`",
                    from.label(),
                    from.tgt,
                    to.tgt
                );
                let path = self.path(left.1);
                self.say(
                    ExistenceError::NotAMorphism { detail },
                    "not-a-morphism",
                    &path,
                    "an edge's image joins the images of its ends",
                );
            }
        }
    }

    /// One label, one image.
    fn labels(&mut self) {
        let mut images: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for ((edge, label), to) in &self.mapping.labels {
            images.entry((edge.clone(), label.clone())).or_default().insert(to.clone());
        }
        for (from, to) in &self.mapping.edges {
            let key = (format!("{} {} {}", from.src, from.tgt, from.kind), from.label().to_owned());
            images.entry(key).or_default().insert(to.label().to_owned());
        }
        for ((at, label), targets) in images.into_iter().filter(|(_, targets)| targets.len() > 1) {
            let error = ExistenceError::LabelInconsistency { label, targets: targets.into_iter().collect() };
            let at = at.split(' ').next().unwrap_or_default();
            self.say(error, "label-inconsistency", at, "a label becomes one label: keep one of the entries");
        }
    }

    fn resolvers(&mut self) {
        let help =
            "a resolver names, for two vertices of the target, an edge of the target from one to the other";
        for (pair, key) in &self.mapping.resolver {
            let ends = self.edge(key, false).map(|(src, tgt)| {
                (self.target.vertex(src).id.to_string(), self.target.vertex(tgt).id.to_string())
            });
            if ends.as_ref() != Some(pair) {
                let path = pair.0.clone();
                self.say(
                    ExistenceError::ResolverInvalid { pair: pair.clone() },
                    "resolver-invalid",
                    &path,
                    help,
                );
            }
        }
        for (pair, _) in &self.mapping.expr_resolvers {
            let path = pair.0.clone();
            let help = "name the edge in `resolver`, and state the expression in a declaration";
            self.say(
                ExistenceError::ResolverInvalid { pair: pair.clone() },
                "resolver-unsupported",
                &path,
                help,
            );
        }
    }

    /// Kinds are kept, or there is a way from one to the other.
    fn kinds(&mut self) {
        let mut astray: BTreeMap<String, (BTreeSet<String>, VertexId)> = BTreeMap::new();
        for (from, to) in &self.images {
            if !self.converts(*from, *to) {
                let kind = self.source.vertex(self.source.resolve(*from).vertex).kind.to_string();
                let target = self.target.vertex(self.target.resolve(*to).vertex).kind.to_string();
                astray.entry(kind).or_insert_with(|| (BTreeSet::new(), *from)).0.insert(target);
            }
        }
        for (kind, (targets, at)) in astray {
            let path = self.path(at);
            let error = ExistenceError::KindInconsistency { kind, targets: targets.into_iter().collect() };
            self.say(
                error,
                "kind-inconsistency",
                &path,
                "state a conversion between the kinds in `coercions`, or map the vertex elsewhere",
            );
        }
    }

    fn converts(&self, from: VertexId, to: VertexId) -> bool {
        let a = self.source.vertex(self.source.resolve(from).vertex);
        let b = self.target.vertex(self.target.resolve(to).vertex);
        if a.kind == b.kind {
            return true;
        }
        let stated = self
            .mapping
            .coercions
            .iter()
            .any(|coercion| coercion.from == a.kind.as_str() && coercion.to == b.kind.as_str());
        let known = |schema: &Schema| {
            let key = (a.kind.as_str().into(), b.kind.as_str().into());
            schema.enrichment().coercions.contains_key(&key)
        };
        if stated || known(self.source) || known(self.target) {
            return true;
        }
        let types = |vertex: &Vertex| {
            if vertex.types.is_empty() { vertex.kind.types() } else { vertex.types }
        };
        let (left, right) = (types(a), types(b));
        let spelled = TypeSet::STRING | TypeSet::NUMBER;
        let free = |kind: &Kind| {
            matches!(kind, Kind::Any | Kind::Unknown | Kind::Union | Kind::Intersection | Kind::External)
        };
        free(&a.kind)
            || free(&b.kind)
            || left.meets(right)
            || (!left.is_empty() && !right.is_empty() && spelled.contains(left) && spelled.contains(right))
            // One value becomes a list of one, a list its first item.
            || (a.kind == Kind::Array) != (b.kind == Kind::Array)
    }

    fn hyper_edges(&mut self) {
        for fault in hyper::faults(self.source, self.target, self.mapping) {
            match fault {
                HyperFault::Missing { id, side } => {
                    let message = format!("the {side} schema has no hyper-edge `{id}`");
                    self.say(ExistenceError::WellFormedness { message }, "unknown-hyper-edge", &id, "");
                }
                HyperFault::Incoherent { hyper_edge, label } => {
                    let path = hyper_edge.clone();
                    let error = ExistenceError::SignatureCoherence { hyper_edge, label };
                    let help = "map the position under the label to the position under its image";
                    self.say(error, "signature-coherence", &path, help);
                }
                HyperFault::MissingLabel { hyper_edge, label } => {
                    let path = hyper_edge.clone();
                    let error = ExistenceError::Simultaneity { hyper_edge, missing_label: label };
                    let help =
                        "all labels of a hyper-edge survive together: map one to this label in `label_map`";
                    self.say(error, "simultaneity", &path, help);
                }
            }
        }
    }

    /// Every mapped vertex is one that records reach, on both sides.
    fn reachability(&mut self) {
        for (from, to) in self.images.clone() {
            let vertex = self.source.vertex(from).id.to_string();
            let reason = if !self.paths.contains_key(&from) {
                "no root of the source leads to it"
            } else if !self.target_paths.contains_key(&to) {
                "no root of the target leads to its image"
            } else {
                continue;
            };
            let error =
                ExistenceError::ReachabilityRisk { vertex: vertex.clone(), reason: reason.to_owned() };
            self.say(
                error,
                "reachability-risk",
                &vertex,
                "map the vertices on the way to it, or leave it out",
            );
        }
    }
}

#[cfg(test)]
mod tests;
