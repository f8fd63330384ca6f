//! The runner's own checks, besides the model's invariants: a run ends, repeats itself and does not panic.
//!
//! A scenario's expectations are reported in the same way; they are judged in [`expectations`](crate::expectations).
use model::{
    invariants::{ALL, Kind},
    oracle::{Finding, Violation},
    verdict::Verdict,
};
use sim::engine::Stop;
use std::{cell::RefCell, sync::OnceLock};

/// Name of the check of a scenario's own expectations.
pub const EXPECTATION: &str = "scenario_expectation";
/// Name of the check that a run ends.
pub const ENDS: &str = "every_run_ends";
/// Name of the check that the gateway does not panic.
pub const PANICS: &str = "gateway_never_panics";
/// Name of the check that nothing is refused in a run in which nothing goes wrong.
pub const UNDISTURBED: &str = "undisturbed_refuses_nothing";
/// Name of the check that a run repeats itself.
pub const REPEATS: &str = "every_run_repeats";

/// Safety or liveness, for an invariant of the model or a check of the runner.
pub fn kind(invariant: &str) -> Kind {
    match ALL.iter().find(|known| known.id == invariant) {
        Some(known) => known.kind,
        None if invariant == ENDS => Kind::Liveness,
        None => Kind::Safety,
    }
}

/// The finding of a check of the runner, with its violation if it failed.
pub fn finding(invariant: &'static str, at: u64, violation: Option<String>) -> Finding {
    let violations: Vec<Violation> =
        violation.into_iter().map(|sentence| Violation { invariant, at, sentence, evidence: Vec::new() }).collect();
    Finding {
        invariant,
        checked: 1,
        undecided: 0,
        violated: violations.len() as u64,
        slack: 0,
        verdict: if violations.is_empty() { Verdict::Held } else { Verdict::Violated },
        violations,
    }
}

/// Checks that the run ended within its limits. `cycle` are the calls that repeat, where it made no progress.
pub(crate) fn ended(stop: Stop, cycle: &[String], at: u64) -> Finding {
    let violation = match stop {
        Stop::Done | Stop::Known => None,
        Stop::TimeLimit => Some("The senders were not done within the scenario's time limit.".to_owned()),
        Stop::StepLimit => Some("The run took more than 200,000 steps: something retries forever.".to_owned()),
        Stop::NoProgress if cycle.is_empty() => Some("No delivery was answered in 10,000 steps.".to_owned()),
        Stop::NoProgress => {
            Some(format!("No delivery was answered in 10,000 steps: these calls repeat forever: {}.", cycle.join("; ")))
        }
    };
    finding(ENDS, at, violation)
}

/// Checks that the gateway did not panic since [`watch_for_panics`].
pub(crate) fn panicked(at: u64) -> Finding {
    let message = PANIC.with_borrow_mut(Option::take);
    finding(PANICS, at, message.map(|message| format!("The gateway panicked: {message}.")))
}

/// The verdict of one run.
pub(crate) fn verdict(findings: &[Finding]) -> Verdict {
    if findings.iter().any(|finding| finding.violated > 0) { Verdict::Violated } else { Verdict::Held }
}

thread_local! {
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Remembers the first panic in this thread from now on: a panic in a replica's task ends only that task.
pub(crate) fn watch_for_panics() {
    static HOOK: OnceLock<()> = OnceLock::new();
    HOOK.get_or_init(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if tokio::runtime::Handle::try_current().is_ok() {
                let text = panic.to_string().replace('\n', " ");
                PANIC.with_borrow_mut(|kept| kept.get_or_insert(text).clone());
            } else {
                before(panic);
            }
        }));
    });
    PANIC.with_borrow_mut(|panic| *panic = None);
}
