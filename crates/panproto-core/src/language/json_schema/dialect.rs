//! Drafts of JSON Schema, and what each keyword means in each.

use crate::schema::Sort;

/// A draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Dialect {
    Draft04,
    Draft06,
    Draft07,
    Draft201909,
    Draft202012,
}

impl Dialect {
    /// The draft with a name, as options and schemas give it.
    pub(super) fn from_name(name: &str) -> Option<Dialect> {
        Some(match name {
            "draft-04" => Dialect::Draft04,
            "draft-06" => Dialect::Draft06,
            "draft-07" => Dialect::Draft07,
            "2019-09" => Dialect::Draft201909,
            "2020-12" => Dialect::Draft202012,
            _ => return None,
        })
    }

    /// The draft that a `$schema` names.
    pub(super) fn from_uri(uri: &str) -> Option<Dialect> {
        let uri = uri.trim_end_matches(['#', '/']);
        let rest = uri.strip_prefix("http://").or_else(|| uri.strip_prefix("https://"))?;
        Some(match rest.strip_prefix("json-schema.org/")? {
            "draft-04/schema" => Dialect::Draft04,
            "draft-06/schema" => Dialect::Draft06,
            "draft-07/schema" => Dialect::Draft07,
            "draft/2019-09/schema" => Dialect::Draft201909,
            "draft/2020-12/schema" | "schema" => Dialect::Draft202012,
            _ => return None,
        })
    }

    /// The name that a schema carries.
    pub(super) fn name(self) -> &'static str {
        match self {
            Dialect::Draft04 => "draft-04",
            Dialect::Draft06 => "draft-06",
            Dialect::Draft07 => "draft-07",
            Dialect::Draft201909 => "2019-09",
            Dialect::Draft202012 => "2020-12",
        }
    }

    /// Whether siblings of `$ref` are ignored.
    pub(super) fn reference_stands_alone(self) -> bool {
        self <= Dialect::Draft07
    }

    /// Whether tuples are written as `prefixItems`; else as a list in `items`.
    pub(super) fn has_prefix_items(self) -> bool {
        self == Dialect::Draft202012
    }

    /// The keyword that holds a schema's id.
    pub(super) fn id_keyword(self) -> &'static str {
        if self == Dialect::Draft04 { "id" } else { "$id" }
    }

    /// The keyword that holds definitions where a schema does not say.
    pub(super) fn definitions_keyword(self) -> &'static str {
        if self <= Dialect::Draft07 { "definitions" } else { "$defs" }
    }
}

/// What a keyword does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Type,
    /// A constraint that is kept as it is written.
    Constraint(Sort),
    ExclusiveBound(Sort),
    Properties,
    PatternProperties,
    AdditionalProperties,
    Required,
    Items,
    PrefixItems,
    AdditionalItems,
    Ref,
    AllOf,
    AnyOf,
    OneOf,
    Not,
    Definitions,
    Id,
    Anchor,
    Schema,
    Default,
    Description,
    /// Restricts values in a way that the model has no place for.
    Restriction,
    /// Says something to people or tools.
    Annotation,
    /// In no draft that applies: an annotation, as the standard has it.
    Unknown,
}

