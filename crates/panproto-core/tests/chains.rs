//! Chains on data, both ways: views, edited views, reasons, round trips of their JSON.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod chain;

use chain::{Engines, parse};
use panproto_core::align::{Hints, between};
use panproto_core::lens::chain::Chain;
use panproto_core::limits::Budget;
use panproto_testkit::generate::{Document, Random, evolve};

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

/// The chain of the migration that names and hints find.
fn found(old: &str, new: &str, hints: &[(&str, &str)]) -> (panproto_core::lens::chain::Found, Engines) {
    let (old, new) = (parse("json-schema", old), parse("json-schema", new));
    let fields =
        hints.iter().map(|(a, b)| ((*a).to_owned(), (!b.is_empty()).then(|| (*b).to_owned()))).collect();
    let migration =
        between(&old, &new, &Hints { fields, ..Hints::default() }, &mut Budget::default()).unwrap();
    let found = Chain::of_migration(&migration, &mut Budget::default()).unwrap();
    let target = found.chain.target(&old, &mut Budget::default()).unwrap();
    assert_eq!(found.residue.is_empty(), target.shape_digest() == new.shape_digest(), "{:?}", found.residue);
    let engines = Engines::new(&found.chain, &old).unwrap();
    (found, engines)
}

#[test]
fn a_diff_becomes_a_chain() {
    let thing = |members: &str| format!(r#"{{"type":"object","properties":{{{members}}}}}"#);
    let (chain, mut engines) = found(
        &thing(r#""a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"},"n":{"type":"integer"}"#),
        &thing(r#""a":{"type":"string"},"c":{"type":"string"},"n":{"type":"string"}"#),
        &[("b", ""), ("n", "n")],
    );
    assert_eq!(chain.residue, Vec::<String>::new());
    // Removing one of three strings leaves the other two.
    let (view, body) = engines.get(r#"{"a":"1","b":"2","c":"3","n":4}"#).unwrap();
    assert_eq!(view, r#"{"a":"1","c":"3","n":"4"}"#);
    assert_eq!(
        engines.put(r#"{"a":"x","c":"3","n":"4"}"#, Some(&body)).unwrap(),
        r#"{"a":"x","b":"2","c":"3","n":4}"#
    );

    let name = r#""first":{"type":"string"},"last":{"type":"string"}"#;
    let (chain, mut engines) = found(&thing(name), &thing(name), &[("first", "last"), ("last", "first")]);
    assert_eq!(chain.chain.steps.len(), 3, "{}", chain.chain.listing());
    assert_eq!(engines.get(r#"{"first":"F","last":"L"}"#).unwrap().0, r#"{"last":"F","first":"L"}"#);

    let (chain, mut engines) = found(
        &thing(
            r#""x":{"type":"integer"},"y":{"type":"integer"},"s":{"type":"object","properties":{"k":{"type":"string"},"l":{"type":"string"}}}"#,
        ),
        &thing(
            r#""at":{"type":"object","properties":{"x":{"type":"integer"},"why":{"type":"integer"},"z":{"type":"integer"}}},"k":{"type":"string"},"s":{"type":"object","properties":{"l":{"type":"string","maxLength":9}}}"#,
        ),
        &[("x", "at.x"), ("y", "at.why"), ("s.k", "k")],
    );
    assert_eq!(chain.residue, Vec::<String>::new(), "{}", chain.chain.listing());
    let record = r#"{"x":1,"y":2,"s":{"k":"K","l":"L"}}"#;
    let (view, body) = engines.get(record).unwrap();
    assert_eq!(view, r#"{"at":{"x":1,"why":2},"k":"K","s":{"l":"L"}}"#);
    assert_eq!(engines.put(&view, Some(&body)).unwrap(), record);
}

#[test]
fn migrations_of_evolved_schemas_become_chains() {
    let (mut exact, mut all) = (0, 0);
    for seed in 0..300 {
        let mut random = Random::new(seed);
        let old = Document::random(&mut random, seed % 4 == 0);
        let new = evolve(&mut random, &old);
        let (from, to) = (parse(old.language(), &old.text()), parse(old.language(), &new.document.text()));
        let fields = new.fields.iter().map(|(a, b)| (a.clone(), b.clone())).collect();
        let Ok(migration) =
            between(&from, &to, &Hints { fields, ..Hints::default() }, &mut Budget::default())
        else {
            continue;
        };
        let found = Chain::of_migration(&migration, &mut Budget::default()).unwrap();
        let target = found.chain.target(&from, &mut Budget::default()).unwrap();
        if found.residue.is_empty() {
            assert_eq!(target.shape_digest(), to.shape_digest(), "seed {seed}");
            exact += 1;
        } else {
            eprintln!("seed {seed}: {:?}", found.residue);
        }
        assert_eq!(Chain::parse(&found.chain.to_json()).unwrap(), found.chain, "seed {seed}");
        all += 1;
    }
    assert!(exact * 10 >= all * 9, "only {exact} of {all} are exact");
}
