//! Verdicts: what a change breaks, for whom.

use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::compat::published::classify as classify_published;
use crate::compat::{Finding, Format, Reading, Undeclared, UnknownMembers, Verdict, Verdicts};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::lens::repair;
use crate::schema::Schema;
use std::sync::Arc;

/// `verdict`: three answers with what they stand on, under a stated reading.
pub(super) fn verdict(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [old, new] = session.schemas(request, ["old", "new"])?;
    let verdicts = Verdicts::between(&old, &new, reading(request, Reading::between(&old, &new))?);
    let repairs = repairs(session, request, &verdicts, [&old, &new])?;
    let roots = verdicts.per_root.iter().map(|root| {
        Message::map()
            .with("name", root.name.clone())
            .with("role", root.role.as_str())
            .with("backward", root.backward.as_str())
            .with("forward", root.forward.as_str())
    });
    let mut stated = Message::map();
    for (name, value) in verdicts.reading.texts() {
        stated = stated.with(name, value);
    }
    Ok(Message::map()
        .with("backward", answer(&verdicts.backward, repairs.as_ref().map(|repairs| &repairs.0[..])))
        .with("forward", answer(&verdicts.forward, repairs.as_ref().map(|repairs| &repairs.1[..])))
        // Code that was written against the old schema is not data: no migration repairs it.
        .with("source", answer(&verdicts.source, repairs.as_ref().map(|_| &[][..])))
        .with("per_root", Message::array(roots))
        .with("reading", stated)
        .with("report", verdicts.to_string()))
}

/// `classify`: the report of published releases, as JSON text. What is *unknown* counts as breaking.
pub(super) fn classify(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [old, new] = session.schemas(request, ["old", "new"])?;
    Ok(Message::map().with("json", classify_published(&old, &new).to_json()))
}

/// Backwards and forwards.
type Repairs = (Vec<bool>, Vec<bool>);

/// For each finding of both directions, whether the migration repairs it; none where no migration is given.
fn repairs(
    session: &mut Session,
    request: &Request<'_>,
    verdicts: &Verdicts,
    [old, new]: [&Arc<Schema>; 2],
) -> Result<Option<Repairs>, Refusal> {
    if request.get("migration").is_none() && request.get("lens").is_none() {
        return Ok(None);
    }
    let lens = session.lens_or_migration(request)?;
    for (key, stated, schema) in [("old", lens.source(), old), ("new", lens.target(), new)] {
        if stated.shape_digest() != schema.shape_digest() {
            let message = format!("the migration is not one of the schema that `{key}` names");
            return Err(Diagnostic::new(Kind::Usage, "migration-of-other-schemas", message)
                .at(key)
                .help("give the migration from the old schema to the new one")
                .boxed()
                .into());
        }
    }
    let (mut engine, mut budget) = (session.opened(&lens).executor, session.budget());
    let backward = repair::backward(&lens, &mut engine, &verdicts.backward, &mut budget)?;
    let forward = repair::forward(&lens, &mut engine, &verdicts.forward, &mut budget)?;
    Ok(Some((backward, forward)))
}

fn answer(verdict: &Verdict, repaired: Option<&[bool]>) -> Message<'static> {
    let findings = verdict.findings.iter().enumerate().map(|(at, found)| match repaired {
        None => finding(found),
        Some(list) => finding(found).with("repaired_by_migration", list.get(at).copied().unwrap_or_default()),
    });
    Message::map().with("kind", verdict.kind.as_str()).with("findings", Message::array(findings))
}

fn finding(finding: &Finding) -> Message<'static> {
    Message::map()
        .with("code", finding.code)
        .with("kind", finding.kind.as_str())
        .with("direction", finding.direction.as_str())
        .with("path", finding.path.clone())
        .with("old", finding.old.clone())
        .with("new", finding.new.clone())
        .with("witness", finding.witness.as_ref().map(|witness| witness.to_string()))
        .with("message", finding.to_string())
}

/// The reading that a request states; what it leaves out is that of the protocol.
fn reading(request: &Request<'_>, of_protocol: Reading) -> Result<Option<Reading>> {
    let Some(stated) = request.get("reading") else { return Ok(None) };
    let Message::Map(members) = stated else { return Err(refused("a map")) };
    let mut reading = of_protocol;
    for (name, value) in members {
        let Message::Str(value) = value else { return Err(refused("texts")) };
        match (name.as_ref(), value.as_ref()) {
            ("undeclared", "reserved") => reading.undeclared = Undeclared::Reserved,
            ("undeclared", "arbitrary") => reading.undeclared = Undeclared::Arbitrary,
            ("format", "assert") => reading.format = Format::Assert,
            ("format", "annotate") => reading.format = Format::Annotate,
            ("unknown_union_members", "pass") => reading.unknown_union_members = UnknownMembers::Pass,
            ("unknown_union_members", "refuse") => reading.unknown_union_members = UnknownMembers::Refuse,
            _ => return Err(refused("of known names and values")),
        }
    }
    Ok(Some(reading))
}

fn refused(what: &str) -> crate::diagnostic::Error {
    Diagnostic::new(Kind::Usage, "argument-kind", format!("the argument `reading` has to be {what}"))
        .at("reading")
        .help("`undeclared`: `reserved` or `arbitrary`; `format`: `assert` or `annotate`; `unknown_union_members`: `pass` or `refuse`")
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::super::{Session, Status, tests::call};
    use super::*;
    use crate::limits::Limits;

    fn parse(session: &mut Session, properties: &str) -> Vec<u8> {
        let text = format!(r#"{{"type":"object","properties":{{{properties}}}}}"#);
        let request = Message::map()
            .with("op", "schema.parse")
            .with("language", "json-schema")
            .with("documents", Message::array([text]));
        let (status, out) = call(session, request);
        assert_eq!(status, Status::Ok);
        Request::read(&out).unwrap().bytes("digest").unwrap().to_vec()
    }

    #[test]
    fn verdicts_are_told_under_the_reading_that_was_asked_for() {
        let mut session = Session::new(Limits::DEFAULT);
        let old = parse(&mut session, "");
        let new = parse(&mut session, r#""a":{"type":"integer"}"#);
        let mut kind = |undeclared: &'static str| {
            let request = Message::map()
                .with("op", "verdict")
                .with("old", Message::bin(old.clone()))
                .with("new", Message::bin(new.clone()))
                .with("reading", Message::map().with("undeclared", undeclared));
            let (status, out) = call(&mut session, request);
            assert_eq!(status, Status::Ok, "{}", String::from_utf8_lossy(&out));
            let answer = Request::read(&out).unwrap();
            let Some(Message::Map(backward)) = answer.get("backward") else { panic!("a map") };
            let Some(Message::Str(kind)) = backward.get("kind") else { panic!("a text") };
            kind.to_string()
        };
        assert_eq!(kind("arbitrary"), "breaks");
        assert_eq!(kind("reserved"), "safe");
    }

    #[test]
    fn published_classification_is_json() {
        let mut session = Session::new(Limits::DEFAULT);
        let old = parse(&mut session, r#""a":{"type":"integer"}"#);
        let request = Message::map()
            .with("op", "classify")
            .with("old", Message::bin(old.clone()))
            .with("new", Message::bin(old));
        let (status, out) = call(&mut session, request);
        assert_eq!(status, Status::Ok);
        let answer = Request::read(&out).unwrap();
        assert_eq!(answer.text("json").unwrap(), r#"{"breaking":[],"non_breaking":[],"compatible":true}"#);
    }
}
