//! The floor: the writes that a signal needs at least, sent to the API server without a gateway.
//!
//! They are about RemediationRequests like those that a gateway has made, in a namespace that no gateway watches, over
//! TLS connections that stay open.
use crate::live::{
    LiveError,
    cluster::{Api, watch::Kind},
    control_plane::Client,
};
use bytes::Bytes;
use http::{Request, header::CONTENT_TYPE};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// Namespace of the bare writes.
pub(super) const NAMESPACE: &str = "latency-floor";

/// Makes bare writes. Clones share connections.
#[derive(Clone)]
pub(super) struct Floor {
    client: Client,
    template: Arc<Value>,
    created: Arc<AtomicUsize>,
}

impl Floor {
    /// Copies what a gateway has made in a namespace.
    pub(super) async fn like(api: &Api, namespace: &str, client: Client) -> Result<Self, LiveError> {
        let list = api.get(&format!("{}?limit=1", Kind::Requests.path(namespace))).await?;
        let made = &list["items"][0];
        if made.is_null() {
            return Err(LiveError::Unusable(format!("no gateway has made a RemediationRequest in {namespace}")));
        }
        let metadata = json!({
            "namespace": NAMESPACE, "labels": made["metadata"]["labels"],
            "annotations": made["metadata"]["annotations"],
        });
        let template = json!({
            "apiVersion": made["apiVersion"], "kind": made["kind"], "metadata": metadata, "spec": made["spec"],
        });
        Ok(Self { client, template: template.into(), created: Arc::default() })
    }

    /// Creates one more RemediationRequest.
    pub(super) async fn create(&self) -> bool {
        self.create_numbered(self.created.fetch_add(1, Relaxed)).await
    }

    /// The writes of a new signal, each after the answer to the one before: a lease, a RemediationRequest, its count.
    pub(super) async fn create_in_three(&self) -> bool {
        let number = self.created.fetch_add(1, Relaxed);
        self.lock(number).await && self.create_numbered(number).await && self.patch(number, 1).await
    }

    /// Creates the lease that a gateway would hold.
    async fn lock(&self, number: usize) -> bool {
        let (fingerprint, now) = (fingerprint(number), "2026-01-01T00:00:00.000000Z");
        let annotations = json!({"kubernaut.ai/fingerprint": fingerprint, "kubernaut.ai/episode": "1"});
        let lease = json!({
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {
                "name": format!("gw-lock-{}", &fingerprint[..16]), "namespace": NAMESPACE,
                "labels": {"app.kubernetes.io/managed-by": "gateway-service"}, "annotations": annotations,
            },
            "spec": {
                "holderIdentity": "gw-0-0123456789abcdef_1", "leaseDurationSeconds": 30, "acquireTime": now,
                "renewTime": now, "leaseTransitions": 0,
            },
        });
        self.send("POST", &Kind::Leases.path(NAMESPACE), "application/json", &lease).await
    }

    async fn create_numbered(&self, number: usize) -> bool {
        let mut object = Value::clone(&self.template);
        object["metadata"]["name"] = json!(name(number));
        object["spec"]["signalFingerprint"] = json!(fingerprint(number));
        self.send("POST", &Kind::Requests.path(NAMESPACE), "application/json", &object).await
    }

    /// Number of RemediationRequests that were created.
    pub(super) fn created(&self) -> usize {
        self.created.load(Relaxed)
    }

    /// Patches the status of one of them, as a count does.
    pub(super) async fn patch(&self, number: usize, count: usize) -> bool {
        let now = "2026-01-01T00:00:00Z";
        let condition = json!({
            "type": "SignalsCounted", "status": "True", "reason": "Counted", "lastTransitionTime": now,
            "message": format!("base=0;gw-0={count}:{count}"),
        });
        let deduplication = json!({"firstSeenAt": now, "lastSeenAt": now, "occurrenceCount": count});
        let patch = json!({"status": {"deduplication": deduplication, "conditions": [condition]}});
        let path = format!("{}/{}/status", Kind::Requests.path(NAMESPACE), name(number));
        self.send("PATCH", &path, "application/merge-patch+json", &patch).await
    }

    async fn send(&self, method: &str, path: &str, kind: &str, body: &Value) -> bool {
        let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, kind);
        let Ok(request) = request.body(Bytes::from(body.to_string())) else { return false };
        self.client.call(request).await.is_ok_and(|answer| answer.status().is_success())
    }
}

fn name(number: usize) -> String {
    format!("rr-floor-{number}")
}

fn fingerprint(number: usize) -> String {
    Sha256::digest(name(number)).iter().map(|byte| format!("{byte:02x}")).collect()
}
