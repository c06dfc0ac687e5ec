//! `head`: a list is replaced by its first item; the complement keeps the others.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::json::{Reader, Writer};
use super::{Action, ListWrap, Step, read_field, write_field};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::migration::arms::types;
use crate::schema::{Edge, EdgeKind, Kind, Sort, TypeSet, VertexId};

/// Replaces a member's list by its first item.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// The member.
    pub field: Field,
}

impl Head {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "parent", "focus", "name", "field"])?;
        Ok(Step::Head(Head { field: read_field(reader, &["name"])? }))
    }

    fn items(&self, scope: &Scope, value: VertexId) -> Result<(VertexId, VertexId)> {
        let list = scope.schema.resolve(value).vertex;
        let vertex = scope.schema.vertex(list);
        let items = scope.schema.target_of(list, EdgeKind::Items);
        let prefix = scope.schema.target_of(list, EdgeKind::Prefix);
        match (&vertex.kind, items, prefix) {
            (Kind::Array, Some(items), None) => Ok((list, items)),
            _ => {
                let message =
                    format!("`{}` is of kind `{}`, not a list of like items", self.field.text(), vertex.kind);
                Err(Diagnostic::new(ErrorKind::Migration, "not-a-list", message)
                    .at(self.field.text())
                    .boxed())
            }
        }
    }
}

/// An edge from a list to its items.
pub(super) fn item_edge(list: VertexId, item: VertexId) -> Edge {
    Edge { src: list, tgt: item, kind: EdgeKind::Items, name: None, required: false }
}

/// Refuses a value that may itself be a list: a list of lists and its first item cannot be told apart by type.
pub(super) fn check_no_list(scope: &Scope, value: VertexId, field: &Field) -> Result<()> {
    if !types(&scope.schema, value).meets(TypeSet::ARRAY) {
        return Ok(());
    }
    let message = format!("the values of `{}` may themselves be lists", field.text());
    Err(Diagnostic::error(ErrorKind::Migration, "nested-list", message))
}

impl Action for Head {
    fn step_type(&self) -> &'static str {
        "head"
    }

    fn write(&self, out: &mut Writer) {
        write_field(out, &self.field);
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let member = scope.member(&self.field)?;
        let (list, items) = self.items(scope, member.value)?;
        check_no_list(scope, items, &self.field)?;
        let never_empty = scope
            .schema
            .vertex(list)
            .constraint(Sort::MinItems)
            .is_some_and(|least| least.value.tree().root().as_u64().is_some_and(|least| least > 0));
        let mut change = Change::new(scope);
        change.editor.retarget(member.edge, items);
        if let Some(edge) = change.editor.edge_mut(member.edge) {
            edge.required &= never_empty;
        }
        change.matched(member.object);
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let member = scope.member(&self.field)?;
        let (list, _) = self.items(scope, member.value)?;
        if !scope.schema.vertex(list).constraints.is_empty() {
            return Err(super::no_inverse(self, "what the list says of its length is gone"));
        }
        Ok(Step::ListWrap(ListWrap { field: self.field.clone() }))
    }

    fn needs(&self) -> Vec<Need> {
        vec![Need::Dropped { name: format!("{}[]", self.field.text()), what: "items" }]
    }

    fn optic(&self) -> Optic {
        Optic::Affine
    }

    fn text(&self) -> String {
        format!("replace the list `{}` by its first item", self.field.text())
    }
}
