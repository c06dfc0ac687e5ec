//! A step that loses information says so before it runs, and one that says so can lose: every kind of step, on random
//! records without undeclared members, with and without the complement.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod chain;
#[allow(dead_code, unreachable_pub, reason = "each test binary uses what it needs")]
#[path = "generated/record.rs"]
mod record;

use chain::{Engines, parse};
use panproto_core::lens::chain::Chain;
use panproto_core::value::equal_text;
use panproto_testkit::generate::Random;
use record::Maker;
use std::collections::BTreeMap;

/// Without constraints, so that random records have views; `host` and `only` are objects that a step may empty.
const SCHEMA: &str = r##"{"type":"object","required":["name","stats"],"properties":{"name":{"type":"string"},
    "nick":{"type":"string"},"age":{"type":"integer"},"rate":{"type":"number"},"on":{"type":"boolean"},
    "tags":{"type":"array","items":{"type":"string"}},
    "stats":{"type":"object","required":["likes"],"properties":{"likes":{"type":"integer"},"views":{"type":"integer"}}},
    "host":{"type":"object","properties":{"only":{"type":"string"}}},
    "sure":{"type":"object","required":["only"],"properties":{"only":{"type":"string"}}},
    "ref":{"$ref":"#/$defs/place"},"short":{"type":"string","maxLength":200},
    "items":{"type":"array","items":{"type":"object","properties":{"value":{"type":"integer"},"note":{"type":"string"}}}}},
    "$defs":{"place":{"type":"object","properties":{"city":{"type":"string"},"zip":{"type":"string"}}}}}"##;

