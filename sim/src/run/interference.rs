//! Interference: writes of third parties that a run may place between any two steps.
//!
//! A scripted actor needs calls and answers of its own, and is itself subject to the run's order. An interference is
//! one request that is made and executed in one go: the fewest choices that place it anywhere.
use crate::event::ActorId;
use apiserver::{ApiServer, Request, ResourceId};
use serde_json::Value;
use std::sync::Arc;

/// A write that a third party may make at any step.
pub trait Interference: Send + Sync {
    /// Name of the fault that it is counted as, once its request has succeeded.
    fn fault(&self) -> &'static str;
    /// The actor that makes it.
    fn actor(&self) -> ActorId;
    /// The request, as the cluster is now; None where it does not apply.
    fn request(&self, cluster: &ClusterView<'_>) -> Option<Request>;
}

/// The cluster at one moment: its store, and the requests under way, which no program can see.
pub struct ClusterView<'a> {
    api: &'a ApiServer,
    pending: &'a [&'a Request],
}

impl<'a> ClusterView<'a> {
    pub(crate) fn new(api: &'a ApiServer, pending: &'a [&'a Request]) -> Self {
        Self { api, pending }
    }

    /// Objects of a resource, as the store has them, by namespace and name.
    pub fn objects(&self, resource: ResourceId) -> impl Iterator<Item = Arc<Value>> + '_ {
        self.api.objects(resource)
    }

    /// Requests that were sent and are not executed yet, including those of callers that are gone.
    pub fn pending(&self) -> &[&'a Request] {
        self.pending
    }
}
