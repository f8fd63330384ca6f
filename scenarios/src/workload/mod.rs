//! Workloads: what senders, the orchestrator and outsiders do, as a list of acts.
//!
//! - [`alertmanager`]: a highly available pair of them, for hours.
//! - [`payload`]: real bodies of Alertmanager and Kubernetes, and what must come of them, computed without the gateway's code.
//! - [`sender`]: Alertmanager's delivery rules.
//! - [`orchestrator`]: the RemediationOrchestrator, as impolite as the real one.
//! - [`meddling`]: what people do by hand.
//! - [`others`]: what anybody may do at any step.
//! - [`script`]: plays the acts.
pub mod alertmanager;
pub mod meddling;
pub mod orchestrator;
pub mod others;
pub mod payload;
pub mod script;
pub mod sender;

pub use meddling::Meddling;
pub use payload::Payload;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, time::Duration};

/// Which replica a delivery goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Route {
    /// Each delivery to the next ready one.
    RoundRobin,
    /// Any ready one, as chosen.
    Any,
    /// This one, as long as it is ready.
    Replica(usize),
}

/// What a sender does when a delivery is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Retry {
    /// Nothing.
    Never,
    /// Alertmanager's rule: after 5xx and broken connections again, with growing pauses; after 4xx never.
    Alertmanager,
    /// The same by a sender that names its deliveries with an idempotency key, and sends each again although it was accepted.
    Keyed {
        /// How many times.
        again: u32,
    },
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// Deliver a payload this many times at once.
    Deliver {
        /// What.
        what: Payload,
        /// How many times.
        copies: u32,
        /// To whom.
        to: Route,
        /// What if not accepted.
        retry: Retry,
    },
    /// Deliver [`Payload::Distinct`] alerts, each once, all at once.
    DeliverEach {
        /// How many: numbers 0 to this, left out.
        count: u16,
        /// To whom.
        to: Route,
        /// What if not accepted.
        retry: Retry,
    },
    /// A highly available pair of Alertmanagers notifies of a group of alerts that begin one after the other.
    Alertmanagers {
        /// How many alerts the group comes to.
        alerts: u16,
        /// How long they fire.
        lasts: Duration,
    },
    /// Wait until every delivery so far is answered for good.
    AwaitAnswers,
    /// Let true time pass.
    Wait(Duration),
    /// The orchestrator moves the payload's active RemediationRequests to this phase; waits until it has.
    Orchestrate {
        /// Whose RemediationRequests.
        of: Payload,
        /// The phase.
        phase: Cow<'static, str>,
    },
    /// The same in the background, beginning once there is one, at a moment that is chosen.
    OrchestrateMeanwhile {
        /// Whose RemediationRequests.
        of: Payload,
        /// The phases, in order.
        phases: Cow<'static, [Cow<'static, str>]>,
    },
    /// The orchestrator does so again and again in the background, until it has so often.
    OrchestrateEvery {
        /// Whose RemediationRequests.
        of: Payload,
        /// The phase.
        phase: Cow<'static, str>,
        /// How long between two times.
        every: Duration,
        /// How often.
        times: u32,
    },
    /// Somebody writes a lease for the payload by hand, with this JSON for a spec.
    WriteLease {
        /// Whose lease.
        of: Payload,
        /// The spec.
        spec: Cow<'static, str>,
    },
    /// Somebody else holds the payload's lease: written by hand, with a holder that never comes back.
    HoldLease {
        /// Whose lease.
        of: Payload,
        /// Who.
        holder: Cow<'static, str>,
    },
    /// A replica stands still.
    Pause {
        /// Which.
        replica: usize,
        /// For how long.
        duration: Duration,
    },
    /// Somebody does one of these things to the cluster, by hand.
    Meddle {
        /// Whose RemediationRequests and lease.
        of: Payload,
        /// What.
        how: Meddling,
    },
    /// The somebody else of [`Act::HoldLease`] frees it by deleting it, if it is still theirs.
    DropLease {
        /// Whose lease.
        of: Payload,
        /// Who.
        holder: Cow<'static, str>,
    },
}

impl Act {
    /// The payloads that it is about.
    pub fn payloads(&self) -> Vec<Payload> {
        match self {
            Act::Deliver { what: of, .. }
            | Act::Orchestrate { of, .. }
            | Act::OrchestrateMeanwhile { of, .. }
            | Act::HoldLease { of, .. }
            | Act::OrchestrateEvery { of, .. }
            | Act::WriteLease { of, .. }
            | Act::Meddle { of, .. }
            | Act::DropLease { of, .. } => vec![*of],
            Act::DeliverEach { count, .. } => (0..*count).map(Payload::Distinct).collect(),
            Act::Alertmanagers { alerts, .. } => vec![Payload::Group(*alerts)],
            Act::AwaitAnswers | Act::Wait(_) | Act::Pause { .. } => Vec::new(),
        }
    }
}
