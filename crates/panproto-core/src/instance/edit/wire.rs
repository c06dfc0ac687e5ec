//! Edits in the JSON of published releases: `{"SetField": {"node_id": 0, "field": "nick", "value": {"Str": "Z"}}}`.

use super::{TableEdit, TreeEdit};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::instance::node::Arrow;
use crate::instance::table::Row;
use crate::instance::value::Value;
use crate::instance::wire::{
    bad, need, need_name, need_number, number, read_fan, read_node, write_fan, write_node,
};
use crate::name::Name;
use crate::value::{Json, JsonKind, ValueRef, Writer};

/// Sequences in sequences.
const NESTING: usize = 64;

fn variant(value: ValueRef<'_>) -> Result<(String, ValueRef<'_>)> {
    if let Some(name) = value.as_str() {
        return Ok((name.into_owned(), value));
    }
    let mut members = value.members();
    match (members.next(), members.next()) {
        (Some((name, payload)), None) => Ok((name.as_str().unwrap_or_default().into_owned(), payload)),
        _ => Err(bad(value, "an edit is `\"Identity\"` or an object with one member")),
    }
}

fn arrow(value: ValueRef<'_>, at: usize) -> Result<Arrow> {
    let edge = need(value, "edge", at)?;
    Arrow::read(edge).ok_or_else(|| bad(edge, "an edge is `{\"src\", \"tgt\", \"kind\", \"name\"}`"))
}

fn read_value(value: ValueRef<'_>, name: &'static str, at: usize) -> Result<Value> {
    Value::read(need(value, name, at)?)
}

impl TreeEdit {
    /// Reads an edit.
    ///
    /// # Errors
    /// `instance-shape`, `instance-value`; `edit-unsupported` for `JoinFeatures`.
    pub fn read(value: ValueRef<'_>) -> Result<TreeEdit> {
        read_tree(value, 0)
    }

    /// Reads an edit.
    ///
    /// # Errors
    /// As [`TreeEdit::read`].
    pub fn from_json(text: &Json) -> Result<TreeEdit> {
        TreeEdit::read(text.tree().root())
    }

    /// Writes the edit. `key` and `position` are written where they say something; published releases have neither.
    pub fn to_json(&self) -> Json {
        let mut out = Writer::default();
        match self {
            TreeEdit::Sequence(_) => {
                out.object();
                out.key("Sequence");
                out.array();
                self.steps().into_iter().for_each(|step| step.write(&mut out));
                out.end_array();
                out.end_object();
            }
            edit => edit.write(&mut out),
        }
        Json::trusted(out.finish())
    }

    fn write(&self, out: &mut Writer) {
        let name = match self {
            TreeEdit::Identity | TreeEdit::Sequence(_) => return out.string("Identity"),
            TreeEdit::InsertNode { .. } => "InsertNode",
            TreeEdit::DeleteNode { .. } => "DeleteNode",
            TreeEdit::ContractNode { .. } => "ContractNode",
            TreeEdit::RelabelNode { .. } => "RelabelNode",
            TreeEdit::SetField { .. } => "SetField",
            TreeEdit::RemoveField { .. } => "RemoveField",
            TreeEdit::SetValue { .. } => "SetValue",
            TreeEdit::MoveSubtree { .. } => "MoveSubtree",
            TreeEdit::InsertFan { .. } => "InsertFan",
            TreeEdit::DeleteFan { .. } => "DeleteFan",
        };
        out.object();
        out.key(name);
        out.object();
        let number = |out: &mut Writer, key: &str, value: u32| {
            out.key(key);
            out.number(value.into());
        };
        match self {
            TreeEdit::Identity | TreeEdit::Sequence(_) => {}
            TreeEdit::InsertNode { parent, child, node, arrow, key, position } => {
                number(out, "parent", *parent);
                number(out, "child_id", *child);
                out.key("node");
                write_node(*child, node, None, None, out);
                write_edge(arrow, key.as_ref(), *position, out);
            }
            TreeEdit::DeleteNode { id } | TreeEdit::ContractNode { id } => number(out, "id", *id),
            TreeEdit::RelabelNode { id, anchor } => {
                number(out, "id", *id);
                out.key("new_anchor");
                out.string(anchor);
            }
            TreeEdit::SetField { node, field, value } => {
                number(out, "node_id", *node);
                out.key("field");
                out.string(field);
                out.key("value");
                value.write(out);
            }
            TreeEdit::RemoveField { node, field } => {
                number(out, "node_id", *node);
                out.key("field");
                out.string(field);
            }
            TreeEdit::SetValue { node, value } => {
                number(out, "node_id", *node);
                out.key("value");
                value.write(out);
            }
            TreeEdit::MoveSubtree { node, parent, arrow, key, position } => {
                number(out, "node_id", *node);
                number(out, "new_parent", *parent);
                write_edge(arrow, key.as_ref(), *position, out);
            }
            TreeEdit::InsertFan { fan } => {
                out.key("fan");
                write_fan(fan, out);
            }
            TreeEdit::DeleteFan { hyper_edge } => {
                out.key("hyper_edge_id");
                out.string(hyper_edge);
            }
        }
        out.end_object();
        out.end_object();
    }
}

