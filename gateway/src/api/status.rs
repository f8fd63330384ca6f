//! The status, its writers, and those of its parts that have no file of their own.
use super::{
    completion::CompletionStatus, progress::PhaseProgress, routing::RoutingStatus, schema, workflow::WorkflowSelection,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the remediation goes. `deduplication` is the gateway's, the rest the RemediationOrchestrator's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RemediationRequestStatus {
    /// The generation that the orchestrator last looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Where the remediation stands. Completed, Failed, TimedOut, Skipped and Cancelled end it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::phase")]
    pub overall_phase: Option<String>,
    /// What the phase means, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When the orchestrator began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub start_time: Option<Time>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub completed_at: Option<Time>,
    /// When a request that ended may be deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub retention_expiry_time: Option<Time>,
    /// How often the fault was signalled. Written by the gateway alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deduplication: Option<Deduplication>,
    /// Overrides of the orchestrator's timeouts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_config: Option<TimeoutConfig>,
    /// When each phase began, and the objects that do its work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase_progress: Option<PhaseProgress>,
    /// Why the remediation was skipped or is held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing_status: Option<RoutingStatus>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_status: Option<CompletionStatus>,
    /// What operators changed by hand, and the target's state before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator_audit: Option<OperatorAudit>,
    /// What the analysis decided to run, and on what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_selection: Option<WorkflowSelection>,
    /// One entry per type.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::conditions")]
    pub conditions: Option<Vec<Condition>>,
}

/// Occurrences of one fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Deduplication {
    /// When the first signal was counted; never changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub first_seen_at: Option<Time>,
    /// When the latest signal was counted; never goes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub last_seen_at: Option<Time>,
    /// How many signals were counted on this request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurrence_count: Option<i32>,
}

/// Timeouts of the phases, as Go durations (`1h30m`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TimeoutConfig {
    /// Of the whole remediation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::duration")]
    pub global: Option<String>,
    /// Of Processing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::duration")]
    pub processing: Option<String>,
    /// Of Analyzing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::duration")]
    pub analyzing: Option<String>,
    /// Of Executing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::duration")]
    pub executing: Option<String>,
}

/// Changes made by operators.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OperatorAudit {
    /// Who changed the status by hand last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified_by: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub last_modified_at: Option<Time>,
    /// Digest of the target's spec before the remediation touched it; fixed once set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = [{
        "rule": "oldSelf == '' || self == oldSelf",
        "message": "preRemediationSpecHash is immutable once set",
    }]))]
    pub pre_remediation_spec_hash: Option<String>,
}
