//! Lexicons of the corpus parse, and what is no Lexicon is refused.

use panproto_core::diagnostic::Severity;
use panproto_core::language::{self, Options, Parsed};
use panproto_core::limits::Budget;
use panproto_testkit::corpus;

fn parse(texts: &[&[u8]]) -> Parsed {
    language::parse("lexicon", texts, &Options::default(), &mut Budget::default())
}

fn errors(parsed: &Parsed) -> Vec<String> {
    parsed
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .map(|found| format!("{:?}: {found}", found.document))
        .collect()
}

#[test]
fn all_current_lexicons_parse_together() {
    let Some(files) = corpus::lexicons() else { return };
    let texts: Vec<&[u8]> = files.iter().map(|(_, text)| text.as_slice()).collect();
    let parsed = parse(&texts);
    assert_eq!(errors(&parsed), [""; 0]);
    for found in &parsed.diagnostics {
        eprintln!(
            "{:?} {:?} {found}",
            found.severity,
            found.document.map(|at| files[at as usize].0.file_name())
        );
    }
    assert_eq!(files.len(), 402);
    assert!(parsed.schema.unwrap().len() > 5000);
}

#[test]
fn every_document_of_every_pair_parses() {
    let Some(files) = corpus::files("atproto/pairs", "json") else { return };
    let mut codes = std::collections::BTreeMap::new();
    let mut bad = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| !path.ends_with("index.json")) {
        let parsed = parse(&[text]);
        for found in &parsed.diagnostics {
            *codes.entry((found.severity, found.code)).or_insert(0) += 1;
        }
        bad.extend(errors(&parsed).into_iter().map(|error| format!("{}: {error}", path.display())));
    }
    eprintln!("{codes:#?}");
    assert_eq!(bad, [""; 0]);
}
