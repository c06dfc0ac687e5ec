//! Edits of trees.

use super::refused;
use crate::diagnostic::Result;
use crate::instance::node::{Arrow, Content, Fan, Node, Part};
use crate::instance::outline::Outline;
use crate::instance::tree::TreeInstance;
use crate::instance::value::Value;
use crate::limits::Budget;
use crate::name::Name;
use crate::value::Json;
use std::sync::Arc;

/// One change of a tree.
#[derive(Clone, Debug, PartialEq)]
pub enum TreeEdit {
    /// Nothing.
    Identity,
    /// A new node.
    InsertNode {
        /// Who holds it.
        parent: u32,
        /// Its number, which no node has.
        child: u32,
        /// What it is; parts of a node are its members without an edge.
        node: Node,
        /// The edge that leads to it.
        arrow: Arrow,
        /// How a member is spelled where the edge does not say.
        key: Option<Json>,
        /// Where among the parts of its holder; last where this is not given.
        position: Option<u32>,
    },
    /// A node without children is gone.
    DeleteNode {
        /// Which.
        id: u32,
    },
    /// A node is gone, and its children are held by its holder.
    ContractNode {
        /// Which.
        id: u32,
    },
    /// A node becomes one of another vertex.
    RelabelNode {
        /// Which.
        id: u32,
        /// The vertex.
        anchor: Name,
    },
    /// A member that is no object or list gets a value, and is made where it is not there.
    SetField {
        /// Of which object.
        node: u32,
        /// The member.
        field: Name,
        /// Its value.
        value: Value,
    },
    /// A member that is no object or list is gone.
    RemoveField {
        /// Of which object.
        node: u32,
        /// The member.
        field: Name,
    },
    /// A leaf gets a value.
    SetValue {
        /// Which.
        node: u32,
        /// The value.
        value: Value,
    },
    /// A node is held by another one, or stands in another place.
    MoveSubtree {
        /// Which.
        node: u32,
        /// Who holds it.
        parent: u32,
        /// The edge that leads to it.
        arrow: Arrow,
        /// How a member is spelled where the edge does not say.
        key: Option<Json>,
        /// Where among the parts of its holder; last where this is not given.
        position: Option<u32>,
    },
    /// A new fan.
    InsertFan {
        /// It.
        fan: Fan,
    },
    /// The fans of a hyper-edge are gone.
    DeleteFan {
        /// Which hyper-edge.
        hyper_edge: Name,
    },
    /// One after another.
    Sequence(Vec<TreeEdit>),
}

impl TreeEdit {
    /// The edits that it consists of, in order.
    pub fn steps(&self) -> Vec<&TreeEdit> {
        let mut open = vec![self];
        let mut steps = Vec::new();
        while let Some(edit) = open.pop() {
            match edit {
                TreeEdit::Sequence(edits) => open.extend(edits.iter().rev()),
                TreeEdit::Identity => {}
                edit => steps.push(edit),
            }
        }
        steps
    }

    /// Several edits as one: none is [`TreeEdit::Identity`].
    pub fn of(mut edits: Vec<TreeEdit>) -> TreeEdit {
        match (edits.pop(), edits.is_empty()) {
            (None, _) => TreeEdit::Identity,
            (Some(only), true) => only,
            (Some(last), false) => {
                edits.push(last);
                TreeEdit::Sequence(edits)
            }
        }
    }

    /// Applies the edit: whole, or not at all. A schema says whether a member that is set and not there has an edge.
    ///
    /// # Errors
    /// `node-not-found`, `parent-not-found`, `duplicate-node-id`, `node-not-a-leaf`, `cycle-detected`, `fan-not-found`,
    /// `field-not-found`, `field-is-node`, `not-an-object`.
    pub fn apply(
        &self,
        tree: &TreeInstance,
        outline: Option<&Outline<'_>>,
        budget: &mut Budget,
    ) -> Result<TreeInstance> {
        budget.spend(1 + tree.len() as u64)?;
        let mut changed = tree.clone();
        for step in self.steps() {
            budget.spend(1)?;
            changed.step(step, outline, budget)?;
        }
        Ok(changed)
    }
}

