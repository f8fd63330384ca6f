//! The gateway's binary, as a pod would run it: one process with a service account's token.
use crate::kubectl::deploy;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tests::real_server::Process;
use tokio::time::{Instant, sleep};

/// How long it may take to become ready, or unready.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running gateway.
pub(crate) struct Gateway {
    process: Option<Process>,
    folder: PathBuf,
    kubeconfig: PathBuf,
    addresses: [SocketAddr; 3],
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Gateway {
    /// Starts it with the base's configuration on free ports; its files and its log are in `folder`, a new one.
    pub(crate) fn start(folder: &Path, kubeconfig: &str) -> Self {
        std::fs::create_dir(folder).expect("a folder");
        // Held until all are known, so that they differ.
        let held: [TcpListener; 3] =
            std::array::from_fn(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
        let addresses = held.each_ref().map(|listener| listener.local_addr().expect("it is bound"));
        let path = folder.join("gateway.kubeconfig");
        std::fs::write(&path, kubeconfig).expect("a file");
        let mut config = std::fs::read_to_string(deploy().join("base/config.yaml")).expect("a configuration");
        for (port, address) in ["\":8080\"", "\":8081\"", "\":9090\""].into_iter().zip(addresses) {
            assert!(config.contains(port), "{config}");
            config = config.replace(port, &format!("\"{address}\""));
        }
        // Nothing stores audit events here, and so few may wait that some are lost.
        config = config.replace("http://data-storage-service:8080", "http://127.0.0.1:9");
        config = config.replace("bufferSize: 10000", "bufferSize: 2");
        std::fs::write(folder.join("config.yaml"), config).expect("a file");
        let client = Client::builder(TokioExecutor::new()).build_http();
        let mut gateway = Self { process: None, folder: folder.to_owned(), kubeconfig: path, addresses, client };
        drop(held);
        gateway.run();
        gateway
    }

    fn run(&mut self) {
        let (config, kubeconfig) = (self.folder.join("config.yaml"), &self.kubeconfig);
        let arguments = ["--config", &config.display().to_string(), "--kubeconfig", &kubeconfig.display().to_string()];
        let identity = ["--pod-name", "gateway-0", "--pod-namespace", "kubernaut-system"];
        let namespace = ["--controller-namespace", "kubernaut-system"];
        let arguments: Vec<String> =
            arguments.into_iter().chain(identity).chain(namespace).map(str::to_owned).collect();
        let runs = std::fs::read_dir(&self.folder).expect("a folder").count();
        let (name, program) = (format!("gateway-{runs}"), PathBuf::from(env!("CARGO_BIN_EXE_deployed-gateway")));
        self.process = Some(Process::start(&program, &arguments, &self.folder, &name).expect("it starts"));
    }

    /// Ends it as a kubelet does, and starts it again.
    pub(crate) fn restart(&mut self) {
        let process = self.process.as_ref().expect("it runs");
        let done = Command::new("kill").args(["-TERM", &process.pid().to_string()]).status().expect("kill runs");
        assert!(done.success() && process.ends_within(Duration::from_secs(40)), "SIGTERM ends it");
        // Its log outlives the process.
        std::fs::copy(process.log(), self.folder.join("before.log")).expect("a log");
        self.run();
    }

    /// Everything that it logged.
    pub(crate) fn log(&self) -> String {
        let before = std::fs::read_to_string(self.folder.join("before.log")).unwrap_or_default();
        let process = self.process.as_ref().expect("it runs");
        before + &std::fs::read_to_string(process.log()).expect("a log")
    }

    /// Waits until `/readyz` answers with this status.
    pub(crate) async fn probe_until(&self, status: StatusCode) {
        let end = Instant::now() + PATIENCE;
        loop {
            let answer = self.get(self.addresses[1], "/readyz").await;
            if answer.as_ref().is_some_and(|(found, _)| *found == status) {
                return;
            }
            assert!(Instant::now() < end, "/readyz is not {status}: {answer:?}\n{}", self.log());
            sleep(Duration::from_millis(500)).await;
        }
    }

    /// The text of its metrics.
    pub(crate) async fn metrics(&self) -> String {
        self.get(self.addresses[2], "/metrics").await.expect("an answer").1
    }

    async fn get(&self, address: SocketAddr, path: &str) -> Option<(StatusCode, String)> {
        let request = Request::get(format!("http://{address}{path}")).body(Full::default()).expect("a request");
        self.send(request).await
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Option<(StatusCode, String)> {
        let answer = self.client.request(request).await.ok()?;
        let status = answer.status();
        let body = answer.into_body().collect().await.ok()?.to_bytes();
        Some((status, String::from_utf8_lossy(&body).into_owned()))
    }

    /// Where it takes signals, as `http://HOST:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.addresses[0])
    }

    /// The answer to a POST of JSON to any URL.
    pub(crate) async fn post(&self, url: &str, body: String) -> (StatusCode, String) {
        let request = Request::post(url).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Full::from(body)).expect("a request")).await.expect("an answer")
    }

    /// The answer to a signal that a sender with this token delivers.
    pub(crate) async fn deliver(&self, path: &str, body: String, token: &str) -> (StatusCode, String) {
        let request = Request::post(format!("http://{}{path}", self.addresses[0]));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        let request = request.body(Full::from(body)).expect("a request");
        self.send(request).await.expect("an answer")
    }
}
