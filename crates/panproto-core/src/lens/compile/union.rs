//! Unions: which arms are the same, and how the arm of a value is found.

use super::super::machine::{Rule, Selector, State, StateId, UnionRule};
use super::{At, Compiler, Facet};
use crate::migration::arms::{Arm, arms, constants, marks, types};
use crate::name::Name;
use crate::ordered::BTreeSet;
use crate::schema::{Kind, Openness, Schema, TypeSet, VertexId};

impl Compiler<'_> {
    pub(super) fn union(&mut self, source: VertexId, target: VertexId, at: &At) -> Rule {
        let (left, right) = (arms(self.source, source), arms(self.target, target));
        let open = |schema: &Schema, vertex: VertexId, lexicon: bool| {
            let vertex = schema.vertex(vertex);
            lexicon && vertex.kind == Kind::Union && vertex.openness == Openness::Open
        };
        let lexicon = &**self.source.protocol() == "atproto" && &**self.target.protocol() == "atproto";
        let passes = (open(self.target, target, lexicon), open(self.source, source, lexicon));
        let matched = self.migration.arms(source, target, &left, &right, self.proof.shapes());
        let rule = |selector, arms| {
            Rule::Union(UnionRule { selector, arms, pass_forward: passes.0, pass_backward: passes.1 })
        };
        if lexicon {
            let tags = |arms: &[Arm], index: usize| arms.get(index).and_then(|arm| arm.tag.clone());
            let (mut sources, mut targets, mut states) = (Vec::new(), Vec::new(), Vec::new());
            for (a, b) in &matched {
                let (Some(from), Some(to)) = (tags(&left, *a), tags(&right, *b)) else {
                    return self.undecidable(source, target, at);
                };
                states.push(self.arm(&left, *a, &right, *b, at));
                sources.push(from);
                targets.push(to);
            }
            // An arm that only one side knows passes through an open union of the other side as it is; on the way to
            // the side that knows it, it has to be valid there.
            let known = |arms: &[Arm], tag: &Name| arms.iter().any(|arm| arm.tag.as_ref() == Some(tag));
            let loaded = |schema: &Schema, arm: &Arm| {
                schema.vertex(schema.resolve(arm.vertex).vertex).kind != Kind::External
            };
            for arm in left.iter().filter(|arm| passes.0 && loaded(self.source, arm)) {
                if let Some(tag) =
                    arm.tag.as_ref().filter(|tag| !known(&right, tag) && !sources.contains(tag))
                {
                    sources.push(tag.clone());
                    targets.push(tag.clone());
                    states.push(self.lone(Some(arm.vertex), None, (source, target)));
                }
            }
            for arm in right.iter().filter(|arm| passes.1 && loaded(self.target, arm)) {
                if let Some(tag) = arm.tag.as_ref().filter(|tag| !known(&left, tag) && !targets.contains(tag))
                {
                    sources.push(tag.clone());
                    targets.push(tag.clone());
                    states.push(self.lone(None, Some(arm.vertex), (source, target)));
                }
            }
            return rule(
                Selector::Tag { member: Name::new("$type"), source: sources, target: targets },
                states,
            );
        }
        if self.proof.same(source, target) && !self.decidable(&left, &right) {
            return super::COPY;
        }
        if let Some((sources, targets)) = by_type(self.source, &left, self.target, &right, &matched) {
            let states = self.states_of(&left, &right, &matched, at);
            return rule(Selector::Type { source: sources, target: targets }, states);
        }
        if let Some(rule) = self.by_type_then_tag(&left, &right, &matched, passes, at) {
            return rule;
        }
        if let Some((member, sources, targets)) =
            by_constant(self.source, &left, self.target, &right, &matched)
        {
            let states = self.states_of(&left, &right, &matched, at);
            return rule(Selector::Tag { member, source: sources, target: targets }, states);
        }
        if let (Some(sources), Some(targets)) = (marks(self.source, &left), marks(self.target, &right)) {
            let states = self.states_of(&left, &right, &matched, at);
            let pick = |names: &[Name], index: usize| names.get(index).cloned().unwrap_or_default();
            let selector = Selector::Present {
                source: matched.iter().map(|(a, _)| pick(&sources, *a)).collect(),
                target: matched.iter().map(|(_, b)| pick(&targets, *b)).collect(),
            };
            return rule(selector, states);
        }
        if self.migration.exactly_one.contains(&source) {
            let states = self.states_of(&left, &right, &matched, at);
            let pick = |arms: &[Arm], index: usize| arms.get(index).map_or(VertexId(0), |arm| arm.vertex);
            let selector = Selector::Valid {
                source: matched.iter().map(|(a, _)| pick(&left, *a)).collect(),
                target: matched.iter().map(|(_, b)| pick(&right, *b)).collect(),
            };
            return rule(selector, states);
        }
        if self.proof.same(source, target) {
            return super::COPY;
        }
        self.undecidable(source, target, at)
    }

    fn undecidable(&mut self, _source: VertexId, _target: VertexId, at: &At) -> Rule {
        if self.trusts(at) {
            return super::COPY;
        }
        let why = "the arms of this union cannot be told apart by tag, type or constant".to_owned();
        let help =
            format!("answer `exactly-one` for `{}` to validate each record against every arm", at.source);
        self.ask("union-undecidable", at, false, why, help)
    }

    /// Whether the arms can be told apart on both sides.
    fn decidable(&self, left: &[Arm], right: &[Arm]) -> bool {
        let all: Vec<(usize, usize)> = (0..left.len().min(right.len())).map(|at| (at, at)).collect();
        by_type(self.source, left, self.target, right, &all).is_some()
            || by_constant(self.source, left, self.target, right, &all).is_some()
    }

    fn states_of(
        &mut self,
        left: &[Arm],
        right: &[Arm],
        matched: &[(usize, usize)],
        at: &At,
    ) -> Vec<StateId> {
        matched.iter().map(|(a, b)| self.arm(left, *a, right, *b, at)).collect()
    }

    fn arm(&mut self, left: &[Arm], a: usize, right: &[Arm], b: usize, at: &At) -> StateId {
        let (left, right) = (left.get(a), right.get(b));
        let edges = left.and_then(|arm| arm.edge).zip(right.and_then(|arm| arm.edge));
        if let Some(edge) = left.and_then(|arm| arm.edge) {
            self.no_survival(edge, at);
        }
        let vertex = |arm: Option<&Arm>| arm.map_or(VertexId(0), |arm| arm.vertex);
        match edges {
            Some(edges) => self.position(edges, at),
            None => self.pair(vertex(left), vertex(right), at),
        }
    }

    /// Types first; where several arms are objects, by a constant among them.
    fn by_type_then_tag(
        &mut self,
        left: &[Arm],
        right: &[Arm],
        matched: &[(usize, usize)],
        passes: (bool, bool),
        at: &At,
    ) -> Option<Rule> {
        let is_object = |schema: &Schema, arms: &[Arm], index: usize| {
            arms.get(index).is_some_and(|arm| types(schema, arm.vertex) == TypeSet::OBJECT)
        };
        let (objects, others): (Vec<_>, Vec<_>) = matched
            .iter()
            .copied()
            .partition(|(a, b)| is_object(self.source, left, *a) && is_object(self.target, right, *b));
        if others.is_empty() || objects.len() < 2 {
            return None;
        }
        let keep = |arms: &[Arm], schema: &Schema| -> Vec<Arm> {
            arms.iter().filter(|arm| types(schema, arm.vertex) == TypeSet::OBJECT).cloned().collect()
        };
        let (left_objects, right_objects) = (keep(left, self.source), keep(right, self.target));
        let again = |arms: &[Arm], objects: &[Arm], index: usize| {
            let vertex = arms.get(index)?.vertex;
            objects.iter().position(|arm| arm.vertex == vertex)
        };
        let inner: Vec<(usize, usize)> = objects
            .iter()
            .filter_map(|(a, b)| Some((again(left, &left_objects, *a)?, again(right, &right_objects, *b)?)))
            .collect();
        let (member, sources, targets) =
            by_constant(self.source, &left_objects, self.target, &right_objects, &inner)?;
        let collect = |arms: &[Arm], schema: &Schema, others: &[usize]| {
            let mut sets: Vec<TypeSet> =
                others.iter().filter_map(|at| arms.get(*at)).map(|arm| types(schema, arm.vertex)).collect();
            sets.push(TypeSet::OBJECT);
            disjoint(&sets).then_some(sets)
        };
        let source_sets = collect(left, self.source, &others.iter().map(|(a, _)| *a).collect::<Vec<_>>())?;
        let target_sets = collect(right, self.target, &others.iter().map(|(_, b)| *b).collect::<Vec<_>>())?;
        let mut states = self.states_of(left, right, &others, at);
        let tagged = self.states_of(&left_objects, &right_objects, &inner, at);
        let (first_source, first_target) = (
            left_objects.first().map_or(VertexId(0), |arm| arm.vertex),
            right_objects.first().map_or(VertexId(0), |arm| arm.vertex),
        );
        states.push(self.push(State {
            source: first_source,
            target: first_target,
            source_null: false,
            target_null: false,
            rule: Rule::Union(UnionRule {
                selector: Selector::Tag { member, source: sources, target: targets },
                arms: tagged,
                pass_forward: false,
                pass_backward: false,
            }),
        }));
        Some(Rule::Union(UnionRule {
            selector: Selector::Type { source: source_sets, target: target_sets },
            arms: states,
            pass_forward: passes.0,
            pass_backward: passes.1,
        }))
    }

    /// Values of several types at one vertex: each type its own way.
    pub(super) fn mixed(&mut self, source: VertexId, target: VertexId, at: &At) -> Rule {
        let (from, to) = (types(self.source, source), types(self.target, target));
        let (mut sources, mut targets, mut states) = (Vec::new(), Vec::new(), Vec::new());
        let scalars = TypeSet::ALL.without(TypeSet::OBJECT | TypeSet::ARRAY);
        for (set, facet) in
            [(TypeSet::OBJECT, Facet::Object), (TypeSet::ARRAY, Facet::Array), (scalars, Facet::Scalar)]
        {
            if from.meets(set) && to.meets(set) {
                sources.push(from & set);
                targets.push(to & set);
                states.push(self.facet((source, target, false, false, facet), at));
            }
        }
        if states.is_empty() {
            return self.not_convertible(source, target, at);
        }
        Rule::Union(UnionRule {
            selector: Selector::Type { source: sources, target: targets },
            arms: states,
            pass_forward: false,
            pass_backward: false,
        })
    }
}

