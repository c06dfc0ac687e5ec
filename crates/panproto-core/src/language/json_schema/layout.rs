//! Where things are written in a document, kept for the printer.

use crate::name::Name;
use crate::ordered::BTreeMap;
use crate::schema::{SchemaBuilder, VertexId};
use crate::value::Json;

/// The definitions that one vertex holds under one keyword.
pub(super) struct Definitions {
    pub(super) keyword: Box<str>,
    pub(super) holder: VertexId,
    pub(super) entries: Vec<(Box<str>, VertexId)>,
}

/// Where a document's definitions are written, for the printer.
#[derive(Default)]
pub(super) struct Layout {
    pub(super) root: Option<VertexId>,
    pub(super) definitions: Vec<Definitions>,
    pub(super) detached: Vec<(VertexId, VertexId, String)>,
}

impl Layout {
    /// What the printer has to know: the root, who holds which definitions, and where verbatim schemas are.
    pub(super) fn header(&self, builder: &SchemaBuilder) -> Vec<(Name, Json)> {
        let id = |vertex: VertexId| Json::string(&builder.vertex_ref(vertex).id).as_str().to_owned();
        let mut out = Vec::new();
        let mut push = |name: &str, text: String| {
            if let Ok(json) = Json::parse(&text) {
                out.push((Name::new(name), json));
            }
        };
        if let Some(root) = self.root {
            push("root", id(root));
        }
        let mut keywords: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for Definitions { keyword, holder, entries } in &self.definitions {
            let entries: Vec<String> = entries
                .iter()
                .map(|(name, vertex)| format!("{}:{}", Json::string(name), id(*vertex)))
                .collect();
            let entry = format!("{}:{{{}}}", id(*holder), entries.join(","));
            keywords.entry(keyword).or_default().push(entry);
        }
        for (keyword, holders) in keywords {
            push(keyword, format!("{{{}}}", holders.join(",")));
        }
        if !self.detached.is_empty() {
            let entry = |(vertex, holder, pointer): &(VertexId, VertexId, String)| {
                format!("{}:[{},{}]", id(*vertex), id(*holder), Json::string(pointer))
            };
            let entries: Vec<String> = self.detached.iter().map(entry).collect();
            push("verbatim", format!("{{{}}}", entries.join(",")));
        }
        out
    }
}
