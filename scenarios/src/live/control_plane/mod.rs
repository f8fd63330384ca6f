//! A real control plane: etcd and any number of kube-apiservers over it, as processes on loopback.
//!
//! There are no controllers, no kubelet and no garbage collector. The processes end with this process, in whatever way
//! that ends, and remove their files. Each can be killed and started again on its old port: etcd's files stay.
use std::{
    fmt, fs, io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    time::Duration,
};

mod client;
mod service_account;

use super::{
    ports,
    process::{Process, ProcessError},
};
pub use client::{Client, ClientError};

/// The token of user `admin`, uid `admin-uid`, group `system:masters`: may do everything.
pub const ADMIN_TOKEN: &str = "conf-admin-token";
/// The token of user `conf-user`, uid `conf-user-uid`, without a group: may do what every authenticated user may.
pub const USER_TOKEN: &str = "conf-user-token";

const TOKENS: &str = "conf-admin-token,admin,admin-uid,\"system:masters\"\nconf-user-token,conf-user,conf-user-uid\n";
/// Another process may take a port between its choice and its use.
const START_ATTEMPTS: usize = 3;

/// Variable that names the directory with etcd and kube-apiserver.
pub const ASSETS: &str = "KUBEBUILDER_ASSETS";

/// Paths of the two programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// etcd 3.6.
    pub etcd: PathBuf,
    /// kube-apiserver 1.36.
    pub kube_apiserver: PathBuf,
}

impl Binaries {
    /// The programs in a directory, which need not exist.
    pub fn below(directory: &Path) -> Self {
        Self { etcd: directory.join("etcd"), kube_apiserver: directory.join("kube-apiserver") }
    }

    /// Whether both programs exist.
    pub fn exist(&self) -> bool {
        self.etcd.is_file() && self.kube_apiserver.is_file()
    }

    /// The programs in the directory of `KUBEBUILDER_ASSETS`.
    ///
    /// # Errors
    /// If the variable is not set, or its directory does not have them.
    pub fn of_environment() -> Result<Self, ControlPlaneError> {
        let directory = std::env::var_os(ASSETS).map(PathBuf::from).ok_or(ControlPlaneError::Unset)?;
        let found = Self::below(&directory);
        found.exist().then_some(found).ok_or(ControlPlaneError::NoAssets { directory })
    }
}

impl fmt::Display for Binaries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} and {}", self.etcd.display(), self.kube_apiserver.display())
    }
}

/// The control plane did not start.
#[derive(Debug, thiserror::Error)]
pub enum ControlPlaneError {
    /// The variable is not set.
    #[error(
        "{ASSETS} is not set: set it to a directory with etcd and kube-apiserver, as `setup-envtest use` prints it"
    )]
    Unset,
    /// The directory in the variable does not have the programs.
    #[error("{ASSETS} is {directory}, without etcd and kube-apiserver in it: correct it")]
    NoAssets {
        /// Value of the variable.
        directory: PathBuf,
    },
    /// A program did not start, or did not become ready.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// There is no client for it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A temporary file or a port is not available.
    #[error("cannot prepare the control plane's files and ports below {path}: {source}; free disk space or ports")]
    Prepare {
        /// Directory of the files.
        path: PathBuf,
        /// Underlying I/O error.
        source: io::Error,
    },
}

/// Servers to start, and their flags.
#[derive(Debug, Clone)]
pub struct Options {
    /// Number of kube-apiservers over the one etcd, at least one.
    pub servers: usize,
    /// Further flags for each of them, e.g. `--max-requests-inflight=1`.
    pub flags: Vec<String>,
    /// Whether there is one more server, the last, which serves watches from etcd without a cache: such a watch
    /// continues from any version, also after a restart.
    pub observer: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { servers: 1, flags: Vec::new(), observer: false }
    }
}

/// A running etcd with its kube-apiservers. Dropping it ends them.
#[derive(Debug)]
pub struct ControlPlane {
    // Servers end before their etcd.
    servers: Vec<Server>,
    etcd: Option<Process>,
    etcd_arguments: Vec<String>,
    etcd_url: String,
    files: Files,
    binaries: Binaries,
    flags: Vec<String>,
}

#[derive(Debug)]
struct Server {
    process: Option<Process>,
    port: u16,
    caches: bool,
}

