//! Fibers: the nodes of an instance that a mapping sends to one vertex.

use super::mapping::Mapping;
use super::node::{Node, Part};
use super::tree::TreeInstance;
use crate::diagnostic::Result;
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::BTreeMap;

/// Nodes by the target vertex that they go to, each list in document order.
pub type Fibers = BTreeMap<Name, Vec<u32>>;

impl TreeInstance {
    /// The nodes that go to one target vertex, in document order: those whose vertex is mapped there, and those whose
    /// vertex stays what it is.
    pub fn fiber_at(&self, mapping: &Mapping, target: &str) -> Vec<u32> {
        let in_fiber = |node: &Node| mapping.image(&node.anchor).is_some_and(|image| **image == *target);
        self.preorder().filter(|(_, node)| in_fiber(node)).map(|(number, _)| number).collect()
    }

    /// All nodes that survive, by the target vertex that they go to.
    pub fn fiber_decomposition(&self, mapping: &Mapping) -> Fibers {
        let mut fibers = Fibers::new();
        for (number, node) in self.preorder() {
            if let Some(image) = mapping.image(&node.anchor) {
                fibers.entry(image.clone()).or_default().push(number);
            }
        }
        fibers
    }

    /// The nodes of a fiber for which a predicate holds.
    ///
    /// # Errors
    /// Those of the predicate.
    pub fn fiber_with(
        &self,
        mapping: &Mapping,
        target: &str,
        budget: &mut Budget,
        mut holds: impl FnMut(u32, &mut Budget) -> Result<bool>,
    ) -> Result<Vec<u32>> {
        let mut found = Vec::new();
        for number in self.fiber_at(mapping, target) {
            budget.spend(1)?;
            if holds(number, budget)? {
                found.push(number);
            }
        }
        Ok(found)
    }

    /// For each target vertex the parts of the tree that begin at the nodes of its fiber. Nodes keep their numbers.
    ///
    /// # Errors
    /// `limit-steps`, `cancelled`: a node inside several others is in all of their parts.
    pub fn group_by(
        &self,
        mapping: &Mapping,
        budget: &mut Budget,
    ) -> Result<BTreeMap<Name, Vec<TreeInstance>>> {
        let mut groups: BTreeMap<Name, Vec<TreeInstance>> = BTreeMap::new();
        for (image, numbers) in self.fiber_decomposition(mapping) {
            let parts =
                numbers.into_iter().map(|number| self.subtree(number, budget)).collect::<Result<Vec<_>>>()?;
            groups.insert(image, parts);
        }
        Ok(groups)
    }

    /// The part of the tree that begins at a node. Nodes keep their numbers.
    ///
    /// # Errors
    /// `limit-steps`, `cancelled`.
    pub fn subtree(&self, root: u32, budget: &mut Budget) -> Result<TreeInstance> {
        let mut nodes = BTreeMap::new();
        let mut open = vec![root];
        while let Some(number) = open.pop() {
            budget.spend(1)?;
            let Some(node) = self.node(number) else { continue };
            let parent = node.parent.filter(|_| number != root);
            open.extend(node.parts.iter().filter_map(|part| match part {
                Part::Child { node, .. } => Some(*node),
                Part::Extra { .. } => None,
            }));
            nodes.insert(number, Node { parent, ..node.clone() });
        }
        let fans = self.fans.iter().filter(|fan| {
            nodes.contains_key(&fan.parent) && fan.children.iter().all(|(_, node)| nodes.contains_key(node))
        });
        let fans = fans.cloned().collect();
        let schema_root = nodes.get(&root).map(|node| node.anchor.clone()).unwrap_or_default();
        Ok(TreeInstance { nodes, fans, root, schema_root })
    }
}

/// Pairs of nodes, one of each instance, that go to the same target vertex; by vertex, then in document order.
///
/// # Errors
/// `limit-steps`, `cancelled`.
pub fn join(
    left: (&TreeInstance, &Mapping),
    right: (&TreeInstance, &Mapping),
    budget: &mut Budget,
) -> Result<Vec<(u32, u32)>> {
    let fibers = right.0.fiber_decomposition(right.1);
    let mut pairs = Vec::new();
    for (image, numbers) in left.0.fiber_decomposition(left.1) {
        for number in numbers {
            for other in fibers.get(&image).into_iter().flatten() {
                budget.spend(1)?;
                pairs.push((number, *other));
            }
        }
    }
    Ok(pairs)
}
