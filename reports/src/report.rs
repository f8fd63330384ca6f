//! The report: what one invocation of the command did and found.
//!
//! The schema is versioned, since other programs read the JSON: a field may be added, but none is renamed or removed
//! within a version. A verb fills in the fields that it has; the others are absent from the JSON.
pub use crate::{
    confidence::{Confidence, ScenarioConfidence},
    slack::Slack,
};
use crate::{
    coverage::Coverage,
    part::Part,
    score::Score,
    search::{Frontier, Scope},
    strategies::Strategies,
    timeline::Timeline,
};
use model::Verdict;
use serde::{Deserialize, Serialize};

/// Version of the schema that this crate writes.
pub const SCHEMA: u32 = 1;

/// One invocation of the command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Version of the schema: [`SCHEMA`].
    pub schema: u32,
    /// Verb: `run`, `exhaust`, `mutants` and so on.
    pub command: String,
    /// Version of the harness, and after `+` the identity of the code that makes its runs.
    pub version: String,
    /// Verdict over everything that was run.
    pub verdict: Verdict,
    /// Number of runs: a cluster is started and run to its end.
    pub runs: u64,
    /// Number of distinct interleavings, summed over the scenarios: exact up to 4,096 per scenario, beyond that an
    /// estimate with a standard error of 0.8 %.
    pub distinct_interleavings: u64,
    /// Simulated seconds, all runs together.
    pub simulated_seconds: f64,
    /// Wall-clock seconds.
    pub wall_seconds: f64,
    /// Runs per wall-clock second.
    pub runs_per_second: f64,
    /// Number of Kubernetes API calls, all runs together.
    pub api_calls: u64,
    /// What was run: one entry per scenario, protocol, transport and strategy.
    pub scenarios: Vec<ScenarioReport>,
    /// What failed: one entry per scenario, protocol and invariant.
    pub failures: Vec<Failure>,
    /// Requirements that were not met: required faults that never took effect, invariants that were never checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<String>,
    /// Behaviour of a real cluster that is not simulated, although a reader could expect it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_modelled: Vec<String>,
    /// Whether the invocation has ended by itself. A report that is written while it is under way, or after it was
    /// stopped, is not complete: it covers what was done by then.
    #[serde(default = "yes")]
    pub complete: bool,
    /// Whether the invocation was stopped before it had used up its budget.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// Number of runs that were to be made, if it was fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_runs: Option<u64>,
    /// Wall-clock seconds after which no run began, if the time was limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_limit_seconds: Option<f64>,
    /// Moment at which the invocation began, as `2026-11-30T09:15:00Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<String>,
    /// `run --shard`: the part of the campaign that this report covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// How the program was started, for commands to paste: `lockstep`, a path, or `cargo run --release --`. Reports for
    /// machines do not have it.
    #[serde(skip)]
    pub program: Option<String>,
    /// `run`: the entries of the corpus, which were replayed first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corpus: Option<Vec<CorpusRow>>,
    /// `exhaust`: the scopes searched, and whether each is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontier: Option<Vec<Frontier>>,
    /// `exhaust`: which choices the search enumerated, and which it fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// `run`: what the runs say about those that were not made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// `mutants`: the result for each mutant.
    #[serde(default, rename = "bugs", skip_serializing_if = "Option::is_none")]
    pub mutants: Option<Vec<Mutant>>,
    /// `mutants --generated`: the result for each generated mutant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// `coverage`: the branches and decisions of the protocol that runs took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// `mutants --strategies`: the runs that each strategy needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategies: Option<Strategies>,
    /// `compare`: one row per protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocols: Option<Vec<ProtocolRow>>,
    /// `fidelity`: number of conformance cases played.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cases: Option<u64>,
    /// `fidelity`: number of cases answered as recorded. The others are in `failures`, named by `scenario`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<u64>,
    /// `live`: numbers of the run, and what was not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Live>,
}

