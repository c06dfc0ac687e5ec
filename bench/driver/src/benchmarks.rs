//! What is measured natively, by its id.

use crate::algebra;
use crate::engine::{CONTINUED, CREATE, Engine, GET, LIFT, LINES, MORE, MSGPACK, NOOP, PUT, Schemas};
use crate::serve::Ready;
use panproto_core::boundary::wire::Message;
use panproto_core::boundary::{Handle, Request};
use serde_json::{Map, Value, json};
use std::hint::black_box;
use std::path::{Path, PathBuf};

/// Bytes of a piece of a stream.
const PIECE: usize = 64 << 10;

/// What the run says at first.
pub(crate) struct Setting {
    /// Where the data are.
    pub(crate) folder: PathBuf,
    /// Records of W1, W2, W3 in a batch.
    pub(crate) records: [usize; 3],
    /// Records of a stream.
    pub(crate) stream: u64,
}

/// A benchmark, if it is known here.
pub(crate) fn prepare(id: &str, setting: &Setting) -> Result<Option<Ready>, String> {
    let parts: Vec<&str> = id.split('.').collect();
    match *parts.as_slice() {
        ["call", "empty"] => Ok(Some(empty()?)),
        ["copy", direction, size] => {
            let size: usize = size.parse().map_err(|_| format!("`{size}` is no size"))?;
            Ok(Some(copy(*direction == *"in", size)))
        }
        ["stream", "w1", "lift"] => Ok(Some(stream(setting)?)),
        ["schema", operation, name] => schema(setting, operation, name),
        ["array", items, operation] => {
            let Some(op) = operation_of(operation) else { return Ok(None) };
            let record = read(&setting.folder.join(format!("array-{items}.ndjson")))?;
            let units = items.parse().map_err(|_| format!("`{items}` is no length"))?;
            let record = record.trim_ascii_end().to_vec();
            Ok(Some(records(&setting.folder, "w3", op, 0, vec![record], Some(units))?))
        }
        ["chain", form, operation] => {
            let [records, ..] = setting.records;
            algebra::chain(form, operation, records)
        }
        ["theory", sorts, operation] => algebra::theory(sorts, operation),
        ["start", "cold"] => Ok(Some(start(setting)?)),
        [workload @ ("w1" | "w2" | "w3"), operation, how, form] => {
            let Some(op) = operation_of(operation) else { return Ok(None) };
            let lines = lines(setting, workload)?;
            match (how, form) {
                ("batch", "bytes") => {
                    let all = lines.iter().flat_map(|line| [&line[..], b"\n"].concat()).collect();
                    let count = lines.len() as u64;
                    Ok(Some(records(&setting.folder, workload, op, LINES, vec![all], Some(count))?))
                }
                ("record", "bytes") => Ok(Some(records(&setting.folder, workload, op, 0, lines, None)?)),
                ("batch", "msgpack") => {
                    let mut all = Vec::new();
                    for line in &lines {
                        let tree = serde_json::from_slice(line).map_err(|error| error.to_string())?;
                        pack(&tree, &mut all)?;
                    }
                    let count = lines.len() as u64;
                    Ok(Some(records(&setting.folder, workload, op, MSGPACK, vec![all], Some(count))?))
                }
                _ => Ok(None),
            }
        }
        _ => Ok(None),
    }
}

/// Converts one record, as a program that has just been started.
pub(crate) fn first_record(folder: &Path) -> Result<(), String> {
    let mut engine = Engine::new();
    let lens = engine.lens(&schemas(folder, "w1")?)?;
    let all = read(&folder.join("w1.ndjson"))?;
    let record = all.split(|byte| *byte == b'\n').next().unwrap_or_default();
    engine.run(LIFT, lens, 0, record)?;
    println!("{}", String::from_utf8_lossy(&engine.output.first));
    Ok(())
}

fn operation_of(name: &str) -> Option<u32> {
    Some(match name {
        "lift" => LIFT,
        "get" => GET,
        "put" => PUT,
        "create" => CREATE,
        _ => return None,
    })
}

fn empty() -> Result<Ready, String> {
    let mut engine = Engine::new();
    let lens = Handle { slot: 0, generation: 0 };
    engine.run(NOOP, lens, LINES, b"")?;
    let run = move || engine.run(NOOP, black_box(lens), LINES, black_box(b""));
    Ok(Ready { run: Box::new(run), units: 1, bytes: 0, output: None, facts: Value::Null })
}

