//! What becomes of one member on the way back to the record.

use super::Run;
use super::computed::is_fatal;
use super::forward::Undeclared;
use super::idle;
use super::object::{Member, Route, Walk, is_null, role};
use super::placement::Step;
use super::recall::Recall;
use crate::diagnostic::Result;
use crate::lens::engine::Direction;
use crate::lens::frame::{Mem, WAS_EXPLICIT};
use crate::lens::machine::{Container, Rest, SlotRole};
use crate::value::{JsonKind, Tree, ValueRef, equal_text};

impl Run<'_> {
    pub(super) fn backward_member<'a>(
        &mut self,
        walk: &mut Walk<'_, 'a>,
        recall: &mut Recall<'_>,
        member: Member<'a>,
    ) -> Result<Option<u32>> {
        let Member { container, key, value, .. } = member;
        let name = key.decoded();
        let Some((_, role)) = role(walk.sides, container, &name) else {
            self.backward_undeclared(walk, recall, member, &name)?;
            return Ok(None);
        };
        match role {
            SlotRole::Container(inner) => {
                let opened = walk.sides.reads(*inner);
                if is_null(value) && opened.nullable && opened.counterpart.is_none() {
                    let message = "the source has no object here that could be `null`";
                    return Err(self.unrepresentable(message, value.span()));
                }
                return Ok(Some(*inner));
            }
            SlotRole::Link(link) => self.backward_link(walk, recall, member, *link)?,
            SlotRole::Output { compute, output, .. } => {
                walk.outputs.insert((*compute, *output), value);
                walk.steps.push(Step::Output);
            }
            // Only records have them.
            SlotRole::Input { .. } => {}
            SlotRole::Alone { fill } => {
                let filled =
                    fill.as_ref().is_some_and(|fill| equal_text(fill.as_str().as_bytes(), value.raw()));
                match walk.sides.reads(container).counterpart {
                    Some(other) if filled => recall.adopt(other, key, value),
                    _ if filled => {}
                    _ => self.carry(walk, member, &name)?,
                }
            }
        }
        Ok(None)
    }

    #[inline(never)]
    fn backward_link<'a>(
        &mut self,
        walk: &mut Walk<'_, 'a>,
        recall: &Recall<'_>,
        member: Member<'a>,
        index: u32,
    ) -> Result<()> {
        let link = walk.sides.link(index);
        let value = member.value;
        if is_null(value) && link.null_absent {
            let message = "a `null` of the source is an absent member of the view: remove the member instead";
            return Err(self.unrepresentable(message, value.span()));
        }
        let place = link.source;
        if let Some(fill) = &link.fill
            && recall.state(place.container, place.slot) != WAS_EXPLICIT
            && (!self.source_requires(walk, index)
                || lacks_host(walk, index)
                || recall.left_out(place.container, place.slot))
            && equal_text(fill.as_str().as_bytes(), value.raw())
        {
            walk.elided.insert(index);
            return Ok(());
        }
        let mem = recall.link(place.container, place.slot);
        let depth = self.path.len();
        let converted = self
            .value(link.state, Direction::Backward, value, mem)
            .and_then(|converted| self.present(Direction::Backward, converted.text, value.span()));
        let text = match converted {
            Ok(text) => text,
            // What the lens filled need not fit the source, as long as the object that it would be in is absent.
            Err(error) if !is_fatal(&error) && self.is_idle(walk, recall, index, value) => {
                self.path.truncate(depth);
                walk.elided.insert(index);
                walk.misfits.insert(index, error);
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if link.null_absent && text == b"null" {
            let message = "a `null` of the source is an absent member of the view";
            return Err(self.unrepresentable(message, value.span()));
        }
        if self.is_idle(walk, recall, index, value) {
            walk.idle.insert(walk.travellers.len());
        }
        walk.travel(member, Route::Link(index), text);
        Ok(())
    }

    /// Whether a member has the value that the lens fills, and may be there only because it does.
    fn is_idle(&self, walk: &Walk<'_, '_>, recall: &Recall<'_>, index: u32, value: ValueRef<'_>) -> bool {
        let link = walk.sides.link(index);
        let place = link.source;
        link.fill.as_ref().is_some_and(|fill| {
            idle::may_idle(walk, index)
                && recall.state(place.container, place.slot) != WAS_EXPLICIT
                && equal_text(fill.as_str().as_bytes(), value.raw())
        })
    }

    /// A member that only the view declares, with a value of its own: the source takes it as an undeclared one.
    #[inline(never)]
    fn carry<'a>(&mut self, walk: &mut Walk<'_, 'a>, member: Member<'a>, name: &[u8]) -> Result<()> {
        let raw = member.value.raw();
        let view = walk.sides.reads(member.container);
        let slot = view.slot_named(name).and_then(|slot| view.slots.get(slot as usize));
        let vertex = slot.map(|slot| self.machine.target.edge(slot.edge).tgt);
        let carried = match self.host(walk, member.container, name) {
            Some(source) => match &view.rest {
                Rest::Pass => true,
                Rest::Shadow => false,
                Rest::PassIfValid(vertex) => self.accepted(*vertex, name, raw)?,
                Rest::Map(_) => self.accepted(source.vertex, name, raw)?,
            },
            None => false,
        };
        // What is not valid for the view, `get` would not adopt again.
        let valid = match vertex {
            Some(vertex) if carried => {
                self.checker.valid(Direction::Forward, vertex, raw, &mut self.budget)?.is_none()
            }
            _ => false,
        };
        if !valid {
            let message = "the source has no place for this member";
            return Err(self.unrepresentable(message, member.value.span()));
        }
        walk.travel(member, Route::Stay, raw.to_vec());
        Ok(())
    }

    fn accepted(&mut self, vertex: crate::schema::VertexId, name: &[u8], raw: &[u8]) -> Result<bool> {
        let accepted = self.checker.accepts(Direction::Backward, vertex, name, raw, &mut self.budget)?;
        Ok(accepted.is_valid())
    }

    /// The source container that takes undeclared members of a view's container: the same object, if it does not
    /// declare the name and the name is not reserved.
    fn host<'r>(&self, walk: &Walk<'r, '_>, container: u32, name: &[u8]) -> Option<&'r Container> {
        let source = walk.sides.reads(container).counterpart.map(|other| walk.sides.writes(other))?;
        (source.slot_named(name).is_none() && !source.reserves(name)).then_some(source)
    }

    #[inline(never)]
    fn backward_undeclared<'a>(
        &mut self,
        walk: &mut Walk<'_, 'a>,
        recall: &mut Recall<'_>,
        member: Member<'a>,
        name: &[u8],
    ) -> Result<()> {
        let Member { container, value, .. } = member;
        if container == 0 && walk.sides.rule.tagged && name == b"$type" {
            let mut text = self.retag(walk, Direction::Backward, value)?;
            if let (Some((source, _)), Mem::Text(raw)) = (&walk.sides.rule.retag, recall.pass(0, name)) {
                let remembered = Tree::parse(raw, self.budget.limits());
                if remembered.is_ok_and(|tree| {
                    tree.root().kind() == JsonKind::String
                        && tree.root().raw() == raw
                        && tree.root().name_is(source)
                }) {
                    text = raw.to_vec();
                }
            }
            walk.travel(member, Route::Stay, text);
            return Ok(());
        }
        let text = match self.host(walk, container, name).map(|_| &walk.sides.reads(container).rest) {
            Some(Rest::Pass) => Some(value.raw().to_vec()),
            Some(Rest::PassIfValid(vertex)) => {
                self.accepted(*vertex, name, value.raw())?.then(|| value.raw().to_vec())
            }
            Some(Rest::Map(entries)) => match self.matching(entries, name) {
                Some(state) => {
                    let source = walk.sides.reads(container).counterpart.unwrap_or(0);
                    let mem = recall.pass(source, name);
                    let converted = self.value(state, Direction::Backward, value, mem)?;
                    Some(self.present(Direction::Backward, converted.text, value.span())?)
                }
                None => None,
            },
            Some(Rest::Shadow) | None => None,
        };
        // What `get` would shadow again cannot stay in the view: the target does not admit it.
        let source = walk.sides.reads(container).counterpart.unwrap_or(0);
        if let Some(text) = text
            && matches!(
                self.undeclared(walk, source, name, &text)?,
                Undeclared::Pass | Undeclared::Through(_)
            )
        {
            walk.travel(member, Route::Stay, text);
            return Ok(());
        }
        let message = "the source has no place for this member";
        Err(self.unrepresentable(message, value.span()))
    }
}

/// Whether the object that a link's member belongs to in the source is one that the view has too, and lacks here.
#[inline(never)]
fn lacks_host(walk: &Walk<'_, '_>, link: u32) -> bool {
    let source = walk.sides.link(link).source.container;
    let Some(mut view) = walk.sides.writes(source).counterpart.filter(|_| source != 0) else { return false };
    let mut names = Vec::new();
    while let Some(place) = walk.sides.reads(view).parent {
        view = place.container;
        names.extend(walk.sides.reads(view).slots.get(place.slot as usize).map(|slot| &slot.name));
    }
    let found = names.iter().rev().try_fold(walk.object, |object, name| object.get(name));
    !found.is_some_and(ValueRef::is_object)
}
