//! Restrictions that came, went or changed.

use super::walk::Walk;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::canonical::value_key;
use crate::schema::{Constraint, Sort, Vertex, VertexId};
use crate::value::JsonKind;

impl Walk<'_> {
    pub(super) fn constraints(&mut self, old: VertexId, new: VertexId, path: &str) {
        let at = (Some(old), Some(new));
        let of_old = by_sort(self.old.vertex(old));
        let of_new = by_sort(self.new.vertex(new));
        let sorts: BTreeSet<Sort> = of_old.keys().chain(of_new.keys()).copied().collect();
        for sort in sorts {
            let empty = Vec::new();
            let mut gone = of_old.get(&sort).unwrap_or(&empty).clone();
            let mut come = of_new.get(&sort).unwrap_or(&empty).clone();
            // What stands on both sides is no change, wherever it stands in the list.
            gone.retain(|(key, _)| {
                let same = come.iter().position(|(other, _)| other == key);
                same.map(|index| come.remove(index)).is_none()
            });
            let text = |constraint: &Constraint| Some(constraint.to_string());
            let mut come = come.into_iter();
            for (_, constraint) in gone {
                match come.next() {
                    Some((_, other)) => {
                        self.change(changed(sort), path, at, (text(constraint), text(other)));
                    }
                    None => {
                        self.change(kind_of(sort, "constraint-removed"), path, at, (text(constraint), None))
                    }
                }
            }
            for (_, constraint) in come {
                self.change(kind_of(sort, "constraint-added"), path, at, (None, text(constraint)));
            }
        }
    }
}

fn changed(sort: Sort) -> &'static str {
    match sort {
        Sort::Enum => "enum-changed",
        Sort::Required => "required-changed",
        sort => kind_of(sort, "constraint-changed"),
    }
}

/// Known values restrict nothing: whatever happens to them is one kind of change.
fn kind_of(sort: Sort, kind: &'static str) -> &'static str {
    if sort == Sort::KnownValues { "known-values-changed" } else { kind }
}

type Keyed<'a> = Vec<(Vec<Vec<u8>>, &'a Constraint)>;

/// The constraints of a vertex by sort, each with what it means: sets as sorted keys.
fn by_sort(vertex: &Vertex) -> BTreeMap<Sort, Keyed<'_>> {
    let mut sorts: BTreeMap<Sort, Keyed<'_>> = BTreeMap::new();
    for constraint in &vertex.constraints {
        let tree = constraint.value.tree();
        let root = tree.root();
        let is_set =
            matches!(constraint.sort, Sort::Enum | Sort::KnownValues | Sort::Required | Sort::Accept);
        let key = if is_set && root.kind() == JsonKind::Array {
            let items: BTreeSet<_> = root.items().map(value_key).collect();
            items.into_iter().collect()
        } else {
            vec![value_key(root)]
        };
        sorts.entry(constraint.sort).or_default().push((key, constraint));
    }
    sorts
}
