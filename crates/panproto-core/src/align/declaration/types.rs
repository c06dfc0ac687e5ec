//! Types of the expressions of a declaration.

use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result, Span};
use crate::expr::{self, Expr, Type};
use crate::name::Name;
use crate::schema::{Kind, Schema, VertexId};

/// The type of the values at a position. `absent` values do not run an expression.
pub(crate) fn of(schema: &Schema, at: VertexId, strict: bool) -> Type {
    let resolved = schema.resolve(at);
    if resolved.nullable || !strict {
        return Type::Any;
    }
    match schema.vertex(resolved.vertex).kind {
        Kind::String | Kind::Token => Type::Str,
        Kind::Integer => Type::Int,
        // A number may be written without a fraction.
        Kind::Number => Type::Number,
        Kind::Boolean => Type::Bool,
        _ => Type::Any,
    }
}

/// Checks an expression whose names have these types, and which gives these members: one value, or a record.
pub(super) fn check(
    expr: &Expr,
    names: &[(Name, Type)],
    results: &[(Name, Type)],
    place: &(String, Span),
    key: &str,
) -> Result<()> {
    let path = if key.is_empty() { place.0.clone() } else { format!("{}.{key}", place.0) };
    let at = |mut error: Error| {
        error.kind = ErrorKind::TypeCheck;
        error.path = Some(path.clone());
        error.span = Some(place.1);
        error
    };
    let found = expr::check(expr, names).map_err(at)?;
    let wrong = match (results, &found) {
        ([(name, wanted)], found) => {
            (!fits(found, wanted)).then(|| (name.clone(), wanted.clone(), found.clone()))
        }
        (several, Type::Record(record)) => several.iter().find_map(|(name, wanted)| {
            let found = record.get(name)?;
            (!fits(found, wanted)).then(|| (name.clone(), wanted.clone(), found.clone()))
        }),
        (_, Type::Any | Type::Unknown(_)) => None,
        (several, found) => {
            let names: Vec<&str> = several.iter().map(|(name, _)| name.as_str()).collect();
            let message = format!("expected a record of `{}`, found {found}", names.join("`, `"));
            let error = Diagnostic::new(ErrorKind::TypeCheck, "expr-type-mismatch", message)
                .help("what gives several members gives a record: `{a = …, b = …}`");
            return Err(at(error.boxed()));
        }
    };
    match wrong {
        None => Ok(()),
        Some((name, wanted, found)) => {
            let message = format!("`{name}` takes {wanted}, the expression gives {found}");
            let error = Diagnostic::new(ErrorKind::TypeCheck, "expr-type-mismatch", message)
                .help("convert the value: `int_to_str`, `str_to_int`, `float_to_str`, …");
            Err(at(error.boxed()))
        }
    }
}

/// Whether values of a type may stand where another is asked for. What is not known fits.
fn fits(found: &Type, wanted: &Type) -> bool {
    match (found, wanted) {
        (Type::Any | Type::Unknown(_), _) | (_, Type::Any | Type::Unknown(_)) => true,
        (Type::Int | Type::Float | Type::Number, Type::Number) | (Type::Number | Type::Float, Type::Int) => {
            true
        }
        (found, wanted) => found == wanted,
    }
}
