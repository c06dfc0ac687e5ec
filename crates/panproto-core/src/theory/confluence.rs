//! Whether the directed equations end, and give one result whatever is done first: path orders, critical pairs.

use super::json::Writer;
use super::order::{Candidate, orient};
use super::rewrite::{Rewriter, Rule};
use super::term::Substitution;
use super::wire::write_term;
use super::{Term, Theory};
use crate::diagnostic::Result;
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::BTreeMap;

/// Whether rewriting ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Termination {
    /// Every rule goes down in the lexicographic path order of this precedence, greater operations first.
    Proved {
        /// Operations.
        precedence: Vec<Name>,
    },
    /// The right side of a rule has an instance of its left side inside.
    Refuted {
        /// The rule.
        rule: Name,
    },
    /// No order was found in which this rule goes down with the others.
    Unknown {
        /// The rule.
        rule: Name,
    },
}

/// Whether the order of rewriting does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confluence {
    /// Rewriting ends and all critical pairs meet again.
    Proved,
    /// One term has two normal forms.
    Refuted {
        /// The rules that both apply.
        rules: (Name, Name),
        /// The term to which they apply.
        peak: Term,
        /// One normal form.
        left: Term,
        /// The other.
        right: Term,
    },
    /// All pairs that could be tried meet, but it is not known that rewriting ends.
    Unknown,
}

/// What is known of the directed equations of a theory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewritingReport {
    /// Whether it ends.
    pub termination: Termination,
    /// Whether it gives one result.
    pub confluence: Confluence,
    /// Critical pairs that were tried.
    pub pairs: usize,
}

impl RewritingReport {
    /// Whether equality by directed equations is decided by normal forms.
    pub fn is_complete(&self) -> bool {
        matches!((&self.termination, &self.confluence), (Termination::Proved { .. }, Confluence::Proved))
    }

    /// `{"termination":{"Proved":{…}},"confluence":"Proved","pairs":3}`
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        out.object(|out| {
            out.key("termination");
            match &self.termination {
                Termination::Proved { precedence } => out.tagged("Proved", |out| {
                    out.object(|out| {
                        out.key("precedence");
                        super::declare::write_names(out, precedence);
                    });
                }),
                Termination::Refuted { rule } => {
                    out.tagged("Refuted", |out| out.object(|out| out.text_member("rule", rule)));
                }
                Termination::Unknown { rule } => {
                    out.tagged("Unknown", |out| out.object(|out| out.text_member("rule", rule)));
                }
            }
            out.key("confluence");
            match &self.confluence {
                Confluence::Proved => out.string("Proved"),
                Confluence::Unknown => out.string("Unknown"),
                Confluence::Refuted { rules, peak, left, right } => out.tagged("Refuted", |out| {
                    out.object(|out| {
                        out.key("rules");
                        super::declare::write_names(out, [&rules.0, &rules.1]);
                        for (key, term) in [("peak", peak), ("left", left), ("right", right)] {
                            out.key(key);
                            write_term(out, term);
                        }
                    });
                }),
            }
            out.key("pairs");
            out.raw(&self.pairs.to_string());
        });
        out.finish()
    }
}

/// Examines the directed equations of a theory.
///
/// # Errors
/// `limit-steps`, `cancelled`.
pub fn check_rewriting(theory: &Theory, budget: &mut Budget) -> Result<RewritingReport> {
    let mut rewriter = Rewriter::directed(theory);
    let termination = termination(rewriter.rules(), budget)?;
    if matches!(termination, Termination::Refuted { .. }) {
        // Normal forms need not exist; what is tried could only run into limits.
        return Ok(RewritingReport { termination, confluence: Confluence::Unknown, pairs: 0 });
    }
    let (found, pairs) = confluence(&mut rewriter, budget)?;
    let confluence = match (found, &termination) {
        (Confluence::Proved, Termination::Proved { .. }) => Confluence::Proved,
        (Confluence::Proved, _) => Confluence::Unknown,
        (other, _) => other,
    };
    Ok(RewritingReport { termination, confluence, pairs })
}

