//! The real records of the corpus along every pair of versions of `app.bsky.feed.post`, there and back.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use panproto_core::align::{Hints, between};
use panproto_core::language;
use panproto_core::lens::clear::Clear;
use panproto_core::lens::compile::compile;
use panproto_core::lens::engine::Engine;
use panproto_core::lens::laws;
use panproto_core::limits::{Budget, Limits};
use panproto_core::schema::Schema;
use panproto_testkit::corpus;
use std::sync::Arc;

fn lexicon(path: &str) -> Arc<Schema> {
    let text = corpus::read(path).unwrap();
    let parsed = language::parse("atproto", &[&text], &language::Options::default(), &mut Budget::default());
    Arc::new(parsed.into_result().unwrap_or_else(|error| panic!("{path}: {error}")))
}

#[test]
fn real_posts_come_back_unchanged_along_every_pair() {
    let Some(index) = corpus::read("atproto/pairs/index.json") else { return };
    let index: Vec<serde_json::Value> = serde_json::from_slice(&index).unwrap();
    let records = corpus::read("atproto/real-records.jsonl").unwrap();
    let records: Vec<&[u8]> = records.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    assert_eq!(records.len(), 40);
    let (mut pairs, mut changed) = (0, 0);
    let (mut asked, mut failed): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for entry in index.iter().filter(|entry| entry["nsid"] == "app.bsky.feed.post") {
        let path = |key: &str| format!("atproto/pairs/{}", entry[key].as_str().unwrap());
        let (old, new) = (lexicon(&path("old")), lexicon(&path("new")));
        for (from, to, way) in [(&old, &new, "up"), (&new, &old, "down")] {
            pairs += 1;
            let name = format!("{} {way}", entry["old"]);
            let migration = between(from, to, &Hints::default(), &mut Budget::default()).unwrap();
            let compiled = compile(&migration, &mut Budget::default()).unwrap();
            let Some(machine) = compiled.machine else {
                asked.push(format!("{name}: {:?}", compiled.questions));
                continue;
            };
            let mut engine = Clear::new(Arc::new(machine), Limits::DEFAULT);
            for record in &records {
                let (mut view, mut memory, mut back, mut notes) =
                    (Vec::new(), Vec::new(), Vec::new(), Vec::new());
                if let Err(error) = engine.get(record, &mut view, Some(&mut memory)) {
                    failed.push(format!("{name}: {error}"));
                    continue;
                }
                changed += usize::from(!laws::same_tokens(record, &view));
                engine.put(&view, Some(&memory), &mut back, &mut notes).unwrap_or_else(|error| {
                    panic!(
                        "{name}: {error}\n{}\n{}",
                        String::from_utf8_lossy(record),
                        String::from_utf8_lossy(&view)
                    )
                });
                assert!(
                    laws::same_tokens(record, &back),
                    "{name}\n{}\n{}\n{}",
                    String::from_utf8_lossy(record),
                    String::from_utf8_lossy(&view),
                    String::from_utf8_lossy(&back)
                );
                assert_eq!(notes.len(), 0, "{name}: {notes:?}");
            }
        }
    }
    assert_eq!((asked.as_slice(), failed.as_slice()), (&[][..], &[][..]));
    assert_eq!(pairs, 10);
    assert!(changed > 0, "some pair changes some record");
}