impl TreeInstance {
    pub(crate) fn step(
        &mut self,
        edit: &TreeEdit,
        outline: Option<&Outline<'_>>,
        budget: &mut Budget,
    ) -> Result<()> {
        match edit {
            TreeEdit::Identity | TreeEdit::Sequence(_) => Ok(()),
            TreeEdit::InsertNode { parent, child, node, arrow, key, position } => {
                if self.nodes.contains_key(child) {
                    return Err(refused("duplicate-node-id", format!("there is a node {child} already")));
                }
                let mut node = Node { parent: Some(*parent), ..node.clone() };
                node.parts.retain(|part| matches!(part, Part::Extra { .. }));
                self.hold(*parent, *child, arrow, key.as_ref(), *position)?;
                self.nodes.insert(*child, node);
                Ok(())
            }
            TreeEdit::DeleteNode { id } => {
                let node = self.existing(*id)?;
                if node.children().next().is_some() {
                    return Err(refused(
                        "node-not-a-leaf",
                        format!("node {id} has children: delete them first, or contract it"),
                    ));
                }
                self.release(*id)?;
                self.nodes.remove(id);
                self.forget_in_fans(*id);
                Ok(())
            }
            TreeEdit::ContractNode { id } => {
                let (at, parent) = self.place(*id)?;
                let node = self
                    .nodes
                    .remove(id)
                    .unwrap_or_else(|| Node::new(Name::default(), Content::Object, None));
                let children: Vec<Part> =
                    node.parts.into_iter().filter(|part| matches!(part, Part::Child { .. })).collect();
                for part in &children {
                    if let Part::Child { node, .. } = part
                        && let Some(child) = self.nodes.get_mut(node)
                    {
                        child.parent = Some(parent);
                    }
                }
                if let Some(holder) = self.nodes.get_mut(&parent) {
                    budget.spend(holder.parts.len() as u64 / 8)?;
                    holder.parts.splice(at..=at, children);
                }
                self.forget_in_fans(*id);
                Ok(())
            }
            TreeEdit::RelabelNode { id, anchor } => {
                self.existing(*id)?;
                if let Some(node) = self.nodes.get_mut(id) {
                    node.anchor = anchor.clone();
                }
                if *id == self.root {
                    self.schema_root = anchor.clone();
                }
                Ok(())
            }
            TreeEdit::SetValue { node, value } => {
                let found = self.existing(*node)?;
                if matches!(found.content, Content::Object | Content::List) {
                    return Err(refused("node-not-a-leaf", format!("node {node} is an object or a list")));
                }
                if let Some(node) = self.nodes.get_mut(node) {
                    node.content = Content::Leaf(value.clone());
                }
                Ok(())
            }
            TreeEdit::SetField { node, field, value } => self.set_field(*node, field, value, outline, budget),
            TreeEdit::RemoveField { node, field } => {
                let object = self.object(*node)?;
                let at = object.parts.iter().rposition(|part| part.name() == **field);
                let at = at.ok_or_else(|| {
                    refused("field-not-found", format!("node {node} has no member `{field}`"))
                })?;
                if let Some(Part::Child { node: child, .. }) = object.parts.get(at) {
                    let child = *child;
                    self.leaf(child, field)?;
                    self.nodes.remove(&child);
                    self.forget_in_fans(child);
                }
                if let Some(node) = self.nodes.get_mut(node) {
                    node.parts.remove(at);
                }
                Ok(())
            }
            TreeEdit::MoveSubtree { node, parent, arrow, key, position } => {
                self.existing(*node)?;
                let mut above = Some(*parent);
                while let Some(at) = above {
                    budget.spend(1)?;
                    if at == *node {
                        return Err(refused("cycle-detected", format!("node {node} would be inside itself")));
                    }
                    above = self.nodes.get(&at).and_then(|node| node.parent);
                }
                if !self.nodes.contains_key(parent) {
                    return Err(refused("parent-not-found", format!("there is no node {parent}")));
                }
                self.release(*node)?;
                self.hold(*parent, *node, arrow, key.as_ref(), *position)?;
                if let Some(node) = self.nodes.get_mut(node) {
                    node.parent = Some(*parent);
                }
                Ok(())
            }
            TreeEdit::InsertFan { fan } => {
                for node in std::iter::once(&fan.parent).chain(fan.children.iter().map(|(_, node)| node)) {
                    self.existing(*node)?;
                }
                self.fans.push(fan.clone());
                Ok(())
            }
            TreeEdit::DeleteFan { hyper_edge } => {
                let before = self.fans.len();
                self.fans.retain(|fan| fan.hyper_edge != *hyper_edge);
                if self.fans.len() == before {
                    return Err(refused("fan-not-found", format!("there is no fan of `{hyper_edge}`")));
                }
                Ok(())
            }
        }
    }

