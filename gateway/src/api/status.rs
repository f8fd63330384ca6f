//! The status, its writers, and those of its parts that have no file of their own.
use super::{
    completion::CompletionStatus, progress::PhaseProgress, routing::RoutingStatus, schema, workflow::WorkflowSelection,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Progress of the remediation. The gateway writes `deduplication`, the RemediationOrchestrator the rest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RemediationRequestStatus {
    /// The generation that the orchestrator observed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Phase of the remediation. Completed, Failed, TimedOut, Skipped and Cancelled end it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::phase")]
    pub overall_phase: Option<String>,
    /// Description of the phase, as text for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Time at which the orchestrator began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub start_time: Option<Time>,
    /// Time at which the remediation ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub completed_at: Option<Time>,
    /// Time from which the ended request may be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub retention_expiry_time: Option<Time>,
    /// Occurrences of the fault. Only the gateway writes this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deduplication: Option<Deduplication>,
    /// Overrides of the orchestrator's timeouts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_config: Option<TimeoutConfig>,
    /// When each phase began, and the objects that do its work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase_progress: Option<PhaseProgress>,
    /// Reasons for skipping or blocking the remediation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing_status: Option<RoutingStatus>,
    /// Result of the remediation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_status: Option<CompletionStatus>,
    /// Manual changes by operators, and the target's state before the remediation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator_audit: Option<OperatorAudit>,
    /// Workflow that the analysis chose, and its target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_selection: Option<WorkflowSelection>,
    /// Conditions, one of each type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Option<Vec<Condition>>,
}

/// Occurrences of one fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Deduplication {
    /// Time of the first counted signal; never changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub first_seen_at: Option<Time>,
    /// Time of the latest counted signal; never goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub last_seen_at: Option<Time>,
    /// Number of signals counted on this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurrence_count: Option<i32>,
}

/// Timeouts of the phases, as Go durations (`1h30m`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TimeoutConfig {
    /// Timeout of the whole remediation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::duration")]
    pub global: Option<String>,
    /// Timeout of the phase Processing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::duration")]
    pub processing: Option<String>,
    /// Timeout of the phase Analyzing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::duration")]
    pub analyzing: Option<String>,
    /// Timeout of the phase Executing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::duration")]
    pub executing: Option<String>,
}

/// Changes made by operators.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperatorAudit {
    /// User who last changed the status manually.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified_by: Option<String>,
    /// Time of the last manual change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub last_modified_at: Option<Time>,
    /// Digest of the target's spec before the remediation changed it; immutable once set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = [{
        "rule": "oldSelf == '' || self == oldSelf",
        "message": "preRemediationSpecHash is immutable once set",
    }]))]
    pub pre_remediation_spec_hash: Option<String>,
}
