//! The engine as a host sees it: requests and answers of the boundary.

use panproto_core::boundary::wire::Message;
use panproto_core::boundary::{Digest, Handle, Output, Request, Run, Session, Status};
use panproto_core::limits::Limits;
use serde_json::{Map, Value};

/// Lines; a failing record ends the batch.
pub(crate) const LINES: u32 = 1;
/// MessagePack values one after another.
pub(crate) const MSGPACK: u32 = 4;
/// More of the stream follows.
pub(crate) const MORE: u32 = 1 << 8;
/// Some of the stream went before.
pub(crate) const CONTINUED: u32 = 1 << 9;

pub(crate) const NOOP: u32 = 0;
pub(crate) const LIFT: u32 = 1;
pub(crate) const GET: u32 = 2;
pub(crate) const PUT: u32 = 3;
pub(crate) const CREATE: u32 = 4;

/// A session and its buffers.
pub(crate) struct Engine {
    session: Session,
    answer: Vec<u8>,
    pub(crate) output: Output,
}

/// Two versions of a schema, and what a person answers.
pub(crate) struct Schemas {
    pub(crate) old: Vec<String>,
    pub(crate) new: Vec<String>,
    pub(crate) hints: Map<String, Value>,
}

impl Engine {
    pub(crate) fn new() -> Engine {
        Engine { session: Session::new(Limits::DEFAULT), answer: Vec::new(), output: Output::default() }
    }

    pub(crate) fn call(&mut self, request: &Message<'_>) -> Result<Request<'_>, String> {
        let mut bytes = Vec::new();
        request.write(&mut bytes);
        match self.session.call(&bytes, &mut self.answer) {
            Status::Ok => Request::read(&self.answer).map_err(|error| error.to_string()),
            Status::Error => Err(said(&self.answer)),
            Status::Need => Err("the session forgot an object".to_owned()),
        }
    }

    pub(crate) fn parse(&mut self, documents: &[String]) -> Result<Digest, String> {
        let request = Message::map()
            .with("op", "schema.parse")
            .with("language", "atproto")
            .with("documents", Message::array(documents.iter().map(String::as_str)));
        digest(&self.call(&request)?)
    }

    /// A control request about two schemas.
    pub(crate) fn pair(
        &mut self,
        operation: &str,
        [old, new]: &[Digest; 2],
        hints: &Map<String, Value>,
    ) -> Result<Request<'_>, String> {
        let mut request = Message::map()
            .with("op", operation.to_owned())
            .with("old", Message::bin(&old[..]))
            .with("new", Message::bin(&new[..]));
        if !hints.is_empty() {
            let hints = hints
                .iter()
                .fold(Message::map(), |map, (from, to)| map.with(from, Message::from(to.as_str())));
            request = request.with("hints", hints);
        }
        self.call(&request)
    }

    /// The open lens between two versions.
    pub(crate) fn lens(&mut self, schemas: &Schemas) -> Result<Handle, String> {
        let pair = [self.parse(&schemas.old)?, self.parse(&schemas.new)?];
        let migration = digest(&self.pair("migration.between", &pair, &schemas.hints)?)?;
        let request = Message::map().with("op", "lens.build").with("migration", Message::bin(&migration[..]));
        let lens = digest(&self.call(&request)?)?;
        let answer =
            self.call(&Message::map().with("op", "lens.open").with("lens", Message::bin(&lens[..])))?;
        let number = |key: &str| -> Result<u32, String> {
            let value = answer.optional_u64(key).map_err(|error| error.to_string())?.unwrap_or_default();
            u32::try_from(value).map_err(|error| error.to_string())
        };
        Ok(Handle { slot: number("slot")?, generation: number("generation")? })
    }

    pub(crate) fn run(&mut self, op: u32, lens: Handle, flags: u32, input: &[u8]) -> Result<(), String> {
        match self.session.run(Run { op, lens, flags }, input, &mut self.output) {
            Status::Ok => Ok(()),
            Status::Error | Status::Need => Err(said(&self.output.first)),
        }
    }
}

fn digest(answer: &Request<'_>) -> Result<Digest, String> {
    answer.digest("digest").map_err(|error| error.to_string())
}

fn said(answer: &[u8]) -> String {
    let Ok(Message::Map(members)) = Message::read(answer) else {
        return "an answer that is no message".to_owned();
    };
    let text = |key: &str| match members.get(key) {
        Some(Message::Str(text)) => text.to_string(),
        _ => String::new(),
    };
    format!("{}: {} {}", text("code"), text("message"), text("path"))
}
