//! Moving trees along a mapping: restriction, which drops what is not mapped, and extension, which refuses it.
//!
//! Restriction goes over the tree once: a node survives if its vertex has an image (*anchor survival*); everything
//! that the root leads to is visited, survivor or not (*reachability*); a survivor is held by the nearest survivor
//! above it (*contraction*), behind the edge that the mapping or the target schema gives (*edge resolution*); fans
//! keep the children that survive (*fans*).

use super::mapping::Mapping;
use super::node::{Arrow, Content, Fan, Node, Part};
use super::outline::Outline;
use super::tree::TreeInstance;
use super::tree::read::Reader;
use super::wire::{bad, need, number};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::EdgeKind;
use crate::value::{Json, JsonKind, Writer};
use std::sync::Arc;

/// What a restriction left out, and where it stood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Nodes that did not survive, whole.
    pub nodes: BTreeMap<u32, Node>,
    /// What the survivors were: their vertex, their parts in order, who held them. Values are not kept.
    pub survivors: BTreeMap<u32, Node>,
    /// Members without an edge that the target does not admit, or declares itself.
    pub shadowed: BTreeSet<(u32, Json)>,
    /// Fans as they were.
    pub fans: Vec<Fan>,
    /// Nodes that only the view has: values that filled gaps.
    pub filled: Vec<u32>,
    /// The vertex that the record began at.
    pub schema_root: Name,
}

impl Dropped {
    /// The complement as JSON: `skeleton`, the tree as it was without the values of what survived, and the numbers of
    /// nodes: `dropped`, `filled`, and `shadowed` with the members' keys.
    pub fn to_json(&self, root: u32) -> Json {
        let mut nodes = self.survivors.clone();
        nodes.extend(self.nodes.iter().map(|(number, node)| (*number, node.clone())));
        let schema_root = self.schema_root.clone();
        let skeleton = TreeInstance { nodes, fans: self.fans.clone(), root, schema_root };
        let mut out = Writer::default();
        out.object();
        out.key("skeleton");
        skeleton.write_wire(&mut out);
        out.key("dropped");
        out.array();
        self.nodes.keys().for_each(|number| out.number((*number).into()));
        out.end_array();
        out.key("filled");
        out.array();
        self.filled.iter().for_each(|number| out.number((*number).into()));
        out.end_array();
        out.key("shadowed");
        out.array();
        for (number, key) in &self.shadowed {
            out.array();
            out.number((*number).into());
            out.raw(key.as_str());
            out.end_array();
        }
        out.end_array();
        out.end_object();
        Json::trusted(out.finish())
    }

    /// Reads what [`Dropped::to_json`] writes.
    ///
    /// # Errors
    /// `instance-shape`, `instance-value`; what the skeleton's structure breaks.
    pub fn from_json(text: &Json, budget: &mut Budget) -> Result<Dropped> {
        let tree = crate::value::Tree::parse(text.as_str().as_bytes(), budget.limits())?;
        let value = tree.root();
        let (skeleton, issues) = TreeInstance::from_wire_lenient(need(value, "skeleton", 0)?, None, budget)?;
        if let Some(issue) = issues.first() {
            return Err(issue.diagnostic().boxed());
        }
        let mut dropped = Dropped {
            fans: skeleton.fans,
            schema_root: skeleton.schema_root,
            survivors: skeleton.nodes,
            ..Dropped::default()
        };
        let numbers = |name: &'static str, at: usize| -> Result<Vec<u32>> {
            let list = need(value, name, at)?;
            list.items()
                .map(|item| number(item).ok_or_else(|| bad(item, "this is the number of a node")))
                .collect()
        };
        for gone in numbers("dropped", 1)? {
            if let Some(node) = dropped.survivors.remove(&gone) {
                dropped.nodes.insert(gone, node);
            }
        }
        dropped.filled = numbers("filled", 2)?;
        for pair in need(value, "shadowed", 3)?.items() {
            let mut items = pair.items();
            match (items.next().and_then(number), items.next()) {
                (Some(holder), Some(key)) if key.kind() == JsonKind::String => {
                    dropped.shadowed.insert((holder, key.to_json()));
                }
                _ => return Err(bad(pair, "a member is `[node, name]`")),
            }
        }
        Ok(dropped)
    }
}

