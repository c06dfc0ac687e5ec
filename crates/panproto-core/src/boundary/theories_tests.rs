//! Theories across the boundary.

use super::tests::call;
use super::wire::Message;
use super::{Session, Status};
use crate::limits::Limits;

/// Calls an operation with text arguments.
fn ask(op: &'static str, arguments: &[(&'static str, &str)]) -> Result<Message<'static>, String> {
    let mut session = Session::new(Limits::DEFAULT);
    let request =
        arguments.iter().fold(Message::map().with("op", op), |map, (key, value)| map.with(key, *value));
    let (status, out) = call(&mut session, request);
    let answer = Message::read(&out).unwrap().into_owned();
    if status == Status::Ok { Ok(answer) } else { Err(text(&answer, "code").to_owned()) }
}

fn member<'m>(message: &'m Message<'static>, key: &str) -> &'m Message<'static> {
    let Message::Map(members) = message else { panic!("not a map: {message:?}") };
    &members[key]
}

fn text<'m>(message: &'m Message<'static>, key: &str) -> &'m str {
    let Message::Str(text) = member(message, key) else { panic!("`{key}` is no text: {message:?}") };
    text
}

const MONOID: &str = r#"{"name":"Mon","sorts":["M"],"ops":[{"name":"e","inputs":[],"output":"M"},{"name":"m","inputs":[["a","M"],["b","M"]],"output":"M"}],
    "directed_eqs":[{"name":"l","lhs":"m(e(), x)","rhs":"x"},{"name":"r","lhs":"m(x, e())","rhs":"x"},{"name":"a","lhs":"m(m(x, y), z)","rhs":"m(x, m(y, z))"}]}"#;
const DOC: &str = r#"{"name":"ThA","sorts":["Doc","Tag"],"ops":[{"name":"primary","inputs":[["d","Doc"]],"output":"Tag"}]}"#;
const PAGE: &str =
    r#"{"name":"ThB","sorts":["Page","Tag"],"ops":[{"name":"main","inputs":[["p","Page"]],"output":"Tag"}]}"#;
const RENAME: &str = r#"{"name":"f","domain":"ThA","codomain":"ThB","sort_map":{"Doc":"Page","Tag":"Tag"},"op_map":{"primary":"main"}}"#;

