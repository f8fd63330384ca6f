//! Interference: what people with `kubectl`, other controllers and restored backups do to the gateway's objects.
//!
//! The protocol must survive some of it. The rest breaks what docs/protocol/argument.md assumes: scenarios use it to
//! show the consequence.
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One kind of interference with the objects of one fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Interference {
    /// Every active RemediationRequest is deleted. One that has ended may not be while a create of its name is under
    /// way.
    DeleteRequests {
        /// Time for which a finalizer keeps them terminating; zero deletes them at once.
        held: Duration,
    },
    /// Every RemediationRequest that has ended is deleted.
    DeleteEnded,
    /// The orchestrator ends an active RemediationRequest.
    EndRequest,
    /// The orchestrator ends an active RemediationRequest that a person must review.
    EndForReview,
    /// The review is no longer required.
    LiftReview,
    /// The conditions are set to what they were before the latest count.
    RestoreMarks,
    /// Another program garbles one of the gateway's conditions on every active RemediationRequest, in a numbered way.
    GarbleMarks(u8),
    /// Another program puts a finalizer on the lease, and takes it away later.
    PinLease {
        /// Time for which the finalizer stays.
        held: Duration,
    },
    /// The namespace of the RemediationRequests is deleted, and lasts for as long as something is in it.
    EndNamespace,
    /// Every RemediationRequest that has ended becomes active again.
    Revive,
    /// A client creates a RemediationRequest by hand, if it sees none that is active.
    CreateRequest,
    /// The conditions are erased, and with them the gateway's marks, but for the one that closes a request.
    EraseMarks,
    /// Every condition of each RemediationRequest that has ended is erased: one that was closed is open again.
    Reopen,
    /// occurrenceCount of every active RemediationRequest is overwritten.
    SetCount(u32),
    /// The lease is deleted, even if it is held.
    DeleteLease,
    /// A held lease is freed, as if one replica had seen it expire too early.
    FreeLease,
    /// Another fingerprint that shares the first 16 digits creates the lease.
    ClaimLease,
}
