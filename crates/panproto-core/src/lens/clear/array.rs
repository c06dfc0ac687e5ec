//! Arrays, item by item; which remembered item an item of a view is.

use super::Run;
use super::value::Converted;
use crate::diagnostic::Result;
use crate::lens::engine::Direction;
use crate::lens::frame::{Item, Mem, Opened, corrupt, write_item_head, write_mem};
use crate::lens::machine::{ArrayRule, StateId};
use crate::lens::note::NoteCode;
use crate::lens::pairing::{Identity, pair};
use crate::ordered::BTreeSet;
use crate::value::{Tree, ValueRef, digest64};

impl Run<'_> {
    #[inline(never)]
    pub(super) fn array(
        &mut self,
        id: StateId,
        rule: &ArrayRule,
        direction: Direction,
        value: ValueRef<'_>,
        mem: Mem<'_>,
    ) -> Result<Converted> {
        if !value.is_array() {
            return Err(self.mismatch("array", value));
        }
        let remembered = match mem {
            Mem::Nothing => Vec::new(),
            Mem::Items(items) => items.collect::<Result<Vec<Item<'_>>>>()?,
            _ => return Err(corrupt("an array has another kind of memory")),
        };
        let mems = match direction {
            Direction::Forward => Vec::new(),
            Direction::Backward => self.pair_items(rule, value, &remembered)?,
        };
        let mut items = Vec::with_capacity(value.len());
        for (index, item) in value.items().enumerate() {
            self.enter_item(index);
            let Some(state) = state_of(rule, index) else {
                let message = "the other schema has no item here";
                return Err(self.refuse(direction, "too-many-items", message, item.span()));
            };
            let mem = mems.get(index).copied().flatten().unwrap_or(Mem::Nothing);
            let converted = self.value(state, direction, item, mem)?;
            let text = self.present(direction, converted.text, item.span())?;
            items.push((text, converted.mem));
            self.leave();
        }
        let mut text = vec![b'['];
        for (index, (item, _)) in items.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            text.extend_from_slice(item);
        }
        text.push(b']');
        if direction == Direction::Forward && rule.hinted_key {
            self.refuse_twins(rule, direction, value, items.iter().map(|(item, _)| &item[..]))?;
        }
        let check = if direction == Direction::Forward { &rule.forward } else { &rule.backward };
        self.check(id, direction, check, &text, value)?;
        let mut mem = Vec::new();
        if items.iter().any(|(_, mem)| !mem.is_empty()) {
            let opened = Opened::items(&mut mem);
            for (item, item_mem) in &items {
                let identity = self.identity(rule, item)?;
                write_item_head(&mut mem, identity.whole, identity.weak);
                write_mem(&mut mem, item_mem);
            }
            opened.close(&mut mem)?;
        }
        Ok(Converted { text: Some(text), mem })
    }

    /// For each item of a view the memory of the remembered item that it is.
    #[inline(never)]
    fn pair_items<'b>(
        &mut self,
        rule: &ArrayRule,
        value: ValueRef<'_>,
        remembered: &[Item<'b>],
    ) -> Result<Vec<Option<Mem<'b>>>> {
        if rule.hinted_key {
            self.refuse_twins(rule, Direction::Backward, value, value.items().map(ValueRef::raw))?;
        }
        if remembered.is_empty() {
            return Ok(Vec::new());
        }
        let known: Vec<Identity> =
            remembered.iter().map(|item| Identity { whole: item.whole, weak: item.weak }).collect();
        let seen = value.items().map(|item| self.identity(rule, item.raw())).collect::<Result<Vec<_>>>()?;
        let pairing = pair(&known, &seen, rule.hinted_key);
        if pairing.unclear {
            self.note(NoteCode::ItemIdentityUnclear);
        }
        let lost = |index: &u32| remembered.get(*index as usize).is_some_and(|item| !item.mem.is_nothing());
        if pairing.unpaired.iter().any(lost) {
            self.note(NoteCode::ItemsUnpaired);
        }
        let mem_of = |(index, pair): (usize, &Option<u32>)| {
            let other = (*pair)? as usize;
            // What is remembered under one state means nothing under another.
            (state_of(rule, index) == state_of(rule, other))
                .then(|| remembered.get(other).map(|item| item.mem))?
        };
        Ok(pairing.pairs.iter().enumerate().map(mem_of).collect())
    }

    #[inline(never)]
    fn identity(&mut self, rule: &ArrayRule, item: &[u8]) -> Result<Identity> {
        self.budget.spend(1 + item.len() as u64)?;
        Ok(Identity { whole: digest64(item), weak: self.weak(rule, item)? })
    }

    /// Digest of the key of an item of the view; 0 where it has none.
    fn weak(&self, rule: &ArrayRule, item: &[u8]) -> Result<u64> {
        let Some(key) = &rule.key else { return Ok(0) };
        if item.first() != Some(&b'{') {
            return Ok(0);
        }
        let tree = Tree::parse(item, self.budget.limits())?;
        let found = tree.root().members().find(|(name, _)| name.name_is(key));
        Ok(found.map_or(0, |(_, value)| digest64(value.raw())))
    }

    /// Refuses two items with one hinted key.
    #[inline(never)]
    fn refuse_twins<'t>(
        &mut self,
        rule: &ArrayRule,
        direction: Direction,
        value: ValueRef<'_>,
        views: impl Iterator<Item = &'t [u8]>,
    ) -> Result<()> {
        let mut seen = BTreeSet::new();
        for (index, (view, item)) in views.zip(value.items()).enumerate() {
            let weak = self.weak(rule, view)?;
            if weak != 0 && !seen.insert(weak) {
                self.enter_item(index);
                let message = "an earlier item of the list has the same key";
                return Err(self.refuse(direction, "duplicate-item-key", message, item.span()));
            }
        }
        Ok(())
    }
}

fn state_of(rule: &ArrayRule, index: usize) -> Option<StateId> {
    rule.prefix.get(index).copied().or(rule.items)
}
