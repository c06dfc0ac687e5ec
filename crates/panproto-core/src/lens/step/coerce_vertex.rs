//! `coerce_vertex`: what stands at a position is replaced, wherever it is used: items of lists, arms, definitions.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::Scope;
use super::json::{Reader, Writer};
use super::{Action, Shape, Step};
use crate::diagnostic::Result;

/// Replaces what stands at a position; values are converted by the built-in coercions.
#[derive(Clone, Debug, PartialEq)]
pub struct CoerceVertex {
    /// The position.
    pub focus: Box<str>,
    /// What stands there afterwards.
    pub to: Shape,
}

impl CoerceVertex {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "focus", "name", "shape"])?;
        let focus = reader.optional_text(&["focus", "name"])?.unwrap_or_default();
        let shape = reader.get("shape").ok_or_else(|| reader.missing("shape"))?;
        Ok(Step::CoerceVertex(CoerceVertex { focus, to: Shape::read(shape, reader.place("shape"))? }))
    }
}

impl Action for CoerceVertex {
    fn step_type(&self) -> &'static str {
        "coerce_vertex"
    }

    fn write(&self, out: &mut Writer) {
        out.text("focus", &self.focus);
        out.raw("shape", &self.to.write());
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let at = scope.find(&self.focus)?;
        let was = scope.schema.vertex(at);
        let mut change = Change::new(scope);
        let id = was.id.to_string();
        let vertex = self.to.add(&mut change.editor, scope, &id, was.document)?;
        let edges = scope.schema.edges().filter(|(_, edge)| edge.tgt == at);
        for (id, _) in edges {
            change.editor.retarget(id, vertex);
        }
        for root in change.editor.roots_mut().iter_mut().filter(|root| root.vertex == at) {
            root.vertex = vertex;
        }
        change.editor.release(at);
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let at = scope.find(&self.focus)?;
        let Some(to) = Shape::cut(&scope.schema, at, &|_| None) else {
            return Err(super::no_inverse(self, "its position contains itself"));
        };
        Ok(Step::CoerceVertex(CoerceVertex { focus: self.focus.clone(), to }))
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Coerced { name: self.focus.to_string(), class: "projection" }]
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        format!("convert `{}` to {}", self.focus, self.to.vertex.kind)
    }
}
