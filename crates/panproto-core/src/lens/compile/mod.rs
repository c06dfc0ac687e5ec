//! From a migration to a machine.
//!
//! States are made on demand from a work list, so recursion in the schemas is a cycle of states. Where a pair of
//! positions cannot be decided the compiler asks a question and goes on, so that all questions come at once.
//! States that would write every value as it was read become plain copies at the end.

mod array;
pub(super) mod collapse;
mod computed;
mod fingerprint;
mod object;
mod proof;
mod scalar;
mod union;

pub(super) use object::given;

use super::machine::{Check, Machine, Rule, State, StateId};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result, is_plain};
use crate::instance::{Checks, Options};
use crate::limits::Budget;
use crate::migration::{Change, Migration, Question};
use crate::ordered::{Arrange, BTreeMap};
use crate::schema::{EdgeId, EdgeKind, Kind, Schema, TypeSet, VertexId};
use proof::Proof;
use std::sync::Arc;

/// What compiling gave: a machine, or questions.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The machine; none where a question is open.
    pub machine: Option<Machine>,
    /// What has to be decided first.
    pub questions: Vec<Question>,
    /// What the machine does beyond the matches: checks, coercions, fills, losses.
    pub changes: Vec<Change>,
}

/// Compiles a migration.
///
/// # Errors
/// `limit-states` where the machine would pass the limit; `limit-steps`, `cancelled`. What is undecided is no
/// error: it is in [`Compiled::questions`].
pub fn compile(migration: &Migration, budget: &mut Budget) -> Result<Compiled> {
    let mut compiler = Compiler {
        migration,
        source: &migration.source,
        target: &migration.target,
        proof: Proof::new(&migration.source, &migration.target),
        checks: (
            Arc::new(Checks::new(&migration.source, Options::DEFAULT)),
            Arc::new(Checks::new(&migration.target, Options::DEFAULT)),
        ),
        ids: BTreeMap::new(),
        applied: BTreeMap::new(),
        states: Vec::new(),
        work: Vec::new(),
        questions: migration.questions.clone(),
        changes: Vec::new(),
    };
    let (source, target) = migration.roots;
    let start = compiler.pair(source, target, &At::root());
    while let Some(job) = compiler.work.pop() {
        budget.spend(
            1 + compiler.source.slots(job.source).len() as u64
                + compiler.target.slots(job.target).len() as u64,
        )?;
        if compiler.states.len() > budget.limits().states as usize {
            return Err(Diagnostic::new(
                ErrorKind::Limit,
                "limit-states",
                format!("the migration passes the limit of {} states", budget.limits().states),
            )
            .help("raise the limit `states` if the schemas are trusted")
            .boxed());
        }
        compiler.run(job);
    }
    compiler.finish(start)
}

/// Where a pair of positions stands in the data of both sides, for people.
#[derive(Clone, Debug, Default)]
struct At {
    source: String,
    target: String,
}

impl At {
    fn root() -> At {
        At::default()
    }

    fn items(&self) -> At {
        At { source: format!("{}[]", self.source), target: format!("{}[]", self.target) }
    }
}

/// A path with one more member.
fn join(path: &str, name: &str) -> String {
    match (path.is_empty(), is_plain(name)) {
        (true, true) => name.to_owned(),
        (false, true) => format!("{path}.{name}"),
        (_, false) => format!("{path}[{}]", crate::value::Json::string(name)),
    }
}

/// How a pair of vertices is read: as whatever stands there, or only its values of one JSON type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Facet {
    Whole,
    Object,
    Array,
    Scalar,
}

type Key = (VertexId, VertexId, bool, bool, Facet);

#[derive(Debug)]
struct Job {
    id: StateId,
    source: VertexId,
    target: VertexId,
    facet: Facet,
    at: At,
}

