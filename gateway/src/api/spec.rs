//! The resource and its spec: the signal that began it, which never changes after creation.
#![expect(clippy::duplicated_attributes, reason = "each printer column repeats the keys of the one before")]
use super::{resource::ResourceIdentifier, schema, status::RemediationRequestStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The signal that began the request. The whole spec is immutable: it records an event, and its children rely on it.
#[derive(CustomResource, JsonSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "kubernaut.ai",
    version = "v1alpha1",
    kind = "RemediationRequest",
    plural = "remediationrequests",
    singular = "remediationrequest",
    shortname = "rr",
    namespaced,
    status = "RemediationRequestStatus",
    derive = "PartialEq",
    doc = "One remediation of one fault: created by the gateway for the first signal of a fingerprint, worked \
        on by the RemediationOrchestrator.",
    selectable = ".spec.signalFingerprint",
    selectable = ".spec.signalType",
    selectable = ".spec.severity",
    selectable = ".spec.clusterID",
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.overallPhase"),
    printcolumn(name = "Outcome", type_ = "string", json_path = ".status.completionStatus.outcome"),
    printcolumn(name = "Alert", type_ = "string", json_path = ".spec.signalName"),
    printcolumn(name = "RCA Target", type_ = "string", json_path = ".status.workflowSelection.targetDisplay"),
    printcolumn(name = "Workflow", type_ = "string", json_path = ".status.workflowSelection.workflowDisplayName"),
    printcolumn(name = "Confidence", type_ = "string", json_path = ".status.workflowSelection.confidence"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.clusterID", priority = 1),
    printcolumn(name = "Source", type_ = "string", json_path = ".spec.signalSource", priority = 1),
    printcolumn(name = "Signal NS", type_ = "string", json_path = ".spec.targetResource.namespace", priority = 1),
    printcolumn(
        name = "Signal Target",
        type_ = "string",
        json_path = ".status.workflowSelection.signalTargetDisplay",
        priority = 1
    ),
    printcolumn(
        name = "RCA NS",
        type_ = "string",
        json_path = ".status.workflowSelection.remediationTarget.namespace",
        priority = 1
    )
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [{
    "rule": "self == oldSelf",
    "message": "spec is immutable after creation (ADR-001)",
}]))]
pub struct RemediationRequestSpec {
    /// Identity for deduplication: SHA-256 of the target, 64 lower-case hexadecimal digits.
    #[schemars(length(max = 64), regex(pattern = "^[a-f0-9]{64}$"))]
    #[schemars(extend("x-kubernetes-validations" = [{
        "rule": "self == oldSelf",
        "message": "signalFingerprint is immutable",
    }]))]
    pub signal_fingerprint: String,
    /// The alert's name, or the event's reason.
    #[schemars(length(max = 253))]
    pub signal_name: String,
    /// Severity as the sender spelt it.
    #[schemars(length(min = 1, max = 50))]
    pub severity: String,
    /// Type of the signal: `alert`.
    pub signal_type: String,
    /// Adapter that received the signal: `prometheus` or `kubernetes-events`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub signal_source: Option<String>,
    /// Platform of the target.
    #[schemars(extend("enum" = ["kubernetes", "aws", "azure", "gcp", "datadog"]))]
    pub target_type: String,
    /// The object to remediate: the top-level owner of the object that the signal named.
    pub target_resource: ResourceIdentifier,
    /// The cluster that the signal came from; absent for the local one.
    #[serde(rename = "clusterID", default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub cluster_id: Option<String>,
    /// Time at which the fault began, according to the sender.
    #[schemars(schema_with = "schema::time")]
    pub firing_time: Time,
    /// Time at which the gateway received the signal.
    #[schemars(schema_with = "schema::time")]
    pub received_time: Time,
    /// The signal's labels; values are cut at 63 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_labels: Option<BTreeMap<String, String>>,
    /// The signal's annotations; values are cut at 262,000 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_annotations: Option<BTreeMap<String, String>>,
    /// Data for the platform's own controllers, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_data: Option<String>,
    /// The whole body of the delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_payload: Option<String>,
}
