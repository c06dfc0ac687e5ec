//! Every operation of the group, as a host calls it.

use crate::boundary::tests::call;
use crate::boundary::wire::Message;
use crate::boundary::{Session, Status};
use crate::limits::Limits;

const OLD: &str = r##"{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"nick":{"type":"string"},
    "orders":{"type":"array","items":{"$ref":"#/$defs/order"}}},
    "$defs":{"order":{"type":"object","properties":{"sku":{"type":"string"},"qty":{"type":"integer","minimum":0}}}}}"##;
const NEW: &str = r##"{"type":"object","properties":{"fullName":{"type":"string"},
    "orders":{"type":"array","items":{"$ref":"#/$defs/order"}}},
    "$defs":{"order":{"type":"object","properties":{"sku":{"type":"string"},"qty":{"type":"integer"}}}}}"##;
const RECORD: &str = r#"{"name":"Ada","orders":[{"sku":"b","qty":10},{"sku":"a","qty":9},{"sku":"c"}],"nick":"N","z":18446744073709551615}"#;

struct Host {
    session: Session,
}

impl Host {
    fn run(&mut self, request: Message<'_>) -> Result<Message<'static>, String> {
        let (status, out) = call(&mut self.session, request);
        let answer = Message::read(&out).unwrap().into_owned();
        match status {
            Status::Ok => Ok(answer),
            _ => Err(text(&answer, "code")),
        }
    }

    #[track_caller]
    fn ok(&mut self, request: Message<'_>) -> Message<'static> {
        self.run(request).unwrap()
    }

    fn schema(&mut self, text: &'static str) -> Message<'static> {
        let request =
            op("schema.parse").with("language", "json-schema").with("documents", Message::array([text]));
        member(&self.ok(request), "digest")
    }
}

fn op(name: &'static str) -> Message<'static> {
    Message::map().with("op", name)
}

#[track_caller]
fn member(answer: &Message<'static>, key: &str) -> Message<'static> {
    let Message::Map(members) = answer else { panic!("{answer:?}") };
    members.get(key).unwrap_or_else(|| panic!("no {key} in {answer:?}")).clone()
}

#[track_caller]
fn text(answer: &Message<'static>, key: &str) -> String {
    match member(answer, key) {
        Message::Str(text) => text.into_owned(),
        other => panic!("{key}: {other:?}"),
    }
}

/// A host with both schemas, and the migration between them.
fn host() -> (Host, Message<'static>, Message<'static>, Message<'static>) {
    let mut host = Host { session: Session::new(Limits::DEFAULT) };
    let (old, new) = (host.schema(OLD), host.schema(NEW));
    let hints = Message::map().with("name", "fullName").with("nick", Message::Nil);
    let request =
        op("migration.between").with("old", old.clone()).with("new", new.clone()).with("hints", hints);
    let migration = member(&host.ok(request), "digest");
    (host, old, new, migration)
}

#[test]
fn records_are_read_written_counted_checked_and_converted() {
    let (mut host, old, ..) = host();
    let read = host.ok(op("instance.read").with("schema", old.clone()).with("record", RECORD));
    let instance = text(&read, "instance");
    assert_eq!((text(&read, "shape").as_str(), member(&read, "elements")), ("wtype", Message::from(12u32)));
    let written = host.ok(op("instance.write").with("instance", instance.clone()));
    assert_eq!(text(&written, "record"), RECORD);
    let count = host.ok(op("instance.count").with("instance", instance.clone()));
    assert_eq!(member(&count, "elements"), Message::from(12u32));

    let check = |host: &mut Host, record: &'static str| {
        let answer = host.ok(op("instance.check").with("schema", old.clone()).with("record", record));
        let Message::Array(issues) = member(&answer, "issues") else { panic!() };
        let told: Vec<String> =
            issues.iter().map(|issue| format!("{} {}", text(issue, "type"), text(issue, "path"))).collect();
        (member(&answer, "valid"), told)
    };
    assert_eq!(check(&mut host, RECORD), (Message::Bool(true), vec![]));
    let (valid, told) = check(&mut host, r#"{"orders":[{"qty":-1},{"qty":"x"},{}]}"#);
    assert_eq!(valid, Message::Bool(false));
    for expected in ["required-missing name", "out-of-range orders[0].qty", "type-mismatch orders[1].qty"] {
        assert!(told.iter().any(|line| line == expected), "{expected}: {told:?}");
    }
    assert_eq!(told.len(), 3);
    let broken = instance.replace("[0,1,", "[0,77,");
    let answer = host.ok(op("instance.check").with("schema", old.clone()).with("instance", broken.clone()));
    assert_eq!(member(&answer, "valid"), Message::Bool(false));
    assert_eq!(host.run(op("instance.write").with("instance", broken)).unwrap_err(), "node-missing");

    for shape in ["functor", "graph"] {
        let converted = host.ok(op("instance.convert")
            .with("schema", old.clone())
            .with("instance", instance.clone())
            .with("to", shape));
        assert_eq!(text(&converted, "shape"), shape);
        let back =
            op("instance.write").with("schema", old.clone()).with("instance", text(&converted, "instance"));
        let back = text(&host.ok(back), "record");
        assert!(back.contains("18446744073709551615") && back.contains(r#"{"sku":"a","qty":9}"#), "{back}");
    }
    let request =
        op("instance.tables").with("schema", old.clone()).with("records", Message::array([RECORD, RECORD]));
    assert_eq!(member(&host.ok(request), "elements"), Message::from(10u32));
    let wrong = op("instance.convert").with("schema", old.clone()).with("record", RECORD).with("to", "cube");
    assert_eq!(host.run(wrong).unwrap_err(), "unknown-shape");
    let wrong = op("instance.read").with("schema", old).with("record", RECORD).with("root", "gone");
    assert_eq!(host.run(wrong).unwrap_err(), "unknown-root");
    assert_eq!(host.run(op("instance.write").with("instance", "{}")).unwrap_err(), "instance-shape");
    assert_eq!(host.run(op("instance.count").with("record", "{}")).unwrap_err(), "missing-argument");
}

#[test]
fn documents_go_through_the_formats_that_are_there() {
    let (mut host, old, ..) = host();
    let Message::Array(formats) = host.ok(op("instance.protocols")) else { panic!() };
    assert_eq!(formats, ["atproto", "json-schema"].map(Message::from));
    let request = op("instance.parse").with("schema", old.clone()).with("protocol", "json-schema");
    let instance = text(&host.ok(request.with("document", Message::bin(RECORD.as_bytes()))), "instance");
    let request = op("instance.emit").with("schema", old.clone()).with("instance", instance.clone());
    let document = member(&host.ok(request.clone().with("protocol", "json-schema")), "document");
    assert_eq!(document, Message::bin(RECORD.as_bytes()));
    assert_eq!(host.run(request.clone().with("protocol", "avro")).unwrap_err(), "unknown-format");
    assert_eq!(host.run(request.with("protocol", "atproto")).unwrap_err(), "wrong-format");
}

#[test]
fn instances_move_along_migrations() {
    let (mut host, _, new, migration) = host();
    let restrict = op("instance.restrict").with("migration", migration.clone()).with("record", RECORD);
    let view = host.ok(restrict);
    let expected = RECORD.replace("\"name\"", "\"fullName\"").replace(",\"nick\":\"N\"", "");
    assert_eq!(text(&view, "record"), expected);
    let section = op("instance.section").with("instance", text(&view, "instance"));
    let whole = host.ok(section.with("complement", text(&view, "complement")));
    assert_eq!(text(&whole, "record"), RECORD);
    let extend = op("instance.extend").with("migration", migration.clone()).with("record", RECORD);
    assert_eq!(host.run(extend).unwrap_err(), "unmapped-vertex");
    let pi = op("instance.pi").with("migration", migration.clone()).with("record", RECORD);
    assert_eq!(text(&host.ok(pi), "record"), expected);

    let mapping = text(&host.ok(op("instance.mapping").with("migration", migration.clone())), "mapping");
    let stated = op("instance.restrict").with("mapping", mapping.clone()).with("target", new);
    let instance = text(
        &host.ok(op("instance.restrict").with("migration", migration.clone()).with("record", RECORD)),
        "instance",
    );
    let read = text(&view, "instance");
    assert_eq!(instance, read);
    assert_eq!(host.run(stated.with("record", RECORD)).unwrap_err(), "missing-argument");

    let fiber = op("instance.fiber")
        .with("migration", migration.clone())
        .with("record", RECORD)
        .with("anchor", "$defs/order");
    let Message::Array(nodes) = host.ok(fiber.clone()) else { panic!() };
    assert_eq!(nodes.len(), 3);
    let some = fiber.clone().with("predicate", "_children_count == 1");
    assert_eq!(host.ok(some), Message::Array(nodes[2..].to_vec()));
    assert_eq!(host.run(fiber.with("predicate", "qty > \"x\"")).unwrap_err(), "expr-type-mismatch");
    let fibers = host.ok(op("instance.fibers").with("migration", migration.clone()).with("record", RECORD));
    assert_eq!(member(&fibers, "$defs/order"), Message::Array(nodes));
    let groups = host.ok(op("instance.groups").with("migration", migration).with("record", RECORD));
    let Message::Array(orders) = member(&groups, "$defs/order") else { panic!() };
    assert_eq!(orders[1], Message::from(r#"{"sku":"a","qty":9}"#));
    let side =
        Message::map().with("instance", read).with("mapping", r##"{"surviving_verts":["$defs/order"]}"##);
    let pairs = host.ok(op("instance.join").with("left", side.clone()).with("right", side));
    assert!(matches!(pairs, Message::Array(pairs) if pairs.len() == 9));
}

#[test]
fn mappings_curry_and_evaluate() {
    let (mut host, old, new, _) = host();
    let maps = host.ok(op("instance.hom").with("old", old.clone()).with("new", new));
    assert_eq!(text(&maps, "protocol"), "hom");
    let stated = r##"{"vertex_map":{"root":"root","root.name":"root.fullName"},"surviving_verts":["$defs/order"],
        "edge_map":[[["root","root.name","prop","name"],["root","root.fullName","prop","fullName"]]]}"##;
    let curried = host.ok(op("instance.curry").with("schema", old.clone()).with("mapping", stated));
    let check = op("instance.check")
        .with("schema", member(&maps, "digest"))
        .with("instance", text(&curried, "instance"));
    assert_eq!(member(&host.ok(check), "valid"), Message::Bool(true));
    let back =
        host.ok(op("instance.eval").with("schema", old.clone()).with("instance", text(&curried, "instance")));
    let again = host.ok(op("instance.curry").with("schema", old).with("mapping", text(&back, "mapping")));
    assert_eq!(again, curried);
}

#[test]
fn queries_run_over_every_shape() {
    let (mut host, old, ..) = host();
    let run = |host: &mut Host, query: &str, shape: &'static str| {
        let request =
            op("instance.convert").with("schema", old.clone()).with("record", RECORD).with("to", shape);
        let instance = text(&host.ok(request), "instance");
        let request = op("query.run").with("instance", instance).with("query", query.to_owned());
        host.run(request.with("schema", old.clone()))
            .map(|answer| (text(&answer, "matches"), member(&answer, "errors")))
    };
    let skus = |matches: &str| -> Vec<String> {
        let parts = matches.split("\"sku\":{\"Str\":\"").skip(1);
        parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
    };
    for shape in ["wtype", "graph", "functor"] {
        let mut skus_of = |query: &str| skus(&run(&mut host, query, shape).unwrap().0);
        assert_eq!(skus_of(r##"{"anchor":"$defs/order"}"##), ["b", "a", "c"], "{shape}");
        // Numbers are ordered as numbers, and the limit comes after.
        assert_eq!(
            skus_of(r##"{"anchor":"$defs/order","group_by":"qty","limit":2}"##),
            ["c", "a"],
            "{shape}"
        );
        assert_eq!(
            skus_of(r##"{"anchor":"$defs/order","predicate":"sku == \"a\" || sku == \"c\""}"##),
            ["a", "c"],
            "{shape}"
        );
        assert_eq!(
            skus_of(
                r##"{"anchor":"root","path":["orders","item"],"predicate":"has_edge self \"qty\" && qty > 9"}"##
            ),
            ["b"],
            "{shape}"
        );
    }
    let (matches, errors) = run(&mut host, r##"{"anchor":"$defs/order","predicate":{"Builtin":["Gte",[{"Var":"qty"},{"Lit":{"Int":10}}]]},"project":["qty"]}"##, "wtype").unwrap();
    assert_eq!(
        matches,
        r##"[{"node_id":3,"anchor":"$defs/order","value":null,"fields":{"qty":{"Int":10}}}]"##
    );
    let Message::Array(errors) = errors else { panic!() };
    let [error] = errors.as_slice() else { panic!("{errors:?}") };
    assert_eq!(
        (text(error, "code").as_str(), member(error, "node")),
        ("expr-type-mismatch", Message::from(9u32))
    );
    for (query, code) in [
        (r#"{"anchor":"root","predicate":"nmae == 1"}"#, "unknown-variable"),
        (r#"{"anchor":"root","limit":-1}"#, "query-shape"),
        (r#"{"anchor":"root","where":"x"}"#, "query-shape"),
        ("{}", "query-shape"),
        ("[]", "query-shape"),
    ] {
        assert_eq!(run(&mut host, query, "wtype").unwrap_err(), code, "{query}");
    }
    let (_, errors) = run(&mut host, r#"{"anchor":"root","predicate":"name"}"#, "wtype").unwrap();
    assert!(matches!(errors, Message::Array(errors) if text(&errors[0], "code") == "predicate-not-boolean"));
}
