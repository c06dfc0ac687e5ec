//! One story: derive, convert, edit, convert back, check the laws, and digest everything that came out.

use crate::engine::{Derived, Engine, Operation, Refusal, report};
use crate::people::People;
use crate::story::{Edit, Part, RefusedEdit, Story};
use panproto_core::boundary::Handle;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::{Duration, Instant};

/// What ran, summed over the parts of a story.
#[derive(Default)]
struct Totals {
    records: usize,
    refused: usize,
    changed: usize,
    edited: usize,
    complement_bytes: usize,
    forward: Duration,
    broken: Vec<String>,
    /// Over the digests of all outputs, in order.
    digest: Sha256,
}

/// Runs a story and answers with its report, one line of JSON.
pub fn run(story: &Story, data: &Path) -> Result<String, String> {
    let mut engine = Engine::new();
    let people = People::meet(story, data)?;
    let [old, new] = [&story.old, &story.new].map(|file| {
        let text = read(data, file)?;
        let text = std::str::from_utf8(&text).map_err(|error| format!("{file}: {error}"))?.to_owned();
        engine.parse(&story.language, &text.lines().collect::<Vec<_>>())
    });
    let (old, new) = (old?, new?);
    let mut totals = Totals::default();
    for part in &story.parts {
        let answers = story.answers.and(&part.answers);
        let asked = engine.between(&old, &new, &part.root, &Default::default())?;
        let derived = engine.between(&old, &new, &part.root, &answers)?;
        let records = read(data, &part.records)?;
        people.tell(&part.root, &records, &asked, &answers, &derived)?;
        let done = open(&mut engine, &derived).and_then(|lens| {
            let kept = totals.part(&mut engine, lens, &records, part)?;
            people.check(&part.root, &kept, &engine.output.first)
        });
        if let Err(why) = done {
            totals.broken.push(format!("{}: {why}", part.root));
        }
    }
    for (root, why) in &story.left_out {
        eprintln!("  left out: {root}: {why}");
    }
    for broken in totals.broken.iter().take(20) {
        eprintln!("  broken: {broken}");
    }
    Ok(totals.report(&story.name))
}

fn open(engine: &mut Engine, derived: &Derived) -> Result<Handle, String> {
    match derived.questions.as_slice() {
        [] => engine.open(derived),
        open => Err(format!("{} questions are open: {}", open.len(), open.join("; "))),
    }
}

impl Totals {
    /// Forward, back, edited, back again, forward again. Answers with the records that have views, and leaves those in the
    /// output of the engine.
    fn part(
        &mut self,
        engine: &mut Engine,
        lens: Handle,
        all: &[u8],
        part: &Part,
    ) -> Result<Vec<u8>, String> {
        let mut refusals = Vec::new();
        let mut best = Duration::MAX;
        // Twice: what runs first also fills caches.
        for _ in 0..2 {
            let started = Instant::now();
            refusals = engine.get(lens, all)?;
            best = best.min(started.elapsed());
        }
        self.forward += best;
        let mut told = String::new();
        for (at, Refusal { record, code, path }) in refusals.iter().enumerate() {
            told.push_str(&format!("{record} {code} {path}\n"));
            if at < 2 {
                eprintln!("    refused: record {record}: {code} at {path}");
            }
        }
        let refused = |at: usize| refusals.iter().any(|refusal| refusal.record == at);
        let records = lines(all).enumerate().filter(|(at, _)| !refused(*at)).map(|(_, line)| line);
        let records = &*records.collect::<Vec<_>>().concat();
        let (views, complements) = (engine.output.first.clone(), engine.output.second.clone());
        self.complement_bytes += complements.len();

        engine.run(Operation::Put, lens, &framed(&complements, &views))?;
        let restored = engine.output.first.clone();
        self.compare("put(get(s)) is s", records, &restored);

        let (edited, count) = edit(&views, &part.edits, self.records);
        engine.run(Operation::Put, lens, &framed(&complements, &edited))?;
        let saved = engine.output.first.clone();
        let touched = lines(records).zip(lines(&saved)).filter(|(before, after)| before != after).count();
        if touched != count {
            self.broken.push(format!("{count} views were edited, and {touched} records are changed by it"));
        }
        engine.run(Operation::Lift, lens, &saved)?;
        self.compare("get(put(v)) is v", &edited, &engine.output.first);

        for refused in &part.refused_edits {
            let error = refusal(engine, lens, records, &views, refused)?;
            if error != refused.error {
                self.broken.push(format!("an edit is refused with `{error}`, not with `{}`", refused.error));
            }
            told.push_str(&format!("{error}\n"));
        }

        for bytes in [&*views, &complements, told.as_bytes(), &restored, &saved] {
            self.digest.update(Sha256::digest(bytes));
        }
        self.edited += count;
        self.records += lines(all).count();
        self.refused += refusals.len();
        self.changed += lines(records).zip(lines(&views)).filter(|(record, view)| record != view).count();
        engine.output.first = views;
        Ok(records.to_vec())
    }

