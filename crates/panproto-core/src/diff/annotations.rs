//! What is said about a position beside its values: descriptions, defaults, keywords kept as they are.

use super::walk::Walk;
use crate::name::Name;
use crate::ordered::BTreeMap;
use crate::schema::VertexId;
use crate::value::Json;

/// Keywords that only describe.
pub(super) fn describes(keyword: &str) -> bool {
    matches!(keyword, "description" | "title" | "$comment" | "examples" | "example")
}

impl Walk<'_> {
    pub(super) fn annotations(&mut self, old: VertexId, new: VertexId, path: &str) {
        let at = (Some(old), Some(new));
        let (a, b) = (self.old.vertex(old), self.new.vertex(new));
        if a.doc != b.doc {
            let text = |doc: &Option<Box<str>>| doc.as_deref().map(str::to_owned);
            self.change("documentation", path, at, (text(&a.doc), text(&b.doc)));
        }
        let same = match (&a.default, &b.default) {
            (Some(a), Some(b)) => a.equals(b),
            (a, b) => a.is_none() && b.is_none(),
        };
        if !same {
            let text = |value: &Option<Json>| value.as_ref().map(ToString::to_string);
            self.change("default-changed", path, at, (text(&a.default), text(&b.default)));
        }
        self.keywords(&a.extra, &b.extra, path, at);
    }

    /// Compares keywords by name.
    pub(super) fn keywords(
        &mut self,
        old: &[(Name, Json)],
        new: &[(Name, Json)],
        path: &str,
        at: (Option<VertexId>, Option<VertexId>),
    ) {
        let mut pairs: BTreeMap<&str, (Option<&Json>, Option<&Json>)> = BTreeMap::new();
        for (name, value) in old {
            pairs.entry(name).or_default().0 = Some(value);
        }
        for (name, value) in new {
            pairs.entry(name).or_default().1 = Some(value);
        }
        for (name, (a, b)) in pairs {
            if let (Some(a), Some(b)) = (a, b)
                && a.equals(b)
            {
                continue;
            }
            let kind = if describes(name) {
                "documentation"
            } else if name == "encoding" {
                "encoding-changed"
            } else {
                "keyword-changed"
            };
            let text = |value: Option<&Json>| value.map(|value| format!("{name} {value}"));
            self.change(kind, path, at, (text(a), text(b)));
        }
    }
}