fn termination(rules: &[Rule], budget: &mut Budget) -> Result<Termination> {
    for rule in rules {
        let mut inside = false;
        rule.rhs.walk(&mut |term| inside |= matches(&rule.lhs, term, &mut Substitution::new()));
        if inside {
            return Ok(Termination::Refuted { rule: rule.name.clone() });
        }
    }
    let candidates: Vec<Candidate<'_>> =
        rules.iter().map(|rule| Candidate { lhs: &rule.lhs, rhs: &rule.rhs, both_ways: false }).collect();
    Ok(match orient(&candidates, budget)? {
        Ok(found) => Termination::Proved { precedence: found.precedence },
        Err(at) => {
            Termination::Unknown { rule: rules.get(at).map(|rule| rule.name.clone()).unwrap_or_default() }
        }
    })
}

/// Whether all critical pairs of the rules meet. *Proved* stands for local confluence here.
pub(super) fn confluence(rewriter: &mut Rewriter, budget: &mut Budget) -> Result<(Confluence, usize)> {
    let pairs = critical_pairs(rewriter.rules(), budget)?;
    let tried = pairs.len();
    let mut found = Confluence::Proved;
    for pair in pairs {
        let forms = [&pair.left, &pair.right].map(|side| rewriter.normal_form(side, budget));
        match forms {
            [Ok(left), Ok(right)] if left == right => {}
            [Ok(left), Ok(right)] => {
                let confluence = Confluence::Refuted { rules: pair.rules, peak: pair.peak, left, right };
                return Ok((confluence, tried));
            }
            [Err(error), _] | [_, Err(error)] if ends(&error) => return Err(error),
            _ => found = Confluence::Unknown,
        }
    }
    Ok((found, tried))
}

/// Whether an error ends the whole operation, as opposed to one attempt.
pub(super) fn ends(error: &crate::diagnostic::Diagnostic) -> bool {
    matches!(error.code, "limit-steps" | "cancelled")
}

struct CriticalPair {
    rules: (Name, Name),
    peak: Term,
    left: Term,
    right: Term,
}

/// Every term to which two rules apply at overlapping places, with both results.
fn critical_pairs(rules: &[Rule], budget: &mut Budget) -> Result<Vec<CriticalPair>> {
    let mut by_head: BTreeMap<&Name, Vec<(usize, Term, Term)>> = BTreeMap::new();
    for (at, rule) in rules.iter().enumerate() {
        if let Term::App { op, .. } = &rule.lhs {
            let apart = |term: &Term| rename(term, "'");
            by_head.entry(op).or_default().push((at, apart(&rule.lhs), apart(&rule.rhs)));
        }
    }
    let mut pairs = Vec::new();
    for (outer, rule) in rules.iter().enumerate() {
        let mut places = Vec::new();
        positions(&rule.lhs, &mut Vec::new(), &mut places);
        for (place, inside) in places {
            let Term::App { op, .. } = inside else { continue };
            for (inner, lhs, rhs) in by_head.get(op).into_iter().flatten() {
                budget.spend(4)?;
                // At the top a pair of rules needs one look, and a rule overlaps with itself trivially.
                if place.is_empty() && *inner <= outer {
                    continue;
                }
                let Some(unifier) = unify(inside, lhs, budget)? else { continue };
                let Some(other) = rules.get(*inner) else { continue };
                pairs.push(CriticalPair {
                    rules: (rule.name.clone(), other.name.clone()),
                    peak: resolve(&rule.lhs, &unifier),
                    left: resolve(&replace(&rule.lhs, &place, rhs), &unifier),
                    right: resolve(&rule.rhs, &unifier),
                });
            }
        }
    }
    Ok(pairs)
}

fn rename(term: &Term, suffix: &str) -> Term {
    match term {
        Term::Var(name) => Term::Var(Name::from(format!("{name}{suffix}"))),
        Term::App { op, args } => {
            Term::App { op: op.clone(), args: args.iter().map(|arg| rename(arg, suffix)).collect() }
        }
    }
}

fn positions<'t>(term: &'t Term, way: &mut Vec<usize>, found: &mut Vec<(Vec<usize>, &'t Term)>) {
    if let Term::App { args, .. } = term {
        found.push((way.clone(), term));
        for (at, arg) in args.iter().enumerate() {
            way.push(at);
            positions(arg, way, found);
            way.pop();
        }
    }
}

fn replace(term: &Term, place: &[usize], with: &Term) -> Term {
    match (place.split_first(), term) {
        (Some((at, rest)), Term::App { op, args }) => Term::App {
            op: op.clone(),
            args: args
                .iter()
                .enumerate()
                .map(|(index, arg)| if index == *at { replace(arg, rest, with) } else { arg.clone() })
                .collect(),
        },
        _ => with.clone(),
    }
}

