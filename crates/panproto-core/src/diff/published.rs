//! The diff in the shape that published releases answer with (`diff_schemas_full`): vertices and edges by id.
//!
//! Fields of concepts that a schema here does not have (recursion points, usage modes, spans) are there and empty.

use super::extras::ExtrasDiff;
use crate::ordered::{BTreeMap, BTreeSet};
use crate::schema::{Edge, EdgeKind, Schema, VertexId};
use crate::value::{Json, JsonKind, string};

/// An edge by the ids of its ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EdgeRow {
    /// Id of the vertex where it starts.
    pub src: String,
    /// Id of the vertex where it leads.
    pub tgt: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: Option<String>,
}

/// An arm of a union.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VariantRow {
    /// Id of the arm's vertex.
    pub id: String,
    /// Id of the union.
    pub parent_vertex: String,
    /// Its tag.
    pub tag: Option<String>,
}

/// What happened to the constraints of one vertex; values are texts.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ConstraintDiff {
    /// Sort and value.
    pub added: Vec<(String, String)>,
    /// Sort and value.
    pub removed: Vec<(String, String)>,
    /// Sort, old value, new value.
    pub changed: Vec<(String, String, String)>,
}

/// The published difference.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[expect(
    missing_docs,
    reason = "the fields are named as they are on the wire, and each is what its name says"
)]
pub struct SchemaDiff {
    pub added_vertices: Vec<String>,
    pub removed_vertices: Vec<String>,
    pub kind_changes: Vec<(String, String, String)>,
    pub added_edges: Vec<EdgeRow>,
    pub removed_edges: Vec<EdgeRow>,
    pub modified_constraints: BTreeMap<String, ConstraintDiff>,
    pub added_required: BTreeMap<String, Vec<EdgeRow>>,
    pub removed_required: BTreeMap<String, Vec<EdgeRow>>,
    pub added_nsids: BTreeMap<String, String>,
    pub removed_nsids: Vec<String>,
    pub changed_nsids: Vec<(String, String, String)>,
    pub added_variants: Vec<VariantRow>,
    pub removed_variants: Vec<VariantRow>,
    pub modified_variants: Vec<(VariantRow, Option<String>)>,
    pub extras: ExtrasDiff,
}

impl SchemaDiff {
    /// The published difference of two schemas. Everything is sorted.
    pub fn between(old: &Schema, new: &Schema) -> SchemaDiff {
        let (of_old, of_new) = (by_id(old), by_id(new));
        let mut diff = SchemaDiff {
            added_vertices: missing(&of_new, &of_old),
            removed_vertices: missing(&of_old, &of_new),
            extras: ExtrasDiff::between(old, new),
            ..SchemaDiff::default()
        };
        for (id, a) in &of_old {
            let Some(b) = of_new.get(id) else { continue };
            let (a, b) = (old.vertex(*a), new.vertex(*b));
            if a.kind != b.kind {
                diff.kind_changes.push(((*id).to_owned(), a.kind.to_string(), b.kind.to_string()));
            }
            match (&a.nsid, &b.nsid) {
                (None, Some(nsid)) => {
                    diff.added_nsids.insert((*id).to_owned(), nsid.to_string());
                }
                (Some(_), None) => diff.removed_nsids.push((*id).to_owned()),
                (Some(from), Some(to)) if from != to => {
                    diff.changed_nsids.push(((*id).to_owned(), from.to_string(), to.to_string()));
                }
                _ => {}
            }
        }
        diff.constraints(old, &of_old, new, &of_new);
        let (rows_old, rows_new) = (rows(old), rows(new));
        diff.added_edges = rows_new.keys().filter(|row| !rows_old.contains_key(*row)).cloned().collect();
        diff.removed_edges = rows_old.keys().filter(|row| !rows_new.contains_key(*row)).cloned().collect();
        let required = |rows: &BTreeMap<EdgeRow, bool>, others: &BTreeMap<EdgeRow, bool>| {
            let mut found: BTreeMap<String, Vec<EdgeRow>> = BTreeMap::new();
            for row in rows.iter().filter(|(row, required)| **required && others.get(*row) != Some(&true)) {
                found.entry(row.0.src.clone()).or_default().push(row.0.clone());
            }
            found
        };
        diff.added_required = required(&rows_new, &rows_old);
        diff.removed_required = required(&rows_old, &rows_new);
        diff.variants(old, new);
        diff
    }

