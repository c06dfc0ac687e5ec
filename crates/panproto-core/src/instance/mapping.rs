//! A map between the vertices and edges of two schemas, as instances are moved along it.

use super::node::Arrow;
use super::value::Value;
use super::wire::bad;
use crate::diagnostic::Result;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::value::{Json, ValueRef, Writer};

/// Where vertices and edges go. What is not mapped and does not survive as it is, is dropped.
///
/// ```
/// use panproto_core::instance::Mapping;
/// use panproto_core::value::Json;
/// let text = Json::parse(r#"{"vertex_map": {"user": "account"}, "surviving_verts": ["mail"]}"#).unwrap();
/// let mapping = Mapping::from_json(&text).unwrap();
/// assert_eq!(mapping.image("user").unwrap(), "account");
/// assert_eq!(mapping.image("mail").unwrap(), "mail");
/// assert!(mapping.image("nick").is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// Target vertex by source vertex.
    pub vertices: BTreeMap<Name, Name>,
    /// Vertices that stay what they are.
    pub surviving: BTreeSet<Name>,
    /// Target edge by source edge. Of an edge that is not here, the resolver and the target schema say.
    pub edges: BTreeMap<Arrow, Arrow>,
    /// Which target edge stands between two vertices of the target, where several could, or where what stood
    /// between is gone.
    pub resolver: BTreeMap<(Name, Name), Arrow>,
    /// Hyper-edges: the target one, and target labels by source label.
    pub hyper_edges: BTreeMap<Name, (Name, BTreeMap<Name, Name>)>,
    /// Where this is given, only what stands behind a mapped edge survives, whatever its vertex, and what is dropped is
    /// dropped whole, but behind these edges, where survivors are hoisted. Not part of the published shape: `through`.
    pub through: Option<BTreeSet<Arrow>>,
    /// Values that stand in the target where the source has none, by vertex and member. Not part of the published
    /// shape: `fills`.
    pub fills: BTreeMap<(Name, Name), Value>,
}

impl Mapping {
    /// The mapping under which everything stays what it is.
    pub fn identity(vertices: impl IntoIterator<Item = Name>) -> Mapping {
        Mapping { surviving: vertices.into_iter().collect(), ..Mapping::default() }
    }

    /// Where a vertex goes.
    pub fn image(&self, vertex: &str) -> Option<&Name> {
        self.vertices.get(vertex).or_else(|| self.surviving.get(vertex))
    }

    /// The vertices that go to one.
    pub fn fiber<'a>(&'a self, target: &'a str) -> impl Iterator<Item = &'a Name> {
        let mapped = self.vertices.iter().filter(move |(_, to)| ***to == *target).map(|(from, _)| from);
        let kept = self.surviving.get(target).filter(|kept| !self.vertices.contains_key(*kept));
        mapped.chain(kept)
    }

    /// Two vertices that go to the same one, if there are any.
    pub fn shared(&self) -> Option<(&Name, &Name, &Name)> {
        let mut seen: BTreeMap<&Name, &Name> = BTreeMap::new();
        for from in self.vertices.keys().chain(&self.surviving) {
            let Some(to) = self.image(from) else { continue };
            if let Some(other) = seen.insert(to, from)
                && other != from
            {
                return Some((other, from, to));
            }
        }
        None
    }

