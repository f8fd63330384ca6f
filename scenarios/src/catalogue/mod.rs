//! The catalogue: every scenario by name.
//!
//! - [`bursts`]: many signals at once.
//! - [`faults`]: crashes, held locks, refusals, errors.
//! - [`crash_loops`]: replicas that never run for long.
//! - [`lifecycle`]: RemediationRequests that end, alerts that resolve, real groups of alerts.
//! - [`mixed_versions`]: the existing gateway's pods next to this one's, and locks that other programs wrote.
//! - [`load`]: hot fingerprints, hours of Alertmanager pairs.
//! - [`redelivery`]: deliveries that arrive again, with keys and without.
//! - [`suppression`]: RemediationRequests that have ended and still take signals.
//! - [`safeguards`]: one scenario for each rule of the protocol.
//! - [`scopes`]: scenarios outside the catalogue, small enough for exhaustive searches.
//! - [`readiness`]: what replicas answer to the kubelet; [`promptness`]: no refusal without a cause, no long wait.
//! - [`upkeep`]: leases that nothing needs any more; [`seldom`]: what nothing else leads to.
//! - [`others`]: other programs, policies, proxies and watches that misbehave; [`unseen`]: what silent watches hide.
//! - [`assumptions`]: scenarios outside the catalogue, each of which violates an assumption of the protocol.
pub mod assumptions;
pub mod bursts;
pub mod crash_loops;
mod dsl;
pub mod faults;
pub mod lifecycle;
pub mod load;
pub mod mixed_versions;
pub mod others;
pub mod promptness;
pub mod readiness;
pub mod redelivery;
pub mod safeguards;
pub mod scopes;
pub mod seldom;
pub mod suppression;
pub mod unseen;
pub mod upkeep;

use crate::scenario::Scenario;
use assumptions::ASSUMPTIONS;
use scopes::SCOPES;

