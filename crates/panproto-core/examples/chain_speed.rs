//! What a chain of fifty steps costs beside its fused form and beside a migration that says the same at once:
//! `cargo run --profile optimised --example chain_speed`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use panproto_core::align::{Hints, between};
use panproto_core::language::{self, Options};
use panproto_core::lens::chain::Chain;
use panproto_core::lens::{Engine, Lens};
use panproto_core::limits::{Budget, Cancel};
use panproto_core::ordered::BTreeMap;
use panproto_core::plan::Pipeline;
use panproto_core::schema::Schema;
use panproto_core::value::Json;
use panproto_testkit::workload;
use std::sync::Arc;
use std::time::Instant;

/// Fifty steps: adds, drops and renames of members that there are, some of them several times.
fn steps() -> String {
    let mut steps: Vec<String> = Vec::new();
    let rename = |steps: &mut Vec<String>, from: &str, to: &str| {
        steps.push(format!(r#"{{"step_type":"rename_field","name":"{from}","target":"{to}"}}"#));
    };
    for name in ["text", "createdAt", "langs", "tags", "facets"] {
        for turn in 0..5 {
            let from = if turn == 0 { name.to_owned() } else { format!("{name}{turn}") };
            rename(&mut steps, &from, &format!("{name}{}", turn + 1));
        }
    }
    for at in 0..24 {
        steps.push(format!(
            r#"{{"step_type":"add_field","name":"added{at}","kind":"string","default":"value {at}"}}"#
        ));
    }
    steps.push(r#"{"step_type":"remove_field","name":"sensitive"}"#.to_owned());
    assert_eq!(steps.len(), 50);
    format!("[{}]", steps.join(","))
}

fn main() {
    let rounds: usize = std::env::args().nth(1).map_or(15, |text| text.parse().unwrap());
    let mut budget = Budget::default();
    let [old, _] = workload::w1_lexicons();
    let parsed = language::parse("atproto", &[old.as_bytes()], &Options::default(), &mut budget);
    let schema: Arc<Schema> = parsed.into_result().unwrap().into();
    let chain = Chain::parse(&steps()).unwrap();
    let row = chain.stages(&schema, &mut budget).unwrap();
    let start = Instant::now();
    let fused = row.fuse(&mut budget).unwrap();
    println!("fusing {} stages to {}: {:?}", row.len(), fused.len(), start.elapsed());
    for obstacle in fused.obstacles(&mut budget).unwrap() {
        println!("  apart at `{}`: {}", obstacle.path, obstacle.why);
    }
    let mut fields = BTreeMap::from([("sensitive".to_owned(), None)]);
    for name in ["text", "createdAt", "langs", "tags", "facets"] {
        fields.insert(name.to_owned(), Some(format!("{name}5")));
    }
    let defaults = (0..24).map(|at| (format!("added{at}"), Json::string(&format!("value {at}")))).collect();
    let hints = Hints { fields, defaults, ..Hints::default() };
    let migration = between(&schema, fused.target(), &hints, &mut budget).unwrap();
    let hand = Lens::of(Arc::new(migration), &mut budget).unwrap();
    let records: Vec<String> = workload::w1(2000).into_iter().map(|pair| pair.0).collect();
    let nested = r#"[{"step_type":"rename_field","name":"text","target":"body"},
        {"step_type":"nest_field","name":"body","intermediate":"content"},
        {"step_type":"rename_field","name":"createdAt","target":"publishedAt"}]"#;
    let apart = Chain::parse(nested).and_then(|chain| chain.lens(&schema, &mut budget));
    let mut lenses = vec![("fifty stages", row), ("the chain, fused", fused), ("by hand", hand)];
    match apart {
        Ok(lens) => lenses.push(("three steps of which one nests", lens)),
        Err(error) => println!("{error}"),
    }
    let mut medians = Vec::new();
    for (name, lens) in lenses {
        let stages = lens.len();
        let lens = Arc::new(lens);
        let mut pipeline = Pipeline::new(&lens, Budget::default(), &Cancel::default());
        let (mut views, mut bodies) = (Vec::new(), Vec::new());
        for record in &records {
            let (mut view, mut body) = (Vec::new(), Vec::new());
            pipeline.get(record.as_bytes(), &mut view, Some(&mut body)).expect(name);
            views.push(view);
            bodies.push(body);
        }
        let mut out = Vec::new();
        let lift = time(rounds, records.len(), &mut pipeline, |pipeline| {
            for record in &records {
                out.clear();
                pipeline.get(record.as_bytes(), &mut out, None).unwrap();
            }
        });
        let mut notes = Vec::new();
        let put = time(rounds, records.len(), &mut pipeline, |pipeline| {
            for (view, body) in views.iter().zip(&bodies) {
                out.clear();
                pipeline.put(view, Some(body), &mut out, &mut notes).unwrap();
            }
        });
        println!(
            "{name:>28} ({stages} stages): lift {lift:.2} µs, put {put:.2} µs a record, {} left to the clear engine",
            pipeline.given_up()
        );
        medians.push(lift);
    }
    if let [row, fused, hand, ..] = medians.as_slice() {
        println!("stages / fused {:.2}, fused / by hand {:.2}", row / fused, fused / hand);
    }
}

/// The median of the rounds, in microseconds a record.
fn time(rounds: usize, records: usize, pipeline: &mut Pipeline, mut run: impl FnMut(&mut Pipeline)) -> f64 {
    let mut samples: Vec<f64> = (0..rounds.max(1))
        .map(|_| {
            pipeline.renew(Budget::default());
            let start = Instant::now();
            run(pipeline);
            start.elapsed().as_secs_f64() * 1e6 / records as f64
        })
        .collect();
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
