//! Edits through a lens of any stages: whatever they do, a record goes through them without the values that nothing
//! looks at, and what differs before and after is the edit of the other side.

use super::difference::{difference, extras};
use super::follow::{follow, origin};
use super::names::{Names, Owner, unknown};
use super::refused;
use super::seen::{Keys, Named, Seen, alike, backward, path_of, places, see};
use super::state::{FILLED, SHOWN, State, no_state};
use crate::diagnostic::{Diagnostic, Error, Kind, Path, Result};
use crate::instance::edit::TreeEdit;
use crate::instance::{Content, Outline, Part, TreeInstance, Value};
use crate::lens::stages::Lens;
use crate::lens::trace::{self, Step};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::value::{Json, equal};

/// A lens, and what its schemas say of values.
#[derive(Clone, Copy)]
pub(super) struct Staged<'a, 's> {
    pub(super) lens: &'s Lens,
    pub(super) source: &'a Outline<'s>,
    pub(super) target: &'a Outline<'s>,
}

impl Staged<'_, '_> {
    fn see(
        &self,
        record: &TreeInstance,
        state: &mut State,
        named: Named,
        wished: &BTreeMap<String, u32>,
        budget: &mut Budget,
    ) -> Result<Seen> {
        see(self.lens, (self.source, self.target), record, state, named, wished, budget)
    }

    pub(super) fn open(&self, record: &TreeInstance, budget: &mut Budget) -> Result<(TreeInstance, State)> {
        if let Some((number, _)) = record.nodes().find(|(_, node)| node.content == Content::Absent) {
            return Err(unknown(record.path(number)));
        }
        let mut state = State::of(record.clone());
        let seen = self.see(record, &mut state, Named::All, &BTreeMap::new(), budget)?;
        seen.erase(record, &mut state)?;
        Ok((seen.view, state))
    }

    pub(super) fn shown(&self, state: &mut State, budget: &mut Budget) -> Result<TreeInstance> {
        Ok(self.before(state, budget)?.view)
    }

    /// The view of a state, as those have it who made every edit.
    fn before(&self, state: &mut State, budget: &mut Budget) -> Result<Seen> {
        let skeleton = state.skeleton.clone();
        let mut seen = self.see(&skeleton, state, Named::Unknown, &BTreeMap::new(), budget)?;
        for (number, anchor) in &state.anchors {
            let relabel = TreeEdit::RelabelNode { id: *number, anchor: anchor.clone() };
            seen.view.step(&relabel, None, budget)?;
        }
        Ok(seen)
    }

    pub(super) fn get_edit(
        &self,
        state: &mut State,
        edit: &TreeEdit,
        budget: &mut Budget,
    ) -> Result<TreeEdit> {
        let mut next = state.clone();
        let before = self.shown(&mut next, budget)?;
        let changed = edit.apply(&state.skeleton, Some(self.source), budget)?;
        told_apart(&state.skeleton, budget)?;
        told_apart(&changed, budget)?;
        let seen = self.see(&changed, &mut next, Named::All, &BTreeMap::new(), budget)?;
        let edits = difference(&before, &seen.view, budget)?;
        seen.erase(&changed, &mut next)?;
        next.anchors.clear();
        *state = next;
        Ok(TreeEdit::of(edits))
    }

    pub(super) fn put_edit(
        &self,
        state: &mut State,
        edit: &TreeEdit,
        budget: &mut Budget,
    ) -> Result<TreeEdit> {
        let mut next = state.clone();
        let before = self.before(&mut next, budget)?;
        let after = edit.apply(&before.view, Some(self.target), budget)?;
        told_apart(&before.view, budget)?;
        told_apart(&after, budget)?;
        let text = self.named(&before, &after, budget)?;
        let record = backward(self.lens, text.as_str().as_bytes(), &before.bodies, budget)?;
        let record = Json::parse(&String::from_utf8_lossy(&record))?;
        let root = self.lens.first().migration.roots.0;
        let record = TreeInstance::from_json(self.source, root, &record, budget)?;
        let record = self.numbered(record, state, &before.names, &after, budget)?;
        let wished = Keys::nodes(&places(&after, budget)?);
        let seen = self.see(&record, &mut next, Named::All, &wished, budget)?;
        let stale: BTreeMap<u32, Name> = after
            .nodes()
            .filter(|(number, node)| seen.view.node(*number).is_some_and(|read| read.anchor != node.anchor))
            .map(|(number, node)| (number, node.anchor.clone()))
            .collect();
        if let Some(path) = differs(&seen.view, &after, budget)? {
            let mut error = refused("the edited view is not the view of any record that the edit leads to");
            error.path = Some(path_of(&path).to_string());
            if stale != next.anchors {
                error.help =
                    Some("the edited value reads as one of another arm: replace it as a whole".into());
            }
            return Err(error);
        }
        let edits = difference(&state.skeleton, &record, budget)?;
        seen.erase(&record, &mut next)?;
        next.anchors = stale;
        *state = next;
        Ok(TreeEdit::of(edits))
    }

