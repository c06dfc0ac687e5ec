//! Structural difference of two schemas: what was added, removed and changed, each with its path in the data.
//!
//! A diff knows no renames: a renamed field is one that was removed and one that was added. (A migration knows which
//! of them belong together.) It knows no direction either: what a change breaks, and for whom, is [`crate::compat`]'s.
//!
//! ```
//! use panproto_core::diff::Diff;
//! use panproto_core::schema::{EdgeKind, Kind, SchemaBuilder};
//! let schema = |names: &[&str]| {
//!     let mut builder = SchemaBuilder::new("json-schema");
//!     let root = builder.vertex("post", Kind::Object);
//!     for name in names {
//!         let field = builder.vertex(name, Kind::String);
//!         builder.edge(root, field, EdgeKind::Prop, Some(name));
//!     }
//!     builder.finish().unwrap()
//! };
//! let diff = Diff::between(&schema(&["text", "when"]), &schema(&["body", "when"]));
//! let changes: Vec<_> = diff.changes().iter().map(|change| (change.kind, change.path.as_str())).collect();
//! assert_eq!(changes, [("field-removed", "text"), ("field-added", "body")]);
//! ```

mod annotations;
mod constraints;
mod definitions;
pub mod extras;
mod members;
pub mod published;
mod references;
#[cfg(test)]
mod tests;
mod types;
mod unions;
mod walk;

pub(crate) use definitions::root_path;
pub(crate) use types::type_text;
pub(crate) use walk::member as member_path;

use crate::name::Name;
use crate::schema::{EdgeKind, Schema, VertexId};
use crate::value::string;
use std::fmt;

/// One change between two schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What changed: `field-removed`, `constraint-changed`, …
    pub kind: &'static str,
    /// Where in the data: `text`, `stats.likeCount`, `items[].value`, `#replyRef.root`; empty at the main root.
    pub path: String,
    /// Where in the old schema.
    pub old_vertex: Option<VertexId>,
    /// Where in the new schema.
    pub new_vertex: Option<VertexId>,
    /// What the old schema says there, for people.
    pub old: Option<String>,
    /// What the new schema says there, for people.
    pub new: Option<String>,
    /// The edge that came, went or changed.
    pub edge: Option<(EdgeKind, Option<Name>)>,
}

/// Kinds that say nothing about values.
const ANNOTATIONS: [&str; 3] = ["documentation", "known-values-changed", "form-changed"];

impl Change {
    /// Whether the change can matter to data or to a verdict. (Documentation cannot.)
    pub fn is_structural(&self) -> bool {
        !ANNOTATIONS.contains(&self.kind)
    }
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.path.is_empty() { "(root)" } else { &self.path };
        write!(out, "{} {place}", self.kind)?;
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(out, ": {old} -> {new}"),
            (Some(old), None) => write!(out, ": was {old}"),
            (None, Some(new)) => write!(out, ": {new}"),
            (None, None) => Ok(()),
        }
    }
}

/// The changes between two schemas, in the order of the old one; what is only in the new one follows its neighbours.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Diff {
    changes: Vec<Change>,
}

impl Diff {
    /// The changes from one schema to another. Linear in the size of the two but for sorting.
    pub fn between(old: &Schema, new: &Schema) -> Diff {
        let (old, new) = Schema::paired(old, new);
        let mut diff = walk::Walk::new(&old, &new).run();
        diff.changes.extend(extras::changes(&old, &new));
        diff
    }

    /// Every change.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Whether nothing changed, descriptions included.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether nothing changed that can matter to data.
    pub fn is_equivalent(&self) -> bool {
        !self.changes.iter().any(Change::is_structural)
    }

    /// The changes as a JSON array of objects with `kind`, `path`, `old` and `new`.
    pub fn to_json(&self) -> String {
        let mut out = b"[".to_vec();
        for (at, change) in self.changes.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            let fields = [
                ("kind", Some(change.kind)),
                ("path", Some(change.path.as_str())),
                ("old", change.old.as_deref()),
                ("new", change.new.as_deref()),
            ];
            put_object(&fields, &mut out);
        }
        out.push(b']');
        String::from_utf8(out).unwrap_or_default()
    }
}

/// Writes an object of texts; `None` is `null`.
pub(crate) fn put_object(fields: &[(&str, Option<&str>)], out: &mut Vec<u8>) {
    for (at, (name, value)) in fields.iter().enumerate() {
        out.push(if at == 0 { b'{' } else { b',' });
        string::encode(name, out);
        out.push(b':');
        match value {
            Some(text) => string::encode(text, out),
            None => out.extend_from_slice(b"null"),
        }
    }
    out.push(b'}');
}

impl fmt::Display for Diff {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changes.is_empty() {
            return out.write_str("no changes\n");
        }
        self.changes.iter().try_for_each(|change| writeln!(out, "{change}"))
    }
}
