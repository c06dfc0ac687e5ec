//! The laws along real histories of schemas: every pair of the corpus, both ways, on made and on real records.
//!
//! Questions that need no knowledge are answered (`generated::answer`), so that most pairs come to a lens.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod both;
mod generated;

use generated::answer::{derive, derive_answering};
use generated::case::{Lens, Tally, hints_to, parse};
use generated::record::Maker;
use generated::shrink::{caught, kind};
use generated::{names, seed};
use panproto_core::align::Hints;
use panproto_core::schema::Schema;
use panproto_testkit::corpus;
use panproto_testkit::generate::{Node, Random, edit, mutate_bytes, respace};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Default)]
struct Totals {
    pairs: u64,
    /// Pairs without a question.
    decided: u64,
    /// Pairs with a lens after answers.
    lenses: u64,
    asked: BTreeMap<String, u64>,
    left: BTreeMap<String, u64>,
    tally: Tally,
    failures: BTreeMap<String, (u64, String)>,
}

impl Totals {
    fn failed(&mut self, message: &str, example: impl FnOnce() -> String) {
        let entry = self.failures.entry(kind(message)).or_default();
        entry.0 += 1;
        if entry.0 == 1 {
            entry.1 = example();
        }
    }

    fn tell(&self, what: &str) {
        eprintln!(
            "{what}: {} pairs, {} decided, {} lenses; asked {:?}; left {:?}\n{:?}",
            self.pairs, self.decided, self.lenses, self.asked, self.left, self.tally
        );
        for (count, example) in self.failures.values() {
            eprintln!("\n{count} times: {}", example.chars().take(6000).collect::<String>());
        }
        assert!(self.failures.is_empty(), "{} kinds of failures", self.failures.len());
    }
}

/// How many records are made for a lens: `PANPROTO_CASES` is in hundreds of them over all.
fn records() -> u64 {
    (generated::cases(300) / 100).clamp(3, 40)
}

/// One way of one pair.
fn pair(totals: &mut Totals, name: &str, old: &Arc<Schema>, new: &Arc<Schema>, documents: &[Vec<u8>]) {
    totals.pairs += 1;
    let mut hints = Hints::default();
    let machine = match caught(|| {
        let first = derive(old, new, &Hints::default()).map_err(|questions| {
            questions.into_iter().map(|question| question.code.to_owned()).collect::<Vec<_>>()
        });
        (first, derive_answering(old, new, &mut hints))
    }) {
        Err(message) => return totals.failed(&message, || format!("{name}: {message}")),
        Ok((first, machine)) => {
            match first {
                Ok(_) => totals.decided += 1,
                Err(codes) => codes.into_iter().for_each(|code| *totals.asked.entry(code).or_default() += 1),
            }
            match machine {
                Ok(machine) => machine,
                Err(questions) => {
                    for question in questions {
                        *totals.left.entry(question.code.to_owned()).or_default() += 1;
                    }
                    return;
                }
            }
        }
    };
    totals.lenses += 1;
    let mut known = names(old);
    known.extend(names(new));
    let mut random = Random::new(seed() ^ name.bytes().map(u64::from).sum::<u64>());
    let mut lens = Lens::new(machine);
    let made = (0..records()).map(|_| {
        let odd = if random.chance(20) { 20 } else { 0 };
        let mut maker = Maker { schema: old, random: &mut random, names: &known, odd, left: 80 };
        maker.value(old.main(), 0).to_string().into_bytes()
    });
    let texts: Vec<Vec<u8>> = made.collect();
    for text in texts.iter().chain(documents) {
        if let Err(message) = caught(|| record(&mut random, &mut lens, text, &known)) {
            totals.failed(&message, || {
                format!(
                    "{name}: {message}\nhints {}\nrecord {}",
                    hints_to(&hints),
                    String::from_utf8_lossy(text)
                )
            });
        }
    }
    lens.tally.given_up = lens.both.plan.given_up();
    totals.tally.add(lens.tally);
}

fn record(random: &mut Random, lens: &mut Lens, text: &[u8], known: &[String]) {
    let Some((view, memory)) = lens.record(text) else { return };
    lens.edit(&view, None);
    let Some(node) = std::str::from_utf8(&view).ok().and_then(Node::parse) else { return };
    for _ in 0..3 {
        let mut edited = node.clone();
        edit(random, &mut edited, known);
        let edited = edited.to_string();
        lens.edit(edited.as_bytes(), Some(&memory));
        lens.edit(edited.as_bytes(), None);
        let spaced = respace(random, &edited);
        lens.edit(spaced.as_bytes(), Some(&memory));
    }
    // The same members in another order.
    if let Some(mut shuffled) = std::str::from_utf8(text).ok().and_then(Node::parse) {
        for at in 0..shuffled.count() {
            if let Some(Node::Object(members)) = shuffled.nth(at) {
                random.shuffle(members);
            }
        }
        lens.record(shuffled.to_string().as_bytes());
    }
    lens.anything(&mutate_bytes(random, text), &memory);
    let damaged = mutate_bytes(random, &memory);
    lens.damaged(&view, &damaged);
}

