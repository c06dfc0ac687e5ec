//! Symmetric lenses: two schemas that share a part, and records of both that follow one another.
//!
//! The part that they share, the *overlap*, is a schema of its own: the left one without what has no match on the
//! right. Each side is a lens onto it. What only one side has stays in that side's complement, so that an edit on
//! one side never costs the other side anything.

use super::frame::{Reader, corrupt, write_varint};
use super::stages::{Lens, undecided};
use super::trace::{self, Step};
use crate::align::{Hints, between};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::limits::Budget;
use crate::migration::arms::arms;
use crate::migration::{Apply, FieldMatch, Migration, ObjectMatch, Question};
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{EdgeId, EdgeKind, Editor, Kind, Openness, Schema, ShapeMemo, VertexId};
use std::sync::Arc;

/// Two lenses onto one overlap.
#[derive(Clone, Debug)]
pub struct Symmetric {
    /// From the left schema to the overlap.
    pub left: Lens,
    /// From the right schema to the overlap.
    pub right: Lens,
    /// Paths of members that only one side has.
    pub unshared: (Vec<String>, Vec<String>),
}

impl Symmetric {
    /// The symmetric lens of two schemas: they share what a migration between them matches, by names and hints. What
    /// is not matched is not shared, and never guessed.
    ///
    /// # Errors
    /// Those of [`between`]; `migration-undecided` where a matched pair of positions cannot be decided;
    /// `overlap-one-way` where a match is an expression without a way back.
    pub fn between(
        left: &Arc<Schema>,
        right: &Arc<Schema>,
        hints: &Hints,
        budget: &mut Budget,
    ) -> Result<Symmetric> {
        let migration = between(left, right, hints, budget)?;
        let about_members = |question: &&Question| {
            !matches!(question.code, "unmatched-field" | "required-without-value" | "default-refused")
        };
        let open: Vec<Question> = migration.questions.iter().filter(about_members).cloned().collect();
        if !open.is_empty() {
            return Err(undecided(&open));
        }
        let mut walk = Walk {
            migration: &migration,
            shapes: ShapeMemo::new(left, right),
            seen: BTreeSet::new(),
            work: Vec::new(),
            objects: BTreeSet::new(),
            kept: BTreeMap::new(),
            links: BTreeMap::new(),
            arms: BTreeMap::new(),
            unshared: (BTreeSet::new(), BTreeSet::new()),
        };
        walk.reach(migration.roots, Vec::new(), Vec::new());
        while let Some((pair, source, target)) = walk.work.pop() {
            budget.spend(1 + left.slots(pair.0).len() as u64 + right.slots(pair.1).len() as u64)?;
            walk.visit(pair, &source, &target);
        }
        walk.finish(budget)
    }

    /// The schema of what both sides have.
    pub fn overlap(&self) -> &Arc<Schema> {
        self.left.target()
    }
}

type Pair = (VertexId, VertexId);
type Way = Vec<EdgeId>;

struct Walk<'m> {
    migration: &'m Migration,
    shapes: ShapeMemo<'m>,
    seen: BTreeSet<Pair>,
    work: Vec<(Pair, Vec<Step>, Vec<Step>)>,
    /// Objects of the left of which only what is kept belongs to the overlap.
    objects: BTreeSet<VertexId>,
    /// Their kept members, and whether both sides require them.
    kept: BTreeMap<EdgeId, bool>,
    /// Links by pair of objects, from the right to the left.
    links: BTreeMap<Pair, Vec<FieldMatch>>,
    arms: BTreeMap<Pair, Vec<(u32, u32)>>,
    unshared: (BTreeSet<String>, BTreeSet<String>),
}

impl<'m> Walk<'m> {
    fn schemas(&self) -> (&'m Schema, &'m Schema) {
        (&self.migration.source, &self.migration.target)
    }

    fn reach(&mut self, (left, right): Pair, source: Vec<Step>, target: Vec<Step>) {
        let (from, to) = self.schemas();
        let pair = (from.resolve(left).vertex, to.resolve(right).vertex);
        if self.seen.insert(pair) {
            self.work.push((pair, source, target));
        }
    }

