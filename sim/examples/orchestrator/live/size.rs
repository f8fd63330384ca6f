//! Size of a live run, as its user gives it.
use std::path::PathBuf;

/// Size of a live run.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Size {
    /// Kubeconfig of a cluster that may be written to.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: PathBuf,
    /// Processes of the orchestrator.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) replicas: usize,
    /// Targets.
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) targets: usize,
    /// Remediations of each target, all at once.
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub(crate) remediations: usize,
    /// Seconds between two disturbances: kill -9, or a pause of 35 s.
    #[arg(long, value_name = "SECONDS", default_value_t = 4)]
    pub(crate) disturb_every: u64,
    /// Run this mutant instead of the orchestrator as it ships.
    #[arg(long, value_name = "NAME")]
    pub(crate) mutant: Option<String>,
}
