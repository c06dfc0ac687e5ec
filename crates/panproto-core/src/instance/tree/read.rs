//! A record becomes a tree.

use super::TreeInstance;
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::instance::node::{Content, Node, Part};
use crate::instance::outline::{Outline, Shape};
use crate::instance::value::Value;
use crate::limits::Budget;
use crate::ordered::BTreeMap;
use crate::schema::{EdgeId, Kind, VertexId};
use crate::value::json::{Items, Members};
use crate::value::{Json, ValueRef};

/// An object or a list whose parts are being read.
struct Open<'a, 'o> {
    number: u32,
    shape: &'o Shape,
    left: Left<'a>,
}

enum Left<'a> {
    Members(Members<'a>),
    Items(Items<'a>, usize),
}

impl TreeInstance {
    /// The tree of a record that begins at a vertex.
    ///
    /// # Errors
    /// `limit-steps`, `limit-depth`, `cancelled`; `not-data` for a vertex where no data begins. A record that is
    /// invalid is no error: see [`TreeInstance::issues`].
    pub fn from_json(
        outline: &Outline<'_>,
        root: VertexId,
        record: &Json,
        budget: &mut Budget,
    ) -> Result<TreeInstance> {
        let tree = crate::value::Tree::parse(record.as_str().as_bytes(), budget.limits())?;
        TreeInstance::from_value(outline, root, tree.root(), budget)
    }

    /// The tree of a value.
    ///
    /// # Errors
    /// As [`TreeInstance::from_json`].
    pub fn from_value(
        outline: &Outline<'_>,
        root: VertexId,
        value: ValueRef<'_>,
        budget: &mut Budget,
    ) -> Result<TreeInstance> {
        let schema = outline.schema();
        let vertex = schema.vertex(root);
        if matches!(vertex.kind, Kind::Query | Kind::Procedure | Kind::Subscription | Kind::Definition) {
            let message = format!("`{}` is {}: no record begins there", vertex.id, vertex.kind);
            return Err(Diagnostic::new(ErrorKind::Usage, "not-data", message)
                .help("name the root of its parameters, input, output or message")
                .boxed());
        }
        let mut reader = Reader::new(outline, budget);
        reader.subtree(root, value, None)?;
        let schema_root = vertex.id.clone();
        Ok(TreeInstance { nodes: reader.nodes, fans: Vec::new(), root: 0, schema_root })
    }
}

/// Makes nodes of values, numbered in document order.
pub(in crate::instance) struct Reader<'b, 'o, 's> {
    outline: &'o Outline<'s>,
    pub(in crate::instance) nodes: BTreeMap<u32, Node>,
    /// The number of the next node.
    pub(in crate::instance) next: u32,
    pub(in crate::instance) budget: &'b mut Budget,
}

impl<'b, 'o, 's> Reader<'b, 'o, 's> {
    pub(in crate::instance) fn new(outline: &'o Outline<'s>, budget: &'b mut Budget) -> Reader<'b, 'o, 's> {
        Reader { outline, nodes: BTreeMap::new(), next: 0, budget }
    }

    /// Makes the nodes of a value and of everything in it; the number of the first.
    pub(in crate::instance) fn subtree(
        &mut self,
        vertex: VertexId,
        value: ValueRef<'_>,
        parent: Option<u32>,
    ) -> Result<u32> {
        let mut stack = Vec::new();
        let first = self.value(vertex, value, parent, &mut stack)?;
        while let Some(open) = stack.last_mut() {
            let (number, shape) = (open.number, open.shape);
            let next = match &mut open.left {
                Left::Members(members) => members
                    .next()
                    .map(|(key, value)| (Json::string_of(key), self.outline.member(shape, key), value)),
                Left::Items(items, index) => items.next().map(|value| {
                    *index += 1;
                    (Json::null(), self.outline.item(shape, *index - 1), value)
                }),
            };
            match next {
                Some((key, edge, value)) => {
                    let part = self.part(number, key, edge, value, &mut stack)?;
                    if let Some(holder) = self.nodes.get_mut(&number) {
                        holder.parts.push(part);
                    }
                }
                None => {
                    stack.pop();
                }
            }
        }
        Ok(first)
    }

    fn part<'a>(
        &mut self,
        holder: u32,
        key: Json,
        edge: Option<EdgeId>,
        value: ValueRef<'a>,
        stack: &mut Vec<Open<'a, 'o>>,
    ) -> Result<Part> {
        Ok(match edge {
            Some(edge) => {
                let arrow = self.outline.arrow(edge);
                let node = self.value(self.outline.schema().edge(edge).tgt, value, Some(holder), stack)?;
                let is_spelled = arrow.is_item() && key.as_str() == "null"
                    || arrow.names_member() && Json::string(arrow.label()) == key;
                Part::Child { node, arrow, key: (!is_spelled).then_some(key) }
            }
            None => {
                self.budget.spend(1 + value.raw().len() as u64 / 16)?;
                Part::Extra { key, value: Value::plain(value.to_json()) }
            }
        })
    }

    /// Makes the node of a value; its parts, if it has any, are next.
    fn value<'a>(
        &mut self,
        vertex: VertexId,
        value: ValueRef<'a>,
        parent: Option<u32>,
        stack: &mut Vec<Open<'a, 'o>>,
    ) -> Result<u32> {
        self.budget.spend(1)?;
        let number = self.next;
        self.next = self.next.saturating_add(1);
        let settled = self.outline.settle(vertex, value, self.budget)?;
        let anchor = self.outline.schema().vertex(settled);
        let content = if self.outline.is_entered(settled, value.kind()) {
            let left = if value.is_object() {
                Left::Members(value.members())
            } else {
                Left::Items(value.items(), 0)
            };
            stack.push(Open { number, shape: self.outline.shape(settled), left });
            if value.is_object() { Content::Object } else { Content::List }
        } else {
            self.budget.spend(value.raw().len() as u64 / 16)?;
            Content::Leaf(Value::at(value, &anchor.kind))
        };
        self.nodes.insert(number, Node::new(anchor.id.clone(), content, parent));
        Ok(number)
    }
}