    fn visit(&mut self, pair: Pair, source: &[Step], target: &[Step]) {
        let (from, to) = self.schemas();
        let (left, right) = pair;
        if from.props(left).next().is_some() || to.props(right).next().is_some() {
            self.object(pair, source, target);
        }
        let below = |path: &[Step], step: Step| [path, &[step]].concat();
        let kinds = [(EdgeKind::Items, Step::Item(None)), (EdgeKind::Additional, Step::Values)];
        for (kind, step) in kinds {
            if let (Some(left), Some(right)) = (from.target_of(left, kind.clone()), to.target_of(right, kind))
            {
                self.reach((left, right), below(source, step.clone()), below(target, step));
            }
        }
        let fixed = from
            .outgoing_of(left, EdgeKind::Prefix)
            .zip(to.outgoing_of(right, EdgeKind::Prefix))
            .map(|((_, left), (_, right))| (left.tgt, right.tgt))
            .collect::<Vec<_>>();
        for pair in fixed {
            self.reach(pair, below(source, Step::Item(None)), below(target, Step::Item(None)));
        }
        if from.vertex(left).kind == Kind::Union || to.vertex(right).kind == Kind::Union {
            let (lefts, rights) = (arms(from, left), arms(to, right));
            let pairs = self.migration.arms(left, right, &lefts, &rights, &mut self.shapes);
            for (a, b) in &pairs {
                if let (Some(a), Some(b)) = (lefts.get(*a), rights.get(*b)) {
                    self.reach((a.vertex, b.vertex), source.to_vec(), target.to_vec());
                }
            }
            self.arms.insert(pair, pairs.iter().map(|(a, b)| (*b as u32, *a as u32)).collect());
        }
    }

    fn object(&mut self, pair: Pair, source: &[Step], target: &[Step]) {
        let (from, to) = self.schemas();
        let matches = self.migration.object(pair.0, pair.1);
        self.objects.insert(pair.0);
        let sure = |schema: &Schema, way: &[EdgeId]| way.iter().all(|edge| schema.edge(*edge).required);
        let mut turned = Vec::with_capacity(matches.links.len());
        for link in &matches.links {
            for edge in &link.from {
                let required = from.edge(*edge).required;
                let both = self.kept.entry(*edge).or_insert(required);
                if link.from.last() == Some(edge) {
                    *both &= sure(to, &link.to);
                }
            }
            if let [above @ .., _] = link.from.as_slice() {
                self.objects.extend(above.iter().map(|edge| from.resolve(from.edge(*edge).tgt).vertex));
            }
            let ends = (link.from.last(), link.to.last());
            if let (Some(left), Some(right)) = ends {
                let pair = (from.edge(*left).tgt, to.edge(*right).tgt);
                self.reach(pair, walked(from, source, &link.from), walked(to, target, &link.to));
            }
            turned.push(FieldMatch { from: link.to.clone(), to: link.from.clone(), reason: link.reason });
        }
        let lefts: BTreeSet<_> = matches.links.iter().filter_map(|link| link.from.first()).collect();
        let rights: BTreeSet<_> = matches.links.iter().filter_map(|link| link.to.first()).collect();
        for (edge, _) in from.props(pair.0).filter(|(edge, _)| !lefts.contains(edge)) {
            self.unshared.0.insert(trace::print(&walked(from, source, &[edge])));
        }
        for (edge, _) in to.props(pair.1).filter(|(edge, _)| !rights.contains(edge)) {
            self.unshared.1.insert(trace::print(&walked(to, target, &[edge])));
        }
        self.links.insert(pair, turned);
    }

