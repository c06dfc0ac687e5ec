//! Edit lenses: an edit of the source becomes an edit of the view, and back, without the record.
//!
//! What is kept between edits is the *state*: which nodes there are and who holds them, and the values of what the
//! view does not show (the complement). Values that the view shows are in no state. Both translations work on the
//! structure: the edit is applied to it, it goes to the other side before and after, and what differs is the edit of
//! the other side. So `apply(get_edit(e), view(s))` is `view(apply(e, s))`, and the same backwards, or there is an
//! error.
//!
//! Along a [`Lens`], whatever its stages do, its machines run over the structure: a name stands for each value that
//! is only copied, and what the machines look at (inputs of expressions, what is converted or checked, tags) is in
//! the state too. Along a [`Mapping`] with [`Transform`]s, as published releases have them, trees are restricted.

mod difference;
mod follow;
mod names;
mod seen;
mod staged;
#[cfg(test)]
mod staged_tests;
mod state;
#[cfg(test)]
mod tests;

pub use state::State;

use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::expr::{self, Env, Expr};
use crate::instance::edit::TreeEdit;
use crate::instance::{Arrow, Content, Form, Mapping, Node, Outline, Part, TreeInstance, Value};
use crate::lens::stages::Lens;
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{Schema, VertexId};
use crate::value::Json;
use difference::{difference, same};
use staged::Staged;

/// What becomes of the values behind one edge of the source, and of no other.
#[derive(Clone, Debug)]
pub struct Transform {
    /// From source to view; sees `v`, `__value__` and the member by its name.
    pub forward: Expr,
    /// From view to source; without it values of the view cannot be edited.
    pub backward: Option<Expr>,
}

/// Translates edits along a lens, or along a mapping.
#[derive(Debug)]
pub struct EditLens<'s> {
    lens: Option<&'s Lens>,
    mapping: Mapping,
    source: Outline<'s>,
    target: Outline<'s>,
    transforms: BTreeMap<Arrow, Transform>,
}

#[cold]
fn refused(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Diagnostic::new(ErrorKind::Lens, "view-not-representable", message)
        .help("no source has this view; edit the source instead")
        .boxed()
}

