//! Instances as trees: what published releases call a W-type instance.
//!
//! Reading a record and writing it again gives the same document: member order, unknown members, null against
//! absent, number text, lists as lists, duplicates. Nothing here recurses, and every pass is linear.
//!
//! ```
//! use panproto_core::instance::{Outline, TreeInstance};
//! use panproto_core::limits::Budget;
//! use panproto_core::schema::{EdgeKind, Kind, SchemaBuilder};
//! use panproto_core::value::Json;
//! let mut builder = SchemaBuilder::new("json-schema");
//! let root = builder.vertex("user", Kind::Object);
//! let mail = builder.vertex("user.mail", Kind::String);
//! builder.edge(root, mail, EdgeKind::Prop, Some("mail"));
//! let schema = builder.finish().unwrap();
//!
//! let record = Json::parse(r#"{"tags": [1, 2], "mail": "a@b", "big": 18446744073709551615}"#).unwrap();
//! let outline = Outline::new(&schema);
//! let tree = TreeInstance::from_json(&outline, schema.main(), &record, &mut Budget::default()).unwrap();
//! assert_eq!(tree.len(), 2);
//! assert_eq!(tree.to_json(&mut Budget::default()).unwrap(), record);
//! ```

pub(super) mod read;
#[cfg(test)]
mod tests;
mod wire;
pub(super) mod write;

use super::node::{Content, Fan, Node, Part};
use super::value::Value;
use crate::diagnostic::{Path, Segment};
use crate::name::Name;
use crate::ordered::BTreeMap;

/// A record as a tree of nodes over a schema's vertices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeInstance {
    /// Nodes by number. Those of a record are numbered in document order, from 0.
    pub(super) nodes: BTreeMap<u32, Node>,
    pub(super) fans: Vec<Fan>,
    pub(super) root: u32,
    pub(super) schema_root: Name,
}

impl TreeInstance {
    /// A tree of one node.
    pub fn new(root: Node) -> TreeInstance {
        let schema_root = root.anchor.clone();
        TreeInstance { nodes: BTreeMap::from([(0, root)]), fans: Vec::new(), root: 0, schema_root }
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node. (A tree has its root.)
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The number of the root.
    pub fn root(&self) -> u32 {
        self.root
    }

    /// The vertex that the record begins at.
    pub fn schema_root(&self) -> &Name {
        &self.schema_root
    }

    /// A node by its number.
    pub fn node(&self, number: u32) -> Option<&Node> {
        self.nodes.get(&number)
    }

    /// All nodes, by number.
    pub fn nodes(&self) -> impl Iterator<Item = (u32, &Node)> {
        self.nodes.iter().map(|(number, node)| (*number, node))
    }

    /// All nodes, by number, to be changed.
    pub(crate) fn nodes_mut(&mut self) -> impl Iterator<Item = (u32, &mut Node)> {
        self.nodes.iter_mut().map(|(number, node)| (*number, node))
    }

    /// Another content for a node.
    pub(crate) fn set_content(&mut self, number: u32, content: Content) {
        if let Some(node) = self.nodes.get_mut(&number) {
            node.content = content;
        }
    }

    /// Another value for a part of a node that the schema does not describe.
    pub(crate) fn set_extra(&mut self, number: u32, index: usize, new: Value) {
        let part = self.nodes.get_mut(&number).and_then(|node| node.parts.get_mut(index));
        if let Some(Part::Extra { value, .. }) = part {
            *value = new;
        }
    }

    /// The same tree, some of whose nodes have other numbers.
    pub(crate) fn renamed(self, numbers: &BTreeMap<u32, u32>) -> TreeInstance {
        let new = |number: u32| numbers.get(&number).copied().unwrap_or(number);
        let nodes = self.nodes.into_iter().map(|(number, mut node)| {
            node.parent = node.parent.map(new);
            for part in &mut node.parts {
                if let Part::Child { node, .. } = part {
                    *node = new(*node);
                }
            }
            (new(number), node)
        });
        TreeInstance {
            nodes: nodes.collect(),
            root: new(self.root),
            fans: self.fans,
            schema_root: self.schema_root,
        }
    }

    /// Instances of hyper-edges.
    pub fn fans(&self) -> &[Fan] {
        &self.fans
    }

    /// The nodes that the root leads to, in document order.
    pub fn preorder(&self) -> Preorder<'_> {
        Preorder { tree: self, open: vec![self.root] }
    }

