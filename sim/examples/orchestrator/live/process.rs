//! One process of the orchestrator on a real cluster.
use super::connection::client;
use crate::{
    controller::{
        self,
        pod::{Pod, World},
        safeguards::Safeguards,
    },
    mutants::MUTANTS,
};
use futures::future::BoxFuture;
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::time::Instant;

/// What a process needs to know.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Process {
    /// Kubeconfig of the cluster.
    #[arg(long, value_name = "FILE")]
    pub(super) kubeconfig: PathBuf,
    /// Name of the pod.
    #[arg(long)]
    pub(super) name: String,
    /// Namespace of the remediations.
    #[arg(long)]
    pub(super) namespace: String,
    /// Run as this mutant.
    #[arg(long, value_name = "NAME")]
    pub(super) mutant: Option<String>,
}

/// The machine's clock and randomness.
struct Machine(Instant);

impl World for Machine {
    #[expect(clippy::disallowed_methods, reason = "a process on a real cluster has the machine's clock")]
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn random(&self) -> u64 {
        fastrand::u64(..)
    }
}

/// Runs until the process is killed.
///
/// # Errors
/// A sentence when the kubeconfig cannot be used.
pub(crate) async fn serve(process: &Process) -> Result<(), String> {
    let mutant = MUTANTS.iter().find(|mutant| Some(mutant.name) == process.mutant.as_deref());
    let safeguards = mutant.map_or(Safeguards::ALL, |mutant| Safeguards::without(mutant.without));
    let client = client(&process.kubeconfig, &process.namespace).await?;
    let pod = Pod { name: process.name.clone(), client, world: Arc::new(Machine(Instant::now())) };
    controller::run(pod, safeguards).await;
    Ok(())
}
