//! A small client of the simulated API server.
use apiserver::{Answer, AnswerBody, ApiServer, Registry, Request, ResourceId, ServerId, WatchId, WatchItem};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

pub(crate) const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
pub(crate) const REQUESTS: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/default/remediationrequests";
pub(crate) const FIRST: ServerId = ServerId(0);
pub(crate) const SECOND: ServerId = ServerId(1);

static REGISTRY: LazyLock<Arc<Registry>> = LazyLock::new(|| {
    let crd = include_str!("../../../../tests/conformance/crd.json");
    let crd = serde_json::from_str(crd).expect("the definition is JSON");
    Arc::new(Registry::builtin().with_crd(&crd).expect("the definition compiles"))
});

pub(crate) fn registry() -> Arc<Registry> {
    REGISTRY.clone()
}

pub(crate) fn leases() -> ResourceId {
    registry().resource("coordination.k8s.io", "leases").expect("leases are built in")
}

/// Two servers over one store, with caches that do not advance by themselves.
pub(crate) fn two_servers() -> ApiServer {
    ApiServer::new(registry(), 2, 11)
}

pub(crate) fn lease(name: &str, holder: &str) -> Value {
    let spec = json!({"holderIdentity": holder});
    json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name}, "spec": spec})
}

pub(crate) fn request(method: Method, target: &str, accept: &'static str, body: &Value) -> Request {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    if method == Method::PATCH {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/merge-patch+json"));
    }
    let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
    Request { method, target: target.to_owned(), headers, body }
}

pub(crate) fn send(api: &mut ApiServer, server: ServerId, request: &Request) -> Answer {
    api.handle(server, 1, request, Timestamp::UNIX_EPOCH)
}

/// Sends one request; returns the answer's status and body.
pub(crate) fn call(api: &mut ApiServer, server: ServerId, method: Method, target: &str, body: &Value) -> (u16, Value) {
    let answer = send(api, server, &request(method, target, "application/json", body));
    match answer.body {
        AnswerBody::Full(text) => (answer.status, serde_json::from_slice(&text).unwrap_or_default()),
        AnswerBody::Watch(_) => panic!("{target} is a watch"),
    }
}

pub(crate) fn get(api: &mut ApiServer, server: ServerId, target: &str) -> (u16, Value) {
    call(api, server, Method::GET, target, &Value::Null)
}

/// Creates a lease, which must succeed.
pub(crate) fn create(api: &mut ApiServer, name: &str, holder: &str) -> Value {
    let (status, body) = call(api, FIRST, Method::POST, LEASES, &lease(name, holder));
    assert_eq!(status, 201, "{body}");
    body
}

pub(crate) fn set_holder(api: &mut ApiServer, name: &str, holder: &str) {
    let patch = json!({"spec": {"holderIdentity": holder}});
    let (status, body) = call(api, FIRST, Method::PATCH, &format!("{LEASES}/{name}"), &patch);
    assert_eq!(status, 200, "{body}");
}

pub(crate) fn delete(api: &mut ApiServer, name: &str) {
    let (status, body) = call(api, FIRST, Method::DELETE, &format!("{LEASES}/{name}"), &Value::Null);
    assert_eq!(status, 200, "{body}");
}

/// Opens a watch of leases with this query.
pub(crate) fn watch(api: &mut ApiServer, server: ServerId, query: &str) -> WatchId {
    let answer = send(
        api,
        server,
        &request(Method::GET, &format!("{LEASES}?watch=1&{query}"), "application/json", &Value::Null),
    );
    match answer.body {
        AnswerBody::Watch(watch) => watch,
        AnswerBody::Full(text) => panic!("{} {text:?}", answer.status),
    }
}

/// The pending events of a watch: type, name and holder of each.
pub(crate) fn drain(api: &mut ApiServer, watch: WatchId) -> Vec<(String, String, String)> {
    let mut events = Vec::new();
    while let WatchItem::Event(line) = api.next_event(watch) {
        let event: Value = serde_json::from_slice(&line).expect("a line is JSON");
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        events.push((text("/type"), text("/object/metadata/name"), text("/object/spec/holderIdentity")));
    }
    events
}

/// The names of a list's items.
pub(crate) fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().expect("a list has items");
    items.iter().filter_map(|item| item["metadata"]["name"].as_str()).collect()
}

/// The resourceVersion of an object or a list.
pub(crate) fn version(value: &Value) -> u64 {
    value["metadata"]["resourceVersion"].as_str().and_then(|v| v.parse().ok()).expect("a version")
}