/// All runs of one scenario with one protocol, transport and strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScenarioReport {
    /// Name of the scenario.
    pub name: String,
    /// Protocol that handled the signals.
    pub protocol: String,
    /// `direct`, `network` or `live`.
    pub transport: String,
    /// Strategy that picked the runs.
    pub strategy: String,
    /// Number of runs.
    pub runs: u64,
    /// Wall-clock seconds that they took, all threads together.
    #[serde(default)]
    pub wall_seconds: f64,
    /// Verdict over these runs.
    pub verdict: Verdict,
    /// Invariants that were checked.
    pub invariants: Vec<InvariantCount>,
    /// Faults that took effect.
    pub faults: Vec<FaultCount>,
    /// Where its faults made the bounds wider that it was judged by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bounds: Vec<String>,
    /// Room that the judge of counts had; absent if every count was explained in one way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slack: Option<Slack>,
}

/// One invariant in all runs of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvariantCount {
    /// Id of the invariant.
    pub name: String,
    /// Number of checks.
    pub checked: u64,
    /// Number of violations.
    pub violations: u64,
    /// Number of checks that could not be decided.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub undecided: u64,
}

impl InvariantCount {
    /// Verdict over these checks.
    pub const fn verdict(&self) -> Verdict {
        Verdict::of(self.checked, self.undecided, self.violations)
    }
}

/// One kind of fault in all runs of a scenario.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultCount {
    /// Name of the fault.
    pub name: String,
    /// What it strikes: `calls`, `streams`, `replicas`, `senders`, `servers` or `others`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// Number of times it took effect.
    pub delivered: u64,
}

/// Kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// A safety invariant was violated.
    Safety,
    /// A liveness invariant was violated.
    Liveness,
    /// One seed gave two different runs.
    NotDeterministic,
    /// The gateway panicked.
    Panic,
    /// The simulated API server did not answer as recorded.
    Fidelity,
}

/// One failure, with the first (or the smallest) run that shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// Name of the scenario (`fidelity`: of the case).
    pub scenario: String,
    /// Protocol that handled the signals.
    pub protocol: String,
    /// `direct`, `network` or `live`.
    pub transport: String,
    /// Strategy that picked the run.
    pub strategy: String,
    /// Id of the invariant. Failures of other kinds have an id of their own, such as `as_recorded`.
    pub invariant: String,
    /// Kind of failure.
    pub kind: FailureKind,
    /// What happened, in plain English.
    pub sentence: String,
    /// Seed of the run; empty if no seed made it.
    pub seed: String,
    /// Replay file of the run, relative to the directory in which the command was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Command that replays the run.
    pub replay: String,
    /// The run as one string, which `lockstep replay` takes on any machine with the same version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_string: Option<String>,
    /// Number of the first run of its scenario that showed it, from 1.
    pub first_run: u64,
    /// Number of choices of the run.
    pub choices: u64,
    /// Number of replicas.
    pub replicas: u64,
    /// Number of signals sent.
    pub signals: u64,
    /// Number of API calls.
    pub api_calls: u64,
    /// Number of runs of the scenario that violated the invariant.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub occurrences: u64,
    /// Invariant whose violation explains this failure: the same run violated it and missed an expectation, or the
    /// smallest run that violates it violates this one too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explained_by: Option<String>,
    /// Invariant that the run violated before it violated this one, if there is one: the first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broke_first: Option<String>,
    /// Chained hash of the run's events, in hexadecimal digits: two runs with one hash are the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// Choices other than the default (in order, no fault). They determine the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choice_sequence: Vec<Choice>,
    /// Timeline of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// Nearest run that holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbour: Option<Neighbour>,
    /// The smallest run found that fails in the same way, and why it fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smallest: Option<Smallest>,
}

