//! A host of the boundary, for tests: requests in, messages out, records through open lenses.
#![allow(dead_code, reason = "each test binary uses what it needs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use panproto_core::boundary::wire::Message;
use panproto_core::boundary::{Handle, Output, Request, Run, Session, Status};
use panproto_core::limits::Limits;

/// What a refusal says.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: String,
    pub(crate) path: String,
    pub(crate) message: String,
    pub(crate) span: bool,
}

pub(crate) struct Host {
    pub(crate) session: Session,
}

/// A lens that is open, and its digest.
#[derive(Clone)]
pub(crate) struct Open {
    pub(crate) lens: Vec<u8>,
    pub(crate) handle: Handle,
}

pub(crate) fn op(name: &'static str) -> Message<'static> {
    Message::map().with("op", name)
}

pub(crate) fn bin(digest: &[u8]) -> Message<'static> {
    Message::bin(digest.to_vec())
}

/// What stands at a path of names and numbers, or nothing.
pub(crate) fn at(message: &Message<'_>, path: &str) -> Message<'static> {
    path.split('.').filter(|key| !key.is_empty()).fold(message.clone().into_owned(), |message, key| {
        match message {
            Message::Map(mut members) => members.remove(key).unwrap_or(Message::Nil),
            Message::Array(items) => items.into_iter().nth(key.parse().unwrap()).unwrap_or(Message::Nil),
            _ => Message::Nil,
        }
    })
}

/// The JSON text of what stands there.
pub(crate) fn json(message: &Message<'_>, path: &str) -> String {
    value(&at(message, path)).to_string()
}

fn value(message: &Message<'_>) -> serde_json::Value {
    use serde_json::Value;
    match message {
        Message::Nil => Value::Null,
        Message::Bool(value) => (*value).into(),
        Message::Int(number) => serde_json::from_str(&number.to_string()).unwrap(),
        Message::Float(number) => (*number).into(),
        Message::Str(text) => text.as_ref().into(),
        Message::Bin(bytes) => bytes.to_vec().into(),
        Message::Array(items) => items.iter().map(value).collect(),
        Message::Map(members) => {
            Value::Object(members.iter().map(|(name, member)| (name.to_string(), value(member))).collect())
        }
    }
}

pub(crate) fn text(message: &Message<'_>, path: &str) -> String {
    match at(message, path) {
        Message::Str(text) => text.into_owned(),
        other => panic!("{path}: {other:?} in {message:?}"),
    }
}

pub(crate) fn items(message: &Message<'_>, path: &str) -> Vec<Message<'static>> {
    match at(message, path) {
        Message::Array(items) => items,
        other => panic!("{path}: {other:?} in {message:?}"),
    }
}

impl Host {
    pub(crate) fn new() -> Host {
        Host { session: Session::new(Limits::DEFAULT) }
    }

    pub(crate) fn try_ask(&mut self, request: Message<'_>) -> Result<Message<'static>, Refused> {
        let (mut bytes, mut out) = (Vec::new(), Vec::new());
        request.write(&mut bytes);
        match self.session.call(&bytes, &mut out) {
            Status::Ok => Ok(Message::read(&out).unwrap().into_owned()),
            Status::Error => Err(refused(&out)),
            Status::Need => panic!("an object is missing"),
        }
    }

    #[track_caller]
    pub(crate) fn ask(&mut self, request: Message<'_>) -> Message<'static> {
        self.try_ask(request).unwrap_or_else(|error| panic!("{error:?}"))
    }

    #[track_caller]
    pub(crate) fn refused(&mut self, request: Message<'_>) -> Refused {
        self.try_ask(request).map_or_else(|error| error, |answer| panic!("{answer:?}"))
    }

    #[track_caller]
    pub(crate) fn object(&mut self, request: Message<'_>) -> Vec<u8> {
        match at(&self.ask(request), "digest") {
            Message::Bin(bytes) => bytes.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn parse(&mut self, language: &str, document: &str) -> Vec<u8> {
        let request = op("schema.parse").with("language", language.to_owned());
        self.object(request.with("documents", Message::array([document.to_owned()])))
    }

    /// A JSON Schema of an object: `name:type` or `name!:type` where it is required; a type in braces is a schema.
    #[track_caller]
    pub(crate) fn fields(&mut self, fields: &[&str]) -> Vec<u8> {
        let (mut properties, mut required) = (Vec::new(), Vec::new());
        for field in fields {
            let (name, kind) = field.split_once(':').unwrap();
            let bare = name.trim_end_matches('!');
            let kind =
                if kind.starts_with('{') { kind.to_owned() } else { format!(r#"{{"type":"{kind}"}}"#) };
            properties.push(format!(r#""{bare}":{kind}"#));
            if bare != name {
                required.push(format!(r#""{bare}""#));
            }
        }
        let (properties, required) = (properties.join(","), required.join(","));
        self.parse(
            "json-schema",
            &format!(r#"{{"type":"object","properties":{{{properties}}},"required":[{required}]}}"#),
        )
    }

    /// The request for the migration between two schemas; `from>to` is a hint, `from>` says that it is gone.
    pub(crate) fn between(old: &[u8], new: &[u8], hints: &[&'static str]) -> Message<'static> {
        let hints = hints.iter().fold(Message::map(), |map, hint| {
            let (from, to) = hint.split_once('>').unwrap();
            map.with(from, if to.is_empty() { Message::Nil } else { to.into() })
        });
        op("migration.between").with("old", bin(old)).with("new", bin(new)).with("hints", hints)
    }

    #[track_caller]
    pub(crate) fn open(&mut self, lens: Vec<u8>) -> Open {
        let open = self.ask(op("lens.open").with("lens", bin(&lens)));
        let number = |key| match at(&open, key) {
            Message::Int(number) => u32::try_from(number).unwrap(),
            other => panic!("{other:?}"),
        };
        Open { lens, handle: Handle { slot: number("slot"), generation: number("generation") } }
    }

    /// The lens of a migration that is asked for.
    #[track_caller]
    pub(crate) fn lens(&mut self, migration: Message<'_>) -> Open {
        let migration = self.object(migration);
        let lens = self.object(op("lens.build").with("migration", bin(&migration)));
        self.open(lens)
    }

    /// The lens of a chain.
    #[track_caller]
    pub(crate) fn chain(&mut self, chain: &str, schema: &[u8]) -> Open {
        let lens = self.object(op("chain.lens").with("chain", chain.to_owned()).with("schema", bin(schema)));
        self.open(lens)
    }

    pub(crate) fn run(&mut self, operation: u32, lens: &Open, input: &[u8]) -> Result<Output, Refused> {
        let mut out = Output::default();
        match self.session.run(Run { op: operation, lens: lens.handle, flags: 0 }, input, &mut out) {
            Status::Ok => Ok(out),
            _ => Err(refused(&out.first)),
        }
    }

    pub(crate) fn get(&mut self, lens: &Open, record: &str) -> Result<(String, Vec<u8>), Refused> {
        let out = self.run(2, lens, record.as_bytes())?;
        Ok((String::from_utf8(out.first).unwrap(), out.second))
    }

    pub(crate) fn put(&mut self, lens: &Open, complement: &[u8], view: &str) -> Result<String, Refused> {
        let mut input = u32::try_from(complement.len()).unwrap().to_le_bytes().to_vec();
        input.extend_from_slice(complement);
        input.extend_from_slice(view.as_bytes());
        Ok(String::from_utf8(self.run(3, lens, &input)?.first).unwrap())
    }

    /// Checks a record, its view, and what an edit of the view gives; the untouched view gives the record.
    #[track_caller]
    pub(crate) fn both_ways(&mut self, lens: &Open, record: &str, view: &str, edits: &[(&str, &str)]) {
        let (found, complement) =
            self.get(lens, record).unwrap_or_else(|error| panic!("{record}: {error:?}"));
        assert_eq!(found, view);
        assert_eq!(self.put(lens, &complement, view).unwrap(), record);
        for (edited, restored) in edits {
            assert_eq!(&self.put(lens, &complement, edited).unwrap(), restored, "{edited}");
        }
        let held = self.ask(op("lens.check").with("lens", bin(&lens.lens)).with("record", record.to_owned()));
        assert_eq!(at(&held, "holds"), Message::Bool(true), "{held:?}");
    }

    /// What an expression comes to, as JSON, or the code of its error. Errors have spans.
    #[track_caller]
    pub(crate) fn eval(&mut self, expr: &str, env: &str) -> String {
        match self.try_ask(op("expr.eval").with("expr", expr.to_owned()).with("env", env.to_owned())) {
            Ok(answer) => text(&answer, "json"),
            Err(error) => {
                assert!(error.span, "{expr}: {error:?}");
                error.code
            }
        }
    }
}

fn refused(out: &[u8]) -> Refused {
    let error = Request::read(out).unwrap();
    let text = |key| error.optional_text(key).unwrap().unwrap_or_default().to_owned();
    let span = error.get("span").is_some_and(|span| !matches!(span, Message::Nil));
    Refused { code: text("code"), path: text("path"), message: text("message"), span }
}
