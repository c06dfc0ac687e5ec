//! Natural transformations between morphisms of theories.

use super::check::place;
use super::json::{Writer, name, name_at, only, optional};
use super::prove::Decision;
use super::wire::write_term;
use super::{Prover, Signature, SortExpr, Substitution, Term, TheoryMorphism};
use crate::diagnostic::{Diagnostic, Error, Kind, Path, Result};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::BTreeMap;
use crate::value::ValueRef;

/// For each sort a term with one variable that leads from its image under one morphism to that under another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NaturalTransformation {
    /// Its name.
    pub name: Name,
    /// The morphism from which it leads.
    pub source: Name,
    /// The morphism to which it leads.
    pub target: Name,
    /// Terms with at most one variable, by sort of the common domain.
    pub components: BTreeMap<Name, Term>,
}

impl NaturalTransformation {
    /// Reads `{"name":…,"source":…,"target":…,"components":{sort: term}}`.
    ///
    /// # Errors
    /// `invalid-theory`, `term-syntax`.
    pub fn from_json(value: ValueRef<'_>) -> Result<NaturalTransformation> {
        only(value, "a natural transformation", &["name", "source", "target", "components"])?;
        let mut components = BTreeMap::new();
        for (sort, term) in optional(value, "components").into_iter().flat_map(ValueRef::members) {
            components.insert(name(sort, "components")?, Term::from_json(term)?);
        }
        Ok(NaturalTransformation {
            name: name_at(value, "name")?,
            source: name_at(value, "source")?,
            target: name_at(value, "target")?,
            components,
        })
    }

    /// The JSON form.
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        out.object(|out| {
            for (key, text) in [("name", &self.name), ("source", &self.source), ("target", &self.target)] {
                out.text_member(key, text);
            }
            out.key("components");
            out.object(|out| {
                for (sort, term) in &self.components {
                    out.key(sort);
                    write_term(out, term);
                }
            });
        });
        out.finish()
    }

    /// The transformation of a morphism to itself that does nothing.
    pub fn identity(of: &TheoryMorphism) -> NaturalTransformation {
        NaturalTransformation {
            name: format!("id {}", of.name).into(),
            source: of.name.clone(),
            target: of.name.clone(),
            components: of.sort_map.keys().map(|sort| (sort.clone(), Term::var("x"))).collect(),
        }
    }

    /// The component of a sort, used on a term.
    fn at(&self, sort: &Name, on: &Term) -> Result<Term> {
        let Some(term) = self.components.get(sort) else {
            let message = format!("`{}` has no component at sort `{sort}`", self.name);
            return Err(wrong("unmapped-sort", message, place("components", sort)));
        };
        let mut variables = term.variables().into_iter();
        let (first, second) = (variables.next(), variables.next());
        if second.is_some() {
            let message = format!("the component at `{sort}` has more than one variable");
            return Err(wrong("component-variables", message, place("components", sort)));
        }
        let with: Substitution = first.map(|name| (name, on.clone())).into_iter().collect();
        Ok(term.substitute(&with))
    }

    /// Checks that every component has its type, and that it does not matter whether an operation or the
    /// transformation comes first.
    ///
    /// # Errors
    /// `transformation-ends`, `unmapped-sort`, `component-variables`, `component-type`, `square-broken`,
    /// `square-unproved` with the path of the component or operation; those of typing.
    pub fn check(
        &self,
        domain: &Signature<'_>,
        codomain: &Signature<'_>,
        source: &TheoryMorphism,
        target: &TheoryMorphism,
        budget: &mut Budget,
    ) -> Result<()> {
        if source.domain != target.domain || source.codomain != target.codomain {
            return Err(wrong(
                "transformation-ends",
                "the two morphisms have different ends".into(),
                Path::default(),
            ));
        }
        if self.source != source.name || self.target != target.name {
            let message =
                format!("it leads from `{}` to `{}`, other morphisms are given", self.source, self.target);
            return Err(wrong("transformation-ends", message, Path::default()));
        }
        let variable = Term::var("x");
        for sort in &domain.theory().sorts {
            budget.spend(1)?;
            let term = self.at(&sort.name, &variable)?;
            let context = [("x".into(), SortExpr::plain(source.sort(&sort.name)))].into();
            let found = codomain.infer(&term, &context)?;
            let expected = target.sort(&sort.name);
            if found.name != expected {
                let message = format!("`{term}` has the sort `{found}`, `{expected}` is asked for");
                return Err(wrong("component-type", message, place("components", &sort.name)));
            }
        }
        let mut prover = Prover::new(codomain);
        for op in &domain.theory().ops {
            budget.spend(1)?;
            let inputs: Vec<Term> = (0..op.inputs.len()).map(|at| Term::var(format!("x{at}"))).collect();
            let after = self.at(&op.output.name, &Term::app(source.op(&op.name), inputs.clone()))?;
            let before = op
                .inputs
                .iter()
                .zip(&inputs)
                .map(|(input, variable)| self.at(&input.sort.name, variable))
                .collect::<Result<Vec<_>>>()?;
            let before = Term::app(target.op(&op.name), before);
            let (code, verb) = match prover.decide(&after, &before, budget)? {
                Decision::Proved(_) => continue,
                Decision::Refuted(_) => ("square-broken", "differ"),
                Decision::Unknown => ("square-unproved", "are not shown to be equal"),
            };
            let message = format!("`{after}` and `{before}` {verb}");
            return Err(wrong(code, message, place("ops", &op.name)));
        }
        Ok(())
    }

    /// This transformation, then one that leads on from its target.
    ///
    /// # Errors
    /// `compose-mismatch`.
    pub fn then(&self, next: &NaturalTransformation) -> Result<NaturalTransformation> {
        if self.target != next.source {
            let message = format!(
                "`{}` leads to `{}`, `{}` leads from `{}`",
                self.name, self.target, next.name, next.source
            );
            return Err(wrong("compose-mismatch", message, Path::default()));
        }
        let mut components = BTreeMap::new();
        for (sort, term) in &self.components {
            components.insert(sort.clone(), next.at(sort, term)?);
        }
        Ok(NaturalTransformation {
            name: format!("{}; {}", self.name, next.name).into(),
            source: self.source.clone(),
            target: next.target.clone(),
            components,
        })
    }

    /// This transformation `F ⇒ G` beside one `H ⇒ K` of morphisms that come after: `F; H ⇒ G; K`. The morphisms are
    /// `G` and `H`.
    ///
    /// # Errors
    /// `compose-mismatch`; those of missing components.
    pub fn beside(
        &self,
        next: &NaturalTransformation,
        [target, source]: [&TheoryMorphism; 2],
        [from, to]: [&Name; 2],
    ) -> Result<NaturalTransformation> {
        if target.codomain != source.domain {
            let message = format!(
                "`{}` ends in `{}`, `{}` begins in `{}`",
                target.name, target.codomain, source.name, source.domain
            );
            return Err(wrong("compose-mismatch", message, Path::default()));
        }
        let mut components = BTreeMap::new();
        for (sort, term) in &self.components {
            components.insert(sort.clone(), next.at(&target.sort(sort), &source.term(term))?);
        }
        Ok(NaturalTransformation {
            name: format!("{} * {}", self.name, next.name).into(),
            source: from.clone(),
            target: to.clone(),
            components,
        })
    }

    /// Whether two transformations have equal components, by the equations of the codomain.
    ///
    /// # Errors
    /// Those of typing; `limit-steps`.
    pub fn equals(
        &self,
        other: &NaturalTransformation,
        codomain: &Signature<'_>,
        budget: &mut Budget,
    ) -> Result<Decision> {
        let mut prover = Prover::new(codomain);
        let mut last = Decision::Unknown;
        for sort in self.components.keys() {
            let (a, b) = (self.at(sort, &Term::var("x"))?, other.at(sort, &Term::var("x"))?);
            last = prover.decide(&a, &b, budget)?;
            if !last.is_proved() {
                break;
            }
        }
        Ok(last)
    }
}

