//! Which phases end a RemediationRequest.
//!
//! A whitelist of the terminal ones: an empty phase, and one that this version has never heard of, is active, so that a newer
//! orchestrator's new phase cannot make the gateway open a second request beside one that is being worked on.

/// Every value that the schema admits for `status.overallPhase`, in the order of the life of a request.
pub(super) const PHASES: [&str; 12] = [
    "Pending",
    "Processing",
    "Analyzing",
    "AwaitingApproval",
    "Executing",
    "Verifying",
    "Blocked",
    "Completed",
    "Failed",
    "TimedOut",
    "Skipped",
    "Cancelled",
];

/// Whether `phase` ends the request for good.
pub fn is_terminal(phase: &str) -> bool {
    matches!(phase, "Completed" | "Failed" | "TimedOut" | "Skipped" | "Cancelled")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_phases_end_a_request() {
        let terminal: Vec<_> = PHASES.into_iter().filter(|phase| is_terminal(phase)).collect();
        assert_eq!(terminal, ["Completed", "Failed", "TimedOut", "Skipped", "Cancelled"]);
        for active in ["", "completed", "Remediating"] {
            assert!(!is_terminal(active), "{active:?} must count as active");
        }
    }
}