    /// The text of an edited view, with the names of what is not known.
    fn named(&self, before: &Seen, after: &TreeInstance, budget: &mut Budget) -> Result<Json> {
        let general = |path: &[Step]| -> String {
            let step = |step: &Step| match step {
                Step::Item(_) => Step::Item(None),
                other => other.clone(),
            };
            trace::print(&path.iter().map(step).collect::<Vec<_>>())
        };
        let is_absent = |tree: &TreeInstance, number: u32| {
            tree.node(number).is_some_and(|node| node.content == Content::Absent)
        };
        let mut plain = BTreeSet::new();
        for (number, path) in places(&before.view, budget)? {
            if is_absent(&before.view, number) {
                plain.insert(general(&path));
            }
        }
        let mut named = after.clone();
        for (number, path) in places(after, budget)? {
            if is_absent(after, number) {
                // A value that was moved has to be where nothing looks at it again.
                if !plain.contains(&general(&path)) {
                    let from = origin(self.lens, &path);
                    let free = match &from {
                        Some(from) => {
                            let fate = follow(self.lens, from, budget)?;
                            fate.free && fate.to.as_ref() == Some(&path)
                        }
                        None => false,
                    };
                    if !free {
                        return Err(unknown(path_of(&path)));
                    }
                }
                let Some((name, _)) = before.names.of(&Owner::Leaf(number)) else {
                    return Err(unknown(path_of(&path)));
                };
                named.set_content(number, Content::Leaf(Value::plain(name)));
            }
            let Some(node) = after.node(number) else { continue };
            for (index, part) in node.parts.iter().enumerate() {
                let Part::Extra { key, value } = part else { continue };
                if *value != Value::labeled_null(SHOWN) {
                    continue;
                }
                match before.names.of(&Owner::Extra(number, key.clone())) {
                    Some((name, _)) => named.set_extra(number, index, Value::plain(name)),
                    None => return Err(unknown(path_of(&path))),
                }
            }
        }
        named.to_json(budget)
    }

    /// Gives the nodes of a new record the numbers that they have in its view, or had before.
    fn numbered(
        &self,
        mut record: TreeInstance,
        state: &State,
        names: &Names,
        view: &TreeInstance,
        budget: &mut Budget,
    ) -> Result<TreeInstance> {
        let at: BTreeMap<String, u32> =
            places(view, budget)?.into_iter().map(|(number, path)| (trace::print(&path), number)).collect();
        let places = places(&record, budget)?;
        let (mut numbers, mut used) = (BTreeMap::<u32, u32>::new(), BTreeSet::new());
        let mut named = Vec::new();
        for (fresh, path) in &places {
            let Some(node) = record.node(*fresh) else { continue };
            if let Some(value) = node.value() {
                match names.find(value.json().as_str()) {
                    Some((Owner::Leaf(number), _)) if used.insert(*number) => {
                        numbers.insert(*fresh, *number);
                        named.push((*fresh, None));
                    }
                    Some(_) => return Err(unknown(path_of(path))),
                    None => {
                        names.filled_in(value.json(), || path_of(path))?;
                    }
                }
            }
            for (index, part) in node.parts.iter().enumerate() {
                let Part::Extra { value, .. } = part else { continue };
                match names.find(value.json().as_str()) {
                    Some((Owner::Extra(..), _)) => named.push((*fresh, Some(index))),
                    Some(_) => return Err(unknown(path_of(path))),
                    None => {
                        names.filled_in(value.json(), || path_of(path))?;
                    }
                }
            }
        }
        let mut keys = Keys::default();
        for (fresh, path) in &places {
            let to = follow(self.lens, path, budget)?.to;
            let Some(number) = to.and_then(|to| at.get(&keys.of(&to))) else { continue };
            let pair = record.node(*fresh).zip(view.node(*number));
            if pair.is_some_and(|(one, other)| alike(&one.content, &other.content))
                && !numbers.contains_key(fresh)
                && used.insert(*number)
            {
                numbers.insert(*fresh, *number);
            }
        }
        let below = |number: &u32| *number < FILLED;
        let mut next = view.nodes().map(|(number, _)| number).filter(below).max().map_or(0, |last| last + 1);
        next = next.max(state.next_id());
        for (fresh, path) in &places {
            if numbers.contains_key(fresh) {
                continue;
            }
            // What the view does not show is known by where it is.
            let node = record.node(*fresh);
            let holder = node.and_then(|node| node.parent).and_then(|parent| numbers.get(&parent));
            let was = match (holder, path.last()) {
                (None, None) => Some(state.skeleton.root()),
                (Some(holder), Some(step)) => child_at(&state.skeleton, *holder, step),
                _ => None,
            };
            let was = was.filter(|was| {
                let pair = node.zip(state.skeleton.node(*was));
                pair.is_some_and(|(one, other)| alike(&one.content, &other.content)) && !used.contains(was)
            });
            // Once a node of the record has the number of one that was filled in, new nodes of the view are numbered
            // from there on, too.
            while was.is_none() && (used.contains(&next) || view.node(next).is_some()) {
                budget.spend(1)?;
                next = next.checked_add(1).ok_or_else(no_state)?;
            }
            let number = was.unwrap_or(next);
            used.insert(number);
            numbers.insert(*fresh, number);
        }
        for (fresh, extra) in named {
            match extra {
                None => record.set_content(fresh, Content::Absent),
                Some(index) => record.set_extra(fresh, index, Value::labeled_null(SHOWN)),
            }
        }
        let apart = 0xF000_0000u32;
        let moved = numbers.keys().map(|fresh| (*fresh, fresh.saturating_add(apart))).collect();
        let numbers =
            numbers.into_iter().map(|(fresh, number)| (fresh.saturating_add(apart), number)).collect();
        Ok(record.renamed(&moved).renamed(&numbers))
    }
}

