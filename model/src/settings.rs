//! Times and bounds that the oracle checks against.
//!
//! There is no `Default`: each value changes what a verdict means, so a scenario states all of them, usually as
//! `Settings { retry_period: …, ..Settings::of_the_protocol() }`.
use crate::observation::Micros;

const SECOND: Micros = 1_000_000;

/// Times and bounds of the system under test. All times are simulated time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Seconds for which an unreleased acquisition of a lease holds.
    pub lease_seconds: u64,
    /// Largest rate error of a replica's monotonic clock, in parts per million. A takeover is early only if even the
    /// fastest clock allowed could not have seen the lease expire.
    pub clock_rate_bound_ppm: u64,
    /// How far past its nextAllowedExecution a terminal request may still take a count: the largest wall-clock offset
    /// of a replica plus the longest time between the decision to write and the commit.
    pub suppression_tolerance: Micros,
    /// Number of the first replicas that run another program, as during a rolling update: it may count on requests that
    /// have ended.
    pub replicas_of_another_program: u8,
    /// Longest pause between two attempts, of a replica that waits for a lock or of a sender that must retry.
    pub retry_period: Micros,
    /// Longest time from a holder's crash until a waiting signal of its fingerprint is counted, or its lock acquired.
    pub recovery: Micros,
    /// Whether crashes are the only faults of the run. Then recovery is due while they last, not only after them.
    pub crashes_only: bool,
    /// Seconds after its last change within which a lease that a crashed replica holds must be freed.
    pub orphan_seconds: u64,
    /// Seconds for which a lease may outlive its use before the sweeper has deleted it: the idle time that the sweeper
    /// grants plus its interval.
    pub sweep_seconds: u64,
    /// Time after the last signal and the last fault in which replicas may still be busy.
    pub quiesce: Micros,
    /// API calls (without watches) that all replicas together may make in a quiet minute.
    pub quiet_calls_per_minute: u64,
    /// Signals that must be accepted by the end. Guards against vacuous passes: fails a run in which every signal was
    /// refused.
    pub accepted_at_least: u64,
}

impl Settings {
    /// The times of the protocol that the gateway ships: leases of 30 s, a crashed holder's freed within two minutes, a
    /// sweep every minute of leases that were idle for five, requests that live for 60 s at most, replicas' clocks
    /// right within 1 ‰.
    pub const fn of_the_protocol() -> Self {
        Self {
            lease_seconds: 30,
            clock_rate_bound_ppm: 1_000,
            suppression_tolerance: 60 * SECOND,
            replicas_of_another_program: 0,
            retry_period: 15 * SECOND,
            recovery: 35 * SECOND,
            crashes_only: false,
            orphan_seconds: 2 * 60,
            sweep_seconds: 6 * 60,
            quiesce: 60 * SECOND,
            quiet_calls_per_minute: 30,
            accepted_at_least: 0,
        }
    }

    /// Shortest simulated time after which a replica may see a lease as expired: its duration on the fastest clock.
    pub(crate) const fn shortest_hold(&self) -> Micros {
        (self.lease_seconds * SECOND).saturating_mul(1_000_000) / (1_000_000 + self.clock_rate_bound_ppm)
    }

    /// Longest simulated time until a replica sees a lease as expired: its duration on the slowest clock.
    pub(crate) const fn longest_hold(&self) -> Micros {
        let lease = self.lease_seconds * SECOND;
        lease + lease.saturating_mul(self.clock_rate_bound_ppm) / 1_000_000
    }

    pub(crate) const fn orphan(&self) -> Micros {
        self.orphan_seconds * SECOND
    }

    pub(crate) const fn sweep(&self) -> Micros {
        self.sweep_seconds * SECOND
    }
}
