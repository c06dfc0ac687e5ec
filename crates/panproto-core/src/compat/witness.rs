//! Witnesses: whole values that one side accepts and the other refuses, confirmed by validating them on both.
//!
//! From a finding's path a small value of the writer's schema is built that leads to the place and holds there
//! something at which the two sides differ. Most attempts need not succeed: a witness is attached only if the
//! writer's schema says *valid* and the reader's says *invalid*.

mod path;
mod samples;

use self::path::{Place, Step, steps};
use self::samples::{ANY, FORMATS, beyond, name_like, tagged};
use super::finding::{Direction, Finding, Kind};
use super::verdict::Verdicts;
use super::{Format, Reading};
use crate::instance::{FormatReading, Options, Validator};
use crate::limits::{Budget, Cancel, Limits};
use crate::ordered::BTreeMap;
use crate::schema::{Edge, EdgeKind, Kind as VertexKind, Schema, Sort, TypeSet, VertexId};
use crate::value::{Json, Tree, ValueRef};

/// Findings per direction for which a witness is looked for.
const MOST: usize = 64;
/// Steps of one direction, building and validating together.
const STEPS: u64 = 20_000_000;
/// Levels of a built value.
const DEPTH: usize = 24;
/// Values that are built for one candidate, where unions on the way leave a choice.
const CHOICES: usize = 16;
/// Bytes of a built value.
const BYTES: usize = 16 << 10;

/// Looks for witnesses of the findings of each root that both schemas have: values of that root.
pub(super) fn attach(old: &Schema, new: &Schema, verdicts: &mut Verdicts) {
    let options = options(&verdicts.reading);
    for (verdict, direction) in
        [(&mut verdicts.backward, Direction::Backward), (&mut verdicts.forward, Direction::Forward)]
    {
        let limits = Limits { steps: STEPS, ..Limits::DEFAULT };
        let mut budget = Budget::new(limits, Cancel::default());
        // Who writes: old data for a new reader, unless the root is a response.
        let mut known = [BTreeMap::new(), BTreeMap::new()];
        for finding in verdict.findings.iter_mut().take(MOST) {
            let Some(place) = Place::of(old, new, &finding.path) else { continue };
            let by_old = (direction == Direction::Backward) != place.turned;
            let (writer, reader) = if by_old { (old, new) } else { (new, old) };
            let small = known.get_mut(usize::from(by_old)).map(std::mem::take).unwrap_or_default();
            let mut search = Search {
                writer,
                reader,
                roots: if by_old { place.roots } else { (place.roots.1, place.roots.0) },
                options,
                budget: &mut budget,
                small,
            };
            finding.witness = search.witness(finding, place.rest, by_old);
            let small = search.small;
            if let Some(kept) = known.get_mut(usize::from(by_old)) {
                *kept = small;
            }
            if finding.witness.is_some() {
                finding.kind = Kind::Breaks;
                for root in verdicts.per_root.iter_mut().filter(|root| *root.name == *place.name) {
                    match direction {
                        Direction::Backward => root.backward = Kind::Breaks,
                        _ => root.forward = Kind::Breaks,
                    }
                }
            }
        }
        verdict.kind = verdict.findings.iter().map(|finding| finding.kind).max().unwrap_or(Kind::Safe);
    }
}

fn options(reading: &Reading) -> Options {
    let format = match reading.format {
        Format::Assert => FormatReading::Assert,
        Format::Annotate => FormatReading::Annotate,
    };
    Options { format, findings: 1 }
}

struct Search<'a, 'b> {
    writer: &'a Schema,
    reader: &'a Schema,
    /// Where values begin, of the writer and of the reader.
    roots: (VertexId, VertexId),
    options: Options,
    budget: &'b mut Budget,
    small: BTreeMap<VertexId, Option<String>>,
}

