//! What the parser makes of documents, and what it refuses.

use super::*;
use crate::diagnostic::Severity;
use crate::language;
use crate::limits::Limits;
use crate::schema::{EdgeKind, Openness, Role, Schema, SchemaBuilder, Sort, Vertex};

fn parse_all(texts: &[&str]) -> Parsed {
    let texts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    parse(&texts, &Options::default(), &mut Budget::default())
}

fn schema(texts: &[&str]) -> Schema {
    parse_all(texts).into_result().unwrap()
}

/// A document with one record, whose properties are given.
fn record(properties: &str) -> String {
    format!(
        r#"{{"lexicon":1,"id":"a.b.c","defs":{{"main":{{"type":"record","key":"tid","record":
            {{"type":"object","properties":{properties}}}}}}}}}"#
    )
}

fn defs(defs: &str) -> String {
    format!(r#"{{"lexicon":1,"id":"a.b.c","defs":{defs}}}"#)
}

fn vertex<'s>(schema: &'s Schema, id: &str) -> &'s Vertex {
    let ids: Vec<_> = schema.vertices().map(|(_, vertex)| vertex.id.clone()).collect();
    schema.vertex(schema.find(id).unwrap_or_else(|| panic!("no {id} in {ids:?}")))
}

fn check_finding(text: &str, severity: Severity, code: &str, path: &str) {
    let parsed = parse_all(&[text]);
    let found: Vec<_> = parsed.diagnostics.iter().filter(|found| found.severity == severity).collect();
    let [one] = found.as_slice() else { panic!("{text}: {:?}", parsed.diagnostics) };
    assert_eq!((one.code, one.path.as_deref().unwrap_or_default()), (code, path), "{text}: {one}");
    assert!(one.span.is_some() && one.document == Some(0), "{one:?}");
    assert_eq!(parsed.schema.is_none(), severity == Severity::Error, "{text}");
}

#[test]
fn a_record_with_everything() {
    let text = record(
        r##"{
        "s": {"type":"string","description":"d","format":"did","minLength":1,"maxLength":2,"minGraphemes":3,
              "maxGraphemes":4,"knownValues":["k"],"enum":["e"],"const":"c","default":"x"},
        "i": {"type":"integer","minimum":-1,"maximum":99999999999999999999,"enum":[1],"const":1,"default":1},
        "b": {"type":"boolean","const":true,"default":false},
        "y": {"type":"bytes","minLength":1,"maxLength":2},
        "l": {"type":"cid-link"}, "u": {"type":"unknown"},
        "p": {"type":"blob","accept":["image/*"],"maxSize":9},
        "a": {"type":"array","minLength":1,"maxLength":2,"items":{"type":"ref","ref":"#main"}},
        "n": {"type":"union","refs":["#main","d.e.f#g"],"closed":true},
        "o": {"type":"object","required":["x"],"nullable":["x"],"properties":{"x":{"type":"ref","ref":"d.e.f"}}}
    }"##,
    );
    let schema = schema(&[&text]);
    let body = schema.resolve(schema.main()).vertex;
    assert_eq!(schema.vertex(body).nsid.as_deref(), Some("a.b.c"));
    assert_eq!((schema.roots()[0].name.as_str(), schema.roots()[0].role), ("main", Role::Record));
    let sorts = |id: &str| -> Vec<Sort> {
        vertex(&schema, id).constraints.iter().map(|constraint| constraint.sort).collect()
    };
    assert_eq!(
        sorts("a.b.c:body.s"),
        [
            Sort::Format,
            Sort::MinBytes,
            Sort::MaxBytes,
            Sort::MinGraphemes,
            Sort::MaxGraphemes,
            Sort::KnownValues,
            Sort::Enum,
            Sort::Const
        ]
    );
    assert_eq!(sorts("a.b.c:body.i"), [Sort::Minimum, Sort::Maximum, Sort::Enum, Sort::Const]);
    assert_eq!(sorts("a.b.c:body.b"), [Sort::Const]);
    assert_eq!(sorts("a.b.c:body.y"), [Sort::MinBytes, Sort::MaxBytes]);
    assert_eq!(sorts("a.b.c:body.p"), [Sort::Accept, Sort::MaxSize]);
    assert_eq!(sorts("a.b.c:body.a"), [Sort::MinItems, Sort::MaxItems]);
    assert_eq!(vertex(&schema, "a.b.c:body.s").default.as_ref().unwrap().as_str(), "\"x\"");
    let items = schema.find("a.b.c:body.a:items").unwrap();
    assert_eq!(schema.resolve(items).vertex, body);
    let union = schema.find("a.b.c:body.n").unwrap();
    assert_eq!(schema.vertex(union).openness, Openness::Closed);
    let arms: Vec<_> = schema
        .outgoing_of(union, EdgeKind::Variant)
        .map(|(_, edge)| (edge.name.as_deref().unwrap(), schema.vertex(edge.tgt).kind.clone()))
        .collect();
    assert_eq!(arms, [("a.b.c", Kind::Ref), ("d.e.f#g", Kind::External)]);
    let inner = vertex(&schema, "a.b.c:body.o.x");
    assert!(inner.nullable && inner.kind == Kind::External && inner.nsid.as_deref() == Some("d.e.f"));
    let object = schema.find("a.b.c:body.o").unwrap();
    assert!(schema.edge_named(object, "x").unwrap().required);
    let span = vertex(&schema, "a.b.c:body.l").span.unwrap();
    assert_eq!(&text[span.start as usize..span.end as usize], r#"{"type":"cid-link"}"#);
}

