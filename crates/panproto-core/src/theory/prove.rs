//! Equality of terms by the equations of a theory: proved, refuted, or unknown, never guessed.

use super::confluence::{Confluence, confluence, ends};
use super::egraph::{EGraph, Outcome};
use super::json::Writer;
use super::order::{Candidate, orient};
use super::rewrite::{Rewriter, Rule, is_rule};
use super::wire::write_term;
use super::{Context, EqWitness, Signature, Term, refute};
use crate::diagnostic::Result;
use crate::limits::Budget;
use crate::name::Name;

/// What is known of an equation.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It follows from the axioms, and why.
    Proved(EqWitness),
    /// It does not follow.
    Refuted(Refutation),
    /// Neither was found within the limits.
    Unknown,
}

/// Why an equation does not follow.
#[derive(Clone, Debug, PartialEq)]
pub enum Refutation {
    /// The axioms, directed, give every term one normal form, and these two differ.
    NormalForms(Term, Term),
    /// Every term that is equal to one of the sides was looked at.
    Saturated,
    /// A finite model of the axioms in which the sides differ.
    Model {
        /// Elements of every sort.
        size: u32,
        /// Results of each operation, for all arguments in order.
        tables: Vec<(Name, Vec<u32>)>,
        /// Values of the variables.
        assignment: Vec<(Name, u32)>,
    },
}

/// Decides equations of one theory; what it learns about the axioms is kept.
pub struct Prover<'t> {
    signature: &'t Signature<'t>,
    rewriting: Option<Rewriting>,
}

struct Rewriting {
    rewriter: Rewriter,
    complete: bool,
}

impl<'t> Prover<'t> {
    /// A prover of a theory that is well typed.
    pub fn new(signature: &'t Signature<'t>) -> Prover<'t> {
        Prover { signature, rewriting: None }
    }

    /// Decides whether `lhs = rhs` follows from the axioms.
    ///
    /// # Errors
    /// Those of typing; `ill-typed-equation` where the sides have different sorts; `limit-steps`, `cancelled`.
    /// Other limits make the answer *unknown*.
    pub fn decide(&mut self, lhs: &Term, rhs: &Term, budget: &mut Budget) -> Result<Decision> {
        if lhs == rhs {
            if let Term::App { .. } = lhs {
                let context = self.signature.context(lhs, rhs)?;
                self.signature.infer(lhs, &context)?;
            }
            return Ok(Decision::Proved(EqWitness::Reflexivity(lhs.clone())));
        }
        let context = self.signature.context(lhs, rhs)?;
        let sorts = [self.signature.infer(lhs, &context)?, self.signature.infer(rhs, &context)?];
        if sorts[0].name != sorts[1].name {
            return Err(crate::diagnostic::Diagnostic::error(
                crate::diagnostic::Kind::TypeCheck,
                "ill-typed-equation",
                format!("`{lhs}` has the sort `{}`, `{rhs}` has the sort `{}`", sorts[0], sorts[1]),
            ));
        }
        match self.attempts(lhs, rhs, &context, budget) {
            Err(error) if !ends(&error) => Ok(Decision::Unknown),
            other => other,
        }
    }

    fn attempts(
        &mut self,
        lhs: &Term,
        rhs: &Term,
        context: &Context,
        budget: &mut Budget,
    ) -> Result<Decision> {
        if let Some(decision) = kept(self.rewrite(lhs, rhs, budget))?.flatten() {
            return Ok(decision);
        }
        match kept(EGraph::new(self.signature, context).decide(lhs, rhs, budget))? {
            Some(Outcome::Equal(witness)) => return Ok(Decision::Proved(witness)),
            Some(Outcome::Different) => return Ok(Decision::Refuted(Refutation::Saturated)),
            Some(Outcome::Open) | None => {}
        }
        let found = kept(refute::search(self.signature, lhs, rhs, context, budget))?.flatten();
        Ok(found.map_or(Decision::Unknown, Decision::Refuted))
    }

    /// Compares normal forms.
    fn rewrite(&mut self, lhs: &Term, rhs: &Term, budget: &mut Budget) -> Result<Option<Decision>> {
        let rewriting = match &mut self.rewriting {
            Some(known) => known,
            unknown => unknown.insert(direct(self.signature, budget)?),
        };
        let (left, up) = rewriting.rewriter.prove(lhs, budget)?;
        let (right, down) = rewriting.rewriter.prove(rhs, budget)?;
        if left == right {
            let parts = [up, down.flipped()].into_iter().flat_map(|proof| match proof {
                EqWitness::Reflexivity(_) => Vec::new(),
                EqWitness::Transitivity(parts) => parts,
                other => vec![other],
            });
            return EqWitness::chain(parts.collect(), || Ok(lhs.clone())).map(Decision::Proved).map(Some);
        }
        let refuted = Decision::Refuted(Refutation::NormalForms(left, right));
        Ok(rewriting.complete.then_some(refuted))
    }
}

