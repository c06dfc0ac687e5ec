//! Writing down what a view cannot tell of an object.

use super::closing::Closed;
use super::object::{Member, Route, Walk};
use super::placement::{Piece, Placement, Sides, Step, place, replay};
use crate::diagnostic::Result;
use crate::lens::frame::{
    LAST, Opened, WAS_ABSENT, is_passed, write_mem, write_order_head, write_order_name, write_order_slot,
    write_passed_head, write_shell_head, write_state,
};
use crate::ordered::{Arrange, BTreeSet};
use crate::value::string;
use std::borrow::Cow;

/// A member of a source container, by which the order of members is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Slot(u32),
    Token(&'a [u8]),
}

/// What is remembered of one source container.
#[derive(Default)]
struct Page<'a> {
    /// Its members in order.
    members: Vec<Key<'a>>,
    /// Entries with their `at`.
    entries: Vec<(u32, Vec<u8>)>,
    /// The members that `put` takes from memory.
    recalled: BTreeSet<u32>,
    /// Its index and slot in the container around it.
    place: Option<(u32, u32)>,
}

/// What is remembered of an object, container by container.
pub(super) struct Diary<'a> {
    pages: Vec<Page<'a>>,
    /// Travellers that `put` takes back as undeclared members where it remembers them.
    adopted: BTreeSet<usize>,
}

impl<'a> Diary<'a> {
    pub(super) fn new(sides: Sides<'_>) -> Diary<'a> {
        Diary { pages: sides.rule.source.iter().map(|_| Page::default()).collect(), adopted: BTreeSet::new() }
    }

    fn page(&mut self, container: u32) -> Option<&mut Page<'a>> {
        self.pages.get_mut(container as usize)
    }

    /// A declared member was met.
    pub(super) fn declared(&mut self, member: Member<'a>, slot: u32) {
        if let Some(page) = self.page(member.container) {
            page.members.push(Key::Slot(slot));
        }
    }

    /// A member without a declaration was met.
    pub(super) fn undeclared(&mut self, member: Member<'a>) {
        if let Some(page) = self.page(member.container) {
            page.members.push(Key::Token(member.key.raw()));
        }
    }

    /// Adds an entry.
    pub(super) fn entry(&mut self, container: u32, at: u32, write: impl FnOnce(&mut Vec<u8>)) {
        if let Some(page) = self.page(container) {
            let mut entry = Vec::new();
            write(&mut entry);
            page.entries.push((at, entry));
        }
    }

    /// Adds the entry of a member that `put` takes from memory.
    pub(super) fn recalled(&mut self, container: u32, at: u32, write: impl FnOnce(&mut Vec<u8>)) {
        self.entry(container, at, write);
        self.absent(container, at);
    }

    /// A member that `put` takes from memory; its entry is there.
    pub(super) fn absent(&mut self, container: u32, at: u32) {
        if let Some(page) = self.page(container) {
            page.recalled.insert(at);
        }
    }

    /// The next traveller is one that `put` takes back where it remembers it.
    pub(super) fn adopted(&mut self, traveller: usize) {
        self.adopted.insert(traveller);
    }

    /// A container was opened.
    pub(super) fn opened(&mut self, container: u32, at: u32, slot: u32) {
        if let Some(page) = self.page(container) {
            page.place = Some((at, slot));
        }
    }

    /// The memory of the whole object.
    pub(super) fn finish(mut self, walk: &Walk<'_, 'a>, closed: &Closed<'_>) -> Result<Vec<u8>> {
        self.absent_containers(walk, closed);
        let back = walk.sides.turned();
        let steps = self.steps_back(walk.sides, closed);
        let foreseen = place(back, &steps, &walk.travellers);
        let mut mem = Vec::new();
        let mut shells = BTreeSet::new();
        // Containers before those around them: these remember what is left in them.
        for container in (0..back.written().len() as u32).rev() {
            if !walk.is_present(container) {
                continue;
            }
            self.order(walk, &foreseen, &shells, container);
            self.repeated(container);
            let Some(page) = self.page(container) else { continue };
            page.entries.arrange_by_key(|(at, entry)| (*at, entry.first().copied()));
            mem.clear();
            let opened = Opened::frame(&mut mem);
            page.entries.iter().for_each(|(_, entry)| mem.extend_from_slice(entry));
            let is_empty = opened.is_empty(&mem);
            opened.close(&mut mem)?;
            if container == 0 {
                return Ok(if is_empty { Vec::new() } else { mem });
            }
            let dissolved = back.writes(container).counterpart.is_none();
            let gone = dissolved && !gave(walk, &foreseen, container);
            let Some(((at, slot), parent)) = page.place.zip(back.writes(container).parent) else { continue };
            if is_empty && !gone {
                continue;
            }
            self.entry(parent.container, at, |entry| {
                write_shell_head(entry, at, slot);
                write_mem(entry, &mem);
            });
            if dissolved {
                self.absent(parent.container, at);
                shells.insert(container);
            }
        }
        Ok(Vec::new())
    }

