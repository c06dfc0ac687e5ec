//! Operations between text and schema.

use super::answer::diagnostic_message;
use super::request::as_bytes;
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Diagnostic, Result};
use crate::language::{self, Options};

/// `schema.parse`: documents of a language to one schema. The first error is the answer where there is one; notes and
/// warnings stand beside the schema.
pub(super) fn parse(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let documents: Vec<&[u8]> = request
        .array("documents")?
        .iter()
        .enumerate()
        .map(|(at, document)| as_bytes(&format!("documents[{at}]"), document))
        .collect::<Result<_>>()?;
    let options = Options {
        dialect: request.optional_text("dialect")?.map(Into::into),
        assert_format: request.flag("assert_format")?,
        root: request.optional_text("root")?.map(Into::into),
    };
    let parsed = language::parse(request.text("language")?, &documents, &options, &mut session.budget());
    let diagnostics = Message::array(parsed.diagnostics.iter().map(owned));
    let schema = parsed.into_result()?;
    Ok(session.keep_schema(schema).with("diagnostics", diagnostics))
}

/// `schema.print`: the documents of a schema, in the language of its protocol.
pub(super) fn print(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let schema = session.schema(request)?;
    let documents = language::print(&schema)?;
    Ok(Message::map().with("documents", Message::array(documents)))
}

/// A diagnostic that outlives what it was read from.
fn owned(diagnostic: &Diagnostic) -> Message<'static> {
    diagnostic_message(diagnostic).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::super::{Request, Session, Status};
    use super::*;
    use crate::limits::Limits;

    const POST: &str = r##"{"lexicon": 1, "id": "com.example.post", "defs": {"main": {"type": "record", "key": "tid",
        "record": {"type": "object", "required": ["text"], "properties": {
            "text": {"type": "string", "maxLength": 300}, "reply": {"type": "ref", "ref": "com.example.other"}}}}}}"##;

    fn parse(session: &mut Session, documents: &[&'static str]) -> (Status, Vec<u8>) {
        let documents = Message::array(documents.iter().copied());
        let request = Message::map().with("op", "schema.parse").with("language", "atproto");
        call(session, request.with("documents", documents))
    }

    #[test]
    fn a_lexicon_parses_and_says_what_it_lacks() {
        let mut session = Session::new(Limits::DEFAULT);
        let (status, out) = parse(&mut session, &[POST]);
        assert_eq!(status, Status::Ok, "{:?}", Message::read(&out));
        let answer = Request::read(&out).unwrap();
        assert_eq!(answer.text("protocol").unwrap(), "atproto");
        let [Message::Map(warning)] = answer.array("diagnostics").unwrap() else { panic!("one warning") };
        assert_eq!(warning["code"], Message::from("external-not-loaded"));
        assert_eq!(warning["severity"], Message::from("warning"));
    }

    #[test]
    fn an_error_names_its_document() {
        let mut session = Session::new(Limits::DEFAULT);
        let (status, out) = parse(&mut session, &[POST, "{"]);
        assert_eq!(status, Status::Error);
        let error = Request::read(&out).unwrap();
        assert_eq!(error.text("code").unwrap(), "json-syntax");
        assert_eq!(error.optional_u64("document").unwrap(), Some(1));
    }
}
