//! Protocols to compare the shipped one with: what stood before the lock, the lock as it was planned, and the lock as the
//! existing gateway runs it today.
//!
//! Each stands behind the same seam as the shipped protocol and touches nothing but its [`Context`]. It is kept as its document
//! describes it, right or wrong: a mistake mended here would be a wrong row in the comparison. Dropping one's future is what
//! cancelling a request's context is in Go: nothing more is sent, and a lock that is held stays behind.
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

/// A protocol that exists to be compared with the shipped one.
#[derive(Debug, Clone, Copy)]
pub struct Alternative {
    /// What `--protocol` takes.
    pub name: &'static str,
    /// One line for the list of protocols.
    pub summary: &'static str,
    /// Makes it, for one replica.
    pub start: fn(Context) -> Arc<dyn Protocol>,
}

/// Every alternative, in the order of their history.
pub const ALTERNATIVES: &[Alternative] = &[
    Alternative { name: "none", summary: "no lock: consistent LIST, then create", start: none::start },
    Alternative {
        name: "cached-list",
        summary: "no lock: LIST from the watch cache, as an informer's, then create",
        start: cached_list::start,
    },
    Alternative {
        name: "planned-lease",
        summary: "Lease lock of the December 2025 plan: 100 ms recursion, release by name",
        start: planned_lease::start,
    },
    Alternative {
        name: "shipped-lease",
        summary: "Lease lock as the existing gateway runs it: ten attempts, release after a look at the holder",
        start: shipped_lease::start,
    },
];
