//! Edits of records by path: add, remove, replace, move.

use super::{TreeEdit, refused};
use crate::diagnostic::{Path, Result, Segment};
use crate::instance::node::{Arrow, Content, Node, Part};
use crate::instance::outline::Outline;
use crate::instance::tree::TreeInstance;
use crate::instance::tree::read::Reader;
use crate::instance::value::Value;
use crate::instance::wire::bad;
use crate::limits::Budget;
use crate::name::Name;
use crate::value::{Json, Tree, ValueRef};

/// A place in a record: the steps from its root; `-` after a list is the place after its last item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place(pub Vec<String>);

/// One change of a record, as JSON Patch has them.
#[derive(Clone, Debug, PartialEq)]
pub enum PathEdit {
    /// A member or an item that is new; a member that is there is replaced.
    Add(Place, Json),
    /// A member or an item is gone.
    Remove(Place),
    /// A value that is there becomes another one.
    Replace(Place, Json),
    /// What stands in the first place stands in the second.
    Move(Place, Place),
}

impl Place {
    /// Reads a JSON pointer: `/orders/0/sku`.
    ///
    /// # Errors
    /// `invalid-path`
    pub fn parse(text: &str) -> Result<Place> {
        if text.is_empty() {
            return Ok(Place::default());
        }
        let rest = text.strip_prefix('/').ok_or_else(|| {
            refused("invalid-path", format!("`{text}` is no path: it begins with `/`, or is empty"))
        })?;
        Ok(Place(rest.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect()))
    }
}

impl PathEdit {
    /// Reads a list of `{"op", "path", "value"?, "from"?}`.
    ///
    /// # Errors
    /// `instance-shape`, `invalid-path`.
    pub fn read(text: &Json) -> Result<Vec<PathEdit>> {
        let tree = text.tree();
        let root = tree.root();
        if !root.is_array() {
            return Err(bad(root, "a patch is a list of `{\"op\", \"path\", \"value\"}`"));
        }
        root.items().map(one).collect()
    }

    /// The edit of the tree of a record: what it does to nodes. New nodes are numbered from `next` on.
    ///
    /// # Errors
    /// `path-not-found`, `invalid-path`; `cycle-detected` of a value that is moved into itself.
    pub fn to_tree(
        &self,
        tree: &TreeInstance,
        outline: &Outline<'_>,
        next: u32,
        budget: &mut Budget,
    ) -> Result<TreeEdit> {
        match self {
            PathEdit::Add(place, value) => add(tree, outline, place, value, next, budget),
            PathEdit::Remove(place) => Ok(TreeEdit::of(remove(tree, &find(tree, place)?, budget)?)),
            PathEdit::Replace(place, value) => {
                let at = find(tree, place)?;
                if place.0.is_empty() {
                    return Err(refused("invalid-path", "the record as a whole is not replaced by an edit"));
                }
                let mut edits = remove(tree, &at, budget)?;
                let parsed = Tree::parse(value.as_str().as_bytes(), budget.limits())?;
                // A leaf stays the node that it is where the new value is one of the same vertex.
                if let Some(Part::Child { node, arrow, .. }) = at.part(tree)
                    && let Some(leaf) = tree.node(*node).filter(|node| node.children().next().is_none())
                    && !matches!(leaf.content, Content::Object | Content::List)
                    && let Some(edge) = outline.edge(arrow)
                {
                    let anchor = outline.settle(outline.schema().edge(edge).tgt, parsed.root(), budget)?;
                    let vertex = outline.schema().vertex(anchor);
                    if vertex.id == leaf.anchor && !outline.is_entered(anchor, parsed.root().kind()) {
                        let value = Value::at(parsed.root(), &vertex.kind);
                        return Ok(TreeEdit::SetValue { node: *node, value });
                    }
                }
                let key = at.part(tree).map(|part| part.name().into_owned());
                edits.extend(insert(
                    tree,
                    outline,
                    at.holder,
                    Some(at.index),
                    key.as_deref(),
                    value,
                    next,
                    budget,
                )?);
                Ok(TreeEdit::of(edits))
            }
            PathEdit::Move(from, to) => {
                let at = find(tree, from)?;
                if to.0.len() > from.0.len() && to.0.starts_with(&from.0) {
                    return Err(refused("cycle-detected", "a value is not moved into itself"));
                }
                if let Some(edit) = moved(tree, outline, &at, to, budget)? {
                    return Ok(edit);
                }
                let json = match at.part(tree) {
                    Some(Part::Child { node, .. }) => {
                        let below = tree.subtree(*node, budget)?;
                        if below.nodes().any(|(_, node)| node.content == Content::Absent) {
                            return Err(refused(
                                "needs-record",
                                "the value changes its type, and is not known here",
                            ));
                        }
                        tree.json_of(*node, budget)?
                    }
                    Some(Part::Extra { value, .. }) => value.json().clone(),
                    None => return Err(refused("path-not-found", "there is nothing to move")),
                };
                let removed = TreeEdit::of(remove(tree, &at, budget)?);
                let without = removed.apply(tree, Some(outline), budget)?;
                // A moved node is new: what it was is gone before it is there again.
                let added = add(&without, outline, to, &json, next, budget)?;
                Ok(TreeEdit::of(removed.steps().into_iter().chain(added.steps()).cloned().collect()))
            }
        }
    }
}

