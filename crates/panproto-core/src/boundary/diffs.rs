//! Operations that compare schemas.

use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diff::extras::HyperChange;
use crate::diff::published::{ConstraintDiff, EdgeRow, SchemaDiff, VariantRow};
use crate::diff::{Change, Diff};

/// `diff`: every change with its path.
pub(super) fn diff(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [old, new] = session.schemas(request, ["old", "new"])?;
    let diff = Diff::between(&old, &new);
    let report: Vec<String> = diff.changes().iter().map(ToString::to_string).collect();
    Ok(Message::map()
        .with("changes", Message::array(diff.changes().iter().map(change_message)))
        .with("empty", diff.is_empty())
        .with("equivalent", diff.is_equivalent())
        .with("report", report.join("\n")))
}

fn change_message(change: &Change) -> Message<'static> {
    Message::map()
        .with("kind", change.kind)
        .with("path", change.path.clone())
        .with("old", change.old.clone())
        .with("new", change.new.clone())
        .with("structural", change.is_structural())
}

/// `diff.published`: the same in the shape of published releases, by ids.
pub(super) fn published(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [old, new] = session.schemas(request, ["old", "new"])?;
    let diff = SchemaDiff::between(&old, &new);
    let texts = |texts: &[String]| Message::array(texts.iter().cloned());
    let edges = |edges: &[EdgeRow]| Message::array(edges.iter().map(edge));
    let by_vertex = |rows: &crate::ordered::BTreeMap<String, Vec<EdgeRow>>| {
        keyed(rows.iter().map(|(id, rows)| (id.clone(), edges(rows))))
    };
    let triples = |rows: &[(String, String, String)]| {
        Message::array(rows.iter().map(|(a, b, c)| Message::array([a.clone(), b.clone(), c.clone()])))
    };
    let none = || Message::Array(Vec::new());
    let kind_changes = diff.kind_changes.iter().map(|(vertex, old, new)| {
        Message::map()
            .with("vertex_id", vertex.clone())
            .with("old_kind", old.clone())
            .with("new_kind", new.clone())
    });
    let mut answer = Message::map();
    if let Message::Map(members) = &mut answer {
        members.extend(diff.extras.lists().into_iter().map(|(name, keys)| (name.into(), texts(keys))));
    }
    Ok(answer
        .with("modified_hyper_edges", Message::array(diff.extras.hyper_edges.iter().map(hyper_change)))
        .with("added_vertices", texts(&diff.added_vertices))
        .with("removed_vertices", texts(&diff.removed_vertices))
        .with("kind_changes", Message::array(kind_changes))
        .with("added_edges", edges(&diff.added_edges))
        .with("removed_edges", edges(&diff.removed_edges))
        .with(
            "modified_constraints",
            keyed(diff.modified_constraints.iter().map(|(id, diff)| (id.clone(), constraints(diff)))),
        )
        .with("added_required", by_vertex(&diff.added_required))
        .with("removed_required", by_vertex(&diff.removed_required))
        .with(
            "added_nsids",
            keyed(diff.added_nsids.iter().map(|(id, nsid)| (id.clone(), nsid.clone().into()))),
        )
        .with("removed_nsids", texts(&diff.removed_nsids))
        .with("changed_nsids", triples(&diff.changed_nsids))
        .with("added_variants", Message::array(diff.added_variants.iter().map(variant)))
        .with("removed_variants", Message::array(diff.removed_variants.iter().map(variant)))
        .with(
            "modified_variants",
            Message::array(
                diff.modified_variants.iter().map(|(row, tag)| variant(row).with("new_tag", tag.clone())),
            ),
        )
        // Concepts that a schema here does not have.
        .with("order_changes", none())
        .with("added_recursion_points", none())
        .with("removed_recursion_points", none())
        .with("modified_recursion_points", none())
        .with("usage_mode_changes", none())
        .with("added_spans", none())
        .with("removed_spans", none())
        .with("modified_spans", none())
        .with("nominal_changes", none()))
}

fn edge(row: &EdgeRow) -> Message<'static> {
    Message::map()
        .with("src", row.src.clone())
        .with("tgt", row.tgt.clone())
        .with("kind", row.kind.clone())
        .with("name", row.name.clone())
}

fn variant(row: &VariantRow) -> Message<'static> {
    Message::map()
        .with("id", row.id.clone())
        .with("parent_vertex", row.parent_vertex.clone())
        .with("tag", row.tag.clone())
}

fn hyper_change(change: &HyperChange) -> Message<'static> {
    let pair = |pair: &Option<(String, String)>| {
        pair.as_ref().map(|(was, now)| Message::array([was.clone(), now.clone()]))
    };
    let pairs = |pairs: &[(String, String)]| {
        Message::array(pairs.iter().map(|(label, at)| Message::array([label.clone(), at.clone()])))
    };
    let changed = change
        .signature_changed
        .iter()
        .map(|(label, was, now)| Message::array([label.clone(), was.clone(), now.clone()]));
    Message::map()
        .with("id", change.id.clone())
        .with("kind_change", pair(&change.kind_change))
        .with("signature_added", pairs(&change.signature_added))
        .with("signature_removed", pairs(&change.signature_removed))
        .with("signature_changed", Message::array(changed))
        .with("parent_label_change", pair(&change.parent_label_change))
}

fn constraints(diff: &ConstraintDiff) -> Message<'static> {
    let pairs = |pairs: &[(String, String)]| {
        Message::array(
            pairs
                .iter()
                .map(|(sort, value)| Message::map().with("sort", sort.clone()).with("value", value.clone())),
        )
    };
    let changed = diff.changed.iter().map(|(sort, old, new)| {
        Message::map()
            .with("sort", sort.clone())
            .with("old_value", old.clone())
            .with("new_value", new.clone())
    });
    Message::map()
        .with("added", pairs(&diff.added))
        .with("removed", pairs(&diff.removed))
        .with("changed", Message::array(changed))
}

fn keyed(members: impl Iterator<Item = (String, Message<'static>)>) -> Message<'static> {
    Message::Map(members.map(|(key, value)| (key.into(), value)).collect())
}
