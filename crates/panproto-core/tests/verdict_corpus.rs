//! Diffs and verdicts over real histories of schemas.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use panproto_core::compat::{Kind, Verdicts};
use panproto_core::diff::Diff;
use panproto_core::language::{self, Options};
use panproto_core::limits::{Budget, Limits};
use panproto_core::schema::Schema;
use panproto_testkit::corpus;
use serde_json::Value;
use std::collections::BTreeMap;

fn index(relative: &str) -> Option<Vec<Value>> {
    Some(serde_json::from_slice(&corpus::read(relative)?).unwrap())
}

fn parse(language: &str, path: &str) -> Schema {
    let text = corpus::read(path).unwrap();
    let parsed = language::parse(language, &[&text], &Options::default(), &mut Budget::default());
    parsed.into_result().unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_pair_of_lexicons_diffs() {
    let Some(pairs) = index("atproto/pairs/index.json") else { return };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for pair in &pairs {
        let text = |name: &str| pair[name].as_str().unwrap_or_default();
        let schema = |name: &str| parse("atproto", &format!("atproto/pairs/{}", text(name)));
        let (old, new) = (schema("old"), schema("new"));
        let diff = Diff::between(&old, &new);
        if text("lexlint_verdict") == "error" {
            assert!(!diff.is_equivalent(), "{}: labelled `error`, no change seen", text("new"));
        }
        assert!(Diff::between(&old, &old).is_empty());
        let verdicts = Verdicts::between(&old, &new, None);
        if diff.is_equivalent() {
            assert_ne!(verdicts.backward.kind, Kind::Breaks, "{}: {verdicts}", text("new"));
        }
        let again = Schema::decode(&new.encode(), &Limits::DEFAULT).unwrap();
        assert_eq!(again.digest(), new.digest());
        let key = format!("{} / {}", verdicts.backward.kind, verdicts.forward.kind);
        *counts.entry(key).or_default() += 1;
    }
    println!("{} pairs, backward / forward: {counts:?}", pairs.len());
}

#[test]
fn what_a_document_proves_is_never_called_safe() {
    let Some(entries) = index("schemastore/index.json") else { return };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for entry in &entries {
        let text = |name: &str| entry[name].as_str().unwrap_or_default();
        let schema = |name: &str| parse("json-schema", &format!("schemastore/{}", text(name)));
        let (old, new) = (schema("old"), schema("new"));
        let verdicts = Verdicts::between(&old, &new, None);
        let has = |name: &str| entry[name].as_array().is_some_and(|list| !list.is_empty());
        for (name, verdict) in
            [("narrowing_witnesses", &verdicts.backward), ("widening_witnesses", &verdicts.forward)]
        {
            if has(name) {
                *counts.entry(format!("{name}: {}", verdict.kind)).or_default() += 1;
                if verdict.kind == Kind::Safe {
                    wrong.push(format!("{} {name} {}", text("new"), entry[name]));
                }
            }
            *counts.entry(format!("all: {}", verdict.kind)).or_default() += 1;
            let confirmed = verdict.findings.iter().filter(|finding| finding.witness.is_some()).count();
            *counts.entry("witnesses".to_owned()).or_default() += confirmed;
        }
    }
    println!("{} pairs: {counts:?}", entries.len());
    assert!(wrong.is_empty(), "called safe, and a document says otherwise: {wrong:#?}");
}