    /// Cuts the overlap out of the left schema, and leads both sides to it.
    fn finish(self, budget: &mut Budget) -> Result<Symmetric> {
        let (from, _) = self.schemas();
        let mut editor = Editor::new(from);
        for vertex in &self.objects {
            for (id, edge) in from.props(*vertex) {
                match self.kept.get(&id) {
                    None => editor.remove_edge(id),
                    Some(required) if *required != edge.required => {
                        if let Some(edge) = editor.edge_mut(id) {
                            edge.required = *required;
                        }
                    }
                    Some(_) => {}
                }
            }
            // What no schema declares belongs to the side that has it.
            let has_maps = from
                .outgoing(*vertex)
                .any(|(_, edge)| matches!(edge.kind, EdgeKind::Pattern | EdgeKind::Additional));
            if let (false, Some(vertex)) = (has_maps, editor.vertex_mut(*vertex)) {
                vertex.openness = Openness::Closed;
            }
        }
        let edited = editor.finish()?;
        let (vertex, edge) = (|id| edited.vertex(id), |id| edited.edge(id));
        let overlap = Arc::new(edited.schema.clone());
        let roots = self.migration.roots;
        let mut left = Migration::new(self.migration.source.clone(), overlap.clone());
        let mut right = Migration::new(self.migration.target.clone(), overlap.clone());
        left.roots = (roots.0, vertex(roots.0).unwrap_or(overlap.main()));
        right.roots = (roots.1, left.roots.1);
        left.exactly_one = self.migration.exactly_one.clone();
        (left.trusted, right.trusted) = (self.migration.trusted.clone(), self.migration.trusted.clone());
        for (pair, links) in &self.links {
            let Some(image) = vertex(pair.0) else { continue };
            let links = links.iter().filter_map(|link| {
                let to: Option<Way> = link.to.iter().map(|id| edge(*id)).collect();
                Some(FieldMatch { from: link.from.clone(), to: to?, reason: link.reason })
            });
            let matches = self.migration.object(pair.0, pair.1);
            let object = ObjectMatch {
                links: links.collect(),
                source_fills: matches.fills.clone(),
                ..ObjectMatch::default()
            };
            right.objects.insert((pair.1, image), object);
            let own = ObjectMatch { source_fills: matches.source_fills, ..left.object(pair.0, image) };
            left.objects.insert((pair.0, image), own);
        }
        for (pair, arms) in self.arms {
            if let Some(image) = vertex(pair.0) {
                right.arms.insert((pair.1, image), arms);
            }
            if self.migration.exactly_one.contains(&pair.0) {
                right.exactly_one.insert(pair.1);
            }
        }
        for ((one, other), apply) in &self.migration.applies {
            let Some(image) = edge(*one) else { continue };
            let Some(backward) = apply.backward.clone() else { return Err(one_way()) };
            let turned =
                Apply { forward: backward, backward: Some(apply.forward.clone()), class: apply.class };
            right.applies.insert((*other, image), turned);
        }
        Ok(Symmetric {
            left: Lens::of(Arc::new(left), budget)?,
            right: Lens::of(Arc::new(right), budget)?,
            unshared: (self.unshared.0.into_iter().collect(), self.unshared.1.into_iter().collect()),
        })
    }
}

fn walked(schema: &Schema, path: &[Step], way: &[EdgeId]) -> Vec<Step> {
    let mut path = path.to_vec();
    path.extend(way.iter().map(|edge| Step::Member(schema.edge(*edge).name.as_deref().unwrap_or("").into())));
    path
}

#[cold]
fn one_way() -> crate::diagnostic::Error {
    let message = "a member is shared through an expression that has no way back";
    Diagnostic::new(ErrorKind::Migration, "overlap-one-way", message)
        .help("give the expression an inverse, or say with a hint that the member is gone")
        .boxed()
}

/// What a state begins with; the last byte is the version of the format.
const MAGIC: &[u8; 4] = b"PPS\x01";

/// What is remembered of both sides: complements, header and body each; empty where a side was not seen yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Of the left record.
    pub left: Vec<u8>,
    /// Of the right record.
    pub right: Vec<u8>,
}

impl State {
    /// The stored bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for side in [&self.left, &self.right] {
            write_varint(&mut out, side.len() as u64);
            out.extend_from_slice(side);
        }
        out
    }

    /// The state that [`State::encode`] gave these bytes; the complements in it are checked when they are used.
    ///
    /// # Errors
    /// `complement-corrupt`, `complement-truncated`.
    pub fn decode(bytes: &[u8]) -> Result<State> {
        let body = bytes.strip_prefix(MAGIC).ok_or_else(|| corrupt("it is no state of a symmetric lens"))?;
        let mut reader = Reader::new(body);
        let mut side = || {
            let length = usize::try_from(reader.varint()?).unwrap_or(usize::MAX);
            reader.take(length).map(<[u8]>::to_vec)
        };
        let state = State { left: side()?, right: side()? };
        if reader.is_empty() { Ok(state) } else { Err(corrupt("bytes follow its end")) }
    }
}
