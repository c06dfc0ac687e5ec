//! `rename_sort`, `coerce_sort`, `merge_sorts`, `pullback`: kinds and edge kinds change everywhere at once.
//!
//! In a theory of schemas the sorts are kinds and the operations are edge kinds; a morphism of theories renames both.

use super::elementary::{Applied, Change};
use super::facts::{Need, Optic};
use super::focus::Scope;
use super::json::{Reader, Writer, wrong};
use super::shape::{allowed, kind_named};
use super::{Action, Step};
use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Result};
use crate::ordered::BTreeMap;
use crate::schema::{EdgeKind, Kind};
use crate::value::Json;

/// Which of the steps it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// A kind is called otherwise.
    Rename,
    /// The values of a kind are converted.
    Coerce,
    /// Several kinds become one.
    Merge,
    /// Kinds and edge kinds change along a morphism of theories.
    Pullback,
}

/// Changes kinds, and edge kinds, everywhere.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeKinds {
    /// Which of the steps it is.
    pub step: Kinds,
    /// Kinds to kinds.
    pub kinds: BTreeMap<Kind, Kind>,
    /// Edge kinds to edge kinds.
    pub edges: BTreeMap<EdgeKind, EdgeKind>,
}

impl ChangeKinds {
    /// Along a morphism of theories: what is mapped to itself does not change.
    pub fn along(sorts: &[(&str, &str)], ops: &[(&str, &str)]) -> ChangeKinds {
        let kinds = sorts.iter().filter(|(from, to)| from != to);
        let edges = ops.iter().filter(|(from, to)| from != to);
        ChangeKinds {
            step: Kinds::Pullback,
            kinds: kinds.map(|(from, to)| (kind_named(from), kind_named(to))).collect(),
            edges: edges.map(|(from, to)| (EdgeKind::from_name(from), EdgeKind::from_name(to))).collect(),
        }
    }

    pub(super) fn read(reader: &Reader<'_>, step: Kinds) -> Result<Step> {
        let mut kinds = BTreeMap::new();
        let mut edges = BTreeMap::new();
        if step == Kinds::Pullback {
            reader.only(&["step_type", "name", "domain", "codomain", "sort_map", "op_map"])?;
            for (from, to) in pairs(reader, "sort_map")?.iter().filter(|(from, to)| from != to) {
                kinds.insert(kind_named(from), kind_named(to));
            }
            for (from, to) in pairs(reader, "op_map")?.iter().filter(|(from, to)| from != to) {
                edges.insert(EdgeKind::from_name(from), EdgeKind::from_name(to));
            }
        } else {
            reader.only(&["step_type", "name", "names", "kind", "src_sort", "tgt_sort", "target"])?;
            let to = kind_named(&reader.text(&["target", "tgt_sort", "kind"])?);
            let from = match (step, reader.texts("names")?) {
                (Kinds::Merge, Some(names)) => names,
                (Kinds::Merge, None) => return Err(reader.missing("names")),
                _ => vec![reader.text(&["name", "src_sort"])?],
            };
            kinds.extend(from.iter().map(|name| (kind_named(name), to.clone())));
        }
        Ok(Step::ChangeKinds(ChangeKinds { step, kinds, edges }))
    }
}

fn pairs(reader: &Reader<'_>, name: &str) -> Result<Vec<(Box<str>, Box<str>)>> {
    let Some(map) = reader.get(name) else { return Ok(Vec::new()) };
    if !map.is_object() {
        return Err(wrong(map, &reader.place(name), "an object of names to names"));
    }
    let mut all = Vec::new();
    for (key, value) in map.members() {
        let to = value.as_str().ok_or_else(|| wrong(value, &reader.place(name), "a string"))?;
        all.push((key.as_str().unwrap_or_default().into(), (&*to).into()));
    }
    Ok(all)
}

/// Kinds whose values are one piece may become one another; what has members, items or arms may not.
fn is_free(kind: &Kind) -> bool {
    matches!(kind, Kind::Other(_) | Kind::Any) || (kind.is_atom() && *kind != Kind::External)
}

#[cold]
fn refused(from: &str, to: &str) -> Error {
    let message = format!("`{from}` cannot become `{to}` everywhere: its structure would be lost");
    Diagnostic::error(ErrorKind::Migration, "kind-not-convertible", message)
}