    /// Memories of undeclared members belong to the k-th of a name: where one of several of a name has a memory, the
    /// others get an empty one.
    fn repeated(&mut self, container: u32) {
        let Some(page) = self.page(container) else { return };
        let mut remembered: BTreeSet<u32> = BTreeSet::new();
        let mut names: BTreeSet<Cow<'_, [u8]>> = BTreeSet::new();
        for (at, _) in page.entries.iter().filter(|(_, entry)| is_passed(entry)) {
            if let Some(Key::Token(token)) = page.members.get(*at as usize) {
                remembered.insert(*at);
                names.insert(string::decode(token));
            }
        }
        if names.is_empty() {
            return;
        }
        for (at, member) in (0u32..).zip(&page.members) {
            if let Key::Token(token) = member
                && !remembered.contains(&at)
                && names.contains(&string::decode(token))
            {
                let mut entry = Vec::new();
                write_passed_head(&mut entry, at, token);
                write_mem(&mut entry, &[]);
                page.entries.push((at, entry));
            }
        }
    }

    /// Containers that the source does not have and that the view has, because something moved into them.
    fn absent_containers(&mut self, walk: &Walk<'_, 'a>, closed: &Closed<'_>) {
        let mut absent = BTreeSet::new();
        for (container, source) in (0u32..).zip(&walk.sides.rule.source) {
            let made = source.counterpart.is_some_and(|other| closed.exists(other));
            if !made || walk.is_present(container) {
                continue;
            }
            let mut outermost = container;
            while let Some(parent) = walk.sides.reads(outermost).parent
                && !walk.is_present(parent.container)
            {
                outermost = parent.container;
            }
            absent.insert(outermost);
        }
        for container in absent {
            let Some(place) = walk.sides.reads(container).parent else { continue };
            let Some(page) = self.page(place.container) else { continue };
            let states = page.entries.iter().filter(|(at, _)| *at as usize >= page.members.len()).count();
            let at = (page.members.len() + states) as u32;
            self.entry(place.container, at, |entry| write_state(entry, at, place.slot, WAS_ABSENT));
        }
    }

    /// The walk that `put` will make over the view.
    fn steps_back(&self, sides: Sides<'_>, closed: &Closed<'_>) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut open = vec![(0u32, 0usize)];
        while let Some((container, next)) = open.last_mut() {
            let from = *container;
            let Some(piece) = closed.members.get(from as usize).and_then(|members| members.get(*next)) else {
                open.pop();
                if from > 0 {
                    steps.push(Step::Leave(from));
                }
                continue;
            };
            *next += 1;
            match *piece {
                Piece::Member(index) if !self.adopted.contains(&index) => {
                    steps.push(Step::Member { index, from });
                }
                Piece::Container(inner) if (inner as usize) < sides.written().len() => {
                    steps.push(Step::Enter(inner));
                    open.push((inner, 0));
                }
                _ => {}
            }
        }
        steps
    }

    /// Remembers the order of a container's members if `put` would not find it.
    fn order(
        &mut self,
        walk: &Walk<'_, 'a>,
        foreseen: &Placement<'_>,
        shells: &BTreeSet<u32>,
        container: u32,
    ) {
        let back = walk.sides.turned();
        let written = back.writes(container);
        let Some(page) = self.page(container) else { return };
        let key = |piece: &Piece<'_>| match *piece {
            Piece::Member(index) => walk.travellers.get(index).map(|traveller| match traveller.route {
                Route::Link(link) => Key::Slot(walk.sides.link(link).source.slot),
                Route::Stay => Key::Token(traveller.key),
            }),
            Piece::Container(inner) => back.writes(inner).parent.map(|place| Key::Slot(place.slot)),
            Piece::Recalled(at) => page.members.get(at).copied(),
            Piece::Filled(slot, _) => Some(Key::Slot(slot)),
        };
        let streams = |piece: &Piece<'_>| match piece {
            Piece::Container(inner) => walk.is_present(*inner) && !shells.contains(inner),
            _ => true,
        };
        let stream = foreseen.streams.get(container as usize).map_or(&[][..], Vec::as_slice);
        let stream: Vec<Piece<'_>> = stream.iter().copied().filter(streams).collect();
        let recalled = page.recalled.iter().map(|at| (*at, Piece::Recalled(*at as usize))).collect();
        let mut order: Vec<Key<'_>> = replay(stream, recalled).iter().filter_map(key).collect();
        let there: BTreeSet<Key<'_>> = order.iter().copied().collect();
        for slot in &written.declared {
            if there.contains(&Key::Slot(*slot)) {
                continue;
            }
            let late = foreseen.late.get(container as usize).and_then(|late| late.get(slot));
            let inside = || {
                back.written()
                    .iter()
                    .zip(0u32..)
                    .find(|(inner, _)| {
                        inner.parent.is_some_and(|place| place.container == container && place.slot == *slot)
                    })
                    .is_some_and(|(_, inner)| walk.is_present(inner))
            };
            if late.is_some_and(streams) || inside() {
                order.push(Key::Slot(*slot));
            }
        }
        if order == page.members {
            return;
        }
        let mut entry = Vec::new();
        write_order_head(&mut entry, page.members.len());
        for member in &page.members {
            match member {
                Key::Slot(slot) => write_order_slot(&mut entry, *slot),
                Key::Token(token) => write_order_name(&mut entry, token),
            }
        }
        page.entries.push((LAST, entry));
    }
}

/// Whether something of a container is in the view.
fn gave(walk: &Walk<'_, '_>, foreseen: &Placement<'_>, container: u32) -> bool {
    foreseen.arrived.get(container as usize) == Some(&true)
        || (0u32..).zip(&walk.sides.rule.source).any(|(inner, source)| {
            source.counterpart.is_some() && walk.is_present(inner) && walk.sides.is_inside(inner, container)
        })
}
