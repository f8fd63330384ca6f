//! The report: what one invocation of the command did and found.
//!
//! It is written as JSON and read back by `merge`, so the schema is versioned: fields may be added, none is renamed or
//! removed within a version. Verbs fill in what they have; what a verb does not have stays out of the JSON.
use crate::timeline::Timeline;
use model::Verdict;
use serde::{Deserialize, Serialize};

/// The version of the schema that this crate writes.
pub const SCHEMA: u32 = 1;

/// One invocation of the command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// The schema's version: [`SCHEMA`].
    pub schema: u32,
    /// The verb: `run`, `exhaust`, `bugs` …
    pub command: String,
    /// The harness' version, and its commit where known.
    pub version: String,
    /// What all of it came to.
    pub verdict: Verdict,
    /// How many times a cluster was started and run to its end.
    pub runs: u64,
    /// Number of distinct interleavings, summed over the scenarios: exact up to 4,096 per scenario, beyond that an estimate with
    /// a standard error of 0.8 %.
    pub distinct_interleavings: u64,
    /// How much time passed inside, all runs together.
    pub simulated_seconds: f64,
    /// How much time passed outside.
    pub wall_seconds: f64,
    /// Runs per second of wall time.
    pub runs_per_second: f64,
    /// Kubernetes API calls, all runs together.
    pub api_calls: u64,
    /// What was run, one entry per scenario, protocol, transport and strategy.
    pub scenarios: Vec<ScenarioReport>,
    /// What was found, one entry per scenario, protocol and invariant.
    pub failures: Vec<Failure>,
    /// What had to come into play and did not: required faults, invariants never checked, planted bugs not caught.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<String>,
    /// What is not simulated and a reader could take for granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_modelled: Vec<String>,
    /// Whether the invocation was stopped before its budget was used up; what is reported was done nevertheless.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// `exhaust`: how far the search came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontier: Option<Vec<Frontier>>,
    /// `exhaust`: what every schedule of the search was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// `bugs`: what became of each planted bug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bugs: Option<Vec<Bug>>,
    /// `compare`: one row per protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocols: Option<Vec<ProtocolRow>>,
    /// `fidelity`: how many conformance cases were played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cases: Option<u64>,
    /// `fidelity`: how many of them were answered as recorded. The others are in `failures`, named by `scenario`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<u64>,
}

/// All runs of one scenario with one protocol, transport and strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScenarioReport {
    /// The scenario.
    pub name: String,
    /// The protocol that handled the signals.
    pub protocol: String,
    /// `direct`, `network` or `live`.
    pub transport: String,
    /// What chose the interleavings.
    pub strategy: String,
    /// How many runs.
    pub runs: u64,
    /// What they came to.
    pub verdict: Verdict,
    /// The invariants that were on.
    pub invariants: Vec<InvariantCount>,
    /// The faults that really took effect.
    pub faults: Vec<FaultCount>,
}

/// One invariant in all runs of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvariantCount {
    /// Its id.
    pub name: String,
    /// How many times it was checked.
    pub checked: u64,
    /// How many times it was broken.
    pub violations: u64,
    /// How many times it could not be decided.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub undecided: u64,
}

impl InvariantCount {
    /// What it came to.
    pub const fn verdict(&self) -> Verdict {
        Verdict::of(self.checked, self.undecided, self.violations)
    }
}

/// One kind of fault in all runs of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultCount {
    /// Its name.
    pub name: String,
    /// How many times it took effect.
    pub delivered: u64,
}

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// A safety invariant was broken.
    Safety,
    /// A liveness invariant was broken.
    Liveness,
    /// Two runs of one seed differed.
    NotDeterministic,
    /// The gateway panicked.
    Panic,
    /// The simulated API server answered otherwise than recorded.
    Fidelity,
}