/// The copy alone: into a buffer that is kept, or out of it into a new one.
fn copy(inwards: bool, size: usize) -> Ready {
    let data = vec![7u8; size];
    let mut buffer = vec![0u8; size];
    let run: Box<dyn FnMut() -> Result<(), String>> = if inwards {
        Box::new(move || {
            buffer.clear();
            buffer.extend_from_slice(black_box(&data));
            black_box(&buffer);
            Ok(())
        })
    } else {
        Box::new(move || {
            black_box(black_box(&data).to_vec());
            Ok(())
        })
    };
    Ready { run, units: 1, bytes: size as u64, output: None, facts: Value::Null }
}

/// A record operation over inputs, each one call.
fn records(
    folder: &Path,
    workload: &str,
    op: u32,
    flags: u32,
    inputs: Vec<Vec<u8>>,
    units: Option<u64>,
) -> Result<Ready, String> {
    let mut engine = Engine::new();
    let lens = engine.lens(&schemas(folder, workload)?)?;
    let backwards = matches!(op, PUT | CREATE);
    let units = units.unwrap_or(inputs.len() as u64);
    let (mut views, mut complements, mut prepared) = (0, 0, Vec::with_capacity(inputs.len()));
    for input in inputs {
        if !backwards {
            prepared.push(input);
            continue;
        }
        engine.run(GET, lens, flags, &input)?;
        let (view, complement) = (&engine.output.first, &engine.output.second);
        (views, complements) = (views + view.len(), complements + complement.len());
        let length = (complement.len() as u32).to_le_bytes();
        prepared.push(match op {
            PUT => [&length[..], complement, view].concat(),
            _ => view.clone(),
        });
        // What is put back is the record.
        if op == PUT {
            let given = prepared.last().map_or(&[][..], Vec::as_slice);
            engine.run(PUT, lens, flags, given)?;
            if flags != MSGPACK && engine.output.first != input {
                return Err("what is put back is not the record".to_owned());
            }
        }
    }
    let bytes = prepared.iter().map(Vec::len).sum::<usize>() as u64;
    let mut output = 0;
    for input in &prepared {
        engine.run(op, lens, flags, input)?;
        output += engine.output.first.len();
        if op == GET {
            (views, complements) =
                (views + engine.output.first.len(), complements + engine.output.second.len());
        }
    }
    if op == LIFT && flags != MSGPACK && workload_is_whole(&prepared) {
        check(folder, workload, &mut engine, lens, flags, &prepared)?;
    }
    let facts = json!({"view_bytes": views, "complement_bytes": complements});
    let facts = if matches!(op, GET | PUT) { facts } else { Value::Null };
    let run = move || {
        for input in &prepared {
            engine.run(op, lens, flags, black_box(input))?;
            black_box(&engine.output);
        }
        Ok(())
    };
    Ok(Ready { run: Box::new(run), units, bytes, output: Some(output as u64), facts })
}

/// Whether the inputs are lines of a workload; arrays have no expected file.
fn workload_is_whole(inputs: &[Vec<u8>]) -> bool {
    inputs.len() > 1 || inputs.first().is_some_and(|all| all.ends_with(b"\n"))
}

/// The views are those of the expected file, as values.
fn check(
    folder: &Path,
    workload: &str,
    engine: &mut Engine,
    lens: Handle,
    flags: u32,
    inputs: &[Vec<u8>],
) -> Result<(), String> {
    let expected = read(&folder.join(format!("{workload}.expected.ndjson")))?;
    let mut expected = expected.split(|byte| *byte == b'\n');
    for input in inputs {
        engine.run(LIFT, lens, flags, input)?;
        let views = engine.output.first.split(|byte| *byte == b'\n').filter(|view| !view.is_empty());
        for view in views {
            let value = |text: &[u8]| -> Result<Value, String> {
                serde_json::from_slice(text).map_err(|error| error.to_string())
            };
            let (found, wanted) = (value(view)?, value(expected.next().unwrap_or_default())?);
            if found != wanted {
                return Err(format!("{workload}: {found} instead of {wanted}"));
            }
        }
    }
    Ok(())
}

fn stream(setting: &Setting) -> Result<Ready, String> {
    let mut engine = Engine::new();
    let lens = engine.lens(&schemas(&setting.folder, "w1")?)?;
    let data = read(&setting.folder.join("w1.ndjson"))?;
    let lines = data.iter().filter(|byte| **byte == b'\n').count() as u64;
    let passes = (setting.stream / lines).max(1);
    let bytes = data.len() as u64 * passes;
    let run = move || {
        let mut pending: Vec<u8> = Vec::new();
        let mut continued = 0;
        for pass in 0..passes {
            for (at, piece) in data.chunks(PIECE).enumerate() {
                pending.extend_from_slice(piece);
                let last = pass + 1 == passes && (at + 1) * PIECE >= data.len();
                let flags = LINES | continued | if last { 0 } else { MORE };
                // Lines are cut by the host: only whole ones go in.
                let whole = if last {
                    pending.len()
                } else {
                    pending.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
                };
                let (now, _) = pending.split_at_checked(whole).unwrap_or_default();
                engine.run(LIFT, lens, flags & !(MORE | CONTINUED), now)?;
                black_box(&engine.output);
                pending.drain(..whole);
                continued = CONTINUED;
            }
        }
        Ok(())
    };
    Ok(Ready { run: Box::new(run), units: lines * passes, bytes, output: None, facts: Value::Null })
}

