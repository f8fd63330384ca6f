//! `no_foreign_release`: a lock is freed by whoever acquired it, or expires.
//!
//! Deleting an expired or a free lease is the sweeper's right. A takeover is not a release: `one_holder` judges it.
use super::{Check, Invariant, Tally, wording};
use crate::{
    observation::{Change, Observation},
    settings::Settings,
    state::{LockStep, State, Step},
};

pub(super) const INVARIANT: Invariant = Invariant::safety(
    "no_foreign_release",
    "no release deletes or frees a lease that another acquisition holds",
    || Box::new(NoForeignRelease),
);

struct NoForeignRelease;

impl Check for NoForeignRelease {
    fn observe(&mut self, step: &Step<'_>, _: &State, settings: &Settings, tally: &mut Tally) {
        let from = match &step.lock {
            Some(LockStep::Taken(from)) => from,
            Some(LockStep::Released(_)) => return tally.checked(),
            Some(LockStep::Acquired { .. } | LockStep::Unchanged) | None => return,
        };
        let Observation::LeaseCommitted { actor, change, .. } = step.observation else { return };
        tally.checked();
        let held = step.now.at.saturating_sub(from.since.at);
        if held >= settings.shortest_hold() {
            return;
        }
        tally.violate(step.now.at, || {
            let sentence = format!(
                "{} {} {} at {}, which {} had acquired {} before and not released.",
                wording::Who(*actor),
                if *change == Change::Deleted { "deleted" } else { "freed" },
                wording::lease(step.observation),
                wording::Seconds(step.now.at),
                wording::Who(from.actor),
                wording::Seconds(held),
            );
            (wording::sentence(&sentence), vec![from.since.index, step.now.index])
        });
    }
}
