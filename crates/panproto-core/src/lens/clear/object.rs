//! Objects: the walk over their members, and what is written when it is over.

use super::Run;
use super::closing::Closed;
use super::idle;
use super::placement::{Piece, Placement, Sides, Step, place};
use super::recall::Recall;
use super::remember::Diary;
use super::value::Converted;
use crate::diagnostic::{Error, Kind, Result};
use crate::lens::engine::Direction;
use crate::lens::evaluate;
use crate::lens::frame::Mem;
use crate::lens::machine::{ObjectRule, Place, SlotRole, StateId};
use crate::ordered::{BTreeMap, BTreeSet};
use crate::value::json::Members;
use crate::value::{JsonKind, ValueRef, string};

/// A member on its way to the other side.
pub(super) struct Traveller<'a> {
    /// How it goes.
    pub(super) route: Route,
    /// Its name as it was written.
    pub(super) key: &'a [u8],
    /// Its value as it will be written.
    pub(super) text: Vec<u8>,
}

/// How a member goes to the other side.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// As a link says.
    Link(u32),
    /// Into the same object of the other side, under its own name.
    Stay,
}

/// What the walk over the members of an object found out.
pub(super) struct Walk<'r, 'a> {
    pub(super) id: StateId,
    pub(super) sides: Sides<'r>,
    /// The object itself.
    pub(super) object: ValueRef<'a>,
    pub(super) travellers: Vec<Traveller<'a>>,
    pub(super) steps: Vec<Step>,
    /// For each container that is read its own name as it was written, if it is there.
    pub(super) present: Vec<Option<&'a [u8]>>,
    /// Links whose value in the view is the one that the lens fills, and that the source need not have.
    pub(super) elided: BTreeSet<u32>,
    /// Travellers with the value that the lens fills, which are there only for the sake of an object of the source
    /// that may be absent.
    pub(super) idle: BTreeSet<usize>,
    /// Why links have nothing to write where the value that the lens filled does not fit the source.
    pub(super) misfits: BTreeMap<u32, Error>,
    /// Values of the view's computed members, by computation and output.
    pub(super) outputs: BTreeMap<(u32, u32), ValueRef<'a>>,
    /// For each container that is read its value, if it is there.
    pub(super) objects: Vec<Option<ValueRef<'a>>>,
    /// Links that brought a member.
    brought: BTreeSet<u32>,
    /// Declared names that occurred.
    seen: BTreeSet<(u32, Vec<u8>)>,
}

/// Members of a record that only computations and conditions know, as they would be written.
#[derive(Default)]
pub(super) struct Restored {
    /// Consumed inputs.
    pub(super) inputs: BTreeMap<Place, Vec<u8>>,
    /// Consumed inputs that are to be absent.
    pub(super) gone: BTreeSet<Place>,
    /// Inputs that a way back decided.
    pub(super) decided: BTreeSet<Place>,
    /// Linked members that a condition left out of the view, and that are remembered.
    pub(super) from_memory: BTreeSet<Place>,
    /// Those of them that the view would show now.
    pub(super) superseded: BTreeSet<Place>,
    /// What is required and not there is an error.
    pub(super) strict: bool,
}

/// A member that is being looked at.
#[derive(Clone, Copy)]
pub(super) struct Member<'a> {
    /// The container that it is in.
    pub(super) container: u32,
    /// Its index among the members of the container.
    pub(super) at: u32,
    pub(super) key: ValueRef<'a>,
    pub(super) value: ValueRef<'a>,
}

impl<'r, 'a> Walk<'r, 'a> {
    /// Before the first member; apart, so that the recursion does not hold the stack that making it takes.
    #[inline(never)]
    fn of(id: StateId, sides: Sides<'r>, object: ValueRef<'a>) -> Box<Walk<'r, 'a>> {
        let mut walk = Box::new(Walk {
            id,
            sides,
            object,
            travellers: Vec::new(),
            steps: Vec::new(),
            present: vec![None; sides.read().len()],
            elided: BTreeSet::new(),
            idle: BTreeSet::new(),
            misfits: BTreeMap::new(),
            outputs: BTreeMap::new(),
            objects: vec![None; sides.read().len()],
            brought: BTreeSet::new(),
            seen: BTreeSet::new(),
        });
        if let Some(root) = walk.present.first_mut() {
            *root = Some(b"");
        }
        if let Some(root) = walk.objects.first_mut() {
            *root = Some(object);
        }
        walk
    }

