//! Progress of a campaign, shared with whatever displays it.
use std::sync::atomic::{AtomicBool, AtomicU64};

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
}
