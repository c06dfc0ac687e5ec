//! Walking two schemas side by side.

use super::{Change, Diff};
use crate::diagnostic::is_plain;
use crate::ordered::BTreeSet;
use crate::schema::{Edge, EdgeKind, Kind, Schema, ShapeMemo, VertexId};
use crate::value::Json;

/// A pair of positions that wait to be compared.
pub(super) struct Task {
    pub(super) old: VertexId,
    pub(super) new: VertexId,
    pub(super) path: String,
}

/// The state of a comparison.
pub(super) struct Walk<'a> {
    pub(super) old: &'a Schema,
    pub(super) new: &'a Schema,
    pub(super) shapes: ShapeMemo<'a>,
    /// Vertices that are compared on their own: what others say of them is only their name.
    pub(super) old_definitions: BTreeSet<VertexId>,
    pub(super) new_definitions: BTreeSet<VertexId>,
    seen: BTreeSet<(VertexId, VertexId)>,
    pub(super) seen_old: Vec<bool>,
    pub(super) seen_new: Vec<bool>,
    /// Last in, first out.
    pub(super) tasks: Vec<Task>,
    changes: Vec<Change>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(old: &'a Schema, new: &'a Schema) -> Walk<'a> {
        Walk {
            old,
            new,
            shapes: ShapeMemo::new(old, new),
            old_definitions: old.roots().iter().map(|root| root.vertex).collect(),
            new_definitions: new.roots().iter().map(|root| root.vertex).collect(),
            seen: BTreeSet::new(),
            seen_old: vec![false; old.len()],
            seen_new: vec![false; new.len()],
            tasks: Vec::new(),
            changes: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Diff {
        self.documents();
        self.roots();
        self.others();
        Diff { changes: self.changes }
    }

    /// Compares everything that waits.
    pub(super) fn drain(&mut self) {
        while let Some(task) = self.tasks.pop() {
            let mark = self.tasks.len();
            self.position(task);
            // Pushed in the order of the schema, popped in it.
            if let Some(fresh) = self.tasks.get_mut(mark..) {
                fresh.reverse();
            }
        }
    }

    fn position(&mut self, task: Task) {
        let Task { old, new, path } = task;
        for (seen, vertex) in [(&mut self.seen_old, old), (&mut self.seen_new, new)] {
            if let Some(seen) = seen.get_mut(vertex.0 as usize) {
                *seen = true;
            }
        }
        if !self.seen.insert((old, new)) {
            return;
        }
        self.annotations(old, new, &path);
        self.nullable(old, new, &path);
        let kinds = (&self.old.vertex(old).kind, &self.new.vertex(new).kind);
        let is_reference = |kind: &Kind| matches!(kind, Kind::Ref | Kind::External);
        if is_reference(kinds.0) || is_reference(kinds.1) {
            return self.references(old, new, path);
        }
        self.types(old, new, &path);
        self.constraints(old, new, &path);
        if kinds.0 == &Kind::Union && kinds.1 == &Kind::Union {
            self.union(old, new, &path);
        } else {
            self.members(old, new, &path);
        }
    }

    /// Records a change at a position.
    pub(super) fn change(
        &mut self,
        kind: &'static str,
        path: &str,
        at: (Option<VertexId>, Option<VertexId>),
        texts: (Option<String>, Option<String>),
    ) {
        let (old, new) = texts;
        self.changes.push(Change {
            kind,
            path: path.to_owned(),
            old_vertex: at.0,
            new_vertex: at.1,
            old,
            new,
            edge: None,
        });
    }

    /// Says which edge the last change is about.
    pub(super) fn of_edge(&mut self, edge: &Edge) {
        if let Some(change) = self.changes.last_mut() {
            change.edge = Some((edge.kind.clone(), edge.name.clone()));
        }
    }
}

/// The path of what an edge leads to.
pub(super) fn below(path: &str, edge: &Edge, ordinal: usize) -> String {
    let name = edge.name.as_deref().unwrap_or("");
    match &edge.kind {
        EdgeKind::Prop => member(path, name),
        EdgeKind::Pattern => format!("{path}[/{name}/]"),
        EdgeKind::Additional => format!("{path}[*]"),
        EdgeKind::Items => format!("{path}[]"),
        EdgeKind::Prefix => format!("{path}[{ordinal}]"),
        EdgeKind::Variant | EdgeKind::Branch | EdgeKind::Ref | EdgeKind::RecordSchema => path.to_owned(),
        EdgeKind::Parameters | EdgeKind::Input | EdgeKind::Output | EdgeKind::Message => {
            format!("{path}:{}", edge.kind)
        }
        EdgeKind::Other(kind) if name.is_empty() => member(path, kind),
        EdgeKind::Other(_) => member(path, name),
    }
}

/// The path of a member.
pub(crate) fn member(path: &str, name: &str) -> String {
    if is_plain(name) {
        return if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    }
    format!("{path}[{}]", Json::string(name))
}
