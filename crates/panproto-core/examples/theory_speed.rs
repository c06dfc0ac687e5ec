//! Medians of operations on theories of 1,000 sorts, natively:
//! `cargo run --profile optimised -p panproto-core --example theory_speed`.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use panproto_core::limits::{Budget, Limits};
use panproto_core::theory::{
    Signature, Theory, TheoryMorphism, apply_all, check_rewriting, colimit_by_name, factorize, pullback,
    pushout,
};
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

/// `sorts` sorts in a row: an operation from each to the next, one back, an equation and a rule for each pair.
fn row(name: &str, prefix: &str, sorts: usize) -> Theory {
    let mut lines = String::new();
    for at in 0..sorts {
        writeln!(lines, "sort {prefix}{at}").unwrap();
    }
    for at in 1..sorts {
        let before = at - 1;
        writeln!(lines, "op {prefix}up{at}(x {prefix}{before}) {prefix}{at}").unwrap();
        writeln!(lines, "op {prefix}down{at}(x {prefix}{at}) {prefix}{before}").unwrap();
        writeln!(lines, "eq {prefix}e{at} {prefix}up{at}({prefix}down{at}(x)) = x").unwrap();
        writeln!(lines, "rule {prefix}r{at} {prefix}down{at}({prefix}up{at}(x)) = x").unwrap();
    }
    Theory::declare(name, &lines).unwrap()
}

/// The morphism that renames one row into another.
fn rename(from: &Theory, to: &Theory) -> TheoryMorphism {
    let pairs = |from: Vec<_>, to: Vec<_>| from.into_iter().zip(to).collect();
    TheoryMorphism {
        name: "rename".into(),
        domain: from.name.clone(),
        codomain: to.name.clone(),
        sort_map: pairs(
            from.sorts.iter().map(|sort| sort.name.clone()).collect(),
            to.sorts.iter().map(|sort| sort.name.clone()).collect(),
        ),
        op_map: pairs(
            from.ops.iter().map(|op| op.name.clone()).collect(),
            to.ops.iter().map(|op| op.name.clone()).collect(),
        ),
    }
}

fn measure<T>(what: &str, mut run: impl FnMut(&mut Budget) -> T) {
    let mut times: Vec<f64> = (0..15)
        .map(|_| {
            let start = Instant::now();
            black_box(run(&mut Budget::default()));
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "{what:<28} {:>8.2} ms (median of {}; {:.2} to {:.2})",
        times[7],
        times.len(),
        times[0],
        times[14]
    );
}

fn main() {
    let sorts = std::env::args().nth(1).map_or(1000, |text| text.parse().unwrap());
    let (one, two) = (row("A", "a", sorts), row("B", "b", sorts));
    let text = one.to_json();
    println!(
        "{sorts} sorts, {} operations, {} axioms, {} bytes",
        one.ops.len(),
        one.axioms().count(),
        text.len()
    );
    let budget = &mut Budget::default();
    let (a, b) = (Signature::check(&one, budget).unwrap(), Signature::check(&two, budget).unwrap());
    let along = rename(&one, &two);
    let back = rename(&two, &one);
    measure("parse", |_| Theory::parse(text.as_bytes(), &Limits::DEFAULT).unwrap());
    measure("print", |_| one.to_json());
    measure("check", |budget| Signature::check(&one, budget).map(|_| ()).unwrap());
    measure("check of rewriting", |budget| check_rewriting(&one, budget).unwrap());
    measure("check of a morphism", |budget| along.check(&a, &b, budget).unwrap());
    measure("composition", |_| along.then(&back).unwrap());
    measure("colimit by name", |budget| colimit_by_name(&one, &two, &Theory::new("none"), budget).unwrap());
    measure("pushout along itself", |budget| {
        let same = TheoryMorphism::identity(&one);
        pushout(&one, &two, &same, &along, budget).unwrap()
    });
    measure("pullback along itself", |budget| {
        let same = TheoryMorphism::identity(&two);
        pullback(&one, &two, &along, &same, budget).unwrap()
    });
    let steps = factorize(&along, &one, &two, budget).unwrap();
    println!("{} elementary steps", steps.len());
    measure("factorisation", |budget| factorize(&along, &one, &two, budget).unwrap());
    let changes: Vec<_> = steps.into_iter().map(|step| step.transform).collect();
    measure("all steps applied", |budget| apply_all(&changes, &one, budget).unwrap());
}
