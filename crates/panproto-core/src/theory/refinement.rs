//! Sorts with restrictions of their values, and whether every value of one is a value of another: yes, no with a
//! value that tells them apart, or unknown.

use super::json::{Writer, invalid, member, name_at};
use crate::diagnostic::Result;
use crate::name::Name;
use crate::ordered::BTreeSet;
use crate::value::{Decimal, Json, JsonKind, ValueRef, number};
use std::cmp::Ordering;

/// A base sort and restrictions of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefinedSort {
    /// The base: a kind of values as `integer` or `Str`, or any other name.
    pub base: Name,
    /// Sort and value of each restriction, as `maximum` and `10`.
    pub constraints: Vec<(Name, Json)>,
}

/// Whether one refined sort is inside another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Containment {
    /// Every value of the first is one of the second.
    Holds,
    /// This value is one of the first and none of the second.
    Fails(Json),
    /// Neither is shown.
    Unknown,
}

impl Containment {
    /// The name on the wire.
    pub fn as_str(&self) -> &'static str {
        match self {
            Containment::Holds => "holds",
            Containment::Fails(_) => "fails",
            Containment::Unknown => "unknown",
        }
    }
}

impl RefinedSort {
    /// Reads `{"base":"integer","constraints":[["maximum","10"],{"sort":"minimum","value":0}]}`. A value that is text
    /// counts as the JSON that it holds, where the restriction asks for a number or a list.
    ///
    /// # Errors
    /// `invalid-theory`.
    pub fn from_json(value: ValueRef<'_>) -> Result<RefinedSort> {
        super::json::only(value, "a refined sort", &["base", "constraints"])?;
        let constraints = super::json::list(value, "constraints", |item| {
            if item.is_object() {
                return Ok((name_at(item, "sort")?, member(item, "value")?.to_json()));
            }
            let parts: Vec<ValueRef<'_>> = item.items().collect();
            match parts.as_slice() {
                [sort, value] => Ok((super::json::name(*sort, "sort")?, value.to_json())),
                _ => Err(invalid(item, "a constraint is an array of a sort and a value")),
            }
        })?;
        Ok(RefinedSort { base: name_at(value, "base")?, constraints })
    }

    /// The JSON form.
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        out.object(|out| {
            out.text_member("base", &self.base);
            out.list_member("constraints", &self.constraints, |out, (sort, value)| {
                out.array(|out| {
                    out.string(sort);
                    out.raw(value.as_str());
                });
            });
        });
        out.finish()
    }

    /// Whether every value of this sort is a value of another.
    ///
    /// ```
    /// use panproto_core::theory::{Containment, RefinedSort};
    /// use panproto_core::value::Json;
    /// let sort = |most: &str| RefinedSort {
    ///     base: "integer".into(),
    ///     constraints: vec![("maximum".into(), Json::parse(most).unwrap())],
    /// };
    /// assert_eq!(sort("5").is_within(&sort("10")), Containment::Holds);
    /// assert_eq!(sort("10").is_within(&sort("5")), Containment::Fails(Json::parse("10").unwrap()));
    /// ```
    pub fn is_within(&self, other: &RefinedSort) -> Containment {
        let (own, theirs) = (Range::of(self), Range::of(other));
        if own.is_empty() {
            return Containment::Holds;
        }
        // A listed set is decided value by value.
        if let Some(values) = &own.listed {
            let mut open = own.is_partial;
            for value in values {
                match (own.admits(value), theirs.admits(value)) {
                    (Some(false), _) | (_, Some(true)) => {}
                    (Some(true), Some(false)) if own.fits_base(value) != Some(false) => {
                        return Containment::Fails(value.clone());
                    }
                    _ => open = true,
                }
            }
            let bases = within_base(&self.base, &other.base);
            let all_fit = !open && values.iter().all(|value| theirs.fits_base(value) == Some(true));
            return if all_fit || (!open && bases == Some(true)) {
                Containment::Holds
            } else {
                Containment::Unknown
            };
        }
        if within_base(&self.base, &other.base) == Some(true) && theirs.is_implied_by(&own) {
            return Containment::Holds;
        }
        for value in own.samples(&theirs) {
            let inside = own.admits(&value) == Some(true) && own.fits_base(&value) == Some(true);
            let outside = theirs.admits(&value) == Some(false) || theirs.fits_base(&value) == Some(false);
            if inside && outside {
                return Containment::Fails(value);
            }
        }
        Containment::Unknown
    }
}

