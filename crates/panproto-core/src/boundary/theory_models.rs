//! Operations on models of theories and on refined sorts, which cross as JSON text.

use super::theories::verdict;
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::name::Name;
use crate::schema::model_of;
use crate::theory::{
    Containment, MOST_ASSIGNMENTS, MOST_ELEMENTS, Model, ModelMap, ModelValue, RefinedSort, Signature,
    Theory, Violation, builtin, delta, free_model, pi, sigma,
};

type Answer = Result<Message<'static>, Refusal>;

/// The number of elements that a request allows.
fn most_elements(request: &Request<'_>) -> Result<u32> {
    let given = request.optional_u64("limit")?;
    Ok(given.map_or(MOST_ELEMENTS, |most| u32::try_from(most).unwrap_or(u32::MAX)))
}

fn model_message(model: &Model, signature: &Signature<'_>) -> Message<'static> {
    Message::map().with("json", model.to_json(signature))
}

fn violations(found: &[Violation]) -> Message<'static> {
    Message::array(found.iter().map(|violation| {
        let assignment = violation.assignment.iter().map(|(name, value)| {
            Message::map().with("variable", name.to_string()).with("value", value.to_json())
        });
        Message::map()
            .with("equation", violation.equation.to_string())
            .with("assignment", Message::array(assignment))
            .with("left", violation.left.to_json())
            .with("right", violation.right.to_json())
    }))
}

/// `theory.model_check`: whether a model is one of a theory: typed, and with no equation broken.
pub(super) fn check(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let theory = session.theory(request, "theory")?;
    let signature = Signature::check(&theory, budget)?;
    let most = request.optional_u64("limit")?.unwrap_or(MOST_ASSIGNMENTS);
    let model = Model::parse(request.bytes("model")?, &signature, session.limits());
    let found = model.and_then(|model| model.check(&signature, most, budget));
    if let Err(error) = &found
        && error.kind == Kind::Limit
    {
        return Err(error.clone().into());
    }
    let holds = found.as_ref().is_ok_and(Vec::is_empty);
    let list = violations(found.as_deref().unwrap_or_default());
    Ok(verdict(&found.map(|_| ()))?.with("holds", holds).with("violations", list))
}

/// `theory.free_model`: the closed terms of a theory, up to its equations.
pub(super) fn free(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let theory = session.theory(request, "theory")?;
    let signature = Signature::check(&theory, budget)?;
    let model = free_model(&signature, most_elements(request)?, budget)?;
    Ok(model_message(&model, &signature))
}

/// `theory.evaluate`: the value of a term in a model.
pub(super) fn evaluate(session: &mut Session, request: &Request<'_>) -> Answer {
    let theory = session.theory(request, "theory")?;
    let signature = Signature::check(&theory, &mut session.budget())?;
    let model = Model::parse(request.bytes("model")?, &signature, session.limits())?;
    let term = session.term(request, "term")?;
    let variables = match request.get("variables") {
        None => Default::default(),
        Some(_) => session.of_json(request, "variables", |value| {
            value
                .members()
                .map(|(name, pair)| {
                    let mut parts = pair.items();
                    let sort = parts.next().and_then(|sort| sort.as_str());
                    let (Some(name), Some(sort), Some(value)) = (name.as_str(), sort, parts.next()) else {
                        let message = "a variable has an array of its sort and its value";
                        return Err(Diagnostic::error(Kind::Usage, "wrong-argument", message));
                    };
                    Ok((Name::new(name), (Name::new(sort), ModelValue::from_json(value)?)))
                })
                .collect::<Result<_>>()
        })?,
    };
    let value = model.evaluate(&signature, &term, &variables)?;
    Ok(Message::map().with("json", value.to_json()))
}

