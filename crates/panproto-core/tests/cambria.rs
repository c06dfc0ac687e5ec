//! Lens documents of the Cambria project as chains, both ways on its documents.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod chain;

use chain::{Engines, parse};
use panproto_core::lens::chain::Chain;
use panproto_core::lens::document::yaml_to_json;
use panproto_core::limits::{Budget, Limits};
use panproto_testkit::corpus;
use serde_json::{Value, json};

/// A JSON Schema that says what one document says.
fn schema_of(value: &Value) -> Value {
    match value {
        Value::Null => json!({}),
        Value::Bool(_) => json!({"type": "boolean"}),
        Value::Number(number) if number.is_f64() => json!({"type": "number"}),
        Value::Number(_) => json!({"type": "integer"}),
        Value::String(_) => json!({"type": "string"}),
        Value::Array(items) => match items.first() {
            Some(item) => json!({"type": "array", "items": schema_of(item)}),
            None => json!({"type": "array"}),
        },
        Value::Object(members) => {
            let properties: serde_json::Map<String, Value> =
                members.iter().map(|(name, value)| (name.clone(), schema_of(value))).collect();
            json!({"type": "object", "properties": properties})
        }
    }
}

/// A lens operation of Cambria as a step.
fn step(operation: &Value) -> Value {
    let (name, body) = operation.as_object().unwrap().iter().next().unwrap();
    let inner = |body: &Value| body["lens"].as_array().unwrap().iter().map(step).collect::<Vec<_>>();
    match name.as_str() {
        "remove" => json!({"step_type": "remove_field", "name": body["name"]}),
        "rename" => {
            json!({"step_type": "rename_field", "name": body["source"], "target": body["destination"]})
        }
        "hoist" => {
            json!({"step_type": "hoist_field", "intermediate": body["host"], "child": body["name"], "keep": true})
        }
        "plunge" => json!({"step_type": "nest_field", "intermediate": body["host"], "child": body["name"]}),
        "in" => json!({"step_type": "scoped", "focus": body["name"], "inner": inner(body)}),
        "head" => json!({"step_type": "head", "name": body["name"]}),
        "wrap" => json!({"step_type": "list_wrap", "name": body["name"]}),
        "add" => json!({"step_type": "add_field", "name": body["name"], "kind": body["type"]}),
        "convert" => {
            let cases = |map: &Value| {
                let arms = map.as_object().unwrap().iter();
                arms.rev().fold("v".to_owned(), |rest, (from, to)| {
                    format!("if v == {from:?} then {to} else {rest}")
                })
            };
            let mapping = &body["mapping"];
            json!({"step_type": "apply_expr", "name": body["name"], "expr": cases(&mapping[0]), "inverse": cases(&mapping[1])})
        }
        other => panic!("no step for `{other}`"),
    }
}

struct Given {
    steps: Vec<Value>,
    record: String,
    schema: std::sync::Arc<panproto_core::schema::Schema>,
}

fn given(lens: &str) -> Option<Given> {
    let text = String::from_utf8(corpus::read(&format!("cambria/raw/demo/{lens}"))?).unwrap();
    let document: Value =
        serde_json::from_str(yaml_to_json(&text, &Limits::DEFAULT).unwrap().as_str()).unwrap();
    let record: Value = serde_json::from_slice(&corpus::read("cambria/raw/demo/github-issue.json")?).unwrap();
    Some(Given {
        steps: document["lens"].as_array().unwrap().iter().map(step).collect(),
        schema: parse("json-schema", &schema_of(&record).to_string()),
        record: record.to_string(),
    })
}

fn both_ways(
    steps: &[Value],
    given: &Given,
    expected: &[(&str, Value)],
    edits: &[(&str, Value, &str, Value)],
) {
    let chain = Chain::parse(&Value::from(steps.to_vec()).to_string()).unwrap();
    let reasons = chain.check(&given.schema, &mut Budget::default()).unwrap();
    assert!(reasons.is_empty(), "{reasons:?}");
    let mut engines = Engines::new(&chain, &given.schema).unwrap();
    let (text, memory) = engines.get(&given.record).unwrap();
    assert_eq!(engines.put(&text, Some(&memory)).unwrap(), given.record);
    let view: Value = serde_json::from_str(&text).unwrap();
    for (path, value) in expected {
        assert_eq!(view.pointer(path).unwrap_or(&Value::Null), value, "{path} in {text}");
    }
    for (at, value, back, restored) in edits {
        let mut edited = view.clone();
        *edited.pointer_mut(at).unwrap() = value.clone();
        let record: Value =
            serde_json::from_str(&engines.put(&edited.to_string(), Some(&memory)).unwrap()).unwrap();
        let mut wanted: Value = serde_json::from_str(&given.record).unwrap();
        *wanted.pointer_mut(back).unwrap() = restored.clone();
        assert_eq!(record, wanted, "{at}");
    }
}

#[test]
fn a_github_issue_becomes_an_arthropod_task_and_back() {
    let Some(given) = given("github-arthropod.lens.yml") else { return };
    let expected = [
        ("/name", json!("Found a bug")),
        ("/category", json!("bug")),
        ("/title", Value::Null),
        ("/labels", Value::Null),
        ("/user", Value::Null),
        ("/state", json!("open")),
    ];
    let edits = [
        ("/name", json!("Another bug"), "/title", json!("Another bug")),
        ("/category", json!("feature"), "/labels/0/name", json!("feature")),
    ];
    both_ways(&given.steps, &given, &expected, &edits);
}

#[test]
fn the_complete_document_uses_what_it_removed() {
    let Some(given) = given("github-arthropod-complete.lens.yml") else { return };
    let chain = Chain::parse(&Value::from(given.steps.clone()).to_string()).unwrap();
    let reasons = chain.check(&given.schema, &mut Budget::default()).unwrap();
    // It removes `user`, and then looks into it.
    assert_eq!(reasons.first().map(|reason| (reason.step, reason.error.code)), Some((20, "focus-not-found")));
    let first = given.steps.iter().position(|step| step["name"] == "user").unwrap();
    let mut steps = given.steps.clone();
    steps.remove(first);
    let expected = [
        ("/name", json!("Found a bug")),
        ("/description", json!("I'm having a problem with this.")),
        ("/status", json!("todo")),
        ("/created_by", json!("octocat")),
        ("/category", json!("bug")),
        ("/metadata/created_at", json!("2011-04-22T13:33:48Z")),
        ("/created_at", Value::Null),
    ];
    let edits = [
        ("/status", json!("done"), "/state", json!("closed")),
        ("/created_by", json!("hubot"), "/user/login", json!("hubot")),
        ("/metadata/created_at", json!("2020-01-01"), "/created_at", json!("2020-01-01")),
    ];
    both_ways(&steps, &given, &expected, &edits);
}