/// What JSON type a base has.
fn base_kind(base: &str) -> Option<(JsonKind, bool)> {
    Some(match base.to_ascii_lowercase().as_str() {
        "integer" | "int" => (JsonKind::Number, true),
        "number" | "float" => (JsonKind::Number, false),
        "string" | "str" | "text" => (JsonKind::String, false),
        "boolean" | "bool" => (JsonKind::Bool, false),
        "null" => (JsonKind::Null, false),
        "array" => (JsonKind::Array, false),
        "object" => (JsonKind::Object, false),
        _ => return None,
    })
}

fn within_base(one: &str, two: &str) -> Option<bool> {
    if one == two || two.eq_ignore_ascii_case("any") {
        return Some(true);
    }
    let ((one, integral), (two, wants_integral)) = (base_kind(one)?, base_kind(two)?);
    Some(one == two && (integral || !wants_integral))
}

/// A quantity that has bounds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    Value,
    CodePoints,
    Bytes,
    Graphemes,
    Items,
    Members,
    Size,
}

const MEASURES: [(&str, Measure, bool, bool); 16] = [
    ("minimum", Measure::Value, true, false),
    ("maximum", Measure::Value, false, false),
    ("exclusiveMinimum", Measure::Value, true, true),
    ("exclusiveMaximum", Measure::Value, false, true),
    ("minLength", Measure::CodePoints, true, false),
    ("maxLength", Measure::CodePoints, false, false),
    ("minBytes", Measure::Bytes, true, false),
    ("maxBytes", Measure::Bytes, false, false),
    ("minGraphemes", Measure::Graphemes, true, false),
    ("maxGraphemes", Measure::Graphemes, false, false),
    ("minItems", Measure::Items, true, false),
    ("maxItems", Measure::Items, false, false),
    ("minProperties", Measure::Members, true, false),
    ("maxProperties", Measure::Members, false, false),
    ("minSize", Measure::Size, true, false),
    ("maxSize", Measure::Size, false, false),
];

/// A bound of a quantity.
#[derive(Clone)]
struct Bound {
    measure: Measure,
    lower: bool,
    exclusive: bool,
    at: Json,
}

/// The restrictions of a sort, read.
struct Range {
    base: Name,
    bounds: Vec<Bound>,
    multiple_of: Option<(i128, Json)>,
    listed: Option<Vec<Json>>,
    /// Restrictions by their text: patterns, formats and what is not known.
    opaque: BTreeSet<(Name, Json)>,
    /// The list was not all that restricts.
    is_partial: bool,
}

impl Range {
    fn of(sort: &RefinedSort) -> Range {
        let mut range = Range {
            base: sort.base.clone(),
            bounds: Vec::new(),
            multiple_of: None,
            listed: None,
            opaque: BTreeSet::new(),
            is_partial: false,
        };
        let integral = base_kind(&sort.base).is_some_and(|(_, integral)| integral);
        for (name, value) in &sort.constraints {
            let value = unquoted(name, value);
            let known = MEASURES.iter().find(|(known, ..)| *name == **known);
            if let Some((_, measure, lower, exclusive)) = known
                && Decimal::parse(value.as_str().as_bytes()).is_some()
            {
                range.bounds.push(tight(*measure, *lower, *exclusive, value, integral));
                continue;
            }
            match name.as_str() {
                "enum" if value.as_str().starts_with('[') => {
                    let values: Vec<Json> = value.tree().root().items().map(ValueRef::to_json).collect();
                    range.list(values);
                }
                "const" => range.list(vec![value]),
                "multipleOf" if range.multiple_of.is_none() && whole(&value).is_some_and(|by| by > 0) => {
                    range.multiple_of = whole(&value).map(|by| (by, value));
                }
                _ => {
                    range.opaque.insert((name.clone(), value));
                    range.is_partial = true;
                }
            }
        }
        range
    }

