//! Lenses derived from schemas, and what becomes of edits of their views. Every case runs through both engines.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod both;

use both::{Both, derive, hints, schema};

fn refused(code: &'static str, path: &str) -> both::Outcome {
    Err((code, path.to_owned()))
}

fn done(record: &str) -> both::Outcome {
    Ok(record.to_owned())
}

const OLD: &str = r#"{"type":"object","required":["text","items"],"properties":{
  "text":{"type":"string"},"note":{"type":"string"},"secret":{"type":"integer"},
  "items":{"type":"array","items":{"type":"object","required":["id"],"properties":{
    "id":{"type":"integer"},"value":{"type":"integer"},"flag":{"type":"boolean"}}}}}}"#;

const NEW: &str = r#"{"type":"object","required":["body","items"],"properties":{
  "body":{"type":"string"},"note":{"type":"string"},"visibility":{"type":"string","default":"public"},
  "items":{"type":"array","items":{"type":"object","required":["id"],"properties":{
    "id":{"type":"integer"},"amount":{"type":"integer"}}}}}}"#;

fn lens() -> Both {
    let hints = hints(&[("text", "body"), ("items[].value", "items[].amount")], &[]);
    Both::between("json-schema", OLD, NEW, &hints)
}

const RECORD: &str = concat!(
    r#"{"secret":7,"text":"a","x":1.0,"items":[{"id":1,"flag":true,"value":10},{"id":2,"value":20,"flag":false},"#,
    r#"{"flag":true,"id":3,"value":30}],"note":"n"}"#
);

const VIEW: &str = concat!(
    r#"{"body":"a","x":1.0,"items":[{"id":1,"amount":10},{"id":2,"amount":20},{"id":3,"amount":30}],"note":"n","#,
    r#""visibility":"public"}"#
);

#[test]
fn unedited_views_give_the_record_back() {
    lens().there_and_back(RECORD, VIEW);
}

/// The record whose view had `from` replaced by `to`, where the record has `of` replaced by `by`.
#[track_caller]
fn carries(from: &str, to: &str, of: &str, by: &str) {
    let edited = VIEW.replacen(from, to, 1);
    assert_ne!(edited, VIEW);
    assert_eq!(lens().edit(RECORD, &edited), done(&RECORD.replacen(of, by, 1)));
}

