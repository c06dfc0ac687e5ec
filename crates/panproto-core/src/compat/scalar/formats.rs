//! Formats of strings: which is part of which.

use super::{Facts, Outcome};
use crate::compat::Reading;
use crate::schema::{Constraint, Sort};
use crate::value::Json;

/// Formats and the wider ones that contain every string of theirs.
const WIDER: &[(&str, &[&str])] = &[
    ("did", &["at-identifier"]),
    ("handle", &["at-identifier"]),
    ("tid", &["record-key"]),
    ("nsid", &["record-key"]),
    ("uri", &["uri-reference", "iri", "iri-reference"]),
    ("uri-reference", &["iri-reference"]),
    ("iri", &["iri-reference"]),
    ("email", &["idn-email"]),
    ("hostname", &["idn-hostname"]),
];

/// Formats that some strings do not have: the empty one, or a space.
const KNOWN: &[&str] = &[
    "at-identifier",
    "at-uri",
    "cid",
    "datetime",
    "did",
    "handle",
    "language",
    "nsid",
    "record-key",
    "tid",
    "date",
    "time",
    "date-time",
    "email",
    "idn-email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
];

fn name(value: &Json) -> Option<String> {
    value.tree().root().as_str().map(std::borrow::Cow::into_owned)
}

pub(super) fn decide(facts: &Facts<'_>, constraint: &Constraint, reading: &Reading) -> Outcome {
    let asserted = |own: &Constraint| own.sort == Sort::AssertedFormat || reading.asserts_formats();
    if !asserted(constraint) {
        return Outcome::Implied;
    }
    let Some(wanted) = name(&constraint.value) else { return Outcome::Unknown };
    let own: Vec<String> = facts
        .of(Sort::Format)
        .chain(facts.of(Sort::AssertedFormat))
        .filter(|own| asserted(own))
        .filter_map(|own| name(&own.value))
        .collect();
    let wider = |format: &str| {
        WIDER.iter().find(|(narrow, _)| *narrow == format).map_or(&[][..], |(_, wider)| *wider)
    };
    if own.iter().any(|own| *own == wanted || wider(own).contains(&&*wanted)) {
        return Outcome::Implied;
    }
    let known = KNOWN.contains(&&*wanted);
    let narrows = own.iter().all(|own| wider(&wanted).contains(&&**own));
    // Of two formats neither of which contains the other nothing is claimed.
    if known && narrows { Outcome::Refuted } else { Outcome::Unknown }
}
