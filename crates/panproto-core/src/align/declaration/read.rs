//! Reading a declaration.

use super::{Computed, Conditioned, Declaration, invalid};
use crate::align::HintSpec;
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result, Span};
use crate::limits::Limits;
use crate::migration::enrich::{class_of, default_class, expression};
use crate::migration::{Apply, KindCoercion};
use crate::value::{JsonKind, Tree, ValueRef};

const MEMBERS: [&str; 12] = [
    "accept",
    "coercions",
    "computes",
    "conditions",
    "defaults",
    "fields",
    "hint_spec",
    "keys",
    "match",
    "roots",
    "source_defaults",
    "trust",
];

/// What `"accept": "likely"` takes a candidate from.
const LIKELY: f64 = 0.8;

pub(super) fn declaration(input: &[u8], limits: &Limits) -> Result<Declaration> {
    let tree = Tree::parse(input, limits)?;
    let root = tree.root();
    if !root.is_object() {
        return Err(invalid(&(String::new(), root.span()), "a declaration is an object"));
    }
    let mut declared = Declaration::default();
    for (key, value) in root.members() {
        let name = key.as_str().unwrap_or_default().into_owned();
        if value.kind() == JsonKind::Null && MEMBERS.contains(&name.as_str()) {
            continue;
        }
        match name.as_str() {
            "fields" => {
                for (path, value) in members(value, "fields")? {
                    declared.field(&path, value)?;
                }
            }
            "computes" => {
                for (path, value) in members(value, "computes")? {
                    let place = (format!("computes.{path}"), value.span());
                    declared.computed.push(computed(&path, value, place)?);
                }
            }
            "defaults" | "source_defaults" => {
                for (path, value) in members(value, &name)? {
                    declared.spans.insert(path.clone(), (format!("{name}.{path}"), value.span()));
                    let of_source = name == "source_defaults";
                    let hints = &mut declared.hints;
                    let map = if of_source { &mut hints.source_defaults } else { &mut hints.defaults };
                    map.insert(path, value.to_json());
                }
            }
            "keys" => {
                for (path, value) in members(value, "keys")? {
                    let place = (format!("keys.{path}"), value.span());
                    declared.hints.keys.insert(path.clone(), text(value, &place)?);
                    declared.spans.insert(path, place);
                }
            }
            "trust" => {
                for item in list(value, "trust")? {
                    declared.hints.trust.insert(text(item, &("trust".into(), item.span()))?);
                }
            }
            "match" => match value.as_str().as_deref() {
                Some("exactly-one") => declared.hints.exactly_one = true,
                Some(_) => {
                    return Err(invalid(
                        &("match".into(), value.span()),
                        "`exactly-one`, or a list of paths",
                    ));
                }
                None => {
                    for item in list(value, "match")? {
                        declared.hints.match_one.insert(text(item, &("match".into(), item.span()))?);
                    }
                }
            },
            "accept" => {
                let score = match value.as_str().as_deref() {
                    Some("likely") => Some(LIKELY),
                    Some(_) => None,
                    None => value.raw_str().parse().ok().filter(|score| (0.0..=1.0).contains(score)),
                };
                let place = ("accept".into(), value.span());
                let score = score.ok_or_else(|| invalid(&place, "`likely`, or a score between 0 and 1"))?;
                declared.hints.accept_likely = Some(score);
            }
            "roots" => {
                let end = |key: &str| {
                    let place = (format!("roots.{key}"), value.span());
                    let end = value
                        .get(key)
                        .ok_or_else(|| invalid(&place, "`source` and `target` name the roots"))?;
                    text(end, &place)
                };
                declared.hints.roots = Some((end("source")?, end("target")?));
            }
            "conditions" => {
                for (path, value) in members(value, "conditions")? {
                    let place = format!("conditions.{path}");
                    let when = parsed(value, &place)?;
                    declared.conditions.push(Conditioned { place, span: value.span(), path, when });
                }
            }
            "coercions" => {
                for item in list(value, "coercions")? {
                    declared.coercions.push(coercion(item)?);
                }
            }
            "hint_spec" => declared.hints.spec = HintSpec::parse(value.raw(), limits)?,
            // The schemas that the host gives with it: that they may stay where they are written keeps spans right.
            "source" | "target" | "language" => {}
            _ => {
                let message = format!("a declaration has no member `{name}`");
                return Err(Diagnostic::new(ErrorKind::TypeCheck, "unknown-member", message)
                    .at(name)
                    .spanning(key.span())
                    .help(format!("known members: `{}`", MEMBERS.join("`, `")))
                    .boxed());
            }
        }
    }
    declared.meet();
    Ok(declared)
}

impl Declaration {
    fn field(&mut self, path: &str, value: ValueRef<'_>) -> Result<()> {
        let place = (format!("fields.{path}"), value.span());
        match value.kind() {
            JsonKind::Null => {
                self.hints.fields.insert(path.to_owned(), None);
                self.spans.insert(path.to_owned(), place);
            }
            JsonKind::String => {
                let to = text(value, &place)?;
                self.hints.fields.insert(path.to_owned(), Some(to));
                self.spans.insert(path.to_owned(), place);
            }
            JsonKind::Object => {
                let computed = computed(path, value, place.clone())?;
                if computed.in_place
                    && let ([from], [to]) = (computed.from.as_slice(), computed.to.as_slice())
                {
                    self.hints.fields.insert(from.clone(), Some(to.clone()));
                    self.spans.insert(from.clone(), place);
                }
                self.computed.push(computed);
            }
            _ => return Err(invalid(&place, "a field goes to a path, is `null`, or is computed")),
        }
        Ok(())
    }

