//! Streams of JSON values that are not lines: the items of one array, or values one after another.
//!
//! The splitter finds where values begin and end and looks no further: what lies between the brackets of a value is
//! judged by whoever reads it. What comes out does not depend on how the input is cut into chunks.

use super::ndjson::{Line, too_long};
use crate::diagnostic::{Diagnostic, Error, Kind, Result};

/// How values follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// The stream is one JSON array; the records are its items.
    Array,
    /// Values with nothing or white space between them; numbers and words need the white space.
    Concatenated,
}

/// What may come next outside of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Open,
    ItemOrClose,
    Value,
    CommaOrClose,
    End,
    /// A value has begun.
    Inside,
}

/// How far a value was read.
#[derive(Clone, Copy, Debug)]
struct Progress {
    depth: u64,
    in_string: bool,
    escaped: bool,
    /// A number or a word: it ends before what cannot belong to it.
    is_bare: bool,
}

impl Progress {
    /// Reads on; the number of bytes up to the value's end, if it ends here.
    #[inline]
    fn read(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            if self.is_bare {
                if matches!(
                    byte,
                    b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' | b'[' | b']' | b'{' | b'}' | b'"'
                ) {
                    return Some(at);
                }
            } else if self.in_string {
                self.in_string = self.escaped || *byte != b'"';
                self.escaped = !self.escaped && *byte == b'\\';
                if !self.in_string && self.depth == 0 {
                    return Some(at + 1);
                }
            } else {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => {
                        self.depth = self.depth.saturating_sub(1);
                        if self.depth == 0 {
                            return Some(at + 1);
                        }
                    }
                    _ => {}
                }
            }
        }
        None
    }
}

#[derive(Clone, Debug)]
struct State {
    framing: Framing,
    expect: Expect,
    /// Bytes of the stream that were read.
    offset: u64,
    /// Bytes of a byte-order mark at the start.
    mark: u64,
    /// Number of the present value, and where it begins.
    number: u64,
    begin: u64,
    progress: Progress,
    /// The present value was refused as too long; the rest of it is thrown away.
    overlong: bool,
    failed: Option<Error>,
}

enum Step<'a> {
    Nothing,
    Value(&'a [u8]),
    Unfinished(&'a [u8]),
    Failed(Error),
}

impl State {
    #[inline]
    fn step<'a>(&mut self, rest: &mut &'a [u8]) -> Step<'a> {
        while let Some((&byte, after)) = rest.split_first() {
            if self.failed.is_some() {
                *rest = &[];
                break;
            }
            if self.expect == Expect::Inside {
                return self.value(rest);
            }
            if self.is_mark(byte) {
                self.mark += 1;
            } else if self.mark == self.offset && matches!(self.mark, 1 | 2) {
                return self.fail("a whole byte-order mark");
            } else if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                self.expect = match (self.expect, byte) {
                    (Expect::Open, b'[') => Expect::ItemOrClose,
                    (Expect::Open, _) => return self.fail("`[`"),
                    (Expect::ItemOrClose | Expect::CommaOrClose, b']') => Expect::End,
                    (Expect::CommaOrClose, b',') => Expect::Value,
                    (Expect::CommaOrClose, _) => return self.fail("`,` or `]`"),
                    (Expect::End, _) => return self.fail("the end of the text"),
                    (_, b',' | b':' | b']' | b'}') => return self.fail("a value"),
                    _ => {
                        self.begin(byte);
                        continue;
                    }
                };
            }
            self.offset += 1;
            *rest = after;
        }
        Step::Nothing
    }

    #[inline]
    fn is_mark(&self, byte: u8) -> bool {
        self.mark == self.offset && [0xef, 0xbb, 0xbf].get(self.offset as usize) == Some(&byte)
    }

    /// A value begins with this byte, which is still to be read.
    #[inline]
    fn begin(&mut self, first: u8) {
        let is_bare = !matches!(first, b'{' | b'[' | b'"');
        self.progress = Progress { depth: 0, in_string: false, escaped: false, is_bare };
        self.number += 1;
        self.begin = self.offset;
        self.expect = Expect::Inside;
    }

    /// The rest of the present value, as far as it is there.
    #[inline]
    fn value<'a>(&mut self, rest: &mut &'a [u8]) -> Step<'a> {
        let text = *rest;
        let Some((value, after)) = self.progress.read(text).and_then(|length| text.split_at_checked(length))
        else {
            self.offset += text.len() as u64;
            *rest = &[];
            return Step::Unfinished(text);
        };
        self.offset += value.len() as u64;
        *rest = after;
        self.expect = match self.framing {
            Framing::Array => Expect::CommaOrClose,
            Framing::Concatenated => Expect::Value,
        };
        Step::Value(value)
    }

    #[cold]
    fn fail<'a>(&mut self, wanted: &str) -> Step<'a> {
        let error =
            Diagnostic::error(Kind::Parse, "json-syntax", format!("expected {wanted} between the values"));
        self.failed = Some(error.clone());
        Step::Failed(error)
    }

    #[inline]
    fn line<'a>(&self, record: Result<&'a [u8]>) -> Line<'a> {
        let terminated = record.is_ok();
        Line { number: self.number, offset: self.begin, record, terminated }
    }
}

