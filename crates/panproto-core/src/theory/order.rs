//! Whether rewriting ends: a lexicographic path order, whose precedence of operations is searched for.

use super::Term;
use crate::diagnostic::Result;
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{Arrange, BTreeMap, BTreeSet};

/// Pairs of operations, the first of which has to come before the second.
type Needs = BTreeSet<(Name, Name)>;

/// Alternatives that are kept for one comparison: more make the search slower than it is worth.
const MOST_ALTERNATIVES: usize = 16;

/// An axiom to be turned into a rule.
pub(super) struct Candidate<'a> {
    pub(super) lhs: &'a Term,
    pub(super) rhs: &'a Term,
    /// It may be used from right to left instead.
    pub(super) both_ways: bool,
}

/// Directions in which all candidates go down, and the precedence by which they do.
pub(super) struct Orientation {
    /// For each candidate whether it is used from right to left.
    pub(super) flipped: Vec<bool>,
    /// Operations, greater ones first.
    pub(super) precedence: Vec<Name>,
}

/// Directs the candidates so that every rule goes down in one order; else the first for which no way was found.
pub(super) fn orient(
    candidates: &[Candidate<'_>],
    budget: &mut Budget,
) -> Result<std::result::Result<Orientation, usize>> {
    let mut options = Vec::with_capacity(candidates.len());
    for (at, candidate) in candidates.iter().enumerate() {
        let mut found: Vec<(bool, Needs)> =
            greater(candidate.lhs, candidate.rhs, budget)?.into_iter().map(|needs| (false, needs)).collect();
        if candidate.both_ways {
            let back = greater(candidate.rhs, candidate.lhs, budget)?;
            found.extend(back.into_iter().map(|needs| (true, needs)));
        }
        if found.is_empty() {
            return Ok(Err(at));
        }
        options.push(found);
    }
    search(&options, budget)
}

/// What has to come before what for `s` to be greater than `t`: one of the sets.
fn greater(s: &Term, t: &Term, budget: &mut Budget) -> Result<Vec<Needs>> {
    budget.spend(1)?;
    let Term::App { op: f, args: above } = s else { return Ok(Vec::new()) };
    let (g, below) = match t {
        Term::Var(name) => {
            return Ok(if s.variables().contains(name) { vec![Needs::new()] } else { Vec::new() });
        }
        Term::App { op, args } => (op, args),
    };
    let mut found = Vec::new();
    for arg in above {
        if arg == t {
            return Ok(vec![Needs::new()]);
        }
        found.extend(greater(arg, t, budget)?);
    }
    let mut all = vec![Needs::new()];
    for arg in below {
        all = both(&all, &greater(s, arg, budget)?);
        if all.is_empty() {
            break;
        }
    }
    if !all.is_empty() {
        if f == g {
            let differing = above.iter().zip(below).find(|(a, b)| a != b);
            if let Some((a, b)) = differing {
                found.extend(both(&all, &greater(a, b, budget)?));
            }
        } else {
            found.extend(all.into_iter().map(|mut needs| {
                needs.insert((f.clone(), g.clone()));
                needs
            }));
        }
    }
    Ok(minimal(found))
}

fn both(a: &[Needs], b: &[Needs]) -> Vec<Needs> {
    minimal(a.iter().flat_map(|a| b.iter().map(|b| a.union(b).cloned().collect())).collect())
}

/// The smallest alternatives: one that contains another is of no use.
fn minimal(mut found: Vec<Needs>) -> Vec<Needs> {
    found.arrange_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
    found.dedup();
    let mut kept: Vec<Needs> = Vec::new();
    for needs in found {
        if kept.len() < MOST_ALTERNATIVES && !kept.iter().any(|known| known.is_subset(&needs)) {
            kept.push(needs);
        }
    }
    kept
}

#[derive(Default)]
struct Precedence {
    above: BTreeMap<Name, BTreeSet<Name>>,
}

impl Precedence {
    fn reaches(&self, from: &Name, to: &Name, budget: &mut Budget) -> Result<bool> {
        let mut open = vec![from];
        let mut seen = BTreeSet::new();
        while let Some(at) = open.pop() {
            budget.spend(1)?;
            if at == to {
                return Ok(true);
            }
            if seen.insert(at) {
                open.extend(self.above.get(at).into_iter().flatten());
            }
        }
        Ok(false)
    }

    /// Adds pairs, or none of them if they make a cycle; gives those that are new.
    fn add(&mut self, needs: &Needs, budget: &mut Budget) -> Result<Option<Vec<(Name, Name)>>> {
        let mut added = Vec::new();
        for (f, g) in needs {
            if self.above.get(f).is_some_and(|below| below.contains(g)) {
                continue;
            }
            if self.reaches(g, f, budget)? {
                self.remove(&added);
                return Ok(None);
            }
            self.above.entry(f.clone()).or_default().insert(g.clone());
            added.push((f.clone(), g.clone()));
        }
        Ok(Some(added))
    }

    fn remove(&mut self, pairs: &[(Name, Name)]) {
        for (f, g) in pairs {
            if let Some(below) = self.above.get_mut(f) {
                below.remove(g);
            }
        }
    }

    /// Greater ones first.
    fn sorted(&self) -> Vec<Name> {
        let mut order = Vec::new();
        let mut done: BTreeSet<&Name> = BTreeSet::new();
        for start in self.above.keys() {
            let mut way = vec![(start, self.above.get(start).into_iter().flatten())];
            if done.contains(start) {
                continue;
            }
            while let Some((at, rest)) = way.last_mut() {
                match rest.next() {
                    Some(next) if done.contains(next) => {}
                    Some(next) => way.push((next, self.above.get(next).into_iter().flatten())),
                    None => {
                        if done.insert(at) {
                            order.push((*at).clone());
                        }
                        way.pop();
                    }
                }
            }
        }
        order.reverse();
        order
    }
}

/// Choices that are tried before the search is given up.
const MOST_CHOICES: u32 = 20_000;

fn search(
    options: &[Vec<(bool, Needs)>],
    budget: &mut Budget,
) -> Result<std::result::Result<Orientation, usize>> {
    let mut precedence = Precedence::default();
    // For each candidate the choice that is taken and what it added.
    let mut taken: Vec<(usize, Vec<(Name, Name)>)> = Vec::new();
    let (mut next, mut furthest, mut tried) = (0, 0, 0);
    while let Some(choices) = options.get(taken.len()) {
        furthest = furthest.max(taken.len());
        tried += 1;
        if tried > MOST_CHOICES {
            return Ok(Err(furthest));
        }
        match choices.get(next) {
            Some((_, needs)) => match precedence.add(needs, budget)? {
                Some(added) => {
                    taken.push((next, added));
                    next = 0;
                }
                None => next += 1,
            },
            None => match taken.pop() {
                Some((last, added)) => {
                    precedence.remove(&added);
                    next = last + 1;
                }
                None => return Ok(Err(furthest)),
            },
        }
    }
    let flipped = options
        .iter()
        .zip(&taken)
        .map(|(choices, (choice, _))| choices.get(*choice).is_some_and(|(flipped, _)| *flipped))
        .collect();
    Ok(Ok(Orientation { flipped, precedence: precedence.sorted() }))
}
