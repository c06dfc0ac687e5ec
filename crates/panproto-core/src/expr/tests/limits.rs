//! Each limit, reached.

use super::{check, run};
use crate::expr::{Env, EvalLimits, Value, evaluate, evaluate_within, parse};
use crate::limits::{Budget, Cancel, Limits};

#[track_caller]
fn fails(text: &str, code: &str) {
    let result = run(text);
    assert!(result.starts_with(&format!("{code} at ")), "{text}: {}", &result[..result.len().min(200)]);
}

/// Unoptimised code takes up to 12 KiB of stack for a level of text; optimised code keeps within 768 KiB for all.
fn on_a_stack(work: fn()) {
    let size = if cfg!(debug_assertions) { 8 << 20 } else { 768 << 10 };
    std::thread::Builder::new().stack_size(size).spawn(work).unwrap().join().unwrap();
}

#[test]
fn deep_texts_are_refused() {
    on_a_stack(refuse_deep_texts);
}

fn refuse_deep_texts() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{a=", "}"),
        ("- ", ""),
        ("not ", ""),
        ("f (", ")"),
        ("a ++ ", ""),
        ("1 ++ ", ""),
        ("\\x -> ", ""),
        ("let x = ", ""),
        ("let x = 1 in ", ""),
        ("if ", ""),
        ("case ", ""),
        ("case x of { a -> ", " }"),
        ("do ", ""),
        ("[x | x <- ", ""),
        ("x where x = ", ""),
    ] {
        let count = 100_000 / open.len();
        let text = format!("{}1{}", open.repeat(count), close.repeat(count));
        let error = parse(&text).unwrap_err();
        assert_eq!(error.code, "limit-depth", "{open}");
        assert!(error.span.is_some(), "{open}");
    }
    assert_eq!(parse(&format!("\\{}", "[".repeat(100_000))).unwrap_err().code, "limit-depth");
    for chain in ["1 + ", "a.", "a & ", "f 1 ", "a->"] {
        let error = parse(&format!("{}a", chain.repeat(50_000))).unwrap_err();
        assert_eq!(error.code, "limit-depth", "{chain}");
    }
    assert_eq!(parse(&" ".repeat(300_000)).unwrap_err().code, "limit-size");
}

#[test]
fn the_stack_of_a_host_holds_what_the_limits_allow() {
    on_a_stack(|| {
        for (open, close) in [
            ("(", ")"),
            ("[", "]"),
            ("1 + ", ""),
            ("(\\x -> ", ") 1"),
            ("let x = ", " in x"),
            ("- ", ""),
            ("slice (", ") 0 1"),
            ("[x | x <- ", "]"),
            ("case ", " of { x -> x }"),
            ("{a=", "}"),
        ] {
            let text = |count: usize| format!("{}1{}", open.repeat(count), close.repeat(count));
            let text = (1..256).rev().map(text).find(|text| parse(text).is_ok()).unwrap();
            let expr = parse(&text).unwrap();
            let _ = evaluate(&expr, &Env::new(), None, &mut Budget::default());
            assert_eq!(parse(&crate::expr::print(&expr)).unwrap(), expr, "{open}");
            assert_eq!(crate::expr::Expr::from_json(&expr.to_json().unwrap()).unwrap(), expr, "{open}");
            let _ = crate::expr::check_open(&expr, &[]);
            assert_eq!(
                expr.substitute("x", &expr).is_ok(),
                !expr.free_variables().iter().any(|x| *x == *"x")
            );
        }
        fails(r"(\f -> f f) (\f -> f f)", "limit-depth");
        fails(r"(\f -> map f [f]) (\f -> map f [f])", "limit-depth");
    });
}

#[test]
fn steps() {
    fails(r"fold (\a x -> fold (\b y -> b + y) 0 [1..1000]) 0 [1..1000]", "limit-steps");
    fails(r"fold (\a x -> append a x) [] [1..20000]", "limit-steps");
    let limits = Limits { steps: 50, ..Limits::DEFAULT };
    let mut budget = Budget::new(limits, Cancel::default());
    let expr = parse(r"map (\x -> x + 1) [1..100]").unwrap();
    let error = evaluate(&expr, &Env::new(), None, &mut budget).unwrap_err();
    assert_eq!(error.code, "limit-steps");
}

#[test]
fn depth_of_calls_and_of_values() {
    fails(r"(\f -> f f) (\f -> f f)", "limit-depth");
    fails(r"fold (\a x -> [a]) [] [1..1000]", "limit-depth");
    fails(r"fold (\a x -> {a}) {} [1..1000]", "limit-depth");
    fails(r"fold (\f x -> \y -> f y) (\y -> y) [1..1000]", "limit-depth");
}

#[test]
fn lists() {
    fails("[0 .. 1000000000000]", "limit-list");
    fails("range (-9223372036854775808) 9223372036854775807", "limit-list");
    fails("[0, 2 .. 9000000000000000000]", "limit-list");
    fails(r"fold (\a x -> a ++ a) [1] [1..40]", "limit-list");
    fails(r#"split (fold (\a x -> a ++ a) "," [1..20]) ",""#, "limit-list");
    fails("flat_map (\\x -> [1..1000]) [1..1000]", "limit-list");
}

#[test]
fn memory() {
    fails(r#"fold (\a x -> a ++ a) "x" [1..64]"#, "limit-memory");
    fails(r"fold (\a x -> [a, a]) [1] [1..100]", "limit-memory");
    fails(r"fold (\a x -> {a, b = a}) {} [1..100]", "limit-memory");
    let limits = EvalLimits { memory: 100_000, ..EvalLimits::DEFAULT };
    for text in [
        r#"fold (\a x -> a ++ a) "x" [1..64]"#,
        r#"fold (\a x -> replace a "x" "xx") "x" [1..64]"#,
        r#"fold (\a x -> join [a, a] a) "x" [1..64]"#,
        r#"fold (\a x -> upper (a ++ a)) "x" [1..64]"#,
        "[1..10000]",
        "map (\\x -> [x, x, x, x, x, x, x, x, x]) [1..1000]",
    ] {
        let expr = parse(text).unwrap();
        let error = evaluate_within(&expr, &Env::new(), None, limits, &mut Budget::default()).unwrap_err();
        assert_eq!(error.code, "limit-memory", "{text}");
        assert!(error.span.is_some(), "{text}");
    }
}

#[test]
fn what_is_shared_is_compared_within_the_budget() {
    check(r"let x = fold (\a x -> [a, a]) [1] [1..15] in x == x", "True");
}

#[test]
fn names_cost_the_same_whatever_is_around() {
    let members = (0..10_000).map(|at| (format!("m{at}").into(), Value::Int(at)));
    let env =
        Env::of(members.chain([("xs".into(), Value::list((0..10_000).map(Value::Int).collect()).unwrap())]));
    let mut budget = Budget::default();
    let expr = parse(r"fold add 0 (map (\x -> x + m7) xs)").unwrap();
    assert_eq!(evaluate(&expr, &env, None, &mut budget).unwrap(), Value::Int(49_995_000 + 70_000));
    assert!(budget.spent() < 150_000, "{}", budget.spent());
}
