//! A migration between two concrete schemas: which member goes where, which values fill gaps, what is undecided.
//!
//! A migration is data. [`crate::align`] finds one, a declaration states one, and [`crate::lens::compile`] turns one
//! into a [`crate::lens::Machine`].

mod along;
pub mod arms;
mod computed;
mod cost;
pub mod enrich;
pub mod existence;
mod explicit;
pub mod graph;
pub mod hyper;
mod mapping;
mod path;
mod places;
mod question;

pub use computed::{Apply, Branch, CoercionClass, Compute, Input, Output};
pub use cost::cost;
pub use mapping::{EdgeKey, HyperResolution, KindCoercion, Mapping};
pub use path::{DataPath, Step};
pub use places::places;
pub use question::{Candidate, Change, Question};

use crate::expr::Expr;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{EdgeId, Schema, VertexId};
use crate::value::Json;
use std::sync::Arc;

/// Why two members were matched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// Somebody said so.
    Hint,
    /// They have the same name.
    SameName,
    /// Their names are the same after folding case, separators and plural.
    FoldedName,
    /// The same name, unique and equally typed, one or two levels up or down.
    Level,
    /// The best of several candidates, accepted on request, with its score.
    Likely(f64),
}

/// Two members that are the same.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldMatch {
    /// Properties from the source object down to the member; never empty.
    pub from: Vec<EdgeId>,
    /// Properties from the target object down to the member; never empty.
    pub to: Vec<EdgeId>,
    /// Why.
    pub reason: Reason,
}

/// How the members of one pair of objects match.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectMatch {
    /// Members that both have. A member of an object inside has a path of several properties: it is hoisted, nested
    /// or moved. No path stands twice on one side.
    pub links: Vec<FieldMatch>,
    /// Values for target members where the source has none.
    pub fills: BTreeMap<Vec<EdgeId>, Json>,
    /// Values for source members where a view without memory has none.
    pub source_fills: BTreeMap<Vec<EdgeId>, Json>,
    /// Members of the view that are computed from members of the source.
    pub computes: Vec<Compute>,
    /// Names that a schema between the two declares, for members that neither side's object can show: an undeclared
    /// source member of such a name stays out of the view, and an undeclared view member of it is refused.
    pub reserved: BTreeSet<Name>,
}

/// A migration: the matches of every pair of definitions that a record can reach.
#[derive(Clone, Debug)]
pub struct Migration {
    /// Schema of the records.
    pub source: Arc<Schema>,
    /// Schema of the views.
    pub target: Arc<Schema>,
    /// Where records and views begin.
    pub roots: (VertexId, VertexId),
    /// Matches by pair of resolved object vertices. A pair that is not here matches by equal names.
    pub objects: BTreeMap<(VertexId, VertexId), ObjectMatch>,
    /// Other matches by pair of resolved object vertices: the first whose condition holds on the source object; where
    /// none does, those of `objects`.
    pub branches: BTreeMap<(VertexId, VertexId), Vec<Branch>>,
    /// Expressions by the last edges of a matched pair of positions (property, items, prefix, variant, …): the value
    /// goes through the expression in place of a state of its own.
    pub applies: BTreeMap<(EdgeId, EdgeId), Apply>,
    /// Conditions over the object that a member belongs to, by the member's edge in the source: where it is false,
    /// the view lacks the member, and the complement keeps it.
    pub survival: BTreeMap<EdgeId, Expr>,
    /// Arms that are the same, by pair of resolved union vertices: indices among the `variant` edges. A pair that is
    /// not here matches by tag, shape and type.
    pub arms: BTreeMap<(VertexId, VertexId), Vec<(u32, u32)>>,
    /// Members of view items that tell which item it is, by resolved target array vertex.
    pub keys: BTreeMap<VertexId, Box<str>>,
    /// Unions (resolved source vertices) whose arm is found by validating against each.
    pub exactly_one: BTreeSet<VertexId>,
    /// Positions (paths in the data) at which a keyword without a place in the model is accepted unchecked.
    pub trusted: BTreeSet<String>,
    /// What it does, in words and as data: renames, moves, additions, losses, decisions.
    pub changes: Vec<Change>,
    /// What it could not decide. A migration with questions has no lens.
    pub questions: Vec<Question>,
}

impl Migration {
    /// A migration that matches nothing but by equal names.
    pub fn new(source: Arc<Schema>, target: Arc<Schema>) -> Migration {
        let roots = (source.main(), target.main());
        Migration {
            source,
            target,
            roots,
            objects: BTreeMap::new(),
            branches: BTreeMap::new(),
            applies: BTreeMap::new(),
            survival: BTreeMap::new(),
            arms: BTreeMap::new(),
            keys: BTreeMap::new(),
            exactly_one: BTreeSet::new(),
            trusted: BTreeSet::new(),
            changes: Vec::new(),
            questions: Vec::new(),
        }
    }

    /// The matches of a pair of resolved object vertices; by equal names where none are stated.
    pub fn object(&self, source: VertexId, target: VertexId) -> ObjectMatch {
        if let Some(stated) = self.objects.get(&(source, target)) {
            return stated.clone();
        }
        let links = self
            .source
            .props(source)
            .filter_map(|(from, edge)| {
                let to = self.target.prop_named(target, edge.name.as_deref()?)?;
                Some(FieldMatch { from: vec![from], to: vec![to], reason: Reason::SameName })
            })
            .collect();
        ObjectMatch { links, ..ObjectMatch::default() }
    }

    /// The matches of a pair of resolved object vertices, to be changed: those by equal names until somebody does.
    pub fn object_mut(&mut self, source: VertexId, target: VertexId) -> &mut ObjectMatch {
        if !self.objects.contains_key(&(source, target)) {
            let matches = self.object(source, target);
            self.objects.insert((source, target), matches);
        }
        self.objects.entry((source, target)).or_default()
    }
}
