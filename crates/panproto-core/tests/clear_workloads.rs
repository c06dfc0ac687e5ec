//! The clear engine on the three workloads: values as expected, tokens back, edits carried.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use panproto_core::align::{Hints, between};
use panproto_core::language;
use panproto_core::lens::compile::compile;
use panproto_core::lens::laws::{check_laws, same_tokens};
use panproto_core::lens::{Clear, Engine, Machine};
use panproto_core::limits::{Budget, Limits};
use panproto_core::value::equal_text;
use panproto_testkit::workload::{self, Pair};
use std::sync::Arc;

fn machine(lexicons: [String; 2], hints: &[(&str, &str)]) -> Arc<Machine> {
    machine_of("atproto", lexicons, hints)
}

fn machine_of(language: &str, texts: [String; 2], hints: &[(&str, &str)]) -> Arc<Machine> {
    let [old, new] = texts.map(|text| {
        let options = language::Options::default();
        let parsed = language::parse(language, &[text.as_bytes()], &options, &mut Budget::default());
        Arc::new(parsed.into_result().unwrap())
    });
    let fields = hints.iter().map(|(from, to)| (from.to_string(), Some(to.to_string()))).collect();
    let migration =
        between(&old, &new, &Hints { fields, ..Hints::default() }, &mut Budget::default()).unwrap();
    let compiled = compile(&migration, &mut Budget::default()).unwrap();
    Arc::new(compiled.machine.unwrap())
}

fn convert(machine: Arc<Machine>, pairs: &[Pair]) {
    let mut engine = Clear::new(machine.clone(), Limits::DEFAULT);
    for (source, expected) in pairs {
        let record = source.as_bytes();
        let (mut view, mut body) = (Vec::new(), Vec::new());
        engine.get(record, &mut view, Some(&mut body)).unwrap();
        let text = String::from_utf8_lossy(&view);
        assert!(equal_text(&view, expected.as_bytes()), "{}\n{text}\n{}", source, expected);
        let mut back = Vec::new();
        engine.put(&view, Some(&body), &mut back, &mut Vec::new()).unwrap();
        assert!(same_tokens(record, &back), "{}\n{}", source, String::from_utf8_lossy(&back));
        let laws = check_laws(&mut engine, &machine, record).unwrap();
        assert!(laws.held(), "{laws:?}");
    }
}

#[test]
fn w1_rename_drop_default_hoist() {
    let machine = machine(workload::w1_lexicons(), &[("text", "body"), ("createdAt", "publishedAt")]);
    convert(machine, &workload::w1(200));
}

#[test]
fn w2_fifty_fields() {
    convert(machine(workload::w2_lexicons(), &[("f00", "g00"), ("f03", "g03")]), &workload::w2(100));
}

#[test]
fn w3_items() {
    let hints = [("title", "heading"), ("items[].value", "items[].amount")];
    convert(machine(workload::w3_lexicons(), &hints), &workload::w3(2));
}

/// The engine recurses: the deepest data that it takes must fit into a stack of two MiB, that of a thread.
#[test]
fn the_deepest_records_fit_the_stack() {
    let schema = |more: &str| {
        format!(
            r##"{{"$ref":"#/$defs/node","$defs":{{"node":{{"type":"object","properties":{{
            "next":{{"$ref":"#/$defs/node"}}{more}}}}}}}}}"##
        )
    };
    let texts = [schema(r#","gone":{"type":"integer"}"#), schema("")];
    let machine = machine_of("json-schema", texts, &[]);
    let run = move || {
        let depth = 384 - 1;
        let record = r#"{"gone":1,"next":"#.repeat(depth) + "{}" + &"}".repeat(depth);
        let mut engine = Clear::new(machine, Limits::DEFAULT);
        let (mut view, mut body, mut back) = (Vec::new(), Vec::new(), Vec::new());
        engine.get(record.as_bytes(), &mut view, Some(&mut body)).unwrap();
        engine.put(&view, Some(&body), &mut back, &mut Vec::new()).unwrap();
        assert!(same_tokens(record.as_bytes(), &back));
        let deeper = format!("{{\"next\":{}}}", String::from_utf8(view).unwrap());
        assert_eq!(engine.get(deeper.as_bytes(), &mut Vec::new(), None).unwrap_err().code, "limit-depth");
    };
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}
