//! What a measurement found: rows of latencies, and claims that they support or not.
use serde::{Deserialize, Serialize};

/// Version of the results' format.
pub const FORMAT: u32 = 1;

/// Results of one part, with where and when they were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// Version of the format: [`FORMAT`].
    pub lockstep_latency: u32,
    /// Name of the part.
    pub part: String,
    /// Version of lockstep and of the gateway.
    pub version: String,
    /// Moment at which it began, as `2026-11-30T09:15:00Z`.
    pub started: String,
    /// The machine.
    pub machine: Machine,
    /// Rows, claims and notes.
    pub measured: Measured,
}

/// The machine of a measurement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Number of processors.
    pub processors: usize,
    /// Model of the processors; empty if it is not known.
    pub model: String,
    /// Memory in GiB; 0 if it is not known.
    pub memory: u64,
}

/// Findings of one part.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Latencies.
    pub rows: Vec<Row>,
    /// Claims.
    pub claims: Vec<Claim>,
    /// Numbers that are not latencies, in sentences.
    pub notes: Vec<String>,
}

/// Latencies of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Name of the series.
    pub series: String,
    /// Number of replicas; 0 without a gateway.
    pub replicas: usize,
    /// The load, as in `16 at a time`.
    pub load: String,
    /// Requests that were answered well.
    pub requests: u64,
    /// Requests that were not.
    pub failed: u64,
    /// Milliseconds that half of the requests did not exceed.
    pub p50: f64,
    /// Milliseconds that 95 % did not exceed.
    pub p95: f64,
    /// Milliseconds that 99 % did not exceed.
    pub p99: f64,
    /// The most milliseconds.
    pub max: f64,
}

/// What was asked for, and what was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Subject of the claim.
    pub about: String,
    /// The most that was asked for.
    pub most: f64,
    /// The number that was found.
    pub found: f64,
    /// Unit; empty for a ratio.
    pub unit: String,
}

impl Claim {
    /// A claim.
    pub fn new(about: impl Into<String>, most: f64, found: f64, unit: &str) -> Self {
        Self { about: about.into(), most, found, unit: unit.to_owned() }
    }

    /// Whether what was found is not more than what was asked for.
    pub fn is_met(&self) -> bool {
        self.found <= self.most
    }
}
