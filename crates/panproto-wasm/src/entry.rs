//! Entry points for JavaScript, through wasm-bindgen, under the names of published releases where the operation is the
//! same.
//!
//! They take numbers, text and bytes and answer with bytes: a MessagePack map with one member, `ok`, `error` or `need`.
//! No JavaScript value crosses, so wasm-bindgen imports nothing but the initialiser of a table that stays empty.
//!
//! What makes an object answers with its `slot` and `generation`; the entry points that take one take both. An instance
//! forgets what it used least recently, and a handle that names nothing any more, or never did, is the error `stale-handle`.

use crate::memory::MEMORY;
use crate::state::{install_panic_hook, with};
use panproto_core::boundary::wire::Message;
use panproto_core::boundary::{Handle, Output, Run, Session, Status, error_message, stale_handle};
use panproto_core::value::Tree;
use wasm_bindgen::prelude::wasm_bindgen;

/// Numbers of the record operations.
const LIFT: u32 = 1;
const GET: u32 = 2;
const PUT: u32 = 3;

/// Runs when the module starts: panics leave their text behind.
#[wasm_bindgen(start)]
pub fn start() {
    install_panic_hook();
}

/// Runs a control request (MessagePack) and answers `{"ok": …}`, `{"error": …}` or `{"need": …}` (MessagePack).
#[wasm_bindgen]
pub fn call(request: &[u8]) -> Vec<u8> {
    with(|state| {
        let mut answer = Vec::new();
        let status = state.session.call(request, &mut answer);
        MEMORY.limit(state.session.limits().memory_bytes);
        named(status, &answer)
    })
}

/// The built-in protocols.
#[wasm_bindgen]
pub fn list_builtin_protocols() -> Vec<u8> {
    answered(|session| asked(session, operation("protocols")))
}

/// The whole description of a protocol that is given as JSON text.
#[wasm_bindgen]
pub fn define_protocol(spec: &str) -> Vec<u8> {
    answered(|session| asked(session, operation("protocol.define").with("spec", spec)))
}

/// A schema from Lexicon JSON.
#[wasm_bindgen]
pub fn parse_atproto_lexicon(json: &[u8]) -> Vec<u8> {
    parsed("atproto", Message::array([Message::bin(json)]))
}

/// A schema from a document of a schema language.
#[wasm_bindgen]
pub fn parse_schema_document(protocol: &str, document: &[u8]) -> Vec<u8> {
    parsed(protocol, Message::array([Message::bin(document)]))
}

/// A schema from documents that refer to each other: a JSON array of them.
#[wasm_bindgen]
pub fn parse_schema_bundle(protocol: &str, documents: &[u8]) -> Vec<u8> {
    answered(|session| {
        let read = Tree::parse(documents, session.limits());
        let tree = read.map_err(|error| error_message(&error).into_owned())?;
        let documents = tree.root().items().map(|document| Message::bin(document.raw()));
        let request = operation("schema.parse").with("language", protocol);
        made(session, request.with("documents", Message::array(documents)))
    })
}

/// A schema from steps (a MessagePack array).
#[wasm_bindgen]
pub fn build_schema(protocol: &str, steps: &[u8]) -> Vec<u8> {
    answered(|session| {
        let steps = read(steps)?;
        made(session, operation("schema.build").with("protocol", protocol).with("steps", steps))
    })
}

/// The vertices and edges of a schema.
#[wasm_bindgen]
pub fn schema_metadata(slot: u32, generation: u32) -> Vec<u8> {
    answered(|session| {
        let schema = object(session, slot, generation)?;
        asked(session, operation("schema.graph").with("schema", schema))
    })
}

/// What a schema breaks of a protocol.
#[wasm_bindgen]
pub fn validate_schema(slot: u32, generation: u32, protocol: &str) -> Vec<u8> {
    answered(|session| {
        let schema = object(session, slot, generation)?;
        asked(session, operation("schema.check").with("schema", schema).with("protocol", protocol))
    })
}

