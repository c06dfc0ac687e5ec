//! `set_vertex`: all that a position says of its values, but for what it contains.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::Scope;
use super::json::{Reader, Writer};
use super::{Action, Shape, Step};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};

/// Changes what a position says of its values: `null`, undeclared members, constraints, default, namespaced id.
#[derive(Clone, Debug, PartialEq)]
pub struct SetVertex {
    /// The position.
    pub focus: Box<str>,
    /// What it says then; of the same kind, without edges.
    pub shape: Shape,
}

impl SetVertex {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "focus", "name", "shape"])?;
        let focus = reader.optional_text(&["focus", "name"])?.unwrap_or_default();
        let shape = reader.get("shape").ok_or_else(|| reader.missing("shape"))?;
        let shape = Shape::read(shape, reader.place("shape"))?;
        if !shape.edges.is_empty() {
            let message = "`set_vertex` says nothing of what a position contains";
            return Err(Diagnostic::new(ErrorKind::Parse, "unknown-member", message)
                .at(reader.place("shape.edges"))
                .spanning(reader.value.span())
                .boxed());
        }
        Ok(Step::SetVertex(SetVertex { focus, shape }))
    }
}

impl Action for SetVertex {
    fn step_type(&self) -> &'static str {
        "set_vertex"
    }

    fn write(&self, out: &mut Writer) {
        out.text("focus", &self.focus);
        out.raw("shape", &self.shape.write());
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let at = scope.find(&self.focus)?;
        let was = scope.schema.vertex(at);
        if was.kind != self.shape.vertex.kind {
            let message =
                format!("`{}` is of kind `{}`, not `{}`", self.focus, was.kind, self.shape.vertex.kind);
            return Err(Diagnostic::new(ErrorKind::Migration, "kind-mismatch", message)
                .at(&*self.focus)
                .help("use `coerce` to change the kind of a member")
                .boxed());
        }
        let mut change = Change::new(scope);
        if let Some(vertex) = change.editor.vertex_mut(at) {
            let (id, span, document) = (vertex.id.clone(), vertex.span, vertex.document);
            *vertex = self.shape.vertex.clone();
            vertex.id = id;
            vertex.span = span;
            vertex.document = document;
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let shape = Shape::local(&scope.schema, scope.find(&self.focus)?);
        Ok(Step::SetVertex(SetVertex { focus: self.focus.clone(), shape }))
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        format!("let `{}` be {}", self.focus, self.shape.write())
    }
}
