//! Tables of records and back, sharing, what has no counterpart, and what is wrong with them.

use super::*;
use crate::instance::outline::Outline;
use crate::instance::samples::{json, json_schema};
use crate::instance::{GraphInstance, Issue, TreeInstance};
use crate::limits::Budget;
use crate::ordered::Arrange;
use crate::schema::{EdgeKind, Kind, Schema, SchemaBuilder};
use crate::value::equal;

fn library() -> Schema {
    json_schema(
        r##"{"type":"object","required":["name"],"properties":{
            "name":{"type":"string","maxLength":5},
            "books":{"type":"array","maxItems":3,"items":{"$ref":"#/$defs/work"}},
            "best":{"$ref":"#/$defs/book"},"tags":{"type":"array","items":{"type":"string"}}},
          "patternProperties":{"^x-":{"$ref":"#/$defs/book"}},
          "$defs":{"book":{"type":"object","required":["title"],"properties":{"title":{"type":"string"},"pages":{"type":"integer","minimum":1}}},
            "film":{"type":"object","required":["minutes"],"properties":{"minutes":{"type":"integer"}}},
            "work":{"anyOf":[{"$ref":"#/$defs/book"},{"$ref":"#/$defs/film"}]}}}"##,
    )
}

fn tree(schema: &Schema, record: &str) -> TreeInstance {
    let outline = Outline::new(schema);
    TreeInstance::from_json(&outline, schema.main(), &json(record), &mut Budget::default()).unwrap()
}

#[track_caller]
fn round_trip(schema: &Schema, record: &str) -> TableInstance {
    let outline = Outline::new(schema);
    let budget = &mut Budget::default();
    let start = tree(schema, record);
    let tables = TableInstance::from_tree(&outline, &start, budget).unwrap();
    let read = TableInstance::from_wire(&tables.to_wire(), budget).unwrap();
    assert_eq!(read, tables, "{}", tables.to_wire());
    let trees = tables.to_trees(&outline, budget).unwrap();
    let [back] = trees.as_slice() else { panic!("{} trees of {record}", trees.len()) };
    let back = back.to_json(budget).unwrap();
    assert!(
        equal(back.tree().root(), json(record).tree().root()),
        "{record} came back as {back}\n{}",
        tables.to_wire()
    );
    assert_eq!(tables.issues(&outline, budget).unwrap(), [], "{record}");
    tables
}

