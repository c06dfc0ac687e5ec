//! Everything that is wrong with an instance: its structure (I1–I7), value types, constraints.
//!
//! A tree is validated as the record that it is, so that every constraint of the schema is looked at. Graphs whose
//! nodes are shared or lead in circles are no record: there each node is looked at by itself.

use super::code;
use super::compiled::Checks;
use super::graph::GraphInstance;
use super::issue::Issue;
use super::node::{Arrow, Content, Node, Part};
use super::outline::Outline;
use super::table::TableInstance;
use super::tree::TreeInstance;
use super::validate::Validator;
use super::validity::{Options, Validity};
use crate::diagnostic::Result;
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::BTreeMap;
use crate::schema::VertexId;
use crate::value::{Json, Tree, Writer};
use std::sync::Arc;

/// Every violation is reported.
const ALL: Options = Options { findings: usize::MAX, ..Options::DEFAULT };

impl TreeInstance {
    /// What is wrong with the tree: anchors and edges that the schema does not have, edges between vertices that they
    /// do not connect, and every violation of the record.
    ///
    /// # Errors
    /// `limit-steps`, `limit-depth`, `cancelled`.
    pub fn issues(&self, outline: &Outline<'_>, budget: &mut Budget) -> Result<Vec<Issue>> {
        let mut issues = Vec::new();
        let structure = Structure { outline, nodes: &self.nodes };
        for (number, node) in &self.nodes {
            budget.spend(1 + node.parts.len() as u64)?;
            structure.node(*number, node, &mut issues);
        }
        let Some(root) = outline.find(&self.schema_root) else {
            let message = format!("the schema has no vertex `{}`", self.schema_root);
            issues.push(Issue::new(code::UNKNOWN_ANCHOR, message).vertex(&self.schema_root));
            return Ok(issues);
        };
        if let Some(node) = self.node(self.root)
            && let Some(anchor) = outline.find(&node.anchor)
            && !outline.admits(root, anchor)
        {
            let message = format!("the root is of `{}`, not of `{}`", node.anchor, self.schema_root);
            issues.push(Issue::new(code::EDGE_MISPLACED, message).node(self.root).vertex(&node.anchor));
        }
        for issue in &mut issues {
            if let Some(node) = issue.node {
                issue.path = self.path(node).to_string();
            }
        }
        let record = self.to_json(budget)?;
        let tree = Tree::parse(record.as_str().as_bytes(), budget.limits())?;
        let mut report = Vec::new();
        Validator::new(outline.schema(), ALL).validate(root, tree.root(), budget, &mut report)?;
        for violation in &report {
            let mut issue = Issue::of(violation, outline.schema());
            issue.node = Some(self.nearest(&violation.path).0);
            issues.push(issue);
        }
        Ok(issues)
    }
}

impl GraphInstance {
    /// What is wrong with the graph. Where it consists of trees, they are validated as records.
    ///
    /// # Errors
    /// As [`TreeInstance::issues`].
    pub fn issues(&self, outline: &Outline<'_>, budget: &mut Budget) -> Result<Vec<Issue>> {
        match self.to_trees(None, budget) {
            Ok(trees) => {
                let mut issues = Vec::new();
                for tree in trees {
                    issues.extend(tree.issues(outline, budget)?);
                }
                return Ok(issues);
            }
            Err(error) if error.code == "no-counterpart" => {}
            Err(error) => return Err(error),
        }
        let checks = Arc::new(Checks::new(outline.schema(), ALL));
        let mut validator = Validator::sharing(outline.schema(), checks);
        let structure = Structure { outline, nodes: &self.nodes };
        let mut issues = Vec::new();
        for (number, node) in &self.nodes {
            budget.spend(1 + node.parts.len() as u64)?;
            structure.node(*number, node, &mut issues);
            if let Some(vertex) = outline.find(&node.anchor) {
                structure.alone(*number, vertex, node, &mut validator, budget, &mut issues)?;
            }
        }
        Ok(issues)
    }
}

impl TableInstance {
    /// What is wrong with the tables; the node of an issue is the number of a row within the table of its vertex.
    ///
    /// # Errors
    /// As [`TreeInstance::issues`].
    pub fn issues(&self, outline: &Outline<'_>, budget: &mut Budget) -> Result<Vec<Issue>> {
        let mut issues = Vec::new();
        for vertex in self.tables.keys().filter(|vertex| outline.find(vertex).is_none()) {
            let message = format!("the schema has no vertex `{vertex}`");
            issues.push(Issue::new(code::UNKNOWN_TABLE, message).vertex(vertex));
        }
        for (arrow, pairs) in &self.keys {
            for (from, to) in pairs {
                budget.spend(1)?;
                for (vertex, row) in [(&arrow.src, from), (&arrow.tgt, to)] {
                    if *row as usize >= self.rows(vertex).len() {
                        let message =
                            format!("a foreign key speaks of row {row} of `{vertex}`, which is not there");
                        issues.push(Issue::new(code::DANGLING_KEY, message).node(*row).vertex(vertex));
                    }
                }
            }
        }
        if !issues.is_empty() {
            return Ok(issues);
        }
        let graph = self.to_graph(outline, budget)?;
        let rows = self.row_numbers(&graph);
        let mut issues = graph.issues(outline, budget)?;
        for issue in &mut issues {
            if let Some((vertex, row)) = issue.node.and_then(|node| rows.get(&node)) {
                issue.node = Some(*row);
                issue.vertex = Some(vertex.clone());
            }
        }
        Ok(issues)
    }
}

