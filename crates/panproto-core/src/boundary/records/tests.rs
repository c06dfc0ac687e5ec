mod pieces;

use super::*;
use crate::boundary::Request;
use crate::boundary::tests::call;
use crate::limits::Limits;

const OLD: &str = r##"{"lexicon": 1, "id": "com.example.post", "defs": {"main": {"type": "record", "key": "tid", "record":
    {"type": "object", "required": ["text"], "properties": {
        "text": {"type": "string"}, "likes": {"type": "integer"}, "secret": {"type": "string"}}}}}}"##;
const NEW: &str = r##"{"lexicon": 1, "id": "com.example.post", "defs": {"main": {"type": "record", "key": "tid", "record":
    {"type": "object", "required": ["body"], "properties": {
        "body": {"type": "string"}, "likes": {"type": "integer"}}}}}}"##;

fn answer(session: &mut Session, request: Message<'_>) -> Vec<u8> {
    let (status, out) = call(session, request);
    assert_eq!(status, Status::Ok, "{:?}", Message::read(&out));
    out
}

fn digest(out: &[u8]) -> Message<'static> {
    Message::bin(Request::read(out).unwrap().bytes("digest").unwrap().to_vec())
}

/// A session with the lens from `OLD` to `NEW` open.
fn open() -> (Session, Handle) {
    let (mut session, lens) = built();
    let handle = answer(&mut session, Message::map().with("op", "lens.open").with("lens", lens));
    let handle = Request::read(&handle).unwrap();
    let part = |key| handle.optional_u64(key).unwrap().unwrap() as u32;
    let handle = Handle { slot: part("slot"), generation: part("generation") };
    (session, handle)
}

/// A session with that lens, and its digest.
fn built() -> (Session, Message<'static>) {
    let mut session = Session::new(Limits::DEFAULT);
    let mut parse = |text| {
        let request = Message::map().with("op", "schema.parse").with("language", "atproto");
        digest(&answer(&mut session, request.with("documents", Message::array([text]))))
    };
    let (old, new) = (parse(OLD), parse(NEW));
    let hints = Message::map().with("text", "body").with("secret", Message::Nil);
    let request = Message::map().with("op", "migration.between").with("hints", hints);
    let migration = digest(&answer(&mut session, request.with("old", old).with("new", new)));
    let lens =
        digest(&answer(&mut session, Message::map().with("op", "lens.build").with("migration", migration)));
    (session, lens)
}

const LINES: u32 = 1;
const SKIP: u32 = 1 << 4;
const COLLECT: u32 = 2 << 4;

fn run(session: &mut Session, lens: Handle, op: u32, flags: u32, input: &[u8]) -> (Status, Output) {
    let mut out =
        Output { first: vec![1], second: vec![2], third: vec![3], records: 4, failures: 5, taken: 6 };
    let status = session.run(Run { op, lens, flags }, input, &mut out);
    (status, out)
}

fn put_input(complement: &[u8], views: &[u8]) -> Vec<u8> {
    let mut input = (complement.len() as u32).to_le_bytes().to_vec();
    input.extend_from_slice(complement);
    input.extend_from_slice(views);
    input
}

#[test]
fn noop_answers_nothing() {
    let mut session = Session::new(Limits::DEFAULT);
    let (status, out) = run(&mut session, Handle { slot: 1, generation: 1 }, 0, 0, b"{}");
    assert_eq!(status, Status::Ok);
    assert!(out.first.is_empty() && out.second.is_empty() && out.third.is_empty());
    assert_eq!((out.records, out.failures), (0, 0));
}

