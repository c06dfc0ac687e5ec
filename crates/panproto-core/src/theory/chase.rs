//! The free model over given elements: results of operations are added where there are none, and what the equations
//! make equal is merged, until both are done. Equal elements are found by union.
#![expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: sorts, operations and elements are numbers of one shape"
)]

use super::tables::{Shape, Tables};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::limits::Budget;
use crate::ordered::BTreeMap;

/// Where an element came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was given; the number is the giver's.
    Given(usize),
    /// The result of an operation.
    Made(usize, Vec<u32>),
}

pub(super) struct Chase<'s> {
    shape: &'s Shape,
    pub(super) tables: Tables,
    /// By sort, for each element the one that it is.
    parent: Vec<Vec<u32>>,
    pub(super) origins: Vec<Vec<Origin>>,
    merges: Vec<(usize, u32, u32)>,
    most: u32,
    elements: u32,
}

/// A finished free model.
pub(super) struct Free {
    pub(super) tables: Tables,
    /// By sort, where each element came from first.
    pub(super) origins: Vec<Vec<Origin>>,
    /// By sort, what became of each element that was given, in the order of giving.
    pub(super) given: Vec<Vec<u32>>,
}

impl<'s> Chase<'s> {
    /// A chase that makes at most so many elements.
    pub(super) fn new(shape: &'s Shape, most: u32) -> Chase<'s> {
        Chase {
            shape,
            tables: Tables::empty(shape),
            parent: vec![Vec::new(); shape.sorts.len()],
            origins: vec![Vec::new(); shape.sorts.len()],
            merges: Vec::new(),
            most,
            elements: 0,
        }
    }

    /// A new element.
    pub(super) fn element(&mut self, sort: usize, params: Vec<u32>, origin: Origin) -> Result<u32> {
        self.elements += 1;
        if self.elements > self.most {
            return Err(too_large(self.most));
        }
        let element = self.tables.counts[sort];
        self.tables.counts[sort] += 1;
        self.tables.params[sort].push(params);
        self.parent[sort].push(element);
        self.origins[sort].push(origin);
        Ok(element)
    }

    /// Says what an operation gives.
    pub(super) fn entry(&mut self, op: usize, args: Vec<u32>, result: u32) {
        let sort = self.shape.ops[op].output.sort;
        match self.tables.ops[op].get(&args) {
            Some(there) => self.merges.push((sort, *there, result)),
            None => {
                self.tables.ops[op].insert(args, result);
            }
        }
    }

    /// Chases until nothing is missing and nothing is to be merged.
    pub(super) fn run(mut self, budget: &mut Budget) -> Result<Free> {
        loop {
            self.merge(budget)?;
            if self.deduce(budget)? {
                continue;
            }
            if !self.extend(budget)? {
                break;
            }
        }
        Ok(self.finish())
    }

    fn find(&self, sort: usize, mut element: u32) -> u32 {
        while self.parent[sort][element as usize] != element {
            element = self.parent[sort][element as usize];
        }
        element
    }

    /// Does what is to be merged, and what follows because operations are functions. Then every table speaks of
    /// the elements that are left.
    fn merge(&mut self, budget: &mut Budget) -> Result<()> {
        while !self.merges.is_empty() {
            while let Some((sort, a, b)) = self.merges.pop() {
                budget.spend(1)?;
                let (a, b) = (self.find(sort, a), self.find(sort, b));
                if a == b {
                    continue;
                }
                let (keep, lose) = (a.min(b), a.max(b));
                self.parent[sort][lose as usize] = keep;
                let params = [keep, lose].map(|element| self.tables.params[sort][element as usize].clone());
                for (slot, (x, y)) in self.shape.params[sort].iter().zip(params[0].iter().zip(&params[1])) {
                    self.merges.push((slot.sort, *x, *y));
                }
            }
            for op in 0..self.shape.ops.len() {
                let old = std::mem::take(&mut self.tables.ops[op]);
                budget.spend(old.len() as u64)?;
                for (args, result) in old {
                    let inputs = &self.shape.ops[op].inputs;
                    let args = args.iter().zip(inputs).map(|(at, slot)| self.find(slot.sort, *at)).collect();
                    let result = self.find(self.shape.ops[op].output.sort, result);
                    self.entry(op, args, result);
                }
            }
            for sort in 0..self.shape.sorts.len() {
                for element in 0..self.tables.params[sort].len() {
                    let slots = &self.shape.params[sort];
                    let params = &self.tables.params[sort][element];
                    let params =
                        params.iter().zip(slots).map(|(at, slot)| self.find(slot.sort, *at)).collect();
                    self.tables.params[sort][element] = params;
                }
            }
        }
        Ok(())
    }

    fn is_live(&self, slots: &[super::tables::Slot], places: &[u32]) -> bool {
        slots.iter().zip(places).all(|(slot, at)| self.parent[slot.sort][*at as usize] == *at)
    }

    /// Merges what the equations make equal, and fills a gap where the other side says what stands there. Whether
    /// there was anything.
    fn deduce(&mut self, budget: &mut Budget) -> Result<bool> {
        let mut merges = Vec::new();
        let mut entries: Vec<(usize, Vec<u32>, u32)> = Vec::new();
        for axiom in &self.shape.axioms {
            let tables = &self.tables;
            tables.each(&axiom.slots, budget, &mut |places, _| {
                if !self.is_live(&axiom.slots, places) {
                    return Ok(true);
                }
                match (tables.value(&axiom.lhs, places), tables.value(&axiom.rhs, places)) {
                    (Some(a), Some(b)) if a != b => {
                        let sort = match &axiom.lhs {
                            super::tables::Code::Place(at) => axiom.slots[*at].sort,
                            super::tables::Code::App(op, _) => self.shape.ops[*op].output.sort,
                        };
                        merges.push((sort, a, b));
                    }
                    (Some(value), None) => entries.extend(gap(tables, &axiom.rhs, places, value)),
                    (None, Some(value)) => entries.extend(gap(tables, &axiom.lhs, places, value)),
                    _ => {}
                }
                Ok(true)
            })?;
        }
        let found = !merges.is_empty() || !entries.is_empty();
        self.merges = merges;
        for (op, args, result) in entries {
            self.entry(op, args, result);
        }
        Ok(found)
    }

    /// Adds results for all arguments that have none. Whether there were any.
    fn extend(&mut self, budget: &mut Budget) -> Result<bool> {
        let mut missing: Vec<(usize, Vec<u32>)> = Vec::new();
        for (op, shape) in self.shape.ops.iter().enumerate() {
            self.tables.each(&shape.inputs, budget, &mut |places, _| {
                if self.is_live(&shape.inputs, places) && !self.tables.ops[op].contains_key(places) {
                    if missing.len() as u64 > u64::from(self.most) {
                        return Err(too_large(self.most));
                    }
                    missing.push((op, places.to_vec()));
                }
                Ok(true)
            })?;
        }
        let found = !missing.is_empty();
        for (op, args) in missing {
            let output = &self.shape.ops[op].output;
            let params = self.tables.index(output, &args);
            let whole = output.index.is_empty() && !self.shape.params[output.sort].is_empty();
            let Some(params) = params.filter(|_| !whole) else {
                let message = format!(
                    "`{}` gives an element of a family without saying of which member",
                    self.shape.ops[op].name
                );
                return Err(Diagnostic::error(Kind::Schema, "free-family", message));
            };
            let element = self.element(output.sort, params, Origin::Made(op, args.clone()))?;
            self.entry(op, args, element);
        }
        Ok(found)
    }

    /// Numbers what is left anew.
    fn finish(self) -> Free {
        let sorts = self.shape.sorts.len();
        let mut numbers: Vec<BTreeMap<u32, u32>> = vec![BTreeMap::new(); sorts];
        let mut origins = vec![Vec::new(); sorts];
        let mut given = vec![Vec::new(); sorts];
        for (sort, numbers) in numbers.iter_mut().enumerate() {
            for element in 0..self.tables.counts[sort] {
                if self.find(sort, element) == element {
                    let next = numbers.len() as u32;
                    numbers.insert(element, next);
                }
            }
        }
        let number =
            |sort: usize, element: u32| numbers[sort].get(&self.find(sort, element)).copied().unwrap_or(0);
        let mut tables = Tables::empty(self.shape);
        for sort in 0..sorts {
            tables.counts[sort] = numbers[sort].len() as u32;
            for (element, origin) in (0u32..).zip(&self.origins[sort]) {
                if let Origin::Given(_) = origin {
                    given[sort].push(number(sort, element));
                }
                if self.find(sort, element) != element {
                    continue;
                }
                let params = self.tables.params[sort][element as usize].iter().zip(&self.shape.params[sort]);
                tables.params[sort].push(params.map(|(at, slot)| number(slot.sort, *at)).collect());
                origins[sort].push(match origin {
                    Origin::Given(at) => Origin::Given(*at),
                    Origin::Made(op, args) => {
                        let inputs = &self.shape.ops[*op].inputs;
                        Origin::Made(
                            *op,
                            args.iter().zip(inputs).map(|(at, slot)| number(slot.sort, *at)).collect(),
                        )
                    }
                });
            }
            if self.shape.params[sort].is_empty() {
                tables.params[sort].clear();
            }
        }
        for (op, table) in self.tables.ops.iter().enumerate() {
            let shape = &self.shape.ops[op];
            tables.ops[op] = table
                .iter()
                .map(|(args, result)| {
                    let args =
                        args.iter().zip(&shape.inputs).map(|(at, slot)| number(slot.sort, *at)).collect();
                    (args, number(shape.output.sort, *result))
                })
                .collect();
        }
        Free { tables, origins, given }
    }
}

/// The entry that is missing at the top of a term, if its arguments have values.
fn gap(
    tables: &Tables,
    code: &super::tables::Code,
    places: &[u32],
    value: u32,
) -> Option<(usize, Vec<u32>, u32)> {
    let super::tables::Code::App(op, args) = code else { return None };
    let args: Option<Vec<u32>> = args.iter().map(|arg| tables.value(arg, places)).collect();
    Some((*op, args?, value))
}

#[cold]
fn too_large(most: u32) -> crate::diagnostic::Error {
    Diagnostic::new(Kind::Limit, "limit-model", format!("the free model passes its limit of {most} elements"))
        .help("it may be infinite; otherwise raise the limit of elements")
        .boxed()
}
