//! Test tools of the workspace.

pub mod corpus;

pub use corpus::{corpus, lexicons, read};
