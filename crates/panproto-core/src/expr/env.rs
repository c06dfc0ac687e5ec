//! What names stand for. Persistent: one more name costs the same whatever is there already.

use super::value::Value;
use crate::name::Name;
use crate::ordered::Arrange;
use std::fmt;
use std::sync::Arc;

/// Names and their values.
#[derive(Clone, Default)]
pub struct Env {
    /// Names of binders, the nearest first.
    bound: Option<Arc<Binding>>,
    /// The names that were there from the start, sorted.
    given: Option<Arc<Given>>,
}

struct Binding {
    name: Name,
    value: Value,
    /// Of the deepest value down from here.
    depth: u32,
    outer: Option<Arc<Binding>>,
}

struct Given {
    depth: u32,
    members: Vec<(Name, Value)>,
}

impl Env {
    /// No names.
    pub fn new() -> Env {
        Env::default()
    }

    /// These names; of one that comes twice the last value counts.
    pub fn of(members: impl IntoIterator<Item = (Name, Value)>) -> Env {
        let mut members: Vec<(Name, Value)> = members.into_iter().collect();
        members.reverse();
        members.arrange_by(|a, b| a.0.cmp(&b.0));
        members.dedup_by(|later, first| later.0 == first.0);
        let depth = members.iter().map(|(_, value)| value.depth()).max().unwrap_or(0);
        Env { bound: None, given: Some(Arc::new(Given { depth, members })) }
    }

    /// The same with one more name, which hides an equal one.
    #[must_use]
    pub fn with(&self, name: Name, value: Value) -> Env {
        let depth = value.depth().max(self.bound.as_ref().map_or(0, |outer| outer.depth));
        let binding = Binding { name, value, depth, outer: self.bound.clone() };
        Env { bound: Some(Arc::new(binding)), given: self.given.clone() }
    }

    /// What a name stands for.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let mut at = self.bound.as_deref();
        while let Some(binding) = at {
            if binding.name == *name {
                return Some(&binding.value);
            }
            at = binding.outer.as_deref();
        }
        let members = &self.given.as_ref()?.members;
        let at = members.binary_search_by(|(key, _)| key.as_str().cmp(name)).ok()?;
        members.get(at).map(|(_, value)| value)
    }

    pub(super) fn depth(&self) -> u32 {
        let bound = self.bound.as_ref().map_or(0, |binding| binding.depth);
        bound.max(self.given.as_ref().map_or(0, |given| given.depth))
    }

    /// Every name that is not hidden, sorted.
    pub fn names(&self) -> Vec<Name> {
        let mut names: Vec<Name> =
            self.given.iter().flat_map(|given| &given.members).map(|(name, _)| name.clone()).collect();
        let mut at = self.bound.as_deref();
        while let Some(binding) = at {
            names.push(binding.name.clone());
            at = binding.outer.as_deref();
        }
        names.arrange();
        names.dedup();
        names
    }
}

impl Drop for Binding {
    // A chain is as long as there are names: it ends without the native stack.
    fn drop(&mut self) {
        let mut next = self.outer.take();
        while let Some(binding) = next.and_then(Arc::into_inner) {
            let mut binding = binding;
            next = binding.outer.take();
        }
    }
}

impl PartialEq for Env {
    fn eq(&self, other: &Env) -> bool {
        let names = self.names();
        names == other.names() && names.iter().all(|name| self.get(name) == other.get(name))
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_names_hide_outer_ones() {
        let outer = Env::of([("a".into(), Value::Int(1)), ("b".into(), 2.into()), ("a".into(), 3.into())]);
        let inner = outer.with("b".into(), Value::Null);
        assert_eq!(outer.get("a"), Some(&Value::Int(3)));
        assert_eq!((outer.get("b"), inner.get("b")), (Some(&Value::Int(2)), Some(&Value::Null)));
        assert_eq!(inner.get("c"), None);
        assert_eq!(inner.names(), ["a", "b"]);
    }

    #[test]
    fn a_long_chain_ends_without_the_stack() {
        let mut env = Env::new();
        for _ in 0..200_000 {
            env = env.with("x".into(), Value::Null);
        }
        drop(env);
    }
}
