//! The wall clock of every host.

/// The simulated time at the start of a run.
const EPOCH: &str = "2026-11-20T16:53:00Z";

/// The simulated time at the start of a run.
pub(super) fn epoch() -> jiff::Timestamp {
    EPOCH.parse().expect("EPOCH is a timestamp")
}

/// The wall clock of every host.
pub(super) fn now() -> jiff::Timestamp {
    epoch() + turmoil::sim_elapsed().unwrap_or_default()
}
