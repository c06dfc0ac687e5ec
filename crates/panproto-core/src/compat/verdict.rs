//! The three verdicts over two schemas.

use super::finding::{Direction, Finding, Kind};
use super::inclusion::{Inclusion, Reason};
use super::{Reading, source};
use crate::diff::published::Writer;
use crate::diff::{Diff, root_path, type_text};
use crate::ordered::BTreeMap;
use crate::schema::{Role, Root, Schema};
use std::fmt;

/// One verdict with what it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The worst of the findings; *safe* where there is none.
    pub kind: Kind,
    /// Why it is not *safe*.
    pub findings: Vec<Finding>,
}

impl Verdict {
    pub(super) fn of(findings: Vec<Finding>) -> Verdict {
        let kind = findings.iter().map(|finding| finding.kind).max().unwrap_or(Kind::Safe);
        Verdict { kind, findings }
    }
}

/// The verdicts of one root, without its findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootVerdict {
    /// The root's name.
    pub name: String,
    /// Who writes and who reads there.
    pub role: Role,
    /// New readers of old data.
    pub backward: Kind,
    /// Old readers of new data.
    pub forward: Kind,
}

/// What a change of schema breaks, for whom, under which reading.
///
/// A verdict speaks of roots that both schemas have, and of records, bodies and main roots that one of them lacks.
/// Of a JSON Schema only the main root counts; its other definitions are told in `per_root`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdicts {
    /// Can a new reader read old data? For a service: does an old client work with the new service?
    pub backward: Verdict,
    /// Can an old reader read new data? For a service: does a new client work with the old service?
    pub forward: Verdict,
    /// Does code that was written against the old schema fit the new one?
    pub source: Verdict,
    /// The verdicts of each root.
    pub per_root: Vec<RootVerdict>,
    /// What was taken for granted.
    pub reading: Reading,
}

impl Verdicts {
    /// The verdicts over a change, under the reading of its protocol or another one.
    pub fn between(old: &Schema, new: &Schema, reading: Option<Reading>) -> Verdicts {
        let (old, new) = Schema::paired(old, new);
        let (old, new) = (old.as_ref(), new.as_ref());
        let reading = reading.unwrap_or_else(|| Reading::between(old, new));
        let diff = Diff::between(old, new);
        let mut work = Work {
            old,
            new,
            old_in_new: Inclusion::new(old, new, reading),
            new_in_old: Inclusion::new(new, old, reading),
            backward: Vec::new(),
            forward: Vec::new(),
            per_root: Vec::new(),
        };
        work.roots();
        work.encodings(&diff);
        let mut verdicts = Verdicts {
            backward: Verdict::of(merged(work.backward)),
            forward: Verdict::of(merged(work.forward)),
            source: source::verdict(&diff),
            per_root: work.per_root,
            reading,
        };
        super::witness::attach(old, new, &mut verdicts);
        verdicts
    }

    /// The verdicts as one JSON object.
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        out.open('{');
        for (name, verdict) in
            [("backward", &self.backward), ("forward", &self.forward), ("source", &self.source)]
        {
            out.key(name);
            out.open('{');
            out.key("kind");
            out.text(verdict.kind.as_str());
            out.list("findings", verdict.findings.iter(), |out, finding| finding.put(out));
            out.close('}');
        }
        out.list("per_root", self.per_root.iter(), |out, root| {
            out.object(&[
                ("name", Some(&root.name)),
                ("role", Some(root.role.as_str())),
                ("backward", Some(root.backward.as_str())),
                ("forward", Some(root.forward.as_str())),
            ]);
        });
        out.key("reading");
        let texts = self.reading.texts();
        out.object(&texts.map(|(name, value)| (name, Some(value))));
        out.close('}');
        String::from_utf8(out.bytes).unwrap_or_default()
    }
}

impl fmt::Display for Verdicts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, verdict) in [
            ("backward: new readers, old data", &self.backward),
            ("forward: old readers, new data", &self.forward),
            ("source: code of old, schema of new", &self.source),
        ] {
            writeln!(out, "{what}: {}", verdict.kind)?;
            for finding in &verdict.findings {
                writeln!(out, "  {finding}")?;
            }
        }
        writeln!(out, "reading: {}", self.reading)
    }
}

struct Work<'a> {
    old: &'a Schema,
    new: &'a Schema,
    old_in_new: Inclusion<'a>,
    new_in_old: Inclusion<'a>,
    backward: Vec<Finding>,
    forward: Vec<Finding>,
    per_root: Vec<RootVerdict>,
}

