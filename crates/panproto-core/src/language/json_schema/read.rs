//! Reading one schema object: each keyword to its place, shapes checked.

use super::build::Build;
use super::dialect::{Dialect, Keyword, keyword};
use super::model::{Additional, Item, Own, Part, Reading};
use super::scan::{BASE, Place, Target};
use super::uri;
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::name::Name;
use crate::ordered::BTreeMap;
use crate::schema::{Constraint, Sort, TypeSet};
use crate::value::{Json, JsonKind, ValueRef};

/// How many diagnostics get a pointer that has to be searched for; those after them name the schema around.
const EXACT_POINTERS: usize = 256;

type Members<'t> = Vec<(Box<str>, ValueRef<'t>)>;

impl<'t> Build<'t, '_> {
    /// Reads the schema at a place.
    pub(super) fn read(&mut self, place: Place<'t>) -> Result<Reading<'t>> {
        self.budget.spend(1 + place.value.len() as u64)?;
        let mut reading = Reading::default();
        match place.value.kind() {
            JsonKind::Object => {}
            JsonKind::Bool => {
                if place.value.as_bool() == Some(false) {
                    let own = Own { never: true, ..Own::default() };
                    reading.items.push(Item::Own(Box::new(own)));
                }
                return Ok(reading);
            }
            kind => {
                self.shape(
                    place,
                    place.value,
                    format!("a schema is an object or a boolean, not a {}", kind.as_str()),
                );
                return Ok(reading);
            }
        }
        let dialect = self.index.dialect(place.document);
        let declared = self.is_declared(place.document);
        let members = self.members(place, place.value);
        let find = |name: &str| members.iter().find(|(key, _)| **key == *name).map(|(_, value)| *value);
        let alone = dialect.reference_stands_alone() && find("$ref").is_some();
        let mut own = Own::default();
        let (mut references, mut arms, mut unions) = (Vec::new(), Vec::new(), Vec::new());
        for (name, value) in &members {
            let (name, value) = (&**name, *value);
            let class = keyword(name, dialect, declared);
            let outside = matches!(
                class,
                Keyword::Ref
                    | Keyword::Definitions
                    | Keyword::Schema
                    | Keyword::Default
                    | Keyword::Description
                    | Keyword::Annotation
                    | Keyword::Unknown
                    | Keyword::Anchor
            );
            if alone && !outside {
                reading.notes.extra.push((Name::new(name), value.to_json()));
                reading.notes.void = true;
                if class != Keyword::Id {
                    let text = format!("`{name}` beside `$ref` is ignored in {}", dialect.name());
                    let note = Diagnostic::new(ErrorKind::Schema, "ref-sibling-ignored", text).note();
                    self.report(note, place, value, name);
                }
                continue;
            }
            let mut verbatim = false;
            match class {
                Keyword::Type => own.types = self.read_types(place, value),
                Keyword::Constraint(sort) => {
                    verbatim = !self.read_constraint(place, value, sort, &mut own);
                }
                Keyword::ExclusiveBound(sort) => match value.as_bool() {
                    None => verbatim = !self.read_constraint(place, value, sort, &mut own),
                    // Before draft-06 it was a flag on the bound.
                    Some(flag) => {
                        let bound = find(if sort == Sort::ExclusiveMinimum { "minimum" } else { "maximum" });
                        verbatim = !flag || bound.is_none();
                    }
                },
                Keyword::Properties => own.props = self.read_named(place, value, name),
                Keyword::PatternProperties => own.patterns = self.read_named(place, value, name),
                Keyword::AdditionalProperties => own.additional = self.read_additional(place, value),
                Keyword::Required => verbatim = !self.read_required(place, value, &mut own),
                Keyword::Items if value.is_array() => {
                    own.prefix = self.read_list(place, value);
                    if dialect.has_prefix_items() && declared {
                        let text =
                            "a list of schemas in `items` is of older drafts; it is read as `prefixItems`";
                        let warning = Diagnostic::new(ErrorKind::Schema, "keyword-of-other-draft", text);
                        self.report(warning.warning(), place, value, name);
                    }
                }
                Keyword::Items => own.items = Some(vec![Part::Schema(self.child(place, value))]),
                Keyword::PrefixItems => {
                    if self.require(place, value, JsonKind::Array, name) {
                        own.prefix = self.read_list(place, value);
                    }
                }
                Keyword::AdditionalItems => {
                    if find("items").is_some_and(ValueRef::is_array) {
                        own.items = Some(vec![Part::Schema(self.child(place, value))]);
                    } else {
                        verbatim = true;
                    }
                }
                Keyword::Ref => match self.read_reference(place, value) {
                    Some(item) => references.push(item),
                    None => continue,
                },
                Keyword::AllOf => {
                    if self.require_some(place, value, name) {
                        let places = value.items().map(|item| self.child(place, item));
                        arms.extend(places.map(|place| Item::Arm(Part::Schema(place))));
                    }
                }
                Keyword::AnyOf | Keyword::OneOf => {
                    if !self.require_some(place, value, name) {
                        continue;
                    }
                    if self.only_restricts(place, value) {
                        reading.notes.extra.push((Name::new(name), value.to_json()));
                        reading.notes.tainted = true;
                        self.not_modelled(place, value, name, true);
                        continue;
                    }
                    let arms = value.items().map(|item| self.child(place, item)).collect();
                    unions.push(Item::Union { arms, exclusive: class == Keyword::OneOf });
                }
                Keyword::Not if is_everything(value) && !self.index.is_referenced(place.with(value)) => {
                    own.never = true;
                }
                Keyword::Definitions => {
                    if self.require(place, value, JsonKind::Object, name) {
                        let members = self.members(place, value);
                        let places =
                            members.into_iter().map(|(name, value)| (name, self.child(place, value)));
                        let places = places.collect();
                        reading.notes.definitions.push((name.into(), places));
                    }
                }
                Keyword::Id => {
                    if !self.require(place, value, JsonKind::String, name) || self.is_root(place) {
                        continue;
                    }
                    reading.notes.embedded = value.as_str().is_some_and(|id| !id.starts_with('#'));
                    if reading.notes.embedded && !self.has_absolute_id(place.document) {
                        let text =
                            format!("`{}` is resolved and not kept: the document has no id", value.raw_str());
                        let note = Diagnostic::new(ErrorKind::Schema, "identifier-resolved", text).note();
                        self.report(note, place, value, name);
                        continue;
                    }
                    verbatim = true;
                }
                Keyword::Schema => {
                    if self.is_root(place) {
                        continue;
                    }
                    verbatim = true;
                }
                Keyword::Anchor | Keyword::Annotation => verbatim = true,
                Keyword::Default => reading.notes.default = Some(value.to_json()),
                Keyword::Description => match value.as_str() {
                    Some(text) => reading.notes.doc = Some(text.into()),
                    None => verbatim = true,
                },
                Keyword::Not | Keyword::Restriction => {
                    verbatim = true;
                    reading.notes.tainted = true;
                    self.not_modelled(place, value, name, true);
                }
                Keyword::Unknown => {
                    verbatim = true;
                    self.not_modelled(place, value, name, false);
                }
            }
            if verbatim {
                if name == "required" {
                    reading.notes.tainted = true;
                    self.not_modelled(place, value, name, true);
                }
                reading.notes.extra.push((Name::new(name), value.to_json()));
            }
        }
        for (flag, bound, sort) in [
            ("exclusiveMinimum", Sort::Minimum, Sort::ExclusiveMinimum),
            ("exclusiveMaximum", Sort::Maximum, Sort::ExclusiveMaximum),
        ] {
            if !alone && find(flag).and_then(ValueRef::as_bool) == Some(true) {
                for constraint in own.constraints.iter_mut().filter(|constraint| constraint.sort == bound) {
                    constraint.sort = sort;
                }
            }
        }
        if !own.is_empty() {
            reading.items.push(Item::Own(Box::new(own)));
        }
        reading.items.extend(references);
        reading.items.extend(arms);
        reading.items.extend(unions);
        Ok(reading)
    }

    /// The members of an object, each name once (the last one counts).
    pub(super) fn members(&mut self, place: Place<'t>, object: ValueRef<'t>) -> Members<'t> {
        let mut out: Members<'t> = Vec::with_capacity(object.len());
        let mut seen: BTreeMap<Box<str>, usize> = BTreeMap::new();
        for (key, value) in object.members() {
            let Some(name) = key.as_str() else {
                self.shape(place, key, "a name with a lone surrogate".into());
                continue;
            };
            let name: Box<str> = name.into();
            if let Some(slot) = seen.get(&name).and_then(|at| out.get_mut(*at)) {
                slot.1 = value;
                let text = format!("member `{name}` stands there twice; the last one counts");
                let warning = Diagnostic::new(ErrorKind::Schema, "duplicate-member", text).warning();
                self.report(warning, place, value, "");
                continue;
            }
            seen.insert(name.clone(), out.len());
            out.push((name, value));
        }
        out
    }

    /// A schema inside the schema at `place`.
    pub(super) fn child(&self, place: Place<'t>, value: ValueRef<'t>) -> Place<'t> {
        self.index.entered(place.with(value))
    }

    fn read_named(&mut self, place: Place<'t>, value: ValueRef<'t>, name: &str) -> super::model::Named<'t> {
        if !self.require(place, value, JsonKind::Object, name) {
            return Vec::new();
        }
        let members = self.members(place, value);
        let part = |(name, value)| (name, vec![Part::Schema(self.child(place, value))]);
        members.into_iter().map(part).collect()
    }

    fn read_list(&self, place: Place<'t>, value: ValueRef<'t>) -> Vec<Vec<Part<'t>>> {
        value.items().map(|item| vec![Part::Schema(self.child(place, item))]).collect()
    }

    fn read_additional(&mut self, place: Place<'t>, value: ValueRef<'t>) -> Additional<'t> {
        let child = self.child(place, value);
        if self.index.is_referenced(child) {
            return Additional::Schema(vec![Part::Schema(child)]);
        }
        match value.as_bool() {
            Some(false) => Additional::Closed,
            Some(true) => Additional::Open,
            None if is_everything(value) => Additional::Open,
            None => Additional::Schema(vec![Part::Schema(child)]),
        }
    }

    /// `false` where the value is a flag, as in draft-03.
    fn read_required(&mut self, place: Place<'t>, value: ValueRef<'t>, own: &mut Own<'t>) -> bool {
        if value.kind() == JsonKind::Bool {
            return false;
        }
        if self.require(place, value, JsonKind::Array, "required") {
            for item in value.items() {
                match item.as_str() {
                    Some(name) => own.required.push(name.into()),
                    None => self.shape(place, item, "`required` lists names".into()),
                }
            }
            let mut seen = crate::ordered::BTreeSet::new();
            own.required.retain(|name| seen.insert(name.clone()));
        }
        true
    }

    fn read_types(&mut self, place: Place<'t>, value: ValueRef<'t>) -> Option<TypeSet> {
        let mut types = TypeSet::NONE;
        let single = (value.kind() == JsonKind::String).then_some(value);
        if single.is_none() && (!value.is_array() || value.is_empty()) {
            self.shape(place, value, "`type` is a name or a list of names".into());
            return None;
        }
        for item in single.into_iter().chain(value.items()) {
            match item.as_str().as_deref().and_then(type_named) {
                Some(one) => types = types | one,
                None => {
                    let text = format!("{} is no type", item.raw_str());
                    self.shape(place, item, text);
                }
            }
        }
        Some(types)
    }

    /// `false` where the keyword says nothing, and is only kept.
    fn read_constraint(
        &mut self,
        place: Place<'t>,
        value: ValueRef<'t>,
        sort: Sort,
        own: &mut Own<'t>,
    ) -> bool {
        let name = sort.as_str();
        let json = match sort {
            Sort::Const => value.to_json(),
            Sort::Enum => {
                if !self.require(place, value, JsonKind::Array, name) {
                    return true;
                }
                value.to_json()
            }
            Sort::Pattern | Sort::Format => {
                if !self.require(place, value, JsonKind::String, name) {
                    return true;
                }
                value.to_json()
            }
            Sort::UniqueItems => {
                if !self.require(place, value, JsonKind::Bool, name) {
                    return true;
                }
                if value.as_bool() == Some(false) {
                    return false;
                }
                value.to_json()
            }
            Sort::Minimum | Sort::Maximum | Sort::ExclusiveMinimum | Sort::ExclusiveMaximum => {
                if !self.require(place, value, JsonKind::Number, name) {
                    return true;
                }
                value.to_json()
            }
            Sort::MultipleOf => {
                if !self.require(place, value, JsonKind::Number, name) {
                    return true;
                }
                if value.raw_str().parse::<f64>().is_ok_and(|number| number <= 0.0) {
                    self.shape(place, value, "`multipleOf` is greater than zero".into());
                }
                value.to_json()
            }
            _ => match count(value) {
                Some(count) => count,
                None => {
                    self.shape(place, value, format!("`{name}` is a count"));
                    return true;
                }
            },
        };
        let asserted = sort == Sort::Format && self.assert_format;
        let sort = if asserted { Sort::AssertedFormat } else { sort };
        own.constraints.push(Constraint::new(sort, json));
        true
    }

    fn read_reference(&mut self, place: Place<'t>, value: ValueRef<'t>) -> Option<Item<'t>> {
        let Some(text) = value.as_str() else {
            self.require(place, value, JsonKind::String, "$ref");
            return None;
        };
        match self.index.resolve(place.resource, &text) {
            Target::Place(target) => Some(Item::Reference(target)),
            Target::External(uri) => {
                let message = format!("`{text}` is in no document that was given");
                let warning = Diagnostic::new(ErrorKind::Schema, "external-not-loaded", message)
                    .help("give the document too, or accept that verdicts over it are unknown")
                    .warning();
                self.report(warning, place, value, "$ref");
                let uri = uri.strip_prefix(BASE).map(str::to_owned).unwrap_or(uri);
                // The base of a schema inside of another one may not be printed back.
                let at_root =
                    self.index.root(place.document).is_some_and(|root| root.resource == place.resource);
                let text = if at_root { value.to_json() } else { Json::string(&uri) };
                Some(Item::External(uri, text))
            }
            Target::Missing => {
                let message = format!("`{text}` names nothing");
                let error = Diagnostic::new(ErrorKind::Schema, "missing-definition", message);
                self.report(error, place, value, "$ref");
                None
            }
        }
    }

    /// Whether every arm only restricts (`required`, `not`): such arms are constraints, not variants.
    fn only_restricts(&self, place: Place<'t>, arms: ValueRef<'t>) -> bool {
        let dialect = self.index.dialect(place.document);
        arms.items().all(|arm| {
            let mut restricts = false;
            arm.is_object()
                && !self.index.is_referenced(place.with(arm))
                && arm.members().all(|(key, _)| {
                    let class = key.as_str().map(|name| keyword(&name, dialect, true));
                    let restriction = matches!(class, Some(Keyword::Required | Keyword::Not));
                    restricts |= restriction;
                    restriction || matches!(class, Some(Keyword::Annotation | Keyword::Description))
                })
                && restricts
        })
    }

    pub(super) fn is_root(&self, place: Place<'t>) -> bool {
        self.index.root(place.document).is_some_and(|root| root.key() == place.key())
    }

    /// Whether the root's id begins with a scheme. Only then can schemas with ids of their own be printed back:
    /// references in them need a way out.
    fn has_absolute_id(&self, document: u32) -> bool {
        let keyword = self.index.dialect(document).id_keyword();
        let root = self.index.root(document);
        root.and_then(|root| root.value.get(keyword)?.as_str()).is_some_and(|id| uri::is_absolute(&id))
    }

    fn require(&mut self, place: Place<'t>, value: ValueRef<'t>, kind: JsonKind, name: &str) -> bool {
        if value.kind() != kind {
            let text = format!("`{name}` is a {}, not a {}", kind.as_str(), value.kind().as_str());
            self.shape(place, value, text);
            return false;
        }
        true
    }

    fn require_some(&mut self, place: Place<'t>, value: ValueRef<'t>, name: &str) -> bool {
        if self.require(place, value, JsonKind::Array, name) && value.is_empty() {
            self.shape(place, value, format!("`{name}` lists at least one schema"));
        }
        value.is_array() && !value.is_empty()
    }

    fn not_modelled(&mut self, place: Place<'t>, value: ValueRef<'t>, name: &str, restricts: bool) {
        let text = format!("`{name}` is kept as it is written; the engine does not interpret it");
        let diagnostic = Diagnostic::new(ErrorKind::Schema, "keyword-not-modelled", text);
        let diagnostic = if restricts {
            diagnostic.help("verdicts over this part of the schema are unknown where it differs").warning()
        } else {
            diagnostic.note()
        };
        self.report(diagnostic, place, value, name);
    }

    fn shape(&mut self, place: Place<'t>, value: ValueRef<'t>, text: String) {
        self.report(Diagnostic::new(ErrorKind::Schema, "schema-shape", text), place, value, "");
    }

    /// Adds a diagnostic about a value in the schema at `place`, once.
    pub(super) fn report(
        &mut self,
        diagnostic: Diagnostic,
        place: Place<'t>,
        value: ValueRef<'t>,
        name: &str,
    ) {
        let start = value.span().start;
        if self.reported.insert((diagnostic.code, place.document, start)) {
            let mut pointer = self.index.pointer(place.key());
            if !name.is_empty() {
                uri::push_token(&mut pointer, name);
            } else if self.diagnostics.len() < EXACT_POINTERS {
                pointer = self.index.pointer_of_value((place.document, start)).unwrap_or(pointer);
            }
            let span = value.span();
            let document = place.document as usize;
            self.diagnostics.push(diagnostic.at(pointer).spanning(span).in_document(document));
        }
    }
}

