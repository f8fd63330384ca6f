//! Payloads: bodies as Alertmanager and Kubernetes really send them, the objects that they are about, and the expected
//! fingerprints, which are computed here from the contract and not by the gateway.
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

const DEPLOYMENT_FIRING: &str = include_str!("../../payloads/alertmanager/deployment-replicas-mismatch-firing.json");
const DEPLOYMENT_RESOLVED: &str =
    include_str!("../../payloads/alertmanager/deployment-replicas-mismatch-resolved.json");
const PODS_FIRING: &str = include_str!("../../payloads/alertmanager/pod-crash-looping-group-of-3-firing.json");
const NODES_FIRING: &str = include_str!("../../payloads/alertmanager/node-not-ready-truncated-firing.json");
const EVENT_BACKOFF: &str = include_str!("../../payloads/events/backoff-warning.json");

/// Time in the recorded Event, replaced by the time of sending.
const EVENT_LAST_SEEN: &str = "2026-11-20T16:52:31Z";

/// Body of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Payload {
    /// One firing alert on the Deployment `payments/checkout`.
    Deployment,
    /// The same alert, resolved.
    DeploymentResolved,
    /// A group of three firing alerts: two Pods of the Deployment `payments/checkout`, one of the StatefulSet
    /// `payments/ledger`.
    GroupOfThree,
    /// Two Nodes, one with dots in its name, on the cluster `prod-eu`.
    Nodes,
    /// A Kubernetes Event on a Pod of the Deployment `default/checkout`.
    Event,
    /// One firing alert on the Deployment `payments/app-N`.
    Distinct(u16),
    /// A group of N firing alerts on the Deployments `payments/app-0`, `payments/app-1` and so on: a group as it grows.
    Group(u16),
}

/// One alert of a payload, as the oracle expects it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Expected fingerprint.
    pub fingerprint: Arc<str>,
    /// Whether the alert is resolved.
    pub resolved: bool,
}

/// The parts of a payload that are the same in every run.
struct Prepared {
    body: Bytes,
    alerts: Arc<[Alert]>,
}

