//! Where members go: from the walk of one side to the ordered members of each container of the other.
//!
//! Only structure here, no values: the same function places a record's members in the view, a view's in the record,
//! and foretells, when a complement is written, the order that `put` will give.

use super::object::{Route, Traveller};
use crate::lens::engine::Direction;
use crate::lens::machine::{Container, Link, ObjectRule, Place};
use crate::ordered::BTreeMap;

/// An object rule, read in a direction.
#[derive(Clone, Copy)]
pub(super) struct Sides<'r> {
    pub(super) rule: &'r ObjectRule,
    pub(super) direction: Direction,
}

#[expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: containers, slots and links of a rule refer to each other by indices that its compiler made"
)]
impl<'r> Sides<'r> {
    pub(super) fn read(self) -> &'r [Container] {
        match self.direction {
            Direction::Forward => &self.rule.source,
            Direction::Backward => &self.rule.target,
        }
    }

    pub(super) fn written(self) -> &'r [Container] {
        self.turned().read()
    }

    pub(super) fn turned(self) -> Sides<'r> {
        Sides { direction: self.direction.turned(), ..self }
    }

    pub(super) fn reads(self, container: u32) -> &'r Container {
        &self.read()[container as usize]
    }

    pub(super) fn writes(self, container: u32) -> &'r Container {
        &self.written()[container as usize]
    }

    pub(super) fn link(self, link: u32) -> &'r Link {
        &self.rule.links[link as usize]
    }

    /// Where a link is read.
    pub(super) fn from(self, link: u32) -> Place {
        match self.direction {
            Direction::Forward => self.link(link).source,
            Direction::Backward => self.link(link).target,
        }
    }

    /// Where a link is written.
    pub(super) fn to(self, link: u32) -> Place {
        self.turned().from(link)
    }

    /// Name of the member at a place of the side that is written.
    pub(super) fn written_name(self, place: Place) -> &'r str {
        &self.writes(place.container).slots[place.slot as usize].name
    }

    /// Name of the member at a place of the side that is read.
    pub(super) fn read_name(self, place: Place) -> &'r str {
        self.turned().written_name(place)
    }

    /// Whether the side that is written requires a container.
    pub(super) fn requires(self, container: u32) -> bool {
        self.writes(container)
            .parent
            .is_some_and(|place| self.writes(place.container).slots[place.slot as usize].required)
    }

    /// Whether a container that is read is another one or stands inside it.
    pub(super) fn is_inside(self, container: u32, outer: u32) -> bool {
        let mut around = Some(container);
        while let Some(container) = around {
            if container == outer {
                return true;
            }
            around = self.reads(container).parent.map(|parent| parent.container);
        }
        false
    }

    /// Whether a written container is in place for members read from `from`: it, or the container around it that is
    /// not new, is the other side of `from` or of a container around `from`.
    fn is_in_place(self, from: u32, mut to: u32) -> bool {
        let host = loop {
            match (self.writes(to).counterpart, self.writes(to).parent) {
                (Some(host), _) => break host,
                (None, Some(parent)) => to = parent.container,
                (None, None) => return true,
            }
        };
        self.is_inside(from, host)
    }
}

/// What the walk of the side that is read meets.
#[derive(Clone, Copy)]
pub(super) enum Step {
    /// An opened container begins.
    Enter(u32),
    /// It ends.
    Leave(u32),
    /// A computed member of a view.
    Output,
    /// A member of a container goes to the other side.
    Member {
        /// Which.
        index: usize,
        /// The container that it is read from.
        from: u32,
    },
}

/// A member of a written container.
#[derive(Clone, Copy)]
pub(super) enum Piece<'r> {
    /// One that came from the other side.
    Member(usize),
    /// An opened container.
    Container(u32),
    /// A declared one with a text that the lens has.
    Filled(u32, &'r str),
    /// One that was remembered; an index into what was.
    Recalled(usize),
}

/// Where everything goes.
pub(super) struct Placement<'r> {
    /// For each written container its members in place, in order.
    pub(super) streams: Vec<Vec<Piece<'r>>>,
    /// For each written container the members that are written at its close, by slot.
    pub(super) late: Vec<BTreeMap<u32, Piece<'r>>>,
    /// For each written container whether a member, at any depth, goes into it.
    pub(super) arrived: Vec<bool>,
}