impl Search<'_, '_> {
    fn witness(&mut self, finding: &Finding, path: &str, writer_is_old: bool) -> Option<Json> {
        let here = if writer_is_old { finding.old_vertex } else { finding.new_vertex };
        let mut candidates: Vec<Option<String>> = Vec::new();
        if finding.code == "required-added" {
            candidates.push(None);
        }
        if let Some(here) = here {
            candidates.extend(self.values(here).into_iter().map(Some));
        }
        // Just beyond what the reader admits.
        let there = if writer_is_old { finding.new_vertex } else { finding.old_vertex };
        if let Some(there) = there {
            let constraints = &self.reader.vertex(self.reader.resolve(there).vertex).constraints;
            candidates.extend(constraints.iter().flat_map(beyond).map(Some));
        }
        if let Some(here) = here {
            candidates.extend(self.containers(here, there).into_iter().map(Some));
        }
        if finding.code == "format-narrowed" {
            candidates.extend(FORMATS.iter().map(|(_, sample)| Some(format!("\"{sample}\""))));
        }
        candidates.extend(ANY.iter().map(|text| Some((*text).to_owned())));
        let mut steps = steps(path);
        if finding.code == "object-closed" {
            steps.push(Step::Member("x-undeclared".to_owned()));
        }
        for candidate in candidates {
            for text in self.build(self.roots.0, &steps, candidate.as_deref(), 0) {
                if text.len() > BYTES {
                    continue;
                }
                let Ok(tree) = Tree::parse(text.as_bytes(), self.budget.limits()) else { continue };
                if self.is_witness(tree.root())? {
                    return Some(tree.root().to_json());
                }
            }
        }
        None
    }

    /// Whether the writer's schema accepts it and the reader's refuses it; `None` when the steps are spent.
    fn is_witness(&mut self, value: ValueRef<'_>) -> Option<bool> {
        let accepts = Validator::new(self.writer, self.options);
        let validity = accepts.is_valid(self.roots.0, value, self.budget).ok()?;
        if !validity.is_valid() {
            return Some(false);
        }
        let refuses = Validator::new(self.reader, self.options);
        Some(refuses.is_valid(self.roots.1, value, self.budget).ok()?.is_invalid())
    }

    /// Small values at a vertex that hold `candidate` at the end of a path (`None`: lack the last member): one for
    /// each choice of arms on the way.
    fn build(&mut self, at: VertexId, steps: &[Step], candidate: Option<&str>, depth: usize) -> Vec<String> {
        if depth > DEPTH || self.budget.spend(1).is_err() {
            return Vec::new();
        }
        let at = self.writer.resolve(at).vertex;
        let writer = self.writer;
        let Some((step, rest)) = steps.split_first() else {
            let mut made: Vec<String> = candidate.map(str::to_owned).into_iter().collect();
            // An object may be one of any arm.
            if let Some(object) = candidate.filter(|text| text.starts_with('{')) {
                let tags = writer.outgoing_of(at, EdgeKind::Variant).filter_map(|(_, edge)| self.tag(edge));
                made.extend(tags.take(CHOICES).map(|tag| tagged(object.to_owned(), Some(&tag))));
            }
            return made;
        };
        // Where values are listed, one of them has what the path leads to.
        let mut listed = Vec::new();
        for constraint in &writer.vertex(at).constraints {
            let list = constraint.value.tree();
            match constraint.sort {
                Sort::Const => listed.push(constraint.value.as_str().to_owned()),
                Sort::Enum => {
                    listed.extend(list.root().items().take(MOST).map(|item| item.raw_str().to_owned()))
                }
                _ => {}
            }
        }
        if !listed.is_empty() {
            return listed;
        }
        let kind = &writer.vertex(at).kind;
        if matches!(kind, VertexKind::Union | VertexKind::Intersection) {
            let mut made = Vec::new();
            for (_, edge) in writer.outgoing(at) {
                let tag = self.tag(edge);
                made.extend(
                    self.build(edge.tgt, steps, candidate, depth + 1)
                        .into_iter()
                        .map(|text| tagged(text, tag.as_deref())),
                );
                if made.len() >= CHOICES {
                    break;
                }
            }
            made.truncate(CHOICES);
            return made;
        }
        let (name, target) = match step {
            Step::Item(index) => return self.list(at, *index, rest, candidate, depth),
            Step::Member(name) => {
                let edge = writer.edge_named(at, name).map(|edge| edge.tgt);
                (name.clone(), edge.or_else(|| writer.target_of(at, EdgeKind::Additional)))
            }
            Step::Pattern(pattern) => {
                let mut edges = writer.outgoing_of(at, EdgeKind::Pattern);
                let edge = edges.find(|(_, edge)| edge.name.as_deref() == Some(pattern));
                let edge = edge.map(|(_, edge)| edge.tgt);
                let Some(name) = name_like(pattern) else { return Vec::new() };
                (name, edge.or_else(|| writer.target_of(at, EdgeKind::Additional)))
            }
        };
        let inner = match target {
            Some(target) => self.build(target, rest, candidate, depth + 1),
            None if rest.is_empty() => candidate.map(str::to_owned).into_iter().collect(),
            None => return Vec::new(),
        };
        if rest.is_empty() && candidate.is_none() {
            return self.object(at, Some((&name, None)), depth).into_iter().collect();
        }
        inner.into_iter().filter_map(|inner| self.object(at, Some((&name, Some(inner))), depth)).collect()
    }

