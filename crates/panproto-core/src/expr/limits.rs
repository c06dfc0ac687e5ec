//! What bounds the language: counted, the same on every target.

use crate::diagnostic::{Diagnostic, Error, Kind, Span};

/// Levels of nesting of an expression.
pub const DEPTH: u32 = 256;

/// Levels of nesting of a value.
pub const VALUE_DEPTH: u32 = 512;

/// Bytes of one value, parts that are shared counted each time.
pub const VALUE_BYTES: u64 = 64 << 20;

/// Bytes of an expression's text.
pub const TEXT_BYTES: usize = 256 << 10;

/// Parts of an expression.
pub const NODES: usize = 200_000;

/// Limits of one evaluation. They hold beside the budget of the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvalLimits {
    /// Steps: expressions looked at, every eighth item of a list that is made, every KiB gone through.
    pub steps: u64,
    /// Expressions inside one another while they are computed, function bodies included.
    pub depth: u32,
    /// Items of one list that is made.
    pub list: usize,
    /// Bytes of all values that are made.
    pub memory: u64,
}

impl EvalLimits {
    /// The limits that hold unless others are asked for.
    pub const DEFAULT: EvalLimits =
        EvalLimits { steps: 1_000_000, depth: DEPTH, list: 100_000, memory: 256 << 20 };
}

impl Default for EvalLimits {
    fn default() -> EvalLimits {
        EvalLimits::DEFAULT
    }
}

#[cold]
pub(super) fn over(code: &'static str, what: String) -> Error {
    Diagnostic::new(Kind::Limit, code, what).help("compute with less data, or in smaller expressions").boxed()
}

#[cold]
pub(super) fn deep_value() -> Error {
    over("limit-depth", format!("a value of this expression passes {VALUE_DEPTH} levels of nesting"))
}

#[cold]
pub(super) fn large_value() -> Error {
    over("limit-memory", format!("a value of this expression passes {VALUE_BYTES} bytes"))
}

#[cold]
pub(super) fn deep_expression(span: Span) -> Error {
    let message = format!("the expression passes {DEPTH} levels of nesting");
    let error = Diagnostic::new(Kind::Limit, "limit-depth", message).help("compute parts of it apart");
    super::error::at(error.boxed(), span)
}

#[cold]
pub(super) fn large_expression() -> Error {
    let message = format!("the expression passes {NODES} parts or {TEXT_BYTES} bytes of text");
    Diagnostic::new(Kind::Limit, "limit-size", message).boxed()
}