    /// Another list: both have to admit a value.
    fn list(&mut self, values: Vec<Json>) {
        self.listed = Some(match self.listed.take() {
            None => values,
            Some(there) => there.into_iter().filter(|one| values.iter().any(|two| same(one, two))).collect(),
        });
    }

    /// Whether it is shown to have no value.
    fn is_empty(&self) -> bool {
        if let Some(listed) = &self.listed {
            return listed
                .iter()
                .all(|value| self.admits(value) == Some(false) || self.fits_base(value) == Some(false));
        }
        self.bounds.iter().filter(|bound| bound.lower).any(|low| {
            self.bounds.iter().filter(|bound| !bound.lower && bound.measure == low.measure).any(|high| {
                match order(&low.at, &high.at) {
                    Ordering::Greater => true,
                    Ordering::Equal => low.exclusive || high.exclusive,
                    Ordering::Less => false,
                }
            })
        })
    }

    fn fits_base(&self, value: &Json) -> Option<bool> {
        if self.base.eq_ignore_ascii_case("any") {
            return Some(true);
        }
        let (kind, integral) = base_kind(&self.base)?;
        let tree = value.tree();
        if tree.root().kind() != kind {
            return Some(false);
        }
        Some(!integral || Decimal::parse(value.as_str().as_bytes()).is_some_and(|number| number.is_integer()))
    }

    /// Whether a value passes the restrictions; none where one of them is not understood.
    fn admits(&self, value: &Json) -> Option<bool> {
        if self.listed.as_ref().is_some_and(|listed| !listed.iter().any(|one| same(one, value))) {
            return Some(false);
        }
        let mut known = self.opaque.is_empty();
        for bound in &self.bounds {
            match bound.admits(value) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => known = false,
            }
        }
        if let Some((by, _)) = &self.multiple_of {
            match whole(value) {
                Some(number) if number % by == 0 => {}
                Some(_) => return Some(false),
                None if value.tree().root().kind() == JsonKind::Number => known = false,
                None => {}
            }
        }
        known.then_some(true)
    }

    /// Whether every restriction follows from those of another.
    fn is_implied_by(&self, own: &Range) -> bool {
        let bounds = self.bounds.iter().all(|bound| {
            let least =
                bound.lower && bound.measure != Measure::Value && order(&counted(0), &bound.at).is_ge();
            (least && !bound.exclusive) || own.bounds.iter().any(|there| there.implies(bound))
        });
        let multiple = match (&self.multiple_of, &own.multiple_of) {
            (None, _) => true,
            (Some((1, _)), _) => base_kind(&own.base).is_some_and(|(_, integral)| integral),
            (Some((by, _)), Some((own, _))) => own % by == 0,
            (Some(_), None) => false,
        };
        bounds && multiple && self.listed.is_none() && self.opaque.is_subset(&own.opaque)
    }

    /// Values that may tell two ranges apart: at their bounds and one beside them, listed ones, plain ones.
    fn samples(&self, other: &Range) -> Vec<Json> {
        let mut found: Vec<Json> = Vec::new();
        for range in [self, other] {
            found.extend(range.listed.iter().flatten().cloned());
            for bound in &range.bounds {
                for step in [0i128, -1, 1] {
                    match bound.measure {
                        Measure::Value if step == 0 => found.push(bound.at.clone()),
                        Measure::Value => {
                            let near = whole(&bound.at).and_then(|at| at.checked_add(step));
                            found.extend(near.and_then(|near| Json::parse(&near.to_string()).ok()));
                        }
                        measure => {
                            let long =
                                whole(&bound.at).map(|at| at + step).filter(|at| (0..=4096).contains(at));
                            found.extend(long.and_then(|long| sized(measure, long as usize)));
                        }
                    }
                }
            }
            if let Some((by, json)) = &range.multiple_of {
                found.push(json.clone());
                found.extend(Json::parse(&(by + 1).to_string()));
            }
        }
        let plain = ["0", "1", "-1", "0.5", "\"\"", "\"a\"", "true", "null", "[]", "{}"];
        found.extend(plain.iter().filter_map(|text| Json::parse(text).ok()));
        found
    }
}