    /// Lists with an item that is built on.
    fn list(
        &mut self,
        at: VertexId,
        index: usize,
        rest: &[Step],
        candidate: Option<&str>,
        depth: usize,
    ) -> Vec<String> {
        let prefix: Vec<VertexId> =
            self.writer.outgoing_of(at, EdgeKind::Prefix).map(|(_, edge)| edge.tgt).collect();
        let items = self.writer.target_of(at, EdgeKind::Items);
        let target = |place: usize| prefix.get(place).copied().or(items);
        let Some(inner) = target(index) else { return Vec::new() };
        let mut before = Vec::new();
        for place in 0..index {
            let Some(text) = target(place).and_then(|target| self.small(target, depth + 1)) else {
                return Vec::new();
            };
            before.push(text);
        }
        let least = self.bound(at, Sort::MinItems);
        let mut after = Vec::new();
        for place in index + 1..least {
            let Some(text) = target(place).and_then(|target| self.small(target, depth + 1)) else {
                return Vec::new();
            };
            after.push(text);
        }
        let inner = self.build(inner, rest, candidate, depth + 1);
        let lists = inner.into_iter().map(|inner| [before.as_slice(), &[inner], &after].concat());
        lists.map(|parts| format!("[{}]", parts.join(","))).collect()
    }

    /// A lower bound of a count at a vertex, as far as it is followed.
    fn bound(&self, at: VertexId, sort: Sort) -> usize {
        let bound = self.writer.vertex(at).constraint(sort);
        bound.and_then(|bound| bound.value.as_str().parse::<usize>().ok()).unwrap_or(0).min(8)
    }

    /// The `$type` by which a union tells an arm.
    fn tag(&self, arm: &Edge) -> Option<String> {
        if self.writer.protocol() != "atproto" || arm.kind != EdgeKind::Variant {
            return None;
        }
        let resolved = self.writer.resolve(arm.tgt).vertex;
        let nsid = arm.name.as_ref().or(self.writer.vertex(resolved).nsid.as_ref());
        nsid.map(ToString::to_string)
    }

