//! Instances as graphs: nodes that may be held by several others, or by none.

mod wire;

use super::node::{Fan, Node, Part};
use super::tree::TreeInstance;
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};

/// Nodes with values, and edges between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphInstance {
    /// Nodes by number; their parts say where edges lead. No node has a parent.
    pub(super) nodes: BTreeMap<u32, Node>,
}

impl GraphInstance {
    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A node by its number.
    pub fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(&number)
    }

    /// All nodes, by number.
    pub fn nodes(&self) -> impl Iterator<Item = (u32, &Node)> {
        self.nodes.iter().map(|(number, node)| (*number, node))
    }

    /// The trees that it consists of, by the numbers of their roots. `main` names the vertex that they begin at, for
    /// a root that is not an instance of it itself (an arm of a union, what a reference means).
    ///
    /// # Errors
    /// `no-counterpart`: a node that several hold, nodes that hold each other in a circle, a node with a value and
    /// edges.
    pub fn to_trees(&self, main: Option<&Name>, budget: &mut Budget) -> Result<Vec<TreeInstance>> {
        let mut held: BTreeMap<u32, u32> = BTreeMap::new();
        for (number, node) in &self.nodes {
            budget.spend(1 + node.parts.len() as u64)?;
            if node.value().is_some() && !node.parts.is_empty() {
                return Err(no_counterpart(format!(
                    "node {number} has a value and edges: a tree has leaves with values"
                )));
            }
            for (child, _) in node.children() {
                if held.insert(child, *number).is_some() {
                    return Err(no_counterpart(format!(
                        "several nodes lead to node {child}: in a tree one does"
                    )));
                }
            }
        }
        let mut reached = BTreeSet::new();
        let mut trees = Vec::new();
        for (root, node) in self.nodes.iter().filter(|(number, _)| !held.contains_key(number)) {
            let mut nodes = BTreeMap::new();
            let mut open = vec![*root];
            while let Some(number) = open.pop() {
                budget.spend(1)?;
                let Some(node) = self.nodes.get(&number) else { continue };
                open.extend(node.children().map(|(child, _)| child));
                reached.insert(number);
                nodes.insert(number, Node { parent: held.get(&number).copied(), ..node.clone() });
            }
            let schema_root = main.unwrap_or(&node.anchor).clone();
            trees.push(TreeInstance { nodes, fans: Vec::new(), root: *root, schema_root });
        }
        if let Some(number) = self.nodes.keys().find(|number| !reached.contains(number)) {
            return Err(no_counterpart(format!("node {number} leads back to itself: a tree has no circles")));
        }
        Ok(trees)
    }

    /// The one tree that it is.
    ///
    /// # Errors
    /// As [`GraphInstance::to_trees`], and `no-counterpart` where there is no tree or are several.
    pub fn to_tree(&self, main: Option<&Name>, budget: &mut Budget) -> Result<TreeInstance> {
        let mut trees = self.to_trees(main, budget)?;
        match (trees.pop(), trees.len()) {
            (Some(tree), 0) => Ok(tree),
            (None, _) => Err(no_counterpart("there is no node: a tree has a root")),
            (_, more) => Err(no_counterpart(format!(
                "nothing leads to {} of the nodes: a tree has one root",
                more + 1
            ))),
        }
    }
}

impl TreeInstance {
    /// The same nodes and edges as a graph.
    ///
    /// # Errors
    /// `no-counterpart` for fans, which graphs do not have.
    pub fn to_graph(&self) -> Result<GraphInstance> {
        refuse_fans(&self.fans)?;
        let alone = |node: &Node| Node { parent: None, ..node.clone() };
        Ok(GraphInstance { nodes: self.nodes.iter().map(|(number, node)| (*number, alone(node))).collect() })
    }
}

pub(super) fn refuse_fans(fans: &[Fan]) -> Result<()> {
    match fans.first() {
        None => Ok(()),
        Some(fan) => Err(no_counterpart(format!("the fan of `{}`: only trees have fans", fan.hyper_edge))),
    }
}

/// The error of what another shape of instances cannot hold.
#[cold]
pub(super) fn no_counterpart(what: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Diagnostic::new(ErrorKind::Data, "no-counterpart", what)
        .help("the other shape of instances has no place for it")
        .boxed()
}

impl GraphInstance {
    /// Adds what another graph has, its nodes renumbered; the number that was added to theirs.
    pub fn append(&mut self, other: &GraphInstance) -> u32 {
        let shift = self.nodes.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
        for (number, node) in &other.nodes {
            let mut node = node.clone();
            for part in &mut node.parts {
                if let Part::Child { node, .. } = part {
                    *node = node.saturating_add(shift);
                }
            }
            self.nodes.insert(number.saturating_add(shift), node);
        }
        shift
    }
}
