//! Prints what the engine, compiled for this machine, makes of `tests/conformance/cases.json`: see the README beside it.
//!
//! `cargo run --example conformance -- tests/conformance/cases.json`

use panproto_core::boundary::wire::Message;
use panproto_core::boundary::{Handle, Output, Run, Session, Status};
use panproto_core::limits::Limits;
use serde_json::{Value, json};
use std::error::Error;
use std::io::Write;

const LIFT: u32 = 1;
const GET: u32 = 2;
const PUT: u32 = 3;
const CREATE: u32 = 4;
/// Lines, failures collected.
const COLLECT_LINES: u32 = 1 | 2 << 4;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("name the file of cases")?;
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(path)?)?;
    let mut out = std::io::stdout().lock();
    for case in &cases {
        let mut line = run(case)?;
        line.sort_all_objects();
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// What a case file lacks. Bad input of a case is no error of this program.
type Broken = Box<dyn Error>;

/// An answer of the engine: a value, or what it says is wrong.
type Answer<T> = Result<T, Value>;

fn run(case: &Value) -> Result<Value, Broken> {
    let mut result = json!({"name": text(case, "name")?});
    let mut engine = Engine(Session::new(Limits::DEFAULT));
    let (mut stage, mut told) = ("old", json!({}));
    match engine.build(case, &mut stage, &mut told) {
        Err(error) => {
            merge(&mut result, told);
            merge(&mut result, json!({"error": error, "stage": stage}));
        }
        Ok(lens) => {
            merge(&mut result, told);
            merge(&mut result, engine.convert(case, lens)?);
        }
    }
    Ok(result)
}

struct Engine(Session);

impl Engine {
    /// Schemas, migration, lens; `told` gains what is known of them before one fails.
    fn build(&mut self, case: &Value, stage: &mut &'static str, told: &mut Value) -> Answer<Handle> {
        let language = case.get("language").and_then(Value::as_str).unwrap_or_default();
        let mut schema = |key: &str| {
            let document = case.get(key).map(|document| match document {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            });
            let documents = Message::array(document);
            let request = Message::map()
                .with("op", "schema.parse")
                .with("language", language.to_owned())
                .with("documents", documents);
            self.call(&request)
        };
        let old = schema("old")?;
        if let Some(chain) = case.get("chain") {
            return self.chain(&chain.to_string(), &old, stage, told);
        }
        *stage = "new";
        let new = schema("new")?;
        *stage = "migration";
        let mut request = Message::map()
            .with("op", "migration.between")
            .with("old", digest(&old))
            .with("new", digest(&new));
        if let Some(hints) = case.get("hints").and_then(Value::as_object) {
            let hints = hints.iter().map(|(from, to)| (from, Message::from(to.as_str())));
            request = request.with("hints", hints.fold(Message::map(), |all, (from, to)| all.with(from, to)));
        }
        if let Some(defaults) = case.get("defaults").and_then(Value::as_object) {
            let defaults =
                defaults.iter().fold(Message::map(), |all, (path, value)| all.with(path, value.to_string()));
            request = request.with("defaults", defaults);
        }
        let migration = self.call(&request)?;
        let pair = Message::map().with("old", digest(&old)).with("new", digest(&new));
        let diff = self.call(&pair.with("op", "diff"))?;
        *told = json!({
            "old": hex(&digest_bytes(&old)),
            "new": hex(&digest_bytes(&new)),
            "migration": hex(&digest_bytes(&migration)),
            "changes": pairs(member(&diff, "changes"), "kind"),
            "questions": pairs(member(&migration, "questions"), "code"),
        });
        *stage = "lens";
        let lens =
            self.call(&Message::map().with("op", "lens.build").with("migration", digest(&migration)))?;
        self.open(&lens, told)
    }

    /// The lens of a chain, in place of a migration between two schemas.
    fn chain(
        &mut self,
        chain: &str,
        old: &Message<'_>,
        stage: &mut &'static str,
        told: &mut Value,
    ) -> Answer<Handle> {
        *stage = "chain";
        let request =
            |op| Message::map().with("op", op).with("chain", chain.to_owned()).with("schema", digest(old));
        let target = self.call(&request("chain.target"))?;
        *told = json!({"old": hex(&digest_bytes(old)), "target": hex(&digest_bytes(&target))});
        *stage = "lens";
        let lens = self.call(&request("chain.lens"))?;
        self.open(&lens, told)
    }

    fn open(&mut self, lens: &Message<'_>, told: &mut Value) -> Answer<Handle> {
        let open = self.call(&Message::map().with("op", "lens.open").with("lens", digest(lens)))?;
        merge(told, json!({"lens": hex(&digest_bytes(lens))}));
        let number = |key: &str| match member(&open, key) {
            Some(Message::Int(number)) => u32::try_from(*number).unwrap_or(0),
            _ => 0,
        };
        Ok(Handle { slot: number("slot"), generation: number("generation") })
    }

    fn convert(&mut self, case: &Value, lens: Handle) -> Result<Value, Broken> {
        let mut complements: Vec<Vec<u8>> = Vec::new();
        let mut records = Vec::new();
        for record in list(case, "records")? {
            let record = record.as_str().ok_or("a record is no text")?;
            match self.record(lens, record.as_bytes()) {
                Ok((made, complement)) => {
                    records.push(made);
                    complements.push(complement);
                }
                Err(error) => {
                    records.push(json!({"error": error}));
                    complements.push(Vec::new());
                }
            }
        }
        let mut puts = Vec::new();
        for put in list(case, "puts")? {
            let view = text(put, "view")?.as_bytes();
            let complement = match (put.get("complement"), put.get("complement_of").and_then(Value::as_u64)) {
                (Some(hex), _) => Some(unhex(hex.as_str().ok_or("a complement is no text")?)?),
                (None, Some(at)) => {
                    Some(complements.get(usize::try_from(at)?).ok_or("there is no such record")?.clone())
                }
                (None, None) => None,
            };
            let made = match &complement {
                Some(complement) => self.data(PUT, lens, 0, &joined(complement, view)),
                None => self.data(CREATE, lens, 0, view),
            };
            puts.push(match made {
                Ok(made) => json!({"record": utf8(&made.first)}),
                Err(error) => json!({"error": error}),
            });
        }
        let mut lines = String::new();
        for record in list(case, "records")?.iter().filter_map(Value::as_str) {
            if !record.contains(['\n', '\r']) {
                lines.push_str(record);
                lines.push('\n');
            }
        }
        let lines = match self.data(GET, lens, COLLECT_LINES, lines.as_bytes()) {
            Err(error) => return Err(format!("lines end the batch: {error}").into()),
            Ok(made) => {
                let failures = match Message::read(&made.third) {
                    Ok(Message::Array(failures)) => failures.iter().map(|error| told(error, true)).collect(),
                    _ => Vec::new(),
                };
                json!({"views": utf8(&made.first), "complements": hex(&made.second), "failures": failures})
            }
        };
        Ok(json!({"records": records, "puts": puts, "lines": lines}))
    }

    fn record(&mut self, lens: Handle, record: &[u8]) -> Answer<(Value, Vec<u8>)> {
        let got = self.data(GET, lens, 0, record)?;
        let lifted = self.data(LIFT, lens, 0, record)?;
        let restored = self.data(PUT, lens, 0, &joined(&got.second, &got.first))?;
        let made = json!({
            "lift": utf8(&lifted.first),
            "view": utf8(&got.first),
            "complement": hex(&got.second),
            "restored": utf8(&restored.first),
        });
        Ok((made, got.second))
    }

    fn call(&mut self, request: &Message<'_>) -> Answer<Message<'static>> {
        let (mut bytes, mut out) = (Vec::new(), Vec::new());
        request.write(&mut bytes);
        let status = self.0.call(&bytes, &mut out);
        let answer = Message::read(&out).map(Message::into_owned).unwrap_or(Message::Nil);
        if status == Status::Ok { Ok(answer) } else { Err(told(&answer, false)) }
    }

    fn data(&mut self, op: u32, lens: Handle, flags: u32, input: &[u8]) -> Answer<Output> {
        let mut out = Output::default();
        match self.0.run(Run { op, lens, flags }, input, &mut out) {
            Status::Ok => Ok(out),
            _ => Err(told(&Message::read(&out.first).unwrap_or(Message::Nil), false)),
        }
    }
}

/// What is compared of an error: not its wording.
fn told(error: &Message<'_>, placed: bool) -> Value {
    let mut keys = vec!["code", "path", "span"];
    if placed {
        keys.extend(["record", "line", "offset"]);
    }
    let members = keys.into_iter().map(|key| (key.to_owned(), member(error, key).map_or(Value::Null, value)));
    Value::Object(members.collect())
}

fn value(message: &Message<'_>) -> Value {
    match message {
        Message::Int(number) => i64::try_from(*number).map_or(Value::Null, Value::from),
        Message::Str(text) => json!(text),
        Message::Array(items) => items.iter().map(value).collect(),
        _ => Value::Null,
    }
}

fn member<'m, 'a>(message: &'m Message<'a>, key: &str) -> Option<&'m Message<'a>> {
    let Message::Map(members) = message else { return None };
    members.get(key)
}

fn pairs(rows: Option<&Message<'_>>, key: &str) -> Value {
    let Some(Message::Array(rows)) = rows else { return json!([]) };
    let cell = |row: &Message<'_>, key: &str| member(row, key).map_or(Value::Null, value);
    rows.iter().map(|row| json!([cell(row, key), cell(row, "path")])).collect()
}

fn digest_bytes(object: &Message<'_>) -> Vec<u8> {
    match member(object, "digest") {
        Some(Message::Bin(bytes)) => bytes.to_vec(),
        _ => Vec::new(),
    }
}

fn digest(object: &Message<'_>) -> Message<'static> {
    Message::bin(digest_bytes(object))
}

fn joined(complement: &[u8], view: &[u8]) -> Vec<u8> {
    [&u32::try_from(complement.len()).unwrap_or(u32::MAX).to_le_bytes()[..], complement, view].concat()
}

fn merge(into: &mut Value, more: Value) {
    if let (Some(into), Value::Object(more)) = (into.as_object_mut(), more) {
        into.extend(more);
    }
}

fn text<'v>(value: &'v Value, key: &str) -> Result<&'v str, Broken> {
    value.get(key).and_then(Value::as_str).ok_or_else(|| format!("`{key}` is missing or no text").into())
}

fn list<'v>(value: &'v Value, key: &str) -> Result<&'v [Value], Broken> {
    value
        .get(key)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .ok_or_else(|| format!("`{key}` is no list").into())
}

fn utf8(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Result<Vec<u8>, Broken> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.ok_or("a complement is not hexadecimal")?;
    Ok(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + digit) as u8).collect())
}