fn write_edge(arrow: &Arrow, key: Option<&Json>, position: Option<u32>, out: &mut Writer) {
    out.key("edge");
    arrow.write(out);
    if let Some(key) = key {
        out.key("key");
        out.raw(key.as_str());
    }
    if let Some(position) = position {
        out.key("position");
        out.number(position.into());
    }
}

fn read_tree(value: ValueRef<'_>, depth: usize) -> Result<TreeEdit> {
    if depth > NESTING {
        return Err(crate::limits::depth_error(NESTING as u32));
    }
    let (name, payload) = variant(value)?;
    let key = || payload.get("key").filter(|key| key.kind() == JsonKind::String).map(|key| key.to_json());
    let position = || payload.get("position").and_then(number);
    Ok(match name.as_str() {
        "Identity" => TreeEdit::Identity,
        "InsertNode" => TreeEdit::InsertNode {
            parent: need_number(payload, "parent", 0)?,
            child: need_number(payload, "child_id", 1)?,
            node: read_node(need(payload, "node", 2)?)?.1.finish(Vec::new(), None),
            arrow: arrow(payload, 3)?,
            key: key(),
            position: position(),
        },
        "DeleteNode" => TreeEdit::DeleteNode { id: need_number(payload, "id", 0)? },
        "ContractNode" => TreeEdit::ContractNode { id: need_number(payload, "id", 0)? },
        "RelabelNode" => TreeEdit::RelabelNode {
            id: need_number(payload, "id", 0)?,
            anchor: need_name(payload, "new_anchor", 1)?,
        },
        "SetField" => TreeEdit::SetField {
            node: need_number(payload, "node_id", 0)?,
            field: need_name(payload, "field", 1)?,
            value: read_value(payload, "value", 2)?,
        },
        "RemoveField" => TreeEdit::RemoveField {
            node: need_number(payload, "node_id", 0)?,
            field: need_name(payload, "field", 1)?,
        },
        "SetValue" => TreeEdit::SetValue {
            node: need_number(payload, "node_id", 0)?,
            value: read_value(payload, "value", 1)?,
        },
        "MoveSubtree" => TreeEdit::MoveSubtree {
            node: need_number(payload, "node_id", 0)?,
            parent: need_number(payload, "new_parent", 1)?,
            arrow: arrow(payload, 2)?,
            key: key(),
            position: position(),
        },
        "InsertFan" => TreeEdit::InsertFan { fan: read_fan(need(payload, "fan", 0)?)? },
        "DeleteFan" => TreeEdit::DeleteFan { hyper_edge: need_name(payload, "hyper_edge_id", 0)? },
        "JoinFeatures" => {
            // Published releases say what it is made of (`primary`, `joined`, `produce`), and nowhere what it does.
            let message = "`JoinFeatures` says which nodes become one, and not what their values become";
            return Err(Diagnostic::new(ErrorKind::Data, "edit-unsupported", message)
                .help("move what is kept to the primary node, delete the others and set its value")
                .boxed());
        }
        "Sequence" => {
            TreeEdit::Sequence(payload.items().map(|edit| read_tree(edit, depth + 1)).collect::<Result<_>>()?)
        }
        _ => return Err(bad(value, format!("there is no edit `{name}`"))),
    })
}

impl TableEdit {
    /// Reads an edit.
    ///
    /// # Errors
    /// `instance-shape`, `instance-value`.
    pub fn from_json(text: &Json) -> Result<TableEdit> {
        read_table(text.tree().root(), 0)
    }
}

fn read_table(value: ValueRef<'_>, depth: usize) -> Result<TableEdit> {
    if depth > NESTING {
        return Err(crate::limits::depth_error(NESTING as u32));
    }
    let (name, payload) = variant(value)?;
    let table = || need_name(payload, "table", 0);
    Ok(match name.as_str() {
        "Identity" => TableEdit::Identity,
        "InsertRow" => {
            let mut row: Row = Vec::new();
            for (column, value) in need(payload, "row", 1)?.members() {
                let column =
                    column.as_str().map(Name::new).ok_or_else(|| bad(column, "a column has a name"))?;
                row.push((column, Value::read(value)?));
            }
            TableEdit::InsertRow { table: table()?, row }
        }
        "DeleteRow" => TableEdit::DeleteRow {
            table: table()?,
            key: read_value(payload, "key", 1)?,
            key_column: need_name(payload, "key_column", 2)?,
        },
        "UpdateCell" => TableEdit::UpdateCell {
            table: table()?,
            key: read_value(payload, "key", 1)?,
            key_column: need_name(payload, "key_column", 2)?,
            column: need_name(payload, "column", 3)?,
            value: read_value(payload, "value", 4)?,
        },
        "Sequence" => TableEdit::Sequence(
            payload.items().map(|edit| read_table(edit, depth + 1)).collect::<Result<_>>()?,
        ),
        _ => return Err(bad(value, format!("there is no edit `{name}`"))),
    })
}
