//! Collecting diagnostics, each with its place in the document.

use crate::diagnostic::{Diagnostic, Kind, Path, Severity, Span};
use crate::ordered::{Arrange, BTreeSet};
use crate::value::{JsonKind, Tree, ValueRef};

/// More findings than this help nobody; the rest is counted in one last note.
const MOST: usize = 300;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    list: Vec<Diagnostic>,
    left_off: usize,
    failed: bool,
}

impl Findings {
    /// Adds a finding at a place of a document: path, span and index are filled in.
    pub(super) fn add(&mut self, document: usize, tree: &Tree, span: Span, finding: Diagnostic) {
        self.failed |= finding.severity == Severity::Error;
        // The first error is always told: it is what the caller raises.
        if self.list.len() >= MOST {
            self.left_off += 1;
            if finding.severity != Severity::Error
                || self.list.iter().any(|known| known.severity == Severity::Error)
            {
                return;
            }
        }
        self.list.push(finding.at(path_of(tree, span.start)).spanning(span).in_document(document));
    }

    /// Adds a finding that has its place already, or none.
    pub(super) fn add_bare(&mut self, finding: Diagnostic) {
        self.failed |= finding.severity == Severity::Error;
        self.list.push(finding);
    }

    /// Whether there was an error.
    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    /// All findings, by document and place; those without a document come last.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        self.list.arrange_by_key(|finding| {
            (finding.document.unwrap_or(u32::MAX), finding.span.map(|span| span.start), finding.severity)
        });
        if self.left_off > 0 {
            let message = format!("{} further findings are not listed", self.left_off);
            self.list.push(Diagnostic::new(Kind::Schema, "findings-omitted", message).note());
        }
        self.list
    }
}

/// The path to the value or member that covers an offset. Linear in the members on the way.
pub(super) fn path_of(tree: &Tree, offset: u32) -> Path {
    let covers = |span: Span| span.start <= offset && offset < span.end;
    let mut path = Path::default();
    let mut at = tree.root();
    loop {
        let next = match at.kind() {
            JsonKind::Object => at
                .members()
                .find(|(key, value)| key.span().start <= offset && offset < value.span().end)
                .map(|(key, value)| {
                    path.0.push(crate::diagnostic::Segment::Member(
                        String::from_utf8_lossy(&key.decoded()).into_owned().into(),
                    ));
                    value
                }),
            JsonKind::Array => {
                at.items().enumerate().find(|(_, item)| covers(item.span())).map(|(index, item)| {
                    path = std::mem::take(&mut path).item(index);
                    item
                })
            }
            _ => None,
        };
        match next {
            // An offset at a value's own start means the value, not its first piece.
            Some(value) if covers(value.span()) && value.span().start != offset => at = value,
            _ => return path,
        }
    }
}

/// The name of every member that stands a second time in its object.
pub(super) fn repeated_members(root: ValueRef<'_>) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(value) = open.pop() {
        let mut seen = BTreeSet::new();
        for (key, member) in value.members() {
            if !seen.insert(key.decoded()) {
                found.push((String::from_utf8_lossy(&key.decoded()).into_owned(), key.span()));
            }
            if member.is_object() || member.is_array() {
                open.push(member);
            }
        }
        open.extend(value.items().filter(|item| item.is_object() || item.is_array()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn offsets_lead_to_paths() {
        let text = r#"{"a": [1, {"b.c": "x"}], "d": {}}"#;
        let tree = Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
        let check = |needle: &str, path: &str| {
            let offset = text.find(needle).unwrap() as u32;
            assert_eq!(path_of(&tree, offset).to_string(), path, "{needle}");
        };
        check("{\"a\"", "");
        check("\"a\"", "a");
        check("[1", "a");
        check("1", "a[0]");
        check("{\"b", "a[1]");
        check("\"b.c", "a[1][\"b.c\"]");
        check("\"x", "a[1][\"b.c\"]");
        check("{}}", "d");
    }

    #[test]
    fn repeated_members_are_found_by_their_decoded_name() {
        let text = r#"{"a": {"x": 1, "\u0078": 2}, "b": [{"c": 1, "c": 2}], "x": 1}"#;
        let tree = Tree::parse(text.as_bytes(), &Limits::DEFAULT).unwrap();
        let names: Vec<_> = repeated_members(tree.root()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["c", "x"]);
    }
}
