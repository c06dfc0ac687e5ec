//! The flat tables that the executor runs: one set per direction.
//!
//! A table speaks of *input* and *output*, never of source and view: the forward one reads records and writes views,
//! the backward one reads views and writes records. What differs between them is said by the actions.

use super::append::Text;
use super::check::Check;
use super::names::{Kept, Names};
use crate::lens::machine::{ApplyRule, Coercion, ComputeRule, Condition};
use crate::name::Name;
use crate::schema::TypeSet;

/// Index of a state that does not exist.
pub(super) const NONE: u32 = u32::MAX;

/// One direction of a program.
#[derive(Debug, Default)]
pub(super) struct Code {
    pub(super) rows: Vec<Row>,
    pub(super) objects: Vec<Object>,
    pub(super) arrays: Vec<Array>,
    pub(super) unions: Vec<Union>,
    pub(super) coercions: Vec<Coerce>,
    pub(super) checks: Vec<Check>,
    pub(super) applies: Vec<Apply>,
    pub(super) ways: Vec<Ways>,
    /// Some expression is run.
    pub(super) computes: bool,
    /// Size of the table of guesses: for each name of each container, which one came after it last time.
    pub(super) guesses: usize,
}

/// What happens to `null` before the operation is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Null {
    /// The operation says.
    Rule,
    /// It is copied.
    Copy,
    /// It fails.
    Refuse,
}

/// A state in one direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) null: Null,
    pub(super) op: Op,
    /// A value here can leave something in the complement.
    pub(super) remembers: bool,
}

impl Row {
    /// Every value is copied, `null` too, and nothing is checked.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.op, Op::Copy { check: NONE }) && self.null != Null::Refuse
    }
}

/// What happens to a value. Numbers are indices into the tables of [`Code`], or states.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// Copied as written; `check` is an index or [`NONE`].
    Copy { check: u32 },
    /// Another scalar type.
    Coerce(u32),
    /// An object.
    Object(u32),
    /// An array.
    Array(u32),
    /// A union.
    Union(u32),
    /// A value becomes a list of it.
    Wrap(u32),
    /// A list of exactly one item becomes the item.
    Unwrap(u32),
    /// A list becomes its first item.
    Head(u32),
    /// A value becomes the first item of a list again.
    Unhead { item: u32, check: u32 },
    /// A value goes through an expression.
    Apply(u32),
    /// One of several ways to take an object.
    Ways(u32),
    /// Left to the clear engine.
    Leave,
}

/// An expression in place of a state, in one direction.
#[derive(Debug)]
pub(super) struct Apply {
    pub(super) rule: ApplyRule,
    /// From source to view; else the way back.
    pub(super) forward: bool,
    /// Of what is written.
    pub(super) check: u32,
    /// Backwards: what a remembered value has to be.
    pub(super) remembered: u32,
}

/// Ways to take an object, in one direction.
#[derive(Debug)]
pub(super) struct Ways {
    pub(super) forward: bool,
    pub(super) conditions: Conditions,
    pub(super) arms: Vec<u32>,
}

/// Conditions over one object.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// All members that they name.
    pub(super) names: Names,
    pub(super) all: Vec<Condition>,
}

/// A change of scalar type in one direction.
#[derive(Debug)]
pub(super) struct Coerce {
    pub(super) coercion: Coercion,
    /// From source to view; else the way back.
    pub(super) forward: bool,
    pub(super) check: u32,
    /// Backwards: what a remembered spelling has to be.
    pub(super) remembered: u32,
}

/// An object: how its members go from the input's containers to the output's.
#[derive(Debug)]
pub(super) struct Object {
    /// From source to view.
    pub(super) forward: bool,
    pub(super) inputs: Vec<Input>,
    pub(super) outputs: Vec<Output>,
    pub(super) links: Vec<Link>,
    /// Words of the set of names that were met.
    pub(super) words: usize,
    /// The members stream: the output is one container, and nothing is written before its turn.
    pub(super) streams: bool,
    /// Something of it is computed, or stands under a condition.
    pub(super) computed: bool,
    /// What is computed, as the machine says it.
    pub(super) computes: Vec<ComputeRule>,
    /// Forwards: where the inputs of the computations are found, one list each. Backwards: where the outputs are, and
    /// the value that the lens fills.
    pub(super) inputs_of: Vec<Vec<Held>>,
    /// Number of values that are held for computations.
    pub(super) held: usize,
    /// Backwards: members that a condition may leave out.
    pub(super) conditional: Vec<Conditional>,
    /// The value of `$type` changes from the first to the second (encoded strings).
    pub(super) retag: Option<(Name, Box<[u8]>)>,
    pub(super) check: u32,
}