struct Compiler<'m> {
    migration: &'m Migration,
    source: &'m Schema,
    target: &'m Schema,
    proof: Proof<'m>,
    /// Of both sides, for values that are written where there are none.
    checks: (Arc<Checks>, Arc<Checks>),
    ids: BTreeMap<Key, StateId>,
    /// States that are expressions.
    applied: BTreeMap<(EdgeId, EdgeId), StateId>,
    states: Vec<State>,
    work: Vec<Job>,
    questions: Vec<Question>,
    changes: Vec<Change>,
}

const COPY: Rule = Rule::Copy { forward: Check::None, backward: Check::None };

impl Compiler<'_> {
    /// The state of a pair of positions, made on demand.
    fn pair(&mut self, source: VertexId, target: VertexId, at: &At) -> StateId {
        let from = self.source.resolve(source);
        let to = self.target.resolve(target);
        let (from_null, to_null) = (admits_null(self.source, source), admits_null(self.target, target));
        self.facet((from.vertex, to.vertex, from_null, to_null, Facet::Whole), at)
    }

    fn facet(&mut self, key: Key, at: &At) -> StateId {
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let (source, target, source_null, target_null, facet) = key;
        let id = self.push(State { source, target, source_null, target_null, rule: COPY });
        self.ids.insert(key, id);
        self.work.push(Job { id, source, target, facet, at: at.clone() });
        id
    }

    /// What is known of a state so far.
    fn rule_of(&self, id: StateId) -> Option<&Rule> {
        self.states.get(id.0 as usize).map(|state| &state.rule)
    }

    fn push(&mut self, state: State) -> StateId {
        self.states.push(state);
        StateId(self.states.len() as u32 - 1)
    }

    /// A state for a position that only one side describes, or neither.
    fn loose(
        &mut self,
        source: Option<EdgeId>,
        target: Option<EdgeId>,
        whole: (VertexId, VertexId),
        at: &At,
    ) -> StateId {
        if let Some(edge) = source {
            self.no_survival(edge, at);
        }
        if let (Some(source), Some(target)) = (source, target) {
            return self.position((source, target), at);
        }
        let source = source.map(|edge| self.source.edge(edge).tgt);
        let target = target.map(|edge| self.target.edge(edge).tgt);
        self.lone(source, target, whole)
    }

    /// A state for a position of which one side says nothing.
    fn lone(
        &mut self,
        source: Option<VertexId>,
        target: Option<VertexId>,
        whole: (VertexId, VertexId),
    ) -> StateId {
        self.push(State {
            source: source.unwrap_or(whole.0),
            target: target.unwrap_or(whole.1),
            source_null: true,
            target_null: true,
            rule: Rule::Copy {
                forward: target.map_or(Check::None, Check::Valid),
                backward: source.map_or(Check::None, Check::Valid),
            },
        })
    }

    fn run(&mut self, job: Job) {
        let rule = self.rule(&job);
        if let Some(state) = self.states.get_mut(job.id.0 as usize) {
            // A check of the whole value sees `null` too.
            state.rule = rule;
        }
    }

    fn rule(&mut self, job: &Job) -> Rule {
        let (source, target, at) = (job.source, job.target, &job.at);
        match job.facet {
            Facet::Object => return self.object(source, target, at),
            Facet::Array => return self.array(source, target, at),
            Facet::Scalar => return self.scalar(source, target, at),
            Facet::Whole => {}
        }
        let (from, to) = (self.source.vertex(source), self.target.vertex(target));
        if from.kind == Kind::External || to.kind == Kind::External {
            return self.external(source, target, at);
        }
        if from.kind == Kind::Null || to.kind == Kind::Null {
            // `null` itself is the state's matter; of anything else one side has nothing.
            let only = |kind: &Kind| {
                if *kind == Kind::Null { Check::Local(TypeSet::NULL, Vec::new()) } else { Check::None }
            };
            return Rule::Copy { forward: only(&to.kind), backward: only(&from.kind) };
        }
        if from.kind == Kind::Union || to.kind == Kind::Union {
            return self.union(source, target, at);
        }
        let (left, right) = (form(self.source, source), form(self.target, target));
        let same = self.proof.same(source, target);
        if !same && (from.tainted || to.tainted) && !self.trusts(at) {
            return self.unmodelled(source, target, at);
        }
        match (left, right) {
            (Form::Opaque, _) | (_, Form::Opaque) if same => COPY,
            (_, Form::Free) => Rule::Copy { forward: Check::None, backward: self.back_whole(source, target) },
            (Form::Free, _) => {
                Rule::Copy { forward: self.forward_whole(source, target), backward: Check::None }
            }
            (Form::Opaque, _) | (_, Form::Opaque) => self.checked_copy(source, target),
            (Form::Object, Form::Object) => self.object(source, target, at),
            (Form::Array, Form::Array) => self.array(source, target, at),
            (Form::Mixed, _) | (_, Form::Mixed) => self.mixed(source, target, at),
            (Form::Scalar, Form::Scalar) => self.scalar(source, target, at),
            (Form::Piece, Form::Piece) if from.kind == to.kind => self.checked_copy(source, target),
            (Form::Piece, Form::Object) | (Form::Object, Form::Piece)
                if from.kind == Kind::Unknown || to.kind == Kind::Unknown =>
            {
                self.checked_copy(source, target)
            }
            (Form::Piece, Form::Piece) if from.kind == Kind::Unknown || to.kind == Kind::Unknown => {
                self.checked_copy(source, target)
            }
            (Form::Array, _) => self.head(source, target, at),
            (_, Form::Array) => self.wrap(source, target, at),
            _ => self.not_convertible(source, target, at),
        }
    }

    /// Copied, and whatever is not proved is checked of the whole value.
    fn checked_copy(&mut self, source: VertexId, target: VertexId) -> Rule {
        Rule::Copy { forward: self.forward_whole(source, target), backward: self.back_whole(source, target) }
    }

    fn forward_whole(&mut self, source: VertexId, target: VertexId) -> Check {
        if self.proof.forward(source, target) { Check::None } else { Check::Valid(target) }
    }

    fn back_whole(&mut self, source: VertexId, target: VertexId) -> Check {
        if self.proof.backward(source, target) { Check::None } else { Check::Valid(source) }
    }

    /// The same reference to a document that was not given copies; differing ones are a question.
    fn external(&mut self, source: VertexId, target: VertexId, at: &At) -> Rule {
        let (from, to) = (self.source.vertex(source), self.target.vertex(target));
        if from.nsid.is_some() && from.nsid == to.nsid {
            let check = |kind: &Kind, vertex| {
                if *kind == Kind::External { Check::None } else { Check::Valid(vertex) }
            };
            return Rule::Copy { forward: check(&to.kind, target), backward: check(&from.kind, source) };
        }
        if self.trusts(at) {
            return COPY;
        }
        let why = format!("`{}` and `{}` are in documents that were not given", label(from), label(to));
        self.ask(
            "external-not-loaded",
            at,
            false,
            why,
            "give the documents that the references lead to".into(),
        )
    }

    fn unmodelled(&mut self, source: VertexId, target: VertexId, at: &At) -> Rule {
        let names = |schema: &Schema, vertex| {
            let vertex = schema.vertex(vertex);
            if vertex.tainted {
                vertex.extra.iter().map(|(name, _)| name.to_string()).collect()
            } else {
                Vec::new()
            }
        };
        let mut keywords: Vec<String> = names(self.source, source);
        keywords.extend(names(self.target, target));
        keywords.arrange();
        keywords.dedup();
        let why = format!(
            "keywords that the model does not know restrict values here: `{}`",
            keywords.join("`, `")
        );
        let help = format!("answer `trust` for `{}` to convert without checking these keywords", at.source);
        self.ask("keyword-not-modelled", at, false, why, help)
    }

    fn not_convertible(&mut self, source: VertexId, target: VertexId, at: &At) -> Rule {
        let (from, to) = (self.source.vertex(source), self.target.vertex(target));
        let why = format!("{} cannot become {}", describe(from), describe(to));
        let help = format!("say where `{}` goes with a hint, or `null` if it is gone", at.source);
        self.ask("types-not-convertible", at, false, why, help)
    }

    fn ask(&mut self, code: &'static str, at: &At, in_target: bool, why: String, help: String) -> Rule {
        let path = if in_target { at.target.clone() } else { at.source.clone() };
        self.questions.push(Question { code, path, in_target, candidates: Vec::new(), why, help });
        COPY
    }

    fn trusts(&self, at: &At) -> bool {
        self.migration.trusted.contains(&at.source) || self.migration.trusted.contains("*")
    }

    fn note(&mut self, kind: &'static str, at: &At, why: String, lossless: bool) {
        let (from, to) = (Some(at.source.clone()), Some(at.target.clone()));
        self.changes.push(Change { kind, from, to, why, score: None, lossless });
    }

    fn finish(mut self, start: StateId) -> Result<Compiled> {
        self.questions.arrange_by(|a, b| (&a.path, a.code).cmp(&(&b.path, b.code)));
        self.questions.dedup();
        if !self.questions.is_empty() {
            return Ok(Compiled { machine: None, questions: self.questions, changes: self.changes });
        }
        let (states, start) = collapse::collapse(self.states, start);
        let mut machine = Machine {
            source: self.migration.source.clone(),
            target: self.migration.target.clone(),
            states,
            start,
            fingerprint: [0; 32],
        };
        machine.fingerprint = fingerprint::fingerprint(&machine);
        Ok(Compiled { machine: Some(machine), questions: Vec::new(), changes: self.changes })
    }
}

