//! Newline-delimited JSON: where the records of a text begin and end.
//!
//! A byte-order mark at the very start, CRLF, blank lines and a last line without its newline are accepted; blank
//! lines are skipped and counted. The splitter does not look into records: a line that was cut off is refused by
//! whoever reads it, at its offset. What comes out does not depend on how the input is cut into chunks.

use super::scan;
use crate::diagnostic::{Diagnostic, Error, Kind, Result};

/// One line that is not blank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number in the stream; the first is 1, and blank lines count.
    pub number: u64,
    /// Byte offset in the stream of the first byte of `record`.
    pub offset: u64,
    /// The line without its end; `limit-size` where it is longer than a record may be.
    pub record: Result<&'a [u8]>,
    /// Whether a newline ended it. False for the last line of a stream without one, and for refused lines.
    pub terminated: bool,
}

/// Where in a stream the next line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Number of the next line; the first is 1.
    pub number: u64,
    /// Byte offset of the next line.
    pub offset: u64,
    /// Blank lines so far.
    pub blank: u64,
}

impl Default for Position {
    fn default() -> Position {
        Position { number: 1, offset: 0, blank: 0 }
    }
}

impl Position {
    /// Takes the next line, given without its newline; `None` if it is blank.
    #[inline]
    fn take<'a>(&mut self, line: &'a [u8], terminated: bool, limit: u64) -> Option<Line<'a>> {
        let Position { number, mut offset, .. } = *self;
        self.number += 1;
        self.offset += line.len() as u64 + u64::from(terminated);
        // All bytes between two newlines count, so that the limit does not depend on where chunks end.
        if line.len() as u64 > limit {
            return Some(Line { number, offset, record: Err(too_long(limit)), terminated: false });
        }
        let mut text = line;
        if offset == 0 && text.starts_with(b"\xef\xbb\xbf") {
            text = text.get(3..).unwrap_or_default();
            offset = 3;
        }
        text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
            self.blank += 1;
            return None;
        }
        Some(Line { number, offset, record: Ok(text), terminated })
    }
}

#[cold]
pub(super) fn too_long(limit: u64) -> Error {
    Diagnostic::new(Kind::Limit, "limit-size", format!("a record passes the limit of {limit} bytes"))
        .help("raise the limit `record_bytes` if the input is trusted")
        .boxed()
}

/// The lines of a text that is there as a whole; made by [`lines`].
#[derive(Clone, Debug)]
pub struct Whole<'a> {
    rest: &'a [u8],
    limit: u64,
    position: Position,
}

/// The lines of a text that is there as a whole, each record of at most `record_limit` bytes.
#[inline]
pub fn lines(text: &[u8], record_limit: u64) -> Whole<'_> {
    Whole { rest: text, limit: record_limit, position: Position::default() }
}

impl Whole<'_> {
    /// The same for a text that begins at another place of its stream.
    #[must_use]
    #[inline]
    pub fn starting(mut self, position: Position) -> Self {
        self.position = position;
        self
    }

    /// Where the next line begins.
    #[inline]
    pub fn position(&self) -> Position {
        self.position
    }
}

impl<'a> Iterator for Whole<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        while !self.rest.is_empty() {
            let (line, terminated) = take_line(&mut self.rest);
            if let Some(line) = self.position.take(line, terminated, self.limit) {
                return Some(line);
            }
        }
        None
    }
}

/// Cuts the first line off, its newline left out; whether there was one.
#[inline]
fn take_line<'a>(rest: &mut &'a [u8]) -> (&'a [u8], bool) {
    let text = *rest;
    match scan::find(text, b'\n') {
        Some(at) => {
            *rest = text.get(at + 1..).unwrap_or_default();
            (text.get(..at).unwrap_or_default(), true)
        }
        None => {
            *rest = &[];
            (text, false)
        }
    }
}

/// Splits a stream that comes in chunks. It holds the unfinished last line, never more than a record's limit.
#[derive(Clone, Debug)]
pub struct Lines {
    limit: u64,
    position: Position,
    tail: Vec<u8>,
    /// The line that the last chunk completed.
    joined: Vec<u8>,
    /// The line that is being read was refused as too long; the rest of it is thrown away.
    overlong: bool,
}

impl Lines {
    /// A splitter for records of at most `record_limit` bytes.
    pub fn new(record_limit: u64) -> Lines {
        Lines {
            limit: record_limit,
            position: Position::default(),
            tail: Vec::new(),
            joined: Vec::new(),
            overlong: false,
        }
    }

