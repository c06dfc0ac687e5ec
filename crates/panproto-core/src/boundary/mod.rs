//! Requests and answers: the one host-neutral API of the engine, which alone sees everything.
//!
//! A [`Session`] is the state of one instance: limits, a cancel flag and a bounded table of built objects. Every host
//! drives it with bytes: [`Session::call`] runs control requests, [`Session::run`] record operations. `docs/abi.md`
//! says what the bytes mean. Nothing here knows which host calls.

mod answer;
mod chains;
mod control;
mod coverage;
mod declared;
#[cfg(test)]
mod declared_tests;
mod diffs;
mod edits;
mod existence;
mod exprs;
mod graphs;
mod instances;
mod languages;
mod laws;
mod lens_bytes;
mod lenses;
mod migration_bytes;
mod migrations;
mod objects;
mod operation;
mod protocols;
mod records;
mod request;
mod schemas;
mod symmetric;
mod table;
mod theories;
#[cfg(test)]
mod theories_tests;
mod theory_models;
mod verdicts;
#[cfg(test)]
mod versions_tests;
pub mod wire;
mod wire_json;

pub use answer::{Refusal, error_message};
pub use records::{Output, Run, stale_handle};
pub use request::Request;
pub use table::{Capacity, Digest, Handle};

use crate::diagnostic::{Diagnostic, Kind};
use crate::limits::{Budget, Cancel, Limits};
use lenses::Lenses;
use objects::{CAPACITY, Objects};
use operation::OPERATIONS;
use wire::Message;

/// Version of the ABI: hosts refuse one that they do not know.
pub const ABI: u32 = 1;

/// Version of the engine.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How a call ended; the numbers cross the boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Status {
    /// The output is the answer.
    Ok = 0,
    /// The output is an error.
    Error = 1,
    /// The output lists the digests of objects to define before the call is repeated.
    Need = 2,
}

/// The state of one instance.
pub struct Session {
    limits: Limits,
    cancel: Cancel,
    objects: Objects,
    lenses: Lenses,
}

impl Session {
    /// A session without objects.
    pub fn new(limits: Limits) -> Session {
        Session {
            limits,
            cancel: Cancel::default(),
            objects: Objects::new(CAPACITY),
            lenses: Lenses::new(lenses::CAPACITY),
        }
    }

    /// The limits that hold now.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The flag that ends the running operation.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// A fresh budget for one operation.
    pub fn budget(&self) -> Budget {
        Budget::new(self.limits, self.cancel.clone())
    }

    /// Runs a control request; `out` holds the answer, the error or the need, as the status says.
    pub fn call(&mut self, request: &[u8], out: &mut Vec<u8>) -> Status {
        out.clear();
        match self.dispatch(request) {
            Ok(answer) => {
                answer.write(out);
                Status::Ok
            }
            Err(refusal) => refusal.write(out),
        }
    }

    fn dispatch(&mut self, request: &[u8]) -> Result<Message<'static>, Refusal> {
        let request = Request::read(request)?;
        let name = request.text("op")?;
        let Ok(at) = OPERATIONS.binary_search_by(|operation| operation.name.cmp(name)) else {
            return Err(Diagnostic::new(
                Kind::Usage,
                "unknown-operation",
                format!("there is no operation `{name}`"),
            )
            .help("the operation `ops` lists what this module knows")
            .boxed()
            .into());
        };
        let Some(operation) = OPERATIONS.get(at) else {
            return Err(
                Diagnostic::error(Kind::Internal, "internal", "the table of operations is broken").into()
            );
        };
        request.check_arguments(operation.arguments)?;
        (operation.run)(self, &request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(super) fn call(session: &mut Session, request: Message<'_>) -> (Status, Vec<u8>) {
        let mut bytes = Vec::new();
        request.write(&mut bytes);
        let mut out = vec![1, 2, 3];
        let status = session.call(&bytes, &mut out);
        (status, out)
    }

    fn error_code(request: &[u8]) -> String {
        let mut out = Vec::new();
        assert_eq!(Session::new(Limits::DEFAULT).call(request, &mut out), Status::Error);
        Request::read(&out).unwrap().text("code").unwrap().to_owned()
    }

    #[test]
    fn wrong_requests_are_coded_errors() {
        assert_eq!(error_code(b""), "wire-truncated");
        assert_eq!(error_code(b"\xc0"), "wire-map");
        assert_eq!(error_code(b"\x80"), "missing-argument");
        assert_eq!(error_code(b"\x81\xa2op\x01"), "wrong-argument");
        assert_eq!(error_code(b"\x81\xa2op\xa2no"), "unknown-operation");
        assert_eq!(error_code(b"\x82\xa2op\xa5hello\xa1x\x01"), "unknown-argument");
    }

    proptest! {
        #[test]
        fn random_requests_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let mut session = Session::new(Limits::DEFAULT);
            let mut out = Vec::new();
            session.call(&bytes, &mut out);
            prop_assert!(Message::read(&out).is_ok());
            prop_assert_eq!(session.call(b"\x81\xa2op\xa5hello", &mut out), Status::Ok);
        }

        #[test]
        fn random_arguments_never_panic(at in 0..OPERATIONS.len(), value in proptest::collection::vec(any::<u8>(), 0..40)) {
            let operation = &OPERATIONS[at];
            for &argument in operation.arguments {
                let mut session = Session::new(Limits::DEFAULT);
                for value in [Message::bin(&value[..]), Message::from(u64::MAX), Message::map(), "x".into()] {
                    let (_, out) = call(&mut session, Message::map().with("op", operation.name).with(argument, value));
                    prop_assert!(Message::read(&out).is_ok());
                }
            }
        }
    }
}