#[test]
fn theories_are_created_checked_and_listed() {
    let found = ask("theory.check", &[("theory", MONOID)]).unwrap();
    assert_eq!(member(&found, "valid"), &Message::Bool(true));
    assert!(text(&found, "rewriting").contains(r#""confluence":"Proved""#));
    assert_eq!(text(&ask("theory.create", &[("theory", DOC)]).unwrap(), "name"), "ThA");
    let broken = DOC.replace("\"output\":\"Tag\"", "\"output\":\"Nothing\"");
    assert_eq!(ask("theory.create", &[("theory", &broken)]).unwrap_err(), "unknown-sort");
    let found = ask("theory.check", &[("theory", &broken)]).unwrap();
    assert_eq!(text(member(&found, "diagnostic"), "code"), "unknown-sort");
    let extended = r#"{"name":"Mine","extends":["ThGraph"],"sorts":["Extra"]}"#;
    let Message::Array(sorts) =
        member(&ask("theory.create", &[("theory", extended)]).unwrap(), "sorts").clone()
    else {
        panic!("no list")
    };
    assert_eq!(sorts.len(), 3);
    let cyclic = r#"{"name":"ThGraph","extends":["ThGraph"]}"#;
    assert_eq!(ask("theory.create", &[("theory", cyclic)]).unwrap_err(), "theory-cycle");
    assert_eq!(text(&ask("theory.builtin", &[("name", "ThGraph")]).unwrap(), "name"), "ThGraph");
    let both = ask("theory.builtin", &[("protocol", "atproto")]).unwrap();
    assert_eq!(text(member(&both, "schema"), "name"), "ThATProtoSchema");
    assert_eq!(ask("theory.builtin", &[("name", "no")]).unwrap_err(), "unknown-theory");
}

#[test]
fn terms_are_typed_rewritten_and_compared() {
    let context = r#"[["x","M"]]"#;
    let found =
        ask("theory.term", &[("theory", MONOID), ("term", "m(x, e())"), ("context", context)]).unwrap();
    assert_eq!(text(&found, "output_sort"), "M");
    let found = ask("theory.term", &[("theory", MONOID), ("term", "m(y, e())")]).unwrap();
    assert_eq!(member(&found, "well_formed"), &Message::Bool(false));
    let found = ask("theory.normalize", &[("theory", MONOID), ("term", "m(m(x, e()), y)")]).unwrap();
    assert_eq!(text(&found, "text"), "m(x, y)");
    let sides = [("theory", MONOID), ("lhs", "m(m(x, e()), y)"), ("rhs", "m(x, y)")];
    let witness = text(&found, "witness").to_owned();
    let mut with = sides.to_vec();
    with.push(("witness", &witness));
    assert_eq!(member(&ask("theory.witness", &with).unwrap(), "valid"), &Message::Bool(true));
    assert_eq!(member(&ask("theory.prove", &sides).unwrap(), "proved"), &Message::Bool(true));
    let found = ask("theory.prove", &[("theory", MONOID), ("lhs", "m(x, y)"), ("rhs", "m(y, x)")]).unwrap();
    assert!(text(&found, "json").contains("NormalForms"));
    let found =
        ask("theory.substitute", &[("term", r#"{"Var":"x"}"#), ("variable", "x"), ("replacement", "e()")]);
    assert_eq!(text(&found.unwrap(), "json"), r#"{"App":{"op":"e","args":[]}}"#);
}

#[test]
fn morphisms_are_checked_composed_and_split() {
    let ends = [("morphism", RENAME), ("domain", DOC), ("codomain", PAGE)];
    let found = ask("theory.morphism", &ends).unwrap();
    assert_eq!((member(&found, "valid"), member(&found, "error")), (&Message::Bool(true), &Message::Nil));
    let Message::Array(steps) = ask("theory.factorize", &ends).unwrap() else { panic!("no list") };
    assert_eq!(text(&steps[0], "name"), "rename_sort_Doc_Page");
    assert_eq!(text(&steps[0], "transform"), r#"{"RenameSort":{"old":"Doc","new":"Page"}}"#);
    let all: Vec<&str> = steps.iter().map(|step| text(step, "json")).collect();
    let all = format!("[{}]", all.join(","));
    let found = ask("theory.apply", &[("theory", DOC), ("transform", &all)]).unwrap();
    assert!(text(&found, "json").contains("\"main\""));
    let error = ask("theory.apply", &[("theory", DOC), ("transform", r#"{"DropSort":"Tag"}"#)]).unwrap_err();
    assert_eq!(error, "unknown-sort");
    let back = RENAME.replace("ThA", "X").replace("ThB", "ThA").replace("\"X\"", "\"ThB\"");
    let back = back
        .replace(r#""Doc":"Page""#, r#""Page":"Doc""#)
        .replace(r#""primary":"main""#, r#""main":"primary""#);
    let found = ask("theory.compose", &[("first", RENAME), ("second", &back)]).unwrap();
    assert!(text(&found, "json").contains(r#""Doc":"Doc""#));
    assert_eq!(
        ask("theory.compose", &[("first", RENAME), ("second", RENAME)]).unwrap_err(),
        "compose-mismatch"
    );
    let Message::Array(renames) = ask("theory.renames", &[("morphism", RENAME)]).unwrap() else {
        panic!("no list")
    };
    assert_eq!(text(&renames[0], "site"), "VertexKind");
    let alpha = r#"{"name":"a","source":"f","target":"f","components":{"Doc":"x","Tag":"x"}}"#;
    let squares = [
        ("transformation", alpha),
        ("source", RENAME),
        ("target", RENAME),
        ("domain", DOC),
        ("codomain", PAGE),
    ];
    assert_eq!(member(&ask("theory.natural", &squares).unwrap(), "valid"), &Message::Bool(true));
    let found = ask("theory.natural_compose", &[("first", alpha), ("second", alpha)]).unwrap();
    assert!(text(&found, "json").contains(r#""Doc":{"Var":"x"}"#));
}

#[test]
fn theories_are_glued_and_intersected() {
    let shared = r#"{"name":"S","sorts":["Tag"]}"#;
    let found = ask("theory.colimit", &[("left", DOC), ("right", PAGE), ("shared", shared)]).unwrap();
    assert!(matches!(member(&found, "sorts"), Message::Array(sorts) if sorts.len() == 3));
    let f = r#"{"name":"f","domain":"S","codomain":"ThA","sort_map":{"Tag":"Tag"},"op_map":{}}"#;
    let g = r#"{"name":"g","domain":"S","codomain":"ThB","sort_map":{"Tag":"Tag"},"op_map":{}}"#;
    let one = r#"{"name":"X","sorts":["P"],"ops":[{"name":"s","inputs":[["p","P"]],"output":"P"}]}"#;
    let u = r#"{"name":"u","domain":"ThA","codomain":"X","sort_map":{"Doc":"P","Tag":"P"},"op_map":{"primary":"s"}}"#;
    let v = r#"{"name":"v","domain":"ThB","codomain":"X","sort_map":{"Page":"P","Tag":"P"},"op_map":{"main":"s"}}"#;
    let square = [("left", DOC), ("right", PAGE), ("f", f), ("g", g), ("u", u), ("v", v), ("apex", one)];
    let found = ask("theory.pushout", &square).unwrap();
    assert_eq!(member(&found, "commutes"), &Message::Bool(true));
    assert!(text(&found, "mediating").contains(r#""Page":"P""#));
    let found = ask("theory.pullback", &[("left", DOC), ("right", PAGE), ("f", u), ("g", v)]).unwrap();
    assert_eq!(member(&found, "commutes"), &Message::Bool(true));
    assert!(matches!(member(&found, "sorts"), Message::Array(sorts) if sorts.len() == 4));
}

#[test]
fn models_are_checked_and_moved() {
    let model = r#"{"sort_interp":{"Page":["a","b"],"Tag":[1]},"op_interp":{"main":[[["a"],1],[["b"],1]]}}"#;
    let found = ask("theory.model_check", &[("theory", PAGE), ("model", model)]).unwrap();
    assert_eq!(member(&found, "holds"), &Message::Bool(true));
    let found = ask("theory.model_check", &[("theory", PAGE), ("model", r#"{"sort_interp":{}}"#)]).unwrap();
    assert_eq!(text(member(&found, "diagnostic"), "code"), "model-carrier");
    let sets = r#"{"Page":["a",1.5,null,true],"Tag":[1]}"#;
    let found = ask("theory.migrate_model", &[("model", sets), ("morphism", RENAME)]).unwrap();
    assert_eq!(text(&found, "json"), r#"{"Doc":["a",1.5,null,true],"Tag":[1]}"#);
    let ends = [("morphism", RENAME), ("domain", DOC), ("codomain", PAGE)];
    let with = |mode: &'static str, model: &'static str| {
        let mut all = ends.to_vec();
        all.extend([("mode", mode), ("model", model)]);
        ask("theory.migrate_model", &all)
    };
    assert!(text(&with("delta", model).unwrap(), "json").contains(r#""primary":[[["a"],1],[["b"],1]]"#));
    let docs = r#"{"sort_interp":{"Doc":["a"],"Tag":[1]},"op_interp":{"primary":[[["a"],1]]}}"#;
    let found = with("sigma", docs).unwrap();
    assert!(text(&found, "json").contains(r#""main":[[["a"],1]]"#));
    assert_eq!(member(member(&found, "unit"), "Doc"), &Message::Array(vec!["\"a\"".into()]));
    let found = with("pi", docs).unwrap();
    assert_eq!(member(member(&found, "counit"), "Tag"), &Message::Array(vec!["1".into()]));
    assert_eq!(with("side", docs).unwrap_err(), "wrong-argument");
    let found = ask("theory.free_model", &[("theory", MONOID)]).unwrap();
    assert!(text(&found, "json").contains(r#""M":["e()"]"#));
    let variables = r#"{"p":["Page","a"]}"#;
    let value = ask(
        "theory.evaluate",
        &[("theory", PAGE), ("model", model), ("term", "main(p)"), ("variables", variables)],
    );
    assert_eq!(text(&value.unwrap(), "json"), "1");
}

#[test]
fn refined_sorts_and_schemas() {
    let sort = |most: u32| format!(r#"{{"base":"integer","constraints":[["maximum","{most}"]]}}"#);
    let found = ask("theory.refinement", &[("sub", &sort(5)), ("super", &sort(9))]).unwrap();
    assert_eq!(member(&found, "holds"), &Message::Bool(true));
    let found = ask("theory.refinement", &[("sub", &sort(9)), ("super", &sort(5))]).unwrap();
    assert_eq!((member(&found, "holds"), text(&found, "witness")), (&Message::Bool(false), "9"));
    let mut session = Session::new(Limits::DEFAULT);
    let steps = Message::array([Message::map().with("op", "vertex").with("id", "a").with("kind", "object")]);
    let request = Message::map().with("op", "schema.build").with("protocol", "atproto").with("steps", steps);
    let (status, out) = call(&mut session, request);
    assert_eq!(status, Status::Ok);
    let digest = member(&Message::read(&out).unwrap().into_owned(), "digest").clone();
    let (status, out) =
        call(&mut session, Message::map().with("op", "theory.schema_model").with("schema", digest));
    assert_eq!(status, Status::Ok);
    let answer = Message::read(&out).unwrap().into_owned();
    assert_eq!(
        (text(&answer, "theory"), member(&answer, "holds")),
        ("ThATProtoSchema", &Message::Bool(true))
    );
}
