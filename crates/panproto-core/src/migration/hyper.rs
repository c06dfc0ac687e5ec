//! Hyper-edges under a mapping: what has to hold, so that a relation stays one relation.

use super::mapping::Mapping;
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::ordered::BTreeMap;
use crate::schema::{HyperEdge, Schema};

/// What is wrong with the image of a hyper-edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HyperFault {
    /// One of the two schemas has no such hyper-edge.
    Missing {
        /// Its id.
        id: String,
        /// `source` or `target`.
        side: &'static str,
    },
    /// The position under a label is not mapped to the position under its image.
    Incoherent {
        /// The hyper-edge of the source.
        hyper_edge: String,
        /// The label of the source.
        label: String,
    },
    /// A label of the image that nothing is mapped to.
    MissingLabel {
        /// The hyper-edge of the target.
        hyper_edge: String,
        /// Its label.
        label: String,
    },
}

/// The faults of all mapped hyper-edges, in order of their ids.
pub fn faults(source: &Schema, target: &Schema, mapping: &Mapping) -> Vec<HyperFault> {
    let mut faults = Vec::new();
    let missing = |id: &str, side| HyperFault::Missing { id: id.to_owned(), side };
    for (from, to) in &mapping.hyper_edges {
        match (source.hyper_edge(from), target.hyper_edge(to)) {
            (None, _) => faults.push(missing(from, "source")),
            (_, None) => faults.push(missing(to, "target")),
            (Some(left), Some(right)) => {
                let labels = labels(mapping, left, right);
                coherent(source, target, mapping, (left, right), &labels, &mut faults);
            }
        }
    }
    for resolution in &mapping.hyper_resolver {
        match (source.hyper_edge(&resolution.from), target.hyper_edge(&resolution.to)) {
            (None, _) => faults.push(missing(&resolution.from, "source")),
            (_, None) => faults.push(missing(&resolution.to, "target")),
            (Some(left), Some(right)) => {
                let renamed = |label: &String| resolution.renamed.get(label).unwrap_or(label).clone();
                let labels = resolution.labels.iter().map(|label| (label.clone(), renamed(label))).collect();
                coherent(source, target, mapping, (left, right), &labels, &mut faults);
            }
        }
    }
    faults
}

/// Labels of the source to labels of the target: stated ones, else those of the same name.
fn labels(mapping: &Mapping, left: &HyperEdge, right: &HyperEdge) -> BTreeMap<String, String> {
    let stated = |label: &str| {
        let mut entries = mapping.labels.iter();
        entries
            .find(|((edge, known), _)| *edge == left.id.as_str() && known == label)
            .map(|(_, image)| image.clone())
    };
    left.signature
        .keys()
        .filter_map(|label| {
            let same = || right.signature.contains_key(label).then(|| label.to_string());
            Some((label.to_string(), stated(label).or_else(same)?))
        })
        .collect()
}

fn coherent(
    source: &Schema,
    target: &Schema,
    mapping: &Mapping,
    (left, right): (&HyperEdge, &HyperEdge),
    labels: &BTreeMap<String, String>,
    faults: &mut Vec<HyperFault>,
) {
    for (label, image) in labels {
        let positions = (left.signature.get(label.as_str()), right.signature.get(image.as_str()));
        let fits = match positions {
            (Some(from), Some(to)) => {
                mapping.vertex(&source.vertex(*from).id) == Some(target.vertex(*to).id.as_str())
            }
            _ => false,
        };
        if !fits {
            faults.push(HyperFault::Incoherent { hyper_edge: left.id.to_string(), label: label.clone() });
        }
    }
    for label in right.signature.keys() {
        if !labels.values().any(|image| *image == label.as_str()) {
            let label = label.to_string();
            faults.push(HyperFault::MissingLabel { hyper_edge: right.id.to_string(), label });
        }
    }
}

/// Refuses the first fault. What is coherent asks for nothing in the data: records hold the positions, and a
/// relation is told by the schema.
pub(super) fn check(source: &Schema, target: &Schema, mapping: &Mapping) -> Result<()> {
    for ((edge, label), _) in &mapping.labels {
        if source.hyper_edge(edge).is_none_or(|edge| !edge.signature.contains_key(label.as_str())) {
            let message = format!("the source schema has no hyper-edge `{edge}` with a label `{label}`");
            return Err(Diagnostic::new(ErrorKind::Migration, "unknown-label", message).at(edge).boxed());
        }
    }
    let Some(fault) = faults(source, target, mapping).into_iter().next() else { return Ok(()) };
    let (code, message, path) = match fault {
        HyperFault::Missing { id, side } => {
            ("unknown-hyper-edge", format!("the {side} schema has no hyper-edge `{id}`"), id)
        }
        HyperFault::Incoherent { hyper_edge, label } => {
            let message = format!("the position `{label}` of hyper-edge `{hyper_edge}` is mapped elsewhere");
            ("hyper-edge-incoherent", message, hyper_edge)
        }
        HyperFault::MissingLabel { hyper_edge, label } => {
            let message = format!("nothing becomes the position `{label}` of hyper-edge `{hyper_edge}`");
            ("hyper-edge-incoherent", message, hyper_edge)
        }
    };
    Err(Diagnostic::new(ErrorKind::Migration, code, message)
        .at(path)
        .help("map the vertices of all its labels, and the labels themselves in `label_map`")
        .boxed())
}
