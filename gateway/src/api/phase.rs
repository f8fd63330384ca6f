//! Which phases end a RemediationRequest.
//!
//! Only the listed terminal phases end a request. An empty or unknown phase is active, so that a new phase of a newer
//! orchestrator cannot make the gateway create a second request beside one in progress.

/// The values that the schema allows for `status.overallPhase`, in the order of a request's life.
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
