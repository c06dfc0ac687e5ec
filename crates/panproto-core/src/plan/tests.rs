//! The executor on the workloads, on damaged records, and in batches.

use super::*;
use crate::align::{Hints, between};
use crate::language::{self, Options};
use crate::lens::compile::compile;
use crate::migration::{FieldMatch, Migration, Reason};
use crate::schema::{EdgeId, EdgeKind, Schema, VertexId};
use crate::value::equal_text;
use panproto_testkit::workload;

/// Says of every record that it was left to the clear engine.
struct GivenUp;

impl Engine for GivenUp {
    fn get(&mut self, _: &[u8], _: &mut Vec<u8>, _: Option<&mut Vec<u8>>) -> Result<()> {
        Err(Diagnostic::error(Kind::Internal, "given-up", "the executor gave the record up"))
    }

    fn put(&mut self, _: &[u8], _: Option<&[u8]>, _: &mut Vec<u8>, _: &mut Vec<Note>) -> Result<()> {
        Err(Diagnostic::error(Kind::Internal, "given-up", "the executor gave the view up"))
    }
}

fn schema(text: &str) -> Arc<Schema> {
    let parsed = language::parse("atproto", &[text.as_bytes()], &Options::default(), &mut Budget::default());
    Arc::new(parsed.into_result().unwrap())
}

/// The machine of two Lexicons, with pairs of paths that are the same.
fn machine(lexicons: &[String; 2], hints: &[(&str, &str)]) -> Arc<Machine> {
    let mut migration = Migration::new(schema(&lexicons[0]), schema(&lexicons[1]));
    for (from, to) in hints {
        let (source, from) = path(&migration.source, from);
        let (target, to) = path(&migration.target, to);
        let mut matches = migration.object(source, target);
        matches.links.push(FieldMatch { from, to, reason: Reason::Hint });
        migration.objects.insert((source, target), matches);
    }
    let compiled = compile(&migration, &mut Budget::default()).unwrap();
    assert!(compiled.questions.is_empty(), "{:?}", compiled.questions);
    Arc::new(compiled.machine.unwrap())
}

/// An object, and the way from it to a member: `items[].value` is the member `value` of the items' object.
fn path(schema: &Schema, text: &str) -> (VertexId, Vec<EdgeId>) {
    let mut object = schema.resolve(schema.main()).vertex;
    let mut here = object;
    let mut steps = Vec::new();
    for name in text.split('.') {
        let edge = schema.prop_named(here, name.trim_end_matches("[]")).unwrap();
        steps.push(edge);
        here = schema.resolve(schema.edge(edge).tgt).vertex;
        if name.ends_with("[]") {
            here = schema.resolve(schema.target_of(here, EdgeKind::Items).unwrap()).vertex;
            object = here;
            steps.clear();
        }
    }
    (object, steps)
}

const W1: &[(&str, &str)] =
    &[("text", "body"), ("createdAt", "publishedAt"), ("stats.likeCount", "likeCount")];
const W2: &[(&str, &str)] = &[("f00", "g00"), ("f03", "g03")];
const W3: &[(&str, &str)] = &[("title", "heading"), ("items[].value", "items[].amount")];

fn executor(machine: &Arc<Machine>) -> Executor {
    Executor::beside(&Arc::new(Program::lower(machine)), Box::new(GivenUp), Budget::default())
}

fn check_workload(machine: &Arc<Machine>, pairs: &[workload::Pair]) {
    let mut executor = executor(machine);
    for (record, expected) in pairs {
        let (mut lifted, mut view, mut body, mut back) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        executor.get(record.as_bytes(), &mut lifted, None).unwrap();
        executor.get(record.as_bytes(), &mut view, Some(&mut body)).unwrap();
        assert_eq!(lifted, view);
        assert!(equal_text(&view, expected.as_bytes()), "{}", String::from_utf8_lossy(&view));
        executor.put(&view, Some(&body), &mut back, &mut Vec::new()).unwrap();
        assert_eq!(std::str::from_utf8(&back).unwrap(), record);
    }
    assert_eq!(executor.given_up(), 0);
}

