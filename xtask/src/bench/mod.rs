//! `cargo xtask bench`: the same work in every host and by hand, measured in one run.
//!
//! Every host is a process that answers requests, one JSON object a line. A benchmark is prepared in all hosts that have
//! it; then the hosts take turns, one sample each, round after round, so that what slows the machine for a while slows
//! all of them. `bench/README.md` has the protocol.

mod compare;
mod host;
mod known;
mod machine;
mod parts;
mod prepare;
mod report;
mod results;
mod rounds;

use crate::interpreters::Python;
use crate::process;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How thorough a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Under two minutes after builds.
    Fast,
    /// Everything that is known, longer.
    Full,
    /// One short sample of each: do the hosts work, and are their outputs right?
    Check,
}

impl Tier {
    fn name(self) -> &'static str {
        match self {
            Tier::Fast => "fast",
            Tier::Full => "full",
            Tier::Check => "check",
        }
    }
}

/// What is to be measured.
pub struct Plan {
    /// How thoroughly.
    pub tier: Tier,
    /// Only what has this in its id, or `id@host`.
    pub filter: Option<String>,
    /// Where the results go.
    pub json: Option<PathBuf>,
    /// Only these hosts.
    pub hosts: Option<Vec<String>>,
    /// Nothing is built or installed: what is not there is not run.
    pub built: bool,
    /// The report is written of what came out.
    pub report: bool,
    /// How the command was typed.
    pub command: String,
}

/// Runs a command of the benchmark.
pub fn run(root: &Path, options: &[String]) -> Result<(), String> {
    let words: Vec<&str> = options.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["compare", before, after] => compare::run(Path::new(before), Path::new(after)),
        ["report", results] => report::run(root, Path::new(results)),
        ["compare" | "report", ..] => {
            Err("`bench compare A.json B.json`, `bench report RESULTS.json`".to_owned())
        }
        _ => measure(root, &read(options)?).map(|_| ()),
    }
}

/// Measures, writes the results, prints what came out.
pub fn measure(root: &Path, plan: &Plan) -> Result<Value, String> {
    let known = known::read(root)?;
    let results = rounds::run(root, plan, &known)?;
    let path = plan.json.clone().unwrap_or_else(|| root.join("target/bench/results.json"));
    let mut text = serde_json::to_string_pretty(&results).map_err(|error| error.to_string())?;
    text.push('\n');
    crate::files::write(&path, text.as_bytes())?;
    if plan.tier != Tier::Check {
        print!("{}", results::table(&results));
    }
    eprintln!("bench    {}", path.display());
    if plan.report {
        report::run(root, &path)?;
    }
    Ok(results)
}

/// Hosts of a check: those that need no builds of their own.
const CHECKED: &[&str] =
    &["native", "node", "python", "js", "rust", "python-json", "python-orjson", "python-msgspec"];

/// Every host gives what it should on a few records, the results are what their schema says, and a report can be written.
pub fn check(root: &Path, python: &Python) -> Result<String, String> {
    let json = root.join("target/bench/check.json");
    let plan = Plan {
        tier: Tier::Check,
        filter: None,
        json: Some(json.clone()),
        hosts: Some(CHECKED.iter().map(|host| (*host).to_owned()).collect()),
        built: false,
        report: false,
        command: "cargo xtask bench --check".to_owned(),
    };
    // The extension is built by hand or in a run; a lock that has fallen behind the core is seen here.
    let mut lock = process::cargo(root);
    lock.args([
        "update",
        "--workspace",
        "--locked",
        "--offline",
        "--manifest-path",
        "bench/native/Cargo.toml",
    ]);
    let (passed, said) = process::captured(&mut lock);
    if !passed {
        return Err(format!("bench/native/Cargo.lock is not that of its manifests\n{said}"));
    }
    let results = measure(root, &plan)?;
    let measurements =
        results.get("measurements").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |one: &Value, key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let with =
        |status: &str| measurements.iter().filter(|one| text(one, "status") == status).collect::<Vec<_>>();
    let failed: Vec<String> = with("failed")
        .iter()
        .map(|one| format!("{} in {}: {}", text(one, "id"), text(one, "host"), text(one, "reason")))
        .collect();
    if !failed.is_empty() {
        return Err(failed.join("\n"));
    }
    // A host that does not start measures nothing.
    for host in CHECKED {
        if !with("measured").iter().any(|one| text(one, "host") == *host) {
            let reason = results.pointer(&format!("/hosts/{host}/reason")).and_then(Value::as_str);
            return Err(format!("{host} measures nothing: {}", reason.unwrap_or("it takes no part")));
        }
    }
    let mut command = Command::new(prepare::venv(root, python, false)?);
    command.arg(root.join("bench/report/check.py")).arg(&json).arg(root.join("bench"));
    let (passed, said) = process::captured(&mut command);
    let told = format!("{} measurements, {} not run\n{said}", with("measured").len(), with("not_run").len());
    if passed { Ok(told) } else { Err(told) }
}

fn read(options: &[String]) -> Result<Plan, String> {
    let command = format!("cargo xtask bench {}", options.join(" ")).trim_end().to_owned();
    let mut plan = Plan {
        tier: Tier::Fast,
        filter: None,
        json: None,
        hosts: None,
        built: false,
        report: false,
        command,
    };
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (option.as_str(), None),
        };
        let mut value = || {
            value.clone().or_else(|| rest.next().cloned()).ok_or_else(|| format!("`{name}` needs a value"))
        };
        match name {
            "--full" => plan.tier = Tier::Full,
            "--check" => plan.tier = Tier::Check,
            "--built" => plan.built = true,
            "--report" => plan.report = true,
            "--filter" => plan.filter = Some(value()?),
            "--json" => plan.json = Some(PathBuf::from(value()?)),
            "--hosts" => plan.hosts = Some(value()?.split(',').map(str::to_owned).collect()),
            _ => return Err(format!("`bench` has no option `{option}`")),
        }
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let words = ["--full", "--filter", "w1", "--json=a.json", "--hosts=node,js"].map(str::to_owned);
        let plan = read(&words).unwrap();
        assert_eq!((plan.tier, plan.filter.as_deref()), (Tier::Full, Some("w1")));
        assert_eq!(plan.json, Some(PathBuf::from("a.json")));
        assert_eq!(plan.hosts, Some(vec!["node".to_owned(), "js".to_owned()]));
        assert!(read(&["--filter".to_owned()]).is_err());
        assert!(read(&["--fast".to_owned()]).is_err());
    }
}
