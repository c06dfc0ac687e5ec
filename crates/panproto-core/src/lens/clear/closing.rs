//! The end of an object: what was moved, remembered, filled, and what is missing.

use super::Run;
use super::computed::Computed;
use super::forward::Undeclared;
use super::object::{Restored, Route, Walk};
use super::placement::{Piece, Placement, Sides, replay};
use super::recall::{Recall, Recollection, reorder};
use crate::diagnostic::{Error, Kind, Result};
use crate::instance::Validity;
use crate::lens::engine::Direction;
use crate::lens::frame::WAS_ABSENT;
use crate::lens::machine::{Container, Place, Rule, Slot, SlotRole, StateId};
use crate::lens::note::NoteCode;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::value::{Tree, string};

/// A remembered member, to be written.
pub(super) struct Recalled {
    /// Its slot, if it is declared.
    pub(super) slot: Option<u32>,
    /// Its name as it is written, if it is not.
    pub(super) name: Vec<u8>,
    /// Its value.
    pub(super) text: Vec<u8>,
}

/// The members of every container that is written.
pub(super) struct Closed<'r> {
    /// For each container its members in order; none for one that does not exist.
    pub(super) members: Vec<Vec<Piece<'r>>>,
    exists: Vec<bool>,
    pub(super) recalled: Vec<Recalled>,
}

impl Closed<'_> {
    pub(super) fn exists(&self, container: u32) -> bool {
        self.exists.get(container as usize) == Some(&true)
    }
}

