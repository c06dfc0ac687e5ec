//! Operations on chains, which cross as JSON text.

use super::answer::diagnostic_message;
use super::request::wrong;
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::Result;
use crate::lens::chain::{Chain, Morphism, Reason};
use crate::lens::step::Step;
use crate::schema::Schema;
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
