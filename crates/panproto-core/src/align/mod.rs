//! Finding migrations: matches, hints, candidates, questions.
//!
//! Only hints and names decide: the same name, the same name after folding case, separators and plural, and the
//! same name and type one or two levels away where there is only one. Everything else is a question; type,
//! neighbourhood and documentation rank its candidates and never create one.

mod candidates;
mod declaration;
pub(crate) use declaration::type_of;
mod hints;
mod level;
mod names;
mod ranked;
mod span;
mod spec;

pub use declaration::Declaration;
pub use hints::{Answer, Hints};
pub use ranked::{Proposal, measure, proposals};
pub use span::Overlap;
pub use spec::{HintSpec, Predicate, Stringency};

use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::limits::Budget;
use crate::migration::arms::arms;
use crate::migration::{FieldMatch, Migration, ObjectMatch, Question, Reason, Step};
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{EdgeId, EdgeKind, Kind, Schema, ShapeMemo, VertexId};
use hints::{Hint, Pending};
use std::collections::VecDeque;
use std::sync::Arc;

/// Finds the migration from one schema to another, as far as names and hints decide it.
///
/// Questions are in the result; a hint that names nothing is an error.
///
/// # Errors
/// `unknown-path` for a hint whose path is not in its schema; `unknown-root`; `path-syntax`; `limit-steps`.
pub fn between(
    source: &Arc<Schema>,
    target: &Arc<Schema>,
    hints: &Hints,
    budget: &mut Budget,
) -> Result<Migration> {
    let anchored = if hints.spec.anchors.is_empty() { None } else { Some(hints.anchored(source, target)?) };
    let hints = anchored.as_ref().unwrap_or(hints);
    let mut migration = Migration::new(source.clone(), target.clone());
    if let Some((from, to)) = &hints.roots {
        migration.roots = (hints::root(source, from)?, hints::root(target, to)?);
    } else {
        let (from, to) = Schema::paired(source, target);
        migration.roots = (from.main(), to.main());
    }
    if hints.exactly_one {
        migration.exactly_one =
            source.vertices().filter(|(_, v)| v.kind == Kind::Union).map(|(id, _)| id).collect();
    }
    let mut search = Search {
        shapes: ShapeMemo::new(source, target),
        filter: spec::Filter::new(&hints.spec, source, target)?,
        hints,
        migration,
        work: VecDeque::new(),
        known: BTreeMap::new(),
        questions: BTreeMap::new(),
    };
    search.seed()?;
    while let Some(pair) = search.work.pop_front() {
        budget.spend(4 + source.slots(pair.0).len() as u64 + target.slots(pair.1).len() as u64)?;
        search.visit(pair);
    }
    search.check_hints()?;
    let Search { mut migration, questions, .. } = search;
    migration.questions = questions.into_values().flatten().collect();
    migration.enrich(&[], budget)?;
    Ok(migration)
}

type Pair = (VertexId, VertexId);

/// What is known of a pair of resolved vertices while the search runs.
#[derive(Default)]
struct Known {
    /// Path by which the pair was first reached, on both sides.
    at: (String, String),
    pending: BTreeSet<Pending>,
    queued: bool,
}

struct Search<'s> {
    shapes: ShapeMemo<'s>,
    hints: &'s Hints,
    filter: spec::Filter,
    migration: Migration,
    work: VecDeque<Pair>,
    known: BTreeMap<Pair, Known>,
    questions: BTreeMap<Pair, Vec<Question>>,
}

