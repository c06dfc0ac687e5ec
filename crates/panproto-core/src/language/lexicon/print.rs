//! Writing a schema as Lexicon documents.
//!
//! A list of tasks stands in for recursion: a text to write, or a node that is first taken apart into more tasks.

use super::keyword::{is_structure, spelling};
use super::reference::usual_spelling;
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::limits::{Limits, depth_error};
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{Document, EdgeKind, Kind, Openness, Schema, Sort, Vertex, VertexId};
use crate::value::{Json, JsonKind};

/// The documents of a schema, each as Lexicon JSON: those that it was parsed from, or, for a schema that was built,
/// one for each namespaced id.
///
/// # Errors
/// `not-printable` where Lexicons have no words for what stands in the schema; `limit-depth`.
pub fn print(schema: &Schema) -> Result<Vec<String>> {
    let bodies: BTreeSet<VertexId> = schema
        .edges()
        .filter(|(_, edge)| edge.kind == EdgeKind::RecordSchema)
        .map(|(_, edge)| edge.tgt)
        .collect();
    let definitions: BTreeMap<VertexId, &Name> = schema
        .vertices()
        .filter(|(id, vertex)| vertex.kind != Kind::External && !bodies.contains(id))
        .filter_map(|(id, vertex)| Some((id, vertex.nsid.as_ref()?)))
        .collect();
    let mut built = Vec::new();
    let documents = if schema.documents().is_empty() {
        for nsid in definitions.values() {
            let id = Name::new(super::reference::document_of(nsid));
            if !built.iter().any(|document: &Document| document.id == id) {
                built.push(Document { id, ..Document::default() });
            }
        }
        built.as_slice()
    } else {
        schema.documents()
    };
    if definitions.is_empty() {
        return Err(Diagnostic::new(ErrorKind::Schema, "not-printable", "no vertex has a namespaced id")
            .help("give the vertices of definitions an `nsid`")
            .boxed());
    }
    let mut seen = BTreeSet::new();
    if let Some((id, nsid)) = definitions.iter().find(|(_, nsid)| !seen.insert(nsid.as_str())) {
        return Err(unprintable(schema.vertex(*id), format!("is the second definition `{nsid}`")));
    }
    let mut by_document: BTreeMap<&str, Vec<(VertexId, Option<&str>)>> = BTreeMap::new();
    for (id, nsid) in &definitions {
        let (document, name) = match nsid.split_once('#') {
            Some((document, name)) => (document, Some(name)),
            None => (nsid.as_str(), None),
        };
        by_document.entry(document).or_default().push((*id, name));
    }
    let mut texts = Vec::with_capacity(documents.len());
    // A vertex that several properties share is written out for each; a cycle without a definition never ends.
    let mut nodes_left = schema.len().saturating_mul(4).saturating_add(1000);
    for document in documents {
        let own = by_document.get(document.id.as_str()).map_or(&[][..], Vec::as_slice);
        let mut printer = Printer {
            schema,
            definitions: &definitions,
            document,
            tasks: Vec::new(),
            nodes_left: &mut nodes_left,
        };
        texts.push(pretty(&printer.document(own)?)?);
    }
    Ok(texts)
}

/// Something that is still to be written.
enum Task {
    Text(String),
    Node(VertexId, Place),
}

/// Where a node is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// As a definition: in full.
    Definition,
    /// As a property, whose parent says whether it may be `null`.
    Property,
    /// As a parameter of the early form, which says itself whether it is required.
    MapEntry { required: bool },
    /// As parameters of a service.
    Parameters,
    /// As the schema in a body.
    BodySchema,
    /// Anywhere else.
    Inner,
}

struct Printer<'s, 'b> {
    schema: &'s Schema,
    definitions: &'b BTreeMap<VertexId, &'s Name>,
    document: &'b Document,
    tasks: Vec<Task>,
    nodes_left: &'b mut usize,
}

/// The members of an object under way.
#[derive(Default)]
struct Members(Vec<Task>);

impl Members {
    fn key(&mut self, name: &str) {
        let comma = if self.0.is_empty() { "" } else { "," };
        self.0.push(Task::Text(format!("{comma}{}:", Json::string(name))));
    }

    fn text(&mut self, name: &str, value: &str) {
        self.key(name);
        self.0.push(Task::Text(value.to_owned()));
    }

    fn node(&mut self, name: &str, vertex: VertexId, place: Place) {
        self.key(name);
        self.0.push(Task::Node(vertex, place));
    }

    fn list(&mut self, name: &str, vertices: impl Iterator<Item = VertexId>) {
        self.key(name);
        self.0.push(Task::Text("[".to_owned()));
        for (at, vertex) in vertices.enumerate() {
            if at > 0 {
                self.0.push(Task::Text(",".to_owned()));
            }
            self.0.push(Task::Node(vertex, Place::Inner));
        }
        self.0.push(Task::Text("]".to_owned()));
    }
}