    /// Where a node stands in the record. Linear in the number of its siblings and of those above it.
    pub fn path(&self, number: u32) -> Path {
        let mut steps = Vec::new();
        let mut at = number;
        // INVARIANT: parents lead to the root, in fewer steps than there are nodes.
        while let Some(parent) = self.node(at).and_then(|node| node.parent) {
            let Some(holder) = self.node(parent) else { break };
            let place = |part: &Part| matches!(part, Part::Child { node, .. } if *node == at);
            let Some(index) = holder.parts.iter().position(place) else { break };
            steps.push((holder, index));
            at = parent;
            if steps.len() > self.nodes.len() {
                break;
            }
        }
        steps.into_iter().rev().fold(Path::default(), |path, (holder, index)| {
            match (holder.parts.get(index), &holder.content) {
                (_, Content::List) | (None, _) => path.item(index),
                (Some(part), _) => path.member(&part.name()),
            }
        })
    }

    /// The node at a path of the record; where a member stands twice, the last.
    pub fn find(&self, path: &Path) -> Option<u32> {
        let (node, steps) = self.nearest(path);
        (steps == path.0.len()).then_some(node)
    }

    /// The last node on the way along a path, and how many of its steps lead there.
    pub fn nearest(&self, path: &Path) -> (u32, usize) {
        let mut at = self.root;
        for (steps, segment) in path.0.iter().enumerate() {
            let part = self.node(at).and_then(|node| match segment {
                Segment::Item(index) => node.parts.get(*index as usize),
                Segment::Member(name) => node.parts.iter().rev().find(|part| *part.name() == **name),
            });
            match part {
                Some(Part::Child { node, .. }) => at = *node,
                _ => return (at, steps),
            }
        }
        (at, path.0.len())
    }

    /// The same tree, numbered in document order from 0. Nodes that the root does not lead to are gone.
    #[must_use]
    pub fn renumbered(&self) -> TreeInstance {
        let numbers: BTreeMap<u32, u32> = self.preorder().map(|(number, _)| number).zip(0u32..).collect();
        let new = |number: &u32| numbers.get(number).copied();
        let nodes = self.nodes.iter().filter_map(|(number, node)| {
            let mut node = node.clone();
            node.parent = node.parent.as_ref().and_then(new);
            for part in &mut node.parts {
                if let Part::Child { node, .. } = part {
                    *node = new(node)?;
                }
            }
            Some((new(number)?, node))
        });
        let fans = self.fans.iter().filter_map(|fan| {
            let children = fan.children.iter().filter_map(|(label, node)| Some((label.clone(), new(node)?)));
            Some(Fan {
                hyper_edge: fan.hyper_edge.clone(),
                parent: new(&fan.parent)?,
                children: children.collect(),
            })
        });
        TreeInstance {
            nodes: nodes.collect(),
            fans: fans.collect(),
            root: 0,
            schema_root: self.schema_root.clone(),
        }
    }

    /// The smallest number above all that are used.
    pub fn next_number(&self) -> u32 {
        self.nodes.last_key_value().map_or(0, |(last, _)| last.saturating_add(1))
    }
}

/// Iterator over the nodes of a tree in document order.
#[derive(Clone, Debug)]
pub struct Preorder<'a> {
    tree: &'a TreeInstance,
    open: Vec<u32>,
}

impl<'a> Iterator for Preorder<'a> {
    type Item = (u32, &'a Node);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let number = self.open.pop()?;
            let Some(node) = self.tree.node(number) else { continue };
            let before = self.open.len();
            self.open.extend(node.children().map(|(child, _)| child));
            if let Some(added) = self.open.get_mut(before..) {
                added.reverse();
            }
            return Some((number, node));
        }
    }
}
