//! Migrations that are declared as data, ranked proposals for what is open, overlaps; expressions of schemas.

use super::chains::read_format;
use super::migrations::{json_text, read_hints};
use super::request::{as_text, wrong};
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::align::{Declaration, Overlap, Proposal, Stringency, between, proposals};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::lens::compile::compile;
use crate::lens::document::{Format, yaml};
use crate::limits::Budget;
use crate::migration::enrich::{conversion, expression, policy, stored};
use crate::migration::{Change, Reason};
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{Conversion, Edge, Enrichment, Schema, VertexId};
use crate::value::{Json, Tree};

/// `migration.declare`: the migration of a declaration.
pub(super) fn declare(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [old, new] = session.schemas(request, ["old", "new"])?;
    request.require("declaration")?;
    let text = json_text(request, "declaration")?.unwrap_or_default();
    let compiled =
        |text: &[u8]| Declaration::parse(text, session.limits())?.compile(&old, &new, &mut session.budget());
    let migration = match read_format(request.optional_text("format")?)? {
        Format::Json => compiled(&text)?,
        Format::Yaml => {
            let text = std::str::from_utf8(&text).map_err(|_| {
                let message = "the declaration is not valid UTF-8";
                Diagnostic::new(Kind::Parse, "yaml-syntax", message).at("declaration").boxed()
            })?;
            let converted = yaml::to_json(text, session.limits())?;
            compiled(converted.json.as_bytes()).map_err(|error| converted.locate(error))?
        }
    };
    session.answer_migration(migration)
}

/// Arguments of `migration.candidates`: those of `migration.between`, how many, and how good.
pub(super) const CANDIDATES: &[&str] = &[
    "defaults",
    "hint_spec",
    "hints",
    "keys",
    "match",
    "new",
    "new_root",
    "old",
    "old_root",
    "source_defaults",
    "stringency",
    "top_n",
    "trust",
];

/// How many proposals are told where nobody says how many, and at most.
const SOME: u64 = 5;
const MOST: u64 = 100;

/// `migration.candidates`: ways to answer what names and hints leave open, best first. None of them is accepted: each
/// holds the hints that would accept it.
pub(super) fn candidates(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [old, new] = session.schemas(request, ["old", "new"])?;
    let hints = read_hints(session, request)?;
    let most = request.optional_u64("top_n")?.unwrap_or(SOME).clamp(1, MOST) as usize;
    let stringency = match request.optional_text("stringency")? {
        None => hints.spec.stringency.unwrap_or_default(),
        Some(word) => Stringency::from_name(word).ok_or_else(|| {
            Diagnostic::new(Kind::Usage, "wrong-argument", format!("there is no stringency `{word}`"))
                .at("stringency")
                .help("`strict`, `balanced`, `lenient` or `exploratory`")
                .boxed()
        })?,
    };
    let mut budget = session.budget();
    let found = proposals(&old, &new, &hints, most, stringency.least(), &mut budget)?;
    let mut coercions: BTreeSet<(String, String, String)> = BTreeSet::new();
    let mut told = Vec::new();
    for proposal in &found {
        told.push(proposal_message(proposal, &mut coercions, &mut budget)?);
    }
    let coercions = coercions.into_iter().map(|(from, to, why)| {
        Message::map()
            .with("src", from)
            .with("tgt", to)
            .with("witness_name", "built-in")
            // What does not convert is refused record by record, and spellings are remembered: both ways hold.
            .with("witness_class", "Retraction")
            .with("confidence", 1.0)
            .with("explanation", why)
    });
    let coercions = Message::array(coercions);
    Ok(Message::map().with("candidates", Message::Array(told)).with("coerce_proposals", coercions))
}

