//! The reference to the object that a remediation is about.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Reference to one Kubernetes object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResourceIdentifier {
    /// Kind, as in `Deployment`.
    pub kind: String,
    /// Name of the object.
    pub name: String,
    /// Namespace; absent for cluster-scoped kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `group/version`, where a kind exists in several groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
}
