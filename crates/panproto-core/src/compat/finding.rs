//! What a verdict stands on.

use crate::diff::published::Writer;
use crate::schema::VertexId;
use crate::value::Json;
use std::fmt;

/// The three answers, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Proved: nothing breaks.
    Safe,
    /// Neither proved nor refuted.
    Unknown,
    /// Something breaks.
    Breaks,
}

impl Kind {
    /// The name that crosses the boundary.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Safe => "safe",
            Kind::Unknown => "unknown",
            Kind::Breaks => "breaks",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// For whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// A new reader and old data; an old client and a new service.
    Backward,
    /// An old reader and new data; a new client and an old service.
    Forward,
    /// Code that was written against the old schema.
    Source,
}

impl Direction {
    /// The name that crosses the boundary.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::Backward => "backward",
            Direction::Forward => "forward",
            Direction::Source => "source",
        }
    }
}

/// One reason why a verdict is not *safe*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule: `required-added`, `type-narrowed`, …
    pub code: &'static str,
    /// Whether it breaks something or leaves it open.
    pub kind: Kind,
    /// For whom.
    pub direction: Direction,
    /// Where in the data.
    pub path: String,
    /// What the old schema says there.
    pub old: Option<String>,
    /// What the new schema says there.
    pub new: Option<String>,
    /// Where in the old schema.
    pub old_vertex: Option<VertexId>,
    /// Where in the new schema.
    pub new_vertex: Option<VertexId>,
    /// A whole value of the root that the one side accepts and the other refuses; validated on both.
    pub witness: Option<Json>,
}

impl Finding {
    pub(super) fn put(&self, out: &mut Writer) {
        out.open('{');
        for (name, value) in [
            ("code", Some(self.code)),
            ("kind", Some(self.kind.as_str())),
            ("direction", Some(self.direction.as_str())),
            ("path", Some(self.path.as_str())),
            ("old", self.old.as_deref()),
            ("new", self.new.as_deref()),
        ] {
            out.key(name);
            match value {
                Some(text) => out.text(text),
                None => out.raw("null"),
            }
        }
        out.key("witness");
        out.raw(self.witness.as_ref().map_or("null", Json::as_str));
        out.close('}');
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.path.is_empty() { "(root)" } else { &self.path };
        write!(out, "{} {} {place}", self.kind, self.code)?;
        if self.old.is_some() || self.new.is_some() {
            let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
            write!(out, ": {} -> {}", text(&self.old), text(&self.new))?;
        }
        if let Some(witness) = &self.witness {
            write!(out, " (as {witness})")?;
        }
        Ok(())
    }
}
