//! One machine's part of a campaign: what `lockstep merge` needs to make one report of several.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A part of a campaign that several machines share. Parts belong together if everything but `index` and `sums` is
/// equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Number of this part, from 0.
    pub index: u64,
    /// Number of parts.
    pub of: u64,
    /// Hash of the sources that take part in a run.
    pub code: String,
    /// Base seed of the campaign.
    pub seed: u64,
    /// Preset of faults that changed the scenarios' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faults: Option<String>,
    /// Number of replicas that replaced the scenarios' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u64>,
    /// Percentage of the runs that ran twice.
    pub doublecheck: u64,
    /// Runs of each scenario in one round.
    pub shares: Vec<u64>,
    /// Number of rounds; absent without a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<u64>,
    /// End of the campaign.
    pub limit: Limit,
    /// Whether faults that a scenario requires must have occurred.
    pub judged: bool,
    /// Whether every invariant must have been checked.
    pub whole_catalogue: bool,
    /// Sums of this part, one entry per row of the report's `scenarios`.
    #[serde(default)]
    pub sums: Vec<PartSums>,
}

/// End of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", content = "seconds", rename_all = "snake_case")]
pub enum Limit {
    /// All planned runs.
    Runs,
    /// A time that the user set.
    Time(f64),
    /// All planned runs, or a time.
    Within(f64),
}

/// Sums of one scenario's runs that its row of the report does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartSums {
    /// The set of interleavings, as text that can be united with others.
    pub interleavings: String,
    /// Simulated time in nanoseconds.
    pub simulated_nanoseconds: u64,
    /// API calls.
    pub api_calls: u64,
    /// Number of runs that violated each invariant.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub violating_runs: BTreeMap<String, u64>,
    /// Reason of the first run that could not begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

impl Part {
    /// The first setting in which another part differs: it belongs to another campaign then.
    pub fn difference(&self, other: &Part) -> Option<&'static str> {
        let differences = [
            ("another version of lockstep made it", self.code != other.code),
            ("--seed", self.seed != other.seed),
            ("--shard (the number of parts)", self.of != other.of),
            ("--faults", self.faults != other.faults),
            ("--replicas", self.replicas != other.replicas),
            ("--doublecheck", self.doublecheck != other.doublecheck),
            ("the number of runs", self.shares != other.shares || self.rounds != other.rounds),
            ("the time", self.limit != other.limit),
            ("--fail-fast", self.judged != other.judged || self.whole_catalogue != other.whole_catalogue),
        ];
        differences.into_iter().find_map(|(setting, differs)| differs.then_some(setting))
    }
}