impl Search<'_> {
    fn seed(&mut self) -> Result<()> {
        let (source, target) = self.migration.roots;
        let parsed = hints::parse(self.hints)?;
        let (mut main, mut others) = (BTreeSet::new(), BTreeMap::new());
        for hint in parsed {
            match hint.root_pair(&self.migration.source, &self.migration.target)? {
                None => {
                    main.insert(hint.pending());
                }
                Some(pair) => {
                    others.entry(pair).or_insert_with(BTreeSet::new).insert(hint.pending());
                }
            }
        }
        // Hints of definitions first, so that the definition knows them however it is reached.
        for ((source, target), pending) in others {
            let pair =
                (self.migration.source.resolve(source).vertex, self.migration.target.resolve(target).vertex);
            let at = (
                self.migration.source.vertex(source).id.to_string(),
                self.migration.target.vertex(target).id.to_string(),
            );
            let known = self.known.entry(pair).or_insert_with(|| Known { at, ..Known::default() });
            known.pending.extend(pending);
        }
        self.reach(source, target, (String::new(), String::new()), main);
        Ok(())
    }

    /// Queues a pair of positions, unless it was visited with these hints already.
    fn reach(
        &mut self,
        source: VertexId,
        target: VertexId,
        at: (String, String),
        pending: BTreeSet<Pending>,
    ) {
        let pair =
            (self.migration.source.resolve(source).vertex, self.migration.target.resolve(target).vertex);
        let fresh = !self.known.contains_key(&pair) || !self.migration.objects.contains_key(&pair);
        let known = self.known.entry(pair).or_insert_with(|| Known { at: at.clone(), ..Known::default() });
        let more = pending.iter().any(|hint| !known.pending.contains(hint));
        known.pending.extend(pending);
        if (fresh || more) && !known.queued {
            known.queued = true;
            self.work.push_back(pair);
        }
    }

    fn visit(&mut self, pair: Pair) {
        let Some(known) = self.known.get_mut(&pair) else { return };
        known.queued = false;
        let (at, pending) = (known.at.clone(), known.pending.clone());
        let (source, target) = (self.migration.source.clone(), self.migration.target.clone());
        let (from, to) = (source.vertex(pair.0), target.vertex(pair.1));
        for hint in pending.iter().filter(|hint| hint.source.is_empty()) {
            match &hint.answer {
                Answer::ExactlyOne => {
                    self.migration.exactly_one.insert(pair.0);
                }
                Answer::Trust => {
                    self.migration.trusted.insert(at.0.clone());
                }
                Answer::Key(name) => {
                    self.migration.keys.insert(pair.1, name.clone());
                }
                _ => {}
            }
        }
        if from.kind == Kind::Union || to.kind == Kind::Union {
            self.visit_union(pair, &at, &pending);
        } else if is_list(&source, pair.0) || is_list(&target, pair.1) {
            self.visit_list(pair, &at, &pending);
        } else {
            self.visit_object(pair, &at, &pending);
        }
        // Marks the pair as visited whatever it is.
        self.migration.objects.entry(pair).or_default();
    }

    fn visit_union(&mut self, pair: Pair, at: &(String, String), pending: &BTreeSet<Pending>) {
        let (source, target) = (self.migration.source.clone(), self.migration.target.clone());
        let (left, right) = (arms(&source, pair.0), arms(&target, pair.1));
        let matched = self.migration.arms(pair.0, pair.1, &left, &right, &mut self.shapes);
        self.migration.objects.entry(pair).or_default();
        for (a, b) in matched {
            if let (Some(a), Some(b)) = (left.get(a), right.get(b)) {
                self.reach(a.vertex, b.vertex, at.clone(), pending.clone());
            }
        }
    }

    fn visit_list(&mut self, pair: Pair, at: &(String, String), pending: &BTreeSet<Pending>) {
        let (source, target) = (self.migration.source.clone(), self.migration.target.clone());
        self.migration.objects.entry(pair).or_default();
        let (left, right) = (item_positions(&source, pair.0), item_positions(&target, pair.1));
        let inner = hints::below(pending, &Step::Items, &Step::Items);
        let at = (format!("{}[]", at.0), format!("{}[]", at.1));
        for index in 0..left.len().max(right.len()) {
            let pick = |list: &[VertexId]| list.get(index).or(list.last()).copied();
            if let (Some(a), Some(b)) = (pick(&left), pick(&right)) {
                self.reach(a, b, at.clone(), inner.clone());
            }
        }
    }

    fn visit_object(&mut self, pair: Pair, at: &(String, String), pending: &BTreeSet<Pending>) {
        let (source, target) = (self.migration.source.clone(), self.migration.target.clone());
        let mut table = Table::new((&source, pair.0), (&target, pair.1), &self.filter);
        let gone = table.apply_hints(pending);
        table.by_name();
        table.by_folded_name();
        level::by_level(&mut table, &gone);
        table.moves(pending);
        let (questions, likely) = candidates::questions(&table, &gone, at, self.hints.accept_likely);
        for link in likely {
            table.link(link.from, link.to, link.reason);
        }
        self.questions.insert(pair, questions);
        let fills = hints::values(pending, false, |way| level::find(&target, pair.1, way));
        let source_fills = hints::values(pending, true, |way| level::find(&source, pair.0, way));
        let links = table.links;
        for link in &links {
            let (Some(a), Some(b)) = (link.from.last(), link.to.last()) else { continue };
            let (steps, other) = (level::steps(&source, &link.from), level::steps(&target, &link.to));
            let inner = hints::below_all(pending, &steps, &other);
            let at = (extend(&at.0, &steps), extend(&at.1, &other));
            self.reach(source.edge(*a).tgt, target.edge(*b).tgt, at, inner);
        }
        self.visit_maps(pair, at, pending);
        self.migration
            .objects
            .insert(pair, ObjectMatch { links, fills, source_fills, ..ObjectMatch::default() });
    }

    fn visit_maps(&mut self, pair: Pair, at: &(String, String), pending: &BTreeSet<Pending>) {
        let (source, target) = (self.migration.source.clone(), self.migration.target.clone());
        let values = |schema: &Schema, vertex| -> Vec<VertexId> {
            let patterns = schema.outgoing_of(vertex, EdgeKind::Pattern);
            patterns
                .chain(schema.outgoing_of(vertex, EdgeKind::Additional))
                .map(|(_, edge)| edge.tgt)
                .collect()
        };
        let (left, right) = (values(&source, pair.0), values(&target, pair.1));
        if left.len() == right.len() {
            let inner = hints::below(pending, &Step::Values, &Step::Values);
            for (a, b) in left.into_iter().zip(right) {
                self.reach(a, b, (format!("{}[*]", at.0), format!("{}[*]", at.1)), inner.clone());
            }
        }
    }

    /// Every hint has to have met the thing that it names.
    fn check_hints(&self) -> Result<()> {
        for hint in hints::parse(self.hints)? {
            if let Some((side, path)) = hint.unknown(&self.migration) {
                return Err(unknown_path(&hint, side, &path));
            }
        }
        Ok(())
    }
}

