//! The hints of published releases: pairs of vertices, scopes, exclusions and preferences.
//!
//! Anchors decide, as other hints do. Scopes and exclusions only forbid. Preferences and aliases rank the candidates
//! of questions, and never decide one.

use super::Hints;
use super::names;
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::limits::Limits;
use crate::migration::places;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{EdgeId, Schema, VertexId};
use crate::value::{Tree, ValueRef};

/// What makes a candidate a preferred one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Predicate {
    /// The names are the same after folding.
    SameEdgeName,
    /// The names are at least this alike.
    SimilarName(f64),
    /// The kinds are the same.
    SameKind,
}

/// How many candidates a search tells: those of at least this score. It accepts none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Stringency {
    /// Only good ones.
    Strict,
    /// Those that a person would look at.
    #[default]
    Balanced,
    /// Weak ones too.
    Lenient,
    /// All.
    Exploratory,
}

impl Stringency {
    /// The one with a name.
    pub fn from_name(name: &str) -> Option<Stringency> {
        match name {
            "strict" => Some(Stringency::Strict),
            "balanced" => Some(Stringency::Balanced),
            "lenient" => Some(Stringency::Lenient),
            "exploratory" => Some(Stringency::Exploratory),
            _ => None,
        }
    }

    /// The least score that it tells.
    pub fn least(self) -> f64 {
        match self {
            Stringency::Strict => 0.75,
            Stringency::Balanced => 0.55,
            Stringency::Lenient => 0.4,
            Stringency::Exploratory => 0.0,
        }
    }
}

/// Hints by the ids of vertices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HintSpec {
    /// Vertices that are the same.
    pub anchors: BTreeMap<String, String>,
    /// What is below the first (in the source) matches only what is below the second.
    pub scopes: Vec<(String, String)>,
    /// Vertices of the target that nothing becomes.
    pub exclude_targets: BTreeSet<String>,
    /// Vertices of the source that become nothing.
    pub exclude_sources: BTreeSet<String>,
    /// What candidates are ranked by beside the usual, with weights.
    pub prefer: Vec<(Predicate, f64)>,
    /// Words that stand for the same thing.
    pub alias_clusters: Vec<Vec<String>>,
    /// Which candidates are told.
    pub stringency: Option<Stringency>,
}

impl HintSpec {
    /// Reads the published JSON form.
    ///
    /// ```
    /// use panproto_core::{align::HintSpec, limits::Limits};
    /// let text = br#"{"anchors": {"user": "account"}, "constraints": [{"type": "exclude_targets", "vertices": ["account.debug"]}]}"#;
    /// let spec = HintSpec::parse(text, &Limits::DEFAULT).unwrap();
    /// assert!(spec.exclude_targets.contains("account.debug"));
    /// ```
    ///
    /// # Errors
    /// Those of JSON; `invalid-hint` with a path and a span.
    pub fn parse(text: &[u8], limits: &Limits) -> Result<HintSpec> {
        let tree = Tree::parse(text, limits)?;
        let root = tree.root();
        let mut spec = HintSpec::default();
        if !root.is_object() {
            return Err(invalid(root, "", "hints are an object"));
        }
        for (key, value) in root.members() {
            let name = key.as_str().unwrap_or_default();
            match name.as_ref() {
                _ if value.raw() == b"null" => {}
                "anchors" => {
                    for (from, to) in value.members() {
                        spec.anchors.insert(text_of(from, "anchors")?, text_of(to, "anchors")?);
                    }
                }
                "constraints" => {
                    for (at, constraint) in value.items().enumerate() {
                        spec.constraint(constraint, &format!("constraints[{at}]"))?;
                    }
                }
                "alias_clusters" => {
                    for cluster in value.items() {
                        spec.alias_clusters.push(texts(cluster, "alias_clusters")?);
                    }
                }
                "stringency" => {
                    let word = text_of(value, "stringency")?;
                    spec.stringency = Some(Stringency::from_name(&word).ok_or_else(|| {
                        invalid(value, "stringency", "one of `strict`, `balanced`, `lenient`, `exploratory`")
                    })?);
                }
                name => return Err(invalid(key, name, "hints have no such member")),
            }
        }
        Ok(spec)
    }

