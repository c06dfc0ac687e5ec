//! Lenses of several stages: their laws, and that a fused one is the stages in a row, on random chains of evolutions.
//!
//! `PANPROTO_CASES` says how many, `PANPROTO_SEED` where to begin. A failure prints its seed and everything that it
//! takes to see it again.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod both;
mod generated;

use both::Both;
use generated::answer::{derive_answering, migration};
use generated::case::{hints_from, hints_to, parse, validity};
use generated::compute::decorate;
use generated::record::Maker;
use generated::shrink::{caught, folder};
use generated::{cases, names, seed};
use panproto_core::align::Hints;
use panproto_core::diagnostic::Error;
use panproto_core::lens::laws::{Fills, same_tokens};
use panproto_core::lens::symmetric::{State, Symmetric};
use panproto_core::lens::{Engine, Lens};
use panproto_core::limits::{Budget, Cancel};
use panproto_core::migration::Migration;
use panproto_core::plan::{Pipeline, Sides, Towards};
use panproto_core::schema::Schema;
use panproto_core::value::equal_text;
use panproto_testkit::generate::{Document, Node, Random, edit, evolve_by};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Schemas that follow one another, and the migrations between them.
#[derive(Default)]
struct Chain {
    language: String,
    texts: Vec<String>,
    steps: Vec<String>,
    /// Hints of each migration.
    hints: Vec<Value>,
    /// What each computes beside that: a seed, 0 for nothing.
    computing: Vec<u64>,
    migrations: Vec<Arc<Migration>>,
}

fn chain(random: &mut Random, computing: u64) -> Option<Chain> {
    let mut document = Document::random(random, random.clone().chance(25));
    let language = document.language().to_owned();
    let mut chain = Chain { language, texts: vec![document.text()], ..Chain::default() };
    let mut old = parse(&chain.language, &document.text())?;
    for _ in 0..2 + random.below(3) {
        let count = 1 + random.below(2);
        let evolution = evolve_by(random, &document, count);
        chain.steps.extend(evolution.steps.clone());
        let new = parse(&chain.language, &evolution.document.text())?;
        let fields = evolution.fields.iter().map(|(from, to)| (from.clone(), to.clone())).collect();
        let mut hints = Hints { fields, ..Hints::default() };
        caught(|| derive_answering(&old, &new, &mut hints)).ok()?.ok()?;
        chain.steps.push(format!("-- {}", hints_to(&hints)));
        chain.hints.push(hints_to(&hints));
        let plain = migration(&old, &new, &hints);
        // Every other one computes; what then leaves a question open stays as it is.
        let seed = if computing != 0 && random.chance(50) { computing + chain.texts.len() as u64 } else { 0 };
        let made = computed(&plain, seed);
        chain.computing.push(if made.is_some() { seed } else { 0 });
        chain.migrations.push(made.unwrap_or(plain));
        chain.texts.push(evolution.document.text());
        (old, document) = (new, evolution.document);
    }
    Some(chain)
}

/// A migration with what a seed lets it compute, if it has a lens then.
fn computed(plain: &Arc<Migration>, seed: u64) -> Option<Arc<Migration>> {
    let mut made = Migration::clone(plain);
    if seed != 0 {
        decorate(&mut made, seed);
    }
    let made = Arc::new(made);
    Lens::of(made.clone(), &mut Budget::default()).is_ok().then_some(made)
}

/// What is tried on a chain: kept as a file where it fails.
#[derive(Default)]
struct Trial {
    chain: Chain,
    record: String,
    /// Another record, whose complement is used for views that are not of it.
    other: String,
    edits: Vec<String>,
}

impl Trial {
    fn keep(&self, name: &str) -> PathBuf {
        let path = kept_chains().join(format!("{name}.json"));
        let chain = &self.chain;
        let value = json!({
            "language": chain.language, "schemas": chain.texts, "hints": chain.hints,
            "computing": chain.computing, "record": self.record, "other": self.other, "edits": self.edits,
        });
        let _ = std::fs::create_dir_all(kept_chains());
        std::fs::write(&path, format!("{value:#}\n")).unwrap();
        path
    }

