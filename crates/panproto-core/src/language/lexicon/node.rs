//! Reading one node: a definition, a property, an item, the schema of a body.

use super::bundle::{Bundle, is_plain_piece};
use super::keyword::{FORMATS, Keyword, Place, Shape, is_annotation, keywords};
use super::reference::{Reference, document_of, usual_spelling};
use super::{Position, Task, kind_of};
use crate::diagnostic::{Diagnostic, Kind as ErrorKind, Path, Result};
use crate::name::Name;
use crate::ordered::BTreeSet;
use crate::schema::{Constraint, EdgeKind, Kind, Openness, Sort, TypeSet, VertexId};
use crate::value::{Json, JsonKind, ValueRef};

impl<'t> Bundle<'t, '_> {
    /// Reads a node into its vertex; what it contains goes on the list of work.
    pub(super) fn node(&mut self, task: Task<'t>) -> Result<()> {
        let Task { vertex, value, position, document, .. } = task;
        let schema = ErrorKind::Schema;
        if !value.is_object() {
            let found = value.kind().as_str();
            self.error(
                document,
                value.span(),
                schema,
                "invalid-type",
                format!("expected an object, found {found}"),
            );
            return Ok(());
        }
        let early = self.is_early(document);
        if early {
            self.local_definitions(task)?;
        }
        let Some(type_value) = value.get("type").filter(|value| !early || value.kind() == JsonKind::String)
        else {
            if early && position != Position::RecordObject {
                return self.untyped(task);
            }
            self.error(document, value.span(), schema, "missing-type", "the node has no `type`");
            return Ok(());
        };
        let Some(type_name) = self.text(document, type_value) else { return Ok(()) };
        let kind = match kind_of(&type_name) {
            _ if position == Position::Parameters && (type_name == "params" || early) => {
                if type_name != "params" {
                    self.keep(vertex, "type", type_value.to_json());
                }
                Kind::Object
            }
            Some(kind) => kind,
            None if early && type_name == "number" => Kind::Number,
            None if early && position != Position::RecordObject => return self.verbatim(task, Kind::Any),
            None if matches!(position, Position::Main | Position::Definition) && type_name != "params" => {
                let message = format!("definition type `{type_name}` is not known, and kept as it is");
                let finding = Diagnostic::new(schema, "unknown-definition-type", message).warning();
                self.finding(document, type_value.span(), finding);
                return self.verbatim(task, Kind::Definition);
            }
            None => {
                let message = format!("type `{type_name}` is not known");
                self.error(document, type_value.span(), schema, "unknown-type", message);
                return Ok(());
            }
        };
        let primary = matches!(
            kind,
            Kind::Record | Kind::Query | Kind::Procedure | Kind::Subscription | Kind::Definition
        );
        let is_allowed = match position {
            Position::Main | Position::RecordObject | Position::Parameters => is_allowed(position, &kind),
            _ if early => !primary,
            _ => is_allowed(position, &kind),
        };
        if !is_allowed {
            let (code, message) = if primary && position == Position::Definition {
                ("primary-not-main", format!("a definition of type `{type_name}` has to be the main one"))
            } else if kind == Kind::Ref && !self.findings.failed() && self.is_bare_cycle(task) {
                ("reference-cycle", "the reference leads back to itself with no data in between".to_owned())
            } else {
                ("type-not-allowed", format!("type `{type_name}` cannot stand here"))
            };
            self.error(document, type_value.span(), schema, code, message);
            return Ok(());
        }
        if kind == Kind::Definition {
            return self.permission_set(task);
        }
        self.set_kind(vertex, kind.clone());
        self.keywords(task, &kind, early)?;
        match kind {
            Kind::Object => self.object(task),
            Kind::Array => self.array(task, early),
            Kind::Union => self.union(task),
            Kind::Ref => match value.get("ref") {
                Some(text) => self.refer(vertex, document, text, false).map(|_| ()),
                None => {
                    self.missing(task, "ref");
                    Ok(())
                }
            },
            Kind::Record => self.record(task),
            Kind::Query | Kind::Procedure | Kind::Subscription => self.service(task),
            _ => Ok(()),
        }
    }

    /// Whether a definition that is a bare reference leads back to itself within its document. A definition may not
    /// be one at all: this only finds the better word, once.
    fn is_bare_cycle(&self, task: Task<'t>) -> bool {
        let Some(document) = self.documents.get(task.document) else { return false };
        let Some(defs) = document.tree.root().get("defs") else { return false };
        let mut at = task.value;
        // Finding a definition is linear, so long chains are not followed to their end.
        for _ in 0..defs.len().min(64) {
            let Some(text) = at.get("ref").and_then(ValueRef::as_str) else { return false };
            let Some(reference) = Reference::parse(&text) else { return false };
            if reference.document.is_some_and(|named| named != document.id.as_str()) {
                return false;
            }
            let Some(next) = defs.get(reference.definition.unwrap_or("main")) else { return false };
            if next.span() == task.value.span() {
                return true;
            }
            at = next;
        }
        false
    }

    pub(super) fn is_early(&self, document: usize) -> bool {
        self.documents.get(document).is_some_and(|document| document.early)
    }

    /// Keeps a keyword for printing.
    pub(super) fn keep(&mut self, vertex: VertexId, name: &str, value: Json) {
        let name = self.builder.name(name);
        self.builder.vertex_mut(vertex).extra.push((name, value));
    }

    /// Reads every keyword but the structural ones.
    pub(super) fn keywords(&mut self, task: Task<'t>, kind: &Kind, early: bool) -> Result<()> {
        let Task { vertex, value, position, document, .. } = task;
        self.budget.spend(value.len() as u64)?;
        for (key, member) in value.members() {
            let Some(name) = self.text(document, key) else { continue };
            if name == "type" && (member.kind() == JsonKind::String || !early)
                || early && position == Position::Main && is_document_keyword(&name)
                || position == Position::MapEntry && name == "required" && member.as_bool().is_some()
                || early && *kind == Kind::Any && matches!(&*name, "$ref" | "oneOf")
            {
                continue;
            }
            if name == "description" {
                if let Some(text) = self.text(document, member) {
                    self.builder.vertex_mut(vertex).doc = Some(text.into());
                }
                continue;
            }
            let known = match keywords(kind).iter().find(|keyword| keyword.name == name) {
                None if early && *kind == Kind::Array => early_array(&name),
                known => known.copied(),
            };
            let Some(keyword) = known else {
                if position == Position::Body && matches!(&*name, "body" | "schema") {
                    let message = format!("keyword `{name}` cannot stand in the schema of a body");
                    self.error(document, key.span(), ErrorKind::Schema, "invalid-keyword", message);
                    continue;
                }
                if !is_annotation(&name) {
                    self.builder.vertex_mut(vertex).tainted = true;
                }
                if name != "$defs" {
                    self.unknown_keyword(document, key.span(), &name, &format!("type `{kind}`"));
                }
                self.keep(vertex, &name, member.to_json());
                continue;
            };
            if !keyword.shape.fits(member) {
                let message = format!("`{name}` is not {}", keyword.shape.as_str());
                self.error(document, member.span(), ErrorKind::Schema, "invalid-keyword", message);
                continue;
            }
            match keyword.place {
                Place::Structure => {}
                Place::Kept => self.keep(vertex, &name, member.to_json()),
                Place::Default => self.builder.vertex_mut(vertex).default = Some(member.to_json()),
                Place::Constraint(sort) => {
                    if sort == Sort::Format && !early && !FORMATS.iter().any(|format| member.name_is(format))
                    {
                        let message = format!("string format {} is not known", member.raw_str());
                        let finding = Diagnostic::new(ErrorKind::Schema, "unknown-format", message).warning();
                        self.finding(document, member.span(), finding);
                    }
                    let constraint = Constraint::new(sort, member.to_json());
                    self.builder.vertex_mut(vertex).constraints.push(constraint);
                }
            }
        }
        Ok(())
    }

    /// Keeps a whole node as it is.
    pub(super) fn verbatim(&mut self, task: Task<'t>, kind: Kind) -> Result<()> {
        let Task { vertex, value, position, document, .. } = task;
        let at_top = position == Position::Main && self.is_early(document);
        self.set_kind(vertex, kind);
        let made = self.builder.vertex_mut(vertex);
        made.types = TypeSet::ALL;
        made.tainted = true;
        for (key, member) in value.members() {
            let Some(name) = self.text(document, key) else { continue };
            match member.as_str() {
                _ if at_top && is_document_keyword(&name) => {}
                _ if position == Position::MapEntry && name == "required" && member.as_bool().is_some() => {}
                Some(text) if name == "description" => {
                    self.builder.vertex_mut(vertex).doc = Some(text.into_owned().into());
                }
                _ => self.keep(vertex, &name, member.to_json()),
            }
        }
        Ok(())
    }

    fn permission_set(&mut self, task: Task<'t>) -> Result<()> {
        match task.value.get("permissions") {
            Some(list) if !Shape::Objects.fits(list) => {
                let message = "`permissions` is not a list of objects";
                self.error(task.document, list.span(), ErrorKind::Schema, "invalid-keyword", message);
            }
            Some(_) => {}
            None => self.missing(task, "permissions"),
        }
        self.verbatim(task, Kind::Definition)?;
        let made = self.builder.vertex_mut(task.vertex);
        made.types = TypeSet::NONE;
        made.tainted = false;
        Ok(())
    }

    pub(super) fn missing(&mut self, task: Task<'t>, keyword: &str) {
        let message = format!("keyword `{keyword}` is missing");
        self.error(task.document, task.value.span(), ErrorKind::Schema, "missing-keyword", message);
    }

    fn object(&mut self, task: Task<'t>) -> Result<()> {
        let Task { vertex, value, position, document, scope } = task;
        let required = self.list_of_names(document, value.get("required"));
        let nullable = self.list_of_names(document, value.get("nullable"));
        let mut declared = BTreeSet::new();
        if let Some(properties) = value.get("properties") {
            if !properties.is_object() {
                let message = "`properties` is not an object";
                self.error(document, properties.span(), ErrorKind::Schema, "invalid-keyword", message);
                return Ok(());
            }
            let position =
                if position == Position::Parameters { Position::Parameter } else { Position::Field };
            let is_required: BTreeSet<&str> = required.iter().map(String::as_str).collect();
            let is_nullable: BTreeSet<&str> = nullable.iter().map(String::as_str).collect();
            for (key, value) in properties.members() {
                let Some(name) = self.text(document, key) else { continue };
                let child = self.property(vertex, &name, document, value, is_required.contains(&*name))?;
                self.builder.vertex_mut(child).nullable = is_nullable.contains(&*name);
                self.work.push(Task { vertex: child, value, position, document, scope });
                declared.insert(name);
            }
        }
        if let Some(names) = self.undeclared(task, "required", "undeclared-required", &required, &declared) {
            self.builder.vertex_mut(vertex).constraints.push(Constraint::new(Sort::Required, names));
        }
        if let Some(names) = self.undeclared(task, "nullable", "undeclared-nullable", &nullable, &declared) {
            self.keep(vertex, "nullable", names);
        }
        Ok(())
    }

    /// The vertex of a property, with its edge.
    pub(super) fn property(
        &mut self,
        parent: VertexId,
        name: &str,
        document: usize,
        value: ValueRef<'t>,
        required: bool,
    ) -> Result<VertexId> {
        let parent_id = self.builder.vertex_ref(parent).id.clone();
        let mut id = format!("{parent_id}.{name}");
        // `a.b.c` with a property `d` and a document `a.b.c.d` would have one id.
        if !is_plain_piece(name) || self.definitions.contains_key(id.as_str()) {
            let quoted = Path::default().member(name).to_string();
            id = match quoted.starts_with('[') {
                true => format!("{parent_id}{quoted}"),
                false => format!("{parent_id}[\"{quoted}\"]"),
            };
        }
        let child = self.vertex(&id, document, value.span())?;
        self.builder.edge(parent, child, EdgeKind::Prop, Some(name)).required = required;
        Ok(child)
    }

    /// Those of a list that no property declares, each once, with a warning.
    fn undeclared(
        &mut self,
        task: Task<'t>,
        keyword: &str,
        code: &'static str,
        names: &[String],
        declared: &BTreeSet<String>,
    ) -> Option<Json> {
        let mut seen = BTreeSet::new();
        let missing: Vec<&str> = names
            .iter()
            .map(String::as_str)
            .filter(|name| !declared.contains(*name) && seen.insert(*name))
            .collect();
        let span = task.value.get(keyword)?.span();
        for name in &missing {
            let message = format!("`{keyword}` names `{name}`, which is no property");
            self.finding(task.document, span, Diagnostic::new(ErrorKind::Schema, code, message).warning());
        }
        (!missing.is_empty()).then(|| json_list(missing.into_iter()))
    }

    fn list_of_names(&mut self, document: usize, list: Option<ValueRef<'t>>) -> Vec<String> {
        // A list of another shape was reported with the keywords.
        let list = list.filter(|list| Shape::Texts.fits(*list));
        list.into_iter().flat_map(ValueRef::items).filter_map(|item| self.text(document, item)).collect()
    }

    fn array(&mut self, task: Task<'t>, early: bool) -> Result<()> {
        let Task { vertex, value, position, document, scope } = task;
        let Some(items) = value.get("items") else {
            if !early {
                self.missing(task, "items");
            }
            return Ok(());
        };
        if early && items.is_array() {
            return self.tuple(task, items);
        }
        let id = format!("{}:items", self.builder.vertex_ref(vertex).id);
        let child = self.vertex(&id, document, items.span())?;
        self.builder.edge(vertex, child, EdgeKind::Items, None);
        let position =
            if position == Position::Parameter { Position::ParameterItem } else { Position::Field };
        self.work.push(Task { vertex: child, value: items, position, document, scope });
        Ok(())
    }

    fn union(&mut self, task: Task<'t>) -> Result<()> {
        let Task { vertex, value, document, .. } = task;
        let closed = value.get("closed").and_then(ValueRef::as_bool) == Some(true);
        if closed {
            self.builder.vertex_mut(vertex).openness = Openness::Closed;
        }
        let Some(refs) = value.get("refs") else {
            self.missing(task, "refs");
            return Ok(());
        };
        let mut tags = BTreeSet::new();
        for (index, text) in refs.items().enumerate() {
            let id = format!("{}:variant{index}", self.builder.vertex_ref(vertex).id);
            let arm = self.vertex(&id, document, text.span())?;
            let Some(target) = self.refer(arm, document, text, !closed)? else { continue };
            if !tags.insert(target.clone()) {
                let message = format!("the union names `{target}` twice");
                let finding = Diagnostic::new(ErrorKind::Schema, "duplicate-variant", message).warning();
                self.finding(document, text.span(), finding);
            }
            self.builder.edge(vertex, arm, EdgeKind::Variant, Some(&target));
        }
        Ok(())
    }

    /// Makes a vertex a reference to what a text names; the `$type` of that.
    ///
    /// What is missing in a document that was given is an error, but for an arm of an open union: such a union
    /// admits what nobody declared, so the arm is one that is not known yet.
    fn refer(
        &mut self,
        vertex: VertexId,
        document: usize,
        value: ValueRef<'t>,
        in_open_union: bool,
    ) -> Result<Option<Name>> {
        if value.kind() != JsonKind::String {
            return Ok(None);
        }
        let Some(text) = self.text(document, value) else { return Ok(None) };
        let schema = ErrorKind::Schema;
        let Some(reference) = Reference::parse(&text) else {
            self.error(
                document,
                value.span(),
                schema,
                "invalid-reference",
                format!("`{text}` is no reference"),
            );
            return Ok(None);
        };
        self.budget.spend(1)?;
        let from = self.documents.get(document).map(|document| document.id.clone()).unwrap_or_default();
        let target = self.builder.name(&reference.target(&from));
        self.set_kind(vertex, Kind::Ref);
        if let Some(&definition) = self.definitions.get(&target) {
            self.lead(vertex, definition, document, value, &text);
        } else if self.given.contains(document_of(&target)) {
            let message = format!("`{text}` leads to no definition");
            let finding = Diagnostic::new(schema, "missing-definition", message);
            if !in_open_union {
                self.finding(document, value.span(), finding);
                return Ok(None);
            }
            self.finding(document, value.span(), finding.warning());
            self.set_kind(vertex, Kind::External);
            self.builder.vertex_mut(vertex).nsid = Some(target.clone());
        } else {
            self.set_kind(vertex, Kind::External);
            self.builder.vertex_mut(vertex).nsid = Some(target.clone());
            if self.externals.insert(target.clone()) {
                let message = format!("`{target}` is in a document that was not given");
                let finding = Diagnostic::new(schema, "external-not-loaded", message)
                    .warning()
                    .help("add the document to the bundle; until then its values are copied as they are");
                self.finding(document, value.span(), finding);
            }
        }
        if usual_spelling(&target, &from) != text {
            self.keep(vertex, "ref", value.to_json());
        }
        Ok(Some(target))
    }

    /// Adds the edge of a reference, if data stands at its end.
    pub(super) fn lead(
        &mut self,
        vertex: VertexId,
        definition: VertexId,
        document: usize,
        value: ValueRef<'t>,
        text: &str,
    ) {
        let target = self.builder.vertex_ref(definition);
        let service = matches!(target.kind, Kind::Query | Kind::Procedure | Kind::Subscription);
        if service || target.kind == Kind::Definition && !target.tainted {
            let message =
                format!("`{text}` leads to a definition of type `{}`, which is no data", target.kind);
            self.error(document, value.span(), ErrorKind::Schema, "reference-not-data", message);
            return;
        }
        self.builder.edge(vertex, definition, EdgeKind::Ref, None);
    }

    fn record(&mut self, task: Task<'t>) -> Result<()> {
        let Task { vertex, value, document, .. } = task;
        let Some(body) = value.get("record") else {
            self.missing(task, "record");
            return Ok(());
        };
        let id = format!("{}:body", self.builder.vertex_ref(vertex).id);
        let child = self.vertex(&id, document, body.span())?;
        let nsid = self.builder.vertex_ref(vertex).nsid.clone();
        self.builder.vertex_mut(child).nsid = nsid;
        self.builder.edge(vertex, child, EdgeKind::RecordSchema, None);
        let position = Position::RecordObject;
        self.work.push(Task { vertex: child, value: body, position, document, scope: child });
        Ok(())
    }
}

