//! `quiet_is_quiet`: replicas without work make almost no API calls.
//!
//! Replicas that fight over an object with conflicts and retries, without a signal, never stop. Such a livelock shows
//! as API calls that continue after the last signal, the last fault and a time to quiesce.
//!
//! What is left to do then is upkeep: replicas free the leases of holders that are gone, and delete those that nothing
//! needs. Each lease is freed once and deleted once, so that allows a number of calls that does not grow with time.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Change, Micros, Observation},
    settings::Settings,
    state::{LockStep, State, Step},
};
use std::{collections::BTreeSet, sync::Arc};

pub(super) const INVARIANT: Invariant = Invariant::liveness(
    "quiet_is_quiet",
    "with no signals and no faults, replicas quiesce and make almost no API calls",
    || Box::new(QuietIsQuiet { calls: 0, first: Vec::new(), freed: BTreeSet::new(), deleted: BTreeSet::new() }),
);

const MINUTE: Micros = 60_000_000;
const SHOWN: usize = 3;
/// Calls by which a replica frees or deletes a lease: it looks first. Another one may do so at the same time.
const UPKEEP: u64 = 2;

struct QuietIsQuiet {
    calls: u64,
    /// The first calls, as evidence.
    first: Vec<usize>,
    /// Names of the leases that replicas freed, and of those that they deleted.
    freed: BTreeSet<Arc<str>>,
    deleted: BTreeSet<Arc<str>>,
}

impl Check for QuietIsQuiet {
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, summary: &mut Summary) {
        match step.observation {
            Observation::ApiCalled { actor, .. } if actor.is_replica() => {
                if !is_quiet(step, state, settings) {
                    return;
                }
                self.calls += 1;
                if self.first.len() < SHOWN {
                    self.first.push(step.now.index);
                }
            }
            Observation::LeaseCommitted { actor, change, lease, .. } if actor.is_replica() => {
                if !is_quiet(step, state, settings) {
                    return;
                }
                if *change == Change::Deleted {
                    self.deleted.insert(Arc::clone(&lease.name));
                } else if matches!(step.lock, Some(LockStep::Released(_) | LockStep::Taken(_))) {
                    self.freed.insert(Arc::clone(&lease.name));
                }
            }
            Observation::Ended { at } => self.judge(*at, state, settings, summary),
            _ => {}
        }
    }
}

fn is_quiet(step: &Step<'_>, state: &State, settings: &Settings) -> bool {
    state.quiet_since().is_some_and(|since| step.now.at >= since + settings.quiesce)
}

impl QuietIsQuiet {
    /// Number of calls that the upkeep of leases may have taken.
    fn upkeep(&self, state: &State) -> u64 {
        (self.freed.len() + self.deleted.len()) as u64 * UPKEEP * state.replicas() as u64
    }

    fn judge(&self, ended: Micros, state: &State, settings: &Settings, summary: &mut Summary) {
        let begin = state.quiet_since().map(|since| since + settings.quiesce);
        let Some(quiet) = begin.and_then(|begin| ended.checked_sub(begin)).filter(|quiet| *quiet > 0) else {
            return;
        };
        summary.checked();
        let allowed = settings.quiet_calls_per_minute.saturating_mul(quiet.div_ceil(MINUTE)) + self.upkeep(state);
        if self.calls <= allowed {
            return;
        }
        summary.violate(ended, || {
            let sentence = format!(
                "Replicas made {} API calls in the last {} with no signal and no fault; {allowed} are allowed.",
                self.calls,
                display::Seconds(quiet),
            );
            (sentence, self.first.clone())
        });
    }
}
