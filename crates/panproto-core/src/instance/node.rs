//! What instances are made of: nodes, the arrows between them, fans.

use super::value::Value;
use crate::name::Name;
use crate::schema::{EdgeId, Schema};
use crate::value::{Json, ValueRef, Writer, string};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// An edge of a schema by the ids of its ends, its kind and its name: what an instance says of a link.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arrow {
    /// Where it starts.
    pub src: Name,
    /// Where it leads.
    pub tgt: Name,
    /// Its kind: `prop`, `items`, …
    pub kind: Name,
    /// Its name.
    pub name: Option<Name>,
}

impl Arrow {
    /// The arrow of an edge.
    pub fn of(schema: &Schema, edge: EdgeId) -> Arc<Arrow> {
        let edge = schema.edge(edge);
        Arc::new(Arrow {
            src: schema.vertex(edge.src).id.clone(),
            tgt: schema.vertex(edge.tgt).id.clone(),
            kind: Name::new(edge.kind.as_str()),
            name: edge.name.clone(),
        })
    }

    /// What a member that it leads to is called: its name, else the vertex that it leads to.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.tgt)
    }

    /// Whether it leads to the items of a list.
    pub fn is_item(&self) -> bool {
        const NO_ITEM: [&str; 7] =
            ["prop", "pattern", "additional", "ref", "record-schema", "variant", "branch"];
        matches!(&*self.kind, "items" | "item" | "prefix")
            || (self.name.is_none() && !NO_ITEM.contains(&&*self.kind))
    }

    /// Whether its name is the name of a member (and no pattern of names).
    pub fn names_member(&self) -> bool {
        !matches!(&*self.kind, "pattern" | "additional")
    }

    pub(super) fn write(&self, out: &mut Writer) {
        out.object();
        for (key, text) in [("src", &self.src), ("tgt", &self.tgt), ("kind", &self.kind)] {
            out.key(key);
            out.string(text);
        }
        out.key("name");
        out.optional(self.name.as_deref());
        out.end_object();
    }

    /// The arrow that JSON spells: `{src, tgt, kind, name}`, or the same in order.
    pub fn from_value(value: ValueRef<'_>) -> Option<Arrow> {
        Arrow::read(value)
    }

    /// Reads `{src, tgt, kind, name}`, or the same in order.
    pub(super) fn read(value: ValueRef<'_>) -> Option<Arrow> {
        let text = |name: &str, at: usize| field(value, name, at)?.as_str().map(Name::new);
        let name = field(value, "name", 3).filter(|name| name.raw() != b"null");
        Some(Arrow {
            src: text("src", 0)?,
            tgt: text("tgt", 1)?,
            kind: text("kind", 2)?,
            name: match name {
                Some(name) => Some(Name::new(name.as_str()?)),
                None => None,
            },
        })
    }
}

impl fmt::Debug for Arrow {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} –{} {:?}→ {}", self.src, self.kind, self.name.as_deref().unwrap_or(""), self.tgt)
    }
}

/// A part of a structure that is spelled as a map, or as its parts in order.
pub(super) fn field<'a>(value: ValueRef<'a>, name: &str, at: usize) -> Option<ValueRef<'a>> {
    if value.is_array() { value.items().nth(at) } else { value.get(name) }
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A value in one piece.
    Leaf(Value),
    /// A member that is not there, though a node speaks of it.
    Absent,
    /// An object, whose members are the node's parts.
    Object,
    /// A list, whose items are the node's parts.
    List,
}

/// A member of an object, or an item of a list, in the order of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A node of its own.
    Child {
        /// Its number.
        node: u32,
        /// The edge that leads to it.
        arrow: Arc<Arrow>,
        /// How a member is spelled, where the arrow does not say: behind patterns, and with escapes.
        key: Option<Json>,
    },
    /// A member or an item for which the schema has no edge; the key of an item is `null`.
    Extra {
        /// The name as it is spelled, a JSON string.
        key: Json,
        /// The value.
        value: Value,
    },
}

impl Part {
    /// The name of a member; for an item nothing that means anything.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Part::Child { arrow, key: None, .. } => Cow::Borrowed(arrow.label()),
            Part::Child { key: Some(key), .. } | Part::Extra { key, .. } => decoded(key),
        }
    }
}

/// The text of a JSON string; a lone surrogate is replaced.
pub(super) fn decoded(key: &Json) -> Cow<'_, str> {
    match string::decode(key.as_str().as_bytes()) {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// A node: a vertex, and what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The vertex that it is an instance of, references followed and arms of unions chosen.
    pub anchor: Name,
    /// What it is.
    pub content: Content,
    /// Members or items in order; none for a leaf.
    pub parts: Vec<Part>,
    /// Who holds it; none for the root.
    pub parent: Option<u32>,
    /// What others said of it, kept as it is.
    pub annotations: Vec<(Json, Value)>,
}

impl Node {
    /// A node without parts.
    pub fn new(anchor: Name, content: Content, parent: Option<u32>) -> Node {
        Node { anchor, content, parts: Vec::new(), parent, annotations: Vec::new() }
    }

    /// The value of a leaf.
    pub fn value(&self) -> Option<&Value> {
        match &self.content {
            Content::Leaf(value) => Some(value),
            _ => None,
        }
    }

    /// The numbers of the nodes that it holds, with the arrows that lead there, in order.
    pub fn children(&self) -> impl Iterator<Item = (u32, &Arc<Arrow>)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Child { node, arrow, .. } => Some((*node, arrow)),
            Part::Extra { .. } => None,
        })
    }

    /// The members that the schema does not know, as they are spelled.
    pub fn extras(&self) -> impl Iterator<Item = (&Json, &Value)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Extra { key, value } => Some((key, value)),
            Part::Child { .. } => None,
        })
    }

    /// The `$type` of an object whose schema does not declare one, as JSON.
    pub fn discriminator(&self) -> Option<&Json> {
        self.discriminator_at().and_then(|at| match self.parts.get(at) {
            Some(Part::Extra { value, .. }) => Some(value.json()),
            _ => None,
        })
    }

    /// Which part is the discriminator.
    pub(super) fn discriminator_at(&self) -> Option<usize> {
        if self.content != Content::Object {
            return None;
        }
        // Of two the published shape could not say which stands first.
        let mut tags = (0..).zip(&self.parts).filter(|(_, part)| part.name() == "$type");
        match (tags.next(), tags.next()) {
            (Some((at, Part::Extra { key, value })), None) => {
                let is_text = value.json().as_str().starts_with('"');
                (is_text && key.as_str() == "\"$type\"").then_some(at)
            }
            _ => None,
        }
    }
}

/// An instance of a hyper-edge: nodes by the labels of its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fan {
    /// Which hyper-edge.
    pub hyper_edge: Name,
    /// The node that it starts at.
    pub parent: u32,
    /// Nodes by label, in order.
    pub children: Vec<(Name, u32)>,
}
