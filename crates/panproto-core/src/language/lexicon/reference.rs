//! NSIDs, and references between definitions.

use crate::name::Name;

/// Whether a text is a namespaced id: a reversed domain and a name, as in `app.bsky.feed.post`.
pub fn is_nsid(text: &str) -> bool {
    let Some((authority, name)) = text.rsplit_once('.') else { return false };
    let is_name = (1..=63).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    is_name
        && text.len() <= 317
        && authority.contains('.')
        && authority.starts_with(|c: char| c.is_ascii_alphabetic())
        && authority.split('.').all(is_label)
}

/// A reference as a document writes it, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference<'a> {
    /// The document, where it is named.
    pub(super) document: Option<&'a str>,
    /// The definition; `None` is the main one.
    pub(super) definition: Option<&'a str>,
}

impl<'a> Reference<'a> {
    /// Takes `nsid`, `nsid#name`, `#name` apart, each with or without `lex:` in front.
    pub(super) fn parse(text: &'a str) -> Option<Reference<'a>> {
        let text = text.strip_prefix("lex:").unwrap_or(text);
        let (document, definition) = match text.split_once('#') {
            Some((document, name)) => (document, Some(name)),
            None => (text, None),
        };
        if definition.is_some_and(|name| name.is_empty() || name.contains('#')) {
            return None;
        }
        let document = (!document.is_empty()).then_some(document);
        if document.is_none() && definition.is_none() || document.is_some_and(|nsid| !is_nsid(nsid)) {
            return None;
        }
        Some(Reference { document, definition: definition.filter(|name| *name != "main") })
    }

    /// The `$type` of what it means, seen from a document.
    pub(super) fn target(self, from: &str) -> String {
        definition_id(self.document.unwrap_or(from), self.definition)
    }
}

/// The `$type` of a definition.
pub(super) fn definition_id(document: &str, definition: Option<&str>) -> String {
    match definition {
        None => document.to_owned(),
        Some(name) => format!("{document}#{name}"),
    }
}

/// How a document writes a reference to a target unless it chose another spelling.
pub(super) fn usual_spelling(target: &str, from: &str) -> String {
    match target.strip_prefix(from) {
        Some("") => "#main".to_owned(),
        Some(local) if local.starts_with('#') => local.to_owned(),
        _ => target.to_owned(),
    }
}

/// The document that a `$type` belongs to.
pub(super) fn document_of(target: &Name) -> &str {
    target.split_once('#').map_or(target.as_str(), |(document, _)| document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        let check = |text: &str, target: Option<&str>| {
            let found = Reference::parse(text).map(|reference| reference.target("a.b.c"));
            assert_eq!(found.as_deref(), target, "{text}");
        };
        check("#x", Some("a.b.c#x"));
        check("lex:#x", Some("a.b.c#x"));
        check("#main", Some("a.b.c"));
        check("d.e.f", Some("d.e.f"));
        check("lex:d.e.f#g", Some("d.e.f#g"));
        check("d.e.f#main", Some("d.e.f"));
        check("", None);
        check("#", None);
        check("lex:", None);
        check("d.e.f#", None);
        check("d.e.f#a#b", None);
        check("at-uri", None);
    }

    #[test]
    fn the_usual_spelling_is_local_where_it_can_be() {
        assert_eq!(usual_spelling("a.b.c#x", "a.b.c"), "#x");
        assert_eq!(usual_spelling("a.b.c", "a.b.c"), "#main");
        assert_eq!(usual_spelling("a.b.cd", "a.b.c"), "a.b.cd");
    }
}
