//! Loading a bundle: documents, their headers and definitions, and the roots of the schema.

use super::findings::{Findings, repeated_members};
use super::reference::{definition_id, is_nsid};
use super::{Position, Task};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Path, Result, Span, is_plain};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{Document, EdgeKind, Kind, Role, SchemaBuilder, VertexId};
use crate::value::{Tree, ValueRef};

/// A document whose header was read.
#[derive(Clone, Debug)]
pub(super) struct Loaded<'t> {
    pub(super) id: Name,
    pub(super) tree: &'t Tree,
    pub(super) early: bool,
    /// Name (none for the main one) and vertex, in document order.
    definitions: Vec<(Option<Name>, VertexId)>,
}

/// A parse under way.
pub(super) struct Bundle<'t, 'b> {
    pub(super) builder: SchemaBuilder,
    pub(super) findings: Findings,
    pub(super) documents: Vec<Loaded<'t>>,
    /// `$type` to definition.
    pub(super) definitions: BTreeMap<Name, VertexId>,
    /// Ids of the documents that were given.
    pub(super) given: BTreeSet<Name>,
    /// References to other documents that were warned of already.
    pub(super) externals: BTreeSet<Name>,
    /// `$defs` of the early form, by the body that they stand in.
    pub(super) local: BTreeMap<(VertexId, Name), VertexId>,
    pub(super) work: Vec<Task<'t>>,
    pub(super) budget: &'b mut Budget,
    id_bytes: u64,
}

/// All ids of a schema together: a nested id repeats what it stands in, so long names could multiply.
const MOST_ID_BYTES: u64 = 64 << 20;

impl<'t, 'b> Bundle<'t, 'b> {
    pub(super) fn new(budget: &'b mut Budget) -> Bundle<'t, 'b> {
        let mut builder = SchemaBuilder::new("atproto");
        builder.dialect("lexicon-1");
        Bundle {
            builder,
            findings: Findings::default(),
            documents: Vec::new(),
            definitions: BTreeMap::new(),
            given: BTreeSet::new(),
            externals: BTreeSet::new(),
            local: BTreeMap::new(),
            work: Vec::new(),
            budget,
            id_bytes: 0,
        }
    }

    /// Reads a document's header and declares its definitions; their contents wait in `work`.
    pub(super) fn load(&mut self, tree: &'t Tree) -> Result<()> {
        let index = self.documents.len();
        self.documents.push(Loaded { id: Name::default(), tree, early: false, definitions: Vec::new() });
        self.builder.document(Document::default());
        self.budget.spend(tree.text().len() as u64)?;
        let root = tree.root();
        for (name, span) in repeated_members(root) {
            let message = format!("member `{name}` stands twice in one object");
            self.error(index, span, ErrorKind::Parse, "duplicate-key", message);
        }
        if !root.is_object() {
            self.error(
                index,
                root.span(),
                ErrorKind::Schema,
                "invalid-document",
                "a Lexicon document is an object",
            );
            return Ok(());
        }
        let Some(id) = self.header(index, root) else { return Ok(()) };
        let early =
            root.get("type").is_some() && root.get("defs").is_none_or(|defs| defs.get("main").is_none());
        if let Some(document) = self.documents.get_mut(index) {
            document.id = id.clone();
            document.early = early;
        }
        self.builder.document_mut(index).early_form = early;
        if !self.given.insert(id.clone()) {
            let message = format!("document `{id}` is given twice");
            self.error(index, root.span(), ErrorKind::Schema, "duplicate-document", message);
            return Ok(());
        }
        if early {
            let finding = Diagnostic::new(
                ErrorKind::Schema,
                "early-form",
                format!("document `{id}` has the early form, without `defs.main`"),
            );
            self.findings.add(index, tree, Span { start: 0, end: 1 }, finding.note());
            self.declare(index, None, root)?;
        }
        match root.get("defs") {
            Some(defs) if defs.is_object() => {
                for (key, value) in defs.members() {
                    let Some(name) = self.text(index, key) else { continue };
                    let name = (name != "main").then(|| self.builder.name(&name));
                    self.declare(index, name, value)?;
                }
            }
            Some(defs) => {
                self.error(
                    index,
                    defs.span(),
                    ErrorKind::Schema,
                    "invalid-keyword",
                    "`defs` is not an object",
                );
            }
            None if early => {}
            None => self.error(
                index,
                root.span(),
                ErrorKind::Schema,
                "missing-keyword",
                "the document has no `defs`",
            ),
        }
        Ok(())
    }

