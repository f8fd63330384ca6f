//! Events: anything that the simulation did, in the order in which it did it.
use crate::{
    apiserver::{Commit, ResourceId, ServerId},
    faults::FaultKind,
};
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
    DeliverySent { delivery: DeliveryId, replica: usize },
    /// A replica was given the request.
    DeliveryArrived { delivery: DeliveryId, replica: usize },
    /// A sender got an answer (`None`: the connection broke).
    DeliveryAnswered { delivery: DeliveryId, replica: usize, status: Option<u16> },
    /// A program handed an API request to the network.
    CallSent { call: CallId, actor: ActorId, method: http::Method, target: Arc<str> },
    /// The API server executed it.
    CallCommitted { call: CallId, server: ServerId, status: u16, writes: usize },
    /// The API server will never execute it.
    CallDropped { call: CallId },
    /// Its caller learnt how it ended.
    CallAnswered { call: CallId, end: CallEnd },
    /// A write took effect.
    Committed(Commit),
    /// One server's cache of a resource came one event further.
    CacheAdvanced { server: ServerId, resource: ResourceId },
    /// A watch stream delivered one event.
    WatchDelivered { actor: ActorId, resource: ResourceId },
    /// A watch stream ended.
    WatchEnded { actor: ActorId, resource: ResourceId },
    /// A fault took effect; on a call, a replica, or both.
    Fault { kind: FaultKind, call: Option<CallId>, replica: Option<usize> },
    /// A replica stopped at once.
    Crashed { replica: usize },
    /// A replica's process was started.
    Started { replica: usize, incarnation: u16, actor: ActorId },
    /// A replica can take requests.
    Ready { replica: usize },
    /// A replica stands still until then (true time, microseconds).
    Paused { replica: usize, until: u64 },
    /// No fault from now on.
    FaultsStopped,
}

/// Sees every event of a run as it happens.
pub trait Observer: Send {
    /// `at`: true time, in microseconds since the run began.
    fn event(&mut self, at: u64, event: &Event);
}
