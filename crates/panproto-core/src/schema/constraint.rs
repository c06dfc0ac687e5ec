//! Restrictions of values: a sort and a JSON value.

use crate::value::Json;
use std::fmt;

/// What a constraint restricts. The unit is part of the sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// Least number of code points of a string.
    MinLength,
    /// Greatest number of code points of a string.
    MaxLength,
    /// Least number of UTF-8 bytes of a string (Lexicon `minLength`), or of bytes.
    MinBytes,
    /// Greatest number of UTF-8 bytes of a string (Lexicon `maxLength`), or of bytes.
    MaxBytes,
    /// Least number of grapheme clusters.
    MinGraphemes,
    /// Greatest number of grapheme clusters.
    MaxGraphemes,
    /// ECMA-262 pattern that a string contains a match of.
    Pattern,
    /// Named format of a string.
    Format,
    /// A list of the values that are admitted.
    Enum,
    /// A list of values that are known; others are admitted. Never changes a verdict.
    KnownValues,
    /// The one value that is admitted.
    Const,
    /// Inclusive lower bound.
    Minimum,
    /// Inclusive upper bound.
    Maximum,
    /// Exclusive lower bound.
    ExclusiveMinimum,
    /// Exclusive upper bound.
    ExclusiveMaximum,
    /// The number is a multiple of this one.
    MultipleOf,
    /// Least number of items.
    MinItems,
    /// Greatest number of items.
    MaxItems,
    /// No two items are the same value (when `true`).
    UniqueItems,
    /// Least number of members.
    MinProperties,
    /// Greatest number of members.
    MaxProperties,
    /// A list of MIME types of a blob, `*` as a wildcard.
    Accept,
    /// Greatest size of a blob in bytes.
    MaxSize,
    /// Names that have to be there although no property declares them; a list of strings.
    Required,
    /// As [`Sort::Format`], which restricts whatever the reading: its caller said so.
    AssertedFormat,
}

impl Sort {
    const ALL: [Sort; 25] = [
        Sort::MinLength,
        Sort::MaxLength,
        Sort::MinBytes,
        Sort::MaxBytes,
        Sort::MinGraphemes,
        Sort::MaxGraphemes,
        Sort::Pattern,
        Sort::Format,
        Sort::Enum,
        Sort::KnownValues,
        Sort::Const,
        Sort::Minimum,
        Sort::Maximum,
        Sort::ExclusiveMinimum,
        Sort::ExclusiveMaximum,
        Sort::MultipleOf,
        Sort::MinItems,
        Sort::MaxItems,
        Sort::UniqueItems,
        Sort::MinProperties,
        Sort::MaxProperties,
        Sort::Accept,
        Sort::MaxSize,
        Sort::Required,
        Sort::AssertedFormat,
    ];

    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Sort::MinLength => "minLength",
            Sort::MaxLength => "maxLength",
            Sort::MinBytes => "minBytes",
            Sort::MaxBytes => "maxBytes",
            Sort::MinGraphemes => "minGraphemes",
            Sort::MaxGraphemes => "maxGraphemes",
            Sort::Pattern => "pattern",
            Sort::Format => "format",
            Sort::Enum => "enum",
            Sort::KnownValues => "knownValues",
            Sort::Const => "const",
            Sort::Minimum => "minimum",
            Sort::Maximum => "maximum",
            Sort::ExclusiveMinimum => "exclusiveMinimum",
            Sort::ExclusiveMaximum => "exclusiveMaximum",
            Sort::MultipleOf => "multipleOf",
            Sort::MinItems => "minItems",
            Sort::MaxItems => "maxItems",
            Sort::UniqueItems => "uniqueItems",
            Sort::MinProperties => "minProperties",
            Sort::MaxProperties => "maxProperties",
            Sort::Accept => "accept",
            Sort::MaxSize => "maxSize",
            Sort::Required => "required",
            Sort::AssertedFormat => "assertedFormat",
        }
    }

    /// The sort with a name on the wire.
    pub fn from_name(name: &str) -> Option<Sort> {
        Sort::ALL.into_iter().find(|sort| sort.as_str() == name)
    }
}

impl fmt::Display for Sort {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// One restriction of the values at a vertex.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Constraint {
    /// What it restricts.
    pub sort: Sort,
    /// The bound, list or text, as JSON.
    pub value: Json,
}

impl Constraint {
    /// A constraint.
    pub fn new(sort: Sort, value: Json) -> Constraint {
        Constraint { sort, value }
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.sort, self.value)
    }
}
