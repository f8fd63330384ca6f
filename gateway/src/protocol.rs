//! The interface between the HTTP edge and the protocol that handles one accepted signal.
//!
//! Production has one implementation, [`FencedLease`](crate::fenced_lease::FencedLease). Baseline protocols, to compare
//! it with, are outside this crate.
use crate::{
    api_client::ApiClient,
    clock::SharedClock,
    entropy::SharedEntropy,
    metrics::Metrics,
    signals::{Signal, delivery_key::DeliveryKey},
    tasks::Spawner,
};
use futures::future::BoxFuture;
use std::{sync::Arc, time::Duration};

/// Everything that a protocol may use. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// The client of the Kubernetes API. It never retries by itself.
    pub client: ApiClient,
    /// The namespace of RemediationRequests (the controller namespace).
    pub namespace: String,
    /// The namespace of Leases (this pod's own).
    pub lock_namespace: String,
    /// Name of this pod.
    pub pod: String,
    /// This replica's clock.
    pub clock: SharedClock,
    /// This replica's randomness.
    pub entropy: SharedEntropy,
    /// Spawns tasks that end with the application.
    pub tasks: Spawner,
    /// The counters of this replica.
    pub metrics: Arc<Metrics>,
}

/// Whether the signal began a RemediationRequest or was counted on an existing one.
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
    /// Whether the RemediationRequest is new.
    pub disposition: Disposition,
    /// The RemediationRequest's name.
    pub name: String,
    /// The RemediationRequest's namespace.
    pub namespace: String,
    /// The signal's occurrence: one number of the range that its commit added to occurrenceCount.
    pub count: u32,
    /// status.deduplication.firstSeenAt.
    pub first_seen: jiff::Timestamp,
    /// status.deduplication.lastSeenAt.
    pub last_seen: jiff::Timestamp,
}

/// Why a signal was not stored, or may not have been. Each reason becomes a 5xx, which the sender retries.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The queues are full.
    #[error("overloaded: {0}")]
    Overloaded(String),
    /// The Kubernetes API or another replica prevents it for now: try again.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The request's deadline passed.
    #[error("request processing timed out")]
    DeadlineExceeded,
    /// The Kubernetes API refused for good (RBAC, validation). An operator must act; the sender retries until then.
    #[error("refused by the Kubernetes API: {0}")]
    Refused(String),
    /// A defect, answered 500 as by the existing gateway.
    #[error("internal error: {0}")]
    Internal(String),
}

/// Handles accepted signals.
pub trait Protocol: Send + Sync + 'static {
    /// Stores `signal`, or gives the reason for not storing it, before `deadline` (on
    /// [`Clock::monotonic`](crate::clock::Clock::monotonic)).
    ///
    /// Dropping the future must leave nothing half done: it only means that the client disconnected.
    fn handle(&self, signal: Arc<Signal>, deadline: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>>;

    /// Notes that the senders of signals that were stored, each with its [`Signal::notification_key`], are answered 5xx
    /// because of other members of their group, and will send them again: they are then not to be counted again. A
    /// protocol that cannot do so counts them again.
    fn give_back(&self, stored: Vec<(DeliveryKey, Accepted)>) -> BoxFuture<'_, ()> {
        drop(stored);
        Box::pin(std::future::ready(()))
    }

    /// `Ok` if, as far as is known, a signal would be stored, else the reason. Asks nobody.
    fn ready(&self) -> Result<(), String>;

    /// The same, after the Kubernetes API was asked where too little is known. Takes about a second at most.
    fn verify(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(std::future::ready(self.ready()))
    }
}