fn unknown_path(hint: &Hint, side: &str, path: &str) -> crate::diagnostic::Error {
    Diagnostic::new(ErrorKind::Migration, "unknown-path", format!("the {side} schema has no `{path}`"))
        .at(hint.text())
        .help("`fields()` of the schema lists its paths; write `items[].a` for members of list items")
        .boxed()
}

fn extend(path: &str, steps: &[Step]) -> String {
    let below = crate::migration::DataPath { root: None, steps: steps.to_vec() }.to_string();
    match (path.is_empty(), below.starts_with('[')) {
        (true, _) => below,
        (false, true) => format!("{path}{below}"),
        (false, false) => format!("{path}.{below}"),
    }
}

fn is_list(schema: &Schema, vertex: VertexId) -> bool {
    schema.vertex(vertex).kind == Kind::Array
}

/// The item positions of a list; of anything else, itself (it may become the one item of a list).
fn item_positions(schema: &Schema, vertex: VertexId) -> Vec<VertexId> {
    if !is_list(schema, vertex) {
        return vec![vertex];
    }
    let prefix = schema.outgoing_of(vertex, EdgeKind::Prefix);
    prefix.chain(schema.outgoing_of(vertex, EdgeKind::Items)).map(|(_, edge)| edge.tgt).collect()
}

/// The members of one pair of objects while they are matched.
struct Table<'s> {
    source: &'s Schema,
    target: &'s Schema,
    pair: Pair,
    /// What may match without a hint.
    filter: &'s spec::Filter,
    links: Vec<FieldMatch>,
    /// Ways that have a link.
    taken_source: BTreeSet<Vec<EdgeId>>,
    taken_target: BTreeSet<Vec<EdgeId>>,
    /// Direct members that are taken.
    used_source: BTreeSet<EdgeId>,
    used_target: BTreeSet<EdgeId>,
}