/// `theory.migrate_model`: a model along a morphism: `delta` (restricted), `sigma` (freely extended), `pi` (families).
pub(super) fn migrate(session: &mut Session, request: &Request<'_>) -> Answer {
    let budget = &mut session.budget();
    let morphism = session.theory_morphism(request, "morphism")?;
    let mode = request.optional_text("mode")?.unwrap_or("delta");
    if mode == "delta" && request.get("codomain").is_none() {
        // Sets alone need no theories.
        let sets = session.of_json(request, "model", Model::sets_from_json)?;
        return Ok(Message::map().with("json", delta(&morphism, &sets)?.sets_to_json()));
    }
    let (domain, codomain) = (session.theory(request, "domain")?, session.theory(request, "codomain")?);
    let (domain, codomain) = (Signature::check(&domain, budget)?, Signature::check(&codomain, budget)?);
    morphism.check(&domain, &codomain, budget)?;
    let own = if mode == "delta" { &codomain } else { &domain };
    let model = Model::parse(request.bytes("model")?, own, session.limits())?;
    if let Some(broken) = model.check(own, MOST_ASSIGNMENTS, budget)?.first() {
        let message = format!("the model breaks equation `{}`", broken.equation);
        return Err(Diagnostic::new(Kind::Schema, "model-equation", message).at("model").boxed().into());
    }
    let most = most_elements(request)?;
    match mode {
        "delta" => Ok(model_message(&delta(&morphism, &model)?, &domain)),
        "sigma" => {
            let found = sigma(&morphism, &model, &domain, &codomain, most, budget)?;
            let unit = map_message(&found.unit, &found.model, |sort| morphism.sort(&sort.into()).to_string());
            Ok(model_message(&found.model, &codomain).with("unit", unit))
        }
        "pi" => {
            let found = pi(&morphism, &model, &domain, &codomain, most, budget)?;
            let counit = map_message(&found.counit, &model, ToOwned::to_owned);
            Ok(model_message(&found.model, &codomain).with("counit", counit))
        }
        other => {
            let message = format!("there is no mode `{other}`");
            Err(Diagnostic::new(Kind::Usage, "wrong-argument", message)
                .at("mode")
                .help("`delta`, `sigma` or `pi`")
                .boxed()
                .into())
        }
    }
}

/// A map of elements as the values that they become, by sort.
fn map_message(map: &ModelMap, model: &Model, sort_of: impl Fn(&str) -> String) -> Message<'static> {
    let rows = map.iter().map(|(sort, row)| {
        let image = sort_of(sort);
        let values = row.iter().map(|at| model.element(&image, *at).map(ModelValue::to_json));
        (sort.to_string().into(), Message::array(values))
    });
    Message::Map(rows.collect())
}

/// `theory.refinement`: whether every value of one refined sort is a value of another.
pub(super) fn refinement(session: &mut Session, request: &Request<'_>) -> Answer {
    let sub = session.of_json(request, "sub", RefinedSort::from_json)?;
    let found = sub.is_within(&session.of_json(request, "super", RefinedSort::from_json)?);
    let (holds, witness) = match &found {
        Containment::Holds => (Some(true), None),
        Containment::Fails(value) => (Some(false), Some(value.to_string())),
        Containment::Unknown => (None, None),
    };
    Ok(Message::map().with("verdict", found.as_str()).with("holds", holds).with("witness", witness))
}

/// `theory.schema_model`: a schema as a model of its protocol's theory, or of one that is given.
pub(super) fn schema(session: &mut Session, request: &Request<'_>) -> Answer {
    let schema = session.schema(request)?;
    let budget = &mut session.budget();
    let theory: Theory = match request.get("theory") {
        Some(_) => session.theory(request, "theory")?,
        None => builtin::schema_theory(schema.protocol()).ok_or_else(|| {
            let message = format!("there is no built-in theory of the schemas of `{}`", schema.protocol());
            Diagnostic::new(Kind::Usage, "unknown-theory", message).help("give the `theory`").boxed()
        })?,
    };
    let signature = Signature::check(&theory, budget)?;
    let model = model_of(&schema, &theory, budget)?;
    let found = model.check(&signature, MOST_ASSIGNMENTS, budget)?;
    Ok(model_message(&model, &signature)
        .with("theory", theory.name.to_string())
        .with("holds", found.is_empty())
        .with("violations", violations(&found)))
}
