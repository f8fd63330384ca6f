//! Progress of a campaign, shared with what displays it and what ends it.
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Counters of a campaign that is under way.
#[derive(Debug, Default)]
pub struct Progress {
    /// Runs done.
    pub runs: AtomicU64,
    /// API calls made.
    pub api_calls: AtomicU64,
    /// Runs that violated an invariant.
    pub violated: AtomicU64,
    /// Set to end the campaign; finished runs are kept.
    pub stop: AtomicBool,
    /// Whether it was ended from outside, and not by a violation.
    pub interrupted: AtomicBool,
}

impl Progress {
    /// Ends the campaign from outside; finished runs are kept.
    pub fn interrupt(&self) {
        self.interrupted.store(true, Relaxed);
        self.stop.store(true, Relaxed);
    }
}