impl Object {
    /// Something of it is computed, or stands under a condition.
    #[inline]
    pub(super) fn is_computed(&self) -> bool {
        self.computed
    }
}

/// A value that is held for a computation.
#[derive(Debug)]
pub(super) struct Held {
    /// Its index among those of the object.
    pub(super) at: u32,
    /// Names of the members that lead from it to the value that is read.
    pub(super) way: Vec<Name>,
    /// What stands for it where it is absent.
    pub(super) fill: Option<Box<[u8]>>,
}

/// Backwards: a linked member that a condition may leave out.
#[derive(Debug)]
pub(super) struct Conditional {
    pub(super) condition: Condition,
    pub(super) name: Name,
    pub(super) link: u32,
}

/// A container that is read.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) names: Names,
    /// Parallel to the names.
    pub(super) actions: Vec<Entry>,
    /// The same for the members that are kept as they are, where their object streams.
    pub(super) kept: Vec<Kept>,
    pub(super) rest: Rest,
    /// The container around it.
    pub(super) parent: u32,
    /// The output container that is the same object, or [`NONE`].
    pub(super) counterpart: u32,
    pub(super) nullable: bool,
    /// Backwards: bits of members that the view has to have.
    pub(super) needs: Vec<u32>,
    /// Where its guesses start.
    pub(super) guesses: usize,
    /// Forwards: conditions over it, and for each the link that it is about.
    pub(super) conditions: Conditions,
    pub(super) conditional: Vec<u32>,
}

/// What happens to a member with a known name.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its bit in the set of names met in the object.
    pub(super) bit: u32,
    /// Its slot on the input side; for names that only the output declares, on the output side.
    pub(super) slot: u32,
    pub(super) action: Action,
}

/// What happens to a member with a known name.
#[derive(Clone, Debug)]
pub(super) enum Action {
    /// It is copied under the same name, to the same place: nothing else can be said of it.
    Keep,
    /// It goes to a member of the output.
    Link(u32),
    /// It opens: an input container.
    Open(u32),
    /// It is held for a computation, and, forwards, dropped to the complement.
    Held(u32),
    /// It goes to a member of the output, and is held for a computation.
    HeldLink { link: u32, held: u32 },
    /// Forwards: dropped to the complement.
    Drop,
    /// Forwards: adopted where it is valid at the vertex, else shadowed.
    Adopt { check: u32, fill: Option<Box<[u8]>>, given: u32 },
    /// Forwards: shadowed.
    Shadow,
    /// Backwards: nothing where it has the value that the lens fills; else carried as an undeclared member
    /// if it is valid at its place in the view, so that it is adopted again ([`NONE`]: never carried).
    Carry { fill: Option<Box<[u8]>>, check: u32 },
    /// Backwards: the other side declares the name otherwise.
    Refuse,
    /// The member `$type`.
    Tag,
}

/// A member that both sides have.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) state: u32,
    /// The state copies whatever it meets.
    pub(super) plain: bool,
    /// Input and output have the same name, so that the key stays as it is spelled.
    pub(super) same_name: bool,
    /// `,"name":` of the output.
    pub(super) next: Text,
    /// The state is plain, and neither `null`, nor a fill, nor a condition makes a difference.
    pub(super) copies: bool,
    /// `null` gives nothing in the output.
    pub(super) null_absent: bool,
    /// Backwards: `null` would come back as an absent member, and is refused.
    pub(super) null_refused: bool,
    /// The output's value where the input has none.
    pub(super) fill: Option<Box<[u8]>>,
    /// Forwards: that the input had the very value that is filled is remembered. Of a member that its object requires,
    /// and that the view has with its object, it is not.
    pub(super) explicit: bool,
    /// Backwards: a value that gives nothing unless the complement says that it was explicit.
    pub(super) implied: Option<Box<[u8]>>,
    /// The value that gives nothing gives something if there is another reason for its object.
    pub(super) idle: bool,
    /// The output requires it.
    pub(super) required: bool,
    /// Slot on the source side, in container `source_container`: what the complement calls it.
    pub(super) slot: u32,
    /// Input and output container.
    pub(super) input: u32,
    pub(super) output: u32,
    /// Written at the close of its container.
    pub(super) moved: bool,
    /// The other direction writes it at the close of its container.
    pub(super) moves_back: bool,
    /// Set when the output was given a value.
    pub(super) given: u32,
    /// A condition decides about it. Forwards: set where it leaves the member out. Backwards: set where the member
    /// comes from memory.
    pub(super) out: u32,
}

