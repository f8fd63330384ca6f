//! Baseline protocols to compare the shipped one with: the gateway before it had a lock, the lock as it was planned,
//! and the lock as the existing gateway runs it today.
//!
//! Each implements the same trait as the shipped protocol and uses only its [`Context`]. Each follows its document,
//! mistakes included: a corrected mistake would make the comparison wrong. Dropping the future of a baseline has the
//! effect that cancelling a request's context has in Go: it sends nothing more, and a lock that it holds stays held.
mod backoff;
mod breaker;
pub mod cached_list;
mod call;
mod create;
mod dedup;
mod lease_lock;
pub mod none;
mod pipeline;
pub mod planned_lease;
mod record;
pub mod shipped_lease;
mod status;
#[cfg(test)]
mod tests;

use gateway::protocol::{Context, Protocol};
use std::sync::Arc;

/// A protocol to compare the shipped one with.
#[derive(Debug, Clone, Copy)]
pub struct Baseline {
    /// Name on the command line.
    pub name: &'static str,
    /// Description in one line.
    pub summary: &'static str,
    /// Starts the protocol for one replica.
    pub start: fn(Context) -> Arc<dyn Protocol>,
}

/// Every baseline, oldest first.
pub const BASELINES: &[Baseline] = &[
    Baseline { name: "none", summary: "no lock: consistent LIST, then create", start: none::start },
    Baseline {
        name: "cached-list",
        summary: "no lock: LIST from the watch cache, as informers do, then create",
        start: cached_list::start,
    },
    Baseline {
        name: "planned-lease",
        summary: "Lease lock of the December 2025 plan: retry every 100 ms, release by name",
        start: planned_lease::start,
    },
    Baseline {
        name: "shipped-lease",
        summary: "Lease lock as the existing gateway runs it: ten attempts, release after reading the holder",
        start: shipped_lease::start,
    },
];
