//! Operations on migrations and lenses: compiling, opening.

use super::request::as_text;
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::align::{self, HintSpec, Hints};
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::lens::compile::compile;
use crate::migration::{Change, Mapping, Migration, Question};
use crate::ordered::BTreeMap;
use crate::schema::Schema;
use crate::value::{Json, Tree};
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

/// Arguments of `migration.between`.
pub(super) const BETWEEN: &[&str] = &[
    "accept",
    "defaults",
    "hint_spec",
    "hints",
    "keys",
    "match",
    "new",
    "new_root",
    "old",
    "old_root",
    "source_defaults",
    "trust",
];

/// What `accept: "likely"` takes a candidate from.
const LIKELY: f64 = 0.8;

/// `migration.between`: the migration that names and hints decide, with questions for the rest.
pub(super) fn between(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [old, new] = session.schemas(request, ["old", "new"])?;
    let hints = read_hints(session, request)?;
    let migration = align::between(&old, &new, &hints, &mut session.budget())?;
    session.answer_migration(migration)
}

/// `migration.schemas`: both schemas of a migration, for hosts that have only its bytes.
pub(super) fn schemas(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let migration = session.migration(request, "migration")?;
    let (source, target) = (Schema::clone(&migration.source), Schema::clone(&migration.target));
    let source = session.keep_schema(source);
    Ok(Message::map().with("source", source).with("target", session.keep_schema(target)))
}

/// The hints of a request.
pub(super) fn read_hints(session: &Session, request: &Request<'_>) -> Result<Hints> {
    let mut hints = Hints::default();
    if let Some(text) = json_text(request, "hint_spec")? {
        hints.spec = HintSpec::parse(&text, session.limits())?;
    }
    for (path, target) in request.map("hints")? {
        let target = match target {
            Message::Nil => None,
            target => Some(as_text(&format!("hints.{path}"), target)?.to_owned()),
        };
        hints.fields.insert(path.to_owned(), target);
    }
    let values = |key: &str| -> Result<BTreeMap<String, Json>> {
        let mut values = BTreeMap::new();
        for (path, value) in request.map(key)? {
            let place = format!("{key}.{path}");
            let value =
                Tree::parse(as_text(&place, value)?.as_bytes(), session.limits()).map_err(|mut error| {
                    error.path = Some(place);
                    error
                })?;
            values.insert(path.to_owned(), value.root().to_json());
        }
        Ok(values)
    };
    hints.defaults = values("defaults")?;
    hints.source_defaults = values("source_defaults")?;
    for (path, key) in request.map("keys")? {
        hints.keys.insert(path.to_owned(), as_text(&format!("keys.{path}"), key)?.to_owned());
    }
    for path in request.array("trust")? {
        hints.trust.insert(as_text("trust", path)?.to_owned());
    }
    hints.exactly_one = match request.get("match") {
        None => false,
        Some(Message::Array(paths)) => {
            for path in paths {
                hints.match_one.insert(as_text("match", path)?.to_owned());
            }
            false
        }
        Some(all) if as_text("match", all)? == "exactly-one" => true,
        Some(_) => return Err(choice("match", "`exactly-one`, or an array of paths")),
    };
    hints.accept_likely = match request.get("accept") {
        None => None,
        Some(Message::Float(score)) if (0.0..=1.0).contains(score) => Some(*score),
        Some(Message::Str(word)) if word == "likely" => Some(LIKELY),
        Some(_) => return Err(choice("accept", "`likely`, or a score between 0 and 1")),
    };
    hints.roots = match (request.optional_text("old_root")?, request.optional_text("new_root")?) {
        (None, None) => None,
        (Some(old), Some(new)) => Some((old.to_owned(), new.to_owned())),
        (Some(both), None) | (None, Some(both)) => Some((both.to_owned(), both.to_owned())),
    };
    Ok(hints)
}

fn choice(key: &'static str, help: &'static str) -> Error {
    let message = format!("`{key}` is none of its choices");
    Diagnostic::new(Kind::Usage, "wrong-argument", message).at(key).help(help).boxed()
}

/// `migration.compose`: the one migration that does what two do one after the other.
pub(super) fn compose(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [first, second] = session.migrations(request, ["first", "second"])?;
    let migration = Migration::compose(&first, &second, &mut session.budget())?;
    session.answer_migration(migration)
}

/// `migration.invert`: the migration that undoes one.
pub(super) fn invert(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let migration = session.migration(request, "migration")?;
    let inverse = migration.invert(&mut session.budget())?;
    session.answer_migration(inverse)
}

/// Arguments of `migration.explicit`.
pub(super) const EXPLICIT: &[&str] = &["edge_map", "mapping", "new", "old", "vertex_map"];

