//! Congruence closure: classes of equal terms, grown by instances of axioms, with the proof of every merge.
#![expect(clippy::indexing_slicing, reason = "INVARIANT: every term of the bank has a place in each table")]

use super::bank::{Bank, Head, Node, Pattern, Places, TermId};
use super::{EqWitness, Signature, Term};
use crate::diagnostic::Result;
use crate::limits::{Budget, depth_error};
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use std::cell::Cell;

/// Terms of one graph, and rounds of instances.
const MOST_TERMS: usize = 3000;
const MOST_ROUNDS: usize = 12;
const MOST_CONSTANTS: usize = 100;

#[derive(Clone)]
enum Reason {
    /// An instance of an axiom: this term is its left side, or its right side if flipped.
    Axiom { axiom: usize, places: Places, flipped: bool },
    /// Equal arguments.
    Congruence,
}

struct Axiom {
    name: Name,
    sides: [Pattern; 2],
    places: Vec<Name>,
    /// Name of the sort of each place.
    sorts: Vec<Name>,
    /// For each side whether it says what stands at all places, and of what sort that is.
    covers: [bool; 2],
}

/// What came of an attempt.
pub(super) enum Outcome {
    /// Equal, and why.
    Equal(EqWitness),
    /// All instances of axioms that could ever tell were there: the terms differ in the free model.
    Different,
    /// A limit was reached.
    Open,
}

pub(super) struct EGraph {
    bank: Bank,
    axioms: Vec<Axiom>,
    /// Sort of the results of each operation, by its number in the bank.
    outputs: BTreeMap<u32, Name>,
    variables: BTreeMap<u32, Name>,
    /// Operations without inputs: terms that an instance may speak of although neither side does.
    constants: Vec<u32>,
    dependent: bool,
    /// No axiom and no match was left out.
    complete: Cell<bool>,
    parent: Vec<TermId>,
    members: Vec<Vec<TermId>>,
    /// Terms that have a member of the class as an argument.
    users: Vec<Vec<TermId>>,
    shapes: BTreeMap<Node, TermId>,
    proofs: Vec<Option<(TermId, Reason)>>,
    pending: Vec<(TermId, TermId, Reason)>,
}

impl EGraph {
    /// A graph with the axioms of a theory. Variables of the terms have the sorts of the context.
    pub(super) fn new(signature: &Signature<'_>, context: &super::Context) -> EGraph {
        let mut bank = Bank::default();
        let theory = signature.theory();
        let mut axioms = Vec::new();
        let mut complete = true;
        for (name, lhs, rhs) in theory.axioms() {
            let Ok(sorts) = signature.context(lhs, rhs) else {
                complete = false;
                continue;
            };
            let mut places = Vec::new();
            let sides = [bank.pattern(lhs, &mut places), bank.pattern(rhs, &mut places)];
            let covers = [lhs, rhs].map(|side| signature.determines(side, &sorts));
            let sorts = places
                .iter()
                .map(|name| sorts.get(name).map_or_else(Name::default, |sort| sort.name.clone()));
            axioms.push(Axiom { name: name.clone(), sides, sorts: sorts.collect(), places, covers });
        }
        let constants = theory.ops.iter().filter(|op| op.inputs.is_empty()).take(MOST_CONSTANTS);
        let constants = constants.map(|op| bank.symbol(&op.name)).collect();
        let outputs = theory.ops.iter().map(|op| (bank.symbol(&op.name), op.output.name.clone())).collect();
        let variables = context.iter().map(|(name, sort)| (bank.symbol(name), sort.name.clone())).collect();
        EGraph {
            bank,
            axioms,
            outputs,
            constants,
            variables,
            dependent: theory.sorts.iter().any(|sort| !sort.params.is_empty()),
            complete: Cell::new(complete),
            parent: Vec::new(),
            members: Vec::new(),
            users: Vec::new(),
            shapes: BTreeMap::new(),
            proofs: Vec::new(),
            pending: Vec::new(),
        }
    }

    /// Whether two terms are equal.
    pub(super) fn decide(&mut self, lhs: &Term, rhs: &Term, budget: &mut Budget) -> Result<Outcome> {
        let a = self.bank.add(lhs)?;
        let b = self.bank.add(rhs)?;
        for constant in std::mem::take(&mut self.constants) {
            self.bank.make(Head::Op(constant), Vec::new())?;
        }
        self.settle(budget)?;
        let mut seen: BTreeSet<(usize, bool, Places)> = BTreeSet::new();
        for _ in 0..MOST_ROUNDS {
            if self.find(a) == self.find(b) {
                return Ok(self
                    .explain(a, b, EqWitness::DEPTH_MOST / 2, budget)?
                    .map_or(Outcome::Open, Outcome::Equal));
            }
            let (grown, exhaustive) = self.round(&mut seen, budget)?;
            if self.find(a) != self.find(b) {
                if !grown {
                    return Ok(if exhaustive { Outcome::Different } else { Outcome::Open });
                }
                if self.bank.len() > MOST_TERMS {
                    return Ok(Outcome::Open);
                }
            }
        }
        Ok(Outcome::Open)
    }