/// What `name` does in a draft. `declared` is false where the document does not say which draft it is of: then
/// keywords of older drafts count too.
pub(super) fn keyword(name: &str, dialect: Dialect, declared: bool) -> Keyword {
    use Dialect::{Draft04, Draft06, Draft07, Draft201909, Draft202012};
    let from = |first: Dialect, keyword: Keyword| if dialect >= first { keyword } else { Keyword::Unknown };
    let until = |last: Dialect, keyword: Keyword| {
        if dialect <= last || !declared { keyword } else { Keyword::Unknown }
    };
    match name {
        "type" => Keyword::Type,
        "enum" => Keyword::Constraint(Sort::Enum),
        "const" => from(Draft06, Keyword::Constraint(Sort::Const)),
        "minLength" => Keyword::Constraint(Sort::MinLength),
        "maxLength" => Keyword::Constraint(Sort::MaxLength),
        "pattern" => Keyword::Constraint(Sort::Pattern),
        "format" => Keyword::Constraint(Sort::Format),
        "minimum" => Keyword::Constraint(Sort::Minimum),
        "maximum" => Keyword::Constraint(Sort::Maximum),
        "exclusiveMinimum" => Keyword::ExclusiveBound(Sort::ExclusiveMinimum),
        "exclusiveMaximum" => Keyword::ExclusiveBound(Sort::ExclusiveMaximum),
        "multipleOf" => Keyword::Constraint(Sort::MultipleOf),
        "minItems" => Keyword::Constraint(Sort::MinItems),
        "maxItems" => Keyword::Constraint(Sort::MaxItems),
        "uniqueItems" => Keyword::Constraint(Sort::UniqueItems),
        "minProperties" => Keyword::Constraint(Sort::MinProperties),
        "maxProperties" => Keyword::Constraint(Sort::MaxProperties),
        "properties" => Keyword::Properties,
        "patternProperties" => Keyword::PatternProperties,
        "additionalProperties" => Keyword::AdditionalProperties,
        "required" => Keyword::Required,
        "items" => Keyword::Items,
        "prefixItems" => from(Draft202012, Keyword::PrefixItems),
        "additionalItems" => until(Draft201909, Keyword::AdditionalItems),
        "$ref" => Keyword::Ref,
        "allOf" => Keyword::AllOf,
        "anyOf" => Keyword::AnyOf,
        "oneOf" => Keyword::OneOf,
        "not" => Keyword::Not,
        "definitions" | "$defs" => Keyword::Definitions,
        "$id" => from(Draft06, Keyword::Id),
        "id" if dialect == Draft04 => Keyword::Id,
        "$anchor" => from(Draft201909, Keyword::Anchor),
        "$dynamicAnchor" => from(Draft202012, Keyword::Anchor),
        "$schema" => Keyword::Schema,
        "default" => Keyword::Default,
        "description" => Keyword::Description,
        "contains" | "propertyNames" => from(Draft06, Keyword::Restriction),
        "if" | "then" | "else" => from(Draft07, Keyword::Restriction),
        "dependencies" => until(Draft07, Keyword::Restriction),
        "dependentRequired"
        | "dependentSchemas"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "minContains"
        | "maxContains" => from(Draft201909, Keyword::Restriction),
        "$recursiveRef" if dialect == Draft201909 => Keyword::Restriction,
        "$dynamicRef" => from(Draft202012, Keyword::Restriction),
        "title"
        | "examples"
        | "$comment"
        | "deprecated"
        | "readOnly"
        | "writeOnly"
        | "$vocabulary"
        | "$recursiveAnchor"
        | "markdownDescription"
        | "tsAdditionalProperties"
        | "tsType"
        | "enumDescriptions"
        | "markdownEnumDescriptions"
        | "deprecationMessage"
        | "defaultSnippets"
        | "errorMessage"
        | "patternErrorMessage"
        | "intellisense"
        | "allowTrailingCommas"
        | "allowComments"
        | "javaType"
        | "example" => Keyword::Annotation,
        name if name.starts_with("x-") => Keyword::Annotation,
        _ => Keyword::Unknown,
    }
}

/// How the value of a keyword holds schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    One,
    List,
    Map,
}

/// Whether and how a keyword's value holds schemas, in the model or not.
pub(super) fn holds(name: &str, is_array: bool) -> Option<Holds> {
    Some(match name {
        "items" if is_array => Holds::List,
        "not"
        | "if"
        | "then"
        | "else"
        | "contains"
        | "propertyNames"
        | "additionalProperties"
        | "additionalItems"
        | "items"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "contentSchema" => Holds::One,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Holds::List,
        "properties" | "patternProperties" | "definitions" | "$defs" | "dependentSchemas"
        | "dependencies" => Holds::Map,
        _ => return None,
    })
}
