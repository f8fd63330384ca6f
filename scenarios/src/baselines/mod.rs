//! Baseline protocols to compare the shipped one with: the gateway before it had a lock, the options that its documents
//! weighed, the lock as it was planned, the lock as the existing gateway runs it today, and the locks of crates.
//!
//! Each implements the same trait as the shipped protocol and uses only its [`Context`] and [`Surroundings`]. Each
//! follows its document, mistakes included: a corrected mistake would make the comparison wrong. Dropping the future of
//! a baseline has the effect that cancelling a request's context has in Go: it sends nothing more, and a lock that it
//! holds stays held.
mod backoff;
mod breaker;
pub mod cached_list;
mod call;
pub mod cleanup;
mod create;
mod dedup;
pub mod electors;
mod lease_lock;
mod locked;
pub mod memory_mutex;
pub mod named_request;
pub mod none;
mod pipeline;
pub mod planned_lease;
mod record;
pub mod redis;
pub mod redis_setnx;
pub mod shipped_lease;
mod status;
mod surroundings;
#[cfg(test)]
mod tests;

use gateway::protocol::{Context, Protocol};
use std::sync::Arc;
pub use surroundings::{LockAttempts, LockCounts, Surroundings, Terms};

/// A protocol to compare the shipped one with.
#[derive(Debug, Clone, Copy)]
pub struct Baseline {
    /// Name on the command line.
    pub name: &'static str,
    /// Description in one line.
    pub summary: &'static str,
    /// Starts the protocol for one replica.
    pub start: Start,
    /// Whether it applies, so that the API servers must record the managers of fields.
    pub applies: bool,
}

/// Every baseline: those of the documents, oldest first, then those of crates.
pub const BASELINES: &[Baseline] = &[
    writes("none", "no lock: consistent LIST, then create (option A)", none::start),
    writes("cached-list", "no lock: LIST from the watch cache, as informers do (option F)", cached_list::start),
    writes("memory-mutex", "a mutex in each replica's memory, LIST from the cache (option B)", memory_mutex::start),
    writes("named-request", "the request is named after the fingerprint (option C)", named_request::start),
    writes("redis-setnx", "a key with a TTL in Redis, deleted by name (option D)", redis_setnx::start),
    writes("cleanup", "no lock, and a controller that deletes all but the oldest (option E)", cleanup::start),
    writes(
        "planned-lease",
        "Lease lock of the December 2025 plan: retry every 100 ms, release by name",
        planned_lease::start,
    ),
    writes(
        "shipped-lease",
        "Lease lock as the existing gateway runs it: ten attempts, release after reading the holder",
        shipped_lease::start,
    ),
    writes(
        "kube-leader-election",
        "lock of kube-leader-election: merge patches without a version",
        electors::kube_leader_election::start,
    ),
    applies(
        "kubert",
        "lock of kubert: apply at the version that was read, expiry by wall clock",
        electors::kubert::start,
    ),
    applies(
        "kube-coordinate",
        "lock of kube-coordinate: expiry observed locally, a new Lease applied by force",
        electors::kube_coordinate::start,
    ),
    applies(
        "kube-lease-manager",
        "lock of kube-lease-manager: apply that relies on owners of fields",
        electors::kube_lease_manager::start,
    ),
];

/// Starts a protocol.
type Start = fn(Context, &Surroundings) -> Arc<dyn Protocol>;

const fn writes(name: &'static str, summary: &'static str, start: Start) -> Baseline {
    Baseline { name, summary, start, applies: false }
}

const fn applies(name: &'static str, summary: &'static str, start: Start) -> Baseline {
    Baseline { name, summary, start, applies: true }
}
