//! Reading what was remembered of an object: from entries that nobody vouches for to members of its containers.

use super::placement::Piece;
use crate::diagnostic::Result;
use crate::lens::frame::{Entry, Mem, Ordered, WAS_ABSENT, WAS_EXPLICIT, WAS_NULL, What, corrupt};
use crate::lens::machine::{Machine, ObjectRule, Rule, SlotRole};
use crate::ordered::{BTreeMap, BTreeSet};
use crate::value::{ValueRef, string};
use std::collections::VecDeque;

/// A member that the view does not bring.
#[derive(Clone, Copy)]
pub(super) enum Recollection<'b> {
    /// A declared one that was dropped.
    Drop(u32, &'b [u8]),
    /// An undeclared one: name, value.
    Shadow(&'b [u8], &'b [u8]),
    /// A linked one that was `null`.
    Null(u32),
    /// A list whose head the view has, or has not.
    Head(u32, &'b [u8]),
    /// An undeclared one that the view may show as a declared one.
    Adopted(&'b [u8]),
    /// A dissolved container.
    Shell(u32),
}

/// What is remembered of one source container.
#[derive(Default)]
pub(super) struct Page<'b> {
    /// With the number of members that stood before.
    pub(super) recalled: Vec<(u32, Recollection<'b>)>,
    pub(super) dropped: BTreeSet<u32>,
    links: BTreeMap<u32, Mem<'b>>,
    states: BTreeMap<u32, u8>,
    keys: BTreeMap<u32, &'b [u8]>,
    passed: BTreeMap<Vec<u8>, VecDeque<Mem<'b>>>,
    pub(super) order: Vec<Ordered<'b>>,
    /// It had a frame of its own, or is known to have been there.
    is_shell: bool,
}

/// Token and value of a member.
type Adopted = (Vec<u8>, Vec<u8>);

/// What is remembered of an object, container by container.
pub(super) struct Recall<'b> {
    pages: Vec<Page<'b>>,
    /// Members of the view that were adopted, by container and name: their token and value.
    adopted: BTreeMap<(u32, Vec<u8>), Option<Adopted>>,
}

impl<'b> Recall<'b> {
    /// Reads the memory of an object under a rule.
    ///
    /// # Errors
    /// `complement-corrupt` where it is of something else.
    pub(super) fn read(machine: &Machine, rule: &ObjectRule, mem: Mem<'b>) -> Result<Recall<'b>> {
        let mut recall =
            Recall { pages: rule.source.iter().map(|_| Page::default()).collect(), adopted: BTreeMap::new() };
        let mut open = vec![(0u32, mem)];
        while let Some((container, mem)) = open.pop() {
            let entries = match mem {
                Mem::Nothing => continue,
                Mem::Frame(entries) => entries,
                _ => return Err(corrupt("an object has another kind of memory")),
            };
            for entry in entries {
                if let Some((inner, mem)) = recall.entry(machine, rule, container, entry?)? {
                    open.push((inner, mem));
                }
            }
        }
        Ok(recall)
    }

    pub(super) fn page(&self, container: u32) -> Option<&Page<'b>> {
        self.pages.get(container as usize)
    }

    /// The remembered spelling of a declared name.
    pub(super) fn key(&self, container: u32, slot: u32) -> Option<&'b [u8]> {
        self.page(container)?.keys.get(&slot).copied()
    }

    pub(super) fn link(&self, container: u32, slot: u32) -> Mem<'b> {
        self.page(container).and_then(|page| page.links.get(&slot).copied()).unwrap_or(Mem::Nothing)
    }

    pub(super) fn state(&self, container: u32, slot: u32) -> u8 {
        self.page(container).and_then(|page| page.states.get(&slot).copied()).unwrap_or(0)
    }

    /// Whether a linked member is remembered as one that a condition left out.
    pub(super) fn left_out(&self, container: u32, slot: u32) -> bool {
        self.page(container).is_some_and(|page| page.dropped.contains(&slot))
    }

    pub(super) fn is_shell(&self, container: u32) -> bool {
        self.page(container).is_some_and(|page| page.is_shell)
    }

    /// The memory of an undeclared member: of the k-th of a name for the k-th.
    pub(super) fn pass(&mut self, container: u32, name: &[u8]) -> Mem<'b> {
        let page = self.pages.get_mut(container as usize);
        page.and_then(|page| page.passed.get_mut(name)?.pop_front()).unwrap_or(Mem::Nothing)
    }

    /// The view shows a member with the value that the lens fills: it is kept if it was adopted.
    pub(super) fn adopt(&mut self, container: u32, key: ValueRef<'_>, value: ValueRef<'_>) {
        if let Some(shown) = self.adopted.get_mut(&(container, key.decoded().into_owned())) {
            *shown = Some((key.raw().to_vec(), value.raw().to_vec()));
        }
    }

    /// Token and value of a member that was adopted, if the view shows it unchanged.
    pub(super) fn shown(&self, container: u32, name: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        self.adopted.get(&(container, string::decode(name).into_owned())).cloned().flatten()
    }

    /// Files one entry; a container that is opened by it, with its memory.
    fn entry(
        &mut self,
        machine: &Machine,
        rule: &ObjectRule,
        container: u32,
        entry: Entry<'b>,
    ) -> Result<Option<(u32, Mem<'b>)>> {
        let declared = rule.source.get(container as usize);
        let slot_of = |slot: u32| {
            declared
                .and_then(|declared| declared.slots.get(slot as usize))
                .ok_or_else(|| corrupt("there is no such member"))
        };
        let mut opened = None;
        let at = entry.at;
        let once = |fresh: bool| if fresh { Ok(()) } else { Err(corrupt("a member is remembered twice")) };
        if let What::Shell { slot, mem } = entry.what {
            let SlotRole::Container(inner) = slot_of(slot)?.role else {
                return Err(corrupt("a member is no opened container"));
            };
            let page = self.pages.get_mut(inner as usize);
            once(page.is_some_and(|page| !std::mem::replace(&mut page.is_shell, true)))?;
            opened = Some((inner, mem));
        }
        let Some(page) = self.pages.get_mut(container as usize) else { return Ok(opened) };
        match entry.what {
            What::Shell { .. } => {
                let dissolved = |inner: u32| {
                    rule.source.get(inner as usize).is_some_and(|inner| inner.counterpart.is_none())
                };
                if let Some((inner, _)) = opened.filter(|(inner, _)| dissolved(*inner)) {
                    page.recalled.push((at, Recollection::Shell(inner)));
                }
            }
            What::Drop { slot, raw } => {
                let fits = match slot_of(slot)?.role {
                    SlotRole::Alone { .. } | SlotRole::Input { .. } => true,
                    SlotRole::Container(inner) => {
                        raw == b"null" && rule.source.get(inner as usize).is_some_and(|inner| inner.nullable)
                    }
                    SlotRole::Link(link) => {
                        rule.links.get(link as usize).is_some_and(|link| link.survives.is_some())
                    }
                    SlotRole::Output { .. } => false,
                };
                if !fits {
                    return Err(corrupt("a member is not one that is dropped"));
                }
                once(page.dropped.insert(slot))?;
                page.recalled.push((at, Recollection::Drop(slot, raw)));
            }
            What::Shadow { name, raw } => {
                token(name)?;
                if declared.is_some_and(|declared| declared.slot_named(&string::decode(name)).is_some()) {
                    return Err(corrupt("a declared member is remembered as an undeclared one"));
                }
                page.recalled.push((at, Recollection::Shadow(name, raw)));
            }
            What::Link { slot, mem } => {
                let SlotRole::Link(link) = slot_of(slot)?.role else {
                    return Err(corrupt("a member does not go to the view"));
                };
                let state = rule.links.get(link as usize).map(|link| machine.state(link.state));
                if let (Some(Rule::Head(_)), Mem::Text(raw)) = (state.map(|state| &state.rule), mem) {
                    page.recalled.push((at, Recollection::Head(slot, raw)));
                }
                once(page.links.insert(slot, mem).is_none())?;
            }
            What::State { slot, bits } => {
                let fits = match (&slot_of(slot)?.role, bits) {
                    (SlotRole::Link(link), WAS_NULL) => {
                        page.recalled.push((at, Recollection::Null(slot)));
                        rule.links.get(*link as usize).is_some_and(|link| link.null_absent)
                    }
                    (SlotRole::Link(_), WAS_EXPLICIT) | (SlotRole::Container(_), WAS_ABSENT) => true,
                    _ => false,
                };
                if !fits {
                    return Err(corrupt("a member has a state that it cannot have had"));
                }
                once(page.states.insert(slot, bits).is_none())?;
            }
            What::Adopted { name } => {
                token(name)?;
                let name_of = (container, string::decode(name).into_owned());
                if declared.is_some_and(|declared| declared.reserves(&name_of.1)) {
                    return Err(corrupt("a member is not one that is adopted"));
                }
                once(self.adopted.insert(name_of, None).is_none())?;
                page.recalled.push((at, Recollection::Adopted(name)));
            }
            What::Key { slot, name } => {
                token(name)?;
                if !string::equals(name, slot_of(slot)?.name.as_bytes()) {
                    return Err(corrupt("the spelling of a name is of another name"));
                }
                once(page.keys.insert(slot, name).is_none())?;
            }
            What::Passed { name, mem } => {
                token(name)?;
                page.passed.entry(string::decode(name).into_owned()).or_default().push_back(mem);
            }
            What::Order(order) => page.order = order.collect::<Result<_>>()?,
        }
        Ok(opened)
    }
}

