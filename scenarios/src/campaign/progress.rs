//! Progress of a campaign, shared with what displays it and what ends it.
use super::interleavings::Interleavings;
use crate::runner::Run;
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

/// Counters of a campaign that is under way.
#[derive(Debug, Default)]
pub struct Progress {
    /// Runs done.
    pub runs: AtomicU64,
    /// API calls made.
    pub api_calls: AtomicU64,
    /// Interleavings of the runs.
    interleavings: Mutex<Interleavings>,
    /// Runs that violated an invariant.
    pub violated: AtomicU64,
    /// Set to end the campaign; finished runs are kept.
    pub stop: AtomicBool,
    /// Whether it was ended from outside, and not by a violation.
    pub interrupted: AtomicBool,
}

impl Progress {
    /// Counts a run that is done.
    pub fn count(&self, run: &Run) {
        self.runs.fetch_add(1, Relaxed);
        self.api_calls.fetch_add(run.outcome.api_calls, Relaxed);
        let mut interleavings = self.interleavings.lock().unwrap_or_else(PoisonError::into_inner);
        interleavings.add(run.hashes().interleaving);
    }

    /// Number of different interleavings so far.
    pub fn distinct(&self) -> u64 {
        self.interleavings.lock().unwrap_or_else(PoisonError::into_inner).distinct()
    }

    /// Ends the campaign from outside; finished runs are kept.
    pub fn interrupt(&self) {
        self.interrupted.store(true, Relaxed);
        self.stop.store(true, Relaxed);
    }
}
