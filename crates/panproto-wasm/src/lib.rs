//! panproto as one WebAssembly module.
