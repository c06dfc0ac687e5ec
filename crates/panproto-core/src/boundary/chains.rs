//! Operations on chains, which cross as JSON text.

use super::answer::diagnostic_message;
use super::migrations::{question_message, read_hints};
use super::request::{as_text, wrong};
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::align;
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::lens::chain::{Chain, Morphism, Reason};
use crate::lens::compile::compile;
use crate::lens::document::{Document, Format, yaml};
use crate::lens::step::Step;
use crate::migration::Migration;
use crate::schema::Schema;
use crate::value::Tree;
use std::sync::Arc;

impl Session {
    fn chain(&self, request: &Request<'_>, key: &str) -> Result<Chain> {
        Chain::parse_within(request.text(key)?, self.limits()).map_err(|mut error| {
            let place = error.path.take().filter(|path| !path.is_empty());
            error.path = Some(place.map_or_else(|| key.to_owned(), |place| format!("{key}.{place}")));
            error
        })
    }
}

/// What is said of a chain, whatever the schema.
pub(super) fn describe(chain: &Chain) -> Message<'static> {
    let steps = chain.steps.iter().map(|step: &Step| {
        Message::map()
            .with("step_type", step.step_type())
            .with("text", step.text())
            .with("cost", step.cost())
            .with("lossless", step.is_lossless())
            .with("optic", step.optic().as_str())
    });
    Message::map()
        .with("json", chain.to_json())
        .with("steps", Message::array(steps))
        .with("listing", chain.listing())
        .with("cost", chain.cost())
        .with("lossless", chain.is_lossless())
        .with("optic", chain.optic().as_str())
        .with("spec", chain.spec().to_json())
}

/// `chain.parse`: what a chain says of itself.
pub(super) fn parse(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    Ok(describe(&session.chain(request, "chain")?))
}

/// `chain.compose`: one chain and then another one.
pub(super) fn compose(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let first = session.chain(request, "first")?;
    Ok(describe(&first.then(session.chain(request, "second")?)))
}

/// `chain.simplify`: a shorter chain of the same meaning.
pub(super) fn simplify(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    Ok(describe(&session.chain(request, "chain")?.simplify()))
}

/// `chain.fuse`: the chain as one step.
pub(super) fn fuse(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    Ok(describe(&session.chain(request, "chain")?.fuse()))
}

/// `chain.lift`: the chain for schemas of a morphism's codomain.
pub(super) fn lift(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let morphism = Morphism::parse(request.text("morphism")?, session.limits())?;
    Ok(describe(&session.chain(request, "chain")?.lift(&morphism)))
}

/// `chain.check`: whether a chain applies to a schema, or why not.
pub(super) fn check(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let schema = session.schema(request)?;
    let reasons = session.chain(request, "chain")?.check(&schema, &mut session.budget())?;
    let applies = reasons.is_empty();
    Ok(Message::map().with("applies", applies).with("reasons", reasons_message(&reasons)))
}

fn reasons_message(reasons: &[Reason]) -> Message<'static> {
    Message::array(
        reasons.iter().map(|reason| diagnostic_message(&reason.error).into_owned().with("step", reason.step)),
    )
}

/// `chain.lens`: the lens of a chain on a schema.
pub(super) fn lens(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let schema = session.schema(request)?;
    let lens = session.chain(request, "chain")?.lens(&schema, &mut session.budget())?;
    Ok(session.answer_lens(lens))
}

/// `chain.target`: the schema that a chain leads to.
pub(super) fn target(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let schema = session.schema(request)?;
    let target = session.chain(request, "chain")?.target(&schema, &mut session.budget())?;
    Ok(session.keep_schema(Schema::clone(&target)))
}

/// `chain.optic`: what kind of optic a chain is on a schema.
pub(super) fn optic(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let schema = session.schema(request)?;
    let optic = session.chain(request, "chain")?.optic_at(&schema, &mut session.budget())?;
    Ok(Message::from(optic.as_str()))
}

/// `chain.inverse`: the chain that leads back to a schema.
pub(super) fn inverse(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let schema = session.schema(request)?;
    Ok(describe(&session.chain(request, "chain")?.inverse(&schema, &mut session.budget())?))
}

/// `chain.between`: the chain that names and hints find between two schemas, and what steps do not express.
pub(super) fn between(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [old, new] = session.schemas(request, ["old", "new"])?;
    let hints = read_hints(session, request)?;
    let migration = align::between(&old, &new, &hints, &mut session.budget())?;
    found(session, &migration)
}

