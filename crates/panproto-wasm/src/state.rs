//! The one session of an instance, its buffers, and the words that hosts read from memory.

use crate::memory::MEMORY;
use panproto_core::boundary::{Output, Session};
use panproto_core::limits::Limits;
use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

/// What `pp_out` points to. A static, so it never moves.
pub(crate) static OUT: [AtomicU32; 9] = [const { AtomicU32::new(0) }; 9];

/// What `pp_panic` points to.
pub(crate) static PANIC: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];

/// The state of this instance.
pub(crate) struct State {
    pub(crate) session: Session,
    /// Where the host writes. Its length is what was reserved: the bytes are initialised.
    pub(crate) input: Vec<u8>,
    pub(crate) output: Output,
}

impl State {
    fn new() -> State {
        MEMORY.limit(Limits::DEFAULT.memory_bytes);
        State { session: Session::new(Limits::DEFAULT), input: Vec::new(), output: Output::default() }
    }

    /// Tells the host where the output lies.
    pub(crate) fn publish(&self) {
        let Output { first, second, third, records, failures, taken } = &self.output;
        let words = [
            address(first),
            size(first),
            address(second),
            size(second),
            *records,
            *failures,
            address(third),
            size(third),
            *taken,
        ];
        for (to, word) in OUT.iter().zip(words) {
            to.store(word, Ordering::Relaxed);
        }
    }
}

/// Addresses and lengths fit 32 bits on wasm32. (Elsewhere this crate is only compiled for its tests.)
pub(crate) fn address(bytes: &[u8]) -> u32 {
    bytes.as_ptr().addr() as u32
}

fn size(bytes: &[u8]) -> u32 {
    bytes.len() as u32
}

thread_local! {
    // wasm32-unknown-unknown has one thread per instance: this is a plain static there.
    static STATE: RefCell<State> = RefCell::new(State::new());
    static PANIC_TEXT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs `body` over the state. A state that is still borrowed belongs to a call that trapped: the instance is
/// poisoned, and this traps again.
pub(crate) fn with<R>(body: impl FnOnce(&mut State) -> R) -> R {
    STATE.with_borrow_mut(body)
}

/// Keeps the text of a panic where the host can read it after the trap.
pub(crate) fn install_panic_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.to_string();
        PANIC_TEXT.with(|kept| {
            if let Ok(mut kept) = kept.try_borrow_mut() {
                *kept = text;
                let [at, len] = &PANIC;
                at.store(address(kept.as_bytes()), Ordering::Relaxed);
                len.store(size(kept.as_bytes()), Ordering::Relaxed);
            }
        });
    }));
}
