//! Input that is wrong, through the boundary: every answer is a code, with a path or a span where there is a place.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod host;

use host::{Host, Refused, at, bin, json, op, text};
use panproto_core::boundary::wire::Message;

/// The code, and whether there is a place.
#[track_caller]
fn check(found: &Refused, code: &str, place: bool) {
    assert_eq!(found.code, code, "{found:?}");
    assert!(!found.message.is_empty());
    assert!(!place || found.span || !found.path.is_empty(), "no place: {found:?}");
}

#[test]
fn steps_that_are_no_steps() {
    let mut host = Host::new();
    for (chain, code) in [
        (r#"[{"step_type":"teleport","name":"a"}]"#, "unknown-step"),
        (r#"[{"teleport":{}}]"#, "unknown-step"),
        (r#"[{"step_type":"rename_field","name":"a","target":"b","colour":1}]"#, "unknown-member"),
        (r#"[{"step_type":"rename_field","name":"a"}]"#, "missing-member"),
        (r#"[{"step_type":"rename_field","name":1,"target":"b"}]"#, "wrong-type"),
        (r#"[{"step_type":"scoped","focus":"x","inner":[{"step_type":"nothing"}]}]"#, "unknown-step"),
        (r#"[{"step_type":"apply_expr","name":"a","expr":"1 +"}]"#, "expr-syntax"),
        (r#"[{"step_type":"apply_expr","name":"a","expr":{"Lit":{"Nothing":1}}}]"#, "expr-json"),
        (r#"[{"step_type":"apply_expr","name":"a","expr":"v","coercion":"best"}]"#, "wrong-type"),
        (r#"{"a":1}"#, "missing-member"),
        ("[1]", "wrong-type"),
        ("[", "json-syntax"),
        ("", "json-syntax"),
    ] {
        let found = host.try_ask(op("chain.parse").with("chain", chain));
        let Err(found) = found else { panic!("{chain}: {found:?}") };
        check(&found, code, true);
    }
    // A member that is not there, at the step and place.
    let schema = host.fields(&["a:string"]);
    let chain = r#"[{"rename_field":{"old":"a","new":"b"}},{"remove_field":{"name":"zzz"}}]"#;
    for name in ["chain.lens", "chain.target", "chain.migration", "chain.inverse"] {
        let found = host.refused(op(name).with("chain", chain).with("schema", bin(&schema)));
        check(&found, "field-not-found", true);
        assert!(found.path.contains("steps[1]"), "{name}: {found:?}");
    }
    // Nesting of steps is a limit.
    let deep = format!(
        "{}{}",
        r#"[{"step_type":"scoped","focus":"","inner":"#.repeat(2000),
        "[]".to_owned() + &"}]".repeat(2000)
    );
    check(&host.refused(op("chain.parse").with("chain", &*deep)), "limit-depth", false);
}

#[test]
fn expressions_that_are_wrong() {
    let mut host = Host::new();
    for (expr, code) in [
        ("1 / 0", "division-by-zero"),
        ("1 % 0", "division-by-zero"),
        ("1.5 / 0.0", "division-by-zero"),
        ("(-9223372036854775807 - 1) % -1", "integer-overflow"),
        ("(-9223372036854775807 - 1) / -1", "integer-overflow"),
        ("abs (-9223372036854775807 - 1)", "integer-overflow"),
        ("9223372036854775807 * 2", "integer-overflow"),
        ("1e308 * 10.0", "float-overflow"),
        ("1 + True", "expr-type-mismatch"),
        (r#"len {a = 1}"#, "expr-type-mismatch"),
        (r#"str_to_int "x""#, "not-a-number"),
        ("head []", "empty-list"),
        ("{a = 1}.b", "unknown-field"),
        ("case 3 of { 4 -> 5 }", "no-match"),
        ("1 2", "expr-type-mismatch"),
        ("@nothing 1", "expr-syntax"),
        (r#""open"#, "expr-syntax"),
        (r#""\q""#, "expr-syntax"),
        ("let x = in 1", "expr-syntax"),
        ("if 1 then 2 else 3", "expr-type-mismatch"),
    ] {
        let found = host.try_ask(op("expr.eval").with("expr", expr));
        let Err(found) = found else { panic!("{expr}: {found:?}") };
        check(&found, code, true);
    }
    for (tree, code) in [
        (r#"{"Builtin":["Nothing",[]]}"#, "unknown-function"),
        (r#"{"Builtin":["Add",[]]}"#, "wrong-arity"),
        (r#"{"Lit":{"Int":"x"}}"#, "expr-json"),
        ("[]", "expr-json"),
    ] {
        let found = host.try_ask(op("expr.print").with("ast", tree));
        if let Err(found) = found {
            check(&found, code, true);
        }
    }
}

#[test]
fn limits_are_reached() {
    let mut host = Host::new();
    let mut long = String::from("1");
    long.push_str(&"+1".repeat(100_000));
    for (expr, code) in [
        ("(\\x -> x x) (\\x -> x x)", "limit-depth"),
        ("[1..100000000]", "limit-list"),
        ("length (flat_map (\\x -> [1..1000]) [1..100000])", "limit-list"),
        ("length (map (\\x -> length (map (\\y -> y) [1..1000])) [1..10000])", "limit-steps"),
        ("fold (\\s x -> s ++ s) \"aaaaaaaaaaaaaaaa\" [1..60]", "limit-memory"),
        (&*long, "limit-depth"),
    ] {
        let found = host.try_ask(op("expr.eval").with("expr", expr));
        let Err(found) = found else { panic!("{}: {found:?}", &expr[..60.min(expr.len())]) };
        check(&found, code, false);
    }
    let schema = host.fields(&["a:string", "b:integer", r#"l:{"type":"array","items":{"type":"integer"}}"#]);
    let lens = host.chain(r#"[{"rename_field":{"old":"a","new":"c"}}]"#, &schema);
    let record = format!(r#"{{"a":"{}","l":[{}1]}}"#, "x".repeat(1000), "1,".repeat(1000));
    host.ask(op("limits.set").with("steps", 100_u64));
    check(&host.get(&lens, &record).unwrap_err(), "limit-steps", false);
    host.ask(op("limits.set").with("steps", 2_000_000_000_u64).with("record_bytes", 100_u64));
    check(&host.get(&lens, &record).unwrap_err(), "limit-size", false);
    host.ask(op("limits.set").with("record_bytes", 1_000_000_u64).with("depth", 3_u64));
    check(&host.get(&lens, r#"{"z":[[[[[1]]]]]}"#).unwrap_err(), "limit-depth", true);
    host.ask(op("limits.set").with("depth", 512_u64).with("document_bytes", 50_u64));
    let parse = || {
        let document = format!(r#"{{"type":"object","description":"{}"}}"#, "x".repeat(60));
        op("schema.parse").with("language", "json-schema").with("documents", Message::array([document]))
    };
    check(&host.refused(parse()), "limit-size", false);
    host.ask(op("limits.set").with("document_bytes", 5000_u64).with("documents", 1_u64));
    let lexicon = |id: &str| format!(r#"{{"lexicon":1,"id":"{id}","defs":{{"main":{{"type":"token"}}}}}}"#);
    let two = Message::array([lexicon("com.example.a"), lexicon("com.example.b")]);
    let request = op("schema.parse").with("language", "atproto").with("documents", two);
    check(&host.refused(request), "limit-documents", false);
    host.ask(op("limits.set").with("documents", 10_u64).with("states", 1_u64));
    let other = host.fields(&["c:string", "b:integer", r#"l:{"type":"array","items":{"type":"number"}}"#]);
    check(
        &host.try_ask(Host::between(&schema, &other, &["a>c"])).err().unwrap_or_else(|| {
            let migration = host.object(Host::between(&schema, &other, &["a>c"]));
            host.refused(op("lens.build").with("migration", bin(&migration)))
        }),
        "limit-states",
        false,
    );
    host.ask(op("limits.set").with("states", 1_000_000_u64));
    // What was refused left nothing behind.
    assert_eq!(host.get(&lens, r#"{"a":"x"}"#).unwrap().0, r#"{"c":"x"}"#);
}

#[test]
fn theories_that_are_wrong() {
    let mut host = Host::new();
    for (theory, code) in [
        (r#"{"name":"A","extends":["A"]}"#, "theory-cycle"),
        (r#"{"name":"A","extends":["Nowhere"]}"#, "unknown-theory"),
        (
            r#"{"name":"A","sorts":[{"name":"S","params":[{"name":"x","sort":"T"}]},{"name":"T","params":[{"name":"x","sort":"S"}]}]}"#,
            "sort-cycle",
        ),
        (
            r#"{"name":"A","sorts":["S"],"ops":[{"name":"f","inputs":[["x","T"]],"output":"S"}]}"#,
            "unknown-sort",
        ),
        (
            r#"{"name":"A","sorts":["S"],"ops":[{"name":"f","inputs":[["x","S"]],"output":"S"}],"eqs":[{"name":"e","lhs":"f(x)","rhs":"g(x)"}]}"#,
            "unknown-op",
        ),
        (
            r#"{"name":"A","sorts":["S","T"],"ops":[{"name":"f","inputs":[["x","S"]],"output":"S"},{"name":"g","inputs":[["x","S"]],"output":"T"}],"eqs":[{"name":"e","lhs":"f(x)","rhs":"g(x)"}]}"#,
            "ill-typed-equation",
        ),
        (r#"{"name":"A","sorts":["S"],"colour":1}"#, "invalid-theory"),
        (r#"{"name":"A","sorts":[7]}"#, "invalid-theory"),
        ("[", "json-syntax"),
    ] {
        let found = host.try_ask(op("theory.create").with("theory", theory));
        let Err(found) = found else { panic!("{theory}: {found:?}") };
        check(&found, code, true);
        let told = host.try_ask(op("theory.check").with("theory", theory));
        if let Ok(told) = told {
            assert_eq!(at(&told, "valid"), Message::Bool(false));
            assert_eq!(text(&told, "diagnostic.code"), code);
        }
    }
    // A morphism that breaks an equation says which.
    let f = r#"[{"name":"f","inputs":[["x","S"]],"output":"S"}]"#;
    let domain = format!(
        r#"{{"name":"A","sorts":["S"],"ops":{f},"eqs":[{{"name":"twice","lhs":"f(f(x))","rhs":"f(x)"}}]}}"#
    );
    let codomain = format!(r#"{{"name":"B","sorts":["S"],"ops":{f}}}"#);
    let morphism = r#"{"name":"m","domain":"A","codomain":"B","sort_map":{"S":"S"},"op_map":{"f":"f"}}"#;
    let ask = |morphism: &str| {
        op("theory.morphism")
            .with("morphism", morphism.to_owned())
            .with("domain", domain.clone())
            .with("codomain", codomain.clone())
    };
    let told = host.ask(ask(morphism));
    assert_eq!(at(&told, "valid"), Message::Bool(false));
    assert!(["equation-unproved", "equation-broken"].contains(&&*text(&told, "diagnostic.code")), "{told:?}");
    assert!(json(&told, "diagnostic").contains("twice"), "{told:?}");
    for (morphism, code) in [
        (morphism.replace(r#""S":"S""#, r#""S":"Z""#), "unknown-sort"),
        (morphism.replace(r#""f":"f""#, r#""f":"z""#), "unknown-op"),
        (morphism.replace(r#","op_map":{"f":"f"}"#, ""), "unmapped-op"),
    ] {
        let told = host.ask(ask(&morphism));
        assert_eq!(
            (at(&told, "valid"), text(&told, "diagnostic.code")),
            (Message::Bool(false), code.to_owned())
        );
    }
    // Rewriting that does not end is told, and stopped.
    let endless = r#"{"name":"E","sorts":["S"],"ops":[{"name":"f","inputs":[["x","S"]],"output":"S"},{"name":"c","inputs":[],"output":"S"}],
        "directed_eqs":[{"name":"grow","lhs":"f(x)","rhs":"f(f(x))"}]}"#;
    let told = host.ask(op("theory.check").with("theory", endless));
    assert!(!text(&told, "rewriting").contains(r#""termination":"Proved""#), "{told:?}");
    let found = host.refused(op("theory.normalize").with("theory", endless).with("term", "f(c())"));
    check(&found, "rewriting-loop", false);
}

#[test]
fn schemas_records_and_mappings_that_are_wrong() {
    let mut host = Host::new();
    let schema = host.fields(&["a!:integer", r#"o:{"type":"object","properties":{"b":{"type":"string"}}}"#]);
    let lens = host.chain(r#"[{"step_type":"coerce","name":"a","kind":"string"}]"#, &schema);
    for (record, code, path) in [
        (r#"{"a":"x"}"#, "type-mismatch", "a"),
        (r#"{"a":1,"o":{"b":}}"#, "json-syntax", ""),
        (r#"{"a":1"#, "json-syntax", ""),
        ("", "json-syntax", ""),
        ("[1]", "type-mismatch", ""),
        ("{\"a\":1}{}", "json-syntax", ""),
        ("\u{feff}{}", "json-syntax", ""),
    ] {
        let found = host.get(&lens, record);
        let Err(found) = found else { panic!("{record}: {found:?}") };
        assert_eq!((&*found.code, &*found.path), (code, path), "{record}: {found:?}");
        assert!(found.span, "{record}: {found:?}");
    }
    let (_, complement) = host.get(&lens, r#"{"a":1}"#).unwrap();
    for (view, code, path) in
        [(r#"{"a":"x"}"#, "view-not-representable", "a"), ("{}", "source-default-missing", "a")]
    {
        let found = host.put(&lens, &complement, view).unwrap_err();
        assert_eq!((&*found.code, &*found.path), (code, path), "{view}: {found:?}");
    }
    for (complement, code) in [(&b"x"[..], "complement-corrupt"), (&[0; 60][..], "complement-corrupt")] {
        let found = host.put(&lens, complement, r#"{"a":"1"}"#).unwrap_err();
        check(&found, code, false);
    }
    for (hint, code) in
        [("nothing>a", "unknown-path"), ("a>nothing", "unknown-path"), ("a..b>a", "path-syntax")]
    {
        let found = host.refused(Host::between(&schema, &schema, &[hint]));
        check(&found, code, true);
    }
    let found = host.refused(Host::between(&schema, &schema, &["a>a"]).with("op", "migration.betwixt"));
    check(&found, "unknown-operation", false);
    for (language, document) in [
        ("json-schema", r#"{"type":"object","properties":7}"#),
        ("json-schema", r##"{"$ref":"#/nowhere"}"##),
        ("json-schema", r#"{"type":["strnig"]}"#),
        ("atproto", r#"{"lexicon":1,"id":"x"}"#),
        ("atproto", r#"{"lexicon":2,"id":"com.example.a","defs":{}}"#),
    ] {
        let request =
            op("schema.parse").with("language", language).with("documents", Message::array([document]));
        let found = host.refused(request);
        assert!(!found.code.is_empty() && (found.span || !found.path.is_empty()), "{document}: {found:?}");
    }
}