    fn read(value: &Value) -> Trial {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let list = |name: &str| value[name].as_array().cloned().unwrap_or_default();
        let texts =
            |name: &str| list(name).iter().filter_map(|text| Some(text.as_str()?.to_owned())).collect();
        let mut chain = Chain {
            language: text("language"),
            texts: texts("schemas"),
            hints: list("hints"),
            ..Chain::default()
        };
        let computing = list("computing");
        for (at, (pair, hints)) in chain.texts.windows(2).zip(&chain.hints).enumerate() {
            let (old, new) = (parse(&chain.language, &pair[0]), parse(&chain.language, &pair[1]));
            let plain = migration(&old.unwrap(), &new.unwrap(), &hints_from(hints));
            let seed = computing.get(at).and_then(Value::as_u64).unwrap_or(0);
            chain.migrations.push(computed(&plain, seed).unwrap());
        }
        Trial { chain, record: text("record"), other: text("other"), edits: texts("edits") }
    }
}

fn kept_chains() -> PathBuf {
    folder().join("chains")
}

struct Runner {
    pipeline: Pipeline,
}

type Got = Result<(Vec<u8>, Vec<u8>), Error>;

impl Runner {
    fn new(lens: &Arc<Lens>) -> Runner {
        Runner { pipeline: Pipeline::new(lens, Budget::default(), &Cancel::default()) }
    }

    fn get(&mut self, record: &[u8]) -> Got {
        self.pipeline.renew(Budget::default());
        let (mut view, mut memory) = (Vec::new(), Vec::new());
        self.pipeline.get(record, &mut view, Some(&mut memory))?;
        Ok((view, memory))
    }

    fn put(&mut self, view: &[u8], memory: Option<&[u8]>) -> Result<Vec<u8>, Error> {
        self.pipeline.renew(Budget::default());
        let mut record = Vec::new();
        self.pipeline.put(view, memory, &mut record, &mut Vec::new())?;
        Ok(record)
    }
}

fn show(text: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(text)
}

/// A value in which no member is there twice: only such values have a meaning in all stages.
fn is_plain(node: &Node) -> bool {
    match node {
        Node::Scalar(_) => true,
        Node::Array(items) => items.iter().all(is_plain),
        Node::Object(members) => {
            let mut names: Vec<String> = members.iter().map(|(key, _)| Node::name(key)).collect();
            names.sort();
            names.windows(2).all(|pair| pair[0] != pair[1])
                && members.iter().all(|(_, value)| is_plain(value))
        }
    }
}

fn record(random: &mut Random, schema: &Schema, known: &[String]) -> Node {
    let odd = if random.chance(20) { 30 } else { 0 };
    Maker { schema, random, names: known, odd, left: 60 }.value(schema.main(), 0)
}

#[derive(Default, Debug)]
struct Totals {
    chains: u64,
    stages: u64,
    left: u64,
    fused: u64,
    /// Where a stage that computes does what several did.
    computing: u64,
    records: u64,
    edits: u64,
    restored: u64,
    obstacles: BTreeMap<&'static str, u64>,
}

/// A chain as stages in a row and as few stages as are the same.
struct Pair<'c> {
    chain: &'c Chain,
    lengths: (usize, usize),
    source: Arc<Schema>,
    target: Arc<Schema>,
    fills: Fills,
    row: Runner,
    one: Runner,
    /// Both engines, where one stage is left.
    both: Option<Both>,
}

/// Memories of one record, of the stages in a row and of the fused ones.
type Memories = (Vec<u8>, Vec<u8>);