/// Whether a schema admits every value, and says nothing else.
pub(super) fn is_everything(value: ValueRef<'_>) -> bool {
    value.as_bool() == Some(true) || (value.is_object() && value.is_empty())
}

/// The set of a type's values.
pub(super) fn type_named(name: &str) -> Option<TypeSet> {
    Some(match name {
        "null" => TypeSet::NULL,
        "boolean" => TypeSet::BOOLEAN,
        "integer" => TypeSet::INTEGER,
        "number" => TypeSet::NUMBER,
        "string" => TypeSet::STRING,
        "array" => TypeSet::ARRAY,
        "object" => TypeSet::OBJECT,
        _ => return None,
    })
}

/// The set that a value's type is.
pub(super) fn type_of(value: ValueRef<'_>) -> TypeSet {
    match value.kind() {
        JsonKind::Null => TypeSet::NULL,
        JsonKind::Bool => TypeSet::BOOLEAN,
        // A number that looks like a fraction may be integral (`1.0`): the wider set is exact enough, since the
        // value itself is still compared.
        JsonKind::Number if value.as_i64().is_some() => TypeSet::INTEGER,
        JsonKind::Number => TypeSet::NUMBER,
        JsonKind::String => TypeSet::STRING,
        JsonKind::Array => TypeSet::ARRAY,
        JsonKind::Object => TypeSet::OBJECT,
    }
}

/// A non-negative whole number, in plain digits (`2.0` is 2).
fn count(value: ValueRef<'_>) -> Option<Json> {
    if value.as_u64().is_some() {
        return Some(value.to_json());
    }
    let number: f64 = (value.kind() == JsonKind::Number).then(|| value.raw_str().parse().ok()).flatten()?;
    let whole = number >= 0.0 && number.fract() == 0.0 && number < 9_007_199_254_740_992.0;
    whole.then(|| Json::parse(&format!("{}", number as u64)).ok()).flatten()
}

/// Whether a dialect's documents take `dialect` at their word.
pub(super) fn dialect_of(root: ValueRef<'_>, default: Dialect) -> (Dialect, Option<bool>) {
    match root.get("$schema").and_then(ValueRef::as_str) {
        None => (default, None),
        Some(uri) => match Dialect::from_uri(&uri) {
            Some(dialect) => (dialect, Some(true)),
            None => (default, Some(false)),
        },
    }
}
