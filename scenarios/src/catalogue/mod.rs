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
pub mod lifecycle;
pub mod load;
pub mod mixed_versions;
pub mod safeguards;

use crate::{assumptions::WITNESSES, scenario::Scenario};

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
    &lifecycle::ENDS_MEANWHILE,
    &lifecycle::NEXT_EPISODE,
    &lifecycle::RESOLVED_AFTER_END,
    &lifecycle::GROUP_OF_THREE,
    &lifecycle::MIXED_SOURCES,
    &mixed_versions::ROLLING_UPDATE,
    &mixed_versions::ODD_LEASES,
    &load::HOT_AND_COLD,
    &load::COLD_ALONE,
    &load::STUCK_AND_COLD,
    &load::KEYED_REDELIVERY,
    &load::KEYED_TWICE,
    &load::EMPTY_EPISODE,
    &load::ALERTMANAGER_PAIR,
    &load::LONG_LIFE,
    &safeguards::MEDDLED,
    &safeguards::DELETED_UNDER_WAY,
    &safeguards::SLOW_DELETION,
    &safeguards::SWEPT_LATE,
    &safeguards::STOOD_STILL,
    &safeguards::WRONG_CLOCKS,
    &safeguards::QUICK_RESTART,
    &safeguards::LATE_COUNT,
    &safeguards::REWRITTEN_LEDGER,
];

/// The scenario of this name, those of the [witnesses](crate::assumptions) included.
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
