//! Operations on lenses: building, opening, asking.

use super::request::as_u64;
use super::table::{Capacity, Digest, Handle, Table};
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Diagnostic, Kind, Result};
use crate::lens::Lens;
use crate::lens::complement::write_header;
use crate::lens::spec::{Spec, Statement};
use crate::plan::Pipeline;
use std::sync::Arc;

/// Lenses that an instance keeps open; each holds the tables of its schemas and the buffers of an executor.
pub(super) const CAPACITY: Capacity = Capacity { objects: 64, bytes: usize::MAX };

/// A lens that records run through.
pub(super) struct Opened {
    pub(super) executor: Pipeline,
    /// What complements bind to.
    pub(super) fingerprint: Digest,
    /// What its complements begin with.
    pub(super) header: Vec<u8>,
}

pub(super) type Lenses = Table<Opened>;

/// `lens.build`: the lens of a migration, if it is decided.
pub(super) fn build(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let migration = session.migration(request, "migration")?;
    let lens = Lens::of(migration, &mut session.budget())?;
    Ok(session.answer_lens(lens))
}

/// `lens.compose`: one lens and then another one.
pub(super) fn compose(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let [first, second] = session.lenses_named(request, ["first", "second"])?;
    let lens = first.compose(&second, &mut session.budget())?;
    Ok(session.answer_lens(lens))
}

/// `lens.fuse`: the same lens in as few stages as do exactly the same, and why no fewer.
pub(super) fn fuse(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let (_, lens) = session.lens(request)?;
    let mut budget = session.budget();
    let fused = lens.fuse(&mut budget)?;
    let obstacles = Message::array(
        fused
            .obstacles(&mut budget)?
            .into_iter()
            .map(|obstacle| Message::map().with("path", obstacle.path).with("why", obstacle.why)),
    );
    Ok(session.answer_lens(fused).with("obstacles", obstacles))
}

/// `lens.obstruction`: why the lens is no isomorphism, each reason with its published name; none where it is one.
pub(super) fn obstruction(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let (_, lens) = session.lens(request)?;
    let all = lens.obstructions();
    let first =
        all.first().map(|first| format!("{} at `{}`: {}", first.loss.as_str(), first.path, first.why));
    let list = Message::array(all.into_iter().map(|obstruction| {
        Message::map()
            .with("kind", obstruction.loss.as_str())
            .with("code", obstruction.loss.code())
            .with("path", obstruction.path)
            .with("in_target", obstruction.in_target)
            .with("why", obstruction.why)
    }));
    Ok(Message::map().with("obstruction", first).with("reasons", list))
}

/// `lens.open`: a handle by which records run through a lens.
pub(super) fn open(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let (digest, lens) = session.lens(request)?;
    let handle = match session.lenses.handle(&digest) {
        Some(handle) => handle,
        None => {
            let opened = session.opened(&lens);
            let error =
                || Diagnostic::error(Kind::Internal, "handles-used-up", "this instance has no handles left");
            session.lenses.insert(digest, 0, opened).ok_or_else(error)?
        }
    };
    Ok(Message::map().with("slot", handle.slot).with("generation", handle.generation))
}

impl Session {
    /// What is said of a lens.
    pub(super) fn answer_lens(&mut self, lens: Lens) -> Message<'static> {
        let (states, stages, fingerprint) = (lens.states(), lens.len(), lens.fingerprint().to_vec());
        let spec = spec_message(&lens.spec());
        self.keep_lens(Arc::new(lens))
            .with("states", states)
            .with("stages", stages)
            .with("spec", spec)
            .with("fingerprint", Message::bin(fingerprint))
    }

    pub(super) fn opened(&self, lens: &Arc<Lens>) -> Opened {
        let fingerprint = *lens.fingerprint();
        let mut header = Vec::new();
        write_header(&mut header, &fingerprint);
        let executor = Pipeline::new(lens, self.budget(), self.cancel());
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
    let (_, lens) = session.lens(request)?;
    Ok(spec_message(&lens.spec()))
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