impl<'s> Printer<'s, '_> {
    fn document(&mut self, definitions: &[(VertexId, Option<&str>)]) -> Result<String> {
        let mut members = Members::default();
        let mut header = self.document.header.iter().peekable();
        match header.next_if(|(name, _)| *name == "lexicon") {
            Some((name, value)) => members.text(name, value.as_str()),
            None => members.text("lexicon", "1"),
        }
        members.text("id", Json::string(&self.document.id).as_str());
        for (name, value) in header {
            members.text(name, value.as_str());
        }
        let mut inner = Members::default();
        for (vertex, name) in definitions {
            match name {
                None if self.document.early_form => self.members(*vertex, Place::Definition, &mut members)?,
                name => inner.node(name.unwrap_or("main"), *vertex, Place::Definition),
            }
        }
        if !(self.document.early_form && inner.0.is_empty()) {
            members.key("defs");
            members.0.push(Task::Text("{".to_owned()));
            members.0.append(&mut inner.0);
            members.0.push(Task::Text("}".to_owned()));
        }
        let mut out = String::from("{");
        self.tasks.extend(members.0.into_iter().rev());
        while let Some(task) = self.tasks.pop() {
            match task {
                Task::Text(text) => out.push_str(&text),
                Task::Node(vertex, place) => {
                    let mut members = Members::default();
                    self.node(vertex, place, &mut members)?;
                    out.push('{');
                    self.tasks.push(Task::Text("}".to_owned()));
                    self.tasks.extend(members.0.into_iter().rev());
                }
            }
        }
        out.push('}');
        Ok(out)
    }

    fn node(&mut self, id: VertexId, place: Place, out: &mut Members) -> Result<()> {
        let vertex = self.schema.vertex(id);
        *self.nodes_left = self.nodes_left.checked_sub(1).ok_or_else(|| {
            refusal(vertex, "contains itself, or is shared too often").help("give it an `nsid`").boxed()
        })?;
        if vertex.nullable && !matches!(place, Place::Property) {
            return Err(unprintable(vertex, "admits `null` where no property is"));
        }
        match place {
            Place::Parameters if self.document.early_form && kept(vertex, "parameters").is_some() => {
                for (_, edge) in self.schema.props(id) {
                    let place = Place::MapEntry { required: edge.required };
                    out.node(edge.name.as_deref().unwrap_or_default(), edge.tgt, place);
                }
                Ok(())
            }
            // An edge that leads straight to a definition is written as a reference.
            Place::Property | Place::Inner | Place::BodySchema if self.definitions.contains_key(&id) => {
                out.text("type", "\"ref\"");
                out.text("ref", Json::string(&self.spelling_of(id)?).as_str());
                Ok(())
            }
            _ => self.members(id, place, out),
        }
    }

    fn members(&mut self, id: VertexId, place: Place, out: &mut Members) -> Result<()> {
        let vertex = self.schema.vertex(id);
        let early = self.document.early_form;
        let pointer = self.is_pointer(vertex);
        let one_of = vertex.kind == Kind::Union && vertex.exclusive;
        match &vertex.kind {
            _ if place == Place::Parameters => match kept(vertex, "type") {
                Some(name) => out.text("type", name.as_str()),
                None => out.text("type", "\"params\""),
            },
            Kind::External => out.text("type", "\"ref\""),
            Kind::Number | Kind::Any if !early => {
                return Err(unprintable(vertex, "is of a kind that Lexicons do not have"));
            }
            Kind::Any | Kind::Definition => {
                if let Some(name) = kept(vertex, "type") {
                    out.text("type", name.as_str());
                }
            }
            Kind::Intersection | Kind::Never | Kind::Other(_) => {
                return Err(unprintable(vertex, "is of a kind that Lexicons do not have"));
            }
            Kind::Union if one_of && !early => {
                return Err(unprintable(vertex, "is a union of exactly one arm, which Lexicons do not have"));
            }
            _ if pointer || one_of => {}
            kind => out.text("type", Json::string(kind.as_str()).as_str()),
        }
        if let Some(doc) = &vertex.doc {
            out.text("description", Json::string(doc).as_str());
        }
        if let Place::MapEntry { required: true } = place {
            out.text("required", "true");
        }
        if vertex.kind == Kind::Object {
            self.lists(id, vertex, out)?;
        }
        for (name, value) in &vertex.extra {
            let beside = place == Place::BodySchema && matches!(&**name, "body" | "schema");
            let told = *name == "type" || is_structure(&vertex.kind, name);
            if !beside && !told {
                out.text(name, value.as_str());
            }
        }
        for constraint in &vertex.constraints {
            if constraint.sort == Sort::Required && vertex.kind == Kind::Object {
                continue;
            }
            let Some(name) = spelling(&vertex.kind, constraint.sort, early) else {
                let message =
                    format!("has a constraint `{}`, which Lexicons do not have here", constraint.sort);
                return Err(unprintable(vertex, message));
            };
            out.text(name, constraint.value.as_str());
        }
        if let Some(default) = &vertex.default {
            if !super::keyword::keywords(&vertex.kind).iter().any(|keyword| keyword.name == "default") {
                return Err(unprintable(vertex, "has a default, which Lexicons do not have here"));
            }
            out.text("default", default.as_str());
        }
        self.structure(id, vertex, out)
    }

    /// `required` and `nullable` of an object.
    fn lists(&self, id: VertexId, vertex: &Vertex, out: &mut Members) -> Result<()> {
        if vertex.openness == Openness::Closed {
            return Err(unprintable(vertex, "is closed, which objects of Lexicons are not"));
        }
        let props = || self.schema.props(id).map(|(_, edge)| edge);
        let mut required: Vec<String> = props()
            .filter(|edge| edge.required)
            .map(|edge| edge.name.as_deref().unwrap_or_default().to_owned())
            .collect();
        let mut nullable: Vec<String> = props()
            .filter(|edge| self.schema.vertex(edge.tgt).nullable)
            .map(|edge| edge.name.as_deref().unwrap_or_default().to_owned())
            .collect();
        if let Some(constraint) = vertex.constraint(Sort::Required) {
            required.extend(strings(&constraint.value));
        }
        if let Some(names) = kept(vertex, "nullable") {
            nullable.extend(strings(names));
        }
        for (key, names) in [("required", required), ("nullable", nullable)] {
            if !names.is_empty() {
                out.text(key, super::node::json_list(names.iter().map(String::as_str)).as_str());
            }
        }
        Ok(())
    }

    /// What a vertex contains or leads to.
    fn structure(&self, id: VertexId, vertex: &Vertex, out: &mut Members) -> Result<()> {
        let of = |kind: EdgeKind| self.schema.outgoing_of(id, kind).map(|(_, edge)| edge.tgt);
        let expected: &[EdgeKind] = match &vertex.kind {
            Kind::Object => &[EdgeKind::Prop],
            Kind::Array => &[EdgeKind::Items, EdgeKind::Prefix],
            Kind::Union => &[EdgeKind::Variant],
            Kind::Ref => &[EdgeKind::Ref],
            Kind::Record => &[EdgeKind::RecordSchema],
            Kind::Query => &[EdgeKind::Parameters, EdgeKind::Output],
            Kind::Procedure => &[EdgeKind::Parameters, EdgeKind::Input, EdgeKind::Output],
            Kind::Subscription => &[EdgeKind::Parameters, EdgeKind::Message],
            _ => &[],
        };
        if let Some((_, edge)) = self.schema.outgoing(id).find(|(_, edge)| !expected.contains(&edge.kind)) {
            let message = format!("has an edge of kind `{}`, which Lexicons do not have here", edge.kind);
            return Err(unprintable(vertex, message));
        }
        match &vertex.kind {
            Kind::Object => {
                let mut inner = Members::default();
                for (_, edge) in self.schema.props(id) {
                    inner.node(edge.name.as_deref().unwrap_or_default(), edge.tgt, Place::Property);
                }
                out.key("properties");
                out.0.push(Task::Text("{".to_owned()));
                out.0.append(&mut inner.0);
                out.0.push(Task::Text("}".to_owned()));
            }
            Kind::Array if of(EdgeKind::Prefix).next().is_some() => {
                if !self.document.early_form {
                    return Err(unprintable(vertex, "has items by place, which Lexicons do not have"));
                }
                out.list("items", of(EdgeKind::Prefix));
            }
            Kind::Array => {
                if let Some(items) = of(EdgeKind::Items).next() {
                    out.node("items", items, Place::Inner);
                }
            }
            Kind::Union if vertex.exclusive => out.list("oneOf", of(EdgeKind::Variant)),
            Kind::Union => {
                let refs: Vec<String> =
                    of(EdgeKind::Variant).map(|arm| self.spelling_of(arm)).collect::<Result<_>>()?;
                out.text("refs", super::node::json_list(refs.iter().map(String::as_str)).as_str());
                if vertex.openness == Openness::Closed {
                    out.text("closed", "true");
                }
            }
            Kind::Ref | Kind::External if !self.is_pointer(vertex) => {
                out.text("ref", Json::string(&self.spelling_of(id)?).as_str());
            }
            Kind::Record => {
                if let Some(body) = of(EdgeKind::RecordSchema).next() {
                    out.node("record", body, Place::Inner);
                }
            }
            Kind::Query | Kind::Procedure | Kind::Subscription => {
                for kind in expected {
                    match of(kind.clone()).next() {
                        Some(target) if *kind == EdgeKind::Parameters => {
                            out.node("parameters", target, Place::Parameters);
                        }
                        Some(target) => self.body(vertex, kind, target, out),
                        None => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A body: what the service says of it, then its schema.
    fn body(&self, service: &Vertex, edge: &EdgeKind, id: VertexId, out: &mut Members) {
        let vertex = self.schema.vertex(id);
        let mut inner = Members::default();
        match kept(service, edge.as_str()) {
            Some(said) => {
                for (key, value) in said.tree().root().members() {
                    inner.text(&key.as_str().unwrap_or_default(), value.raw_str());
                }
            }
            // A body that was built says nothing of its encoding; that of a message has none.
            None if *edge != EdgeKind::Message => inner.text("encoding", "\"application/json\""),
            None => {}
        }
        let is_definition = self.definitions.contains_key(&id);
        if let Some(description) = kept(vertex, "body").filter(|_| !is_definition) {
            inner.text("description", description.as_str());
        }
        match kept(vertex, "schema").filter(|_| !is_definition) {
            Some(schema) => inner.text("schema", schema.as_str()),
            None if is_anything(vertex) => {}
            None => inner.node("schema", id, Place::BodySchema),
        }
        out.key(edge.as_str());
        out.0.push(Task::Text("{".to_owned()));
        out.0.append(&mut inner.0);
        out.0.push(Task::Text("}".to_owned()));
    }

    /// Whether a reference is a JSON pointer, of the early form.
    fn is_pointer(&self, vertex: &Vertex) -> bool {
        self.document.early_form && kept(vertex, "$ref").is_some()
    }

    /// How this document writes a reference to what a vertex leads to, or to the vertex itself.
    fn spelling_of(&self, id: VertexId) -> Result<String> {
        let vertex = self.schema.vertex(id);
        if let Some(text) = kept(vertex, "ref").and_then(|text| strings(text).into_iter().next()) {
            return Ok(text);
        }
        let target = match vertex.kind {
            Kind::External => vertex.nsid.as_ref(),
            Kind::Ref if !self.definitions.contains_key(&id) => self
                .schema
                .target_of(id, EdgeKind::Ref)
                .and_then(|target| self.definitions.get(&target).copied()),
            _ => self.definitions.get(&id).copied(),
        };
        match target {
            Some(target) => Ok(usual_spelling(target, &self.document.id)),
            None => Err(unprintable(vertex, "leads to what is no definition")),
        }
    }
}

/// Whether a body has no schema.
fn is_anything(vertex: &Vertex) -> bool {
    vertex.kind == Kind::Any
        && vertex.doc.is_none()
        && vertex.constraints.is_empty()
        && vertex.extra.iter().all(|(name, _)| *name == "body")
}

/// A keyword that was kept.
fn kept<'v>(vertex: &'v Vertex, name: &str) -> Option<&'v Json> {
    vertex.extra.iter().find(|(known, _)| *known == *name).map(|(_, value)| value)
}

/// The strings of a list, or the string itself.
fn strings(value: &Json) -> Vec<String> {
    let tree = value.tree();
    let root = tree.root();
    let items = root.items().filter_map(|item| item.as_str());
    items
        .chain((root.kind() == JsonKind::String).then(|| root.as_str()).flatten())
        .map(std::borrow::Cow::into_owned)
        .collect()
}

fn refusal(vertex: &Vertex, why: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::new(ErrorKind::Schema, "not-printable", format!("vertex `{}` {why}", vertex.id))
        .at(&vertex.id)
}

fn unprintable(vertex: &Vertex, why: impl std::fmt::Display) -> Error {
    refusal(vertex, why).boxed()
}

/// Breaks compact JSON into indented lines, and ends it with one.
fn pretty(compact: &str) -> Result<String> {
    let limit = Limits::DEFAULT.depth;
    let mut out = String::with_capacity(compact.len() * 2);
    let mut depth = 0usize;
    let mut in_string = false;
    let mut escaped = false;
    let mut chars = compact.chars().peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(c) = chars.next() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            out.push(c);
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                if let Some(close) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                    continue;
                }
                depth += 1;
                if depth > limit as usize {
                    return Err(depth_error(limit));
                }
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(c);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                in_string = c == '"';
                out.push(c);
            }
        }
    }
    out.push('\n');
    Ok(out)
}
