//! What a migration costs: what it adds and what it loses on the way to the view.

use super::Change;

/// The cost of changes as published releases count: half for what is added, one for what is dropped or otherwise lost
/// to the view, nothing for what goes over whole.
pub fn cost(changes: &[Change]) -> f64 {
    let one = |change: &Change| match change.kind {
        "add" => 0.5,
        _ if change.lossless => 0.0,
        _ => 1.0,
    };
    changes.iter().map(one).sum()
}
