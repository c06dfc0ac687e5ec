use super::*;
use crate::diff::Diff;
use crate::schema::{Constraint, EdgeKind, Openness, Schema, SchemaBuilder, Sort, VertexId};
use crate::value::Json;

type Vertex = crate::schema::Kind;

/// An object with one optional member `x` that is changed by the test.
fn object(protocol: &str, change: impl Fn(&mut SchemaBuilder)) -> Schema {
    let mut builder = SchemaBuilder::new(protocol);
    let main = builder.vertex("main", Vertex::Object);
    let x = builder.vertex("main.x", Vertex::String);
    builder.edge(main, x, EdgeKind::Prop, Some("x"));
    builder.root("main", main, crate::schema::Role::Value);
    change(&mut builder);
    builder.finish().unwrap()
}

fn limit(builder: &mut SchemaBuilder, sort: Sort, text: &str) {
    builder.vertex_mut(VertexId(1)).constraints.push(Constraint::new(sort, Json::parse(text).unwrap()));
}

fn add(builder: &mut SchemaBuilder, name: &str, kind: Vertex) -> VertexId {
    let vertex = builder.vertex(&format!("main.{name}"), kind);
    builder.edge(VertexId(0), vertex, EdgeKind::Prop, Some(name));
    vertex
}

/// `expected`: backward and forward as `kind code`, or `safe`.
fn check(
    protocol: &str,
    old: impl Fn(&mut SchemaBuilder),
    new: impl Fn(&mut SchemaBuilder),
    expected: [&str; 2],
) {
    let (old, new) = (object(protocol, old), object(protocol, new));
    let verdicts = Verdicts::between(&old, &new, None);
    let text = |verdict: &Verdict| match verdict.findings.as_slice() {
        [] => "safe".to_owned(),
        findings => {
            findings.iter().map(|one| format!("{} {}", one.kind, one.code)).collect::<Vec<_>>().join(", ")
        }
    };
    assert_eq!([text(&verdicts.backward), text(&verdicts.forward)], expected, "{verdicts}");
    for finding in verdicts.backward.findings.iter().chain(&verdicts.forward.findings) {
        assert!(finding.kind != Kind::Breaks || finding.witness.is_some(), "no witness: {finding}");
    }
    serde_json::from_str::<serde_json::Value>(&verdicts.to_json()).unwrap();
    serde_json::from_str::<serde_json::Value>(&published::classify(&old, &new).to_json()).unwrap();
}

const JSON: &str = "json-schema";

