//! Directed equations as rewriting: innermost first, remembered, under a budget; every step leaves its proof.

use super::bank::{Bank, Head, Pattern, Places, TermId};
use super::{EqWitness, Term, Theory};
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::limits::{Budget, depth_error};
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};

/// A rewrite rule, of an axiom that may be read from right to left.
pub(super) struct Rule {
    pub(super) name: Name,
    pub(super) lhs: Term,
    pub(super) rhs: Term,
    /// The axiom says `rhs = lhs`.
    pub(super) flipped: bool,
}

struct Compiled {
    lhs: Pattern,
    rhs: Pattern,
    places: Vec<Name>,
}

/// What one term became.
#[derive(Clone)]
enum Step {
    /// Its arguments were rewritten.
    Arguments(TermId),
    /// A rule was used at its top.
    Rule(usize, Places, TermId),
}

enum Task {
    Visit(TermId),
    Finish(TermId),
    Copy(TermId, TermId),
}

/// Rewrites terms with rules and remembers what it did.
pub(super) struct Rewriter {
    rules: Vec<Rule>,
    compiled: Vec<Compiled>,
    by_head: BTreeMap<u32, Vec<usize>>,
    bank: Bank,
    normal: BTreeMap<TermId, TermId>,
    steps: BTreeMap<TermId, Step>,
    open: BTreeSet<TermId>,
    /// Rewriting steps that one call may take.
    pub(super) most: u64,
}

/// Steps of one normalisation, unless it is told otherwise.
pub const MOST_STEPS: u64 = 10_000;

impl Rewriter {
    /// The directed equations of a theory. Those that are no rewrite rules (the left side is a variable, or the
    /// right side has variables of its own) are left out; a check of the theory tells of the latter.
    pub(super) fn directed(theory: &Theory) -> Rewriter {
        let rules = theory.directed_eqs.iter().filter(|eq| is_rule(&eq.lhs, &eq.rhs));
        Rewriter::new(
            rules
                .map(|eq| Rule {
                    name: eq.name.clone(),
                    lhs: eq.lhs.clone(),
                    rhs: eq.rhs.clone(),
                    flipped: false,
                })
                .collect(),
        )
    }

