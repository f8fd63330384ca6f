//! What must hold: one file per invariant, and the table of all of them.
//!
//! Safety invariants are judged at the fact that breaks them, liveness after the faults have stopped. An invariant says
//! nothing about what cannot be seen in the facts: two tasks of one replica that share a lease without writing it, say, only
//! show in what they do next.
mod accepted_means_active;
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
mod reply_tells_truth;
mod resolved_creates_nothing;
mod tally;
mod watch_is_atomic;
mod watch_is_bookmarkable;
mod watch_is_ordered;
mod watch_is_reliable;
mod watch_is_resumable;
mod watch_is_unique;
mod wording;

use crate::{
    settings::Settings,
    state::{State, Step},
};
use serde::{Deserialize, Serialize};
pub(crate) use tally::Tally;

/// Whether an invariant forbids something bad, or demands that something good happens in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Nothing bad ever happens.
    Safety,
    /// Something good happens, once the faults have stopped.
    Liveness,
}

/// A named predicate. Only this crate makes them: take them from [`ALL`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Invariant {
    /// Its name, everywhere: command line, reports, documents.
    pub id: &'static str,
    /// Safety or liveness.
    pub kind: Kind,
    /// What it says.
    pub sentence: &'static str,
    /// Whether any of its checks can only be made when the run is over.
    pub(crate) needs_end: bool,
    /// Whether it judges what watches tell, and nothing else; all others judge everything but that.
    pub(crate) of_watches: bool,
    check: fn() -> Box<dyn Check>,
}

impl PartialEq for Invariant {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Invariant {}

impl Invariant {
    /// The invariant of that id, if there is one.
    pub fn named(id: &str) -> Option<Self> {
        ALL.iter().copied().find(|invariant| invariant.id == id)
    }

    pub(crate) fn start(self) -> Box<dyn Check> {
        (self.check)()
    }

    const fn safety(id: &'static str, sentence: &'static str, check: fn() -> Box<dyn Check>) -> Self {
        Self { id, kind: Kind::Safety, sentence, needs_end: false, of_watches: false, check }
    }

    const fn liveness(id: &'static str, sentence: &'static str, check: fn() -> Box<dyn Check>) -> Self {
        Self { id, kind: Kind::Liveness, sentence, needs_end: true, of_watches: false, check }
    }

    /// A safety invariant of watch streams. They tell more than everything else that happens: it alone is asked about them.
    const fn of_watches(id: &'static str, sentence: &'static str, check: fn() -> Box<dyn Check>) -> Self {
        Self { of_watches: true, ..Self::safety(id, sentence, check) }
    }

    const fn at_the_end(self) -> Self {
        Self { needs_end: true, ..self }
    }
}

/// What judges one invariant in one run.
pub(crate) trait Check: Send {
    /// Judges `step`, which `state` has in it already.
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, tally: &mut Tally);
}

/// Every invariant, safety first.
pub const ALL: &[Invariant] = &[
    one_active_request::INVARIANT,
    occurrences_exact::INVARIANT,
    occurrences_monotonic::INVARIANT,
    accepted_means_active::INVARIANT,
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
