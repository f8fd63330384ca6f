//! `status.workflowSelection`: the workflow that the analysis chose, its target, and how kubectl shows them.
use super::{resource::ResourceIdentifier, schema};
use k8s_openapi::api::core::v1::ObjectReference;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The chosen workflow and its target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowSelection {
    /// The chosen workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected_workflow_ref: Option<SelectedWorkflow>,
    /// The WorkflowExecution that runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::object_reference")]
    pub execution_ref: Option<ObjectReference>,
    /// The object that the analysis found to be the cause; may differ from the signal's target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation_target: Option<ResourceIdentifier>,
    /// The cause, as kubectl shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_display: Option<String>,
    /// The analysis' confidence, as in `0.97`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    /// Name of the workflow, as kubectl shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_display_name: Option<String>,
    /// The signal's target, as kubectl shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal_target_display: Option<String>,
}

/// A workflow of the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SelectedWorkflow {
    /// Id of the workflow.
    pub workflow_id: String,
    /// Version of the workflow.
    pub version: String,
    /// OCI bundle to execute.
    pub execution_bundle: String,
    /// Digest of the bundle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_bundle_digest: Option<String>,
}
