//! Writing a schema as Lexicon documents.
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::schema::Schema;
/// The documents of a schema.
///
/// # Errors
/// `not-printable`.
pub fn print(_schema: &Schema) -> Result<Vec<String>> {
    Err(Diagnostic::error(ErrorKind::Schema, "not-printable", "printing Lexicons is not built yet"))
}
