//! The data plane: what `docs/abi.md` lists, and nothing else.
//!
//! A host copies in, runs, copies out; an address is an offset into the module's memory. No function here reads through
//! an address that a host gave: the input buffer is the module's own.
#![expect(
    unsafe_code,
    reason = "an exported name is an unsafe attribute: two crates could claim the same one"
)]

use crate::memory::{MEMORY, forgive};
use crate::state::{OUT, PANIC, State, address, install_panic_hook, with};
use panproto_core::boundary::{ABI, Handle, Run, Status};

/// What is reserved at first, so that small calls never move the buffer.
const SMALLEST: usize = 64 << 10;

/// Version of the ABI.
#[unsafe(no_mangle)]
pub extern "C" fn pp_abi() -> u32 {
    ABI
}

/// Installs the panic hook.
#[unsafe(no_mangle)]
pub extern "C" fn pp_init() {
    install_panic_hook();
}

/// Address of an input buffer of at least `len` bytes; 0 if there cannot be one, or the limit of memory is below it.
#[unsafe(no_mangle)]
pub extern "C" fn pp_reserve(len: u32) -> u32 {
    with(|state| {
        let len = len as usize;
        if state.input.len() < len {
            // The old bytes have no further use: let their memory go before asking for more.
            state.input = Vec::new();
            let len = len.max(SMALLEST);
            if state.input.try_reserve_exact(len).is_err() {
                forgive();
                return 0;
            }
            state.input.resize(len, 0);
        } else if state.input.is_empty() {
            state.input.resize(SMALLEST, 0);
        }
        address(&state.input)
    })
}

/// Runs the control request in the first `len` bytes of the input buffer.
#[unsafe(no_mangle)]
pub extern "C" fn pp_call(len: u32) -> u32 {
    with(|state| {
        let State { session, input, output } = state;
        output.clear();
        let status = session.call(written(input, len), &mut output.first);
        MEMORY.limit(session.limits().memory_bytes);
        state.publish();
        status as u32
    })
}

/// Runs a record operation over the first `len` bytes of the input buffer.
#[unsafe(no_mangle)]
pub extern "C" fn pp_run(op: u32, slot: u32, generation: u32, flags: u32, len: u32) -> u32 {
    with(|state| {
        let State { session, input, output } = state;
        let run = Run { op, lens: Handle { slot, generation }, flags };
        let status: Status = session.run(run, written(input, len), output);
        state.publish();
        status as u32
    })
}

/// Address of the nine words that describe the output.
#[unsafe(no_mangle)]
pub extern "C" fn pp_out() -> u32 {
    OUT.as_ptr().addr() as u32
}

/// Address of the cancel byte.
#[unsafe(no_mangle)]
pub extern "C" fn pp_cancel() -> u32 {
    with(|state| state.session.cancel().address() as u32)
}

/// Address of two words: where the text of the last panic is, and how long.
#[unsafe(no_mangle)]
pub extern "C" fn pp_panic() -> u32 {
    PANIC.as_ptr().addr() as u32
}

/// Panics. Hosts test with it that they survive a trap.
#[unsafe(no_mangle)]
#[expect(clippy::panic, reason = "this is what it is for")]
pub extern "C" fn pp_trap() {
    panic!("asked to trap");
}

/// What the host wrote; a length beyond what it reserved gives what there is, which is then refused as a wrong request.
fn written(input: &[u8], len: u32) -> &[u8] {
    input.get(..len as usize).unwrap_or(input)
}