/// One thing found, with the first (or the smallest) run that shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The scenario (`fidelity`: the case).
    pub scenario: String,
    /// The protocol.
    pub protocol: String,
    /// `direct`, `network` or `live`.
    pub transport: String,
    /// What chose the interleaving.
    pub strategy: String,
    /// The invariant's id; for other kinds of failure, what was expected: `deterministic`, `no_panic`, `as_recorded`.
    pub invariant: String,
    /// What kind of thing went wrong.
    pub kind: FailureKind,
    /// What happened, in plain English.
    pub sentence: String,
    /// The seed of the run.
    pub seed: String,
    /// The file that the run was written to, relative to where the command was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The command that runs it again.
    pub replay: String,
    /// Which run of its scenario showed it first, from 1.
    pub first_run: u64,
    /// How many choices the run took.
    pub choices: u64,
    /// How many replicas there were.
    pub replicas: u64,
    /// How many signals were sent.
    pub signals: u64,
    /// How many API calls were made.
    pub api_calls: u64,
    /// How many runs of the scenario broke the invariant.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub occurrences: u64,
    /// The choices themselves, where they are not "in order, no fault": with them the run is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choice_sequence: Vec<Choice>,
    /// What happened in the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// The nearest run that does not fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbour: Option<Neighbour>,
}

/// One choice that the driver made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Which of the run's choices it was, from 0.
    pub index: u64,
    /// What was chosen on.
    pub label: String,
    /// What was chosen; 0 is "in order, no fault".
    pub value: u64,
    /// Out of how many.
    pub of: u64,
}

/// A run that differs from a failing one in as little as possible, and holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    /// What differs: "the create of … commits before the …".
    pub difference: String,
    /// What happened in it.
    pub timeline: Timeline,
}

/// How far an exhaustive search came with so many preemptions and faults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frontier {
    /// At most that many preemptions.
    pub preemptions: u64,
    /// At most that many faults.
    pub faults: u64,
    /// How many schedules were run.
    pub schedules: u64,
    /// Whether these were all there are.
    pub complete: bool,
}

/// What an exhaustive search went through, and what it left in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// What was tried in every possible way, within the bounds.
    pub enumerated: Vec<String>,
    /// What was the same in every schedule.
    pub fixed: Vec<String>,
    /// Which part of the schedules this machine ran: `0/1` for all of them.
    pub shard: String,
}

/// What became of a planted bug with one strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bug {
    /// The bug.
    pub name: String,
    /// The invariant that must catch it.
    pub invariant: String,
    /// The strategy.
    pub strategy: String,
    /// Whether it was caught, by that invariant.
    pub found: bool,
    /// After how many runs; absent when it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs_to_find: Option<RunsToFind>,
    /// The scenario that it was searched for in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// The command that runs the first run that showed it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
}

/// How many runs a strategy needed to catch a bug, over several seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunsToFind {
    /// Half of the seeds needed no more.
    pub median: f64,
    /// 95 of 100 needed no more.
    pub p95: f64,
}

/// One protocol in the comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProtocolRow {
    /// The protocol.
    pub name: String,
    /// In which share of the runs a fingerprint had two active requests, 0 to 1.
    pub two_active: f64,
    /// In which share of the runs a count was wrong, 0 to 1.
    pub wrong_counts: f64,
    /// API calls for a signal that begins a request, mean.
    pub api_calls_new: f64,
    /// API calls for a duplicate, mean.
    pub api_calls_duplicate: f64,
    /// What it adds to a signal's way, in milliseconds of simulated time.
    pub added_latency_ms: Percentiles,
    /// The longest that a signal waited after a crash, in simulated seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_recovery_seconds: Option<f64>,
    /// The shortest counter-example, as a replay string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortest_counter_example: Option<String>,
    /// Anything else that was measured, by name, in the order of the table's columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<(String, String)>,
}

/// Percentiles of one measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// Half were no larger.
    pub p50: f64,
    /// 95 of 100 were no larger.
    pub p95: f64,
    /// 99 of 100 were no larger.
    pub p99: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
const fn is_zero(n: &u64) -> bool {
    *n == 0
}