/// Every change between two schemas, with its path.
#[wasm_bindgen]
pub fn diff_schemas(slot1: u32, generation1: u32, slot2: u32, generation2: u32) -> Vec<u8> {
    compared("diff", [slot1, generation1, slot2, generation2])
}

/// The diff of published releases.
#[wasm_bindgen]
pub fn diff_schemas_full(slot1: u32, generation1: u32, slot2: u32, generation2: u32) -> Vec<u8> {
    compared("diff.published", [slot1, generation1, slot2, generation2])
}

/// What of the diff of two schemas breaks readers, and what does not. (The diff is that of the schemas, not one that
/// the caller could have changed.)
#[wasm_bindgen]
pub fn classify_diff(slot1: u32, generation1: u32, slot2: u32, generation2: u32) -> Vec<u8> {
    compared("classify", [slot1, generation1, slot2, generation2])
}

/// Whether a mapping can be a migration, and every reason why not.
#[wasm_bindgen]
pub fn check_existence(
    slot1: u32,
    generation1: u32,
    slot2: u32,
    generation2: u32,
    mapping: &[u8],
) -> Vec<u8> {
    between("migration.existence", [slot1, generation1, slot2, generation2], |request| {
        Ok(request.with("mapping", read(mapping)?))
    })
}

/// Ways to answer what names leave open, best first.
#[wasm_bindgen]
pub fn auto_generate_candidates(
    slot1: u32,
    generation1: u32,
    slot2: u32,
    generation2: u32,
    top_n: u32,
    stringency: Option<String>,
) -> Vec<u8> {
    between("migration.candidates", [slot1, generation1, slot2, generation2], |request| {
        Ok(request.with("top_n", top_n).with("stringency", stringency))
    })
}

/// The part of one schema that has a counterpart in another; `hints` are vertex ids to vertex ids (MessagePack).
#[wasm_bindgen]
pub fn auto_generate_span(
    slot1: u32,
    generation1: u32,
    slot2: u32,
    generation2: u32,
    hints: Option<Vec<u8>>,
) -> Vec<u8> {
    between("migration.span", [slot1, generation1, slot2, generation2], |request| match &hints {
        None => Ok(request),
        Some(hints) => {
            let anchors = Message::map().with("anchors", read(hints)?);
            Ok(request.with("hint_spec", anchors).into_owned())
        }
    })
}

/// The tree of a plain JSON record: `{instance, shape, elements}`, the instance as JSON text.
#[wasm_bindgen]
pub fn json_to_instance(slot: u32, generation: u32, record: &[u8]) -> Vec<u8> {
    of_schema("instance.read", slot, generation, |request| request.with("record", Message::bin(record)))
}

/// The same where it does not begin at the main definition.
#[wasm_bindgen]
pub fn json_to_instance_with_root(slot: u32, generation: u32, record: &[u8], root: &str) -> Vec<u8> {
    of_schema("instance.read", slot, generation, |request| {
        request.with("record", Message::bin(record)).with("root", root)
    })
}

/// The plain JSON record of an instance (JSON text in the published shape).
#[wasm_bindgen]
pub fn instance_to_json(slot: u32, generation: u32, instance: &[u8]) -> Vec<u8> {
    of_schema("instance.write", slot, generation, |request| request.with("instance", Message::bin(instance)))
}

/// Everything that is wrong with an instance (JSON text in the published shape).
#[wasm_bindgen]
pub fn validate_instance(slot: u32, generation: u32, instance: &[u8]) -> Vec<u8> {
    of_schema("instance.check", slot, generation, |request| request.with("instance", Message::bin(instance)))
}

/// The formats whose documents become instances.
#[wasm_bindgen]
pub fn list_io_protocols() -> Vec<u8> {
    answered(|session| asked(session, operation("instance.protocols")))
}

/// The tree of an expression.
#[wasm_bindgen]
pub fn parse_expr(source: &str) -> Vec<u8> {
    answered(|session| asked(session, operation("expr.parse").with("expr", source)))
}