    /// Puts in all instances of axioms that match what is there. Whether there was a new one, and whether none was
    /// left out.
    fn round(
        &mut self,
        seen: &mut BTreeSet<(usize, bool, Places)>,
        budget: &mut Budget,
    ) -> Result<(bool, bool)> {
        let mut instances = Vec::new();
        let mut exhaustive = true;
        let classes: Vec<TermId> = (0..self.parent.len() as u32).filter(|id| self.find(*id) == *id).collect();
        for (at, axiom) in self.axioms.iter().enumerate() {
            for (side, pattern) in axiom.sides.iter().enumerate() {
                let mut found = Vec::new();
                for class in &classes {
                    let start = vec![None; axiom.places.len()];
                    self.match_class(pattern, *class, axiom, start, &mut found, budget)?;
                }
                if !axiom.covers[side] {
                    exhaustive = false;
                    found = self.filled(axiom, found, &classes, budget)?;
                }
                instances.extend(found.into_iter().map(|places| (at, side == 1, places)));
            }
        }
        let mut grown = false;
        for (at, flipped, places) in instances {
            let places: Places = places.iter().map(|place| place.map(|id| self.find(id))).collect();
            if self.bank.len() > MOST_TERMS {
                return Ok((true, false));
            }
            if !seen.insert((at, flipped, places.clone())) {
                continue;
            }
            let axiom = &self.axioms[at];
            let left = self.bank.fill(&axiom.sides[0], &places, budget)?;
            let right = self.bank.fill(&axiom.sides[1], &places, budget)?;
            self.settle(budget)?;
            if self.find(left) != self.find(right) {
                grown = true;
                self.pending.push((left, right, Reason::Axiom { axiom: at, places, flipped: false }));
                self.settle(budget)?;
            }
        }
        Ok((grown, exhaustive && self.complete.get()))
    }

    /// Fills places that a side does not have, with the classes of their sort. Not where sorts depend on terms:
    /// there an instance might make no sense.
    fn filled(
        &self,
        axiom: &Axiom,
        found: Vec<Places>,
        classes: &[TermId],
        budget: &mut Budget,
    ) -> Result<Vec<Places>> {
        if self.dependent {
            return Ok(Vec::new());
        }
        let mut all = found;
        for (place, sort) in axiom.sorts.iter().enumerate() {
            let mut next = Vec::new();
            for places in all {
                if places[place].is_some() {
                    next.push(places);
                    continue;
                }
                for class in classes.iter().filter(|class| self.sort(**class) == Some(sort)) {
                    budget.spend(1)?;
                    if next.len() > MOST_TERMS {
                        break;
                    }
                    let mut places = places.clone();
                    places[place] = Some(*class);
                    next.push(places);
                }
            }
            all = next;
        }
        Ok(all)
    }

    fn sort(&self, id: TermId) -> Option<&Name> {
        match self.bank.node(id).head {
            Head::Op(op) => self.outputs.get(&op),
            Head::Var(name) => self.variables.get(&name),
        }
    }

    /// All ways in which a member of a class is an instance of a pattern.
    fn match_class(
        &self,
        pattern: &Pattern,
        class: TermId,
        axiom: &Axiom,
        places: Places,
        found: &mut Vec<Places>,
        budget: &mut Budget,
    ) -> Result<()> {
        budget.spend(1)?;
        match pattern {
            Pattern::Place(place) => {
                let mut places = places;
                match places[*place] {
                    Some(there) if self.find(there) == class => found.push(places),
                    None if self.sort(class) == Some(&axiom.sorts[*place]) => {
                        places[*place] = Some(class);
                        found.push(places);
                    }
                    _ => {}
                }
            }
            Pattern::App(op, args) => {
                for member in &self.members[class as usize] {
                    let node = self.bank.node(*member);
                    if node.head != Head::Op(*op) || node.args.len() != args.len() {
                        continue;
                    }
                    if found.len() > MOST_TERMS {
                        self.complete.set(false);
                        break;
                    }
                    let mut partial = vec![places.clone()];
                    for (arg, id) in args.iter().zip(node.args.iter()) {
                        let class = self.find(*id);
                        let mut next = Vec::new();
                        for places in partial {
                            self.match_class(arg, class, axiom, places, &mut next, budget)?;
                        }
                        partial = next;
                    }
                    found.append(&mut partial);
                }
            }
        }
        Ok(())
    }

    fn find(&self, mut id: TermId) -> TermId {
        while self.parent[id as usize] != id {
            id = self.parent[id as usize];
        }
        id
    }

