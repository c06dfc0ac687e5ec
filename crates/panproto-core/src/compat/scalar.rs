//! Whether one restriction follows from others: the rules for scalar constraints.

mod bounds;
mod formats;
mod sets;

use super::Reading;
use crate::instance::pattern::Pattern;
use crate::schema::{Constraint, Kind, Sort, TypeSet, Vertex};
use crate::value::{Decimal, Json, JsonKind, ValueRef};
use std::cmp::Ordering;

/// What is known of whether values satisfy a constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every value does.
    Implied,
    /// Some value does not.
    Refuted,
    /// No rule tells.
    Unknown,
}

impl Outcome {
    fn of(implied: bool) -> Outcome {
        if implied { Outcome::Implied } else { Outcome::Refuted }
    }
}

/// What is known of the values at a position: all of its constraints hold together.
pub struct Facts<'a> {
    /// JSON types that the values may have.
    pub types: TypeSet,
    /// Every constraint of every vertex that restricts the position.
    pub constraints: Vec<&'a Constraint>,
    /// The values are Lexicon bytes, whose length is theirs and not that of an object.
    pub is_bytes: bool,
}

/// JSON types that a sort of constraint restricts; values of other types satisfy it.
pub fn restricts(sort: Sort, is_bytes: bool) -> TypeSet {
    match sort {
        Sort::MinBytes | Sort::MaxBytes if is_bytes => TypeSet::OBJECT,
        Sort::MinLength
        | Sort::MaxLength
        | Sort::MinBytes
        | Sort::MaxBytes
        | Sort::MinGraphemes
        | Sort::MaxGraphemes
        | Sort::Pattern
        | Sort::Format
        | Sort::AssertedFormat => TypeSet::STRING,
        Sort::Minimum
        | Sort::Maximum
        | Sort::ExclusiveMinimum
        | Sort::ExclusiveMaximum
        | Sort::MultipleOf => TypeSet::NUMBER,
        Sort::MinItems | Sort::MaxItems | Sort::UniqueItems => TypeSet::ARRAY,
        Sort::MinProperties | Sort::MaxProperties | Sort::Required | Sort::Accept | Sort::MaxSize => {
            TypeSet::OBJECT
        }
        Sort::Enum | Sort::Const => TypeSet::ALL,
        Sort::KnownValues => TypeSet::NONE,
    }
}

/// Whether every value at `source` satisfies a constraint of a target: proved, or false.
///
/// ```
/// use panproto_core::compat::scalar::implied;
/// use panproto_core::schema::{Constraint, Kind, Sort, Vertex};
/// use panproto_core::value::Json;
/// let bound = |sort, text| Constraint::new(sort, Json::parse(text).unwrap());
/// let mut source = Vertex::new("text".into(), Kind::String);
/// source.constraints.push(bound(Sort::MaxBytes, "80"));
/// assert!(implied(&source, &bound(Sort::MaxLength, "80")));
/// assert!(!implied(&source, &bound(Sort::MaxLength, "79")));
/// ```
pub fn implied(source: &Vertex, constraint: &Constraint) -> bool {
    let facts = Facts {
        types: if source.nullable { source.types | TypeSet::NULL } else { source.types },
        constraints: source.constraints.iter().collect(),
        is_bytes: source.kind == Kind::Bytes,
    };
    // A format that one side merely notes is no proof of anything: both readings have to agree.
    [Reading::JSON_SCHEMA, Reading::ATPROTO]
        .iter()
        .all(|reading| facts.decide(constraint, reading) == Outcome::Implied)
}

