//! Notifications: bodies as Alertmanager sends them, about the Deployments of a live run.
use crate::workload::payload::fingerprint;
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;

/// Path to POST notifications to.
pub const PATH: &str = "/api/v1/signals/prometheus";

/// Alerts about one or several Deployments, in one body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Numbers of the Deployments, `app-0` and so on.
    pub apps: Arc<[u16]>,
    /// Whether the alerts are resolved.
    pub resolved: bool,
}

impl Notification {
    /// One firing alert.
    pub fn firing(app: u16) -> Self {
        Self { apps: Arc::from([app]), resolved: false }
    }

    /// One resolved alert.
    pub fn resolved(app: u16) -> Self {
        Self { apps: Arc::from([app]), resolved: true }
    }

    /// A group of firing alerts.
    pub fn group(apps: &[u16]) -> Self {
        Self { apps: apps.into(), resolved: false }
    }

    /// The body, with alerts that began at `since`.
    pub fn body(&self, namespace: &str, since: &str) -> Bytes {
        let status = if self.resolved { "resolved" } else { "firing" };
        let ends = if self.resolved { since } else { "0001-01-01T00:00:00Z" };
        let common =
            json!({"alertname": "KubeDeploymentReplicasMismatch", "namespace": namespace, "severity": "warning"});
        let alert = |app: &u16| {
            let mut labels = common.clone();
            labels["deployment"] = json!(format!("app-{app}"));
            json!({
                "status": status, "labels": labels, "annotations": {"summary": "Replicas are missing."},
                "startsAt": since, "endsAt": ends, "generatorURL": "", "fingerprint": format!("{app:016x}"),
            })
        };
        let alerts: Vec<Value> = self.apps.iter().map(alert).collect();
        let body = json!({
            "version": "4", "groupKey": "{}:{alertname=\"KubeDeploymentReplicasMismatch\"}", "truncatedAlerts": 0,
            "status": status, "receiver": "kubernaut", "groupLabels": {"alertname": common["alertname"]},
            "commonLabels": common, "commonAnnotations": {}, "externalURL": "", "alerts": alerts,
        });
        body.to_string().into()
    }
}

/// The fingerprint of alerts about a Deployment.
pub fn fingerprint_of(namespace: &str, app: u16) -> Arc<str> {
    fingerprint(&format!("{namespace}:Deployment:app-{app}"))
}
