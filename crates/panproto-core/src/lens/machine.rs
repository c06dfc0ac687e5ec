//! What a compiled migration does, state by state.
//!
//! A machine is symmetric: read from source to target it is `get`, from target to source it is `put`. Recursion in
//! the schema is a cycle of states. References are gone: a state speaks of resolved vertices.

use crate::expr::Expr;
use crate::migration::CoercionClass;
use crate::name::Name;
use crate::schema::{Constraint, EdgeId, Schema, TypeSet, VertexId};
use crate::value::Json;
use std::sync::Arc;

/// Index of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateId(pub u32);

/// A compiled migration.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Schema of the records.
    pub source: Arc<Schema>,
    /// Schema of the views.
    pub target: Arc<Schema>,
    /// All states.
    pub states: Vec<State>,
    /// Where a record begins.
    pub start: StateId,
    /// What a complement binds to: shape digests, canonical migration, the target's declaration order, format version.
    pub fingerprint: [u8; 32],
}

impl Machine {
    /// Whether it runs expressions.
    pub fn computes(&self) -> bool {
        self.states.iter().any(|state| match &state.rule {
            Rule::Apply(_) | Rule::Branch(_) => true,
            Rule::Object(rule) => rule.computes(),
            _ => false,
        })
    }

    /// A state of this machine.
    #[expect(
        clippy::indexing_slicing,
        reason = "INVARIANT: ids are given out by the compiler of this machine"
    )]
    pub fn state(&self, id: StateId) -> &State {
        &self.states[id.0 as usize]
    }
}

/// What happens to a value at a pair of positions.
#[derive(Clone, Debug)]
pub struct State {
    /// Resolved vertex of the source.
    pub source: VertexId,
    /// Resolved vertex of the target.
    pub target: VertexId,
    /// The source admits `null` here (beside what the rule says).
    pub source_null: bool,
    /// The target admits `null` here.
    pub target_null: bool,
    /// What happens to a value that is not such a `null`. A `null` admitted on both sides is copied; admitted only
    /// where it comes from, it fails with `null-not-allowed` (forwards) or `view-not-representable` (backwards).
    pub rule: Rule,
}

/// What has to be checked of an output value, because the other side does not imply it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// Nothing: inclusion is proved.
    None,
    /// That the value's type is one of these, and these constraints, without looking into members or items: bounds
    /// of a scalar, `minItems`, `uniqueItems`, `minProperties`, `required`, `enum`, ….
    Local(TypeSet, Vec<Constraint>),
    /// That the whole value is valid at this vertex of the side that it is written for.
    Valid(VertexId),
}

/// A change of scalar type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coercion {
    /// integer → number. Backwards the value has to be integral.
    Widen,
    /// number → integer: the value has to be integral; it is written as an integer.
    Narrow,
    /// integer → string: the plain integer in quotes (`1.0` gives `"1"`). Backwards: what is written that way.
    IntegerToString,
    /// string → integer: an optional `-` and digits, leading zeros removed.
    StringToInteger,
    /// number → string: the source spelling in quotes.
    NumberToString,
    /// string → number: JSON's spelling of a number.
    StringToNumber,
}

impl Coercion {
    /// The name in stored formats and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Coercion::Widen => "integer-to-number",
            Coercion::Narrow => "number-to-integer",
            Coercion::IntegerToString => "integer-to-string",
            Coercion::StringToInteger => "string-to-integer",
            Coercion::NumberToString => "number-to-string",
            Coercion::StringToNumber => "string-to-number",
        }
    }
}

