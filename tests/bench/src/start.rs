//! The time from nothing to the first answered request: `lockstep serve`, and etcd with kube-apiserver as envtest
//! starts them.
use crate::{meter, samples::Samples};
use anyhow::{Context, bail};
use scenarios::live::{
    cluster::Api,
    control_plane::{ADMIN_TOKEN, Binaries, ControlPlane, Options},
    process::{Launch, Process},
};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const POLL: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(30);
/// A request that both servers answer from their storage.
const FIRST: &str = "/api/v1/namespaces/default";

/// `lockstep serve` as a process. Dropping it ends it.
pub struct Simulated {
    _process: Process,
    _folder: TempDir,
    kubeconfig: PathBuf,
}

impl Simulated {
    /// Starts the process and waits until it answers.
    ///
    /// # Errors
    /// If it does not answer within half a minute.
    pub fn start(program: &Path, runtime: &Runtime) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("no temporary folder")?;
        let kubeconfig = folder.path().join("kubeconfig");
        let words = ["lockstep", "serve", "--listen", "127.0.0.1:0", "--kubeconfig"];
        let arguments: Vec<String> =
            words.iter().map(|word| (*word).to_owned()).chain([kubeconfig.display().to_string()]).collect();
        let launch = Launch {
            program,
            arguments: &arguments,
            environment: &[],
            directory: folder.path(),
            name: "serve",
            keeps_directory: true,
        };
        let process = launch.start()?;
        runtime.block_on(async {
            let answered = async {
                while !kubeconfig.is_file() {
                    tokio::time::sleep(POLL).await;
                }
                answered(&kubeconfig).await
            };
            tokio::time::timeout(PATIENCE, answered).await.context("`lockstep serve` does not answer")?
        })?;
        Ok(Self { _process: process, _folder: folder, kubeconfig })
    }

    /// A kubeconfig of the API server.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }
}

/// Makes the first request.
async fn answered(kubeconfig: &Path) -> anyhow::Result<()> {
    let api = Api::connect(kubeconfig).await?;
    while api.get(FIRST).await.is_err() {
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

/// Times of a start in milliseconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Starts {
    /// `lockstep serve`.
    pub simulated: Samples,
    /// etcd and kube-apiserver; `None` without their programs.
    pub real: Option<Samples>,
}

/// Starts each server `times` times, in turns.
///
/// # Errors
/// If one does not start.
pub fn measure(times: u64, program: &Path, binaries: Option<&Binaries>) -> anyhow::Result<Starts> {
    let runtime = Runtime::new().context("cannot start a runtime")?;
    let mut starts = Starts { real: binaries.map(|_| Samples::default()), ..Starts::default() };
    for time in 1..=times {
        let began = meter::now();
        let server = Simulated::start(program, &runtime)?;
        starts.simulated.push((meter::now() - began).as_secs_f64() * 1000.0);
        drop(server);
        if let (Some(binaries), Some(samples)) = (binaries, &mut starts.real) {
            let began = meter::now();
            let plane = ControlPlane::start(binaries, &Options::default())?;
            let kubeconfig = plane.directory().join("kubeconfig");
            std::fs::write(&kubeconfig, plane.kubeconfig(0, ADMIN_TOKEN)).context("cannot write a kubeconfig")?;
            let first = async { tokio::time::timeout(PATIENCE, answered(&kubeconfig)).await };
            let Ok(first) = runtime.block_on(first) else { bail!("kube-apiserver does not answer") };
            first?;
            samples.push((meter::now() - began).as_secs_f64() * 1000.0);
        }
        eprintln!("starts: {time} of {times}");
    }
    Ok(starts)
}