    /// Fields that are sent to one and the same are no hints: they meet there.
    fn meet(&mut self) {
        let mut targets: crate::ordered::BTreeMap<String, Vec<String>> = crate::ordered::BTreeMap::new();
        for (from, to) in &self.hints.fields {
            if let Some(to) = to {
                targets.entry(to.clone()).or_default().push(from.clone());
            }
        }
        for (to, from) in targets.into_iter().filter(|(_, from)| from.len() > 1) {
            for path in &from {
                if let Some(place) = self.spans.get(path).cloned() {
                    self.spans.insert(to.clone(), place);
                }
                // Told apart later; until then it is not asked about.
                self.hints.fields.insert(path.clone(), None);
            }
            self.meetings.insert(to, from);
        }
    }
}

/// A computation: under the path of its input where it says `to`, of its output where it says `from`.
fn computed(path: &str, value: ValueRef<'_>, place: (String, Span)) -> Result<Computed> {
    for (key, _) in value.members() {
        if !["class", "expr", "from", "inverse", "to"].iter().any(|known| key.name_is(known)) {
            let name = key.as_str().unwrap_or_default();
            let message = format!("a computed field has no `{name}`");
            return Err(Diagnostic::new(ErrorKind::TypeCheck, "unknown-member", message)
                .at(format!("{}.{name}", place.0))
                .spanning(key.span())
                .help("`from` or `to`, `expr`, `inverse`, `class`")
                .boxed());
        }
    }
    let (from, to, single) = match (value.get("from"), value.get("to")) {
        (Some(from), None) => (texts(from, &place)?, vec![path.to_owned()], !from.is_array()),
        (None, Some(to)) => (vec![path.to_owned()], texts(to, &place)?, !to.is_array()),
        (Some(from), Some(to)) => (texts(from, &place)?, texts(to, &place)?, false),
        (None, None) => {
            return Err(invalid(
                &place,
                "a computed field says what it is made `from`, or what it goes `to`",
            ));
        }
    };
    if from.is_empty() || to.is_empty() {
        return Err(invalid(&place, "the list of fields is empty"));
    }
    let Some(expr) = value.get("expr") else {
        return Err(invalid(&place, "a computed field has an `expr`"));
    };
    let inverse = value.get("inverse").filter(|inverse| inverse.kind() != JsonKind::Null);
    let class = value.get("class").map(|class| text(class, &place)).transpose()?;
    let class = class_of(class.as_deref(), &format!("{}.class", place.0))?;
    let expressions = Apply {
        forward: parsed(expr, &format!("{}.expr", place.0))?,
        backward: inverse.map(|inverse| parsed(inverse, &format!("{}.inverse", place.0))).transpose()?,
        class: class.unwrap_or_else(|| default_class(inverse.is_some())),
    };
    Ok(Computed { place: place.0, span: place.1, from, to, expressions, in_place: single })
}

/// An expression; where it is a text, spans count in the declaration.
fn parsed(value: ValueRef<'_>, place: &str) -> Result<crate::expr::Expr> {
    expression(value, place).map_err(|mut error: Error| {
        let start = value.span().start as usize + 1;
        let plain = !value.raw().contains(&b'\\');
        error.span = match error.span.filter(|_| plain && value.kind() == JsonKind::String) {
            Some(span) => Some(Span::new(start + span.start as usize, start + span.end as usize)),
            None => Some(value.span()),
        };
        if error.kind != ErrorKind::Limit {
            error.kind = ErrorKind::TypeCheck;
        }
        error
    })
}

fn coercion(value: ValueRef<'_>) -> Result<KindCoercion> {
    let place = ("coercions".to_owned(), value.span());
    let kind = |key: &str| {
        let kind =
            value.get(key).ok_or_else(|| invalid(&place, "a coercion has `from`, `to` and `forward`"))?;
        text(kind, &place)
    };
    if value.get("forward").is_none() {
        return Err(invalid(&place, "a coercion has `from`, `to` and `forward`"));
    }
    // Read once here, so that what is wrong is told with the declaration.
    crate::migration::enrich::conversion(value, "coercions").map_err(|error| super::typed(error, &place))?;
    Ok(KindCoercion { from: kind("from")?, to: kind("to")?, spec: value.to_json() })
}

fn members<'a>(value: ValueRef<'a>, place: &str) -> Result<Vec<(String, ValueRef<'a>)>> {
    if !value.is_object() {
        return Err(invalid(&(place.to_owned(), value.span()), "the member is an object"));
    }
    let member = |(key, value): (ValueRef<'a>, ValueRef<'a>)| {
        let name = key.as_str().map(|name| name.into_owned());
        let wrong = || invalid(&(place.to_owned(), key.span()), "a path is Unicode text");
        Ok((name.ok_or_else(wrong)?, value))
    };
    value.members().map(member).collect()
}

fn list<'a>(value: ValueRef<'a>, place: &str) -> Result<Vec<ValueRef<'a>>> {
    if !value.is_array() {
        return Err(invalid(&(place.to_owned(), value.span()), "the member is a list"));
    }
    Ok(value.items().collect())
}

fn text(value: ValueRef<'_>, place: &(String, Span)) -> Result<String> {
    let text = value.as_str().map(|text| text.into_owned());
    text.ok_or_else(|| invalid(place, "a text is asked for"))
}

fn texts(value: ValueRef<'_>, place: &(String, Span)) -> Result<Vec<String>> {
    if value.is_array() {
        value.items().map(|item| text(item, place)).collect()
    } else {
        Ok(vec![text(value, place)?])
    }
}
