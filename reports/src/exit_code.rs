//! Exit codes of the process.
//!
//! There is one code per kind of failure, so that CI and a Kubernetes `podFailurePolicy` can distinguish them. If
//! several kinds were found, the first in this order decides: not deterministic (no replay can be trusted then),
//! panicked, safety, liveness, a requirement was not met, inconclusive.
use crate::report::{FailureKind, Mutant, RunReport};
use model::Verdict;

/// Every invariant was checked and held.
pub const HELD: u8 = 0;
/// The command line is wrong, or the harness itself failed; never the result of a report.
pub const USAGE_OR_INTERNAL: u8 = 1;
/// A safety invariant was violated.
pub const SAFETY: u8 = 2;
/// A liveness invariant was violated, and no safety invariant.
pub const LIVENESS: u8 = 3;
/// One seed gave two different runs.
pub const NOT_DETERMINISTIC: u8 = 4;
/// A requirement on the harness itself was not met, so its verdicts cannot be trusted: a mutant survived, a required
/// fault never took effect, an invariant was never checked, or the simulated API server did not answer as recorded.
pub const UNMET: u8 = 5;
/// The search did not finish its scope, it was stopped, or a check could not be decided.
pub const INCONCLUSIVE: u8 = 6;
/// The gateway panicked.
pub const PANICKED: u8 = 7;

/// Codes in the order in which the first one that occurs decides.
const WORST_FIRST: [u8; 8] =
    [NOT_DETERMINISTIC, PANICKED, SAFETY, LIVENESS, UNMET, INCONCLUSIVE, USAGE_OR_INTERNAL, HELD];

/// The exit code of a process that did several things, each with a code of its own.
pub fn worst(codes: impl IntoIterator<Item = u8>) -> u8 {
    let rank = |code: &u8| WORST_FIRST.iter().position(|known| known == code).unwrap_or(WORST_FIRST.len());
    codes.into_iter().min_by_key(rank).unwrap_or(HELD)
}

/// The exit code of one failure.
pub const fn of_kind(kind: FailureKind) -> u8 {
    match kind {
        FailureKind::NotDeterministic => NOT_DETERMINISTIC,
        FailureKind::Panic => PANICKED,
        FailureKind::Safety => SAFETY,
        FailureKind::Liveness => LIVENESS,
        FailureKind::Fidelity => UNMET,
    }
}

/// The exit code of a report.
pub fn exit_code(report: &RunReport) -> u8 {
    let found = |kind| report.failures.iter().any(|failure| failure.kind == kind);
    let survived = report.mutants.iter().flatten().any(Mutant::survived);
    let unfaithful = found(FailureKind::Fidelity) || report.passed < report.cases;
    let unfinished = !report.complete || report.frontier.iter().flatten().any(|frontier| !frontier.complete);
    if found(FailureKind::NotDeterministic) {
        NOT_DETERMINISTIC
    } else if found(FailureKind::Panic) {
        PANICKED
    } else if found(FailureKind::Safety) {
        SAFETY
    } else if found(FailureKind::Liveness) {
        LIVENESS
    } else if survived || unfaithful || !report.unmet.is_empty() {
        UNMET
    } else if report.verdict == Verdict::Violated {
        // Violated without a failure that says how: assume the worst.
        SAFETY
    } else if unfinished || report.verdict == Verdict::Inconclusive {
        INCONCLUSIVE
    } else {
        HELD
    }
}