impl Action for ChangeKinds {
    fn step_type(&self) -> &'static str {
        match self.step {
            Kinds::Rename => "rename_sort",
            Kinds::Coerce => "coerce_sort",
            Kinds::Merge => "merge_sorts",
            Kinds::Pullback => "pullback",
        }
    }

    fn write(&self, out: &mut Writer) {
        let map = |list: Vec<(&str, &str)>| {
            let mut inner = Writer::new();
            for (from, to) in list {
                inner.text(from, to);
            }
            inner.finish()
        };
        let target = self.kinds.values().next().map_or("", Kind::as_str);
        match self.step {
            Kinds::Pullback => {
                out.raw("sort_map", &map(self.kinds.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect()));
                out.raw("op_map", &map(self.edges.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect()));
            }
            Kinds::Merge => {
                out.list("names", self.kinds.keys().map(|kind| Json::string(kind.as_str()).to_string()));
                out.text("target", target);
            }
            Kinds::Rename | Kinds::Coerce => {
                out.text("name", self.kinds.keys().next().map_or("", Kind::as_str));
                out.text("target", target);
            }
        }
    }

    fn apply(&self, scope: &Scope) -> Result<Vec<Applied>> {
        let mut change = Change::new(scope);
        for (from, to) in &self.kinds {
            if from != to && !(is_free(from) && is_free(to)) {
                return Err(refused(from.as_str(), to.as_str()));
            }
            // Along a morphism the kinds are those of another theory.
            if self.step != Kinds::Pullback
                && from != to
                && scope.schema.vertices().any(|(_, vertex)| vertex.kind == *from)
            {
                allowed(&scope.schema, to)?;
            }
        }
        for (from, to) in &self.edges {
            if from != to && !matches!((from, to), (EdgeKind::Other(_), EdgeKind::Other(_))) {
                return Err(refused(from.as_str(), to.as_str()));
            }
        }
        let mut changed = false;
        for vertex in change.editor.vertices_mut() {
            let Some(to) = self.kinds.get(&vertex.kind).filter(|to| **to != vertex.kind) else { continue };
            changed = true;
            vertex.types = to.types();
            vertex.kind = to.clone();
            if self.step == Kinds::Coerce {
                // Bounds of one type say nothing of another.
                vertex.constraints.clear();
                vertex.default = None;
            }
        }
        let edges: Vec<_> =
            change.editor.edges().filter_map(|(id, edge)| Some((id, self.edges.get(&edge.kind)?))).collect();
        for (id, to) in edges {
            changed = true;
            if let Some(edge) = change.editor.edge_mut(id) {
                edge.kind = to.clone();
            }
        }
        if !changed && self.step != Kinds::Pullback {
            let names: Vec<&str> = self.kinds.keys().map(Kind::as_str).collect();
            let message = format!("the schema has no vertex of kind `{}`", names.join("`, `"));
            return Err(Diagnostic::error(ErrorKind::Migration, "kind-not-found", message));
        }
        Ok(vec![change.finish()?])
    }

    fn inverse(&self, scope: &Scope) -> Result<Step> {
        let used = |kind: &Kind| scope.schema.vertices().any(|(_, vertex)| vertex.kind == *kind);
        let mut inverse = self.clone();
        inverse.kinds.clear();
        inverse.edges.clear();
        for (from, to) in &self.kinds {
            if inverse.kinds.insert(to.clone(), from.clone()).is_some()
                || (used(to) && !self.kinds.contains_key(to))
            {
                return Err(super::no_inverse(self, "kinds that became one cannot be told apart"));
            }
        }
        for (from, to) in &self.edges {
            let used = scope.schema.edges().any(|(_, edge)| edge.kind == *to);
            if inverse.edges.insert(to.clone(), from.clone()).is_some()
                || (used && !self.edges.contains_key(to))
            {
                return Err(super::no_inverse(self, "edge kinds that became one cannot be told apart"));
            }
        }
        if self.step == Kinds::Merge {
            inverse.step = Kinds::Rename;
        }
        Ok(Step::ChangeKinds(inverse))
    }

    fn needs(&self) -> Vec<Need> {
        let class = |from: &Kind, to: &Kind| match (from, to) {
            (Kind::Other(_), _) | (_, Kind::Other(_)) => "iso",
            (_, Kind::String | Kind::Number | Kind::Any) => "retraction",
            _ => "projection",
        };
        let need =
            |(from, to): (&Kind, &Kind)| Need::Coerced { name: from.to_string(), class: class(from, to) };
        self.kinds.iter().map(need).collect()
    }

    fn optic(&self) -> Optic {
        if self.needs().iter().any(Need::loses) { Optic::Lens } else { Optic::Iso }
    }

    fn text(&self) -> String {
        let kinds = self.kinds.iter().map(|(from, to)| format!("`{from}` becomes `{to}`"));
        let edges = self.edges.iter().map(|(from, to)| format!("edges `{from}` become `{to}`"));
        let parts: Vec<String> = kinds.chain(edges).collect();
        if parts.is_empty() {
            "change no kind".to_owned()
        } else {
            format!("everywhere {}", parts.join(", "))
        }
    }
}
