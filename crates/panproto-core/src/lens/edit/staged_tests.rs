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

const UNION: &str = r#""properties":{"it":{"oneOf":[
        {"type":"object","properties":{"t":{"const":"a"},"k":{"type":"string"}},"required":["t"]},
        {"type":"object","properties":{"t":{"const":"b"}},"required":["t"]}]}}"#;

#[test]
fn an_edit_inside_of_a_value_does_not_make_it_one_of_another_arm() {
    let chain = r#"[{"step_type":"add_field","name":"on","kind":"string"}]"#;
    let lens = Chain::parse(chain).unwrap().stages(&schema(UNION), &mut Budget::default()).unwrap();
    let record = r#"{"it":{"t":"b","k":"x"}}"#;
    let tag = ("view", r#"{"op":"replace","path":"/it/t","value":"a"}"#);
    assert_eq!(run(&lens, record, &[tag]), Err("view-not-representable"), "`k` would be a node");
    let after = r#"{"it":{"t":"a","k":"x"}}"#;
    check(
        &lens,
        record,
        &[("view", r#"{"op":"replace","path":"/it","value":{"t":"a","k":"x"}}"#)],
        (after, after),
    );
    // Where no member is described otherwise, the view keeps the vertices that it has, and the state knows them.
    let record = r#"{"it":{"t":"b"}}"#;
    let after = r#"{"it":{"t":"a"}}"#;
    check(&lens, record, &[tag], (after, after));
    let add = ("view", r#"{"op":"add","path":"/it/k","value":"x"}"#);
    assert_eq!(run(&lens, record, &[tag, add]), Err("view-not-representable"), "here `k` is no node");
    let source = ("source", r#"{"op":"add","path":"/on","value":"y"}"#);
    let after = r#"{"it":{"t":"a","k":"x"},"on":"y"}"#;
    check(&lens, record, &[tag, source, add], (after, after));
}

#[test]
fn a_member_that_the_schema_did_not_describe_becomes_a_node() {
    let union = schema(UNION);
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
fn a_node_may_come_to_be_held_by_what_it_held() {
    let nested = r##"{"$ref":"#/$defs/t","$defs":{"t":{"type":"object","properties":{"a":{"$ref":"#/$defs/t"},
        "b":{"$ref":"#/$defs/t"},"n":{"type":"integer"}}}}}"##;
    let nested = json_schema(nested);
    let outline = Outline::new(&nested);
    let budget = &mut Budget::default();
    let before =
        TreeInstance::from_json(&outline, nested.main(), &json(r#"{"a":{"b":{"n":1}}}"#), budget).unwrap();
    // 1 holds 2; then the root holds 2, and 2 holds 1.
    let way = |tree: &TreeInstance, number: u32| arrow_of(tree, number).unwrap().clone();
    let (a, b) = (way(&before, 1), way(&before, 2));
    let to = |node, parent, arrow| TreeEdit::MoveSubtree { node, parent, arrow, key: None, position: None };
    let after = TreeEdit::Sequence(vec![to(2, 0, b), to(1, 2, a)]).apply(&before, None, budget).unwrap();
    assert_eq!(text(&after).as_str(), r#"{"b":{"n":1,"a":{}}}"#);
    let edits = TreeEdit::of(difference(&before, &after, budget).unwrap());
    assert!(same(&edits.apply(&before, None, budget).unwrap(), &after, budget).unwrap());
    let edits = TreeEdit::of(difference(&after, &before, budget).unwrap());
    assert!(same(&edits.apply(&after, None, budget).unwrap(), &before, budget).unwrap());
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
    let (on, nest) =
        (r#""on":{"type":"string""#, r#""nest":{"type":["integer","array"],"items":{"type":"integer"}"#);
    let old = schema(&format!(r#""properties":{{{on}}},{nest}}}}}"#));
    let new = format!(
        r#""properties":{{{on},"default":"y"}},{nest},"default":[1]}},"z":{{"type":"string","default":"w"}}}},
        "required":["on","nest","z"]"#
    );
    let edits = [
        ("view", r#"{"op":"replace","path":"/on","value":"z"}"#),
        ("view", r#"{"op":"replace","path":"/nest","value":7}"#),
        ("source", r#"{"op":"remove","path":"/nest"}"#),
    ];
    // The list that is filled in again has not the number of the leaf that was there.
    check(&lens(&old, &new), "{}", &edits, (r#"{"on":"z"}"#, r#"{"on":"z","nest":[1],"z":"w"}"#));
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