    /// Values at a vertex that are made of parts: one of each arm, lists and objects of sizes at which sides differ.
    fn containers(&mut self, here: VertexId, there: Option<VertexId>) -> Vec<String> {
        let at = self.writer.resolve(here).vertex;
        let writer = self.writer;
        let mut made = Vec::new();
        if writer.vertex(at).kind == VertexKind::Union {
            for (_, edge) in writer.outgoing_of(at, EdgeKind::Variant).take(MOST) {
                let tag = self.tag(edge);
                made.extend(self.small(edge.tgt, 0).map(|text| tagged(text, tag.as_deref())));
            }
        }
        made.extend(self.small(at, 0));
        let bounds = there.map(|there| self.reader.resolve(there).vertex);
        let sizes = bounds.into_iter().flat_map(|there| &self.reader.vertex(there).constraints);
        let sizes = sizes.filter_map(|own| match own.sort {
            Sort::MinItems | Sort::MaxItems | Sort::MinProperties | Sort::MaxProperties => {
                own.value.as_str().parse::<usize>().ok().map(|size| [size.saturating_sub(1), size + 1])
            }
            Sort::UniqueItems => Some([2, 3]),
            _ => None,
        });
        let sizes: Vec<usize> = sizes.flatten().filter(|size| *size <= 256).collect();
        if sizes.is_empty() {
            return made;
        }
        let types = writer.vertex(at).types;
        if types.meets(TypeSet::ARRAY) {
            let item = match writer.target_of(at, EdgeKind::Items) {
                Some(items) => self.small(items, 1),
                None => Some("0".to_owned()),
            };
            let lists = item.iter().flat_map(|item| sizes.iter().map(move |size| vec![&**item; *size]));
            made.extend(lists.map(|parts| format!("[{}]", parts.join(","))));
        }
        if types.meets(TypeSet::OBJECT) {
            made.extend(sizes.iter().filter_map(|size| self.filled(at, Vec::new(), *size, 0)));
        }
        made
    }

    /// An object with its required members, and one more or one left out.
    fn object(&mut self, at: VertexId, with: Option<(&str, Option<String>)>, depth: usize) -> Option<String> {
        let mut parts = Vec::new();
        if let Some((name, value)) = with {
            parts.push((name.to_owned(), value));
        }
        let least = self.bound(at, Sort::MinProperties);
        self.filled(at, parts, least, depth)
    }

    /// An object of these members (`None`: not there), the required ones, and others until there are so many.
    fn filled(
        &mut self,
        at: VertexId,
        mut parts: Vec<(String, Option<String>)>,
        least: usize,
        depth: usize,
    ) -> Option<String> {
        let writer = self.writer;
        let additional = writer.target_of(at, EdgeKind::Additional);
        let mut wanted: Vec<(String, Option<VertexId>)> = writer
            .props(at)
            .filter(|(_, edge)| edge.required)
            .map(|(_, edge)| (edge.name.as_deref().unwrap_or("").to_owned(), Some(edge.tgt)))
            .collect();
        if let Some(names) = writer.vertex(at).constraint(Sort::Required) {
            let names = names.value.tree();
            wanted.extend(names.root().items().filter_map(|name| Some((name.as_str()?.into_owned(), None))));
        }
        for (name, target) in wanted {
            if parts.iter().all(|(known, _)| *known != name) {
                let target = target.or_else(|| Some(writer.edge_named(at, &name)?.tgt)).or(additional);
                let value =
                    target.map_or_else(|| Some("0".to_owned()), |target| self.small(target, depth + 1))?;
                parts.push((name, Some(value)));
            }
        }
        let count =
            |parts: &[(String, Option<String>)]| parts.iter().filter(|(_, value)| value.is_some()).count();
        if count(&parts) < least {
            let mut more: Vec<(String, Option<VertexId>)> = writer
                .props(at)
                .map(|(_, edge)| (edge.name.as_deref().unwrap_or("").to_owned(), Some(edge.tgt)))
                .collect();
            for (_, edge) in writer.outgoing_of(at, EdgeKind::Pattern) {
                more.extend(edge.name.as_deref().and_then(name_like).map(|name| (name, Some(edge.tgt))));
            }
            more.extend((0..least).map(|at| (format!("x-undeclared-{at}"), additional)));
            for (name, target) in more {
                if count(&parts) >= least {
                    break;
                }
                if parts.iter().any(|(known, _)| *known == name) {
                    continue;
                }
                let value =
                    target.map_or_else(|| Some("0".to_owned()), |target| self.small(target, depth + 1));
                parts.extend(value.map(|value| (name, Some(value))));
            }
        }
        let parts: Vec<String> = parts
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{}:{}", Json::string(&name), value?)))
            .collect();
        Some(format!("{{{}}}", parts.join(",")))
    }

