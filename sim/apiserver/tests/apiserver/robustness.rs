//! The server answers every request like an API server, and commits only what it accepts.
use crate::cluster::*;
use apiserver::{AnswerBody, Request};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

const MEDIA_TYPES: [&str; 5] = [
    "application/json",
    "application/merge-patch+json",
    "application/json-patch+json",
    "application/apply-patch+yaml",
    "text/plain",
];
const ACCEPTS: [&str; 4] = [
    "application/json",
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
    "application/json;as=Table;v=v1;g=meta.k8s.io",
    "*/*",
];
const QUERIES: [&str; 14] = [
    "",
    "?watch=1",
    "?watch=1&allowWatchBookmarks=true&resourceVersion=3",
    "?limit=1",
    "?limit=x",
    "?resourceVersion=0",
    "?resourceVersion=3&resourceVersionMatch=Exact",
    "?continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoibDJcdTAwMDAifQ",
    "?labelSelector=a%20in%20(b,",
    "?fieldSelector=metadata.name!%3Dx",
    "?dryRun=All",
    "?dryRun=Some",
    "?fieldValidation=Strict",
    "?propagationPolicy=Foreground",
];

/// A path and a valid body for it.
fn aim() -> impl Strategy<Value = (String, Value)> {
    let request = json!({"apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest", "metadata": {"name": "x"},
        "spec": {"signalFingerprint": "a".repeat(64), "severity": "low",
            "targetResource": {"kind": "Pod", "name": "p"}},
        "status": {"overallPhase": "Pending", "conditions": [{"type": "A", "status": "True"}]}});
    let owned = json!({"metadata": {"name": "x", "finalizers": ["x.io/y"], "labels": {"a": "b"},
        "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}]}});
    let patch = json!([{"op": "replace", "path": "/spec/holderIdentity", "value": "b"},
        {"op": "test", "path": "/x", "value": null}]);
    let options = json!({"preconditions": {"uid": "u", "resourceVersion": "1"}, "kind": "DeleteOptions"});
    let pod = json!({"spec": {"containers": [{"name": "c"}]}, "metadata": {"generateName": "x-"}});
    let at = |path: &str, body: &Value| (path.to_owned(), body.clone());
    let known = select(vec![
        at(LEASES, &lease("x", "a")),
        at(LEASES, &owned),
        at(&format!("{LEASES}/x"), &lease("x", "b")),
        at(&format!("{LEASES}/x"), &owned),
        at(&format!("{LEASES}/x"), &patch),
        at(&format!("{LEASES}/x"), &options),
        at(REQUESTS, &request),
        at(&format!("{REQUESTS}/x"), &request),
        at(&format!("{REQUESTS}/x"), &owned),
        at(&format!("{REQUESTS}/x/status"), &request),
        at(&format!("{REQUESTS}/x/scale"), &request),
        at("/api/v1/namespaces", &owned),
        at("/api/v1/namespaces/x", &owned),
        at("/api/v1/namespaces/x/finalize", &json!({"metadata": {"name": "x"}, "spec": {"finalizers": []}})),
        at("/api/v1/namespaces/default/pods", &pod),
        at("/apis/apps/v1/namespaces/default/deployments", &owned),
        at("/apis/coordination.k8s.io/v1/leases", &lease("x", "a")),
    ]);
    let part = select(vec![
        "api",
        "apis",
        "v1",
        "coordination.k8s.io",
        "namespaces",
        "default",
        "leases",
        "x",
        "watch",
        "%zz",
        "",
    ]);
    let path = proptest::collection::vec(part, 0..9).prop_map(|parts| format!("/{}", parts.join("/")));
    prop_oneof![9 => known, 1 => path.prop_map(move |path| (path, request.clone()))]
}

fn scalar() -> impl Strategy<Value = Value> {
    let text = select(vec![
        "",
        "x",
        "No",
        "5",
        "2026-03-01T10:00:00.000000Z",
        "Lease",
        "v1",
        "kubernaut.ai/v1alpha1",
        "default",
    ]);
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!(["x.io/y", 1])),
        Just(json!({"a": "b", "c": null})),
    ]
}

/// Replaces values at places in a body.
fn damage() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let place = select(vec![
        "/metadata",
        "/metadata/name",
        "/metadata/labels",
        "/metadata/labels/a",
        "/metadata/finalizers",
        "/metadata/ownerReferences/0",
        "/metadata/ownerReferences/0/uid",
        "/spec",
        "/spec/holderIdentity",
        "/spec/severity",
        "/spec/targetResource",
        "/status",
        "/status/conditions",
        "/status/conditions/0",
        "/kind",
        "/apiVersion",
        "/preconditions",
        "/0/path",
        "/0/op",
        "",
    ]);
    prop_oneof![2 => Just(Vec::new()), 1 => proptest::collection::vec((place, scalar()), 1..3)]
}

