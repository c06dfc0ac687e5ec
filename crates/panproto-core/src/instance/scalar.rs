//! The checks of one vertex that look at one value without entering its children.
//!
//! A [`ScalarCheck`] runs over the raw bytes of one token as well as over a value of a tree, so that the plan and
//! the validator refuse the same values with the same codes.

use super::format::Format;
use super::pattern::Pattern;
use super::subject::Subject;
use super::validity::{FormatReading, Options, Validity};
use super::values::Values;
use super::{atom, code};
use crate::limits::Limits;
use crate::ordered::Arrange;
use crate::schema::{Constraint, Kind, Schema, Sort, TypeSet, Vertex, VertexId};
use crate::value::{Decimal, Json, JsonKind, Tree, ValueRef, digest64, equal, number};
use std::borrow::Cow;
use std::cmp::Ordering;
use unicode_segmentation::UnicodeSegmentation;

/// The compiled checks of one vertex, for one value.
#[derive(Clone, Debug)]
pub struct ScalarCheck {
    /// JSON types that are admitted; all where other vertices say.
    types: TypeSet,
    nullable: bool,
    /// `null` passes whatever else is said.
    passes_null: bool,
    form: Form,
    /// What a token stands for.
    token: Option<Box<str>>,
    rules: Vec<Rule>,
    /// Why even a value that passes everything else is not known to be valid.
    undecided: Option<&'static str>,
}

/// What a value has to be beside its JSON type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Plain,
    Bytes,
    Link,
    Blob,
    Unknown,
    Never,
    NotData,
}

#[derive(Clone, Debug)]
struct Rule {
    /// What it was made from, for messages.
    constraint: Constraint,
    /// Values of other types pass.
    types: TypeSet,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Length(Unit, Side, u64),
    Pattern(Pattern),
    Format(Format),
    Values(Values),
    /// Which orders of the value against the bound are refused.
    Bound(&'static [Ordering]),
    MultipleOf,
    Count(Side, u64),
    Unique,
    Accept(Vec<Box<str>>),
    MaxSize,
    Required(Vec<Box<str>>),
    Unreadable(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    CodePoints,
    Bytes,
    Graphemes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Least,
    Greatest,
}

/// Why a check refuses a value, or leaves it unknown.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'c> {
    /// One of [`super::code`].
    pub code: &'static str,
    /// The constraint that decides, where one does.
    pub constraint: Option<&'c Constraint>,
    /// Whether it is refused rather than unknown.
    pub refused: bool,
}

impl ScalarCheck {
    /// The checks of a vertex itself, references not followed.
    pub fn new(schema: &Schema, vertex: VertexId, options: Options) -> ScalarCheck {
        ScalarCheck::of(schema.vertex(vertex), schema.protocol() == "atproto", options)
    }

    /// The checks of a vertex that is one of Lexicons or not.
    pub fn of(vertex: &Vertex, lexicon: bool, options: Options) -> ScalarCheck {
        let form = match vertex.kind {
            Kind::Bytes => Form::Bytes,
            Kind::CidLink => Form::Link,
            Kind::Blob => Form::Blob,
            Kind::Unknown => Form::Unknown,
            Kind::Never => Form::Never,
            Kind::Query | Kind::Procedure | Kind::Subscription | Kind::Definition => Form::NotData,
            _ => Form::Plain,
        };
        let undecided = if vertex.tainted {
            Some(code::KEYWORD_UNMODELLED)
        } else if vertex.kind == Kind::External {
            Some(code::EXTERNAL_NOT_LOADED)
        } else {
            None
        };
        let delegates = matches!(vertex.kind, Kind::Record | Kind::Ref | Kind::Union | Kind::Intersection);
        ScalarCheck {
            types: if vertex.types.is_empty() && delegates { TypeSet::ALL } else { vertex.types },
            nullable: vertex.nullable,
            passes_null: vertex.passes_null(),
            form,
            token: if vertex.kind == Kind::Token { vertex.nsid.as_deref().map(Into::into) } else { None },
            rules: vertex.constraints.iter().filter_map(|it| Rule::new(it, lexicon, options)).collect(),
            undecided,
        }
    }

