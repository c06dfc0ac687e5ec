//! Sorts: plain ones, and families that depend on terms.

use super::term::{Substitution, Term};
use crate::name::Name;
use std::fmt;

/// A sort that is used: its name, and terms for its parameters.
///
/// A family that is named without arguments stands for all its members together: whatever index a term of the
/// family has, it fits there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SortExpr {
    /// The sort.
    pub name: Name,
    /// Terms for its parameters; empty for the whole family.
    pub args: Vec<Term>,
}

impl SortExpr {
    /// A sort without arguments.
    pub fn plain(name: impl Into<Name>) -> SortExpr {
        SortExpr { name: name.into(), args: Vec::new() }
    }

    /// The sort at these arguments.
    pub fn at(name: impl Into<Name>, args: impl IntoIterator<Item = Term>) -> SortExpr {
        SortExpr { name: name.into(), args: args.into_iter().collect() }
    }

    /// Puts terms in place of variables.
    #[must_use]
    pub fn substitute(&self, with: &Substitution) -> SortExpr {
        SortExpr { name: self.name.clone(), args: self.args.iter().map(|arg| arg.substitute(with)).collect() }
    }

    /// The sort with names of sorts and operations replaced.
    #[must_use]
    pub(super) fn map(&self, sort: &dyn Fn(&Name) -> Name, op: &dyn Fn(&Name) -> Name) -> SortExpr {
        SortExpr { name: sort(&self.name), args: self.args.iter().map(|arg| arg.map_ops(op)).collect() }
    }
}

impl fmt::Display for SortExpr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)?;
        for (at, arg) in self.args.iter().enumerate() {
            out.write_str(if at == 0 { "(" } else { ", " })?;
            arg.fmt(out)?;
        }
        out.write_str(if self.args.is_empty() { "" } else { ")" })
    }
}

/// A named parameter of a sort, or a named input of an operation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SortParam {
    /// Its name, which later sorts of the same list may use as a variable.
    pub name: Name,
    /// Its sort.
    pub sort: SortExpr,
}

/// What the elements of a sort are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SortKind {
    /// Things without a value of their own.
    #[default]
    Structural,
    /// Values of a kind.
    Val(ValueKind),
    /// Ways to turn values of one kind into another.
    Coercion {
        /// Kind before.
        from: ValueKind,
        /// Kind after.
        to: ValueKind,
        /// What they keep.
        class: CoercionClass,
    },
    /// Ways to merge two values of a kind.
    Merger(ValueKind),
}

/// Kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueKind {
    /// Truth values.
    Bool,
    /// Integers.
    Int,
    /// Numbers.
    Float,
    /// Texts.
    Str,
    /// Bytes.
    Bytes,
    /// Names that stand for themselves.
    Token,
    /// `null`.
    Null,
    /// Anything.
    Any,
}

impl ValueKind {
    const ALL: [ValueKind; 8] = [
        ValueKind::Bool,
        ValueKind::Int,
        ValueKind::Float,
        ValueKind::Str,
        ValueKind::Bytes,
        ValueKind::Token,
        ValueKind::Null,
        ValueKind::Any,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            ValueKind::Bool => "Bool",
            ValueKind::Int => "Int",
            ValueKind::Float => "Float",
            ValueKind::Str => "Str",
            ValueKind::Bytes => "Bytes",
            ValueKind::Token => "Token",
            ValueKind::Null => "Null",
            ValueKind::Any => "Any",
        }
    }

    /// The kind of vertices that hold such values.
    pub fn vertex_kind(self) -> &'static str {
        match self {
            ValueKind::Bool => "boolean",
            ValueKind::Int => "integer",
            ValueKind::Float => "number",
            ValueKind::Str => "string",
            ValueKind::Bytes => "bytes",
            ValueKind::Token => "token",
            ValueKind::Null => "null",
            ValueKind::Any => "any",
        }
    }

    /// The kind with a name, that of the wire or that of vertices.
    pub fn from_name(name: &str) -> Option<ValueKind> {
        ValueKind::ALL.into_iter().find(|kind| kind.as_str() == name || kind.vertex_kind() == name)
    }
}

/// What a coercion keeps, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum CoercionClass {
    /// Everything, both ways.
    #[default]
    Iso,
    /// It is undone by its inverse.
    Retraction,
    /// Its result is found again after its inverse.
    Projection,
    /// Nothing is known.
    Opaque,
}

impl CoercionClass {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            CoercionClass::Iso => "Iso",
            CoercionClass::Retraction => "Retraction",
            CoercionClass::Projection => "Projection",
            CoercionClass::Opaque => "Opaque",
        }
    }

    /// The class with a name, as on the wire or in lower case.
    pub fn from_name(name: &str) -> Option<CoercionClass> {
        [CoercionClass::Iso, CoercionClass::Retraction, CoercionClass::Projection, CoercionClass::Opaque]
            .into_iter()
            .find(|class| class.as_str().eq_ignore_ascii_case(name))
    }

    /// The class of one coercion after another: `Iso` changes nothing, equal classes stay, all else is opaque.
    #[must_use]
    pub fn compose(self, then: CoercionClass) -> CoercionClass {
        match (self, then) {
            (CoercionClass::Iso, other) | (other, CoercionClass::Iso) => other,
            (a, b) if a == b => a,
            _ => CoercionClass::Opaque,
        }
    }

    /// Whether what is lost has to be kept beside the result to be undone.
    pub fn needs_complement(self) -> bool {
        matches!(self, CoercionClass::Retraction | CoercionClass::Opaque)
    }
}

/// A sort that a theory declares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sort {
    /// Its name.
    pub name: Name,
    /// Its parameters; none for a plain sort.
    pub params: Vec<SortParam>,
    /// What its elements are.
    pub kind: SortKind,
}

impl Sort {
    /// A plain structural sort.
    pub fn plain(name: impl Into<Name>) -> Sort {
        Sort { name: name.into(), params: Vec::new(), kind: SortKind::Structural }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_compose_to_what_is_kept() {
        use CoercionClass::{Iso, Opaque, Projection, Retraction};
        let table = [
            (Iso, Retraction, Retraction),
            (Projection, Iso, Projection),
            (Retraction, Retraction, Retraction),
            (Retraction, Projection, Opaque),
            (Opaque, Iso, Opaque),
            (Projection, Opaque, Opaque),
        ];
        for (first, then, both) in table {
            assert_eq!(first.compose(then), both);
        }
    }
}
