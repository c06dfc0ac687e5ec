//! panproto as one WebAssembly module for every host.
//!
//! [`raw`] is the data plane: plain functions of integers over the module's memory, as `docs/abi.md` describes. Both
//! packages of this repository use only that. With the feature `bindgen` (on by default), `entry` adds entry points for
//! JavaScript that go through wasm-bindgen; they take numbers, text and bytes and answer with bytes, errors included,
//! so that the processed module has exactly one import. `interface.txt` lists imports and exports; a test compares.
//!
//! With the feature `js-values` (off), `live` takes and gives live JavaScript values; the benchmark builds that as a second
//! module.
//!
//! Everything of substance is in `panproto_core::boundary`. This crate may say `unsafe`: to give exported
//! functions their names, and for the allocator, which holds `memory_bytes`.

#[cfg(feature = "bindgen")]
pub mod entry;
#[cfg(feature = "js-values")]
pub mod live;
mod memory;
pub mod raw;
mod state;
