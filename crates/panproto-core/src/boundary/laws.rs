//! The laws of a lens, checked on one record.

use super::lenses::Opened;
use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::diagnostic::{Kind, Result};
use crate::lens::Engine;
use crate::limits::Limits;
use crate::value::{Tree, equal_text};

/// `lens.check`: whether the laws hold on a record. A record that the lens refuses is an error, not a violation.
pub(super) fn check(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let (_, machine) = session.machine(request)?;
    let limits = *session.limits();
    let mut opened = session.opened(machine);
    let violation = violation(&mut opened, request.bytes("record")?, &limits)?;
    Ok(Message::map().with("holds", violation.is_none()).with("violation", violation))
}

fn violation(opened: &mut Opened, record: &[u8], limits: &Limits) -> Result<Option<&'static str>> {
    let engine = &mut opened.executor;
    let (mut view, mut memory) = (Vec::new(), Vec::new());
    engine.get(record, &mut view, Some(&mut memory))?;

    let mut notes = Vec::new();
    let mut back = Vec::new();
    engine.put(&view, Some(&memory), &mut back, &mut notes)?;
    if !same_tokens(&back, record, limits)? {
        return Ok(Some("GetPut: putting the unedited view back does not give the record"));
    }
    let mut again = Vec::new();
    engine.get(&back, &mut again, None)?;
    if !equal_text(&again, &view) {
        return Ok(Some("PutGet: getting what was put does not give the view"));
    }
    let mut made = Vec::new();
    match engine.put(&view, None, &mut made, &mut notes) {
        Ok(()) => {
            again.clear();
            engine.get(&made, &mut again, None)?;
            Ok((!equal_text(&again, &view))
                .then_some("CreateGet: getting what was created does not give the view"))
        }
        // Outside the domain of `create`: said beforehand by `lens.spec`.
        Err(error) if error.kind == Kind::Lens => Ok(None),
        Err(error) => Err(error),
    }
}

/// The same tokens in the same order, white space aside.
fn same_tokens(one: &[u8], other: &[u8], limits: &Limits) -> Result<bool> {
    let compact =
        |text: &[u8]| -> Result<String> { Ok(Tree::parse(text, limits)?.root().to_json().to_string()) };
    Ok(compact(one)? == compact(other)?)
}