    pub(super) fn new(rules: Vec<Rule>) -> Rewriter {
        let mut bank = Bank::default();
        let mut compiled = Vec::with_capacity(rules.len());
        let mut by_head: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, rule) in rules.iter().enumerate() {
            let mut places = Vec::new();
            let lhs = bank.pattern(&rule.lhs, &mut places);
            let rhs = bank.pattern(&rule.rhs, &mut places);
            if let Pattern::App(head, _) = lhs {
                by_head.entry(head).or_default().push(at);
            }
            compiled.push(Compiled { lhs, rhs, places });
        }
        Rewriter {
            rules,
            compiled,
            by_head,
            bank,
            normal: BTreeMap::new(),
            steps: BTreeMap::new(),
            open: BTreeSet::new(),
            most: MOST_STEPS,
        }
    }

    pub(super) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Whether two terms have one normal form.
    pub(super) fn joins(&mut self, lhs: &Term, rhs: &Term, budget: &mut Budget) -> Result<bool> {
        Ok(self.normalize(lhs, budget)? == self.normalize(rhs, budget)?)
    }

    /// The normal form of a term.
    pub(super) fn normal_form(&mut self, term: &Term, budget: &mut Budget) -> Result<Term> {
        let normal = self.normalize(term, budget)?;
        self.bank.term(normal)
    }

    /// The normal form and the proof that the term equals it.
    pub(super) fn prove(&mut self, term: &Term, budget: &mut Budget) -> Result<(Term, EqWitness)> {
        let normal = self.normalize(term, budget)?;
        let from = self.bank.add(term)?;
        let witness = self.witness(from, EqWitness::DEPTH_MOST / 2, budget)?;
        Ok((self.bank.term(normal)?, witness))
    }

    pub(super) fn normalize(&mut self, term: &Term, budget: &mut Budget) -> Result<TermId> {
        let start = self.bank.add(term)?;
        let found = self.run(start, budget);
        if found.is_err() {
            self.open.clear();
        }
        found
    }

    fn run(&mut self, start: TermId, budget: &mut Budget) -> Result<TermId> {
        let mut left = self.most;
        let mut tasks = vec![Task::Visit(start)];
        while let Some(task) = tasks.pop() {
            budget.spend(1)?;
            match task {
                Task::Visit(id) => {
                    if self.normal.contains_key(&id) {
                        continue;
                    }
                    if !self.open.insert(id) {
                        return Err(looping(&self.bank.term(id)?));
                    }
                    tasks.push(Task::Finish(id));
                    tasks.extend(self.bank.node(id).args.iter().map(|arg| Task::Visit(*arg)));
                }
                Task::Finish(id) => {
                    let step = match self.rewritten_arguments(id)? {
                        Some(next) => Some((Step::Arguments(next), next)),
                        None => self.at_top(id, budget)?,
                    };
                    let Some((step, next)) = step else {
                        self.open.remove(&id);
                        self.normal.insert(id, id);
                        continue;
                    };
                    if matches!(step, Step::Rule(..)) {
                        left = left.checked_sub(1).ok_or_else(|| too_long(self.most))?;
                    }
                    self.steps.insert(id, step);
                    tasks.push(Task::Copy(id, next));
                    tasks.push(Task::Visit(next));
                }
                Task::Copy(id, next) => {
                    let normal = self.normal_of(next);
                    self.open.remove(&id);
                    self.normal.insert(id, normal);
                }
            }
        }
        Ok(self.normal_of(start))
    }

    fn normal_of(&self, id: TermId) -> TermId {
        self.normal.get(&id).copied().unwrap_or(id)
    }

    /// The term with normal arguments, if they were not.
    fn rewritten_arguments(&mut self, id: TermId) -> Result<Option<TermId>> {
        let node = self.bank.node(id);
        let args: Vec<TermId> = node.args.iter().map(|arg| self.normal_of(*arg)).collect();
        if *args == *node.args {
            return Ok(None);
        }
        let head = node.head;
        self.bank.make(head, args).map(Some)
    }

    fn at_top(&mut self, id: TermId, budget: &mut Budget) -> Result<Option<(Step, TermId)>> {
        let Head::Op(head) = self.bank.node(id).head else { return Ok(None) };
        for &at in self.by_head.get(&head).into_iter().flatten() {
            budget.spend(1)?;
            let Some(rule) = self.compiled.get(at) else { continue };
            let mut places = vec![None; rule.places.len()];
            if self.bank.matches(&rule.lhs, id, &mut places) {
                let next = self.bank.fill(&rule.rhs, &places, budget)?;
                return Ok(Some((Step::Rule(at, places, next), next)));
            }
        }
        Ok(None)
    }

    /// The proof that a rewritten term equals its normal form.
    fn witness(&self, id: TermId, depth: u32, budget: &mut Budget) -> Result<EqWitness> {
        let depth = depth.checked_sub(1).ok_or_else(|| depth_error(EqWitness::DEPTH_MOST))?;
        let mut parts = Vec::new();
        let mut at = id;
        while let Some(step) = self.steps.get(&at) {
            budget.spend(8)?;
            match step {
                Step::Arguments(next) => {
                    let node = self.bank.node(at);
                    let Head::Op(op) = node.head else { break };
                    let args = node
                        .args
                        .iter()
                        .map(|arg| self.witness(*arg, depth, budget))
                        .collect::<Result<Vec<_>>>()?;
                    parts.push(EqWitness::Congruence { op: self.bank.name(op).clone(), args });
                    at = *next;
                }
                Step::Rule(rule, places, next) => {
                    if let (Some(compiled), Some(rule)) = (self.compiled.get(*rule), self.rules.get(*rule)) {
                        let substitution = self.bank.substitution(&compiled.places, places)?;
                        let axiom = EqWitness::Axiom { name: rule.name.clone(), substitution };
                        parts.push(if rule.flipped { axiom.flipped() } else { axiom });
                    }
                    at = *next;
                }
            }
        }
        EqWitness::chain(parts, || self.bank.term(id))
    }
}

