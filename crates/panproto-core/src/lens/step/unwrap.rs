//! `unwrap`: an object is replaced by one of its members.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Member, Scope};
use super::json::{Reader, Writer};
use super::{Action, Step, Wrap, read_field, write_field};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::schema::EdgeId;

/// Replaces a member's object by one of its members.
#[derive(Clone, Debug, PartialEq)]
pub struct Unwrap {
    /// The member that holds the object.
    pub field: Field,
    /// The object's member; its only one if nothing is said.
    pub key: Option<Box<str>>,
}

impl Unwrap {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "parent", "focus", "name", "field", "key", "target"])?;
        let key = reader.optional_text(&["key", "target"])?;
        Ok(Step::Unwrap(Unwrap { field: read_field(reader, &["name"])?, key }))
    }

    fn members(&self, scope: &Scope) -> Result<(Member, EdgeId)> {
        let member = scope.member(&self.field)?;
        if let Some(key) = &self.key {
            return Ok((member, scope.member_of(&member, &self.field, key)?.edge));
        }
        let object = scope.object_of(&member, &self.field)?;
        let mut props = scope.schema.props(object);
        match (props.next(), props.next()) {
            (Some((only, _)), None) => Ok((member, only)),
            _ => {
                let message = format!("`{}` has not exactly one member", self.field.text());
                Err(Diagnostic::new(ErrorKind::Migration, "key-missing", message)
                    .at(self.field.text())
                    .help("say with `key` which member takes its place")
                    .boxed())
            }
        }
    }
}

impl Action for Unwrap {
    fn step_type(&self) -> &'static str {
        "unwrap"
    }

    fn write(&self, out: &mut Writer) {
        write_field(out, &self.field);
        out.optional("key", self.key.as_deref());
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let (member, key) = self.members(scope)?;
        let mut change = Change::new(scope);
        let inner = scope.schema.edge(key);
        change.editor.retarget(member.edge, inner.tgt);
        if let Some(edge) = change.editor.edge_mut(member.edge) {
            edge.required &= inner.required && !scope.schema.resolve(member.value).nullable;
        }
        change.link(member.object, vec![member.edge, key], vec![member.edge]);
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let (member, key) = self.members(scope)?;
        let object = scope.schema.resolve(member.value).vertex;
        if scope.schema.outgoing(object).count() > 1 {
            return Err(super::no_inverse(self, "the object has other members, which are gone"));
        }
        let name = scope.schema.edge(key).name.as_deref().unwrap_or("").into();
        Ok(Step::Wrap(Wrap { field: self.field.clone(), key: name }))
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Dropped { name: self.field.text(), what: "object" }]
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        match &self.key {
            Some(key) => format!("replace `{}` by its `{key}`", self.field.text()),
            None => format!("replace `{}` by its only member", self.field.text()),
        }
    }
}