fn proposal_message(
    proposal: &Proposal,
    coercions: &mut BTreeSet<(String, String, String)>,
    budget: &mut Budget,
) -> Result<Message<'static>> {
    let compiled = compile(&proposal.migration, budget)?;
    let hints: BTreeMap<_, _> = proposal
        .answers
        .iter()
        .map(|(path, answer)| (path.clone().into(), Message::from(answer.clone())))
        .collect();
    for change in compiled.changes.iter().filter(|change| change.kind == "coerce") {
        let end = |end: &Option<String>| end.clone().unwrap_or_default();
        coercions.insert((end(&change.from), end(&change.to), change.why.clone()));
    }
    let steps = compiled.changes.iter().map(|change| {
        let answered = change.from.as_ref().and_then(|path| proposal.confidence.get(path));
        let confidence = answered.copied().or(change.score).unwrap_or(1.0);
        Message::map()
            .with("kind", change.kind)
            .with("from", change.from.clone())
            .with("to", change.to.clone())
            .with("explanation", change.why.clone())
            .with("confidence", confidence)
            .with("strategy", strategy(change, answered.is_some()))
    });
    let used: BTreeSet<&'static str> = proposal
        .migration
        .objects
        .values()
        .flat_map(|object| &object.links)
        .map(|link| match link.reason {
            Reason::Hint if proposal.answers.is_empty() => "user-hint",
            Reason::Hint => "ranked-candidate",
            Reason::SameName => "same-name",
            Reason::FoldedName => "folded-name",
            Reason::Level => "same-name-other-level",
            Reason::Likely(_) => "ranked-candidate",
        })
        .collect();
    let open = compiled
        .questions
        .iter()
        .map(|question| Message::map().with("code", question.code).with("path", question.path.clone()));
    Ok(Message::map()
        .with("hints", Message::Map(hints))
        .with("quality", proposal.quality)
        .with("coverage", proposal.coverage)
        .with("score", proposal.score)
        .with("decided", compiled.questions.is_empty())
        .with("open", Message::array(open))
        .with("strategies_used", Message::array(used))
        .with("steps", Message::array(steps)))
}

fn strategy(change: &Change, answered: bool) -> &'static str {
    match (answered, change.kind) {
        (true, _) => "ranked-candidate",
        (false, "rename" | "move" | "hoist" | "nest") if change.score.is_some() => "ranked-candidate",
        (false, "rename" | "move" | "hoist" | "nest") => "names-and-hints",
        (false, _) => "compiled",
    }
}

/// Arguments of `migration.span`.
pub(super) const SPAN: &[&str] = &["hint_spec", "hints", "new", "old"];

/// `migration.span`: the part of the old schema that has a counterpart in the new one.
pub(super) fn span(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [old, new] = session.schemas(request, ["old", "new"])?;
    let hints = read_hints(session, request)?;
    let migration = between(&old, &new, &hints, &mut session.budget())?;
    let overlap = Overlap::of(&migration)?;
    let id = |schema: &Schema, at: &VertexId| schema.vertex(*at).id.to_string();
    let map = overlap.vertices.iter().map(|(from, to)| (id(&old, from).into(), id(&new, to).into()));
    let map = Message::Map(map.collect());
    let vertices = overlap.vertices.keys().map(|at| id(&old, at));
    let edge = |edge: &Edge| {
        Message::map()
            .with("src", id(&old, &edge.src))
            .with("tgt", id(&old, &edge.tgt))
            .with("kind", edge.kind.to_string())
            .with("name", edge.name.as_ref().map(ToString::to_string))
    };
    let proven = overlap.is_total && overlap.quality >= 1.0;
    let bounds = [overlap.quality, if proven { overlap.quality } else { 1.0 }];
    let answer = Message::map()
        .with("apex_vertices", Message::array(vertices))
        .with("apex_edges", Message::array(overlap.edges.iter().map(edge)))
        .with("vertex_map", map)
        .with("quality", overlap.quality)
        .with("quality_bounds", Message::array(bounds))
        .with("apex_coverage", overlap.coverage)
        // Names and hints decide, and nothing is searched for: only what cannot be better is proved to be best.
        .with("proven_optimal", proven)
        .with("is_total", overlap.is_total)
        .with("apex_digest", Message::bin(overlap.apex.digest().0.to_vec()));
    let apex = session.keep_schema(overlap.apex);
    Ok(answer.with("apex", apex))
}

