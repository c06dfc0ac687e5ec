//! Operations on schemas: building, looking.

use super::declared::enrichment_message;
use super::request::{as_text, wrong};
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::limits::Limits;
use crate::ordered::BTreeMap;
use crate::protocol::Protocol;
use crate::schema::{
    Constraint, Edge, EdgeId, EdgeKind, HyperEdge, Kind, Openness, Role, Root, Schema, SchemaBuilder, Sort,
    Vertex, VertexId,
};
use crate::value::{Json, Tree};

/// `schema.build`: replays the steps of a builder.
pub(super) fn build(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let mut steps = Steps {
        builder: SchemaBuilder::new(request.text("protocol")?),
        protocol: Protocol::builtin(request.text("protocol")?),
        vertices: BTreeMap::new(),
        edges: Vec::new(),
        limits: *session.limits(),
    };
    if let Some(dialect) = request.optional_text("dialect")? {
        steps.builder.dialect(dialect);
    }
    for (at, step) in request.array("steps")?.iter().enumerate() {
        let Message::Map(members) = step else {
            return Err(wrong(&format!("steps[{at}]"), "a map", step).into());
        };
        steps.apply(&Step { at, members })?;
    }
    let schema = steps.finish()?;
    Ok(session.keep_schema(schema))
}

/// One step of a builder.
struct Step<'s, 'a> {
    at: usize,
    members: &'s BTreeMap<std::borrow::Cow<'a, str>, Message<'a>>,
}

impl<'s> Step<'s, '_> {
    fn optional(&self, key: &str) -> Result<Option<&'s str>> {
        match self.members.get(key) {
            None | Some(Message::Nil) => Ok(None),
            Some(value) => as_text(&self.place(key), value).map(Some),
        }
    }

    fn text(&self, key: &str) -> Result<&'s str> {
        self.optional(key)?.ok_or_else(|| {
            let message = format!("the step lacks `{key}`");
            Diagnostic::new(ErrorKind::Usage, "missing-argument", message).at(self.place(key)).boxed()
        })
    }

    fn flag(&self, key: &str) -> Result<bool> {
        match self.members.get(key) {
            None | Some(Message::Nil) => Ok(false),
            Some(Message::Bool(value)) => Ok(*value),
            Some(other) => Err(wrong(&self.place(key), "a boolean", other)),
        }
    }

    fn place(&self, key: &str) -> String {
        format!("steps[{}].{key}", self.at)
    }

    fn fail(&self, key: &str, code: &'static str, message: String) -> Error {
        Diagnostic::new(ErrorKind::Schema, code, message).at(self.place(key)).boxed()
    }
}

/// The steps that ran so far.
struct Steps {
    builder: SchemaBuilder,
    /// Where it is a built-in one: it says what the keywords of constraints mean.
    protocol: Option<Protocol>,
    vertices: BTreeMap<String, VertexId>,
    /// Edges wait for the end: a later step may require them.
    edges: Vec<Pending>,
    limits: Limits,
}

struct Pending {
    src: VertexId,
    tgt: VertexId,
    kind: EdgeKind,
    name: Option<String>,
    required: bool,
}

