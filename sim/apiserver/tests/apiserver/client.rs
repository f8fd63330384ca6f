//! A real kube client against the simulated API server: the server understands its requests, and it can parse the
//! answers.
use crate::cluster::{FIRST, two_servers};
use apiserver::{AnswerBody, ApiServer, Request, WatchItem};
use futures::{StreamExt, TryStreamExt};
use http_body_util::{BodyExt, Full};
use jiff::Timestamp;
use k8s_openapi::api::{coordination::v1::Lease, core::v1::Pod};
use kube::{
    Api, Client, Error, ResourceExt,
    api::{
        DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams, Preconditions, WatchEvent, WatchParams,
    },
    discovery::Discovery,
};
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

/// Answers a request completely; a watch with the events that it has now.
fn answer(api: &mut ApiServer, request: &Request) -> http::Response<Full<bytes::Bytes>> {
    let answer = api.handle(FIRST, 1, request, Timestamp::UNIX_EPOCH);
    let body = match answer.body {
        AnswerBody::Full(body) => body,
        AnswerBody::Watch(watch) => {
            let mut lines = Vec::new();
            while let WatchItem::Event(line) = api.next_event(watch) {
                lines.extend_from_slice(&line);
            }
            lines.into()
        }
    };
    let mut response = http::Response::new(Full::new(body));
    *response.status_mut() = answer.status.try_into().expect("an HTTP status");
    *response.headers_mut() = answer.headers;
    response
}

fn client() -> Client {
    let mut api = two_servers();
    api.set_auto_advance(true);
    let api = Arc::new(Mutex::new(api));
    let service = tower::service_fn(move |request: http::Request<kube::client::Body>| {
        let api = api.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.expect("a body in memory").to_bytes();
            let target = head.uri.path_and_query().expect("a path").to_string();
            let request = Request { method: head.method, target, headers: head.headers, body };
            Ok::<_, Infallible>(answer(&mut api.lock().expect("no test panics while it holds the lock"), &request))
        }
    });
    Client::new(service, "default")
}

fn lease(name: &str) -> Lease {
    Lease { metadata: ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() }, ..Lease::default() }
}

#[tokio::test(flavor = "current_thread")]
async fn typed_lease_lives_and_dies() {
    let leases: Api<Lease> = Api::default_namespaced(client());
    let created = leases.create(&PostParams::default(), &lease("lock")).await.unwrap();
    let again = leases.create(&PostParams::default(), &lease("lock")).await.unwrap_err();
    assert!(matches!(again, Error::Api(status) if status.code == 409 && status.reason == "AlreadyExists"));
    let mut renewed = created.clone();
    renewed.spec.get_or_insert_default().holder_identity = Some("b".into());
    let renewed = leases.replace("lock", &PostParams::default(), &renewed).await.unwrap();
    let guard = |lease: &Lease| DeleteParams {
        preconditions: Some(Preconditions { uid: lease.uid(), resource_version: lease.resource_version() }),
        ..DeleteParams::default()
    };
    let stale = leases.delete("lock", &guard(&created)).await.unwrap_err();
    assert!(matches!(stale, Error::Api(status) if status.code == 409));
    assert!(leases.delete("lock", &guard(&renewed)).await.unwrap().is_right());
    assert_eq!(leases.get_opt("lock").await.unwrap(), None);
}

#[tokio::test(flavor = "current_thread")]
async fn patches_lists_and_watches_are_read() {
    let leases: Api<Lease> = Api::default_namespaced(client());
    for name in ["a", "b", "c"] {
        leases.create(&PostParams::default(), &lease(name)).await.unwrap();
    }
    let patch: Patch<Value> = Patch::Merge(json!({"metadata": {"labels": {"x": "1"}}}));
    leases.patch("b", &PatchParams::default(), &patch).await.unwrap();
    let page = leases.list(&ListParams::default().limit(2)).await.unwrap();
    assert_eq!((page.items.len(), page.metadata.remaining_item_count), (2, Some(1)));
    let selected = leases.list_metadata(&ListParams::default().labels("x=1")).await.unwrap();
    assert_eq!(selected.items[0].name_any(), "b");
    let events: Vec<_> =
        leases.watch(&WatchParams::default().labels("x"), "0").await.unwrap().boxed().try_collect().await.unwrap();
    // The bookmark ends the initial events.
    assert!(matches!(&events[..], [WatchEvent::Added(lease), WatchEvent::Bookmark(_)] if lease.name_any() == "b"));
}

#[tokio::test(flavor = "current_thread")]
async fn discovery_finds_every_kind() {
    let found = Discovery::new(client()).run().await.unwrap();
    let kinds: Vec<_> =
        found.groups().flat_map(|g| g.recommended_resources()).map(|(resource, _)| resource.kind).collect();
    for kind in ["Lease", "RemediationRequest", "Deployment", "Pod"] {
        assert!(kinds.iter().any(|found| found == kind), "{kind} is not in {kinds:?}");
    }
    let aggregated = Discovery::new(client()).run_aggregated().await.unwrap();
    assert!(aggregated.has_group("kubernaut.ai"));
}

#[tokio::test(flavor = "current_thread")]
async fn metadata_of_absent_object_is_none() {
    let pods: Api<Pod> = Api::default_namespaced(client());
    assert!(pods.get_metadata_opt("gone").await.unwrap().is_none());
}