/// `schema.enrich`: the same schema with more expressions.
pub(super) fn enrich(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let schema = session.schema(request)?;
    let mut enrichment: Enrichment = schema.enrichment().clone();
    let vertex = |id: &str, key: &str| {
        schema.find(id).ok_or_else(|| {
            let message = format!("the schema has no vertex `{id}`");
            Diagnostic::new(Kind::Schema, "unknown-vertex", message).at(format!("{key}.{id}")).boxed()
        })
    };
    for key in ["defaults", "mergers"] {
        for (id, value) in request.map(key)? {
            let place = format!("{key}.{id}");
            let tree = read(session, &place, value)?;
            let expr = stored(&expression(tree.root(), &place)?)?;
            let at = vertex(id, key)?;
            let map = if key == "defaults" { &mut enrichment.defaults } else { &mut enrichment.mergers };
            map.insert(at, expr);
        }
    }
    for (id, value) in request.map("policies")? {
        let place = format!("policies.{id}");
        let tree = read(session, &place, value)?;
        enrichment.policies.insert(id.into(), policy(tree.root(), &place)?);
    }
    for (at, stated) in request.array("coercions")?.iter().enumerate() {
        let place = format!("coercions[{at}]");
        let Message::Map(members) = stated else { return Err(wrong(&place, "a map", stated).into()) };
        let kind = |key: &str| as_text(&place, members.get(key).unwrap_or(&Message::Nil));
        let key = (kind("from")?.into(), kind("to")?.into());
        let tree = read(session, &place, stated)?;
        let apply = conversion(tree.root(), &place)?;
        let inverse = apply.backward.as_ref().map(stored).transpose()?;
        let class = apply.class.as_str().into();
        enrichment.coercions.insert(key, Conversion { forward: stored(&apply.forward)?, inverse, class });
    }
    let enriched = schema.as_ref().clone().with_enrichment(enrichment);
    Ok(session.keep_schema(enriched))
}

/// A value of a request as JSON: texts are expressions, and are taken as they are.
fn read(session: &Session, place: &str, value: &Message<'_>) -> Result<Tree> {
    let mut text = Vec::new();
    value.write_json(&mut text)?;
    Tree::parse(&text, session.limits()).map_err(|mut error| {
        error.path = Some(place.to_owned());
        error
    })
}

/// The expressions of a schema, as `schema.graph` tells them.
pub(super) fn enrichment_message(schema: &Schema) -> Message<'static> {
    let enrichment = schema.enrichment();
    let by_vertex = |map: &BTreeMap<VertexId, Json>| {
        let entry = |(at, expr): (&VertexId, &Json)| {
            (schema.vertex(*at).id.to_string().into(), Message::from(expr.to_string()))
        };
        Message::Map(map.iter().map(entry).collect())
    };
    let policies = enrichment
        .policies
        .iter()
        .map(|(at, policy)| (at.to_string().into(), Message::from(policy.to_string())));
    let coercions = enrichment.coercions.iter().map(|((from, to), conversion)| {
        Message::map()
            .with("from", from.to_string())
            .with("to", to.to_string())
            .with("forward", conversion.forward.to_string())
            .with("inverse", conversion.inverse.as_ref().map(ToString::to_string))
            .with("class", conversion.class.to_string())
    });
    Message::map()
        .with("defaults", by_vertex(&enrichment.defaults))
        .with("mergers", by_vertex(&enrichment.mergers))
        .with("policies", Message::Map(policies.collect()))
        .with("coercions", Message::array(coercions))
}