    fn existing(&self, number: u32) -> Result<&Node> {
        self.nodes.get(&number).ok_or_else(|| refused("node-not-found", format!("there is no node {number}")))
    }

    fn object(&self, number: u32) -> Result<&Node> {
        let node = self.existing(number)?;
        if node.content != Content::Object {
            return Err(refused("not-an-object", format!("node {number} has no members")));
        }
        Ok(node)
    }

    /// A child that is a leaf.
    fn leaf(&self, child: u32, field: &str) -> Result<()> {
        match self.existing(child)?.content {
            Content::Leaf(_) | Content::Absent => Ok(()),
            _ => {
                Err(refused("field-is-node", format!("`{field}` is an object or a list: edit node {child}")))
            }
        }
    }

    fn set_field(
        &mut self,
        number: u32,
        field: &Name,
        value: &Value,
        outline: Option<&Outline<'_>>,
        budget: &mut Budget,
    ) -> Result<()> {
        let object = self.object(number)?;
        let found = object.parts.iter().rposition(|part| part.name() == **field);
        if let Some(Part::Child { node: child, .. }) = found.and_then(|at| object.parts.get(at)) {
            let child = *child;
            self.leaf(child, field)?;
            if let Some(child) = self.nodes.get_mut(&child) {
                child.content = Content::Leaf(value.clone());
            }
            return Ok(());
        }
        if let Some(Part::Extra { value: old, .. }) =
            found.and_then(|at| self.nodes.get_mut(&number)?.parts.get_mut(at))
        {
            *old = value.clone();
            return Ok(());
        }
        let anchor = self.existing(number)?.anchor.clone();
        let edge = outline.and_then(|outline| {
            let shape = outline.shape(outline.find(&anchor)?);
            Some((outline, outline.member_named(shape, field.as_bytes())?))
        });
        let Some((outline, edge)) = edge else {
            if let Some(node) = self.nodes.get_mut(&number) {
                node.parts.push(Part::Extra { key: Json::string(field), value: value.clone() });
            }
            return Ok(());
        };
        let tree = value.json().tree();
        let settled = outline.settle(outline.schema().edge(edge).tgt, tree.root(), budget)?;
        let child = self.next_number();
        let anchor = outline.schema().vertex(settled).id.clone();
        self.nodes.insert(child, Node::new(anchor, Content::Leaf(value.clone()), Some(number)));
        let arrow = outline.arrow(edge);
        let is_named = arrow.names_member() && arrow.label() == &**field;
        if let Some(node) = self.nodes.get_mut(&number) {
            node.parts.push(Part::Child {
                node: child,
                arrow,
                key: (!is_named).then(|| Json::string(field)),
            });
        }
        Ok(())
    }

    /// Where a node stands among the parts of its holder.
    fn place(&self, number: u32) -> Result<(usize, u32)> {
        let node = self.existing(number)?;
        let found = node.parent.and_then(|parent| {
            let holds = |part: &Part| matches!(part, Part::Child { node, .. } if *node == number);
            Some((self.nodes.get(&parent)?.parts.iter().position(holds)?, parent))
        });
        found.ok_or_else(|| refused("parent-not-found", format!("node {number} is the root")))
    }

    /// Takes a node out of its holder.
    pub(super) fn release(&mut self, number: u32) -> Result<()> {
        let (at, parent) = self.place(number)?;
        if let Some(holder) = self.nodes.get_mut(&parent) {
            holder.parts.remove(at);
        }
        Ok(())
    }

    fn hold(
        &mut self,
        parent: u32,
        child: u32,
        arrow: &Arrow,
        key: Option<&Json>,
        position: Option<u32>,
    ) -> Result<()> {
        let Some(holder) = self.nodes.get_mut(&parent) else {
            return Err(refused("parent-not-found", format!("there is no node {parent}")));
        };
        if matches!(holder.content, Content::Leaf(_) | Content::Absent) {
            return Err(refused("not-an-object", format!("node {parent} is a leaf and holds nothing")));
        }
        let at = position.map_or(holder.parts.len(), |at| (at as usize).min(holder.parts.len()));
        holder
            .parts
            .insert(at, Part::Child { node: child, arrow: Arc::new(arrow.clone()), key: key.cloned() });
        Ok(())
    }

    fn forget_in_fans(&mut self, number: u32) {
        self.fans.retain(|fan| fan.parent != number);
        for fan in &mut self.fans {
            fan.children.retain(|(_, node)| *node != number);
        }
    }
}