#[test]
fn changed_fields_are_in_the_record() {
    carries(r#""body":"a""#, r#""body":"b""#, r#""text":"a""#, r#""text":"b""#);
    carries(r#""amount":20"#, r#""amount":21"#, r#""value":20"#, r#""value":21"#);
    carries(r#""x":1.0"#, r#""x":[2]"#, r#""x":1.0"#, r#""x":[2]"#);
    carries(r#","note":"n""#, "", r#","note":"n""#, "");
}

#[test]
fn list_items_come_and_go_with_their_memories() {
    let (one, two, three) = (
        r#"{"id":1,"flag":true,"value":10}"#,
        r#"{"id":2,"value":20,"flag":false}"#,
        r#"{"flag":true,"id":3,"value":30}"#,
    );
    let items = |list: &[&str]| {
        let start = RECORD.find('[').unwrap();
        let end = RECORD.find(']').unwrap();
        format!("{}[{}{}", &RECORD[..start], list.join(","), &RECORD[end..])
    };
    let view = |list: &[&str]| {
        let start = VIEW.find('[').unwrap();
        let end = VIEW.find(']').unwrap();
        format!("{}[{}{}", &VIEW[..start], list.join(","), &VIEW[end..])
    };
    let (a, b, c) = (r#"{"id":1,"amount":10}"#, r#"{"id":2,"amount":20}"#, r#"{"id":3,"amount":30}"#);
    let (fresh, stored) = (r#"{"id":9,"amount":90}"#, r#"{"id":9,"value":90}"#);
    let check = |edited: &[&str], expected: &[&str]| {
        assert_eq!(lens().edit(RECORD, &view(edited)), done(&items(expected)), "{edited:?}");
    };
    check(&[fresh, a, b, c], &[stored, one, two, three]);
    check(&[a, fresh, b, c], &[one, stored, two, three]);
    check(&[a, b, c, fresh], &[one, two, three, stored]);
    check(&[a, c], &[one, three]);
    check(&[b, c], &[two, three]);
    check(&[c, b, a], &[three, two, one]);
    check(&[b, a, c], &[two, one, three]);
    check(&[], &[]);
    // An item that was edited keeps what its key remembers.
    check(&[c, a, r#"{"id":2,"amount":99}"#], &[three, one, r#"{"id":2,"value":99,"flag":false}"#]);
}

#[test]
fn an_edit_of_an_added_field_is_carried_and_adopted_again() {
    let edited = VIEW.replace("public", "private");
    let record = lens().edit(RECORD, &edited).unwrap();
    assert!(record.contains(r#""visibility":"private""#), "{record}");
    lens().there_and_back(
        r#"{"text":"a","items":[],"visibility":"private"}"#,
        r#"{"body":"a","items":[],"visibility":"private"}"#,
    );
    // A default that stands there explicitly comes back.
    lens().there_and_back(
        r#"{"visibility":"public","text":"a","items":[]}"#,
        r#"{"visibility":"public","body":"a","items":[]}"#,
    );
}

#[test]
fn undeclared_members_are_passed_adopted_or_shadowed() {
    // Undeclared in the old schema, declared by the new one, and no value of it: it stays behind.
    lens().there_and_back(
        r#"{"text":"a","visibility":5,"items":[]}"#,
        r#"{"body":"a","items":[],"visibility":"public"}"#,
    );
    // `body` is the new name of `text`: a stray `body` may not take its place.
    lens().there_and_back(
        r#"{"text":"a","body":"stray","items":[]}"#,
        r#"{"body":"a","items":[],"visibility":"public"}"#,
    );
    // A view may not bring a name that the record gives another meaning.
    let edited = r#"{"body":"a","items":[],"secret":1,"visibility":"public"}"#;
    assert_eq!(
        lens().edit(r#"{"text":"a","items":[]}"#, edited),
        refused("view-not-representable", "secret")
    );
}

#[test]
fn what_is_odd_but_json_comes_through() {
    let odd = concat!(
        r#"{"text":"te\u0078t \ud800","items":[],"__proto__":{"constructor":1},"":0,"\u0000":[],"big":18446744073709551616,"#,
        r#""long":123456789012345678901234567890,"exact":1.0,"zero":-0,"huge":1e400}"#
    );
    let view =
        odd.replacen(r#""text""#, r#""body""#, 1).replace(r#"1e400}"#, r#"1e400,"visibility":"public"}"#);
    lens().there_and_back(odd, &view);
    // A name that is written with escapes is the same name, and keeps its spelling.
    lens().there_and_back(
        r#"{"te\u0078t":"a","items":[]}"#,
        r#"{"body":"a","items":[],"visibility":"public"}"#,
    );
}

#[test]
fn repeated_declared_members_are_refused_and_others_pass() {
    assert_eq!(
        lens().view(r#"{"text":"a","te\u0078t":"b","items":[]}"#),
        refused("duplicate-member", "text")
    );
    lens().there_and_back(
        r#"{"text":"a","x":1,"x":2,"items":[]}"#,
        r#"{"body":"a","x":1,"x":2,"items":[],"visibility":"public"}"#,
    );
}

#[test]
fn creating_needs_what_the_record_requires() {
    assert_eq!(
        lens().create(r#"{"body":"a","items":[{"id":1,"amount":2}]}"#),
        done(r#"{"text":"a","items":[{"id":1,"value":2}]}"#)
    );
    let old = r#"{"type":"object","required":["a","gone"],"properties":{"a":{"type":"string"},"gone":{"type":"integer"}}}"#;
    let new = r#"{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}}"#;
    let mut lens = Both::between("json-schema", old, new, &hints(&[], &[]));
    assert_eq!(lens.create(r#"{"a":"x"}"#), refused("source-default-missing", "gone"));
    lens.there_and_back(r#"{"gone":1,"a":"x"}"#, r#"{"a":"x"}"#);
}

#[test]
fn objects_split_and_join() {
    let flat = r#"{"type":"object","required":["id"],"properties":{"id":{"type":"integer"},
      "street":{"type":"string"},"city":{"type":"string"},"first":{"type":"string"},"last":{"type":"string"}}}"#;
    let nested = r#"{"type":"object","required":["id"],"properties":{"id":{"type":"integer"},
      "person":{"type":"object","properties":{"first":{"type":"string"},"last":{"type":"string"}}},
      "address":{"type":"object","properties":{"street":{"type":"string"},"city":{"type":"string"}}}}}"#;
    let mut split = Both::between("json-schema", flat, nested, &hints(&[], &[]));
    split.there_and_back(
        r#"{"first":"A","street":"S","x":0,"id":1,"last":"B","city":"C"}"#,
        r#"{"person":{"first":"A","last":"B"},"address":{"street":"S","city":"C"},"x":0,"id":1}"#,
    );
    let mut join = Both::between("json-schema", nested, flat, &hints(&[], &[]));
    join.there_and_back(
        r#"{"address":{"city":"C","zip":1},"id":1,"person":{"last":"B","first":"A"}}"#,
        r#"{"city":"C","id":1,"last":"B","first":"A"}"#,
    );
    assert_eq!(
        join.edit(r#"{"address":{"city":"C","zip":1},"id":1}"#, r#"{"id":1,"last":"Z"}"#),
        done(r#"{"address":{"zip":1},"id":1,"person":{"last":"Z"}}"#)
    );
}

#[test]
fn scalars_change_type_and_keep_their_spelling() {
    let field = |name: &str| format!(r#"{{"type":"object","properties":{{"n":{{"type":"{name}"}}}}}}"#);
    let lens =
        |from: &str, to: &str| Both::between("json-schema", &field(from), &field(to), &hints(&[], &[]));
    lens("string", "integer").there_and_back(r#"{"n":"007"}"#, r#"{"n":7}"#);
    assert_eq!(lens("string", "integer").edit(r#"{"n":"007"}"#, r#"{"n":8}"#), done(r#"{"n":"8"}"#));
    assert_eq!(lens("string", "integer").view(r#"{"n":"x"}"#), refused("coercion-failed", "n"));
    lens("integer", "string")
        .there_and_back(r#"{"n":18446744073709551616}"#, r#"{"n":"18446744073709551616"}"#);
    lens("number", "integer").there_and_back(r#"{"n":1.0}"#, r#"{"n":1}"#);
    assert_eq!(lens("number", "integer").view(r#"{"n":1.5}"#), refused("coercion-failed", "n"));
    lens("number", "string").there_and_back(r#"{"n":1.50}"#, r#"{"n":"1.50"}"#);
    lens("integer", "number").there_and_back(r#"{"n":3}"#, r#"{"n":3}"#);
    assert_eq!(
        lens("integer", "number").edit(r#"{"n":3}"#, r#"{"n":3.5}"#),
        refused("view-not-representable", "n")
    );
}

#[test]
fn one_value_and_a_list_of_it() {
    let one = r#"{"type":"object","properties":{"tag":{"type":"string"}}}"#;
    let many = r#"{"type":"object","properties":{"tag":{"type":"array","items":{"type":"string"}}}}"#;
    let mut wrap = Both::between("json-schema", one, many, &hints(&[], &[]));
    wrap.there_and_back(r#"{"tag":"a"}"#, r#"{"tag":["a"]}"#);
    assert_eq!(wrap.edit(r#"{"tag":"a"}"#, r#"{"tag":["a","b"]}"#), refused("view-not-representable", "tag"));
    let mut head = Both::between("json-schema", many, one, &hints(&[], &[]));
    head.there_and_back(r#"{"tag":["a","b"]}"#, r#"{"tag":"a"}"#);
    head.there_and_back(r#"{"tag":[]}"#, r#"{}"#);
    assert_eq!(head.edit(r#"{"tag":["a","b"]}"#, r#"{"tag":"c"}"#), done(r#"{"tag":["c","b"]}"#));
    assert_eq!(head.edit(r#"{"tag":["a","b"]}"#, r#"{}"#), done(r#"{"tag":[]}"#));
}

#[test]
fn narrowed_values_fail_with_their_path_and_others_pass() {
    let old =
        r#"{"type":"object","properties":{"n":{"type":"integer","maximum":100},"s":{"type":"string"}}}"#;
    let new = r#"{"type":"object","properties":{"n":{"type":"integer","maximum":10},"s":{"enum":["a","b"],"type":"string"}}}"#;
    let mut lens = Both::between("json-schema", old, new, &hints(&[], &[]));
    lens.there_and_back(r#"{"n":10,"s":"a"}"#, r#"{"n":10,"s":"a"}"#);
    assert_eq!(lens.view(r#"{"n":11}"#), refused("out-of-range", "n"));
    assert_eq!(lens.view(r#"{"s":"c"}"#), refused("not-in-enum", "s"));
}

#[test]
fn null_and_absent_stay_apart() {
    let old = r#"{"type":"object","properties":{"a":{"type":["string","null"]}}}"#;
    let new = r#"{"type":"object","properties":{"a":{"type":"string"}}}"#;
    let mut lens = Both::between("json-schema", old, new, &hints(&[], &[]));
    lens.there_and_back(r#"{"a":null}"#, r#"{}"#);
    lens.there_and_back(r#"{}"#, r#"{}"#);
    assert_eq!(lens.edit(r#"{"a":null}"#, r#"{"a":"x"}"#), done(r#"{"a":"x"}"#));
    // A `null` that only views may have is no absence: it would come back as nothing.
    let mut lens = Both::between("json-schema", new, old, &hints(&[], &[]));
    lens.there_and_back(r#"{}"#, r#"{}"#);
    for record in [r#"{}"#, r#"{"a":"x"}"#] {
        assert_eq!(lens.edit(record, r#"{"a":null}"#), refused("view-not-representable", "a"));
        assert_eq!(lens.edit(record, r#"{}"#), done(r#"{}"#));
    }
}

#[test]
fn recursion_is_a_cycle_of_states() {
    let tree = |name: &str| {
        format!(
            r##"{{"$ref":"#/$defs/node","$defs":{{"node":{{"type":"object","required":["{name}"],"properties":{{
              "{name}":{{"type":"string"}},"children":{{"type":"array","items":{{"$ref":"#/$defs/node"}}}}}}}}}}}}"##
        )
    };
    let mut lens =
        Both::between("json-schema", &tree("label"), &tree("name"), &hints(&[("label", "name")], &[]));
    let depth = 150;
    let record =
        format!("{}{{\"label\":\"x\"}}{}", r#"{"label":"a","children":["#.repeat(depth), "]}".repeat(depth));
    lens.there_and_back(&record, &record.replace("label", "name"));
}

#[test]
fn what_cannot_be_decided_is_asked() {
    let ask = |old: &str, new: &str| -> Vec<(&'static str, String)> {
        let questions =
            derive(&schema("json-schema", old), &schema("json-schema", new), &hints(&[], &[])).unwrap_err();
        questions.into_iter().map(|question| (question.code, question.path)).collect()
    };
    let required = r#"{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}}"#;
    let empty = r#"{"type":"object"}"#;
    assert_eq!(ask(empty, required), [("required-without-value", "a".to_owned())]);
    // A default that the target does not admit is no answer, required or not.
    let optional = r#"{"type":"object","properties":{"a":{"type":"string"}}}"#;
    for new in [required, optional] {
        let (old, new) = (schema("json-schema", empty), schema("json-schema", new));
        let questions = derive(&old, &new, &hints(&[], &[("a", "5")])).unwrap_err();
        assert_eq!(questions[0].code, "default-refused");
    }
    let boolean = r#"{"type":"object","properties":{"a":{"type":"boolean"}}}"#;
    let string = r#"{"type":"object","properties":{"a":{"type":"string"}}}"#;
    assert_eq!(ask(boolean, string), [("types-not-convertible", "a".to_owned())]);
    let one = r#"{"type":"object","properties":{"a":{"anyOf":[{"type":"object","properties":{"x":{"type":"string"}}},
      {"type":"object","properties":{"y":{"type":"string"}}}]}}}"#;
    let other = one.replace("\"y\"", "\"z\"");
    assert_eq!(ask(one, &other), [("union-undecidable", "a".to_owned())]);
    let not = r#"{"type":"object","properties":{"a":{"type":"string","not":{"const":"x"}}}}"#;
    assert_eq!(ask(string, not), [("keyword-not-modelled", "a".to_owned())]);
}

#[test]
fn an_arm_that_only_one_side_knows_passes_and_stays_valid_there() {
    let lexicon = |refs: &str, tag: &str| {
        format!(
            r##"{{"lexicon":1,"id":"a.b.c","defs":{{"main":{{"type":"record","key":"tid","record":{{"type":"object",
            "properties":{{"u":{{"type":"union","refs":[{refs}]}}}}}}}},
            "link":{{"type":"object","required":["uri"],"properties":{{"uri":{{"type":"string"}}}}}}{tag}}}}}"##
        )
    };
    let tag = r##","tag":{"type":"object","required":["tag"],"properties":{"tag":{"type":"string"}}}"##;
    let (narrow, wide) = (lexicon("\"#link\"", ""), lexicon("\"#link\",\"#tag\"", tag));
    let record = r##"{"u":{"tag":"x","$type":"a.b.c#tag"}}"##;
    let bare = r##"{"u":{"$type":"a.b.c#tag"}}"##;
    let mut down = Both::between("atproto", &wide, &narrow, &hints(&[], &[]));
    down.there_and_back(record, record);
    assert_eq!(down.edit(record, bare), refused("view-not-representable", "u"));
    let mut up = Both::between("atproto", &narrow, &wide, &hints(&[], &[]));
    up.there_and_back(record, record);
    assert_eq!(up.view(bare), refused("required-missing", "u"));
    // What neither knows passes.
    let unknown = r##"{"u":{"$type":"a.b.c#other","x":1}}"##;
    down.there_and_back(unknown, unknown);
    up.there_and_back(unknown, unknown);
}
