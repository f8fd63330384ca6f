//! What the process tells a script.
//!
//! One code per kind of trouble, so that CI and a Kubernetes `podFailurePolicy` can tell them apart. Where several kinds were
//! found, the first of this order counts: not deterministic (nothing else can be replayed then), panicked, safety, liveness,
//! something required never happened, inconclusive.
use crate::report::{FailureKind, RunReport};
use model::Verdict;

/// Everything was checked and held.
pub const HELD: u8 = 0;
/// The command line is wrong, or the harness itself failed; never the result of a report.
pub const USAGE_OR_INTERNAL: u8 = 1;
/// A safety invariant was broken.
pub const SAFETY: u8 = 2;
/// A liveness invariant was broken, and no safety invariant.
pub const LIVENESS: u8 = 3;
/// The same seed ran differently twice.
pub const NOT_DETERMINISTIC: u8 = 4;
/// A planted bug or canary was not caught, a required fault or invariant never came into play, or the simulated API server
/// answered otherwise than recorded: a verdict of this harness would be worth nothing.
pub const UNMET: u8 = 5;
/// The search did not finish its scope, or a check could not decide.
pub const INCONCLUSIVE: u8 = 6;
/// The gateway panicked.
pub const PANICKED: u8 = 7;

/// The exit code of a report.
pub fn exit_code(report: &RunReport) -> u8 {
    let found = |kind| report.failures.iter().any(|failure| failure.kind == kind);
    let uncaught = report.bugs.iter().flatten().any(|bug| !bug.found);
    let unfaithful = found(FailureKind::Fidelity) || report.passed < report.cases;
    let unfinished = report.frontier.iter().flatten().any(|frontier| !frontier.complete);
    if found(FailureKind::NotDeterministic) {
        NOT_DETERMINISTIC
    } else if found(FailureKind::Panic) {
        PANICKED
    } else if found(FailureKind::Safety) {
        SAFETY
    } else if found(FailureKind::Liveness) {
        LIVENESS
    } else if uncaught || unfaithful || !report.unmet.is_empty() {
        UNMET
    } else if report.verdict == Verdict::Violated {
        // Said to be broken and not told how: the worst is assumed.
        SAFETY
    } else if unfinished || report.verdict == Verdict::Inconclusive {
        INCONCLUSIVE
    } else {
        HELD
    }
}
