//! How many calls per second the simulated API server answers: JSON in, JSON out, one core, no transport.
//!
//! `cargo bench -p lockstep-apiserver --bench requests`. A run needs 250,000 calls per second on leases and 60,000 on
//! RemediationRequests.
use apiserver::{Answer, AnswerBody, ApiServer, Registry, Request, ServerId};
use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderMap, HeaderValue, Method, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{hint::black_box, sync::Arc};

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const REQUESTS: &str = "/apis/kubernaut.ai/v1alpha1/namespaces/default/remediationrequests";
const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn request(method: Method, target: String, media_type: &'static str, body: &Value) -> Request {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    Request { method, target, headers, body }
}

fn lease(name: &str, holder: &str, version: Option<(&str, &str)>) -> Value {
    let mut lease = json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "labels": {"kubernaut.ai/lock": "gateway"}},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": 30,
            "acquireTime": "2026-03-01T10:00:00.000000Z",
            "renewTime": "2026-03-01T10:00:00.000000Z",
        },
    });
    if let Some((uid, version)) = version {
        lease["metadata"]["uid"] = uid.into();
        lease["metadata"]["resourceVersion"] = version.into();
    }
    lease
}

fn remediation_request(name: &str) -> Value {
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1",
        "kind": "RemediationRequest",
        "metadata": {"name": name, "labels": {"kubernaut.ai/fingerprint": "aaaaaaaaaaaa"}},
        "spec": {
            "signalFingerprint": "a".repeat(64),
            "signalName": "HighMemoryUsage",
            "severity": "critical",
            "signalType": "alert",
            "targetType": "kubernetes",
            "targetResource": {"kind": "Pod", "name": "web-0", "namespace": "shop"},
            "firingTime": "2026-03-01T10:00:00Z",
            "receivedTime": "2026-03-01T10:00:01Z",
            "signalLabels": (0..24)
                .map(|i| (format!("label_{i}"), json!("a value of fifty bytes, as labels of alerts have ...")))
                .collect::<serde_json::Map<_, _>>(),
            "clusterID": "x".repeat(200),
        },
    })
}

fn registry() -> Arc<Registry> {
    let crd = include_str!("../../../tests/conformance/crd.json");
    let crd = serde_json::from_str(crd).expect("the definition is JSON");
    Arc::new(Registry::builtin().with_crd(&crd).expect("the definition compiles"))
}

fn send(api: &mut ApiServer, request: &Request, status: u16) -> Answer {
    let answer = api.handle(ServerId(0), 1, request, NOW);
    assert_eq!(answer.status, status, "{:?}", answer.body);
    answer
}

fn body(answer: &Answer) -> Value {
    match &answer.body {
        AnswerBody::Full(bytes) => serde_json::from_slice(bytes).expect("an object is JSON"),
        AnswerBody::Watch(_) => Value::Null,
    }
}

/// The life of a lock: create, read, renew, read, delete.
fn lease_cycle(
    api: &mut ApiServer,
    create: &Request,
    get: &Request,
    renewal: &dyn Fn(&Value) -> Request,
    delete: &Request,
) {
    let created = body(&send(api, create, 201));
    send(api, get, 200);
    let renew = renewal(&created);
    send(api, &renew, 200);
    send(api, get, 200);
    send(api, delete, 200);
    black_box(api.take_commits());
}

fn leases(c: &mut Criterion) {
    let registry = registry();
    let json = "application/json";
    let one = format!("{LEASES}/lock");
    let get = request(Method::GET, one.clone(), json, &Value::Null);
    let delete = request(Method::DELETE, one.clone(), json, &Value::Null);
    let create = request(Method::POST, LEASES.to_owned(), json, &lease("lock", "a", None));
    let mut group = c.benchmark_group("leases");

    let fresh = || {
        let mut api = ApiServer::new(registry.clone(), 3, 1);
        send(&mut api, &create, 201);
        api
    };
    group.throughput(Throughput::Elements(1000));
    group.bench_function("get", |b| {
        b.iter_batched_ref(
            fresh,
            |api| (0..1000).for_each(|_| drop(black_box(send(api, &get, 200)))),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("put", |b| {
        let renewals = || {
            let mut api = ApiServer::new(registry.clone(), 3, 1);
            let uid = body(&send(&mut api, &create, 201))["metadata"]["uid"].as_str().expect("a uid").to_owned();
            let first = api.revision();
            let renewals: Vec<_> = (0..1000)
                .map(|i| {
                    let version = (first + i).to_string();
                    request(
                        Method::PUT,
                        one.clone(),
                        json,
                        &lease("lock", &format!("holder-{i}"), Some((&uid, &version))),
                    )
                })
                .collect();
            (api, renewals)
        };
        b.iter_batched_ref(
            renewals,
            |(api, renewals)| renewals.iter().for_each(|renewal| drop(black_box(send(api, renewal, 200)))),
            BatchSize::LargeInput,
        );
    });
    group.throughput(Throughput::Elements(5000));
    group.bench_function("create-get-renew-get-delete", |b| {
        let renewal = |created: &Value| {
            let meta = &created["metadata"];
            let version = (meta["uid"].as_str().expect("a uid"), meta["resourceVersion"].as_str().expect("a version"));
            request(Method::PUT, one.clone(), json, &lease("lock", "b", Some(version)))
        };
        b.iter_batched_ref(
            || ApiServer::new(registry.clone(), 3, 1),
            |api| (0..1000).for_each(|_| lease_cycle(api, &create, &get, &renewal, &delete)),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn remediation_requests(c: &mut Criterion) {
    let registry = registry();
    let creates: Vec<_> = (0..1000)
        .map(|i| {
            request(Method::POST, REQUESTS.to_owned(), "application/json", &remediation_request(&format!("rr-{i}")))
        })
        .collect();
    let patches: Vec<_> = (0..1000)
        .map(|i| {
            let deduplication = json!({"occurrenceCount": i, "lastSeenAt": "2026-03-01T10:00:00Z"});
            let patch = json!({"status": {"overallPhase": "Pending", "deduplication": deduplication}});
            request(
                Method::PATCH,
                format!("{REQUESTS}/rr-0/status?fieldValidation=Strict"),
                "application/merge-patch+json",
                &patch,
            )
        })
        .collect();
    let mut group = c.benchmark_group("remediation-requests");
    group.throughput(Throughput::Elements(1000));
    group.bench_function("post", |b| {
        b.iter_batched_ref(
            || ApiServer::new(registry.clone(), 3, 1),
            |api| creates.iter().for_each(|create| drop(black_box(send(api, create, 201)))),
            BatchSize::LargeInput,
        );
    });
    group.bench_function("status-merge-patch", |b| {
        b.iter_batched_ref(
            || {
                let mut api = ApiServer::new(registry.clone(), 3, 1);
                send(&mut api, &creates[0], 201);
                api
            },
            |api| patches.iter().for_each(|patch| drop(black_box(send(api, patch, 200)))),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn boot(c: &mut Criterion) {
    let registry = registry();
    c.bench_function("new-and-drop", |b| b.iter(|| ApiServer::new(registry.clone(), 3, black_box(1))));
}

criterion_group!(benches, leases, remediation_requests, boot);
criterion_main!(benches);
