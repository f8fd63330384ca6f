//! The three ways in which a controller's view of a cluster goes wrong, as presets.
//!
//! Sieve (Sun et al., OSDI 2022) found its bugs in ten operators with these three patterns.
use super::builder::Builder;
use crate::{
    faults::Faults,
    run::{Balance, ControlPlane},
};
use apiserver::Limits;

/// A pattern of faults that perturbs what a controller sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// Stale state, or time travel: after a crash or a dropped stream, a replica reads from an API server whose caches
    /// are older than what it has already seen.
    StaleState,
    /// Intermediate state: a replica crashes between two of its writes.
    IntermediateState,
    /// An observability gap: streams break and history is short, so that a replica never sees some states.
    MissedEvents,
}

impl Pattern {
    /// Every pattern.
    pub const ALL: [Pattern; 3] = [Pattern::StaleState, Pattern::IntermediateState, Pattern::MissedEvents];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Pattern::StaleState => "stale state",
            Pattern::IntermediateState => "intermediate state",
            Pattern::MissedEvents => "missed events",
        }
    }

    const fn faults(self) -> Faults {
        match self {
            Pattern::StaleState => Faults {
                name: "stale-state",
                world_fault_per_mille: 20,
                max_crashes: 2,
                max_watch_faults: 2,
                server_fault_per_mille: 20,
                max_server_faults: 3,
                ..Faults::NONE
            },
            Pattern::IntermediateState => {
                Faults { name: "intermediate-state", world_fault_per_mille: 20, max_crashes: 2, ..Faults::NONE }
            }
            Pattern::MissedEvents => Faults {
                name: "missed-events",
                world_fault_per_mille: 60,
                max_pauses: 2,
                max_watch_faults: 6,
                ..Faults::NONE
            },
        }
    }
}

impl Builder {
    /// Sets faults and API servers so that this pattern occurs. Intermediate states include
    /// [`survives_crashes`](Builder::survives_crashes); set what differs afterwards.
    pub const fn pattern(self, pattern: Pattern) -> Self {
        let builder = self.faults(pattern.faults());
        match pattern {
            Pattern::StaleState => {
                builder.servers(3).control_plane(ControlPlane { balance: Balance::Pinned, limits: Limits::NONE })
            }
            Pattern::IntermediateState => builder.survives_crashes(),
            Pattern::MissedEvents => builder
                .control_plane(ControlPlane { balance: Balance::Pinned, limits: Limits { history: 2, buffer: 2 } }),
        }
    }
}
