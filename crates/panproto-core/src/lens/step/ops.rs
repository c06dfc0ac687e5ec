//! `add_op`, `drop_op`, `rename_op`, `rename_edge_name`: edges by the vertices that they lead between.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::Scope;
use super::json::{Reader, Writer};
use super::{Action, Step};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::schema::{Edge, EdgeId, EdgeKind, VertexId};

/// Which of the steps it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ops {
    /// An edge is added.
    Add,
    /// Edges are dropped.
    Drop,
    /// Edges get another name.
    Rename,
    /// The edges of a name between two vertices get another name.
    RenameEdgeName,
}

/// Changes edges.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeOp {
    /// Which of the steps it is.
    pub step: Ops,
    /// Name of the edges. `drop_op` and `rename_op` take an edge kind that a user's protocol names as well.
    pub name: Box<str>,
    /// The new name.
    pub to: Option<Box<str>>,
    /// Where they start; anywhere if nothing is said.
    pub src: Option<Box<str>>,
    /// Where they lead; anywhere if nothing is said.
    pub tgt: Option<Box<str>>,
    /// What an added edge means; a member if nothing is said.
    pub kind: Option<EdgeKind>,
}

impl ChangeOp {
    pub(super) fn read(reader: &Reader<'_>, step: Ops) -> Result<Step> {
        let known: &[&str] = match step {
            Ops::Add => &["step_type", "name", "src_sort", "tgt_sort", "src", "tgt", "kind"],
            Ops::Drop => &["step_type", "name", "src_sort", "tgt_sort", "src", "tgt"],
            Ops::Rename | Ops::RenameEdgeName => &[
                "step_type",
                "name",
                "old",
                "old_name",
                "target",
                "new",
                "new_name",
                "src_sort",
                "tgt_sort",
                "src",
                "tgt",
            ],
        };
        reader.only(known)?;
        let (src, tgt) = (["src_sort", "src"], ["tgt_sort", "tgt"]);
        let to = match step {
            Ops::Add | Ops::Drop => None,
            Ops::Rename | Ops::RenameEdgeName => Some(reader.text(&["target", "new", "new_name"])?),
        };
        let required = |names: &[&str]| -> Result<Option<Box<str>>> {
            if step == Ops::Add { reader.text(names).map(Some) } else { reader.optional_text(names) }
        };
        Ok(Step::ChangeOp(ChangeOp {
            step,
            name: reader.text(&["name", "old", "old_name"])?,
            to,
            src: if step == Ops::RenameEdgeName { Some(reader.text(&src)?) } else { required(&src)? },
            tgt: required(&tgt)?,
            kind: reader.optional_text(&["kind"])?.map(|kind| EdgeKind::from_name(&kind)),
        }))
    }

    /// The edges that it speaks of; whether they are found by their kind.
    fn find(&self, scope: &Scope) -> Result<(Vec<EdgeId>, bool)> {
        let end = |focus: &Option<Box<str>>| focus.as_deref().map(|focus| scope.find(focus)).transpose();
        let (src, tgt) = (end(&self.src)?, end(&self.tgt)?);
        let at = |wanted: Option<VertexId>, at: VertexId| {
            wanted.is_none_or(|wanted| wanted == at || scope.schema.resolve(wanted).vertex == at)
        };
        let between = || scope.schema.edges().filter(move |(_, edge)| at(src, edge.src) && at(tgt, edge.tgt));
        let named: Vec<_> = between()
            .filter(|(_, edge)| edge.kind == EdgeKind::Prop && edge.name.as_deref() == Some(&*self.name))
            .map(|(id, _)| id)
            .collect();
        if !named.is_empty() {
            return Ok((named, false));
        }
        let kind = EdgeKind::Other((&*self.name).into());
        let of_kind: Vec<_> = between().filter(|(_, edge)| edge.kind == kind).map(|(id, _)| id).collect();
        if of_kind.is_empty() {
            return Err(self.not_found());
        }
        Ok((of_kind, true))
    }

    #[cold]
    fn not_found(&self) -> Error {
        let message = format!("the schema has no such edge `{}`", self.name);
        Diagnostic::new(ErrorKind::Migration, "edge-not-found", message).at(&*self.name).boxed()
    }
}

