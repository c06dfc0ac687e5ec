//! Streams in pieces: arrays, values one after another, MessagePack.

use super::*;
use crate::value::transcode::{document_from_json, document_to_json};

const ARRAY: u32 = 2;
const VALUES: u32 = 3;
const PACKED: u32 = 4;
const MORE: u32 = 1 << 8;
const CONTINUED: u32 = 1 << 9;

/// What a host does: keeps what was not taken, and feeds it again with the next piece.
fn pieces(framing: u32, op: u32, input: &[u8], size: usize) -> Result<(Vec<u8>, u32, u32), String> {
    let (mut session, lens) = open();
    let (mut out, mut records, mut failures) = (Vec::new(), 0, 0);
    let (mut held, mut rest) = (Vec::new(), input);
    let mut continued = 0;
    loop {
        let (piece, after) = rest.split_at(size.min(rest.len()));
        held.extend_from_slice(piece);
        rest = after;
        let more = if rest.is_empty() { 0 } else { MORE };
        let (status, done) = run(&mut session, lens, op, framing | more | continued, &held);
        if status != Status::Ok {
            return Err(Request::read(&done.first).unwrap().text("code").unwrap().to_owned());
        }
        out.extend_from_slice(&done.first);
        records += done.records;
        failures += done.failures;
        if done.taken > 0 {
            continued = CONTINUED;
        }
        held.drain(..done.taken as usize);
        if more == 0 {
            assert!(held.is_empty());
            return Ok((out, records, failures));
        }
    }
}

fn check(framing: u32, input: &str, expected: Result<&str, &str>) {
    for size in [1, 2, 3, 7, 1000] {
        let found = pieces(framing, 1, input.as_bytes(), size);
        let found = found.map(|(out, ..)| String::from_utf8(out).unwrap());
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{input:?} in pieces of {size}");
    }
}

#[test]
fn the_items_of_an_array() {
    check(ARRAY, "[]", Ok(""));
    check(ARRAY, " [ ]\n", Ok(""));
    let two = "{\"body\":\"a]\"}\n{\"body\":\"b\",\"x\":[1,  2]}\n";
    check(ARRAY, "[{\"text\":\"a]\"},\n {\"text\":\"b\",\"x\":[1,\n 2]}\n]\n", Ok(two));
    check(ARRAY, "\u{feff}[{\"text\":\"a\"}]", Ok("{\"body\":\"a\"}\n"));
    check(ARRAY, "[{\"text\":\"a\"}", Err("json-syntax"));
    check(ARRAY, "[{\"text\":\"a\"},", Err("json-syntax"));
    check(ARRAY, "[{\"text\":\"a\"}] {}", Err("json-syntax"));
    check(ARRAY, "{\"text\":\"a\"}", Err("json-syntax"));
    check(ARRAY, "", Err("json-syntax"));
    check(ARRAY, "[1]", Err("type-mismatch"));
}

#[test]
fn values_one_after_another() {
    check(VALUES, "", Ok(""));
    check(VALUES, "{\"text\":\"a\"}{\"text\":\r\n\"b\"}\n\n", Ok("{\"body\":\"a\"}\n{\"body\":\"b\"}\n"));
    check(VALUES, "{\"text\":\"a\"}\u{feff}{\"text\":\"b\"}", Err("json-syntax"));
    check(VALUES, "{\"text\":\"a\"},{\"text\":\"b\"}", Err("json-syntax"));
    check(VALUES, "{\"text\":\"a\"}{\"text\":", Err("json-syntax"));
}

#[test]
fn lines_in_pieces() {
    check(LINES, "{\"text\":\"a\"}\n\n{\"text\":\"b\"}", Ok("{\"body\":\"a\"}\n{\"body\":\"b\"}\n"));
    check(LINES, "{\"text\":\"a\"}\n\u{feff}{\"text\":\"b\"}", Err("json-syntax"));
}

