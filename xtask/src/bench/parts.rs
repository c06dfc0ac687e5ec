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

/// Crates of the standard library, and types that it gives methods to.
const STANDARD: &[&str] = &[
    "core",
    "alloc",
    "std",
    "hashbrown",
    "compiler_builtins",
    "__rustc",
    "str",
    "char",
    "bool",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
];

/// The part that a function belongs to, by its mangled name: a module of the core, with languages each for itself, which
/// may be a type that generic code is made for; else its crate.
fn part(mangled: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(mangled));
    let Some((_, path)) = name.split_once("panproto_core::") else {
        // `<T as core::fmt::Debug>::fmt` and `alloc::vec::push` begin with their crate, behind what it is done to.
        let first = name.split_once("::").map(|(first, _)| first).unwrap_or_default();
        let crates = first.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_');
        return match crates.into_iter().find(|word| !word.is_empty()) {
            Some(word) if STANDARD.contains(&word) => "std".to_owned(),
            Some(word) => word.to_owned(),
            None => "other".to_owned(),
        };
    };
    let mut words = path.split("::").map(word);
    let module = words.next().unwrap_or_default();
    match (module, words.next()) {
        ("language", Some(language @ ("lexicon" | "json_schema"))) => format!("language::{language}"),
        _ => module.to_owned(),
    }
}

/// What a segment of a path begins with.
fn word(segment: &str) -> &str {
    let end =
        segment.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(segment.len());
    segment.get(..end).unwrap_or(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_part() {
        for (name, expected) in [
            ("_ZN13panproto_core8language7lexicon5parse17h0123456789abcdefE", "language::lexicon"),
            ("_ZN13panproto_core4plan3run17h0123456789abcdefE", "plan"),
            ("_ZN4core3fmt5write17h0123456789abcdefE", "std"),
            ("_ZN5alloc3vec12Vec$LT$T$GT$4push17h0123456789abcdefE", "std"),
            (
                "_ZN68_$LT$panproto_core..lens..step..Step$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE",
                "lens",
            ),
            ("_RNvNtCs1234_13panproto_core4plan3run", "plan"),
            ("_RINvNtCs5678_4core3ptr13drop_in_placeNtNtCs1234_13panproto_core4lens4StepECs1_1a", "lens"),
            ("_ZN52_$LT$$RF$mut$u20$T$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE", "std"),
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
