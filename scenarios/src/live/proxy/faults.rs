//! The faults that a proxy delivers, drawn at random while they are switched on.
use super::call::Described;
use crate::live::history::Journal;
use std::{
    collections::BTreeSet,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

/// Names of the faults, each with what it does.
pub const PROXY_FAULTS: [(&str, &str); 7] = [
    (DELAY, "a call reaches the API server late"),
    (DROP, "a call never reaches the API server, and its connection is closed"),
    (REFUSE, "a call is answered 429, 500, 503 or 504 without being executed"),
    (LOST_ANSWER, "a write is executed, and its connection is closed without the answer"),
    (LATE_WRITE, "a write's connection is closed, and it is executed seconds later"),
    (HOLD_WATCH, "events of a watch are held back for seconds"),
    (CUT_WATCH, "the stream of a watch ends"),
];

/// Name of what a restart of the API server does to the gateways' watches, where it is seen.
pub const COLD_CACHE: &str = "cold-watch-cache";

const DELAY: &str = "proxy-delay";
const DROP: &str = "proxy-drop";
const REFUSE: &str = "proxy-refuse";
const LOST_ANSWER: &str = "proxy-lost-answer";
const LATE_WRITE: &str = "proxy-late-write";
const HOLD_WATCH: &str = "proxy-hold-watch";
const CUT_WATCH: &str = "proxy-cut-watch";

/// Calls in 1,000 that each fault of calls strikes.
const PER_MILLE: u16 = 15;
/// Events of watches in 1,000 that each fault of watches strikes.
const WATCH_PER_MILLE: u16 = 4;
/// The same until a fault has struck once.
const FIRST_PER_MILLE: u16 = 100;
const STATUSES: [u16; 4] = [429, 500, 503, 504];

/// What happens to a call before the API server.
pub(super) enum Forwarding {
    AsItIs,
    After(Duration),
    /// Closed, and not executed.
    Never,
    /// Answered with this status, and not executed.
    Instead(u16),
    /// Closed, and executed later.
    Unheard(Duration),
}

/// What happens to an answer, or to an event of a watch.
pub(super) enum Answering {
    AsItIs,
    After(Duration),
    /// Closed.
    Never,
}

/// The faults of all proxies of one run.
pub struct Faults {
    asked: BTreeSet<&'static str>,
    on: AtomicBool,
    random: Mutex<fastrand::Rng>,
    journal: Journal,
}

impl Faults {
    /// The named faults, switched off.
    pub fn new(asked: BTreeSet<&'static str>, seed: u64, journal: Journal) -> Self {
        Self { asked, on: AtomicBool::new(false), random: Mutex::new(fastrand::Rng::with_seed(seed)), journal }
    }

    /// Switches them on or off.
    pub fn switch(&self, on: bool) {
        self.on.store(on, Relaxed);
    }

    /// Whether a fault strikes now. Until it has struck once it is likely: a short run has it too.
    fn strikes(&self, name: &'static str, per_mille: u16) -> bool {
        if !self.on.load(Relaxed) || !self.asked.contains(name) {
            return false;
        }
        let per_mille = if self.journal.delivered(name) == 0 { per_mille.max(FIRST_PER_MILLE) } else { per_mille };
        self.number(1000) < u64::from(per_mille)
    }

    fn number(&self, below: u64) -> u64 {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).u64(0..below)
    }

    fn time(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.number(to - from))
    }

    pub(super) fn forwarding(&self, call: &Described) -> Forwarding {
        let (forwarding, name) = if self.strikes(DELAY, PER_MILLE) {
            (Forwarding::After(self.time(200, 3_000)), DELAY)
        } else if self.strikes(DROP, PER_MILLE) {
            (Forwarding::Never, DROP)
        } else if self.strikes(REFUSE, PER_MILLE) {
            (Forwarding::Instead(STATUSES[self.number(4) as usize % STATUSES.len()]), REFUSE)
        } else if call.is_write && self.strikes(LATE_WRITE, PER_MILLE) {
            // Counted when it is executed.
            return Forwarding::Unheard(self.time(500, 12_000));
        } else {
            return Forwarding::AsItIs;
        };
        self.journal.fault(name);
        forwarding
    }

    /// The API server refused to continue a gateway's watch: its cache begins after the version that the gateway has.
    pub(super) fn found_cold_cache(&self) {
        self.journal.fault(COLD_CACHE);
    }

    /// A late write was executed, or refused: another write may have come before it.
    pub(super) fn executed_late(&self, status: u16) {
        if (200..300).contains(&status) {
            self.journal.fault(LATE_WRITE);
        }
    }

    pub(super) fn answering(&self, call: &Described, status: u16) -> Answering {
        let executed = call.is_write && (200..300).contains(&status);
        if executed && self.strikes(LOST_ANSWER, 2 * PER_MILLE) {
            self.journal.fault(LOST_ANSWER);
            return Answering::Never;
        }
        if self.strikes(DELAY, PER_MILLE) {
            self.journal.fault(DELAY);
            return Answering::After(self.time(200, 3_000));
        }
        Answering::AsItIs
    }

    pub(super) fn watch_event(&self) -> Answering {
        if self.strikes(HOLD_WATCH, WATCH_PER_MILLE) {
            self.journal.fault(HOLD_WATCH);
            return Answering::After(self.time(1_000, 8_000));
        }
        if self.strikes(CUT_WATCH, WATCH_PER_MILLE) {
            self.journal.fault(CUT_WATCH);
            return Answering::Never;
        }
        Answering::AsItIs
    }
}
