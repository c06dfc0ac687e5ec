//! Records as trees and back, the published shape, and what published releases got wrong.

use super::*;
use crate::instance::outline::Outline;
use crate::instance::samples::{json, json_schema, only_a};
use crate::limits::{Budget, Limits};
use crate::schema::{EdgeKind, Kind, Schema, SchemaBuilder};
use proptest::prelude::*;

fn tree(schema: &Schema, record: &str) -> TreeInstance {
    let outline = Outline::new(schema);
    TreeInstance::from_json(&outline, schema.main(), &json(record), &mut Budget::default()).unwrap()
}

/// The record goes through a tree, and through the published shape, and comes back as it was.
#[track_caller]
fn lossless(schema: &Schema, record: &str) -> TreeInstance {
    let expected = json(record);
    let found = tree(schema, record);
    assert_eq!(found.to_json(&mut Budget::default()).unwrap(), expected);
    let outline = Outline::new(schema);
    for outline in [None, Some(&outline)] {
        let back = TreeInstance::from_wire(&found.to_wire(), outline, &mut Budget::default()).unwrap();
        assert_eq!(back, found, "{record}");
        assert_eq!(back.to_json(&mut Budget::default()).unwrap(), expected);
    }
    found
}

fn anchors(tree: &TreeInstance) -> Vec<&str> {
    tree.preorder().map(|(_, node)| &*node.anchor).collect()
}

