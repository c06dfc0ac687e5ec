//! The shape of the engine: data flows one way, so imports go upwards in one list, and nothing touches the outside
//! world. `ARCHITECTURE.md` says why.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Every module, nearest the start of the flow first. A module imports only from those before it.
const ORDER: &[&str] = &[
    "diagnostic",
    "limits",
    "name",
    "value",
    "expr",
    "theory",
    "schema",
    "protocol",
    "language",
    "instance",
    "diff",
    "compat",
    "migration",
    "align",
    "lens",
    "plan",
    "boundary",
];

/// What the engine is free of: the outside world and what differs between targets.
const ABSENT: &[&str] = &[
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time",
    "std::env",
    "SystemTime",
    "Instant::now",
    "println!",
    "eprintln!",
    "dbg!",
    "wasm_bindgen",
];

/// The one module that may hold `unsafe`: loads of sixteen bytes. Its tests hold it against a look at each byte.
const UNSAFE: &str = "value/lanes.rs";

/// What the standard library compiles anew for every type: the engine sorts, maps and lists by `ordered` instead.
const HEAVY: &[&str] = &[
    ".sort()",
    ".sort_by(",
    ".sort_by_key(",
    ".sort_by_cached_key(",
    ".sort_unstable()",
    ".sort_unstable_by(",
    ".sort_unstable_by_key(",
    "btree_map::",
    "btree_set::",
    "collections::BTree",
    "BinaryHeap",
];

struct Source {
    path: PathBuf,
    /// Modules from the root of the crate down to this file.
    module: Vec<String>,
    /// Without comments, literals and tests.
    code: String,
}

#[test]
fn imports_go_only_upwards() {
    let mut backwards = Vec::new();
    for source in sources() {
        let Some(here) = source.module.first() else { continue };
        let Some(rank) = rank(here) else {
            backwards
                .push(format!("{}: the module `{here}` has no place in the order", source.path.display()));
            continue;
        };
        for name in imports(&source.code, &source.module) {
            if rank_of(&name) > rank {
                backwards.push(format!("{}: `{here}` imports from `{name}`", source.path.display()));
            }
        }
    }
    assert!(backwards.is_empty(), "imports that go against the flow:\n{}", backwards.join("\n"));
}

#[test]
fn the_root_declares_the_modules_in_order() {
    let root = sources().into_iter().find(|source| source.module.is_empty()).unwrap();
    let declared: Vec<&str> = root
        .code
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let expected: Vec<&str> = ORDER.iter().copied().filter(|name| declared.contains(name)).collect();
    assert_eq!(declared, expected);
}

#[test]
fn the_engine_touches_nothing_outside() {
    let found = found(ABSENT, |code| code.to_owned());
    assert!(found.is_empty(), "what the engine is free of:\n{}", found.join("\n"));
}

#[test]
fn one_module_holds_what_is_unsafe() {
    let holds = |source: &Source| source.code.contains("unsafe");
    let paths: Vec<PathBuf> = sources().into_iter().filter(holds).map(|source| source.path).collect();
    let expected: Vec<&Path> = vec![Path::new("lib.rs"), Path::new(UNSAFE)];
    assert_eq!(paths.len(), expected.len(), "{paths:?}");
    assert!(expected.iter().all(|end| paths.iter().any(|path| path.ends_with(end))), "{paths:?}");
}

#[test]
fn order_is_kept_by_what_is_compiled_once() {
    // `use std::collections::{BTreeMap, HashMap};` is as much an import of it.
    let spread = |code: &str| {
        let grouped = code.split("collections::{").skip(1).filter_map(|rest| rest.split_once('}'));
        let names: String = grouped
            .flat_map(|(names, _)| names.split(','))
            .map(|name| format!(" collections::{}", name.trim()))
            .collect();
        code.to_owned() + &names
    };
    assert!(spread("use std::collections::{HashMap, BTreeSet};").contains("collections::BTree"));
    let found = found(HEAVY, spread);
    assert!(found.is_empty(), "what is written with `crate::ordered`:\n{}", found.join("\n"));
}

/// Where sources, read in some way, have what they should not have.
fn found(absent: &[&str], read: impl Fn(&str) -> String) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources() {
        let code = read(&source.code);
        for absent in absent.iter().filter(|absent| code.contains(*absent)) {
            found.push(format!("{}: {absent}", source.path.display()));
        }
    }
    found
}

