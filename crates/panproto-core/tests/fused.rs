//! Lenses of several stages: their laws, and that a fused one is the stages in a row, on random chains of evolutions.
//!
//! `PANPROTO_CASES` says how many, `PANPROTO_SEED` where to begin. A failure prints its seed and everything that it
//! takes to see it again.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod both;
mod generated;

use both::Both;
use generated::answer::{derive_answering, migration};
use generated::case::{hints_to, parse, validity};
use generated::record::Maker;
use generated::shrink::caught;
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
use std::collections::BTreeMap;
use std::sync::Arc;

/// Schemas that follow one another, and the migrations between them.
struct Chain {
    texts: Vec<String>,
    steps: Vec<String>,
    migrations: Vec<Arc<Migration>>,
}

fn chain(random: &mut Random) -> Option<Chain> {
    let mut document = Document::random(random, random.clone().chance(25));
    let language = document.language().to_owned();
    let mut chain = Chain { texts: vec![document.text()], steps: Vec::new(), migrations: Vec::new() };
    let mut old = parse(&language, &document.text())?;
    for _ in 0..2 + random.below(3) {
        let count = 1 + random.below(2);
        let evolution = evolve_by(random, &document, count);
        chain.steps.extend(evolution.steps.clone());
        let new = parse(&language, &evolution.document.text())?;
        let fields = evolution.fields.iter().map(|(from, to)| (from.clone(), to.clone())).collect();
        let mut hints = Hints { fields, ..Hints::default() };
        caught(|| derive_answering(&old, &new, &mut hints)).ok()?.ok()?;
        chain.steps.push(format!("-- {}", hints_to(&hints)));
        chain.migrations.push(migration(&old, &new, &hints));
        chain.texts.push(evolution.document.text());
        (old, document) = (new, evolution.document);
    }
    Some(chain)
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
    records: u64,
    edits: u64,
    restored: u64,
    obstacles: BTreeMap<&'static str, u64>,
}

fn run(seed: u64, totals: &mut Totals) {
    let mut random = Random::new(seed);
    let Some(chain) = chain(&mut random) else { return };
    let known = {
        let mut known = Vec::new();
        for migration in &chain.migrations {
            known.extend(names(&migration.source));
            known.extend(names(&migration.target));
        }
        known.sort();
        known.dedup();
        known
    };
    let mut budget = Budget::default();
    let steps = Arc::new(Lens::sequence(chain.migrations.iter().cloned(), &mut budget).unwrap().unwrap());
    let fused = Arc::new(steps.fuse(&mut budget).unwrap());
    totals.chains += 1;
    totals.stages += steps.len() as u64;
    totals.left += fused.len() as u64;
    for obstacle in fused.obstacles(&mut budget).unwrap() {
        *totals.obstacles.entry(obstacle.why).or_default() += 1;
    }
    let is_fused = fused.len() < steps.len();
    totals.fused += u64::from(is_fused);
    let context = |what: &str| {
        format!(
            "{what}\nseed {seed}\nschemas {:#?}\nsteps {:#?}\nstages {} -> {}",
            chain.texts,
            chain.steps,
            steps.len(),
            fused.len()
        )
    };
    let fills = steps.fills();
    let mut both = (fused.len() == 1).then(|| Both::new(fused.last().machine.clone()));
    let (mut row, mut one) = (Runner::new(&steps), Runner::new(&fused));
    let (source, target) = (steps.source().clone(), steps.target().clone());
    let mut other: Option<(Vec<u8>, Vec<u8>)> = None;
    for _ in 0..4 {
        let node = record(&mut random, &source, &known);
        let text = node.to_string().into_bytes();
        if !is_plain(&node) || !validity(&source, &text).is_valid() {
            continue;
        }
        totals.records += 1;
        let (left, right) = (row.get(&text), one.get(&text));
        let ((view, memory), (fused_view, fused_memory)) = match (left, right) {
            (Ok(left), Ok(right)) => (left, right),
            (Err(_), Err(_)) => continue,
            (left, right) => {
                panic!(
                    "{}",
                    context(&format!(
                        "GET: only one refuses\nrecord {}\nrow {left:?}\none {right:?}",
                        show(&text)
                    ))
                )
            }
        };
        if !equal_text(&view, &fused_view) {
            panic!(
                "{}",
                context(&format!(
                    "VIEW\nrecord {}\nrow {}\none {}",
                    show(&text),
                    show(&view),
                    show(&fused_view)
                ))
            );
        }
        for (runner, view, memory) in [(&mut row, &view, &memory), (&mut one, &fused_view, &fused_memory)] {
            match runner.put(view, Some(memory)) {
                Ok(back) if same_tokens(&text, &back) => {}
                other => panic!(
                    "{}",
                    context(&format!("GETPUT\nrecord {}\nview {}\n{other:?}", show(&text), show(view)))
                ),
            }
        }
        if let Some(both) = &mut both {
            // The two engines agree on reserved names too.
            let (same, memory) = both.get_bytes(&text).unwrap();
            assert!(same == fused_view && memory == fused_memory, "{}", context("ENGINES"));
        }
        let mut views = vec![(view.clone(), true)];
        if let Some(node) = Node::parse(&show(&view)) {
            for _ in 0..6 {
                let mut edited = node.clone();
                edit(&mut random, &mut edited, &known);
                let text = edited.to_string().into_bytes();
                if is_plain(&edited) && validity(&target, &text).is_valid() {
                    views.push((text, false));
                }
            }
        }
        for (edited, own) in &views {
            totals.edits += 1;
            if let Some(both) = &mut both {
                let _ = both.put_bytes(edited, Some(&fused_memory));
            }
            compare(&mut row, &mut one, edited, Some((&memory, &fused_memory)), &fills, totals, &context);
            compare(&mut row, &mut one, edited, None, &fills, totals, &context);
            if let (Some((memory, fused_memory)), true) = (&other, own) {
                compare(&mut row, &mut one, edited, Some((memory, fused_memory)), &fills, totals, &context);
            }
        }
        other = Some((memory, fused_memory));
    }
}

