//! The same orchestrator as processes on a real API server, which are killed and paused while it is judged.
//!
//! It cannot be repeated as a simulated run can. It shows that the orchestrator does not get its safety from the
//! simulated world.
mod fleet;
mod history;
mod process;
mod workload;

use super::mutants::MUTANTS;
use fleet::Fleet;
use history::History;
use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};
use workload::Workload;

pub(crate) use process::{Process, serve};

/// Size of a live run.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Size {
    /// Kubeconfig of a cluster that may be written to.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: PathBuf,
    /// Processes of the orchestrator.
    #[arg(long, value_name = "N", default_value_t = 3)]
    replicas: usize,
    /// Targets.
    #[arg(long, value_name = "N", default_value_t = 4)]
    targets: usize,
    /// Remediations of each target, all at once.
    #[arg(long, value_name = "N", default_value_t = 6)]
    remediations: usize,
    /// Seconds between two disturbances: kill -9, or a pause of 35 s.
    #[arg(long, value_name = "SECONDS", default_value_t = 4)]
    disturb_every: u64,
    /// Run this mutant instead of the orchestrator as it ships.
    #[arg(long, value_name = "NAME")]
    mutant: Option<String>,
}

/// Results of a live run.
pub(crate) struct Report {
    remediations: usize,
    executions: usize,
    kills: u64,
    pauses: u64,
    took: Duration,
    /// Sentences that begin with the name of an invariant.
    pub(crate) violations: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { remediations, executions, kills, pauses, took, violations } = self;
        writeln!(
            f,
            "{remediations} remediations, {executions} executions, {kills} kills, {pauses} pauses in {} s: \
             {} violations",
            took.as_secs(),
            violations.len()
        )?;
        violations.iter().take(10).try_for_each(|violation| writeln!(f, "  {violation}"))
    }
}

/// A client of the cluster that a kubeconfig names.
async fn client(kubeconfig: &Path, namespace: &str) -> Result<Client, String> {
    let sentence = |error: &dyn fmt::Display| format!("{}: {error}", kubeconfig.display());
    let read = Kubeconfig::read_from(kubeconfig).map_err(|error| sentence(&error))?;
    let config = Config::from_custom_kubeconfig(read, &KubeConfigOptions::default()).await;
    let mut config = config.map_err(|error| sentence(&error))?;
    config.default_namespace = namespace.to_owned();
    Client::try_from(config).map_err(|error| sentence(&error))
}

/// Plays a live run to its end.
///
/// # Errors
/// A sentence when the cluster cannot be used, or a process does not start.
pub(crate) async fn run(size: &Size) -> Result<Report, String> {
    if let Some(name) = &size.mutant
        && !MUTANTS.iter().any(|mutant| mutant.name == name)
    {
        return Err(format!("no mutant is called {name:?}: --list prints their names"));
    }
    let began = tokio::time::Instant::now();
    let namespace = workload::prepare(client(&size.kubeconfig, "default").await?).await?;
    let client = client(&size.kubeconfig, &namespace).await?;
    let history = History::watch(client.clone()).await;
    let mut fleet = Fleet::start(size, &namespace)?;
    let remediations = size.targets * size.remediations;
    let ended = Workload::new(client, size.targets, size.remediations).play(&mut fleet).await?;
    let (executions, mut violations) = history.judged();
    violations.extend(ended);
    Ok(Report { remediations, executions, kills: fleet.kills, pauses: fleet.pauses, took: began.elapsed(), violations })
}
