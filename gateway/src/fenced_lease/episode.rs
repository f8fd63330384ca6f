//! Decides which episode comes next: a pure function of a lease and one quorum read of its episode's
//! RemediationRequest.
use super::{lease::LeaseRecord, request::RequestRecord};
use jiff::Timestamp;
use std::time::Duration;

/// How long a freed lease must be unchanged before an episode whose request has vanished is given up. It is longer than
/// any call to the API server lasts, so that no create of that episode can still be under way.
pub(super) const COOLDOWN: Duration = Duration::from_secs(60);

/// What to do about a lease that may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Episode {
    /// The episode's request takes signals.
    CountOn,
    /// The episode's request is active and being deleted: nothing may be created until it is gone.
    AwaitDeletion,
    /// Take the lease for this episode, and create its request.
    Begin(u64),
    /// The episode's request is gone, and a late create may still bring it back.
    AwaitCooldown {
        /// End of the cooldown, on the monotonic clock.
        until: Duration,
    },
}

/// Decides what follows on `episode` of a lease that is unchanged since `since` (monotonic clock), given its `request`.
///
/// `seen`: whether the request is known to have existed.
pub(super) fn next(
    episode: u64,
    seen: bool,
    request: Option<&RequestRecord>,
    since: Duration,
    (now, wall): (Duration, Timestamp),
) -> Episode {
    match request {
        Some(request) if request.is_active() && request.is_terminating() => Episode::AwaitDeletion,
        Some(request) if request.is_active() || request.is_suppressing(wall) => Episode::CountOn,
        Some(_) => Episode::Begin(episode.saturating_add(1)),
        // Never created, or created and deleted unnoticed: the name, and so the fence, is the same either way.
        None if !seen => Episode::Begin(episode),
        None if now >= since + COOLDOWN => Episode::Begin(episode.saturating_add(1)),
        None => Episode::AwaitCooldown { until: since + COOLDOWN },
    }
}

/// The episode that `lease` records, and whether its request was seen; `None` if the lease is not of this protocol.
pub(super) fn of_lease(lease: &LeaseRecord) -> Option<(u64, bool)> {
    Some((lease.episode()?, lease.seen()))
}

#[cfg(test)]
mod tests {
    use super::{super::request::parse, *};
    use serde_json::{Value, json};

    fn at(request: Option<Value>, seen: bool, unchanged: u64) -> Episode {
        let wall = "2026-01-02T03:04:05Z".parse().expect("a time");
        let (since, now) = (Duration::from_secs(100), Duration::from_secs(100 + unchanged));
        next(5, seen, request.map(parse).as_ref(), since, (now, wall))
    }

    fn phase(phase: &str) -> Option<Value> {
        Some(json!({"status": {"overallPhase": phase}}))
    }

    #[test]
    fn existing_request_decides_by_phase() {
        for active in ["", "Pending", "Verifying", "Blocked", "Unheard-of"] {
            assert_eq!(at(phase(active), false, 0), Episode::CountOn, "{active}");
        }
        for ended in ["Completed", "Failed", "TimedOut", "Skipped", "Cancelled"] {
            assert_eq!(at(phase(ended), true, 0), Episode::Begin(6), "{ended}");
        }
        let review =
            json!({"status": {"overallPhase": "Failed", "completionStatus": {"outcome": "ManualReviewRequired"}}});
        assert_eq!(at(Some(review), true, 0), Episode::CountOn);
    }

    #[test]
    fn deletion_is_waited_for() {
        let metadata = json!({"deletionTimestamp": "2026-01-01T00:00:00Z"});
        let going = |phase| json!({"metadata": metadata, "status": {"overallPhase": phase}});
        assert_eq!(at(Some(going("Executing")), true, 0), Episode::AwaitDeletion);
        assert_eq!(
            at(Some(going("Completed")), true, 0),
            Episode::Begin(6),
            "an ended request blocks nothing while it is being deleted"
        );
    }

    #[test]
    fn absent_request_decides_by_sight() {
        assert_eq!(at(None, false, 0), Episode::Begin(5), "the same name until the request was seen");
        assert_eq!(at(None, true, 59), Episode::AwaitCooldown { until: Duration::from_secs(160) });
        assert_eq!(at(None, true, 60), Episode::Begin(6));
    }
}