impl Run<'_> {
    #[inline(never)]
    pub(super) fn close_view<'r>(
        &mut self,
        walk: &Walk<'r, '_>,
        placement: Placement<'r>,
        computed: Vec<Computed>,
    ) -> Result<Closed<'r>> {
        let sides = walk.sides;
        let exists = existing(walk, &placement, |_| false, |_| false, |_| false);
        let mut closed = Closed { members: placement.streams, exists, recalled: Vec::new() };
        let mut made = BTreeMap::new();
        for computed in computed {
            made.insert(computed.place, closed.recalled.len());
            let slot = Some(computed.place.slot);
            closed.recalled.push(Recalled { slot, name: Vec::new(), text: computed.text });
        }
        for container in (0..sides.written().len() as u32).rev() {
            if !closed.exists(container) {
                continue;
            }
            let written = sides.writes(container);
            let mut members = take(&mut closed.members, container);
            let there = slots_of(walk, written, &members, &[]);
            for (index, slot) in in_declaration_order(written, &there) {
                let late = placement.late.get(container as usize).and_then(|late| late.get(&index));
                let fill = match &slot.role {
                    _ if late.is_some() => late.copied(),
                    SlotRole::Container(inner) if closed.exists(*inner) => Some(Piece::Container(*inner)),
                    SlotRole::Container(_) => None,
                    SlotRole::Link(link) => {
                        sides.link(*link).fill.as_ref().map(|fill| Piece::Filled(index, fill.as_str()))
                    }
                    SlotRole::Alone { fill } | SlotRole::Output { fill, .. } => {
                        let piece = made.get(&Place { container, slot: index }).copied();
                        let fill = || fill.as_ref().map(|fill| Piece::Filled(index, fill.as_str()));
                        piece.map(Piece::Recalled).or_else(fill)
                    }
                    SlotRole::Input { .. } => None,
                };
                match fill {
                    Some(piece) => members.push(piece),
                    None if slot.required => {
                        let message =
                            format!("the target requires `{}`, and there is no value for it", slot.name);
                        return Err(self.missing(walk, &slot.name, Kind::Data, "required-missing", message));
                    }
                    None => {}
                }
            }
            put_back(&mut closed.members, container, members);
        }
        Ok(closed)
    }

    #[inline(never)]
    pub(super) fn close_record<'r>(
        &mut self,
        walk: &Walk<'r, '_>,
        recall: &Recall<'_>,
        placement: Placement<'r>,
        restored: &Restored,
    ) -> Result<Closed<'r>> {
        let sides = walk.sides;
        let exists = restorable(walk, recall, &placement);
        let is_shell = |container| is_shell(walk, recall, container);
        let mut closed = Closed { members: placement.streams, exists, recalled: Vec::new() };
        for container in (0..sides.written().len() as u32).rev() {
            if !closed.exists(container) {
                continue;
            }
            let written = sides.writes(container);
            if written.counterpart.is_some_and(|other| !walk.is_present(other)) {
                let message = "the view lacks the object that its other members belong to";
                return Err(self.unrepresentable(message, walk.object.span()));
            }
            let mut stream = take(&mut closed.members, container);
            stream.retain(|piece| match piece {
                Piece::Container(inner) => closed.exists(*inner) && !is_shell(*inner),
                _ => true,
            });
            let recalled = self.recollect(walk, recall, restored, container, &stream, &mut closed)?;
            let mut members = replay(stream, recalled);
            let there = slots_of(walk, written, &members, &closed.recalled);
            for (index, slot) in in_declaration_order(written, &there) {
                let late = placement.late.get(container as usize).and_then(|late| late.get(&index)).copied();
                let late = late.filter(|piece| match piece {
                    Piece::Container(inner) => closed.exists(*inner),
                    _ => true,
                });
                let fill = match late {
                    Some(piece) => Some(piece),
                    None => match restored.inputs.get(&Place { container, slot: index }) {
                        Some(text) => {
                            let recalled =
                                Recalled { slot: Some(index), name: Vec::new(), text: text.clone() };
                            closed.recalled.push(recalled);
                            Some(Piece::Recalled(closed.recalled.len() - 1))
                        }
                        None => self.source_fill(walk, &closed, index, slot)?,
                    },
                };
                match fill {
                    Some(piece) => members.push(piece),
                    // Its computation may find it yet.
                    None if !restored.strict && matches!(slot.role, SlotRole::Input { .. }) => {}
                    None if slot.required => {
                        let message = format!(
                            "the source requires `{}`, and neither the view nor the complement has it",
                            slot.name
                        );
                        return Err(self.missing(
                            walk,
                            &slot.name,
                            Kind::Lens,
                            "source-default-missing",
                            message,
                        ));
                    }
                    None => {}
                }
            }
            let order = recall.page(container).map_or(&[][..], |page| &page.order);
            let members = reorder(members, order, |piece| key_of(walk, piece, &closed.recalled));
            put_back(&mut closed.members, container, members);
        }
        self.require_view(walk)?;
        Ok(closed)
    }

    /// The value of a declared source member that neither the view nor memory has.
    fn source_fill<'r>(
        &mut self,
        walk: &Walk<'r, '_>,
        closed: &Closed<'r>,
        index: u32,
        slot: &'r Slot,
    ) -> Result<Option<Piece<'r>>> {
        match &slot.role {
            SlotRole::Container(inner) => Ok(closed.exists(*inner).then_some(Piece::Container(*inner))),
            _ if !slot.required => Ok(None),
            SlotRole::Alone { fill } | SlotRole::Input { fill } => {
                Ok(fill.as_ref().map(|fill| Piece::Filled(index, fill.as_str())))
            }
            SlotRole::Output { .. } => Ok(None),
            SlotRole::Link(link) => {
                if let Some(misfit) = walk.misfits.get(link) {
                    return Err(misfit.clone());
                }
                let link = walk.sides.link(*link);
                if let Rule::Head(_) = self.machine.state(link.state).rule {
                    self.admitted(self.machine.source.edge(slot.edge).tgt, b"[]", walk.object)?;
                    return Ok(Some(Piece::Filled(index, "[]")));
                }
                Ok(link.unfill.as_ref().map(|fill| Piece::Filled(index, fill.as_str())))
            }
        }
    }

    /// The remembered members of a container that are still to be written.
    fn recollect<'r>(
        &mut self,
        walk: &Walk<'r, '_>,
        recall: &Recall<'_>,
        restored: &Restored,
        container: u32,
        stream: &[Piece<'r>],
        closed: &mut Closed<'r>,
    ) -> Result<Vec<(u32, Piece<'r>)>> {
        let mut pieces = Vec::new();
        let written = walk.sides.writes(container);
        let streamed: BTreeSet<Vec<u8>> = stream
            .iter()
            .filter_map(|piece| match piece {
                Piece::Member(index) => walk.travellers.get(*index),
                _ => None,
            })
            .filter(|traveller| traveller.route == Route::Stay)
            .map(|traveller| string::decode(traveller.key).into_owned())
            .collect();
        let mut shadows: BTreeSet<Vec<u8>> = BTreeSet::new();
        let page = recall.page(container).map_or(&[][..], |page| page.recalled.as_slice());
        for (at, recollection) in page {
            let recalled = match *recollection {
                Recollection::Shell(inner) => {
                    pieces.push((*at, Piece::Container(inner)));
                    continue;
                }
                Recollection::Drop(slot, raw) => {
                    let place = Place { container, slot };
                    match written.slots.get(slot as usize).map(|slot| &slot.role) {
                        Some(SlotRole::Input { .. }) => restored.inputs.get(&place).map(|text| Recalled {
                            slot: Some(slot),
                            name: Vec::new(),
                            text: text.clone(),
                        }),
                        Some(SlotRole::Link(link)) if walk.brought(*link) => {
                            if let Some(slot) = written.slots.get(slot as usize) {
                                self.superseded(slot.name.as_bytes());
                            }
                            None
                        }
                        Some(SlotRole::Link(_)) if restored.superseded.contains(&place) => None,
                        _ => self.recall_dropped(walk, closed, written, slot, raw)?,
                    }
                }
                Recollection::Null(slot) => link_of(written, slot)
                    .filter(|link| !walk.brought(*link))
                    .map(|_| Recalled { slot: Some(slot), name: Vec::new(), text: b"null".to_vec() }),
                Recollection::Head(slot, raw) => self.recall_list(walk, written, slot, raw)?,
                Recollection::Adopted(name) => match recall.shown(container, name) {
                    Some((key, text)) => {
                        self.accept_back(walk, written, name, &text)?;
                        Some(Recalled { slot: None, name: key, text })
                    }
                    None => None,
                },
                Recollection::Shadow(name, raw) => {
                    let decoded = string::decode(name).into_owned();
                    if streamed.contains(&decoded) {
                        self.superseded(&decoded);
                        None
                    } else {
                        self.recall_shadow(walk, container, name, raw)?;
                        let twice = !shadows.insert(decoded.clone());
                        let declared = written.reserves(&decoded)
                            || written
                                .counterpart
                                .is_some_and(|other| walk.sides.reads(other).slot_named(&decoded).is_some());
                        if twice && declared {
                            return Err(
                                self.invalid_memory("a remembered member is there twice", walk.object.span())
                            );
                        }
                        Some(Recalled { slot: None, name: name.to_vec(), text: raw.to_vec() })
                    }
                }
            };
            if let Some(recalled) = recalled {
                pieces.push((*at, Piece::Recalled(closed.recalled.len())));
                closed.recalled.push(recalled);
            }
        }
        Ok(pieces)
    }

    fn recall_dropped(
        &mut self,
        walk: &Walk<'_, '_>,
        closed: &Closed<'_>,
        written: &Container,
        index: u32,
        raw: &[u8],
    ) -> Result<Option<Recalled>> {
        let Some(slot) = written.slots.get(index as usize) else { return Ok(None) };
        match slot.role {
            // Something moved into the object that was `null`.
            SlotRole::Container(inner) if closed.exists(inner) => {
                self.superseded(slot.name.as_bytes());
                return Ok(None);
            }
            SlotRole::Container(_) => {}
            _ => {
                self.remembered(self.machine.source.edge(slot.edge).tgt, raw, walk.object)?;
            }
        }
        Ok(Some(Recalled { slot: Some(index), name: Vec::new(), text: raw.to_vec() }))
    }

    /// The list behind an absent head: what it was if that gives nothing, else empty.
    fn recall_list(
        &mut self,
        walk: &Walk<'_, '_>,
        written: &Container,
        index: u32,
        raw: &[u8],
    ) -> Result<Option<Recalled>> {
        let Some(slot) = written.slots.get(index as usize) else { return Ok(None) };
        let Some(link) = link_of(written, index).filter(|link| !walk.brought(*link)) else { return Ok(None) };
        let vertex = self.machine.source.edge(slot.edge).tgt;
        let tree = self.remembered(vertex, raw, walk.object)?;
        let state = walk.sides.link(link).state;
        // A list gives nothing if it is empty, and so does one whose head is asked for its head.
        let gave_nothing = tree.root().is_empty()
            || self.is_nested_head(state) && self.again(state, tree.root(), walk.object)?.text.is_none();
        if !gave_nothing && walk.elided.contains(&link) {
            return Ok(None);
        }
        let text = if gave_nothing { raw } else { b"[]" };
        self.admitted(vertex, text, walk.object)?;
        Ok(Some(Recalled { slot: Some(index), name: Vec::new(), text: text.to_vec() }))
    }

    /// Whether the head of a list is itself the head of one.
    fn is_nested_head(&self, state: StateId) -> bool {
        let Rule::Head(inner) = &self.machine.state(state).rule else { return false };
        matches!(self.machine.state(*inner).rule, Rule::Head(_))
    }

    /// Refuses an undeclared member that `get` would not shadow again, or that the source does not admit.
    fn recall_shadow(&mut self, walk: &Walk<'_, '_>, container: u32, name: &[u8], raw: &[u8]) -> Result<()> {
        self.budget.spend(1 + raw.len() as u64)?;
        let decoded = string::decode(name);
        let is_tag = container == 0 && walk.sides.rule.tagged && *decoded == *b"$type";
        let is_value = Tree::parse(raw, self.budget.limits()).is_ok_and(|tree| tree.root().raw() == raw);
        let again = is_value
            && !is_tag
            && matches!(self.undeclared(walk, container, &decoded, raw)?, Undeclared::Shadow);
        if !again {
            return Err(self.invalid_memory("a remembered member would be in the view", walk.object.span()));
        }
        self.accept_back(walk, walk.sides.writes(container), name, raw)
    }

    fn accept_back(
        &mut self,
        walk: &Walk<'_, '_>,
        written: &Container,
        name: &[u8],
        raw: &[u8],
    ) -> Result<()> {
        let name = string::decode(name);
        let accepted =
            self.checker.accepts(Direction::Backward, written.vertex, &name, raw, &mut self.budget)?;
        if accepted == Validity::Invalid {
            let message = "a remembered member is not admitted in the source";
            return Err(self.invalid_memory(message, walk.object.span()));
        }
        Ok(())
    }

    fn superseded(&mut self, name: &[u8]) {
        self.enter_member(name);
        self.note(NoteCode::MemorySuperseded);
        self.leave();
    }

    /// Refuses a view without a member that the target requires and that `get` would not fill.
    fn require_view(&mut self, walk: &Walk<'_, '_>) -> Result<()> {
        let sides = walk.sides;
        for container in (0..sides.read().len() as u32).rev().filter(|container| walk.is_present(*container))
        {
            let read = sides.reads(container);
            for (_, slot) in in_declaration_order(read, &BTreeSet::new()) {
                let fill = match &slot.role {
                    SlotRole::Link(link) => sides.link(*link).fill.is_some(),
                    SlotRole::Alone { fill } | SlotRole::Output { fill, .. } => fill.is_some(),
                    SlotRole::Container(_) | SlotRole::Input { .. } => false,
                };
                if slot.required && !fill && !walk.has(container, &slot.name) {
                    let message = format!("the view lacks `{}`, which the target requires", slot.name);
                    return Err(self.missing(
                        walk,
                        &slot.name,
                        Kind::Lens,
                        "view-not-representable",
                        message,
                    ));
                }
            }
        }
        Ok(())
    }

    #[cold]
    fn missing(
        &mut self,
        walk: &Walk<'_, '_>,
        name: &str,
        kind: Kind,
        code: &'static str,
        message: String,
    ) -> Error {
        self.enter_member(name.as_bytes());
        let error = self.fail(kind, code, message, walk.object.span());
        self.leave();
        error
    }
}

