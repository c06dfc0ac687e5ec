//! What graph builtins ask of an instance.

use super::value::Value;
use crate::diagnostic::Result;

/// An instance, as expressions see it. A node is a value that the instance made or knows: an id, or a name such as
/// `self` that stands for one.
pub trait Graph {
    /// What the edge called `name` of a node leads to; null where it has none.
    ///
    /// # Errors
    /// Coded errors of what is no node.
    fn edge(&self, node: &Value, name: &str) -> Result<Value>;

    /// What all edges of a node lead to, in order.
    ///
    /// # Errors
    /// As [`Graph::edge`].
    fn children(&self, node: &Value) -> Result<Vec<Value>>;

    /// Whether a node has an edge called `name`.
    ///
    /// # Errors
    /// As [`Graph::edge`].
    fn has_edge(&self, node: &Value, name: &str) -> Result<bool>;

    /// Number of a node's edges.
    ///
    /// # Errors
    /// As [`Graph::edge`].
    fn edge_count(&self, node: &Value) -> Result<i64>;

    /// The vertex of the schema that a node stands at.
    ///
    /// # Errors
    /// As [`Graph::edge`].
    fn anchor(&self, node: &Value) -> Result<Value>;
}
