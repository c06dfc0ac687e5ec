//! Theories and models by numbers: what checking, searching and moving models walks over.
#![expect(
    clippy::indexing_slicing,
    reason = "INVARIANT: sorts, operations and places are numbers of one shape"
)]

use super::{Signature, SortExpr, SortParam, Term};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::BTreeMap;

/// A term over places.
#[derive(Clone, Debug)]
pub(super) enum Code {
    Place(usize),
    App(usize, Vec<Code>),
}

/// A variable: its sort, and where sorts depend on terms, the member of the family.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) sort: usize,
    /// Empty for a plain sort and for a whole family.
    pub(super) index: Vec<Code>,
}

#[derive(Clone, Debug)]
pub(super) struct OpShape {
    pub(super) name: Name,
    pub(super) inputs: Vec<Slot>,
    pub(super) output: Slot,
}

#[derive(Clone, Debug)]
pub(super) struct AxiomShape {
    pub(super) name: Name,
    pub(super) variables: Vec<Name>,
    pub(super) slots: Vec<Slot>,
    pub(super) lhs: Code,
    pub(super) rhs: Code,
}

/// A theory by numbers.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) sorts: Vec<Name>,
    pub(super) sort_at: BTreeMap<Name, usize>,
    /// Parameters of each sort.
    pub(super) params: Vec<Vec<Slot>>,
    pub(super) ops: Vec<OpShape>,
    pub(super) op_at: BTreeMap<Name, usize>,
    pub(super) axioms: Vec<AxiomShape>,
}

/// Variables of one equation.
const MOST_VARIABLES: usize = 64;

impl Shape {
    /// The shape of a theory that is well typed.
    pub(super) fn of(signature: &Signature<'_>) -> Result<Shape> {
        let theory = signature.theory();
        let mut shape = Shape {
            sorts: theory.sorts.iter().map(|sort| sort.name.clone()).collect(),
            sort_at: theory.sorts.iter().enumerate().map(|(at, sort)| (sort.name.clone(), at)).collect(),
            params: Vec::new(),
            ops: Vec::new(),
            op_at: theory.ops.iter().enumerate().map(|(at, op)| (op.name.clone(), at)).collect(),
            axioms: Vec::new(),
        };
        for sort in &theory.sorts {
            let (slots, _) = shape.telescope(&sort.params)?;
            shape.params.push(slots);
        }
        for op in &theory.ops {
            let (inputs, places) = shape.telescope(&op.inputs)?;
            let output = shape.slot(&op.output, &places)?;
            shape.ops.push(OpShape { name: op.name.clone(), inputs, output });
        }
        for (name, lhs, rhs) in theory.axioms() {
            let mut open = signature.context(lhs, rhs)?;
            if open.len() > MOST_VARIABLES {
                let message = format!("equation `{name}` has more than {MOST_VARIABLES} variables");
                return Err(Diagnostic::error(Kind::Limit, "limit-variables", message));
            }
            // A variable comes after those that its sort speaks of.
            let (mut variables, mut slots, mut places) = (Vec::new(), Vec::new(), BTreeMap::new());
            while !open.is_empty() {
                let ready = open.iter().find(|(_, sort)| {
                    sort.args.iter().all(|arg| arg.variables().iter().all(|name| places.contains_key(name)))
                });
                let Some(name) = ready.map(|(name, _)| name.clone()) else { return Err(broken()) };
                let Some(sort) = open.remove(&name) else { return Err(broken()) };
                slots.push(shape.slot(&sort, &places)?);
                places.insert(name.clone(), variables.len());
                variables.push(name);
            }
            let (lhs, rhs) = (shape.code(lhs, &places)?, shape.code(rhs, &places)?);
            shape.axioms.push(AxiomShape { name: name.clone(), variables, slots, lhs, rhs });
        }
        Ok(shape)
    }

    /// Whether each operation takes one thing and no sort depends on terms: models are set-valued functors.
    pub(super) fn is_unary(&self) -> bool {
        self.params.iter().all(Vec::is_empty) && self.ops.iter().all(|op| op.inputs.len() == 1)
    }

    fn telescope(&self, params: &[SortParam]) -> Result<(Vec<Slot>, BTreeMap<Name, usize>)> {
        let (mut slots, mut places) = (Vec::new(), BTreeMap::new());
        for (at, param) in params.iter().enumerate() {
            slots.push(self.slot(&param.sort, &places)?);
            places.insert(param.name.clone(), at);
        }
        Ok((slots, places))
    }

