//! `status.phaseProgress`: when each phase began, and the objects that do its work.
use super::schema;
use k8s_openapi::{api::core::v1::ObjectReference, apimachinery::pkg::apis::meta::v1::Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Start times and child objects, written by the RemediationOrchestrator.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PhaseProgress {
    /// When Processing began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub processing_start_time: Option<Time>,
    /// When Analyzing began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub analyzing_start_time: Option<Time>,
    /// When Executing began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::time")]
    pub executing_start_time: Option<Time>,
    /// When Verifying ends at the latest.
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
    /// The child that is being waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::object_reference")]
    pub current_processing_ref: Option<ObjectReference>,
}
