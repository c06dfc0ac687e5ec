//! JSON text as an index of byte ranges.
//!
//! Parsing is one pass with an explicit stack: depth of input never consumes the native stack.

pub use super::scan::{encoding_error, number as scan_number, syntax_error};
use super::{scan, string};
use crate::diagnostic::{Diagnostic, Error, Kind, Result, Span};
use crate::limits::Limits;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// What a JSON value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JsonKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number, in its source spelling.
    Number,
    /// A string, in its source spelling.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl JsonKind {
    /// The name that messages use.
    pub fn as_str(self) -> &'static str {
        match self {
            JsonKind::Null => "null",
            JsonKind::Bool => "boolean",
            JsonKind::Number => "number",
            JsonKind::String => "string",
            JsonKind::Array => "array",
            JsonKind::Object => "object",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) kind: JsonKind,
    start: u32,
    end: u32,
    /// Index of the first node after this value's subtree.
    pub(super) next: u32,
    /// Items or members.
    pub(super) count: u32,
}

impl Node {
    pub(super) fn span(&self) -> Span {
        Span { start: self.start, end: self.end }
    }
}

/// A JSON text with an index of its values, in document order: a container is followed by its items, or by its
/// members as key, value, key, value.
#[derive(Clone)]
pub struct Tree {
    text: Vec<u8>,
    nodes: Vec<Node>,
    /// The parser's stack, kept for the next text.
    open: Vec<u32>,
}

impl Default for Tree {
    /// The value `null`.
    fn default() -> Tree {
        let mut tree = Tree { text: Vec::new(), nodes: Vec::new(), open: Vec::new() };
        tree.clear();
        tree
    }
}

impl Tree {
    /// Parses one JSON value, which must be the whole text but for white space.
    ///
    /// # Errors
    /// `json-syntax` and `text-encoding` with a span: the one at the smallest offset; `limit-depth` with the span
    /// of the bracket that passes the limit; `limit-size` beyond the limits of a record and of a document.
    pub fn parse(text: &[u8], limits: &Limits) -> Result<Tree> {
        let mut tree = Tree {
            text: Vec::with_capacity(text.len()),
            nodes: Vec::with_capacity(text.len() / 8),
            open: Vec::new(),
        };
        tree.reparse(text, limits)?;
        Ok(tree)
    }

    /// Parses another text in place of this one, into the memory that the tree has. After an error the tree is
    /// `null`.
    ///
    /// # Errors
    /// As [`Tree::parse`].
    pub fn reparse(&mut self, text: &[u8], limits: &Limits) -> Result<()> {
        self.nodes.clear();
        self.open.clear();
        let parsed = check_size(text, limits).and_then(|()| {
            Parser { text, at: 0, nodes: &mut self.nodes, open: &mut self.open, limits }.document()
        });
        if parsed.is_err() {
            self.clear();
            return parsed;
        }
        self.text.clear();
        self.text.extend_from_slice(text);
        Ok(())
    }

    fn clear(&mut self) {
        self.text.clear();
        self.text.extend_from_slice(b"null");
        self.nodes.clear();
        self.nodes.push(Node { kind: JsonKind::Null, start: 0, end: 4, next: 1, count: 0 });
    }

    /// The value at the root.
    pub fn root(&self) -> ValueRef<'_> {
        ValueRef { tree: self, at: 0 }
    }

    /// The text that was parsed.
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}

fn check_size(text: &[u8], limits: &Limits) -> Result<()> {
    if text.len() as u64 <= limits.record_bytes.max(limits.document_bytes) && text.len() < u32::MAX as usize {
        return Ok(());
    }
    Err(Diagnostic::new(Kind::Limit, "limit-size", format!("text of {} bytes passes the limit", text.len()))
        .help("raise the limit `record_bytes` or `document_bytes`")
        .boxed())
}

impl fmt::Debug for Tree {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Tree({})", String::from_utf8_lossy(&self.text))
    }
}

/// A value inside a [`Tree`].
#[derive(Clone, Copy)]
pub struct ValueRef<'a> {
    tree: &'a Tree,
    at: u32,
}

