//! Time per record of the three workloads, natively: `cargo run --profile optimised --example plan_speed`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use panproto_core::align::{Hints, between};
use panproto_core::diagnostic::{Diagnostic, Kind, Result};
use panproto_core::language::{self, Options};
use panproto_core::lens::compile::compile;
use panproto_core::lens::{Engine, Note};
use panproto_core::limits::Budget;
use panproto_core::plan::{Executor, Program};
use panproto_testkit::workload::{self, Pair};
use std::sync::Arc;
use std::time::Instant;

type Case = (&'static str, [String; 2], Vec<Pair>, &'static [(&'static str, &'static str)]);

struct Absent;

impl Engine for Absent {
    fn get(&mut self, _: &[u8], _: &mut Vec<u8>, _: Option<&mut Vec<u8>>) -> Result<()> {
        Err(Diagnostic::error(Kind::Internal, "given-up", "the executor gave a record up"))
    }

    fn put(&mut self, _: &[u8], _: Option<&[u8]>, _: &mut Vec<u8>, _: &mut Vec<Note>) -> Result<()> {
        Err(Diagnostic::error(Kind::Internal, "given-up", "the executor gave a view up"))
    }
}

fn main() {
    let only = std::env::args().nth(1);
    let rounds: usize = std::env::args().nth(2).map_or(15, |text| text.parse().unwrap());
    let cases: [Case; 3] = [
        (
            "W1",
            workload::w1_lexicons(),
            workload::w1(2000),
            &[("text", "body"), ("createdAt", "publishedAt")],
        ),
        ("W2", workload::w2_lexicons(), workload::w2(1000), &[("f00", "g00"), ("f03", "g03")]),
        (
            "W3",
            workload::w3_lexicons(),
            workload::w3(10),
            &[("title", "heading"), ("items[].value", "items[].amount")],
        ),
    ];
    for (name, lexicons, pairs, hints) in cases {
        if only.as_ref().is_some_and(|only| only != name && only != "all") {
            continue;
        }
        let program = program(&lexicons, hints);
        let mut executor = Executor::beside(&program, Box::new(Absent), Budget::default());
        let (mut views, mut bodies) = (Vec::new(), Vec::new());
        for (record, expected) in &pairs {
            let (mut view, mut body) = (Vec::new(), Vec::new());
            executor.get(record.as_bytes(), &mut view, Some(&mut body)).expect(name);
            let value = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).unwrap();
            assert_eq!(value(&view), value(expected.as_bytes()), "{name}");
            views.push(view);
            bodies.push(body);
        }
        let sizes = [
            pairs.iter().map(|pair| pair.0.len()).sum::<usize>(),
            views.iter().map(Vec::len).sum(),
            bodies.iter().map(Vec::len).sum(),
        ]
        .map(|total| total / pairs.len());
        println!("{name}: record {} bytes, view {}, body {}", sizes[0], sizes[1], sizes[2]);
        let mut out = Vec::new();
        let mut memory = Vec::new();
        let mut notes = Vec::new();
        time("lift", rounds, pairs.len(), || {
            for (record, _) in &pairs {
                out.clear();
                executor.get(record.as_bytes(), &mut out, None).unwrap();
            }
        });
        time("get", rounds, pairs.len(), || {
            for (record, _) in &pairs {
                out.clear();
                memory.clear();
                executor.get(record.as_bytes(), &mut out, Some(&mut memory)).unwrap();
            }
        });
        for ((view, body), (record, _)) in views.iter().zip(&bodies).zip(&pairs) {
            out.clear();
            match executor.put(view, Some(body), &mut out, &mut notes) {
                Ok(()) => assert_eq!(std::str::from_utf8(&out).unwrap(), record),
                Err(error) => {
                    println!("  put: {error}");
                    break;
                }
            }
        }
        time("put", rounds, pairs.len(), || {
            for (view, body) in views.iter().zip(&bodies) {
                out.clear();
                let _ = executor.put(view, Some(body), &mut out, &mut notes);
            }
        });
        time("create", rounds, pairs.len(), || {
            for view in &views {
                out.clear();
                let _ = executor.put(view, None, &mut out, &mut notes);
            }
        });
    }
}

fn time(what: &str, rounds: usize, records: usize, mut run: impl FnMut()) {
    if std::env::var("ONLY").is_ok_and(|only| only != what) {
        return;
    }
    let mut best = f64::MAX;
    let mut all: Vec<f64> = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        run();
        let spent = start.elapsed().as_secs_f64() * 1e6 / records as f64;
        best = best.min(spent);
        all.push(spent);
    }
    if std::env::var_os("SAMPLES").is_some() {
        println!("    {all:.0?}");
    }
    all.sort_by(f64::total_cmp);
    println!("  {what:8} median {:9.3} us, best {best:9.3} us", all[all.len() / 2]);
}

fn program(lexicons: &[String; 2], hints: &[(&str, &str)]) -> Arc<Program> {
    let [source, target] = [0, 1].map(|at| {
        let text = lexicons[at].as_bytes();
        let parsed = language::parse("atproto", &[text], &Options::default(), &mut Budget::default());
        Arc::new(parsed.into_result().unwrap())
    });
    let fields = hints.iter().map(|(from, to)| (from.to_string(), Some(to.to_string()))).collect();
    let hints = Hints { fields, ..Hints::default() };
    let migration = between(&source, &target, &hints, &mut Budget::default()).unwrap();
    let compiled = compile(&migration, &mut Budget::default()).unwrap();
    assert!(compiled.questions.is_empty(), "{:?}", compiled.questions);
    Arc::new(Program::lower(&Arc::new(compiled.machine.unwrap())))
}