    fn constraints(
        &mut self,
        old: &Schema,
        of_old: &BTreeMap<&str, VertexId>,
        new: &Schema,
        of_new: &BTreeMap<&str, VertexId>,
    ) {
        for (id, vertex) in of_new {
            let now = constraint_texts(new, Some(*vertex));
            let before = constraint_texts(old, of_old.get(id).copied());
            let mut found = ConstraintDiff::default();
            for (sort, value) in &now {
                match before.get(sort) {
                    None => found.added.push((sort.clone(), value.clone())),
                    Some(was) if was != value => {
                        found.changed.push((sort.clone(), was.clone(), value.clone()));
                    }
                    _ => {}
                }
            }
            let gone = before.iter().filter(|(sort, _)| !now.contains_key(*sort));
            found.removed.extend(gone.map(|(sort, value)| (sort.clone(), value.clone())));
            // The constraints of a vertex that came are told with the vertex.
            if of_old.contains_key(id) && found != ConstraintDiff::default() {
                self.modified_constraints.insert((*id).to_owned(), found);
            }
        }
    }

    fn variants(&mut self, old: &Schema, new: &Schema) {
        let (of_old, of_new) = (variants(old), variants(new));
        for (key, tag) in &of_new {
            let row = VariantRow { id: key.0.clone(), parent_vertex: key.1.clone(), tag: tag.clone() };
            match of_old.get(key) {
                None => self.added_variants.push(row),
                Some(was) if was != tag => self.modified_variants.push((row, was.clone())),
                _ => {}
            }
        }
        for (key, tag) in of_old.iter().filter(|(key, _)| !of_new.contains_key(*key)) {
            let (id, parent_vertex) = key.clone();
            self.removed_variants.push(VariantRow { id, parent_vertex, tag: tag.clone() });
        }
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == SchemaDiff::default()
    }

    /// The object of the wire.
    pub fn to_json(&self) -> String {
        let mut out = Writer::default();
        out.open('{');
        out.list("added_vertices", self.added_vertices.iter(), |out, id| out.text(id));
        out.list("removed_vertices", self.removed_vertices.iter(), |out, id| out.text(id));
        out.list("kind_changes", self.kind_changes.iter(), |out, (id, from, to)| {
            out.object(&[("vertex_id", Some(id)), ("old_kind", Some(from)), ("new_kind", Some(to))]);
        });
        out.list("added_edges", self.added_edges.iter(), Writer::edge);
        out.list("removed_edges", self.removed_edges.iter(), Writer::edge);
        out.map("modified_constraints", self.modified_constraints.iter(), |out, found| {
            out.open('{');
            let pair = |out: &mut Writer, (sort, value): &(String, String)| {
                out.object(&[("sort", Some(sort)), ("value", Some(value))]);
            };
            out.list("added", found.added.iter(), pair);
            out.list("removed", found.removed.iter(), pair);
            out.list("changed", found.changed.iter(), |out, (sort, was, value)| {
                out.object(&[("sort", Some(sort)), ("old_value", Some(was)), ("new_value", Some(value))]);
            });
            out.close('}');
        });
        self.extras.put(&mut out);
        for (name, rows) in
            [("added_required", &self.added_required), ("removed_required", &self.removed_required)]
        {
            out.map(name, rows.iter(), |out, rows| {
                out.open('[');
                for row in rows {
                    out.item();
                    out.edge(row);
                }
                out.close(']');
            });
        }
        out.map("added_nsids", self.added_nsids.iter(), |out, nsid| out.text(nsid));
        out.list("removed_nsids", self.removed_nsids.iter(), |out, id| out.text(id));
        out.list("changed_nsids", self.changed_nsids.iter(), |out, (id, from, to)| {
            out.texts(&[id, from, to]);
        });
        out.list("added_variants", self.added_variants.iter(), Writer::variant);
        out.list("removed_variants", self.removed_variants.iter(), Writer::variant);
        out.list("modified_variants", self.modified_variants.iter(), |out, (row, was)| {
            let parent = Some(row.parent_vertex.as_str());
            out.object(&[
                ("id", Some(&row.id)),
                ("parent_vertex", parent),
                ("old_tag", was.as_deref()),
                ("new_tag", row.tag.as_deref()),
            ]);
        });
        for name in [
            "order_changes",
            "added_recursion_points",
            "removed_recursion_points",
            "modified_recursion_points",
            "usage_mode_changes",
            "added_spans",
            "removed_spans",
            "modified_spans",
            "nominal_changes",
        ] {
            out.list(name, [].iter(), |_, (): &()| ());
        }
        out.list("renamed_vertices", [].iter(), |_, (): &()| ());
        out.close('}');
        String::from_utf8(out.bytes).unwrap_or_default()
    }
}

