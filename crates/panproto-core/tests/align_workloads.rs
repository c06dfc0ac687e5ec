//! The three workloads: which questions are asked, and that the hints of a person answer them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use panproto_core::align::{Hints, between};
use panproto_core::language;
use panproto_core::lens::compile::{Compiled, compile};
use panproto_core::limits::Budget;
use panproto_core::schema::Schema;
use panproto_testkit::workload;
use std::sync::Arc;

fn lexicon(text: &str) -> Arc<Schema> {
    let parsed =
        language::parse("atproto", &[text.as_bytes()], &language::Options::default(), &mut Budget::default());
    Arc::new(parsed.into_result().unwrap())
}

fn derive(lexicons: [String; 2], hints: &[(&str, &str)]) -> Compiled {
    let [old, new] = lexicons.map(|text| lexicon(&text));
    let fields = hints.iter().map(|(from, to)| (from.to_string(), Some(to.to_string()))).collect();
    let hints = Hints { fields, ..Hints::default() };
    let migration = between(&old, &new, &hints, &mut Budget::default()).unwrap();
    compile(&migration, &mut Budget::default()).unwrap()
}

fn questions(lexicons: [String; 2]) -> Vec<(String, Vec<String>)> {
    let compiled = derive(lexicons, &[]);
    assert!(compiled.machine.is_none());
    let answers = |question: &panproto_core::migration::Question| {
        question.candidates.iter().map(|candidate| candidate.answer.clone()).collect()
    };
    compiled.questions.iter().map(|question| (question.path.clone(), answers(question))).collect()
}

fn pair(path: &str, candidates: &[&str]) -> (String, Vec<String>) {
    (path.to_owned(), candidates.iter().map(|name| name.to_string()).collect())
}

#[test]
fn w1_asks_for_two_names_and_finds_the_hoist_itself() {
    assert_eq!(
        questions(workload::w1_lexicons()),
        [pair("createdAt", &["publishedAt"]), pair("text", &["body"])]
    );
    let compiled = derive(workload::w1_lexicons(), &[("text", "body"), ("createdAt", "publishedAt")]);
    assert_eq!(compiled.questions, []);
    let kinds: Vec<(&str, Option<&str>, Option<&str>)> = compiled
        .changes
        .iter()
        .map(|change| (change.kind, change.from.as_deref(), change.to.as_deref()))
        .collect();
    for expected in [
        ("rename", Some("text"), Some("body")),
        ("rename", Some("createdAt"), Some("publishedAt")),
        ("hoist", Some("stats.likeCount"), Some("likeCount")),
        ("drop", Some("sensitive"), None),
        ("add", None, Some("visibility")),
        // An empty `stats` and none give the same view.
        ("dissolve", Some("stats"), Some("")),
    ] {
        assert!(kinds.contains(&expected), "{expected:?} in {kinds:?}");
    }
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    // The object, and one state that copies: everything else is the same on both sides.
    let machine = compiled.machine.unwrap();
    assert!(machine.states.len() <= 12, "{:#?}", machine.states);
}

#[test]
fn w2_asks_for_two_names() {
    let asked = questions(workload::w2_lexicons());
    assert_eq!(asked, [pair("f00", &["g00"]), pair("f03", &["g03"])]);
    let compiled = derive(workload::w2_lexicons(), &[("f00", "g00"), ("f03", "g03")]);
    assert!(compiled.machine.is_some(), "{:?}", compiled.questions);
}

#[test]
fn w3_asks_within_list_items() {
    let asked = questions(workload::w3_lexicons());
    assert_eq!(asked, [pair("items[].value", &["items[].amount"]), pair("title", &["heading"])]);
    let compiled =
        derive(workload::w3_lexicons(), &[("title", "heading"), ("items[].value", "items[].amount")]);
    assert!(compiled.machine.is_some(), "{:?}", compiled.questions);
}

#[test]
fn a_hint_that_names_nothing_is_an_error() {
    let [old, new] = workload::w1_lexicons().map(|text| lexicon(&text));
    let check = |from: &str, to: &str, message: &str| {
        let hints = Hints { fields: [(from.to_owned(), Some(to.to_owned()))].into(), ..Hints::default() };
        let error = between(&old, &new, &hints, &mut Budget::default()).unwrap_err();
        assert_eq!((error.code, &*error.message), ("unknown-path", message));
    };
    check("texts", "body", "the source schema has no `texts`");
    check("text", "bodies", "the target schema has no `bodies`");
    check("facets.uri", "body", "the source schema has no `facets.uri`");
}

#[test]
fn identity_is_one_copy() {
    let [old, _] = workload::w1_lexicons().map(|text| lexicon(&text));
    let migration = between(&old, &old, &Hints::default(), &mut Budget::default()).unwrap();
    let machine = compile(&migration, &mut Budget::default()).unwrap().machine.unwrap();
    assert_eq!(machine.states.len(), 1);
}

#[test]
fn a_lens_says_beforehand_what_it_keeps_and_refuses() {
    let compiled = derive(workload::w1_lexicons(), &[("text", "body"), ("createdAt", "publishedAt")]);
    let spec = compiled.machine.unwrap().spec();
    let places = |list: &[panproto_core::lens::spec::Statement]| -> Vec<(&'static str, String)> {
        list.iter().map(|statement| (statement.code, statement.path.clone())).collect()
    };
    assert_eq!(
        places(&spec.complement),
        [("dissolved", "stats"), ("dropped", "sensitive"), ("undeclared", "stats")]
            .map(|(code, path)| (code, path.to_owned()))
    );
    assert_eq!(places(&spec.partial), []);
    assert_eq!(places(&spec.view_domain), []);
    assert_eq!(places(&spec.needs_default), []);
    assert!(!spec.lossless);
}
