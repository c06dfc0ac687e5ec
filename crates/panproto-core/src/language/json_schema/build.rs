//! From schemas to vertices: a work list of positions, no recursion.
//!
//! A position is filled from the pieces that hold there together: the schema's own keywords, a reference, the
//! branches of `allOf`, `anyOf` and `oneOf`. One piece becomes the vertex itself. Several are merged into one where
//! merging is exact, else they become the branches of an intersection.

use super::dialect::Dialect;
use super::layout::{Definitions, Layout};
use super::model::{Additional, Definition, Item, Named, Notes, Own, Part};
use super::read::dialect_of;
use super::scan::{Index, Key, Place};
use super::values::values_of;
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Result, Severity, is_plain};
use crate::language::{Options, Parsed};
use crate::limits::Budget;
use crate::name::Name;
use crate::ordered::BTreeSet;
use crate::schema::{Constraint, Document, EdgeKind, Kind, Role, SchemaBuilder, Sort, TypeSet, VertexId};
use crate::value::{Json, ValueRef};
use std::collections::{HashMap, HashSet, VecDeque};

/// A vertex that is to be filled.
struct Work<'t> {
    vertex: VertexId,
    items: Items<'t>,
    /// References to the schema lead to this vertex.
    home: bool,
}

enum Items<'t> {
    Position(Vec<Part<'t>>),
    Piece(Item<'t>),
}

/// Parsing at work.
pub(super) struct Build<'t, 'b> {
    pub(super) index: Index<'t>,
    pub(super) budget: &'b mut Budget,
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) reported: HashSet<(&'static str, u32, u32)>,
    pub(super) builder: SchemaBuilder,
    /// Whether formats restrict.
    pub(super) assert_format: bool,
    /// Whether a document says which draft it is of: `None` silent, `false` one that is not known.
    declared: Vec<Option<bool>>,
    work: VecDeque<Work<'t>>,
    /// The vertex of a schema where it is written.
    pub(super) homes: HashMap<Key, VertexId>,
    /// The vertex of a schema that is written inside of a keyword without a place in the model.
    detached: HashMap<Key, VertexId>,
    references: VecDeque<(VertexId, Place<'t>)>,
    pub(super) roots: Vec<(Name, VertexId)>,
    root_names: BTreeSet<Name>,
    layouts: Vec<Layout>,
}

impl<'t, 'b> Build<'t, 'b> {
    /// Parses documents that are JSON already.
    pub(super) fn run(documents: &[ValueRef<'t>], options: &Options, budget: &'b mut Budget) -> Parsed {
        let default = options.dialect.as_deref().and_then(Dialect::from_name).unwrap_or(Dialect::Draft202012);
        let found: Vec<_> = documents.iter().map(|root| dialect_of(*root, default)).collect();
        let dialects: Vec<Dialect> = found.iter().map(|(dialect, _)| *dialect).collect();
        let mut builder = SchemaBuilder::new("json-schema");
        builder.dialect(dialects.first().copied().unwrap_or(default).name());
        let index = match Index::new(documents, dialects, budget) {
            Ok(index) => index,
            Err(error) => return Parsed::failed(*error),
        };
        let mut build = Build {
            index,
            budget,
            diagnostics: Vec::new(),
            reported: HashSet::new(),
            builder,
            assert_format: options.assert_format,
            declared: found.into_iter().map(|(_, declared)| declared).collect(),
            work: VecDeque::new(),
            homes: HashMap::new(),
            detached: HashMap::new(),
            references: VecDeque::new(),
            roots: Vec::new(),
            root_names: BTreeSet::new(),
            layouts: Vec::new(),
        };
        let result = build.all(documents.len() as u32, options);
        build.finish(result, options)
    }

    fn all(&mut self, documents: u32, options: &Options) -> Result<()> {
        for document in 0..documents {
            let Some(root) = self.index.root(document) else { continue };
            let id = if document == 0 { "root".to_owned() } else { format!("document{document}") };
            let vertex = self.new_vertex(&id, document);
            self.layouts.push(Layout { root: Some(vertex), ..Layout::default() });
            let own_id = root.value.get(self.index.dialect(document).id_keyword()).and_then(ValueRef::as_str);
            let own_id = own_id.filter(|_| self.index.uri(root.resource) != plain_uri(document));
            let mut header = Vec::new();
            if let Some(uri) = root.value.get("$schema") {
                header.push((Name::new("$schema"), uri.to_json()));
            }
            let name = match own_id.as_deref() {
                _ if document == 0 => Name::new("main"),
                Some(id) => Name::new(id),
                None => Name::new(&id),
            };
            self.builder.document(Document {
                id: Name::new(own_id.as_deref().unwrap_or_default()),
                header,
                early_form: false,
            });
            self.add_root(name, vertex);
            self.push(vertex, vec![Part::Schema(root)], true);
            if self.declared.get(document as usize) == Some(&Some(false)) {
                self.report_dialect(root, options.dialect.is_some());
            }
        }
        loop {
            while let Some(work) = self.work.pop_front() {
                self.fill(work)?;
            }
            let Some((vertex, target)) = self.references.pop_front() else { return Ok(()) };
            let key = target.key();
            let to = match self.homes.get(&key).or_else(|| self.detached.get(&key)) {
                Some(home) => *home,
                None => self.detach(target),
            };
            self.builder.edge(vertex, to, EdgeKind::Ref, None);
        }
    }

    /// A `$schema` that is not known may mean that keywords say something else, or nothing: only a caller who names
    /// the draft can take that on.
    fn report_dialect(&mut self, root: Place<'t>, chosen: bool) {
        let value = root.value.get("$schema").unwrap_or(root.value);
        let text = format!("`$schema` names no draft that is known: {}", value.raw_str());
        let found = Diagnostic::new(ErrorKind::Schema, "dialect-unknown", text)
            .help("say with the option `dialect` as which draft to read it");
        self.report(if chosen { found.warning() } else { found }, root, value, "$schema");
    }

    /// Gives a vertex to a schema that is written inside of what the model keeps verbatim.
    fn detach(&mut self, target: Place<'t>) -> VertexId {
        let key = target.key();
        let homes = &self.homes;
        let holder = self.index.holder(key, |key| homes.contains_key(&key));
        let holder = holder.and_then(|(key, pointer)| Some((*homes.get(&key)?, pointer)));
        let (holder, pointer) = holder.unwrap_or((VertexId(0), self.index.pointer(key)));
        let id = format!("{}#{pointer}", self.builder.vertex_ref(holder).id);
        let vertex = self.new_vertex(&id, target.document);
        self.detached.insert(key, vertex);
        if let Some(layout) = self.layouts.get_mut(target.document as usize) {
            layout.detached.push((vertex, holder, pointer));
        }
        self.push(vertex, vec![Part::Copy(target)], false);
        vertex
    }

    fn finish(mut self, result: Result<()>, options: &Options) -> Parsed {
        if let Err(error) = result {
            self.diagnostics.push(*error);
        }
        let failed = |diagnostics: &[Diagnostic]| {
            diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
        };
        if !failed(&self.diagnostics) {
            self.refuse_cycles();
        }
        if let Some(wanted) = options.root.as_deref() {
            self.choose_root(wanted);
        }
        if failed(&self.diagnostics) {
            return Parsed { schema: None, diagnostics: self.diagnostics };
        }
        for (name, vertex) in &self.roots {
            self.builder.root(name, *vertex, Role::Value);
        }
        for (document, layout) in self.layouts.iter().enumerate() {
            let header = layout.header(&self.builder);
            self.builder.document_mut(document).header.extend(header);
        }
        match self.builder.finish() {
            Ok(schema) => Parsed { schema: Some(schema), diagnostics: self.diagnostics },
            Err(error) => {
                self.diagnostics.push(*error);
                Parsed { schema: None, diagnostics: self.diagnostics }
            }
        }
    }

    fn add_root(&mut self, name: Name, vertex: VertexId) {
        let name = if self.root_names.contains(&name) || *name == *"document" {
            self.builder.vertex_ref(vertex).id.clone()
        } else {
            name
        };
        self.root_names.insert(name.clone());
        self.roots.push((name, vertex));
    }

    pub(super) fn is_declared(&self, document: u32) -> bool {
        self.declared.get(document as usize).is_some_and(|declared| *declared == Some(true))
    }

    fn push(&mut self, vertex: VertexId, parts: Vec<Part<'t>>, home: bool) {
        let first = parts.first().map(|part| match part {
            Part::Schema(place) | Part::Copy(place) | Part::Reference(place) => *place,
        });
        if let Some(place) = first {
            self.locate(vertex, place);
        }
        self.work.push_back(Work { vertex, items: Items::Position(parts), home });
    }

    /// Notes where a vertex is written; what is copied from another document has no place in its own.
    fn locate(&mut self, vertex: VertexId, place: Place<'t>) {
        let vertex = self.builder.vertex_mut(vertex);
        vertex.span = (vertex.document == place.document).then(|| place.value.span());
    }

    fn fill(&mut self, work: Work<'t>) -> Result<()> {
        let Work { vertex, items, mut home } = work;
        let mut items = match items {
            Items::Piece(item) => vec![item],
            Items::Position(parts) => match parts.as_slice() {
                [part] => self.open(vertex, *part, &mut home)?,
                parts => parts.iter().map(|part| Item::Arm(*part)).collect(),
            },
        };
        loop {
            match items.as_slice() {
                [] => return self.emit(vertex, Own::default(), home),
                [Item::Own(own)] => {
                    let own = Own::clone(own);
                    return self.emit(vertex, own, home);
                }
                [Item::Reference(target)] => {
                    self.references.push_back((vertex, *target));
                    self.set_kind(vertex, Kind::Ref);
                    return Ok(());
                }
                [Item::External(uri, text)] => {
                    self.set_kind(vertex, Kind::External);
                    let name = self.builder.name(uri);
                    let vertex = self.builder.vertex_mut(vertex);
                    vertex.nsid = Some(name);
                    vertex.extra.push((Name::new("$ref"), text.clone()));
                    return Ok(());
                }
                [Item::Arm(part)] => match self.absorb(vertex, *part)? {
                    Some(next) => items = next,
                    None => return self.intersect(vertex, items, home),
                },
                [Item::Union { arms, exclusive }] => {
                    let (arms, exclusive) = (arms.clone(), *exclusive);
                    match self.unite(vertex, arms, exclusive, home)? {
                        Some(next) => items = next,
                        None => return Ok(()),
                    }
                }
                several => {
                    if let Some(union) = self.without_types(several)? {
                        items = vec![union];
                    } else if let Some(own) = self.merge(vertex, several)? {
                        items = vec![Item::Own(Box::new(own))];
                    } else {
                        return self.intersect(vertex, items, home);
                    }
                }
            }
        }
    }

    /// Opens the schema that a vertex stands for: what it says beside its pieces goes to the vertex.
    fn open(&mut self, vertex: VertexId, part: Part<'t>, home: &mut bool) -> Result<Vec<Item<'t>>> {
        let place = match part {
            Part::Reference(target) => return Ok(vec![Item::Reference(target)]),
            Part::Schema(place) => place,
            Part::Copy(place) => {
                *home = false;
                place
            }
        };
        if *home {
            self.homes.entry(place.key()).or_insert(vertex);
        }
        let reading = self.read(place)?;
        if *home {
            for (keyword, members) in &reading.notes.definitions {
                self.define(vertex, keyword, members);
            }
        }
        self.annotate(vertex, reading.notes);
        Ok(reading.items)
    }

    fn define(&mut self, holder: VertexId, keyword: &str, members: &[Definition<'t>]) {
        let document = self.builder.vertex_ref(holder).document;
        let prefix = match self.builder.vertex_ref(holder).id.as_str() {
            "root" => String::new(),
            id => format!("{id}/"),
        };
        let mut entries = Vec::new();
        for (name, place) in members {
            let id = if is_word(name) {
                format!("{prefix}{keyword}/{name}")
            } else {
                format!("{prefix}{keyword}/{}", Json::string(name))
            };
            let vertex = self.new_vertex(&id, document);
            self.add_root(Name::new(name), vertex);
            entries.push((name.clone(), vertex));
            self.push(vertex, vec![Part::Schema(*place)], true);
        }
        if let Some(layout) = self.layouts.get_mut(document as usize) {
            layout.definitions.push(Definitions { keyword: keyword.into(), holder, entries });
        }
    }

    /// Takes up annotations and verbatim keywords; what stands at the vertex already, wins.
    pub(super) fn annotate(&mut self, vertex: VertexId, notes: Notes<'t>) {
        let vertex = self.builder.vertex_mut(vertex);
        vertex.doc = vertex.doc.take().or(notes.doc);
        vertex.default = vertex.default.take().or(notes.default);
        vertex.tainted |= notes.tainted;
        for (name, value) in notes.extra {
            if vertex.extra.iter().all(|(known, _)| *known != name) {
                vertex.extra.push((name, value));
            }
        }
    }

    /// Whether annotations can join those of a vertex without loss.
    pub(super) fn can_join(&self, vertex: VertexId, notes: &Notes<'t>) -> bool {
        let vertex = self.builder.vertex_ref(vertex);
        notes.is_transparent()
            && !(vertex.doc.is_some() && notes.doc.is_some())
            && !(vertex.default.is_some() && notes.default.is_some())
            && notes.extra.iter().all(|(name, _)| vertex.extra.iter().all(|(known, _)| known != name))
    }

    /// Makes a schema that is written inside of another one part of that one's vertex, where nothing tells them
    /// apart.
    pub(super) fn absorb(&mut self, vertex: VertexId, part: Part<'t>) -> Result<Option<Vec<Item<'t>>>> {
        let place = match part {
            Part::Reference(target) => return Ok(Some(vec![Item::Reference(target)])),
            Part::Schema(place) if self.index.is_referenced(place) => return Ok(None),
            Part::Schema(place) | Part::Copy(place) => place,
        };
        let reading = self.read(place)?;
        if !self.can_join(vertex, &reading.notes) {
            return Ok(None);
        }
        self.annotate(vertex, reading.notes);
        Ok(Some(reading.items))
    }

    fn intersect(&mut self, vertex: VertexId, items: Vec<Item<'t>>, home: bool) -> Result<()> {
        self.set_kind(vertex, Kind::Intersection);
        for (at, item) in items.into_iter().enumerate() {
            let child = self.child_vertex(vertex, &format!(":branch{at}"));
            self.builder.edge(vertex, child, EdgeKind::Branch, None);
            match item {
                Item::Arm(part) => self.push(child, vec![part], home),
                item => {
                    let outer = self.builder.vertex_ref(vertex);
                    let (span, document) = (outer.span, outer.document);
                    let inner = self.builder.vertex_mut(child);
                    (inner.span, inner.document) = (span, document);
                    self.work.push_back(Work { vertex: child, items: Items::Piece(item), home });
                }
            }
        }
        Ok(())
    }

    /// Makes a vertex a union, or says as what else it is to be filled.
    fn unite(
        &mut self,
        vertex: VertexId,
        arms: Vec<Place<'t>>,
        exclusive: bool,
        home: bool,
    ) -> Result<Option<Vec<Item<'t>>>> {
        let (others, exact) = self.without_null_arm(&arms, exclusive)?;
        if let [single] = others.as_slice()
            && (exact || others.len() == arms.len())
            && let Some(items) = self.absorb(vertex, Part::Schema(*single))?
        {
            self.builder.vertex_mut(vertex).nullable |= exact;
            return Ok(Some(items));
        }
        let collapse = exact && others.len() > 1;
        self.set_kind(vertex, Kind::Union);
        let target = self.builder.vertex_mut(vertex);
        target.exclusive = exclusive;
        target.nullable |= collapse;
        for (at, arm) in (if collapse { others } else { arms }).into_iter().enumerate() {
            let child = self.child_vertex(vertex, &format!(":variant{at}"));
            self.builder.edge(vertex, child, EdgeKind::Variant, None);
            self.push(child, vec![Part::Schema(arm)], home);
        }
        Ok(None)
    }

    /// The arms other than `null`, and whether the union means one of them or `null`. An exclusive union does only
    /// where no other arm admits `null`.
    pub(super) fn without_null_arm(
        &mut self,
        arms: &[Place<'t>],
        exclusive: bool,
    ) -> Result<(Vec<Place<'t>>, bool)> {
        let is_null = |arm: &&Place<'t>| is_only_null(arm.value) && !self.index.is_referenced(**arm);
        let nulls = arms.iter().filter(is_null).count();
        let others: Vec<Place<'t>> = arms.iter().filter(|arm| !is_null(arm)).copied().collect();
        let mut exact = nulls == 1 || (nulls > 1 && !exclusive);
        if exact && exclusive {
            for arm in &others {
                exact &= !self.types_of(*arm)?.contains(TypeSet::NULL);
            }
        }
        let exact = exact && !others.is_empty();
        Ok((others, exact))
    }

    /// The union alone, where its arms make the types beside it superfluous.
    fn without_types(&mut self, items: &[Item<'t>]) -> Result<Option<Item<'t>>> {
        let [Item::Own(own), union @ Item::Union { arms, .. }] = items else { return Ok(None) };
        let Some(types) = own.types.filter(|_| own.only_types()) else { return Ok(None) };
        for arm in arms {
            if !types.contains(self.types_of(*arm)?) {
                return Ok(None);
            }
        }
        Ok(Some(union.clone()))
    }

    fn set_kind(&mut self, vertex: VertexId, kind: Kind) {
        let vertex = self.builder.vertex_mut(vertex);
        vertex.types = kind.types();
        vertex.kind = kind;
    }

    fn child_vertex(&mut self, parent: VertexId, suffix: &str) -> VertexId {
        let parent = self.builder.vertex_ref(parent);
        let (id, document) = (format!("{}{suffix}", parent.id), parent.document);
        self.new_vertex(&id, document)
    }

    fn new_vertex(&mut self, id: &str, document: u32) -> VertexId {
        let vertex = self.builder.vertex(id, Kind::Any);
        self.builder.vertex_mut(vertex).document = document;
        vertex
    }

    /// Fills a vertex with what a schema's own keywords say.
    fn emit(&mut self, vertex: VertexId, own: Own<'t>, home: bool) -> Result<()> {
        self.budget.spend(own.props.len() as u64 + own.required.len() as u64)?;
        let forced = self.builder.vertex_ref(vertex).nullable;
        let (kind, types, nullable, mut constraints) = values_of(&own, forced);
        let constraint_required = self.emit_props(vertex, &own, home);
        if !constraint_required.is_empty() {
            let names: Vec<String> =
                constraint_required.iter().map(|name| Json::string(name).as_str().to_owned()).collect();
            let list = Json::parse(&format!("[{}]", names.join(",")))?;
            constraints.push(Constraint::new(Sort::Required, list));
        }
        for (at, (pattern, parts)) in own.patterns.iter().enumerate() {
            let child = self.child_vertex(vertex, &format!(":pattern{at}"));
            self.builder.edge(vertex, child, EdgeKind::Pattern, Some(pattern));
            self.push(child, parts.clone(), home);
        }
        let target = self.builder.vertex_mut(vertex);
        target.kind = kind;
        target.types = types;
        target.nullable = nullable;
        target.constraints = constraints;
        match own.additional {
            Additional::Open => {}
            Additional::Closed => target.openness = crate::schema::Openness::Closed,
            Additional::Schema(parts) => {
                let child = self.child_vertex(vertex, ":additional");
                self.builder.edge(vertex, child, EdgeKind::Additional, None);
                self.push(child, parts, home);
            }
        }
        for (at, parts) in own.prefix.into_iter().enumerate() {
            let child = self.child_vertex(vertex, &format!(":prefix{at}"));
            self.builder.edge(vertex, child, EdgeKind::Prefix, None);
            self.push(child, parts, home);
        }
        if let Some(parts) = own.items {
            let child = self.child_vertex(vertex, ":items");
            self.builder.edge(vertex, child, EdgeKind::Items, None);
            self.push(child, parts, home);
        }
        Ok(())
    }

    /// Adds the properties; the required names for which no property can be declared.
    fn emit_props(&mut self, vertex: VertexId, own: &Own<'t>, home: bool) -> Vec<Box<str>> {
        let declared: BTreeSet<&str> = own.props.iter().map(|(name, _)| &**name).collect();
        let required: BTreeSet<&str> = own.required.iter().map(|name| &**name).collect();
        for (name, parts) in &own.props {
            let child = self.child_vertex(vertex, &member_suffix(name));
            self.builder.edge(vertex, child, EdgeKind::Prop, Some(name)).required =
                required.contains(&**name);
            self.push(child, parts.clone(), home);
        }
        let others = own.required.iter().filter(|name| !declared.contains(&***name));
        if !matches!(own.additional, Additional::Open) {
            // A declared member would no longer be an additional one.
            return others.cloned().collect();
        }
        for name in others {
            let child = self.child_vertex(vertex, &member_suffix(name));
            self.builder.edge(vertex, child, EdgeKind::Prop, Some(name)).required = true;
            let outer = self.builder.vertex_ref(vertex);
            let (span, document) = (outer.span, outer.document);
            let inner = self.builder.vertex_mut(child);
            (inner.span, inner.document) = (span, document);
        }
        Vec::new()
    }
}

/// Whether a schema says that the value is `null`, and nothing else.
fn is_only_null(value: ValueRef<'_>) -> bool {
    let mut members = value.members();
    let (Some((key, says)), None) = (members.next(), members.next()) else { return false };
    fn single(list: ValueRef<'_>) -> Option<&str> {
        list.items().next().filter(|_| list.len() == 1).map(ValueRef::raw_str)
    }
    match key.as_str().as_deref() {
        Some("type") => says.name_is("null") || single(says) == Some("\"null\""),
        Some("const") => says.raw_str() == "null",
        Some("enum") => single(says) == Some("null"),
        _ => false,
    }
}

/// Whether a name can stand in a vertex id as it is.
fn is_word(name: &str) -> bool {
    is_plain(name) && !name.contains([':', '#'])
}

fn member_suffix(name: &str) -> String {
    if is_word(name) { format!(".{name}") } else { format!("[{}]", Json::string(name)) }
}

fn plain_uri(document: u32) -> String {
    format!("{}document-{document}", super::scan::BASE)
}

/// Reads a list of named positions, for merging.
pub(super) fn position<'n, 't>(named: &'n mut Named<'t>, name: &str) -> Option<&'n mut Vec<Part<'t>>> {
    named.iter_mut().find(|(known, _)| **known == *name).map(|(_, parts)| parts)
}
