//! A replica under test, with a clock, an API server and a protocol that the test controls.
use axum::body::{Body, to_bytes};
use futures::future::BoxFuture;
use gateway::{
    app::App,
    clock::{Clock, Sleep},
    config::Config,
    entropy::Entropy,
    kube_client,
    protocol::{Accepted, Context, Disposition, Protocol, Refusal},
    signals::Signal,
};
use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tower::ServiceExt;

/// The replica's wall clock at its start: a minute after the captured deliveries were made.
pub(crate) const NOW: &str = "2026-11-20T16:53:14Z";

/// A clock whose wall and monotonic time advance with tokio's.
pub(crate) struct TestClock {
    started: tokio::time::Instant,
}

impl Clock for TestClock {
    fn now(&self) -> jiff::Timestamp {
        let start: jiff::Timestamp = NOW.parse().expect("a timestamp");
        start + self.started.elapsed()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Entropy that counts up from 0.
#[derive(Default)]
pub(crate) struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn next_u64(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// The API server's answer to one path.
#[derive(Clone)]
pub(crate) enum Reply {
    Json(StatusCode, Value),
    Hang,
    /// The usual answer of this moment, which arrives so much later.
    Late(Duration),
}

/// An API server that is a table of answers, and 404 for every other path. It records the paths of all requests.
#[derive(Default)]
pub(crate) struct ApiServer {
    replies: Mutex<BTreeMap<String, Reply>>,
    /// Whether every namespace and node exists, and is managed.
    managed: AtomicBool,
    /// The users of valid tokens, and whether each may send signals.
    pub(crate) tokens: Mutex<BTreeMap<String, (Value, bool)>>,
    /// Every review that was asked for.
    pub(crate) reviews: Mutex<Vec<Value>>,
    pub(crate) asked: Mutex<Vec<String>>,
}

impl ApiServer {
    /// A server of the kinds that the tests need, by aggregated discovery. Every namespace and node exists, and is
    /// managed.
    pub(crate) fn new() -> Arc<Self> {
        let server = Self::unlabelled();
        server.managed.store(true, Ordering::Relaxed);
        server
    }

    /// The same without namespaces and nodes.
    pub(crate) fn unlabelled() -> Arc<Self> {
        let server = Arc::new(Self::default());
        let core = [
            ("pods", "Pod", true),
            ("services", "Service", true),
            ("nodes", "Node", false),
            ("secrets", "Secret", true),
        ];
        let apps = [
            ("deployments", "Deployment", true),
            ("replicasets", "ReplicaSet", true),
            ("statefulsets", "StatefulSet", true),
        ];
        server.put("/api", groups(&[("", &core)]));
        server.put("/apis", groups(&[("apps", &apps), ("argoproj.io", &[("rollouts", "Rollout", true)])]));
        server
    }

    pub(crate) fn put(&self, path: &str, body: Value) {
        self.reply(path, Reply::Json(StatusCode::OK, body));
    }

    pub(crate) fn reply(&self, path: &str, reply: Reply) {
        self.replies.lock().expect("no panic").insert(path.to_owned(), reply);
    }

    /// Gives `path` its usual answer again.
    pub(crate) fn forget(&self, path: &str) {
        self.replies.lock().expect("no panic").remove(path);
    }

    pub(crate) fn fail(&self, path: &str, code: u16) {
        let status =
            json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "no", "code": code });
        self.reply(path, Reply::Json(StatusCode::from_u16(code).expect("a status code"), status));
    }

    /// Adds an object whose controller is `owner`: (apiVersion, kind, name).
    pub(crate) fn object(&self, path: &str, owner: Option<(&str, &str, &str)>) {
        let owner = owner.map(|(version, kind, name)| {
            json!([
                { "apiVersion": "v1", "kind": "ConfigMap", "name": "not-the-controller", "uid": "0" },
                { "apiVersion": version, "kind": kind, "name": name, "uid": "1", "controller": true },
            ])
        });
        let name = path.rsplit('/').next();
        self.put(path, json!({ "metadata": { "name": name, "ownerReferences": owner.unwrap_or(json!([])) } }));
    }

    /// How many requests were for paths that begin with `prefix`.
    pub(crate) fn asked(&self, prefix: &str) -> usize {
        self.asked.lock().expect("no panic").iter().filter(|path| path.starts_with(prefix)).count()
    }

    /// The answer to a TokenReview or SubjectAccessReview.
    fn review(&self, review: Value) -> Reply {
        let tokens = self.tokens.lock().expect("no panic");
        let spec = &review["spec"];
        let status = if review["kind"] == "TokenReview" {
            match tokens.get(spec["token"].as_str().expect("a token")) {
                Some((user, _)) => json!({ "authenticated": true, "user": user }),
                None => json!({ "user": {}, "error": "invalid bearer token" }),
            }
        } else {
            let user = tokens.values().find(|(user, _)| user["username"] == spec["user"]);
            json!({ "allowed": user.is_some_and(|(_, allowed)| *allowed) })
        };
        drop(tokens);
        self.reviews.lock().expect("no panic").push(review);
        Reply::Json(StatusCode::CREATED, json!({ "status": status }))
    }

    async fn answer(&self, path_and_query: &str, body: kube::client::Body) -> Response<Full<bytes::Bytes>> {
        self.asked.lock().expect("no panic").push(path_and_query.to_owned());
        let mut reply = self.replies.lock().expect("no panic").get(path_and_query).cloned();
        let late = if let Some(Reply::Late(late)) = reply { Some(late) } else { None };
        reply = reply.filter(|_| late.is_none());
        if reply.is_none() && path_and_query.ends_with("reviews") {
            tokio::task::yield_now().await;
            let body = body.collect_bytes().await.expect("a body");
            reply = Some(self.review(serde_json::from_slice(&body).expect("a review")));
        }
        let below = |collection| path_and_query.strip_prefix(collection).is_some_and(|name: &str| !name.contains('/'));
        let has_scope = below("/api/v1/namespaces/") || below("/api/v1/nodes/");
        if reply.is_none() && has_scope && self.managed.load(Ordering::Relaxed) {
            let labels = json!({ "kubernaut.ai/managed": "true" });
            reply = Some(Reply::Json(StatusCode::OK, json!({ "metadata": { "labels": labels } })));
        }
        let not_found =
            json!({ "kind": "Status", "status": "Failure", "reason": "NotFound", "message": "-", "code": 404 });
        let (status, body) = match reply {
            Some(Reply::Json(status, body)) => (status, body),
            Some(Reply::Hang | Reply::Late(_)) => std::future::pending().await,
            None => (StatusCode::NOT_FOUND, not_found),
        };
        if let Some(late) = late {
            tokio::time::sleep(late).await;
        }
        let response = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
        response.body(Full::from(body.to_string())).expect("a response")
    }

    fn client(self: &Arc<Self>) -> kube::Client {
        let server = self.clone();
        let service = tower::service_fn(move |request: Request<kube::client::Body>| {
            let server = server.clone();
            async move {
                let path = request.uri().path_and_query().map_or(String::new(), ToString::to_string);
                Ok::<_, Infallible>(server.answer(&path, request.into_body()).await)
            }
        });
        kube_client::client(service, "default")
    }
}

/// A served kind: its resource, its kind, and whether it is namespaced.
type Served<'a> = (&'a str, &'a str, bool);

fn groups(groups: &[(&str, &[Served<'_>])]) -> Value {
    let resource = |(plural, kind, namespaced): &Served<'_>| {
        json!({
            "resource": plural,
            "responseKind": { "group": "", "version": "v1", "kind": kind },
            "scope": if *namespaced { "Namespaced" } else { "Cluster" },
            "singularResource": kind.to_lowercase(),
            "verbs": ["get", "list"],
        })
    };
    let group = |(name, kinds): &(&str, &[Served<'_>])| {
        let resources: Vec<_> = kinds.iter().map(resource).collect();
        json!({ "metadata": { "name": name }, "versions": [{ "version": "v1", "resources": resources }] })
    };
    let items: Vec<_> = groups.iter().map(group).collect();
    json!({ "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items })
}

/// What the scripted protocol does with one signal.
#[derive(Clone)]
pub(crate) enum Script {
    Accept(Disposition),
    Refuse(Refusal),
    Hang,
}

/// A protocol that answers signals from a script, and records them.
#[derive(Default)]
pub(crate) struct ScriptedProtocol {
    /// One entry for each signal in order; after the last one every signal is answered as created.
    pub(crate) script: Mutex<VecDeque<Script>>,
    pub(crate) signals: Mutex<Vec<Arc<Signal>>>,
    pub(crate) unready: Mutex<Option<String>>,
}

impl Protocol for ScriptedProtocol {
    fn handle(&self, signal: Arc<Signal>, _: Duration) -> BoxFuture<'_, Result<Accepted, Refusal>> {
        let script = self.script.lock().expect("no panic").pop_front().unwrap_or(Script::Accept(Disposition::Created));
        self.signals.lock().expect("no panic").push(signal.clone());
        let disposition = match script {
            Script::Accept(disposition) => disposition,
            Script::Refuse(refusal) => return Box::pin(async { Err(refusal) }),
            Script::Hang => return Box::pin(std::future::pending()),
        };
        let first_seen = "2026-11-20T16:53:01.9Z".parse().expect("a timestamp");
        let last_seen = "2026-11-20T16:53:14Z".parse().expect("a timestamp");
        let name = format!("rr-{}", &signal.fingerprint[..12]);
        let accepted =
            Accepted { disposition, name, namespace: "kubernaut-system".into(), count: 7, first_seen, last_seen };
        Box::pin(async { Ok(accepted) })
    }

    fn ready(&self) -> Result<(), String> {
        self.unready.lock().expect("no panic").clone().map_or(Ok(()), Err)
    }
}

/// A replica and the environment that the test controls.
pub(crate) struct Replica {
    pub(crate) app: App,
    pub(crate) server: Arc<ApiServer>,
    pub(crate) protocol: Arc<ScriptedProtocol>,
}

/// An HTTP answer with its body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Value,
}

impl Replica {
    /// A ready replica with the usual kinds.
    pub(crate) async fn ready() -> Self {
        Self::boot(ApiServer::new(), Config::for_pod("gateway-0", "kubernaut-system", "kubernaut-system")).await
    }

    pub(crate) async fn boot(server: Arc<ApiServer>, config: Config) -> Self {
        let protocol = Arc::new(ScriptedProtocol::default());
        let clock = Arc::new(TestClock { started: tokio::time::Instant::now() });
        let scripted = protocol.clone();
        let start = |_: Context| -> Arc<dyn Protocol> { scripted };
        let app = App::start(config, server.client(), clock, Arc::new(TestEntropy::default()), start);
        for _ in 0..20 {
            if app.ready().is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Self { app, server, protocol }
    }

    pub(crate) fn script(&self, script: impl IntoIterator<Item = Script>) {
        self.protocol.script.lock().expect("no panic").extend(script);
    }

    pub(crate) fn signals(&self) -> Vec<Arc<Signal>> {
        self.protocol.signals.lock().expect("no panic").clone()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        read(self.app.open_router().oneshot(request).await.expect("a router does not fail")).await
    }

    /// Posts a webhook as Alertmanager does.
    pub(crate) async fn webhook(&self, body: &str) -> Answer {
        self.send(post("/api/v1/signals/prometheus", body)).await
    }

    pub(crate) async fn event(&self, body: &str) -> Answer {
        self.send(post("/api/v1/signals/kubernetes-event", body)).await
    }
}

pub(crate) async fn read(response: axum::response::Response) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.expect("a body");
    let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
    Answer { status: parts.status.as_u16(), headers: parts.headers, body }
}

pub(crate) fn post(path: &str, body: &str) -> Request<Body> {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    request.body(Body::from(body.to_owned())).expect("a request")
}

/// A webhook of firing alerts, each with a name, a severity and its own labels.
pub(crate) fn webhook(members: &[&[(&str, &str)]]) -> String {
    let alert = |labels: &&[(&str, &str)]| {
        let common = [("alertname", "KubePodCrashLooping"), ("severity", "warning")];
        let labels: BTreeMap<_, _> = common.iter().chain(labels.iter()).copied().collect();
        json!({ "status": "firing", "labels": labels, "annotations": {}, "startsAt": "2026-11-20T16:52:14Z" })
    };
    json!({ "version": "4", "status": "firing", "alerts": members.iter().map(alert).collect::<Vec<_>>() }).to_string()
}

/// Reads a whole HTTP body.
pub(crate) async fn text(body: hyper::body::Incoming) -> String {
    String::from_utf8(body.collect().await.expect("a body").to_bytes().to_vec()).expect("UTF-8")
}
