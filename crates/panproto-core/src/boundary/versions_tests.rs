//! Migrations between versions, asked across the boundary: coverage, graphs, verdicts with a migration.

use super::tests::call;
use super::wire::Message;
use super::{Request, Session, Status};
use crate::limits::Limits;

pub(super) struct Host {
    pub(super) session: Session,
}

impl Host {
    pub(super) fn new() -> Host {
        Host { session: Session::new(Limits::DEFAULT) }
    }

    pub(super) fn ask(&mut self, request: Message<'_>) -> Message<'static> {
        let (status, out) = call(&mut self.session, request);
        let answer = Message::read(&out).unwrap().into_owned();
        assert_eq!(status, Status::Ok, "{answer:?}");
        answer
    }

    pub(super) fn refused(&mut self, request: Message<'_>) -> (String, String) {
        let (status, out) = call(&mut self.session, request);
        assert_eq!(status, Status::Error, "{:?}", Message::read(&out));
        let error = Request::read(&out).unwrap();
        let text = |key| error.optional_text(key).unwrap().unwrap_or_default().to_owned();
        (text("code"), text("path"))
    }

    pub(super) fn object(&mut self, request: Message<'_>) -> Vec<u8> {
        match get(&self.ask(request), "digest") {
            Message::Bin(bytes) => bytes.into_owned(),
            other => panic!("{other:?}"),
        }
    }

    /// A JSON Schema of an object with these properties.
    pub(super) fn schema(&mut self, properties: &str, required: &str) -> Vec<u8> {
        let text = format!(r#"{{"type":"object","properties":{{{properties}}},"required":[{required}]}}"#);
        let request = Message::map().with("op", "schema.parse").with("language", "json-schema");
        self.object(request.with("documents", Message::array([text])))
    }

    pub(super) fn between(
        &mut self,
        old: &[u8],
        new: &[u8],
        hints: &[(&'static str, &'static str)],
    ) -> Vec<u8> {
        let hints = hints.iter().fold(Message::map(), |map, (from, to)| map.with(from, *to));
        let request = Message::map().with("op", "migration.between").with("hints", hints);
        self.object(request.with("old", Message::bin(old.to_vec())).with("new", Message::bin(new.to_vec())))
    }
}

pub(super) fn get(message: &Message<'_>, path: &str) -> Message<'static> {
    path.split('.').fold(message.clone().into_owned(), |message, key| match message {
        Message::Map(mut members) => members.remove(key).unwrap_or(Message::Nil),
        Message::Array(items) => items.into_iter().nth(key.parse().unwrap()).unwrap_or(Message::Nil),
        _ => Message::Nil,
    })
}

pub(super) fn json(message: &Message<'_>) -> String {
    let mut out = Vec::new();
    message.write_json(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn coverage_tells_both_published_forms() {
    let mut host = Host::new();
    let old = host.schema(r#""text":{"type":"string"}"#, r#""text""#);
    let new = host.schema(r#""body":{"type":"string","maxLength":3}"#, r#""body""#);
    let migration = host.between(&old, &new, &[("text", "body")]);
    let request = Message::map().with("op", "migration.coverage").with("migration", Message::bin(migration));
    let lines = "{\"text\":\"abc\"}\n{\"text\":\"abcd\"}\n{}\n";
    let answer = host.ask(request.clone().with("records", lines));
    let told = ["total", "succeeded", "failed", "src_vertices", "tgt_vertices"];
    assert_eq!(told.map(|key| get(&answer, key)), [3_u32, 1, 2, 2, 2].map(Message::from));
    assert_eq!(
        json(&get(&answer, "errors.1")),
        r#""record 2: `body`: the target requires `body`, and there is no value for it""#
    );
    assert_eq!(
        json(&get(&answer, "report.failed")),
        r#"[{"reason":{"ConstraintViolation":{"constraint":"too-long","value":"\"abcd\""}},"record_id":1},{"reason":{"MissingRequiredField":{"field":"body"}},"record_id":2}]"#
    );
    // An array of records is the same.
    let records = lines.lines().collect::<Vec<_>>();
    let again = host.ask(request.with("records", Message::array(records)));
    assert_eq!(get(&again, "codes"), get(&answer, "codes"));
}

#[test]
fn the_cheapest_route_runs() {
    let mut host = Host::new();
    let string = |name: &str| format!(r#""{name}":{{"type":"string"}}"#);
    let v1 = host.schema(&format!("{},{}", string("a"), string("gone")), "");
    let v2 = host.schema(&string("b"), "");
    let v3 = host.schema(&string("c"), "");
    let first = host.between(&v1, &v2, &[("a", "b")]);
    let second = host.between(&v2, &v3, &[("b", "c")]);
    let edge = |source: &'static str, target: &'static str| {
        Message::map().with("source", source).with("target", target)
    };
    let edges = || {
        Message::array([
            edge("v1", "v3").with("cost", 9_u32).with("name", "direct"),
            edge("v1", "v2").with("migration", Message::bin(first.clone())),
            edge("v2", "v3").with("migration", Message::bin(second.clone())).with("name", "rename"),
        ])
    };
    let ask = |op: &'static str, from: &'static str, to: &'static str| {
        Message::map().with("op", op).with("edges", edges()).with("source", from).with("target", to)
    };
    let found = host.ask(ask("graph.path", "v1", "v3"));
    // The first drops a member, the second only renames.
    assert_eq!(json(&found), r#"{"cost":1.0,"edges":[1,2],"steps":["v1 -> v2","rename"]}"#);
    assert_eq!(get(&host.ask(ask("graph.distance", "v1", "v3")), "distance"), Message::Float(1.0));
    assert_eq!(get(&host.ask(ask("graph.distance", "v3", "v1")), "distance"), Message::Float(f64::INFINITY));
    assert_eq!(host.refused(ask("graph.path", "v3", "v1")).0, "no-conversion-path");
    assert_eq!(host.refused(ask("graph.path", "v1", "v9")).0, "unknown-version");
    assert_eq!(host.refused(ask("graph.lens", "v1", "v1")).0, "nothing-to-convert");
    let lens = host.object(ask("graph.lens", "v1", "v3"));
    let check = Message::map().with("op", "lens.check").with("lens", Message::bin(lens));
    let held = host.ask(check.with("record", r#"{"a":"x","gone":"y"}"#));
    assert_eq!(get(&held, "holds"), Message::Bool(true));
    // A chain as the last edge: it runs over what comes before it.
    let chain = r#"[{"rename_field":{"parent":"","old":"b","new":"c"}}]"#;
    let chained = Message::array([
        edge("v1", "v2").with("migration", Message::bin(first.clone())),
        edge("v2", "v3").with("chain", chain),
    ]);
    let request = Message::map().with("op", "graph.lens").with("source", "v1").with("target", "v3");
    let chained = host.object(request.clone().with("edges", chained));
    let check = Message::map().with("op", "lens.check").with("lens", Message::bin(chained));
    assert_eq!(get(&host.ask(check.with("record", r#"{"a":"x"}"#)), "holds"), Message::Bool(true));
    let bare = Message::array([edge("v1", "v3").with("cost", 1_u32)]);
    assert_eq!(
        host.refused(request.clone().with("edges", bare)),
        ("edge-not-executable".into(), "edges[0]".into())
    );
    let costless = Message::array([edge("v1", "v3")]);
    assert_eq!(
        host.refused(request.with("edges", costless)),
        ("missing-argument".into(), "edges[0].cost".into())
    );
}

#[test]
fn a_verdict_says_what_its_migration_repairs() {
    let mut host = Host::new();
    let old = host.schema(r#""text":{"type":"string"}"#, r#""text""#);
    let new = host.schema(r#""body":{"type":"string"}"#, r#""body""#);
    let verdict = |old: &[u8], new: &[u8]| {
        Message::map()
            .with("op", "verdict")
            .with("old", Message::bin(old.to_vec()))
            .with("new", Message::bin(new.to_vec()))
    };
    let plain = host.ask(verdict(&old, &new));
    assert_eq!(get(&plain, "backward.kind"), Message::from("breaks"));
    assert_eq!(get(&plain, "backward.findings.0.repaired_by_migration"), Message::Nil);
    let migration = host.between(&old, &new, &[("text", "body")]);
    let told = host.ask(verdict(&old, &new).with("migration", Message::bin(migration.clone())));
    for direction in ["backward", "forward"] {
        let Message::Array(findings) = get(&told, &format!("{direction}.findings")) else { panic!() };
        assert!(!findings.is_empty());
        for finding in findings {
            assert_eq!(get(&finding, "repaired_by_migration"), Message::Bool(true), "{finding:?}");
        }
    }
    // A bound that old records pass is not repaired by keeping the member.
    let narrow = host.schema(r#""text":{"type":"string","maxLength":3}"#, r#""text""#);
    let keeping = host.between(&old, &narrow, &[]);
    let told = host.ask(verdict(&old, &narrow).with("migration", Message::bin(keeping)));
    assert_eq!(get(&told, "backward.findings.0.repaired_by_migration"), Message::Bool(false), "{told:?}");
    // One of other schemas says nothing here.
    let wrong = verdict(&old, &narrow).with("migration", Message::bin(migration));
    assert_eq!(host.refused(wrong), ("migration-of-other-schemas".into(), "new".into()));
}
