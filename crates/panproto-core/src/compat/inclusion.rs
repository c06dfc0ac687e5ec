//! Inclusion of value sets: is every value at a source position a value at a target position?
//!
//! Coinductive: a question is a *pair* of what says together what a value is on the source side and a vertex on the
//! target side. A pair is checked once, by local rules that give findings and further pairs; what no finding is
//! reached from is proved. Pairs and their links are kept, so that one graph serves every root.

mod arrays;
mod leaves;
mod objects;
mod unions;

use super::finding::Kind as Verdict;
use super::side::Side;
use super::{Reading, scalar};
use crate::diff::type_text;
use crate::instance::pattern::Pattern;
use crate::ordered::{Arrange, BTreeMap, BTreeSet};
use crate::schema::{EdgeKind, Kind, Schema, ShapeMemo, Sort, TypeSet, VertexId};

/// The values of these types at all of the source vertices together (every value, where there is none), against one
/// target vertex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) source: Vec<VertexId>,
    pub(super) types: TypeSet,
    pub(super) target: VertexId,
}

/// A reason against an inclusion, before it is known which side is old.
#[derive(Clone, Debug)]
pub(super) struct Reason {
    pub(super) code: &'static str,
    pub(super) kind: Verdict,
    pub(super) path: String,
    pub(super) source: Option<VertexId>,
    pub(super) target: Option<VertexId>,
    pub(super) source_text: Option<String>,
    pub(super) target_text: Option<String>,
}

/// A further question.
pub(super) struct Child {
    pub(super) pair: Pair,
    pub(super) path: String,
    /// What breaks there need not break here.
    pub(super) weak: bool,
}

/// What the rules say of one pair.
#[derive(Default)]
pub(super) struct Local {
    pub(super) reasons: Vec<Reason>,
    pub(super) children: Vec<Child>,
}

struct Node {
    reasons: Vec<Reason>,
    children: Vec<(usize, bool)>,
}

/// Questions in a row that only try.
const TRIAL_DEPTH: usize = 12;
/// Pairs that are looked at for one verdict, tries included.
const FUEL: u64 = 1_000_000;

/// Answers questions about the same two schemas.
pub(super) struct Inclusion<'a> {
    pub(super) a: Side<'a>,
    pub(super) b: Side<'a>,
    pub(super) reading: Reading,
    shapes: ShapeMemo<'a>,
    index: BTreeMap<Pair, usize>,
    nodes: Vec<Node>,
    proved: BTreeSet<Pair>,
    refused: BTreeSet<Pair>,
    /// What a try assumes while it runs.
    assumed: BTreeSet<Pair>,
    /// The same in order, to take assumptions back.
    assumptions: Vec<Pair>,
    trials: usize,
    /// A try ended for want of depth: its failure says nothing.
    cut: bool,
    fuel: u64,
    patterns: BTreeMap<String, Option<Pattern>>,
}