    /// As [`ScalarCheck::of`], for a value that no validator looks into: the names that have to be there too.
    pub fn alone(vertex: &Vertex, lexicon: bool, options: Options) -> ScalarCheck {
        let mut check = ScalarCheck::of(vertex, lexicon, options);
        for constraint in vertex.constraints.iter().filter(|constraint| constraint.sort == Sort::Required) {
            let list = constraint.value.tree();
            let names = list.root().items().filter_map(|item| item.as_str().map(|text| (*text).into()));
            let test = Test::Required(names.collect());
            check.rules.push(Rule { constraint: constraint.clone(), types: TypeSet::OBJECT, test });
        }
        check
    }

    /// Whether every value passes.
    pub fn is_empty(&self) -> bool {
        self.types == TypeSet::ALL
            && self.form == Form::Plain
            && self.token.is_none()
            && self.rules.is_empty()
            && self.undecided.is_none()
    }

    /// The JSON types whose values all pass, where nothing but the type is asked.
    pub fn of_types_only(&self) -> Option<TypeSet> {
        let plain = self.form == Form::Plain
            && self.token.is_none()
            && self.rules.is_empty()
            && self.undecided.is_none();
        plain.then(|| self.types())
    }

    /// Whether nothing but this check speaks of `null`.
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// JSON types that it admits, `null` of a nullable vertex included.
    pub fn types(&self) -> TypeSet {
        if self.nullable { self.types | TypeSet::NULL } else { self.types }
    }

    /// Checks the bytes of one JSON value, white space around it excluded. Containers are parsed.
    ///
    /// # Errors
    /// The failure that refuses it.
    pub fn run(&self, raw: &[u8]) -> Result<Validity, Failure<'_>> {
        let kind = match raw.first() {
            Some(b'"') => JsonKind::String,
            Some(b'n') => JsonKind::Null,
            Some(b't' | b'f') => JsonKind::Bool,
            Some(b'{') => JsonKind::Object,
            Some(b'[') => JsonKind::Array,
            _ => JsonKind::Number,
        };
        let token = Subject::Token(kind, raw);
        if !matches!(kind, JsonKind::Array | JsonKind::Object) || !token.is_of(self.types) {
            return self.decide(&token);
        }
        if self.form == Form::Plain && self.rules.is_empty() {
            return self.decide(&token);
        }
        // INVARIANT: the caller has validated the text, its depth included.
        let limits = Limits { depth: u32::MAX, record_bytes: u64::MAX, ..Limits::DEFAULT };
        match Tree::parse(raw, &limits) {
            Ok(tree) => self.decide(&Subject::Value(tree.root())),
            Err(_) => Err(refused(code::TYPE_MISMATCH)),
        }
    }