/// Whether a pair of terms may be used from left to right.
pub(super) fn is_rule(lhs: &Term, rhs: &Term) -> bool {
    matches!(lhs, Term::App { .. }) && rhs.variables().is_subset(&lhs.variables())
}

#[cold]
fn looping(term: &Term) -> Error {
    let mut text = term.to_string();
    if text.len() > 200 {
        text = text.chars().take(200).chain(['…']).collect();
    }
    Diagnostic::new(Kind::Limit, "rewriting-loop", format!("rewriting `{text}` comes back to it"))
        .help("the directed equations do not terminate")
        .boxed()
}

#[cold]
fn too_long(most: u64) -> Error {
    Diagnostic::new(Kind::Limit, "limit-rewriting", format!("rewriting passes its limit of {most} steps"))
        .help("the directed equations may not terminate; otherwise raise the limit of steps")
        .boxed()
}

/// The normal form of a term under the directed equations, with the proof.
///
/// # Errors
/// `rewriting-loop`, `limit-rewriting`, `limit-depth`, `limit-size`.
pub fn normalize(theory: &Theory, term: &Term, most: u64, budget: &mut Budget) -> Result<(Term, EqWitness)> {
    let mut rewriter = Rewriter::directed(theory);
    rewriter.most = most;
    rewriter.prove(term, budget)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peano() -> Theory {
        Theory::declare(
            "ThPeano",
            "sort N
             op zero() N
             op s(n N) N
             op add(a N, b N) N
             rule add0 add(zero(), y) = y
             rule adds add(s(x), y) = s(add(x, y))",
        )
        .unwrap()
    }

    fn run(theory: &Theory, text: &str) -> Result<String> {
        let term = Term::parse(text).unwrap();
        let (normal, witness) = normalize(theory, &term, MOST_STEPS, &mut Budget::default())?;
        witness.check(theory, &term, &normal)?;
        let again = normalize(theory, &normal, MOST_STEPS, &mut Budget::default())?.0;
        assert_eq!(again, normal, "not idempotent");
        Ok(normal.to_string())
    }

    #[test]
    fn terms_are_rewritten_with_proofs() {
        assert_eq!(run(&peano(), "add(s(s(zero())), s(x))").unwrap(), "s(s(s(x)))");
        assert_eq!(run(&peano(), "add(add(s(zero()), s(zero())), add(x, y))").unwrap(), "s(s(add(x, y)))");
        assert_eq!(run(&peano(), "x").unwrap(), "x");
    }

    #[test]
    fn what_does_not_end_ends_in_a_coded_error() {
        let theory = |rules: &str| {
            Theory::declare("T", &format!("sort S\nop a() S\nop f(x S) S\nop g(x S) S\n{rules}")).unwrap()
        };
        let code = |rules: &str, text: &str| run(&theory(rules), text).unwrap_err().code;
        assert_eq!(code("rule r f(x) = f(x)", "f(a())"), "rewriting-loop");
        assert_eq!(code("rule r f(x) = g(f(x))", "f(a())"), "rewriting-loop");
        assert_eq!(code("rule r f(x) = f(g(x))", "f(a())"), "limit-depth");
        assert_eq!(code("rule r f(g(x)) = g(g(f(f(x))))", "f(f(g(g(g(g(g(g(a()))))))))"), "limit-depth");
        let wide = "rule r f(x) = f(pair(x, x))\n op pair(x S, y S) S";
        assert!(["limit-depth", "limit-size"].contains(&code(wide, "f(a())")));
        let swap =
            Theory::declare("T", "sort S\nop p(x S, y S, z S) S\nrule r p(x, y, z) = p(y, z, x)").unwrap();
        assert_eq!(run(&swap, "p(x, y, z)").unwrap_err().code, "rewriting-loop");
        let mut rewriter = Rewriter::directed(&peano());
        rewriter.most = 3;
        let term = Term::parse("add(s(s(s(s(zero())))), y)").unwrap();
        assert_eq!(rewriter.normalize(&term, &mut Budget::default()).unwrap_err().code, "limit-rewriting");
    }
}
