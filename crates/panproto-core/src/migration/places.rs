//! Where the vertices of a schema stand in the data: one path for each, the first that leads to it.

use crate::diagnostic::is_plain;
use crate::ordered::BTreeMap;
use crate::ordered::Entry;
use crate::schema::{EdgeKind, Schema, VertexId};
use crate::value::Json;
use std::collections::VecDeque;

/// A path for every vertex that a root leads to. Those of the given root come first and are written without a name.
pub fn places(schema: &Schema, root: VertexId) -> BTreeMap<VertexId, String> {
    let mut found = BTreeMap::from([(root, String::new())]);
    let mut queue = VecDeque::from([root]);
    walk(schema, &mut queue, &mut found);
    for other in schema.roots() {
        if found.contains_key(&other.vertex) {
            continue;
        }
        let name = other.name.as_str();
        let text = if name.contains('#') { name.to_owned() } else { format!("#{name}") };
        found.insert(other.vertex, text);
        queue.push_back(other.vertex);
        walk(schema, &mut queue, &mut found);
    }
    found
}

fn walk(schema: &Schema, queue: &mut VecDeque<VertexId>, found: &mut BTreeMap<VertexId, String>) {
    while let Some(at) = queue.pop_front() {
        let path = found.get(&at).cloned().unwrap_or_default();
        for (_, edge) in schema.outgoing(at) {
            if let Entry::Vacant(free) = found.entry(edge.tgt) {
                free.insert(step(&path, &edge.kind, edge.name.as_deref()));
                queue.push_back(edge.tgt);
            }
        }
    }
}

fn step(path: &str, kind: &EdgeKind, name: Option<&str>) -> String {
    match (kind, name) {
        (EdgeKind::Prop, Some(name)) if is_plain(name) && path.is_empty() => name.to_owned(),
        (EdgeKind::Prop, Some(name)) if is_plain(name) => format!("{path}.{name}"),
        (EdgeKind::Prop, Some(name)) => format!("{path}[{}]", Json::string(name)),
        (EdgeKind::Items | EdgeKind::Prefix, _) => format!("{path}[]"),
        (EdgeKind::Pattern | EdgeKind::Additional, _) => format!("{path}[*]"),
        _ => path.to_owned(),
    }
}
