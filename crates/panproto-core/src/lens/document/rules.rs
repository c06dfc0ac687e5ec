//! Rules of lens documents: what becomes of a definition and its members.
//!
//! `{match: {name?, type_id?}, replace: {name?, rename_attrs, add_attrs, drop_attrs, keep_attrs, map_attr_value} | null}`

use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::lens::chain::Chain;
use crate::lens::step::json::{Reader, wrong};
use crate::lens::step::{
    AddField, ApplyExpr, DropSort, Field, Formula, KeepFields, RemoveField, RenameField, RenameVertex, Shape,
    Step,
};
use crate::limits::Limits;
use crate::schema::Kind;
use crate::value::{Json, JsonKind, Tree, ValueRef};

/// The steps that the rules of a document are.
pub(super) fn read(reader: &Reader<'_>) -> Result<Chain> {
    let mut steps = Vec::new();
    for (at, rule) in reader.list("rules")?.into_iter().enumerate() {
        let rule = Reader::new(rule, format!("{}[{at}]", reader.place("rules")))?;
        rule.only(&["match", "replace"])?;
        let matched =
            Reader::new(rule.get("match").ok_or_else(|| rule.missing("match"))?, rule.place("match"))?;
        matched.only(&["name", "type_id"])?;
        // A namespaced id names its definition more closely than a name does.
        let focus = matched.text(&["type_id", "name"])?;
        let Some(replace) = rule.value.get("replace") else { return Err(rule.missing("replace")) };
        if replace.kind() == JsonKind::Null {
            steps.push(Step::DropSort(DropSort { name: focus }));
            continue;
        }
        replace_steps(&Reader::new(replace, rule.place("replace"))?, &focus, &mut steps)?;
    }
    Ok(Chain::new(steps))
}

fn replace_steps(replace: &Reader<'_>, focus: &str, steps: &mut Vec<Step>) -> Result<()> {
    replace.only(&["name", "rename_attrs", "add_attrs", "drop_attrs", "keep_attrs", "map_attr_value"])?;
    for name in replace.texts("drop_attrs")?.unwrap_or_default() {
        let field = Field::new(focus, &name);
        steps.push(Step::RemoveField(RemoveField { field, default: None }));
    }
    if let Some(fields) = replace.texts("keep_attrs")? {
        steps.push(Step::KeepFields(KeepFields { parent: Some(focus.into()), fields }));
    }
    for (name, to) in members(replace, "rename_attrs")? {
        let to = to.as_str().ok_or_else(|| wrong(to, &replace.place("rename_attrs"), "a name"))?;
        steps.push(Step::RenameField(RenameField { field: Field::new(focus, &name), to: (&*to).into() }));
    }
    for (name, value) in members(replace, "map_attr_value")? {
        // By an expression, or by an object of an expression, its inverse and its class.
        let text = match value.as_str() {
            Some(text) => format!("{{\"expr\":{}}}", Json::string(&text)),
            None => value.raw_str().to_owned(),
        };
        let tree = Tree::parse(text.as_bytes(), &Limits::DEFAULT)?;
        let place = format!("{}.{name}", replace.place("map_attr_value"));
        let formula = Formula::read(&Reader::new(tree.root(), place)?).map_err(|mut error| {
            error.span = Some(value.span());
            error
        })?;
        let field = Field::new(focus, &name);
        steps.push(Step::ApplyExpr(ApplyExpr { field, formula, to: None, coerce: false }));
    }
    for (name, value) in members(replace, "add_attrs")? {
        let kind = kind_of(value).ok_or_else(|| {
            Diagnostic::new(
                ErrorKind::Parse,
                "wrong-type",
                "the type of an added member cannot be told from `null`",
            )
            .at(replace.place("add_attrs"))
            .spanning(value.span())
            .help("use `add_field` in `steps`")
            .boxed()
        })?;
        steps.push(Step::AddField(AddField {
            field: Field::new(focus, &name),
            shape: Shape::of(kind),
            required: false,
            default: Some(value.to_json()),
        }));
    }
    if let Some(to) = replace.optional_text(&["name"])? {
        steps.push(Step::RenameVertex(RenameVertex { focus: focus.into(), to }));
    }
    Ok(())
}

fn members<'a>(reader: &Reader<'a>, name: &str) -> Result<Vec<(Box<str>, ValueRef<'a>)>> {
    let Some(value) = reader.get(name) else { return Ok(Vec::new()) };
    if !value.is_object() {
        return Err(wrong(value, &reader.place(name), "an object"));
    }
    Ok(value.members().map(|(key, value)| (key.as_str().unwrap_or_default().into(), value)).collect())
}

/// The kind of the values that a value is one of.
fn kind_of(value: ValueRef<'_>) -> Option<Kind> {
    Some(match value.kind() {
        JsonKind::Null => return None,
        JsonKind::Bool => Kind::Boolean,
        JsonKind::Number if value.as_i64().is_some() => Kind::Integer,
        JsonKind::Number => Kind::Number,
        JsonKind::String => Kind::String,
        JsonKind::Array => Kind::Array,
        JsonKind::Object => Kind::Object,
    })
}
