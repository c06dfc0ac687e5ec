//! The classification in the shape that published releases answer with: two lists and one truth value, without
//! directions. What is *unknown* counts as breaking.

use super::finding::Kind;
use super::verdict::Verdicts;
use crate::diff::published::{EdgeRow, SchemaDiff, Writer};
use crate::schema::Schema;

/// One entry of a report: the name of its variant and its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `RemovedVertex`, `ConstraintTightened`, …
    pub variant: &'static str,
    /// Fields by name; `None` is `null`.
    pub fields: Vec<(&'static str, Option<String>)>,
}

impl Entry {
    fn new<const N: usize>(variant: &'static str, fields: [(&'static str, &str); N]) -> Entry {
        let fields = fields.into_iter().map(|(name, value)| (name, Some(value.to_owned()))).collect();
        Entry { variant, fields }
    }

    fn edge(variant: &'static str, row: &EdgeRow) -> Entry {
        let mut entry = Entry::new(variant, [("src", &*row.src), ("tgt", &*row.tgt), ("kind", &*row.kind)]);
        entry.fields.push(("name", row.name.clone()));
        entry
    }
}

/// The published report.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CompatReport {
    /// What breaks, or may break.
    pub breaking: Vec<Entry>,
    /// What does not.
    pub non_breaking: Vec<Entry>,
    /// Whether nothing breaks: old data are proved to be valid under the new schema.
    pub compatible: bool,
}

/// Classifies a change.
pub fn classify(old: &Schema, new: &Schema) -> CompatReport {
    let diff = SchemaDiff::between(old, new);
    let verdicts = Verdicts::between(old, new, None);
    let mut report = CompatReport::default();
    let (breaking, fine) = (&mut report.breaking, &mut report.non_breaking);
    for id in &diff.removed_vertices {
        breaking.push(Entry::new("RemovedVertex", [("vertex_id", id)]));
    }
    for row in &diff.removed_edges {
        breaking.push(Entry::edge("RemovedEdge", row));
    }
    for (id, from, to) in &diff.kind_changes {
        let fields = [("vertex_id", &**id), ("old_kind", from), ("new_kind", to)];
        breaking.push(Entry::new("KindChanged", fields));
    }
    for row in diff.added_required.values().flatten() {
        breaking.push(Entry::edge("RequiredEdgeAdded", row));
    }
    for (id, found) in &diff.modified_constraints {
        for (sort, value) in &found.added {
            let fields = [("vertex_id", &**id), ("sort", sort), ("value", value)];
            breaking.push(Entry::new("ConstraintAdded", fields));
        }
        for (sort, was, value) in &found.changed {
            let fields = [("vertex_id", &**id), ("sort", sort), ("old_value", was), ("new_value", value)];
            match is_relaxed(sort, was, value) {
                true => fine.push(Entry::new("ConstraintRelaxed", fields)),
                false => breaking.push(Entry::new("ConstraintTightened", fields)),
            }
        }
        for (sort, _) in &found.removed {
            fine.push(Entry::new("ConstraintRemoved", [("vertex_id", &**id), ("sort", sort)]));
        }
    }
    for row in &diff.removed_variants {
        let tag = row.tag.as_deref().unwrap_or(&row.id);
        breaking.push(Entry::new("RemovedVariant", [("vertex_id", &*row.parent_vertex), ("tag", tag)]));
    }
    for id in &diff.added_vertices {
        fine.push(Entry::new("AddedVertex", [("vertex_id", id)]));
    }
    for row in &diff.added_edges {
        fine.push(Entry::edge("AddedEdge", row));
    }
    // Whatever the list above has no word for still counts.
    if verdicts.backward.kind != Kind::Safe && breaking.is_empty() {
        let count = verdicts.backward.findings.len().to_string();
        let category = format!("backward-{}", verdicts.backward.kind);
        breaking.push(Entry::new("UnclassifiedChange", [("category", &*category), ("count", &count)]));
    }
    report.compatible = report.breaking.is_empty();
    report
}

/// Whether a bound moved outwards; of every other constraint any change narrows.
fn is_relaxed(sort: &str, was: &str, value: &str) -> bool {
    let order = crate::value::number::cmp(was.as_bytes(), value.as_bytes());
    match sort {
        sort if sort.starts_with("max") || sort == "exclusiveMaximum" => {
            order.is_some_and(|order| order.is_le())
        }
        sort if sort.starts_with("min") || sort == "exclusiveMinimum" => {
            order.is_some_and(|order| order.is_ge())
        }
        _ => false,
    }
}

impl CompatReport {
    /// The object of the wire.
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        out.open('{');
        for (name, entries) in [("breaking", &self.breaking), ("non_breaking", &self.non_breaking)] {
            out.list(name, entries.iter(), |out, entry| {
                out.open('{');
                out.key(entry.variant);
                let fields: Vec<_> =
                    entry.fields.iter().map(|(name, value)| (*name, value.as_deref())).collect();
                out.object(&fields);
                out.close('}');
            });
        }
        out.key("compatible");
        out.raw(if self.compatible { "true" } else { "false" });
        out.close('}');
        String::from_utf8(out.bytes).unwrap_or_default()
    }
}