/// Both refuse a view, or give the same record, of which the view is the view.
fn compare(
    row: &mut Runner,
    one: &mut Runner,
    view: &[u8],
    memory: Option<(&Vec<u8>, &Vec<u8>)>,
    fills: &Fills,
    totals: &mut Totals,
    context: &dyn Fn(&str) -> String,
) {
    let left = row.put(view, memory.map(|memory| memory.0.as_slice()));
    let right = one.put(view, memory.map(|memory| memory.1.as_slice()));
    let (left, right) = match (left, right) {
        (Ok(left), Ok(right)) => (left, right),
        (Err(_), Err(_)) => return,
        (left, right) => panic!(
            "{}",
            context(&format!(
                "PUT: only one refuses ({})\nview {}\nrow {:?}\none {:?}",
                if memory.is_some() { "put" } else { "create" },
                show(view),
                left.as_ref().map(|text| show(text)),
                right.as_ref().map(|text| show(text))
            ))
        ),
    };
    if !equal_text(&left, &right) {
        panic!(
            "{}",
            context(&format!("RECORD\nview {}\nrow {}\none {}", show(view), show(&left), show(&right)))
        );
    }
    totals.restored += 1;
    match row.get(&left) {
        Ok((again, _)) if fills.same_view(view, &again) => {}
        other => panic!(
            "{}",
            context(&format!(
                "PUTGET\nview {}\nrecord {}\nagain {:?}",
                show(view),
                show(&left),
                other.map(|(view, _)| show(&view).into_owned())
            ))
        ),
    }
}

#[test]
fn a_fused_lens_is_its_stages_in_a_row() {
    let mut totals = Totals::default();
    let mut failures: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let (first, count) = (seed(), cases(300));
    for seed in first..first + count {
        if let Err(message) = caught(|| run(seed, &mut totals)) {
            let kind: String = message.lines().nth(1).unwrap_or_default().chars().take(24).collect();
            let entry = failures.entry(kind).or_insert((0, message));
            entry.0 += 1;
        }
    }
    eprintln!("{totals:#?}");
    for (count, example) in failures.values() {
        eprintln!("\n{count} times: {example}");
    }
    assert!(failures.is_empty(), "{} kinds of failures", failures.len());
    // The generators make something of everything.
    assert!(totals.chains * 2 > count, "{totals:?}");
    assert!(totals.fused * 4 > totals.chains, "{totals:?}");
    assert!(totals.restored > totals.records, "{totals:?}");
}

