//! `locks_are_reclaimed`: leases do not pile up, and nobody forgets to let go.
//!
//! A lease is in use while it is held, and while its fingerprint has a RemediationRequest: it keeps that episode's number.
//! Judged at the end: a live replica must have freed what it acquired longer ago than a lease and a retry last, and a lease
//! of no use must be gone after the sweep period. A lease that is younger owes nothing yet and is left out.
use super::{Check, Invariant, Tally, wording};
use crate::{
    observation::{Micros, Observation},
    settings::Settings,
    state::{Lock, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::liveness(
    "locks_are_reclaimed",
    "a live replica frees the leases it acquired, and no lease outlives its use by more than the sweep period",
    || Box::new(LocksAreReclaimed),
);

struct LocksAreReclaimed;

impl Check for LocksAreReclaimed {
    fn observe(&mut self, step: &Step<'_>, state: &State, settings: &Settings, tally: &mut Tally) {
        if !matches!(step.observation, Observation::Ended { .. }) {
            return;
        }
        let Some(faults_stopped) = state.faults_stopped() else { return tally.undecided() };
        for (name, lock) in state.locks() {
            let idle = step.now.at.saturating_sub(lock.changed.at.max(faults_stopped));
            match judge(name, lock, idle, state, settings) {
                None => {}
                Some(Ok(())) => tally.checked(),
                Some(Err(wrong)) => {
                    tally.checked();
                    tally.violate(step.now.at, || tell(name, lock, wrong, idle));
                }
            }
        }
    }
}

/// `None` if it owes nothing yet.
fn judge(
    name: &str,
    lock: &Lock,
    idle: Micros,
    state: &State,
    settings: &Settings,
) -> Option<Result<(), &'static str>> {
    let Some(lease) = &lock.lease else { return Some(Ok(())) };
    let used = |place: &usize| !state.record(*place).deleted;
    let in_use = state.locked_by(name).any(|(_, facts)| facts.records.iter().any(used));
    let holder = lock.acquisition.as_ref().filter(|_| lease.holder.is_some());
    if holder.is_some_and(|acquisition| !state.is_gone(acquisition.actor)) {
        let due = idle > settings.longest_hold() + settings.retry_period;
        return due.then_some(Err("is still held by somebody who is alive"));
    }
    if in_use {
        return Some(Ok(()));
    }
    (idle > settings.sweep()).then_some(Err("is still there, with no RemediationRequest that needs it"))
}

fn tell(name: &str, lock: &Lock, wrong: &str, idle: Micros) -> (String, Vec<usize>) {
    let last = match &lock.acquisition {
        Some(acquisition) => format!(", which {} acquired,", wording::Who(acquisition.actor)),
        None => String::new(),
    };
    let sentence = format!("The lease {name}{last} {wrong}, {} after its last change.", wording::Seconds(idle));
    (sentence, vec![lock.changed.index])
}
