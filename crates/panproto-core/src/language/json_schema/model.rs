//! What one schema object says, before it becomes vertices.

use super::scan::Place;
use crate::name::Name;
use crate::schema::{Constraint, TypeSet};
use crate::value::Json;

/// One of the schemas that hold together at a position.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part<'t> {
    /// The schema that is written there.
    Schema(Place<'t>),
    /// The same as a schema that is written elsewhere, and has its own position there.
    Copy(Place<'t>),
    /// A reference to a schema elsewhere.
    Reference(Place<'t>),
}

/// What one of several conjoined pieces of a position is.
#[derive(Clone, Debug)]
pub(super) enum Item<'t> {
    /// Keywords of the schema itself.
    Own(Box<Own<'t>>),
    /// What a reference names.
    Reference(Place<'t>),
    /// A reference to a document that was not given: the resolved URI, and as it is written.
    External(String, Json),
    /// A branch of `allOf`.
    Arm(Part<'t>),
    /// `oneOf` (exclusive) or `anyOf`.
    Union { arms: Vec<Place<'t>>, exclusive: bool },
}

/// What an object says of undeclared members.
#[derive(Clone, Debug, Default)]
pub(super) enum Additional<'t> {
    #[default]
    Open,
    Closed,
    Schema(Vec<Part<'t>>),
}

/// Named positions: properties or patterns, in declaration order.
pub(super) type Named<'t> = Vec<(Box<str>, Vec<Part<'t>>)>;

/// The keywords of a schema that stand for a vertex by themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Own<'t> {
    pub(super) types: Option<TypeSet>,
    pub(super) constraints: Vec<Constraint>,
    pub(super) props: Named<'t>,
    pub(super) required: Vec<Box<str>>,
    pub(super) patterns: Named<'t>,
    pub(super) additional: Additional<'t>,
    pub(super) prefix: Vec<Vec<Part<'t>>>,
    pub(super) items: Option<Vec<Part<'t>>>,
    /// Nothing fits: `false`, or `not` of everything.
    pub(super) never: bool,
}

impl Own<'_> {
    /// Whether it says nothing but which types there may be.
    pub(super) fn only_types(&self) -> bool {
        self.constraints.is_empty()
            && self.props.is_empty()
            && self.required.is_empty()
            && self.patterns.is_empty()
            && matches!(self.additional, Additional::Open)
            && self.prefix.is_empty()
            && self.items.is_none()
            && !self.never
    }

    /// Whether it says nothing at all.
    pub(super) fn is_empty(&self) -> bool {
        self.types.is_none() && self.only_types()
    }
}

/// A definition and its name.
pub(super) type Definition<'t> = (Box<str>, Place<'t>);

/// What a schema says beside restricting values by keywords of the model.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes<'t> {
    pub(super) doc: Option<Box<str>>,
    pub(super) default: Option<Json>,
    pub(super) extra: Vec<(Name, Json)>,
    pub(super) tainted: bool,
    /// Keyword (`definitions`, `$defs`) and what it defines.
    pub(super) definitions: Vec<(Box<str>, Vec<Definition<'t>>)>,
    /// It begins a resource of its own.
    pub(super) embedded: bool,
    /// Restricting keywords stand beside a reference that makes them void.
    pub(super) void: bool,
}

impl Notes<'_> {
    /// Whether the schema can become part of another position without changing what either means.
    pub(super) fn is_transparent(&self) -> bool {
        !self.tainted && self.definitions.is_empty() && !self.embedded && !self.void
    }
}

/// A schema, read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading<'t> {
    pub(super) items: Vec<Item<'t>>,
    pub(super) notes: Notes<'t>,
}