/// What happens to a value.
#[derive(Clone, Debug)]
pub enum Rule {
    /// It is copied as it is written, inner white space included.
    Copy {
        /// Checked on the way to the view.
        forward: Check,
        /// Checked on the way back.
        backward: Check,
    },
    /// It changes its scalar type. Memory: `TEXT` where the way back would spell it otherwise.
    Coerce {
        /// How.
        coercion: Coercion,
        /// Checked of the view's value.
        forward: Check,
        /// Checked of the source's value on the way back.
        backward: Check,
    },
    /// An object, member by member.
    Object(Box<ObjectRule>),
    /// An array, item by item.
    Array(ArrayRule),
    /// One of several arms.
    Union(UnionRule),
    /// A value becomes a list of it. Backwards a list of any other length is refused.
    Wrap(StateId),
    /// A list becomes its first item; an empty one an absent member. Memory: `TEXT` with the whole list where it
    /// has not exactly one item, or where the item has memory.
    Head(StateId),
    /// It goes through an expression, `null` too. Memory: `TEXT` unless the way back is known to spell it the same.
    Apply(Box<ApplyRule>),
    /// One of several ways to take the members of an object, by conditions over the object of the source.
    Branch(BranchRule),
}

/// An expression in place of a state.
#[derive(Clone, Debug)]
pub struct ApplyRule {
    /// From the source's value to the view's.
    pub forward: Expr,
    /// The way back.
    pub backward: Option<Expr>,
    /// What is known of it.
    pub class: CoercionClass,
    /// Names of the value in `forward`, and in `backward`.
    pub names: (Vec<Name>, Vec<Name>),
    /// The position in the source: what is written back has to be valid there.
    pub source: VertexId,
    /// The position in the target: what is written has to be valid there.
    pub target: VertexId,
}

/// Ways to take the members of an object.
#[derive(Clone, Debug)]
pub struct BranchRule {
    /// Conditions over the object of the source.
    pub when: Vec<Condition>,
    /// A state for each condition, and one for objects on which none holds.
    pub arms: Vec<StateId>,
}

/// A condition over an object of the source.
#[derive(Clone, Debug)]
pub struct Condition {
    /// It has to give a boolean.
    pub expr: Expr,
    /// Members that it names: bound as variables, `null` where they are absent.
    pub names: Vec<Name>,
    /// It sees the object as `attrs`.
    pub attrs: bool,
}

/// A member of a container: which container, which slot of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Index into [`ObjectRule::source`] or [`ObjectRule::target`].
    pub container: u32,
    /// Index into [`Container::slots`].
    pub slot: u32,
}

/// An object of the source and an object of the target, and how members go from one to the other.
///
/// Each side is a small tree of *containers*: container 0 is the object itself; others are objects inside it that
/// have to be opened because members move into or out of them. A container whose `counterpart` is none is dissolved
/// (source: its members are hoisted or dropped) or new (target: it is assembled from members of others).
#[derive(Clone, Debug)]
pub struct ObjectRule {
    /// Containers of the source; parents before children.
    pub source: Vec<Container>,
    /// Containers of the target; parents before children.
    pub target: Vec<Container>,
    /// Members that both sides have, under whatever names and in whatever containers.
    pub links: Vec<Link>,
    /// The member `$type` is declared here although no property says so (Lexicon records and union arms).
    pub tagged: bool,
    /// The value of `$type` changes from the first to the second (backwards: from the second to the first); any
    /// other value fails with `wrong-type-tag`.
    pub retag: Option<(Name, Name)>,
    /// Members of the view that are computed from members of the source.
    pub computes: Vec<ComputeRule>,
    /// What else has to hold of the finished view object (`minProperties`, …).
    pub forward: Check,
    /// What else has to hold of the finished source object.
    pub backward: Check,
}

impl ObjectRule {
    /// Whether a record has to be looked at as a whole before it is known to give the view.
    pub fn computes(&self) -> bool {
        !self.computes.is_empty() || self.links.iter().any(|link| link.survives.is_some())
    }
}

/// An object that is opened.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its resolved vertex.
    pub vertex: VertexId,
    /// Where it stands in its parent; none for container 0.
    pub parent: Option<Place>,
    /// The container of the other side that is the same object; none if it is dissolved or new.
    /// Containers 0 are each other's.
    pub counterpart: Option<u32>,
    /// `null` may stand in its place (only of dissolved and new containers).
    pub nullable: bool,
    /// The declared members, in the order of [`Schema::slots`].
    pub slots: Vec<Slot>,
    /// Slots in declaration order.
    pub declared: Vec<u32>,
    /// What happens to members that this container does not declare, when it is read.
    pub rest: Rest,
    /// Names of undeclared members that neither pass nor are adopted or carried, sorted; of a container and its
    /// counterpart the same.
    pub reserved: Vec<Name>,
}

