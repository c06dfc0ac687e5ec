//! Witnesses: whole values that one side accepts and the other refuses, confirmed by validating them on both.
//!
//! From a finding's path a small value of the writer's schema is built that leads to the place and holds there
//! something at which the two sides differ. Most attempts need not succeed: a witness is attached only if the
//! writer's schema says *valid* and the reader's says *invalid*.

use super::finding::{Direction, Finding, Kind};
use super::verdict::Verdicts;
use super::{Format, Reading};
use crate::instance::{FormatReading, Options, Validator};
use crate::limits::{Budget, Cancel, Limits};
use crate::ordered::BTreeMap;
use crate::schema::{Constraint, EdgeKind, Kind as VertexKind, Role, Schema, Sort, TypeSet, VertexId};
use crate::value::{Json, Tree, ValueRef};

/// Findings per direction for which a witness is looked for.
const MOST: usize = 64;
/// Steps of one direction, building and validating together.
const STEPS: u64 = 20_000_000;
/// Levels of a built value.
const DEPTH: usize = 24;
/// Bytes of a built value.
const BYTES: usize = 16 << 10;

/// Looks for witnesses of the findings of the main root.
pub(super) fn attach(old: &Schema, new: &Schema, verdicts: &mut Verdicts) {
    let role = old.roots().first().map(|root| root.role);
    let turned = matches!(role, Some(Role::Output | Role::Message));
    for (verdict, direction) in
        [(&mut verdicts.backward, Direction::Backward), (&mut verdicts.forward, Direction::Forward)]
    {
        // Who writes: old data for a new reader, unless the root is a response.
        let (writer, reader) =
            if (direction == Direction::Backward) != turned { (old, new) } else { (new, old) };
        let limits = Limits { steps: STEPS, ..Limits::DEFAULT };
        let mut search = Search {
            writer,
            reader,
            options: options(&verdicts.reading),
            budget: Budget::new(limits, Cancel::default()),
            small: BTreeMap::new(),
        };
        for finding in verdict.findings.iter_mut().filter(|finding| !finding.path.contains('#')).take(MOST) {
            finding.witness = search.witness(finding, writer_is_old(direction, turned));
            if finding.witness.is_some() {
                finding.kind = Kind::Breaks;
            }
        }
        verdict.kind = verdict.findings.iter().map(|finding| finding.kind).max().unwrap_or(Kind::Safe);
    }
}

fn writer_is_old(direction: Direction, turned: bool) -> bool {
    (direction == Direction::Backward) != turned
}

fn options(reading: &Reading) -> Options {
    let format = match reading.format {
        Format::Assert => FormatReading::Assert,
        Format::Annotate => FormatReading::Annotate,
    };
    Options { format, findings: 1 }
}

struct Search<'a> {
    writer: &'a Schema,
    reader: &'a Schema,
    options: Options,
    budget: Budget,
    small: BTreeMap<VertexId, Option<String>>,
}