impl<'s> EditLens<'s> {
    /// A lens along a mapping.
    pub fn new(
        mapping: Mapping,
        source: &'s Schema,
        target: &'s Schema,
        transforms: BTreeMap<Arrow, Transform>,
    ) -> EditLens<'s> {
        let (source, target) = (Outline::new(source), Outline::new(target));
        EditLens { lens: None, mapping, source, target, transforms }
    }

    /// A lens of any stages.
    ///
    /// ```
    /// use panproto_core::align::{Hints, between};
    /// use panproto_core::instance::{TreeInstance, edit::PathEdit};
    /// use panproto_core::language::{self, Options};
    /// use panproto_core::lens::{Lens, edit::EditLens};
    /// use panproto_core::limits::Budget;
    /// use panproto_core::value::Json;
    /// use std::{collections::BTreeMap, sync::Arc};
    /// # fn main() -> panproto_core::diagnostic::Result<()> {
    /// let budget = &mut Budget::default();
    /// let mut schema = |text: &str| {
    ///     let parsed = language::parse("json-schema", &[text.as_bytes()], &Options::default(), &mut Budget::default());
    ///     parsed.into_result().map(Arc::new)
    /// };
    /// let old = schema(r#"{"type":"object","properties":{"n":{"type":"integer"}}}"#)?;
    /// let new = schema(r#"{"type":"object","properties":{"n":{"type":"string"}}}"#)?;
    /// let lens = Lens::of(Arc::new(between(&old, &new, &Hints::default(), budget)?), budget)?;
    /// let edits = EditLens::along(&lens);
    /// let record = TreeInstance::from_json(edits.source(), old.main(), &Json::parse(r#"{"n":1}"#)?, budget)?;
    /// let (view, mut state) = edits.open(&record, budget)?;
    /// let edit = PathEdit::read(&Json::parse(r#"[{"op":"replace","path":"/n","value":"2"}]"#)?)?.remove(0);
    /// let edit = edit.to_tree(&view, edits.target(), state.next_id(), budget)?;
    /// let edit = edits.put_edit(&mut state, &edit, budget)?;
    /// let record = edit.apply(&record, Some(edits.source()), budget)?;
    /// assert_eq!(record.to_json(budget)?.as_str(), r#"{"n":2}"#);
    /// # Ok(())
    /// # }
    /// ```
    pub fn along(lens: &'s Lens) -> EditLens<'s> {
        let (source, target) = (Outline::new(lens.source()), Outline::new(lens.target()));
        let (mapping, transforms) = (Mapping::default(), BTreeMap::new());
        EditLens { lens: Some(lens), mapping, source, target, transforms }
    }

    fn staged(&self) -> Option<Staged<'_, 's>> {
        Some(Staged { lens: self.lens?, source: &self.source, target: &self.target })
    }

    /// What the source's schema says of values.
    pub fn source(&self) -> &Outline<'s> {
        &self.source
    }

    /// What the target's schema says of values.
    pub fn target(&self) -> &Outline<'s> {
        &self.target
    }

    /// The view of a record, and the state to begin with.
    ///
    /// # Errors
    /// Those of the lens, of [`TreeInstance::restrict`] and of expressions.
    pub fn open(&self, record: &TreeInstance, budget: &mut Budget) -> Result<(TreeInstance, State)> {
        if let Some(staged) = self.staged() {
            return staged.open(record, budget);
        }
        let mut filled = BTreeMap::new();
        let (view, gone) = self.view(record, &mut filled, budget)?;
        Ok((view, State { filled, ..State::of(gone.erased(record)) }))
    }

    /// The view of a structure, whose filled nodes keep their numbers.
    fn view(
        &self,
        record: &TreeInstance,
        filled: &mut BTreeMap<(u32, String), u32>,
        budget: &mut Budget,
    ) -> Result<(TreeInstance, state::Hidden)> {
        let (view, dropped) = record.restrict(&self.mapping, &self.target, budget)?;
        let mut view = state::renumber_filled(view, &dropped.filled, filled);
        if !self.transforms.is_empty() {
            for (number, node) in record.nodes() {
                for part in &node.parts {
                    let Part::Child { node: child, arrow, .. } = part else { continue };
                    let Some(transform) = self.transforms.get(&**arrow) else { continue };
                    let Some(value) = view.node(*child).and_then(Node::value).cloned() else { continue };
                    budget.spend(1)?;
                    let value = run(&transform.forward, &value, arrow, budget)
                        .map_err(|error| at(error, record, number))?;
                    view.step(&TreeEdit::SetValue { node: *child, value }, None, budget)?;
                }
            }
        }
        Ok((
            view,
            state::Hidden { dropped: dropped.nodes.keys().copied().collect(), shadowed: dropped.shadowed },
        ))
    }

    /// The structure of the view of a state, without the values that it shows.
    ///
    /// # Errors
    /// Those of restriction and of expressions.
    pub fn shown(&self, state: &mut State, budget: &mut Budget) -> Result<TreeInstance> {
        if let Some(staged) = self.staged() {
            return staged.shown(state, budget);
        }
        Ok(self.view(&state.skeleton, &mut state.filled, budget)?.0)
    }

    /// The edit of the view that an edit of the source is; the state changes. An edit of what the view does not show is
    /// [`TreeEdit::Identity`], and changes the complement.
    ///
    /// # Errors
    /// Those of [`TreeEdit::apply`], of the lens, of restriction and of expressions; `needs-record` where something that the view
    /// showed is hidden by the edit, so that its value, which no state has, would be lost; `edit-unsupported` where an
    /// object has two members of one name, and where items move that the schema does not describe.
    pub fn get_edit(&self, state: &mut State, edit: &TreeEdit, budget: &mut Budget) -> Result<TreeEdit> {
        if let Some(staged) = self.staged() {
            return staged.get_edit(state, edit, budget);
        }
        let mut next = state.clone();
        let (before, was) = self.view(&state.skeleton, &mut next.filled, budget)?;
        let changed = edit.apply(&state.skeleton, Some(&self.source), budget)?;
        let (after, hidden) = self.view(&changed, &mut next.filled, budget)?;
        hidden.check(&was, &changed)?;
        let edits = difference(&before, &after, budget)?;
        next.skeleton = hidden.erased(&changed);
        *state = next;
        Ok(TreeEdit::of(edits))
    }

    /// The edit of the source that an edit of the view is; the state changes.
    ///
    /// # Errors
    /// Those of [`TreeEdit::apply`] and of the lens; `view-not-representable` where no source has that view; `no-inverse` for a value
    /// that goes through an expression that cannot be undone; `preimage-ambiguous` where the view does not say what a
    /// new node is in the source; `needs-record` and `edit-unsupported` as of [`EditLens::get_edit`].
    ///
    /// A view is what its record reads as. An edit inside of a value of a union does not turn it into one of another
    /// arm: where the edited value reads as an arm that describes other members, so that a member that is no node would be
    /// one, or the other way round, that is `view-not-representable` too. Such a value is replaced as a whole.
    ///
    /// What is remembered of a record that is not valid is not put back (`complement-invalid`), as by the lens. The
    /// lens tells items of a list by their values, an edit by which nodes they are: where several look the same in
    /// the view, the lens may take one of which less is remembered, and go on.
    pub fn put_edit(&self, state: &mut State, edit: &TreeEdit, budget: &mut Budget) -> Result<TreeEdit> {
        if let Some(staged) = self.staged() {
            return staged.put_edit(state, edit, budget);
        }
        let mut next = state.clone();
        let (before, _) = self.view(&state.skeleton, &mut next.filled, budget)?;
        let after = edit.apply(&before, Some(&self.target), budget)?;
        let filled: BTreeSet<u32> = next.filled.values().copied().collect();
        let mut view = before.clone();
        let mut source = state.skeleton.clone();
        let mut edits = Vec::new();
        for step in difference(&before, &after, budget)? {
            for edit in self.back(&source, &view, &step, &filled, budget)? {
                source.step(&edit, None, budget)?;
                edits.push(edit);
            }
            view.step(&step, None, budget)?;
        }
        let (again, hidden) = self.view(&source, &mut next.filled, budget)?;
        if !same(&again, &after, budget)? {
            return Err(refused("the edited view is not the view of any record that the edit leads to"));
        }
        next.skeleton = hidden.erased(&source);
        *state = next;
        Ok(TreeEdit::of(edits))
    }

    /// The edits of the source for one step of the view.
    fn back(
        &self,
        source: &TreeInstance,
        view: &TreeInstance,
        step: &TreeEdit,
        filled: &BTreeSet<u32>,
        budget: &mut Budget,
    ) -> Result<Vec<TreeEdit>> {
        let known = |number: &u32| {
            if filled.contains(number) {
                return Err(refused(format!("node {number} is filled in: the source has nothing like it")));
            }
            Ok(*number)
        };
        Ok(match step {
            TreeEdit::Identity => Vec::new(),
            TreeEdit::InsertNode { parent, child, node, arrow, key, position } => {
                if source.node(*child).is_some() {
                    let message = format!("there is a node {child} already, which the view does not show");
                    return Err(Diagnostic::new(ErrorKind::Data, "duplicate-node-id", message)
                        .help("number new nodes from the state's `next_id` on")
                        .boxed());
                }
                let way = self.way(source, known(parent)?, arrow, *child, budget)?;
                let mut edits = way.edits;
                let anchor = self.preimage(&way.arrow, &node.anchor)?;
                let mut made = Node { anchor, ..node.clone() };
                if let Content::Leaf(value) = &made.content {
                    made.content = Content::Leaf(self.undone(&way.arrow, value, budget)?);
                }
                let position = place(source, view, way.holder, *parent, *child, *position);
                let (parent, child, arrow, key) = (way.holder, *child, way.arrow, key.clone());
                edits.push(TreeEdit::InsertNode { parent, child, node: made, arrow, key, position });
                edits
            }
            TreeEdit::MoveSubtree { node, parent, arrow, key, position } => {
                let way = self.way(source, known(parent)?, arrow, source.next_number(), budget)?;
                let mut edits = way.edits;
                let position = place(source, view, way.holder, *parent, *node, *position);
                let (parent, node, arrow, key) = (way.holder, known(node)?, way.arrow, key.clone());
                edits.push(TreeEdit::MoveSubtree { node, parent, arrow, key, position });
                edits
            }
            TreeEdit::DeleteNode { id } => {
                let mut below: Vec<u32> =
                    source.subtree(known(id)?, budget)?.preorder().map(|(number, _)| number).collect();
                below.reverse();
                below.into_iter().map(|id| TreeEdit::DeleteNode { id }).collect()
            }
            TreeEdit::SetValue { node, value } => {
                let arrow = arrow_of(source, known(node)?);
                let value = match arrow {
                    Some(arrow) => self.undone(arrow, value, budget)?,
                    None => value.clone(),
                };
                vec![TreeEdit::SetValue { node: *node, value }]
            }
            TreeEdit::RelabelNode { id, anchor } => {
                let arrow = arrow_of(source, known(id)?).cloned();
                let anchor = match arrow {
                    Some(arrow) => self.preimage(&arrow, anchor)?,
                    None => return Err(refused("the root stays of its vertex")),
                };
                vec![TreeEdit::RelabelNode { id: *id, anchor }]
            }
            TreeEdit::SetField { node, .. } | TreeEdit::RemoveField { node, .. } => {
                known(node)?;
                vec![step.clone()]
            }
            TreeEdit::InsertFan { .. }
            | TreeEdit::DeleteFan { .. }
            | TreeEdit::ContractNode { .. }
            | TreeEdit::Sequence(_) => {
                let message = "fans are edited in the source";
                return Err(Diagnostic::error(ErrorKind::Lens, "edit-unsupported", message));
            }
        })
    }

    fn undone(&self, arrow: &Arrow, value: &Value, budget: &mut Budget) -> Result<Value> {
        let Some(transform) = self.transforms.get(arrow) else { return Ok(value.clone()) };
        let backward = transform.backward.as_ref().ok_or_else(|| {
            let message = format!("the expression of `{}` has no inverse", arrow.label());
            Diagnostic::new(ErrorKind::Lens, "no-inverse", message)
                .help("give it one, or edit the source")
                .boxed()
        })?;
        run(backward, value, arrow, budget)
    }

    /// The vertex of the source that a node of the view is, behind an edge.
    fn preimage(&self, arrow: &Arrow, anchor: &Name) -> Result<Name> {
        let tgt = self.source.edge(arrow).map(|edge| self.source.schema().edge(edge).tgt);
        let fits = |vertex: &&Name| {
            let vertex = self.source.find(vertex);
            tgt.zip(vertex).is_some_and(|(tgt, vertex)| self.source.admits(tgt, vertex))
        };
        let mut found = self.mapping.fiber(anchor).filter(fits);
        match (found.next(), found.next()) {
            (Some(vertex), None) => Ok(vertex.clone()),
            (None, _) => Err(refused(format!("nothing of the source becomes `{anchor}` there"))),
            (Some(one), Some(other)) => {
                let message = format!("`{one}` and `{other}` both become `{anchor}`");
                Err(Diagnostic::error(ErrorKind::Lens, "preimage-ambiguous", message))
            }
        }
    }

    /// The edge of the source that an edge of the view is, and the node that holds what is behind it: the same, or one
    /// that the view does not show, which is made where it is not there.
    fn way(
        &self,
        source: &TreeInstance,
        parent: u32,
        arrow: &Arrow,
        taken: u32,
        budget: &mut Budget,
    ) -> Result<Way> {
        let Some(holder) = source.node(parent) else {
            return Err(refused(format!("the source has no node {parent}")));
        };
        let anchor = self.source.find(&holder.anchor);
        let facets =
            |vertex: Option<VertexId>| vertex.map(|vertex| self.source.facets(vertex)).unwrap_or_default();
        let here = facets(anchor);
        let starts = |from: &Arrow, among: &[VertexId]| {
            self.source.find(&from.src).is_some_and(|src| among.contains(&src))
        };
        let images: Vec<&Arrow> =
            self.mapping.edges.iter().filter(|(_, to)| *to == arrow).map(|(from, _)| from).collect();
        if let Some(from) = images.iter().find(|from| starts(from, here)) {
            return Ok(Way { holder: parent, arrow: (*from).clone(), edits: Vec::new() });
        }
        if images.is_empty() && self.source.edge(arrow).is_some() && starts(arrow, here) {
            return Ok(Way { holder: parent, arrow: arrow.clone(), edits: Vec::new() });
        }
        // Down through what is dissolved.
        let mut numbers = source.next_number().max(taken.saturating_add(1));
        let mut open = vec![(parent, anchor, Vec::<TreeEdit>::new())];
        let mut seen = BTreeSet::new();
        while let Some((at, vertex, edits)) = open.pop() {
            budget.spend(1)?;
            let among = facets(vertex);
            if let Some(from) = images.iter().find(|from| starts(from, among)) {
                return Ok(Way { holder: at, arrow: (*from).clone(), edits });
            }
            for through in self.mapping.through.iter().flatten().filter(|through| starts(through, among)) {
                if !seen.insert(through) {
                    continue;
                }
                let held = source.node(at).and_then(|node| {
                    node.children().find(|(_, arrow)| ***arrow == *through).map(|(child, _)| child)
                });
                let tgt = self.source.edge(through).map(|edge| {
                    let schema = self.source.schema();
                    schema.resolve(schema.edge(edge).tgt).vertex
                });
                let Some(tgt) = tgt else { continue };
                let mut edits = edits.clone();
                let below = held.unwrap_or(numbers);
                if held.is_none() {
                    let node = Node::new(self.source.schema().vertex(tgt).id.clone(), Content::Object, None);
                    let arrow = through.clone();
                    edits.push(TreeEdit::InsertNode {
                        parent: at,
                        child: below,
                        node,
                        arrow,
                        key: None,
                        position: None,
                    });
                    numbers = numbers.saturating_add(1);
                }
                open.push((below, Some(tgt), edits));
            }
        }
        Err(refused(format!("no member of the source becomes `{}`", arrow.label())))
    }
}

