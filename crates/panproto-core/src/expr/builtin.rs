//! The builtins of the language: names and arities.

/// A function of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Builtin {
    /// Sum of two numbers.
    Add,
    /// Difference of two numbers.
    Sub,
    /// Product of two numbers.
    Mul,
    /// Quotient; of two integers cut towards zero.
    Div,
    /// Remainder, with the sign of the dividend.
    Mod,
    /// The number below zero.
    Neg,
    /// The size of a number.
    Abs,
    /// The largest integer that is not above.
    Floor,
    /// The smallest integer that is not below.
    Ceil,
    /// The nearest integer, halves away from zero.
    Round,
    /// Equality by value.
    Eq,
    /// Its contrary.
    Neq,
    /// Order of numbers or of strings.
    Lt,
    /// Below or equal.
    Lte,
    /// Above.
    Gt,
    /// Above or equal.
    Gte,
    /// Both; the second is not looked at where the first is false.
    And,
    /// One of two; the second is not looked at where the first is true.
    Or,
    /// The contrary of a truth value.
    Not,
    /// Two strings, lists or byte strings in a row.
    Concat,
    /// Length of a string or of bytes, in bytes.
    Len,
    /// Characters of a string (items of a list) from a place up to another.
    Slice,
    /// Upper case.
    Upper,
    /// Lower case.
    Lower,
    /// Without white space around.
    Trim,
    /// Pieces of a string between a separator.
    Split,
    /// Strings with a separator between them.
    Join,
    /// A string with every occurrence of one text as another.
    Replace,
    /// Whether a string holds a text, or a list an item.
    Contains,
    /// A function of every item.
    Map,
    /// Items for which a function is true.
    Filter,
    /// A function of what is gathered so far and of each item.
    Fold,
    /// A list with one more item.
    Append,
    /// First item.
    Head,
    /// All but the first item.
    Tail,
    /// From the last item to the first.
    Reverse,
    /// The lists that a function makes of the items, in a row.
    FlatMap,
    /// Number of items.
    Length,
    /// Members of two records; those of the second win.
    Merge,
    /// Names of members.
    Keys,
    /// Values of members.
    Values,
    /// Whether a record has a member.
    HasField,
    /// A value, or another where it is null.
    Default,
    /// A number kept between two others.
    Clamp,
    /// A string cut to a number of bytes, between characters.
    TruncateStr,
    /// The float of an integer.
    IntToFloat,
    /// The integer of a float, cut towards zero.
    FloatToInt,
    /// Text of an integer.
    IntToStr,
    /// Shortest text of a float that reads back.
    FloatToStr,
    /// The integer that a string spells.
    StrToInt,
    /// The float that a string spells.
    StrToFloat,
    /// Name of a value's type.
    TypeOf,
    /// Whether a value is null.
    IsNull,
    /// Whether a value is a list.
    IsList,
    /// What an edge of a node leads to.
    Edge,
    /// What a node's edges lead to.
    Children,
    /// Whether a node has an edge.
    HasEdge,
    /// Number of a node's edges.
    EdgeCount,
    /// The vertex of the schema that a node stands at.
    Anchor,
    /// Integers from one to another, both included.
    Range,
}

use Builtin as B;

