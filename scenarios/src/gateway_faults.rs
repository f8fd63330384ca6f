//! Faults of a gateway's environment: the library does not have them, and counts them by these names.

/// The orchestrator ends a RemediationRequest.
pub const REQUEST_ENDS: &str = "request-ends";
/// A third party frees a lease that is held.
pub const LEASE_STOLEN: &str = "lease-stolen";
/// A third party deletes a RemediationRequest.
pub const REQUEST_DELETED: &str = "request-deleted";
/// A third party erases what the gateway keeps in a status.
pub const MARKS_ERASED: &str = "marks-erased";

/// The orchestrator ends a RemediationRequest that a person must review.
pub const REVIEW_REQUIRED: &str = "review-required";
/// The review of a RemediationRequest is no longer required.
pub const REVIEW_LIFTED: &str = "review-lifted";

/// Every name, with what the fault does, in a sentence.
pub const ALL: &[(&str, &str)] = &[
    (REQUEST_ENDS, "The orchestrator ends a RemediationRequest while signals are under way."),
    (LEASE_STOLEN, "A third party frees a lease that is held."),
    (REQUEST_DELETED, "A third party deletes a RemediationRequest."),
    (MARKS_ERASED, "A third party erases what the gateway keeps in a status."),
    (REVIEW_REQUIRED, "A RemediationRequest ends so that a person must review it: it suppresses others."),
    (REVIEW_LIFTED, "The review of a RemediationRequest is no longer required: it suppresses nothing."),
];
