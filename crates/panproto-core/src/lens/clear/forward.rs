//! What becomes of one member on the way to the view.

use super::Run;
use super::idle;
use super::object::{Member, Route, Walk, is_null, plain_key, role};
use super::remember::Diary;
use crate::diagnostic::{Kind, Result};
use crate::lens::engine::Direction;
use crate::lens::frame::{
    Mem, WAS_EXPLICIT, WAS_NULL, write_adopted, write_drop, write_key, write_link_head, write_passed_head,
    write_shadow, write_state, write_text,
};
use crate::lens::machine::{Rest, SlotRole, StateId};
use crate::schema::VertexId;
use crate::value::{ValueRef, equal_text};

/// What becomes of a member that its object does not declare.
pub(super) enum Undeclared {
    /// It passes as it is.
    Pass,
    /// It becomes a declared member of the view; whether its value is the one that the lens fills.
    Adopt(bool),
    /// It passes through a state.
    Through(StateId),
    /// It goes to the complement.
    Shadow,
}

impl Run<'_> {
    pub(super) fn forward_member<'a>(
        &mut self,
        walk: &mut Walk<'_, 'a>,
        diary: &mut Diary<'a>,
        member: Member<'a>,
    ) -> Result<Option<u32>> {
        let Member { container, at, key, value } = member;
        let name = key.decoded();
        let Some((slot, role)) = role(walk.sides, container, &name) else {
            diary.undeclared(member);
            self.forward_undeclared(walk, diary, member, &name)?;
            return Ok(None);
        };
        diary.declared(member, slot);
        let plain = plain_key(walk.sides.read_name(crate::lens::machine::Place { container, slot }));
        let mut shown = false;
        let mut opens = None;
        match role {
            SlotRole::Alone { .. } | SlotRole::Input { .. } | SlotRole::Output { .. } => {
                diary.recalled(container, at, |entry| write_drop(entry, at, slot, value.raw()));
            }
            SlotRole::Container(inner) => {
                let opened = walk.sides.reads(*inner);
                if is_null(value) && opened.nullable {
                    diary.recalled(container, at, |entry| write_drop(entry, at, slot, value.raw()));
                } else {
                    diary.opened(*inner, at, slot);
                    opens = Some(*inner);
                    shown = opened
                        .counterpart
                        .and_then(|other| walk.sides.writes(other).parent)
                        .is_some_and(|place| name == walk.sides.written_name(place).as_bytes());
                }
            }
            SlotRole::Link(link) => shown = self.forward_link(walk, diary, member, slot, *link)?,
        }
        if !shown && key.raw() != plain {
            diary.entry(container, at, |entry| write_key(entry, at, slot, key.raw()));
        }
        Ok(opens)
    }

    /// Whether the view shows the name as it was written.
    #[inline(never)]
    fn forward_link<'a>(
        &mut self,
        walk: &mut Walk<'_, 'a>,
        diary: &mut Diary<'a>,
        member: Member<'a>,
        slot: u32,
        index: u32,
    ) -> Result<bool> {
        let Member { container, at, value, .. } = member;
        let link = walk.sides.link(index);
        if let Some(condition) = &link.survives
            && let Some(Some(object)) = walk.objects.get(container as usize).copied()
            && !self.holds(Direction::Forward, condition, object, value)?
        {
            diary.recalled(container, at, |entry| write_drop(entry, at, slot, value.raw()));
            return Ok(false);
        }
        if is_null(value) && link.null_absent {
            diary.recalled(container, at, |entry| write_state(entry, at, slot, WAS_NULL));
            return Ok(false);
        }
        let converted = self.value(link.state, Direction::Forward, value, Mem::Nothing)?;
        if !converted.mem.is_empty() {
            diary.entry(container, at, |entry| {
                write_link_head(entry, at, slot);
                entry.extend_from_slice(&converted.mem);
            });
        }
        let Some(text) = converted.text else {
            let required = walk.sides.writes(link.target.container).slots.get(link.target.slot as usize);
            if required.is_some_and(|slot| slot.required) && link.fill.is_none() {
                self.present(Direction::Forward, None, value.span())?;
            }
            diary.absent(container, at);
            return Ok(false);
        };
        if let Some(fill) = &link.fill
            && (!self.source_requires(walk, index) || idle::may_idle(walk, index))
            && self.remember
            && equal_text(fill.as_str().as_bytes(), &text)
        {
            diary.entry(container, at, |entry| write_state(entry, at, slot, WAS_EXPLICIT));
        }
        walk.travel(member, Route::Link(index), text);
        Ok(walk.sides.read_name(link.source) == walk.sides.written_name(link.target))
    }

    /// Whether the source requires a linked member.
    pub(super) fn source_requires(&self, walk: &Walk<'_, '_>, link: u32) -> bool {
        let place = walk.sides.link(link).source;
        let container = walk.sides.rule.source.get(place.container as usize);
        container.and_then(|it| it.slots.get(place.slot as usize)).is_some_and(|slot| slot.required)
    }

    #[inline(never)]
    fn forward_undeclared<'a>(
        &mut self,
        walk: &mut Walk<'_, 'a>,
        diary: &mut Diary<'a>,
        member: Member<'a>,
        name: &[u8],
    ) -> Result<()> {
        let Member { container, at, key, value } = member;
        if container == 0 && walk.sides.rule.tagged && name == b"$type" {
            let text = self.retag(walk, Direction::Forward, value)?;
            if text.as_slice() != value.raw() && !is_plain(walk, value) {
                diary.entry(container, at, |entry| {
                    write_passed_head(entry, at, key.raw());
                    write_text(entry, value.raw());
                });
            }
            walk.travel(member, Route::Stay, text);
            return Ok(());
        }
        match self.undeclared(walk, container, name, value.raw())? {
            Undeclared::Pass => walk.travel(member, Route::Stay, value.raw().to_vec()),
            Undeclared::Adopt(filled) => {
                if filled {
                    diary.recalled(container, at, |entry| write_adopted(entry, at, key.raw()));
                    diary.adopted(walk.travellers.len());
                }
                walk.travel(member, Route::Stay, value.raw().to_vec());
            }
            Undeclared::Through(state) => {
                let converted = self.value(state, Direction::Forward, value, Mem::Nothing)?;
                let text = self.present(Direction::Forward, converted.text, value.span())?;
                if !converted.mem.is_empty() {
                    diary.entry(container, at, |entry| {
                        write_passed_head(entry, at, key.raw());
                        entry.extend_from_slice(&converted.mem);
                    });
                }
                walk.travel(member, Route::Stay, text);
            }
            Undeclared::Shadow => {
                diary.recalled(container, at, |entry| write_shadow(entry, at, key.raw(), value.raw()));
            }
        }
        Ok(())
    }

    /// What `get` does with a member of a source container that the container does not declare.
    #[inline(never)]
    pub(super) fn undeclared(
        &mut self,
        walk: &Walk<'_, '_>,
        container: u32,
        name: &[u8],
        raw: &[u8],
    ) -> Result<Undeclared> {
        let rule = walk.sides.rule;
        let Some(from) = rule.source.get(container as usize) else { return Ok(Undeclared::Shadow) };
        let Some(to) = from.counterpart.and_then(|other| rule.target.get(other as usize)) else {
            return Ok(Undeclared::Shadow);
        };
        if from.reserves(name) {
            return Ok(Undeclared::Shadow);
        }
        if let Some(slot) = to.slot_named(name).and_then(|slot| to.slots.get(slot as usize)) {
            let SlotRole::Alone { fill } = &slot.role else { return Ok(Undeclared::Shadow) };
            let vertex: VertexId = self.machine.target.edge(slot.edge).tgt;
            if self.checker.valid(Direction::Forward, vertex, raw, &mut self.budget)?.is_some() {
                return Ok(Undeclared::Shadow);
            }
            let filled = fill.as_ref().is_some_and(|fill| equal_text(fill.as_str().as_bytes(), raw));
            return Ok(Undeclared::Adopt(filled));
        }
        match &from.rest {
            Rest::Pass => Ok(Undeclared::Pass),
            Rest::Shadow => Ok(Undeclared::Shadow),
            Rest::PassIfValid(vertex) => {
                let accepted =
                    self.checker.accepts(Direction::Forward, *vertex, name, raw, &mut self.budget)?;
                Ok(if accepted.is_valid() { Undeclared::Pass } else { Undeclared::Shadow })
            }
            Rest::Map(entries) => {
                let state = self.matching(entries, name);
                Ok(state.map_or(Undeclared::Shadow, Undeclared::Through))
            }
        }
    }

    /// The state of the first entry whose pattern a name matches.
    pub(super) fn matching(
        &mut self,
        entries: &[(Option<crate::name::Name>, StateId)],
        name: &[u8],
    ) -> Option<StateId> {
        let text = std::str::from_utf8(name).ok();
        entries.iter().find_map(|(pattern, state)| {
            let matches = match (pattern, text) {
                (None, _) => true,
                (Some(_), None) => false,
                (pattern, Some(text)) => self.checker.matches(pattern.as_ref(), text) == Some(true),
            };
            matches.then_some(*state)
        })
    }

    /// The `$type` that is written in place of one that was read.
    pub(super) fn retag(
        &mut self,
        walk: &Walk<'_, '_>,
        direction: Direction,
        value: ValueRef<'_>,
    ) -> Result<Vec<u8>> {
        let Some((source, target)) = &walk.sides.rule.retag else { return Ok(value.raw().to_vec()) };
        let (read, written) = match direction {
            Direction::Forward => (source, target),
            Direction::Backward => (target, source),
        };
        if value.name_is(read) {
            return Ok(plain_key(written));
        }
        let message = format!("expected the `$type` `{read}`");
        let kind = if direction == Direction::Forward { Kind::Data } else { Kind::Lens };
        Err(self.fail(kind, "wrong-type-tag", message, value.span()))
    }
}

/// Whether a tag is spelled as the way back spells it.
fn is_plain(walk: &Walk<'_, '_>, value: ValueRef<'_>) -> bool {
    walk.sides.rule.retag.as_ref().is_none_or(|(source, _)| plain_key(source) == value.raw())
}
