//! What a call answers when it does not answer: errors, and objects that it lacks.

use super::table::Digest;
use super::wire::Message;
use super::{Status, wire};
use crate::diagnostic::{Diagnostic, Error, Severity};

/// Why a call has no answer.
#[derive(Debug)]
pub enum Refusal {
    /// It failed.
    Error(Error),
    /// It names objects that this instance does not hold.
    Need(Vec<Digest>),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Error(error)
    }
}

impl Refusal {
    /// Writes the refusal; the status says which one it is.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> Status {
        match self {
            Refusal::Error(error) => {
                error_message(error).write(out);
                Status::Error
            }
            Refusal::Need(digests) => {
                wire::Message::array(digests.iter().map(|digest| Message::bin(&digest[..]))).write(out);
                Status::Need
            }
        }
    }
}

/// An error as it crosses the boundary.
pub fn error_message(error: &Diagnostic) -> Message<'_> {
    diagnostic_message(error)
        .with("record", Message::Nil)
        .with("line", Message::Nil)
        .with("offset", Message::Nil)
}

/// A diagnostic that is part of an answer.
pub(super) fn diagnostic_message(diagnostic: &Diagnostic) -> Message<'_> {
    let severity = match diagnostic.severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let span = diagnostic.span.map(|span| Message::array([span.start, span.end]));
    Message::map()
        .with("code", diagnostic.code)
        .with("message", diagnostic.message.as_ref())
        .with("path", diagnostic.path.as_deref())
        .with("span", span)
        .with("document", diagnostic.document)
        .with("help", diagnostic.help.as_deref())
        .with("kind", diagnostic.kind.as_str())
        .with("severity", severity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Kind, Span};

    #[test]
    fn an_error_has_every_member_of_the_abi() {
        let error = Diagnostic::new(Kind::Parse, "some-code", "no such thing")
            .at("a.b")
            .spanning(Span::new(3, 7))
            .help("try another")
            .boxed();
        let mut out = Vec::new();
        assert_eq!(Refusal::from(error).write(&mut out), Status::Error);
        let Message::Map(members) = Message::read(&out).unwrap() else { panic!("not a map") };
        let keys: Vec<&str> = members.keys().map(|key| key.as_ref()).collect();
        let expected = [
            "code", "document", "help", "kind", "line", "message", "offset", "path", "record", "severity",
            "span",
        ];
        assert_eq!(keys, expected);
        assert_eq!(members["span"], Message::array([3_u32, 7]));
        assert_eq!(members["path"], Message::from("a.b"));
    }

    #[test]
    fn a_need_lists_digests() {
        let mut out = Vec::new();
        assert_eq!(Refusal::Need(vec![[7; 32]]).write(&mut out), Status::Need);
        assert_eq!(Message::read(&out).unwrap(), Message::Array(vec![Message::bin(vec![7; 32])]));
    }
}