impl Search<'_> {
    fn witness(&mut self, finding: &Finding, writer_is_old: bool) -> Option<Json> {
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
        if finding.code == "format-narrowed" {
            candidates.extend(FORMATS.iter().map(|(_, sample)| Some(format!("\"{sample}\""))));
        }
        candidates.extend(ANY.iter().map(|text| Some((*text).to_owned())));
        let mut steps = steps(&finding.path);
        if finding.code == "object-closed" {
            steps.push(Step::Member("x-undeclared".to_owned()));
        }
        for candidate in candidates {
            let Some(text) = self.build(self.writer.main(), &steps, candidate.as_deref(), 0) else {
                continue;
            };
            if text.len() > BYTES {
                continue;
            }
            let Ok(tree) = Tree::parse(text.as_bytes(), self.budget.limits()) else { continue };
            if self.is_witness(tree.root())? {
                return Some(tree.root().to_json());
            }
        }
        None
    }

    /// Whether the writer's schema accepts it and the reader's refuses it; `None` when the steps are spent.
    fn is_witness(&mut self, value: ValueRef<'_>) -> Option<bool> {
        let accepts = Validator::new(self.writer, self.options);
        let validity = accepts.is_valid(self.writer.main(), value, &mut self.budget).ok()?;
        if !validity.is_valid() {
            return Some(false);
        }
        let refuses = Validator::new(self.reader, self.options);
        Some(refuses.is_valid(self.reader.main(), value, &mut self.budget).ok()?.is_invalid())
    }

    /// A small value at a vertex that holds `candidate` at the end of a path (`None`: lacks the last member).
    fn build(
        &mut self,
        at: VertexId,
        steps: &[Step],
        candidate: Option<&str>,
        depth: usize,
    ) -> Option<String> {
        self.budget.spend(1).ok()?;
        if depth > DEPTH {
            return None;
        }
        let Some((step, rest)) = steps.split_first() else { return candidate.map(str::to_owned) };
        let at = self.writer.resolve(at).vertex;
        let kind = &self.writer.vertex(at).kind;
        if matches!(kind, VertexKind::Union | VertexKind::Intersection) {
            let arms: Vec<VertexId> = self.writer.outgoing(at).map(|(_, edge)| edge.tgt).collect();
            return arms.into_iter().find_map(|arm| self.build(arm, steps, candidate, depth + 1));
        }
        match step {
            Step::Item(index) => {
                let prefix: Vec<VertexId> =
                    self.writer.outgoing_of(at, EdgeKind::Prefix).map(|(_, edge)| edge.tgt).collect();
                let items = self.writer.target_of(at, EdgeKind::Items);
                let target = prefix.get(*index).copied().or(items)?;
                let inner = self.build(target, rest, candidate, depth + 1)?;
                let mut parts = Vec::new();
                for place in 0..*index {
                    let target = prefix.get(place).copied().or(items)?;
                    parts.push(self.small(target, depth + 1)?);
                }
                parts.push(inner);
                let least = self.writer.vertex(at).constraint(Sort::MinItems);
                let least = least.and_then(|least| least.value.as_str().parse::<usize>().ok()).unwrap_or(0);
                while parts.len() < least.min(8) {
                    let again = prefix.get(parts.len()).copied().or(items)?;
                    parts.push(self.small(again, depth + 1)?);
                }
                Some(format!("[{}]", parts.join(",")))
            }
            Step::Member(name) => {
                let edge = self.writer.edge_named(at, name).map(|edge| edge.tgt);
                let target = edge.or_else(|| self.writer.target_of(at, EdgeKind::Additional));
                let inner = match target {
                    Some(target) => self.build(target, rest, candidate, depth + 1),
                    None if rest.is_empty() => candidate.map(str::to_owned),
                    None => return None,
                };
                if inner.is_none() && !(rest.is_empty() && candidate.is_none()) {
                    return None;
                }
                self.object(at, Some((name, inner)), depth)
            }
        }
    }

    /// An object with its required members, and one more or one left out.
    fn object(&mut self, at: VertexId, with: Option<(&str, Option<String>)>, depth: usize) -> Option<String> {
        let mut parts = Vec::new();
        if let Some((name, Some(value))) = &with {
            parts.push(format!("{}:{value}", Json::string(name)));
        }
        let required: Vec<(String, VertexId)> = self
            .writer
            .props(at)
            .filter(|(_, edge)| edge.required)
            .map(|(_, edge)| (edge.name.as_deref().unwrap_or("").to_owned(), edge.tgt))
            .collect();
        for (name, target) in required {
            if with.as_ref().is_none_or(|(special, _)| *special != name) {
                let value = self.small(target, depth + 1)?;
                parts.push(format!("{}:{value}", Json::string(&name)));
            }
        }
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
            if validator.is_valid(at, tree.root(), &mut self.budget).ok()?.is_valid() {
                found = Some(candidate);
                break;
            }
        }
        if found.is_none() {
            let resolved = self.writer.resolve(at).vertex;
            let kind = self.writer.vertex(resolved).kind.clone();
            found = match kind {
                VertexKind::Union => {
                    let arms: Vec<VertexId> =
                        self.writer.outgoing(resolved).map(|(_, edge)| edge.tgt).collect();
                    arms.into_iter().find_map(|arm| self.small(arm, depth + 1))
                }
                _ if self.writer.vertex(resolved).types.meets(TypeSet::OBJECT) => {
                    self.object(resolved, None, depth)
                }
                _ if self.writer.vertex(resolved).types.meets(TypeSet::ARRAY) => {
                    let item = self.writer.target_of(resolved, EdgeKind::Items);
                    item.and_then(|item| self.small(item, depth + 1)).map(|item| format!("[{item}]"))
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

/// Values on either side of a bound.
fn beyond(constraint: &Constraint) -> Vec<String> {
    let text = constraint.value.as_str();
    let Ok(bound) = text.parse::<i64>() else { return Vec::new() };
    let near = [bound.saturating_sub(1), bound, bound.saturating_add(1)];
    let sizes = near.iter().filter_map(|size| usize::try_from(*size).ok()).filter(|size| *size < BYTES / 4);
    match constraint.sort {
        Sort::MinLength
        | Sort::MaxLength
        | Sort::MinBytes
        | Sort::MaxBytes
        | Sort::MinGraphemes
        | Sort::MaxGraphemes => sizes.map(|size| format!("\"{}\"", "a".repeat(size))).collect(),
        Sort::MinItems | Sort::MaxItems => {
            sizes.map(|size| format!("[{}]", vec!["0"; size].join(","))).collect()
        }
        Sort::Minimum
        | Sort::Maximum
        | Sort::ExclusiveMinimum
        | Sort::ExclusiveMaximum
        | Sort::MultipleOf => near.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

/// One of everything.
const ANY: &[&str] = &[
    "\"\"",
    "\"a\"",
    "0",
    "1",
    "-1",
    "0.5",
    "true",
    "false",
    "null",
    "{}",
    "[]",
    "\"http://a.example/\"",
    "[0]",
    "[\"a\"]",
    "1000000000",
];

/// A string of each format.
const FORMATS: &[(&str, &str)] = &[
    ("at-identifier", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"),
    ("at-uri", "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a"),
    ("cid", "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"),
    ("datetime", "2024-01-01T00:00:00.000Z"),
    ("did", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"),
    ("handle", "alice.example"),
    ("language", "en"),
    ("nsid", "app.bsky.feed.post"),
    ("record-key", "self"),
    ("tid", "3jzfcijpj2z2a"),
    ("uri", "https://a.example/"),
    ("date-time", "2024-01-01T00:00:00Z"),
    ("date", "2024-01-01"),
    ("time", "00:00:00Z"),
    ("email", "a@example.org"),
    ("hostname", "a.example"),
    ("ipv4", "192.0.2.1"),
    ("ipv6", "::1"),
    ("uuid", "00000000-0000-4000-8000-000000000000"),
];

enum Step {
    Member(String),
    Item(usize),
}

/// Reads a path back; a step that names no single member (a pattern, the undeclared) becomes a made-up one.
fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if rest.starts_with("[\"") {
            // A quoted name: the text of a JSON string.
            let quoted = rest.get(1..).unwrap_or_default();
            let Ok(end) = crate::value::scan::string(quoted.as_bytes(), 0) else { return steps };
            let raw = quoted.get(..end).unwrap_or_default();
            let name = Json::parse(raw).ok().and_then(|name| Some(name.tree().root().as_str()?.into_owned()));
            steps.push(Step::Member(name.unwrap_or_default()));
            rest = quoted.get(end + 1..).unwrap_or_default();
        } else if let Some(after) = rest.strip_prefix('[') {
            let Some((inside, after)) = after.split_once(']') else { return steps };
            steps.push(match inside {
                "" => Step::Item(0),
                "*" => Step::Member("x-undeclared".to_owned()),
                inside if inside.starts_with('/') => Step::Member("x-undeclared".to_owned()),
                inside => Step::Item(inside.parse().unwrap_or(0)),
            });
            rest = after;
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            steps.push(Step::Member(name.to_owned()));
            if end == 0 {
                return steps;
            }
            rest = after;
        }
    }
    steps
}