/// A node that may stand in its new place as it is.
fn moved(
    tree: &TreeInstance,
    outline: &Outline<'_>,
    at: &At,
    to: &Place,
    budget: &mut Budget,
) -> Result<Option<TreeEdit>> {
    let Some(Part::Child { node, .. }) = at.part(tree) else { return Ok(None) };
    // Where it goes is said of what is left when it is gone.
    budget.spend(1 + tree.len() as u64)?;
    let mut without = tree.clone();
    without.release(*node)?;
    let (parent, last) = holder(&without, to)?;
    let Some(held) = without.node(parent) else { return Ok(None) };
    let (Some(anchor), Some(below)) =
        (outline.find(&held.anchor), tree.node(*node).and_then(|node| outline.find(&node.anchor)))
    else {
        return Ok(None);
    };
    let shape = outline.shape(anchor);
    let is_list = held.content == Content::List;
    let position = if is_list { Some(place_in(held, last)?) } else { None };
    let edge = match position {
        Some(position) => outline.item(shape, position),
        None => outline.member_named(shape, last.as_bytes()),
    };
    let Some(edge) = edge.filter(|edge| outline.admits(outline.schema().edge(*edge).tgt, below)) else {
        return Ok(None);
    };
    let arrow = outline.arrow(edge);
    let is_named = is_list || (arrow.names_member() && arrow.label() == last);
    let mut edits = vec![TreeEdit::MoveSubtree {
        node: *node,
        parent,
        arrow: (*arrow).clone(),
        key: (!is_named).then(|| Json::string(last)),
        position: position.and_then(|position| u32::try_from(position).ok()),
    }];
    if !is_list && held.parts.iter().any(|part| part.name() == *last) {
        let place = find(&without, to)?;
        let mut gone = remove(&without, &place, budget)?;
        match place.part(&without) {
            // What it comes out of may be what it replaces: that is gone when the node is out of it.
            Some(Part::Child { .. }) => edits.append(&mut gone),
            // Of two members of one name the last one would be gone.
            _ => edits.splice(0..0, gone).for_each(drop),
        }
    }
    Ok(Some(TreeEdit::of(edits)))
}

fn one(value: ValueRef<'_>) -> Result<PathEdit> {
    let text = |name: &str| value.get(name).and_then(ValueRef::as_str);
    let place = |name: &'static str| match text(name) {
        Some(path) => Place::parse(&path),
        None => Err(bad(value, format!("`{name}` is a path"))),
    };
    let payload =
        || value.get("value").map(ValueRef::to_json).ok_or_else(|| bad(value, "`value` is missing"));
    match text("op").as_deref() {
        Some("add") => Ok(PathEdit::Add(place("path")?, payload()?)),
        Some("remove") => Ok(PathEdit::Remove(place("path")?)),
        Some("replace") => Ok(PathEdit::Replace(place("path")?, payload()?)),
        Some("move") => Ok(PathEdit::Move(place("from")?, place("path")?)),
        _ => Err(bad(value, "`op` is `add`, `remove`, `replace` or `move`")),
    }
}

/// A part of a node.
struct At {
    holder: u32,
    index: usize,
}

impl At {
    fn part<'t>(&self, tree: &'t TreeInstance) -> Option<&'t Part> {
        tree.node(self.holder)?.parts.get(self.index)
    }
}

/// The node that holds what a path leads to, and the last step.
fn holder<'p>(tree: &TreeInstance, place: &'p Place) -> Result<(u32, &'p str)> {
    let Some((last, above)) = place.0.split_last() else {
        return Err(refused("invalid-path", "the record as a whole is not added, removed or moved"));
    };
    let mut at = tree.root();
    let mut path = Path::default();
    for step in above {
        let Some(node) = tree.node(at) else { break };
        let part = match node.content {
            Content::List => step.parse().ok().and_then(|index: usize| node.parts.get(index)),
            _ => node.parts.iter().rev().find(|part| part.name() == **step),
        };
        path = path.member(step);
        match part {
            Some(Part::Child { node, .. }) => at = *node,
            Some(Part::Extra { .. }) => {
                let message = format!("`{path}` is not described by the schema: replace it as a whole");
                return Err(refused("path-not-entered", message));
            }
            None => return Err(refused("path-not-found", format!("there is no `{path}`"))),
        }
    }
    Ok((at, last))
}

fn find(tree: &TreeInstance, place: &Place) -> Result<At> {
    let (holder, last) = holder(tree, place)?;
    let node = tree.node(holder);
    let index = node.and_then(|node| match node.content {
        Content::List => last.parse().ok().filter(|index: &usize| *index < node.parts.len()),
        _ => node.parts.iter().rposition(|part| part.name() == *last),
    });
    let index = index.ok_or_else(|| {
        let path = Path(place.0.iter().map(|step| Segment::Member(step.as_str().into())).collect());
        refused("path-not-found", format!("there is no `{path}`"))
    })?;
    Ok(At { holder, index })
}

