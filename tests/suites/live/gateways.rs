//! Gateways that run already, in a namespace of a cluster that lockstep did not start: what `--gateway` is about.
use scenarios::live::{
    ports,
    process::{Launch, Process},
};
use serde_json::{Value, json};
use std::{fs, path::Path, time::Duration};
use tests::real_server::{ADMIN_TOKEN, Options, RealServer};

pub(crate) const NAMESPACE: &str = "kubernaut-system";
const READY: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(100);

/// A cluster with two gateways, and a sender's token.
pub(crate) struct Running {
    pub(crate) urls: [String; 2],
    pub(crate) metrics: [String; 2],
    pub(crate) token: String,
    _processes: [Process; 2],
    pub(crate) server: RealServer,
}

impl Running {
    /// Starts everything; files are in `directory`.
    pub(crate) async fn start(directory: &Path) -> Self {
        let server = RealServer::start(&Options::default()).expect("a real server");
        let cluster = Cluster::of(&server);
        let definition = serde_json::to_value(gateway::api::crd()).expect("it has only string keys");
        cluster.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &definition).await;
        cluster.post("/api/v1/namespaces", &json!({"metadata": {"name": NAMESPACE}})).await;
        let token = cluster.sender().await;
        let kubeconfig = directory.join("gateways.kubeconfig");
        fs::write(&kubeconfig, server.kubeconfig(0, ADMIN_TOKEN)).expect("a file");
        let started = [0, 1].map(|index| start(directory, &kubeconfig, index));
        for (_, [_, probe, _]) in &started {
            let until = tokio::time::Instant::now() + READY;
            while status(*probe).await != Some(200) {
                assert!(tokio::time::Instant::now() < until, "a gateway is not ready");
                tokio::time::sleep(POLL).await;
            }
        }
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let urls = started.each_ref().map(|(_, ports)| url(ports[0]));
        let metrics = started.each_ref().map(|(_, ports)| url(ports[2]) + "/metrics");
        Self { urls, metrics, token, _processes: started.map(|(process, _)| process), server }
    }
}

/// Starts a gateway with names and ports of its own.
fn start(directory: &Path, kubeconfig: &Path, index: usize) -> (Process, [u16; 3]) {
    let ports: [u16; 3] = ports::free(3).expect("free ports").try_into().expect("three");
    let config = directory.join(format!("gateway-{index}.yaml"));
    let text = format!(
        "server:\n  listenAddr: 127.0.0.1:{}\n  healthAddr: 127.0.0.1:{}\n  metricsAddr: 127.0.0.1:{}\n\
         datastorage:\n  url: http://127.0.0.1:9\n",
        ports[0], ports[1], ports[2]
    );
    fs::write(&config, text).expect("a file");
    let arguments = ["--config", &config.display().to_string(), "--kubeconfig", &kubeconfig.display().to_string()];
    let name = format!("gateway-{index}");
    let launch = Launch {
        program: Path::new(env!("CARGO_BIN_EXE_deployed-gateway")),
        arguments: &arguments.map(str::to_owned),
        environment: &[
            ("POD_NAME", name.clone()),
            ("POD_NAMESPACE", NAMESPACE.to_owned()),
            ("KUBERNAUT_CONTROLLER_NAMESPACE", NAMESPACE.to_owned()),
        ],
        directory,
        name: &name,
        keeps_directory: true,
    };
    (launch.start().expect("it starts"), ports)
}

async fn status(port: u16) -> Option<u16> {
    use hyper_util::{client::legacy::Client, rt::TokioExecutor};
    let client: Client<_, http_body_util::Empty<bytes::Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.get(format!("http://127.0.0.1:{port}/readyz").parse().ok()?).await.ok()?;
    Some(answer.status().as_u16())
}

/// The API of a real server, as an administrator.
pub(crate) struct Cluster(scenarios::live::control_plane::Client);

impl Cluster {
    pub(crate) fn of(server: &RealServer) -> Self {
        Self(server.client(0, ADMIN_TOKEN))
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let request = http::Request::post(path).header(http::header::CONTENT_TYPE, "application/json");
        let request = request.body(body.to_string().into()).expect("a request");
        let answer = self.0.call(request).await.expect("an answer");
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        serde_json::from_slice(answer.body()).expect("JSON")
    }

    /// Names of what a list has.
    pub(crate) async fn names(&self, path: &str) -> Vec<String> {
        let request = http::Request::get(path).body(bytes::Bytes::new()).expect("a request");
        let answer = self.0.call(request).await.expect("an answer");
        let list: Value = serde_json::from_slice(answer.body()).expect("JSON");
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items.iter().map(|item| item["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Names of what a list still has after a while: what is deleted may take some time to go.
    pub(crate) async fn left(&self, path: &str) -> Vec<String> {
        for _ in 0..READY.as_secs() {
            if self.names(path).await.is_empty() {
                return Vec::new();
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        self.names(path).await
    }

    /// The token of an account that may send signals.
    async fn sender(&self) -> String {
        let rbac = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}");
        let (core, name) = (format!("/api/v1/namespaces/{NAMESPACE}"), json!({"name": "alertmanager"}));
        let rules = json!([{"apiGroups": [""], "resources": ["services"], "verbs": ["create"]}]);
        let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "alertmanager"});
        let subject = json!({"kind": "ServiceAccount", "name": "alertmanager", "namespace": NAMESPACE});
        self.post(&format!("{core}/serviceaccounts"), &json!({"metadata": name})).await;
        self.post(&format!("{rbac}/roles"), &json!({"metadata": name, "rules": rules})).await;
        let binding = json!({"metadata": name, "roleRef": role, "subjects": [subject]});
        self.post(&format!("{rbac}/rolebindings"), &binding).await;
        let path = format!("{core}/serviceaccounts/alertmanager/token");
        let answer = self.post(&path, &json!({"spec": {}})).await;
        answer["status"]["token"].as_str().expect("a token").to_owned()
    }
}
