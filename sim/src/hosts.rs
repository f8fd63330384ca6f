//! Hosts: programs that run in the simulated world. Any kube-rs program can be one: it is booted with an API transport, a
//! clock and entropy, and may take HTTP requests.
use crate::{
    clock::{HostClock, HostEntropy},
    network::Listener,
    run::ApiService,
};
use bytes::Bytes;
use futures::future::BoxFuture;
use std::{sync::Arc, time::Duration};

/// How long a kube client waits for an answer unless it is told otherwise: `kube::Config::read_timeout`.
const READ_TIMEOUT: Duration = Duration::from_secs(295);

/// What a host is booted with: all that it may know of the world.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The pod's name, e.g. `gateway-1`: the host's, and a number. The same after a restart.
    pub name: String,
    /// The way to the API server.
    pub api: ApiService,
    /// The replica's clock.
    pub clock: HostClock,
    /// The replica's randomness.
    pub entropy: Arc<HostEntropy>,
}

impl Environment {
    /// A kube client over the simulated API, as patient as one that kube makes from its `Config`.
    pub fn client(&self, namespace: &str) -> kube::Client {
        kube::Client::new(self.api.clone().with_patience(READ_TIMEOUT), namespace)
    }
}

/// A program.
pub trait Host: Send + Sync + 'static {
    /// What its pods are called, without their numbers.
    fn name(&self) -> &str {
        "replica"
    }
    /// Starts one process of it, inside the run's runtime.
    fn boot(&self, environment: Environment) -> Box<dyn Process>;
}

/// A running process. Dropping it is a crash: nothing that it spawned may survive.
pub trait Process: Send {
    /// Whether it can take requests.
    fn ready(&self) -> bool;
    /// Handles one HTTP request. Dropping the future is the client hanging up.
    fn call(&self, request: http::Request<Bytes>) -> BoxFuture<'static, http::Response<Bytes>>;
    /// Serves HTTP on a simulated socket, for as long as the process lives.
    fn serve(&self, listener: Listener) -> BoxFuture<'static, ()>;
}