#[test]
fn the_reader_of_imports_sees_what_it_should() {
    let check = |code: &str, module: &[&str], expected: &[&str]| {
        let module: Vec<String> = module.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(imports(&stripped(code), &module), expected, "{code}");
    };
    check("use crate::schema::Schema;", &["diff"], &["schema"]);
    check(
        "use crate::{name::Name, value::{json::Tape, Value}, plan};",
        &["diff"],
        &["name", "value", "plan"],
    );
    check("fn f(x: &crate::lens::Lens) { super::plan::run(x) }", &["diff"], &["lens", "plan"]);
    check("use super::super::plan;", &["diff", "field"], &["plan"]);
    check("use super::{plan, lens::Lens};", &["diff"], &["plan", "lens"]);
    check("use super::plan;", &["diff", "field"], &[]);
    check(
        "// crate::plan\n/// [`crate::plan`]\nlet s = \"crate::plan\"; let c = '\"'; /* crate::plan */",
        &["diff"],
        &[],
    );
    check("use crate::value;\n#[cfg(test)]\nmod tests { use crate::plan; }\n", &["diff"], &["value"]);
    check("let s = r#\"a \" crate::plan\"#; crate::lens::f()", &["diff"], &["lens"]);
}

fn rank(name: &str) -> Option<usize> {
    ORDER.iter().position(|module| *module == name)
}

/// What is not a module is an item of the crate's root, which everybody may use.
fn rank_of(name: &str) -> usize {
    rank(name).unwrap_or(0)
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let module = module(path.strip_prefix(&root).unwrap());
                if !module.iter().any(|name| name == "tests") {
                    let code = stripped(&fs::read_to_string(&path).unwrap());
                    sources.push(Source { path, module, code });
                }
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sources.len() > 5, "the sources are not where this test looks");
    sources
}

fn module(path: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        path.with_extension("").iter().map(|name| name.to_string_lossy().into_owned()).collect();
    names.pop_if(|last| matches!(last.as_str(), "mod" | "lib"));
    names
}

/// Top-level modules that the code names by `crate::` or by enough `super::`.
fn imports(code: &str, module: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if !code[..at].ends_with(is_name) && !code[..at].ends_with('$') {
            found.extend(named(&code[at + "crate::".len()..]));
        }
    }
    for (at, _) in code.match_indices("super::") {
        if code[..at].ends_with("super::") || code[..at].ends_with(is_name) {
            continue;
        }
        let mut rest = &code[at..];
        let mut levels = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            rest = after;
            levels += 1;
        }
        if levels == module.len() {
            found.extend(named(rest));
        }
    }
    found
}

/// The first name of a path, or of each path in braces.
fn named(code: &str) -> Vec<String> {
    let Some(list) = code.strip_prefix('{') else {
        return vec![code.chars().take_while(|c| is_name(*c)).collect()];
    };
    let mut names = Vec::new();
    let mut depth = 0;
    let mut item = String::new();
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(std::mem::take(&mut item)),
            _ => {}
        }
        if depth == 0 && c != ',' {
            item.push(c);
        }
    }
    names.push(item);
    let first = |item: &String| item.trim().chars().take_while(|c| is_name(*c)).collect::<String>();
    names.iter().map(first).filter(|name| !name.is_empty()).collect()
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Code without comments, texts and characters, up to the tests at the end of the file.
fn stripped(text: &str) -> String {
    let text = text.find("#[cfg(test)]\nmod tests").map_or(text, |at| &text[..at]);
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if let Some(len) = raw_text(rest).filter(|_| !code.ends_with(is_name)) {
            len
        } else if c == '"' {
            quoted(rest)
        } else if c == '\'' && is_character(rest) {
            character(rest)
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        code.push(' ');
        rest = &rest[skip..];
    }
    code
}

/// Length of a raw text that starts here.
fn raw_text(code: &str) -> Option<usize> {
    let body = code.strip_prefix('r')?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let body = body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(body.find(&end)? + 2 + hashes + end.len())
}

fn quoted(code: &str) -> usize {
    let mut escaped = false;
    for (at, c) in code.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// A character and not a lifetime.
fn is_character(code: &str) -> bool {
    let mut after = code.chars().skip(1);
    after.next() == Some('\\') || after.next() == Some('\'')
}

fn character(code: &str) -> usize {
    if code[1..].starts_with('\\') {
        3 + code[3..].find('\'').unwrap_or(0) + 1
    } else {
        code.char_indices().nth(3).map_or(code.len(), |(at, _)| at)
    }
}
