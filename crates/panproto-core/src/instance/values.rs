//! Lists of admitted values, to be looked up by value.

use super::subject::Subject;
use crate::ordered::Arrange;
use crate::value::{Decimal, Json, JsonKind, Tree, ValueRef, equal};

/// A set of values. Scalars are found in logarithmic time.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    strings: Vec<Box<[u8]>>,
    numbers: Vec<Box<[u8]>>,
    has_null: bool,
    has_true: bool,
    has_false: bool,
    containers: Vec<Tree>,
}

impl Values {
    /// The items of a JSON array.
    pub(super) fn of_list(list: &Json) -> Values {
        let tree = list.tree();
        let mut values = Values::default();
        tree.root().items().for_each(|item| values.insert(item));
        values.finish()
    }

    /// One value.
    pub(super) fn of_one(value: &Json) -> Values {
        let mut values = Values::default();
        values.insert(value.tree().root());
        values.finish()
    }

    fn insert(&mut self, value: ValueRef<'_>) {
        match value.kind() {
            JsonKind::Null => self.has_null = true,
            JsonKind::Bool if value.as_bool() == Some(true) => self.has_true = true,
            JsonKind::Bool => self.has_false = true,
            JsonKind::String => self.strings.push(value.decoded().into()),
            JsonKind::Number => self.numbers.push(value.raw().into()),
            JsonKind::Array | JsonKind::Object => self.containers.push(value.to_json().tree()),
        }
    }

    fn finish(mut self) -> Values {
        self.strings.arrange();
        // INVARIANT: the numbers come from a parsed tree, so that each one is a decimal.
        self.numbers.arrange_by(|left, right| Decimal::parse(left).cmp(&Decimal::parse(right)));
        self
    }

    pub(super) fn contains(&self, subject: &Subject<'_>) -> bool {
        match subject.kind() {
            JsonKind::Null => self.has_null,
            JsonKind::Bool if subject.raw() == b"true" => self.has_true,
            JsonKind::Bool => self.has_false,
            JsonKind::String => {
                let content = subject.decoded();
                self.strings.binary_search_by(|known| (**known).cmp(&*content)).is_ok()
            }
            JsonKind::Number => {
                let number = Decimal::parse(subject.raw());
                self.numbers.binary_search_by(|known| Decimal::parse(known).cmp(&number)).is_ok()
            }
            JsonKind::Array | JsonKind::Object => {
                let Some(value) = subject.value() else { return false };
                self.containers.iter().any(|known| {
                    known.root().kind() == value.kind()
                        && known.root().len() == value.len()
                        && equal(known.root(), value)
                })
            }
        }
    }
}
