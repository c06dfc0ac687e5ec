//! The expression language: pure, functional, total by budget.
//!
//! [`parse()`] reads text, [`print()`] writes it, [`check()`] finds types, [`evaluate`] computes. An expression knows
//! no instance: what graph builtins ask goes through [`Graph`]. `docs/expressions.md` is the language's reference.

mod ast;
mod builtin;
mod check;
pub mod compare;
mod env;
mod error;
mod eval;
mod graph;
mod json;
mod lexer;
pub mod limits;
mod names;
mod parse;
mod print;
mod types;
mod value;
mod wire;

pub use ast::{Expr, ExprKind, Pattern};
pub use builtin::Builtin;
pub use check::{check, check_open};
pub use env::Env;
pub use eval::{evaluate, evaluate_within};
pub use graph::Graph;
pub use limits::EvalLimits;
pub use parse::parse;
pub use print::{print, value_text};
pub use types::{RecordType, Type};
pub use value::{Closure, List, Record, Value};

/// A value that stands in an expression.
pub type Literal = Value;

#[cfg(test)]
mod tests;
