//! Tables in the JSON of published releases. Foreign keys, whose map is keyed by edges, are a list of pairs.

use super::{Row, TableInstance, cell};
use crate::diagnostic::Result;
use crate::instance::node::{Arrow, field};
use crate::instance::value::Value;
use crate::instance::wire::{bad, need, number, unwrapped};
use crate::limits::Budget;
use crate::name::{Interner, Name};
use crate::value::{Json, ValueRef, Writer};

impl TableInstance {
    /// Writes the tables as published releases do: `tables`, `foreign_keys`.
    pub fn to_wire(&self) -> Json {
        let mut out = Writer::default();
        self.write_wire(&mut out);
        Json::trusted(out.finish())
    }

    pub(crate) fn write_wire(&self, out: &mut Writer) {
        out.object();
        out.key("tables");
        out.object();
        for (vertex, rows) in &self.tables {
            out.key(vertex);
            out.array();
            for row in rows {
                write_row(row, out);
            }
            out.end_array();
        }
        out.end_object();
        out.key("foreign_keys");
        out.array();
        for (arrow, pairs) in &self.keys {
            out.array();
            arrow.write(out);
            out.array();
            for (from, to) in pairs {
                out.array();
                out.number((*from).into());
                out.number((*to).into());
                out.end_array();
            }
            out.end_array();
            out.end_array();
        }
        out.end_array();
        out.end_object();
    }

    /// Reads tables in the published shape, alone or inside `{"Functor": …}`. Foreign keys may be a list of pairs, or
    /// a map whose keys are edges as JSON text.
    ///
    /// # Errors
    /// `instance-shape`, `instance-value`.
    pub fn from_wire(text: &Json, budget: &mut Budget) -> Result<TableInstance> {
        let tree = crate::value::Tree::parse(text.as_str().as_bytes(), budget.limits())?;
        TableInstance::from_wire_value(tree.root(), budget)
    }

    pub(crate) fn from_wire_value(value: ValueRef<'_>, budget: &mut Budget) -> Result<TableInstance> {
        let value = unwrapped(value, "Functor");
        let mut found = TableInstance::default();
        let mut names = Interner::default();
        let tables = need(value, "tables", 0)?;
        if !tables.is_object() {
            return Err(bad(tables, "`tables` is a map of rows by vertex"));
        }
        for (vertex, rows) in tables.members() {
            let name = vertex.as_str().ok_or_else(|| bad(vertex, "a vertex has a name"))?;
            if !rows.is_array() {
                return Err(bad(rows, "a table is a list of rows"));
            }
            let rows =
                rows.items().map(|row| read_row(row, &mut names, budget)).collect::<Result<Vec<Row>>>()?;
            if found.tables.insert(names.intern(&name), rows).is_some() {
                return Err(bad(vertex, "a table stands twice"));
            }
        }
        let Some(keys) = field(value, "foreign_keys", 1) else { return Ok(found) };
        for entry in keys.items() {
            let (Some(edge), Some(pairs)) = (entry.items().next(), entry.items().nth(1)) else {
                return Err(bad(entry, "a foreign key is `[edge, [[row, row], …]]`"));
            };
            found.read_key(edge, pairs, budget)?;
        }
        for (edge, pairs) in keys.members() {
            let text = edge.as_str().and_then(|text| Json::parse(&text).ok());
            let tree = text.ok_or_else(|| bad(edge, "the key of a foreign key is an edge as JSON"))?.tree();
            found.read_key(tree.root(), pairs, budget)?;
        }
        Ok(found)
    }

    fn read_key(&mut self, edge: ValueRef<'_>, pairs: ValueRef<'_>, budget: &mut Budget) -> Result<()> {
        let arrow = Arrow::read(edge)
            .ok_or_else(|| bad(edge, "an edge is `{\"src\", \"tgt\", \"kind\", \"name\"}`"))?;
        let list = self.keys.entry(arrow).or_default();
        for pair in pairs.items() {
            budget.spend(1)?;
            let mut rows = pair.items().map(number);
            match (rows.next(), rows.next(), rows.next()) {
                (Some(Some(from)), Some(Some(to)), None) => list.push((from, to)),
                _ => return Err(bad(pair, "a foreign key leads from a row to a row")),
            }
        }
        Ok(())
    }
}

pub(crate) fn write_row(row: &Row, out: &mut Writer) {
    out.object();
    for (column, value) in row {
        out.key(column);
        value.write(out);
    }
    out.end_object();
}

pub(crate) fn read_row(row: ValueRef<'_>, names: &mut Interner, budget: &mut Budget) -> Result<Row> {
    if !row.is_object() {
        return Err(bad(row, "a row is a map of values by column"));
    }
    budget.spend(1 + row.raw().len() as u64 / 16)?;
    let mut columns: Row = Vec::with_capacity(row.len());
    for (column, value) in row.members() {
        let column: Name = match column.as_str() {
            Some(name) => names.intern(&name),
            None => return Err(bad(column, "a column has a name")),
        };
        if cell(&columns, &column).is_some() {
            return Err(bad(row, format!("the column `{column}` stands twice")));
        }
        columns.push((column, Value::read(value)?));
    }
    Ok(columns)
}
