//! One replica: its process, which may be killed, paused, terminated and started again under its name.
use super::settings::Settings;
use crate::live::{
    history::{Client, Fact},
    process::{Launch, Process, ProcessError},
    proxy::Proxy,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex as StdMutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// There is no DataStorage service: audit events are dropped, as when it is down.
const NO_STORAGE: &str = "http://127.0.0.1:9";
const POLL: Duration = Duration::from_millis(50);
/// Time that a gateway has to end after SIGTERM: Kubernetes grants 30 s.
const GRACE: Duration = Duration::from_secs(35);

/// A replica does not run.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// Its files or ports are not available.
    #[error("cannot use {path}: {source}")]
    Files {
        /// Path of the file or the directory.
        path: PathBuf,
        /// Underlying I/O error.
        source: io::Error,
    },
    /// Its process does not start.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// It does not become ready.
    #[error("{0}")]
    Unready(String),
}

/// Ports of a replica, which it keeps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) signals: u16,
    pub(super) probes: u16,
    pub(super) metrics: u16,
}

/// One replica.
pub struct Replica {
    index: u8,
    ports: Ports,
    settings: Settings,
    running: std::sync::Arc<Mutex<Running>>,
    status: StdMutex<Status>,
}

/// The process of a replica. What holds it decides what happens to the replica next.
#[derive(Default)]
pub struct Running {
    process: Option<Process>,
    proxy: Option<Proxy>,
}

#[derive(Default)]
struct Status {
    /// Number of starts so far.
    starts: u16,
    ready: bool,
    runs: bool,
}

impl Replica {
    pub(super) fn new(index: u8, ports: Ports, settings: Settings) -> Self {
        Self { index, ports, settings, running: std::sync::Arc::default(), status: StdMutex::default() }
    }

    /// Name of its pod.
    pub fn name(&self) -> String {
        format!("gw-{}", self.index)
    }

