//! Kinds of vertices and edges, and sets of JSON types.

use crate::name::Name;
use std::fmt;
use std::ops::{BitAnd, BitOr};

/// A set of JSON types, integers and other numbers kept apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TypeSet(pub u8);

impl TypeSet {
    /// No type.
    pub const NONE: TypeSet = TypeSet(0);
    /// `null`
    pub const NULL: TypeSet = TypeSet(1);
    /// `true`, `false`
    pub const BOOLEAN: TypeSet = TypeSet(2);
    /// Numbers with an integral value.
    pub const INTEGER: TypeSet = TypeSet(4);
    /// Numbers without an integral value.
    pub const FRACTION: TypeSet = TypeSet(8);
    /// All numbers.
    pub const NUMBER: TypeSet = TypeSet(12);
    /// Strings.
    pub const STRING: TypeSet = TypeSet(16);
    /// Arrays.
    pub const ARRAY: TypeSet = TypeSet(32);
    /// Objects.
    pub const OBJECT: TypeSet = TypeSet(64);
    /// Every type.
    pub const ALL: TypeSet = TypeSet(127);

    /// Whether every type of `other` is in it.
    pub fn contains(self, other: TypeSet) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether it shares a type with `other`.
    pub fn meets(self, other: TypeSet) -> bool {
        self.0 & other.0 != 0
    }

    /// What is in it and not in `other`.
    #[must_use]
    pub fn without(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 & !other.0)
    }

    /// Whether no type is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its types as JSON Schema names them, in fixed order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let number = self.contains(TypeSet::FRACTION);
        [
            (TypeSet::NULL, "null"),
            (TypeSet::BOOLEAN, "boolean"),
            (if number { TypeSet::NONE } else { TypeSet::INTEGER }, "integer"),
            (TypeSet::FRACTION, "number"),
            (TypeSet::STRING, "string"),
            (TypeSet::ARRAY, "array"),
            (TypeSet::OBJECT, "object"),
        ]
        .into_iter()
        .filter(move |(set, _)| !set.is_empty() && self.contains(*set))
        .map(|(_, name)| name)
    }
}

impl BitOr for TypeSet {
    type Output = TypeSet;
    fn bitor(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 | other.0)
    }
}

impl BitAnd for TypeSet {
    type Output = TypeSet;
    fn bitand(self, other: TypeSet) -> TypeSet {
        TypeSet(self.0 & other.0)
    }
}

impl fmt::Debug for TypeSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.names()).finish()
    }
}

/// What stands at a vertex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An ATProto record: delegates to its object over a `record-schema` edge.
    Record,
    /// An object with declared members.
    Object,
    /// An array.
    Array,
    /// One of several arms (`variant` edges). Its `types` are empty: the arms say.
    Union,
    /// What several branches (`branch` edges) admit together, beside the vertex' own constraints.
    Intersection,
    /// A reference; the `ref` edge leads to what it means.
    Ref,
    /// A reference to a document that was not given: values pass verbatim, verdicts are unknown.
    External,
    /// A string.
    String,
    /// An integral number.
    Integer,
    /// A number.
    Number,
    /// A boolean.
    Boolean,
    /// `null` alone.
    Null,
    /// Lexicon bytes: `{"$bytes": "…"}` in JSON.
    Bytes,
    /// Lexicon link: `{"$link": "…"}` in JSON.
    CidLink,
    /// Lexicon blob: an object with `$type: blob`.
    Blob,
    /// Lexicon token: a name that stands for itself; its values are strings.
    Token,
    /// Lexicon unknown: any object.
    Unknown,
    /// Any value of the vertex' `types`, with whatever constraints stand there.
    Any,
    /// No value at all.
    Never,
    /// ATProto query: a service, not data.
    Query,
    /// ATProto procedure.
    Procedure,
    /// ATProto subscription.
    Subscription,
    /// ATProto permission set and other definitions that are not data; kept verbatim in `extra`.
    Definition,
    /// A kind that a user's protocol names.
    Other(Name),
}

