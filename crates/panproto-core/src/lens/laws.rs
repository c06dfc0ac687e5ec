//! The laws of lenses, checked on one record or one view.

use super::coerce;
use super::engine::{Direction, Engine};
use super::evaluate::view_of;
use super::machine::{Container, Link, Machine, ObjectRule, Place, Rule, SlotRole, StateId};
use super::note::Note;
use crate::diagnostic::{Error, Result};
use crate::limits::Limits;
use crate::name::Name;
use crate::ordered::BTreeMap;
use crate::value::{Json, Tree, ValueRef, equal, equal_text};

/// Whether a law held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Law {
    /// It did.
    Held,
    /// It did not.
    Broken {
        /// What should have come.
        expected: Vec<u8>,
        /// What came.
        found: Vec<u8>,
    },
    /// A step that the law speaks of failed. For `create` this is no breach: the view may lack what the source needs.
    Refused(Error),
}

impl Law {
    /// Whether it held.
    pub fn held(&self) -> bool {
        *self == Law::Held
    }

    fn of(held: bool, expected: &[u8], found: &[u8]) -> Law {
        if held { Law::Held } else { Law::Broken { expected: expected.to_vec(), found: found.to_vec() } }
    }
}

/// What the laws say of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LawReport {
    /// `put(get(s)) ≡ s`: the same tokens in the same order.
    pub get_put: Law,
    /// `get(put(v, c)) ≈ v` for the record's own view.
    pub put_get: Law,
    /// `get(create(v)) ≈ v`.
    pub create_get: Law,
}

impl LawReport {
    /// Whether no law was broken. A `create` that was refused breaks none.
    pub fn held(&self) -> bool {
        self.get_put.held() && self.put_get.held() && matches!(self.create_get, Law::Held | Law::Refused(_))
    }
}

/// Checks the laws of a machine on a record.
///
/// # Errors
/// That of `get`, where the record has no view.
pub fn check_laws(engine: &mut impl Engine, machine: &Machine, record: &[u8]) -> Result<LawReport> {
    check_laws_with(engine, &Fills::of(machine), record)
}

/// Checks the laws of a lens on a record; `fills` are those of its machine, or of its stages.
///
/// # Errors
/// That of `get`, where the record has no view.
pub fn check_laws_with(engine: &mut impl Engine, fills: &Fills, record: &[u8]) -> Result<LawReport> {
    let (mut view, mut body) = (Vec::new(), Vec::new());
    engine.get(record, &mut view, Some(&mut body))?;
    let mut notes: Vec<Note> = Vec::new();
    let mut back = Vec::new();
    let get_put = match engine.put(&view, Some(&body), &mut back, &mut notes) {
        Ok(()) => Law::of(same_tokens(record, &back), record, &back),
        Err(error) => Law::Refused(error),
    };
    Ok(LawReport {
        get_put,
        put_get: put_get(engine, fills, &view, Some(&body)),
        create_get: put_get(engine, fills, &view, None),
    })
}

/// Checks `get(put(v, c)) ≈ v` for any view and the body of any complement of the lens; without one
/// `get(create(v)) ≈ v`.
pub fn put_get(engine: &mut impl Engine, fills: &Fills, view: &[u8], body: Option<&[u8]>) -> Law {
    let mut record = Vec::new();
    if let Err(error) = engine.put(view, body, &mut record, &mut Vec::new()) {
        return Law::Refused(error);
    }
    let mut again = Vec::new();
    match engine.get(&record, &mut again, None) {
        Ok(()) => Law::of(fills.same_view(view, &again), view, &again),
        Err(error) => Law::Broken { expected: view.to_vec(), found: error.to_string().into_bytes() },
    }
}

/// Whether two texts are the same tokens in the same order (≡).
pub fn same_tokens(left: &[u8], right: &[u8]) -> bool {
    let limits = Limits { depth: u32::MAX, record_bytes: u64::MAX, ..Limits::DEFAULT };
    match (Tree::parse(left, &limits), Tree::parse(right, &limits)) {
        (Ok(left), Ok(right)) => left.root().to_json() == right.root().to_json(),
        _ => false,
    }
}

