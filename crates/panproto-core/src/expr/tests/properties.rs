//! Laws of the language over generated trees and damaged texts.

use crate::diagnostic::Span;
use crate::expr::ast::{Expr, ExprKind, Pattern};
use crate::expr::{Builtin, Env, EvalLimits, Value, check_open, evaluate_within, parse, print};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::Arrange;
use proptest::prelude::*;
use std::sync::Arc;

const NAMES: [&str; 22] = [
    "x",
    "y",
    "f",
    "r",
    "it",
    "len",
    "map",
    "fold",
    "values",
    "a b",
    "in",
    "_",
    "Foo",
    "True",
    "not",
    "mod",
    "",
    "`q`",
    "é'",
    "$tag",
    "b",
    "line\nbreak",
];

fn name() -> impl Strategy<Value = Name> {
    prop::sample::select(&NAMES[..]).prop_map(Name::from)
}

fn literal() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-3_i64..4).prop_map(Value::Int),
        any::<f64>().prop_filter("finite", |value| value.is_finite()).prop_map(Value::Float),
        Just(Value::Float(-0.0)),
        Just(Value::Number("18446744073709551615".into())),
        Just(Value::Number("-18446744073709551616".into())),
        any::<String>().prop_map(Value::str),
        prop::collection::vec(any::<u8>(), 0..5).prop_map(|bytes| Value::Bytes(bytes.into())),
    ]
}

fn unique<T>(mut pairs: Vec<(Name, T)>) -> Vec<(Name, T)> {
    let mut seen: Vec<Name> = Vec::new();
    pairs.retain(|(name, _)| {
        let new = !seen.contains(name);
        seen.push(name.clone());
        new
    });
    pairs
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let leaf = prop_oneof![
        Just(Pattern::Wildcard),
        name().prop_map(Pattern::Var),
        literal().prop_map(Pattern::Lit),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            some.clone().prop_map(Pattern::List),
            (name(), some).prop_map(|(tag, items)| Pattern::Constructor(tag, items)),
            prop::collection::vec((name(), inner), 0..3).prop_map(|pairs| Pattern::Record(unique(pairs))),
        ]
    })
    .prop_map(|pattern| {
        let mut names = pattern.names();
        names.arrange();
        // A name that is bound twice is refused.
        if names.windows(2).any(|pair| pair[0] == pair[1]) { Pattern::Wildcard } else { pattern }
    })
}

fn node(kind: ExprKind) -> Expr {
    Expr::new(kind, Span::default()).unwrap()
}

fn expr() -> impl Strategy<Value = Expr> {
    let leaf =
        prop_oneof![name().prop_map(Expr::var), literal().prop_map(|value| Expr::lit(value).unwrap()),];
    leaf.prop_recursive(6, 48, 4, |inner| {
        let some = || prop::collection::vec(inner.clone(), 0..4);
        let one = || inner.clone().prop_map(Arc::new);
        let builtins: Vec<Builtin> = Builtin::all().collect();
        let three = (inner.clone(), inner.clone(), inner.clone());
        let choice = (inner.clone(), inner.clone(), inner.clone()).prop_map(|(condition, yes, no)| {
            let arm = |value, expr| (Pattern::Lit(Value::Bool(value)), expr);
            node(ExprKind::Match { scrutinee: Arc::new(condition), arms: vec![arm(true, yes), arm(false, no)] })
        });
        prop_oneof![
            2 => (name(), one()).prop_map(|(name, body)| node(ExprKind::Lam(name, body))),
            2 => (one(), one()).prop_map(|(f, x)| node(ExprKind::App(f, x))),
            1 => prop::collection::vec((name(), inner.clone()), 0..4)
                .prop_map(|pairs| node(ExprKind::Record(unique(pairs)))),
            1 => some().prop_map(|items| node(ExprKind::List(items))),
            1 => (one(), name()).prop_map(|(record, name)| node(ExprKind::Field(record, name))),
            1 => (one(), one()).prop_map(|(list, index)| node(ExprKind::Index(list, index))),
            1 => choice,
            1 => (one(), prop::collection::vec((pattern(), inner.clone()), 0..3))
                .prop_map(|(scrutinee, arms)| node(ExprKind::Match { scrutinee, arms })),
            1 => (name(), one(), one()).prop_map(|(name, value, body)| node(ExprKind::Let { name, value, body })),
            6 => (prop::sample::select(builtins), three).prop_map(|(builtin, (a, b, c))| {
                let mut arguments = vec![a, b, c];
                arguments.truncate(builtin.arity());
                node(ExprKind::Builtin(builtin, arguments))
            }),
        ]
    })
}

/// Programs whose damage is still nearly a program.
const PROGRAMS: [&str; 8] = [
    "let f x = x + 1\n    y = 2\nin map f [1, y .. 9] & fold add 0",
    "case s of\n  Circle r -> r * r\n  {a, b = [c, -1]} -> c ++ \"\\u{e9}\"\n  _ | 0 -> 1",
    "[{x, y = x} | x <- [1..3], let z = x, z > 1 && not (z == 2)]",
    "do\n  x <- xs\n  let y = x\n  [y->edge.name[0]]",
    "(\\{a, b} _ -> a ++ b) r Nothing where\n  r = {a = \"\\n\", b = b\"\\xff\"}",
    "if a then -1.5e3 else 0xFF % -3 -- end",
    "`a b` + @len \"x\" - 9223372036854775807",
    "slice (replace \"aXb\" \"X\" \"--\") 0 18446744073709551615",
];

