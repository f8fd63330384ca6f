//! Undisturbed runs: where nothing goes wrong, no signal is refused and none waits for long.
//!
//! A 5xx or a long wait needs a cause. In a run without faults, crashes, pauses and writes of third parties there is
//! none, whatever the order of its calls and events.
use crate::{
    checks::{UNDISTURBED, finding},
    observe::SentSignal,
    scenario::Scenario,
    workload::{Act, Suppression},
};
use model::{Verdict, oracle::Finding};
use sim::{Delivered, Fault, FaultKind};
use std::time::Duration;

/// Longest time until the answer. Each step of a run takes a millisecond of simulated time, and a burst has thousands.
const LIMIT: Duration = Duration::from_secs(10);

/// Judges a run; not at all if it was disturbed.
pub fn judge(scenario: &Scenario, delivered: &Delivered, signals: &[SentSignal], at: u64) -> Finding {
    let order = |fault| matches!(fault, Fault::Kind(FaultKind::Reorder | FaultKind::WatchLag));
    let struck = delivered.iter().any(|(fault, times)| times > 0 && !order(fault));
    let alone = scenario.mixed_replicas.is_empty() && scenario.lock_namespaces.len() == 1;
    if struck || !alone || !scenario.acts.iter().all(is_harmless) {
        return Finding { checked: 0, verdict: Verdict::Inconclusive, ..finding(UNDISTURBED, at, None) };
    }
    finding(UNDISTURBED, at, signals.iter().enumerate().find_map(|(number, signal)| refused(number, signal)))
}

/// Whether an act gives no signal a reason to wait: nobody else writes a lease or deletes a request.
fn is_harmless(act: &Act) -> bool {
    match act {
        Act::Deliver { .. }
        | Act::DeliverEach { .. }
        | Act::DeliverTwins { .. }
        | Act::AwaitAnswers
        | Act::Wait(_)
        | Act::Orchestrate { .. }
        | Act::OrchestrateEvery { .. } => true,
        Act::End { suppression, .. } => *suppression == Suppression::None,
        _ => false,
    }
}

fn refused(number: usize, signal: &SentSignal) -> Option<String> {
    let took = Duration::from_micros(signal.answered_at.saturating_sub(signal.sent_at));
    let what = match signal.status {
        None => "got no answer".to_owned(),
        Some(status) if status >= 500 => format!("was answered {status}"),
        Some(_) if took > LIMIT => format!("was answered only after {took:?}"),
        Some(_) => return None,
    };
    Some(format!("Signal {number} {what}, though nothing went wrong in the run."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue::find, workload::Payload};

    fn signal(status: Option<u16>, answered_at: u64) -> SentSignal {
        SentSignal {
            payload: Payload::Deployment,
            alert: 0,
            sent_at: 0,
            answered_at,
            reply: None,
            status,
            replica: Some(0),
            resolved: false,
        }
    }

    #[test]
    fn a_refusal_needs_a_cause() {
        let mut delivered = Delivered::default();
        delivered.count(FaultKind::Reorder);
        let judged =
            |name, delivered: &Delivered, signal| judge(find(name).expect("a scenario"), delivered, &[signal], 0);
        assert_eq!(judged("burst", &delivered, signal(Some(202), 9_000_000)).verdict, Verdict::Held);
        for bad in [signal(Some(503), 1), signal(None, 1), signal(Some(202), 11_000_000)] {
            assert_eq!(judged("burst", &delivered, bad).verdict, Verdict::Violated);
        }
        assert_eq!(judged("held-lock", &delivered, signal(Some(503), 1)).verdict, Verdict::Inconclusive);
        delivered.count(FaultKind::LostAnswer);
        assert_eq!(judged("burst", &delivered, signal(Some(503), 1)).verdict, Verdict::Inconclusive);
    }
}
