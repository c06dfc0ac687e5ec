use super::*;
use crate::diagnostic::Severity;
use crate::schema::{EdgeKind, Kind, Openness, Schema, Sort};
use std::fmt::Write;

fn parse_one(text: &str) -> Parsed {
    parse(&[text.as_bytes()], &Options::default(), &mut Budget::default())
}

/// One line for each vertex that an edge leads to, from the root.
fn outline(schema: &Schema) -> String {
    let mut out = String::new();
    for (id, vertex) in schema.vertices() {
        let _ = write!(out, "{} {}", vertex.id, vertex.kind);
        if vertex.kind == Kind::Any {
            let _ = write!(out, " {:?}", vertex.types);
        }
        for (word, flag) in [
            ("null", vertex.nullable),
            ("closed", vertex.openness == Openness::Closed),
            ("exclusive", vertex.exclusive),
            ("tainted", vertex.tainted),
        ] {
            if flag {
                let _ = write!(out, " +{word}");
            }
        }
        for constraint in &vertex.constraints {
            let _ = write!(out, " {constraint}");
        }
        for (_, edge) in schema.outgoing(id).filter(|(_, edge)| edge.required || edge.kind == EdgeKind::Ref) {
            let _ = match edge.kind {
                EdgeKind::Ref => write!(out, " -> {}", schema.vertex(edge.tgt).id),
                _ => write!(out, " !{}", edge.name.as_deref().unwrap_or_default()),
            };
        }
        out.push('\n');
    }
    out
}

fn check(text: &str, wanted: &str) {
    let schema = parse_one(text).into_result().unwrap();
    let wanted: Vec<&str> = wanted.trim().lines().map(str::trim).collect();
    assert_eq!(outline(&schema).lines().collect::<Vec<_>>(), wanted, "{text}");
    let printed = print(&schema).unwrap();
    let again = parse_one(&printed[0]).into_result().unwrap();
    assert_eq!(again.without_spans(), schema.without_spans(), "{}", printed[0]);
}

fn refused(text: &str, code: &str, path: &str) {
    let parsed = parse_one(text);
    assert!(parsed.schema.is_none(), "{text}");
    let error = parsed.diagnostics.iter().find(|found| found.severity == Severity::Error).unwrap();
    assert_eq!((error.code, error.path.as_deref().unwrap_or_default()), (code, path), "{text}: {error}");
}