/// Places what a walk met.
pub(super) fn place<'r>(sides: Sides<'r>, steps: &[Step], travellers: &[Traveller<'_>]) -> Placement<'r> {
    let count = sides.written().len();
    let mut placing = Placing {
        sides,
        listed: vec![false; count],
        placement: Placement {
            streams: vec![Vec::new(); count],
            late: vec![BTreeMap::new(); count],
            arrived: vec![false; count],
        },
    };
    for step in steps {
        match *step {
            Step::Enter(_) | Step::Output => {}
            Step::Leave(container) => placing.container(container),
            Step::Member { index, from } => match travellers.get(index).map(|traveller| traveller.route) {
                Some(Route::Link(link)) => placing.link(index, from, sides.to(link)),
                Some(Route::Stay) => {
                    if let Some(to) = sides.reads(from).counterpart {
                        placing.arrive(to);
                        placing.push(to, Piece::Member(index));
                    }
                }
                None => {}
            },
        }
    }
    placing.placement
}

struct Placing<'r> {
    sides: Sides<'r>,
    /// The new containers that have their place.
    listed: Vec<bool>,
    placement: Placement<'r>,
}

impl<'r> Placing<'r> {
    /// A surviving container stands after what was hoisted out of it.
    fn container(&mut self, container: u32) {
        let Some(to) = self.sides.reads(container).counterpart else { return };
        let places = (self.sides.reads(container).parent, self.sides.writes(to).parent);
        if let (Some(from), Some(place)) = places {
            self.put(from.container, place, Piece::Container(to));
        }
    }

    fn link(&mut self, index: usize, from: u32, to: Place) {
        self.arrive(to.container);
        self.put(from, to, Piece::Member(index));
    }

    fn put(&mut self, from: u32, to: Place, piece: Piece<'r>) {
        if self.sides.is_in_place(from, to.container) {
            self.list(to.container);
            self.push(to.container, piece);
        } else if let Some(late) = self.placement.late.get_mut(to.container as usize) {
            late.insert(to.slot, piece);
        }
    }

    /// A new container takes the place of the first member that goes into it.
    fn list(&mut self, mut container: u32) {
        while self.sides.writes(container).counterpart.is_none()
            && let Some(parent) = self.sides.writes(container).parent
            && let Some(listed @ false) = self.listed.get_mut(container as usize)
        {
            *listed = true;
            self.push(parent.container, Piece::Container(container));
            container = parent.container;
        }
    }

    fn push(&mut self, container: u32, piece: Piece<'r>) {
        if let Some(stream) = self.placement.streams.get_mut(container as usize) {
            stream.push(piece);
        }
    }

    fn arrive(&mut self, container: u32) {
        self.placement.arrive(self.sides, container);
    }
}

impl Placement<'_> {
    /// A member goes into a container, and so into those around it.
    pub(super) fn arrive(&mut self, sides: Sides<'_>, container: u32) {
        let mut around = Some(container);
        while let Some(container) = around {
            if let Some(arrived) = self.arrived.get_mut(container as usize) {
                *arrived = true;
            }
            around = sides.writes(container).parent.map(|parent| parent.container);
        }
    }
}

/// The members of a container in the order in which `put` replays them: a remembered one as soon as as many
/// members were written as stood before it.
pub(super) fn replay<T>(stream: Vec<T>, recalled: Vec<(u32, T)>) -> Vec<T> {
    let mut members = Vec::with_capacity(stream.len() + recalled.len());
    let mut recalled = recalled.into_iter().peekable();
    let mut stream = stream.into_iter();
    loop {
        let due = |(at, _): &(u32, T)| *at as usize <= members.len();
        if let Some((_, member)) = recalled.next_if(due) {
            members.push(member);
        } else if let Some(member) = stream.next() {
            members.push(member);
        } else if let Some((_, member)) = recalled.next() {
            members.push(member);
        } else {
            return members;
        }
    }
}
