//! The cheapest way from one version to another in a graph of migrations.

use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::limits::Budget;
use crate::ordered::{BTreeMap, BTreeSet};

/// A way from one schema to another, as the graph knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    /// Where it begins: a name, or a digest.
    pub source: String,
    /// Where it leads.
    pub target: String,
    /// What it costs: not negative; infinite where it should never be gone.
    pub cost: f64,
}

/// A way through the graph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    /// What it costs altogether.
    pub cost: f64,
    /// Indices of the conversions, in order. Empty where source and target are the same.
    pub steps: Vec<usize>,
}

/// The cheapest route; among equally cheap ones that with the fewest steps, among those the one whose steps were
/// stated first.
///
/// ```
/// use panproto_core::limits::Budget;
/// use panproto_core::migration::graph::{Conversion, route};
/// let way = |source: &str, target: &str, cost| Conversion { source: source.into(), target: target.into(), cost };
/// let graph = [way("v1", "v3", 5.0), way("v1", "v2", 1.0), way("v2", "v3", 1.5)];
/// let found = route(&graph, "v1", "v3", &mut Budget::default()).unwrap().unwrap();
/// assert_eq!((found.cost, found.steps), (2.5, vec![1, 2]));
/// ```
///
/// # Errors
/// `invalid-cost` for one that is negative or no number; `unknown-version` for an end that no conversion has;
/// `limit-steps`.
pub fn route(graph: &[Conversion], source: &str, target: &str, budget: &mut Budget) -> Result<Option<Route>> {
    let mut outgoing: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for (at, way) in graph.iter().enumerate() {
        if way.cost.is_nan() || way.cost < 0.0 {
            let message = format!("the way from `{}` to `{}` costs {}", way.source, way.target, way.cost);
            return Err(Diagnostic::new(Kind::Usage, "invalid-cost", message)
                .at(format!("edges[{at}].cost"))
                .help("a cost is a number that is not negative")
                .boxed());
        }
        outgoing.entry(&way.source).or_default().push(at);
        known.extend([way.source.as_str(), way.target.as_str()]);
    }
    for (end, key) in [(source, "source"), (target, "target")] {
        if !known.contains(end) && source != target {
            let names: Vec<&str> = known.iter().take(8).copied().collect();
            return Err(Diagnostic::new(
                Kind::Usage,
                "unknown-version",
                format!("no way begins or ends at `{end}`"),
            )
            .at(key)
            .help(format!("the graph has `{}`", names.join("`, `")))
            .boxed());
        }
    }
    let mut best: BTreeMap<&str, Rank> = BTreeMap::new();
    let mut queue: BTreeSet<(Rank, &str)> = BTreeSet::new();
    let start = Rank { cost: Cost(0.0), steps: Vec::new() };
    best.insert(source, start.clone());
    queue.insert((start, source));
    while let Some((rank, at)) = queue.pop_first() {
        budget.spend(1 + rank.steps.len() as u64)?;
        if at == target {
            return Ok(Some(Route { cost: rank.cost.0, steps: rank.steps }));
        }
        for index in outgoing.get(at).into_iter().flatten() {
            let Some(way) = graph.get(*index).filter(|way| way.cost.is_finite()) else { continue };
            budget.spend(1)?;
            let mut next = rank.clone();
            next.cost.0 += way.cost;
            next.steps.push(*index);
            let there = way.target.as_str();
            if best.get(there).is_none_or(|known| next < *known) {
                if let Some(old) = best.insert(there, next.clone()) {
                    queue.remove(&(old, there));
                }
                queue.insert((next, there));
            }
        }
    }
    Ok(None)
}

/// A cost that has an order: it is never NaN.
#[derive(Clone, Copy, Debug)]
struct Cost(f64);

/// What routes are compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rank {
    cost: Cost,
    steps: Vec<usize>,
}

impl PartialEq for Cost {
    fn eq(&self, other: &Cost) -> bool {
        self.0.total_cmp(&other.0).is_eq()
    }
}

impl Eq for Cost {}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Rank) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rank {
    fn cmp(&self, other: &Rank) -> std::cmp::Ordering {
        self.cost
            .0
            .total_cmp(&other.cost.0)
            .then(self.steps.len().cmp(&other.steps.len()))
            .then_with(|| self.steps.cmp(&other.steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Cancel, Limits};
    use proptest::prelude::*;

    fn way(source: &str, target: &str, cost: f64) -> Conversion {
        Conversion { source: source.into(), target: target.into(), cost }
    }

    fn found(graph: &[Conversion], from: &str, to: &str) -> Option<(f64, Vec<usize>)> {
        route(graph, from, to, &mut Budget::default()).unwrap().map(|route| (route.cost, route.steps))
    }

    #[test]
    fn equal_costs_have_one_answer() {
        let graph = [
            way("a", "b", 1.0),
            way("b", "d", 1.0),
            way("a", "c", 1.0),
            way("c", "d", 1.0),
            way("a", "d", 2.0),
        ];
        assert_eq!(found(&graph, "a", "d"), Some((2.0, vec![4])));
        assert_eq!(found(&graph[..4], "a", "d"), Some((2.0, vec![0, 1])));
    }

    #[test]
    fn no_way_is_none_and_wrong_graphs_are_refused() {
        let graph = [way("a", "b", 1.0), way("c", "b", 1.0), way("b", "c", f64::INFINITY)];
        assert_eq!(found(&graph, "a", "c"), None);
        assert_eq!(found(&graph, "b", "a"), None);
        assert_eq!(found(&graph, "a", "a"), Some((0.0, vec![])));
        let code = |graph: &[Conversion], to| route(graph, "a", to, &mut Budget::default()).unwrap_err().code;
        assert_eq!(code(&graph, "z"), "unknown-version");
        assert_eq!(code(&[way("a", "b", -1.0)], "b"), "invalid-cost");
        assert_eq!(code(&[way("a", "b", f64::NAN)], "b"), "invalid-cost");
    }

    #[test]
    fn a_large_graph_ends_at_its_budget() {
        let graph: Vec<Conversion> =
            (0..1000).map(|at| way(&at.to_string(), &(at + 1).to_string(), 1.0)).collect();
        assert_eq!(found(&graph, "0", "1000").unwrap().0, 1000.0);
        let mut budget = Budget::new(Limits { steps: 100, ..Limits::DEFAULT }, Cancel::default());
        assert_eq!(route(&graph, "0", "1000", &mut budget).unwrap_err().code, "limit-steps");
    }

    proptest! {
        #[test]
        fn as_cheap_as_trying_every_way(edges in proptest::collection::vec((0u8..5, 0u8..5, 0u8..9), 0..14)) {
            let graph: Vec<Conversion> = edges
                .iter()
                .map(|(a, b, cost)| way(&a.to_string(), &b.to_string(), f64::from(*cost)))
                .chain([way("0", "0", 0.0), way("4", "4", 0.0)])
                .collect();
            let mut distance = [[f64::INFINITY; 5]; 5];
            for (at, row) in distance.iter_mut().enumerate() {
                row[at] = 0.0;
            }
            for (a, b, cost) in &edges {
                let slot = &mut distance[usize::from(*a)][usize::from(*b)];
                *slot = slot.min(f64::from(*cost));
            }
            for k in 0..5 {
                for i in 0..5 {
                    for j in 0..5 {
                        distance[i][j] = distance[i][j].min(distance[i][k] + distance[k][j]);
                    }
                }
            }
            let cost = found(&graph, "0", "4").map_or(f64::INFINITY, |(cost, _)| cost);
            prop_assert_eq!(cost, distance[0][4]);
        }
    }
}
