//! Facts about a run that an invariant may read, in the order in which they happened.
//!
//! All times are simulated time, in microseconds since the run began, never a replica's clock.
pub use crate::change::Change;
use crate::watch::{Object, WatchFact, WatchId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Microseconds of simulated time since the run began.
pub type Micros = u64;

/// Identifies one alert of one HTTP delivery. A redelivery is a new signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignalId(pub u32);

/// The client that made an API request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Actor {
    /// A gateway replica.
    Replica {
        /// Index of the replica, from 0.
        index: u8,
        /// Number of restarts before this process began, so 0 for the first.
        incarnation: u16,
    },
    /// The RemediationOrchestrator, which owns phases.
    Orchestrator,
    /// Any other client: an administrator, another creator of requests, the scenario itself.
    External,
}

impl Actor {
    /// Whether this is a gateway replica.
    pub const fn is_replica(self) -> bool {
        matches!(self, Self::Replica { .. })
    }
}

/// The answer to a signal, as its sender saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// 201, or a `created` member of a 207.
    Created {
        /// Name of the RemediationRequest, where the reply has it (a 207's members do not).
        name: Option<Arc<str>>,
    },
    /// 202, or a `duplicate` member of a 207.
    Duplicate {
        /// Name of the RemediationRequest, where the reply has it.
        name: Option<Arc<str>>,
        /// metadata.count, where the reply has it.
        count: Option<u32>,
    },
    /// 200 `rejected`, or an alert that needs nothing (`resolved`).
    Ignored,
    /// 4xx: the sender gives up on the signal.
    ClientError {
        /// HTTP status.
        status: u16,
    },
    /// 5xx: the sender retries.
    ServerError {
        /// HTTP status.
        status: u16,
        /// Whether the reply had a Retry-After header.
        retry_after: bool,
    },
    /// No answer: the connection broke, or the sender stopped waiting.
    Lost,
}

/// A RemediationRequest as one commit left it (for a deletion: its last state).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// metadata.namespace.
    pub namespace: Arc<str>,
    /// metadata.name.
    pub name: Arc<str>,
    /// metadata.uid: a name may be used again, a uid never is.
    pub uid: Arc<str>,
    /// spec.signalFingerprint.
    pub fingerprint: Arc<str>,
    /// status.overallPhase; empty when unset.
    pub phase: Arc<str>,
    /// Whether metadata.deletionTimestamp is set.
    pub terminating: bool,
    /// status.completionStatus.outcome is ManualReviewRequired.
    pub manual_review_required: bool,
    /// status.routingStatus.nextAllowedExecution, in microseconds of simulated time (negative: before the run began).
    pub next_allowed_execution: Option<i64>,
    /// Whether a condition `EpisodeClosed` says that it takes no counts, because the next request begins.
    pub closed: bool,
    /// Hash of the condition that lists the deliveries with keys that were counted; 0 without it.
    #[serde(default)]
    pub deliveries: u64,
    /// status.deduplication.occurrenceCount; `None` when unset.
    pub occurrence_count: Option<u32>,
    /// status.deduplication.firstSeenAt as stored, in seconds since 1970.
    pub first_seen: Option<i64>,
    /// status.deduplication.lastSeenAt as stored, in seconds since 1970.
    pub last_seen: Option<i64>,
}

/// A Lease as one commit left it (for a deletion: its last state).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// metadata.name.
    pub name: Arc<str>,
    /// metadata.uid.
    pub uid: Arc<str>,
    /// spec.holderIdentity; `None` when unset or empty.
    pub holder: Option<Arc<str>>,
    /// spec.leaseDurationSeconds.
    pub duration_seconds: Option<u32>,
    /// Name of the RemediationRequest whose creation the lease guards, if it says so.
    pub guards: Option<Arc<str>>,
}

