//! Trees in the JSON of published releases.

use super::TreeInstance;
use crate::diagnostic::Result;
use crate::instance::code;
use crate::instance::issue::Issue;
use crate::instance::node::{Content, Node, Part, field};
use crate::instance::outline::Outline;
use crate::instance::wire::{
    Arrows, bad, need, need_name, need_number, number, read_arc, read_fan, read_nodes, spelled_keys,
    unwrapped, write_fan, write_node,
};
use crate::limits::Budget;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::value::{Json, ValueRef, Writer};

impl TreeInstance {
    /// Writes the tree as published releases do: `nodes`, `arcs`, `fans`, `root`, `schema_root`, `parent_map`,
    /// `children_map`.
    pub fn to_wire(&self) -> Json {
        let mut out = Writer::default();
        self.write_wire(&mut out);
        Json::trusted(out.finish())
    }

    pub(crate) fn write_wire(&self, out: &mut Writer) {
        let keys = spelled_keys(self.nodes.values());
        let positions: BTreeMap<u32, usize> = self
            .nodes
            .values()
            .filter(|node| node.content == Content::List)
            .flat_map(|node| node.parts.iter().enumerate())
            .filter_map(|(index, part)| match part {
                Part::Child { node, .. } => Some((*node, index)),
                Part::Extra { .. } => None,
            })
            .collect();
        out.object();
        out.key("nodes");
        out.object();
        for (number, node) in &self.nodes {
            out.key(&number.to_string());
            write_node(*number, node, positions.get(number).copied(), keys.get(number).copied(), out);
        }
        out.end_object();
        out.key("arcs");
        out.array();
        for (number, node) in &self.nodes {
            for (child, arrow) in node.children() {
                out.array();
                out.number((*number).into());
                out.number(child.into());
                arrow.write(out);
                out.end_array();
            }
        }
        out.end_array();
        out.key("fans");
        out.array();
        self.fans.iter().for_each(|fan| write_fan(fan, out));
        out.end_array();
        out.key("root");
        out.number(self.root.into());
        out.key("schema_root");
        out.string(&self.schema_root);
        out.key("parent_map");
        out.object();
        for (number, node) in &self.nodes {
            if let Some(parent) = node.parent {
                out.key(&number.to_string());
                out.number(parent.into());
            }
        }
        out.end_object();
        out.key("children_map");
        out.object();
        for (number, node) in &self.nodes {
            if node.children().next().is_some() {
                out.key(&number.to_string());
                out.array();
                node.children().for_each(|(child, _)| out.number(child.into()));
                out.end_array();
            }
        }
        out.end_object();
        out.end_object();
    }

    /// Reads a tree in the published shape, alone or inside `{"WType": …}`; structures may be maps or their parts in
    /// order. A schema says whether an empty node of early releases is a list.
    ///
    /// # Errors
    /// `instance-shape`, `instance-value` where it is none; what its structure breaks (an arc to a node that is not
    /// there, a node that is held twice) under the code of the first issue.
    pub fn from_wire(
        text: &Json,
        outline: Option<&Outline<'_>>,
        budget: &mut Budget,
    ) -> Result<TreeInstance> {
        let tree = crate::value::Tree::parse(text.as_str().as_bytes(), budget.limits())?;
        let (found, issues) = TreeInstance::from_wire_lenient(tree.root(), outline, budget)?;
        match issues.first() {
            None => Ok(found),
            Some(issue) => Err(issue.diagnostic().boxed()),
        }
    }