impl<'s> Table<'s> {
    fn new(
        (source, from): (&'s Schema, VertexId),
        (target, to): (&'s Schema, VertexId),
        filter: &'s spec::Filter,
    ) -> Table<'s> {
        Table {
            filter,
            source,
            target,
            pair: (from, to),
            links: Vec::new(),
            taken_source: BTreeSet::new(),
            taken_target: BTreeSet::new(),
            used_source: BTreeSet::new(),
            used_target: BTreeSet::new(),
        }
    }

    fn link(&mut self, from: Vec<EdgeId>, to: Vec<EdgeId>, reason: Reason) {
        if from.is_empty()
            || to.is_empty()
            || self.taken_source.contains(&from)
            || self.taken_target.contains(&to)
        {
            return;
        }
        self.taken_source.insert(from.clone());
        self.taken_target.insert(to.clone());
        if let [only] = from.as_slice() {
            self.used_source.insert(*only);
        }
        if let [only] = to.as_slice() {
            self.used_target.insert(*only);
        }
        self.links.push(FieldMatch { from, to, reason });
    }

    /// Applies the hints that name direct members of both sides; gives the members that are said to be gone.
    fn apply_hints(&mut self, pending: &BTreeSet<Pending>) -> BTreeSet<EdgeId> {
        let mut gone = BTreeSet::new();
        for hint in pending {
            match (hint.source.as_slice(), &hint.answer) {
                ([Step::Member(name)], Answer::Target(to)) => {
                    if let ([Step::Member(to)], Some(from)) =
                        (to.as_slice(), self.source.prop_named(self.pair.0, name))
                        && let Some(to) = self.target.prop_named(self.pair.1, to)
                    {
                        self.link(vec![from], vec![to], Reason::Hint);
                    }
                }
                ([Step::Member(name)], Answer::Gone) => {
                    gone.extend(self.source.prop_named(self.pair.0, name))
                }
                _ => {}
            }
        }
        // What a hint moves from or to another level is taken too.
        for hint in pending {
            let Answer::Target(to) = &hint.answer else { continue };
            if let ([Step::Member(name)], [_, _, ..]) = (hint.source.as_slice(), to.as_slice()) {
                self.used_source.extend(self.source.prop_named(self.pair.0, name));
            }
            if let ([_, _, ..], [Step::Member(name)]) = (hint.source.as_slice(), to.as_slice()) {
                self.used_target.extend(self.target.prop_named(self.pair.1, name));
            }
        }
        self.used_source.extend(gone.iter().copied());
        gone
    }

    /// Hints that lead to another level: they stay here where the members on the way are not matched to each other.
    fn moves(&mut self, pending: &BTreeSet<Pending>) {
        for hint in pending {
            let Answer::Target(to) = &hint.answer else { continue };
            if hint.source.len() == 1 && to.len() == 1 {
                continue;
            }
            let (Some(from), Some(to)) = (
                level::find(self.source, self.pair.0, &hint.source),
                level::find(self.target, self.pair.1, to),
            ) else {
                continue;
            };
            let matched = from.first().zip(to.first()).is_some_and(|(a, b)| {
                from.len() > 1
                    && to.len() > 1
                    && self.links.iter().any(|link| link.from == [*a] && link.to == [*b])
            });
            if !matched {
                self.link(from, to, Reason::Hint);
            }
        }
    }

    fn by_name(&mut self) {
        for (id, edge) in self.source.props(self.pair.0).collect::<Vec<_>>() {
            let name = edge.name.as_deref().unwrap_or("");
            if let Some(to) = self.target.prop_named(self.pair.1, name)
                && !self.used_source.contains(&id)
                && !self.used_target.contains(&to)
                && self.admits(id, to)
            {
                self.link(vec![id], vec![to], Reason::SameName);
            }
        }
    }

    fn by_folded_name(&mut self) {
        let group = |rest: Vec<EdgeId>, schema: &Schema| {
            let mut groups: BTreeMap<String, Vec<EdgeId>> = BTreeMap::new();
            for id in rest {
                groups
                    .entry(names::fold(schema.edge(id).name.as_deref().unwrap_or("")))
                    .or_default()
                    .push(id);
            }
            groups
        };
        let (left, right) = (group(self.rest_source(), self.source), group(self.rest_target(), self.target));
        for (name, from) in left {
            if let ([from], Some([to])) = (from.as_slice(), right.get(&name).map(Vec::as_slice))
                && self.admits(*from, *to)
            {
                self.link(vec![*from], vec![*to], Reason::FoldedName);
            }
        }
    }

    /// Whether two members may match without a hint.
    fn admits(&self, from: EdgeId, to: EdgeId) -> bool {
        self.filter.admits(self.source, from, self.target, to)
    }

    /// Source members without a match.
    fn rest_source(&self) -> Vec<EdgeId> {
        let free =
            |id: &EdgeId| !self.used_source.contains(id) && self.filter.admits_source(self.source, *id);
        self.source.props(self.pair.0).map(|(id, _)| id).filter(free).collect()
    }

    /// Target members without a match.
    fn rest_target(&self) -> Vec<EdgeId> {
        let free =
            |id: &EdgeId| !self.used_target.contains(id) && self.filter.admits_target(self.target, *id);
        self.target.props(self.pair.1).map(|(id, _)| id).filter(free).collect()
    }
}