#[test]
fn a_document_comes_back_as_it_was() {
    let schema = only_a();
    lossless(&schema, r#"{"a":"x","tags":["p","q"],"$type":5,"big":18446744073709551615}"#);
    lossless(&schema, r#"{"z":1,"a":"x","$type":"t","y":1.50}"#);
    lossless(&schema, r#"{"a":null}"#);
    lossless(&schema, "{}");
    lossless(&schema, r#"{"a":"x","a":"y","z":1,"z":2}"#);
    lossless(&schema, r#"{"\u0061":"spelled","\u007a":"\u0041"}"#);
    lossless(&schema, r#"{"a":{"b":[1,{"c":null}]}}"#);
    lossless(&schema, r#"{"a":["not","a","string"]}"#);
    lossless(&schema, r#"[1,2,3]"#);
    lossless(&schema, "-0.0e-5");
}

#[test]
fn null_and_absent_are_not_the_same() {
    let schema = only_a();
    let null = tree(&schema, r#"{"a":null}"#);
    assert_eq!(null.len(), 2);
    assert_eq!(tree(&schema, "{}").len(), 1);
    let wire = null.to_wire().as_str().replace("\"Null\"", "\"Absent\"");
    let absent = TreeInstance::from_wire(&json(&wire), None, &mut Budget::default()).unwrap();
    assert_eq!((absent.len(), absent.to_json(&mut Budget::default()).unwrap().as_str()), (2, "{}"));
}

#[test]
fn a_list_whose_items_nothing_describes_stays_a_list() {
    let mut builder = SchemaBuilder::new("kv");
    builder.vertex("xs", Kind::Array);
    let schema = builder.finish().unwrap();
    for record in ["[1,2,3]", "[]", "[[],{}]"] {
        assert_eq!(lossless(&schema, record).len(), 1);
    }
}

#[test]
fn the_published_shape_is_the_published_one() {
    let found = tree(&only_a(), r#"{"a":"x","z":1}"#);
    let arrow = r#"{"src":"r","tgt":"r.a","kind":"prop","name":"a"}"#;
    let expected = format!(
        concat!(
            r#"{{"nodes":{{"0":{{"id":0,"anchor":"r","value":null,"discriminator":null,"extra_fields":{{"z":{{"Int":1}}}},"#,
            r#""position":null,"shape":{{"kind":"plain"}},"annotations":{{}}}},"#,
            r#""1":{{"id":1,"anchor":"r.a","value":{{"Present":{{"Str":"x"}}}},"discriminator":null,"extra_fields":{{}},"#,
            r#""position":null,"shape":{{"kind":"plain"}},"annotations":{{}}}}}},"#,
            r#""arcs":[[0,1,{}]],"fans":[],"root":0,"schema_root":"r","parent_map":{{"1":0}},"children_map":{{"0":[1]}}}}"#
        ),
        arrow
    );
    assert_eq!(found.to_wire().as_str(), expected);
}

#[test]
fn both_spellings_of_structures_are_read() {
    let check = |wire: &str, expected: &str| {
        let found = TreeInstance::from_wire(&json(wire), None, &mut Budget::default()).unwrap();
        assert_eq!(found.to_json(&mut Budget::default()).unwrap().as_str(), expected, "{wire}");
    };
    // Early releases: parts in order, what is empty left out at the end.
    check(
        r#"[{"0":[0,"r",null,"t",{"z":{"Int":1}}],"1":[1,"r.a",{"Present":{"Str":"x"}},null,{}]},[[0,1,["r","r.a","prop","a"]]],[],0,"r",{"1":0},{"0":[1]}]"#,
        r#"{"$type":"t","a":"x","z":1}"#,
    );
    check(
        r#"{"WType":{"nodes":{"7":{"id":7,"anchor":"xs","value":null},"9":{"id":9,"anchor":"x","value":"Null"},"8":[8,"x",{"Present":{"Int":4}},null,{},1,{"n":{"Str":"kept"}}]},"arcs":[[7,9,{"src":"xs","tgt":"x","kind":"items","name":null}],[7,8,["xs","x","items",null]]],"root":7,"schema_root":"xs"}}"#,
        "[null,4]",
    );
}

#[test]
fn an_empty_node_of_early_releases_is_what_its_vertex_says() {
    let mut builder = SchemaBuilder::new("kv");
    let root = builder.vertex("xs", Kind::Array);
    let item = builder.vertex("x", Kind::String);
    builder.edge(root, item, EdgeKind::Items, None);
    let schema = builder.finish().unwrap();
    let wire =
        json(r#"{"nodes":{"0":{"id":0,"anchor":"xs","value":null}},"arcs":[],"root":0,"schema_root":"xs"}"#);
    let outline = Outline::new(&schema);
    let found = TreeInstance::from_wire(&wire, Some(&outline), &mut Budget::default()).unwrap();
    assert_eq!(found.to_json(&mut Budget::default()).unwrap().as_str(), "[]");
    let found = TreeInstance::from_wire(&wire, None, &mut Budget::default()).unwrap();
    assert_eq!(found.to_json(&mut Budget::default()).unwrap().as_str(), "{}");
}

#[test]
fn references_are_followed_and_arms_chosen() {
    let schema = json_schema(
        r##"{"type":"object","properties":{
            "first":{"$ref":"#/$defs/person"},"second":{"$ref":"#/$defs/person"},
            "any":{"oneOf":[{"type":"string"},{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]},
                {"type":"object","properties":{"s":{"type":"string"}},"required":["s"]}]}},
          "patternProperties":{"^x-":{"type":"integer"}},"additionalProperties":{"type":"array","items":{"type":"string"}},
          "$defs":{"person":{"type":"object","properties":{"name":{"type":"string"}}}}}"##,
    );
    let found = lossless(
        &schema,
        r#"{"any":{"s":"x"},"x-b":1,"second":{"name":"B"},"x-a":2,"others":["a"],"first":{"name":"A"},"x-\u0063":3}"#,
    );
    let person = anchors(&found).into_iter().filter(|anchor| anchor.ends_with("person")).count();
    assert_eq!(person, 2, "two members of one type are two nodes of it: {:?}", anchors(&found));
    let arm = |record: &str| {
        let found = lossless(&schema, record);
        let arm = anchors(&found)[1].to_owned();
        (arm, found.len())
    };
    let (text, number, string) =
        (arm(r#"{"any":"x"}"#), arm(r#"{"any":{"n":1}}"#), arm(r#"{"any":{"s":""}}"#));
    assert_eq!((text.1, number.1, string.1), (2, 3, 3));
    assert!(text.0 != number.0 && number.0 != string.0);
}

#[test]
fn tuples_keep_the_items_that_they_do_not_describe() {
    let schema =
        json_schema(r#"{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":true}"#);
    lossless(&schema, r#"["a",1,{"b":2},null]"#);
    let schema = json_schema(r#"{"type":"array","prefixItems":[{"type":"string"}]}"#);
    lossless(&schema, r#"["a",1,{"b":2},null]"#);
}

#[test]
fn paths_lead_to_nodes() {
    let schema = json_schema(
        r#"{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{"b.c":{"type":"string"}}}}}}"#,
    );
    let found = tree(&schema, r#"{"z":0,"a":[{},{"y":1,"b.c":"here"}]}"#);
    let paths: Vec<String> = found.preorder().map(|(number, _)| found.path(number).to_string()).collect();
    assert_eq!(paths, ["", "a", "a[0]", "a[1]", r#"a[1]["b.c"]"#]);
}

#[test]
fn what_breaks_the_shape_is_a_coded_error() {
    let node = |id: u32| format!(r#""{id}":{{"id":{id},"anchor":"r","value":null}}"#);
    let arrow = r#"{"src":"r","tgt":"r","kind":"prop","name":"a"}"#;
    let check = |nodes: &[String], arcs: &str, more: &str, expected: &str| {
        let text = format!(
            r#"{{"nodes":{{{}}},"arcs":[{arcs}],"root":0,"schema_root":"r"{more}}}"#,
            nodes.join(",")
        );
        let error = TreeInstance::from_wire(&json(&text), None, &mut Budget::default()).unwrap_err();
        assert_eq!(error.code, expected, "{text}: {error}");
    };
    let two = [node(0), node(1)];
    check(&two, &format!("[0,7,{arrow}]"), "", "node-missing");
    check(&two, &format!("[0,1,{arrow}],[0,1,{arrow}]"), "", "not-a-tree");
    check(&two, &format!("[0,1,{arrow}],[1,0,{arrow}]"), "", "not-a-tree");
    check(&two, &format!("[1,1,{arrow}]"), "", "unreachable-node");
    check(&two, "", "", "unreachable-node");
    check(&two, &format!("[0,1,{arrow}]"), r#","parent_map":{"1":1}"#, "index-mismatch");
    check(&two, &format!("[0,1,{arrow}]"), r#","children_map":{"0":[]}"#, "index-mismatch");
    check(
        &[node(0), r#""1":{"id":2,"anchor":"r","value":null}"#.into()],
        &format!("[0,1,{arrow}]"),
        "",
        "node-number",
    );
    check(&[node(1)], "", "", "instance-shape");
    check(&two, "[0,1]", "", "instance-shape");
    check(&[r#""0":{"id":0,"anchor":"r","value":5}"#.into()], "", "", "instance-shape");
    check(&[r#""0":{"id":0,"anchor":"r","value":{"Present":5}}"#.into()], "", "", "instance-value");
    check(
        &[r#""0":{"id":0,"anchor":"r","value":{"Present":{"Int":1}}}"#.into(), node(1)],
        &format!("[0,1,{arrow}]"),
        "",
        "not-a-tree",
    );
}

#[test]
fn long_lists_and_deep_records_cost_what_they_are_long() {
    let schema = json_schema(
        r##"{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"},"xs":{"type":"array","items":{"type":"object","properties":{"k":{"type":"string"}}}}}}}}"##,
    );
    let spent = |items: usize| {
        let list = vec![r#"{"k":"v"}"#; items].join(",");
        let record = json(&format!(r#"{{"xs":[{list}]}}"#));
        let outline = Outline::new(&schema);
        let mut budget = Budget::default();
        let found = TreeInstance::from_json(&outline, schema.main(), &record, &mut budget).unwrap();
        assert_eq!(found.len(), 2 + 2 * items);
        assert_eq!(found.to_json(&mut budget).unwrap(), record);
        budget.spent()
    };
    let (short, long) = (spent(1000), spent(8000));
    assert!(long < short * 9, "eight times the items cost {short} and {long}");

    let limits = Limits { depth: 200_000, ..Limits::DEFAULT };
    let mut budget = Budget::new(limits, crate::limits::Cancel::default());
    let depth = 100_000;
    let text = format!("{}{{}}{}", r#"{"next":"#.repeat(depth), "}".repeat(depth));
    let record = crate::value::Tree::parse(text.as_bytes(), &limits).unwrap();
    let outline = Outline::new(&schema);
    let found = TreeInstance::from_value(&outline, schema.main(), record.root(), &mut budget).unwrap();
    assert_eq!(found.len(), depth + 1);
    assert_eq!(found.to_json(&mut budget).unwrap().as_str(), text);
}

#[test]
fn a_budget_ends_it() {
    let schema = only_a();
    let mut budget = Budget::new(Limits { steps: 3, ..Limits::DEFAULT }, crate::limits::Cancel::default());
    let outline = Outline::new(&schema);
    let record = json(r#"{"a":"x","b":1,"c":2}"#);
    let error = TreeInstance::from_json(&outline, schema.main(), &record, &mut budget).unwrap_err();
    assert_eq!(error.code, "limit-steps");
}

fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,4})?(e-?[0-9]{1,3})?",
        "\"([a-e]|\\\\u00e9|\\\\ud800|\\\\n){0,4}\"",
    ];
    let key = "\"(a|b|xs|\\$type|x-1|\\\\u0061)\"";
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec((key, inner), 0..5).prop_map(|members| {
                let members: Vec<String> =
                    members.iter().map(|(key, value)| format!("{key}:{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn every_document_is_lossless(record in any_json()) {
        let schema = json_schema(
            r##"{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{
                "a":{"$ref":"#/$defs/n"},"b":{"anyOf":[{"type":"string"},{"$ref":"#/$defs/n"},{"type":"array","items":{"$ref":"#/$defs/n"}}]},
                "xs":{"type":"array","items":{"$ref":"#/$defs/n"}}},"patternProperties":{"^x-":{"type":"integer"}}}}}"##,
        );
        lossless(&schema, &record);
    }
}