/// A result, or nothing where an attempt failed by a limit of its own.
fn kept<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if ends(&error) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Directs as many axioms as go down in one order.
fn direct(signature: &Signature<'_>, budget: &mut Budget) -> Result<Rewriting> {
    let theory = signature.theory();
    let directed = theory.directed_eqs.iter().map(|eq| (&eq.name, &eq.lhs, &eq.rhs, false));
    let plain = theory.eqs.iter().map(|eq| (&eq.name, &eq.lhs, &eq.rhs, true));
    let axioms: Vec<_> = directed.chain(plain).collect();
    let is_usable = |lhs: &Term, rhs: &Term| {
        is_rule(lhs, rhs)
            && signature.context(lhs, rhs).is_ok_and(|context| signature.determines(lhs, &context))
    };
    let mut left: Vec<usize> = (0..axioms.len()).collect();
    // An axiom that goes down in no order is left out, and the others are tried again.
    let mut orientation = None;
    for _ in 0..16 {
        let candidates: Vec<Candidate<'_>> = left
            .iter()
            .filter_map(|at| axioms.get(*at))
            .map(|(_, lhs, rhs, both_ways)| Candidate { lhs, rhs, both_ways: *both_ways })
            .collect();
        match orient(&candidates, budget)? {
            Ok(found) => {
                orientation = Some(found);
                break;
            }
            Err(at) => {
                left.remove(at);
            }
        }
    }
    let complete = orientation.is_some() && left.len() == axioms.len();
    let flipped = orientation.map(|found| found.flipped);
    let mut all_used = true;
    let mut rules = Vec::new();
    for (at, (name, lhs, rhs, both_ways)) in axioms.iter().enumerate() {
        let turned = match (&flipped, left.binary_search(&at)) {
            (Some(flipped), Ok(place)) => flipped.get(place).copied().unwrap_or(false),
            // A directed equation is used as it stands, even if nothing shows that it ends.
            _ if !both_ways => false,
            _ => continue,
        };
        let (from, to) = if turned { (rhs, lhs) } else { (lhs, rhs) };
        if is_usable(from, to) {
            let (name, lhs, rhs) = ((*name).clone(), (*from).clone(), (*to).clone());
            rules.push(Rule { name, lhs, rhs, flipped: turned });
        } else {
            all_used = false;
        }
    }
    let mut rewriter = Rewriter::new(rules);
    let complete = complete
        && all_used
        && matches!(kept(confluence(&mut rewriter, budget))?, Some((Confluence::Proved, _)));
    Ok(Rewriting { rewriter, complete })
}

impl Decision {
    /// `{"verdict":"proved","witness":{…}}`, `{"verdict":"refuted","refutation":{…}}`, `{"verdict":"unknown"}`
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        out.object(|out| match self {
            Decision::Proved(witness) => {
                out.text_member("verdict", "proved");
                out.key("witness");
                witness.write(out);
            }
            Decision::Unknown => out.text_member("verdict", "unknown"),
            Decision::Refuted(why) => {
                out.text_member("verdict", "refuted");
                out.key("refutation");
                why.write(out);
            }
        });
        out.finish()
    }

    /// Whether it is proved.
    pub fn is_proved(&self) -> bool {
        matches!(self, Decision::Proved(_))
    }
}