    pub(super) fn travel(&mut self, member: Member<'a>, route: Route, text: Vec<u8>) {
        self.steps.push(Step::Member { index: self.travellers.len(), from: member.container });
        if let Route::Link(link) = route {
            self.brought.insert(link);
        }
        self.travellers.push(Traveller { route, key: member.key.raw(), text });
    }

    /// Whether either side declares a name in a container, or one in between.
    fn declares(&self, container: u32, name: &[u8]) -> bool {
        let read = self.sides.reads(container);
        read.slot_named(name).is_some()
            || read.reserves(name)
            || read.counterpart.is_some_and(|other| self.sides.writes(other).slot_named(name).is_some())
            || (container == 0 && self.sides.rule.tagged && name == b"$type")
    }

    pub(super) fn is_present(&self, container: u32) -> bool {
        self.present.get(container as usize).is_some_and(Option::is_some)
    }

    /// Whether a declared name occurred.
    pub(super) fn has(&self, container: u32, name: &str) -> bool {
        self.seen.contains(&(container, name.as_bytes().to_vec()))
    }

    /// Whether the link brought a member.
    pub(super) fn brought(&self, link: u32) -> bool {
        self.brought.contains(&link)
    }
}

/// What is done with each member; it answers with the container that the member opens.
type Each<'e, R, W, M> = &'e mut dyn FnMut(&mut R, &mut W, M) -> Result<Option<u32>>;