#[test]
fn types_and_null() {
    check("true", r#"root any {"null", "boolean", "number", "string", "array", "object"}"#);
    check("false", "root never");
    check(r#"{"type": ["string", "null"]}"#, "root string +null");
    check(
        r#"{"type": ["string", "integer"], "minLength": 1}"#,
        r#"root any {"integer", "string"} minLength 1"#,
    );
    check(r#"{"enum": ["a", null]}"#, r#"root string +null enum ["a"]"#);
    check(r#"{"type": ["string", "null"], "enum": ["a"]}"#, r#"root string enum ["a"]"#);
    check(r#"{"const": null}"#, "root null");
    check(r#"{"anyOf": [{"const": "a"}, {"type": "null"}]}"#, r#"root string +null const "a""#);
    check(r#"{"not": {}}"#, "root never");
    check(r#"{"maxLength": 2.0, "type": "string"}"#, "root string maxLength 2");
}

#[test]
fn unions_with_null() {
    check(
        r##"{"oneOf": [{"$ref": "#/$defs/a"}, {"type": "null"}], "$defs": {"a": {"type": "object"}}}"##,
        "root ref +null -> $defs/a\n$defs/a object",
    );
    // `a` may be null: exactly one of the two is another thing.
    check(
        r##"{"oneOf": [{"$ref": "#/$defs/a"}, {"type": "null"}], "$defs": {"a": {"minimum": 1}}}"##,
        r#"root union +exclusive
           $defs/a any {"null", "boolean", "number", "string", "array", "object"} minimum 1
           root:variant0 ref -> $defs/a
           root:variant1 null"#,
    );
    check(
        r#"{"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "null"}]}"#,
        "root union +null\nroot:variant0 string\nroot:variant1 array",
    );
    check(
        r#"{"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}"#,
        "root object +tainted",
    );
}

#[test]
fn members() {
    check(
        r#"{"type": "object", "properties": {"a.b": {"type": "string"}}, "required": ["c", "a.b"]}"#,
        r#"root object !a.b !c
           root["a.b"] string
           root.c any {"null", "boolean", "number", "string", "array", "object"}"#,
    );
    check(
        r#"{"type": "object", "required": ["c"], "additionalProperties": false}"#,
        r#"root object +closed required ["c"]"#,
    );
    check(
        r#"{"type": "array", "prefixItems": [{"type": "string"}], "items": false}"#,
        "root array\nroot:prefix0 string\nroot:items never",
    );
}

#[test]
fn inheritance_becomes_one_object() {
    check(
        r##"{"allOf": [{"$ref": "#/$defs/base"}, {"properties": {"a": {"maxLength": 5}}, "required": ["a"]}],
            "$defs": {"base": {"type": "object", "additionalProperties": false,
                "properties": {"a": {"type": "string", "maxLength": 9}, "b": {"$ref": "#/$defs/base"},
                    "c": {"type": "array", "items": {"type": "string"}}}}}}"##,
        "root object +closed !a
         $defs/base object +closed
         root.a string maxLength 5
         root.b ref -> $defs/base
         root.c ref -> $defs/base.c
         $defs/base.a string maxLength 9
         $defs/base.b ref -> $defs/base
         $defs/base.c array
         $defs/base.c:items string",
    );
    // A closed branch would refuse what the other one declares.
    check(
        r#"{"allOf": [{"type": "object", "additionalProperties": false}, {"properties": {"a": false}}]}"#,
        r#"root intersection
           root:branch0 object +closed
           root:branch1 any {"null", "boolean", "number", "string", "array", "object"}
           root:branch1.a never"#,
    );
}

#[test]
fn references_into_what_is_kept_verbatim() {
    check(
        r##"{"properties": {"a": {"$ref": "#/if/properties/x~1y"}}, "if": {"properties": {"x/y": {"type": "string"}}}}"##,
        r#"root any {"null", "boolean", "number", "string", "array", "object"} +tainted
           root.a ref -> root#/if/properties/x~1y
           root#/if/properties/x~1y string"#,
    );
}

#[test]
fn older_drafts() {
    check(
        r#"{"$schema": "http://json-schema.org/draft-04/schema#", "id": "http://x/y", "type": "number",
            "minimum": 1, "exclusiveMinimum": true}"#,
        "root number exclusiveMinimum 1",
    );
    check(
        r##"{"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {"type": "string"}},
            "items": [{"$ref": "#/definitions/a", "minLength": 1}], "additionalItems": false}"##,
        r#"root any {"null", "boolean", "number", "string", "array", "object"}
           definitions/a string
           root:prefix0 ref -> definitions/a
           root:items never"#,
    );
}

#[test]
fn bad_schemas_are_refused_with_a_place() {
    refused("{", "json-syntax", "");
    refused(r#"{"properties": {"a": {"minLength": "1"}}}"#, "schema-shape", "/properties/a/minLength");
    refused(r#"{"properties": {"a": 5}}"#, "schema-shape", "/properties/a");
    refused(r#"{"type": "strin"}"#, "schema-shape", "/type");
    refused(r##"{"properties": {"a": {"$ref": "#/$defs/b"}}}"##, "missing-definition", "/properties/a/$ref");
    refused(r##"{"$ref": "#"}"##, "reference-cycle", "root");
    refused(r##"{"anyOf": [{"$ref": "#"}, {"type": "null"}]}"##, "reference-cycle", "root");
    refused(r##"{"allOf": [{"$ref": "#"}], "minimum": 1}"##, "reference-cycle", "root");
    refused(r#"{"$schema": "http://x/y"}"#, "dialect-unknown", "/$schema");
    refused(&format!("{}1{}", r#"{"items":"#.repeat(5000), "}".repeat(5000)), "limit-depth", "");
}

#[test]
fn a_dialect_that_there_is_not_is_refused_and_not_read_as_another() {
    for (name, known) in [("draft-07", true), ("draft-99", false), ("", false)] {
        let options = Options { dialect: Some(name.into()), ..Options::default() };
        let result = parse(&[b"{}"], &options, &mut Budget::default()).into_result();
        assert_eq!(result.as_ref().ok().map(|schema| schema.dialect().as_str()), known.then_some(name));
        if let Err(error) = result {
            assert_eq!(error.code, "dialect-unknown");
        }
    }
}

#[test]
fn documents_refer_to_each_other() {
    let first = br#"{"$id": "http://x/a", "properties": {"b": {"$ref": "b#/$defs/c"}, "d": {"$ref": "z"}}}"#;
    let second = br#"{"$id": "http://x/b", "$defs": {"c": {"type": "string"}}}"#;
    let options = Options { root: Some("c".into()), ..Options::default() };
    let parsed = parse(&[first, second], &options, &mut Budget::default());
    let codes: Vec<&str> = parsed.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, ["external-not-loaded"]);
    let schema = parsed.into_result().unwrap();
    assert_eq!(schema.vertex(schema.main()).id, "document1/$defs/c");
    let names: Vec<&str> = schema.roots().iter().map(|root| root.name.as_str()).collect();
    assert_eq!(names, ["main", "document", "http://x/b", "c"]);
    let b = schema.edge_named(schema.root_named("document").unwrap().vertex, "b").unwrap().tgt;
    assert_eq!(schema.resolve(b).vertex, schema.main());
    let printed = print(&schema).unwrap();
    let texts: Vec<&[u8]> = printed.iter().map(String::as_bytes).collect();
    let again = parse(&texts, &options, &mut Budget::default()).into_result().unwrap();
    assert_eq!(again.without_spans(), schema.without_spans());
}

#[test]
fn asserted_formats() {
    let text = r#"{"type":"string","format":"date","allOf":[{"format":"time"}]}"#;
    let options = Options { assert_format: true, ..Options::default() };
    let parsed = parse(&[text.as_bytes()], &options, &mut Budget::default());
    let schema = parsed.into_result().unwrap();
    let sorts: Vec<_> =
        schema.vertices().flat_map(|(_, vertex)| &vertex.constraints).map(|own| own.sort).collect();
    assert_eq!(sorts, [Sort::AssertedFormat, Sort::AssertedFormat]);
    let printed = print(&schema).unwrap();
    assert!(!printed[0].contains("asserted"), "{}", printed[0]);
    let again = parse(&[printed[0].as_bytes()], &options, &mut Budget::default()).into_result().unwrap();
    assert_eq!(again.without_spans(), schema.without_spans());
}

#[test]
fn built_schemas_print() {
    let mut builder = crate::schema::SchemaBuilder::new("json-schema");
    let node = builder.vertex("node", Kind::Object);
    let next = builder.vertex("node.next", Kind::Ref);
    builder.edge(node, next, EdgeKind::Prop, Some("next"));
    builder.edge(next, node, EdgeKind::Ref, None);
    builder.edge(node, node, EdgeKind::Prop, Some("again")).required = true;
    let printed = print(&builder.finish().unwrap()).unwrap();
    let schema = parse_one(&printed[0]).into_result().unwrap();
    assert_eq!(outline(&schema), "root object !again\nroot.next ref -> root\nroot.again ref -> root\n");
    let mut builder = crate::schema::SchemaBuilder::new("json-schema");
    let bad = builder.vertex("bad", Kind::String);
    builder
        .vertex_mut(bad)
        .constraints
        .push(crate::schema::Constraint::new(Sort::MaxGraphemes, crate::value::Json::parse("1").unwrap()));
    assert_eq!(print(&builder.finish().unwrap()).unwrap_err().code, "not-printable");
}