fn by_id(schema: &Schema) -> BTreeMap<&str, VertexId> {
    schema.vertices().map(|(id, vertex)| (vertex.id.as_str(), id)).collect()
}

fn missing(here: &BTreeMap<&str, VertexId>, there: &BTreeMap<&str, VertexId>) -> Vec<String> {
    here.keys().filter(|id| !there.contains_key(*id)).map(|id| (*id).to_owned()).collect()
}

fn row(schema: &Schema, edge: &Edge) -> EdgeRow {
    EdgeRow {
        src: schema.vertex(edge.src).id.to_string(),
        tgt: schema.vertex(edge.tgt).id.to_string(),
        kind: edge.kind.to_string(),
        name: edge.name.as_ref().map(ToString::to_string),
    }
}

/// All edges, each with whether it is required.
fn rows(schema: &Schema) -> BTreeMap<EdgeRow, bool> {
    schema.edges().map(|(_, edge)| (row(schema, edge), edge.required)).collect()
}

fn variants(schema: &Schema) -> BTreeMap<(String, String), Option<String>> {
    let arms = schema.edges().filter(|(_, edge)| edge.kind == EdgeKind::Variant);
    arms.map(|(_, edge)| {
        let row = row(schema, edge);
        ((row.tgt, row.src), row.name)
    })
    .collect()
}

/// The constraints of a vertex; several of one sort stand together.
fn constraint_texts(schema: &Schema, id: Option<VertexId>) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for constraint in id.iter().flat_map(|id| &schema.vertex(*id).constraints) {
        texts.entry(constraint.sort.to_string()).or_default().insert(value_text(&constraint.value));
    }
    texts.into_iter().map(|(sort, values)| (sort, values.into_iter().collect::<Vec<_>>().join(" "))).collect()
}

/// A constraint's value as published releases keep it: a text without quotes.
pub fn value_text(value: &Json) -> String {
    let tree = value.tree();
    match tree.root().kind() {
        JsonKind::String => tree.root().as_str().map_or_else(|| value.to_string(), |text| text.into_owned()),
        _ => value.to_string(),
    }
}

/// Writes JSON, commas included.
#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn open(&mut self, bracket: char) {
        self.bytes.push(bracket as u8);
    }

    pub(crate) fn close(&mut self, bracket: char) {
        self.bytes.push(bracket as u8);
    }

    /// Before an item or a member.
    pub(crate) fn item(&mut self) {
        if !matches!(self.bytes.last(), None | Some(b'{' | b'[' | b':' | b',')) {
            self.bytes.push(b',');
        }
    }

    pub(crate) fn text(&mut self, text: &str) {
        string::encode(text, &mut self.bytes);
    }

    pub(crate) fn raw(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    pub(crate) fn key(&mut self, name: &str) {
        self.item();
        self.text(name);
        self.bytes.push(b':');
    }

    pub(crate) fn object(&mut self, fields: &[(&str, Option<&str>)]) {
        super::put_object(fields, &mut self.bytes);
    }

    pub(super) fn texts(&mut self, texts: &[&str]) {
        self.open('[');
        for text in texts {
            self.item();
            self.text(text);
        }
        self.close(']');
    }

    fn edge(&mut self, row: &EdgeRow) {
        let fields = [("src", Some(&*row.src)), ("tgt", Some(&*row.tgt)), ("kind", Some(&*row.kind))];
        self.object(&[&fields[..], &[("name", row.name.as_deref())]].concat());
    }

    fn variant(&mut self, row: &VariantRow) {
        let parent = Some(row.parent_vertex.as_str());
        self.object(&[("id", Some(&row.id)), ("parent_vertex", parent), ("tag", row.tag.as_deref())]);
    }

    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl Iterator<Item = T>,
        write: impl Fn(&mut Writer, T),
    ) {
        self.key(name);
        self.open('[');
        for item in items {
            self.item();
            write(self, item);
        }
        self.close(']');
    }

    fn map<'i, T: 'i>(
        &mut self,
        name: &str,
        items: impl Iterator<Item = (&'i String, &'i T)>,
        write: impl Fn(&mut Writer, &T),
    ) {
        self.key(name);
        self.open('{');
        for (key, value) in items {
            self.key(key);
            write(self, value);
        }
        self.close('}');
    }
}
