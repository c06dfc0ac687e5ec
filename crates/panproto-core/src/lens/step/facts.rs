//! What is known of a step before it runs: what it needs and keeps, what kind of optic it is, what it costs.

use super::json::Writer;
use crate::value::Json;

/// Something that a step needs from its user, or keeps for the way back. The published constructors of complements.
#[derive(Clone, Debug, PartialEq)]
pub enum Need {
    /// A member that records do not have: it needs a value.
    Added {
        /// What is added.
        name: String,
        /// Its kind.
        kind: String,
        /// The value, where the step gives one.
        default: Option<Json>,
        /// The member has to be there.
        required: bool,
    },
    /// Something that views do not have: it is kept in the complement.
    Dropped {
        /// What is dropped.
        name: String,
        /// `field`, `sort`, `op`, `constraint`, `items`, ….
        what: &'static str,
    },
    /// A value that changes its form.
    Coerced {
        /// Whose values.
        name: String,
        /// `iso`, `retraction`, `projection`, `opaque`.
        class: &'static str,
    },
}

impl Need {
    /// What it costs: what the view alone does not tell costs 1, an opaque coercion cannot be undone.
    pub fn cost(&self) -> f64 {
        match self {
            Need::Added { .. } => 0.5,
            Need::Dropped { .. } => 1.0,
            Need::Coerced { class, .. } => match *class {
                "iso" => 0.0,
                "opaque" => f64::INFINITY,
                _ => 1.0,
            },
        }
    }

    /// The view alone does not tell it.
    pub fn loses(&self) -> bool {
        match self {
            Need::Added { .. } => false,
            Need::Dropped { .. } => true,
            Need::Coerced { class, .. } => *class != "iso",
        }
    }

    /// The same, seen from around a focus.
    #[must_use]
    pub fn under(self, focus: &str) -> Need {
        let within = |name: String| match (focus.is_empty(), name.starts_with('[')) {
            (true, _) => name,
            (false, true) => format!("{focus}{name}"),
            (false, false) => format!("{focus}.{name}"),
        };
        match self {
            Need::Added { name, kind, default, required } => {
                Need::Added { name: within(name), kind, default, required }
            }
            Need::Dropped { name, what } => Need::Dropped { name: within(name), what },
            Need::Coerced { name, class } => Need::Coerced { name: within(name), class },
        }
    }
}

/// What kind of optic a step or a chain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Optic {
    /// Nothing is lost either way.
    Iso,
    /// The view is a part of the source, always there.
    Lens,
    /// The view is one of several forms of the source.
    Prism,
    /// The view is a part that may be missing.
    Affine,
    /// There may be many views.
    Traversal,
}

impl Optic {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Optic::Iso => "iso",
            Optic::Lens => "lens",
            Optic::Prism => "prism",
            Optic::Affine => "affine",
            Optic::Traversal => "traversal",
        }
    }

    /// One after the other.
    #[must_use]
    pub fn then(self, other: Optic) -> Optic {
        match (self, other) {
            (Optic::Iso, kind) | (kind, Optic::Iso) => kind,
            (Optic::Traversal, _) | (_, Optic::Traversal) => Optic::Traversal,
            (a, b) if a == b => a,
            _ => Optic::Affine,
        }
    }
}

/// What a step or a chain needs and keeps, in the published form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComplementSpec {
    /// What needs a value on the way to the view.
    pub forward_defaults: Vec<Element>,
    /// What the complement keeps for the way back.
    pub captured_data: Vec<Element>,
}

/// One element of a specification.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// What it is called.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// In words.
    pub description: String,
    /// The value that the step gives.
    pub suggested_default: Option<Json>,
    /// Without a value there is no view.
    pub required: bool,
}

impl ComplementSpec {
    /// The specification of what steps need.
    pub fn of(needs: &[Need]) -> ComplementSpec {
        let mut spec = ComplementSpec::default();
        for need in needs {
            let element = |name: &str, kind: &str, description: String| Element {
                name: name.to_owned(),
                kind: kind.to_owned(),
                description,
                suggested_default: None,
                required: false,
            };
            match need {
                Need::Added { name, kind, default, required } => {
                    let description = match (default, required) {
                        (Some(value), _) => format!("`{name}` is added with `{value}`"),
                        (None, true) => format!("`{name}` is added and needs a value"),
                        (None, false) => format!("`{name}` is added and left absent"),
                    };
                    let mut element = element(name, kind, description);
                    element.suggested_default.clone_from(default);
                    element.required = *required && default.is_none();
                    spec.forward_defaults.push(element);
                }
                Need::Dropped { name, what } => {
                    let description = format!("`{name}` is dropped and kept in the complement");
                    spec.captured_data.push(element(name, what, description));
                }
                Need::Coerced { name, class } if *class != "iso" => {
                    let description = format!("`{name}` changes its form; its source text is kept");
                    spec.captured_data.push(element(name, class, description));
                }
                Need::Coerced { .. } => {}
            }
        }
        spec
    }

    /// `Empty`, `DataCaptured`, `DefaultsRequired`, `Mixed`.
    pub fn kind(&self) -> &'static str {
        match (self.forward_defaults.is_empty(), self.captured_data.is_empty()) {
            (true, true) => "Empty",
            (true, false) => "DataCaptured",
            (false, true) => "DefaultsRequired",
            (false, false) => "Mixed",
        }
    }

    /// In one line.
    pub fn summary(&self) -> String {
        let missing = self.forward_defaults.iter().filter(|element| element.required).count();
        format!(
            "{} field(s) added, {missing} of them without a value; {} kept in the complement",
            self.forward_defaults.len(),
            self.captured_data.len()
        )
    }

    /// The published JSON form.
    pub fn to_json(&self) -> String {
        let list = |elements: &[Element], with_default: bool| {
            let element = |element: &Element| {
                let mut out = Writer::new();
                out.text("element_name", &element.name);
                out.text("element_kind", &element.kind);
                out.text("description", &element.description);
                if with_default {
                    out.raw(
                        "suggested_default",
                        element.suggested_default.as_ref().map_or("null", Json::as_str),
                    );
                    out.raw("required", if element.required { "true" } else { "false" });
                }
                out.finish()
            };
            super::json::array(elements.iter().map(element))
        };
        let mut out = Writer::new();
        out.text("kind", self.kind());
        out.raw("forward_defaults", &list(&self.forward_defaults, true));
        out.raw("captured_data", &list(&self.captured_data, false));
        out.text("summary", &self.summary());
        out.finish()
    }
}
