//! The laws of lenses on random schemas, evolutions of them, records and edits, for both engines.
//!
//! `PANPROTO_CASES` says how many, `PANPROTO_SEED` where to begin. A case that fails is made small and kept in
//! `tests/regressions`, where `kept_cases_hold` finds it from then on.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod both;
mod generated;

use generated::case::{Case, Lens, Tally, hints_to, parse};
use generated::record::Maker;
use generated::shrink::{caught, folder, keep, kind, shrink};
use generated::{answer, cases, names, seed};
use panproto_core::align::Hints;
use panproto_testkit::generate::{Document, Node, Random, edit, evolve, mutate_bytes, respace};
use std::collections::BTreeMap;

/// Some records of a schema.
fn record(random: &mut Random, case: &Case, known: &[String]) -> Node {
    let schema = parse(&case.language, &case.old).unwrap();
    let odd = if random.chance(30) { 30 } else { 0 };
    let mut maker = Maker { schema: &schema, random, names: known, odd, left: 60 };
    maker.value(schema.main(), 0)
}

/// The case of a seed: its schemas, and a lens if there is one.
fn schemas(random: &mut Random) -> (Case, Vec<String>) {
    let old = Document::random(random, random.clone().chance(25));
    let new = evolve(random, &old);
    let fields = new.fields.iter().map(|(from, to)| (from.clone(), to.clone())).collect();
    let hints = Hints { fields, ..Hints::default() };
    let case = Case {
        language: old.language().to_owned(),
        old: old.text(),
        new: new.document.text(),
        hints: hints_to(&hints),
        ..Case::default()
    };
    (case, new.steps)
}

#[derive(Default)]
struct Totals {
    tally: Tally,
    lenses: u64,
    computing: u64,
    questions: BTreeMap<String, u64>,
    failures: BTreeMap<String, (u64, String)>,
}

fn run(seed: u64, computing: bool, totals: &mut Totals) {
    let mut random = Random::new(seed);
    let (mut case, steps) = schemas(&mut random);
    let known = {
        let schemas = [&case.old, &case.new].map(|text| {
            parse(&case.language, text).unwrap_or_else(|| panic!("the generator wrote no schema: {text}"))
        });
        let mut known = names(&schemas[0]);
        known.extend(names(&schemas[1]));
        known
    };
    let (old, new) = (parse(&case.language, &case.old).unwrap(), parse(&case.language, &case.new).unwrap());
    let mut hints = generated::case::hints_from(&case.hints);
    // A rename whose target went away again is no hint.
    let derived = caught(|| answer::derive_answering(&old, &new, &mut hints));
    let machine = match derived {
        Ok(Ok(machine)) => machine,
        Ok(Err(questions)) => {
            for question in questions {
                *totals.questions.entry(question.code.to_owned()).or_default() += 1;
            }
            return;
        }
        Err(message) => {
            let code =
                message.lines().nth(1).unwrap_or_default().split(['`', '(']).next().unwrap_or_default();
            *totals.questions.entry(code.to_owned()).or_default() += 1;
            assert!(message.contains("unknown-path"), "{message}\n{steps:?}\n{}\n{}", case.old, case.new);
            return;
        }
    };
    case.hints = hints_to(&hints);
    totals.lenses += 1;
    let again = answer::derive(&old, &new, &hints).unwrap();
    assert_eq!(machine.fingerprint, again.fingerprint, "two derivations of one lens differ");
    let machine = match computing {
        false => machine,
        true => {
            case.computing = seed;
            match answer::derive_computing(&old, &new, &hints, seed) {
                Ok(other) if other.fingerprint != machine.fingerprint => other,
                Ok(_) => {
                    *totals.questions.entry("nothing-to-compute".to_owned()).or_default() += 1;
                    return;
                }
                Err(questions) => {
                    for question in questions {
                        *totals.questions.entry(question.code.to_owned()).or_default() += 1;
                    }
                    return;
                }
            }
        }
    };
    totals.computing += u64::from(computing);
    let mut lens = Lens::new(machine);
    for _ in 0..4 {
        let node = record(&mut random, &case, &known);
        case.record = node.to_string();
        case.other = record(&mut random, &case, &known).to_string();
        if random.chance(10) {
            let mut odd = node.clone();
            edit(&mut random, &mut odd, &known);
            case.record = odd.to_string();
        }
        if random.chance(10) {
            case.record = respace(&mut random, &case.record);
        }
        case.edits.clear();
        let viewed = caught(|| lens.both.get_bytes(case.record.as_bytes()));
        if let Ok(Ok((view, _))) = &viewed
            && let Some(view) = Node::parse(&String::from_utf8_lossy(view))
        {
            for _ in 0..6 {
                let mut edited = view.clone();
                edit(&mut random, &mut edited, &known);
                case.edits.push(edited.to_string());
            }
        }
        if let Err(message) = caught(|| case.check_on(&mut lens)) {
            fail(totals, seed, &case, &message);
            return;
        }
        if let Ok(Ok((view, memory))) = viewed {
            let damaged = caught(|| damage(&mut random, &mut lens, case.record.as_bytes(), &view, &memory));
            if let Err(message) = damaged {
                let entry = totals.failures.entry(kind(&message)).or_default();
                entry.0 += 1;
                entry.1 = format!("seed {seed}: {message}\n{}\n{}", case.old, case.new);
                return;
            }
        }
    }
    lens.tally.given_up = lens.both.plan.given_up();
    totals.tally.add(lens.tally);
}