/// Splits a stream that comes in chunks. It holds the unfinished last value, never more than a record's limit.
///
/// A [`Line`] is here a value: `number` counts values, `offset` is that of its first byte.
#[derive(Clone, Debug)]
pub struct Values {
    limit: u64,
    state: State,
    tail: Vec<u8>,
    /// The value that the last chunk completed.
    joined: Vec<u8>,
}

impl Values {
    /// A splitter for records of at most `record_limit` bytes.
    pub fn new(framing: Framing, record_limit: u64) -> Values {
        let state = State {
            framing,
            expect: if framing == Framing::Array { Expect::Open } else { Expect::Value },
            offset: 0,
            mark: 0,
            number: 0,
            begin: 0,
            progress: Progress { depth: 0, in_string: false, escaped: false, is_bare: false },
            overlong: false,
            failed: None,
        };
        Values { limit: record_limit, state, tail: Vec::new(), joined: Vec::new() }
    }

    /// A splitter that goes on right after a value.
    #[inline]
    pub fn after(framing: Framing, record_limit: u64) -> Values {
        let mut values = Values::new(framing, record_limit);
        // A byte-order mark stands at the very start only.
        values.state.mark = u64::MAX;
        if framing == Framing::Array {
            values.state.expect = Expect::CommaOrClose;
        }
        values
    }

    /// Bytes that are held until their value is complete.
    #[inline]
    pub fn held(&self) -> usize {
        self.tail.len()
    }

    /// The values that end in this chunk. Values that lie in it as a whole are not copied. Where something else
    /// stands than the framing allows, the last one is the error, and nothing follows any more.
    #[inline]
    pub fn feed<'a>(&'a mut self, chunk: &'a [u8]) -> Feed<'a> {
        let Values { limit, state, tail, joined } = self;
        let mut rest = chunk;
        let mut first = None;
        if state.expect == Expect::Inside && !rest.is_empty() {
            let (piece, ended) = match state.value(&mut rest) {
                Step::Value(piece) => (piece, true),
                Step::Unfinished(piece) => (piece, false),
                Step::Nothing | Step::Failed(_) => (&[][..], false),
            };
            if state.overlong {
                state.overlong = !ended;
            } else if (tail.len() + piece.len()) as u64 > *limit {
                tail.clear();
                state.overlong = !ended;
                first = Some(state.line(Err(too_long(*limit))));
            } else {
                tail.extend_from_slice(piece);
                if ended {
                    std::mem::swap(tail, joined);
                    tail.clear();
                    first = Some(state.line(Ok(joined)));
                }
            }
        }
        Feed { limit: *limit, state, tail, first, rest }
    }