/// The values that a lens fills into views: a view without such a member is the same view (≈).
#[derive(Clone, Debug, Default)]
pub struct Fills {
    values: BTreeMap<Name, Vec<Json>>,
}

impl Fills {
    /// Those of a machine.
    pub fn of(machine: &Machine) -> Fills {
        let mut fills = Fills::default();
        for state in &machine.states {
            let Rule::Object(rule) = &state.rule else { continue };
            for slot in rule.target.iter().flat_map(|container| &container.slots) {
                let fill = match &slot.role {
                    SlotRole::Alone { fill } | SlotRole::Output { fill, .. } => fill.as_ref(),
                    SlotRole::Link(link) => rule.links.get(*link as usize).and_then(|link| {
                        // What the source has where the view has nothing comes back as its view.
                        let computed = link
                            .unfill
                            .as_ref()
                            .and_then(|value| shown(machine, link.state, value.tree().root(), 32))
                            .and_then(|text| Json::parse(&text).ok());
                        for value in link.unfill.iter().flat_map(views).chain(computed) {
                            fills.values.entry(slot.name.clone()).or_default().push(value);
                        }
                        // A view without it gets what the source gets in its place.
                        link.fill.as_ref().or(link.unfill.as_ref())
                    }),
                    SlotRole::Container(_) | SlotRole::Input { .. } => None,
                };
                if let Some(fill) = fill {
                    fills.values.entry(slot.name.clone()).or_default().push(fill.clone());
                }
            }
        }
        fills
    }

    /// Whether a machine fills a member of which the stages before it do so too.
    pub fn meet(&self, machine: &Machine) -> bool {
        let filled = |rule: &ObjectRule, link: &Link| {
            let slots = rule.source.get(link.source.container as usize).map(|container| &container.slots);
            let slot = slots.and_then(|slots| slots.get(link.source.slot as usize));
            link.fill.is_some() && slot.is_some_and(|slot| self.values.contains_key(&slot.name))
        };
        machine.states.iter().any(|state| match &state.rule {
            Rule::Object(rule) => rule.links.iter().any(|link| filled(rule, link)),
            _ => false,
        })
    }

    /// What these values are in the views of a machine, and what the machine fills itself.
    pub fn through(&self, machine: &Machine) -> Fills {
        let mut fills = Fills::of(machine);
        let mut carry = |from: &Name, to: &Name| {
            for value in self.values.get(from).into_iter().flatten().flat_map(views) {
                let values = fills.values.entry(to.clone()).or_default();
                if !values.contains(&value) {
                    values.push(value);
                }
            }
        };
        for name in self.values.keys() {
            carry(name, name);
        }
        for state in &machine.states {
            let Rule::Object(rule) = &state.rule else { continue };
            let name = |containers: &[Container], place: Place| {
                let slots = containers.get(place.container as usize).map(|container| &container.slots);
                slots.and_then(|slots| slots.get(place.slot as usize)).map(|slot| slot.name.clone())
            };
            for link in &rule.links {
                let ends = (name(&rule.source, link.source), name(&rule.target, link.target));
                if let (Some(from), Some(to)) = ends
                    && from != to
                {
                    carry(&from, &to);
                }
            }
        }
        fills
    }

    /// Whether `again`, which the lens gave, is the same view as `view`, which it was given.
    pub fn same_view(&self, view: &[u8], again: &[u8]) -> bool {
        if equal_text(view, again) {
            return true;
        }
        let limits = Limits { depth: u32::MAX, record_bytes: u64::MAX, ..Limits::DEFAULT };
        let (Ok(view), Ok(again)) = (Tree::parse(view, &limits), Tree::parse(again, &limits)) else {
            return false;
        };
        let mut open = vec![(view.root(), again.root())];
        while let Some((view, again)) = open.pop() {
            if view.is_array() && again.is_array() && view.len() == again.len() {
                open.extend(view.items().zip(again.items()));
            } else if view.is_object() && again.is_object() {
                let Some(pairs) = self.members(view, again) else { return false };
                open.extend(pairs);
            } else if !equal(view, again) {
                return false;
            }
        }
        true
    }