/// Every scenario that `run` plays by default, in the order of `lockstep list`.
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
    &faults::NAMESPACE_SCOPE,
    &faults::FORBIDDEN,
    &faults::ADMISSION_REFUSES,
    &faults::API_ERRORS,
    &faults::COUNTS_SENT_TWICE,
    &faults::ANSWERS_CUT_OFF,
    &faults::BEGUN_TWICE,
    &faults::NO_SELECTOR,
    &faults::TIME_TRAVEL,
    &crash_loops::CRASH_LOOP,
    &crash_loops::CRASH_LOOP_OF_ONE,
    &crash_loops::CRASH_AFTER_ACQUIRING,
    &crash_loops::CRASH_AFTER_CREATING,
    &crash_loops::CRASH_THEN_ENDED,
    &crash_loops::CRASH_BEFORE_RELEASE,
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
    &redelivery::KEYED_REDELIVERY,
    &redelivery::KEYED_TWICE,
    &redelivery::KEYED_AT_ONCE,
    &redelivery::KEYED_AFTER_THE_END,
    &redelivery::KEYED_EPISODES_LATER,
    &redelivery::EMPTY_EPISODE,
    &redelivery::TIMED_OUT_IN_LINE,
    &redelivery::REFUSED_MEMBER,
    &redelivery::REFUSED_MEMBER_OF_PAIR,
    &suppression::COOLDOWN_ENDS,
    &suppression::COUNT_AFTER_COOLDOWN,
    &suppression::COUNT_AFTER_COOLDOWN_UNKEYED,
    &suppression::COOLDOWN_BY_WRONG_CLOCKS,
    &suppression::CLOCKS_ARE_SET,
    &suppression::COOLDOWN_PAIR,
    &suppression::REVIEW_REQUIRED,
    &suppression::COOLDOWN_MOVED,
    &suppression::LATE_REVIEW,
    &suppression::PHASE_CHANGES_BACK,
    &load::ALERTMANAGER_PAIR,
    &load::LONG_LIFE,
    &readiness::PROBED_IDLE,
    &readiness::PROBED_BLIP,
    &readiness::PROBED_OUTAGE,
    &readiness::MAY_NOT_PATCH,
    &readiness::MAY_NOT_CREATE,
    &readiness::MAY_NOT_GET,
    &readiness::MAY_NOT_LOCK,
    &readiness::MAY_NOT_TAKE,
    &readiness::MAY_NOT_LOOK,
    &promptness::PROMPT_BURST,
    &promptness::PROMPT_QUEUE,
    &promptness::PROMPT_EPISODES,
    &promptness::PROMPT_RETRIES,
    &promptness::PROMPT_WHEN_SHED,
    &upkeep::SWEPT_IN_THE_END,
    &seldom::HAND_MADE_COOLDOWN,
    &seldom::MANY_WRITERS,
    &seldom::LOST_PROXY,
    &seldom::MADE_BY_HAND,
    &seldom::SWEPT_AGAIN,
    &seldom::RELEASE_GIVEN_UP,
    &seldom::CALLS_STUCK,
    &seldom::COUNT_AT_ITS_LIMIT,
    &seldom::COUNTED_BY_HAND,
    &seldom::COUNT_WITHHELD,
    &seldom::TWO_MADE_BY_HAND,
    &seldom::DIGITS_SHARED,
    &seldom::GIFTS_REFUSED,
    &seldom::GIFTS_DELETED,
    &seldom::GIFTS_BY_HAND,
    &unseen::DELETED_BEHIND_A_LOCK,
    &unseen::UNSEEN_DELETION,
    &unseen::UNSEEN_BY_THE_SWEEPER,
    &unseen::NAME_USED_AGAIN,
    &others::GARBLED_COUNTS,
    &others::GARBLED_KEYS,
    &others::GARBLED_GIFTS,
    &others::LEASE_PINNED,
    &others::FOREIGN_LEASE_PINNED,
    &others::FOREIGN_LEASE_IDLE,
    &others::REFUSED_FOR_A_WHILE,
    &others::CLOSINGS_REFUSED,
    &others::NAMESPACE_ENDS,
    &others::WATCHES_FALL_SILENT,
    &others::WATCHES_FAIL,
    &others::LISTS_REFUSED,
    &others::MORE_THAN_A_PAGE,
    &safeguards::INTERFERENCE,
    &safeguards::DELETED_UNDER_WAY,
    &safeguards::ISSUED_LATE,
    &safeguards::ISSUED_AFTER_PAUSE,
    &safeguards::SLOW_DELETION,
    &safeguards::SWEPT_LATE,
    &safeguards::PAUSED_REPLICA,
    &safeguards::WRONG_CLOCKS,
    &safeguards::QUICK_RESTART,
    &safeguards::LATE_COUNT,
    &safeguards::REWRITTEN_LEDGER,
    &safeguards::SENT_TWICE_AND_ERASED,
    &safeguards::RESTORED_MARKS,
    &safeguards::LOST_AGAIN,
];

/// Every scenario: the catalogue, then [scopes], then [assumptions].
pub fn all() -> impl Iterator<Item = &'static Scenario> {
    let assumptions = ASSUMPTIONS.iter().map(|assumption| &assumption.scenario);
    CATALOGUE.iter().chain(SCOPES).copied().chain(assumptions)
}

/// The scenario of this name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    all().find(|scenario| scenario.name == name)
}

/// The error message for a name that no scenario has.
pub fn unknown(name: &str) -> String {
    let names: Vec<&str> = CATALOGUE.iter().map(|scenario| scenario.name.as_ref()).collect();
    let close = names.iter().find(|known| known.starts_with(name) || name.starts_with(*known));
    let hint = close.map(|close| format!(" Did you mean `{close}`?")).unwrap_or_default();
    format!("unknown scenario `{name}`.{hint} `lockstep list` shows all {}", names.len())
}