impl Run<'_> {
    pub(super) fn object(
        &mut self,
        id: StateId,
        rule: &ObjectRule,
        direction: Direction,
        value: ValueRef<'_>,
        mem: Mem<'_>,
    ) -> Result<Converted> {
        if !value.is_object() {
            return Err(self.mismatch("object", value));
        }
        let walk = Walk::of(id, Sides { rule, direction }, value);
        match direction {
            Direction::Forward => self.object_forward(walk),
            Direction::Backward => self.object_backward(walk, Recall::read(self.machine, rule, mem)?),
        }
    }

    #[inline(never)]
    fn object_forward(&mut self, mut walk: Box<Walk<'_, '_>>) -> Result<Converted> {
        let mut diary = Diary::new(walk.sides);
        self.walk(&mut walk, &mut |run, walk, member| run.forward_member(walk, &mut diary, member))?;
        self.forward_end(&walk, diary)
    }

    /// What follows the walk; apart, so that the recursion through the walk does not hold its stack.
    #[inline(never)]
    fn forward_end<'a>(&mut self, walk: &Walk<'_, 'a>, diary: Diary<'a>) -> Result<Converted> {
        let mut placement = place(walk.sides, &walk.steps, &walk.travellers);
        let computed = self.compute_forward(walk)?;
        for made in &computed {
            placement.arrive(walk.sides, made.place.container);
        }
        let closed = self.close_view(walk, placement, computed)?;
        let text = self.written(walk, None, &closed)?;
        self.check(walk.id, Direction::Forward, &walk.sides.rule.forward, &text, walk.object)?;
        let mem = if self.remember { diary.finish(walk, &closed)? } else { Vec::new() };
        Ok(Converted { text: Some(text), mem })
    }

    #[inline(never)]
    fn object_backward(&mut self, mut walk: Box<Walk<'_, '_>>, mut recall: Recall<'_>) -> Result<Converted> {
        self.walk(&mut walk, &mut |run, walk, member| run.backward_member(walk, &mut recall, member))?;
        self.backward_end(&walk, &recall)
    }

    #[inline(never)]
    fn backward_end(&mut self, walk: &Walk<'_, '_>, recall: &Recall<'_>) -> Result<Converted> {
        let text = if walk.sides.rule.computes() {
            self.settled(walk, recall)?
        } else {
            self.record(walk, recall, &Restored { strict: true, ..Restored::default() })?
        };
        self.check(walk.id, Direction::Backward, &walk.sides.rule.backward, &text, walk.object)?;
        Ok(Converted::plain(text))
    }

    /// The record as it would be written with these members.
    #[inline(never)]
    fn record(&mut self, walk: &Walk<'_, '_>, recall: &Recall<'_>, restored: &Restored) -> Result<Vec<u8>> {
        let steps = idle::steps(walk, recall, restored);
        let mut placement: Placement<'_> = place(walk.sides, &steps, &walk.travellers);
        for made in restored.inputs.keys() {
            placement.arrive(walk.sides, made.container);
        }
        let closed = self.close_record(walk, recall, placement, restored)?;
        self.written(walk, Some(recall), &closed)
    }

    /// The record that gives the view's computed members, and lacks what the view lacks by a condition.
    #[inline(never)]
    fn settled(&mut self, walk: &Walk<'_, '_>, recall: &Recall<'_>) -> Result<Vec<u8>> {
        let mut restored = self.restore(walk, recall)?;
        loop {
            let text = self.record(walk, recall, &restored)?;
            let tree = evaluate::tree(&text, &mut self.budget)?;
            let last = restored.strict;
            if self.settle(walk, &tree, &mut restored, last)? {
                return Ok(text);
            }
            restored.strict = true;
        }
    }

    /// Calls `each` with every member in document order, containers that are opened entered; `each` answers with
    /// the container that the member opens.
    fn walk<'r, 'a>(
        &mut self,
        walk: &mut Walk<'r, 'a>,
        each: Each<'_, Self, Walk<'r, 'a>, Member<'a>>,
    ) -> Result<()> {
        let mut open: Vec<(u32, Members<'a>, u32, ValueRef<'a>)> =
            vec![(0, walk.object.members(), 0, walk.object)];
        while let Some((container, members, at, object)) = open.last_mut() {
            let (container, object) = (*container, *object);
            let Some((key, value)) = members.next() else {
                open.pop();
                if container > 0 {
                    self.left(walk, container, object)?;
                    walk.steps.push(Step::Leave(container));
                    self.leave();
                }
                continue;
            };
            let member = Member { container, at: *at, key, value };
            *at += 1;
            self.budget.spend(1)?;
            let name = key.decoded();
            self.enter_member(&name);
            if walk.declares(container, &name) && !walk.seen.insert((container, name.into_owned())) {
                return Err(self.twice(key));
            }
            match each(self, walk, member)? {
                None => self.leave(),
                Some(inner) => {
                    if !value.is_object() {
                        return Err(self.mismatch("object", value));
                    }
                    if let Some(present) = walk.present.get_mut(inner as usize) {
                        *present = Some(key.raw());
                    }
                    if let Some(object) = walk.objects.get_mut(inner as usize) {
                        *object = Some(value);
                    }
                    walk.steps.push(Step::Enter(inner));
                    open.push((inner, value.members(), 0, value));
                }
            }
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn twice(&self, key: ValueRef<'_>) -> Error {
        self.fail(Kind::Data, "duplicate-member", "the member occurs twice", key.span())
    }

    /// Refuses an object of the view that the source could not give again: new, optional, and with nothing in it
    /// that comes from the source.
    #[inline(never)]
    fn left(&mut self, walk: &Walk<'_, '_>, container: u32, object: ValueRef<'_>) -> Result<()> {
        let sides = walk.sides;
        if sides.direction == Direction::Forward
            || sides.reads(container).counterpart.is_some()
            || sides.turned().requires(container)
        {
            return Ok(());
        }
        let since =
            walk.steps.iter().rposition(|step| matches!(step, Step::Enter(entered) if *entered == container));
        let inside = walk.steps.get(since.unwrap_or(0)..).unwrap_or_default();
        let gives = |step: &Step| match *step {
            Step::Member { index, .. } => {
                walk.travellers.get(index).is_some_and(|traveller| traveller.route != Route::Stay)
            }
            Step::Enter(inner) => sides.reads(inner).counterpart.is_some(),
            Step::Output => true,
            Step::Leave(_) => false,
        };
        if inside.iter().any(gives) {
            return Ok(());
        }
        let message = "the source has nothing that this object could come from";
        Err(self.unrepresentable(message, object.span()))
    }

    /// The text of the object that is written.
    #[inline(never)]
    fn written(
        &mut self,
        walk: &Walk<'_, '_>,
        recall: Option<&Recall<'_>>,
        closed: &Closed<'_>,
    ) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(walk.object.raw().len());
        let mut open = vec![(0u32, 0usize)];
        out.push(b'{');
        while let Some((container, next)) = open.last_mut() {
            let container = *container;
            let members = closed.members.get(container as usize).map_or(&[][..], Vec::as_slice);
            let Some(piece) = members.get(*next) else {
                out.push(b'}');
                open.pop();
                continue;
            };
            if *next > 0 {
                out.push(b',');
            }
            *next += 1;
            match *piece {
                Piece::Member(index) => {
                    if let Some(traveller) = walk.travellers.get(index) {
                        out.extend_from_slice(&link_key(walk, recall, traveller));
                        out.push(b':');
                        out.extend_from_slice(&traveller.text);
                    }
                }
                Piece::Container(inner) => {
                    out.extend_from_slice(&container_key(walk, recall, inner));
                    out.extend_from_slice(b":{");
                    open.push((inner, 0));
                }
                Piece::Filled(slot, text) => {
                    out.extend_from_slice(&slot_key(walk, recall, container, slot));
                    out.push(b':');
                    out.extend_from_slice(text.as_bytes());
                }
                Piece::Recalled(index) => {
                    if let Some(recalled) = closed.recalled.get(index) {
                        match recalled.slot {
                            Some(slot) => out.extend_from_slice(&slot_key(walk, recall, container, slot)),
                            None => out.extend_from_slice(&recalled.name),
                        }
                        out.push(b':');
                        out.extend_from_slice(&recalled.text);
                    }
                }
            }
        }
        Ok(out)
    }
}

