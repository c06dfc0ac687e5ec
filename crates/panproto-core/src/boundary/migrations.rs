//! Operations on migrations and lenses: compiling, opening.

use super::request::{as_text, wrong};
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::lens::compile::compile;
use crate::migration::{Change, EdgeName, Migration, Question};
use std::sync::Arc;

impl Session {
    /// What is said of a migration: its object, what it does, and what is open.
    pub(super) fn answer_migration(&mut self, mut migration: Migration) -> Result<Message<'static>, Refusal> {
        // Compiled at once, so that all questions come together.
        let compiled = compile(&migration, &mut self.budget())?;
        migration.changes.extend(compiled.changes);
        migration.questions = compiled.questions;
        let migration = Arc::new(migration);
        let changes = Message::array(migration.changes.iter().map(change_message));
        let questions = Message::array(migration.questions.iter().map(question_message));
        let lossless = migration.changes.iter().all(|change| change.lossless);
        Ok(self
            .keep_migration(migration.clone())
            .with("changes", changes)
            .with("questions", questions)
            .with("decided", migration.questions.is_empty())
            .with("lossless", lossless))
    }
}

/// `migration.explicit`: the migration that maps the given vertices and edges.
pub(super) fn explicit(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [old, new] = session.schemas(request, ["old", "new"])?;
    let mut vertices = Vec::new();
    for (from, to) in request.map("vertex_map")? {
        vertices.push((from, as_text("vertex_map", to)?));
    }
    let mut edges = Vec::new();
    for pair in request.array("edge_map")? {
        match pair {
            Message::Array(pair) if pair.len() == 2 => {
                let mut names = pair.iter().map(edge_name);
                if let (Some(from), Some(to)) = (names.next(), names.next()) {
                    edges.push((from?, to?));
                }
            }
            other => return Err(wrong("edge_map", "an array of pairs of edges", other).into()),
        }
    }
    let migration = Migration::explicit(old, new, &vertices, &edges)?;
    session.answer_migration(migration)
}

fn edge_name<'m>(edge: &'m Message<'_>) -> Result<EdgeName<'m>> {
    let Message::Map(members) = edge else {
        return Err(wrong("edge_map", "an array of pairs of edges", edge));
    };
    let text = |key: &str| as_text(&format!("edge_map.{key}"), members.get(key).unwrap_or(&Message::Nil));
    let name = members.get("name").filter(|name| **name != Message::Nil);
    Ok(EdgeName {
        src: text("src")?,
        tgt: text("tgt")?,
        kind: text("kind")?,
        name: name.map(|name| as_text("edge_map.name", name)).transpose()?,
    })
}

/// `lens.build`: the lens of a migration, if it is decided.
pub(super) fn lens(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let migration = session.migration(request, "migration")?;
    let compiled = compile(&migration, &mut session.budget())?;
    let machine = compiled.machine.ok_or_else(|| undecided(&compiled.questions))?;
    let states = machine.states.len();
    let fingerprint = machine.fingerprint.to_vec();
    Ok(session
        .keep_lens(&migration, Arc::new(machine))
        .with("states", states)
        .with("fingerprint", Message::bin(fingerprint)))
}

/// The error of a migration that has questions.
pub(super) fn undecided(questions: &[Question]) -> Error {
    let first = questions.first();
    let paths: Vec<&str> = questions.iter().take(10).map(|question| question.path.as_str()).collect();
    let message =
        format!("the migration leaves {} questions open: `{}`", questions.len(), paths.join("`, `"));
    let mut error = Diagnostic::new(Kind::Migration, "migration-undecided", message);
    if let Some(first) = first {
        error = error.at(&first.path).help(first.help.clone());
    }
    error.boxed()
}

fn question_message(question: &Question) -> Message<'static> {
    let candidates = question.candidates.iter().map(|candidate| {
        Message::map()
            .with("answer", candidate.answer.clone())
            .with("score", candidate.score)
            .with("why", candidate.why.clone())
    });
    Message::map()
        .with("code", question.code)
        .with("path", question.path.clone())
        .with("in_target", question.in_target)
        .with("candidates", Message::array(candidates))
        .with("why", question.why.clone())
        .with("help", question.help.clone())
}

fn change_message(change: &Change) -> Message<'static> {
    Message::map()
        .with("kind", change.kind)
        .with("from", change.from.clone())
        .with("to", change.to.clone())
        .with("why", change.why.clone())
        .with("score", change.score)
        .with("lossless", change.lossless)
}