/// A value of a size.
fn sized(measure: Measure, long: usize) -> Option<Json> {
    match measure {
        Measure::CodePoints | Measure::Bytes | Measure::Graphemes => Some(Json::string(&"a".repeat(long))),
        Measure::Items => {
            let items: Vec<String> = (0..long).map(|at| at.to_string()).collect();
            Json::parse(&format!("[{}]", items.join(","))).ok()
        }
        Measure::Members => {
            let members: Vec<String> = (0..long).map(|at| format!("\"m{at}\":0")).collect();
            Json::parse(&format!("{{{}}}", members.join(","))).ok()
        }
        Measure::Value | Measure::Size => None,
    }
}

impl Bound {
    /// Whether a value is on the right side; a value that has no such quantity is.
    fn admits(&self, value: &Json) -> Option<bool> {
        let tree = value.tree();
        let root = tree.root();
        let count = |count: usize| Some(counted(count));
        let quantity = match (self.measure, root.kind()) {
            (Measure::Value, JsonKind::Number) => Some(value.clone()),
            (Measure::CodePoints, JsonKind::String) => count(root.as_str()?.chars().count()),
            (Measure::Bytes, JsonKind::String) => count(root.as_str()?.len()),
            // Only where each character is a cluster of its own.
            (Measure::Graphemes, JsonKind::String) => {
                let text = root.as_str()?;
                if !text.is_ascii() || text.contains('\r') {
                    return None;
                }
                count(text.len())
            }
            (Measure::Items, JsonKind::Array) | (Measure::Members, JsonKind::Object) => count(root.len()),
            (Measure::Size, _) => return None,
            _ => return Some(true),
        }?;
        Some(match order(&quantity, &self.at) {
            Ordering::Equal => !self.exclusive,
            Ordering::Greater => self.lower,
            Ordering::Less => !self.lower,
        })
    }

    fn implies(&self, other: &Bound) -> bool {
        if self.measure != other.measure || self.lower != other.lower {
            return false;
        }
        match if self.lower { order(&self.at, &other.at) } else { order(&other.at, &self.at) } {
            Ordering::Greater => true,
            Ordering::Equal => self.exclusive || !other.exclusive,
            Ordering::Less => false,
        }
    }
}

/// A bound; of whole numbers an exclusive one is the next inclusive one.
fn tight(measure: Measure, lower: bool, exclusive: bool, at: Json, integral: bool) -> Bound {
    if let (true, true, Some(number)) = (exclusive, integral, whole(&at)) {
        let next = number + if lower { 1 } else { -1 };
        if let Ok(at) = Json::parse(&next.to_string()) {
            return Bound { measure, lower, exclusive: false, at };
        }
    }
    Bound { measure, lower, exclusive, at }
}

/// The order of two numbers.
fn order(one: &Json, two: &Json) -> Ordering {
    number::cmp(one.as_str().as_bytes(), two.as_str().as_bytes()).unwrap_or(Ordering::Equal)
}

fn counted(count: usize) -> Json {
    Json::parse(&count.to_string()).unwrap_or_else(|_| Json::null())
}

/// A whole number that is not too large.
fn whole(value: &Json) -> Option<i128> {
    value.as_str().parse::<i64>().ok().map(i128::from)
}

/// Values of constraints are often written as text: `"10"` for 10.
fn unquoted(name: &str, value: &Json) -> Json {
    if matches!(name, "pattern" | "format" | "const") {
        return value.clone();
    }
    let tree = value.tree();
    let inner = tree.root().as_str().and_then(|text| Json::parse(&text).ok());
    inner.unwrap_or_else(|| value.clone())
}