    /// The same, for validation: what the structure breaks is told beside the tree that is left without it.
    ///
    /// # Errors
    /// `instance-shape`, `instance-value`.
    pub fn from_wire_lenient(
        value: ValueRef<'_>,
        outline: Option<&Outline<'_>>,
        budget: &mut Budget,
    ) -> Result<(TreeInstance, Vec<Issue>)> {
        let value = unwrapped(value, "WType");
        let mut issues = Vec::new();
        let mut drafts = read_nodes(need(value, "nodes", 0)?, budget, &mut issues)?;
        let root = need_number(value, "root", 3)?;
        let schema_root = need_name(value, "schema_root", 4)?;
        let mut arrows = Arrows::default();
        let mut parents: BTreeMap<u32, u32> = BTreeMap::new();
        let mut children: BTreeMap<u32, Vec<Part>> = BTreeMap::new();
        for arc in need(value, "arcs", 1)?.items() {
            budget.spend(1)?;
            let (from, to, arrow) = read_arc(arc, &mut arrows)?;
            let Some(draft) = drafts.get(&to).filter(|_| drafts.contains_key(&from)) else {
                let message = format!("an arc leads from {from} to {to}, and one of them is not there");
                issues.push(Issue::new(code::NODE_MISSING, message).node(from));
                continue;
            };
            if to == root || parents.contains_key(&to) {
                let message = if to == root {
                    format!("node {from} holds the root")
                } else {
                    format!("node {to} is held more than once")
                };
                issues.push(Issue::new(code::NOT_A_TREE, message).node(to).vertex(&draft.node.anchor));
                continue;
            }
            parents.insert(to, from);
            children.entry(from).or_default().push(draft.child(to, arrow));
        }
        if !drafts.contains_key(&root) {
            return Err(bad(value, format!("the root {root} is not there")));
        }
        check_index(value, &parents, &children, &mut issues);
        let mut fans = Vec::new();
        for fan in field(value, "fans", 2).into_iter().flat_map(ValueRef::items) {
            let fan = read_fan(fan)?;
            let missing = std::iter::once(fan.parent)
                .chain(fan.children.iter().map(|(_, node)| *node))
                .find(|node| !drafts.contains_key(node));
            match missing {
                Some(node) => {
                    let message =
                        format!("a fan of `{}` speaks of node {node}, which is not there", fan.hyper_edge);
                    issues.push(Issue::new(code::NODE_MISSING, message).node(node));
                }
                None => fans.push(fan),
            }
        }
        let mut nodes: BTreeMap<u32, Node> = BTreeMap::new();
        while let Some((number, draft)) = drafts.pop_first() {
            let children = children.remove(&number).unwrap_or_default();
            if let (Content::Leaf(_) | Content::Absent, Some(_)) = (&draft.node.content, children.first()) {
                let message = format!("node {number} holds a value and other nodes");
                issues.push(Issue::new(code::NOT_A_TREE, message).node(number).vertex(&draft.node.anchor));
            }
            let mut node = draft.finish(children, outline);
            node.parent = parents.get(&number).copied();
            nodes.insert(number, node);
        }
        let found = TreeInstance { nodes, fans, root, schema_root };
        let reached: BTreeSet<u32> = found.preorder().map(|(number, _)| number).collect();
        for (number, node) in found.nodes.iter().filter(|(number, _)| !reached.contains(number)) {
            let message = format!("the root does not lead to node {number}");
            issues.push(Issue::new(code::UNREACHABLE_NODE, message).node(*number).vertex(&node.anchor));
        }
        Ok((found, issues))
    }
}

/// `parent_map` and `children_map` may be left out; what they say has to be what the arcs say.
fn check_index(
    value: ValueRef<'_>,
    parents: &BTreeMap<u32, u32>,
    children: &BTreeMap<u32, Vec<Part>>,
    issues: &mut Vec<Issue>,
) {
    let key = |key: ValueRef<'_>| key.as_str().and_then(|key| key.parse::<u32>().ok());
    for (child, parent) in field(value, "parent_map", 5).into_iter().flat_map(ValueRef::members) {
        let (child, parent) = (key(child), number(parent));
        if child.is_none() || child.and_then(|child| parents.get(&child).copied()) != parent {
            let mut issue =
                Issue::new(code::INDEX_MISMATCH, "`parent_map` says something else than the arcs");
            issue.node = child;
            issues.push(issue);
        }
    }
    for (parent, listed) in field(value, "children_map", 6).into_iter().flat_map(ValueRef::members) {
        let parent = key(parent);
        let held = parent.and_then(|parent| children.get(&parent)).map_or(&[][..], Vec::as_slice);
        let same = held.len() == listed.len()
            && held.iter().zip(listed.items()).all(
                |(part, listed)| matches!(part, Part::Child { node, .. } if Some(*node) == number(listed)),
            );
        if parent.is_none() || !same {
            let mut issue =
                Issue::new(code::INDEX_MISMATCH, "`children_map` says something else than the arcs");
            issue.node = parent;
            issues.push(issue);
        }
    }
}