    /// The document's id; its other members go to the header of its document.
    fn header(&mut self, index: usize, root: ValueRef<'t>) -> Option<Name> {
        let schema = ErrorKind::Schema;
        match root.get("lexicon") {
            Some(version) if version.raw() == b"1" => {}
            Some(version) if version.as_i64().is_some() => {
                let message = format!("version `{}` of the Lexicon language is not known", version.raw_str());
                self.error(index, version.span(), schema, "lexicon-version", message);
            }
            Some(version) => {
                self.error(index, version.span(), schema, "invalid-keyword", "`lexicon` is not the number 1");
            }
            None => {
                self.error(index, root.span(), schema, "missing-keyword", "the document has no `lexicon`")
            }
        }
        let early =
            root.get("type").is_some() && root.get("defs").is_none_or(|defs| defs.get("main").is_none());
        for (key, value) in root.members() {
            let Some(name) = self.text(index, key) else { continue };
            let known = matches!(&*name, "lexicon" | "revision" | "description" | "$type" | "$schema");
            if matches!(&*name, "id" | "defs") || early && !matches!(&*name, "lexicon" | "revision") {
                continue;
            }
            if !known {
                self.unknown_keyword(index, key.span(), &name, "a document");
            }
            let name = self.builder.name(&name);
            self.builder.document_mut(index).header.push((name, value.to_json()));
        }
        let Some(id) = root.get("id") else {
            self.error(index, root.span(), schema, "missing-keyword", "the document has no `id`");
            return None;
        };
        let Some(text) = id.as_str() else {
            self.error(index, id.span(), schema, "invalid-keyword", "`id` is not a string");
            return None;
        };
        if !is_nsid(&text) {
            self.error(index, id.span(), schema, "invalid-nsid", format!("`{text}` is not an NSID"));
            return None;
        }
        let id = self.builder.name(&text);
        self.builder.document_mut(index).id = id.clone();
        Some(id)
    }

    /// Makes the vertex of a definition and puts its contents on the list of work.
    fn declare(&mut self, index: usize, name: Option<Name>, value: ValueRef<'t>) -> Result<()> {
        let Some(document) = self.documents.get(index) else { return Ok(()) };
        let nsid = self.builder.name(&definition_id(&document.id, name.as_deref()));
        let id = match &name {
            Some(name) if !is_plain_piece(name) => {
                format!("{}#{}", document.id, Path::default().member(&format!("#{name}")))
            }
            _ => nsid.to_string(),
        };
        let vertex = self.vertex(&id, index, value.span())?;
        self.builder.vertex_mut(vertex).nsid = Some(nsid.clone());
        // References ask what they lead to before the definition itself is read.
        if let Some(kind) = value.get("type").and_then(|kind| kind.as_str()) {
            let known = super::kind_of(&kind);
            // A definition of an unknown type may be data: what refers to it is *unknown*, not wrong.
            self.builder.vertex_mut(vertex).tainted = known.is_none() && !self.is_early(index);
            self.set_kind(vertex, known.unwrap_or(Kind::Any));
        }
        self.definitions.insert(nsid, vertex);
        let position = if name.is_some() { Position::Definition } else { Position::Main };
        self.work.push(Task { vertex, value, position, document: index, scope: vertex });
        if let Some(document) = self.documents.get_mut(index) {
            document.definitions.push((name, vertex));
        }
        Ok(())
    }

