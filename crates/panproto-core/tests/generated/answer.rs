//! Answers to questions, so that more pairs of schemas come to a lens.

use super::compute::decorate;
use super::record::Maker;
use panproto_core::align::{Hints, between};
use panproto_core::lens::Machine;
use panproto_core::lens::compile::compile;
use panproto_core::limits::Budget;
use panproto_core::migration::{Migration, Question};
use panproto_core::schema::{Schema, VertexId};
use panproto_core::value::Json;
use panproto_testkit::generate::Random;
use std::sync::Arc;

/// A machine, or the questions that are left.
pub fn derive(old: &Arc<Schema>, new: &Arc<Schema>, hints: &Hints) -> Result<Arc<Machine>, Vec<Question>> {
    derive_computing(old, new, hints, 0)
}

/// The same, with computations that a seed tells, unless it is 0.
pub fn derive_computing(
    old: &Arc<Schema>,
    new: &Arc<Schema>,
    hints: &Hints,
    computing: u64,
) -> Result<Arc<Machine>, Vec<Question>> {
    let mut migration =
        between(old, new, hints, &mut Budget::default()).unwrap_or_else(|error| panic!("derive: {error}"));
    if computing != 0 {
        decorate(&mut migration, computing);
    }
    let compiled =
        compile(&migration, &mut Budget::default()).unwrap_or_else(|error| panic!("compile: {error}"));
    match compiled.machine {
        Some(machine) => {
            assert_eq!(compiled.questions, [], "a lens with open questions");
            Ok(Arc::new(machine))
        }
        None => {
            assert_ne!(compiled.questions, [], "neither a lens nor a question");
            Err(compiled.questions)
        }
    }
}

/// The migration behind [`derive`].
pub fn migration(old: &Arc<Schema>, new: &Arc<Schema>, hints: &Hints) -> Arc<Migration> {
    Arc::new(
        between(old, new, hints, &mut Budget::default()).unwrap_or_else(|error| panic!("derive: {error}")),
    )
}

/// Derives, answering what can be answered without knowing anything: unmatched members are gone, required ones get
/// some value, unions and keywords are taken as they come. Changes `hints` to what was answered.
pub fn derive_answering(
    old: &Arc<Schema>,
    new: &Arc<Schema>,
    hints: &mut Hints,
) -> Result<Arc<Machine>, Vec<Question>> {
    let mut last = Vec::new();
    for _ in 0..6 {
        let questions = match derive(old, new, hints) {
            Ok(machine) => return Ok(machine),
            Err(questions) => questions,
        };
        if questions == last {
            return Err(questions);
        }
        for question in &questions {
            answer(new, hints, question);
        }
        last = questions;
    }
    derive(old, new, hints)
}

fn answer(new: &Arc<Schema>, hints: &mut Hints, question: &Question) {
    match question.code {
        "unmatched-field" if !question.in_target => {
            hints.fields.entry(question.path.clone()).or_insert(None);
        }
        "unmatched-field" | "required-without-value" => {
            // The same value for the same question.
            let Some(at) = member(new, &question.path) else { return };
            let mut random = Random::new(question.path.len() as u64);
            let mut maker = Maker { schema: new, random: &mut random, names: &[], odd: 0, left: 10 };
            let value = maker.value(at, 0).to_string();
            if let Ok(value) = Json::parse(&value) {
                hints.defaults.entry(question.path.clone()).or_insert(value);
            }
        }
        "union-undecidable" => {
            hints.match_one.insert(question.path.clone());
        }
        "keyword-not-modelled" => {
            hints.trust.insert(question.path.clone());
        }
        _ => {}
    }
}

/// The vertex of a path of plain members.
fn member(schema: &Schema, path: &str) -> Option<VertexId> {
    use panproto_core::migration::{DataPath, Step};
    use panproto_core::schema::{EdgeKind, Kind};
    let path = DataPath::parse(path).ok()?;
    let mut at = match &path.root {
        None => schema.main(),
        Some(name) => schema.root_named(name).map(|root| root.vertex).or_else(|| schema.find(name))?,
    };
    for step in &path.steps {
        loop {
            let vertex = schema.resolve(at).vertex;
            at = match schema.vertex(vertex).kind {
                Kind::Record => schema.target_of(vertex, EdgeKind::RecordSchema)?,
                _ => break,
            };
        }
        let vertex = schema.resolve(at).vertex;
        at = match step {
            Step::Member(name) => schema.edge_named(vertex, name)?.tgt,
            Step::Items => schema.target_of(vertex, EdgeKind::Items)?,
            Step::Values => schema.target_of(vertex, EdgeKind::Additional)?,
        };
    }
    Some(at)
}