/// Steps, and whether some record loses something by them. A default that is filled is no loss: where a record has it
/// already, the two are the same value.
const STEPS: &[(&str, bool)] = &[
    (r#"{"step_type":"rename_field","name":"nick","target":"alias"}"#, false),
    (r#"{"step_type":"remove_field","name":"nick"}"#, true),
    (r#"{"step_type":"remove_field","name":"name","default":"n"}"#, true),
    (r#"{"step_type":"add_field","name":"new","kind":"boolean","default":true,"required":true}"#, false),
    (r#"{"step_type":"add_field","name":"new","kind":"string"}"#, false),
    (r#"{"step_type":"hoist_field","intermediate":"host","child":"only"}"#, true),
    (r#"{"step_type":"nest_field","child":"nick","intermediate":"who"}"#, false),
    (r#"{"step_type":"nest_field","child":"name","intermediate":"stats"}"#, false),
    (r#"{"step_type":"scoped","focus":"stats","inner":[{"rename_field":{"old":"likes","new":"l"}}]}"#, false),
    (r#"{"step_type":"scoped","focus":"stats","inner":[{"remove_field":{"name":"views"}}]}"#, true),
    (
        r#"{"step_type":"map_items","focus":"items","inner":[{"rename_field":{"old":"note","new":"n"}}]}"#,
        false,
    ),
    (r#"{"step_type":"map_items","focus":"items","inner":[{"remove_field":{"name":"note"}}]}"#, true),
    (r#"{"step_type":"wrap","name":"name","key":"text"}"#, false),
    (r#"{"step_type":"wrap","name":"nick","key":"text"}"#, false),
    (r#"{"step_type":"unwrap","name":"stats","key":"likes"}"#, true),
    (r#"{"step_type":"unwrap","name":"host"}"#, true),
    (r#"{"step_type":"list_wrap","name":"nick"}"#, false),
    (r#"{"step_type":"head","name":"tags"}"#, true),
    (r#"{"step_type":"coerce","name":"age","kind":"string"}"#, true),
    (r#"{"step_type":"coerce","name":"age","kind":"number"}"#, false),
    (r#"{"step_type":"coerce_vertex","focus":"tags[]","shape":{"kind":"string"}}"#, false),
    (r#"{"step_type":"coerce_vertex","focus":"tags[]","shape":{"kind":"integer"}}"#, true),
    (r#"{"step_type":"merge_sorts","names":["integer","number"],"target":"string"}"#, true),
    (r#"{"step_type":"pullback","sort_map":{"integer":"string"},"op_map":{}}"#, true),
    (r#"{"step_type":"hoist_field","intermediate":"host","child":"only","keep":true}"#, false),
    (r#"{"step_type":"hoist_field","intermediate":"stats","child":"likes"}"#, false),
    (
        r#"{"step_type":"apply_expr","name":"name","expr":"\"_\" ++ v","inverse":"slice v 1 999","coercion":"iso"}"#,
        false,
    ),
    (r#"{"step_type":"apply_expr","name":"name","expr":"slice v 0 1","inverse":"v"}"#, true),
    (r#"{"step_type":"apply_expr","name":"name","expr":"upper v"}"#, true),
    (
        r#"{"step_type":"compute_field","target":"label","expr":"name ++ \"!\"","coercion":"projection"}"#,
        false,
    ),
    (
        r#"{"step_type":"merge_fields","names":["name","nick"],"target":"who","expr":"name ++ \"/\" ++ nick","inverse":"{name = head (split who \"/\"), nick = join (tail (split who \"/\")) \"/\"}"}"#,
        true,
    ),
    (
        r#"{"step_type":"split_field","name":"name","targets":["a","b"],"expr":"{a = slice name 0 1, b = upper name}","inverse":"a ++ b"}"#,
        true,
    ),
    (r#"{"step_type":"conditional","name":"nick","when":"name == \"a\""}"#, true),
    (r#"{"step_type":"map_references","name":"nick","rename_map":{"a":"x","x":"a"}}"#, false),
    (r#"{"step_type":"map_references","name":"tags","rename_map":{"a":null}}"#, true),
    (
        r#"{"step_type":"case","branches":[{"when":"name == \"a\"","steps":[{"add_field":{"name":"r","kind":"string","default":"A"}}]}],"otherwise":[{"add_field":{"name":"r","kind":"string"}}]}"#,
        false,
    ),
    (r#"{"step_type":"keep_fields","fields":["name","stats"]}"#, true),
    (r#"{"step_type":"set_required","name":"nick","default":"none"}"#, false),
    (r#"{"step_type":"set_optional","name":"name","default":"nobody"}"#, false),
    (r#"{"step_type":"set_default","name":"nick","default":"n"}"#, false),
    (r#"{"step_type":"set_vertex","focus":"nick","shape":{"kind":"string","nullable":true}}"#, false),
    (r#"{"step_type":"set_constraint","focus":"nick","sort":"maxLength","value":9}"#, false),
    (r#"{"step_type":"drop_constraint","focus":"short","sort":"maxLength"}"#, false),
    (r#"{"step_type":"close"}"#, true),
    (r#"{"step_type":"close","focus":"stats"}"#, true),
    (r#"{"step_type":"add_op","name":"back","src_sort":"ref","tgt_sort":"host"}"#, false),
    (r#"{"step_type":"rename_vertex","focus":"ref","target":"spot"}"#, false),
    (r#"{"step_type":"add_sort","name":"extra","kind":"string"}"#, false),
    (r#"{"step_type":"drop_sort","name":"boolean"}"#, true),
    (r#"{"step_type":"rename_sort","name":"integer","target":"number"}"#, false),
    (r#"{"step_type":"coerce_sort","name":"integer","target":"string"}"#, true),
    (r#"{"step_type":"merge_sorts","names":["integer","number"],"target":"number"}"#, false),
    (r#"{"step_type":"drop_op","name":"nick"}"#, true),
    (r#"{"step_type":"rename_op","name":"nick","target":"alias"}"#, false),
    (r#"{"step_type":"rename_edge_name","src_sort":"","name":"nick","target":"alias"}"#, false),
    (r#"{"step_type":"pullback","sort_map":{"integer":"number"},"op_map":{}}"#, false),
    (r#"{"step_type":"add_equation","name":"e"}"#, false),
    (r#"{"step_type":"drop_equation","name":"e"}"#, false),
    (r#"{"step_type":"directed_eq","name":"e"}"#, false),
    (r#"{"step_type":"drop_directed_eq","name":"e"}"#, false),
    (
        r#"{"step_type":"fused","steps":[{"rename_field":{"old":"nick","new":"b"}},{"remove_field":{"name":"age"}}]}"#,
        true,
    ),
    (
        r#"{"step_type":"fused","steps":[{"rename_field":{"old":"nick","new":"b"}},{"rename_field":{"old":"age","new":"c"}}]}"#,
        false,
    ),
];

/// What a default that is filled makes the same.
const FILLED: &[(&str, &str)] =
    &[("set_required", "nick"), ("set_default", "nick"), ("set_optional", "name")];

#[test]
fn what_a_step_loses_it_says_before_it_runs() {
    let schema = parse("json-schema", SCHEMA);
    let (mut wrong, mut able) = (Vec::new(), BTreeMap::<&str, bool>::new());
    for (step, loses) in STEPS {
        let chain = Chain::parse(&format!("[{step}]")).unwrap();
        let name = chain.steps[0].step_type();
        let mut engines = match Engines::new(&chain, &schema) {
            Ok(engines) => engines,
            Err(error) => {
                wrong.push(format!("{step}: {error}"));
                continue;
            }
        };
        let filled = FILLED.iter().find(|(step, _)| *step == name).map(|(_, member)| *member);
        let (mut lost, mut views) = (None, 0);
        for seed in 0..400 {
            let mut random = Random::new(seed);
            let mut maker = Maker { schema: &schema, random: &mut random, names: &[], odd: 10, left: 30 };
            let record = maker.value(schema.main(), 0).to_string();
            // What only `close` is about: members that nothing declares.
            let record = if name == "close" { record } else { declared(&record) };
            let Ok((view, memory)) = engines.get(&record) else { continue };
            views += 1;
            assert_eq!(engines.put(&view, Some(&memory)).ok().as_ref(), Some(&record), "{step}");
            let restored = engines.put(&view, None).unwrap_or_default();
            let without = |text: &str| filled.map_or(text.to_owned(), |member| without(text, member));
            if !equal_text(without(&record).as_bytes(), without(&restored).as_bytes()) {
                lost.get_or_insert_with(|| format!("{record} ⇒ {view} ⇒ {restored}"));
            }
        }
        assert!(views > 20, "{step}: {views}");
        if lost.is_some() != *loses {
            wrong.push(format!("{step}: loses {lost:?}"));
        }
        // Four ways to say it, which agree.
        let says = [
            !chain.is_lossless(),
            !chain.spec().captured_data.is_empty(),
            chain.cost() > 0.5 * chain.spec().forward_defaults.len() as f64,
        ];
        if says != [says[0]; 3] || (says[0] && chain.optic().as_str() == "iso") {
            let optic = chain.optic().as_str();
            wrong.push(format!("{step}: {says:?}, {optic}, {}, {:?}", chain.cost(), chain.spec()));
        }
        if *loses && !says[0] {
            wrong.push(format!("{step}: does not say that it loses {lost:?}"));
        }
        if says[0] {
            *able.entry(name).or_default() |= lost.is_some();
        }
        // The lens on this schema says what it remembers. Its `lossless` is about what the schema declares.
        let spec = engines.lens.spec();
        if name == "close" {
            let told = spec.complement.iter().any(|statement| statement.code == "undeclared");
            assert!(told, "{step}: {:?}", spec.complement);
        } else if spec.lossless && lost.is_some() {
            wrong.push(format!("{step}: the lens says lossless, and loses {lost:?}"));
        }
    }
    for (name, able) in able {
        // A number that was an integer is the same number: what this step keeps is how it was written.
        if !able && name != "rename_sort" {
            wrong.push(format!("`{name}` says that it loses, and never does"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The record without the undeclared members that random records have.
fn declared(record: &str) -> String {
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Array(items) => items.iter_mut().for_each(strip),
            serde_json::Value::Object(members) => {
                members.retain(|name, _| SCHEMA.contains(&format!("{name:?}:{{")));
                members.values_mut().for_each(strip);
            }
            _ => {}
        }
    }
    let mut value = serde_json::from_str(record).unwrap();
    strip(&mut value);
    value.to_string()
}

fn without(text: &str, member: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        members.remove(member);
    }
    value.to_string()
}

#[test]
fn every_kind_of_step_is_tried() {
    let tried: Vec<String> = STEPS
        .iter()
        .map(|(step, _)| Chain::parse(&format!("[{step}]")).unwrap().steps[0].step_type().to_owned())
        .collect();
    let table = include_str!("../../../docs/steps.md");
    let rows =
        table.lines().filter(|line| line.starts_with("| `")).map(|line| line.split('|').nth(1).unwrap());
    let named: Vec<&str> = rows.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(named.len() > 40);
    for name in named {
        assert!(tried.iter().any(|step| step == name), "`{name}` is not tried");
    }
}
