//! The stored bytes of a schema: everything that it says but where it stood in its text. See `docs/formats.md`.
//!
//! One schema has one encoding, and decoding refuses every other spelling of it, so that bytes can stand for the
//! schema (as a key of a cache, under a digest).

use super::codec_extras::{has_extras, put_extras};
use super::{
    Constraint, Document, EdgeKind, Kind, Openness, Role, Schema, SchemaBuilder, Sort, TypeSet, VertexId,
};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result, Span};
use crate::limits::Limits;
use crate::name::Name;
use crate::value::{Json, Tree};

/// What every encoding starts with; the last byte is the version of the format.
const MAGIC: &[u8; 5] = b"ppsc\x01";

/// The same of a schema with hyper-edges or expressions.
const MAGIC_2: &[u8; 5] = b"ppsc\x02";

// The position in each of these tables is the byte that is stored: append only.

const KINDS: [Kind; 23] = [
    Kind::Record,
    Kind::Object,
    Kind::Array,
    Kind::Union,
    Kind::Intersection,
    Kind::Ref,
    Kind::External,
    Kind::String,
    Kind::Integer,
    Kind::Number,
    Kind::Boolean,
    Kind::Null,
    Kind::Bytes,
    Kind::CidLink,
    Kind::Blob,
    Kind::Token,
    Kind::Unknown,
    Kind::Any,
    Kind::Never,
    Kind::Query,
    Kind::Procedure,
    Kind::Subscription,
    Kind::Definition,
];

const EDGE_KINDS: [EdgeKind; 13] = [
    EdgeKind::Prop,
    EdgeKind::Pattern,
    EdgeKind::Additional,
    EdgeKind::Items,
    EdgeKind::Prefix,
    EdgeKind::Variant,
    EdgeKind::Branch,
    EdgeKind::Ref,
    EdgeKind::RecordSchema,
    EdgeKind::Parameters,
    EdgeKind::Input,
    EdgeKind::Output,
    EdgeKind::Message,
];

const ROLES: [Role; 6] =
    [Role::Record, Role::Value, Role::Parameters, Role::Input, Role::Output, Role::Message];

const SORTS: [Sort; 25] = [
    Sort::MinLength,
    Sort::MaxLength,
    Sort::MinBytes,
    Sort::MaxBytes,
    Sort::MinGraphemes,
    Sort::MaxGraphemes,
    Sort::Pattern,
    Sort::Format,
    Sort::Enum,
    Sort::KnownValues,
    Sort::Const,
    Sort::Minimum,
    Sort::Maximum,
    Sort::ExclusiveMinimum,
    Sort::ExclusiveMaximum,
    Sort::MultipleOf,
    Sort::MinItems,
    Sort::MaxItems,
    Sort::UniqueItems,
    Sort::MinProperties,
    Sort::MaxProperties,
    Sort::Accept,
    Sort::MaxSize,
    Sort::Required,
    Sort::AssertedFormat,
];

/// The byte of a kind that the protocol named itself; its name follows.
const NAMED: u8 = 255;

const NULLABLE: u8 = 1;
const CLOSED: u8 = 2;
const EXCLUSIVE: u8 = 4;
const TAINTED: u8 = 8;
const DEFAULT: u8 = 16;
const NSID: u8 = 32;
const DOC: u8 = 64;

const REQUIRED: u8 = 1;
const EDGE_NAME: u8 = 2;

fn position<T: PartialEq>(table: &[T], item: &T) -> u8 {
    table.iter().position(|candidate| candidate == item).map_or(NAMED, |at| at as u8)
}

/// The byte that stands for a kind in stored formats, and its name where the byte does not tell it.
pub(super) fn kind_byte(kind: &Kind) -> (u8, Option<&Name>) {
    match kind {
        Kind::Other(name) => (NAMED, Some(name)),
        kind => (position(&KINDS, kind), None),
    }
}

