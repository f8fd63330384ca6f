//! The catalogue: every scenario by name.
//!
//! - [`bursts`]: many signals at once.
//! - [`faults`]: crashes, held locks, refusals, errors.
//! - [`fleets`]: the existing gateway's pods beside this one's, and locks that others wrote.
//! - [`lives`]: RemediationRequests that end, alerts that resolve, real groups of alerts.
//! - [`loads`]: hot fingerprints, deliveries with keys, hours of Alertmanager pairs.
//! - [`trials`]: stories for one safeguard each.
pub mod bursts;
pub mod faults;
pub mod fleets;
pub mod lives;
pub mod loads;
pub mod trials;

use crate::{scenario::Scenario, witnesses::WITNESSES};

/// Every scenario, in the order of the list.
pub static CATALOGUE: &[&Scenario] = &[
    &bursts::BURST,
    &bursts::BURST_100,
    &bursts::BURST_STORMY,
    &bursts::BURST_HOSTILE,
    &bursts::DISTINCT,
    &bursts::FIFTY_DISTINCT,
    &bursts::EVERY_REPLICA,
    &bursts::COUNT_CONTENTION,
    &bursts::SAME_REPLICA,
    &bursts::PAIR,
    &faults::HELD_LOCK,
    &faults::HOLDER_CRASH,
    &faults::HOLDER_PAUSE,
    &faults::LOST_CREATE,
    &faults::LOST_COUNT,
    &faults::FORBIDDEN,
    &faults::ADMISSION_REFUSES,
    &faults::API_ERRORS,
    &faults::NO_SELECTOR,
    &faults::TIME_TRAVEL,
    &lives::ENDS_MEANWHILE,
    &lives::NEXT_EPISODE,
    &lives::RESOLVED_AFTER_END,
    &lives::GROUP_OF_THREE,
    &lives::MIXED_SOURCES,
    &fleets::ROLLING_UPDATE,
    &fleets::ODD_LEASES,
    &loads::HOT_AND_COLD,
    &loads::COLD_ALONE,
    &loads::STUCK_AND_COLD,
    &loads::KEYED_REDELIVERY,
    &loads::KEYED_TWICE,
    &loads::EMPTY_EPISODE,
    &loads::ALERTMANAGER_PAIR,
    &loads::LONG_LIFE,
    &trials::MEDDLED,
    &trials::DELETED_UNDER_WAY,
    &trials::SLOW_DELETION,
    &trials::SWEPT_LATE,
    &trials::STOOD_STILL,
    &trials::WRONG_CLOCKS,
    &trials::QUICK_RESTART,
    &trials::LATE_COUNT,
    &trials::REWRITTEN_LEDGER,
];

/// The scenario of this name, those of the [witnesses](crate::witnesses) included.
pub fn find(name: &str) -> Option<&'static Scenario> {
    let witnesses = WITNESSES.iter().map(|witness| &witness.scenario);
    CATALOGUE.iter().copied().chain(witnesses).find(|scenario| scenario.name == name)
}

/// What to say about a name that is none.
pub fn unknown(name: &str) -> String {
    let names: Vec<&str> = CATALOGUE.iter().map(|scenario| scenario.name.as_ref()).collect();
    let close = names.iter().find(|known| known.starts_with(name) || name.starts_with(*known));
    let hint = close.map(|close| format!(" Did you mean `{close}`?")).unwrap_or_default();
    format!("no scenario `{name}`.{hint} `lockstep list` shows all {}", names.len())
}
