//! Moving tables along a mapping: restriction, extension and products, rows and keys with the right offsets.

use super::{Row, TableInstance, cell};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::instance::mapping::Mapping;
use crate::instance::node::Arrow;
use crate::instance::outline::Outline;
use crate::instance::value::Value;
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::value::Json;

/// Rows that a product may have, unless the caller says otherwise.
pub const PRODUCT_ROWS: u64 = 100_000;

/// Where the rows of each source table begin in the table that they go to.
type Offsets = BTreeMap<Name, u32>;

impl TableInstance {
    /// The tables that a mapping keeps. Rows of several tables that go to one stand one after another, in the order of
    /// the source tables' names.
    ///
    /// # Errors
    /// `no-edge-found`, `ambiguous-edge` for a foreign key whose ends survive and whose edge is not known;
    /// `column-collision` where two columns of a row go to one.
    pub fn restrict(
        &self,
        mapping: &Mapping,
        source: &Outline<'_>,
        target: &Outline<'_>,
        budget: &mut Budget,
    ) -> Result<TableInstance> {
        let (tables, offsets) = self.moved(mapping, source, false, budget)?;
        let keys = self.moved_keys(mapping, target, &offsets, budget)?;
        Ok(TableInstance { tables, keys })
    }

    /// All tables, as an instance of the target schema. Where several go to one, rows get the columns of all; what they
    /// lack is null.
    ///
    /// # Errors
    /// `unmapped-vertex`; otherwise as [`TableInstance::restrict`].
    pub fn extend(
        &self,
        mapping: &Mapping,
        source: &Outline<'_>,
        target: &Outline<'_>,
        budget: &mut Budget,
    ) -> Result<TableInstance> {
        if let Some(vertex) = self.tables.keys().find(|vertex| mapping.image(vertex).is_none()) {
            let message = format!("`{vertex}` has no image, and there are rows of it");
            return Err(Diagnostic::new(ErrorKind::Data, "unmapped-vertex", message)
                .help("map every vertex that has rows, or restrict instead of extending")
                .boxed());
        }
        let (mut tables, offsets) = self.moved(mapping, source, true, budget)?;
        for (vertex, rows) in &mut tables {
            if mapping.fiber(vertex).filter(|from| self.tables.contains_key(*from)).count() < 2 {
                continue;
            }
            let mut columns: Vec<Name> = Vec::new();
            let mut known: BTreeSet<Name> = BTreeSet::new();
            for (column, _) in rows.iter().flatten() {
                if known.insert(column.clone()) {
                    columns.push(column.clone());
                }
            }
            for row in rows {
                budget.spend(columns.len() as u64)?;
                for column in &columns {
                    if cell(row, column).is_none() {
                        row.push((column.clone(), Value::plain(Json::null())));
                    }
                }
            }
        }
        let keys = self.moved_keys(mapping, target, &offsets, budget)?;
        Ok(TableInstance { tables, keys })
    }

