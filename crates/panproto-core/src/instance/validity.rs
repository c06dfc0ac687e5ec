//! Three-valued answers, and what is said about a refused value.

use crate::diagnostic::{Diagnostic, Kind, Path, Span};
use crate::schema::VertexId;
use std::borrow::Cow;

/// Whether a value is admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Validity {
    /// It is.
    Valid,
    /// Something decides that the engine does not know.
    Unknown,
    /// It is not.
    Invalid,
}

impl Validity {
    /// What is known.
    pub fn decided(admitted: bool) -> Validity {
        if admitted { Validity::Valid } else { Validity::Invalid }
    }

    /// Admitted by both.
    #[must_use]
    pub fn and(self, other: Validity) -> Validity {
        self.max(other)
    }

    /// Whether it is [`Validity::Valid`].
    pub fn is_valid(self) -> bool {
        self == Validity::Valid
    }

    /// Whether it is [`Validity::Invalid`].
    pub fn is_invalid(self) -> bool {
        self == Validity::Invalid
    }
}

/// How the keyword `format` of JSON Schema is read. Formats of Lexicons always assert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum FormatReading {
    /// It restricts strings; a format that cannot be checked makes validity unknown.
    Assert,
    /// It says nothing about validity.
    #[default]
    Annotate,
}

/// How to validate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How `format` is read.
    pub format: FormatReading,
    /// How many findings one call reports; with 1 it ends at the first violation.
    pub findings: usize,
}

impl Options {
    /// Up to 100 findings, `format` as an annotation.
    pub const DEFAULT: Options = Options { format: FormatReading::Annotate, findings: 100 };
}

impl Default for Options {
    fn default() -> Options {
        Options::DEFAULT
    }
}

/// Something that a value is refused for, or that leaves its validity unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// One of [`super::code`].
    pub code: &'static str,
    /// Lower-case, no final period.
    pub message: Cow<'static, str>,
    /// [`Validity::Invalid`], or [`Validity::Unknown`] for a reason why it is unknown.
    pub validity: Validity,
    /// Where in the value that was validated.
    pub path: Path,
    /// Where in the text of its tree.
    pub span: Span,
    /// The vertex that refuses it.
    pub vertex: VertexId,
}

impl Violation {
    /// The violation as an error over data.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::new(Kind::Data, self.code, self.message.clone()).at(&self.path).spanning(self.span)
    }
}