/// The directory of the control plane's files; the last process that lives in it removes it.
#[derive(Debug)]
struct Files {
    directory: PathBuf,
}

impl Files {
    fn new() -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("control-plane-").tempdir()?.keep();
        fs::write(directory.join("tokens.csv"), TOKENS)?;
        service_account::write_key_pair(&directory)?;
        Ok(Self { directory })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn arg(&self, flag: &str, name: &str) -> String {
        format!("{flag}={}", self.path(name).display())
    }
}

impl ControlPlane {
    /// Starts the programs and waits until every server is ready (seconds).
    ///
    /// # Errors
    /// If they do not become ready.
    pub fn start(binaries: &Binaries, options: &Options) -> Result<Self, ControlPlaneError> {
        let mut attempt = 1;
        loop {
            match Self::start_once(binaries, options) {
                Err(ControlPlaneError::Process(_)) if attempt < START_ATTEMPTS => attempt += 1,
                outcome => return outcome,
            }
        }
    }

    fn start_once(binaries: &Binaries, options: &Options) -> Result<Self, ControlPlaneError> {
        let prepare = |path: &Path, source| ControlPlaneError::Prepare { path: path.to_owned(), source };
        let files = Files::new().map_err(|e| prepare(&std::env::temp_dir(), e))?;
        let ports = ports::free(options.servers.max(1) + 2 + usize::from(options.observer))
            .map_err(|e| prepare(&files.directory, e))?;
        let etcd_url = format!("http://{}:{}", Ipv4Addr::LOCALHOST, ports[0]);
        let etcd_arguments = vec![
            files.arg("--data-dir", "etcd"),
            format!("--listen-client-urls={etcd_url}"),
            format!("--advertise-client-urls={etcd_url}"),
            format!("--listen-peer-urls=http://{}:{}", Ipv4Addr::LOCALHOST, ports[1]),
            "--unsafe-no-fsync".to_owned(),
        ];
        let server = |port: &u16| Server { process: None, port: *port, caches: true };
        let mut servers: Vec<Server> = ports[2..].iter().map(server).collect();
        if let Some(last) = servers.last_mut().filter(|_| options.observer) {
            last.caches = false;
        }
        let (binaries, flags) = (binaries.clone(), options.flags.clone());
        let mut plane = Self { servers, etcd: None, etcd_arguments, etcd_url, files, binaries, flags };
        plane.start_etcd()?;
        // One after the other: the first writes the certificate that all of them use.
        for server in 0..plane.servers.len() {
            plane.start_server(server)?;
        }
        Ok(plane)
    }

