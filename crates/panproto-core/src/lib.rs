//! panproto migrates structured records between versions of their schemas, in both directions.
//!
//! Data flows one way: text → [`schema`] → [`migration`] → [`lens`] → [`plan`] → bytes. A module imports only from
//! modules above it in the list below. The crate does no IO, reads no clock, starts no thread and holds no `unsafe`
//! but the vector loads of one private module.
#![deny(unsafe_code)]

pub use panproto_ordered as ordered;

pub mod diagnostic;
pub mod limits;
pub mod name;
pub mod value;

pub mod expr;

pub mod theory;

pub mod schema;

pub mod protocol;

pub mod language;

pub mod instance;

pub mod diff;

pub mod compat;

pub mod migration;

pub mod align;

pub mod lens;

pub mod plan;

pub mod boundary;
