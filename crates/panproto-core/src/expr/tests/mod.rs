//! The language as its users see it: a text and what it comes to.

mod builtins;
mod limits;
mod properties;
mod syntax;
mod types;
mod wire;

use super::*;
use crate::limits::Budget;

/// What a text comes to, as text; or the code of its error, with what the span covers.
fn run(text: &str) -> String {
    run_in(text, &Env::new())
}

fn run_in(text: &str, env: &Env) -> String {
    let result = parse(text).and_then(|expr| evaluate(&expr, env, None, &mut Budget::default()));
    match result {
        Ok(value) => value_text(&value),
        Err(error) => {
            let span = error.span.unwrap_or_default();
            let place = text.get(span.start as usize..span.end as usize).unwrap_or_default();
            format!("{} at `{place}`", error.code)
        }
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(run(text), expected, "{text}");
}

#[test]
fn the_reference_tells_the_truth() {
    let reference = include_str!("../../../../../docs/expressions.md");
    let blocks = reference.split("```expr\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut count = 0;
    for (text, expected) in blocks.flat_map(str::lines).filter_map(|line| line.split_once(" ⇒ ")) {
        let result = run(text);
        let code = result.split(" at `").next().unwrap();
        assert!(result == expected || code == expected, "{text}: {result}");
        count += 1;
    }
    assert!(count > 40, "{count}");
    for builtin in Builtin::all() {
        let name = builtin.name();
        let listed = reference.lines().filter(|line| line.starts_with("| `"));
        let found = listed.flat_map(|line| line.split(['`', ' '])).any(|word| word == name);
        assert!(found, "`{name}` is not in the reference");
    }
}
