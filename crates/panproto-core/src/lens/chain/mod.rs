//! Chains: steps one after another, for every schema to which they apply.
//!
//! ```
//! use panproto_core::lens::chain::Chain;
//! use panproto_core::limits::Budget;
//! use panproto_core::schema::{EdgeKind, Kind, SchemaBuilder};
//! let chain = Chain::parse(r#"[{"step_type":"rename_field","name":"mail","target":"email"},
//!     {"step_type":"add_field","name":"age","kind":"integer","default":0}]"#).unwrap();
//! let mut builder = SchemaBuilder::new("json-schema");
//! let root = builder.vertex("user", Kind::Object);
//! let mail = builder.vertex("user.mail", Kind::String);
//! builder.edge(root, mail, EdgeKind::Prop, Some("mail"));
//! let schema = builder.finish().unwrap().into();
//! assert!(chain.check(&schema, &mut Budget::default()).unwrap().is_empty());
//! assert_eq!(chain.instantiate(&schema, &mut Budget::default()).unwrap().len(), 2);
//! ```

mod apply;
mod between;
mod fleet;
mod lift;
mod simplify;

pub use apply::Reason;
pub use between::Found;
pub use fleet::Fleet;
pub use lift::Morphism;

use super::step::json::{Reader, array, wrong};
use super::step::{ComplementSpec, Fused, Need, Optic, Step, are_transforms, read_steps, read_transforms};
use crate::diagnostic::Result;
use crate::limits::Limits;
use crate::value::Tree;

/// Steps one after another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chain {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Chain {
    /// A chain of these steps.
    pub fn new(steps: Vec<Step>) -> Chain {
        Chain { steps }
    }

    /// Reads a chain: a list of steps, or `{"steps": […]}`; also field transforms of published releases, a map of
    /// vertex ids to lists of them: `{"user":[{"DropField":{"key":"nick"}}]}`.
    ///
    /// # Errors
    /// `json-syntax`, `unknown-step`, `unknown-member`, `missing-member`, `wrong-type`: with a path and a span.
    pub fn parse(text: &str) -> Result<Chain> {
        Chain::parse_within(text, &Limits::DEFAULT)
    }

    /// The same under limits.
    ///
    /// # Errors
    /// As [`Chain::parse`].
    pub fn parse_within(text: &str, limits: &Limits) -> Result<Chain> {
        let tree = Tree::parse(text.as_bytes(), limits)?;
        let root = tree.root();
        if root.is_array() {
            let list: Vec<_> = root.items().collect();
            return read_steps(&list, "steps", 0).map(Chain::new);
        }
        if !root.is_object() {
            return Err(wrong(root, "", "a list of steps, or an object with `steps`"));
        }
        if are_transforms(root) {
            return read_transforms(root).map(Chain::new);
        }
        let reader = Reader::new(root, String::new())?;
        if reader.get("steps").is_none() && !reader.value.is_empty() {
            // One step is a chain too.
            return Step::read(root, String::new(), 0).map(|step| Chain::new(vec![step]));
        }
        reader.only(&["steps"])?;
        read_steps(&reader.list("steps")?, "steps", 0).map(Chain::new)
    }

    /// Its JSON text, a list of steps. What is read from it is equal.
    pub fn to_json(&self) -> String {
        array(self.steps.iter().map(Step::to_json))
    }

    /// This chain, then another.
    #[must_use]
    pub fn then(mut self, other: Chain) -> Chain {
        self.steps.extend(other.steps);
        self
    }

    /// The same as one step.
    #[must_use]
    pub fn fuse(&self) -> Chain {
        match self.steps.as_slice() {
            [] | [_] => self.clone(),
            steps => Chain::new(vec![Step::Fused(Fused { steps: steps.to_vec() })]),
        }
    }

    /// What it needs and keeps, before it runs.
    pub fn needs(&self) -> Vec<Need> {
        self.steps.iter().flat_map(Step::needs).collect()
    }

    /// The same in the published form.
    pub fn spec(&self) -> ComplementSpec {
        ComplementSpec::of(&self.needs())
    }

    /// The sum of what its steps cost.
    pub fn cost(&self) -> f64 {
        self.steps.iter().fold(0.0, |cost, step| cost + step.cost())
    }

    /// The view alone tells everything.
    pub fn is_lossless(&self) -> bool {
        self.steps.iter().all(Step::is_lossless)
    }

    /// What kind of optic it is, whatever the schema.
    pub fn optic(&self) -> Optic {
        self.steps.iter().fold(Optic::Iso, |optic, step| optic.then(step.optic()))
    }

    /// One line for each step, numbered.
    pub fn listing(&self) -> String {
        let mut out = String::new();
        for (at, step) in self.steps.iter().enumerate() {
            let note = if step.is_lossless() { "" } else { " (keeps what it drops in the complement)" };
            out.push_str(&format!("{}. {}{note}\n", at + 1, step.text()));
        }
        out
    }
}
