//! Operations on theories, which cross as JSON text; the name of a built-in theory stands for it.

use super::answer::diagnostic_message;
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Error, Result};
use crate::limits::Budget;
use crate::name::Name;
use crate::theory::{
    Context, EqWitness, Kept, MOST_STEPS, NaturalTransformation, Prover, Registry, Signature, Substitution,
    Term, Theory, TheoryEndofunctor, TheoryMorphism, TheoryTransform, builtin, check_rewriting,
    colimit_by_name, context_from_json, factorize, normalize, pullback, pushout,
};
use crate::value::{Tree, ValueRef};

/// Arguments of pushouts and pullbacks.
pub(super) const SQUARE: &[&str] = &["apex", "f", "g", "left", "registry", "right", "u", "v"];

type Answer = Result<Message<'static>, Refusal>;

impl Session {
    /// A theory with the parts of all that it extends: from the request's `registry`, else built-in ones.
    pub(super) fn theory(&self, request: &Request<'_>, key: &str) -> Result<Theory> {
        self.theory_of(request, request.text(key)?).map_err(|error| under(key, error))
    }

    fn theory_of(&self, request: &Request<'_>, text: &str) -> Result<Theory> {
        if !text.trim_start().starts_with(['{', '[']) {
            return builtin::theory(text).ok_or_else(|| unknown_theory(text));
        }
        let theory = Theory::parse(text.as_bytes(), self.limits())?;
        if theory.extends.is_empty() {
            return Ok(theory);
        }
        let mut registry: Registry = builtin::registry()?;
        for given in request.array("registry")? {
            let given = Theory::parse(super::request::as_bytes("registry", given)?, self.limits())?;
            registry.insert(given.name.clone(), given);
        }
        registry.insert(theory.name.clone(), theory.clone());
        theory.resolve(&registry)
    }

    /// A value of a request's JSON text.
    pub(super) fn of_json<T>(
        &self,
        request: &Request<'_>,
        key: &str,
        read: impl FnOnce(ValueRef<'_>) -> Result<T>,
    ) -> Result<T> {
        let tree = Tree::parse(request.bytes(key)?, self.limits()).map_err(|error| under(key, error))?;
        read(tree.root()).map_err(|error| under(key, error))
    }

    pub(super) fn theory_morphism(&self, request: &Request<'_>, key: &str) -> Result<TheoryMorphism> {
        self.of_json(request, key, TheoryMorphism::from_json)
    }

    /// A term: JSON, or text as `f(x, c())`.
    pub(super) fn term(&self, request: &Request<'_>, key: &str) -> Result<Term> {
        let text = request.text(key)?;
        if text.trim_start().starts_with(['{', '"']) {
            return self.of_json(request, key, Term::from_json);
        }
        Term::parse(text).map_err(|error| under(key, error))
    }
}

#[cold]
fn unknown_theory(name: &str) -> Error {
    let message = format!("there is no built-in theory `{name}`");
    crate::diagnostic::Diagnostic::new(crate::diagnostic::Kind::Usage, "unknown-theory", message)
        .help("`theory.builtin` lists them; another theory is given as JSON text")
        .boxed()
}

#[cold]
fn under(key: &str, mut error: Error) -> Error {
    let place = error.path.take().filter(|path| !path.is_empty());
    error.path = Some(place.map_or_else(|| key.to_owned(), |place| format!("{key}.{place}")));
    error
}

/// `{valid, error, diagnostic}` of what was found; an ended budget is no finding.
pub(super) fn verdict(found: &Result<()>) -> Result<Message<'static>, Refusal> {
    let error = match found {
        Ok(()) => None,
        Err(error) if error.kind == crate::diagnostic::Kind::Cancelled || error.code == "limit-steps" => {
            return Err(error.clone().into());
        }
        Err(error) => Some(error),
    };
    Ok(Message::map()
        .with("valid", error.is_none())
        .with("error", error.map(ToString::to_string))
        .with("diagnostic", error.map(|error| diagnostic_message(error).into_owned())))
}