    fn constraint(&mut self, value: ValueRef<'_>, place: &str) -> Result<()> {
        let member = |key: &str| value.get(key).ok_or_else(|| invalid(value, place, "a member is missing"));
        match text_of(member("type")?, place)?.as_str() {
            "scope" => {
                self.scopes.push((text_of(member("under")?, place)?, text_of(member("targets")?, place)?))
            }
            "exclude_targets" => self.exclude_targets.extend(texts(member("vertices")?, place)?),
            "exclude_sources" => self.exclude_sources.extend(texts(member("vertices")?, place)?),
            "prefer" => {
                let predicate = member("predicate")?;
                let kind = predicate.get("kind").unwrap_or(predicate);
                let number = |value: ValueRef<'_>| {
                    let number: Option<f64> = value.raw_str().parse().ok();
                    number
                        .filter(|number| (0.0..=1.0).contains(number))
                        .ok_or_else(|| invalid(value, place, "a number between 0 and 1"))
                };
                let threshold = predicate.get("threshold").map(number).transpose()?.unwrap_or(0.5);
                let predicate = match text_of(kind, place)?.as_str() {
                    "same_edge_name" => Predicate::SameEdgeName,
                    "similar_name" => Predicate::SimilarName(threshold),
                    "same_kind" => Predicate::SameKind,
                    _ => return Err(invalid(kind, place, "`same_edge_name`, `similar_name` or `same_kind`")),
                };
                self.prefer.push((predicate, number(member("weight")?)?));
            }
            _ => {
                let help = "`scope`, `exclude_targets`, `exclude_sources` or `prefer`";
                return Err(invalid(value, place, help));
            }
        }
        Ok(())
    }

    /// Adds the anchors to other hints, as paths.
    ///
    /// # Errors
    /// `unknown-vertex`; `anchor-not-mappable` where no record reaches one of two vertices, or only one is a root;
    /// `hint-conflict` where another hint says something else.
    pub(super) fn anchor(&self, source: &Schema, target: &Schema, hints: &mut Hints) -> Result<()> {
        if self.anchors.is_empty() {
            return Ok(());
        }
        let (left, right) = (places(source, source.main()), places(target, target.main()));
        for (from, to) in &self.anchors {
            let path = |schema: &Schema, places: &BTreeMap<VertexId, String>, id: &str| {
                let vertex = vertex(schema, id)?;
                let path = places.get(&vertex).cloned();
                path.ok_or_else(|| fail("anchor-not-mappable", format!("no record reaches `{id}`"), from))
            };
            let (mut a, mut b) = (path(source, &left, from)?, path(target, &right, to)?);
            // Items match where their lists do.
            while let (Some(outer), Some(other)) = (a.strip_suffix("[]"), b.strip_suffix("[]")) {
                (a, b) = (outer.to_owned(), other.to_owned());
            }
            match (a.is_empty(), b.is_empty()) {
                (true, true) => {}
                (false, false) => {
                    let stated = hints.fields.insert(a.clone(), Some(b.clone()));
                    if stated.is_some_and(|stated| stated.as_deref() != Some(b.as_str())) {
                        let message = format!("another hint sends `{a}` elsewhere than to `{b}`");
                        return Err(fail("hint-conflict", message, &a));
                    }
                }
                _ => {
                    let message = format!("of `{from}` and `{to}` only one is where records begin");
                    return Err(fail("anchor-not-mappable", message, from));
                }
            }
        }
        Ok(())
    }
}

/// A spec over two schemas: what may match what.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    sources_out: BTreeSet<VertexId>,
    targets_out: BTreeSet<VertexId>,
    scopes: Vec<(BTreeSet<VertexId>, BTreeSet<VertexId>)>,
    prefer: Vec<(Predicate, f64)>,
    /// Folded.
    pub(super) aliases: Vec<Vec<String>>,
}