#[test]
fn one_record_goes_there_and_back() {
    let (mut session, lens) = open();
    let record = br#"{"likes":1e400,"secret":"s","text":"a\u0062","new":[1.0]}"#;
    let (status, got) = run(&mut session, lens, 2, 0, record);
    assert_eq!(status, Status::Ok, "{:?}", Message::read(&got.first));
    assert_eq!(String::from_utf8_lossy(&got.first), r#"{"likes":1e400,"body":"a\u0062","new":[1.0]}"#);
    let (status, back) = run(&mut session, lens, 3, 0, &put_input(&got.second, &got.first));
    assert_eq!(status, Status::Ok, "{:?}", Message::read(&back.first));
    assert_eq!(back.first, record);
    let (status, lifted) = run(&mut session, lens, 1, 0, record);
    assert_eq!((status, lifted.first, lifted.second), (Status::Ok, got.first, Vec::new()));
    let (status, made) = run(&mut session, lens, 4, 0, br#"{"body":"x"}"#);
    assert_eq!((status, &made.first[..]), (Status::Ok, &br#"{"text":"x"}"#[..]));
}

#[test]
fn lines_go_there_and_back_in_step() {
    let (mut session, lens) = open();
    let records =
        b"{\"text\":\"a\",\"secret\":\"1\"}\n\n{\"text\":\"b\"}\r\n{\"secret\":\"3\",\"text\":\"c\"}";
    let (status, got) = run(&mut session, lens, 2, LINES, records);
    assert_eq!(status, Status::Ok);
    assert_eq!(got.first, b"{\"body\":\"a\"}\n{\"body\":\"b\"}\n{\"body\":\"c\"}\n");
    assert_eq!((got.records, got.failures), (3, 0));
    let (status, back) = run(&mut session, lens, 3, LINES, &put_input(&got.second, &got.first));
    assert_eq!(status, Status::Ok);
    assert_eq!(
        back.first,
        b"{\"text\":\"a\",\"secret\":\"1\"}\n{\"text\":\"b\"}\n{\"secret\":\"3\",\"text\":\"c\"}\n"
    );
    let fewer = b"{\"body\":\"a\"}\n";
    let (status, left) = run(&mut session, lens, 3, LINES, &put_input(&got.second, fewer));
    assert_eq!(status, Status::Error);
    assert_eq!(Request::read(&left.first).unwrap().text("code").unwrap(), "complement-left-over");
}

#[test]
fn a_failing_record_is_raised_skipped_or_collected() {
    let (mut session, lens) = open();
    let records = b"{\"text\":\"a\"}\n{\"text\":\n{\"text\":\"c\"}\n";
    let (status, out) = run(&mut session, lens, 1, LINES, records);
    assert_eq!(status, Status::Error);
    let error = Request::read(&out.first).unwrap();
    let number = |key| error.optional_u64(key).unwrap();
    assert_eq!((number("record"), number("line"), number("offset")), (Some(1), Some(2), Some(13)));
    // Whatever stands before the offset runs again without it.
    let (status, before) = run(&mut session, lens, 1, LINES, &records[..13]);
    assert_eq!((status, &before.first[..]), (Status::Ok, &b"{\"body\":\"a\"}\n"[..]));

    let (status, out) = run(&mut session, lens, 1, LINES | SKIP, records);
    assert_eq!(status, Status::Ok);
    assert_eq!(out.first, b"{\"body\":\"a\"}\n{\"body\":\"c\"}\n");
    assert_eq!((out.records, out.failures, out.third.len()), (2, 1, 0));

    let (_, out) = run(&mut session, lens, 1, LINES | COLLECT, records);
    let Message::Array(report) = Message::read(&out.third).unwrap() else { panic!("no report") };
    let [Message::Map(failure)] = &report[..] else { panic!("one failure") };
    assert_eq!(failure["line"], Message::from(2_u32));
}

#[test]
fn wrong_calls_are_coded_errors_and_the_next_call_is_fine() {
    let (mut session, lens) = open();
    let foreign = Handle { slot: lens.slot, generation: !lens.generation };
    let stale = Handle { slot: lens.slot + 1, generation: lens.generation };
    for (lens, op, flags, input, code) in [
        (foreign, 1, 0, &b"{}"[..], "stale-handle"),
        (stale, 1, 0, b"{}", "stale-handle"),
        (lens, 5, 0, b"{}", "unknown-operation"),
        (lens, u32::MAX, 0, b"{}", "unknown-operation"),
        (lens, 1, 7, b"{}", "unknown-flag"),
        (lens, 1, 1 << 8, b"{}", "unknown-flag"),
        (lens, 3, 0, b"\x01", "put-framing"),
        (lens, 3, 0, b"\xff\xff\xff\xff{}", "put-framing"),
        (lens, 3, 0, b"\x00\x00\x00\x00{}", "complement-truncated"),
        (lens, 3, 0, b"\x04\x00\x00\x00nope{}", "complement-corrupt"),
    ] {
        let (status, out) = run(&mut session, lens, op, flags, input);
        assert_eq!(status, Status::Error);
        assert_eq!(Request::read(&out.first).unwrap().text("code").unwrap(), code);
        assert!(out.second.is_empty() && out.third.is_empty());
    }
    assert_eq!(run(&mut session, lens, 1, 0, b"{\"text\":\"a\"}").0, Status::Ok);
    let close =
        Message::map().with("op", "lens.close").with("slot", lens.slot).with("generation", lens.generation);
    assert_eq!(Message::read(&answer(&mut session, close)).unwrap(), Message::Bool(true));
    assert_eq!(run(&mut session, lens, 1, 0, b"{\"text\":\"a\"}").0, Status::Error);
}

#[test]
fn limits_are_of_one_operation() {
    let (mut session, lens) = open();
    answer(&mut session, Message::map().with("op", "limits.set").with("steps", 100_000_u32));
    let record = b"{\"text\":\"a\"}\n".repeat(1000);
    for _ in 0..20 {
        let (status, out) = run(&mut session, lens, 1, LINES, &record);
        assert_eq!(status, Status::Ok, "{:?}", Message::read(&out.first));
    }
    let (status, out) = run(&mut session, lens, 1, LINES | SKIP, &record.repeat(20));
    assert_eq!(status, Status::Error);
    assert_eq!(Request::read(&out.first).unwrap().text("code").unwrap(), "limit-steps");
}

#[test]
fn cancelling_ends_the_batch() {
    let (mut session, lens) = open();
    session.cancel().cancel();
    let (status, out) = run(&mut session, lens, 1, LINES | SKIP, &b"{\"text\":\"a\"}\n".repeat(10_000));
    assert_eq!(status, Status::Error);
    assert_eq!(Request::read(&out.first).unwrap().text("code").unwrap(), "cancelled");
    assert_eq!(run(&mut session, lens, 1, 0, b"{\"text\":\"a\"}").0, Status::Ok);
}

#[test]
fn the_laws_hold_on_a_record() {
    let (mut session, lens) = built();
    let request = Message::map().with("op", "lens.check").with("lens", lens);
    let out =
        answer(&mut session, request.with("record", r#"{ "text": "a", "secret" : "b", "likes": 1.0 }"#));
    let expected = Message::map().with("holds", true).with("violation", Message::Nil);
    assert_eq!(Message::read(&out).unwrap(), expected);
}

const LAST: &str = r##"{"lexicon": 1, "id": "com.example.post", "defs": {"main": {"type": "record", "key": "tid", "record":
    {"type": "object", "required": ["inner"], "properties": {
        "inner": {"type": "object", "required": ["content"], "properties": {"content": {"type": "string"}}},
        "likes": {"type": "string"}}}}}}"##;

/// The lens from `OLD` to `NEW` to `LAST`, in two stages, as its object: what goes through an expression stays a stage of
/// its own.
fn composed() -> (Session, Vec<u8>) {
    let (mut session, first) = built();
    let request = Message::map().with("op", "schema.parse").with("language", "atproto");
    let old = digest(&answer(&mut session, request.with("documents", Message::array([OLD]))));
    let same = r#"[{"step_type":"apply_expr","name":"secret","expr":"v","inverse":"v","coercion":"iso"}]"#;
    let request = Message::map().with("op", "chain.lens").with("chain", same).with("schema", old);
    let same = digest(&answer(&mut session, request));
    let mut parse = |text| {
        let request = Message::map().with("op", "schema.parse").with("language", "atproto");
        digest(&answer(&mut session, request.with("documents", Message::array([text]))))
    };
    let (new, last) = (parse(NEW), parse(LAST));
    let request = Message::map().with("op", "migration.between").with("old", new).with("new", last);
    let hints = Message::map().with("body", "inner.content").with("likes", "likes");
    let migration = digest(&answer(&mut session, request.with("hints", hints)));
    let second =
        digest(&answer(&mut session, Message::map().with("op", "lens.build").with("migration", migration)));
    let mut then = |first, second| {
        let request = Message::map().with("op", "lens.compose").with("first", first);
        answer(&mut session, request.with("second", second))
    };
    let rest = digest(&then(first, second));
    let lens = then(same, rest);
    (session, lens)
}

fn opened(session: &mut Session, lens: Message<'_>) -> Handle {
    let handle = answer(session, Message::map().with("op", "lens.open").with("lens", lens));
    let handle = Request::read(&handle).unwrap();
    let part = |key| handle.optional_u64(key).unwrap().unwrap() as u32;
    Handle { slot: part("slot"), generation: part("generation") }
}

#[test]
fn stages_run_one_after_another() {
    let (mut session, lens) = composed();
    let handle = opened(&mut session, digest(&lens));
    let records = b"{\"text\":\"a\",\"secret\":\"1\",\"likes\":1.0}\n{\"text\":\"b\",\"x\":2}\n";
    let (status, got) = run(&mut session, handle, 2, LINES, records);
    assert_eq!(status, Status::Ok, "{:?}", Message::read(&got.first));
    assert_eq!(
        String::from_utf8_lossy(&got.first),
        "{\"inner\":{\"content\":\"a\"},\"likes\":\"1\"}\n{\"inner\":{\"content\":\"b\"},\"x\":2}\n"
    );
    let (status, back) = run(&mut session, handle, 3, LINES, &put_input(&got.second, &got.first));
    assert_eq!(status, Status::Ok, "{:?}", Message::read(&back.first));
    assert_eq!(String::from_utf8_lossy(&back.first), String::from_utf8_lossy(records));
    // An edited view keeps what each stage remembered of the rest.
    let views = b"{\"inner\":{\"content\":\"A\"},\"likes\":\"1\"}\n{\"inner\":{\"content\":\"b\"},\"x\":2,\"likes\":\"7\"}\n";
    let (_, back) = run(&mut session, handle, 3, LINES, &put_input(&got.second, views));
    assert_eq!(
        String::from_utf8_lossy(&back.first),
        "{\"text\":\"A\",\"secret\":\"1\",\"likes\":1.0}\n{\"text\":\"b\",\"x\":2,\"likes\":7}\n"
    );
    let (_, made) = run(&mut session, handle, 4, 0, b"{\"inner\":{\"content\":\"c\"},\"likes\":\"3\"}");
    assert_eq!(String::from_utf8_lossy(&made.first), "{\"text\":\"c\",\"likes\":3}");
    let (_, lifted) = run(&mut session, handle, 1, LINES, records);
    assert_eq!(lifted.first, got.first);
}

#[test]
fn errors_of_later_stages_speak_of_what_went_in() {
    let (mut session, lens) = composed();
    let handle = opened(&mut session, digest(&lens));
    let record = b"{\"secret\":\"s\",\"text\":1}";
    let (status, out) = run(&mut session, handle, 1, 0, record);
    // A copied member is not read, whatever it is; the coerced one is.
    assert_eq!(status, Status::Ok, "{:?}", Message::read(&out.first));
    let record = b"{\"text\":\"a\", \"likes\": 1.5}";
    let (status, out) = run(&mut session, handle, 1, 0, record);
    assert_eq!(status, Status::Error);
    let error = Request::read(&out.first).unwrap();
    assert_eq!(error.text("path").unwrap(), "likes");
    assert!(error.text("help").unwrap().contains("stage 2 of 2"), "{}", error.text("help").unwrap());
    let Some(Message::Array(span)) = error.get("span") else { panic!("no span") };
    assert_eq!(span, &[Message::from(22_u32), Message::from(25_u32)]);
}

#[test]
fn a_lens_of_stages_is_its_bytes() {
    let (mut session, lens) = composed();
    let object = Request::read(&lens).unwrap();
    assert_eq!(object.optional_u64("stages").unwrap(), Some(2));
    let bytes = object.bytes("bytes").unwrap().to_vec();
    let mut other = Session::new(Limits::DEFAULT);
    let define = |bytes: Vec<u8>| {
        Message::map().with("op", "define").with("kind", "lens").with("bytes", Message::bin(bytes))
    };
    assert_eq!(digest(&answer(&mut other, define(bytes.clone()))), digest(&lens));
    for at in 0..bytes.len().min(200) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        let (status, _) = call(&mut other, define(damaged));
        assert!(status == Status::Error || at > 5, "{at}");
    }
    let check = Message::map().with("op", "lens.check").with("lens", digest(&lens));
    let report = answer(&mut session, check.with("record", r#"{"text":"a","secret":"b","likes":1.0,"y":0}"#));
    assert_eq!(
        Message::read(&report).unwrap(),
        Message::map().with("holds", true).with("violation", Message::Nil)
    );
    // The other way round the views of the first are no records of the second.
    let request = Message::map().with("op", "lens.compose").with("first", digest(&lens));
    let (status, out) = call(&mut session, request.with("second", digest(&lens)));
    assert_eq!(status, Status::Error);
    assert_eq!(Request::read(&out).unwrap().text("code").unwrap(), "lens-not-composable");
}

/// `lens.compose` makes one stage of two where that is exactly the same, and `migration.compose` gives its migration.
#[test]
fn ordinary_steps_become_one_stage() {
    const MIDDLE: &str = r##"{"lexicon": 1, "id": "com.example.post", "defs": {"main": {"type": "record", "key": "tid", "record":
        {"type": "object", "required": ["content"], "properties": {
            "content": {"type": "string"}, "likes": {"type": "string"}}}}}}"##;
    let mut session = Session::new(Limits::DEFAULT);
    let mut parse = |text| {
        let request = Message::map().with("op", "schema.parse").with("language", "atproto");
        digest(&answer(&mut session, request.with("documents", Message::array([text]))))
    };
    let schemas = [parse(OLD), parse(NEW), parse(MIDDLE)];
    let mut between = |old: usize, new: usize, hints: Message<'static>| {
        let request = Message::map().with("op", "migration.between").with("hints", hints);
        let request = request.with("old", schemas[old].clone()).with("new", schemas[new].clone());
        digest(&answer(&mut session, request))
    };
    let first = between(0, 1, Message::map().with("text", "body").with("secret", Message::Nil));
    let second = between(1, 2, Message::map().with("body", "content").with("likes", "likes"));
    let mut build = |migration: Message<'static>| {
        digest(&answer(&mut session, Message::map().with("op", "lens.build").with("migration", migration)))
    };
    let lenses = [build(first.clone()), build(second.clone())];
    let [one, two] = lenses;
    let request = Message::map().with("op", "lens.compose").with("first", one).with("second", two);
    let lens = answer(&mut session, request);
    assert_eq!(Request::read(&lens).unwrap().optional_u64("stages").unwrap(), Some(1));
    let request = Message::map().with("op", "migration.compose").with("first", first).with("second", second);
    let migration = digest(&answer(&mut session, request));
    let same = answer(&mut session, Message::map().with("op", "lens.build").with("migration", migration));
    assert_eq!(digest(&same), digest(&lens));
    let request = Message::map().with("op", "lens.fuse").with("lens", digest(&lens));
    assert_eq!(digest(&answer(&mut session, request)), digest(&lens));
    let handle = opened(&mut session, digest(&lens));
    // `body` is declared in between only: such a member of a record stays out of the view.
    let record = b"{\"text\":\"a\",\"body\":1,\"likes\":1.0,\"y\":0}";
    let (_, got) = run(&mut session, handle, 2, 0, record);
    assert_eq!(String::from_utf8_lossy(&got.first), "{\"content\":\"a\",\"likes\":\"1\",\"y\":0}");
    let (_, back) = run(&mut session, handle, 3, 0, &put_input(&got.second, &got.first));
    assert_eq!(String::from_utf8_lossy(&back.first), String::from_utf8_lossy(record));
    let (status, out) = run(&mut session, handle, 4, 0, b"{\"content\":\"a\",\"body\":1}");
    assert_eq!(status, Status::Error);
    assert_eq!(Request::read(&out.first).unwrap().text("path").unwrap(), "body");
}

