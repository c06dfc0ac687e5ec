//! The keywords of each type, and which values they admit.

use crate::schema::{Kind, Sort};
use crate::value::{JsonKind, ValueRef};

/// What a keyword's value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A string.
    Text,
    /// A boolean.
    Boolean,
    /// An integer, not negative.
    Count,
    /// An integer.
    Integer,
    /// A number, of the early form.
    Number,
    /// A list of strings.
    Texts,
    /// A list of integers.
    Integers,
    /// A list of numbers.
    Numbers,
    /// A list of objects.
    Objects,
    /// A list.
    Any,
}

impl Shape {
    /// Whether a value is of this shape.
    pub(super) fn fits(self, value: ValueRef<'_>) -> bool {
        let all =
            |shape: Shape| value.kind() == JsonKind::Array && value.items().all(|item| shape.fits(item));
        match self {
            Shape::Text => value.kind() == JsonKind::String,
            Shape::Boolean => value.kind() == JsonKind::Bool,
            Shape::Count => Shape::Integer.fits(value) && !value.raw().starts_with(b"-"),
            Shape::Integer => {
                value.kind() == JsonKind::Number
                    && value.raw().iter().all(|byte| byte.is_ascii_digit() || *byte == b'-')
            }
            Shape::Number => value.kind() == JsonKind::Number,
            Shape::Texts => all(Shape::Text),
            Shape::Integers => all(Shape::Integer),
            Shape::Numbers => all(Shape::Number),
            Shape::Objects => value.kind() == JsonKind::Array && value.items().all(ValueRef::is_object),
            Shape::Any => true,
        }
    }

    /// What a message calls it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Shape::Text => "a string",
            Shape::Boolean => "a boolean",
            Shape::Count => "an integer that is not negative",
            Shape::Integer => "an integer",
            Shape::Number => "a number",
            Shape::Texts => "a list of strings",
            Shape::Integers => "a list of integers",
            Shape::Numbers => "a list of numbers",
            Shape::Objects => "a list of objects",
            Shape::Any => "a value",
        }
    }
}

/// Where a keyword's value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A constraint.
    Constraint(Sort),
    /// The default.
    Default,
    /// Kept for printing; says nothing about values.
    Kept,
    /// Read where the structure is read.
    Structure,
}

/// What a keyword means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keyword {
    /// As a document writes it.
    pub(super) name: &'static str,
    /// Where its value goes.
    pub(super) place: Place,
    /// What its value has to be.
    pub(super) shape: Shape,
}

const fn constraint(name: &'static str, sort: Sort, shape: Shape) -> Keyword {
    Keyword { name, place: Place::Constraint(sort), shape }
}

const fn other(name: &'static str, place: Place, shape: Shape) -> Keyword {
    Keyword { name, place, shape }
}

const STRING: &[Keyword] = &[
    constraint("format", Sort::Format, Shape::Text),
    constraint("minLength", Sort::MinBytes, Shape::Count),
    constraint("maxLength", Sort::MaxBytes, Shape::Count),
    constraint("minGraphemes", Sort::MinGraphemes, Shape::Count),
    constraint("maxGraphemes", Sort::MaxGraphemes, Shape::Count),
    constraint("enum", Sort::Enum, Shape::Texts),
    constraint("knownValues", Sort::KnownValues, Shape::Texts),
    constraint("const", Sort::Const, Shape::Text),
    other("default", Place::Default, Shape::Text),
];
const BOOLEAN: &[Keyword] =
    &[constraint("const", Sort::Const, Shape::Boolean), other("default", Place::Default, Shape::Boolean)];
const INTEGER: &[Keyword] = &[
    constraint("minimum", Sort::Minimum, Shape::Integer),
    constraint("maximum", Sort::Maximum, Shape::Integer),
    constraint("enum", Sort::Enum, Shape::Integers),
    constraint("const", Sort::Const, Shape::Integer),
    other("default", Place::Default, Shape::Integer),
];
/// Numbers are of the early form only.
const NUMBER: &[Keyword] = &[
    constraint("minimum", Sort::Minimum, Shape::Number),
    constraint("maximum", Sort::Maximum, Shape::Number),
    constraint("enum", Sort::Enum, Shape::Numbers),
    constraint("const", Sort::Const, Shape::Number),
    other("default", Place::Default, Shape::Number),
];
const BYTES: &[Keyword] = &[
    constraint("minLength", Sort::MinBytes, Shape::Count),
    constraint("maxLength", Sort::MaxBytes, Shape::Count),
];
const BLOB: &[Keyword] =
    &[constraint("accept", Sort::Accept, Shape::Texts), constraint("maxSize", Sort::MaxSize, Shape::Count)];