/// The dissolved ones of the containers of a source that a view does not always tell of: absent, `null` or without
/// members, they give the same view.
pub fn untold(containers: &[Container]) -> Vec<usize> {
    let mut told = vec![false; containers.len()];
    let mut untold = Vec::new();
    // What is inside comes after what is around.
    for (at, container) in containers.iter().enumerate().rev() {
        let always = container.slots.iter().any(|slot| match slot.role {
            SlotRole::Link(_) => slot.required,
            SlotRole::Container(inner) => slot.required && told.get(inner as usize) == Some(&true),
            _ => false,
        });
        if let Some(told) = told.get_mut(at) {
            *told = container.counterpart.is_some() || always && !container.nullable;
        }
        let place =
            container.parent.and_then(|place| Some((containers.get(place.container as usize)?, place)));
        let slot = place.and_then(|(around, place)| around.slots.get(place.slot as usize));
        let Some(slot) = slot.filter(|_| container.counterpart.is_none()) else { continue };
        let ways = [!slot.required, container.nullable, !always];
        if ways.into_iter().filter(|way| *way).count() > 1 {
            untold.push(at);
        }
    }
    untold.reverse();
    untold
}

impl Container {
    /// Whether an undeclared member of this name is shadowed (source) or refused (view).
    pub fn reserves(&self, name: &[u8]) -> bool {
        self.reserved.binary_search_by(|known| known.as_bytes().cmp(name)).is_ok()
    }

    /// The slot with a name.
    pub fn slot_named(&self, name: &[u8]) -> Option<u32> {
        self.slots.binary_search_by(|slot| slot.name.as_bytes().cmp(name)).ok().map(|at| at as u32)
    }
}

/// A declared member.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Its name.
    pub name: Name,
    /// Its edge.
    pub edge: EdgeId,
    /// The side requires it.
    pub required: bool,
    /// What it is to the other side.
    pub role: SlotRole,
}

/// What a declared member is to the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotRole {
    /// It goes to, or comes from, a member of the other side.
    Link(u32),
    /// It is an opened container of this side.
    Container(u32),
    /// The other side has nothing like it. A source member is dropped to the complement; a target member is filled
    /// where there is a value (`fill`), else left absent. Backwards, a source member without memory is filled where
    /// there is a value, left absent where it is optional, and fails with `source-default-missing` otherwise.
    Alone {
        /// The value that is written where the other side has none.
        fill: Option<Json>,
    },
    /// A member of the source that computations consume. It is remembered like a dropped one; backwards it comes from
    /// memory, if it gives the view's values again, or from the computations' way back.
    Input {
        /// A value for records that are made without memory.
        fill: Option<Json>,
    },
    /// A member of the view that is computed.
    Output {
        /// Index of the computation.
        compute: u32,
        /// Index among its outputs.
        output: u32,
        /// The value where an input is absent.
        fill: Option<Json>,
    },
}

/// Members of the view that are computed from members of the source.
#[derive(Clone, Debug)]
pub struct ComputeRule {
    /// What it reads.
    pub inputs: Vec<ComputeInput>,
    /// What it writes: names for the expressions, and places in the view.
    pub outputs: Vec<(Name, Place)>,
    /// From inputs to outputs.
    pub forward: Expr,
    /// From outputs and kept inputs to consumed inputs.
    pub backward: Option<Expr>,
    /// Whether they see what they read as one record too.
    pub attrs: (bool, bool),
    /// What is known of it.
    pub class: CoercionClass,
}

impl ComputeRule {
    /// The inputs that it has to bring back.
    pub fn consumed(&self) -> impl Iterator<Item = (&Name, Place)> {
        self.inputs.iter().filter_map(|input| Some((&input.name, input.consumed?)))
    }
}