    /// The smallest value that is thought of for a vertex.
    fn small(&mut self, at: VertexId, depth: usize) -> Option<String> {
        if let Some(known) = self.small.get(&at) {
            return known.clone();
        }
        if depth > DEPTH {
            return None;
        }
        self.budget.spend(1).ok()?;
        // A value that contains itself is none: while it is sought, it is not there.
        self.small.insert(at, None);
        let mut found = None;
        for candidate in self.values(at) {
            let validator = Validator::new(self.writer, self.options);
            let Ok(tree) = Tree::parse(candidate.as_bytes(), self.budget.limits()) else { continue };
            if validator.is_valid(at, tree.root(), self.budget).ok()?.is_valid() {
                found = Some(candidate);
                break;
            }
        }
        if found.is_none() {
            let resolved = self.writer.resolve(at).vertex;
            let kind = self.writer.vertex(resolved).kind.clone();
            found = match kind {
                VertexKind::Union => {
                    let writer = self.writer;
                    writer.outgoing(resolved).find_map(|(_, edge)| {
                        let tag = self.tag(edge);
                        Some(tagged(self.small(edge.tgt, depth + 1)?, tag.as_deref()))
                    })
                }
                _ if self.writer.vertex(resolved).types.meets(TypeSet::OBJECT) => {
                    self.object(resolved, None, depth)
                }
                _ if self.writer.vertex(resolved).types.meets(TypeSet::ARRAY) => {
                    let item = self.writer.target_of(resolved, EdgeKind::Items);
                    let item = item.and_then(|item| self.small(item, depth + 1));
                    let least = self.bound(resolved, Sort::MinItems).max(1);
                    item.map(|item| format!("[{}]", vec![item; least].join(",")))
                }
                _ => None,
            };
        }
        self.small.insert(at, found.clone());
        found
    }

    /// Values that are worth a try at a vertex: listed ones, ends of ranges, one of each type.
    fn values(&self, at: VertexId) -> Vec<String> {
        let resolved = self.writer.resolve(at);
        let vertex = self.writer.vertex(resolved.vertex);
        let mut values = Vec::new();
        if resolved.nullable {
            values.push("null".to_owned());
        }
        for constraint in &vertex.constraints {
            let text = constraint.value.as_str();
            match constraint.sort {
                Sort::Const => values.push(text.to_owned()),
                Sort::Enum => {
                    values
                        .extend(constraint.value.tree().root().items().map(|item| item.raw_str().to_owned()));
                }
                Sort::Minimum | Sort::Maximum => values.push(text.to_owned()),
                Sort::MinLength
                | Sort::MaxLength
                | Sort::MinBytes
                | Sort::MaxBytes
                | Sort::MinGraphemes
                | Sort::MaxGraphemes => {
                    if let Some(length) = text.parse::<usize>().ok().filter(|length| *length < BYTES) {
                        values.push(format!("\"{}\"", "a".repeat(length)));
                    }
                }
                Sort::ExclusiveMinimum | Sort::ExclusiveMaximum => {
                    if let Ok(bound) = text.parse::<i64>() {
                        values.push((bound.saturating_add(1)).to_string());
                        values.push((bound.saturating_sub(1)).to_string());
                    }
                }
                Sort::Format | Sort::AssertedFormat => {
                    let name = constraint.value.tree().root().as_str().map(std::borrow::Cow::into_owned);
                    let samples = FORMATS.iter().filter(|(format, _)| Some(*format) == name.as_deref());
                    values.extend(samples.map(|(_, sample)| format!("\"{sample}\"")));
                }
                _ => {}
            }
        }
        let fits = |text: &&&str| {
            let types = match text.as_bytes().first() {
                Some(b'n') => TypeSet::NULL,
                Some(b't' | b'f') => TypeSet::BOOLEAN,
                Some(b'"') => TypeSet::STRING,
                Some(b'[') => TypeSet::ARRAY,
                Some(b'{') => TypeSet::OBJECT,
                _ if text.contains('.') => TypeSet::FRACTION,
                _ => TypeSet::INTEGER,
            };
            vertex.types.meets(types)
        };
        values.extend(ANY.iter().filter(fits).map(|text| (*text).to_owned()));
        values
    }
}