    fn compare(&mut self, law: &str, expected: &[u8], found: &[u8]) {
        if expected == found {
            return;
        }
        let differs = lines(expected).zip(lines(found)).position(|(expected, found)| expected != found);
        let at = self.records + differs.unwrap_or_else(|| lines(expected).count().min(lines(found).count()));
        self.broken.push(format!("{law}: record {at}"));
        if let Some(at) = differs
            && let (Some(expected), Some(found)) = (lines(expected).nth(at), lines(found).nth(at))
        {
            self.broken.push(format!("  expected {}", String::from_utf8_lossy(expected)));
            self.broken.push(format!("  found    {}", String::from_utf8_lossy(found)));
        }
    }

    fn report(self, story: &str) -> String {
        let seconds = self.forward.as_secs_f64();
        let digest: String = self.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        report(&[
            ("story", story.into()),
            ("host", "native".into()),
            ("records", self.records.into()),
            ("records_per_second", ((self.records as f64 / seconds).round() as u64).into()),
            ("digest", digest.into()),
            ("laws", self.broken.is_empty().into()),
            ("refused", self.refused.into()),
            ("changed", self.changed.into()),
            ("edited", self.edited.into()),
            ("complement_bytes", self.complement_bytes.into()),
        ])
    }
}

/// The input of `put`: length of the complements, complements, views.
fn framed(complements: &[u8], views: &[u8]) -> Vec<u8> {
    let length = u32::try_from(complements.len()).unwrap_or(u32::MAX);
    let mut input = Vec::with_capacity(4 + complements.len() + views.len());
    input.extend_from_slice(&length.to_le_bytes());
    input.extend_from_slice(complements);
    input.extend_from_slice(views);
    input
}

/// What `put` says to an edit that no record carries.
fn refusal(
    engine: &mut Engine,
    lens: Handle,
    records: &[u8],
    views: &[u8],
    edit: &RefusedEdit,
) -> Result<String, String> {
    let find = edit.find.as_bytes();
    let has = |line: &[u8]| line.windows(find.len()).any(|window| window == find);
    let record = lines(records).zip(lines(views)).find(|(_, view)| has(view)).map(|(record, _)| record);
    let record = record.ok_or_else(|| format!("no view has {}", edit.find))?;
    engine.get(lens, record)?;
    let view = String::from_utf8_lossy(&engine.output.first).replacen(&edit.find, &edit.replace, 1);
    let input = framed(&engine.output.second, view.as_bytes());
    let refused = engine.refusal(Operation::Put, lens, &input);
    Ok(refused.unwrap_or_else(|| "nothing".to_owned()))
}

/// Views with their edits, and how many lines those changed. Lines count from the first of the story.
fn edit(views: &[u8], edits: &[Edit], first: usize) -> (Vec<u8>, usize) {
    let mut out = Vec::with_capacity(views.len() + 1024);
    let mut count = 0;
    for (at, line) in lines(views).enumerate() {
        let mut edited = line.to_vec();
        for edit in edits.iter().filter(|edit| (first + at).is_multiple_of(edit.every)) {
            let find = edit.find.as_bytes();
            if let Some(place) = edited.windows(find.len()).position(|window| window == find) {
                edited.splice(place..place + find.len(), edit.replace.bytes());
            }
        }
        count += usize::from(edited != line);
        out.extend_from_slice(&edited);
    }
    (out, count)
}

/// Lines with their ends.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|byte| *byte == b'\n')
}

/// A file of the data folder.
pub fn read(data: &Path, file: &str) -> Result<Vec<u8>, String> {
    let path = data.join(file);
    std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The file with the published examples that the records of a part are made from.
pub fn examples(part: &Part) -> Option<String> {
    part.records.strip_prefix("webhooks/").map(|name| format!("examples/{name}"))
}