    /// Gives new terms their places, and merges what is equal until nothing is left to merge.
    fn settle(&mut self, budget: &mut Budget) -> Result<()> {
        loop {
            while self.parent.len() < self.bank.len() {
                let id = self.parent.len() as u32;
                self.parent.push(id);
                self.members.push(vec![id]);
                self.users.push(Vec::new());
                self.proofs.push(None);
                for arg in self.bank.node(id).args.clone() {
                    let class = self.find(arg);
                    self.users[class as usize].push(id);
                }
                self.place(id);
            }
            let Some((a, b, reason)) = self.pending.pop() else { return Ok(()) };
            budget.spend(2)?;
            let (keep, lose) = match (self.find(a), self.find(b)) {
                (x, y) if x == y => continue,
                (x, y) if self.members[x as usize].len() < self.members[y as usize].len() => (y, x),
                (x, y) => (x, y),
            };
            self.root_proof(a);
            self.proofs[a as usize] = Some((b, reason));
            self.parent[lose as usize] = keep;
            let members = std::mem::take(&mut self.members[lose as usize]);
            self.members[keep as usize].extend(members);
            let users = std::mem::take(&mut self.users[lose as usize]);
            for user in &users {
                budget.spend(1)?;
                self.place(*user);
            }
            self.users[keep as usize].extend(users);
        }
    }

    /// Finds terms that are equal because their arguments are.
    fn place(&mut self, id: TermId) {
        let node = self.bank.node(id);
        let shape = Node { head: node.head, args: node.args.iter().map(|arg| self.find(*arg)).collect() };
        match self.shapes.get(&shape) {
            Some(other) if self.find(*other) != self.find(id) => {
                self.pending.push((id, *other, Reason::Congruence));
            }
            Some(_) => {}
            None => {
                self.shapes.insert(shape, id);
            }
        }
    }

    /// Turns the proofs on the way from a term to its root around, so that the term is the root.
    fn root_proof(&mut self, id: TermId) {
        let mut at = id;
        let mut carried = None;
        while let Some((next, reason)) = std::mem::replace(&mut self.proofs[at as usize], carried) {
            let turned = match reason {
                Reason::Axiom { axiom, places, flipped } => {
                    Reason::Axiom { axiom, places, flipped: !flipped }
                }
                Reason::Congruence => Reason::Congruence,
            };
            carried = Some((at, turned));
            at = next;
        }
    }

    /// The proof that two terms of one class are equal.
    fn explain(&self, a: TermId, b: TermId, depth: u32, budget: &mut Budget) -> Result<Option<EqWitness>> {
        let depth = depth.checked_sub(1).ok_or_else(|| depth_error(EqWitness::DEPTH_MOST))?;
        let way = |from: TermId| {
            let mut way = vec![from];
            let mut at = from;
            while let Some((next, _)) = &self.proofs[at as usize] {
                way.push(*next);
                at = *next;
            }
            way
        };
        let (up, down) = (way(a), way(b));
        let below: BTreeMap<TermId, usize> = down.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let Some((meet, turn)) = up.iter().enumerate().find_map(|(at, id)| Some((at, *below.get(id)?)))
        else {
            return Ok(None);
        };
        let mut parts = Vec::new();
        for id in &up[..meet] {
            parts.extend(self.step(*id, depth, budget)?);
        }
        for id in down[..turn].iter().rev() {
            parts.extend(self.step(*id, depth, budget)?.map(EqWitness::flipped));
        }
        EqWitness::chain(parts, || self.bank.term(a)).map(Some)
    }

    /// The proof that a term equals the next one on the way to its root.
    fn step(&self, id: TermId, depth: u32, budget: &mut Budget) -> Result<Option<EqWitness>> {
        budget.spend(16)?;
        let Some((next, reason)) = &self.proofs[id as usize] else { return Ok(None) };
        match reason {
            Reason::Axiom { axiom, places, flipped } => {
                let axiom = &self.axioms[*axiom];
                let substitution = self.bank.substitution(&axiom.places, places)?;
                let proof = EqWitness::Axiom { name: axiom.name.clone(), substitution };
                Ok(Some(if *flipped { proof.flipped() } else { proof }))
            }
            Reason::Congruence => {
                let (node, other) = (self.bank.node(id), self.bank.node(*next));
                let Head::Op(op) = node.head else { return Ok(None) };
                let mut args = Vec::new();
                for (x, y) in node.args.iter().zip(other.args.iter()) {
                    match self.explain(*x, *y, depth, budget)? {
                        Some(proof) => args.push(proof),
                        None => return Ok(None),
                    }
                }
                Ok(Some(EqWitness::Congruence { op: self.bank.name(op).clone(), args }))
            }
        }
    }
}