    /// The end of the stream: the last value, if only the end tells that it is complete (or if it is cut off, which
    /// its reader refuses).
    ///
    /// # Errors
    /// `json-syntax` where the array is not closed, and the error of the framing that was given out before.
    #[inline]
    pub fn finish(&mut self) -> Result<Option<Line<'_>>> {
        if let Some(error) = &self.state.failed {
            return Err(error.clone());
        }
        match (self.state.framing, self.state.expect) {
            (Framing::Array, Expect::End) => return Ok(None),
            (Framing::Array, Expect::Open) => {
                return Err(Diagnostic::error(
                    Kind::Parse,
                    "json-syntax",
                    "expected `[`, found the end of the text",
                ));
            }
            (Framing::Array, _) => {
                return Err(Diagnostic::error(Kind::Parse, "json-syntax", "the array is not closed"));
            }
            (Framing::Concatenated, _) => {}
        }
        std::mem::swap(&mut self.tail, &mut self.joined);
        self.tail.clear();
        self.state.expect = Expect::Value;
        if self.joined.is_empty() || self.state.overlong {
            return Ok(None);
        }
        Ok(Some(Line { terminated: false, ..self.state.line(Ok(&self.joined)) }))
    }
}

/// The values that a chunk completes; made by [`Values::feed`]. Values that are not asked for are passed over.
#[derive(Debug)]
pub struct Feed<'a> {
    limit: u64,
    state: &'a mut State,
    tail: &'a mut Vec<u8>,
    first: Option<Line<'a>>,
    rest: &'a [u8],
}

impl<'a> Iterator for Feed<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        if let Some(line) = self.first.take() {
            return Some(line);
        }
        match self.state.step(&mut self.rest) {
            Step::Nothing => None,
            Step::Value(text) if text.len() as u64 > self.limit => {
                Some(self.state.line(Err(too_long(self.limit))))
            }
            Step::Value(text) => Some(self.state.line(Ok(text))),
            Step::Unfinished(text) if text.len() as u64 > self.limit => {
                self.state.overlong = true;
                Some(self.state.line(Err(too_long(self.limit))))
            }
            Step::Unfinished(text) => {
                self.tail.extend_from_slice(text);
                None
            }
            Step::Failed(error) => {
                let (number, offset) = (self.state.number + 1, self.state.offset);
                Some(Line { number, offset, record: Err(error), terminated: false })
            }
        }
    }
}