fn take<'r>(members: &mut [Vec<Piece<'r>>], container: u32) -> Vec<Piece<'r>> {
    members.get_mut(container as usize).map(std::mem::take).unwrap_or_default()
}

fn put_back<'r>(members: &mut [Vec<Piece<'r>>], container: u32, list: Vec<Piece<'r>>) {
    if let Some(members) = members.get_mut(container as usize) {
        *members = list;
    }
}

/// The slots of a container that are not there yet, in declaration order.
fn in_declaration_order<'r>(
    container: &'r Container,
    there: &BTreeSet<u32>,
) -> impl Iterator<Item = (u32, &'r Slot)> {
    container
        .declared
        .iter()
        .filter(|slot| !there.contains(slot))
        .filter_map(|slot| Some((*slot, container.slots.get(*slot as usize)?)))
}

/// The declared members among these.
fn slots_of(
    walk: &Walk<'_, '_>,
    container: &Container,
    members: &[Piece<'_>],
    recalled: &[Recalled],
) -> BTreeSet<u32> {
    let slot = |piece: &Piece<'_>| match key_of(walk, piece, recalled)? {
        Ok(slot) => Some(slot),
        Err(name) => container.slot_named(&string::decode(&name)),
    };
    members.iter().filter_map(slot).collect()
}