fn leaves(node: &Node) -> usize {
    match node {
        Node::Scalar(_) => 1,
        Node::Array(items) => items.iter().map(leaves).sum::<usize>().max(1),
        Node::Object(members) => members.iter().map(|(_, value)| leaves(value)).sum::<usize>().max(1),
    }
}

/// `invert ∘ m` is the identity on data, up to ≈.
fn undo(seed: u64, tried: &mut u64, losses: &mut BTreeMap<&'static str, u64>) {
    let mut random = Random::new(seed);
    let Some(chain) = chain(&mut random) else { return };
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
            if Node::parse(&show(&view)).is_none_or(|view| leaves(&view) != leaves(&node)) {
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

/// What one side tells is what the other side has; edits of both survive; nothing changes where nothing was edited.
fn synchronise(seed: u64, tried: &mut u64, refused: &mut BTreeMap<&'static str, u64>) {
    let mut random = Random::new(seed);
    let lexicon = random.clone().chance(25);
    let document = Document::random(&mut random, lexicon);
    let evolution = evolve_by(&mut random, &document, 3);
    let language = document.language();
    let (old, new) = (document.text(), evolution.document.text());
    let (Some(left), Some(right)) = (parse(language, &old), parse(language, &new)) else { return };
    let fields = evolution.fields.iter().map(|(from, to)| (from.clone(), to.clone())).collect();
    let mut hints = Hints { fields, ..Hints::default() };
    if !matches!(caught(|| derive_answering(&left, &right, &mut hints)), Ok(Ok(_))) {
        return;
    }
    let symmetric = match Symmetric::between(&left, &right, &hints, &mut Budget::default()) {
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
    for _ in 0..6 {
        let (one, other) = (record(&mut random, &left, &[]), record(&mut random, &right, &[]));
        let (l, r) = (one.to_string().into_bytes(), other.to_string().into_bytes());
        let plain = is_plain(&one) && is_plain(&other);
        if !plain || !validity(&left, &l).is_valid() || !validity(&right, &r).is_valid() {
            continue;
        }
        let context = |what: &str| {
            format!(
                "{what}\nseed {seed}\n{old}\n{new}\n{:?}\nleft {}\nright {}",
                evolution.steps,
                show(&l),
                show(&r)
            )
        };
        let (followed, state) = match sides.sync(Towards::Right, &l, Some(&r), &State::default()) {
            Ok(done) => done,
            Err(error) => {
                *refused.entry(error.code).or_default() += 1;
                continue;
            }
        };
        *tried += 1;
        let state = State::decode(&state.encode()).unwrap();
        let mut shared = [Vec::new(), Vec::new()];
        sides.left.get(&l, &mut shared[0], None).unwrap();
        sides.right.get(&followed, &mut shared[1], None).unwrap();
        assert!(
            fills.same_view(&shared[0], &shared[1]),
            "{}",
            context(&format!("SHARED {} {}", show(&shared[0]), show(&shared[1])))
        );
        let (again, _) = sides.sync(Towards::Right, &l, None, &state).unwrap();
        assert!(
            equal_text(&again, &followed),
            "{}",
            context(&format!("AGAIN {} {}", show(&followed), show(&again)))
        );
        if equal_text(&shared[0], &shared[1]) {
            let (back, _) = sides
                .sync(Towards::Left, &followed, None, &state)
                .unwrap_or_else(|error| panic!("{}", context(&error.to_string())));
            assert!(equal_text(&back, &l), "{}", context(&format!("BACK {}", show(&back))));
        }
    }
}

#[test]
fn sides_of_a_symmetric_lens_follow_one_another() {
    let (mut tried, mut refused) = (0, BTreeMap::new());
    let (first, count) = (seed(), cases(300));
    for seed in first..first + count {
        synchronise(seed, &mut tried, &mut refused);
    }
    eprintln!("{tried} records; {refused:?}");
    assert!(tried > count, "{tried}");
}
