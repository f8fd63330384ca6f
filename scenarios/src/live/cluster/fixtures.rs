//! What a live run needs in the cluster: namespaces, Deployments to alert about, accounts. It creates these under
//! labels of its own, and deletes them again.
use super::{
    accounts::{Accounts, labelled},
    api::{Answer, Api, ApiError},
    watch::Kind,
};
use futures::{StreamExt, TryStreamExt, stream};
use http::Method;
use serde_json::{Value, json};
use std::{ops::Range, sync::Arc, time::Duration};

/// Calls at the same time.
const AT_ONCE: usize = 16;
const DEFINITION: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
/// Longest time until a definition is served, and until a namespace is gone.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);

/// The fixtures cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// An API call failed.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The namespace is not one that lockstep made.
    #[error(
        "the namespace {0} exists and is not lockstep's own; name it with --namespace to run there all the same, \
         beside what is in it"
    )]
    NotOwn(String),
    /// The definition of RemediationRequests is missing, or is not served.
    #[error("RemediationRequests are not served: {0}")]
    NotServed(String),
}

/// Namespaces and Deployments of a run.
#[derive(Debug, Clone)]
pub struct Place {
    /// Namespace of the gateways' RemediationRequests and Leases.
    pub namespace: Arc<str>,
    /// Whether lockstep may use it although it exists and is not its own.
    pub allowed: bool,
    /// Namespace of the Deployments: always lockstep's own.
    pub targets: Arc<str>,
    /// Number of Deployments.
    pub deployments: u16,
    /// Whether the gateways are started by this run, so that the definition may be installed for them.
    pub local: bool,
}

/// Objects of a run in the cluster, and the way to delete them.
pub struct Fixtures {
    api: Api,
    place: Place,
    accounts: Accounts,
    made_namespace: bool,
    made_definition: bool,
}

/// The object of a Deployment that runs nothing.
fn deployment(name: &str) -> Value {
    let labels = json!({"app": name});
    let containers = json!([{"name": "app", "image": "registry.k8s.io/pause:3.10"}]);
    let template = json!({"metadata": {"labels": labels}, "spec": {"containers": containers}});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": labelled(name),
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    })
}

impl Fixtures {
    /// Creates what the run needs.
    ///
    /// # Errors
    /// If it cannot be created, or the namespace is not lockstep's own.
    pub async fn create(api: &Api, place: Place) -> Result<Self, FixtureError> {
        let made_definition = serve_requests(api, place.local).await?;
        let accounts = Accounts::new(api.clone(), Arc::clone(&place.namespace));
        let mut fixtures = Self { api: api.clone(), place, accounts, made_namespace: false, made_definition };
        let (namespace, targets) = (Arc::clone(&fixtures.place.namespace), Arc::clone(&fixtures.place.targets));
        fixtures.made_namespace = fixtures.namespace(&namespace, fixtures.place.allowed).await?;
        if targets != namespace {
            fixtures.namespace(&targets, false).await?;
        }
        fixtures.deployments(0..fixtures.place.deployments).await?;
        Ok(fixtures)
    }

    /// Makes a namespace that the gateways act for; false if it exists already and may be used.
    ///
    /// # Errors
    /// If it cannot be created, or exists and may not be used.
    pub async fn namespace(&self, name: &str, allowed: bool) -> Result<bool, FixtureError> {
        let mut metadata = labelled(name);
        metadata["labels"]["kubernaut.ai/managed"] = json!("true");
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
        let made = self.api.demand(Method::POST, "/api/v1/namespaces", Some(&body)).await;
        match made {
            Ok(_) => Ok(true),
            Err(ApiError::Refused { status: 409, .. }) if allowed => Ok(false),
            Err(ApiError::Refused { status: 409, .. }) => Err(FixtureError::NotOwn(name.to_owned())),
            Err(error) => Err(error.into()),
        }
    }

