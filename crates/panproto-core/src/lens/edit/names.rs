//! Names that stand for values while a record goes through a lens.

use crate::diagnostic::{Diagnostic, Error, Kind as ErrorKind, Path, Result};
use crate::instance::{TreeInstance, Value};
use crate::ordered::{Arrange, BTreeMap};
use crate::schema::Digest;
use crate::value::{Json, JsonKind};

/// The JSON type of a value that is not known; a name of it has the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Text,
    Integer,
    Number,
    Object,
    Array,
}

impl Look {
    const ALL: [(Look, &'static str); 5] = [
        (Look::Text, "string"),
        (Look::Integer, "integer"),
        (Look::Number, "number"),
        (Look::Object, "object"),
        (Look::Array, "array"),
    ];

    pub(super) fn as_str(self) -> &'static str {
        Look::ALL.iter().find(|(look, _)| *look == self).map_or("string", |(_, text)| text)
    }

    pub(super) fn read(text: &str) -> Option<Look> {
        Look::ALL.iter().find(|(_, known)| *known == text).map(|(look, _)| *look)
    }

    /// That of a value for which a name may stand; `null`, `true` and `false` stay, and so do numbers of which one
    /// has to compute whether they are integers.
    pub(super) fn of(value: &Json) -> Option<Look> {
        let text = value.as_str();
        match value.tree().root().kind() {
            JsonKind::String => Some(Look::Text),
            JsonKind::Object => Some(Look::Object),
            JsonKind::Array => Some(Look::Array),
            JsonKind::Number if text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit()) => {
                Some(Look::Integer)
            }
            JsonKind::Number if text.contains(['e', 'E']) => None,
            JsonKind::Number => {
                let fraction = text.rsplit('.').next().unwrap_or_default();
                fraction.bytes().any(|digit| digit != b'0').then_some(Look::Number)
            }
            JsonKind::Null | JsonKind::Bool => None,
        }
    }
}

/// Whose value a name stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// That of a leaf.
    Leaf(u32),
    /// That of a member that the schema does not describe: its holder, its key as it is spelled.
    Extra(u32, Json),
}

/// The names of one run.
#[derive(Debug)]
pub(super) struct Names {
    /// What no value of the record contains: a digest of the record.
    mark: (String, String),
    owners: Vec<(Owner, Option<Value>)>,
    texts: BTreeMap<String, usize>,
    by_owner: BTreeMap<Owner, (String, Look)>,
}

impl Names {
    /// No names yet; none that is made will be met in the record.
    pub(super) fn for_record(record: &TreeInstance) -> Names {
        let digest = Digest::of("panproto names of values 1", record.to_wire().as_str().as_bytes());
        let hex: String = digest.0.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let number = digest.0.iter().take(16).fold(0u128, |sum, byte| sum << 8 | u128::from(*byte));
        let mark = (hex, format!("1{number:039}"));
        Names { mark, owners: Vec::new(), texts: BTreeMap::new(), by_owner: BTreeMap::new() }
    }

    /// A new name, of a value that may be known.
    pub(super) fn name(&mut self, owner: Owner, look: Look, known: Option<Value>) -> Json {
        let index = self.owners.len();
        let (hex, digits) = &self.mark;
        let text = match look {
            Look::Text => format!("\"{hex}.{index}\""),
            Look::Integer => format!("{digits}{index:010}"),
            Look::Number => format!("{digits}{index:010}.5"),
            Look::Object => format!("{{\"{hex}.{index}\":0}}"),
            Look::Array => format!("[\"{hex}.{index}\"]"),
        };
        self.texts.insert(text.clone(), index);
        self.by_owner.insert(owner.clone(), (text.clone(), look));
        self.owners.push((owner, known));
        Json::trusted(text)
    }

    /// The name of something.
    pub(super) fn of(&self, owner: &Owner) -> Option<(Json, Look)> {
        self.by_owner.get(owner).map(|(text, look)| (Json::trusted(text.clone()), *look))
    }

    /// Whose name a text is, and the value, where it is known.
    pub(super) fn find(&self, text: &str) -> Option<(&Owner, Option<&Value>)> {
        let (owner, known) = self.owners.get(*self.texts.get(text)?)?;
        Some((owner, known.as_ref()))
    }

    /// Whose names stand in a text, and whether their values are known.
    pub(super) fn within(&self, text: &Json) -> Vec<(&Owner, bool)> {
        let (hex, digits) = &self.mark;
        if !text.as_str().contains(hex.as_str()) && !text.as_str().contains(digits.as_str()) {
            return Vec::new();
        }
        let tree = text.tree();
        let (mut open, mut found) = (vec![tree.root()], Vec::new());
        while let Some(value) = open.pop() {
            match self.find(value.raw_str()) {
                Some((owner, known)) => found.push((owner, known.is_some())),
                None => {
                    open.extend(value.members().map(|(_, inner)| inner));
                    open.extend(value.items());
                }
            }
        }
        found
    }

    /// A text with values in place of names that stand within it.
    ///
    /// # Errors
    /// `needs-record` of a value that is not known.
    pub(super) fn filled_in(&self, text: &Json, path: impl Fn() -> Path) -> Result<Option<Json>> {
        let (hex, digits) = &self.mark;
        if !text.as_str().contains(hex.as_str()) && !text.as_str().contains(digits.as_str()) {
            return Ok(None);
        }
        let tree = text.tree();
        let (mut open, mut found) = (vec![tree.root()], Vec::new());
        while let Some(value) = open.pop() {
            match self.find(value.raw_str()) {
                Some((_, Some(known))) => found.push((value.span(), known.json().as_str())),
                Some((_, None)) => return Err(unknown(path())),
                None if value.is_object() => open.extend(value.members().map(|(_, inner)| inner)),
                None if value.is_array() => open.extend(value.items()),
                None => {}
            }
        }
        found.arrange_by_key(|(span, _)| span.start);
        let (mut out, mut at) = (String::with_capacity(text.as_str().len()), 0);
        for (span, known) in found {
            out.push_str(text.as_str().get(at..span.start as usize).unwrap_or_default());
            out.push_str(known);
            at = span.end as usize;
        }
        out.push_str(text.as_str().get(at..).unwrap_or_default());
        Ok(Some(Json::trusted(out)))
    }
}

/// A value that the edit lens does not know stands where something has to look at it.
#[cold]
pub(super) fn unknown(path: Path) -> Error {
    let message = "the lens has to look at a value here that the view showed, and that no state has";
    Diagnostic::new(ErrorKind::Lens, "needs-record", message)
        .at(path)
        .help("open the lens again on the edited record")
        .boxed()
}
