//! Operations on protocols: which there are, and what a schema breaks of one.

use super::answer::diagnostic_message;
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Diagnostic, Kind};
use crate::protocol::Protocol;

/// `protocols`: the built-in protocols, each with the JSON text that describes it.
pub(super) fn list(_: &mut Session, _: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let protocols = Protocol::BUILTIN.into_iter().filter_map(Protocol::builtin);
    Ok(Message::array(protocols.map(|protocol| message(&protocol))))
}

/// `protocol.define`: reads a protocol that a user describes, and answers with its full description.
pub(super) fn define(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    Ok(message(&Protocol::parse(request.bytes("spec")?, session.limits())?))
}

/// `schema.check`: what a schema breaks of a protocol, built-in (`protocol`) or described (`spec`).
pub(super) fn check(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let schema = session.schema(request)?;
    let protocol = match request.optional_bytes("spec")? {
        Some(spec) => Protocol::parse(spec, session.limits())?,
        None => {
            let name = request.optional_text("protocol")?.unwrap_or(schema.protocol());
            Protocol::builtin(name).ok_or_else(|| {
                let message = format!("there is no built-in protocol `{name}`");
                Diagnostic::new(Kind::Usage, "unknown-protocol", message)
                    .help(format!("use `{}`, or give its `spec`", Protocol::BUILTIN.join("`, `")))
                    .boxed()
            })?
        }
    };
    let findings = protocol.check(&schema);
    Ok(Message::array(findings.iter().map(|finding| diagnostic_message(finding).into_owned())))
}

fn message(protocol: &Protocol) -> Message<'static> {
    Message::map().with("name", protocol.name.to_string()).with("spec", protocol.to_json().to_string())
}
