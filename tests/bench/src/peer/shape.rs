//! The size of a run.
use std::time::Duration;

/// Size of a run.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Number of gateways.
    pub replicas: usize,
    /// Number of signals, all at once, of one fingerprint.
    pub signals: usize,
    /// turmoil's step of simulated time.
    pub tick: Duration,
    /// Simulated time after the last answer, before the end is compared.
    pub idle: Duration,
}

impl Shape {
    /// The canonical burst, with turmoil's default tick.
    pub const BURST: Shape =
        Shape { replicas: 3, signals: 15, tick: Duration::from_millis(1), idle: Duration::from_secs(35) };
}
