//! The plan against the clear engine: the same bytes, complements, codes, paths and spans, on records and views that
//! are shuffled, edited, damaged and respelled at random.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use panproto_core::align::{Hints, between};
use panproto_core::diagnostic::Result;
use panproto_core::language;
use panproto_core::lens::compile::compile;
use panproto_core::lens::{Clear, Engine, Machine, Note};
use panproto_core::limits::{Budget, Limits};
use panproto_core::plan::{Executor, Program};
use panproto_core::schema::Schema;
use panproto_testkit::{corpus, workload};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// xorshift64*, so that a failure can be run again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, limit: usize) -> usize {
        self.next() as usize % limit.max(1)
    }

    fn one_in(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

struct Pair {
    name: &'static str,
    clear: Clear,
    plan: Executor,
    runs: u64,
}

fn schema(language: &str, text: &[u8]) -> Arc<Schema> {
    let options = language::Options::default();
    language::parse(language, &[text], &options, &mut Budget::default()).into_result().map(Arc::new).unwrap()
}

fn pair(name: &'static str, language: &str, documents: [&str; 2], hints: &[(&str, Option<&str>)]) -> Pair {
    let [old, new] = documents.map(|text| schema(language, text.as_bytes()));
    pair_of(name, &old, &new, hints)
}

fn pair_of(name: &'static str, old: &Arc<Schema>, new: &Arc<Schema>, hints: &[(&str, Option<&str>)]) -> Pair {
    let fields = hints.iter().map(|(from, to)| (from.to_string(), to.map(str::to_string))).collect();
    let migration = between(old, new, &Hints { fields, ..Hints::default() }, &mut Budget::default()).unwrap();
    let compiled = compile(&migration, &mut Budget::default()).unwrap();
    let machine: Arc<Machine> =
        Arc::new(compiled.machine.unwrap_or_else(|| panic!("{name}: {:#?}", compiled.questions)));
    Pair {
        name,
        clear: Clear::new(machine.clone(), Limits::DEFAULT),
        plan: Executor::new(&Arc::new(Program::lower(&machine)), Budget::default()),
        runs: 0,
    }
}

type Outcome =
    std::result::Result<(String, Vec<u8>, Vec<Note>), (String, Option<String>, Option<(u32, u32)>)>;

fn outcome(result: Result<()>, out: Vec<u8>, body: Vec<u8>, notes: Vec<Note>) -> Outcome {
    match result {
        Ok(()) => Ok((String::from_utf8(out).unwrap(), body, notes)),
        Err(error) => {
            assert!(out.is_empty() && body.is_empty() && notes.is_empty(), "output beside an error");
            let span = error.span.map(|span| (span.start, span.end));
            Err((error.code.to_owned(), error.path.filter(|path| !path.is_empty()), span))
        }
    }
}

fn get(engine: &mut dyn Engine, record: &[u8], remember: bool) -> Outcome {
    let (mut view, mut body) = (Vec::new(), Vec::new());
    let result = engine.get(record, &mut view, remember.then_some(&mut body));
    outcome(result, view, body, Vec::new())
}

fn put(engine: &mut dyn Engine, view: &[u8], body: Option<&[u8]>) -> Outcome {
    let (mut record, mut notes) = (Vec::new(), Vec::new());
    let result = engine.put(view, body, &mut record, &mut notes);
    outcome(result, record, Vec::new(), notes)
}

impl Pair {
    fn get(&mut self, record: &str) -> Option<(String, Vec<u8>)> {
        self.runs += 2;
        for remember in [false, true] {
            let expected = get(&mut self.clear, record.as_bytes(), remember);
            let found = get(&mut self.plan, record.as_bytes(), remember);
            assert_eq!(found, expected, "{}: get, memory {remember}, of {record}", self.name);
            if remember {
                return expected.ok().map(|(view, body, _)| (view, body));
            }
        }
        None
    }

    fn put(&mut self, view: &str, body: Option<&[u8]>) {
        self.runs += 1;
        let expected = put(&mut self.clear, view.as_bytes(), body);
        let found = put(&mut self.plan, view.as_bytes(), body);
        assert_eq!(found, expected, "{}: put of {view} with {body:02x?}", self.name);
    }

    /// Runs a record and many that are like it.
    fn vary(&mut self, records: &[Value], names: &[&str], rounds: usize) {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let mut bodies: Vec<Vec<u8>> = Vec::new();
        for record in records {
            self.get(&record.to_string());
        }
        for round in 0..rounds {
            let mut record = random.pick(records).clone();
            if round % 8 != 0 {
                for _ in 0..random.below(4) {
                    edit(&mut record, names, &mut random);
                }
            }
            let text = spell(&record, &mut random);
            let damaged = damage(&text, &mut random);
            if let Some((view, body)) = self.get(&damaged) {
                self.put(&view, Some(&body));
                self.put(&view, None);
                let mut edited: Value = serde_json::from_str(&view).unwrap();
                for _ in 0..1 + random.below(3) {
                    edit(&mut edited, names, &mut random);
                }
                let edited = spell(&edited, &mut random);
                self.put(&edited, Some(&body));
                self.put(&edited, None);
                if let Some(other) = (!bodies.is_empty()).then(|| random.pick(&bodies)) {
                    let other = other.clone();
                    self.put(&view, Some(&other));
                    self.put(&edited, Some(&other));
                }
                bodies.push(body);
            }
        }
        println!("{}: {} runs, {} left to the clear engine", self.name, self.runs, self.plan.given_up());
    }
}

/// One random edit somewhere in a value.
fn edit(value: &mut Value, names: &[&str], random: &mut Random) {
    let here = random.one_in(3);
    match value {
        Value::Object(members) if !here && !members.is_empty() => {
            let at = random.below(members.len());
            if let Some(inner) = members.values_mut().nth(at) {
                return edit(inner, names, random);
            }
        }
        Value::Array(items) if !here && !items.is_empty() => {
            let at = random.below(items.len());
            return edit(&mut items[at], names, random);
        }
        _ => {}
    }
    match value {
        Value::Object(members) => match random.below(6) {
            0 => {
                // Another order.
                let mut all: Vec<(String, Value)> = std::mem::take(members).into_iter().collect();
                for at in (1..all.len()).rev() {
                    all.swap(at, random.below(at + 1));
                }
                members.extend(all);
            }
            1 if !members.is_empty() => {
                let name = members.keys().nth(random.below(members.len())).unwrap().clone();
                members.shift_remove(&name);
            }
            2 if !members.is_empty() => {
                let name = members.keys().nth(random.below(members.len())).unwrap().clone();
                members.insert(name, any(random));
            }
            3 if !members.is_empty() => {
                let from = members.keys().nth(random.below(members.len())).unwrap().clone();
                let copied = members.get(&from).cloned().unwrap();
                members.insert((*random.pick(names)).to_owned(), copied);
            }
            _ => {
                members.insert((*random.pick(names)).to_owned(), any(random));
            }
        },
        Value::Array(items) => match random.below(5) {
            0 if !items.is_empty() => {
                items.remove(random.below(items.len()));
            }
            1 if !items.is_empty() => {
                let item = random.pick(items).clone();
                items.insert(random.below(items.len() + 1), item);
            }
            2 if items.len() > 1 => {
                let (one, other) = (random.below(items.len()), random.below(items.len()));
                items.swap(one, other);
            }
            3 => items.clear(),
            _ => items.push(any(random)),
        },
        other => *other = any(random),
    }
}

fn any(random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!("text"),
        3 => json!("public"),
        4 => json!("7"),
        5 => {
            let spellings: [&str; 5] = ["1.0", "1e2", "-0", "1.5", "18446744073709551616"];
            let spelling: &str = random.pick::<&str>(&spellings);
            serde_json::from_str(spelling).unwrap()
        }
        6 => json!([]),
        7 => json!({}),
        8 => json!([1, "a"]),
        9 => json!({"x": 1, "name": "n"}),
        _ => json!(random.below(100)),
    }
}

