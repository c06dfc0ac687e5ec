//! Values and names that are worth a try.

use super::BYTES;
use crate::instance::pattern::Pattern;
use crate::schema::{Constraint, Sort};
use crate::value::Json;

/// Values on either side of a bound.
pub(super) fn beyond(constraint: &Constraint) -> Vec<String> {
    let text = constraint.value.as_str();
    let Ok(bound) = text.parse::<i64>() else { return Vec::new() };
    let near = [bound.saturating_sub(1), bound, bound.saturating_add(1)];
    let sizes = near.iter().filter_map(|size| usize::try_from(*size).ok()).filter(|size| *size < BYTES / 4);
    match constraint.sort {
        Sort::MinLength
        | Sort::MaxLength
        | Sort::MinBytes
        | Sort::MaxBytes
        | Sort::MinGraphemes
        | Sort::MaxGraphemes => sizes.map(|size| format!("\"{}\"", "a".repeat(size))).collect(),
        Sort::MinItems | Sort::MaxItems => {
            sizes.map(|size| format!("[{}]", vec!["0"; size].join(","))).collect()
        }
        Sort::Minimum
        | Sort::Maximum
        | Sort::ExclusiveMinimum
        | Sort::ExclusiveMaximum
        | Sort::MultipleOf => near.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

/// An object of a union's arm, with the tag that tells it.
pub(super) fn tagged(text: String, tag: Option<&str>) -> String {
    match (tag, text.strip_prefix('{')) {
        (Some(tag), Some(rest)) if !text.contains("\"$type\"") => {
            let comma = if rest == "}" { "" } else { "," };
            format!("{{\"$type\":{}{comma}{rest}", Json::string(tag))
        }
        _ => text,
    }
}

/// A name that matches a pattern: what it says letter by letter, or one of a few.
pub(super) fn name_like(pattern: &str) -> Option<String> {
    let compiled = Pattern::new(pattern).ok()?;
    let literal: String = pattern.chars().filter(|letter| !"^$\\()".contains(*letter)).collect();
    let few = [
        "a",
        "A",
        "0",
        "x-a",
        "ab",
        "aa",
        "A0",
        "a.b",
        "/a",
        "a/b",
        "$a",
        "_a",
        "1.0.0",
        "http://a.example/",
    ];
    let mut names = std::iter::once(literal).chain(few.iter().map(|name| (*name).to_owned()));
    names.find(|name| compiled.is_match(name))
}

/// One of everything.
pub(super) const ANY: &[&str] = &[
    "\"\"",
    "\"a\"",
    "0",
    "1",
    "-1",
    "0.5",
    "true",
    "false",
    "null",
    "{}",
    "[]",
    "\"http://a.example/\"",
    "[0]",
    "[\"a\"]",
    "1000000000",
];

/// A string of each format.
pub(super) const FORMATS: &[(&str, &str)] = &[
    ("at-identifier", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"),
    ("at-uri", "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jzfcijpj2z2a"),
    ("cid", "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"),
    ("datetime", "2024-01-01T00:00:00.000Z"),
    ("did", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"),
    ("handle", "alice.example"),
    ("language", "en"),
    ("nsid", "app.bsky.feed.post"),
    ("record-key", "self"),
    ("tid", "3jzfcijpj2z2a"),
    ("uri", "https://a.example/"),
    ("date-time", "2024-01-01T00:00:00Z"),
    ("date", "2024-01-01"),
    ("time", "00:00:00Z"),
    ("email", "a@example.org"),
    ("hostname", "a.example"),
    ("ipv4", "192.0.2.1"),
    ("ipv6", "::1"),
    ("uuid", "00000000-0000-4000-8000-000000000000"),
];
