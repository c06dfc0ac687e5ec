//! Lenses: get, put, create, complement; the clear engine.
//!
//! A migration between two concrete schemas compiles to a [`Machine`]: a tree transducer whose states are pairs of
//! vertices. Two engines run it. The *clear* one walks records as trees and is written to be read; the *plan*
//! ([`crate::plan`]) runs over bytes. Both write the same output, the same complement and the same errors.

pub mod chain;
pub mod check;
pub mod clear;
pub mod coerce;
pub mod compile;
pub mod complement;
pub mod coverage;
pub mod document;
pub mod edit;
pub mod engine;
pub mod evaluate;
pub mod frame;
pub mod fuse;
pub mod invert;
pub mod laws;
pub mod machine;
pub mod note;
pub mod pairing;
pub mod repair;
#[cfg(test)]
pub(crate) mod samples;
pub mod spec;
pub mod stages;
pub mod step;
pub mod symmetric;
pub mod trace;

pub use clear::Clear;
pub use engine::{Direction, Engine};
pub use machine::Machine;
pub use note::{Note, NoteCode};
pub use stages::Lens;