/// The byte that stands for an edge kind in stored formats, and its name where the byte does not tell it.
pub(super) fn edge_kind_byte(kind: &EdgeKind) -> (u8, Option<&Name>) {
    match kind {
        EdgeKind::Other(name) => (NAMED, Some(name)),
        kind => (position(&EDGE_KINDS, kind), None),
    }
}

/// The byte that stands for a role in stored formats.
pub(super) fn role_byte(role: Role) -> u8 {
    position(&ROLES, &role)
}

/// The byte that stands for a sort of constraint in stored formats.
pub(super) fn sort_byte(sort: Sort) -> u8 {
    position(&SORTS, &sort)
}

/// Appends a length or index: seven bits a byte, low ones first, the high bit on all but the last.
pub(super) fn put_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends bytes behind their length.
pub(super) fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_number(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

impl Schema {
    /// The bytes of the schema: everything but the spans of its text.
    ///
    /// ```
    /// use panproto_core::{limits::Limits, schema::{Kind, Schema, SchemaBuilder}};
    /// let mut builder = SchemaBuilder::new("json-schema");
    /// builder.vertex("name", Kind::String);
    /// let schema = builder.finish().unwrap();
    /// assert_eq!(Schema::decode(&schema.encode(), &Limits::DEFAULT).unwrap(), schema);
    /// ```
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.len() * 64);
        out.extend_from_slice(if has_extras(self) { MAGIC_2 } else { MAGIC });
        put_bytes(self.protocol.as_bytes(), &mut out);
        put_bytes(self.dialect.as_bytes(), &mut out);
        put_number(self.documents.len() as u64, &mut out);
        for document in &self.documents {
            put_bytes(document.id.as_bytes(), &mut out);
            out.push(u8::from(document.early_form));
            put_pairs(&document.header, &mut out);
        }
        put_number(self.len() as u64, &mut out);
        for id in self.vertex_ids() {
            self.put_vertex(id, &mut out);
        }
        put_number(self.roots.len() as u64, &mut out);
        for root in &self.roots {
            put_bytes(root.name.as_bytes(), &mut out);
            put_number(u64::from(root.vertex.0), &mut out);
            out.push(role_byte(root.role));
        }
        if has_extras(self) {
            put_extras(self, |vertex| u64::from(vertex.0), &mut out);
        }
        out
    }

    fn put_vertex(&self, id: VertexId, out: &mut Vec<u8>) {
        let vertex = self.vertex(id);
        put_bytes(vertex.id.as_bytes(), out);
        let (kind, name) = kind_byte(&vertex.kind);
        out.push(kind);
        if let Some(name) = name {
            put_bytes(name.as_bytes(), out);
        }
        out.push(vertex.types.0);
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        out.push(
            flag(vertex.nullable, NULLABLE)
                | flag(vertex.openness == Openness::Closed, CLOSED)
                | flag(vertex.exclusive, EXCLUSIVE)
                | flag(vertex.tainted, TAINTED)
                | flag(vertex.default.is_some(), DEFAULT)
                | flag(vertex.nsid.is_some(), NSID)
                | flag(vertex.doc.is_some(), DOC),
        );
        put_number(u64::from(vertex.document), out);
        put_number(vertex.constraints.len() as u64, out);
        for constraint in &vertex.constraints {
            out.push(sort_byte(constraint.sort));
            put_bytes(constraint.value.as_str().as_bytes(), out);
        }
        if let Some(default) = &vertex.default {
            put_bytes(default.as_str().as_bytes(), out);
        }
        if let Some(nsid) = &vertex.nsid {
            put_bytes(nsid.as_bytes(), out);
        }
        if let Some(doc) = &vertex.doc {
            put_bytes(doc.as_bytes(), out);
        }
        put_pairs(&vertex.extra, out);
        put_number(self.outgoing(id).count() as u64, out);
        for (_, edge) in self.outgoing(id) {
            let (kind, name) = edge_kind_byte(&edge.kind);
            out.push(kind);
            if let Some(name) = name {
                put_bytes(name.as_bytes(), out);
            }
            put_number(u64::from(edge.tgt.0), out);
            out.push(flag(edge.required, REQUIRED) | flag(edge.name.is_some(), EDGE_NAME));
            if let Some(name) = &edge.name {
                put_bytes(name.as_bytes(), out);
            }
        }
    }

    /// The schema that [`Schema::encode`] gave these bytes. They are not trusted.
    ///
    /// # Errors
    /// `schema-bytes` with the offset where the bytes are not what `encode` writes, and those of
    /// [`SchemaBuilder::finish`].
    pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Schema> {
        let mut reader = Reader { bytes, at: 0, limits };
        let with_extras = bytes.get(..MAGIC_2.len()) == Some(MAGIC_2);
        if bytes.get(..MAGIC.len()) != Some(MAGIC) && !with_extras {
            return Err(match bytes.get(..4) {
                Some(b"ppsc") => reader.fail("the bytes are of another version of the format"),
                _ => reader.fail("the bytes do not start as a schema's do"),
            });
        }
        reader.at = MAGIC.len();
        let mut builder = SchemaBuilder::new(reader.text()?);
        builder.dialect(reader.text()?);
        let documents = reader.count(3)?;
        for _ in 0..documents {
            let id = builder.name(reader.text()?);
            let early_form = match reader.byte()? {
                0 => false,
                1 => true,
                _ => return Err(reader.fail("a flag is neither 0 nor 1")),
            };
            let header = reader.pairs(&mut builder)?;
            builder.document(Document { id, header, early_form });
        }
        // A vertex takes eight bytes at least, an edge three, a root three.
        let vertices = reader.count(8)?;
        for at in 0..vertices {
            reader.vertex(&mut builder, at, vertices, documents)?;
        }
        let roots = reader.count(3)?;
        if roots == 0 {
            return Err(reader.fail("the schema has no root"));
        }
        for _ in 0..roots {
            let name = reader.text()?;
            let vertex = reader.index(vertices)?;
            let role = *reader.of_table(&ROLES)?;
            builder.root(name, VertexId(vertex), role);
        }
        if with_extras {
            reader.extras(&mut builder, vertices)?;
        }
        if reader.at != bytes.len() {
            return Err(reader.fail("bytes follow the end of the schema"));
        }
        builder.finish()
    }
}

