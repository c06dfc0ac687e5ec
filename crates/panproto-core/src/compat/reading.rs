//! How data are read where a schema leaves it open.

use crate::schema::{Schema, Sort};
use std::fmt;

/// What members that no schema declares are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Undeclared {
    /// Kept free for later versions: a value of a schema has none of the names that the other one adds.
    Reserved,
    /// Anybody's: they may be there, with any value.
    Arbitrary,
}

/// What the format of a string is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// A restriction.
    Assert,
    /// A note.
    Annotate,
}

/// What becomes of a member of an open union that the schema does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnknownMembers {
    /// It passes.
    Pass,
    /// It is refused.
    Refuse,
}

/// The reading of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reading {
    /// Members that are not declared.
    pub undeclared: Undeclared,
    /// Formats of strings.
    pub format: Format,
    /// Unlisted members of open unions.
    pub unknown_union_members: UnknownMembers,
}

impl Reading {
    /// ATProto: later versions may add names and types, formats restrict.
    pub const ATPROTO: Reading = Reading {
        undeclared: Undeclared::Reserved,
        format: Format::Assert,
        unknown_union_members: UnknownMembers::Pass,
    };

    /// JSON Schema: what is not declared may be anything, formats are notes.
    pub const JSON_SCHEMA: Reading = Reading {
        undeclared: Undeclared::Arbitrary,
        format: Format::Annotate,
        unknown_union_members: UnknownMembers::Pass,
    };

    /// The reading of a schema's protocol.
    pub fn of(schema: &Schema) -> Reading {
        match schema.protocol().as_str() {
            "atproto" => Reading::ATPROTO,
            _ => Reading::JSON_SCHEMA,
        }
    }

    /// The reading of a change, that of the new schema's protocol: formats restrict where the callers of the parser
    /// said so of every one.
    pub fn between(old: &Schema, new: &Schema) -> Reading {
        let sorts = |sort: Sort| {
            let constraints = [old, new].map(|schema| schema.vertices());
            constraints.into_iter().flatten().any(|(_, vertex)| vertex.constraint(sort).is_some())
        };
        let asserted = sorts(Sort::AssertedFormat) && !sorts(Sort::Format);
        let reading = Reading::of(new);
        if asserted { Reading { format: Format::Assert, ..reading } } else { reading }
    }

    /// Whether formats restrict.
    pub fn asserts_formats(&self) -> bool {
        self.format == Format::Assert
    }
}

impl Reading {
    /// The reading as names and values, as every report prints it.
    pub fn texts(&self) -> [(&'static str, &'static str); 3] {
        let undeclared = match self.undeclared {
            Undeclared::Reserved => "reserved",
            Undeclared::Arbitrary => "arbitrary",
        };
        let format = if self.asserts_formats() { "assert" } else { "annotate" };
        let members = match self.unknown_union_members {
            UnknownMembers::Pass => "pass",
            UnknownMembers::Refuse => "refuse",
        };
        [("undeclared", undeclared), ("format", format), ("unknown-union-members", members)]
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, value)) in self.texts().into_iter().enumerate() {
            write!(out, "{}{name}: {value}", if at > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}
