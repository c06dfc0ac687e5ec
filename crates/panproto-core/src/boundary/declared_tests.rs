//! Declarations, enrichment, hints and proposals, on records across the boundary.

use super::tests::call;
use super::versions_tests::{Host, get, json};
use super::wire::Message;
use super::{Handle, Output, Run, Status};

impl Host {
    fn declare<'a>(&self, old: &[u8], new: &[u8], declaration: &'a str) -> Message<'a> {
        Message::map()
            .with("op", "migration.declare")
            .with("old", Message::bin(old.to_vec()))
            .with("new", Message::bin(new.to_vec()))
            .with("declaration", declaration)
    }

    /// The view of a record, and what `put` makes of another view. The laws hold on the record.
    fn both_ways(&mut self, migration: &[u8], record: &str, edited: Option<&str>) -> (String, String) {
        let build =
            Message::map().with("op", "lens.build").with("migration", Message::bin(migration.to_vec()));
        let lens = self.object(build);
        let check = Message::map().with("op", "lens.check").with("lens", Message::bin(lens.clone()));
        let checked = self.ask(check.with("record", record.to_owned()));
        assert_eq!(get(&checked, "holds"), Message::Bool(true), "{checked:?}");
        let open = self.ask(Message::map().with("op", "lens.open").with("lens", Message::bin(lens)));
        let number = |key| match get(&open, key) {
            Message::Int(number) => number as u32,
            other => panic!("{other:?}"),
        };
        let lens = Handle { slot: number("slot"), generation: number("generation") };
        let got = self.run(Run { op: 2, lens, flags: 0 }, record.as_bytes());
        let view = got.first.clone();
        let back = edited.map_or(&view[..], str::as_bytes);
        let mut input = (got.second.len() as u32).to_le_bytes().to_vec();
        input.extend_from_slice(&got.second);
        input.extend_from_slice(back);
        let put = self.run(Run { op: 3, lens, flags: 0 }, &input);
        (String::from_utf8(view).unwrap(), String::from_utf8(put.first).unwrap())
    }

    fn run(&mut self, run: Run, input: &[u8]) -> Output {
        let mut out =
            Output { first: vec![], second: vec![], third: vec![], records: 0, failures: 0, taken: 0 };
        let status = self.session.run(run, input, &mut out);
        assert_eq!(status, Status::Ok, "{:?}", Message::read(&out.first));
        out
    }

    fn enriched(&mut self, schema: &[u8], request: Message<'static>) -> Vec<u8> {
        self.object(request.with("op", "schema.enrich").with("schema", Message::bin(schema.to_vec())))
    }
}

const STRINGS: [&str; 2] = [
    r#""first":{"type":"string"},"last":{"type":"string"},"age":{"type":"integer"}"#,
    r#""fullName":{"type":"string"},"age":{"type":"string"},"active":{"type":"boolean"}"#,
];

