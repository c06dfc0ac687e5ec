//! Steps as published releases store them: a name, two endofunctors of theories, and a complement.
//!
//! `{"name","source":{…},"target":{"name","precondition","transform"},"complement_constructor"}`. The transform says what
//! is done; what it does not say (which default, which member) is looked up as other steps look things up.

use super::json::{Reader, wrong};
use super::shape::kind_named;
use super::{AddSort, ChangeKinds, ChangeOp, DropSort, Fused, Kinds, Ops, Shape, Step};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::limits::depth_error;
use crate::value::ValueRef;

/// Greatest nesting of composed transforms.
const DEPTH: usize = 64;

/// Whether an object is a step as published releases store them.
pub(super) fn is_published(value: ValueRef<'_>) -> bool {
    value.get("target").is_some_and(|target| target.get("transform").is_some())
}

/// Reads such a step.
pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
    reader.only(&["name", "source", "target", "complement_constructor"])?;
    let target =
        Reader::new(reader.get("target").ok_or_else(|| reader.missing("target"))?, reader.place("target"))?;
    target.only(&["name", "precondition", "transform"])?;
    let value = target.get("transform").ok_or_else(|| target.missing("transform"))?;
    let mut steps = Vec::new();
    transform(value, &target.place("transform"), &mut steps, 0)?;
    Ok(match (steps.pop(), steps.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            steps.extend(last);
            Step::Fused(Fused { steps })
        }
    })
}

fn transform(value: ValueRef<'_>, path: &str, steps: &mut Vec<Step>, depth: usize) -> Result<()> {
    if depth > DEPTH {
        return Err(depth_error(DEPTH as u32));
    }
    if value.name_is("Identity") {
        return Ok(());
    }
    let mut members = value.members();
    let (Some((key, body)), None) = (members.next(), members.next()) else {
        return Err(wrong(value, path, "a transform: an object of one member"));
    };
    let name = key.as_str().unwrap_or_default();
    let path = format!("{path}.{name}");
    let text = || body.as_str().map(Box::<str>::from).ok_or_else(|| wrong(body, &path, "a name"));
    let inner = || Reader::new(body, path.clone());
    match &*name {
        "Compose" => {
            if !body.is_array() {
                return Err(wrong(body, &path, "a list of transforms"));
            }
            for item in body.items() {
                transform(item, &path, steps, depth + 1)?;
            }
            return Ok(());
        }
        "DropSort" => steps.push(Step::DropSort(DropSort { name: text()? })),
        "DropOp" => steps.push(op(Ops::Drop, text()?, None, None, None)),
        "RenameSort" => {
            let inner = inner()?;
            let (from, to) = (inner.text(&["old", "old_name"])?, inner.text(&["new", "new_name"])?);
            let kinds = [(kind_named(&from), kind_named(&to))].into();
            steps.push(Step::ChangeKinds(ChangeKinds { step: Kinds::Rename, kinds, edges: [].into() }));
        }
        "RenameOp" => {
            let inner = inner()?;
            let (from, to) = (inner.text(&["old", "old_name"])?, inner.text(&["new", "new_name"])?);
            steps.push(op(Ops::Rename, from, Some(to), None, None));
        }
        "RenameEdgeName" => {
            let inner = inner()?;
            let (from, to) = (inner.text(&["old_name", "old"])?, inner.text(&["new_name", "new"])?);
            let (src, tgt) = (inner.text(&["src_sort"])?, inner.text(&["tgt_sort"])?);
            steps.push(op(Ops::RenameEdgeName, from, Some(to), Some(src), Some(tgt)));
        }
        "AddSort" => {
            let inner = inner()?;
            let shape = Shape::of(kind_named(&inner.text(&["vertex_kind", "kind"])?));
            steps.push(Step::AddSort(AddSort { name: inner.text(&["name"])?, shape, root: None }));
        }
        "AddOp" => {
            let inner = inner()?;
            let (src, tgt) = (inner.text(&["src_sort", "src"])?, inner.text(&["tgt_sort", "tgt"])?);
            steps.push(op(Ops::Add, inner.text(&["name"])?, None, Some(src), Some(tgt)));
        }
        _ => return Err(meaningless(&name, &path, key)),
    }
    Ok(())
}

fn op(step: Ops, name: Box<str>, to: Option<Box<str>>, src: Option<Box<str>>, tgt: Option<Box<str>>) -> Step {
    Step::ChangeOp(ChangeOp { step, name, to, src, tgt, kind: None })
}

#[cold]
fn meaningless(name: &str, path: &str, key: ValueRef<'_>) -> Error {
    Diagnostic::new(
        ErrorKind::Parse,
        "unknown-step",
        format!("the transform `{name}` says nothing that can be done"),
    )
    .at(path)
    .spanning(key.span())
    .help("write the change as steps: `{\"step_type\": …}`")
    .boxed()
}