impl<'a> ValueRef<'a> {
    /// The value's nodes in document order, itself first.
    pub(super) fn nodes(self) -> &'a [Node] {
        self.tree.nodes.get(self.at as usize..self.node().next as usize).unwrap_or_default()
    }

    /// The bytes of one of [`ValueRef::nodes`].
    pub(super) fn raw_of(self, node: &Node) -> &'a [u8] {
        self.tree.text.get(node.start as usize..node.end as usize).unwrap_or_default()
    }

    fn node(self) -> Node {
        #[expect(clippy::indexing_slicing, reason = "INVARIANT: `at` is an index that the parser gave out")]
        self.tree.nodes[self.at as usize]
    }

    /// What it is.
    pub fn kind(self) -> JsonKind {
        self.node().kind
    }

    /// Its bytes as written.
    pub fn raw(self) -> &'a [u8] {
        let node = self.node();
        self.tree.text.get(node.start as usize..node.end as usize).unwrap_or_default()
    }

    /// Its bytes as written; JSON text is UTF-8.
    pub fn raw_str(self) -> &'a str {
        std::str::from_utf8(self.raw()).unwrap_or_default()
    }

    /// Where it stands in the text.
    pub fn span(self) -> Span {
        self.node().span()
    }

    /// Number of items or members; 0 for a scalar.
    pub fn len(self) -> usize {
        self.node().count as usize
    }

    /// Whether it has neither items nor members.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether it is an object.
    pub fn is_object(self) -> bool {
        self.kind() == JsonKind::Object
    }

    /// Whether it is an array.
    pub fn is_array(self) -> bool {
        self.kind() == JsonKind::Array
    }

    /// The members of an object in document order, duplicates included; nothing for other values.
    pub fn members(self) -> Members<'a> {
        let node = self.node();
        let left = if node.kind == JsonKind::Object { node.count } else { 0 };
        Members { tree: self.tree, at: self.at + 1, left }
    }

    /// The items of an array; nothing for other values.
    pub fn items(self) -> Items<'a> {
        let node = self.node();
        let left = if node.kind == JsonKind::Array { node.count } else { 0 };
        Items { tree: self.tree, at: self.at + 1, left }
    }

    /// The last member whose decoded name is `name`. Linear in the number of members.
    pub fn get(self, name: &str) -> Option<ValueRef<'a>> {
        self.members().filter(|(key, _)| key.name_is(name)).last().map(|(_, value)| value)
    }

    /// The decoded text of a string, `None` for other values and for strings with a lone surrogate.
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        if self.kind() != JsonKind::String {
            return None;
        }
        match string::decode(self.raw()) {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
        }
    }

    /// The decoded bytes of a string (WTF-8: a lone surrogate keeps its three bytes); empty for other values.
    pub fn decoded(self) -> Cow<'a, [u8]> {
        if self.kind() == JsonKind::String { string::decode(self.raw()) } else { Cow::Borrowed(&[]) }
    }

    /// Whether it is a string whose decoded text is `name`.
    pub fn name_is(self, name: &str) -> bool {
        self.kind() == JsonKind::String && string::equals(self.raw(), name.as_bytes())
    }

    /// A boolean's value.
    pub fn as_bool(self) -> Option<bool> {
        match (self.kind(), self.raw()) {
            (JsonKind::Bool, b"true") => Some(true),
            (JsonKind::Bool, _) => Some(false),
            _ => None,
        }
    }

    /// A number that is written as a plain non-negative integer of at most 64 bits (`5`, not `5.0`).
    pub fn as_u64(self) -> Option<u64> {
        (self.kind() == JsonKind::Number).then(|| self.raw_str().parse().ok()).flatten()
    }

    /// A number that is written as a plain integer of at most 64 bits.
    pub fn as_i64(self) -> Option<i64> {
        (self.kind() == JsonKind::Number).then(|| self.raw_str().parse().ok()).flatten()
    }

    /// The value with its own text, white space between tokens removed.
    pub fn to_json(self) -> Json {
        Json::compact(self)
    }
}

impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.raw_str())
    }
}

/// Iterator over the members of an object: key (a string value), value.
#[derive(Clone)]
pub struct Members<'a> {
    tree: &'a Tree,
    at: u32,
    left: u32,
}

impl<'a> Iterator for Members<'a> {
    type Item = (ValueRef<'a>, ValueRef<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let key = ValueRef { tree: self.tree, at: self.at };
        let value = ValueRef { tree: self.tree, at: self.at + 1 };
        self.at = value.node().next;
        Some((key, value))
    }
}