    /// The product along a mapping: a row of a target table is one row of each source table that goes there. A pair of
    /// a foreign key is there where it is there for every edge that goes to its edge.
    ///
    /// # Errors
    /// `product-size-exceeded` where a table would have more than `limit` rows; `column-collision`; otherwise as
    /// [`TableInstance::restrict`].
    pub fn pi(
        &self,
        mapping: &Mapping,
        source: &Outline<'_>,
        target: &Outline<'_>,
        limit: u64,
        budget: &mut Budget,
    ) -> Result<TableInstance> {
        let images: BTreeSet<Name> =
            self.tables.keys().filter_map(|vertex| mapping.image(vertex)).cloned().collect();
        let mut found = TableInstance::default();
        // For each target table its fiber, and for each of its rows the rows that it is made of.
        let mut made: BTreeMap<Name, (Vec<Name>, Vec<Vec<u32>>)> = BTreeMap::new();
        for image in images {
            let fiber: Vec<Name> =
                mapping.fiber(&image).filter(|from| self.tables.contains_key(*from)).cloned().collect();
            let size = fiber.iter().map(|from| self.rows(from).len() as u64).fold(1u64, u64::saturating_mul);
            if size > limit {
                let message =
                    format!("the product of `{}` has {size} rows, more than {limit}", fiber.join("`, `"));
                return Err(Diagnostic::new(ErrorKind::Limit, "product-size-exceeded", message)
                    .help("raise `limit`, or restrict the tables first")
                    .boxed());
            }
            let mut tuples: Vec<Vec<u32>> = vec![Vec::new()];
            for from in &fiber {
                budget.spend(size)?;
                let rows = self.rows(from).len() as u32;
                tuples = tuples
                    .iter()
                    .flat_map(|tuple| (0..rows).map(move |row| [tuple.as_slice(), &[row]].concat()))
                    .collect();
            }
            let mut table = Vec::with_capacity(tuples.len());
            for tuple in &tuples {
                let mut row: Row = Vec::new();
                for (from, at) in fiber.iter().zip(tuple) {
                    let Some(part) = self.rows(from).get(*at as usize) else { continue };
                    budget.spend(1 + part.len() as u64)?;
                    for (column, value) in moved_row(part, from, mapping, source, false)? {
                        // Of columns that several tables have, each keeps the name of its table.
                        let column = if cell(&row, &column).is_some() {
                            Name::from(format!("{from}.{column}"))
                        } else {
                            column
                        };
                        row.push((column, value));
                    }
                }
                table.push(row);
            }
            found.tables.insert(image.clone(), table);
            made.insert(image, (fiber, tuples));
        }
        let mut edges: BTreeMap<Arrow, Vec<&Arrow>> = BTreeMap::new();
        for arrow in self.keys.keys() {
            if let Some(image) = moved_arrow(arrow, mapping, target)? {
                edges.entry(image).or_default().push(arrow);
            }
        }
        for (image, arrows) in edges {
            let (Some((from, left)), Some((to, right))) = (made.get(&image.src), made.get(&image.tgt)) else {
                continue;
            };
            let mut pairs: Option<BTreeSet<(u32, u32)>> = None;
            for arrow in arrows {
                let place = |fiber: &[Name], vertex: &Name| fiber.iter().position(|name| name == vertex);
                let (Some(a), Some(b)) = (place(from, &arrow.src), place(to, &arrow.tgt)) else { continue };
                let by_row = |tuples: &[Vec<u32>], at: usize| {
                    let mut index: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
                    for (number, tuple) in (0u32..).zip(tuples) {
                        tuple.get(at).into_iter().for_each(|row| index.entry(*row).or_default().push(number));
                    }
                    index
                };
                let (sources, targets) = (by_row(left, a), by_row(right, b));
                let mut these = BTreeSet::new();
                for (row, other) in self.keys.get(arrow).into_iter().flatten() {
                    for source in sources.get(row).into_iter().flatten() {
                        for target in targets.get(other).into_iter().flatten() {
                            budget.spend(1)?;
                            these.insert((*source, *target));
                        }
                    }
                    if these.len() as u64 > limit {
                        return Err(Diagnostic::new(
                            ErrorKind::Limit,
                            "product-size-exceeded",
                            format!("a foreign key of the product has more than {limit} pairs"),
                        )
                        .help("raise `limit`, or restrict the tables first")
                        .boxed());
                    }
                }
                pairs = Some(match pairs {
                    None => these,
                    Some(known) => known.intersection(&these).copied().collect(),
                });
            }
            found.keys.insert(image, pairs.unwrap_or_default().into_iter().collect());
        }
        Ok(found)
    }

    fn moved(
        &self,
        mapping: &Mapping,
        source: &Outline<'_>,
        all: bool,
        budget: &mut Budget,
    ) -> Result<(BTreeMap<Name, Vec<Row>>, Offsets)> {
        let mut tables: BTreeMap<Name, Vec<Row>> = BTreeMap::new();
        let mut offsets = Offsets::new();
        for (vertex, rows) in &self.tables {
            let Some(image) = mapping.image(vertex) else { continue };
            let table = tables.entry(image.clone()).or_default();
            offsets.insert(vertex.clone(), u32::try_from(table.len()).unwrap_or(u32::MAX));
            for row in rows {
                budget.spend(1 + row.len() as u64)?;
                table.push(moved_row(row, vertex, mapping, source, all)?);
            }
        }
        Ok((tables, offsets))
    }

