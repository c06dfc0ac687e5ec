//! The stored bytes of a lens: of a single stage those of its migration, of several stages a list of them.

use super::migration_bytes;
use super::request::as_bytes;
use super::wire::Message;
use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use crate::lens::Lens;
use crate::limits::{Budget, Limits};
use std::sync::Arc;

/// What the encoding of several stages starts with; the last byte is the version of the format.
const MAGIC: &[u8; 5] = b"ppls\x01";

/// The bytes of a lens.
pub(super) fn encode(lens: &Lens) -> Vec<u8> {
    if lens.len() == 1 {
        return migration_bytes::encode(&lens.last().migration);
    }
    let stages = lens.stages().map(|stage| Message::bin(migration_bytes::encode(&stage.migration)));
    let mut out = MAGIC.to_vec();
    Message::array(stages).write(&mut out);
    out
}

/// The lens that [`encode`] gave these bytes. They are not trusted.
pub(super) fn decode(bytes: &[u8], limits: &Limits, budget: &mut Budget) -> Result<Lens> {
    let Some(body) = bytes.strip_prefix(MAGIC) else {
        return Lens::of(Arc::new(migration_bytes::decode(bytes, limits)?), budget);
    };
    let message = Message::read(body)?;
    let Message::Array(stages) = &message else { return Err(fail("there is no array")) };
    if stages.len() < 2 {
        return Err(fail("a single stage stands alone"));
    }
    let mut migrations = Vec::with_capacity(stages.len());
    for stage in stages {
        migrations.push(Arc::new(migration_bytes::decode(as_bytes("stages", stage)?, limits)?));
    }
    let lens = Lens::sequence(migrations, budget)?.ok_or_else(|| fail("it has no stages"))?;
    if encode(&lens) != bytes {
        return Err(fail("they are not spelled as they would be written"));
    }
    Ok(lens)
}

#[cold]
fn fail(why: &str) -> Error {
    Diagnostic::error(Kind::Lens, "lens-bytes", format!("these are no bytes of a lens: {why}"))
}