const ARRAY: &[Keyword] = &[
    constraint("minLength", Sort::MinItems, Shape::Count),
    constraint("maxLength", Sort::MaxItems, Shape::Count),
    other("items", Place::Structure, Shape::Any),
];
const OBJECT: &[Keyword] = &[
    other("required", Place::Structure, Shape::Texts),
    other("nullable", Place::Structure, Shape::Texts),
    other("properties", Place::Structure, Shape::Any),
];
const UNION: &[Keyword] =
    &[other("refs", Place::Structure, Shape::Texts), other("closed", Place::Structure, Shape::Boolean)];
const REF: &[Keyword] = &[other("ref", Place::Structure, Shape::Text)];
const RECORD: &[Keyword] =
    &[other("key", Place::Kept, Shape::Text), other("record", Place::Structure, Shape::Any)];
const QUERY: &[Keyword] = &[
    other("parameters", Place::Structure, Shape::Any),
    other("output", Place::Structure, Shape::Any),
    other("errors", Place::Kept, Shape::Objects),
];
const PROCEDURE: &[Keyword] = &[
    other("parameters", Place::Structure, Shape::Any),
    other("input", Place::Structure, Shape::Any),
    other("output", Place::Structure, Shape::Any),
    other("errors", Place::Kept, Shape::Objects),
];
const SUBSCRIPTION: &[Keyword] = &[
    other("parameters", Place::Structure, Shape::Any),
    other("message", Place::Structure, Shape::Any),
    other("errors", Place::Kept, Shape::Objects),
];
/// What a node of the early form may say without naming a type.
const UNTYPED: &[Keyword] =
    &[constraint("enum", Sort::Enum, Shape::Any), constraint("const", Sort::Const, Shape::Any)];

/// The keywords of a kind.
pub(super) fn keywords(kind: &Kind) -> &'static [Keyword] {
    match kind {
        Kind::String => STRING,
        Kind::Boolean => BOOLEAN,
        Kind::Integer => INTEGER,
        Kind::Number => NUMBER,
        Kind::Bytes => BYTES,
        Kind::Blob => BLOB,
        Kind::Array => ARRAY,
        Kind::Object => OBJECT,
        Kind::Union => UNION,
        Kind::Ref | Kind::External => REF,
        Kind::Record => RECORD,
        Kind::Query => QUERY,
        Kind::Procedure => PROCEDURE,
        Kind::Subscription => SUBSCRIPTION,
        Kind::Any => UNTYPED,
        _ => &[],
    }
}

/// The spelling of a constraint at a kind, where the language has one.
pub(super) fn spelling(kind: &Kind, sort: Sort, early: bool) -> Option<&'static str> {
    match (kind, sort) {
        (Kind::Array, Sort::MinItems) if early => Some("minItems"),
        (Kind::Array, Sort::MaxItems) if early => Some("maxItems"),
        _ => keywords(kind)
            .iter()
            .find(|keyword| keyword.place == Place::Constraint(sort))
            .map(|keyword| keyword.name),
    }
}

/// Whether a keyword says what a kind contains or leads to.
pub(super) fn is_structure(kind: &Kind, name: &str) -> bool {
    keywords(kind).iter().any(|keyword| keyword.name == name && keyword.place == Place::Structure)
}

/// Whether a keyword that no type knows can be passed over when values are judged.
pub(super) fn is_annotation(name: &str) -> bool {
    matches!(name, "$comment" | "comment" | "title" | "deprecated" | "examples" | "example" | "$defs")
        || name.starts_with("x-")
        || name.starts_with("description:")
        || name.starts_with("title:")
}

/// The formats that a string may name.
pub(super) const FORMATS: [&str; 11] = [
    "at-identifier",
    "at-uri",
    "cid",
    "datetime",
    "did",
    "handle",
    "language",
    "nsid",
    "record-key",
    "tid",
    "uri",
];