/// An open lens from a mapping (MessagePack map of `vertex_map`, `edge_map`, …); its handle goes to `lift_json`, `get_json`
/// and `put_json`.
#[wasm_bindgen]
pub fn compile_migration(
    slot1: u32,
    generation1: u32,
    slot2: u32,
    generation2: u32,
    mapping: &[u8],
) -> Vec<u8> {
    answered(|session| {
        let old = object(session, slot1, generation1)?;
        let new = object(session, slot2, generation2)?;
        let request = operation("migration.explicit").with("old", old).with("new", new);
        let request = request.with("mapping", read(mapping)?);
        let migration = asked(session, request)?;
        let lens = asked(session, operation("lens.build").with("migration", digest(&migration)))?;
        let open = asked(session, operation("lens.open").with("lens", digest(&lens)))?;
        let member = |key| taken(&open, key);
        Ok(lens.with("slot", member("slot")).with("generation", member("generation")))
    })
}

/// The view of one record (JSON text, as bytes).
#[wasm_bindgen]
pub fn lift_json(slot: u32, generation: u32, record: &[u8]) -> Vec<u8> {
    ran(LIFT, slot, generation, record, |out| Message::bin(&out.first[..]))
}

/// `{view, complement}` of one record.
#[wasm_bindgen]
pub fn get_json(slot: u32, generation: u32, record: &[u8]) -> Vec<u8> {
    ran(GET, slot, generation, record, |out| {
        Message::map()
            .with("view", Message::bin(&out.first[..]))
            .with("complement", Message::bin(&out.second[..]))
    })
}

/// The record of a view and a complement.
#[wasm_bindgen]
pub fn put_json(slot: u32, generation: u32, view: &[u8], complement: &[u8]) -> Vec<u8> {
    // Longer ones do not fit the memory of the module.
    let length = u32::try_from(complement.len()).unwrap_or(u32::MAX).to_le_bytes();
    let input = [&length, complement, view].concat();
    ran(PUT, slot, generation, &input, |out| Message::bin(&out.first[..]))
}

/// Forgets a schema or a lens; answers whether there was one.
#[wasm_bindgen]
pub fn free_handle(slot: u32, generation: u32) -> bool {
    with(|state| state.session.forget(Handle { slot, generation }))
}

/// An answer, or an error as it crosses the boundary.
type Answer = Result<Message<'static>, Message<'static>>;

fn operation<'a>(name: &'a str) -> Message<'a> {
    Message::map().with("op", name)
}

fn read(bytes: &[u8]) -> Result<Message<'_>, Message<'static>> {
    Message::read(bytes).map_err(|error| error_message(&error).into_owned())
}

/// The digest of the object behind a handle.
fn object(session: &mut Session, slot: u32, generation: u32) -> Answer {
    match session.digest(Handle { slot, generation }) {
        Some(digest) => Ok(Message::bin(digest.to_vec())),
        None => Err(error_message(&stale_handle()).into_owned()),
    }
}

fn asked(session: &mut Session, request: Message<'_>) -> Answer {
    let (mut bytes, mut out) = (Vec::new(), Vec::new());
    request.write(&mut bytes);
    let status = session.call(&bytes, &mut out);
    let answer = read(&out)?.into_owned();
    // What is asked here names only objects that are there: there is no need.
    if status == Status::Ok { Ok(answer) } else { Err(answer) }
}

/// The answer of an operation that makes an object, with its handle.
fn made(session: &mut Session, request: Message<'_>) -> Answer {
    let answer = asked(session, request)?;
    let handle = match digest(&answer) {
        Message::Bin(digest) => (*digest).try_into().ok().and_then(|digest| session.handle(&digest)),
        _ => None,
    };
    let handle = handle.ok_or_else(|| error_message(&stale_handle()).into_owned())?;
    Ok(answer.with("slot", handle.slot).with("generation", handle.generation))
}

