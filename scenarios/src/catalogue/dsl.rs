//! Short constructors for the literals of scenarios: acts, triggers and times.
use crate::workload::{Act, Interference, Payload, Retry, Route, Suppression, UNTIL_AT_REST};
use sim::{CallPattern, Effect, FaultKind, Trigger};
use std::{borrow::Cow, time::Duration};

/// Delivers copies of a payload at once, with Alertmanager's retries.
pub(super) const fn deliver(what: Payload, copies: u32, to: Route) -> Act {
    Act::Deliver { what, copies, to, retry: Retry::Alertmanager }
}

/// Delivers copies of a payload at once, without retries.
pub(super) const fn once(what: Payload, copies: u32, to: Route) -> Act {
    Act::Deliver { what, copies, to, retry: Retry::Never }
}

/// Delivers copies of a payload at once with idempotency keys, and each of them `again` times more.
pub(super) const fn keyed(what: Payload, copies: u32, to: Route, again: u32) -> Act {
    Act::Deliver { what, copies, to, retry: Retry::Keyed { again } }
}

/// The orchestrator moves the active RemediationRequests to a phase.
pub(super) const fn orchestrate(of: Payload, phase: &'static str) -> Act {
    Act::Orchestrate { of, phase: Cow::Borrowed(phase) }
}

/// The orchestrator ends the active RemediationRequests, which suppress others from then on.
pub(super) const fn end(of: Payload, phase: &'static str, suppression: Suppression) -> Act {
    Act::End { of, phase: Cow::Borrowed(phase), suppression }
}

/// The orchestrator changes the suppression of the latest RemediationRequest.
pub(super) const fn suppress(of: Payload, suppression: Suppression) -> Act {
    Act::Suppress { of, suppression }
}

/// The orchestrator moves the RemediationRequests through these phases in the background.
macro_rules! meanwhile {
    ($of:expr, $($phase:literal),+) => {
        $crate::workload::Act::OrchestrateMeanwhile {
            of: $of,
            phases: std::borrow::Cow::Borrowed(&[$(std::borrow::Cow::Borrowed($phase)),+]),
        }
    };
}
pub(super) use meanwhile;

/// An administrator interferes with the Deployment's RemediationRequests or lease.
pub(super) const fn interfere(how: Interference) -> Act {
    Act::Interfere { of: Payload::Deployment, how }
}

/// Lasts until the watches that the replicas began with have ended: the server ends one after 290 s.
pub(super) const WATCHES_END: Act = Act::Wait(seconds(295));

/// Lets everything come to rest: what another client does now is done before the next signal.
pub(super) const AT_REST: Act = Act::Wait(UNTIL_AT_REST);

/// Calls of any replica with this method on this resource (the plural, with the subresource if there is one).
pub(super) const fn on(method: &'static str, resource: &'static str) -> CallPattern {
    CallPattern { method, resource, replica: None }
}

/// Calls of one replica with this method on this resource.
pub(super) const fn on_replica(replica: usize, method: &'static str, resource: &'static str) -> CallPattern {
    CallPattern { method, resource, replica: Some(replica) }
}

/// Creates of RemediationRequests by any replica.
pub(super) const fn creates() -> CallPattern {
    on("POST", "remediationrequests")
}

/// Creates of RemediationRequests by one replica.
pub(super) const fn creates_by(replica: usize) -> CallPattern {
    on_replica(replica, "POST", "remediationrequests")
}

/// Loses every create of replica 0 except the first.
pub(super) const LATER_CREATES_LOST: Trigger = all_after(1, creates_by(0), Effect::Fault(FaultKind::LostRequest));

/// Strikes the first matching call.
pub(super) const fn first(on: CallPattern, effect: Effect) -> Trigger {
    after(0, on, effect)
}

/// Strikes one matching call, after `skip` others.
pub(super) const fn after(skip: u32, on: CallPattern, effect: Effect) -> Trigger {
    Trigger { on, skip, times: 1, effect }
}

/// Strikes the first `times` matching calls.
pub(super) const fn first_few(times: u32, on: CallPattern, effect: Effect) -> Trigger {
    Trigger { on, skip: 0, times, effect }
}

/// Strikes every matching call after the first `skip`.
pub(super) const fn all_after(skip: u32, on: CallPattern, effect: Effect) -> Trigger {
    Trigger { on, skip, times: u32::MAX, effect }
}

/// A time in seconds.
pub(super) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A time in milliseconds.
pub(super) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
