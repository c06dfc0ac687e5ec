//! The files that all hosts measure on. They come from a fixed seed and are the same on every machine.

use panproto_testkit::workload::{self, Pair};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

/// Lengths of arrays.
const ARRAYS: &[usize] = &[10, 100, 1_000, 10_000, 100_000];

/// Members of synthetic schemas.
const SCHEMAS: &[usize] = &[10, 100, 1_000, 10_000];

/// Answers that a person gives for W3.
const W3_HINTS: [(&str, &str); 2] = [("title", "heading"), ("items[].value", "items[].amount")];

/// Writes all of them.
pub(crate) fn write(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let w2_hints = [("f00", "g00"), ("f03", "g03")];
    workload(folder, "w1", workload::w1(10_000), workload::w1_lexicons(), &workload::W1_HINTS)?;
    workload(folder, "w2", workload::w2(2_000), workload::w2_lexicons(), &w2_hints)?;
    workload(folder, "w3", workload::w3(40), workload::w3_lexicons(), &W3_HINTS)?;
    for &items in ARRAYS {
        lines(
            folder,
            &format!("array-{items}.ndjson"),
            workload::w3_of(1, items).iter().map(|pair| &pair.0),
        )?;
    }
    for &members in SCHEMAS {
        let [old, new] = flat(members);
        let schemas = json!({"old": [old.to_string()], "new": [new.to_string()], "hints": {}});
        file(folder, &format!("flat-{members}.json"), &schemas.to_string())?;
    }
    Ok(())
}

fn workload(
    folder: &Path,
    name: &str,
    pairs: Vec<Pair>,
    [old, new]: [String; 2],
    hints: &[(&str, &str)],
) -> Result<(), String> {
    lines(folder, &format!("{name}.ndjson"), pairs.iter().map(|pair| &pair.0))?;
    lines(folder, &format!("{name}.expected.ndjson"), pairs.iter().map(|pair| &pair.1))?;
    let hints: Map<String, Value> =
        hints.iter().map(|(from, to)| ((*from).to_owned(), Value::from(*to))).collect();
    file(folder, &format!("{name}.json"), &json!({"old": [old], "new": [new], "hints": hints}).to_string())
}

/// A flat Lexicon and its next version: of twenty members one is renamed, one dropped, one added.
fn flat(members: usize) -> [Value; 2] {
    let types = ["string", "integer", "boolean"];
    let (mut before, mut after) = (Map::new(), Map::new());
    for k in 0..members {
        let name = format!("field{k:05}");
        let value = json!({"type": types.get(k % types.len())});
        before.insert(name.clone(), value.clone());
        match k % 20 {
            3 => drop(after.insert(format!("{name}Next"), value)),
            11 => {}
            17 => {
                after.insert(name, value.clone());
                after.insert(format!("added{k:05}"), value);
            }
            _ => drop(after.insert(name, value)),
        }
    }
    [before, after].map(|properties| {
        let record = json!({"type": "object", "properties": properties});
        json!({"lexicon": 1, "id": "com.example.flat", "defs": {"main": {"type": "record", "key": "tid", "record": record}}})
    })
}

fn lines<'t>(folder: &Path, name: &str, texts: impl Iterator<Item = &'t String>) -> Result<(), String> {
    let mut all = String::new();
    for text in texts {
        all.push_str(text);
        all.push('\n');
    }
    file(folder, name, &all)
}

fn file(folder: &Path, name: &str, text: &str) -> Result<(), String> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}