impl<'a> Facts<'a> {
    /// Whether the values satisfy a constraint.
    pub fn decide(&self, constraint: &Constraint, reading: &Reading) -> Outcome {
        if !self.types.meets(restricts(constraint.sort, self.is_bytes)) {
            return Outcome::Implied;
        }
        if self
            .constraints
            .iter()
            .any(|own| own.sort == constraint.sort && own.value.equals(&constraint.value))
        {
            return Outcome::Implied;
        }
        if let Some(values) = self.finite(reading) {
            return decide_each(&values, constraint, reading);
        }
        let outcome = match constraint.sort {
            Sort::Enum | Sort::Const => self.among(constraint),
            Sort::Pattern => Outcome::Unknown,
            Sort::Format | Sort::AssertedFormat => formats::decide(self, constraint, reading),
            Sort::MultipleOf => self.multiple(constraint),
            Sort::UniqueItems => self.unique(constraint),
            Sort::Accept => sets::accepts(self, constraint),
            Sort::Required => Outcome::Unknown,
            Sort::KnownValues => Outcome::Implied,
            _ => bounds::decide(self, constraint),
        };
        // A pattern or format may happen to exclude just what would be refused.
        if outcome == Outcome::Refuted && self.is_opaque(constraint.sort, reading) {
            Outcome::Unknown
        } else {
            outcome
        }
    }

    /// The constraints of one sort.
    pub(super) fn of(&self, sort: Sort) -> impl Iterator<Item = &'a Constraint> + '_ {
        self.constraints.iter().copied().filter(move |constraint| constraint.sort == sort)
    }

    /// Whether something restricts the values in a way that the rules for `sort` do not look at.
    fn is_opaque(&self, sort: Sort, reading: &Reading) -> bool {
        let texts = [Sort::Pattern, Sort::Format, Sort::AssertedFormat];
        self.constraints.iter().any(|own| {
            let asserted = own.sort != Sort::Format || reading.asserts_formats();
            asserted && texts.contains(&own.sort) && own.sort != sort && self.types.meets(TypeSet::STRING)
                || own.sort == Sort::MultipleOf
                    && sort != Sort::MultipleOf
                    && self.types.meets(TypeSet::NUMBER)
        })
    }

    /// All values, where they are listed: those of the smallest list that satisfy the rest.
    pub fn finite(&self, reading: &Reading) -> Option<Vec<Json>> {
        let list = self.of(Sort::Const).chain(self.of(Sort::Enum)).next()?;
        let rest = |value: &Json| {
            self.constraints.iter().all(|own| holds(own, value.tree().root(), reading) != Some(false))
        };
        let admitted = |value: &Json| self.types.contains(type_of(value.tree().root()));
        let values = match list.sort {
            Sort::Const => vec![list.value.clone()],
            _ => list.value.tree().root().items().map(ValueRef::to_json).collect(),
        };
        Some(values.into_iter().filter(|value| admitted(value) && rest(value)).collect())
    }

    /// Infinitely many values, or those of the small types, against a list.
    fn among(&self, constraint: &Constraint) -> Outcome {
        if self.types.meets(TypeSet::ALL.without(TypeSet::NULL | TypeSet::BOOLEAN)) {
            return Outcome::Refuted;
        }
        let mut values = Vec::new();
        for (types, text) in
            [(TypeSet::NULL, "null"), (TypeSet::BOOLEAN, "true"), (TypeSet::BOOLEAN, "false")]
        {
            if self.types.meets(types) {
                values.extend(Json::parse(text));
            }
        }
        decide_each(&values, constraint, &Reading::ATPROTO)
    }

    fn multiple(&self, constraint: &Constraint) -> Outcome {
        let Some(unit) = Decimal::parse(constraint.value.as_str().as_bytes()) else {
            return Outcome::Unknown;
        };
        let follows = |text: &str| {
            Decimal::parse(text.as_bytes()).and_then(|own| crate::value::number::multiple_of(&own, &unit))
        };
        if self.of(Sort::MultipleOf).any(|own| follows(own.value.as_str()) == Some(true))
            || !self.types.meets(TypeSet::FRACTION) && follows("1") == Some(true)
        {
            return Outcome::Implied;
        }
        // Bounds or another unit may leave only multiples.
        let restricted = self.constraints.iter().any(|own| restricts(own.sort, false) == TypeSet::NUMBER);
        if restricted { Outcome::Unknown } else { Outcome::Refuted }
    }

