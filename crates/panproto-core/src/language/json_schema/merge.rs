//! Merging what holds together at one position into one vertex, where that is exact.
//!
//! `{"allOf": [{"$ref": base}, {"properties": …}]}` is how schemas write inheritance. The members of both become
//! members of one object: those of the reference's target as references to where they are written (small ones as
//! copies), those that both declare as positions where both hold, which are merged in their turn. What would not
//! be exact stays an intersection: a closed object beside one that declares other members, two patterns, a branch
//! with keywords that are not understood, two references with nothing between them.
//!
//! It ends: what is written out at a position gets smaller with each level, and references alone are not merged.

use super::build::{Build, position};
use super::dialect::{Keyword, holds, keyword};
use super::model::{Additional, Item, Named, Own, Part};
use super::read::{type_named, type_of};
use super::scan::{Key, Place, Target};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::ordered::BTreeSet;
use crate::schema::{Sort, TypeSet, VertexId};
use crate::value::number;
use crate::value::{Json, ValueRef};

/// Greatest number of properties of a merged object. Without a bound, a chain of schemas that each extend the one
/// before would grow quadratically.
const MOST_PROPERTIES: usize = 512;

/// Greatest number of pieces that are merged at one position.
const MOST_PIECES: usize = 64;

/// How many schemas are looked at to learn the types of a value, and how deep.
const TYPE_FUEL: usize = 256;
const TYPE_DEPTH: usize = 8;

