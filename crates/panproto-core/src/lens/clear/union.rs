//! One of several arms.

use super::Run;
use super::value::Converted;
use crate::diagnostic::Result;
use crate::lens::engine::Direction;
use crate::lens::frame::{Mem, Opened, corrupt};
use crate::lens::machine::{Selector, UnionRule};
use crate::name::Name;
use crate::schema::{TypeSet, VertexId};
use crate::value::{JsonKind, ValueRef, number};

impl Run<'_> {
    #[inline(never)]
    pub(super) fn union(
        &mut self,
        rule: &UnionRule,
        direction: Direction,
        value: ValueRef<'_>,
        mem: Mem<'_>,
    ) -> Result<Converted> {
        let Some((index, state)) = self
            .arm(&rule.selector, direction, value)?
            .and_then(|index| Some((index, *rule.arms.get(index as usize)?)))
        else {
            let passes = match direction {
                Direction::Forward => rule.pass_forward,
                Direction::Backward => rule.pass_backward,
            };
            if passes {
                return Ok(Converted::plain(value.raw().to_vec()));
            }
            let message = "the value is of no variant that both schemas have";
            return Err(self.refuse(direction, "arm-not-in-target", message, value.span()));
        };
        let inner = match mem {
            Mem::Nothing => Mem::Nothing,
            Mem::Arm(arm) if arm.arm as usize >= rule.arms.len() => {
                return Err(corrupt("there is no such arm"));
            }
            Mem::Arm(arm) if arm.arm == index => arm.mem()?,
            // The view has become a value of another arm.
            Mem::Arm(_) => Mem::Nothing,
            _ => return Err(corrupt("a union has another kind of memory")),
        };
        let mut converted = self.value(state, direction, value, inner)?;
        if !converted.mem.is_empty() {
            let mut mem = Vec::with_capacity(converted.mem.len() + 8);
            let opened = Opened::arm(&mut mem, index);
            mem.extend_from_slice(&converted.mem);
            opened.close_arm(&mut mem)?;
            converted.mem = mem;
        }
        Ok(converted)
    }

    #[inline(never)]
    fn arm(&mut self, selector: &Selector, direction: Direction, value: ValueRef<'_>) -> Result<Option<u32>> {
        match selector {
            Selector::Tag { member, source, target } => {
                let tags = read(direction, source, target);
                let tag = self.tag(member, direction, value)?;
                Ok(index(tags.iter().position(|name| tag.name_is(name))))
            }
            Selector::Type { source, target } => {
                let types = type_of(value);
                let sets = read(direction, source, target);
                Ok(index(sets.iter().position(|set| set.meets(types))))
            }
            Selector::Present { source, target } => {
                if !value.is_object() {
                    return Err(self.mismatch("object", value));
                }
                let names = read(direction, source, target);
                Ok(index(names.iter().position(|name| value.get(name).is_some())))
            }
            Selector::Valid { source, target } => {
                self.fitting(read(direction, source, target), direction, value)
            }
        }
    }

    fn tag<'a>(&mut self, member: &Name, direction: Direction, value: ValueRef<'a>) -> Result<ValueRef<'a>> {
        if !value.is_object() {
            return Err(self.mismatch("object", value));
        }
        let Some((_, tag)) = value.members().find(|(key, _)| key.name_is(member)) else {
            let message = format!("the variant is told by `{member}`, which is missing");
            return Err(self.refuse(direction, "tag-missing", message, value.span()));
        };
        if tag.kind() != JsonKind::String {
            self.enter_member(member.as_bytes());
            return Err(self.mismatch("string", tag));
        }
        Ok(tag)
    }

    /// The only arm that the value is valid for.
    #[inline(never)]
    fn fitting(
        &mut self,
        vertices: &[VertexId],
        direction: Direction,
        value: ValueRef<'_>,
    ) -> Result<Option<u32>> {
        let mut fitting = None;
        for (index, vertex) in (0u32..).zip(vertices) {
            // What is read forwards is what would be written backwards.
            let side = direction.turned();
            if self.checker.valid(side, *vertex, value.raw(), &mut self.budget)?.is_none()
                && fitting.replace(index).is_some()
            {
                let message = "the value fits several variants";
                return Err(self.refuse(direction, "several-arms-fit", message, value.span()));
            }
        }
        Ok(fitting)
    }
}

fn read<'t, T>(direction: Direction, source: &'t [T], target: &'t [T]) -> &'t [T] {
    match direction {
        Direction::Forward => source,
        Direction::Backward => target,
    }
}

fn index(position: Option<usize>) -> Option<u32> {
    position.map(|position| position as u32)
}

fn type_of(value: ValueRef<'_>) -> TypeSet {
    match value.kind() {
        JsonKind::Null => TypeSet::NULL,
        JsonKind::Bool => TypeSet::BOOLEAN,
        JsonKind::Number if number::Decimal::parse(value.raw()).is_some_and(|number| number.is_integer()) => {
            TypeSet::INTEGER
        }
        JsonKind::Number => TypeSet::FRACTION,
        JsonKind::String => TypeSet::STRING,
        JsonKind::Array => TypeSet::ARRAY,
        JsonKind::Object => TypeSet::OBJECT,
    }
}
