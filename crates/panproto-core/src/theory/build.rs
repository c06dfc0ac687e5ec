//! A model, made piece by piece.

use super::model::{Carrier, Model, ModelValue};
use crate::name::Name;
use crate::ordered::BTreeMap;

/// Gathers elements and results. What is missing or wrong is told when the model is checked.
///
/// ```
/// use panproto_core::limits::Budget;
/// use panproto_core::theory::{MOST_ASSIGNMENTS, ModelBuilder, ModelValue, Signature, builtin};
/// let theory = builtin::theory("ThGraph").unwrap();
/// let mut model = ModelBuilder::new(&theory.name);
/// let vertex = model.element("Vertex", ModelValue::text("a"));
/// let edge = model.element("Edge", ModelValue::text("loop"));
/// model.entry("src", [edge], vertex);
/// model.entry("tgt", [edge], vertex);
/// let signature = Signature::of(&theory).unwrap();
/// let found = model.finish().check(&signature, MOST_ASSIGNMENTS, &mut Budget::default()).unwrap();
/// assert_eq!(found, []);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ModelBuilder {
    model: Model,
    places: BTreeMap<Name, BTreeMap<ModelValue, u32>>,
}

impl ModelBuilder {
    /// A model of a theory, without elements.
    pub fn new(theory: &Name) -> ModelBuilder {
        let model = Model { theory: theory.clone(), ..Model::default() };
        ModelBuilder { model, places: BTreeMap::new() }
    }

    /// Makes sure that a sort has a set.
    pub fn sort(&mut self, sort: &str) {
        self.model.sorts.entry(sort.into()).or_default();
    }

    /// Makes sure that an operation has a table.
    pub fn op(&mut self, op: &str) {
        self.model.ops.entry(op.into()).or_default();
    }

    /// The element of a sort with a value; a new one if there is none.
    pub fn element(&mut self, sort: &str, value: ModelValue) -> u32 {
        self.member(sort, Vec::new(), value)
    }

    /// The element of a sort that depends on terms, at these parameters.
    pub fn member(&mut self, sort: &str, params: Vec<u32>, value: ModelValue) -> u32 {
        let carrier: &mut Carrier = self.model.sorts.entry(sort.into()).or_default();
        let next = carrier.values.len() as u32;
        let found = *self.places.entry(sort.into()).or_default().entry(value.clone()).or_insert(next);
        if found == next {
            carrier.values.push(value);
            if !params.is_empty() {
                carrier.params.push(params);
            }
        }
        found
    }

    /// Whether a sort has an element with a value.
    pub fn has(&self, sort: &str, value: &ModelValue) -> bool {
        self.places.get(sort).is_some_and(|places| places.contains_key(value))
    }

    /// Says what an operation gives.
    pub fn entry(&mut self, op: &str, args: impl Into<Vec<u32>>, result: u32) {
        self.model.ops.entry(op.into()).or_default().insert(args.into(), result);
    }

    /// The model.
    pub fn finish(self) -> Model {
        self.model
    }
}
