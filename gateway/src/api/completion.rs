//! `status.completionStatus`: how a remediation ended, and which notifications were sent.
use super::schema;
use k8s_openapi::{api::core::v1::ObjectReference, apimachinery::pkg::apis::meta::v1::Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The outcome of a request that, after its end, suppresses new ones until it is deleted.
pub const OUTCOME_MANUAL_REVIEW_REQUIRED: &str = "ManualReviewRequired";

/// How it ended, written by the RemediationOrchestrator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct CompletionStatus {
    /// The step that failed.
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
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<String>,
    /// Whether somebody must look at it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_manual_review: Option<bool>,
    /// The result.
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
    /// The phase whose timeout passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::phase")]
    pub timeout_phase: Option<String>,
    /// When it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub timeout_time: Option<Time>,
    /// Notifications that were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::object_references")]
    pub notification_request_refs: Option<Vec<ObjectReference>>,
    /// How the latest of them fared.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["Pending", "InProgress", "Sent", "Failed", "Cancelled"]))]
    pub notification_status: Option<String>,
    /// Whether somebody was asked to approve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval_notification_sent: Option<bool>,
}
