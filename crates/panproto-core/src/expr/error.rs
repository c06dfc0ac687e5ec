//! Errors of evaluating, each with its code.

use super::builtin::Builtin;
use super::value::Value;
use crate::diagnostic::{Diagnostic, Error, Kind, Span};

/// With the span, if it has none yet.
#[cold]
pub(super) fn at(mut error: Error, span: Span) -> Error {
    if error.span.is_none() && span != Span::default() {
        error.span = Some(span);
    }
    error
}

/// A value of another type than a place takes.
#[cold]
pub(super) fn mismatch(place: &str, expected: &str, found: &Value) -> Error {
    let message = format!("{place} takes {expected}, this is {}", found.type_name());
    Diagnostic::error(Kind::TypeCheck, "expr-type-mismatch", message)
}

/// The same of an argument of a builtin.
#[cold]
pub(super) fn argument(builtin: Builtin, expected: &str, found: &Value) -> Error {
    mismatch(&format!("`{}`", builtin.name()), expected, found)
}

/// A value that has the right type and no result.
#[cold]
pub(super) fn undefined(code: &'static str, message: String) -> Error {
    Diagnostic::error(Kind::Data, code, message)
}

#[cold]
pub(super) fn overflow(builtin: Builtin) -> Error {
    let message = format!("the result of `{}` is beyond integers of 64 bits", builtin.name());
    Diagnostic::new(Kind::Data, "integer-overflow", message)
        .help("compute with floats (`int_to_float`), if an inexact result will do")
        .boxed()
}

#[cold]
pub(super) fn not_finite(builtin: Builtin) -> Error {
    undefined("float-overflow", format!("the result of `{}` is no finite float", builtin.name()))
}

#[cold]
pub(super) fn zero(builtin: Builtin) -> Error {
    Diagnostic::new(Kind::Data, "division-by-zero", format!("`{}` by zero", builtin.name()))
        .help("ask first: `if b == 0 then … else a / b`")
        .boxed()
}

#[cold]
pub(super) fn too_exact(builtin: Builtin, text: &str) -> Error {
    let text = text.get(..40).map_or_else(|| text.to_owned(), |start| format!("{start}…"));
    let message = format!("`{}` cannot compute with `{text}`, which is no 64-bit number", builtin.name());
    Diagnostic::new(Kind::Data, "number-not-representable", message)
        .help("such a number can be passed on and compared")
        .boxed()
}

#[cold]
pub(super) fn unknown(name: &str) -> Error {
    let (code, message) = ("unknown-variable", format!("there is no variable `{name}`"));
    Diagnostic::error(Kind::TypeCheck, code, message)
}

#[cold]
pub(super) fn no_instance(builtin: Builtin) -> Error {
    let message = format!("`{}` needs an instance, and there is none here", builtin.name());
    Diagnostic::new(Kind::Usage, "no-instance-context", message)
        .help("evaluate it in a query or over an instance")
        .boxed()
}
