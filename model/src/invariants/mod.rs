//! What must hold: one file per invariant, and the table of all of them.
//!
//! Safety invariants are judged at the fact that violates them, liveness invariants after the faults have stopped. An
//! invariant judges only what the facts show. For example, two tasks of one replica that share a lease without writing
//! it show only in what they do next.
mod accepted_means_active;
mod created_for_a_signal;
mod display;
mod every_signal_ends;
mod holder_crash_recovers;
mod locks_are_reclaimed;
mod no_foreign_release;
mod nothing_unprocessed_is_accepted;
mod occurrences_exact;
mod occurrences_monotonic;
mod one_active_request;
mod one_holder;
mod quiet_is_quiet;
mod redelivered_begins_nothing;
mod reply_tells_truth;
mod resolved_creates_nothing;
mod superseded_takes_no_counts;
mod suppressed_creates_nothing;
mod terminating_takes_no_counts;
mod watch_is_atomic;
mod watch_is_bookmarkable;
mod watch_is_ordered;
mod watch_is_reliable;
mod watch_is_resumable;
mod watch_is_unique;

pub use crate::check::{Invariant, Kind};

impl Invariant {
    /// The invariant with this id, if it exists.
    pub fn named(id: &str) -> Option<Self> {
        ALL.iter().copied().find(|invariant| invariant.id == id)
    }
}

/// Every invariant, safety first.
pub const ALL: &[Invariant] = &[
    one_active_request::INVARIANT,
    occurrences_exact::INVARIANT,
    occurrences_monotonic::INVARIANT,
    accepted_means_active::INVARIANT,
    created_for_a_signal::INVARIANT,
    terminating_takes_no_counts::INVARIANT,
    superseded_takes_no_counts::INVARIANT,
    suppressed_creates_nothing::INVARIANT,
    redelivered_begins_nothing::INVARIANT,
    reply_tells_truth::INVARIANT,
    one_holder::INVARIANT,
    no_foreign_release::INVARIANT,
    nothing_unprocessed_is_accepted::INVARIANT,
    resolved_creates_nothing::INVARIANT,
    watch_is_ordered::INVARIANT,
    watch_is_unique::INVARIANT,
    watch_is_atomic::INVARIANT,
    watch_is_reliable::INVARIANT,
    watch_is_resumable::INVARIANT,
    watch_is_bookmarkable::INVARIANT,
    holder_crash_recovers::INVARIANT,
    every_signal_ends::INVARIANT,
    locks_are_reclaimed::INVARIANT,
    quiet_is_quiet::INVARIANT,
];
