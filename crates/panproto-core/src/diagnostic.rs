//! Codes, messages, paths, spans and severities: the one error type of the engine.

use std::borrow::Cow;
use std::fmt;

/// What class of failure a diagnostic belongs to. Hosts turn it into an exception class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Text that is not of its language (JSON, MessagePack, a Lexicon, …).
    Parse,
    /// A schema that breaks the rules of its protocol.
    Schema,
    /// A value that is not of the type that is asked for.
    TypeCheck,
    /// A migration that cannot exist or is undecided.
    Migration,
    /// A lens, a complement or a view that cannot be carried.
    Lens,
    /// A record that is not what its schema says.
    Data,
    /// A limit was passed.
    Limit,
    /// The host cancelled the operation.
    Cancelled,
    /// The call itself is wrong: unknown operation, missing argument, stale handle.
    Usage,
    /// A defect of ours.
    Internal,
}

impl Kind {
    /// The name that crosses the boundary.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Parse => "parse",
            Kind::Schema => "schema",
            Kind::TypeCheck => "type-check",
            Kind::Migration => "migration",
            Kind::Lens => "lens",
            Kind::Data => "data",
            Kind::Limit => "limit",
            Kind::Cancelled => "cancelled",
            Kind::Usage => "usage",
            Kind::Internal => "internal",
        }
    }
}

/// How bad a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant; nothing failed.
    Warning,
    /// The operation failed.
    Error,
}

/// Half-open range of byte offsets into a source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from `start` to `end`; offsets beyond 4 GiB saturate.
    pub fn new(start: usize, end: usize) -> Span {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(end) }
    }
}

/// One step of a path into data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A member of an object, by its decoded name.
    Member(Box<str>),
    /// An item of an array.
    Item(u32),
}

/// A path into data, printed as `author.names[3]["a.b"]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path(pub Vec<Segment>);

impl Path {
    /// The path with one more member.
    #[must_use]
    pub fn member(mut self, name: &str) -> Path {
        self.0.push(Segment::Member(name.into()));
        self
    }

    /// The path with one more item.
    #[must_use]
    pub fn item(mut self, index: usize) -> Path {
        self.0.push(Segment::Item(u32::try_from(index).unwrap_or(u32::MAX)));
        self
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Item(index) => write!(out, "[{index}]")?,
                Segment::Member(name) if is_plain(name) => {
                    if at > 0 {
                        out.write_str(".")?;
                    }
                    out.write_str(name)?;
                }
                Segment::Member(name) => write_quoted(out, name)?,
            }
        }
        Ok(())
    }
}

/// Whether a name can stand in a path as it is.
pub fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.contains(|c: char| {
            matches!(c, '.' | '[' | ']' | '/' | '"' | '\\') || c.is_control() || c.is_whitespace()
        })
}

fn write_quoted(out: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    out.write_str("[\"")?;
    for c in name.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            c if c.is_control() => write!(out, "\\u{:04x}", u32::from(c))?,
            c => write!(out, "{c}")?,
        }
    }
    out.write_str("\"]")
}

/// A coded finding: an error, a warning or a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Class of the failure.
    pub kind: Kind,
    /// Stable, documented, greppable: `type-mismatch`.
    pub code: &'static str,
    /// Lower-case, no final period, user input in backticks.
    pub message: Cow<'static, str>,
    /// Where in the data, printed form; empty when the place is the whole.
    pub path: Option<String>,
    /// Where in the text.
    pub span: Option<Span>,
    /// Which of several texts.
    pub document: Option<u32>,
    /// What to do about it.
    pub help: Option<Cow<'static, str>>,
    /// How bad.
    pub severity: Severity,
}

/// A failure; boxed, so that results stay small.
pub type Error = Box<Diagnostic>;

/// Result of an engine operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Diagnostic {
    /// A new error of a class.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<Cow<'static, str>>) -> Diagnostic {
        Diagnostic {
            kind,
            code,
            message: message.into(),
            path: None,
            span: None,
            document: None,
            help: None,
            severity: Severity::Error,
        }
    }

    /// A new boxed error.
    pub fn error(kind: Kind, code: &'static str, message: impl Into<Cow<'static, str>>) -> Error {
        Box::new(Diagnostic::new(kind, code, message))
    }

    /// The same as a warning.
    #[must_use]
    pub fn warning(mut self) -> Diagnostic {
        self.severity = Severity::Warning;
        self
    }

    /// The same as a note.
    #[must_use]
    pub fn note(mut self) -> Diagnostic {
        self.severity = Severity::Note;
        self
    }

    /// With a path.
    #[must_use]
    pub fn at(mut self, path: impl fmt::Display) -> Diagnostic {
        self.path = Some(path.to_string());
        self
    }

    /// With a span.
    #[must_use]
    pub fn spanning(mut self, span: Span) -> Diagnostic {
        self.span = Some(span);
        self
    }

    /// With the index of the document that the span speaks of.
    #[must_use]
    pub fn in_document(mut self, document: usize) -> Diagnostic {
        self.document = u32::try_from(document).ok();
        self
    }

    /// With advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<Cow<'static, str>>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Boxed, to be returned.
    pub fn boxed(self) -> Error {
        Box::new(self)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code, self.message)?;
        if let Some(path) = self.path.as_deref().filter(|path| !path.is_empty()) {
            write!(out, " (at {path})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_escape_what_would_be_ambiguous() {
        let path = Path::default().member("a").item(3).member("b.c").member("\"");
        assert_eq!(path.to_string(), r#"a[3]["b.c"]["\""]"#);
    }
}
