//! Schemas through the builder, values as text, codes and paths as expected.

use super::*;
use crate::limits::{Budget, Limits};
use crate::schema::{Constraint, EdgeKind, Kind, Openness, Schema, SchemaBuilder, Sort, TypeSet, VertexId};
use crate::value::{Json, Tree};
use proptest::prelude::*;

const ASSERT: Options = Options { format: FormatReading::Assert, ..Options::DEFAULT };

fn parse(text: &str) -> Tree {
    Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn validity(schema: &Schema, value: &str) -> (Validity, Vec<String>) {
    let tree = parse(value);
    let mut validator = Validator::new(schema, ASSERT);
    let mut report = Vec::new();
    let result = validator.validate(schema.main(), tree.root(), &mut Budget::default(), &mut report).unwrap();
    let quiet = validator.is_valid(schema.main(), tree.root(), &mut Budget::default()).unwrap();
    assert_eq!(quiet, result, "{value}: silent and reporting runs agree");
    let first = validator.first_raw(schema.main(), value.trim().as_bytes(), &mut Budget::default()).unwrap();
    assert_eq!(first.as_ref().map_or(Validity::Valid, |first| first.validity), result, "{value}: {first:?}");
    assert_eq!(
        first.map(|first| (first.code, first.path)),
        report.first().map(|it| (it.code, it.path.clone()))
    );
    (result, report.iter().map(|finding| format!("{} {}", finding.code, finding.path)).collect())
}

/// `expected` is `valid`, or findings as `code path`; a leading `?` means that validity is unknown.
#[track_caller]
fn check(schema: &Schema, value: &str, expected: &[&str]) {
    let (result, findings) = validity(schema, value);
    let wanted = match expected {
        [] => Validity::Valid,
        [first, ..] if first.starts_with('?') => Validity::Unknown,
        _ => Validity::Invalid,
    };
    let expected: Vec<_> = expected.iter().map(|it| it.trim_start_matches('?').trim()).collect();
    let findings: Vec<_> = findings.iter().map(|it| it.trim()).collect();
    assert_eq!((result, findings), (wanted, expected), "{value}");
}

fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

/// One vertex with constraints.
fn single(protocol: &str, kind: Kind, constraints: &[(Sort, &str)]) -> Schema {
    let mut builder = SchemaBuilder::new(protocol);
    let root = builder.vertex("root", kind);
    constrain(&mut builder, root, constraints);
    builder.finish().unwrap()
}

fn constrain(builder: &mut SchemaBuilder, vertex: VertexId, constraints: &[(Sort, &str)]) {
    let constraints = constraints.iter().map(|(sort, value)| Constraint::new(*sort, json(value)));
    builder.vertex_mut(vertex).constraints.extend(constraints);
}

/// A union with arms.
fn union(builder: &mut SchemaBuilder, id: &str, arms: &[(VertexId, Option<&str>)]) -> VertexId {
    let union = builder.vertex(id, Kind::Union);
    for (arm, tag) in arms {
        builder.edge(union, *arm, EdgeKind::Variant, *tag);
    }
    union
}

#[test]
fn lengths_count_in_their_unit() {
    let text = |sort, bound| single("atproto", Kind::String, &[(sort, bound)]);
    check(&text(Sort::MaxLength, "2"), r#""é😀""#, &[]);
    check(&text(Sort::MaxLength, "2"), r#""é\ud83d\ude00x""#, &["too-long "]);
    check(&text(Sort::MaxLength, "1"), r#""\ud83d""#, &[]);
    check(&text(Sort::MaxBytes, "6"), r#""é😀""#, &[]);
    check(&text(Sort::MaxBytes, "5"), r#""é😀""#, &["too-long "]);
    check(&text(Sort::MaxGraphemes, "1"), r#""👩‍👩‍👦‍👦""#, &[]);
    check(&text(Sort::MaxGraphemes, "1"), r#""é\ud83d\ude00""#, &["too-long "]);
    check(&text(Sort::MaxGraphemes, "3"), r#""a\ud83db""#, &[]);
    check(&text(Sort::MaxGraphemes, "2"), r#""a\ud83db""#, &["too-long "]);
    check(&text(Sort::MinLength, "2.0"), r#""\u0061""#, &["too-short "]);
    check(&text(Sort::MinLength, "2"), "5", &["type-mismatch "]);
    check(&text(Sort::MaxLength, "1e400"), r#""abc""#, &[]);
}

#[test]
fn numbers_are_exact() {
    let number = |constraints: &[(Sort, &str)]| single("json-schema", Kind::Number, constraints);
    check(&number(&[(Sort::Maximum, "9007199254740992")]), "9007199254740993", &["out-of-range "]);
    check(&number(&[(Sort::ExclusiveMaximum, "1.0")]), "1", &["out-of-range "]);
    check(&number(&[(Sort::ExclusiveMinimum, "1")]), "1.0000000000000000000000001", &[]);
    check(&number(&[(Sort::Minimum, "-1e400")]), "-2e400", &["out-of-range "]);
    check(&number(&[(Sort::MultipleOf, "0.01")]), "19.99", &[]);
    check(&number(&[(Sort::MultipleOf, "0.01")]), "19.999", &["not-multiple "]);
    check(&number(&[(Sort::MultipleOf, "0")]), "1", &["?bound-unreadable "]);
    check(&number(&[(Sort::Const, "1.0")]), "1e0", &[]);
    check(&number(&[(Sort::Enum, "[1, 2.5, 100]")]), "1E2", &[]);
    check(&number(&[(Sort::Enum, "[1, 2.5, 100]")]), "3", &["not-in-enum "]);
    let integer = single("json-schema", Kind::Integer, &[]);
    check(&integer, "1.0", &[]);
    check(&integer, "1.5", &["type-mismatch "]);
    check(&integer, "15e-1", &["type-mismatch "]);
    check(&integer, "1e30", &[]);
}

#[test]
fn constraints_apply_to_their_type_only() {
    let any = single(
        "json-schema",
        Kind::Any,
        &[(Sort::MinLength, "2"), (Sort::Minimum, "5"), (Sort::MinItems, "1"), (Sort::MinProperties, "1")],
    );
    check(&any, "null", &[]);
    check(&any, "true", &[]);
    check(&any, "4", &["out-of-range "]);
    check(&any, r#""a""#, &["too-short "]);
    check(&any, "[]", &["too-few-items "]);
    check(&any, "{}", &["too-few-members "]);
    check(&any, "[1]", &[]);
}

#[test]
fn enumerations_hold_values_of_any_type() {
    let any = single(
        "json-schema",
        Kind::Any,
        &[(Sort::Enum, r#"[null, "te\u0078t", [1], {"a": 1, "b": 2.0}, false]"#)],
    );
    for value in ["null", r#""text""#, "[1.0]", r#"{"b": 2, "\u0061": 1}"#, "false"] {
        check(&any, value, &[]);
    }
    for value in ["true", r#""x""#, "[1, 1]", r#"{"a": 1}"#, "0"] {
        check(&any, value, &["not-in-enum "]);
    }
}

#[test]
fn items_are_unique_by_value() {
    let unique = single("json-schema", Kind::Array, &[(Sort::UniqueItems, "true")]);
    check(&unique, r#"[1, "1", [1], {"a": 1}, true, null]"#, &[]);
    check(&unique, "[1, 2, 1.0]", &["not-unique "]);
    check(&unique, r#"[{"a": 1, "b": 2}, {"b": 2, "a": 1e0}]"#, &["not-unique "]);
}

#[test]
fn patterns_and_formats() {
    let text = |sort, value| single("json-schema", Kind::String, &[(sort, value)]);
    check(&text(Sort::Pattern, r#""^a+$""#), r#""aa""#, &[]);
    check(&text(Sort::Pattern, r#""^a+$""#), r#""ab""#, &["pattern-mismatch "]);
    check(&text(Sort::Pattern, r#""^(?!x)""#), r#""ab""#, &["?pattern-unsupported "]);
    check(&text(Sort::Pattern, r#""a""#), r#""a\ud83d""#, &["?pattern-unsupported "]);
    check(&text(Sort::Format, r#""uuid""#), r#""x""#, &["format-mismatch "]);
    check(&text(Sort::Format, r#""iri""#), r#""x""#, &["?format-unknown "]);
    let lexicon = single("atproto", Kind::String, &[(Sort::Format, r#""did""#)]);
    check(&lexicon, r#""did:plc:x""#, &[]);
    check(&lexicon, r#""x""#, &["format-mismatch "]);
    for (sort, expected) in [(Sort::Format, Validity::Valid), (Sort::AssertedFormat, Validity::Invalid)] {
        let schema = text(sort, r#""uuid""#);
        let tree = parse(r#""x""#);
        let validator = Validator::new(&schema, Options::DEFAULT);
        let found = validator.is_valid(schema.main(), tree.root(), &mut Budget::default()).unwrap();
        assert_eq!(found, expected);
    }
}

fn post() -> Schema {
    let mut builder = SchemaBuilder::new("json-schema");
    let root = builder.vertex("post", Kind::Object);
    let text = builder.vertex("post.text", Kind::String);
    let tags = builder.vertex("post.tags", Kind::Array);
    let tag = builder.vertex("post.tags:items", Kind::String);
    let reply = builder.vertex("post.reply", Kind::Ref);
    builder.edge(root, text, EdgeKind::Prop, Some("text")).required = true;
    builder.edge(root, tags, EdgeKind::Prop, Some("tags"));
    builder.edge(tags, tag, EdgeKind::Items, None);
    builder.edge(root, reply, EdgeKind::Prop, Some("reply"));
    builder.edge(reply, root, EdgeKind::Ref, None);
    constrain(&mut builder, tags, &[(Sort::MaxItems, "2")]);
    constrain(&mut builder, tag, &[(Sort::MaxLength, "3")]);
    builder.vertex_mut(reply).nullable = true;
    builder.vertex_mut(root).openness = Openness::Closed;
    builder.finish().unwrap()
}

#[test]
fn objects_arrays_and_recursion() {
    let post = post();
    check(&post, r#"{"te\u0078t": "a", "tags": ["x"], "reply": {"text": "b", "reply": null}}"#, &[]);
    check(
        &post,
        r#"{"tags": ["a", "long", 5]}"#,
        &["too-many-items tags", "too-long tags[1]", "type-mismatch tags[2]", "required-missing text"],
    );
    check(
        &post,
        r#"{"text": "a", "x.y": 1, "reply": {"text": null, "z": 2}}"#,
        &[r#"undeclared-member ["x.y"]"#, "type-mismatch reply.text", "undeclared-member reply.z"],
    );
    check(&post, r#"{"text": "a", "\u0074ext": "b"}"#, &["duplicate-member text"]);
    check(&post, "[]", &["type-mismatch "]);
    check(&post, r#"{"text": "a", "reply": 5}"#, &["type-mismatch reply"]);
}

#[test]
fn a_report_is_bounded() {
    let post = post();
    let tree = parse(r#"{"a": 1, "b": 2, "c": 3}"#);
    let mut report = Vec::new();
    let options = Options { findings: 2, ..Options::DEFAULT };
    let result = Validator::new(&post, options).validate(
        post.main(),
        tree.root(),
        &mut Budget::default(),
        &mut report,
    );
    assert_eq!((result.unwrap(), report.len()), (Validity::Invalid, 2));
    assert_eq!(report[0].span, tree.root().get("a").unwrap().span());
    assert_eq!(report[0].diagnostic().to_string(), "undeclared-member: member `a` is not declared (at a)");
}

#[test]
fn members_fall_under_properties_and_several_patterns() {
    let mut builder = SchemaBuilder::new("json-schema");
    let root = builder.vertex("root", Kind::Object);
    let any = builder.vertex("short", Kind::String);
    let starts = builder.vertex("number", Kind::Any);
    let ends = builder.vertex("rest", Kind::Boolean);
    constrain(&mut builder, any, &[(Sort::MaxLength, "2")]);
    constrain(&mut builder, starts, &[(Sort::Enum, r#"["x", "xyz"]"#)]);
    builder.edge(root, any, EdgeKind::Prop, Some("ab"));
    builder.edge(root, starts, EdgeKind::Pattern, Some("^a"));
    builder.edge(root, any, EdgeKind::Pattern, Some("c$"));
    builder.edge(root, ends, EdgeKind::Additional, None);
    constrain(&mut builder, root, &[(Sort::Required, r#"["q"]"#)]);
    let schema = builder.finish().unwrap();
    check(&schema, r#"{"ab": "x", "q": true}"#, &[]);
    check(&schema, r#"{"ab": "xyz", "q": true}"#, &["too-long ab"]);
    check(&schema, r#"{"ab": "y", "q": true}"#, &["not-in-enum ab"]);
    check(&schema, r#"{"ac": "abc", "q": 5}"#, &["too-long ac", "not-in-enum ac", "type-mismatch q"]);
    check(&schema, r#"{}"#, &["required-missing q"]);
}

#[test]
fn an_unsupported_pattern_of_names_leaves_the_rest_unknown() {
    let mut builder = SchemaBuilder::new("json-schema");
    let root = builder.vertex("root", Kind::Object);
    let value = builder.vertex("value", Kind::Boolean);
    builder.edge(root, value, EdgeKind::Pattern, Some("(?=a)"));
    builder.vertex_mut(root).openness = Openness::Closed;
    let schema = builder.finish().unwrap();
    check(&schema, r#"{"a": 1}"#, &["?pattern-unsupported "]);
    check(&schema, r#"{}"#, &[]);
}

#[test]
fn tuples() {
    let mut builder = SchemaBuilder::new("json-schema");
    let root = builder.vertex("root", Kind::Array);
    let first = builder.vertex("first", Kind::String);
    let second = builder.vertex("second", Kind::Integer);
    let never = builder.vertex("never", Kind::Never);
    builder.edge(root, first, EdgeKind::Prefix, None);
    builder.edge(root, second, EdgeKind::Prefix, None);
    let open = builder.clone().finish().unwrap();
    builder.edge(root, never, EdgeKind::Items, None);
    let closed = builder.finish().unwrap();
    check(&open, r#"["a", 1, null]"#, &[]);
    check(&closed, r#"["a"]"#, &[]);
    check(&closed, r#"["a", "b", null]"#, &["type-mismatch [1]", "never [2]"]);
}

#[test]
fn unions_by_value() {
    let build = |exclusive| {
        let mut builder = SchemaBuilder::new("json-schema");
        let small = builder.vertex("small", Kind::Number);
        let whole = builder.vertex("whole", Kind::Integer);
        let object = builder.vertex("object", Kind::Object);
        let name = builder.vertex("object.name", Kind::String);
        builder.edge(object, name, EdgeKind::Prop, Some("name")).required = true;
        constrain(&mut builder, small, &[(Sort::Maximum, "10")]);
        let root = union(&mut builder, "root", &[(small, None), (whole, None), (object, None)]);
        builder.vertex_mut(root).exclusive = exclusive;
        builder.root("main", root, crate::schema::Role::Value);
        builder.finish().unwrap()
    };
    let (any, one) = (build(false), build(true));
    check(&any, "5", &[]);
    check(&one, "5", &["several-arms-fit "]);
    check(&one, "11", &[]);
    check(&one, "0.5", &[]);
    check(&one, "11.5", &["out-of-range "]);
    check(&any, "true", &["no-arm-fits "]);
    check(&any, r#"{"name": 5}"#, &["type-mismatch name"]);
}

#[test]
fn kleene_logic_of_unions() {
    let build = |exclusive, arms: &[&str]| {
        let mut builder = SchemaBuilder::new("json-schema");
        let arms: Vec<_> = arms
            .iter()
            .enumerate()
            .map(|(at, arm)| {
                let vertex = builder.vertex(&format!("arm{at}"), Kind::String);
                match *arm {
                    "valid" => {}
                    "unknown" => builder.vertex_mut(vertex).tainted = true,
                    _ => constrain(&mut builder, vertex, &[(Sort::MaxLength, "0")]),
                }
                (vertex, None)
            })
            .collect();
        let root = union(&mut builder, "root", &arms);
        builder.vertex_mut(root).exclusive = exclusive;
        builder.root("main", root, crate::schema::Role::Value);
        builder.finish().unwrap()
    };
    let value = r#""x""#;
    check(&build(false, &["unknown", "valid"]), value, &[]);
    check(&build(false, &["unknown", "invalid"]), value, &["?arm-undecided "]);
    check(&build(false, &["invalid", "invalid"]), value, &["no-arm-fits "]);
    check(&build(true, &["unknown", "valid"]), value, &["?arm-undecided "]);
    check(&build(true, &["unknown", "valid", "valid"]), value, &["several-arms-fit "]);
    check(&build(true, &["unknown", "invalid"]), value, &["?arm-undecided "]);
    check(&build(true, &["valid", "invalid"]), value, &[]);
    check(&build(true, &["unknown"]), value, &["?keyword-unmodelled "]);
}

#[test]
fn unmodelled_keywords_concern_null_too() {
    let build = |keyword: &str| {
        let mut builder = SchemaBuilder::new("json-schema");
        let root = builder.vertex("root", Kind::String);
        let vertex = builder.vertex_mut(root);
        (vertex.nullable, vertex.tainted) = (true, true);
        vertex.extra.push((keyword.into(), json(r#"{"type":"null"}"#)));
        builder.finish().unwrap()
    };
    check(&build("not"), "null", &["?keyword-unmodelled "]);
    check(&build("propertyNames"), "null", &[]);
}

#[test]
fn intersections_and_own_constraints() {
    let mut builder = SchemaBuilder::new("json-schema");
    let root = builder.vertex("root", Kind::Intersection);
    let one = builder.vertex("one", Kind::String);
    let two = builder.vertex("two", Kind::Any);
    constrain(&mut builder, root, &[(Sort::MinLength, "2")]);
    constrain(&mut builder, two, &[(Sort::MaxLength, "3")]);
    builder.edge(root, one, EdgeKind::Branch, None);
    builder.edge(root, two, EdgeKind::Branch, None);
    let schema = builder.finish().unwrap();
    check(&schema, r#""abc""#, &[]);
    check(&schema, r#""a""#, &["too-short "]);
    check(&schema, r#""abcd""#, &["too-long "]);
    check(&schema, "5", &["type-mismatch "]);
}

#[test]
fn taint_and_external_references_are_unknown_unless_something_else_refuses() {
    let mut builder = SchemaBuilder::new("json-schema");
    let root = builder.vertex("root", Kind::Object);
    let far = builder.vertex("far", Kind::External);
    let near = builder.vertex("near", Kind::String);
    let refers = builder.vertex("refers", Kind::Ref);
    builder.edge(root, far, EdgeKind::Prop, Some("far"));
    builder.edge(root, near, EdgeKind::Prop, Some("near"));
    builder.edge(root, refers, EdgeKind::Prop, Some("refers"));
    builder.edge(refers, near, EdgeKind::Ref, None);
    builder.vertex_mut(near).tainted = true;
    let schema = builder.finish().unwrap();
    check(&schema, "{}", &[]);
    check(
        &schema,
        r#"{"far": [1], "refers": "x"}"#,
        &["?external-not-loaded far", "?keyword-unmodelled refers"],
    );
    check(&schema, r#"{"far": [1], "near": 5}"#, &["type-mismatch near"]);
}

fn lexicon(open: bool) -> Schema {
    let mut builder = SchemaBuilder::new("atproto");
    let record = builder.vertex("a.b.c", Kind::Record);
    let body = builder.vertex("a.b.c:body", Kind::Object);
    let image = builder.vertex("a.b.c#image", Kind::Object);
    let blob = builder.vertex("a.b.c#image.blob", Kind::Blob);
    let video = builder.vertex("a.b.video", Kind::External);
    let token = builder.vertex("a.b.c#token", Kind::Token);
    let data = builder.vertex("data", Kind::Bytes);
    let link = builder.vertex("link", Kind::CidLink);
    let extra = builder.vertex("extra", Kind::Unknown);
    builder.vertex_mut(record).nsid = Some("a.b.c".into());
    builder.vertex_mut(token).nsid = Some("a.b.c#token".into());
    constrain(&mut builder, blob, &[(Sort::Accept, r#"["image/*"]"#), (Sort::MaxSize, "10")]);
    constrain(&mut builder, data, &[(Sort::MinBytes, "2"), (Sort::MaxBytes, "3")]);
    let embed = union(&mut builder, "embed", &[(image, Some("a.b.c#image")), (video, Some("a.b.video"))]);
    builder.vertex_mut(embed).openness = if open { Openness::Open } else { Openness::Closed };
    builder.edge(record, body, EdgeKind::RecordSchema, None);
    builder.edge(body, embed, EdgeKind::Prop, Some("embed"));
    builder.edge(image, blob, EdgeKind::Prop, Some("blob")).required = true;
    for (name, vertex) in [("token", token), ("data", data), ("link", link), ("extra", extra)] {
        builder.edge(body, vertex, EdgeKind::Prop, Some(name));
    }
    builder.root("main", record, crate::schema::Role::Record);
    builder.finish().unwrap()
}

#[test]
fn lexicon_unions_are_selected_by_their_tag() {
    let (open, closed) = (lexicon(true), lexicon(false));
    check(&open, r#"{"$type": "a.b.c"}"#, &[]);
    check(&open, r#"{"$type": "a.b.c#main"}"#, &[]);
    check(&open, r#"{"$type": "a.b.d"}"#, &["wrong-type-tag $type"]);
    check(&open, r#"{"embed": {"$type": "x.y.z", "a": 1}}"#, &[]);
    check(&closed, r#"{"embed": {"$type": "x.y.z", "a": 1}}"#, &["unknown-variant embed"]);
    check(&closed, r#"{"embed": {"$type": "a.b.video"}}"#, &["?external-not-loaded embed"]);
    check(&closed, r#"{"embed": {"$type": "a.b.video#main"}}"#, &["?external-not-loaded embed"]);
    check(&open, r#"{"embed": {"a": 1}}"#, &["tag-missing embed"]);
    check(&open, r#"{"embed": {"$type": 5}}"#, &["tag-missing embed"]);
    check(&open, r#"{"embed": 5}"#, &["type-mismatch embed"]);
    check(&open, r#"{"embed": {"$type": "a.b.c#image"}}"#, &["required-missing embed.blob"]);
}

#[test]
fn lexicon_forms() {
    let schema = lexicon(true);
    let cid = "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq";
    let blob = |more: &str| {
        format!(r#"{{"embed": {{"$type": "a.b.c#image", "blob": {{"ref": {{"$link": "{cid}"}}, {more}}}}}}}"#)
    };
    check(&schema, &blob(r#""$type": "blob", "mimeType": "image/png", "size": 9"#), &[]);
    check(
        &schema,
        &blob(r#""$type": "blob", "mimeType": "image/png", "size": 11"#),
        &["too-large embed.blob"],
    );
    check(
        &schema,
        &blob(r#""$type": "blob", "mimeType": "text/html", "size": 1"#),
        &["not-accepted embed.blob"],
    );
    check(&schema, &blob(r#""$type": "blob", "mimeType": "image/png""#), &["not-a-blob embed.blob"]);
    check(
        &schema,
        &blob(r#""$type": "blob", "mimeType": "image/png", "size": "9""#),
        &["not-a-blob embed.blob"],
    );
    let early = format!(
        r#"{{"embed": {{"$type": "a.b.c#image", "blob": {{"cid": "{cid}", "mimeType": "image/png"}}}}}}"#
    );
    check(&schema, &early, &[]);
    check(&schema, r#"{"data": {"$bytes": "123"}}"#, &[]);
    check(&schema, r#"{"data": {"$bytes": "AAAA"}}"#, &[]);
    check(&schema, r#"{"data": {"$bytes": "AA=="}}"#, &["too-short data"]);
    check(&schema, r#"{"data": {"$bytes": "AAAAAA"}}"#, &["too-long data"]);
    check(&schema, r#"{"data": {"$bytes": "A"}}"#, &["not-bytes data"]);
    check(&schema, r#"{"data": {"$bytes": "AAA="  , "x": 1}}"#, &["not-bytes data"]);
    check(&schema, r#"{"data": {}}"#, &["not-bytes data"]);
    check(&schema, &format!(r#"{{"link": {{"$link": "{cid}"}}}}"#), &[]);
    check(&schema, r#"{"link": {"$link": "."}}"#, &["not-a-link link"]);
    check(&schema, r#"{"extra": {"$type": "x.y", "a": 1.5}}"#, &[]);
    check(&schema, r#"{"extra": {"$bytes": "123"}}"#, &["not-plain-object extra"]);
    check(&schema, r#"{"extra": 5}"#, &["type-mismatch extra"]);
    check(&schema, r#"{"token": "a.b.c#token"}"#, &[]);
    check(&schema, r#"{"token": "a.b.c#other"}"#, &["not-const token"]);
}

#[test]
fn a_schema_that_leads_nowhere_is_unknown() {
    let mut builder = SchemaBuilder::new("json-schema");
    let root = builder.vertex("root", Kind::Union);
    let back = builder.vertex("back", Kind::Intersection);
    let text = builder.vertex("text", Kind::String);
    builder.edge(root, back, EdgeKind::Variant, None);
    builder.edge(root, text, EdgeKind::Variant, None);
    builder.edge(back, root, EdgeKind::Branch, None);
    builder.edge(back, text, EdgeKind::Branch, None);
    let schema = builder.finish().unwrap();
    assert_eq!(validity(&schema, r#""x""#).0, Validity::Valid);
    assert_ne!(validity(&schema, "5").0, Validity::Valid);
}

#[test]
fn scalar_checks_run_over_raw_tokens() {
    let schema = single("json-schema", Kind::String, &[(Sort::MaxLength, "3"), (Sort::Pattern, r#""^a""#)]);
    let check = ScalarCheck::new(&schema, schema.main(), Options::DEFAULT);
    let run = |raw: &str| check.run(raw.as_bytes()).map_err(|failure| failure.code);
    assert_eq!(run(r#""\u0061b""#), Ok(Validity::Valid));
    assert_eq!(run(r#""abcd""#), Err("too-long"));
    assert_eq!(run(r#""b""#), Err("pattern-mismatch"));
    assert_eq!(run("[1]"), Err("type-mismatch"));
    assert_eq!(run("1"), Err("type-mismatch"));
    let bytes = single("atproto", Kind::Bytes, &[(Sort::MaxBytes, "1")]);
    let check = ScalarCheck::new(&bytes, bytes.main(), Options::DEFAULT);
    assert!(check.run(br#"{"$bytes": "AA"}"#).is_ok());
    assert_eq!(check.run(br#"{"$bytes": "AAAA"}"#).unwrap_err().code, "too-long");
}

/// `U = {x: U} | {x: U, y?: U} | null`, each arm trying everything below anew.
fn nested_union() -> Schema {
    let mut builder = SchemaBuilder::new("json-schema");
    let nothing = builder.vertex("null", Kind::Null);
    let one = builder.vertex("one", Kind::Object);
    let two = builder.vertex("two", Kind::Object);
    let root = union(&mut builder, "root", &[(one, None), (two, None), (nothing, None)]);
    builder.vertex_mut(root).exclusive = true;
    for arm in [one, two] {
        builder.edge(arm, root, EdgeKind::Prop, Some("x")).required = true;
    }
    builder.edge(two, nothing, EdgeKind::Prop, Some("y")).required = true;
    builder.root("main", root, crate::schema::Role::Value);
    builder.finish().unwrap()
}

#[test]
fn nested_unions_take_linear_work() {
    let schema = nested_union();
    let steps = |depth: usize, end: &str| {
        let text = format!("{}{end}{}", r#"{"x": "#.repeat(depth), "}".repeat(depth));
        let tree = parse(&text);
        let mut budget = Budget::default();
        let mut report = Vec::new();
        let mut validator = Validator::new(&schema, Options::DEFAULT);
        let result = validator.validate(schema.main(), tree.root(), &mut budget, &mut report).unwrap();
        (result, budget.spent())
    };
    for (end, expected) in [("null", Validity::Valid), ("5", Validity::Invalid)] {
        let (small, large) = (steps(50, end), steps(400, end));
        assert_eq!((small.0, large.0), (expected, expected));
        assert!(large.1 < 9 * small.1, "{end}: {} then {}", small.1, large.1);
    }
}

#[test]
fn work_is_counted_and_limited() {
    let schema = post();
    let text = format!(r#"{{"text": "a", "tags": [{}"x"]}}"#, r#""a","#.repeat(10_000));
    let tree = parse(&text);
    let limits = Limits { steps: 1_000, ..Limits::DEFAULT };
    let mut budget = Budget::new(limits, Default::default());
    let error = Validator::new(&schema, Options::DEFAULT)
        .validate(schema.main(), tree.root(), &mut budget, &mut Vec::new())
        .unwrap_err();
    assert_eq!(error.code, "limit-steps");
}

fn any_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?(e-?[0-9]{1,2})?",
        "\"([a-z.#$]{0,6}|\\\\u00[4-7][1-9]|\\\\ud83d|é😀)*\"",
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![
            Just("text"),
            Just("tags"),
            Just("reply"),
            Just("x"),
            Just("y"),
            Just("$type"),
            Just("embed"),
            Just("data"),
            Just("$bytes"),
            Just("\\u0074ext"),
            Just("\\ud83d")
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec((key, inner), 0..5).prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_value_panics_and_all_ways_agree(value in any_json()) {
        for schema in [post(), lexicon(true), lexicon(false), nested_union()] {
            // Compares the reporting, the silent, the first-only and the raw way.
            validity(&schema, &value);
        }
    }

    #[test]
    fn patterns_never_panic(pattern in "[a-c()\\[\\]{}|*+?^$.\\\\,0-9:<>=!u-]{0,24}", text in ".{0,12}") {
        if let Ok(pattern) = super::pattern::Pattern::new(&pattern) {
            pattern.is_match(&text);
        }
    }
}

#[test]
fn types_narrow_before_anything_else() {
    let mut builder = SchemaBuilder::new("json-schema");
    let root = builder.vertex("root", Kind::Any);
    builder.vertex_mut(root).types = TypeSet::STRING | TypeSet::FRACTION;
    let schema = builder.finish().unwrap();
    check(&schema, "1.5", &[]);
    check(&schema, "1.0", &["type-mismatch "]);
    check(&schema, r#""a""#, &[]);
    check(&schema, "null", &["type-mismatch "]);
}
