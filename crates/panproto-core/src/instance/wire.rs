//! Nodes, arrows and fans in the JSON of published releases.
//!
//! Structures are written as maps with every member, and read as maps or as their parts in order. Two annotations
//! keep what the published shape has no place for: `order` (names of an object's members, where they do not stand
//! as `$type`, children, other members) and `member` (the name of a member behind a pattern, or with an escape).

use super::code;
use super::issue::Issue;
use super::node::{Arrow, Content, Fan, Node, Part, decoded, field};
use super::outline::Outline;
use super::value::Value;
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{Arrange, BTreeMap};
use crate::schema::Kind;
use crate::value::{Json, JsonKind, ValueRef, Writer};
use std::collections::VecDeque;
use std::sync::Arc;

pub(super) const ORDER: &str = "\"order\"";
pub(super) const MEMBER: &str = "\"member\"";

/// A node that was read, before its parts are known.
pub(super) struct Draft {
    pub(super) node: Node,
    /// Nothing says whether it is a list.
    pub(super) is_open: bool,
    discriminator: Option<Json>,
    extras: Vec<(Json, Value)>,
    order: Option<Vec<String>>,
    member: Option<Json>,
}

#[cold]
pub(super) fn bad(value: ValueRef<'_>, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Diagnostic::new(ErrorKind::Data, "instance-shape", message)
        .spanning(value.span())
        .help("`docs/abi.md` says what an instance looks like")
        .boxed()
}

pub(super) fn number(value: ValueRef<'_>) -> Option<u32> {
    value.as_u64().and_then(|number| u32::try_from(number).ok())
}

/// A part that has to be there.
pub(super) fn need<'a>(value: ValueRef<'a>, name: &'static str, at: usize) -> Result<ValueRef<'a>> {
    field(value, name, at).ok_or_else(|| bad(value, format!("`{name}` is missing")))
}

pub(super) fn need_number(value: ValueRef<'_>, name: &'static str, at: usize) -> Result<u32> {
    let found = need(value, name, at)?;
    number(found).ok_or_else(|| bad(found, format!("`{name}` is the number of a node")))
}

pub(super) fn need_name(value: ValueRef<'_>, name: &'static str, at: usize) -> Result<Name> {
    let found = need(value, name, at)?;
    found.as_str().map(Name::new).ok_or_else(|| bad(found, format!("`{name}` is text")))
}

/// Arrows that were read, shared.
#[derive(Default)]
pub(super) struct Arrows(BTreeMap<Arrow, Arc<Arrow>>);

impl Arrows {
    pub(super) fn read(&mut self, value: ValueRef<'_>) -> Result<Arc<Arrow>> {
        let arrow = Arrow::read(value)
            .ok_or_else(|| bad(value, "an edge is `{\"src\", \"tgt\", \"kind\", \"name\"}`"))?;
        if let Some(shared) = self.0.get(&arrow) {
            return Ok(shared.clone());
        }
        let shared = Arc::new(arrow.clone());
        self.0.insert(arrow, shared.clone());
        Ok(shared)
    }
}

/// The keys of members that arrows do not spell, by child.
pub(super) fn spelled_keys<'a>(nodes: impl Iterator<Item = &'a Node>) -> BTreeMap<u32, &'a Json> {
    nodes
        .flat_map(|node| &node.parts)
        .filter_map(|part| match part {
            Part::Child { node, key: Some(key), .. } => Some((*node, key)),
            _ => None,
        })
        .collect()
}

/// Writes a node. `value` says what stands in its place in the shape of graphs.
pub(super) fn write_node(
    number: u32,
    node: &Node,
    position: Option<usize>,
    member: Option<&Json>,
    out: &mut Writer,
) {
    out.object();
    out.key("id");
    out.number(number.into());
    out.key("anchor");
    out.string(&node.anchor);
    out.key("value");
    match &node.content {
        Content::Leaf(value) if *value == Value::plain(Json::null()) => out.string("Null"),
        Content::Leaf(value) => {
            out.object();
            out.key("Present");
            value.write(out);
            out.end_object();
        }
        Content::Absent => out.string("Absent"),
        Content::Object | Content::List => out.raw("null"),
    }
    let discriminator = node.discriminator_at();
    out.key("discriminator");
    out.raw(node.discriminator().map_or("null", Json::as_str));
    out.key("extra_fields");
    out.object();
    for (index, part) in node.parts.iter().enumerate().filter(|(index, _)| Some(*index) != discriminator) {
        if let Part::Extra { key, value } = part {
            match node.content {
                Content::List => out.key(&index.to_string()),
                _ => out.raw_key(key.as_str()),
            }
            value.write(out);
        }
    }
    out.end_object();
    out.key("position");
    match position {
        Some(position) => out.number(position as u64),
        None => out.raw("null"),
    }
    out.key("shape");
    out.object();
    out.key("kind");
    out.string(if node.content == Content::List { "list" } else { "plain" });
    out.end_object();
    out.key("annotations");
    out.object();
    for (key, value) in &node.annotations {
        out.raw_key(key.as_str());
        value.write(out);
    }
    if !is_in_published_order(node, discriminator) {
        out.raw_key(ORDER);
        out.object();
        out.key("List");
        out.array();
        for part in &node.parts {
            out.object();
            out.key("Str");
            out.string(&part.name());
            out.end_object();
        }
        out.end_array();
        out.end_object();
    }
    if let Some(member) = member {
        out.raw_key(MEMBER);
        out.object();
        out.key("Str");
        out.raw(member.as_str());
        out.end_object();
    }
    out.end_object();
    out.end_object();
}

