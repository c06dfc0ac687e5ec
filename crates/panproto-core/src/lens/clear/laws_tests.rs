//! The laws, on random records, random edits of their views, and complements of other records.

use super::Clear;
use crate::instance::{Options, Validator, Validity};
use crate::lens::engine::Engine;
use crate::lens::laws::{Fills, Law, check_laws, put_get, same_tokens};
use crate::lens::samples::{COMPUTED, Dice, Maker, SAMPLES, Sample, edit};
use crate::limits::{Budget, Limits};

const RECORDS: u64 = 400;

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// Codes with which a view may be refused; anything else is a breach.
fn may_refuse(law: &Law) -> bool {
    let Law::Refused(error) = law else { return law.held() };
    matches!(
        error.code,
        "view-not-representable" | "source-default-missing" | "type-mismatch" | "wrong-type-tag"
    )
}

fn check(sample: &Sample) {
    let machine = sample.machine();
    let mut engine = Clear::new(machine.clone(), Limits::DEFAULT);
    let mut validator = Validator::new(&machine.source, Options::DEFAULT);
    let fills = Fills::of(&machine);
    let mut before: Option<Vec<u8>> = None;
    let (mut got, mut carried) = (0, 0);
    for seed in 0..RECORDS {
        let mut maker = Maker { schema: &machine.source, dice: Dice::new(seed) };
        let record = maker.record();
        let mut dice = maker.dice;
        let at = format!("{} ({seed}): {record}", sample.name);
        let (mut view, mut body) = (Vec::new(), Vec::new());
        match engine.get(record.as_bytes(), &mut view, Some(&mut body)) {
            Ok(()) => {}
            // A record may have no view: `"abc"` is no integer.
            Err(error) => {
                let known = [
                    "coercion-failed",
                    "head-of-empty-list",
                    "type-mismatch",
                    "expr-type-mismatch",
                    "number-not-representable",
                    "integer-overflow",
                    "not-representable",
                ];
                assert!(known.contains(&error.code), "{at}\n{error}");
                continue;
            }
        }
        got += 1;
        let laws = check_laws(&mut engine, &machine, record.as_bytes()).unwrap();
        let seen = format!("{at}\nview {}\nbody {body:02x?}", text(&view));
        if let Law::Broken { found, .. } = &laws.get_put {
            panic!("{seen}\nback {}", text(found));
        }
        assert!(laws.held(), "{seen}\n{laws:#?}");
        for _ in 0..4 {
            let mut edited: serde_json::Value =
                serde_json::from_str(&text(&view).replace("\\ud83d", "u")).unwrap();
            for _ in 0..=dice.below(3) {
                edit(&mut edited, &mut dice);
            }
            let edited = serde_json::to_string(&edited).unwrap();
            for body in [Some(&body), before.as_ref(), None] {
                let law = put_get(&mut engine, &fills, edited.as_bytes(), body.map(Vec::as_slice));
                let mut back = Vec::new();
                let _ = engine.put(edited.as_bytes(), body.map(Vec::as_slice), &mut back, &mut Vec::new());
                assert!(
                    may_refuse(&law),
                    "{seen}\nedit {edited}\nback {}\nmem {body:02x?}\n{law:?}",
                    text(&back)
                );
                if law.held() {
                    carried += 1;
                    let finding = validator
                        .first_raw(machine.source.main(), &back, &mut Budget::default())
                        .unwrap()
                        .filter(|finding| finding.validity == Validity::Invalid);
                    // What is not read nor narrowed is not validated: only a valid view gives a valid record.
                    let valid_view = Validator::new(&machine.target, Options::DEFAULT)
                        .first_raw(machine.target.main(), edited.as_bytes(), &mut Budget::default())
                        .unwrap()
                        .is_none();
                    assert!(
                        !valid_view || finding.is_none(),
                        "{seen}\nedit {edited}\nback {}\n{finding:?}",
                        text(&back)
                    );
                }
            }
        }
        before = Some(body);
    }
    assert!(got > RECORDS / 10, "{}: only {got} records have a view", sample.name);
    assert!(carried > 100, "{}: only {carried} edits were carried", sample.name);
}

#[test]
fn laws_hold_for_every_sample() {
    let failed: Vec<&str> = SAMPLES
        .iter()
        .chain(COMPUTED)
        .filter(|sample| std::panic::catch_unwind(|| check(sample)).is_err())
        .map(|sample| sample.name)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn damaged_complements_are_coded_errors() {
    for sample in SAMPLES.iter().chain(COMPUTED) {
        let machine = sample.machine();
        let mut engine = Clear::new(machine.clone(), Limits::DEFAULT);
        for seed in 0..20 {
            let mut maker = Maker { schema: &machine.source, dice: Dice::new(seed) };
            let record = maker.record();
            let (mut view, mut body) = (Vec::new(), Vec::new());
            if engine.get(record.as_bytes(), &mut view, Some(&mut body)).is_err() || body.len() < 2 {
                continue;
            }
            let mem = body[1..body.len() - 4].to_vec();
            for at in 0..mem.len() {
                let mut damaged = mem.clone();
                damaged[at] ^= 1 << maker.dice.below(8);
                // With a checksum that fits, as somebody who means harm would make it.
                let mut body = Vec::new();
                crate::lens::complement::write_body(&mut body, &damaged);
                let mut back = Vec::new();
                match engine.put(&view, Some(&body), &mut back, &mut Vec::new()) {
                    Ok(()) => {
                        let mut again = Vec::new();
                        engine.get(&back, &mut again, None).unwrap();
                        assert!(
                            Fills::of(&machine).same_view(&view, &again),
                            "{}\n{}",
                            text(&view),
                            text(&back)
                        );
                    }
                    Err(error) => assert!(
                        error.code.starts_with("complement-")
                            || matches!(error.code, "source-default-missing" | "view-not-representable"),
                        "{error}"
                    ),
                }
            }
        }
    }
}

#[test]
fn tokens_are_compared_without_space() {
    assert!(same_tokens(b"{ \"a\" : [1 , 2] }", b"{\"a\":[1,2]}"));
    assert!(!same_tokens(b"[1.0]", b"[1]"));
    assert!(!same_tokens(br#"{"a":1,"b":2}"#, br#"{"b":2,"a":1}"#));
}