    /// URL that takes signals.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports.signals)
    }

    /// URL of its metrics.
    pub fn metrics_url(&self) -> String {
        format!("http://127.0.0.1:{}/metrics", self.ports.metrics)
    }

    /// Index of the replica, from 0.
    pub fn index(&self) -> u8 {
        self.index
    }

    pub(super) fn probe_url(&self) -> String {
        format!("http://127.0.0.1:{}/readyz", self.ports.probes)
    }

    /// Whether its last probe was answered well.
    pub fn is_ready(&self) -> bool {
        self.status().ready
    }

    pub(super) fn incarnation(&self) -> u16 {
        self.status().starts
    }

    fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in the answer to a probe that was sent to the process of start number `asked`.
    pub(super) fn observed(&self, asked: u16, ready: bool) {
        let mut status = self.status();
        if asked != status.starts || !status.runs {
            return;
        }
        if ready && !status.ready {
            let journal = &self.settings.journal;
            journal.record(Fact::Ready { at: journal.now(), replica: self.index });
        }
        status.ready = ready;
    }

    pub(super) fn not_ready(&self, waited: Duration) -> ReplicaError {
        let log = self.log(self.incarnation().saturating_sub(1));
        let text = fs::read_to_string(&log).unwrap_or_default();
        let last: Vec<&str> = text.lines().rev().take(5).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        ReplicaError::Unready(format!(
            "{} was not ready within {waited:?}; the end of {}:\n{}",
            self.name(),
            log.display(),
            last.join("\n")
        ))
    }

    fn log(&self, incarnation: u16) -> PathBuf {
        self.settings.directory.join(format!("{}.{incarnation}.log", self.name()))
    }

    /// The first line of each panic in its logs.
    pub(super) fn panics(&self) -> Vec<String> {
        let of = |incarnation: u16| {
            let text = fs::read_to_string(self.log(incarnation)).unwrap_or_default();
            let lines = text.lines().filter(|line| line.contains("panicked at"));
            lines.map(|line| format!("{} said: {line}", self.name())).collect::<Vec<_>>()
        };
        (0..self.incarnation()).flat_map(of).collect()
    }

    /// Takes hold of the replica's process, unless another fault has it.
    pub fn try_hold(&self) -> Option<OwnedMutexGuard<Running>> {
        std::sync::Arc::clone(&self.running).try_lock_owned().ok()
    }

    /// Whether no fault has hold of its process.
    pub fn is_free(&self) -> bool {
        self.running.try_lock().is_ok()
    }

    /// Starts it for the first time.
    pub(super) async fn begin(&self) -> Result<(), ReplicaError> {
        let mut running = self.running.lock().await;
        self.start(&mut running).await
    }

    /// Starts its process.
    ///
    /// # Errors
    /// If its files cannot be written, or its process does not start.
    pub async fn start(&self, running: &mut Running) -> Result<(), ReplicaError> {
        let Settings { program, namespace, directory, api, faults, journal, token, .. } = &self.settings;
        let incarnation = self.incarnation();
        let by = Client::Replica { index: self.index, incarnation };
        let files = |path: &Path, source| ReplicaError::Files { path: path.to_owned(), source };
        let proxy = Proxy::start(api.clone(), journal.clone(), by, std::sync::Arc::clone(faults)).await;
        let proxy = proxy.map_err(|source| files(directory, source))?;
        let name = format!("{}.{incarnation}", self.name());
        let (config, kubeconfig) =
            (directory.join(format!("{name}.yaml")), directory.join(format!("{name}.kubeconfig")));
        fs::write(&config, self.config()).map_err(|source| files(&config, source))?;
        fs::write(&kubeconfig, kubeconfig_of(&proxy.url(), token)).map_err(|source| files(&kubeconfig, source))?;
        let mut arguments = program.arguments.clone();
        for (option, path) in [("--config", &config), ("--kubeconfig", &kubeconfig)] {
            arguments.extend([option.to_owned(), path.display().to_string()]);
        }
        let environment = [
            ("POD_NAME", self.name()),
            ("POD_NAMESPACE", namespace.to_string()),
            ("KUBERNAUT_CONTROLLER_NAMESPACE", namespace.to_string()),
        ];
        let launch = Launch {
            program: &program.path,
            arguments: &arguments,
            environment: &environment,
            directory,
            name: &name,
            keeps_directory: true,
        };
        *self.status() = Status { starts: incarnation + 1, ready: false, runs: true };
        journal.record(Fact::Started { at: journal.now(), replica: self.index, incarnation });
        running.process = Some(tokio::task::block_in_place(|| launch.start())?);
        running.proxy = Some(proxy);
        Ok(())
    }

    /// Kills its process at once, as a node does that runs out of memory; false if it does not run.
    pub fn kill(&self, running: &mut Running) -> bool {
        let was_alive = running.process.as_ref().is_some_and(Process::is_alive);
        tokio::task::block_in_place(|| running.process = None);
        self.ended(running);
        was_alive
    }

    /// Stops its process without a signal that it could handle; false if it does not run.
    pub fn pause(&self, running: &Running) -> bool {
        running.process.as_ref().is_some_and(|process| process.signal("-STOP"))
    }

    /// Lets its process continue; false if it does not run.
    pub fn resume(&self, running: &Running) -> bool {
        running.process.as_ref().is_some_and(|process| process.signal("-CONT"))
    }

    /// Asks its process to end, as a rolling restart does; false if it did not end in time and was killed.
    pub async fn terminate(&self, running: &mut Running) -> bool {
        let Some(process) = &running.process else { return false };
        let asked = process.signal("-TERM");
        let ends = async {
            while process.is_alive() {
                tokio::time::sleep(POLL).await;
            }
        };
        let in_time = tokio::time::timeout(GRACE, ends).await.is_ok();
        self.kill(running);
        asked && in_time
    }

    /// Ends it for good.
    pub(super) async fn end(&self) {
        let mut running = self.running.lock().await;
        self.kill(&mut running);
    }

    fn ended(&self, running: &mut Running) {
        running.proxy = None;
        let journal = &self.settings.journal;
        let mut status = self.status();
        if std::mem::take(&mut status.runs) {
            status.ready = false;
            journal.record(Fact::Crashed { at: journal.now(), replica: self.index });
        }
    }

    fn config(&self) -> String {
        let Ports { signals, probes, metrics } = self.ports;
        format!(
            "server:\n  listenAddr: 127.0.0.1:{signals}\n  healthAddr: 127.0.0.1:{probes}\n  \
             metricsAddr: 127.0.0.1:{metrics}\n  tls:\n    certDir: {}\nlogging:\n  level: warn\n\
             datastorage:\n  url: {NO_STORAGE}\n",
            self.settings.certificate.directory().display()
        )
    }
}

/// A kubeconfig for a proxy, which passes on the token of a file.
pub fn kubeconfig_of(url: &str, token: &Path) -> String {
    let token = token.display();
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: proxy\n\
         clusters: [{{name: proxy, cluster: {{server: \"{url}\"}}}}]\n\
         users: [{{name: proxy, user: {{tokenFile: \"{token}\"}}}}]\n\
         contexts: [{{name: proxy, context: {{cluster: proxy, user: proxy, namespace: default}}}}]\n"
    )
}
