//! Graphs and trees as tables, and back.
//!
//! A node that is an object, a list, or shared is a row in the table of its vertex. A leaf behind a member is a column
//! of its holder's row. Tables keep values, structure and the order of lists; they keep no order between the columns
//! of a row and the rows that it leads to.

use super::{LIST, MEMBER, POSITION, Row, TableInstance, VALUE, cell};
use crate::diagnostic::Result;
use crate::instance::graph::{GraphInstance, no_counterpart, refuse_fans};
use crate::instance::node::{Arrow, Content, Node, Part, decoded};
use crate::instance::outline::Outline;
use crate::instance::tree::TreeInstance;
use crate::instance::tree::read::Reader;
use crate::instance::value::Value;
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{Arrange, BTreeMap};
use crate::schema::VertexId;
use crate::value::Json;
use std::sync::Arc;

const RESERVED: [&str; 4] = [VALUE, POSITION, MEMBER, LIST];

impl TableInstance {
    /// The tables of a tree.
    ///
    /// # Errors
    /// `no-counterpart` for fans, members that stand twice, members with a reserved name, and items that the schema
    /// does not describe beside ones that it does.
    pub fn from_tree(
        outline: &Outline<'_>,
        tree: &TreeInstance,
        budget: &mut Budget,
    ) -> Result<TableInstance> {
        refuse_fans(&tree.fans)?;
        from_nodes(outline, &tree.nodes, budget)
    }

    /// The tables of a graph.
    ///
    /// # Errors
    /// As [`TableInstance::from_tree`].
    pub fn from_graph(
        outline: &Outline<'_>,
        graph: &GraphInstance,
        budget: &mut Budget,
    ) -> Result<TableInstance> {
        from_nodes(outline, &graph.nodes, budget)
    }