#[test]
fn a_declaration_is_json_or_yaml() {
    let mut host = Host::new();
    let (old, new) = (host.schema(STRINGS[0], ""), host.schema(STRINGS[1], r#""active""#));
    let json = r#"{"fields":{"last":null,"first":"fullName"},"defaults":{"active":true}}"#;
    let yaml = "fields:\n  first: fullName\n  last: ~\ndefaults: {active: true}\n";
    let one = host.object(host.declare(&old, &new, json));
    let two = host.object(host.declare(&old, &new, yaml).with("format", "yaml"));
    assert_eq!(one, two);
    let wrong = "fields:\n  first: nowhere\n";
    let request = host.declare(&old, &new, wrong).with("format", "yaml");
    let (status, error) = told(&mut host, request);
    assert_eq!((status, get(&error, "code")), (Status::Error, Message::from("unknown-path")));
    let Message::Array(span) = get(&error, "span") else { panic!("{error:?}") };
    let place = wrong.find("nowhere").unwrap() as u64;
    assert_eq!(span, [Message::from(place), Message::from(place + 7)]);
    let request = host.declare(&old, &new, "a: [").with("format", "yaml");
    assert_eq!(host.refused(request).0, "yaml-syntax");
    let request = host.declare(&old, &new, json).with("format", "xml");
    assert_eq!(host.refused(request).0, "wrong-argument");
}

#[test]
fn a_declaration_computes_both_ways() {
    let mut host = Host::new();
    let (old, new) = (host.schema(STRINGS[0], ""), host.schema(STRINGS[1], r#""active""#));
    let declaration = r#"{
        "fields": {
            "fullName": {"from": ["first", "last"], "expr": "first ++ \" \" ++ last",
                         "inverse": "let parts = split fullName \" \" in {first = head parts, last = join (tail parts) \" \"}"},
            "age": {"to": "age", "expr": "int_to_str v", "inverse": "str_to_int v", "class": "retraction"}
        },
        "defaults": {"active": true}
    }"#;
    let migration = host.object(host.declare(&old, &new, declaration));
    let record = r#"{"first":"Ada","last":"Lovelace","age":36}"#;
    let view = r#"{"age":"36","fullName":"Ada Lovelace","active":true}"#;
    assert_eq!(host.both_ways(&migration, record, None), (view.to_owned(), record.to_owned()));
    let edited = r#"{"age":"37","fullName":"Grace Hopper","active":true}"#;
    let back = r#"{"first":"Grace","last":"Hopper","age":37}"#;
    assert_eq!(host.both_ways(&migration, record, Some(edited)).1, back);
}

/// An answer, or an error.
fn told(host: &mut Host, request: Message<'_>) -> (Status, Message<'static>) {
    let (status, out) = call(&mut host.session, request);
    (status, Message::read(&out).unwrap().into_owned())
}

#[test]
fn what_the_host_reads_of_a_declaration_may_stay_where_it_is_written() {
    let mut host = Host::new();
    let (old, new) = (host.schema(STRINGS[0], ""), host.schema(STRINGS[0], ""));
    let text = r#"{"source": {"x": 1}, "target": [], "language": "atproto", "fields": {"nothing": "age"}}"#;
    let (status, answer) = {
        let request = host.declare(&old, &new, text);
        told(&mut host, request)
    };
    assert_eq!((status, get(&answer, "code")), (Status::Error, Message::from("unknown-path")));
    let span = Message::array([text.find("\"age\"").unwrap(), text.len() - 2]);
    assert_eq!(get(&answer, "span"), span);
}

#[test]
fn the_schemas_of_a_migration_and_the_json_of_a_document() {
    let mut host = Host::new();
    let (old, new) = (host.schema(STRINGS[0], ""), host.schema(STRINGS[0], r#""age""#));
    let migration = host.object(host.declare(&old, &new, "{}"));
    let schemas = Message::map().with("op", "migration.schemas").with("migration", Message::bin(migration));
    let schemas = host.ask(schemas);
    for (key, digest) in [("source", old), ("target", new)] {
        let schema = get(&schemas, key);
        assert_eq!(get(&schema, "digest"), Message::bin(digest));
        assert_eq!(get(&schema, "protocol"), Message::from("json-schema"));
    }

    let json = |text: &str, format: &str| {
        Message::map()
            .with("op", "document.json")
            .with("document", text.to_owned())
            .with("format", format.to_owned())
    };
    let text = host.ask(json("a: 1\nb: [x, 'y']\n", "yaml"));
    assert_eq!(get(&text, "json"), Message::from(r#"{"a":1,"b":["x","y"]}"#));
    let text = host.ask(json(r#"{"a": 1.50}"#, "json"));
    assert_eq!(get(&text, "json"), Message::from(r#"{"a": 1.50}"#));
    for (text, format, code) in
        [("{", "json", "json-syntax"), ("a: [", "yaml", "yaml-syntax"), ("", "toml", "wrong-argument")]
    {
        assert_eq!(get(&told(&mut host, json(text, format)).1, "code"), Message::from(code));
    }
}

#[test]
fn a_declaration_splits_and_drops_on_a_condition() {
    let mut host = Host::new();
    let old =
        host.schema(r#""name":{"type":"string"},"mail":{"type":"string"},"public":{"type":"boolean"}"#, "");
    let new = host.schema(r#""first":{"type":"string"},"last":{"type":"string"},"mail":{"type":"string"},"public":{"type":"boolean"}"#, "");
    let declaration = r#"{
        "fields": {"name": {"to": ["first", "last"],
            "expr": "let parts = split name \" \" in {first = head parts, last = join (tail parts) \" \"}",
            "inverse": "first ++ \" \" ++ last"}},
        "conditions": {"mail": "public == True"}
    }"#;
    let migration = host.object(host.declare(&old, &new, declaration));
    let record = r#"{"name":"Ada Lovelace","mail":"a@b","public":false}"#;
    let (view, back) = host.both_ways(&migration, record, None);
    assert_eq!(view, r#"{"public":false,"first":"Ada","last":"Lovelace"}"#);
    assert_eq!(back, record);
    assert!(host.both_ways(&migration, r#"{"mail":"a@b","public":true}"#, None).0.contains("a@b"));
}

#[test]
fn a_wrong_declaration_says_where() {
    let mut host = Host::new();
    let (old, new) = (host.schema(STRINGS[0], ""), host.schema(STRINGS[1], ""));
    let mut check = |declaration: &str, code: &str, path: &str| {
        let request = host.declare(&old, &new, declaration);
        assert_eq!(host.refused(request), (code.to_owned(), path.to_owned()), "{declaration}");
    };
    check("[]", "invalid-declaration", "");
    check(r#"{"field": {}}"#, "unknown-member", "field");
    check(r#"{"fields": {"first": "nowhere"}}"#, "unknown-path", "fields.first");
    check(r#"{"fields": {"nobody": "fullName"}}"#, "unknown-path", "fields.nobody");
    check(
        r#"{"fields": {"fullName": {"from": ["first"], "expr": "1 +"}}}"#,
        "expr-syntax",
        "fields.fullName.expr",
    );
    check(
        r#"{"fields": {"fullName": {"from": ["first"], "expr": "len first"}}}"#,
        "expr-type-mismatch",
        "fields.fullName.expr",
    );
    check(
        r#"{"fields": {"fullName": {"from": ["first"], "expr": "abs first"}}}"#,
        "expr-type-mismatch",
        "fields.fullName.expr",
    );
    check(
        r#"{"fields": {"fullName": {"from": ["first"], "expr": "frist"}}}"#,
        "unknown-variable",
        "fields.fullName.expr",
    );
    check(
        r#"{"fields": {"fullName": {"from": ["first"], "expr": "first", "class": "Best"}}}"#,
        "unknown-class",
        "fields.fullName.class",
    );
    check(
        r#"{"fields": {"fullName": {"from": ["first"], "expr": "first", "back": 1}}}"#,
        "unknown-member",
        "fields.fullName.back",
    );
    check(r#"{"fields": {"first": "fullName", "last": "fullName"}}"#, "fields-meet", "fields.last");
    check(r#"{"conditions": {"first": "1"}}"#, "expr-type-mismatch", "conditions.first");
    check(r#"{"defaults": {"nothing": 1}}"#, "unknown-path", "defaults.nothing");
    let request = host.declare(&old, &new, r#"{"fields": {"first": "nowhere"}}"#);
    let (status, out) = super::tests::call(&mut host.session, request);
    assert_eq!(status, Status::Error);
    let error = super::Request::read(&out).unwrap();
    assert_eq!(error.text("kind").unwrap(), "type-check");
    assert_eq!(json(error.get("span").unwrap()), "[21,30]");
}

#[test]
fn expressions_of_schemas_run() {
    let mut host = Host::new();
    let old =
        host.schema(r#""first":{"type":"string"},"last":{"type":"string"},"ok":{"type":"boolean"}"#, "");
    let new = host.schema(
        r#""name":{"type":"string"},"ok":{"type":"string"},"greeting":{"type":"string"}"#,
        r#""greeting""#,
    );
    let graph = host.ask(Message::map().with("op", "schema.graph").with("schema", Message::bin(new.clone())));
    let Message::Array(edges) = get(&graph, "edges") else { panic!() };
    let vertex = |name: &str| {
        let edge = edges.iter().find(|edge| get(edge, "name") == Message::from(name.to_owned())).unwrap();
        match get(edge, "tgt") {
            Message::Str(id) => id.into_owned(),
            other => panic!("{other:?}"),
        }
    };
    let (name, greeting) = (vertex("name"), vertex("greeting"));
    let entry = |id: &str, value: &'static str| Message::Map([(id.to_owned().into(), value.into())].into());
    let flag = Message::map()
        .with("from", "boolean")
        .with("to", "string")
        .with("forward", "if v then \"yes\" else \"no\"")
        .with("inverse", "v == \"yes\"");
    let request = Message::map()
        .with("defaults", entry(&greeting, "\"hello\" ++ \"!\""))
        .with("mergers", entry(&name, "first ++ \" \" ++ last"))
        .with("coercions", Message::array([flag]));
    let rich = host.enriched(&new, request.clone());
    assert_ne!(rich, new);
    // Without them the migration is undecided.
    let plain = host.between(&old, &new, &[]);
    let build = Message::map().with("op", "lens.build").with("migration", Message::bin(plain));
    assert_eq!(host.refused(build).0, "migration-undecided");
    let migration = host.between(&old, &rich, &[]);
    let record = r#"{"first":"Ada","last":"Lovelace","ok":true}"#;
    let view = r#"{"ok":"yes","name":"Ada Lovelace","greeting":"hello!"}"#;
    let edited = r#"{"ok":"no","name":"Ada Lovelace","greeting":"hello!"}"#;
    let back = r#"{"first":"Ada","last":"Lovelace","ok":false}"#;
    assert_eq!(host.both_ways(&migration, record, Some(edited)), (view.to_owned(), back.to_owned()));
    let diff = Message::map()
        .with("op", "diff.published")
        .with("old", Message::bin(new))
        .with("new", Message::bin(rich));
    let diff = host.ask(diff);
    assert_eq!(json(&get(&diff, "added_coercions")), r#"["boolean->string"]"#);
    assert_eq!(json(&get(&diff, "added_mergers")), format!("[{name:?}]"));
    // What cannot be: a default that needs an input, a vertex that is not there, a policy that is none.
    let again = |request: Message<'static>| {
        request.with("op", "schema.enrich").with("schema", Message::bin(old.clone()))
    };
    let unknown = Message::map().with("defaults", entry("nobody", "1"));
    assert_eq!(host.refused(again(unknown)).0, "unknown-vertex");
    let policy = Message::map().with("policies", entry("string", "Win"));
    assert_eq!(host.refused(again(policy)), ("invalid-policy".into(), "policies.string".into()));
    let syntax = Message::map()
        .with("policies", Message::map().with("string", Message::map().with("Custom", "left +")));
    assert_eq!(host.refused(again(syntax)).0, "expr-syntax");
}

#[test]
fn policies_decide_where_two_values_meet() {
    let mut host = Host::new();
    let old = host.schema(r#""a":{"type":"string"},"b":{"type":"string"}"#, "");
    let new = host.schema(r#""c":{"type":"string"}"#, "");
    let declaration = r#"{"fields": {"a": "c", "b": "c"}}"#;
    let mut check = |policy: Message<'static>, record: &str, view: &str| {
        let policies = Message::map().with("string", policy);
        let rich = host.enriched(&new, Message::map().with("policies", policies));
        let migration = host.object(host.declare(&old, &rich, declaration));
        assert_eq!(host.both_ways(&migration, record, None), (view.to_owned(), record.to_owned()));
    };
    let record = r#"{"a":"x","b":"y"}"#;
    check("KeepLeft".into(), record, r#"{"c":"x"}"#);
    check("KeepRight".into(), record, r#"{"c":"y"}"#);
    check("Fail".into(), r#"{"a":"x","b":"x"}"#, r#"{"c":"x"}"#);
    check(Message::map().with("Custom", "left ++ \"/\" ++ right"), record, r#"{"c":"x/y"}"#);
    // Values that differ fail the record.
    let rich = host.enriched(&new, Message::map().with("policies", Message::map().with("string", "Fail")));
    let migration = host.object(host.declare(&old, &rich, declaration));
    let coverage = Message::map().with("op", "migration.coverage").with("migration", Message::bin(migration));
    let told = host.ask(coverage.with("records", "{\"a\":\"x\",\"b\":\"y\"}\n{\"a\":\"x\",\"b\":\"x\"}"));
    assert_eq!(get(&told, "succeeded"), Message::from(1_u32), "{told:?}");
    assert!(json(&get(&told, "failures.0.reason")).contains("ExprEvalFailed"), "{told:?}");
}

#[test]
fn hints_by_vertices_decide_restrict_and_rank() {
    let mut host = Host::new();
    let old = host.schema(r#""nick":{"type":"string"},"text":{"type":"string"}"#, "");
    let new =
        host.schema(r#""alias":{"type":"string"},"text":{"type":"string"},"body":{"type":"string"}"#, "");
    let graph = |host: &mut Host, schema: &[u8]| {
        let graph = Message::map().with("op", "schema.graph").with("schema", Message::bin(schema.to_vec()));
        let Message::Array(edges) = get(&host.ask(graph), "edges") else { panic!() };
        edges
            .iter()
            .map(|edge| (json(&get(edge, "name")), json(&get(edge, "tgt"))))
            .collect::<crate::ordered::BTreeMap<_, _>>()
    };
    let (left, right) = (graph(&mut host, &old), graph(&mut host, &new));
    let ask = |spec: String| {
        Message::map()
            .with("op", "migration.between")
            .with("old", Message::bin(old.clone()))
            .with("new", Message::bin(new.clone()))
            .with("hint_spec", spec)
    };
    let renames = |answer: &Message<'_>| {
        let Message::Array(changes) = get(answer, "changes") else { panic!() };
        let kept = changes.iter().filter(|change| get(change, "kind") == Message::from("rename"));
        kept.map(|change| format!("{}>{}", json(&get(change, "from")), json(&get(change, "to"))))
            .collect::<Vec<_>>()
    };
    let (nick, alias, text) = (&left["\"nick\""], &right["\"alias\""], &right["\"text\""]);
    let anchored = host.ask(ask(format!(r#"{{"anchors": {{{nick}: {alias}}}}}"#)));
    assert_eq!(renames(&anchored), [r#""nick">"alias""#]);
    // An excluded target is nobody's, even of the same name.
    let excluded =
        host.ask(ask(format!(r#"{{"constraints": [{{"type": "exclude_targets", "vertices": [{text}]}}]}}"#)));
    assert_eq!(get(&excluded, "decided"), Message::Bool(false), "{excluded:?}");
    let old_text = &left["\"text\""];
    let gone = host.ask(ask(format!(
        r#"{{"constraints": [{{"type": "exclude_sources", "vertices": [{old_text}, {nick}]}}]}}"#
    )));
    assert_eq!(get(&gone, "decided"), Message::Bool(true), "{gone:?}");
    assert_eq!(host.refused(ask(r#"{"anchors": {"no": "no"}}"#.to_owned())).0, "unknown-vertex");
    assert_eq!(host.refused(ask(r#"{"anchor": {}}"#.to_owned())).0, "invalid-hint");
    // Proposals hold the hints that would accept them, and none is accepted.
    let candidates = |spec: &str| {
        Message::map()
            .with("op", "migration.candidates")
            .with("old", Message::bin(old.clone()))
            .with("new", Message::bin(new.clone()))
            .with("stringency", "exploratory")
            .with("hint_spec", spec.to_owned())
    };
    let spec = r#"{"alias_clusters": [["nick", "alias"]], "constraints": [{"type": "prefer", "predicate": {"kind": "same_kind"}, "weight": 0.5}]}"#;
    let told = host.ask(candidates(spec));
    assert_eq!(json(&get(&told, "candidates.0.hints")), r#"{"nick":"alias"}"#, "{told:?}");
    assert_eq!(json(&get(&told, "candidates.1.hints")), r#"{"nick":null}"#);
    let score = |at: usize| match get(&told, &format!("candidates.{at}.score")) {
        Message::Float(score) => score,
        other => panic!("{other:?}"),
    };
    assert!(score(0) > score(1) && score(0) < 1.0);
    let span = Message::map()
        .with("op", "migration.span")
        .with("old", Message::bin(old.clone()))
        .with("new", Message::bin(new.clone()));
    let span = host.ask(span);
    assert_eq!(get(&span, "is_total"), Message::Bool(false));
    assert_eq!(get(&span, "proven_optimal"), Message::Bool(false));
    assert_eq!(json(&get(&span, "apex_edges.0.name")), "\"text\"");
    let itself = Message::map()
        .with("op", "migration.span")
        .with("old", Message::bin(old.clone()))
        .with("new", Message::bin(old.clone()));
    let itself = host.ask(itself);
    assert_eq!(get(&itself, "is_total"), Message::Bool(true));
    assert_eq!(get(&itself, "apex_digest"), get(&itself, "apex.digest"));
}
