//! Published edits of trees and tables, and their errors.

use super::*;
use crate::instance::outline::Outline;
use crate::instance::samples::{json, json_schema};
use crate::instance::{TableInstance, TreeInstance};
use crate::limits::Budget;

const SCHEMA: &str = r##"{"type":"object","properties":{"nick":{"type":"string"},"home":{"type":"object","properties":{"city":{"type":"string"}}},
    "tags":{"type":"array","items":{"type":"string"}}}}"##;
const RECORD: &str = r#"{"home":{"city":"Oslo"},"tags":["a","b"],"z":1}"#;

/// The record after an edit, or the code of the error.
fn edited(edit: &str) -> Result<String, &'static str> {
    let schema = json_schema(SCHEMA);
    let outline = Outline::new(&schema);
    let budget = &mut Budget::default();
    let tree = TreeInstance::from_json(&outline, schema.main(), &json(RECORD), budget).unwrap();
    let edit = TreeEdit::from_json(&json(edit)).map_err(|error| error.code)?;
    assert_eq!(TreeEdit::from_json(&edit.to_json()).unwrap().steps(), edit.steps());
    let changed = edit.apply(&tree, Some(&outline), budget).map_err(|error| error.code)?;
    let wire = TreeInstance::from_wire(&changed.to_wire(), None, budget).unwrap();
    assert_eq!(wire, changed, "an edit leaves a tree");
    Ok(changed.to_json(budget).unwrap().to_string())
}

