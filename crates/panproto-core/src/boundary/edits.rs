//! Operations over edits: applying them, and translating them through a lens without the record.

#[cfg(test)]
mod tests;

use super::instances::{
    Along, along, instance_message, json, needed, optional_schema, sound_instance, sound_tree,
};
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::expr::{self, Expr};
use crate::instance::edit::{PathEdit, TableEdit, TreeEdit};
use crate::instance::{Arrow, Instance, Outline, TreeInstance};
use crate::lens::Lens;
use crate::lens::edit::{EditLens, State, Transform};
use crate::limits::Budget;
use crate::ordered::BTreeMap;
use crate::schema::Schema;
use crate::value::{JsonKind, ValueRef};
use std::sync::Arc;

type Answer = Result<Message<'static>, Refusal>;

/// Arguments of `edit.apply`.
pub(super) const APPLY: &[&str] = &["edit", "instance", "patch", "record", "root", "schema"];
/// Arguments of `edit.open`.
pub(super) const OPEN: &[&str] =
    &["instance", "lens", "mapping", "migration", "record", "root", "schema", "target", "transforms"];
/// Arguments of `edit.get` and `edit.put`.
pub(super) const TRANSLATE: &[&str] =
    &["edit", "lens", "mapping", "migration", "patch", "schema", "state", "target", "transforms"];

/// The edit of a request: `edit` as published, or `patch`, a list of edits by path.
fn tree_edit(
    session: &Session,
    request: &Request<'_>,
    tree: &TreeInstance,
    outline: Option<&Outline<'_>>,
    next: u32,
    budget: &mut Budget,
) -> Result<TreeEdit> {
    if request.get("patch").is_none() {
        return TreeEdit::from_json(&json(session, request, "edit")?);
    }
    let outline = outline.ok_or_else(|| {
        Diagnostic::new(Kind::Usage, "missing-argument", "edits by path need the schema").at("schema").boxed()
    })?;
    let mut at = tree.clone();
    let mut steps = Vec::new();
    for (index, edit) in PathEdit::read(&json(session, request, "patch")?)?.iter().enumerate() {
        let step = edit.to_tree(&at, outline, next, budget).and_then(|step| {
            at = step.apply(&at, Some(outline), budget)?;
            Ok(step)
        });
        let step = step.map_err(|mut error| {
            error.path = Some(format!("[{index}]"));
            error
        })?;
        steps.extend(step.steps().into_iter().cloned());
    }
    Ok(TreeEdit::of(steps))
}

/// `edit.apply`: an instance with an edit, whole or not at all.
pub(super) fn apply(session: &mut Session, request: &Request<'_>) -> Answer {
    let schema = optional_schema(session, request)?;
    let outline = schema.as_deref().map(Outline::new);
    let budget = &mut session.budget();
    match sound_instance(session, request, outline.as_ref(), budget)? {
        Instance::Tree(tree) => {
            let edit = tree_edit(session, request, &tree, outline.as_ref(), 0, budget)?;
            let changed = edit.apply(&tree, outline.as_ref(), budget)?;
            let record = changed.to_json(budget)?.to_string();
            let answer = instance_message(&Instance::Tree(changed));
            Ok(answer.with("record", record).with("edit", edit.to_json().to_string()))
        }
        Instance::Tables(tables) => {
            let edit = TableEdit::from_json(&json(session, request, "edit")?)?;
            Ok(instance_message(&Instance::Tables(edit.apply(&tables, budget)?)))
        }
        Instance::Graph(_) => {
            let message = "trees and tables are edited, graphs are not";
            Err(Diagnostic::new(Kind::Usage, "wrong-shape", message).help("convert it first").boxed().into())
        }
    }
}

