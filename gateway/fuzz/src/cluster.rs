//! The cluster behind the replica: the simulated API server in process, with an outcome for each call.
//!
//! It executes each request as kube-apiserver does, so a commit is a commit and not a script's word.
use crate::plan::Outcome;
use apiserver::{AnswerBody, ApiServer, Commit, Registry, ResourceId, ServerId, TokenTable, WatchId, WatchItem};
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    io,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::watch;

/// The body of an answer.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The sender's token.
pub const SENDER: &str = "senders-token";
/// What the replica sends to the API server.
const REPLICA: &str = "Bearer replicas-token";
const TOKENS: &str = "senders-token,sender,1,system:masters\nreplicas-token,replica,2,system:masters\n";

/// Groups of built-in kinds that the cluster serves.
const SERVED: [&str; 8] = [
    "",
    "apiextensions.k8s.io",
    "apps",
    "batch",
    "coordination.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "rbac.authorization.k8s.io",
];

/// Parameters that a call of the gateway may have. A sender's text must not become another one.
const PARAMETERS: [&str; 12] = [
    "allowWatchBookmarks",
    "continue",
    "fieldManager",
    "fieldSelector",
    "fieldValidation",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeoutSeconds",
    "watch",
];

thread_local! {
    /// A cluster before any input, and its RemediationRequests.
    static TEMPLATE: (ApiServer, ResourceId) = template();
}

/// Namespaces that are managed, a Deployment with a Pod, a Node.
fn template() -> (ApiServer, ResourceId) {
    let definition = serde_json::to_value(gateway::api::crd()).expect("a definition");
    let registry = Registry::builtin().serving(&SERVED).with_crd(&definition).expect("a valid definition");
    let requests = registry.resource("kubernaut.ai", "remediationrequests").expect("the gateway's kind");
    let mut api = ApiServer::new(Arc::new(registry), 1, 1);
    api.set_auto_advance(true);
    api.set_field_management(false);
    api.set_tokens(TokenTable::parse(TOKENS).expect("a table"), Timestamp::UNIX_EPOCH).expect("bootstrap roles");
    api.apply_fixture(&objects(), Timestamp::UNIX_EPOCH).expect("valid objects");
    (api, requests)
}

fn objects() -> Vec<Value> {
    let managed = json!({ "kubernaut.ai/managed": "true" });
    let namespace = |name: &str| {
        let metadata = json!({ "name": name, "labels": managed });
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": metadata })
    };
    let containers = json!([{ "name": "a", "image": "a" }]);
    let labels = json!({ "app": "checkout" });
    let mut objects: Vec<_> = ["kubernaut-system", "payments", "monitoring"].map(namespace).into();
    objects.push(json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "checkout", "namespace": "payments" },
        "spec": {
            "selector": { "matchLabels": labels },
            "template": { "metadata": { "labels": labels }, "spec": { "containers": containers } },
        },
    }));
    objects.push(json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": "checkout-1", "namespace": "payments",
            "ownerReferences": [
                { "apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout", "uid": "1", "controller": true },
            ],
        },
        "spec": { "containers": containers },
    }));
    objects.push(json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": "worker-1", "labels": managed } }));
    objects
}

/// What the commits of one input add up to.
#[derive(Debug, Default)]
pub struct Commits {
    /// Occurrences that were counted.
    pub occurrences: u64,
    /// RemediationRequests that were created, by fingerprint.
    pub created: BTreeMap<String, u64>,
}

/// A cluster of one input.
pub struct Cluster {
    api: Mutex<ApiServer>,
    requests: ResourceId,
    revision: watch::Sender<u64>,
    outcomes: Mutex<VecDeque<Outcome>>,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Cluster {
    /// A new cluster whose clock is `now`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Arc<Self> {
        let (api, requests) = TEMPLATE.with(|(api, requests)| (Mutex::new(api.fork()), *requests));
        let revision = watch::Sender::new(0);
        Arc::new(Self { api, requests, revision, outcomes: Mutex::default(), now: Box::new(now) })
    }

    /// Sets the outcomes of the next calls.
    pub fn expect(&self, outcomes: &[Outcome]) {
        *self.outcomes.lock().expect("no panic") = outcomes.iter().copied().collect();
    }

    /// The commits so far.
    pub fn commits(&self) -> Commits {
        let mut sum = Commits::default();
        for commit in self.api().take_commits().into_iter().filter(|commit| commit.resource == self.requests) {
            sum.add(&commit);
        }
        sum
    }

