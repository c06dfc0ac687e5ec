//! One case of the laws, for both engines.

use super::answer::derive_computing;
use crate::both::Both;
use panproto_core::align::Hints;
use panproto_core::diagnostic::{Error, Kind};
use panproto_core::instance::{Options, Validator, Validity};
use panproto_core::language;
use panproto_core::lens::Machine;
use panproto_core::lens::laws::{Fills, same_tokens};
use panproto_core::limits::{Budget, Limits};
use panproto_core::ordered::BTreeSet;
use panproto_core::schema::Schema;
use panproto_core::value::{Json, Tree};
use serde_json::{Value, json};
use std::sync::Arc;

/// What is tried on one lens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    pub language: String,
    pub old: String,
    pub new: String,
    /// Hints: `fields`, `defaults`, `match_one`, `trust`.
    pub hints: Value,
    /// What is computed beside what is found: a seed, 0 for nothing.
    pub computing: u64,
    /// A record of the old schema, valid or not.
    pub record: String,
    /// Another one, whose complement is used for views that are not of it.
    pub other: String,
    /// The record's view, edited.
    pub edits: Vec<String>,
}

impl Case {
    pub fn to_json(&self) -> Value {
        json!({
            "language": self.language, "old": self.old, "new": self.new, "hints": self.hints,
            "computing": self.computing, "record": self.record, "other": self.other, "edits": self.edits,
        })
    }

    pub fn from_json(value: &Value) -> Case {
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Case {
            language: text("language"),
            old: text("old"),
            new: text("new"),
            hints: value["hints"].clone(),
            computing: value["computing"].as_u64().unwrap_or(0),
            record: text("record"),
            other: text("other"),
            edits: value["edits"]
                .as_array()
                .map(|edits| edits.iter().filter_map(|edit| edit.as_str().map(str::to_owned)).collect())
                .unwrap_or_default(),
        }
    }
}

pub fn hints_from(value: &Value) -> Hints {
    let entries = |name: &str| value[name].as_object().cloned().unwrap_or_default();
    let list = |name: &str| {
        let list = value[name].as_array().cloned().unwrap_or_default();
        list.into_iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    Hints {
        fields: entries("fields")
            .into_iter()
            .map(|(from, to)| (from, to.as_str().map(str::to_owned)))
            .collect(),
        defaults: entries("defaults")
            .into_iter()
            .map(|(path, value)| (path, Json::parse(value.as_str().unwrap_or("null")).unwrap()))
            .collect(),
        match_one: list("match_one"),
        trust: list("trust"),
        ..Hints::default()
    }
}

pub fn hints_to(hints: &Hints) -> Value {
    let defaults: serde_json::Map<String, Value> =
        hints.defaults.iter().map(|(path, value)| (path.clone(), value.as_str().into())).collect();
    let fields: serde_json::Map<String, Value> =
        hints.fields.iter().map(|(path, to)| (path.clone(), json!(to))).collect();
    let list = |paths: &BTreeSet<String>| paths.iter().cloned().collect::<Vec<_>>();
    json!({"fields": fields, "defaults": defaults, "match_one": list(&hints.match_one), "trust": list(&hints.trust)})
}

pub fn parse(language: &str, text: &str) -> Option<Arc<Schema>> {
    language::parse(language, &[text.as_bytes()], &language::Options::default(), &mut Budget::default())
        .schema
        .map(Arc::new)
}

pub fn validity(schema: &Schema, text: &[u8]) -> Validity {
    let Ok(tree) = Tree::parse(text, &Limits::DEFAULT) else { return Validity::Invalid };
    Validator::new(schema, Options::DEFAULT)
        .is_valid(schema.main(), tree.root(), &mut Budget::default())
        .unwrap_or_else(|error| panic!("validation: {error}"))
}

fn why(schema: &Schema, text: &[u8]) -> String {
    let tree = Tree::parse(text, &Limits::DEFAULT).unwrap();
    let first =
        Validator::new(schema, Options::DEFAULT).first(schema.main(), tree.root(), &mut Budget::default());
    first.unwrap().map_or_else(String::new, |finding| finding.diagnostic().to_string())
}

/// What was tried, for tables and to see that a test tries something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub records: u64,
    pub valid: u64,
    pub viewed: u64,
    pub edits: u64,
    pub in_domain: u64,
    pub carried: u64,
    pub created: u64,
    pub given_up: u64,
}

impl Tally {
    pub fn add(&mut self, other: Tally) {
        self.records += other.records;
        self.valid += other.valid;
        self.viewed += other.viewed;
        self.edits += other.edits;
        self.in_domain += other.in_domain;
        self.carried += other.carried;
        self.created += other.created;
        self.given_up += other.given_up;
    }
}

/// One lens on which records are tried.
pub struct Lens {
    pub both: Both,
    fills: Fills,
    pub source: Arc<Schema>,
    pub target: Arc<Schema>,
    pub tally: Tally,
}

fn show(text: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(text)
}

/// Codes are words, and failures of ours are none that a record may cause.
fn coded(error: &Error) {
    assert!(
        !error.code.is_empty() && error.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'),
        "not a code: {error}"
    );
    assert!(
        matches!(error.kind, Kind::Parse | Kind::Data | Kind::Lens | Kind::Limit),
        "{:?} {error} is not what a record may cause",
        error.kind
    );
    assert!(
        error.path.is_some()
            || matches!(error.kind, Kind::Parse | Kind::Limit)
            || error.code.starts_with("complement"),
        "no path: {error}"
    );
}