#[cold]
fn wrong(code: &'static str, message: String, path: Path) -> Error {
    Diagnostic::new(Kind::Schema, code, message).at(path).boxed()
}

#[cfg(test)]
mod tests {
    use super::super::Theory;
    use super::*;

    /// One sort with a step that commutes with everything; morphisms of it into itself are powers of the step.
    const CLOCK: &str = "sort T\nop step(t T) T";

    fn morphism(name: &str, theory: &Theory) -> TheoryMorphism {
        TheoryMorphism { name: name.into(), ..TheoryMorphism::identity(theory) }
    }

    fn transformation(source: &str, target: &str, term: &str) -> NaturalTransformation {
        NaturalTransformation {
            name: "α".into(),
            source: source.into(),
            target: target.into(),
            components: [("T".into(), Term::parse(term).unwrap())].into(),
        }
    }

    #[test]
    fn squares_are_checked() {
        let theory = Theory::declare("A", CLOCK).unwrap();
        let signature = Signature::of(&theory).unwrap();
        let (f, g) = (morphism("F", &theory), morphism("G", &theory));
        let check = |term: &str, lines: &str| {
            let wide = Theory::declare("A", lines).unwrap();
            let codomain = Signature::of(&wide).unwrap();
            let alpha = transformation("F", "G", term);
            alpha.check(&signature, &codomain, &f, &g, &mut Budget::default()).map_err(|error| error.code)
        };
        assert_eq!(check("step(y)", CLOCK), Ok(()));
        let other = format!("{CLOCK}\nop turn(t T) T\nsort U\nop out(t T) U");
        assert_eq!(check("turn(y)", &other), Err("square-broken"));
        assert_eq!(check("turn(y)", &format!("{other}\neq c turn(step(t)) = step(turn(t))")), Ok(()));
        assert_eq!(check("out(y)", &other), Err("component-type"));
        let alpha = transformation("F", "G", "step(step(y))");
        let tree =
            crate::value::Tree::parse(alpha.to_json().as_bytes(), &crate::limits::Limits::DEFAULT).unwrap();
        assert_eq!(NaturalTransformation::from_json(tree.root()).unwrap(), alpha);
    }

    #[test]
    fn transformations_compose_both_ways_and_interchange() {
        let theory = Theory::declare("A", CLOCK).unwrap();
        let signature = Signature::of(&theory).unwrap();
        let f = morphism("F", &theory);
        let name: Name = "FF".into();
        let names = [&name, &name];
        let (a, b) = (transformation("F", "F", "step(x)"), transformation("F", "F", "step(step(z))"));
        let (c, d) = (transformation("F", "F", "y"), transformation("F", "F", "step(y)"));
        let wide = a.then(&b).unwrap().beside(&c.then(&d).unwrap(), [&f, &f], names).unwrap();
        let tall =
            a.beside(&c, [&f, &f], names).unwrap().then(&b.beside(&d, [&f, &f], names).unwrap()).unwrap();
        assert!(wide.equals(&tall, &signature, &mut Budget::default()).unwrap().is_proved());
        assert_eq!(wide.components["T"].to_string(), "step(step(step(step(x))))");
        assert_eq!(a.then(&transformation("G", "G", "y")).unwrap_err().code, "compose-mismatch");
    }
}