#[test]
fn records_become_rows_and_keys_and_come_back() {
    let schema = library();
    let tables =
        round_trip(&schema, r#"{"name":"Ada","best":{"title":"Notes","pages":1.0},"z":[1,{"k":null}]}"#);
    assert_eq!(
        tables.to_wire().as_str(),
        concat!(
            r##"{"tables":{"$defs/book":[{"title":{"Str":"Notes"},"pages":{"Float":1.0}}],"##,
            r#""root":[{"name":{"Str":"Ada"},"z":{"List":[{"Int":1},{"Unknown":{"k":"Null"}}]}}]},"#,
            r##""foreign_keys":[[{"src":"root","tgt":"$defs/book","kind":"prop","name":"best"},[[0,0]]]]}"##
        )
    );
    round_trip(&schema, r#"{"name":"Ada","books":[{"title":"A"},{"minutes":9},{"title":"B"}]}"#);
    round_trip(&schema, r#"{"name":"Ada","books":[],"tags":["b","a","b"]}"#);
    round_trip(&schema, r#"{"name":"Ada","x-one":{"title":"A"},"x-two":{"title":"B"}}"#);
    round_trip(&schema, r#"{"$type":"t","name":"Ada"}"#);
}

#[test]
fn the_published_example_reads() {
    let mut builder = SchemaBuilder::new("relational");
    let book = builder.vertex("book", Kind::Object);
    let title = builder.vertex("book.title", Kind::String);
    let author = builder.vertex("author", Kind::Object);
    builder.edge(book, title, EdgeKind::Prop, Some("title"));
    builder.edge(book, author, EdgeKind::Prop, Some("by"));
    let schema = builder.finish().unwrap();
    let key = r#"{"src":"book","tgt":"author","kind":"prop","name":"by"}"#;
    let tables = r#""tables":{"author":[{"id":{"Int":1},"name":{"Str":"Ada"}}],"book":[{"title":{"Str":"Notes"}},{"title":{"Str":"More"}}]}"#;
    let budget = &mut Budget::default();
    let outline = Outline::new(&schema);
    let one =
        TableInstance::from_wire(&json(&format!(r#"{{{tables},"foreign_keys":[[{key},[[0,0]]]]}}"#)), budget)
            .unwrap();
    let escaped = crate::value::Json::string(key);
    let same = TableInstance::from_wire(
        &json(&format!(r#"{{"Functor":{{{tables},"foreign_keys":{{{escaped}:[[0,0]]}}}}}}"#)),
        budget,
    );
    assert_eq!(same.unwrap(), one, "a map of keys is read too");
    let records: Vec<String> = one
        .to_trees(&outline, budget)
        .unwrap()
        .iter()
        .map(|tree| tree.to_json(budget).unwrap().to_string())
        .collect();
    assert_eq!(records, [r#"{"title":"Notes","by":{"id":1,"name":"Ada"}}"#, r#"{"title":"More"}"#]);

    // Two books by one author are a graph, and no tree.
    let shared = TableInstance::from_wire(
        &json(&format!(r#"{{{tables},"foreign_keys":[[{key},[[0,0],[1,0]]]]}}"#)),
        budget,
    )
    .unwrap();
    let graph = shared.to_graph(&outline, budget).unwrap();
    assert_eq!(graph.issues(&outline, budget).unwrap(), []);
    assert_eq!(shared.to_trees(&outline, budget).unwrap_err().code, "no-counterpart");
    let back = TableInstance::from_graph(&outline, &graph, budget).unwrap();
    assert_eq!(back, shared);
    let read = GraphInstance::from_wire(&graph.to_wire(), Some(&outline), budget).unwrap();
    assert_eq!(read, graph);
}

#[test]
fn the_published_graph_reads() {
    let mut builder = SchemaBuilder::new("kv");
    let city = builder.vertex("city", Kind::Any);
    builder.edge(city, city, EdgeKind::Other("road".into()), None);
    let schema = builder.finish().unwrap();
    let road = r#"{"src":"city","tgt":"city","kind":"road","name":null}"#;
    let wire = format!(
        r#"{{"nodes":{{"0":{{"id":0,"anchor":"city"}},"1":{{"id":1,"anchor":"city"}}}},"edges":[[0,1,{road}],[1,0,{road}]],"values":{{"0":{{"Str":"Oslo"}}}}}}"#
    );
    let budget = &mut Budget::default();
    let outline = Outline::new(&schema);
    let graph = GraphInstance::from_wire(&json(&wire), Some(&outline), budget).unwrap();
    assert_eq!(graph.len(), 2);
    assert_eq!(GraphInstance::from_wire(&graph.to_wire(), None, budget).unwrap(), graph);
    assert_eq!(graph.to_tree(None, budget).unwrap_err().code, "no-counterpart");
    let one_way =
        json(&wire.replace(&format!(",[1,0,{road}]"), "").replace(r#","values":{"0":{"Str":"Oslo"}}"#, ""));
    let tree = GraphInstance::from_wire(&one_way, None, budget).unwrap().to_tree(None, budget).unwrap();
    assert_eq!((tree.len(), tree.root()), (2, 0));
    assert_eq!(tree.to_graph().unwrap().to_tree(None, budget).unwrap(), tree);
}

#[test]
fn what_tables_cannot_hold_is_an_error() {
    let schema = library();
    let outline = Outline::new(&schema);
    let check = |record: &str| {
        let error =
            TableInstance::from_tree(&outline, &tree(&schema, record), &mut Budget::default()).unwrap_err();
        assert_eq!(error.code, "no-counterpart", "{record}");
    };
    check(r#"{"name":"a","name":"b"}"#);
    check(r#"{"name":"a","$value":1}"#);
    let tuple = json_schema(r#"{"type":"array","prefixItems":[{"type":"object","properties":{"a":{}}}]}"#);
    let outline = Outline::new(&tuple);
    let error =
        TableInstance::from_tree(&outline, &tree(&tuple, r#"[{},5]"#), &mut Budget::default()).unwrap_err();
    assert_eq!(error.code, "no-counterpart");
}

fn told(issues: &[Issue]) -> Vec<String> {
    issues.iter().map(|issue| format!("{} {}", issue.code, issue.path)).collect()
}

#[test]
fn every_violation_is_told_for_each_shape() {
    let schema = library();
    let outline = Outline::new(&schema);
    let budget = &mut Budget::default();
    let start = tree(
        &schema,
        r#"{"name":"too long","best":{"pages":0},"books":[{"title":5},{"title":"a"}],"tags":[1]}"#,
    );
    let issues = start.issues(&outline, budget).unwrap();
    let expected = [
        "too-long name",
        "out-of-range best.pages",
        "required-missing best.title",
        "no-arm-fits books[0]",
        "type-mismatch tags[0]",
    ];
    assert_eq!(told(&issues), expected);
    assert!(issues.iter().all(|issue| issue.node.is_some()), "{issues:?}");
    assert_eq!(told(&start.to_graph().unwrap().issues(&outline, budget).unwrap()), expected);
    let tables = TableInstance::from_tree(&outline, &start, budget).unwrap();
    let mut rows: Vec<String> = tables
        .issues(&outline, budget)
        .unwrap()
        .iter()
        .map(|issue| format!("{} {}[{}]", issue.code, issue.vertex.as_deref().unwrap(), issue.node.unwrap()))
        .collect();
    rows.arrange();
    assert_eq!(rows.len(), expected.len(), "{rows:?}");
    assert!(rows.contains(&"required-missing $defs/book[0]".to_owned()), "{rows:?}");
}

#[test]
fn many_violations_are_all_told() {
    let schema = library();
    let outline = Outline::new(&schema);
    let list = vec!["1"; 500].join(",");
    let start = tree(&schema, &format!(r#"{{"name":"a","tags":[{list}]}}"#));
    assert_eq!(start.issues(&outline, &mut Budget::default()).unwrap().len(), 500);
}

#[test]
fn a_structure_that_the_schema_does_not_have_is_told() {
    let schema = library();
    let outline = Outline::new(&schema);
    let budget = &mut Budget::default();
    let wire = tree(&schema, r#"{"name":"a","best":{"title":"b"}}"#).to_wire().to_string();
    let check = |from: &str, to: &str, expected: &str| {
        assert!(wire.contains(from), "{wire}");
        let changed =
            TreeInstance::from_wire(&json(&wire.replace(from, to)), None, &mut Budget::default()).unwrap();
        let issues = changed.issues(&outline, &mut Budget::default()).unwrap();
        assert!(issues.iter().any(|issue| issue.code == expected), "{from}: {issues:?}");
    };
    check(r#""id":2,"anchor":"$defs/book""#, r#""id":2,"anchor":"gone""#, "unknown-anchor");
    check(r#""id":2,"anchor":"$defs/book""#, r#""id":2,"anchor":"$defs/film""#, "edge-misplaced");
    check(r#""kind":"prop","name":"best""#, r#""kind":"prop","name":"worst""#, "unknown-edge");
    check(r#""schema_root":"root""#, r#""schema_root":"gone""#, "unknown-anchor");
    check(r#""schema_root":"root""#, r#""schema_root":"$defs/book""#, "edge-misplaced");

    let tables = json(
        r#"{"tables":{"gone":[{}],"root":[{"name":{"Str":"a"}}]},"foreign_keys":[[{"src":"root","tgt":"root","kind":"prop","name":"best"},[[0,3]]]]}"#,
    );
    let tables = TableInstance::from_wire(&tables, budget).unwrap();
    assert_eq!(told(&tables.issues(&outline, budget).unwrap()), ["unknown-table ", "dangling-key "]);
}

#[test]
fn circles_are_looked_at_node_by_node() {
    let schema = json_schema(
        r##"{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","required":["k"],"additionalProperties":false,"properties":{"k":{"type":"integer","maximum":3},"next":{"$ref":"#/$defs/n"},"all":{"type":"array","minItems":1,"items":{"$ref":"#/$defs/n"}}}}}}"##,
    );
    let outline = Outline::new(&schema);
    let budget = &mut Budget::default();
    let start = tree(&schema, r#"{"k":9,"next":{"z":1},"all":[]}"#).to_graph().unwrap();
    // The inner one leads back to the outer one.
    let arrow = r#"{"src":"$defs/n","tgt":"$defs/n","kind":"prop","name":"next"}"#;
    let wire = start.to_wire().to_string().replace("\"edges\":[", &format!("\"edges\":[[2,0,{arrow}],"));
    let circle = GraphInstance::from_wire(&json(&wire), Some(&outline), budget).unwrap();
    let mut issues: Vec<(&str, Option<u32>)> =
        circle.issues(&outline, budget).unwrap().iter().map(|issue| (issue.code, issue.node)).collect();
    issues.arrange();
    let expected = [
        ("out-of-range", Some(1)),
        ("required-missing", Some(2)),
        ("too-few-items", Some(3)),
        ("undeclared-member", Some(2)),
    ];
    assert_eq!(issues, expected);
}
