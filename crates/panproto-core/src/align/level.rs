//! The same name, unique and equally typed, one or two levels up or down.

use super::Table;
use crate::migration::{Reason, Step};
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{EdgeId, Kind, Schema, VertexId};

/// Follows member steps from an object through references and objects; none where a step is another or leads nowhere.
pub(super) fn find(schema: &Schema, from: VertexId, steps: &[Step]) -> Option<Vec<EdgeId>> {
    let mut way = Vec::with_capacity(steps.len());
    let mut here = from;
    for (at, step) in steps.iter().enumerate() {
        let Step::Member(name) = step else { return None };
        if at > 0 && schema.vertex(here).kind != Kind::Object {
            return None;
        }
        let edge = schema.prop_named(here, name)?;
        way.push(edge);
        here = schema.resolve(schema.edge(edge).tgt).vertex;
    }
    (!way.is_empty()).then_some(way)
}

/// The steps of a way.
pub(super) fn steps(schema: &Schema, way: &[EdgeId]) -> Vec<Step> {
    way.iter().map(|edge| Step::Member(schema.edge(*edge).name.as_deref().unwrap_or("").into())).collect()
}

/// Links members that are alone at this level to the only equally named and typed one below, on either side.
pub(super) fn by_level(table: &mut Table<'_>, gone: &BTreeSet<EdgeId>) {
    let matched: BTreeMap<EdgeId, EdgeId> =
        table.links.iter().filter_map(|link| Some((*link.from.first()?, *link.to.first()?))).collect();
    let back: BTreeMap<EdgeId, EdgeId> = matched.iter().map(|(a, b)| (*b, *a)).collect();
    // Source members below that have nothing on the other side, for target members that are alone; and mirrored.
    let hoisted = below(table.source, table.pair.0, table.target, &matched, gone);
    let nested = below(table.target, table.pair.1, table.source, &back, &BTreeSet::new());
    for to in table.rest_target() {
        if let Some(from) = only(&hoisted, table.source, table.target, to)
            && from.last().is_some_and(|end| table.admits(*end, to))
        {
            table.link(from, vec![to], Reason::Level);
        }
    }
    for from in table.rest_source() {
        if let Some(to) = only(&nested, table.target, table.source, from)
            && to.last().is_some_and(|end| table.admits(from, *end))
        {
            table.link(vec![from], to, Reason::Level);
        }
    }
}

/// Members one and two levels below an object that have no equally named member in the object that their container
/// is matched to, by name.
fn below<'s>(
    schema: &'s Schema,
    object: VertexId,
    other: &Schema,
    matched: &BTreeMap<EdgeId, EdgeId>,
    gone: &BTreeSet<EdgeId>,
) -> BTreeMap<&'s str, Vec<Vec<EdgeId>>> {
    let mut found: BTreeMap<&str, Vec<Vec<EdgeId>>> = BTreeMap::new();
    for (first, edge) in schema.props(object) {
        if gone.contains(&first) {
            continue;
        }
        let container = schema.resolve(edge.tgt).vertex;
        if schema.vertex(container).kind != Kind::Object || container == object {
            continue;
        }
        let partner = matched.get(&first).map(|edge| other.resolve(other.edge(*edge).tgt).vertex);
        for (second, inner) in schema.props(container) {
            let name = inner.name.as_deref().unwrap_or("");
            let kept = partner.and_then(|partner| other.prop_named(partner, name));
            if kept.is_some() {
                continue;
            }
            found.entry(name).or_default().push(vec![first, second]);
            let deeper = schema.resolve(inner.tgt).vertex;
            if schema.vertex(deeper).kind == Kind::Object && deeper != object && deeper != container {
                for (third, leaf) in schema.props(deeper) {
                    found
                        .entry(leaf.name.as_deref().unwrap_or(""))
                        .or_default()
                        .push(vec![first, second, third]);
                }
            }
        }
    }
    found
}

/// The only way below with the name of a member and its type.
fn only(
    found: &BTreeMap<&str, Vec<Vec<EdgeId>>>,
    schema: &Schema,
    other: &Schema,
    member: EdgeId,
) -> Option<Vec<EdgeId>> {
    let edge = other.edge(member);
    let ways = found.get(edge.name.as_deref()?)?;
    let [way] = ways.as_slice() else { return None };
    let (a, b) = (schema.resolve(schema.edge(*way.last()?).tgt), other.resolve(edge.tgt));
    let (a, b) = (schema.vertex(a.vertex), other.vertex(b.vertex));
    (a.kind == b.kind && a.types == b.types).then(|| way.clone())
}