fn is_in_published_order(node: &Node, discriminator: Option<usize>) -> bool {
    node.content != Content::Object
        || node
            .parts
            .iter()
            .enumerate()
            .map(|(index, part)| match part {
                _ if Some(index) == discriminator => 0,
                Part::Child { .. } => 1,
                Part::Extra { .. } => 2,
            })
            .is_sorted()
}

/// Reads a node.
pub(super) fn read_node(value: ValueRef<'_>) -> Result<(u32, Draft)> {
    let id = need_number(value, "id", 0)?;
    let anchor = need_name(value, "anchor", 1)?;
    let present = field(value, "value", 2).filter(|present| present.raw() != b"null");
    let mut is_open = false;
    // In order, what is empty at the end may be left out, so that a part is known by what it is.
    let rest: Vec<ValueRef<'_>> = value.items().skip(5).collect();
    let by_kind = |name: &str, wanted: fn(ValueRef<'_>) -> bool| {
        if value.is_array() { rest.iter().copied().find(|part| wanted(*part)) } else { value.get(name) }
    };
    let is_shape = |part: ValueRef<'_>| {
        part.is_object() && part.get("kind").is_some_and(|kind| kind.kind() == JsonKind::String)
    };
    let shape = by_kind("shape", is_shape).and_then(|shape| shape.get("kind")?.as_str());
    let is_list = shape.as_deref() == Some("list");
    let content = match present {
        None if is_list => Content::List,
        None => {
            is_open = shape.is_none();
            Content::Object
        }
        Some(present) if present.name_is("Null") => Content::Leaf(Value::plain(Json::null())),
        Some(present) if present.name_is("Absent") => Content::Absent,
        Some(present) => {
            let payload = present.get("Present").ok_or_else(|| {
                bad(present, "`value` is `{\"Present\": …}`, `\"Null\"`, `\"Absent\"` or `null`")
            })?;
            Content::Leaf(Value::read(payload)?)
        }
    };
    let discriminator = match field(value, "discriminator", 3).filter(|tag| tag.raw() != b"null") {
        None => None,
        Some(tag) if tag.kind() == JsonKind::String => Some(tag.to_json()),
        Some(tag) => return Err(bad(tag, "`discriminator` is text")),
    };
    let mut extras = Vec::new();
    if let Some(fields) = field(value, "extra_fields", 4) {
        for (key, extra) in fields.members() {
            extras.push((Json::string_of(key), Value::read(extra)?));
        }
    }
    let (mut order, mut member, mut annotations) = (None, None, Vec::new());
    let is_notes = |part: ValueRef<'_>| {
        part.is_object() && part.get("kind").is_none_or(|kind| kind.kind() != JsonKind::String)
    };
    for (key, note) in by_kind("annotations", is_notes).into_iter().flat_map(ValueRef::members) {
        let read = Value::read(note)?;
        let json = read.json().tree();
        match key.raw_str() {
            ORDER if json.root().is_array() => {
                let names = json.root().items().map(|name| decoded(&name.to_json()).into_owned());
                order = Some(names.collect());
            }
            MEMBER if json.root().kind() == JsonKind::String => member = Some(read.json().clone()),
            _ => annotations.push((Json::string_of(key), read)),
        }
    }
    let mut node = Node::new(anchor, content, None);
    node.annotations = annotations;
    Ok((id, Draft { node, is_open, discriminator, extras, order, member }))
}

/// Reads the map of nodes.
pub(super) fn read_nodes(
    value: ValueRef<'_>,
    budget: &mut Budget,
    issues: &mut Vec<Issue>,
) -> Result<BTreeMap<u32, Draft>> {
    if !value.is_object() {
        return Err(bad(value, "`nodes` is a map of nodes by number"));
    }
    let mut drafts = BTreeMap::new();
    for (key, node) in value.members() {
        budget.spend(1 + node.raw().len() as u64 / 16)?;
        let number = key.as_str().and_then(|key| key.parse::<u32>().ok());
        let number = number.ok_or_else(|| bad(key, "a node is found by its number"))?;
        let (id, draft) = read_node(node)?;
        if id != number {
            let message = format!("the node at {number} calls itself {id}");
            issues.push(Issue::new(code::NODE_NUMBER, message).node(number).vertex(&draft.node.anchor));
        }
        if drafts.insert(number, draft).is_some() {
            return Err(bad(node, format!("node {number} stands twice")));
        }
    }
    Ok(drafts)
}

