//! Counters of one application; a value, not a global, so that several replicas in one process stay apart.

/// The gateway's metrics.
#[derive(Debug, Default)]
pub struct Metrics {}