impl<'a> Inclusion<'a> {
    pub(super) fn new(a: &'a Schema, b: &'a Schema, reading: Reading) -> Inclusion<'a> {
        Inclusion {
            a: Side::of_source(a),
            b: Side::new(b),
            reading,
            shapes: ShapeMemo::new(a, b),
            index: BTreeMap::new(),
            nodes: Vec::new(),
            proved: BTreeSet::new(),
            refused: BTreeSet::new(),
            assumed: BTreeSet::new(),
            assumptions: Vec::new(),
            trials: 0,
            cut: false,
            fuel: FUEL,
            patterns: BTreeMap::new(),
        }
    }

    /// Reasons why the values at `source` are not all values at `target`; none where it is proved that they are.
    pub(super) fn reasons(&mut self, source: VertexId, target: VertexId, path: &str) -> Vec<Reason> {
        let pair = Pair { source: vec![source], types: TypeSet::ALL, target };
        let start = self.build(pair, path);
        // A node is reached strongly, or only by ways on which what breaks need not break the whole.
        let mut seen: BTreeMap<usize, bool> = BTreeMap::new();
        let mut order = Vec::new();
        let mut stack = vec![(start, true)];
        while let Some((at, strong)) = stack.pop() {
            match seen.get(&at) {
                Some(known) if *known || !strong => continue,
                Some(_) => {}
                None => order.push(at),
            }
            seen.insert(at, strong);
            let children = self.nodes.get(at).map_or(&[][..], |node| &node.children);
            stack.extend(children.iter().rev().map(|(child, weak)| (*child, strong && !weak)));
        }
        let mut reasons = Vec::new();
        for at in order {
            for reason in self.nodes.get(at).into_iter().flat_map(|node| &node.reasons) {
                let mut reason = reason.clone();
                if seen.get(&at) != Some(&true) {
                    reason.kind = reason.kind.min(Verdict::Unknown);
                }
                reasons.push(reason);
            }
        }
        reasons
    }

    fn build(&mut self, pair: Pair, path: &str) -> usize {
        if let Some(known) = self.index.get(&pair) {
            return *known;
        }
        let start = self.intern(&pair);
        let mut work = vec![(start, pair, path.to_owned())];
        while let Some((at, pair, path)) = work.pop() {
            let local = self.check(&pair, &path);
            let mut links = Vec::with_capacity(local.children.len());
            let mut fresh = Vec::new();
            for child in local.children {
                let known = self.index.get(&child.pair).copied();
                let to = known.unwrap_or_else(|| self.intern(&child.pair));
                links.push((to, child.weak));
                if known.is_none() {
                    fresh.push((to, child.pair, child.path));
                }
            }
            work.extend(fresh.into_iter().rev());
            if let Some(node) = self.nodes.get_mut(at) {
                node.reasons = local.reasons;
                node.children = links;
            }
        }
        start
    }

    fn intern(&mut self, pair: &Pair) -> usize {
        self.nodes.push(Node { reasons: Vec::new(), children: Vec::new() });
        self.index.insert(pair.clone(), self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// Whether an inclusion is proved, without a word about why not.
    pub(super) fn holds(&mut self, pair: Pair) -> bool {
        if self.proved.contains(&pair) || self.assumed.contains(&pair) {
            return true;
        }
        if self.refused.contains(&pair) {
            return false;
        }
        if self.trials >= TRIAL_DEPTH || self.fuel == 0 {
            self.cut = true;
            return false;
        }
        if self.trials == 0 {
            self.cut = false;
        }
        self.trials += 1;
        let mark = self.assumptions.len();
        let mut work = vec![pair.clone()];
        let mut proved = true;
        while let Some(next) = work.pop() {
            if self.proved.contains(&next) || !self.assumed.insert(next.clone()) {
                continue;
            }
            self.assumptions.push(next.clone());
            let local = if self.refused.contains(&next) { None } else { Some(self.check(&next, "")) };
            match local {
                Some(local) if local.reasons.is_empty() => {
                    work.extend(local.children.into_iter().map(|child| child.pair));
                }
                _ => {
                    proved = false;
                    break;
                }
            }
        }
        self.trials -= 1;
        if !proved {
            for taken in self.assumptions.drain(mark..) {
                self.assumed.remove(&taken);
            }
            // More assumptions could only have helped, so a failure stands.
            if !self.cut {
                self.refused.insert(pair);
            }
        } else if self.trials == 0 {
            // Nothing that was assumed is open any more.
            self.proved.append(&mut self.assumed);
            self.assumptions.clear();
        }
        proved
    }

    /// The rules for one pair.
    fn check(&mut self, pair: &Pair, path: &str) -> Local {
        let mut local = Local::default();
        if self.fuel == 0 {
            self.say(&mut local, pair, path, "verdict-too-large", Verdict::Unknown);
            return local;
        }
        self.fuel -= 1;
        let of_source = |id: &VertexId| self.a.admits(*id);
        let types = pair.source.iter().map(of_source).fold(pair.types, |all, types| all & types);
        if types.is_empty() {
            return local;
        }
        let same =
            pair.source.iter().any(|id| !self.a.reaches_external(*id) && self.shapes.same(*id, pair.target));
        if same {
            return local;
        }
        let missing = types.without(self.b.admits(pair.target));
        if !missing.is_empty() {
            let code = if missing == TypeSet::NULL { "null-refused" } else { "type-narrowed" };
            let kind = if self.is_exact(&pair.source) { Verdict::Breaks } else { Verdict::Unknown };
            self.say(&mut local, pair, path, code, kind);
        }
        let types = types.without(missing);
        if types.is_empty() {
            return local;
        }
        self.delegate(Pair { source: pair.source.clone(), types, target: pair.target }, path, &mut local);
        local
    }

    /// Goes through references, records and intersections on either side, and takes null apart.
    fn delegate(&mut self, pair: Pair, path: &str, local: &mut Local) {
        let Pair { source, mut types, target } = pair;
        let b = self.b.schema.vertex(target);
        if b.nullable {
            if types.meets(TypeSet::NULL) && !b.passes_null() {
                let pair = Pair { source: source.clone(), types: TypeSet::NULL, target };
                self.say(local, &pair, path, "keyword-not-modelled", Verdict::Unknown);
            }
            types = types.without(TypeSet::NULL);
        }
        if types.is_empty() {
            return;
        }
        if b.kind == Kind::External {
            let pair = Pair { source, types, target };
            self.say(local, &pair, path, "external-not-loaded", Verdict::Unknown);
            return;
        }
        // Null is one value, whoever admits it.
        if types.meets(TypeSet::NULL) && !source.is_empty() {
            let pair = Pair { source: Vec::new(), types: TypeSet::NULL, target };
            local.children.push(Child { pair, path: path.to_owned(), weak: !self.is_exact(&source) });
            types = types.without(TypeSet::NULL);
            if types.is_empty() {
                return;
            }
        }
        let pair = Pair { source, types, target };
        let opaque = pair.source.iter().any(|id| self.a.schema.vertex(*id).tainted);
        if opaque || b.tainted {
            self.say(local, &pair, path, "keyword-not-modelled", Verdict::Unknown);
        }
        let next = match b.kind {
            Kind::Ref => EdgeKind::Ref,
            Kind::Record => EdgeKind::RecordSchema,
            Kind::Intersection => EdgeKind::Branch,
            _ => return self.open_source(pair, path, opaque, local),
        };
        let (path, single) = self.through(&pair, path);
        if !b.constraints.is_empty() {
            self.scalars(&pair, &path, opaque, local);
        }
        for (_, edge) in self.b.schema.outgoing_of(target, next) {
            let source = single.map_or_else(|| pair.source.clone(), |id| vec![id]);
            let pair = Pair { source, types, target: edge.tgt };
            local.children.push(Child { pair, path: path.clone(), weak: opaque });
        }
    }

    /// Where both sides refer to a definition of one name, the path starts anew at the definition.
    fn through(&self, pair: &Pair, path: &str) -> (String, Option<VertexId>) {
        let reference = |schema: &Schema, id: VertexId| match schema.vertex(id).kind {
            Kind::Ref => schema.target_of(id, EdgeKind::Ref),
            _ => None,
        };
        let a = match pair.source.as_slice() {
            [single] => reference(self.a.schema, *single),
            _ => None,
        };
        let (Some(a), Some(b)) = (a, reference(self.b.schema, pair.target)) else {
            return (path.to_owned(), None);
        };
        let name = |schema: &'a Schema, id| {
            let root = schema.roots().iter().find(|root| root.vertex == id);
            root.filter(|root| schema.vertex(root.vertex).nsid.is_some()).map(|root| &root.name)
        };
        // Without a word beside the references, the source is its target as well.
        let pair_is_bare = pair.source.iter().all(|id| self.a.schema.vertex(*id).constraints.is_empty());
        let single = pair_is_bare.then_some(a);
        match (name(self.a.schema, a), name(self.b.schema, b)) {
            (Some(one), Some(other)) if one == other => (crate::diff::root_path(one), single),
            _ => (path.to_owned(), single),
        }
    }

    /// The target stands for itself; now the source.
    fn open_source(&mut self, pair: Pair, path: &str, opaque: bool, local: &mut Local) {
        let mut leaves = self.a.leaves(&pair.source);
        if leaves.iter().any(|id| self.a.schema.vertex(*id).kind == Kind::External) {
            self.say(local, &pair, path, "external-not-loaded", Verdict::Unknown);
            return;
        }
        // What is said beside references and branches restricts like any other vertex.
        let beside = pair.source.iter().filter(|id| {
            let vertex = self.a.schema.vertex(**id);
            !leaves.contains(id) && !vertex.constraints.is_empty()
        });
        let beside: Vec<VertexId> = beside.copied().collect();
        if leaves != pair.source && beside.is_empty() {
            leaves.dedup();
            let pair = Pair { source: leaves, types: pair.types, target: pair.target };
            local.children.push(Child { pair, path: path.to_owned(), weak: opaque });
            return;
        }
        let pair = if beside.is_empty() {
            pair
        } else {
            leaves.extend(beside);
            leaves.arrange();
            leaves.dedup();
            Pair { source: leaves, ..pair }
        };
        let union = pair.source.iter().position(|id| self.a.schema.vertex(*id).kind == Kind::Union);
        if let Some(at) = union {
            return self.source_union(&pair, at, path, opaque, local);
        }
        match self.b.schema.vertex(pair.target).kind {
            Kind::Union => self.target_union(&pair, path, opaque, local),
            _ => self.leaf(&pair, path, opaque, local),
        }
    }

    /// Whether the JSON types that are told of a source are all there.
    pub(super) fn is_exact(&self, source: &[VertexId]) -> bool {
        let mut stack = match source {
            [] => return true,
            [single] => vec![*single],
            _ => return false,
        };
        let mut steps = 0;
        while let Some(id) = stack.pop() {
            let vertex = self.a.schema.vertex(id);
            steps += 1;
            if vertex.tainted || vertex.exclusive || vertex.kind == Kind::Intersection || steps > 64 {
                return false;
            }
            let next = match vertex.kind {
                Kind::Ref => EdgeKind::Ref,
                Kind::Record => EdgeKind::RecordSchema,
                Kind::Union => EdgeKind::Variant,
                Kind::External => return false,
                _ => continue,
            };
            stack.extend(self.a.schema.outgoing_of(id, next).map(|(_, edge)| edge.tgt));
        }
        true
    }

    /// Whether all values of one of these vertices are listed.
    pub(super) fn is_listed(&self, source: &[VertexId]) -> bool {
        let listed = |id: &VertexId| {
            let constraints = &self.a.schema.vertex(*id).constraints;
            constraints.iter().any(|own| matches!(own.sort, Sort::Enum | Sort::Const))
        };
        source.iter().any(listed)
    }

    /// Adds a reason about the types of a pair.
    pub(super) fn say(&self, local: &mut Local, pair: &Pair, path: &str, code: &'static str, kind: Verdict) {
        let source = pair.source.first().copied();
        let types = |id| type_text(self.a.schema, id);
        let source_text = source.map_or_else(|| "any value".to_owned(), types);
        local.reasons.push(Reason {
            code,
            kind,
            path: path.to_owned(),
            source,
            target: Some(pair.target),
            source_text: Some(source_text),
            target_text: Some(type_text(self.b.schema, pair.target)),
        });
    }

    /// Whether a pattern matches a name; `None` where the pattern cannot be run.
    pub(super) fn matches(&mut self, pattern: &str, name: &str) -> Option<bool> {
        if !self.patterns.contains_key(pattern) {
            self.patterns.insert(pattern.to_owned(), Pattern::new(pattern).ok());
        }
        self.patterns.get(pattern)?.as_ref().map(|pattern| pattern.is_match(name))
    }

    /// What is known of the scalars of a pair.
    pub(super) fn facts(&self, pair: &Pair) -> scalar::Facts<'a> {
        let vertices = pair.source.iter().map(|id| self.a.schema.vertex(*id));
        scalar::Facts {
            types: pair.types,
            constraints: vertices.clone().flat_map(|vertex| &vertex.constraints).collect(),
            is_bytes: vertices.clone().any(|vertex| vertex.kind == Kind::Bytes),
        }
    }
}
