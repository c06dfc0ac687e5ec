//! Hyper-edges and expressions: what came, went and changed, by id.

use super::Change;
use super::published::Writer;
use crate::ordered::{Arrange, BTreeMap};
use crate::schema::{HyperEdge, Schema};

/// What the entries of a schema beside its graph are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extra {
    /// A relation of several positions.
    HyperEdge,
    /// A conversion between two kinds.
    Coercion,
    /// What several members become.
    Merger,
    /// The value of an absent member, as an expression.
    Default,
    /// What decides where two values meet.
    Policy,
}

impl Extra {
    const ENRICHMENTS: [Extra; 4] = [Extra::Coercion, Extra::Merger, Extra::Default, Extra::Policy];

    fn change(self) -> &'static str {
        match self {
            Extra::HyperEdge => "hyper-edge-changed",
            Extra::Coercion => "coercion-changed",
            Extra::Merger => "merger-changed",
            Extra::Default => "default-expression-changed",
            Extra::Policy => "policy-changed",
        }
    }

    fn plural(self) -> &'static str {
        match self {
            Extra::HyperEdge => "hyper_edges",
            Extra::Coercion => "coercions",
            Extra::Merger => "mergers",
            Extra::Default => "defaults",
            Extra::Policy => "policies",
        }
    }
}

/// How a hyper-edge changed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct HyperChange {
    /// Its id.
    pub id: String,
    /// Old kind and new kind.
    pub kind_change: Option<(String, String)>,
    /// Labels that came, with the ids of their vertices.
    pub signature_added: Vec<(String, String)>,
    /// Labels that went.
    pub signature_removed: Vec<(String, String)>,
    /// Labels with the ids of their old and new vertices.
    pub signature_changed: Vec<(String, String, String)>,
    /// Old parent and new parent.
    pub parent_label_change: Option<(String, String)>,
}

/// The difference beside the graph.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ExtrasDiff {
    /// Keys of what came, went and changed.
    pub added: BTreeMap<Extra, Vec<String>>,
    /// Keys of what is gone.
    pub removed: BTreeMap<Extra, Vec<String>>,
    /// Keys of what says something else now.
    pub modified: BTreeMap<Extra, Vec<String>>,
    /// Hyper-edges that changed.
    pub hyper_edges: Vec<HyperChange>,
}

impl ExtrasDiff {
    /// The difference of two schemas. Everything is sorted.
    pub fn between(old: &Schema, new: &Schema) -> ExtrasDiff {
        let mut diff = ExtrasDiff::default();
        for (extra, key, was, now) in changed(old, new) {
            let map = match (was, now) {
                (None, _) => &mut diff.added,
                (_, None) => &mut diff.removed,
                _ => &mut diff.modified,
            };
            map.entry(extra).or_default().push(key);
        }
        for key in diff.modified.remove(&Extra::HyperEdge).unwrap_or_default() {
            if let (Some(a), Some(b)) = (old.hyper_edge(&key), new.hyper_edge(&key)) {
                diff.hyper_edges.push(hyper_change(old, a, new, b));
            }
        }
        diff
    }

    /// Lists of keys by their published names, but for changed hyper-edges.
    pub fn lists(&self) -> Vec<(String, &[String])> {
        let mut lists = Vec::new();
        for (how, map) in [("added", &self.added), ("removed", &self.removed), ("modified", &self.modified)] {
            for extra in [Extra::HyperEdge].into_iter().chain(Extra::ENRICHMENTS) {
                if extra == Extra::HyperEdge && how == "modified" {
                    continue;
                }
                let keys = map.get(&extra).map_or(&[][..], Vec::as_slice);
                lists.push((format!("{how}_{}", extra.plural()), keys));
            }
        }
        lists
    }

    pub(super) fn put(&self, out: &mut Writer) {
        for (name, keys) in self.lists() {
            out.list(&name, keys.iter(), |out, key| out.text(key));
        }
        out.list("modified_hyper_edges", self.hyper_edges.iter(), |out, change| {
            out.open('{');
            out.key("id");
            out.text(&change.id);
            let pair = |out: &mut Writer, name: &str, pair: &Option<(String, String)>| {
                out.key(name);
                match pair {
                    Some((was, now)) => out.texts(&[was, now]),
                    None => out.raw("null"),
                }
            };
            pair(out, "kind_change", &change.kind_change);
            for (name, labels) in [
                ("signature_added", &change.signature_added),
                ("signature_removed", &change.signature_removed),
            ] {
                out.list(name, labels.iter(), |out, (label, vertex)| out.texts(&[label, vertex]));
            }
            out.list("signature_changed", change.signature_changed.iter(), |out, (label, was, now)| {
                out.texts(&[label, was, now]);
            });
            pair(out, "parent_label_change", &change.parent_label_change);
            out.close('}');
        });
    }
}

/// The changes in the words of [`super::Diff`].
pub(super) fn changes(old: &Schema, new: &Schema) -> Vec<Change> {
    changed(old, new)
        .into_iter()
        .map(|(extra, key, was, now)| Change {
            kind: extra.change(),
            path: key,
            old_vertex: None,
            new_vertex: None,
            old: was,
            new: now,
            edge: None,
        })
        .collect()
}