    fn unique(&self, constraint: &Constraint) -> Outcome {
        let short = |own: &Constraint| bounds::at_most(own, 1);
        let own = self.of(Sort::UniqueItems).any(|own| own.value.as_str() == "true");
        Outcome::of(constraint.value.as_str() != "true" || own || self.of(Sort::MaxItems).any(short))
    }
}

fn decide_each(values: &[Json], constraint: &Constraint, reading: &Reading) -> Outcome {
    let outcomes: Vec<_> =
        values.iter().map(|value| holds(constraint, value.tree().root(), reading)).collect();
    if outcomes.contains(&Some(false)) {
        return Outcome::Refuted;
    }
    if outcomes.contains(&None) { Outcome::Unknown } else { Outcome::Implied }
}

/// The JSON type of a value.
pub fn type_of(value: ValueRef<'_>) -> TypeSet {
    match value.kind() {
        JsonKind::Null => TypeSet::NULL,
        JsonKind::Bool => TypeSet::BOOLEAN,
        JsonKind::String => TypeSet::STRING,
        JsonKind::Array => TypeSet::ARRAY,
        JsonKind::Object => TypeSet::OBJECT,
        JsonKind::Number => match Decimal::parse(value.raw()) {
            Some(number) if number.is_integer() => TypeSet::INTEGER,
            _ => TypeSet::FRACTION,
        },
    }
}

/// Whether a value satisfies a constraint; `None` where that is not decided here.
pub fn holds(constraint: &Constraint, value: ValueRef<'_>, reading: &Reading) -> Option<bool> {
    let tree = constraint.value.tree();
    let bound = tree.root();
    if !restricts(constraint.sort, false).meets(type_of(value)) {
        return Some(true);
    }
    let number = || Some((Decimal::parse(value.raw())?, Decimal::parse(bound.raw())?));
    let compare = |count: usize| {
        let count = count.to_string();
        Some(Decimal::parse(count.as_bytes())?.cmp(&Decimal::parse(bound.raw())?))
    };
    let text = || value.as_str();
    let length = || text().map(|text| text.chars().count());
    let graphemes =
        || text().map(|text| unicode_segmentation::UnicodeSegmentation::graphemes(&*text, true).count());
    match constraint.sort {
        Sort::MinLength => compare(length()?).map(Ordering::is_ge),
        Sort::MaxLength => compare(length()?).map(Ordering::is_le),
        Sort::MinBytes => compare(text()?.len()).map(Ordering::is_ge),
        Sort::MaxBytes => compare(text()?.len()).map(Ordering::is_le),
        Sort::MinGraphemes => compare(graphemes()?).map(Ordering::is_ge),
        Sort::MaxGraphemes => compare(graphemes()?).map(Ordering::is_le),
        Sort::Minimum => number().map(|(value, bound)| value >= bound),
        Sort::Maximum => number().map(|(value, bound)| value <= bound),
        Sort::ExclusiveMinimum => number().map(|(value, bound)| value > bound),
        Sort::ExclusiveMaximum => number().map(|(value, bound)| value < bound),
        Sort::MultipleOf => {
            number().and_then(|(value, unit)| crate::value::number::multiple_of(&value, &unit))
        }
        Sort::MinItems | Sort::MinProperties => compare(value.len()).map(Ordering::is_ge),
        Sort::MaxItems | Sort::MaxProperties => compare(value.len()).map(Ordering::is_le),
        Sort::Enum => Some(bound.items().any(|item| crate::value::equal(item, value))),
        Sort::Const => Some(crate::value::equal(bound, value)),
        Sort::KnownValues => Some(true),
        Sort::Format => (!reading.asserts_formats()).then_some(true),
        Sort::Pattern => Some(Pattern::new(&bound.as_str()?).ok()?.is_match(&text()?)),
        Sort::AssertedFormat | Sort::UniqueItems | Sort::Accept | Sort::MaxSize | Sort::Required => None,
    }
}