fn put_pairs(pairs: &[(Name, Json)], out: &mut Vec<u8>) {
    put_number(pairs.len() as u64, out);
    for (name, value) in pairs {
        put_bytes(name.as_bytes(), out);
        put_bytes(value.as_str().as_bytes(), out);
    }
}

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    limits: &'a Limits,
}

impl<'a> Reader<'a> {
    #[cold]
    pub(super) fn fail(&self, message: &'static str) -> Error {
        Diagnostic::new(ErrorKind::Parse, "schema-bytes", message)
            .spanning(Span::new(self.at, self.at))
            .boxed()
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).ok_or_else(|| self.fail("the bytes end too early"))?;
        self.at += 1;
        Ok(byte)
    }

    fn number(&mut self) -> Result<u64> {
        let mut number = 0u64;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    return Err(self.fail("a number is written with leading zeros"));
                }
                return Ok(number);
            }
        }
        Err(self.fail("a number is too large"))
    }

    /// A number of things of which each takes at least `least` bytes.
    pub(super) fn count(&mut self, least: usize) -> Result<usize> {
        let count = self.number()? as usize;
        if count > (self.bytes.len() - self.at) / least {
            return Err(self.fail("a count passes what is left of the bytes"));
        }
        Ok(count)
    }

    pub(super) fn index(&mut self, below: usize) -> Result<u32> {
        let index = self.number()?;
        match u32::try_from(index) {
            Ok(small) if (small as usize) < below => Ok(small),
            _ => Err(self.fail("an index points at nothing")),
        }
    }

    pub(super) fn text(&mut self) -> Result<&'a str> {
        let length = self.count(1)?;
        let text = self.bytes.get(self.at..self.at + length).unwrap_or_default();
        let text = std::str::from_utf8(text).map_err(|_| self.fail("a text is not UTF-8"))?;
        self.at += length;
        Ok(text)
    }

    pub(super) fn json(&mut self) -> Result<Json> {
        let text = self.text()?;
        let tree = Tree::parse(text.as_bytes(), self.limits).map_err(|error| match error.kind {
            ErrorKind::Limit => error,
            _ => self.fail("a value is not JSON"),
        })?;
        let value = tree.root().to_json();
        if value.as_str() == text { Ok(value) } else { Err(self.fail("a value has white space in it")) }
    }

    fn pairs(&mut self, builder: &mut SchemaBuilder) -> Result<Vec<(Name, Json)>> {
        let count = self.count(3)?;
        let mut pairs = Vec::with_capacity(count);
        for _ in 0..count {
            let name = builder.name(self.text()?);
            pairs.push((name, self.json()?));
        }
        Ok(pairs)
    }

    fn of_table<'t, T>(&mut self, table: &'t [T]) -> Result<&'t T> {
        let at = self.byte()?;
        table.get(at as usize).ok_or_else(|| self.fail("a byte names no kind"))
    }

    fn kind(&mut self) -> Result<Kind> {
        if self.bytes.get(self.at) != Some(&NAMED) {
            return self.of_table(&KINDS).cloned();
        }
        self.at += 1;
        match Kind::from_name(self.text()?) {
            kind @ Kind::Other(_) => Ok(kind),
            _ => Err(self.fail("a known kind is written as a name")),
        }
    }

    fn edge_kind(&mut self) -> Result<EdgeKind> {
        if self.bytes.get(self.at) != Some(&NAMED) {
            return self.of_table(&EDGE_KINDS).cloned();
        }
        self.at += 1;
        match EdgeKind::from_name(self.text()?) {
            kind @ EdgeKind::Other(_) => Ok(kind),
            _ => Err(self.fail("a known edge kind is written as a name")),
        }
    }

    fn vertex(&mut self, builder: &mut SchemaBuilder, at: usize, all: usize, documents: usize) -> Result<()> {
        let id = self.text()?;
        let kind = self.kind()?;
        let vertex = builder.vertex(id, kind);
        debug_assert_eq!(vertex.0 as usize, at, "vertices are numbered in order");
        let types = TypeSet(self.byte()?);
        if !TypeSet::ALL.contains(types) {
            return Err(self.fail("a set of types has unknown members"));
        }
        let flags = self.byte()?;
        if flags & 0x80 != 0 {
            return Err(self.fail("an unknown flag is set"));
        }
        let document = self.index(documents.max(1))?;
        let count = self.count(3)?;
        let mut constraints = Vec::with_capacity(count);
        for _ in 0..count {
            let sort = *self.of_table(&SORTS)?;
            constraints.push(Constraint::new(sort, self.json()?));
        }
        let default = if flags & DEFAULT != 0 { Some(self.json()?) } else { None };
        let nsid = if flags & NSID != 0 { Some(builder.name(self.text()?)) } else { None };
        let doc = if flags & DOC != 0 { Some(self.text()?.into()) } else { None };
        let extra = self.pairs(builder)?;
        let target = builder.vertex_mut(vertex);
        target.types = types;
        target.nullable = flags & NULLABLE != 0;
        target.openness = if flags & CLOSED != 0 { Openness::Closed } else { Openness::Open };
        target.exclusive = flags & EXCLUSIVE != 0;
        target.tainted = flags & TAINTED != 0;
        target.document = document;
        target.constraints = constraints;
        target.default = default;
        target.nsid = nsid;
        target.doc = doc;
        target.extra = extra;
        for _ in 0..self.count(3)? {
            let kind = self.edge_kind()?;
            let tgt = VertexId(self.index(all)?);
            let flags = self.byte()?;
            if flags & !(REQUIRED | EDGE_NAME) != 0 {
                return Err(self.fail("an unknown flag is set"));
            }
            let name = if flags & EDGE_NAME != 0 { Some(self.text()?) } else { None };
            builder.edge(vertex, tgt, kind, name).required = flags & REQUIRED != 0;
        }
        Ok(())
    }
}
