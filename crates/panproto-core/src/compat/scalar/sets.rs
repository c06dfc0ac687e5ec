//! Sets with wildcards: the MIME types of a blob.

use super::{Facts, Outcome};
use crate::schema::{Constraint, Sort};

fn types(constraint: &Constraint) -> Option<Vec<String>> {
    let tree = constraint.value.tree();
    tree.root().items().map(|item| item.as_str().map(|text| text.to_ascii_lowercase())).collect()
}

/// Whether a pattern such as `image/*` contains every type of another.
fn contains(wide: &str, narrow: &str) -> bool {
    wide == narrow
        || wide == "*/*"
        || wide == "*"
        || wide
            .strip_suffix("/*")
            .is_some_and(|family| narrow.split_once('/').is_some_and(|(own, _)| own == family))
}

pub(super) fn accepts(facts: &Facts<'_>, constraint: &Constraint) -> Outcome {
    let Some(wanted) = types(constraint) else { return Outcome::Unknown };
    let own: Vec<Vec<String>> = facts.of(Sort::Accept).filter_map(types).collect();
    let covered =
        |list: &Vec<String>| list.iter().all(|own| wanted.iter().any(|wanted| contains(wanted, own)));
    // Without a list of its own a position admits every type.
    let everything = wanted.iter().any(|wanted| contains(wanted, "*/*"));
    Outcome::of(everything || own.iter().any(covered))
}