#[test]
fn bounds() {
    check(JSON, |_| (), |_| (), ["safe", "safe"]);
    check(JSON, |_| (), |b| limit(b, Sort::MaxLength, "80"), ["breaks bound-narrowed", "safe"]);
    check(
        JSON,
        |b| limit(b, Sort::MaxLength, "300"),
        |b| limit(b, Sort::MaxLength, "80"),
        ["breaks bound-narrowed", "safe"],
    );
    check(
        JSON,
        |b| limit(b, Sort::MaxBytes, "80"),
        |b| limit(b, Sort::MaxLength, "80"),
        ["safe", "unknown bound-narrowed"],
    );
    check(JSON, |_| (), |b| limit(b, Sort::MinLength, "0"), ["safe", "safe"]);
    check(JSON, |_| (), |b| limit(b, Sort::Enum, r#"["a"]"#), ["breaks enum-narrowed", "safe"]);
    check(
        JSON,
        |b| limit(b, Sort::Enum, r#"["a","b"]"#),
        |b| limit(b, Sort::MinLength, "1"),
        ["safe", "breaks enum-narrowed"],
    );
    check(JSON, |_| (), |b| limit(b, Sort::Format, r#""date""#), ["safe", "safe"]);
    check("atproto", |_| (), |b| limit(b, Sort::Format, r#""did""#), ["breaks format-narrowed", "safe"]);
    check(
        "atproto",
        |b| limit(b, Sort::Format, r#""did""#),
        |b| limit(b, Sort::Format, r#""at-identifier""#),
        ["safe", "breaks format-narrowed"],
    );
    let asserted = |text| move |b: &mut SchemaBuilder| limit(b, Sort::AssertedFormat, text);
    check(JSON, |_| (), asserted(r#""date""#), ["breaks format-narrowed", "safe"]);
    check(JSON, asserted(r#""date""#), asserted(r#""date""#), ["safe", "safe"]);
    let noted = |b: &mut SchemaBuilder| limit(b, Sort::Format, r#""date""#);
    check(JSON, noted, asserted(r#""date""#), ["breaks format-narrowed", "safe"]);
    check(
        JSON,
        |b| limit(b, Sort::Pattern, r#""^a""#),
        |b| limit(b, Sort::Pattern, r#""^a""#),
        ["safe", "safe"],
    );
}

#[test]
fn bounds_of_integers() {
    let integer = |sort, text: &'static str| {
        move |b: &mut SchemaBuilder| {
            let x = b.vertex_mut(VertexId(1));
            (x.kind, x.types) = (Vertex::Integer, Vertex::Integer.types());
            limit(b, sort, text);
        }
    };
    let (max, below) = (Sort::Maximum, Sort::ExclusiveMaximum);
    check(JSON, integer(max, "10.5"), integer(max, "10"), ["safe", "safe"]);
    check(JSON, integer(below, "10.5"), integer(max, "10"), ["safe", "safe"]);
    check(JSON, integer(max, "10"), integer(below, "11"), ["safe", "safe"]);
    check(JSON, integer(max, "10"), integer(below, "10.5"), ["safe", "safe"]);
    check(JSON, integer(max, "10"), integer(max, "9.5"), ["breaks bound-narrowed", "safe"]);
    let (min, above) = (Sort::Minimum, Sort::ExclusiveMinimum);
    check(JSON, integer(min, "-0.5"), integer(min, "0"), ["safe", "safe"]);
    check(JSON, integer(above, "-0.5"), integer(above, "-1"), ["safe", "safe"]);
    check(JSON, integer(min, "1"), integer(min, "0.5"), ["safe", "safe"]);
}

#[test]
fn members() {
    let optional = |b: &mut SchemaBuilder| {
        add(b, "y", Vertex::String);
    };
    let required = |b: &mut SchemaBuilder| {
        let y = b.vertex("main.y", Vertex::String);
        b.edge(VertexId(0), y, EdgeKind::Prop, Some("y")).required = true;
    };
    check("atproto", |_| (), optional, ["safe", "safe"]);
    check(JSON, |_| (), optional, ["breaks property-claims-undeclared", "safe"]);
    check("atproto", |_| (), required, ["breaks required-added", "safe"]);
    check(JSON, optional, required, ["breaks required-added", "safe"]);
    let close = |b: &mut SchemaBuilder| b.vertex_mut(VertexId(0)).openness = Openness::Closed;
    check(JSON, |_| (), close, ["breaks object-closed", "safe"]);
    check(
        JSON,
        |b| {
            close(b);
            optional(b);
        },
        close,
        ["breaks member-refused", "safe"],
    );
    check(JSON, |_| (), |b| b.vertex_mut(VertexId(1)).nullable = true, ["safe", "breaks null-refused"]);
    let number = |b: &mut SchemaBuilder| {
        let x = b.vertex_mut(VertexId(1));
        (x.kind, x.types) = (Vertex::Integer, Vertex::Integer.types());
    };
    check(JSON, |_| (), number, ["breaks type-narrowed", "breaks type-narrowed"]);
}

#[test]
fn what_is_not_known_is_never_safe() {
    let taint = |b: &mut SchemaBuilder| {
        let x = b.vertex_mut(VertexId(1));
        x.tainted = true;
        x.extra.push(("not".into(), Json::parse("{}").unwrap()));
    };
    check(JSON, taint, taint, ["safe", "safe"]);
    check(JSON, |_| (), taint, ["unknown keyword-not-modelled", "unknown keyword-not-modelled"]);
    // What is excluded may be null itself.
    let null = |b: &mut SchemaBuilder| {
        let x = b.vertex_mut(VertexId(1));
        (x.kind, x.types) = (Vertex::Null, Vertex::Null.types());
    };
    let nullable = |b: &mut SchemaBuilder| {
        taint(b);
        b.vertex_mut(VertexId(1)).nullable = true;
    };
    check(JSON, null, nullable, ["unknown keyword-not-modelled", "unknown type-narrowed"]);
    let names = |b: &mut SchemaBuilder| {
        nullable(b);
        b.vertex_mut(VertexId(1)).extra = vec![("propertyNames".into(), Json::parse("{}").unwrap())];
    };
    check(JSON, null, names, ["safe", "unknown type-narrowed"]);
    let external = |b: &mut SchemaBuilder| {
        let x = b.vertex_mut(VertexId(1));
        x.kind = Vertex::External;
        x.types = Vertex::External.types();
        x.nsid = Some("other".into());
    };
    check("atproto", external, external, ["unknown external-not-loaded", "unknown external-not-loaded"]);
}

#[test]
fn arms_by_type_and_by_tag() {
    let union = |kinds: &'static [Vertex]| {
        move |b: &mut SchemaBuilder| {
            let x = b.vertex_mut(VertexId(1));
            (x.kind, x.types) = (Vertex::Union, Vertex::Union.types());
            for (at, kind) in kinds.iter().enumerate() {
                let arm = b.vertex(&format!("main.x.{at}"), kind.clone());
                b.edge(VertexId(1), arm, EdgeKind::Variant, None);
            }
        }
    };
    check(
        JSON,
        union(&[Vertex::String, Vertex::Integer]),
        union(&[Vertex::Number, Vertex::String]),
        ["safe", "breaks type-narrowed"],
    );
    check(JSON, |_| (), union(&[Vertex::Null, Vertex::String]), ["safe", "breaks null-refused"]);
    let tagged = |tags: &'static [&'static str], closed: bool| {
        move |b: &mut SchemaBuilder| {
            let x = b.vertex_mut(VertexId(1));
            (x.kind, x.types) = (Vertex::Union, Vertex::Union.types());
            x.openness = if closed { Openness::Closed } else { Openness::Open };
            for tag in tags {
                let arm = b.vertex(&format!("main.x.{tag}"), Vertex::Object);
                b.vertex_mut(arm).nsid = Some((*tag).into());
                b.edge(VertexId(1), arm, EdgeKind::Variant, Some(tag));
            }
        }
    };
    check("atproto", tagged(&["a.b.c"], false), tagged(&["a.b.c", "a.b.d"], false), ["safe", "safe"]);
    let (old, new) =
        (object("atproto", tagged(&["a.b.c", "a.b.d"], true)), object("atproto", tagged(&["a.b.c"], true)));
    let verdicts = Verdicts::between(&old, &new, None);
    assert_eq!((verdicts.backward.kind, verdicts.forward.kind), (Kind::Breaks, Kind::Safe), "{verdicts}");
    assert_eq!(verdicts.backward.findings[0].code, "union-arm-refused");
}

#[test]
fn recursion_is_proved_by_assumption() {
    let tree = |bound: &str| {
        let mut builder = SchemaBuilder::new(JSON);
        let node = builder.vertex("node", Vertex::Object);
        let value = builder.vertex("node.value", Vertex::Integer);
        let next = builder.vertex("node.next", Vertex::Ref);
        builder.edge(node, value, EdgeKind::Prop, Some("value"));
        builder.edge(node, next, EdgeKind::Prop, Some("next"));
        builder.edge(next, node, EdgeKind::Ref, None);
        let bound = Constraint::new(Sort::Maximum, Json::parse(bound).unwrap());
        builder.vertex_mut(value).constraints.push(bound);
        builder.root("main", node, crate::schema::Role::Value);
        builder.finish().unwrap()
    };
    let (narrow, wide) = (tree("1"), tree("2"));
    assert!(included(&narrow, narrow.main(), &wide, wide.main()));
    assert!(!included(&wide, wide.main(), &narrow, narrow.main()));
    let verdicts = Verdicts::between(&wide, &narrow, None);
    assert_eq!(verdicts.backward.kind, Kind::Breaks);
    assert_eq!(verdicts.backward.findings[0].witness.as_ref().unwrap().as_str(), r#"{"value":2}"#);
}

/// Lexicons of records, each with its required members.
fn bundle(documents: &[(&str, &[&str])]) -> Schema {
    let texts: Vec<String> = documents
        .iter()
        .map(|(id, required)| {
            let members: Vec<String> =
                ["x", "y"].iter().map(|name| format!(r#""{name}": {{"type": "string"}}"#)).collect();
            format!(
                r##"{{"lexicon": 1, "id": "{id}", "defs": {{"main": {{"type": "record", "key": "tid", "record":
                    {{"type": "object", "required": {required:?}, "properties": {{{}}}}}}},
                    "part": {{"type": "object", "properties": {{"{}": {{"type": "string"}}}}}}}}}}"##,
                members.join(","),
                id.replace('.', "-"),
            )
        })
        .collect();
    let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
    crate::language::parse("atproto", &texts, &Default::default(), &mut Default::default()).schema.unwrap()
}

#[test]
fn records_of_a_bundle_are_compared_by_their_ids() {
    let codes = |verdict: &Verdict| {
        verdict.findings.iter().map(|one| format!("{} {}", one.code, one.path)).collect::<Vec<_>>()
    };
    let (a, b, c): (_, _, (_, &[&str])) = (("x.y.a", &[][..]), ("x.y.b", &[][..]), ("x.y.c", &[]));
    // Another order is no change, whichever document is the main one.
    let turned = [bundle(&[a, b, c]), bundle(&[b, a, c]), bundle(&[c, b, a])];
    for old in &turned {
        for new in &turned {
            assert!(Diff::between(old, new).is_empty(), "{}", Diff::between(old, new));
            let verdicts = Verdicts::between(old, new, None);
            assert_eq!(
                (verdicts.backward.kind, verdicts.source.kind),
                (Kind::Safe, Kind::Safe),
                "{verdicts}"
            );
        }
    }
    // What breaks does so behind a document that came before it.
    let verdicts = Verdicts::between(&bundle(&[b]), &bundle(&[a, ("x.y.b", &["x"])]), None);
    assert_eq!(codes(&verdicts.backward), ["required-added x"], "{verdicts}");
    assert_eq!(codes(&verdicts.forward), ["definition-added x.y.a"], "{verdicts}");
    // The first one goes: only it is gone.
    let verdicts = Verdicts::between(&bundle(&[a, b]), &bundle(&[b]), None);
    assert_eq!(codes(&verdicts.backward), ["definition-removed x.y.a"], "{verdicts}");
    // Of a new name altogether: the same one under a new name.
    let diff = Diff::between(&bundle(&[a]), &bundle(&[b]));
    assert!(diff.changes().iter().any(|change| change.kind == "nsid-changed"), "{diff}");
}

#[test]
fn documents_without_an_id_are_compared_in_order() {
    let texts = [&br#"{"type": "object"}"#[..], br#"{"type": "string"}"#, br#"{"type": "number"}"#];
    let parse = |texts: &[&[u8]]| {
        crate::language::parse(JSON, texts, &Default::default(), &mut Default::default()).schema.unwrap()
    };
    let whole = parse(&texts);
    assert!(Diff::between(&whole, &whole).is_empty(), "{}", Diff::between(&whole, &whole));
    assert!(!Diff::between(&whole, &parse(&texts[..2])).is_empty());
}

#[test]
fn a_schema_of_no_value_is_in_every_other() {
    let parse = |text: &str| {
        crate::language::parse(JSON, &[text.as_bytes()], &Default::default(), &mut Default::default())
            .schema
            .unwrap()
    };
    let integer = parse(r#"{"type":"integer"}"#);
    for impossible in [
        r#"{"type":"object","required":["a"],"additionalProperties":false}"#,
        r#"{"type":"object","required":["a"],"properties":{"a":false}}"#,
        r##"{"$ref":"#/definitions/b","definitions":{"b":{"type":"object","required":["a"],"properties":{"a":
        {"type":"object","required":["c"],"properties":{"b":{}},"additionalProperties":false}}}}}"##,
    ] {
        let verdicts = Verdicts::between(&parse(impossible), &integer, None);
        assert_eq!(verdicts.backward.kind, Kind::Safe, "{impossible}: {verdicts}");
        assert_eq!(verdicts.forward.kind, Kind::Breaks, "{impossible}: {verdicts}");
    }
    // A name behind a pattern may be there.
    let matched =
        r#"{"type":"object","required":["a"],"patternProperties":{"^a":{}},"additionalProperties":false}"#;
    assert_eq!(Verdicts::between(&parse(matched), &integer, None).backward.kind, Kind::Breaks);
}

#[test]
fn listed_values_are_what_there_is() {
    let parse = |text: &str| {
        crate::language::parse(JSON, &[text.as_bytes()], &Default::default(), &mut Default::default())
            .schema
            .unwrap()
    };
    let kind = |old: &str, new: &str| Verdicts::between(&parse(old), &parse(new), None).backward.kind;
    let (open, closed) = (r#"{"const":{}}"#, r#"{"const":{},"additionalProperties":false}"#);
    assert_ne!(kind(open, closed), Kind::Breaks);
    let list = r#"{"enum":[{"a":"x"},{"a":1}]}"#;
    let text = r#"{"type":"object","properties":{"a":{"type":"string"}}}"#;
    let found = Verdicts::between(&parse(list), &parse(text), None).backward;
    assert_eq!(found.kind, Kind::Breaks);
    assert_eq!(found.findings[0].witness.as_ref().unwrap().as_str(), r#"{"a":1}"#);
}

/// The witness of the first finding against one direction.
fn first_witness(language: &str, old: &str, new: &str, backward: bool) -> (&'static str, String) {
    let parse = |text: &str| {
        let options = crate::language::Options::default();
        let mut budget = crate::limits::Budget::default();
        crate::language::parse(language, &[text.as_bytes()], &options, &mut budget).into_result().unwrap()
    };
    let verdicts = Verdicts::between(&parse(old), &parse(new), None);
    let verdict = if backward { verdicts.backward } else { verdicts.forward };
    let finding = verdict.findings.first().unwrap();
    assert_eq!(finding.kind, Kind::Breaks, "{finding}");
    (finding.code, finding.witness.as_ref().unwrap_or_else(|| panic!("{finding}")).as_str().to_owned())
}

#[test]
fn witnesses_are_values_of_the_root_that_a_finding_is_of() {
    let query = |limit: &str, output: &str| {
        format!(
            r#"{{"lexicon":1,"id":"a.b.c","defs":{{"main":{{"type":"query",
            "parameters":{{"type":"params","properties":{{"limit":{{"type":"integer"{limit}}}}}}},
            "output":{{"encoding":"application/json","schema":{{"type":"object","required":[{output}],
            "properties":{{"it":{{"type":"string"}}}}}}}}}}}}}}"#
        )
    };
    let (open, bound) = (query("", ""), query(r#","maximum":50"#, ""));
    assert_eq!(
        first_witness("atproto", &open, &bound, true),
        ("bound-narrowed", r#"{"limit":1000000000}"#.into())
    );
    // Of a response the new service is the writer.
    let required = query("", r#""it""#);
    assert_eq!(first_witness("atproto", &open, &required, false), ("required-added", "{}".into()));
    let definition = |kind: &str| {
        format!(
            r#"{{"lexicon":1,"id":"a.b.defs","defs":{{"one":{{"type":"object","properties":{{"it":{{"type":"{kind}"}}}}}},
            "two":{{"type":"string"}}}}}}"#
        )
    };
    let found = first_witness("atproto", &definition("string"), &definition("integer"), true);
    assert_eq!(found, ("type-narrowed", r#"{"it":""}"#.into()));
}

#[test]
fn witnesses_of_arms_and_of_matched_names() {
    let closed = |arms: &str| {
        format!(
            r##"{{"lexicon":1,"id":"a.b.c","defs":{{"main":{{"type":"record","key":"tid","record":{{"type":"object",
            "properties":{{"it":{{"type":"union","closed":true,"refs":[{arms}]}}}}}}}},
            "one":{{"type":"object","properties":{{}}}},
            "two":{{"type":"object","required":["x"],"properties":{{"x":{{"type":"integer"}}}}}}}}}}"##
        )
    };
    let (one, both) = (closed(r##""#one""##), closed(r##""#one","#two""##));
    assert_eq!(
        first_witness("atproto", &one, &both, false),
        ("union-arm-refused", r#"{"it":{"$type":"a.b.c#two","x":0}}"#.into())
    );
    let map = |values: &str| {
        format!(
            r#"{{"type":"object","required":["jobs"],"properties":{{"jobs":{{"type":"object","minProperties":2,
            "additionalProperties":false,"patternProperties":{{"^[_a-z][a-z0-9_-]*$":{values}}}}}}}}}"#
        )
    };
    let (any, text) = (map("{}"), map(r#"{"type":"string"}"#));
    let (code, witness) = first_witness("json-schema", &any, &text, true);
    assert_eq!(code, "type-narrowed");
    assert_eq!(witness, r#"{"jobs":{"a":"","x-undeclared-0":0}}"#);
}