impl<'c> Pair<'c> {
    fn new(chain: &'c Chain, totals: &mut Totals) -> Pair<'c> {
        let mut budget = Budget::default();
        let steps = Arc::new(Lens::sequence(chain.migrations.iter().cloned(), &mut budget).unwrap().unwrap());
        let fused = Arc::new(steps.fuse(&mut budget).unwrap());
        totals.chains += 1;
        totals.stages += steps.len() as u64;
        totals.left += fused.len() as u64;
        for obstacle in fused.obstacles(&mut budget).unwrap() {
            *totals.obstacles.entry(obstacle.why).or_default() += 1;
        }
        totals.fused += u64::from(fused.len() < steps.len());
        let computes = |lens: &Lens| lens.stages().filter(|stage| stage.machine.computes()).count();
        let plain = |lens: &Lens| lens.len() - computes(lens);
        totals.computing += u64::from(computes(&fused) > 0 && plain(&fused) < plain(&steps));
        Pair {
            chain,
            lengths: (steps.len(), fused.len()),
            source: steps.source().clone(),
            target: steps.target().clone(),
            fills: steps.fills(),
            row: Runner::new(&steps),
            one: Runner::new(&fused),
            both: (fused.len() == 1).then(|| Both::new(fused.last().machine.clone())),
        }
    }

    fn context(&self, what: &str) -> String {
        let (Chain { texts, steps, .. }, (row, one)) = (self.chain, self.lengths);
        format!("{what}\nschemas {texts:#?}\nsteps {steps:#?}\nstages {row} -> {one}")
    }

    /// The view of a record and what is remembered, after the laws of unedited views; none where it has no view.
    fn record(&mut self, text: &[u8]) -> Option<(Vec<u8>, Memories)> {
        let (left, right) = (self.row.get(text), self.one.get(text));
        let ((view, memory), (fused_view, fused_memory)) = match (left, right) {
            (Ok(left), Ok(right)) => (left, right),
            (Err(_), Err(_)) => return None,
            (left, right) => {
                let what =
                    format!("GET: only one refuses\nrecord {}\nrow {left:?}\none {right:?}", show(text));
                panic!("{}", self.context(&what))
            }
        };
        if !equal_text(&view, &fused_view) {
            let (text, row, one) = (show(text), show(&view), show(&fused_view));
            panic!("{}", self.context(&format!("VIEW\nrecord {text}\nrow {row}\none {one}")));
        }
        let sides = [("row", &view, &memory), ("one", &fused_view, &fused_memory)];
        for (at, (name, view, memory)) in sides.into_iter().enumerate() {
            let runner = if at == 0 { &mut self.row } else { &mut self.one };
            let back = runner.put(view, Some(memory));
            if !back.as_ref().is_ok_and(|back| same_tokens(text, back)) {
                let back = back.as_ref().map(|back| show(back));
                let (text, view) = (show(text), show(view));
                let what = format!("GETPUT\n{name}\nrecord {text}\nview {view}\nback {back:?}");
                panic!("{}", self.context(&what));
            }
        }
        if let Some(both) = &mut self.both {
            // The two engines agree on reserved names too.
            let (same, memory) = both.get_bytes(text).unwrap();
            let agree = same == fused_view && memory == fused_memory;
            assert!(agree, "{}", self.context("ENGINES"));
        }
        Some((view, (memory, fused_memory)))
    }

    fn edit(&mut self, view: &[u8], memories: &Memories, other: Option<&Memories>, totals: &mut Totals) {
        totals.edits += 1;
        if let Some(both) = &mut self.both {
            let _ = both.put_bytes(view, Some(&memories.1));
        }
        self.compare(view, Some(memories), totals);
        self.compare(view, None, totals);
        if other.is_some() {
            self.compare(view, other, totals);
        }
    }

    /// Both refuse a view, or give the same record, of which the view is the view.
    fn compare(&mut self, view: &[u8], memories: Option<&Memories>, totals: &mut Totals) {
        let left = self.row.put(view, memories.map(|memories| memories.0.as_slice()));
        let right = self.one.put(view, memories.map(|memories| memories.1.as_slice()));
        let (left, right) = match (left, right) {
            (Ok(left), Ok(right)) => (left, right),
            (Err(_), Err(_)) => return,
            (left, right) => {
                let name = if memories.is_some() { "put" } else { "create" };
                let (row, one) =
                    (left.as_ref().map(|text| show(text)), right.as_ref().map(|text| show(text)));
                let view = show(view);
                let what = format!("PUT: only one refuses ({name})\nview {view}\nrow {row:?}\none {one:?}");
                panic!("{}", self.context(&what))
            }
        };
        if !equal_text(&left, &right) {
            let (view, row, one) = (show(view), show(&left), show(&right));
            panic!("{}", self.context(&format!("RECORD\nview {view}\nrow {row}\none {one}")));
        }
        totals.restored += 1;
        match self.row.get(&left) {
            Ok((again, _)) if self.fills.same_view(view, &again) => {}
            other => {
                let again = other.map(|(view, _)| show(&view).into_owned());
                let (view, record) = (show(view), show(&left));
                let what = format!("PUTGET\nview {view}\nrecord {record}\nagain {again:?}");
                panic!("{}", self.context(&what))
            }
        }
    }
}

fn run(random: &mut Random, computing: u64, totals: &mut Totals, trial: &mut Trial) {
    let Some(made) = chain(random, computing) else { return };
    trial.chain = made;
    let Trial { chain, record: tried, other: tried_before, edits } = trial;
    let mut known = Vec::new();
    for migration in &chain.migrations {
        known.extend(names(&migration.source));
        known.extend(names(&migration.target));
    }
    known.sort();
    known.dedup();
    let mut pair = Pair::new(chain, totals);
    let mut other: Option<Memories> = None;
    for _ in 0..4 {
        let node = record(random, &pair.source.clone(), &known);
        let text = node.to_string();
        if !is_plain(&node) || !validity(&pair.source, text.as_bytes()).is_valid() {
            continue;
        }
        totals.records += 1;
        (*tried_before, *tried) = (std::mem::take(tried), text.clone());
        edits.clear();
        let Some((view, memories)) = pair.record(text.as_bytes()) else { continue };
        if let Some(node) = Node::parse(&show(&view)) {
            for _ in 0..6 {
                let mut edited = node.clone();
                edit(random, &mut edited, &known);
                let text = edited.to_string();
                if is_plain(&edited) && validity(&pair.target, text.as_bytes()).is_valid() {
                    edits.push(text);
                }
            }
        }
        pair.edit(&view, &memories, other.as_ref(), totals);
        for edited in edits.iter() {
            pair.edit(edited.as_bytes(), &memories, None, totals);
        }
        other = Some(memories);
    }
}

/// Tries what was kept.
fn again(trial: &Trial) {
    let mut totals = Totals::default();
    let mut pair = Pair::new(&trial.chain, &mut totals);
    let other = (!trial.other.is_empty()).then(|| pair.record(trial.other.as_bytes())).flatten();
    let other = other.map(|(_, memories)| memories);
    let Some((view, memories)) = pair.record(trial.record.as_bytes()) else { return };
    pair.edit(&view, &memories, other.as_ref(), &mut totals);
    for edited in &trial.edits {
        pair.edit(edited.as_bytes(), &memories, None, &mut totals);
    }
}

#[test]
fn kept_chains_hold() {
    let mut failures = Vec::new();
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(kept_chains()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in &paths {
        let value: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        if let Err(message) = caught(|| again(&Trial::read(&value))) {
            failures.push(format!("{}: {message}", path.display()));
        }
    }
    assert!(!paths.is_empty());
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn a_fused_lens_is_its_stages_in_a_row() {
    let totals = try_all(false);
    assert!(totals.fused * 4 > totals.chains, "{totals:?}");
}

#[test]
fn a_fused_lens_that_computes_is_its_stages_in_a_row() {
    let totals = try_all(true);
    assert!(totals.computing * 8 > totals.chains, "{totals:?}");
}

fn try_all(computing: bool) -> Totals {
    let mut totals = Totals::default();
    let mut failures: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let (first, count) = (seed(), cases(300));
    for seed in first..first + count {
        let mut trial = Trial::default();
        if let Err(message) = caught(|| {
            run(&mut Random::new(seed), if computing { seed } else { 0 }, &mut totals, &mut trial);
        }) {
            let kind: String = message.lines().nth(1).unwrap_or_default().chars().take(24).collect();
            let entry = failures.entry(kind).or_insert((0, String::new()));
            entry.0 += 1;
            if entry.0 == 1 {
                let path = trial.keep(&format!("seed-{}{seed}", if computing { "computing-" } else { "" }));
                entry.1 = format!("seed {seed}, kept as {}\n{message}", path.display());
            }
        }
    }
    eprintln!("{totals:#?}");
    for (count, example) in failures.values() {
        eprintln!("\n{count} times: {example}");
    }
    assert!(failures.is_empty(), "{} kinds of failures", failures.len());
    // The generators make something of everything.
    assert!(totals.chains * 2 > count, "{totals:?}");
    assert!(totals.restored > totals.records, "{totals:?}");
    totals
}

/// How many values there are in a value, objects and lists counted.
fn size(node: &Node) -> usize {
    match node {
        Node::Scalar(_) => 1,
        Node::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Node::Object(members) => 1 + members.iter().map(|(_, value)| size(value)).sum::<usize>(),
    }
}

/// `invert ∘ m` is the identity on data, up to ≈.
fn undo(seed: u64, tried: &mut u64, losses: &mut BTreeMap<&'static str, u64>) {
    let mut random = Random::new(seed);
    let Some(chain) = chain(&mut random, 0) else { return };
    for migration in &chain.migrations {
        let mut budget = Budget::default();
        let inverse = match migration.invert(&mut budget) {
            Ok(inverse) => Arc::new(inverse),
            Err(error) => {
                assert!(error.path.is_some(), "{error}");
                *losses.entry(error.code).or_default() += 1;
                continue;
            }
        };
        let context = |what: &str| format!("{what}\nseed {seed}\n{:#?}\n{:#?}", chain.texts, chain.steps);
        let there = Arc::new(Lens::of(migration.clone(), &mut budget).unwrap());
        let back = Arc::new(Lens::of(inverse.clone(), &mut budget).unwrap());
        assert!(there.obstructions().is_empty() && back.obstructions().is_empty());
        // The inverse of the inverse does what the migration does.
        let again = Arc::new(inverse.invert(&mut budget).unwrap());
        let again = Arc::new(Lens::of(again, &mut budget).unwrap());
        let (mut there, mut back, mut again) = (Runner::new(&there), Runner::new(&back), Runner::new(&again));
        for _ in 0..6 {
            let node = record(&mut random, &migration.source, &[]);
            let text = node.to_string().into_bytes();
            if !is_plain(&node) || !validity(&migration.source, &text).is_valid() {
                continue;
            }
            let Ok((view, _)) = there.get(&text) else { continue };
            // An undeclared member whose name the target declares stays out of the view: no inverse knows it.
            if Node::parse(&show(&view)).is_none_or(|view| size(&view) != size(&node)) {
                continue;
            }
            *tried += 1;
            match back.get(&view) {
                Ok((same, _)) if equal_text(&text, &same) => {}
                other => panic!(
                    "{}",
                    context(&format!("INVERSE\nrecord {}\nview {}\n{other:?}", show(&text), show(&view)))
                ),
            }
            match again.get(&text) {
                Ok((same, _)) if equal_text(&view, &same) => {}
                other => panic!(
                    "{}",
                    context(&format!("TWICE\nrecord {}\nview {}\n{other:?}", show(&text), show(&view)))
                ),
            }
        }
    }
}

#[test]
fn an_inverse_undoes_its_migration() {
    let (mut tried, mut losses) = (0, BTreeMap::new());
    let (first, count) = (seed(), cases(300));
    for seed in first..first + count {
        undo(seed, &mut tried, &mut losses);
    }
    eprintln!("{tried} records; {losses:?}");
    assert!(tried > count, "{tried}");
    for code in ["dropped-edges", "dropped-vertices", "edge-not-bijective", "not-bijective"] {
        assert!(losses.contains_key(code), "{code}: {losses:?}");
    }
}

/// Two schemas and records of both: kept as a file where they do not follow one another.
#[derive(Default)]
struct Neighbours {
    language: String,
    left: String,
    right: String,
    hints: Value,
    records: Vec<(String, String)>,
}

fn kept_sides() -> PathBuf {
    folder().join("sides")
}

impl Neighbours {
    fn random(random: &mut Random) -> Option<Neighbours> {
        let lexicon = random.clone().chance(25);
        let document = Document::random(random, lexicon);
        let evolution = evolve_by(random, &document, 3);
        let language = document.language().to_owned();
        let (left, right) = (document.text(), evolution.document.text());
        let (old, new) = (parse(&language, &left)?, parse(&language, &right)?);
        let fields = evolution.fields.iter().map(|(from, to)| (from.clone(), to.clone())).collect();
        let mut hints = Hints { fields, ..Hints::default() };
        caught(|| derive_answering(&old, &new, &mut hints)).ok()?.ok()?;
        let mut records = Vec::new();
        for _ in 0..6 {
            let (one, other) = (record(random, &old, &[]), record(random, &new, &[]));
            let (l, r) = (one.to_string(), other.to_string());
            let plain = is_plain(&one) && is_plain(&other);
            let valid = || validity(&old, l.as_bytes()).is_valid() && validity(&new, r.as_bytes()).is_valid();
            if plain && valid() {
                records.push((l, r));
            }
        }
        Some(Neighbours { language, left, right, hints: hints_to(&hints), records })
    }

    fn keep(&self, name: &str) -> PathBuf {
        let path = kept_sides().join(format!("{name}.json"));
        let value = json!({
            "language": self.language, "left": self.left, "right": self.right, "hints": self.hints,
            "records": self.records,
        });
        let _ = std::fs::create_dir_all(kept_sides());
        std::fs::write(&path, format!("{value:#}\n")).unwrap();
        path
    }

    fn read(value: &Value) -> Neighbours {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let records = value["records"].as_array().unwrap();
        Neighbours {
            language: text(&value["language"]),
            left: text(&value["left"]),
            right: text(&value["right"]),
            hints: value["hints"].clone(),
            records: records.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
        }
    }

    /// What one side tells is what the other side has; edits of both survive; nothing changes where nothing was
    /// edited.
    fn follow(&self, tried: &mut u64, refused: &mut BTreeMap<&'static str, u64>) {
        let schema = |text: &str| parse(&self.language, text).unwrap();
        let (left, right) = (schema(&self.left), schema(&self.right));
        let symmetric =
            match Symmetric::between(&left, &right, &hints_from(&self.hints), &mut Budget::default()) {
                Ok(symmetric) => symmetric,
                Err(error) => {
                    *refused.entry(error.code).or_default() += 1;
                    return;
                }
            };
        let fills = symmetric.right.fills();
        let pipeline =
            |lens: &Lens| Pipeline::new(&Arc::new(lens.clone()), Budget::default(), &Cancel::default());
        let mut sides = Sides { left: pipeline(&symmetric.left), right: pipeline(&symmetric.right) };
        for (l, r) in &self.records {
            let context = |what: &str| format!("{what}\n{}\n{}\nleft {l}\nright {r}", self.left, self.right);
            let (l, r) = (l.as_bytes(), r.as_bytes());
            let (followed, state) = match sides.sync(Towards::Right, l, Some(r), &State::default()) {
                Ok(done) => done,
                Err(error) => {
                    *refused.entry(error.code).or_default() += 1;
                    continue;
                }
            };
            *tried += 1;
            let state = State::decode(&state.encode()).unwrap();
            let mut shared = [Vec::new(), Vec::new()];
            sides.left.get(l, &mut shared[0], None).unwrap();
            sides.right.get(&followed, &mut shared[1], None).unwrap();
            assert!(
                fills.same_view(&shared[0], &shared[1]),
                "{}",
                context(&format!("SHARED {} {}", show(&shared[0]), show(&shared[1])))
            );
            let (again, _) = sides.sync(Towards::Right, l, None, &state).unwrap();
            assert!(
                equal_text(&again, &followed),
                "{}",
                context(&format!("AGAIN {} {}", show(&followed), show(&again)))
            );
            if equal_text(&shared[0], &shared[1]) {
                let (back, _) = sides
                    .sync(Towards::Left, &followed, None, &state)
                    .unwrap_or_else(|error| panic!("{}", context(&error.to_string())));
                assert!(equal_text(&back, l), "{}", context(&format!("BACK {}", show(&back))));
            }
        }
    }
}

#[test]
fn sides_of_a_symmetric_lens_follow_one_another() {
    let (mut tried, mut refused) = (0, BTreeMap::new());
    let (first, count) = (seed(), cases(300));
    for seed in first..first + count {
        let Some(neighbours) = Neighbours::random(&mut Random::new(seed)) else { continue };
        if let Err(message) = caught(|| neighbours.follow(&mut tried, &mut refused)) {
            let path = neighbours.keep(&format!("seed-{seed}"));
            panic!("seed {seed}, kept as {}\n{message}", path.display());
        }
    }
    eprintln!("{tried} records; {refused:?}");
    assert!(tried > count, "{tried}");
}

#[test]
fn kept_sides_follow_one_another() {
    let (mut tried, mut refused) = (0, BTreeMap::new());
    for entry in std::fs::read_dir(kept_sides()).unwrap() {
        let path = entry.unwrap().path();
        let value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        if let Err(message) = caught(|| Neighbours::read(&value).follow(&mut tried, &mut refused)) {
            panic!("{}: {message}", path.display());
        }
    }
    assert!(tried > 0);
}
