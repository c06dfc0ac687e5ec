//! Operations on lenses: building, opening, asking.

use super::request::as_u64;
use super::table::{Capacity, Digest, Handle, Table};
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::lens::compile::compile;
use crate::lens::complement::write_header;
use crate::lens::spec::{Spec, Statement};
use crate::lens::{Clear, Machine};
use crate::migration::Question;
use crate::plan::{Executor, Program};
use std::sync::Arc;

/// Lenses that an instance keeps open; each holds the tables of its schemas and the buffers of an executor.
pub(super) const CAPACITY: Capacity = Capacity { objects: 64, bytes: usize::MAX };

/// A lens that records run through.
pub(super) struct Opened {
    pub(super) executor: Executor,
    /// What complements bind to.
    pub(super) fingerprint: Digest,
    /// What its complements begin with.
    pub(super) header: Vec<u8>,
}

pub(super) type Lenses = Table<Opened>;

/// `lens.build`: the lens of a migration, if it is decided.
pub(super) fn build(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let migration = session.migration(request, "migration")?;
    let compiled = compile(&migration, &mut session.budget())?;
    let machine = compiled.machine.ok_or_else(|| undecided(&compiled.questions))?;
    let (states, fingerprint) = (machine.states.len(), machine.fingerprint.to_vec());
    let spec = spec_message(&machine.spec());
    Ok(session
        .keep_lens(&migration, Arc::new(machine))
        .with("states", states)
        .with("spec", spec)
        .with("fingerprint", Message::bin(fingerprint)))
}

/// The error of a migration that has questions.
pub(super) fn undecided(questions: &[Question]) -> Error {
    let first = questions.first();
    let paths: Vec<&str> = questions.iter().take(10).map(|question| question.path.as_str()).collect();
    let message =
        format!("the migration leaves {} questions open: `{}`", questions.len(), paths.join("`, `"));
    let mut error = Diagnostic::new(Kind::Migration, "migration-undecided", message);
    if let Some(first) = first {
        error = error.at(&first.path).help(first.help.clone());
    }
    error.boxed()
}

/// `lens.open`: a handle by which records run through a lens.
pub(super) fn open(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let (digest, machine) = session.machine(request)?;
    let handle = match session.lenses.handle(&digest) {
        Some(handle) => handle,
        None => {
            let opened = session.opened(machine);
            let error =
                || Diagnostic::error(Kind::Internal, "handles-used-up", "this instance has no handles left");
            session.lenses.insert(digest, 0, opened).ok_or_else(error)?
        }
    };
    Ok(Message::map().with("slot", handle.slot).with("generation", handle.generation))
}

impl Session {
    pub(super) fn opened(&self, machine: Arc<Machine>) -> Opened {
        let fingerprint = machine.fingerprint;
        let mut header = Vec::new();
        write_header(&mut header, &fingerprint);
        let clear = Clear::new(machine.clone(), *self.limits()).watching(self.cancel().clone());
        let executor = Executor::beside(&Arc::new(Program::lower(&machine)), Box::new(clear), self.budget());
        Opened { executor, fingerprint, header }
    }
}

/// `lens.close`: forgets an open lens; a hint, since an instance forgets by itself.
pub(super) fn close(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let number = |key: &str| -> Result<u32> {
        let value = as_u64(key, request.require(key)?)?;
        Ok(u32::try_from(value).unwrap_or(u32::MAX))
    };
    let handle = Handle { slot: number("slot")?, generation: number("generation")? };
    Ok(session.lenses.remove(handle).into())
}

/// `lens.spec`: where a lens is partial, before anything runs.
pub(super) fn spec(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let (_, machine) = session.machine(request)?;
    Ok(spec_message(&machine.spec()))
}

fn spec_message(spec: &Spec) -> Message<'static> {
    let list = |list: &[Statement]| {
        Message::array(list.iter().map(|statement| {
            Message::map()
                .with("code", statement.code)
                .with("path", statement.path.clone())
                .with("text", statement.text.clone())
        }))
    };
    Message::map()
        .with("partial", list(&spec.partial))
        .with("view_domain", list(&spec.view_domain))
        .with("needs_default", list(&spec.needs_default))
        .with("complement", list(&spec.complement))
        .with("lossless", spec.lossless)
}