impl<'t> Build<'t, '_> {
    /// The pieces as one, or nothing where that would not be exact.
    pub(super) fn merge(&mut self, vertex: VertexId, items: &[Item<'t>]) -> Result<Option<Own<'t>>> {
        if items.iter().all(|item| self.is_reference(item)) {
            return Ok(None);
        }
        let mut merged = Own::default();
        let mut pieces = 0;
        let mut notes = Vec::new();
        let mut inlined: BTreeSet<Key> = BTreeSet::new();
        // The flag: written elsewhere, reached through a reference.
        let mut stack: Vec<(Item<'t>, bool)> = items.iter().rev().map(|item| (item.clone(), false)).collect();
        while let Some((item, elsewhere)) = stack.pop() {
            pieces += 1;
            if pieces > MOST_PIECES {
                return Ok(None);
            }
            let (place, elsewhere) = match item {
                Item::External(..) => return Ok(None),
                Item::Union { arms, exclusive } => {
                    let (others, null) = self.without_null_arm(&arms, exclusive)?;
                    let [single] = others.as_slice() else { return Ok(None) };
                    if !null && others.len() != arms.len() {
                        return Ok(None);
                    }
                    if null {
                        if self.index.is_referenced(*single) && !elsewhere {
                            return Ok(None);
                        }
                        let reading = self.read(*single)?;
                        let [Item::Own(own)] = reading.items.as_slice() else { return Ok(None) };
                        let Some(own) = or_null(Own::clone(own)).filter(|_| reading.notes.is_transparent())
                        else {
                            return Ok(None);
                        };
                        notes.extend((!elsewhere).then_some((*single, reading.notes)));
                        stack.push((Item::Own(Box::new(own)), elsewhere));
                        continue;
                    }
                    stack.push((Item::Arm(Part::Schema(*single)), elsewhere));
                    continue;
                }
                Item::Own(own) => {
                    let own = if elsewhere { self.referring(*own) } else { *own };
                    match combine(merged, own) {
                        Some(both) if both.props.len() <= MOST_PROPERTIES => merged = both,
                        _ => return Ok(None),
                    }
                    self.budget.spend(merged.props.len() as u64)?;
                    continue;
                }
                Item::Reference(target) | Item::Arm(Part::Reference(target)) => {
                    if !inlined.insert(target.key()) {
                        return Ok(None);
                    }
                    (target, true)
                }
                Item::Arm(Part::Schema(place)) if !elsewhere && self.index.is_referenced(place) => {
                    return Ok(None);
                }
                Item::Arm(Part::Schema(place) | Part::Copy(place)) => (place, elsewhere),
            };
            let reading = self.read(place)?;
            let opaque = if elsewhere {
                reading.notes.tainted || reading.notes.void
            } else {
                !reading.notes.is_transparent()
            };
            if opaque {
                return Ok(None);
            }
            if !elsewhere {
                notes.push((place, reading.notes));
            }
            stack.extend(reading.items.into_iter().rev().map(|item| (item, elsewhere)));
        }
        for (place, notes) in notes {
            if !self.can_join(vertex, &notes) {
                let text = "annotations of this branch give way to those of the schema around it";
                let note = Diagnostic::new(ErrorKind::Schema, "annotation-merged", text).note();
                self.report(note, place, place.value, "");
            }
            self.annotate(vertex, notes);
        }
        Ok(Some(merged))
    }

    fn is_reference(&self, item: &Item<'t>) -> bool {
        match item {
            Item::Reference(_) | Item::External(..) | Item::Arm(Part::Reference(_)) => true,
            Item::Arm(Part::Schema(place) | Part::Copy(place)) => {
                place.value.len() == 1 && place.value.get("$ref").is_some()
            }
            _ => false,
        }
    }

    /// What is written elsewhere, as references to there.
    fn referring(&self, mut own: Own<'t>) -> Own<'t> {
        let refer = |parts: &mut Vec<Part<'t>>| {
            for part in parts {
                if let Part::Schema(place) | Part::Copy(place) = *part {
                    *part = if self.is_leaf(place) { Part::Copy(place) } else { Part::Reference(place) };
                }
            }
        };
        own.props.iter_mut().chain(&mut own.patterns).for_each(|(_, parts)| refer(parts));
        own.prefix.iter_mut().chain(&mut own.items).for_each(refer);
        if let Additional::Schema(parts) = &mut own.additional {
            refer(parts);
        }
        own
    }

    /// Whether a schema holds no other schema and has no identity of its own: then a copy is as good.
    fn is_leaf(&self, place: Place<'t>) -> bool {
        let dialect = self.index.dialect(place.document);
        place.value.len() <= 16
            && place.value.members().all(|(key, value)| {
                let Some(name) = key.as_str() else { return false };
                let class = keyword(&name, dialect, self.is_declared(place.document));
                let refused = [Keyword::Id, Keyword::Anchor, Keyword::Restriction, Keyword::Definitions];
                holds(&name, value.is_array()).is_none() && !refused.contains(&class)
            })
    }

    /// The types that a schema's values can have: all of them at most.
    pub(super) fn types_of(&mut self, place: Place<'t>) -> Result<TypeSet> {
        let mut fuel = TYPE_FUEL;
        let types = self.possible_types(place, TYPE_DEPTH, &mut fuel);
        self.budget.spend((TYPE_FUEL - fuel) as u64)?;
        Ok(types)
    }

    /// Recursion is bounded by `depth`, work by `fuel`.
    fn possible_types(&mut self, place: Place<'t>, depth: usize, fuel: &mut usize) -> TypeSet {
        let (Some(deeper), Some(left)) = (depth.checked_sub(1), fuel.checked_sub(1)) else {
            return TypeSet::ALL;
        };
        *fuel = left;
        if place.value.as_bool() == Some(false) {
            return TypeSet::NONE;
        }
        let alone = self.index.dialect(place.document).reference_stands_alone();
        let mut types = TypeSet::ALL;
        if let Some(value) = place.value.get("$ref")
            && let Some(text) = value.as_str()
        {
            if let Target::Place(target) = self.index.resolve(place.resource, &text) {
                types = types & self.possible_types(target, deeper, fuel);
            }
            if alone {
                return types;
            }
        }
        for (key, value) in place.value.members() {
            let Some(name) = key.as_str() else { continue };
            let said = match &*name {
                "type" => union_of(value, |item| {
                    item.as_str().as_deref().and_then(type_named).unwrap_or(TypeSet::ALL)
                }),
                "enum" => value.items().fold(TypeSet::NONE, |types, item| types | type_of(item)),
                "const" => type_of(value),
                "allOf" => {
                    for item in value.items() {
                        types = types & self.possible_types(self.child(place, item), deeper, fuel);
                    }
                    continue;
                }
                "anyOf" | "oneOf" => {
                    let mut any = TypeSet::NONE;
                    for item in value.items() {
                        any = any | self.possible_types(self.child(place, item), deeper, fuel);
                    }
                    any
                }
                _ => continue,
            };
            types = types & said;
        }
        types
    }
}

fn union_of(value: ValueRef<'_>, types: impl Fn(ValueRef<'_>) -> TypeSet) -> TypeSet {
    if value.is_array() {
        value.items().fold(TypeSet::NONE, |sum, item| sum | types(item))
    } else {
        types(value)
    }
}

/// The same, or `null`; nothing where that cannot be said at one vertex.
fn or_null(mut own: Own<'_>) -> Option<Own<'_>> {
    if own.never || own.constraints.iter().any(|constraint| constraint.sort == Sort::Const) {
        return None;
    }
    own.types = own.types.map(|types| types | TypeSet::NULL);
    for constraint in own.constraints.iter_mut().filter(|constraint| constraint.sort == Sort::Enum) {
        let tree = constraint.value.tree();
        let items = tree.root().items().map(ValueRef::raw_str).filter(|item| *item != "null");
        let items: Vec<&str> = items.chain(["null"]).collect();
        constraint.value = Json::parse(&format!("[{}]", items.join(","))).ok()?;
    }
    Some(own)
}

/// Both, or nothing where that cannot be said at one vertex.
fn combine<'t>(mut left: Own<'t>, right: Own<'t>) -> Option<Own<'t>> {
    if left.is_empty() {
        return Some(right);
    }
    left.never |= right.never;
    left.types = match (left.types, right.types) {
        (Some(left), Some(right)) => Some(left & right),
        (left, right) => left.or(right),
    };
    left.additional = combine_additional(&left, &right)?;
    for constraint in right.constraints {
        match left.constraints.iter_mut().find(|known| known.sort == constraint.sort) {
            None => left.constraints.push(constraint),
            Some(known) => known.value = combine_values(constraint.sort, &known.value, &constraint.value)?,
        }
    }
    combine_named(&mut left.props, right.props);
    combine_named(&mut left.patterns, right.patterns);
    for name in right.required {
        if !left.required.contains(&name) {
            left.required.push(name);
        }
    }
    if left.prefix.is_empty() && right.prefix.is_empty() {
        left.items = match (left.items, right.items) {
            (Some(mut left), Some(right)) => {
                left.extend(right);
                Some(left)
            }
            (left, right) => left.or(right),
        };
    } else {
        let none = |own: &Vec<_>, items: &Option<_>| own.is_empty() && items.is_none();
        if none(&left.prefix, &left.items) {
            (left.prefix, left.items) = (right.prefix, right.items);
        } else if !none(&right.prefix, &right.items) {
            return None;
        }
    }
    Some(left)
}

/// Exact only where the side that says something about undeclared members declares all that the other one does.
fn combine_additional<'t>(left: &Own<'t>, right: &Own<'t>) -> Option<Additional<'t>> {
    let covers = |outer: &Own<'t>, inner: &Own<'t>| {
        let names: BTreeSet<&str> = outer.props.iter().map(|(name, _)| &**name).collect();
        let patterns: BTreeSet<&str> = outer.patterns.iter().map(|(name, _)| &**name).collect();
        inner.props.iter().all(|(name, _)| names.contains(&**name))
            && inner.patterns.iter().all(|(name, _)| patterns.contains(&**name))
    };
    match (&left.additional, &right.additional) {
        (Additional::Open, Additional::Open) => Some(Additional::Open),
        (said, Additional::Open) => covers(left, right).then(|| said.clone()),
        (Additional::Open, said) => covers(right, left).then(|| said.clone()),
        (Additional::Closed, Additional::Closed) => {
            (covers(left, right) && covers(right, left)).then_some(Additional::Closed)
        }
        _ => None,
    }
}

fn combine_named<'t>(left: &mut Named<'t>, right: Named<'t>) {
    let known: BTreeSet<Box<str>> = left.iter().map(|(name, _)| name.clone()).collect();
    for (name, parts) in right {
        if known.contains(&name) {
            if let Some(both) = position(left, &name) {
                both.extend(parts);
            }
        } else {
            left.push((name, parts));
        }
    }
}

/// The one value of a constraint that means the same as both.
fn combine_values(sort: Sort, left: &Json, right: &Json) -> Option<Json> {
    use std::cmp::Ordering::{Greater, Less};
    let by_order = |wanted| {
        let order = number::cmp(left.as_str().as_bytes(), right.as_str().as_bytes())?;
        Some(if order == wanted { right.clone() } else { left.clone() })
    };
    match sort {
        Sort::MinLength | Sort::Minimum | Sort::ExclusiveMinimum | Sort::MinItems | Sort::MinProperties => {
            by_order(Less)
        }
        Sort::MaxLength | Sort::Maximum | Sort::ExclusiveMaximum | Sort::MaxItems | Sort::MaxProperties => {
            by_order(Greater)
        }
        Sort::Enum => {
            let (left, right) = (left.tree(), right.tree());
            let both =
                |item: &ValueRef<'_>| right.root().items().any(|other| crate::value::equal(*item, other));
            let items: Vec<&str> = left.root().items().filter(both).map(ValueRef::raw_str).collect();
            Json::parse(&format!("[{}]", items.join(","))).ok()
        }
        _ => left.equals(right).then(|| left.clone()),
    }
}
