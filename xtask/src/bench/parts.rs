//! What weighs what in the module: bytes of code by the module of the source that they come from.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use wasmparser::{KnownCustom, Name, Parser, Payload};

/// Bytes of code and of data, and the code by part. `module` is what rustc leaves, which has names.
pub fn count(module: &[u8]) -> Result<Value, String> {
    let said = |error: wasmparser::BinaryReaderError| error.to_string();
    let (mut imported, mut bodies, mut data) = (0u32, Vec::new(), 0u64);
    let mut names: BTreeMap<u32, String> = BTreeMap::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(said)? {
            Payload::ImportSection(imports) => imported = imports.count(),
            Payload::CodeSectionEntry(body) => bodies.push(body.range().len() as u64),
            Payload::DataSection(section) => data = section.range().len() as u64,
            Payload::CustomSection(section) => {
                let KnownCustom::Name(section) = section.as_known() else { continue };
                for name in section {
                    let Name::Function(functions) = name.map_err(said)? else { continue };
                    for function in functions {
                        let function = function.map_err(said)?;
                        names.insert(function.index, function.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    if names.is_empty() {
        return Err("the functions of the module have no names".to_owned());
    }
    let mut parts: BTreeMap<String, u64> = BTreeMap::new();
    for (at, size) in (imported..).zip(&bodies) {
        let part = names.get(&at).map_or_else(|| "without a name".to_owned(), |name| part(name));
        *parts.entry(part).or_default() += size;
    }
    Ok(json!({"code": bodies.iter().sum::<u64>(), "data": data, "by_part": parts}))
}

/// The part that a function belongs to, by its mangled name: a module of the core, with languages each for itself; else
/// its crate.
fn part(name: &str) -> String {
    let words = words(name);
    let core = words.iter().position(|word| word == "panproto_core");
    let Some(core) = core else {
        return match words.first().map(String::as_str) {
            Some("core" | "alloc" | "std" | "hashbrown" | "compiler_builtins") => "std".to_owned(),
            Some(first) => first.to_owned(),
            None => "other".to_owned(),
        };
    };
    let module = words.get(core + 1).cloned().unwrap_or_default();
    match (module.as_str(), words.get(core + 2)) {
        ("language", Some(language)) if ["atproto", "json_schema"].contains(&language.as_str()) => {
            format!("language::{language}")
        }
        _ => module,
    }
}

/// The words of a mangled name: those that are written with their length before them.
fn words(name: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), name);
    while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let (_, tail) = rest.split_at(start);
        let digits = tail.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(tail.len());
        let (length, after) = tail.split_at(digits);
        let word = length.parse::<usize>().ok().and_then(|length| after.get(..length));
        match word {
            Some(word) if !word.is_empty() => {
                found.extend(inner(word));
                rest = after.get(word.len()..).unwrap_or_default();
            }
            _ => rest = after,
        }
    }
    found
}

/// In the older mangling a word like `_$LT$a..b$u20$as$u20$c..d$GT$` holds paths of its own: names of crates and modules.
fn inner(word: &str) -> Vec<String> {
    if !word.contains("..") && !word.contains('$') {
        return vec![word.to_owned()];
    }
    let plain =
        word.split('$').filter(|piece| !matches!(*piece, "LT" | "GT" | "u20" | "RF" | "as" | "C" | "BP"));
    plain
        .flat_map(|piece| piece.split(".."))
        .map(|piece| piece.trim_matches('_'))
        .filter(|piece| !piece.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_part() {
        for (name, expected) in [
            ("_ZN13panproto_core8language7atproto5parse17h0123456789abcdefE", "language::atproto"),
            ("_ZN13panproto_core4plan3run17h0123456789abcdefE", "plan"),
            ("_ZN4core3fmt5write17h0123456789abcdefE", "std"),
            ("_ZN5alloc3vec12Vec$LT$T$GT$4push17h0123456789abcdefE", "std"),
            (
                "_ZN75_$LT$panproto_core..lens..step..Step$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE",
                "lens",
            ),
            ("pp_run", "other"),
        ] {
            assert_eq!(part(name), expected, "{name}");
        }
    }

    #[test]
    fn a_module_without_names_is_refused() {
        assert!(count(b"\0asm\x01\0\0\0").is_err());
    }
}
