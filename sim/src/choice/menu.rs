//! Menus: choices whose alternatives are the same in every run, each with a label of its own.
//!
//! A label that has a menu has only this one. So a search lists the alternatives of a choice that it has only on
//! record, and every pick has a name without a word being kept beside it.
use super::{alternative::Alternative, label::Label};
use crate::faults::FaultKind;
use std::time::Duration;

/// The alternatives of one label.
pub(crate) struct Menu<T: 'static> {
    pub(crate) label: Label,
    pub(crate) items: &'static [T],
    /// Name of an item.
    pub(crate) name: fn(T) -> Alternative,
}

impl<T: Copy> Menu<T> {
    /// Name of the alternative `picked`, where the items are all alternatives.
    fn alternative(&self, picked: u32) -> Option<Alternative> {
        self.items.get(picked as usize).map(|&item| (self.name)(item))
    }

    /// Name of the alternative `picked`, where "nothing" comes before the items.
    fn alternative_after_nothing(&self, picked: u32) -> Option<Alternative> {
        match picked.checked_sub(1) {
            Some(index) => self.alternative(index),
            None => Some(Alternative::Nothing),
        }
    }
}

/// Faults of an API call.
pub(crate) const CALL_FAULTS: Menu<FaultKind> =
    Menu { label: Label::CallFault, items: FaultKind::OF_CALLS, name: Alternative::Fault };

/// Faults of replicas, streams and caches.
pub(crate) const WORLD_FAULTS: Menu<FaultKind> = Menu {
    label: Label::WorldFault,
    items: &[FaultKind::Crash, FaultKind::Pause, FaultKind::WatchDrop, FaultKind::Compaction, FaultKind::Disconnect],
    name: Alternative::Fault,
};

/// Faults of API servers.
pub(crate) const SERVER_FAULTS: Menu<FaultKind> = Menu {
    label: Label::ServerFault,
    items: &[FaultKind::WatchDrop, FaultKind::ServerRestart],
    name: Alternative::Fault,
};

/// Delays of an API call: within a retry, beyond a call's deadline, beyond a request's, beyond a lease's duration, as
/// long as a request may be under way.
pub(crate) const CALL_DELAYS: Menu<Duration> = Menu {
    label: Label::CallDelay,
    items: &[
        Duration::from_millis(30),
        Duration::from_millis(400),
        Duration::from_secs(6),
        Duration::from_secs(20),
        Duration::from_secs(34),
        Duration::from_secs(60),
    ],
    name: Alternative::Time,
};

/// HTTP statuses of the errors that executed calls may return.
pub(crate) const FALSE_ERRORS: Menu<u16> =
    Menu { label: Label::FalseError, items: &[504, 500], name: |status| Alternative::Number(status as u32) };

/// Answers to the second copy of a request that was sent twice: the server's own, or one of these, made by a layer in
/// between without executing it.
pub(crate) const SECOND_ANSWERS: Menu<Option<u16>> = Menu {
    label: Label::SecondAnswer,
    items: &[None, Some(429), Some(422), Some(409), Some(400), Some(403), Some(404), Some(500), Some(503), Some(504)],
    name: |answer| match answer {
        None => Alternative::Named("the server's"),
        Some(status) => Alternative::Number(status as u32),
    },
};

/// Times between the two copies of a request that was sent twice: none, within a retry, beyond a call's deadline, as
/// long as a request may be under way.
pub(crate) const COPY_DELAYS: Menu<Duration> = Menu {
    label: Label::CopyDelay,
    items: &[Duration::ZERO, Duration::from_millis(30), Duration::from_secs(6), Duration::from_secs(60)],
    name: Alternative::Time,
};

/// Times after which a crashed replica starts again: at once, within a lease's duration, after it.
pub(crate) const RESTARTS: Menu<Duration> = Menu {
    label: Label::Restart,
    items: &[Duration::from_millis(500), Duration::from_secs(5), Duration::from_secs(40)],
    name: Alternative::Time,
};

/// Lengths of a pause: within a call's deadline, beyond it, beyond a lease's duration, beyond any request's deadline.
pub(crate) const PAUSES: Menu<Duration> = Menu {
    label: Label::Pause,
    items: &[Duration::from_secs(1), Duration::from_secs(8), Duration::from_secs(33), Duration::from_secs(70)],
    name: Alternative::Time,
};

/// Times by which a cache falls behind: less than a call takes, as long as one, longer than several.
pub(crate) const CACHE_LAGS: Menu<Duration> = Menu {
    label: Label::CacheLag,
    items: &[
        Duration::from_millis(1),
        Duration::from_millis(3),
        Duration::from_millis(10),
        Duration::from_millis(40),
        Duration::from_millis(150),
    ],
    name: Alternative::Time,
};

/// Times between a call and the fault that was chosen with it: before the call's answer, on its way, after it.
pub(crate) const FAULT_MOMENTS: Menu<Duration> = Menu {
    label: Label::FaultMoment,
    items: &[
        Duration::ZERO,
        Duration::from_millis(1),
        Duration::from_millis(4),
        Duration::from_millis(12),
        Duration::from_millis(40),
    ],
    name: Alternative::Time,
};

/// Offsets of a replica's wall clock, in milliseconds. Larger ones would test checks of freshness, not protocols.
pub(crate) const CLOCK_OFFSETS: Menu<i64> =
    Menu { label: Label::ClockOffset, items: &[0, 40_000, -40_000, 90_000, -50_000], name: Alternative::Milliseconds };

/// Name of a pick of a label; None where the alternatives depend on the run.
pub(super) fn alternative(label: Label, picked: u32) -> Option<Alternative> {
    match label {
        Label::CallFault => CALL_FAULTS.alternative_after_nothing(picked),
        Label::WorldFault => WORLD_FAULTS.alternative_after_nothing(picked),
        Label::ServerFault => SERVER_FAULTS.alternative_after_nothing(picked),
        Label::CallDelay => CALL_DELAYS.alternative(picked),
        Label::FalseError => FALSE_ERRORS.alternative(picked),
        Label::SecondAnswer => SECOND_ANSWERS.alternative(picked),
        Label::CopyDelay => COPY_DELAYS.alternative(picked),
        Label::Restart => RESTARTS.alternative(picked),
        Label::Pause => PAUSES.alternative(picked),
        Label::CacheLag => CACHE_LAGS.alternative(picked),
        Label::FaultMoment => FAULT_MOMENTS.alternative(picked),
        Label::ClockOffset => CLOCK_OFFSETS.alternative(picked),
        _ => None,
    }
}