#[test]
fn an_inverse_is_given_or_refused_with_its_reasons() {
    let mut session = Session::new(Limits::DEFAULT);
    let mut parse = |text: &str| {
        let request = Message::map().with("op", "schema.parse").with("language", "atproto");
        digest(&answer(&mut session, request.with("documents", Message::array([text.to_owned()]))))
    };
    let renamed = OLD.replace("\"secret\"", "\"hidden\"");
    let (old, new, other) = (parse(OLD), parse(&renamed), parse(NEW));
    let mut between = |new: Message<'static>, hints: Message<'static>| {
        let request = Message::map().with("op", "migration.between").with("hints", hints);
        digest(&answer(&mut session, request.with("old", old.clone()).with("new", new)))
    };
    let rename = between(new, Message::map().with("secret", "hidden"));
    let drop = between(other, Message::map().with("text", "body").with("secret", Message::Nil));
    let request = Message::map().with("op", "migration.invert").with("migration", rename);
    let inverse = digest(&answer(&mut session, request));
    let lens =
        digest(&answer(&mut session, Message::map().with("op", "lens.build").with("migration", inverse)));
    let none = answer(&mut session, Message::map().with("op", "lens.obstruction").with("lens", lens.clone()));
    assert_eq!(Request::read(&none).unwrap().optional_text("obstruction").unwrap(), None);
    let handle = opened(&mut session, lens);
    let (_, out) = run(&mut session, handle, 1, 0, b"{\"hidden\":\"a\",\"text\":\"b\"}");
    assert_eq!(String::from_utf8_lossy(&out.first), "{\"secret\":\"a\",\"text\":\"b\"}");

    let request = Message::map().with("op", "migration.invert").with("migration", drop.clone());
    let (status, out) = call(&mut session, request);
    assert_eq!(status, Status::Error);
    let error = Request::read(&out).unwrap();
    assert_eq!((error.text("code").unwrap(), error.text("path").unwrap()), ("dropped-vertices", "secret"));
    let lens = digest(&answer(&mut session, Message::map().with("op", "lens.build").with("migration", drop)));
    let told = answer(&mut session, Message::map().with("op", "lens.obstruction").with("lens", lens));
    let told = Request::read(&told).unwrap();
    assert!(told.text("obstruction").unwrap().starts_with("DroppedVertices at `secret`"));
    assert_eq!(told.array("reasons").unwrap().len(), 2);
}
