//! The value under check: a value of a tree, or the bytes of one scalar token.

use crate::schema::TypeSet;
use crate::value::{Decimal, JsonKind, ValueRef, string};
use std::borrow::Cow;

/// A value under check.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'a> {
    Token(JsonKind, &'a [u8]),
    Value(ValueRef<'a>),
}

impl<'a> Subject<'a> {
    pub(super) fn kind(&self) -> JsonKind {
        match self {
            Subject::Token(kind, _) => *kind,
            Subject::Value(value) => value.kind(),
        }
    }

    pub(super) fn raw(&self) -> &'a [u8] {
        match self {
            Subject::Token(_, raw) => raw,
            Subject::Value(value) => value.raw(),
        }
    }

    /// The value, where it is one of a tree. Containers always are.
    pub(super) fn value(&self) -> Option<ValueRef<'a>> {
        match self {
            Subject::Token(..) => None,
            Subject::Value(value) => Some(*value),
        }
    }

    /// Content of a string.
    pub(super) fn decoded(&self) -> Cow<'a, [u8]> {
        string::decode(self.raw())
    }

    /// Items or members.
    pub(super) fn len(&self) -> usize {
        self.value().map_or(0, ValueRef::len)
    }

    /// Whether its JSON type is in a set.
    pub(super) fn is_of(&self, types: TypeSet) -> bool {
        match self.kind() {
            JsonKind::Null => types.contains(TypeSet::NULL),
            JsonKind::Bool => types.contains(TypeSet::BOOLEAN),
            JsonKind::String => types.contains(TypeSet::STRING),
            JsonKind::Array => types.contains(TypeSet::ARRAY),
            JsonKind::Object => types.contains(TypeSet::OBJECT),
            JsonKind::Number if types.contains(TypeSet::NUMBER) => true,
            JsonKind::Number if !types.meets(TypeSet::NUMBER) => false,
            JsonKind::Number => types.contains(TypeSet::INTEGER) == is_integer(self.raw()),
        }
    }
}

fn is_integer(raw: &[u8]) -> bool {
    raw.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-'))
        || Decimal::parse(raw).is_some_and(|number| number.is_integer())
}
