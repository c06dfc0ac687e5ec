//! The laws of a lens, checked on one record.

use super::wire::Message;
use super::{Refusal, Request, Session};
use crate::lens::laws::{Law, LawReport, check_laws_with};

/// `lens.check`: whether the laws hold on a record. A record that the lens refuses is an error, not a violation.
pub(super) fn check(session: &mut Session, request: &Request<'_>) -> Result<Message<'static>, Refusal> {
    let (_, lens) = session.lens(request)?;
    let mut opened = session.opened(&lens);
    let report = check_laws_with(&mut opened.executor, &lens.fills(), request.bytes("record")?)?;
    let violation = if report.held() { None } else { violation(&report) };
    Ok(Message::map().with("holds", report.held()).with("violation", violation))
}

/// The first law that does not hold, in words.
fn violation(report: &LawReport) -> Option<String> {
    let laws = [("GetPut", &report.get_put), ("PutGet", &report.put_get), ("CreateGet", &report.create_get)];
    laws.into_iter().find_map(|(name, law)| match law {
        Law::Held => None,
        Law::Refused(_) if name == "CreateGet" => None,
        Law::Refused(error) => Some(format!("{name}: {error}")),
        Law::Broken { expected, found } => {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().take(200).collect::<String>();
            Some(format!("{name}: expected `{}`, found `{}`", text(expected), text(found)))
        }
    })
}
