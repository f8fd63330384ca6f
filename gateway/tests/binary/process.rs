//! One running process of the program.
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// How long the program may take to do what it is asked.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client of the program.
pub(crate) type HttpClient = Client<HttpConnector, Full<bytes::Bytes>>;

/// The program, which ends with the test.
pub(crate) struct Gateway {
    child: Child,
    files: TempDir,
    pub(crate) addresses: [SocketAddr; 3],
    client: HttpClient,
    more: String,
}

impl Gateway {
    /// Starts it for an API server and a DataStorage service at `api`, with more of a configuration.
    pub(crate) async fn start(api: SocketAddr, more: &str) -> Self {
        let files = TempDir::new().expect("a directory");
        let kubeconfig = format!(
            "{{ apiVersion: v1, kind: Config, current-context: here, users: [{{ name: u, user: {{}} }}],\n\
             clusters: [{{ name: c, cluster: {{ server: 'http://{api}' }} }}],\n\
             contexts: [{{ name: here, context: {{ cluster: c, user: u, namespace: default }} }}] }}\n"
        );
        std::fs::write(files.path().join("kubeconfig"), kubeconfig).expect("written");
        // Held until all are known, so that they differ.
        let held: [TcpListener; 3] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("a port"));
        let addresses = held.each_ref().map(|listener| listener.local_addr().expect("an address"));
        drop(held);
        let [listen, health, metrics] = addresses;
        let base = format!(
            "server: {{ listenAddr: '{listen}', healthAddr: '{health}', metricsAddr: '{metrics}' }}\n\
             datastorage: {{ url: 'http://{api}', buffer: {{ flushInterval: 1h }} }}\n"
        );
        std::fs::write(files.path().join("config.yaml"), format!("{base}{more}")).expect("written");
        let child = Command::new(env!("CARGO_BIN_EXE_gateway"))
            .env_clear()
            .envs([("POD_NAME", "gateway-0"), ("KUBERNAUT_CONTROLLER_NAMESPACE", "kubernaut-system")])
            .args(["--config", "config.yaml", "--kubeconfig", "kubeconfig"])
            .current_dir(files.path())
            .stdout(Stdio::from(std::fs::File::create(files.path().join("log")).expect("a file")))
            .spawn()
            .expect("it starts");
        let client = Client::builder(TokioExecutor::new()).build_http();
        let gateway = Self { child, files, addresses, client, more: base };
        gateway.until(1, "/readyz", |status, _| status == StatusCode::OK).await;
        gateway
    }

    /// Replaces what was added to the configuration.
    pub(crate) fn reconfigure(&self, more: &str) {
        std::fs::write(self.files.path().join("config.yaml"), format!("{}{more}", self.more)).expect("written");
    }

    pub(crate) fn signal(&self, name: &str) {
        let done = Command::new("kill").args([name, &self.child.id().to_string()]).status().expect("kill runs");
        assert!(done.success());
    }

    /// Asks one of the three ports again until the answer fits.
    pub(crate) async fn until(&self, port: usize, path: &str, fits: impl Fn(StatusCode, &str) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            let request = Request::get(format!("http://{}{path}", self.addresses[port]));
            let answer = self.client.request(request.body(Full::default()).expect("a request")).await;
            let found = match answer {
                Ok(answer) => {
                    let status = answer.status();
                    let body = answer.into_body().collect().await.expect("a body").to_bytes();
                    Some((status, String::from_utf8_lossy(&body).into_owned()))
                }
                Err(_) => None,
            };
            if found.as_ref().is_some_and(|(status, body)| fits(*status, body)) {
                return;
            }
            assert!(Instant::now() < end, "{path}: {found:?}\n{}", self.log());
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// How it ended, and how long that took.
    pub(crate) async fn ended(&mut self) -> (ExitStatus, Duration) {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return (status, started.elapsed());
            }
            assert!(started.elapsed() < Duration::from_secs(40), "it does not end\n{}", self.log());
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Everything that it logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.files.path().join("log")).expect("a log")
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