/// Each with its name in text, its name in JSON and its arity. In the order of the enumeration.
const TABLE: [(Builtin, &str, &str, u8); 60] = [
    (B::Add, "add", "Add", 2),
    (B::Sub, "sub", "Sub", 2),
    (B::Mul, "mul", "Mul", 2),
    (B::Div, "div", "Div", 2),
    (B::Mod, "mod", "Mod", 2),
    (B::Neg, "neg", "Neg", 1),
    (B::Abs, "abs", "Abs", 1),
    (B::Floor, "floor", "Floor", 1),
    (B::Ceil, "ceil", "Ceil", 1),
    (B::Round, "round", "Round", 1),
    (B::Eq, "eq", "Eq", 2),
    (B::Neq, "neq", "Neq", 2),
    (B::Lt, "lt", "Lt", 2),
    (B::Lte, "lte", "Lte", 2),
    (B::Gt, "gt", "Gt", 2),
    (B::Gte, "gte", "Gte", 2),
    (B::And, "and", "And", 2),
    (B::Or, "or", "Or", 2),
    (B::Not, "not", "Not", 1),
    (B::Concat, "concat", "Concat", 2),
    (B::Len, "len", "Len", 1),
    (B::Slice, "slice", "Slice", 3),
    (B::Upper, "upper", "Upper", 1),
    (B::Lower, "lower", "Lower", 1),
    (B::Trim, "trim", "Trim", 1),
    (B::Split, "split", "Split", 2),
    (B::Join, "join", "Join", 2),
    (B::Replace, "replace", "Replace", 3),
    (B::Contains, "contains", "Contains", 2),
    (B::Map, "map", "Map", 2),
    (B::Filter, "filter", "Filter", 2),
    (B::Fold, "fold", "Fold", 3),
    (B::Append, "append", "Append", 2),
    (B::Head, "head", "Head", 1),
    (B::Tail, "tail", "Tail", 1),
    (B::Reverse, "reverse", "Reverse", 1),
    (B::FlatMap, "flat_map", "FlatMap", 2),
    (B::Length, "length", "Length", 1),
    (B::Merge, "merge", "MergeRecords", 2),
    (B::Keys, "keys", "Keys", 1),
    (B::Values, "values", "Values", 1),
    (B::HasField, "has_field", "HasField", 2),
    (B::Default, "default", "Default", 2),
    (B::Clamp, "clamp", "Clamp", 3),
    (B::TruncateStr, "truncate_str", "TruncateStr", 2),
    (B::IntToFloat, "int_to_float", "IntToFloat", 1),
    (B::FloatToInt, "float_to_int", "FloatToInt", 1),
    (B::IntToStr, "int_to_str", "IntToStr", 1),
    (B::FloatToStr, "float_to_str", "FloatToStr", 1),
    (B::StrToInt, "str_to_int", "StrToInt", 1),
    (B::StrToFloat, "str_to_float", "StrToFloat", 1),
    (B::TypeOf, "type_of", "TypeOf", 1),
    (B::IsNull, "is_null", "IsNull", 1),
    (B::IsList, "is_list", "IsList", 1),
    (B::Edge, "edge", "Edge", 2),
    (B::Children, "children", "Children", 1),
    (B::HasEdge, "has_edge", "HasEdge", 2),
    (B::EdgeCount, "edge_count", "EdgeCount", 1),
    (B::Anchor, "anchor", "Anchor", 1),
    (B::Range, "range", "Range", 2),
];

impl Builtin {
    /// Every builtin.
    pub fn all() -> impl Iterator<Item = Builtin> {
        TABLE.iter().map(|row| row.0)
    }

    fn row(self) -> &'static (Builtin, &'static str, &'static str, u8) {
        #[expect(
            clippy::indexing_slicing,
            reason = "INVARIANT: the table has a row for each, in order; tested"
        )]
        &TABLE[self as usize]
    }

    /// The builtin that text calls `name`: `flat_map`.
    pub fn named(name: &str) -> Option<Builtin> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    /// The builtin that JSON calls `name`: `FlatMap`.
    pub fn from_wire(name: &str) -> Option<Builtin> {
        let name = match name {
            "DefaultVal" => "Default",
            "Merge" => "MergeRecords",
            name => name,
        };
        TABLE.iter().find(|row| row.2 == name).map(|row| row.0)
    }

    /// Its name in text.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Its name in JSON.
    pub fn wire(self) -> &'static str {
        self.row().2
    }

    /// How many arguments it takes.
    pub fn arity(self) -> usize {
        self.row().3.into()
    }

    /// Whether its last argument is a function of items. Text may give the function first instead.
    pub fn takes_function(self) -> bool {
        matches!(self, B::Map | B::Filter | B::Fold | B::FlatMap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order() {
        for (at, builtin) in Builtin::all().enumerate() {
            assert_eq!(builtin as usize, at);
            assert_eq!(Builtin::named(builtin.name()), Some(builtin));
            assert_eq!(Builtin::from_wire(builtin.wire()), Some(builtin));
        }
        assert_eq!(Builtin::all().count(), 60);
    }
}
