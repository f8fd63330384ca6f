//! Interventions: what somebody else may do to the cluster between any two steps, in one go.
//!
//! A scripted actor needs calls and answers of its own, and is itself subject to the run's order. An intervention is one
//! request, made and executed where it is chosen: the fewest choices that place it anywhere.
use crate::{event::ActorId, faults::FaultKind};
use apiserver::{ApiServer, Request, ResourceId};
use serde_json::Value;
use std::sync::Arc;

/// Something that somebody may do.
pub trait Intervention: Send + Sync {
    /// The fault that it is counted as, once its request has succeeded.
    fn kind(&self) -> FaultKind;
    /// Who does it.
    fn actor(&self) -> ActorId;
    /// The request that does it, as things are; `None` where there is nothing to do it to.
    fn request(&self, cluster: &Glimpse<'_>) -> Option<Request>;
}

/// The cluster at one moment, as the simulation knows it and nobody in it can.
pub struct Glimpse<'a> {
    api: &'a ApiServer,
    pending: &'a [&'a Request],
}

impl<'a> Glimpse<'a> {
    pub(crate) fn new(api: &'a ApiServer, pending: &'a [&'a Request]) -> Self {
        Self { api, pending }
    }

    /// Objects of a resource, as the store has them, by namespace and name.
    pub fn objects(&self, resource: ResourceId) -> impl Iterator<Item = Arc<Value>> + '_ {
        self.api.objects(resource)
    }

    /// Requests that were made and are not executed yet, those whose callers are gone included.
    pub fn pending(&self) -> &[&'a Request] {
        self.pending
    }
}
