//! Lossless data: reading, validating, skipping and writing JSON and MessagePack over bytes.
//!
//! Nothing here turns a number into a machine float or a string into another spelling: a value is the range of
//! bytes that it was written as. [`Tree`] indexes such ranges; [`Json`] owns one.

pub mod digest;
pub mod equal;
pub mod framing;
pub mod json;
pub(crate) mod key;
mod lanes;
pub mod msgpack;
pub mod ndjson;
pub mod number;
pub mod scan;
pub mod string;
pub mod transcode;
mod write;

pub use digest::{Digester, digest64, hash64};
pub use equal::{equal, equal_text};
pub use json::{Json, JsonKind, Tree, ValueRef};
pub use number::Decimal;
pub use write::Writer;
