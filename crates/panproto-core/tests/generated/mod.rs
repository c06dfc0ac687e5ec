//! Cases of the laws: two schemas, a record, edited views; what they have to keep; and how a failing one is made
//! small and kept.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "shared by tests")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

pub mod answer;
pub mod case;
pub mod compute;
pub mod record;
pub mod shrink;

use panproto_core::schema::Schema;

/// The names that a schema declares.
pub fn names(schema: &Schema) -> Vec<String> {
    let mut names: Vec<String> =
        schema.edges().filter_map(|(_, edge)| edge.name.as_deref().map(str::to_owned)).collect();
    names.sort();
    names.dedup();
    names
}

/// How many cases to try: `PANPROTO_CASES`, else a number that suits a plain `cargo test`.
pub fn cases(plain: u64) -> u64 {
    std::env::var("PANPROTO_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(plain)
}

/// Where the cases begin: `PANPROTO_SEED`.
pub fn seed() -> u64 {
    std::env::var("PANPROTO_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}
