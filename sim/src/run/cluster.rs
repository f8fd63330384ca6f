//! The cluster as a script sees it: senders, API clients of its own, and what it can do to replicas. It is the same
//! over either transport, so that a script does not depend on one.
use super::{interference::Interference, state::RunState};
use crate::{
    choice::{Alternative, Label},
    event::{ActorId, DeliveryId},
    faults::Fault,
    service::ApiService,
};
use apiserver::ResourceId;
use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::Value;
use std::{fmt, sync::Arc, time::Duration};

/// The connection to a replica ended without an answer. The request may have been handled or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection ended without an answer")]
pub struct Disconnected;

/// A request to a replica and its answer.
pub(crate) type Exchange = BoxFuture<'static, Result<http::Response<Bytes>, Disconnected>>;

/// What a transport does for a script.
pub(crate) trait Backend: Send + Sync {
    /// Calls `change` with the state of the run, under its lock.
    fn with_state(&self, change: &mut dyn FnMut(&mut RunState));
    /// A connection of this actor to the API servers.
    fn api(&self, actor: ActorId) -> ApiService;
    fn send(&self, id: DeliveryId, replica: usize, request: http::Request<Bytes>) -> Exchange;
    fn pause(&self, replica: usize, duration: Duration);
    fn crash(&self, replica: usize, restart: Duration);
    fn stop_faults(&self);
    /// Offers writes of third parties, where the transport has steps to place them at.
    fn offer(&self, _interferences: Vec<Box<dyn Interference>>) {}
}

/// Handle on the simulated cluster. Cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    backend: Arc<dyn Backend>,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cluster")
    }
}

impl Cluster {
    pub(crate) fn new(backend: impl Backend + 'static) -> Self {
        Self { backend: Arc::new(backend) }
    }

    fn with<T>(&self, change: impl FnOnce(&mut RunState) -> T) -> T {
        let (mut change, mut result) = (Some(change), None);
        self.backend.with_state(&mut |state| result = change.take().map(|change| change(state)));
        result.expect("a backend calls it once")
    }

    /// Takes the number of the next delivery, so that it can be recorded before it is sent.
    pub fn next_delivery(&self) -> DeliveryId {
        self.with(RunState::next_delivery)
    }

    /// Sends a request to a replica. Whether and when it arrives is up to the run.
    ///
    /// # Errors
    /// [`Disconnected`] when the connection ended without an answer.
    pub async fn send(
        &self,
        id: DeliveryId,
        replica: usize,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Disconnected> {
        self.backend.send(id, replica, request).await
    }

    /// The replicas that a load balancer would send to.
    pub fn ready(&self) -> Vec<usize> {
        self.with(|run| (0..run.replicas.len()).filter(|&index| run.replicas[index].ready).collect())
    }

    /// An API client that belongs to no replica.
    pub fn actor(&self) -> (ActorId, ApiService) {
        let actor = self.with(|run| run.add_actor(None));
        (actor, self.backend.api(actor))
    }

    /// A kube client that belongs to no replica and is exempt from faults: what a script asks for is done. The order of
    /// its calls among others is explored all the same.
    pub fn client(&self, namespace: &str) -> kube::Client {
        let (actor, api) = self.actor();
        self.with(|run| run.actors.get_mut(actor).exempt = true);
        kube::Client::new(api, namespace)
    }

    /// Picks one of `0..of`; `meaning` names the pick in the run's record.
    pub fn choose(&self, label: Label, of: usize, meaning: impl Fn(usize) -> Alternative) -> usize {
        self.with(|run| {
            let picked = if run.exploring() { run.choices.choose(label, of, meaning) } else { 0 };
            run.note_script((label, picked));
            picked
        })
    }

    /// Whether something happens that has a probability of `per_mille` thousandths; `meaning` names it in the record.
    pub fn rarely(&self, label: Label, per_mille: u32, meaning: &'static str) -> bool {
        let meaning = |_| Alternative::Named(meaning);
        self.with(|run| {
            let happens = run.exploring() && run.choices.rarely(per_mille, label, 1, meaning).is_some();
            run.note_script((label, happens));
            happens
        })
    }

    /// Simulated time since the run began, in microseconds.
    pub fn micros(&self) -> u64 {
        self.with(|run| run.time.micros())
    }

    /// The right wall clock.
    pub fn now(&self) -> jiff::Timestamp {
        self.with(|run| run.time.now())
    }

    /// Lets simulated time pass.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    /// An object as the store has it.
    pub fn object(&self, resource: ResourceId, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.with(|run| run.api.object(resource, namespace, name))
    }

    /// Objects of a resource, as the store has them, by namespace and name.
    pub fn objects(&self, resource: ResourceId) -> Vec<Arc<Value>> {
        self.with(|run| run.api.objects(resource).collect())
    }

    /// Pauses a replica.
    pub fn pause(&self, replica: usize, duration: Duration) {
        self.backend.pause(replica, duration);
    }

    /// Sets a replica's wall clock: it is wrong by this many milliseconds from now on. Its timers are not.
    pub fn set_clock(&self, replica: usize, offset_ms: i64) {
        self.with(|run| run.set_clock(replica, offset_ms));
    }

    /// Crashes a replica, unless it is down, and starts it again after `restart`.
    pub fn crash(&self, replica: usize, restart: Duration) {
        self.backend.crash(replica, restart);
    }

    /// Number of replicas, ready or not.
    pub fn replicas(&self) -> usize {
        self.with(|run| run.replicas.len())
    }

    /// Counts a fault that the script itself caused.
    pub fn deliver_fault(&self, fault: impl Into<Fault>) {
        self.with(|run| run.deliver_fault(fault, None, None));
    }

    /// Offers writes that third parties may make at any step from now on, where the run's faults allow interference.
    /// The network transport has no steps, so over it none is made.
    pub fn offer(&self, interferences: Vec<Box<dyn Interference>>) {
        self.backend.offer(interferences);
    }

    /// Stops faults; what is pending continues in order.
    pub fn stop_faults(&self) {
        self.backend.stop_faults();
    }
}
