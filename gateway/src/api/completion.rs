//! `status.completionStatus`: how a remediation ended, and which notifications were sent.
use super::schema;
use k8s_openapi::{api::core::v1::ObjectReference, apimachinery::pkg::apis::meta::v1::Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The outcome of a request that, after its end, suppresses new ones until it is deleted.
pub const OUTCOME_MANUAL_REVIEW_REQUIRED: &str = "ManualReviewRequired";

/// Result of the remediation, written by the RemediationOrchestrator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CompletionStatus {
    /// Phase that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = [
        "Configuration",
        "SignalProcessing",
        "AIAnalysis",
        "Approval",
        "WorkflowExecution",
        "Blocked",
        "Deduplicated",
    ]))]
    pub failure_phase: Option<String>,
    /// Reason of the failure, as text for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Whether a person must review the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_manual_review: Option<bool>,
    /// Outcome of the remediation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = [
        "Remediated",
        "NoActionRequired",
        OUTCOME_MANUAL_REVIEW_REQUIRED,
        "VerificationTimedOut",
        "Inconclusive",
        "DryRun",
    ]))]
    pub outcome: Option<String>,
    /// Phase that timed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::phase")]
    pub timeout_phase: Option<String>,
    /// Time at which the phase timed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub timeout_time: Option<Time>,
    /// Notifications that were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::object_references")]
    pub notification_request_refs: Option<Vec<ObjectReference>>,
    /// Status of the latest notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["Pending", "InProgress", "Sent", "Failed", "Cancelled"]))]
    pub notification_status: Option<String>,
    /// Whether a request for approval was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_notification_sent: Option<bool>,
}
