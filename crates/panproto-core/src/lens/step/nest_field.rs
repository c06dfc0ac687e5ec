//! `nest_field`: a member goes into an object inside, which is made where there is none.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Member, Scope};
use super::json::{Reader, Writer, wrong};
use super::{Action, HoistField, Step, write_optional_parent};
use crate::diagnostic::Result;
use crate::schema::{Edge, EdgeKind, Kind, Vertex};

/// Nests a member.
#[derive(Clone, Debug, PartialEq)]
pub struct NestField {
    /// Focus of the outer object.
    pub parent: Option<Box<str>>,
    /// Name of the member.
    pub child: Box<str>,
    /// Name of the member of the outer object that holds the inner one.
    pub intermediate: Box<str>,
    /// Its name in the inner object; the same if nothing is said.
    pub to: Option<Box<str>>,
}

impl NestField {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&[
            "step_type",
            "parent",
            "focus",
            "child",
            "name",
            "intermediate",
            "host",
            "intermediate_kind",
            "edge_kind",
            "target",
        ])?;
        for (member, only) in [("intermediate_kind", "object"), ("edge_kind", "prop")] {
            if let Some(value) = reader.get(member).filter(|value| !value.name_is(only)) {
                return Err(wrong(value, &reader.place(member), &format!("`{only}`")));
            }
        }
        Ok(Step::NestField(NestField {
            parent: reader.optional_text(&["parent", "focus"])?,
            child: reader.text(&["child", "name"])?,
            intermediate: reader.text(&["intermediate", "host"])?,
            to: reader.optional_text(&["target"])?,
        }))
    }

    fn name(&self) -> &str {
        self.to.as_deref().unwrap_or(&self.child)
    }

    fn field(&self) -> Field {
        Field { parent: self.parent.clone(), name: self.child.clone() }
    }
}

impl Action for NestField {
    fn step_type(&self) -> &'static str {
        "nest_field"
    }

    fn write(&self, out: &mut Writer) {
        write_optional_parent(out, self.parent.as_deref());
        out.text("child", &self.child);
        out.text("intermediate", &self.intermediate);
        out.optional("target", self.to.as_deref());
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let member = scope.member(&self.field())?;
        let schema = &scope.schema;
        let required = schema.edge(member.edge).required;
        let mut change = Change::new(scope);
        // The member itself may be called as the object that is made around it.
        let there = schema.prop_named(member.object, &self.intermediate).filter(|edge| *edge != member.edge);
        let (way, inner) = match there {
            Some(edge) => {
                let around = Member { object: member.object, edge, value: schema.edge(edge).tgt };
                let place = Field { parent: self.parent.clone(), name: self.intermediate.clone() };
                let object = scope.object_of(&around, &place)?;
                scope.is_free(object, self.name(), &self.intermediate)?;
                change.matched(member.object);
                (edge, change.private_object(edge))
            }
            None => {
                let id = format!("{}.{}", schema.vertex(member.object).id, self.intermediate);
                let object = change.editor.add_vertex(Vertex::new(id.into(), Kind::Object));
                let edge = Edge {
                    src: member.object,
                    tgt: object,
                    kind: EdgeKind::Prop,
                    name: Some((&*self.intermediate).into()),
                    required,
                };
                (change.editor.add_edge(edge, Some(member.edge)), object)
            }
        };
        let nested = Edge {
            src: inner,
            tgt: member.value,
            kind: EdgeKind::Prop,
            name: Some(self.name().into()),
            required,
        };
        let nested = change.editor.add_edge(nested, None);
        change.link(member.object, vec![member.edge], vec![way, nested]);
        change.editor.remove_edge(member.edge);
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let member = scope.member(&self.field())?;
        let there = scope.schema.prop_named(member.object, &self.intermediate);
        Ok(Step::HoistField(HoistField {
            parent: self.parent.clone(),
            intermediate: self.intermediate.clone(),
            child: self.name().into(),
            to: (self.name() != &*self.child).then(|| self.child.clone()),
            keep: there.is_some_and(|edge| edge != member.edge),
        }))
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        format!("nest `{}` in `{}` as `{}`", self.field().text(), self.intermediate, self.name())
    }
}
