//! Graphs in the JSON of published releases.

use super::GraphInstance;
use crate::diagnostic::Result;
use crate::instance::code;
use crate::instance::issue::Issue;
use crate::instance::node::{Content, Node, Part, field};
use crate::instance::outline::Outline;
use crate::instance::value::Value;
use crate::instance::wire::{Arrows, bad, need, read_arc, read_nodes, spelled_keys, unwrapped, write_node};
use crate::limits::Budget;
use crate::ordered::BTreeMap;
use crate::value::{Json, ValueRef, Writer};

impl GraphInstance {
    /// Writes the graph as published releases do: `nodes`, `edges`, `values`.
    pub fn to_wire(&self) -> Json {
        let mut out = Writer::default();
        self.write_wire(&mut out);
        Json::trusted(out.finish())
    }

    pub(crate) fn write_wire(&self, out: &mut Writer) {
        let keys = spelled_keys(self.nodes.values());
        out.object();
        out.key("nodes");
        out.object();
        for (number, node) in &self.nodes {
            out.key(&number.to_string());
            let key = keys.get(number).copied();
            if node.value().is_some() {
                // The value stands in `values`.
                let bare = Node { content: Content::Object, ..node.clone() };
                write_node(*number, &bare, None, key, out);
            } else {
                write_node(*number, node, None, key, out);
            }
        }
        out.end_object();
        out.key("edges");
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
        out.key("values");
        out.object();
        for (number, value) in self.nodes.iter().filter_map(|(number, node)| Some((number, node.value()?))) {
            out.key(&number.to_string());
            value.write(out);
        }
        out.end_object();
        out.end_object();
    }

    /// Reads a graph in the published shape, alone or inside `{"Graph": …}`. Values may stand in `values` or at their
    /// nodes.
    ///
    /// # Errors
    /// `instance-shape`, `instance-value`; `node-missing`, `node-number` for what its structure breaks.
    pub fn from_wire(
        text: &Json,
        outline: Option<&Outline<'_>>,
        budget: &mut Budget,
    ) -> Result<GraphInstance> {
        let tree = crate::value::Tree::parse(text.as_str().as_bytes(), budget.limits())?;
        let (found, issues) = GraphInstance::from_wire_lenient(tree.root(), outline, budget)?;
        match issues.first() {
            None => Ok(found),
            Some(issue) => Err(issue.diagnostic().boxed()),
        }
    }

    /// The same, for validation: what the structure breaks is told beside the graph that is left without it.
    ///
    /// # Errors
    /// `instance-shape`, `instance-value`.
    pub fn from_wire_lenient(
        value: ValueRef<'_>,
        outline: Option<&Outline<'_>>,
        budget: &mut Budget,
    ) -> Result<(GraphInstance, Vec<Issue>)> {
        let value = unwrapped(value, "Graph");
        let mut issues = Vec::new();
        let mut drafts = read_nodes(need(value, "nodes", 0)?, budget, &mut issues)?;
        for (key, payload) in field(value, "values", 2).into_iter().flat_map(ValueRef::members) {
            let number = key.as_str().and_then(|key| key.parse::<u32>().ok());
            let number = number.ok_or_else(|| bad(key, "a value is found by the number of its node"))?;
            let read = Value::read(payload)?;
            match drafts.get_mut(&number) {
                Some(draft) => {
                    draft.node.content = Content::Leaf(read);
                    draft.is_open = false;
                }
                None => {
                    let message = format!("a value speaks of node {number}, which is not there");
                    issues.push(Issue::new(code::NODE_MISSING, message).node(number));
                }
            }
        }
        let mut arrows = Arrows::default();
        let mut children: BTreeMap<u32, Vec<Part>> = BTreeMap::new();
        for edge in need(value, "edges", 1)?.items() {
            budget.spend(1)?;
            let (from, to, arrow) = read_arc(edge, &mut arrows)?;
            match drafts.get(&to).filter(|_| drafts.contains_key(&from)) {
                Some(draft) => children.entry(from).or_default().push(draft.child(to, arrow)),
                None => {
                    let message = format!("an edge leads from {from} to {to}, and one of them is not there");
                    issues.push(Issue::new(code::NODE_MISSING, message).node(from));
                }
            }
        }
        let mut nodes = BTreeMap::new();
        while let Some((number, draft)) = drafts.pop_first() {
            let children = children.remove(&number).unwrap_or_default();
            nodes.insert(number, draft.finish(children, outline));
        }
        Ok((GraphInstance { nodes }, issues))
    }
}
