//! A cluster whose permissions a test controls, and a replica that runs as a user without any others.
use apiserver::{ApiServer, Registry, TokenTable};
use axum::{Router, body::Body};
use gateway::{
    app::App, clock::SystemClock, config::Config, entropy::SystemEntropy, fenced_lease::FencedLease, kube_client,
};
use http::{Method, Request, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use scenarios::workload::Payload;
use serde_json::{Value, json};
use serve::Server;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::{Arc, mpsc},
    time::Duration,
};
use tempfile::TempDir;
use tests::real_server::{ADMIN_TOKEN, Options, RealServer, USER_TOKEN};
use tokio::time::{Instant, sleep};
use tower::ServiceExt;

/// Namespace of the gateway.
pub(crate) const NAMESPACE: &str = "kubernaut-system";
const REQUESTS: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/kubernaut-system/remediationrequests";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const TOKENS: &str = "conf-admin-token,admin,admin-uid,\"system:masters\"\nconf-user-token,conf-user,conf-user-uid\n";
const GROUPS: [&str; 4] = ["kubernaut.ai", "coordination.k8s.io", "authentication.k8s.io", "authorization.k8s.io"];
const PATIENCE: Duration = Duration::from_secs(30);

/// What a gateway may do: verbs by resource.
#[derive(Debug, Clone)]
pub(crate) struct Rules(Vec<(&'static str, Vec<&'static str>)>);

impl Rules {
    /// Those of the gateway's manifests.
    pub(crate) fn all() -> Self {
        Self(vec![
            ("remediationrequests", vec!["create", "get", "list", "watch"]),
            ("remediationrequests/status", vec!["get", "patch"]),
            ("leases", vec!["create", "get", "list", "watch", "update", "delete"]),
            ("tokenreviews", vec!["create"]),
            ("subjectaccessreviews", vec!["create"]),
        ])
    }

    pub(crate) fn without(mut self, resource: &str, verb: &str) -> Self {
        for (_, verbs) in self.0.iter_mut().filter(|(of, _)| *of == resource) {
            verbs.retain(|of| *of != verb);
        }
        self.0.retain(|(_, verbs)| !verbs.is_empty());
        self
    }

    fn role(&self) -> Value {
        let rules = self
            .0
            .iter()
            .map(|(resource, verbs)| json!({"apiGroups": GROUPS, "resources": [resource], "verbs": verbs}));
        json!({"metadata": {"name": "gateway"}, "rules": rules.collect::<Vec<Value>>()})
    }
}

/// An API server with two users: an administrator, and the gateway's.
pub(crate) struct Cluster {
    administrator: kube::Client,
    namespace: String,
    files: Arc<TempDir>,
    /// Dropping it stops the simulated server.
    _running: Option<tokio::sync::oneshot::Sender<()>>,
    _plane: Option<RealServer>,
}