fn digest(answer: &Message<'static>) -> Message<'static> {
    taken(answer, "digest")
}

fn taken(answer: &Message<'static>, key: &str) -> Message<'static> {
    match answer {
        Message::Map(members) => members.get(key).cloned().unwrap_or(Message::Nil),
        _ => Message::Nil,
    }
}

fn parsed(language: &str, documents: Message<'_>) -> Vec<u8> {
    let request = operation("schema.parse").with("language", language).with("documents", documents);
    answered(|session| made(session, request))
}

fn compared(name: &str, schemas: [u32; 4]) -> Vec<u8> {
    between(name, schemas, Ok)
}

/// An operation on two schemas, with what else it takes.
fn between<'a>(
    name: &'a str,
    [slot1, generation1, slot2, generation2]: [u32; 4],
    with_more: impl FnOnce(Message<'a>) -> Result<Message<'a>, Message<'static>>,
) -> Vec<u8> {
    answered(|session| {
        let old = object(session, slot1, generation1)?;
        let new = object(session, slot2, generation2)?;
        asked(session, with_more(operation(name).with("old", old).with("new", new))?)
    })
}

/// An operation on one schema, with what else it takes.
fn of_schema<'a>(
    name: &'a str,
    slot: u32,
    generation: u32,
    with_more: impl FnOnce(Message<'a>) -> Message<'a>,
) -> Vec<u8> {
    answered(|session| {
        let schema = object(session, slot, generation)?;
        asked(session, with_more(operation(name).with("schema", schema)))
    })
}

fn answered(body: impl FnOnce(&mut Session) -> Answer) -> Vec<u8> {
    let (status, answer) = match with(|state| body(&mut state.session)) {
        Ok(answer) => (Status::Ok, answer),
        Err(error) => (Status::Error, error),
    };
    let mut bytes = Vec::new();
    answer.write(&mut bytes);
    named(status, &bytes)
}

fn ran(
    op: u32,
    slot: u32,
    generation: u32,
    input: &[u8],
    answer: impl FnOnce(&Output) -> Message<'_>,
) -> Vec<u8> {
    with(|state| {
        let mut out = Output::default();
        let run = Run { op, lens: Handle { slot, generation }, flags: 0 };
        match state.session.run(run, input, &mut out) {
            Status::Ok => {
                let mut bytes = Vec::new();
                answer(&out).write(&mut bytes);
                named(Status::Ok, &bytes)
            }
            status => named(status, &out.first),
        }
    })
}

/// The answer under the name of its status.
fn named(status: Status, answer: &[u8]) -> Vec<u8> {
    let name: &[u8] = match status {
        Status::Ok => b"\x81\xa2ok",
        Status::Error => b"\x81\xa5error",
        Status::Need => b"\x81\xa4need",
    };
    [name, answer].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = r#"{"lexicon":1,"id":"com.example.a","defs":{"main":{"type":"record","key":"tid","record":{"type":"object",
        "required":["a"],"properties":{"a":{"type":"string"},"b":{"type":"integer"}}}}}}"#;
    const NEW: &str = r#"{"lexicon":1,"id":"com.example.a","defs":{"main":{"type":"record","key":"tid","record":{"type":"object",
        "required":["a"],"properties":{"a":{"type":"string"}}}}}}"#;

    /// The answer, or the code of the error.
    fn told(bytes: Vec<u8>) -> Result<Message<'static>, String> {
        let Ok(Message::Map(members)) = Message::read(&bytes).map(Message::into_owned) else {
            panic!("not a map")
        };
        let (name, value) = members.into_iter().next().unwrap();
        match (&*name, taken(&value, "code")) {
            ("ok", _) => Ok(value),
            (_, Message::Str(code)) => Err(code.into_owned()),
            other => panic!("{other:?}"),
        }
    }

    fn handle(answer: &Message<'static>) -> (u32, u32) {
        let number = |key| match taken(answer, key) {
            Message::Int(number) => u32::try_from(number).unwrap(),
            other => panic!("{other:?}"),
        };
        (number("slot"), number("generation"))
    }

    fn schemas() -> [(u32, u32); 2] {
        [OLD, NEW].map(|text| handle(&told(parse_atproto_lexicon(text.as_bytes())).unwrap()))
    }

    /// Every vertex and edge of the new schema stays what it is.
    fn identity(schema: (u32, u32)) -> Vec<u8> {
        let graph = told(schema_metadata(schema.0, schema.1)).unwrap();
        let rows = |key: &str| match taken(&graph, key) {
            Message::Array(rows) => rows,
            other => panic!("{other:?}"),
        };
        let ids = rows("vertices").iter().map(|vertex| taken(vertex, "id")).collect::<Vec<_>>();
        let ids = ids.into_iter().map(|id| match id.clone() {
            Message::Str(text) => (text, id),
            other => panic!("{other:?}"),
        });
        let edge = |edge: &Message<'static>| {
            ["src", "tgt", "kind", "name"]
                .iter()
                .fold(Message::map(), |row, key| row.with(key, taken(edge, key)))
        };
        let edges = rows("edges").into_iter().map(|row| Message::Array(vec![edge(&row), edge(&row)]));
        let mapping = Message::map()
            .with("vertex_map", Message::Map(ids.collect()))
            .with("edge_map", Message::array(edges));
        let mut bytes = Vec::new();
        mapping.write(&mut bytes);
        bytes
    }

    #[test]
    fn records_run_through_a_compiled_mapping() {
        let [old, new] = schemas();
        let lens = told(compile_migration(old.0, old.1, new.0, new.1, &identity(new))).unwrap();
        let lens = handle(&lens);
        let record = br#"{"$type":"com.example.a","a":"x","b":1}"#;
        let view = br#"{"$type":"com.example.a","a":"x"}"#;
        assert_eq!(told(lift_json(lens.0, lens.1, record)), Ok(Message::bin(&view[..])));
        let got = told(get_json(lens.0, lens.1, record)).unwrap();
        assert_eq!(taken(&got, "view"), Message::bin(&view[..]));
        let Message::Bin(complement) = taken(&got, "complement") else { panic!("no complement") };
        assert_eq!(told(put_json(lens.0, lens.1, view, &complement)), Ok(Message::bin(&record[..])));
        assert_eq!(told(put_json(lens.0, lens.1, view, &complement[1..])).unwrap_err(), "complement-corrupt");
        assert_eq!(told(lift_json(lens.0, lens.1, b"{")).unwrap_err(), "json-syntax");
    }

    fn number(answer: &Message<'static>, key: &str) -> i128 {
        match taken(answer, key) {
            Message::Int(number) => number,
            other => panic!("{key}: {other:?}"),
        }
    }

    #[test]
    fn documents_of_a_language_become_schemas() {
        let schema = told(parse_schema_document("json-schema", br#"{"type": "object"}"#)).unwrap();
        assert!(told(schema_metadata(handle(&schema).0, handle(&schema).1)).is_ok());
        assert_eq!(told(parse_schema_document("cobol", b"{}")).unwrap_err(), "unknown-language");

        let other = OLD.replace("com.example.a", "com.example.b");
        let both = told(parse_schema_bundle("atproto", format!("[{OLD}, {other}]").as_bytes())).unwrap();
        let Message::Array(roots) = taken(&both, "roots") else { panic!("no roots") };
        assert_eq!(roots.len(), 2);
        assert_eq!(told(parse_schema_bundle("atproto", b"[")).unwrap_err(), "json-syntax");
    }

    #[test]
    fn two_schemas_are_compared() {
        let [old, new] = schemas();
        let identity = identity(new);
        let report = told(check_existence(old.0, old.1, new.0, new.1, &identity)).unwrap();
        assert_eq!(taken(&report, "valid"), Message::Bool(true));
        assert!(told(check_existence(old.0, old.1, new.0, new.1, b"\xc1")).is_err());
        let found =
            told(auto_generate_candidates(old.0, old.1, new.0, new.1, 3, Some("strict".into()))).unwrap();
        let Message::Array(candidates) = taken(&found, "candidates") else { panic!("no list") };
        assert!(!candidates.is_empty());
        assert_eq!(
            told(auto_generate_candidates(old.0, old.1, new.0, new.1, 3, Some("x".into()))).unwrap_err(),
            "wrong-argument"
        );
        let span = told(auto_generate_span(new.0, new.1, old.0, old.1, None)).unwrap();
        assert_eq!(taken(&span, "is_total"), Message::Bool(true));
        let hints = b"\x81\xa1a\xa1b".to_vec();
        assert_eq!(
            told(auto_generate_span(new.0, new.1, old.0, old.1, Some(hints))).unwrap_err(),
            "unknown-vertex"
        );
    }

    #[test]
    fn records_become_instances_and_records_again() {
        let [old, _] = schemas();
        let record = br#"{"a":"x","b":1}"#;
        let read = told(json_to_instance(old.0, old.1, record)).unwrap();
        let same = told(json_to_instance_with_root(old.0, old.1, record, "com.example.a")).unwrap();
        assert_eq!((number(&read, "elements"), &read), (3, &same));
        let Message::Str(text) = taken(&read, "instance") else { panic!("no text") };
        let written = told(instance_to_json(old.0, old.1, text.as_bytes())).unwrap();
        assert_eq!(taken(&written, "record"), Message::from(r#"{"a":"x","b":1}"#));
        let checked = told(validate_instance(old.0, old.1, text.as_bytes())).unwrap();
        assert_eq!(taken(&checked, "valid"), Message::Bool(true));
        assert!(told(validate_instance(old.0, old.1, b"{")).is_err());
        assert!(told(list_io_protocols()).is_ok());
        assert!(told(parse_expr("1 + 2")).is_ok() && told(parse_expr("1 +")).is_err());
    }

    #[test]
    fn stale_and_foreign_handles_are_errors() {
        let [old, new] = schemas();
        let lens = told(compile_migration(old.0, old.1, new.0, new.1, &identity(new))).unwrap();
        let lens = handle(&lens);
        assert!(told(diff_schemas(old.0, old.1, new.0, new.1)).is_ok());
        assert!(told(diff_schemas_full(old.0, old.1, new.0, new.1)).is_ok());
        assert!(told(classify_diff(old.0, old.1, new.0, new.1)).is_ok());
        assert!(told(validate_schema(old.0, old.1, "atproto")).is_ok());

        let stale = |answer| assert_eq!(told(answer).unwrap_err(), "stale-handle");
        // Of another kind, of another instance, and of none.
        stale(lift_json(old.0, old.1, b"{}"));
        stale(schema_metadata(lens.0, lens.1));
        stale(schema_metadata(old.0, new.1));
        stale(schema_metadata(old.0, old.1 ^ 1));
        stale(schema_metadata(u32::MAX, u32::MAX));
        stale(get_json(0, 0, b"{}"));
        // Freed.
        assert!(free_handle(old.0, old.1) && !free_handle(old.0, old.1));
        stale(diff_schemas(old.0, old.1, new.0, new.1));
        stale(diff_schemas(new.0, new.1, old.0, old.1));
        assert!(free_handle(lens.0, lens.1));
        stale(put_json(lens.0, lens.1, b"{}", b""));
        assert!(told(schema_metadata(new.0, new.1)).is_ok());
    }

    #[test]
    fn bad_input_is_a_coded_error() {
        let [old, new] = schemas();
        for bytes in [&b""[..], b"\xc1", b"\x92\x01", b"\x01", b"\x81\xa2op\x01"] {
            assert!(told(build_schema("atproto", bytes)).is_err());
            assert!(told(compile_migration(old.0, old.1, new.0, new.1, bytes)).is_err() || bytes[0] == 0x81);
            assert!(told(call(bytes)).is_err());
        }
        assert!(told(build_schema("none", b"\x90")).is_err());
        assert!(told(parse_atproto_lexicon(b"{")).is_err());
        assert!(told(define_protocol("{")).is_err());
        assert!(told(list_builtin_protocols()).is_ok());
    }
}