/// The slot of a member that is written, or its token.
fn key_of(walk: &Walk<'_, '_>, piece: &Piece<'_>, recalled: &[Recalled]) -> Option<Result<u32, Vec<u8>>> {
    match piece {
        Piece::Member(index) => walk.travellers.get(*index).map(|traveller| match traveller.route {
            Route::Link(link) => Ok(walk.sides.to(link).slot),
            Route::Stay => Err(traveller.key.to_vec()),
        }),
        Piece::Container(inner) => walk.sides.writes(*inner).parent.map(|place| Ok(place.slot)),
        Piece::Filled(slot, _) => Some(Ok(*slot)),
        Piece::Recalled(index) => {
            recalled.get(*index).map(|recalled| recalled.slot.ok_or_else(|| recalled.name.clone()))
        }
    }
}

/// The link of a slot.
fn link_of(container: &Container, slot: u32) -> Option<u32> {
    match container.slots.get(slot as usize)?.role {
        SlotRole::Link(link) => Some(link),
        _ => None,
    }
}

fn dropped(recall: &Recall<'_>, container: u32, slot: u32) -> bool {
    recall.page(container).is_some_and(|page| page.dropped.contains(&slot))
}

/// Whether a source container that the view has not is remembered.
fn is_shell(walk: &Walk<'_, '_>, recall: &Recall<'_>, container: u32) -> bool {
    recall.is_shell(container) && walk.sides.writes(container).counterpart.is_none()
}

