//! Shared terms: equal terms are one number, so that comparing, remembering and merging them is cheap.
#![expect(clippy::indexing_slicing, reason = "INVARIANT: a bank gives out the numbers that it is asked with")]

use super::Term;
use super::term::Substitution;
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::limits::{Budget, depth_error};
use crate::name::Name;
use crate::ordered::BTreeMap;

/// A term of a bank.
pub(super) type TermId = u32;

/// What stands at the top of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Head {
    /// A variable, which nothing is put in for.
    Var(u32),
    /// An operation.
    Op(u32),
}

/// A term by its parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Node {
    pub(super) head: Head,
    pub(super) args: Box<[TermId]>,
}

/// A side of an axiom: its variables are places.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    Place(usize),
    App(u32, Vec<Pattern>),
}

/// What stands at each place.
pub(super) type Places = Vec<Option<TermId>>;

#[derive(Default)]
pub(super) struct Bank {
    nodes: Vec<Node>,
    depths: Vec<u32>,
    found: BTreeMap<Node, TermId>,
    names: Vec<Name>,
    by_name: BTreeMap<Name, u32>,
}

impl Bank {
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The number of a name.
    pub(super) fn symbol(&mut self, name: &Name) -> u32 {
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        let number = self.names.len() as u32;
        self.names.push(name.clone());
        self.by_name.insert(name.clone(), number);
        number
    }

    pub(super) fn name(&self, symbol: u32) -> &Name {
        &self.names[symbol as usize]
    }

    pub(super) fn node(&self, id: TermId) -> &Node {
        &self.nodes[id as usize]
    }

    /// The term with these parts.
    pub(super) fn make(&mut self, head: Head, args: Vec<TermId>) -> Result<TermId> {
        let node = Node { head, args: args.into() };
        if let Some(known) = self.found.get(&node) {
            return Ok(*known);
        }
        let depth = 1 + node.args.iter().map(|arg| self.depths[*arg as usize]).max().unwrap_or(0);
        if depth > Term::DEPTH_MADE {
            return Err(depth_error(Term::DEPTH_MADE));
        }
        let id = self.nodes.len() as u32;
        self.nodes.push(node.clone());
        self.depths.push(depth);
        self.found.insert(node, id);
        Ok(id)
    }

    pub(super) fn add(&mut self, term: &Term) -> Result<TermId> {
        match term {
            Term::Var(name) => {
                let symbol = self.symbol(name);
                self.make(Head::Var(symbol), Vec::new())
            }
            Term::App { op, args } => {
                let symbol = self.symbol(op);
                let args = args.iter().map(|arg| self.add(arg)).collect::<Result<_>>()?;
                self.make(Head::Op(symbol), args)
            }
        }
    }

    /// The term as a tree; its size is counted, because sharing may hide a large one.
    pub(super) fn term(&self, id: TermId) -> Result<Term> {
        self.tree(id, &mut 0)
    }

    fn tree(&self, id: TermId, size: &mut u64) -> Result<Term> {
        *size += 1;
        if *size > Term::SIZE_MOST {
            return Err(Diagnostic::error(
                Kind::Limit,
                "limit-size",
                "the term is too large to be written out",
            ));
        }
        let node = self.node(id);
        match node.head {
            Head::Var(name) => Ok(Term::Var(self.name(name).clone())),
            Head::Op(op) => Ok(Term::App {
                op: self.name(op).clone(),
                args: node.args.iter().map(|arg| self.tree(*arg, size)).collect::<Result<_>>()?,
            }),
        }
    }

    /// A pattern of a term; `places` gathers its variables.
    pub(super) fn pattern(&mut self, term: &Term, places: &mut Vec<Name>) -> Pattern {
        match term {
            Term::Var(name) => {
                let known = places.iter().position(|place| place == name);
                Pattern::Place(known.unwrap_or_else(|| {
                    places.push(name.clone());
                    places.len() - 1
                }))
            }
            Term::App { op, args } => {
                let symbol = self.symbol(op);
                Pattern::App(symbol, args.iter().map(|arg| self.pattern(arg, places)).collect())
            }
        }
    }

    /// Whether a term is an instance of a pattern.
    pub(super) fn matches(&self, pattern: &Pattern, id: TermId, places: &mut Places) -> bool {
        match pattern {
            Pattern::Place(place) => match places[*place] {
                Some(there) => there == id,
                None => {
                    places[*place] = Some(id);
                    true
                }
            },
            Pattern::App(op, args) => {
                let node = self.node(id);
                node.head == Head::Op(*op)
                    && node.args.len() == args.len()
                    && args.iter().zip(node.args.iter()).all(|(arg, id)| self.matches(arg, *id, places))
            }
        }
    }

    /// A pattern with its places filled.
    pub(super) fn fill(&mut self, pattern: &Pattern, places: &Places, budget: &mut Budget) -> Result<TermId> {
        budget.spend(1)?;
        match pattern {
            Pattern::Place(place) => places[*place].ok_or_else(unfilled),
            Pattern::App(op, args) => {
                let args =
                    args.iter().map(|arg| self.fill(arg, places, budget)).collect::<Result<Vec<_>>>()?;
                self.make(Head::Op(*op), args)
            }
        }
    }

    /// What stands at the places, as terms.
    pub(super) fn substitution(&self, names: &[Name], places: &Places) -> Result<Substitution> {
        let mut found = Substitution::new();
        for (name, place) in names.iter().zip(places) {
            if let Some(id) = place {
                found.insert(name.clone(), self.term(*id)?);
            }
        }
        Ok(found)
    }
}

#[cold]
fn unfilled() -> crate::diagnostic::Error {
    Diagnostic::error(Kind::Internal, "internal", "a place of a pattern is not filled")
}
