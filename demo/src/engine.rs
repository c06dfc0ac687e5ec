//! The engine as a host sees it: requests and answers of the boundary.

use crate::story::Answers;
use panproto_core::boundary::wire::Message;
use panproto_core::boundary::{Digest, Handle, Output, Request, Run, Session, Status};
use panproto_core::limits::Limits;
use serde_json::Value;

/// Record operations of the ABI.
#[derive(Clone, Copy)]
#[repr(u32)]
pub enum Operation {
    /// Views only.
    Lift = 1,
    /// Views and complements.
    Get = 2,
    /// Complements and views to records.
    Put = 3,
}

/// Lines; a failing record ends the batch.
const LINES: u32 = 1;

/// A failing record is left out, and its error collected.
const COLLECT: u32 = 2 << 4;

/// A session and its buffers.
pub struct Engine {
    session: Session,
    answer: Vec<u8>,
    /// What the last record operation wrote.
    pub output: Output,
}

/// A record without a view.
pub struct Refusal {
    /// Its number, from 0.
    pub record: usize,
    /// The code of its error.
    pub code: String,
    /// Where in the record.
    pub path: String,
}

/// A migration as it is answered.
pub struct Derived {
    digest: Digest,
    /// What it asks: code, path, why.
    pub questions: Vec<String>,
    /// What it does.
    pub changes: Vec<String>,
}

impl Engine {
    /// A new session.
    pub fn new() -> Engine {
        Engine { session: Session::new(Limits::DEFAULT), answer: Vec::new(), output: Output::default() }
    }