    /// Checks one value of a tree, without entering its children.
    ///
    /// # Errors
    /// The failure that refuses it.
    pub fn run_value(&self, value: ValueRef<'_>) -> Result<Validity, Failure<'_>> {
        self.decide(&Subject::Value(value))
    }

    /// All failures of one value of a tree, in order; a refused type is the only one.
    pub fn failures(&self, value: ValueRef<'_>) -> Vec<Failure<'_>> {
        let mut failures = Vec::new();
        self.each(&Subject::Value(value), &mut |failure| {
            failures.push(failure);
            false
        });
        failures
    }

    /// Steps of a check over a value of so many bytes.
    #[inline]
    pub fn cost(&self, bytes: usize) -> u64 {
        if self.rules.is_empty() || bytes < 64 { 1 } else { self.cost_of_rules(bytes) }
    }

    fn cost_of_rules(&self, bytes: usize) -> u64 {
        let cost = |rule: &Rule| match &rule.test {
            Test::Pattern(pattern) => pattern.cost(bytes),
            _ => 1 + bytes as u64 / 32,
        };
        self.rules.iter().map(cost).sum()
    }

    fn decide(&self, subject: &Subject<'_>) -> Result<Validity, Failure<'_>> {
        let mut validity = Validity::Valid;
        let mut found = None;
        self.each(subject, &mut |failure| {
            if failure.refused {
                found = Some(failure);
            } else {
                validity = Validity::Unknown;
            }
            failure.refused
        });
        found.map_or(Ok(validity), Err)
    }

    /// Calls `found` with each failure until it returns true.
    #[inline]
    fn each<'c>(&'c self, subject: &Subject<'_>, found: &mut dyn FnMut(Failure<'c>) -> bool) {
        let kind = subject.kind();
        if kind == JsonKind::Null && self.nullable {
            if let Some(code) = self.undecided.filter(|_| !self.passes_null) {
                found(Failure { code, constraint: None, refused: false });
            }
            return;
        }
        if self.form == Form::Never || self.form == Form::NotData {
            let code = if self.form == Form::Never { code::NEVER } else { code::NOT_DATA };
            found(refused(code));
            return;
        }
        if !subject.is_of(self.types) {
            found(refused(code::TYPE_MISMATCH));
            return;
        }
        if (self.form != Form::Plain || self.token.is_some()) && self.form_fails(subject, found) {
            return;
        }
        for rule in &self.rules {
            if let Some(failure) = rule.failure(subject)
                && found(failure)
            {
                return;
            }
        }
        if let Some(code) = self.undecided {
            found(Failure { code, constraint: None, refused: false });
        }
    }

    /// Whether the value is not of its form; nothing else is then looked at.
    fn form_fails<'c>(&'c self, subject: &Subject<'_>, found: &mut dyn FnMut(Failure<'c>) -> bool) -> bool {
        let failure = match (self.form, subject.value()) {
            (Form::Bytes, Some(value)) => atom::bytes_len(value).is_none().then_some(code::NOT_BYTES),
            (Form::Link, Some(value)) => (!atom::is_link(value)).then_some(code::NOT_A_LINK),
            (Form::Blob, Some(value)) => atom::blob(value).is_none().then_some(code::NOT_A_BLOB),
            (Form::Unknown, Some(value)) => atom::plain_object_failure(value),
            _ => None,
        };
        let failure = failure.or_else(|| {
            let token = self.token.as_deref()?;
            (!crate::value::string::equals(subject.raw(), token.as_bytes())).then_some(code::NOT_CONST)
        });
        failure.is_some_and(|code| {
            found(refused(code));
            true
        })
    }

    /// What to tell about a failure.
    pub fn message(&self, failure: &Failure<'_>, found: &str) -> Cow<'static, str> {
        let bound = failure.constraint.map_or("", |constraint| constraint.value.as_str());
        let sort = failure.constraint.map_or("", |constraint| match constraint.sort {
            Sort::AssertedFormat => Sort::Format.as_str(),
            sort => sort.as_str(),
        });
        match failure.code {
            code::TYPE_MISMATCH => {
                let names: Vec<_> = self.types().names().collect();
                format!("expected {}, found {found}", names.join(" or ")).into()
            }
            code::NOT_CONST if self.token.is_some() => {
                format!("expected `{}`", self.token.as_deref().unwrap_or_default()).into()
            }
            code::NOT_BYTES => "expected `{\"$bytes\": …}` with base64".into(),
            code::NOT_A_LINK => "expected `{\"$link\": …}` with a CID".into(),
            code::NOT_A_BLOB => "expected a blob: `$type`, `ref`, `mimeType` and `size`".into(),
            code::NOT_PLAIN_OBJECT => "bytes, a link or a blob stands where an object is expected".into(),
            code::NEVER => "no value is admitted here".into(),
            code::NOT_DATA => "this definition is no data".into(),
            code::EXTERNAL_NOT_LOADED => "the definition is in a document that was not given".into(),
            code::KEYWORD_UNMODELLED => "a keyword that is not modelled restricts values here".into(),
            code::NOT_UNIQUE => "two items are the same value".into(),
            code::PATTERN_UNSUPPORTED => format!("the pattern `{bound}` cannot be run").into(),
            code::FORMAT_UNKNOWN => format!("the format `{bound}` cannot be checked").into(),
            _ => format!("the value does not satisfy `{sort}`: `{bound}`").into(),
        }
    }
}

