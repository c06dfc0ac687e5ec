//! What two types have in common.

use super::{Checker, Scheme};
use crate::diagnostic::Result;
use crate::expr::types::{LEVELS, RecordType, Type};
use crate::ordered::BTreeSet;

impl Checker<'_> {
    /// A type as far as it is known at its root.
    pub(super) fn known_as(&self, ty: &Type) -> Type {
        let mut ty = ty;
        while let Type::Unknown(id) = ty {
            match self.known.get(*id as usize) {
                Some(Some(known)) => ty = known,
                _ => break,
            }
        }
        ty.clone()
    }

    /// Says what an unknown type is. One that would hold itself is anything.
    pub(super) fn bind(&mut self, id: u32, ty: Type) -> Result<()> {
        let mut found = BTreeSet::new();
        self.unknowns(&ty, &mut found, 0)?;
        let ty = if found.contains(&id) { Type::Any } else { ty };
        if let Some(known) = self.known.get_mut(id as usize) {
            *known = Some(ty);
        }
        Ok(())
    }

    /// The unknown types within a type.
    fn unknowns(&mut self, ty: &Type, found: &mut BTreeSet<u32>, level: u32) -> Result<()> {
        self.step()?;
        if level > LEVELS {
            return Ok(());
        }
        match self.known_as(ty) {
            Type::Unknown(id) => {
                found.insert(id);
            }
            Type::List(item) => self.unknowns(&item, found, level + 1)?,
            Type::Function(from, to) => {
                self.unknowns(&from, found, level + 1)?;
                self.unknowns(&to, found, level + 1)?;
            }
            Type::Record(record) => {
                for (_, ty) in &record.members {
                    self.unknowns(ty, found, level + 1)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A type with everything that is known; the rest is anything.
    pub(super) fn settle(&mut self, ty: &Type, level: u32) -> Result<Type> {
        self.rebuild(ty, &mut |_| Type::Any, level)
    }

    fn rebuild(&mut self, ty: &Type, unknown: &mut dyn FnMut(u32) -> Type, level: u32) -> Result<Type> {
        self.step()?;
        if level > LEVELS {
            return Ok(Type::Any);
        }
        Ok(match self.known_as(ty) {
            Type::Unknown(id) => unknown(id),
            Type::List(item) => Type::list(self.rebuild(&item, unknown, level + 1)?),
            Type::Function(from, to) => Type::function(
                self.rebuild(&from, unknown, level + 1)?,
                self.rebuild(&to, unknown, level + 1)?,
            ),
            Type::Record(record) => {
                let mut members = Vec::with_capacity(record.members.len());
                for (name, ty) in &record.members {
                    members.push((name.clone(), self.rebuild(ty, unknown, level + 1)?));
                }
                Type::record(members, record.open)
            }
            other => other,
        })
    }

    /// The type of a name for a value: what is unknown in it and nowhere around is new for every use.
    pub(super) fn generalise(&mut self, ty: Type, first: usize) -> Result<Scheme> {
        let ty = self.rebuild(&ty, &mut Type::Unknown, 0)?;
        let mut generic = BTreeSet::new();
        self.unknowns(&ty, &mut generic, 0)?;
        generic.retain(|id| *id as usize >= first);
        if !generic.is_empty() {
            let mut around = BTreeSet::new();
            for id in 0..first as u32 {
                self.unknowns(&Type::Unknown(id), &mut around, 0)?;
            }
            generic.retain(|id| !around.contains(id));
        }
        Ok(Scheme { ty, generic: generic.into_iter().collect() })
    }

    /// A use of such a name.
    pub(super) fn instance(&mut self, ty: &Type, generic: &[u32]) -> Result<Type> {
        if generic.is_empty() {
            return Ok(ty.clone());
        }
        let new: Vec<Type> = generic.iter().map(|_| self.unknown()).collect();
        let mut replace = |id: u32| {
            let at = generic.binary_search(&id).ok();
            at.and_then(|at| new.get(at)).cloned().unwrap_or(Type::Unknown(id))
        };
        self.rebuild(ty, &mut replace, 0)
    }

    /// Whether a value of the second type may stand where the first is expected; learns what that says of unknowns.
    pub(super) fn unify(&mut self, expected: &Type, found: &Type, level: u32) -> Result<bool> {
        self.step()?;
        if level > LEVELS {
            return Ok(true);
        }
        Ok(match (self.known_as(expected), self.known_as(found)) {
            (Type::Unknown(a), Type::Unknown(b)) => {
                // The newer one is the older one, so that what is around stays independent of what is inside.
                if a != b {
                    self.bind(a.max(b), Type::Unknown(a.min(b)))?;
                }
                true
            }
            (Type::Unknown(id), ty) | (ty, Type::Unknown(id)) => {
                self.bind(id, ty)?;
                true
            }
            (Type::Any, _) | (_, Type::Any) => true,
            (Type::Number, Type::Int | Type::Float) | (Type::Int | Type::Float, Type::Number) => true,
            (Type::List(a), Type::List(b)) => self.unify(&a, &b, level + 1)?,
            (Type::Function(a, b), Type::Function(c, d)) => {
                self.unify(&a, &c, level + 1)? && self.unify(&b, &d, level + 1)?
            }
            (Type::Record(a), Type::Record(b)) => self.unify_records(&a, &b, level)?,
            (a, b) => a == b,
        })
    }

    fn unify_records(&mut self, expected: &RecordType, found: &RecordType, level: u32) -> Result<bool> {
        for (name, ty) in &expected.members {
            match found.get(name) {
                Some(other) => {
                    if !self.unify(ty, other, level + 1)? {
                        return Ok(false);
                    }
                }
                None if found.open => {}
                None => return Ok(false),
            }
        }
        let more = found.members.iter().any(|(name, _)| expected.get(name).is_none());
        Ok(expected.open || !more)
    }

    /// A type that holds the values of both.
    pub(super) fn join(&mut self, a: &Type, b: &Type, level: u32) -> Result<Type> {
        self.step()?;
        if level > LEVELS {
            return Ok(Type::Any);
        }
        Ok(match (self.known_as(a), self.known_as(b)) {
            (Type::Unknown(_), _) | (_, Type::Unknown(_)) => {
                self.unify(a, b, level)?;
                self.known_as(a)
            }
            (Type::Int | Type::Float | Type::Number, Type::Int | Type::Float | Type::Number)
                if self.known_as(a) != self.known_as(b) =>
            {
                Type::Number
            }
            (Type::List(a), Type::List(b)) => Type::list(self.join(&a, &b, level + 1)?),
            (Type::Record(a), Type::Record(b)) => {
                let mut members = Vec::new();
                for (name, ty) in &a.members {
                    if let Some(other) = b.get(name) {
                        members.push((name.clone(), self.join(ty, other, level + 1)?));
                    }
                }
                let open =
                    a.open || b.open || members.len() < a.members.len() || members.len() < b.members.len();
                Type::record(members, open)
            }
            (a @ Type::Function(..), b @ Type::Function(..)) => {
                if self.unify(&a, &b, level)? {
                    a
                } else {
                    Type::Any
                }
            }
            (a, b) if a == b => a,
            _ => Type::Any,
        })
    }

    /// Whether no value is of both types.
    pub(super) fn disjoint(&mut self, a: &Type, b: &Type, level: u32) -> Result<bool> {
        self.step()?;
        if level > LEVELS {
            return Ok(false);
        }
        Ok(match (self.known_as(a), self.known_as(b)) {
            (Type::Any | Type::Unknown(_), _) | (_, Type::Any | Type::Unknown(_)) => false,
            // `1` and `1.0` are equal.
            (Type::Int | Type::Float | Type::Number, Type::Int | Type::Float | Type::Number) => false,
            // The empty list is of every type of lists.
            (Type::List(_), Type::List(_)) | (Type::Function(..), Type::Function(..)) => false,
            (Type::Record(a), Type::Record(b)) => {
                let lacks = |a: &RecordType, b: &RecordType| {
                    !b.open && a.members.iter().any(|(name, _)| b.get(name).is_none())
                };
                if lacks(&a, &b) || lacks(&b, &a) {
                    return Ok(true);
                }
                for (name, ty) in &a.members {
                    if let Some(other) = b.get(name)
                        && self.disjoint(ty, other, level + 1)?
                    {
                        return Ok(true);
                    }
                }
                false
            }
            (a, b) => a != b,
        })
    }
}
