//! What a schema says beyond its shape: relations of several positions, and expressions that migrations run.
//!
//! Expressions stand here as the JSON form of their syntax tree, so that a schema stays data: whoever adds one has
//! checked it, and whoever runs one reads it.

use super::{Schema, VertexId};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::name::Name;
use crate::ordered::BTreeMap;
use crate::value::Json;

/// A relation of several positions, each under a label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HyperEdge {
    /// Unique in the schema.
    pub id: Name,
    /// What it means.
    pub kind: Name,
    /// Its positions by label.
    pub signature: BTreeMap<Name, VertexId>,
    /// The label of the position that owns it.
    pub parent: Name,
}

/// How a value of one kind becomes one of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conversion {
    /// Over `v`, the value.
    pub forward: Json,
    /// The way back, over `v`.
    pub inverse: Option<Json>,
    /// `Iso`, `Retraction`, `Projection` or `Opaque`.
    pub class: Name,
}

/// Expressions of a schema, by what they are about.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Enrichment {
    /// Values of absent members, by the position where they would stand; closed expressions.
    pub defaults: BTreeMap<VertexId, Json>,
    /// What several source members become that meet at a position; over the members' names.
    pub mergers: BTreeMap<VertexId, Json>,
    /// What decides where two values meet, by the id of the position or by its kind: `"KeepLeft"`, `"KeepRight"`,
    /// `"Fail"`, `{"Custom": expression}` over `left` and `right`.
    pub policies: BTreeMap<Name, Json>,
    /// Conversions by pair of kinds.
    pub coercions: BTreeMap<(Name, Name), Conversion>,
}

impl Enrichment {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.defaults.is_empty()
            && self.mergers.is_empty()
            && self.policies.is_empty()
            && self.coercions.is_empty()
    }

    /// The same over other vertex ids: what a changed schema keeps of it. Positions that are gone take theirs along.
    #[must_use]
    pub fn mapped(&self, image: impl Fn(VertexId) -> Option<VertexId>) -> Enrichment {
        let moved = |map: &BTreeMap<VertexId, Json>| {
            map.iter().filter_map(|(at, expr)| Some((image(*at)?, expr.clone()))).collect()
        };
        Enrichment {
            defaults: moved(&self.defaults),
            mergers: moved(&self.mergers),
            policies: self.policies.clone(),
            coercions: self.coercions.clone(),
        }
    }
}

impl HyperEdge {
    /// The same over other vertex ids, if all of its positions are still there.
    pub fn mapped(&self, image: impl Fn(VertexId) -> Option<VertexId>) -> Option<HyperEdge> {
        let signature = self.signature.iter().map(|(label, at)| Some((label.clone(), image(*at)?)));
        Some(HyperEdge { signature: signature.collect::<Option<_>>()?, ..self.clone() })
    }
}

/// Refuses hyper-edges of one id, and those whose owner is no label of theirs.
pub(super) fn check_hyper_edges(edges: &[HyperEdge]) -> Result<()> {
    let fail = |code, edge: &HyperEdge, message| {
        Err(Diagnostic::new(ErrorKind::Schema, code, message).at(&edge.id).boxed())
    };
    for pair in edges.windows(2) {
        if let [first, second] = pair
            && first.id == second.id
        {
            return fail(
                "duplicate-hyper-edge",
                first,
                format!("hyper-edge `{}` is declared twice", first.id),
            );
        }
    }
    for edge in edges {
        if !edge.signature.contains_key(&edge.parent) {
            let message = format!("`{}` is no label of hyper-edge `{}`", edge.parent, edge.id);
            return fail("hyper-edge-parent", edge, message);
        }
    }
    Ok(())
}

impl Schema {
    /// Its hyper-edges, sorted by id.
    pub fn hyper_edges(&self) -> &[HyperEdge] {
        &self.hyper_edges
    }

    /// The hyper-edge with an id.
    pub fn hyper_edge(&self, id: &str) -> Option<&HyperEdge> {
        let at = self.hyper_edges.binary_search_by(|edge| edge.id.as_str().cmp(id)).ok()?;
        self.hyper_edges.get(at)
    }

    /// Its expressions.
    pub fn enrichment(&self) -> &Enrichment {
        &self.enrichment
    }

    /// The same schema with other expressions.
    #[must_use]
    pub fn with_enrichment(mut self, enrichment: Enrichment) -> Schema {
        self.enrichment = enrichment;
        self
    }
}
