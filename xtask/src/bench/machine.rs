//! What was measured on: machine, versions, commit, data.

use super::prepare::DATA;
use crate::{files, process};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Processor, memory, system; loads are added when they are known.
pub fn machine(load_before: Option<f64>) -> Value {
    let field = |file: &str, key: &str| -> Option<String> {
        let text = std::fs::read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(key))?;
        line.split_once(':').map(|(_, value)| value.trim().to_owned())
    };
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_ascii_whitespace().next()?.parse::<u64>().ok())
        .map(|kilobytes| kilobytes * 1024);
    let system = std::fs::read_to_string("/etc/os-release").ok().and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
        Some(line.trim_matches('"').to_owned())
    });
    json!({
        "processor": field("/proc/cpuinfo", "model name"),
        "cores": std::thread::available_parallelism().map_or(1, usize::from),
        "memory_bytes": memory,
        "system": system.unwrap_or_else(|| std::env::consts::OS.to_owned()),
        "kernel": said("uname", &["-sr"]),
        "load_before": load_before,
        "load_after": Value::Null,
    })
}

/// Processes that wanted a processor, mean of the last minute.
pub fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// The commit, and whether something is changed.
pub fn commit(root: &Path) -> Value {
    let git = |arguments: &[&str]| {
        let mut words = vec!["-C", root.to_str().unwrap_or(".")];
        words.extend(arguments);
        said("git", &words)
    };
    let id = git(&["rev-parse", "HEAD"]).filter(|id| id.len() == 40);
    let dirty = id.as_ref().and_then(|_| {
        // The report itself is written after the run that it tells of.
        git(&[
            "status",
            "--porcelain",
            "--untracked-files=no",
            "--",
            ".",
            ":!bench/REPORT.md",
            ":!bench/charts",
        ])
    });
    json!({"id": id, "dirty": dirty.map(|text| !text.is_empty())})
}

/// Versions of what all hosts share.
pub fn versions() -> Map<String, Value> {
    let mut versions = Map::new();
    versions.insert("rustc".to_owned(), said("rustc", &["--version"]).into());
    versions
}

/// Size and digest of the module.
pub fn module(root: &Path) -> Value {
    match files::read(&root.join("target/panproto/panproto.wasm")) {
        Ok(bytes) => json!({"bytes": bytes.len(), "sha256": sha256(&bytes)}),
        Err(_) => Value::Null,
    }
}

/// Size and digest of every file that is measured on.
pub fn data(root: &Path) -> Result<Value, String> {
    let mut all = Map::new();
    for path in files::walk(&[root.join(DATA)])? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name == "stamp" {
            continue;
        }
        let bytes = files::read(&path)?;
        let mut facts = json!({"bytes": bytes.len(), "sha256": sha256(&bytes)});
        if name.ends_with(".ndjson") {
            facts["lines"] = bytes.iter().filter(|byte| **byte == b'\n').count().into();
        }
        all.insert(name, facts);
    }
    Ok(Value::Object(all))
}

/// The time now, as RFC 3339 has it.
pub fn now() -> String {
    let seconds =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, rest) = ((seconds / 86_400) as i64, seconds % 86_400);
    // Days since 1970 to a date of the Gregorian calendar: years begin in March.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    process::find(program).and_then(|program| process::answer(&program, arguments))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