/// A JSON list of strings.
pub(super) fn json_list<'a>(names: impl Iterator<Item = &'a str>) -> Json {
    let mut text = String::from("[");
    for (at, name) in names.enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(Json::string(name).as_str());
    }
    text.push(']');
    Json::parse(&text).unwrap_or_else(|_| Json::null())
}

/// Whether a keyword beside the main definition of the early form is the document's own.
fn is_document_keyword(name: &str) -> bool {
    matches!(name, "lexicon" | "revision" | "id" | "defs")
}

/// Bounds of arrays as the early form writes them.
fn early_array(name: &str) -> Option<Keyword> {
    let sort = match name {
        "minItems" => Sort::MinItems,
        "maxItems" => Sort::MaxItems,
        _ => return None,
    };
    Some(Keyword { name: "", place: Place::Constraint(sort), shape: Shape::Count })
}

/// Whether a kind may stand at a position, as the reference implementation has it.
fn is_allowed(position: Position, kind: &Kind) -> bool {
    let scalar = matches!(kind, Kind::Boolean | Kind::Integer | Kind::String);
    let atom = scalar || matches!(kind, Kind::Bytes | Kind::CidLink | Kind::Blob);
    let primary =
        matches!(kind, Kind::Record | Kind::Query | Kind::Procedure | Kind::Subscription | Kind::Definition);
    match position {
        Position::Main => primary || is_allowed(Position::Definition, kind),
        Position::Definition => atom || matches!(kind, Kind::Object | Kind::Array | Kind::Token),
        Position::RecordObject | Position::Parameters => *kind == Kind::Object,
        Position::Field => {
            atom || matches!(
                kind,
                Kind::Object | Kind::Array | Kind::Union | Kind::Ref | Kind::Unknown | Kind::Null
            )
        }
        Position::Parameter | Position::MapEntry => scalar || matches!(kind, Kind::Unknown | Kind::Array),
        Position::ParameterItem => scalar || *kind == Kind::Unknown,
        Position::Body => matches!(kind, Kind::Object | Kind::Ref | Kind::Union),
    }
}
