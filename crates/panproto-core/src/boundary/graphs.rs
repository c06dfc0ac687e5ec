//! Ways between versions, in a graph of migrations, lenses and chains.

use super::objects::Built;
use super::request::{as_text, wrong};
use super::table::Digest;
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::lens::Lens;
use crate::lens::chain::Chain;
use crate::lens::compile::compile;
use crate::limits::Budget;
use crate::migration::cost;
use crate::migration::graph::{Conversion, Route, route};
use crate::ordered::{Arrange, BTreeMap};
use std::borrow::Cow;
use std::sync::Arc;

/// Arguments of the operations on graphs.
pub(super) const GRAPH: &[&str] = &["edges", "source", "target"];

/// What does the work of an edge.
enum Work {
    Lens(Arc<Lens>),
    Chain(Chain),
    /// Only its cost is known.
    Nothing,
}

struct Graph {
    ways: Vec<Conversion>,
    names: Vec<String>,
    works: Vec<Work>,
}

/// `graph.path`: the cheapest route, by the names and the indices of its edges.
pub(super) fn path(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let graph = read(session, request)?;
    let route = found(session, request, &graph)?;
    Ok(message(&graph, &route))
}

/// `graph.distance`: what the cheapest route costs; infinite where there is none.
pub(super) fn distance(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let graph = read(session, request)?;
    let (source, target) = (request.text("source")?, request.text("target")?);
    let route = route(&graph.ways, source, target, &mut session.budget())?;
    Ok(Message::map().with("distance", route.map_or(f64::INFINITY, |route| route.cost)))
}

/// `graph.lens`: the lens of the cheapest route.
pub(super) fn lens(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let graph = read(session, request)?;
    let route = found(session, request, &graph)?;
    let mut whole: Option<Lens> = None;
    for step in &route.steps {
        let next = match (graph.works.get(*step), &whole) {
            (Some(Work::Lens(lens)), _) => lens.as_ref().clone(),
            (Some(Work::Chain(chain)), Some(before)) => chain.lens(before.target(), &mut session.budget())?,
            // A chain is over any schema: the first one has to be told.
            (Some(Work::Chain(_)), None) => return Err(not_executable(&graph, *step, true).into()),
            _ => return Err(not_executable(&graph, *step, false).into()),
        };
        whole = Some(match whole {
            None => next,
            Some(before) => before.then(&next)?,
        });
    }
    let Some(whole) = whole else {
        let message = "source and target are the same version: there is nothing to convert";
        return Err(Diagnostic::error(Kind::Usage, "nothing-to-convert", message).into());
    };
    let route = message(&graph, &route);
    Ok(session.answer_lens(whole).with("route", route))
}

#[cold]
fn not_executable(graph: &Graph, step: usize, is_chain: bool) -> Error {
    let name = graph.names.get(step).map_or("", String::as_str);
    let help = if is_chain {
        "a route begins with a lens or a migration: instantiate the chain on its schema"
    } else {
        "give every edge a `lens`, a `migration` or a `chain`"
    };
    Diagnostic::new(Kind::Usage, "edge-not-executable", format!("nothing does the work of the edge `{name}`"))
        .at(format!("edges[{step}]"))
        .help(help)
        .boxed()
}

fn found(session: &Session, request: &Request<'_>, graph: &Graph) -> Result<Route> {
    let (source, target) = (request.text("source")?, request.text("target")?);
    route(&graph.ways, source, target, &mut session.budget())?.ok_or_else(|| {
        let message = format!("no way leads from `{source}` to `{target}`");
        Diagnostic::new(Kind::Migration, "no-conversion-path", message)
            .at("target")
            .help("ways have a direction, and those of infinite cost are never gone")
            .boxed()
    })
}

fn message(graph: &Graph, route: &Route) -> Message<'static> {
    let names = route.steps.iter().filter_map(|step| graph.names.get(*step).cloned());
    Message::map()
        .with("cost", route.cost)
        .with("steps", Message::array(names))
        .with("edges", Message::array(route.steps.iter().copied()))
}

