//! kube-rs with its runtime: a watcher, a reflector, and a controller with finalizers, owned children and events.
use crate::endpoint::Endpoint;
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::{
    coordination::v1::{Lease, LeaseSpec},
    core::v1::{ConfigMap, Namespace},
    events::v1::Event as RecordedEvent,
};
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams},
    runtime::{
        Controller, WatchStreamExt,
        controller::Action,
        events::{Event, EventType, Recorder, Reporter},
        finalizer::{self, finalizer},
        reflector, watcher,
    },
};
use serde_json::json;
use std::{pin::pin, sync::Arc, time::Duration};

const PATIENCE: Duration = Duration::from_secs(30);
const FINALIZER: &str = "example.test/lease";

async fn namespace(client: &Client, name: &str) -> String {
    let object =
        Namespace { metadata: ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() }, ..Namespace::default() };
    Api::<Namespace>::all(client.clone()).create(&PostParams::default(), &object).await.expect("a namespace");
    name.to_owned()
}

fn config_map(name: &str, value: &str) -> ConfigMap {
    let object = json!({"metadata": {"name": name}, "data": {"value": value}});
    serde_json::from_value(object).expect("a ConfigMap")
}

/// Waits until `holds`, or panics with `what`.
async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("{what} within {PATIENCE:?}"));
}

async fn a_reflector_follows_its_watcher(endpoint: &Endpoint) {
    for (name, initial) in
        [("lists", watcher::InitialListStrategy::ListWatch), ("streams", watcher::InitialListStrategy::StreamingList)]
    {
        let client = endpoint.client().await;
        let api: Api<ConfigMap> =
            Api::namespaced(client.clone(), &namespace(&client, &format!("reflector-{name}")).await);
        api.create(&PostParams::default(), &config_map("early", "1")).await.expect("a first object");
        let (store, writer) = reflector::store();
        let config = watcher::Config { initial_list_strategy: initial, ..watcher::Config::default() };
        let stream = watcher(api.clone(), config).default_backoff().reflect(writer).applied_objects();
        let following = tokio::spawn(stream.for_each(|_| async {}));
        store.wait_until_ready().await.expect("a list");
        assert_eq!(store.state().len(), 1, "{name}: what was there before");
        api.create(&PostParams::default(), &config_map("late", "1")).await.expect("a second object");
        api.patch("early", &PatchParams::default(), &Patch::Merge(json!({"data": {"value": "2"}})))
            .await
            .expect("a patch");
        api.delete("late", &DeleteParams::default()).await.expect("a deletion");
        eventually("the store shows one changed object", || async {
            let state = store.state();
            state.len() == 1 && state[0].data.as_ref().is_some_and(|data| data["value"] == "2")
        })
        .await;
        following.abort();
    }
}