impl Refutation {
    fn write(&self, out: &mut Writer) {
        match self {
            Refutation::Saturated => out.string("Saturated"),
            Refutation::NormalForms(left, right) => out.tagged("NormalForms", |out| {
                out.array(|out| {
                    write_term(out, left);
                    write_term(out, right);
                });
            }),
            Refutation::Model { size, tables, assignment } => out.tagged("Model", |out| {
                out.object(|out| {
                    out.key("size");
                    out.raw(&size.to_string());
                    out.key("tables");
                    out.object(|out| {
                        for (op, results) in tables {
                            out.list_member(op, results, |out, result| out.raw(&result.to_string()));
                        }
                    });
                    out.key("assignment");
                    out.object(|out| {
                        for (name, value) in assignment {
                            out.key(name);
                            out.raw(&value.to_string());
                        }
                    });
                });
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Theory;
    use super::*;

    fn decide(lines: &str, lhs: &str, rhs: &str) -> Decision {
        let theory = Theory::declare("T", lines).unwrap();
        let signature = Signature::check(&theory, &mut Budget::default()).unwrap();
        let (lhs, rhs) = (Term::parse(lhs).unwrap(), Term::parse(rhs).unwrap());
        let found = Prover::new(&signature).decide(&lhs, &rhs, &mut Budget::default()).unwrap();
        if let Decision::Proved(witness) = &found {
            witness.check(&theory, &lhs, &rhs).unwrap();
        }
        found
    }

    const GROUP: &str = "sort G\nop e() G\nop i(a G) G\nop m(a G, b G) G
        eq left m(e(), x) = x\neq inverse m(i(x), x) = e()\neq assoc m(m(x, y), z) = m(x, m(y, z))";
    const MONOID: &str = "sort M\nop e() M\nop m(a M, b M) M
        eq left m(e(), x) = x\neq right m(x, e()) = x\neq assoc m(m(x, y), z) = m(x, m(y, z))";

    #[test]
    fn complete_theories_are_decided_by_normal_forms() {
        assert!(decide(MONOID, "m(m(a, e()), m(b, c))", "m(m(a, b), m(e(), c))").is_proved());
        let found = decide(MONOID, "m(a, b)", "m(b, a)");
        assert!(matches!(found, Decision::Refuted(Refutation::NormalForms(..))), "{found:?}");
    }

    #[test]
    fn what_no_order_directs_is_decided_by_classes() {
        let commutative = "sort S\nop f(a S, b S) S\neq comm f(x, y) = f(y, x)";
        assert!(decide(commutative, "f(f(a, b), c)", "f(c, f(b, a))").is_proved());
        let found = decide(commutative, "f(f(a, b), c)", "f(a, f(b, c))");
        assert_eq!(found, Decision::Refuted(Refutation::Saturated));
        assert!(decide(GROUP, "m(i(a), m(a, b))", "b").is_proved());
        let words = "sort S\nop f(x S) S\nop g(x S) S\nop h(x S) S\neq a f(g(x)) = g(f(f(x)))
            eq b g(h(x)) = h(g(g(x)))\neq c h(f(x)) = f(h(h(x)))";
        assert_eq!(decide(words, "f(g(h(x)))", "f(h(g(x)))"), Decision::Refuted(Refutation::Saturated));
    }

    #[test]
    fn finite_models_refute() {
        let found = decide(GROUP, "m(x, x)", "x");
        assert!(matches!(found, Decision::Refuted(Refutation::Model { size: 2, .. })), "{found:?}");
        assert!(found.to_json().starts_with(r#"{"verdict":"refuted","refutation":{"Model":{"size":2"#));
    }

    #[test]
    fn what_is_not_found_is_unknown() {
        // No group with fewer than six elements tells the sides apart.
        assert_eq!(decide(GROUP, "m(m(x, y), m(i(x), i(y)))", "e()"), Decision::Unknown);
        let sort = "sort S\nsort R\nop f(x S) S\nop g(x R) S";
        let theory = Theory::declare("T", sort).unwrap();
        let signature = Signature::of(&theory).unwrap();
        let terms = [Term::parse("f(x)").unwrap(), Term::parse("g(x)").unwrap()];
        let error = Prover::new(&signature).decide(&terms[0], &terms[1], &mut Budget::default()).unwrap_err();
        assert_eq!(error.code, "ill-typed-term");
    }

    #[test]
    fn a_value_that_need_not_exist_proves_nothing() {
        // `a = f(x) = b` needs some `x`, and the sort `E` may be empty.
        let lines = "sort E\nsort S\nop f(x E) S\nop a() S\nop b() S\neq l f(x) = a()\neq r f(x) = b()";
        assert!(!decide(lines, "a()", "b()").is_proved());
        let inhabited = format!("{lines}\nop some() E");
        assert!(decide(&inhabited, "a()", "b()").is_proved());
    }
}
