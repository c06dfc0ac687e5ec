//! What a person wants to know of a change: what is different, what breaks for whom, what is asked. And whether records
//! are what both schemas say. Told to the standard error, so that reports stay alone on the output.

use crate::drive::{lines, read};
use crate::engine::Derived;
use crate::story::{Answers, Story};
use panproto_core::compat::Verdicts;
use panproto_core::instance::{Options, Validator};
use panproto_core::language;
use panproto_core::limits::Budget;
use panproto_core::schema::Schema;
use std::cell::Cell;
use std::path::Path;

/// Lines of a kind that are told of the first root of a story, and of the others, which are much alike.
const TOLD: [usize; 2] = [12, 2];

/// Both schemas and what stands between them.
pub struct People {
    old: Schema,
    new: Schema,
    verdicts: Verdicts,
    told: Cell<bool>,
}

/// Parses a file with one document a line.
pub fn schema(language: &str, data: &Path, file: &str) -> Result<Schema, String> {
    let text = read(data, file)?;
    let documents: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
    let parsed = language::parse(language, &documents, &language::Options::default(), &mut Budget::default());
    parsed.into_result().map_err(|error| format!("{file}: {error}"))
}

impl People {
    /// Reads both schemas and compares them.
    pub fn meet(story: &Story, data: &Path) -> Result<People, String> {
        let old = schema(&story.language, data, &story.old)?;
        let new = schema(&story.language, data, &story.new)?;
        eprintln!("\n{}: {}", story.name, story.title);
        eprintln!("  {}: {} definitions and fields; {}: {}", story.old, old.len(), story.new, new.len());
        let verdicts = Verdicts::between(&old, &new, None);
        Ok(People { old, new, verdicts, told: Cell::new(false) })
    }

    /// Tells what happens to one root and its records.
    pub fn tell(
        &self,
        root: &str,
        records: &[u8],
        asked: &Derived,
        answers: &Answers,
        derived: &Derived,
    ) -> Result<(), String> {
        let [first, later] = TOLD;
        let most = if self.told.replace(true) { later } else { first };
        eprintln!("\n  {root}");
        if let Some(verdict) = self.verdicts.per_root.iter().find(|verdict| verdict.name == root) {
            eprintln!(
                "    new readers, old records: {}; old readers, new records: {}",
                verdict.backward, verdict.forward
            );
        }
        for (whom, verdict) in
            [("new readers", &self.verdicts.backward), ("old readers", &self.verdicts.forward)]
        {
            let findings = verdict.findings.iter().filter(|finding| is_under(&finding.path, root));
            list(most, findings.map(|finding| format!("{whom}: {finding}")));
        }
        let refused = refused(&self.new, root, records)?;
        let count = lines(records).count();
        match refused.first() {
            Some((at, why)) => eprintln!(
                "    as they are, {} of {count} records are not what new readers know (record {at}: {why})",
                refused.len()
            ),
            None => eprintln!("    as they are, all {count} records are what new readers know"),
        }
        list(most, asked.questions.iter().map(|question| format!("asks: {question}")));
        let hints = answers.hints.iter().map(|(from, to)| format!("answer: {from} is now {to}"));
        let defaults = answers.defaults.iter().filter(|(path, _)| {
            let last = path.rsplit('.').next().unwrap_or(path);
            asked.questions.iter().any(|question| question.contains(last))
        });
        let defaults = defaults.map(|(path, value)| format!("answer: {path} is {value} where there is none"));
        list(most, hints.chain(defaults));
        list(most, derived.changes.iter().cloned());
        Ok(())
    }

    /// Checks records against the old schema and views against the new one.
    pub fn check(&self, root: &str, records: &[u8], views: &[u8]) -> Result<(), String> {
        for (schema, text, what) in [(&self.old, records, "record"), (&self.new, views, "view")] {
            let refused = refused(schema, root, text)?;
            if let Some((at, why)) = refused.first() {
                return Err(format!("{what} {at} is not valid: {why}"));
            }
        }
        Ok(())
    }
}

/// The lines that a root refuses, and why.
pub fn refused(schema: &Schema, root: &str, text: &[u8]) -> Result<Vec<(usize, String)>, String> {
    let vertex = schema.root_named(root).ok_or_else(|| format!("there is no root `{root}`"))?.vertex;
    let mut validator = Validator::new(schema, Options::DEFAULT);
    let mut refused = Vec::new();
    for (at, line) in lines(text).enumerate() {
        match validator.first_raw(vertex, line, &mut Budget::default()) {
            Ok(None) => {}
            Ok(Some(violation)) => refused.push((at, format!("{} at {}", violation.message, violation.path))),
            Err(error) => refused.push((at, error.to_string())),
        }
    }
    Ok(refused)
}

/// Whether a path leads to or into a root.
fn is_under(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
}

fn list(most: usize, texts: impl Iterator<Item = String>) {
    let texts: Vec<String> = texts.collect();
    for text in texts.iter().take(most) {
        let cut: String = text.chars().take(160).collect();
        eprintln!("    {cut}");
    }
    if texts.len() > most {
        eprintln!("    … and {} more", texts.len() - most);
    }
}