    fn call(&mut self, request: Message<'_>) -> Result<Request<'_>, String> {
        let mut bytes = Vec::new();
        request.write(&mut bytes);
        let status = self.session.call(&bytes, &mut self.answer);
        match status {
            Status::Ok => Request::read(&self.answer).map_err(|error| error.to_string()),
            Status::Error => Err(error_text(&self.answer)),
            Status::Need => Err("the session forgot an object".to_owned()),
        }
    }

    /// Parses documents to a schema.
    pub fn parse(&mut self, language: &str, documents: &[&str]) -> Result<Digest, String> {
        let request = Message::map()
            .with("op", "schema.parse")
            .with("language", language)
            .with("documents", Message::array(documents.iter().copied()));
        digest(&self.call(request)?)
    }

    /// Finds the migration between two schemas.
    pub fn between(
        &mut self,
        old: &Digest,
        new: &Digest,
        root: &str,
        answers: &Answers,
    ) -> Result<Derived, String> {
        let hints =
            answers.hints.iter().fold(Message::map(), |map, (path, target)| map.with(path, target.as_str()));
        let texts: Vec<(&String, String)> =
            answers.defaults.iter().map(|(path, value)| (path, value.to_string())).collect();
        let defaults = texts.iter().fold(Message::map(), |map, (path, value)| map.with(path, value.as_str()));
        let mut request = Message::map()
            .with("op", "migration.between")
            .with("old", Message::bin(&old[..]))
            .with("new", Message::bin(&new[..]))
            .with("old_root", root)
            .with("new_root", root)
            .with("hints", hints)
            .with("defaults", defaults);
        if answers.exactly_one {
            request = request.with("match", "exactly-one");
        }
        let answer = self.call(request)?;
        let texts = |key: &str, say: fn(&Message<'_>) -> String| -> Result<Vec<String>, String> {
            Ok(answer.array(key).map_err(|error| error.to_string())?.iter().map(say).collect())
        };
        Ok(Derived {
            digest: digest(&answer)?,
            questions: texts("questions", question)?,
            changes: texts("changes", change)?,
        })
    }

    /// Opens the lens of a decided migration.
    pub fn open(&mut self, migration: &Derived) -> Result<Handle, String> {
        let build =
            Message::map().with("op", "lens.build").with("migration", Message::bin(&migration.digest[..]));
        let lens = digest(&self.call(build)?)?;
        let answer =
            self.call(Message::map().with("op", "lens.open").with("lens", Message::bin(&lens[..])))?;
        let number = |key: &str| -> Result<u32, String> {
            let value = answer.optional_u64(key).map_err(|error| error.to_string())?.unwrap_or_default();
            u32::try_from(value).map_err(|error| error.to_string())
        };
        Ok(Handle { slot: number("slot")?, generation: number("generation")? })
    }

    /// Runs lines through an open lens; what they become is in [`Engine::output`].
    pub fn run(&mut self, operation: Operation, lens: Handle, input: &[u8]) -> Result<(), String> {
        self.run_flagged(operation, lens, LINES, input)
    }

    /// Views and complements of the records that have a view, and the refusals of the others.
    pub fn get(&mut self, lens: Handle, input: &[u8]) -> Result<Vec<Refusal>, String> {
        self.run_flagged(Operation::Get, lens, LINES | COLLECT, input)?;
        if self.output.third.is_empty() {
            return Ok(Vec::new());
        }
        let Ok(Message::Array(errors)) = Message::read(&self.output.third) else {
            return Err("the failures are no array".to_owned());
        };
        if errors.len() != self.output.failures as usize {
            return Err(format!("{} records are refused: too many to tell which", self.output.failures));
        }
        errors.iter().map(refusal).collect()
    }

    /// The code and the path with which lines are refused, or nothing where they are not.
    pub fn refusal(&mut self, operation: Operation, lens: Handle, input: &[u8]) -> Option<String> {
        self.run(operation, lens, input).err()?;
        let message = Message::read(&self.output.first).ok()?;
        Some(format!("{} {}", field(&message, "code"), field(&message, "path")))
    }

    fn run_flagged(
        &mut self,
        operation: Operation,
        lens: Handle,
        flags: u32,
        input: &[u8],
    ) -> Result<(), String> {
        match self.session.run(Run { op: operation as u32, lens, flags }, input, &mut self.output) {
            Status::Ok => Ok(()),
            Status::Error | Status::Need => Err(error_text(&self.output.first)),
        }
    }
}

fn refusal(error: &Message<'_>) -> Result<Refusal, String> {
    let record = field(error, "record").parse().map_err(|_| "a failure that says no record")?;
    Ok(Refusal { record, code: field(error, "code"), path: field(error, "path") })
}

fn digest(answer: &Request<'_>) -> Result<Digest, String> {
    answer.digest("digest").map_err(|error| error.to_string())
}

fn question(question: &Message<'_>) -> String {
    let mut text =
        format!("{} {}: {}", field(question, "code"), field(question, "path"), field(question, "why"));
    if let Message::Map(members) = question
        && let Some(Message::Array(candidates)) = members.get("candidates")
        && !candidates.is_empty()
    {
        let answers: Vec<String> = candidates.iter().map(|candidate| field(candidate, "answer")).collect();
        text.push_str(&format!(" ({}?)", answers.join(", ")));
    }
    text
}

fn change(change: &Message<'_>) -> String {
    let (from, to) = (field(change, "from"), field(change, "to"));
    let places = match (from.is_empty(), to.is_empty()) {
        (false, false) if from != to => format!("{from} → {to}"),
        (true, _) => to,
        _ => from,
    };
    format!("{} {places}", field(change, "kind"))
}

fn error_text(answer: &[u8]) -> String {
    let Ok(message) = Message::read(answer) else { return "an answer that is no message".to_owned() };
    let mut text = format!("{}: {}", field(&message, "code"), field(&message, "message"));
    for key in ["path", "line", "help"] {
        let value = field(&message, key);
        if !value.is_empty() {
            text.push_str(&format!(", {key} {value}"));
        }
    }
    text
}

/// A member as text; nothing where there is none.
fn field(message: &Message<'_>, key: &str) -> String {
    let Message::Map(members) = message else { return String::new() };
    match members.get(key) {
        Some(Message::Str(text)) => text.to_string(),
        Some(Message::Int(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The JSON text of a report.
pub fn report(members: &[(&str, Value)]) -> String {
    let members: serde_json::Map<String, Value> =
        members.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    Value::Object(members).to_string()
}
