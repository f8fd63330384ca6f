//! Decides which episode comes next: a pure function of a lease and one quorum read of its episode's
//! RemediationRequest.
use super::{lease::LeaseRecord, request::RequestRecord};
use crate::config::REQUEST_LIFE_MAX;
use jiff::Timestamp;
use std::time::Duration;

/// How long a create of an episode may be issued, counted from before the call that showed the lease at that episode.
/// A constant, so that replicas with different configurations agree; no request to the gateway lives longer.
const ISSUE: Duration = REQUEST_LIFE_MAX;
/// How long a request to the API server may be under way: it takes effect within this time, or never.
const EFFECT: Duration = Duration::from_secs(60);
/// Covers monotonic clocks whose rates differ by 3 %, as for the expiry of a lock.
const MARGIN_DIVISOR: u64 = 30;
/// How long a lease that records "this episode's request was seen" must be unchanged before an episode whose request
/// has vanished is given up. No replica issues a create of an episode that it knows to be recorded so. So every create
/// was issued within [`ISSUE`] of that record, and has taken effect or never will.
pub(super) const COOLDOWN: Duration = {
    let seconds = ISSUE.as_secs() + EFFECT.as_secs();
    Duration::from_secs(seconds + seconds.div_ceil(MARGIN_DIVISOR))
};

/// Until when a create may be issued under a lease that a call sent at `sent` showed at its episode, not recorded as
/// seen. Both on the monotonic clock.
pub(super) fn issue_until(sent: Duration) -> Duration {
    sent + ISSUE
}

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

/// What is known of the past of an episode's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// Nothing: it may never have existed.
    Never,
    /// This writer saw it, and no other replica can know.
    Here,
    /// The lease records that it existed.
    Recorded,
}

/// Decides what follows on `episode` of a lease that is unchanged since `since` (monotonic clock), given its `request`.
pub(super) fn next(
    episode: u64,
    seen: Sight,
    request: Option<&RequestRecord>,
    since: Duration,
    (now, wall): (Duration, Timestamp),
) -> Episode {
    match request {
        Some(request) if request.is_active() && request.is_terminating() => Episode::AwaitDeletion,
        Some(request) if request.is_active() || request.is_suppressing(wall) => Episode::CountOn,
        Some(_) => Episode::Begin(episode.saturating_add(1)),
        // Never created, or created and deleted unnoticed: the name, and so the fence, is the same either way.
        None if seen == Sight::Never => Episode::Begin(episode),
        // Another replica that reads the lease now would still create it. The record comes first: it is written when
        // the lease is given back.
        None if seen == Sight::Here => Episode::AwaitCooldown { until: now + COOLDOWN },
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

    fn at(request: Option<Value>, seen: Sight, unchanged: u64) -> Episode {
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
            assert_eq!(at(phase(active), Sight::Never, 0), Episode::CountOn, "{active}");
        }
        for ended in ["Completed", "Failed", "TimedOut", "Skipped", "Cancelled"] {
            assert_eq!(at(phase(ended), Sight::Recorded, 0), Episode::Begin(6), "{ended}");
        }
        let review =
            json!({"status": {"overallPhase": "Failed", "completionStatus": {"outcome": "ManualReviewRequired"}}});
        assert_eq!(at(Some(review), Sight::Recorded, 0), Episode::CountOn);
    }

    #[test]
    fn deletion_is_waited_for() {
        let metadata = json!({"deletionTimestamp": "2026-01-01T00:00:00Z"});
        let going = |phase| json!({"metadata": metadata, "status": {"overallPhase": phase}});
        assert_eq!(at(Some(going("Executing")), Sight::Recorded, 0), Episode::AwaitDeletion);
        assert_eq!(
            at(Some(going("Completed")), Sight::Recorded, 0),
            Episode::Begin(6),
            "an ended request blocks nothing while it is being deleted"
        );
    }

    #[test]
    fn absent_request_decides_by_sight() {
        let seconds = Duration::from_secs;
        assert_eq!(at(None, Sight::Never, 0), Episode::Begin(5), "the same name until the request was seen");
        assert_eq!(at(None, Sight::Recorded, 123), Episode::AwaitCooldown { until: seconds(224) });
        assert_eq!(at(None, Sight::Recorded, 124), Episode::Begin(6));
        let unrecorded = Episode::AwaitCooldown { until: seconds(100 + 500 + 124) };
        assert_eq!(at(None, Sight::Here, 500), unrecorded, "what others cannot read never advances the episode");
    }

    #[test]
    fn cooldown_outlasts_every_create() {
        let slowest_issuer = issue_until(Duration::ZERO).mul_f64(1.03);
        let fastest_waiter = (slowest_issuer + EFFECT).mul_f64(1.0 / 0.999);
        assert!(COOLDOWN >= fastest_waiter, "{COOLDOWN:?} < {fastest_waiter:?}");
        assert!(issue_until(Duration::ZERO) >= REQUEST_LIFE_MAX, "a deadline that cuts no configured request short");
    }
}
