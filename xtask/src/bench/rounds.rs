//! A run: hosts take turns, round after round.

use super::host::Host;
use super::known::{Benchmark, Known};
use super::results::{self, Sample};
use super::{Plan, Tier, machine, prepare};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// How long, how often.
struct Settings {
    rounds: usize,
    sample_ms: u64,
    warm_ms: u64,
    /// A benchmark of a host that has taken this long has no further samples.
    most_ms: u64,
}

impl Settings {
    fn of(tier: Tier) -> Settings {
        match tier {
            Tier::Fast => Settings { rounds: 5, sample_ms: 6, warm_ms: 15, most_ms: 4_000 },
            Tier::Full => Settings { rounds: 15, sample_ms: 40, warm_ms: 250, most_ms: 60_000 },
            Tier::Check => Settings { rounds: 1, sample_ms: 0, warm_ms: 0, most_ms: 0 },
        }
    }
}

/// Runs what the plan asks for. Everything that is known is in the answer.
pub fn run(root: &Path, plan: &Plan, known: &Known) -> Result<Value, String> {
    let commands = prepare::hosts(root, plan)?;
    let load_before = machine::load();
    let settings = Settings::of(plan.tier);
    let started = (machine::now(), Instant::now());
    let (mut hosts, told) = start(root, plan, known, commands);
    let mut measurements = Vec::new();
    let many = known.benchmarks.len();
    for (at, benchmark) in known.benchmarks.iter().enumerate() {
        let mut found = BTreeMap::new();
        let taking_part = take_part(benchmark, plan, &hosts, &told, &mut found);
        if !taking_part.is_empty() {
            eprintln!(
                "bench    {:5.1} s  {:3}/{many} {}",
                started.1.elapsed().as_secs_f64(),
                at + 1,
                benchmark.id
            );
            measure(benchmark, &taking_part, &mut hosts, &settings, &mut found);
        }
        measurements.extend(benchmark.hosts.iter().filter_map(|host| found.remove(host)));
    }
    drop(hosts);
    let mut machine = machine::machine(load_before);
    machine["load_after"] = json!(machine::load());
    Ok(json!({
        "format": 1,
        "tier": plan.tier.name(),
        "started": started.0,
        "seconds": (started.1.elapsed().as_secs_f64() * 10.0).round() / 10.0,
        "command": plan.command,
        "commit": machine::commit(root),
        "machine": machine,
        "versions": machine::versions(),
        "module": machine::module(root),
        "data": machine::data(root)?,
        "settings": {
            "rounds": settings.rounds,
            "sample_ms": settings.sample_ms,
            "warm_ms": settings.warm_ms,
            "most_ms": settings.most_ms,
            "filter": plan.filter,
        },
        "hosts": told,
        "measurements": measurements,
    }))
}

/// Starts what can be started; says of every host whether it runs.
fn start(
    root: &Path,
    plan: &Plan,
    known: &Known,
    mut commands: prepare::Hosts,
) -> (BTreeMap<String, Host>, Map<String, Value>) {
    let hello = prepare::hello(root, plan.tier);
    let (mut hosts, mut told) = (BTreeMap::new(), Map::new());
    for (name, what) in &known.hosts {
        let asked = plan.hosts.as_ref().is_none_or(|hosts| hosts.contains(name));
        let command = match commands.remove(name.as_str()) {
            _ if !asked => Err("it is not asked for".to_owned()),
            Some(command) => command,
            None => Err("nobody knows how to start it".to_owned()),
        };
        match command.and_then(|command| Host::start(command, &hello)) {
            Ok(host) => {
                told.insert(name.clone(), json!({"what": what, "runs": true, "versions": host.versions}));
                hosts.insert(name.clone(), host);
            }
            Err(reason) => {
                if asked {
                    eprintln!("bench    {name} does not run: {reason}");
                }
                told.insert(name.clone(), json!({"what": what, "runs": false, "reason": reason}));
            }
        }
    }
    (hosts, told)
}

/// The hosts that measure a benchmark; why the others do not goes into `found`.
fn take_part(
    benchmark: &Benchmark,
    plan: &Plan,
    hosts: &BTreeMap<String, Host>,
    told: &Map<String, Value>,
    found: &mut BTreeMap<String, Value>,
) -> Vec<String> {
    let mut taking_part = Vec::new();
    for host in &benchmark.hosts {
        let name = format!("{}@{host}", benchmark.id);
        let reason = if plan.filter.as_ref().is_some_and(|filter| !name.contains(filter.as_str())) {
            "the filter leaves it out".to_owned()
        } else if plan.tier != Tier::Full && !benchmark.fast.contains(host) {
            "only with `--full`".to_owned()
        } else if plan.tier == Tier::Check && !checked(&benchmark.id) {
            "no part of a check".to_owned()
        } else if !hosts.contains_key(host) {
            let reason = told.get(host).and_then(|host| host.get("reason")).and_then(Value::as_str);
            reason.unwrap_or("it has ended").to_owned()
        } else {
            taking_part.push(host.clone());
            continue;
        };
        found.insert(host.clone(), outcome(benchmark, host, "not_run", &reason));
    }
    taking_part
}

