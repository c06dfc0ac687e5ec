//! An instance of any shape.

use super::graph::GraphInstance;
use super::issue::Issue;
use super::outline::Outline;
use super::query::{Answer, Query};
use super::table::TableInstance;
use super::tree::TreeInstance;
use super::wire::bad;
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::limits::Budget;
use crate::value::{Json, Tree, Writer};

/// The shapes of instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `wtype`
    Tree,
    /// `functor`
    Tables,
    /// `graph`
    Graph,
}

impl Shape {
    /// The published name.
    pub fn as_str(self) -> &'static str {
        match self {
            Shape::Tree => "wtype",
            Shape::Tables => "functor",
            Shape::Graph => "graph",
        }
    }

    /// The shape with a name: the published one, or `tree`, `tables`.
    ///
    /// # Errors
    /// `unknown-shape`
    pub fn from_name(name: &str) -> Result<Shape> {
        match name {
            "wtype" | "WType" | "tree" => Ok(Shape::Tree),
            "functor" | "Functor" | "tables" => Ok(Shape::Tables),
            "graph" | "Graph" => Ok(Shape::Graph),
            _ => {
                let message = format!("there is no shape `{name}` of instances");
                Err(Diagnostic::new(ErrorKind::Usage, "unknown-shape", message)
                    .help("the shapes are `wtype`, `functor` and `graph`")
                    .boxed())
            }
        }
    }
}

/// A tree, tables or a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instance {
    /// One record.
    Tree(TreeInstance),
    /// Rows and foreign keys.
    Tables(TableInstance),
    /// Nodes and edges.
    Graph(GraphInstance),
}

impl Instance {
    /// Reads the published shape, whichever it is; it may be named, as in `{"WType": …}`. What is wrong with the
    /// structure is told beside the instance.
    ///
    /// # Errors
    /// `instance-shape`, `instance-value`.
    pub fn read(
        text: &[u8],
        outline: Option<&Outline<'_>>,
        budget: &mut Budget,
    ) -> Result<(Instance, Vec<Issue>)> {
        budget.spend(1 + text.len() as u64 / 16)?;
        let tree = Tree::parse(text, budget.limits())?;
        let root = tree.root();
        let has = |name: &str| root.get(name).is_some();
        // In order: a tree has seven parts, a graph three, tables two.
        let is_tree = has("WType") || has("arcs") || (root.is_array() && root.len() > 3);
        let is_graph = has("Graph") || has("edges") || (root.is_array() && root.len() == 3);
        if is_tree {
            let (tree, issues) = TreeInstance::from_wire_lenient(root, outline, budget)?;
            Ok((Instance::Tree(tree), issues))
        } else if is_graph {
            let (graph, issues) = GraphInstance::from_wire_lenient(root, outline, budget)?;
            Ok((Instance::Graph(graph), issues))
        } else if has("Functor") || has("tables") || root.is_array() {
            Ok((Instance::Tables(TableInstance::from_wire_value(root, budget)?), Vec::new()))
        } else {
            Err(bad(root, "this is no instance: it has neither `arcs` nor `edges` nor `tables`"))
        }
    }

    /// Writes the published shape.
    pub fn to_wire(&self) -> Json {
        let mut out = Writer::default();
        match self {
            Instance::Tree(tree) => tree.write_wire(&mut out),
            Instance::Tables(tables) => tables.write_wire(&mut out),
            Instance::Graph(graph) => graph.write_wire(&mut out),
        }
        Json::trusted(out.finish())
    }

    /// Its shape.
    pub fn shape(&self) -> Shape {
        match self {
            Instance::Tree(_) => Shape::Tree,
            Instance::Tables(_) => Shape::Tables,
            Instance::Graph(_) => Shape::Graph,
        }
    }

    /// Number of nodes, or of rows.
    pub fn len(&self) -> usize {
        match self {
            Instance::Tree(tree) => tree.len(),
            Instance::Tables(tables) => tables.len(),
            Instance::Graph(graph) => graph.len(),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same in another shape.
    ///
    /// # Errors
    /// `no-counterpart` for what the other shape has no place for.
    pub fn convert(&self, to: Shape, outline: &Outline<'_>, budget: &mut Budget) -> Result<Instance> {
        Ok(match (self, to) {
            (same, to) if same.shape() == to => same.clone(),
            (Instance::Tree(tree), Shape::Graph) => Instance::Graph(tree.to_graph()?),
            (Instance::Tree(tree), _) => Instance::Tables(TableInstance::from_tree(outline, tree, budget)?),
            (Instance::Graph(graph), Shape::Tree) => Instance::Tree(graph.to_tree(None, budget)?),
            (Instance::Graph(graph), _) => {
                Instance::Tables(TableInstance::from_graph(outline, graph, budget)?)
            }
            (Instance::Tables(tables), Shape::Graph) => Instance::Graph(tables.to_graph(outline, budget)?),
            (Instance::Tables(tables), _) => {
                Instance::Tree(tables.to_graph(outline, budget)?.to_tree(None, budget)?.renumbered())
            }
        })
    }

    /// Everything that is wrong with it.
    ///
    /// # Errors
    /// `limit-steps`, `limit-depth`, `cancelled`.
    pub fn issues(&self, outline: &Outline<'_>, budget: &mut Budget) -> Result<Vec<Issue>> {
        match self {
            Instance::Tree(tree) => tree.issues(outline, budget),
            Instance::Tables(tables) => tables.issues(outline, budget),
            Instance::Graph(graph) => graph.issues(outline, budget),
        }
    }

    /// Runs a query. Tables need a schema.
    ///
    /// # Errors
    /// `missing-argument` for tables without a schema; those of [`Query::tree`].
    pub fn query(&self, query: &Query, outline: Option<&Outline<'_>>, budget: &mut Budget) -> Result<Answer> {
        match (self, outline) {
            (Instance::Tree(tree), _) => query.tree(tree, budget),
            (Instance::Graph(graph), _) => query.graph(graph, budget),
            (Instance::Tables(tables), Some(outline)) => query.tables(tables, outline, budget),
            (Instance::Tables(_), None) => {
                let message = "a query over tables needs their schema";
                Err(Diagnostic::new(ErrorKind::Usage, "missing-argument", message).at("schema").boxed())
            }
        }
    }
}