    /// Where the first line begins that was not given out yet.
    #[inline]
    pub fn position(&self) -> Position {
        self.position
    }

    /// Bytes that are held until their line is complete.
    #[inline]
    pub fn held(&self) -> usize {
        self.tail.len()
    }

    /// The lines that end in this chunk. Lines that lie in it as a whole are not copied.
    #[inline]
    pub fn feed<'a>(&'a mut self, mut chunk: &'a [u8]) -> Feed<'a> {
        let mut first = First::None;
        if self.overlong {
            let (thrown, ended) = take_line(&mut chunk);
            self.position.offset += thrown.len() as u64 + u64::from(ended);
            self.overlong = !ended;
        } else if !self.tail.is_empty() {
            let (end, ended) = take_line(&mut chunk);
            if (self.tail.len() + end.len()) as u64 > self.limit {
                let length = self.tail.len() + end.len() + usize::from(ended);
                first = First::Overlong(length);
                self.tail.clear();
                self.overlong = !ended;
            } else {
                self.tail.extend_from_slice(end);
                if ended {
                    std::mem::swap(&mut self.tail, &mut self.joined);
                    self.tail.clear();
                    first = First::Joined(&self.joined);
                }
            }
        }
        // What is left begins at a line, unless the chunk was used up.
        let whole = chunk.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (rest, unfinished) = chunk.split_at_checked(whole).unwrap_or((chunk, &[]));
        let mut last = None;
        if unfinished.len() as u64 > self.limit {
            last = Some(unfinished.len());
            self.overlong = true;
        } else {
            self.tail.extend_from_slice(unfinished);
        }
        Feed { limit: self.limit, position: &mut self.position, first, rest, last }
    }

    /// The end of the stream: the last line, if it had no newline.
    #[inline]
    pub fn finish(&mut self) -> Option<Line<'_>> {
        std::mem::swap(&mut self.tail, &mut self.joined);
        self.tail.clear();
        self.overlong = false;
        if self.joined.is_empty() { None } else { self.position.take(&self.joined, false, self.limit) }
    }
}

#[derive(Debug)]
enum First<'a> {
    None,
    Joined(&'a [u8]),
    /// Length of what was read of it, newline included.
    Overlong(usize),
}

/// The lines that a chunk completes; made by [`Lines::feed`]. Lines that are not asked for are passed over.
#[derive(Debug)]
pub struct Feed<'a> {
    limit: u64,
    position: &'a mut Position,
    first: First<'a>,
    rest: &'a [u8],
    last: Option<usize>,
}

impl<'a> Feed<'a> {
    #[inline]
    fn overlong(&mut self, length: usize) -> Line<'a> {
        let Position { number, offset, .. } = *self.position;
        self.position.number += 1;
        self.position.offset += length as u64;
        Line { number, offset, record: Err(too_long(self.limit)), terminated: false }
    }
}

impl<'a> Iterator for Feed<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        match std::mem::replace(&mut self.first, First::None) {
            First::None => {}
            First::Overlong(length) => return Some(self.overlong(length)),
            First::Joined(line) => {
                if let Some(line) = self.position.take(line, true, self.limit) {
                    return Some(line);
                }
            }
        }
        while !self.rest.is_empty() {
            let (line, _) = take_line(&mut self.rest);
            if let Some(line) = self.position.take(line, true, self.limit) {
                return Some(line);
            }
        }
        let length = self.last.take()?;
        Some(self.overlong(length))
    }
}