enum Task<'a> {
    /// A node, the survivor above it, and whether that one holds it itself.
    Node {
        number: u32,
        above: Option<u32>,
        direct: bool,
        arrow: Option<&'a Arc<Arrow>>,
        key: Option<&'a Json>,
    },
    /// A member without an edge, of a survivor.
    Extra { holder: u32, part: &'a Part },
    /// All parts of a survivor were visited.
    Close { number: u32 },
}

impl TreeInstance {
    /// The part of the tree that a mapping keeps, as an instance of the target schema, and what it left out. Nodes
    /// keep their numbers.
    ///
    /// # Errors
    /// `root-pruned` where the root does not survive; `no-edge-found`, `ambiguous-edge` where the target has no edge,
    /// or several, between two survivors.
    pub fn restrict(
        &self,
        mapping: &Mapping,
        target: &Outline<'_>,
        budget: &mut Budget,
    ) -> Result<(TreeInstance, Dropped)> {
        let mut nodes: BTreeMap<u32, Node> = BTreeMap::new();
        let mut dropped =
            Dropped { fans: self.fans.clone(), schema_root: self.schema_root.clone(), ..Dropped::default() };
        let mut tasks =
            vec![Task::Node { number: self.root, above: None, direct: true, arrow: None, key: None }];
        let mut next = self.next_number();
        while let Some(task) = tasks.pop() {
            budget.spend(1)?;
            let (number, above, direct, arrow, key) = match task {
                Task::Node { number, above, direct, arrow, key } => (number, above, direct, arrow, key),
                Task::Extra { holder, part } => {
                    let Some(node) = nodes.get_mut(&holder) else { continue };
                    match part {
                        Part::Extra { key, .. }
                            if node.content == Content::Object && target.shadows(&node.anchor, part) =>
                        {
                            dropped.shadowed.insert((holder, key.clone()));
                        }
                        _ => node.parts.push(part.clone()),
                    }
                    continue;
                }
                Task::Close { number } => {
                    fill(&mut nodes, number, mapping, target, &mut next, &mut dropped.filled, budget)?;
                    continue;
                }
            };
            let Some(node) = self.node(number) else { continue };
            let Some((image, held)) = survivor(mapping, target, node, arrow, above, &nodes) else {
                let Some(above) = above else { return Err(root_pruned(&node.anchor)) };
                dropped.nodes.insert(number, node.clone());
                let is_whole = match (&mapping.through, arrow) {
                    (Some(through), Some(arrow)) => !through.contains(&**arrow),
                    _ => false,
                };
                if is_whole {
                    let mut open: Vec<u32> = node.children().map(|(child, _)| child).collect();
                    while let Some(number) = open.pop() {
                        budget.spend(1)?;
                        let Some(node) = self.node(number) else { continue };
                        open.extend(node.children().map(|(child, _)| child));
                        dropped.nodes.insert(number, node.clone());
                    }
                    continue;
                }
                tasks.extend(node.parts.iter().rev().filter_map(|part| match part {
                    Part::Child { node, arrow, key } => Some(Task::Node {
                        number: *node,
                        above: Some(above),
                        direct: false,
                        arrow: Some(arrow),
                        key: key.as_ref(),
                    }),
                    Part::Extra { .. } => None,
                }));
                continue;
            };
            let direct = direct && held == above;
            if let Some(holder) = held.and_then(|held| nodes.get_mut(&held)) {
                let found = resolve(mapping, target, holder, image, (arrow, direct), self, number)?;
                let key = if direct { carried_key(arrow, &found, key) } else { None };
                holder.parts.push(Part::Child { node: number, arrow: found, key });
            }
            let mut bare = Node::new(image.clone(), node.content.clone(), held);
            bare.annotations.clone_from(&node.annotations);
            nodes.insert(number, bare);
            let content = match &node.content {
                Content::Leaf(_) => Content::Absent,
                other => other.clone(),
            };
            dropped.survivors.insert(number, Node { content, ..node.clone() });
            tasks.push(Task::Close { number });
            tasks.extend(node.parts.iter().rev().map(|part| match part {
                Part::Child { node, arrow, key } => Task::Node {
                    number: *node,
                    above: Some(number),
                    direct: true,
                    arrow: Some(arrow),
                    key: key.as_ref(),
                },
                Part::Extra { .. } => Task::Extra { holder: number, part },
            }));
        }
        let fans = self.fans.iter().filter_map(|fan| move_fan(fan, mapping, &nodes)).collect();
        let schema_root = mapping.image(&self.schema_root).cloned();
        let schema_root = schema_root.or_else(|| nodes.get(&self.root).map(|root| root.anchor.clone()));
        let schema_root = schema_root.unwrap_or_default();
        Ok((TreeInstance { nodes, fans, root: self.root, schema_root }, dropped))
    }

