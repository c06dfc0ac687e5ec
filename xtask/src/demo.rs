//! `cargo xtask demo`: the stories of `demo/stories.json` in every host, and a table of what came out.

use crate::{files, interpreters, module, process, setup};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// What schemas and records are made from.
const DATA: &[&str] = &[
    "demo/bluesky.mjs",
    "demo/extract.mjs",
    "demo/generate.mjs",
    "demo/package-lock.json",
    "demo/random.mjs",
    "demo/stories.json",
    "demo/webhooks.mjs",
    "demo/workload.mjs",
];

/// What the TypeScript package is built from.
const TYPESCRIPT: &[&str] = &[
    "sdk/typescript/package-lock.json",
    "sdk/typescript/package.json",
    "sdk/typescript/scripts",
    "sdk/typescript/src",
    "sdk/typescript/tsconfig.json",
    "sdk/typescript/wasm",
];

/// Records of all stories together, at least.
const RECORDS: u64 = 10_000;

/// Bytes of the header of a complement; an empty body is one byte more (`docs/formats.md`).
const HEADER: u64 = 36;

/// Runs the stories; fails if something that is claimed does not hold.
pub fn run(root: &Path, options: &[String]) -> Result<(), String> {
    let json = match options {
        [] => false,
        [option] if option == "--json" => true,
        _ => return Err("`demo` has one option: --json".to_owned()),
    };
    let hosts = prepare(root)?;
    let started = Instant::now();
    let mut reports = Vec::new();
    let mut trouble = Vec::new();
    for (name, command) in hosts.commands {
        match reports_of(name, command) {
            Ok(found) => reports.extend(found),
            Err(why) => trouble.push(why),
        }
    }
    let stories = stories(root)?;
    trouble.extend(judge(&stories, &reports));
    let seconds = started.elapsed().as_secs_f64();
    if json {
        let mut all = Map::new();
        all.insert("stories".to_owned(), Value::Array(reports));
        all.insert("skipped".to_owned(), hosts.skipped.clone().into());
        all.insert("trouble".to_owned(), trouble.clone().into());
        all.insert("seconds".to_owned(), ((seconds * 10.0).round() / 10.0).into());
        all.insert("ok".to_owned(), trouble.is_empty().into());
        println!("{}", Value::Object(all));
    } else {
        print!("\n{}", table(&reports));
        for skipped in &hosts.skipped {
            println!("skipped: {skipped}");
        }
        for why in &trouble {
            println!("not ok: {why}");
        }
        let counted: u64 = reports
            .iter()
            .filter(|report| text(report, "host") == "native")
            .map(|report| number(report, "records"))
            .sum();
        println!("{counted} records in {seconds:.0} s{}", if trouble.is_empty() { ": ok" } else { "" });
    }
    if trouble.is_empty() { Ok(()) } else { Err(format!("the demo is not ok: {}", trouble.join("; "))) }
}

