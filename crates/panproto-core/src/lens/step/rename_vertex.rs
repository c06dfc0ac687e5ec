//! `rename_vertex`: a definition gets another name, and the `$type` of its objects with it.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::Scope;
use super::json::{Reader, Writer};
use super::{Action, Step};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::name::Name;
use crate::schema::EdgeKind;

/// Renames a vertex or definition.
#[derive(Clone, Debug, PartialEq)]
pub struct RenameVertex {
    /// The vertex.
    pub focus: Box<str>,
    /// Its new id. A definition's namespaced id that was the same, and the root's name, change with it.
    pub to: Box<str>,
}

impl RenameVertex {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "focus", "name", "target", "to"])?;
        let focus = reader.text(&["focus", "name"])?;
        Ok(Step::RenameVertex(RenameVertex { focus, to: reader.text(&["target", "to"])? }))
    }
}

impl Action for RenameVertex {
    fn step_type(&self) -> &'static str {
        "rename_vertex"
    }

    fn write(&self, out: &mut Writer) {
        out.text("focus", &self.focus);
        out.text("target", &self.to);
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let vertex = scope.find(&self.focus)?;
        let old = scope.schema.vertex(vertex).id.clone();
        if old != *self.to && scope.schema.find(&self.to).is_some() {
            let message = format!("there is a vertex `{}` already", self.to);
            return Err(Diagnostic::new(ErrorKind::Migration, "vertex-exists", message)
                .at(&*self.focus)
                .boxed());
        }
        let mut change = Change::new(scope);
        // The record's object has the same namespaced id as the record itself.
        let same = |id: &Option<Name>| id.as_deref() == Some(&*old);
        for vertex in change.editor.vertices_mut() {
            if same(&vertex.nsid) {
                vertex.nsid = Some((&*self.to).into());
            }
        }
        if let Some(vertex) = change.editor.vertex_mut(vertex) {
            vertex.id = (&*self.to).into();
        }
        let arms: Vec<_> = change
            .editor
            .edges()
            .filter(|(_, edge)| edge.kind == EdgeKind::Variant && edge.tgt == vertex && same(&edge.name))
            .map(|(id, _)| id)
            .collect();
        for arm in arms {
            if let Some(edge) = change.editor.edge_mut(arm) {
                edge.name = Some((&*self.to).into());
            }
        }
        for root in change.editor.roots_mut().iter_mut().filter(|root| root.vertex == vertex) {
            if root.name == old {
                root.name = (&*self.to).into();
            }
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let old = scope.schema.vertex(scope.find(&self.focus)?).id.as_str().into();
        Ok(Step::RenameVertex(RenameVertex { focus: self.to.clone(), to: old }))
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn optic(&self) -> Optic {
        Optic::Iso
    }

    fn text(&self) -> String {
        format!("rename the vertex `{}` to `{}`", self.focus, self.to)
    }
}