#[test]
fn the_wide_workload_goes_and_comes_back() {
    check_workload(&machine(&workload::w2_lexicons(), W2), &workload::w2(50));
}

#[test]
fn the_deep_workload_goes_and_comes_back() {
    check_workload(&machine(&workload::w3_lexicons(), W3), &workload::w3_of(3, 200));
}

#[test]
fn the_workload_of_posts_goes_and_comes_back() {
    check_workload(&machine(&workload::w1_lexicons(), W1), &workload::w1(200));
}

#[test]
fn long_arrays_take_steps_in_proportion() {
    let machine = machine(&workload::w3_lexicons(), W3);
    let mut steps = Vec::new();
    for items in [1000, 16_000] {
        let mut executor = executor(&machine);
        let (record, _) = workload::w3_of(1, items).remove(0);
        let (mut view, mut body, mut back) = (Vec::new(), Vec::new(), Vec::new());
        executor.get(record.as_bytes(), &mut view, Some(&mut body)).unwrap();
        executor.put(&view, Some(&body), &mut back, &mut Vec::new()).unwrap();
        assert_eq!(back, record.as_bytes());
        let forward = &executor.forward;
        assert!(forward.reads <= record.len() as u64);
        steps.push(forward.steps + executor.backward.steps);
    }
    assert!(steps[1] <= 16 * steps[0], "{steps:?}");
}

