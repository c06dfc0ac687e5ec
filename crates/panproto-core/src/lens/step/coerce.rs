//! `coerce`: a member gets another type; its values are converted by the built-in coercions.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::json::{Reader, Writer};
use super::shape::kind_named;
use super::{Action, Shape, Step, read_field, write_field};
use crate::diagnostic::Result;
use crate::schema::Kind;

/// Converts a member's values to another type.
#[derive(Clone, Debug, PartialEq)]
pub struct Coerce {
    /// The member.
    pub field: Field,
    /// What stands there afterwards. Constraints of the old type are gone unless it states them.
    pub to: Shape,
}

impl Coerce {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "parent", "focus", "name", "field", "kind", "target", "shape"])?;
        let to = match reader.get("shape") {
            Some(shape) => Shape::read(shape, reader.place("shape"))?,
            None => Shape::of(kind_named(&reader.text(&["kind", "target"])?)),
        };
        Ok(Step::Coerce(Coerce { field: read_field(reader, &["name"])?, to }))
    }
}

impl Action for Coerce {
    fn step_type(&self) -> &'static str {
        "coerce"
    }

    fn write(&self, out: &mut Writer) {
        write_field(out, &self.field);
        if self.to == Shape::of(self.to.vertex.kind.clone()) {
            out.text("kind", self.to.vertex.kind.as_str());
        } else {
            out.raw("shape", &self.to.write());
        }
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let member = scope.member(&self.field)?;
        let mut change = Change::new(scope);
        let mut shape = self.to.clone();
        shape.vertex.nullable |= scope.schema.resolve(member.value).nullable;
        let id = scope.schema.vertex(member.value).id.to_string();
        let document = scope.schema.vertex(member.object).document;
        let value = shape.add(&mut change.editor, scope, &id, document)?;
        change.editor.retarget(member.edge, value);
        change.matched(member.object);
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let member = scope.member(&self.field)?;
        let Some(to) = Shape::cut(&scope.schema, member.value, &|_| None) else {
            return Err(super::no_inverse(self, "its position contains itself"));
        };
        Ok(Step::Coerce(Coerce { field: self.field.clone(), to }))
    }

    fn needs(&self) -> Vec<Need> {
        // To a wider type nothing is lost; which one it came from the step does not know.
        let class = match self.to.vertex.kind {
            Kind::String | Kind::Number => "retraction",
            _ => "projection",
        };
        vec![Need::Coerced { name: self.field.text(), class }]
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        format!("convert `{}` to {}", self.field.text(), self.to.vertex.kind)
    }
}
