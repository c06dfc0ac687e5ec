//! The allocator: that of the standard library, which counts what is in use and refuses what passes the limit.
//!
//! A refusal ends the call with a trap, as memory that a host refuses does; the text of [`PANIC`](crate::state::PANIC)
//! then is [`REFUSED`], which tells hosts one from the other and both from a defect.
#![expect(unsafe_code, reason = "an allocator is an unsafe trait")]

use crate::state::PANIC;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The text that a refusal leaves where a panic leaves its own: the code of the error.
pub(crate) const REFUSED: &str = "limit-memory";

/// What is granted whatever the limit: an instance must be able to hear of another one.
const LEAST: usize = 4 << 20;

/// Counts bytes in use; a module has one thread, but its tests have several.
pub(crate) struct Bounded {
    used: AtomicUsize,
    limit: AtomicUsize,
}

#[cfg_attr(target_arch = "wasm32", global_allocator)]
pub(crate) static MEMORY: Bounded = Bounded::new();

impl Bounded {
    const fn new() -> Bounded {
        Bounded { used: AtomicUsize::new(0), limit: AtomicUsize::new(usize::MAX) }
    }

    /// Refuses what makes more than so many bytes be in use, from here on.
    pub(crate) fn limit(&self, bytes: u64) {
        self.limit.store(usize::try_from(bytes).unwrap_or(usize::MAX).max(LEAST), Relaxed);
    }

    /// Whether so many bytes more may be in use; they are then.
    fn takes(&self, more: usize) -> bool {
        let used = self.used.load(Relaxed).saturating_add(more);
        if used > self.limit.load(Relaxed) {
            refuse();
            return false;
        }
        self.used.store(used, Relaxed);
        true
    }

    fn gives(&self, less: usize) {
        self.used.store(self.used.load(Relaxed).saturating_sub(less), Relaxed);
    }
}

#[cold]
fn refuse() {
    let [at, len] = &PANIC;
    at.store(REFUSED.as_ptr().addr() as u32, Relaxed);
    len.store(REFUSED.len() as u32, Relaxed);
}

/// Forgets a refusal that was no failure.
pub(crate) fn forgive() {
    let [_, len] = &PANIC;
    len.store(0, Relaxed);
}

// Out of line, as the standard library's are: they are asked from everywhere.
// SAFETY: every call is handed to the standard library's allocator as it is, or refused with null.
unsafe impl GlobalAlloc for Bounded {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !self.takes(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        let made = unsafe { System.alloc(layout) };
        if made.is_null() {
            self.gives(layout.size());
        }
        made
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !self.takes(layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise.
        let made = unsafe { System.alloc_zeroed(layout) };
        if made.is_null() {
            self.gives(layout.size());
        }
        made
    }

    #[inline(never)]
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        self.gives(layout.size());
        // SAFETY: the caller's promise; what was given came from there.
        unsafe { System.dealloc(at, layout) }
    }

    #[inline(never)]
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let more = size.saturating_sub(layout.size());
        if !self.takes(more) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise; what was given came from there.
        let made = unsafe { System.realloc(at, layout, size) };
        self.gives(if made.is_null() { more } else { layout.size().saturating_sub(size) });
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(size: usize) -> Layout {
        Layout::from_size_align(size, 8).unwrap()
    }

    #[test]
    fn what_passes_the_limit_is_refused_and_what_is_given_back_counts_no_more() {
        let memory = Bounded::new();
        memory.limit(0);
        let used = || memory.used.load(Relaxed);
        // SAFETY: what is given back has the layout that it was asked for with.
        unsafe {
            let most = memory.alloc(bytes(LEAST));
            assert!(!most.is_null() && used() == LEAST);
            assert!(memory.alloc(bytes(1)).is_null());
            assert!(memory.alloc_zeroed(bytes(1)).is_null());
            assert!(memory.realloc(most, bytes(LEAST), LEAST + 1).is_null());
            assert_eq!(PANIC[1].load(Relaxed) as usize, REFUSED.len());
            forgive();
            assert_eq!((used(), PANIC[1].load(Relaxed)), (LEAST, 0));
            let less = memory.realloc(most, bytes(LEAST), 100);
            assert_eq!(used(), 100);
            let more = memory.realloc(less, bytes(100), 200);
            assert_eq!(used(), 200);
            memory.dealloc(more, bytes(200));
            assert_eq!(used(), 0);
            memory.limit(8 << 20);
            let more = memory.alloc_zeroed(bytes(LEAST + 1));
            assert!(!more.is_null());
            memory.dealloc(more, bytes(LEAST + 1));
        }
    }
}
