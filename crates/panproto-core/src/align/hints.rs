//! What people say of a migration: where members go, which are gone, which values fill gaps.

use super::spec::HintSpec;
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::migration::{DataPath, Migration, Step};
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{EdgeId, EdgeKind, Kind, Schema, VertexId};
use crate::value::Json;

/// Everything that a caller may say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hints {
    /// Source path → target path; nothing means that the member is gone.
    pub fields: BTreeMap<String, Option<String>>,
    /// Target path → value where the source has none.
    pub defaults: BTreeMap<String, Json>,
    /// Source path → value where a view without complement has none.
    pub source_defaults: BTreeMap<String, Json>,
    /// Path of a list (in the source) → member of its view items that tells which item it is.
    pub keys: BTreeMap<String, String>,
    /// Path of a position whose keywords without a place in the model are accepted unchecked.
    pub trust: BTreeSet<String>,
    /// Path of a union whose arm is found by validating against each.
    pub match_one: BTreeSet<String>,
    /// Every union that cannot be decided otherwise is found by validating against each arm.
    pub exactly_one: bool,
    /// Accept the best candidate of a question where its score is at least this and well ahead of the next.
    pub accept_likely: Option<f64>,
    /// Names of the roots, if not the main ones.
    pub roots: Option<(String, String)>,
    /// Hints by the ids of vertices, as published releases take them.
    pub spec: HintSpec,
}

impl Hints {
    /// The same with the anchors as paths.
    pub(super) fn anchored(&self, source: &Schema, target: &Schema) -> Result<Hints> {
        let mut hints = self.clone();
        let spec = std::mem::take(&mut hints.spec);
        spec.anchor(source, target, &mut hints)?;
        hints.spec = HintSpec { anchors: BTreeMap::new(), ..spec };
        Ok(hints)
    }
}

/// What a hint says of its source path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It goes there.
    Target(Vec<Step>),
    /// It is gone.
    Gone,
    /// This value fills the *target* path that stands in place of the source path.
    Default(Json),
    /// This value fills the source path backwards.
    SourceDefault(Json),
    /// This member identifies items of the list.
    Key(Box<str>),
    /// Keywords are accepted unchecked here.
    Trust,
    /// The arm of this union is found by validation.
    ExactlyOne,
}

/// A hint as it stands below some pair of positions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pending {
    /// Steps of the source path (of the target path for a default) that are left.
    pub(super) source: Vec<Step>,
    pub(super) answer: Answer,
}

/// A hint as it was given.
pub(super) struct Hint {
    path: DataPath,
    target_root: Option<Box<str>>,
    answer: Answer,
}

/// All hints, parsed.
pub(super) fn parse(hints: &Hints) -> Result<Vec<Hint>> {
    let mut parsed = Vec::new();
    let mut add = |path: &str, answer: Answer, target_root: Option<Box<str>>| -> Result<()> {
        parsed.push(Hint { path: DataPath::parse(path)?, target_root, answer });
        Ok(())
    };
    for (from, to) in &hints.fields {
        match to {
            None => add(from, Answer::Gone, None)?,
            Some(to) => {
                let to = DataPath::parse(to)?;
                add(from, Answer::Target(to.steps), to.root)?;
            }
        }
    }
    for (path, value) in &hints.defaults {
        add(path, Answer::Default(value.clone()), None)?;
    }
    for (path, value) in &hints.source_defaults {
        add(path, Answer::SourceDefault(value.clone()), None)?;
    }
    for (path, member) in &hints.keys {
        add(path, Answer::Key(member.as_str().into()), None)?;
    }
    for path in &hints.trust {
        add(path, Answer::Trust, None)?;
    }
    for path in &hints.match_one {
        add(path, Answer::ExactlyOne, None)?;
    }
    Ok(parsed)
}

/// The vertex of a root by its name: `main`, `#def`, a full id, or a definition's name.
pub(super) fn root(schema: &Schema, name: &str) -> Result<VertexId> {
    let bare = name.trim_start_matches('#');
    let named =
        |wanted: &str| schema.root_named(wanted).map(|root| root.vertex).or_else(|| schema.find(wanted));
    let documents = schema.documents().iter().map(|document| format!("{}#{bare}", document.id));
    named(name)
        .or_else(|| named(bare))
        .or_else(|| named(&format!("#{bare}")))
        .or_else(|| documents.into_iter().find_map(|id| named(&id)))
        .ok_or_else(|| {
            let known: Vec<&str> = schema.roots().iter().take(8).map(|root| &*root.name).collect();
            Diagnostic::new(ErrorKind::Migration, "unknown-root", format!("the schema has no root `{name}`"))
                .help(format!("roots are `{}`", known.join("`, `")))
                .boxed()
        })
}

impl Hint {
    pub(super) fn text(&self) -> String {
        self.path.to_string()
    }

    pub(super) fn pending(&self) -> Pending {
        Pending { source: self.path.steps.clone(), answer: self.answer.clone() }
    }