fn disjoint(sets: &[TypeSet]) -> bool {
    sets.iter()
        .try_fold(TypeSet::NONE, |seen, set| (!seen.meets(*set) && !set.is_empty()).then_some(seen | *set))
        .is_some()
}

/// Types of the matched arms where *all* arms of each side are apart by type.
fn by_type(
    source: &Schema,
    left: &[Arm],
    target: &Schema,
    right: &[Arm],
    matched: &[(usize, usize)],
) -> Option<(Vec<TypeSet>, Vec<TypeSet>)> {
    let sets = |schema: &Schema, arms: &[Arm]| -> Vec<TypeSet> {
        arms.iter().map(|arm| types(schema, arm.vertex)).collect()
    };
    let (from, to) = (sets(source, left), sets(target, right));
    if !disjoint(&from) || !disjoint(&to) || matched.is_empty() {
        return None;
    }
    let pick = |sets: &[TypeSet], at: usize| sets.get(at).copied().unwrap_or_default();
    // Where several arms of one side are one arm of the other, each has its own part of that arm's types.
    let once = |at: fn(&(usize, usize)) -> usize| {
        matched.iter().map(at).collect::<BTreeSet<_>>().len() == matched.len()
    };
    let (one_source, one_target) = (once(|pair| pair.0), once(|pair| pair.1));
    let part = |own: TypeSet, other: TypeSet, alone: bool| if alone { own } else { own & other };
    let pairs = || matched.iter().map(|(a, b)| (pick(&from, *a), pick(&to, *b)));
    let sources: Vec<TypeSet> = pairs().map(|(a, b)| part(a, b, one_source)).collect();
    let targets: Vec<TypeSet> = pairs().map(|(a, b)| part(b, a, one_target)).collect();
    (disjoint(&sources) && disjoint(&targets)).then_some((sources, targets))
}

