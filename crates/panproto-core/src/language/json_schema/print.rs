//! A schema as JSON Schema text.
//!
//! Printing walks twice over the same layout: once to learn where each vertex will stand, once to write. A vertex is
//! written where it is met first; everywhere else it is a reference to there. No recursion.

use super::dialect::Dialect;
use super::uri;
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result};
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{Document, EdgeKind, Kind, Openness, Schema, Sort, TypeSet, VertexId};
use crate::value::Json;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The texts of a schema's documents, in order, indented.
///
/// # Errors
/// `not-printable` for kinds and constraints that JSON Schema has no words for.
pub fn print(schema: &Schema) -> Result<Vec<String>> {
    let mut printer = Printer::new(schema)?;
    printer.place()?;
    let count = printer.documents.len();
    (0..count).map(|document| printer.write(document)).collect()
}

/// A piece of the text.
enum Piece {
    Text(String),
    Vertex(VertexId),
    Reference(VertexId),
    List(Vec<Piece>),
    Object(Vec<(String, Piece)>),
}

struct Printer<'s> {
    schema: &'s Schema,
    documents: Vec<Page>,
    ids: HashMap<&'s str, VertexId>,
    /// Definitions that a vertex holds: keyword, then names.
    held: HashMap<VertexId, BTreeMap<String, Vec<(String, VertexId)>>>,
    verbatim: HashMap<VertexId, (VertexId, String)>,
    /// Document and pointer of each vertex.
    places: HashMap<VertexId, (usize, String)>,
}

/// What belongs to a document.
struct Page {
    id: String,
    schema: Option<String>,
    dialect: Dialect,
    root: VertexId,
}

