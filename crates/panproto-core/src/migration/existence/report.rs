//! What an existence check answers.

use crate::diagnostic::Diagnostic;
use crate::value::Json;

/// A fault of a mapping, by the names that published releases answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are named as they are on the wire, and each is what its name says"
)]
pub enum ExistenceError {
    /// An edge that is mapped, or mapped to, is not there.
    EdgeMissing { src: String, tgt: String, kind: String },
    /// Vertices of a kind are mapped to kinds that their values cannot become.
    KindInconsistency { kind: String, targets: Vec<String> },
    /// A label is mapped to several.
    LabelInconsistency { label: String, targets: Vec<String> },
    /// Nothing becomes a required member, and nothing fills it.
    RequiredFieldMissing { vertex: String, field: String },
    /// A constraint of the target does not follow from those of the source.
    ConstraintTightened { vertex: String, sort: String, src_val: String, tgt_val: String },
    /// A resolver names an edge that does not join its two vertices.
    ResolverInvalid { pair: (String, String) },
    /// Anything else that keeps the migration from being one.
    WellFormedness { message: String },
    /// A position of a hyper-edge is mapped elsewhere than its label.
    SignatureCoherence { hyper_edge: String, label: String },
    /// A label of a hyper-edge of the target that nothing becomes.
    Simultaneity { hyper_edge: String, missing_label: String },
    /// Records may not reach a mapped vertex.
    ReachabilityRisk { vertex: String, reason: String },
    /// The maps of edges and vertices contradict each other.
    NotAMorphism { detail: String },
}

/// One field of a fault on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// A text.
    Text(&'a str),
    /// Several texts.
    Texts(Vec<&'a str>),
}

impl ExistenceError {
    /// The name of the variant, and its fields.
    pub fn fields(&self) -> (&'static str, Vec<(&'static str, Field<'_>)>) {
        use ExistenceError as E;
        use Field::{Text, Texts};
        match self {
            E::EdgeMissing { src, tgt, kind } => {
                ("EdgeMissing", vec![("src", Text(src)), ("tgt", Text(tgt)), ("kind", Text(kind))])
            }
            E::KindInconsistency { kind, targets } => {
                ("KindInconsistency", vec![("kind", Text(kind)), ("targets", Texts(list(targets)))])
            }
            E::LabelInconsistency { label, targets } => {
                ("LabelInconsistency", vec![("label", Text(label)), ("targets", Texts(list(targets)))])
            }
            E::RequiredFieldMissing { vertex, field } => {
                ("RequiredFieldMissing", vec![("vertex", Text(vertex)), ("field", Text(field))])
            }
            E::ConstraintTightened { vertex, sort, src_val, tgt_val } => (
                "ConstraintTightened",
                vec![
                    ("vertex", Text(vertex)),
                    ("sort", Text(sort)),
                    ("src_val", Text(src_val)),
                    ("tgt_val", Text(tgt_val)),
                ],
            ),
            E::ResolverInvalid { pair } => ("ResolverInvalid", vec![("pair", Texts(vec![&pair.0, &pair.1]))]),
            E::WellFormedness { message } => ("WellFormedness", vec![("message", Text(message))]),
            E::SignatureCoherence { hyper_edge, label } => {
                ("SignatureCoherence", vec![("hyper_edge", Text(hyper_edge)), ("label", Text(label))])
            }
            E::Simultaneity { hyper_edge, missing_label } => (
                "Simultaneity",
                vec![("hyper_edge", Text(hyper_edge)), ("missing_label", Text(missing_label))],
            ),
            E::ReachabilityRisk { vertex, reason } => {
                ("ReachabilityRisk", vec![("vertex", Text(vertex)), ("reason", Text(reason))])
            }
            E::NotAMorphism { detail } => ("NotAMorphism", vec![("detail", Text(detail))]),
        }
    }

    /// The published JSON form: the variant's name, and its fields below.
    pub fn to_json(&self) -> String {
        let (name, fields) = self.fields();
        let mut out = format!("{{\"{name}\":{{");
        for (at, (key, value)) in fields.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            out.push_str(&format!("\"{key}\":"));
            match value {
                Field::Text(text) => out.push_str(Json::string(text).as_str()),
                Field::Texts(texts) => {
                    let texts: Vec<String> =
                        texts.iter().map(|text| Json::string(text).to_string()).collect();
                    out.push_str(&format!("[{}]", texts.join(",")));
                }
            }
        }
        out.push_str("}}");
        out
    }
}

fn list(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// A fault with what a person needs to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The fault.
    pub error: ExistenceError,
    /// Stable and greppable.
    pub code: &'static str,
    /// Where in the data, or the id of the vertex where no record leads.
    pub path: String,
    /// What to do.
    pub help: String,
}

impl Finding {
    pub(super) fn new(error: ExistenceError, code: &'static str, path: &str, help: &str) -> Finding {
        Finding { error, code, path: path.to_owned(), help: help.to_owned() }
    }

    /// What an error says that kept a migration from being made.
    pub fn of_error(error: &Diagnostic) -> Finding {
        Finding {
            error: ExistenceError::WellFormedness { message: error.message.to_string() },
            code: error.code,
            path: error.path.clone().unwrap_or_default(),
            help: error.help.as_deref().unwrap_or_default().to_owned(),
        }
    }

    /// Whether the mapping names something that is not there, or contradicts itself.
    pub(super) fn is_structural(&self) -> bool {
        matches!(
            self.error,
            ExistenceError::EdgeMissing { .. }
                | ExistenceError::LabelInconsistency { .. }
                | ExistenceError::ResolverInvalid { .. }
                | ExistenceError::SignatureCoherence { .. }
                | ExistenceError::Simultaneity { .. }
                | ExistenceError::NotAMorphism { .. }
        ) || matches!(self.code, "unknown-vertex" | "unknown-hyper-edge")
    }
}

/// All faults of a mapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExistenceReport {
    /// In the order of the checks.
    pub findings: Vec<Finding>,
}

impl ExistenceReport {
    /// Whether there is none.
    pub fn valid(&self) -> bool {
        self.findings.is_empty()
    }

    /// The published JSON form: `{valid, errors}`.
    pub fn to_json(&self) -> String {
        let errors: Vec<String> = self.findings.iter().map(|finding| finding.error.to_json()).collect();
        format!("{{\"valid\":{},\"errors\":[{}]}}", self.valid(), errors.join(","))
    }
}