/// Where something of the view goes in the source.
struct Way {
    holder: u32,
    arrow: Arrow,
    /// What has to be made first.
    edits: Vec<TreeEdit>,
}

/// Where a node stands among the parts of its holder in the source: after the one that is before it in the view.
fn place(
    source: &TreeInstance,
    view: &TreeInstance,
    holder: u32,
    parent: u32,
    moved: u32,
    position: Option<u32>,
) -> Option<u32> {
    let position = position? as usize;
    let is_child = |part: &&Part| matches!(part, Part::Child { node, .. } if *node != moved);
    let child = |part: &Part| match part {
        Part::Child { node, .. } => Some(*node),
        Part::Extra { .. } => None,
    };
    let others = view.node(parent)?.parts.iter().filter(|part| child(part) != Some(moved));
    let before = others.take(position).filter(is_child).last().and_then(child);
    let Some(before) = before else { return Some(0) };
    let mut parts = source.node(holder)?.parts.iter().filter(|part| child(part) != Some(moved));
    let at = parts.position(|part| child(part) == Some(before))?;
    u32::try_from(at + 1).ok()
}

fn arrow_of(tree: &TreeInstance, number: u32) -> Option<&Arrow> {
    let parent = tree.node(number)?.parent?;
    tree.node(parent)?.children().find(|(child, _)| *child == number).map(|(_, arrow)| &**arrow)
}

fn at(mut error: Error, tree: &TreeInstance, number: u32) -> Error {
    error.path = Some(tree.path(number).to_string());
    error
}

/// An expression over a value.
fn run(expr: &Expr, value: &Value, arrow: &Arrow, budget: &mut Budget) -> Result<Value> {
    let given = expr::Value::from_json(value.json().tree().root())?;
    let names = ["v", "__value__", arrow.label()];
    let env = Env::of(names.into_iter().map(|name| (Name::new(name), given.clone())));
    let mut text = Vec::new();
    expr::evaluate(expr, &env, None, budget)?.write_json(&mut text)?;
    let json = Json::parse(&String::from_utf8_lossy(&text))?;
    let is_same = value.form() != Form::Plain && json == *value.json();
    Ok(if is_same { value.clone() } else { Value::plain(json) })
}