    /// The members of two objects that have to be the same, by name and occurrence.
    fn members<'a>(
        &self,
        view: ValueRef<'a>,
        again: ValueRef<'a>,
    ) -> Option<Vec<(ValueRef<'a>, ValueRef<'a>)>> {
        let mut left: BTreeMap<Vec<u8>, Vec<ValueRef<'a>>> = BTreeMap::new();
        for (key, value) in view.members() {
            left.entry(key.decoded().into_owned()).or_default().push(value);
        }
        let mut pairs = Vec::with_capacity(view.len());
        for (key, value) in again.members() {
            let name = key.decoded();
            match left.get_mut(&*name) {
                Some(values) if !values.is_empty() => pairs.push((values.remove(0), value)),
                _ if self.fills(&name, value) => {}
                _ => return None,
            }
        }
        left.values().all(Vec::is_empty).then_some(pairs)
    }

    /// A member that the lens puts there by itself: a fill, or an object of nothing else.
    fn fills(&self, name: &[u8], value: ValueRef<'_>) -> bool {
        let mut open = vec![(name.to_vec(), value)];
        while let Some((name, value)) = open.pop() {
            if self.is_fill(&name, value) {
                continue;
            }
            if !value.is_object() {
                return false;
            }
            open.extend(value.members().map(|(key, value)| (key.decoded().into_owned(), value)));
        }
        true
    }

    fn is_fill(&self, name: &[u8], value: ValueRef<'_>) -> bool {
        let Some(values) = std::str::from_utf8(name).ok().and_then(|name| self.values.get(name)) else {
            return false;
        };
        values.iter().any(|fill| equal_text(fill.as_str().as_bytes(), value.raw()))
    }
}

/// What a value of the source is in a view, where that can be told from the rules for scalars and lists.
fn shown(machine: &Machine, state: StateId, value: ValueRef<'_>, depth: u32) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let state = machine.states.get(state.0 as usize)?;
    let raw = value.raw();
    match &state.rule {
        Rule::Apply(apply) => view_of(apply, &value.to_json()).map(|json| json.as_str().to_owned()),
        _ if raw == b"null" => Some("null".to_owned()),
        Rule::Copy { .. } => Some(value.to_json().as_str().to_owned()),
        Rule::Coerce { coercion, .. } => {
            let mut out = Vec::new();
            coerce::convert(*coercion, Direction::Forward, value.kind(), raw, &mut out).ok()?;
            String::from_utf8(out).ok()
        }
        Rule::Wrap(item) => Some(format!("[{}]", shown(machine, *item, value, depth)?)),
        Rule::Head(item) => shown(machine, *item, value.items().next()?, depth),
        Rule::Array(rule) if value.is_array() && rule.prefix.is_empty() => {
            let items: Option<Vec<String>> =
                value.items().map(|item| shown(machine, rule.items?, item, depth)).collect();
            Some(format!("[{}]", items?.join(",")))
        }
        _ => None,
    }
}

/// What a value of the source may be in a view: itself, in a list, or as a scalar of another type.
pub(super) fn views(value: &Json) -> impl Iterator<Item = Json> + use<> {
    let tree = value.tree();
    let root = tree.root();
    let other = match root.as_str() {
        Some(content) => Json::parse(&content).ok(),
        None if root.is_array() => root.items().next().map(ValueRef::to_json),
        None => Some(Json::string(value.as_str())),
    };
    let listed = Json::parse(&format!("[{value}]")).ok();
    [Some(value.clone()), other, listed].into_iter().flatten()
}
