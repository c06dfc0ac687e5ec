//! Field transforms of published releases: `{"user":[{"RenameField":{"old_key":"nick","new_key":"alias"}}]}`, changes of
//! the members of objects by their vertex ids, as steps.

use super::formula::read_expr;
use super::json::{Reader, wrong};
use super::{
    AddField, ApplyExpr, Case, ComputeField, Computes, Field, Formula, KeepFields, MapReferences, Output,
    RemoveField, RenameField, Scoped, Shape, Step,
};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::expr::Value;
use crate::limits::depth_error;
use crate::schema::Kind;
use crate::value::{Json, ValueRef};

const NAMES: &[&str] = &[
    "AddField",
    "ApplyExpr",
    "Case",
    "ComputeField",
    "DropField",
    "KeepFields",
    "MapReferences",
    "PathTransform",
    "RenameField",
];

/// Whether an object is a map of vertex ids to lists of transforms.
pub(crate) fn are_transforms(value: ValueRef<'_>) -> bool {
    let is_transform = |value: ValueRef<'_>| {
        let only = value.members().next().filter(|_| value.is_object() && value.len() == 1);
        only.is_some_and(|(key, _)| key.as_str().is_some_and(|name| NAMES.contains(&&*name)))
    };
    let mut lists = value.members().map(|(_, list)| list);
    value.is_object()
        && !value.is_empty()
        && lists.all(|list| list.is_array() && list.items().next().is_some_and(is_transform))
}

/// Reads such a map.
pub(crate) fn read_transforms(value: ValueRef<'_>) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for (key, list) in value.members() {
        let vertex = key.as_str().unwrap_or_default();
        steps.extend(read_list(list, &vertex, Some(&vertex), 0)?);
    }
    Ok(steps)
}

fn read_list(list: ValueRef<'_>, path: &str, parent: Option<&str>, depth: usize) -> Result<Vec<Step>> {
    if !list.is_array() {
        return Err(wrong(list, path, "a list of transforms"));
    }
    let read = |(at, item)| transform(item, &format!("{path}[{at}]"), parent, depth);
    list.items().enumerate().map(read).collect()
}