/// The text of a value, spelled in one of many ways.
fn spell(value: &Value, random: &mut Random) -> String {
    let mut out = String::new();
    let spaced = random.one_in(4);
    let escaped = random.one_in(4);
    write(value, spaced, escaped, random, &mut out);
    if spaced { format!(" {out}\n") } else { out }
}

fn write(value: &Value, spaced: bool, escaped: bool, random: &mut Random, out: &mut String) {
    let gap = if spaced { " " } else { "" };
    match value {
        Value::Object(members) => {
            out.push('{');
            let twice = random.one_in(40);
            let mut first = true;
            for (name, member) in members.iter().chain(members.iter().take(usize::from(twice))) {
                out.push_str(if first { "" } else { "," });
                first = false;
                out.push_str(gap);
                string(name, escaped && random.one_in(3), out);
                out.push_str(gap);
                out.push(':');
                out.push_str(gap);
                write(member, spaced, escaped, random, out);
            }
            out.push_str(gap);
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                out.push_str(gap);
                write(item, spaced, escaped, random, out);
            }
            out.push(']');
        }
        Value::String(content) => string(content, escaped && random.one_in(3), out),
        other => out.push_str(&other.to_string()),
    }
}

fn string(content: &str, escaped: bool, out: &mut String) {
    if !escaped {
        return out.push_str(&Value::from(content).to_string());
    }
    out.push('"');
    for unit in content.encode_utf16() {
        out.push_str(&format!("\\u{unit:04x}"));
    }
    out.push('"');
}