    /// Starts etcd, with what it stored before. Requests fail until it is ready.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start_etcd(&mut self) -> Result<(), ControlPlaneError> {
        self.kill_etcd();
        self.etcd = Some(Process::start(&self.binaries.etcd, &self.etcd_arguments, &self.files.directory, "etcd")?);
        Ok(())
    }

    /// Kills etcd at once. What it has answered is stored: only a crash of the machine could lose it.
    pub fn kill_etcd(&mut self) {
        self.etcd = None;
    }

    /// Starts a server that was killed, on its old port, and waits until it is ready.
    ///
    /// # Errors
    /// If it does not become ready.
    ///
    /// # Panics
    /// If there is no such server.
    pub fn start_server(&mut self, server: usize) -> Result<(), ControlPlaneError> {
        self.kill_server(server);
        let arguments = self.server_arguments(&self.servers[server]);
        let name = format!("kube-apiserver-{server}");
        let process = Process::start(&self.binaries.kube_apiserver, &arguments, &self.files.directory, &name)?;
        process.wait_until(|| self.is_ready(server))?;
        self.servers[server].process = Some(process);
        Ok(())
    }

    /// Kills a server at once, as a crash does.
    ///
    /// # Panics
    /// If there is no such server.
    pub fn kill_server(&mut self, server: usize) {
        self.servers[server].process = None;
    }

    fn server_arguments(&self, &Server { port, caches, .. }: &Server) -> Vec<String> {
        let files = &self.files;
        let mut arguments = vec![
            format!("--etcd-servers={}", self.etcd_url),
            format!("--secure-port={port}"),
            format!("--bind-address={}", Ipv4Addr::LOCALHOST),
            files.arg("--cert-dir", "certs"),
            files.arg("--service-account-key-file", service_account::PUBLIC_KEY),
            files.arg("--service-account-signing-key-file", service_account::PRIVATE_KEY),
            "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
            files.arg("--token-auth-file", "tokens.csv"),
            "--authorization-mode=RBAC".to_owned(),
            "--service-cluster-ip-range=10.96.0.0/16".to_owned(),
            // No controller makes the accounts that it would wait for.
            "--disable-admission-plugins=ServiceAccount".to_owned(),
        ];
        arguments.extend(self.flags.iter().cloned());
        arguments.extend((!caches).then(|| "--watch-cache=false".to_owned()));
        arguments
    }

    fn is_ready(&self, server: usize) -> bool {
        self.answers(server, "/readyz")
    }

    /// Whether a server answers the administrator's GET of a path with 200.
    ///
    /// # Panics
    /// If there is no such server.
    pub fn answers(&self, server: usize, path: &str) -> bool {
        let Ok(client) = self.try_client(server, ADMIN_TOKEN) else { return false };
        // A thread of its own, because the caller may be inside a runtime.
        let probe = std::thread::scope(|scope| scope.spawn(|| client::probe(&client, path)).join());
        probe.unwrap_or(false)
    }

    /// As [`Self::answers`], asked until it does so or a minute has passed: some objects appear after `/readyz`.
    ///
    /// # Panics
    /// If there is no such server.
    #[expect(clippy::disallowed_methods, reason = "a real server takes real time")]
    pub fn answers_within_a_minute(&self, server: usize, path: &str) -> bool {
        let started = std::time::Instant::now();
        while !self.answers(server, path) {
            if started.elapsed() > Duration::from_secs(60) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        true
    }

    /// Number of servers.
    pub fn servers(&self) -> usize {
        self.servers.len()
    }

    /// `https://127.0.0.1:PORT` of a server.
    ///
    /// # Panics
    /// If there is no such server.
    pub fn url(&self, server: usize) -> String {
        format!("https://{}:{}", Ipv4Addr::LOCALHOST, self.servers[server].port)
    }

    /// `http://127.0.0.1:PORT` of etcd, whose gateway takes `POST /v3/kv/compaction`.
    pub fn etcd_url(&self) -> &str {
        &self.etcd_url
    }

    /// Directory of its files and logs, until it is dropped.
    pub fn directory(&self) -> &Path {
        &self.files.directory
    }

    /// Process id of etcd; `None` after it was killed.
    pub fn etcd_pid(&self) -> Option<u32> {
        self.etcd.as_ref().map(Process::pid)
    }

    /// Process id of a server; `None` after it was killed.
    ///
    /// # Panics
    /// If there is no such server.
    pub fn server_pid(&self, server: usize) -> Option<u32> {
        self.servers[server].process.as_ref().map(Process::pid)
    }

    /// The certificates (PEM) that the servers' own are signed with.
    ///
    /// # Errors
    /// If no server has been ready yet.
    pub fn authority(&self) -> Result<String, ClientError> {
        let path = self.files.path("certs/apiserver.crt");
        fs::read_to_string(&path).map_err(|source| ClientError::Authority { path, source })
    }

    /// An HTTP client of a server with a bearer token; an empty token is not sent. Its connections belong to the
    /// runtime of its first request: create one for each test.
    ///
    /// # Panics
    /// If there is no such server, or none has been ready.
    pub fn client(&self, server: usize, token: &str) -> Client {
        self.try_client(server, token).unwrap_or_else(|e| panic!("no client for a control plane that runs: {e}"))
    }

    fn try_client(&self, server: usize, token: &str) -> Result<Client, ClientError> {
        Client::new(&self.url(server), &self.authority()?, token)
    }

    /// A kubeconfig (YAML) for a server and a token.
    ///
    /// # Panics
    /// If there is no such server, or none has been ready.
    pub fn kubeconfig(&self, server: usize, token: &str) -> String {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let authority = self.authority().unwrap_or_else(|e| panic!("no kubeconfig: {e}"));
        let (url, authority) = (self.url(server), STANDARD.encode(authority));
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: real\n\
             clusters: [{{name: real, cluster: {{server: \"{url}\", certificate-authority-data: {authority}}}}}]\n\
             users: [{{name: real, user: {{token: {token}}}}}]\n\
             contexts: [{{name: real, context: {{cluster: real, user: real, namespace: default}}}}]\n"
        )
    }
}
