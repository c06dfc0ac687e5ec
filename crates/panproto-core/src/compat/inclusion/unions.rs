//! Unions on either side.

use super::{Child, Inclusion, Local, Pair, Reason};
use crate::compat::UnknownMembers;
use crate::compat::finding::Kind as Verdict;
use crate::compat::scalar::Facts;
use crate::diff::type_text;
use crate::ordered::{Arrange, BTreeMap, BTreeSet};
use crate::schema::canonical::value_key;
use crate::schema::{Edge, EdgeKind, Kind, Openness, Schema, TypeSet, VertexId};

fn arms(schema: &Schema, id: VertexId) -> Vec<&Edge> {
    schema.outgoing_of(id, EdgeKind::Variant).map(|(_, edge)| edge).collect()
}

/// The JSON types one by one; integers and fractions apart.
const TYPES: [TypeSet; 7] = [
    TypeSet::NULL,
    TypeSet::BOOLEAN,
    TypeSet::INTEGER,
    TypeSet::FRACTION,
    TypeSet::STRING,
    TypeSet::ARRAY,
    TypeSet::OBJECT,
];

impl Inclusion<'_> {
    /// A union among what says together what the source is: each of its arms in its place.
    pub(super) fn source_union(
        &mut self,
        pair: &Pair,
        at: usize,
        path: &str,
        opaque: bool,
        local: &mut Local,
    ) {
        let Some(union) = pair.source.get(at).copied() else { return };
        let target_is_union = self.b.schema.vertex(pair.target).kind == Kind::Union;
        if pair.source.len() == 1
            && self.a.is_tagged(union)
            && target_is_union
            && self.b.is_tagged(pair.target)
        {
            return self.tagged(pair, union, path, opaque, local);
        }
        if self.a.is_open_union(union) {
            // Arms that nobody lists are objects of any form.
            self.say(local, pair, path, "union-unproved", Verdict::Unknown);
        }
        let weak = opaque || self.a.schema.vertex(union).exclusive || pair.source.len() > 1;
        for arm in arms(self.a.schema, union) {
            let mut source = pair.source.clone();
            source.retain(|id| *id != union);
            source.push(arm.tgt);
            source.arrange();
            source.dedup();
            let pair = Pair { source, types: pair.types, target: pair.target };
            local.children.push(Child { pair, path: path.to_owned(), weak });
        }
    }

    /// Two unions whose arms are told apart by `$type`.
    fn tagged(&self, pair: &Pair, union: VertexId, path: &str, opaque: bool, local: &mut Local) {
        let passes = self.reading.unknown_union_members == UnknownMembers::Pass;
        let (is_open, target_is_open) = (self.a.is_open_union(union), self.b.is_open_union(pair.target));
        let of_target: BTreeMap<_, &Edge> =
            arms(self.b.schema, pair.target).into_iter().map(|arm| (&arm.name, arm)).collect();
        for arm in arms(self.a.schema, union) {
            match of_target.get(&arm.name) {
                Some(other) => {
                    let pair = Pair { source: vec![arm.tgt], types: pair.types, target: other.tgt };
                    local.children.push(Child { pair, path: path.to_owned(), weak: opaque });
                }
                None if target_is_open && passes => {}
                None => local.reasons.push(Reason {
                    code: "union-arm-refused",
                    kind: if opaque { Verdict::Unknown } else { Verdict::Breaks },
                    path: path.to_owned(),
                    source: Some(arm.tgt),
                    target: Some(pair.target),
                    source_text: Some(type_text(self.a.schema, arm.tgt)),
                    target_text: None,
                }),
            }
        }
        if is_open && passes && !target_is_open {
            let kind = if opaque { Verdict::Unknown } else { Verdict::Breaks };
            self.say(local, pair, path, "union-closed", kind);
        }
    }

    /// A union as the target of what is none.
    pub(super) fn target_union(&mut self, pair: &Pair, path: &str, opaque: bool, local: &mut Local) {
        if self.b.is_tagged(pair.target) {
            // Which arm it is, only its `$type` would say.
            self.say(local, pair, path, "union-unproved", Verdict::Unknown);
            return;
        }
        let of_target = arms(self.b.schema, pair.target);
        let exclusive = self.b.schema.vertex(pair.target).exclusive;
        // JSON types that the same arms admit are looked at together.
        let mut groups: BTreeMap<Vec<usize>, TypeSet> = BTreeMap::new();
        for types in TYPES.into_iter().filter(|types| pair.types.contains(*types)) {
            let fits =
                |arm: &Edge| self.b.admits(arm.tgt).meets(types) && !self.impossible(pair, arm.tgt, types);
            let fitting = of_target.iter().enumerate().filter(|(_, arm)| fits(arm));
            let candidates: Vec<usize> = fitting.map(|(at, _)| at).collect();
            let group = groups.entry(candidates).or_default();
            *group = *group | types;
        }
        for (candidates, types) in groups {
            let arm = |at: &usize| of_target.get(*at).map(|arm| arm.tgt);
            let targets: Vec<VertexId> = candidates.iter().filter_map(arm).collect();
            let ask = |target| Pair { source: pair.source.clone(), types, target };
            match targets.as_slice() {
                [] => {
                    let kind =
                        if opaque || pair.source.len() > 1 { Verdict::Unknown } else { Verdict::Breaks };
                    self.say(local, pair, path, "union-arm-refused", kind);
                }
                [single] => {
                    local.children.push(Child { pair: ask(*single), path: path.to_owned(), weak: opaque });
                }
                several => {
                    let fits = several.iter().any(|target| self.holds(ask(*target)));
                    // Of `oneOf` exactly one has to fit, and here more than one might.
                    if !fits || exclusive {
                        self.say(local, pair, path, "union-unproved", Verdict::Unknown);
                    }
                }
            }
        }
    }

    /// Whether no value of the source can fit an arm: a member that tells the arms apart says otherwise.
    fn impossible(&self, pair: &Pair, arm: VertexId, types: TypeSet) -> bool {
        if types != TypeSet::OBJECT {
            return self.no_common_value(pair, arm, types);
        }
        let leaves = self.b.leaves(&[arm]);
        let schema = self.b.schema;
        leaves.iter().filter(|id| schema.vertex(**id).kind != Kind::Union).any(|leaf| {
            if schema.vertex(*leaf).nullable {
                return false;
            }
            schema.props(*leaf).any(|(_, edge)| {
                let name = edge.name.as_deref().unwrap_or("");
                let own = pair.source.iter().find_map(|id| self.a.schema.edge_named(*id, name));
                match own {
                    Some(own) if own.required => {
                        let one = self.values(self.a.schema, own.tgt);
                        let other = self.values(schema, edge.tgt);
                        matches!((one, other), (Some(one), Some(other)) if one.is_disjoint(&other))
                    }
                    Some(_) => false,
                    None => {
                        let closed = |id: &VertexId| {
                            let vertex = self.a.schema.vertex(*id);
                            vertex.types == TypeSet::OBJECT
                                && vertex.openness == Openness::Closed
                                && self.a.schema.outgoing_of(*id, EdgeKind::Pattern).next().is_none()
                                && self.a.schema.target_of(*id, EdgeKind::Additional).is_none()
                        };
                        edge.required && pair.source.iter().any(closed)
                    }
                }
            })
        })
    }

    /// Listed values on both sides, and none in common.
    fn no_common_value(&self, pair: &Pair, arm: VertexId, types: TypeSet) -> bool {
        let facts = self.facts(&Pair { types, ..pair.clone() });
        let Some(own) = facts.finite(&self.reading) else { return false };
        let own: BTreeSet<_> = own.iter().map(|value| value_key(value.tree().root())).collect();
        self.values(self.b.schema, arm).is_some_and(|other| own.is_disjoint(&other))
    }

    /// The values at a vertex where they are listed, null aside.
    fn values(&self, schema: &Schema, id: VertexId) -> Option<BTreeSet<Vec<u8>>> {
        let resolved = schema.resolve(id);
        let vertex = schema.vertex(resolved.vertex);
        let facts =
            Facts { types: vertex.types, constraints: vertex.constraints.iter().collect(), is_bytes: false };
        if matches!(vertex.kind, Kind::Union | Kind::Intersection | Kind::External) || resolved.nullable {
            return None;
        }
        Some(facts.finite(&self.reading)?.iter().map(|value| value_key(value.tree().root())).collect())
    }
}