    fn slot(&self, sort: &SortExpr, places: &BTreeMap<Name, usize>) -> Result<Slot> {
        let index = sort.args.iter().map(|arg| self.code(arg, places)).collect::<Result<_>>()?;
        Ok(Slot { sort: *self.sort_at.get(&sort.name).ok_or_else(broken)?, index })
    }

    pub(super) fn code(&self, term: &Term, places: &BTreeMap<Name, usize>) -> Result<Code> {
        Ok(match term {
            Term::Var(name) => Code::Place(*places.get(name).ok_or_else(broken)?),
            Term::App { op, args } => Code::App(
                *self.op_at.get(op).ok_or_else(broken)?,
                args.iter().map(|arg| self.code(arg, places)).collect::<Result<_>>()?,
            ),
        })
    }
}

#[cold]
fn broken() -> crate::diagnostic::Error {
    Diagnostic::error(Kind::Internal, "internal", "a theory was used that is not well typed")
}

/// A model by numbers: sets of elements, tables of operations.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Tables {
    /// Elements of each sort.
    pub(super) counts: Vec<u32>,
    /// For each sort that depends on terms, what its elements belong to.
    pub(super) params: Vec<Vec<Vec<u32>>>,
    /// For each operation its results.
    pub(super) ops: Vec<BTreeMap<Vec<u32>, u32>>,
}

/// What is done with each assignment; false ends the walk.
type Visit<'v> = &'v mut dyn FnMut(&[u32], &mut Budget) -> Result<bool>;

impl Tables {
    pub(super) fn empty(shape: &Shape) -> Tables {
        Tables {
            counts: vec![0; shape.sorts.len()],
            params: vec![Vec::new(); shape.sorts.len()],
            ops: vec![BTreeMap::new(); shape.ops.len()],
        }
    }

    /// The value of a term; none where a table has no entry.
    pub(super) fn value(&self, code: &Code, places: &[u32]) -> Option<u32> {
        match code {
            Code::Place(at) => places.get(*at).copied(),
            Code::App(op, args) => {
                let args: Option<Vec<u32>> = args.iter().map(|arg| self.value(arg, places)).collect();
                self.ops[*op].get(&args?).copied()
            }
        }
    }

    /// The indices of a slot, where they have values.
    pub(super) fn index(&self, slot: &Slot, places: &[u32]) -> Option<Vec<u32>> {
        slot.index.iter().map(|code| self.value(code, places)).collect()
    }

    /// Whether an element belongs to a slot.
    pub(super) fn belongs(&self, element: u32, slot: &Slot, places: &[u32]) -> bool {
        element < self.counts[slot.sort]
            && (slot.index.is_empty()
                || self.index(slot, places).as_ref() == self.params[slot.sort].get(element as usize))
    }

    /// Visits every assignment of elements to slots.
    pub(super) fn each(&self, slots: &[Slot], budget: &mut Budget, visit: Visit<'_>) -> Result<()> {
        let families = Families::of(self, slots);
        self.assign(slots, &families, &mut Vec::with_capacity(slots.len()), budget, visit).map(|_| ())
    }

    fn assign(
        &self,
        slots: &[Slot],
        families: &Families,
        places: &mut Vec<u32>,
        budget: &mut Budget,
        visit: Visit<'_>,
    ) -> Result<bool> {
        budget.spend(1)?;
        let Some(slot) = slots.get(places.len()) else { return visit(places, budget) };
        let mut go = |element: u32, places: &mut Vec<u32>, budget: &mut Budget| {
            places.push(element);
            let more = self.assign(slots, families, places, budget, visit);
            places.pop();
            more
        };
        if slot.index.is_empty() {
            for element in 0..self.counts[slot.sort] {
                if !go(element, places, budget)? {
                    return Ok(false);
                }
            }
        } else if let Some(index) = self.index(slot, places) {
            for element in families.members(slot.sort, &index) {
                if !go(*element, places, budget)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// Elements by what they belong to.
struct Families(BTreeMap<usize, BTreeMap<Vec<u32>, Vec<u32>>>);

impl Families {
    fn of(tables: &Tables, slots: &[Slot]) -> Families {
        let mut found = BTreeMap::new();
        for slot in slots.iter().filter(|slot| !slot.index.is_empty()) {
            found.entry(slot.sort).or_insert_with(|| {
                let mut members: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
                for (element, params) in (0u32..).zip(&tables.params[slot.sort]) {
                    members.entry(params.clone()).or_default().push(element);
                }
                members
            });
        }
        Families(found)
    }

    fn members(&self, sort: usize, index: &[u32]) -> &[u32] {
        self.0.get(&sort).and_then(|members| members.get(index)).map_or(&[], Vec::as_slice)
    }
}
