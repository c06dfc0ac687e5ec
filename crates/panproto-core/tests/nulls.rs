//! What `null` means where a list becomes its head, or a value a list of itself, and either may be `null`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod both;

use both::{Both, hints};

/// A lens between schemas of one member `it`.
fn lens(old: &str, new: &str) -> Both {
    let object = |it: &str| format!(r#"{{"type":"object","properties":{{"it":{it}}}}}"#);
    Both::between("json-schema", &object(old), &object(new), &hints(&[], &[]))
}

const NULLS: &str = r#"{"type":"array","items":{"type":["string","null"]}}"#;
const NULL_OR_NULLS: &str = r#"{"type":["array","null"],"items":{"type":["string","null"]}}"#;
const ANY_OF_NULLS: &str =
    r#"{"anyOf":[{"type":"array","items":{"type":["string","null"]}},{"type":"null"}]}"#;
const NULLABLE: &str = r#"{"type":["string","null"]}"#;
const ANY_OF_NULLABLE: &str = r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#;

#[test]
fn a_list_of_null_is_not_null() {
    for list in [NULLS, NULL_OR_NULLS, ANY_OF_NULLS] {
        for one in [NULLABLE, ANY_OF_NULLABLE] {
            let mut lens = lens(list, one);
            lens.there_and_back(r#"{"it":[null]}"#, r#"{"it":null}"#);
            lens.there_and_back(r#"{"it":[null,"a"]}"#, r#"{"it":null}"#);
            lens.there_and_back(r#"{"it":[]}"#, "{}");
            lens.there_and_back("{}", "{}");
            assert!(lens.edit(r#"{"it":[null,"a"]}"#, r#"{"it":"b"}"#).unwrap().ends_with(r#""b","a"]}"#));
            lens.edit(r#"{"it":["a","b"]}"#, r#"{"it":null}"#).unwrap();
            lens.create(r#"{"it":null}"#).unwrap();
        }
    }
}

#[test]
fn null_stays_null_beside_lists_of_null() {
    for list in [NULL_OR_NULLS, ANY_OF_NULLS] {
        lens(list, NULLABLE).there_and_back(r#"{"it":null}"#, r#"{"it":null}"#);
    }
}

#[test]
fn a_list_around_null() {
    for one in [NULLABLE, ANY_OF_NULLABLE] {
        for list in [NULLS, NULL_OR_NULLS, ANY_OF_NULLS] {
            let mut lens = lens(one, list);
            lens.there_and_back("{}", "{}");
            lens.there_and_back(r#"{"it":"a"}"#, r#"{"it":["a"]}"#);
            for edited in [r#"{"it":[null]}"#, r#"{"it":null}"#] {
                // Carried, so that it is in the view again, or refused.
                if let Err((code, _)) = lens.edit(r#"{"it":"a"}"#, edited) {
                    assert_eq!(code, "view-not-representable");
                }
            }
        }
    }
}