impl TableInstance {
    /// The row that each node of the tables' graph stands for: the first nodes are rows, table by table; others belong
    /// to one.
    pub(super) fn row_numbers(&self, graph: &GraphInstance) -> BTreeMap<u32, (Name, u32)> {
        let mut rows: BTreeMap<u32, (Name, u32)> = BTreeMap::new();
        let mut next = 0u32;
        for (vertex, table) in &self.tables {
            for (row, _) in (0u32..).zip(table) {
                rows.insert(next, (vertex.clone(), row));
                next = next.saturating_add(1);
            }
        }
        for (number, node) in graph.nodes() {
            let Some(row) = rows.get(&number).cloned() else { continue };
            for (child, _) in node.children() {
                rows.entry(child).or_insert_with(|| row.clone());
            }
        }
        rows
    }
}

struct Structure<'a, 's> {
    outline: &'a Outline<'s>,
    nodes: &'a BTreeMap<u32, Node>,
}

impl Structure<'_, '_> {
    /// Anchors and edges.
    fn node(&self, number: u32, node: &Node, issues: &mut Vec<Issue>) {
        let Some(anchor) = self.outline.find(&node.anchor) else {
            let message = format!("the schema has no vertex `{}`", node.anchor);
            issues.push(Issue::new(code::UNKNOWN_ANCHOR, message).node(number).vertex(&node.anchor));
            return;
        };
        for (child, arrow) in node.children() {
            let tell = |code: &'static str, message: String| {
                Issue::new(code, message).node(child).vertex(&node.anchor)
            };
            let Some(edge) = self.edge(anchor, arrow) else {
                let name = arrow.name.as_deref().unwrap_or_default();
                let message = format!(
                    "the schema has no {} edge `{name}` from `{}` to `{}`",
                    arrow.kind, arrow.src, arrow.tgt
                );
                issues.push(tell(code::UNKNOWN_EDGE, message));
                continue;
            };
            let schema = self.outline.schema();
            if !self.outline.shape(anchor).facets.contains(&schema.edge(edge).src) {
                let message = format!("an edge of `{}` leaves a node of `{}`", arrow.src, node.anchor);
                issues.push(tell(code::EDGE_MISPLACED, message));
            }
            let Some(target) = self.nodes.get(&child) else { continue };
            if let Some(below) = self.outline.find(&target.anchor)
                && !self.outline.admits(schema.edge(edge).tgt, below)
            {
                let message = format!("an edge to `{}` leads to a node of `{}`", arrow.tgt, target.anchor);
                issues.push(tell(code::EDGE_MISPLACED, message));
            }
        }
    }

    /// The edge of an arrow; in tables an arrow leads from row to row, so that references on the way are skipped.
    fn edge(&self, anchor: VertexId, arrow: &Arrow) -> Option<crate::schema::EdgeId> {
        self.outline.edge(arrow).or_else(|| {
            let tgt = self.outline.find(&arrow.tgt)?;
            let shape = self.outline.shape(anchor);
            let edge = if arrow.is_item() {
                self.outline.item(shape, usize::MAX)
            } else {
                self.outline.member_named(shape, arrow.label().as_bytes())
            }?;
            let is_same = self.outline.schema().edge(edge).kind.as_str() == &*arrow.kind;
            (is_same && self.outline.admits(self.outline.schema().edge(edge).tgt, tgt)).then_some(edge)
        })
    }

    /// What can be said of a node without those that it leads to.
    fn alone(
        &self,
        number: u32,
        vertex: VertexId,
        node: &Node,
        validator: &mut Validator<'_>,
        budget: &mut Budget,
        issues: &mut Vec<Issue>,
    ) -> Result<()> {
        let tell =
            |code: &'static str, message: String| Issue::new(code, message).node(number).vertex(&node.anchor);
        let shape = self.outline.shape(vertex);
        if node.content == Content::Object {
            let has = |name: &str| node.parts.iter().any(|part| part.name() == name);
            for name in shape.required.iter().filter(|name| !has(name)) {
                issues.push(tell(code::REQUIRED_MISSING, format!("`{name}` is missing")));
            }
            for part in node.parts.iter().filter(|_| shape.is_closed) {
                if let Part::Extra { .. } = part {
                    issues.push(tell(
                        code::UNDECLARED_MEMBER,
                        format!("member `{}` is not declared", part.name()),
                    ));
                }
            }
        }
        if let Some(value) = node.value() {
            let tree = Tree::parse(value.json().as_str().as_bytes(), budget.limits())?;
            let mut report = Vec::new();
            validator.validate(vertex, tree.root(), budget, &mut report)?;
            for violation in &report {
                let mut issue = Issue::of(violation, self.outline.schema());
                issue.node = Some(number);
                issues.push(issue);
            }
        } else if let Some(check) = validator.checks().scalar_alone(self.outline.schema(), vertex) {
            // As many parts as the node has, each different from the others.
            let stand_in = stand_in(node);
            let tree = stand_in.tree();
            for failure in check.failures(tree.root()) {
                if matches!(failure.code, code::NOT_IN_ENUM | code::NOT_CONST) {
                    continue;
                }
                let message = check.message(&failure, tree.root().kind().as_str()).into_owned();
                let validity = if failure.refused { Validity::Invalid } else { Validity::Unknown };
                issues.push(Issue { validity, ..tell(failure.code, message) });
            }
        }
        Ok(())
    }
}

fn stand_in(node: &Node) -> Json {
    let mut out = Writer::default();
    let is_list = node.content == Content::List;
    if is_list {
        out.array()
    } else {
        out.object()
    }
    for index in 0..node.parts.len() as u64 {
        if !is_list {
            out.key(&index.to_string());
        }
        out.number(index);
    }
    if is_list {
        out.end_array()
    } else {
        out.end_object()
    }
    Json::trusted(out.finish())
}