fn refused(code: &'static str) -> Failure<'static> {
    Failure { code, constraint: None, refused: true }
}

impl Rule {
    /// `None` for what restricts nothing, or what the validator checks itself.
    fn new(constraint: &Constraint, lexicon: bool, options: Options) -> Option<Rule> {
        use Ordering::{Equal, Greater, Less};
        let text = || constraint.value.tree().root().as_str().map(Cow::into_owned);
        let bytes_or_string = TypeSet::STRING | TypeSet::OBJECT;
        let (types, test) = match constraint.sort {
            Sort::MinLength => (TypeSet::STRING, length(constraint, Unit::CodePoints, Side::Least)),
            Sort::MaxLength => (TypeSet::STRING, length(constraint, Unit::CodePoints, Side::Greatest)),
            Sort::MinBytes => (bytes_or_string, length(constraint, Unit::Bytes, Side::Least)),
            Sort::MaxBytes => (bytes_or_string, length(constraint, Unit::Bytes, Side::Greatest)),
            Sort::MinGraphemes => (TypeSet::STRING, length(constraint, Unit::Graphemes, Side::Least)),
            Sort::MaxGraphemes => (TypeSet::STRING, length(constraint, Unit::Graphemes, Side::Greatest)),
            Sort::Pattern => {
                let pattern = text().and_then(|text| Pattern::new(&text).ok());
                let test = pattern.map_or(Test::Unreadable(code::PATTERN_UNSUPPORTED), Test::Pattern);
                (TypeSet::STRING, test)
            }
            Sort::Format | Sort::AssertedFormat => {
                let format = text();
                let format = format.as_deref().unwrap_or_default();
                let known = if lexicon { Format::lexicon(format) } else { Format::json_schema(format) };
                let noted = constraint.sort == Sort::Format && options.format == FormatReading::Annotate;
                if !lexicon && noted {
                    return None;
                }
                (TypeSet::STRING, known.map_or(Test::Unreadable(code::FORMAT_UNKNOWN), Test::Format))
            }
            Sort::Enum => (TypeSet::ALL, Test::Values(Values::of_list(&constraint.value))),
            Sort::Const => (TypeSet::ALL, Test::Values(Values::of_one(&constraint.value))),
            Sort::Minimum => (TypeSet::NUMBER, bound(constraint, &[Less])),
            Sort::Maximum => (TypeSet::NUMBER, bound(constraint, &[Greater])),
            Sort::ExclusiveMinimum => (TypeSet::NUMBER, bound(constraint, &[Less, Equal])),
            Sort::ExclusiveMaximum => (TypeSet::NUMBER, bound(constraint, &[Greater, Equal])),
            Sort::MultipleOf => match Decimal::parse(constraint.value.as_str().as_bytes()) {
                Some(divisor) if !divisor.is_zero() => (TypeSet::NUMBER, Test::MultipleOf),
                _ => (TypeSet::NUMBER, Test::Unreadable(code::BOUND_UNREADABLE)),
            },
            Sort::MinItems => (TypeSet::ARRAY, count(constraint, Side::Least)),
            Sort::MaxItems => (TypeSet::ARRAY, count(constraint, Side::Greatest)),
            Sort::MinProperties => (TypeSet::OBJECT, count(constraint, Side::Least)),
            Sort::MaxProperties => (TypeSet::OBJECT, count(constraint, Side::Greatest)),
            Sort::UniqueItems if constraint.value.as_str() == "true" => (TypeSet::ARRAY, Test::Unique),
            Sort::Accept => {
                let list = constraint.value.tree();
                let list = list.root().items().filter_map(|item| item.as_str().map(|text| (*text).into()));
                (TypeSet::OBJECT, Test::Accept(list.collect()))
            }
            Sort::MaxSize => (TypeSet::OBJECT, bound(constraint, &[])),
            // `Required` is the validator's: it needs the members.
            Sort::UniqueItems | Sort::KnownValues | Sort::Required => return None,
        };
        let test = match (constraint.sort, test) {
            (Sort::MaxSize, Test::Bound(_)) => Test::MaxSize,
            (_, test) => test,
        };
        Some(Rule { constraint: constraint.clone(), types, test })
    }

    fn bound(&self) -> &[u8] {
        self.constraint.value.as_str().as_bytes()
    }

    #[inline]
    fn failure(&self, subject: &Subject<'_>) -> Option<Failure<'_>> {
        if !subject.is_of(self.types) {
            return None;
        }
        let (code, refused) = match self.outcome(subject) {
            Outcome::Passes => return None,
            Outcome::Refused(code) => (code, true),
            Outcome::Unknown(code) => (code, false),
        };
        Some(Failure { code, constraint: Some(&self.constraint), refused })
    }

    fn outcome(&self, subject: &Subject<'_>) -> Outcome {
        let refuse = |fails: bool, code| if fails { Outcome::Refused(code) } else { Outcome::Passes };
        match &self.test {
            Test::Length(unit, side, bound) => length_outcome(subject, *unit, *side, *bound),
            Test::Pattern(pattern) => match std::str::from_utf8(&subject.decoded()) {
                Ok(text) => refuse(!pattern.is_match(text), code::PATTERN_MISMATCH),
                // A lone surrogate: the matcher reads characters only.
                Err(_) => Outcome::Unknown(code::PATTERN_UNSUPPORTED),
            },
            Test::Format(format) => {
                let content = subject.decoded();
                match std::str::from_utf8(&content).map_or(Validity::Invalid, |text| format.accepts(text)) {
                    Validity::Valid => Outcome::Passes,
                    Validity::Unknown => Outcome::Unknown(code::FORMAT_UNKNOWN),
                    Validity::Invalid => Outcome::Refused(code::FORMAT_MISMATCH),
                }
            }
            Test::Values(values) => {
                let is_const = self.constraint.sort == Sort::Const;
                refuse(!values.contains(subject), if is_const { code::NOT_CONST } else { code::NOT_IN_ENUM })
            }
            Test::Bound(refused) => match number::cmp(subject.raw(), self.bound()) {
                Some(order) => refuse(refused.contains(&order), code::OUT_OF_RANGE),
                None => Outcome::Unknown(code::BOUND_UNREADABLE),
            },
            Test::MultipleOf => {
                let multiple = Decimal::parse(subject.raw())
                    .zip(Decimal::parse(self.bound()))
                    .and_then(|(value, divisor)| number::multiple_of(&value, &divisor));
                match multiple {
                    Some(multiple) => refuse(!multiple, code::NOT_MULTIPLE),
                    None => Outcome::Unknown(code::BOUND_UNREADABLE),
                }
            }
            Test::Count(side, bound) => {
                let is_array = subject.kind() == JsonKind::Array;
                let count = subject.len() as u64;
                let code = match (side, is_array) {
                    (Side::Least, true) => code::TOO_FEW_ITEMS,
                    (Side::Greatest, true) => code::TOO_MANY_ITEMS,
                    (Side::Least, false) => code::TOO_FEW_MEMBERS,
                    (Side::Greatest, false) => code::TOO_MANY_MEMBERS,
                };
                refuse(side.refuses(count, *bound), code)
            }
            Test::Unique => refuse(subject.value().is_some_and(has_twins), code::NOT_UNIQUE),
            Test::Accept(accepted) => {
                let blob = subject.value().and_then(atom::blob);
                refuse(blob.is_some_and(|blob| !atom::accepts(accepted, &blob.mime_type)), code::NOT_ACCEPTED)
            }
            Test::MaxSize => {
                let size = subject.value().and_then(atom::blob).and_then(|blob| blob.size);
                let order = size.and_then(|size| number::cmp(size, self.bound()));
                refuse(order == Some(Ordering::Greater), code::TOO_LARGE)
            }
            Test::Required(names) => {
                let has = |name: &str| subject.value().is_some_and(|value| value.get(name).is_some());
                refuse(!names.iter().all(|name| has(name)), code::REQUIRED_MISSING)
            }
            Test::Unreadable(code) => Outcome::Unknown(code),
        }
    }
}

enum Outcome {
    Passes,
    Refused(&'static str),
    Unknown(&'static str),
}

impl Side {
    fn refuses(self, measure: u64, bound: u64) -> bool {
        match self {
            Side::Least => measure < bound,
            Side::Greatest => measure > bound,
        }
    }
}

fn length(constraint: &Constraint, unit: Unit, side: Side) -> Test {
    whole(&constraint.value)
        .map_or(Test::Unreadable(code::BOUND_UNREADABLE), |bound| Test::Length(unit, side, bound))
}

fn count(constraint: &Constraint, side: Side) -> Test {
    whole(&constraint.value)
        .map_or(Test::Unreadable(code::BOUND_UNREADABLE), |bound| Test::Count(side, bound))
}

fn bound(constraint: &Constraint, refused: &'static [Ordering]) -> Test {
    match Decimal::parse(constraint.value.as_str().as_bytes()) {
        Some(_) => Test::Bound(refused),
        None => Test::Unreadable(code::BOUND_UNREADABLE),
    }
}

/// A bound that is a whole number; `3.0` is one. Beyond 64 bits it saturates: no text is that long.
fn whole(bound: &Json) -> Option<u64> {
    let number = Decimal::parse(bound.as_str().as_bytes())?;
    if !number.is_integer() || number.is_negative() {
        return None;
    }
    Some(number.to_u64().unwrap_or(u64::MAX))
}

fn length_outcome(subject: &Subject<'_>, unit: Unit, side: Side, bound: u64) -> Outcome {
    let is_string = subject.kind() == JsonKind::String;
    let code = if side == Side::Least { code::TOO_SHORT } else { code::TOO_LONG };
    // The source spelling has at least as many bytes as the content, whatever the unit.
    let most = subject.raw().len().saturating_sub(2) as u64;
    if is_string && side == Side::Greatest && most <= bound {
        return Outcome::Passes;
    }
    if is_string && side == Side::Least && most < bound {
        return Outcome::Refused(code);
    }
    let measure = if is_string {
        let content = subject.decoded();
        match unit {
            Unit::Bytes => content.len() as u64,
            // WTF-8 has one leading byte per code point, lone surrogates included.
            Unit::CodePoints => content.iter().filter(|byte| **byte & 0xc0 != 0x80).count() as u64,
            Unit::Graphemes => graphemes(&content),
        }
    } else {
        match subject.value().and_then(atom::bytes_len) {
            Some(bytes) => bytes,
            None => return Outcome::Passes,
        }
    };
    if side.refuses(measure, bound) { Outcome::Refused(code) } else { Outcome::Passes }
}

fn graphemes(content: &[u8]) -> u64 {
    if content.is_ascii() && !content.contains(&b'\r') {
        return content.len() as u64;
    }
    match std::str::from_utf8(content) {
        Ok(text) => text.graphemes(true).count() as u64,
        // A lone surrogate breaks clusters on both sides, as U+FFFD does; its three bytes become three of those.
        Err(_) => {
            let (mut count, mut rest) = (0, content);
            while let Err(error) = std::str::from_utf8(rest) {
                let (text, after) = rest.split_at(error.valid_up_to());
                count += std::str::from_utf8(text).map_or(0, |text| text.graphemes(true).count() as u64) + 1;
                rest = after.get(3..).unwrap_or_default();
            }
            count + std::str::from_utf8(rest).map_or(0, |text| text.graphemes(true).count() as u64)
        }
    }
}

/// Whether two items of an array are the same value. Near-linear: only items of one digest are compared.
fn has_twins(array: ValueRef<'_>) -> bool {
    let mut digests: Vec<(u64, ValueRef<'_>)> =
        array.items().map(|item| (digest64(item.raw()), item)).collect();
    digests.arrange_by_key(|(digest, item)| (*digest, item.span().start));
    digests.chunk_by(|left, right| left.0 == right.0).any(|group| {
        let mut rest = group.iter();
        std::iter::from_fn(|| rest.next().map(|(_, item)| (*item, rest.clone())))
            .any(|(item, later)| later.into_iter().any(|(_, other)| equal(item, *other)))
    })
}
