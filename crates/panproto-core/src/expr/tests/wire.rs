//! Trees and values as JSON.

use crate::expr::{Env, Expr, Value, evaluate, parse};
use crate::limits::{Budget, Limits};
use crate::value::Tree;

#[track_caller]
fn check(text: &str, json: &str) {
    let expr = parse(text).unwrap();
    assert_eq!(expr.to_json().unwrap(), json, "{text}");
    assert_eq!(Expr::from_json(json).unwrap(), expr, "{json}");
}

#[test]
fn trees_have_tags() {
    check(r#"first ++ "!""#, r#"{"Builtin":["Concat",[{"Var":"first"},{"Lit":{"Str":"!"}}]]}"#);
    check(
        r"map (\x -> x + 1) xs",
        r#"{"Builtin":["Map",[{"Var":"xs"},{"Lam":["x",{"Builtin":["Add",[{"Var":"x"},{"Lit":{"Int":1}}]]}]}]]}"#,
    );
    check("f x", r#"{"App":[{"Var":"f"},{"Var":"x"}]}"#);
    check("{a = 1.0, b}", r#"{"Record":[["a",{"Lit":{"Float":1.0}}],["b",{"Var":"b"}]]}"#);
    check(
        "[x.y, z[0]]",
        r#"{"List":[{"Field":[{"Var":"x"},"y"]},{"Index":[{"Var":"z"},{"Lit":{"Int":0}}]}]}"#,
    );
    check("let x = Nothing in x", r#"{"Let":{"name":"x","value":{"Lit":"Null"},"body":{"Var":"x"}}}"#);
    check(
        "case x of { _ -> True, A [b, -1] -> b, {k} -> k, \"s\" -> b\"\\xff\" }",
        concat!(
            r#"{"Match":{"scrutinee":{"Var":"x"},"arms":[["Wildcard",{"Lit":{"Bool":true}}],"#,
            r#"[{"Constructor":["A",[{"List":[{"Var":"b"},{"Lit":{"Int":-1}}]}]]},{"Var":"b"}],"#,
            r#"[{"Record":[["k",{"Var":"k"}]]},{"Var":"k"}],[{"Lit":{"Str":"s"}},{"Lit":{"Bytes":[255]}}]]}}"#
        ),
    );
    check("18446744073709551615", r#"{"Lit":{"Number":"18446744073709551615"}}"#);
    check("merge a b", r#"{"Builtin":["MergeRecords",[{"Var":"a"},{"Var":"b"}]]}"#);
}

#[test]
fn structures_may_be_arrays_and_records_maps() {
    let same = |a: &str, b: &str| assert_eq!(Expr::from_json(a).unwrap(), Expr::from_json(b).unwrap());
    same(
        r#"{"Let":["x",{"Var":"y"},{"Var":"x"}]}"#,
        r#"{"Let":{"body":{"Var":"x"},"name":"x","value":{"Var":"y"}}}"#,
    );
    same(r#"{"Match":[{"Var":"y"},[]]}"#, r#"{"Match":{"scrutinee":{"Var":"y"},"arms":[]}}"#);
    same(r#"{"Record":{"a":{"Var":"y"}}}"#, r#"{"Record":[["a",{"Var":"y"}]]}"#);
}

#[test]
fn what_is_no_tree_is_refused() {
    let check = |json: &str, code: &str, place: &str| {
        let error = Expr::from_json(json).unwrap_err();
        let span = error.span.unwrap();
        assert_eq!((error.code, &json[span.start as usize..span.end as usize]), (code, place), "{json}");
    };
    check(r#"{"Var":1}"#, "expr-json", "1");
    check(r#"{"Var":"x","Lit":1}"#, "expr-json", r#"{"Var":"x","Lit":1}"#);
    check(r#"{"Lam":["x"]}"#, "expr-json", r#"["x"]"#);
    check(r#"{"Builtin":["Add",[{"Var":"x"}]]}"#, "wrong-arity", r#"{"Builtin":["Add",[{"Var":"x"}]]}"#);
    check(r#"{"Builtin":["Hash",[]]}"#, "unknown-function", r#""Hash""#);
    check(r#"{"Lit":{"Int":1.5}}"#, "expr-json", "1.5");
    check(r#"{"Lit":{"Float":1e999}}"#, "expr-json", "1e999");
    check(r#"{"Lit":{"Bytes":[256]}}"#, "expr-json", "[256]");
    check(r#"{"Lit":{"Number":"x"}}"#, "expr-json", r#""x""#);
    check(
        r#"{"Record":[["a",{"Var":"x"}],["a",{"Var":"x"}]]}"#,
        "duplicate-name",
        r#"[["a",{"Var":"x"}],["a",{"Var":"x"}]]"#,
    );
    check(r#"{"Match":{"scrutinee":{"Var":"x"}}}"#, "expr-json", r#"{"scrutinee":{"Var":"x"}}"#);
    check("[1", "json-syntax", "");
    check(r#"{"Var":"\ud800"}"#, "not-representable", r#""\ud800""#);
    let deep = |count| format!("{}{}{}", "{\"List\":[".repeat(count), r#"{"Var":"x"}"#, "]}".repeat(count));
    assert_eq!(Expr::from_json(&deep(10_000)).unwrap_err().code, "limit-depth");
}

#[test]
fn deep_trees_come_back() {
    let work = || {
        let text = format!("{}1{}", "case x of { [y] -> ".repeat(120), " }".repeat(120));
        let expr = parse(&text).unwrap();
        assert_eq!(Expr::from_json(&expr.to_json().unwrap()).unwrap(), expr);
    };
    std::thread::Builder::new().stack_size(8 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn functions_carry_what_they_look_up() {
    let env = Env::of([("n".into(), Value::Int(2)), ("unused".into(), Value::Int(3))]);
    let value = evaluate(&parse(r"\x -> x * n").unwrap(), &env, None, &mut Budget::default()).unwrap();
    let json = value.to_tagged_json().unwrap();
    assert_eq!(
        json,
        concat!(
            r#"{"Closure":{"param":"x","body":{"Builtin":["Mul",[{"Var":"x"},{"Var":"n"}]]},"#,
            r#""env":[["n",{"Int":2}]]}}"#
        )
    );
    let env = Env::new().with("f".into(), Value::from_tagged_json(&json).unwrap());
    let result = evaluate(&parse("f 21").unwrap(), &env, None, &mut Budget::default());
    assert_eq!(result.unwrap(), Value::Int(42));
}

#[test]
fn values_are_plain_json_too() {
    let check = |json: &str, expected: &str| {
        let tree = Tree::parse(json.as_bytes(), &Limits::DEFAULT).unwrap();
        assert_eq!(Value::from_json(tree.root()).unwrap().to_json().unwrap(), expected, "{json}");
    };
    for same in ["null", "[1,1.0,true,\"é\\n\",{\"b\":1,\"a\":2}]", "18446744073709551615", "1e400", "-0.5"]
    {
        check(same, same);
    }
    check("[1.50, 1E2]", "[1.5,100.0]");
    check(r#"{"a":1,"b":2,"a":3}"#, r#"{"a":3,"b":2}"#);
    let code = |value: Value| value.to_json().unwrap_err().code;
    assert_eq!(code(Value::Float(f64::NAN)), "not-representable");
    assert_eq!(code(Value::Bytes([1].into())), "not-representable");
    let function = evaluate(&parse("add 1").unwrap(), &Env::new(), None, &mut Budget::default());
    assert_eq!(code(function.unwrap()), "not-representable");
    let deep = format!("{}{}", "[".repeat(600), "]".repeat(600));
    let tree = Tree::parse(deep.as_bytes(), &Limits { depth: 1000, ..Limits::DEFAULT }).unwrap();
    assert_eq!(Value::from_json(tree.root()).unwrap_err().code, "limit-depth");
}
