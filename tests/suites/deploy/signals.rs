//! Signals about objects of every kind that the gateway may read.
use jiff::Timestamp;
use serde_json::{Value, json};

/// A firing alert.
pub(crate) fn alert(labels: &Value) -> Value {
    let mut labels = labels.clone();
    (labels["alertname"], labels["severity"]) = ("DeployTest".into(), "warning".into());
    json!({"status": "firing", "labels": labels})
}

/// An Alertmanager webhook with these alerts.
pub(crate) fn group(alerts: &[Value], now: Timestamp) -> String {
    let mut alerts = alerts.to_vec();
    for alert in &mut alerts {
        (alert["startsAt"], alert["endsAt"]) = (now.to_string().into(), "0001-01-01T00:00:00Z".into());
        (alert["annotations"], alert["fingerprint"]) = (json!({}), "c8eb1a2320add7e4".into());
        alert["generatorURL"] = "http://prometheus.example".into();
    }
    let group = json!({
        "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing", "receiver": "gateway",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "alerts": alerts,
        "externalURL": "http://alertmanager.example",
    });
    group.to_string()
}

/// A Kubernetes Event about an object.
pub(crate) fn event(api_version: &str, kind: &str, namespace: &str, name: &str, now: Timestamp) -> String {
    let object = json!({"apiVersion": api_version, "kind": kind, "namespace": namespace, "name": name});
    let event = json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": format!("{name}.17f"), "namespace": namespace},
        "involvedObject": object, "reason": "BackOff", "message": "it fails", "type": "Warning", "count": 1,
        "firstTimestamp": format!("{now:.0}"), "lastTimestamp": format!("{now:.0}"), "source": {"component": "kubelet"},
    });
    event.to_string()
}
