//! The RemediationRequest custom resource.
