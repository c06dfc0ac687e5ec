//! Entry points for JavaScript, through wasm-bindgen.
//!
//! They take numbers, text and bytes and answer with bytes: a MessagePack map with one member, `ok`, `error` or `need`.
//! No JavaScript value crosses, so wasm-bindgen imports nothing but the initialiser of a table that stays empty.

use crate::state::{install_panic_hook, with};
use panproto_core::boundary::Status;
use wasm_bindgen::prelude::wasm_bindgen;

/// Runs when the module starts: panics leave their text behind.
#[wasm_bindgen(start)]
pub fn start() {
    install_panic_hook();
}

/// Runs a control request (MessagePack) and answers `{"ok": …}`, `{"error": …}` or `{"need": …}` (MessagePack).
#[wasm_bindgen]
pub fn call(request: &[u8]) -> Vec<u8> {
    with(|state| {
        let mut answer = Vec::new();
        let status = state.session.call(request, &mut answer);
        named(status, &answer)
    })
}

/// The answer under the name of its status.
fn named(status: Status, answer: &[u8]) -> Vec<u8> {
    let name: &[u8] = match status {
        Status::Ok => b"\x81\xa2ok",
        Status::Error => b"\x81\xa5error",
        Status::Need => b"\x81\xa4need",
    };
    [name, answer].concat()
}
