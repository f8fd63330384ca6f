//! Resources that the oracle observes, by the ids of a cluster's registry.
use apiserver::{Registry, ResourceId};
use std::sync::Arc;

/// The observed resources of a cluster.
#[derive(Debug, Clone)]
pub struct ObservedResources {
    /// Id of the Lease resource.
    pub leases: ResourceId,
    /// Id of the RemediationRequest resource.
    pub requests: ResourceId,
    /// Name of every resource, by id.
    pub(super) names: Arc<[Arc<str>]>,
}

impl ObservedResources {
    /// The resources of a registry; `None` if it lacks the gateway's CRD.
    pub fn of(registry: &Registry) -> Option<Self> {
        let (leases, requests) = (
            registry.resource("coordination.k8s.io", "leases")?,
            registry.resource("kubernaut.ai", "remediationrequests")?,
        );
        Some(Self { leases, requests, names: registry.names().map(Arc::from).collect() })
    }
}