// 0 record, 1 home, 2 city, 3 tags, 4 and 5 its items.
#[test]
fn published_edits_run() {
    let check = |edit: &str, expected: &str| assert_eq!(edited(edit).as_deref(), Ok(expected), "{edit}");
    check("\"Identity\"", RECORD);
    check(
        r#"{"SetField":{"node_id":0,"field":"nick","value":{"Str":"Z"}}}"#,
        r#"{"home":{"city":"Oslo"},"tags":["a","b"],"z":1,"nick":"Z"}"#,
    );
    check(
        r#"{"SetField":{"node_id":1,"field":"city","value":{"Str":"Rome"}}}"#,
        r#"{"home":{"city":"Rome"},"tags":["a","b"],"z":1}"#,
    );
    check(
        r#"{"SetField":[0,"z",{"List":[{"Int":2}]}]}"#,
        r#"{"home":{"city":"Oslo"},"tags":["a","b"],"z":[2]}"#,
    );
    check(r#"{"RemoveField":{"node_id":0,"field":"z"}}"#, r#"{"home":{"city":"Oslo"},"tags":["a","b"]}"#);
    check(
        r#"{"SetValue":{"node_id":2,"value":{"Str":"Rome"}}}"#,
        r#"{"home":{"city":"Rome"},"tags":["a","b"],"z":1}"#,
    );
    check(r#"{"DeleteNode":{"id":4}}"#, r#"{"home":{"city":"Oslo"},"tags":["b"],"z":1}"#);
    check(r#"{"ContractNode":{"id":1}}"#, r#"{"city":"Oslo","tags":["a","b"],"z":1}"#);
    let edge = r#"{"src":"root.tags","tgt":"root.tags:items","kind":"items","name":null}"#;
    check(
        &format!(r#"{{"MoveSubtree":{{"node_id":5,"new_parent":3,"edge":{edge},"position":0}}}}"#),
        r#"{"home":{"city":"Oslo"},"tags":["b","a"],"z":1}"#,
    );
    let node = r#"{"id":9,"anchor":"root.tags:items","value":{"Present":{"Str":"c"}}}"#;
    check(
        &format!(r#"{{"InsertNode":{{"parent":3,"child_id":9,"node":{node},"edge":{edge}}}}}"#),
        r#"{"home":{"city":"Oslo"},"tags":["a","b","c"],"z":1}"#,
    );
    check(
        r#"{"Sequence":[{"DeleteNode":{"id":2}},{"DeleteNode":{"id":1}},{"Sequence":[{"RemoveField":{"node_id":0,"field":"z"}}]}]}"#,
        r#"{"tags":["a","b"]}"#,
    );
    check(r#"{"InsertFan":{"fan":{"hyper_edge_id":"h","parent":0,"children":{"x":1}}}}"#, RECORD);
}

#[test]
fn errors_of_edits_are_coded_and_nothing_is_half_done() {
    let edge = r#"{"src":"a","tgt":"b","kind":"prop","name":"c"}"#;
    let node = r#"{"id":9,"anchor":"b","value":null}"#;
    let code = |edit: &str| edited(edit).unwrap_err();
    assert_eq!(code(r#"{"DeleteNode":{"id":77}}"#), "node-not-found");
    assert_eq!(code(r#"{"DeleteNode":{"id":1}}"#), "node-not-a-leaf");
    assert_eq!(code(r#"{"DeleteNode":{"id":0}}"#), "node-not-a-leaf");
    assert_eq!(code(r#"{"ContractNode":{"id":0}}"#), "parent-not-found");
    assert_eq!(code(r#"{"SetValue":{"node_id":1,"value":"Null"}}"#), "node-not-a-leaf");
    assert_eq!(code(r#"{"SetField":{"node_id":0,"field":"home","value":"Null"}}"#), "field-is-node");
    assert_eq!(code(r#"{"SetField":{"node_id":3,"field":"x","value":"Null"}}"#), "not-an-object");
    assert_eq!(code(r#"{"RemoveField":{"node_id":0,"field":"gone"}}"#), "field-not-found");
    assert_eq!(code(r#"{"DeleteFan":{"hyper_edge_id":"h"}}"#), "fan-not-found");
    assert_eq!(
        code(&format!(r#"{{"InsertNode":{{"parent":0,"child_id":2,"node":{node},"edge":{edge}}}}}"#)),
        "duplicate-node-id"
    );
    assert_eq!(
        code(&format!(r#"{{"InsertNode":{{"parent":88,"child_id":9,"node":{node},"edge":{edge}}}}}"#)),
        "parent-not-found"
    );
    assert_eq!(
        code(&format!(r#"{{"MoveSubtree":{{"node_id":1,"new_parent":2,"edge":{edge}}}}}"#)),
        "cycle-detected"
    );
    assert_eq!(code(r#"{"JoinFeatures":{"primary":0,"joined":[1],"produce":2}}"#), "edit-unsupported");
    assert_eq!(code(r#"{"Explode":{}}"#), "instance-shape");
    // The second step fails, and the first is not done.
    let schema = json_schema(SCHEMA);
    let outline = Outline::new(&schema);
    let budget = &mut Budget::default();
    let tree = TreeInstance::from_json(&outline, schema.main(), &json(RECORD), budget).unwrap();
    let edit =
        TreeEdit::from_json(&json(r#"{"Sequence":[{"DeleteNode":{"id":2}},{"DeleteNode":{"id":2}}]}"#))
            .unwrap();
    let before = tree.clone();
    assert_eq!(edit.apply(&tree, None, budget).unwrap_err().code, "node-not-found");
    assert_eq!(tree, before);
    let deep = format!("{}\"Identity\"{}", r#"{"Sequence":["#.repeat(100), "]}".repeat(100));
    assert_eq!(code(&deep), "limit-depth");
}

#[test]
fn a_move_is_a_removal_and_then_an_addition() {
    const TREE: &str = r##"{"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"a":{"$ref":"#/$defs/t"},
        "b":{"$ref":"#/$defs/t"},"n":{"type":"integer"},"l":{"type":"array","items":{"$ref":"#/$defs/t"}}}}}}"##;
    let schema = json_schema(TREE);
    let outline = Outline::new(&schema);
    let budget = &mut Budget::default();
    let mut run = |record: &str, from: &str, to: &str| {
        let tree = TreeInstance::from_json(&outline, schema.main(), &json(record), budget).unwrap();
        let patch = json(&format!(r#"[{{"op":"move","from":"{from}","path":"{to}"}}]"#));
        let edit = PathEdit::read(&patch).unwrap().remove(0);
        let edit = edit.to_tree(&tree, &outline, tree.next_number(), budget).map_err(|error| error.code)?;
        // The value stays the node that it is.
        assert!(edit.steps().iter().any(|step| matches!(step, TreeEdit::MoveSubtree { .. })), "{from} {to}");
        let changed = edit.apply(&tree, Some(&outline), budget).unwrap();
        Ok(changed.to_json(budget).unwrap().to_string())
    };
    // Out of the value that it replaces.
    assert_eq!(run(r#"{"a":{"b":{"n":1},"n":2}}"#, "/a/b", "/a"), Ok(r#"{"a":{"n":1}}"#.to_owned()));
    assert_eq!(run(r#"{"a":{"n":1},"b":{"n":2}}"#, "/a", "/b"), Ok(r#"{"b":{"n":1}}"#.to_owned()));
    assert_eq!(run(r#"{"a":{"n":1}}"#, "/a", "/a"), Ok(r#"{"a":{"n":1}}"#.to_owned()));
    // Items are counted when it is gone.
    let list = r#"{"l":[{"n":0},{"n":1},{"n":2}]}"#;
    assert_eq!(run(list, "/l/0", "/l/1/a"), Ok(r#"{"l":[{"n":1},{"n":2,"a":{"n":0}}]}"#.to_owned()));
    assert_eq!(run(list, "/l/0", "/l/-"), Ok(r#"{"l":[{"n":1},{"n":2},{"n":0}]}"#.to_owned()));
    assert_eq!(run(list, "/l/0", "/l/2"), Ok(r#"{"l":[{"n":1},{"n":2},{"n":0}]}"#.to_owned()));
    assert_eq!(run(list, "/l/0", "/l/3"), Err("path-not-found"));
    assert_eq!(run(list, "/l/0", "/l/2/a"), Err("path-not-found"));
}

#[test]
fn tables_are_edited_by_key() {
    let wire = r#"{"tables":{"a":[{"id":{"Int":1},"n":{"Str":"x"}},{"id":{"Int":2}},{"id":{"Int":2}},{"id":{"Int":3}}]},
        "foreign_keys":[[["a","a","prop","next"],[[0,1],[1,3],[3,0]]]]}"#;
    let tables = TableInstance::from_wire(&json(wire), &mut Budget::default()).unwrap();
    let run = |edit: &str| {
        let edit = TableEdit::from_json(&json(edit)).map_err(|error| error.code)?;
        edit.apply(&tables, &mut Budget::default())
            .map_err(|error| error.code)
            .map(|changed| changed.to_wire().to_string())
    };
    let changed = run(r#"{"Sequence":[{"UpdateCell":{"table":"a","key":{"Float":1.0},"key_column":"id","column":"n","value":{"Str":"y"}}},
        {"DeleteRow":{"table":"a","key":{"Int":3},"key_column":"id"}},{"InsertRow":{"table":"b","row":{"k":"Null"}}}]}"#)
    .unwrap();
    assert!(changed.contains(r#""n":{"Str":"y"}"#) && changed.contains(r#""b":[{"k":"Null"}]"#), "{changed}");
    assert!(changed.contains("[[0,1]]"), "keys of a row that is gone are gone: {changed}");
    assert_eq!(
        run(r#"{"DeleteRow":{"table":"a","key":{"Int":2},"key_column":"id"}}"#).unwrap_err(),
        "row-ambiguous"
    );
    assert_eq!(
        run(r#"{"DeleteRow":{"table":"a","key":{"Int":9},"key_column":"id"}}"#).unwrap_err(),
        "row-not-found"
    );
    assert_eq!(
        run(r#"{"DeleteRow":{"table":"c","key":{"Int":9},"key_column":"id"}}"#).unwrap_err(),
        "table-not-found"
    );
    let first = run(r#"{"DeleteRow":{"table":"a","key":{"Int":1},"key_column":"id"}}"#).unwrap();
    assert!(first.contains("[[0,2]]"), "later rows move up: {first}");
}
