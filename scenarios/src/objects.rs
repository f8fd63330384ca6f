//! The gateway's objects in the simulated cluster: their namespace, their paths and names, and the phases that end an
//! episode.
//!
//! The model and the gateway have their own list of terminal phases on purpose: the three must agree without sharing
//! code.
use serde_json::{Value, json};

/// Namespace of RemediationRequests, and of locks unless a scenario says otherwise.
pub const NAMESPACE: &str = "kubernaut-system";

/// Value of `status.overallPhase` after which a RemediationRequest is no longer active.
const TERMINAL_PHASES: &[&str] = &["Completed", "Failed", "TimedOut", "Skipped", "Cancelled"];

/// Whether a RemediationRequest in this phase has ended.
pub fn is_terminal(phase: &str) -> bool {
    TERMINAL_PHASES.contains(&phase)
}

/// Phase of a RemediationRequest; empty where the status has none.
pub fn phase_of(request: &Value) -> &str {
    request["status"]["overallPhase"].as_str().unwrap_or_default()
}

/// Path of all RemediationRequests.
pub fn requests_path() -> String {
    format!("/apis/kubernaut.ai/v1alpha1/namespaces/{NAMESPACE}/remediationrequests")
}

/// Path of this RemediationRequest.
pub fn request_path(request: &Value) -> String {
    format!("{}/{}", requests_path(), request["metadata"]["name"].as_str().unwrap_or_default())
}

/// Path of all locks.
pub fn leases_path() -> String {
    format!("/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases")
}

/// Name of a fingerprint's lock.
pub fn lease_name(fingerprint: &str) -> String {
    format!("gw-lock-{}", &fingerprint[..16])
}

/// The smallest RemediationRequest of a fingerprint that the schema allows, without a name.
pub fn smallest_request(fingerprint: &str) -> Value {
    let now = "2026-11-20T16:00:00Z";
    json!({
        "apiVersion": "kubernaut.ai/v1alpha1", "kind": "RemediationRequest",
        "spec": {
            "signalFingerprint": fingerprint, "signalName": "MadeByHand", "severity": "warning", "signalType": "alert",
            "targetType": "kubernetes", "firingTime": now, "receivedTime": now,
            "targetResource": {"kind": "Deployment", "name": "checkout", "namespace": "payments"},
        },
    })
}