/// Sometimes a text that is no JSON any more.
fn damage(text: &str, random: &mut Random) -> String {
    if !random.one_in(12) {
        return text.to_owned();
    }
    let mut bytes = text.as_bytes().to_vec();
    let at = random.below(bytes.len());
    if random.one_in(2) {
        bytes.truncate(at);
    } else {
        bytes[at] = *random.pick(b"\"\\{}[],:x0 ");
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn values(pairs: Vec<workload::Pair>) -> Vec<Value> {
    pairs.into_iter().map(|(record, _)| serde_json::from_str(&record).unwrap()).collect()
}

const ROUNDS: usize = 1500;

#[test]
fn posts() {
    let [old, new] = workload::w1_lexicons();
    let mut pair =
        pair("posts", "atproto", [&old, &new], &[("text", Some("body")), ("createdAt", Some("publishedAt"))]);
    let names = [
        "text",
        "body",
        "createdAt",
        "publishedAt",
        "visibility",
        "sensitive",
        "stats",
        "likeCount",
        "$type",
        "other",
        "langs",
    ];
    pair.vary(&values(workload::w1(20)), &names, ROUNDS);
}

#[test]
fn wide() {
    let [old, new] = workload::w2_lexicons();
    let mut pair = pair("wide", "atproto", [&old, &new], &[("f00", Some("g00")), ("f03", Some("g03"))]);
    pair.vary(&values(workload::w2(5)), &["f00", "g00", "f02", "f05", "extra", "$type", "other"], ROUNDS / 3);
}

#[test]
fn deep() {
    let [old, new] = workload::w3_lexicons();
    let hints = [("title", Some("heading")), ("items[].value", Some("items[].amount"))];
    let mut pair = pair("deep", "atproto", [&old, &new], &hints);
    let names = ["title", "heading", "rev", "items", "key", "note", "value", "amount", "flag", "other"];
    pair.vary(&values(workload::w3_of(10, 6)), &names, ROUNDS);
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({"type": "object", "properties": properties, "required": required})
}

fn schemas(name: &'static str, old: &Value, new: &Value, hints: &[(&str, Option<&str>)]) -> Pair {
    let dialect = json!("https://json-schema.org/draft/2020-12/schema");
    let document = |schema: &Value| {
        let mut members = Map::new();
        members.insert("$schema".into(), dialect.clone());
        members.extend(schema.as_object().unwrap().clone());
        Value::Object(members).to_string()
    };
    pair(name, "json-schema", [&document(old), &document(new)], hints)
}

#[test]
fn nests_and_hoists() {
    let inner =
        object(json!({"x": {"type": "integer"}, "y": {"type": "integer"}, "z": {"type": "string"}}), &["x"]);
    let old = object(
        json!({"a": {"type": "string"}, "b": {"type": "string"}, "c": {"type": "integer"}, "in": inner}),
        &["a"],
    );
    let new = object(
        json!({
            "a": {"type": "string"}, "x": {"type": "integer"}, "d": {"type": "string", "default": "d"},
            "at": object(json!({"b": {"type": "string"}, "c": {"type": "integer"}}), &[]),
            "in": object(json!({"y": {"type": "integer"}}), &[])
        }),
        &["a"],
    );
    let hints = [
        ("b", Some("at.b")),
        ("c", Some("at.c")),
        ("in.x", Some("x")),
        ("in.y", Some("in.y")),
        ("in.z", None),
    ];
    let mut pair = schemas("nests and hoists", &old, &new, &hints);
    let records = [
        json!({"a": "1", "b": "2", "c": 3, "in": {"x": 1, "y": 2, "z": "z"}}),
        json!({"in": {"z": "z", "x": 1}, "c": 3, "other": 1, "b": "2", "a": "1"}),
        json!({"a": "1", "x": 5, "at": 7}),
    ];
    let names = ["a", "b", "c", "in", "x", "y", "z", "at", "d", "other"];
    pair.vary(&records, &names, ROUNDS);
}

#[test]
fn coercions_nulls_and_lists() {
    let nullable = |name: &str| json!({"type": [name, "null"]});
    let old = object(
        json!({
            "n": {"type": "integer"}, "s": {"type": "string"}, "w": {"type": "integer"},
            "many": {"type": "array", "items": {"type": "string"}}, "one": {"type": "string"},
            "gone": nullable("string"), "kept": nullable("string"),
            "list": {"type": "array", "items": object(json!({"id": {"type": "integer"}, "v": {"type": "integer"}}), &["id"])}
        }),
        &[],
    );
    let new = object(
        json!({
            "n": {"type": "string"}, "s": {"type": "integer"}, "w": {"type": "number"},
            "many": {"type": "string"}, "one": {"type": "array", "items": {"type": "string"}},
            "gone": {"type": "string"}, "kept": nullable("string"),
            "list": {"type": "array", "items": object(json!({"id": {"type": "string"}, "v": {"type": "integer"}}), &["id"])}
        }),
        &[],
    );
    let mut pair = schemas("coercions", &old, &new, &[]);
    let records = [
        json!({"n": 1, "s": "007", "w": 3, "many": ["a"], "one": "x", "gone": "g", "kept": null,
            "list": [{"id": 1, "v": 2}, {"id": 2}, {"v": 1, "id": 3}]}),
        json!({"n": 10, "s": "7", "many": [], "gone": null, "list": []}),
        json!({"many": ["a", "b"], "s": "-5", "list": [{"id": 4}, {"id": 4}]}),
    ];
    let names = ["n", "s", "w", "many", "one", "gone", "kept", "list", "id", "v", "other"];
    pair.vary(&records, &names, ROUNDS);
}

#[test]
fn closed_and_required() {
    let closed = |properties: Value, required: &[&str]| {
        let mut schema = object(properties, required);
        schema["additionalProperties"] = json!(false);
        schema
    };
    let old = object(
        json!({"a": {"type": "string"}, "b": {"type": "integer"}, "in": object(json!({"p": {"type": "string"}}), &[])}),
        &["a", "b"],
    );
    let new = closed(
        json!({
            "a": {"type": "string", "maxLength": 4}, "q": {"type": "string", "default": "public"},
            "in": closed(json!({"p": {"type": "string"}, "r": {"type": "integer", "default": 1}}), &["r"])
        }),
        &["a", "q"],
    );
    let mut pair = schemas("closed", &old, &new, &[("b", None)]);
    let records = [
        json!({"a": "1", "b": 2, "in": {"p": "p"}}),
        json!({"a": "1", "b": 2, "q": "public", "other": [1, 2], "in": {"r": 1, "p": "p", "s": 1}}),
        json!({"a": "long text", "b": 2}),
    ];
    pair.vary(&records, &["a", "b", "q", "in", "p", "r", "s", "other"], ROUNDS);
}

#[test]
fn unions_with_late_tags() {
    let arm = |tag: &str, properties: Value| {
        let mut arm = object(properties, &["kind"]);
        arm["properties"]["kind"] = json!({"const": tag});
        arm
    };
    let document = |name: &str, extra: &str| {
        let mut document = object(json!({"root": {"$ref": "#/$defs/node"}}), &[]);
        document["$defs"] = json!({"node": {"oneOf": [
            arm("leaf", json!({name: {"type": "string"}, extra: {"type": "integer"}})),
            arm("list", json!({"items": {"type": "array", "items": {"$ref": "#/$defs/node"}}})),
        ]}});
        document
    };
    let mut pair = schemas(
        "late tags",
        &document("name", "size"),
        &document("title", "count"),
        &[("root.name", Some("root.title")), ("root.size", None)],
    );
    let leaf = json!({"name": "n", "size": 1, "kind": "leaf"});
    let list = json!({"items": [leaf, {"kind": "leaf"}, {"items": [leaf], "kind": "list"}], "kind": "list"});
    let records = [json!({"root": leaf}), json!({"root": list}), json!({"root": {"kind": "other"}})];
    pair.vary(&records, &["root", "kind", "items", "name", "title", "size", "count"], ROUNDS);
}

#[test]
fn real_posts() {
    let Some(index) = corpus::read("atproto/pairs/index.json") else { return };
    let index: Vec<Value> = serde_json::from_slice(&index).unwrap();
    let text = corpus::read("atproto/real-records.jsonl").unwrap();
    let records: Vec<Value> = text
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    for entry in index.iter().filter(|entry| entry["nsid"] == "app.bsky.feed.post") {
        let [old, new] = ["old", "new"].map(|key| {
            let path = format!("atproto/pairs/{}", entry[key].as_str().unwrap());
            schema("atproto", &corpus::read(&path).unwrap())
        });
        for (from, to) in [(&old, &new), (&new, &old)] {
            let mut pair = pair_of("real posts", from, to, &[]);
            for record in &records {
                if let Some((view, body)) = pair.get(&record.to_string()) {
                    pair.put(&view, Some(&body));
                    pair.put(&view, None);
                }
            }
            println!("{}: {} runs, {} left", entry["old"], pair.runs, pair.plan.given_up());
            let names =
                ["text", "langs", "tags", "labels", "embed", "reply", "facets", "entities", "$type", "other"];
            pair.vary(&records, &names, 150);
        }
    }
}
