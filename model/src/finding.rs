//! What the oracle found: violations, and one finding per invariant.
use crate::{observation::Micros, verdict::Verdict};
use serde::Serialize;

/// One violation of an invariant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The invariant's id.
    pub invariant: &'static str,
    /// Simulated time at which the oracle saw the violation.
    pub at: Micros,
    /// What happened, in plain English: a sentence or two that name objects, replicas and signals.
    pub sentence: String,
    /// Observations that prove it, ascending: their indexes in the order of
    /// [`Oracle::observe`](crate::Oracle::observe), from 0.
    pub evidence: Vec<usize>,
}

/// The result of one invariant at the end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The invariant's id.
    pub invariant: &'static str,
    /// Number of checks made. A check may be about a commit, an answer, a lease and so on.
    pub checked: u64,
    /// Number of checks that were due but could not be decided.
    pub undecided: u64,
    /// Number of violations.
    pub violated: u64,
    /// How much more could have gone wrong unnoticed, where the facts leave room: of `occurrences_exact`, the number of
    /// occurrences. 0 where every fact is explained in one way.
    pub slack: u64,
    /// The first violations, at most [`Finding::DETAILED`] of them.
    pub violations: Vec<Violation>,
    /// Verdict over all checks.
    pub verdict: Verdict,
}

impl Finding {
    /// Number of violations of one invariant that get a sentence each; later ones are only counted.
    pub const DETAILED: usize = 8;
}