impl Cluster {
    /// The simulated server in a thread of its own, with or without the definition of RemediationRequests.
    #[expect(clippy::disallowed_methods, reason = "a server on a socket runs in real time; this is not part of a run")]
    pub(crate) async fn simulated(defined: bool) -> Self {
        let (announce, announced) = mpsc::channel();
        let (running, stopped) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let mut api = ApiServer::new(Arc::new(Registry::builtin()), 1, 11);
                api.set_controllers(true);
                let tokens = TokenTable::parse(TOKENS).expect("a token file");
                api.set_tokens(tokens, jiff::Timestamp::now()).expect("roles");
                let server = Server::bind(api, SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("a free port");
                announce.send((server.url(), server.certificate_authority().to_owned())).expect("the test waits");
                server.run(async { drop(stopped.await) }).await;
            });
        });
        let (url, authority) = announced.recv().expect("the server starts");
        Self::new(&url, &authority, (Some(running), None), defined).await
    }

    /// A real server.
    pub(crate) async fn real() -> Self {
        let plane = RealServer::start(&Options::default()).expect("a real server");
        let (url, authority) = (plane.url(0), plane.authority().expect("it runs"));
        Self::new(&url, &authority, (None, Some(plane)), true).await
    }

    async fn new(
        url: &str,
        authority: &str,
        (running, plane): (Option<tokio::sync::oneshot::Sender<()>>, Option<RealServer>),
        defined: bool,
    ) -> Self {
        let files = TempDir::new().expect("a directory");
        let certificate = files.path().join("ca.crt");
        std::fs::write(&certificate, authority).expect("a file");
        for (user, token) in [("admin", ADMIN_TOKEN), ("gateway", USER_TOKEN)] {
            let kubeconfig = format!(
                "apiVersion: v1\nkind: Config\ncurrent-context: here\n\
                 clusters: [{{name: here, cluster: {{server: \"{url}\", certificate-authority: \"{}\"}}}}]\n\
                 users: [{{name: {user}, user: {{token: {token}}}}}]\n\
                 contexts: [{{name: here, context: {{cluster: here, user: {user}, namespace: default}}}}]\n",
                certificate.display()
            );
            std::fs::write(files.path().join(user), kubeconfig).expect("a file");
        }
        let administrator = kube_client::connect(Some(&files.path().join("admin"))).await.expect("a client");
        let (namespace, files) = (NAMESPACE.to_owned(), Arc::new(files));
        let cluster = Self { administrator, namespace, files, _running: running, _plane: plane };
        for name in [NAMESPACE, "payments"] {
            let namespace = json!({"metadata": {"name": name, "labels": {"kubernaut.ai/managed": "true"}}});
            cluster.write(Method::POST, "/api/v1/namespaces", namespace).await;
        }
        let subjects = json!([{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "conf-user"}]);
        let role = json!({"kind": "ClusterRole", "apiGroup": "rbac.authorization.k8s.io", "name": "gateway"});
        let binding = json!({"metadata": {"name": "gateway"}, "subjects": subjects, "roleRef": role});
        cluster.write(Method::POST, &format!("{RBAC}/clusterrolebindings"), binding).await;
        cluster.write(Method::POST, &format!("{RBAC}/clusterroles"), Rules(Vec::new()).role()).await;
        if defined {
            cluster.define().await;
        }
        cluster
    }

    /// The same cluster for a gateway in a namespace that does not exist, with all its permissions.
    pub(crate) async fn elsewhere(&self, namespace: &str) -> Self {
        self.grant(&Rules::all()).await;
        let (administrator, files) = (self.administrator.clone(), self.files.clone());
        Self { administrator, namespace: namespace.to_owned(), files, _running: None, _plane: None }
    }

    /// Gives the gateway these permissions and no others, except to read what alerts are about.
    pub(crate) async fn grant(&self, rules: &Rules) {
        let mut role = rules.role();
        let view = json!({"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]});
        let scope = json!({"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]});
        role["rules"].as_array_mut().expect("rules").extend([view, scope]);
        self.write(Method::PUT, &format!("{RBAC}/clusterroles/gateway"), role).await;
    }

    /// A service account in a namespace of its own.
    pub(crate) async fn account(&self, namespace: &str, name: &str) {
        self.write(Method::POST, "/api/v1/namespaces", json!({"metadata": {"name": namespace}})).await;
        let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
        self.write(Method::POST, &accounts, json!({"metadata": {"name": name}})).await;
    }

    /// A token of a service account, for these audiences; none are the API server's own.
    pub(crate) async fn token(&self, namespace: &str, name: &str, audiences: &[&str]) -> String {
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
        let spec = json!({"spec": {"audiences": audiences, "expirationSeconds": 600}});
        let (status, answer) = self.call(Method::POST, &path, spec).await;
        answer["status"]["token"].as_str().unwrap_or_else(|| panic!("{status} {answer}")).to_owned()
    }

    /// Lets every service account of a namespace send signals.
    pub(crate) async fn permit(&self, namespace: &str) {
        let (services, names) = (json!(["services"]), json!(["gateway-service"]));
        let rule = json!({"apiGroups": [""], "resources": services, "resourceNames": names, "verbs": ["create"]});
        let roles = format!("{RBAC}/namespaces/{NAMESPACE}");
        let role = json!({"metadata": {"name": "sender"}, "rules": [rule]});
        self.write(Method::POST, &format!("{roles}/roles"), role).await;
        let (group, api) = (format!("system:serviceaccounts:{namespace}"), "rbac.authorization.k8s.io");
        let subjects = json!([{"kind": "Group", "apiGroup": api, "name": group}]);
        let reference = json!({"kind": "Role", "apiGroup": api, "name": "sender"});
        let binding = json!({"metadata": {"name": "sender"}, "subjects": subjects, "roleRef": reference});
        self.write(Method::POST, &format!("{roles}/rolebindings"), binding).await;
    }

    /// Defines RemediationRequests, and waits until they are served.
    pub(crate) async fn define(&self) {
        let definition = serde_json::to_value(gateway::api::crd()).expect("it has only string keys");
        self.write(Method::POST, DEFINITIONS, definition).await;
        while self.call(Method::GET, REQUESTS, Value::Null).await.0 != 200 {
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn delete_definition(&self) {
        self.write(Method::DELETE, &format!("{DEFINITIONS}/remediationrequests.kubernaut.ai"), Value::Null).await;
        sleep(Duration::from_millis(500)).await;
    }

    pub(crate) async fn delete_namespace(&self, name: &str) {
        // A finalizer of its content keeps it terminating.
        let map = json!({"metadata": {"name": "kept", "finalizers": ["test.io/keep"]}});
        self.write(Method::POST, &format!("/api/v1/namespaces/{name}/configmaps"), map).await;
        self.write(Method::DELETE, &format!("/api/v1/namespaces/{name}"), Value::Null).await;
    }

    /// Puts a finalizer on every RemediationRequest.
    pub(crate) async fn keep_requests(&self) {
        self.patch_requests("", &json!({"metadata": {"finalizers": ["test.io/keep"]}})).await;
    }

    /// Ends every RemediationRequest.
    pub(crate) async fn end_requests(&self) {
        self.patch_requests("/status", &json!({"status": {"overallPhase": "Completed"}})).await;
    }

    async fn patch_requests(&self, subresource: &str, patch: &Value) {
        let (_, list) = self.call(Method::GET, REQUESTS, Value::Null).await;
        for item in list["items"].as_array().expect("items") {
            let name = item["metadata"]["name"].as_str().expect("a name");
            self.write(Method::PATCH, &format!("{REQUESTS}/{name}{subresource}"), patch.clone()).await;
        }
    }

    async fn write(&self, method: Method, path: &str, body: Value) {
        let (status, answer) = self.call(method.clone(), path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let kind = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, kind);
        let request = request.body(kube::client::Body::from(body)).expect("a request");
        let answer = self.administrator.send(request).await.expect("an answer");
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    fn kubeconfig(&self) -> std::path::PathBuf {
        Path::new(self.files.path()).join("gateway")
    }
}

/// A replica of the gateway.
pub(crate) struct Replica {
    app: App,
    probes: Router,
}

impl Replica {
    pub(crate) async fn start(cluster: &Cluster) -> Self {
        let client = kube_client::connect(Some(&cluster.kubeconfig())).await.expect("a client");
        let config = Config::for_pod("gateway-0", &cluster.namespace, &cluster.namespace);
        let (clock, entropy) = (Arc::new(SystemClock::start()), Arc::new(SystemEntropy));
        let app = App::start(config, client, clock, entropy, |context| FencedLease::start(context));
        Self { probes: app.health_router(), app }
    }

    /// The status of `/readyz`, and the reason.
    async fn probe(&self) -> (u16, String) {
        let request = Request::get("/readyz").body(Body::empty()).expect("a request");
        let answer = self.probes.clone().oneshot(request).await.expect("a router does not fail");
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        (status, body["detail"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits until the replica says that it is ready.
    pub(crate) async fn ready(&self) {
        let end = Instant::now() + PATIENCE;
        loop {
            let (status, why) = self.probe().await;
            if status == 200 {
                return;
            }
            assert!(Instant::now() < end, "still not ready: {why}");
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Waits until the replica says that it is not ready for a reason that begins so; gives the reason.
    pub(crate) async fn unready_with(&self, reason: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let (status, why) = self.probe().await;
            if status == 503 && (why.starts_with(reason) || why.contains(reason)) {
                return why;
            }
            assert!(Instant::now() < end, "{status} {why}, and not {reason}");
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// The status of the answer to an alert whose sender has this token.
    pub(crate) async fn signal_of(&self, token: &str) -> u16 {
        let payload = Payload::Distinct(0);
        let body = Body::from(payload.body(jiff::Timestamp::UNIX_EPOCH));
        let request = Request::post(payload.path()).header(CONTENT_TYPE, "application/json");
        let request = request.header("authorization", format!("Bearer {token}")).body(body).expect("a request");
        self.app.router().oneshot(request).await.expect("a router does not fail").status().as_u16()
    }

    /// The status of the answer to an alert.
    pub(crate) async fn signal(&self) -> u16 {
        let payload = Payload::Distinct(0);
        let body = Body::from(payload.body(jiff::Timestamp::UNIX_EPOCH));
        let request = Request::post(payload.path()).header(CONTENT_TYPE, "application/json").body(body);
        let answer = self.app.open_router().oneshot(request.expect("a request")).await.expect("a router does not fail");
        answer.status().as_u16()
    }
}