/// Reads may not grow with nesting: what is stepped over is not read again when it is entered.
#[test]
fn deep_nests_are_read_at_most_four_times() {
    let lexicon = |node: &str| {
        format!(
            r##"{{"lexicon":1,"id":"com.example.tree","defs":{{"main":{{"type":"record","key":"tid","record":
            {{"type":"object","properties":{{"root":{{"type":"ref","ref":"#node"}}}}}}}},
            "node":{{"type":"object","properties":{{"name":{{"type":"string"}},
            "kids":{{"type":"array","items":{{"type":"ref","ref":"#node"}}}},{node}}}}}}}}}"##
        )
    };
    let lexicons = [
        lexicon(r#""x":{"type":"integer"},"y":{"type":"integer"}"#),
        lexicon(r#""at":{"type":"object","properties":{"x":{"type":"integer"},"y":{"type":"integer"}}}"#),
    ];
    let mut migration = Migration::new(schema(&lexicons[0]), schema(&lexicons[1]));
    let node = |schema: &Schema| {
        let root = schema.prop_named(schema.resolve(schema.main()).vertex, "root").unwrap();
        schema.resolve(schema.edge(root).tgt).vertex
    };
    let (old, new) = (node(&migration.source), node(&migration.target));
    let mut matches = migration.object(old, new);
    let at = migration.target.prop_named(new, "at").unwrap();
    let inner = migration.target.resolve(migration.target.edge(at).tgt).vertex;
    for name in ["x", "y"] {
        matches.links.push(FieldMatch {
            from: vec![migration.source.prop_named(old, name).unwrap()],
            to: vec![at, migration.target.prop_named(inner, name).unwrap()],
            reason: Reason::Hint,
        });
    }
    migration.objects.insert((old, new), matches);
    let compiled = compile(&migration, &mut Budget::default()).unwrap();
    let machine = Arc::new(compiled.machine.unwrap_or_else(|| panic!("{:?}", compiled.questions)));
    let mut executor = executor(&machine);
    let mut record = String::from(r#"{"name":"leaf","x":1,"y":2}"#);
    let mut steps = Vec::new();
    for depth in [60, 120, 240] {
        while record.matches("kids").count() < depth {
            record = format!(r#"{{"x":1,"kids":[{record}],"y":2,"name":"node"}}"#);
        }
        let text = format!(r#"{{"root":{record}}}"#);
        let (mut view, mut back) = (Vec::new(), Vec::new());
        executor.get(text.as_bytes(), &mut view, None).unwrap();
        assert!(
            executor.forward.reads <= 4 * text.len() as u64,
            "{} of {}",
            executor.forward.reads,
            text.len()
        );
        steps.push(executor.forward.steps as f64 / text.len() as f64);
        executor.put(&view, None, &mut back, &mut Vec::new()).unwrap();
        assert!(
            executor.backward.reads <= 4 * view.len() as u64,
            "{} of {}",
            executor.backward.reads,
            view.len()
        );
        assert!(equal_text(&back, text.as_bytes()));
    }
    assert!(steps[2] < steps[0] * 1.1, "{steps:?}");
    assert_eq!(executor.given_up(), 0);
}

/// A union whose tag comes last has to be looked through before it is entered: at every level of a nest, but no byte
/// is stepped over twice.
#[test]
fn late_tags_are_read_a_bounded_number_of_times_whatever_the_depth() {
    let lexicon = |name: &str| {
        format!(
            r##"{{"lexicon":1,"id":"com.example.nest","defs":{{"main":{{"type":"record","key":"tid","record":
            {{"type":"object","properties":{{"root":{{"type":"union","refs":["#node","#other"]}}}}}}}},
            "node":{{"type":"object","properties":{{"{name}":{{"type":"string"}},
            "child":{{"type":"union","refs":["#node","#other"]}}}}}},
            "other":{{"type":"object","properties":{{"n":{{"type":"integer"}}}}}}}}}}"##
        )
    };
    let hints = Hints {
        fields: [("#node.name".to_owned(), Some("#node.label".to_owned()))].into(),
        ..Hints::default()
    };
    let migration =
        between(&schema(&lexicon("name")), &schema(&lexicon("label")), &hints, &mut Budget::default())
            .unwrap();
    let compiled = compile(&migration, &mut Budget::default()).unwrap();
    let machine = Arc::new(compiled.machine.unwrap_or_else(|| panic!("{:?}", compiled.questions)));
    let mut executor = executor(&machine);
    let mut per_byte = Vec::new();
    for depth in [50, 100, 200, 400] {
        let open = r#"{"name":"a name of some length","child":"#;
        let close = r#","$type":"com.example.nest#node"}"#;
        let leaf = r#"{"n":1,"$type":"com.example.nest#other"}"#;
        let text = format!(r#"{{"root":{}{leaf}{}}}"#, open.repeat(depth), close.repeat(depth));
        let (mut view, mut memory, mut back) = (Vec::new(), Vec::new(), Vec::new());
        executor.get(text.as_bytes(), &mut view, Some(&mut memory)).unwrap();
        let (reads, length) = (executor.forward.reads, text.len() as u64);
        assert!(reads <= 4 * length, "{reads} reads of {length} bytes at depth {depth}");
        per_byte.push(reads as f64 / length as f64);
        executor.put(&view, Some(&memory), &mut back, &mut Vec::new()).unwrap();
        assert_eq!(String::from_utf8_lossy(&back), text);
        assert!(executor.backward.reads <= 4 * view.len() as u64);
    }
    assert!(per_byte[3] < per_byte[0] * 1.1, "{per_byte:?}");
    assert_eq!(executor.given_up(), 0);
}

#[test]
fn damaged_records_are_errors_and_never_panics() {
    let machine = machine(&workload::w1_lexicons(), W1);
    let mut executor = executor(&machine);
    let record = workload::w1(1).remove(0).0.into_bytes();
    let mut view = Vec::new();
    for end in 0..record.len() {
        assert!(executor.get(&record[..end], &mut view, Some(&mut Vec::new())).is_err(), "{end}");
    }
    for at in 0..record.len() {
        for byte in *b"\"\\{}[],:x0\x00\xff" {
            let mut damaged = record.clone();
            damaged[at] = byte;
            let mut memory = Vec::new();
            view.clear();
            if executor.get(&damaged, &mut view, Some(&mut memory)).is_ok() {
                let skipped = crate::value::scan::Skipper::default().document(&view, &Limits::DEFAULT);
                assert!(skipped.is_ok(), "{}", String::from_utf8_lossy(&view));
            }
        }
    }
}

