//! Expressions inside theories. They are kept as they are written, text or tree, and have to be expressions: read, and
//! without a part that fails on whatever values there are.

use super::json::invalid;
use crate::diagnostic::{Diagnostic, Error, Kind, Path, Result};
use crate::expr::{Expr, check_open, parse};
use crate::value::{Json, JsonKind, ValueRef};

/// An expression of a document, or `null` where there is none.
///
/// # Errors
/// Those of expressions, with the member's path and its span.
pub(super) fn read(value: ValueRef<'_>, key: &str) -> Result<Json> {
    if value.kind() != JsonKind::Null {
        checked(value).map_err(|error| placed(error, key.to_owned(), value))?;
    }
    Ok(value.to_json())
}

/// The same of a theory that is there already.
///
/// # Errors
/// Those of expressions, at a path.
pub(super) fn check(json: &Json, path: &dyn Fn() -> Path) -> Result<()> {
    let tree = json.tree();
    if tree.root().kind() == JsonKind::Null {
        return Ok(());
    }
    checked(tree.root()).map_err(|error| placed(error, path().to_string(), tree.root()))
}

fn checked(value: ValueRef<'_>) -> Result<()> {
    let expr = match value.kind() {
        JsonKind::String => parse(&value.as_str().unwrap_or_default())?,
        JsonKind::Object => Expr::from_json_value(value)?,
        _ => return Err(invalid(value, "an expression is a text, or a tree as an object")),
    };
    check_open(&expr, &[]).map(|_| ())
}

/// The span of a text is that of the whole text: what is inside stands behind escapes.
#[cold]
#[expect(clippy::boxed_local, reason = "what `map_err` gives")]
fn placed(error: Error, path: String, value: ValueRef<'_>) -> Error {
    let inner = error.span.filter(|_| value.kind() == JsonKind::String);
    let message = match inner {
        Some(span) => format!("{} (at byte {} of the expression)", error.message, span.start),
        None => error.message.into_owned(),
    };
    let kind = if error.kind == Kind::Limit { Kind::Limit } else { Kind::TypeCheck };
    let mut placed = Diagnostic::new(kind, error.code, message).at(path);
    placed.help = error.help;
    placed.span = match (inner, error.span) {
        (None, Some(span)) if span != Default::default() => Some(span),
        _ => Some(value.span()),
    };
    placed.boxed()
}