impl Payload {
    /// Path to POST it to.
    pub fn path(self) -> &'static str {
        match self {
            Payload::Event => "/api/v1/signals/kubernetes-event",
            _ => "/api/v1/signals/prometheus",
        }
    }

    /// Body at the time `now`: an Event contains the time at which it was last seen, and the gateway refuses old ones.
    pub fn body(self, now: jiff::Timestamp) -> Bytes {
        let body = self.prepared().body.clone();
        match self {
            Payload::Event => {
                let text = String::from_utf8_lossy(&body);
                text.replace(EVENT_LAST_SEEN, &format!("{now:.0}")).into()
            }
            _ => body,
        }
    }

    /// Alerts in the body, in order.
    pub fn alerts(self) -> Arc<[Alert]> {
        Arc::clone(&self.prepared().alerts)
    }

    /// Body and alerts, computed once per process because every run sends the same.
    fn prepared(self) -> Arc<Prepared> {
        static PREPARED: Mutex<BTreeMap<Payload, Arc<Prepared>>> = Mutex::new(BTreeMap::new());
        let mut prepared = PREPARED.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = prepared.entry(self);
        Arc::clone(entry.or_insert_with(|| {
            Arc::new(Prepared { body: self.recorded_body(), alerts: self.expected_alerts().into() })
        }))
    }

    fn recorded_body(self) -> Bytes {
        match self {
            Payload::Deployment => compact(DEPLOYMENT_FIRING).into(),
            Payload::DeploymentResolved => compact(DEPLOYMENT_RESOLVED).into(),
            Payload::GroupOfThree => compact(PODS_FIRING).into(),
            Payload::Nodes => compact(NODES_FIRING).into(),
            Payload::Event => compact(EVENT_BACKOFF).into(),
            Payload::Distinct(number) => {
                let other = format!("\"deployment\":\"app-{number}\"");
                compact(DEPLOYMENT_FIRING).replace("\"deployment\":\"checkout\"", &other).into()
            }
            Payload::Group(alerts) => grouped(alerts).into(),
        }
    }

    fn expected_alerts(self) -> Vec<Alert> {
        let owners: Vec<String> = match self {
            Payload::Deployment | Payload::DeploymentResolved => vec!["payments:Deployment:checkout".into()],
            Payload::GroupOfThree => vec![
                "payments:Deployment:checkout".into(),
                "payments:Deployment:checkout".into(),
                "payments:StatefulSet:ledger".into(),
            ],
            Payload::Nodes => vec!["prod-eu::Node:worker-3".into(), "prod-eu::Node:worker-4.example.internal".into()],
            Payload::Event => vec!["default:Deployment:checkout".into()],
            Payload::Distinct(number) => vec![format!("payments:Deployment:app-{number}")],
            Payload::Group(alerts) => (0..alerts).map(|number| format!("payments:Deployment:app-{number}")).collect(),
        };
        let resolved = self == Payload::DeploymentResolved;
        owners.iter().map(|owner| Alert { fingerprint: fingerprint(owner), resolved }).collect()
    }

    /// Objects of the cluster that the alerts are about, with their owners.
    pub fn objects(self) -> Vec<Value> {
        match self {
            Payload::Deployment | Payload::DeploymentResolved => vec![deployment("payments", "checkout")],
            Payload::GroupOfThree => vec![
                deployment("payments", "checkout"),
                replica_set("payments", "checkout", "checkout-7d9c5b6f4d"),
                pod("payments", "ReplicaSet", "checkout-7d9c5b6f4d", "checkout-7d9c5b6f4d-x2x7q"),
                pod("payments", "ReplicaSet", "checkout-7d9c5b6f4d", "checkout-7d9c5b6f4d-l8k2m"),
                workload("StatefulSet", "payments", "ledger"),
                pod("payments", "StatefulSet", "ledger", "ledger-0"),
            ],
            Payload::Nodes => vec![
                json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker-3"}}),
                json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "worker-4.example.internal"}}),
            ],
            Payload::Event => vec![
                deployment("default", "checkout"),
                replica_set("default", "checkout", "checkout-7d9c5b6f4d"),
                pod("default", "ReplicaSet", "checkout-7d9c5b6f4d", "checkout-7d9c5b6f4d-x2x7q"),
            ],
            Payload::Distinct(number) => vec![deployment("payments", &format!("app-{number}"))],
            Payload::Group(alerts) => (0..alerts).flat_map(|number| Payload::Distinct(number).objects()).collect(),
        }
    }
}

/// Removes the indentation of a file: senders do not indent.
fn compact(file: &str) -> String {
    let mut in_string = false;
    let mut escaped = false;
    file.chars()
        .filter(|&c| {
            let keep = in_string || !c.is_whitespace();
            if c == '"' && !escaped {
                in_string = !in_string;
            }
            escaped = c == '\\' && !escaped;
            keep
        })
        .collect()
}

/// The notification of a group with this many alerts: their common labels do not include the Deployment.
fn grouped(alerts: u16) -> String {
    let mut body: Value = serde_json::from_str(DEPLOYMENT_FIRING).unwrap_or_default();
    let alert = body["alerts"][0].take();
    let member = |number: u16| {
        let mut alert = alert.clone();
        alert["labels"]["deployment"] = json!(format!("app-{number}"));
        alert["fingerprint"] = json!(format!("{number:016x}"));
        alert
    };
    body["alerts"] = (0..alerts).map(member).collect();
    if alerts != 1 {
        body["commonLabels"].as_object_mut().map(|common| common.remove("deployment"));
    } else {
        body["commonLabels"]["deployment"] = json!("app-0");
    }
    body.to_string()
}

