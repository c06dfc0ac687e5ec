//! Items of arrays.

use super::{Child, Inclusion, Local, Pair};
use crate::compat::scalar::Facts;
use crate::ordered::Arrange;
use crate::schema::{EdgeKind, Sort, TypeSet, VertexId};

impl Inclusion<'_> {
    pub(super) fn array(&mut self, pair: &Pair, path: &str, opaque: bool, local: &mut Local) {
        let prefixes = |schema: &crate::schema::Schema, id| {
            schema.outgoing_of(id, EdgeKind::Prefix).map(|(_, edge)| edge.tgt).collect::<Vec<_>>()
        };
        let arrays: Vec<VertexId> = pair
            .source
            .iter()
            .copied()
            .filter(|id| self.a.schema.vertex(*id).types.meets(TypeSet::ARRAY))
            .collect();
        let of_source: Vec<(Vec<VertexId>, Option<VertexId>)> = arrays
            .iter()
            .map(|id| (prefixes(self.a.schema, *id), self.a.schema.target_of(*id, EdgeKind::Items)))
            .collect();
        let of_target = prefixes(self.b.schema, pair.target);
        let items = self.b.schema.target_of(pair.target, EdgeKind::Items);
        // What an item at an index is on the source side.
        let at = |index: usize| {
            let mut all: Vec<VertexId> = of_source
                .iter()
                .filter_map(|(prefix, items)| prefix.get(index).copied().or(*items))
                .collect();
            all.arrange();
            all.dedup();
            all
        };
        let longest = of_source.iter().map(|(prefix, _)| prefix.len()).max().unwrap_or(0);
        let facts = self.facts(pair);
        let weak = opaque || arrays.len() > 1 || self.is_listed(&arrays);
        let fixed = longest.max(of_target.len());
        for index in 0..=fixed {
            if ends_before(&facts, index) {
                break;
            }
            let Some(target) = of_target.get(index).copied().or(items) else { continue };
            let place = if index < fixed { format!("{path}[{index}]") } else { format!("{path}[]") };
            let pair = Pair { source: at(index), types: TypeSet::ALL, target };
            local.children.push(Child { pair, path: place, weak });
        }
    }
}

/// Whether no array of the source has an item at an index.
fn ends_before(facts: &Facts<'_>, index: usize) -> bool {
    facts.of(Sort::MaxItems).any(|own| own.value.as_str().parse::<usize>().is_ok_and(|most| most <= index))
}