impl<'s> Printer<'s> {
    fn new(schema: &'s Schema) -> Result<Printer<'s>> {
        let ids: HashMap<&str, VertexId> =
            schema.vertices().map(|(id, vertex)| (vertex.id.as_str(), id)).collect();
        let mut printer = Printer {
            schema,
            documents: Vec::new(),
            ids,
            held: HashMap::new(),
            verbatim: HashMap::new(),
            places: HashMap::new(),
        };
        let default = Dialect::from_name(schema.dialect()).unwrap_or(Dialect::Draft202012);
        let plain = [Document::default()];
        let documents = if schema.documents().is_empty() { &plain[..] } else { schema.documents() };
        for (at, document) in documents.iter().enumerate() {
            let page = printer.page(at, document, default)?;
            printer.documents.push(page);
        }
        Ok(printer)
    }

    fn page(&mut self, at: usize, document: &Document, default: Dialect) -> Result<Page> {
        let mut page =
            Page { id: document.id.to_string(), schema: None, dialect: default, root: self.schema.main() };
        let mut found = at == 0;
        for (name, value) in &document.header {
            let tree = value.tree();
            match name.as_str() {
                "$schema" => {
                    page.schema = Some(value.as_str().to_owned());
                    if let Some(text) = tree.root().as_str() {
                        page.dialect = Dialect::from_uri(&text).unwrap_or(default);
                    }
                }
                "root" => {
                    if let Some(root) = self.vertex_named(&tree.root().as_str().unwrap_or_default()) {
                        page.root = root;
                        found = true;
                    }
                }
                "definitions" | "$defs" => {
                    for (holder, entries) in tree.root().members() {
                        let Some(holder) = self.vertex_named(&holder.as_str().unwrap_or_default()) else {
                            continue;
                        };
                        let mut list = Vec::new();
                        for (key, id) in entries.members() {
                            if let (Some(key), Some(vertex)) =
                                (key.as_str(), self.vertex_named(&id.as_str().unwrap_or_default()))
                            {
                                list.push((key.into_owned(), vertex));
                            }
                        }
                        self.held.entry(holder).or_default().insert(name.to_string(), list);
                    }
                }
                "verbatim" => {
                    for (vertex, place) in tree.root().members() {
                        let mut place = place.items().filter_map(|item| item.as_str());
                        let vertex = self.vertex_named(&vertex.as_str().unwrap_or_default());
                        let holder = place.next().and_then(|id| self.vertex_named(&id));
                        if let (Some(vertex), Some(holder), Some(pointer)) = (vertex, holder, place.next()) {
                            self.verbatim.insert(vertex, (holder, pointer.into_owned()));
                        }
                    }
                }
                _ => {}
            }
        }
        if !found {
            let text = format!("document {at} of the schema says nowhere which vertex is its root");
            return Err(Diagnostic::error(ErrorKind::Schema, "not-printable", text));
        }
        Ok(page)
    }

    fn vertex_named(&self, id: &str) -> Option<VertexId> {
        self.ids.get(id).copied()
    }

    /// Gives each vertex its place. What no document reaches is added to the first one's definitions.
    fn place(&mut self) -> Result<()> {
        for document in 0..self.documents.len() {
            let Some(root) = self.documents.get(document).map(|page| page.root) else { continue };
            self.walk(document, root, String::new())?;
        }
        let mut wanted: Vec<(String, VertexId)> =
            self.schema.roots().iter().map(|root| (root.name.to_string(), root.vertex)).collect();
        let targets = self.schema.edges().filter(|(_, edge)| edge.kind == EdgeKind::Ref);
        wanted.extend(targets.map(|(_, edge)| (self.schema.vertex(edge.tgt).id.to_string(), edge.tgt)));
        let Some((root, keyword)) =
            self.documents.first().map(|page| (page.root, page.dialect.definitions_keyword()))
        else {
            return Ok(());
        };
        for (name, vertex) in wanted {
            if self.places.contains_key(&vertex) || self.verbatim.contains_key(&vertex) {
                continue;
            }
            let list = self.held.entry(root).or_default().entry(keyword.to_owned()).or_default();
            let taken = list.iter().any(|(known, _)| *known == name);
            let name = if taken { self.schema.vertex(vertex).id.to_string() } else { name };
            list.push((name.clone(), vertex));
            let mut pointer = format!("/{keyword}");
            uri::push_token(&mut pointer, &name);
            self.walk(0, vertex, pointer)?;
        }
        Ok(())
    }

    fn walk(&mut self, document: usize, root: VertexId, pointer: String) -> Result<()> {
        let mut work = vec![(Piece::Vertex(root), pointer)];
        while let Some((piece, pointer)) = work.pop() {
            match piece {
                Piece::Text(_) | Piece::Reference(_) => {}
                Piece::Vertex(vertex) => {
                    if let Entry::Vacant(place) = self.places.entry(vertex) {
                        place.insert((document, pointer.clone()));
                        work.push((self.piece(document, vertex)?, pointer));
                    }
                }
                Piece::List(items) => {
                    let placed = items.into_iter().enumerate();
                    work.extend(placed.map(|(at, item)| (item, format!("{pointer}/{at}"))).rev_collect());
                }
                Piece::Object(members) => {
                    let placed = members.into_iter().map(|(name, member)| {
                        let mut pointer = pointer.clone();
                        uri::push_token(&mut pointer, &name);
                        (member, pointer)
                    });
                    work.extend(placed.rev_collect());
                }
            }
        }
        Ok(())
    }

    /// Writes one document.
    fn write(&self, document: usize) -> Result<String> {
        enum Task {
            Piece(Piece, bool),
            Mark(&'static str),
            Key(String),
        }
        let Some(page) = self.documents.get(document) else { return Ok(String::new()) };
        let mut out = String::new();
        let mut written: BTreeSet<VertexId> = BTreeSet::new();
        let mut work = vec![Task::Piece(Piece::Vertex(page.root), false)];
        while let Some(task) = work.pop() {
            let (piece, embedded) = match task {
                Task::Mark(mark) => {
                    out.push_str(mark);
                    continue;
                }
                Task::Key(name) => {
                    out.push_str(Json::string(&name).as_str());
                    out.push(':');
                    continue;
                }
                Task::Piece(piece, embedded) => (piece, embedded),
            };
            match piece {
                Piece::Text(text) => out.push_str(&text),
                Piece::Reference(target) => {
                    let reference = self.reference(document, target, embedded)?;
                    out.push_str(Json::string(&reference).as_str());
                }
                Piece::Vertex(vertex) => {
                    let home = self.places.get(&vertex).is_some_and(|(home, _)| *home == document);
                    if home && written.insert(vertex) {
                        let embedded =
                            embedded || (vertex != page.root && self.is_embedded(vertex, page.dialect));
                        work.push(Task::Piece(self.piece(document, vertex)?, embedded));
                    } else {
                        let reference = self.reference(document, vertex, embedded)?;
                        out.push_str(&format!("{{\"$ref\":{}}}", Json::string(&reference)));
                    }
                }
                Piece::List(items) => {
                    work.push(Task::Mark("]"));
                    let last = items.len();
                    for (at, item) in items.into_iter().enumerate().rev_collect() {
                        if at + 1 < last {
                            work.push(Task::Mark(","));
                        }
                        work.push(Task::Piece(item, embedded));
                    }
                    work.push(Task::Mark("["));
                }
                Piece::Object(members) => {
                    work.push(Task::Mark("}"));
                    let last = members.len();
                    for (at, (name, member)) in members.into_iter().enumerate().rev_collect() {
                        if at + 1 < last {
                            work.push(Task::Mark(","));
                        }
                        work.push(Task::Piece(member, embedded));
                        work.push(Task::Key(name));
                    }
                    work.push(Task::Mark("{"));
                }
            }
        }
        Ok(indent(&out))
    }

    /// Whether a vertex is written with an id of its own, so that references in it need the document's.
    fn is_embedded(&self, vertex: VertexId, dialect: Dialect) -> bool {
        let extra = &self.schema.vertex(vertex).extra;
        extra.iter().any(|(name, value)| *name == dialect.id_keyword() && !value.as_str().starts_with("\"#"))
    }

    fn reference(&self, from: usize, target: VertexId, embedded: bool) -> Result<String> {
        let unknown = || {
            let text = format!("vertex `{}` stands in no document", self.schema.vertex(target).id);
            Diagnostic::error(ErrorKind::Schema, "not-printable", text)
        };
        let (document, pointer) = match self.verbatim.get(&target) {
            Some((holder, rest)) => {
                let (document, pointer) = self.places.get(holder).ok_or_else(unknown)?;
                (*document, format!("{pointer}{rest}"))
            }
            None => self.places.get(&target).cloned().ok_or_else(unknown)?,
        };
        let fragment = uri::encode(&pointer);
        if document == from && !embedded {
            return Ok(format!("#{fragment}"));
        }
        let id = self.documents.get(document).map(|page| page.id.as_str()).filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| {
            let text = format!(
                "a reference to vertex `{}` needs an id of its document",
                self.schema.vertex(target).id
            );
            Diagnostic::error(ErrorKind::Schema, "not-printable", text)
        })?;
        let id = uri::split_fragment(id).0;
        let slash = if uri::is_absolute(id) || id.starts_with('/') { "" } else { "/" };
        Ok(if fragment.is_empty() { format!("{slash}{id}") } else { format!("{slash}{id}#{fragment}") })
    }

    /// What is written for a vertex.
    fn piece(&self, document: usize, id: VertexId) -> Result<Piece> {
        let vertex = self.schema.vertex(id);
        let Some(page) = self.documents.get(document) else { return Ok(Piece::Text("true".into())) };
        let mut out: Vec<(String, Piece)> = Vec::new();
        if id == page.root {
            if let Some(schema) = &page.schema {
                out.push(("$schema".into(), Piece::Text(schema.clone())));
            }
            if !page.id.is_empty() {
                let text = Json::string(&page.id).as_str().to_owned();
                out.push((page.dialect.id_keyword().into(), Piece::Text(text)));
            }
        }
        for (name, value) in &vertex.extra {
            if vertex.kind != Kind::External || *name != "$ref" {
                out.push((name.to_string(), Piece::Text(value.as_str().to_owned())));
            }
        }
        if let Some(doc) = &vertex.doc {
            out.push(("description".into(), Piece::Text(Json::string(doc).as_str().to_owned())));
        }
        let (core, wrap) = self.core(id, page.dialect)?;
        let taken: BTreeSet<&str> = out.iter().map(|(name, _)| name.as_str()).collect();
        let collides = core.iter().any(|(name, _)| taken.contains(name.as_str()));
        let has_id = id == page.root && !page.id.is_empty();
        let taken_any = taken.contains("anyOf");
        if wrap {
            let arms = vec![Piece::Object(core), Piece::Text("{\"type\":\"null\"}".into())];
            let union = ("anyOf".to_owned(), Piece::List(arms));
            if taken_any {
                out.push(("allOf".into(), Piece::List(vec![Piece::Object(vec![union])])));
            } else {
                out.push(union);
            }
        } else if collides
            || (has_id
                && page.dialect.reference_stands_alone()
                && matches!(vertex.kind, Kind::Ref | Kind::External))
        {
            // Beside a reference the document's id would be ignored.
            out.push(("allOf".into(), Piece::List(vec![Piece::Object(core)])));
        } else {
            out.extend(core);
        }
        if let Some(default) = &vertex.default {
            out.push(("default".into(), Piece::Text(default.as_str().to_owned())));
        }
        for (keyword, entries) in self.held.get(&id).into_iter().flatten() {
            let entries = entries.iter().map(|(name, vertex)| (name.clone(), Piece::Vertex(*vertex)));
            out.push((keyword.clone(), Piece::Object(entries.collect())));
        }
        let booleans = page.dialect > Dialect::Draft04;
        let only_not = matches!(out.as_slice(), [(name, _)] if *name == "not") && vertex.kind == Kind::Never;
        if booleans && only_not {
            return Ok(Piece::Text("false".into()));
        }
        if booleans && out.is_empty() {
            return Ok(Piece::Text("true".into()));
        }
        Ok(Piece::Object(out))
    }

    /// The keywords that restrict values, and whether `null` has to be admitted around them.
    fn core(&self, id: VertexId, dialect: Dialect) -> Result<(Vec<(String, Piece)>, bool)> {
        let vertex = self.schema.vertex(id);
        let unprintable = |what: &str| {
            let text = format!("JSON Schema has no words for {what}");
            Diagnostic::new(ErrorKind::Schema, "not-printable", text).at(&vertex.id).boxed()
        };
        let mut out: Vec<(String, Piece)> = Vec::new();
        let targets = |kind: EdgeKind| self.schema.outgoing_of(id, kind).map(|(_, edge)| edge.tgt);
        let mut wrap = vertex.nullable;
        match &vertex.kind {
            Kind::Ref => {
                let target =
                    targets(EdgeKind::Ref).next().ok_or_else(|| unprintable("a reference to nothing"))?;
                out.push(("$ref".into(), Piece::Reference(target)));
            }
            Kind::External => {
                let text =
                    vertex.extra.iter().find(|(name, _)| *name == "$ref").map(|(_, value)| value.clone());
                let named = || vertex.nsid.as_ref().map(|name| Json::string(name));
                let text = text.or_else(named).ok_or_else(|| unprintable("a reference without a name"))?;
                out.push(("$ref".into(), Piece::Text(text.as_str().to_owned())));
            }
            Kind::Union => {
                let mut arms: Vec<Piece> = targets(EdgeKind::Variant).map(Piece::Vertex).collect();
                if vertex.nullable && !vertex.exclusive && arms.len() > 1 {
                    arms.push(Piece::Text("{\"type\":\"null\"}".into()));
                    wrap = false;
                }
                let keyword = if vertex.exclusive { "oneOf" } else { "anyOf" };
                out.push((keyword.into(), Piece::List(arms)));
            }
            Kind::Intersection => {
                let branches = targets(EdgeKind::Branch).map(Piece::Vertex).collect();
                out.push(("allOf".into(), Piece::List(branches)));
            }
            Kind::Never => out.push(("not".into(), Piece::Text("{}".into()))),
            Kind::Any
            | Kind::Object
            | Kind::Array
            | Kind::String
            | Kind::Integer
            | Kind::Number
            | Kind::Boolean
            | Kind::Null => {
                wrap = vertex.nullable && vertex.constraint(Sort::Const).is_some();
                let null = vertex.nullable && !wrap;
                let types = if null { vertex.types | TypeSet::NULL } else { vertex.types };
                if types != TypeSet::ALL {
                    let names: Vec<String> = types.names().map(|name| format!("\"{name}\"")).collect();
                    let text = match names.as_slice() {
                        [single] => single.clone(),
                        several => format!("[{}]", several.join(",")),
                    };
                    out.push(("type".into(), Piece::Text(text)));
                }
            }
            other => return Err(unprintable(&format!("kind `{other}`"))),
        }
        let mut required: Vec<String> = Vec::new();
        for (_, edge) in self.schema.props(id).filter(|(_, edge)| edge.required) {
            required.push(Json::string(edge.name.as_deref().unwrap_or_default()).as_str().to_owned());
        }
        for constraint in &vertex.constraints {
            let sort = constraint.sort;
            let value = constraint.value.as_str();
            let keyword = if sort == Sort::AssertedFormat { Sort::Format.as_str() } else { sort.as_str() };
            let mut name = keyword;
            match sort {
                Sort::Required => {
                    required
                        .extend(constraint.value.tree().root().items().map(|item| item.raw_str().to_owned()));
                    continue;
                }
                Sort::Enum if vertex.nullable && !wrap => {
                    let items = value.trim_end_matches(']');
                    let comma = if items == "[" { "" } else { "," };
                    out.push((name.into(), Piece::Text(format!("{items}{comma}null]"))));
                    continue;
                }
                Sort::ExclusiveMinimum | Sort::ExclusiveMaximum if dialect == Dialect::Draft04 => {
                    let (bound, bound_name) = match sort {
                        Sort::ExclusiveMinimum => (Sort::Minimum, "minimum"),
                        _ => (Sort::Maximum, "maximum"),
                    };
                    if vertex.constraint(bound).is_none() {
                        out.push((bound_name.into(), Piece::Text(value.to_owned())));
                        out.push((name.into(), Piece::Text("true".into())));
                        continue;
                    }
                }
                Sort::MinBytes
                | Sort::MaxBytes
                | Sort::MinGraphemes
                | Sort::MaxGraphemes
                | Sort::KnownValues
                | Sort::Accept
                | Sort::MaxSize => {
                    return Err(unprintable(&format!("constraint `{sort}`")));
                }
                _ => {}
            }
            if out.iter().any(|(known, _)| known == name) {
                name = "allOf";
                if out.iter().any(|(known, _)| known == name) {
                    return Err(unprintable(&format!("constraint `{sort}` three times")));
                }
                let text = format!("[{{\"{keyword}\":{value}}}]");
                out.push((name.into(), Piece::Text(text)));
                continue;
            }
            out.push((name.into(), Piece::Text(value.to_owned())));
        }
        for (kind, keyword) in [(EdgeKind::Prop, "properties"), (EdgeKind::Pattern, "patternProperties")] {
            let entries: Vec<(String, Piece)> = self
                .schema
                .outgoing_of(id, kind)
                .map(|(_, edge)| {
                    (edge.name.as_deref().unwrap_or_default().to_owned(), Piece::Vertex(edge.tgt))
                })
                .collect();
            if !entries.is_empty() {
                out.push((keyword.into(), Piece::Object(entries)));
            }
        }
        if !required.is_empty() {
            out.push(("required".into(), Piece::Text(format!("[{}]", required.join(",")))));
        }
        match targets(EdgeKind::Additional).next() {
            Some(additional) => out.push(("additionalProperties".into(), Piece::Vertex(additional))),
            None if vertex.openness == Openness::Closed && vertex.kind != Kind::Union => {
                out.push(("additionalProperties".into(), Piece::Text("false".into())));
            }
            None => {}
        }
        let prefix: Vec<Piece> = targets(EdgeKind::Prefix).map(Piece::Vertex).collect();
        let (first, rest) = match (prefix.is_empty(), dialect.has_prefix_items()) {
            (true, _) | (_, true) => ("prefixItems", "items"),
            _ => ("items", "additionalItems"),
        };
        if !prefix.is_empty() {
            out.push((first.into(), Piece::List(prefix)));
        }
        if let Some(items) = targets(EdgeKind::Items).next() {
            out.push((rest.into(), Piece::Vertex(items)));
        }
        Ok((out, wrap))
    }
}

/// Items in reverse, for a stack.
trait Reversed: Iterator + Sized {
    fn rev_collect(self) -> std::iter::Rev<std::vec::IntoIter<Self::Item>> {
        self.collect::<Vec<_>>().into_iter().rev()
    }
}

impl<I: Iterator> Reversed for I {}

/// Compact JSON with line breaks and two spaces for each level. Empty containers stay closed.
fn indent(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0usize;
    let (mut in_string, mut escaped) = (false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            out.push(c);
            continue;
        }
        match c {
            '{' | '[' => {
                out.push(c);
                if let Some(close) = rest.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
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
            c => {
                in_string = c == '"';
                out.push(c);
            }
        }
    }
    out.push('\n');
    out
}