    /// Declares the roots: the main definition of the first document, the other main ones, then the rest.
    pub(super) fn declare_roots(&mut self) {
        let mut mains = Vec::new();
        let mut rest = Vec::new();
        for (index, document) in self.documents.iter().enumerate() {
            let has_main = document.definitions.iter().any(|(name, _)| name.is_none());
            for (name, vertex) in &document.definitions {
                match name {
                    None if index == 0 => mains.push(("main".to_owned(), *vertex)),
                    None => mains.push((document.id.to_string(), *vertex)),
                    Some(name) if index == 0 && !has_main => mains.push((format!("#{name}"), *vertex)),
                    Some(name) if index == 0 => rest.push((format!("#{name}"), *vertex)),
                    Some(name) => rest.push((definition_id(&document.id, Some(name)), *vertex)),
                }
            }
        }
        let mut bodies: BTreeMap<VertexId, Vec<(VertexId, Role)>> = BTreeMap::new();
        for edge in self.builder.edges() {
            let role = match edge.kind {
                EdgeKind::Parameters => Role::Parameters,
                EdgeKind::Input => Role::Input,
                EdgeKind::Output => Role::Output,
                EdgeKind::Message => Role::Message,
                _ => continue,
            };
            bodies.entry(edge.src).or_default().push((edge.tgt, role));
        }
        for (name, vertex) in mains.into_iter().chain(rest) {
            match self.builder.vertex_ref(vertex).kind {
                Kind::Record => self.builder.root(&name, vertex, Role::Record),
                Kind::Query | Kind::Procedure | Kind::Subscription => {
                    for (body, role) in bodies.remove(&vertex).unwrap_or_default() {
                        self.builder.root(&format!("{name}:{}", role.as_str()), body, role);
                    }
                }
                Kind::Definition => {}
                _ => self.builder.root(&name, vertex, Role::Value),
            }
        }
    }

    /// A new vertex of no kind yet.
    pub(super) fn vertex(&mut self, id: &str, document: usize, span: Span) -> Result<VertexId> {
        self.budget.spend(1 + id.len() as u64)?;
        self.id_bytes += id.len() as u64;
        if self.id_bytes > MOST_ID_BYTES {
            return Err(Diagnostic::new(
                ErrorKind::Limit,
                "limit-size",
                format!("the names of nested properties pass {MOST_ID_BYTES} bytes together"),
            )
            .in_document(document)
            .spanning(span)
            .boxed());
        }
        let vertex = self.builder.vertex(id, Kind::Any);
        let made = self.builder.vertex_mut(vertex);
        made.span = Some(span);
        made.document = document as u32;
        Ok(vertex)
    }

    pub(super) fn set_kind(&mut self, vertex: VertexId, kind: Kind) {
        let vertex = self.builder.vertex_mut(vertex);
        vertex.types = kind.types();
        vertex.kind = kind;
    }

    /// The decoded text of a string; a lone surrogate is an error.
    pub(super) fn text(&mut self, document: usize, value: ValueRef<'t>) -> Option<String> {
        let text = value.as_str().map(std::borrow::Cow::into_owned);
        if text.is_none() {
            let message = format!("`{}` is not a string of Unicode text", value.raw_str());
            self.error(document, value.span(), ErrorKind::Schema, "invalid-keyword", message);
        }
        text
    }

    pub(super) fn error(
        &mut self,
        document: usize,
        span: Span,
        kind: ErrorKind,
        code: &'static str,
        message: impl Into<std::borrow::Cow<'static, str>>,
    ) {
        self.finding(document, span, Diagnostic::new(kind, code, message));
    }

    pub(super) fn finding(&mut self, document: usize, span: Span, finding: Diagnostic) {
        if let Some(loaded) = self.documents.get(document) {
            self.findings.add(document, loaded.tree, span, finding);
        }
    }

    pub(super) fn unknown_keyword(&mut self, document: usize, span: Span, name: &str, of: &str) {
        let message = format!("keyword `{name}` of {of} is not known, and kept as it is");
        self.finding(document, span, Diagnostic::new(ErrorKind::Schema, "unknown-keyword", message).note());
    }
}

/// Whether a name can be a piece of a vertex id as it is.
pub(super) fn is_plain_piece(name: &str) -> bool {
    is_plain(name) && !name.contains([':', '#'])
}
