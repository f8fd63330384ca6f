//! What an exhaustive search covered, as its report certifies it.
use serde::{Deserialize, Serialize};

/// Progress of an exhaustive search within one scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frontier {
    /// Largest number of preemptions in a schedule.
    pub preemptions: u64,
    /// Largest number of faults in a schedule.
    pub faults: u64,
    /// Number of schedules run.
    pub schedules: u64,
    /// Whether these are all schedules of the scope.
    pub complete: bool,
}

/// The choices that an exhaustive search enumerates, and those that it fixes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// Choices of which every alternative was tried, within the bounds.
    pub enumerated: Vec<String>,
    /// Choices that were the same in every schedule.
    pub fixed: Vec<String>,
    /// Part of the schedules that this machine ran: `0/1` is all of them.
    pub shard: String,
    /// The certificate, by name: code, scope, bounds, what was found. That of the merged shards of a search is that of
    /// the search in one piece.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificate: Vec<(String, String)>,
    /// The work that it took, by name: states, schedules left out. Shards repeat some of each other's work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub work: Vec<(String, String)>,
    /// The different ends of schedules, each as a hash: the union of those of all shards is that of the whole search.
    /// Absent if there are too many to keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Vec<String>>,
    /// The different ends as seen from outside the programs, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcomes: Option<Vec<String>>,
}