/// Which containers of the record are written.
pub(super) fn restorable(walk: &Walk<'_, '_>, recall: &Recall<'_>, placement: &Placement<'_>) -> Vec<bool> {
    let absent = absent_still(walk, recall, placement);
    let was_null = |container: u32| {
        let parent = walk.sides.writes(container).parent;
        parent.is_some_and(|place| dropped(recall, place.container, place.slot))
    };
    let is_shell = |container| is_shell(walk, recall, container);
    existing(walk, placement, is_shell, was_null, |container| absent.contains(&container))
}

/// Which containers are written.
fn existing(
    walk: &Walk<'_, '_>,
    placement: &Placement<'_>,
    is_shell: impl Fn(u32) -> bool,
    was_null: impl Fn(u32) -> bool,
    is_absent: impl Fn(u32) -> bool,
) -> Vec<bool> {
    let sides = walk.sides;
    let mut exists = vec![false; sides.written().len()];
    let is = |exists: &[bool], container: u32| exists.get(container as usize) == Some(&true);
    let mark = |exists: &mut Vec<bool>, container: u32| {
        if let Some(exists) = exists.get_mut(container as usize) {
            *exists = true;
        }
    };
    mark(&mut exists, 0);
    for container in (1..exists.len() as u32).rev() {
        let survives = sides.writes(container).counterpart.is_some_and(|other| walk.is_present(other));
        let arrived = placement.arrived.get(container as usize) == Some(&true);
        if (survives && !is_absent(container)) || arrived || is_shell(container) {
            mark(&mut exists, container);
        }
        if is(&exists, container)
            && let Some(parent) = sides.writes(container).parent
        {
            mark(&mut exists, parent.container);
        }
    }
    // Required new ones are made, even empty; from the outside in.
    for container in 1..exists.len() as u32 {
        let around = sides.writes(container).parent.is_some_and(|place| is(&exists, place.container));
        let new = sides.writes(container).counterpart.is_none();
        if around && new && sides.requires(container) && !was_null(container) {
            mark(&mut exists, container);
        }
    }
    exists
}

/// The source containers that were absent, and still are: nothing goes into them, and what the view has of them is
/// there for the sake of members that come from elsewhere.
fn absent_still(walk: &Walk<'_, '_>, recall: &Recall<'_>, placement: &Placement<'_>) -> BTreeSet<u32> {
    let sides: Sides<'_> = walk.sides;
    let source = sides.turned();
    let was_absent = |place: Option<Place>| {
        place.is_some_and(|place| recall.state(place.container, place.slot) == WAS_ABSENT)
    };
    // Whether a container of the view has a member that comes from somewhere.
    let is_made = |view: u32| {
        walk.travellers.iter().any(|traveller| match traveller.route {
            Route::Link(link) => sides.is_inside(sides.from(link).container, view),
            Route::Stay => false,
        }) || walk.outputs.keys().any(|(compute, output)| {
            let rule = sides.rule.computes.get(*compute as usize);
            let place = rule.and_then(|rule| rule.outputs.get(*output as usize));
            place.is_some_and(|(_, place)| sides.is_inside(place.container, view))
        })
    };
    let mut absent = BTreeSet::new();
    for container in 1..sides.written().len() as u32 {
        if !was_absent(sides.writes(container).parent)
            || sides.requires(container)
            || placement.arrived.get(container as usize) == Some(&true)
        {
            continue;
        }
        let inside: Vec<u32> = (container..sides.written().len() as u32)
            .filter(|inner| source.is_inside(*inner, container))
            .collect();
        let made = inside.iter().all(|inner| {
            sides.writes(*inner).counterpart.is_none_or(|view| !walk.is_present(view) || is_made(view))
        });
        if made {
            absent.extend(inside);
        }
    }
    absent
}