impl Action for ChangeOp {
    fn step_type(&self) -> &'static str {
        match self.step {
            Ops::Add => "add_op",
            Ops::Drop => "drop_op",
            Ops::Rename => "rename_op",
            Ops::RenameEdgeName => "rename_edge_name",
        }
    }

    fn write(&self, out: &mut Writer) {
        out.text("name", &self.name);
        out.optional("target", self.to.as_deref());
        out.optional("src_sort", self.src.as_deref());
        out.optional("tgt_sort", self.tgt.as_deref());
        out.optional("kind", self.kind.as_ref().map(EdgeKind::as_str));
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let mut change = Change::new(scope);
        if self.step == Ops::Add {
            let kind = self.kind.clone().unwrap_or(EdgeKind::Prop);
            let from = self.src.as_deref().unwrap_or("");
            let tgt = scope.find(self.tgt.as_deref().unwrap_or(""))?;
            let src = if kind == EdgeKind::Prop { scope.object(from)? } else { scope.find(from)? };
            let name = match kind {
                EdgeKind::Prop | EdgeKind::Pattern | EdgeKind::Variant => Some((&*self.name).into()),
                _ => None,
            };
            if kind == EdgeKind::Prop {
                scope.is_free(src, &self.name, from)?;
                change.matched(src);
            }
            change.editor.add_edge(Edge { src, tgt, kind, name, required: false }, None);
            return Ok(vec![change.finish()?]);
        }
        let (edges, by_kind) = self.find(scope)?;
        for id in edges {
            let edge = scope.schema.edge(id);
            if !by_kind {
                change.matched(edge.src);
            }
            match &self.to {
                None => change.editor.remove_edge(id),
                Some(to) => {
                    if !by_kind && *to != self.name {
                        scope.is_free(edge.src, to, &self.name)?;
                    }
                    if let Some(edge) = change.editor.edge_mut(id) {
                        if by_kind {
                            edge.kind = EdgeKind::Other((&**to).into());
                        } else {
                            edge.name = Some((&**to).into());
                        }
                    }
                }
            }
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let mut inverse = self.clone();
        inverse.kind = None;
        match (&self.to, self.step) {
            (_, Ops::Add) => {
                inverse.step = Ops::Drop;
                // Where the vertices are shared with other names, the name tells which edge it is.
                return Ok(Step::ChangeOp(inverse));
            }
            (Some(to), _) => {
                inverse.name.clone_from(to);
                inverse.to = Some(self.name.clone());
                let other = ChangeOp { name: to.clone(), ..self.clone() };
                if other.find(scope).is_ok() {
                    return Err(super::no_inverse(self, "edges of both names cannot be told apart"));
                }
                return Ok(Step::ChangeOp(inverse));
            }
            (None, _) => {}
        }
        let (edges, _) = self.find(scope)?;
        let [only] = edges.as_slice() else {
            return Err(super::no_inverse(self, "several edges are gone"));
        };
        let edge = scope.schema.edge(*only);
        let id = |vertex| Some(scope.schema.vertex(vertex).id.as_str().into());
        let stays = self.apply(scope)?.first().is_some_and(|applied| applied.vertex(edge.tgt).is_some());
        if edge.required || !stays {
            return Err(super::no_inverse(self, "what it led to is gone; use `remove_field`"));
        }
        Ok(Step::ChangeOp(ChangeOp {
            step: Ops::Add,
            name: self.name.clone(),
            to: None,
            src: id(edge.src),
            tgt: id(edge.tgt),
            kind: (edge.kind != EdgeKind::Prop).then(|| edge.kind.clone()),
        }))
    }

    fn needs(&self) -> Vec<Need> {
        let name = self.name.to_string();
        match self.step {
            Ops::Add => vec![Need::Added { name, kind: "op".to_owned(), default: None, required: false }],
            Ops::Drop => vec![Need::Dropped { name, what: "op" }],
            Ops::Rename | Ops::RenameEdgeName => Vec::new(),
        }
    }

    fn optic(&self) -> Optic {
        if self.to.is_some() { Optic::Iso } else { Optic::Lens }
    }

    fn text(&self) -> String {
        match (&self.to, self.step) {
            (Some(to), _) => format!("rename the edges `{}` to `{to}`", self.name),
            (None, Ops::Add) => format!("add the edge `{}`", self.name),
            (None, _) => format!("drop the edges `{}`", self.name),
        }
    }
}