#[test]
fn batches_do_not_depend_on_how_they_are_cut() {
    let machine = machine(&workload::w2_lexicons(), W2);
    let records: Vec<String> = workload::w2(5).into_iter().map(|pair| pair.0).collect();
    let input = format!("\u{feff}{}\r\n\n{}\n[]\n  \n{}\n{}", records[0], records[1], records[2], records[3])
        .into_bytes();
    let run = |size: usize, on_error: OnError| {
        let mut executor = executor(&machine);
        let mut batch = Batch::new(Operation::Get, on_error);
        let mut out = Lines::default();
        let mut header = Vec::new();
        executor.write_header(&mut header);
        let mut bodies = complement::bodies(&header, &machine.fingerprint).unwrap();
        let mut tail = Vec::new();
        let pieces: Vec<&[u8]> = input.chunks(size).collect();
        for (index, piece) in pieces.iter().enumerate() {
            tail.extend_from_slice(piece);
            let taken =
                executor.run_lines(&mut batch, &tail, index + 1 == pieces.len(), &mut bodies, &mut out);
            tail.drain(..taken);
        }
        (out.records, out.complements, batch)
    };
    let (whole, complements, batch) = run(input.len(), OnError::Collect);
    assert_eq!((batch.converted, batch.failed, batch.blank), (4, 1, 2));
    assert_eq!(whole.iter().filter(|byte| **byte == b'\n').count(), 4);
    let failure = &batch.failures[0];
    assert_eq!((failure.at.record, failure.at.line), (2, 4));
    assert_eq!(input[failure.at.offset as usize..][..2], *b"[]");
    for size in [4, 7, 100, 761, 762, 5000] {
        let (records, bodies, batch) = run(size, OnError::Collect);
        assert!(records == whole && bodies == complements, "{size}");
        assert_eq!(batch.failures[0].at, failure.at);
    }
    let (records, _, batch) = run(100, OnError::Raise);
    assert_eq!(records.iter().filter(|byte| **byte == b'\n').count(), 2);
    assert!(batch.ended && batch.failures.len() == 1);
}

/// The clear engine's samples: both engines say the same of random records, edited views and others' complements.
#[test]
fn samples_agree_with_the_clear_engine() {
    use crate::lens::samples::{COMPUTED, Dice, Maker, SAMPLES, edit};
    for sample in SAMPLES.iter().chain(COMPUTED) {
        let machine = sample.machine();
        let mut clear = Clear::new(Arc::clone(&machine), Limits::DEFAULT);
        let mut plan = Executor::new(&Arc::new(Program::lower(&machine)), Budget::default());
        let mut dice = Dice::new(0x5eed);
        let mut maker = Maker { schema: &machine.source, dice: Dice::new(0xcafe) };
        let mut other: Option<Vec<u8>> = None;
        for _ in 0..400 {
            let record = maker.record();
            let get = |engine: &mut dyn Engine| {
                let (mut view, mut body) = (Vec::new(), Vec::new());
                engine.get(record.as_bytes(), &mut view, Some(&mut body)).map(|()| (view, body))
            };
            let place = |error: crate::diagnostic::Error| (error.code, error.path, error.span);
            let expected = get(&mut clear).map_err(place);
            assert_eq!(get(&mut plan).map_err(place), expected, "{}: {record}", sample.name);
            let Ok((view, body)) = expected else { continue };
            // Lone surrogates are not for the tool that edits.
            let edited = serde_json::from_slice(&view).map(|mut edited: serde_json::Value| {
                edit(&mut edited, &mut dice);
                edited.to_string().into_bytes()
            });
            for view in [view].into_iter().chain(edited.ok()) {
                for body in [Some(body.as_slice()), None, other.as_deref()] {
                    let put = |engine: &mut dyn Engine| {
                        let (mut back, mut notes) = (Vec::new(), Vec::new());
                        engine.put(&view, body, &mut back, &mut notes).map(|()| (back, notes))
                    };
                    let expected = put(&mut clear).map_err(place);
                    let text = String::from_utf8_lossy(&view);
                    assert_eq!(put(&mut plan).map_err(place), expected, "{}: {record}\n{text}", sample.name);
                }
            }
            other = Some(body);
        }
    }
}