    /// The tree as an instance of the target schema: nothing is left out.
    ///
    /// # Errors
    /// `unmapped-vertex` where a node's vertex has no image; otherwise as [`TreeInstance::restrict`].
    pub fn extend(
        &self,
        mapping: &Mapping,
        target: &Outline<'_>,
        budget: &mut Budget,
    ) -> Result<TreeInstance> {
        let lost = self.nodes.iter().find(|(_, node)| mapping.image(&node.anchor).is_none());
        if let Some((number, node)) = lost {
            let message = format!("`{}` has no image, and a node is of it", node.anchor);
            return Err(Diagnostic::new(ErrorKind::Data, "unmapped-vertex", message)
                .at(self.path(*number))
                .help("map every vertex that has nodes, or restrict instead of extending")
                .boxed());
        }
        Ok(self.restrict(mapping, target, budget)?.0)
    }

    /// The product along a mapping, which for trees is there only where no two vertices have one image.
    ///
    /// # Errors
    /// `multi-element-fiber`; otherwise as [`TreeInstance::restrict`].
    pub fn pi(&self, mapping: &Mapping, target: &Outline<'_>, budget: &mut Budget) -> Result<TreeInstance> {
        if let Some((one, other, image)) = mapping.shared() {
            let message = format!("`{one}` and `{other}` both go to `{image}`");
            return Err(Diagnostic::new(ErrorKind::Data, "multi-element-fiber", message)
                .help("a tree has no products; use tables")
                .boxed());
        }
        Ok(self.restrict(mapping, target, budget)?.0)
    }
}

/// Where a node goes, and the survivor that holds it there; none if it is dropped.
pub(super) fn survivor<'m>(
    mapping: &'m Mapping,
    target: &Outline<'_>,
    node: &Node,
    arrow: Option<&Arc<Arrow>>,
    above: Option<u32>,
    nodes: &BTreeMap<u32, Node>,
) -> Option<(&'m Name, Option<u32>)> {
    let image = mapping.image(&node.anchor)?;
    let (Some(arrow), true) = (arrow, mapping.through.is_some()) else { return Some((image, above)) };
    let from = target.find(&mapping.edges.get(&**arrow)?.src)?;
    let mut held = above;
    while let Some(holder) = held.and_then(|held| nodes.get(&held)) {
        if target.find(&holder.anchor).is_some_and(|anchor| target.shape(anchor).facets.contains(&from)) {
            return Some((image, held));
        }
        held = holder.parent;
    }
    None
}

#[cold]
fn root_pruned(anchor: &Name) -> Error {
    Diagnostic::new(ErrorKind::Data, "root-pruned", format!("the root is of `{anchor}`, which has no image"))
        .help("map the vertex that records begin at")
        .boxed()
}

/// How a member behind a pattern is called in the target; a name that the edge spells stands there.
fn carried_key(arrow: Option<&Arc<Arrow>>, found: &Arrow, key: Option<&Json>) -> Option<Json> {
    let key = key.cloned();
    if found.names_member() {
        let is_renamed = arrow.is_some_and(|arrow| arrow.names_member() && arrow.name != found.name);
        return key.filter(|key| !is_renamed && Json::string(found.label()) != *key);
    }
    key.or_else(|| arrow.map(|arrow| Json::string(arrow.label())))
}