#[derive(Debug, thiserror::Error)]
enum Reconciled {
    #[error(transparent)]
    Kube(#[from] kube::Error),
    #[error("{0}")]
    Finalizer(String),
}

struct Context {
    client: Client,
    recorder: Recorder,
}

/// Every ConfigMap has a Lease that it owns; the Lease is deleted before its ConfigMap goes.
async fn reconcile(object: Arc<ConfigMap>, context: Arc<Context>) -> Result<Action, Reconciled> {
    let namespace = object.namespace().unwrap_or_default();
    let maps: Api<ConfigMap> = Api::namespaced(context.client.clone(), &namespace);
    let leases: Api<Lease> = Api::namespaced(context.client.clone(), &namespace);
    let outcome = finalizer(&maps, FINALIZER, object, |event| async {
        match event {
            finalizer::Event::Apply(map) => {
                let owner = map.controller_owner_ref(&()).into_iter().collect();
                let metadata =
                    ObjectMeta { name: Some(map.name_any()), owner_references: Some(owner), ..ObjectMeta::default() };
                let holder = map.data.as_ref().and_then(|data| data.get("value").cloned());
                let spec = LeaseSpec { holder_identity: holder, ..LeaseSpec::default() };
                let lease = Lease { metadata, spec: Some(spec) };
                leases.patch(&map.name_any(), &PatchParams::apply("controller").force(), &Patch::Apply(&lease)).await?;
                let leased = Event {
                    type_: EventType::Normal,
                    reason: "Leased".into(),
                    note: Some("the lease is as it should be".into()),
                    action: "Lease".into(),
                    secondary: None,
                };
                context.recorder.publish(&leased, &map.object_ref(&())).await?;
                Ok::<_, kube::Error>(Action::await_change())
            }
            finalizer::Event::Cleanup(map) => {
                leases.delete(&map.name_any(), &DeleteParams::default()).await?;
                Ok(Action::await_change())
            }
        }
    });
    outcome.await.map_err(|error| Reconciled::Finalizer(error.to_string()))
}

async fn a_controller_keeps_its_children(endpoint: &Endpoint) {
    let client = endpoint.client().await;
    let name = namespace(&client, "controller").await;
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), &name);
    let leases: Api<Lease> = Api::namespaced(client.clone(), &name);
    let reporter = Reporter { controller: "clients".into(), instance: None };
    let context = Arc::new(Context { client: client.clone(), recorder: Recorder::new(client.clone(), reporter) });
    let retry = |_: Arc<ConfigMap>, _: &Reconciled, _: Arc<Context>| Action::requeue(Duration::from_millis(200));
    let controller = Controller::new(maps.clone(), watcher::Config::default())
        .owns(leases.clone(), watcher::Config::default())
        .run(reconcile, retry, context);
    let running = tokio::spawn(controller.for_each(|_| async {}));
    maps.create(&PostParams::default(), &config_map("one", "first")).await.expect("a ConfigMap");
    let holder = |wanted: &'static str| {
        let leases = leases.clone();
        move || {
            let leases = leases.clone();
            async move {
                let lease = leases.get_opt("one").await.expect("an answer");
                lease.and_then(|lease| lease.spec?.holder_identity).as_deref() == Some(wanted)
            }
        }
    };
    eventually("the lease is there", holder("first")).await;
    maps.patch("one", &PatchParams::default(), &Patch::Merge(json!({"data": {"value": "second"}})))
        .await
        .expect("a patch");
    eventually("the lease follows the ConfigMap", holder("second")).await;
    leases.delete("one", &DeleteParams::default()).await.expect("a deletion");
    eventually("the lease comes back", holder("second")).await;
    let events: Api<RecordedEvent> = Api::namespaced(client.clone(), &name);
    let leased = ListParams::default().fields("reason=Leased");
    eventually("the recorder's event is there", || async {
        events
            .list(&leased)
            .await
            .expect("a list")
            .items
            .iter()
            .any(|event| event.regarding.as_ref().is_some_and(|r| r.name.as_deref() == Some("one")))
    })
    .await;
    maps.delete("one", &DeleteParams::default()).await.expect("a deletion");
    eventually("both are gone", || async {
        maps.get_opt("one").await.expect("an answer").is_none()
            && leases.get_opt("one").await.expect("an answer").is_none()
    })
    .await;
    running.abort();
}

async fn a_watch_resumes_where_it_ended(endpoint: &Endpoint) {
    let client = endpoint.client().await;
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), &namespace(&client, "resumed").await);
    let start = maps.list(&ListParams::default()).await.expect("a list").metadata.resource_version.expect("a version");
    for value in ["1", "2", "3"] {
        maps.patch("one", &PatchParams::apply("clients"), &Patch::Apply(&with_types(value))).await.expect("an apply");
    }
    let mut versions = vec![start];
    for _ in 0..3 {
        let last = versions.last().expect("a version");
        let mut stream = pin!(maps.watch(&kube::api::WatchParams::default().timeout(5), last).await.expect("a watch"));
        let event = stream.try_next().await.expect("no error").expect("an event");
        let (kube::api::WatchEvent::Added(object) | kube::api::WatchEvent::Modified(object)) = event else {
            panic!("{event:?} is not a change")
        };
        assert_eq!(object.data.as_ref().map(|data| data["value"].clone()), Some(versions.len().to_string()));
        versions.push(object.resource_version().expect("a version"));
    }
}

fn with_types(value: &str) -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"value": value}})
}

async fn all(endpoint: &Endpoint) {
    a_reflector_follows_its_watcher(endpoint).await;
    a_controller_keeps_its_children(endpoint).await;
    a_watch_resumes_where_it_ended(endpoint).await;
}

#[tokio::test]
async fn kube_rs_runtime_is_served() {
    all(&Endpoint::simulated()).await;
}

#[tokio::test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn kube_rs_runtime_is_served_by_the_real_server() {
    all(&Endpoint::real().await).await;
}
