//! Values that a migration computes: in place, from other members, on a condition, by a choice.

use super::ObjectMatch;
use crate::expr::Expr;
use crate::name::Name;
use crate::schema::EdgeId;

/// What is known of the way back of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoercionClass {
    /// Both ways undo each other: nothing has to be remembered.
    Iso,
    /// The way back undoes the way forth; not every value of the view has a way back.
    Retraction,
    /// The way forth loses something: several values of the source give one of the view.
    Projection,
    /// Nothing is known.
    Opaque,
}

impl CoercionClass {
    /// All of them, the strongest first.
    pub const ALL: [CoercionClass; 4] =
        [CoercionClass::Iso, CoercionClass::Retraction, CoercionClass::Projection, CoercionClass::Opaque];

    /// The class of one after the other.
    #[must_use]
    pub fn compose(self, then: CoercionClass) -> CoercionClass {
        match (self, then) {
            (CoercionClass::Iso, other) | (other, CoercionClass::Iso) => other,
            (one, other) if one == other => one,
            _ => CoercionClass::Opaque,
        }
    }

    /// The name in stored formats and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            CoercionClass::Iso => "Iso",
            CoercionClass::Retraction => "Retraction",
            CoercionClass::Projection => "Projection",
            CoercionClass::Opaque => "Opaque",
        }
    }

    /// The class of a name.
    pub fn from_name(name: &str) -> Option<CoercionClass> {
        CoercionClass::ALL.into_iter().find(|class| class.as_str() == name)
    }
}

/// An expression in place of a state: the value of one position becomes the value of another.
///
/// It sees the value as `v`, as `__value__` and by the member's own name (of the source forwards, of the target
/// backwards), `null` included; nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct Apply {
    /// From the source's value to the view's.
    pub forward: Expr,
    /// The way back.
    pub backward: Option<Expr>,
    /// What is known of it.
    pub class: CoercionClass,
}

impl Apply {
    /// An expression without a way back: an edited value of the view is refused.
    pub fn one_way(forward: Expr) -> Apply {
        Apply { forward, backward: None, class: CoercionClass::Opaque }
    }

    /// Two expressions that undo each other.
    pub fn iso(forward: Expr, backward: Expr) -> Apply {
        Apply { forward, backward: Some(backward), class: CoercionClass::Iso }
    }
}

/// A member of the source that a computation reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// What the expression calls it.
    pub name: Name,
    /// Properties from the source object down to it; never empty.
    pub way: Vec<EdgeId>,
    /// It goes to the view by a link as well; else it is consumed, and the computation has to bring it back.
    pub kept: bool,
}

/// A member of the view that a computation writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// What the way back calls it, and the member of the record that `forward` gives where there are several.
    pub name: Name,
    /// Properties from the target object down to it; never empty.
    pub way: Vec<EdgeId>,
}

/// Members of the view made of members of the source: a computed field, a split, a merge.
///
/// `forward` sees the inputs by name and as members of `attrs`. It gives the output, or, where there are several, a
/// record with a member for each (a missing one is an absent member of the view). `backward` sees the outputs and the
/// kept inputs in the same way (an absent output is `null`) and gives the consumed input, or a record of them. Where
/// an input is absent nothing runs: all outputs are absent.
#[derive(Clone, Debug, PartialEq)]
pub struct Compute {
    /// What it reads; never empty.
    pub inputs: Vec<Input>,
    /// What it writes; never empty.
    pub outputs: Vec<Output>,
    /// From inputs to outputs.
    pub forward: Expr,
    /// From outputs to the consumed inputs.
    pub backward: Option<Expr>,
    /// What is known of it.
    pub class: CoercionClass,
}

/// Matches of a pair of objects for the records on which a condition holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// A condition over the source object: it sees the declared members by name (`null` where they are absent), and
    /// the whole object as `attrs`.
    pub when: Expr,
    /// The matches then.
    pub then: ObjectMatch,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_compose() {
        use CoercionClass::{Iso, Opaque, Projection, Retraction};
        assert_eq!(Iso.compose(Retraction), Retraction);
        assert_eq!(Projection.compose(Iso), Projection);
        assert_eq!(Retraction.compose(Retraction), Retraction);
        assert_eq!(Retraction.compose(Projection), Opaque);
        assert_eq!(Opaque.compose(Iso), Opaque);
        for class in CoercionClass::ALL {
            assert_eq!(CoercionClass::from_name(class.as_str()), Some(class));
        }
    }
}
