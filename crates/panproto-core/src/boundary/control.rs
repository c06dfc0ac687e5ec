//! Operations about the instance itself: versions, limits, what it can do.

use super::operation::OPERATIONS;
use super::request::as_u64;
use super::wire::Message;
use super::{ABI, Refusal, Request, Session, VERSION};
use crate::diagnostic::{Diagnostic, Error, Kind};
use crate::limits::Limits;

/// Arguments of `limits.set`, in order.
pub(super) const LIMITS: &[&str] =
    &["depth", "document_bytes", "documents", "memory_bytes", "record_bytes", "states", "steps"];

/// Depth that any build survives: what walks by the call's stack stays within it.
const DEPTH_MOST: u32 = 4096;

/// `hello`: versions and limits.
pub(super) fn hello(session: &mut Session, _: &Request<'_>) -> Result<Message<'static>, Refusal> {
    Ok(Message::map()
        .with("abi", ABI)
        .with("version", VERSION)
        .with("limits", limits_message(session.limits())))
}

/// `ops`: the operations and their arguments.
pub(super) fn operations(_: &mut Session, _: &Request<'_>) -> Result<Message<'static>, Refusal> {
    Ok(Message::array(OPERATIONS.iter().map(|operation| {
        Message::map()
            .with("name", operation.name)
            .with("arguments", Message::array(operation.arguments.iter().copied()))
    })))
}

/// `limits.set`: sets the limits that are given, all or none of them, and answers with those that hold.
pub(super) fn set_limits(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let mut limits = *session.limits();
    for &key in LIMITS {
        if let Some(value) = request.get(key) {
            set_limit(&mut limits, key, as_u64(key, value)?)?;
        }
    }
    session.limits = limits;
    Ok(limits_message(&limits))
}

fn set_limit(limits: &mut Limits, key: &str, value: u64) -> Result<(), Error> {
    let small = |most: u32| {
        u32::try_from(value).ok().filter(|value| *value <= most).ok_or_else(|| {
            let message = format!("the limit `{key}` cannot be raised to {value}");
            Diagnostic::new(Kind::Usage, "limit-range", message)
                .at(key)
                .help(format!("at most {most}"))
                .boxed()
        })
    };
    match key {
        "depth" => limits.depth = small(DEPTH_MOST)?,
        "document_bytes" => limits.document_bytes = value,
        "documents" => limits.documents = small(u32::MAX)?,
        "memory_bytes" => limits.memory_bytes = value,
        "record_bytes" => limits.record_bytes = value,
        "states" => limits.states = small(u32::MAX)?,
        "steps" => limits.steps = value,
        _ => return Err(Diagnostic::error(Kind::Internal, "internal", "a limit without a place")),
    }
    Ok(())
}

fn limits_message(limits: &Limits) -> Message<'static> {
    Message::map()
        .with("depth", limits.depth)
        .with("document_bytes", limits.document_bytes)
        .with("documents", limits.documents)
        .with("memory_bytes", limits.memory_bytes)
        .with("record_bytes", limits.record_bytes)
        .with("states", limits.states)
        .with("steps", limits.steps)
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::super::tests::call;
    use super::*;

    #[test]
    fn every_limit_can_be_set_and_is_answered() {
        let mut session = Session::new(Limits::DEFAULT);
        let mut request = Message::map().with("op", "limits.set");
        for (at, &key) in LIMITS.iter().enumerate() {
            request = request.with(key, at + 100);
        }
        let (status, out) = call(&mut session, request);
        assert_eq!(status, Status::Ok);
        let expected =
            LIMITS.iter().enumerate().fold(Message::map(), |map, (at, &key)| map.with(key, at + 100));
        assert_eq!(Message::read(&out).unwrap(), expected);
        assert_eq!(session.limits().depth, 100);
    }

    #[test]
    fn a_refused_limit_sets_nothing() {
        let mut session = Session::new(Limits::DEFAULT);
        let request = Message::map().with("op", "limits.set").with("depth", 7_u32).with("states", u64::MAX);
        let (status, out) = call(&mut session, request);
        assert_eq!(status, Status::Error);
        assert_eq!(Request::read(&out).unwrap().text("code").unwrap(), "limit-range");
        assert_eq!(*session.limits(), Limits::DEFAULT);
    }

    #[test]
    fn hello_tells_the_abi() {
        let mut session = Session::new(Limits::DEFAULT);
        let (status, out) = call(&mut session, Message::map().with("op", "hello"));
        assert_eq!(status, Status::Ok);
        let answer = Request::read(&out).unwrap();
        assert_eq!(answer.optional_u64("abi").unwrap(), Some(ABI.into()));
        assert_eq!(answer.text("version").unwrap(), VERSION);
    }
}