/// The smallest run found that fails in the same way, and why it fails.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Smallest {
    /// Reason for the failure, in plain English.
    pub because: String,
    /// The two steps whose order decides, if there are two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pair: Vec<String>,
    /// Command that replays it.
    pub replay: String,
    /// The run as one string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_string: Option<String>,
    /// Its replay file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Number of replicas.
    pub replicas: u64,
    /// Number of signals.
    pub signals: u64,
    /// Number of API calls that were sent before the violation was complete.
    pub calls_until_violation: u64,
    /// Number of API calls of the whole run.
    pub api_calls: u64,
    /// Number of choices.
    pub choices: u64,
    /// Number of choices that depart from "in order, no fault".
    pub deviations: u64,
    /// What was taken out of the scenario, and the rules of order and faults that are left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Whether the search for a smaller run was ended by its time limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped_early: bool,
    /// Other invariants that it violates: they follow from the same cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Invariant that it violates before it violates its own, if there is one: the first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broke_first: Option<String>,
    /// Timeline of this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// How often it still fails when it continues at random from some point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub odds: Vec<Odds>,
    /// Index into `odds` of the point after which failing became much more likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jump: Option<usize>,
    /// Each fault of the run, and whether it fails without it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultNeed>,
}

/// How often a run fails when it follows the failing run up to some point, and continues at random.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Odds {
    /// Number of choices that it follows.
    pub choices: u64,
    /// The last step that it follows.
    pub step: String,
    /// Number of runs that failed.
    pub failed: u64,
    /// Number of runs.
    pub of: u64,
}

/// One fault of a failing run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultNeed {
    /// The fault, and the step that it struck.
    pub fault: String,
    /// Whether the run holds without it.
    pub needed: bool,
}

/// One choice of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Position among the run's choices, from 0.
    pub index: u64,
    /// Label of the choice.
    pub label: String,
    /// Number of the alternative that was picked; 0 is the default (in order, no fault).
    pub value: u64,
    /// Number of alternatives.
    pub of: u64,
    /// Meaning of the alternative that was picked.
    #[serde(default)]
    pub meaning: String,
}

/// A run that holds, and differs as little as possible from a failing one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    /// Difference in words, such as "the create of … commits before the …".
    pub difference: String,
    /// Timeline of this run.
    pub timeline: Timeline,
}

/// One entry of the corpus of failing runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpusRow {
    /// Its file.
    pub file: String,
    /// `fixed`, `still fails`, `stale`, or `fails nearby` for a stale one near which a run fails.
    pub outcome: String,
    /// Reason for which it is stale; empty if it is not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// Result for one mutant under one strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mutant {
    /// Name of the mutant.
    pub name: String,
    /// Invariant that must catch it.
    pub invariant: String,
    /// Strategy that picked the runs.
    pub strategy: String,
    /// Whether that invariant caught it, from every seed.
    pub found: bool,
    /// Whether the search for it was stopped before it was caught from every seed, or had survived one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
    /// Number of runs needed; absent if the mutant survived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs_to_find: Option<RunsToFind>,
    /// Scenario that was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Command that replays the first run that caught it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// The smallest run found that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smallest: Option<Smallest>,
}

/// Number of runs that a strategy needed to catch a mutant, over several seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunsToFind {
    /// Half of the seeds needed at most this many.
    pub median: f64,
    /// 95 of 100 seeds needed at most this many.
    pub p95: f64,
    /// All seeds that caught it needed at most this many.
    #[serde(default)]
    pub most: f64,
}

/// One protocol in a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProtocolRow {
    /// Name of the protocol.
    pub name: String,
    /// Fraction of the runs, 0 to 1, in which a fingerprint had two active requests.
    pub two_active: f64,
    /// Fraction of the runs, 0 to 1, in which a count was wrong.
    pub wrong_counts: f64,
    /// Mean number of API calls for a signal that creates a request.
    pub api_calls_new: f64,
    /// Mean number of API calls for a duplicate.
    pub api_calls_duplicate: f64,
    /// Added latency of a signal, in simulated milliseconds.
    pub added_latency_ms: Percentiles,
    /// Longest wait of a signal after a crash, in simulated seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_recovery_seconds: Option<f64>,
    /// Shortest counter-example, as a replay string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortest_counter_example: Option<String>,
    /// Further measurements by name, in the order of the table's columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more: Vec<(String, String)>,
}

