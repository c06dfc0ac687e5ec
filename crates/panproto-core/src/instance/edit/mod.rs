//! Edits of instances, in the shapes of published releases, and edits of plain records by path.
//!
//! Edits are applied whole or not at all.

mod path;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod wire;

pub use path::{PathEdit, Place};
pub use table::TableEdit;
pub use tree::TreeEdit;

use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind};
use std::borrow::Cow;

#[cold]
pub(super) fn refused(code: &'static str, message: impl Into<Cow<'static, str>>) -> Error {
    Diagnostic::error(ErrorKind::Data, code, message)
}
