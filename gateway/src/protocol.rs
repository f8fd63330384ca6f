//! The seam behind which one accepted signal is handled: what a protocol is given and what it must answer.
//!
//! Production has one implementation, [`once::FencedLease`](crate::fenced_lease::FencedLease). Alternatives exist to be compared with
//! it and live outside this crate.
use crate::{clock::SharedClock, entropy::SharedEntropy, metrics::Metrics, signals::Signal, tasks::Spawner};
use futures::future::BoxFuture;
use std::{sync::Arc, time::Duration};

/// Everything a protocol may touch. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// The Kubernetes API. Never retries by itself.
    pub client: kube::Client,
    /// The namespace of RemediationRequests (the controller namespace).
    pub namespace: String,
    /// The namespace of Leases (this pod's own).
    pub lock_namespace: String,
    /// This pod's name.
    pub pod: String,
    /// This replica's clock.
    pub clock: SharedClock,
    /// This replica's randomness.
    pub entropy: SharedEntropy,
    /// Spawns tasks that end with the application.
    pub tasks: Spawner,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// Whether the signal began a RemediationRequest or was counted on one that stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// The first signal of a new RemediationRequest: answered 201.
    Created,
    /// Counted on an existing RemediationRequest: answered 202.
    Duplicate,
}

/// A signal that was stored: the commit that counted it has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// New or counted.
    pub disposition: Disposition,
    /// The RemediationRequest's name.
    pub name: String,
    /// The RemediationRequest's namespace.
    pub namespace: String,
    /// occurrenceCount as of this signal: one number of the range that its commit stored.
    pub count: u32,
    /// status.deduplication.firstSeenAt.
    pub first_seen: jiff::Timestamp,
    /// status.deduplication.lastSeenAt.
    pub last_seen: jiff::Timestamp,
}

/// A signal that was not stored, or may not have been. Each becomes a 5xx that the sender retries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More work is queued than fits.
    #[error("overloaded: {0}")]
    Overloaded(String),
    /// The Kubernetes API, or another replica, is in the way; try again.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The request's deadline passed.
    #[error("request processing timed out")]
    DeadlineExceeded,
    /// The Kubernetes API refused for good (RBAC, validation): needs an operator, and the sender's retries meanwhile.
    #[error("refused by the Kubernetes API: {0}")]
    Refused(String),
    /// An error that is answered 500 as the existing gateway does.
    #[error("internal error: {0}")]
    Internal(String),
}

/// What handles an accepted signal.
pub trait Protocol: Send + Sync + 'static {
    /// Stores `signal`, or says why not, before `deadline` (on [`Clock::monotonic`](crate::clock::Clock::monotonic)).
    ///
    /// Dropping the future must leave nothing half done: the client hung up, nothing else.
    fn handle(&self, signal: Arc<Signal>, deadline: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>>;

    /// `Ok` when the protocol can take signals, else why not.
    fn ready(&self) -> Result<(), String>;
}
