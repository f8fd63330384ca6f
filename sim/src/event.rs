//! Events: everything that the simulation did, in order.
use crate::faults::Fault;
use apiserver::{Commit, ResourceId, ServerId, WatchId, WatchStart};
use bytes::Bytes;
use std::sync::Arc;

/// Number of an actor, which sends API requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub u32);

/// Number of an API call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// Number of a delivery: an HTTP request to a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeliveryId(pub u32);

/// How a call ended for its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallEnd {
    /// An HTTP answer.
    Status(u16),
    /// The connection broke.
    Broken,
    /// No answer ever came.
    Silent,
}

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A sender handed a request to the network.
    DeliverySent {
        /// Number of the delivery.
        delivery: DeliveryId,
        /// The replica that it is for.
        replica: usize,
    },
    /// The request reached its replica.
    DeliveryArrived {
        /// Number of the delivery.
        delivery: DeliveryId,
        /// The replica.
        replica: usize,
    },
    /// The sender got an answer, or its connection broke.
    DeliveryAnswered {
        /// Number of the delivery.
        delivery: DeliveryId,
        /// The replica that it was for.
        replica: usize,
        /// The HTTP status; `None` when the connection broke.
        status: Option<u16>,
    },
    /// A program handed an API request to the network.
    CallSent {
        /// Number of the call.
        call: CallId,
        /// The actor that it belongs to.
        actor: ActorId,
        /// The HTTP method.
        method: http::Method,
        /// The path and query.
        target: Arc<str>,
        /// Hash of the body: equal bytes have equal hashes.
        body: u64,
    },
    /// The API server executed a call.
    CallCommitted {
        /// Number of the call.
        call: CallId,
        /// The API server.
        server: ServerId,
        /// The HTTP status.
        status: u16,
        /// Number of objects that it wrote.
        writes: usize,
    },
    /// The API server will never execute a call.
    CallDropped {
        /// Number of the call.
        call: CallId,
    },
    /// The caller learnt how its call ended.
    CallAnswered {
        /// Number of the call.
        call: CallId,
        /// The way in which it ended.
        end: CallEnd,
    },
    /// A write took effect.
    Committed(Commit),
    /// One server's cache of a resource followed the store by one event.
    CacheAdvanced {
        /// The API server.
        server: ServerId,
        /// The resource.
        resource: ResourceId,
    },
    /// An API server opened a watch stream. Its client may not know yet, and may never know.
    WatchOpened {
        /// Number of the watch.
        watch: WatchId,
        /// The client.
        actor: ActorId,
        /// The resource.
        resource: ResourceId,
        /// The path and query that asked for it.
        target: Arc<str>,
        /// The revision that it starts after, and whether it begins with the state at that revision.
        start: WatchStart,
    },
    /// A watch stream delivered one event.
    WatchDelivered {
        /// Number of the watch.
        watch: WatchId,
        /// The client.
        actor: ActorId,
        /// The resource.
        resource: ResourceId,
        /// The JSON line, its newline included.
        line: Bytes,
    },
    /// A watch stream ended.
    WatchEnded {
        /// Number of the watch.
        watch: WatchId,
        /// The actor that it belongs to.
        actor: ActorId,
        /// The resource.
        resource: ResourceId,
    },
    /// A fault took effect: on a call, a replica, or both.
    Fault {
        /// The fault.
        fault: Fault,
        /// The call that it struck.
        call: Option<CallId>,
        /// The replica that it struck.
        replica: Option<usize>,
    },
    /// A replica crashed.
    Crashed {
        /// The replica.
        replica: usize,
    },
    /// A replica's process was started.
    Started {
        /// The replica.
        replica: usize,
        /// Number of the replica's processes before this one.
        incarnation: u16,
        /// The actor that the process is.
        actor: ActorId,
    },
    /// A replica can take requests.
    Ready {
        /// The replica.
        replica: usize,
    },
    /// A replica is paused.
    Paused {
        /// The replica.
        replica: usize,
        /// Simulated time at which it resumes, in microseconds.
        until: u64,
    },
    /// There are no faults from now on.
    FaultsStopped,
}

/// Sees every event of a run as it happens.
pub trait Observer: Send {
    /// `at` is the simulated time since the run began, in microseconds.
    fn event(&mut self, at: u64, event: &Event);
}