/// A name plainly spelled, as a token.
pub(super) fn plain_key(name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() + 2);
    string::encode(name, &mut key);
    key
}

/// The key of a declared member that does not come with one: as it was remembered, else plain.
fn slot_key(walk: &Walk<'_, '_>, recall: Option<&Recall<'_>>, container: u32, slot: u32) -> Vec<u8> {
    match recall.and_then(|recall| recall.key(container, slot)) {
        Some(key) => key.to_vec(),
        None => plain_key(walk.sides.written_name(Place { container, slot })),
    }
}

fn link_key(walk: &Walk<'_, '_>, recall: Option<&Recall<'_>>, traveller: &Traveller<'_>) -> Vec<u8> {
    let Route::Link(link) = traveller.route else { return traveller.key.to_vec() };
    let to = walk.sides.to(link);
    if walk.sides.read_name(walk.sides.from(link)) == walk.sides.written_name(to) {
        return traveller.key.to_vec();
    }
    slot_key(walk, recall, to.container, to.slot)
}

fn container_key(walk: &Walk<'_, '_>, recall: Option<&Recall<'_>>, container: u32) -> Vec<u8> {
    let written = walk.sides.writes(container);
    let Some(place) = written.parent else { return Vec::new() };
    if let Some(other) = written.counterpart
        && let Some(Some(key)) = walk.present.get(other as usize)
        && string::equals(key, walk.sides.written_name(place).as_bytes())
    {
        return key.to_vec();
    }
    slot_key(walk, recall, place.container, place.slot)
}

/// Whether a member's value is `null`, and its role is to be absent on the other side then.
pub(super) fn is_null(value: ValueRef<'_>) -> bool {
    value.kind() == JsonKind::Null
}

/// The role of a declared member of a container that is read.
pub(super) fn role<'r>(sides: Sides<'r>, container: u32, name: &[u8]) -> Option<(u32, &'r SlotRole)> {
    let read = sides.reads(container);
    let slot = read.slot_named(name)?;
    Some((slot, &read.slots.get(slot as usize)?.role))
}
