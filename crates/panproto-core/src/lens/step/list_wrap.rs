//! `list_wrap`: a value becomes the only item of a list.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::{Field, Scope};
use super::head::{check_no_list, item_edge};
use super::json::{Reader, Writer};
use super::{Action, Head, Step, read_field, write_field};
use crate::diagnostic::Result;
use crate::schema::{Kind, Vertex};

/// Wraps a member's value in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListWrap {
    /// The member.
    pub field: Field,
}

impl ListWrap {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Step> {
        reader.only(&["step_type", "parent", "focus", "name", "field"])?;
        Ok(Step::ListWrap(ListWrap { field: read_field(reader, &["name"])? }))
    }
}

impl Action for ListWrap {
    fn step_type(&self) -> &'static str {
        "list_wrap"
    }

    fn write(&self, out: &mut Writer) {
        write_field(out, &self.field);
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let member = scope.member(&self.field)?;
        check_no_list(scope, member.value, &self.field)?;
        let mut change = Change::new(scope);
        let id = scope.schema.vertex(member.value).id.clone();
        let list = change.editor.add_vertex(Vertex::new(id, Kind::Array));
        change.editor.add_edge(item_edge(list, member.value), None);
        if let Some(edge) = change.editor.edge_mut(member.edge) {
            edge.tgt = list;
        }
        change.matched(member.object);
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, _: &Scope) -> Result<Step> {
        Ok(Step::Head(Head { field: self.field.clone() }))
    }

    fn needs(&self) -> Vec<Need> {
        Vec::new()
    }

    fn optic(&self) -> Optic {
        Optic::Lens
    }

    fn text(&self) -> String {
        format!("make `{}` a list of one", self.field.text())
    }
}