    /// The rows as nodes of a graph. Columns become nodes where the schema describes them.
    ///
    /// # Errors
    /// `unknown-table` for a table of no vertex, `dangling-key` for a key that leads to no row.
    pub fn to_graph(&self, outline: &Outline<'_>, budget: &mut Budget) -> Result<GraphInstance> {
        let mut first = BTreeMap::new();
        let mut next = 0u32;
        for (vertex, rows) in &self.tables {
            first.insert(vertex, next);
            next = next.saturating_add(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        }
        let number = |vertex: &Name, row: u32| -> Result<u32> {
            let known = (row as usize) < self.rows(vertex).len();
            first.get(vertex).filter(|_| known).map(|first| first + row).ok_or_else(|| {
                crate::diagnostic::Diagnostic::error(
                    crate::diagnostic::Kind::Data,
                    crate::instance::code::DANGLING_KEY,
                    format!("a foreign key speaks of row {row} of `{vertex}`, which is not there"),
                )
            })
        };
        // The rows that each row leads to, in order.
        let mut links: BTreeMap<u32, Vec<(&Arrow, u32, &Row)>> = BTreeMap::new();
        for (arrow, pairs) in &self.keys {
            for (from, to) in pairs {
                budget.spend(1)?;
                let target = number(&arrow.tgt, *to)?;
                let row = self.rows(&arrow.tgt).get(*to as usize);
                let Some(row) = row else { continue };
                links.entry(number(&arrow.src, *from)?).or_default().push((arrow, target, row));
            }
        }
        let mut reader = Reader::new(outline, budget);
        reader.next = next;
        for (table, rows) in &self.tables {
            let vertex = outline.find(table).ok_or_else(|| unknown_table(table))?;
            for (at, row) in (0u32..).zip(rows) {
                let number = first.get(table).map_or(at, |first| first + at);
                let links = links.remove(&number).unwrap_or_default();
                let node = node_of(outline, &mut reader, vertex, number, row, links)?;
                reader.nodes.insert(number, node);
            }
        }
        let mut graph = GraphInstance { nodes: reader.nodes };
        graph.nodes.values_mut().for_each(|node| node.parent = None);
        Ok(graph)
    }

    /// The rows as trees, one for each row that no key leads to.
    ///
    /// # Errors
    /// As [`TableInstance::to_graph`] and [`GraphInstance::to_trees`].
    pub fn to_trees(&self, outline: &Outline<'_>, budget: &mut Budget) -> Result<Vec<TreeInstance>> {
        let trees = self.to_graph(outline, budget)?.to_trees(None, budget)?;
        Ok(trees.iter().map(TreeInstance::renumbered).collect())
    }
}

#[cold]
fn unknown_table(table: &Name) -> crate::diagnostic::Error {
    crate::diagnostic::Diagnostic::error(
        crate::diagnostic::Kind::Data,
        crate::instance::code::UNKNOWN_TABLE,
        format!("the schema has no vertex `{table}`"),
    )
}

fn from_nodes(
    outline: &Outline<'_>,
    nodes: &BTreeMap<u32, Node>,
    budget: &mut Budget,
) -> Result<TableInstance> {
    let mut holders: BTreeMap<u32, u32> = BTreeMap::new();
    for node in nodes.values() {
        node.children().for_each(|(child, _)| *holders.entry(child).or_default() += 1);
    }
    // Leaves behind members are columns; everything else is a row.
    let mut columns = crate::ordered::BTreeSet::new();
    for node in nodes.values().filter(|node| node.content == Content::Object) {
        for (child, _) in node.children() {
            let is_column = nodes.get(&child).is_some_and(|child| {
                matches!(child.content, Content::Leaf(_) | Content::Absent) && child.parts.is_empty()
            });
            if is_column && holders.get(&child) == Some(&1) {
                columns.insert(child);
            }
        }
    }
    let mut found = TableInstance::default();
    let mut rows: BTreeMap<u32, u32> = BTreeMap::new();
    for (number, node) in nodes.iter().filter(|(number, _)| !columns.contains(number)) {
        budget.spend(1 + node.parts.len() as u64)?;
        let row = row_of(outline, nodes, node, &columns)?;
        let table = found.tables.entry(node.anchor.clone()).or_default();
        rows.insert(*number, u32::try_from(table.len()).unwrap_or(u32::MAX));
        table.push(row);
    }
    for (number, node) in nodes {
        let Some(from) = rows.get(number) else { continue };
        let targets: Vec<(u32, Arrow, &Part)> = node
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Child { node: child, arrow, .. } if rows.contains_key(child) => {
                    let tgt = nodes.get(child)?.anchor.clone();
                    Some((*child, Arrow { src: node.anchor.clone(), tgt, ..(**arrow).clone() }, part))
                }
                _ => None,
            })
            .collect();
        let is_list = node.content == Content::List;
        let is_mixed = targets.windows(2).any(|pair| matches!(pair, [a, b] if a.1 != b.1));
        for (position, (child, arrow, part)) in targets.into_iter().enumerate() {
            let Some(to) = rows.get(&child) else { continue };
            let note = match part {
                _ if is_list && is_mixed => Some((POSITION, Json::trusted(position.to_string()))),
                Part::Child { key: Some(key), .. } => Some((MEMBER, key.clone())),
                _ => None,
            };
            let row = found.tables.get_mut(&arrow.tgt).and_then(|table| table.get_mut(*to as usize));
            if let (Some(row), Some((column, value))) = (row, note) {
                match cell(row, column) {
                    None => row.push((Name::new(column), Value::plain(value))),
                    Some(known) if *known.json() == value => {}
                    Some(_) => {
                        return Err(no_counterpart(format!(
                            "node {child} has different places in those that hold it"
                        )));
                    }
                }
            }
            found.keys.entry(arrow).or_default().push((*from, *to));
        }
    }
    Ok(found)
}

