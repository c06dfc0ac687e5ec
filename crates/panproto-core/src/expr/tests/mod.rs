//! The language as its users see it: a text and what it comes to.

mod builtins;
mod limits;
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
