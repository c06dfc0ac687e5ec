//! What is wrong with an instance, as data.

use super::validity::{Validity, Violation};
use crate::diagnostic::{Diagnostic, Kind};
use crate::name::Name;
use crate::schema::Schema;
use crate::value::Writer;
use std::borrow::Cow;

/// Something that an instance is refused for, or that leaves its validity unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// One of [`super::code`].
    pub code: &'static str,
    /// Lower-case, no final period.
    pub message: Cow<'static, str>,
    /// Where in the record; empty for the whole, or where there is no such place.
    pub path: String,
    /// The node, or the row within the table of `vertex`.
    pub node: Option<u32>,
    /// The vertex.
    pub vertex: Option<Name>,
    /// [`Validity::Invalid`], or [`Validity::Unknown`] for a reason why it is unknown.
    pub validity: Validity,
}

impl Issue {
    /// A violation of the structure.
    pub fn new(code: &'static str, message: impl Into<Cow<'static, str>>) -> Issue {
        Issue {
            code,
            message: message.into(),
            path: String::new(),
            node: None,
            vertex: None,
            validity: Validity::Invalid,
        }
    }

    /// With the node that it speaks of.
    #[must_use]
    pub fn node(mut self, node: u32) -> Issue {
        self.node = Some(node);
        self
    }

    /// With the vertex that it speaks of.
    #[must_use]
    pub fn vertex(mut self, vertex: &Name) -> Issue {
        self.vertex = Some(vertex.clone());
        self
    }

    /// With a path.
    #[must_use]
    pub fn at(mut self, path: String) -> Issue {
        self.path = path;
        self
    }

    pub(super) fn of(violation: &Violation, schema: &Schema) -> Issue {
        Issue {
            code: violation.code,
            message: violation.message.clone(),
            path: violation.path.to_string(),
            node: None,
            vertex: Some(schema.vertex(violation.vertex).id.clone()),
            validity: violation.validity,
        }
    }

    /// The issue as an error over data.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::new(Kind::Data, self.code, self.message.clone()).at(&self.path)
    }

    /// The issue as JSON: `type`, `message`, `path`, `node`, `vertex`, `validity`.
    pub fn write(&self, out: &mut Writer) {
        out.object();
        out.key("type");
        out.string(self.code);
        out.key("message");
        out.string(&self.message);
        out.key("path");
        out.string(&self.path);
        out.key("node");
        match self.node {
            Some(node) => out.number(node.into()),
            None => out.raw("null"),
        }
        out.key("vertex");
        out.optional(self.vertex.as_deref());
        out.key("validity");
        out.string(if self.validity.is_invalid() { "invalid" } else { "unknown" });
        out.end_object();
    }
}
