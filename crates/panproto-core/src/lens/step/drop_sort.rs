//! `drop_sort`: a vertex goes, with every member that leads to it; or all vertices of a kind.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::Scope;
use super::json::{Reader, Writer};
use super::{Action, AddSort, Shape, Step};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::schema::{EdgeKind, Kind, VertexId};

/// Drops a vertex, or all vertices of a kind.
#[derive(Clone, Debug, PartialEq)]
pub struct DropSort {
    /// A vertex by its id or definition; else the name of a kind.
    pub name: Box<str>,
}

impl DropSort {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "name"])?;
        Ok(Step::DropSort(DropSort { name: reader.text(&["name"])? }))
    }

    fn find(&self, scope: &Scope) -> Result<Vec<VertexId>> {
        if let Ok(vertex) = scope.find(&self.name) {
            return Ok(vec![vertex]);
        }
        let kind = Kind::from_name(&self.name);
        let of_kind = scope.schema.vertices().filter(|(_, vertex)| vertex.kind == kind);
        let found: Vec<_> = of_kind.map(|(id, _)| id).collect();
        if found.is_empty() {
            let message = format!("the schema has no vertex, definition or kind `{}`", self.name);
            return Err(Diagnostic::new(ErrorKind::Migration, "focus-not-found", message)
                .at(&*self.name)
                .boxed());
        }
        Ok(found)
    }
}

impl Action for DropSort {
    fn step_type(&self) -> &'static str {
        "drop_sort"
    }

    fn write(&self, out: &mut Writer) {
        out.text("name", &self.name);
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let mut change = Change::new(scope);
        let schema = &scope.schema;
        for vertex in self.find(scope)? {
            let refused = |why: &str| {
                let message = format!("`{}` cannot go: {why}", schema.vertex(vertex).id);
                Err(Diagnostic::new(ErrorKind::Migration, "sort-in-use", message).at(&*self.name).boxed())
            };
            if vertex == schema.main() || vertex == schema.resolve(schema.main()).vertex {
                return refused("it is the record itself");
            }
            // A member may be absent; items, arms and references cannot lead nowhere.
            for (_, edge) in schema.edges().filter(|(_, edge)| edge.tgt == vertex) {
                if edge.kind != EdgeKind::Prop {
                    return refused("something other than a member leads to it; remove that first");
                }
                change.matched(edge.src);
            }
            change.editor.remove_vertex(vertex);
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let found = self.find(scope)?;
        let used = scope.schema.edges().any(|(_, edge)| found.contains(&edge.tgt));
        let [only] = found.as_slice() else {
            return Err(super::no_inverse(self, "several vertices are gone"));
        };
        if used {
            return Err(super::no_inverse(
                self,
                "members that led to it are gone; remove them by `remove_field`",
            ));
        }
        let known = |vertex: VertexId| {
            scope
                .schema
                .roots()
                .iter()
                .any(|root| root.vertex == vertex)
                .then(|| scope.schema.vertex(vertex).id.as_str().into())
        };
        let Some(shape) = Shape::cut(&scope.schema, *only, &known) else {
            return Err(super::no_inverse(self, "it contains itself"));
        };
        let root = scope.schema.roots().iter().find(|root| root.vertex == *only);
        let name = scope.schema.vertex(*only).id.as_str().into();
        Ok(Step::AddSort(AddSort { name, shape, root: root.map(|root| root.name.as_str().into()) }))
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Dropped { name: self.name.to_string(), what: "sort" }]
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        format!("drop `{}`", self.name)
    }
}
