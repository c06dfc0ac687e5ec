//! `add_sort`: a vertex that nothing leads to yet, as a definition is.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::Scope;
use super::json::{Reader, Writer};
use super::shape::kind_named;
use super::{Action, DropSort, Shape, Step};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::schema::Role;

/// Adds a vertex.
#[derive(Clone, Debug, PartialEq)]
pub struct AddSort {
    /// Its id.
    pub name: Box<str>,
    /// What stands there.
    pub shape: Shape,
    /// It is a root of this name as well.
    pub root: Option<Box<str>>,
}

impl AddSort {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "name", "kind", "shape", "default", "root"])?;
        let name = reader.text(&["name"])?;
        let mut shape = match reader.get("shape") {
            Some(shape) => Shape::read(shape, reader.place("shape"))?,
            None => Shape::of(kind_named(&reader.text(&["kind"])?)),
        };
        if let Some(default) = reader.json("default").filter(|value| value.as_str() != "null") {
            shape.vertex.default = Some(default);
        }
        Ok(Step::AddSort(AddSort { name, shape, root: reader.optional_text(&["root"])? }))
    }
}

impl Action for AddSort {
    fn step_type(&self) -> &'static str {
        "add_sort"
    }

    fn write(&self, out: &mut Writer) {
        out.text("name", &self.name);
        if self.shape == Shape::of(self.shape.vertex.kind.clone()) {
            out.text("kind", self.shape.vertex.kind.as_str());
        } else {
            out.raw("shape", &self.shape.write());
        }
        out.optional("root", self.root.as_deref());
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        if scope.schema.find(&self.name).is_some() {
            let message = format!("there is a vertex `{}` already", self.name);
            return Err(Diagnostic::new(ErrorKind::Migration, "vertex-exists", message)
                .at(&*self.name)
                .boxed());
        }
        let mut change = Change::new(scope);
        let vertex = self.shape.add(
            &mut change.editor,
            scope,
            &self.name,
            scope.schema.vertex(scope.base).document,
        )?;
        if let Some(root) = &self.root {
            change.editor.add_root(root, vertex, Role::Value);
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, _: &Scope) -> Result<Step> {
        Ok(Step::DropSort(DropSort { name: self.name.clone() }))
    }

    fn needs(&self) -> Vec<Need> {
        let kind = self.shape.vertex.kind.to_string();
        let default = self.shape.vertex.default.clone();
        vec![Need::Added { name: self.name.to_string(), kind, default, required: false }]
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        format!("add the vertex `{}` ({})", self.name, self.shape.vertex.kind)
    }
}
