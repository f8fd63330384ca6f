//! `status.routingStatus`: why a remediation was skipped or is held back, and until when.
use super::schema;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Routing decisions of the RemediationOrchestrator. `next_allowed_execution` ahead of now makes a request that ended
/// go on suppressing new ones.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RoutingStatus {
    /// Why it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["RecentlyRemediated", "ResourceBusy", "ExhaustedRetries", "PreviousExecutionFailed"]))]
    pub skip_reason: Option<String>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_message: Option<String>,
    /// The WorkflowExecution that is in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocking_workflow_execution: Option<String>,
    /// The request that this one duplicates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<String>,
    /// How many requests were skipped because of this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::integer")]
    pub duplicate_count: Option<i64>,
    /// Their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_refs: Option<Vec<String>>,
    /// The WorkflowExecution whose outcome this request waits to inherit.
    #[serde(rename = "deduplicatedByWE", skip_serializing_if = "Option::is_none")]
    pub deduplicated_by_we: Option<String>,
    /// Why it is held back.
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
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_message: Option<String>,
    /// Until when it is held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub blocked_until: Option<Time>,
    /// Before this, no further remediation of the fingerprint begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub next_allowed_execution: Option<Time>,
    /// How many times in a row remediation of the fingerprint failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consecutive_failure_count: Option<i32>,
}
