//! Lexicons of the corpus parse and print back, and what is no Lexicon is refused.

use panproto_core::diagnostic::Severity;
use panproto_core::language::lexicon::is_nsid;
use panproto_core::language::{self, Options, Parsed};
use panproto_core::limits::Budget;
use panproto_core::protocol::Protocol;
use panproto_testkit::corpus;

fn parse(texts: &[&[u8]]) -> Parsed {
    language::parse("lexicon", texts, &Options::default(), &mut Budget::default())
}

fn errors(parsed: &Parsed) -> Vec<String> {
    let errors = parsed.diagnostics.iter().filter(|found| found.severity == Severity::Error);
    errors.map(|found| format!("{:?}: {found}", found.document)).collect()
}

/// Parses, prints and parses again.
fn check_round_trip(name: &str, texts: &[&[u8]]) {
    let parsed = parse(texts);
    assert_eq!(errors(&parsed), [""; 0], "{name}");
    let schema = parsed.into_result().unwrap().without_spans();
    assert_eq!(Protocol::builtin("atproto").unwrap().check(&schema), [], "{name}");
    let printed = language::print(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(printed.len(), texts.len(), "{name}");
    let bytes: Vec<&[u8]> = printed.iter().map(String::as_bytes).collect();
    let again = parse(&bytes).into_result().unwrap_or_else(|error| panic!("{name}: {error}")).without_spans();
    if again != schema {
        let differing = schema.vertices().zip(again.vertices()).find(|(a, b)| a != b);
        panic!("{name}: printed schema differs: {differing:#?}\n{printed:?}");
    }
    assert_eq!(language::print(&again).unwrap(), printed, "{name}");
}

/// What a document holds, but for spellings that mean nothing: empty `required` lists, and order.
fn meaning(text: &[u8]) -> serde_json::Value {
    fn normalise(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(members) => {
                members.retain(|name, value| {
                    let means_nothing = match name.as_str() {
                        "nullable" => *value == serde_json::json!([]),
                        "required" => *value == serde_json::json!([]) || *value == serde_json::json!(false),
                        "closed" => *value == serde_json::json!(false),
                        "properties" => *value == serde_json::json!({}),
                        _ => false,
                    };
                    !means_nothing
                });
                for name in ["required", "nullable"] {
                    if let Some(serde_json::Value::Array(names)) = members.get_mut(name) {
                        names.sort_by_key(ToString::to_string);
                        names.dedup();
                    }
                }
                members.values_mut().for_each(normalise);
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(normalise),
            _ => {}
        }
    }
    let mut value = serde_json::from_slice(text).unwrap();
    normalise(&mut value);
    value
}

#[test]
fn all_current_lexicons_parse_together_and_print_back() {
    let Some(files) = corpus::lexicons() else { return };
    assert_eq!(files.len(), 402);
    let texts: Vec<&[u8]> = files.iter().map(|(_, text)| text.as_slice()).collect();
    check_round_trip("all", &texts);
    let parsed = parse(&texts);
    let protocol = Protocol::builtin("atproto").unwrap();
    assert_eq!(protocol.check(parsed.schema.as_ref().unwrap()), []);
    assert!(parsed.diagnostics.iter().all(|found| found.code != "external-not-loaded"));
    for (printed, (path, text)) in language::print(&parsed.schema.unwrap()).unwrap().iter().zip(&files) {
        assert_eq!(meaning(printed.as_bytes()), meaning(text), "{}", path.display());
    }
}

#[test]
fn every_document_of_every_pair_prints_back() {
    for folder in ["atproto/pairs", "atproto/fixtures/packages/lex/lex", "atproto/interop/lexicon/catalog"] {
        let Some(files) = corpus::files(folder, "json") else { return };
        for (path, text) in files.iter().filter(|(path, _)| !path.ends_with("index.json")) {
            check_round_trip(&path.to_string_lossy(), &[text]);
            let printed = language::print(&parse(&[text]).schema.unwrap()).unwrap();
            assert_eq!(meaning(printed[0].as_bytes()), meaning(text), "{}", path.display());
        }
    }
}

#[test]
fn the_reference_cases_of_valid_and_invalid_lexicons_hold() {
    for folder in ["interop/lexicon", "fixtures/packages/lex/lex-document/tests"] {
        for valid in [true, false] {
            let file = if valid { "lexicon-valid.json" } else { "lexicon-invalid.json" };
            let Some(text) = corpus::read(&format!("atproto/{folder}/{file}")) else { return };
            let cases: serde_json::Value = serde_json::from_slice(&text).unwrap();
            for case in cases.as_array().unwrap() {
                let name = case["name"].as_str().unwrap();
                let document = case["lexicon"].to_string();
                if valid {
                    check_round_trip(name, &[document.as_bytes()]);
                    continue;
                }
                let parsed = parse(&[document.as_bytes()]);
                assert!(parsed.schema.is_none(), "{name} is accepted");
                let error = &parsed.diagnostics[0];
                assert!(error.path.as_deref().is_some_and(|path| !path.is_empty()), "{name}: {error:?}");
                assert!(error.span.is_some(), "{name}: {error:?}");
            }
        }
    }
}

#[test]
fn the_reference_cases_of_nsids_hold() {
    for (file, valid) in [("nsid_syntax_valid.txt", true), ("nsid_syntax_invalid.txt", false)] {
        let Some(text) = corpus::read(&format!("atproto/interop/syntax/{file}")) else { return };
        let text = String::from_utf8(text).unwrap();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            assert_eq!(is_nsid(line), valid, "{line:?}");
        }
    }
}

/// Every value of some documents in turn becomes another: nothing panics, and what still parses prints back.
#[test]
fn documents_with_one_wrong_value_are_refused_or_print_back() {
    let mut files = Vec::new();
    for folder in ["atproto/interop/lexicon/catalog", "atproto/pairs/app.bsky.actor.getProfile"] {
        let Some(found) = corpus::files(folder, "json") else { return };
        files.extend(found);
    }
    for early in ["app.bsky.post/01-old.json", "app.bsky.getHomeFeed/01-old.json"] {
        let path = format!("atproto/pairs/{early}");
        let Some(text) = corpus::read(&path) else { return };
        files.push((path.into(), text));
    }
    let (mut refused, mut kept) = (0, 0);
    for (path, text) in &files {
        let document: serde_json::Value = serde_json::from_slice(text).unwrap();
        let mut places = Vec::new();
        pointers(&document, String::new(), &mut places);
        for place in places {
            for wrong in
                ["null", "5", "\"x\"", "[]", "{}", "[{\"type\":\"string\"}]", "true", "{\"type\":\"ref\"}"]
            {
                let mut changed = document.clone();
                *changed.pointer_mut(&place).unwrap() = serde_json::from_str(wrong).unwrap();
                let name = format!("{}{place} = {wrong}", path.display());
                let text = changed.to_string();
                let parsed = parse(&[text.as_bytes()]);
                if parsed.schema.is_some() {
                    kept += 1;
                    check_round_trip(&name, &[text.as_bytes()]);
                } else {
                    refused += 1;
                    let errors: Vec<_> =
                        parsed.diagnostics.iter().filter(|found| found.severity == Severity::Error).collect();
                    assert!(!errors.is_empty() && errors.iter().all(|error| error.span.is_some()), "{name}");
                }
            }
        }
    }
    assert!(refused > 1000 && kept > 1000, "{refused} refused, {kept} kept");
}

fn pointers(value: &serde_json::Value, at: String, found: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(value, format!("{at}/{name}"), found);
            }
        }
        serde_json::Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
    found.push(at);
}
