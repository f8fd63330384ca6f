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

/// A client writes a lease by hand.
pub const LEASE_BY_HAND: &str = "lease-by-hand";
/// A client creates a RemediationRequest by hand.
pub const REQUEST_BY_HAND: &str = "request-by-hand";
/// A RemediationRequest that has ended is deleted.
pub const ENDED_DELETED: &str = "ended-deleted";
/// A RemediationRequest that has ended becomes active again.
pub const CHANGED_BACK: &str = "changed-back";
/// A client overwrites a count.
pub const COUNT_OVERWRITTEN: &str = "count-overwritten";
/// The suppression of a RemediationRequest that has ended is changed.
pub const SUPPRESSION_CHANGED: &str = "suppression-changed";

/// A third party garbles what the gateway keeps in a status.
pub const MARKS_GARBLED: &str = "marks-garbled";
/// A third party puts a finalizer on a lease.
pub const LEASE_PINNED: &str = "lease-pinned";
/// The namespace of the RemediationRequests is deleted.
pub const NAMESPACE_ENDS: &str = "namespace-ends";

/// Those that only acts of a script make, with what they do, in a sentence.
pub const OF_ACTS: &[(&str, &str)] = &[
    (LEASE_BY_HAND, "A client writes a lease by hand."),
    (REQUEST_BY_HAND, "A client creates a RemediationRequest by hand."),
    (ENDED_DELETED, "A RemediationRequest that has ended is deleted."),
    (CHANGED_BACK, "A RemediationRequest that has ended becomes active again."),
    (COUNT_OVERWRITTEN, "A client overwrites a count."),
    (SUPPRESSION_CHANGED, "The suppression of a RemediationRequest that has ended is changed."),
    (LEASE_PINNED, "A third party puts a finalizer on a lease, so that a deletion of it lasts."),
];

/// Every name of a fault that may happen by chance, with what it does, in a sentence.
pub const ALL: &[(&str, &str)] = &[
    (REQUEST_ENDS, "The orchestrator ends a RemediationRequest while signals are under way."),
    (LEASE_STOLEN, "A third party frees a lease that is held."),
    (REQUEST_DELETED, "A third party deletes a RemediationRequest."),
    (MARKS_ERASED, "A third party erases what the gateway keeps in a status."),
    (MARKS_GARBLED, "A third party garbles what the gateway keeps in a status."),
    (REVIEW_REQUIRED, "A RemediationRequest ends so that a person must review it: it suppresses others."),
    (REVIEW_LIFTED, "The review of a RemediationRequest is no longer required: it suppresses nothing."),
];

/// Those that only scenarios of the catalogue have, with what they do, in a sentence: nothing follows on them.
pub const OF_CATALOGUE: &[(&str, &str)] = &[(NAMESPACE_ENDS, "The namespace of the RemediationRequests is deleted.")];

/// Every name of a fault, with what it does, in a sentence.
pub fn named() -> impl Iterator<Item = (&'static str, &'static str)> {
    ALL.iter().chain(OF_ACTS).chain(OF_CATALOGUE).copied()
}