fn read(session: &mut Session, request: &Request<'_>) -> Result<Graph, Refusal> {
    let mut graph = Graph { ways: Vec::new(), names: Vec::new(), works: Vec::new() };
    let mut missing: Vec<Digest> = Vec::new();
    let mut budget = session.budget();
    for (at, edge) in request.array("edges")?.iter().enumerate() {
        let Message::Map(members) = edge else {
            return Err(wrong(&format!("edges[{at}]"), "a map", edge).into());
        };
        let edge = Edge { at, members };
        edge.check()?;
        let work = match (edge.digest("lens")?, edge.digest("migration")?, edge.text("chain")?) {
            (Some(digest), _, _) | (None, Some(digest), _) => match session.objects.find(&digest) {
                Some(Built::Lens(lens)) => Work::Lens(lens.clone()),
                Some(Built::Migration(migration)) => {
                    let migration = migration.clone();
                    Work::Lens(Arc::new(Lens::of(migration, &mut budget)?))
                }
                Some(Built::Schema(_)) => {
                    let message = format!("`edges[{at}]` names a schema, not a lens or a migration");
                    return Err(Diagnostic::error(Kind::Usage, "wrong-kind", message).into());
                }
                None => {
                    missing.push(digest);
                    continue;
                }
            },
            (None, None, Some(text)) => Work::Chain(Chain::parse_within(text, session.limits())?),
            (None, None, None) => Work::Nothing,
        };
        let cost = match (edge.number("cost")?, &work) {
            (Some(cost), _) => cost,
            (None, Work::Lens(lens)) => lens_cost(lens, &mut budget)?,
            (None, Work::Chain(chain)) => chain.cost(),
            (None, Work::Nothing) => {
                return Err(Diagnostic::new(Kind::Usage, "missing-argument", "the edge has no cost")
                    .at(format!("edges[{at}].cost"))
                    .help("give its `cost`, or what does its work: a `lens`, a `migration`, a `chain`")
                    .boxed()
                    .into());
            }
        };
        let (source, target) = (edge.required("source")?, edge.required("target")?);
        let name = edge.text("name")?.map_or_else(|| format!("{source} -> {target}"), str::to_owned);
        graph.ways.push(Conversion { source: source.to_owned(), target: target.to_owned(), cost });
        graph.names.push(name);
        graph.works.push(work);
    }
    missing.arrange();
    missing.dedup();
    if missing.is_empty() { Ok(graph) } else { Err(Refusal::Need(missing)) }
}

/// What a lens costs: the sum over what its migrations do.
fn lens_cost(lens: &Lens, budget: &mut Budget) -> Result<f64> {
    let mut sum = 0.0;
    for stage in lens.stages() {
        sum += cost(&compile(&stage.migration, budget)?.changes);
    }
    Ok(sum)
}

struct Edge<'e, 'a> {
    at: usize,
    members: &'e BTreeMap<Cow<'a, str>, Message<'a>>,
}

impl<'e> Edge<'e, '_> {
    fn place(&self, key: &str) -> String {
        format!("edges[{}].{key}", self.at)
    }

    fn check(&self) -> Result<()> {
        const KNOWN: [&str; 7] = ["chain", "cost", "lens", "migration", "name", "source", "target"];
        match self.members.keys().find(|key| !KNOWN.contains(&key.as_ref())) {
            None => Ok(()),
            Some(key) => {
                let message = format!("an edge has no `{key}`");
                Err(Diagnostic::new(Kind::Usage, "unknown-argument", message).at(self.place(key)).boxed())
            }
        }
    }

    fn get(&self, key: &str) -> Option<&'e Message<'_>> {
        self.members.get(key).filter(|value| **value != Message::Nil)
    }

    fn text(&self, key: &str) -> Result<Option<&'e str>> {
        let value = self.members.get(key).filter(|value| **value != Message::Nil);
        value.map(|value| as_text(&self.place(key), value)).transpose()
    }

    fn required(&self, key: &str) -> Result<&'e str> {
        self.text(key)?.ok_or_else(|| {
            let message = format!("the edge lacks `{key}`");
            Diagnostic::new(Kind::Usage, "missing-argument", message).at(self.place(key)).boxed()
        })
    }

    fn number(&self, key: &str) -> Result<Option<f64>> {
        match self.get(key) {
            None => Ok(None),
            Some(Message::Float(value)) => Ok(Some(*value)),
            Some(Message::Int(value)) => Ok(Some(*value as f64)),
            Some(other) => Err(wrong(&self.place(key), "a number", other)),
        }
    }

    fn digest(&self, key: &str) -> Result<Option<Digest>> {
        match self.get(key) {
            None => Ok(None),
            Some(Message::Bin(bytes)) => bytes.as_ref().try_into().map(Some).map_err(|_| {
                let message = format!("a digest has 32 bytes, this one {}", bytes.len());
                Diagnostic::new(Kind::Usage, "wrong-argument", message).at(self.place(key)).boxed()
            }),
            Some(other) => Err(wrong(&self.place(key), "a digest of 32 bytes", other)),
        }
    }
}
