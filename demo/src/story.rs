//! `stories.json`: what is migrated, from where to where, with which answers and edits. All hosts read the same file.

use serde_json::{Map, Value};
use std::path::Path;

/// One pair of schemas with records.
pub struct Story {
    /// What reports call it.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// Language of both schemas.
    pub language: String,
    /// File with the documents that records are written under, one a line.
    pub old: String,
    /// File with the documents that readers know, one a line.
    pub new: String,
    /// Answers that hold for all parts.
    pub answers: Answers,
    /// Roots with their records.
    pub parts: Vec<Part>,
    /// Kinds of records that are left out, and why.
    pub left_out: Vec<(String, String)>,
}

/// Records of one root.
pub struct Part {
    /// Name of the root, the same on both sides.
    pub root: String,
    /// File with the records.
    pub records: String,
    /// Answers of its own.
    pub answers: Answers,
    /// What is done to the views.
    pub edits: Vec<Edit>,
    /// Edits of one view that its record cannot carry.
    pub refused_edits: Vec<RefusedEdit>,
}

/// What a person says where a migration asks.
#[derive(Clone, Default)]
pub struct Answers {
    /// Where members went; nothing where they are gone.
    pub hints: Map<String, Value>,
    /// Values where the source has none.
    pub defaults: Map<String, Value>,
    /// Whether unions that cannot be told apart otherwise are found by validating.
    pub exactly_one: bool,
}

/// In every `every`-th line of the views the first `find` becomes `replace`.
pub struct Edit {
    /// Of how many lines one is edited.
    pub every: usize,
    /// Text of a view.
    pub find: String,
    /// What it becomes.
    pub replace: String,
}

/// The first `find` of the first view that has it becomes `replace`, and `put` refuses that.
pub struct RefusedEdit {
    /// Text of a view.
    pub find: String,
    /// What it becomes.
    pub replace: String,
    /// Code and path of the error.
    pub error: String,
}

impl Answers {
    fn of(value: &Value) -> Answers {
        let map = |key: &str| value.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
        Answers {
            hints: map("hints"),
            defaults: map("defaults"),
            exactly_one: value.get("match").and_then(Value::as_str) == Some("exactly-one"),
        }
    }

    /// These answers and those of a part.
    pub fn and(&self, other: &Answers) -> Answers {
        let mut all = self.clone();
        all.hints.extend(other.hints.clone());
        all.defaults.extend(other.defaults.clone());
        all.exactly_one |= other.exactly_one;
        all
    }
}

/// Reads the file.
pub fn read(path: &Path) -> Result<Vec<Story>, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| format!("{shown}: {error}"))?;
    let stories = array(&value, "stories").iter().map(story).collect::<Result<_, _>>();
    stories.map_err(|key| format!("{shown}: no `{key}`"))
}

fn story(value: &Value) -> Result<Story, String> {
    let left_out = array(value, "left_out").iter();
    Ok(Story {
        name: text(value, "name")?,
        title: text(value, "title")?,
        language: text(value, "language")?,
        old: text(value, "old")?,
        new: text(value, "new")?,
        answers: Answers::of(value),
        parts: array(value, "parts").iter().map(part).collect::<Result<_, _>>()?,
        left_out: left_out
            .map(|out| Ok((text(out, "root")?, text(out, "why")?)))
            .collect::<Result<_, String>>()?,
    })
}

fn part(value: &Value) -> Result<Part, String> {
    let edits = array(value, "edits").iter().map(|edit| {
        let every = edit.get("every").and_then(Value::as_u64).ok_or("every")?;
        Ok(Edit {
            every: usize::try_from(every).unwrap_or(usize::MAX).max(1),
            find: text(edit, "find")?,
            replace: text(edit, "replace")?,
        })
    });
    let refused_edits = array(value, "refused_edits").iter().map(|edit| {
        let error = format!("{} {}", text(edit, "code")?, text(edit, "path")?);
        Ok(RefusedEdit { find: text(edit, "find")?, replace: text(edit, "replace")?, error })
    });
    Ok(Part {
        root: text(value, "root")?,
        records: text(value, "records")?,
        answers: Answers::of(value),
        edits: edits.collect::<Result<_, String>>()?,
        refused_edits: refused_edits.collect::<Result<_, String>>()?,
    })
}

fn text(value: &Value, key: &str) -> Result<String, String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| key.to_owned())
}

fn array<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
