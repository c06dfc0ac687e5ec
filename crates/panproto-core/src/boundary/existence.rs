//! Whether an explicit migration can exist.

use super::migrations::read_mapping;
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Diagnostic, Kind};
use crate::lens::compile::compile;
use crate::migration::existence::{Conditions, ExistenceReport, Field, Finding, check};
use crate::migration::{Mapping, Migration, Question};
use crate::protocol::Protocol;

/// Arguments of `migration.existence`.
pub(super) const EXISTENCE: &[&str] =
    &["edge_map", "mapping", "new", "old", "protocol", "spec", "vertex_map"];

/// `migration.existence`: every condition that a mapping breaks. What cannot be read is told as a fault too: the
/// answer to a wrong mapping is a report.
pub(super) fn existence(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [old, new] = session.schemas(request, ["old", "new"])?;
    let named = |name: &str| {
        Protocol::builtin(name).ok_or_else(|| {
            let message = format!("there is no built-in protocol `{name}`");
            Diagnostic::new(Kind::Usage, "unknown-protocol", message)
                .at("protocol")
                .help("give its `spec`, or leave both out: then everything is checked")
                .boxed()
        })
    };
    let protocol = match (request.optional_bytes("spec")?, request.optional_text("protocol")?) {
        (Some(spec), _) => Some(Protocol::parse(spec, session.limits())?),
        (None, Some(name)) => Some(named(name)?),
        (None, None) => None,
    };
    let conditions = protocol.as_ref().map_or(Conditions::ALL, Conditions::of);
    let report = match read_mapping(session, request) {
        Err(error) => ExistenceReport { findings: vec![Finding::of_error(&error)] },
        Ok(mapping) => {
            let mut report = check(&old, &new, &mapping, conditions);
            if report.valid() {
                report.findings = undecided(session, &old, &new, &mapping)?;
            }
            report
        }
    };
    Ok(report_message(&report))
}

/// What a mapping leaves open that meets every condition: a record's view could not be written.
fn undecided(
    session: &Session,
    old: &std::sync::Arc<crate::schema::Schema>,
    new: &std::sync::Arc<crate::schema::Schema>,
    mapping: &Mapping,
) -> Result<Vec<Finding>, Refusal> {
    let migration = Migration::explicit(old.clone(), new.clone(), mapping, &mut session.budget())?;
    let compiled = compile(&migration, &mut session.budget())?;
    Ok(compiled.questions.iter().map(finding_of).collect())
}

fn finding_of(question: &Question) -> Finding {
    let error = Diagnostic::new(Kind::Migration, question.code, question.why.clone())
        .at(&question.path)
        .help(question.help.clone());
    Finding::of_error(&error)
}

fn report_message(report: &ExistenceReport) -> Message<'static> {
    let published = report.findings.iter().map(|finding| {
        let (name, fields) = finding.error.fields();
        let fields = fields.into_iter().fold(Message::map(), |map, (key, value)| match value {
            Field::Text(text) => map.with(key, text.to_owned()),
            Field::Texts(texts) => map.with(key, Message::array(texts.into_iter().map(str::to_owned))),
        });
        Message::map().with(name, fields)
    });
    let findings = report.findings.iter().map(|finding| {
        Message::map()
            .with("kind", finding.error.fields().0)
            .with("code", finding.code)
            .with("path", finding.path.clone())
            .with("help", finding.help.clone())
    });
    Message::map()
        .with("valid", report.valid())
        .with("errors", Message::array(published))
        .with("findings", Message::array(findings))
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::super::{Request, Session, Status};
    use super::*;
    use crate::limits::Limits;

    fn schema(session: &mut Session, fields: &[&str]) -> Vec<u8> {
        let step = |op: &str, members: &[(&'static str, String)]| {
            members.iter().fold(Message::map().with("op", op.to_owned()), |step, (key, value)| {
                step.with(key, value.clone())
            })
        };
        let mut steps = vec![step("vertex", &[("id", "user".into()), ("kind", "object".into())])];
        for field in fields {
            let id = format!("user.{field}");
            steps.push(step("vertex", &[("id", id.clone()), ("kind", "string".into())]));
            let name = (*field).to_owned();
            let edge = [("src", "user".into()), ("tgt", id), ("kind", "prop".into()), ("name", name)];
            steps.push(step("edge", &edge).with("required", true));
        }
        let signature =
            fields.iter().fold(Message::map(), |map, field| map.with(field, format!("user.{field}")));
        let relation = [("id", "all".into()), ("kind", "row".into()), ("parent", fields[0].to_owned())];
        steps.push(step("hyper_edge", &relation).with("signature", signature));
        let request = Message::map().with("op", "schema.build").with("protocol", "kv");
        let (status, out) = call(session, request.with("steps", Message::Array(steps)));
        assert_eq!(status, Status::Ok, "{:?}", Message::read(&out));
        Request::read(&out).unwrap().bytes("digest").unwrap().to_vec()
    }

    fn report(session: &mut Session, old: &[u8], new: &[u8], mapping: &str) -> (bool, String) {
        let request = Message::map()
            .with("op", "migration.existence")
            .with("old", Message::bin(old.to_vec()))
            .with("new", Message::bin(new.to_vec()))
            .with("mapping", mapping.to_owned());
        let (status, out) = call(session, request);
        assert_eq!(status, Status::Ok, "{:?}", Message::read(&out));
        let answer = Request::read(&out).unwrap();
        let mut text = Vec::new();
        answer.get("errors").unwrap().write_json(&mut text).unwrap();
        assert_eq!(answer.array("errors").unwrap().len(), answer.array("findings").unwrap().len());
        (answer.flag("valid").unwrap(), String::from_utf8(text).unwrap())
    }

    #[test]
    fn a_report_is_published_and_explained() {
        let mut session = Session::new(Limits::DEFAULT);
        let (one, two) = (schema(&mut session, &["a"]), schema(&mut session, &["a", "b"]));
        let same = r#"{"vertex_map":{"user":"user","user.a":"user.a"},"hyper_edge_map":{"all":"all"}}"#;
        assert_eq!(report(&mut session, &one, &one, same), (true, "[]".to_owned()));
        let missing = r#"[{"Simultaneity":{"hyper_edge":"all","missing_label":"b"}}]"#;
        assert_eq!(report(&mut session, &one, &two, same), (false, missing.to_owned()));
        let required = r#"[{"RequiredFieldMissing":{"field":"b","vertex":"user"}}]"#;
        let flat = r#"{"vertex_map":{"user":"user","user.a":"user.a"}}"#;
        assert_eq!(report(&mut session, &one, &two, flat), (false, required.to_owned()));
        // What is no mapping is a report too.
        let (valid, errors) = report(&mut session, &one, &two, "[]");
        assert!(!valid && errors.contains("WellFormedness"), "{errors}");
    }
}
