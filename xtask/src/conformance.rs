//! The same bytes in every host: drivers of all hosts answer the same cases, and their outputs are compared.

use crate::tally::Tally;
use crate::{files, process};
use std::path::Path;
use std::process::{Command, Stdio};

/// The cases; the README beside it says what a driver prints.
pub const CASES: &str = "tests/conformance/cases.json";

/// A host and the command that prints its answers.
pub struct Driver {
    /// What the host is called.
    pub host: &'static str,
    /// Prints one line per case.
    pub command: Command,
}

/// The driver of the engine compiled for this machine.
pub fn native(root: &Path) -> Driver {
    let mut command = process::cargo(root);
    command.args(["run", "--quiet", "--locked", "--package", "panproto-core", "--example", "conformance"]);
    command.args(["--", CASES]);
    Driver { host: "rust", command }
}

/// Runs all drivers and compares with the first; the outputs are kept below `target/panproto/conformance`.
pub fn compare(root: &Path, drivers: Vec<Driver>) -> Result<String, String> {
    let mut tally = Tally::default();
    let mut said = String::new();
    let mut first: Option<(&str, String)> = None;
    for Driver { host, mut command } in drivers {
        let shown = process::shown(&command);
        let output = command.stdin(Stdio::null()).output().map_err(|error| format!("`{shown}`: {error}"))?;
        let answers = String::from_utf8_lossy(&output.stdout).into_owned();
        files::write(&root.join(format!("target/panproto/conformance/{host}.jsonl")), answers.as_bytes())?;
        let digest = blake3::hash(answers.as_bytes()).to_hex();
        said.push_str(&format!(
            "{host:9} {:4} cases, {} bytes, {digest}\n",
            answers.lines().count(),
            answers.len()
        ));
        if !output.status.success() || answers.is_empty() {
            tally.failed += 1;
            said.push_str(&format!(
                "`{shown}` failed ({})\n{}\n",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ));
        }
        match &first {
            None => {
                tally.passed += answers.lines().count() as u64;
                first = Some((host, answers));
            }
            Some((reference, expected)) => {
                let (same, differences) = differences(reference, expected, host, &answers);
                tally.passed += same;
                tally.failed += differences.len() as u64;
                said.extend(differences);
            }
        }
    }
    said.push_str(&format!("{tally}\n"));
    if tally.failed == 0 { Ok(said) } else { Err(said) }
}

/// How many lines are equal, and what is to be said of the others.
fn differences(reference: &str, expected: &str, host: &str, found: &str) -> (u64, Vec<String>) {
    let (mut same, mut differences) = (0, Vec::new());
    let (mut expected, mut found) = (expected.lines(), found.lines());
    for line in 1u32.. {
        let (expected, found) = (expected.next(), found.next());
        if expected.is_none() && found.is_none() {
            break;
        }
        let (expected, found) = (expected.unwrap_or("(nothing)"), found.unwrap_or("(nothing)"));
        if expected == found {
            same += 1;
            continue;
        }
        let at = expected.chars().zip(found.chars()).take_while(|(a, b)| a == b).count();
        let excerpt = |text: &str| text.chars().skip(at.saturating_sub(60)).take(160).collect::<String>();
        differences.push(format!(
            "case {line} differs at character {at}\n  {reference}: {}\n  {host}: {}\n",
            excerpt(expected),
            excerpt(found)
        ));
    }
    (same, differences)
}

#[cfg(test)]
mod tests {
    use super::differences;

    #[test]
    fn differences_are_found() {
        assert_eq!(differences("a", "1\n2\n", "b", "1\n2\n"), (2, Vec::new()));
        let (same, found) = differences("a", "1\n2\n3\n", "b", "1\nx\n");
        assert_eq!((same, found.len()), (1, 2));
        assert!(found[0].starts_with("case 2 differs at character 0"), "{found:?}");
    }
}