/// Reads `[from, to, edge]`.
pub(super) fn read_arc(value: ValueRef<'_>, arrows: &mut Arrows) -> Result<(u32, u32, Arc<Arrow>)> {
    let mut parts = value.items();
    match (parts.next().and_then(number), parts.next().and_then(number), parts.next(), parts.next()) {
        (Some(from), Some(to), Some(edge), None) => Ok((from, to, arrows.read(edge)?)),
        _ => Err(bad(value, "an arc is `[from, to, edge]`")),
    }
}

impl Draft {
    /// The key of the part that leads to it.
    pub(super) fn child(&self, number: u32, arrow: Arc<Arrow>) -> Part {
        Part::Child { node: number, arrow, key: self.member.clone() }
    }

    /// The node with its parts, once its children are known in order.
    pub(super) fn finish(self, children: Vec<Part>, outline: Option<&Outline<'_>>) -> Node {
        let Draft { mut node, is_open, discriminator, extras, order, .. } = self;
        if is_open {
            let all_items = !children.is_empty()
                && extras.is_empty()
                && discriminator.is_none()
                && children.iter().all(|part| matches!(part, Part::Child { arrow, .. } if arrow.is_item()));
            let is_list_vertex = || {
                let outline = outline?;
                Some(outline.schema().vertex(outline.find(&node.anchor)?).kind == Kind::Array)
            };
            if all_items || (children.is_empty() && extras.is_empty() && is_list_vertex() == Some(true)) {
                node.content = Content::List;
            }
        }
        if node.content == Content::List {
            node.parts = list_parts(children, extras);
            return node;
        }
        let tag = discriminator
            .map(|tag| Part::Extra { key: Json::trusted("\"$type\"".to_owned()), value: Value::plain(tag) });
        let extras = extras.into_iter().map(|(key, value)| Part::Extra { key, value });
        let parts = tag.into_iter().chain(children).chain(extras);
        node.parts = match order {
            None => parts.collect(),
            Some(order) => ordered(parts, &order),
        };
        node
    }
}

/// Items that are nodes in order, others at the index that their key says.
fn list_parts(children: Vec<Part>, extras: Vec<(Json, Value)>) -> Vec<Part> {
    let mut placed = BTreeMap::new();
    let mut loose = Vec::new();
    for (key, value) in extras {
        let part = Part::Extra { key: Json::null(), value };
        match decoded(&key).parse::<usize>() {
            Ok(index) if !placed.contains_key(&index) => {
                placed.insert(index, part);
            }
            _ => loose.push(part),
        }
    }
    let mut parts = Vec::with_capacity(children.len() + placed.len() + loose.len());
    for child in children {
        while let Some(part) = placed.remove(&parts.len()) {
            parts.push(part);
        }
        parts.push(child);
    }
    parts.extend(placed.into_values());
    parts.extend(loose);
    parts
}

/// Parts as an order of names says; what it does not name comes last.
fn ordered(parts: impl Iterator<Item = Part>, order: &[String]) -> Vec<Part> {
    let mut by_name: BTreeMap<String, VecDeque<(usize, Part)>> = BTreeMap::new();
    for (index, part) in parts.enumerate() {
        by_name.entry(part.name().into_owned()).or_default().push_back((index, part));
    }
    let mut out: Vec<Part> =
        order.iter().filter_map(|name| by_name.get_mut(name)?.pop_front().map(|(_, part)| part)).collect();
    let mut rest: Vec<(usize, Part)> = by_name.into_values().flatten().collect();
    rest.arrange_by_key(|(index, _)| *index);
    out.extend(rest.into_iter().map(|(_, part)| part));
    out
}

pub(super) fn write_fan(fan: &Fan, out: &mut Writer) {
    out.object();
    out.key("hyper_edge_id");
    out.string(&fan.hyper_edge);
    out.key("parent");
    out.number(fan.parent.into());
    out.key("children");
    out.object();
    for (label, node) in &fan.children {
        out.key(label);
        out.number((*node).into());
    }
    out.end_object();
    out.end_object();
}

pub(super) fn read_fan(value: ValueRef<'_>) -> Result<Fan> {
    let hyper_edge = need_name(value, "hyper_edge_id", 0)?;
    let parent = need_number(value, "parent", 1)?;
    let mut children = Vec::new();
    for (label, node) in need(value, "children", 2)?.members() {
        let label = label.as_str().map(Name::new).ok_or_else(|| bad(label, "a label is text"))?;
        let node = number(node).ok_or_else(|| bad(node, "a label leads to the number of a node"))?;
        children.push((label, node));
    }
    Ok(Fan { hyper_edge, parent, children })
}

/// What is inside `{"WType": …}` and the like, or the value itself.
pub(super) fn unwrapped<'a>(value: ValueRef<'a>, name: &str) -> ValueRef<'a> {
    match value.get(name) {
        Some(inside) if value.len() == 1 => inside,
        _ => value,
    }
}
