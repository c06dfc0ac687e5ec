//! What published releases of this engine get wrong, each with the right answer, asked as a user asks: through the
//! boundary.
//!
//! | probe | what was wrong | test |
//! |---|---|---|
//! | kinds for fields: rename and add | record unchanged, no error | `a_rename_and_an_addition_are_done` |
//! | the same, drop | the member is still there | `a_dropped_member_is_gone_and_comes_back` |
//! | the same, another type | no answer, or the member deleted | `another_type_converts_or_is_asked_about` |
//! | explicit map to another kind | value passes as it is | `another_type_converts_or_is_asked_about` |
//! | items put into a list | lost | `items_of_an_edited_list_are_kept` |
//! | complement as bytes | does not decode | `a_complement_survives_the_way_through_bytes` |
//! | undeclared arrays, lists without item type, `$type: 5`, 2^64-1 | changed | `what_a_schema_does_not_know_passes` |
//! | two members of one shared type | ambiguous edge | `members_may_share_a_type` |
//! | long lists | quadratic | `long_lists_take_linear_work` |
//! | many renamed members | n^n search, or invented pairs | `many_renames_are_asked_about_at_once` |
//! | one of three strings removed | all removed | `one_of_three_strings_is_removed` |
//! | first and last swap | paired by kind, or a list | `members_that_swap_places_keep_their_values` |
//! | newly required member | compatible | `a_newly_required_member_breaks` |
//! | bounds 1.5 and 2, exclusive bounds, `minItems` | wrong direction | `bounds_are_compared_as_numbers` |
//! | undecodable diff | compatible | `a_broken_question_is_an_error` |
//! | number, required, `$ref` of JSON Schema | integer, ignored, empty | `a_json_schema_is_read_as_it_stands` |
//! | failing expression | swallowed | `a_failing_expression_is_an_error` |
//! | `i64::MIN % -1`, ranges, escapes | panic, error, none | `expressions_end_in_values_or_codes` |
//! | closures over long lists | quadratic | `long_lists_take_linear_work` |
//! | deep records and schemas | stack overflow | `depth_is_a_limit` |
//! | complement of another lens | ids and a count compared | `a_complement_of_another_lens_is_refused` |
//! | renames by likeness | password becomes bio | `a_likeness_is_no_rename` |
//! | existence checks | one protocol only | `existence_is_checked_for_every_protocol` |
//! | composition | drops expressions | `a_composition_keeps_every_part` |
//! | simplification | drop and add cancel | `drop_and_add_do_not_cancel` |
//! | overlap without edges | degenerate | `sides_of_an_overlap_follow_one_another` |
//! | hash order | leaks into answers | `answers_are_the_same_in_every_session` |
//! | queries | limit before order, numbers as text | `queries_order_numbers_and_limit_afterwards` |
//! | handles | reused without a generation | `a_handle_that_was_closed_stays_closed` |
//! | coverage | every record is 0, views unchecked | `coverage_tells_the_record_and_checks_its_view` |
//! | applicability | first step only | `every_step_of_a_chain_is_checked` |
//! | `put` of a view that went through JSON | members swap | `put_takes_a_view_that_was_parsed_again` |
//! | another record's complement | silent nonsense | `put_takes_the_complement_of_another_record` |
//! | `find_span` | invents renames | `a_likeness_is_no_rename` |
//! | chains | first rename only | `every_step_of_a_chain_runs` |
//! | `hoist_field`, `add_field` | ids as keys, no default | `every_step_of_a_chain_runs` |
//! | migrations by hand | no rename | `a_mapping_by_hand_renames` |
//! | validation | wrong types pass | `validation_reports_wrong_types` |
//! | invalid mappings | compile | `a_mapping_onto_a_leaf_is_refused` |
//! | numbers | 2^63 and more, -0, 1.0 | `numbers_pass_as_they_are_written` |
//! | keys of output | sorted, pretty | `numbers_pass_as_they_are_written` |
//! | errors | without code, path, span | `errors_have_codes_paths_and_spans` |
//! | instances re-encoded by a host | refused | `an_instance_comes_back_through_json` |
//!
//! Files, version control and formats of other languages are not part of this crate yet.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod host;

use host::{Host, at, bin, items, json, op, text};
use panproto_core::boundary::wire::Message;

fn codes(answer: &Message<'_>, path: &str) -> Vec<(String, String)> {
    items(answer, path).iter().map(|item| (text(item, "code"), text(item, "path"))).collect()
}

