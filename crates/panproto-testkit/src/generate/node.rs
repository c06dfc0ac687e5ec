//! JSON as it is written: tokens keep their spelling, members their order, and repeated members stay.

use std::fmt;

/// A value with the spelling of its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// A scalar as it is written.
    Scalar(String),
    /// Items.
    Array(Vec<Node>),
    /// Members: keys as they are written, quotes included.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// A string, written plainly.
    pub fn string(content: &str) -> Node {
        Node::Scalar(quoted(content))
    }

    /// Reads JSON text. Nothing for what is not JSON (tokens are not looked at closely).
    pub fn parse(text: &str) -> Option<Node> {
        let mut reader = Reader { text, at: 0 };
        let node = reader.value(0)?;
        reader.space();
        (reader.at == text.len()).then_some(node)
    }

    /// Decoded name of a key as it is written.
    pub fn name(key: &str) -> String {
        serde_json::from_str(key).unwrap_or_default()
    }

    /// Whether it is an object or an array.
    pub fn is_container(&self) -> bool {
        !matches!(self, Node::Scalar(_))
    }

    /// How many values stand in it, itself included.
    pub fn count(&self) -> usize {
        1 + match self {
            Node::Scalar(_) => 0,
            Node::Array(items) => items.iter().map(Node::count).sum(),
            Node::Object(members) => members.iter().map(|(_, value)| value.count()).sum(),
        }
    }

    /// The `index`-th value in document order, itself being the first.
    pub fn nth(&mut self, index: usize) -> Option<&mut Node> {
        if index == 0 {
            return Some(self);
        }
        let mut left = index - 1;
        let parts: Vec<&mut Node> = match self {
            Node::Scalar(_) => Vec::new(),
            Node::Array(items) => items.iter_mut().collect(),
            Node::Object(members) => members.iter_mut().map(|(_, value)| value).collect(),
        };
        for part in parts {
            let count = part.count();
            if left < count {
                return part.nth(left);
            }
            left -= count;
        }
        None
    }
}

/// A JSON string.
pub(super) fn quoted(content: &str) -> String {
    serde_json::Value::from(content).to_string()
}

impl fmt::Display for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Scalar(raw) => out.write_str(raw),
            Node::Array(items) => {
                out.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(out, "{}{item}", if at > 0 { "," } else { "" })?;
                }
                out.write_str("]")
            }
            Node::Object(members) => {
                out.write_str("{")?;
                for (at, (key, value)) in members.iter().enumerate() {
                    write!(out, "{}{key}:{value}", if at > 0 { "," } else { "" })?;
                }
                out.write_str("}")
            }
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn string(&mut self) -> Option<String> {
        self.space();
        let start = self.at;
        if !self.eat(b'"') {
            return None;
        }
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                b'"' => {
                    self.at += 1;
                    return self.text.get(start..self.at).map(str::to_owned);
                }
                _ => self.at += 1,
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        self.space();
        if depth > 200 {
            return None;
        }
        match self.peek()? {
            b'"' => self.string().map(Node::Scalar),
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                if self.eat(b']') {
                    return Some(Node::Array(items));
                }
                loop {
                    items.push(self.value(depth + 1)?);
                    if self.eat(b']') {
                        return Some(Node::Array(items));
                    }
                    if !self.eat(b',') {
                        return None;
                    }
                }
            }
            b'{' => {
                self.at += 1;
                let mut members = Vec::new();
                if self.eat(b'}') {
                    return Some(Node::Object(members));
                }
                loop {
                    let key = self.string()?;
                    if !self.eat(b':') {
                        return None;
                    }
                    members.push((key, self.value(depth + 1)?));
                    if self.eat(b'}') {
                        return Some(Node::Object(members));
                    }
                    if !self.eat(b',') {
                        return None;
                    }
                }
            }
            _ => {
                let rest = self.text.get(self.at..)?;
                let end = rest
                    .find(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | ']' | '}' | ':'))
                    .unwrap_or(rest.len());
                self.at += end;
                (end > 0).then(|| Node::Scalar(rest[..end].to_owned()))
            }
        }
    }
}
