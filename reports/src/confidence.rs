//! Confidence: what the runs of a campaign say about runs that were not made.
use serde::{Deserialize, Serialize};

/// What the runs of a campaign say about runs that were not made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    /// All of it in words.
    pub says: String,
    /// Each scenario.
    pub scenarios: Vec<ScenarioConfidence>,
}

/// What the runs of one scenario say about runs that were not made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScenarioConfidence {
    /// Name of the scenario.
    pub scenario: String,
    /// Estimated number of new interleavings in the next 1,000 runs (Good and Turing: by those seen once).
    pub new_per_thousand: f64,
    /// Cells (API call, fault, phase of the last request) in which a fault took effect, and the runs that reached each.
    pub cells: Vec<(String, u64)>,
    /// Cells of the same calls, faults and phases that no run reached.
    pub cells_not_reached: u64,
    /// For a strategy with a bound: what it is, and under which assumptions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound: Option<String>,
}