    fn moved_keys(
        &self,
        mapping: &Mapping,
        target: &Outline<'_>,
        offsets: &Offsets,
        budget: &mut Budget,
    ) -> Result<BTreeMap<Arrow, Vec<(u32, u32)>>> {
        let mut keys: BTreeMap<Arrow, Vec<(u32, u32)>> = BTreeMap::new();
        for (arrow, pairs) in &self.keys {
            let (Some(from), Some(to)) = (offsets.get(&arrow.src), offsets.get(&arrow.tgt)) else { continue };
            let Some(image) = moved_arrow(arrow, mapping, target)? else { continue };
            budget.spend(pairs.len() as u64)?;
            let moved = pairs.iter().map(|(a, b)| (a.saturating_add(*from), b.saturating_add(*to)));
            keys.entry(image).or_default().extend(moved);
        }
        Ok(keys)
    }
}

/// The edge of a foreign key in the target; none where one of its ends is dropped.
fn moved_arrow(arrow: &Arrow, mapping: &Mapping, target: &Outline<'_>) -> Result<Option<Arrow>> {
    let (Some(src), Some(tgt)) = (mapping.image(&arrow.src), mapping.image(&arrow.tgt)) else {
        return Ok(None);
    };
    let ends = |found: &Arrow| Arrow { src: src.clone(), tgt: tgt.clone(), ..found.clone() };
    // Keys lead from row to row: references that an edge goes through are not in the arrow.
    let stated = mapping.edges.get(arrow).or_else(|| {
        let same =
            |from: &&Arrow| from.name == arrow.name && from.kind == arrow.kind && from.src == arrow.src;
        mapping.edges.keys().find(same).and_then(|from| mapping.edges.get(from))
    });
    if let Some(found) = stated.or_else(|| mapping.resolver.get(&(src.clone(), tgt.clone()))) {
        return Ok(Some(ends(found)));
    }
    let (Some(from), Some(to)) = (target.find(src), target.find(tgt)) else {
        return Err(edge_error(
            "no-edge-found",
            format!("the target has no vertex `{src}` or no vertex `{tgt}`"),
        ));
    };
    let edges = target.between(from, to);
    let named = edges.iter().find(|edge| target.arrow(**edge).name == arrow.name);
    match (edges.as_slice(), named) {
        ([edge], _) | (_, Some(edge)) => Ok(Some(ends(&target.arrow(*edge)))),
        ([], _) => Err(edge_error("no-edge-found", format!("no edge leads from `{src}` to `{tgt}`"))),
        _ => Err(edge_error("ambiguous-edge", format!("{} edges lead from `{src}` to `{tgt}`", edges.len()))),
    }
}

#[cold]
fn edge_error(code: &'static str, message: String) -> Error {
    Diagnostic::new(ErrorKind::Data, code, message).help("map the edge, or name one in the resolver").boxed()
}

/// A row with the columns that survive, under their new names. `all`: a column of a vertex that is dropped is kept.
fn moved_row(row: &Row, vertex: &Name, mapping: &Mapping, source: &Outline<'_>, all: bool) -> Result<Row> {
    let shape = source.find(vertex).map(|vertex| source.shape(vertex));
    let mut moved: Row = Vec::with_capacity(row.len());
    for (column, value) in row {
        let edge = shape.and_then(|shape| source.member_named(shape, column.as_bytes()));
        let name = match edge.map(|edge| source.arrow(edge)).filter(|arrow| arrow.names_member()) {
            None => Some(column.clone()),
            Some(arrow) => match mapping.edges.get(&*arrow) {
                Some(image) => Some(Name::new(image.label())),
                None => {
                    let schema = source.schema();
                    let leaf = edge.map(|edge| schema.resolve(schema.edge(edge).tgt).vertex);
                    let survives = leaf.is_some_and(|leaf| {
                        mapping.image(&schema.vertex(leaf).id).is_some()
                            || mapping.image(&arrow.tgt).is_some()
                    });
                    (survives || all).then(|| column.clone())
                }
            },
        };
        let Some(name) = name else { continue };
        if cell(&moved, &name).is_some() {
            let message = format!("two columns of `{vertex}` become `{name}`");
            return Err(Diagnostic::error(ErrorKind::Data, "column-collision", message));
        }
        moved.push((name, value.clone()));
    }
    Ok(moved)
}
