//! Slack: room that a judge had, where the facts have more than one explanation.
use serde::{Deserialize, Serialize};

/// Occurrences that could have been counted unnoticed, since a sender got no answer or a 5xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slack {
    /// Sum over the runs.
    pub sum: u64,
    /// Largest number in one run.
    pub most: u64,
    /// Number of runs with any.
    pub runs: u64,
}
