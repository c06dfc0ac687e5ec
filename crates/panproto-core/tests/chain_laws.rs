//! The laws of lenses for every step, on random records and random edits of their views.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod chain;
#[allow(dead_code, unreachable_pub, reason = "each test binary uses what it needs")]
#[path = "generated/record.rs"]
mod record;

use chain::cases::CASES;
use chain::{Engines, parse};
use panproto_core::lens::chain::Chain;
use panproto_core::lens::laws::{Law, check_laws_with, put_get};
use panproto_core::limits::{Budget, Cancel};
use panproto_core::plan::Pipeline;
use panproto_testkit::generate::{Node, Random, edit};
use record::Maker;
use std::sync::Arc;

fn cases() -> u64 {
    std::env::var("PANPROTO_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(60)
}

#[test]
fn laws_hold_for_every_step() {
    for case in CASES {
        let schema = parse("json-schema", case.schema);
        let mut engines = Engines::of(case.chain, &schema).unwrap();
        let names: Vec<String> = ["alias", "label", "who", "first", "active"].map(str::to_owned).into();
        let (mut views, mut carried) = (0, 0);
        let mut other: Option<Vec<u8>> = None;
        for seed in 0..cases() {
            let mut random = Random::new(seed);
            let record = {
                let mut maker =
                    Maker { schema: &schema, random: &mut random, names: &names, odd: 10, left: 40 };
                maker.value(schema.main(), 0).to_string()
            };
            let Ok((view, memory)) = engines.get(&record) else { continue };
            views += 1;
            let at = format!("{} ({seed})\nrecord {record}\nview {view}", case.name);
            let laws = check_laws_with(&mut engines.pipeline, &engines.fills, record.as_bytes()).unwrap();
            assert!(!matches!(laws.get_put, Law::Broken { .. }), "{at}\n{:?}", laws.get_put);
            assert!(!matches!(laws.put_get, Law::Broken { .. }), "{at}\n{:?}", laws.put_get);
            assert!(!matches!(laws.create_get, Law::Broken { .. }), "{at}\n{:?}", laws.create_get);
            assert!(laws.get_put.held(), "{at}\n{:?}", laws.get_put);
            for _ in 0..3 {
                let mut node = Node::parse(&view).unwrap();
                edit(&mut random, &mut node, &names);
                let edited = node.to_string();
                for memory in [Some(&memory), other.as_ref(), None] {
                    let memory = memory.map(Vec::as_slice);
                    let law = put_get(&mut engines.pipeline, &engines.fills, edited.as_bytes(), memory);
                    assert!(!matches!(law, Law::Broken { .. }), "{at}\nedited {edited}\n{law:?}");
                    carried += u32::from(law.held());
                }
            }
            other = Some(memory);
        }
        assert!(views > 0, "{}: no record has a view", case.name);
        assert!(carried > 0, "{}: no edit is carried", case.name);
    }
}

/// Fused and step by step: the same views, the same restored records, the same refusals.
#[test]
fn the_fused_lens_is_the_chain() {
    for case in CASES {
        let schema = parse("json-schema", case.schema);
        let chain = Chain::parse(case.chain).unwrap();
        let mut fused = Engines::new(&chain.fuse(), &schema).unwrap();
        let stages = Arc::new(chain.stages(&schema, &mut Budget::default()).unwrap());
        let mut plain = Engines {
            pipeline: Pipeline::new(&stages, Budget::default(), &Cancel::default()),
            fills: stages.fills(),
            lens: stages,
        };
        assert!(fused.lens.len() <= plain.lens.len());
        for (text, is_view) in [(case.record, false), (case.view, true), (case.edited, true)] {
            if !is_view {
                assert_eq!(
                    fused.get(text).map(|got| got.0),
                    plain.get(text).map(|got| got.0),
                    "{}",
                    case.name
                );
            }
        }
        let ((_, a), (_, b)) = (fused.get(case.record).unwrap(), plain.get(case.record).unwrap());
        for view in [case.view, case.edited] {
            assert_eq!(
                fused.put(view, Some(&a)).unwrap(),
                plain.put(view, Some(&b)).unwrap(),
                "{}",
                case.name
            );
        }
    }
}
