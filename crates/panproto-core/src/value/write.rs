//! Writing compact JSON text piece by piece.

use super::string;

/// Appends JSON, commas included.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// Opens an object.
    pub fn object(&mut self) {
        self.before();
        self.out.push(b'{');
    }

    /// Opens an array.
    pub fn array(&mut self) {
        self.before();
        self.out.push(b'[');
    }

    /// Closes an object.
    pub fn end_object(&mut self) {
        self.out.push(b'}');
    }

    /// Closes an array.
    pub fn end_array(&mut self) {
        self.out.push(b']');
    }

    /// The name of the member that follows.
    pub fn key(&mut self, name: &str) {
        self.string(name);
        self.out.push(b':');
    }

    /// The name of the member that follows, as it is spelled.
    pub fn raw_key(&mut self, raw: &str) {
        self.raw(raw);
        self.out.push(b':');
    }

    /// A string.
    pub fn string(&mut self, text: &str) {
        self.before();
        string::encode(text, &mut self.out);
    }

    /// A value that is JSON text already.
    pub fn raw(&mut self, text: &str) {
        self.before();
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A string, or `null`.
    pub fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text),
            None => self.raw("null"),
        }
    }

    /// An unsigned integer.
    pub fn number(&mut self, value: u64) {
        self.raw(&value.to_string());
    }

    /// The text so far.
    pub fn finish(self) -> String {
        String::from_utf8(self.out).unwrap_or_default()
    }

    /// A comma, where a value or a member stands before in the same container.
    fn before(&mut self) {
        if !matches!(self.out.last(), None | Some(b'{' | b'[' | b':')) {
            self.out.push(b',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Writer;

    #[test]
    fn commas_stand_where_they_should() {
        let mut writer = Writer::default();
        writer.object();
        writer.key("a");
        writer.array();
        writer.number(1);
        writer.string("{");
        writer.object();
        writer.end_object();
        writer.optional(None);
        writer.end_array();
        writer.raw_key("\"b\"");
        writer.raw("1.50");
        writer.end_object();
        assert_eq!(writer.finish(), r#"{"a":[1,"{",{},null],"b":1.50}"#);
    }
}