/// Whether a term is an instance of a pattern.
pub(super) fn matches(pattern: &Term, term: &Term, found: &mut Substitution) -> bool {
    match (pattern, term) {
        (Term::Var(name), _) => match found.get(name) {
            Some(there) => there == term,
            None => {
                found.insert(name.clone(), term.clone());
                true
            }
        },
        (Term::App { op, args }, Term::App { op: other, args: others }) => {
            op == other
                && args.len() == others.len()
                && args.iter().zip(others).all(|(arg, other)| matches(arg, other, found))
        }
        _ => false,
    }
}

/// The most general substitution that makes two terms equal, in triangular form.
fn unify(a: &Term, b: &Term, budget: &mut Budget) -> Result<Option<Substitution>> {
    let mut found = Substitution::new();
    let mut open = vec![(a.clone(), b.clone())];
    while let Some((a, b)) = open.pop() {
        budget.spend(1)?;
        match (ahead(a, &found), ahead(b, &found)) {
            (a, b) if a == b => {}
            (Term::Var(name), other) | (other, Term::Var(name)) => {
                if resolve(&other, &found).variables().contains(&name) {
                    return Ok(None);
                }
                found.insert(name, other);
            }
            (Term::App { op, args }, Term::App { op: other, args: others }) => {
                if op != other || args.len() != others.len() {
                    return Ok(None);
                }
                open.extend(args.into_iter().zip(others));
            }
        }
    }
    Ok(Some(found))
}

fn ahead(mut term: Term, found: &Substitution) -> Term {
    while let Term::Var(name) = &term {
        match found.get(name) {
            Some(next) => term = next.clone(),
            None => break,
        }
    }
    term
}

/// Applies a triangular substitution until nothing changes; it ends because no variable leads back to itself.
fn resolve(term: &Term, found: &Substitution) -> Term {
    match term {
        Term::Var(name) => found.get(name).map_or_else(|| term.clone(), |next| resolve(next, found)),
        Term::App { op, args } => {
            Term::App { op: op.clone(), args: args.iter().map(|arg| resolve(arg, found)).collect() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(lines: &str) -> RewritingReport {
        check_rewriting(&Theory::declare("T", lines).unwrap(), &mut Budget::default()).unwrap()
    }

    const MONOID: &str = "sort M\nop e() M\nop m(a M, b M) M
        rule left m(e(), x) = x\nrule right m(x, e()) = x\nrule assoc m(m(x, y), z) = m(x, m(y, z))";

    #[test]
    fn monoids_are_complete() {
        let report = report(MONOID);
        assert!(report.is_complete(), "{report:?}");
        assert_eq!(report.pairs, 5);
    }

    #[test]
    fn a_precedence_is_found() {
        let lines = "sort N\nop z() N\nop s(a N) N\nop add(a N, b N) N\nop mul(a N, b N) N
            rule a0 add(z(), y) = y\nrule as add(s(x), y) = s(add(x, y))
            rule m0 mul(z(), y) = z()\nrule ms mul(s(x), y) = add(y, mul(x, y))";
        let report = report(lines);
        let Termination::Proved { precedence } = &report.termination else { panic!("{report:?}") };
        let at = |name: &str| precedence.iter().position(|op| *op == *name).unwrap();
        assert!(at("mul") < at("add") && at("add") < at("s"));
        assert_eq!(report.confluence, Confluence::Proved);
    }

    #[test]
    fn loops_and_forks_are_told() {
        let base = "sort S\nop a() S\nop b() S\nop f(x S) S\nop g(x S) S\n";
        let of = |rules: &str| report(&format!("{base}{rules}"));
        assert_eq!(of("rule r f(x) = g(f(x))").termination, Termination::Refuted { rule: "r".into() });
        assert!(matches!(
            of("rule r f(x) = g(x)\nrule q g(x) = f(x)").termination,
            Termination::Unknown { .. }
        ));
        let fork = of("rule r f(x) = a()\nrule q f(g(x)) = b()");
        assert!(matches!(fork.termination, Termination::Proved { .. }));
        let Confluence::Refuted { peak, left, right, .. } = fork.confluence else { panic!("not refuted") };
        let text = [peak, left, right].map(|term| term.to_string());
        assert_eq!(text, ["f(g(x'))", "b()", "a()"]);
        assert_eq!(of("").confluence, Confluence::Proved);
        assert!(report(MONOID).to_json().contains(r#""confluence":"Proved""#));
    }
}