    /// Creates the Deployments with these numbers.
    ///
    /// # Errors
    /// If one cannot be created.
    pub async fn deployments(&self, numbers: Range<u16>) -> Result<(), ApiError> {
        let path = format!("/apis/apps/v1/namespaces/{}/deployments", self.place.targets);
        let create = |number: u16| {
            let (api, path) = (&self.api, &path);
            async move { api.demand(Method::POST, path, Some(&deployment(&format!("app-{number}")))).await.map(drop) }
        };
        stream::iter(numbers).map(create).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// The accounts of the run, none of which exists yet.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Deletes what was created, and the RemediationRequests that the gateways made of it. The gateways must have
    /// stopped if the namespace is lockstep's own. Returns what is left, in words.
    pub async fn delete(self, requests: &[Arc<str>]) -> Vec<String> {
        let Place { namespace, targets, .. } = &self.place;
        let mut left = Vec::new();
        if self.made_namespace {
            for kind in Kind::ALL {
                self.remove(&kind.path(namespace), &mut left).await;
            }
        } else {
            let path = Kind::Requests.path(namespace);
            for name in requests {
                self.remove(&format!("{path}/{name}"), &mut left).await;
            }
            left.push(
                "leases named gw-lock-…, which a running gateway deletes when they were idle for six minutes".into(),
            );
        }
        self.remove(&format!("/apis/apps/v1/namespaces/{targets}/deployments"), &mut left).await;
        for path in self.accounts.paths() {
            self.remove(&path, &mut left).await;
        }
        if self.made_namespace {
            self.remove_namespace(namespace, &mut left).await;
        }
        if targets != namespace {
            self.remove_namespace(targets, &mut left).await;
        }
        if self.made_definition {
            self.remove(&format!("{DEFINITION}/remediationrequests.kubernaut.ai"), &mut left).await;
        }
        left
    }

    async fn remove(&self, target: &str, left: &mut Vec<String>) {
        match self.api.call(Method::DELETE, target, None).await {
            Ok(Answer { status: 200..=299 | 404, .. }) => {}
            Ok(Answer { status, .. }) => left.push(format!("{target} (answered {status})")),
            Err(error) => left.push(format!("{target} ({error})")),
        }
    }

    async fn remove_namespace(&self, name: &str, left: &mut Vec<String>) {
        let target = format!("/api/v1/namespaces/{name}");
        self.remove(&target, left).await;
        let gone = async {
            while self.api.call(Method::GET, &target, None).await.is_ok_and(|answer| answer.status != 404) {
                tokio::time::sleep(POLL).await;
            }
        };
        if tokio::time::timeout(PATIENCE / 6, gone).await.is_err() {
            left.push(format!("the namespace {name}, which is empty and terminating"));
        }
    }
}

/// Sees to it that RemediationRequests are served; true if their definition was installed for that.
async fn serve_requests(api: &Api, may_install: bool) -> Result<bool, FixtureError> {
    let served = "/apis/kubernaut.ai/v1alpha1/remediationrequests?limit=1";
    match api.call(Method::GET, served, None).await? {
        Answer { status: 200, .. } => return Ok(false),
        Answer { status: 404, .. } => {}
        Answer { status, body } => {
            let message = body["message"].as_str().unwrap_or("no message").to_owned();
            return Err(ApiError::Refused { method: Method::GET, target: served.to_owned(), status, message }.into());
        }
    }
    if !may_install {
        return Err(FixtureError::NotServed("install the gateway's CustomResourceDefinition first".to_owned()));
    }
    let definition = serde_json::to_value(gateway::api::crd()).unwrap_or(Value::Null);
    api.demand(Method::POST, DEFINITION, Some(&definition)).await?;
    let wait = async {
        while !api.call(Method::GET, served, None).await.is_ok_and(|answer| answer.status == 200) {
            tokio::time::sleep(POLL).await;
        }
    };
    match tokio::time::timeout(PATIENCE, wait).await {
        Ok(()) => Ok(true),
        Err(_) => Err(FixtureError::NotServed(format!("not within {PATIENCE:?} of their definition's creation"))),
    }
}