#[test]
fn services_have_a_root_for_each_body() {
    let query = defs(
        r#"{"main":{"type":"query","parameters":{"type":"params","required":["q"],"properties":
            {"q":{"type":"string"},"l":{"type":"array","items":{"type":"integer"}}}},
            "output":{"encoding":"application/json","schema":{"type":"object","properties":{}}},
            "errors":[{"name":"Bad"}]},"x":{"type":"token"}}"#,
    );
    let procedure = r#"{"lexicon":1,"id":"d.e.f","defs":{"main":{"type":"procedure",
        "input":{"encoding":"*/*"},"output":{"encoding":"application/json","description":"o",
        "schema":{"type":"ref","ref":"a.b.c#x"}}}}}"#;
    let schema = schema(&[&query, procedure]);
    let roots: Vec<_> = schema.roots().iter().map(|root| (root.name.as_str(), root.role)).collect();
    assert_eq!(
        roots,
        [
            ("main:parameters", Role::Parameters),
            ("main:output", Role::Output),
            ("d.e.f:input", Role::Input),
            ("d.e.f:output", Role::Output),
            ("#x", Role::Value),
        ]
    );
    assert_eq!(vertex(&schema, "d.e.f:input").kind, Kind::Any);
    assert_eq!(schema.resolve(schema.find("d.e.f:output").unwrap()).vertex, schema.find("a.b.c#x").unwrap());
}

#[test]
fn names_with_odd_characters_get_ids_of_their_own() {
    let text = record(
        r#"{"x.y":{"type":"string"},"x":{"type":"object","properties":{"y":{"type":"string"}}},
        "x:items":{"type":"string"},"":{"type":"string"}}"#,
    );
    let other = r#"{"lexicon":1,"id":"g.h.i","defs":{"main":{"type":"object","properties":
        {"j":{"type":"string"}}},"q#.r":{"type":"token"}}}"#;
    let third = r#"{"lexicon":1,"id":"g.h.i.j","defs":{"main":{"type":"token"}}}"#;
    let schema = schema(&[&text, other, third]);
    for id in [
        r#"a.b.c:body["x.y"]"#,
        "a.b.c:body.x.y",
        r#"a.b.c:body["x:items"]"#,
        r#"a.b.c:body[""]"#,
        r#"g.h.i["j"]"#,
        "g.h.i.j",
    ] {
        vertex(&schema, id);
    }
    assert_eq!(language::print(&schema).unwrap().len(), 3);
}

