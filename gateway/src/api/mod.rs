//! The RemediationRequest custom resource, `kubernaut.ai/v1alpha1`: the same group, names, schema and rules as the CRD
//! that the rest of Kubernaut is built on, so that either definition can replace the other.
//!
//! The gateway owns `status.deduplication` and two entries of `status.conditions`; the RemediationOrchestrator owns the
//! rest of the status. Enumerations are plain strings here, and enums only in the schema: a phase or outcome that this
//! version does not know must still parse, and counts as active. A whole status is never written back, because that
//! would drop unknown fields.
//!
//! Doc comments of types and fields are the descriptions in the CustomResourceDefinition.
mod completion;
mod crd;
mod phase;
mod progress;
mod request;
mod resource;
mod routing;
mod schema;
mod spec;
mod status;
mod workflow;

pub use completion::{CompletionStatus, OUTCOME_MANUAL_REVIEW_REQUIRED};
pub use crd::crd;
pub use phase::is_terminal;
pub use progress::PhaseProgress;
pub use request::{
    CREATED_AT, LABEL_COMPONENT, LABEL_COMPONENT_VALUE, LABEL_MANAGED_BY, LABEL_MANAGED_BY_VALUE, new_request,
};
pub use resource::ResourceIdentifier;
pub use routing::RoutingStatus;
pub use spec::{RemediationRequest, RemediationRequestSpec};
pub use status::{Deduplication, OperatorAudit, RemediationRequestStatus, TimeoutConfig};
pub use workflow::{SelectedWorkflow, WorkflowSelection};
