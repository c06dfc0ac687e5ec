//! The source verdict: does code that was written (or generated) against the old schema fit the new one?

use super::finding::{Direction, Finding, Kind};
use super::verdict::Verdict;
use crate::diff::{Change, Diff};

pub(super) fn verdict(diff: &Diff) -> Verdict {
    let findings = diff.changes().iter().filter_map(|change| {
        let kind = kind_of(change);
        (kind != Kind::Safe).then(|| Finding {
            code: change.kind,
            kind,
            direction: Direction::Source,
            path: change.path.clone(),
            old: change.old.clone(),
            new: change.new.clone(),
            old_vertex: change.old_vertex,
            new_vertex: change.new_vertex,
            witness: None,
        })
    });
    Verdict::of(findings.collect())
}

fn kind_of(change: &Change) -> Kind {
    match change.kind {
        // Bounds are no part of a type; descriptions and kept keywords are not either.
        "documentation"
        | "known-values-changed"
        | "form-changed"
        | "constraint-added"
        | "constraint-removed"
        | "constraint-changed"
        | "keyword-changed"
        | "coercion-changed"
        | "merger-changed"
        | "policy-changed"
        | "definition-added"
        | "body-added"
        | "document-added" => Kind::Safe,
        // A new optional member disturbs nobody; a required one has to be given where values are made.
        "field-added" if !change.new.as_deref().is_some_and(|text| text.starts_with("required ")) => {
            Kind::Safe
        }
        "field-added"
        | "field-removed"
        | "type-changed"
        | "reference-changed"
        | "required-added"
        | "required-removed"
        | "nullable-added"
        | "nullable-removed"
        | "default-changed"
        | "default-expression-changed"
        | "enum-changed"
        | "arm-removed"
        | "definition-removed"
        | "body-removed"
        | "document-removed"
        | "nsid-changed"
        | "role-changed" => Kind::Breaks,
        _ => Kind::Unknown,
    }
}