/// When a client first sent a write with these bytes. Where several of its calls may be the one that took effect, the
/// earliest and the latest of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The earliest time.
    pub first: Micros,
    /// The latest time.
    pub last: Micros,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Observation {
    /// A sender handed a signal to the network.
    SignalSent {
        /// Time of the fact.
        at: Micros,
        /// The signal.
        signal: SignalId,
        /// Its fingerprint, computed without the gateway's code.
        fingerprint: Arc<str>,
        /// Whether the alert's status is `resolved`.
        resolved: bool,
        /// Whether its sender repeats it (as a new signal) until it is accepted.
        retried: bool,
        /// The signal that it repeats, if it is a redelivery.
        repeats: Option<SignalId>,
        /// Whether it has an idempotency key, which its redeliveries share: they are then one signal, counted once.
        keyed: bool,
        /// Index of the replica that it was sent to; `None` if that is not known.
        to: Option<u8>,
        /// Whether its delivery carries no other signal.
        alone: bool,
    },
    /// A signal was answered, or its sender stopped waiting. At most once per signal.
    SignalAnswered {
        /// Time of the fact.
        at: Micros,
        /// The signal.
        signal: SignalId,
        /// The answer that its sender got.
        reply: Reply,
    },
    /// A write of a RemediationRequest took effect.
    RequestCommitted {
        /// Time of the fact.
        at: Micros,
        /// The store's revision.
        revision: u64,
        /// The client that wrote.
        actor: Actor,
        /// Effect of the write.
        change: Change,
        /// The object afterwards.
        request: Arc<Request>,
        /// When the write was sent; `None` if that is not known.
        issued: Option<Issued>,
    },
    /// A write of a Lease took effect.
    LeaseCommitted {
        /// Time of the fact.
        at: Micros,
        /// The store's revision.
        revision: u64,
        /// The client that wrote.
        actor: Actor,
        /// Effect of the write.
        change: Change,
        /// The object afterwards.
        lease: Arc<Lease>,
    },
    /// A write of an object of any kind took effect. Watches must report these.
    ObjectCommitted {
        /// Time of the fact.
        at: Micros,
        /// The store's revision. These facts come in its order.
        revision: u64,
        /// Effect of the write.
        change: Change,
        /// The object afterwards.
        object: Object,
    },
    /// A watch was opened, wrote a line, or ended.
    Watched {
        /// Time at which the server wrote it, which is before the client read it.
        at: Micros,
        /// The stream.
        watch: WatchId,
        /// The client that opened it.
        actor: Actor,
        /// What happened to the stream.
        fact: WatchFact,
    },
    /// A client made an API call other than a watch.
    ApiCalled {
        /// Time of the fact.
        at: Micros,
        /// The client.
        actor: Actor,
    },
    /// A replica crashed. None of its code runs any more; its requests under way may still take effect.
    Crashed {
        /// Time of the fact.
        at: Micros,
        /// Index of the replica, from 0.
        index: u8,
    },
    /// A replica became ready, at first or after a restart.
    Ready {
        /// Time of the fact.
        at: Micros,
        /// Index of the replica, from 0.
        index: u8,
    },
    /// A replica is paused.
    Paused {
        /// Time of the fact.
        at: Micros,
        /// Index of the replica, from 0.
        index: u8,
        /// Time at which it resumes.
        until: Micros,
    },
    /// No fault happens after this.
    FaultsStopped {
        /// Time of the fact.
        at: Micros,
    },
    /// No signal is sent after this, and every signal has its answer.
    SignalsStopped {
        /// Time of the fact.
        at: Micros,
    },
    /// The run is over: no request is under way, late writes included.
    Ended {
        /// Time of the fact.
        at: Micros,
    },
}

impl Observation {
    /// Time of the fact.
    pub const fn at(&self) -> Micros {
        match self {
            Self::SignalSent { at, .. }
            | Self::SignalAnswered { at, .. }
            | Self::RequestCommitted { at, .. }
            | Self::LeaseCommitted { at, .. }
            | Self::ObjectCommitted { at, .. }
            | Self::Watched { at, .. }
            | Self::ApiCalled { at, .. }
            | Self::Crashed { at, .. }
            | Self::Ready { at, .. }
            | Self::Paused { at, .. }
            | Self::FaultsStopped { at }
            | Self::SignalsStopped { at }
            | Self::Ended { at } => *at,
        }
    }

    /// The client behind a call or a write.
    pub const fn actor(&self) -> Option<Actor> {
        match self {
            Self::RequestCommitted { actor, .. }
            | Self::LeaseCommitted { actor, .. }
            | Self::ApiCalled { actor, .. } => Some(*actor),
            _ => None,
        }
    }
}
