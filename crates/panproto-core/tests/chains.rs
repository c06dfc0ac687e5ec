//! Chains on data, both ways: views, edited views, reasons, round trips of their JSON.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod chain;

use chain::{Engines, parse};

/// A chain on a record, and its view; an edit of that view, and the record that it gives.
struct Case {
    name: &'static str,
    schema: &'static str,
    chain: &'static str,
    record: &'static str,
    view: &'static str,
    edited: &'static str,
    restored: &'static str,
}

const PERSON: &str = r#"{"type":"object","required":["name","stats"],"properties":{"name":{"type":"string"},
    "nick":{"type":"string"},"age":{"type":"integer"},"tags":{"type":"array","items":{"type":"string"}},
    "stats":{"type":"object","required":["likes"],"properties":{"likes":{"type":"integer"},
    "views":{"type":"integer"}}},"items":{"type":"array","items":{"type":"object","properties":{
    "value":{"type":"integer"},"note":{"type":"string"}}}}}}"#;

const CASES: &[Case] = &[
    Case {
        name: "rename_field",
        schema: PERSON,
        chain: r#"[{"step_type":"rename_field","name":"nick","target":"alias"}]"#,
        record: r#"{"name":"Ada","nick":"A","stats":{"likes":1},"more":[1.0]}"#,
        view: r#"{"name":"Ada","alias":"A","stats":{"likes":1},"more":[1.0]}"#,
        edited: r#"{"name":"Ada","alias":"B","stats":{"likes":1},"more":[1.0]}"#,
        restored: r#"{"name":"Ada","nick":"B","stats":{"likes":1},"more":[1.0]}"#,
    },
    Case {
        name: "two renames, and a removal before one",
        schema: PERSON,
        chain: r#"[{"step_type":"rename_field","name":"nick","target":"alias"},
            {"step_type":"remove_field","name":"age"},
            {"step_type":"rename_field","name":"name","target":"fullName"}]"#,
        record: r#"{"name":"Ada","nick":"A","age":36,"stats":{"likes":1}}"#,
        view: r#"{"fullName":"Ada","alias":"A","stats":{"likes":1}}"#,
        edited: r#"{"fullName":"Eve","stats":{"likes":1},"alias":"A"}"#,
        restored: r#"{"name":"Eve","stats":{"likes":1},"age":36,"nick":"A"}"#,
    },
    Case {
        name: "add_field with its default",
        schema: PERSON,
        chain: r#"[{"step_type":"add_field","name":"active","kind":"boolean","default":true,"required":true}]"#,
        record: r#"{"name":"Ada","stats":{"likes":1}}"#,
        view: r#"{"name":"Ada","stats":{"likes":1},"active":true}"#,
        edited: r#"{"name":"Ada","stats":{"likes":1},"active":false}"#,
        restored: r#"{"name":"Ada","stats":{"likes":1},"active":false}"#,
    },
    Case {
        name: "add_field left absent",
        schema: PERSON,
        chain: r#"[{"step_type":"add_field","name":"bio","kind":"string"}]"#,
        record: r#"{"name":"Ada","stats":{"likes":1}}"#,
        view: r#"{"name":"Ada","stats":{"likes":1}}"#,
        edited: r#"{"name":"Ada","stats":{"likes":1},"bio":"x"}"#,
        restored: r#"{"name":"Ada","stats":{"likes":1},"bio":"x"}"#,
    },
    Case {
        name: "hoist_field keeps siblings",
        schema: PERSON,
        chain: r#"[{"step_type":"hoist_field","intermediate":"stats","child":"likes"}]"#,
        record: r#"{"name":"Ada","stats":{"likes":1,"views":2},"age":3}"#,
        view: r#"{"name":"Ada","likes":1,"stats":{"views":2},"age":3}"#,
        edited: r#"{"name":"Ada","likes":5,"stats":{"views":2},"age":3}"#,
        restored: r#"{"name":"Ada","stats":{"likes":5,"views":2},"age":3}"#,
    },
    Case {
        name: "hoist_field out of an object that is gone then",
        schema: PERSON,
        chain: r#"[{"step_type":"remove_field","parent":"stats","name":"views"},
            {"step_type":"hoist_field","intermediate":"stats","child":"likes","target":"likeCount"}]"#,
        record: r#"{"name":"Ada","stats":{"likes":1,"views":2},"age":3}"#,
        view: r#"{"name":"Ada","likeCount":1,"age":3}"#,
        edited: r#"{"name":"Ada","likeCount":7,"age":3}"#,
        restored: r#"{"name":"Ada","stats":{"likes":7,"views":2},"age":3}"#,
    },
    Case {
        name: "nest_field into a new object",
        schema: PERSON,
        chain: r#"[{"step_type":"nest_field","child":"name","intermediate":"who","target":"full"},
            {"step_type":"nest_field","child":"nick","intermediate":"who"}]"#,
        record: r#"{"age":3,"name":"Ada","nick":"A","stats":{"likes":1}}"#,
        view: r#"{"age":3,"who":{"full":"Ada","nick":"A"},"stats":{"likes":1}}"#,
        edited: r#"{"age":3,"who":{"full":"Eve"},"stats":{"likes":1}}"#,
        restored: r#"{"age":3,"name":"Eve","stats":{"likes":1}}"#,
    },
    Case {
        name: "scoped and map_items",
        schema: PERSON,
        chain: r#"[{"step_type":"map_items","focus":"items","inner":[
            {"step_type":"rename_field","name":"value","target":"amount"},
            {"step_type":"remove_field","name":"note"}]},
            {"step_type":"scoped","focus":"stats","inner":[{"rename_field":{"old":"likes","new":"likeCount"}}]}]"#,
        record: r#"{"name":"A","stats":{"likes":1},"items":[{"value":1,"note":"a"},{"value":2,"note":"b"}]}"#,
        view: r#"{"name":"A","stats":{"likeCount":1},"items":[{"amount":1},{"amount":2}]}"#,
        edited: r#"{"name":"A","stats":{"likeCount":1},"items":[{"amount":0},{"amount":1},{"amount":2}]}"#,
        restored: r#"{"name":"A","stats":{"likes":1},"items":[{"value":0},{"value":1,"note":"a"},{"value":2,"note":"b"}]}"#,
    },
    Case {
        name: "wrap and unwrap",
        schema: PERSON,
        chain: r#"[{"step_type":"wrap","name":"name","key":"text"},{"step_type":"unwrap","name":"stats","key":"likes"}]"#,
        record: r#"{"name":"Ada","stats":{"likes":1,"views":2},"nick":"A"}"#,
        view: r#"{"name":{"text":"Ada"},"stats":1,"nick":"A"}"#,
        edited: r#"{"name":{"text":"Eve"},"stats":4,"nick":"A"}"#,
        restored: r#"{"name":"Eve","stats":{"likes":4,"views":2},"nick":"A"}"#,
    },
    Case {
        name: "list_wrap and head",
        schema: PERSON,
        chain: r#"[{"step_type":"list_wrap","name":"name"},{"step_type":"head","name":"tags"}]"#,
        record: r#"{"name":"Ada","stats":{"likes":1},"tags":["p","q"]}"#,
        view: r#"{"name":["Ada"],"stats":{"likes":1},"tags":"p"}"#,
        edited: r#"{"name":["Eve"],"stats":{"likes":1},"tags":"x"}"#,
        restored: r#"{"name":"Eve","stats":{"likes":1},"tags":["x","q"]}"#,
    },
    Case {
        name: "coerce",
        schema: PERSON,
        chain: r#"[{"step_type":"coerce","name":"age","kind":"string"}]"#,
        record: r#"{"name":"Ada","stats":{"likes":1},"age":3}"#,
        view: r#"{"name":"Ada","stats":{"likes":1},"age":"3"}"#,
        edited: r#"{"name":"Ada","stats":{"likes":1},"age":"41"}"#,
        restored: r#"{"name":"Ada","stats":{"likes":1},"age":41}"#,
    },
];

#[test]
fn steps_run_both_ways() {
    for case in CASES {
        let name = case.name;
        let schema = parse("json-schema", case.schema);
        let mut engines = Engines::of(case.chain, &schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (view, bodies) = engines.get(case.record).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(view, case.view, "{name}");
        assert_eq!(engines.put(case.view, Some(&bodies)).unwrap(), case.record, "{name}: unedited");
        let restored =
            engines.put(case.edited, Some(&bodies)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(restored, case.restored, "{name}: edited");
        let (again, _) = engines.get(&restored).unwrap();
        assert!(engines.same(case.edited, &again), "{name}: {again}");
    }
}