impl Steps {
    fn apply(&mut self, step: &Step<'_, '_>) -> Result<()> {
        match step.text("op")? {
            "vertex" => {
                let id = step.text("id")?;
                let vertex = self.builder.vertex(id, Kind::from_name(step.text("kind")?));
                if self.vertices.insert(id.to_owned(), vertex).is_some() {
                    return Err(step.fail(
                        "id",
                        "duplicate-vertex",
                        format!("vertex `{id}` is declared twice"),
                    ));
                }
                if let Some(nsid) = step.optional("nsid")? {
                    self.builder.vertex_mut(vertex).nsid = Some(nsid.into());
                }
            }
            "edge" => {
                let (src, tgt) = (self.vertex(step, "src")?, self.vertex(step, "tgt")?);
                let kind = EdgeKind::from_name(step.text("kind")?);
                let name = step.optional("name")?.map(str::to_owned);
                self.edges.push(Pending { src, tgt, kind, name, required: step.flag("required")? });
            }
            "constraint" => {
                let vertex = self.vertex(step, "vertex")?;
                let name = step.text("sort")?;
                let kind = &self.builder.vertex_ref(vertex).kind;
                let sort = match &self.protocol {
                    Some(protocol) => protocol.sort_named(kind, name),
                    None => Sort::from_name(name),
                };
                let Some(sort) = sort else {
                    let message = format!("there is no constraint `{name}`");
                    return Err(step.fail("sort", "unknown-constraint", message));
                };
                let value = self.json(step, "value")?;
                self.builder.vertex_mut(vertex).constraints.push(Constraint::new(sort, value));
            }
            "default" => {
                let vertex = self.vertex(step, "vertex")?;
                let value = self.json(step, "value")?;
                self.builder.vertex_mut(vertex).default = Some(value);
            }
            "nullable" => {
                let vertex = self.vertex(step, "vertex")?;
                self.builder.vertex_mut(vertex).nullable = true;
            }
            "required" => {
                let vertex = self.vertex(step, "vertex")?;
                let Some(Message::Array(edges)) = step.members.get("edges") else {
                    return Err(step.fail("edges", "missing-argument", "the step lacks `edges`".to_owned()));
                };
                for edge in edges {
                    let name = match edge {
                        Message::Map(edge) => edge.get("name"),
                        other => Some(other),
                    };
                    let name = as_text(&step.place("edges"), name.unwrap_or(&Message::Nil))?;
                    let mut edges = self.edges.iter_mut();
                    match edges.find(|edge| edge.src == vertex && edge.name.as_deref() == Some(name)) {
                        Some(edge) => edge.required = true,
                        None => {
                            let message = format!("the vertex has no edge `{name}`");
                            return Err(step.fail("edges", "unknown-edge", message));
                        }
                    }
                }
            }
            "hyper_edge" => {
                let Some(Message::Map(labels)) = step.members.get("signature") else {
                    let message = "the step lacks `signature`, a map of labels to vertices".to_owned();
                    return Err(step.fail("signature", "missing-argument", message));
                };
                let mut signature = BTreeMap::new();
                for (label, id) in labels {
                    let id = as_text(&step.place("signature"), id)?;
                    let vertex = self.vertices.get(id).copied().ok_or_else(|| {
                        step.fail("signature", "unknown-vertex", format!("there is no vertex `{id}`"))
                    })?;
                    signature.insert(self.builder.name(label), vertex);
                }
                let parent = step.optional("parent")?.map_or_else(|| step.text("parent_label"), Ok)?;
                let (id, kind) = (self.builder.name(step.text("id")?), self.builder.name(step.text("kind")?));
                let parent = self.builder.name(parent);
                self.builder.hyper_edge(HyperEdge { id, kind, signature, parent });
            }
            "root" => {
                let vertex = self.vertex(step, "vertex")?;
                let name = step.optional("name")?.unwrap_or("main");
                let role = if self.builder.vertex_ref(vertex).kind == Kind::Record {
                    Role::Record
                } else {
                    Role::Value
                };
                self.builder.root(name, vertex, role);
            }
            other => return Err(step.fail("op", "unknown-step", format!("there is no step `{other}`"))),
        }
        Ok(())
    }

    fn vertex(&self, step: &Step<'_, '_>, key: &str) -> Result<VertexId> {
        let id = step.text(key)?;
        let found = self.vertices.get(id).copied();
        found.ok_or_else(|| step.fail(key, "unknown-vertex", format!("there is no vertex `{id}`")))
    }

    fn json(&self, step: &Step<'_, '_>, key: &str) -> Result<Json> {
        let value = Tree::parse(step.text(key)?.as_bytes(), &self.limits).map_err(|mut error| {
            error.path = Some(step.place(key));
            error
        })?;
        Ok(value.root().to_json())
    }

    fn finish(mut self) -> Result<Schema> {
        for edge in self.edges {
            let built = self.builder.edge(edge.src, edge.tgt, edge.kind, edge.name.as_deref());
            built.required = edge.required;
        }
        self.builder.finish()
    }
}

/// `schema.fields`: the declared members of a definition, in declaration order.
pub(super) fn fields(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let schema = session.schema(request)?;
    let from = match request.optional_text("root")? {
        None => schema.main(),
        Some(name) => find_root(&schema, name)?,
    };
    let object = items(&schema, schema.resolve(from).vertex);
    Ok(Message::array(schema.props(object).map(|(_, edge)| field_message(&schema, edge))))
}

/// What the items of an array are, or of arrays in arrays; other vertices as they are.
fn items(schema: &Schema, vertex: VertexId) -> VertexId {
    let mut at = vertex;
    // A schema may hold arrays of themselves.
    for _ in 0..schema.len() {
        match schema.target_of(at, EdgeKind::Items) {
            Some(items) if schema.vertex(at).kind == Kind::Array => at = schema.resolve(items).vertex,
            _ => break,
        }
    }
    at
}

