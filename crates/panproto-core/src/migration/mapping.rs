//! The explicit migration of published releases, as data: which vertex, edge, hyper-edge and label becomes which,
//! and which edge joins two vertices whose ways were cut.

use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::limits::Limits;
use crate::ordered::BTreeMap;
use crate::value::{Json, Tree, ValueRef};

/// An edge by the ids of its ends, its kind and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EdgeKey {
    /// Where it starts.
    pub src: String,
    /// Where it leads.
    pub tgt: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: Option<String>,
}

impl EdgeKey {
    /// A property.
    pub fn prop(src: &str, tgt: &str, name: &str) -> EdgeKey {
        EdgeKey { src: src.into(), tgt: tgt.into(), kind: "prop".into(), name: Some(name.into()) }
    }

    /// Its name, else its kind.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.kind)
    }
}

/// What becomes of a hyper-edge of which only some labels survive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HyperResolution {
    /// The hyper-edge of the source.
    pub from: String,
    /// The labels that survive.
    pub labels: Vec<String>,
    /// The hyper-edge of the target.
    pub to: String,
    /// Labels of the source to labels of the target.
    pub renamed: BTreeMap<String, String>,
}

/// A conversion between two kinds that the migration brings along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindCoercion {
    /// Kind of the source's vertex.
    pub from: String,
    /// Kind of the target's vertex.
    pub to: String,
    /// `{forward, inverse?, class?}`, or the expression alone.
    pub spec: Json,
}

/// The maps of an explicit migration, by the ids of both schemas. Lists keep what a map could not: entries that
/// contradict each other are found, not lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Vertices; what is not here is dropped.
    pub vertices: BTreeMap<String, String>,
    /// Edges.
    pub edges: Vec<(EdgeKey, EdgeKey)>,
    /// Hyper-edges.
    pub hyper_edges: BTreeMap<String, String>,
    /// Labels of hyper-edges: hyper-edge and label of the source, label of the target.
    pub labels: Vec<((String, String), String)>,
    /// Which edge of the target joins two of its vertices.
    pub resolver: Vec<((String, String), EdgeKey)>,
    /// Which hyper-edge is meant where labels are gone.
    pub hyper_resolver: Vec<HyperResolution>,
    /// Expressions in place of an edge.
    pub expr_resolvers: Vec<((String, String), Json)>,
    /// Conversions between kinds.
    pub coercions: Vec<KindCoercion>,
    /// Vertices of the source that survive only where a condition over the object around them holds.
    pub conditional_survival: BTreeMap<String, Json>,
}

const MEMBERS: [&str; 11] = [
    "vertex_map",
    "edge_map",
    "hyper_edge_map",
    "label_map",
    "resolver",
    "hyper_resolver",
    "expr_resolvers",
    "coercions",
    "conditional_survival",
    "domain",
    "codomain",
];

impl Mapping {
    /// Reads the published JSON form. Members may be absent; maps with keys that are no texts are lists of pairs.
    ///
    /// ```
    /// use panproto_core::{limits::Limits, migration::Mapping};
    /// let text = br#"{"vertex_map": {"a": "b"}, "edge_map": [[["a","a.x","prop","x"], ["b","b.y","prop","y"]]]}"#;
    /// let mapping = Mapping::parse(text, &Limits::DEFAULT).unwrap();
    /// assert_eq!(mapping.edges[0].1.name.as_deref(), Some("y"));
    /// ```
    ///
    /// # Errors
    /// Those of JSON; `invalid-mapping` with a path and a span.
    pub fn parse(text: &[u8], limits: &Limits) -> Result<Mapping> {
        let tree = Tree::parse(text, limits)?;
        let root = tree.root();
        if !root.is_object() {
            return Err(invalid(root, "", "a mapping is an object"));
        }
        for (key, _) in root.members() {
            if !MEMBERS.iter().any(|known| key.name_is(known)) {
                let name = key.as_str().unwrap_or_default();
                return Err(invalid(key, &name, "a mapping has no such member"));
            }
        }
        let mut mapping = Mapping::default();
        for (key, value) in members(root, "vertex_map")? {
            mapping.vertices.insert(key, text_of(value, "vertex_map")?);
        }
        for (from, to) in pairs(root, "edge_map")? {
            mapping.edges.push((edge(from, "edge_map")?, edge(to, "edge_map")?));
        }
        for (key, value) in members(root, "hyper_edge_map")? {
            mapping.hyper_edges.insert(key, text_of(value, "hyper_edge_map")?);
        }
        for (key, value) in pairs(root, "label_map")? {
            mapping.labels.push((pair_of_texts(key, "label_map")?, text_of(value, "label_map")?));
        }
        for (key, value) in pairs(root, "resolver")? {
            mapping.resolver.push((pair_of_texts(key, "resolver")?, edge(value, "resolver")?));
        }
        for (key, value) in pairs(root, "hyper_resolver")? {
            let (Some([from, labels]), Some([to, renamed])) = (two(key), two(value)) else {
                return Err(invalid(value, "hyper_resolver", "an entry is a pair of pairs"));
            };
            let place = "hyper_resolver";
            let mut renames = BTreeMap::new();
            for (label, to) in renamed.members() {
                renames.insert(text_of(label, place)?, text_of(to, place)?);
            }
            mapping.hyper_resolver.push(HyperResolution {
                from: text_of(from, place)?,
                labels: labels.items().map(|label| text_of(label, place)).collect::<Result<_>>()?,
                to: text_of(to, place)?,
                renamed: renames,
            });
        }
        for (key, value) in pairs(root, "expr_resolvers")? {
            mapping.expr_resolvers.push((pair_of_texts(key, "expr_resolvers")?, value.to_json()));
        }
        for (key, value) in pairs(root, "coercions")? {
            let (from, to) = pair_of_texts(key, "coercions")?;
            mapping.coercions.push(KindCoercion { from, to, spec: value.to_json() });
        }
        for (key, value) in members(root, "conditional_survival")? {
            mapping.conditional_survival.insert(key, value.to_json());
        }
        Ok(mapping)
    }

