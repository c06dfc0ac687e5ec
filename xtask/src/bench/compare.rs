//! Two runs side by side: ratios with spreads, and which of them are beyond noise.

use super::results::{number, shown, time};
use crate::files;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// A difference below this is never told from noise: caches, placement of code.
const LEAST: f64 = 0.03;

/// What a normal spread is of its median distance.
const SIGMA: f64 = 1.4826;

/// Prints the comparison.
pub fn run(before: &Path, after: &Path) -> Result<(), String> {
    let read = |path: &Path| -> Result<Value, String> {
        let value: Value = serde_json::from_slice(&files::read(path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        match value.get("format").and_then(Value::as_u64) {
            Some(1) => Ok(value),
            _ => Err(format!("{}: these are no results of format 1", path.display())),
        }
    };
    print!("{}", compared(&read(before)?, &read(after)?));
    Ok(())
}

/// What a pair of measurements says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Faster,
    Slower,
    Noise,
}

/// The ratio of medians, its relative uncertainty, and whether it is beyond noise.
fn judged(before: &Value, after: &Value, samples: [usize; 2]) -> (f64, f64, Verdict) {
    let [a, b] = [before, after].map(|spread| number(spread, "median").max(f64::MIN_POSITIVE));
    // The standard error of a median is that of a mean by 1.2533. Few samples know their own spread badly.
    let error = |spread: &Value, median: f64, samples: usize| {
        let sigma = SIGMA * number(spread, "mad") / median;
        1.2533 * sigma / (samples.max(1) as f64).sqrt()
    };
    let uncertain = error(before, a, samples[0]).hypot(error(after, b, samples[1]));
    let ratio = b / a;
    let apart =
        number(after, "lower") > number(before, "upper") || number(after, "upper") < number(before, "lower");
    let beyond =
        (ratio.ln()).abs() > (3.0 * uncertain).max(LEAST) && apart && samples.iter().all(|count| *count >= 3);
    let verdict = match beyond {
        false => Verdict::Noise,
        true if ratio < 1.0 => Verdict::Faster,
        true => Verdict::Slower,
    };
    (ratio, uncertain, verdict)
}

fn compared(before: &Value, after: &Value) -> String {
    let mut out = String::new();
    for key in ["processor", "cores", "system"] {
        let [a, b] = [before, after].map(|run| run.get("machine").and_then(|machine| machine.get(key)));
        if a != b {
            out.push_str(&format!("other machine: {key} {} and {}\n", text(a), text(b)));
        }
    }
    let [a, b] = [before, after].map(|run| run.get("tier"));
    if a != b {
        out.push_str(&format!("other tier: {} and {}\n", text(a), text(b)));
    }
    for (host, versions) in differing(before, after) {
        out.push_str(&format!("other versions: {host}: {versions}\n"));
    }
    let [old, new] = [before, after].map(measured);
    let mut counts = BTreeMap::new();
    for ((id, host), a) in &old {
        let Some(b) = new.get(&(id.clone(), host.clone())) else { continue };
        let (Some(first), Some(second)) = (time(a), time(b)) else { continue };
        let samples = [a, b].map(|one| one.get("samples").and_then(Value::as_array).map_or(0, Vec::len));
        let (ratio, uncertain, verdict) = judged(first, second, samples);
        let said = match verdict {
            Verdict::Faster => "faster",
            Verdict::Slower => "SLOWER",
            Verdict::Noise => "",
        };
        *counts.entry(verdict as u8).or_insert(0) += 1;
        out.push_str(&format!(
            "{id:28} {host:15} {:>10} {:>10}  ×{ratio:.3} ±{:.1}%  {said}\n",
            shown(number(first, "median")),
            shown(number(second, "median")),
            uncertain * 100.0
        ));
    }
    for (label, one, other) in [("only before", &old, &new), ("only after", &new, &old)] {
        for (id, host) in one.keys().filter(|key| !other.contains_key(*key)) {
            out.push_str(&format!("{label}: {id} in {host}\n"));
        }
    }
    let count = |verdict: Verdict| counts.get(&(verdict as u8)).copied().unwrap_or(0);
    out.push_str(&format!(
        "{} faster, {} slower, {} within noise\n",
        count(Verdict::Faster),
        count(Verdict::Slower),
        count(Verdict::Noise)
    ));
    out
}

fn measured(run: &Value) -> BTreeMap<(String, String), &Value> {
    let all = run.get("measurements").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let done = all.iter().filter(|one| one.get("status").and_then(Value::as_str) == Some("measured"));
    done.map(|one| ((text(one.get("id")), text(one.get("host"))), one)).collect()
}

/// Hosts whose versions are not the same.
fn differing(before: &Value, after: &Value) -> Vec<(String, String)> {
    let versions = |run: &Value| run.get("hosts").and_then(Value::as_object).cloned().unwrap_or_default();
    let (old, new) = (versions(before), versions(after));
    let of = |hosts: &serde_json::Map<String, Value>, host: &str| {
        hosts.get(host).and_then(|host| host.get("versions")).cloned()
    };
    let pairs = old.keys().filter_map(|host| Some((host.clone(), of(&old, host)?, of(&new, host)?)));
    pairs.filter(|(_, a, b)| a != b).map(|(host, a, b)| (host, format!("{a} and {b}"))).collect()
}

fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => "nothing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::results::spread;
    use serde_json::json;

    fn run(host: &str, samples: &[u64]) -> Value {
        let listed: Vec<Value> = samples.iter().map(|ns| json!({"wall_ns": ns, "cpu_ns": ns})).collect();
        json!({
            "tier": "fast",
            "machine": {"processor": "one", "cores": 2, "system": "a"},
            "hosts": {host: {"runs": true, "versions": {"v8": "1"}}},
            "measurements": [
                {"id": "w1.lift", "host": host, "status": "measured", "samples": listed,
                    "wall_ns": spread(samples, 1.0), "cpu_ns": spread(samples, 1.0)},
                {"id": "w2.lift", "host": host, "status": "not_run", "reason": "no such program"},
            ],
        })
    }

    #[test]
    fn what_is_beyond_noise_is_told() {
        let steady = [100, 101, 99, 100, 102];
        for (after, expected) in [
            ([100, 101, 99, 100, 103], "within noise"),
            ([120, 121, 119, 120, 122], "SLOWER"),
            ([80, 81, 79, 80, 82], "faster"),
            // As far away, and scattered: nobody knows.
            ([120, 60, 190, 99, 240], "within noise"),
            // Steady, and too near.
            ([102, 103, 101, 102, 104], "within noise"),
        ] {
            let said = compared(&run("node", &steady), &run("node", &after));
            let line = said.lines().find(|line| line.starts_with("w1.lift")).unwrap();
            match expected {
                "within noise" => assert!(!line.contains("SLOWER") && !line.contains("faster"), "{line}"),
                _ => assert!(line.ends_with(expected), "{line}"),
            }
        }
    }

    #[test]
    fn one_sample_proves_nothing() {
        let said = compared(&run("node", &[100]), &run("node", &[300]));
        assert!(said.contains("×3.000") && said.contains("1 within noise"), "{said}");
    }

    #[test]
    fn what_differs_around_it_is_told() {
        let before = run("node", &[100, 100, 100]);
        let mut after = run("node", &[100, 100, 100]);
        after["machine"]["processor"] = json!("another");
        after["tier"] = json!("full");
        after["hosts"]["node"]["versions"]["v8"] = json!("2");
        let said = compared(&before, &after);
        for expected in
            ["other machine: processor one and another", "other tier: fast and full", "other versions: node"]
        {
            assert!(said.contains(expected), "{said}");
        }
        let said = compared(&before, &run("js", &[100, 100, 100]));
        assert!(
            said.contains("only before: w1.lift in node") && said.contains("only after: w1.lift in js"),
            "{said}"
        );
    }
}
