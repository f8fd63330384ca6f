//! Events: anything that the simulation did, in the order in which it did it.
use crate::faults::FaultKind;
use apiserver::{Commit, ResourceId, ServerId, WatchId, WatchStart};
use bytes::Bytes;
use std::sync::Arc;

/// Who makes API requests: an index into the run's actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub u32);

/// One API call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// One HTTP request to a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(pub u32);

/// How a call ended for its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallEnd {
    /// An HTTP answer.
    Status(u16),
    /// The connection broke.
    Broken,
    /// Nothing ever came back.
    Silent,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A sender handed a request to the network.
    DeliverySent {
        /// Which request.
        delivery: DeliveryId,
        /// To which replica.
        replica: usize,
    },
    /// A replica was given the request.
    DeliveryArrived {
        /// Which request.
        delivery: DeliveryId,
        /// Which replica.
        replica: usize,
    },
    /// A sender got an answer, or its connection broke.
    DeliveryAnswered {
        /// Which request.
        delivery: DeliveryId,
        /// By which replica.
        replica: usize,
        /// The HTTP status; `None` when the connection broke.
        status: Option<u16>,
    },
    /// A program handed an API request to the network.
    CallSent {
        /// Which call.
        call: CallId,
        /// Whose.
        actor: ActorId,
        /// The HTTP method.
        method: http::Method,
        /// The path and query.
        target: Arc<str>,
    },
    /// The API server executed it.
    CallCommitted {
        /// Which call.
        call: CallId,
        /// Which API server.
        server: ServerId,
        /// The HTTP status.
        status: u16,
        /// How many objects it wrote.
        writes: usize,
    },
    /// The API server will never execute it.
    CallDropped {
        /// Which call.
        call: CallId,
    },
    /// Its caller learnt how it ended.
    CallAnswered {
        /// Which call.
        call: CallId,
        /// How.
        end: CallEnd,
    },
    /// A write took effect.
    Committed(Commit),
    /// One server's cache of a resource came one event further.
    CacheAdvanced {
        /// Which API server.
        server: ServerId,
        /// Which resource.
        resource: ResourceId,
    },
    /// An API server opened a watch stream. Its client has yet to hear of it, and may never.
    WatchOpened {
        /// Which stream.
        watch: WatchId,
        /// For whom.
        actor: ActorId,
        /// Of which resource.
        resource: ResourceId,
        /// The path and query that asked for it.
        target: Arc<str>,
        /// The revision that it goes on from, and whether it begins by telling the state at that revision.
        start: WatchStart,
    },
    /// A watch stream delivered one event.
    WatchDelivered {
        /// Which stream.
        watch: WatchId,
        /// To whom.
        actor: ActorId,
        /// Of which resource.
        resource: ResourceId,
        /// The JSON line, its newline included.
        line: Bytes,
    },
    /// A watch stream ended.
    WatchEnded {
        /// Which stream.
        watch: WatchId,
        /// Whose.
        actor: ActorId,
        /// Of which resource.
        resource: ResourceId,
    },
    /// A fault took effect; on a call, a replica, or both.
    Fault {
        /// Which kind.
        kind: FaultKind,
        /// On which call.
        call: Option<CallId>,
        /// On which replica.
        replica: Option<usize>,
    },
    /// A replica stopped at once.
    Crashed {
        /// Which replica.
        replica: usize,
    },
    /// A replica's process was started.
    Started {
        /// Which replica.
        replica: usize,
        /// Which start of it, from 0.
        incarnation: u16,
        /// As whom it makes API requests.
        actor: ActorId,
    },
    /// A replica can take requests.
    Ready {
        /// Which replica.
        replica: usize,
    },
    /// A replica stands still.
    Paused {
        /// Which replica.
        replica: usize,
        /// Until then: true time, in microseconds.
        until: u64,
    },
    /// No fault from now on.
    FaultsStopped,
}

/// Sees every event of a run as it happens.
pub trait Observer: Send {
    /// `at`: true time, in microseconds since the run began.
    fn event(&mut self, at: u64, event: &Event);
}