    /// The image of a vertex.
    pub fn vertex(&self, id: &str) -> Option<&str> {
        self.vertices.get(id).map(String::as_str)
    }
}

#[cold]
fn invalid(value: ValueRef<'_>, place: &str, message: &str) -> Error {
    Diagnostic::new(ErrorKind::Migration, "invalid-mapping", message.to_owned())
        .at(place)
        .spanning(value.span())
        .help("a map whose keys are no texts is a list of pairs: `[[edge, edge], …]`")
        .boxed()
}

fn text_of(value: ValueRef<'_>, place: &str) -> Result<String> {
    let text = value.as_str().map(|text| text.into_owned());
    text.ok_or_else(|| invalid(value, place, "an id is a text"))
}

fn members<'a>(root: ValueRef<'a>, name: &str) -> Result<Vec<(String, ValueRef<'a>)>> {
    let Some(map) = root.get(name).filter(|value| value.raw() != b"null") else { return Ok(Vec::new()) };
    if !map.is_object() {
        return Err(invalid(map, name, "the member is an object"));
    }
    map.members().map(|(key, value)| Ok((text_of(key, name)?, value))).collect()
}

fn pairs<'a>(root: ValueRef<'a>, name: &str) -> Result<Vec<(ValueRef<'a>, ValueRef<'a>)>> {
    let Some(list) = root.get(name).filter(|value| value.raw() != b"null") else { return Ok(Vec::new()) };
    if list.is_object() && list.is_empty() {
        return Ok(Vec::new());
    }
    if !list.is_array() {
        return Err(invalid(list, name, "the member is a list of pairs"));
    }
    let pair = |item| two(item).map(|[key, value]| (key, value));
    list.items().map(|item| pair(item).ok_or_else(|| invalid(item, name, "an entry is a pair"))).collect()
}

fn two(value: ValueRef<'_>) -> Option<[ValueRef<'_>; 2]> {
    let mut items = value.items();
    let pair = [items.next()?, items.next()?];
    items.next().is_none().then_some(pair)
}

fn pair_of_texts(value: ValueRef<'_>, place: &str) -> Result<(String, String)> {
    let [a, b] = two(value).ok_or_else(|| invalid(value, place, "the key is a pair of texts"))?;
    Ok((text_of(a, place)?, text_of(b, place)?))
}

fn edge(value: ValueRef<'_>, place: &str) -> Result<EdgeKey> {
    let items: Vec<ValueRef<'_>> = value.items().collect();
    let (src, tgt, kind, name) = match items.as_slice() {
        [src, tgt, kind] => (Some(*src), Some(*tgt), Some(*kind), None),
        [src, tgt, kind, name] => (Some(*src), Some(*tgt), Some(*kind), Some(*name)),
        _ => (value.get("src"), value.get("tgt"), value.get("kind"), value.get("name")),
    };
    let (Some(src), Some(tgt), Some(kind)) = (src, tgt, kind) else {
        return Err(invalid(value, place, "an edge has `src`, `tgt`, `kind` and perhaps `name`"));
    };
    let name = name.filter(|name| name.raw() != b"null").map(|name| text_of(name, place)).transpose()?;
    Ok(EdgeKey { src: text_of(src, place)?, tgt: text_of(tgt, place)?, kind: text_of(kind, place)?, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> (String, &'static str) {
        let error = Mapping::parse(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
        (error.path.clone().unwrap_or_default(), error.code)
    }

    #[test]
    fn every_published_member_is_read() {
        let text = r#"{
            "vertex_map": {"user": "user", "user.mail": "user.email"},
            "edge_map": [[{"src":"user","tgt":"user.mail","kind":"prop","name":"mail"},
                          {"src":"user","tgt":"user.email","kind":"prop","name":"email"}]],
            "hyper_edge_map": {"meeting": "call"},
            "label_map": [[["meeting","host"],"owner"]],
            "resolver": [[["user","user.email"],{"src":"user","tgt":"user.email","kind":"prop","name":"email"}]],
            "hyper_resolver": [[["meeting",["host"]],["call",{"host":"owner"}]]],
            "expr_resolvers": [],
            "coercions": [[["integer","string"],{"forward":{"Var":"v"}}]],
            "domain": null
        }"#;
        let mapping = Mapping::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
        assert_eq!(mapping.vertex("user.mail"), Some("user.email"));
        assert_eq!(mapping.edges[0].0, EdgeKey::prop("user", "user.mail", "mail"));
        assert_eq!(mapping.labels[0].1, "owner");
        assert_eq!(mapping.resolver[0].0.1, "user.email");
        assert_eq!(mapping.hyper_resolver[0].renamed["host"], "owner");
        assert_eq!(mapping.coercions[0].to, "string");
    }

    #[test]
    fn what_is_no_mapping_says_where() {
        assert_eq!(code("[]"), (String::new(), "invalid-mapping"));
        assert_eq!(code(r#"{"vertexMap":{}}"#), ("vertexMap".to_owned(), "invalid-mapping"));
        assert_eq!(code(r#"{"vertex_map":{"a":1}}"#), ("vertex_map".to_owned(), "invalid-mapping"));
        assert_eq!(code(r#"{"edge_map":[[{}]]}"#), ("edge_map".to_owned(), "invalid-mapping"));
        assert_eq!(code(r#"{"resolver":[["a",{}]]}"#), ("resolver".to_owned(), "invalid-mapping"));
    }
}
