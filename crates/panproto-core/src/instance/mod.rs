//! Records over a schema; validation.
//!
//! Validation is three-valued: where a keyword, a reference or a pattern decides that the engine does not know, the
//! answer is [`Validity::Unknown`], never *valid*.
//!
//! ```
//! use panproto_core::instance::{Options, Validator, Validity};
//! use panproto_core::limits::{Budget, Limits};
//! use panproto_core::schema::{EdgeKind, Kind, SchemaBuilder};
//! use panproto_core::value::Tree;
//! let mut builder = SchemaBuilder::new("json-schema");
//! let root = builder.vertex("user", Kind::Object);
//! let mail = builder.vertex("user.mail", Kind::String);
//! builder.edge(root, mail, EdgeKind::Prop, Some("mail")).required = true;
//! let schema = builder.finish().unwrap();
//!
//! let record = Tree::parse(br#"{"mail": 5}"#, &Limits::DEFAULT).unwrap();
//! let mut validator = Validator::new(&schema, Options::default());
//! let mut report = Vec::new();
//! let validity =
//!     validator.validate(schema.main(), record.root(), &mut Budget::default(), &mut report).unwrap();
//! assert_eq!(validity, Validity::Invalid);
//! assert_eq!((report[0].code, report[0].path.to_string().as_str()), ("type-mismatch", "mail"));
//! ```

mod access;
mod any;
mod atom;
pub mod code;
mod compiled;
pub mod edit;
pub mod fiber;
pub mod format;
mod graph;
pub mod hom;
mod issue;
mod mapping;
mod node;
mod outline;
pub mod pattern;
pub mod query;
mod report;
mod restrict;
#[cfg(test)]
pub(crate) mod samples;
mod scalar;
mod structure;
mod subject;
pub mod table;
mod tree;
mod validate;
mod validity;
mod value;
mod values;
mod wire;

pub use access::Nodes;
pub use any::{Instance, Shape};
pub use compiled::Checks;
pub use graph::GraphInstance;
pub use issue::Issue;
pub use mapping::Mapping;
pub use node::{Arrow, Content, Fan, Node, Part};
pub use outline::Outline;
pub use restrict::Dropped;
pub use scalar::{Failure, ScalarCheck};
pub use table::TableInstance;
pub use tree::{Preorder, TreeInstance};
pub use validate::Validator;
pub use validity::{FormatReading, Options, Validity, Violation};
pub use value::{Form, Value};

#[cfg(test)]
mod tests;