fn describe(theory: &Theory) -> Message<'static> {
    let names = |names: &mut dyn Iterator<Item = &Name>| Message::array(names.map(ToString::to_string));
    Message::map()
        .with("json", theory.to_json())
        .with("name", theory.name.to_string())
        .with("sorts", names(&mut theory.sorts.iter().map(|sort| &sort.name)))
        .with("ops", names(&mut theory.ops.iter().map(|op| &op.name)))
        .with("eqs", names(&mut theory.eqs.iter().map(|eq| &eq.name)))
        .with("directed_eqs", names(&mut theory.directed_eqs.iter().map(|eq| &eq.name)))
}

/// `theory.create`: the theory, resolved and well typed.
pub(super) fn create(session: &mut Session, request: &Request<'_>) -> Answer {
    let theory = session.theory(request, "theory")?;
    Signature::check(&theory, &mut session.budget())?;
    Ok(describe(&theory))
}

/// `theory.check`: whether a theory is well typed, and what is known of its directed equations.
pub(super) fn check(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let found = session.theory(request, "theory").and_then(|theory| {
        Signature::check(&theory, budget)?;
        check_rewriting(&theory, budget)
    });
    let rewriting = found.as_ref().ok().map(|report| report.to_json());
    Ok(verdict(&found.map(|_| ()))?.with("rewriting", rewriting))
}

/// `theory.builtin`: the names of built-in theories; one of them; or those of a protocol.
pub(super) fn built_in(_: &mut Session, request: &Request<'_>) -> Answer {
    if let Some(name) = request.optional_text("name")? {
        return Ok(describe(&builtin::theory(name).ok_or_else(|| unknown_theory(name))?));
    }
    if let Some(protocol) = request.optional_text("protocol")? {
        let known = builtin::schema_theory(protocol).zip(builtin::instance_theory(protocol));
        let (schema, instance) = known.ok_or_else(|| unknown_theory(protocol))?;
        return Ok(Message::map().with("schema", describe(&schema)).with("instance", describe(&instance)));
    }
    Ok(Message::map().with("names", Message::array(builtin::names())))
}

fn context(session: &Session, request: &Request<'_>) -> Result<Context> {
    if request.get("context").is_none() {
        return Ok(Context::new());
    }
    session.of_json(request, "context", context_from_json)
}

/// `theory.term`: the sort of a term in a context.
pub(super) fn term(session: &mut Session, request: &Request<'_>) -> Answer {
    let theory = session.theory(request, "theory")?;
    let signature = Signature::check(&theory, &mut session.budget())?;
    let term = session.term(request, "term")?;
    let found = signature.infer(&term, &context(session, request)?);
    Ok(Message::map()
        .with("well_formed", found.is_ok())
        .with("output_sort", found.as_ref().ok().map(ToString::to_string))
        .with("error", found.as_ref().err().map(ToString::to_string))
        .with("diagnostic", found.as_ref().err().map(|error| diagnostic_message(error).into_owned())))
}

fn term_message(term: &Term) -> Message<'static> {
    Message::map().with("json", term.to_json()).with("text", term.to_string())
}

/// `theory.substitute`: a term with another one in place of a variable.
pub(super) fn substitute(session: &mut Session, request: &Request<'_>) -> Answer {
    let (term, with) = (session.term(request, "term")?, session.term(request, "replacement")?);
    let with: Substitution = [(request.text("variable")?.into(), with)].into();
    Ok(term_message(&term.substitute(&with)))
}

/// `theory.normalize`: the normal form of a term, with the proof.
pub(super) fn normal_form(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let theory = session.theory(request, "theory")?;
    Signature::check(&theory, budget)?;
    let most = request.optional_u64("max_steps")?.unwrap_or(MOST_STEPS);
    let (term, witness) = normalize(&theory, &session.term(request, "term")?, most, budget)?;
    Ok(term_message(&term).with("witness", witness.to_json()))
}