/// Whether `null` may stand at a position.
fn admits_null(schema: &Schema, position: VertexId) -> bool {
    let resolved = schema.resolve(position);
    resolved.nullable || schema.vertex(resolved.vertex).types.contains(TypeSet::NULL)
}

/// How the values at a vertex are best taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Any value at all.
    Free,
    /// Objects with members.
    Object,
    Array,
    Scalar,
    /// An object that is one piece: bytes, links, blobs, unknown.
    Piece,
    /// Values of several JSON types, objects or arrays with structure among them.
    Mixed,
    /// Only as a whole: intersections, no data, what a user's protocol names.
    Opaque,
}

fn form(schema: &Schema, id: VertexId) -> Form {
    let vertex = schema.vertex(id);
    match &vertex.kind {
        Kind::Object => Form::Object,
        Kind::Array => Form::Array,
        Kind::Bytes | Kind::CidLink | Kind::Blob | Kind::Unknown => Form::Piece,
        Kind::Any | Kind::Other(_) => {
            let structured = schema.outgoing(id).any(|(_, edge)| {
                matches!(
                    edge.kind,
                    EdgeKind::Prop
                        | EdgeKind::Pattern
                        | EdgeKind::Additional
                        | EdgeKind::Items
                        | EdgeKind::Prefix
                        | EdgeKind::Other(_)
                )
            });
            let containers = TypeSet::OBJECT | TypeSet::ARRAY;
            if vertex.types == TypeSet::ALL && vertex.constraints.is_empty() && !structured && !vertex.tainted
            {
                Form::Free
            } else if !vertex.types.meets(containers) {
                Form::Scalar
            } else if vertex.types == TypeSet::OBJECT {
                Form::Object
            } else if vertex.types == TypeSet::ARRAY {
                Form::Array
            } else {
                Form::Mixed
            }
        }
        kind if !kind.types().is_empty() => Form::Scalar,
        _ => Form::Opaque,
    }
}

fn label(vertex: &crate::schema::Vertex) -> &str {
    vertex.nsid.as_deref().unwrap_or(&vertex.id)
}

fn describe(vertex: &crate::schema::Vertex) -> String {
    match &vertex.kind {
        Kind::Any => format!("a value of type {}", vertex.types.names().collect::<Vec<_>>().join(" or ")),
        kind => format!("`{kind}`"),
    }
}
