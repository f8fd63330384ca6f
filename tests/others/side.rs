//! The two servers: `lockstep serve`, and etcd with a real kube-apiserver. Each is started anew for a part of a suite.
use crate::workshop::Workshop;
use anyhow::Context;
use std::path::PathBuf;
use tempfile::TempDir;
use tests::real_server::{ADMIN_TOKEN, Options, Process, RealServer};

/// kube-apiserver creates it last when it starts.
const LAST_OF_BOOTSTRAP: &str = "/api/v1/namespaces/default/services/kubernetes";

/// A server to run the suites on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Side {
    /// The simulated API server on a socket.
    Serve,
    /// etcd and kube-apiserver, without controllers and nodes.
    Real,
}

/// A running server. It ends when this is dropped.
pub(crate) struct Running {
    /// Directory for the files of one part; the programs that are started in it remove it.
    pub(crate) directory: PathBuf,
    /// File of the administrator's kubeconfig.
    pub(crate) kubeconfig: PathBuf,
    _server: Server,
}

enum Server {
    Serve { _process: Process },
    Real { _plane: Box<RealServer> },
}

impl Side {
    /// Its name in tables and paths.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Real => "real",
        }
    }

    /// Starts a server and waits until it is ready.
    ///
    /// # Errors
    /// If it does not become ready.
    pub(crate) fn start(self, workshop: &Workshop) -> anyhow::Result<Running> {
        let directory = TempDir::with_prefix("others-").context("no temporary directory")?.keep();
        let kubeconfig = directory.join("kubeconfig");
        let server = match self {
            Self::Serve => {
                let written = kubeconfig.display().to_string();
                let arguments = ["serve", "--listen", "127.0.0.1:0", "--kubeconfig", &written].map(str::to_owned);
                let process = Process::start(&workshop.lockstep()?, &arguments, &directory, "serve")?;
                // It listens before it writes the file.
                process.wait_until(|| std::fs::read_to_string(&kubeconfig).is_ok_and(|text| text.ends_with('\n')))?;
                Server::Serve { _process: process }
            }
            Self::Real => {
                let flags = vec!["--allow-privileged=true".to_owned()];
                let plane = RealServer::start(&Options { flags, ..Options::default() })?;
                anyhow::ensure!(plane.answers_within_a_minute(0, LAST_OF_BOOTSTRAP), "no {LAST_OF_BOOTSTRAP}");
                std::fs::write(&kubeconfig, plane.kubeconfig(0, ADMIN_TOKEN)).context("no kubeconfig")?;
                Server::Real { _plane: Box::new(plane) }
            }
        };
        Ok(Running { directory, kubeconfig, _server: server })
    }
}