    /// The pair of definitions that the hint speaks of, if not the roots.
    pub(super) fn root_pair(&self, source: &Schema, target: &Schema) -> Result<Option<(VertexId, VertexId)>> {
        let Some(name) = &self.path.root else { return Ok(None) };
        let other = self.target_root.as_ref().unwrap_or(name);
        Ok(Some((root(source, name)?, root(target, other)?)))
    }

    /// The side and the path of the first thing that the hint names in vain.
    pub(super) fn unknown(&self, migration: &Migration) -> Option<(&'static str, String)> {
        let start = |schema: &Schema, name: Option<&str>, main: VertexId| match name {
            Some(name) => root(schema, name).ok(),
            None => Some(main),
        };
        let (source_root, target_root) =
            (self.path.root.as_deref(), self.target_root.as_deref().or(self.path.root.as_deref()));
        let source = start(&migration.source, source_root, migration.roots.0)?;
        let target = start(&migration.target, target_root, migration.roots.1)?;
        let missing = |schema: &Schema, from: VertexId, steps: &[Step]| !reaches(schema, from, steps);
        let print = |steps: &[Step]| DataPath { root: None, steps: steps.to_vec() }.to_string();
        match &self.answer {
            Answer::Default(_) if missing(&migration.target, target, &self.path.steps) => {
                Some(("target", self.text()))
            }
            Answer::Default(_) => None,
            _ if missing(&migration.source, source, &self.path.steps) => Some(("source", self.text())),
            Answer::Target(steps) if missing(&migration.target, target, steps) => {
                Some(("target", print(steps)))
            }
            _ => None,
        }
    }
}

/// Whether steps lead somewhere, through references and any arm of a union.
fn reaches(schema: &Schema, from: VertexId, steps: &[Step]) -> bool {
    let mut here: BTreeSet<VertexId> = BTreeSet::from([schema.resolve(from).vertex]);
    for step in steps {
        let mut arms: Vec<VertexId> = here.iter().copied().collect();
        let mut seen = here.clone();
        while let Some(vertex) = arms.pop() {
            let inner = schema
                .outgoing(vertex)
                .filter(|(_, edge)| matches!(edge.kind, EdgeKind::Variant | EdgeKind::Branch));
            for (_, edge) in inner {
                let next = schema.resolve(edge.tgt).vertex;
                if seen.insert(next) {
                    arms.push(next);
                }
            }
        }
        let next = |vertex: &VertexId| -> Vec<VertexId> {
            let follow = |kinds: &[EdgeKind]| -> Vec<VertexId> {
                schema
                    .outgoing(*vertex)
                    .filter(|(_, edge)| kinds.contains(&edge.kind))
                    .map(|(_, edge)| edge.tgt)
                    .collect()
            };
            match step {
                Step::Member(name) => {
                    schema.edge_named(*vertex, name).map(|edge| edge.tgt).into_iter().collect()
                }
                Step::Items => follow(&[EdgeKind::Items, EdgeKind::Prefix]),
                Step::Values => follow(&[EdgeKind::Additional, EdgeKind::Pattern]),
            }
        };
        here = seen.iter().flat_map(next).map(|vertex| schema.resolve(vertex).vertex).collect();
        if here.is_empty() {
            return false;
        }
    }
    let end_is_data = |vertex: &VertexId| !matches!(schema.vertex(*vertex).kind, Kind::Never);
    here.iter().any(end_is_data)
}

/// The hints that go on below one step on both sides.
pub(super) fn below(pending: &BTreeSet<Pending>, source: &Step, target: &Step) -> BTreeSet<Pending> {
    below_all(pending, std::slice::from_ref(source), std::slice::from_ref(target))
}

/// The hints that go on below these steps of the two sides.
pub(super) fn below_all(pending: &BTreeSet<Pending>, source: &[Step], target: &[Step]) -> BTreeSet<Pending> {
    let inner = |hint: &Pending| {
        let (left, answer) = match &hint.answer {
            Answer::Target(to) => {
                (hint.source.strip_prefix(source)?, Answer::Target(to.strip_prefix(target)?.to_vec()))
            }
            Answer::Default(value) => (hint.source.strip_prefix(target)?, Answer::Default(value.clone())),
            other => (hint.source.strip_prefix(source)?, other.clone()),
        };
        let ends = left.is_empty()
            && matches!(
                answer,
                Answer::Target(_) | Answer::Gone | Answer::Default(_) | Answer::SourceDefault(_)
            );
        (!ends).then(|| Pending { source: left.to_vec(), answer })
    };
    pending.iter().filter_map(inner).collect()
}

/// The values that hints give to members of an object, by way.
pub(super) fn values(
    pending: &BTreeSet<Pending>,
    of_source: bool,
    find: impl Fn(&[Step]) -> Option<Vec<EdgeId>>,
) -> BTreeMap<Vec<EdgeId>, Json> {
    pending
        .iter()
        .filter_map(|hint| {
            let value = match (&hint.answer, of_source) {
                (Answer::Default(value), false) | (Answer::SourceDefault(value), true) => value,
                _ => return None,
            };
            Some((find(&hint.source)?, value.clone()))
        })
        .collect()
}