    fn api(&self) -> MutexGuard<'_, ApiServer> {
        self.api.lock().expect("no panic")
    }

    /// A client of the cluster, as the replica.
    pub fn client(self: &Arc<Self>) -> kube::Client {
        let cluster = self.clone();
        let service = tower::service_fn(move |request: http::Request<kube::client::Body>| {
            let cluster = cluster.clone();
            async move { cluster.answer(request).await }
        });
        gateway::kube_client::client(service, "default")
    }

    async fn answer(self: Arc<Self>, request: http::Request<kube::client::Body>) -> io::Result<Response<Body>> {
        let (parts, body) = request.into_parts();
        let target = parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        check_target(&target);
        let mut headers = parts.headers;
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static(REPLICA));
        let body = body.collect_bytes().await.expect("a body in memory");
        let request = apiserver::Request { method: parts.method, target, headers, body };
        // As on a network, an answer does not arrive at the moment of its request.
        tokio::task::yield_now().await;
        let outcome = self.outcomes.lock().expect("no panic").pop_front().unwrap_or(Outcome::Answered);
        match outcome {
            Outcome::Dropped => return Err(io::ErrorKind::ConnectionReset.into()),
            Outcome::Refused(status) => return Ok(refusal(status)),
            _ => {}
        }
        let response = self.execute(&request);
        match outcome {
            Outcome::Lost => Err(io::ErrorKind::ConnectionReset.into()),
            Outcome::Denied => Ok(refusal(500)),
            Outcome::Cut => Ok(cut(response).await),
            _ => Ok(response),
        }
    }

    fn execute(self: &Arc<Self>, request: &apiserver::Request) -> Response<Body> {
        let (answer, revision) = {
            let mut api = self.api();
            (api.handle(ServerId(0), 0, request, (self.now)()), api.revision())
        };
        self.revision.send_replace(revision);
        let body = match answer.body {
            AnswerBody::Full(bytes) => full(bytes),
            AnswerBody::Watch(id) => self.watch(id),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(answer.status).expect("a status");
        *response.headers_mut() = answer.headers;
        response
    }

    fn watch(self: &Arc<Self>, id: WatchId) -> Body {
        let state = (self.clone(), self.revision.subscribe());
        let lines = stream::unfold(state, move |(cluster, mut changes)| async move {
            loop {
                changes.borrow_and_update();
                let next = cluster.api().next_event(id);
                match next {
                    WatchItem::Event(line) => {
                        let frame = http_body::Frame::data(line);
                        return Some((Ok::<_, Infallible>(frame), (cluster, changes)));
                    }
                    WatchItem::End => return None,
                    WatchItem::Pending => changes.changed().await.ok()?,
                }
            }
        });
        StreamBody::new(lines).boxed_unsync()
    }
}

fn full(bytes: Bytes) -> Body {
    Full::new(bytes).boxed_unsync()
}

fn refusal(code: u16) -> Response<Body> {
    let status = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "no", "code": code });
    let response = Response::builder().status(code).header(header::CONTENT_TYPE, "application/json");
    response.body(full(status.to_string().into())).expect("a response")
}

async fn cut(response: Response<Body>) -> Response<Body> {
    let is_stream = http_body::Body::size_hint(response.body()).exact().is_none();
    if is_stream {
        return response;
    }
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.expect("a body in memory").to_bytes();
    Response::from_parts(parts, full(bytes.slice(..bytes.len() / 2)))
}

impl Commits {
    fn add(&mut self, commit: &Commit) {
        let count = |object: &Value| object["status"]["deduplication"]["occurrenceCount"].as_u64().unwrap_or(0);
        let before = commit.before.as_deref().map_or(0, count);
        self.occurrences += count(&commit.after).saturating_sub(before);
        if commit.before.is_none() {
            let fingerprint = commit.after["spec"]["signalFingerprint"].as_str().unwrap_or_default();
            *self.created.entry(fingerprint.to_owned()).or_default() += 1;
        }
    }
}

/// Checks that a call names what it means: senders choose names, not paths.
fn check_target(target: &str) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:@~/".contains(&byte);
    assert!(path.bytes().all(allowed), "the path {path:?} has a sender's text");
    assert!(!path.split('/').any(|segment| matches!(segment, "." | "..")), "the path {path:?} leads elsewhere");
    assert!(path == "/" || !path.contains("//"), "the path {path:?} lacks a name");
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let name = parameter.split_once('=').map_or(parameter, |(name, _)| name);
        assert!(PARAMETERS.contains(&name), "the query {query:?} has a sender's text");
        assert!(!parameter.contains(['?', '#']), "the query {query:?} has a sender's text");
    }
}
