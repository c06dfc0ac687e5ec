//! Where a finding is: the root that its path begins at, and the way from there.

use crate::diff::root_path;
use crate::schema::{Role, Schema, VertexId};
use crate::value::Json;

/// What the path of a finding begins with.
pub(super) struct Place<'p> {
    /// Name of the root.
    pub(super) name: String,
    /// The root in the old schema and in the new one.
    pub(super) roots: (VertexId, VertexId),
    /// The root is a response: the new service is its writer.
    pub(super) turned: bool,
    /// The path from there.
    pub(super) rest: &'p str,
}

impl Place<'_> {
    pub(super) fn of<'p>(old: &Schema, new: &Schema, path: &'p str) -> Option<Place<'p>> {
        let rest = |name: &str| {
            let rest = path.strip_prefix(&*root_path(name))?;
            (rest.is_empty() || rest.starts_with(['.', '[']) || root_path(name).is_empty()).then_some(rest)
        };
        let roots = old.roots().iter().filter_map(|root| Some((root, rest(&root.name)?)));
        // Of a JSON Schema all findings are of the main root.
        let roots = roots.filter(|(root, _)| old.protocol() == "atproto" || root.name == "main");
        let (root, rest) = roots.min_by_key(|(_, rest)| rest.len())?;
        if rest.starts_with(['#', ':']) && old.protocol() == "atproto" {
            return None;
        }
        Some(Place {
            name: root.name.to_string(),
            roots: (root.vertex, new.root_named(&root.name)?.vertex),
            turned: matches!(root.role, Role::Output | Role::Message),
            rest,
        })
    }
}

/// One step of the path of a finding.
pub(super) enum Step {
    Member(String),
    /// A member whose name matches.
    Pattern(String),
    Item(usize),
}

/// Reads a path back; a step that names no single member (the undeclared) becomes a made-up one.
pub(super) fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if rest.starts_with("[\"") {
            // A quoted name: the text of a JSON string.
            let quoted = rest.get(1..).unwrap_or_default();
            let Ok(end) = crate::value::scan::string(quoted.as_bytes(), 0) else { return steps };
            let raw = quoted.get(..end).unwrap_or_default();
            let name = Json::parse(raw).ok().and_then(|name| Some(name.tree().root().as_str()?.into_owned()));
            steps.push(Step::Member(name.unwrap_or_default()));
            rest = quoted.get(end + 1..).unwrap_or_default();
        } else if let Some(after) = rest.strip_prefix("[/") {
            let Some((pattern, after)) = after.split_once("/]") else { return steps };
            steps.push(Step::Pattern(pattern.to_owned()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let Some((inside, after)) = after.split_once(']') else { return steps };
            steps.push(match inside {
                "" => Step::Item(0),
                "*" => Step::Member("x-undeclared".to_owned()),
                inside => Step::Item(inside.parse().unwrap_or(0)),
            });
            rest = after;
        } else {
            rest = rest.strip_prefix('.').unwrap_or(rest);
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            steps.push(Step::Member(name.to_owned()));
            if end == 0 {
                return steps;
            }
            rest = after;
        }
    }
    steps
}