#[test]
fn a_rename_and_an_addition_are_done() {
    let mut host = Host::new();
    let old = host.fields(&["name!:string", "age:integer"]);
    let new = host.fields(&["fullName!:string", "age:integer", "active!:boolean"]);
    // Without a hint it is a question, with its candidate; never an unchanged record.
    let asked = host.ask(Host::between(&old, &new, &[]));
    assert_eq!(at(&asked, "decided"), Message::Bool(false));
    let questions = codes(&asked, "questions");
    for path in ["name", "active"] {
        assert!(questions.iter().any(|(_, at)| at == path), "{path}: {questions:?}");
    }
    let undecided = host.object(Host::between(&old, &new, &[]));
    assert_eq!(host.refused(op("lens.build").with("migration", bin(&undecided))).code, "migration-undecided");
    let defaults = Message::map().with("active", "true");
    let lens = host.lens(Host::between(&old, &new, &["name>fullName"]).with("defaults", defaults));
    host.both_ways(
        &lens,
        r#"{"name":"Al","age":3}"#,
        r#"{"fullName":"Al","age":3,"active":true}"#,
        &[(r#"{"fullName":"Bo","age":4,"active":true}"#, r#"{"name":"Bo","age":4}"#)],
    );
}

#[test]
fn a_dropped_member_is_gone_and_comes_back() {
    let mut host = Host::new();
    let (old, new) = (host.fields(&["name:string", "nick:string"]), host.fields(&["name:string"]));
    let lens = host.lens(Host::between(&old, &new, &["nick>"]));
    host.both_ways(
        &lens,
        r#"{"nick":"A","name":"Al"}"#,
        r#"{"name":"Al"}"#,
        &[(r#"{"name":"Bo"}"#, r#"{"nick":"A","name":"Bo"}"#)],
    );
    // And added again.
    let lens = host.lens(Host::between(&new, &old, &[]));
    host.both_ways(
        &lens,
        r#"{"name":"Al"}"#,
        r#"{"name":"Al"}"#,
        &[(r#"{"name":"Al","nick":"A"}"#, r#"{"name":"Al","nick":"A"}"#)],
    );
}

#[test]
fn another_type_converts_or_is_asked_about() {
    let mut host = Host::new();
    let (old, new) = (host.fields(&["age!:integer"]), host.fields(&["age!:string"]));
    let lens = host.lens(Host::between(&old, &new, &[]));
    host.both_ways(&lens, r#"{"age":3}"#, r#"{"age":"3"}"#, &[(r#"{"age":"41"}"#, r#"{"age":41}"#)]);
    let (_, complement) = host.get(&lens, r#"{"age":3}"#).unwrap();
    let refused = host.put(&lens, &complement, r#"{"age":"old"}"#).unwrap_err();
    assert_eq!((&*refused.code, &*refused.path), ("view-not-representable", "age"));
    // What no conversion leads from is never passed as it is.
    let object = host.fields(&[r#"age!:{"type":"object"}"#]);
    let asked = host.ask(Host::between(&old, &object, &["age>age"]));
    assert_eq!(at(&asked, "decided"), Message::Bool(false), "{}", json(&asked, "questions"));
}

#[test]
fn items_of_an_edited_list_are_kept() {
    let mut host = Host::new();
    let strings = r#"l:{"type":"array","items":{"type":"string"}}"#;
    let old = host.fields(&[strings, "gone:string"]);
    let new = host.fields(&[strings]);
    let lens = host.lens(Host::between(&old, &new, &["gone>"]));
    host.both_ways(
        &lens,
        r#"{"l":["a","b"],"gone":"x"}"#,
        r#"{"l":["a","b"]}"#,
        &[
            (r#"{"l":["a","b","c","d"]}"#, r#"{"l":["a","b","c","d"],"gone":"x"}"#),
            (r#"{"l":["z","a","b"]}"#, r#"{"l":["z","a","b"],"gone":"x"}"#),
            (r#"{"l":["b"]}"#, r#"{"l":["b"],"gone":"x"}"#),
            (r#"{"l":[]}"#, r#"{"l":[],"gone":"x"}"#),
        ],
    );
}

#[test]
fn a_complement_survives_the_way_through_bytes() {
    let mut host = Host::new();
    let (old, new) = (host.fields(&["a:string", "b:string"]), host.fields(&["a:string"]));
    let lens = host.lens(Host::between(&old, &new, &["b>"]));
    let (view, complement) = host.get(&lens, r#"{"a":"x","b":"y"}"#).unwrap();
    let mut bytes = Vec::new();
    Message::map().with("complement", Message::bin(complement)).write(&mut bytes);
    let Message::Bin(back) = at(&Message::read(&bytes).unwrap(), "complement") else { panic!() };
    // Another session, another machine: objects are their bytes.
    let mut other = Host::new();
    let (old, new) = (other.fields(&["a:string", "b:string"]), other.fields(&["a:string"]));
    let again = other.lens(Host::between(&old, &new, &["b>"]));
    assert_eq!(again.lens, lens.lens);
    assert_eq!(other.put(&again, &back, &view).unwrap(), r#"{"a":"x","b":"y"}"#);
    // Damaged and cut ones are refused, whatever the damage.
    for at in 0..back.len() {
        assert!(other.put(&again, &back[..at], &view).is_err() || at == 0, "{at}");
    }
}

#[test]
fn what_a_schema_does_not_know_passes() {
    let mut host = Host::new();
    let record = r#"{"a":"x","tags":["p",["q"],{"0":1}],"$type":5,"big":18446744073709551615,"more":0.10000000000000000000001}"#;
    let known = host.fields(&["a:string"]);
    let lens = host.lens(Host::between(&known, &known, &[]));
    host.both_ways(&lens, record, record, &[]);
    // It passes a rename as well.
    let lens = host.chain(r#"[{"rename_field":{"old":"a","new":"b"}}]"#, &known);
    host.both_ways(&lens, record, &record.replace(r#""a""#, r#""b""#), &[]);
    let bare = host.parse("json-schema", r#"{"type":"array"}"#);
    let lens = host.lens(Host::between(&bare, &bare, &[]));
    host.both_ways(&lens, "[1,2,3]", "[1,2,3]", &[("[1,2]", "[1,2]")]);
    let inside = host.fields(&[r#"l:{"type":"array"}"#]);
    let lens = host.chain(r#"[{"rename_field":{"old":"l","new":"m"}}]"#, &inside);
    host.both_ways(&lens, r#"{"l":[1,"2",[3]]}"#, r#"{"m":[1,"2",[3]]}"#, &[]);
}

#[test]
fn members_may_share_a_type() {
    let mut host = Host::new();
    let shared = r##"{"type":"object","properties":{"home":{"$ref":"#/$defs/place"},"work":{"$ref":"#/$defs/place"}},
        "$defs":{"place":{"type":"object","properties":{"city":{"type":"string"}}}}}"##;
    let schema = host.parse("json-schema", shared);
    let record = r#"{"work":{"city":"B"},"home":{"city":"A"}}"#;
    let lens = host.lens(Host::between(&schema, &schema, &[]));
    host.both_ways(&lens, record, record, &[]);
    let renamed = host.parse("json-schema", &shared.replace("work", "office"));
    let lens = host.lens(Host::between(&schema, &renamed, &["work>office"]));
    host.both_ways(&lens, record, &record.replace("work", "office"), &[]);
    let instance = host.ask(op("instance.read").with("schema", bin(&schema)).with("record", record));
    let written = host
        .ask(op("instance.write").with("schema", bin(&schema)).with("instance", text(&instance, "instance")));
    assert_eq!(text(&written, "record"), record);
}

#[test]
fn long_lists_take_linear_work() {
    let mut host = Host::new();
    let list = |name: &str| {
        format!(
            r#"{name}:{{"type":"array","items":{{"type":"object","properties":{{"n":{{"type":"integer"}},"s":{{"type":"string"}}}}}}}}"#
        )
    };
    let old = host.fields(&[&list("l"), "gone:string"]);
    let new = host.fields(&[&list("m")]);
    let lens = host.lens(Host::between(&old, &new, &["l>m", "gone>"]));
    let record = |count: usize| {
        let items: Vec<String> = (0..count).map(|n| format!(r#"{{"n":{n},"s":"x{n}","more":1}}"#)).collect();
        format!(r#"{{"gone":"g","l":[{}]}}"#, items.join(","))
    };
    let long = record(8000);
    // A limit of steps that linear work keeps, and quadratic work does not.
    host.ask(op("limits.set").with("steps", 40 * long.len() as u64));
    let (view, complement) = host.get(&lens, &long).unwrap();
    assert_eq!(host.put(&lens, &complement, &view).unwrap(), long);
    let edited = view.replacen(r#"{"n":4000,"#, r#"{"n":-1,"s":"new"},{"n":4000,"#, 1);
    assert!(host.put(&lens, &complement, &edited).unwrap().contains(r#"{"n":-1,"s":"new"},{"n":4000,"#));
    let read = host.ask(op("instance.read").with("schema", bin(&old)).with("record", &*long));
    let written =
        host.ask(op("instance.write").with("schema", bin(&old)).with("instance", text(&read, "instance")));
    assert_eq!(text(&written, "record"), long);
    // An environment is not copied per item.
    host.ask(op("limits.set").with("steps", 2_000_000_u64));
    assert_eq!(host.eval("let a = 1 in fold add 0 (map (\\x -> x + a) [1..20000])", "{}"), "200030000");
}

#[test]
fn many_renames_are_asked_about_at_once() {
    let mut host = Host::new();
    let names = ["alpha", "bravo", "carol", "delta", "eagle", "fancy", "gamma", "hotel", "india"];
    let old: Vec<String> = names.iter().map(|name| format!("{name}:string")).collect();
    let new: Vec<String> = names.iter().rev().map(|name| format!("{name}Text:string")).collect();
    let old = host.fields(&old.iter().map(String::as_str).collect::<Vec<_>>());
    let new = host.fields(&new.iter().map(String::as_str).collect::<Vec<_>>());
    host.ask(op("limits.set").with("steps", 200_000_u64));
    let asked = host.ask(Host::between(&old, &new, &[]));
    assert_eq!(at(&asked, "decided"), Message::Bool(false));
    for name in names {
        let questions = items(&asked, "questions");
        let question = questions.iter().find(|question| text(question, "path") == name);
        let question = question.unwrap_or_else(|| panic!("{name}: {questions:?}"));
        assert_eq!(text(question, "candidates.0.answer"), format!("{name}Text"));
    }
    // All of them answered, through the candidates or one by one.
    let lens = host.lens(Host::between(&old, &new, &[]).with("accept", 0.5));
    host.both_ways(&lens, r#"{"alpha":"a","india":"i"}"#, r#"{"alphaText":"a","indiaText":"i"}"#, &[]);
}

#[test]
fn one_of_three_strings_is_removed() {
    let mut host = Host::new();
    let old = host.fields(&["a:string", "b:string", "c:string"]);
    let new = host.fields(&["a:string", "c:string"]);
    let found = host.ask(Host::between(&old, &new, &["b>"]).with("op", "chain.between"));
    assert_eq!(at(&found, "exact"), Message::Bool(true), "{found:?}");
    let lens = host.chain(&text(&found, "json"), &old);
    host.both_ways(&lens, r#"{"a":"1","b":"2","c":"3"}"#, r#"{"a":"1","c":"3"}"#, &[]);
}

#[test]
fn members_that_swap_places_keep_their_values() {
    let mut host = Host::new();
    let old = host.fields(&["first:string", "last:string"]);
    let turned = host.fields(&["last:string", "first:string"]);
    let record = r#"{"first":"F","last":"L"}"#;
    let lens = host.lens(Host::between(&old, &turned, &[]));
    host.both_ways(&lens, record, record, &[]);
    // Names that really swap are a hint, or a chain.
    let lens = host.lens(Host::between(&old, &old, &["first>last", "last>first"]));
    host.both_ways(
        &lens,
        record,
        r#"{"last":"F","first":"L"}"#,
        &[(r#"{"first":"M","last":"F"}"#, r#"{"last":"M","first":"F"}"#)],
    );
}

#[test]
fn a_newly_required_member_breaks() {
    let mut host = Host::new();
    let (old, new) = (host.fields(&["a:string"]), host.fields(&["a!:string"]));
    let both = || op("verdict").with("old", bin(&old)).with("new", bin(&new));
    let verdict = host.ask(both());
    assert_eq!(
        (text(&verdict, "backward.kind"), text(&verdict, "forward.kind")),
        ("breaks".into(), "safe".into())
    );
    assert_eq!(text(&verdict, "backward.findings.0.path"), "a");
    assert!(text(&verdict, "backward.findings.0.witness").contains('{'));
    let published = text(&host.ask(both().with("op", "classify")), "json");
    assert!(published.contains(r#""compatible":false"#), "{published}");
}

#[test]
fn bounds_are_compared_as_numbers() {
    let mut host = Host::new();
    let mut kind = |old: &str, new: &str| {
        let (old, new) = (host.fields(&[&format!("n!:{old}")]), host.fields(&[&format!("n!:{new}")]));
        text(&host.ask(op("verdict").with("old", bin(&old)).with("new", bin(&new))), "backward.kind")
    };
    let number = |rest: &str| format!(r#"{{"type":"number",{rest}}}"#);
    let list = |rest: &str| format!(r#"{{"type":"array",{rest}}}"#);
    for (narrow, wide) in [
        (number(r#""maximum":1.5"#), number(r#""maximum":2"#)),
        (number(r#""minimum":2"#), number(r#""minimum":1.5"#)),
        (number(r#""exclusiveMaximum":2"#), number(r#""maximum":2"#)),
        (number(r#""maximum":1e2"#), number(r#""maximum":100.5"#)),
        (list(r#""minItems":2"#), list(r#""minItems":1"#)),
        (list(r#""maxItems":1"#), list(r#""maxItems":2"#)),
    ] {
        assert_eq!(kind(&narrow, &wide), "safe", "{narrow} {wide}");
        assert_eq!(kind(&wide, &narrow), "breaks", "{wide} {narrow}");
    }
    assert_eq!(kind(&number(r#""maximum":1e2"#), &number(r#""maximum":100.0"#)), "safe");
}

#[test]
fn a_broken_question_is_an_error() {
    let mut host = Host::new();
    let schema = host.fields(&["a:string"]);
    for name in ["classify", "verdict", "diff", "diff.published"] {
        let wrong = host.refused(op(name).with("old", bin(&schema)).with("new", Message::bin(vec![1, 2, 3])));
        assert!(!wrong.code.is_empty() && wrong.path == "new", "{name}: {wrong:?}");
        assert_eq!(host.refused(op(name).with("old", bin(&schema))).code, "missing-argument", "{name}");
    }
    let damaged = op("define").with("kind", "schema").with("bytes", Message::bin(vec![9; 40]));
    assert!(!host.refused(damaged).code.is_empty());
}

#[test]
fn a_json_schema_is_read_as_it_stands() {
    let mut host = Host::new();
    let schema = host.parse(
        "json-schema",
        r##"{"type":"object","required":["n"],"properties":{"n":{"type":"number"},"r":{"$ref":"#/$defs/r"}},
        "$defs":{"r":{"type":"object","properties":{"x":{"type":"integer"}}}}}"##,
    );
    let fields = host.ask(op("schema.fields").with("schema", bin(&schema)));
    assert_eq!((json(&fields, "0.type"), json(&fields, "0.required")), (r#""number""#.into(), "true".into()));
    let inner = host.ask(op("schema.fields").with("schema", bin(&schema)).with("root", "$defs/r"));
    assert_eq!((json(&inner, "0.name"), json(&inner, "0.type")), (r#""x""#.into(), r#""integer""#.into()));
    let mut valid = |record: &str| {
        at(
            &host.ask(op("instance.check").with("schema", bin(&schema)).with("record", record.to_owned())),
            "valid",
        )
    };
    assert_eq!(valid(r#"{"n":1.5,"r":{"x":1}}"#), Message::Bool(true));
    for record in [r#"{"r":{}}"#, r#"{"n":"1"}"#, r#"{"n":1,"r":{"x":1.5}}"#] {
        assert_eq!(valid(record), Message::Bool(false), "{record}");
    }
}

#[test]
fn a_failing_expression_is_an_error() {
    let mut host = Host::new();
    let schema = host.fields(&["a!:integer", "b!:integer"]);
    let chain = r#"[{"step_type":"apply_expr","name":"a","expr":"10 / v"}]"#;
    let lens = host.chain(chain, &schema);
    assert_eq!(host.get(&lens, r#"{"a":5,"b":1}"#).unwrap().0, r#"{"a":2,"b":1}"#);
    let refused = host.get(&lens, r#"{"a":0,"b":1}"#).unwrap_err();
    assert_eq!((&*refused.code, &*refused.path), ("division-by-zero", "a"));
    let chain = r#"[{"step_type":"compute_field","target":"c","expr":"a % b","kind":"integer"}]"#;
    let lens = host.chain(chain, &schema);
    let refused = host.get(&lens, r#"{"a":-9223372036854775808,"b":-1}"#).unwrap_err();
    assert_eq!((&*refused.code, &*refused.path), ("integer-overflow", "a"));
    // Lists and records go into expressions as they are.
    let list = host.fields(&[r#"l!:{"type":"array","items":{"type":"integer"}}"#]);
    let lens = host.chain(
        r#"[{"step_type":"compute_field","target":"n","expr":"fold add 0 l","kind":"integer"}]"#,
        &list,
    );
    assert_eq!(host.get(&lens, r#"{"l":[1,2,3]}"#).unwrap().0, r#"{"l":[1,2,3],"n":6}"#);
}

#[test]
fn expressions_end_in_values_or_codes() {
    let mut host = Host::new();
    for (expr, expected) in [
        ("[1..3]", "[1,2,3]"),
        ("[3, 2 .. 1]", "[3,2,1]"),
        ("(0 - 9223372036854775807 - 1) % (0 - 1)", "integer-overflow"),
        ("(0 - 9223372036854775807 - 1) / (0 - 1)", "integer-overflow"),
        ("9223372036854775807 + 1", "integer-overflow"),
        ("1 / 0", "division-by-zero"),
        ("1 % 0", "division-by-zero"),
        ("False && 1 / 0 == 1", "false"),
        ("True || 1 / 0 == 1", "true"),
        (r#""a\n\"\u{e9}""#, r#""a\n\"é""#),
        ("len 1", "expr-type-mismatch"),
        ("nobody", "unknown-variable"),
        ("1 +", "expr-syntax"),
        ("[1..3000000000]", "limit-list"),
        ("(\\x -> x x) (\\x -> x x)", "limit-depth"),
        (
            "let f = \\x -> map (\\y -> map (\\z -> z) [1..1000]) [1..1000] in len (map f [1..1000])",
            "limit-steps",
        ),
    ] {
        assert_eq!(host.eval(expr, "{}"), expected, "{expr}");
    }
    let typed = host.ask(op("expr.check").with("expr", "len 1"));
    assert_eq!(at(&typed, "well_typed"), Message::Bool(false));
    // Numbers stay exact on the way in and out.
    assert_eq!(host.eval("x", r#"{"x":18446744073709551615}"#), "18446744073709551615");
    assert_eq!(host.eval("x + 1", r#"{"x":18446744073709551615}"#), "number-not-representable");
}

#[test]
fn depth_is_a_limit() {
    let mut host = Host::new();
    let open = host.parse("json-schema", r#"{"type":"object"}"#);
    let lens = host.lens(Host::between(&open, &open, &[]));
    let record = |depth: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert!(host.get(&lens, &record(500)).is_ok());
    for depth in [600, 200_000] {
        assert_eq!(host.get(&lens, &record(depth)).unwrap_err().code, "limit-depth");
        let request = op("instance.read").with("schema", bin(&open)).with("record", record(depth));
        assert_eq!(host.refused(request).code, "limit-depth");
    }
    let deep =
        format!("{}{}", r#"{"type":"array","items":"#.repeat(5000), "{}".to_owned() + &"}".repeat(5000));
    let request =
        op("schema.parse").with("language", "json-schema").with("documents", Message::array([&*deep]));
    assert_eq!(host.refused(request).code, "limit-depth");
    let nested = format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(host.eval(&nested, "{}"), "limit-depth");
}

#[test]
fn a_complement_of_another_lens_is_refused() {
    let mut host = Host::new();
    // The same ids and as many edges: only a type differs.
    let old = host.fields(&["a:string", "b:string"]);
    let other = host.fields(&["a:string", "b:integer"]);
    let new = host.fields(&["a:string"]);
    let first = host.lens(Host::between(&old, &new, &["b>"]));
    let second = host.lens(Host::between(&other, &new, &["b>"]));
    let (view, complement) = host.get(&first, r#"{"a":"x","b":"y"}"#).unwrap();
    assert_eq!(host.put(&second, &complement, &view).unwrap_err().code, "complement-foreign");
}

#[test]
fn a_likeness_is_no_rename() {
    let mut host = Host::new();
    for (old, new, gone) in [
        (["name:string", "password:string"], ["name:string", "bio:string"], "password"),
        (["name:string", "ssn:string"], ["name:string", "nickname:string"], "ssn"),
    ] {
        let (old, new) = (host.fields(&old), host.fields(&new));
        // No candidate: what is optional is dropped and told, even to who accepts what is likely.
        for request in
            [Host::between(&old, &new, &[]), Host::between(&old, &new, &[]).with("accept", "likely")]
        {
            let found = host.ask(request);
            assert_eq!(at(&found, "decided"), Message::Bool(true));
            assert_eq!(at(&found, "lossless"), Message::Bool(false));
            let dropped: Vec<String> = items(&found, "changes")
                .iter()
                .filter(|change| json(change, "from") == format!("{gone:?}"))
                .map(|change| format!("{} {}", text(change, "kind"), json(change, "to")))
                .collect();
            assert_eq!(dropped, ["drop null"]);
        }
        // The span leaves it out.
        let span = host.ask(Host::between(&old, &new, &[]).with("op", "migration.span"));
        assert!(!json(&span, "vertex_map").contains(gone), "{span:?}");
        let lens = host.lens(Host::between(&old, &new, &[]));
        let record = format!(r#"{{"name":"n","{gone}":"hunter2"}}"#);
        host.both_ways(&lens, &record, r#"{"name":"n"}"#, &[]);
    }
}

#[test]
fn existence_is_checked_for_every_protocol() {
    let mut host = Host::new();
    let names: Vec<String> =
        items(&host.ask(op("protocols")), "").into_iter().map(|item| text(&item, "name")).collect();
    assert!(names.len() > 1, "{names:?}");
    let (old, new) = (host.fields(&["a:string"]), host.fields(&["a!:string", "b!:string"]));
    let graph = host.ask(op("schema.graph").with("schema", bin(&old)));
    let main = text(&graph, "vertices.0.id");
    for name in names {
        let mapping = format!(r#"{{"vertex_map":{{"{main}":"{main}"}}}}"#);
        let request = op("migration.existence").with("old", bin(&old)).with("new", bin(&new));
        let report = host.ask(request.with("mapping", mapping).with("protocol", name.clone()));
        assert_eq!(at(&report, "valid"), Message::Bool(false), "{name}");
        assert!(json(&report, "errors").contains("RequiredFieldMissing"), "{name}: {report:?}");
        assert_eq!(items(&report, "errors").len(), items(&report, "findings").len());
    }
}

#[test]
fn a_composition_keeps_every_part() {
    let mut host = Host::new();
    let [a, b, c] = [
        ["n:string", "mail:string", "public!:boolean"],
        ["m:string", "mail:string", "public!:boolean"],
        ["k:string", "mail:string", "public!:boolean"],
    ]
    .map(|fields| host.fields(&fields));
    let declare = |old: &[u8], new: &[u8], declaration: &'static str| {
        op("migration.declare").with("old", bin(old)).with("new", bin(new)).with("declaration", declaration)
    };
    let first = host.object(declare(
        &a,
        &b,
        r#"{"fields":{"n":{"to":"m","expr":"upper v","inverse":"lower v"}},"conditions":{"mail":"public == True"}}"#,
    ));
    let second = host.object(declare(&b, &c, r#"{"fields":{"m":"k"}}"#));
    // What computes is no single migration with the other: that is said, not left out.
    let request = op("migration.compose").with("first", bin(&first)).with("second", bin(&second));
    assert_eq!(host.refused(request).code, "migrations-not-fusable");
    let [first, second] =
        [first, second].map(|migration| host.object(op("lens.build").with("migration", bin(&migration))));
    let lens = host.object(op("lens.compose").with("first", bin(&first)).with("second", bin(&second)));
    let lens = host.open(lens);
    host.both_ways(
        &lens,
        r#"{"n":"ada","mail":"x@y","public":false}"#,
        r#"{"k":"ADA","public":false}"#,
        &[(r#"{"k":"BO","public":false}"#, r#"{"n":"bo","mail":"x@y","public":false}"#)],
    );
    host.both_ways(
        &lens,
        r#"{"n":"ada","public":true,"mail":"x"}"#,
        r#"{"k":"ADA","public":true,"mail":"x"}"#,
        &[],
    );
}

#[test]
fn drop_and_add_do_not_cancel() {
    let mut host = Host::new();
    let schema = host.fields(&["a:string", "b:string"]);
    let chain = r#"[{"step_type":"remove_field","name":"a"},{"step_type":"add_field","name":"a","kind":"string","default":"new"}]"#;
    let simple = text(&host.ask(op("chain.simplify").with("chain", chain)), "json");
    for chain in [chain, &simple] {
        let lens = host.chain(chain, &schema);
        host.both_ways(&lens, r#"{"a":"old","b":"x"}"#, r#"{"b":"x","a":"new"}"#, &[]);
    }
}

#[test]
fn sides_of_an_overlap_follow_one_another() {
    let mut host = Host::new();
    let (left, right) =
        (host.fields(&["name:string", "l:string"]), host.fields(&["name:string", "r:integer"]));
    let hints = Message::map().with("l", Message::Nil);
    let made = host
        .ask(op("symmetric.lens").with("left", bin(&left)).with("right", bin(&right)).with("hints", hints));
    let side = |key: &str| at(&made, &format!("{key}.digest"));
    let sync = |direction: &'static str, record: &'static str| {
        op("symmetric.sync")
            .with("left", side("left"))
            .with("right", side("right"))
            .with("direction", direction)
            .with("record", record)
    };
    let there =
        host.ask(sync("left-to-right", r#"{"name":"a","l":"x"}"#).with("other", r#"{"r":7,"name":"old"}"#));
    assert_eq!(text(&there, "record"), r#"{"r":7,"name":"a"}"#);
    let back = host.ask(sync("right-to-left", r#"{"r":8,"name":"b"}"#).with("state", at(&there, "state")));
    assert_eq!(text(&back, "record"), r#"{"name":"b","l":"x"}"#);
}

#[test]
fn answers_are_the_same_in_every_session() {
    let answers = || {
        let mut host = Host::new();
        let old = host.fields(&["a:string", "b:integer", "c:boolean", "d:string", "e:number"]);
        let new = host.fields(&["aa:string", "b:string", "cc:boolean", "dd:string", "f:number"]);
        let both = |name: &'static str| op(name).with("old", bin(&old)).with("new", bin(&new));
        [
            "migration.between",
            "migration.candidates",
            "migration.span",
            "diff",
            "diff.published",
            "verdict",
            "classify",
        ]
        .map(|name| json(&host.ask(both(name)), "").replace("\"digest\"", ""))
    };
    let first = answers();
    for _ in 0..3 {
        assert_eq!(answers(), first);
    }
}

#[test]
fn queries_order_numbers_and_limit_afterwards() {
    let mut host = Host::new();
    let schema = host
        .fields(&[r#"l:{"type":"array","items":{"type":"object","properties":{"n":{"type":"integer"}}}}"#]);
    let query = r#"{"anchor":"root","path":["l","item"],"group_by":"n","limit":3,"project":["n"]}"#;
    let record = r#"{"l":[{"n":10},{"n":9},{"n":100},{"n":-1}]}"#;
    let request = op("query.run").with("schema", bin(&schema)).with("record", record).with("query", query);
    let matches = text(&host.ask(request), "matches");
    let found: Vec<&str> =
        matches.split(r#"{"Int":"#).skip(1).filter_map(|part| part.split('}').next()).collect();
    assert_eq!(found, ["-1", "9", "10"], "{matches}");
}

#[test]
fn a_handle_that_was_closed_stays_closed() {
    let mut host = Host::new();
    let schema = host.fields(&["a:string"]);
    let lens = host.lens(Host::between(&schema, &schema, &[]));
    let close = |lens: &host::Open| {
        op("lens.close").with("slot", lens.handle.slot).with("generation", lens.handle.generation)
    };
    assert_eq!(host.ask(close(&lens)), Message::Bool(true));
    let again = host.chain(r#"[{"rename_field":{"old":"a","new":"b"}}]"#, &schema);
    assert_eq!(host.get(&lens, r#"{"a":"x"}"#).unwrap_err().code, "stale-handle");
    assert_eq!(host.ask(close(&lens)), Message::Bool(false));
    assert_eq!(host.get(&again, r#"{"a":"x"}"#).unwrap().0, r#"{"b":"x"}"#);
}

#[test]
fn coverage_tells_the_record_and_checks_its_view() {
    let mut host = Host::new();
    let (old, new) = (host.fields(&["a!:string"]), host.fields(&[r#"a!:{"type":"string","maxLength":2}"#]));
    let migration = host.object(Host::between(&old, &new, &[]));
    let request = op("migration.coverage").with("migration", bin(&migration));
    let covered =
        host.ask(request.with("records", "{\"a\":\"x\"}\n{\"a\":\"xyz\"}\n{\"a\":1}\n{\"a\":\"y\"}\n"));
    assert_eq!((json(&covered, "total"), json(&covered, "succeeded")), ("4".into(), "2".into()));
    let failures: Vec<(String, String)> =
        items(&covered, "failures").iter().map(|one| (json(one, "record"), text(one, "path"))).collect();
    assert_eq!(failures, [("1".to_owned(), "a".to_owned()), ("2".to_owned(), "a".to_owned())]);
}

#[test]
fn every_step_of_a_chain_is_checked() {
    let mut host = Host::new();
    let schema = host.fields(&["a:string"]);
    let chain = r#"[{"rename_field":{"old":"a","new":"b"}},{"rename_field":{"old":"a","new":"c"}}]"#;
    let checked = host.ask(op("chain.check").with("chain", chain).with("schema", bin(&schema)));
    assert_eq!(at(&checked, "applies"), Message::Bool(false));
    assert_eq!(json(&checked, "reasons.0.step"), "1");
    let schemas = Message::map().with("one", bin(&schema));
    let fleet = host.ask(op("chain.fleet").with("chain", chain).with("schemas", schemas));
    assert_eq!(json(&fleet, "applied"), "[]");
    assert_eq!(text(&fleet, "skipped.0.name"), "one");
}

#[test]
fn put_takes_a_view_that_was_parsed_again() {
    let mut host = Host::new();
    let (old, new) =
        (host.fields(&["a:string", "b:integer", "gone:string"]), host.fields(&["z:string", "b:integer"]));
    let lens = host.lens(Host::between(&old, &new, &["a>z", "gone>"]));
    let record = r#"{"a":"A","b":7,"gone":"g"}"#;
    let (_, complement) = host.get(&lens, record).unwrap();
    for (view, restored) in [
        (r#"{"z":"A","b":7}"#, record),
        (r#"{ "b": 7, "z": "\u0041" }"#, r#"{"b":7,"a":"\u0041","gone":"g"}"#),
        (r#"{"b":8,"z":"E"}"#, r#"{"b":8,"a":"E","gone":"g"}"#),
    ] {
        let restored: serde_json::Value = serde_json::from_str(restored).unwrap();
        let found = host.put(&lens, &complement, view).unwrap();
        let found: serde_json::Value = serde_json::from_str(&found).unwrap();
        // The same members, whatever their order.
        for (name, value) in restored.as_object().unwrap() {
            assert_eq!(found.get(name), Some(value), "{view}: {found}");
        }
        assert_eq!(found.as_object().unwrap().len(), restored.as_object().unwrap().len());
    }
}

#[test]
fn put_takes_the_complement_of_another_record() {
    let mut host = Host::new();
    let (old, new) = (host.fields(&["a!:string", "b!:string"]), host.fields(&["a!:string"]));
    let lens = host.lens(Host::between(&old, &new, &["b>"]));
    let (_, complement) = host.get(&lens, r#"{"a":"other","b":"theirs"}"#).unwrap();
    let restored = host.put(&lens, &complement, r#"{"a":"mine"}"#).unwrap();
    assert_eq!(restored, r#"{"a":"mine","b":"theirs"}"#);
    assert_eq!(host.get(&lens, &restored).unwrap().0, r#"{"a":"mine"}"#);
}

#[test]
fn every_step_of_a_chain_runs() {
    let mut host = Host::new();
    let schema = host.fields(&[
        "text:string",
        "createdAt:string",
        "nick:string",
        r#"stats:{"type":"object","properties":{"likeCount":{"type":"integer"},"views":{"type":"integer"}}}"#,
    ]);
    let chain = r#"[{"step_type":"remove_field","name":"nick"},
        {"step_type":"rename_field","name":"text","target":"body"},
        {"step_type":"rename_field","name":"createdAt","target":"publishedAt"},
        {"step_type":"hoist_field","intermediate":"stats","child":"likeCount"},
        {"step_type":"add_field","name":"lang","kind":"string","required":true,"default":"en"}]"#;
    let lens = host.chain(chain, &schema);
    host.both_ways(
        &lens,
        r#"{"text":"t","createdAt":"c","nick":"n","stats":{"likeCount":60992,"views":3}}"#,
        r#"{"body":"t","publishedAt":"c","likeCount":60992,"stats":{"views":3},"lang":"en"}"#,
        &[(
            r#"{"body":"u","publishedAt":"c","likeCount":1,"stats":{"views":3},"lang":"no"}"#,
            r#"{"text":"u","createdAt":"c","nick":"n","stats":{"likeCount":1,"views":3},"lang":"no"}"#,
        )],
    );
    // What goes out as JSON comes back as the same chain.
    let out = text(&host.ask(op("chain.parse").with("chain", chain)), "json");
    let again = host.chain(&out, &schema);
    assert_eq!(again.lens, lens.lens);
}

#[test]
fn a_mapping_by_hand_renames() {
    let mut host = Host::new();
    let build = |host: &mut Host, field: &'static str| {
        let step = |name: &'static str| Message::map().with("op", name);
        let leaf = format!("user.{field}");
        let steps = [
            step("vertex").with("id", "user").with("kind", "object"),
            step("vertex").with("id", leaf.clone()).with("kind", "string"),
            step("edge").with("src", "user").with("tgt", leaf).with("kind", "prop").with("name", field),
            step("root").with("vertex", "user"),
        ];
        host.object(op("schema.build").with("protocol", "json-schema").with("steps", Message::array(steps)))
    };
    let (old, new) = (build(&mut host, "mail"), build(&mut host, "email"));
    let mapping = r#"{"vertex_map":{"user":"user","user.mail":"user.email"},
        "edge_map":[[{"src":"user","tgt":"user.mail","kind":"prop","name":"mail"},{"src":"user","tgt":"user.email","kind":"prop","name":"email"}]]}"#;
    let request = op("migration.explicit").with("old", bin(&old)).with("new", bin(&new));
    let lens = host.lens(request.with("mapping", mapping));
    host.both_ways(&lens, r#"{"mail":"m"}"#, r#"{"email":"m"}"#, &[(r#"{"email":"n"}"#, r#"{"mail":"n"}"#)]);
}

#[test]
fn a_mapping_onto_a_leaf_is_refused() {
    let mut host = Host::new();
    let schema = host.fields(&["a:string"]);
    let graph = host.ask(op("schema.graph").with("schema", bin(&schema)));
    let (main, leaf) = (text(&graph, "edges.0.src"), text(&graph, "edges.0.tgt"));
    let mapping = format!(r#"{{"vertex_map":{{"{main}":"{leaf}"}}}}"#);
    let both =
        |name| op(name).with("old", bin(&schema)).with("new", bin(&schema)).with("mapping", mapping.clone());
    assert_eq!(at(&host.ask(both("migration.existence")), "valid"), Message::Bool(false));
    let outcome = host.try_ask(both("migration.explicit"));
    match outcome {
        Err(error) => assert!(!error.code.is_empty()),
        Ok(answer) => assert_eq!(at(&answer, "decided"), Message::Bool(false), "{answer:?}"),
    }
}

#[test]
fn validation_reports_wrong_types() {
    let mut host = Host::new();
    let schema = host.fields(&["s:string", "i:integer", r#"o:{"type":"object"}"#]);
    for (record, path) in
        [(r#"{"s":5}"#, "s"), (r#"{"i":"x"}"#, "i"), (r#"{"o":3}"#, "o"), (r#"{"o":[1]}"#, "o"), ("[]", "")]
    {
        let request = op("instance.check").with("schema", bin(&schema)).with("record", record);
        let checked = host.ask(request);
        assert_eq!(at(&checked, "valid"), Message::Bool(false), "{record}");
        assert_eq!(text(&checked, "issues.0.path"), path, "{record}");
    }
    for (lexicon, code) in [
        (r#"{"type":"widget"}"#, "unknown-type"),
        (r##"{"type":"ref","ref":"#nowhere"}"##, "missing-definition"),
    ] {
        let text = format!(
            r#"{{"lexicon":1,"id":"com.example.a","defs":{{"main":{{"type":"record","key":"tid","record":{{"type":"object","properties":{{"x":{lexicon}}}}}}}}}}}"#
        );
        let request =
            op("schema.parse").with("language", "atproto").with("documents", Message::array([text]));
        let refused = host.refused(request);
        assert_eq!(refused.code, code, "{refused:?}");
        assert!(refused.span, "{refused:?}");
    }
}

#[test]
fn numbers_pass_as_they_are_written() {
    let mut host = Host::new();
    let schema = host.fields(&["b:number", "a:string"]);
    let lens = host.chain(r#"[{"rename_field":{"old":"b","new":"c"}}]"#, &schema);
    for number in [
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "-0",
        "-0.0",
        "1.0",
        "1e400",
        "0.30000000000000000000000000000000000004",
    ] {
        let record = format!(r#"{{"z":{number},"b":{number},"a":"","__proto__":1,"":2,"\u0000":3}}"#);
        let view = record.replace(r#""b":"#, r#""c":"#);
        host.both_ways(&lens, &record, &view, &[]);
    }
    for wrong in ["NaN", "Infinity", "01", "1."] {
        let refused = host.get(&lens, &format!(r#"{{"b":{wrong}}}"#)).unwrap_err();
        assert!(!refused.code.is_empty() && refused.span, "{wrong}: {refused:?}");
    }
    // Members that stand twice are refused, or told apart; the last one never wins in silence.
    let twice = host.get(&lens, r#"{"b":1,"b":2}"#);
    assert_eq!(twice.unwrap_err().code, "duplicate-member");
}

#[test]
fn errors_have_codes_paths_and_spans() {
    let mut host = Host::new();
    let (old, new) = (host.fields(&["a!:string"]), host.fields(&["b!:string"]));
    let lens = host.lens(Host::between(&old, &new, &["a>b"]));
    let broken = host.get(&lens, r#"{"a":"x""#).unwrap_err();
    assert!(broken.span && broken.code.starts_with("json"), "{broken:?}");
    let missing = host.get(&lens, "{}").unwrap_err();
    assert_eq!((&*missing.code, &*missing.path), ("required-missing", "b"), "{missing:?}");
    let request = op("schema.parse")
        .with("language", "json-schema")
        .with("documents", Message::array([r#"{"type":"strnig"}"#]));
    let schema = host.refused(request);
    assert!(schema.span && !schema.path.is_empty(), "{schema:?}");
    let chain = op("chain.parse").with("chain", r#"[{"step_type":"rename_feld","name":"a"}]"#);
    assert_eq!(host.refused(chain).code, "unknown-step");
}

#[test]
fn an_instance_comes_back_through_json() {
    let mut host = Host::new();
    let schema = host.fields(&["a:string", r#"l:{"type":"array","items":{"type":"integer"}}"#]);
    let record = r#"{"l":[3,1],"z":18446744073709551615,"a":"x"}"#;
    let read = host.ask(op("instance.read").with("schema", bin(&schema)).with("record", record));
    // As a host's JSON spells it again.
    let spelt: serde_json::Value = serde_json::from_str(&text(&read, "instance")).unwrap();
    let write = op("instance.write").with("schema", bin(&schema)).with("instance", spelt.to_string());
    assert_eq!(text(&host.ask(write), "record"), record);
}
