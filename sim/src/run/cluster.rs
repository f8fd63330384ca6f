//! The cluster as a scenario's script sees it: senders, other API clients, and what can be done to replicas. The same over
//! either transport, so that a script need not know which one carries it.
use super::{ApiService, Intervention};
use crate::{
    choice::Label,
    clock::TrueTime,
    event::{ActorId, DeliveryId},
    faults::FaultKind,
};
use apiserver::ResourceId;
use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::Value;
use std::{fmt, sync::Arc, time::Duration};

/// Actor 0 of every run: fixtures, and whoever else interferes.
pub(crate) const OUTSIDER: ActorId = ActorId(0);

/// The connection to a replica ended without an answer: the request may have been handled or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection ended without an answer")]
pub struct Lost;

/// What an exchange with a replica comes to.
pub(crate) type Exchange = BoxFuture<'static, Result<http::Response<Bytes>, Lost>>;

/// What a transport does for a script.
pub(crate) trait Backend: Send + Sync {
    fn next_delivery(&self) -> DeliveryId;
    fn send(&self, id: DeliveryId, replica: usize, request: http::Request<Bytes>) -> Exchange;
    fn ready(&self) -> Vec<usize>;
    fn actor(&self) -> (ActorId, ApiService);
    fn spare(&self, actor: ActorId);
    fn choose(&self, of: usize, label: Label) -> usize;
    fn rarely(&self, per_mille: u32, label: Label) -> bool;
    fn time(&self) -> TrueTime;
    fn object(&self, resource: ResourceId, namespace: &str, name: &str) -> Option<Arc<Value>>;
    fn objects(&self, resource: ResourceId) -> Vec<Arc<Value>>;
    fn pause(&self, replica: usize, duration: Duration);
    fn deliver_fault(&self, kind: FaultKind);
    fn stop_faults(&self);
    fn offer(&self, interventions: Vec<Box<dyn Intervention>>);
}

/// A handle on the run's world. Cheap to clone.
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

    /// Takes the number of the next delivery, so that it can be told of before it is sent.
    pub fn next_delivery(&self) -> DeliveryId {
        self.backend.next_delivery()
    }

    /// Sends a request to a replica. When it arrives, and whether, is up to the run.
    ///
    /// # Errors
    /// [`Lost`] when the connection ended without an answer.
    pub async fn send(
        &self,
        id: DeliveryId,
        replica: usize,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Lost> {
        self.backend.send(id, replica, request).await
    }

    /// The replicas that a load balancer would send to.
    pub fn ready(&self) -> Vec<usize> {
        self.backend.ready()
    }

    /// An API client that is none of the replicas.
    pub fn actor(&self) -> (ActorId, ApiService) {
        self.backend.actor()
    }

    /// A kube client that is none of the replicas', and that nothing goes wrong with: what a script asks for is done. When, among
    /// what others ask for, is explored all the same.
    pub fn client(&self, namespace: &str) -> kube::Client {
        let (actor, api) = self.backend.actor();
        self.backend.spare(actor);
        kube::Client::new(api, namespace)
    }

    /// One of `0..of`.
    pub fn choose(&self, of: usize, label: Label) -> usize {
        self.backend.choose(of, label)
    }

    /// Whether something with these chances in 1,000 happens.
    pub fn rarely(&self, per_mille: u32, label: Label) -> bool {
        self.backend.rarely(per_mille, label)
    }

    /// True time since the run began, in microseconds.
    pub fn micros(&self) -> u64 {
        self.backend.time().micros()
    }

    /// The true wall clock.
    pub fn now(&self) -> jiff::Timestamp {
        self.backend.time().now()
    }

    /// Lets true time pass.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    /// An object as the store has it.
    pub fn object(&self, resource: ResourceId, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.backend.object(resource, namespace, name)
    }

    /// Objects of a resource, as the store has them, by namespace and name.
    pub fn objects(&self, resource: ResourceId) -> Vec<Arc<Value>> {
        self.backend.objects(resource)
    }

    /// Lets a replica stand still.
    pub fn pause(&self, replica: usize, duration: Duration) {
        self.backend.pause(replica, duration);
    }

    /// Counts a fault that the script itself made.
    pub fn deliver_fault(&self, kind: FaultKind) {
        self.backend.deliver_fault(kind);
    }

    /// Offers what somebody else may do at any step from here on, where the run's faults allow others. Over the network
    /// transport nothing of it is ever done: only the direct one has steps.
    pub fn offer(&self, interventions: Vec<Box<dyn Intervention>>) {
        self.backend.offer(interventions);
    }

    /// No fault from here on; what is under way goes on in order.
    pub fn stop_faults(&self) {
        self.backend.stop_faults();
    }
}