/// The edge behind which a survivor of `image` is held.
fn resolve(
    mapping: &Mapping,
    target: &Outline<'_>,
    holder: &Node,
    image: &Name,
    (arrow, is_direct): (Option<&Arc<Arrow>>, bool),
    tree: &TreeInstance,
    number: u32,
) -> Result<Arc<Arrow>> {
    if let (Some(arrow), true) = (arrow, mapping.through.is_some() || is_direct)
        && let Some(found) = mapping.edges.get(&**arrow)
    {
        return Ok(Arc::new(found.clone()));
    }
    let direct = arrow.filter(|_| is_direct);
    if let Some(arrow) = direct
        && target.edge(arrow).is_some()
        && *arrow.src == *holder.anchor
        && *arrow.tgt == **image
    {
        return Ok(arrow.clone());
    }
    if let Some(found) = mapping.resolver.get(&(holder.anchor.clone(), image.clone())) {
        return Ok(Arc::new(found.clone()));
    }
    let fail = |code: &'static str, message: String, help: &'static str| {
        Err(Diagnostic::new(ErrorKind::Data, code, message).at(tree.path(number)).help(help).boxed())
    };
    let (Some(from), Some(to)) = (target.find(&holder.anchor), target.find(image)) else {
        let lost = if target.find(image).is_none() { image } else { &holder.anchor };
        return fail(
            "unknown-vertex",
            format!("the target has no vertex `{lost}`"),
            "map to vertices of the target",
        );
    };
    let edges: Vec<_> = target.between(from, to);
    match edges.as_slice() {
        [edge] => Ok(target.arrow(*edge)),
        [] => fail(
            "no-edge-found",
            format!("no edge leads from `{}` to `{image}`", holder.anchor),
            "map the edge, or name one in the resolver",
        ),
        _ => {
            // Two edges of one name differ in nothing that a record shows; else the name decides.
            let named = direct.and_then(|arrow| {
                edges.iter().find(|edge| target.arrow(**edge).name == arrow.name && arrow.name.is_some())
            });
            match named {
                Some(edge) => Ok(target.arrow(*edge)),
                None => fail(
                    "ambiguous-edge",
                    format!("{} edges lead from `{}` to `{image}`", edges.len(), holder.anchor),
                    "map the edge, or name one in the resolver",
                ),
            }
        }
    }
}

/// Values for members that the target wants and nothing became.
pub(super) fn fill(
    nodes: &mut BTreeMap<u32, Node>,
    holder: u32,
    mapping: &Mapping,
    target: &Outline<'_>,
    next: &mut u32,
    filled: &mut Vec<u32>,
    budget: &mut Budget,
) -> Result<()> {
    let Some(node) = nodes.get(&holder).filter(|node| node.content == Content::Object) else { return Ok(()) };
    let anchor = node.anchor.clone();
    let Some(vertex) = target.find(&anchor) else { return Ok(()) };
    let start = (anchor.clone(), Name::default());
    let of_vertex = mapping.fills.range(start..).take_while(|((vertex, _), _)| *vertex == anchor);
    let missing =
        of_vertex.filter(|((_, member), _)| !node.parts.iter().any(|part| *part.name() == **member));
    let mut made = Vec::new();
    let mut reader = Reader::new(target, budget);
    reader.next = *next;
    for ((_, member), value) in missing {
        let Some(edge) = target.member_named(target.shape(vertex), member.as_bytes()) else { continue };
        let tree = value.json().tree();
        let first = reader.subtree(target.schema().edge(edge).tgt, tree.root(), Some(holder))?;
        made.push(Part::Child { node: first, arrow: target.arrow(edge), key: None });
    }
    *next = reader.next;
    filled.extend(reader.nodes.keys().copied());
    nodes.append(&mut reader.nodes);
    if let Some(node) = nodes.get_mut(&holder) {
        node.parts.extend(made);
    }
    Ok(())
}

fn move_fan(fan: &Fan, mapping: &Mapping, nodes: &BTreeMap<u32, Node>) -> Option<Fan> {
    nodes.get(&fan.parent)?;
    let (hyper_edge, labels) = match mapping.hyper_edges.get(&fan.hyper_edge) {
        Some((hyper_edge, labels)) => (hyper_edge.clone(), Some(labels)),
        None => (fan.hyper_edge.clone(), None),
    };
    let children =
        fan.children.iter().filter(|(_, node)| nodes.contains_key(node)).map(|(label, node)| {
            (labels.and_then(|labels| labels.get(label)).unwrap_or(label).clone(), *node)
        });
    Some(Fan { hyper_edge, parent: fan.parent, children: children.collect() })
}

