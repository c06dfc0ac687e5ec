//! The laws of edit lenses over generated lenses, records and edits: the translated edit makes of the old view the view
//! of the edited record, and the same backwards; through one machine, several, and chains of every step.
//!
//! `PANPROTO_CASES` says how many, `PANPROTO_SEED` where to begin.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod both;
mod chain;
mod generated;

use chain::cases::CASES;
use generated::case::{parse, validity};
use generated::compute::decorate;
use generated::record::Maker;
use generated::{answer, cases, names, seed};
use panproto_core::align::{Hints, between};
use panproto_core::diagnostic::Error;
use panproto_core::instance::edit::{PathEdit, TreeEdit};
use panproto_core::instance::{Content, Outline, Part, TreeInstance};
use panproto_core::lens::chain::Chain;
use panproto_core::lens::edit::{EditLens, State};
use panproto_core::lens::{Engine, Lens};
use panproto_core::limits::{Budget, Cancel};
use panproto_core::plan::Pipeline;
use panproto_core::schema::Schema;
use panproto_core::value::{Json, equal};
use panproto_testkit::generate::{Document, Random, evolve};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was tried.
#[derive(Debug, Default)]
struct Tally {
    lenses: u64,
    opened: u64,
    carried: [u64; 2],
    absorbed: u64,
    refused: [BTreeMap<&'static str, u64>; 2],
}

/// A place of a value, as a JSON pointer.
fn places(value: &Value, path: &str, out: &mut Vec<String>) {
    let step = |name: &str| format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
    out.push(path.to_owned());
    match value {
        Value::Object(members) => members.iter().for_each(|(name, inner)| places(inner, &step(name), out)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, inner)| places(inner, &step(&at.to_string()), out));
        }
        _ => {}
    }
}