impl Filter {
    /// # Errors
    /// `unknown-vertex`.
    pub(super) fn new(spec: &HintSpec, source: &Schema, target: &Schema) -> Result<Filter> {
        let all = |schema: &Schema, ids: &BTreeSet<String>| -> Result<BTreeSet<VertexId>> {
            ids.iter().map(|id| vertex(schema, id)).collect()
        };
        let mut scopes = Vec::new();
        for (under, targets) in &spec.scopes {
            scopes.push((below(source, vertex(source, under)?), below(target, vertex(target, targets)?)));
        }
        let fold = |cluster: &Vec<String>| cluster.iter().map(|word| names::fold(word)).collect();
        Ok(Filter {
            sources_out: all(source, &spec.exclude_sources)?,
            targets_out: all(target, &spec.exclude_targets)?,
            scopes,
            prefer: spec.prefer.clone(),
            aliases: spec.alias_clusters.iter().map(fold).collect(),
        })
    }

    pub(super) fn admits_source(&self, schema: &Schema, edge: EdgeId) -> bool {
        !self.sources_out.contains(&schema.edge(edge).tgt)
    }

    pub(super) fn admits_target(&self, schema: &Schema, edge: EdgeId) -> bool {
        !self.targets_out.contains(&schema.edge(edge).tgt)
    }

    /// Whether two members may match without a hint.
    pub(super) fn admits(&self, source: &Schema, from: EdgeId, target: &Schema, to: EdgeId) -> bool {
        let (a, b) = (source.edge(from).tgt, target.edge(to).tgt);
        self.admits_source(source, from)
            && self.admits_target(target, to)
            && self.scopes.iter().all(|(under, targets)| !under.contains(&a) || targets.contains(&b))
    }

    /// A score with what is preferred: the weighted mean of it and of the preferences that hold.
    pub(super) fn ranked(&self, score: f64, same_name: bool, similarity: f64, same_kind: bool) -> f64 {
        let (mut sum, mut weights) = (score, 1.0);
        for (predicate, weight) in &self.prefer {
            let holds = match predicate {
                Predicate::SameEdgeName => same_name,
                Predicate::SimilarName(threshold) => similarity >= *threshold,
                Predicate::SameKind => same_kind,
            };
            sum += if holds { *weight } else { 0.0 };
            weights += weight;
        }
        sum / weights
    }
}

/// A vertex and everything that it leads to.
fn below(schema: &Schema, start: VertexId) -> BTreeSet<VertexId> {
    let mut seen = BTreeSet::from([start]);
    let mut work = vec![start];
    while let Some(vertex) = work.pop() {
        work.extend(schema.outgoing(vertex).map(|(_, edge)| edge.tgt).filter(|tgt| seen.insert(*tgt)));
    }
    seen
}

fn vertex(schema: &Schema, id: &str) -> Result<VertexId> {
    schema.find(id).ok_or_else(|| {
        let message = format!("the {} schema has no vertex `{id}`", schema.protocol());
        Diagnostic::new(ErrorKind::Migration, "unknown-vertex", message)
            .at(id)
            .help("anchors and constraints name vertices by their ids; `schema.graph` lists them")
            .boxed()
    })
}

#[cold]
fn fail(code: &'static str, message: String, path: &str) -> Error {
    Diagnostic::new(ErrorKind::Migration, code, message).at(path).boxed()
}

#[cold]
fn invalid(value: ValueRef<'_>, place: &str, message: &'static str) -> Error {
    Diagnostic::new(ErrorKind::Usage, "invalid-hint", message).at(place).spanning(value.span()).boxed()
}

fn text_of(value: ValueRef<'_>, place: &str) -> Result<String> {
    let text = value.as_str().map(|text| text.into_owned());
    text.ok_or_else(|| invalid(value, place, "a text is asked for"))
}

fn texts(value: ValueRef<'_>, place: &str) -> Result<Vec<String>> {
    if !value.is_array() {
        return Err(invalid(value, place, "a list of texts is asked for"));
    }
    value.items().map(|item| text_of(item, place)).collect()
}
