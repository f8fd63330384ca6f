//! The history of a live run: facts in the order in which lockstep learnt of them.
//!
//! All times are microseconds since the run began, on the monotonic clock of the one process that observes everything.
//! A commit is learnt of from a watch, later than it happened: [`judge`](super::judge) decides where it belongs.
mod file;
mod journal;

pub use file::{HistoryError, read};
pub use journal::{Flags, Journal, Totals};

use model::observation::{Change, Lease, Micros, Reply, Request, SignalId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Version of the file's format.
pub const FORMAT: u32 = 1;

/// Header of a history: the run that it is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the format: [`FORMAT`].
    pub lockstep_history: u32,
    /// Version of the harness that recorded it.
    pub version: String,
    /// Name of the workload.
    pub scenario: String,
    /// Protocol of the gateways; `unknown` for gateways that were running already.
    pub protocol: String,
    /// Number of gateways.
    pub replicas: usize,
    /// Whether every API call of the gateways passes a proxy of lockstep, so that the writer of a commit is known.
    pub proxied: bool,
    /// Seed of the workload and of the faults.
    pub seed: u64,
    /// Moment at which the run began, as `2026-11-30T09:15:00Z`.
    pub started: String,
    /// Faults that were asked for.
    pub faults: Vec<String>,
    /// Whether replicas are started again and nothing else goes wrong.
    pub crashes_only: bool,
    /// Time after the last answer, in microseconds.
    pub tail: Micros,
}

/// A history, whole or as far as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Header.
    pub header: Header,
    /// Its facts, in the order in which they were recorded.
    pub facts: Vec<Fact>,
}

/// An object of the gateway as one commit left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Object {
    /// A RemediationRequest.
    Request(Arc<Request>),
    /// A Lease.
    Lease(Arc<Lease>),
}

impl Object {
    /// Name of the object.
    pub fn name(&self) -> &str {
        match self {
            Self::Request(request) => &request.name,
            Self::Lease(lease) => &lease.name,
        }
    }
}

/// A client whose writes lockstep makes or sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Client {
    /// A replica, in its start of this number.
    Replica {
        /// Index of the replica, from 0.
        index: u8,
        /// Number of starts before this one.
        incarnation: u16,
    },
    /// The orchestrator that lockstep plays.
    Orchestrator,
}

/// An API call other than a watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Time at which it was sent to the API server.
    pub from: Micros,
    /// Time at which its answer was there, or at which it failed.
    pub to: Micros,
    /// The client.
    pub by: Client,
    /// HTTP method.
    pub method: Arc<str>,
    /// Plural of the resource, with the subresource, as in `remediationrequests/status`.
    pub resource: Arc<str>,
    /// Name of the object, from the path or from the body; empty if there is none.
    pub name: Arc<str>,
    /// HTTP status; `None` without an answer.
    pub status: Option<u16>,
    /// Version of the object in the answer to a write.
    pub revision: Option<u64>,
    /// spec.holderIdentity in the body of a write to a lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Arc<str>>,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// A sender is about to send a signal.
    Sent {
        /// Time before the first byte.
        at: Micros,
        /// The signal.
        signal: SignalId,
        /// Its fingerprint, computed without the gateway's code.
        fingerprint: Arc<str>,
        /// Whether the alert's status is `resolved`.
        resolved: bool,
        /// Whether its sender repeats it until it is accepted.
        retried: bool,
        /// The signal that it repeats.
        repeats: Option<SignalId>,
        /// Whether it has an idempotency key.
        keyed: bool,
        /// Index of the replica that it is sent to, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<u8>,
    },
    /// A sender has its answer, or gave up on it.
    Answered {
        /// Time after the last byte.
        at: Micros,
        /// The signal.
        signal: SignalId,
        /// The answer.
        reply: Reply,
    },
    /// A watch reported a commit.
    Committed {
        /// Time at which the event was read.
        at: Micros,
        /// Version of the object.
        revision: u64,
        /// Effect of the write.
        change: Change,
        /// The object afterwards.
        object: Object,
    },
    /// A client's API call is over.
    Called(Call),
    /// A client opens a watch.
    Watched {
        /// Time at which it was sent to the API server.
        at: Micros,
        /// The client.
        by: Client,
        /// Plural of the resource.
        resource: Arc<str>,
    },
    /// A replica's process has started.
    Started {
        /// Time of the fact.
        at: Micros,
        /// Index of the replica, from 0.
        replica: u8,
        /// Number of starts before this one.
        incarnation: u16,
    },
    /// A replica's process is ready.
    Ready {
        /// Time of the fact.
        at: Micros,
        /// Index of the replica, from 0.
        replica: u8,
    },
    /// A replica's process has ended.
    Crashed {
        /// Time of the fact.
        at: Micros,
        /// Index of the replica, from 0.
        replica: u8,
    },
    /// A replica's process continues after a pause.
    Continued {
        /// Time of the fact.
        at: Micros,
        /// Index of the replica, from 0.
        replica: u8,
        /// Length of the pause.
        paused: Micros,
    },
    /// A fault took effect.
    Fault {
        /// Time of the fact.
        at: Micros,
        /// Name of the fault.
        name: Arc<str>,
    },
    /// A replica's log says that it panicked.
    Panicked {
        /// Time of the fact: the end of the run.
        at: Micros,
        /// The line of the log, and the replica.
        line: String,
    },
    /// Commits may be missing from the history.
    Gap {
        /// Time of the fact.
        at: Micros,
        /// Description of what may be missing, and the reason.
        why: String,
    },
    /// No fault happens after this.
    FaultsStopped {
        /// Time of the fact.
        at: Micros,
    },
    /// No signal is sent after this.
    SignalsStopped {
        /// Time of the fact.
        at: Micros,
    },
    /// The run is over, and every commit was seen.
    Ended {
        /// Time of the fact.
        at: Micros,
    },
}