/// Refuses what is no JSON string.
fn token(name: &[u8]) -> Result<()> {
    let is_token = name.first() == Some(&b'"')
        && std::str::from_utf8(name).is_ok()
        && string::scan(name, 0).is_ok_and(|end| end == name.len());
    if is_token { Ok(()) } else { Err(corrupt("a name is no JSON string")) }
}

/// Puts the members that an ORDER names first, in its order.
pub(super) fn reorder<'r>(
    members: Vec<Piece<'r>>,
    order: &[Ordered<'_>],
    key: impl Fn(&Piece<'r>) -> Option<Result<u32, Vec<u8>>>,
) -> Vec<Piece<'r>> {
    if order.is_empty() {
        return members;
    }
    let mut left: Vec<Option<Piece<'r>>> = Vec::with_capacity(members.len());
    let mut places: BTreeMap<Result<u32, Vec<u8>>, VecDeque<usize>> = BTreeMap::new();
    for (index, member) in members.into_iter().enumerate() {
        if let Some(key) = key(&member) {
            places.entry(key).or_default().push_back(index);
        }
        left.push(Some(member));
    }
    let mut ordered = Vec::with_capacity(left.len());
    for member in order {
        let key = match member {
            Ordered::Slot(slot) => Ok(*slot),
            Ordered::Name(name) => Err(name.to_vec()),
        };
        let place = places.get_mut(&key).and_then(VecDeque::pop_front);
        ordered.extend(place.and_then(|place| left.get_mut(place)?.take()));
    }
    ordered.extend(left.into_iter().flatten());
    ordered
}
