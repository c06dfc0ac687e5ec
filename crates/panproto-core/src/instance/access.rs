//! What expressions ask of an instance.

use super::node::{Content, Node, Part};
use super::value::Value;
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::expr;
use crate::ordered::BTreeMap;
use crate::value::JsonKind;

/// The nodes of an instance, as expressions see them: a node is its number, a leaf is its value, a list is a list.
pub struct Nodes<'a>(pub(super) &'a BTreeMap<u32, Node>);

impl<'a> Nodes<'a> {
    /// The nodes of a tree.
    pub fn of_tree(tree: &'a super::TreeInstance) -> Nodes<'a> {
        Nodes(&tree.nodes)
    }

    /// The nodes of a graph.
    pub fn of_graph(graph: &'a super::GraphInstance) -> Nodes<'a> {
        Nodes(&graph.nodes)
    }
}

impl Nodes<'_> {
    fn find(&self, node: &expr::Value) -> Result<&Node> {
        let number = match node {
            expr::Value::Int(number) => u32::try_from(*number).ok(),
            _ => None,
        };
        number.and_then(|number| self.0.get(&number)).ok_or_else(|| {
            let message = format!("{} is no node of the instance", node.type_name());
            Diagnostic::new(ErrorKind::Data, "not-a-node", message)
                .help("`self` is the node that is looked at")
                .boxed()
        })
    }

    /// What a part is to an expression.
    fn seen(&self, part: &Part) -> Result<expr::Value> {
        match part {
            Part::Extra { value, .. } => to_expr(value),
            Part::Child { node: number, .. } => match self.0.get(number) {
                None => Ok(expr::Value::Null),
                Some(node) => match &node.content {
                    Content::Leaf(value) if node.parts.is_empty() => to_expr(value),
                    Content::Absent => Ok(expr::Value::Null),
                    Content::List => {
                        // Lists inside lists are nodes again.
                        let items = node.parts.iter().map(|part| match part {
                            Part::Child { node: item, .. } if self.is_list(*item) => {
                                Ok(expr::Value::Int(i64::from(*item)))
                            }
                            part => self.seen(part),
                        });
                        expr::Value::list(items.collect::<Result<_>>()?)
                    }
                    _ => Ok(expr::Value::Int(i64::from(*number))),
                },
            },
        }
    }

    fn is_list(&self, number: u32) -> bool {
        self.0.get(&number).is_some_and(|node| node.content == Content::List)
    }
}

impl expr::Graph for Nodes<'_> {
    fn edge(&self, node: &expr::Value, name: &str) -> Result<expr::Value> {
        let node = self.find(node)?;
        match node.parts.iter().rev().find(|part| matches!(part, Part::Child { .. }) && part.name() == name) {
            Some(part) => self.seen(part),
            None => Ok(expr::Value::Null),
        }
    }

    fn children(&self, node: &expr::Value) -> Result<Vec<expr::Value>> {
        let node = self.find(node)?;
        node.parts
            .iter()
            .filter(|part| matches!(part, Part::Child { .. }))
            .map(|part| self.seen(part))
            .collect()
    }

    fn has_edge(&self, node: &expr::Value, name: &str) -> Result<bool> {
        let node = self.find(node)?;
        Ok(node.parts.iter().any(|part| matches!(part, Part::Child { .. }) && part.name() == name))
    }

    fn edge_count(&self, node: &expr::Value) -> Result<i64> {
        Ok(i64::try_from(self.find(node)?.children().count()).unwrap_or(i64::MAX))
    }

    fn anchor(&self, node: &expr::Value) -> Result<expr::Value> {
        Ok(expr::Value::Str(self.find(node)?.anchor.clone()))
    }
}

/// A value as expressions compute with it.
pub(super) fn to_expr(value: &Value) -> Result<expr::Value> {
    let text = value.json();
    // Most values are scalars.
    let tree = text.tree();
    match tree.root().kind() {
        JsonKind::Null => Ok(expr::Value::Null),
        _ => expr::Value::from_json(tree.root()),
    }
}
