//! `status.routingStatus`: why a remediation was skipped or is held back, and until when.
use super::schema;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Routing decisions of the RemediationOrchestrator. Until `nextAllowedExecution` an ended request suppresses new ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RoutingStatus {
    /// Reason for skipping the remediation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["RecentlyRemediated", "ResourceBusy", "ExhaustedRetries", "PreviousExecutionFailed"]))]
    pub skip_reason: Option<String>,
    /// Reason for skipping, as text for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_message: Option<String>,
    /// Name of the WorkflowExecution that blocks the remediation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocking_workflow_execution: Option<String>,
    /// Name of the request that this one duplicates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<String>,
    /// Number of requests skipped because of this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::integer")]
    pub duplicate_count: Option<i64>,
    /// Names of the requests skipped because of this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_refs: Option<Vec<String>>,
    /// The WorkflowExecution whose outcome this request waits to inherit.
    #[serde(rename = "deduplicatedByWE", skip_serializing_if = "Option::is_none")]
    pub deduplicated_by_we: Option<String>,
    /// Reason for blocking the remediation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = [
        "ConsecutiveFailures",
        "DuplicateInProgress",
        "ResourceBusy",
        "RecentlyRemediated",
        "ExponentialBackoff",
        "UnmanagedResource",
        "IneffectiveChain",
    ]))]
    pub block_reason: Option<String>,
    /// Reason for blocking, as text for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_message: Option<String>,
    /// Time until which the remediation is blocked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub blocked_until: Option<Time>,
    /// Time before which no other remediation of the fingerprint begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub next_allowed_execution: Option<Time>,
    /// Number of consecutive failed remediations of the fingerprint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consecutive_failure_count: Option<i32>,
}