/// What a check runs: everything whose output is compared, nothing that starts processes or takes long.
fn checked(id: &str) -> bool {
    ["w1.", "w2.", "w3.", "call.", "copy.in.1", "copy.out.1", "array.10.", "schema.parse.10"]
        .iter()
        .any(|start| id.starts_with(start))
        && !id.ends_with("10000000")
        && !id.ends_with(".10000")
}

fn outcome(benchmark: &Benchmark, host: &str, status: &str, reason: &str) -> Value {
    json!({"id": benchmark.id, "host": host, "status": status, "reason": reason})
}

/// A benchmark that is prepared in a host.
struct Turn {
    host: String,
    prepared: Value,
    samples: Vec<Sample>,
    spent: u128,
}

fn measure(
    benchmark: &Benchmark,
    taking_part: &[String],
    hosts: &mut BTreeMap<String, Host>,
    settings: &Settings,
    found: &mut BTreeMap<String, Value>,
) {
    let request = json!({"do": "prepare", "id": benchmark.id, "warm_ms": settings.warm_ms, "sample_ms": settings.sample_ms});
    let mut turns: Vec<Turn> = Vec::new();
    for name in taking_part {
        let Some(host) = hosts.get_mut(name) else { continue };
        match host.ask(&request) {
            Err(reason) => drop(found.insert(name.clone(), outcome(benchmark, name, "failed", &reason))),
            Ok(prepared) => match prepared.get("skip").and_then(Value::as_str) {
                Some(reason) => drop(found.insert(name.clone(), outcome(benchmark, name, "not_run", reason))),
                None => {
                    host.forget_peak();
                    let host = name.clone();
                    turns.push(Turn { host, prepared, samples: Vec::new(), spent: 0 });
                }
            },
        }
    }
    for round in 0..settings.rounds {
        // Nobody is always first after somebody else's rubbish.
        let many = turns.len().max(1);
        for at in 0..turns.len() {
            let Some(turn) = turns.get_mut((at + round) % many) else { continue };
            let Some(host) = hosts.get_mut(&turn.host) else { continue };
            let long = turn.spent > u128::from(settings.most_ms) && !turn.samples.is_empty();
            if long || found.contains_key(&turn.host) {
                continue;
            }
            let iterations = turn.prepared.get("iterations").and_then(Value::as_u64).unwrap_or(1);
            let asked = Instant::now();
            match host.ask(&json!({"do": "sample", "iterations": iterations})) {
                Ok(sample) => turn.samples.push(Sample {
                    wall: sample.get("wall_ns").and_then(Value::as_u64).unwrap_or_default(),
                    cpu: sample.get("cpu_ns").and_then(Value::as_u64),
                }),
                Err(reason) => {
                    drop(found.insert(turn.host.clone(), outcome(benchmark, &turn.host, "failed", &reason)))
                }
            }
            turn.spent += asked.elapsed().as_millis();
        }
    }
    for turn in turns {
        let Some(host) = hosts.get_mut(&turn.host) else { continue };
        let peak = host.peak();
        let ended = host.ask(&json!({"do": "end"})).unwrap_or_default();
        let measured = measured(benchmark, &turn, peak, &ended);
        found.entry(turn.host).or_insert(measured);
    }
}

fn measured(benchmark: &Benchmark, turn: &Turn, peak: Option<u64>, ended: &Value) -> Value {
    let number = |key: &str| turn.prepared.get(key).and_then(Value::as_u64);
    let (units, iterations) = (number("units").unwrap_or(1).max(1), number("iterations").unwrap_or(1).max(1));
    let each = units as f64 * iterations as f64;
    let wall: Vec<u64> = turn.samples.iter().map(|sample| sample.wall).collect();
    let cpu: Option<Vec<u64>> = turn.samples.iter().map(|sample| sample.cpu).collect();
    let facts = ended.get("facts").filter(|facts| facts.is_object()).cloned().unwrap_or_else(|| json!({}));
    let mut told = json!({
        "id": benchmark.id,
        "host": turn.host,
        "status": "measured",
        "unit": benchmark.unit,
        "units": units,
        "iterations": iterations,
        "samples": results::samples(&turn.samples),
        "wall_ns": results::spread(&wall, each),
        "cpu_ns": cpu.map(|cpu| results::spread(&cpu, each)),
        "peak_bytes": peak,
        "facts": facts,
    });
    for key in ["bytes", "output_bytes"] {
        if let Some(bytes) = number(key) {
            told[key] = bytes.into();
        }
    }
    told
}
