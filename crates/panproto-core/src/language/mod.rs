//! Schema languages: text to schema, schema to text.
//!
//! A parser never fails: it answers with a schema, if there is one to give, and with everything that it found. A
//! printer fails where the language has no words for what stands in the schema.

pub mod json_schema;
pub mod lexicon;

use crate::diagnostic::{Diagnostic, Kind, Result, Severity};
use crate::limits::Budget;
use crate::schema::Schema;

/// What a caller may say about documents that do not say it themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Dialect of documents that name none: `draft-07`, `2020-12`.
    pub dialect: Option<Box<str>>,
    /// `format` restricts strings even where the dialect calls it an annotation.
    pub assert_format: bool,
    /// What is to be the main root of a JSON Schema: the name of a definition, or a JSON pointer. Otherwise the
    /// first document is.
    pub root: Option<Box<str>>,
}

/// What a parser found.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The schema; absent exactly where a diagnostic is an error.
    pub schema: Option<Schema>,
    /// Errors, warnings and notes, in document order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// A parse that ended with one error.
    pub fn failed(error: Diagnostic) -> Parsed {
        Parsed { schema: None, diagnostics: vec![error] }
    }

    /// The schema, or the first error.
    ///
    /// # Errors
    /// The first diagnostic that is an error.
    pub fn into_result(self) -> Result<Schema> {
        match self.schema {
            Some(schema) => Ok(schema),
            None => Err(self
                .diagnostics
                .into_iter()
                .find(|diagnostic| diagnostic.severity == Severity::Error)
                .unwrap_or_else(|| {
                    Diagnostic::new(Kind::Internal, "internal-parse", "no schema and no error")
                })
                .boxed()),
        }
    }
}

/// Parses documents of a language (`atproto` or `lexicon`, `json-schema`) into one schema.
///
/// ```
/// use panproto_core::language::{self, Options};
/// use panproto_core::limits::Budget;
/// let text = br##"{"lexicon":1,"id":"com.example.like","defs":{"main":{"type":"record","key":"tid",
///     "record":{"type":"object","required":["subject"],"properties":{"subject":{"type":"string"}}}}}}"##;
/// let parsed = language::parse("atproto", &[text], &Options::default(), &mut Budget::default());
/// let schema = parsed.into_result().unwrap();
/// assert_eq!(schema.vertex(schema.resolve(schema.main()).vertex).id, "com.example.like:body");
/// ```
pub fn parse(language: &str, documents: &[&[u8]], options: &Options, budget: &mut Budget) -> Parsed {
    match language {
        "atproto" | "lexicon" => lexicon::parse(documents, options, budget),
        "json-schema" => json_schema::parse(documents, options, budget),
        _ => Parsed::failed(unknown_language(language)),
    }
}

/// The texts of a schema's documents, in the language of its protocol.
///
/// # Errors
/// `unknown-language` where the protocol is not that of a language; `not-printable` where the language has no words
/// for what stands in the schema.
pub fn print(schema: &Schema) -> Result<Vec<String>> {
    match schema.protocol().as_str() {
        "atproto" => lexicon::print(schema),
        "json-schema" => json_schema::print(schema),
        other => Err(unknown_language(other).boxed()),
    }
}

fn unknown_language(language: &str) -> Diagnostic {
    Diagnostic::new(Kind::Usage, "unknown-language", format!("there is no schema language `{language}`"))
        .help("use `atproto` or `json-schema`")
}