/// One change of a value by path.
fn patch(random: &mut Random, value: &Value, known: &[String]) -> String {
    let mut all = Vec::new();
    places(value, "", &mut all);
    let place = random.pick(&all).clone();
    let there = value.pointer(&place).unwrap();
    let scalars = [r#""a""#, r#""b c""#, "1", "-7", "2.5", "true", "null", r#""12""#, "[]", "{}"];
    let like = |random: &mut Random, there: &Value| match there {
        Value::String(_) => format!("\"s{}\"", random.below(40)),
        Value::Number(_) => random.below(90).to_string(),
        _ if random.chance(60) => {
            value.pointer(all.get(random.below(all.len())).unwrap()).unwrap().to_string()
        }
        _ => (*random.pick(&scalars)).to_owned(),
    };
    let quoted = |place: &str| serde_json::to_string(place).unwrap();
    let content = if random.chance(80) { like(random, there) } else { (*random.pick(&scalars)).to_owned() };
    match (there, random.below(4)) {
        (Value::Array(items), 0 | 1) => {
            let at = random.below(items.len() + 1);
            let content = items.first().filter(|_| random.chance(80)).map_or(content, Value::to_string);
            format!(r#"{{"op":"add","path":{},"value":{content}}}"#, quoted(&format!("{place}/{at}")))
        }
        (Value::Array(items), 2) if !items.is_empty() => {
            let (from, to) = (random.below(items.len()), random.below(items.len()));
            let [from, to] = [from, to].map(|at| quoted(&format!("{place}/{at}")));
            format!(r#"{{"op":"move","from":{from},"path":{to}}}"#)
        }
        (Value::Object(_), 0 | 1) => {
            let name = random.pick(known).replace('~', "~0").replace('/', "~1");
            format!(r#"{{"op":"add","path":{},"value":{content}}}"#, quoted(&format!("{place}/{name}")))
        }
        (_, 2) => format!(r#"{{"op":"remove","path":{}}}"#, quoted(&place)),
        (_, 3) if random.chance(20) => {
            let to = random.pick(&all);
            format!(r#"{{"op":"move","from":{},"path":{}}}"#, quoted(&place), quoted(to))
        }
        _ => format!(r#"{{"op":"replace","path":{},"value":{content}}}"#, quoted(&place)),
    }
}

/// What one operation of RFC 6902 makes of a value.
fn patched(value: &mut Value, patch: &Value) -> Option<()> {
    let op = patch["op"].as_str()?;
    let new = match op {
        "remove" => None,
        "move" => Some(taken(value, patch["from"].as_str()?)?),
        _ => Some(patch["value"].clone()),
    };
    let path = patch["path"].as_str()?;
    let Some(new) = new else { return taken(value, path).map(drop) };
    if op == "replace" {
        *value.pointer_mut(path)? = new;
        return Some(());
    }
    let (holder, last) = path.rsplit_once('/')?;
    match value.pointer_mut(holder)? {
        Value::Object(members) => drop(members.insert(last.replace("~1", "/").replace("~0", "~"), new)),
        Value::Array(items) => items.insert(last.parse().ok().filter(|at| *at <= items.len())?, new),
        _ => return None,
    }
    Some(())
}

fn taken(value: &mut Value, path: &str) -> Option<Value> {
    let (holder, last) = path.rsplit_once('/')?;
    match value.pointer_mut(holder)? {
        Value::Object(members) => members.remove(&last.replace("~1", "/").replace("~0", "~")),
        Value::Array(items) => Some(items.remove(last.parse().ok().filter(|at| *at < items.len())?)),
        _ => None,
    }
}

/// Whether a member stands twice.
fn repeats(text: &Json) -> bool {
    let tree = text.tree();
    let mut open = vec![tree.root()];
    while let Some(value) = open.pop() {
        let mut names: Vec<_> = value.members().map(|(key, _)| key.decoded().into_owned()).collect();
        names.sort();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return true;
        }
        open.extend(value.members().map(|(_, inner)| inner));
        open.extend(value.items());
    }
    false
}

/// Whether an edited tree is what its record reads as.
fn settles(outline: &Outline<'_>, edited: &TreeInstance) -> bool {
    let root = outline.find(edited.schema_root()).unwrap();
    let again = tree(outline, root, &json(edited));
    let shape = |tree: &TreeInstance| -> Vec<String> {
        tree.preorder()
            .map(|(_, node)| {
                format!("{} {}", node.anchor, matches!(node.content, Content::Object | Content::List))
            })
            .collect()
    };
    shape(edited) == shape(&again)
}

/// Of which vertex a node is, whether it is a list, and what it holds, by name.
type Way = (String, bool, Vec<(String, u32)>);

/// The nodes of a tree, without their values.
fn ways(tree: &TreeInstance) -> BTreeMap<u32, Way> {
    let mut ways = BTreeMap::new();
    for (number, node) in tree.nodes() {
        let is_list = node.content == Content::List;
        let mut below: Vec<(String, u32)> = node
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Child { node, .. } if is_list => Some((String::new(), *node)),
                Part::Child { node, .. } => Some((part.name().into_owned(), *node)),
                Part::Extra { .. } => None,
            })
            .collect();
        if !is_list {
            below.sort();
        }
        ways.insert(number, (node.anchor.to_string(), is_list, below));
    }
    ways
}

/// Refusals of edits that do not fit what they are applied to.
const NO_EDIT: [&str; 6] =
    ["path-not-found", "path-not-entered", "cycle-detected", "invalid-path", "not-an-object", "needs-record"];

struct Tried<'l> {
    edits: EditLens<'l>,
    pipeline: Pipeline,
    source: TreeInstance,
    view: TreeInstance,
    state: State,
}

fn json(tree: &TreeInstance) -> Json {
    tree.to_json(&mut Budget::default()).unwrap()
}

fn same(one: &Json, other: &Json) -> bool {
    equal(one.tree().root(), other.tree().root())
}

fn tree(outline: &Outline<'_>, root: panproto_core::schema::VertexId, text: &Json) -> TreeInstance {
    TreeInstance::from_json(outline, root, text, &mut Budget::default()).unwrap()
}

impl Tried<'_> {
    fn lens_view(&mut self, record: &Json) -> Result<Json, Error> {
        let mut view = Vec::new();
        self.pipeline.get(record.as_str().as_bytes(), &mut view, None)?;
        Json::parse(&String::from_utf8(view).unwrap())
    }

    /// Whether an edited view comes back, exactly, from the record that the lens makes of it.
    fn lens_edit(&mut self, record: &Json, edited: &Json) -> bool {
        let (mut view, mut memory, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        self.pipeline.get(record.as_str().as_bytes(), &mut view, Some(&mut memory)).unwrap();
        let put = self.pipeline.put(edited.as_str().as_bytes(), Some(&memory), &mut changed, &mut Vec::new());
        put.is_ok() && {
            let changed = Json::parse(&String::from_utf8(changed).unwrap()).unwrap();
            self.lens_view(&changed).is_ok_and(|again| same(&again, edited))
        }
    }

    /// An edit of one side, as the other side gets it. None where it is no edit of that side.
    fn edit(
        &mut self,
        random: &mut Random,
        known: &[String],
        back: bool,
        tally: &mut Tally,
    ) -> Option<String> {
        let budget = &mut Budget::default();
        let (here, outline) = match back {
            true => (&self.view, self.edits.target()),
            false => (&self.source, self.edits.source()),
        };
        let value: Value = serde_json::from_str(json(here).as_str()).unwrap();
        let text = patch(random, &value, known);
        let patch = PathEdit::read(&Json::parse(&format!("[{text}]")).unwrap()).unwrap().remove(0);
        let edit = patch.to_tree(here, outline, self.state.next_id(), budget);
        let edited = edit.and_then(|edit| Ok((edit.apply(here, Some(outline), budget)?, edit)));
        let (edited, edit) = match edited {
            Ok(edited) => edited,
            Err(error) => {
                assert!(NO_EDIT.contains(&error.code), "{text}: {error}");
                return None;
            }
        };
        let told: Value = serde_json::from_str(&text).unwrap();
        let mut expected = value.clone();
        if !repeats(&json(here)) && !repeats(&json(&edited)) {
            let done = patched(&mut expected, &told);
            let edited: Value = serde_json::from_str(json(&edited).as_str()).unwrap();
            assert!(
                done.is_some() && edited == expected,
                "PATCH {text}: {value} becomes {edited}, not {expected}"
            );
        }
        let before = self.state.clone();
        let translated = match back {
            true => self.edits.put_edit(&mut self.state, &edit, budget),
            false => self.edits.get_edit(&mut self.state, &edit, budget),
        };
        let translated = match translated {
            Ok(translated) => translated,
            Err(error) => {
                assert_eq!(self.state, before, "what fails changes nothing");
                *tally.refused[usize::from(back)].entry(error.code).or_default() += 1;
                if error.code == "edit-unsupported" {
                    assert!(repeats(&json(here)) || repeats(&json(&edited)), "{text} is refused: {error}");
                }
                if !back && !matches!(error.code, "needs-record" | "edit-unsupported") {
                    let real = self.lens_view(&json(&edited));
                    let real = real.expect_err(&format!("{text} is refused: {error}"));
                    assert_eq!((real.code, &real.path), (error.code, &error.path), "{text}");
                }
                // What is remembered of a record that is not valid is not put back. Of items that look the same in
                // the view the lens may take one whose memory is; an edit says which item it means.
                let source = json(&self.source);
                if error.code == "complement-invalid" {
                    let schema = self.pipeline.lens().source();
                    let is_valid = validity(schema, source.as_str().as_bytes()).is_valid();
                    assert!(!is_valid, "SHY: {text} is refused: {error}\nrecord {source}");
                }
                // Which of two members of one name is which, an edit of a record that is put together anew cannot say; and
                // an edit inside of a value does not make it a value of another arm.
                let repeated = repeats(&json(&edited)) || repeats(&json(&self.view));
                let is_clear = !repeated && settles(self.edits.target(), &edited);
                let is_known = !matches!(error.code, "needs-record" | "complement-invalid");
                if back && is_known && is_clear {
                    let carried = self.lens_edit(&source, &json(&edited));
                    assert!(!carried, "SHY: {text} is refused: {error}\nrecord {source}");
                }
                assert!(error.path.is_some(), "{text}: {error}");
                return None;
            }
        };
        assert_eq!(TreeEdit::from_json(&translated.to_json()).unwrap(), translated);
        let other = if back { &self.source } else { &self.view };
        let moved = translated.apply(other, None, budget).unwrap_or_else(|error| {
            panic!("{text}: the translated edit does not apply: {error}\n{}", translated.to_json())
        });
        let (source, view) = if back { (moved, edited) } else { (edited, moved) };
        let told = format!("{text}\nrecord {}\nview   {}", json(&source), json(&view));
        let seen = self.lens_view(&json(&source));
        let seen = seen.unwrap_or_else(|error| panic!("LAW: the record has no view: {error}\n{told}"));
        assert!(same(&json(&view), &seen), "LAW: the view is another one\n{told}\nnot    {seen}");
        let shown = self.edits.shown(&mut self.state.clone(), budget).unwrap();
        assert_eq!(ways(&shown), ways(&view), "NUMBERS of the view: {told}");
        assert_eq!(ways(self.state.skeleton()), ways(&source), "NUMBERS of the record: {told}");
        (self.source, self.view) = (source, view);
        let again = State::from_json(&self.state.to_json(), budget).unwrap();
        assert_eq!(again, self.state, "{told}");
        tally.carried[usize::from(back)] += 1;
        tally.absorbed += u64::from(translated.steps().is_empty());
        Some(text)
    }
}

/// Edits of both sides, one after another.
fn run(lens: &Arc<Lens>, record: &str, random: &mut Random, known: &[String], tally: &mut Tally) {
    let edits = EditLens::along(lens);
    let record = Json::parse(record).unwrap();
    let root = lens.first().migration.roots.0;
    let source = tree(edits.source(), root, &record);
    let pipeline = Pipeline::new(lens, Budget::default(), &Cancel::default());
    let opened = edits.open(&source, &mut Budget::default());
    let (view, state) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            let mut view = Vec::new();
            let mut pipeline = pipeline;
            let real = pipeline.get(record.as_str().as_bytes(), &mut view, None);
            let real = real.expect_err(&format!("{record} is not opened: {error}"));
            assert_eq!((real.code, &real.path), (error.code, &error.path), "{record}");
            return;
        }
    };
    tally.opened += 1;
    let mut tried = Tried { edits, pipeline, source, view, state };
    let real = tried.lens_view(&record).unwrap_or_else(|error| panic!("opened, and has no view: {error}"));
    assert!(same(&json(&tried.view), &real), "LAW: {record}\nopened {}\nnot    {real}", json(&tried.view));
    let mut done = Vec::new();
    for _ in 0..5 {
        let back = random.chance(50);
        done.extend(tried.edit(random, known, back, tally));
    }
}

fn record(random: &mut Random, schema: &Schema, known: &[String], odd: usize) -> String {
    let mut maker = Maker { schema, random, names: known, odd, left: 50 };
    maker.value(schema.main(), 0).to_string()
}

fn lens_between(old: &Arc<Schema>, new: &Arc<Schema>, hints: &Hints, computing: u64) -> Option<Lens> {
    let mut hints = hints.clone();
    answer::derive_answering(old, new, &mut hints).ok()?;
    let mut migration = between(old, new, &hints, &mut Budget::default()).unwrap();
    if computing != 0 {
        decorate(&mut migration, computing);
    }
    Lens::of(Arc::new(migration), &mut Budget::default()).ok()
}

/// A lens of one, two or three stages between random schemas.
fn random_lens(random: &mut Random, seed: u64) -> Option<(Lens, Vec<String>)> {
    let mut document = Document::random(random, random.clone().chance(25));
    let mut known = Vec::new();
    let mut whole: Option<Lens> = None;
    for stage in 0..1 + random.below(3) {
        let new = evolve(random, &document);
        let fields = new.fields.iter().map(|(from, to)| (from.clone(), to.clone())).collect();
        let hints = Hints { fields, ..Hints::default() };
        let parsed = [document.text(), new.document.text()].map(|text| parse(document.language(), &text));
        let [Some(old), Some(target)] = &parsed else { return None };
        known.extend(names(old));
        known.extend(names(target));
        let computing = if random.chance(50) { seed + stage as u64 } else { 0 };
        let made = generated::shrink::caught(|| lens_between(old, target, &hints, computing)).ok()??;
        whole = match whole {
            None => Some(made),
            Some(before) => Some(before.then(&made).unwrap()),
        };
        document = new.document;
    }
    known.sort();
    known.dedup();
    known.push("extra".to_owned());
    Some((whole?, known))
}

#[test]
fn edits_through_random_lenses_keep_the_law() {
    let mut tally = Tally::default();
    let mut failures: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let count = cases(80);
    for seed in seed()..seed() + count {
        let mut random = Random::new(seed);
        let Some((lens, known)) = random_lens(&mut random, seed) else { continue };
        let lens = Arc::new(lens);
        tally.lenses += 1;
        for _ in 0..3 {
            let odd = if random.chance(20) { 20 } else { 0 };
            let record = record(&mut random, lens.source(), &known, odd);
            let tried = generated::shrink::caught(|| run(&lens, &record, &mut random, &known, &mut tally));
            if let Err(message) = tried {
                let kind = message.split(['\n', '{', ':']).next().unwrap_or_default().to_owned();
                let entry = failures.entry(kind).or_default();
                entry.0 += 1;
                if entry.0 == 1 {
                    entry.1 = format!("seed {seed}, {} stages\n{message}\nfrom   {record}", lens.len());
                }
                break;
            }
        }
    }
    eprintln!("{tally:?} of {count}");
    for (count, example) in failures.values() {
        eprintln!("\n{count} times: {example}");
    }
    assert!(failures.is_empty(), "{} kinds of failures", failures.len());
    assert!(tally.lenses * 4 > count, "{tally:?}");
    assert!(tally.carried.iter().all(|carried| *carried > tally.lenses), "{tally:?}");
}

#[test]
fn edits_through_chains_of_every_step_keep_the_law() {
    let mut tally = Tally::default();
    let known: Vec<String> = ["alias", "label", "who", "first", "active", "name"].map(str::to_owned).into();
    for case in CASES {
        let schema = chain::parse("json-schema", case.schema);
        let chain = Chain::parse(case.chain).unwrap();
        let lenses =
            [chain.stages(&schema, &mut Budget::default()), chain.lens(&schema, &mut Budget::default())];
        let mut all = known.clone();
        all.extend(names(&schema));
        for lens in lenses {
            let lens = Arc::new(lens.unwrap());
            all.extend(names(lens.target()));
            let before = tally.opened;
            for seed in 0..cases(4).min(500) {
                let mut random = Random::new(seed);
                let record = match seed {
                    0 => case.record.to_owned(),
                    _ => record(&mut random, &schema, &all, 10),
                };
                let tried = generated::shrink::caught(|| run(&lens, &record, &mut random, &all, &mut tally));
                if let Err(message) = tried {
                    panic!("{} ({seed}), {} stages\n{message}\nfrom   {record}", case.name, lens.len());
                }
            }
            assert!(tally.opened > before, "{}: nothing was opened", case.name);
        }
    }
    eprintln!("{tally:?}");
    assert!(tally.carried.iter().all(|carried| *carried > 100), "{tally:?}");
}
