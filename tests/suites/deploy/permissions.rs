//! The gateway's permissions are the least that it needs, on a real kube-apiserver.
//!
//! The base is applied, and the gateway's binary runs as its service account through traffic of every kind. The API
//! server's audit log then has every request that it made: each is allowed, and each rule is needed by one. A review of
//! every verb on every resource shows that nothing else is allowed.
//!
//! `DEPLOY_SWEEP=1 cargo test -p tests --test deploy permissions -- --nocapture` also waits until an idle lease is
//! deleted, which takes seven minutes.
use crate::{
    api::{Api, Resource},
    audit,
    gateway::Gateway,
    rules::{Rule, Scope},
    servers::real,
    signals::{alert, event, group},
};
use ::gateway::signals::discovery::Kind;
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeSet, path::Path, time::Duration};
use tempfile::TempDir;
use tests::real_server::RealServer;
use tokio::time::{Instant, sleep};

pub(crate) const OWN: &str = "kubernaut-system";
const ELSEWHERE: &str = "payments";
pub(crate) const ALERTS: &str = "/api/v1/signals/prometheus";
const EVENTS: &str = "/api/v1/signals/kubernetes-event";
/// Verbs of requests, and those that only RBAC knows.
const VERBS: [&str; 13] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "bind",
    "escalate",
    "impersonate",
    "approve",
    "sign",
];
/// What every authenticated user may do (`system:basic-user`).
const EVERYONE: [(&str, &str); 3] = [
    ("authentication.k8s.io", "selfsubjectreviews"),
    ("authorization.k8s.io", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "selfsubjectrulesreviews"),
];

/// A gateway that runs as its service account, on a real server that logs its requests.
struct Stage {
    plane: RealServer,
    administrator: Api,
    account: Api,
    sender: String,
    gateway: Gateway,
    granted: BTreeSet<Rule>,
    files: TempDir,
}

/// A test that fails for whatever reason says which rules are missing: they are the likely cause.
impl Drop for Stage {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for rule in audit::missing(&self.granted, &audit::requests(self.folder()), OWN) {
                eprintln!("{rule}");
            }
        }
    }
}

