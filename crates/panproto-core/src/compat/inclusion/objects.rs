//! Members of objects: declared, matched by patterns, additional, undeclared.

use super::{Child, Inclusion, Local, Pair, Reason};
use crate::compat::Undeclared;
use crate::compat::finding::Kind as Verdict;
use crate::diff::{member_path, type_text};
use crate::ordered::{Arrange, BTreeSet};
use crate::schema::{EdgeKind, Openness, Schema, Sort, TypeSet, VertexId};

/// What a member of the source is.
enum Member {
    /// It cannot be there.
    Absent,
    /// All of these say what it is; none where nothing does.
    Said(Vec<VertexId>),
}

impl Inclusion<'_> {
    pub(super) fn object(&mut self, pair: &Pair, path: &str, opaque: bool, local: &mut Local) {
        let objects: Vec<VertexId> = pair
            .source
            .iter()
            .copied()
            .filter(|id| self.a.schema.vertex(*id).types.meets(TypeSet::OBJECT))
            .collect();
        // Of listed values none need have the members that are spoken of.
        let weak = opaque || objects.len() > 1 || self.is_listed(&objects);
        let breaks = if weak { Verdict::Unknown } else { Verdict::Breaks };
        self.required(pair, &objects, path, breaks, local);
        let (a, b) = (self.a.schema, self.b.schema);
        let declared: BTreeSet<&str> = objects
            .iter()
            .flat_map(|id| a.props(*id))
            .chain(b.props(pair.target))
            .filter_map(|(_, edge)| edge.name.as_deref())
            .collect();
        let patterns: Vec<(&str, VertexId)> = b
            .outgoing_of(pair.target, EdgeKind::Pattern)
            .map(|(_, edge)| (edge.name.as_deref().unwrap_or(""), edge.tgt))
            .collect();
        let additional = b.target_of(pair.target, EdgeKind::Additional);
        let closed = b.vertex(pair.target).openness == Openness::Closed;
        for name in declared {
            let target = b.prop_named(pair.target, name).map(|edge| b.edge(edge).tgt);
            let said = match self.member(&objects, name) {
                Member::Absent => continue,
                Member::Said(said) => said,
            };
            let place = member_path(path, name);
            let mut matched = target.is_some();
            if let Some(target) = target {
                self.claim(&said, target, &place, weak, local);
            }
            for (pattern, target) in &patterns {
                match self.matches(pattern, name) {
                    Some(true) => {
                        matched = true;
                        self.claim(&said, *target, &place, weak, local);
                    }
                    Some(false) => {}
                    None => {
                        self.reason(
                            local,
                            "pattern-unsupported",
                            Verdict::Unknown,
                            &place,
                            None,
                            Some(*target),
                        );
                        matched = true;
                    }
                }
            }
            if matched {
                continue;
            }
            match additional {
                Some(target) => self.claim(&said, target, &place, weak, local),
                None if closed => {
                    let source = said.first().copied();
                    self.reason(local, "member-refused", breaks, &place, source, Some(pair.target));
                }
                None => {}
            }
        }
        self.others(pair, &objects, &patterns, path, weak, local);
    }

    /// Members that the target requires.
    fn required(&self, pair: &Pair, objects: &[VertexId], path: &str, breaks: Verdict, local: &mut Local) {
        let there: BTreeSet<String> =
            objects.iter().flat_map(|id| names_required(self.a.schema, *id)).collect();
        for name in names_required(self.b.schema, pair.target) {
            if !there.contains(&name) {
                let target = self.b.schema.edge_named(pair.target, &name).map(|edge| edge.tgt);
                let source =
                    objects.iter().find_map(|id| self.a.schema.edge_named(*id, &name)).map(|edge| edge.tgt);
                let place = member_path(path, &name);
                self.reason(local, "required-added", breaks, &place, source, target);
            }
        }
    }

    /// Members that neither side declares by name.
    fn others(
        &mut self,
        pair: &Pair,
        objects: &[VertexId],
        patterns: &[(&str, VertexId)],
        path: &str,
        weak: bool,
        local: &mut Local,
    ) {
        let (a, b) = (self.a.schema, self.b.schema);
        let additional = b.target_of(pair.target, EdgeKind::Additional);
        let closed = b.vertex(pair.target).openness == Openness::Closed;
        if patterns.is_empty() && additional.is_none() && !closed {
            return;
        }
        // What the source says of undeclared members: `None` where there are none.
        let refuses = objects.iter().any(|id| {
            a.vertex(*id).openness == Openness::Closed && a.target_of(*id, EdgeKind::Additional).is_none()
        });
        let rest: Option<Vec<VertexId>> = (!refuses)
            .then(|| objects.iter().filter_map(|id| a.target_of(*id, EdgeKind::Additional)).collect());
        let of_source: Vec<(&str, VertexId)> = objects
            .iter()
            .flat_map(|id| a.outgoing_of(*id, EdgeKind::Pattern))
            .map(|(_, edge)| (edge.name.as_deref().unwrap_or(""), edge.tgt))
            .collect();
        // Names that match a pattern of the source.
        for (pattern, source) in &of_source {
            let place = format!("{path}[/{pattern}/]");
            let same = patterns.iter().find(|(other, _)| other == pattern);
            if let Some((_, target)) = same {
                self.claim(&[*source], *target, &place, weak, local);
            } else if let Some(target) = additional {
                self.claim(&[*source], target, &place, weak, local);
            } else if closed {
                let kind = Verdict::Unknown;
                self.reason(local, "member-refused", kind, &place, Some(*source), Some(pair.target));
            }
            // Another pattern may match the same names.
            for (_, target) in patterns.iter().filter(|(other, _)| other != pattern) {
                self.claim(&[*source], *target, &place, true, local);
            }
        }
        let Some(rest) = rest else { return };
        for (pattern, target) in patterns {
            if !of_source.iter().any(|(other, _)| other == pattern) {
                self.claim(&rest, *target, &format!("{path}[/{pattern}/]"), weak, local);
            }
        }
        let place = format!("{path}[*]");
        if let Some(target) = additional {
            self.claim(&rest, target, &place, weak, local);
        } else if closed {
            // Names that are kept free are not there yet.
            let certain = !weak && self.reading.undeclared == Undeclared::Arbitrary && of_source.is_empty();
            let kind = if certain && patterns.is_empty() { Verdict::Breaks } else { Verdict::Unknown };
            self.reason(local, "object-closed", kind, path, objects.first().copied(), Some(pair.target));
        }
    }

    /// What is said of a member, against what the target says of it.
    fn claim(&mut self, said: &[VertexId], target: VertexId, place: &str, weak: bool, local: &mut Local) {
        let mut source = said.to_vec();
        source.arrange();
        source.dedup();
        if source.is_empty() {
            // Nothing is said: whoever wrote it, wrote anything.
            let everything = Pair { source, types: TypeSet::ALL, target };
            if self.reading.undeclared == Undeclared::Reserved || self.holds(everything) {
                return;
            }
            let kind = if weak { Verdict::Unknown } else { Verdict::Breaks };
            self.reason(local, "property-claims-undeclared", kind, place, None, Some(target));
            return;
        }
        let pair = Pair { source, types: TypeSet::ALL, target };
        local.children.push(Child { pair, path: place.to_owned(), weak });
    }

    /// What the source says of a member with a name.
    fn member(&mut self, objects: &[VertexId], name: &str) -> Member {
        let schema = self.a.schema;
        let mut said = Vec::new();
        for id in objects {
            let mut declared = false;
            if let Some(edge) = schema.edge_named(*id, name) {
                said.push(edge.tgt);
                declared = true;
            }
            for (_, edge) in schema.outgoing_of(*id, EdgeKind::Pattern) {
                match self.matches(edge.name.as_deref().unwrap_or(""), name) {
                    Some(true) => {
                        said.push(edge.tgt);
                        declared = true;
                    }
                    Some(false) => {}
                    // It may be declared: then nothing else is known of it.
                    None => declared = true,
                }
            }
            if declared {
                continue;
            }
            if let Some(target) = schema.target_of(*id, EdgeKind::Additional) {
                said.push(target);
            } else if schema.vertex(*id).openness == Openness::Closed {
                return Member::Absent;
            }
        }
        if said.iter().any(|id| self.a.admits(*id).is_empty()) { Member::Absent } else { Member::Said(said) }
    }

    fn reason(
        &self,
        local: &mut Local,
        code: &'static str,
        kind: Verdict,
        path: &str,
        source: Option<VertexId>,
        target: Option<VertexId>,
    ) {
        local.reasons.push(Reason {
            code,
            kind,
            path: path.to_owned(),
            source,
            target,
            source_text: source.map(|id| type_text(self.a.schema, id)),
            target_text: target.map(|id| type_text(self.b.schema, id)),
        });
    }
}

fn names_required(schema: &Schema, id: VertexId) -> BTreeSet<String> {
    let edges = schema.props(id).filter(|(_, edge)| edge.required);
    let mut names: BTreeSet<String> =
        edges.map(|(_, edge)| edge.name.as_deref().unwrap_or("").to_owned()).collect();
    for constraint in schema.vertex(id).constraints.iter().filter(|own| own.sort == Sort::Required) {
        let tree = constraint.value.tree();
        names.extend(tree.root().items().filter_map(|item| item.as_str().map(std::borrow::Cow::into_owned)));
    }
    names
}
