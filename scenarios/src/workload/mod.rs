//! Workloads: what senders, the orchestrator and outsiders do, as a list of acts.
//!
//! - [`payload`]: real bodies of Alertmanager and Kubernetes, and what must come of them, computed without the gateway's code.
//! - [`sender`]: Alertmanager's delivery rules.
//! - [`orchestrator`]: the RemediationOrchestrator, as impolite as the real one.
//! - [`script`]: plays the acts.
pub mod orchestrator;
pub mod payload;
pub mod script;
pub mod sender;

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
    /// Somebody else holds the payload's lease: written by hand, with a holder that never comes back.
    HoldLease {
        /// Whose lease.
        of: Payload,
        /// Who.
        holder: Cow<'static, str>,
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
    /// The payload that it is about.
    pub fn payloads(&self) -> Option<Payload> {
        match self {
            Act::Deliver { what: of, .. }
            | Act::Orchestrate { of, .. }
            | Act::OrchestrateMeanwhile { of, .. }
            | Act::HoldLease { of, .. }
            | Act::DropLease { of, .. } => Some(*of),
            Act::AwaitAnswers | Act::Wait(_) => None,
        }
    }
}
