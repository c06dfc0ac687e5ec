//! Generalised algebraic theories: sorts that may depend on terms, operations, equations; what follows from them.
//!
//! A [`Theory`] is data with a JSON form. [`Signature::check`] says whether it is well typed; [`Prover`] decides
//! equations, with proofs ([`EqWitness`]); a [`TheoryMorphism`] carries one theory into another, and what it does
//! to equations is *proved*, not looked up.
//!
//! ```
//! use panproto_core::limits::{Budget, Limits};
//! use panproto_core::theory::{Signature, Theory};
//! let text = br#"{"name":"ThTag","sorts":[{"name":"Doc"},{"name":"Tag"}],
//!     "ops":[{"name":"primary","inputs":[["d","Doc"]],"output":"Tag"}]}"#;
//! let theory = Theory::parse(text, &Limits::DEFAULT).unwrap();
//! assert!(Signature::check(&theory, &mut Budget::default()).is_ok());
//! ```

mod bank;
mod build;
pub mod builtin;
mod chase;
mod check;
mod confluence;
mod declare;
mod editor;
mod egraph;
mod expression;
mod factorize;
mod json;
mod kan;
mod model;
mod morphism;
mod natural;
mod order;
mod prove;
mod pullback;
mod refinement;
mod refute;
mod resolve;
mod rewrite;
mod sort;
mod span;
mod tables;
mod term;
mod transform;
mod wire;
mod witness;

pub use build::ModelBuilder;
pub use check::{Context, Signature};
pub use confluence::{Confluence, RewritingReport, Termination, check_rewriting};
pub use factorize::{factorize, same_parts};
pub use kan::{
    Extension, Families, MOST_ELEMENTS, ModelMap, count_homomorphisms, delta, free_model, pi, sigma,
};
pub use model::{Carrier, MOST_ASSIGNMENTS, Model, ModelValue, Violation};
pub use morphism::{Kept, Site, SiteRename, TheoryMorphism};
pub use natural::NaturalTransformation;
pub use prove::{Decision, Prover, Refutation};
pub use pullback::{Pullback, pullback};
pub use refinement::{Containment, RefinedSort};
pub use resolve::Registry;
pub use rewrite::{MOST_STEPS, normalize};
pub use sort::{CoercionClass, Sort, SortExpr, SortKind, SortParam, ValueKind};
pub use span::{Pushout, colimit_by_name, pushout};
pub use term::{Substitution, Term};
pub use transform::{TheoryConstraint, TheoryEndofunctor, TheoryTransform, apply_all};
pub use wire::context_from_json;
pub use witness::EqWitness;

use crate::name::Name;
use crate::value::Json;

/// An operation: named inputs, later ones may depend on earlier ones, and an output that may depend on all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name.
    pub name: Name,
    /// Its inputs in order.
    pub inputs: Vec<SortParam>,
    /// The sort of its results.
    pub output: SortExpr,
}

/// An axiom that holds both ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equation {
    /// Its name.
    pub name: Name,
    /// One side.
    pub lhs: Term,
    /// The other side.
    pub rhs: Term,
}

/// An axiom that is used from left to right: a rewrite rule, or a coercion that an expression executes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectedEquation {
    /// Its name.
    pub name: Name,
    /// What is replaced.
    pub lhs: Term,
    /// What replaces it.
    pub rhs: Term,
    /// The expression that does it on values, in its JSON form; `null` where there is none.
    pub impl_term: Json,
    /// The expression that undoes it.
    pub inverse: Option<Json>,
    /// Kind of the values before.
    pub source_kind: Option<ValueKind>,
    /// Kind of the values after.
    pub target_kind: Option<ValueKind>,
    /// What it keeps.
    pub coercion_class: CoercionClass,
}

/// What is done when two sides of a merge changed one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConflictStrategy {
    /// The left value stays.
    KeepLeft,
    /// The right value stays.
    KeepRight,
    /// It is an error.
    Fail,
    /// An expression, in its JSON form, says.
    Custom(Json),
}

/// A strategy for the values of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictPolicy {
    /// Its name.
    pub name: Name,
    /// The kind of values.
    pub value_kind: ValueKind,
    /// What to do.
    pub strategy: ConflictStrategy,
}

/// A generalised algebraic theory.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Theory {
    /// Its name.
    pub name: Name,
    /// Theories whose parts it has, too; [`Theory::resolve`] puts them in.
    pub extends: Vec<Name>,
    /// Sorts.
    pub sorts: Vec<Sort>,
    /// Operations.
    pub ops: Vec<Operation>,
    /// Equations.
    pub eqs: Vec<Equation>,
    /// Directed equations.
    pub directed_eqs: Vec<DirectedEquation>,
    /// Policies.
    pub policies: Vec<ConflictPolicy>,
}

impl Theory {
    /// A theory without parts.
    pub fn new(name: impl Into<Name>) -> Theory {
        Theory { name: name.into(), ..Theory::default() }
    }

    /// The sort with a name. Linear: for calls from outside, not for loops.
    pub fn sort(&self, name: &str) -> Option<&Sort> {
        self.sorts.iter().find(|sort| sort.name == *name)
    }

    /// The operation with a name. Linear.
    pub fn op(&self, name: &str) -> Option<&Operation> {
        self.ops.iter().find(|op| op.name == *name)
    }

    /// Whether there is a sort with a name.
    pub fn has_sort(&self, name: &str) -> bool {
        self.sort(name).is_some()
    }

    /// Name and sides of every axiom, directed ones after the others.
    pub fn axioms(&self) -> impl Iterator<Item = (&Name, &Term, &Term)> {
        let plain = self.eqs.iter().map(|eq| (&eq.name, &eq.lhs, &eq.rhs));
        plain.chain(self.directed_eqs.iter().map(|eq| (&eq.name, &eq.lhs, &eq.rhs)))
    }
}