impl Kind {
    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Kind::Record => "record",
            Kind::Object => "object",
            Kind::Array => "array",
            Kind::Union => "union",
            Kind::Intersection => "intersection",
            Kind::Ref => "ref",
            Kind::External => "external",
            Kind::String => "string",
            Kind::Integer => "integer",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::Null => "null",
            Kind::Bytes => "bytes",
            Kind::CidLink => "cid-link",
            Kind::Blob => "blob",
            Kind::Token => "token",
            Kind::Unknown => "unknown",
            Kind::Any => "any",
            Kind::Never => "never",
            Kind::Query => "query",
            Kind::Procedure => "procedure",
            Kind::Subscription => "subscription",
            Kind::Definition => "definition",
            Kind::Other(name) => name,
        }
    }

    /// The kind with a name on the wire.
    pub fn from_name(name: &str) -> Kind {
        const KNOWN: [Kind; 23] = [
            Kind::Record,
            Kind::Object,
            Kind::Array,
            Kind::Union,
            Kind::Intersection,
            Kind::Ref,
            Kind::External,
            Kind::String,
            Kind::Integer,
            Kind::Number,
            Kind::Boolean,
            Kind::Null,
            Kind::Bytes,
            Kind::CidLink,
            Kind::Blob,
            Kind::Token,
            Kind::Unknown,
            Kind::Any,
            Kind::Never,
            Kind::Query,
            Kind::Procedure,
            Kind::Subscription,
            Kind::Definition,
        ];
        KNOWN.into_iter().find(|kind| kind.as_str() == name).unwrap_or_else(|| Kind::Other(Name::new(name)))
    }

    /// The JSON types of its values; empty where other vertices say, or where it is no data.
    pub fn types(&self) -> TypeSet {
        match self {
            Kind::Object | Kind::Bytes | Kind::CidLink | Kind::Blob | Kind::Unknown => TypeSet::OBJECT,
            Kind::Array => TypeSet::ARRAY,
            Kind::String | Kind::Token => TypeSet::STRING,
            Kind::Integer => TypeSet::INTEGER,
            Kind::Number => TypeSet::NUMBER,
            Kind::Boolean => TypeSet::BOOLEAN,
            Kind::Null => TypeSet::NULL,
            Kind::Any | Kind::External | Kind::Other(_) => TypeSet::ALL,
            Kind::Record
            | Kind::Union
            | Kind::Intersection
            | Kind::Ref
            | Kind::Never
            | Kind::Query
            | Kind::Procedure
            | Kind::Subscription
            | Kind::Definition => TypeSet::NONE,
        }
    }

    /// Whether a value is one piece, never entered: scalars, and the objects by which Lexicons write them.
    pub fn is_atom(&self) -> bool {
        matches!(
            self,
            Kind::String
                | Kind::Integer
                | Kind::Number
                | Kind::Boolean
                | Kind::Null
                | Kind::Bytes
                | Kind::CidLink
                | Kind::Blob
                | Kind::Token
                | Kind::Unknown
                | Kind::External
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// What an edge means.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    /// A declared member; `name` is the member's name.
    Prop,
    /// Members whose name matches the pattern in `name`.
    Pattern,
    /// Members that neither a `prop` nor a `pattern` declares.
    Additional,
    /// Items of an array (those after the `prefix` ones).
    Items,
    /// The item at a fixed index; `prefix` edges stand in order.
    Prefix,
    /// An arm of a union; `name` is its tag where it has one.
    Variant,
    /// A branch of an intersection.
    Branch,
    /// What a reference means.
    Ref,
    /// The object of a record.
    RecordSchema,
    /// Parameters of a query, procedure or subscription (an object).
    Parameters,
    /// Input of a procedure.
    Input,
    /// Output of a query or procedure.
    Output,
    /// Message of a subscription.
    Message,
    /// An edge kind that a user's protocol names.
    Other(Name),
}

impl EdgeKind {
    const KNOWN: [EdgeKind; 13] = [
        EdgeKind::Prop,
        EdgeKind::Pattern,
        EdgeKind::Additional,
        EdgeKind::Items,
        EdgeKind::Prefix,
        EdgeKind::Variant,
        EdgeKind::Branch,
        EdgeKind::Ref,
        EdgeKind::RecordSchema,
        EdgeKind::Parameters,
        EdgeKind::Input,
        EdgeKind::Output,
        EdgeKind::Message,
    ];

    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            EdgeKind::Prop => "prop",
            EdgeKind::Pattern => "pattern",
            EdgeKind::Additional => "additional",
            EdgeKind::Items => "items",
            EdgeKind::Prefix => "prefix",
            EdgeKind::Variant => "variant",
            EdgeKind::Branch => "branch",
            EdgeKind::Ref => "ref",
            EdgeKind::RecordSchema => "record-schema",
            EdgeKind::Parameters => "parameters",
            EdgeKind::Input => "input",
            EdgeKind::Output => "output",
            EdgeKind::Message => "message",
            EdgeKind::Other(name) => name,
        }
    }

    /// The kind with a name on the wire; `item` is read as `items`, and `property` as `prop`.
    pub fn from_name(name: &str) -> EdgeKind {
        match name {
            "item" => return EdgeKind::Items,
            "property" => return EdgeKind::Prop,
            _ => {}
        }
        EdgeKind::KNOWN
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .unwrap_or_else(|| EdgeKind::Other(Name::new(name)))
    }
}

impl fmt::Display for EdgeKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Who writes and who reads at a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Data at rest: an ATProto record.
    Record,
    /// A definition that others refer to, or the root of a JSON Schema.
    Value,
    /// Parameters of a request.
    Parameters,
    /// Body of a request.
    Input,
    /// Body of a response.
    Output,
    /// A message of a subscription.
    Message,
}

impl Role {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Record => "record",
            Role::Value => "value",
            Role::Parameters => "parameters",
            Role::Input => "input",
            Role::Output => "output",
            Role::Message => "message",
        }
    }
}