fn index(path: &str) -> Option<Vec<serde_json::Value>> {
    corpus::read(path).map(|text| serde_json::from_slice(&text).unwrap())
}

#[test]
fn lexicons_along_their_histories() {
    let Some(index) = index("atproto/pairs/index.json") else { return };
    let posts = corpus::read("atproto/real-records.jsonl").unwrap();
    let posts: Vec<Vec<u8>> =
        posts.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect();
    let mut totals = Totals::default();
    for entry in &index {
        let read = |key: &str| {
            let text = corpus::read(&format!("atproto/pairs/{}", entry[key].as_str().unwrap())).unwrap();
            parse("atproto", &String::from_utf8(text).unwrap())
        };
        let (Some(old), Some(new)) = (read("old"), read("new")) else {
            *totals.left.entry("does not parse".to_owned()).or_default() += 1;
            continue;
        };
        let records = if entry["nsid"] == "app.bsky.feed.post" { posts.as_slice() } else { &[] };
        let name = entry["old"].as_str().unwrap();
        pair(&mut totals, &format!("{name} up"), &old, &new, records);
        pair(&mut totals, &format!("{name} down"), &new, &old, records);
    }
    totals.tell("lexicons");
    assert!(totals.pairs >= 900, "{}", totals.pairs);
}

#[test]
fn json_schemas_along_their_histories() {
    let Some(index) = index("schemastore/index.json") else { return };
    let mut totals = Totals::default();
    for entry in &index {
        let folder = entry["schema"].as_str().unwrap();
        let read = |key: &str| {
            let text = corpus::read(&format!("schemastore/{}", entry[key].as_str().unwrap())).unwrap();
            parse("json-schema", &String::from_utf8(text).unwrap())
        };
        let (Some(old), Some(new)) = (read("old"), read("new")) else {
            *totals.left.entry("does not parse".to_owned()).or_default() += 1;
            continue;
        };
        // Large schemas with their documents are for the whole matrix.
        if old.len() + new.len() > 3000 && generated::cases(300) < 1000 {
            continue;
        }
        let documents = entry["records"].as_array().into_iter().flatten();
        let documents: Vec<Vec<u8>> = documents
            .filter_map(|record| record["doc"].as_str())
            .filter(|path| path.ends_with(".json"))
            .filter_map(|path| corpus::read(&format!("schemastore/{folder}/{path}")))
            .filter(|text| text.len() < 20_000)
            .take(6)
            .collect();
        let name = entry["old"].as_str().unwrap();
        pair(&mut totals, &format!("{name} up"), &old, &new, &documents);
        pair(&mut totals, &format!("{name} down"), &new, &old, &documents);
    }
    totals.tell("schemastore");
    assert!(totals.pairs >= 100, "{}", totals.pairs);
}

/// Payloads under the schema of another action of the same event, and under their own.
#[test]
fn payloads_of_webhooks() {
    let Some(schemas) = corpus::files("octokit-webhooks/payload-schemas", "json") else { return };
    let mut events: BTreeMap<String, Vec<(String, Arc<Schema>)>> = BTreeMap::new();
    let mut totals = Totals::default();
    for (path, text) in &schemas {
        let Some(schema) = parse("json-schema", &String::from_utf8_lossy(text)) else {
            *totals.left.entry("does not parse".to_owned()).or_default() += 1;
            continue;
        };
        let event = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        let action = path.file_name().unwrap().to_string_lossy().replace(".schema.json", "");
        events.entry(event).or_default().push((action, schema));
    }
    let examples = corpus::files("octokit-webhooks/payload-examples", "json").unwrap();
    for (event, actions) in &events {
        let payloads = |action: &str| -> Vec<Vec<u8>> {
            examples
                .iter()
                .filter(|(path, _)| path.parent().unwrap().file_name().unwrap().to_string_lossy() == *event)
                .filter(|(path, _)| {
                    action == "event" || path.file_name().unwrap().to_string_lossy().starts_with(action)
                })
                .map(|(_, text)| text.clone())
                .take(3)
                .collect()
        };
        for (at, (action, schema)) in actions.iter().enumerate() {
            let (other, target) = &actions[(at + 1) % actions.len()];
            pair(&mut totals, &format!("{event}: {action} to {other}"), schema, target, &payloads(action));
        }
    }
    totals.tell("webhooks");
}