/// The contract: hexadecimal SHA-256 of `[cluster:]namespace:kind:name` of the top-level owner.
pub fn fingerprint(owner: &str) -> Arc<str> {
    let hex: String = Sha256::digest(owner.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    Arc::from(hex)
}

fn object(api_version: &str, kind: &str, namespace: &str, name: &str) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"namespace": namespace, "name": name}})
}

fn deployment(namespace: &str, name: &str) -> Value {
    workload("Deployment", namespace, name)
}

/// A workload with a template that its selector matches.
fn workload(kind: &str, namespace: &str, name: &str) -> Value {
    let mut workload = object("apps/v1", kind, namespace, name);
    let labels = json!({"app": name});
    let template = json!({"metadata": {"labels": labels}, "spec": containers()});
    workload["spec"] = json!({"selector": {"matchLabels": labels}, "template": template});
    workload
}

fn containers() -> Value {
    json!({"containers": [{"name": "main", "image": "registry.example/main:1"}]})
}

fn owned(mut object: Value, api_version: &str, kind: &str, owner: &str) -> Value {
    // Owners have no uid yet when the fixtures are written; both gateways follow kind and name.
    object["metadata"]["ownerReferences"] = json!([{
        "apiVersion": api_version, "kind": kind, "name": owner, "controller": true,
        "uid": "00000000-0000-4000-8000-000000000000",
    }]);
    object
}

fn replica_set(namespace: &str, deployment: &str, name: &str) -> Value {
    owned(workload("ReplicaSet", namespace, name), "apps/v1", "Deployment", deployment)
}

fn pod(namespace: &str, owner_kind: &str, owner: &str, name: &str) -> Value {
    let mut pod = owned(object("v1", "Pod", namespace, name), "apps/v1", owner_kind, owner);
    pod["spec"] = containers();
    pod
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_follow_the_contract() {
        // printf 'payments:Deployment:checkout' | sha256sum
        assert_eq!(fingerprint("payments:Deployment:checkout").len(), 64);
        let group = Payload::GroupOfThree.alerts();
        assert_eq!(group[0], group[1]);
        assert_ne!(group[1], group[2]);
    }

    #[test]
    fn events_contain_the_time_of_sending() {
        let now = "2026-11-20T17:00:00Z".parse().expect("a timestamp");
        let body: Value = serde_json::from_slice(&Payload::Event.body(now)).expect("JSON");
        assert_eq!(body["lastTimestamp"], "2026-11-20T17:00:00Z");
    }

    #[test]
    fn bodies_are_compact_and_unchanged() {
        for file in [DEPLOYMENT_FIRING, DEPLOYMENT_RESOLVED, PODS_FIRING, NODES_FIRING, EVENT_BACKOFF] {
            let compact = compact(file);
            assert!(!compact.contains('\n') && compact.len() < file.len());
            let (before, after): (Value, Value) =
                (serde_json::from_str(file).expect("JSON"), serde_json::from_str(&compact).expect("JSON"));
            assert_eq!(before, after);
        }
    }

    #[test]
    fn growing_group_keeps_its_members() {
        let body = |alerts| -> Value { serde_json::from_slice(&Payload::Group(alerts).recorded_body()).expect("JSON") };
        let (two, three) = (body(2), body(3));
        assert_eq!(two["alerts"].as_array().map(Vec::len), Some(2));
        assert_eq!(two["alerts"][1], three["alerts"][1]);
        assert!(two["commonLabels"].get("deployment").is_none() && two["commonLabels"]["namespace"] == "payments");
        assert_eq!(Payload::Group(2).alerts()[1], Payload::Distinct(1).alerts()[0]);
    }

    #[test]
    fn distinct_bodies_name_their_deployment() {
        let body: Value =
            serde_json::from_slice(&Payload::Distinct(7).body(jiff::Timestamp::UNIX_EPOCH)).expect("JSON");
        assert_eq!(body["alerts"][0]["labels"]["deployment"], "app-7");
        assert_eq!(body["commonLabels"]["deployment"], "app-7");
    }
}
