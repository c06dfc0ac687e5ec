//! A dry run of a lens over records: which of them have a view, and which of these are valid.
//!
//! The view of every record is made, validated against the target as a whole, and thrown away. Lines come in chunks
//! of any size; what is kept is bounded.

use super::engine::Engine;
use crate::diagnostic::{Error, Kind, Result};
use crate::instance::{Options, Validator, Violation};
use crate::limits::Budget;
use crate::ordered::BTreeMap;
use crate::schema::{Schema, VertexId};
use crate::value::Tree;
use crate::value::ndjson::{Line, Lines};

/// How many failing records are kept; all are counted.
pub const KEPT: usize = 1_000;

/// Why a record failed, in the words of published releases.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are named as they are on the wire, and each is what its name says"
)]
pub enum FailureReason {
    /// A value does not satisfy a constraint of the target.
    ConstraintViolation { constraint: String, value: String },
    /// A required member is absent and has no default.
    MissingRequiredField { field: String },
    /// A value is of another type.
    TypeMismatch { expected: String, got: String },
    /// An expression failed on it.
    ExprEvalFailed { expr_name: String, error: String },
}

/// A record that has no valid view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFailure {
    /// Its index; blank lines do not count.
    pub record: u64,
    /// Its line, from 1.
    pub line: u64,
    /// Byte offset of its first byte.
    pub offset: u64,
    /// Where in the record; in the view where the view is what is wrong.
    pub path: String,
    /// The path is one of the view.
    pub in_view: bool,
    /// Stable code of the error.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// The published reason.
    pub reason: FailureReason,
}

/// What a dry run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoverageReport {
    /// Records.
    pub total: u64,
    /// Records with a valid view.
    pub succeeded: u64,
    /// Those among them of which it is not known whether the view is valid.
    pub undecided: u64,
    /// Records without.
    pub failed: u64,
    /// Lines that hold nothing.
    pub blank: u64,
    /// How often each code came.
    pub codes: BTreeMap<&'static str, u64>,
    /// The first failing records.
    pub failures: Vec<RecordFailure>,
}

impl CoverageReport {
    /// The part of the records that have a valid view; 1 where there are none.
    pub fn ratio(&self) -> f64 {
        if self.total == 0 { 1.0 } else { self.succeeded as f64 / self.total as f64 }
    }
}

/// A dry run under way.
pub struct Coverage<'l, E> {
    engine: E,
    validator: Validator<'l>,
    root: VertexId,
    lines: Lines,
    view: Vec<u8>,
    report: CoverageReport,
}