struct Hosts {
    commands: Vec<(&'static str, Command)>,
    skipped: Vec<String>,
}

/// Packages, builds and data, each only if it is not there.
fn prepare(root: &Path) -> Result<Hosts, String> {
    setup::npm(root, "demo")?;
    setup::npm(root, "sdk/typescript")?;
    eprintln!("demo     the native engine");
    let mut build = process::cargo(root);
    build.args(["build", "--quiet", "--package", "panproto-demo", "--profile", "optimised", "--locked"]);
    process::run(&mut build)?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let native = target.join(format!("optimised/panproto-demo{}", std::env::consts::EXE_SUFFIX));
    module::build(root)?;
    typescript(root)?;
    data(root, &native)?;

    let mut hosts = Hosts { commands: Vec::new(), skipped: Vec::new() };
    let node = |script: &str| {
        let mut command = Command::new("node");
        command.arg(root.join("demo").join(script));
        command
    };
    let mut command = Command::new(&native);
    command.arg("run");
    hosts.commands.push(("native", command));
    hosts.commands.push(("node", node("drive.mjs")));

    let pythons = interpreters::pythons();
    let newest = pythons.first().ok_or(setup::NO_PYTHON)?;
    let mut command = Command::new(setup::python(root, newest)?);
    command.arg(root.join("demo/drive.py")).env("PYTHONPATH", root.join("sdk/python-wasm/src"));
    hosts.commands.push(("python", command));

    match interpreters::chromium() {
        Ok(chromium) => {
            let mut command = node("browser.mjs");
            command.env("PANPROTO_CHROMIUM", chromium);
            hosts.commands.push(("chromium", command));
        }
        Err(why) => hosts.skipped.push(format!("chromium: {why}")),
    }
    Ok(hosts)
}

/// Builds the TypeScript package.
pub fn typescript(root: &Path) -> Result<(), String> {
    let wanted = files::digest(root, TYPESCRIPT, "npm run build")?;
    let stamp = root.join("target/panproto/typescript-stamp");
    if root.join("sdk/typescript/dist").is_dir() && files::stamped(&stamp, &wanted) {
        return Ok(());
    }
    eprintln!("demo     the TypeScript package");
    let mut command = Command::new("npm");
    process::run(command.current_dir(root.join("sdk/typescript")).args(["run", "--silent", "build"]))?;
    files::write(&stamp, wanted.as_bytes())
}

/// Schemas and examples of the published packages, the examples that are valid, records from a fixed seed.
fn data(root: &Path, native: &Path) -> Result<(), String> {
    let wanted = files::digest(root, DATA, "")?;
    let stamp = root.join("demo/data/stamp");
    if files::stamped(&stamp, &wanted) {
        return Ok(());
    }
    eprintln!("demo     schemas and records");
    let node = |script: &str| process::run(Command::new("node").arg(root.join("demo").join(script)));
    node("extract.mjs")?;
    process::run(Command::new(native).arg("valid").stderr(Stdio::null()))?;
    node("generate.mjs")?;
    files::write(&stamp, wanted.as_bytes())
}

/// Runs a host; it tells people on the standard error, and each line of its output is a report.
fn reports_of(name: &str, mut command: Command) -> Result<Vec<Value>, String> {
    eprintln!("demo     {name}");
    let shown = process::shown(&command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("`{shown}` did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name}: `{shown}` failed ({})", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_str(line).map_err(|error| format!("{name}: {error}: {line}"))).collect()
}

fn stories(root: &Path) -> Result<Vec<Value>, String> {
    let bytes = files::read(&root.join("demo/stories.json"))?;
    let value: Value =
        serde_json::from_slice(&bytes).map_err(|error| format!("demo/stories.json: {error}"))?;
    Ok(value.get("stories").and_then(Value::as_array).cloned().unwrap_or_default())
}

/// What is claimed and does not hold.
fn judge(stories: &[Value], reports: &[Value]) -> Vec<String> {
    let mut trouble = Vec::new();
    for story in stories {
        let name = text(story, "name");
        let of: Vec<&Value> = reports.iter().filter(|report| text(report, "story") == name).collect();
        let Some(first) = of.first() else {
            trouble.push(format!("{name}: no host reports it"));
            continue;
        };
        for report in &of {
            let host = text(report, "host");
            if !flag(report, "laws") {
                trouble.push(format!("{name}: a law is broken in {host}"));
            }
            if text(report, "digest") != text(first, "digest") {
                trouble.push(format!("{name}: {host} gives other bytes than {}", text(first, "host")));
            }
        }
        if flag(story, "half_change") && number(first, "changed") * 2 < number(first, "records") {
            trouble.push(format!("{name}: fewer than half of the records change"));
        }
        let parts = story.get("parts").and_then(Value::as_array).map_or(0, Vec::len) as u64;
        let without_memories = number(first, "records") - number(first, "refused") + HEADER * parts;
        if flag(story, "no_memories") && number(first, "complement_bytes") != without_memories {
            trouble.push(format!("{name}: there are memories, and everything has a place in the views"));
        }
    }
    let hosts = reports.iter().map(|report| text(report, "host")).collect::<std::collections::BTreeSet<_>>();
    for host in hosts {
        let own = || reports.iter().filter(|report| text(report, "host") == host);
        let records: u64 = own().map(|report| number(report, "records")).sum();
        if own().count() == stories.len() && records < RECORDS {
            trouble.push(format!("{host}: {records} records are fewer than {RECORDS}"));
        } else if own().count() != stories.len() {
            trouble.push(format!("{host}: {} of {} stories are told", own().count(), stories.len()));
        }
    }
    trouble
}

fn table(reports: &[Value]) -> String {
    let head = ["story", "host", "records", "refused", "changed", "edited", "records/s", "digest", "laws"]
        .map(str::to_owned);
    let mut rows: Vec<[String; 9]> = vec![head];
    let mut sorted: Vec<&Value> = reports.iter().collect();
    let place =
        |report: &Value| reports.iter().position(|other| text(other, "story") == text(report, "story"));
    sorted.sort_by_key(|report| place(report));
    for report in sorted {
        rows.push([
            text(report, "story").to_owned(),
            text(report, "host").to_owned(),
            number(report, "records").to_string(),
            number(report, "refused").to_string(),
            number(report, "changed").to_string(),
            number(report, "edited").to_string(),
            number(report, "records_per_second").to_string(),
            text(report, "digest").chars().take(12).collect(),
            if flag(report, "laws") { "held" } else { "BROKEN" }.to_owned(),
        ]);
    }
    let mut out = String::new();
    for row in &rows {
        for (column, cell) in row.iter().enumerate() {
            let width = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0);
            let pad = " ".repeat(width - cell.chars().count());
            let numbers = (2..7).contains(&column);
            out.push_str(&if numbers { format!("{pad}{cell}  ") } else { format!("{cell}{pad}  ") });
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
}

fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stories() -> Vec<Value> {
        vec![
            json!({"name": "a", "half_change": true, "parts": [{}]}),
            json!({"name": "b", "no_memories": true, "parts": [{}, {}]}),
        ]
    }

    fn reports() -> Vec<Value> {
        let report = |story: &str, host: &str, records: u64, complement_bytes: u64| {
            json!({"story": story, "host": host, "records": records, "refused": 3, "changed": records / 2,
                "complement_bytes": complement_bytes, "digest": story, "laws": true})
        };
        let mut all = Vec::new();
        for host in ["native", "node"] {
            all.push(report("a", host, 6000, 100_000));
            all.push(report("b", host, 4000, 4000 - 3 + 72));
        }
        all
    }

    #[test]
    fn what_holds_is_no_trouble() {
        assert_eq!(judge(&stories(), &reports()), Vec::<String>::new());
    }

    #[test]
    fn every_claim_can_fail() {
        for (at, key, value, trouble) in [
            (0, "laws", json!(false), "a: a law is broken in native"),
            (2, "digest", json!("other"), "a: node gives other bytes than native"),
            (0, "changed", json!(2999), "a: fewer than half of the records change"),
            (
                1,
                "complement_bytes",
                json!(4070),
                "b: there are memories, and everything has a place in the views",
            ),
            (0, "records", json!(5999), "native: 9999 records are fewer than 10000"),
        ] {
            let mut reports = reports();
            reports[at][key] = value;
            assert_eq!(judge(&stories(), &reports), [trouble]);
        }
        let mut short = reports();
        short.pop();
        assert_eq!(judge(&stories(), &short), ["node: 1 of 2 stories are told"]);
        assert_eq!(judge(&stories()[..1], &[]), ["a: no host reports it"]);
    }
}
