//! Faults that random edits through chains have shown, each in the smallest record that shows it.

use super::*;
use crate::align::{Hints, between};
use crate::instance::edit::PathEdit;
use crate::instance::samples::{json, json_schema};
use crate::lens::chain::Chain;
use crate::value::equal;
use std::sync::Arc;

fn text(tree: &TreeInstance) -> Json {
    tree.to_json(&mut Budget::default()).unwrap()
}

/// Who holds which node by which name, and of which vertex it is.
fn ways(tree: &TreeInstance) -> BTreeMap<u32, (Name, Vec<(String, u32)>)> {
    let below = |node: &Node| {
        let named = node.parts.iter().filter_map(|part| match part {
            Part::Child { node, .. } => Some((part.name().into_owned(), *node)),
            Part::Extra { .. } => None,
        });
        named.collect::<BTreeSet<_>>().into_iter().collect()
    };
    tree.nodes().map(|(number, node)| (number, (node.anchor.clone(), below(node)))).collect()
}

fn schema(properties: &str) -> Arc<Schema> {
    Arc::new(json_schema(&format!(r#"{{"type":"object",{properties}}}"#)))
}

fn lens(old: &Arc<Schema>, new: &str) -> Lens {
    let budget = &mut Budget::default();
    let migration = between(old, &schema(new), &Hints::default(), budget).unwrap();
    Lens::of(Arc::new(migration), budget).unwrap()
}

/// The record and the view after edits of either side, or the code of the first one that is refused.
fn run(lens: &Lens, record: &str, edits: &[(&str, &str)]) -> Result<(String, String), &'static str> {
    let budget = &mut Budget::default();
    let (lens, main) = (EditLens::along(lens), lens.source().main());
    let read =
        |record: &Json| TreeInstance::from_json(lens.source(), main, record, &mut Budget::default()).unwrap();
    let mut source = read(&json(record));
    let (mut view, mut state) = lens.open(&source, budget).unwrap();
    for (side, edit) in edits {
        let back = *side == "view";
        let (here, outline) = if back { (&view, lens.target()) } else { (&source, lens.source()) };
        let edit = PathEdit::read(&json(&format!("[{edit}]"))).unwrap().remove(0);
        let edit = edit.to_tree(here, outline, state.next_id(), budget).unwrap();
        let edited = edit.apply(here, Some(outline), budget).unwrap();
        let translated = match back {
            true => lens.put_edit(&mut state, &edit, budget),
            false => lens.get_edit(&mut state, &edit, budget),
        };
        let translated = translated.map_err(|error| error.code)?;
        let other = translated.apply(if back { &source } else { &view }, None, budget).unwrap();
        (source, view) = if back { (other, edited) } else { (edited, other) };
        let (seen, _) = lens.open(&read(&text(&source)), budget).unwrap();
        let (now, seen) = (text(&view), text(&seen));
        assert!(equal(now.tree().root(), seen.tree().root()), "{now:?} is not {seen:?}");
        assert_eq!(ways(&lens.shown(&mut state.clone(), budget).unwrap()), ways(&view));
        assert_eq!(ways(state.skeleton()), ways(&source));
    }
    Ok((text(&source).to_string(), text(&view).to_string()))
}

fn check(lens: &Lens, record: &str, edits: &[(&str, &str)], after: (&str, &str)) {
    let (source, view) = run(lens, record, edits).unwrap();
    for (text, after) in [(source, after.0), (view, after.1)] {
        assert!(equal(json(&text).tree().root(), json(after).tree().root()), "{text} is not {after}");
    }
}

#[test]
fn a_member_that_the_schema_did_not_describe_becomes_a_node() {
    let union = r#""properties":{"it":{"oneOf":[
        {"type":"object","properties":{"t":{"const":"a"},"k":{"type":"string"}},"required":["t"]},
        {"type":"object","properties":{"t":{"const":"b"}},"required":["t"]}]}}"#;
    let union = schema(union);
    let chain = r#"[{"step_type":"add_field","name":"on","kind":"string"}]"#;
    let lens = Chain::parse(chain).unwrap().stages(&union, &mut Budget::default()).unwrap();
    // It goes before the node of its name comes, or the node would go.
    let edit = ("source", r#"{"op":"replace","path":"/it/t","value":"a"}"#);
    let after = r#"{"it":{"t":"a","k":"x"}}"#;
    check(&lens, r#"{"it":{"t":"b","k":"x"}}"#, &[edit], (after, after));
    let back = ("source", r#"{"op":"replace","path":"/it/t","value":"b"}"#);
    let before = r#"{"it":{"t":"b","k":"x"}}"#;
    check(&lens, before, &[edit, back], (before, before));
}

#[test]
fn items_that_the_schema_does_not_describe_are_compared_each() {
    let tuple = schema(r#""properties":{"pair":{"type":"array","prefixItems":[{"type":"string"}]}}"#);
    let outline = Outline::new(&tuple);
    let budget = &mut Budget::default();
    let mut read = |text: &str| TreeInstance::from_json(&outline, tuple.main(), &json(text), budget).unwrap();
    let (one, other) = (read(r#"{"pair":["a",1,2]}"#), read(r#"{"pair":["a",3,2]}"#));
    assert_eq!(difference(&one, &one, budget).unwrap(), []);
    assert!(!same(&one, &other, budget).unwrap());
    assert_eq!(difference(&one, &other, budget).unwrap_err().code, "edit-unsupported");
    let chain = r#"[{"step_type":"add_field","name":"on","kind":"string"}]"#;
    let lens = Chain::parse(chain).unwrap().stages(&tuple, budget).unwrap();
    let edit = ("source", r#"{"op":"remove","path":"/pair/0"}"#);
    assert_eq!(run(&lens, r#"{"pair":["a",1,2]}"#, &[edit]), Err("edit-unsupported"));
}

const CITY: &str = r#""home":{"type":"object","properties":{"city":{"type":"string"}}}"#;

#[test]
fn a_new_node_of_the_record_has_no_number_that_the_view_uses() {
    let old = schema(&format!(r#""properties":{{"on":{{"type":"string"}},{CITY}}}"#));
    let new = format!(r#""properties":{{"on":{{"type":"string","default":"y"}},{CITY}}},"required":["on"]"#);
    let filled = lens(&old, &new);
    let chain = r#"[{"step_type":"hoist_field","intermediate":"home","child":"city"}]"#;
    let hoisted = Chain::parse(chain).unwrap().stages(&schema(&new), &mut Budget::default()).unwrap();
    let lens = filled.then(&hoisted).unwrap();
    // What was filled in is the record's then, and new nodes are numbered after it on both sides.
    let edits = [
        ("view", r#"{"op":"replace","path":"/on","value":"z"}"#),
        ("view", r#"{"op":"add","path":"/city","value":"Oslo"}"#),
        ("view", r#"{"op":"replace","path":"/city","value":"Rome"}"#),
    ];
    let after = (r#"{"on":"z","home":{"city":"Rome"}}"#, r#"{"on":"z","city":"Rome"}"#);
    check(&lens, "{}", &edits, after);
}

#[test]
fn a_number_that_was_there_before_stands_for_nothing_else() {
    let any = r#"{"type":["string","array"],"items":{"type":"string"}"#;
    let old = schema(&format!(r#""properties":{{"on":{any}}}}}"#));
    let lens = lens(&old, &format!(r#""properties":{{"on":{any},"default":["y"]}}}},"required":["on"]"#));
    let edits = [
        ("view", r#"{"op":"replace","path":"/on","value":"z"}"#),
        ("source", r#"{"op":"remove","path":"/on"}"#),
        ("source", r#"{"op":"add","path":"/on","value":"x"}"#),
    ];
    check(&lens, "{}", &edits[..2], ("{}", r#"{"on":["y"]}"#));
    check(&lens, "{}", &edits, (r#"{"on":"x"}"#, r#"{"on":"x"}"#));
}

#[test]
fn places_of_what_is_filled_in_are_told_apart_whatever_members_are_called() {
    let mut texts = BTreeSet::new();
    for steps in
        [&[][..], &[""], &["", ""], &["/"], &["~1"], &["~", "1"], &["a", "b"], &["a/b"], &["a/", "b"]]
    {
        let mut within = String::new();
        steps.iter().for_each(|step| state::push_step(&mut within, step));
        assert!(texts.insert(within), "{steps:?}");
    }
    let old = schema(r#""properties":{"z":{"type":"integer"}}"#);
    let edit = ("source", r#"{"op":"add","path":"/z","value":1}"#);
    let inner =
        r#"{"type":"object","properties":{"":{"type":"object","properties":{"":{"type":"integer"}}}}"#;
    let fill = r#"{"":{"":7}}"#;
    let new =
        format!(r#""properties":{{"z":{{"type":"integer"}},"":{inner},"default":{fill}}}}},"required":[""]"#);
    let after = format!(r#"{{"z":1,"":{fill}}}"#);
    check(&lens(&old, &new), "{}", &[edit], (r#"{"z":1}"#, &after));
    // A default may have a member twice.
    let (inner, fill) = (r#"{"type":"object","additionalProperties":{"type":"integer"}"#, r#"{"k":1,"k":2}"#);
    let new = format!(
        r#""properties":{{"z":{{"type":"integer"}},"d":{inner},"default":{fill}}}}},"required":["d"]"#
    );
    let after = format!(r#"{{"z":1,"d":{fill}}}"#);
    check(&lens(&old, &new), "{}", &[edit], (r#"{"z":1}"#, &after));
}

#[test]
fn a_value_of_the_view_that_is_hidden_by_a_move_is_in_no_state() {
    let tree = r##"{"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"a":{"$ref":"#/$defs/t"},"n":{"type":"integer"}}}}}"##;
    let old = Arc::new(json_schema(tree));
    let chain = r#"[{"step_type":"remove_field","name":"a"}]"#;
    let lens = Chain::parse(chain).unwrap().stages(&old, &mut Budget::default()).unwrap();
    let edit = ("source", r#"{"op":"move","from":"/n","path":"/a/n"}"#);
    assert_eq!(run(&lens, r#"{"n":1,"a":{}}"#, &[edit]), Err("needs-record"));
}