impl<'l, E: Engine> Coverage<'l, E> {
    /// A run of an engine whose views stand at `root` of `target`.
    pub fn new(engine: E, target: &'l Schema, root: VertexId, budget: &Budget) -> Coverage<'l, E> {
        let options = Options { findings: 1, ..Options::DEFAULT };
        Coverage {
            engine,
            validator: Validator::new(target, options),
            root,
            lines: Lines::new(budget.limits().record_bytes),
            view: Vec::new(),
            report: CoverageReport::default(),
        }
    }

    /// Runs over the lines that end in a chunk.
    ///
    /// # Errors
    /// `cancelled`, `limit-steps`: what ends the whole run. A failing record does not.
    pub fn feed(&mut self, chunk: &[u8], budget: &mut Budget) -> Result<()> {
        let mut lines = std::mem::replace(&mut self.lines, Lines::new(0));
        let run = lines.feed(chunk).try_for_each(|line| self.line(&line, budget));
        self.lines = lines;
        run
    }

    /// Runs over the last line, and gives what was found.
    ///
    /// # Errors
    /// As [`Coverage::feed`].
    pub fn finish(mut self, budget: &mut Budget) -> Result<CoverageReport> {
        let mut lines = std::mem::replace(&mut self.lines, Lines::new(0));
        if let Some(line) = lines.finish() {
            self.line(&line, budget)?;
        }
        self.report.blank = lines.position().blank;
        Ok(self.report)
    }

    fn line(&mut self, line: &Line<'_>, budget: &mut Budget) -> Result<()> {
        let place = (line.number, line.offset);
        match &line.record {
            Ok(record) => self.record(record, place, budget),
            Err(error) => {
                self.report.total += 1;
                self.failed(b"", place, error.clone(), false);
                Ok(())
            }
        }
    }

    /// Runs over one record. `place` is its line and its offset.
    ///
    /// # Errors
    /// As [`Coverage::feed`].
    pub fn record(&mut self, record: &[u8], place: (u64, u64), budget: &mut Budget) -> Result<()> {
        budget.spend(1 + record.len() as u64)?;
        self.report.total += 1;
        self.view.clear();
        if let Err(error) = self.engine.get(record, &mut self.view, None) {
            if matches!(error.kind, Kind::Cancelled | Kind::Internal) {
                return Err(error);
            }
            self.failed(record, place, error, false);
            return Ok(());
        }
        let view = std::mem::take(&mut self.view);
        let tree = Tree::parse(&view, budget.limits())?;
        let found = self.validator.first(self.root, tree.root(), budget)?;
        match found {
            None => self.report.succeeded += 1,
            Some(violation) if !violation.validity.is_invalid() => {
                self.report.succeeded += 1;
                self.report.undecided += 1;
            }
            Some(violation) => self.invalid(&view, place, &violation),
        }
        self.view = view;
        Ok(())
    }

    #[cold]
    fn invalid(&mut self, view: &[u8], place: (u64, u64), violation: &Violation) {
        self.failed(view, place, violation.diagnostic().boxed(), true);
    }

    #[cold]
    fn failed(&mut self, text: &[u8], place: (u64, u64), error: Error, in_view: bool) {
        self.report.failed += 1;
        *self.report.codes.entry(error.code).or_default() += 1;
        if self.report.failures.len() < KEPT {
            self.report.failures.push(RecordFailure {
                record: self.report.total - 1,
                line: place.0,
                offset: place.1,
                reason: reason(text, &error),
                path: error.path.unwrap_or_default(),
                in_view,
                code: error.code,
                message: error.message.into_owned(),
            });
        }
    }
}

/// Codes with which expressions fail on a record.
const FAILURES_OF_EXPRESSIONS: [&str; 13] = [
    "division-by-zero",
    "empty-list",
    "expr-type-mismatch",
    "float-overflow",
    "index-out-of-range",
    "integer-overflow",
    "invalid-argument",
    "no-instance-context",
    "no-match",
    "not-a-number",
    "number-not-representable",
    "unknown-field",
    "unknown-variable",
];

/// The published reason behind an error over a text.
fn reason(text: &[u8], error: &Error) -> FailureReason {
    let value =
        error.span.and_then(|span| text.get(span.start as usize..span.end as usize)).unwrap_or_default();
    let field = || {
        let path = error.path.as_deref().unwrap_or_default();
        path.rsplit_once('.').map_or(path, |(_, last)| last).to_owned()
    };
    match error.code {
        "required-missing" | "source-default-missing" => {
            FailureReason::MissingRequiredField { field: field() }
        }
        "type-mismatch" | "null-not-allowed" | "coercion-failed" | "wrong-type-tag" | "not-bytes"
        | "not-a-link" | "not-a-blob" | "head-of-empty-list" => {
            let stated = error.message.strip_prefix("expected ").and_then(|rest| rest.split_once(", found "));
            let (expected, got) = stated.unwrap_or((&error.message, kind_of(value)));
            FailureReason::TypeMismatch { expected: expected.to_owned(), got: got.to_owned() }
        }
        code if FAILURES_OF_EXPRESSIONS.contains(&code) => {
            let path = error.path.clone().unwrap_or_default();
            FailureReason::ExprEvalFailed { expr_name: path, error: format!("{code}: {}", error.message) }
        }
        code => FailureReason::ConstraintViolation { constraint: code.to_owned(), value: shortened(value) },
    }
}

fn kind_of(value: &[u8]) -> &'static str {
    if value.is_empty() { "nothing" } else { super::coerce::kind_of(value).as_str() }
}

