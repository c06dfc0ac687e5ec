//! A tree becomes a record.

use super::TreeInstance;
use crate::diagnostic::Result;
use crate::instance::node::{Content, Node, Part};
use crate::limits::Budget;
use crate::ordered::BTreeMap;
use crate::value::{Json, Writer};

impl TreeInstance {
    /// The record that the tree holds.
    ///
    /// # Errors
    /// `limit-steps`, `limit-depth`, `cancelled`.
    pub fn to_json(&self, budget: &mut Budget) -> Result<Json> {
        self.json_of(self.root, budget)
    }

    /// The part of the record that a node holds; `null` where it is absent.
    ///
    /// # Errors
    /// As [`TreeInstance::to_json`].
    pub fn json_of(&self, number: u32, budget: &mut Budget) -> Result<Json> {
        json_of(&self.nodes, number, budget)
    }
}

/// What a node holds, as JSON. Nodes that lead to themselves pass the limit of depth.
pub(in crate::instance) fn json_of(
    nodes: &BTreeMap<u32, Node>,
    number: u32,
    budget: &mut Budget,
) -> Result<Json> {
    let mut out = Writer::default();
    // Nodes that are open, with the part that comes next.
    let mut stack = Vec::new();
    let mut next = Some(number);
    loop {
        budget.spend(1)?;
        if let Some(node) = next.take().and_then(|number| nodes.get(&number)) {
            match &node.content {
                Content::Leaf(value) => {
                    budget.spend(value.json().as_str().len() as u64 / 16)?;
                    out.raw(value.json().as_str());
                }
                Content::Absent => out.raw("null"),
                Content::Object => {
                    out.object();
                    stack.push((node, 0));
                }
                Content::List => {
                    out.array();
                    stack.push((node, 0));
                }
            }
            budget.limits().check_depth(stack.len())?;
        }
        let Some((node, at)) = stack.last_mut() else { break };
        let is_list = node.content == Content::List;
        match node.parts.get(*at) {
            None => {
                if is_list {
                    out.end_array()
                } else {
                    out.end_object()
                }
                stack.pop();
            }
            Some(Part::Extra { key, value }) => {
                *at += 1;
                if !is_list {
                    out.raw_key(key.as_str());
                }
                budget.spend(value.json().as_str().len() as u64 / 16)?;
                out.raw(value.json().as_str());
            }
            Some(Part::Child { node: child, arrow, key }) => {
                *at += 1;
                let is_absent = nodes.get(child).is_none_or(|child| child.content == Content::Absent);
                if !is_absent {
                    match key {
                        _ if is_list => {}
                        Some(key) => out.raw_key(key.as_str()),
                        None => out.key(arrow.label()),
                    }
                    next = Some(*child);
                }
            }
        }
    }
    // INVARIANT: what was written is JSON, compact.
    Ok(Json::trusted(out.finish()))
}