impl Drop for Feed<'_> {
    #[inline]
    fn drop(&mut self) {
        // The position must count every line, also those that nobody asked for.
        while self.next().is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Number, offset, text or code, of each line; then the blank ones.
    type Seen = (Vec<(u64, u64, Result<String, &'static str>)>, u64);

    fn note(line: &Line<'_>) -> (u64, u64, Result<String, &'static str>) {
        let record = match &line.record {
            Ok(text) => Ok(String::from_utf8_lossy(text).into_owned()),
            Err(error) => Err(error.code),
        };
        (line.number, line.offset, record)
    }

    fn whole(text: &[u8], limit: u64) -> Seen {
        let mut all = lines(text, limit);
        let seen = all.by_ref().map(|line| note(&line)).collect();
        (seen, all.position().blank)
    }

    fn chunked(text: &[u8], limit: u64, cuts: &[usize]) -> Seen {
        let mut splitter = Lines::new(limit);
        let mut seen = Vec::new();
        let mut from = 0;
        for cut in cuts.iter().copied().chain([text.len()]) {
            seen.extend(splitter.feed(&text[from..cut]).map(|line| note(&line)));
            assert!(splitter.held() as u64 <= limit);
            from = cut;
        }
        seen.extend(splitter.finish().map(|line| note(&line)));
        (seen, splitter.position().blank)
    }

    #[test]
    fn lines_and_their_places() {
        let check = |text: &str, expected: &[(u64, u64, Result<&str, &'static str>)], blank: u64| {
            let expected: Vec<_> = expected
                .iter()
                .map(|(number, offset, text)| (*number, *offset, text.map(str::to_owned)))
                .collect();
            assert_eq!(whole(text.as_bytes(), 12), (expected, blank), "{text:?}");
        };
        check("", &[], 0);
        check("\n\n", &[], 2);
        check("1\n2\n", &[(1, 0, Ok("1")), (2, 2, Ok("2"))], 0);
        check("1\r\n \r\n2", &[(1, 0, Ok("1")), (3, 6, Ok("2"))], 1);
        check("\u{feff}1\n\u{feff}2\n", &[(1, 3, Ok("1")), (2, 5, Ok("\u{feff}2"))], 0);
        check("\u{feff}", &[], 1);
        check(
            "123456789012\n1234567890123\n1",
            &[(1, 0, Ok("123456789012")), (2, 13, Err("limit-size")), (3, 27, Ok("1"))],
            0,
        );
        check("1\n1234567890123456", &[(1, 0, Ok("1")), (2, 2, Err("limit-size"))], 0);
    }

    #[test]
    fn only_a_last_line_may_lack_its_newline() {
        let terminated: Vec<_> = lines(b"1\n2", 10).map(|line| line.terminated).collect();
        assert_eq!(terminated, [true, false]);
        let mut splitter = Lines::new(10);
        assert_eq!(splitter.feed(b"1\n2").count(), 1);
        let last = splitter.finish().unwrap();
        assert_eq!((last.record.unwrap(), last.terminated), (&b"2"[..], false));
        assert_eq!(splitter.finish(), None);
    }

    #[test]
    fn lines_that_nobody_asked_for_are_counted() {
        let mut splitter = Lines::new(10);
        drop(splitter.feed(b"1\n2\n\n3"));
        let line = splitter.feed(b"\n").next().map(|line| note(&line));
        assert_eq!(line, Some((4, 5, Ok("3".to_owned()))));
    }

    #[test]
    fn a_text_may_begin_in_the_middle_of_a_stream() {
        let at = Position { number: 7, offset: 100, blank: 1 };
        let seen: Vec<_> = lines(b"\n5\n", 10).starting(at).map(|line| (line.number, line.offset)).collect();
        assert_eq!(seen, [(8, 101)]);
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference(
            text in "(\u{feff})?([ \\t]{0,2}[a-c]{0,14}[ \\t]{0,2}(\r?\n|\n\n)){0,8}[a-c]{0,14}",
            mut cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
            limit in 0u64..20,
        ) {
            let cuts: Vec<_> = {
                let mut cuts: Vec<_> = cuts.drain(..).map(|cut| cut.index(text.len() + 1)).collect();
                cuts.sort_unstable();
                cuts
            };
            let expected = whole(text.as_bytes(), limit);
            prop_assert_eq!(chunked(text.as_bytes(), limit, &cuts), expected.clone());
            let every: Vec<_> = (0..text.len()).collect();
            prop_assert_eq!(chunked(text.as_bytes(), limit, &every), expected);
        }

        #[test]
        fn the_lines_are_those_of_an_oracle(text in "([a-c]{0,20}\n){0,8}[a-c]{0,20}") {
            let expected: Vec<_> = text.lines().filter(|line| !line.is_empty()).collect();
            let all: Vec<_> = lines(text.as_bytes(), 100).map(|line| line.record.unwrap().to_vec()).collect();
            prop_assert_eq!(all, expected.iter().map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>());
            for line in lines(text.as_bytes(), 100) {
                let at = line.offset as usize;
                prop_assert_eq!(&text.as_bytes()[at..at + line.record.clone().unwrap().len()], line.record.unwrap());
            }
        }
    }
}