    /// Reads the published shape of a declared migration (`vertex_map`, `edge_map`, `resolver`, `hyper_resolver`) or
    /// of a compiled one (`vertex_remap`, `surviving_verts`, `edge_remap`).
    ///
    /// # Errors
    /// `instance-shape` where a part is not what it should be.
    pub fn from_json(text: &Json) -> Result<Mapping> {
        let tree = text.tree();
        let value = tree.root();
        if !value.is_object() {
            return Err(bad(value, "a mapping is an object"));
        }
        let mut mapping = Mapping::default();
        for (from, to) in
            ["vertex_map", "vertex_remap"].iter().filter_map(|key| value.get(key)).flat_map(ValueRef::members)
        {
            mapping.vertices.insert(name(from)?, name(to)?);
        }
        for kept in value.get("surviving_verts").into_iter().flat_map(ValueRef::items) {
            mapping.surviving.insert(name(kept)?);
        }
        for pair in
            ["edge_map", "edge_remap"].iter().filter_map(|key| value.get(key)).flat_map(ValueRef::items)
        {
            let (from, to) = two(pair)?;
            mapping.edges.insert(arrow(from)?, arrow(to)?);
        }
        for pair in value.get("resolver").into_iter().flat_map(ValueRef::items) {
            let (ends, edge) = two(pair)?;
            let (src, tgt) = two(ends)?;
            mapping.resolver.insert((name(src)?, name(tgt)?), arrow(edge)?);
        }
        for (from, to) in value.get("hyper_edge_map").into_iter().flat_map(ValueRef::members) {
            mapping.hyper_edges.insert(name(from)?, (name(to)?, BTreeMap::new()));
        }
        for pair in value.get("label_map").into_iter().flat_map(ValueRef::items) {
            let (from, to) = two(pair)?;
            let (hyper_edge, label) = two(from)?;
            let hyper_edge = name(hyper_edge)?;
            let entry = mapping
                .hyper_edges
                .entry(hyper_edge.clone())
                .or_insert_with(|| (hyper_edge, BTreeMap::new()));
            entry.1.insert(name(label)?, name(to)?);
        }
        for row in value.get("fills").into_iter().flat_map(ValueRef::items) {
            let (ends, fill) = two(row)?;
            let (vertex, member) = two(ends)?;
            mapping.fills.insert((name(vertex)?, name(member)?), Value::plain(fill.to_json()));
        }
        if let Some(through) = value.get("through").filter(|through| through.is_array()) {
            mapping.through = Some(through.items().map(arrow).collect::<Result<_>>()?);
        }
        Ok(mapping)
    }

    /// Writes the published shape of a declared migration, with what survives as it is, and fills.
    pub fn to_json(&self) -> Json {
        let mut out = Writer::default();
        out.object();
        out.key("vertex_map");
        out.object();
        for (from, to) in &self.vertices {
            out.key(from);
            out.string(to);
        }
        out.end_object();
        out.key("surviving_verts");
        out.array();
        self.surviving.iter().for_each(|kept| out.string(kept));
        out.end_array();
        out.key("edge_map");
        out.array();
        for (from, to) in &self.edges {
            out.array();
            from.write(&mut out);
            to.write(&mut out);
            out.end_array();
        }
        out.end_array();
        out.key("resolver");
        out.array();
        for ((src, tgt), arrow) in &self.resolver {
            out.array();
            pair(src, tgt, &mut out);
            arrow.write(&mut out);
            out.end_array();
        }
        out.end_array();
        out.key("hyper_edge_map");
        out.object();
        for (from, (to, _)) in &self.hyper_edges {
            out.key(from);
            out.string(to);
        }
        out.end_object();
        out.key("label_map");
        out.array();
        for (from, (_, labels)) in &self.hyper_edges {
            for (label, to) in labels {
                out.array();
                pair(from, label, &mut out);
                out.string(to);
                out.end_array();
            }
        }
        out.end_array();
        out.key("through");
        match &self.through {
            None => out.raw("null"),
            Some(through) => {
                out.array();
                through.iter().for_each(|arrow| arrow.write(&mut out));
                out.end_array();
            }
        }
        out.key("fills");
        out.array();
        for ((vertex, member), value) in &self.fills {
            out.array();
            pair(vertex, member, &mut out);
            out.raw(value.json().as_str());
            out.end_array();
        }
        out.end_array();
        out.end_object();
        Json::trusted(out.finish())
    }
}

fn pair(first: &str, second: &str, out: &mut Writer) {
    out.array();
    out.string(first);
    out.string(second);
    out.end_array();
}

fn name(value: ValueRef<'_>) -> Result<Name> {
    value.as_str().map(Name::new).ok_or_else(|| bad(value, "a vertex, a label or a hyper-edge is text"))
}

fn arrow(value: ValueRef<'_>) -> Result<Arrow> {
    Arrow::read(value).ok_or_else(|| bad(value, "an edge is `{\"src\", \"tgt\", \"kind\", \"name\"}`"))
}

fn two(value: ValueRef<'_>) -> Result<(ValueRef<'_>, ValueRef<'_>)> {
    let mut items = value.items();
    match (items.next(), items.next(), items.next()) {
        (Some(first), Some(second), None) => Ok((first, second)),
        _ => Err(bad(value, "this is a pair")),
    }
}