#[test]
fn what_fails_between_values_ends_the_stream_and_what_fails_inside_does_not() {
    let (out, records, failures) =
        pieces(ARRAY | SKIP, 1, b"[{\"text\":\"a\"},{},{\"text\":\"c\"}]", 5).unwrap();
    assert_eq!((&out[..], records, failures), (&b"{\"body\":\"a\"}\n{\"body\":\"c\"}\n"[..], 2, 1));
    assert_eq!(pieces(ARRAY | SKIP, 1, b"[{\"text\":\"a\"} {}]", 5), Err("json-syntax".to_owned()));

    let (mut session, lens) = open();
    let (_, out) = run(&mut session, lens, 1, ARRAY | COLLECT, b"[{\"text\":\"a\"}, {}]");
    let Message::Array(report) = Message::read(&out.third).unwrap() else { panic!("no report") };
    let [Message::Map(failure)] = &report[..] else { panic!("one failure") };
    assert_eq!((&failure["record"], &failure["offset"]), (&Message::from(1_u64), &Message::from(15_u64)));
    assert_eq!(failure["line"], Message::Nil);
}

#[test]
fn complements_keep_step_with_values() {
    let (mut session, lens) = open();
    let (_, got) =
        run(&mut session, lens, 2, ARRAY, b"[{\"text\":\"a\",\"secret\":\"1\"},\n{\"text\":\"b\"}]");
    assert_eq!(got.first, b"{\"body\":\"a\"}\n{\"body\":\"b\"}\n");
    let (status, back) = run(&mut session, lens, 3, VALUES, &put_input(&got.second, &got.first));
    assert_eq!(status, Status::Ok);
    assert_eq!(back.first, b"{\"text\":\"a\",\"secret\":\"1\"}\n{\"text\":\"b\"}\n");
}

#[test]
fn messagepack_gives_messagepack() {
    let (mut session, lens) = open();
    let limits = Limits::DEFAULT;
    let records = [&br#"{"text":"a","likes":3,"new":[1.5,null]}"#[..], br#"{"text":"b","secret":"s"}"#];
    let packed: Vec<u8> =
        records.iter().flat_map(|record| document_from_json(record, &limits).unwrap()).collect();
    let (status, got) = run(&mut session, lens, 2, PACKED, &packed);
    assert_eq!((status, got.records), (Status::Ok, 2));
    let first = document_from_json(br#"{"body":"a","likes":3,"new":[1.5,null]}"#, &limits).unwrap();
    assert_eq!(got.first[..first.len()], first);
    assert_eq!(document_to_json(&got.first[first.len()..], &limits).unwrap(), br#"{"body":"b"}"#);
    let (status, back) = run(&mut session, lens, 3, PACKED, &put_input(&got.second, &got.first));
    assert_eq!((status, &back.first), (Status::Ok, &packed));

    let wrong = [&packed[..], &[0x81, 0xa1, b'x', 0xc4, 0x01, 0x00]].concat();
    let (status, out) = run(&mut session, lens, 1, PACKED | SKIP, &wrong);
    assert_eq!(status, Status::Error);
    assert_eq!(Request::read(&out.first).unwrap().text("code").unwrap(), "not-representable");
    let (_, out) = run(&mut session, lens, 1, PACKED | SKIP, &[&[0x80][..], &packed].concat());
    assert_eq!((out.records, out.failures), (2, 1));
}

#[test]
fn messagepack_in_pieces() {
    let limits = Limits::DEFAULT;
    let records = [&br#"{"text":"a","likes":300,"new":[1.5,null,"long \u00fc"]}"#[..], br#"{"text":"b"}"#];
    let packed: Vec<u8> =
        records.iter().flat_map(|record| document_from_json(record, &limits).unwrap()).collect();
    let (mut session, lens) = open();
    let (_, whole) = run(&mut session, lens, 1, PACKED, &packed);
    for size in [1, 2, 3, 7, 1000] {
        let (out, records, failures) = pieces(PACKED, 1, &packed, size).unwrap();
        assert_eq!((&out, records, failures), (&whole.first, 2, 0), "in pieces of {size}");
        let cut = packed.get(..packed.len() - 1).unwrap();
        assert_eq!(pieces(PACKED, 1, cut, size), Err("msgpack-syntax".to_owned()));
        let wrong = [&packed[..], &[0xc1]].concat();
        assert_eq!(pieces(PACKED, 1, &wrong, size), Err("msgpack-syntax".to_owned()));
    }
}

#[test]
fn pieces_are_of_streams() {
    let (mut session, lens) = open();
    for flags in [MORE, CONTINUED, 1 << 10, 5] {
        let (status, out) = run(&mut session, lens, 1, flags, b"{\"text\":\"a\"}");
        assert_eq!(status, Status::Error);
        assert_eq!(Request::read(&out.first).unwrap().text("code").unwrap(), "unknown-flag");
    }
}
