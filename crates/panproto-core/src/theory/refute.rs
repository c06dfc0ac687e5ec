//! Small models that tell two terms apart.
#![expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: sorts, operations and places are numbers of one shape"
)]

use super::prove::Refutation;
use super::tables::{Shape, Slot, Tables};
use super::{Context, Signature, Term, Theory};
use crate::diagnostic::Result;
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};

/// Models that are tried for one size.
const MOST_MODELS: u64 = 70_000;

/// Looks for a model of the axioms in which the terms differ.
pub(super) fn search(
    signature: &Signature<'_>,
    lhs: &Term,
    rhs: &Term,
    context: &Context,
    budget: &mut Budget,
) -> Result<Option<Refutation>> {
    let Some(part) = connected(signature.theory(), [lhs, rhs], context) else { return Ok(None) };
    let signature = Signature::of(&part)?;
    let shape = Shape::of(&signature)?;
    let variables: Vec<&Name> = context.keys().collect();
    let places: BTreeMap<Name, usize> =
        variables.iter().enumerate().map(|(at, name)| ((*name).clone(), at)).collect();
    let slots: Vec<Slot> = context
        .values()
        .filter_map(|sort| shape.sort_at.get(&sort.name))
        .map(|sort| Slot { sort: *sort, index: Vec::new() })
        .collect();
    let sides = (shape.code(lhs, &places)?, shape.code(rhs, &places)?);
    for size in 2..=3u32 {
        let Some(mut candidates) = Candidates::new(&shape, size) else { continue };
        while candidates.next(budget)? {
            if !holds(&shape, &candidates.tables, budget)? {
                continue;
            }
            let mut differing = None;
            candidates.tables.each(&slots, budget, &mut |places, _| {
                let [left, right] = [&sides.0, &sides.1].map(|side| candidates.tables.value(side, places));
                differing = (left != right).then(|| places.to_vec());
                Ok(differing.is_none())
            })?;
            if let Some(found) = differing {
                let tables = shape
                    .ops
                    .iter()
                    .zip(&candidates.tables.ops)
                    .map(|(op, table)| (op.name.clone(), table.values().copied().collect()))
                    .collect();
                let assignment = variables.into_iter().cloned().zip(found).collect();
                return Ok(Some(Refutation::Model { size, tables, assignment }));
            }
        }
    }
    Ok(None)
}

/// The part of a theory that has to do with the terms: operations that share sorts with theirs. The rest is empty
/// of consequences: one element in each of its sorts is a model. None where sorts depend on terms.
fn connected(theory: &Theory, terms: [&Term; 2], context: &Context) -> Option<Theory> {
    if theory.sorts.iter().any(|sort| !sort.params.is_empty()) {
        return None;
    }
    let mut sorts: BTreeSet<&Name> = context.values().map(|sort| &sort.name).collect();
    let mut used = BTreeSet::new();
    for term in terms {
        term.walk(&mut |term| {
            if let Term::App { op, .. } = term {
                used.insert(op.clone());
            }
        });
    }
    loop {
        let before = sorts.len();
        for op in &theory.ops {
            let all = op.inputs.iter().map(|input| &input.sort.name).chain([&op.output.name]);
            if used.contains(&op.name) || all.clone().any(|sort| sorts.contains(sort)) {
                used.insert(op.name.clone());
                sorts.extend(all);
            }
        }
        if sorts.len() == before {
            break;
        }
    }
    let inside = |term: &Term| {
        let mut inside = true;
        term.walk(&mut |term| inside &= !matches!(term, Term::App { op, .. } if !used.contains(op)));
        inside
    };
    let mut part = Theory::new(theory.name.clone());
    part.sorts = theory.sorts.iter().filter(|sort| sorts.contains(&sort.name)).cloned().collect();
    part.ops = theory.ops.iter().filter(|op| used.contains(&op.name)).cloned().collect();
    part.eqs = theory.eqs.iter().filter(|eq| inside(&eq.lhs) && inside(&eq.rhs)).cloned().collect();
    part.directed_eqs =
        theory.directed_eqs.iter().filter(|eq| inside(&eq.lhs) && inside(&eq.rhs)).cloned().collect();
    Some(part)
}

fn holds(shape: &Shape, tables: &Tables, budget: &mut Budget) -> Result<bool> {
    for axiom in &shape.axioms {
        let mut held = true;
        tables.each(&axiom.slots, budget, &mut |places, _| {
            held = tables.value(&axiom.lhs, places) == tables.value(&axiom.rhs, places);
            Ok(held)
        })?;
        if !held {
            return Ok(false);
        }
    }
    Ok(true)
}

/// All tables over sets of one size, in order.
struct Candidates {
    tables: Tables,
    cells: Vec<(usize, Vec<u32>)>,
    started: bool,
    size: u32,
}

impl Candidates {
    fn new(shape: &Shape, size: u32) -> Option<Candidates> {
        let mut tables = Tables::empty(shape);
        tables.counts.fill(size);
        let mut cells = Vec::new();
        let mut models = 1u64;
        for (at, op) in shape.ops.iter().enumerate() {
            let arity = u32::try_from(op.inputs.len()).ok()?;
            for number in 0..size.checked_pow(arity)? {
                models = models.checked_mul(size.into()).filter(|models| *models <= MOST_MODELS)?;
                let args: Vec<u32> = (0..arity).rev().map(|place| number / size.pow(place) % size).collect();
                tables.ops[at].insert(args.clone(), 0);
                cells.push((at, args));
            }
        }
        Some(Candidates { tables, cells, started: false, size })
    }

    fn next(&mut self, budget: &mut Budget) -> Result<bool> {
        if !std::mem::replace(&mut self.started, true) {
            return Ok(true);
        }
        for (op, args) in &self.cells {
            budget.spend(1)?;
            let Some(cell) = self.tables.ops[*op].get_mut(args) else { continue };
            *cell += 1;
            if *cell < self.size {
                return Ok(true);
            }
            *cell = 0;
        }
        Ok(false)
    }
}
