//! Chains and theories: a chain of fifty steps beside its fused form and beside a migration that says the same at once,
//! and operations on theories of many sorts.

use crate::serve::Ready;
use panproto_core::align::{Hints, between};
use panproto_core::diagnostic::Result as Outcome;
use panproto_core::language::{self, Options};
use panproto_core::lens::chain::Chain;
use panproto_core::lens::{Engine as _, Lens};
use panproto_core::limits::{Budget, Cancel, Limits};
use panproto_core::ordered::BTreeMap;
use panproto_core::plan::Pipeline;
use panproto_core::theory::{
    Signature, Theory, TheoryMorphism, apply_all, check_rewriting, colimit_by_name, factorize, pullback,
    pushout,
};
use panproto_core::value::Json;
use panproto_testkit::workload;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::hint::black_box;
use std::sync::Arc;

/// Members that the chain renames five times each.
const RENAMED: [&str; 5] = ["text", "createdAt", "langs", "tags", "facets"];
/// Members that it adds.
const ADDED: usize = 24;

/// An operation under a budget of its own.
type Work = Box<dyn FnMut(&mut Budget) -> Outcome<()>>;

fn told<T>(result: Outcome<T>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

/// Fifty steps over posts: 25 renames, 24 members with defaults, and a drop.
fn steps() -> String {
    let mut steps = Vec::new();
    for name in RENAMED {
        for turn in 1..=5 {
            let from = if turn == 1 { name.to_owned() } else { format!("{name}{}", turn - 1) };
            steps.push(json!({"step_type": "rename_field", "name": from, "target": format!("{name}{turn}")}));
        }
    }
    for at in 0..ADDED {
        let (name, default) = (format!("added{at}"), format!("value {at}"));
        steps.push(json!({"step_type": "add_field", "name": name, "kind": "string", "default": default}));
    }
    steps.push(json!({"step_type": "remove_field", "name": "sensitive"}));
    Value::Array(steps).to_string()
}

/// `stages`: step by step; `lens`: as a chain runs; `hand`: one migration that was stated as one.
pub(crate) fn chain(form: &str, operation: &str, records: usize) -> Result<Option<Ready>, String> {
    let budget = &mut Budget::default();
    let [old, _] = workload::w1_lexicons();
    let parsed = language::parse("atproto", &[old.as_bytes()], &Options::default(), budget);
    let schema = Arc::new(told(parsed.into_result())?);
    let chain = told(Chain::parse(&steps()))?;
    let lens = match form {
        "stages" => told(chain.stages(&schema, budget))?,
        "lens" => told(chain.lens(&schema, budget))?,
        "hand" => {
            let target = told(chain.lens(&schema, budget))?;
            let mut fields: BTreeMap<String, Option<String>> =
                RENAMED.iter().map(|name| ((*name).to_owned(), Some(format!("{name}5")))).collect();
            fields.insert("sensitive".to_owned(), None);
            let defaults =
                (0..ADDED).map(|at| (format!("added{at}"), Json::string(&format!("value {at}")))).collect();
            let hints = Hints { fields, defaults, ..Hints::default() };
            let migration = told(between(&schema, target.target(), &hints, budget))?;
            told(Lens::of(Arc::new(migration), budget))?
        }
        _ => return Ok(None),
    };
    let facts = json!({"stages": lens.len()});
    let lens = Arc::new(lens);
    let mut pipeline = Pipeline::new(&lens, Budget::default(), &Cancel::default());
    let records: Vec<String> = workload::w1(records).into_iter().map(|pair| pair.0).collect();
    let mut got = Vec::with_capacity(records.len());
    for record in &records {
        let (mut view, mut body) = (Vec::new(), Vec::new());
        told(pipeline.get(record.as_bytes(), &mut view, Some(&mut body)))?;
        got.push((view, body));
    }
    let (units, bytes) = (records.len() as u64, records.iter().map(String::len).sum::<usize>() as u64);
    let mut out = Vec::new();
    let run: Box<dyn FnMut() -> Result<(), String>> = match operation {
        "lift" => Box::new(move || {
            pipeline.renew(Budget::default());
            for record in &records {
                out.clear();
                told(pipeline.get(black_box(record.as_bytes()), &mut out, None))?;
            }
            Ok(())
        }),
        "put" => Box::new(move || {
            pipeline.renew(Budget::default());
            for (view, body) in &got {
                out.clear();
                told(pipeline.put(black_box(view), Some(body), &mut out, &mut Vec::new()))?;
            }
            Ok(())
        }),
        _ => return Ok(None),
    };
    Ok(Some(Ready { run, units, bytes, output: None, facts }))
}

/// `sorts` sorts in a row: an operation from each to the next, one back, an equation and a rule for each pair.
fn row(name: &str, prefix: &str, sorts: usize) -> Result<Theory, String> {
    let mut lines = String::new();
    for at in 0..sorts {
        let _ = writeln!(lines, "sort {prefix}{at}");
    }
    for at in 1..sorts {
        let before = at - 1;
        let _ = writeln!(lines, "op {prefix}up{at}(x {prefix}{before}) {prefix}{at}");
        let _ = writeln!(lines, "op {prefix}down{at}(x {prefix}{at}) {prefix}{before}");
        let _ = writeln!(lines, "eq {prefix}e{at} {prefix}up{at}({prefix}down{at}(x)) = x");
        let _ = writeln!(lines, "rule {prefix}r{at} {prefix}down{at}({prefix}up{at}(x)) = x");
    }
    told(Theory::declare(name, &lines))
}

/// The morphism that renames one row into another.
fn rename(from: &Theory, to: &Theory) -> TheoryMorphism {
    let sorts = from.sorts.iter().zip(&to.sorts);
    let ops = from.ops.iter().zip(&to.ops);
    TheoryMorphism {
        name: "rename".into(),
        domain: from.name.clone(),
        codomain: to.name.clone(),
        sort_map: sorts.map(|(from, to)| (from.name.clone(), to.name.clone())).collect(),
        op_map: ops.map(|(from, to)| (from.name.clone(), to.name.clone())).collect(),
    }
}

/// An operation on theories of so many sorts.
pub(crate) fn theory(sorts: &str, operation: &str) -> Result<Option<Ready>, String> {
    let sorts = sorts.parse().map_err(|_| format!("`{sorts}` is no number of sorts"))?;
    let (one, two) = (row("A", "a", sorts)?, row("B", "b", sorts)?);
    let text = one.to_json();
    let bytes = text.len() as u64;
    let facts = json!({"sorts": sorts, "operations": one.ops.len(), "axioms": one.axioms().count()});
    let along = rename(&one, &two);
    let mut run: Work = match operation {
        "parse" => Box::new(move |_| Theory::parse(black_box(text.as_bytes()), &Limits::DEFAULT).map(drop)),
        "check" => Box::new(move |budget| Signature::check(black_box(&one), budget).map(|_| ())),
        "rewriting" => Box::new(move |budget| {
            black_box(check_rewriting(&one, budget)?);
            Ok(())
        }),
        "morphism" => Box::new(move |budget| {
            let (a, b) = (Signature::check(&one, budget)?, Signature::check(&two, budget)?);
            along.check(&a, &b, budget).map(drop)
        }),
        "composition" => {
            let back = rename(&two, &one);
            Box::new(move |_| along.then(&back).map(drop))
        }
        "colimit" => {
            Box::new(move |budget| colimit_by_name(&one, &two, &Theory::new("none"), budget).map(drop))
        }
        "pushout" => Box::new(move |budget| {
            pushout(&one, &two, &TheoryMorphism::identity(&one), &along, budget).map(drop)
        }),
        "pullback" => Box::new(move |budget| {
            pullback(&one, &two, &along, &TheoryMorphism::identity(&two), budget).map(drop)
        }),
        "factorization" => Box::new(move |budget| factorize(&along, &one, &two, budget).map(drop)),
        "application" => {
            let steps = told(factorize(&along, &one, &two, &mut Budget::default()))?;
            let changes: Vec<_> = steps.into_iter().map(|step| step.transform).collect();
            Box::new(move |budget| apply_all(&changes, &one, budget).map(drop))
        }
        _ => return Ok(None),
    };
    let run = Box::new(move || told(run(&mut Budget::default())));
    Ok(Some(Ready { run, units: 1, bytes, output: None, facts }))
}