impl Stage {
    async fn new() -> Self {
        let files = TempDir::new().expect("a directory");
        let (plane, kubectl) = real(audit::flags(files.path()));
        kubectl.run(&["apply", "--server-side", "-k", "overlays/kind"]);
        kubectl.run(&["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
        let administrator = Api::administrator(&plane);
        kubectl.run(&["-n", OWN, "create", "serviceaccount", "sender"]);
        let sender = format!("--serviceaccount={OWN}:sender");
        kubectl.run(&["-n", OWN, "create", "rolebinding", "sender", "--role=gateway-signal-source", &sender]);
        targets(&administrator).await;
        let (_, sender) = administrator.service_account("sender").await;
        let (account, token) = administrator.service_account("gateway").await;
        let gateway = Gateway::start(&files.path().join("gateway"), &plane.kubeconfig(0, &token));
        let granted = administrator.granted().await;
        let stage = Self { plane, administrator, account, sender, gateway, granted, files };
        stage.gateway.probe_until(StatusCode::OK).await;
        stage
    }

    fn folder(&self) -> &Path {
        self.files.path()
    }

    async fn deliver(&self, path: &str, body: String) -> StatusCode {
        self.gateway.deliver(path, body, &self.sender).await.0
    }

    /// An alert about the Deployment; the status of the answer.
    async fn alert(&self) -> StatusCode {
        let labels = json!({"namespace": ELSEWHERE, "deployment": "checkout"});
        self.deliver(ALERTS, group(&[alert(&labels)], now())).await
    }

    /// New, duplicate, next episode, a Pod's and a Service's owners, an event.
    async fn signals(&self) {
        assert_eq!(self.alert().await, 201);
        assert_eq!(self.alert().await, 202);
        self.end_requests().await;
        assert_eq!(self.alert().await, 201, "the next episode");
        let pod = json!({"namespace": ELSEWHERE, "pod": "checkout-1-a"});
        assert_eq!(self.deliver(ALERTS, group(&[alert(&pod)], now())).await, 202, "its Deployment's request counts");
        let service = event("v1", "Service", ELSEWHERE, "checkout", now());
        assert_eq!(self.deliver(EVENTS, service).await, 202, "so does the request of the Deployment behind it");
    }

    /// An event about an object of every kind that the gateway may read: those that it needs, and no others.
    async fn look_ups(&self) {
        for Resource { group, name, kind, namespaced, version } in self.administrator.resources().await {
            let rule = Rule { scope: Scope::Cluster, group: group.clone(), resource: name.clone(), verb: "get".into() };
            let is_granted = self.granted.contains(&rule);
            let kind = Kind { group, version, kind, plural: name, namespaced };
            let is_needed = kind.is_needed() && !kind.plural.contains('/');
            assert_eq!(is_granted, is_needed, "{rule}: what the role grants, and what the gateway needs");
            if is_granted {
                let namespace = if namespaced { ELSEWHERE } else { "" };
                let event = event(&kind.api_version(), &kind.kind, namespace, "one", now());
                let status = self.deliver(EVENTS, event).await;
                assert!(status.is_success(), "{kind:?}: {status}");
            }
        }
    }

    /// The API server is away for long enough to make the gateway doubt its storage, and comes back.
    async fn outage(&mut self) {
        self.plane.kill_server(0);
        let end = Instant::now() + Duration::from_secs(25);
        while Instant::now() < end {
            assert!(self.alert().await.is_server_error());
            sleep(Duration::from_secs(1)).await;
        }
        self.gateway.probe_until(StatusCode::SERVICE_UNAVAILABLE).await;
        self.plane.start_server(0).expect("it starts again");
        self.gateway.probe_until(StatusCode::OK).await;
        assert_eq!(self.alert().await, 202);
    }

    async fn end_requests(&self) {
        let path = format!("/apis/kubernaut.ai/v1alpha1/namespaces/{OWN}/remediationrequests");
        let list = self.administrator.call(Method::GET, &path, &Value::Null).await;
        for item in list["items"].as_array().expect("items") {
            let status = format!("{path}/{}/status", item["metadata"]["name"].as_str().expect("a name"));
            self.administrator.call(Method::PATCH, &status, &json!({"status": {"overallPhase": "Completed"}})).await;
        }
    }

    /// Deletes every request, and waits until the sweeper deletes a lease.
    async fn sweep(&self) {
        let path = format!("/apis/kubernaut.ai/v1alpha1/namespaces/{OWN}/remediationrequests");
        self.administrator.call(Method::DELETE, &path, &Value::Null).await;
        let end = Instant::now() + Duration::from_secs(480);
        let is_sweep = |request: &audit::Request| request.verb == "delete" && request.name.starts_with("gw-lock-");
        while !audit::requests(self.folder()).iter().any(is_sweep) {
            assert!(Instant::now() < end, "no lease was swept");
            sleep(Duration::from_secs(5)).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a real server and a real gateway compare with the wall clock")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A Deployment with its ReplicaSet, Pod and Service, in a namespace that Kubernaut manages.
pub(crate) async fn targets(api: &Api) {
    let managed = json!({"kubernaut.ai/managed": "true"});
    let namespace = json!({"metadata": {"name": ELSEWHERE, "labels": managed}});
    api.call(Method::POST, "/api/v1/namespaces", &namespace).await;
    let labels = json!({"app": "checkout"});
    let pod = json!({"containers": [{"name": "app", "image": "app"}]});
    let template = json!({"metadata": {"labels": labels}, "spec": pod});
    let spec = json!({"selector": {"matchLabels": labels}, "template": template});
    let (apps, core) = (format!("/apis/apps/v1/namespaces/{ELSEWHERE}"), format!("/api/v1/namespaces/{ELSEWHERE}"));
    let owned = |name: &str, kind: &str, owner: &Value| {
        let (uid, of) = (&owner["metadata"]["uid"], &owner["metadata"]["name"]);
        let owner = json!({"apiVersion": "apps/v1", "kind": kind, "name": of, "uid": uid, "controller": true});
        json!({"name": name, "labels": labels, "ownerReferences": [owner]})
    };
    let deployment = json!({"metadata": {"name": "checkout"}, "spec": spec});
    let deployment = api.call(Method::POST, &format!("{apps}/deployments"), &deployment).await;
    let set = json!({"metadata": owned("checkout-1", "Deployment", &deployment), "spec": spec});
    let set = api.call(Method::POST, &format!("{apps}/replicasets"), &set).await;
    let pod = json!({"metadata": owned("checkout-1-a", "ReplicaSet", &set), "spec": pod});
    api.call(Method::POST, &format!("{core}/pods"), &pod).await;
    let service = json!({"metadata": {"name": "checkout"}, "spec": {"selector": labels, "ports": [{"port": 80}]}});
    api.call(Method::POST, &format!("{core}/services"), &service).await;
}

/// What a review should say: the rules of the roles, and what everyone may do.
fn expected(granted: &BTreeSet<Rule>, of: &Resource, verb: &str, namespace: &str) -> bool {
    let everyone = verb == "create" && EVERYONE.contains(&(&*of.group, &*of.name));
    everyone
        || granted.iter().any(|rule| {
            let within = rule.scope == Scope::Cluster || namespace == OWN;
            within && rule.group == of.group && rule.resource == of.name && rule.verb == verb
        })
}

/// Every verb on every resource, in the gateway's namespace, in another one and in all of them, against the rules.
async fn nothing_else_is_allowed(stage: &Stage) {
    let resources = stage.administrator.resources().await;
    let mut questions = Vec::new();
    for resource in &resources {
        let namespaces: &[&str] = if resource.namespaced { &[OWN, ELSEWHERE, ""] } else { &[""] };
        questions.extend(namespaces.iter().flat_map(|namespace| VERBS.map(|verb| (resource, verb, *namespace))));
    }
    let attributes = questions.iter().map(|(resource, verb, namespace)| {
        let (name, part) = resource.name.split_once('/').unwrap_or((&resource.name, ""));
        json!({"resourceAttributes": {
            "group": resource.group, "resource": name, "subresource": part, "verb": verb, "namespace": namespace,
        }})
    });
    let answers = stage.account.may(attributes.collect()).await;
    let mut wrong = Vec::new();
    for ((resource, verb, namespace), allowed) in questions.iter().zip(answers) {
        if allowed != expected(&stage.granted, resource, verb, namespace) {
            wrong.push(format!("{verb} {}.{} in `{namespace}`: allowed is {allowed}", resource.name, resource.group));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(questions.len() > 1_000, "only {} reviews", questions.len());
    let documents = ["/metrics", "/logs", "/configz", "/debug/pprof"];
    let attributes = documents.map(|path| json!({"nonResourceAttributes": {"path": path, "verb": "get"}}));
    assert_eq!(stage.account.may(attributes.to_vec()).await, [false; 4], "{documents:?}");
    println!("{} reviews of {} resources", questions.len(), resources.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(all(kubectl, real_server)), ignore = "needs kubectl; and Go, or KUBEBUILDER_ASSETS")]
async fn permissions_are_the_least_needed() {
    let mut stage = Stage::new().await;
    stage.signals().await;
    stage.look_ups().await;
    stage.gateway.restart();
    stage.gateway.probe_until(StatusCode::OK).await;
    assert_eq!(stage.alert().await, 202, "after a restart");
    assert!(!stage.gateway.log().contains("is forbidden"), "{}", stage.gateway.log());
    stage.outage().await;
    if std::env::var_os("DEPLOY_SWEEP").is_some() {
        stage.sweep().await;
    }
    let requests = audit::requests(stage.folder());
    println!("{} requests, {} rules", requests.len(), stage.granted.len());
    let mut wrong = audit::missing(&stage.granted, &requests, OWN);
    wrong.extend(audit::unused(&stage.granted, &requests, OWN));
    assert!(wrong.is_empty(), "{wrong:#?}\n{}", stage.gateway.log());
    nothing_else_is_allowed(&stage).await;
}
