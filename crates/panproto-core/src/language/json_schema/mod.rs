//! JSON Schema: drafts 2020-12 and 07 (and, where they agree with these, 2019-09, 06 and 04).
//!
//! One vertex stands for one schema position. Its `types` are the JSON types that it admits; `null` is admitted where
//! `nullable` says so **or** `types` has it (the kinds `any` without restriction, and `null`), never both. A
//! constraint or an edge concerns values of its JSON type only, as in the language; so an `any` vertex may have
//! properties, items and bounds side by side. Where `type` is absent, it is read off `enum` and `const`.
//!
//! - `$ref` is a `ref` vertex, or `external` where its document was not given. Annotations beside it are kept in all
//!   drafts; other siblings are ignored until draft-07 (and kept verbatim) and hold too since 2019-09.
//! - What holds together at one position (own keywords, `$ref`, branches of `allOf`, a union) is merged into one
//!   vertex where that is exact, and is an `intersection` of those pieces, in this order, where it is not.
//! - `anyOf` and `oneOf` are unions; beside other keywords they are one piece of an intersection. An arm for `null`
//!   makes the rest nullable. A union whose arms only restrict (`required`, `not`) is kept verbatim.
//! - A property that is only `required` leads to an `any` vertex, unless undeclared members are restricted: then its
//!   name stands in a [`crate::schema::Sort::Required`] constraint.
//! - Keywords without a place in the model are kept verbatim in `extra`; where they restrict values, the vertex is
//!   tainted. `format` is always a constraint: whether it is asserted is for the reader to say, unless
//!   [`super::Options::assert_format`] settles it.
//!
//! [`crate::schema::Document::header`] holds `$schema` and where things were written: `root` (the id of the root's
//! vertex), `definitions` and `$defs` (for each vertex that holds some: name to vertex), `verbatim` (vertices that
//! are written inside of verbatim keywords: holder and pointer from there).

mod build;
mod dialect;
mod layout;
mod merge;
mod model;
mod print;
mod read;
mod roots;
mod scan;
mod uri;
mod values;

pub use print::print;

use self::dialect::Dialect;
use super::{Options, Parsed};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::limits::Budget;
use crate::value::Tree;

/// Parses documents that may refer to each other by `$id`; the first one is the main one.
///
/// ```
/// use panproto_core::language::{Options, json_schema};
/// use panproto_core::limits::Budget;
/// let text = br#"{"type": "object", "properties": {"name": {"type": ["string", "null"]}}, "required": ["name"]}"#;
/// let schema = json_schema::parse(&[text], &Options::default(), &mut Budget::default()).into_result().unwrap();
/// let name = schema.edge_named(schema.main(), "name").unwrap();
/// assert!(name.required && schema.vertex(name.tgt).nullable);
/// ```
///
/// Errors: `json-syntax`, `text-encoding`, `limit-…`, `schema-shape` (a keyword of the wrong type),
/// `missing-definition`, `reference-cycle`, `dialect-unknown` (of `$schema`, unless the options
/// name a dialect; or of those), `unknown-root`.
pub fn parse(documents: &[&[u8]], options: &Options, budget: &mut Budget) -> Parsed {
    if let Some(name) = options.dialect.as_deref().filter(|name| Dialect::from_name(name).is_none()) {
        let text = format!("there is no dialect `{name}`");
        return Parsed::failed(
            Diagnostic::new(Kind::Usage, "dialect-unknown", text)
                .help("use `draft-04`, `draft-06`, `draft-07`, `2019-09` or `2020-12`"),
        );
    }
    let limits = *budget.limits();
    let mut trees = Vec::with_capacity(documents.len());
    let read = |text: &[u8], budget: &mut Budget| -> Result<Tree> {
        if text.len() as u64 > limits.document_bytes {
            let text =
                format!("document of {} bytes passes the limit of {}", text.len(), limits.document_bytes);
            return Err(Diagnostic::new(Kind::Limit, "limit-size", text)
                .help("raise the limit `document_bytes`")
                .boxed());
        }
        budget.spend(text.len() as u64)?;
        Tree::parse(text, &limits)
    };
    if documents.len() > limits.documents as usize {
        let text = format!("{} documents pass the limit of {}", documents.len(), limits.documents);
        return Parsed::failed(Diagnostic::new(Kind::Limit, "limit-documents", text));
    }
    for (at, text) in documents.iter().enumerate() {
        match read(text, budget) {
            Ok(tree) => trees.push(tree),
            Err(error) => return Parsed::failed(error.in_document(at)),
        }
    }
    let roots: Vec<_> = trees.iter().map(Tree::root).collect();
    build::Build::run(&roots, options, budget)
}

#[cfg(test)]
mod tests;
