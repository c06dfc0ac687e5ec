//! Dry runs of a lens over records.

use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::Result;
use crate::lens::Lens;
use crate::lens::coverage::{Coverage, CoverageReport, FailureReason, RecordFailure};
use std::sync::Arc;

/// How many messages the published answer holds.
const MESSAGES: usize = 20;

/// `migration.coverage`: how many records have a valid view under a migration or a lens, and why the others have
/// none. `records` are lines, or an array of records.
pub(super) fn coverage(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let lens = session.lens_or_migration(request)?;
    let mut budget = session.budget();
    let engine = session.opened(&lens).executor;
    let mut run = Coverage::new(engine, lens.target(), lens.last().migration.roots.1, &budget);
    match request.require("records")? {
        Message::Array(records) => {
            for (at, record) in records.iter().enumerate() {
                let bytes = super::request::as_bytes(&format!("records[{at}]"), record)?;
                run.record(bytes, (at as u64 + 1, 0), &mut budget)?;
            }
        }
        lines => run.feed(super::request::as_bytes("records", lines)?, &mut budget)?,
    }
    let report = run.finish(&mut budget)?;
    Ok(message(&report, &lens))
}

impl Session {
    /// The lens that a request names, or that of the migration that it names.
    pub(super) fn lens_or_migration(&mut self, request: &Request<'_>) -> Result<Arc<Lens>, Refusal> {
        if request.get("lens").is_some() {
            return Ok(self.lens(request)?.1);
        }
        let migration = self.migration(request, "migration")?;
        Ok(Arc::new(Lens::of(migration, &mut self.budget())?))
    }
}

fn message(report: &CoverageReport, lens: &Lens) -> Message<'static> {
    let errors = report.failures.iter().take(MESSAGES).map(|failure| {
        let place = if failure.path.is_empty() { String::new() } else { format!("`{}`: ", failure.path) };
        format!("record {}: {place}{}", failure.record, failure.message)
    });
    let codes = report.codes.iter().map(|(code, count)| ((*code).into(), Message::from(*count)));
    let failed = report.failures.iter().map(|failure| {
        Message::map().with("record_id", failure.record).with("reason", reason(&failure.reason))
    });
    let published = Message::map()
        .with("total_records", report.total)
        .with("successful", report.succeeded)
        .with("failed", Message::array(failed))
        .with("coverage_ratio", report.ratio());
    Message::map()
        .with("total", report.total)
        .with("succeeded", report.succeeded)
        .with("failed", report.failed)
        .with("undecided", report.undecided)
        .with("blank", report.blank)
        .with("coverage_percent", report.ratio() * 100.0)
        .with("errors", Message::array(errors))
        .with("src_vertices", lens.source().len())
        .with("tgt_vertices", lens.target().len())
        .with("codes", Message::Map(codes.collect()))
        .with("failures", Message::array(report.failures.iter().map(failure)))
        .with("report", published)
}

fn failure(failure: &RecordFailure) -> Message<'static> {
    Message::map()
        .with("record", failure.record)
        .with("line", failure.line)
        .with("offset", failure.offset)
        .with("path", failure.path.clone())
        .with("in_view", failure.in_view)
        .with("code", failure.code)
        .with("message", failure.message.clone())
        .with("reason", reason(&failure.reason))
}

fn reason(reason: &FailureReason) -> Message<'static> {
    let fields = |fields: [(&'static str, &String); 2]| {
        fields.into_iter().fold(Message::map(), |map, (key, value)| map.with(key, value.clone()))
    };
    let (name, fields) = match reason {
        FailureReason::ConstraintViolation { constraint, value } => {
            ("ConstraintViolation", fields([("constraint", constraint), ("value", value)]))
        }
        FailureReason::MissingRequiredField { field } => {
            ("MissingRequiredField", Message::map().with("field", field.clone()))
        }
        FailureReason::TypeMismatch { expected, got } => {
            ("TypeMismatch", fields([("expected", expected), ("got", got)]))
        }
        FailureReason::ExprEvalFailed { expr_name, error } => {
            ("ExprEvalFailed", fields([("expr_name", expr_name), ("error", error)]))
        }
    };
    Message::map().with(name, fields)
}
