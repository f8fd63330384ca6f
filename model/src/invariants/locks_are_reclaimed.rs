//! `locks_are_reclaimed`: leases do not pile up, and replicas release what they acquired.
//!
//! A lease is in use while it is held, and while its fingerprint has a RemediationRequest, since it keeps that
//! episode's number. Judged at the end. A live replica must have freed a lease within the lease duration plus one retry
//! period. The lease of a crashed replica must be free after the time that this takes the others, which is counted from
//! the last restart. An unused lease must be gone after the sweep period. A younger lease is not due yet and is not
//! checked, and neither is one that another client created and no replica wrote.
use super::display;
use crate::{
    check::{Check, Invariant, Summary},
    observation::{Micros, Observation},
    settings::Settings,
    state::{Lock, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::liveness(
    "locks_are_reclaimed",
    "a live replica frees the leases it acquired and soon those of a crashed one, and no lease outlives its use by \
     more than the sweep period",
    || Box::new(LocksAreReclaimed),
);

struct LocksAreReclaimed;

impl Check for LocksAreReclaimed {
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, summary: &mut Summary) {
        if !matches!(step.observation, Observation::Ended { .. }) {
            return;
        }
        let Some(faults_stopped) = state.faults_stopped() else { return summary.undecided() };
        for (name, lock) in state.locks() {
            let idle = step.now.at.saturating_sub(lock.changed.at.max(faults_stopped.at));
            match judge(name, lock, (step.now.at, idle), state, settings) {
                None => {}
                Some(Ok(())) => summary.checked(),
                Some(Err(wrong)) => {
                    summary.checked();
                    summary.violate(step.now.at, || describe(name, lock, wrong, idle));
                }
            }
        }
    }
}

/// `None` if the lease is not due yet.
fn judge(
    name: &str,
    lock: &Lock,
    (now, idle): (Micros, Micros),
    state: &State,
    settings: &Settings,
) -> Option<Result<(), &'static str>> {
    let Some(lease) = &lock.lease else { return Some(Ok(())) };
    let used = |&index: &usize| !state.record(index).deleted;
    let in_use = state.locked_by(name).any(|(_, facts)| facts.records.iter().any(used));
    if let Some(holder) = lock.acquisition.as_ref().filter(|_| lease.holder.is_some()) {
        if !holder.actor.is_replica() {
            return None;
        }
        let live = !state.is_gone(holder.actor);
        let unchanged = idle.min(now.saturating_sub(state.last_ready().unwrap_or(0)));
        return match live {
            true if idle > settings.longest_hold() + settings.retry_period => {
                Some(Err("is still held by a live replica"))
            }
            false if unchanged > settings.orphan() => Some(Err("is still held by a replica that has crashed")),
            _ => None,
        };
    }
    if in_use {
        return Some(Ok(()));
    }
    if !lock.of_replicas {
        return None;
    }
    (idle > settings.sweep()).then_some(Err("still exists, though no RemediationRequest needs it"))
}

fn describe(name: &str, lock: &Lock, wrong: &str, idle: Micros) -> (String, Vec<usize>) {
    let last = match &lock.acquisition {
        Some(acquisition) => format!(", which {} acquired,", display::Client(acquisition.actor)),
        None => String::new(),
    };
    let sentence = format!("The lease {name}{last} {wrong}, {} after its last change.", display::Seconds(idle));
    (sentence, vec![lock.changed.index])
}