/// What computes runs over bytes, both ways, but for what `EXCEPT` names.
#[test]
fn computed_samples_are_not_left_to_the_clear_engine() {
    use crate::lens::samples::{COMPUTED, Dice, Maker};
    // Several containers are written: those go through lists, which compute nothing.
    const EXCEPT: &[&str] =
        &["merge of what is inside", "split into something new", "survival", "survival with a default"];
    for sample in COMPUTED {
        let machine = sample.machine();
        let mut clear = Clear::new(Arc::clone(&machine), Limits::DEFAULT);
        let mut plan = Executor::new(&Arc::new(Program::lower(&machine)), Budget::default());
        let mut maker = Maker { schema: &machine.source, dice: Dice::new(0xf00d) };
        let (mut got, mut left, mut left_back) = (0, 0, 0);
        for _ in 0..200 {
            let record = maker.record();
            let (mut view, mut body, mut back) = (Vec::new(), Vec::new(), Vec::new());
            if clear.get(record.as_bytes(), &mut view, Some(&mut body)).is_err() {
                continue;
            }
            got += 1;
            let before = plan.given_up();
            plan.get(record.as_bytes(), &mut Vec::new(), Some(&mut Vec::new())).unwrap();
            let between = plan.given_up();
            plan.put(&view, Some(&body), &mut back, &mut Vec::new()).unwrap();
            left += between - before;
            left_back += plan.given_up() - between;
        }
        println!("{}: {got} records, {left} and {left_back} left", sample.name);
        assert!(got > 20, "{}", sample.name);
        if !EXCEPT.contains(&sample.name) {
            assert!(
                left * 4 < got && left_back * 2 < got,
                "{}: {left} and {left_back} of {got}",
                sample.name
            );
        }
    }
}

#[test]
fn the_head_of_an_empty_head_is_what_the_clear_engine_says() {
    let lexicon = |key: &str| {
        schema(&format!(
            r#"{{"lexicon":1,"id":"com.example.made","defs":{{"main":{{"type":"record","key":"tid","record":
            {{"type":"object","properties":{{"key":{key}}}}}}}}}}}"#
        ))
    };
    let nested = r#"{"type":"array","items":{"type":"array","items":{"type":"integer"}}}"#;
    let (old, new) = (lexicon(nested), lexicon(r#"{"type":"integer"}"#));
    let migration = between(&old, &new, &Hints::default(), &mut Budget::default()).unwrap();
    let lens = Arc::new(crate::lens::Lens::of(Arc::new(migration), &mut Budget::default()).unwrap());
    let mut pipeline = Pipeline::new(&lens, Budget::default(), &crate::limits::Cancel::default());
    for (record, expected) in [(r#"{"key":[[],[3]]}"#, "{}"), (r#"{"key":[[1],[3]]}"#, r#"{"key":1}"#)] {
        let (mut lifted, mut view, mut memory, mut back) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        pipeline.get(record.as_bytes(), &mut lifted, None).unwrap();
        pipeline.get(record.as_bytes(), &mut view, Some(&mut memory)).unwrap();
        assert_eq!(std::str::from_utf8(&view).unwrap(), expected);
        assert_eq!(lifted, view);
        pipeline.put(&view, Some(&memory), &mut back, &mut Vec::new()).unwrap();
        assert_eq!(std::str::from_utf8(&back).unwrap(), record);
    }
}
