//! Plan of a live run.
use crate::live::{
    control_plane::Binaries,
    faults::FaultPlan,
    fleet::Program,
    workload::{Extent, sender::Sender},
};
use futures::future::BoxFuture;
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Replicas that a run starts itself.
pub struct Local {
    /// Number of replicas.
    pub replicas: usize,
    /// Program of each replica.
    pub program: Program,
    /// Directory of their configurations and logs.
    pub directory: PathBuf,
    /// Their cluster.
    pub cluster: Cluster,
}

/// The cluster of local replicas.
pub enum Cluster {
    /// One that runs already, by its kubeconfig.
    Running(PathBuf),
    /// A control plane that the run starts from these programs.
    Own(Binaries),
}

/// The gateways of a run.
pub enum Subject {
    /// Replicas that the run starts itself.
    Local(Local),
    /// Gateways that run already.
    Running {
        /// URLs that take signals.
        urls: Vec<String>,
        /// Kubeconfig of their cluster.
        kubeconfig: PathBuf,
        /// Certificates (PEM) that theirs are signed with, besides those of the system.
        authority: Option<PathBuf>,
    },
}

/// Plan of a run: gateways, workload, faults.
pub struct Plan {
    /// The gateways.
    pub subject: Subject,
    /// The workload.
    pub extent: Extent,
    /// The faults.
    pub faults: FaultPlan,
    /// Time after the last answer.
    pub tail: Duration,
    /// Namespace of RemediationRequests and Leases.
    pub namespace: Arc<str>,
    /// Whether the namespace may be used although it is not lockstep's own.
    pub allowed: bool,
    /// Namespace of the Deployments that alerts are about.
    pub targets: Arc<str>,
    /// Bearer token of the senders; a local run makes one.
    pub token: Option<String>,
    /// URLs of metrics of gateways that run already, to ask for their builds.
    pub metrics: Vec<String>,
    /// Whether what was created stays.
    pub keep: bool,
    /// Senders beside the stories.
    pub beside: Option<Beside>,
}

/// Sends signals beside the stories, with the run's sender.
pub type Beside = Box<dyn Fn(Sender) -> BoxFuture<'static, ()> + Send + Sync>;
