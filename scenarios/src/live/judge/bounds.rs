//! The invariants that a live run can judge, and the bounds that it is judged by.
use crate::live::history::Header;
use model::{Invariant, invariants::ALL, settings::Settings};

/// Prefix of the invariants of watch streams.
const OF_WATCHES: &str = "watch_";
/// Invariants that need to know which process wrote a lease, or when it ended.
const OF_PROCESSES: [&str; 3] = ["no_foreign_release", "holder_crash_recovers", "locks_are_reclaimed"];
const QUIET: &str = "quiet_is_quiet";

/// An invariant that was not judged: it neither held nor was violated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotJudged {
    /// Its id.
    pub invariant: &'static str,
    /// The reason.
    pub because: String,
}

impl NotJudged {
    pub(super) fn idle(invariant: &'static str) -> Self {
        Self { invariant, because: "nothing happened that it is about".to_owned() }
    }
}

/// The invariants to judge, and those that cannot be judged.
pub(super) fn judged(header: &Header) -> (Vec<Invariant>, Vec<NotJudged>) {
    let mut not_judged = Vec::new();
    let mut judged = ALL.to_vec();
    judged.retain(|invariant| match reason(invariant.id, header) {
        Some(because) => {
            not_judged.push(NotJudged { invariant: invariant.id, because });
            false
        }
        None => true,
    });
    (judged, not_judged)
}

fn reason(invariant: &str, header: &Header) -> Option<String> {
    let quiesce = Settings::of_the_protocol().quiesce;
    if invariant.starts_with(OF_WATCHES) {
        Some("the streams that the gateways read are not recorded".to_owned())
    } else if !header.proxied && OF_PROCESSES.contains(&invariant) {
        Some("a cluster does not say which process wrote a lease, or when it ended".to_owned())
    } else if !header.proxied && invariant == QUIET {
        Some("the gateways' API calls are not seen".to_owned())
    } else if invariant == QUIET && header.tail <= quiesce {
        let seconds = quiesce / 1_000_000;
        Some(format!("the run ended within {seconds} s of its last signal; --tail sets a longer time"))
    } else {
        None
    }
}

/// The bounds.
pub(super) fn settings(header: &Header) -> Settings {
    Settings {
        // Without proxies, commits are timed by the watch, which may report one sooner than another.
        clock_rate_bound_ppm: if header.proxied { 1_000 } else { 100_000 },
        // A pause between a decision and its write may last 33 s.
        suppression_tolerance: 70_000_000,
        crashes_only: header.crashes_only,
        accepted_at_least: 1,
        ..Settings::of_the_protocol()
    }
}
