//! `apply_expr`: a member's value goes through an expression, and back through another one.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::formula::{Formula, not_turned, read_shape, write_shape};
use super::json::{Reader, Writer};
use super::{Action, Shape, Step, read_field, write_field};
use crate::diagnostic::Result;
use crate::schema::{EdgeId, VertexId};

/// Sends a member's value through an expression.
#[derive(Clone, Debug, PartialEq)]
pub struct ApplyExpr {
    /// The member; `__value__` is the scope's own position, as the items of a list under `map_items`.
    pub field: Field,
    /// There and back.
    pub formula: Formula,
    /// What stands there afterwards; as before if nothing is said.
    pub to: Option<Shape>,
    /// It is written as `coerce`, which always says what stands there afterwards.
    pub coerce: bool,
}

const VALUE: &str = "__value__";

impl ApplyExpr {
    pub(super) fn read(reader: &Reader<'_>, coerce: bool) -> Result<Step> {
        reader.only(&[
            "step_type",
            "parent",
            "focus",
            "name",
            "field",
            "expr",
            "inverse",
            "coercion",
            "kind",
            "target",
            "shape",
        ])?;
        let formula = Formula::read(reader)?;
        let to = read_shape(reader, &["kind", "target"])?;
        Ok(Step::ApplyExpr(ApplyExpr { field: read_field(reader, &["name"])?, formula, to, coerce }))
    }

    /// The edges whose values are sent, and where they lead.
    fn edges(&self, scope: &Scope) -> Result<(Vec<EdgeId>, VertexId)> {
        if &*self.field.name == VALUE {
            let at = match &self.field.parent {
                Some(parent) => scope.find(parent)?,
                None => scope.base,
            };
            let edges = scope.schema.edges().filter(|(_, edge)| edge.tgt == at).map(|(id, _)| id);
            return Ok((edges.collect(), at));
        }
        let member = scope.member(&self.field)?;
        Ok((vec![member.edge], member.value))
    }
}

impl Action for ApplyExpr {
    fn step_type(&self) -> &'static str {
        if self.coerce { "coerce" } else { "apply_expr" }
    }

    fn write(&self, out: &mut Writer) {
        write_field(out, &self.field);
        self.formula.write(out);
        write_shape(out, self.to.as_ref());
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let (edges, value) = self.edges(scope)?;
        let mut change = Change::new(scope);
        if let Some(to) = &self.to {
            let was = scope.schema.vertex(value);
            let mut shape = to.clone();
            shape.vertex.nullable |= scope.schema.resolve(value).nullable;
            let vertex = shape.add(&mut change.editor, scope, &was.id.to_string(), was.document)?;
            for edge in &edges {
                change.editor.retarget(*edge, vertex);
            }
        }
        for edge in edges {
            change.send(edge, self.formula.apply());
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let (_, value) = self.edges(scope)?;
        let Some(formula) = self.formula.turned() else {
            return Err(not_turned(self));
        };
        let to = match &self.to {
            None => None,
            Some(_) => Some(
                Shape::cut(&scope.schema, value, &|_| None)
                    .ok_or_else(|| super::no_inverse(self, "its position contains itself"))?,
            ),
        };
        Ok(Step::ApplyExpr(ApplyExpr { field: self.field.clone(), formula, to, coerce: self.coerce }))
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Coerced { name: self.field.text(), class: self.formula.class_name() }]
    }

    fn optic(&self) -> Optic {
        self.formula.optic()
    }

    fn text(&self) -> String {
        format!("let `{}` be `{}`", self.field.text(), self.formula.text())
    }
}