/// Iterator over the items of an array.
#[derive(Clone)]
pub struct Items<'a> {
    tree: &'a Tree,
    at: u32,
    left: u32,
}

impl<'a> Iterator for Items<'a> {
    type Item = ValueRef<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let value = ValueRef { tree: self.tree, at: self.at };
        self.at = value.node().next;
        Some(value)
    }
}

/// One JSON value that owns its text: compact, spellings of strings and numbers as they were written.
///
/// Equality and order are those of the text. Equality of values is [`super::equal`]'s matter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Json(Arc<str>);

impl Json {
    /// Parses and compacts a text.
    ///
    /// # Errors
    /// As [`Tree::parse`].
    pub fn parse(text: &str) -> Result<Json> {
        Ok(Tree::parse(text.as_bytes(), &Limits::DEFAULT)?.root().to_json())
    }

    /// A JSON string with this content.
    pub fn string(content: &str) -> Json {
        let mut text = Vec::with_capacity(content.len() + 2);
        string::encode(content, &mut text);
        Json(String::from_utf8(text).unwrap_or_default().into())
    }

    /// `null`
    pub fn null() -> Json {
        Json("null".into())
    }

    /// A string as it is spelled.
    pub(crate) fn string_of(value: ValueRef<'_>) -> Json {
        Json(value.raw_str().into())
    }

    /// Text that is known to be compact JSON.
    pub(crate) fn trusted(text: String) -> Json {
        Json(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value as a tree, to be walked.
    pub fn tree(&self) -> Tree {
        // INVARIANT: the text was parsed once, under limits that may have been wider than the default ones.
        let limits = Limits { depth: u32::MAX, record_bytes: u64::MAX, ..Limits::DEFAULT };
        Tree::parse(self.0.as_bytes(), &limits).unwrap_or_default()
    }

    fn compact(value: ValueRef<'_>) -> Json {
        let mut text = Vec::with_capacity(value.raw().len());
        let mut in_string = false;
        let mut escaped = false;
        for &byte in value.raw() {
            if in_string {
                in_string = escaped || byte != b'"';
                escaped = !escaped && byte == b'\\';
            } else if matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                continue;
            } else {
                in_string = byte == b'"';
            }
            text.push(byte);
        }
        Json(String::from_utf8(text).unwrap_or_default().into())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Indexes a text. What a tree reuses is lent to it.
struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    nodes: &'a mut Vec<Node>,
    /// Indices of the open containers.
    open: &'a mut Vec<u32>,
    limits: &'a Limits,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<()> {
        self.value()?;
        while let Some(&container) = self.open.last() {
            self.after_value(container)?;
        }
        self.space();
        if self.at < self.text.len() { Err(self.unexpected("the end of the text")) } else { Ok(()) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        self.at = scan::space(self.text, self.at);
    }

    /// Reads a scalar whole, or opens containers down to the first scalar or empty container.
    fn value(&mut self) -> Result<()> {
        loop {
            self.space();
            let start = self.at;
            if let Some((end, kind)) = scan::scalar(self.text, start)? {
                self.at = end;
                self.leaf(kind, start, end);
                return Ok(());
            }
            if self.peek() == Some(b'{') {
                self.enter(JsonKind::Object)?;
                self.space();
                if self.peek() == Some(b'}') {
                    self.leave();
                    return Ok(());
                }
                self.key()?;
            } else {
                self.enter(JsonKind::Array)?;
                self.space();
                if self.peek() == Some(b']') {
                    self.leave();
                    return Ok(());
                }
            }
        }
    }

    /// After a value inside a container: a comma and the next value, or the close.
    fn after_value(&mut self, container: u32) -> Result<()> {
        let mut is_object = false;
        if let Some(node) = self.nodes.get_mut(container as usize) {
            node.count += 1;
            is_object = node.kind == JsonKind::Object;
        }
        self.space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                if is_object {
                    self.space();
                    self.key()?;
                }
                self.value()
            }
            Some(b'}') if is_object => {
                self.leave();
                Ok(())
            }
            Some(b']') if !is_object => {
                self.leave();
                Ok(())
            }
            _ => Err(self.unexpected(scan::after_value(is_object))),
        }
    }