/// `theory.prove`: whether an equation follows: proved, refuted or unknown.
pub(super) fn prove(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let theory = session.theory(request, "theory")?;
    let signature = Signature::check(&theory, budget)?;
    let (lhs, rhs) = (session.term(request, "lhs")?, session.term(request, "rhs")?);
    let found = Prover::new(&signature).decide(&lhs, &rhs, budget)?;
    Ok(Message::map().with("proved", found.is_proved()).with("json", found.to_json()))
}

/// `theory.witness`: whether a proof proves an equation.
pub(super) fn witness(session: &mut Session, request: &Request<'_>) -> Answer {
    let theory = session.theory(request, "theory")?;
    let (lhs, rhs) = (session.term(request, "lhs")?, session.term(request, "rhs")?);
    let witness = session.of_json(request, "witness", EqWitness::from_json)?;
    verdict(&witness.check(&theory, &lhs, &rhs))
}

/// `theory.morphism`: whether a morphism is one, and why each equation is kept.
pub(super) fn morphism(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let morphism = session.theory_morphism(request, "morphism")?;
    let (domain, codomain) = (session.theory(request, "domain")?, session.theory(request, "codomain")?);
    let (domain, codomain) = (Signature::check(&domain, budget)?, Signature::check(&codomain, budget)?);
    let found = morphism.check(&domain, &codomain, budget);
    let kept = found.as_deref().unwrap_or_default().iter().map(|(name, kept)| {
        let message = Message::map().with("name", name.to_string());
        match kept {
            Kept::Listed(there) => message.with("listed", there.to_string()),
            Kept::Proved(witness) => message.with("witness", witness.to_json()),
        }
    });
    let kept = Message::array(kept);
    Ok(verdict(&found.map(|_| ()))?.with("equations", kept))
}

/// `theory.compose`: one morphism, then another.
pub(super) fn compose(session: &mut Session, request: &Request<'_>) -> Answer {
    let first = session.theory_morphism(request, "first")?;
    let found = first.then(&session.theory_morphism(request, "second")?)?;
    Ok(Message::map().with("json", found.to_json()))
}

/// `theory.renames`: what a morphism renames in schemas.
pub(super) fn renames(session: &mut Session, request: &Request<'_>) -> Answer {
    let renames = session.theory_morphism(request, "morphism")?.induce_schema_renames();
    Ok(Message::array(renames.iter().map(|rename| {
        Message::map()
            .with("site", rename.site.as_str())
            .with("old", rename.old.to_string())
            .with("new", rename.new.to_string())
    })))
}

/// A theory with the two morphisms that make it what it is.
fn with_legs(theory: &Theory, left: &TheoryMorphism, right: &TheoryMorphism) -> Message<'static> {
    describe(theory).with("left", left.to_json()).with("right", right.to_json())
}

/// `theory.colimit`: two theories glued by name along a shared one.
pub(super) fn colimit(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let [left, right, shared] = ["left", "right", "shared"].map(|key| session.theory(request, key));
    let found = colimit_by_name(&left?, &right?, &shared?, budget)?;
    Signature::check(&found.theory, budget)?;
    Ok(with_legs(&found.theory, &found.left, &found.right))
}