/// What a computation reads.
#[derive(Clone, Debug)]
pub struct ComputeInput {
    /// What the expressions call it.
    pub name: Name,
    /// Names of the members from the object of the source down to it.
    pub way: Vec<Name>,
    /// Where it is, if nothing else of the rule brings it back.
    pub consumed: Option<Place>,
}

/// A member that both sides have.
#[derive(Clone, Debug)]
pub struct Link {
    /// Where it is in the source.
    pub source: Place,
    /// Where it is in the view.
    pub target: Place,
    /// What happens to its value.
    pub state: StateId,
    /// The view's value where the source has none (the target requires it, the source does not).
    pub fill: Option<Json>,
    /// The source's value where the view has none (the source requires it, the target does not). With neither this
    /// nor memory, absence in the view fails with `source-default-missing`.
    pub unfill: Option<Json>,
    /// A `null` of the source becomes an absent member of the view. Memory: `STATE` null.
    pub null_absent: bool,
    /// A condition over the source container that the member is in: where it is false, the view lacks the member.
    /// Memory: `DROP`.
    pub survives: Option<Condition>,
}

/// What happens to members that a container does not declare.
///
/// A member whose name the counterpart declares is never passed: it is *adopted* where that slot is `Alone` and the
/// value is valid there, else *shadowed* (source) or refused (view). Members of dissolved containers are shadowed;
/// of new containers refused.
#[derive(Clone, Debug)]
pub enum Rest {
    /// They pass as they are.
    Pass,
    /// They pass where the other container (its vertex here) accepts name and value; else they are shadowed
    /// (source) or refused (view).
    PassIfValid(VertexId),
    /// Members matching a pattern, or all others, go through a state. Patterns in order, the first that matches
    /// decides; the last entry may have no pattern. A name that nothing matches is treated as `Shadow`.
    Map(Vec<(Option<Name>, StateId)>),
    /// They are shadowed (source) or refused (view).
    Shadow,
}

/// An array of the source and an array of the target.
#[derive(Clone, Debug)]
pub struct ArrayRule {
    /// States of the items at fixed indices.
    pub prefix: Vec<StateId>,
    /// State of the others; none where only whole equal values can stand there (then they are copied).
    pub items: Option<StateId>,
    /// Member of a *view* item that tells which item it is (`weak` digests); none for scalars.
    pub key: Option<Name>,
    /// The key was hinted: it comes before equality of whole items, and duplicates are refused.
    pub hinted_key: bool,
    /// Checked of the finished view array (`minItems`, `uniqueItems`, …).
    pub forward: Check,
    /// Checked of the finished source array.
    pub backward: Check,
}

/// A union of the source and a union of the target.
#[derive(Clone, Debug)]
pub struct UnionRule {
    /// How the arm of a value is found.
    pub selector: Selector,
    /// The arms that both sides have; parallel to the lists of the selector.
    pub arms: Vec<StateId>,
    /// A value of no arm passes as it is on the way to the view (the target's union is open); else it fails with
    /// `arm-not-in-target`.
    pub pass_forward: bool,
    /// A value of no arm passes on the way back (the source's union is open); else `view-not-representable`.
    pub pass_backward: bool,
}

/// How the arm of a value is found: one entry per arm.
#[derive(Clone, Debug)]
pub enum Selector {
    /// By the string value of a member.
    Tag {
        /// The member's name, in source and view: `$type`, or a property with one constant in each arm.
        member: Name,
        /// Its value in each arm of the source.
        source: Vec<Name>,
        /// Its value in each arm of the target.
        target: Vec<Name>,
    },
    /// By JSON type; disjoint sets.
    Type {
        /// Types of each source arm.
        source: Vec<TypeSet>,
        /// Types of each target arm.
        target: Vec<TypeSet>,
    },
    /// By the presence of a member that only this arm has.
    Present {
        /// For each source arm.
        source: Vec<Name>,
        /// For each target arm.
        target: Vec<Name>,
    },
    /// By validating against each arm (source vertices, target vertices); exactly one has to fit.
    Valid {
        /// Source vertices.
        source: Vec<VertexId>,
        /// Target vertices.
        target: Vec<VertexId>,
    },
}
