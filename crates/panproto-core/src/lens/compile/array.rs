//! Arrays: items, fixed positions, identity of items; one value to a list and back.

use super::super::machine::{ArrayRule, Check, Rule, StateId};
use super::scalar::restricts;
use super::{At, Compiler, Form, form};
use crate::name::Name;
use crate::ordered::Arrange;
use crate::schema::{Constraint, EdgeId, EdgeKind, Schema, Sort, TypeSet, VertexId};

impl Compiler<'_> {
    pub(super) fn array(&mut self, source: VertexId, target: VertexId, at: &At) -> Rule {
        let (from, to) = (Items::of(self.source, source), Items::of(self.target, target));
        let inner = at.items();
        let fixed = from.prefix.len().max(to.prefix.len());
        let prefix: Vec<StateId> = (0..fixed)
            .map(|index| self.loose(from.at(index), to.at(index), (source, target), &inner))
            .collect();
        let items = Some(self.loose(from.items, to.items, (source, target), &inner));
        let hinted = self.migration.keys.get(&target);
        let key = match hinted {
            Some(key) => Some(Name::new(key)),
            None => from
                .items
                .zip(to.items)
                .and_then(|(from, to)| self.key_of(self.source.edge(from).tgt, self.target.edge(to).tgt)),
        };
        let (left, right) = (self.source.vertex(source), self.target.vertex(target));
        let wanted = |constraint: &Constraint| {
            restricts(constraint)
                && matches!(
                    constraint.sort,
                    Sort::MinItems | Sort::MaxItems | Sort::UniqueItems | Sort::Enum | Sort::Const
                )
        };
        let check = |constraints: Vec<Constraint>| {
            if constraints.is_empty() { Check::None } else { Check::Local(TypeSet::ALL, constraints) }
        };
        // Items may change on the way: only bounds of their number carry over.
        let rewritten = |constraint: &Constraint| {
            wanted(constraint) && matches!(constraint.sort, Sort::UniqueItems | Sort::Enum | Sort::Const)
        };
        let same_items = from.items.zip(to.items).is_none_or(|(from, to)| {
            let left = self.source.resolve(self.source.edge(from).tgt).vertex;
            let right = self.target.resolve(self.target.edge(to).tgt).vertex;
            self.proof.same(left, right) && !self.migration.applies.contains_key(&(from, to))
        });
        let gather = |compiler: &Self, a: &crate::schema::Vertex, b: &crate::schema::Vertex| {
            let mut constraints = compiler.proof.unproved(a, b, wanted);
            if !same_items {
                constraints.extend(b.constraints.iter().filter(|constraint| rewritten(constraint)).cloned());
                constraints.arrange();
                constraints.dedup();
            }
            constraints
        };
        let forward = check(gather(self, left, right));
        let backward = check(gather(self, right, left));
        Rule::Array(ArrayRule { prefix, items, key, hinted_key: hinted.is_some(), forward, backward })
    }

    /// The first kept scalar member of view items that is required or named like an id.
    fn key_of(&self, source: VertexId, target: VertexId) -> Option<Name> {
        let (source, target) = (self.source.resolve(source).vertex, self.target.resolve(target).vertex);
        if form(self.source, source) != Form::Object || form(self.target, target) != Form::Object {
            return None;
        }
        let links = self.migration.object(source, target).links;
        let kept = |edge| links.iter().any(|link| matches!(link.to.as_slice(), [only] if *only == edge));
        self.target
            .props(target)
            .filter(|(id, edge)| {
                kept(*id)
                    && form(self.target, self.target.resolve(edge.tgt).vertex) == Form::Scalar
                    && (edge.required || edge.name.as_deref().is_some_and(is_id))
            })
            .find_map(|(_, edge)| edge.name.clone())
    }

    /// A list becomes its first item.
    pub(super) fn head(&mut self, source: VertexId, target: VertexId, at: &At) -> Rule {
        let items = Items::of(self.source, source);
        let Some(item) = items.at(0) else {
            return self.not_convertible(source, target, at);
        };
        self.note("head", at, "a list becomes its first item".into(), false);
        let inner = At { source: format!("{}[]", at.source), target: at.target.clone() };
        Rule::Head(self.pair(self.source.edge(item).tgt, target, &inner))
    }

    /// A value becomes a list of it.
    pub(super) fn wrap(&mut self, source: VertexId, target: VertexId, at: &At) -> Rule {
        let items = Items::of(self.target, target);
        // A list of one has to be a list that the target admits.
        let admits_one = |sort, admitted: &[&str]| {
            let bound = self.target.vertex(target).constraint(sort);
            bound.is_none_or(|bound| admitted.contains(&bound.value.as_str()))
        };
        let fits = admits_one(Sort::MinItems, &["0", "1"])
            && self
                .target
                .vertex(target)
                .constraint(Sort::MaxItems)
                .is_none_or(|bound| bound.value.as_str() != "0");
        let Some(item) = items.at(0).filter(|_| fits) else {
            return self.not_convertible(source, target, at);
        };
        self.note("wrap", at, "a value becomes a list of it".into(), true);
        let inner = At { source: at.source.clone(), target: format!("{}[]", at.target) };
        Rule::Wrap(self.pair(source, self.target.edge(item).tgt, &inner))
    }
}

/// The edges to the item positions of an array.
struct Items {
    prefix: Vec<EdgeId>,
    items: Option<EdgeId>,
}

impl Items {
    fn of(schema: &Schema, array: VertexId) -> Items {
        Items {
            prefix: schema.outgoing_of(array, EdgeKind::Prefix).map(|(id, _)| id).collect(),
            items: schema.outgoing_of(array, EdgeKind::Items).map(|(id, _)| id).next(),
        }
    }

    fn at(&self, index: usize) -> Option<EdgeId> {
        self.prefix.get(index).copied().or(self.items)
    }
}

fn is_id(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "id" | "key" | "uri" | "url" | "did" | "cid" | "uuid" | "guid" | "slug" | "node_id"
    ) || lower.ends_with("_id")
        || name.ends_with("Id")
}
