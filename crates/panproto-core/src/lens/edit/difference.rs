//! What differs between two trees over the same nodes, as edits.

use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::instance::edit::TreeEdit;
use crate::instance::{Arrow, Content, Node, Part, TreeInstance, Value};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::BTreeMap;
use crate::value::{Json, equal};
use std::sync::Arc;

/// The way to each node: its holder, the edge, the key.
type Ways<'a> = BTreeMap<u32, (u32, &'a Arc<Arrow>, Option<&'a Json>)>;

fn ways(tree: &TreeInstance) -> Ways<'_> {
    let mut ways = Ways::new();
    for (number, node) in tree.nodes() {
        for part in &node.parts {
            if let Part::Child { node, arrow, key } = part {
                ways.insert(*node, (number, arrow, key.as_ref()));
            }
        }
    }
    ways
}

/// The parts that are no nodes, by name; those of a list by their place among the others.
pub(super) fn extras(node: &Node) -> BTreeMap<String, &Value> {
    let mut found = BTreeMap::new();
    for part in &node.parts {
        if let Part::Extra { value, .. } = part {
            let name = match node.content {
                Content::List => found.len().to_string(),
                _ => part.name().into_owned(),
            };
            found.insert(name, value);
        }
    }
    found
}

#[cold]
fn unsupported(number: u32) -> Error {
    let message = format!("node {number} becomes a value of another kind");
    Diagnostic::new(ErrorKind::Lens, "edit-unsupported", message)
        .help("delete it and insert a new one")
        .boxed()
}

/// The edits that make `after` of `before`.
pub(super) fn difference(
    before: &TreeInstance,
    after: &TreeInstance,
    budget: &mut Budget,
) -> Result<Vec<TreeEdit>> {
    budget.spend(2 * (before.len() + after.len()) as u64)?;
    let mut edits = Vec::new();
    let mut work = before.clone();
    let (old, new) = (ways(before), ways(after));
    let mut emit = |work: &mut TreeInstance, edit: TreeEdit, budget: &mut Budget| -> Result<()> {
        work.step(&edit, None, budget)?;
        edits.push(edit);
        Ok(())
    };
    // A member may be one that the schema does not describe before, and a node after: what goes by a name goes first.
    for (number, node) in after.nodes() {
        let Some(was) = before.node(number).filter(|was| was.content == Content::Object) else { continue };
        let new = extras(node);
        for field in extras(was).into_keys().filter(|field| !new.contains_key(field)) {
            emit(&mut work, TreeEdit::RemoveField { node: number, field: Name::new(&field) }, budget)?;
        }
    }
    for (number, node) in after.preorder().filter(|(number, _)| before.node(*number).is_none()) {
        let Some((parent, arrow, key)) = new.get(&number) else { return Err(unsupported(number)) };
        let mut bare = Node::new(node.anchor.clone(), node.content.clone(), None);
        bare.parts = node.parts.iter().filter(|part| matches!(part, Part::Extra { .. })).cloned().collect();
        bare.annotations.clone_from(&node.annotations);
        let (parent, arrow, key) = (*parent, (***arrow).clone(), key.cloned());
        emit(
            &mut work,
            TreeEdit::InsertNode { parent, child: number, node: bare, arrow, key, position: None },
            budget,
        )?;
    }
    // From the root down: who holds a node that moves is in its place already, and not below that node.
    for (number, _) in after.preorder() {
        if let Some(way) = new.get(&number)
            && old.get(&number).is_some_and(|old| old != way)
        {
            let (parent, arrow, key) = (way.0, (**way.1).clone(), way.2.cloned());
            emit(
                &mut work,
                TreeEdit::MoveSubtree { node: number, parent, arrow, key, position: None },
                budget,
            )?;
        }
    }
    let mut gone: Vec<u32> =
        work.preorder().map(|(number, _)| number).filter(|number| after.node(*number).is_none()).collect();
    gone.reverse();
    for id in gone {
        emit(&mut work, TreeEdit::DeleteNode { id }, budget)?;
    }
    for (number, node) in after.nodes() {
        let Some(was) = before.node(number) else { continue };
        if was.anchor != node.anchor {
            emit(&mut work, TreeEdit::RelabelNode { id: number, anchor: node.anchor.clone() }, budget)?;
        }
        if was.content != node.content {
            match (&was.content, &node.content) {
                (Content::Leaf(_) | Content::Absent, Content::Leaf(value)) => {
                    emit(&mut work, TreeEdit::SetValue { node: number, value: value.clone() }, budget)?;
                }
                _ => return Err(unsupported(number)),
            }
        }
        let (old, new) = (extras(was), extras(node));
        if old != new {
            if node.content == Content::List {
                return Err(unsupported(number));
            }
            for (field, value) in new.iter().filter(|(field, value)| old.get(*field) != Some(value)) {
                let (field, value) = (Name::new(field), (*value).clone());
                emit(&mut work, TreeEdit::SetField { node: number, field, value }, budget)?;
            }
        }
    }
    for (number, node) in after.nodes().filter(|(_, node)| node.content == Content::List) {
        order(&mut work, number, node, &mut emit, budget)?;
        // Items that no node stands for cannot be moved.
        if work.node(number).map(|work| &work.parts) != Some(&node.parts) {
            return Err(unsupported(number));
        }
    }
    Ok(edits)
}

/// Brings the items of a list into their order.
fn order(
    work: &mut TreeInstance,
    number: u32,
    node: &Node,
    emit: &mut impl FnMut(&mut TreeInstance, TreeEdit, &mut Budget) -> Result<()>,
    budget: &mut Budget,
) -> Result<()> {
    let child = |part: &Part| match part {
        Part::Child { node, .. } => Some(*node),
        Part::Extra { .. } => None,
    };
    for (position, part) in node.parts.iter().enumerate() {
        let Part::Child { node: wanted, arrow, key } = part else { continue };
        budget.spend(1)?;
        if work.node(number).and_then(|node| child(node.parts.get(position)?)) == Some(*wanted) {
            continue;
        }
        let edit = TreeEdit::MoveSubtree {
            node: *wanted,
            parent: number,
            arrow: (**arrow).clone(),
            key: key.clone(),
            position: u32::try_from(position).ok(),
        };
        emit(work, edit, budget)?;
    }
    Ok(())
}

/// Whether two trees are the same but for the order of members.
pub(super) fn same(a: &TreeInstance, b: &TreeInstance, budget: &mut Budget) -> Result<bool> {
    budget.spend(2 * (a.len() + b.len()) as u64)?;
    if a.len() != b.len() || a.root() != b.root() || ways(a) != ways(b) {
        return Ok(false);
    }
    let same_value = |a: &Value, b: &Value| equal(a.json().tree().root(), b.json().tree().root());
    Ok(a.nodes().all(|(number, node)| {
        let Some(other) = b.node(number) else { return false };
        let content = match (&node.content, &other.content) {
            (Content::Leaf(a), Content::Leaf(b)) => same_value(a, b),
            (a, b) => a == b,
        };
        let (left, right) = (extras(node), extras(other));
        let extras = left.len() == right.len()
            && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| same_value(value, other)));
        let listed = node.content != Content::List
            || node.children().map(|(child, _)| child).eq(other.children().map(|(child, _)| child));
        node.anchor == other.anchor && content && extras && listed
    }))
}
