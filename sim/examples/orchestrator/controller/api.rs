//! The two kinds: a remediation that a client asked for, and the execution of its workflow.
//!
//! They have of Kubernaut's RemediationRequest and WorkflowExecution what the resource lock is about, and nothing else.
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, Resource, ResourceExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Label of an execution: the key of its target.
pub(crate) const TARGET_LABEL: &str = "kubernaut.ai/target";
/// Finalizer of a remediation: it is gone only when nothing can be created for it any more.
pub(crate) const FINALIZER: &str = "kubernaut.ai/turn";

/// A remediation of one target.
#[derive(CustomResource, Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kubernaut.ai",
    version = "v1alpha1",
    kind = "RemediationRequest",
    namespaced,
    status = "RemediationStatus"
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RemediationSpec {
    /// Resource to remediate, e.g. `shop/Deployment/cart`.
    pub(crate) target: String,
}

/// State of a remediation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RemediationStatus {
    /// The phase.
    #[serde(default)]
    pub(crate) phase: RemediationPhase,
    /// The turn of its target that it has taken or tries to take. It is recorded before the execution is created.
    pub(crate) turn: Option<u64>,
    /// Name of its execution, once that exists.
    pub(crate) execution: Option<String>,
    /// Reason for the phase, in a sentence.
    pub(crate) message: Option<String>,
}

/// Phase of a remediation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum RemediationPhase {
    /// Nothing runs for it yet.
    #[default]
    Pending,
    /// Its target is busy.
    Blocked,
    /// Its execution exists.
    Executing,
    /// Its execution has succeeded.
    Completed,
    /// Its execution has failed or was cancelled.
    Failed,
}

/// One run of a workflow on a target.
#[derive(CustomResource, Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kubernaut.ai",
    version = "v1alpha1",
    kind = "WorkflowExecution",
    namespaced,
    status = "ExecutionStatus"
)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutionSpec {
    /// Resource that the workflow changes.
    pub(crate) target: String,
    /// Number of the turn among the executions on this target.
    pub(crate) turn: u64,
    /// Name of the remediation that it belongs to.
    pub(crate) remediation: String,
    /// Uid of that remediation: a later one may have the same name.
    pub(crate) remediation_uid: String,
    /// Whether it shall stop; one that was created so never starts.
    #[serde(default)]
    pub(crate) cancelled: bool,
}

/// State of an execution. The program that runs workflows writes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutionStatus {
    /// The phase.
    #[serde(default)]
    pub(crate) phase: ExecutionPhase,
    /// Time at which it ended.
    #[schemars(with = "Option<String>")]
    pub(crate) completed_at: Option<Time>,
}

/// Phase of an execution. Completed, Failed and Cancelled are final.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum ExecutionPhase {
    /// It has not started.
    #[default]
    Pending,
    /// It changes its target.
    Running,
    /// It has succeeded.
    Completed,
    /// It has failed.
    Failed,
    /// It was stopped, or never started.
    Cancelled,
}

impl RemediationRequest {
    /// Uid, which a stored object has.
    pub(crate) fn id(&self) -> String {
        self.uid().unwrap_or_default()
    }

    pub(crate) fn phase(&self) -> RemediationPhase {
        self.status.as_ref().map(|status| status.phase).unwrap_or_default()
    }

    pub(crate) fn turn(&self) -> Option<u64> {
        self.status.as_ref().and_then(|status| status.turn)
    }

    /// Whether its phase is final.
    pub(crate) fn ended(&self) -> bool {
        matches!(self.phase(), RemediationPhase::Completed | RemediationPhase::Failed)
    }

    pub(crate) fn terminating(&self) -> bool {
        self.meta().deletion_timestamp.is_some()
    }
}

impl WorkflowExecution {
    pub(crate) fn phase(&self) -> ExecutionPhase {
        self.status.as_ref().map(|status| status.phase).unwrap_or_default()
    }

    /// Whether its phase is final.
    pub(crate) fn ended(&self) -> bool {
        !matches!(self.phase(), ExecutionPhase::Pending | ExecutionPhase::Running)
    }

    pub(crate) fn is_of(&self, remediation: &RemediationRequest) -> bool {
        self.spec.remediation_uid == remediation.id()
    }
}

/// Key of a target in names and labels: the first 16 hexadecimal digits of its SHA-256.
pub(crate) fn target_key(target: &str) -> String {
    Sha256::digest(target)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
