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
use std::path::Path;

/// Lines of a kind that are told of one root.
const TOLD: usize = 12;

/// Both schemas and what stands between them.
pub struct People {
    old: Schema,
    new: Schema,
    verdicts: Verdicts,
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
        Ok(People { old, new, verdicts })
    }

    /// Tells what happens to one root.
    pub fn tell(&self, root: &str, asked: &Derived, answers: &Answers, derived: &Derived) {
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
            let findings = verdict.findings.iter().filter(|finding| finding.path.starts_with(root));
            list(findings.map(|finding| format!("{whom}: {finding}")));
        }
        list(asked.questions.iter().map(|question| format!("asks: {question}")));
        if !asked.questions.is_empty() {
            let hints = answers.hints.iter().map(|(from, to)| format!("answer: {from} is now {to}"));
            let answered = |path: &str| {
                let last = path.rsplit('.').next().unwrap_or(path);
                asked.questions.iter().any(|question| question.contains(last))
            };
            let defaults = answers.defaults.iter().filter(|(path, _)| answered(path));
            list(hints.chain(
                defaults.map(|(path, value)| format!("answer: {path} is {value} where there is none")),
            ));
        }
        list(derived.changes.iter().cloned());
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

fn list(texts: impl Iterator<Item = String>) {
    let texts: Vec<String> = texts.collect();
    for text in texts.iter().take(TOLD) {
        let cut: String = text.chars().take(160).collect();
        eprintln!("    {cut}");
    }
    if texts.len() > TOLD {
        eprintln!("    … and {} more", texts.len() - TOLD);
    }
}
