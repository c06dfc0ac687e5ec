//! Edits as a host makes them.

use crate::boundary::tests::call;
use crate::boundary::wire::Message;
use crate::boundary::{Session, Status};
use crate::limits::Limits;

const OLD: &str = r#"{"type":"object","properties":{"name":{"type":"string"},"nick":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}}}}"#;
const NEW: &str = r#"{"type":"object","properties":{"fullName":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}}}}"#;

fn run(session: &mut Session, request: Message<'_>) -> Result<Message<'static>, String> {
    let (status, out) = call(session, request);
    let answer = Message::read(&out).unwrap().into_owned();
    if status == Status::Ok { Ok(answer) } else { Err(text(&answer, "code")) }
}

fn member(answer: &Message<'static>, key: &str) -> Message<'static> {
    let Message::Map(members) = answer else { panic!("{answer:?}") };
    members.get(key).unwrap_or_else(|| panic!("no {key} in {answer:?}")).clone()
}

fn text(answer: &Message<'static>, key: &str) -> String {
    match member(answer, key) {
        Message::Str(text) => text.into_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn edits_are_applied_and_translated_both_ways() {
    let session = &mut Session::new(Limits::DEFAULT);
    let op = |name: &'static str| Message::map().with("op", name);
    let mut schema = |text: &'static str| {
        let request =
            op("schema.parse").with("language", "json-schema").with("documents", Message::array([text]));
        member(&run(session, request).unwrap(), "digest")
    };
    let (old, new) = (schema(OLD), schema(NEW));
    let hints = Message::map().with("name", "fullName").with("nick", Message::Nil);
    let request =
        op("migration.between").with("old", old.clone()).with("new", new.clone()).with("hints", hints);
    let migration = member(&run(session, request).unwrap(), "digest");

    let record = r#"{"name":"Ada","nick":"A","tags":["x","y"]}"#;
    let apply = |patch: &'static str| {
        op("edit.apply").with("schema", old.clone()).with("record", record).with("patch", patch)
    };
    let patch = r#"[{"op":"replace","path":"/name","value":"Bea"},{"op":"add","path":"/tags/0","value":"w"},{"op":"remove","path":"/nick"},{"op":"move","from":"/tags/2","path":"/tags/0"}]"#;
    let changed = run(session, apply(patch)).unwrap();
    assert_eq!(text(&changed, "record"), r#"{"name":"Bea","tags":["y","w","x"]}"#);
    for (patch, code) in [
        (r#"[{"op":"remove","path":"/gone"}]"#, "path-not-found"),
        (r#"[{"op":"add","path":"/tags/9","value":1}]"#, "path-not-found"),
        (r#"[{"op":"add","path":"tags","value":1}]"#, "invalid-path"),
        (r#"[{"op":"test","path":""}]"#, "instance-shape"),
        (r#"[{"op":"move","from":"/tags","path":"/tags/0"}]"#, "cycle-detected"),
    ] {
        assert_eq!(run(session, apply(patch)).unwrap_err(), code, "{patch}");
    }

    let opened =
        run(session, op("edit.open").with("migration", migration.clone()).with("record", record)).unwrap();
    assert_eq!(text(&opened, "record"), r#"{"fullName":"Ada","tags":["x","y"]}"#);
    let state = text(&opened, "state");
    assert!(
        !state.contains("Ada") && state.contains("\"A\""),
        "the complement, and nothing that the view shows: {state}"
    );
    let get = |patch: &'static str, state: &str| {
        op("edit.get")
            .with("migration", migration.clone())
            .with("state", state.to_owned())
            .with("patch", patch)
    };
    let absorbed = run(session, get(r#"[{"op":"replace","path":"/nick","value":"B"}]"#, &state)).unwrap();
    assert_eq!(
        (text(&absorbed, "edit").as_str(), member(&absorbed, "absorbed")),
        ("\"Identity\"", Message::Bool(true))
    );
    assert!(text(&absorbed, "state").contains("\"B\""));
    let shown = run(
        session,
        get(
            r#"[{"op":"replace","path":"/name","value":"Bea"},{"op":"add","path":"/tags/-","value":"z"}]"#,
            &text(&absorbed, "state"),
        ),
    )
    .unwrap();
    let view = op("edit.apply")
        .with("schema", new)
        .with("instance", text(&opened, "instance"))
        .with("edit", text(&shown, "edit"));
    assert_eq!(text(&run(session, view).unwrap(), "record"), r#"{"fullName":"Bea","tags":["x","y","z"]}"#);

    let put = op("edit.put").with("migration", migration).with("state", text(&shown, "state"));
    let patch = r#"[{"op":"replace","path":"/fullName","value":"Cy"},{"op":"remove","path":"/tags/0"},{"op":"add","path":"/tags/0","value":"q"}]"#;
    let back = run(session, put.with("patch", patch)).unwrap();
    let request = op("edit.apply")
        .with("schema", old.clone())
        .with("record", r#"{"name":"Bea","nick":"B","tags":["x","y","z"]}"#);
    let request = request.with("edit", text(&back, "edit"));
    // The record's nodes are numbered as they came: `z` was the next one.
    assert_eq!(
        text(&run(session, request).unwrap(), "record"),
        r#"{"name":"Cy","nick":"B","tags":["q","y","z"]}"#
    );
}

#[test]
fn edits_go_through_a_lens_that_computes() {
    let session = &mut Session::new(Limits::DEFAULT);
    let op = |name: &'static str| Message::map().with("op", name);
    let person = r#"{"type":"object","required":["first","last"],"properties":{"first":{"type":"string"},
        "last":{"type":"string"},"nick":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}}}}"#;
    let request =
        op("schema.parse").with("language", "json-schema").with("documents", Message::array([person]));
    let old = member(&run(session, request).unwrap(), "digest");
    let chain = r#"[{"step_type":"compute_field","target":"name","expr":"first ++ \" \" ++ last","coercion":"projection"},{"step_type":"rename_field","name":"nick","target":"alias"}]"#;
    let built = run(session, op("chain.lens").with("schema", old.clone()).with("chain", chain)).unwrap();
    let lens = member(&built, "digest");
    let record = r#"{"first":"Ada","last":"Byron","nick":"countess","tags":["mathematics"]}"#;
    let opened = run(session, op("edit.open").with("lens", lens.clone()).with("record", record)).unwrap();
    let view = text(&opened, "record");
    assert!(view.contains(r#""name":"Ada Byron""#) && view.contains(r#""alias":"countess""#), "{view}");
    let state = text(&opened, "state");
    assert!(
        state.contains("Byron") && !state.contains("countess") && !state.contains("mathematics"),
        "what is computed from, and nothing that is only copied: {state}"
    );
    let translate = |session: &mut Session, verb: &'static str, patch: &'static str| {
        let request = op(verb).with("lens", lens.clone()).with("state", state.clone());
        run(session, request.with("patch", patch)).map(|answer| text(&answer, "edit"))
    };
    let edit = r#"[{"op":"replace","path":"/last","value":"King"}]"#;
    let edit = translate(session, "edit.get", edit).unwrap();
    assert!(edit.contains("Ada King") && !edit.contains("Insert"), "{edit}");
    let edit = r#"[{"op":"replace","path":"/name","value":"Eve"}]"#;
    assert_eq!(translate(session, "edit.put", edit).unwrap_err(), "view-not-representable");
    // What was shown and is only known to the holder of the view cannot become an input.
    let edit = r#"[{"op":"move","from":"/nick","path":"/last"}]"#;
    assert_eq!(translate(session, "edit.get", edit).unwrap_err(), "needs-record");
}
