//! Batches: records that are the items of a JSON array, values one after another, or MessagePack.
//!
//! Nothing is kept between pieces: a piece is run up to the end of its last whole record, and the caller keeps what
//! follows for the next one. The output is lines, whatever the input was: line breaks between the tokens of a record
//! become spaces. MessagePack gives MessagePack.

use super::lines::{Batch, Lines, convert};
use crate::diagnostic::{Diagnostic, Error, Kind};
use crate::lens::Engine;
use crate::lens::complement::Bodies;
use crate::limits::Limits;
use crate::value::framing::{Framing, Values};
use crate::value::{msgpack, transcode};

/// A piece of a stream of values.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// Its bytes.
    pub input: &'a [u8],
    /// Records of the stream were taken before: the piece begins right after one.
    pub continued: bool,
    /// The stream ends with it.
    pub last: bool,
}

/// Runs the whole values of a piece, and its end if the stream ends there. Answers how many bytes were taken: up to the
/// end of the last whole value. What the framing does not allow ends the batch, whatever a failing record does.
#[inline]
pub fn run_values(
    engine: &mut dyn Engine,
    batch: &mut Batch,
    framing: Framing,
    piece: Piece<'_>,
    record_limit: u64,
    bodies: &mut Bodies<'_>,
    out: &mut Lines,
) -> usize {
    let Piece { input, continued, last } = piece;
    let mut values =
        if continued { Values::after(framing, record_limit) } else { Values::new(framing, record_limit) };
    let mut taken = 0;
    batch.next.line = 0;
    for value in values.feed(input) {
        batch.next.offset = value.offset;
        match value.record {
            Ok(text) => {
                run_one(engine, batch, text, bodies, out);
                taken = value.offset as usize + text.len();
            }
            Err(error) => batch.end(error),
        }
        if batch.ended {
            return taken;
        }
    }
    if last {
        match values.finish() {
            Ok(None) => {}
            Ok(Some(value)) => {
                batch.next.offset = value.offset;
                match value.record {
                    Ok(text) => run_one(engine, batch, text, bodies, out),
                    Err(error) => batch.end(error),
                }
            }
            Err(error) => {
                batch.next.offset = input.len() as u64;
                batch.end(error);
            }
        }
        if !batch.ended {
            taken = input.len();
        }
    }
    taken
}

/// Runs MessagePack values that follow one another. The output is MessagePack too. Answers how many bytes were taken.
#[inline]
pub fn run_msgpack(
    engine: &mut dyn Engine,
    batch: &mut Batch,
    piece: Piece<'_>,
    limits: &Limits,
    bodies: &mut Bodies<'_>,
    out: &mut Lines,
) -> usize {
    let Piece { input, last, .. } = piece;
    let (mut text, mut converted) = (Vec::new(), Lines::default());
    let mut at = 0;
    batch.next.line = 0;
    while at < input.len() && !batch.ended {
        batch.next.offset = at as u64;
        text.clear();
        match transcode::to_json(input, at, limits, &mut text) {
            Ok(end) if (end - at) as u64 > limits.record_bytes => batch.end(too_long(limits.record_bytes)),
            Ok(end) => {
                at = end;
                converted.records.clear();
                let complements = out.complements.len();
                std::mem::swap(&mut converted.complements, &mut out.complements);
                let done = convert(engine, batch, &text, bodies, &mut converted)
                    .and_then(|()| transcode::document_from_json(&converted.records, limits));
                std::mem::swap(&mut converted.complements, &mut out.complements);
                match done {
                    Ok(bytes) => {
                        out.records.extend_from_slice(&bytes);
                        batch.converted += 1;
                    }
                    Err(mut error) => {
                        out.complements.truncate(complements);
                        // It would count in a text that the caller never saw.
                        error.span = None;
                        batch.fail(error);
                    }
                }
                batch.next.record += 1;
            }
            // The rest of it comes with the next piece.
            Err(error) if !last && msgpack::ends_early(&error) => {
                if (input.len() - at) as u64 > limits.record_bytes {
                    batch.end(too_long(limits.record_bytes));
                }
                return at;
            }
            // Where the value ends is not known.
            Err(error) => batch.end(error),
        }
    }
    at
}

#[inline]
fn run_one(
    engine: &mut dyn Engine,
    batch: &mut Batch,
    text: &[u8],
    bodies: &mut Bodies<'_>,
    out: &mut Lines,
) {
    let start = out.records.len();
    match convert(engine, batch, text, bodies, out) {
        Ok(()) => {
            // Between tokens only: inside of strings JSON has no line breaks.
            for byte in out.records.iter_mut().skip(start) {
                if matches!(byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
            out.records.push(b'\n');
            batch.converted += 1;
        }
        Err(error) => batch.fail(error),
    }
    if !batch.ended {
        batch.next.record += 1;
    }
}

#[cold]
fn too_long(limit: u64) -> Error {
    Diagnostic::new(Kind::Limit, "limit-size", format!("a record passes the limit of {limit} bytes"))
        .help("raise the limit `record_bytes` if the input is trusted")
        .boxed()
}