fn damage(random: &mut Random, lens: &mut Lens, record: &[u8], view: &[u8], memory: &[u8]) {
    for _ in 0..6 {
        let text = mutate_bytes(random, record);
        lens.anything(&text, memory);
        let text = mutate_bytes(random, view);
        lens.anything(&text, memory);
        let damaged = mutate_bytes(random, memory);
        lens.damaged(view, &damaged);
    }
}

fn fail(totals: &mut Totals, seed: u64, case: &Case, message: &str) {
    let entry = totals.failures.entry(kind(message)).or_default();
    entry.0 += 1;
    if entry.0 == 1 {
        let (small, message) = shrink(case, message);
        let path = keep(&format!("seed-{seed}"), &small);
        entry.1 = format!(
            "seed {seed}, kept as {}\n{message}\nold {}\nnew {}\nhints {}\nrecord {}\nother {}\nedits {:#?}",
            path.display(),
            small.old,
            small.new,
            small.hints,
            small.record,
            small.other,
            small.edits
        );
    }
}

#[test]
fn random_lenses_keep_the_laws() {
    let mut totals = Totals::default();
    let (first, count) = (seed(), cases(300));
    for seed in first..first + count {
        run(seed, false, &mut totals);
    }
    eprintln!("{} lenses of {count} pairs; open: {:?}\n{:?}", totals.lenses, totals.questions, totals.tally);
    for (count, example) in totals.failures.values() {
        eprintln!("\n{count} times: {example}");
    }
    assert!(totals.failures.is_empty(), "{} kinds of failures", totals.failures.len());
    let tally = totals.tally;
    // The generators make something of everything.
    assert!(totals.lenses * 2 > count, "{} lenses", totals.lenses);
    assert!(tally.valid * 2 > tally.records, "{tally:?}");
    assert!(tally.in_domain * 5 > tally.edits, "{tally:?}");
}

#[test]
fn random_lenses_that_compute_keep_the_laws() {
    let mut totals = Totals::default();
    let (first, count) = (seed(), cases(300));
    for seed in first..first + count {
        run(seed, true, &mut totals);
    }
    eprintln!(
        "{} lenses of {count} pairs compute; open: {:?}\n{:?}",
        totals.computing, totals.questions, totals.tally
    );
    for (count, example) in totals.failures.values() {
        eprintln!("\n{count} times: {example}");
    }
    assert!(totals.failures.is_empty(), "{} kinds of failures", totals.failures.len());
    let tally = totals.tally;
    assert!(totals.computing * 4 > count, "{} lenses", totals.computing);
    assert!(tally.viewed * 2 > tally.records, "{tally:?}");
    assert!(tally.in_domain * 10 > tally.edits, "{tally:?}");
}

#[test]
fn kept_cases_hold() {
    let mut paths: Vec<_> = std::fs::read_dir(folder())
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    paths.sort();
    let mut failures = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        let text = std::fs::read(path).unwrap();
        let case = Case::from_json(&serde_json::from_slice(&text).unwrap());
        if let Err(message) = caught(|| case.check()) {
            failures.push(format!("{}: {message}", path.display()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
