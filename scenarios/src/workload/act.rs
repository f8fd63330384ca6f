//! Acts: the steps of a workload's script.
use super::{interference::Interference, payload::Payload};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, time::Duration};

/// Time until nothing is under way any more: a call may take effect after a minute, and be repeated until then; a
/// replica may be paused for longer.
pub const UNTIL_AT_REST: Duration = Duration::from_secs(130);

/// The replica that a delivery goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Route {
    /// The next ready replica, in turn.
    RoundRobin,
    /// Any ready replica; a choice of the run.
    Any,
    /// This replica while it is ready, any other otherwise.
    Replica(usize),
}

/// What a sender does after a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Retry {
    /// Sends it once.
    Never,
    /// Follows Alertmanager's rule: retries after 5xx and broken connections, with growing pauses, and never after 4xx.
    Alertmanager,
    /// Follows Alertmanager's rule with an idempotency key, and repeats each delivery although it was accepted.
    Keyed {
        /// Number of repetitions.
        again: u32,
    },
}

/// What keeps the next RemediationRequest from being begun after one has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Suppression {
    /// Nothing.
    None,
    /// A nextAllowedExecution this far ahead, in whole seconds.
    For(Duration),
    /// The outcome ManualReviewRequired.
    Review,
}

/// One step of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// Deliver copies of a payload, all at once.
    Deliver {
        /// Payload to deliver.
        what: Payload,
        /// Number of copies.
        copies: u32,
        /// Replica to deliver to.
        to: Route,
        /// What the sender does afterwards.
        retry: Retry,
    },
    /// Deliver [`Payload::Distinct`] alerts, each once, all at once.
    DeliverEach {
        /// Number of alerts: 0 up to, but not including, `count`.
        count: u16,
        /// Replica to deliver to.
        to: Route,
        /// What the sender does afterwards.
        retry: Retry,
    },
    /// A highly available pair of Alertmanagers sends notifications of a group whose alerts begin one after the other.
    Alertmanagers {
        /// Final number of alerts in the group.
        alerts: u16,
        /// Time for which the alerts fire.
        lasts: Duration,
    },
    /// Wait until every delivery so far has its final answer.
    AwaitAnswers,
    /// Let simulated time pass.
    Wait(Duration),
    /// The orchestrator moves the payload's active RemediationRequests to a phase; the script waits for it.
    Orchestrate {
        /// Payload that the RemediationRequests are about.
        of: Payload,
        /// Phase to set.
        phase: Cow<'static, str>,
    },
    /// The orchestrator moves them in the background, as soon as they exist, at moments that are choices of the run.
    OrchestrateMeanwhile {
        /// Payload that the RemediationRequests are about.
        of: Payload,
        /// Phases to set, in order.
        phases: Cow<'static, [Cow<'static, str>]>,
    },
    /// The orchestrator moves them in the background, repeatedly.
    OrchestrateEvery {
        /// Payload that the RemediationRequests are about.
        of: Payload,
        /// Phase to set.
        phase: Cow<'static, str>,
        /// Time between two repetitions.
        every: Duration,
        /// Number of repetitions.
        times: u32,
    },
    /// The orchestrator ends the payload's active RemediationRequests, which suppress others from then on; the script
    /// waits for it.
    End {
        /// Payload that the RemediationRequests are about.
        of: Payload,
        /// Terminal phase to set.
        phase: Cow<'static, str>,
        /// What keeps the next one from being begun.
        suppression: Suppression,
    },
    /// The orchestrator does so in the background, as soon as they exist, at moments that are choices of the run.
    EndMeanwhile {
        /// Payload that the RemediationRequests are about.
        of: Payload,
        /// Terminal phase to set.
        phase: Cow<'static, str>,
        /// What keeps the next one from being begun.
        suppression: Suppression,
        /// Number of RemediationRequests that it ends.
        times: u32,
    },
    /// The orchestrator changes the suppression of the payload's latest RemediationRequest, if that has ended.
    Suppress {
        /// Payload that the RemediationRequest is about.
        of: Payload,
        /// What keeps the next one from being begun, from now on.
        suppression: Suppression,
    },
    /// The orchestrator moves the payload's latest RemediationRequest back to an active phase, if it has ended.
    ChangeBack {
        /// Payload that the RemediationRequest is about.
        of: Payload,
        /// Active phase to set.
        phase: Cow<'static, str>,
    },
    /// Deliver copies of a payload with one idempotency key, all at once: they are one delivery, repeated.
    DeliverTwins {
        /// Payload to deliver.
        what: Payload,
        /// Number of copies.
        copies: u32,
        /// Replica to deliver to.
        to: Route,
    },
    /// An administrator creates a lease for the payload by hand.
    WriteLease {
        /// Payload that the lease is about.
        of: Payload,
        /// Spec of the lease, as JSON.
        spec: Cow<'static, str>,
    },
    /// An administrator creates the payload's lease by hand, for a holder that never releases it.
    HoldLease {
        /// Payload that the lease is about.
        of: Payload,
        /// Holder of the lease.
        holder: Cow<'static, str>,
    },
    /// The lease of [`Act::HoldLease`] is deleted, unless another holder has taken it.
    DropLease {
        /// Payload that the lease is about.
        of: Payload,
        /// Holder that [`Act::HoldLease`] wrote.
        holder: Cow<'static, str>,
    },
    /// A replica pauses.
    Pause {
        /// Index of the replica, modulo their number: a run may have fewer than the scenario.
        replica: usize,
        /// Length of the pause.
        duration: Duration,
    },
    /// A replica's wall clock is set.
    SetClock {
        /// Index of the replica, modulo their number: a run may have fewer than the scenario.
        replica: usize,
        /// Milliseconds by which it is wrong from now on.
        offset_ms: i64,
    },
    /// Replicas crash in the background, repeatedly, and start again each time.
    CrashEvery {
        /// Index of the replica, modulo their number; `None` for each in turn.
        replica: Option<usize>,
        /// Time between two crashes.
        every: Duration,
        /// Time after which the crashed replica starts again.
        restart: Duration,
        /// Number of crashes.
        times: u32,
    },
    /// The kubelet asks every replica whether it is ready, in the background, repeatedly.
    Probe {
        /// Time before each question.
        every: Duration,
        /// Number of questions to each replica.
        times: u32,
    },
    /// An administrator interferes.
    Interfere {
        /// Payload that the RemediationRequests and the lease are about.
        of: Payload,
        /// What the administrator does.
        how: Interference,
    },
}

