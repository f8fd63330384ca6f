//! A comparison of protocols, as data: what each did in the same situations, from the same seeds.
//!
//! [`markdown`] makes the document of it, [`page`] one HTML file, and [`plots`] the drawings of both.
mod estimates;
mod markdown;
mod page;
pub mod plots;
mod table;
mod tables;
mod text;

pub use markdown::markdown;
pub use page::page;
pub use text::text;

use serde::Serialize;

/// A comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Runs of each entry.
    pub runs: u64,
    /// Base seed.
    pub seed: u64,
    /// The situations, in the order of the columns.
    pub situations: Vec<Situation>,
    /// The protocols; the shipped one is the last.
    pub rows: Vec<Row>,
    /// Lease durations and clock errors, if they were swept.
    pub sweep: Option<Sweep>,
}

/// A situation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Situation {
    /// Heading of its column.
    pub name: String,
    /// What happens, in a sentence.
    pub story: String,
}

/// One protocol in every situation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Name of the protocol.
    pub protocol: String,
    /// The protocol in one line.
    pub about: String,
    /// Its figures, one for each situation.
    pub cells: Vec<Figures>,
}

/// Figures of some runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Fingerprints of all runs.
    pub fingerprints: u64,
    /// Fingerprints that had two active requests at some moment.
    pub doubled: u64,
    /// Fingerprints that had two active requests when the run ended.
    pub doubled_in_the_end: u64,
    /// Fingerprints whose counts are not those of the accepted signals.
    pub miscounted: u64,
    /// Number of runs.
    pub runs: u64,
    /// Runs in which a signal was accepted although no active request counted it.
    pub lost: u64,
    /// Signals that were sent, redeliveries included.
    pub signals: u64,
    /// Signals that were answered with an error, or not at all.
    pub refused: u64,
    /// API calls on Leases and RemediationRequests, those after the answers included.
    pub api_calls: u64,
    /// Runs that did not end in their time.
    pub unfinished: u64,
    /// Simulated time from the sending of an accepted signal to its answer.
    pub latency: Option<Quantiles>,
    /// Simulated time from the first sending of an alert to its first acceptance.
    pub first_accept: Option<Quantiles>,
    /// Attempts to lock, if the protocol has a lock that counts them.
    pub locks: Option<Locks>,
    /// Replay string of the first run with two active requests, if the catalogue has its scenario.
    pub replay: Option<String>,
}

/// Microseconds of simulated time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Quantiles {
    /// Half took no longer.
    pub p50: u64,
    /// 95 % took no longer.
    pub p95: u64,
    /// 99 % took no longer.
    pub p99: u64,
}

/// Attempts to lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Locks {
    /// Attempts.
    pub tried: u64,
    /// Attempts that found the lock held.
    pub contended: u64,
    /// Signals that were refused, whatever the reason.
    pub given_up: u64,
}

/// Lease durations and clock errors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sweep {
    /// Seconds by which one clock is ahead.
    pub clock_errors: Vec<u64>,
    /// The protocols.
    pub rows: Vec<SweepRow>,
}

/// One protocol over lease durations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepRow {
    /// Name of the protocol.
    pub protocol: String,
    /// One point for each duration.
    pub points: Vec<SweepPoint>,
}

/// One protocol with one lease duration.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepPoint {
    /// The duration, in seconds.
    pub lease_seconds: u32,
    /// Figures of a burst for each clock error.
    pub by_clock_error: Vec<Figures>,
    /// Figures of a crash of the holder, with right clocks.
    pub crash: Figures,
}

impl Figures {
    /// Share of fingerprints that had two active requests.
    pub fn doubled_share(&self) -> f64 {
        share(self.doubled, self.fingerprints)
    }

    /// Share of fingerprints that were counted wrong.
    pub fn miscounted_share(&self) -> f64 {
        share(self.miscounted, self.fingerprints)
    }

    /// Share of runs in which an accepted signal was lost.
    pub fn lost_share(&self) -> f64 {
        share(self.lost, self.runs)
    }

    /// Share of signals that were refused.
    pub fn refused_share(&self) -> f64 {
        share(self.refused, self.signals)
    }

    /// API calls for each signal.
    pub fn calls_each(&self) -> f64 {
        share(self.api_calls, self.signals)
    }
}

impl Comparison {
    /// Index of the situation of this name.
    pub fn situation(&self, name: &str) -> Option<usize> {
        self.situations.iter().position(|situation| situation.name == name)
    }
}

impl Row {
    /// Its figures in the situation of this index, if there is one.
    pub fn at(&self, situation: Option<usize>) -> Option<&Figures> {
        self.cells.get(situation?)
    }
}

fn share(part: u64, of: u64) -> f64 {
    part as f64 / of.max(1) as f64
}
