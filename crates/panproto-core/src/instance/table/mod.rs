//! Instances as tables: what published releases call a set-valued functor. A table holds a row for each value that
//! stands at a vertex; foreign keys, one list of pairs for each edge, say which row leads to which.
//!
//! Columns are the members of an object that have no rows of their own. Some names are reserved for what a record
//! has no name for: [`VALUE`], [`POSITION`], [`MEMBER`], [`LIST`].

mod along;
mod convert;
#[cfg(test)]
mod tests;
mod wire;

pub use along::PRODUCT_ROWS;

use super::node::Arrow;
use super::value::Value;
use crate::name::Name;
use crate::ordered::BTreeMap;

/// The column of a row that is one value, not an object.
pub const VALUE: &str = "$value";
/// The column that says where an item stands in a list whose items are in several tables.
pub const POSITION: &str = "$position";
/// The column that says what a member behind a pattern of names is called.
pub const MEMBER: &str = "$member";
/// The column that says that a row is a list, where its vertex admits objects too.
pub const LIST: &str = "$list";

/// The columns of a row, in order; no name twice.
pub type Row = Vec<(Name, Value)>;

/// Rows by vertex, and pairs of rows by edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableInstance {
    /// Rows of each vertex.
    pub tables: BTreeMap<Name, Vec<Row>>,
    /// Pairs of rows (in the table of the edge's source, in that of its target) of each edge.
    pub keys: BTreeMap<Arrow, Vec<(u32, u32)>>,
}

impl TableInstance {
    /// Number of rows.
    pub fn len(&self) -> usize {
        self.tables.values().map(Vec::len).sum()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows of a vertex.
    pub fn rows(&self, vertex: &str) -> &[Row] {
        self.tables.get(vertex).map_or(&[], Vec::as_slice)
    }
}

/// The value in a column.
pub fn cell<'a>(row: &'a Row, column: &str) -> Option<&'a Value> {
    row.iter().find(|(name, _)| &**name == column).map(|(_, value)| value)
}