/// `chain.from_migration`: the chain of a migration, and what steps do not express.
pub(super) fn from_migration(
    session: &mut Session,
    request: &Request<'_>,
) -> Result<Message<'static>, Refusal> {
    let migration = session.migration(request, "migration")?;
    found(session, &migration)
}

fn found(session: &Session, migration: &Migration) -> Result<Message<'static>, Refusal> {
    let found = Chain::of_migration(migration, &mut session.budget())?;
    // Those that compiling asks too, so that all come together.
    let asked = compile(migration, &mut session.budget())?.questions;
    let questions = asked.iter().map(question_message);
    Ok(describe(&found.chain)
        .with("exact", found.residue.is_empty() && asked.is_empty())
        .with("residue", Message::array(found.residue))
        .with("questions", Message::array(questions)))
}

/// `chain.migration`: the one migration that does what a chain does on a schema.
pub(super) fn migration(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let schema = session.schema(request)?;
    let migration = session.chain(request, "chain")?.migration(&schema, &mut session.budget())?;
    session.answer_migration(Migration::clone(&migration))
}

/// `document.chain`: the chain of a lens document.
pub(super) fn document(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let format = read_format(request.optional_text("format")?)?;
    let document = Document::parse(request.text("document")?, format, session.limits())?;
    let mut others = Vec::new();
    for (at, text) in request.array("documents")?.iter().enumerate() {
        let place = format!("documents[{at}]");
        let other =
            Document::parse(as_text(&place, text)?, format, session.limits()).map_err(|mut error| {
                error.document = Some(at as u32);
                error
            })?;
        others.push(other);
    }
    let schemas = match (request.get("old"), request.get("new")) {
        (Some(_), Some(_)) => Some(session.schemas(request, ["old", "new"])?),
        _ => None,
    };
    let schemas = schemas.as_ref().map(|[old, new]| (old, new));
    let chain = document.chain(&others, schemas, &mut session.budget())?;
    Ok(describe(&chain)
        .with("id", document.id.to_string())
        .with("description", document.description.to_string())
        .with("source", document.source.to_string())
        .with("target", document.target.to_string())
        .with("invertible", document.invertible)
        .with("extensions", document.extensions.as_ref().map(ToString::to_string)))
}

/// `document.json`: a document as JSON text.
pub(super) fn document_json(
    session: &mut Session,
    request: &Request<'_>,
) -> Result<Message<'static>, Refusal> {
    let text = request.text("document")?;
    let json = match read_format(request.optional_text("format")?)? {
        Format::Json => Tree::parse(text.as_bytes(), session.limits()).map(|_| text.to_owned())?,
        Format::Yaml => yaml::to_json(text, session.limits())?.json,
    };
    Ok(Message::map().with("json", json))
}

pub(super) fn read_format(name: Option<&str>) -> Result<Format> {
    match name {
        None => Ok(Format::Json),
        Some(name) => Format::from_name(name).ok_or_else(|| {
            let message = format!("there is no format `{name}` of documents");
            Diagnostic::new(Kind::Usage, "wrong-argument", message)
                .at("format")
                .help("use `json` or `yaml`")
                .boxed()
        }),
    }
}