/// A member that is a different string constant in every arm of both sides.
fn by_constant(
    source: &Schema,
    left: &[Arm],
    target: &Schema,
    right: &[Arm],
    matched: &[(usize, usize)],
) -> Option<(Name, Vec<Name>, Vec<Name>)> {
    let all = |schema: &Schema, arms: &[Arm]| -> Vec<Vec<(Name, Name)>> {
        arms.iter().map(|arm| constants(schema, arm.vertex)).collect()
    };
    let (from, to) = (all(source, left), all(target, right));
    let values = |sides: &[Vec<(Name, Name)>], member: &Name| -> Option<Vec<Name>> {
        let found: Option<Vec<Name>> = sides
            .iter()
            .map(|constants| {
                constants.iter().find(|(name, _)| name == member).map(|(_, value)| value.clone())
            })
            .collect();
        found.filter(|values| values.iter().collect::<BTreeSet<_>>().len() == values.len())
    };
    let (member, sources, targets) = from
        .first()?
        .iter()
        .find_map(|(member, _)| Some((member.clone(), values(&from, member)?, values(&to, member)?)))?;
    let pick = |values: &[Name], at: usize| values.get(at).cloned().unwrap_or_default();
    Some((
        member,
        matched.iter().map(|(a, _)| pick(&sources, *a)).collect(),
        matched.iter().map(|(_, b)| pick(&targets, *b)).collect(),
    ))
}