/// Refuses an object with two members of one name: which of them is which, nothing says without their values.
fn told_apart(tree: &TreeInstance, budget: &mut Budget) -> Result<()> {
    for (number, node) in tree.nodes().filter(|(_, node)| node.content == Content::Object) {
        budget.spend(1 + node.parts.len() as u64)?;
        let mut names = BTreeSet::new();
        if let Some(twice) = node.parts.iter().find(|part| !names.insert(part.name())) {
            return Err(repeated(tree.path(number), &twice.name()));
        }
    }
    Ok(())
}

#[cold]
fn repeated(path: Path, name: &str) -> Error {
    let message = format!("the member `{name}` stands here twice, and edits do not tell which is meant");
    Diagnostic::new(Kind::Lens, "edit-unsupported", message)
        .at(path)
        .help("remove one of them and open the lens again, or convert the edited record")
        .boxed()
}

/// The node at a step below a node.
fn child_at(tree: &TreeInstance, holder: u32, step: &Step) -> Option<u32> {
    let node = tree.node(holder)?;
    let part = match step {
        Step::Item(index) => node.parts.get((*index)? as usize),
        Step::Member(name) => node.parts.iter().rev().find(|part| *part.name() == **name),
        Step::Values => None,
    };
    match part {
        Some(Part::Child { node, .. }) => Some(*node),
        _ => None,
    }
}

/// The first place at which two views of the same nodes differ.
fn differs(one: &TreeInstance, other: &TreeInstance, budget: &mut Budget) -> Result<Option<Vec<Step>>> {
    let (left, right) = (places(one, budget)?, places(other, budget)?);
    let (at, mut keys) = (Keys::nodes(&left), Keys::default());
    let same_value = |a: &Value, b: &Value| a == b || equal(a.json().tree().root(), b.json().tree().root());
    for (number, path) in &right {
        let found = at.get(&keys.of(path)).filter(|found| *found == number);
        let pair = found.and_then(|found| one.node(*found)).zip(other.node(*number));
        let same = pair.is_some_and(|(a, b)| {
            let content = match (&a.content, &b.content) {
                (Content::Leaf(a), Content::Leaf(b)) => same_value(a, b),
                (a, b) => a == b,
            };
            let (a, b) = (extras(a), extras(b));
            content
                && a.len() == b.len()
                && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| same_value(value, other)))
        });
        if !same {
            return Ok(Some(path.clone()));
        }
    }
    let there: BTreeSet<u32> = right.iter().map(|(number, _)| *number).collect();
    Ok(left.into_iter().find(|(number, _)| !there.contains(number)).map(|(_, path)| path))
}