impl Work<'_> {
    fn roots(&mut self) {
        let (old, new) = (self.old, self.new);
        let others: BTreeMap<_, &Root> = new.roots().iter().map(|root| (&root.name, root)).collect();
        let known: BTreeMap<_, &Root> = old.roots().iter().map(|root| (&root.name, root)).collect();
        for root in old.roots() {
            match others.get(&root.name) {
                Some(other) => self.both(root, other),
                None => self.alone(root, true),
            }
        }
        for root in new.roots() {
            if !known.contains_key(&root.name) {
                self.alone(root, false);
            }
        }
    }

    fn both(&mut self, root: &Root, other: &Root) {
        let path = root_path(&root.name);
        let old_in_new = self.old_in_new.reasons(root.vertex, other.vertex, &path);
        let new_in_old = self.new_in_old.reasons(other.vertex, root.vertex, &path);
        // Of a response the new service is the writer and the old client the reader.
        let turned = matches!(root.role, Role::Output | Role::Message);
        let (first, second) = if turned { (new_in_old, old_in_new) } else { (old_in_new, new_in_old) };
        let backward = findings(first, Direction::Backward, turned);
        let forward = findings(second, Direction::Forward, !turned);
        self.per_root.push(RootVerdict {
            name: root.name.to_string(),
            role: root.role,
            backward: Verdict::of(backward.clone()).kind,
            forward: Verdict::of(forward.clone()).kind,
        });
        if self.counts(root) {
            self.backward.extend(backward);
            self.forward.extend(forward);
        }
    }

    fn counts(&self, root: &Root) -> bool {
        root.role != Role::Value || root.name == "main" || self.new.protocol() != "json-schema"
    }

    /// A root that only one side has.
    fn alone(&mut self, root: &Root, removed: bool) {
        let schema = if removed { self.old } else { self.new };
        let text = Some(type_text(schema, root.vertex));
        let needs = schema.props(schema.resolve(root.vertex).vertex).any(|(_, edge)| edge.required);
        // What it means for whom still has the old schema, and for whom has the new one already.
        let (gone, come) = match root.role {
            Role::Record => (Kind::Breaks, Kind::Safe),
            Role::Value if root.name == "main" => (Kind::Breaks, Kind::Breaks),
            Role::Value => return,
            Role::Parameters if needs => (Kind::Unknown, Kind::Breaks),
            Role::Parameters => (Kind::Unknown, Kind::Safe),
            Role::Input => (Kind::Unknown, Kind::Breaks),
            Role::Output | Role::Message => (Kind::Breaks, Kind::Safe),
        };
        let (backward, forward) = if removed { (gone, come) } else { (come, gone) };
        // A new record type: what the old reader does with it is its own affair.
        let forward = if root.role == Role::Record && !removed { Kind::Unknown } else { forward };
        let code = if removed { "definition-removed" } else { "definition-added" };
        for (kind, direction) in [(backward, Direction::Backward), (forward, Direction::Forward)] {
            if kind == Kind::Safe {
                continue;
            }
            let finding = Finding {
                code,
                kind,
                direction,
                path: root_path(&root.name),
                old: text.clone().filter(|_| removed),
                new: text.clone().filter(|_| !removed),
                old_vertex: removed.then_some(root.vertex),
                new_vertex: (!removed).then_some(root.vertex),
                witness: None,
            };
            match direction {
                Direction::Backward => self.backward.push(finding),
                _ => self.forward.push(finding),
            }
        }
        self.per_root.push(RootVerdict { name: root.name.to_string(), role: root.role, backward, forward });
    }

    /// Bodies of another encoding are other bodies.
    fn encodings(&mut self, diff: &Diff) {
        for change in diff.changes().iter().filter(|change| change.kind == "encoding-changed") {
            for (direction, list) in
                [(Direction::Backward, &mut self.backward), (Direction::Forward, &mut self.forward)]
            {
                let both = change.old.is_some() && change.new.is_some();
                list.push(Finding {
                    code: "encoding-changed",
                    kind: if both { Kind::Breaks } else { Kind::Unknown },
                    direction,
                    path: change.path.clone(),
                    old: change.old.clone(),
                    new: change.new.clone(),
                    old_vertex: change.old_vertex,
                    new_vertex: change.new_vertex,
                    witness: None,
                });
            }
        }
    }
}

/// `turned`: the source of the inclusion is the new schema.
fn findings(reasons: Vec<Reason>, direction: Direction, turned: bool) -> Vec<Finding> {
    let finding = |reason: Reason| {
        let Reason { code, kind, path, mut source, mut target, mut source_text, mut target_text } = reason;
        if turned {
            std::mem::swap(&mut source, &mut target);
            std::mem::swap(&mut source_text, &mut target_text);
        }
        let (old, new) = (source_text, target_text);
        Finding {
            code,
            kind,
            direction,
            path,
            old,
            new,
            old_vertex: source,
            new_vertex: target,
            witness: None,
        }
    };
    reasons.into_iter().map(finding).collect()
}

/// Findings that several roots lead to are told once, as the worst that they are.
fn merged(findings: Vec<Finding>) -> Vec<Finding> {
    let mut places = BTreeMap::new();
    let mut out: Vec<Finding> = Vec::new();
    for finding in findings {
        let key =
            (finding.code, finding.old_vertex, finding.new_vertex, finding.old.clone(), finding.new.clone());
        match places.get(&key).and_then(|at: &usize| out.get_mut(*at)) {
            Some(known) => known.kind = known.kind.max(finding.kind),
            None => {
                places.insert(key, out.len());
                out.push(finding);
            }
        }
    }
    out
}
