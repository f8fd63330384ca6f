//! The object that the gateway POSTs for the first signal of an episode.
//!
//! It has no status: the API server would drop it, and the next write stores the count. It has no owner and no
//! finalizer.
use super::{
    resource::ResourceIdentifier,
    spec::{RemediationRequest, RemediationRequestSpec},
};
use crate::{clock::rfc3339_seconds, signals::Signal};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::ObjectMeta;
use serde::Serialize;
use std::collections::BTreeMap;

/// Label: the program that created the object.
pub const LABEL_MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Value of [`LABEL_MANAGED_BY`].
pub const LABEL_MANAGED_BY_VALUE: &str = "gateway-service";
/// Label: the part of Kubernaut that the object belongs to.
pub const LABEL_COMPONENT: &str = "app.kubernetes.io/component";
/// Value of [`LABEL_COMPONENT`].
pub const LABEL_COMPONENT_VALUE: &str = "remediation";
/// Annotation: when the signal was received, RFC 3339, UTC, seconds.
pub const CREATED_AT: &str = "kubernaut.ai/created-at";

/// The longest value of a Kubernetes label, in bytes.
const LABEL_VALUE_BYTES_MAX: usize = 63;
/// The longest value of an annotation, in bytes: just below the limit for all annotations of an object together.
const ANNOTATION_VALUE_BYTES_MAX: usize = 262_000;

/// The RemediationRequest that `signal` begins.
pub fn new_request(signal: &Signal, name: &str, namespace: &str) -> RemediationRequest {
    let metadata = ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(namespace.to_owned()),
        labels: Some(BTreeMap::from([
            (LABEL_MANAGED_BY.to_owned(), LABEL_MANAGED_BY_VALUE.to_owned()),
            (LABEL_COMPONENT.to_owned(), LABEL_COMPONENT_VALUE.to_owned()),
        ])),
        annotations: Some(BTreeMap::from([(CREATED_AT.to_owned(), rfc3339_seconds(signal.received_time))])),
        ..ObjectMeta::default()
    };
    RemediationRequest { metadata, spec: spec(signal), status: None }
}

fn spec(signal: &Signal) -> RemediationRequestSpec {
    let labels = cut_values(&signal.labels, LABEL_VALUE_BYTES_MAX);
    RemediationRequestSpec {
        signal_fingerprint: signal.fingerprint.clone(),
        signal_name: signal.name.clone(),
        severity: signal.severity.clone(),
        signal_type: "alert".to_owned(),
        signal_source: Some(signal.source.to_owned()),
        target_type: "kubernetes".to_owned(),
        target_resource: ResourceIdentifier {
            kind: signal.target.kind.clone(),
            name: signal.target.name.clone(),
            namespace: present(&signal.target.namespace),
            api_version: signal.target.api_version.clone(),
        },
        cluster_id: signal.cluster_id.clone(),
        firing_time: Time(signal.firing_time),
        received_time: Time(signal.received_time),
        provider_data: Some(provider_data(&signal.target.namespace, &labels)),
        signal_labels: Some(labels).filter(|labels| !labels.is_empty()),
        signal_annotations: Some(cut_values(&signal.annotations, ANNOTATION_VALUE_BYTES_MAX))
            .filter(|annotations| !annotations.is_empty()),
        original_payload: Some(signal.payload.to_string()),
    }
}

fn provider_data(namespace: &str, labels: &BTreeMap<String, String>) -> String {
    #[derive(Serialize)]
    struct ProviderData<'a> {
        namespace: &'a str,
        labels: &'a BTreeMap<String, String>,
    }
    serde_json::to_string(&ProviderData { namespace, labels }).expect("maps of strings always serialise")
}

fn present(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

fn cut_values(values: &BTreeMap<String, String>, bytes_max: usize) -> BTreeMap<String, String> {
    values.iter().map(|(key, value)| (key.clone(), cut(value, bytes_max).to_owned())).collect()
}

/// The longest prefix of `text` of at most `bytes_max` bytes that ends between two characters.
fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = bytes_max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::Target;

    fn signal() -> Signal {
        Signal {
            fingerprint: "ab".repeat(32),
            name: "KubePodCrashLooping".into(),
            severity: "warning".into(),
            source: "prometheus",
            target: Target {
                kind: "Deployment".into(),
                name: "checkout".into(),
                namespace: "payments".into(),
                api_version: Some("apps/v1".into()),
            },
            cluster_id: None,
            firing_time: "2026-11-20T16:52:14.877960485Z".parse().expect("a timestamp"),
            received_time: "2026-11-20T16:53:00.999Z".parse().expect("a timestamp"),
            labels: BTreeMap::from([("pod".into(), "checkout-1".into())]),
            annotations: BTreeMap::new(),
            payload: "{}".into(),
            delivery_key: None,
            notification_key: None,
        }
    }

    #[test]
    fn request_carries_what_clients_read() {
        let request = serde_json::to_value(new_request(&signal(), "rr-1", "kubernaut-system")).expect("JSON");
        let expected = serde_json::json!({
            "apiVersion": "kubernaut.ai/v1alpha1",
            "kind": "RemediationRequest",
            "metadata": {
                "name": "rr-1",
                "namespace": "kubernaut-system",
                "labels": {
                    "app.kubernetes.io/managed-by": "gateway-service",
                    "app.kubernetes.io/component": "remediation",
                },
                "annotations": { "kubernaut.ai/created-at": "2026-11-20T16:53:00Z" },
            },
            "spec": {
                "signalFingerprint": "ab".repeat(32),
                "signalName": "KubePodCrashLooping",
                "severity": "warning",
                "signalType": "alert",
                "signalSource": "prometheus",
                "targetType": "kubernetes",
                "targetResource": {
                    "kind": "Deployment", "name": "checkout", "namespace": "payments", "apiVersion": "apps/v1",
                },
                "firingTime": "2026-11-20T16:52:14Z",
                "receivedTime": "2026-11-20T16:53:00Z",
                "signalLabels": { "pod": "checkout-1" },
                "providerData": r#"{"namespace":"payments","labels":{"pod":"checkout-1"}}"#,
                "originalPayload": "{}",
            },
        });
        assert_eq!(request, expected);
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let mut signal = signal();
        signal.labels = BTreeMap::from([("a".into(), "x".repeat(64)), ("b".into(), format!("{}é", "x".repeat(62)))]);
        signal.annotations = BTreeMap::from([("c".into(), "é".repeat(200_000))]);
        let spec = new_request(&signal, "rr-1", "ns").spec;
        let labels = spec.signal_labels.expect("labels");
        assert_eq!(labels["a"], "x".repeat(63));
        assert_eq!(labels["b"], "x".repeat(62));
        assert_eq!(spec.signal_annotations.expect("annotations")["c"].len(), 262_000);
    }

    #[test]
    fn cluster_scoped_target_has_no_namespace() {
        let mut signal = signal();
        signal.target.namespace.clear();
        let request = serde_json::to_value(new_request(&signal, "rr-1", "ns")).expect("JSON");
        assert_eq!(request["spec"]["targetResource"].get("namespace"), None);
    }
}