fn same(one: &Json, two: &Json) -> bool {
    one == two || crate::value::equal(one.tree().root(), two.tree().root())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::value::Tree;

    fn sort(text: &str) -> RefinedSort {
        RefinedSort::from_json(Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap().root()).unwrap()
    }

    fn within(base: &str, one: &str, two: &str) -> String {
        let of = |constraints: &str| sort(&format!(r#"{{"base":"{base}","constraints":{constraints}}}"#));
        match of(one).is_within(&of(two)) {
            Containment::Fails(value) => value.to_string(),
            other => other.as_str().to_owned(),
        }
    }

    #[test]
    fn containment_is_real_and_has_witnesses() {
        assert_eq!(within("integer", r#"[["maximum","80"]]"#, r#"[["maximum","120"]]"#), "holds");
        assert_eq!(within("integer", r#"[["maximum",120]]"#, r#"[["maximum","80"]]"#), "120");
        assert_eq!(within("integer", r#"[["exclusiveMaximum",81]]"#, r#"[["maximum",80]]"#), "holds");
        assert_eq!(within("number", r#"[["exclusiveMaximum",80]]"#, r#"[["maximum",80]]"#), "holds");
        assert_eq!(within("number", r#"[["maximum",80]]"#, r#"[["exclusiveMaximum",80]]"#), "80");
        assert_eq!(within("string", r#"[["maxLength",3]]"#, r#"[["maxLength",2]]"#), "\"aaa\"");
        assert_eq!(within("string", "[]", r#"[["minLength",0]]"#), "holds");
        assert_eq!(within("string", r#"[["enum",["a","bb"]]]"#, r#"[["maxLength",2]]"#), "holds");
        assert_eq!(within("string", r#"[["enum",["a","bbb"]]]"#, r#"[["maxLength",2]]"#), "\"bbb\"");
        assert_eq!(within("string", r#"[["enum",["a"]]]"#, r#"[["enum",["a","b"]]]"#), "holds");
        assert_eq!(within("string", "[]", r#"[["enum",["a","b"]]]"#), "\"\"");
        assert_eq!(within("integer", r#"[["multipleOf",6]]"#, r#"[["multipleOf",3]]"#), "holds");
        assert_eq!(within("integer", r#"[["multipleOf",3]]"#, r#"[["multipleOf",6]]"#), "3");
        assert_eq!(within("integer", r#"[["minimum",5],["maximum",4]]"#, r#"[["maximum",0]]"#), "holds");
        assert_eq!(within("array", r#"[["maxItems",2]]"#, r#"[["maxItems",1]]"#), "[0,1]");
    }

    #[test]
    fn patterns_are_compared_as_text_and_never_guessed() {
        assert_eq!(
            within("string", r#"[["pattern","^a"],["maxLength",2]]"#, r#"[["pattern","^a"]]"#),
            "holds"
        );
        assert_eq!(within("string", r#"[["pattern","^a"]]"#, r#"[["pattern","^[a]"]]"#), "unknown");
        assert_eq!(within("string", r#"[["pattern","^a"]]"#, r#"[["maxLength",2]]"#), "unknown");
        assert_eq!(within("string", r#"[["colour","red"]]"#, r#"[["colour","red"]]"#), "holds");
        assert_eq!(within("string", "[]", r#"[["colour","red"]]"#), "unknown");
    }

    #[test]
    fn bases_count() {
        let of = |base: &str| sort(&format!(r#"{{"base":"{base}"}}"#));
        assert_eq!(of("integer").is_within(&of("number")), Containment::Holds);
        assert_eq!(of("number").is_within(&of("integer")).as_str(), "fails");
        assert_eq!(of("string").is_within(&of("integer")).as_str(), "fails");
        assert_eq!(of("Robot").is_within(&of("integer")), Containment::Unknown);
        let text = r#"{"base":"string","constraints":[["maxLength",3]]}"#;
        assert_eq!(sort(text).to_json(), text);
    }
}