fn try_everything(text: &str) -> Result<(), TestCaseError> {
    let Ok(expr) = parse(text) else { return Ok(()) };
    let printed = print(&expr);
    let again = parse(&printed);
    prop_assert_eq!(again.as_ref(), Ok(&expr), "{}", printed);
    let json = expr.to_json().unwrap();
    prop_assert_eq!(&Expr::from_json(&json).unwrap(), &expr, "{}", json);
    computes(&expr)
}

/// Neither the checker nor the evaluator panics; what the checker refuses, the evaluator refuses.
fn computes(expr: &Expr) -> Result<(), TestCaseError> {
    let _ = check_open(expr, &[]);
    let limits = EvalLimits { steps: 2_000, depth: 64, list: 100, memory: 10_000 };
    let xs = Value::list(vec![Value::Int(1), Value::str("é"), Value::Null]).unwrap();
    let env =
        Env::of([("x".into(), Value::Int(i64::MIN)), ("y".into(), Value::Float(0.5)), ("xs".into(), xs)]);
    if let Ok(value) = evaluate_within(expr, &env, None, limits, &mut Budget::default()) {
        if let Ok(json) = value.to_tagged_json() {
            prop_assert_eq!(&Value::from_tagged_json(&json).unwrap(), &closed(&value), "{}", json);
        }
        let again = evaluate_within(expr, &env, None, limits, &mut Budget::default());
        prop_assert_eq!(again.unwrap(), value);
    }
    Ok(())
}

/// A function comes back without what it does not look up: compare it by its own JSON.
fn closed(value: &Value) -> Value {
    Value::from_tagged_json(&value.to_tagged_json().unwrap()).unwrap()
}

proptest! {
    #[test]
    fn printing_and_parsing_is_the_identity(expr in expr()) {
        let text = print(&expr);
        let parsed = parse(&text);
        prop_assert_eq!(parsed.as_ref(), Ok(&expr), "{}", text);
    }

    #[test]
    fn json_loses_nothing(expr in expr()) {
        prop_assert_eq!(Expr::from_json(&expr.to_json().unwrap()).unwrap(), expr);
    }

    #[test]
    fn generated_trees_never_panic(expr in expr()) {
        computes(&expr)?;
    }

    #[test]
    fn substitution_takes_the_name_and_captures_nothing(expr in expr(), other in expr()) {
        let free = expr.free_variables();
        let result = expr.substitute("x", &other).unwrap();
        let mut expected: Vec<Name> = free.iter().filter(|name| **name != *"x").cloned().collect();
        if free.iter().any(|name| *name == *"x") {
            expected.extend(other.free_variables());
        }
        expected.arrange();
        expected.dedup();
        prop_assert_eq!(result.free_variables(), expected);
    }

    #[test]
    fn substitution_is_binding(expr in expr(), value in -3_i64..4) {
        let limits = EvalLimits { steps: 5_000, depth: 64, list: 100, memory: 20_000 };
        let run = |expr: &Expr, env: &Env| evaluate_within(expr, env, None, limits, &mut Budget::default());
        let bound = run(&expr, &Env::of([("x".into(), Value::Int(value))]));
        let replaced = expr.substitute("x", &Expr::lit(value).unwrap()).unwrap();
        let replaced = run(&replaced, &Env::new());
        let shown = |result: crate::diagnostic::Result<Value>| match result {
            // Functions differ in where they have the value.
            Ok(value) => value.to_json().unwrap_or_default(),
            Err(error) => error.code.to_owned(),
        };
        prop_assert_eq!(shown(bound), shown(replaced));
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        try_everything(&String::from_utf8_lossy(&bytes))?;
        let _ = Expr::from_json(&String::from_utf8_lossy(&bytes));
        let _ = crate::expr::Type::parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn random_tokens_never_panic(at in prop::collection::vec(0..40_usize, 0..30)) {
        let tokens = [
            "x", "f", "1", "-", "(", ")", "[", "]", "{", "}", "\\", "->", "<-", "=", ",", ";", "|", "..", "let",
            "in", "where", "if", "then", "else", "case", "of", "do", "\n", "\n  ", "_", "True", "Foo", "map", "\"a\"",
            "&", "++", ".", "not", "@", "mod",
        ];
        let text: Vec<&str> = at.into_iter().map(|at| tokens[at]).collect();
        try_everything(&text.join(" "))?;
    }

    #[test]
    fn damaged_programs_never_panic(
        program in prop::sample::select(&PROGRAMS[..]),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = program.as_bytes().to_vec();
        for (at, other, kind) in edits {
            if bytes.is_empty() {
                break;
            }
            let (at, other) = (at.index(bytes.len()), other.index(bytes.len()));
            match kind % 4 {
                0 => drop(bytes.remove(at)),
                1 => bytes.insert(at, bytes[other]),
                2 => bytes.swap(at, other),
                _ => bytes.truncate(at),
            }
        }
        try_everything(&String::from_utf8_lossy(&bytes))?;
    }
}
