//! Edits of tables.

use super::refused;
use crate::diagnostic::Result;
use crate::instance::table::{Row, TableInstance, cell};
use crate::instance::value::Value;
use crate::limits::Budget;
use crate::name::Name;
use crate::value::equal;

/// One change of tables. A row is found by the value of its key column.
#[derive(Clone, Debug, PartialEq)]
pub enum TableEdit {
    /// Nothing.
    Identity,
    /// A new row at the end.
    InsertRow {
        /// Of which table.
        table: Name,
        /// Its columns.
        row: Row,
    },
    /// A row is gone, with its foreign keys.
    DeleteRow {
        /// Of which table.
        table: Name,
        /// The value of the key.
        key: Value,
        /// The column of the key.
        key_column: Name,
    },
    /// A cell gets a value.
    UpdateCell {
        /// Of which table.
        table: Name,
        /// The value of the key.
        key: Value,
        /// The column of the key.
        key_column: Name,
        /// The column that changes.
        column: Name,
        /// The value.
        value: Value,
    },
    /// One after another.
    Sequence(Vec<TableEdit>),
}

impl TableEdit {
    /// Applies the edit: whole, or not at all.
    ///
    /// # Errors
    /// `table-not-found`, `row-not-found`, `row-ambiguous`.
    pub fn apply(&self, tables: &TableInstance, budget: &mut Budget) -> Result<TableInstance> {
        let mut changed = tables.clone();
        let mut open = vec![self];
        while let Some(edit) = open.pop() {
            budget.spend(1)?;
            match edit {
                TableEdit::Identity => {}
                TableEdit::Sequence(edits) => open.extend(edits.iter().rev()),
                TableEdit::InsertRow { table, row } => {
                    changed.tables.entry(table.clone()).or_default().push(row.clone());
                }
                TableEdit::DeleteRow { table, key, key_column } => {
                    let at = find(&changed, table, key, key_column, budget)?;
                    if let Some(rows) = changed.tables.get_mut(table) {
                        rows.remove(at);
                    }
                    remove_keys(&mut changed, table, at as u32);
                }
                TableEdit::UpdateCell { table, key, key_column, column, value } => {
                    let at = find(&changed, table, key, key_column, budget)?;
                    let row = changed.tables.get_mut(table).and_then(|rows| rows.get_mut(at));
                    let Some(row) = row else { continue };
                    match row.iter_mut().find(|(name, _)| name == column) {
                        Some((_, old)) => *old = value.clone(),
                        None => row.push((column.clone(), value.clone())),
                    }
                }
            }
        }
        Ok(changed)
    }
}

fn find(
    tables: &TableInstance,
    table: &Name,
    key: &Value,
    column: &str,
    budget: &mut Budget,
) -> Result<usize> {
    let rows = tables.tables.get(table);
    let rows = rows.ok_or_else(|| refused("table-not-found", format!("there is no table `{table}`")))?;
    budget.spend(rows.len() as u64)?;
    let wanted = key.json().tree();
    let same =
        |row: &Row| cell(row, column).is_some_and(|value| equal(value.json().tree().root(), wanted.root()));
    let mut found = rows.iter().enumerate().filter(|(_, row)| same(row)).map(|(at, _)| at);
    match (found.next(), found.next()) {
        (Some(at), None) => Ok(at),
        (None, _) => Err(refused("row-not-found", format!("no row of `{table}` has {key:?} in `{column}`"))),
        (Some(_), Some(_)) => {
            Err(refused("row-ambiguous", format!("several rows of `{table}` have {key:?} in `{column}`")))
        }
    }
}

fn remove_keys(tables: &mut TableInstance, table: &Name, row: u32) {
    let shift = |at: u32| if at > row { at - 1 } else { at };
    for (arrow, pairs) in &mut tables.keys {
        let (from, to) = (arrow.src == *table, arrow.tgt == *table);
        pairs.retain(|(a, b)| !(from && *a == row || to && *b == row));
        for (a, b) in pairs {
            *a = if from { shift(*a) } else { *a };
            *b = if to { shift(*b) } else { *b };
        }
    }
}
