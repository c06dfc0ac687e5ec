//! Verdicts: what a change breaks, for whom.