fn any_request() -> impl Strategy<Value = Request> {
    let writes = select(vec![Method::POST, Method::PUT, Method::PATCH, Method::DELETE]);
    let method = prop_oneof![8 => writes, 1 => select(vec![Method::GET, Method::HEAD, Method::OPTIONS])];
    let query = prop_oneof![2 => Just(""), 1 => select(QUERIES.to_vec())];
    let media_type = prop_oneof![9 => Just(None), 1 => select(MEDIA_TYPES.to_vec()).prop_map(Some)];
    let accept = prop_oneof![9 => Just(ACCEPTS[0]), 1 => select(ACCEPTS.to_vec())];
    let parts = (method, aim(), query, media_type, accept, damage(), 0_usize..4000);
    parts.prop_map(|(method, (path, mut body), query, media_type, accept, damage, length)| {
        for (place, value) in damage {
            if let Some(slot) = body.pointer_mut(place) {
                *slot = value;
            }
        }
        let usual = match (&method, body.is_array()) {
            (&Method::PATCH, true) => "application/json-patch+json",
            (&Method::PATCH, false) => "application/merge-patch+json",
            _ => "application/json",
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type.unwrap_or(usual)));
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        let mut text = body.to_string().into_bytes();
        if method == Method::DELETE && body.get("preconditions").is_none() {
            text.clear();
        }
        // Some bodies are truncated.
        if length < 200 {
            text.truncate(length);
        }
        Request { method, target: format!("{path}{query}"), headers, body: Bytes::from(text) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn only_accepted_requests_commit(requests in proptest::collection::vec(any_request(), 1..30)) {
        let mut api = two_servers();
        create(&mut api, "x", "nobody");
        api.take_commits();
        for request in &requests {
            let before = api.revision();
            let answer = send(&mut api, SECOND, request);
            let writes = api.take_commits();
            let accepted = (200..300).contains(&answer.status);
            // A 406 about the form of an answer comes after the request was executed.
            let formless = answer.status == 406;
            let committed = format!("{request:?} was answered {} and committed", answer.status);
            prop_assert!(writes.is_empty() || accepted || formless, "{}", committed);
            prop_assert_eq!(api.revision() - before, writes.len() as u64);
            prop_assert!(writes.is_empty() || request.method != Method::GET);
            let dry_run = request.target.contains("dryRun=All") && request.method != Method::DELETE;
            prop_assert!(writes.is_empty() || !dry_run);
            if let AnswerBody::Full(body) = &answer.body {
                let media_type = answer.headers.get("content-type");
                let json = media_type.is_some_and(|t| t.as_bytes().starts_with(b"application/json"));
                let parsed = serde_json::from_slice::<Value>(body);
                prop_assert!(!json || parsed.is_ok() || request.method == Method::HEAD);
                let refused = parsed.ok().filter(|_| json && !accepted);
                let failure = |status: Value| status["code"] == answer.status && status["status"] == "Failure";
                prop_assert!(refused.is_none_or(failure));
            }
        }
    }
}