fn schema(setting: &Setting, operation: &str, name: &str) -> Result<Option<Ready>, String> {
    let file =
        if name.bytes().all(|byte| byte.is_ascii_digit()) { format!("flat-{name}") } else { name.to_owned() };
    let schemas = schemas(&setting.folder, &file)?;
    let bytes = schemas.old.iter().map(String::len).sum::<usize>() as u64;
    let mut engine = Engine::new();
    let pair = [engine.parse(&schemas.old)?, engine.parse(&schemas.new)?];
    let number =
        |answer: &Request<'_>, key: &str| answer.optional_u64(key).ok().flatten().unwrap_or_default();
    let request = Message::map()
        .with("op", "schema.parse")
        .with("language", "atproto")
        .with("documents", Message::array(schemas.old.iter().map(String::as_str)));
    let vertices = number(&engine.call(&request)?, "vertices");
    let hints = Map::new();
    let facts = json!({"vertices": vertices});
    let run: Box<dyn FnMut() -> Result<(), String>> = match operation {
        "parse" => Box::new(move || engine.parse(black_box(&schemas.old)).map(|_| ())),
        "diff" => Box::new(move || engine.pair("diff", &pair, &hints).map(|_| ())),
        "verdict" => Box::new(move || engine.pair("verdict", &pair, &hints).map(|_| ())),
        "migrate" => Box::new(move || engine.pair("migration.between", &pair, &schemas.hints).map(|_| ())),
        _ => return Ok(None),
    };
    Ok(Some(Ready { run, units: 1, bytes, output: None, facts }))
}

fn start(setting: &Setting) -> Result<Ready, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = setting.folder.clone();
    let run = move || {
        let output = std::process::Command::new(&program)
            .arg("start")
            .arg(&folder)
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    };
    Ok(Ready { run: Box::new(run), units: 1, bytes: 0, output: None, facts: Value::Null })
}

/// The first records of a workload, as the run wants them.
fn lines(setting: &Setting, workload: &str) -> Result<Vec<Vec<u8>>, String> {
    let [w1, w2, w3] = setting.records;
    let count = match workload {
        "w1" => w1,
        "w2" => w2,
        _ => w3,
    };
    let all = read(&setting.folder.join(format!("{workload}.ndjson")))?;
    Ok(all
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .take(count)
        .map(<[u8]>::to_vec)
        .collect())
}

fn schemas(folder: &Path, name: &str) -> Result<Schemas, String> {
    let value: Value = serde_json::from_slice(&read(&folder.join(format!("{name}.json")))?)
        .map_err(|error| error.to_string())?;
    let texts = |key: &str| -> Vec<String> {
        let list = value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let hints = value.get("hints").and_then(Value::as_object).cloned().unwrap_or_default();
    Ok(Schemas { old: texts("old"), new: texts("new"), hints })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// A value as MessagePack: what the other hosts' libraries write.
fn pack(value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    match value {
        Value::Array(items) => {
            head(out, 0x90, 0xdc, items.len())?;
            items.iter().try_for_each(|item| pack(item, out))
        }
        Value::Object(members) => {
            head(out, 0x80, 0xde, members.len())?;
            members.iter().try_for_each(|(key, item)| {
                Message::from(key.as_str()).write(out);
                pack(item, out)
            })
        }
        leaf => {
            leaf_of(leaf).ok_or("a number of the workloads is no small integer")?.write(out);
            Ok(())
        }
    }
}

fn leaf_of(value: &Value) -> Option<Message<'_>> {
    Some(match value {
        Value::Null => Message::from(None::<&str>),
        Value::Bool(flag) => Message::from(*flag),
        Value::Number(number) => Message::from(number.as_u64()?),
        Value::String(text) => Message::from(text.as_str()),
        Value::Array(_) | Value::Object(_) => return None,
    })
}

fn head(out: &mut Vec<u8>, short: u8, long: u8, count: usize) -> Result<(), String> {
    let count = u16::try_from(count).map_err(|_| "too many members")?;
    match u8::try_from(count) {
        Ok(count @ 0..16) => out.push(short | count),
        _ => {
            out.push(long);
            out.extend(count.to_be_bytes());
        }
    }
    Ok(())
}
