//! `status.phaseProgress`: when each phase began, and the objects that do its work.
use super::schema;
use k8s_openapi::{api::core::v1::ObjectReference, apimachinery::pkg::apis::meta::v1::Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Start times and child objects, written by the RemediationOrchestrator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PhaseProgress {
    /// Start of the phase Processing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub processing_start_time: Option<Time>,
    /// Start of the phase Analyzing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub analyzing_start_time: Option<Time>,
    /// Start of the phase Executing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub executing_start_time: Option<Time>,
    /// Deadline of the phase Verifying.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub verification_deadline: Option<Time>,
    /// The SignalProcessing child.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::object_reference")]
    pub signal_processing_ref: Option<ObjectReference>,
    /// The RemediationProcessing child.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::object_reference")]
    pub remediation_processing_ref: Option<ObjectReference>,
    /// The AIAnalysis child.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::object_reference")]
    pub ai_analysis_ref: Option<ObjectReference>,
    /// The WorkflowExecution child.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::object_reference")]
    pub workflow_execution_ref: Option<ObjectReference>,
    /// The EffectivenessAssessment child.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::object_reference")]
    pub effectiveness_assessment_ref: Option<ObjectReference>,
    /// The child that the remediation waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::object_reference")]
    pub current_processing_ref: Option<ObjectReference>,
}