fn find_root(schema: &Schema, name: &str) -> Result<VertexId> {
    let short = name.trim_start_matches('#');
    let matches = |root: &&Root| {
        let nsid = schema.vertex(root.vertex).nsid.as_deref();
        root.name == name || root.name.trim_start_matches('#') == short || nsid == Some(name)
    };
    let root = schema.roots().iter().find(matches).map(|root| root.vertex);
    root.or_else(|| schema.find(name)).ok_or_else(|| {
        let known: Vec<&str> = schema.roots().iter().take(20).map(|root| root.name.as_str()).collect();
        Diagnostic::new(ErrorKind::Usage, "unknown-root", format!("the schema has no definition `{name}`"))
            .help(format!("it has `{}`", known.join("`, `")))
            .boxed()
    })
}

fn field_message(schema: &Schema, edge: &Edge) -> Message<'static> {
    let vertex = schema.vertex(edge.tgt);
    let resolved = schema.resolve(edge.tgt);
    let meaning = schema.vertex(resolved.vertex);
    let default = vertex.default.as_ref().or(meaning.default.as_ref());
    let doc = vertex.doc.as_ref().or(meaning.doc.as_ref());
    Message::map()
        .with("name", edge.name.as_ref().map(ToString::to_string))
        .with("type", type_name(schema, edge.tgt))
        .with("required", edge.required)
        .with("nullable", resolved.nullable)
        .with("default", default.map(ToString::to_string))
        .with("doc", doc.map(ToString::to_string))
        .with("vertex", vertex.id.to_string())
        .with("constraints", constraints_message(meaning))
}

/// `string`, `array<integer>`, `app.bsky.feed.post#replyRef`.
fn type_name(schema: &Schema, vertex: VertexId) -> String {
    // A bound on what is printed, not on what is stored: deeper types are cut.
    const DEEPEST: usize = 8;
    let mut at = vertex;
    let mut arrays = 0;
    let name = loop {
        let here = schema.vertex(at);
        match here.kind {
            Kind::Array if arrays < DEEPEST => match schema.target_of(at, EdgeKind::Items) {
                Some(items) => {
                    arrays += 1;
                    at = items;
                }
                None => break "array".to_owned(),
            },
            Kind::Ref => match schema.target_of(at, EdgeKind::Ref) {
                Some(target) => {
                    let target = schema.vertex(target);
                    break target.nsid.as_ref().unwrap_or(&target.id).to_string();
                }
                None => break "ref".to_owned(),
            },
            _ => break here.kind.to_string(),
        }
    };
    format!("{}{name}{}", "array<".repeat(arrays), ">".repeat(arrays))
}

/// `schema.graph`: every vertex and edge.
pub(super) fn graph(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let schema = session.schema(request)?;
    Ok(Message::map()
        .with("protocol", schema.protocol().to_string())
        .with("dialect", schema.dialect().to_string())
        .with("vertices", Message::array(schema.vertices().map(|(_, vertex)| vertex_message(vertex))))
        .with("edges", Message::array(schema.edges().map(|edge| edge_message(&schema, edge))))
        .with("enrichment", enrichment_message(&schema))
        .with(
            "hyper_edges",
            Message::array(schema.hyper_edges().iter().map(|edge| hyper_edge(&schema, edge))),
        ))
}

fn hyper_edge(schema: &Schema, edge: &HyperEdge) -> Message<'static> {
    let signature = edge
        .signature
        .iter()
        .map(|(label, at)| (label.to_string().into(), schema.vertex(*at).id.to_string().into()));
    Message::map()
        .with("id", edge.id.to_string())
        .with("kind", edge.kind.to_string())
        .with("signature", Message::Map(signature.collect()))
        .with("parent_label", edge.parent.to_string())
}

fn vertex_message(vertex: &Vertex) -> Message<'static> {
    Message::map()
        .with("id", vertex.id.to_string())
        .with("kind", vertex.kind.to_string())
        .with("types", Message::array(vertex.types.names()))
        .with("nullable", vertex.nullable)
        .with("open", vertex.openness == Openness::Open)
        .with("nsid", vertex.nsid.as_ref().map(ToString::to_string))
        .with("doc", vertex.doc.as_ref().map(ToString::to_string))
        .with("default", vertex.default.as_ref().map(ToString::to_string))
        .with("constraints", constraints_message(vertex))
}

fn constraints_message(vertex: &Vertex) -> Message<'static> {
    Message::array(vertex.constraints.iter().map(|constraint| {
        Message::map().with("sort", constraint.sort.as_str()).with("value", constraint.value.to_string())
    }))
}

