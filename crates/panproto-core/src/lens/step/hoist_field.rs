//! `hoist_field`: a member of an object inside comes up. Its siblings stay where they are.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Member, Scope};
use super::json::{Reader, Writer};
use super::{Action, NestField, Step, write_optional_parent};
use crate::diagnostic::Result;
use crate::schema::{Edge, EdgeKind};

/// Hoists a member.
#[derive(Clone, Debug, PartialEq)]
pub struct HoistField {
    /// Focus of the outer object.
    pub parent: Option<Box<str>>,
    /// Name of the member of the outer object that holds the inner one.
    pub intermediate: Box<str>,
    /// Name of the member in the inner object.
    pub child: Box<str>,
    /// Its name in the outer object; the same if nothing is said.
    pub to: Option<Box<str>>,
    /// The inner object stays also where no member is left in it.
    pub keep: bool,
}

impl HoistField {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        let known =
            ["step_type", "parent", "focus", "intermediate", "host", "child", "name", "target", "keep"];
        reader.only(&known)?;
        let parent = reader.optional_text(&["parent", "focus"])?;
        let intermediate = reader.text(&["intermediate", "host"])?;
        let child = reader.text(&["child", "name"])?;
        let strip = |name: Box<str>, above: &str| -> Box<str> {
            name.strip_prefix(above).and_then(|rest| rest.strip_prefix('.')).map_or(name.clone(), Into::into)
        };
        // Published callers give vertex ids, which begin with that of the object around.
        let child = strip(child, &intermediate);
        let intermediate = match &parent {
            Some(parent) => strip(intermediate, parent),
            None => intermediate,
        };
        Ok(Step::HoistField(HoistField {
            child: match &parent {
                Some(parent) => strip(strip(child, parent), &intermediate),
                None => child,
            },
            parent,
            intermediate,
            to: reader.optional_text(&["target"])?,
            keep: reader.flag("keep")?.unwrap_or(false),
        }))
    }

    fn outer(&self) -> Field {
        Field { parent: self.parent.clone(), name: self.intermediate.clone() }
    }

    fn name(&self) -> &str {
        self.to.as_deref().unwrap_or(&self.child)
    }

    fn members(&self, scope: &Scope) -> Result<(Member, Member)> {
        let outer = scope.member(&self.outer())?;
        Ok((outer, scope.member_of(&outer, &self.outer(), &self.child)?))
    }
}

impl Action for HoistField {
    fn step_type(&self) -> &'static str {
        "hoist_field"
    }

    fn write(&self, out: &mut Writer) {
        write_optional_parent(out, self.parent.as_deref());
        out.text("intermediate", &self.intermediate);
        out.text("child", &self.child);
        out.optional("target", self.to.as_deref());
        out.flag("keep", self.keep);
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let (outer, inner) = self.members(scope)?;
        let schema = &scope.schema;
        let goes = !self.keep
            && schema
                .outgoing(inner.object)
                .all(|(id, edge)| id == inner.edge || edge.kind != EdgeKind::Prop);
        if !goes || schema.edge(outer.edge).name.as_deref() != Some(self.name()) {
            scope.is_free(outer.object, self.name(), &self.outer().text())?;
        }
        let (around, edge) = (schema.edge(outer.edge), schema.edge(inner.edge));
        let mut change = Change::new(scope);
        let hoisted = Edge {
            src: outer.object,
            tgt: inner.value,
            kind: EdgeKind::Prop,
            name: Some(self.name().into()),
            required: edge.required && around.required && !schema.resolve(outer.value).nullable,
        };
        let hoisted = change.editor.add_edge(hoisted, Some(outer.edge));
        change.link(outer.object, vec![outer.edge, inner.edge], vec![hoisted]);
        if goes {
            change.editor.remove_edge(outer.edge);
        } else {
            let edge = change.private(outer.edge, inner.edge);
            change.editor.remove_edge(edge);
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let (outer, inner) = self.members(scope)?;
        let only = scope.schema.props(inner.object).count() == 1;
        let shape = &scope.schema.vertex(scope.schema.resolve(outer.value).vertex);
        if only && !self.keep && (!shape.constraints.is_empty() || shape.nsid.is_some()) {
            return Err(super::no_inverse(self, "the object around it is gone with what it says"));
        }
        Ok(Step::NestField(NestField {
            parent: self.parent.clone(),
            child: self.name().into(),
            intermediate: self.intermediate.clone(),
            to: (self.name() != &*self.child).then(|| self.child.clone()),
        }))
    }

    fn needs(&self) -> Vec<Need> {
        if self.keep {
            return Vec::new();
        }
        // Where it is gone, the view does not tell an empty object from none.
        vec![Need::Dropped { name: self.outer().text(), what: "object" }]
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        format!("hoist `{}.{}` to `{}`", self.outer().text(), self.child, self.name())
    }
}
