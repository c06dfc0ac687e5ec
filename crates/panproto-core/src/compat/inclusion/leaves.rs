//! A target that is no union, reference or intersection: its scalars, its members, its items.

use super::{Inclusion, Local, Pair, Reason};
use crate::compat::finding::Kind as Verdict;
use crate::compat::scalar::{Outcome, restricts};
use crate::schema::{Constraint, Kind, Openness, Sort, TypeSet, VertexId};

/// Objects by which Lexicons write something else.
fn is_special(kind: &Kind) -> bool {
    matches!(kind, Kind::Bytes | Kind::CidLink | Kind::Blob)
}

impl Inclusion<'_> {
    pub(super) fn leaf(&mut self, pair: &Pair, path: &str, opaque: bool, local: &mut Local) {
        self.scalars(pair, path, opaque, local);
        let b = self.b.schema.vertex(pair.target);
        let own: Vec<&Kind> = pair.source.iter().map(|id| &self.a.schema.vertex(*id).kind).collect();
        if pair.types.meets(TypeSet::STRING) && b.kind == Kind::Token && !own.contains(&&Kind::Token) {
            self.say(local, pair, path, "token-changed", Verdict::Unknown);
        }
        if matches!(b.kind, Kind::Other(_)) && !own.contains(&&b.kind) {
            self.say(local, pair, path, "kind-not-known", Verdict::Unknown);
        }
        if pair.types.meets(TypeSet::OBJECT) {
            let special = own.iter().find(|kind| is_special(kind));
            match special {
                Some(kind) if **kind == b.kind => {}
                Some(_) => {
                    let anything = matches!(b.kind, Kind::Any | Kind::Object)
                        && b.openness == Openness::Open
                        && self.b.schema.outgoing(pair.target).next().is_none();
                    if !anything {
                        let kind = if is_special(&b.kind) { Verdict::Breaks } else { Verdict::Unknown };
                        self.say(local, pair, path, "type-narrowed", kind);
                    }
                }
                None if is_special(&b.kind) => {
                    let kind = if self.is_exact(&pair.source) { Verdict::Breaks } else { Verdict::Unknown };
                    self.say(local, pair, path, "type-narrowed", kind);
                }
                // Any object, but whether it may be one of the special ones is not said.
                None if b.kind == Kind::Unknown => {
                    if !own.iter().all(|kind| matches!(kind, Kind::Unknown | Kind::Object | Kind::Record)) {
                        self.say(local, pair, path, "type-narrowed", Verdict::Unknown);
                    }
                }
                None => self.object(pair, path, opaque, local),
            }
        }
        if pair.types.meets(TypeSet::ARRAY) {
            self.array(pair, path, opaque, local);
        }
    }

    /// The constraints of the target, one by one.
    pub(super) fn scalars(&mut self, pair: &Pair, path: &str, opaque: bool, local: &mut Local) {
        let b = self.b.schema.vertex(pair.target);
        let facts = self.facts(pair);
        for constraint in &b.constraints {
            if matches!(constraint.sort, Sort::Required | Sort::KnownValues)
                || !facts.types.meets(restricts(constraint.sort, b.kind == Kind::Bytes))
            {
                continue;
            }
            let mut outcome = facts.decide(constraint, &self.reading);
            if matches!(constraint.sort, Sort::MinProperties | Sort::MaxProperties)
                && outcome != Outcome::Implied
            {
                outcome = self.count_members(pair, constraint);
            }
            if constraint.sort == Sort::MaxItems && outcome == Outcome::Refuted && self.has_prefix(pair) {
                outcome = Outcome::Unknown;
            }
            let exact = pair.source.len() < 2 && !opaque;
            let kind = match outcome {
                Outcome::Implied => continue,
                Outcome::Refuted if exact => Verdict::Breaks,
                _ => Verdict::Unknown,
            };
            let own = facts.constraints.iter().find(|own| own.sort == constraint.sort);
            local.reasons.push(Reason {
                code: code_of(constraint.sort),
                kind,
                path: path.to_owned(),
                source: pair.source.first().copied(),
                target: Some(pair.target),
                source_text: own.map(ToString::to_string),
                target_text: Some(constraint.to_string()),
            });
        }
    }

    fn has_prefix(&self, pair: &Pair) -> bool {
        let mut edges = pair.source.iter().flat_map(|id| self.a.schema.outgoing(*id));
        edges.any(|(_, edge)| edge.kind == crate::schema::EdgeKind::Prefix)
    }

    /// Required members are there; a closed object has no others than its own.
    fn count_members(&self, pair: &Pair, constraint: &Constraint) -> Outcome {
        let bound = constraint.value.as_str().parse::<usize>();
        let Ok(bound) = bound else { return Outcome::Unknown };
        let required = |id: &VertexId| self.a.schema.props(*id).filter(|(_, edge)| edge.required).count();
        let closed = |id: &&VertexId| {
            let schema = self.a.schema;
            let props = schema.props(**id).count();
            schema.vertex(**id).openness == Openness::Closed && props == schema.outgoing(**id).count()
        };
        let implied = match constraint.sort {
            Sort::MinProperties => pair.source.iter().any(|id| required(id) >= bound),
            _ => pair.source.iter().filter(closed).any(|id| self.a.schema.props(*id).count() <= bound),
        };
        if implied { Outcome::Implied } else { Outcome::Unknown }
    }
}

fn code_of(sort: Sort) -> &'static str {
    match sort {
        Sort::Enum | Sort::Const => "enum-narrowed",
        Sort::Pattern => "pattern-changed",
        Sort::Format | Sort::AssertedFormat => "format-narrowed",
        Sort::MultipleOf => "multiple-narrowed",
        Sort::Accept => "accept-narrowed",
        Sort::UniqueItems => "unique-items-added",
        _ => "bound-narrowed",
    }
}
