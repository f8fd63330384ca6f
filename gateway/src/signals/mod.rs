//! A signal: one alert of one HTTP delivery, or one Kubernetes event, after parsing and owner resolution.
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// The Kubernetes object that a remediation is about: the top-level owner of what the alert names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Kind, as in `Deployment`; `Unknown` when no label names one.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// apiVersion, where discovery knew it.
    pub api_version: Option<String>,
}

/// One alert or event, normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// 64 lower-case hexadecimal digits; what deduplication is about.
    pub fingerprint: String,
    /// alertname, or the event's reason.
    pub name: String,
    /// Passed through; `unknown` when absent.
    pub severity: String,
    /// `prometheus` or `kubernetes-events`.
    pub source: &'static str,
    /// The resolved top-level owner.
    pub target: Target,
    /// `commonLabels["cluster"]`.
    pub cluster_id: Option<String>,
    /// When it began to fire.
    pub firing_time: Timestamp,
    /// When the gateway received it.
    pub received_time: Timestamp,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    pub annotations: BTreeMap<String, String>,
    /// The whole body of the delivery.
    pub payload: Arc<str>,
}
