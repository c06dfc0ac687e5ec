//! What samples say: medians and spreads, and a table for people.

use serde_json::{Value, json};

/// A sample: wall time and processor time in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// By the clock.
    pub wall: u64,
    /// Of the process, where it can be known.
    pub cpu: Option<u64>,
}

/// Samples as results have them.
pub fn samples(samples: &[Sample]) -> Value {
    samples.iter().map(|sample| json!({"wall_ns": sample.wall, "cpu_ns": sample.cpu})).collect()
}

/// Median and spread of nanoseconds a unit.
pub fn spread(totals: &[u64], units: f64) -> Value {
    let mut each: Vec<f64> = totals.iter().map(|total| *total as f64 / units).collect();
    each.sort_by(f64::total_cmp);
    let median = quantile(&each, 0.5);
    let mut distances: Vec<f64> = each.iter().map(|value| (value - median).abs()).collect();
    distances.sort_by(f64::total_cmp);
    json!({
        "median": rounded(median),
        "mad": rounded(quantile(&distances, 0.5)),
        "lower": rounded(quantile(&each, 0.25)),
        "upper": rounded(quantile(&each, 0.75)),
        "least": rounded(quantile(&each, 0.0)),
        "most": rounded(quantile(&each, 1.0)),
    })
}

/// The value below which that part of sorted values lies, between two of them in proportion.
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = part * sorted.len().saturating_sub(1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    match (sorted.get(below), sorted.get(above)) {
        (Some(low), Some(high)) => low + (high - low) * (place - place.floor()),
        _ => 0.0,
    }
}

/// Five digits say more than any sample knows.
fn rounded(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let digits = 5 - 1 - value.abs().log10().floor() as i32;
    let scale = 10f64.powi(digits);
    if scale.is_finite() && scale > 0.0 { (value * scale).round() / scale } else { value }
}

/// The time of a measurement that comparisons use: of the processor where there is one, unless waiting is the point.
pub fn time(measurement: &Value) -> Option<&Value> {
    let id = measurement.get("id").and_then(Value::as_str).unwrap_or_default();
    let waits = ["start.", "threads.", "page."].iter().any(|start| id.starts_with(start));
    let cpu = measurement.get("cpu_ns").filter(|spread| spread.is_object() && !waits);
    cpu.or_else(|| measurement.get("wall_ns")).filter(|spread| spread.is_object())
}

/// A number of a spread.
pub fn number(spread: &Value, key: &str) -> f64 {
    spread.get(key).and_then(Value::as_f64).unwrap_or_default()
}

/// One line for each benchmark, one column for each host.
pub fn table(results: &Value) -> String {
    let measurements =
        results.get("measurements").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text =
        |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let measured: Vec<&Value> = measurements.iter().filter(|one| text(one, "status") != "not_run").collect();
    let (mut ids, mut hosts): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for one in &measured {
        for (list, key) in [(&mut ids, "id"), (&mut hosts, "host")] {
            if !list.contains(&text(one, key)) {
                list.push(text(one, key));
            }
        }
    }
    let mut out = format!("{:28}", "time of a unit (processor)");
    hosts.iter().for_each(|host| out.push_str(&format!("{host:>16}")));
    out.push('\n');
    for id in ids {
        out.push_str(&format!("{id:28}"));
        for host in &hosts {
            let cell = match measured.iter().find(|one| text(one, "id") == id && text(one, "host") == *host) {
                None => String::new(),
                Some(one) => match time(one) {
                    None => "FAILED".to_owned(),
                    Some(spread) => {
                        let median = number(spread, "median");
                        let noise = if median > 0.0 { number(spread, "mad") / median * 100.0 } else { 0.0 };
                        format!("{} ±{noise:.0}%", shown(median))
                    }
                },
            };
            out.push_str(&format!("{cell:>16}"));
        }
        out.push('\n');
    }
    for one in &measured {
        if text(one, "status") == "failed" {
            out.push_str(&format!(
                "failed: {} in {}: {}\n",
                text(one, "id"),
                text(one, "host"),
                text(one, "reason")
            ));
        }
    }
    out
}

/// Nanoseconds as people read them.
pub fn shown(nanoseconds: f64) -> String {
    match nanoseconds {
        n if n < 1e3 => format!("{n:.1} ns"),
        n if n < 1e6 => format!("{:.2} µs", n / 1e3),
        n if n < 1e9 => format!("{:.2} ms", n / 1e6),
        n => format!("{:.2} s", n / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_are_of_one_unit() {
        let found = spread(&[40, 10, 20, 30, 1000], 10.0);
        assert_eq!(
            found,
            json!({"median": 3.0, "mad": 1.0, "lower": 2.0, "upper": 4.0, "least": 1.0, "most": 100.0})
        );
        let one = spread(&[123_456_789], 1000.0);
        assert_eq!((number(&one, "median"), number(&one, "mad")), (123_460.0, 0.0));
    }

    #[test]
    fn times_are_shown() {
        let cases = [(12.34, "12.3 ns"), (1234.0, "1.23 µs"), (5_678_900.0, "5.68 ms"), (2e9, "2.00 s")];
        for (nanoseconds, expected) in cases {
            assert_eq!(shown(nanoseconds), expected);
        }
    }

    #[test]
    fn waiting_is_wall_time() {
        let one = |id: &str| json!({"id": id, "cpu_ns": {"median": 1.0}, "wall_ns": {"median": 2.0}});
        assert_eq!(number(time(&one("w1.lift")).unwrap(), "median"), 1.0);
        assert_eq!(number(time(&one("start.cold")).unwrap(), "median"), 2.0);
        assert!(time(&json!({"id": "x", "status": "not_run"})).is_none());
    }
}
