//! Hosts: programs that run in the simulated world. Any kube-rs program can be one: it boots with a connection to the
//! API, a clock and entropy, and may serve HTTP requests.
use crate::{
    clock::{HostClock, HostEntropy},
    listener::Listener,
    service::ApiService,
};
use bytes::Bytes;
use futures::future::BoxFuture;
use std::{sync::Arc, time::Duration};

/// Time that a kube client waits for an answer by default: `kube::Config::read_timeout`.
const READ_TIMEOUT: Duration = Duration::from_secs(295);

/// What a host boots with: all that it knows of the world.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Name of the pod, e.g. `replica-1`: the host's name and a number. It stays the same after a restart.
    pub name: String,
    /// Connection to the API servers.
    pub api: ApiService,
    /// Clock of the replica.
    pub clock: HostClock,
    /// Random numbers of the replica.
    pub entropy: Arc<HostEntropy>,
}

impl Environment {
    /// A kube client over the simulated API, with the timeout of one that kube makes from its `Config`.
    pub fn client(&self, namespace: &str) -> kube::Client {
        kube::Client::new(self.api.clone().with_timeout(READ_TIMEOUT), namespace)
    }
}

/// A program.
pub trait Host: Send + Sync + 'static {
    /// Name of its pods, without their numbers.
    fn name(&self) -> &str {
        "replica"
    }
    /// User name of its pods' service account, as RBAC's refusals show it.
    fn user(&self) -> &str {
        "system:serviceaccount:default:default"
    }
    /// Starts a process, inside the run's runtime.
    fn boot(&self, environment: Environment) -> Box<dyn Process>;
}

/// A running process. Dropping it is a crash: nothing that it spawned may survive.
pub trait Process: Send {
    /// Whether it takes requests.
    fn ready(&self) -> bool;
    /// Handles one HTTP request. If the client disconnects, the future is dropped.
    fn call(&self, request: http::Request<Bytes>) -> BoxFuture<'static, http::Response<Bytes>>;
    /// Serves HTTP on a simulated socket, as long as the process lives.
    fn serve(&self, listener: Listener) -> BoxFuture<'static, ()>;
}