fn row_of(
    outline: &Outline<'_>,
    nodes: &BTreeMap<u32, Node>,
    node: &Node,
    columns: &crate::ordered::BTreeSet<u32>,
) -> Result<Row> {
    let mut row: Row = Vec::new();
    let put = |row: &mut Row, name: &str, value: &Value| {
        if RESERVED.contains(&name) {
            return Err(no_counterpart(format!(
                "the member `{name}` has the name of a column with a meaning of its own"
            )));
        }
        if cell(row, name).is_some() {
            return Err(no_counterpart(format!("the member `{name}` stands twice")));
        }
        row.push((Name::new(name), value.clone()));
        Ok(())
    };
    match &node.content {
        Content::Leaf(value) => row.push((Name::new(VALUE), value.clone())),
        Content::Absent => return Err(no_counterpart("a node that is absent and is no member")),
        Content::Object => {}
        Content::List => {
            if node.extras().next().is_some() {
                return Err(no_counterpart("an item that the schema does not describe"));
            }
            let both = outline.find(&node.anchor).is_some_and(|vertex| outline.shape(vertex).takes_objects);
            if both {
                row.push((Name::new(LIST), Value::plain(Json::trusted("true".to_owned()))));
            }
        }
    }
    for part in &node.parts {
        match part {
            Part::Extra { value, .. } => put(&mut row, &part.name(), value)?,
            Part::Child { node: child, .. } if columns.contains(child) => {
                if let Some(value) = nodes.get(child).and_then(Node::value) {
                    put(&mut row, &part.name(), value)?;
                }
            }
            Part::Child { .. } => {}
        }
    }
    Ok(row)
}

/// The node of a row; what its columns hold is made on the way.
fn node_of(
    outline: &Outline<'_>,
    reader: &mut Reader<'_, '_, '_>,
    vertex: VertexId,
    number: u32,
    row: &Row,
    mut links: Vec<(&Arrow, u32, &Row)>,
) -> Result<Node> {
    reader.budget.spend(1 + row.len() as u64)?;
    let shape = outline.shape(vertex);
    let is_list = shape.takes_lists
        && cell(row, VALUE).is_none()
        && (!shape.takes_objects || cell(row, LIST).is_some());
    let content = match cell(row, VALUE) {
        Some(value) => Content::Leaf(value.clone()),
        None if is_list => Content::List,
        None => Content::Object,
    };
    let mut node = Node::new(outline.schema().vertex(vertex).id.clone(), content, None);
    for (column, value) in row.iter().filter(|(column, _)| !RESERVED.contains(&&**column)) {
        node.parts.push(match outline.member_named(shape, column.as_bytes()) {
            Some(edge) => {
                let arrow = outline.arrow(edge);
                let tree = value.json().tree();
                let child = reader.subtree(outline.schema().edge(edge).tgt, tree.root(), Some(number))?;
                if let (Some(Node { content: Content::Leaf(leaf), .. }), false) =
                    (reader.nodes.get_mut(&child), value.form() == Default::default())
                {
                    *leaf = value.clone();
                }
                let is_named = arrow.names_member() && arrow.label() == &**column;
                Part::Child { node: child, arrow, key: (!is_named).then(|| Json::string(column)) }
            }
            None => Part::Extra { key: Json::string(column), value: value.clone() },
        });
    }
    let position =
        |row: &Row| cell(row, POSITION).and_then(|value| value.json().as_str().parse::<u64>().ok());
    if links.iter().all(|(_, _, row)| position(row).is_some()) {
        links.arrange_by_key(|(_, _, row)| position(row));
    }
    for (at, (arrow, target, row)) in links.into_iter().enumerate() {
        let member = cell(row, MEMBER).map(|member| member.json().clone());
        let edge = if is_list {
            outline.item(shape, at)
        } else {
            let name =
                member.as_ref().map_or(arrow.label().to_owned(), |member| decoded(member).into_owned());
            outline.member_named(shape, name.as_bytes())
        };
        let arrow = edge.map_or_else(|| Arc::new(arrow.clone()), |edge| outline.arrow(edge));
        node.parts.push(Part::Child { node: target, arrow, key: member });
    }
    Ok(node)
}
