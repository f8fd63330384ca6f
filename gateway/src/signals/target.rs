//! Finds the Kubernetes object that an alert is about.
//!
//! Every label whose key is a kind names a candidate. Workloads come first, then other kinds, then Pods and Nodes,
//! which most alerts carry only as the place of observation. The first candidate that exists is the target; if none
//! exists, the first one is. Three differences from the existing gateway are deliberate. A look-up that failed does not
//! mean that the object does not exist (`docs/input.md` says which failures are refusals). A Node's name may have dots.
//! A cluster-scoped object has no namespace even if the alert has one; otherwise alerts about one Node would have a
//! fingerprint for each namespace of their exporters.
use super::{
    alert::{Alert, Subject, Target},
    discovery::{Discovery, Kind},
    lookup::{Found, LookupError, Lookups},
    names::{is_label_of_a_name, is_object_name},
    owner, scope,
};
use crate::{
    api_client::ApiClient,
    clock::SharedClock,
    metrics::{Metrics, OTHER, OwnerLabels},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Label keys that have a meaning of their own in Prometheus.
const RESERVED: [&str; 6] = ["job", "service", "instance", "endpoint", "container", "namespace"];

/// Why the target of an alert is unknown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// No label names an object of a kind that the API server serves. A retry cannot help.
    #[error("no label names a Kubernetes resource: add one such as deployment, pod or node to the alert")]
    Unknown,
    /// The kinds that the API server serves are not known yet.
    #[error("API discovery has not been loaded yet")]
    DiscoveryMissing,
    /// The API server did not answer.
    #[error(transparent)]
    LookupFailed(#[from] LookupError),
}

/// Resolves targets; one per application.
pub struct Targets {
    lookups: Lookups,
    discovery: Mutex<Option<Arc<Discovery>>>,
    metrics: Arc<Metrics>,
}

impl Targets {
    /// Without any kinds until [`Targets::set_discovery`].
    pub fn new(client: ApiClient, clock: SharedClock, metrics: Arc<Metrics>) -> Self {
        Self { lookups: Lookups::new(client, clock, metrics.clone()), discovery: Mutex::default(), metrics }
    }

    /// The latest snapshot of the kinds that the API server serves.
    pub fn discovery(&self) -> Option<Arc<Discovery>> {
        self.discovery.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the snapshot.
    pub fn set_discovery(&self, discovery: Discovery) {
        *self.discovery.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(discovery));
    }

    /// The top-level owner of the object that `alert` is about.
    pub async fn resolve(&self, alert: &Alert) -> Result<Target, TargetError> {
        let discovery = self.discovery().ok_or(TargetError::DiscoveryMissing)?;
        let named = match &alert.subject {
            Subject::Object(target) => named_object(&discovery, target),
            Subject::Labels => self.labelled(&discovery, &alert.labels).await?,
        };
        let known = discovery.by_kind(&named.kind, named.api_version.as_deref());
        // The sender of an event chooses its kind, and must not choose the number of time series.
        let kind = known.map_or_else(|| OTHER.to_owned(), |known| known.kind.clone());
        let owner = owner::resolve(&self.lookups, &discovery, named).await;
        let outcome = if owner.is_ok() { "success" } else { "failed" };
        self.metrics.owner_resolution.get_or_create(&OwnerLabels { kind, outcome }).inc();
        Ok(owner?)
    }

    /// Whether `target`, a top-level owner, may be remediated.
    pub async fn is_managed(&self, target: &Target) -> Result<bool, TargetError> {
        let discovery = self.discovery().ok_or(TargetError::DiscoveryMissing)?;
        Ok(scope::is_managed(&self.lookups, &discovery, target).await?)
    }

    async fn labelled(&self, discovery: &Discovery, labels: &BTreeMap<String, String>) -> Result<Target, TargetError> {
        let candidates = candidates(discovery, labels);
        if let [only] = &candidates[..] {
            return Ok(only.target(labels));
        }
        for candidate in &candidates {
            let target = candidate.target(labels);
            let found = self.lookups.find(candidate.kind, &target.namespace, &target.name).await?;
            if *found != Found::Missing {
                return Ok(target);
            }
        }
        candidates.first().map(|first| first.target(labels)).ok_or(TargetError::Unknown)
    }
}

/// The object that an event names, completed with what discovery knows about its kind.
fn named_object(discovery: &Discovery, target: &Target) -> Target {
    let mut target = target.clone();
    if let Some(kind) = discovery.by_kind(&target.kind, target.api_version.as_deref()) {
        target.api_version = Some(kind.api_version());
        if !kind.namespaced {
            // Events about Nodes are recorded in `default`, and some exporters copy that namespace into the object.
            target.namespace.clear();
        } else if target.namespace.is_empty() {
            "default".clone_into(&mut target.namespace);
        }
    }
    target
}

struct Candidate<'a> {
    kind: &'a Arc<Kind>,
    name: &'a str,
}

impl Candidate<'_> {
    fn target(&self, labels: &BTreeMap<String, String>) -> Target {
        Target {
            kind: self.kind.kind.clone(),
            name: self.name.to_owned(),
            namespace: if self.kind.namespaced { namespace(labels).to_owned() } else { String::new() },
            api_version: Some(self.kind.api_version()),
        }
    }

    fn tier(&self) -> u8 {
        match self.kind.kind.as_str() {
            "Deployment" | "StatefulSet" | "DaemonSet" | "CronJob" | "DeploymentConfig" => 1,
            "Pod" | "Node" => 3,
            _ => 2,
        }
    }
}

/// The objects that labels name, best first.
fn candidates<'a>(discovery: &'a Discovery, labels: &'a BTreeMap<String, String>) -> Vec<Candidate<'a>> {
    let named = labels.iter().filter(|(key, name)| !RESERVED.contains(&key.as_str()) && is_object_name(name));
    let mut candidates: Vec<_> =
        named.filter_map(|(key, name)| Some(Candidate { kind: discovery.by_label(key)?, name })).collect();
    candidates.sort_by(|one, other| (one.tier(), &one.kind.kind).cmp(&(other.tier(), &other.kind.kind)));
    candidates
}

fn namespace(labels: &BTreeMap<String, String>) -> &str {
    let values = ["exported_namespace", "namespace"].into_iter().filter_map(|key| labels.get(key));
    values.map(String::as_str).find(|value| is_label_of_a_name(value)).unwrap_or("default")
}