fn edge_message(schema: &Schema, (_, edge): (EdgeId, &Edge)) -> Message<'static> {
    Message::map()
        .with("src", schema.vertex(edge.src).id.to_string())
        .with("tgt", schema.vertex(edge.tgt).id.to_string())
        .with("kind", edge.kind.to_string())
        .with("name", edge.name.as_ref().map(ToString::to_string))
        .with("required", edge.required)
}

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::super::{Request, Session, Status};
    use super::*;

    fn step<'a>(op: &'a str, members: &[(&'a str, &'a str)]) -> Message<'a> {
        members.iter().fold(Message::map().with("op", op), |step, (key, value)| step.with(key, *value))
    }

    fn user() -> Message<'static> {
        Message::map().with("op", "schema.build").with("protocol", "json-schema").with(
            "steps",
            Message::array([
                step("vertex", &[("id", "user"), ("kind", "object"), ("nsid", "org.example.user")]),
                step("vertex", &[("id", "user.tags"), ("kind", "array")]),
                step("vertex", &[("id", "user.tags[]"), ("kind", "string")]),
                step("vertex", &[("id", "user.friend"), ("kind", "ref")]),
                step("edge", &[("src", "user"), ("tgt", "user.tags"), ("kind", "prop"), ("name", "tags")]),
                step(
                    "edge",
                    &[("src", "user"), ("tgt", "user.friend"), ("kind", "prop"), ("name", "friend")],
                ),
                step("edge", &[("src", "user.tags"), ("tgt", "user.tags[]"), ("kind", "items")]),
                step("edge", &[("src", "user.friend"), ("tgt", "user"), ("kind", "ref")]),
                step("constraint", &[("vertex", "user.tags"), ("sort", "maxItems"), ("value", "1e1")]),
                step("required", &[("vertex", "user")]).with("edges", Message::array(["tags"])),
                step("root", &[("vertex", "user")]),
            ]),
        )
    }

    fn built(session: &mut Session) -> (Vec<u8>, Vec<u8>) {
        let (status, out) = call(session, user());
        assert_eq!(status, Status::Ok, "{:?}", Message::read(&out));
        let answer = Request::read(&out).unwrap();
        (answer.bytes("bytes").unwrap().to_vec(), answer.bytes("digest").unwrap().to_vec())
    }

    #[test]
    fn fields_name_their_types() {
        let mut session = Session::new(Limits::DEFAULT);
        let (_, digest) = built(&mut session);
        let request = Message::map().with("op", "schema.fields").with("schema", Message::bin(digest));
        let (status, out) = call(&mut session, request);
        assert_eq!(status, Status::Ok);
        let Message::Array(fields) = Message::read(&out).unwrap() else { panic!("not an array") };
        let seen: Vec<(&str, &str, bool)> = fields
            .iter()
            .map(|field| match field {
                Message::Map(field) => match (&field["name"], &field["type"], &field["required"]) {
                    (Message::Str(name), Message::Str(kind), Message::Bool(required)) => {
                        (&**name, &**kind, *required)
                    }
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(seen, [("tags", "array<string>", true), ("friend", "org.example.user", false)]);
    }

    #[test]
    fn an_object_is_its_bytes() {
        let mut here = Session::new(Limits::DEFAULT);
        let (bytes, digest) = built(&mut here);
        let mut there = Session::new(Limits::DEFAULT);
        let ask = || Message::map().with("op", "schema.graph").with("schema", Message::bin(digest.clone()));
        let (status, need) = call(&mut there, ask());
        assert_eq!(status, Status::Need);
        assert_eq!(Message::read(&need).unwrap(), Message::Array(vec![Message::bin(digest.clone())]));
        let define =
            Message::map().with("op", "define").with("kind", "schema").with("bytes", Message::bin(bytes));
        assert_eq!(call(&mut there, define).0, Status::Ok);
        assert_eq!(call(&mut there, ask()), call(&mut here, ask()));
    }

    #[test]
    fn wrong_steps_say_which_one() {
        let mut session = Session::new(Limits::DEFAULT);
        let mut check = |steps: Vec<Message<'_>>, code: &str, path: &str| {
            let request = Message::map().with("op", "schema.build").with("protocol", "json-schema");
            let (status, out) = call(&mut session, request.with("steps", Message::Array(steps)));
            assert_eq!(status, Status::Error);
            let error = Request::read(&out).unwrap();
            assert_eq!((error.text("code").unwrap(), error.text("path").unwrap()), (code, path));
        };
        let vertex = || step("vertex", &[("id", "a"), ("kind", "object")]);
        check(vec![vertex(), vertex()], "duplicate-vertex", "steps[1].id");
        check(vec![step("edge", &[("src", "a")])], "unknown-vertex", "steps[0].src");
        check(vec![vertex(), step("edge", &[("src", "a")])], "missing-argument", "steps[1].tgt");
        check(vec![step("no", &[])], "unknown-step", "steps[0].op");
        check(vec![Message::Nil], "wrong-argument", "steps[0]");
        let value = step("constraint", &[("vertex", "a"), ("sort", "maxItems"), ("value", "1,")]);
        check(vec![vertex(), value], "json-syntax", "steps[1].value");
    }
}