impl Drop for Feed<'_> {
    #[inline]
    fn drop(&mut self) {
        // What nobody asked for is read all the same: the next chunk goes on after it.
        while self.next().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::scan::tests::json_text;
    use proptest::prelude::*;

    /// Number, offset, text or code, of each value; then the code of the end.
    type Seen = (Vec<(u64, u64, Result<String, &'static str>)>, Option<&'static str>);

    fn chunked(framing: Framing, text: &[u8], limit: u64, cuts: &[usize]) -> Seen {
        let mut splitter = Values::new(framing, limit);
        let mut seen = Vec::new();
        let note = |line: Line<'_>| {
            let record = line.record.map(|text| String::from_utf8_lossy(text).into_owned());
            (line.number, line.offset, record.map_err(|error| error.code))
        };
        let mut from = 0;
        for cut in cuts.iter().copied().chain([text.len()]) {
            seen.extend(splitter.feed(&text[from..cut]).map(note));
            assert!(splitter.held() as u64 <= limit);
            from = cut;
        }
        let end = match splitter.finish() {
            Ok(line) => {
                seen.extend(line.map(note));
                None
            }
            Err(error) => Some(error.code),
        };
        (seen, end)
    }

    fn check(
        framing: Framing,
        text: &str,
        expected: &[(u64, Result<&str, &'static str>)],
        end: Option<&'static str>,
    ) {
        let every: Vec<_> = (0..text.len()).collect();
        for cuts in [&[][..], &every] {
            let (seen, ended) = chunked(framing, text.as_bytes(), 12, cuts);
            let found: Vec<_> =
                seen.iter().map(|(_, at, text)| (*at, text.as_deref().map_err(|code| *code))).collect();
            assert_eq!((&found[..], ended), (expected, end), "{text:?}");
            assert!(seen.iter().map(|(number, ..)| *number).eq(1..=seen.len() as u64), "{text:?}");
        }
    }

    #[test]
    fn items_of_an_array() {
        let check = |text: &str, expected: &[(u64, Result<&str, &'static str>)], end| {
            check(Framing::Array, text, expected, end)
        };
        check("[]", &[], None);
        check(" [ ] \n", &[], None);
        check("\u{feff}[1]", &[(4, Ok("1"))], None);
        check(
            r#"[{"a":"]\"}"}, [[]] ,"x,y",-1]"#,
            &[(1, Ok(r#"{"a":"]\"}"}"#)), (15, Ok("[[]]")), (21, Ok("\"x,y\"")), (27, Ok("-1"))],
            None,
        );
        check("[1,\"12345678901\",2]", &[(1, Ok("1")), (3, Err("limit-size")), (17, Ok("2"))], None);
        check("", &[], Some("json-syntax"));
        check("[1", &[], Some("json-syntax"));
        check("[1,", &[(1, Ok("1"))], Some("json-syntax"));
        check("[1 2]", &[(1, Ok("1")), (3, Err("json-syntax"))], Some("json-syntax"));
        check("[1,]", &[(1, Ok("1")), (3, Err("json-syntax"))], Some("json-syntax"));
        check("[1] 2", &[(1, Ok("1")), (4, Err("json-syntax"))], Some("json-syntax"));
        check("{}", &[(0, Err("json-syntax"))], Some("json-syntax"));
    }

    #[test]
    fn values_one_after_another() {
        let check = |text: &str, expected: &[(u64, Result<&str, &'static str>)], end| {
            check(Framing::Concatenated, text, expected, end)
        };
        check("", &[], None);
        check(
            "{}{}\n[]\"a\"1 true",
            &[(0, Ok("{}")), (2, Ok("{}")), (5, Ok("[]")), (7, Ok("\"a\"")), (10, Ok("1")), (12, Ok("true"))],
            None,
        );
        check("{\"a\":", &[(0, Ok("{\"a\":"))], None);
        check("1,2", &[(0, Ok("1")), (1, Err("json-syntax"))], Some("json-syntax"));
        check("1234567890123 1", &[(0, Err("limit-size")), (14, Ok("1"))], None);
        check("1234567890123", &[(0, Err("limit-size"))], None);
        check("\u{feff}1", &[(3, Ok("1"))], None);
    }

    #[test]
    fn half_a_byte_order_mark_is_refused() {
        for cuts in [&[][..], &[1, 2]] {
            let (seen, end) = chunked(Framing::Array, b"\xef\xbb[]", 12, cuts);
            assert_eq!((seen.len(), end), (1, Some("json-syntax")));
        }
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference(
            values in prop::collection::vec(json_text(), 0..5),
            noise in "[\\[\\]{},:\" \\\\a1\n]{0,30}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
            limit in 0u64..60,
        ) {
            let array = format!("[{}]", values.join(","));
            let lines = values.join("\n");
            for (framing, text) in [(Framing::Array, &array), (Framing::Concatenated, &lines), (Framing::Array, &noise), (Framing::Concatenated, &noise)] {
                let mut at: Vec<_> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
                at.sort_unstable();
                let whole = chunked(framing, text.as_bytes(), limit, &[]);
                prop_assert_eq!(&chunked(framing, text.as_bytes(), limit, &at), &whole);
                let every: Vec<_> = (0..text.len()).collect();
                prop_assert_eq!(&chunked(framing, text.as_bytes(), limit, &every), &whole);
            }
            for (framing, text) in [(Framing::Array, &array), (Framing::Concatenated, &lines)] {
                let (seen, end) = chunked(framing, text.as_bytes(), u64::MAX, &[]);
                let found: Vec<_> = seen.into_iter().map(|(_, _, text)| text.unwrap()).collect();
                let trimmed: Vec<_> = values.iter().map(|value| value.trim().to_owned()).collect();
                prop_assert_eq!((found, end), (trimmed, None));
            }
        }
    }
}