/// What happens to members with unknown names.
#[derive(Clone, Debug)]
pub(super) enum Rest {
    /// They pass as they are.
    Pass,
    /// Forwards: to the complement.
    Shadow,
    /// Backwards: an error.
    Refuse,
    /// Left to the clear engine: they pass where the other side accepts them, or go through a state by pattern.
    Leave,
}

/// A container that is written.
#[derive(Debug)]
pub(super) struct Output {
    /// Its parent, its slot there, and `"name":`.
    pub(super) parent: u32,
    pub(super) slot: u32,
    pub(super) token: Box<[u8]>,
    /// Set when it is there.
    pub(super) bit: u32,
    /// The input has it under the same name.
    pub(super) same_name: bool,
    /// The input container that is the same object, or [`NONE`].
    pub(super) counterpart: u32,
    /// What may be written of undeclared members that are remembered.
    pub(super) shadows: Shadows,
    /// Declared members by slot.
    pub(super) slots: Vec<OutputSlot>,
    /// What is looked after at its close, in declaration order.
    pub(super) close: Vec<Close>,
}

/// Backwards: which remembered undeclared members `get` would remember again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shadows {
    /// All but those that the container itself declares.
    All,
    /// Those whose name the view's container declares for something else.
    Declared,
    /// Left to the clear engine.
    Leave,
}

/// A declared member of a container that is written.
#[derive(Debug)]
pub(super) struct OutputSlot {
    /// Its name, and as a key: `"name":`.
    pub(super) name: Box<[u8]>,
    pub(super) token: Box<[u8]>,
    /// Set when it was given a value.
    pub(super) bit: u32,
    pub(super) role: OutputRole,
    /// What a remembered value has to be.
    pub(super) check: Check,
}

/// What a declared member of the output is to the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutputRole {
    /// Given by a link.
    Link(u32),
    /// An output container.
    Container(u32),
    /// Given by a link, unless a condition leaves it out.
    Conditional(u32),
    /// Nothing there gives it.
    Alone,
}

/// What is looked after at the close of a container.
#[derive(Debug)]
pub(super) struct Close {
    /// Nothing is to be done if this bit is set.
    pub(super) bit: u32,
    /// It is a link's, whose input is in a container inside the object.
    pub(super) nested: bool,
    pub(super) what: Closing,
}

/// What is done for a member that nothing gave.
#[derive(Debug)]
pub(super) enum Closing {
    /// Written: `,"name":value`.
    Fill(Box<[u8]>),
    /// It is missing.
    Require,
    /// A link whose members come from elsewhere.
    Moved(u32),
    /// A container that has to be there.
    Container(u32),
    /// What a computation gives: which, which output, its key, what is filled instead, and whether it has to be there.
    Computed {
        compute: u32,
        output: u32,
        token: Box<[u8]>,
        fill: Option<Box<[u8]>>,
        check: u32,
        required: bool,
    },
    /// Backwards: a computation has to find it.
    Find,
}

/// An array.
#[derive(Debug)]
pub(super) struct Array {
    pub(super) prefix: Vec<u32>,
    pub(super) items: u32,
    /// Digest of the name of the member that tells which item it is.
    pub(super) key: Option<u64>,
    pub(super) hinted: bool,
    pub(super) check: u32,
    /// An item can leave something in the complement.
    pub(super) remembers: bool,
}

/// A union.
#[derive(Debug)]
pub(super) struct Union {
    pub(super) selector: Selector,
    pub(super) arms: Vec<u32>,
    /// A value of no arm is copied.
    pub(super) passes: bool,
}

/// How the arm of an input value is found.
#[derive(Debug)]
pub(super) enum Selector {
    /// By the string value of a member.
    Tag { member: Name, tags: Names },
    /// By JSON type.
    Type(Vec<TypeSet>),
    /// By the presence of a member.
    Present(Names),
    /// Left to the clear engine.
    Leave,
}
