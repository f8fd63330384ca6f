//! What an oracle checks, and the times and bounds it checks against.
//!
//! No `Default`: each of these changes what a verdict means, so a scenario says all of them, usually as
//! `Settings { retry_period: …, ..Settings::of_the_protocol() }`.
use crate::{
    invariants::{ALL, Invariant},
    observation::Micros,
};

const SECOND: Micros = 1_000_000;

/// See the fields. Times are true time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Which invariants are checked; a finding comes back for each of them, in this order.
    pub invariants: Vec<Invariant>,
    /// How long an unreleased acquisition of a lease holds, in seconds.
    pub lease_seconds: u64,
    /// How much faster or slower than true time a replica's monotonic clock may run, in parts per million. A takeover is
    /// early only if even the fastest clock allowed could not have seen the lease expire.
    pub clock_rate_bound_ppm: u64,
    /// How far past its nextAllowedExecution a terminal request may still take a count: the largest wall-clock offset of a
    /// replica plus the longest a write may be under way after it was decided.
    pub suppression_tolerance: Micros,
    /// The longest pause between two tries, of a replica that waits for a lock or of a sender that was told to retry.
    pub retry_period: Micros,
    /// How long a lease may outlive its use before the sweeper has deleted it, in seconds: the idle time it grants plus the
    /// interval at which it looks.
    pub sweep_seconds: u64,
    /// How long after the last signal, and the last fault, replicas may still be busy.
    pub settle: Micros,
    /// How many API calls (watches left out) all replicas together may make in a quiet minute.
    pub quiet_calls_per_minute: u64,
    /// How many signals must have been accepted in the end: keeps a run in which everything was refused from holding.
    pub accepted_at_least: u64,
}

impl Settings {
    /// Every invariant, with the times of the protocol that the gateway ships: leases of 30 s, a sweep of leases idle for five
    /// minutes that is looked at every minute, requests that live for 60 s at most; replicas' clocks run true within 1 ‰.
    pub fn of_the_protocol() -> Self {
        Self {
            invariants: ALL.to_vec(),
            lease_seconds: 30,
            clock_rate_bound_ppm: 1_000,
            suppression_tolerance: 60 * SECOND,
            retry_period: 15 * SECOND,
            sweep_seconds: 6 * 60,
            settle: 60 * SECOND,
            quiet_calls_per_minute: 30,
            accepted_at_least: 0,
        }
    }

    /// The shortest true time after which a lease may be taken for expired: its duration as the fastest clock shows it.
    pub(crate) const fn shortest_hold(&self) -> Micros {
        (self.lease_seconds * SECOND).saturating_mul(1_000_000) / (1_000_000 + self.clock_rate_bound_ppm)
    }

    /// The longest true time until a lease is seen to have expired: its duration as the slowest clock shows it.
    pub(crate) const fn longest_hold(&self) -> Micros {
        let lease = self.lease_seconds * SECOND;
        lease + lease.saturating_mul(self.clock_rate_bound_ppm) / 1_000_000
    }

    pub(crate) const fn sweep(&self) -> Micros {
        self.sweep_seconds * SECOND
    }
}