/// Percentiles of one measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// Half of the values are at most this.
    pub p50: f64,
    /// 95 of 100 values are at most this.
    pub p95: f64,
    /// 99 of 100 values are at most this.
    pub p99: f64,
}

/// A live run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// Number of signals sent, redeliveries included.
    pub signals: u64,
    /// Number of signals accepted.
    pub accepted: u64,
    /// Number of signals answered 5xx.
    pub failed: u64,
    /// Number of signals without an answer.
    pub lost: u64,
    /// Number of fingerprints.
    pub fingerprints: u64,
    /// Number of RemediationRequests created.
    pub requests: u64,
    /// Number of commits of RemediationRequests and Leases.
    pub commits: u64,
    /// Seconds from the first to the last signal.
    pub sending_seconds: f64,
    /// Time from sending to the answer of accepted signals, in milliseconds.
    pub latency_ms: Percentiles,
    /// Invariants that were not judged: they neither held nor were violated.
    pub not_judged: Vec<NotJudged>,
    /// Reasons for which nothing could be decided.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
    /// What the run left in the cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    /// File of the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<String>,
}

/// An invariant that was not judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotJudged {
    /// Id of the invariant.
    pub invariant: String,
    /// The reason.
    pub because: String,
}

impl RunReport {
    /// A command of this report as the user would type it: `lockstep …` with the program as it was started.
    pub(crate) fn to_paste(&self, command: &str) -> String {
        match (&self.program, command.strip_prefix("lockstep ")) {
            (Some(program), Some(rest)) => format!("{program} {rest}"),
            _ => command.to_owned(),
        }
    }

    /// Number of scenarios of which at least one run was made, and of all.
    pub(crate) fn reached(&self) -> (u64, u64) {
        let names = |least: u64| {
            let rows = self.scenarios.iter().filter(|row| row.runs >= least);
            rows.map(|row| &*row.name).collect::<std::collections::BTreeSet<_>>().len() as u64
        };
        (names(1), names(0))
    }
}

impl Failure {
    /// A failure of this invariant and kind, of which nothing more is known: in the first run, once.
    pub fn new(invariant: &str, kind: FailureKind) -> Self {
        Self {
            scenario: String::new(),
            protocol: String::new(),
            transport: String::new(),
            strategy: String::new(),
            invariant: invariant.to_owned(),
            kind,
            sentence: String::new(),
            seed: String::new(),
            file: None,
            replay: String::new(),
            replay_string: None,
            first_run: 1,
            choices: 0,
            replicas: 0,
            signals: 0,
            api_calls: 0,
            occurrences: 1,
            explained_by: None,
            broke_first: None,
            trace: None,
            choice_sequence: Vec::new(),
            timeline: None,
            neighbour: None,
            smallest: None,
        }
    }

    /// The command that replays the run on any machine: by its string, or else by the name of its file.
    pub(crate) fn portable_replay(&self) -> String {
        match (&self.replay_string, &self.file) {
            (Some(string), _) => format!("lockstep replay {string}"),
            (None, Some(file)) => format!("lockstep replay {}", file_name(file)),
            (None, None) => self.replay.clone(),
        }
    }
}

impl Smallest {
    /// Its size in words.
    pub(crate) fn size(&self) -> String {
        use crate::figures::counted;
        let calls = counted(self.calls_until_violation, "API call");
        [
            counted(self.replicas, "replica"),
            counted(self.signals, "signal"),
            format!("{calls} to the violation"),
            format!("{} of {} not in order", self.deviations, counted(self.choices, "choice")),
        ]
        .join(" · ")
    }
}

impl Mutant {
    /// Whether no run of some seed caught it.
    pub const fn survived(&self) -> bool {
        !self.found && !self.unfinished
    }
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The path as another machine may have it: relative, or only the name of an absolute one.
pub(crate) fn portable(path: &str) -> &str {
    let absolute = path.starts_with(['/', '\\']) || path.chars().nth(1) == Some(':');
    if absolute { file_name(path) } else { path }
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if passes a reference")]
const fn is_zero(n: &u64) -> bool {
    *n == 0
}
