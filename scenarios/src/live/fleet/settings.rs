//! Settings that all replicas of a run share.
use super::program::Program;
use crate::live::{cluster::Api, credentials::ServingCertificate, history::Journal, proxy::Faults};
use std::{path::PathBuf, sync::Arc};

/// Settings of the replicas of a run.
#[derive(Clone)]
pub struct Settings {
    /// Program of each replica.
    pub program: Program,
    /// Namespace of RemediationRequests and Leases.
    pub namespace: Arc<str>,
    /// Directory of configurations and logs.
    pub directory: PathBuf,
    /// Pair that every replica serves.
    pub certificate: Arc<ServingCertificate>,
    /// File with the gateways' token, as the kubelet mounts it.
    pub token: PathBuf,
    /// Connection that the proxies forward to. It adds no credentials: the gateways have theirs.
    pub api: Api,
    /// Faults that the proxies deliver.
    pub faults: Arc<Faults>,
    /// Where everything is recorded.
    pub journal: Journal,
}
