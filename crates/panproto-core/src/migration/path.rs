//! Paths into data as people write them: `stats.likeCount`, `items[].value`, `["a.b"].c`, `#replyRef.root`.

use crate::diagnostic::{Diagnostic, Kind, Result, Span, is_plain};
use crate::value::Json;
use std::fmt;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A member.
    Member(Box<str>),
    /// Every item of a list.
    Items,
    /// Every undeclared member of an object used as a map, written `[*]`.
    Values,
}

/// A path from a root, which is the main one unless a definition is named first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DataPath {
    /// The definition that it starts at: `#replyRef`, `app.bsky.feed.defs#postView`.
    pub root: Option<Box<str>>,
    /// The steps.
    pub steps: Vec<Step>,
}

impl DataPath {
    /// Reads a path.
    ///
    /// # Errors
    /// `path-syntax` with a span in the text.
    pub fn parse(text: &str) -> Result<DataPath> {
        let mut path = DataPath::default();
        let mut rest = text;
        if let Some(at) =
            text.find('#').filter(|at| !text.get(..*at).is_some_and(|before| before.contains(['[', '"'])))
        {
            let name = text.get(at + 1..).unwrap_or_default();
            let end = name.find(['.', '[']).unwrap_or(name.len());
            path.root = text.get(..at + 1 + end).map(Box::from);
            rest = name.get(end..).unwrap_or_default();
            rest = rest.strip_prefix('.').unwrap_or(rest);
        }
        let mut first = true;
        while !rest.is_empty() {
            let fail = |what: &str| {
                let at = text.len() - rest.len();
                Err(Diagnostic::new(Kind::Usage, "path-syntax", format!("expected {what} in path `{text}`"))
                    .spanning(Span::new(at, text.len()))
                    .help("write `a.b`, `items[].a`, `[\"a.b\"].c` or `#definition.a`")
                    .boxed())
            };
            if let Some(after) = rest.strip_prefix("[]") {
                path.steps.push(Step::Items);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("[*]") {
                path.steps.push(Step::Values);
                rest = after;
            } else if let Some(quoted) = rest.strip_prefix('[') {
                let Some(end) = closing(quoted) else { return fail("`\"…\"]`") };
                let (Some(name), Some(after)) = (quoted.get(..end), quoted.get(end..)) else {
                    return fail("`\"…\"]`");
                };
                let Ok(name) = Json::parse(name) else { return fail("a quoted name") };
                let Some(name) = name.tree().root().as_str().map(Box::from) else {
                    return fail("a quoted name");
                };
                let Some(after) = after.strip_prefix(']') else { return fail("`]`") };
                path.steps.push(Step::Member(name));
                rest = after;
            } else {
                let plain = match (first, rest.strip_prefix('.')) {
                    (true, None) => rest,
                    (false, Some(after)) => after,
                    _ => return fail("`.` or `[`"),
                };
                let end = plain.find(['.', '[', ']']).unwrap_or(plain.len());
                match plain.get(..end) {
                    Some(name) if !name.is_empty() => path.steps.push(Step::Member(name.into())),
                    _ => return fail("a name"),
                }
                rest = plain.get(end..).unwrap_or_default();
            }
            first = false;
        }
        Ok(path)
    }
}

/// One past the closing quote of the string that starts the text.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return text.starts_with('"').then_some(at + 1),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

impl fmt::Display for DataPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        if let Some(root) = &self.root {
            out.write_str(root)?;
            first = false;
        }
        for step in &self.steps {
            match step {
                Step::Items => out.write_str("[]")?,
                Step::Values => out.write_str("[*]")?,
                Step::Member(name) if is_plain(name) => {
                    if !first {
                        out.write_str(".")?;
                    }
                    out.write_str(name)?;
                }
                Step::Member(name) => write!(out, "[{}]", Json::string(name))?,
            }
            first = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_print_as_they_are_read() {
        for text in
            ["a", "a.b", "items[].value", r#"["a.b"].c[]"#, "#replyRef.root", "app.bsky.x#y[].z", "", "[*].a"]
        {
            assert_eq!(DataPath::parse(text).unwrap().to_string(), text);
        }
        for text in ["a..b", ".a", "a[", "a[0]", "a]", r#"["a"#] {
            assert_eq!(DataPath::parse(text).unwrap_err().code, "path-syntax", "{text}");
        }
    }
}
