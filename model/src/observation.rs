//! A fact about the system that an invariant may read, in the order in which it happened.
//!
//! All times are true time, in microseconds since the run began: no replica's clock.
use crate::watch::{Heard, Object, WatchId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Microseconds of true time since the run began.
pub type Micros = u64;

/// One alert of one HTTP delivery. A redelivery is a new signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignalId(pub u32);

/// Who made an API request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Actor {
    /// A gateway replica: its index, and which start of it (0 for the first).
    Replica {
        /// Which replica.
        index: u8,
        /// Which start of it.
        incarnation: u16,
    },
    /// The RemediationOrchestrator, who owns phases.
    Orchestrator,
    /// Anybody else: an administrator, another creator, the scenario itself.
    Outsider,
}

/// What the sender of a signal was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// 201, or a `created` member of a 207.
    Created {
        /// The RemediationRequest named, where the reply names one (a 207's members do not).
        name: Option<Arc<str>>,
    },
    /// 202, or a `duplicate` member of a 207.
    Duplicate {
        /// The RemediationRequest named, where the reply names one.
        name: Option<Arc<str>>,
        /// metadata.count, where the reply has it.
        count: Option<u32>,
    },
    /// 200 `rejected`, or an alert that needs nothing (`resolved`).
    Ignored,
    /// 4xx: the sender drops the signal.
    ClientError {
        /// HTTP status.
        status: u16,
    },
    /// 5xx: the sender tries again.
    ServerError {
        /// HTTP status.
        status: u16,
        /// Whether the reply had a Retry-After header.
        retry_after: bool,
    },
    /// The connection ended without an answer, or the sender stopped waiting.
    Lost,
}

/// What a commit did to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// It was not there before.
    Created,
    /// It was there before and still is.
    Modified,
    /// It is gone.
    Deleted,
}

/// A RemediationRequest as one commit left it (for a deletion: its last state).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// metadata.namespace.
    pub namespace: Arc<str>,
    /// metadata.name.
    pub name: Arc<str>,
    /// metadata.uid: names may come back, uids do not.
    pub uid: Arc<str>,
    /// spec.signalFingerprint.
    pub fingerprint: Arc<str>,
    /// status.overallPhase; empty when unset.
    pub phase: Arc<str>,
    /// Whether metadata.deletionTimestamp is set.
    pub terminating: bool,
    /// status.completionStatus.outcome is ManualReviewRequired.
    pub manual_review_required: bool,
    /// status.routingStatus.nextAllowedExecution, as microseconds of the run's true time (negative: before it began).
    pub next_allowed_execution: Option<i64>,
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
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Observation {
    /// A signal was handed to the network.
    SignalSent {
        /// When.
        at: Micros,
        /// Which.
        signal: SignalId,
        /// The fingerprint it must have, computed without the gateway's code.
        fingerprint: Arc<str>,
        /// Whether the alert's status is `resolved`.
        resolved: bool,
        /// Whether the sender will send it again (as a new signal) until it is accepted.
        retried: bool,
        /// Set when this is a redelivery: the signal it repeats.
        repeats: Option<SignalId>,
        /// Whether it carries the idempotency key of the signal that it repeats, or could be repeated with: it and its
        /// redeliveries are then one signal, counted once.
        keyed: bool,
    },
    /// A signal was answered, or its sender stopped waiting. At most once per signal.
    SignalAnswered {
        /// When.
        at: Micros,
        /// Which.
        signal: SignalId,
        /// What the sender was told.
        reply: Reply,
    },
    /// A write of a RemediationRequest took effect.
    RequestCommitted {
        /// When.
        at: Micros,
        /// The store's revision.
        revision: u64,
        /// Whose write.
        actor: Actor,
        /// What it did.
        change: Change,
        /// The object.
        request: Arc<Request>,
    },
    /// A write of a Lease took effect.
    LeaseCommitted {
        /// When.
        at: Micros,
        /// The store's revision.
        revision: u64,
        /// Whose write.
        actor: Actor,
        /// What it did.
        change: Change,
        /// The object.
        lease: Arc<Lease>,
    },
    /// A write of any object took effect, whatever its kind: what watches have to tell of.
    ObjectCommitted {
        /// When.
        at: Micros,
        /// The store's revision. Commits are told in its order.
        revision: u64,
        /// What it did.
        change: Change,
        /// The object.
        object: Object,
    },
    /// A watch was opened, told something, or ended.
    Watched {
        /// When: as its server wrote it, which is before its client read it.
        at: Micros,
        /// Which stream.
        watch: WatchId,
        /// Whose.
        actor: Actor,
        /// What.
        heard: Heard,
    },
    /// An API call was made (watches left out).
    ApiCalled {
        /// When.
        at: Micros,
        /// Whose call.
        actor: Actor,
    },
    /// A replica crashed: nothing of it runs on; requests under way may still take effect.
    Crashed {
        /// When.
        at: Micros,
        /// Which replica.
        index: u8,
    },
    /// A replica is ready (again).
    Ready {
        /// When.
        at: Micros,
        /// Which replica.
        index: u8,
    },
    /// No fault will happen from now on.
    FaultsStopped {
        /// When.
        at: Micros,
    },
    /// No signal is sent from now on and none is unanswered.
    SignalsStopped {
        /// When.
        at: Micros,
    },
    /// The run is over: nothing is under way, late writes included.
    Ended {
        /// When.
        at: Micros,
    },
}

impl Observation {
    /// When it happened.
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
            | Self::FaultsStopped { at }
            | Self::SignalsStopped { at }
            | Self::Ended { at } => *at,
        }
    }

    /// Whose doing it was, where it is a call or a write.
    pub const fn actor(&self) -> Option<Actor> {
        match self {
            Self::RequestCommitted { actor, .. }
            | Self::LeaseCommitted { actor, .. }
            | Self::ApiCalled { actor, .. } => Some(*actor),
            _ => None,
        }
    }
}