impl Outline<'_> {
    /// Whether a member without an edge has no place in an object of this vertex: it is closed, or declares the name.
    pub(super) fn shadows(&self, vertex: &Name, part: &Part) -> bool {
        let Some(vertex) = self.find(vertex) else { return false };
        let (shape, name) = (self.shape(vertex), part.name());
        let is_tag = name == "$type" && self.schema().protocol() == "atproto";
        !is_tag && (shape.is_closed || self.member_named(shape, name.as_bytes()).is_some())
    }

    /// The edges of a node at `from` behind which an instance of `to` may stand.
    pub(super) fn between(
        &self,
        from: crate::schema::VertexId,
        to: crate::schema::VertexId,
    ) -> Vec<crate::schema::EdgeId> {
        let facets = &self.shape(from).facets;
        let edges = facets.iter().flat_map(|facet| self.schema().outgoing(*facet));
        edges
            .filter(|(_, edge)| {
                !matches!(
                    edge.kind,
                    EdgeKind::Branch | EdgeKind::Ref | EdgeKind::RecordSchema | EdgeKind::Variant
                ) && self.admits(edge.tgt, to)
            })
            .map(|(id, _)| id)
            .collect()
    }
}

impl TreeInstance {
    /// Puts back what a restriction left out: the record whose restriction this tree is. Values are those of the
    /// tree; what it no longer holds is gone with all that was below; what it holds more is not put back, and is
    /// an error.
    ///
    /// # Errors
    /// `view-node-unknown` for nodes that the restriction did not give.
    pub fn section(&self, dropped: &Dropped, budget: &mut Budget) -> Result<TreeInstance> {
        let mut nodes = BTreeMap::new();
        for (number, node) in &self.nodes {
            budget.spend(1 + node.parts.len() as u64)?;
            if dropped.filled.contains(number) {
                continue;
            }
            let Some(was) = dropped.survivors.get(number) else {
                let message = format!("node {number} was not there when the complement was made");
                return Err(Diagnostic::new(ErrorKind::Lens, "view-node-unknown", message)
                    .at(self.path(*number))
                    .help("translate the edit that made it instead")
                    .boxed());
            };
            let is_changed = matches!(
                (&node.content, &was.content),
                (Content::Object, Content::List) | (Content::List, Content::Object)
            );
            let content = if is_changed || matches!(node.content, Content::Leaf(_) | Content::Absent) {
                node.content.clone()
            } else {
                was.content.clone()
            };
            let mut back = Node { content, ..was.clone() };
            // Members without an edge are the view's, in the places where they were.
            let mut extras: Vec<&Part> =
                node.parts.iter().filter(|part| matches!(part, Part::Extra { .. })).collect();
            back.parts.retain_mut(|part| match part {
                Part::Extra { key, .. } if dropped.shadowed.contains(&(*number, key.clone())) => true,
                Part::Extra { key, value } => {
                    let found = extras
                        .iter()
                        .position(|extra| matches!(extra, Part::Extra { key: other, .. } if other == key));
                    match found.map(|at| extras.remove(at)) {
                        Some(Part::Extra { value: now, .. }) => {
                            *value = now.clone();
                            true
                        }
                        _ => false,
                    }
                }
                Part::Child { .. } => true,
            });
            back.parts.extend(extras.into_iter().cloned());
            nodes.insert(*number, back);
        }
        nodes.extend(dropped.nodes.iter().map(|(number, node)| (*number, node.clone())));
        let mut found = TreeInstance {
            nodes,
            fans: dropped.fans.clone(),
            root: self.root,
            schema_root: dropped.schema_root.clone(),
        };
        found.prune();
        Ok(found)
    }

    /// Takes away parts that lead to nodes that are gone, and nodes that the root no longer leads to.
    pub(crate) fn prune(&mut self) {
        let present: BTreeSet<u32> = self.nodes.keys().copied().collect();
        for node in self.nodes.values_mut() {
            node.parts.retain(|part| match part {
                Part::Child { node, .. } => present.contains(node),
                Part::Extra { .. } => true,
            });
        }
        let reached: BTreeSet<u32> = self.preorder().map(|(number, _)| number).collect();
        self.nodes.retain(|number, _| reached.contains(number));
        self.fans.retain(|fan| reached.contains(&fan.parent));
        for fan in &mut self.fans {
            fan.children.retain(|(_, node)| reached.contains(node));
        }
    }
}