/// The other way to complete a square that a request may give.
fn completion(
    session: &Session,
    request: &Request<'_>,
    mediate: impl FnOnce(&TheoryMorphism, &TheoryMorphism, &Signature<'_>, &mut Budget) -> Result<TheoryMorphism>,
) -> Result<Option<String>> {
    if request.get("u").is_none() {
        return Ok(None);
    }
    let (u, v) = (session.theory_morphism(request, "u")?, session.theory_morphism(request, "v")?);
    let apex = session.theory(request, "apex")?;
    let budget = &mut session.budget();
    mediate(&u, &v, &Signature::check(&apex, budget)?, budget).map(|found| Some(found.to_json()))
}

/// `theory.pushout`: two theories glued along morphisms; with `u`, `v` and `apex` the mediating morphism.
pub(super) fn push_out(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let (left, right) = (session.theory(request, "left")?, session.theory(request, "right")?);
    let (f, g) = (session.theory_morphism(request, "f")?, session.theory_morphism(request, "g")?);
    let found = pushout(&left, &right, &f, &g, budget)?;
    Signature::check(&found.theory, budget)?;
    let commutes = found.commutes(&f, &g)?;
    let through = completion(session, request, |u, v, apex, budget| found.mediate(u, v, apex, budget))?;
    Ok(with_legs(&found.theory, &found.left, &found.right)
        .with("commutes", commutes)
        .with("mediating", through))
}

/// `theory.pullback`: the pairs of two theories over a third; with `u`, `v` and `apex` the mediating morphism.
pub(super) fn pull_back(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let (left, right) = (session.theory(request, "left")?, session.theory(request, "right")?);
    let (f, g) = (session.theory_morphism(request, "f")?, session.theory_morphism(request, "g")?);
    let found = pullback(&left, &right, &f, &g, budget)?;
    let commutes = found.commutes(&f, &g)?;
    let through = completion(session, request, |u, v, apex, budget| found.mediate(u, v, apex, budget))?;
    Ok(with_legs(&found.theory, &found.left, &found.right)
        .with("commutes", commutes)
        .with("mediating", through))
}

/// `theory.factorize`: a morphism as elementary changes.
pub(super) fn factors(session: &mut Session, request: &Request<'_>) -> Answer {
    let morphism = session.theory_morphism(request, "morphism")?;
    let (domain, codomain) = (session.theory(request, "domain")?, session.theory(request, "codomain")?);
    let steps = factorize(&morphism, &domain, &codomain, &mut session.budget())?;
    Ok(Message::array(steps.iter().map(|step| {
        Message::map()
            .with("name", step.name.to_string())
            .with("transform", step.transform.to_json())
            .with("json", step.to_json())
    })))
}

/// `theory.apply`: a theory after a change, an endofunctor, or an array of them.
pub(super) fn apply(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let mut theory = session.theory(request, "theory")?;
    let steps = session.of_json(request, "transform", |value| {
        let read = |value: ValueRef<'_>| match value.get("transform") {
            Some(_) => TheoryEndofunctor::from_json(value),
            None => Ok(TheoryEndofunctor {
                name: "change".into(),
                precondition: crate::theory::TheoryConstraint::Unconstrained,
                transform: TheoryTransform::from_json(value)?,
            }),
        };
        if value.is_array() { value.items().map(read).collect() } else { Ok(vec![read(value)?]) }
    })?;
    for (at, step) in steps.iter().enumerate() {
        theory = step.apply(&theory, budget).map_err(|error| under(&format!("transform[{at}]"), error))?;
    }
    Ok(describe(&theory))
}

/// `theory.natural`: whether a natural transformation is one.
pub(super) fn natural(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let transformation = session.of_json(request, "transformation", NaturalTransformation::from_json)?;
    let (source, target) =
        (session.theory_morphism(request, "source")?, session.theory_morphism(request, "target")?);
    let (domain, codomain) = (session.theory(request, "domain")?, session.theory(request, "codomain")?);
    let (domain, codomain) = (Signature::check(&domain, budget)?, Signature::check(&codomain, budget)?);
    verdict(&transformation.check(&domain, &codomain, &source, &target, budget))
}

/// `theory.natural_compose`: one transformation after another; beside it where the morphisms `target` (of the first)
/// and `source` (of the second) are given.
pub(super) fn natural_compose(session: &mut Session, request: &Request<'_>) -> Answer {
    let first = session.of_json(request, "first", NaturalTransformation::from_json)?;
    let second = session.of_json(request, "second", NaturalTransformation::from_json)?;
    let found = if request.get("target").is_none() {
        first.then(&second)?
    } else {
        let legs = [session.theory_morphism(request, "target")?, session.theory_morphism(request, "source")?];
        let joined = |one: &Name, two: &Name| Name::from(format!("{one}; {two}"));
        let ends = [joined(&first.source, &second.source), joined(&first.target, &second.target)];
        first.beside(&second, [&legs[0], &legs[1]], [&ends[0], &ends[1]])?
    };
    Ok(Message::map().with("json", found.to_json()))
}
