//! Which values a vertex admits by itself: kind, types, `null`, constraints.

use super::model::Own;
use super::read::type_of;
use crate::schema::{Constraint, Kind, Sort, TypeSet};
use crate::value::{Json, ValueRef};

/// Kind, types, nullability and constraints of a vertex. `null` is admitted where `nullable` says so or `types` has
/// it, never both; a nullable vertex lists `null` in no `enum`.
pub(super) fn values_of(own: &Own<'_>, forced: bool) -> (Kind, TypeSet, bool, Vec<Constraint>) {
    let mut constraints = own.constraints.clone();
    if own.never {
        let kind = if forced { Kind::Null } else { Kind::Never };
        return (kind.clone(), kind.types(), false, Vec::new());
    }
    let mut values: Option<TypeSet> = None;
    for constraint in &constraints {
        let tree = constraint.value.tree();
        let found = match constraint.sort {
            Sort::Const => type_of(tree.root()),
            Sort::Enum => tree.root().items().fold(TypeSet::NONE, |types, item| types | type_of(item)),
            _ => continue,
        };
        values = Some(values.map_or(found, |values| values & found));
    }
    let declared = own.types.unwrap_or(TypeSet::ALL);
    if declared == TypeSet::ALL && values.is_none() {
        return (Kind::Any, TypeSet::ALL, false, constraints);
    }
    let admits_null =
        declared.contains(TypeSet::NULL) && values.is_none_or(|values| values.contains(TypeSet::NULL));
    let nullable = forced || admits_null;
    let mut types = if declared == TypeSet::ALL { values.unwrap_or(declared) } else { declared };
    types = types.without(TypeSet::NULL);
    if nullable {
        for constraint in constraints.iter_mut().filter(|constraint| constraint.sort == Sort::Enum) {
            constraint.value = without_null(&constraint.value);
        }
        constraints.retain(|constraint| match constraint.sort {
            Sort::Enum => constraint.value.as_str() != "[]",
            Sort::Const => constraint.value.as_str() != "null",
            _ => true,
        });
        let nothing_else = values.is_some_and(|values| values.without(TypeSet::NULL).is_empty());
        if types.is_empty() || nothing_else {
            constraints.retain(|constraint| !matches!(constraint.sort, Sort::Enum | Sort::Const));
            return (Kind::Null, TypeSet::NULL, false, constraints);
        }
    } else if types.is_empty() {
        return (Kind::Never, TypeSet::NONE, false, Vec::new());
    }
    if types == TypeSet::FRACTION {
        types = TypeSet::NUMBER;
    }
    (kind_of(types), types, nullable, constraints)
}

fn kind_of(types: TypeSet) -> Kind {
    [Kind::Object, Kind::Array, Kind::String, Kind::Integer, Kind::Number, Kind::Boolean]
        .into_iter()
        .find(|kind| kind.types() == types)
        .unwrap_or(Kind::Any)
}

fn without_null(list: &Json) -> Json {
    let tree = list.tree();
    let items: Vec<&str> =
        tree.root().items().map(ValueRef::raw_str).filter(|item| *item != "null").collect();
    Json::parse(&format!("[{}]", items.join(","))).unwrap_or_else(|_| list.clone())
}
