//! Queries, procedures and subscriptions: parameters and bodies.

use super::bundle::Bundle;
use super::{Position, Task};
use crate::diagnostic::{Kind as ErrorKind, Result};
use crate::schema::{EdgeKind, Kind};
use crate::value::{Json, JsonKind, ValueRef};

impl<'t> Bundle<'t, '_> {
    /// Reads what a service takes and gives.
    pub(super) fn service(&mut self, task: Task<'t>) -> Result<()> {
        let value = task.value;
        let kind = self.builder.vertex_ref(task.vertex).kind.clone();
        if let Some(parameters) = value.get("parameters") {
            self.parameters(task, parameters)?;
        }
        if let Some(body) = value.get("input").filter(|_| kind == Kind::Procedure) {
            self.body(task, body, EdgeKind::Input)?;
        }
        if let Some(body) = value.get("output").filter(|_| kind != Kind::Subscription) {
            self.body(task, body, EdgeKind::Output)?;
        }
        if let Some(body) = value.get("message").filter(|_| kind == Kind::Subscription) {
            self.body(task, body, EdgeKind::Message)?;
        }
        Ok(())
    }

    fn parameters(&mut self, task: Task<'t>, value: ValueRef<'t>) -> Result<()> {
        let document = task.document;
        let id = format!("{}:parameters", self.builder.vertex_ref(task.vertex).id);
        let vertex = self.vertex(&id, document, value.span())?;
        self.builder.edge(task.vertex, vertex, EdgeKind::Parameters, None);
        let is_map = value.get("type").is_none_or(|kind| kind.kind() != JsonKind::String);
        if !(self.is_early(document) && value.is_object() && is_map) {
            let position = Position::Parameters;
            self.work.push(Task { vertex, value, position, document, scope: vertex });
            return Ok(());
        }
        // The first form of all: a map from names to nodes, each of which says whether it is required.
        self.set_kind(vertex, Kind::Object);
        self.keep(vertex, "parameters", Json::string("map"));
        for (key, value) in value.members() {
            let Some(name) = self.text(document, key) else { continue };
            let required = value.get("required").and_then(ValueRef::as_bool) == Some(true);
            let child = self.property(vertex, &name, document, value, required)?;
            let position = Position::MapEntry;
            self.work.push(Task { vertex: child, value, position, document, scope: vertex });
        }
        Ok(())
    }

    /// Reads a body: its vertex is that of its schema, and remembers what the body says beside.
    fn body(&mut self, task: Task<'t>, value: ValueRef<'t>, edge: EdgeKind) -> Result<()> {
        let document = task.document;
        if !value.is_object() {
            let message = format!("`{edge}` is not an object");
            self.error(document, value.span(), ErrorKind::Schema, "invalid-keyword", message);
            return Ok(());
        }
        let id = format!("{}:{edge}", self.builder.vertex_ref(task.vertex).id);
        let vertex = self.vertex(&id, document, value.span())?;
        self.builder.edge(task.vertex, vertex, edge.clone(), None);
        let mut said = Vec::new();
        for (key, member) in value.members() {
            let Some(name) = self.text(document, key) else { continue };
            match &*name {
                "schema" => {}
                "description" => {
                    if let Some(text) = self.text(document, member) {
                        self.keep(vertex, "body", Json::string(&text));
                    }
                }
                "encoding" if member.kind() != JsonKind::String => {
                    let message = "`encoding` is not a string";
                    self.error(document, member.span(), ErrorKind::Schema, "invalid-keyword", message);
                }
                _ => {
                    if name != "encoding" {
                        self.unknown_keyword(document, key.span(), &name, &format!("`{edge}`"));
                    }
                    said.push(format!("{}:{}", Json::string(&name), member.to_json()));
                }
            }
        }
        if edge != EdgeKind::Message && value.get("encoding").is_none() {
            self.missing(Task { value, ..task }, "encoding");
        }
        // What the service says of the body stays with the service: it is no value's business.
        if !said.is_empty() {
            self.keep(task.vertex, edge.as_str(), Json::parse(&format!("{{{}}}", said.join(",")))?);
        }
        // Without a schema the body is any value, in its encoding.
        if let Some(schema) = value.get("schema") {
            if schema.is_object() && schema.is_empty() && self.is_early(document) {
                self.keep(vertex, "schema", schema.to_json());
            }
            let position = Position::Body;
            self.work.push(Task { vertex, value: schema, position, document, scope: vertex });
        }
        Ok(())
    }
}