/// The value as it was written, cut where it is long.
fn shortened(value: &[u8]) -> String {
    const MOST: usize = 200;
    String::from_utf8_lossy(value).chars().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lens::Clear;
    use crate::lens::compile::compile;
    use crate::limits::Limits;
    use crate::migration::{FieldMatch, Migration, ObjectMatch, Reason};
    use crate::schema::{Constraint, EdgeKind, Kind as VertexKind, SchemaBuilder, Sort};
    use crate::value::Json;
    use std::sync::Arc;

    fn schema(name: &str, bound: &str) -> Arc<Schema> {
        let mut builder = SchemaBuilder::new("json-schema");
        let root = builder.vertex("post", VertexKind::Object);
        let text = builder.vertex("text", VertexKind::String);
        builder
            .vertex_mut(text)
            .constraints
            .push(Constraint::new(Sort::MaxLength, Json::parse(bound).unwrap()));
        builder.edge(root, text, EdgeKind::Prop, Some(name)).required = true;
        Arc::new(builder.finish().unwrap())
    }

    fn run(records: &[u8], chunk: usize) -> CoverageReport {
        let (old, new) = (schema("text", "9"), schema("body", "3"));
        let mut migration = Migration::new(old.clone(), new.clone());
        let edge = |schema: &Schema, name| schema.prop_named(schema.main(), name).unwrap();
        let link =
            FieldMatch { from: vec![edge(&old, "text")], to: vec![edge(&new, "body")], reason: Reason::Hint };
        let object = ObjectMatch { links: vec![link], ..ObjectMatch::default() };
        migration.objects.insert((old.main(), new.main()), object);
        let machine = compile(&migration, &mut Budget::default()).unwrap().machine.unwrap();
        let mut budget = Budget::default();
        let engine = Clear::new(Arc::new(machine), Limits::DEFAULT);
        let mut coverage = Coverage::new(engine, &new, new.main(), &budget);
        for piece in records.chunks(chunk) {
            coverage.feed(piece, &mut budget).unwrap();
        }
        coverage.finish(&mut budget).unwrap()
    }

    const RECORDS: &[u8] =
        b"{\"text\":\"abc\"}\n\n{\"text\":\"abcd\"}\n{\"text\":5}\n{}\nnonsense\n{\"text\":\"a\"}";

    #[test]
    fn every_failing_record_says_which_where_and_why() {
        let report = run(RECORDS, RECORDS.len());
        assert_eq!((report.total, report.succeeded, report.failed, report.blank), (6, 2, 4, 1));
        let seen: Vec<_> =
            report.failures.iter().map(|f| (f.record, f.line, f.path.as_str(), f.code)).collect();
        assert_eq!(
            seen,
            [
                (1, 3, "text", "too-long"),
                (2, 4, "body", "type-mismatch"),
                (3, 5, "body", "required-missing"),
                (4, 6, "", "json-syntax"),
            ]
        );
        let reasons: Vec<_> = report.failures.iter().map(|f| f.reason.clone()).collect();
        assert_eq!(
            reasons[0],
            FailureReason::ConstraintViolation { constraint: "too-long".into(), value: "\"abcd\"".into() }
        );
        assert_eq!(
            reasons[1],
            FailureReason::TypeMismatch { expected: "string".into(), got: "number".into() }
        );
        assert_eq!(reasons[2], FailureReason::MissingRequiredField { field: "body".into() });
        assert_eq!(report.codes["too-long"], 1);
        assert!((report.ratio() - 2.0 / 6.0).abs() < 1e-9);
    }

    #[test]
    fn chunks_make_no_difference() {
        let whole = run(RECORDS, RECORDS.len());
        for size in 1..20 {
            assert_eq!(run(RECORDS, size), whole);
        }
    }
}