/// Expressions by edge: `[[edge, {"forward": …, "backward": …}]]`, each a text or a tree.
fn transforms(session: &Session, request: &Request<'_>) -> Result<BTreeMap<Arrow, Transform>> {
    let mut found = BTreeMap::new();
    if request.get("transforms").is_none() {
        return Ok(found);
    }
    let list = json(session, request, "transforms")?.tree();
    let wrong = || {
        Diagnostic::new(
            Kind::Usage,
            "wrong-argument",
            "transforms are `[[edge, {\"forward\", \"backward\"}]]`",
        )
        .at("transforms")
        .boxed()
    };
    let read = |value: ValueRef<'_>| match value.kind() {
        JsonKind::String => expr::parse(&value.as_str().unwrap_or_default()),
        _ => Expr::from_json_value(value),
    };
    for entry in list.root().items() {
        let mut parts = entry.items();
        let arrow = parts.next().and_then(Arrow::from_value).ok_or_else(wrong)?;
        let spec = parts.next().ok_or_else(wrong)?;
        let forward = read(spec.get("forward").ok_or_else(wrong)?)?;
        let backward =
            spec.get("backward").filter(|back| back.kind() != JsonKind::Null).map(read).transpose()?;
        found.insert(arrow, Transform { forward, backward });
    }
    Ok(found)
}

/// What edits are translated along: a lens, or a mapping with expressions.
enum Way {
    Lens(Arc<Lens>),
    Mapping(Box<Along>, Arc<Schema>, Arc<Schema>),
}

impl Way {
    /// `lens`, else `migration`, whose lens it is unless expressions are given beside it, else `mapping`.
    fn of(session: &mut Session, request: &Request<'_>) -> Result<Way, Refusal> {
        let is_plain = request.get("transforms").is_none() && request.get("mapping").is_none();
        if request.get("lens").is_some() || request.get("migration").is_some() && is_plain {
            return Ok(Way::Lens(session.lens_or_migration(request)?));
        }
        let along = along(session, request)?;
        let (source, target) = (needed(&along.source, "schema")?, needed(&along.target, "target")?);
        Ok(Way::Mapping(Box::new(along), source, target))
    }

    fn edits(&self, session: &Session, request: &Request<'_>) -> Result<EditLens<'_>> {
        Ok(match self {
            Way::Lens(lens) => EditLens::along(lens),
            Way::Mapping(along, source, target) => {
                EditLens::new(along.mapping.clone(), source, target, transforms(session, request)?)
            }
        })
    }
}

/// `edit.open`: the view of a record, and the state that its edits are translated with.
pub(super) fn open(session: &mut Session, request: &Request<'_>) -> Answer {
    let way = Way::of(session, request)?;
    let lens = way.edits(session, request)?;
    let budget = &mut session.budget();
    let tree = sound_tree(session, request, Some(lens.source()), budget)?;
    let (view, state) = lens.open(&tree, budget)?;
    let record = view.to_json(budget)?.to_string();
    Ok(instance_message(&Instance::Tree(view))
        .with("record", record)
        .with("state", state.to_json().to_string())
        .with("next_id", state.next_id()))
}

fn translate(session: &mut Session, request: &Request<'_>, back: bool) -> Answer {
    let way = Way::of(session, request)?;
    let lens = way.edits(session, request)?;
    let budget = &mut session.budget();
    let mut state = State::from_json(&json(session, request, "state")?, budget)?;
    let edit = if back {
        let view = lens.shown(&mut state, budget)?;
        let edit = tree_edit(session, request, &view, Some(lens.target()), state.next_id(), budget)?;
        lens.put_edit(&mut state, &edit, budget)?
    } else {
        let edit =
            tree_edit(session, request, state.skeleton(), Some(lens.source()), state.next_id(), budget)?;
        lens.get_edit(&mut state, &edit, budget)?
    };
    Ok(Message::map()
        .with("edit", edit.to_json().to_string())
        .with("absorbed", edit.steps().is_empty())
        .with("state", state.to_json().to_string())
        .with("next_id", state.next_id()))
}

/// `edit.get`: the edit of the view that an edit of the source is.
pub(super) fn get(session: &mut Session, request: &Request<'_>) -> Answer {
    translate(session, request, false)
}

/// `edit.put`: the edit of the source that an edit of the view is.
pub(super) fn put(session: &mut Session, request: &Request<'_>) -> Answer {
    translate(session, request, true)
}
