//! ATProto Lexicon: a bundle of documents to one schema, and back.
//!
//! Nothing here recurses over a document: definitions and what they contain wait on a list of work. What the model
//! has no place for stays verbatim in `extra` (of the vertex) or in the header (of the document); the printer puts
//! it back. References keep their spelling there where it is not the usual one (`lex:` in front, say).
//!
//! `$type` is no property: the `nsid` of a record's object, and of every definition, is its value.

mod bundle;
mod early;
mod findings;
mod keyword;
mod node;
mod print;
mod reference;
mod service;
#[cfg(test)]
mod tests;

pub use print::print;
pub use reference::is_nsid;

use super::{Options, Parsed};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind};
use crate::limits::Budget;
use crate::schema::{Kind, VertexId};
use crate::value::{Tree, ValueRef};
use bundle::Bundle;

/// Where a node stands: which types it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// The main definition.
    Main,
    /// Another definition.
    Definition,
    /// The object of a record.
    RecordObject,
    /// A property, an item, an arm.
    Field,
    /// A parameter.
    Parameter,
    /// A parameter of the early form, in a map: it says itself whether it is required.
    MapEntry,
    /// An item of a parameter that is an array.
    ParameterItem,
    /// Parameters of a service, as an object.
    Parameters,
    /// The schema of a body.
    Body,
}

/// A node that waits to be read into its vertex.
#[derive(Clone, Copy)]
struct Task<'t> {
    vertex: VertexId,
    value: ValueRef<'t>,
    position: Position,
    document: usize,
    /// The definition or body that holds the `$defs` of the early form.
    scope: VertexId,
}

/// Parses a bundle of Lexicon documents into one schema.
///
/// A reference to a document outside of the bundle is a warning, `external-not-loaded`.
pub fn parse(documents: &[&[u8]], _options: &Options, budget: &mut Budget) -> Parsed {
    let limits = *budget.limits();
    if documents.len() > limits.documents as usize {
        return Parsed::failed(
            Diagnostic::new(
                ErrorKind::Limit,
                "limit-documents",
                format!("{} documents pass the limit of {}", documents.len(), limits.documents),
            )
            .help("raise the limit `documents`"),
        );
    }
    if documents.is_empty() {
        return Parsed::failed(Diagnostic::new(ErrorKind::Schema, "schema-empty", "there is no document"));
    }
    let mut trees = Vec::with_capacity(documents.len());
    let mut unreadable = Vec::new();
    for (index, text) in documents.iter().enumerate() {
        let tree = if text.len() as u64 > limits.document_bytes {
            let message = format!("a document of {} bytes passes the limit", text.len());
            Err(Diagnostic::new(ErrorKind::Limit, "limit-size", message)
                .help("raise the limit `document_bytes`")
                .boxed())
        } else {
            Tree::parse(text, &limits)
        };
        match tree {
            Ok(tree) => trees.push(Some(tree)),
            Err(error) => {
                unreadable.push(error.in_document(index));
                trees.push(None);
            }
        }
    }
    if !unreadable.is_empty() {
        return Parsed { schema: None, diagnostics: unreadable };
    }
    let mut bundle = Bundle::new(budget);
    let outcome = read(&mut bundle, trees.iter().flatten());
    let mut schema = None;
    match outcome {
        Err(error) => bundle.findings.add_bare(*error),
        Ok(()) if !bundle.findings.failed() => {
            bundle.declare_roots();
            match bundle.builder.finish() {
                Ok(finished) => schema = Some(finished),
                Err(error) => bundle.findings.add_bare(located(*error, &trees)),
            }
        }
        Ok(()) => {}
    }
    Parsed { schema, diagnostics: bundle.findings.finish() }
}

fn read<'t>(bundle: &mut Bundle<'t, '_>, trees: impl Iterator<Item = &'t Tree>) -> Result<(), Error> {
    for tree in trees {
        bundle.load(tree)?;
    }
    // Last in, first out: turned around, definitions are read in the order of the documents.
    bundle.work.reverse();
    while let Some(task) = bundle.work.pop() {
        let mark = bundle.work.len();
        bundle.node(task)?;
        if let Some(fresh) = bundle.work.get_mut(mark..) {
            fresh.reverse();
        }
    }
    Ok(())
}

/// Turns the builder's vertex id into the path in the document; what has no place is the first document's.
fn located(mut error: Diagnostic, trees: &[Option<Tree>]) -> Diagnostic {
    let index = *error.document.get_or_insert(0);
    let Some(tree) = trees.get(index as usize).and_then(Option::as_ref) else { return error };
    let span = *error.span.get_or_insert(tree.root().span());
    error.at(findings::path_of(tree, span.start))
}

/// The kind that a type's name stands for.
fn kind_of(name: &str) -> Option<Kind> {
    Some(match name {
        "record" => Kind::Record,
        "object" => Kind::Object,
        "array" => Kind::Array,
        "union" => Kind::Union,
        "ref" => Kind::Ref,
        "string" => Kind::String,
        "integer" => Kind::Integer,
        "boolean" => Kind::Boolean,
        "null" => Kind::Null,
        "bytes" => Kind::Bytes,
        "cid-link" => Kind::CidLink,
        "blob" => Kind::Blob,
        "token" => Kind::Token,
        "unknown" => Kind::Unknown,
        "query" => Kind::Query,
        "procedure" => Kind::Procedure,
        "subscription" => Kind::Subscription,
        "permission-set" => Kind::Definition,
        _ => return None,
    })
}
