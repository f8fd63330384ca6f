//! What is pending in a run: calls at their servers, deliveries, and what the driver is to do between ticks.
use crate::{
    event::{ActorId, CallId, DeliveryId},
    run::disruption::Disruption,
    service::CallResult,
};
use apiserver::{Request, ServerId};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
};
use tokio::sync::oneshot;

/// An API request that has reached its server.
pub(super) struct Call {
    pub(super) id: CallId,
    pub(super) actor: ActorId,
    pub(super) server: ServerId,
    pub(super) request: Request,
}

/// A delivery that was sent and is not answered yet.
pub(super) struct PendingDelivery {
    pub(super) replica: usize,
    /// The sender's end of the connection, once there is one.
    pub(super) from: Option<SocketAddr>,
    pub(super) arrived: bool,
    /// Disconnects the sender.
    pub(super) disconnect: Option<oneshot::Sender<()>>,
}

/// Network side of a replica.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// Simulated time, in microseconds, at which its next process starts.
    pub(super) restart_at: Option<u64>,
    /// Whether its links are held.
    pub(super) held: bool,
}

/// Queues of a run.
#[derive(Default)]
pub(super) struct Queues {
    pub(super) links: Vec<Link>,
    pub(super) deliveries: BTreeMap<DeliveryId, PendingDelivery>,
    /// The same deliveries by their sender's end of the connection.
    pub(super) connections: BTreeMap<SocketAddr, DeliveryId>,
    /// Calls that were sent and are neither executed nor abandoned.
    pub(super) waiting: BTreeSet<CallId>,
    /// Number of calls that will be executed later.
    pub(super) held_back: usize,
    /// Callers of calls that are never answered, kept so that they wait.
    pub(super) unanswered: Vec<oneshot::Sender<CallResult>>,
    /// Disruptions for the driver, each with its time in microseconds.
    pub(super) orders: Vec<(u64, Disruption)>,
}