type Entry = (Extra, String, Option<String>, Option<String>);

fn changed(old: &Schema, new: &Schema) -> Vec<Entry> {
    let (before, now) = (entries(old), entries(new));
    let mut keys: Vec<_> = before.keys().chain(now.keys()).collect();
    keys.arrange();
    keys.dedup();
    keys.into_iter()
        .filter(|key| before.get(*key) != now.get(*key))
        .map(|key| (key.0, key.1.clone(), before.get(key).cloned(), now.get(key).cloned()))
        .collect()
}

/// Everything beside the graph, as texts by key.
fn entries(schema: &Schema) -> BTreeMap<(Extra, String), String> {
    let mut entries = BTreeMap::new();
    for edge in schema.hyper_edges() {
        let labels = edge.signature.iter().map(|(label, at)| format!("{label}: {}", schema.vertex(*at).id));
        let labels = labels.collect::<Vec<_>>().join(", ");
        entries.insert(
            (Extra::HyperEdge, edge.id.to_string()),
            format!("{}({labels}) of {}", edge.kind, edge.parent),
        );
    }
    let enrichment = schema.enrichment();
    for (extra, map) in [(Extra::Merger, &enrichment.mergers), (Extra::Default, &enrichment.defaults)] {
        for (at, expr) in map {
            entries.insert((extra, schema.vertex(*at).id.to_string()), expr.to_string());
        }
    }
    for (at, policy) in &enrichment.policies {
        entries.insert((Extra::Policy, at.to_string()), policy.to_string());
    }
    for ((from, to), conversion) in &enrichment.coercions {
        let inverse = conversion.inverse.as_ref().map(|inverse| format!(", back {inverse}"));
        let text =
            format!("{} {}{}", conversion.class, conversion.forward, inverse.as_deref().unwrap_or_default());
        entries.insert((Extra::Coercion, format!("{from}->{to}")), text);
    }
    entries
}

fn hyper_change(old: &Schema, a: &HyperEdge, new: &Schema, b: &HyperEdge) -> HyperChange {
    let mut change = HyperChange { id: a.id.to_string(), ..HyperChange::default() };
    let pair = |a: &str, b: &str| (a != b).then(|| (a.to_owned(), b.to_owned()));
    change.kind_change = pair(&a.kind, &b.kind);
    change.parent_label_change = pair(&a.parent, &b.parent);
    for (label, at) in &a.signature {
        let was = old.vertex(*at).id.to_string();
        match b.signature.get(label).map(|at| new.vertex(*at).id.to_string()) {
            None => change.signature_removed.push((label.to_string(), was)),
            Some(now) if now != was => change.signature_changed.push((label.to_string(), was, now)),
            Some(_) => {}
        }
    }
    for (label, at) in b.signature.iter().filter(|(label, _)| !a.signature.contains_key(*label)) {
        change.signature_added.push((label.to_string(), new.vertex(*at).id.to_string()));
    }
    change
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Diff;
    use crate::diff::published::SchemaDiff;
    use crate::schema::{Enrichment, Kind, SchemaBuilder};
    use crate::value::Json;

    fn schema(kind: &str, labels: &[&str], default: Option<&str>) -> Schema {
        let mut builder = SchemaBuilder::new("kv");
        let root = builder.vertex("user", Kind::Object);
        let signature = labels.iter().map(|label| ((*label).into(), root)).collect();
        builder.hyper_edge(HyperEdge { id: "fact".into(), kind: kind.into(), signature, parent: "a".into() });
        let defaults = default.map(|text| (root, Json::parse(text).unwrap())).into_iter().collect();
        builder.enrichment(Enrichment { defaults, ..Enrichment::default() });
        builder.finish().unwrap()
    }

    #[test]
    fn hyper_edges_and_expressions_are_told() {
        let (old, new) = (schema("one", &["a", "b"], None), schema("two", &["a", "c"], Some("1")));
        let diff = Diff::between(&old, &new);
        let kinds: Vec<_> = diff.changes().iter().map(|change| (change.kind, change.path.as_str())).collect();
        assert_eq!(kinds, [("hyper-edge-changed", "fact"), ("default-expression-changed", "user")]);
        let published = SchemaDiff::between(&old, &new);
        let change = &published.extras.hyper_edges[0];
        assert_eq!(change.kind_change, Some(("one".into(), "two".into())));
        assert_eq!(change.signature_added, [("c".to_owned(), "user".to_owned())]);
        assert_eq!(change.signature_removed, [("b".to_owned(), "user".to_owned())]);
        assert_eq!(published.extras.added[&Extra::Default], ["user"]);
        let json = Json::parse(&published.to_json()).unwrap();
        assert!(json.as_str().contains(r#""added_defaults":["user"]"#), "{json}");
        assert!(SchemaDiff::between(&old, &old).is_empty() && Diff::between(&old, &old).is_empty());
    }
}