/// `chain.fleet`: to which of many schemas a chain applies.
pub(super) fn fleet(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let chain = session.chain(request, "chain")?;
    let mut schemas: Vec<(String, Arc<Schema>)> = Vec::new();
    let mut missing = Vec::new();
    for (name, value) in request.map("schemas")? {
        let Message::Bin(bytes) = value else {
            return Err(wrong(&format!("schemas.{name}"), "a digest of 32 bytes", value).into());
        };
        let Ok(digest) = bytes.as_ref().try_into() else {
            return Err(wrong(&format!("schemas.{name}"), "a digest of 32 bytes", value).into());
        };
        match session.schema_of(&digest)? {
            Some(schema) => schemas.push((name.to_owned(), schema)),
            None => missing.push(digest),
        }
    }
    if !missing.is_empty() {
        return Err(Refusal::Need(missing));
    }
    let fleet = chain.fleet(&schemas, &mut session.budget())?;
    let skipped = fleet.skipped.iter().map(|(name, reasons)| {
        Message::map().with("name", name.clone()).with("reasons", reasons_message(reasons))
    });
    Ok(Message::map()
        .with("applied", Message::array(fleet.applied.iter().map(String::clone)))
        .with("skipped", Message::array(skipped)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::super::{Request, Session, Status};
    use super::*;
    use crate::limits::Limits;

    const CHAIN: &str = r#"[{"step_type":"rename_field","parent":"author","name":"name","target":"displayName"},
        {"step_type":"add_field","parent":"author","name":"verified","kind":"boolean","default":false}]"#;

    fn schema(session: &mut Session, text: &'static str) -> Vec<u8> {
        let request = Message::map().with("op", "schema.parse").with("language", "json-schema");
        let (status, out) = call(session, request.with("documents", Message::array([text])));
        assert_eq!(status, Status::Ok);
        Request::read(&out).unwrap().bytes("digest").unwrap().to_vec()
    }

    const BOOK: &str = r#"{"type":"object","properties":{"author":{"type":"object","properties":{
        "name":{"type":"string"}}}}}"#;

    fn op(name: &'static str) -> Message<'static> {
        Message::map().with("op", name).with("chain", CHAIN)
    }

    #[test]
    fn the_tour_is_expressible() {
        let mut session = Session::new(Limits::DEFAULT);
        let book = schema(&mut session, BOOK);
        let (status, out) = call(&mut session, op("chain.check").with("schema", Message::bin(book.clone())));
        assert_eq!(status, Status::Ok);
        assert!(Request::read(&out).unwrap().flag("applies").unwrap());
        let (status, out) = call(&mut session, op("chain.lens").with("schema", Message::bin(book.clone())));
        assert_eq!(status, Status::Ok, "{:?}", Message::read(&out));
        assert_eq!(Request::read(&out).unwrap().text("kind").unwrap(), "lens");
        let (status, out) = call(&mut session, op("chain.target").with("schema", Message::bin(book)));
        assert_eq!(status, Status::Ok);
        assert_eq!(Request::read(&out).unwrap().text("kind").unwrap(), "schema");
    }

    #[test]
    fn a_fleet_is_told_apart() {
        let mut session = Session::new(Limits::DEFAULT);
        let book = schema(&mut session, BOOK);
        let pen = schema(&mut session, r#"{"type":"object","properties":{"ink":{"type":"string"}}}"#);
        let schemas = Message::map().with("book", Message::bin(book)).with("pen", Message::bin(pen));
        let (status, out) = call(&mut session, op("chain.fleet").with("schemas", schemas));
        assert_eq!(status, Status::Ok);
        let answer = Request::read(&out).unwrap();
        assert_eq!(answer.array("applied").unwrap(), [Message::from("book")]);
        let [Message::Map(skipped)] = answer.array("skipped").unwrap() else { panic!("one is skipped") };
        assert_eq!(skipped["name"], Message::from("pen"));
        let Message::Array(reasons) = &skipped["reasons"] else { panic!("no reasons") };
        let Message::Map(reason) = &reasons[0] else { panic!("no reason") };
        assert_eq!(reason["code"], Message::from("focus-not-found"));
    }

    #[test]
    fn chains_are_composed_fused_simplified_lifted_and_inverted() {
        let mut session = Session::new(Limits::DEFAULT);
        let json = |out: &[u8]| Request::read(out).unwrap().text("json").unwrap().to_owned();
        let rename = |from: &str, to: &str| {
            format!(r#"[{{"step_type":"rename_field","parent":"author","name":"{from}","target":"{to}"}}]"#)
        };
        let request = Message::map().with("op", "chain.compose").with("first", rename("name", "n"));
        let (_, out) = call(&mut session, request.with("second", rename("n", "name")));
        let both = json(&out);
        let (_, out) =
            call(&mut session, Message::map().with("op", "chain.simplify").with("chain", both.clone()));
        assert_eq!(json(&out), "[]");
        let (_, out) = call(&mut session, Message::map().with("op", "chain.fuse").with("chain", both));
        assert_eq!(Request::read(&out).unwrap().array("steps").unwrap().len(), 1);
        let morphism = r#"{"sort_map":{"author":"writer"},"op_map":{}}"#;
        let request = Message::map().with("op", "chain.lift").with("chain", rename("name", "n"));
        let (_, out) = call(&mut session, request.with("morphism", morphism));
        assert_eq!(json(&out), rename("name", "n").replace("author", "writer"));
        let book = schema(&mut session, BOOK);
        let request = Message::map().with("op", "chain.inverse").with("chain", rename("name", "n"));
        let (_, out) = call(&mut session, request.with("schema", Message::bin(book.clone())));
        assert_eq!(json(&out), rename("n", "name"));
        let request = Message::map().with("op", "chain.optic").with("chain", rename("name", "n"));
        let (_, out) = call(&mut session, request.with("schema", Message::bin(book)));
        assert_eq!(Message::read(&out).unwrap(), Message::from("iso"));
    }

    #[test]
    fn schemas_migrations_and_documents_become_chains() {
        let mut session = Session::new(Limits::DEFAULT);
        let old = schema(
            &mut session,
            r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}}"#,
        );
        let new = schema(
            &mut session,
            r#"{"type":"object","properties":{"c":{"type":"string"},"b":{"type":"string"}}}"#,
        );
        let request = Message::map().with("op", "chain.between").with("hints", Message::map().with("a", "c"));
        let request = request.with("old", Message::bin(old.clone())).with("new", Message::bin(new));
        let (status, out) = call(&mut session, request);
        assert_eq!(status, Status::Ok);
        let answer = Request::read(&out).unwrap();
        assert!(answer.flag("exact").unwrap());
        // What is still to be decided is not exact, whatever the schema that the steps reach.
        let wide = schema(&mut session, r#"{"type":"object","properties":{"b":{"type":"integer"}}}"#);
        let more = schema(
            &mut session,
            r#"{"type":"object","required":["n"],"properties":{"b":{"type":"integer"},"n":{"type":"integer"}}}"#,
        );
        let request = Message::map().with("op", "chain.between");
        let (status, open) =
            call(&mut session, request.with("old", Message::bin(wide)).with("new", Message::bin(more)));
        assert_eq!(status, Status::Ok);
        let open = Request::read(&open).unwrap();
        assert_eq!((open.array("residue").unwrap().len(), open.array("questions").unwrap().len()), (0, 1));
        assert!(!open.flag("exact").unwrap());
        let chain = answer.text("json").unwrap();
        let request = Message::map().with("op", "chain.migration").with("chain", chain);
        let (status, out) = call(&mut session, request.with("schema", Message::bin(old)));
        assert_eq!(status, Status::Ok);
        let digest = Request::read(&out).unwrap().bytes("digest").unwrap().to_vec();
        let request =
            Message::map().with("op", "chain.from_migration").with("migration", Message::bin(digest));
        let (status, out) = call(&mut session, request);
        assert_eq!(status, Status::Ok);
        assert!(Request::read(&out).unwrap().text("json").unwrap().contains("rename_field"));
        let text = "id: all\ncompose: {mode: vertical, lenses: [one, {steps: [{remove_field: b}]}]}\n";
        let one = "id: one\nsteps: [{rename_field: {old: a, new: c}}]";
        let request =
            Message::map().with("op", "document.chain").with("format", "yaml").with("document", text);
        let (status, out) = call(&mut session, request.with("documents", Message::array([one])));
        assert_eq!(status, Status::Ok, "{:?}", Message::read(&out));
        let answer = Request::read(&out).unwrap();
        assert_eq!((answer.text("id").unwrap(), answer.array("steps").unwrap().len()), ("all", 2));
        for (text, code) in [
            ("id: x\ncompose: {lenses: [x]}", "document-not-found"),
            ("steps: [{fly: {}}]", "unknown-step"),
            ("steps: []\nrules: []", "two-bodies"),
            ("auto: true", "document-needs-schemas"),
            ("a: [", "yaml-syntax"),
        ] {
            let request =
                Message::map().with("op", "document.chain").with("format", "yaml").with("document", text);
            let (status, out) = call(&mut session, request);
            assert_eq!(status, Status::Error, "{text}");
            assert_eq!(Request::read(&out).unwrap().text("code").unwrap(), code, "{text}");
        }
    }

    #[test]
    fn wrong_chains_are_coded_errors() {
        let mut session = Session::new(Limits::DEFAULT);
        for (chain, code, path) in [
            ("[", "json-syntax", "chain"),
            ("7", "wrong-type", "chain"),
            (r#"[{"step_type":"fly"}]"#, "unknown-step", "chain.steps[0]"),
            (r#"[{"step_type":"rename_field","name":"a"}]"#, "missing-member", "chain.steps[0].target"),
            (
                r#"[{"step_type":"rename_field","name":"a","too":"b"}]"#,
                "unknown-member",
                "chain.steps[0].too",
            ),
            (r#"[{"step_type":"rename_field","name":7,"target":"b"}]"#, "wrong-type", "chain.steps[0].name"),
        ] {
            let request = Message::map().with("op", "chain.parse").with("chain", chain);
            let (status, out) = call(&mut session, request);
            assert_eq!(status, Status::Error, "{chain}");
            let error = Request::read(&out).unwrap();
            assert_eq!((error.text("code").unwrap(), error.text("path").unwrap()), (code, path), "{chain}");
        }
    }
}