impl Lens {
    pub fn new(machine: Arc<Machine>) -> Lens {
        Lens {
            fills: Fills::of(&machine),
            source: machine.source.clone(),
            target: machine.target.clone(),
            both: Both::new(machine),
            tally: Tally::default(),
        }
    }

    /// The view of a record and its memory, after the laws of unedited views; none where it has no view.
    pub fn record(&mut self, record: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        self.tally.records += 1;
        let valid = validity(&self.source, record);
        self.tally.valid += u64::from(valid.is_valid());
        let (view, memory) = match self.both.get_bytes(record) {
            Ok(both) => both,
            Err(error) => {
                coded(&error);
                return None;
            }
        };
        self.tally.viewed += 1;
        if !valid.is_valid() {
            // Outside the domain; both engines still have to agree.
            if let Err(error) = self.both.put_bytes(&view, Some(&memory)) {
                coded(&error);
            }
            return Some((view, memory));
        }
        // Exact or explicit: the view of a valid record is valid.
        assert!(
            !validity(&self.target, &view).is_invalid(),
            "EXACT: the view of a valid record is invalid\nrecord {}\nview   {}\n{}",
            show(record),
            show(&view),
            why(&self.target, &view)
        );
        match self.both.put_bytes(&view, Some(&memory)) {
            Ok((back, notes)) => {
                assert!(
                    same_tokens(record, &back),
                    "GETPUT: the record does not come back\nrecord {}\nview   {}\nback   {}",
                    show(record),
                    show(&view),
                    show(&back)
                );
                assert!(
                    notes.is_empty(),
                    "GETPUT: notes about an unedited view: {notes:?}\n{}",
                    show(record)
                );
            }
            Err(error) => panic!(
                "GETPUT: the unedited view is refused: {error}\nrecord {}\nview   {}",
                show(record),
                show(&view)
            ),
        }
        Some((view, memory))
    }

    /// PutGet: an edit is refused, or it is in the record.
    pub fn edit(&mut self, edited: &[u8], memory: Option<&[u8]>) {
        self.tally.edits += 1;
        let valid = validity(&self.target, edited);
        let record = match self.both.put_bytes(edited, memory) {
            Ok((record, _)) => record,
            Err(error) => {
                coded(&error);
                return;
            }
        };
        match memory {
            Some(_) => self.tally.carried += 1,
            None => self.tally.created += 1,
        }
        if !valid.is_valid() {
            // Outside the domain. It has to be a record of which both engines say the same.
            let _ = self.both.get_bytes(&record);
            return;
        }
        self.tally.in_domain += 1;
        assert!(
            !validity(&self.source, &record).is_invalid(),
            "PUTGET: put gives an invalid record\nview   {}\nrecord {}\n{}",
            show(edited),
            show(&record),
            why(&self.source, &record)
        );
        match self.both.get_bytes(&record) {
            Ok((again, _)) => assert!(
                self.fills.same_view(edited, &again),
                "PUTGET: the edit is not in the record\nview   {}\nrecord {}\nagain  {}",
                show(edited),
                show(&record),
                show(&again)
            ),
            Err(error) => panic!(
                "PUTGET: the record has no view: {error}\nview   {}\nrecord {}",
                show(edited),
                show(&record)
            ),
        }
    }

    /// Text that may be anything: both engines agree, errors are coded.
    pub fn anything(&mut self, text: &[u8], memory: &[u8]) {
        if let Err(error) = self.both.get_bytes(text) {
            coded(&error);
        }
        if let Err(error) = self.both.put_bytes(text, Some(memory)) {
            coded(&error);
        }
    }

    /// A complement that may be anything: a coded error, or a record that both engines write the same.
    pub fn damaged(&mut self, view: &[u8], memory: &[u8]) {
        match self.both.put_bytes(view, Some(memory)) {
            Err(error) => coded(&error),
            // Damage that is not noticed is that of another record: PutGet holds.
            Ok(_) => self.edit(view, Some(memory)),
        }
    }
}

impl Case {
    pub fn lens(&self) -> Option<Lens> {
        let (old, new) = (parse(&self.language, &self.old)?, parse(&self.language, &self.new)?);
        derive_computing(&old, &new, &hints_from(&self.hints), self.computing).ok().map(Lens::new)
    }

    /// Checks everything. None where the schemas have no lens.
    pub fn check(&self) -> Option<Tally> {
        let mut lens = self.lens()?;
        self.check_on(&mut lens);
        Some(lens.tally)
    }

    pub fn check_on(&self, lens: &mut Lens) {
        let own = lens.record(self.record.as_bytes());
        let other = (!self.other.is_empty()).then(|| lens.record(self.other.as_bytes())).flatten();
        let Some((view, memory)) = own else { return };
        lens.edit(&view, None);
        for edit in &self.edits {
            lens.edit(edit.as_bytes(), Some(&memory));
            lens.edit(edit.as_bytes(), None);
        }
        if let Some((other_view, other_memory)) = &other {
            lens.edit(&view, Some(other_memory));
            lens.edit(other_view, Some(&memory));
        }
    }
}