/// A count from which on a script may fill its type: none sends half as many signals.
const NEARLY_FULL: u32 = i32::MAX as u32 / 2;

impl Act {
    /// Whether a client sets a count so near to the limit of its type that signals may fill it.
    pub fn fills_a_count(&self) -> bool {
        matches!(self, Self::Interfere { how: Interference::SetCount(count), .. } if *count > NEARLY_FULL)
    }

    /// Whether a client makes a RemediationRequest by hand.
    pub fn makes_a_request(&self) -> bool {
        matches!(self, Self::Interfere { how: Interference::CreateRequest, .. })
    }

    /// Payloads that this act delivers or writes about.
    pub fn payloads(&self) -> Vec<Payload> {
        match self {
            Act::Deliver { what: of, .. }
            | Act::Orchestrate { of, .. }
            | Act::OrchestrateMeanwhile { of, .. }
            | Act::End { of, .. }
            | Act::EndMeanwhile { of, .. }
            | Act::Suppress { of, .. }
            | Act::ChangeBack { of, .. }
            | Act::DeliverTwins { what: of, .. }
            | Act::HoldLease { of, .. }
            | Act::OrchestrateEvery { of, .. }
            | Act::WriteLease { of, .. }
            | Act::Interfere { of, .. }
            | Act::DropLease { of, .. } => vec![*of],
            Act::DeliverEach { count, .. } => (0..*count).map(Payload::Distinct).collect(),
            Act::Alertmanagers { alerts, .. } => vec![Payload::Group(*alerts)],
            Act::AwaitAnswers
            | Act::Wait(_)
            | Act::Pause { .. }
            | Act::SetClock { .. }
            | Act::CrashEvery { .. }
            | Act::Probe { .. } => Vec::new(),
        }
    }

    /// Number of signals that this act sends, redeliveries aside; of a pair of Alertmanagers, the alerts.
    pub fn signals(&self) -> u64 {
        match self {
            Act::Deliver { what, copies, .. } | Act::DeliverTwins { what, copies, .. } => {
                what.alerts().len() as u64 * u64::from(*copies)
            }
            Act::DeliverEach { count, .. } | Act::Alertmanagers { alerts: count, .. } => u64::from(*count),
            _ => 0,
        }
    }
}
