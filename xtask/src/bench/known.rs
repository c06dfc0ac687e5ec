//! What there is to measure: `bench/benchmarks.json`, and what its patterns stand for.

use crate::files;
use serde_json::Value;
use std::path::Path;

/// Everything that is known.
pub struct Known {
    /// Hosts and what they are, in their order.
    pub hosts: Vec<(String, String)>,
    /// Benchmarks, in their order.
    pub benchmarks: Vec<Benchmark>,
}

/// One benchmark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Benchmark {
    /// What it is called.
    pub id: String,
    /// Of what times are told.
    pub unit: String,
    /// Hosts that have it.
    pub hosts: Vec<String>,
    /// Those of them that have it in the fast tier.
    pub fast: Vec<String>,
}

/// Reads the file of the repository.
pub fn read(root: &Path) -> Result<Known, String> {
    let path = root.join("bench/benchmarks.json");
    let value: Value = serde_json::from_slice(&files::read(&path)?)
        .map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&value).map_err(|error| format!("{}: {error}", path.display()))
}

fn parse(value: &Value) -> Result<Known, String> {
    let names = |value: Option<&Value>| -> Vec<String> {
        let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let text = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or_else(|| format!("no `{key}` in {value}"))
    };
    let hosts = value.get("hosts").and_then(Value::as_object).ok_or("no hosts")?;
    let hosts: Vec<(String, String)> = hosts
        .iter()
        .map(|(name, what)| (name.clone(), what.as_str().unwrap_or_default().to_owned()))
        .collect();
    let mut benchmarks: Vec<Benchmark> = Vec::new();
    for entry in value.get("benchmarks").and_then(Value::as_array).ok_or("no benchmarks")? {
        let its = names(entry.get("hosts"));
        if let Some(host) = its.iter().find(|host| !hosts.iter().any(|(name, _)| name == *host)) {
            return Err(format!("there is no host `{host}`"));
        }
        let fast = if entry.get("fast").is_some() { names(entry.get("fast")) } else { its.clone() };
        for id in expanded(&text(entry, "id")?) {
            if benchmarks.iter().any(|other| other.id == id) {
                return Err(format!("`{id}` is there twice"));
            }
            benchmarks.push(Benchmark {
                id,
                unit: text(entry, "unit")?,
                hosts: its.clone(),
                fast: fast.clone(),
            });
        }
    }
    Ok(Known { hosts, benchmarks })
}

/// The names of a pattern: `a.{b,c}` stands for `a.b` and `a.c`.
fn expanded(pattern: &str) -> Vec<String> {
    let mut done = vec![String::new()];
    let mut rest = pattern;
    while let Some((before, (inside, after))) =
        rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        done = done
            .iter()
            .flat_map(|start| inside.split(',').map(move |choice| format!("{start}{before}{choice}")))
            .collect();
        rest = after;
    }
    done.iter().map(|start| format!("{start}{rest}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stand_for_names() {
        assert_eq!(expanded("a.b"), ["a.b"]);
        assert_eq!(expanded("w{1,2}.{x,y}.z"), ["w1.x.z", "w1.y.z", "w2.x.z", "w2.y.z"]);
    }

    #[test]
    fn the_file_is_sound() {
        let known = read(&crate::root()).unwrap();
        assert!(known.benchmarks.len() > 100);
        for benchmark in &known.benchmarks {
            assert!(!benchmark.hosts.is_empty(), "{}", benchmark.id);
            assert!(benchmark.fast.iter().all(|host| benchmark.hosts.contains(host)), "{}", benchmark.id);
        }
    }

    #[test]
    fn a_name_is_there_once() {
        let twice = serde_json::json!({"hosts": {"a": "A"}, "benchmarks": [
            {"id": "x.{1,2}", "unit": "call", "hosts": ["a"]},
            {"id": "x.2", "unit": "call", "hosts": ["a"]},
        ]});
        assert_eq!(parse(&twice).err().as_deref(), Some("`x.2` is there twice"));
        let nobody =
            serde_json::json!({"hosts": {}, "benchmarks": [{"id": "x", "unit": "call", "hosts": ["a"]}]});
        assert_eq!(parse(&nobody).err().as_deref(), Some("there is no host `a`"));
    }
}
