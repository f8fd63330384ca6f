//! A small API server and DataStorage service on a socket: as much of both as the program needs to serve signals.
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::net::TcpListener;

/// The time that a write takes, so that some are under way at any moment.
const WRITE: Duration = Duration::from_millis(20);
pub(crate) const REQUESTS: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/kubernaut-system/remediationrequests";

#[derive(Default)]
struct Store {
    version: u64,
    objects: BTreeMap<String, Value>,
    events: Vec<Value>,
    parents: Vec<String>,
}

/// The server. Objects stay when the program has ended.
#[derive(Clone, Default)]
pub(crate) struct Api(Arc<Mutex<Store>>);

impl Api {
    /// Serves until the test ends.
    pub(crate) async fn start() -> (Self, SocketAddr) {
        let (api, listener) = (Self::default(), TcpListener::bind("127.0.0.1:0").await.expect("a port"));
        let address = listener.local_addr().expect("an address");
        let router = Router::new().fallback(answer).with_state(api.clone());
        tokio::spawn(gateway::server::serve(listener, router, std::future::pending()));
        (api, address)
    }

    /// Names of the stored RemediationRequests, and their counts.
    pub(crate) fn requests(&self) -> BTreeMap<String, u64> {
        let store = self.0.lock().expect("no panic");
        let requests = store.objects.iter().filter_map(|(path, object)| {
            let name = path.strip_prefix(REQUESTS)?.trim_start_matches('/').to_owned();
            Some((name, object["status"]["deduplication"]["occurrenceCount"].as_u64().unwrap_or(0)))
        });
        requests.collect()
    }

    /// Every audit event.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.0.lock().expect("no panic").events.clone()
    }

    /// The `traceparent` of every request that had one.
    pub(crate) fn parents(&self) -> Vec<String> {
        self.0.lock().expect("no panic").parents.clone()
    }
}

async fn answer(State(api): State<Api>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let parent = headers.get("traceparent").map(|parent| parent.to_str().expect("ASCII").to_owned());
    api.0.lock().expect("no panic").parents.extend(parent);
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    if query.contains("watch=true") {
        // This program is the only writer, and learns from its answers.
        let silence = futures::stream::pending::<Result<Bytes, std::io::Error>>();
        return Body::from_stream(silence).into_response();
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if method != Method::GET {
        tokio::time::sleep(WRITE).await;
    }
    let (status, answer) = api.0.lock().expect("no panic").execute(&method, path, query.contains("dryRun"), body);
    (StatusCode::from_u16(status).expect("a status"), Json(answer)).into_response()
}

impl Store {
    fn execute(&mut self, method: &Method, path: &str, dry: bool, body: Value) -> (u16, Value) {
        let is_collection = path.ends_with("/leases") || path == REQUESTS;
        match method.as_str() {
            "GET" if path == "/api" => (200, groups(&[("", &[("namespaces", "Namespace", "Cluster")])])),
            "GET" if path == "/apis" => (200, groups(&[("apps", &[("deployments", "Deployment", "Namespaced")])])),
            "GET" if is_collection => {
                let items = self.objects.iter().filter(|(stored, _)| stored.starts_with(path));
                let items: Vec<&Value> = items.map(|(_, object)| object).collect();
                (200, json!({ "metadata": { "resourceVersion": self.version.to_string() }, "items": items }))
            }
            "GET" if path.contains("/deployments/") => {
                (200, json!({ "metadata": { "name": "-", "labels": { "kubernaut.ai/managed": "true" } } }))
            }
            "GET" => self.objects.get(path).map_or((404, json!({ "code": 404 })), |object| (200, object.clone())),
            "POST" if path.ends_with("/tokenreviews") => {
                let known = body["spec"]["token"] == "good";
                (201, json!({ "status": { "authenticated": known, "user": { "username": "alertmanager" } } }))
            }
            "POST" if path.ends_with("/subjectaccessreviews") => (201, json!({ "status": { "allowed": true } })),
            "POST" if path.ends_with("/audit/events/batch") => {
                self.events.extend(body.as_array().cloned().unwrap_or_default());
                (201, json!({}))
            }
            "POST" => self.create(&format!("{path}/{}", body["metadata"]["name"].as_str().unwrap_or("-")), dry, body),
            "PUT" => self.write(path, dry, |object| *object = body.clone(), &body),
            _ => {
                let change = |object: &mut Value| merge(&mut object["status"], &body["status"]);
                self.write(path.trim_end_matches("/status"), dry, change, &body)
            }
        }
    }

    fn create(&mut self, path: &str, dry: bool, mut object: Value) -> (u16, Value) {
        if self.objects.contains_key(path) {
            return (409, json!({ "code": 409, "reason": "AlreadyExists" }));
        }
        self.version += 1;
        object["metadata"]["uid"] = json!(format!("{:08x}-0000-4000-8000-000000000000", self.version));
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        if !dry {
            self.objects.insert(path.to_owned(), object.clone());
        }
        (201, object)
    }

    fn write(&mut self, path: &str, dry: bool, change: impl Fn(&mut Value), body: &Value) -> (u16, Value) {
        let Some(stored) = self.objects.get(path).filter(|_| !dry) else { return (404, json!({ "code": 404 })) };
        if stored["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"] {
            return (409, json!({ "code": 409, "reason": "Conflict" }));
        }
        let mut object = stored.clone();
        change(&mut object);
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        self.objects.insert(path.to_owned(), object.clone());
        (200, object)
    }
}

/// A served kind: its resource, its kind, and its scope.
type Served<'a> = (&'a str, &'a str, &'a str);

fn groups(groups: &[(&str, &[Served<'_>])]) -> Value {
    let resource = |(plural, kind, scope): &Served<'_>| {
        let (of, singular) = (json!({ "group": "", "version": "v1", "kind": kind }), kind.to_lowercase());
        let verbs = ["get"];
        json!({ "resource": plural, "responseKind": of, "scope": scope, "singularResource": singular, "verbs": verbs })
    };
    let group = |(name, kinds): &(&str, &[Served<'_>])| {
        let resources: Vec<_> = kinds.iter().map(resource).collect();
        json!({ "metadata": { "name": name }, "versions": [{ "version": "v1", "resources": resources }] })
    };
    let items: Vec<_> = groups.iter().map(group).collect();
    json!({ "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items })
}

/// RFC 7396, without removals.
fn merge(target: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else { return target.clone_from(patch) };
    for (name, value) in fields {
        merge(&mut target[name], value);
    }
}