/// `migration.explicit`: the migration that maps the given vertices and edges.
pub(super) fn explicit(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [old, new] = session.schemas(request, ["old", "new"])?;
    let mapping = read_mapping(session, request)?;
    let migration = Migration::explicit(old, new, &mapping, &mut session.budget())?;
    session.answer_migration(migration)
}

/// An argument that is JSON text, or a message of the same content.
pub(super) fn json_text(request: &Request<'_>, key: &str) -> Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    match request.get(key) {
        None => return Ok(None),
        Some(Message::Str(json)) => text.extend_from_slice(json.as_bytes()),
        Some(Message::Bin(json)) => text.extend_from_slice(json),
        Some(other) => other.write_json(&mut text)?,
    }
    Ok(Some(text))
}

/// The mapping of a request: `mapping` whole, as JSON text or as a map, or its members `vertex_map` and `edge_map`.
pub(super) fn read_mapping(session: &Session, request: &Request<'_>) -> Result<Mapping> {
    let text = match json_text(request, "mapping")? {
        Some(text) => text,
        None => {
            let mut text = Vec::new();
            let member = |key: &str| request.get(key).cloned().unwrap_or(Message::Nil);
            let (vertices, edges) = (member("vertex_map"), member("edge_map"));
            Message::map().with("vertex_map", vertices).with("edge_map", edges).write_json(&mut text)?;
            text
        }
    };
    Mapping::parse(&text, session.limits())
}

pub(super) fn question_message(question: &Question) -> Message<'static> {
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

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::super::{Request, Session, Status};
    use super::*;
    use crate::limits::Limits;

    fn lexicon(field: &str) -> String {
        format!(
            r##"{{"lexicon": 1, "id": "com.example.post", "defs": {{"main": {{"type": "record", "key": "tid", "record":
            {{"type": "object", "required": ["{field}"], "properties": {{"{field}": {{"type": "string"}}}}}}}}}}}}"##
        )
    }

    fn parse(session: &mut Session, text: &str) -> Vec<u8> {
        let request = Message::map().with("op", "schema.parse").with("language", "atproto");
        let (status, out) = call(session, request.with("documents", Message::array([text])));
        assert_eq!(status, Status::Ok);
        Request::read(&out).unwrap().bytes("digest").unwrap().to_vec()
    }

    fn between(session: &mut Session, hints: &[(&'static str, &'static str)]) -> Vec<u8> {
        let (old, new) = (parse(session, &lexicon("text")), parse(session, &lexicon("body")));
        let hints = hints.iter().fold(Message::map(), |map, (key, value)| map.with(key, *value));
        let request = Message::map().with("op", "migration.between").with("hints", hints);
        let (status, out) =
            call(session, request.with("old", Message::bin(old)).with("new", Message::bin(new)));
        assert_eq!(status, Status::Ok, "{:?}", Message::read(&out));
        out
    }

    #[test]
    fn an_undecided_migration_asks_and_has_no_lens() {
        let mut session = Session::new(Limits::DEFAULT);
        let out = between(&mut session, &[]);
        let answer = Request::read(&out).unwrap();
        assert!(!answer.flag("decided").unwrap());
        assert!(!answer.array("questions").unwrap().is_empty());
        let digest = answer.bytes("digest").unwrap();
        let (status, out) = call(
            &mut session,
            Message::map().with("op", "lens.build").with("migration", Message::bin(digest)),
        );
        assert_eq!(status, Status::Error);
        let error = Request::read(&out).unwrap();
        assert_eq!(
            (error.text("code").unwrap(), error.text("kind").unwrap()),
            ("migration-undecided", "migration")
        );
    }

    #[test]
    fn a_lens_is_its_bytes() {
        let mut here = Session::new(Limits::DEFAULT);
        let out = between(&mut here, &[("text", "body")]);
        let answer = Request::read(&out).unwrap();
        assert!(answer.flag("decided").unwrap(), "{answer:?}");
        let digest = answer.bytes("digest").unwrap();
        let build = Message::map().with("op", "lens.build").with("migration", Message::bin(digest));
        let (status, lens) = call(&mut here, build.clone());
        assert_eq!(status, Status::Ok);

        let mut there = Session::new(Limits::DEFAULT);
        let (status, need) = call(&mut there, build.clone());
        assert_eq!(
            (status, need),
            (Status::Need, {
                let mut out = Vec::new();
                Message::array([Message::bin(digest)]).write(&mut out);
                out
            })
        );
        let bytes = answer.bytes("bytes").unwrap();
        let define =
            Message::map().with("op", "define").with("kind", "migration").with("bytes", Message::bin(bytes));
        assert_eq!(call(&mut there, define).0, Status::Ok);
        assert_eq!(call(&mut there, build), (Status::Ok, lens));
    }
}