    fn key(&mut self) -> Result<()> {
        let start = self.at;
        let (end, after) = scan::key(self.text, start)?;
        self.leaf(JsonKind::String, start, end);
        self.at = after;
        Ok(())
    }

    fn leaf(&mut self, kind: JsonKind, start: usize, end: usize) {
        let next = self.nodes.len() as u32 + 1;
        self.nodes.push(Node { kind, start: start as u32, end: end as u32, next, count: 0 });
    }

    fn enter(&mut self, kind: JsonKind) -> Result<()> {
        if self.open.len() >= self.limits.depth as usize {
            return Err(scan::too_deep(self.limits, self.at));
        }
        self.open.push(self.nodes.len() as u32);
        self.nodes.push(Node { kind, start: self.at as u32, end: 0, next: 0, count: 0 });
        self.at += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.at += 1;
        let next = self.nodes.len() as u32;
        let end = self.at as u32;
        if let Some(node) = self.open.pop().and_then(|at| self.nodes.get_mut(at as usize)) {
            node.end = end;
            node.next = next;
        }
    }

    #[cold]
    fn unexpected(&self, wanted: &str) -> Error {
        scan::syntax_error(self.text, self.at, wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Tree> {
        Tree::parse(text.as_bytes(), &Limits::DEFAULT)
    }

    #[test]
    fn spellings_stay() {
        let tree =
            parse(r#" {"a" : [1.0, -0, 1e400, 18446744073709551616], "\u0061": "\ud800", "__proto__": {}} "#)
                .unwrap();
        let names: Vec<_> = tree.root().members().map(|(key, _)| key.raw_str().to_owned()).collect();
        assert_eq!(names, ["\"a\"", "\"\\u0061\"", "\"__proto__\""]);
        let numbers: Vec<_> =
            tree.root().members().next().unwrap().1.items().map(|item| item.raw_str().to_owned()).collect();
        assert_eq!(numbers, ["1.0", "-0", "1e400", "18446744073709551616"]);
        assert_eq!(tree.root().get("a").unwrap().as_str(), None);
        assert_eq!(
            tree.root().to_json().as_str(),
            r#"{"a":[1.0,-0,1e400,18446744073709551616],"\u0061":"\ud800","__proto__":{}}"#
        );
    }

    #[test]
    fn what_is_not_json_is_refused_with_its_place() {
        let check = |text: &str, at: u32| {
            let error = parse(text).unwrap_err();
            assert_eq!((error.code, error.span.unwrap().start), ("json-syntax", at), "{text}: {error}");
        };
        check("", 0);
        check("{", 1);
        check("[1,]", 3);
        check("{\"a\":1,}", 7);
        check("01", 1);
        check("1.", 2);
        check("-", 1);
        check("[1 2]", 3);
        check("nul", 0);
        check("NaN", 0);
        check("\"\u{1}\"", 1);
        check("\"\\x\"", 1);
        check("{\"a\" 1}", 5);
        check("1 1", 2);
    }

    #[test]
    fn a_tree_is_used_again_and_is_null_after_an_error() {
        let mut tree = Tree::default();
        assert_eq!(tree.root().raw(), b"null");
        tree.reparse(br#"{"a":[1,2]}"#, &Limits::DEFAULT).unwrap();
        assert_eq!(tree.root().get("a").unwrap().len(), 2);
        assert_eq!(tree.reparse(b"[[1,2", &Limits::DEFAULT).unwrap_err().code, "json-syntax");
        assert_eq!((tree.root().raw(), tree.text()), (&b"null"[..], &b"null"[..]));
        let small = Limits { record_bytes: 2, document_bytes: 2, ..Limits::DEFAULT };
        assert_eq!(tree.reparse(b"[1]", &small).unwrap_err().code, "limit-size");
        tree.reparse(b"[]", &small).unwrap();
        assert_eq!((tree.root().kind(), tree.root().len()), (JsonKind::Array, 0));
    }

    #[test]
    fn depth_is_limited_and_consumes_no_stack() {
        let deep = "[".repeat(100_000);
        assert_eq!(parse(&deep).unwrap_err().code, "limit-depth");
        let wide = Limits { depth: u32::MAX, ..Limits::DEFAULT };
        let text = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(Tree::parse(text.as_bytes(), &wide).unwrap().root().len(), 1);
    }
}
