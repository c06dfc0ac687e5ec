//! Test tools of the workspace.

pub mod corpus;
pub mod generate;
pub mod workload;

pub use corpus::{corpus, lexicons, read};