#[test]
fn references_keep_their_spelling() {
    let text = defs(
        r##"{"main":{"type":"object","properties":{"a":{"type":"ref","ref":"lex:a.b.c#d"},
            "b":{"type":"ref","ref":"#d"},"c":{"type":"ref","ref":"a.b.c#d"},"e":{"type":"ref","ref":"lex:x.y.z"},
            "u":{"type":"union","refs":["lex:x.y.z#main","#d"]}}},"d":{"type":"object","properties":{}}}"##,
    );
    let schema = schema(&[&text]);
    let printed = language::print(&schema).unwrap().concat();
    for spelling in ["\"lex:a.b.c#d\"", "\"#d\"", "\"a.b.c#d\"", "\"lex:x.y.z\"", "\"lex:x.y.z#main\""] {
        assert!(printed.contains(spelling), "{spelling} is not in {printed}");
    }
    let tags: Vec<_> = schema
        .edges()
        .filter(|(_, edge)| edge.kind == EdgeKind::Variant)
        .map(|(_, edge)| edge.name.as_deref().unwrap())
        .collect();
    assert_eq!(tags, ["x.y.z", "a.b.c#d"]);
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    let error = |text: &str, code: &str, path: &str| check_finding(text, Severity::Error, code, path);
    error("[]", "invalid-document", "");
    error(r#"{"id":"a.b.c","defs":{"x":{"type":"token"}}}"#, "missing-keyword", "");
    error(r#"{"lexicon":2,"id":"a.b.c","defs":{"x":{"type":"token"}}}"#, "lexicon-version", "lexicon");
    error(r#"{"lexicon":1,"id":"a.b","defs":{}}"#, "invalid-nsid", "id");
    error(r#"{"lexicon":1,"id":"a.b.c"}"#, "missing-keyword", "");
    error(r#"{"lexicon":1,"id":"a.b.c","defs":[]}"#, "invalid-keyword", "defs");
    error(&defs(r#"{"x":5}"#), "invalid-type", "defs.x");
    error(&defs(r#"{"x":{}}"#), "missing-type", "defs.x");
    error(&defs(r#"{"x":{"type":"query"}}"#), "primary-not-main", "defs.x.type");
    error(&defs(r#"{"x":{"type":"unknown"}}"#), "type-not-allowed", "defs.x.type");
    error(&defs(r#"{"main":{"type":"record","key":"tid"}}"#), "missing-keyword", "defs.main");
    let body = "defs.main.record.properties";
    error(&record(r#"{"x":{"type":"text"}}"#), "unknown-type", &format!("{body}.x.type"));
    error(&record(r#"{"x.y":{"type":"record"}}"#), "type-not-allowed", &format!("{body}[\"x.y\"].type"));
    error(&record(r#"{"x":{"type":"array"}}"#), "missing-keyword", &format!("{body}.x"));
    error(&record(r#"{"x":{"type":"union"}}"#), "missing-keyword", &format!("{body}.x"));
    error(&record(r#"{"x":{"type":"ref"}}"#), "missing-keyword", &format!("{body}.x"));
    error(&record(r#"{"x":{"type":"ref","ref":5}}"#), "invalid-keyword", &format!("{body}.x.ref"));
    error(&record(r#"{"x":{"type":"ref","ref":"x"}}"#), "invalid-reference", &format!("{body}.x.ref"));
    error(&record(r##"{"x":{"type":"ref","ref":"#y"}}"##), "missing-definition", &format!("{body}.x.ref"));
    error(
        &record(r##"{"x":{"type":"union","closed":true,"refs":["#y"]}}"##),
        "missing-definition",
        &format!("{body}.x.refs[0]"),
    );
    error(
        &record(r#"{"x":{"type":"string","maxLength":1.5}}"#),
        "invalid-keyword",
        &format!("{body}.x.maxLength"),
    );
    error(
        &record(r#"{"x":{"type":"string","maxLength":-1}}"#),
        "invalid-keyword",
        &format!("{body}.x.maxLength"),
    );
    error(&record(r#"{"x":{"type":"string","enum":[1]}}"#), "invalid-keyword", &format!("{body}.x.enum"));
    error(
        &record(r#"{"x":{"type":"string","description":1}}"#),
        "invalid-keyword",
        &format!("{body}.x.description"),
    );
    error(&record(r#"{"x":{"type":"string","\u0078":1,"x":1}}"#), "duplicate-key", &format!("{body}.x.x"));
    error(
        &record(r#"{"\ud800":{"type":"string"}}"#),
        "invalid-keyword",
        &format!("{body}.\u{fffd}\u{fffd}\u{fffd}"),
    );
}

#[test]
fn what_is_odd_is_told_and_kept() {
    let warning = |text: &str, code: &str, path: &str| check_finding(text, Severity::Warning, code, path);
    let body = "defs.main.record.properties";
    warning(
        &record(r#"{"x":{"type":"ref","ref":"x.y.z"}}"#),
        "external-not-loaded",
        &format!("{body}.x.ref"),
    );
    warning(
        &record(r#"{"x":{"type":"string","format":"iban"}}"#),
        "unknown-format",
        &format!("{body}.x.format"),
    );
    warning(
        &record(r##"{"x":{"type":"union","refs":["#y"]}}"##),
        "missing-definition",
        &format!("{body}.x.refs[0]"),
    );
    warning(
        &defs(r#"{"main":{"type":"object","required":["x","x"],"properties":{}}}"#),
        "undeclared-required",
        "defs.main.required",
    );
    warning(
        &defs(r#"{"main":{"type":"object","nullable":["x"],"properties":{}}}"#),
        "undeclared-nullable",
        "defs.main.nullable",
    );
    warning(&defs(r#"{"main":{"type":"hologram","w":[1, 2]}}"#), "unknown-definition-type", "defs.main.type");
    let text = record(r#"{"x":{"type":"string","pattern":"a"},"y":{"type":"string","$comment":"a"}}"#);
    let schema = schema(&[&text]);
    assert!(vertex(&schema, "a.b.c:body.x").tainted);
    assert!(!vertex(&schema, "a.b.c:body.y").tainted);
    let printed = language::print(&schema).unwrap().concat();
    assert!(printed.contains("\"pattern\": \"a\"") && printed.contains("\"$comment\": \"a\""), "{printed}");
}

#[test]
fn references_that_lead_nowhere_or_to_no_data_are_refused() {
    let cyclic = r##"{"lexicon":1,"id":"a.b.c","type":"query","output":{"encoding":"x","schema":
        {"$ref":"#/defs/a"}},"defs":{"a":{"$ref":"#/defs/b"},"b":{"$ref":"#/defs/a"}}}"##;
    let parsed = parse_all(&[cyclic]);
    let error = parsed.diagnostics.iter().find(|found| found.severity == Severity::Error).unwrap();
    assert_eq!((error.code, error.path.as_deref()), ("reference-cycle", Some("defs.a")));
    let bare = defs(
        r##"{"x":{"type":"ref","ref":"#y"},"y":{"type":"ref","ref":"lex:a.b.c#x"},"z":{"type":"ref","ref":"#z"}}"##,
    );
    let codes: Vec<_> = parse_all(&[&bare]).diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, ["reference-cycle", "type-not-allowed", "type-not-allowed"]);
    let query = r#"{"lexicon":1,"id":"d.e.f","defs":{"main":{"type":"query"}}}"#;
    let parsed = parse_all(&[&record(r#"{"x":{"type":"ref","ref":"d.e.f"}}"#), query]);
    assert_eq!(parsed.diagnostics[0].code, "reference-not-data");
    let twice = defs(r#"{"main":{"type":"token"}}"#);
    let parsed = parse_all(&[&twice, &twice]);
    assert_eq!((parsed.diagnostics[0].code, parsed.diagnostics[0].document), ("duplicate-document", Some(1)));
}

#[test]
fn deep_documents_pass_limits_and_no_stack() {
    let nested = |levels: usize| {
        let open = r#"{"type":"object","properties":{"x":"#.repeat(levels);
        defs(&format!(r#"{{"main":{open}{{"type":"string"}}{}}}"#, "}}".repeat(levels)))
    };
    assert_eq!(parse_all(&[&nested(5000)]).diagnostics[0].code, "limit-depth");
    let text = nested(200);
    let schema = schema(&[&text]);
    assert_eq!(schema.len(), 201);
    assert_eq!(language::print(&schema).unwrap().len(), 1);
    let mut budget = Budget::new(Limits { depth: u32::MAX, ..Limits::DEFAULT }, Default::default());
    let parsed = parse(&[nested(5000).as_bytes()], &Options::default(), &mut budget);
    assert_eq!(language::print(&parsed.schema.unwrap()).unwrap_err().code, "limit-depth");
    let long = "n".repeat(1 << 20);
    let text = nested(200).replace("\"x\"", &format!("\"{long}\""));
    let mut budget = Budget::new(Limits { document_bytes: 1 << 30, ..Limits::DEFAULT }, Default::default());
    let parsed = parse(&[text.as_bytes()], &Options::default(), &mut budget);
    assert_eq!(parsed.diagnostics[0].code, "limit-size");
}

#[test]
fn limits_are_coded() {
    let text = defs(r#"{"main":{"type":"token"}}"#);
    let check = |limits: Limits, count: usize, code: &str| {
        let texts = vec![text.as_bytes(); count];
        let parsed = parse(&texts, &Options::default(), &mut Budget::new(limits, Default::default()));
        assert_eq!(parsed.diagnostics[0].code, code);
    };
    check(Limits { documents: 1, ..Limits::DEFAULT }, 2, "limit-documents");
    check(Limits { document_bytes: 10, ..Limits::DEFAULT }, 1, "limit-size");
    check(Limits { steps: 10, ..Limits::DEFAULT }, 1, "limit-steps");
    check(Limits::DEFAULT, 0, "schema-empty");
}

#[test]
fn every_cut_of_a_document_is_refused() {
    let text = record(r#"{"x":{"type":"string","maxLength":5,"description":"é"}}"#);
    for cut in 0..text.len() {
        let parsed = parse(&[&text.as_bytes()[..cut]], &Options::default(), &mut Budget::default());
        assert!(parsed.schema.is_none() && !parsed.diagnostics.is_empty(), "{cut}");
    }
}

#[test]
fn schemas_that_were_built_print() {
    let mut builder = SchemaBuilder::new("atproto");
    let record = builder.vertex("post", Kind::Record);
    let body = builder.vertex("post:body", Kind::Object);
    let text = builder.vertex("post:body.text", Kind::String);
    let reply = builder.vertex("reply", Kind::Object);
    builder.vertex_mut(record).nsid = Some("a.b.post".into());
    builder.vertex_mut(reply).nsid = Some("a.b.post#reply".into());
    builder.edge(record, body, EdgeKind::RecordSchema, None);
    builder.edge(body, text, EdgeKind::Prop, Some("text")).required = true;
    builder.edge(body, reply, EdgeKind::Prop, Some("reply"));
    builder.edge(reply, reply, EdgeKind::Prop, Some("parent"));
    let printed = language::print(&builder.clone().finish().unwrap()).unwrap();
    let [document] = printed.as_slice() else { panic!("{printed:?}") };
    let again = schema(&[document]);
    let reply = again.find("a.b.post#reply").unwrap();
    assert_eq!(again.resolve(again.edge_named(reply, "parent").unwrap().tgt).vertex, reply);

    let check = |change: fn(&mut SchemaBuilder)| {
        let mut builder = builder.clone();
        change(&mut builder);
        let error = language::print(&builder.finish().unwrap()).unwrap_err();
        assert_eq!(error.code, "not-printable", "{error}");
    };
    check(|builder| builder.vertex_mut(crate::schema::VertexId(1)).openness = Openness::Closed);
    check(|builder| builder.vertex_mut(crate::schema::VertexId(2)).kind = Kind::Number);
    check(|builder| builder.vertex_mut(crate::schema::VertexId(2)).nsid = Some("a.b.post".into()));
    check(|builder| {
        let id = crate::schema::VertexId(1);
        builder.edge(id, id, EdgeKind::Prop, Some("self"));
    });
    check(|builder| {
        let vertex = builder.vertex_mut(crate::schema::VertexId(2));
        let one = crate::value::Json::parse("1").unwrap();
        vertex.constraints.push(crate::schema::Constraint::new(Sort::MaxLength, one));
    });
}