fn transform(value: ValueRef<'_>, path: &str, parent: Option<&str>, depth: usize) -> Result<Step> {
    if depth > super::DEPTH {
        return Err(depth_error(super::DEPTH as u32));
    }
    let mut members = value.members();
    let (Some((key, body)), None, true) = (members.next(), members.next(), value.is_object()) else {
        return Err(wrong(value, path, "a transform: an object of one member"));
    };
    let name = key.as_str().unwrap_or_default();
    let reader = Reader::new(body, format!("{path}.{name}"))?;
    let field = |member: &str| -> Result<Field> {
        Ok(Field { parent: parent.map(Box::from), name: reader.text(&[member])? })
    };
    Ok(match &*name {
        "RenameField" => {
            reader.only(&["old_key", "new_key"])?;
            Step::RenameField(RenameField { field: field("old_key")?, to: reader.text(&["new_key"])? })
        }
        "DropField" => {
            reader.only(&["key"])?;
            Step::RemoveField(RemoveField { field: field("key")?, default: None })
        }
        "AddField" => {
            reader.only(&["key", "value"])?;
            let (kind, default) = literal(&reader)?;
            Step::AddField(AddField {
                field: field("key")?,
                shape: Shape::of(kind),
                required: false,
                default,
            })
        }
        "KeepFields" => {
            reader.only(&["keys"])?;
            let fields = reader.texts("keys")?.ok_or_else(|| reader.missing("keys"))?;
            Step::KeepFields(KeepFields { parent: parent.map(Box::from), fields })
        }
        "ApplyExpr" => {
            reader.only(&["key", "expr", "inverse", "coercion_class"])?;
            let formula = Formula::read_as(&reader, "coercion_class")?;
            Step::ApplyExpr(ApplyExpr { field: field("key")?, formula, to: None, coerce: false })
        }
        "ComputeField" => {
            reader.only(&["target_key", "expr", "inverse", "coercion_class"])?;
            let name = reader.text(&["target_key"])?;
            Step::ComputeField(ComputeField {
                step: Computes::Compute,
                parent: parent.map(Box::from),
                inputs: Vec::new(),
                outputs: vec![Output { name, shape: Shape::of(Kind::String), required: false }],
                formula: Formula::read_as(&reader, "coercion_class")?,
            })
        }
        "PathTransform" => {
            reader.only(&["path", "inner"])?;
            let way = reader.texts("path")?.ok_or_else(|| reader.missing("path"))?;
            let inner = reader.get("inner").ok_or_else(|| reader.missing("inner"))?;
            let place = reader.place("inner");
            if way.is_empty() {
                return transform(inner, &place, parent, depth + 1);
            }
            // From the innermost object out, so that each name is looked up in the object around it.
            let mut step = transform(inner, &place, None, depth + 1)?;
            for name in way.iter().rev() {
                step = Step::Scoped(Scoped { focus: name.clone(), items: false, inner: vec![step] });
            }
            match parent {
                None => step,
                Some(parent) => {
                    Step::Scoped(Scoped { focus: parent.into(), items: false, inner: vec![step] })
                }
            }
        }
        "Case" => {
            reader.only(&["branches"])?;
            let mut branches = Vec::new();
            for (at, branch) in reader.list("branches")?.into_iter().enumerate() {
                let branch = Reader::new(branch, format!("{}[{at}]", reader.place("branches")))?;
                branch.only(&["predicate", "transforms"])?;
                let when = read_expr(&branch, "predicate")?.ok_or_else(|| branch.missing("predicate"))?;
                let list = branch.get("transforms").ok_or_else(|| branch.missing("transforms"))?;
                branches.push((when, read_list(list, &branch.place("transforms"), None, depth + 1)?));
            }
            let mut otherwise = Vec::new();
            let added: Vec<AddField> =
                branches.iter().flat_map(|(_, steps)| steps).filter_map(added).collect();
            for (_, steps) in &mut branches {
                level(steps, &added);
            }
            level(&mut otherwise, &added);
            Step::Case(Case { focus: parent.map(Box::from), branches, otherwise })
        }
        "MapReferences" => {
            reader.only(&["field", "rename_map"])?;
            let names = super::map_references::read_names(&reader)?;
            Step::MapReferences(MapReferences { field: field("field")?, names })
        }
        _ => {
            let message = format!("there is no transform `{name}`");
            return Err(Diagnostic::new(ErrorKind::Parse, "unknown-step", message)
                .at(path)
                .spanning(key.span())
                .help(format!("transforms: `{}`", NAMES.join("`, `")))
                .boxed());
        }
    })
}

fn added(step: &Step) -> Option<AddField> {
    match step {
        Step::AddField(add) => Some(add.clone()),
        _ => None,
    }
}

/// All branches lead to one schema: what one adds, the others may have.
fn level(steps: &mut Vec<Step>, all: &[AddField]) {
    for add in all {
        let there =
            steps.iter().any(|step| matches!(step, Step::AddField(other) if other.field == add.field));
        if !there {
            steps.push(Step::AddField(AddField { default: None, ..add.clone() }));
        }
    }
}

/// A value with its tag, as `{"Str":"NO"}`: the kind of what stands there, and the value.
fn literal(reader: &Reader<'_>) -> Result<(Kind, Option<Json>)> {
    let value = reader.get("value").ok_or_else(|| reader.missing("value"))?;
    let found = Value::from_tagged_json(value.raw_str()).map_err(|mut error| {
        error.path = Some(reader.place("value"));
        error.span = Some(value.span());
        error
    })?;
    let kind = match &found {
        Value::Bool(_) => Kind::Boolean,
        Value::Int(_) => Kind::Integer,
        Value::Float(_) | Value::Number(_) => Kind::Number,
        Value::Str(_) => Kind::String,
        _ => return Err(wrong(value, &reader.place("value"), "a boolean, a number or a string")),
    };
    let mut text = Vec::new();
    found.write_json(&mut text)?;
    Ok((kind, Some(Json::parse(&String::from_utf8_lossy(&text))?)))
}
