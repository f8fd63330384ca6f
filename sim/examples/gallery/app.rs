//! What the exhibits share: a custom resource, and clients of the kinds around it.
use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Api, Client, CustomResource, CustomResourceExt,
    api::{ObjectMeta, PostParams},
    runtime::{Controller, controller::Action, watcher},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim::{Builder, Simulation};
use std::{
    future::{Future, ready},
    sync::Arc,
    time::Duration,
};

/// An application: the custom resource that the exhibits reconcile.
#[derive(CustomResource, Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[kube(group = "example.com", version = "v1", kind = "App", namespaced, status = "AppStatus")]
pub(crate) struct AppSpec {
    /// Text that its child has.
    pub(crate) text: String,
    /// Name of the child, once it is recorded.
    pub(crate) child: Option<String>,
}

/// State of an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AppStatus {
    /// Whether the child is there.
    pub(crate) ready: Option<bool>,
    /// The generation that was reconciled last.
    pub(crate) observed_generation: Option<i64>,
    /// What several replicas report.
    pub(crate) conditions: Option<Vec<String>>,
    /// Time of the last reconciliation.
    pub(crate) checked_at: Option<String>,
}

pub(crate) fn apps(client: &Client) -> Api<App> {
    Api::default_namespaced(client.clone())
}

pub(crate) fn maps(client: &Client) -> Api<ConfigMap> {
    Api::default_namespaced(client.clone())
}

pub(crate) fn secrets(client: &Client) -> Api<Secret> {
    Api::default_namespaced(client.clone())
}

/// An application of this name.
pub(crate) fn app(name: &str) -> App {
    App::new(name, AppSpec { text: "one".to_owned(), child: None })
}

pub(crate) fn map(metadata: ObjectMeta) -> ConfigMap {
    ConfigMap { metadata, ..ConfigMap::default() }
}

/// Creates an object, which may exist.
pub(crate) async fn ensure<K>(api: &Api<K>, object: &K) -> kube::Result<()>
where
    K: Clone + std::fmt::Debug + serde::de::DeserializeOwned + Serialize,
{
    match api.create(&PostParams::default(), object).await {
        Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
        created => created.map(drop),
    }
}

/// An ordinary controller of applications, which retries after a second.
pub(crate) async fn control<F>(client: Client, reconcile: impl Fn(Arc<App>, Client) -> F + Send + 'static)
where
    F: Future<Output = kube::Result<()>> + Send + 'static,
{
    let retry = |_: Arc<App>, _: &kube::Error, _: Arc<()>| Action::requeue(Duration::from_secs(1));
    let of = client.clone();
    let reconciler = move |app: Arc<App>, _: Arc<()>| {
        let reconciled = reconcile(app, of.clone());
        async move { reconciled.await.map(|()| Action::await_change()) }
    };
    let controller = Controller::new(apps(&client), watcher::Config::default());
    controller.run(reconciler, retry, Arc::new(())).for_each(|_| ready(())).await;
}

/// A cluster that serves applications. Its workload creates one, and waits.
pub(crate) fn cluster() -> Builder {
    Simulation::builder().crd(&App::crd()).tail(Duration::from_secs(60)).workload(|cluster| async move {
        let apps = apps(&cluster.client("default"));
        apps.create(&PostParams::default(), &app("a")).await.expect("a new application");
        cluster.sleep(Duration::from_secs(30)).await;
    })
}
