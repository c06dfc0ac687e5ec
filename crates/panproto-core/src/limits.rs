//! Depth, size, step and memory budgets: counted, and the same on every target.

use crate::diagnostic::{Diagnostic, Error, Kind, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Limits of one operation. Every default is safe; hosts may set each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Nesting of records and schemas, in levels.
    pub depth: u32,
    /// Size of one record, in bytes.
    pub record_bytes: u64,
    /// Size of one schema document, in bytes.
    pub document_bytes: u64,
    /// Documents in one bundle.
    pub documents: u32,
    /// States of one migration.
    pub states: u32,
    /// Steps of one operation.
    pub steps: u64,
    /// Memory of the module, in bytes.
    pub memory_bytes: u64,
}

impl Limits {
    /// The limits that hold unless a host sets others.
    pub const DEFAULT: Limits = Limits {
        depth: 512,
        record_bytes: 64 << 20,
        document_bytes: 16 << 20,
        documents: 4096,
        states: 1_000_000,
        steps: 2_000_000_000,
        memory_bytes: 1 << 30,
    };

    /// Fails with `limit-depth` when `depth` passes the limit.
    #[inline]
    pub fn check_depth(&self, depth: usize) -> Result<()> {
        if depth > self.depth as usize {
            return Err(depth_error(self.depth));
        }
        Ok(())
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::DEFAULT
    }
}

/// The error of a nesting beyond `limit`.
#[cold]
pub fn depth_error(limit: u32) -> Error {
    Diagnostic::new(Kind::Limit, "limit-depth", format!("nesting passes the limit of {limit} levels"))
        .help("raise the limit `depth` if the input is trusted")
        .boxed()
}

/// A flag that the host may set from another thread to end an operation.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicU8>);

impl Cancel {
    /// Asks the running operation to end.
    #[inline]
    pub fn cancel(&self) {
        self.0.store(1, Ordering::Relaxed);
    }

    /// Whether somebody asked; the flag is cleared.
    #[inline]
    pub fn take(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0 && self.0.swap(0, Ordering::Relaxed) != 0
    }

    /// Address of the byte, which stays where it is as long as any clone lives.
    #[inline]
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}

/// How many steps pass between two looks at the cancel flag.
const STRIDE: u64 = 1 << 14;

/// Counts the steps of one operation against its limit, and watches the cancel flag.
#[derive(Clone, Debug)]
pub struct Budget {
    limits: Limits,
    spent: u64,
    checkpoint: u64,
    cancel: Cancel,
}

impl Budget {
    /// A fresh budget.
    pub fn new(limits: Limits, cancel: Cancel) -> Budget {
        Budget { limits, spent: 0, checkpoint: STRIDE.min(limits.steps), cancel }
    }

    /// The limits that it counts against.
    #[inline]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Steps spent so far.
    #[inline]
    pub fn spent(&self) -> u64 {
        self.spent
    }

    /// Spends `steps`; fails with `limit-steps` or `cancelled`.
    #[inline]
    pub fn spend(&mut self, steps: u64) -> Result<()> {
        self.spent = self.spent.saturating_add(steps);
        if self.spent < self.checkpoint { Ok(()) } else { self.look() }
    }

    #[cold]
    fn look(&mut self) -> Result<()> {
        if self.cancel.take() {
            return Err(Diagnostic::error(Kind::Cancelled, "cancelled", "the operation was cancelled"));
        }
        if self.spent > self.limits.steps {
            let limit = self.limits.steps;
            return Err(Diagnostic::new(
                Kind::Limit,
                "limit-steps",
                format!("the operation passes its budget of {limit} steps"),
            )
            .help("raise the limit `steps`, or convert fewer records at once")
            .boxed());
        }
        self.checkpoint = self.spent.saturating_add(STRIDE).min(self.limits.steps.saturating_add(1));
        Ok(())
    }
}

impl Default for Budget {
    fn default() -> Budget {
        Budget::new(Limits::DEFAULT, Cancel::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_ends_exactly_past_its_limit() {
        let mut budget = Budget::new(Limits { steps: 100_000, ..Limits::DEFAULT }, Cancel::default());
        assert!(budget.spend(100_000).is_ok());
        assert_eq!(budget.spend(1).unwrap_err().code, "limit-steps");
    }

    #[test]
    fn cancelling_is_seen_within_a_stride() {
        let cancel = Cancel::default();
        let mut budget = Budget::new(Limits::DEFAULT, cancel.clone());
        cancel.cancel();
        let failed = (0..=STRIDE).find_map(|_| budget.spend(1).err());
        assert_eq!(failed.unwrap().code, "cancelled");
    }
}