fn remove(tree: &TreeInstance, at: &At, budget: &mut Budget) -> Result<Vec<TreeEdit>> {
    match at.part(tree) {
        None => Err(refused("path-not-found", "there is nothing to remove")),
        Some(Part::Child { node, .. }) => {
            let mut numbers: Vec<u32> =
                tree.subtree(*node, budget)?.preorder().map(|(number, _)| number).collect();
            numbers.reverse();
            Ok(numbers.into_iter().map(|id| TreeEdit::DeleteNode { id }).collect())
        }
        Some(part @ Part::Extra { .. }) => {
            if tree.node(at.holder).is_some_and(|node| node.content == Content::List) {
                return Err(refused(
                    "path-not-entered",
                    "an item that the schema does not describe: replace the list",
                ));
            }
            Ok(vec![TreeEdit::RemoveField { node: at.holder, field: Name::from(part.name().into_owned()) }])
        }
    }
}

fn add(
    tree: &TreeInstance,
    outline: &Outline<'_>,
    place: &Place,
    value: &Json,
    next: u32,
    budget: &mut Budget,
) -> Result<TreeEdit> {
    let (at, last) = holder(tree, place)?;
    let Some(node) = tree.node(at) else { return Err(refused("path-not-found", "there is no such place")) };
    if node.content == Content::List {
        let index = place_in(node, last)?;
        return Ok(TreeEdit::of(insert(tree, outline, at, Some(index), None, value, next, budget)?));
    }
    let mut edits = Vec::new();
    if node.parts.iter().any(|part| part.name() == *last) {
        edits = remove(tree, &find(tree, place)?, budget)?;
    }
    edits.extend(insert(tree, outline, at, None, Some(last), value, next, budget)?);
    Ok(TreeEdit::of(edits))
}

/// Where something new stands in a list.
fn place_in(list: &Node, step: &str) -> Result<usize> {
    let len = list.parts.len();
    let index = if step == "-" { Some(len) } else { step.parse().ok() };
    let message = || format!("`{step}` is no place in a list of {len} items");
    index.filter(|index| *index <= len).ok_or_else(|| refused("path-not-found", message()))
}

/// The edits that make a value and everything in it.
#[expect(clippy::too_many_arguments, reason = "one place where values become nodes")]
fn insert(
    tree: &TreeInstance,
    outline: &Outline<'_>,
    holder: u32,
    position: Option<usize>,
    name: Option<&str>,
    value: &Json,
    next: u32,
    budget: &mut Budget,
) -> Result<Vec<TreeEdit>> {
    let Some(node) = tree.node(holder) else {
        return Err(refused("parent-not-found", "there is no such place"));
    };
    let anchor = outline.find(&node.anchor);
    let is_list = node.content == Content::List;
    if !is_list && node.content != Content::Object {
        return Err(refused("not-an-object", format!("node {holder} has no members and no items")));
    }
    let edge = anchor.and_then(|anchor| match (is_list, name) {
        (true, _) => outline.item(outline.shape(anchor), position.unwrap_or_default()),
        (false, Some(name)) => outline.member_named(outline.shape(anchor), name.as_bytes()),
        (false, None) => None,
    });
    let parsed = Tree::parse(value.as_str().as_bytes(), budget.limits())?;
    let Some(edge) = edge else {
        return match name {
            Some(name) if !is_list => {
                let value = Value::plain(value.clone());
                Ok(vec![TreeEdit::SetField { node: holder, field: Name::new(name), value }])
            }
            _ => Err(refused(
                "path-not-entered",
                "an item that the schema does not describe: replace the list",
            )),
        };
    };
    let mut reader = Reader::new(outline, budget);
    reader.next = next.max(tree.next_number());
    let first = reader.subtree(outline.schema().edge(edge).tgt, parsed.root(), Some(holder))?;
    let arrow = outline.arrow(edge);
    let is_named = is_list || name.is_some_and(|name| arrow.names_member() && arrow.label() == name);
    let key = name.filter(|_| !is_named).map(Json::string);
    let mut edits = Vec::with_capacity(reader.nodes.len());
    let mut leads: crate::ordered::BTreeMap<u32, (u32, Arrow, Option<Json>)> =
        crate::ordered::BTreeMap::new();
    leads.insert(first, (holder, (*arrow).clone(), key));
    for (number, node) in &reader.nodes {
        for part in &node.parts {
            if let Part::Child { node: child, arrow, key } = part {
                leads.insert(*child, (*number, (**arrow).clone(), key.clone()));
            }
        }
    }
    // Numbers are in document order: a holder comes before what it holds.
    for (number, node) in reader.nodes {
        let Some((parent, arrow, key)) = leads.remove(&number) else { continue };
        let mut node: Node = node;
        node.parts.retain(|part| matches!(part, Part::Extra { .. }));
        let position = position.filter(|_| number == first).and_then(|at| u32::try_from(at).ok());
        edits.push(TreeEdit::InsertNode { parent, child: number, node, arrow, key, position });
    }
    Ok(edits)
}
